/* Random networks for tests, and brute-force answers about them. Sizes are small: everything is O(n^3). */
#ifndef EL4ML_TESTS_NETWORK_HELP_H
#define EL4ML_TESTS_NETWORK_HELP_H

#include <math.h>

#include "el4ml/network.h"
#include "el4ml/random.h"

enum { HELP_MOST = 64, HELP_MOST_EDGES = 256 };

typedef struct help_graph {
    size_t nodes, edges;
    el4ml_node node[HELP_MOST];
    el4ml_edge edge[HELP_MOST_EDGES];
} help_graph;

/* `coarse`: energies from a few values only, so that there are ties. Some edges are degenerate. */
static inline void help_random_graph(uint64_t seed, size_t nodes, size_t edges, bool coarse,
                                     help_graph *graph)
{
    el4ml_random random = el4ml_random_new(seed, 1, 1);
    *graph = (help_graph){.nodes = nodes, .edges = edges};
    for (size_t i = 0; i < nodes; i++) {
        double energy = el4ml_random_uniform(&random);
        if (coarse) energy = floor(4 * energy) / 4;
        graph->node[i] = (el4ml_node){.id = (int64_t)(100 + i),
                                      .energy = energy,
                                      .log_product = 4 * el4ml_random_normal(&random),
                                      .log_multiplicity = 3 * el4ml_random_uniform(&random)};
    }
    for (size_t e = 0; e < edges; e++) {
        const size_t a = (size_t)el4ml_random_below(&random, nodes),
                     b = (size_t)el4ml_random_below(&random, nodes);
        double rise = 0.05 + el4ml_random_uniform(&random);
        if (coarse) rise = 0.25 * ceil(4 * rise);
        const double higher = fmax(graph->node[a].energy, graph->node[b].energy);
        graph->edge[e] = (el4ml_edge){.id = (int64_t)(500 + e), .energy = higher + rise, .a = a, .b = b};
    }
}

/* Floyd and Warshall with max in place of the sum; cost (n, n), +infinity when not connected. */
static inline void help_minimax(const help_graph *graph, double *cost)
{
    const size_t n = graph->nodes;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            cost[i * n + j] = i == j ? graph->node[i].energy : INFINITY;
    for (size_t e = 0; e < graph->edges; e++) {
        const el4ml_edge *edge = &graph->edge[e];
        if (edge->a == edge->b) continue;
        cost[edge->a * n + edge->b] = cost[edge->b * n + edge->a] =
            fmin(cost[edge->a * n + edge->b], edge->energy);
    }
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if (i != j) cost[i * n + j] = fmin(cost[i * n + j], fmax(cost[i * n + k], cost[k * n + j]));
}

#endif
