/* Factorisation of a matrix X (N, d) of which not all entries need be known:
 *
 *     V(U, V) = s sum over known (i, j) of (u_i.v_j - X_ij)^2 + lambda (|U|^2 + |V|^2),  s = 1/(known
 * entries)
 *
 * Known in full, its critical points keep a subset of X's singular directions, shrunk by lambda, and every
 * local minimum is global (Baldi and Hornik 1989 for lambda = 0; Srebro and Jaakkola, ICML 2003). With W = 1
 * where an entry is known and E = W (U V^T - X), points being the rows of X here, dV/dU = 2 s E V + 2 lambda
 * U            dV/dV = 2 s E^T U + 2 lambda V */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/factor.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "el4ml/surfaces.h"
#include "surface/factors.h"
#include "surface/tile_kernels.h"

typedef struct factorisation {
    el4ml_factors factors;         /* first: the hooks of factors.h look for it */
    size_t rows, columns, rank, n; /* N, d, k, (N + d) k */
    size_t stride;                 /* N padded */
    size_t known;
    double scale; /* s */
    double l2;
    double deviation; /* root mean square of a parameter at a start */
    double *x;        /* (d, stride): X^T, 0 where it is not known */
    double *mask;     /* (d, stride): W^T, or NULL where all is known */
    const el4ml_tile_kernels *tiles;
} factorisation;

typedef struct workspace {
    el4ml_factor_space *space;                  /* first */
    double *h, *e, *h_change, *e_change, *back; /* (k, stride): U^T and its gradient; (d, stride): E^T */
    double *sums;                               /* (d) */
    double *u, *gram, *right;                   /* metrics: a row's coefficients and its normal equations */
    el4ml_factor solve;
    double *memory;
} workspace;

static void destroy(void *self)
{
    factorisation *m = self;
    if (!m) return;
    el4ml_release(m->x);
    el4ml_release(m->mask);
    el4ml_release(m);
}

static void workspace_free(void *data)
{
    workspace *w = data;
    if (!w) return;
    el4ml_factor_space_free(w->space);
    el4ml_factor_clear(&w->solve);
    el4ml_release(w->memory);
    el4ml_release(w);
}

static void *workspace_new(const void *self)
{
    const factorisation *m = self;
    const size_t k = m->rank, narrow = k * m->stride, wide = m->columns * m->stride;
    workspace *w = EL4ML_NEW(workspace, 1);
    if (!w) return NULL;
    w->memory = EL4ML_NEW(double, 3 * narrow + 2 * wide + m->columns + 2 * k + k * k);
    w->space = el4ml_factor_space_new(&m->factors);
    if (!w->memory || !w->space || !el4ml_factor_init(&w->solve, k)) {
        workspace_free(w);
        return NULL;
    }
    w->h = w->memory;
    w->h_change = w->h + narrow;
    w->back = w->h_change + narrow;
    w->e = w->back + narrow;
    w->e_change = w->e + wide;
    w->sums = w->e_change + wide;
    w->u = w->sums + m->columns;
    w->right = w->u + k;
    w->gram = w->right + k;
    return w;
}

/* ---- Passes ---- */

/* Where V begins. */
static size_t second(const factorisation *m)
{
    return m->rows * m->rank;
}

/* U (N, k) into columns (k, stride). */
static void spread(const factorisation *m, const double *u, double *h)
{
    for (size_t i = 0; i < m->rows; i++)
        for (size_t a = 0; a < m->rank; a++)
            h[a * m->stride + i] = u[i * m->rank + a];
}

static el4ml_tile_operand by_columns(const factorisation *m, const double *x, const double *h)
{
    return (el4ml_tile_operand){x + second(m), m->rank, 1, m->rank, h};
}

static el4ml_tile_operand by_rank(const factorisation *m, const double *x, const double *e)
{
    return (el4ml_tile_operand){x + second(m), 1, m->rank, m->columns, e};
}

static void product(const factorisation *m, size_t rows, const el4ml_tile_operand *a,
                    const el4ml_tile_operand *b, double *out)
{
    el4ml_product task = {.rows = rows,
                          .points = m->stride,
                          .stride = m->stride,
                          .operands = b ? 2 : 1,
                          .operand = {*a},
                          .out = out};
    if (b) task.operand[1] = *b;
    m->tiles->product(&task);
}

