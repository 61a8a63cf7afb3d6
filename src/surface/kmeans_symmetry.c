/* Symmetry of K-means: the K! orders of the clusters. */
#include <math.h>

#include "base/assignment.h"
#include "base/linalg.h"
#include "surface/kmeans.h"

enum { PURPOSE_ALIGN = 32 };

/* a_k lies closest to b_column(k), all in all. Variants take other orders: costs with noise. */
static void match(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *a, const double *b,
                  uint64_t variant)
{
    const size_t clusters = m->clusters, d = m->inputs;
    double mean = 0;
    for (size_t k = 0; k < clusters; k++)
        for (size_t l = 0; l < clusters; l++) {
            double square = 0;
            for (size_t j = 0; j < d; j++) {
                const double away = a[k * d + j] - b[l * d + j];
                square += away * away;
            }
            w->cost[k * clusters + l] = square;
            mean += square / (double)(clusters * clusters);
        }
    if (variant > 0) {
        el4ml_random random = el4ml_random_new(0, PURPOSE_ALIGN, variant);
        const double noise = mean * (0.1 + 0.05 * (double)(variant % 16));
        for (size_t i = 0; i < clusters * clusters; i++)
            w->cost[i] += noise * el4ml_random_uniform(&random);
    }
    el4ml_assign(clusters, w->cost, w->column, w->assignment, w->indices);
}

el4ml_status el4ml_kmeans_align(const void *self, void *workspace, const double *fixed, const double *moving,
                                uint64_t variant, double *aligned, double *distance)
{
    const el4ml_kmeans *m = self;
    el4ml_kmeans_workspace *w = workspace;
    if (!isfinite(el4ml_norm(m->n, fixed) + el4ml_norm(m->n, moving))) return EL4ML_NUMERICAL;
    match(m, w, fixed, moving, variant);
    for (size_t k = 0; k < m->clusters; k++)
        el4ml_copy(m->inputs, moving + w->column[k] * m->inputs, aligned + k * m->inputs);
    *distance = el4ml_distance(m->n, fixed, aligned);
    return EL4ML_OK;
}

el4ml_status el4ml_kmeans_same(const void *self, void *workspace, const double *a, const double *b,
                               double tolerance, bool *same)
{
    el4ml_kmeans_workspace *w = workspace;
    double distance = INFINITY;
    const el4ml_status status = el4ml_kmeans_align(self, workspace, a, b, 0, w->trial, &distance);
    *same = distance <= tolerance;
    return status;
}

/* Centroids that coincide may be exchanged: K! over the product of the factorials of their numbers. */
el4ml_status el4ml_kmeans_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                       double *log_multiplicity, double *order)
{
    const el4ml_kmeans *m = self;
    (void)workspace;
    if (!isfinite(el4ml_norm(m->n, x))) return EL4ML_NUMERICAL;
    *order = 1;
    for (size_t k = 0; k < m->clusters; k++) {
        size_t alike = 1; /* with those of lower label */
        for (size_t l = 0; l < k; l++)
            alike += el4ml_distance(m->inputs, x + k * m->inputs, x + l * m->inputs) * M_SQRT2 <= tolerance;
        *order *= (double)alike;
    }
    *log_multiplicity = -log(*order);
    for (size_t k = 2; k <= m->clusters; k++)
        *log_multiplicity += log((double)k);
    return EL4ML_OK;
}

void el4ml_kmeans_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                   double *y)
{
    const el4ml_kmeans *m = self;
    el4ml_kmeans_workspace *w = workspace;
    for (size_t k = 0; k < m->clusters; k++)
        w->column[k] = k;
    el4ml_random_shuffle(random, m->clusters, w->column);
    for (size_t k = 0; k < m->clusters; k++)
        el4ml_copy(m->inputs, x + w->column[k] * m->inputs, y + k * m->inputs);
}
