/* Labellings of the points: means, ties, and Lloyd's algorithm (Lloyd, IEEE Trans. Inf. Theory 28, 129,
 * 1982). */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/kmeans.h"

#define TIE 1e-11 /* relative difference of squared distances that counts as none */
#define MOST_ITERATIONS 100000

void el4ml_kmeans_measure_at(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c)
{
    m->kernels->measure(m->stride, m->inputs, m->clusters, m->columns, c, &w->at);
}

void el4ml_kmeans_label(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c, el4ml_labelling *a)
{
    el4ml_kmeans_measure_at(m, w, c);
    memcpy(a->label, w->at.nearest, m->points * sizeof *a->label);
    el4ml_copy(m->n, c, a->mean);
    memset(a->size, 0, m->clusters * sizeof *a->size);
    for (size_t p = 0; p < m->points; p++)
        a->size[a->label[p]] += m->weight[p];
}

/* total += w_p (x_p - origin), origin NULL: 0. */
static void add_point(const el4ml_kmeans *m, size_t p, const double *origin, double *total)
{
    const double *x = m->x + p * m->inputs, weight = m->weight[p];
    for (size_t j = 0; j < m->inputs; j++)
        total[j] += weight * (x[j] - (origin ? origin[j] : 0));
}

/* The clusters for which `only` is their own label, or all (only = K): a sum for the mean, and a second one
 * of what is left, which takes the rounding of the first out. */
static void sum_means(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a, size_t only)
{
    const size_t d = m->inputs, first = only < m->clusters ? only : 0,
                 last = only < m->clusters ? only + 1 : m->clusters;
    double *total = w->residual;
    for (int pass = 0; pass < 2; pass++) {
        memset(total + first * d, 0, (last - first) * d * sizeof *total);
        if (pass == 0) memset(a->size + first, 0, (last - first) * sizeof *a->size);
        for (size_t p = 0; p < m->points; p++) {
            const size_t k = a->label[p];
            if (k < first || k >= last) continue;
            if (pass == 0) a->size[k] += m->weight[p];
            add_point(m, p, pass == 0 ? NULL : a->mean + k * d, total + k * d);
        }
        for (size_t k = first; k < last; k++)
            for (size_t j = 0; j < d && a->size[k] > 0; j++)
                a->mean[k * d + j] = (pass == 0 ? 0 : a->mean[k * d + j]) + total[k * d + j] / a->size[k];
    }
}

void el4ml_kmeans_means(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a)
{
    sum_means(m, w, a, m->clusters);
}

void el4ml_kmeans_move(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a, size_t p,
                       size_t l)
{
    const size_t k = a->label[p];
    a->label[p] = l;
    sum_means(m, w, a, k);
    sum_means(m, w, a, l);
}

bool el4ml_kmeans_tied(const el4ml_kmeans *m, double a, double b)
{
    return b - a <= TIE * b + 4 * sqrt(b) * m->rounding;
}

size_t el4ml_kmeans_ties(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, size_t p, size_t own,
                         size_t capacity, size_t *others)
{
    const double first = w->at.first[p];
    size_t count = 0;
    if (!el4ml_kmeans_tied(m, first, w->at.second[p])) return 0;
    for (size_t k = 0; k < m->clusters; k++) {
        if (k == own || !el4ml_kmeans_tied(m, first, w->at.square[k * m->stride + p])) continue;
        if (count < capacity) others[count] = k;
        count++;
    }
    return count;
}

/* Every point to the nearest of the centroids last measured; one that is as near to its own stays. Returns
 * how many have moved. */
static size_t relabel(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, uint64_t *label)
{
    size_t moved = 0;
    for (size_t p = 0; p < m->points; p++) {
        if (label[p] == w->at.nearest[p] ||
            el4ml_kmeans_tied(m, w->at.first[p], w->at.square[label[p] * m->stride + p]))
            continue;
        label[p] = w->at.nearest[p];
        moved++;
    }
    return moved;
}

/* An empty cluster's centroid goes to the point that is farthest from its own. False: none is empty. */
static bool fill_empty(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, const double *size, double *c)
{
    for (size_t k = 0; k < m->clusters; k++) {
        if (size[k] > 0) continue;
        size_t farthest = 0;
        for (size_t p = 1; p < m->points; p++)
            if (w->at.first[p] > w->at.first[farthest]) farthest = p;
        el4ml_copy(m->inputs, m->x + farthest * m->inputs, c + k * m->inputs);
        return true;
    }
    return false;
}

/* A fixed point with a tie is no minimum: J falls towards the cell in which the tied point has the other
 * label. */
static bool leave_tie(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a)
{
    for (size_t p = 0; p < m->points; p++) {
        size_t other;
        if (el4ml_kmeans_ties(m, w, p, a->label[p], 1, &other) == 0) continue;
        el4ml_kmeans_move(m, w, a, p, other);
        return true;
    }
    return false;
}

el4ml_status el4ml_kmeans_lloyd(el4ml_evaluator *e, double *c)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    el4ml_labelling *a = &w->one;
    el4ml_copy(m->n, c, a->mean);
    for (size_t iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
        const el4ml_status status = el4ml_evaluator_count(e, 1);
        if (status != EL4ML_OK) return status;
        el4ml_kmeans_measure_at(m, w, a->mean);
        if (iteration == 0) memcpy(a->label, w->at.nearest, m->points * sizeof *a->label);
        const size_t moved = relabel(m, w, a->label);
        if (iteration == 0 || moved > 0)
            el4ml_kmeans_means(m, w, a);
        else if (!leave_tie(m, w, a)) {
            el4ml_copy(m->n, a->mean, c);
            return EL4ML_OK;
        }
        fill_empty(m, w, a->size, a->mean);
    }
    return EL4ML_NOT_CONVERGED;
}
