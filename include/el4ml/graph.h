/* The network as a simple graph, each minima's distinct neighbours, and the statistics of complex networks.
 * Minima are named by their index. Transition states that join the same pair are one link; one that joins a
 * minimum to itself is none. */
#ifndef EL4ML_GRAPH_H
#define EL4ML_GRAPH_H

#include "el4ml/network.h"
#include "el4ml/statistics.h"

EL4ML_BEGIN

typedef struct el4ml_graph {
    size_t node_count, link_count;
    size_t *first;     /* (node_count + 1) */
    size_t *neighbour; /* (2 link_count); those of i, ascending: neighbour[first[i]] ... [first[i + 1] - 1] */
} el4ml_graph;

EL4ML_API el4ml_status el4ml_graph_new(const el4ml_network *network, el4ml_graph **graph, el4ml_error *error);
/* `links` links drawn without replacement from all pairs of `nodes` nodes, every such graph as likely as any
 * other (Erdos and Renyi, Publ. Math. Debrecen 6, 290, 1959). INVALID_ARGUMENT: more links than pairs. */
EL4ML_API el4ml_status el4ml_graph_random(size_t nodes, size_t links, uint64_t seed, el4ml_graph **graph,
                                          el4ml_error *error);
/* The largest connected component (ties: that of the lowest index) as a graph of its own. member: (node_count
 * of `graph`) or NULL; member[k] becomes the index in `graph` of the component's node k, ascending. */
EL4ML_API el4ml_status el4ml_graph_largest_component(const el4ml_graph *graph, size_t *member,
                                                     el4ml_graph **component, el4ml_error *error);
EL4ML_API void el4ml_graph_free(el4ml_graph *graph);

static inline size_t el4ml_degree(const el4ml_graph *graph, size_t node)
{
    return graph->first[node + 1] - graph->first[node];
}

typedef struct el4ml_degrees {
    size_t count;          /* largest degree + 1; 0 without nodes */
    size_t *frequency;     /* (count) how many minima have degree 0, 1, ... */
    double mean, variance; /* over all minima; NaN without nodes */
} el4ml_degrees;

EL4ML_API el4ml_status el4ml_degrees_new(const el4ml_graph *graph, el4ml_degrees **degrees,
                                         el4ml_error *error);
EL4ML_API void el4ml_degrees_free(el4ml_degrees *degrees);
/* Hubs: the `wanted` minima of highest degree, highest first, ties by index. Returns how many were written.
 */
EL4ML_API size_t el4ml_hubs(const el4ml_graph *graph, size_t wanted, size_t *hubs);

/* Clustering: how often two neighbours of a minimum are neighbours of each other. */
typedef struct el4ml_clustering {
    uint64_t triangles;
    uint64_t triples;    /* paths of two links, by their middle */
    double transitivity; /* 3 triangles / triples; NaN without triples */
    double mean_local;   /* mean over minima with at least two neighbours of the share of linked pairs of them
                            (Watts   and Strogatz, Nature 393, 440, 1998); NaN without any */
    double mean_local_all; /* the same sum over the number of all minima, as some programs define it */
} el4ml_clustering;

/* local: (node_count) or NULL; each minimum's share of linked pairs, NaN for fewer than two neighbours.
 * O(links^1.5). */
EL4ML_API el4ml_status el4ml_clustering_of(const el4ml_graph *graph, double *local,
                                           el4ml_clustering *clustering, el4ml_error *error);

typedef struct el4ml_path_options {
    size_t exact_up_to; /* all pairs up to so many nodes; default 5000 */
    size_t sources; /* beyond: from so many nodes drawn without replacement to all; default 256, at least 2 */
    uint64_t seed;  /* default 1 */
} el4ml_path_options;

typedef struct el4ml_path_lengths {
    double mean; /* links on the shortest path, over ordered pairs of distinct connected nodes; NaN without
                    any */
    double standard_error; /* of `mean` because sources were sampled; 0 when exact */
    bool exact;
    size_t sources; /* how many nodes were started from */
    size_t longest; /* longest of the shortest paths seen; the diameter when exact */
} el4ml_path_lengths;

EL4ML_API el4ml_path_options el4ml_path_options_default(void);
/* options may be NULL. O(sources links / 256) where paths are short, never more than O(sources links). */
EL4ML_API el4ml_status el4ml_path_lengths_of(const el4ml_graph *graph, const el4ml_path_options *options,
                                             el4ml_path_lengths *lengths, el4ml_error *error);

typedef struct el4ml_small_world_options {
    el4ml_path_options paths;
    size_t random_graphs; /* to compare with; default 0: 20 up to paths.exact_up_to nodes, 3 beyond */
    uint64_t seed;        /* default 1 */
} el4ml_small_world_options;

/* The largest component against random graphs of as many nodes and links (Watts and Strogatz 1998; Humphries
 * and Gurney, PLoS ONE 3, e0002051, 2008). */
typedef struct el4ml_small_world {
    size_t nodes, links; /* of the largest component */
    double clustering;   /* its mean_local */
    el4ml_path_lengths path_length;
    size_t random_graphs;
    double random_clustering; /* expected: the share of pairs that are linked, 2 links/(nodes (nodes - 1)) */
    double random_clustering_found; /* mean_local of the random graphs, mean; NaN without any */
    double random_path_length;      /* of the random graphs' largest components, mean */
    double random_path_error;       /* standard error of that */
    double sigma; /* (clustering/random_clustering)/(path_length/random_path_length); a small world: > 1; NaN
                     where one of the four is not defined */
    double sigma_error; /* its standard error because of both path lengths */
} el4ml_small_world;

EL4ML_API el4ml_small_world_options el4ml_small_world_options_default(void);
/* options may be NULL. */
EL4ML_API el4ml_status el4ml_small_world_of(const el4ml_graph *graph,
                                            const el4ml_small_world_options *options,
                                            el4ml_small_world *result, el4ml_error *error);

/* Correlation of the degree with the energy, and of the hits with the energy, over all minima. options may be
 * NULL. */
EL4ML_API el4ml_status el4ml_network_correlations(const el4ml_network *network, const el4ml_graph *graph,
                                                  const el4ml_correlation_options *options,
                                                  el4ml_correlation *degree, el4ml_correlation *hits,
                                                  el4ml_error *error);

EL4ML_END
#endif
