/* Communities of minima: groups with much more exchange inside than between them. Transition state t weighs
 * n_t exp(-V_t/T - L_t/2) (methods.md 3): what is common to both its rates when each is multiplied by the
 * occupation of the minimum it leaves, so that at low T the lowest transition states alone hold minima
 * together. */
#ifndef EL4ML_COMMUNITIES_H
#define EL4ML_COMMUNITIES_H

#include "el4ml/network.h"

EL4ML_BEGIN

/* Weights at temperature T, relative to the largest: ln w_t = ln n_t - V_t/T - L_t/2 - *log_scale, so that
 * the largest is 1 and what is smaller than the smallest double is 0. Degenerate transition states and those
 * without a finite n_t weigh 0. weight: (edge_count); log_scale: may be NULL, - infinity when nothing weighs.
 * INVALID_ARGUMENT: T is not positive (infinity is allowed). */
EL4ML_API el4ml_status el4ml_edge_weights(const el4ml_network *network, double temperature, double *weight,
                                          double *log_scale, el4ml_error *error);

/* Modularity of any partition (Newman, Phys. Rev. E 70, 056131, 2004): Q = sum over communities of in_c/(2 m)
 * - resolution (k_c/(2 m))^2, in_c twice the weight inside, k_c the sum of its minima's weights, m all
 * weight. community: (node_count) labels below node_count. weight: (edge_count), not negative; NULL: all 1.
 * Degenerate transition states are left out. *modularity is NaN without any weight. */
EL4ML_API el4ml_status el4ml_modularity(const el4ml_network *network, const double *weight,
                                        const size_t *community, double resolution, double *modularity,
                                        el4ml_error *error);

/* Code length of any partition, in bits a step, by the map equation for the random walk on undirected
 * weighted links, two levels, without teleportation (Rosvall, Axelsson and Bergstrom, Eur. Phys. J. Special
 * Topics 178, 13, 2009). Arguments as for modularity; *bits is NaN without any weight. */
EL4ML_API el4ml_status el4ml_code_length(const el4ml_network *network, const double *weight,
                                         const size_t *community, double *bits, el4ml_error *error);

typedef enum el4ml_community_method {
    EL4ML_LEIDEN, /* modularity by the Leiden algorithm (Traag, Waltman and van Eck, Sci. Rep. 9, 5233, 2019)
                   */
    EL4ML_INFOMAP /* short descriptions of a random walk (Rosvall and Bergstrom, Proc. Natl Acad. Sci. USA
                     105, 1118, 2008); igraph before 1.0 lets the walker jump anywhere with probability 0.15,
                     so that the partition may miss the shortest code length of the walk without jumps by a
                     little */
} el4ml_community_method;

typedef struct el4ml_community_options {
    el4ml_community_method method; /* default Leiden */
    double temperature; /* of the weights, positive; default NaN: every transition state weighs 1 */
    double resolution;  /* Leiden: larger ones make smaller communities; positive, default 1 */
    size_t trials; /* runs, at least 1, of which the best in modularity or code length is kept; default 10 */
    uint64_t seed; /* default 1 */
} el4ml_community_options;

typedef struct el4ml_partition {
    size_t node_count, count;
    size_t *community;  /* (node_count) 0 ... count - 1 */
    size_t *size;       /* (count) */
    size_t *lowest;     /* (count) lowest minimum of each, ascending in energy; equal ones by index */
    double modularity;  /* with the weights used, at resolution 1 */
    double code_length; /* likewise */
} el4ml_partition;

EL4ML_API el4ml_community_options el4ml_community_options_default(void);
/* False when this library was built without igraph: el4ml_communities_new then returns EL4ML_NOT_SUPPORTED.
 */
EL4ML_API bool el4ml_communities_supported(void);
/* The same options give the same partition with the same version of igraph. Weights below 1e-200 of the
 * largest are raised to it, so that minima at their far ends stay joined to their neighbours; at a
 * temperature where most weights are that small communities say little. Minima without any transition state
 * are communities of their own. Thread-safe, but igraph is not: calls wait for each other, and a program that
 * uses igraph itself must not do so meanwhile. options may be NULL. */
EL4ML_API el4ml_status el4ml_communities_new(const el4ml_network *network,
                                             const el4ml_community_options *options,
                                             el4ml_partition **partition, el4ml_error *error);
EL4ML_API void el4ml_partition_free(el4ml_partition *partition);

EL4ML_END
#endif
