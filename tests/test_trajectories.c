/* Kinetic Monte Carlo and kinetic path sampling against graph transformation, and the variates they draw. All
 * comparisons are with fixed seeds, at five standard errors. */
#include "kinetics/variates.h"
#include "kinetics_help.h"
#include "made_landscape.h"

/* ---- Variates ---- */

typedef double (*draw_variate)(el4ml_random *random, double a, double b);

static double draw_gamma(el4ml_random *random, double a, double b)
{
    (void)b;
    return el4ml_random_gamma(random, a);
}

static double draw_poisson(el4ml_random *random, double a, double b)
{
    (void)b;
    return el4ml_random_poisson(random, a);
}

/* Mean, variance and third central moment of n draws, which should be those given. */
static void check_moments(draw_variate draw, double a, double b, double mean, double variance, double third)
{
    enum { DRAWS = 40000 };
    el4ml_random random = el4ml_random_new(3, 3, 3);
    double sum[4] = {0};
    for (int k = 0; k < DRAWS; k++) {
        const double x = (draw(&random, a, b) - mean) / sqrt(variance);
        sum[0] += x;
        sum[1] += x * x;
        sum[2] += x * x * x;
        sum[3] += x * x * x * x;
    }
    const double root = sqrt(DRAWS), skew = third / pow(variance, 1.5);
    ck_assert_msg(fabs(sum[0] / DRAWS) < 5 / root, "mean of (%g, %g) off by %g", a, b, sum[0] / root);
    ck_assert_msg(fabs(sum[1] / DRAWS - 1) < 5 * sqrt(fmax(1, sum[3] / DRAWS - 1)) / root,
                  "variance of (%g, %g): %g", a, b, sum[1] / DRAWS);
    ck_assert_msg(fabs(sum[2] / DRAWS - skew) < (20 + 40 * fabs(skew)) / root,
                  "third moment of (%g, %g): %g, not %g", a, b, sum[2] / DRAWS, skew);
}

START_TEST(variates_have_their_moments)
{
    const double shapes[5] = {1, 2, 7, 1000, 1e12};
    for (size_t k = 0; k < 5; k++)
        check_moments(draw_gamma, shapes[k], 0, shapes[k], shapes[k], 2 * shapes[k]);
    const double means[7] = {0.01, 3, 11, 40, 1000, 1e9, 1e18};
    for (size_t k = 0; k < 7; k++)
        check_moments(draw_poisson, means[k], 0, means[k], means[k], means[k]);
    const double trials[9][2] = {{1, 0.3},   {12, 0.5},   {30, 0.4},   {1000, 0.003}, {1000, 0.3},
                                 {1e6, 0.5}, {1e9, 1e-9}, {1e12, 0.1}, {1e30, 1e-5}};
    for (size_t k = 0; k < 9; k++) {
        const double n = trials[k][0], p = trials[k][1], v = n * p * (1 - p);
        check_moments(el4ml_random_binomial, n, p, n * p, v, v * (1 - 2 * p));
    }
}
END_TEST

/* Every count of a small binomial and a Poisson distribution, across their switch of methods. */
START_TEST(counts_have_their_probabilities)
{
    enum { DRAWS = 60000, MOST = 60 };
    for (int which = 0; which < 2; which++) {
        el4ml_random random = el4ml_random_new(4, 4, (uint64_t)which);
        double seen[MOST] = {0}, square = 0;
        const double n = 40, p = 0.45, mean = 14;
        for (int k = 0; k < DRAWS; k++) {
            const double x =
                which ? el4ml_random_poisson(&random, mean) : el4ml_random_binomial(&random, n, p);
            ck_assert(x >= 0 && x < MOST && x == floor(x) && (which || x <= n));
            seen[(int)x]++;
        }
        int cells = 0;
        for (int x = 0; x < MOST; x++) {
            const double log_p = which    ? x * log(mean) - mean - lgamma(x + 1.0)
                                 : x <= n ? lgamma(n + 1) - lgamma(x + 1.0) - lgamma(n - x + 1) + x * log(p) +
                                                (n - x) * log1p(-p)
                                          : -INFINITY;
            const double expected = DRAWS * exp(log_p);
            if (expected < 10) continue;
            square += (seen[x] - expected) * (seen[x] - expected) / expected;
            cells++;
        }
        ck_assert_msg(square < cells + 5 * sqrt(2.0 * cells), "chi squared %g of %d", square, cells);
    }
}
END_TEST

