/* What the answers about straight lines share. */
#ifndef EL4ML_INSIGHT_LINES_H
#define EL4ML_INSIGHT_LINES_H

#include "el4ml/interpolation.h"

typedef struct el4ml_line_task {
    el4ml_evaluator *e;
    const double *a, *b; /* (n) */
    double va, vb;
    size_t points, variants;
} el4ml_line_task;

/* The nearby copies of b: the excess to the closest one (variant 0), and the smallest, of `image` (n).
 * work: (3 n). */
el4ml_status el4ml_lowest_image(const el4ml_line_task *task, double *work, double *image, double *distance,
                                double *closest_excess, double *lowest_excess);
/* Linear between order statistics; sorts `values`. NaN for none. */
double el4ml_quantile(double *values, size_t count, double share);
el4ml_status el4ml_lines_check(const el4ml_surface *surface, const el4ml_landscape *landscape,
                               const el4ml_interpolation_options *options, el4ml_error *error);

#endif
