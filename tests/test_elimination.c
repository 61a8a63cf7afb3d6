/* What graph transformation stands on: scaled numbers, sparse rows, the dense kernels, and that the order of
 * elimination does not matter. */
#include <float.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "kinetics/dense_kernels.h"
#include "kinetics/elimination.h"
#include "kinetics_help.h"

/* ---- Scaled numbers ---- */

static void is_normal(el4ml_scaled a)
{
    if (a.m == 0)
        ck_assert(a.e == el4ml_scaled_zero().e);
    else
        ck_assert(a.m >= EL4ML_SCALED_BELOW && a.m < EL4ML_SCALED_ABOVE);
}

START_TEST(scaled_numbers_are_doubles_without_an_end)
{
    const double values[12] = {0,        1,       3.25,    1e-300, 1e300,      0x1p-256,
                               0x1p+256, DBL_MIN, DBL_MAX, 4e-320, 0x1.fp+255, 0x1.fp-257};
    for (size_t i = 0; i < 12; i++) {
        const el4ml_scaled a = el4ml_scaled_of(values[i]);
        is_normal(a);
        ck_assert(el4ml_scaled_value(a) == values[i]);
        if (values[i] > 0) close_to(el4ml_scaled_log(a), log(values[i]), 2e-16);
        for (size_t j = 0; j < 12; j++) {
            const el4ml_scaled b = el4ml_scaled_of(values[j]);
            const long double x = values[i], y = values[j]; /* wide enough for all results */
            const el4ml_scaled sum = el4ml_scaled_sum(a, b), product = el4ml_scaled_product(a, b);
            is_normal(sum);
            is_normal(product);
            if (x + y < DBL_MAX) close_to(el4ml_scaled_value(sum), (double)(x + y), 1.2e-16);
            if (x * y > 0) ck_assert(fabsl(el4ml_scaled_log(product) - logl(x * y)) <= 3e-13L);
            ck_assert(el4ml_scaled_is_zero(product) == (x * y == 0));
            ck_assert(el4ml_scaled_less(a, b) == (x < y));
            if (y == 0) continue;
            const el4ml_scaled quotient = el4ml_scaled_quotient(a, b);
            is_normal(quotient);
            if (x / y > 0) ck_assert(fabsl(el4ml_scaled_log(quotient) - logl(x / y)) <= 3e-13L);
        }
        const el4ml_scaled root = el4ml_scaled_sqrt(a);
        is_normal(root);
        if (values[i] > DBL_MIN) close_to(el4ml_scaled_value(root), sqrt(values[i]), 1.2e-16);
    }
}
END_TEST

START_TEST(exponentials_of_any_size)
{
    const double x[9] = {0, 1, -1, 177.445, -177.446, 354.9, 1e4, -1e6, 12345678.9};
    for (size_t i = 0; i < 9; i++) {
        const el4ml_scaled a = el4ml_scaled_exp(x[i]);
        is_normal(a);
        ck_assert(fabs(el4ml_scaled_log(a) - x[i]) <= 1.2e-16 * fabs(x[i]));
        if (fabs(x[i]) < 700) close_to(el4ml_scaled_value(a), exp(x[i]), 4e-16);
        const el4ml_scaled root = el4ml_scaled_sqrt(a);
        ck_assert(fabs(el4ml_scaled_log(root) - x[i] / 2) <= 2e-16 * fabs(x[i]));
    }
    ck_assert(el4ml_scaled_is_zero(el4ml_scaled_exp(-INFINITY)));
    ck_assert(el4ml_scaled_log(el4ml_scaled_zero()) == -INFINITY);
    ck_assert(el4ml_scaled_value(el4ml_scaled_exp(1e4)) == INFINITY &&
              el4ml_scaled_value(el4ml_scaled_exp(-1e4)) == 0);
}
END_TEST

/* ---- Sparse rows against a full table ---- */