/* ---- Times ---- */

typedef el4ml_status (*sampling)(const el4ml_rate_network *, const el4ml_state_sets *,
                                 const el4ml_trajectory_options *, el4ml_sampled_times *, el4ml_error *);

static el4ml_sampled_times sample(sampling method, const el4ml_rate_network *rates,
                                  const el4ml_state_sets *sets, size_t trajectories, uint64_t seed)
{
    el4ml_trajectory_options options = el4ml_trajectory_options_default();
    options.trajectories = trajectories;
    options.seed = seed;
    el4ml_sampled_times times;
    el4ml_error error = {0};
    const el4ml_status status = method(rates, sets, &options, &times, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    ck_assert_uint_eq(times.trajectories, trajectories);
    return times;
}

static void check_times(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                        const el4ml_sampled_times *t)
{
    el4ml_moments *m = NULL;
    ck_assert_int_eq(el4ml_moments_new(rates, sets, 2, &m, NULL), EL4ML_OK);
    ck_assert(t->mean_error < 0.2 && t->second_error < 0.6);
    ck_assert_msg(fabs(exp(t->log_mean - m->log_mean[0]) - 1) < 5 * t->mean_error, "e^%g, not e^%g (%g)",
                  t->log_mean, m->log_mean[0], t->mean_error);
    ck_assert_msg(fabs(exp(t->log_second - m->log_mean[1]) - 1) < 5 * t->second_error,
                  "second: e^%g, not e^%g (%g)", t->log_second, m->log_mean[1], t->second_error);
    el4ml_moments_free(m);
}

START_TEST(random_networks_agree)
{
    random_case x;
    case_init(&x, _i, (size_t)(5 + _i % 20), 0.5);
    const el4ml_sampled_times kmc = sample(el4ml_kinetic_monte_carlo, x.rates, &x.sets, 1000, 1),
                              kps = sample(el4ml_kinetic_path_sampling, x.rates, &x.sets, 1000, 2);
    check_times(x.rates, &x.sets, &kmc);
    check_times(x.rates, &x.sets, &kps);
    ck_assert(fabs(kmc.hops / kps.hops - 1) < 0.4);
    case_clear(&x);
}
END_TEST

/* From the deepest trap to the lowest minimum, so that the mean does not hang on what few trajectories do. */
START_TEST(path_sampling_of_metastable_networks)
{
    random_case x;
    const double temperature[3] = {0.1, 0.02, 0.005};
    case_init(&x, _i + 50, (size_t)(5 + (_i + 10) % 20), temperature[_i % 3]);
    x.sets = (el4ml_state_sets){.a = x.a, .b = x.b, .a_count = 1, .b_count = 1};
    x.b[0] = el4ml_network_global_minimum(x.network);
    x.a[0] = x.b[0] == 0;
    el4ml_moments *m = NULL;
    ck_assert_int_eq(el4ml_moments_new(x.rates, &x.sets, 1, &m, NULL), EL4ML_OK);
    for (size_t i = 0; i < x.rates->state_count; i++)
        if (m->log_moment[i] > m->log_moment[x.a[0]]) x.a[0] = i;
    el4ml_moments_free(m);
    const el4ml_sampled_times times = sample(el4ml_kinetic_path_sampling, x.rates, &x.sets, 1000, 5);
    check_times(x.rates, &x.sets, &times);
    case_clear(&x);
}
END_TEST

/* The mean number of visits is exact in a chain of two wells: hops there and back until B. */
START_TEST(hops_are_counted)
{
    const double back = 30; /* from the middle to A, for each step to B */
    const el4ml_rate rate[4] = {{0, 1, 0}, {1, 0, log(back)}, {1, 2, 0}, {2, 1, 0}};
    el4ml_rate_network *rates = NULL;
    ck_assert_int_eq(el4ml_rate_network_from_rates(3, rate, 4, NULL, &rates, NULL), EL4ML_OK);
    const size_t a = 0, b = 2;
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    const sampling methods[2] = {el4ml_kinetic_monte_carlo, el4ml_kinetic_path_sampling};
    for (size_t k = 0; k < 2; k++) {
        const el4ml_sampled_times times = sample(methods[k], rates, &sets, 4000, 3);
        close_to(times.hops, 2 * (back + 1), 5 / sqrt(4000)); /* geometric: spread as large as the mean */
        check_times(rates, &sets, &times);
    }
    el4ml_rate_network_free(rates);
}
END_TEST

START_TEST(pygt_network)
{
    pygt p;
    pygt_load(&p);
    el4ml_rate_network *hot = rates_at(p.network, 10), *cold = rates_at(p.network, 0.025);
    const el4ml_sampled_times kmc = sample(el4ml_kinetic_monte_carlo, hot, &p.sets, 2000, 1),
                              kps = sample(el4ml_kinetic_path_sampling, cold, &p.sets, 2000, 1);
    check_times(hot, &p.sets, &kmc);
    check_times(cold, &p.sets, &kps);
    ck_assert(kps.hops > 1e30);
    el4ml_rate_network_free(hot);
    el4ml_rate_network_free(cold);
    pygt_clear(&p);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_times)
{
    random_case x;
    case_init(&x, 7, 12, 0.5);
    const sampling methods[2] = {el4ml_kinetic_monte_carlo, el4ml_kinetic_path_sampling};
    for (size_t k = 0; k < 2; k++) {
        const el4ml_sampled_times one = sample(methods[k], x.rates, &x.sets, 50, 9),
                                  two = sample(methods[k], x.rates, &x.sets, 50, 9),
                                  other = sample(methods[k], x.rates, &x.sets, 50, 10);
        ck_assert(one.log_mean == two.log_mean && one.hops == two.hops && one.log_mean != other.log_mean);
    }
    case_clear(&x);
}
END_TEST

START_TEST(what_is_refused)
{
    pygt p;
    pygt_load(&p);
    el4ml_rate_network *rates = rates_at(p.network, 0.1);
    el4ml_trajectory_options options = el4ml_trajectory_options_default();
    options.most_hops = 100000;
    el4ml_sampled_times times;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_kinetic_monte_carlo(rates, &p.sets, &options, &times, &error),
                     EL4ML_NOT_CONVERGED);
    ck_assert_ptr_nonnull(strstr(error.message, "100000 hops were not enough"));
    options.trajectories = 0;
    ck_assert_int_eq(el4ml_kinetic_path_sampling(rates, &p.sets, &options, &times, &error), EL4ML_BAD_INPUT);
    el4ml_rate_network_free(rates);
    rates = rates_at(p.network, 1e-4); /* e^30000 hops */
    options.trajectories = 10;
    ck_assert_int_eq(el4ml_kinetic_path_sampling(rates, &p.sets, &options, &times, &error),
                     EL4ML_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.message, "more hops than a double can count"));
    el4ml_network *expander = made_landscape(&(made_options){4000, 1, 1, false, 1});
    ck_assert_ptr_nonnull(expander);
    el4ml_rate_network *filling = rates_at(expander, 0.2);
    ck_assert_int_eq(el4ml_kinetic_path_sampling(filling, &p.sets, &options, &times, &error),
                     EL4ML_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.message, "lump it first"));
    el4ml_rate_network_free(filling);
    el4ml_network_free(expander);
    el4ml_rate_network_free(rates);
    pygt_clear(&p);
}
END_TEST

