/* The vector functions of every instruction set against the C library in long double, in units in the last
 * place. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/vector_math_kernels.h"
#include "el4ml/random.h"

enum { COUNT = 1 << 14 };

static const el4ml_vector_math *table(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_vector_math_avx512;
    if (set == EL4ML_AVX2) return &el4ml_vector_math_avx2;
#endif
    (void)set;
    return &el4ml_vector_math_baseline;
}

static double ulp(long double exact)
{
    const double x = fabs((double)exact);
    if (x < DBL_MIN) return 0x1p-1074;
    return ldexp(1, ilogb(x) - 52);
}

/* Largest error in ulp of f on COUNT numbers: magnitudes 10^uniform, or uniform, between low and high. */
static double worst(el4ml_vector_function *f, long double (*exact)(long double), double low, double high,
                    double smallest_exponent)
{
    double *x = EL4ML_NEW(double, COUNT), *y = EL4ML_NEW(double, COUNT), largest = 0;
    el4ml_random random = el4ml_random_new(1, 30, 0);
    for (size_t i = 0; i < COUNT; i++) {
        const double u = el4ml_random_uniform(&random), side = i & 2 ? low : high;
        x[i] = i & 1 ? low + (high - low) * u : side * pow(10, smallest_exponent * u);
    }
    f(COUNT, x, y);
    for (size_t i = 0; i < COUNT; i++) {
        const long double e = exact(x[i]);
        if (fabsl(e) > (long double)DBL_MAX) {
            ck_assert(isinf(y[i]));
            continue;
        }
        const double error = (double)(fabsl(y[i] - e) / ulp(e));
        if (!(error <= largest)) largest = error;
    }
    el4ml_release(x);
    el4ml_release(y);
    return largest;
}

static long double logisticl(long double x)
{
    return 1 / (1 + expl(-x));
}

static long double normal_tail(long double x)
{
    return 0.5L * erfcl(x / sqrtl(2));
}

static void below(const char *name, el4ml_kernel_set set, double error, double limit)
{
    if (getenv("EL4ML_TEST_VERBOSE"))
        printf("%-24s %-8s %.3f ulp\n", name, el4ml_kernel_set_name(set), error);
    ck_assert_msg(error <= limit, "%s, %s: %g ulp", name, el4ml_kernel_set_name(set), error);
}

START_TEST(errors_in_ulp)
{
    for (int i = EL4ML_BASELINE; i <= (int)el4ml_best_kernel_set(); i++) {
        const el4ml_kernel_set set = (el4ml_kernel_set)i;
        const el4ml_vector_math *v = table(set);
        below("exp", set, worst(v->exp, expl, -700, 709.7, -20), 1.5);
        below("exp, all", set, worst(v->exp, expl, -760, 760, -320), 1.5);
        below("exp, nonpositive", set, worst(v->exp_nonpositive, expl, -650, 0, -20), 1.5);
        below("tanh, small", set, worst(v->tanh, tanhl, -0.1, 0.1, -20), 4);
        below("tanh", set, worst(v->tanh, tanhl, -1, 1, -20), 4);
        below("tanh, wide", set, worst(v->tanh, tanhl, -25, 25, -320), 3);
        below("logistic", set, worst(v->logistic, logisticl, -700, 700, -20), 3);
        below("log1p", set, worst(v->log1p_unit, log1pl, 0, 1, -300), 3);
        below("log", set, worst(v->log, logl, 1e-3, 1e3, -4), 3);
        below("log, near 1", set, worst(v->log, logl, 0.9, 1.1, -0.001), 3);
        below("log, large", set, worst(v->log, logl, 1e300, 1e300, -300), 3);
        below("log, small", set, worst(v->log, logl, 1, 1, -300), 3);
        below("normal tail", set, worst(v->normal_tail, normal_tail, 0, 6, -20),
              30); /* e^(-a^2/2) amplifies by a^2 */
        below("normal tail, near", set, worst(v->normal_tail, normal_tail, 0, 1, -20), 8);
    }
}
END_TEST