START_TEST(rows_equal_a_table)
{
    enum { ROWS = 40, COLUMNS = 200 };
    static double table[ROWS][COLUMNS];
    el4ml_entry entries[COLUMNS];
    memset(table, 0, sizeof table);
    el4ml_random random = el4ml_random_new((uint64_t)_i, 1, 1);
    el4ml_rows *rows = el4ml_rows_new(ROWS);
    ck_assert_ptr_nonnull(rows);
    for (int step = 0; step < 30000; step++) {
        const size_t i = (size_t)el4ml_random_below(&random, ROWS);
        const size_t columns = 3 + 5 * i; /* short rows, long rows */
        const uint32_t j = (uint32_t)el4ml_random_below(&random, columns < COLUMNS ? columns : COLUMNS);
        const uint64_t what = el4ml_random_below(&random, 1000);
        if (what == 0) {
            el4ml_rows_clear(rows, i);
            memset(table[i], 0, sizeof table[i]);
        } else if (what < 450 && table[i][j] > 0) {
            el4ml_rows_remove(rows, i, j);
            table[i][j] = 0;
        } else {
            const double value = 1 + el4ml_random_uniform(&random);
            ck_assert(el4ml_rows_add(rows, i, j, el4ml_scaled_of(value)));
            table[i][j] += value;
        }
        if (step % 100) continue;
        size_t expected = 0;
        for (size_t k = 0; k < COLUMNS; k++)
            expected += table[i][k] > 0;
        ck_assert_uint_eq(el4ml_rows_length(rows, i), expected);
        ck_assert_uint_eq(el4ml_rows_copy(rows, i, entries), expected);
        for (size_t k = 0; k < expected; k++)
            close_to(el4ml_scaled_value(el4ml_entry_value(entries[k])), table[i][entries[k].column], 1e-13);
    }
    el4ml_rows_free(rows);
}
END_TEST

/* ---- The dense kernels against scalar arithmetic ---- */

static el4ml_add_pivots kernel_of(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return el4ml_add_pivots_avx512;
    if (set == EL4ML_AVX2) return el4ml_add_pivots_avx2;
#endif
    return set == EL4ML_BASELINE ? el4ml_add_pivots_baseline : NULL;
}

/* Numbers whose exponents all agree (spread 0), differ by one here and there, or by anything; some zeros. */
static el4ml_scaled draw(el4ml_random *random, int spread)
{
    if (el4ml_random_below(random, 7) == 0) return el4ml_scaled_zero();
    const double size = spread == 0 ? 100 : spread == 1 ? 500 : 5000;
    return el4ml_scaled_exp(size * (el4ml_random_uniform(random) - 0.5));
}

typedef struct panel_example {
    el4ml_scaled row[EL4ML_STRETCH], pivot[EL4ML_PANEL][EL4ML_STRETCH], factor[EL4ML_PANEL];
    double pivot_m[EL4ML_PANEL][EL4ML_STRETCH + 16], pivot_e[EL4ML_PANEL][EL4ML_STRETCH + 16],
        common[EL4ML_PANEL], factor_m[EL4ML_PANEL], factor_e[EL4ML_PANEL], m[EL4ML_STRETCH + 16];
    int32_t e[EL4ML_STRETCH + 16];
} panel_example;

static void fill_example(panel_example *x, el4ml_random *random, int spread)
{
    memset(x, 0, sizeof *x);
    for (size_t j = 0; j < EL4ML_STRETCH; j++) {
        const el4ml_entry entry = el4ml_entry_of(0, x->row[j] = draw(random, spread));
        x->m[j] = entry.m;
        x->e[j] = entry.e;
    }
    for (size_t p = 0; p < EL4ML_PANEL; p++) {
        const el4ml_entry factor = el4ml_entry_of(0, x->factor[p] = draw(random, spread));
        x->factor_m[p] = factor.m;
        x->factor_e[p] = factor.e;
        bool same = true;
        for (size_t j = 0; j < EL4ML_STRETCH; j++) {
            const el4ml_entry entry = el4ml_entry_of(0, x->pivot[p][j] = draw(random, spread));
            x->pivot_m[p][j] = entry.m;
            x->pivot_e[p][j] = entry.e;
            same = same && (entry.m == 0 || entry.e == 0);
        }
        x->common[p] = same ? 0 : NAN;
    }
}

