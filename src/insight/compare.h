#ifndef EL4ML_INSIGHT_COMPARE_H
#define EL4ML_INSIGHT_COMPARE_H

#include "el4ml/comparison.h"
#include "insight/trainings.h"

/* Where trainings ended: minima, how often, and their coordinates. */
typedef struct el4ml_endings {
    size_t count;
    double *value;    /* (count) V, lowest first */
    uint64_t *hits;   /* (count) */
    const double **x; /* (count) borrowed */
} el4ml_endings;

/* same_class, spread and their test_ counterparts, of models `ends` of the surface. */
el4ml_status el4ml_compare_predictions(const el4ml_compared_input *input, const el4ml_endings *ends,
                                       double level, el4ml_compared *c, el4ml_error *error);

#endif
