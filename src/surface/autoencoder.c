/* The linear autoencoder: rows x of d numbers, a code B x of k, and A B x as their reconstruction.
 *
 *     V(B, A) = (1/(N d)) sum_i |x_i - A B x_i|^2 + lambda (|A|^2 + |B|^2)
 *
 * Its critical points are known (Baldi and Hornik, Neural Networks 2, 53, 1989; with lambda, Kunin et al.,
 * ICML 2019): A B projects on a subset of the principal directions of the data, shrunk by lambda.
 *
 * The loss feels the data through X^T X alone, so N rows are replaced by the d rows of R, X = Q R. With H = B
 * X, E = A H - X (points are columns here) and s = 1/(N d) dV/dA = 2 s E H^T + 2 lambda A            dV/dB =
 * 2 s (A^T E) X^T + 2 lambda B and products with the Hessian are the R-operator applied to these lines. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "el4ml/surfaces.h"
#include "surface/factors.h"
#include "surface/perceptron_models.h"
#include "surface/tile_kernels.h"

#define LARGEST 20000 /* inputs: X X^T of more is out of reach */
#define BATCH 64      /* rows of a mini-batch taken together */

typedef struct autoencoder {
    el4ml_factors factors;  /* first: the hooks of factors.h look for it */
    size_t inputs, code, n; /* d, k, 2 k d */
    size_t rows;            /* N */
    double l2;
    size_t stride;  /* of x */
    size_t room;    /* points that a workspace holds */
    double *x;      /* (d, stride): R^T, or the rows themselves where they are few */
    double *all;    /* (N, d): for mini-batches */
    double *second; /* (d, d): X X^T */
    const el4ml_tile_kernels *tiles;
} autoencoder;

typedef struct workspace {
    el4ml_factor_space *space;   /* first */
    double *h, *e, *back;        /* (k, room), (d, room), (k, room): H, E, A^T E */
    double *h_change, *e_change; /* the R-operator's */
    double *batch, *part;        /* (d, room), (n): rows of a mini-batch, and their gradient */
    double *sums;                /* (d or k): scratch of outer products */
    /* Hessian: B X X^T (k, d), A^T A and B X X^T B^T (k, k) each, (A B - 1) X X^T (d, d) */
    double *code_second, *decoded, *error_second;
    double *memory;
} workspace;

static void destroy(void *self)
{
    autoencoder *m = self;
    if (!m) return;
    el4ml_release(m->x);
    el4ml_release(m->all);
    el4ml_release(m->second);
    el4ml_release(m);
}

static void workspace_free(void *data)
{
    workspace *w = data;
    if (!w) return;
    el4ml_factor_space_free(w->space);
    el4ml_release(w->memory);
    el4ml_release(w);
}

static void *workspace_new(const void *self)
{
    const autoencoder *m = self;
    const size_t d = m->inputs, k = m->code, narrow = k * m->room, wide = d * m->room;
    workspace *w = EL4ML_NEW(workspace, 1);
    if (!w) return NULL;
    w->memory = EL4ML_NEW(double, 3 * narrow + 3 * wide + d + k + m->n + k * d + 2 * k * k + d * d);
    w->space = el4ml_factor_space_new(&m->factors);
    if (!w->memory || !w->space) {
        workspace_free(w);
        return NULL;
    }
    w->h = w->memory;
    w->back = w->h + narrow;
    w->h_change = w->back + narrow;
    w->e = w->h_change + narrow;
    w->e_change = w->e + wide;
    w->batch = w->e_change + wide;
    w->sums = w->batch + wide;
    w->part = w->sums + d + k;
    w->code_second = w->part + m->n;
    w->decoded = w->code_second + k * d;
    w->error_second = w->decoded + 2 * k * k;
    return w;
}

/* ---- Passes ---- */

/* A set of points, padded with zeros to `stride` of them; `scale` is s. */
typedef struct points {
    size_t stride;
    const double *x;
    double scale;
} points;

static points all_points(const autoencoder *m)
{
    return (points){m->stride, m->x, 1 / ((double)m->rows * (double)m->inputs)};
}

