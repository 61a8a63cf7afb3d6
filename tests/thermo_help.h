/* Landscapes for tests of thermodynamics, and everything about them from the definitions. */
#ifndef EL4ML_TESTS_THERMO_HELP_H
#define EL4ML_TESTS_THERMO_HELP_H

#include <check.h>
#include <math.h>

#include "el4ml/thermo.h"
#include "network_help.h"

typedef struct landscape {
    el4ml_network *network;
    el4ml_merge_tree *tree;
} landscape;

static inline landscape landscape_of(const el4ml_node *nodes, size_t count, const el4ml_edge *edges,
                                     size_t edge_count, double kappa)
{
    landscape made;
    ck_assert_int_eq(el4ml_network_new(nodes, count, edges, edge_count, kappa, &made.network, NULL),
                     EL4ML_OK);
    ck_assert_int_eq(el4ml_merge_tree_new(made.network, &made.tree, NULL), EL4ML_OK);
    return made;
}

static inline void landscape_free(landscape *l)
{
    el4ml_merge_tree_free(l->tree);
    el4ml_network_free(l->network);
}

static inline el4ml_thermo *thermo_of(const landscape *l, const double *temperatures, size_t count)
{
    el4ml_thermo *thermo = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_thermo_new(l->network, l->tree, temperatures, count, &thermo, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return thermo;
}

static inline el4ml_thermo_point point_at(const landscape *l, double temperature)
{
    el4ml_thermo *thermo = thermo_of(l, &temperature, 1);
    ck_assert_uint_eq(thermo->count, 1);
    const el4ml_thermo_point point = thermo->points[0];
    el4ml_thermo_free(thermo);
    return point;
}

static inline void near(double a, double b, double tolerance)
{
    ck_assert_msg(fabs(a - b) <= tolerance, "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

/* Everything from the definitions, in long double, without the ln kappa T part that is common to all. */
typedef struct brute {
    long double p[HELP_MOST], mean, plus, minus, entropy, frustration, normalised, unconnected;
} brute;

static inline void brute_force(const help_graph *graph, const double *minimax, size_t g,
                               long double temperature, brute *b)
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

static inline size_t lowest_unflagged(const help_graph *graph)
{
    size_t g = EL4ML_NONE;
    for (size_t i = 0; i < graph->nodes; i++)
        if (!graph->node[i].flagged && (g == EL4ML_NONE || graph->node[i].energy < graph->node[g].energy))
            g = i;
    return g;
}

static inline void random_case(int k, help_graph *graph)
{
    const size_t nodes = (size_t)(2 + (k * 7) % 50);
    help_random_graph((uint64_t)k + 10, nodes, (size_t)(1 + k % 4) * nodes / 2, false, graph);
    for (size_t i = 0; i < nodes; i++)
        graph->node[i].flagged = k % 3 == 0 && i % 5 == 3;
}

#endif
