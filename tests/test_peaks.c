#include <check.h>
#include <stdlib.h>

#include "base/memory.h"
#include "thermo_help.h"

static el4ml_peaks *peaks_of(const landscape *l, double from, double to, size_t grid, double share,
                             size_t most)
{
    double temperatures[1000];
    const el4ml_peak_options options = {share, most};
    el4ml_peaks *peaks = NULL;
    el4ml_error error = {0};
    el4ml_log_temperatures(from, to, grid, temperatures);
    el4ml_thermo *thermo = thermo_of(l, temperatures, grid);
    const el4ml_status status = el4ml_peaks_new(l->network, thermo, &options, &peaks, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    el4ml_thermo_free(thermo);
    return peaks;
}

static size_t count_peaks(const landscape *l, double from, double to)
{
    el4ml_peaks *peaks = peaks_of(l, from, to, 200, 0.99, 0);
    const size_t count = peaks->count;
    el4ml_peaks_free(peaks);
    return count;
}

/* Two minima, gap d, weight ratio r: with x = d/T and y = r e^-x, C_V - kappa = x^2 y/(1 + y)^2 has its
 * maximum where x = 2 (1 + y)/(1 - y). */
START_TEST(schottky_peak_is_where_theory_says)
{
    const double d = 0.03, r = exp(1.0 * _i);
    const el4ml_node nodes[2] = {{.id = 1, .energy = 1, .log_product = 3},
                                 {.id = 2, .energy = 1 + d, .log_product = 3, .log_multiplicity = log(r)}};
    landscape l = landscape_of(nodes, 2, NULL, 0, 12);
    el4ml_peaks *peaks = peaks_of(&l, 1e-4, 10, 200, 0.99, 0);
    ck_assert_uint_eq(peaks->count, 1);
    const el4ml_peak *peak = &peaks->peaks[0];
    const double gap = nodes[1].energy - 1, x = gap / peak->temperature, y = r * exp(-x);
    near(x, 2 * (1 + y) / (1 - y), 1e-11 * x);
    near(peak->heat_capacity, 12 + x * x * y / ((1 + y) * (1 + y)), 1e-12);
    ck_assert_uint_eq(peak->gaining_count, 1);
    ck_assert_uint_eq(peak->gaining[0].node, 1);
    ck_assert_uint_eq(peak->losing_count, 1);
    ck_assert_uint_eq(peak->losing[0].node, 0);
    const double p = y / (1 + y), g = p / (1 + y) * x / peak->temperature; /* p (1 - p) d/T^2 */
    near(peak->gaining[0].p, p, 1e-13);
    near(peak->losing[0].p, 1 - p, 1e-13);
    near(peak->gaining[0].g, g, 1e-12 * g);
    near(peak->losing[0].g, -g, 1e-12 * g);
    near(peak->flow, g, 1e-12 * g);
    /* Outside the range, or at its end, it is not a peak. */
    ck_assert_uint_eq(count_peaks(&l, 2 * peak->temperature, 10), 0);
    ck_assert_uint_eq(count_peaks(&l, 1e-4, peak->temperature), 0);
    el4ml_peaks_free(peaks);
    landscape_free(&l);
}
END_TEST

/* As before with an entropy so large that the peak, of relative width 4/x, is far narrower than the steps of
 * the grid, whose points all lie in its far wings. */
START_TEST(peak_between_grid_points_is_found)
{
    const double entropy = 50 * pow(2, _i), d = 0.7;
    const el4ml_node nodes[2] = {{.id = 1, .energy = -3},
                                 {.id = 2, .energy = -3 + d, .log_multiplicity = entropy}};
    landscape l = landscape_of(nodes, 2, NULL, 0, 2);
    for (size_t grid = 2; grid <= 34; grid += 8) {
        el4ml_peaks *peaks = peaks_of(&l, 1e-6, 1e3, grid, 0.99, 0);
        ck_assert_uint_eq(peaks->count, 1);
        const double gap = nodes[1].energy + 3, x = gap / peaks->peaks[0].temperature, y = exp(entropy - x);
        near(x, 2 * (1 + y) / (1 - y), 1e-9 * x); /* the exponent, S - x, cancels */
        el4ml_peaks_free(peaks);
    }
    landscape_free(&l);
}
END_TEST

/* C_V - kappa from its definition, in long double. */
static long double brute_excess(const help_graph *graph, long double temperature)
{
    static double nothing[HELP_MOST * HELP_MOST];
    brute b;
    brute_force(graph, nothing, lowest_unflagged(graph), temperature, &b);
    return b.plus + b.minus;
}

START_TEST(peaks_equal_a_dense_scan)
{
    help_graph graph;
    help_random_graph((uint64_t)_i + 50, 12, 12, false, &graph);
    for (size_t i = 0; i < graph.nodes; i++) /* wide spread: several peaks */
        graph.node[i].log_multiplicity = (double)i * (2 + _i % 4),
        graph.node[i].energy = pow(1.6 + 0.1 * (_i % 5), (double)i);
    landscape l = landscape_of(graph.node, graph.nodes, NULL, 0, 4);
    el4ml_peaks *peaks = peaks_of(&l, 0.05, 500, 40, 0.99, 0);
    enum { STEPS = 4000 };
    size_t tops = 0;
    long double before = -1, here = -1;
    for (size_t k = 0; k < STEPS; k++) {
        const double x = log(0.05) + (log(500) - log(0.05)) * (double)k / (STEPS - 1);
        const long double next = brute_excess(&graph, expl(x));
        if (before >= 0 && here > before && here > next) {
            tops++;
            double nearest = INFINITY;
            for (size_t i = 0; i < peaks->count; i++)
                nearest = fmin(nearest, fabs(log(peaks->peaks[i].temperature) - x));
            ck_assert(nearest < 2 * (log(500) - log(0.05)) / STEPS + 1e-3);
        }
        before = here;
        here = next;
    }
    ck_assert_uint_eq(peaks->count, tops);
    ck_assert_uint_ge(tops, 1);
    el4ml_peaks_free(peaks);
    landscape_free(&l);
}
END_TEST

/* Maxima of C_V on a fine grid between two temperatures. */
static size_t count_tops(const help_graph *graph, double from, double to)
{
    enum { STEPS = 6000 };
    size_t tops = 0;
    long double before = -1, here = -1;
    for (size_t k = 0; k < STEPS; k++) {
        const long double next =
            brute_excess(graph, expl(log(from) + log(to / from) * (double)k / (STEPS - 1)));
        tops += before >= 0 && here > before && here > next && here > 1e-13L;
        before = here;
        here = next;
    }
    return tops;
}

/* Networks with a bump that stands out little from the side of a peak, on grids of few temperatures: the bump
 * shows neither in the values nor in the signs of the slopes. */
START_TEST(small_bumps_are_found)
{
    static const uint64_t cases[4] = {112, 264, 293, 346};
    const uint64_t c = cases[_i];
    help_graph graph;
    help_random_graph(c + 5000, 2 + (size_t)(c % 30), 0, false, &graph);
    el4ml_random random = el4ml_random_new(9, 9, c);
    const double spread = el4ml_random_uniform(&random), entropy = 30 * el4ml_random_uniform(&random);
    for (size_t i = 0; i < graph.nodes; i++) {
        el4ml_node *node = &graph.node[i];
        node->energy = exp(3 * spread * el4ml_random_normal(&random));
        node->log_multiplicity = entropy * el4ml_random_uniform(&random) * log1p(node->energy);
    }
    landscape l = landscape_of(graph.node, graph.nodes, NULL, 0, 4);
    const size_t tops = count_tops(&graph, 1e-3, 1e3);
    for (size_t grid = 6; grid <= 41; grid += 7) {
        el4ml_peaks *peaks = peaks_of(&l, 1e-3, 1e3, grid, 0.99, 0);
        ck_assert_uint_eq(peaks->count, tops);
        el4ml_peaks_free(peaks);
    }
    landscape_free(&l);
}
END_TEST

/* The fewest minima of one sign that reach the share, by sorting all g_a in long double. */
static size_t brute_count(const el4ml_network *network, double temperature, double sign, double share)
{
    double p[HELP_MOST], g[HELP_MOST];
    long double total = 0, sum = 0;
    bool used[HELP_MOST] = {false};
    el4ml_occupation(network, temperature, p, g);
    for (size_t i = 0; i < network->node_count; i++)
        total += fmax(sign * g[i], 0);
    for (size_t count = 0;; count++) {
        if (sum >= share * total) return count;
        size_t best = EL4ML_NONE;
        for (size_t i = 0; i < network->node_count; i++)
            if (!used[i] && sign * g[i] > 0 && (best == EL4ML_NONE || sign * g[i] > sign * g[best])) best = i;
        if (best == EL4ML_NONE) return count;
        used[best] = true;
        sum += sign * g[best];
    }
}

START_TEST(minima_behind_a_peak_are_the_fewest)
{
    help_graph graph;
    random_case(_i, &graph);
    for (size_t i = 0; i < graph.nodes; i++)
        graph.node[i].log_multiplicity += 8 * graph.node[i].energy;
    landscape l = landscape_of(graph.node, graph.nodes, graph.edge, graph.edges, 7);
    const double shares[4] = {0.5, 0.9, 0.99, 1};
    for (size_t s = 0; s < 4; s++) {
        el4ml_peaks *peaks = peaks_of(&l, 1e-3, 10, 100, shares[s], 0);
        for (size_t k = 0; k < peaks->count; k++) {
            const el4ml_peak *peak = &peaks->peaks[k];
            double p[HELP_MOST], g[HELP_MOST], gained = 0, lost = 0, all = 0;
            el4ml_occupation(l.network, peak->temperature, p, g);
            for (size_t i = 0; i < graph.nodes; i++)
                all += fmax(g[i], 0);
            near(peak->flow, all, 1e-12 * all);
            if (shares[s] < 1) { /* at 1, rounding decides whether the last ones count */
                ck_assert_uint_eq(peak->gaining_count,
                                  brute_count(l.network, peak->temperature, 1, shares[s]));
                ck_assert_uint_eq(peak->losing_count,
                                  brute_count(l.network, peak->temperature, -1, shares[s]));
            }
            for (size_t i = 0; i < peak->gaining_count; i++) {
                const el4ml_change *c = &peak->gaining[i];
                ck_assert(c->g == g[c->node] && c->p == p[c->node] && c->g > 0);
                if (i > 0) ck_assert(c->g <= peak->gaining[i - 1].g);
                gained += c->g;
            }
            for (size_t i = 0; i < peak->losing_count; i++) {
                const el4ml_change *c = &peak->losing[i];
                ck_assert(c->g == g[c->node] && c->p == p[c->node] && c->g < 0);
                if (i > 0) ck_assert(c->g >= peak->losing[i - 1].g);
                lost -= c->g;
            }
            ck_assert(gained >= (shares[s] - 1e-12) * all && lost >= (shares[s] - 1e-12) * all);
        }
        el4ml_peaks_free(peaks);
    }
    landscape_free(&l);
}
END_TEST

START_TEST(peaks_come_highest_first)
{
    /* Three well-separated transitions to ever more numerous minima: three peaks, the later the higher. */
    const double gap[3] = {1e-3, 1, 1000}, entropy[3] = {3, 12, 30};
    el4ml_node nodes[4] = {{.id = 1, .energy = 0}};
    for (size_t i = 0; i < 3; i++)
        nodes[i + 1] = (el4ml_node){.id = (int64_t)i + 2, .energy = gap[i], .log_multiplicity = entropy[i]};
    landscape l = landscape_of(nodes, 4, NULL, 0, 3);
    el4ml_peaks *peaks = peaks_of(&l, 1e-5, 1e5, 200, 0.99, 0);
    ck_assert_uint_eq(peaks->count, 3);
    for (size_t k = 1; k < 3; k++) {
        ck_assert(peaks->peaks[k - 1].heat_capacity > peaks->peaks[k].heat_capacity);
        ck_assert(peaks->peaks[k - 1].temperature > peaks->peaks[k].temperature);
    }
    ck_assert_uint_eq(peaks->peaks[0].losing[0].node, 2);
    ck_assert_uint_eq(peaks->peaks[0].gaining[0].node, 3);
    el4ml_peaks *only = peaks_of(&l, 1e-5, 1e5, 200, 0.99, 1);
    ck_assert_uint_eq(only->count, 1);
    ck_assert(only->peaks[0].temperature == peaks->peaks[0].temperature);
    el4ml_peaks_free(only);
    el4ml_peaks_free(peaks);
    landscape_free(&l);
}
END_TEST

START_TEST(one_minimum_has_no_peak)
{
    const el4ml_node lone = {.id = 1, .energy = 2, .log_product = 1};
    landscape l = landscape_of(&lone, 1, NULL, 0, 4);
    ck_assert_uint_eq(count_peaks(&l, 1e-4, 1), 0);
    const el4ml_thermo_point point = point_at(&l, 0.5);
    ck_assert(point.heat_capacity == 4 && point.entropy == 0 && isnan(point.frustration));
    landscape_free(&l);
}
END_TEST

START_TEST(peaks_refuse_and_run_out_of_memory)
{
    const el4ml_node nodes[2] = {{.id = 1, .energy = 0}, {.id = 2, .energy = 1, .log_multiplicity = 3}};
    landscape l = landscape_of(nodes, 2, NULL, 0, 2);
    double temperatures[50];
    el4ml_log_temperatures(0.01, 10, 50, temperatures);
    el4ml_thermo *thermo = thermo_of(&l, temperatures, 50);
    el4ml_peaks *peaks = NULL;
    el4ml_peak_options bad = {.share = 0};
    ck_assert_int_eq(el4ml_peaks_new(l.network, thermo, &bad, &peaks, NULL), EL4ML_INVALID_ARGUMENT);
    bad.share = 1.5;
    ck_assert_int_eq(el4ml_peaks_new(l.network, thermo, &bad, &peaks, NULL), EL4ML_INVALID_ARGUMENT);
    for (size_t after = 0;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_peaks_new(l.network, thermo, NULL, &peaks, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) {
            ck_assert_uint_ge(after, 9);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    ck_assert_uint_eq(peaks->count, 1);
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peaks");
    TCase *tests = tcase_create("peaks");
    tcase_add_loop_test(tests, schottky_peak_is_where_theory_says, -2, 8);
    tcase_add_loop_test(tests, peak_between_grid_points_is_found, 0, 7);
    tcase_add_loop_test(tests, peaks_equal_a_dense_scan, 0, 20);
    tcase_add_loop_test(tests, small_bumps_are_found, 0, 4);
    tcase_add_loop_test(tests, minima_behind_a_peak_are_the_fewest, 0, 30);
    tcase_add_test(tests, peaks_come_highest_first);
    tcase_add_test(tests, peaks_refuse_and_run_out_of_memory);
    tcase_add_test(tests, one_minimum_has_no_peak);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
