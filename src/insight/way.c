/* The loss along a straight line. Between the points of the grid the top is found by its slope, which comes
 * with every value, so that a coarse grid does not miss it. */
#include "insight/way.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"

enum { REFINEMENTS = 60, GAIN_DRAWS = 64 };

static const uint64_t purpose_gain = 0x6761696e;

el4ml_way el4ml_way_none(void)
{
    return (el4ml_way){.length = NAN,
                       .top = NAN,
                       .top_at = NAN,
                       .barrier = NAN,
                       .barrier_back = NAN,
                       .excess = NAN,
                       .rise = NAN,
                       .accuracy_loss = NAN};
}

void el4ml_way_clear(el4ml_way *way)
{
    el4ml_release(way->points);
    *way = el4ml_way_none();
}

el4ml_metrics el4ml_metrics_at(el4ml_evaluator *e, const double *x, const el4ml_dataset *data)
{
    el4ml_metrics metrics = el4ml_metrics_none();
    const el4ml_surface *s = e->surface;
    if (!s->ops.metrics || !data || data->rows == 0) return metrics;
    if (s->ops.metrics(s->self, e->workspace, x, data, &metrics) != EL4ML_OK) return el4ml_metrics_none();
    return metrics;
}

bool el4ml_tells_targets(const el4ml_surface *surface, const el4ml_dataset *rows)
{
    if (!surface->ops.predict) return false;
    if (surface->info.prediction == EL4ML_PREDICTS_PROBABILITIES)
        return rows->label && rows->classes == surface->info.outputs;
    return surface->info.prediction == EL4ML_PREDICTS_VALUES && rows->y &&
           rows->targets == surface->info.outputs;
}

static double chord(double va, double vb, double t)
{
    return (1 - t) * va + t * vb;
}

void el4ml_way_measure(el4ml_way *w)
{
    const size_t last = w->count - 1;
    const el4ml_way_point *p = w->points;
    double lowest = INFINITY;
    w->top = -INFINITY;
    w->excess = w->rise = 0;
    w->accuracy_loss = isfinite(p[0].train.accuracy) ? 0 : NAN;
    for (size_t k = 0; k <= last; k++) {
        const double value = isfinite(p[k].value) ? p[k].value : INFINITY;
        if (value > w->top) {
            w->top = value;
            w->top_at = p[k].t;
        }
        lowest = fmin(lowest, value);
        w->rise = fmax(w->rise, value - lowest);
        w->excess = fmax(w->excess, value - chord(p[0].value, p[last].value, p[k].t));
        if (isfinite(w->accuracy_loss))
            w->accuracy_loss =
                fmax(w->accuracy_loss,
                     chord(p[0].train.accuracy, p[last].train.accuracy, p[k].t) - p[k].train.accuracy);
    }
    w->barrier = w->top - p[0].value;
    w->barrier_back = w->top - p[last].value;
}

/* ---- A straight line ---- */

typedef struct line {
    el4ml_evaluator *e;
    const double *a, *b;
    double *x, *g; /* (n) */
} line;

static el4ml_status evaluate(const line *l, double t, double *value, double *slope)
{
    const size_t n = l->e->n;
    for (size_t i = 0; i < n; i++)
        l->x[i] = (1 - t) * l->a[i] + t * l->b[i];
    const el4ml_status status = el4ml_value_gradient(l->e, l->x, value, l->g);
    *slope = NAN;
    if (status == EL4ML_NUMERICAL) {
        *value = NAN;
        return EL4ML_OK;
    }
    if (status != EL4ML_OK) return status;
    *slope = 0;
    for (size_t i = 0; i < n; i++)
        *slope += l->g[i] * (l->b[i] - l->a[i]);
    return EL4ML_OK;
}

/* Between two points of which the first has slope > `tilt` and the second slope < `tilt` lies a largest V -
 * tilt t. */
static el4ml_status climb(const line *l, const el4ml_way_point *left, const el4ml_way_point *right,
                          double tilt, double *t, double *value)
{
    double low = left->t, high = right->t;
    for (int k = 0; k < REFINEMENTS && high - low > 1e-9; k++) {
        double v, slope;
        *t = 0.5 * (low + high);
        const el4ml_status status = evaluate(l, *t, &v, &slope);
        if (status != EL4ML_OK) return status;
        if (!isfinite(v)) break;
        *value = v;
        if (slope > tilt)
            low = *t;
        else
            high = *t;
    }
    return EL4ML_OK;
}

static bool between(const el4ml_way_point *p, double tilt)
{
    return p[0].slope > tilt && p[1].slope < tilt;
}

