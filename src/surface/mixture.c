/* Gaussian mixtures as a surface: construction, starts, steps, metrics. What is computed per point is in
 * mixture_passes.c and mixture_hessian.c.
 *
 * The prior that keeps the likelihood bounded is conjugate, with the scales of Fraley and Raftery (J.
 * Classif. 24, 155, 2007): mean m of the data, kappa = 0.01, scatter the variances of the data over K^(2/d).
 * Its strength rho is counted in rows. */
#include "surface/mixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assignment.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "surface/adjusted_rand.h"

#define MOST_TOGETHER (1 << 18) /* numbers of a block, all components together */
#define LEAST_BLOCK 64
#define STEP_LENGTH 0.5 /* of basin-hopping, in standard deviations */
#define RESEEDED 0.3    /* of the steps that put one component elsewhere */

el4ml_mixture_options el4ml_mixture_options_default(void)
{
    return (el4ml_mixture_options){.components = 2, .covariance = EL4ML_FULL, .prior = 1};
}

static void destroy(void *self)
{
    el4ml_mixture *m = self;
    if (!m) return;
    el4ml_release(m->x);
    el4ml_release(m->present);
    el4ml_release(m->rows_x);
    el4ml_release(m->mean);
    el4ml_release(m->contrast);
    el4ml_release(m);
}

static void workspace_free(void *workspace)
{
    el4ml_mixture_workspace *w = workspace;
    if (!w) return;
    el4ml_release(w->at);
    el4ml_release(w->column);
    el4ml_release(w->memory);
    el4ml_release(w);
}

/* ---- Workspace ---- */

/* Cuts `count` numbers off, in whole cache lines; only counts them while there is no memory. */
static double *cut(double *memory, size_t *used, size_t count)
{
    double *taken = memory ? memory + *used : NULL;
    *used += (count + 7) / 8 * 8;
    return taken;
}

static size_t lay_out_workspace(const el4ml_mixture *m, el4ml_mixture_workspace *w)
{
    const size_t d = m->inputs, all = m->components, block = m->block, square = m->moments - 1 - d;
    const size_t row = 1 + m->part, part = m->moments > 4 * d ? m->moments : 4 * d;
    size_t used = 0;
    for (size_t k = 0; k < all; k++) {
        w->at[k].r = cut(w->memory, &used, square);
        w->change[k].r = cut(w->memory, &used, square);
        w->change[k].shift = cut(w->memory, &used, d);
    }
    w->log_weight = cut(w->memory, &used, all);
    w->weight = cut(w->memory, &used, all);
    w->z = cut(w->memory, &used, all * d * block);
    w->y = cut(w->memory, &used, all * d * block);
    w->level = cut(w->memory, &used, all * block);
    w->share = cut(w->memory, &used, all * block);
    w->spread = cut(w->memory, &used, all * block);
    w->weighted = cut(w->memory, &used, d * block);
    w->sums = cut(w->memory, &used, all * m->moments);
    w->sum_change = cut(w->memory, &used, all * m->moments);
    w->part = cut(w->memory, &used, part);
    w->rs = cut(w->memory, &used, square);
    w->other = cut(w->memory, &used, square);
    w->features = cut(w->memory, &used, all * row * block);
    w->outer = cut(w->memory, &used, row * block);
    w->square = cut(w->memory, &used, row * row);
    w->column_sums = cut(w->memory, &used, row);
    w->corner = cut(w->memory, &used, all * (m->n + all));
    w->batch = cut(w->memory, &used, d * block);
    w->batch_present = cut(w->memory, &used, block);
    w->gradient = cut(w->memory, &used, m->n);
    w->cost = cut(w->memory, &used, all * all);
    w->assignment = cut(w->memory, &used, EL4ML_ASSIGN_DOUBLES(all));
    w->blocks_a = cut(w->memory, &used, all * row);
    w->blocks_b = cut(w->memory, &used, all * row);
    return used;
}

