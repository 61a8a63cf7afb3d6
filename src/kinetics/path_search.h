/* Shortest paths on -ln of branching probabilities between two sets of states. */
#ifndef EL4ML_KINETICS_PATH_SEARCH_H
#define EL4ML_KINETICS_PATH_SEARCH_H

#include "base/heap.h"
#include "kinetics/state_sets.h"

/* The cost of a step from u is ln S_u - ln c, and -ln c from a state of A, to which `start` adds what makes
 * the whole cost of a path minus its log_rate. Costs of steps outside A are not negative, and A is only left
 * once. */
typedef struct el4ml_path_search {
    const el4ml_rate_network *rates;
    el4ml_place *place;  /* (states) ground A, ground B, or free */
    double *log_outflow; /* (states) ln S */
    double *start;       /* (states) in A: cost of beginning there */
    double *to_b;        /* (states) least cost from here to B; infinity when there is no path outside A */
    double *cost;        /* (states) of the running search, valid where visit[i] == search */
    size_t *link;        /* (states) index of the link by which it was reached */
    size_t *from;        /* (states) and from where */
    uint64_t *visit, *barred; /* (states) number of the search in which it was visited, may not be */
    uint64_t search;
    el4ml_heap heap;
} el4ml_path_search;

el4ml_status el4ml_path_search_init(el4ml_path_search *s, const el4ml_rate_network *rates,
                                    const el4ml_state_sets *sets, el4ml_error *error);
void el4ml_path_search_clear(el4ml_path_search *s);

/* Cost of the step along a link of `state`. */
double el4ml_path_step(const el4ml_path_search *s, size_t state, size_t link);

/* A new search: nothing is barred but A. */
void el4ml_path_search_begin(el4ml_path_search *s);
/* The least cost from `state` to B through states that are not barred, its first step to none of the `not`
 * states, if it is below `limit`. *end: the state of B, to be followed back by `from`; EL4ML_NONE when there
 * is none. False when out of memory. */
bool el4ml_path_search_run(el4ml_path_search *s, size_t state, const size_t * not, size_t not_count,
                           double limit, size_t *end);

#endif