static void check_kernel(el4ml_add_pivots add, panel_example *x, size_t n, size_t pivots)
{
    double m[EL4ML_STRETCH + 16];
    int32_t e[EL4ML_STRETCH + 16];
    memcpy(m, x->m, sizeof m);
    memcpy(e, x->e, sizeof e);
    const el4ml_pivots some = {pivots, EL4ML_STRETCH + 16, x->pivot_m[0], x->pivot_e[0], x->common};
    add(n, &some, x->factor_m, x->factor_e, m, e);
    for (size_t j = 0; j < EL4ML_STRETCH; j++) {
        el4ml_scaled sum = x->row[j];
        for (size_t p = 0; j < n && p < pivots; p++)
            sum = el4ml_scaled_sum(sum, el4ml_scaled_product(x->factor[p], x->pivot[p][j]));
        const el4ml_entry expected = el4ml_entry_of(0, sum);
        ck_assert_msg(e[j] == expected.e ||
                          (fabs(log(m[j] / expected.m)) > 354 && abs(e[j] - expected.e) == 1),
                      "exponent %d, not %d", e[j], expected.e);
        const el4ml_scaled found = {m[j], e[j]};
        if (expected.m == 0)
            ck_assert(m[j] == 0);
        else
            close_to(el4ml_scaled_value(el4ml_scaled_quotient(found, sum)), 1, 1e-14);
    }
}

START_TEST(kernels_equal_scalar_arithmetic)
{
    static panel_example x;
    for (int set = EL4ML_BASELINE; set <= (int)el4ml_best_kernel_set(); set++)
        for (int spread = 0; spread < 3; spread++) {
            el4ml_random random = el4ml_random_new((uint64_t)_i, (uint64_t)spread, 1);
            fill_example(&x, &random, spread);
            const size_t sizes[6] = {1, 3, 8, 13, 255, EL4ML_STRETCH};
            for (size_t k = 0; k < 6; k++)
                check_kernel(kernel_of((el4ml_kernel_set)set), &x, sizes[k], k % 2 ? EL4ML_PANEL : 1 + 4 * k);
        }
}
END_TEST

/* ---- Elimination ---- */

/* All but the first states are free: G applied to weights, and the committors of two grounds. */
typedef struct answer {
    el4ml_scaled time[400], committor[400];
    size_t dense;
} answer;

static void eliminate(const el4ml_rate_network *rates, const uint32_t *order, answer *a)
{
    el4ml_place place[400];
    el4ml_elimination *e = NULL;
    for (size_t i = 0; i < rates->state_count; i++) {
        place[i] = i == 0 ? EL4ML_GROUND_A : i == 1 ? EL4ML_GROUND_B : EL4ML_FREE;
        a->time[i] = i < 2 ? el4ml_scaled_zero() : el4ml_scaled_exp(rates->log_weight[i]);
        a->committor[i] = el4ml_scaled_zero();
    }
    ck_assert_int_eq(el4ml_elimination_new(rates, place, order, &e, NULL), EL4ML_OK);
    ck_assert_uint_eq(e->count, rates->state_count - 2);
    a->dense = e->dense.count;
    el4ml_elimination_solve(e, a->time);
    el4ml_elimination_absorption(e, 1, a->committor);
    el4ml_elimination_free(e);
}

static void same_answers(const el4ml_rate_network *rates, const answer *a, const answer *b, double tolerance)
{
    for (size_t i = 2; i < rates->state_count; i++) {
        log_close_to(el4ml_scaled_log(a->time[i]), el4ml_scaled_log(b->time[i]), tolerance);
        log_close_to(el4ml_scaled_log(a->committor[i]), el4ml_scaled_log(b->committor[i]), tolerance);
    }
}

static el4ml_rate_network *random_rates(uint64_t seed, size_t states, double density, double spread)
{
    el4ml_random random = el4ml_random_new(seed, 3, 3);
    el4ml_rate *rate = EL4ML_NEW(el4ml_rate, states * states);
    double *weight = EL4ML_NEW(double, states);
    size_t count = 0;
    for (size_t i = 0; i < states; i++) {
        weight[i] = spread * el4ml_random_uniform(&random);
        for (size_t j = 0; j < i; j++) {
            if (j + 1 != i && el4ml_random_uniform(&random) >= density) continue;
            const double flux = spread * el4ml_random_uniform(&random);
            rate[count++] = (el4ml_rate){i, j, flux - weight[i]};
            rate[count++] = (el4ml_rate){j, i, flux - weight[j]};
        }
    }
    el4ml_rate_network *rates = NULL;
    ck_assert_int_eq(el4ml_rate_network_from_rates(states, rate, count, weight, &rates, NULL), EL4ML_OK);
    el4ml_release(rate);
    el4ml_release(weight);
    return rates;
}

