/* Eigenvector-following with a full Hessian (Munro and Wales, Phys. Rev. B 59, 3969, 1999; Kumeda, Munro and
 * Wales, Chem. Phys. Lett. 341, 185, 2001). Along the followed mode e with eigenvalue lambda the step is
 *
 *     h = 2 (g.e) / (|lambda| (1 + sqrt(1 + 4 (g.e/lambda)^2))),   uphill, capped;
 *
 * in the space orthogonal to e V is minimised. There the published, hybrid method takes L-BFGS steps
 * (hybrid_following.c); with the Hessian at hand a Newton step does the same work in fewer evaluations and
 * turns into the Newton finish by itself. The step length follows how well the quadratic model foretold the
 * gradient. With bounds the free coordinates move alone (docs/bounds.md). */
#include <math.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

/* Steps for which a wall may stop the way up: V hardly ever turns to rise from it later (measured on a
 * Gaussian process: 2 of 136 transition states were missed that way, in half the time). */
#define PATIENCE 4

double el4ml_uphill(double ge, double lambda, double cap)
{
    const double size = fmax(fabs(lambda), 1e-12), ratio = ge / size;
    const double h = 2 * ratio / (1 + sqrt(1 + 4 * ratio * ratio));
    return fmax(-cap, fmin(cap, h));
}

/* The eigenvector that overlaps most with `mode`: from its last direction, or else from the full spectrum. */
static el4ml_status track(el4ml_searcher *s, double rms, double *mode, double *lambda)
{
    const size_t n = s->n;
    if (el4ml_track_mode(s, rms <= 1e-4 ? 1e-3 : 0.05, mode, lambda) == EL4ML_OK) return EL4ML_OK;
    double *values = s->eigen_work;
    el4ml_copy(n * n, s->curvature.matrix, s->spectrum);
    if (!el4ml_eigen(n, s->spectrum, values, true, values + n, s->eigen_work_size)) return EL4ML_NUMERICAL;
    size_t best = 0;
    double overlap = -1;
    for (size_t i = 0; i < n; i++) {
        const double o = fabs(el4ml_dot(n, s->spectrum + i * n, mode));
        if (o > overlap) {
            overlap = o;
            best = i;
        }
    }
    const double sign = el4ml_dot(n, s->spectrum + best * n, mode) < 0 ? -1 : 1;
    for (size_t i = 0; i < n; i++)
        mode[i] = sign * s->spectrum[best * n + i];
    *lambda = values[best];
    return EL4ML_OK;
}

/* The lowest mode, warm from the last one. Far from the transition state a rough one does. */
static el4ml_status follow_lowest(el4ml_searcher *s, double rms, double *mode, double *lambda)
{
    return el4ml_lowest_mode(&s->lanczos, &s->curvature, rms <= 1e-4 ? 1e-3 : 0.05, EL4ML_MANY_RESTARTS, mode,
                             lambda);
}

/* step = h e + s with s a decrease in the space orthogonal to e; hs = H step. */
static el4ml_status make_step(el4ml_searcher *s, const double *mode, double lambda, double radius, double rms)
{
    const size_t n = s->n;
    bool inside;
    const el4ml_step_limits limits = {radius, fmin(0.1, sqrt(rms)), 2 * n + 10};
    el4ml_status status = el4ml_curvature_step(&s->curvature, s->g, mode, &limits, s->step, &inside);
    if (status != EL4ML_OK) return status;
    const double ge = el4ml_dot(n, s->g, mode);
    const double first = ge == 0 && lambda > 0 ? radius : el4ml_uphill(ge, lambda, radius);
    el4ml_axpy(n, first, mode, s->step);
    return el4ml_curvature_apply(&s->curvature, s->step, s->hs);
}