static el4ml_status run_monte_carlo(const random_case *c)
{
    const el4ml_trajectory_options options = {.trajectories = 2, .seed = 1, .most_hops = 1000000};
    el4ml_sampled_times times;
    return el4ml_kinetic_monte_carlo(c->rates, &c->sets, &options, &times, NULL);
}

static el4ml_status run_path_sampling(const random_case *c)
{
    const el4ml_trajectory_options options = {.trajectories = 2, .seed = 1};
    el4ml_sampled_times times;
    return el4ml_kinetic_path_sampling(c->rates, &c->sets, &options, &times, NULL);
}

START_TEST(every_failed_allocation_is_reported)
{
    random_case x;
    case_init(&x, 8, 13, 0.5);
    ck_assert_uint_ge(fail_each(run_monte_carlo, &x), 7);
    ck_assert_uint_ge(fail_each(run_path_sampling, &x), 30);
    case_clear(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trajectories");
    TCase *tests = tcase_create("trajectories");
    tcase_add_test(tests, variates_have_their_moments);
    tcase_add_test(tests, counts_have_their_probabilities);
    tcase_add_loop_test(tests, random_networks_agree, 0, 24);
    tcase_add_loop_test(tests, path_sampling_of_metastable_networks, 0, 12);
    tcase_add_test(tests, hops_are_counted);
    tcase_add_test(tests, pygt_network);
    tcase_add_test(tests, the_same_seed_gives_the_same_times);
    tcase_add_test(tests, what_is_refused);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
