/* Intervals, multistate reweighting, and the moves and volumes of regions given by a
 * formula. */
#include "basin_help.h"
#include "base/beta.h"
#include "catchment/intervals.h"
#include "catchment/multistate.h"
#include "catchment/tethered.h"

static void near(double a, double b, double tolerance)
{
    ck_assert_msg(fabs(a - b) <= tolerance, "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

/* ---- Intervals ---- */

/* P(X >= hits) of a binomial distribution, term by term. */
static double upper_tail(uint64_t hits, uint64_t trials, double p)
{
    long double sum = 0;
    for (uint64_t k = hits; k <= trials; k++)
        sum += expl(lgammal((long double)trials + 1) - lgammal((long double)k + 1) -
                    lgammal((long double)(trials - k) + 1) + (long double)k * logl(p) +
                    (long double)(trials - k) * log1pl(-p));
    return (double)sum;
}

START_TEST(incomplete_beta_is_a_binomial_tail)
{
    const uint64_t trials[3] = {7, 60, 900};
    for (int t = 0; t < 3; t++)
        for (uint64_t hits = 1; hits <= trials[t]; hits += 1 + trials[t] / 6)
            for (double p = 0.02; p < 1; p += 0.19) {
                const double beta =
                    el4ml_incomplete_beta((double)hits, (double)(trials[t] - hits + 1), p, 1 - p);
                near(beta, upper_tail(hits, trials[t], p), 1e-11);
            }
    ck_assert_double_eq(el4ml_incomplete_beta(2, 3, 0, 1), 0);
    ck_assert_double_eq(el4ml_incomplete_beta(2, 3, 1, 0), 1);
}
END_TEST

START_TEST(binomial_interval_has_its_tails)
{
    const uint64_t cases[5][2] = {{1, 10}, {3, 1000}, {500, 1000}, {999, 1000}, {20000, 100000}};
    double low, high;
    for (int k = 0; k < 5; k++) {
        const uint64_t hits = cases[k][0], trials = cases[k][1];
        el4ml_binomial_interval(hits, trials, 0.95, &low, &high);
        ck_assert(low < (double)hits / (double)trials && (double)hits / (double)trials < high);
        near(upper_tail(hits, trials, low), 0.025, 1e-9);
        near(1 - upper_tail(hits + 1, trials, high), 0.025, 1e-9);
    }
    el4ml_binomial_interval(0, 50, 0.9, &low, &high);
    ck_assert_double_eq(low, 0);
    near(high, 1 - pow(0.05, 1. / 50), 1e-13);
    el4ml_binomial_interval(50, 50, 0.9, &low, &high);
    ck_assert_double_eq(high, 1);
    near(low, pow(0.05, 1. / 50), 1e-13);
}
END_TEST

START_TEST(student_quantiles_in_closed_form)
{
    for (double level = 0.5; level < 0.9995; level += 0.0499) {
        near(el4ml_student_quantile(1, level), tan(0.5 * acos(-1) * level),
             1e-9 * tan(0.5 * acos(-1) * level));
        near(el4ml_student_quantile(2, level), level * sqrt(2 / (1 - level * level)), 1e-9);
    }
    const double z =
        1.959963984540054; /* of the normal distribution; the next term of the expansion in 1/degrees */
    near(el4ml_student_quantile(1e5, 0.95), z + (z * z * z + z) / 4e5, 1e-8);
}
END_TEST

/* ---- Multistate reweighting ---- */

#define STATES 6
#define EACH 500

/* u = |x|^2 / 2 in n dimensions under exp(-k u). */
static void gaussian_samples(size_t n, const double *k, uint64_t seed, double *u)
{
    for (size_t i = 0; i < STATES; i++) {
        el4ml_random random = el4ml_random_new(seed, 1, i);
        for (size_t s = 0; s < EACH; s++) {
            u[i * EACH + s] = 0;
            for (size_t d = 0; d < n; d++) {
                const double x = el4ml_random_normal(&random);
                u[i * EACH + s] += x * x / (2 * k[i]);
            }
        }
    }
}

/* The defining equations Z_i = sum_n exp(-k_i u_n) / sum_j EACH exp(-k_j u_n) / Z_j hold. */
static void check_self_consistent(const double *k, const double *u, const double *log_z, double target,
                                  double log_target)
{
    for (size_t i = 0; i <= STATES; i++) {
        const double ki = i < STATES ? k[i] : target;
        long double sum = 0;
        for (size_t s = 0; s < STATES * EACH; s++) {
            long double denominator = 0;
            for (size_t j = 0; j < STATES; j++)
                denominator += EACH * expl((long double)((ki - k[j]) * u[s] - log_z[j]));
            sum += 1 / denominator;
        }
        near((double)logl(sum), i < STATES ? log_z[i] : log_target, 1e-8);
    }
}

START_TEST(multistate_solves_its_equations)
{
    const double k[STATES] = {3, 2.2, 1.6, 1.2, 0.9, 0.7};
    double u[STATES * EACH], log_z[STATES], log_target;
    for (size_t n = 1; n <= 40; n += 13) {
        gaussian_samples(n, k, n, u);
        ck_assert_int_eq(el4ml_multistate(STATES, EACH, k, u, log_z, 0.6, &log_target), EL4ML_OK);
        check_self_consistent(k, u, log_z, 0.6, log_target);
        for (size_t i = 0; i < STATES; i++) /* Z = k^(-n/2); five deviations and more */
            near(log_z[i], 0.5 * (double)n * log(k[0] / k[i]), 0.25);
    }
    ck_assert_int_eq(el4ml_multistate(1, EACH, k, u, log_z, 3, &log_target), EL4ML_OK);
    near(log_target, 0, 1e-13);
}
END_TEST

/* ---- Moves ---- */

/* A region of no particular shape, in two pieces: an off-centre annulus and a square. */
static el4ml_status odd_test(void *context, el4ml_searcher *searcher, const double *x, bool *inside)
{
    (void)context;
    (void)searcher;
    const double r = hypot(x[0] - 0.2, x[1]);
    *inside = (r > 0.3 && r < 1) || (fabs(x[0] - 1.5) < 0.2 && fabs(x[1] + 0.5) < 0.4);
    return EL4ML_OK;
}

typedef enum move_kind { ELLIPSE, LINE, SPARSE_LINE, DRAW } move_kind;

static void make_move(el4ml_tethered *t, move_kind kind, double k, double *x)
{
    bool inside = false;
    if (kind == ELLIPSE) ck_assert_int_eq(el4ml_tether_ellipse(t, k, x), EL4ML_OK);
    if (kind == LINE) el4ml_random_direction(&t->random, 2, t->direction);
    if (kind == SPARSE_LINE) el4ml_tether_sparse_direction(t);
    if (kind == LINE || kind == SPARSE_LINE) ck_assert_int_eq(el4ml_tether_line(t, k, x), EL4ML_OK);
    while (kind == DRAW && !inside)
        ck_assert_int_eq(el4ml_tether_draw(t, k, x, &inside), EL4ML_OK);
}

#define STATISTICS 4

static void statistics(const double *x, double *s)
{
    s[0] = x[0];
    s[1] = x[1] * x[1];
    s[2] = hypot(x[0], x[1]) < 0.8;
    s[3] = x[0] > 1.3;
}

/* Exact expectations by a fine grid. */
static void expectations(const el4ml_region *r, double k, double *mean)
{
    enum { GRID = 1500 };
    double sum = 0, s[STATISTICS], x[2];
    memset(mean, 0, STATISTICS * sizeof *mean);
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID; j++) {
            bool inside;
            x[0] = r->low[0] + (r->high[0] - r->low[0]) * (i + 0.5) / GRID;
            x[1] = r->low[1] + (r->high[1] - r->low[1]) * (j + 0.5) / GRID;
            odd_test(NULL, NULL, x, &inside);
            if (!inside) continue;
            const double w = exp(-k * el4ml_tether_square(r, x) / 2);
            statistics(x, s);
            sum += w;
            for (int q = 0; q < STATISTICS; q++)
                mean[q] += w * s[q];
        }
    for (int q = 0; q < STATISTICS; q++)
        mean[q] /= sum;
}

/* From points drawn independently with the right density, a few moves lead to points of the same density. */
static void check_stationary(move_kind kind, double k)
{
    enum { CHAINS = 6000 };
    const double centre[2] = {0.8, 0.1}, low[2] = {-2, -1.5}, high[2] = {1.8, 1.2};
    const el4ml_region r = {.n = 2, .centre = centre, .low = low, .high = high, .test = odd_test};
    double trial[2], direction[2], exact[STATISTICS], sum[STATISTICS] = {0}, square[STATISTICS] = {0},
                                                      s[STATISTICS];
    expectations(&r, k, exact);
    for (uint64_t c = 0; c < CHAINS; c++) {
        el4ml_tethered t = {
            .region = &r, .random = el4ml_random_new(9, 9, c), .trial = trial, .direction = direction};
        double x[2];
        for (bool kept = false; !kept;) { /* by rejection from the box */
            for (int i = 0; i < 2; i++)
                x[i] = low[i] + (high[i] - low[i]) * el4ml_random_uniform(&t.random);
            odd_test(NULL, NULL, x, &kept);
            const double most = k >= 0 ? 1 : exp(-k * (2.8 * 2.8 + 1.6 * 1.6) / 2);
            kept = kept && el4ml_random_uniform(&t.random) * most < exp(-k * el4ml_tether_square(&r, x) / 2);
        }
        for (int m = 0; m < 3; m++)
            make_move(&t, kind, k, x);
        statistics(x, s);
        for (int q = 0; q < STATISTICS; q++) {
            sum[q] += s[q] / CHAINS;
            square[q] += s[q] * s[q] / CHAINS;
        }
    }
    for (int q = 0; q < STATISTICS; q++) {
        const double error = sqrt((square[q] - sum[q] * sum[q]) / CHAINS);
        ck_assert_msg(fabs(sum[q] - exact[q]) < 4 * error + 1e-3,
                      "move %d, k %g, statistic %d: %g, not %g +- %g", (int)kind, k, q, sum[q], exact[q],
                      error);
    }
}

START_TEST(moves_keep_the_density)
{
    const double k[3] = {0.5, 3, 20};
    for (int i = 0; i < 3; i++) {
        check_stationary(ELLIPSE, k[i]);
        check_stationary(LINE, k[i]);
        check_stationary(DRAW, k[i]);
    }
    check_stationary(LINE, 0);
    check_stationary(LINE, -1);
    check_stationary(SPARSE_LINE, 0);
    check_stationary(SPARSE_LINE, 2);
    check_stationary(DRAW, 0);
}
END_TEST

/* The integral over the box against Simpson's rule, side by side. */
START_TEST(box_integrals)
{
    const double centre[2] = {0.3, -2}, low[2] = {-1, -2.5}, high[2] = {4, 7};
    const el4ml_region r = {.n = 2, .centre = centre, .low = low, .high = high};
    for (double k = 0; k < 1e4; k = k == 0 ? 1e-20 : k * 30) {
        long double product = 1;
        for (int i = 0; i < 2; i++) {
            const int steps = 20000;
            const double h = (high[i] - low[i]) / steps;
            long double sum = 0;
            for (int s = 0; s <= steps; s++) {
                const double d = low[i] + s * h - centre[i];
                sum += (s == 0 || s == steps ? 1 : s % 2 ? 4 : 2) * expl(-(long double)(k * d * d / 2));
            }
            product *= sum * h / 3;
        }
        near(el4ml_tether_box_integral(&r, k), (double)logl(product), 1e-9);
    }
}
END_TEST

/* ---- Volumes ---- */

static el4ml_pool *new_pool(unsigned threads)
{
    static el4ml_surface *surface; /* any will do: these regions do not ask it */
    if (!surface) surface = function_surface("himmelblau");
    const el4ml_search_options search = el4ml_search_options_default();
    el4ml_pool *pool = NULL;
    ck_assert_int_eq(el4ml_pool_new(surface, &search, threads, NULL, &pool, NULL), EL4ML_OK);
    return pool;
}

static const struct {
    shape shape;
    size_t n;
    double aspect;
    uint64_t samples;
} cases[] = {{A_BOX, 1, 1, 5000},        {A_BOX, 2, 10, 5000},         {A_BOX, 3, 1, 5000},
             {A_BOX, 5, 30, 10000},      {A_TURNED_BOX, 4, 3, 10000},  {A_TURNED_BOX, 10, 1, 20000},
             {AN_ELLIPSOID, 2, 4, 5000}, {AN_ELLIPSOID, 10, 2, 10000}, {AN_ELLIPSOID, 20, 1, 10000},
             {A_SIMPLEX, 6, 1, 10000},   {A_SIMPLEX, 10, 1, 20000},    {IN_ORDER, 3, 1, 5000},
             {IN_ORDER, 6, 1, 20000}};
enum { CASES = sizeof cases / sizeof *cases };

/* Intervals of 95 % that hold the true volume 95 times in a hundred or more: of 156, 17 misses or more would
 * have a chance of 1 in 1000. The widths are asked for too: an interval that says nothing covers everything.
 */
START_TEST(intervals_cover)
{
    enum { SEEDS = 12 };
    el4ml_pool *pool = new_pool(2);
    size_t misses = 0, unsure = 0;
    for (size_t c = 0; c < CASES; c++) {
        known_region k = new_region(cases[c].shape, cases[c].n, cases[c].aspect);
        const el4ml_region region = region_of(&k);
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            const el4ml_volume_options options = {
                .seed = seed, .runs = 16, .samples = cases[c].samples, .level = 0.95};
            el4ml_volume v;
            bool time_up;
            ck_assert_int_eq(el4ml_region_volumes(pool, &region, 1, &options, &v, &time_up, NULL), EL4ML_OK);
            ck_assert(v.measured && !time_up && v.low <= v.log_volume && v.log_volume <= v.high);
            misses += k.log_volume < v.low || k.log_volume > v.high;
            unsure += !v.converged;
            const double error = fabs(v.log_volume - k.log_volume);
            ck_assert_msg(error < 6 * v.standard_error + 1e-9 && v.standard_error < 0.5,
                          "case %zu: %g +- %g, not %g", c, v.log_volume, v.standard_error, k.log_volume);
        }
    }
    ck_assert_msg(misses <= 16, "%zu of %d intervals miss", misses, SEEDS * CASES);
    ck_assert_msg(unsure <= SEEDS * CASES / 10, "%zu are said not to have converged", unsure);
    el4ml_pool_free(pool);
}
END_TEST

