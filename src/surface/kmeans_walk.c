/* Transition states between two minima, in three ways: a walk from minimum to minimum over the lowest passes
 * that lead on; a path of labels, one point after another, minima or not, and the creases at its top; and the
 * straight line. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/kmeans.h"

#define MOST_STEPS 200 /* of a walk */
#define TRIES 60       /* creases looked at from one minimum of a walk, or on a path, */
#define LINE_TRIES 40  /* and on a straight line */
#define SAMPLES 32     /* of J on such a line */

enum { PURPOSE_WALK = 31 };

typedef struct walk {
    el4ml_evaluator *e;
    const el4ml_kmeans *m;
    el4ml_kmeans_workspace *w;
    el4ml_found *found;
    el4ml_random *random; /* NULL: the lowest first */
} walk;

static bool full(const walk *s)
{
    return s->found->count == s->found->capacity;
}

/* The pass on one crease, from the labels in w->one, and what lies below it. */
static el4ml_status try_crease(walk *s, const el4ml_crease *at, bool *fresh)
{
    const size_t n = s->m->n;
    double *ts = s->found->points + 3 * s->found->count * n;
    el4ml_status status = el4ml_kmeans_try(s->e, at, 3 * n, s->found, fresh);
    if (status != EL4ML_OK || !*fresh) return status;
    status = el4ml_kmeans_fall(s->e, ts, at, ts + n, ts + 2 * n);
    *fresh = status == EL4ML_OK;
    s->found->count += *fresh;
    if (status != EL4ML_NOT_CONVERGED) return status;
    s->found->failures++;
    return EL4ML_OK;
}

/* ---- From minimum to minimum ---- */

/* Weight of the points that two labellings put in different clusters. */
static double apart(const el4ml_kmeans *m, const uint64_t *a, const uint64_t *b)
{
    double sum = 0;
    for (size_t p = 0; p < m->points; p++)
        if (a[p] != b[p]) sum += m->weight[p];
    return sum;
}

/* From the walk's minimum (w->two) over the last passage to one nearer to the target. False: it leads
 * elsewhere.
 */
static bool step_over(walk *s)
{
    const el4ml_kmeans *m = s->m;
    const size_t n = m->n, bytes = m->points * sizeof(uint64_t);
    const double *sides = s->found->points + (3 * (s->found->count - 1) + 1) * n;
    uint64_t *here = s->w->two.label;
    for (size_t i = 0; i < 2; i++) {
        const uint64_t *near = s->w->side[i], *far = s->w->side[1 - i];
        if (memcmp(near, here, bytes) != 0 || apart(m, far, s->w->target) >= apart(m, here, s->w->target))
            continue;
        memcpy(here, far, bytes);
        el4ml_copy(n, sides + (1 - i) * n, s->w->two.mean);
        return true;
    }
    return false;
}