/* h = U^T and E; returns the sum of squares. */
static double forward(const factorisation *m, workspace *w, const double *x)
{
    spread(m, x, w->h);
    const el4ml_tile_operand rows = by_columns(m, x, w->h);
    product(m, m->columns, &rows, NULL, w->e);
    return m->tiles->residual(m->columns * m->stride, m->x, m->mask, w->e);
}

/* 2 s times what w->back and the pairs say, and 2 lambda v. */
static void gradients(const factorisation *m, workspace *w, const double *const left[2],
                      const double *const right[2], const double *v, double *g)
{
    const el4ml_outer task = {.rows = m->columns,
                              .columns = m->rank,
                              .points = m->stride,
                              .stride = m->stride,
                              .left = {left[0], left[1]},
                              .right = {right[0], right[1]},
                              .g = g + second(m),
                              .sums = w->sums};
    m->tiles->outer(&task);
    for (size_t i = 0; i < m->rows; i++)
        for (size_t a = 0; a < m->rank; a++)
            g[i * m->rank + a] = w->back[a * m->stride + i];
    for (size_t i = 0; i < m->n; i++)
        g[i] = 2 * (m->scale * g[i] + m->l2 * v[i]);
}

static el4ml_status value_gradient(const void *self, void *work, const double *x, double *value,
                                   double *gradient)
{
    const factorisation *m = self;
    workspace *w = work;
    *value = m->scale * forward(m, w, x) + m->l2 * el4ml_dot(m->n, x, x);
    if (!isfinite(*value)) return EL4ML_NUMERICAL;
    if (!gradient) return EL4ML_OK;
    const el4ml_tile_operand back = by_rank(m, x, w->e);
    product(m, m->rank, &back, NULL, w->back);
    gradients(m, w, (const double *[]){w->e, NULL}, (const double *[]){w->h, NULL}, x, gradient);
    return EL4ML_OK;
}

static el4ml_status hessian_vector(const void *self, void *work, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const factorisation *m = self;
    workspace *w = work;
    if (!isfinite(forward(m, w, x))) return EL4ML_NUMERICAL;
    for (; count > 0; count--, v += m->n, hv += m->n) {
        spread(m, v, w->h_change);
        const el4ml_tile_operand rows[2] = {by_columns(m, v, w->h), by_columns(m, x, w->h_change)};
        product(m, m->columns, &rows[0], &rows[1], w->e_change);
        if (m->mask) m->tiles->residual(m->columns * m->stride, NULL, m->mask, w->e_change);
        const el4ml_tile_operand back[2] = {by_rank(m, v, w->e), by_rank(m, x, w->e_change)};
        product(m, m->rank, &back[0], &back[1], w->back);
        gradients(m, w, (const double *[]){w->e_change, w->e}, (const double *[]){w->h, w->h_change}, v, hv);
    }
    return EL4ML_OK;
}

/* ---- Hessian: known entry (i, j) adds 2 s v_j v_j^T to block (u_i, u_i), 2 s u_i u_i^T to (v_j, v_j) and 2
 * s (v_j u_i^T + E_ij) to (u_i, v_j) ---- */

/* block += s p q^T, rows n apart */
static void add_block(size_t k, size_t n, double s, const double *p, const double *q, double *block)
{
    for (size_t a = 0; a < k; a++, block += n)
        for (size_t b = 0; b < k; b++)
            block[b] += s * p[a] * q[b];
}

static el4ml_status hessian(const void *self, void *work, const double *x, double *h)
{
    const factorisation *m = self;
    workspace *w = work;
    const size_t k = m->rank, n = m->n, from = second(m);
    const double s = 2 * m->scale;
    if (!isfinite(forward(m, w, x))) return EL4ML_NUMERICAL;
    memset(h, 0, n * n * sizeof *h);
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->columns; j++) {
            if (m->mask && m->mask[j * m->stride + i] == 0) continue;
            const double *u = x + i * k, *v = x + from + j * k, error = s * w->e[j * m->stride + i];
            double *mixed = h + i * k * n + from + j * k;
            add_block(k, n, s, v, v, h + i * k * n + i * k);
            add_block(k, n, s, u, u, h + (from + j * k) * n + from + j * k);
            add_block(k, n, s, v, u, mixed);
            for (size_t a = 0; a < k; a++)
                mixed[a * n + a] += error;
        }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; i < from && j < n - from; j++)
            h[(from + j) * n + i] = h[i * n + from + j];
        h[i * n + i] += 2 * m->l2;
    }
    return EL4ML_OK;
}

