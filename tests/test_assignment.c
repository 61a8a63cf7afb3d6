/* The assignment problem against every permutation, and for larger sizes against problems with a planted
 * answer. */
#include <check.h>
#include <stdlib.h>

#include "base/assignment.h"
#include "base/memory.h"
#include "el4ml/random.h"

static double assign(size_t n, const double *cost, size_t *column)
{
    double *work = EL4ML_NEW(double, EL4ML_ASSIGN_DOUBLES(n));
    size_t *indices = EL4ML_NEW(size_t, EL4ML_ASSIGN_INDICES(n));
    const double total = el4ml_assign(n, cost, column, work, indices);
    unsigned char seen[256] = {0};
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_lt(column[i], n);
        ck_assert(!seen[column[i]]++);
        sum += cost[i * n + column[i]];
    }
    ck_assert(sum == total);
    el4ml_release(work);
    el4ml_release(indices);
    return total;
}

/* The least cost of rows row, ..., n - 1 over the columns that are not in `taken`. */
static double every_permutation(size_t n, const double *cost, size_t row, unsigned taken)
{
    if (row == n) return 0;
    double least = 1e300;
    for (size_t j = 0; j < n; j++)
        if (!(taken >> j & 1)) {
            const double total = cost[row * n + j] + every_permutation(n, cost, row + 1, taken | 1u << j);
            if (total < least) least = total;
        }
    return least;
}

START_TEST(small_problems)
{
    el4ml_random random = el4ml_random_new(1, 1, 1);
    double cost[49];
    size_t column[7];
    for (int trial = 0; trial < 700; trial++) {
        const size_t n = 1 + (size_t)trial % 7;
        for (size_t i = 0; i < n * n;
             i++) /* real and integer costs: the latter have ties; negative ones too */
            cost[i] = trial % 2 ? el4ml_random_normal(&random) : (double)el4ml_random_below(&random, 4) - 1;
        ck_assert_double_eq_tol(assign(n, cost, column), every_permutation(n, cost, 0, 0), 1e-12);
    }
}
END_TEST

/* cost = u_i + v_j + slack, no slack on a hidden permutation: that is the optimum, and the only one. */
START_TEST(planted_answers)
{
    el4ml_random random = el4ml_random_new(1, 1, 2);
    for (size_t n = 8; n <= 200; n += 24) {
        double *cost = EL4ML_NEW(double, n *n), *u = EL4ML_NEW(double, 2 * n);
        size_t *hidden = EL4ML_NEW(size_t, n), *column = EL4ML_NEW(size_t, n);
        for (size_t i = 0; i < n; i++) {
            const size_t j = (size_t)el4ml_random_below(&random, i + 1);
            hidden[i] = hidden[j];
            hidden[j] = i;
        }
        for (size_t i = 0; i < 2 * n; i++)
            u[i] = 10 * el4ml_random_normal(&random);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                cost[i * n + j] =
                    u[i] + u[n + j] + (hidden[i] == j ? 0 : 1e-3 + 0.1 * el4ml_random_uniform(&random));
        assign(n, cost, column);
        for (size_t i = 0; i < n; i++)
            ck_assert_uint_eq(column[i], hidden[i]);
        el4ml_release(cost);
        el4ml_release(u);
        el4ml_release(hidden);
        el4ml_release(column);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assignment");
    TCase *cases = tcase_create("assignment");
    tcase_add_test(cases, small_problems);
    tcase_add_test(cases, planted_answers);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