/* The creases towards the target, lowest first; `moved`: over one of them to another minimum. */
static el4ml_status step(walk *s, bool *moved)
{
    el4ml_kmeans_workspace *w = s->w;
    *moved = false;
    el4ml_kmeans_label(s->m, w, w->two.mean, &w->one);
    const size_t count = el4ml_kmeans_creases_towards(s->m, w, &w->one, w->target);
    for (size_t i = 0; s->random && i < count; i++)
        w->candidates[i].energy *= 0.5 + el4ml_random_uniform(s->random);
    for (size_t i = 0; i < count && i < TRIES && !full(s) && !*moved; i++) {
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

static el4ml_status walk_over(walk *s, const double *start, const double *end)
{
    el4ml_kmeans_workspace *w = s->w;
    el4ml_kmeans_label(s->m, w, end, &w->one);
    memcpy(w->target, w->one.label, s->m->points * sizeof *w->target);
    el4ml_kmeans_label(s->m, w, start, &w->two);
    bool moved = true;
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; moved && i < MOST_STEPS && !full(s) && status == EL4ML_OK; i++)
        status = step(s, &moved);
    return status;
}

/* ---- Over labels ---- */

/* The label change on the way to w->target that costs least, the centroids following; w->one's means were
 * measured. INFINITY: none is left. */
static double cheapest_change(const walk *s, size_t *point)
{
    const el4ml_kmeans *m = s->m;
    const el4ml_kmeans_workspace *w = s->w;
    const el4ml_labelling *a = &w->one;
    double least = INFINITY;
    for (size_t p = 0; p < m->points; p++) {
        const size_t k = a->label[p], l = w->target[p];
        const double weight = m->weight[p], rest = a->size[k] - weight;
        if (k == l || !(rest > 0)) continue;
        const double gone = w->at.square[k * m->stride + p] * a->size[k] / rest;
        const double come = w->at.square[l * m->stride + p] * a->size[l] / (a->size[l] + weight);
        double cost = weight * (come - gone);
        if (s->random) cost *= 0.5 + el4ml_random_uniform(s->random);
        if (cost >= least) continue;
        least = cost;
        *point = p;
    }
    return least;
}

/* Change after change from w->one to w->target: their points in w->order, and the creases between them in
 * w->candidates, `energy` falling with the height of the path. */
static size_t lay_path(walk *s)
{
    el4ml_kmeans_workspace *w = s->w;
    size_t count = 0, p = 0;
    double energy = 0;
    for (;; count++) {
        const double cost = cheapest_change(s, &p);
        if (!isfinite(cost)) return count;
        energy += cost;
        w->order[count] = (uint32_t)p;
        w->candidates[count] = (el4ml_kmeans_candidate){.energy = -energy,
                                                        .share = (double)count, /* its place on the path */
                                                        .point = (uint32_t)p,
                                                        .k = (uint32_t)w->one.label[p],
                                                        .l = (uint32_t)w->target[p]};
        el4ml_kmeans_move(s->m, w, &w->one, p, w->target[p]);
        el4ml_kmeans_measure_at(s->m, w, w->one.mean);
    }
}

static el4ml_status relabel(walk *s, const double *start, const double *end)
{
    const el4ml_kmeans *m = s->m;
    el4ml_kmeans_workspace *w = s->w;
    el4ml_kmeans_label(m, w, end, &w->one);
    memcpy(w->target, w->one.label, m->points * sizeof *w->target);
    el4ml_kmeans_label(m, w, start, &w->two);
    el4ml_kmeans_label(m, w, start, &w->one);
    const size_t count = lay_path(s);
    for (size_t i = 0; i < count && i < TRIES && !full(s); i++) {
        el4ml_kmeans_select(w->candidates + i, count - i, 0);
        const el4ml_kmeans_candidate *chosen = &w->candidates[i];
        const el4ml_crease at = {chosen->point, chosen->k, chosen->l};
        bool fresh;
        memcpy(w->one.label, w->two.label, m->points * sizeof *w->one.label);
        for (size_t j = 0; j < (size_t)chosen->share; j++)
            w->one.label[w->order[j]] = w->target[w->order[j]];
        const el4ml_status status = try_crease(s, &at, &fresh);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* ---- Straight ---- */

static void put_on_line(walk *s, const double *a, const double *v, double fraction)
{
    for (size_t i = 0; i < s->m->n; i++)
        s->w->c[i] = a[i] + fraction * v[i];
}

/* Where J is greatest on the line from a by v. */
static double top_of_line(walk *s, const double *a, const double *v)
{
    double top = -1, at = 0;
    for (size_t i = 1; i < SAMPLES; i++) {
        double sum = 0;
        put_on_line(s, a, v, (double)i / SAMPLES);
        el4ml_kmeans_measure_at(s->m, s->w, s->w->c);
        for (size_t p = 0; p < s->m->points; p++)
            sum += s->m->weight[p] * s->w->at.first[p];
        if (!(sum > top)) continue;
        top = sum;
        at = (double)i / SAMPLES;
    }
    return at;
}

/* The next crease from the highest point on, and then from random points. */
static el4ml_status go_straight(walk *s, const double *a, const double *b)
{
    el4ml_kmeans_workspace *w = s->w;
    double *v = w->two.mean;
    for (size_t i = 0; i < s->m->n; i++)
        v[i] = b[i] - a[i];
    double place = top_of_line(s, a, v);
    for (size_t i = 0; i < LINE_TRIES && !full(s); i++, place = el4ml_random_uniform(s->random)) {
        double limit = 1 - place;
        bool fresh;
        el4ml_crease at;
        put_on_line(s, a, v, place);
        el4ml_kmeans_label(s->m, w, w->c, &w->one);
        if (!el4ml_kmeans_crease_on_line(s->m, w, v, &limit, &at)) continue;
        const el4ml_status status = try_crease(s, &at, &fresh);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* In turn, and either way: attempts 0 ... 3 take the lowest or highest first, later ones mix chance in. */
el4ml_status el4ml_kmeans_between(el4ml_evaluator *e, const double *a, const double *b, uint64_t attempt,
                                  el4ml_found *found)
{
    el4ml_random random = el4ml_random_new(0, PURPOSE_WALK, attempt);
    walk s = {.e = e, .m = e->surface->self, .w = e->workspace, .found = found};
    const bool back = attempt % 4 >= 2;
    const double *start = back ? b : a, *end = back ? a : b;
    if (attempt >= 4) s.random = &random;
    if (attempt % 2 == 0) return walk_over(&s, start, end);
    return attempt % 8 == 7 ? go_straight(&s, start, end) : relabel(&s, start, end);
}