static void shuffled(uint32_t *order, size_t states, uint64_t seed)
{
    el4ml_random random = el4ml_random_new(seed, 4, 4);
    for (size_t i = 2; i < states; i++)
        order[i - 2] = (uint32_t)i;
    for (size_t i = states - 2; i > 1; i--) {
        const size_t j = (size_t)el4ml_random_below(&random, i);
        const uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

/* Sparse and dense, within a hundred orders of magnitude and within thousands. */
START_TEST(the_order_does_not_matter)
{
    static answer best, other;
    const size_t states = _i % 2 ? 60 : 400;
    const double spread = _i % 4 < 2 ? 100 : 5000;
    el4ml_rate_network *rates = random_rates((uint64_t)_i, states, _i % 3 ? 0.03 : 0.4, spread);
    uint32_t order[400];
    eliminate(rates, NULL, &best);
    if (states == 400) ck_assert_uint_gt(best.dense, 100);
    shuffled(order, states, (uint64_t)_i);
    eliminate(rates, order, &other);
    ck_assert_uint_eq(other.dense, 0);
    same_answers(rates, &best, &other, 1e-12);
    el4ml_rate_network_free(rates);
}
END_TEST

/* The kernel sets sum in different orders; nothing else may differ. */
START_TEST(kernel_sets_agree)
{
    static answer best, other;
    el4ml_rate_network *rates = random_rates(77, 300, 0.2, 1000);
    eliminate(rates, NULL, &best);
    const char *names[2] = {"baseline", "avx2"};
    for (size_t k = 0; k < 2; k++) {
        ck_assert_int_eq(setenv("EL4ML_KERNELS", names[k], 1), 0);
        eliminate(rates, NULL, &other);
        same_answers(rates, &best, &other, 1e-13);
    }
    ck_assert_int_eq(unsetenv("EL4ML_KERNELS"), 0);
    el4ml_rate_network_free(rates);
}
END_TEST

START_TEST(failed_allocations_in_the_dense_part)
{
    el4ml_rate_network *rates = random_rates(5, 100, 0.9, 10);
    el4ml_place place[100];
    for (size_t i = 0; i < 100; i++)
        place[i] = i == 0 ? EL4ML_GROUND_B : EL4ML_FREE;
    el4ml_elimination *e = NULL;
    size_t after = 0;
    for (;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_elimination_new(rates, place, NULL, &e, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) break;
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    ck_assert_uint_gt(e->dense.count, 0);
    ck_assert_uint_ge(after, 20);
    el4ml_elimination_free(e);
    el4ml_rate_network_free(rates);
}
END_TEST

/* A star: all states but one are leaves of a hub. The hub's row is as long as the network. */
START_TEST(hubs_cost_nothing)
{
    const size_t states = 200000;
    el4ml_rate *rate = EL4ML_NEW(el4ml_rate, 2 * states);
    size_t count = 0;
    for (size_t i = 1; i < states; i++) {
        rate[count++] = (el4ml_rate){0, i, 0};
        rate[count++] = (el4ml_rate){i, 0, 0};
    }
    el4ml_rate_network *rates = NULL;
    ck_assert_int_eq(el4ml_rate_network_from_rates(states, rate, count, NULL, &rates, NULL), EL4ML_OK);
    const size_t a = 0, b = 7;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    el4ml_kinetics *k = NULL;
    ck_assert_int_eq(el4ml_kinetics_new(rates, &sets, &k, NULL), EL4ML_OK);
    close_to(k->ab.mfpt, (double)states - 1, 1e-12); /* commute time 2 edges; back in 1 */
    close_to(k->ba.mfpt, 1, 1e-15);
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(rates);
    el4ml_release(rate);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elimination");
    TCase *tests = tcase_create("elimination");
    tcase_add_test(tests, scaled_numbers_are_doubles_without_an_end);
    tcase_add_test(tests, exponentials_of_any_size);
    tcase_add_loop_test(tests, rows_equal_a_table, 0, 4);
    tcase_add_loop_test(tests, kernels_equal_scalar_arithmetic, 0, 10);
    tcase_add_loop_test(tests, the_order_does_not_matter, 0, 12);
    tcase_add_test(tests, kernel_sets_agree);
    tcase_add_test(tests, failed_allocations_in_the_dense_part);
    tcase_add_test(tests, hubs_cost_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
