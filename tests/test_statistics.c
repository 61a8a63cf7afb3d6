#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "el4ml/random.h"
#include "el4ml/statistics.h"

static void near(double a, double b, double tolerance)
{
    ck_assert_msg((isnan(a) && isnan(b)) || fabs(a - b) <= tolerance,
                  "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

static el4ml_correlation correlate(const double *x, const double *y, size_t n, size_t permutations)
{
    el4ml_correlation c;
    const el4ml_correlation_options options = {permutations, 10000, 1};
    ck_assert_int_eq(el4ml_correlate(x, y, n, &options, &c, NULL), EL4ML_OK);
    return c;
}

/* Coefficients, p-values and interval as SciPy 1.10 gives them (pearsonr, spearmanr). */
START_TEST(ten_pairs_equal_scipy)
{
    const double x[] = {2, 3.5, NAN, 1, 8, 4.5, 4.5, 9.25, 0.5, 7, 6, 5};
    const double y[] = {1, 2, 100, 0.5, 3, 4, 2.5, 9, 0.75, 2, 7.5, INFINITY};
    const el4ml_correlation c = correlate(x, y, 12, 29999);
    ck_assert_uint_eq(c.count, 10);
    near(c.pearson.value, 0.7353632028177839, 1e-14);
    near(c.pearson.p_value, 0.015366319440325536, 1e-13);
    near(c.pearson.low, 0.19690445544493382, 1e-13);
    near(c.pearson.high, 0.9330046201062442, 1e-13);
    near(c.spearman.value, 0.8231707317073171, 1e-14);
    near(c.spearman.p_value, 0.003435058382810697, 1e-13);
    near(c.pearson.p_permutation, c.pearson.p_value, 0.008);
    near(c.spearman.p_permutation, c.spearman.p_value, 0.003);
    const double rho = c.spearman.value, half = 1.959963984540054 * sqrt((1 + rho * rho / 2) / 7);
    near(atanh(c.spearman.low), atanh(rho) - half, 1e-12);
    near(atanh(c.spearman.high), atanh(rho) + half, 1e-12);
}
END_TEST

/* n pairs of coefficient r, nearly: one direction, and one orthogonal to it. */
static el4ml_coefficient coefficient_near(size_t n, double r)
{
    double *x = EL4ML_NEW(double, n), *y = EL4ML_NEW(double, n), a = 0, b = 0, ab = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)i - (double)(n - 1) / 2;
        y[i] = cos(2.7 * (double)i * (double)i);
        b += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        y[i] -= b;
        a += x[i] * x[i];
        ab += x[i] * y[i];
    }
    b = 0;
    for (size_t i = 0; i < n; i++) {
        y[i] -= ab / a * x[i];
        b += y[i] * y[i];
    }
    for (size_t i = 0; i < n; i++)
        y[i] = r * x[i] / sqrt(a) + sqrt(1 - r * r) * y[i] / sqrt(b);
    const el4ml_correlation c = correlate(x, y, n, 0);
    near(c.pearson.value, r, 1e-10);
    ck_assert(isnan(c.pearson.p_permutation));
    el4ml_release(x);
    el4ml_release(y);
    return c.pearson;
}

/* Without correlation r has the density (1 - r^2)^(n/2 - 2): its tail by Simpson's rule, with r = sin(u). */
static double tail(size_t n, double r)
{
    enum { STEPS = 20000 };
    long double part[2] = {0, 0};
    const long double half_pi = asinl(1), from[2] = {asinl((long double)fabs(r)), 0};
    for (int which = 0; which < 2; which++) {
        const long double h = (half_pi - from[which]) / STEPS;
        for (size_t k = 0; k <= STEPS; k++) {
            const long double weight = k == 0 || k == STEPS ? 1 : k % 2 ? 4 : 2;
            part[which] += weight * h * powl(cosl(from[which] + (long double)k * h), (long double)n - 3);
        }
    }
    return (double)(part[0] / part[1]);
}

START_TEST(p_values_equal_the_integral)
{
    static const struct {
        size_t n;
        double r;
    } cases[] = {{3, 0.5},  {4, -0.3},  {5, 0.9},    {8, -0.999},
                 {30, 0.1}, {30, 1e-9}, {1000, 0.2}, {3000, 0.05}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const el4ml_coefficient c = coefficient_near(cases[k].n, cases[k].r);
        const double exact = tail(cases[k].n, c.value);
        near(c.p_value, exact, 1e-9 * exact);
    }
}
END_TEST

/* All orders of six pairs, against the share that the permutations estimate. */
static void permute_all(const double *x, double *y, size_t left, size_t *count, double *extreme, double r)
{
    if (left == 1) {
        const el4ml_correlation c = correlate(x, y, 6, 0);
        (*count)++;
        *extreme += fabs(c.spearman.value) >= fabs(r) - 1e-12;
        return;
    }
    for (size_t k = 0; k < left; k++) {
        double swap = y[k];
        y[k] = y[left - 1];
        y[left - 1] = swap;
        permute_all(x, y, left - 1, count, extreme, r);
        swap = y[k];
        y[k] = y[left - 1];
        y[left - 1] = swap;
    }
}

START_TEST(permutations_estimate_the_exact_share)
{
    const double x[6] = {1, 2, 3, 4, 5, 6};
    double y[6] = {2, 1, 4, 3, 6, 5.5}, extreme = 0;
    size_t count = 0;
    const el4ml_correlation c = correlate(x, y, 6, 50000);
    permute_all(x, y, 6, &count, &extreme, c.spearman.value);
    ck_assert_uint_eq(count, 720);
    const double exact = extreme / 720;
    near(c.spearman.p_permutation, exact, 4 * sqrt(exact / 50000));
}
END_TEST