static void *workspace_new(const void *self)
{
    const el4ml_mixture *m = self;
    const size_t all = m->components;
    el4ml_mixture_workspace *w = EL4ML_NEW(el4ml_mixture_workspace, 1);
    if (!w) return NULL;
    w->at = EL4ML_NEW(el4ml_gaussian, 2 * all);
    w->column = EL4ML_NEW(size_t, all + EL4ML_ASSIGN_INDICES(all));
    if (w->at && w->column) {
        w->change = w->at + all;
        w->indices = w->column + all;
        w->memory = EL4ML_NEW(double, lay_out_workspace(m, w));
    }
    if (!w->memory) {
        workspace_free(w);
        return NULL;
    }
    lay_out_workspace(m, w);
    return w;
}

/* ---- Starts and steps ---- */

/* Component k with its mean on a row, and spread as the prior has it, give or take. */
static void seed(const el4ml_mixture *m, el4ml_random *random, size_t k, double *x)
{
    const size_t d = m->inputs, row = (size_t)el4ml_random_below(random, m->rows);
    double *mean = x + m->weights + k * m->part, *t = mean + d, sum = 0;
    memset(t, 0, m->shapes * sizeof *t);
    for (size_t a = 0; a < d; a++) {
        const double log_a = 0.5 * log(m->scatter[a]);
        mean[a] = m->rows_x[row * d + a];
        sum += log_a;
        if (m->covariance != EL4ML_SPHERICAL) t[a] = log_a + 0.1 * el4ml_random_normal(random);
    }
    if (m->covariance == EL4ML_SPHERICAL) t[0] = sum / (double)d + 0.1 * el4ml_random_normal(random);
}

void el4ml_mixture_initialise(const void *self, void *workspace, el4ml_random *random, double *x)
{
    const el4ml_mixture *m = self;
    (void)workspace;
    memset(x, 0, m->weights * sizeof *x);
    for (size_t k = 0; k < m->components; k++)
        seed(m, random, k, x);
}

/* Every parameter moves uniformly, what is below R's diagonal in the unit that R has there; now and then a
 * component is put on a row elsewhere. */
void el4ml_mixture_perturb(const void *self, void *workspace, el4ml_random *random, double step,
                           const double *x, double *y)
{
    const el4ml_mixture *m = self;
    const size_t d = m->inputs;
    (void)workspace;
    for (size_t i = 0; i < m->n; i++)
        y[i] = x[i] + step * (2 * el4ml_random_uniform(random) - 1);
    for (size_t k = 0; m->covariance == EL4ML_FULL && k < m->components; k++) {
        const size_t at = m->weights + k * m->part + d;
        size_t below = at + d;
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < a; b++, below++)
                y[below] = x[below] + exp(-x[at + a]) * (y[below] - x[below]);
    }
    const bool reseed = el4ml_random_uniform(random) < RESEEDED;
    if (m->components > 1 && reseed && step > 0)
        seed(m, random, (size_t)el4ml_random_below(random, m->components), y);
}

/* ---- Metrics ---- */

/* The most probable component of each point of the block in w. */
static void count_block(const el4ml_mixture *m, const el4ml_mixture_workspace *w, const el4ml_dataset *data,
                        size_t first, size_t count, double *table)
{
    for (size_t p = 0; p < count; p++) {
        size_t best = 0;
        for (size_t k = 1; k < m->components; k++)
            if (w->level[k * m->block + p] > w->level[best * m->block + p]) best = k;
        table[best * data->classes + (size_t)data->label[first + p]]++;
    }
}

