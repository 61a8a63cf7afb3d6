/* What a bound means for a stationary point and for a search (docs/bounds.md). */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

/* A multiplier of this size has a sign that can be trusted. */
static double least_multiplier(const el4ml_searcher *s, const el4ml_stationary *p)
{
    return sqrt((double)s->n) * fmax(100 * s->options.gradient_tolerance, 10 * p->gradient_rms);
}

void el4ml_set_gradient_rms(el4ml_searcher *s, el4ml_stationary *p)
{
    p->gradient_rms =
        fmax(el4ml_projected_rms(&s->evaluator, p->x, s->g), el4ml_rounding_floor(&s->evaluator, p->x));
}

void el4ml_set_multipliers(el4ml_searcher *s, el4ml_stationary *p)
{
    const el4ml_evaluator *e = &s->evaluator;
    el4ml_set_gradient_rms(s, p);
    p->active = 0;
    p->log_multipliers = 0;
    s->doubtful = 0;
    if (!s->held) return;
    const double least = least_multiplier(s, p);
    for (size_t i = 0; i < s->n; i++) {
        const double multiplier = el4ml_multiplier(e, p->x, s->g, i);
        s->held[i] = multiplier >= -least;
        s->blocked[i] = fabs(multiplier) <= least;
        p->active += s->held[i];
        s->doubtful += s->blocked[i];
        if (multiplier > 0) p->log_multipliers += log(multiplier);
    }
    if (s->doubtful > 0) p->log_multipliers = NAN;
    el4ml_curvature_hold(&s->curvature, s->held);
}

void el4ml_release_doubtful(el4ml_searcher *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->blocked[i]) s->held[i] = 0;
    el4ml_curvature_hold(&s->curvature, s->held);
}

bool el4ml_is_stationary(el4ml_searcher *s, const el4ml_stationary *p)
{
    return p->gradient_rms <= s->options.gradient_tolerance ||
           p->gradient_rms <= el4ml_rounding_floor(&s->evaluator, p->x);
}

/* ---- Searches along a mode ---- */

#define BLOCKED 1 /* it climbed to the wall, and V still rises towards it */
#define STOPPED 2 /* the wall cut the step under trial */

void el4ml_forget_blocked(el4ml_searcher *s)
{
    if (s->held) memset(s->blocked, 0, s->n);
}

void el4ml_hold_for_search(el4ml_searcher *s, const double *x, const double *g)
{
    if (!s->held) return;
    for (size_t i = 0; i < s->n; i++) {
        const double multiplier = el4ml_multiplier(&s->evaluator, x, g, i);
        if (multiplier >= 0 || isinf(multiplier)) s->blocked[i] = 0;
        s->held[i] = multiplier >= 0 || s->blocked[i] == BLOCKED;
    }
    el4ml_curvature_hold(&s->curvature, s->held);
}

double el4ml_search_rms(const el4ml_searcher *s)
{
    if (!s->held) return el4ml_norm(s->n, s->g) / sqrt((double)s->n);
    double square = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!s->held[i]) square += s->g[i] * s->g[i];
    return sqrt(square / (double)s->n);
}

bool el4ml_keep_mode(const el4ml_searcher *s, double *mode)
{
    if (!s->held) return true;
    el4ml_box_mask(s->n, s->held, mode);
    const double norm = el4ml_norm(s->n, mode);
    if (norm > 0) el4ml_scale(s->n, 1 / norm, mode);
    return norm > 0.3;
}

bool el4ml_clip_trial(el4ml_searcher *s, const double *x, double *trial)
{
    if (!s->held) return false;
    const el4ml_surface_info *info = &s->evaluator.surface->info;
    bool clipped = false;
    for (size_t i = 0; i < s->n; i++) {
        const bool stopped = trial[i] < info->lower[i] || trial[i] > info->upper[i];
        s->blocked[i] = (unsigned char)((s->blocked[i] & BLOCKED) | (stopped ? STOPPED : 0));
        clipped = clipped || stopped;
    }
    if (!clipped) return false;
    el4ml_clip(&s->evaluator, trial);
    for (size_t i = 0; i < s->n; i++)
        s->step[i] = trial[i] - x[i];
    return true;
}

void el4ml_note_blocked(el4ml_searcher *s, const double *x, const double *g)
{
    if (!s->held) return;
    for (size_t i = 0; i < s->n; i++)
        if (s->blocked[i] & STOPPED)
            s->blocked[i] = el4ml_multiplier(&s->evaluator, x, g, i) < 0 ? BLOCKED : 0;
}

bool el4ml_any_blocked(const el4ml_searcher *s)
{
    for (size_t i = 0; s->held && i < s->n; i++)
        if (s->blocked[i] == BLOCKED) return true;
    return false;
}

void el4ml_turn_inward(const el4ml_searcher *s, const double *x, double *v)
{
    const el4ml_surface_info *info = &s->evaluator.surface->info;
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] <= info->lower[i]) v[i] = fabs(v[i]);
        if (x[i] >= info->upper[i]) v[i] = -fabs(v[i]);
    }
}
