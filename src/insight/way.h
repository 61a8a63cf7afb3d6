/* Heights along a way of points, straight or not. */
#ifndef EL4ML_INSIGHT_WAY_H
#define EL4ML_INSIGHT_WAY_H

#include "el4ml/interpolation.h"

/* All NaN, no points. */
el4ml_way el4ml_way_none(void);
/* top, barriers, excess, rise and accuracy_loss of the points as they are; INVALID when there are fewer than
 * two. */
void el4ml_way_measure(el4ml_way *way);
/* Metrics of x; NaN where the surface has none or the set is empty. */
el4ml_metrics el4ml_metrics_at(el4ml_evaluator *evaluator, const double *x, const el4ml_dataset *data);
/* Does the surface predict what the rows have as targets: probabilities of their classes, or their values
 * (and not an embedding, say)? */
bool el4ml_tells_targets(const el4ml_surface *surface, const el4ml_dataset *rows);
/* The excess of the straight line from a to b alone, without points or metrics; +infinity where V is not
 * finite. work: (2 n). */
el4ml_status el4ml_straight_excess(el4ml_evaluator *evaluator, const double *a, const double *b, double va,
                                   double vb, size_t points, double *work, double *excess);
/* Median V of 64 draws of the initialiser less `lowest`. x: (n). */
el4ml_status el4ml_training_gain(el4ml_evaluator *evaluator, uint64_t seed, double lowest, double *x,
                                 double *gain);

/* A point on the path down from a transition state. */
typedef struct el4ml_trail {
    size_t n, count, capacity, x_capacity;
    double *x;     /* (count, n) */
    double *value; /* (count) */
    bool failed;   /* out of memory */
} el4ml_trail;

bool el4ml_trail_add(el4ml_trail *trail, const double *x, double value);
void el4ml_trail_clear(el4ml_trail *trail);

/* The path through minima and transition states `route` as a way: result->path, or result->no_path. */
el4ml_status el4ml_follow_route(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                const el4ml_data *data, const volatile bool *cancel,
                                el4ml_interpolation *result, el4ml_error *error);

#endif
