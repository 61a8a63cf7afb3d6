#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "el4ml/microcanonical.h"
#include "el4ml/thermo.h"
#include "network_help.h"
#include "thermo/superposition.h"

static const double pi = 3.14159265358979323846;

static void near(double a, double b, double tolerance)
{
    ck_assert_msg(fabs(a - b) <= tolerance, "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

static el4ml_network *network_of(const el4ml_node *nodes, size_t count, double kappa)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, count, NULL, 0, kappa, &network, NULL), EL4ML_OK);
    return network;
}

static el4ml_microcanonical *ensemble_of(const el4ml_network *network, el4ml_density density,
                                         const double *energies, size_t count)
{
    el4ml_microcanonical *m = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_microcanonical_new(network, density, energies, count, &m, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return m;
}

/* The formulas of the header, term by term in long double. */
typedef struct brute {
    long double density, volume, slope, bend; /* Omega, its integral, first and second derivative */
} brute;

static brute brute_force(const el4ml_network *network, el4ml_density density, long double energy)
{
    const long double d = (long double)network->kappa / (density == EL4ML_DENSITY_TOTAL ? 1 : 2);
    brute b = {0, 0, 0, 0};
    for (size_t i = 0; i < network->node_count; i++) {
        const el4ml_node *node = &network->nodes[i];
        const long double gap = energy - (long double)node->energy;
        if (node->flagged || gap <= 0) continue;
        const long double weight =
            expl((long double)node->log_multiplicity - (long double)node->log_product / 2) *
            powl(2 * 3.14159265358979323846264338327950288L, d);
        b.density += weight * powl(gap, d - 1) / tgammal(d);
        b.volume += weight * powl(gap, d) / tgammal(d + 1);
        b.slope += weight * powl(gap, d - 2) * (d - 1) / tgammal(d);
        b.bend += weight * powl(gap, d - 3) * (d - 1) * (d - 2) / tgammal(d);
    }
    return b;
}

/* kappa from 1 to 12, both densities, flagged minima, energies below and above some and all minima. */
START_TEST(random_networks_equal_brute_force)
{
    help_graph graph;
    const double kappa = 1 + _i % 12;
    help_random_graph((uint64_t)_i + 70, (size_t)(1 + (_i * 5) % 40), 0, false, &graph);
    for (size_t i = 0; i < graph.nodes; i++)
        graph.node[i].flagged = i > 0 && _i % 3 == 0 && i % 4 == 1;
    el4ml_network *network = network_of(graph.node, graph.nodes, kappa);
    const el4ml_density density = _i % 2 ? EL4ML_DENSITY_POTENTIAL : EL4ML_DENSITY_TOTAL;
    const double energies[6] = {1.03, -0.5, 0.31, 0.77, 2.5, 40};
    el4ml_microcanonical *m = ensemble_of(network, density, energies, 6);
    ck_assert_uint_eq(m->count, 6);
    for (size_t k = 0; k < 6; k++) {
        const el4ml_microcanonical_point *p = &m->points[k];
        if (k > 0) ck_assert(p->energy > m->points[k - 1].energy);
        const brute b = brute_force(network, density, p->energy);
        if (b.density == 0) {
            ck_assert(isinf(p->log_density) && isinf(p->log_volume) && isnan(p->temperature));
            continue;
        }
        const long double beta = b.slope / b.density, bend = b.bend / b.density - beta * beta;
        near(p->log_density, (double)logl(b.density), 1e-12 * (1 + fabs(p->log_density)));
        near(p->log_volume, (double)logl(b.volume), 1e-12 * (1 + fabs(p->log_volume)));
        near(p->volume_temperature, (double)(b.volume / b.density), 1e-12 * p->volume_temperature);
        /* The energies' rounding counts where one minimum lies just below. */
        const double size = (double)(fabsl(b.bend / b.density) + beta * beta);
        near(1 / p->temperature, (double)beta, 1e-11 * (double)fabsl(beta));
        near(p->curvature, (double)bend, 1e-10 * size);
        if (fabsl(bend) > 1e-6L * (long double)size)
            near(p->heat_capacity, (double)(-beta * beta / bend), 1e-4 * fabs(p->heat_capacity));
    }
    el4ml_microcanonical_free(m);
    el4ml_network_free(network);
}
END_TEST

/* One minimum: T = (E - V)/(D - 1), C = D - 1, and equipartition in the volume temperature. */
START_TEST(one_minimum_is_exact)
{
    const el4ml_node node = {.id = 1, .energy = -4, .log_product = 3, .log_multiplicity = 2};
    el4ml_network *network = network_of(&node, 1, 10);
    const double energy = -1;
    el4ml_microcanonical *m = ensemble_of(network, EL4ML_DENSITY_TOTAL, &energy, 1);
    near(m->points[0].temperature, 3.0 / 9, 1e-15);
    near(m->points[0].heat_capacity, 9, 1e-13);
    near(m->points[0].volume_temperature, 0.3, 1e-15);
    near(m->points[0].log_density, 2 - 1.5 + 10 * log(2 * pi) + 9 * log(3) - log(362880), 1e-13);
    ck_assert(m->exponent == 10 && m->bend_count == 0);
    el4ml_microcanonical_free(m);
    m = ensemble_of(network, EL4ML_DENSITY_POTENTIAL, &energy, 1);
    near(m->points[0].log_density, 2 - 1.5 + 5 * log(2 * pi) + 4 * log(3) - log(24), 1e-13);
    ck_assert(m->exponent == 5);
    el4ml_microcanonical_free(m);
    el4ml_network_free(network);
}
END_TEST

/* Simpson's rule on f(u) at steps of h from 0; count even. */
static double simpson(size_t count, double h, const double *f)
{
    double sum = f[0] + f[count];
    for (size_t k = 1; k < count; k++)
        sum += (k % 2 ? 4 : 2) * f[k];
    return sum * h / 3;
}

/* The integral of Omega e^(-E/T) is the partition function, and its mean energy the canonical one. */
START_TEST(laplace_transform_is_the_partition_function)
{
    enum { STEPS = 20000 };
    static double energies[STEPS + 1], f[STEPS + 1], first[STEPS + 1];
    help_graph graph;
    help_random_graph((uint64_t)_i + 20, 9, 0, false, &graph);
    const double kappa = 8, t = 0.1 + 0.1 * _i; /* D >= 4: smooth enough for Simpson's rule */
    el4ml_network *network = network_of(graph.node, graph.nodes, kappa);
    for (int k = 0; k < 2; k++) {
        const el4ml_density density = k ? EL4ML_DENSITY_POTENTIAL : EL4ML_DENSITY_TOTAL;
        const double d = k ? kappa / 2 : kappa, h = (2 + 80 * t) / STEPS;
        for (size_t i = 0; i <= STEPS; i++)
            energies[i] = h * (double)i;
        el4ml_microcanonical *m = ensemble_of(network, density, energies, STEPS + 1);
        for (size_t i = 0; i <= STEPS; i++) {
            f[i] = exp(m->points[i].log_density - m->points[i].energy / t);
            first[i] = f[i] * m->points[i].energy;
        }
        double z = 0, mean = 0;
        for (size_t i = 0; i < graph.nodes; i++) {
            const el4ml_node *n = &graph.node[i];
            const double za =
                exp(n->log_multiplicity - n->log_product / 2 - n->energy / t) * pow(2 * pi * t, d);
            z += za;
            mean += za * (n->energy + d * t);
        }
        near(simpson(STEPS, h, f), z, 1e-8 * z);
        near(simpson(STEPS, h, first) / z, mean / z, 1e-8 * mean / z);
        el4ml_microcanonical_free(m);
    }
    el4ml_network_free(network);
}
END_TEST

/* The total density is the potential one folded with the kinetic one, (2 pi)^(kappa/2) K^(kappa/2 - 1) /
 * Gamma(kappa/2). */
START_TEST(total_density_is_potential_folded_with_kinetic)
{
    enum { STEPS = 4000 };
    static double energies[STEPS + 1], f[STEPS + 1];
    help_graph graph;
    help_random_graph(4, 7, 0, false, &graph);
    const double kappa = 10, top = 1.7, h = top / STEPS;
    el4ml_network *network = network_of(graph.node, graph.nodes, kappa);
    for (size_t i = 0; i <= STEPS; i++)
        energies[i] = h * (double)i;
    el4ml_microcanonical *potential = ensemble_of(network, EL4ML_DENSITY_POTENTIAL, energies, STEPS + 1),
                         *total = ensemble_of(network, EL4ML_DENSITY_TOTAL, &top, 1);
    for (size_t i = 0; i <= STEPS; i++)
        f[i] = exp(potential->points[i].log_density) * pow(2 * pi, 5) * pow(top - energies[i], 4) / 24;
    near(log(simpson(STEPS, h, f)), total->points[0].log_density, 1e-9);
    el4ml_microcanonical_free(potential);
    el4ml_microcanonical_free(total);
    el4ml_network_free(network);
}
END_TEST

START_TEST(derivatives_agree_with_differences)
{
    help_graph graph;
    help_random_graph((uint64_t)_i + 1, 20, 0, false, &graph);
    el4ml_network *network = network_of(graph.node, graph.nodes, 9 + _i);
    for (double energy = 1.2; energy < 10; energy *= 1.5) {
        const double h = 1e-4 * energy, energies[3] = {energy - h, energy, energy + h};
        el4ml_microcanonical *m = ensemble_of(network, EL4ML_DENSITY_TOTAL, energies, 3);
        const el4ml_microcanonical_point *p = m->points;
        near((p[2].log_density - p[0].log_density) / (2 * h), 1 / p[1].temperature, 1e-6 / p[1].temperature);
        near((p[2].log_volume - p[0].log_volume) / (2 * h), 1 / p[1].volume_temperature,
             1e-6 / p[1].volume_temperature);
        near((p[2].temperature - p[0].temperature) / (2 * h), 1 / p[1].heat_capacity,
             1e-5 / fabs(p[1].heat_capacity));
        near((1 / p[2].temperature - 1 / p[0].temperature) / (2 * h), p[1].curvature,
             1e-5 * fabs(p[1].curvature));
        el4ml_microcanonical_free(m);
    }
    el4ml_network_free(network);
}
END_TEST

static el4ml_microcanonical *dense(const el4ml_network *network, double from, double to, size_t count)
{
    double *energies = EL4ML_NEW(double, count);
    for (size_t k = 0; k < count; k++)
        energies[k] = from + (to - from) * (double)k / (double)(count - 1);
    el4ml_microcanonical *m = ensemble_of(network, EL4ML_DENSITY_TOTAL, energies, count);
    el4ml_release(energies);
    return m;
}

static double beta_at(const el4ml_network *network, double energy)
{
    el4ml_microcanonical *m = ensemble_of(network, EL4ML_DENSITY_TOTAL, &energy, 1);
    const double beta = 1 / m->points[0].temperature;
    el4ml_microcanonical_free(m);
    return beta;
}

/* Two forms, one low and narrow, one high and wide: the caloric curve bends back between them. */
START_TEST(s_bend_is_where_temperature_falls)
{
    enum { STEPS = 20001 };
    const double kappa = 30, entropy = 15 + 5 * _i;
    const el4ml_node nodes[2] = {{.id = 1, .energy = 2},
                                 {.id = 2, .energy = 12, .log_multiplicity = entropy}};
    el4ml_network *network = network_of(nodes, 2, kappa);
    el4ml_microcanonical *m = dense(network, 2.1, 100, 200), *fine = dense(network, 2.1, 100, STEPS);
    ck_assert_uint_eq(m->bend_count, 1);
    ck_assert_uint_eq(fine->bend_count, 1);
    const el4ml_s_bend *bend = &m->bends[0];
    for (size_t k = 1; k < STEPS; k++) { /* by looking */
        const el4ml_microcanonical_point *a = &fine->points[k - 1], *b = &fine->points[k];
        if (a->energy > bend->energy_low && b->energy < bend->energy_high)
            ck_assert(b->temperature < a->temperature && b->heat_capacity < 0);
        if (b->energy < bend->energy_low || a->energy > bend->energy_high)
            ck_assert(b->temperature > a->temperature && b->heat_capacity > 0);
    }
    near(1 / beta_at(network, bend->energy_low), bend->temperature_high, 1e-12);
    near(1 / beta_at(network, bend->energy_high), bend->temperature_low, 1e-12);
    near(bend->energy_low, fine->bends[0].energy_low, 1e-9);
    near(bend->energy_high, fine->bends[0].energy_high, 1e-9);
    /* Equal areas, by integrating 1/T. */
    const double beta = 1 / bend->transition_temperature, span = bend->energy_above - bend->energy_below;
    near(beta_at(network, bend->energy_below), beta, 1e-11 * beta);
    near(beta_at(network, bend->energy_above), beta, 1e-11 * beta);
    el4ml_microcanonical *between = dense(network, bend->energy_below, bend->energy_above, STEPS);
    static double f[STEPS];
    for (size_t k = 0; k < STEPS; k++)
        f[k] = 1 / between->points[k].temperature - beta;
    near(simpson(STEPS - 1, span / (STEPS - 1), f), 0, 1e-9);
    ck_assert(bend->energy_below < bend->energy_low && bend->energy_high < bend->energy_above);
    ck_assert(bend->temperature_low < 1 / beta && 1 / beta < bend->temperature_high);
    el4ml_microcanonical_free(between);
    el4ml_microcanonical_free(fine);
    el4ml_microcanonical_free(m);
    el4ml_network_free(network);
}
END_TEST

START_TEST(two_bends_stay_apart)
{
    const el4ml_node nodes[3] = {{.id = 1, .energy = 0},
                                 {.id = 2, .energy = 10, .log_multiplicity = 20},
                                 {.id = 3, .energy = 400, .log_multiplicity = 55}};
    el4ml_network *network = network_of(nodes, 3, 30);
    double energies[400];
    el4ml_microcanonical_energies(network, EL4ML_DENSITY_TOTAL, 1e-2, 100, 400, energies);
    near(energies[0], 30 * 1e-2, 1e-12);
    el4ml_microcanonical *m = ensemble_of(network, EL4ML_DENSITY_TOTAL, energies, 400);
    ck_assert_uint_eq(m->bend_count, 2);
    for (size_t k = 0; k < 2; k++) {
        const el4ml_s_bend *b = &m->bends[k];
        const double beta = 1 / b->transition_temperature;
        ck_assert(b->energy_below < b->energy_low && b->energy_low < b->energy_high &&
                  b->energy_high < b->energy_above);
        near(beta_at(network, b->energy_below), beta, 1e-10 * beta);
        near(beta_at(network, b->energy_above), beta, 1e-10 * beta);
    }
    ck_assert(m->bends[0].energy_above < m->bends[1].energy_below);
    el4ml_microcanonical_free(m);
    /* The end of the range cuts a bend off: then it is none. */
    m = dense(network, 1, (energies[0] + 20) / 2, 100);
    ck_assert_uint_eq(m->bend_count, 0);
    el4ml_microcanonical_free(m);
    el4ml_network_free(network);
}
END_TEST

START_TEST(occupations_are_shares_of_the_density)
{
    help_graph graph;
    help_random_graph((uint64_t)_i + 31, 30, 0, false, &graph);
    graph.node[3].flagged = true;
    el4ml_network *network = network_of(graph.node, graph.nodes, 5 + _i);
    double p[HELP_MOST];
    for (double energy = 0.2; energy < 5; energy *= 1.6) {
        el4ml_microcanonical_occupation(network, EL4ML_DENSITY_TOTAL, energy, p);
        double sum = 0, beta = 0;
        for (size_t i = 0; i < graph.nodes; i++) {
            if (graph.node[i].flagged || graph.node[i].energy >= energy) ck_assert(p[i] == 0);
            sum += p[i];
            if (p[i] > 0) beta += p[i] * (network->kappa - 1) / (energy - graph.node[i].energy);
        }
        near(sum, 1, 1e-12);
        near(beta, beta_at(network, energy), 1e-11 * beta);
    }
    el4ml_microcanonical_occupation(network, EL4ML_DENSITY_TOTAL, -9, p);
    for (size_t i = 0; i < graph.nodes; i++)
        ck_assert(p[i] == 0);
    el4ml_network_free(network);
}
END_TEST

/* Many blocks, with the weights of very many dimensions, by every instruction set. */
START_TEST(every_kernel_set_equals_long_double)
{
    enum { MANY = 2003 };
    const double power = _i ? 1499.5 : 7, energy = 1.3 - 5;
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, MANY);
    el4ml_random random = el4ml_random_new(6, 6, 6);
    for (size_t i = 0; i < MANY; i++)
        nodes[i] = (el4ml_node){.energy = 2 * el4ml_random_uniform(&random) - 5,
                                .log_product = 50 * el4ml_random_normal(&random),
                                .flagged = el4ml_random_below(&random, 10) == 0};
    el4ml_network *network = network_of(nodes, MANY, 1);
    long double w[MANY], largest = -INFINITY, sum = 0, gap = 0, mean = 0, square = 0;
    for (size_t i = 0; i < MANY; i++) {
        const long double room = (long double)energy - (long double)nodes[i].energy;
        w[i] = nodes[i].flagged || room <= 0
                   ? -INFINITY
                   : (long double)power * logl(room) - (long double)nodes[i].log_product / 2;
        if (w[i] > largest) largest = w[i];
    }
    for (size_t i = 0; i < MANY; i++)
        sum += w[i] = expl(w[i] - largest);
    for (size_t i = 0; i < MANY; i++) {
        const long double room = (long double)energy - (long double)nodes[i].energy, p = w[i] / sum;
        if (p == 0) continue;
        gap += p * room;
        mean += p / room;
        square += p / (room * room);
    }
    for (int set = 0; set <= (int)el4ml_best_kernel_set(); set++) {
        el4ml_ensemble e;
        ck_assert(el4ml_ensemble_init(&e, network));
        e.kernels = &el4ml_superposition_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
        if (set == EL4ML_AVX2) e.kernels = &el4ml_superposition_kernels_avx2;
        if (set == EL4ML_AVX512) e.kernels = &el4ml_superposition_kernels_avx512;
#endif
        el4ml_fixed_energy s;
        el4ml_fixed_energy_at(&e, power, &energy, 1, &s);
        near(s.shift + log1p(s.rest), (double)(largest + logl(sum)), 1e-12 * fabs((double)largest));
        near(s.gap, (double)gap, 1e-11 * (double)gap);
        near(s.mean, (double)mean, 1e-11 * (double)mean);
        near(s.square, (double)square, 1e-11 * (double)square);
        near(s.variance, (double)(square - mean * mean), 1e-10 * (double)square);
    }
    el4ml_network_free(network);
    el4ml_release(nodes);
}
END_TEST

