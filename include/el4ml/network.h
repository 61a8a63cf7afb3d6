/* An immutable snapshot of a landscape: minima are nodes, transition states are edges (methods.md 3), and
 * what follows from the graph alone. Nothing here searches or knows the surface. */
#ifndef EL4ML_NETWORK_H
#define EL4ML_NETWORK_H

#include "el4ml/status.h"

EL4ML_BEGIN

#define EL4ML_NONE SIZE_MAX

typedef struct el4ml_node {
    int64_t id; /* of the database */
    double energy;
    double log_product;      /* ln of the product of the positive Hessian eigenvalues */
    double log_multiplicity; /* ln n */
    int64_t hits;
    bool flagged;           /* linear cluster or orbit of other dimension: left out of thermodynamics */
    size_t active;          /* m: coordinates on a bound (docs/bounds.md); log_product is without them */
    double log_multipliers; /* M: sum of ln multiplier over them */
} el4ml_node;

typedef struct el4ml_edge {
    int64_t id;
    double energy;
    double log_product; /* +infinity: not known, no rate */
    double log_multiplicity;
    size_t a, b;   /* indices into nodes; a == b: degenerate, left out of kinetics */
    size_t active; /* m and M, as of a node */
    double log_multipliers;
} el4ml_edge;

typedef struct el4ml_network {
    size_t node_count, edge_count;
    el4ml_node *nodes;
    el4ml_edge *edges;
    double kappa;            /* positive eigenvalues of a minimum, n - z */
    double energy_tolerance; /* relative: minima within energy_tolerance * max(1, |V_g|) of V_g count as
                                global */
} el4ml_network;

/* Copies both arrays. Checks indices and finiteness. */
EL4ML_API el4ml_status el4ml_network_new(const el4ml_node *nodes, size_t node_count, const el4ml_edge *edges,
                                         size_t edge_count, double kappa, el4ml_network **network,
                                         el4ml_error *error);
EL4ML_API void el4ml_network_free(el4ml_network *network);

/* ln W(T) = ln n - L/2 + (m/2) ln(T / 2 pi) - M: what stands before exp(-V/T) in the partition function of a
 * minimum, T^kappa left out as all have it, and in the flux through a transition state, 1/2 pi left out. */
EL4ML_API double el4ml_node_log_weight(const el4ml_node *node, double temperature);
EL4ML_API double el4ml_edge_log_weight(const el4ml_edge *edge, double temperature);

/* Index of the lowest minimum (ties: the lower index), EL4ML_NONE without minima. */
EL4ML_API size_t el4ml_network_global_minimum(const el4ml_network *network);
/* component[i] = 0, 1, ... numbered by their lowest minimum's energy; returns how many (0 without minima, or
 * when out of memory). */
EL4ML_API size_t el4ml_network_components(const el4ml_network *network, size_t *component);

/* The union-find merge tree: edges in ascending energy; every merge of two superbasins makes an inner node.
 * Leaves are 0 ... node_count - 1, inner nodes follow in ascending energy. The minimax energy between two
 * minima is the energy of their lowest common ancestor. */
typedef struct el4ml_merge_tree {
    size_t leaf_count, size; /* size = leaf_count + number of merges */
    size_t *parent;          /* (size), EL4ML_NONE at roots: one root per component */
    size_t *left, *right;    /* (size), children; EL4ML_NONE for leaves. left holds the lower minimum */
    double *energy;          /* (size), of the minimum or of the merging transition state */
    size_t *lowest;          /* (size), the lowest minimum below */
    size_t *edge;            /* (size), the merging transition state; EL4ML_NONE for leaves */
    size_t *leaves;          /* (size), number of minima below */
} el4ml_merge_tree;

EL4ML_API el4ml_status el4ml_merge_tree_new(const el4ml_network *network, el4ml_merge_tree **tree,
                                            el4ml_error *error);
EL4ML_API void el4ml_merge_tree_free(el4ml_merge_tree *tree);
/* Highest transition state on the minimax path from every minimum to `target`: +infinity when not connected,
 * the minimum's own energy for the target itself. (node_count) */
EL4ML_API void el4ml_minimax_to(const el4ml_merge_tree *tree, size_t target, double *energy);
/* Of one pair, by climbing: as many steps as the tree is deep. */
EL4ML_API double el4ml_minimax(const el4ml_merge_tree *tree, size_t a, size_t b);

typedef struct el4ml_minimum_sets {
    const size_t *a, *b; /* indices of minima */
    size_t a_count, b_count;
} el4ml_minimum_sets;

typedef struct el4ml_minimum_pair {
    size_t a, b; /* indices of minima */
} el4ml_minimum_pair;

/* Of many pairs, O(n + count log n) however deep the tree. energy (count): of the highest transition state on
 * the minimax path; +infinity when not connected, the minimum's own energy where a == b. edge (count) or
 * NULL: which transition state that is; EL4ML_NONE when not connected or a == b. The barrier from a to b is
 * energy - V_a. INVALID_ARGUMENT names the first pair with an index out of range. */
EL4ML_API el4ml_status el4ml_minimax_pairs(const el4ml_merge_tree *tree, const el4ml_minimum_pair *pairs,
                                           size_t count, double *energy, size_t *edge, el4ml_error *error);

/* A path whose highest transition state is as low as it can be. */
typedef struct el4ml_minimax_path {
    size_t length;  /* minima, at least 1 */
    size_t *minima; /* (length) the first is of A, the last of B, those between of neither */
    size_t *edges;  /* (length - 1) the transition states between them */
    size_t highest; /* the highest of them; EL4ML_NONE where length is 1 */
    double energy;  /* of that one; of the minimum where length is 1 */
} el4ml_minimax_path;

/* From the set A to the set B, neither empty, along the minimum spanning tree of the transition states, so
 * that every part of the path between two of its minima is a minimax path too; of several ways between the
 * sets the one that a walk from A meets first which always takes the lowest transition state. *path is NULL
 * when they are not connected. `tree` is that of the network. Time grows as n log n. INVALID_ARGUMENT: an
 * empty set or an index out of range. */
EL4ML_API el4ml_status el4ml_minimax_path_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                                              const el4ml_minimum_sets *sets, el4ml_minimax_path **path,
                                              el4ml_error *error);
EL4ML_API void el4ml_minimax_path_free(el4ml_minimax_path *path);

EL4ML_END
#endif
