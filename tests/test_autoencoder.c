/* The nonlinear autoencoder, from its definition; what both kinds say of rows. */
#include "el4ml/predictions.h"
#include "run_help.h"
#include "surface_harness.h"

typedef long double real;

static el4ml_surface *autoencoder(const el4ml_dataset *data, size_t code, double l2, bool nonlinear,
                                  el4ml_activation activation)
{
    const el4ml_autoencoder_options o = {
        .code = code, .l2 = l2, .nonlinear = nonlinear, .activation = activation, .l2_biases = true};
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_autoencoder_new(&o, data, &s, &error) == EL4ML_OK, "%s", error.message);
    return s;
}

static real phi(el4ml_activation activation, real z)
{
    if (activation == EL4ML_TANH) return tanhl(z);
    if (activation == EL4ML_SOFTPLUS) return log1pl(expl(z));
    return z / (1 + expl(-z)); /* silu */
}

/* A row comes back as A phi(B row + b) + c; x = B (k, d), b (k), A (d, k), c (d). */
static void plain_reconstruction(size_t d, size_t k, el4ml_activation activation, const double *x,
                                 const double *row, real *back)
{
    real code[8];
    const double *b = x + k * d, *a = b + k, *c = a + d * k;
    for (size_t u = 0; u < k; u++) {
        real z = b[u];
        for (size_t j = 0; j < d; j++)
            z += (real)x[u * d + j] * row[j];
        code[u] = phi(activation, z);
    }
    for (size_t j = 0; j < d; j++) {
        back[j] = c[j];
        for (size_t u = 0; u < k; u++)
            back[j] += a[j * k + u] * code[u];
    }
}

static real plain_loss(const el4ml_dataset *data, size_t k, el4ml_activation activation, const double *x)
{
    real sum = 0, back[16];
    for (size_t i = 0; i < data->rows; i++) {
        plain_reconstruction(data->inputs, k, activation, x, data->x + i * data->inputs, back);
        for (size_t j = 0; j < data->inputs; j++) {
            const real error = back[j] - data->x[i * data->inputs + j];
            sum += error * error;
        }
    }
    return sum / (real)(data->rows * data->inputs);
}

START_TEST(definition)
{
    static const el4ml_activation activations[] = {EL4ML_TANH, EL4ML_SOFTPLUS, EL4ML_SILU};
    el4ml_dataset data = fixture_data(3, 41, 5, 0, 0);
    el4ml_surface *s = autoencoder(&data, 3, 1e-3, true, activations[_i]);
    ck_assert_uint_eq(s->info.dimension, 5 * 3 + 3 + 3 * 5 + 5);
    ck_assert_str_eq(s->ops.kind, "autoencoder");
    harness_surface(s, 5, 2);
    harness h = harness_new(s, 2);
    fixture_normal(&h.random, h.n, 0.8, h.x);
    const real loss = plain_loss(&data, 3, activations[_i], h.x);
    ck_assert_double_eq_tol(harness_value(&h, h.x, NULL), (double)loss + 1e-3 * el4ml_dot(h.n, h.x, h.x),
                            1e-13);
    el4ml_metrics m;
    el4ml_dataset other = fixture_data(4, 9, 5, 0, 0);
    ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, h.x, &other, &m), EL4ML_OK);
    ck_assert_double_eq_tol(m.loss, (double)plain_loss(&other, 3, activations[_i], h.x), 1e-13);
    real back[16];
    double said[45];
    ck_assert_int_eq(el4ml_predict(&h.e, h.x, &other, said), EL4ML_OK);
    for (size_t i = 0; i < 9; i++) {
        plain_reconstruction(5, 3, activations[_i], h.x, other.x + 5 * i, back);
        for (size_t j = 0; j < 5; j++)
            ck_assert_double_eq_tol(said[5 * i + j], (double)back[j], 1e-13);
    }
    harness_free(&h);
    el4ml_surface_free(s);
    fixture_free(&data);
    fixture_free(&other);
}
END_TEST

/* The linear one's predictions: their error is its metric. */
START_TEST(linear_predictions)
{
    el4ml_dataset data = fixture_data(3, 30, 4, 0, 0), other = fixture_data(5, 11, 4, 0, 0);
    el4ml_surface *s = autoencoder(&data, 2, 1e-2, false, EL4ML_TANH);
    harness h = harness_new(s, 2);
    el4ml_initialise(&h.e, &h.random, h.x);
    const double *given[1] = {h.x};
    el4ml_predictions *p = NULL;
    ck_assert_int_eq(el4ml_predictions_new(s, given, 1, &other, NULL, &p, NULL), EL4ML_OK);
    ck_assert_int_eq(p->kind, EL4ML_PREDICTS_VALUES);
    ck_assert_uint_eq(p->outputs, 4);
    double error = 0;
    el4ml_metrics m;
    for (size_t i = 0; i < 44; i++)
        error += (p->values[i] - other.x[i]) * (p->values[i] - other.x[i]) / 44;
    ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, h.x, &other, &m), EL4ML_OK);
    ck_assert_double_eq_tol(m.loss, error, 1e-14);
    other.inputs = 3;
    double none[44];
    ck_assert_int_eq(el4ml_predict(&h.e, h.x, &other, none), EL4ML_INVALID_ARGUMENT);
    other.inputs = 4;
    el4ml_predictions_free(p);
    harness_free(&h);
    el4ml_surface_free(s);
    fixture_free(&data);
    fixture_free(&other);
}
END_TEST

/* Iris through four units: several minima, one landscape. */
START_TEST(landscape)
{
    el4ml_dataset data = fixture_iris();
    el4ml_surface *s = autoencoder(&data, 4, 1e-4, true, EL4ML_TANH);
    el4ml_study study = plain_study();
    study.steps = 200;
    study.budget = 200;
    const char *folder = scratch_folder("autoencoder");
    el4ml_landscape *l = run_study(folder, &study, s, 2);
    check_all_proved(l);
    ck_assert(summary_of(l, &study).goal_reached);
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_MINIMUM), 2);
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_TRANSITION_STATE), 1);
    ck_assert_uint_eq(el4ml_landscape_totals(l)->runaways, 0);
    for (size_t i = 0; i < el4ml_landscape_count(l, EL4ML_MINIMUM); i++) {
        const el4ml_stationary *p = &el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point;
        ck_assert_double_eq_tol(p->energy,
                                (double)plain_loss(&data, 4, EL4ML_TANH, p->x) +
                                    1e-4 * el4ml_dot(s->info.dimension, p->x, p->x),
                                1e-12);
    }
    check_verification(folder, s, l);
    remove_folder(folder);
    el4ml_surface_free(s);
    fixture_free(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("autoencoder");
    TCase *tests = tcase_create("autoencoder");
    tcase_add_loop_test(tests, definition, 0, 3);
    tcase_add_test(tests, linear_predictions);
    tcase_add_test(tests, landscape);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
