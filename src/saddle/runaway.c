/* Is there a minimum at all? Where a loss has none (classes that can be told apart without error, and no L2
 * term), minimisations go outwards until the gradient is lost, and end nowhere. Such an end is known by this:
 * along the ray from the origin V falls as far as anybody looks; or, where not all parameters grow, V is flat
 * there, and twice as far out, and four times, and not higher but lower. How much lower tells an exponential
 * (|g| |x| / 20) or a power law from the |g|^2 / lambda that a minimisation leaves above a valley's floor. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

enum { DOUBLINGS = 6, ROUNDS = 2 };
#define FAR 1.0       /* from the origin, in length_scale, before anything is suspected */
#define FLAT 1e-6     /* RMS gradient */
#define OUTWARDS 1.25 /* a minimisation that begins twice as far ends so much farther at least */
#define SHARE 1e-4    /* of |g| |x| */
#define ROUNDING (64 * 2.3e-16)

static bool is_lower(double value, double before)
{
    return value < before - ROUNDING * fabs(before);
}

/* Is `value`, far out, lower than at p by what the slope there is good for? */
static bool fell(const el4ml_searcher *s, const el4ml_stationary *p, double value)
{
    const double slope = p->gradient_rms * sqrt((double)s->n);
    return is_lower(value, p->energy) && p->energy - value >= SHARE * slope * el4ml_norm(s->n, p->x);
}

/* Does V never rise, and fall in the end, on the ray to 2^DOUBLINGS times as far as x is? */
static el4ml_status falls_along_ray(el4ml_searcher *s, const el4ml_stationary *p, bool *away)
{
    double before = p->energy, scale = 1.5;
    for (int k = 0; k <= DOUBLINGS; k++, scale *= 2) {
        double value;
        for (size_t i = 0; i < s->n; i++)
            s->trial[i] = scale * p->x[i];
        const el4ml_status status = el4ml_value_gradient(&s->evaluator, s->trial, &value, NULL);
        if (status == EL4ML_NUMERICAL) return EL4ML_OK;
        if (status != EL4ML_OK) return status;
        if (is_lower(before, value)) return EL4ML_OK;
        before = value;
    }
    *away = fell(s, p, before);
    return EL4ML_OK;
}

/* Minimisations from twice as far as the last one ended. */
static el4ml_status falls_outwards(el4ml_searcher *s, const el4ml_stationary *p, bool *away)
{
    double before = p->energy, size = el4ml_norm(s->n, p->x);
    if (!(p->gradient_rms <= FLAT)) return EL4ML_OK;
    el4ml_copy(s->n, p->x, s->trial);
    for (int k = 0; k < ROUNDS; k++) {
        el4ml_minimise_result end;
        el4ml_scale(s->n, 2, s->trial);
        const el4ml_status status = el4ml_minimise(s->minimiser, s->trial, s->trial, &end);
        if (status != EL4ML_OK && status != EL4ML_NOT_CONVERGED)
            return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
        const double now = el4ml_norm(s->n, s->trial);
        if (!(end.gradient_rms <= FLAT) || is_lower(before, end.value) || !(now > OUTWARDS * size))
            return EL4ML_OK;
        before = end.value;
        size = now;
    }
    *away = fell(s, p, before);
    return EL4ML_OK;
}

el4ml_status el4ml_runs_away(el4ml_searcher *s, const el4ml_stationary *point, bool *away)
{
    const double size = el4ml_norm(s->n, point->x);
    *away = false;
    if (s->evaluator.surface->info.lower) return EL4ML_OK; /* there is an end */
    if (!(size > FAR * s->length) || !isfinite(size)) return EL4ML_OK;
    const el4ml_status status = falls_along_ray(s, point, away);
    return status == EL4ML_OK && !*away ? falls_outwards(s, point, away) : status;
}
