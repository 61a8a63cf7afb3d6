/* RODAS, six stages, order 4 with an embedded order 3, stiffly accurate and L-stable (Hairer and Wanner,
 * Solving Ordinary Differential Equations II, 2nd ed., sec. VI.4), with the exact Hessian. Stage i of a step
 * h:
 *
 *     (H + 1/(gamma h)) u_i = -g(x + sum_j a_ij u_j) + 1/h sum_j c_ij u_j,        j < i
 *     x' = x + sum_i m_i u_i,        local error |u_6|
 *
 * For h -> infinity a step becomes Newton's, so the end costs little. A Hessian and its factor cost as much
 * as a dozen gradients: six stages that make the steps twice as long pay. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/flow.h"

#define STAGES EL4ML_FLOW_STAGES

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

/* to = x + sum of the first `count` stages, weighted. */
static void combine(const el4ml_flow *f, const double *weights, int count, double *to)
{
    el4ml_copy(f->s->n, f->x, to);
    for (int j = 0; j < count; j++)
        el4ml_axpy(f->s->n, weights[j], f->u[j], to);
}

/* *good false: H + 1/(gamma h) is not positive definite, or the surface is not finite there. */
static el4ml_status stage(el4ml_flow *f, int i, bool *good)
{
    el4ml_searcher *s = f->s;
    const size_t n = s->n;
    const double *g = s->g;
    if (i > 0) {
        double value;
        combine(f, a[i], i, f->trial);
        const el4ml_status status = el4ml_flow_gradient(f, f->trial, &value, s->trial_g);
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

el4ml_status el4ml_rodas_attempt(el4ml_flow *f, double *error)
{
    el4ml_searcher *s = f->s;
    *error = INFINITY;
    for (int i = 0; i < STAGES; i++) {
        bool good;
        const el4ml_status status = stage(f, i, &good);
        if (status != EL4ML_OK || !good) return status;
    }
    el4ml_axpy(s->n, 1, f->u[STAGES - 1], f->trial); /* the last stage stands at x' - u_6 */
    const el4ml_status status = el4ml_flow_gradient(f, f->trial, &f->trial_value, s->trial_g);
    if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
    if (f->trial_value <= f->value + f->rounding) /* V falls along the flow */
        *error = el4ml_norm(s->n, f->u[STAGES - 1]);
    return EL4ML_OK;
}