/* ---- Starts ---- */

/* Normal, so that U V^T has about the size of X. */
static void initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)work;
    const factorisation *m = self;
    for (size_t i = 0; i < m->n; i++)
        x[i] = m->deviation * el4ml_random_normal(random);
}

/* ---- Metrics ---- */

/* w->u = the coefficients that fit a row of d entries best with V as it is, which is what they are in a
 * minimum: least squares over the known entries with the L2 term. */
static bool fit_row(const factorisation *m, workspace *w, const double *v, const double *row)
{
    const size_t k = m->rank;
    memset(w->right, 0, (k + k * k) * sizeof *w->right);
    for (size_t j = 0; j < m->columns; j++, v += k) {
        if (isnan(row[j])) continue;
        el4ml_axpy(k, m->scale * row[j], v, w->right);
        add_block(k, k, m->scale, v, v, w->gram);
    }
    if (!el4ml_factor_make(&w->solve, w->gram, m->l2 > 0 ? m->l2 : 1e-12 * m->scale)) return false;
    el4ml_copy(k, w->right, w->u);
    el4ml_factor_solve(&w->solve, w->u);
    return true;
}

/* Mean squared error of the known entries, and the part of their variance, all columns together, that is
 * explained, each row fitted with V as it is. */
static el4ml_status metrics(const void *self, void *work, const double *x, const el4ml_dataset *data,
                            el4ml_metrics *result)
{
    const factorisation *m = self;
    workspace *w = work;
    const double *v = x + second(m);
    double error = 0, sum = 0, square = 0, known = 0;
    *result = el4ml_metrics_none();
    if (data->inputs != m->columns) return EL4ML_INVALID_ARGUMENT;
    for (size_t i = 0; i < data->rows; i++) {
        const double *row = data->x + i * m->columns;
        if (!fit_row(m, w, v, row)) return EL4ML_NUMERICAL;
        for (size_t j = 0; j < m->columns; j++) {
            if (isnan(row[j])) continue;
            const double off = el4ml_dot(m->rank, w->u, v + j * m->rank) - row[j];
            error += off * off;
            sum += row[j];
            square += row[j] * row[j];
            known++;
        }
    }
    if (known == 0) return EL4ML_OK;
    const double spread = square - sum * sum / known;
    result->loss = error / known;
    result->r2 = spread > 0 ? 1 - error / spread : (double)NAN;
    return isfinite(result->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}

/* ---- Construction ---- */

static el4ml_status check(const el4ml_factorisation_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    if (d->rows == 0 || d->inputs == 0 || !d->x)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "factorisation: no training data");
    const size_t most = d->rows < d->inputs ? d->rows : d->inputs;
    if (o->rank == 0 || o->rank > most)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "factorisation: rank = %zu; a matrix of %zu rows and %zu columns takes 1 to %zu",
                          o->rank, d->rows, d->inputs, most);
    if (d->rows > SIZE_MAX / 16 / d->inputs || (d->rows + d->inputs) * o->rank > INT32_MAX)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "factorisation: the matrix is too large");
    if (!(o->l2 >= 0) || !isfinite(o->l2))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "factorisation: l2 = %g must be a finite number, 0 or more", o->l2);
    for (size_t i = 0; i < d->rows * d->inputs; i++)
        if (isinf(d->x[i]))
            return el4ml_fail(error, EL4ML_BAD_INPUT, "factorisation: entry %zu of row %zu is infinite",
                              i % d->inputs + 1, i / d->inputs + 1);
    return EL4ML_OK;
}