/* The largest V, and the largest V above the chord, in every interval that holds one. */
static el4ml_status refine(const line *l, el4ml_way *w)
{
    const size_t last = w->count - 1;
    const double va = w->points[0].value, vb = w->points[last].value;
    for (size_t k = 0; k < last; k++) {
        const el4ml_way_point *p = &w->points[k];
        double t = 0, v = -INFINITY;
        if (between(p, 0)) {
            const el4ml_status status = climb(l, p, p + 1, 0, &t, &v);
            if (status != EL4ML_OK) return status;
            if (v > w->top) {
                w->top = v;
                w->top_at = t;
            }
        }
        v = -INFINITY;
        if (between(p, vb - va)) {
            const el4ml_status status = climb(l, p, p + 1, vb - va, &t, &v);
            if (status != EL4ML_OK) return status;
            if (v > -INFINITY) w->excess = fmax(w->excess, v - chord(va, vb, t));
        }
    }
    w->barrier = w->top - va;
    w->barrier_back = w->top - vb;
    return EL4ML_OK;
}

static el4ml_status fill(const line *l, const el4ml_dataset *train, const el4ml_dataset *test, el4ml_way *w)
{
    for (size_t k = 0; k < w->count; k++) {
        el4ml_way_point *p = &w->points[k];
        p->t = (double)k / (double)(w->count - 1);
        const el4ml_status status = evaluate(l, p->t, &p->value, &p->slope);
        if (status != EL4ML_OK) return status;
        p->train = el4ml_metrics_at(l->e, l->x, train);
        p->test = el4ml_metrics_at(l->e, l->x, test);
    }
    el4ml_way_measure(w);
    return refine(l, w);
}

el4ml_status el4ml_straight_way(el4ml_evaluator *e, const double *a, const double *b, size_t points,
                                const el4ml_dataset *train, const el4ml_dataset *test, el4ml_way *way)
{
    *way = el4ml_way_none();
    if (points < 3) return EL4ML_INVALID_ARGUMENT;
    double *work = EL4ML_NEW(double, 2 * e->n);
    way->points = EL4ML_NEW(el4ml_way_point, points);
    way->count = points;
    way->length = el4ml_distance(e->n, a, b);
    const line l = {e, a, b, work, work + e->n};
    const el4ml_status status = work && way->points ? fill(&l, train, test, way) : EL4ML_OUT_OF_MEMORY;
    el4ml_release(work);
    if (status != EL4ML_OK) el4ml_way_clear(way);
    return status;
}

el4ml_status el4ml_straight_excess(el4ml_evaluator *e, const double *a, const double *b, double va, double vb,
                                   size_t points, double *work, double *excess)
{
    const line l = {e, a, b, work, work + e->n};
    el4ml_way_point p[2] = {{0}};
    *excess = 0;
    for (size_t k = 0; k < points; k++) {
        p[1].t = (double)k / (double)(points - 1);
        el4ml_status status = evaluate(&l, p[1].t, &p[1].value, &p[1].slope);
        if (status != EL4ML_OK) return status;
        if (!isfinite(p[1].value)) {
            *excess = INFINITY;
            return EL4ML_OK;
        }
        *excess = fmax(*excess, p[1].value - chord(va, vb, p[1].t));
        double t = 0, v = -INFINITY;
        if (k > 0 && between(p, vb - va)) {
            status = climb(&l, &p[0], &p[1], vb - va, &t, &v);
            if (status != EL4ML_OK) return status;
            if (v > -INFINITY) *excess = fmax(*excess, v - chord(va, vb, t));
        }
        p[0] = p[1];
    }
    return EL4ML_OK;
}

/* ---- What training gains ---- */

el4ml_status el4ml_training_gain(el4ml_evaluator *e, uint64_t seed, double lowest, double *x, double *gain)
{
    double values[GAIN_DRAWS];
    size_t count = 0;
    for (uint64_t k = 0; k < GAIN_DRAWS; k++) {
        double value;
        el4ml_random random = el4ml_random_new(seed, purpose_gain, k);
        el4ml_initialise(e, &random, x);
        const el4ml_status status = el4ml_value_gradient(e, x, &value, NULL);
        if (status == EL4ML_NUMERICAL) continue;
        if (status != EL4ML_OK) return status;
        size_t at = count++;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    *gain = count ? fmax(0, 0.5 * (values[(count - 1) / 2] + values[count / 2]) - lowest) : 0;
    return EL4ML_OK;
}

/* ---- A trail ---- */

bool el4ml_trail_add(el4ml_trail *t, const double *x, double value)
{
    if (t->failed || !el4ml_grow((void **)&t->x, &t->x_capacity, (t->count + 1) * t->n, sizeof *t->x) ||
        !el4ml_grow((void **)&t->value, &t->capacity, t->count + 1, sizeof *t->value)) {
        t->failed = true;
        return false;
    }
    el4ml_copy(t->n, x, t->x + t->count * t->n);
    t->value[t->count++] = value;
    return true;
}

void el4ml_trail_clear(el4ml_trail *t)
{
    el4ml_release(t->x);
    el4ml_release(t->value);
    *t = (el4ml_trail){.n = t->n};
}
