/* The two-dimensional functions: the surface harness, and stationary points published or known exactly. */
#include <stdlib.h>

#include "el4ml/surfaces.h"
#include "surface_harness.h"

static el4ml_surface *function(const char *name)
{
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_function_new(name, &s, NULL), EL4ML_OK);
    return s;
}

/* Newton's method from x; returns V and the number of negative eigenvalues. Fails when it does not converge.
 */
static double newton(el4ml_evaluator *e, double *x, int *index)
{
    double value = NAN, g[2], h[4];
    for (int step = 0; step < 50; step++) {
        ck_assert_int_eq(el4ml_value_gradient(e, x, &value, g), EL4ML_OK);
        ck_assert_int_eq(el4ml_hessian(e, x, h), EL4ML_OK);
        const double determinant = h[0] * h[3] - h[1] * h[2];
        *index = determinant < 0 ? 1 : h[0] < 0 ? 2 : 0;
        if (hypot(g[0], g[1]) < 1e-9) return value;
        x[0] -= (h[3] * g[0] - h[1] * g[1]) / determinant;
        x[1] -= (h[0] * g[1] - h[2] * g[0]) / determinant;
    }
    ck_abort_msg("Newton did not converge");
    return NAN;
}

typedef struct known {
    double x, y, value;
    int index;
    double tolerance;
} known;

static void check_known(const char *name, const known *points, size_t count)
{
    el4ml_surface *s = function(name);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    for (size_t k = 0; k < count; k++) {
        double x[2] = {points[k].x, points[k].y};
        int index;
        const double value = newton(&e, x, &index);
        ck_assert_double_eq_tol(value, points[k].value, points[k].tolerance);
        ck_assert_int_eq(index, points[k].index);
        ck_assert_double_le(hypot(x[0] - points[k].x, x[1] - points[k].y), 2e-3 * (1 + hypot(x[0], x[1])));
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
}

START_TEST(every_function_passes_the_harness)
{
    for (const char *const *name = el4ml_function_names(); *name; name++) {
        el4ml_surface *s = function(*name);
        harness_surface(s, 11, 12);
        el4ml_surface_free(s);
    }
}
END_TEST

/* Mueller and Brown 1979: three minima, two saddles. */
START_TEST(mueller_brown)
{
    static const known points[] = {{-0.558, 1.442, -146.6995, 0, 5e-5},
                                   {0.623, 0.028, -108.1667, 0, 5e-5},
                                   {-0.050, 0.467, -80.7678, 0, 5e-5},
                                   {-0.822, 0.624, -40.6648, 1, 5e-5},
                                   {0.212, 0.293, -72.2489, 1, 5e-5}};
    check_known("mueller-brown", points, 5);
}
END_TEST

/* Dixon and Szego 1978: six minima, in pairs under (x, y) -> (-x, -y). */
START_TEST(six_hump_camel)
{
    static const known points[] = {
        {0.0898, -0.7126, -1.0316285, 0, 5e-8}, {-0.0898, 0.7126, -1.0316285, 0, 5e-8},
        {1.7036, -0.7961, -0.2154638, 0, 5e-8}, {-1.7036, 0.7961, -0.2154638, 0, 5e-8},
        {1.6071, 0.5687, 2.1042503, 0, 5e-8},   {-1.6071, -0.5687, 2.1042503, 0, 5e-8}};
    check_known("six-hump-camel", points, 6);
}
END_TEST

/* Himmelblau 1972: four minima of height 0, a maximum of height 181.617. */
START_TEST(himmelblau)
{
    static const known points[] = {{3, 2, 0, 0, 1e-12},
                                   {-2.805118, 3.131312, 0, 0, 1e-12},
                                   {-3.779310, -3.283186, 0, 0, 1e-12},
                                   {3.584428, -1.848126, 0, 0, 1e-12},
                                   {-0.270845, -0.923039, 181.617, 2, 1e-3}};
    check_known("himmelblau", points, 5);
}
END_TEST

/* It separates: every pair of one-dimensional minima is a minimum, a minimum with a maximum is a saddle. */
START_TEST(schwefel)
{
    static const double low[7] = {-302.525, -124.830, -25.875, 5.240, 65.550, 203.815, 420.970};
    static const double high[7] = {-420.970, -203.815, -65.550, -5.240, 25.875, 124.830, 302.525};
    el4ml_surface *s = function("schwefel");
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    double lowest = HUGE_VAL;
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++) {
            double x[2] = {low[i], low[j]}, t[2] = {high[i], low[j]};
            int index;
            lowest = fmin(lowest, newton(&e, x, &index));
            ck_assert_int_eq(index, 0);
            ck_assert_double_le(fmax(fabs(x[0] - low[i]), fabs(x[1] - low[j])), 1e-2);
            newton(&e, t, &index);
            ck_assert_int_eq(index, 1);
            ck_assert_double_le(fmax(fabs(t[0] - high[i]), fabs(t[1] - low[j])), 1e-2);
        }
    ck_assert_double_eq_tol(lowest, 0, 1e-12);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
}
END_TEST

START_TEST(schwefel_at_zero_and_outside)
{
    el4ml_surface *s = function("schwefel");
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    const double zero[2] = {100, 0}, corner[2] = {-500, 500}, outside[2] = {0, 500.001}, v[2] = {1, 0};
    double value, g[2], h[4];
    ck_assert_int_eq(el4ml_value_gradient(&e, zero, &value, g), EL4ML_OK);
    ck_assert(g[1] == 0);
    ck_assert_int_eq(el4ml_hessian(&e, zero, h), EL4ML_NUMERICAL);
    ck_assert_int_eq(el4ml_hessian_vector(&e, zero, 1, v, g), EL4ML_NUMERICAL);
    ck_assert(el4ml_inside(&e, zero) && el4ml_inside(&e, corner) && !el4ml_inside(&e, outside));
    el4ml_random random = el4ml_random_new(1, 2, 3);
    for (int k = 0; k < 200; k++) {
        double y[2];
        el4ml_perturb(&e, &random, k % 2 ? 100 : 3000, corner, y);
        ck_assert(el4ml_inside(&e, y));
        if (k % 2) ck_assert_double_le(fmax(fabs(y[0] - corner[0]), fabs(y[1] - corner[1])), 100);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
}
END_TEST

START_TEST(unknown_name_is_refused)
{
    el4ml_surface *s = NULL;
    el4ml_error error;
    ck_assert_int_eq(el4ml_function_new("rosenbrok", &s, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "himmelblau"));
    ck_assert_ptr_null(s);
    ck_assert_int_eq(el4ml_function_new(NULL, &s, NULL), EL4ML_BAD_INPUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("functions");
    TCase *cases = tcase_create("functions");
    tcase_add_test(cases, every_function_passes_the_harness);
    tcase_add_test(cases, mueller_brown);
    tcase_add_test(cases, six_hump_camel);
    tcase_add_test(cases, himmelblau);
    tcase_add_test(cases, schwefel);
    tcase_add_test(cases, schwefel_at_zero_and_outside);
    tcase_add_test(cases, unknown_name_is_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
