/* Local minimisation: L-BFGS with step control (Liu and Nocedal 1989; the control of GMIN), then trust-region
 * Newton steps to the tolerance. */
#ifndef EL4ML_MINIMISE_H
#define EL4ML_MINIMISE_H

#include "el4ml/surface.h"

EL4ML_BEGIN

typedef struct el4ml_minimise_options {
    double gradient_tolerance; /* RMS gradient |g|/sqrt(n) to reach; > 0, default 1e-9 */
    uint64_t max_evaluations;  /* of the gradient; default 20000 */
    size_t history;  /* L-BFGS corrections kept, 1 ... 500; default 0: 24, or fewer (down to 4) where
                        they would cost more than the evaluations they save */
    double max_step; /* longest L-BFGS step, |dx|, in units of the surface's length_scale; > 0, default 3 */
    double max_rise; /* largest rise of V in one step, relative to max(1, |V|); default 1e-12 */
    double newton_gradient; /* RMS gradient below which Newton steps are tried; 0: never; default 1e-6 */
    double precondition_gradient; /* RMS gradient below which L-BFGS starts from the factorised Hessian;
                                     default 1e-2 */
    uint64_t refresh;             /* gradient evaluations between such Hessians; default 0: 10 + n/4 */
    size_t dense_limit; /* n up to which Newton uses the full Hessian, products beyond; default 500 */
} el4ml_minimise_options;

typedef struct el4ml_minimise_result {
    double value, gradient_rms;
    uint64_t evaluations;
    uint64_t newton_steps;
} el4ml_minimise_result;

/* Working memory, bound to one evaluator and so to one thread. */
typedef struct el4ml_minimiser el4ml_minimiser;

EL4ML_API el4ml_minimise_options el4ml_minimise_options_default(void);
EL4ML_API el4ml_status el4ml_minimiser_new(el4ml_evaluator *evaluator, const el4ml_minimise_options *options,
                                           el4ml_minimiser **minimiser, el4ml_error *error);
EL4ML_API void el4ml_minimiser_free(el4ml_minimiser *minimiser);

/* From `start` (n) to a stationary point `x` (n) with V no higher; they may be the same array.
 * EL4ML_NOT_CONVERGED when the budget or the machine's precision ends it, EL4ML_NUMERICAL when V is not
 * finite; `result` and `x` then hold the best point. Allocates nothing. */
EL4ML_API el4ml_status el4ml_minimise(el4ml_minimiser *minimiser, const double *start, double *x,
                                      el4ml_minimise_result *result);

EL4ML_END
#endif
