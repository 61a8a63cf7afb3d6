/* RKC, the Runge-Kutta-Chebyshev method of order 2 (Sommeijer, Shampine and Verwer, J. Comput. Appl. Math.
 * 88, 315, 1997). With s stages it is stable up to h |lambda| = 0.65 s^2 on the negative real axis, where the
 * whole spectrum of a gradient flow lies, so that a step costs the square root of what plain explicit steps
 * would:
 *
 *     y_0 = x,   y_1 = x + mu~_1 h F(x)
 *     y_j = (1 - mu_j - nu_j) x + mu_j y_(j-1) + nu_j y_(j-2) + mu~_j h F(y_(j-1)) + gamma~_j h F(x),     F =
 * -g
 *
 * with coefficients from Chebyshev's polynomials at w0 = 1 + (2/13)/s^2; local error
 * |0.8 (x - x') + 0.4 h (F(x) + F(x'))|. */
#include <math.h>

#include "base/linalg.h"
#include "saddle/flow.h"

#define MOST_STAGES 200 /* of a step: rounding grows with their square */
#define RADIUS_AGE 20   /* attempts after which the largest curvature is estimated anew */
#define POWER_STEPS 12

/* Largest curvature at x by the power method from the last direction, and a margin. */
static el4ml_status estimate_radius(el4ml_flow *f)
{
    el4ml_searcher *s = f->s;
    const size_t n = s->n;
    double *v = f->u[4], *hv = f->u[3];
    if (f->radius == 0) {
        el4ml_random random = el4ml_random_new(11, 11, n);
        el4ml_random_direction(&random, n, v);
    }
    double norm = 0;
    for (int k = 0; k < POWER_STEPS; k++) {
        const el4ml_status status = el4ml_hessian_vector(&s->evaluator, f->x, 1, v, hv);
        if (status != EL4ML_OK) return status;
        const double last = norm;
        norm = el4ml_norm(n, hv);
        if (!(norm > 0)) break;
        for (size_t i = 0; i < n; i++)
            v[i] = hv[i] / norm;
        if (fabs(norm - last) < 0.02 * norm) break;
    }
    f->radius = fmax(1.2 * norm, 1e-12);
    f->age = 0;
    return EL4ML_OK;
}

/* T_j(w0) and its first two derivatives, by the recurrence. */
typedef struct chebyshev {
    double t, d, dd;
} chebyshev;

static chebyshev following(double w0, chebyshev last, chebyshev before)
{
    return (chebyshev){2 * w0 * last.t - before.t, 2 * last.t + 2 * w0 * last.d - before.d,
                       4 * last.d + 2 * w0 * last.dd - before.dd};
}

static double weight(chebyshev c)
{
    return c.dd / (c.d * c.d);
}

/* The stages: y ends in `y`. */
static el4ml_status stages(el4ml_flow *f, int count, double *y)
{
    el4ml_searcher *s = f->s;
    const size_t n = s->n;
    const double h = f->h, w0 = 1 + 2. / 13 / ((double)count * count);
    chebyshev before = {1, 0, 0}, last = {w0, 1, 0};
    for (int j = 2; j <= count; j++) {
        const chebyshev next = following(w0, last, before);
        before = last;
        last = next;
    }
    const double w1 = last.d / last.dd;
    before = (chebyshev){1, 0, 0};
    last = (chebyshev){w0, 1, 0};
    const chebyshev second = following(w0, last, before);
    double b_before = weight(second), b_last = b_before; /* b0 = b1 = b2 */
    double *older = f->u[0], *old = f->u[1];
    el4ml_copy(n, f->x, older);
    for (size_t i = 0; i < n; i++)
        old[i] = f->x[i] - b_last * w1 * h * s->g[i];
    for (int j = 2; j <= count; j++) {
        double value;
        const el4ml_status status = el4ml_flow_gradient(f, old, &value, s->trial_g);
        if (status != EL4ML_OK) return status;
        const chebyshev next = following(w0, last, before);
        const double b = weight(next), mu = 2 * b * w0 / b_last, nu = -b / b_before,
                     mu_f = 2 * b * w1 / b_last, gamma_f = -(1 - b_last * last.t) * mu_f;
        for (size_t i = 0; i < n; i++)
            older[i] = (1 - mu - nu) * f->x[i] + mu * old[i] + nu * older[i] -
                       h * (mu_f * s->trial_g[i] + gamma_f * s->g[i]);
        double *t = older;
        older = old;
        old = t;
        b_before = b_last;
        b_last = b;
        before = last;
        last = next;
    }
    el4ml_copy(n, old, y);
    return EL4ML_OK;
}

el4ml_status el4ml_rkc_attempt(el4ml_flow *f, double *error)
{
    el4ml_searcher *s = f->s;
    const size_t n = s->n;
    *error = INFINITY;
    if (f->radius == 0 || f->age++ >= RADIUS_AGE) {
        const el4ml_status status = estimate_radius(f);
        if (status != EL4ML_OK) return status;
    }
    const double longest = ((double)MOST_STAGES * MOST_STAGES - 1) / 1.54 / f->radius;
    f->h = fmin(f->h, longest);
    const int count = (int)fmax(2, 1 + floor(sqrt(1 + 1.54 * f->h * f->radius)));
    el4ml_status status = stages(f, count, f->trial);
    if (status == EL4ML_OK) status = el4ml_flow_gradient(f, f->trial, &f->trial_value, s->trial_g);
    if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        const double e = 0.8 * (f->x[i] - f->trial[i]) - 0.4 * f->h * (s->g[i] + s->trial_g[i]);
        square += e * e;
    }
    if (f->trial_value <= f->value + f->rounding) /* V falls along the flow */
        *error = sqrt(square);
    else
        f->age = RADIUS_AGE; /* perhaps it was not stable */
    return EL4ML_OK;
}
