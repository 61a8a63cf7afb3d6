/* The first part of a minimisation by another method than the finish's: from the start to where the gradient
 * is small. All that minimise.c knows of these methods. */
#ifndef EL4ML_MINIMISE_DESCENT_H
#define EL4ML_MINIMISE_DESCENT_H

#include "el4ml/minimise.h"

/* Who looks on. */
typedef struct el4ml_observer {
    el4ml_observe observe; /* or NULL */
    void *context;
} el4ml_observer;

/* A descent under way. At its begin and its end value and g belong to x. */
typedef struct el4ml_descent {
    el4ml_minimise_options options; /* defaults filled in, max_step and radius in units of x */
    el4ml_evaluator *evaluator;
    el4ml_observer observer;
    el4ml_random random;
    size_t n;
    double value;
    double *x, *g;                 /* (n) each, as all below; what a method has no use for is NULL */
    double *trial, *trial_g, *d;   /* conjugate gradients; trial: of what the observer of walks knows */
    double *first, *second, *ball; /* moments or velocity, or the mean of a walk; the worst point of the
                                      ball, or the walker */
    double *mean, *kept, *begun;   /* the epoch's mean gradient; where the epoch before and this one began */
    double *origin;                /* where all began */
    size_t *order;                 /* (rows) */
    uint64_t began;                /* the evaluator's count of evaluations when the minimisation began */
    double *block;
} el4ml_descent;

/* Are the options of the method in range? */
el4ml_status el4ml_descent_check(const el4ml_minimise_options *options, el4ml_error *error);
/* *descent stays NULL for a method that has none. `options` with max_step in units of x. */
el4ml_status el4ml_descent_new(el4ml_evaluator *evaluator, const el4ml_minimise_options *options,
                               el4ml_descent **descent, el4ml_error *error);
void el4ml_descent_free(el4ml_descent *descent);
/* From d->x with d->value and d->g to a point with V no higher. A method that gets no further ends with OK;
 * other statuses end the minimisation. */
el4ml_status el4ml_descent_run(el4ml_descent *d);

/* ---- For the methods ---- */

el4ml_status el4ml_conjugate_gradient(el4ml_descent *d);
el4ml_status el4ml_training(el4ml_descent *d);
/* x after one step along the gradient d->g with this learning rate, clipped. adam: step number from 1. */
void el4ml_adam_step(el4ml_descent *d, double rate, uint64_t step);
void el4ml_sgd_step(el4ml_descent *d, double rate);
/* The walker d->ball after one step along its gradient d->g, clipped; step: 0 ... walk - 1, the last of which
 * takes x to the walk's mean d->first. */
void el4ml_entropy_begin(el4ml_descent *d);
void el4ml_entropy_step(el4ml_descent *d, double rate, uint64_t step);

/* Tell the observer of x. */
el4ml_status el4ml_observer_tell(const el4ml_observer *observer, const el4ml_iterate *iterate);
el4ml_status el4ml_descent_tell(const el4ml_descent *d, bool value_known);
/* Since the minimisation began. */
uint64_t el4ml_descent_evaluations(const el4ml_descent *d);

#endif