START_TEST(the_whole_box_is_exact)
{
    known_region k = new_region(AN_ELLIPSOID, 7, 1);
    for (size_t i = 0; i < k.n; i++)
        k.b[i] = 1e6;
    const el4ml_region region = region_of(&k);
    el4ml_pool *pool = new_pool(1);
    const el4ml_volume_options options = {.seed = 1, .runs = 16, .samples = 2000, .level = 0.95};
    el4ml_volume v;
    bool time_up;
    ck_assert_int_eq(el4ml_region_volumes(pool, &region, 1, &options, &v, &time_up, NULL), EL4ML_OK);
    near(v.log_volume, el4ml_tether_box_integral(&region, 0), 1e-12);
    ck_assert(v.standard_error == 0 && v.high == v.log_volume && v.tethers == 1 && v.converged);
    ck_assert_double_ge(v.low, v.log_volume - 0.01);
    el4ml_pool_free(pool);
}
END_TEST

/* Too few sweeps to forget how the runs began: it is said, and the interval is wide. */
START_TEST(what_has_not_converged_says_so)
{
    known_region k = new_region(IN_ORDER, 20, 1);
    const el4ml_region region = region_of(&k);
    el4ml_pool *pool = new_pool(2);
    size_t converged = 0;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const el4ml_volume_options options = {.seed = seed, .runs = 16, .samples = 100, .level = 0.95};
        el4ml_volume v;
        bool time_up;
        ck_assert_int_eq(el4ml_region_volumes(pool, &region, 1, &options, &v, &time_up, NULL), EL4ML_OK);
        converged += v.measured && v.converged && !(k.log_volume >= v.low && k.log_volume <= v.high);
    }
    ck_assert_uint_le(converged, 1);
    el4ml_pool_free(pool);
}
END_TEST

