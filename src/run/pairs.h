/* Which minima to join next: candidate pairs with their distances and how often they were tried. */
#ifndef EL4ML_RUN_PAIRS_H
#define EL4ML_RUN_PAIRS_H

#include "run/session.h"

typedef struct el4ml_pair {
    uint32_t a, b; /* indices of minima, a < b */
    uint32_t attempts;
    float distance; /* closest alignment, or between descriptors: only ever compared with each other */
} el4ml_pair;

typedef struct el4ml_pairs {
    size_t count, capacity;
    el4ml_pair *list;
    size_t measured; /* minima whose pairs with all earlier ones are in the list */
    size_t *tried;   /* indices of the pairs with attempts, in the order of their first */
    size_t tried_count, tried_capacity;
    double *descriptors; /* (measured, descriptor_size), where the surface has them */
    size_t descriptors_capacity;
    size_t *sorted; /* pairs, nearest first, equal ones by position: from sorted_first to sorted_count. Those
                       within one component or tried may be missing */
    size_t sorted_first, sorted_count, sorted_capacity;
    size_t listed; /* pairs that were sorted once */
} el4ml_pairs;

void el4ml_pairs_clear(el4ml_pairs *p);
/* Measure the pairs of the minima found since, on the pool; attempts come from the landscape's state. */
el4ml_status el4ml_pairs_update(el4ml_pairs *p, el4ml_session *s, el4ml_error *error);
/* One more attempt at pair k: how many there were before. EL4ML_OUT_OF_MEMORY: not noted. */
el4ml_status el4ml_pairs_attempt(el4ml_pairs *p, size_t k, uint32_t *before);
/* Put the attempts into the landscape's state, for the next commit. */
el4ml_status el4ml_pairs_store(const el4ml_pairs *p, el4ml_session *s, el4ml_error *error);

/* Up to `capacity` pairs that join components, cheapest first, as a minimum spanning forest of missing links
 * and then next-best links: indices into the list. The score is the distance times one plus the attempts, so
 * that no pair is tried for ever and none is given up. */
el4ml_status el4ml_pairs_missing_links(el4ml_pairs *p, el4ml_session *s, size_t capacity, size_t *chosen,
                                       size_t *count);
/* Up to `capacity` pairs between which a lower path would gain most for its length. */
el4ml_status el4ml_pairs_better_paths(el4ml_pairs *p, el4ml_session *s, size_t capacity, size_t *chosen,
                                      size_t *count);

#endif