START_TEST(bad_input_is_refused)
{
    const el4ml_node nodes[2] = {{.id = 1, .energy = 2}, {.id = 2, .energy = 12, .log_multiplicity = 20}};
    const double energies[3] = {5, 18, 60}, bad = NAN;
    el4ml_network *flat = network_of(nodes, 2, 0), *network = network_of(nodes, 2, 30);
    el4ml_microcanonical *m = NULL;
    ck_assert_int_eq(el4ml_microcanonical_new(flat, EL4ML_DENSITY_TOTAL, energies, 3, &m, NULL),
                     EL4ML_INVALID_ARGUMENT);
    ck_assert_int_eq(el4ml_microcanonical_new(network, EL4ML_DENSITY_TOTAL, &bad, 1, &m, NULL),
                     EL4ML_INVALID_ARGUMENT);
    for (size_t after = 0;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status =
            el4ml_microcanonical_new(network, EL4ML_DENSITY_TOTAL, energies, 3, &m, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) {
            ck_assert_uint_ge(after, 5);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    el4ml_microcanonical_free(m);
    el4ml_network_free(flat);
    el4ml_network_free(network);
    const el4ml_node flagged = {.id = 1, .log_product = NAN, .flagged = true};
    network = network_of(&flagged, 1, 3);
    m = ensemble_of(network, EL4ML_DENSITY_TOTAL, energies, 3);
    ck_assert_uint_eq(m->count, 0);
    ck_assert_uint_eq(m->excluded, 1);
    el4ml_microcanonical_free(m);
    el4ml_network_free(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("microcanonical");
    TCase *tests = tcase_create("microcanonical");
    tcase_add_loop_test(tests, random_networks_equal_brute_force, 0, 72);
    tcase_add_test(tests, one_minimum_is_exact);
    tcase_add_loop_test(tests, laplace_transform_is_the_partition_function, 0, 4);
    tcase_add_test(tests, total_density_is_potential_folded_with_kinetic);
    tcase_add_loop_test(tests, derivatives_agree_with_differences, 0, 10);
    tcase_add_loop_test(tests, s_bend_is_where_temperature_falls, 0, 4);
    tcase_add_test(tests, two_bends_stay_apart);
    tcase_add_loop_test(tests, occupations_are_shares_of_the_density, 0, 10);
    tcase_add_loop_test(tests, every_kernel_set_equals_long_double, 0, 2);
    tcase_add_test(tests, bad_input_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
