/* The perceptron against an independent long double reference, published minima of iris, and structural
 * facts. */
#include <check.h>
#include <math.h>

#include "base/linalg.h"
#include "mlp_checks.h"
#include "surface_harness.h"

static const shape shapes[] = {
    {1, 1, 2, 1, {1}},    {1, 3, 3, 2, {2, 3}},         {7, 4, 3, 0, {0}},    {19, 4, 3, 1, {5}},
    {150, 4, 3, 1, {10}}, {37, 5, 2, 3, {4, 1, 6}},     {64, 9, 12, 1, {13}}, {401, 6, 4, 2, {7, 11}},
    {33, 30, 2, 1, {20}}, {13, 17, 7, 4, {3, 5, 2, 6}}, {900, 2, 40, 1, {3}}, {21, 6, 5, 3, {31, 18, 9}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const el4ml_activation smooth[] = {EL4ML_TANH, EL4ML_LOGISTIC, EL4ML_SOFTPLUS, EL4ML_GELU, EL4ML_SILU};

static void check_everything(const shape *s, el4ml_activation activation, el4ml_loss loss)
{
    net *t = net_new(s, activation, loss, 1e-3, s->rows % 2 == 0);
    double *x = fixture_doubles(t->n);
    el4ml_random random = el4ml_random_new(1, 2, s->rows);
    fixture_normal(&random, t->n, 0.7, x);
    check_gradient(t, x, 1e-13);
    check_products(t, x, 3e-4, 1e-11);
    check_consistent(t, x, 1e-3);
    if (s->rows < 100) check_hessian(t, x, 3e-4, 1e-11);
    net_free(t);
    free(x);
}

/* Every activation with one loss or the other, in turn over the shapes, and some with both. */
START_TEST(derivatives_match_reference)
{
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t a = 0; a < sizeof smooth / sizeof *smooth; a++) {
            check_everything(&shapes[i], smooth[a], (a + i) % 2 ? EL4ML_MSE : EL4ML_CROSS_ENTROPY);
            if (a == i % 5)
                check_everything(&shapes[i], smooth[a], (a + i) % 2 ? EL4ML_CROSS_ENTROPY : EL4ML_MSE);
        }
}
END_TEST

START_TEST(huge_and_tiny_weights)
{
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t a = 0; a < sizeof smooth / sizeof *smooth; a++) {
            net *t = net_new(&shapes[i], smooth[a], i % 2 ? EL4ML_MSE : EL4ML_CROSS_ENTROPY, 1e-3, true);
            double *x = fixture_doubles(t->n);
            el4ml_random random = el4ml_random_new(1, 3, i);
            fixture_normal(&random, t->n, 1e-8, x);
            check_gradient(t, x, 1e-13);
            if (shapes[i].rows < 100) check_products(t, x, 3e-4, 1e-11);
            if (shapes[i].layers <= 1) { /* deeper, the loss amplifies rounding by powers of 1000 */
                fixture_normal(&random, t->n, 1e3, x);
                check_gradient(t, x, 1e-8);
            }
            net_free(t);
            free(x);
        }
}
END_TEST

/* Every tile that the kernels are cut into, and every remainder: shapes by chance, among them one unit and
 * one point, weights of ordinary size, tiny, and (with one hidden layer) huge. */
START_TEST(shapes_by_chance)
{
    static const double sizes[] = {0.7, 1e-8, 1e3};
    for (uint64_t i = 0; i < 150; i++) {
        el4ml_random random = el4ml_random_new(1, 6, i);
        const bool mse = i % 3 == 1;
        const size_t scale = i / 3 % 3, layers = scale == 2 ? 1 : 1 + (size_t)el4ml_random_below(&random, 2);
        const shape s = {.rows = i % 7 ? 1 + (size_t)el4ml_random_below(&random, 60) : 1,
                         .inputs = 1 + (size_t)el4ml_random_below(&random, 13),
                         .outputs = (mse ? 1 : 2) + (size_t)el4ml_random_below(&random, 11),
                         .layers = layers,
                         .hidden = {1 + (size_t)el4ml_random_below(&random, 13),
                                    1 + (size_t)el4ml_random_below(&random, 13)}};
        net *t = net_new(&s, smooth[i % 5], mse ? EL4ML_MSE : EL4ML_CROSS_ENTROPY, 1e-3, i % 2);
        double *x = fixture_doubles(t->n);
        fixture_normal(&random, t->n, sizes[scale], x);
        check_gradient(t, x, scale == 2 ? 1e-8 : 1e-13);
        if (scale < 2 && i % 4 == 0) check_products(t, x, 3e-4, 1e-11);
        if (scale < 2) check_consistent(t, x, 1e-3);
        net_free(t);
        free(x);
    }
}
END_TEST

START_TEST(relu_has_a_gradient_only)
{
    for (size_t i = 1; i < SHAPES; i++) {
        net *t = net_new(&shapes[i], EL4ML_RELU, EL4ML_CROSS_ENTROPY, 1e-3, true);
        double *x = fixture_doubles(t->n), *h = fixture_doubles(t->n * t->n);
        el4ml_random random = el4ml_random_new(1, 4, i);
        fixture_normal(&random, t->n, 0.7, x);
        check_gradient(t, x, 1e-13);
        const bool linear = shapes[i].layers == 0; /* without hidden units there is no relu */
        ck_assert(t->surface[0]->info.second_derivatives == linear);
        ck_assert_int_eq(el4ml_hessian_vector(&t->e[0], x, 1, x, h), linear ? EL4ML_OK : EL4ML_NOT_SUPPORTED);
        ck_assert_int_eq(el4ml_hessian(&t->e[0], x, h), linear ? EL4ML_OK : EL4ML_NOT_SUPPORTED);
        net_free(t);
        free(x);
        free(h);
    }
}
END_TEST

