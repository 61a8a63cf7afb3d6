/* Numbers that say what predictions are worth. */
#ifndef EL4ML_SURFACE_METRICS_H
#define EL4ML_SURFACE_METRICS_H

#include "el4ml/data.h"

/* Area under the ROC curve of `score` (rows): the share of pairs of a positive (label == class) and a
 * negative row in which the positive one scores higher, ties one half (Hanley and McNeil, Radiology 143, 29,
 * 1982). NaN without positives or without negatives. False: out of memory. */
bool el4ml_metric_auc(size_t rows, const double *score, const int32_t *label, int32_t class, double *auc);
/* The threshold t for which score > t is right about most rows: midway between two neighbouring scores, the
 * lowest of the best; one below the lowest or above the highest where all are best called the same. False:
 * out of memory. */
bool el4ml_metric_threshold(size_t rows, const double *score, const int32_t *label, int32_t class,
                            double *threshold);

/* Outputs (rows, classes): a class's place among the outputs of a row, 0 the largest; ties go to lower
 * classes. */
size_t el4ml_metric_rank(size_t classes, const double *output, size_t class);

/* The vote of the `neighbours` nearest of the points (count, d), ties to the class whose nearest is nearest;
 * the point `skip` does not vote (SIZE_MAX: all do). votes (classes) and nearest (neighbours) pairs: scratch.
 */
typedef struct el4ml_voters {
    size_t count, d, classes, neighbours;
    const double *points; /* (count, d) */
    const int32_t *label; /* (count) */
    double *distance;     /* (neighbours) scratch */
    size_t *nearest;      /* (neighbours) scratch */
    size_t *votes;        /* (classes) scratch */
} el4ml_voters;
int32_t el4ml_metric_vote(const el4ml_voters *voters, const double *point, size_t skip);

/* Regression: sums over rows of |prediction - y|^2 (residual, (targets)) into mean and R2 of each target. */
void el4ml_metric_targets(const el4ml_dataset *data, const double *residual, el4ml_target_metrics *targets);

#endif
