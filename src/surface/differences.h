/* Derivatives by differences, with an error bar: what analytic ones are held against. */
#ifndef EL4ML_SURFACE_DIFFERENCES_H
#define EL4ML_SURFACE_DIFFERENCES_H

#include "el4ml/surface.h"

/* Doubles that the functions below need as work. */
#define EL4ML_DIFFERENCE_WORK(n) (8 * (n))

/* The derivative of V (`gradient` false, one number) or of its gradient (n numbers) at x along the unit
 * vector d, into y: central differences extrapolated once, over a ladder of steps from a tenth of
 * length_scale down, the step whose neighbour agrees best being taken. *error: that disagreement; infinite
 * where no step gave finite numbers. */
el4ml_status el4ml_difference(el4ml_evaluator *e, const double *x, const double *d, bool gradient, double *y,
                              double *error, double *work);

#endif
