/* L-BFGS with step control, then trust-region Newton steps.
 *
 * L-BFGS: d = -B g with B from the last `history` pairs s, y (Liu and Nocedal, Math. Program. 45, 503, 1989),
 * no line search: a step is cut to max_step and, when V rises by more than max_rise, to a tenth of it (as
 * GMIN does). Newton: once the RMS gradient is below newton_gradient, steps of a trust region; where the
 * Hessian is indefinite they decrease V all the same, and L-BFGS takes over again when they stop paying.
 *
 * In a box (docs/bounds.md) both move the free coordinates alone, and steps are clipped: the two-metric
 * projection of Bertsekas (SIAM J. Control Optim. 20, 221, 1982). */
#include "el4ml/minimise.h"

#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "minimise/curvature.h"
#include "minimise/descent.h"
#include "minimise/lbfgs.h"
#include "surface/box.h"

struct el4ml_minimiser {
    el4ml_minimise_options options;
    size_t n;
    double *block;
    double *x, *g, *trial, *trial_g, *d; /* (n) each */
    unsigned char *held;                 /* (n) at x; NULL without bounds */
    el4ml_lbfgs lbfgs;
    bool preconditioned; /* curvature.factor holds H + mu at an earlier point: the initial matrix of L-BFGS */
    double mu;           /* last shift that made it positive definite */
    uint64_t refreshed;  /* evaluations when it was made */
    el4ml_evaluator *evaluator;
    el4ml_curvature curvature;
    double value;
    double rounding; /* of gradient and value at x, where the surface tells */
    uint64_t evaluations, newton_steps;
    el4ml_descent *descent; /* NULL: the method has none */
    uint64_t allowed;       /* evaluations: the descent's, and max_evaluations for the finish */
    el4ml_random random;
    el4ml_observer observer;
    el4ml_status told; /* what the observer said last */
};

el4ml_minimise_options el4ml_minimise_options_default(void)
{
    return (el4ml_minimise_options){
        .gradient_tolerance = 1e-9,
        .max_evaluations = 20000,
        .history = 0,
        .max_step = 3,
        .max_rise = 1e-12,
        .newton_gradient = 1e-6,
        .precondition_gradient = 1e-2,
        .refresh = 0,
        .dense_limit = 500,
        .training = {.momentum = 0.9, .batch_size = 32, .epochs = 300, .radius = 0.05}};
}

void el4ml_minimiser_free(el4ml_minimiser *m)
{
    if (!m) return;
    el4ml_release(m->block);
    el4ml_release(m->held);
    el4ml_lbfgs_clear(&m->lbfgs);
    el4ml_curvature_clear(&m->curvature);
    el4ml_descent_free(m->descent);
    el4ml_release(m);
}

/* A pair costs some 8 n operations a step, and L-BFGS is bound by latency rather than arithmetic. */
static size_t history_of(const el4ml_minimise_options *o, const el4ml_surface_info *surface)
{
    if (o->history > 0) return o->history;
    const double flops = surface->evaluation_flops / (double)surface->dimension;
    return flops > 0 ? (size_t)fmax(4, fmin(24, flops / 30)) : 24;
}

void el4ml_minimiser_observe(el4ml_minimiser *m, el4ml_observe observe, void *context)
{
    m->observer = (el4ml_observer){observe, context};
}

void el4ml_minimiser_random(el4ml_minimiser *m, el4ml_random random)
{
    m->random = random;
}

el4ml_status el4ml_minimiser_new(el4ml_evaluator *evaluator, const el4ml_minimise_options *options,
                                 el4ml_minimiser **minimiser, el4ml_error *error)
{
    if (!(options->gradient_tolerance > 0) || !(options->max_step > 0) || options->history > 500)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimise: option out of range");
    el4ml_status status = el4ml_descent_check(options, error);
    if (status != EL4ML_OK) return status;
    const bool boxed = el4ml_has_box(evaluator);
    if (boxed && options->method != EL4ML_NEWTON_LBFGS && options->method != EL4ML_LBFGS)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED,
                          "minimise: a surface with bounds takes newton-lbfgs or lbfgs");
    const el4ml_surface_info *surface = &evaluator->surface->info;
    const size_t n = surface->dimension, stride = (n + 7) / 8 * 8;
    el4ml_minimiser *made = EL4ML_NEW(el4ml_minimiser, 1);
    if (made) {
        made->options = *options;
        made->options.max_step *= surface->length_scale;
        if (!surface->second_derivatives) made->options.newton_gradient = 0;
        if (options->method == EL4ML_LBFGS) made->options.precondition_gradient = 0;
        if (options->method == EL4ML_LBFGS && options->handover > 0 && options->newton_gradient > 0)
            made->options.newton_gradient = options->handover;
        if (made->options.refresh == 0) made->options.refresh = 10 + n / 4;
        made->n = n;
        made->evaluator = evaluator;
        made->block = EL4ML_NEW(double, 5 * stride);
        if (boxed) made->held = EL4ML_NEW(unsigned char, n);
    }
    if (!made || !made->block || (boxed && !made->held) ||
        !el4ml_lbfgs_init(&made->lbfgs, stride, history_of(options, surface)) ||
        (made->options.newton_gradient > 0 &&
         !el4ml_curvature_init(&made->curvature, evaluator, options->dense_limit))) {
        el4ml_minimiser_free(made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "minimise: out of memory");
    }
    made->x = made->block; /* padded with zeros: whole vectors only */
    made->g = made->x + stride;
    made->trial = made->g + stride;
    made->trial_g = made->trial + stride;
    made->d = made->trial_g + stride;
    status = el4ml_descent_new(evaluator, &made->options, &made->descent, error);
    if (status == EL4ML_OK)
        *minimiser = made;
    else
        el4ml_minimiser_free(made);
    return status;
}

