/* Thermodynamics where minima are on bounds (docs/bounds.md): against the definitions in long double and
 * their derivatives by differences, and the weights against the integrals they stand for. */
#include "base/memory.h"
#include "el4ml/microcanonical.h"
#include "engine_help.h"
#include "thermo_help.h"

static const long double two_pi = 6.283185307179586476925286766559L;

static void bounded_case(int k, help_graph *graph)
{
    random_case(k, graph);
    el4ml_random random = el4ml_random_new(51, 1, (uint64_t)k);
    for (size_t i = 0; i < graph->nodes; i++) {
        graph->node[i].active = (size_t)el4ml_random_below(&random, 4);
        if (graph->node[i].active > 0)
            graph->node[i].log_multipliers = 3 * el4ml_random_uniform(&random) - 1.5;
    }
}

/* ln Z_a without kappa ln T. */
static long double log_z(const el4ml_node *node, long double temperature)
{
    const long double m = (long double)node->active;
    return (long double)node->log_multiplicity - (long double)node->log_product / 2 +
           m / 2 * logl(temperature / two_pi) - (long double)node->log_multipliers -
           (long double)node->energy / temperature;
}

typedef struct state {
    long double log_z, energy, heat_capacity, entropy, p[HELP_MOST];
} state;

/* ln Z and p from the definition; U and C_V from sums over U_a = V_a + (m_a/2) T, all without kappa. */
static void state_at(const help_graph *graph, long double temperature, state *s)
{
    long double largest = -INFINITY, sum = 0, mean = 0, square = 0, extra = 0;
    for (size_t i = 0; i < graph->nodes; i++)
        if (!graph->node[i].flagged) largest = fmaxl(largest, log_z(&graph->node[i], temperature));
    for (size_t i = 0; i < graph->nodes; i++) {
        const el4ml_node *node = &graph->node[i];
        sum += s->p[i] = node->flagged ? 0 : expl(log_z(node, temperature) - largest);
    }
    s->log_z = largest + logl(sum);
    s->entropy = 0;
    for (size_t i = 0; i < graph->nodes; i++) {
        const long double m = (long double)graph->node[i].active;
        s->p[i] /= sum;
        mean += s->p[i] * ((long double)graph->node[i].energy + m / 2 * temperature);
        extra += s->p[i] * m / 2;
        if (s->p[i] > 0) s->entropy -= s->p[i] * logl(s->p[i]);
    }
    for (size_t i = 0; i < graph->nodes; i++) {
        const long double m = (long double)graph->node[i].active;
        const long double d = (long double)graph->node[i].energy + m / 2 * temperature - mean;
        square += s->p[i] * d * d;
    }
    s->energy = mean;
    s->heat_capacity = extra + square / (temperature * temperature);
}

START_TEST(the_definitions_agree_with_their_derivatives)
{
    help_graph graph;
    bounded_case(_i, &graph);
    for (int k = 0; k < 6; k++) { /* U = T^2 d ln Z/dT, C = dU/dT: the formulas themselves */
        const long double t = 0.05L * powl(3, k), h = 1e-4L * t;
        state low, at, high;
        state_at(&graph, t - h, &low);
        state_at(&graph, t, &at);
        state_at(&graph, t + h, &high);
        near((double)(t * t * (high.log_z - low.log_z) / (2 * h)), (double)at.energy,
             1e-6 * (1 + fabs((double)at.energy)));
        near((double)((high.energy - low.energy) / (2 * h)), (double)at.heat_capacity,
             1e-6 * (1 + (double)at.heat_capacity));
    }
}
END_TEST

START_TEST(sums_equal_the_definitions)
{
    help_graph graph;
    bounded_case(_i, &graph);
    const double kappa = 5;
    landscape l = landscape_of(graph.node, graph.nodes, graph.edge, graph.edges, kappa);
    double p[HELP_MOST], g[HELP_MOST];
    for (int k = 0; k < 8; k++) {
        const double t = 0.02 * pow(3, k);
        state at, low, high;
        state_at(&graph, t, &at);
        const el4ml_thermo_point point = point_at(&l, t);
        near(point.energy, (double)at.energy + kappa * t, 1e-12 * (1 + fabs(point.energy)));
        near(point.heat_capacity, kappa + (double)at.heat_capacity,
             1e-11 * (kappa + (double)at.heat_capacity));
        near(point.heat_capacity, kappa + point.bounds + point.c_plus + point.c_minus,
             1e-12 * point.heat_capacity);
        near(point.entropy, (double)at.entropy, 1e-12 * (1 + (double)at.entropy));
        el4ml_occupation(l.network, t, p, g);
        double plus = 0, minus = 0, u = 0;
        state_at(&graph, (long double)t * (1 - 1e-5L), &low);
        state_at(&graph, (long double)t * (1 + 1e-5L), &high);
        for (size_t i = 0; i < graph.nodes; i++)
            u += p[i] * (graph.node[i].energy + (double)graph.node[i].active / 2 * t);
        for (size_t i = 0; i < graph.nodes; i++) {
            const double own = graph.node[i].energy + (double)graph.node[i].active / 2 * t;
            near(p[i], (double)at.p[i], 1e-12);
            near(g[i], (double)((high.p[i] - low.p[i]) / (2e-5L * (long double)t)), 1e-7 / t);
            *(g[i] > 0 ? &plus : &minus) += g[i] * (own - u);
        }
        near(plus, point.c_plus, 1e-10 * (1 + point.c_plus));
        near(minus, point.c_minus, 1e-10 * (1 + point.c_minus));
        near(point.slope, (double)((high.heat_capacity - low.heat_capacity) / (2e-5L * (long double)t)),
             1e-6 * (1 + fabs(point.slope)));
    }
    landscape_free(&l);
}
END_TEST

