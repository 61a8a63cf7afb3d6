#include <check.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "thermo/superposition.h"
#include "thermo_help.h"

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
    tcase_add_loop_test(tests, derivatives_and_bounds, 0, 30);
    tcase_add_loop_test(tests, every_kernel_set_equals_long_double, 0, 3);
    tcase_add_test(tests, temperatures_are_geometric);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
