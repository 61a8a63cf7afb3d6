/* Creases by chance, for searches beyond those beside a minimum. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/kmeans.h"

/* The least s > 0 where a + b s + c s^2, negative at 0, vanishes; INFINITY: none. */
static double first_root(double a, double b, double c)
{
    if (!(a < 0)) return INFINITY;
    const double discriminant = b * b - 4 * a * c;
    if (!(discriminant >= 0)) return INFINITY;
    const double root = -2 * a / (b + sqrt(discriminant)); /* without cancellation where b > 0 */
    return b + sqrt(discriminant) > 0 ? root : INFINITY;
}

bool el4ml_kmeans_crease_on_line(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *v,
                                 double *limit, el4ml_crease *at)
{
    const size_t d = m->inputs;
    for (size_t k = 0; k < m->clusters; k++)
        w->square[k] = el4ml_dot(d, v + k * d, v + k * d);
    for (size_t i = 0; i < m->n; i++)
        w->residual[i] = w->c[i] + v[i];
    m->kernels->squares(m->stride, d, m->clusters, m->columns, w->residual, w->end);
    bool found = false;
    for (size_t p = 0; p < m->points; p++) {
        const size_t k = w->one.label[p];
        for (size_t l = 0; l < m->clusters; l++) {
            if (l == k) continue;
            const size_t own = k * m->stride + p, other = l * m->stride + p;
            const double f_0 = w->at.square[own] - w->at.square[other], square = w->square[k] - w->square[l];
            const double slope =
                w->end[own] - w->end[other] - f_0 - square; /* f = f_0 + slope s + square s^2 */
            const double s = first_root(f_0, slope, square);
            if (!(s < *limit)) continue;
            *limit = s;
            *at = (el4ml_crease){p, k, l};
            found = true;
        }
    }
    return found;
}

/* A random line from the minimum: one centroid towards a point of the data, two or all anywhere. From a
 * random point of it on, the first crease. */
static bool crease_on_line(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *a,
                           el4ml_random *random, el4ml_crease *at)
{
    const size_t kind = (size_t)el4ml_random_below(random, 3), d = m->inputs;
    const size_t k = (size_t)el4ml_random_below(random, m->clusters);
    double along = exp(1 - 6 * el4ml_random_uniform(random)), *v = w->trial, limit = 2;
    memset(v, 0, m->n * sizeof *v);
    if (kind == 0) {
        const double *x = m->x + (size_t)el4ml_random_below(random, m->points) * d;
        for (size_t j = 0; j < d; j++)
            v[k * d + j] = x[j] - a[k * d + j];
        along = el4ml_random_uniform(random);
    } else if (kind == 1) {
        el4ml_random_direction(random, d, v + k * d);
        el4ml_random_direction(random, d, v + (size_t)el4ml_random_below(random, m->clusters) * d);
        el4ml_scale(m->n, m->spread, v);
    } else {
        el4ml_random_direction(random, m->n, v);
        el4ml_scale(m->n, m->spread, v);
    }
    for (size_t i = 0; i < m->n; i++)
        w->c[i] = a[i] + along * v[i];
    el4ml_kmeans_label(m, w, w->c, &w->one);
    return el4ml_kmeans_crease_on_line(m, w, v, &limit, at);
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
    el4ml_kmeans_label(m, w, a, &w->one);
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
    el4ml_kmeans_label(m, w, w->c, &w->one);
    return true;
}

bool el4ml_kmeans_crease_by_chance(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *a,
                                   el4ml_random *random, el4ml_crease *at)
{
    const size_t way = (size_t)el4ml_random_below(random, 8);
    if (way < 5) return crease_on_line(m, w, a, random, at);
    return way < 7 ? crease_by_labels(m, w, a, random, at) : crease_anywhere(m, w, random, at);
}