/* The intervals of Gaussian pairs contain the true coefficient as often as they say. */
START_TEST(intervals_cover_the_truth)
{
    enum { TRIALS = 600, N = 40 };
    const double r = 0.5, rho = 6 / 3.14159265358979323846 * asin(r / 2); /* of Gaussian pairs */
    size_t inside = 0, inside_rank = 0;
    for (uint64_t t = 0; t < TRIALS; t++) {
        el4ml_random random = el4ml_random_new(11, 1, t);
        double x[N], y[N];
        for (size_t i = 0; i < N; i++) {
            x[i] = el4ml_random_normal(&random);
            y[i] = r * x[i] + sqrt(1 - r * r) * el4ml_random_normal(&random);
        }
        const el4ml_correlation c = correlate(x, y, N, 0);
        inside += c.pearson.low < r && r < c.pearson.high;
        inside_rank += c.spearman.low < rho && rho < c.spearman.high;
    }
    ck_assert_uint_ge(inside, 552); /* 570 expected, 5.3 its standard deviation */
    ck_assert_uint_le(inside, 587);
    ck_assert_uint_ge(inside_rank, 548);
    ck_assert_uint_le(inside_rank, 590);
}
END_TEST

START_TEST(special_cases)
{
    const double x[5] = {1, 2, 3, 4, 5}, line[5] = {-2, -4, -6, -8, -10}, flat[5] = {7, 7, 7, 7, 7};
    const double curve[5] = {1, 1e3, 1e6, 1e9, 1e300};
    el4ml_correlation c = correlate(x, line, 5, 99);
    near(c.pearson.value, -1, 1e-15);
    near(c.pearson.p_value, 0, 1e-15);
    near(c.spearman.value, -1, 1e-15);
    c = correlate(x, flat, 5, 99);
    ck_assert(isnan(c.pearson.value) && isnan(c.spearman.value) && isnan(c.pearson.p_permutation));
    c = correlate(x, curve, 5, 0);
    near(c.spearman.value, 1, 1e-15);
    ck_assert(c.pearson.value > 0.7 && c.pearson.value < 0.71); /* one point far out: 1/sqrt 2 */
    c = correlate(x, line, 2, 99);
    ck_assert(c.count == 2 && isnan(c.pearson.value));
    c = correlate(x, line, 0, 99);
    ck_assert(c.count == 0 && isnan(c.pearson.value));
    for (size_t after = 0;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_correlate(x, line, 5, NULL, &c, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) {
            ck_assert_uint_eq(after, 2);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    ck_assert_int_eq(el4ml_correlate(NULL, line, 5, NULL, &c, NULL), EL4ML_INVALID_ARGUMENT);
}
END_TEST

/* For two groups eta^2 is the square of the correlation with the group's number; for perfectly parted values
 * the share of the 20 ways to part six that do so is 2/20. */
START_TEST(groups_explain_what_they_explain)
{
    enum { N = 40 };
    double value[N], number[N];
    size_t group[N];
    el4ml_group_effect e;
    el4ml_random random = el4ml_random_new(3, 3, 3);
    for (size_t i = 0; i < N; i++) {
        group[i] = (size_t)el4ml_random_below(&random, 2);
        number[i] = (double)group[i];
        value[i] = el4ml_random_normal(&random) + number[i];
    }
    const el4ml_correlation c = correlate(value, number, N, 0);
    ck_assert_int_eq(el4ml_group_effect_of(value, group, N, 5, NULL, &e, NULL), EL4ML_OK);
    near(e.share, c.pearson.value * c.pearson.value, 1e-13);
    near(e.expected, 1.0 / (N - 1), 1e-15);
    ck_assert(e.count == N && e.groups == 2);
    near(e.p_permutation, c.pearson.p_value, 0.02);

    const double parted[] = {1, 2, 3, 11, 12, 13, NAN};
    const size_t parts[] = {0, 0, 0, 4, 4, 4, 2};
    ck_assert_int_eq(el4ml_group_effect_of(parted, parts, 7, 5, NULL, &e, NULL), EL4ML_OK);
    near(e.share, 150.0 / 154, 1e-14); /* 6 25 between, 2 (1 + 0 + 1) within */
    near(e.p_permutation, 0.1, 0.01);
    ck_assert(e.count == 6 && e.groups == 2);

    const double flat[] = {5, 5, 5};
    ck_assert_int_eq(el4ml_group_effect_of(flat, parts + 2, 3, 5, NULL, &e, NULL), EL4ML_OK);
    ck_assert(isnan(e.share) && isnan(e.p_permutation));
    ck_assert_int_eq(el4ml_group_effect_of(parted, parts, 3, 5, NULL, &e, NULL), EL4ML_OK);
    ck_assert(isnan(e.share) && e.groups == 1);
    ck_assert_int_eq(el4ml_group_effect_of(parted, parts, 6, 4, NULL, &e, NULL), EL4ML_INVALID_ARGUMENT);
    ck_assert_int_eq(el4ml_group_effect_of(NULL, NULL, 0, 0, NULL, &e, NULL), EL4ML_OK);
    ck_assert(e.count == 0 && isnan(e.share));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statistics");
    TCase *tests = tcase_create("statistics");
    tcase_add_test(tests, ten_pairs_equal_scipy);
    tcase_add_test(tests, p_values_equal_the_integral);
    tcase_add_test(tests, permutations_estimate_the_exact_share);
    tcase_add_test(tests, intervals_cover_the_truth);
    tcase_add_test(tests, special_cases);
    tcase_add_test(tests, groups_explain_what_they_explain);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
