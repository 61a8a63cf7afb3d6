/* The searches that K-means brings: from a minimum, every crease around it in turn; between two, a walk from
 * minimum to minimum over the lowest passes that lead on. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/kmeans.h"

#define MOST_STEPS 200 /* of a walk */
#define TRIES 60       /* creases looked at from one minimum of a walk, */
#define LINE_TRIES 40  /* and on a straight line */
#define SAMPLES 32     /* of J on such a line */

enum { PURPOSE_WALK = 31 };

static el4ml_status minimise(el4ml_evaluator *e, const double *start, double *x)
{
    if (x != start) el4ml_copy(e->n, start, x);
    return el4ml_kmeans_lloyd(e, x);
}

/* The labelling of a minimum; w->at are the distances to it. */
static void label_minimum(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c, el4ml_labelling *a)
{
    el4ml_kmeans_measure_at(m, w, c);
    memcpy(a->label, w->at.nearest, m->points * sizeof *a->label);
    el4ml_copy(m->n, c, a->mean);
    memset(a->size, 0, m->clusters * sizeof *a->size);
    for (size_t p = 0; p < m->points; p++)
        a->size[a->label[p]] += m->weight[p];
}

/* The least s > 0 where a + b s + c s^2, negative at 0, vanishes; INFINITY: none. */
static double first_root(double a, double b, double c)
{
    if (!(a < 0)) return INFINITY;
    const double discriminant = b * b - 4 * a * c;
    if (!(discriminant >= 0)) return INFINITY;
    const double root = -2 * a / (b + sqrt(discriminant)); /* without cancellation where b > 0 */
    return b + sqrt(discriminant) > 0 ? root : INFINITY;
}

/* The first crease that the straight line from c (n), where w->one labels the points, by v (n) crosses; `limit`: how
 * far to look, in v. False: none. */
static bool first_crease(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c, const double *v,
                         double *limit, el4ml_crease *at)
{
    const size_t d = m->inputs;
    for (size_t k = 0; k < m->clusters; k++)
        w->square[k] = el4ml_dot(d, v + k * d, v + k * d);
    for (size_t i = 0; i < m->n; i++)
        w->residual[i] = c[i] + v[i];
    el4ml_kmeans_measure_at(m, w, c);
    m->kernels->squares(m->stride, d, m->clusters, m->columns, w->residual, w->end);
    bool found = false;
    for (size_t p = 0; p < m->points; p++) {
        const size_t k = w->one.label[p];
        for (size_t l = 0; l < m->clusters; l++) {
            if (l == k) continue;
            const size_t own = k * m->stride + p, other = l * m->stride + p;
            const double f_0 = w->at.square[own] - w->at.square[other], square = w->square[k] - w->square[l];
            const double slope = w->end[own] - w->end[other] - f_0 - square; /* f = f_0 + slope s + square s^2 */
            const double s = first_root(f_0, slope, square);
            if (!(s < *limit)) continue;
            *limit = s;
            *at = (el4ml_crease){p, k, l};
            found = true;
        }
    }
    return found;
}

/* A random line from the minimum: one centroid towards a point of the data, two or all anywhere. From a random
 * point of it on, the first crease. */
static bool crease_on_line(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *a, el4ml_random *random,
                           el4ml_crease *at)
{
    const size_t kind = (size_t)el4ml_random_below(random, 3), d = m->inputs;
    double far = m->spread * exp(1 - 6 * el4ml_random_uniform(random)), *v = w->trial, limit = 2;
    memset(v, 0, m->n * sizeof *v);
    for (size_t moved = 0; moved <= kind && kind < 2; moved++)
        el4ml_random_direction(random, d, v + (size_t)el4ml_random_below(random, m->clusters) * d);
    if (kind == 2) el4ml_random_direction(random, m->n, v);
    if (kind == 0) {
        const size_t k = (size_t)el4ml_random_below(random, m->clusters);
        const size_t p = (size_t)el4ml_random_below(random, m->points);
        memset(v, 0, m->n * sizeof *v);
        for (size_t j = 0; j < d; j++)
            v[k * d + j] = (m->x[p * d + j] - a[k * d + j]) / m->spread;
        far = m->spread * el4ml_random_uniform(random);
    }
    for (size_t i = 0; i < m->n; i++)
        w->c[i] = a[i] + far * v[i];
    el4ml_scale(m->n, m->spread, v);
    label_minimum(m, w, w->c, &w->one);
    return first_crease(m, w, w->c, v, &limit, at);
}