/* Offset of the decoder A in the parameters; the encoder B comes first. */
static size_t decoder(const autoencoder *m)
{
    return m->code * m->inputs;
}

static el4ml_tile_operand encode(const autoencoder *m, const double *x, const double *in)
{
    return (el4ml_tile_operand){x, m->inputs, 1, m->inputs, in};
}

static el4ml_tile_operand decode(const autoencoder *m, const double *x, const double *in)
{
    return (el4ml_tile_operand){x + decoder(m), m->code, 1, m->code, in};
}

static el4ml_tile_operand decode_back(const autoencoder *m, const double *x, const double *in)
{
    return (el4ml_tile_operand){x + decoder(m), 1, m->code, m->inputs, in};
}

/* out (rows, stride) = a, or a + b */
static void product(const autoencoder *m, size_t stride, size_t rows, const el4ml_tile_operand *a,
                    const el4ml_tile_operand *b, double *out)
{
    el4ml_product task = {
        .rows = rows, .points = stride, .stride = stride, .operands = b ? 2 : 1, .operand = {*a}, .out = out};
    if (b) task.operand[1] = *b;
    m->tiles->product(&task);
}

/* H and E; returns |E|^2. */
static double forward(const autoencoder *m, workspace *w, const double *x, const points *p)
{
    const el4ml_tile_operand code = encode(m, x, p->x), rows = decode(m, x, w->h);
    product(m, p->stride, m->code, &code, NULL, w->h);
    product(m, p->stride, m->inputs, &rows, NULL, w->e);
    return m->tiles->residual(m->inputs * p->stride, p->x, NULL, w->e);
}

/* dV/dB from A^T E or what the R-operator makes of it, and dV/dA from one or two pairs, all without 2 s. */
static void gradients(const autoencoder *m, workspace *w, const points *p, const double *const left[2],
                      const double *const right[2], double *g)
{
    el4ml_outer task = {.rows = m->code,
                        .columns = m->inputs,
                        .points = p->stride,
                        .stride = p->stride,
                        .left = {w->back},
                        .right = {p->x},
                        .g = g,
                        .sums = w->sums};
    m->tiles->outer(&task);
    task.rows = m->inputs;
    task.columns = m->code;
    task.g = g + decoder(m);
    for (int pair = 0; pair < 2; pair++) {
        task.left[pair] = left[pair];
        task.right[pair] = right[pair];
    }
    m->tiles->outer(&task);
}

/* g = 2 s g + 2 lambda x */
static void finish(const autoencoder *m, double scale, const double *x, double *g)
{
    for (size_t i = 0; i < m->n; i++)
        g[i] = 2 * (scale * g[i] + m->l2 * x[i]);
}

/* s |E|^2, and its gradient without 2 s. */
static double loss(const autoencoder *m, workspace *w, const double *x, const points *p, double *gradient)
{
    const double square = forward(m, w, x, p);
    if (!gradient) return p->scale * square;
    const el4ml_tile_operand back = decode_back(m, x, w->e);
    product(m, p->stride, m->code, &back, NULL, w->back);
    gradients(m, w, p, (const double *[]){w->e, NULL}, (const double *[]){w->h, NULL}, gradient);
    return p->scale * square;
}

