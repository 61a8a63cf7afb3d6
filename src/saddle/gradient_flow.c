/* The path down: dx/dt = -g(x), integrated with error control, so that it ends in the basin that steepest
 * descent defines and not where a minimiser happens to jump.
 *
 * The equation is stiff (curvatures of a net span five decades), so the integrator is linearly implicit: the
 * two-stage, second-order, L-stable Rosenbrock method ROS2 (Verwer, Spee, Blom and Hundsdorfer, SIAM J. Sci.
 * Comput. 20, 1456, 1999) with the exact Hessian:
 *
 *     (1 + gamma h H) k1 = -g(x)
 *     (1 + gamma h H) k2 = -g(x + h k1) - 2 k1
 *     x' = x + 3/2 h k1 + 1/2 h k2,     local error of the embedded first-order result: h/2 |k1 + k2|.
 *
 * For h -> infinity a step becomes Newton's, so the end costs little. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

#define MAX_STEPS 3000
#define FLOW_END                                                                                             \
    1e-5 /* RMS gradient relative to the steepest on the way, at which a minimiser may take over */

static const double gamma_ros2 = 0.29289321881345254; /* 1 - 1/sqrt(2) */

typedef struct flow {
    el4ml_searcher *s;
    double *x, *k1, *k2, *trial;
    double value, trial_value, h, tolerance;
} flow;

/* One attempt with step h: the result in trial, its gradient in trial_g. *error: INFINITY when it must be
 * repeated with a shorter step. */
static el4ml_status attempt(flow *f, double *error)
{
    el4ml_searcher *s = f->s;
    const size_t n = s->n;
    const double shift = 1 / (gamma_ros2 * f->h);
    double value;
    *error = INFINITY;
    bool definite;
    for (size_t i = 0; i < n; i++)
        f->k1[i] = -shift * s->g[i];
    el4ml_status status = el4ml_curvature_solve(&s->curvature, shift, f->k1, true, &definite);
    if (status != EL4ML_OK || !definite) return status;
    for (size_t i = 0; i < n; i++)
        f->trial[i] = f->x[i] + f->h * f->k1[i];
    status = el4ml_value_gradient(&s->evaluator, f->trial, &value, s->trial_g);
    if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
    for (size_t i = 0; i < n; i++)
        f->k2[i] = -shift * (s->trial_g[i] + 2 * f->k1[i]);
    status = el4ml_curvature_solve(&s->curvature, shift, f->k2, false, &definite);
    if (status != EL4ML_OK || !definite) return status;
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        const double e = 0.5 * f->h * (f->k1[i] + f->k2[i]);
        square += e * e;
        f->trial[i] = f->x[i] + f->h * (1.5 * f->k1[i] + 0.5 * f->k2[i]);
    }
    status = el4ml_value_gradient(&s->evaluator, f->trial, &f->trial_value, s->trial_g);
    if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
    *error = sqrt(square);
    if (f->trial_value > f->value + 1e-13 * fmax(1, fabs(f->value)))
        *error = INFINITY; /* V falls along the flow */
    return EL4ML_OK;
}

el4ml_status el4ml_gradient_flow(el4ml_searcher *s, double *x, double tolerance)
{
    const size_t n = s->n;
    flow f = {
        .s = s, .x = x, .k1 = s->step, .k2 = s->hs, .trial = s->trial, .tolerance = tolerance * s->length};
    el4ml_status status = el4ml_value_gradient(&s->evaluator, x, &f.value, s->g);
    if (status != EL4ML_OK) return status;
    double steepest = 0;
    f.h = 3 * f.tolerance / fmax(el4ml_norm(n, s->g), 1e-300);
    bool fresh = true;
    for (int step = 0; step < MAX_STEPS; step++) {
        const double norm = el4ml_norm(n, s->g);
        steepest = fmax(steepest, norm);
        if (norm <= FLOW_END * steepest || norm <= s->options.gradient_tolerance * sqrt((double)n))
            return EL4ML_OK;
        if (fresh) status = el4ml_curvature_set(&s->curvature, x);
        if (status != EL4ML_OK) return status;
        double error;
        status = attempt(&f, &error);
        if (status != EL4ML_OK) return status;
        fresh = error <= f.tolerance;
        if (fresh) {
            el4ml_copy(n, f.trial, x);
            el4ml_copy(n, s->trial_g, s->g);
            f.value = f.trial_value;
        }
        f.h *= isfinite(error) ? fmax(0.2, fmin(5, 0.85 * sqrt(f.tolerance / fmax(error, 1e-300)))) : 0.25;
        if (!(f.h > 1e-300)) return EL4ML_NOT_CONVERGED;
    }
    return EL4ML_OK; /* slow but downhill: the minimiser's small steps go on from here */
}
