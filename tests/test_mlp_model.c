/* The perceptron as a model: metrics, starts, bad input, the published minima of iris, the embedding theorem.
 */
#include <check.h>
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "mlp_net.h"

/* Loss, accuracy and R2 from the reference's outputs; the surface's own loss is the metric's plus L2. */
START_TEST(metrics_agree_with_definitions)
{
    for (int l = 0; l < 2; l++) {
        const el4ml_loss loss = l ? EL4ML_MSE : EL4ML_CROSS_ENTROPY;
        net *t = net_new(&(shape){401, 6, 4, 2, {7, 11}}, EL4ML_TANH, loss, 1e-3, true);
        double *x = fixture_doubles(t->n), value;
        el4ml_random random = el4ml_random_new(1, 6, 0);
        fixture_normal(&random, t->n, 0.7, x);
        el4ml_metrics metrics;
        const el4ml_surface_ops *ops = &t->surface[0]->ops;
        ck_assert_int_eq(ops->metrics(t->surface[0]->self, t->e[0].workspace, x, &t->data, &metrics),
                         EL4ML_OK);
        el4ml_value_gradient(&t->e[0], x, &value, NULL);
        ck_assert_double_eq_tol(metrics.loss, value - 1e-3 * el4ml_dot(t->n, x, x), 1e-13);
        /* other data: 450 rows, more than the surface holds */
        el4ml_dataset other = fixture_data(6, 450, 6, l ? 0 : 4, l ? 4 : 0);
        ck_assert_int_eq(ops->metrics(t->surface[0]->self, t->e[0].workspace, x, &other, &metrics), EL4ML_OK);
        real *wide = widen(t->n, x), *g = fixture_memory(t->n, sizeof *g);
        el4ml_mlp_options o = t->options;
        o.l2 = 0;
        const reference r = reference_new(&o, &other);
        const real expected = reference_gradient(&r, wide, g);
        ck_assert_double_eq_tol(metrics.loss, (double)expected, 1e-13);
        ck_assert(l ? isnan(metrics.accuracy) && !isnan(metrics.r2)
                    : isnan(metrics.r2) && !isnan(metrics.accuracy));
        other.inputs = 5;
        ck_assert_int_eq(ops->metrics(t->surface[0]->self, t->e[0].workspace, x, &other, &metrics),
                         EL4ML_INVALID_ARGUMENT);
        free(wide);
        free(g);
        free(x);
        fixture_free(&other);
        net_free(t);
    }
}
END_TEST

/* A net without hidden layers and with known weights: accuracy and R2 by hand. */
START_TEST(metrics_by_hand)
{
    double x[] = {-2, -1, 1, 2}, y[] = {1, 2, 3, 6};
    int32_t label[] = {0, 1, 1, 1};
    el4ml_dataset d = {.rows = 4, .inputs = 1, .classes = 2, .x = x, .label = label};
    el4ml_mlp_options o = el4ml_mlp_options_default();
    el4ml_surface *s;
    el4ml_evaluator e;
    el4ml_metrics metrics;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &s, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    const double sign_net[] = {0, 1, 0, 0}, tie_net[] = {0, 0, 0, 0};
    s->ops.metrics(s->self, e.workspace, sign_net, &d, &metrics);
    ck_assert_double_eq(metrics.accuracy, 0.75);
    s->ops.metrics(s->self, e.workspace, tie_net, &d, &metrics); /* ties count for the lower class */
    ck_assert_double_eq(metrics.accuracy, 0.25);
    ck_assert_double_eq_tol(metrics.loss, log(2), 1e-15);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);

    el4ml_dataset numbers = {.rows = 4, .inputs = 1, .targets = 1, .x = x, .y = y};
    o.loss = EL4ML_MSE;
    ck_assert_int_eq(el4ml_mlp_new(&o, &numbers, &s, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    const double line[] = {1, 3}; /* predicts 1 2 4 5: residuals 0 0 1 1; mean 3, spread 4 + 1 + 0 + 9 */
    s->ops.metrics(s->self, e.workspace, line, &numbers, &metrics);
    ck_assert_double_eq_tol(metrics.r2, 1 - 2.0 / 14, 1e-15);
    ck_assert_double_eq_tol(metrics.loss, 0.5, 1e-15);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
}
END_TEST

static void refused(const el4ml_mlp_options *o, const el4ml_dataset *d, const char *word)
{
    el4ml_surface *surface = NULL;
    el4ml_error error = {.message = ""};
    ck_assert_int_ne(el4ml_mlp_new(o, d, &surface, &error), EL4ML_OK);
    ck_assert_ptr_null(surface);
    ck_assert_msg(strstr(error.message, word) != NULL, "\"%s\" does not mention %s", error.message, word);
}

START_TEST(bad_input_is_refused)
{
    el4ml_dataset d = fixture_data(1, 10, 3, 3, 2);
    el4ml_mlp_options good = fixture_options(EL4ML_TANH, EL4ML_CROSS_ENTROPY, 1e-3, 1, (size_t[]){4}),
                      o = good;
    o.hidden[0] = 0;
    refused(&o, &d, "hidden layer 1");
    o = good;
    o.hidden_layers = 17;
    refused(&o, &d, "17");
    o = good;
    o.hidden[0] = SIZE_MAX / 2;
    refused(&o, &d, "parameters");
    o.hidden[0] = 1u << 30;
    refused(&o, &d, "parameters");
    o = good;
    o.l2 = -1;
    refused(&o, &d, "l2");
    o.l2 = NAN;
    refused(&o, &d, "l2");
    o = good;
    d.classes = 1;
    refused(&o, &d, "two classes");
    d.classes = 3;
    d.label[4] = 3;
    refused(&o, &d, "row 5");
    d.label[4] = 0;
    d.x[3 * 6 + 1] = NAN;
    refused(&o, &d, "row 7");
    d.x[3 * 6 + 1] = 0;
    o.loss = EL4ML_MSE;
    d.y[2 * 3] = INFINITY;
    refused(&o, &d, "row 4");
    d.targets = 0;
    refused(&o, &d, "number");
    d.rows = 0;
    refused(&good, &d, "no training data");
    fixture_free(&d);
}
END_TEST

START_TEST(out_of_memory_is_reported)
{
    el4ml_dataset d = fixture_data(1, 10, 3, 3, 0);
    const el4ml_mlp_options o = fixture_options(EL4ML_TANH, EL4ML_CROSS_ENTROPY, 1e-3, 1, (size_t[]){4});
    size_t failures = 0;
    for (size_t k = 0;; k++) {
        el4ml_surface *surface;
        el4ml_evaluator e;
        el4ml_fail_allocation_after(k);
        el4ml_status status = el4ml_mlp_new(&o, &d, &surface, NULL);
        if (status == EL4ML_OK) {
            status = el4ml_evaluator_init(&e, surface, NULL);
            if (status == EL4ML_OK) el4ml_evaluator_clear(&e);
            el4ml_surface_free(surface);
        }
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) break;
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        failures++;
    }
    ck_assert_uint_gt(failures, 5);
    fixture_free(&d);
}
END_TEST

