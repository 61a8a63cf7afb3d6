/* Inside of el4ml_check_surface. */
#ifndef EL4ML_SURFACE_CHECK_H
#define EL4ML_SURFACE_CHECK_H

#include "el4ml/surface.h"

typedef struct el4ml_check_work {
    el4ml_evaluator e;
    double *x, *v, *g, *trial, *hv, *other, *h;
} el4ml_check_work;

/* The larger of two errors; what is not a number is infinite. */
double el4ml_larger_error(double a, double b);

/* Of check_hooks.c. Zero modes at x: orthonormal, and no slope along them. */
el4ml_status el4ml_check_zero_modes(el4ml_check_work *w, el4ml_surface_check *check);
/* Copies of x under random operations: V, alignment, multiplicity, sameness. */
el4ml_status el4ml_check_symmetry(el4ml_check_work *w, el4ml_random *random, el4ml_surface_check *check);
/* Mini-batches that make up the rows average to V and its gradient. */
el4ml_status el4ml_check_batches(el4ml_check_work *w, el4ml_random *random, el4ml_surface_check *check);

#endif