static double rms(const el4ml_minimiser *m)
{
    return el4ml_projected_rms(m->evaluator, m->x, m->g);
}

/* Is that as small as was asked for, or as rounding lets it be? */
static bool converged(const el4ml_minimiser *m, double now)
{
    return now <= m->options.gradient_tolerance || now <= m->rounding;
}

/* After another point became x. */
static void arrive(el4ml_minimiser *m)
{
    m->rounding = el4ml_rounding_floor(m->evaluator, m->x);
    if (m->held) el4ml_box_hold(m->evaluator, m->x, m->g, m->held);
}

/* trial = x + scale d, in the box. */
static void set_trial(el4ml_minimiser *m, double scale)
{
    for (size_t i = 0; i < m->n; i++)
        m->trial[i] = m->x[i] + scale * m->d[i];
    el4ml_clip(m->evaluator, m->trial);
}

/* d = -B g; steepest descent of unit length at most while there is nothing to go by. */
static void lbfgs_direction(el4ml_minimiser *m)
{
    const size_t n = m->lbfgs.n;
    for (size_t i = 0; i < n; i++)
        m->d[i] = -m->g[i];
    if (m->held) el4ml_box_mask(m->n, m->held, m->d);
    if (m->lbfgs.stored == 0 && !m->preconditioned) {
        const double norm = el4ml_norm(n, m->d);
        el4ml_scale(n, fmin(0.1, 0.1 * m->options.max_step / norm), m->d);
        return;
    }
    el4ml_lbfgs_before(&m->lbfgs, m->d);
    if (m->preconditioned)
        el4ml_factor_solve(&m->curvature.factor, m->d);
    else
        el4ml_scale(n, el4ml_lbfgs_scale(&m->lbfgs), m->d);
    el4ml_lbfgs_after(&m->lbfgs, m->d);
    if (m->held) el4ml_box_mask(m->n, m->held, m->d);
    if (el4ml_dot(n, m->d, m->g) > 0) el4ml_scale(n, -1, m->d);
}

static void lbfgs_store(el4ml_minimiser *m)
{
    const size_t n = m->lbfgs.n;
    double *s = el4ml_lbfgs_slot_s(&m->lbfgs), *y = el4ml_lbfgs_slot_y(&m->lbfgs);
    for (size_t i = 0; i < n; i++) {
        s[i] = m->trial[i] - m->x[i];
        y[i] = m->trial_g[i] - m->g[i];
    }
    el4ml_lbfgs_keep(&m->lbfgs, 1e-14);
}

static void tell(el4ml_minimiser *m)
{
    const el4ml_iterate iterate = {
        .evaluations = m->evaluations, .value = m->value, .gradient_rms = rms(m), .x = m->x};
    m->told = el4ml_observer_tell(&m->observer, &iterate);
}

static void accept_trial(el4ml_minimiser *m, double value)
{
    double *t = m->x;
    m->x = m->trial;
    m->trial = t;
    t = m->g;
    m->g = m->trial_g;
    m->trial_g = t;
    m->value = value;
    arrive(m);
    if (m->observer.observe) tell(m);
}

static double allowed_rise(const el4ml_minimiser *m)
{
    return fmax(m->options.max_rise * fmax(1, fabs(m->value)), m->rounding);
}

typedef enum outcome { GO_ON, DONE, STUCK, BROKEN } outcome;

