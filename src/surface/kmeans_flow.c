/* The gradient flow dc/dt = -grad J, exactly. Inside the cell of a labelling, grad J = 2 n_k (c_k - mean_k)
 * for each cluster k of weight n_k, so that
 *
 *     c_k(t) = mean_k + (c_k(0) - mean_k) exp(-2 n_k t)
 *
 * until some point p is as near to another centroid l as to its own, k. With A, B, C from u(t) = |x_p -
 * c_k(t)|^2 = A - 2 B z + C z^2, z = exp(-2 n_k t), the time is the first zero of a sum of at most five
 * exponentials. There p changes its label, and the flow goes on: with s = |x_p - c_k|^2 - |x_p - c_l|^2, the
 * rate ds/dt grows by w_p |grad s|^2 > 0 as p changes over, so that a flow that reaches a crease crosses it
 * and never slides along. */
#include <math.h>

#include "base/exponentials.h"
#include "base/linalg.h"
#include "surface/kmeans.h"

#define MOST_EVENTS 1000000
#define HORIZON 60 /* exp(-60) of the way is left: below any rounding */

/* |x_p - c(t)|^2 for a centroid that goes straight from c to its mean. */
typedef struct approach {
    double now, end; /* at t = 0, and at the mean */
    double b, c;     /* B, C */
    double rate;     /* 2 n */
} approach;

typedef struct event {
    double time;
    size_t point, to;
} event;

static approach approach_of(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, size_t p, size_t k)
{
    approach u = {.now = w->at.square[k * m->stride + p],
                  .end = w->end[k * m->stride + p],
                  .c = w->square[k],
                  .rate = w->rate[k]};
    u.b = 0.5 * (u.end + u.c - u.now);
    return u;
}

/* The least distance on the whole way. */
static double least(const approach *u)
{
    if (u->c > 0 && u->b > 0 && u->b < u->c) return u->end - u->b * u->b / u->c;
    return fmin(u->now, u->end);
}

/* The range of du/dt = 2 rate (B z - C z^2) over t in [0, T], z from 1 to exp(-rate T). */
static void slopes(const approach *u, double limit, double *low, double *high)
{
    const double z = exp(-u->rate * limit), turn = u->c > 0 ? 0.5 * u->b / u->c : 2;
    const double first = 2 * u->rate * (u->b - u->c), last = 2 * u->rate * (u->b - u->c * z) * z;
    *low = fmin(first, last);
    *high = fmax(first, last);
    if (turn > z && turn < 1) *high = fmax(*high, 2 * u->rate * (u->b - u->c * turn) * turn);
}

/* When, before `limit`, does `own` become more than `other`? INFINITY: not. */
static double crossing(const approach *own, const approach *other, double limit)
{
    double low[2], high[2];
    slopes(own, limit, &low[0], &high[0]);
    slopes(other, limit, &low[1], &high[1]);
    if (high[0] <= low[1]) return INFINITY; /* the difference only falls */
    el4ml_exponentials f = {0};
    el4ml_exponentials_add(&f, own->end - other->end, 0);
    el4ml_exponentials_add(&f, -2 * own->b, own->rate);
    el4ml_exponentials_add(&f, own->c, 2 * own->rate);
    el4ml_exponentials_add(&f, 2 * other->b, other->rate);
    el4ml_exponentials_add(&f, -other->c, 2 * other->rate);
    return el4ml_exponentials_crossing(&f, limit);
}

static void prepare(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const el4ml_labelling *a,
                    const double *c)
{
    const size_t d = m->inputs;
    el4ml_kmeans_measure_at(m, w, c);
    m->kernels->squares(m->stride, d, m->clusters, m->columns, a->mean, w->end);
    for (size_t k = 0; k < m->clusters; k++) {
        double square = 0;
        for (size_t j = 0; j < d; j++) {
            const double away = c[k * d + j] - a->mean[k * d + j];
            square += away * away;
        }
        w->square[k] = square;
        w->rate[k] = 2 * a->size[k];
    }
}

/* A time after which all centroids are where they go, to the last bit. */
static double horizon(const el4ml_kmeans *m, const el4ml_labelling *a)
{
    double slowest = m->rows;
    for (size_t k = 0; k < m->clusters; k++)
        if (a->size[k] > 0) slowest = fmin(slowest, a->size[k]);
    return HORIZON / (2 * slowest);
}

/* The first change of label; time INFINITY: none. Of two at once, the lower point's. */
static event next_event(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, const el4ml_labelling *a)
{
    event next = {.time = INFINITY};
    double limit = horizon(m, a);
    for (size_t p = 0; p < m->points; p++) {
        const size_t k = a->label[p];
        const approach own = approach_of(m, w, p, k);
        const double most = fmax(own.now, own.end);
        for (size_t l = 0; l < m->clusters; l++) {
            if (l == k) continue;
            const approach other = approach_of(m, w, p, l);
            if (most < least(&other)) continue;
            const double time = crossing(&own, &other, limit);
            if (!(time < next.time)) continue;
            next = (event){.time = time, .point = p, .to = l};
            limit = time;
        }
    }
    return next;
}

static void advance(const el4ml_kmeans *m, const el4ml_labelling *a, double time, double *c)
{
    for (size_t k = 0; k < m->clusters; k++) {
        const double left = exp(-2 * a->size[k] * time);
        for (size_t i = k * m->inputs; i < (k + 1) * m->inputs; i++)
            c[i] = a->mean[i] + (c[i] - a->mean[i]) * left;
    }
}

/* At the means: a point that is not strictly nearest to its own (only just, as a crossing would have been
 * found) goes to the other. False: there is none. */
static bool change_over(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a)
{
    for (size_t p = 0; p < m->points; p++) {
        size_t other = w->at.nearest[p];
        if (other == a->label[p] && el4ml_kmeans_ties(m, w, p, other, 1, &other) == 0) continue;
        el4ml_kmeans_move(m, w, a, p, other);
        return true;
    }
    return false;
}

/* An empty cluster stays where it is. */
static void hold_empty(const el4ml_kmeans *m, el4ml_labelling *a, const double *c)
{
    for (size_t k = 0; k < m->clusters; k++)
        if (!(a->size[k] > 0)) el4ml_copy(m->inputs, c + k * m->inputs, a->mean + k * m->inputs);
}

static bool has_empty(const el4ml_kmeans *m, const el4ml_labelling *a)
{
    for (size_t k = 0; k < m->clusters; k++)
        if (!(a->size[k] > 0)) return true;
    return false;
}

el4ml_status el4ml_kmeans_flow(el4ml_evaluator *e, double *c)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    el4ml_labelling *a = &w->one;
    el4ml_kmeans_means(m, w, a);
    hold_empty(m, a, c);
    for (size_t k = 0; k < MOST_EVENTS; k++) {
        const el4ml_status status = el4ml_evaluator_count(e, 1);
        if (status != EL4ML_OK) return status;
        prepare(m, w, a, c);
        const event next = next_event(m, w, a);
        if (isfinite(next.time)) {
            advance(m, a, next.time, c);
            el4ml_kmeans_move(m, w, a, next.point, next.to);
            hold_empty(m, a, c);
            continue;
        }
        el4ml_copy(m->n, a->mean, c);
        if (has_empty(m, a)) return EL4ML_NOT_CONVERGED;
        el4ml_kmeans_measure_at(m, w, c);
        if (!change_over(m, w, a)) return EL4ML_OK;
    }
    return EL4ML_NOT_CONVERGED;
}