START_TEST(initialiser_has_the_right_spread)
{
    static const el4ml_activation smooth[] = {EL4ML_TANH, EL4ML_LOGISTIC, EL4ML_SOFTPLUS, EL4ML_GELU,
                                              EL4ML_SILU};
    static const shape s = {10, 50, 10, 1, {80}};
    for (size_t a = 0; a < sizeof smooth / sizeof *smooth; a++) {
        net *t = net_new(&s, smooth[a], EL4ML_CROSS_ENTROPY, 1e-3, true);
        double *x = fixture_doubles(t->n), square = 0, largest = 0;
        el4ml_random random = el4ml_random_new(8, 1, 0);
        el4ml_initialise(&t->e[0], &random, x);
        for (size_t i = 0; i < 4000; i++) {
            square += x[i] * x[i] / 4000;
            largest = fmax(largest, fabs(x[i]));
        }
        const double variance = a < 2 ? 2.0 / 130 : 2.0 / 50; /* Glorot, He */
        ck_assert_double_eq_tol(square / variance, 1, 0.1);
        ck_assert(a < 2 ? largest <= sqrt(6.0 / 130) : largest > sqrt(6.0 / 50));
        double biases = 0;
        for (size_t i = 4000; i < 4080; i++)
            biases += fabs(x[i]);
        ck_assert_double_eq(biases, 0);
        net_free(t);
        free(x);
    }
}
END_TEST

/* ---- Iris ---- */

/* Newton steps with eigenvalues made positive, halved until the energy falls: slow, sure, and nothing of the
 * library's own minimisers. False when it did not get to a minimum. */
static bool minimise(el4ml_evaluator *e, double *x, double *value, double *log_product)
{
    const size_t n = e->n, work_size = el4ml_eigen_work_size(n);
    double *h = fixture_doubles(n * n), *g = fixture_doubles(n), *y = fixture_doubles(n),
           *step = fixture_doubles(n);
    double *values = fixture_doubles(n), *work = fixture_doubles(work_size);
    bool done = false;
    for (int iteration = 0; iteration < 300; iteration++) {
        el4ml_value_gradient(e, x, value, g);
        el4ml_hessian(e, x, h);
        el4ml_eigen(n, h, values, true, work, work_size);
        done = el4ml_norm(n, g) < 1e-11 && values[0] > 0;
        if (done) break;
        memset(step, 0, n * sizeof *step);
        for (size_t k = 0; k < n; k++)
            el4ml_axpy(n, -el4ml_dot(n, g, h + k * n) / fmax(fabs(values[k]), 1e-4), h + k * n, step);
        const double length = el4ml_norm(n, step);
        if (length > 2) el4ml_scale(n, 2 / length, step);
        double trial = INFINITY, scale = 1;
        for (int halving = 0; halving < 40; halving++, scale /= 2) {
            for (size_t i = 0; i < n; i++)
                y[i] = x[i] + scale * step[i];
            if (el4ml_value_gradient(e, y, &trial, g) == EL4ML_OK && trial <= *value + 1e-15) break;
        }
        el4ml_copy(n, y, x);
    }
    *log_product = 0;
    for (size_t k = 0; k < n; k++)
        *log_product += log(values[k]);
    free(h);
    free(g);
    free(y);
    free(step);
    free(values);
    free(work);
    return done;
}