START_TEST(threads_and_company_change_nothing)
{
    enum { REGIONS = 35 }; /* more than are measured at a time */
    known_region *k = EL4ML_NEW(known_region, REGIONS);
    el4ml_region region[REGIONS];
    el4ml_volume v[3][REGIONS];
    bool time_up;
    for (size_t i = 0; i < REGIONS; i++) {
        k[i] = new_region(i % 2 ? A_BOX : AN_ELLIPSOID, 3, 1 + (double)i);
        region[i] = region_of(&k[i]);
    }
    const el4ml_volume_options options = {.seed = 3, .runs = 6, .samples = 300, .level = 0.95};
    for (unsigned threads = 1; threads <= 2; threads++) {
        el4ml_pool *pool = new_pool(threads);
        ck_assert_int_eq(el4ml_region_volumes(pool, region, REGIONS, &options, v[threads], &time_up, NULL),
                         EL4ML_OK);
        if (threads == 1)
            ck_assert_int_eq(el4ml_region_volumes(pool, region, 1, &options, v[0], &time_up, NULL), EL4ML_OK);
        el4ml_pool_free(pool);
    }
    for (size_t i = 0; i < REGIONS; i++) {
        ck_assert_double_eq(v[1][i].log_volume, v[2][i].log_volume);
        ck_assert_double_eq(v[1][i].standard_error, v[2][i].standard_error);
        ck_assert_uint_eq(v[1][i].tests, v[2][i].tests);
    }
    ck_assert_double_eq(v[0][0].log_volume, v[1][0].log_volume);
    el4ml_release(k);
}
END_TEST