/* A point by chance: any, or one that is nearly tied. */
static size_t any_point(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, el4ml_random *random)
{
    size_t best = (size_t)el4ml_random_below(random, m->points);
    for (size_t looked = (size_t)el4ml_random_below(random, 4); looked > 0; looked--) {
        const size_t p = (size_t)el4ml_random_below(random, m->points);
        if (w->at.second[p] - w->at.first[p] < w->at.second[best] - w->at.first[best]) best = p;
    }
    return best;
}

/* A cluster other than `own`: any, or the nearest. */
static size_t any_cluster(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, size_t p, size_t own,
                          el4ml_random *random)
{
    size_t best = own;
    for (size_t looked = (size_t)el4ml_random_below(random, 3); looked < 3; looked++) {
        size_t k = (size_t)el4ml_random_below(random, m->clusters - 1);
        k += k >= own;
        if (best == own || w->at.square[k * m->stride + p] < w->at.square[best * m->stride + p]) best = k;
    }
    return best;
}

/* Some points of the minimum go to other clusters, and another is tied. */
static bool crease_by_labels(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *a,
                             el4ml_random *random, el4ml_crease *at)
{
    label_minimum(m, w, a, &w->one);
    while (el4ml_random_below(random, 4) > 0) {
        const size_t p = any_point(m, w, random);
        w->one.label[p] = any_cluster(m, w, p, w->one.label[p], random);
    }
    at->point = any_point(m, w, random);
    at->k = (size_t)el4ml_random_below(random, 4) > 0 ? w->at.nearest[at->point]
                                                      : (size_t)el4ml_random_below(random, m->clusters);
    at->l = any_cluster(m, w, at->point, at->k, random);
    return true;
}

/* Anywhere: centroids at the means of a few random points, two of them then equally far from another. */
static bool crease_anywhere(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_random *random,
                            el4ml_crease *at)
{
    const size_t d = m->inputs;
    memset(w->c, 0, m->n * sizeof *w->c);
    for (size_t k = 0; k < m->clusters; k++) {
        const size_t count = 1 + (size_t)el4ml_random_below(random, 1 + m->points / m->clusters);
        for (size_t i = 0; i < count; i++)
            el4ml_axpy(d, 1 / (double)count, m->x + (size_t)el4ml_random_below(random, m->points) * d,
                       w->c + k * d);
    }
    const size_t p = (size_t)el4ml_random_below(random, m->points);
    const double *x = m->x + p * d;
    *at = (el4ml_crease){p, 0, 1};
    double far[2] = {el4ml_distance(d, x, w->c), el4ml_distance(d, x, w->c + d)};
    const size_t nearer = far[1] < far[0];
    if (!(far[nearer] > 0)) return false;
    double *c = w->c + (1 - nearer) * d;
    for (size_t j = 0; j < d; j++)
        c[j] = x[j] + (c[j] - x[j]) * (far[nearer] / far[1 - nearer]);
    label_minimum(m, w, w->c, &w->one);
    return true;
}

static bool crease_by_chance(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *a,
                             el4ml_random *random, el4ml_crease *at)
{
    const size_t way = (size_t)el4ml_random_below(random, 8);
    if (way < 5) return crease_on_line(m, w, a, random, at);
    return way < 7 ? crease_by_labels(m, w, a, random, at) : crease_anywhere(m, w, random, at);
}