/* One L-BFGS step, shortened until V does not rise. */
static outcome lbfgs_step(el4ml_minimiser *m, el4ml_status *status)
{
    el4ml_evaluator *e = m->evaluator;
    lbfgs_direction(m);
    const double norm = el4ml_norm(m->n, m->d);
    double scale = norm > m->options.max_step ? m->options.max_step / norm : 1;
    for (int attempt = 0; attempt < 12; attempt++, scale *= attempt < 3 ? 0.3 : 0.1) {
        double value;
        set_trial(m, scale);
        m->evaluations++;
        *status = el4ml_value_gradient(e, m->trial, &value, m->trial_g);
        if (*status == EL4ML_NUMERICAL) continue; /* stepped too far: shorten */
        if (*status != EL4ML_OK) return BROKEN;
        if (value - m->value > allowed_rise(m)) continue;
        lbfgs_store(m);
        accept_trial(m, value);
        return GO_ON;
    }
    if (m->lbfgs.stored == 0 && !m->preconditioned) return STUCK;
    m->preconditioned = false;
    el4ml_lbfgs_forget(&m->lbfgs);
    return GO_ON;
}

/* What the quadratic model foretells for the step d: g.d + d.H d / 2. */
static el4ml_status foretold(el4ml_minimiser *m, double *change)
{
    double *hd = m->lbfgs.s; /* the L-BFGS history is not in use */
    const el4ml_status status = el4ml_curvature_apply(&m->curvature, m->d, hd);
    *change = el4ml_dot(m->n, m->g, m->d) + 0.5 * el4ml_dot(m->n, m->d, hd);
    return status;
}

/* Is the step from `before` to `after` (RMS gradients) to be taken, and how does the radius change? Where the
 * change of V is lost in rounding the gradient decides. */
static bool judge(const el4ml_minimiser *m, double change, double model, double before, double after,
                  double length, double *radius)
{
    const bool lost = fabs(model) <= fmax(1e-12 * fmax(1, fabs(m->value)), m->rounding);
    double ratio = lost ? (after < before ? 1 : -1) : change / model;
    if (m->held && !lost && model > 0) ratio = change < 0 ? 0.3 : -1; /* the step was clipped */
    if (!(ratio > 0.25)) *radius = 0.3 * fmin(*radius, length);
    if (ratio > 0.7 && length > 0.6 * *radius) *radius *= 2;
    return ratio > 1e-3;
}

static el4ml_status set_curvature(el4ml_minimiser *m)
{
    if (m->held) el4ml_curvature_hold(&m->curvature, m->held);
    return el4ml_curvature_set(&m->curvature, m->x);
}

/* Is another set of coordinates held than when the curvature was set? */
static bool other_held(const el4ml_minimiser *m)
{
    return m->held && memcmp(m->held, m->curvature.held, m->n) != 0;
}

/* Trust-region Newton from the present point. DONE at the tolerance; GO_ON when L-BFGS should continue: after
 * `steps` steps, or when the region has shrunk to nothing. */
static outcome newton_phase(el4ml_minimiser *m, int steps, el4ml_status *status)
{
    el4ml_evaluator *e = m->evaluator;
    const size_t n = m->n;
    double radius = m->options.max_step, before = rms(m);
    bool stale = true; /* the Hessian is of another point, and no longer good enough */
    for (int k = 0; k < steps && m->told == EL4ML_OK; k++) {
        if (converged(m, before)) return DONE;
        if (stale) *status = set_curvature(m);
        if (*status != EL4ML_OK) return BROKEN;
        bool inside = false;
        double value, model;
        const el4ml_step_limits limits = {radius, fmin(0.1, sqrt(before)), 2 * n + 10};
        *status = el4ml_curvature_step(&m->curvature, m->g, NULL, &limits, m->d, &inside);
        set_trial(m, 1);
        for (size_t i = 0; m->held && i < n; i++)
            m->d[i] = m->trial[i] - m->x[i];
        if (*status == EL4ML_OK) *status = foretold(m, &model);
        if (*status != EL4ML_OK) return BROKEN;
        m->evaluations++;
        m->newton_steps++;
        *status = el4ml_value_gradient(e, m->trial, &value, m->trial_g);
        if (*status != EL4ML_OK && *status != EL4ML_NUMERICAL) return BROKEN;
        const bool finite = *status == EL4ML_OK;
        const double after = finite ? el4ml_projected_rms(e, m->trial, m->trial_g) : INFINITY;
        *status = EL4ML_OK;
        stale = judge(m, finite ? value - m->value : INFINITY, model, before, after, el4ml_norm(n, m->d),
                      &radius);
        if (!stale && radius < 1e-10 * m->options.max_step) return GO_ON;
        if (!stale) continue;
        accept_trial(m, value);
        /* a step that gained a digit may be followed by one with the same factor, at the price of a gradient
         */
        stale = !(m->curvature.dense && inside && after <= 0.1 * before) || other_held(m);
        before = after;
    }
    return GO_ON;
}