/* Two minima, the upper one on two bounds: its peak lies where the slope of the definition vanishes. */
START_TEST(peaks_are_found)
{
    const el4ml_node nodes[2] = {
        {.id = 1, .energy = 0, .log_product = 6},
        {.id = 2, .energy = 1, .log_product = -4, .active = 2, .log_multipliers = -1}};
    const el4ml_edge edge = {.id = 1, .energy = 2, .a = 0, .b = 1};
    landscape l = landscape_of(nodes, 2, &edge, 1, 3);
    double temperatures[60];
    el4ml_log_temperatures(1e-2, 10, 60, temperatures);
    el4ml_thermo *thermo = thermo_of(&l, temperatures, 60);
    el4ml_peaks *peaks = NULL;
    ck_assert_int_eq(el4ml_peaks_new(l.network, thermo, NULL, &peaks, NULL), EL4ML_OK);
    ck_assert_uint_eq(peaks->count, 1);
    const double t = peaks->peaks[0].temperature;
    help_graph graph = {.nodes = 2, .node = {nodes[0], nodes[1]}};
    state low, at, high;
    state_at(&graph, (long double)t * (1 - 1e-4L), &low);
    state_at(&graph, t, &at);
    state_at(&graph, (long double)t * (1 + 1e-4L), &high);
    ck_assert(at.heat_capacity > low.heat_capacity && at.heat_capacity > high.heat_capacity);
    near(peaks->peaks[0].heat_capacity, 3 + (double)at.heat_capacity, 1e-10);
    ck_assert(peaks->peaks[0].gaining_count == 1 && peaks->peaks[0].gaining[0].node == 1);
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
    landscape_free(&l);
}
END_TEST

/* Omega and its integral term by term, each minimum with its own exponent. */
START_TEST(fixed_energy_equals_brute_force)
{
    help_graph graph;
    bounded_case(_i, &graph);
    const double kappa = 1 + _i % 9;
    const el4ml_density density = _i % 2 ? EL4ML_DENSITY_POTENTIAL : EL4ML_DENSITY_TOTAL;
    const long double common = (long double)kappa / (density == EL4ML_DENSITY_TOTAL ? 1 : 2);
    landscape l = landscape_of(graph.node, graph.nodes, graph.edge, graph.edges, kappa);
    const double energies[5] = {-0.5, 0.31, 0.77, 2.5, 40};
    el4ml_microcanonical *m = NULL;
    ck_assert_int_eq(el4ml_microcanonical_new(l.network, density, energies, 5, &m, NULL), EL4ML_OK);
    for (size_t k = 0; k < 5; k++) {
        long double omega = 0, volume = 0, first = 0, second = 0;
        for (size_t i = 0; i < graph.nodes; i++) {
            const el4ml_node *node = &graph.node[i];
            const long double gap = (long double)m->points[k].energy - (long double)node->energy;
            const long double d = common + (long double)node->active / 2;
            if (node->flagged || gap <= 0) continue;
            const long double w =
                expl((long double)node->log_multiplicity - (long double)node->log_product / 2 -
                     (long double)node->log_multipliers) *
                powl(two_pi, common - (long double)node->active / 2) / tgammal(d);
            omega += w * powl(gap, d - 1);
            volume += w * powl(gap, d) / d;
            first += w * (d - 1) * powl(gap, d - 2);
            second += w * (d - 1) * (d - 2) * powl(gap, d - 3);
        }
        const el4ml_microcanonical_point *p = &m->points[k];
        if (omega == 0) {
            ck_assert(isinf(p->log_density));
            continue;
        }
        const long double beta = first / omega, bend = second / omega - beta * beta;
        near(p->log_density, (double)logl(omega), 1e-12 * (1 + fabs(p->log_density)));
        near(p->log_volume, (double)logl(volume), 1e-12 * (1 + fabs(p->log_volume)));
        near(1 / p->temperature, (double)beta, 1e-11 * (double)fabsl(beta));
        near(p->curvature, (double)bend, 1e-10 * (double)(fabsl(second / omega) + beta * beta));
        near(p->volume_temperature, (double)(volume / omega), 1e-12 * p->volume_temperature);
    }
    el4ml_microcanonical_free(m);
    landscape_free(&l);
}
END_TEST

/* kappa = 3, one coordinate on a bound: the integral of exp(-V/T) over two whole lines and a half line. */
START_TEST(weights_are_integrals)
{
    const double lambda[2] = {2.5, 0.7}, mu = 1.9, t = 0.37, pi = 3.14159265358979323846;
    const el4ml_node node = {.log_product = log(lambda[0] * lambda[1]),
                             .log_multiplicity = log(6),
                             .active = 1,
                             .log_multipliers = log(mu)};
    const el4ml_edge edge = {.log_product = node.log_product,
                             .log_multiplicity = node.log_multiplicity,
                             .active = 1,
                             .log_multipliers = node.log_multipliers};
    const double integral = 6 * sqrt(2 * pi * t / lambda[0]) * sqrt(2 * pi * t / lambda[1]) * t / mu;
    near(el4ml_node_log_weight(&node, t) + 1.5 * log(2 * pi * t), log(integral), 1e-14);
    near(el4ml_edge_log_weight(&edge, t), el4ml_node_log_weight(&node, t), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thermodynamics on bounds");
    TCase *cases = tcase_create("all");
    tcase_add_loop_test(cases, the_definitions_agree_with_their_derivatives, 0, 20);
    tcase_add_loop_test(cases, sums_equal_the_definitions, 0, 40);
    tcase_add_loop_test(cases, fixed_energy_equals_brute_force, 0, 40);
    tcase_add_test(cases, peaks_are_found);
    tcase_add_test(cases, weights_are_integrals);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
