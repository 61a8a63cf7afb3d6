/* A perceptron under a loss over pairs of points: the scores of all points come first, then the loss, then
 * the passes back. What joins different points enters the Hessian as J^T B J, J the Jacobian of the scores,
 * whose rows are error signals times inputs. */
#include <string.h>

#include "surface/mlp_losses.h"

double el4ml_mlp_pairs_(prepare)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, wanted order)
{
    for (size_t i = 0; i < m->blocks; i++) {
        const block b = block_of(m, i);
        forward(m, w, x, &b, m->blocks == 1 ? order : VALUE);
        collect_scores(m, &b, w->value[m->layers], w->score);
    }
    return m->pairs->kernels->loss(m->pairs, w->pairs, w->score, order == VALUE ? NULL : w->score_delta,
                                   order == CURVATURE ? w->score_bend : NULL);
}

/* ---- The Jacobian ---- */

/* Rows of VECTOR_LANES points, columns of one unit: e h^T; h has the row of ones below, which makes the
 * bias's column, that lies apart. */
static void unit_columns(const double *e, const double *h, size_t in, size_t stride, size_t width,
                         double *columns, double *bias)
{
    const vector error = vector_load(e);
    size_t k = 0;
    for (; k + VECTOR_LANES <= in; k += VECTOR_LANES) {
        vector x[VECTOR_LANES];
        for (size_t i = 0; i < VECTOR_LANES; i++)
            x[i] = error * vector_load(h + (k + i) * stride);
        vector_transpose(x);
        for (size_t i = 0; i < VECTOR_LANES; i++)
            vector_store_unaligned(columns + i * width + k, x[i]);
    }
    for (; k < in; k++) {
        const vector x = error * vector_load(h + k * stride);
        for (size_t i = 0; i < VECTOR_LANES; i++)
            columns[i * width + k] = x[i];
    }
    for (size_t i = 0; i < VECTOR_LANES; i++)
        bias[i * width] = error[i];
}

/* w->slab (points, width) from the error signals of one score. */
static void jacobian_rows(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b, size_t width)
{
    for (size_t p = 0; p < b->points; p++)
        for (size_t k = m->dimension; k < width; k++)
            w->slab[p * width + k] = 0;
    for (size_t p = 0; p < b->points; p += VECTOR_LANES)
        for (size_t l = 1; l <= m->layers; l++) {
            const size_t in = m->size[l - 1];
            double *rows = w->slab + p * width;
            for (size_t j = 0; j < m->size[l]; j++)
                unit_columns(w->delta[l] + j * m->block + p, below(w, b, l) + p, in, m->block, width,
                             rows + m->weights[l] + j * in, rows + m->biases[l] + j);
        }
}

/* The error signal of one score: 1 at every point. */
static void signal(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b, size_t score)
{
    const size_t last = m->layers;
    for (size_t c = 0; c < m->size[last]; c++) {
        const double one = difference_of_two(m) ? (c == m->positive ? 1 : -1) : c == score;
        for (size_t p = 0; p < b->points; p += VECTOR_LANES)
            vector_store(w->delta[last] + c * m->block + p, vector_all(one));
    }
}

static void gather_jacobian(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t width)
{
    for (size_t score = 0; score < m->scores; score++)
        for (size_t i = 0; i < m->blocks; i++) {
            const block b = block_of(m, i);
            if (score == 0 || m->blocks > 1) forward(m, w, x, &b, SLOPE);
            signal(m, w, &b, score);
            backward(m, w, x, &b);
            jacobian_rows(m, w, &b, width);
            const el4ml_pairs_slab slab = {score, b.first, b.rows, width, w->slab};
            m->pairs->kernels->gather(m->pairs, w->pairs, &slab, w->nodes);
        }
}

/* ---- X = left^T coupled, added ---- */

/* Rows row ... row + rows - 1 of X, as far as they are made of q ... q + count - 1, are in w->slab. */
static void add_rows(const el4ml_mlp *m, const el4ml_mlp_workspace *w, const el4ml_pairs_coupling *c,
                     size_t row, size_t rows, size_t width, double *h)
{
    const size_t n = m->dimension;
    for (size_t i = 0; i < rows; i++) {
        const double *x = w->slab + i * width;
        double *to = h + (row + i) * n;
        for (size_t k = row + i; k < n; k++)
            to[k] += c->factor * x[k];
        for (size_t k = 0; c->both && k <= row + i; k++)
            h[k * n + row + i] += c->factor * x[k];
    }
}

static void add_coupling(const el4ml_mlp *m, el4ml_mlp_workspace *w, const el4ml_pairs_coupling *c,
                         size_t width, double *h)
{
    enum { TILE = EL4ML_PAIRS_TILE, DEPTH = 512 };
    const size_t n = m->dimension;
    for (size_t q = 0; q < c->rows; q += DEPTH)
        for (size_t row = 0; row < n; row += TILE) {
            const size_t rows = n - row < TILE ? n - row : TILE, left = c->rows - q;
            const size_t from =
                c->both ? 0 : row / VECTOR_LANES * VECTOR_LANES; /* the upper triangle is enough */
            const linear_task t = {.rows = rows,
                                   .points = width - from,
                                   .stride = width,
                                   .operands = 1,
                                   .operand = {{c->left + q * width + row, 1, width,
                                                left < DEPTH ? left : DEPTH, c->coupled + q * width + from}},
                                   .out = w->slab + from};
            linear(&t);
            add_rows(m, w, c, row, rows, width, h);
        }
}

/* Where there is no room for J: the whole matrix, by products with the unit vectors. */
static void by_products(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *h)
{
    const size_t n = m->dimension;
    const double l2 = m->l2;
    for (size_t i = 0; i < n; i += EL4ML_MLP_TOGETHER) {
        const size_t count = n - i < EL4ML_MLP_TOGETHER ? n - i : EL4ML_MLP_TOGETHER;
        memset(w->units, 0, count * n * sizeof *w->units);
        for (size_t k = 0; k < count; k++)
            w->units[k * n + i + k] = 1;
        m->kernels->hessian_vector(m, w, x, count, w->units, h + i * n);
    }
    for (size_t l = 1; l <= m->layers; l++) { /* which is added again later */
        const size_t end = m->l2_biases ? m->biases[l] + m->size[l] : m->biases[l];
        for (size_t i = m->weights[l]; i < end; i++)
            h[i * n + i] -= 2 * l2;
    }
}

void el4ml_mlp_pairs_(couple)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *h)
{
    const size_t width = el4ml_mlp_jacobian_width(m);
    if (m->pairs->kernels->plan(m->pairs, w->pairs) > el4ml_mlp_jacobian_rows(m)) {
        by_products(m, w, x, h);
        return;
    }
    gather_jacobian(m, w, x, width);
    const el4ml_pairs_coupling c = m->pairs->kernels->couple(m->pairs, w->pairs, width, w->nodes, w->coupled);
    add_coupling(m, w, &c, width, h);
}