/* A point without any neighbourhood: there is no tether that holds it. */
static el4ml_status point_test(void *context, el4ml_searcher *searcher, const double *x, bool *inside)
{
    (void)context;
    (void)searcher;
    *inside = x[0] == 0;
    return EL4ML_OK;
}

START_TEST(nothing_to_measure)
{
    const double centre[1] = {0}, low[1] = {-1}, high[1] = {1};
    const el4ml_region region = {.n = 1, .centre = centre, .low = low, .high = high, .test = point_test};
    const el4ml_volume_options options = {.seed = 3, .runs = 4, .samples = 300, .level = 0.95};
    el4ml_pool *pool = new_pool(1);
    el4ml_volume v;
    bool time_up;
    ck_assert_int_eq(el4ml_region_volumes(pool, &region, 1, &options, &v, &time_up, NULL), EL4ML_OK);
    ck_assert(!v.measured && !v.converged && isnan(v.log_volume) && isnan(v.low));
    el4ml_pool_free(pool);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    known_region k = new_region(A_BOX, 3, 1);
    const el4ml_region region = region_of(&k);
    const el4ml_volume_options options = {.seed = 1, .runs = 4, .samples = 100, .level = 0.95};
    el4ml_pool *pool = new_pool(1);
    size_t failures = 0;
    el4ml_volume v;
    bool time_up;
    for (size_t after = 0;; after++, failures++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_region_volumes(pool, &region, 1, &options, &v, &time_up, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) break;
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    ck_assert_uint_ge(failures, 20);
    el4ml_pool_free(pool);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {incomplete_beta_is_a_binomial_tail,
                                  binomial_interval_has_its_tails,
                                  student_quantiles_in_closed_form,
                                  multistate_solves_its_equations,
                                  moves_keep_the_density,
                                  box_integrals,
                                  intervals_cover,
                                  the_whole_box_is_exact,
                                  what_has_not_converged_says_so,
                                  threads_and_company_change_nothing,
                                  nothing_to_measure,
                                  every_failed_allocation_is_reported};
    return RUN_SUITE("basin statistics", tests);
}
