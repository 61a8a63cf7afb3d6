/* K-means as a surface (methods.md 1.2): construction, workspace, and the hooks of a function that is smooth
 * inside each cell. */
#include "surface/kmeans.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assignment.h"
#include "base/memory.h"
#include "el4ml/surfaces.h"

static void destroy(void *self)
{
    el4ml_kmeans *m = self;
    if (!m) return;
    el4ml_release(m->x);
    el4ml_release(m->columns);
    el4ml_release(m->weight);
    el4ml_release(m);
}

/* ---- Workspace ---- */

static void labelling_clear(el4ml_labelling *a)
{
    el4ml_release(a->label);
    el4ml_release(a->size);
    el4ml_release(a->mean);
}

static bool labelling_init(const el4ml_kmeans *m, el4ml_labelling *a)
{
    a->label = EL4ML_NEW(uint64_t, m->stride);
    a->size = EL4ML_NEW(double, m->clusters);
    a->mean = EL4ML_NEW(double, m->n);
    return a->label && a->size && a->mean;
}

static void workspace_free(void *workspace)
{
    el4ml_kmeans_workspace *w = workspace;
    if (!w) return;
    labelling_clear(&w->one);
    labelling_clear(&w->two);
    el4ml_release(w->at.square);
    el4ml_release(w->at.first);
    el4ml_release(w->at.second);
    el4ml_release(w->at.nearest);
    el4ml_release(w->end);
    el4ml_release(w->target);
    el4ml_release(w->side[0]);
    el4ml_release(w->side[1]);
    el4ml_release(w->c);
    el4ml_release(w->trial);
    el4ml_release(w->residual);
    el4ml_release(w->square);
    el4ml_release(w->rate);
    el4ml_release(w->candidates);
    el4ml_release(w->order);
    el4ml_release(w->cost);
    el4ml_release(w->assignment);
    el4ml_release(w->column);
    el4ml_release(w->indices);
    el4ml_release(w);
}

static bool allocate(const el4ml_kmeans *m, el4ml_kmeans_workspace *w)
{
    const size_t k = m->clusters;
    w->at.square = EL4ML_NEW(double, k * m->stride);
    w->at.first = EL4ML_NEW(double, m->stride);
    w->at.second = EL4ML_NEW(double, m->stride);
    w->at.nearest = EL4ML_NEW(uint64_t, m->stride);
    w->end = EL4ML_NEW(double, k * m->stride);
    w->target = EL4ML_NEW(uint64_t, m->stride);
    w->side[0] = EL4ML_NEW(uint64_t, m->stride);
    w->side[1] = EL4ML_NEW(uint64_t, m->stride);
    w->c = EL4ML_NEW(double, m->n);
    w->trial = EL4ML_NEW(double, m->n);
    w->residual = EL4ML_NEW(double, m->n);
    w->square = EL4ML_NEW(double, k);
    w->rate = EL4ML_NEW(double, k);
    w->candidates = EL4ML_NEW(el4ml_kmeans_candidate, m->points * k);
    w->order = EL4ML_NEW(uint32_t, m->points);
    w->cost = EL4ML_NEW(double, k *k);
    w->assignment = EL4ML_NEW(double, EL4ML_ASSIGN_DOUBLES(k));
    w->column = EL4ML_NEW(size_t, k);
    w->indices = EL4ML_NEW(size_t, EL4ML_ASSIGN_INDICES(k));
    return labelling_init(m, &w->one) && labelling_init(m, &w->two) && w->at.square && w->at.first &&
           w->at.second && w->at.nearest && w->end && w->target && w->side[0] && w->side[1] && w->c &&
           w->trial && w->residual && w->square && w->rate && w->candidates && w->order && w->cost &&
           w->assignment && w->column && w->indices;
}

static void *workspace_new(const void *self)
{
    el4ml_kmeans_workspace *w = EL4ML_NEW(el4ml_kmeans_workspace, 1);
    if (w && !allocate(self, w)) {
        workspace_free(w);
        return NULL;
    }
    return w;
}

/* ---- The function ---- */

static bool all_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

