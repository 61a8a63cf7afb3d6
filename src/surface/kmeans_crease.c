/* Transition states of J. Each lies on a crease, where a point p is as near to centroid k as to l, and is the
 * minimum of the convex quadratic of a fractional labelling: p belongs to k with a share t in (0, 1), to l
 * with the rest. With n, m the weight and mean of a cluster without p, d = |x_p - m|,
 *
 *     t = n_k [(n_l + w) d_k - n_l d_l] / (w [n_k d_k + n_l d_l]),    c_k = (n_k m_k + t w x_p) / (n_k + t
 * w).
 *
 * For given labels of the others this is the least value of the quadratic on the crease, whatever t (n_k + t
 * w and n_l + (1 - t) w are positive). Relabelling the others by their nearest centroid and solving again
 * lowers J along the crease each time, as Lloyd's algorithm does in all of space, and so ends at a minimum of
 * J on the crease. This is a transition state if 0 < t < 1 and p has no nearer centroid. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/kmeans.h"

#define MOST_ITERATIONS 10000

/* Of a crease, with the other labels as they are. */
typedef struct fraction {
    double t;      /* share of k */
    double energy; /* least value on the crease, less what does not depend on p */
} fraction;

/* n: weights of the two clusters without the point; d: distances of their means to it. */
static fraction solve(double weight, const double n[2], const double d[2])
{
    const double together = n[0] * d[0] + n[1] * d[1];
    const double t = n[0] * ((n[1] + weight) * d[0] - n[1] * d[1]) / (weight * together);
    const double part[2] = {t * weight, weight - t * weight};
    fraction f = {.t = t};
    for (int i = 0; i < 2; i++) {
        const double moved = part[i] * d[i] / (n[i] + part[i]), left = n[i] * d[i] / (n[i] + part[i]);
        f.energy += n[i] * moved * moved + 0.5 * weight * left * left;
    }
    return f;
}

/* The means without p, in place, of the clusters k (which has it) and l; then their centroids on the crease.
 * t. */
static double centroids(const el4ml_kmeans *m, const el4ml_labelling *a, const el4ml_crease *at, double *c)
{
    const size_t d = m->inputs;
    const double *x = m->x + at->point * d, w = m->weight[at->point];
    const double n[2] = {a->size[at->k] - w, a->size[at->l]};
    double *side[2] = {c + at->k * d, c + at->l * d}, away[2] = {0};
    el4ml_copy(m->n, a->mean, c);
    for (size_t j = 0; j < d; j++)
        side[0][j] += (side[0][j] - x[j]) * (w / n[0]);
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < d; j++)
            away[i] += (x[j] - side[i][j]) * (x[j] - side[i][j]);
        away[i] = sqrt(away[i]);
    }
    const double t = solve(w, n, away).t, part[2] = {t * w, w - t * w};
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < d; j++)
            side[i][j] += (x[j] - side[i][j]) * (part[i] / (n[i] + part[i]));
    return t;
}

/* All points but the crease's to their nearest centroid. */
static bool relabel(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, size_t except, uint64_t *label)
{
    bool moved = false;
    for (size_t p = 0; p < m->points; p++) {
        if (p == except || label[p] == w->at.nearest[p] ||
            el4ml_kmeans_tied(m, w->at.first[p], w->at.square[label[p] * m->stride + p]))
            continue;
        label[p] = w->at.nearest[p];
        moved = true;
    }
    return moved;
}

static bool none_empty(const el4ml_kmeans *m, const el4ml_labelling *a, const el4ml_crease *at)
{
    for (size_t k = 0; k < m->clusters; k++)
        if (!(a->size[k] > (k == at->k ? m->weight[at->point] : 0))) return false;
    return true;
}

