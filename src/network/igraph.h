/* The optional component igraph: everything that calls it is in igraph.c. */
#ifndef EL4ML_NETWORK_IGRAPH_H
#define EL4ML_NETWORK_IGRAPH_H

#include "el4ml/communities.h"

/* Distinct links with positive weights; count > 0. */
typedef struct el4ml_weighted_links {
    size_t nodes, count;
    size_t *ends;   /* (2 count) */
    double *weight; /* (count) */
} el4ml_weighted_links;

typedef struct el4ml_community_search el4ml_community_search;

/* Takes the lock on igraph: no other thread is served until el4ml_community_search_end, which is to be called
 * whatever happens, except when this fails. */
el4ml_status el4ml_community_search_begin(const el4ml_weighted_links *links, uint64_t seed,
                                          el4ml_community_search **search, el4ml_error *error);
/* One run. membership: (nodes) labels below nodes. */
el4ml_status el4ml_community_search_run(el4ml_community_search *search,
                                        const el4ml_community_options *options, size_t *membership,
                                        el4ml_error *error);
void el4ml_community_search_end(el4ml_community_search *search);

#endif
