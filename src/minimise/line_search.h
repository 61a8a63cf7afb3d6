/* A step along a direction that meets Wolfe's conditions. */
#ifndef EL4ML_MINIMISE_LINE_SEARCH_H
#define EL4ML_MINIMISE_LINE_SEARCH_H

#include "el4ml/surface.h"

/* phi(a) = V(x + a d), d a direction of descent. */
typedef struct el4ml_line {
    el4ml_evaluator *evaluator;
    size_t n;
    const double *x, *d;
    double *trial, *trial_g; /* (n): the last point tried, and its gradient */
    double value, slope;     /* phi(0), phi'(0) < 0 */
    double rise;             /* V may rise by this much: its rounding */
    double longest;          /* a is at most this */
    int left;                /* evaluations */

    /* What came of it: the step, to the point in `trial`. */
    double step, step_value, step_slope;
    el4ml_status status; /* other than OK: of an evaluation, not NUMERICAL */
    bool over;
} el4ml_line;

/* From the first guess `a`. False: no such step was found. */
bool el4ml_line_search(el4ml_line *line, double a);

#endif
