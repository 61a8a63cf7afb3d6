/* Which minimum a point falls to along the path of steepest descent. */
#ifndef EL4ML_CATCHMENT_DESCENT_H
#define EL4ML_CATCHMENT_DESCENT_H

#include "el4ml/saddle.h"

/* Follow dx/dt = -g from x, local error at most `tolerance` (in length_scale), to where the Hessian is
 * positive definite and the minimum is near; then minimise to it. point->x is the start and becomes the
 * minimum; its energy, gradient_rms and, when the Hessian was made, smallest_eigenvalue (0: unknown) are
 * filled. NUMERICAL: the surface is not finite on the way; NOT_CONVERGED: the path does not end, or ends
 * outside the surface's domain. */
el4ml_status el4ml_basin_descend(el4ml_searcher *s, double tolerance, el4ml_stationary *point);

#endif