/* Without a known entry a row has nothing that determines its coefficients. */
static el4ml_status check_known(const el4ml_dataset *d, el4ml_error *error)
{
    for (size_t i = 0; i < d->rows; i++) {
        size_t known = 0;
        for (size_t j = 0; j < d->inputs; j++)
            known += isnan(d->x[i * d->inputs + j]) ? 0 : 1;
        if (known == 0)
            return el4ml_fail(error, EL4ML_BAD_INPUT, "factorisation: no entry of row %zu is known", i + 1);
    }
    for (size_t j = 0; j < d->inputs; j++) {
        size_t known = 0;
        for (size_t i = 0; i < d->rows; i++)
            known += isnan(d->x[i * d->inputs + j]) ? 0 : 1;
        if (known == 0)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "factorisation: no entry of column %zu is known in the training rows", j + 1);
    }
    return EL4ML_OK;
}

static bool copy_data(factorisation *m, const el4ml_dataset *train)
{
    double square = 0;
    m->x = EL4ML_NEW(double, m->columns * m->stride);
    m->mask = EL4ML_NEW(double, m->columns * m->stride);
    if (!m->x || !m->mask) return false;
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->columns; j++) {
            const double value = train->x[i * m->columns + j];
            if (isnan(value)) continue;
            m->x[j * m->stride + i] = value;
            m->mask[j * m->stride + i] = 1;
            m->known++;
            square += value * value;
        }
    m->scale = 1 / (double)m->known;
    /* u.v has the variance k deviation^4 */
    m->deviation = square > 0 ? pow(square * m->scale / (double)m->rank, 0.25) : 1;
    if (m->known < m->rows * m->columns) return true;
    el4ml_release(m->mask);
    m->mask = NULL;
    return true;
}

static const el4ml_surface_ops hooks = {.struct_size = sizeof hooks,
                                        .kind = "factorisation",
                                        .destroy = destroy,
                                        .workspace_new = workspace_new,
                                        .workspace_free = workspace_free,
                                        .value_gradient = value_gradient,
                                        .hessian_vector = hessian_vector,
                                        .hessian = hessian,
                                        .zero_modes = el4ml_factor_zero_modes,
                                        .align = el4ml_factor_align,
                                        .same = el4ml_factor_same,
                                        .multiplicity = el4ml_factor_multiplicity,
                                        .random_operation = el4ml_factor_random_operation,
                                        .initialise = initialise,
                                        .metrics = metrics};

static void lay_out(factorisation *m, const el4ml_factorisation_options *o, const el4ml_dataset *train)
{
    const size_t k = m->rank = o->rank;
    m->rows = train->rows;
    m->columns = train->inputs;
    m->n = (m->rows + m->columns) * k;
    m->stride = EL4ML_TILE_POINTS(m->rows);
    m->l2 = o->l2;
    m->tiles = el4ml_tile_kernels_of(el4ml_best_kernel_set());
    m->factors = (el4ml_factors){.k = k,
                                 .n = m->n,
                                 .rows = {m->rows, m->columns},
                                 .offset = {0, second(m)},
                                 .row_step = {k, k},
                                 .column_step = {1, 1},
                                 .general = o->l2 == 0};
}

el4ml_status el4ml_factorisation_new(const el4ml_factorisation_options *options, const el4ml_dataset *train,
                                     el4ml_surface **surface, el4ml_error *error)
{
    el4ml_status status = check(options, train, error);
    if (status == EL4ML_OK) status = check_known(train, error);
    if (status != EL4ML_OK) return status;
    factorisation *m = EL4ML_NEW(factorisation, 1);
    if (m) lay_out(m, options, train);
    if (!m || !copy_data(m, train)) {
        destroy(m);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "factorisation: out of memory");
    }
    const size_t modes = el4ml_factor_modes(&m->factors);
    el4ml_surface_info info = {.dimension = m->n,
                               .max_zero_modes = modes,
                               .usual_zero_modes = modes,
                               .evaluation_flops =
                                   6 * (double)m->rank * (double)m->stride * (double)m->columns,
                               .length_scale = m->deviation,
                               .second_derivatives = true};
    snprintf(info.description, sizeof info.description,
             "factorisation of a %zu x %zu matrix, rank %zu, l2 %g, %zu entries known", m->rows, m->columns,
             m->rank, m->l2, m->known);
    status = el4ml_surface_new(&hooks, &info, m, surface, error);
    if (status != EL4ML_OK) destroy(m);
    return status;
}
