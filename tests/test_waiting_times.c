/* Kemeny's constant, the slowest rate, and the distribution of waiting times. */
#include "kinetics_help.h"

static double kemeny_of(const el4ml_rate_network *rates)
{
    double log_kemeny = NAN;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_kemeny_constant(rates, &log_kemeny, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return log_kemeny;
}

static el4ml_slowest slowest_of(const el4ml_rate_network *rates, const el4ml_state_sets *sets)
{
    el4ml_slowest slowest;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_slowest_rate(rates, sets, 1e-12, 20000, &slowest, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return slowest;
}

static el4ml_waiting_times *waiting_of(const el4ml_rate_network *rates, const el4ml_state_sets *sets)
{
    el4ml_waiting_times *waiting = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_waiting_times_new(rates, sets, &waiting, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return waiting;
}

static const double temperatures[4] = {10, 1, 0.1, 0.025};

/* ---- Kemeny's constant ---- */

START_TEST(kemeny_of_pygt_network)
{
    pygt p;
    pygt_load(&p);
    el4ml_rate_network *rates = rates_at(p.network, temperatures[_i]);
    log_close_to(kemeny_of(rates), pygt_expected(temperatures[_i], "kemeny", -1), 1e-13);
    if (_i == 0) close_to(exp(kemeny_of(rates)), 97.53002029348983, 1e-14); /* PyGT's */
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

/* Its definition: sum_j p_j tau_ij, whatever i. */
START_TEST(kemeny_equals_its_definition)
{
    random_case x;
    const size_t nodes = (size_t)(2 + _i % 40);
    case_init(&x, _i, nodes, _i % 2 ? 1 : 0.02);
    const double found = kemeny_of(x.rates);
    double total = 0, sum[2] = {0, 0};
    for (size_t j = 0; j < nodes; j++)
        total += exp(x.rates->log_weight[j]);
    for (size_t j = 0; j < nodes; j++) {
        const size_t other = j == 0;
        const el4ml_state_sets sets = {.a = &other, .b = &j, .a_count = 1, .b_count = 1};
        el4ml_moments *m = NULL;
        ck_assert_int_eq(el4ml_moments_new(x.rates, &sets, 1, &m, NULL), EL4ML_OK);
        for (size_t i = 0; i < 2; i++)
            sum[i] += exp(x.rates->log_weight[j] - log(total) + m->log_moment[i] - found);
        el4ml_moments_free(m);
    }
    close_to(sum[0], 1, 1e-13);
    close_to(sum[1], 1, 1e-13);
    case_clear(&x);
}
END_TEST

/* ---- The slowest rate ---- */

START_TEST(slowest_rate_of_pygt_network)
{
    pygt p;
    pygt_load(&p);
    const double t = temperatures[_i];
    el4ml_rate_network *rates = rates_at(p.network, t);
    const el4ml_state_sets back = {.a = p.b, .b = p.a, .a_count = p.sets.b_count, .b_count = p.sets.a_count};
    const el4ml_slowest forth = slowest_of(rates, &p.sets), other = slowest_of(rates, &back);
    log_close_to(forth.log_rate, pygt_expected(t, "slowest_ab", -1), 1e-13);
    log_close_to(other.log_rate, pygt_expected(t, "slowest_ba", -1), 1e-13);
    ck_assert(forth.log_lower <= forth.log_rate + 1e-13 && forth.log_rate <= forth.log_upper + 1e-13);
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

/* B cuts the rest in two parts: 0, A's, with rate 1, and 2, 3, which is slower: together the slower one
 * counts. The bounds hold from the first iteration. */
START_TEST(parts_have_their_own_slowest_rate)
{
    const el4ml_rate rate[6] = {{0, 1, 0}, {1, 0, 0}, {1, 2, 0}, {2, 1, 0}, {2, 3, 0}, {3, 2, 0}};
    el4ml_rate_network *rates = NULL;
    ck_assert_int_eq(el4ml_rate_network_from_rates(4, rate, 6, NULL, &rates, NULL), EL4ML_OK);
    const size_t a = 0, b = 1;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    const double exact = log((3 - sqrt(5)) / 2); /* of ((2, -1), (-1, 1)) */
    log_close_to(slowest_of(rates, &sets).log_rate, exact, 1e-14);
    el4ml_slowest slowest;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_slowest_rate(rates, &sets, 1e-12, 1, &slowest, &error), EL4ML_NOT_CONVERGED);
    ck_assert(slowest.log_lower <= exact && exact <= slowest.log_upper);
    ck_assert_ptr_nonnull(strstr(error.message, "after 1 iterations"));
    el4ml_rate_network_free(rates);
}
END_TEST

/* ---- The distribution ---- */

START_TEST(distribution_of_pygt_network)
{
    pygt p;
    pygt_load(&p);
    const double t = temperatures[_i];
    el4ml_rate_network *rates = rates_at(p.network, t);
    el4ml_waiting_times *w = waiting_of(rates, &p.sets);
    ck_assert_uint_eq(w->count, 24);
    log_close_to(w->log_rate[0], pygt_expected(t, "slowest_ab", -1),
                 1e-13); /* e^-111 at T = 0.025, the largest e^-6 */
    double third = 0;
    for (size_t k = 0; k < w->count; k++)
        third += 6 * w->amplitude[k] * exp(-3 * w->log_rate[k] - pygt_expected(t, "third_ab", -1));
    close_to(third, 1, 1e-9);
    el4ml_waiting_times_free(w);
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

/* Eigenvalues: the sum is the trace, the sum of inverses that of the inverse; survival starts at 1 and falls.
 */
START_TEST(distributions_of_random_networks)
{
    random_case x;
    const size_t nodes = (size_t)(4 + (_i * 3) % 50);
    case_init(&x, _i, nodes, _i % 2 ? 1 : 0.3);
    el4ml_waiting_times *w = waiting_of(x.rates, &x.sets);
    brute_chain chain;
    brute_fill(&x.graph, x.rates, x.rates->temperature, &chain);
    double trace = 0, sum = 0, slope = 0, expected = 0, total = 0;
    for (size_t i = x.sets.b_count; i < nodes; i++)
        trace += (double)chain.out[i];
    for (size_t k = 0; k < w->count; k++) {
        sum += exp(w->log_rate[k]);
        slope += w->amplitude[k] * exp(w->log_rate[k]);
        ck_assert(k == 0 || w->log_rate[k] >= w->log_rate[k - 1]);
    }
    if (w->count == nodes - x.sets.b_count) close_to(sum, trace, 1e-12);
    for (size_t k = 0; k < x.sets.a_count;
         k++) { /* the density at time 0 is the rate of direct steps from A to B */
        const double p = x.sets.equal_weights ? 1 : (double)chain.w[x.a[k]];
        total += p;
        for (size_t b = 0; b < x.sets.b_count; b++)
            expected += p * (double)chain.k[x.a[k]][b];
    }
    ck_assert(fabs(slope - expected / total) <= 1e-11 * sum);
    const el4ml_slowest slowest = slowest_of(x.rates, &x.sets);
    if (w->count == nodes - x.sets.b_count) log_close_to(w->log_rate[0], slowest.log_rate, 1e-12);
    ck_assert(w->mismatch < 1e-9);
    close_to(el4ml_waiting_survival(w, -1e3), 1, 1e-12);
    ck_assert(el4ml_waiting_survival(w, w->log_mfpt + 20) == 0);
    double last = 1, integral = 0;
    for (double s = -25; s < 6; s += 1.0 / 64) { /* of the density over ln t */
        const double here = el4ml_waiting_survival(w, w->log_mfpt + s);
        ck_assert(here <= last + 1e-12);
        last = here;
        integral += el4ml_waiting_density(w, w->log_mfpt + s) / 64;
    }
    close_to(integral, 1, 1e-4);
    el4ml_waiting_times_free(w);
    case_clear(&x);
}
END_TEST

/* Against trajectories: the fraction that is not there yet. */
START_TEST(distribution_equals_trajectories)
{
    random_case x;
    case_init(&x, _i, 12, 0.5);
    el4ml_waiting_times *w = waiting_of(x.rates, &x.sets);
    el4ml_trajectory_options options = el4ml_trajectory_options_default();
    enum { TIMES = 2000 };
    double log_time[TIMES];
    options.trajectories = 1;
    for (size_t k = 0; k < TIMES; k++) {
        el4ml_sampled_times one;
        options.seed = k + 1;
        ck_assert_int_eq(el4ml_kinetic_monte_carlo(x.rates, &x.sets, &options, &one, NULL), EL4ML_OK);
        log_time[k] = one.log_mean;
    }
    for (double s = -4; s < 2; s += 0.5) {
        double later = 0;
        for (size_t k = 0; k < TIMES; k++)
            later += log_time[k] > w->log_mfpt + s;
        const double p = el4ml_waiting_survival(w, w->log_mfpt + s);
        ck_assert_msg(fabs(later / TIMES - p) < 5 * sqrt(fmax(p * (1 - p), 1.0 / TIMES) / TIMES),
                      "%g, not %g", later / TIMES, p);
    }
    el4ml_waiting_times_free(w);
    case_clear(&x);
}
END_TEST

/* Wells of depth 1 to 40 below one wall each, all beside B: their rates are the eigenvalues, 50 orders of
 * magnitude apart and more, and all of them come out. */
START_TEST(eigenvalues_of_any_size_have_their_digits)
{
    enum { WELLS = 40 };
    el4ml_node nodes[WELLS + 2];
    el4ml_edge edges[WELLS + 1];
    nodes[0] = (el4ml_node){.id = 0, .energy = 1}; /* B */
    nodes[WELLS + 1] = (el4ml_node){.id = 99, .energy = 1};
    for (size_t i = 1; i <= WELLS; i++) {
        nodes[i] = (el4ml_node){.id = (int64_t)i, .energy = -3.3 * (double)i};
        edges[i] = (el4ml_edge){.id = (int64_t)i, .energy = 2, .a = i, .b = WELLS + 1};
    }
    edges[0] = (el4ml_edge){.id = 99, .energy = 1.5, .a = WELLS + 1, .b = 0};
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, WELLS + 2, edges, WELLS + 1, 1, &network, NULL), EL4ML_OK);
    el4ml_rate_network *rates = rates_at(network, 1);
    const size_t b = 0;
    const size_t a = WELLS; /* the deepest */
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    el4ml_waiting_times *w = waiting_of(rates, &sets);
    const el4ml_slowest slowest = slowest_of(rates, &sets);
    log_close_to(w->log_rate[0], slowest.log_rate, 1e-12);
    /* The determinant is the product of the pivots in any order: leaves first. */
    double log_determinant = 0, sum = 0;
    for (size_t i = 1; i <= WELLS; i++)
        log_determinant += el4ml_log_rate(rates, i, WELLS + 1);
    log_determinant += el4ml_log_rate(rates, WELLS + 1, 0);
    for (size_t k = 0; k < w->count; k++)
        sum += w->log_rate[k];
    close_to(sum, log_determinant, 1e-14);
    ck_assert(w->log_rate[w->count - 1] - w->log_rate[0] > 130);
    el4ml_waiting_times_free(w);
    el4ml_rate_network_free(rates);
    el4ml_network_free(network);
}
END_TEST

/* A trap that one trajectory in 1e20 finds, and that holds it for 1e30 times as long, decides the mean:
 * amplitudes in double precision cannot say so. */
START_TEST(what_a_double_cannot_say_is_refused)
{
    const double rare = 46;
    const el4ml_rate rate[4] = {{0, 1, 0}, {1, 0, 0}, {0, 2, -rare}, {2, 0, -3 * rare}};
    el4ml_rate_network *rates = NULL;
    el4ml_waiting_times *w = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_rate_network_from_rates(3, rate, 4, NULL, &rates, NULL), EL4ML_OK);
    const size_t a = 0, b = 1;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    ck_assert_int_eq(el4ml_waiting_times_new(rates, &sets, &w, &error), EL4ML_NUMERICAL);
    ck_assert_ptr_nonnull(strstr(error.message, "misses its norm or the first two moments"));
    ck_assert_ptr_null(w);
    el4ml_moments *m = NULL; /* the moments have their digits: 1 + e^-46 e^138 */
    ck_assert_int_eq(el4ml_moments_new(rates, &sets, 1, &m, NULL), EL4ML_OK);
    log_close_to(m->log_mean[0], 2 * rare, 1e-14);
    el4ml_moments_free(m);
    el4ml_rate_network_free(rates);

    const el4ml_rate wide[4] = {{0, 1, 0}, {1, 0, 0}, {0, 2, 900}, {2, 0, -900}};
    ck_assert_int_eq(el4ml_rate_network_from_rates(3, wide, 4, NULL, &rates, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_waiting_times_new(rates, &sets, &w, &error), EL4ML_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.message, "too much for an eigen-decomposition"));
    el4ml_rate_network_free(rates);
}
END_TEST

START_TEST(bad_input_is_named)
{
    const el4ml_rate rate[4] = {{0, 1, 0}, {1, 0, 0}, {2, 3, 0}, {3, 2, 0}};
    el4ml_rate_network *rates = NULL;
    el4ml_error error = {0};
    double kemeny;
    ck_assert_int_eq(el4ml_rate_network_from_rates(4, rate, 4, NULL, &rates, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_kemeny_constant(rates, &kemeny, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "states 0 and 2 are not connected"));
    el4ml_rate_network_free(rates);
    ck_assert_int_eq(el4ml_rate_network_from_rates(1, NULL, 0, NULL, &rates, NULL), EL4ML_OK);
    ck_assert(kemeny_of(rates) == -INFINITY);
    el4ml_rate_network_free(rates);

    const size_t states = EL4ML_MOST_WAITING_STATES + 2; /* a star */
    el4ml_rate *many = EL4ML_NEW(el4ml_rate, 2 * states);
    for (size_t i = 1; i < states; i++) {
        many[2 * i - 2] = (el4ml_rate){0, i, 0};
        many[2 * i - 1] = (el4ml_rate){i, 0, 0};
    }
    ck_assert_int_eq(el4ml_rate_network_from_rates(states, many, 2 * states - 2, NULL, &rates, NULL),
                     EL4ML_OK);
    const size_t a = 0, b = 1;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    el4ml_waiting_times *w = NULL;
    ck_assert_int_eq(el4ml_waiting_times_new(rates, &sets, &w, &error), EL4ML_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.message, "are too many for an eigen-decomposition"));
    el4ml_rate_network_free(rates);
    el4ml_release(many);
}
END_TEST

static el4ml_status run_kemeny(const random_case *x)
{
    double kemeny;
    return el4ml_kemeny_constant(x->rates, &kemeny, NULL);
}

static el4ml_status run_slowest(const random_case *x)
{
    el4ml_slowest slowest;
    return el4ml_slowest_rate(x->rates, &x->sets, 1e-6, 1000, &slowest, NULL);
}

static el4ml_status run_waiting(const random_case *x)
{
    el4ml_waiting_times *w = NULL;
    const el4ml_status status = el4ml_waiting_times_new(x->rates, &x->sets, &w, NULL);
    el4ml_waiting_times_free(w);
    return status;
}

START_TEST(every_failed_allocation_is_reported)
{
    random_case x;
    case_init(&x, 2, 10, 1);
    el4ml_status (*const runs[3])(const random_case *) = {run_kemeny, run_slowest, run_waiting};
    for (size_t k = 0; k < 3; k++) {
        ck_assert_uint_ge(fail_each(runs[k], &x), 20);
    }
    case_clear(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("waiting times");
    TCase *tests = tcase_create("waiting times");
    tcase_add_loop_test(tests, kemeny_of_pygt_network, 0, 4);
    tcase_add_loop_test(tests, kemeny_equals_its_definition, 0, 40);
    tcase_add_loop_test(tests, slowest_rate_of_pygt_network, 0, 4);
    tcase_add_test(tests, parts_have_their_own_slowest_rate);
    tcase_add_loop_test(tests, distribution_of_pygt_network, 0, 4);
    tcase_add_loop_test(tests, distributions_of_random_networks, 0, 40);
    tcase_add_loop_test(tests, distribution_equals_trajectories, 0, 4);
    tcase_add_test(tests, eigenvalues_of_any_size_have_their_digits);
    tcase_add_test(tests, what_a_double_cannot_say_is_refused);
    tcase_add_test(tests, bad_input_is_named);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
