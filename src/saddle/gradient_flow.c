/* The path down: dx/dt = -g(x), integrated with error control, so that it ends in the basin that steepest
 * descent defines and not where a minimiser happens to jump.
 *
 * The equation is stiff (curvatures of a net span five decades), so the integrator is linearly implicit:
 * RODAS, six stages, order 4 with an embedded order 3, stiffly accurate (Hairer and Wanner, Solving Ordinary
 * Differential Equations II, 2nd ed., sec. VI.4), with the exact Hessian. Stage i of a step h:
 *
 *     (H + 1/(gamma h)) u_i = -g(x + sum_j a_ij u_j) + 1/h sum_j c_ij u_j,        j < i
 *     x' = x + sum_i m_i u_i,        local error |u_6|
 *
 * For h -> infinity a step becomes Newton's, so the end costs little. A Hessian and its factor cost as much
 * as a dozen gradients: six stages that make the steps twice as long pay. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

#define STAGES EL4ML_FLOW_STAGES
#define ORDER 4
#define MAX_STEPS 3000
#define FLOW_END                                                                                             \
    1e-5 /* RMS gradient relative to the steepest on the way, at which a minimiser may take over */

static const double gamma_rodas = 0.25;
static const double a[STAGES][STAGES - 1] = {
    {0},
    {1.544},
    {0.9466785280815826, 0.2557011698983284},
    {3.314825187068521, 2.896124015972201, 0.9986419139977817},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1}};
static const double c[STAGES][STAGES - 1] = {
    {0},
    {-5.6688},
    {-2.430093356833875, -0.2063599157091915},
    {-0.1073529058151375, -9.594562251023355, -20.47028614809616},
    {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616},
    {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054}};

typedef struct flow {
    el4ml_searcher *s;
    double *x, *u[STAGES], *trial;
    double value, trial_value, h, tolerance;
    double last_h, last_error; /* of the last accepted step; 0: none yet */
} flow;

/* to = x + sum of the first `count` stages, weighted. */
static void combine(const flow *f, const double *weights, int count, double *to)
{
    el4ml_copy(f->s->n, f->x, to);
    for (int j = 0; j < count; j++)
        el4ml_axpy(f->s->n, weights[j], f->u[j], to);
}

/* *good false: H + 1/(gamma h) is not positive definite, or the surface is not finite there. */
static el4ml_status stage(flow *f, int i, bool *good)
{
    el4ml_searcher *s = f->s;
    const size_t n = s->n;
    const double *g = s->g;
    if (i > 0) {
        double value;
        combine(f, a[i], i, f->trial);
        const el4ml_status status = el4ml_value_gradient(&s->evaluator, f->trial, &value, s->trial_g);
        *good = status == EL4ML_OK;
        if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
        g = s->trial_g;
    }
    double *u = f->u[i];
    for (size_t k = 0; k < n; k++)
        u[k] = -g[k];
    for (int j = 0; j < i; j++)
        el4ml_axpy(n, c[i][j] / f->h, f->u[j], u);
    return el4ml_curvature_solve(&s->curvature, 1 / (gamma_rodas * f->h), u, i == 0, good);
}

/* One attempt with step h: the result in trial, its gradient in trial_g. *error: INFINITY when it must be
 * repeated with a shorter step. */
static el4ml_status attempt(flow *f, double *error)
{
    el4ml_searcher *s = f->s;
    *error = INFINITY;
    for (int i = 0; i < STAGES; i++) {
        bool good;
        const el4ml_status status = stage(f, i, &good);
        if (status != EL4ML_OK || !good) return status;
    }
    el4ml_axpy(s->n, 1, f->u[STAGES - 1], f->trial); /* the last stage stands at x' - u_6 */
    const el4ml_status status = el4ml_value_gradient(&s->evaluator, f->trial, &f->trial_value, s->trial_g);
    if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
    if (f->trial_value <= f->value + 1e-13 * fmax(1, fabs(f->value))) /* V falls along the flow */
        *error = el4ml_norm(s->n, f->u[STAGES - 1]);
    return EL4ML_OK;
}

/* The next step; after two accepted ones also by how the error changed between them (Gustafsson, ACM Trans.
 * Math. Softw. 20, 496, 1994): on the way off a saddle every step must be shorter than the last. */
static void control(flow *f, double error, bool accepted)
{
    if (!isfinite(error)) {
        f->h *= 0.25;
        return;
    }
    error = fmax(error, 1e-300);
    double factor = 0.9 * pow(f->tolerance / error, 1. / ORDER);
    if (accepted) {
        if (f->last_h > 0)
            factor = fmin(factor, factor * f->h / f->last_h * pow(f->last_error / error, 1. / ORDER));
        f->last_h = f->h;
        f->last_error = error;
    }
    f->h *= fmax(0.2, fmin(6, factor));
}

el4ml_status el4ml_gradient_flow(el4ml_searcher *s, double *x, double tolerance)
{
    const size_t n = s->n;
    flow f = {.s = s, .x = x, .trial = s->trial, .tolerance = tolerance * s->length};
    for (int i = 0; i < STAGES; i++)
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
        control(&f, error, fresh);
        if (!(f.h > 1e-300)) return EL4ML_NOT_CONVERGED;
    }
    return EL4ML_OK; /* slow but downhill: the minimiser's small steps go on from here */
}