el4ml_status el4ml_kmeans_pass(el4ml_evaluator *e, const el4ml_crease *at, double *c)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    el4ml_labelling *a = &w->one;
    a->label[at->point] = at->k;
    for (size_t iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
        const el4ml_status status = el4ml_evaluator_count(e, 1);
        if (status != EL4ML_OK) return status;
        el4ml_kmeans_means(m, w, a);
        if (!none_empty(m, a, at)) return EL4ML_NOT_CONVERGED;
        const double t = centroids(m, a, at, c);
        el4ml_kmeans_measure_at(m, w, c);
        if (relabel(m, w, at->point, a->label)) continue;
        const double own = w->at.square[at->k * m->stride + at->point];
        const bool nearest = el4ml_kmeans_tied(m, w->at.first[at->point], own);
        return t > 0 && t < 1 && nearest ? EL4ML_OK : EL4ML_NOT_CONVERGED;
    }
    return EL4ML_NOT_CONVERGED;
}

/* ---- Creases to be searched from a labelling ---- */

/* The crease between k and l for point p, its energy taken from the distances w->at and the sizes of the
 * labelling whose means they are to. False: no such crease. */
static bool candidate(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, const el4ml_labelling *a,
                      const el4ml_crease *at, el4ml_kmeans_candidate *made)
{
    const size_t p = at->point, own = a->label[p], cluster[2] = {at->k, at->l};
    const double weight = m->weight[p], rest = a->size[own] - weight;
    if (!(rest > 0)) return false;
    double n[2], d[2];
    for (int i = 0; i < 2; i++) {
        n[i] = a->size[cluster[i]];
        d[i] = sqrt(w->at.square[cluster[i] * m->stride + p]);
        if (cluster[i] != own) continue;
        d[i] *= n[i] / rest;
        n[i] = rest;
    }
    if (!(n[0] > 0) || !(n[1] > 0) || !(d[0] + d[1] > 0)) return false;
    const double here = weight * w->at.square[own * m->stride + p] * a->size[own] / rest;
    const fraction f = solve(weight, n, d);
    *made = (el4ml_kmeans_candidate){.energy = f.energy - here,
                                     .share = f.t,
                                     .point = (uint32_t)p,
                                     .k = (uint32_t)at->k,
                                     .l = (uint32_t)at->l};
    return true;
}

static bool before(const el4ml_kmeans_candidate *a, const el4ml_kmeans_candidate *b)
{
    if (a->energy != b->energy) return a->energy < b->energy;
    if (a->point != b->point) return a->point < b->point;
    return a->k != b->k ? a->k < b->k : a->l < b->l;
}

size_t el4ml_kmeans_own_creases(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const el4ml_labelling *a)
{
    size_t count = 0;
    for (size_t p = 0; p < m->points; p++)
        for (size_t l = 0; l < m->clusters; l++) {
            const el4ml_crease at = {p, a->label[p], l};
            if (l == at.k || !candidate(m, w, a, &at, &w->candidates[count])) continue;
            count += w->candidates[count].share > 0 && w->candidates[count].share < 1;
        }
    return count;
}

size_t el4ml_kmeans_creases_towards(const el4ml_kmeans *m, el4ml_kmeans_workspace *w,
                                    const el4ml_labelling *a, const uint64_t *target)
{
    size_t count = 0;
    for (size_t p = 0; p < m->points; p++) {
        const el4ml_crease at = {p, a->label[p], target[p]};
        if (at.k != at.l && candidate(m, w, a, &at, &w->candidates[count])) count++;
    }
    return count;
}

static void swap(el4ml_kmeans_candidate *a, el4ml_kmeans_candidate *b)
{
    const el4ml_kmeans_candidate kept = *a;
    *a = *b;
    *b = kept;
}

/* Hoare's selection (1961). */
void el4ml_kmeans_select(el4ml_kmeans_candidate *list, size_t count, size_t rank)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        const el4ml_kmeans_candidate pivot = list[low + (high - low) / 2];
        size_t i = low, j = high;
        while (i < j) {
            while (before(&list[i], &pivot))
                i++;
            while (before(&pivot, &list[j - 1]))
                j--;
            if (i < j) swap(&list[i++], &list[--j]);
        }
        if (rank < j)
            high = j;
        else if (rank >= i)
            low = i;
        else
            return;
    }
}
