/* An elimination laid out for work on pairs of neighbours: all columns sparse, numbered and sorted by the
 * order of elimination. */
#ifndef EL4ML_KINETICS_FILL_PATTERN_H
#define EL4ML_KINETICS_FILL_PATTERN_H

#include "kinetics/elimination.h"

typedef struct el4ml_pattern {
    el4ml_elimination *elimination; /* without a dense part */
    size_t count;                   /* eliminated */
    uint32_t *position;             /* (states) in the order of elimination; UINT32_MAX: not eliminated */
    size_t *start;                  /* of the elimination: (count + 1) */
    uint32_t *later;                /* (start[count]) positions of the neighbours, ascending in each column */
    el4ml_scaled *share;            /* (start[count]) P */
} el4ml_pattern;

/* EL4ML_NOT_SUPPORTED when the states together have more than most_products pairs of later neighbours. */
el4ml_status el4ml_pattern_init(el4ml_pattern *p, const el4ml_rate_network *rates, const el4ml_place *place,
                                double most_products, el4ml_error *error);
void el4ml_pattern_clear(el4ml_pattern *p);
/* Index in `later` of the pair j, k, both neighbours of a state before them: then it is there. */
size_t el4ml_pattern_find(const el4ml_pattern *p, size_t j, size_t k);

#endif
