#include <check.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "el4ml/thermo.h"
#include "network_help.h"
#include "thermo/superposition.h"

typedef struct landscape {
    el4ml_network *network;
    el4ml_merge_tree *tree;
} landscape;

static landscape landscape_of(const el4ml_node *nodes, size_t count, const el4ml_edge *edges,
                              size_t edge_count, double kappa)
{
    landscape made;
    ck_assert_int_eq(el4ml_network_new(nodes, count, edges, edge_count, kappa, &made.network, NULL),
                     EL4ML_OK);
    ck_assert_int_eq(el4ml_merge_tree_new(made.network, &made.tree, NULL), EL4ML_OK);
    return made;
}

static void landscape_free(landscape *l)
{
    el4ml_merge_tree_free(l->tree);
    el4ml_network_free(l->network);
}

static el4ml_thermo *thermo_of(const landscape *l, const double *temperatures, size_t count)
{
    el4ml_thermo *thermo = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_thermo_new(l->network, l->tree, temperatures, count, &thermo, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return thermo;
}

static el4ml_thermo_point point_at(const landscape *l, double temperature)
{
    el4ml_thermo *thermo = thermo_of(l, &temperature, 1);
    ck_assert_uint_eq(thermo->count, 1);
    const el4ml_thermo_point point = thermo->points[0];
    el4ml_thermo_free(thermo);
    return point;
}

static void near(double a, double b, double tolerance)
{
    ck_assert_msg(fabs(a - b) <= tolerance, "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

/* The ten lowest minima of LJ15 (energy, point-group order, ln product) and pele's heat capacities of them.
 */
static const double lj15[10][3] = {
    {-52.3226272618394, 4, 185.712129805093}, {-51.4180372253411, 2, 183.673771049293},
    {-51.3726460841811, 2, 183.674626748556}, {-51.3673861094873, 12, 183.655309701507},
    {-51.365893867554, 4, 183.675227912466},  {-50.8747645327775, 4, 185.543220670541},
    {-50.771975687316, 4, 185.804043561142},  {-50.5336313706156, 2, 178.373890098539},
    {-50.5240475063941, 2, 179.636388658497}, {-50.4192101403969, 2, 182.604895429025}};

static landscape make_lj15(void)
{
    el4ml_node nodes[10];
    for (size_t i = 0; i < 10; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i + 1,
                                .energy = lj15[i][0],
                                .log_product = lj15[i][2],
                                .log_multiplicity = log(2) + lgamma(16) - log(lj15[i][1])}; /* n = 2 N!/o */
    return landscape_of(nodes, 10, NULL, 0, 39);
}

START_TEST(lj15_equals_pele)
{
    landscape l = make_lj15();
    el4ml_thermo_point point = point_at(&l, 0.1);
    near(point.heat_capacity, 39.1151649, 6e-8);
    near(point.c_plus, 0.11501219, 6e-9);
    near(point.c_minus, 0.00015271, 6e-9);
    point = point_at(&l, 1);
    near(point.heat_capacity, 39.20781194, 6e-9);
    near(point.c_plus, 0.04461549, 6e-9);
    near(point.c_minus, 0.16319645, 6e-9);
    ck_assert(isnan(point.frustration)); /* no path to the global minimum is known */
    landscape_free(&l);
}
END_TEST

/* Everything from the definitions, in long double, without the ln kappa T part that is common to all. */
typedef struct brute {
    long double p[HELP_MOST], mean, plus, minus, entropy, frustration, normalised, unconnected;
} brute;

static void brute_force(const help_graph *graph, const double *minimax, size_t g, long double temperature,
                        brute *b)
{
    const size_t n = graph->nodes;
    long double z[HELP_MOST], largest = -INFINITY, sum = 0;
    *b = (brute){0};
    for (size_t i = 0; i < n; i++) {
        z[i] = (long double)graph->node[i].log_multiplicity -
               (long double)graph->node[i].energy / temperature - (long double)graph->node[i].log_product / 2;
        if (!graph->node[i].flagged && z[i] > largest) largest = z[i];
    }
    for (size_t i = 0; i < n; i++)
        sum += b->p[i] = graph->node[i].flagged ? 0 : expl(z[i] - largest);
    for (size_t i = 0; i < n; i++) {
        b->p[i] /= sum;
        b->mean += b->p[i] * graph->node[i].energy;
    }
    long double others = 0;
    for (size_t i = 0; i < n; i++) {
        const long double gi = b->p[i] * (graph->node[i].energy - b->mean) / (temperature * temperature);
        *(gi > 0 ? &b->plus : &b->minus) += gi * (graph->node[i].energy - b->mean);
        if (b->p[i] > 0) b->entropy -= b->p[i] * logl(b->p[i]);
        if (i == g || graph->node[i].flagged) continue;
        if (isinf(minimax[i * n + g])) {
            b->unconnected += b->p[i];
            continue;
        }
        const long double rise = (long double)graph->node[i].energy - graph->node[g].energy;
        b->frustration += b->p[i] * (minimax[i * n + g] - (long double)graph->node[g].energy) / rise;
        others += b->p[i];
    }
    b->normalised = b->frustration / others;
}

static size_t lowest_unflagged(const help_graph *graph)
{
    size_t g = EL4ML_NONE;
    for (size_t i = 0; i < graph->nodes; i++)
        if (!graph->node[i].flagged && (g == EL4ML_NONE || graph->node[i].energy < graph->node[g].energy))
            g = i;
    return g;
}

static void random_case(int k, help_graph *graph)
{
    const size_t nodes = (size_t)(2 + (k * 7) % 50);
    help_random_graph((uint64_t)k + 10, nodes, (size_t)(1 + k % 4) * nodes / 2, false, graph);
    for (size_t i = 0; i < nodes; i++)
        graph->node[i].flagged = k % 3 == 0 && i % 5 == 3;
}

START_TEST(random_networks_equal_brute_force)
{
    help_graph graph;
    random_case(_i, &graph);
    double minimax[HELP_MOST * HELP_MOST], temperatures[7] = {3, 1e-3, 0.01, 0.03, 0.1, 30, 1e6};
    help_minimax(&graph, minimax);
    const size_t g = lowest_unflagged(&graph);
    landscape l = landscape_of(graph.node, graph.nodes, graph.edge, graph.edges, 7);
    el4ml_thermo *thermo = thermo_of(&l, temperatures, 7);
    size_t flagged = 0, unconnected = 0, connected = 0;
    for (size_t i = 0; i < graph.nodes; i++) {
        const bool apart = isinf(minimax[i * graph.nodes + g]);
        flagged += graph.node[i].flagged;
        unconnected += !graph.node[i].flagged && apart;
        connected += !graph.node[i].flagged && !apart && i != g;
    }
    ck_assert_uint_eq(thermo->excluded, flagged);
    ck_assert_uint_eq(thermo->unconnected, unconnected);
    ck_assert_uint_eq(thermo->count, 7);
    for (size_t k = 0; k < 7; k++) {
        const el4ml_thermo_point *point = &thermo->points[k];
        if (k > 0) ck_assert(point->temperature > thermo->points[k - 1].temperature);
        brute b;
        brute_force(&graph, minimax, g, point->temperature, &b);
        const double t = point->temperature;
        near(point->energy, (double)b.mean + 7 * t, 1e-12 * (1 + 7 * t));
        near(point->c_plus, (double)b.plus, 1e-11 * (double)b.plus + 1e-15);
        near(point->c_minus, (double)b.minus, 1e-11 * (double)b.minus + 1e-15);
        near(point->heat_capacity, 7 + point->c_plus + point->c_minus, 1e-14);
        /* The plain sum loses ln p_g below the rounding of 1 in long double. */
        near(point->entropy, (double)b.entropy, 1e-12 * (double)b.entropy + 1e-17);
        near(point->unconnected, (double)b.unconnected, 1e-12);
        if (connected == 0) {
            ck_assert(isnan(point->frustration) && isnan(point->frustration_normalised));
            continue;
        }
        near(point->frustration, (double)b.frustration, 1e-11 * (double)b.frustration);
        near(point->frustration_normalised, (double)b.normalised, 1e-11 * (double)b.normalised);
    }
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

START_TEST(occupations_sum_to_one_and_change_as_they_say)
{
    help_graph graph;
    random_case(_i, &graph);
    landscape l = landscape_of(graph.node, graph.nodes, graph.edge, graph.edges, 7);
    double p[HELP_MOST], g[HELP_MOST], above[HELP_MOST], below[HELP_MOST];
    const double t = 0.02 * (1 + _i), step = 1e-5 * t;
    el4ml_occupation(l.network, t, p, g);
    el4ml_occupation(l.network, t + step, above, NULL);
    el4ml_occupation(l.network, t - step, below, NULL);
    double sum = 0, change = 0, plus = 0, scale = 0;
    for (size_t i = 0; i < graph.nodes; i++) {
        sum += p[i];
        change += g[i];
        scale = fmax(scale, fabs(g[i]));
        near(g[i], (above[i] - below[i]) / (2 * step), 1e-5 / t);
        if (graph.node[i].flagged) ck_assert(p[i] == 0 && g[i] == 0);
    }
    near(sum, 1, 1e-14);
    near(change, 0, 1e-13 * scale * (double)graph.nodes);
    const el4ml_thermo_point point = point_at(&l, t);
    for (size_t i = 0; i < graph.nodes; i++) /* C+ from its definition, the sum over gaining minima */
        if (g[i] > 0) plus += g[i] * (graph.node[i].energy - (point.energy - 7 * t));
    near(plus, point.c_plus, 1e-11 * point.c_plus + 1e-14);
    landscape_free(&l);
}
END_TEST

static const el4ml_node three_nodes[3] = {{.id = 1, .energy = 2, .log_product = 1},
                                          {.id = 2, .energy = 3, .log_product = 2},
                                          {.id = 3, .energy = 5, .log_product = -4}};
static const el4ml_edge three_edges[2] = {{.id = 1, .energy = 6, .a = 0, .b = 1},
                                          {.id = 2, .energy = 9, .a = 1, .b = 2}};

START_TEST(limits_of_temperature)
{
    landscape l = landscape_of(three_nodes, 3, three_edges, 2, 4);
    /* T = 1e-3: weights of e^-1000 underflow. F~ tends to the ratio of the second minimum, (6 - 2)/(3 - 2).
     */
    const double low[4] = {1e-3, 1e-10, 1e-200, 1e-300};
    for (size_t k = 0; k < 4; k++) {
        const el4ml_thermo_point point = point_at(&l, low[k]);
        near(point.energy, 2, 5 * low[k]);
        near(point.heat_capacity, 4, 0);
        near(point.entropy, 0, 0);
        near(point.frustration, 0, 0);
        near(point.frustration_normalised, 4, 1e-12);
    }
    /* T -> infinity: p is proportional to exp(-L/2), and C_V to kappa. */
    const double weight[3] = {exp(-0.5), exp(-1), exp(2)}, sum = weight[0] + weight[1] + weight[2];
    double p[3];
    el4ml_occupation(l.network, 1e300, p, NULL);
    for (size_t i = 0; i < 3; i++)
        near(p[i], weight[i] / sum, 1e-15);
    const el4ml_thermo_point point = point_at(&l, 1e300);
    near(point.heat_capacity, 4, 0);
    near(point.frustration, (4 * weight[1] + 7.0 / 3 * weight[2]) / sum, 1e-14);
    landscape_free(&l);
}
END_TEST

/* Between: T where p of the second minimum is 1e-30, far below the rounding of 1. Everything keeps its
 * digits. */
START_TEST(small_occupations_keep_their_digits)
{
    landscape l = landscape_of(three_nodes, 3, three_edges, 2, 4);
    const double t = 1.0 / 69; /* e^-69.5 = 6e-31 */
    const double p = exp(-69 - 0.5);
    const el4ml_thermo_point point = point_at(&l, t);
    near(point.entropy, p * (1 + 69.5), 1e-13 * p);
    near(point.c_plus, p * 69 * 69, 1e-11 * p * 69 * 69);
    near(point.frustration, 4 * p, 1e-13 * p);
    landscape_free(&l);
}
END_TEST

START_TEST(minima_as_low_as_the_global_one_join_it)
{
    el4ml_node nodes[4] = {{.id = 1, .energy = 2},
                           {.id = 2, .energy = 2 + 1e-10},
                           {.id = 3, .energy = 3},
                           {.id = 4, .energy = 4}};
    const el4ml_edge edges[2] = {{.id = 1, .energy = 9, .a = 0, .b = 1},
                                 {.id = 2, .energy = 5, .a = 1, .b = 2}};
    landscape l = landscape_of(nodes, 4, edges, 2, 1);
    const el4ml_thermo_point point = point_at(&l, 1);
    /* The third minimum reaches the second over 5, and the second counts as the global one; the fourth has no
     * path. */
    double p[4];
    el4ml_occupation(l.network, 1, p, NULL);
    near(point.frustration, 3 * p[2], 1e-12);
    near(point.frustration_normalised, 3, 1e-12);
    near(point.unconnected, p[3], 1e-15);
    landscape_free(&l);
}
END_TEST

START_TEST(nothing_counted)
{
    const el4ml_node flagged = {.id = 1, .energy = 0, .log_product = NAN, .flagged = true};
    landscape l = landscape_of(&flagged, 1, NULL, 0, 1);
    const double t = 1;
    el4ml_thermo *thermo = thermo_of(&l, &t, 1);
    ck_assert_uint_eq(thermo->count, 0);
    ck_assert_uint_eq(thermo->excluded, 1);
    el4ml_peaks *peaks = NULL;
    ck_assert_int_eq(el4ml_peaks_new(l.network, thermo, NULL, &peaks, NULL), EL4ML_OK);
    ck_assert_uint_eq(peaks->count, 0);
    el4ml_peaks_free(peaks);
    double p[1] = {7};
    el4ml_occupation(l.network, 1, p, NULL);
    ck_assert(p[0] == 0);
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

START_TEST(bad_temperatures_are_refused)
{
    landscape l = landscape_of(three_nodes, 3, three_edges, 2, 4);
    const double bad[5] = {0, -1, NAN, INFINITY, 1e-320};
    el4ml_thermo *thermo = NULL;
    for (size_t k = 0; k < 5; k++)
        ck_assert_int_eq(el4ml_thermo_new(l.network, l.tree, &bad[k], 1, &thermo, NULL),
                         EL4ML_INVALID_ARGUMENT);
    const double good = 1;
    for (size_t after = 0;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_thermo_new(l.network, l.tree, &good, 1, &thermo, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) {
            ck_assert_uint_ge(after, 6);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

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
    landscape l = landscape_of(three_nodes, 1, NULL, 0, 4);
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

/* dU/dT = C_V and dC_V/dT = slope by differences; bounds of the entropy; C_V from its parts. */
START_TEST(derivatives_and_bounds)
{
    help_graph graph;
    random_case(_i, &graph);
    landscape l = landscape_of(graph.node, graph.nodes, graph.edge, graph.edges, 7);
    size_t counted = 0;
    for (size_t i = 0; i < graph.nodes; i++)
        counted += !graph.node[i].flagged;
    for (double t = 0.03; t < 5; t *= 1.7) {
        const double h = 1e-4 * t, temperatures[3] = {t - h, t, t + h};
        el4ml_thermo *thermo = thermo_of(&l, temperatures, 3);
        const el4ml_thermo_point *p = thermo->points;
        const double excess = p[1].c_plus + p[1].c_minus;
        near((p[2].energy - p[0].energy) / (2 * h), p[1].heat_capacity, 1e-6 * p[1].heat_capacity);
        near((p[2].rise - p[0].rise) / (2 * h), excess, 1e-6 * excess + 1e-10);
        near((p[2].heat_capacity - p[0].heat_capacity) / (2 * h), p[1].slope,
             1e-5 * (fabs(p[1].slope) + excess / t) + 1e-9 / t);
        for (size_t k = 0; k < 3; k++) {
            ck_assert(p[k].entropy >= 0 && p[k].entropy <= log((double)counted) * (1 + 1e-14));
            ck_assert(p[k].c_plus >= 0 && p[k].c_minus >= 0);
            ck_assert(p[k].rise >= 0 && p[k].rise <= 1);
        }
        /* dS/dT of the whole ensemble is C_V/T: what the populations add is (C_V - kappa)/T. */
        double mixed[2] = {0, 0}, occupation[HELP_MOST];
        for (int side = 0; side < 2; side++) {
            el4ml_occupation(l.network, temperatures[2 * side], occupation, NULL);
            for (size_t i = 0; i < graph.nodes; i++)
                if (!graph.node[i].flagged)
                    mixed[side] +=
                        occupation[i] * (graph.node[i].log_multiplicity - graph.node[i].log_product / 2);
        }
        near((p[2].entropy + mixed[1] - p[0].entropy - mixed[0]) / (2 * h), excess / t,
             1e-6 * excess / t + 1e-8 / t);
        el4ml_thermo_free(thermo);
    }
    landscape_free(&l);
}
END_TEST

/* Many blocks of minima, with flagged ones among them, by every instruction set. */
START_TEST(every_kernel_set_equals_long_double)
{
    enum { MANY = 3001 };
    const double t = 0.02 * pow(10, _i);
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, MANY);
    el4ml_random random = el4ml_random_new(5, 5, 5);
    for (size_t i = 0; i < MANY; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i,
                                .energy = el4ml_random_uniform(&random) - 7,
                                .log_product = 5 * el4ml_random_normal(&random),
                                .log_multiplicity = el4ml_random_uniform(&random),
                                .flagged = el4ml_random_below(&random, 10) == 0};
    landscape l = landscape_of(nodes, MANY, NULL, 0, 3);
    long double z[MANY], largest = -INFINITY, sum = 0, mean = 0, plus = 0, minus = 0, third = 0, entropy = 0;
    for (size_t i = 0; i < MANY; i++) {
        z[i] = (long double)nodes[i].log_multiplicity - (long double)nodes[i].log_product / 2 -
               (long double)nodes[i].energy / (long double)t;
        if (!nodes[i].flagged && z[i] > largest) largest = z[i];
    }
    for (size_t i = 0; i < MANY; i++)
        sum += z[i] = nodes[i].flagged ? 0 : expl(z[i] - largest);
    for (size_t i = 0; i < MANY; i++)
        mean += z[i] / sum * (long double)nodes[i].energy;
    for (size_t i = 0; i < MANY; i++) {
        const long double p = z[i] / sum, d = ((long double)nodes[i].energy - mean) / (long double)t;
        *(d > 0 ? &plus : &minus) += p * d * d;
        third += p * d * d * d;
        if (p > 0) entropy -= p * logl(p);
    }
    for (int set = 0; set <= (int)el4ml_best_kernel_set(); set++) {
        el4ml_ensemble e;
        ck_assert(el4ml_ensemble_init(&e, l.network));
        e.kernels = &el4ml_superposition_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
        if (set == EL4ML_AVX2) e.kernels = &el4ml_superposition_kernels_avx2;
        if (set == EL4ML_AVX512) e.kernels = &el4ml_superposition_kernels_avx512;
#endif
        el4ml_canonical s;
        el4ml_canonical_at(&e, &t, 1, &s);
        near(e.lowest + s.mean, (double)mean, 1e-13);
        near(s.plus, (double)plus, 1e-12 * (double)plus);
        near(s.minus, (double)minus, 1e-12 * (double)minus);
        near(s.third, (double)third, 1e-12 * (double)(plus + minus + fabsl(third)));
        near(log1p(s.rest) + s.log_part, (double)entropy, 1e-12 * (double)entropy);
    }
    landscape_free(&l);
    el4ml_release(nodes);
}
END_TEST

START_TEST(temperatures_are_geometric)
{
    double t[5];
    el4ml_log_temperatures(1e-4, 1, 5, t);
    for (size_t k = 0; k < 5; k++)
        near(t[k], pow(10, (double)k - 4), 1e-14);
    ck_assert(t[0] == 1e-4 && t[4] == 1);
    el4ml_log_temperatures(0.5, 2, 1, t);
    ck_assert(t[0] == 0.5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thermo");
    TCase *tests = tcase_create("thermo");
    tcase_add_test(tests, lj15_equals_pele);
    tcase_add_loop_test(tests, random_networks_equal_brute_force, 0, 100);
    tcase_add_loop_test(tests, occupations_sum_to_one_and_change_as_they_say, 0, 60);
    tcase_add_test(tests, limits_of_temperature);
    tcase_add_test(tests, small_occupations_keep_their_digits);
    tcase_add_test(tests, minima_as_low_as_the_global_one_join_it);
    tcase_add_test(tests, nothing_counted);
    tcase_add_test(tests, bad_temperatures_are_refused);
    tcase_add_loop_test(tests, schottky_peak_is_where_theory_says, -2, 8);
    tcase_add_loop_test(tests, peak_between_grid_points_is_found, 0, 7);
    tcase_add_loop_test(tests, peaks_equal_a_dense_scan, 0, 20);
    tcase_add_loop_test(tests, small_bumps_are_found, 0, 4);
    tcase_add_loop_test(tests, minima_behind_a_peak_are_the_fewest, 0, 30);
    tcase_add_test(tests, peaks_come_highest_first);
    tcase_add_test(tests, peaks_refuse_and_run_out_of_memory);
    tcase_add_loop_test(tests, derivatives_and_bounds, 0, 30);
    tcase_add_loop_test(tests, every_kernel_set_equals_long_double, 0, 3);
    tcase_add_test(tests, one_minimum_has_no_peak);
    tcase_add_test(tests, temperatures_are_geometric);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
