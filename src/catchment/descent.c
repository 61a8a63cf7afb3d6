/* A minimiser's first long step may land in another basin, so it is given the point only at the end: where
 * the Hessian is positive definite, and only if it then stays near. The path itself ends wherever the
 * gradient is small, which may be by a saddle that it passes closely; from there it goes on. */
#include "catchment/descent.h"

#include <math.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

#define MOST_PARTS 12 /* of a path, each until the gradient is 1e-5 of its steepest */
#define NEAR 0.1      /* longest way from the path's end to the minimum, in length_scale */

/* Beyond the reach of a full Hessian only the way to the minimum tells. */
static el4ml_status convex(el4ml_searcher *s, const double *x, bool *is)
{
    *is = true;
    if (!s->curvature.dense) return EL4ML_OK;
    const el4ml_status status = el4ml_curvature_set(&s->curvature, x);
    if (status == EL4ML_OK) *is = el4ml_factor_make(&s->curvature.factor, s->curvature.matrix, 0);
    return status;
}

el4ml_status el4ml_basin_descend(el4ml_searcher *s, double tolerance, el4ml_stationary *point)
{
    const size_t n = s->n;
    double *path = s->plus;
    if (s->own) return el4ml_own_flow(s, point);
    point->smallest_eigenvalue = 0;
    for (int part = 0; part < MOST_PARTS; part++) {
        bool end;
        el4ml_status status = el4ml_gradient_flow(s, point->x, tolerance);
        if (status == EL4ML_OK) status = convex(s, point->x, &end);
        if (status != EL4ML_OK) return status;
        if (!end) continue;
        el4ml_minimise_result result;
        el4ml_copy(n, point->x, path);
        status = el4ml_minimise(s->path_minimiser, path, point->x, &result);
        point->energy = result.value;
        point->gradient_rms = result.gradient_rms;
        if (status == EL4ML_OK && el4ml_distance(n, path, point->x) <= NEAR * s->length)
            return el4ml_inside(&s->evaluator, point->x) ? EL4ML_OK : EL4ML_NOT_CONVERGED;
        if (status != EL4ML_OK && status != EL4ML_NOT_CONVERGED) return status;
        el4ml_copy(n, path, point->x);
    }
    return EL4ML_NOT_CONVERGED;
}