/* What is done with vectors side by side is done with the rest alike; an odd function is odd, and never past
 * its bound. */
START_TEST(lengths_and_symmetry)
{
    enum { LENGTH = 72 };
    double *x = EL4ML_NEW(double, LENGTH), *y = EL4ML_NEW(double, LENGTH + 8),
           one[8] __attribute__((aligned(64)));
    el4ml_random random = el4ml_random_new(1, 31, 0);
    for (int i = EL4ML_BASELINE; i <= (int)el4ml_best_kernel_set(); i++) {
        const el4ml_vector_math *v = table((el4ml_kernel_set)i);
        for (size_t n = 8; n <= LENGTH; n += 8) {
            for (size_t k = 0; k < n; k++)
                x[k] = 30 * el4ml_random_uniform(&random) * (el4ml_random_uniform(&random) - 0.5);
            y[n] = 5;
            v->tanh(n, x, y);
            ck_assert_double_eq(y[n], 5);
            for (size_t k = 0; k < n; k += 8) {
                v->tanh(8, x + k, one);
                for (size_t m = 0; m < 8; m++) {
                    ck_assert(one[m] == y[k + m] && fabs(one[m]) <= 1);
                    x[k + m] = -x[k + m];
                }
                v->tanh(8, x + k, one);
                for (size_t m = 0; m < 8; m++)
                    ck_assert(one[m] == -y[k + m]);
            }
        }
    }
    el4ml_release(x);
    el4ml_release(y);
}
END_TEST

/* Infinities, NaN, zeros, subnormals, the ends of the range, in every lane. */
START_TEST(special_values)
{
    static const double inputs[] = {0,      -0.0,    INFINITY, -INFINITY, NAN,    DBL_MAX, -DBL_MAX, DBL_MIN,
                                    5e-324, -5e-324, 709.78,   709.79,    -745,   -745.2,  1e300,    -1e300,
                                    -708,   -709,    20,       -20,       1e-300, 40,      -40,      3};
    enum { INPUTS = sizeof inputs / sizeof *inputs };
    double *x = EL4ML_NEW(double, 8), *y = EL4ML_NEW(double, 8);
    for (int i = EL4ML_BASELINE; i <= (int)el4ml_best_kernel_set(); i++) {
        const el4ml_vector_math *v = table((el4ml_kernel_set)i);
        struct {
            el4ml_vector_function *f;
            long double (*exact)(long double);
        } functions[] = {{v->exp, expl}, {v->tanh, tanhl}, {v->logistic, logisticl}};
        for (size_t k = 0; k < 3; k++)
            for (size_t j = 0; j < INPUTS; j++)
                for (size_t lane = 0; lane < 8; lane++) {
                    for (size_t m = 0; m < 8; m++)
                        x[m] = 0.5;
                    x[lane] = inputs[j];
                    functions[k].f(8, x, y);
                    const double e = (double)functions[k].exact(inputs[j]);
                    if (isnan(e) || isinf(e))
                        ck_assert_msg(isnan(e) ? isnan(y[lane]) : y[lane] == e, "f%zu(%g) = %g", k, inputs[j],
                                      y[lane]);
                    else
                        ck_assert_msg(fabs(y[lane] - e) <= 3 * ulp(e), "f%zu(%g) = %g", k, inputs[j],
                                      y[lane]);
                    ck_assert_msg(k != 1 || isnan(e) || signbit(e) == signbit(y[lane]), "sign of tanh %g",
                                  inputs[j]);
                    ck_assert(!isnan(y[(lane + 1) % 8]));
                }
        x[0] = NAN;
        v->exp_nonpositive(8, x, y);
        ck_assert(isnan(y[0]));
        x[0] = -INFINITY;
        v->exp_nonpositive(8, x, y);
        ck_assert_double_eq_tol(y[0], 0, 1e-280);
    }
    el4ml_release(x);
    el4ml_release(y);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vector math");
    TCase *tests = tcase_create("vector math");
    tcase_add_test(tests, errors_in_ulp);
    tcase_add_test(tests, lengths_and_symmetry);
    tcase_add_test(tests, special_values);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