/* At a tie: that of the lower label. */
static el4ml_status value_gradient(const void *self, void *workspace, const double *x, double *value,
                                   double *gradient)
{
    const el4ml_kmeans *m = self;
    el4ml_kmeans_workspace *w = workspace;
    const size_t d = m->inputs;
    if (!all_finite(m->n, x)) return EL4ML_NUMERICAL;
    el4ml_kmeans_measure_at(m, w, x);
    *value = 0;
    if (gradient) memset(gradient, 0, m->n * sizeof *gradient);
    for (size_t p = 0; p < m->points; p++) {
        const size_t k = w->at.nearest[p];
        *value += m->weight[p] * w->at.first[p];
        for (size_t j = 0; gradient && j < d; j++)
            gradient[k * d + j] += 2 * m->weight[p] * (x[k * d + j] - m->x[p * d + j]);
    }
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

/* 2 n_k for each cluster, into w->rate. */
static el4ml_status curvatures(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *x)
{
    if (!all_finite(m->n, x)) return EL4ML_NUMERICAL;
    el4ml_kmeans_measure_at(m, w, x);
    memset(w->rate, 0, m->clusters * sizeof *w->rate);
    for (size_t p = 0; p < m->points; p++)
        w->rate[w->at.nearest[p]] += 2 * m->weight[p];
    return EL4ML_OK;
}

static el4ml_status hessian_vector(const void *self, void *workspace, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const el4ml_kmeans *m = self;
    el4ml_kmeans_workspace *w = workspace;
    const el4ml_status status = curvatures(m, w, x);
    for (size_t i = 0; status == EL4ML_OK && i < count * m->n; i++)
        hv[i] = w->rate[i % m->n / m->inputs] * v[i];
    return status;
}

static el4ml_status hessian(const void *self, void *workspace, const double *x, double *h)
{
    const el4ml_kmeans *m = self;
    el4ml_kmeans_workspace *w = workspace;
    const el4ml_status status = curvatures(m, w, x);
    if (status != EL4ML_OK) return status;
    memset(h, 0, m->n * m->n * sizeof *h);
    for (size_t i = 0; i < m->n; i++)
        h[i * m->n + i] = w->rate[i / m->inputs];
    return EL4ML_OK;
}

/* A stationary point whose coordinates are rounded has a gradient of this size. */
static double rounding_floor(const void *self, void *workspace, const double *x)
{
    const el4ml_kmeans *m = self;
    (void)workspace;
    (void)x;
    return 2 * m->rows * m->rounding;
}

/* ---- Construction ---- */

/* A row and its number, to be sorted. */
typedef struct row {
    const double *x;
    size_t inputs, number;
} row;

static int compare_values(const row *a, const row *b)
{
    for (size_t j = 0; j < a->inputs; j++)
        if (a->x[j] != b->x[j]) return a->x[j] < b->x[j] ? -1 : 1;
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const row *x = a, *y = b;
    const int order = compare_values(x, y);
    return order != 0 ? order : x->number < y->number ? -1 : x->number > y->number;
}

/* first[i]: the first row that is the same as row i. */
static bool find_twins(const el4ml_dataset *d, size_t *first)
{
    row *rows = EL4ML_NEW(row, d->rows);
    if (!rows) return false;
    for (size_t i = 0; i < d->rows; i++)
        rows[i] = (row){d->x + i * d->inputs, d->inputs, i};
    qsort(rows, d->rows, sizeof *rows, compare_rows);
    for (size_t i = 0; i < d->rows; i++) {
        const bool twin = i > 0 && compare_values(&rows[i - 1], &rows[i]) == 0;
        first[rows[i].number] = twin ? first[rows[i - 1].number] : rows[i].number;
    }
    el4ml_release(rows);
    return true;
}

static size_t padded(size_t points)
{
    return (points + EL4ML_KMEANS_BLOCK - 1) / EL4ML_KMEANS_BLOCK * EL4ML_KMEANS_BLOCK;
}

/* Distinct rows, weighted. `place` (rows): scratch. */
static bool take_points(el4ml_kmeans *m, const el4ml_dataset *d, size_t *place)
{
    if (!find_twins(d, place)) return false;
    for (size_t i = 0; i < d->rows; i++)
        m->points += place[i] == i;
    m->stride = padded(m->points);
    m->inputs = d->inputs;
    m->x = EL4ML_NEW(double, m->points * m->inputs);
    m->columns = EL4ML_NEW(double, m->stride * m->inputs);
    m->weight = EL4ML_NEW(double, m->points);
    if (!m->x || !m->columns || !m->weight) return false;
    size_t count = 0;
    for (size_t i = 0; i < d->rows; i++) {
        if (place[i] == i) { /* from here on, its number among the points */
            memcpy(m->x + count * m->inputs, d->x + i * m->inputs, m->inputs * sizeof(double));
            place[i] = count++;
        } else {
            place[i] = place[place[i]];
        }
        m->weight[place[i]]++;
    }
    m->rows = (double)d->rows;
    for (size_t j = 0; j < m->inputs; j++)
        for (size_t p = 0; p < m->stride; p++)
            m->columns[j * m->stride + p] = m->x[(p < m->points ? p : 0) * m->inputs + j];
    return true;
}

static void measure_data(el4ml_kmeans *m)
{
    double largest = 0, square = 0;
    for (size_t j = 0; j < m->inputs; j++) {
        double mean = 0;
        for (size_t p = 0; p < m->points; p++) {
            mean += m->weight[p] * m->x[p * m->inputs + j] / m->rows;
            largest = fmax(largest, fabs(m->x[p * m->inputs + j]));
        }
        for (size_t p = 0; p < m->points; p++) {
            const double away = m->x[p * m->inputs + j] - mean;
            square += m->weight[p] * away * away / m->rows;
        }
    }
    m->spread = sqrt(square);
    m->rounding = 8 * DBL_EPSILON * largest * sqrt((double)m->inputs);
}

static const el4ml_kmeans_kernels *kernels_of(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_kmeans_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_kmeans_kernels_avx2;
#endif
    (void)set;
    return &el4ml_kmeans_kernels_baseline;
}

static el4ml_status check(size_t clusters, const el4ml_dataset *d, el4ml_error *error)
{
    if (d->rows == 0 || d->inputs == 0 || !d->x)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "kmeans: no training data");
    if (clusters == 0) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "kmeans: no clusters");
    for (size_t i = 0; i < d->rows * d->inputs; i++)
        if (!isfinite(d->x[i]))
            return el4ml_fail(error, EL4ML_BAD_INPUT, "kmeans: input %zu of row %zu is not a finite number",
                              i % d->inputs + 1, i / d->inputs + 1);
    return EL4ML_OK;
}

