/* Hybrid eigenvector-following as it was published (Munro and Wales, Phys. Rev. B 59, 3969, 1999; Kumeda,
 * Munro and Wales, Chem. Phys. Lett. 341, 185, 2001), for models too large for a full Hessian. A cycle: the
 * lowest mode e from Lanczos on exact products; a step uphill along it,
 *
 *     h = 2 (g.e) / (|lambda| (1 + sqrt(1 + 4 (g.e/lambda)^2))),   capped;
 *
 * then L-BFGS in the space orthogonal to e: a few steps while the mode may still turn, and near the
 * transition state as many as bring the gradient there down to what is left along e. A product costs two
 * gradients and a mode some fifty products, so that steps are cheap and modes are not. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

#define FAR_STEPS 15 /* L-BFGS steps between two modes */
#define NEAR_STEPS 400
#define REDUCTION 0.01 /* of the gradient orthogonal to e, in one cycle */

typedef struct cycle {
    el4ml_searcher *s;
    double *x, *mode, *last; /* last: the mode of the cycle before */
    double value, lambda, rms;
    bool near; /* the mode stands: what is left is to minimise in the space orthogonal to it */
} cycle;

static double rms_of(const el4ml_searcher *s, const double *g)
{
    return el4ml_norm(s->n, g) / sqrt((double)s->n);
}

/* Measured by what |lambda| makes of a gradient: |g|/|lambda| is a length. The RMS gradient alone says
 * nothing, as that of a regularised net is small everywhere. While a mode still turns, many steps orthogonal
 * to it slide down from the ridge into the valley beside it (measured: 3 of 5 searches on a net of 5330
 * parameters arrived, and took five times as long; with this all do). */
static bool is_near(const cycle *c)
{
    const el4ml_searcher *s = c->s;
    const double length = s->length * -c->lambda, norm = c->rms * sqrt((double)s->n),
                 slope = fabs(el4ml_dot(s->n, s->g, c->mode));
    if (norm <= 0.1 * length) return true;
    const bool stands = fabs(el4ml_dot(s->n, c->last, c->mode)) >= 0.95;
    return stands && norm <= 0.3 * length && slope <= 0.1 * length;
}

static el4ml_status find_mode(cycle *c)
{
    el4ml_searcher *s = c->s;
    if (s->curvature.held_count == s->n) return EL4ML_NOT_CONVERGED;
    el4ml_keep_mode(s, c->mode);
    el4ml_copy(s->n, c->mode, c->last);
    el4ml_status status = el4ml_curvature_set(&s->curvature, c->x);
    if (status != EL4ML_OK) return status;
    status = el4ml_lowest_mode(&s->lanczos, &s->curvature, c->near ? 1e-2 : 0.2, c->near ? 3 : 0, c->mode,
                               &c->lambda);
    if (status != EL4ML_OK && status != EL4ML_NOT_CONVERGED) return status;
    c->near = is_near(c); /* a mode that did not converge is still the best direction known */
    return EL4ML_OK;
}

/* To x + amount e, shorter while the surface is not finite there. */
static el4ml_status step_uphill(cycle *c, double cap)
{
    el4ml_searcher *s = c->s;
    const double ge = el4ml_dot(s->n, s->g, c->mode);
    double amount = ge == 0 && c->lambda > 0 ? cap : el4ml_uphill(ge, c->lambda, cap);
    for (int k = 0; k < 8; k++, amount *= 0.3) {
        el4ml_copy(s->n, c->x, s->trial);
        el4ml_axpy(s->n, amount, c->mode, s->trial);
        el4ml_clip_trial(s, c->x, s->trial);
        const el4ml_status status = el4ml_value_gradient(&s->evaluator, s->trial, &c->value, s->g);
        if (status == EL4ML_NUMERICAL) continue;
        if (status == EL4ML_OK) el4ml_copy(s->n, s->trial, c->x);
        if (status == EL4ML_OK) el4ml_note_blocked(s, c->x, s->g);
        return status;
    }
    return EL4ML_NUMERICAL;
}

