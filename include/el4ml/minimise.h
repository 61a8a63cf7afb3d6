/* Local minimisation: a descent of the caller's choice, then L-BFGS with step control (Liu and Nocedal 1989;
 * the control of GMIN) and trust-region Newton steps to the tolerance. */
#ifndef EL4ML_MINIMISE_H
#define EL4ML_MINIMISE_H

#include "el4ml/surface.h"

EL4ML_BEGIN

/* How a minimisation goes from its start to the finish. All reach the same tolerance; which basin a start
 * falls into, and what it costs, differs. */
typedef enum el4ml_minimise_method {
    EL4ML_NEWTON_LBFGS,       /* the finish from the start on */
    EL4ML_LBFGS,              /* L-BFGS without Hessians, Newton steps for the last digits */
    EL4ML_CONJUGATE_GRADIENT, /* nonlinear, with guaranteed descent (Dai and Kou 2013) */
    EL4ML_ADAM,               /* Kingma and Ba (2015) */
    EL4ML_SGD,                /* stochastic gradient descent with momentum */
    EL4ML_SAM                 /* sharpness-aware minimisation (Foret et al. 2021) by SGD */
} el4ml_minimise_method;

/* Of ADAM, SGD and SAM. An epoch is one pass over the rows of data in mini-batches, newly shuffled; a surface
 * without rows gives its full gradient, and an epoch is one step of plain gradient descent. The learning rate
 * is halved, and the epoch before begun anew without momentum, when the mean loss of an epoch is higher than
 * that of each of the ten before it, V at the start counting as the first. */
typedef struct el4ml_training_options {
    double learning_rate; /* > 0; ADAM: in length_scale, default 0.01; SGD, SAM: in x^2/V, default 0.1;
                             0: the default */
    double momentum;      /* SGD, SAM: [0, 1), default 0.9 */
    size_t batch_size;    /* rows of a mini-batch, default 32; 0, or the number of rows: the full gradient */
    uint64_t epochs;      /* most; >= 1, default 300 */
    double radius;        /* SAM: of the ball whose worst point gives the gradient, in length_scale; > 0,
                             default 0.05 */
} el4ml_training_options;

typedef struct el4ml_minimise_options {
    double gradient_tolerance; /* RMS gradient |g|/sqrt(n) to reach; > 0, default 1e-9 */
    uint64_t max_evaluations;  /* of the gradient by the finish, and by CONJUGATE_GRADIENT before it;
                                  default 20000 */
    size_t history;         /* L-BFGS corrections kept, 1 ... 500; default 0: 24, or fewer (down to 4) where
                               they would cost more than the evaluations they save */
    double max_step;        /* longest step of L-BFGS and CONJUGATE_GRADIENT, |dx|, in units of the surface's
                               length_scale; steps of SGD and SAM are clipped to a tenth; > 0, default 3 */
    double max_rise;        /* largest rise of V in one step, relative to max(1, |V|); default 1e-12 */
    double newton_gradient; /* RMS gradient below which Newton steps are tried; 0: never; default 1e-6 */
    double precondition_gradient; /* RMS gradient below which L-BFGS starts from the factorised Hessian;
                                     default 1e-2 */
    uint64_t refresh;             /* gradient evaluations between such Hessians; default 0: 10 + n/4 */
    size_t dense_limit; /* n up to which Newton uses the full Hessian, products beyond; default 500 */
    el4ml_minimise_method method; /* default NEWTON_LBFGS */
    /* RMS gradient at which the descent gives over to the finish; with mini-batches, of their mean gradient
     * over an epoch. LBFGS: where Newton steps begin. >= 0; default 0: 1e-6 for CONJUGATE_GRADIENT, 1e-3 for
     * ADAM, SGD and SAM, newton_gradient for LBFGS. */
    double handover;
    el4ml_training_options training;
} el4ml_minimise_options;

typedef struct el4ml_minimise_result {
    double value, gradient_rms;
    uint64_t evaluations;
    uint64_t newton_steps;
    uint64_t descent_evaluations; /* of these, before the finish took over */
} el4ml_minimise_result;

/* A point on the way. */
typedef struct el4ml_iterate {
    bool descent;         /* false: of the finish */
    uint64_t evaluations; /* so far */
    double value;         /* NaN between mini-batches, where V is not known */
    double gradient_rms;  /* likewise */
    const double *x;      /* (n), borrowed */
} el4ml_iterate;

/* Called with every iterate in turn, the start first and the end last. A status other than OK ends the
 * minimisation with that status. */
typedef el4ml_status (*el4ml_observe)(void *context, const el4ml_iterate *iterate);

/* Working memory, bound to one evaluator and so to one thread. */
typedef struct el4ml_minimiser el4ml_minimiser;

EL4ML_API el4ml_minimise_options el4ml_minimise_options_default(void);
EL4ML_API el4ml_status el4ml_minimiser_new(el4ml_evaluator *evaluator, const el4ml_minimise_options *options,
                                           el4ml_minimiser **minimiser, el4ml_error *error);
EL4ML_API void el4ml_minimiser_free(el4ml_minimiser *minimiser);
/* NULL: nobody looks. */
EL4ML_API void el4ml_minimiser_observe(el4ml_minimiser *minimiser, el4ml_observe observe, void *context);
/* Where the order of the mini-batches comes from: every minimisation from now on begins with these random
 * numbers. Default el4ml_random_new(0, 0, 0). */
EL4ML_API void el4ml_minimiser_random(el4ml_minimiser *minimiser, el4ml_random random);

/* From `start` (n) to a stationary point `x` (n) with V no higher; they may be the same array. With bounds
 * (docs/bounds.md) that is a KKT point, the gradient is the projected one, `start` is clipped to the box
 * first, and the method must be NEWTON_LBFGS or LBFGS (NOT_SUPPORTED). A surface's rounding floor, where it
 * is above gradient_tolerance, takes its place.
 * EL4ML_NOT_CONVERGED when the budget or the machine's precision ends it, EL4ML_NUMERICAL when V is not
 * finite; `result` and `x` then hold the best point. Allocates nothing. */
EL4ML_API el4ml_status el4ml_minimise(el4ml_minimiser *minimiser, const double *start, double *x,
                                      el4ml_minimise_result *result);

EL4ML_END
#endif