el4ml_status el4ml_mixture_metrics(const void *self, void *workspace, const double *x,
                                   const el4ml_dataset *data, el4ml_metrics *metrics)
{
    const el4ml_mixture *m = self;
    el4ml_mixture_workspace *w = workspace;
    const size_t d = m->inputs, classes = data->label ? data->classes : 0;
    *metrics = el4ml_metrics_none();
    if (data->inputs != d) return EL4ML_INVALID_ARGUMENT;
    if (data->rows == 0) return EL4ML_OK;
    double *table = EL4ML_NEW(double, m->components *classes), sum = 0;
    if (!table) return EL4ML_OUT_OF_MEMORY;
    el4ml_mixture_unpack(m, w, x);
    for (size_t first = 0; first < data->rows; first += m->block) {
        const size_t left = data->rows - first, count = left < m->block ? left : m->block;
        for (size_t p = 0; p < m->block; p++) {
            w->batch_present[p] = p < count;
            for (size_t a = 0; a < d; a++)
                w->batch[a * m->block + p] = p < count ? data->x[(first + p) * d + a] : 0;
        }
        sum += el4ml_mixture_block(m, w, w->batch, w->batch_present);
        if (classes > 0) count_block(m, w, data, first, count, table);
    }
    metrics->loss = -sum / (double)data->rows;
    if (classes > 0) metrics->adjusted_rand = el4ml_adjusted_rand(m->components, classes, table);
    el4ml_release(table);
    return isfinite(metrics->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}

/* ---- Construction ---- */

static el4ml_status check(const el4ml_mixture_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    if (d->rows == 0 || d->inputs == 0 || !d->x)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mixture: no training data");
    if (o->components == 0 || o->components > d->rows)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "mixture: components = %zu; with %zu training rows it must be between 1 and %zu",
                          o->components, d->rows, d->rows);
    if ((unsigned)o->covariance > EL4ML_SPHERICAL)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mixture: unknown covariance");
    if (!(o->prior > 0) || !isfinite(o->prior))
        return el4ml_fail(
            error, EL4ML_INVALID_ARGUMENT,
            "mixture: prior = %g; it must be above 0: without one the likelihood is not bounded", o->prior);
    for (size_t i = 0; i < d->rows * d->inputs; i++)
        if (!isfinite(d->x[i]))
            return el4ml_fail(error, EL4ML_BAD_INPUT, "mixture: input %zu of row %zu is not a finite number",
                              i % d->inputs + 1, i / d->inputs + 1);
    return EL4ML_OK;
}

/* False when the numbers overflow what a surface can have. */
static bool lay_out(el4ml_mixture *m, const el4ml_mixture_options *o, const el4ml_dataset *train)
{
    const size_t d = m->inputs = train->inputs, all = m->components = o->components;
    if (d > 46340 || all > INT32_MAX / (d * d)) return false;
    m->rows = train->rows;
    m->covariance = o->covariance;
    m->rho = o->prior;
    m->shapes = m->covariance == EL4ML_SPHERICAL ? 1 : m->covariance == EL4ML_DIAGONAL ? d : d * (d + 1) / 2;
    m->part = d + m->shapes;
    m->weights = all - 1;
    m->n = m->weights + all * m->part;
    m->moments = 1 + d + (m->covariance == EL4ML_FULL ? d * d : d);
    size_t most = MOST_TOGETHER / (all * (d + m->part)) / 8 * 8;
    if (most < LEAST_BLOCK) most = LEAST_BLOCK;
    m->blocks = (m->rows + most - 1) / most;
    m->block = EL4ML_TILE_POINTS((m->rows + m->blocks - 1) / m->blocks);
    m->blocks = (m->rows + m->block - 1) / m->block;
    m->kernels = el4ml_mixture_kernels_of(el4ml_best_kernel_set());
    m->tiles = el4ml_tile_kernels_of(el4ml_best_kernel_set());
    return true;
}

/* m and lambda; a column that does not vary counts as one of variance 1. */
static void find_moments(el4ml_mixture *m)
{
    const size_t d = m->inputs;
    const double shrink = pow((double)m->components, -2 / (double)d);
    for (size_t a = 0; a < d; a++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < m->rows; i++)
            mean += m->rows_x[i * d + a] / (double)m->rows;
        for (size_t i = 0; i < m->rows; i++)
            square += (m->rows_x[i * d + a] - mean) * (m->rows_x[i * d + a] - mean) / (double)m->rows;
        m->mean[a] = mean;
        m->scatter[a] = shrink * (square > 1e-20 * mean * mean ? square : 1);
    }
}

