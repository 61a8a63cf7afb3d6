/* Predictions of models: they give the metrics, do not look at targets, and disagreement is what it says. */
#include <check.h>
#include <math.h>

#include "el4ml/predictions.h"
#include "mlp_net.h"

/* Loss, accuracy and R2 computed from predictions are the metrics of the same points. */
static void check_against_metrics(const el4ml_predictions *p, size_t model, const el4ml_dataset *d,
                                  const el4ml_metrics *metrics)
{
    const bool values = p->kind == EL4ML_PREDICTS_VALUES;
    double loss = 0, right = 0;
    for (size_t i = 0; i < d->rows; i++) {
        const double *row = el4ml_predicted(p, model, i);
        double sum = 0;
        for (size_t k = 0; k < p->outputs; k++) {
            sum += row[k];
            if (values) loss += pow(row[k] - d->y[i * p->outputs + k], 2) / (double)p->outputs;
        }
        if (values) continue;
        ck_assert_double_eq_tol(sum, 1, 1e-14);
        loss -= log(row[d->label[i]]);
        right += el4ml_predicted_class(p, model, i) == (size_t)d->label[i];
    }
    ck_assert_double_eq_tol(loss / (double)d->rows, metrics->loss, 1e-12);
    if (!values) ck_assert_double_eq(right / (double)d->rows, metrics->accuracy);
}

START_TEST(predictions_give_the_metrics)
{
    enum { MODELS = 3 };
    for (int l = 0; l < 2; l++) {
        net *t = net_new(&(shape){90, 6, 4, 2, {7, 11}}, EL4ML_TANH, l ? EL4ML_MSE : EL4ML_CROSS_ENTROPY,
                         1e-3, true);
        double *x[MODELS];
        const double *given[MODELS];
        el4ml_random random = el4ml_random_new(1, 6, 0);
        for (size_t m = 0; m < MODELS; m++) {
            given[m] = x[m] = fixture_doubles(t->n);
            fixture_normal(&random, t->n, 1, x[m]);
        }
        el4ml_dataset other =
            fixture_data(6, 450, 6, l ? 0 : 4, l ? 4 : 0); /* more rows than a block holds */
        el4ml_dataset bare = other;
        bare.label = NULL;
        bare.y = NULL;
        for (size_t k = 0; k < t->sets; k++) {
            el4ml_predictions *p;
            ck_assert_int_eq(el4ml_predictions_new(t->surface[k], given, MODELS, &bare, NULL, &p, NULL),
                             EL4ML_OK);
            ck_assert_uint_eq(p->outputs, 4);
            for (size_t m = 0; m < MODELS; m++) {
                el4ml_metrics metrics;
                const el4ml_surface_ops *ops = &t->surface[k]->ops;
                ck_assert_int_eq(ops->metrics(t->surface[k]->self, t->e[k].workspace, x[m], &other, &metrics),
                                 EL4ML_OK);
                check_against_metrics(p, m, &other, &metrics);
            }
            el4ml_predictions_free(p);
        }
        bare.inputs = 5;
        el4ml_predictions *p;
        ck_assert_int_eq(el4ml_predictions_new(t->surface[0], given, MODELS, &bare, NULL, &p, NULL),
                         EL4ML_INVALID_ARGUMENT);
        for (size_t m = 0; m < MODELS; m++)
            free(x[m]);
        fixture_free(&other);
        net_free(t);
    }
}
END_TEST

/* A net without hidden layers, by hand: of one input, logit difference w x + b. */
START_TEST(classes_and_disagreement)
{
    double inputs[] = {-2, -1, 1, 2};
    int32_t label[] = {0, 1, 1, 1};
    el4ml_dataset d = {.rows = 4, .inputs = 1, .classes = 2, .x = inputs, .label = label};
    el4ml_mlp_options o = el4ml_mlp_options_default();
    el4ml_surface *s;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &s, NULL), EL4ML_OK);
    ck_assert_int_eq(s->info.prediction, EL4ML_PREDICTS_PROBABILITIES);
    const double sign[] = {0, 1, 0, 0}, tie[] = {0, 0, 0, 0}, shifted[] = {0, 1, 0, 1.5},
                 large[] = {0, 800, 0, 0};
    const double *x[] = {sign, tie, shifted, large};
    el4ml_predictions *p;
    ck_assert_int_eq(el4ml_predictions_new(s, x, 4, &d, NULL, &p, NULL), EL4ML_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(el4ml_predicted(p, 0, i)[1], 1 / (1 + exp(-inputs[i])), 1e-15);
        ck_assert_double_eq(el4ml_predicted(p, 1, i)[0], 0.5);
        ck_assert_uint_eq(el4ml_predicted_class(p, 1, i), 0);
        ck_assert_double_eq(el4ml_predicted(p, 3, i)[1], i >= 2);
    }
    ck_assert_double_eq(el4ml_disagreement(p, 0, 0), 0);
    ck_assert_double_eq(el4ml_disagreement(p, 0, 1), 0.5);  /* classes 0 0 1 1 and 0 0 0 0 */
    ck_assert_double_eq(el4ml_disagreement(p, 2, 0), 0.25); /* 0 1 1 1 */
    ck_assert_double_eq(el4ml_disagreement(p, 0, 2), 0.25);
    el4ml_predictions_free(p);
    d.rows = 0;
    ck_assert_int_eq(el4ml_predictions_new(s, x, 4, &d, NULL, &p, NULL), EL4ML_OK);
    ck_assert(isnan(el4ml_disagreement(p, 0, 1)));
    el4ml_predictions_free(p);
    el4ml_surface_free(s);
}
END_TEST

START_TEST(values_come_in_the_own_unit_of_the_target)
{
    double inputs[] = {-1, 0, 1}, y[] = {-1, 0, 1}, scale = 5, mean = 100;
    el4ml_dataset d = {.rows = 3, .inputs = 1, .targets = 1, .x = inputs, .y = y};
    const el4ml_data data = {.train = d, .target_mean = &mean, .target_scale = &scale};
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.loss = EL4ML_MSE;
    el4ml_surface *s;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &s, NULL), EL4ML_OK);
    const double line[] = {2, 1}, other[] = {2, 4}; /* 2 x + 1, 2 x + 4 */
    const double *x[] = {line, other};
    el4ml_predictions *p;
    ck_assert_int_eq(el4ml_predictions_new(s, x, 2, &d, &data, &p, NULL), EL4ML_OK);
    ck_assert_int_eq(p->kind, EL4ML_PREDICTS_VALUES);
    for (size_t i = 0; i < 3; i++)
        ck_assert_double_eq_tol(*el4ml_predicted(p, 0, i), 100 + 5 * (2 * inputs[i] + 1), 1e-12);
    ck_assert_double_eq_tol(el4ml_disagreement(p, 0, 1), 15, 1e-12);
    el4ml_predictions_free(p);
    el4ml_surface_free(s);
}
END_TEST

START_TEST(a_surface_without_a_model_predicts_nothing)
{
    el4ml_surface *s;
    const double x[2] = {0, 0}, *points[] = {x};
    const el4ml_dataset none = {0};
    el4ml_predictions *p;
    el4ml_error error;
    ck_assert_int_eq(el4ml_function_new("himmelblau", &s, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_predictions_new(s, points, 1, &none, NULL, &p, &error), EL4ML_NOT_SUPPORTED);
    el4ml_surface_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predictions");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, predictions_give_the_metrics);
    tcase_add_test(tests, classes_and_disagreement);
    tcase_add_test(tests, values_come_in_the_own_unit_of_the_target);
    tcase_add_test(tests, a_surface_without_a_model_predicts_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
