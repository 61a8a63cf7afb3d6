/* Hager and Zhang's line search (SIAM J. Optim. 16, 170, 2005, section 4): an interval [a, b] with
 *
 *     phi(a) <= phi(0) + rise,  phi'(a) < 0 <= phi'(b)
 *
 * shrinks by secants of phi' from both of its ends, and by bisection where that is slow, until a point tried
 * meets Wolfe's conditions or, where phi changes by less than its rounding, their approximate form, which is
 * written in slopes alone. Departures: the slope left is bounded on both sides (the strong conditions; a
 * tenth fewer gradients in all); the longest step is taken when phi still falls there; a point where V is not
 * finite counts as too high. */
#include "minimise/line_search.h"

#include <math.h>

#include "base/linalg.h"

#define DELTA 0.1  /* of the descent foretold by phi'(0), at least */
#define SIGMA 0.3  /* of the slope phi'(0) may be left, either way */
#define GAMMA 0.66 /* an interval must shrink by this or be bisected */
#define WIDEN 5.0

typedef struct place {
    double a, value, slope;
} place;

/* Wolfe's conditions; the approximate ones: slope for value, phi being nearly quadratic. */
static bool acceptable(const el4ml_line *l, const place *p)
{
    const double change = p->value - l->value;
    const bool flat = fabs(p->slope) <= -SIGMA * l->slope, lower = change <= DELTA * p->a * l->slope;
    if (lower && (flat || p->a >= l->longest)) return true;
    return change <= l->rise && flat && p->slope <= (2 * DELTA - 1) * l->slope;
}

static place try_at(el4ml_line *l, double a)
{
    place p = {a, INFINITY, -1};
    for (size_t i = 0; i < l->n; i++)
        l->trial[i] = l->x[i] + a * l->d[i];
    double value;
    l->status = el4ml_value_gradient(l->evaluator, l->trial, &value, l->trial_g);
    if (l->status == EL4ML_OK) p = (place){a, value, el4ml_dot(l->n, l->trial_g, l->d)};
    if (l->status == EL4ML_NUMERICAL) l->status = EL4ML_OK;
    const bool good = l->status == EL4ML_OK && acceptable(l, &p);
    if (good) {
        l->step = a;
        l->step_value = p.value;
        l->step_slope = p.slope;
    }
    l->over = good || --l->left <= 0 || l->status != EL4ML_OK;
    return p;
}

/* V is too high at b while phi still falls: halve until the slope turns. */
static void bisect(el4ml_line *l, place *a, place *b)
{
    while (!l->over && b->a - a->a > 1e-15 * b->a) {
        const place p = try_at(l, 0.5 * (a->a + b->a));
        if (p.slope >= 0) {
            *b = p;
            return;
        }
        if (p.value <= l->value + l->rise)
            *a = p;
        else
            *b = p;
    }
    l->over = true;
}

static void update(el4ml_line *l, place *a, place *b, double c)
{
    if (l->over || !(c > a->a && c < b->a)) return;
    const place p = try_at(l, c);
    if (l->over) return;
    if (p.slope >= 0) {
        *b = p;
    } else if (p.value <= l->value + l->rise) {
        *a = p;
    } else {
        *b = p;
        bisect(l, a, b);
    }
}

static void bracket(el4ml_line *l, double c, place *a, place *b)
{
    while (!l->over) {
        *b = try_at(l, fmin(c, l->longest));
        if (l->over || b->slope >= 0) return;
        if (!(b->value <= l->value + l->rise)) {
            bisect(l, a, b);
            return;
        }
        *a = *b;
        l->over = b->a >= l->longest; /* lower, but by less than Wolfe asks */
        c = WIDEN * b->a;
    }
}

static double secant(const place *p, const place *q)
{
    return (p->a * q->slope - q->a * p->slope) / (q->slope - p->slope);
}

/* One secant step, and a second one from the end that the first has moved. */
static void double_secant(el4ml_line *l, place *a, place *b)
{
    const place a0 = *a, b0 = *b;
    const double c = secant(&a0, &b0);
    update(l, a, b, c);
    if (c == b->a)
        update(l, a, b, secant(&b0, b));
    else if (c == a->a)
        update(l, a, b, secant(&a0, a));
}

bool el4ml_line_search(el4ml_line *l, double first)
{
    l->over = false;
    l->step = 0;
    place a = {0, l->value, l->slope}, b = a;
    bracket(l, first, &a, &b);
    while (!l->over && b.a - a.a > 1e-15 * b.a) {
        const double width = b.a - a.a;
        double_secant(l, &a, &b);
        if (b.a - a.a > GAMMA * width) update(l, &a, &b, 0.5 * (a.a + b.a));
    }
    return l->step > 0;
}