/* d = -B p, p the gradient orthogonal to e. */
static void direction(el4ml_searcher *s, const double *mode, const double *p, double cap, double *d)
{
    const size_t n = s->n;
    el4ml_lbfgs *l = &s->lbfgs;
    for (size_t i = 0; i < n; i++)
        d[i] = -p[i];
    if (l->stored == 0) {
        el4ml_scale(n, fmin(1, 0.1 * s->length / el4ml_norm(n, d)), d);
        return;
    }
    el4ml_lbfgs_before(l, d);
    el4ml_scale(n, fabs(el4ml_lbfgs_scale(l)), d);
    el4ml_lbfgs_after(l, d);
    if (s->held) el4ml_box_mask(n, s->held, d);
    el4ml_project_out(n, 1, mode, d);
    if (el4ml_dot(n, d, p) > 0) el4ml_scale(n, -1, d);
    const double length = el4ml_norm(n, d);
    if (length > cap) el4ml_scale(n, cap / length, d);
}

/* One L-BFGS step; *moved false: V does not fall any more. */
static el4ml_status step_down(cycle *c, double cap, double *p, double *d, bool *moved)
{
    el4ml_searcher *s = c->s;
    const size_t n = s->n;
    direction(s, c->mode, p, cap, d);
    *moved = false;
    double scale = 1;
    for (int k = 0; k < 5; k++, scale *= 0.2) {
        double value;
        for (size_t i = 0; i < n; i++)
            s->trial[i] = c->x[i] + scale * d[i];
        el4ml_clip(&s->evaluator, s->trial);
        const el4ml_status status = el4ml_value_gradient(&s->evaluator, s->trial, &value, s->trial_g);
        if (status == EL4ML_NUMERICAL) continue;
        if (status != EL4ML_OK) return status;
        if (value > c->value + 1e-12 * fmax(1, fabs(c->value))) continue;
        double *step = el4ml_lbfgs_slot_s(&s->lbfgs), *change = el4ml_lbfgs_slot_y(&s->lbfgs);
        for (size_t i = 0; i < n; i++)
            step[i] = s->trial[i] - c->x[i];
        el4ml_copy(n, s->trial, c->x);
        el4ml_copy(n, s->trial_g, s->g);
        if (s->held) el4ml_box_mask(n, s->held, s->trial_g);
        el4ml_project_out(n, 1, c->mode, s->trial_g);
        for (size_t i = 0; i < n; i++)
            change[i] = s->trial_g[i] - p[i];
        el4ml_lbfgs_keep(&s->lbfgs, 1e-14);
        el4ml_copy(n, s->trial_g, p);
        c->value = value;
        *moved = true;
        return EL4ML_OK;
    }
    return EL4ML_OK;
}

static el4ml_status minimise_orthogonal(cycle *c, double cap)
{
    el4ml_searcher *s = c->s;
    const size_t n = s->n;
    double *p = s->hs, *d = s->step;
    el4ml_hold_for_search(s, c->x, s->g); /* the uphill step may have reached a bound */
    el4ml_keep_mode(s, c->mode);
    el4ml_copy(n, s->g, p);
    if (s->held) el4ml_box_mask(n, s->held, p);
    el4ml_project_out(n, 1, c->mode, p);
    const double enough = fmax(0.3 * s->options.gradient_tolerance, REDUCTION * rms_of(s, p));
    const int steps = c->near ? NEAR_STEPS : FAR_STEPS;
    el4ml_lbfgs_forget(&s->lbfgs);
    for (int k = 0; k < steps && rms_of(s, p) > enough; k++) {
        bool moved;
        const el4ml_status status = step_down(c, cap, p, d, &moved);
        if (status != EL4ML_OK) return status;
        if (!moved) break;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_follow_lowest(el4ml_searcher *s, double *x, double *mode)
{
    cycle c = {.s = s, .x = x, .mode = mode, .last = s->plus};
    const double cap = s->options.max_step * s->length;
    el4ml_status status = el4ml_value_gradient(&s->evaluator, x, &c.value, s->g);
    for (size_t k = 0; status == EL4ML_OK && k < s->options.max_iterations; k++) {
        el4ml_hold_for_search(s, x, s->g);
        c.rms = el4ml_search_rms(s);
        status = find_mode(&c);
        if (status != EL4ML_OK) break;
        if (c.rms <= s->options.gradient_tolerance || c.rms <= el4ml_rounding_floor(&s->evaluator, x))
            return c.lambda < 0 && !el4ml_any_blocked(s) ? EL4ML_OK : EL4ML_NOT_CONVERGED;
        status = step_uphill(&c, cap);
        if (status == EL4ML_OK) status = minimise_orthogonal(&c, cap);
        if (status == EL4ML_OK && !el4ml_inside(&s->evaluator, x)) return EL4ML_NOT_CONVERGED;
    }
    return status == EL4ML_OK ? EL4ML_NOT_CONVERGED : status;
}