static el4ml_status value_gradient(const void *self, void *work, const double *x, double *value,
                                   double *gradient)
{
    const autoencoder *m = self;
    const points p = all_points(m);
    *value = loss(m, work, x, &p, gradient) + m->l2 * el4ml_dot(m->n, x, x);
    if (gradient) finish(m, p.scale, x, gradient);
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status batch_value_gradient(const void *self, void *work, const double *x, size_t count,
                                         const size_t *rows, double *value, double *gradient)
{
    const autoencoder *m = self;
    workspace *w = work;
    const size_t d = m->inputs;
    const points p = {m->room, w->batch, 1 / ((double)count * (double)d)};
    *value = m->l2 * el4ml_dot(m->n, x, x);
    memset(gradient, 0, m->n * sizeof *gradient);
    for (size_t first = 0; first < count; first += m->room) {
        memset(w->batch, 0, d * m->room * sizeof *w->batch);
        for (size_t i = 0; i < m->room && first + i < count; i++)
            for (size_t j = 0; j < d; j++)
                w->batch[j * m->room + i] = m->all[rows[first + i] * d + j];
        *value += loss(m, w, x, &p, w->part);
        el4ml_axpy(m->n, 1, w->part, gradient);
    }
    finish(m, p.scale, x, gradient);
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status hessian_vector(const void *self, void *work, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const autoencoder *m = self;
    workspace *w = work;
    const points p = all_points(m);
    if (!isfinite(forward(m, w, x, &p))) return EL4ML_NUMERICAL;
    for (; count > 0; count--, v += m->n, hv += m->n) {
        const el4ml_tile_operand code = encode(m, v, p.x);
        product(m, p.stride, m->code, &code, NULL, w->h_change);
        const el4ml_tile_operand rows[2] = {decode(m, v, w->h), decode(m, x, w->h_change)};
        product(m, p.stride, m->inputs, &rows[0], &rows[1], w->e_change);
        const el4ml_tile_operand back[2] = {decode_back(m, v, w->e), decode_back(m, x, w->e_change)};
        product(m, p.stride, m->code, &back[0], &back[1], w->back);
        gradients(m, w, &p, (const double *[]){w->e_change, w->e}, (const double *[]){w->h, w->h_change}, hv);
        finish(m, p.scale, v, hv);
    }
    return EL4ML_OK;
}

/* ---- Hessian: with C = X X^T, F = (A B - 1) C and indices i, j, p, q of inputs, a, b of the code
 *     d2V/dA_ia dA_jb = 2 s [i = j] (B C B^T)_ab
 *     d2V/dB_ap dB_bq = 2 s (A^T A)_ab C_pq
 *     d2V/dA_ia dB_bp = 2 s (A_ib (B C)_ap + [a = b] F_ip)
 * and 2 lambda on the diagonal ---- */

static void hessian_parts(const autoencoder *m, workspace *w, const double *x)
{
    const size_t d = m->inputs, k = m->code;
    const double *a = x + decoder(m);
    double *gram = w->decoded, *coded = gram + k * k;
    memset(w->code_second, 0, (k * d + 2 * k * k) * sizeof *w->code_second);
    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < d; i++)
            el4ml_axpy(d, x[c * d + i], m->second + i * d, w->code_second + c * d);
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c < k; c++)
            el4ml_axpy(k, a[i * k + c], a + i * k, gram + c * k);
    for (size_t c = 0; c < k; c++)
        el4ml_rows_product(k, d, d, w->code_second, x + c * d, coded + c * k);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++)
            w->error_second[i * d + j] = -m->second[i * d + j];
        for (size_t c = 0; c < k; c++)
            el4ml_axpy(d, a[i * k + c], w->code_second + c * d, w->error_second + i * d);
    }
}

static el4ml_status hessian(const void *self, void *work, const double *x, double *h)
{
    const autoencoder *m = self;
    workspace *w = work;
    const size_t d = m->inputs, k = m->code, n = m->n, from = decoder(m);
    const double *a = x + from, s = 2 * all_points(m).scale, *gram = w->decoded, *coded = gram + k * k;
    hessian_parts(m, w, x);
    memset(h, 0, n * n * sizeof *h);
    for (size_t c = 0; c < k; c++)
        for (size_t p = 0; p < d; p++)
            for (size_t b = 0; b < k; b++)
                el4ml_axpy(d, s * gram[c * k + b], m->second + p * d, h + (c * d + p) * n + b * d);
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c < k; c++) {
            double *row = h + (from + i * k + c) * n;
            el4ml_axpy(k, s, coded + c * k, row + from + i * k);
            for (size_t b = 0; b < k; b++)
                el4ml_axpy(d, s * a[i * k + b], w->code_second + c * d, row + b * d);
            el4ml_axpy(d, s, w->error_second + i * d, row + c * d);
        }
    for (size_t row = 0; row < from; row++) /* the block that is not there yet, by symmetry */
        for (size_t column = from; column < n; column++)
            h[row * n + column] = h[column * n + row];
    for (size_t i = 0; i < n; i++)
        h[i * n + i] += 2 * m->l2;
    return EL4ML_OK;
}

