/* Where searches for minima of K-means begin: seeding by k-means++ (Arthur and Vassilvitskii, SODA 2007), and
 * the steps of basin-hopping. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/kmeans.h"

#define HARTIGAN_MOVES 200

/* A point with probability proportional to its weight times `square`; NULL: to its weight. */
static size_t draw_point(const el4ml_kmeans *m, el4ml_random *random, const double *square)
{
    double total = 0;
    for (size_t p = 0; p < m->points; p++)
        total += m->weight[p] * (square ? square[p] : 1);
    double left = total * el4ml_random_uniform(random);
    size_t last = 0;
    for (size_t p = 0; p < m->points; p++) {
        const double share = m->weight[p] * (square ? square[p] : 1);
        if (!(share > 0)) continue;
        last = p;
        left -= share;
        if (left < 0) break;
    }
    return last;
}

void el4ml_kmeans_initialise(const void *self, void *workspace, el4ml_random *random, double *x)
{
    const el4ml_kmeans *m = self;
    el4ml_kmeans_workspace *w = workspace;
    for (size_t k = 0; k < m->clusters; k++) {
        const size_t p = draw_point(m, random, k == 0 ? NULL : w->at.first);
        el4ml_copy(m->inputs, m->x + p * m->inputs, x + k * m->inputs);
        m->kernels->squares(m->stride, m->inputs, 1, m->columns, x + k * m->inputs, w->at.square);
        for (size_t q = 0; q < m->points; q++)
            w->at.first[q] = k == 0 ? w->at.square[q] : fmin(w->at.first[q], w->at.square[q]);
    }
}

/* One centroid is taken away and put on a point that lies far from the others (random swap; Fraenti, J. Big
 * Data 5, 13, 2018). */
static void swap_centroid(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_random *random, double *y)
{
    const size_t k = (size_t)el4ml_random_below(random, m->clusters);
    el4ml_kmeans_measure_at(m, w, y);
    const size_t p = draw_point(m, random, w->at.first);
    el4ml_copy(m->inputs, m->x + p * m->inputs, y + k * m->inputs);
}

/* The change of one label that lowers the sum of squares most, the centroids following (Hartigan, Clustering
 * Algorithms, 1975). False: none lowers it. */
static bool hartigan_move(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a)
{
    double best = 0;
    size_t point = 0, to = 0;
    el4ml_kmeans_measure_at(m, w, a->mean);
    for (size_t p = 0; p < m->points; p++) {
        const size_t k = a->label[p];
        const double weight = m->weight[p], rest = a->size[k] - weight;
        if (!(rest > 0)) continue;
        const double gone = w->at.square[k * m->stride + p] * a->size[k] / rest;
        for (size_t l = 0; l < m->clusters; l++) {
            if (l == k) continue;
            const double come = w->at.square[l * m->stride + p] * a->size[l] / (a->size[l] + weight);
            const double gain = weight * (gone - come);
            if (!(gain > best) || !(gone - come > 1e-9 * gone)) continue;
            best = gain;
            point = p;
            to = l;
        }
    }
    if (best > 0) el4ml_kmeans_move(m, w, a, point, to);
    return best > 0;
}

/* Lloyd's minima that such moves leave are left. False: x is none. */
static bool hartigan(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *x, double *y)
{
    el4ml_labelling *a = &w->one;
    el4ml_kmeans_measure_at(m, w, x);
    memcpy(a->label, w->at.nearest, m->points * sizeof *a->label);
    el4ml_copy(m->n, x, a->mean);
    el4ml_kmeans_means(m, w, a);
    size_t moves = 0;
    while (moves < HARTIGAN_MOVES && hartigan_move(m, w, a))
        moves++;
    if (moves > 0) el4ml_copy(m->n, a->mean, y);
    return moves > 0;
}

void el4ml_kmeans_perturb(const void *self, void *workspace, el4ml_random *random, double step,
                          const double *x, double *y)
{
    const el4ml_kmeans *m = self;
    el4ml_kmeans_workspace *w = workspace;
    const double kind = el4ml_random_uniform(random);
    if (kind < 0.2 && hartigan(m, w, x, y)) return;
    if (kind > 0.95) {
        el4ml_kmeans_initialise(self, workspace, random, y);
        return;
    }
    el4ml_copy(m->n, x, y);
    if (kind < 0.5) swap_centroid(m, w, random, y);
    for (size_t i = 0; i < m->n && kind >= 0.5; i++)
        y[i] += step * (2 * el4ml_random_uniform(random) - 1);
}