/* The creases of the minimum's own cell, lowest first, in every other search; those further away by chance. */
static el4ml_status from(el4ml_evaluator *e, const double *a, uint64_t k, el4ml_random random, double *ts)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    el4ml_crease at;
    if (m->clusters < 2) return EL4ML_NOT_CONVERGED;
    label_minimum(m, w, a, &w->one);
    const size_t count = k % 2 == 0 ? el4ml_kmeans_own_creases(m, w, &w->one) : 0;
    if (k / 2 < count) {
        el4ml_kmeans_select(w->candidates, count, (size_t)(k / 2));
        const el4ml_kmeans_candidate *chosen = &w->candidates[k / 2];
        at = (el4ml_crease){chosen->point, chosen->k, chosen->l};
    } else if (!crease_by_chance(m, w, a, &random, &at)) {
        return EL4ML_NOT_CONVERGED;
    }
    return el4ml_kmeans_pass(e, &at, ts);
}

/* ---- Between two minima ---- */

typedef struct walk {
    el4ml_evaluator *e;
    const el4ml_kmeans *m;
    el4ml_kmeans_workspace *w;
    size_t capacity, count, failures;
    double *passages; /* (capacity, 3, n) */
} walk;

/* Weight of the points that two labellings put in different clusters. */
static double apart(const el4ml_kmeans *m, const uint64_t *a, const uint64_t *b)
{
    double sum = 0;
    for (size_t p = 0; p < m->points; p++)
        if (a[p] != b[p]) sum += m->weight[p];
    return sum;
}

static bool found_before(const walk *s, const double *ts)
{
    for (size_t i = 0; i < s->count; i++)
        if (el4ml_distance(s->m->n, s->passages + 3 * i * s->m->n, ts) <= 1e-9 * s->m->spread) return true;
    return false;
}

/* The pass on one crease, from the labels in w->one, and what lies below it. `fresh`: there is one, not seen
 * before; the new passage is the last. */
static el4ml_status try_crease(walk *s, const el4ml_crease *at, bool *fresh)
{
    const size_t n = s->m->n;
    double *ts = s->passages + 3 * s->count * n;
    *fresh = false;
    el4ml_status status = el4ml_kmeans_pass(s->e, at, ts);
    if (status == EL4ML_OK && found_before(s, ts)) return EL4ML_OK;
    el4ml_stationary point = {.x = ts};
    if (status == EL4ML_OK) status = el4ml_kmeans_characterise(s->e, &point);
    if (status == EL4ML_OK && point.index != 1) status = EL4ML_NOT_CONVERGED;
    if (status == EL4ML_OK) status = el4ml_kmeans_fall(s->e, ts, at, ts + n, ts + 2 * n);
    if (status == EL4ML_NOT_CONVERGED) {
        s->failures++;
        return EL4ML_OK;
    }
    if (status != EL4ML_OK) return status;
    *fresh = true;
    s->count++;
    return EL4ML_OK;
}

/* From the walk's minimum (w->two) over the last passage to one nearer to the target. False: it leads elsewhere.
 */
static bool step_over(walk *s)
{
    const size_t n = s->m->n, bytes = s->m->points * sizeof(uint64_t);
    uint64_t *here = s->w->two.label;
    for (int i = 0; i < 2; i++) {
        const uint64_t *near = s->w->side[i], *far = s->w->side[1 - i];
        if (memcmp(near, here, bytes) != 0 || apart(s->m, far, s->w->target) >= apart(s->m, here, s->w->target))
            continue;
        memcpy(here, far, bytes);
        el4ml_copy(n, s->passages + (3 * (s->count - 1) + 1 + (size_t)(1 - i)) * n, s->w->two.mean);
        return true;
    }
    return false;
}

/* One step of the walk: the creases towards the target, lowest first. False: it ends here. */
static el4ml_status step(walk *s, el4ml_random *random, bool *moved)
{
    el4ml_kmeans_workspace *w = s->w;
    *moved = false;
    label_minimum(s->m, w, w->two.mean, &w->one);
    const size_t count = el4ml_kmeans_creases_towards(s->m, w, &w->one, w->target);
    for (size_t i = 0; random && i < count; i++) /* a later attempt looks in another order */
        w->candidates[i].energy *= 0.5 + el4ml_random_uniform(random);
    for (size_t i = 0; i < count && i < TRIES && s->count < s->capacity && !*moved; i++) {
        el4ml_kmeans_select(w->candidates + i, count - i, 0);
        const el4ml_kmeans_candidate *chosen = &w->candidates[i];
        const el4ml_crease at = {chosen->point, chosen->k, chosen->l};
        bool fresh;
        memcpy(w->one.label, w->two.label, s->m->points * sizeof *w->one.label);
        const el4ml_status status = try_crease(s, &at, &fresh);
        if (status != EL4ML_OK) return status;
        *moved = fresh && step_over(s);
    }
    return EL4ML_OK;
}