/* ---- Starts ---- */

/* Glorot and Bengio (2010), uniform. */
static void initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)work;
    const autoencoder *m = self;
    const double bound = sqrt(6 / (double)(m->inputs + m->code));
    for (size_t i = 0; i < m->n; i++)
        x[i] = bound * (2 * el4ml_random_uniform(random) - 1);
}

/* A B row */
static void reconstruct(const autoencoder *m, workspace *w, const double *x, const double *row, double *to)
{
    const size_t d = m->inputs, k = m->code;
    el4ml_rows_product(k, d, d, x, row, w->h);
    el4ml_rows_product(d, k, k, x + decoder(m), w->h, to);
}

static el4ml_status predict(const void *self, void *work, const double *x, const el4ml_dataset *data,
                            double *outputs)
{
    const autoencoder *m = self;
    const size_t d = m->inputs;
    if (data->inputs != d) return EL4ML_INVALID_ARGUMENT;
    for (size_t i = 0; i < data->rows; i++)
        reconstruct(m, work, x, data->x + i * d, outputs + i * d);
    return EL4ML_OK;
}

/* Mean squared error per number, and the part of the variance of all inputs together that is explained. */
static el4ml_status metrics(const void *self, void *work, const double *x, const el4ml_dataset *data,
                            el4ml_metrics *result)
{
    const autoencoder *m = self;
    workspace *w = work;
    const size_t d = m->inputs;
    double error = 0;
    *result = el4ml_metrics_none();
    if (data->inputs != d) return EL4ML_INVALID_ARGUMENT;
    if (data->rows == 0) return EL4ML_OK;
    for (size_t i = 0; i < data->rows; i++) {
        const double *row = data->x + i * d;
        reconstruct(m, w, x, row, w->e);
        for (size_t j = 0; j < d; j++)
            error += (w->e[j] - row[j]) * (w->e[j] - row[j]);
    }
    result->loss = error / ((double)data->rows * (double)d);
    result->r2 = el4ml_explained(data, result->loss);
    return isfinite(result->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}

/* ---- Construction ---- */

/* R of X = Q R by Householder's reflections, into the upper triangle of x (rows, d), rows >= d. */
static void triangularise(size_t rows, size_t d, double *x)
{
    for (size_t j = 0; j < d && j + 1 < rows; j++) {
        double square = 0;
        for (size_t i = j; i < rows; i++)
            square += x[i * d + j] * x[i * d + j];
        const double head = x[j * d + j], norm = -copysign(sqrt(square), head), first = head - norm;
        if (!(square > 0)) continue;
        const double factor = 1 / (norm * first); /* - 2 / |v|^2 with v = (first, below) */
        for (size_t c = j + 1; c < d; c++) {
            double along = first * x[j * d + c];
            for (size_t i = j + 1; i < rows; i++)
                along += x[i * d + j] * x[i * d + c];
            along *= factor;
            x[j * d + c] += along * first;
            for (size_t i = j + 1; i < rows; i++)
                x[i * d + c] += along * x[i * d + j];
        }
        x[j * d + j] = norm;
        for (size_t i = j + 1; i < rows; i++)
            x[i * d + j] = 0;
    }
}

static bool copy_data(autoencoder *m, const el4ml_dataset *train)
{
    const size_t d = m->inputs, rows = m->rows < d ? m->rows : d;
    double *r = EL4ML_NEW(double, m->rows *d);
    m->all = EL4ML_NEW(double, m->rows *d);
    m->x = EL4ML_NEW(double, d * m->stride);
    m->second = EL4ML_NEW(double, d *d);
    const bool good = r && m->all && m->x && m->second;
    if (good) {
        el4ml_copy(m->rows * d, train->x, m->all);
        el4ml_copy(m->rows * d, train->x, r);
        if (m->rows > d) triangularise(m->rows, d, r);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < d; j++)
                m->x[j * m->stride + i] = r[i * d + j];
        for (size_t i = 0; i < d; i++)
            el4ml_rows_product(d, m->stride, m->stride, m->x, m->x + i * m->stride, m->second + i * d);
    }
    el4ml_release(r);
    return good;
}