/* The three minima of GMIN (MLPVB3): iris, all 150 rows, standardised with the population deviation, hidden =
 * [5], tanh, lambda = 1e-3. */
START_TEST(iris_minima)
{
    static const double energies[] = {0.08985663222778674, 0.09118957887697, 0.09139508329767};
    static const double products[] = {-223.2112898728, -224.4860151062, -232.7655150721};
    el4ml_dataset d = fixture_iris();
    const el4ml_mlp_options o = fixture_options(EL4ML_TANH, EL4ML_CROSS_ENTROPY, 1e-3, 1, (size_t[]){5});
    el4ml_surface *surface;
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    ck_assert_uint_eq(e.n, 43);
    bool found[3] = {false};
    double *x = fixture_doubles(e.n), value, product;
    for (uint64_t job = 0; job < 200 && !(found[0] && found[1] && found[2]); job++) {
        el4ml_random random = el4ml_random_new(1, 9, job);
        fixture_normal(&random, e.n, job % 2 ? 0.5 : 1.75, x);
        if (!minimise(&e, x, &value, &product)) continue;
        int match = -1;
        for (int i = 0; i < 3; i++)
            if (fabs(value - energies[i]) < 1e-9) match = i;
        ck_assert_msg(match >= 0, "a minimum of energy %.14f that nobody knows", value);
        ck_assert_double_eq_tol(product, products[match], 1e-6);
        found[match] = true;
    }
    ck_assert(found[0] && found[1] && found[2]);
    free(x);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
    fixture_free(&d);
}
END_TEST

/* A minimum with one more unit of zero weights is stationary for the larger net (Mehta et al., 2018). */
START_TEST(embedding_theorem)
{
    el4ml_dataset d = fixture_iris();
    el4ml_mlp_options o = fixture_options(EL4ML_TANH, EL4ML_CROSS_ENTROPY, 1e-3, 1, (size_t[]){3});
    el4ml_surface *small, *large;
    el4ml_evaluator e, f;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &small, NULL), EL4ML_OK);
    o.hidden[0] = 4;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &large, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&e, small, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&f, large, NULL), EL4ML_OK);
    double *x = fixture_doubles(e.n), *y = fixture_doubles(f.n), *g = fixture_doubles(f.n), value, product,
           embedded;
    el4ml_random random = el4ml_random_new(1, 10, 0);
    bool done = false;
    for (int attempt = 0; attempt < 20 && !done; attempt++) {
        fixture_normal(&random, e.n, 1, x);
        done = minimise(&e, x, &value, &product);
    }
    ck_assert(done);
    for (size_t i = 0; i < 12; i++)
        y[i] = x[i]; /* W_1 */
    for (size_t i = 0; i < 3; i++)
        y[16 + i] = x[12 + i]; /* b_1 */
    for (size_t i = 0; i < 9; i++)
        y[20 + i / 3 * 4 + i % 3] = x[15 + i]; /* W_2 */
    for (size_t i = 0; i < 3; i++)
        y[32 + i] = x[24 + i]; /* b_2 */
    ck_assert_int_eq(el4ml_value_gradient(&f, y, &embedded, g), EL4ML_OK);
    ck_assert_double_eq_tol(embedded, value, 1e-15);
    ck_assert_double_le(el4ml_norm(f.n, g), 1e-11);
    free(x);
    free(y);
    free(g);
    el4ml_evaluator_clear(&e);
    el4ml_evaluator_clear(&f);
    el4ml_surface_free(small);
    el4ml_surface_free(large);
    fixture_free(&d);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mlp model");
    TCase *tests = tcase_create("mlp model");
    tcase_add_test(tests, metrics_agree_with_definitions);
    tcase_add_test(tests, metrics_by_hand);
    tcase_add_test(tests, bad_input_is_refused);
    tcase_add_test(tests, out_of_memory_is_reported);
    tcase_add_test(tests, initialiser_has_the_right_spread);
    tcase_add_test(tests, iris_minima);
    tcase_add_test(tests, embedding_theorem);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