/* Also where nothing else would show it: a bias that L2 leaves out, of a unit that an infinity only
 * saturates. */
START_TEST(not_finite_is_an_error)
{
    net *t = net_new(&shapes[3], EL4ML_TANH, EL4ML_CROSS_ENTROPY, 1e-3, false);
    double *x = fixture_doubles(t->n), *g = fixture_doubles(t->n), value;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3 * t->n; i++) {
        x[i / 3] = bad[i % 3];
        ck_assert_int_eq(el4ml_value_gradient(&t->e[0], x, &value, g), EL4ML_NUMERICAL);
        ck_assert_int_eq(el4ml_hessian_vector(&t->e[0], x, 1, x, g), EL4ML_NUMERICAL);
        x[i / 3] = 0;
    }
    net_free(t);
    free(x);
    free(g);
}
END_TEST

static void check_flat(el4ml_loss loss, double l2, bool l2_biases, size_t zero_columns, size_t expected)
{
    static const shape s = {40, 4, 3, 1, {5}};
    el4ml_dataset d = fixture_data(9, s.rows, s.inputs, loss == EL4ML_MSE ? 0 : 3, loss == EL4ML_MSE ? 3 : 0);
    for (size_t i = 0; i < s.rows; i++)
        for (size_t k = 0; k < zero_columns; k++)
            d.x[i * 4 + k] = 0;
    el4ml_mlp_options o = fixture_options(EL4ML_TANH, loss, l2, 1, s.hidden);
    o.l2_biases = l2_biases;
    el4ml_surface *surface;
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    ck_assert_uint_eq(surface->info.max_zero_modes, expected);
    ck_assert_uint_eq(surface->info.usual_zero_modes, expected);
    double *x = fixture_doubles(e.n), *y = fixture_doubles(e.n),
           *basis = fixture_doubles((expected + 1) * e.n);
    double *hv = fixture_doubles((expected + 1) * e.n), value, moved;
    el4ml_random random = el4ml_random_new(1, 5, 0);
    fixture_normal(&random, e.n, 0.7, x);
    ck_assert_uint_eq(el4ml_zero_modes(&e, x, basis), expected);
    ck_assert_uint_eq(el4ml_zero_modes(&e, x, NULL), expected);
    ck_assert_int_eq(el4ml_hessian_vector(&e, x, expected, basis, hv), EL4ML_OK);
    el4ml_value_gradient(&e, x, &value, NULL);
    for (size_t i = 0; i < expected; i++) {
        for (size_t k = 0; k <= i; k++)
            ck_assert_double_eq_tol(el4ml_dot(e.n, basis + i * e.n, basis + k * e.n), i == k, 1e-15);
        ck_assert_double_le(el4ml_norm(e.n, hv + i * e.n), 1e-15);
        for (size_t k = 0; k < e.n; k++)
            y[k] = x[k] + 3 * basis[i * e.n + k];
        el4ml_value_gradient(&e, y, &moved, NULL);
        ck_assert_double_eq_tol(value, moved, 1e-14);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
    fixture_free(&d);
    free(x);
    free(y);
    free(hv);
    free(basis);
}

START_TEST(flat_directions)
{
    check_flat(EL4ML_CROSS_ENTROPY, 1e-3, true, 0, 0);
    check_flat(EL4ML_CROSS_ENTROPY, 1e-3, false, 1, 1);
    check_flat(EL4ML_CROSS_ENTROPY, 0, true, 0, 6);
    check_flat(EL4ML_CROSS_ENTROPY, 0, true, 2, 16);
    check_flat(EL4ML_MSE, 0, false, 0, 0);
    check_flat(EL4ML_MSE, 0, false, 1, 5);
}
END_TEST

/* What every surface must keep, over kinds of nets; the second without L2, where output weights shift freely.
 */
START_TEST(harness_holds)
{
    static const struct {
        el4ml_activation activation;
        el4ml_loss loss;
        double l2;
        size_t layers, hidden[2];
    } kinds[] = {{EL4ML_TANH, EL4ML_CROSS_ENTROPY, 1e-3, 1, {5}},
                 {EL4ML_TANH, EL4ML_CROSS_ENTROPY, 0, 2, {3, 4}},
                 {EL4ML_GELU, EL4ML_MSE, 1e-3, 2, {4, 3}},
                 {EL4ML_SOFTPLUS, EL4ML_CROSS_ENTROPY, 1e-2, 1, {4}}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const bool mse = kinds[k].loss == EL4ML_MSE;
        el4ml_dataset d = fixture_data(3, 30, 3, mse ? 0 : 3, mse ? 2 : 0);
        const el4ml_mlp_options o = fixture_options(kinds[k].activation, kinds[k].loss, kinds[k].l2,
                                                    kinds[k].layers, kinds[k].hidden);
        el4ml_surface *surface;
        ck_assert_int_eq(el4ml_mlp_new(&o, &d, &surface, NULL), EL4ML_OK);
        harness_surface(surface, 5, 2);
        el4ml_surface_free(surface);
        fixture_free(&d);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mlp");
    TCase *tests = tcase_create("mlp");
    tcase_add_test(tests, derivatives_match_reference);
    tcase_add_test(tests, huge_and_tiny_weights);
    tcase_add_test(tests, shapes_by_chance);
    tcase_add_test(tests, relu_has_a_gradient_only);
    tcase_add_test(tests, not_finite_is_an_error);
    tcase_add_test(tests, flat_directions);
    tcase_add_test(tests, harness_holds);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