/* Take the Hessian here, shifted until it is positive definite, as the initial matrix of L-BFGS. */
static el4ml_status precondition(el4ml_minimiser *m)
{
    const el4ml_status status = set_curvature(m);
    if (status != EL4ML_OK) return status;
    double mu = m->mu > 0 ? 0.25 * m->mu : 0;
    const double least = 1e-4 * m->curvature.shift;
    for (int k = 0; k < 20; k++) {
        if (el4ml_factor_make(&m->curvature.factor, m->curvature.matrix, mu)) {
            m->preconditioned = true;
            m->mu = mu;
            m->refreshed = m->evaluations;
            el4ml_lbfgs_forget(&m->lbfgs);
            return EL4ML_OK;
        }
        mu = fmax(4 * mu, least);
    }
    m->preconditioned = false;
    m->refreshed = m->evaluations;
    return EL4ML_OK;
}

static el4ml_status run(el4ml_minimiser *m)
{
    el4ml_status status = EL4ML_OK;
    /* Without a matrix a Newton step takes many products to gain what L-BFGS gains in as many gradients
     * (measured on 5330 parameters: a quarter of the time), so it is left to what rounding keeps L-BFGS from.
     */
    double newton_below = m->curvature.dense
                              ? m->options.newton_gradient
                              : fmin(m->options.newton_gradient, m->options.gradient_tolerance);
    while (m->evaluations < m->allowed) {
        const double now = rms(m);
        if (m->told != EL4ML_OK) return m->told;
        if (converged(m, now)) return EL4ML_OK;
        outcome what;
        if (m->curvature.dense && now <= m->options.precondition_gradient && now > newton_below &&
            m->evaluations >= m->refreshed + m->options.refresh) {
            status = precondition(m);
            if (status != EL4ML_OK) return status;
        }
        if (now <= newton_below) {
            m->preconditioned = false;
            what = newton_phase(m, m->curvature.dense ? 100 : 30, &status);
            newton_below = 0.1 * fmin(rms(m), newton_below);
            el4ml_lbfgs_forget(&m->lbfgs);
        } else {
            what = lbfgs_step(m, &status);
        }
        if (what == BROKEN) return status;
        if (what == DONE) return EL4ML_OK;
        if (what == STUCK) { /* V no longer falls in rounding: only Newton can still mend the gradient */
            if (m->options.newton_gradient <= 0) return EL4ML_NOT_CONVERGED;
            what = newton_phase(m, 20, &status);
            if (what == BROKEN) return status;
            return converged(m, rms(m)) ? EL4ML_OK : EL4ML_NOT_CONVERGED;
        }
    }
    return EL4ML_NOT_CONVERGED;
}

/* The method's descent from the point where m is. */
static el4ml_status descend(el4ml_minimiser *m)
{
    el4ml_descent *d = m->descent;
    const uint64_t before = m->evaluator->cost.evaluations;
    d->observer = m->observer;
    d->random = m->random;
    d->began = before - m->evaluations;
    d->value = m->value;
    el4ml_copy(m->n, m->x, d->x);
    el4ml_copy(m->n, m->g, d->g);
    const el4ml_status status = el4ml_descent_run(d);
    m->evaluations += m->evaluator->cost.evaluations - before;
    m->value = d->value;
    el4ml_copy(m->n, d->x, m->x);
    el4ml_copy(m->n, d->g, m->g);
    arrive(m);
    return status;
}

el4ml_status el4ml_minimise(el4ml_minimiser *m, const double *start, double *x, el4ml_minimise_result *result)
{
    el4ml_evaluator *e = m->evaluator;
    e->cost.minimisations++;
    el4ml_lbfgs_forget(&m->lbfgs);
    m->newton_steps = 0;
    m->preconditioned = false;
    m->mu = 0;
    m->refreshed = 0;
    m->evaluations = 1;
    el4ml_copy(m->n, start, m->x);
    el4ml_clip(e, m->x);
    m->told = EL4ML_OK;
    el4ml_status status = el4ml_value_gradient(e, m->x, &m->value, m->g);
    if (status == EL4ML_OK) arrive(m);
    if (status == EL4ML_OK) tell(m);
    if (status == EL4ML_OK) status = m->told;
    if (status == EL4ML_OK && m->descent) status = descend(m);
    const uint64_t descended = m->descent ? m->evaluations : 0;
    m->allowed = descended + m->options.max_evaluations;
    if (status == EL4ML_OK) status = run(m);
    el4ml_copy(m->n, m->x, x);
    *result = (el4ml_minimise_result){m->value, rms(m), m->evaluations, m->newton_steps, descended};
    return status;
}
