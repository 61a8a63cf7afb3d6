/* The path down: dx/dt = -g(x), integrated with error control, so that it ends in the basin that steepest
 * descent defines and not where a minimiser happens to jump.
 *
 * The equation is stiff (curvatures of a net span five decades). While a full Hessian is at hand the
 * integrator is linearly implicit (flow_rodas.c). Beyond, every solve would be an iteration of its own: there
 * an explicit one whose stability grows with the square of its stages (flow_rkc.c) does the same with
 * gradients alone. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/flow.h"

#define MAX_STEPS 3000
#define FLOW_END                                                                                             \
    1e-5 /* RMS gradient relative to the steepest on the way, at which a minimiser may take over */

/* The next step; after two accepted ones also by how the error changed between them (Gustafsson, ACM Trans.
 * Math. Softw. 20, 496, 1994): on the way off a saddle every step must be shorter than the last. */
static void control(el4ml_flow *f, double order, double error, bool accepted)
{
    if (!isfinite(error)) {
        f->h *= 0.25;
        return;
    }
    error = fmax(error, 1e-300);
    double factor = 0.9 * pow(f->tolerance / error, 1 / order);
    if (accepted) {
        if (f->last_h > 0)
            factor = fmin(factor, factor * f->h / f->last_h * pow(f->last_error / error, 1 / order));
        f->last_h = f->h;
        f->last_error = error;
    }
    f->h *= fmax(0.2, fmin(6, factor));
}

static el4ml_status tell(const el4ml_searcher *s, const double *x, double value)
{
    const el4ml_iterate iterate = {.descent = true,
                                   .evaluations = s->evaluator.cost.evaluations,
                                   .value = value,
                                   .gradient_rms = el4ml_norm(s->n, s->g) / sqrt((double)s->n),
                                   .x = x};
    return s->path_observe ? s->path_observe(s->path_context, &iterate) : EL4ML_OK;
}

el4ml_status el4ml_gradient_flow(el4ml_searcher *s, double *x, double tolerance)
{
    const size_t n = s->n;
    const bool implicit = s->curvature.dense;
    const el4ml_flow_attempt attempt = implicit ? el4ml_rodas_attempt : el4ml_rkc_attempt;
    el4ml_flow f = {.s = s, .x = x, .trial = s->trial, .tolerance = tolerance * s->length};
    for (int i = 0; i < EL4ML_FLOW_STAGES; i++)
        f.u[i] = s->stages + (size_t)i * n;
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
        if (fresh && implicit) status = el4ml_curvature_set(&s->curvature, x);
        if (status != EL4ML_OK) return status;
        double error;
        status = attempt(&f, &error);
        if (status != EL4ML_OK) return status;
        fresh = error <= f.tolerance;
        if (fresh) {
            el4ml_copy(n, f.trial, x);
            el4ml_copy(n, s->trial_g, s->g);
            f.value = f.trial_value;
            status = tell(s, x, f.value);
            if (status != EL4ML_OK) return status;
        }
        control(&f, implicit ? 4 : 2, error, fresh);
        if (!(f.h > 1e-300)) return EL4ML_NOT_CONVERGED;
    }
    return EL4ML_OK; /* slow but downhill: the minimiser's small steps go on from here */
}