static el4ml_status walk_over(walk *s, const double *start, const double *end, el4ml_random *random)
{
    el4ml_kmeans_workspace *w = s->w;
    label_minimum(s->m, w, end, &w->one);
    memcpy(w->target, w->one.label, s->m->points * sizeof *w->target);
    label_minimum(s->m, w, start, &w->two);
    bool moved = true;
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; moved && i < MOST_STEPS && s->count < s->capacity && status == EL4ML_OK; i++)
        status = step(s, random, &moved);
    return status;
}

/* Where J is greatest on the line from a by v. */
static double top_of_line(const walk *s, const double *a, const double *v)
{
    double top = -1, at = 0;
    for (size_t i = 1; i < SAMPLES; i++) {
        const double fraction = (double)i / SAMPLES;
        double sum = 0;
        for (size_t j = 0; j < s->m->n; j++)
            s->w->c[j] = a[j] + fraction * v[j];
        el4ml_kmeans_measure_at(s->m, s->w, s->w->c);
        for (size_t p = 0; p < s->m->points; p++)
            sum += s->m->weight[p] * s->w->at.first[p];
        if (!(sum > top)) continue;
        top = sum;
        at = fraction;
    }
    return at;
}

/* The creases that the straight line crosses: from its highest point on, then from random points. */
static el4ml_status go_straight(walk *s, const double *a, const double *b, el4ml_random *random)
{
    const el4ml_kmeans *m = s->m;
    el4ml_kmeans_workspace *w = s->w;
    double *v = w->two.mean, at_top;
    for (size_t i = 0; i < m->n; i++)
        v[i] = b[i] - a[i];
    at_top = top_of_line(s, a, v);
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; i < LINE_TRIES && s->count < s->capacity && status == EL4ML_OK; i++) {
        const double from_here = i == 0 ? fmax(0, at_top - 0.5 / SAMPLES) : el4ml_random_uniform(random);
        double limit = 1 - from_here;
        bool fresh;
        el4ml_crease at;
        for (size_t j = 0; j < m->n; j++)
            w->c[j] = a[j] + from_here * v[j];
        label_minimum(m, w, w->c, &w->one);
        if (first_crease(m, w, w->c, v, &limit, &at)) status = try_crease(s, &at, &fresh);
    }
    return status;
}

/* In turn: a walk from either side, and the straight line; the first two walks over the lowest passes, later
 * ones over others as well. */
static el4ml_status between(el4ml_evaluator *e, const double *a, const double *b, uint64_t attempt,
                            size_t capacity, double *passages, size_t *count, size_t *failures)
{
    walk s = {.e = e, .m = e->surface->self, .w = e->workspace, .capacity = capacity, .passages = passages};
    el4ml_random random = el4ml_random_new(0, PURPOSE_WALK, attempt);
    el4ml_status status;
    if (attempt % 3 == 2)
        status = go_straight(&s, a, b, &random);
    else
        status = walk_over(&s, attempt % 3 == 0 ? a : b, attempt % 3 == 0 ? b : a, attempt < 2 ? NULL : &random);
    *count = s.count;
    *failures = s.failures;
    return status;
}

const el4ml_surface_search el4ml_kmeans_search = {.minimise = minimise,
                                                  .characterise = el4ml_kmeans_characterise,
                                                  .unstable_mode = el4ml_kmeans_unstable_mode,
                                                  .descend = el4ml_kmeans_descend,
                                                  .between = between,
                                                  .from = from};
