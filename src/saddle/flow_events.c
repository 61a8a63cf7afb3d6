/* Events of the projected gradient flow. Between them it is an ordinary differential equation in the
 * coordinates that are not held; an event is a bound that is hit or released within a step. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/flow.h"

#define SHARE 0.1    /* of the path's tolerance that an event may cost */
#define SHORTEST 0.1 /* a step that meets an event is shortened to this at most, and once more if need be */

static double lower(const el4ml_flow *f, size_t i)
{
    return f->s->evaluator.surface->info.lower[i];
}

static double upper(const el4ml_flow *f, size_t i)
{
    return f->s->evaluator.surface->info.upper[i];
}

el4ml_status el4ml_flow_gradient(el4ml_flow *f, const double *y, double *value, double *gradient)
{
    el4ml_searcher *s = f->s;
    if (!f->inside) return el4ml_value_gradient(&s->evaluator, y, value, gradient);
    el4ml_copy(s->n, y, f->inside);
    el4ml_clip(&s->evaluator, f->inside);
    const el4ml_status status = el4ml_value_gradient(&s->evaluator, f->inside, value, gradient);
    for (size_t i = 0; i < s->n; i++) {
        f->trial_pull[i] = gradient[i];
        if (s->held[i]) gradient[i] = 0;
    }
    return status;
}

void el4ml_flow_hold(el4ml_flow *f)
{
    el4ml_searcher *s = f->s;
    if (!f->inside) return;
    for (size_t i = 0; i < s->n; i++)
        s->g[i] = f->pull[i];
    el4ml_box_hold(&s->evaluator, f->x, s->g, s->held);
    el4ml_box_mask(s->n, s->held, s->g);
    el4ml_curvature_hold(&s->curvature, s->held);
}

/* How far beyond its bound coordinate i of the trial is; negative inside. */
static double beyond(const el4ml_flow *f, size_t i)
{
    return fmax(lower(f, i) - f->trial[i], f->trial[i] - upper(f, i));
}

/* The part of the step after which coordinate i, which ends beyond its bound, met it. */
static double time_of_hit(const el4ml_flow *f, size_t i)
{
    const double bound = f->trial[i] < lower(f, i) ? lower(f, i) : upper(f, i);
    return (bound - f->x[i]) / (f->trial[i] - f->x[i]);
}

/* Multipliers of a held coordinate, at the start of the step and at its end. */
static void multipliers(const el4ml_flow *f, size_t i, double *before, double *after)
{
    const double sign = f->x[i] <= lower(f, i) ? 1 : -1;
    *before = sign * f->pull[i];
    *after = sign * f->trial_pull[i];
}

/* The earliest event that must not be stepped over, as a part of the step; 1: none. *stuck: a coordinate on a
 * bound that would leave the box at once; n: none. */
static double first_event(const el4ml_flow *f, size_t *stuck)
{
    const el4ml_searcher *s = f->s;
    const double allowed = SHARE * f->tolerance;
    double first = 1;
    *stuck = s->n;
    for (size_t i = 0; i < s->n; i++) {
        double before, after;
        if (!s->held[i]) {
            if (!(beyond(f, i) > allowed)) continue;
            const double time = time_of_hit(f, i);
            if (!(time > 0)) *stuck = i;
            first = fmin(first, time);
            continue;
        }
        multipliers(f, i, &before, &after);
        if (after >= 0 || -0.5 * after * f->h <= allowed) continue;
        first = fmin(first, before / (before - after));
    }
    return first;
}

/* Coordinates that are beyond a bound, or next to it and on their way out, go onto it; held ones stay exactly
 * where they are. True when that is another point than the one whose gradient is known. */
static bool put_on_bounds(el4ml_flow *f)
{
    el4ml_searcher *s = f->s;
    const double near = SHARE * f->tolerance;
    bool other = false;
    for (size_t i = 0; i < s->n; i++) {
        const double pull = f->trial_pull[i], was = f->inside[i];
        if (s->held[i])
            f->trial[i] = f->x[i];
        else if (was - lower(f, i) <= near && (was == lower(f, i) || pull > 0))
            f->trial[i] = lower(f, i);
        else if (upper(f, i) - was <= near && (was == upper(f, i) || pull < 0))
            f->trial[i] = upper(f, i);
        other = other || f->trial[i] != was;
    }
    return other;
}

el4ml_status el4ml_flow_meet(el4ml_flow *f, bool *stands)
{
    *stands = true;
    if (!f->inside) return EL4ML_OK;
    size_t stuck;
    const double first = first_event(f, &stuck);
    *stands = false;
    if (stuck < f->s->n) { /* pushed into the box now, out of it soon: it stays on the bound for this step */
        f->s->held[stuck] = 1;
        f->s->g[stuck] = 0;
        f->changed = true;
        return EL4ML_OK;
    }
    if (first < 1) {
        f->h *= fmax(first, SHORTEST);
        return EL4ML_OK;
    }
    *stands = true;
    if (!put_on_bounds(f)) return EL4ML_OK;
    return el4ml_flow_gradient(f, f->trial, &f->trial_value, f->s->trial_g);
}

void el4ml_flow_accept(el4ml_flow *f)
{
    el4ml_searcher *s = f->s;
    el4ml_copy(s->n, f->trial, f->x);
    el4ml_copy(s->n, s->trial_g, s->g);
    f->value = f->trial_value;
    if (f->inside) el4ml_copy(s->n, f->trial_pull, f->pull);
}