/* How far the gradient at the trial is from what the quadratic model foretold, relative to its change. */
static double model_error(const el4ml_searcher *s)
{
    double error = 0, change = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->held && s->held[i]) continue;
        const double d = s->trial_g[i] - s->g[i] - s->hs[i];
        error += d * d;
        change += s->hs[i] * s->hs[i];
    }
    return sqrt(error / fmax(change, 1e-300));
}

/* The curvature at x, and the mode followed there. */
static el4ml_status find_mode(el4ml_searcher *s, const double *x, bool tracked, double *mode, double *lambda)
{
    if (s->curvature.held_count == s->n) return EL4ML_NOT_CONVERGED; /* a corner: nowhere to go */
    const el4ml_status status = el4ml_curvature_set(&s->curvature, x);
    if (status != EL4ML_OK) return status;
    const double rms = el4ml_search_rms(s);
    return el4ml_keep_mode(s, mode) && tracked ? track(s, rms, mode, lambda)
                                               : follow_lowest(s, rms, mode, lambda);
}

static el4ml_status try_step(el4ml_searcher *s, const double *x)
{
    double value;
    for (size_t i = 0; i < s->n; i++)
        s->trial[i] = x[i] + s->step[i];
    if (el4ml_clip_trial(s, x, s->trial)) {
        const el4ml_status status = el4ml_curvature_apply(&s->curvature, s->step, s->hs);
        if (status != EL4ML_OK) return status;
    }
    return el4ml_value_gradient(&s->evaluator, s->trial, &value, s->trial_g);
}

el4ml_status el4ml_follow_mode(el4ml_searcher *s, double *x, double *mode, bool tracked)
{
    const size_t n = s->n;
    el4ml_evaluator *e = &s->evaluator;
    if (s->own) return EL4ML_NOT_SUPPORTED;
    double value, floor = 0, lambda = 0, radius = s->options.max_step * s->length;
    const double longest = radius, shortest = 1e-3 * radius;
    el4ml_forget_blocked(s);
    el4ml_clip(e, x);
    if (!s->curvature.dense) return el4ml_follow_lowest(s, x, mode);
    tracked = tracked && s->spectrum;
    el4ml_status status = el4ml_value_gradient(e, x, &value, s->g);
    if (status != EL4ML_OK) return status;
    bool fresh = true; /* the curvature belongs to x */
    int waited = 0;    /* steps since a wall stopped the way up */
    for (size_t k = 0; k < s->options.max_iterations; k++) {
        if (fresh) {
            floor = el4ml_rounding_floor(e, x);
            el4ml_hold_for_search(s, x, s->g);
            status = find_mode(s, x, tracked, mode, &lambda);
            if (status != EL4ML_OK) return status;
        }
        const double rms = el4ml_search_rms(s);
        if (rms <= s->options.gradient_tolerance || rms <= floor)
            return lambda < 0 && !el4ml_any_blocked(s) ? EL4ML_OK : EL4ML_NOT_CONVERGED;
        status = make_step(s, mode, lambda, radius, rms);
        if (status != EL4ML_OK) return status;
        status = try_step(s, x);
        if (status != EL4ML_OK && status != EL4ML_NUMERICAL) return status;
        const double error = status == EL4ML_OK ? model_error(s) : INFINITY;
        const double length = el4ml_norm(n, s->step);
        fresh = !(error > 1.5) || length <= shortest;
        if (error > 0.6) radius = fmax(shortest, 0.5 * fmin(radius, length));
        if (error < 0.2) radius = fmin(longest, fmax(radius, 1.8 * length));
        if (!fresh) continue;
        if (status != EL4ML_OK) return status;
        el4ml_copy(n, s->trial, x);
        el4ml_copy(n, s->trial_g, s->g);
        el4ml_note_blocked(s, x, s->g);
        waited = el4ml_any_blocked(s) ? waited + 1 : 0;
        if (waited > PATIENCE) return EL4ML_NOT_CONVERGED;
        if (!el4ml_inside(e, x)) return EL4ML_NOT_CONVERGED;
    }
    return EL4ML_NOT_CONVERGED;
}
