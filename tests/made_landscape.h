/* Landscapes as large as published ones, made from a seed: the same on every machine. By default as many
 * transition states for a minimum as the published LJ75 network (169,523 minima, 226,377 transition states),
 * mean degree 2.67. */
#ifndef EL4ML_TESTS_MADE_LANDSCAPE_H
#define EL4ML_TESTS_MADE_LANDSCAPE_H

#include <math.h>

#include "base/memory.h"
#include "el4ml/network.h"
#include "el4ml/random.h"

/* How transition states beyond those of a tree are drawn. Pathway sampling adds minima around those it has,
 * so that cycles are mostly short; uniformly random ones make an expander, which no order of elimination can
 * keep sparse. */
typedef struct made_options {
    size_t minima;
    double extra; /* transition states beyond a tree, for each minimum; 226377/169523 - 1 by default */
    double far; /* the part of them that joins uniformly random minima; the others end a short random walk */
    bool hubs;  /* a new minimum joins a random neighbour of a random one half of the time: hubs arise */
    uint64_t seed;
} made_options;

static inline made_options made_options_default(size_t minima)
{
    const made_options options = {minima, 226377.0 / 169523.0 - 1, 0, true, 1};
    return options;
}

/* Adjacency while the graph grows: singly linked lists. */
typedef struct made_graph {
    size_t count, capacity; /* edges */
    size_t *degree, *head;  /* (minima) */
    size_t *other, *next;   /* (2 capacity) */
} made_graph;

static inline void made_add(made_graph *g, size_t a, size_t b)
{
    const size_t ends[2] = {a, b};
    for (size_t k = 0; k < 2; k++) {
        const size_t slot = 2 * g->count + k;
        g->other[slot] = ends[1 - k];
        g->next[slot] = g->head[ends[k]];
        g->head[ends[k]] = slot;
        g->degree[ends[k]]++;
    }
    g->count++;
}

static inline bool made_joined(const made_graph *g, size_t a, size_t b)
{
    const size_t from = g->degree[a] < g->degree[b] ? a : b, to = from == a ? b : a;
    for (size_t s = g->head[from]; s != SIZE_MAX; s = g->next[s])
        if (g->other[s] == to) return true;
    return false;
}

static inline size_t made_neighbour(const made_graph *g, size_t a, el4ml_random *random)
{
    size_t s = g->head[a];
    for (uint64_t k = el4ml_random_below(random, g->degree[a]); k > 0; k--)
        s = g->next[s];
    return g->other[s];
}

static inline void made_grow(made_graph *g, const made_options *options, el4ml_random *random)
{
    for (size_t i = 1; i < options->minima; i++) {
        size_t parent = (size_t)el4ml_random_below(random, i);
        if (options->hubs && g->degree[parent] > 0 && el4ml_random_uniform(random) < 0.5)
            parent = made_neighbour(g, parent, random);
        made_add(g, i, parent);
    }
    while (g->count < g->capacity) {
        const size_t a = (size_t)el4ml_random_below(random, options->minima);
        size_t b = a;
        if (el4ml_random_uniform(random) < options->far)
            b = (size_t)el4ml_random_below(random, options->minima);
        else
            for (uint64_t k = 2 + el4ml_random_below(random, 4); k > 0; k--)
                b = made_neighbour(g, b, random);
        if (a != b && !made_joined(g, a, b)) made_add(g, a, b);
    }
}

/* Energies about as LJ75's: the lowest minimum at -397.5, the others up to 6.5 above, barriers from the
 * higher side of a tenth to several. */
static inline void made_fill(const made_graph *g, el4ml_random *random, size_t minima, el4ml_node *nodes,
                             el4ml_edge *edges)
{
    for (size_t i = 0; i < minima; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i + 1,
                                .energy = -397.5 + (i ? 0.5 + 6 * sqrt(el4ml_random_uniform(random)) : 0),
                                .log_product = 900 + 2 * el4ml_random_normal(random),
                                .log_multiplicity = -log(1 + (double)el4ml_random_below(random, 3))};
    for (size_t e = 0; e < g->count; e++) {
        const size_t a = g->other[2 * e + 1], b = g->other[2 * e];
        const double barrier = 0.1 - 0.6 * log1p(-el4ml_random_uniform(random));
        edges[e] = (el4ml_edge){.id = (int64_t)e + 1,
                                .energy = fmax(nodes[a].energy, nodes[b].energy) + barrier,
                                .log_product = 898 + 2 * el4ml_random_normal(random),
                                .log_multiplicity = 0,
                                .a = a,
                                .b = b};
    }
}

/* NULL when out of memory. */
static inline el4ml_network *made_landscape(const made_options *options)
{
    el4ml_random random = el4ml_random_new(options->seed, 1, 1);
    const size_t n = options->minima, m = n - 1 + (size_t)(options->extra * (double)n);
    made_graph g = {
        0, m, EL4ML_NEW(size_t, n), EL4ML_NEW(size_t, n), EL4ML_NEW(size_t, 2 * m), EL4ML_NEW(size_t, 2 * m)};
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, n);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, m);
    el4ml_network *network = NULL;
    if (g.degree && g.head && g.other && g.next && nodes && edges) {
        for (size_t i = 0; i < n; i++)
            g.head[i] = SIZE_MAX;
        made_grow(&g, options, &random);
        made_fill(&g, &random, n, nodes, edges);
        if (el4ml_network_new(nodes, n, edges, m, 219, &network, NULL) != EL4ML_OK) network = NULL;
    }
    el4ml_release(g.degree);
    el4ml_release(g.head);
    el4ml_release(g.other);
    el4ml_release(g.next);
    el4ml_release(nodes);
    el4ml_release(edges);
    return network;
}

#endif