/* Helmert's contrasts: orthonormal, and orthogonal to (1, ..., 1). */
static void make_contrasts(el4ml_mixture *m)
{
    for (size_t i = 0; i < m->weights; i++) {
        const double below = (double)i + 1, length = sqrt(below * (below + 1));
        for (size_t k = 0; k <= i; k++)
            m->contrast[i * m->components + k] = 1 / length;
        m->contrast[i * m->components + i + 1] = -below / length;
    }
}

static bool copy_data(el4ml_mixture *m, const el4ml_dataset *train)
{
    const size_t d = m->inputs;
    m->x = EL4ML_NEW(double, m->blocks *d * m->block);
    m->present = EL4ML_NEW(double, m->blocks * m->block);
    m->rows_x = EL4ML_NEW(double, m->rows *d);
    m->mean = EL4ML_NEW(double, 2 * d);
    m->contrast = EL4ML_NEW(double, m->weights * m->components);
    if (!m->x || !m->present || !m->rows_x || !m->mean || !m->contrast) return false;
    m->scatter = m->mean + d;
    el4ml_copy(m->rows * d, train->x, m->rows_x);
    for (size_t i = 0; i < m->rows; i++) {
        const size_t b = i / m->block, p = i % m->block;
        m->present[i] = 1;
        for (size_t a = 0; a < d; a++)
            m->x[(b * d + a) * m->block + p] = train->x[i * d + a];
    }
    find_moments(m);
    make_contrasts(m);
    return true;
}

static const el4ml_surface_ops hooks = {.struct_size = sizeof hooks,
                                        .kind = "mixture",
                                        .destroy = destroy,
                                        .workspace_new = workspace_new,
                                        .workspace_free = workspace_free,
                                        .value_gradient = el4ml_mixture_value_gradient,
                                        .batch_value_gradient = el4ml_mixture_batch,
                                        .hessian_vector = el4ml_mixture_hessian_vector,
                                        .hessian = el4ml_mixture_hessian,
                                        .align = el4ml_mixture_align,
                                        .same = el4ml_mixture_same,
                                        .multiplicity = el4ml_mixture_multiplicity,
                                        .random_operation = el4ml_mixture_random_operation,
                                        .initialise = el4ml_mixture_initialise,
                                        .perturb = el4ml_mixture_perturb,
                                        .metrics = el4ml_mixture_metrics};

const el4ml_mixture_kernels *el4ml_mixture_kernels_of(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_mixture_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_mixture_kernels_avx2;
#endif
    (void)set;
    return &el4ml_mixture_kernels_baseline;
}

el4ml_status el4ml_mixture_new(const el4ml_mixture_options *options, const el4ml_dataset *train,
                               el4ml_surface **surface, el4ml_error *error)
{
    static const char *const names[] = {"full", "diagonal", "spherical"};
    el4ml_status status = check(options, train, error);
    if (status != EL4ML_OK) return status;
    el4ml_mixture *m = EL4ML_NEW(el4ml_mixture, 1);
    if (m && !lay_out(m, options, train)) {
        destroy(m);
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mixture: %zu components of %zu inputs are too many",
                          options->components, train->inputs);
    }
    if (!m || !copy_data(m, train)) {
        destroy(m);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "mixture: out of memory");
    }
    el4ml_surface_info info = {.dimension = m->n,
                               .rows = m->rows,
                               .evaluation_flops = 4 * (double)m->rows * (double)(m->components * m->moments),
                               .length_scale = STEP_LENGTH,
                               .second_derivatives = true};
    snprintf(info.description, sizeof info.description,
             "mixture of %zu Gaussians in %zu dimensions, %s covariance, prior %g, %zu rows", m->components,
             m->inputs, names[m->covariance], m->rho, m->rows);
    status = el4ml_surface_new(&hooks, &info, m, surface, error);
    if (status != EL4ML_OK) destroy(m);
    return status;
}
