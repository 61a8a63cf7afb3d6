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

static el4ml_flow new_flow(el4ml_searcher *s, double *x, double tolerance)
{
    el4ml_flow f = {.s = s, .x = x, .trial = s->trial, .tolerance = tolerance * s->length};
    for (int i = 0; i < EL4ML_FLOW_STAGES; i++)
        f.u[i] = s->stages + (size_t)i * s->n;
    if (!s->held) return f;
    f.inside = s->step;
    f.pull = s->hs;
    f.trial_pull = s->mode;
    for (size_t i = 0; i < s->n; i++)
        s->held[i] = 0;
    return f;
}

/* The step that was tried is taken if it may be; if not, f->h is another one. */
static el4ml_status take(el4ml_flow *f, double order, double error, bool *taken)
{
    *taken = error <= f->tolerance;
    if (*taken) {
        const el4ml_status status = el4ml_flow_meet(f, taken);
        if (status != EL4ML_OK || !*taken) return status;
        el4ml_flow_accept(f);
    }
    control(f, order, error, *taken);
    return f->h > 1e-300 ? EL4ML_OK : EL4ML_NOT_CONVERGED;
}

el4ml_status el4ml_gradient_flow(el4ml_searcher *s, double *x, double tolerance)
{
    const size_t n = s->n;
    const bool implicit = s->curvature.dense;
    const el4ml_flow_attempt attempt = implicit ? el4ml_rodas_attempt : el4ml_rkc_attempt;
    el4ml_flow f = new_flow(s, x, tolerance);
    el4ml_status status = el4ml_flow_gradient(&f, x, &f.value, s->g);
    if (status != EL4ML_OK) return status;
    if (f.inside) el4ml_copy(n, f.trial_pull, f.pull);
    double steepest = 0;
    bool fresh = true;
    for (int step = 0; step < MAX_STEPS; step++) {
        if (fresh) el4ml_flow_hold(&f);
        if (fresh) f.rounding = fmax(1e-13 * fmax(1, fabs(f.value)), el4ml_rounding_floor(&s->evaluator, x));
        const double norm = el4ml_norm(n, s->g);
        if (step == 0) f.h = 3 * f.tolerance / fmax(norm, 1e-300);
        steepest = fmax(steepest, norm);
        if (norm <= FLOW_END * steepest || norm <= s->options.gradient_tolerance * sqrt((double)n))
            return EL4ML_OK;
        if (f.changed) el4ml_curvature_hold(&s->curvature, s->held);
        if ((fresh || f.changed) && implicit) status = el4ml_curvature_set(&s->curvature, x);
        if (status != EL4ML_OK) return status;
        f.changed = false;
        double error;
        status = attempt(&f, &error);
        if (status == EL4ML_OK) status = take(&f, implicit ? 4 : 2, error, &fresh);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK; /* slow but downhill: the minimiser's small steps go on from here */
}
