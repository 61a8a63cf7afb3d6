/* Nonlinear conjugate gradients with guaranteed descent, of the family of Hager and Zhang (SIAM J. Optim. 16,
 * 170, 2005) the one of Dai and Kou (SIAM J. Optim. 23, 296, 2013), which took a tenth fewer gradients here:
 *
 *     d' = -g' + beta d,   y = g' - g,   beta = (y - d |y|^2 / d.y) . g' / d.y,
 *
 * beta no less than 0.5 d.g' / |d|^2, so that d'.g' <= -1/2 |g'|^2 whatever the line search did. Where a step
 * ended with d.y <= 0, which Wolfe's conditions forbid but the longest step may do, d' = -g'. */
#include <math.h>

#include "base/linalg.h"
#include "minimise/descent.h"
#include "minimise/line_search.h"

#define LINE_EVALUATIONS 40

static void steepest(el4ml_descent *c)
{
    for (size_t i = 0; i < c->n; i++)
        c->d[i] = -c->g[i];
}

/* The next direction; trial_g is the gradient before the step. */
static void turn(el4ml_descent *c)
{
    const size_t n = c->n;
    double yy = 0, yg = 0, dy = 0, dg = 0, dd = 0;
    for (size_t i = 0; i < n; i++) {
        const double y = c->g[i] - c->trial_g[i], d = c->d[i];
        yy += y * y;
        yg += y * c->g[i];
        dy += d * y;
        dg += d * c->g[i];
        dd += d * d;
    }
    if (!(dy > 0)) {
        steepest(c);
        return;
    }
    const double beta = fmax((yg - yy * dg / dy) / dy, 0.5 * dg / dd);
    for (size_t i = 0; i < n; i++)
        c->d[i] = beta * c->d[i] - c->g[i];
}

static void accept_step(el4ml_descent *c, const el4ml_line *l)
{
    double *t = c->x;
    c->x = c->trial;
    c->trial = t;
    t = c->g;
    c->g = c->trial_g;
    c->trial_g = t;
    c->value = l->step_value;
}

el4ml_status el4ml_conjugate_gradient(el4ml_descent *c)
{
    const size_t n = c->n;
    const double root = sqrt((double)n);
    bool fresh = true; /* d is the steepest descent */
    double step = 0, slope_before = 0;
    steepest(c);
    while (el4ml_norm(n, c->g) > c->options.handover * root &&
           el4ml_descent_evaluations(c) < c->options.max_evaluations) {
        const double length = el4ml_norm(n, c->d);
        el4ml_line l = {.evaluator = c->evaluator,
                        .n = n,
                        .x = c->x,
                        .d = c->d,
                        .trial = c->trial,
                        .trial_g = c->trial_g,
                        .value = c->value,
                        .slope = el4ml_dot(n, c->d, c->g),
                        .rise = c->options.max_rise * fmax(1, fabs(c->value)),
                        .longest = c->options.max_step / length,
                        .left = LINE_EVALUATIONS};
        /* the decrease foretold is that of the step before; a first step is short */
        const double first = fresh || step == 0 ? fmin(0.1, 0.1 * l.longest) : step * slope_before / l.slope;
        if (el4ml_line_search(&l, first)) {
            step = l.step;
            slope_before = l.slope;
            accept_step(c, &l);
            turn(c);
            fresh = false;
            l.status = el4ml_descent_tell(c, true);
        } else if (l.status == EL4ML_OK && fresh) {
            return EL4ML_OK; /* V no longer falls in rounding */
        } else {
            steepest(c);
            fresh = true;
        }
        if (l.status != EL4ML_OK) return l.status;
    }
    return EL4ML_OK;
}