static el4ml_status check(const el4ml_autoencoder_options *o, const el4ml_dataset *train, el4ml_error *error)
{
    if (train->rows == 0 || train->inputs == 0 || !train->x)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "autoencoder: no training data");
    if (o->code == 0 || o->code > train->inputs)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "autoencoder: code = %zu; with %zu inputs it must be between 1 and %zu", o->code,
                          train->inputs, train->inputs);
    if (train->inputs > LARGEST)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "autoencoder: %zu inputs are too many", train->inputs);
    if (!(o->l2 >= 0) || !isfinite(o->l2))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "autoencoder: l2 = %g must be a finite number, 0 or more", o->l2);
    for (size_t i = 0; i < train->rows * train->inputs; i++)
        if (!isfinite(train->x[i]))
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "autoencoder: input %zu of row %zu is not a finite number",
                              i % train->inputs + 1, i / train->inputs + 1);
    return EL4ML_OK;
}

static const el4ml_surface_ops hooks = {.struct_size = sizeof hooks,
                                        .kind = "autoencoder",
                                        .destroy = destroy,
                                        .workspace_new = workspace_new,
                                        .workspace_free = workspace_free,
                                        .value_gradient = value_gradient,
                                        .batch_value_gradient = batch_value_gradient,
                                        .hessian_vector = hessian_vector,
                                        .hessian = hessian,
                                        .zero_modes = el4ml_factor_zero_modes,
                                        .align = el4ml_factor_align,
                                        .same = el4ml_factor_same,
                                        .multiplicity = el4ml_factor_multiplicity,
                                        .random_operation = el4ml_factor_random_operation,
                                        .initialise = initialise,
                                        .metrics = metrics,
                                        .predict = predict};

static void lay_out(autoencoder *m, const el4ml_autoencoder_options *o, const el4ml_dataset *train)
{
    const size_t d = m->inputs = train->inputs, k = m->code = o->code;
    m->n = 2 * d * k;
    m->rows = train->rows;
    m->l2 = o->l2;
    m->stride = EL4ML_TILE_POINTS(m->rows < d ? m->rows : d);
    m->room = m->stride > BATCH ? m->stride : BATCH;
    m->tiles = el4ml_tile_kernels_of(el4ml_best_kernel_set());
    m->factors = (el4ml_factors){.k = k,
                                 .n = m->n,
                                 .rows = {d, d},
                                 .offset = {d * k, 0},
                                 .row_step = {k, 1},
                                 .column_step = {1, d},
                                 .general = o->l2 == 0};
}

el4ml_status el4ml_autoencoder_new(const el4ml_autoencoder_options *options, const el4ml_dataset *train,
                                   el4ml_surface **surface, el4ml_error *error)
{
    el4ml_status status = check(options, train, error);
    if (status != EL4ML_OK) return status;
    if (options->nonlinear) return el4ml_nonlinear_autoencoder_new(options, train, surface, error);
    autoencoder *m = EL4ML_NEW(autoencoder, 1);
    if (m) lay_out(m, options, train);
    if (!m || !copy_data(m, train)) {
        destroy(m);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "autoencoder: out of memory");
    }
    const size_t modes = el4ml_factor_modes(&m->factors);
    el4ml_surface_info info = {.dimension = m->n,
                               .max_zero_modes = modes,
                               .usual_zero_modes = modes,
                               .rows = m->rows,
                               .evaluation_flops = 4 * (double)m->n * (double)m->stride,
                               .length_scale = 1,
                               .prediction = EL4ML_PREDICTS_VALUES,
                               .outputs = m->inputs,
                               .second_derivatives = true};
    snprintf(info.description, sizeof info.description, "linear autoencoder %zu-%zu-%zu, l2 %g, %zu rows",
             m->inputs, m->code, m->inputs, m->l2, m->rows);
    status = el4ml_surface_new(&hooks, &info, m, surface, error);
    if (status != EL4ML_OK) destroy(m);
    return status;
}