static el4ml_status finish(el4ml_kmeans *m, el4ml_surface **surface, el4ml_error *error)
{
    el4ml_surface_info info = {.dimension = m->n,
                               .evaluation_flops = 3 * (double)m->points * (double)m->n,
                               .length_scale = m->spread * (double)m->clusters / m->rows,
                               .distance_tolerance = fmax(1e-7 * m->spread, 100 * m->rounding),
                               .second_derivatives = true};
    snprintf(info.description, sizeof info.description,
             "K-means, %zu clusters, %.0f rows (%zu distinct), %zu inputs", m->clusters, m->rows, m->points,
             m->inputs);
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "kmeans",
                                   .destroy = destroy,
                                   .workspace_new = workspace_new,
                                   .workspace_free = workspace_free,
                                   .value_gradient = value_gradient,
                                   .hessian_vector = hessian_vector,
                                   .hessian = hessian,
                                   .align = el4ml_kmeans_align,
                                   .same = el4ml_kmeans_same,
                                   .multiplicity = el4ml_kmeans_multiplicity,
                                   .random_operation = el4ml_kmeans_random_operation,
                                   .initialise = el4ml_kmeans_initialise,
                                   .perturb = el4ml_kmeans_perturb,
                                   .metrics = el4ml_kmeans_metrics,
                                   .rounding_floor = rounding_floor,
                                   .search = &el4ml_kmeans_search};
    return el4ml_surface_new(&ops, &info, m, surface, error);
}

el4ml_status el4ml_kmeans_new(size_t clusters, const el4ml_dataset *train, el4ml_surface **surface,
                              el4ml_error *error)
{
    el4ml_status status = check(clusters, train, error);
    if (status != EL4ML_OK) return status;
    el4ml_kmeans *m = EL4ML_NEW(el4ml_kmeans, 1);
    size_t *place = EL4ML_NEW(size_t, train->rows);
    if (!m || !place || !take_points(m, train, place))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kmeans: out of memory");
    else if (clusters > m->points)
        status = el4ml_fail(error, EL4ML_BAD_INPUT, "kmeans: %zu clusters of %zu distinct rows", clusters,
                            m->points);
    el4ml_release(place);
    if (status == EL4ML_OK) {
        m->clusters = clusters;
        m->n = clusters * m->inputs;
        m->kernels = kernels_of(el4ml_best_kernel_set());
        measure_data(m);
        status = finish(m, surface, error);
    }
    if (status != EL4ML_OK) destroy(m);
    return status;
}
