/* The Hessian of a Gaussian mixture. With f_ik the derivatives of l_ik by the parameters of component k, a_k
 * among them, the sum of the rows' ln sum_k exp l_ik has the second derivatives blocks k = l     sum_i r_ik
 * f_ik f_ik^T + sum_i r_ik d2 l_ik - sum_i r_ik r_ik f_ik f_ik^T blocks k != l    - sum_i r_ik r_il f_ik
 * f_il^T in which d2 l_ik needs the sums n, z, s alone, and the prior is in these. Here only the lower
 * triangle is made; it is mirrored in the end. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/mixture.h"

static size_t place(const el4ml_mixture *m, size_t k)
{
    return m->weights + k * m->part;
}

/* ---- Derivatives of l at the points of a block ---- */

/* out = factor a b + shift */
static void multiply(const el4ml_mixture *m, double factor, const double *a, const double *b, double shift,
                     double *out)
{
    const double less = -shift;
    m->kernels->weigh(1, m->block, a, b, out);
    if (factor != 1) m->kernels->scale(1, m->block, out, &factor, out);
    if (shift != 0) m->kernels->shift(1, m->block, out, &less, out);
}

/* By R below its diagonal: - y_a z_b. */
static void below_features(const el4ml_mixture *m, const double *z, const double *y, double *f)
{
    for (size_t a = 0; a < m->inputs; a++)
        for (size_t b = 0; b < a; b++, f += m->block)
            multiply(m, -1, y + a * m->block, z + b * m->block, 0, f);
}

/* Rows f (1 + part, block): by a_k, which is 1 - pi_k, here without the pi_k that all rows share and that
 * cancels; by the mean R^T y; by the logs R_aa y_a z_a - 1. */
static void features(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k, double *f)
{
    const size_t d = m->inputs, block = m->block;
    const double *r = w->at[k].r, *z = w->z + k * d * block, *y = w->y + k * d * block;
    double *by_mean = f + block, *by_log = by_mean + d * block;
    for (size_t p = 0; p < block; p++)
        f[p] = 1;
    if (m->covariance == EL4ML_FULL) {
        const el4ml_product task = {.rows = d,
                                    .points = block,
                                    .stride = block,
                                    .operands = 1,
                                    .operand = {{r, 1, d, d, y}},
                                    .out = by_mean};
        m->tiles->product(&task);
        for (size_t a = 0; a < d; a++)
            multiply(m, r[a * d + a], y + a * block, z + a * block, -1, by_log + a * block);
        below_features(m, z, y, by_log + d * block);
        return;
    }
    m->kernels->scale(d, block, y, r, by_mean);
    if (m->covariance == EL4ML_SPHERICAL) {
        m->kernels->dot(d, block, y, y, -(double)d, 1, by_log);
        return;
    }
    for (size_t a = 0; a < d; a++)
        multiply(m, 1, y + a * block, y + a * block, -1, by_log + a * block);
}

/* w->square = left right^T for two sets of rows. */
static void outer(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *left, const double *right)
{
    const el4ml_outer task = {.rows = 1 + m->part,
                              .columns = 1 + m->part,
                              .points = m->block,
                              .stride = m->block,
                              .left = {left},
                              .right = {right},
                              .g = w->square,
                              .sums = w->column_sums};
    m->tiles->outer(&task);
}

/* factor times w->square, of components k >= l, to where it belongs. */
static void add_square(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k, size_t l, double factor,
                       double *h)
{
    const size_t n = m->n, p = m->part, row = n + m->components;
    const double *q = w->square;
    w->corner[k * row + n + l] += factor * q[0];
    if (k != l) w->corner[l * row + n + k] += factor * q[0];
    el4ml_axpy(p, factor, q + 1, w->corner + k * row + place(m, l));
    for (size_t e = 0; e < p; e++) {
        q += 1 + p;
        if (k != l) w->corner[l * row + place(m, k) + e] += factor * q[0];
        el4ml_axpy(p, factor, q + 1, h + (place(m, k) + e) * n + place(m, l));
    }
}

static void add_block(const el4ml_mixture *m, el4ml_mixture_workspace *w, double *h)
{
    const size_t size = (1 + m->part) * m->block;
    for (size_t k = 0; k < m->components; k++) {
        double *weighted = w->features + k * size;
        features(m, w, k, w->outer);
        m->kernels->weigh(1 + m->part, m->block, w->share + k * m->block, w->outer, weighted);
        outer(m, w, weighted, w->outer);
        add_square(m, w, k, k, 1, h);
        for (size_t l = 0; l <= k; l++) {
            outer(m, w, weighted, w->features + l * size);
            add_square(m, w, k, l, -1, h);
        }
    }
}

/* ---- Second derivatives of l, summed: s and z with the prior's rows, `rows` with its kappa ---- */

static void add_diagonal(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k, double rows, double *h)
{
    const size_t d = m->inputs, n = m->n, at = place(m, k);
    const double *r = w->at[k].r, *z = w->sums + k * m->moments + 1, *s = z + d;
    for (size_t a = 0; a < d; a++) {
        const size_t log_a = at + d + (m->covariance == EL4ML_SPHERICAL ? 0 : a);
        const double square = r[a] * r[a];
        h[(at + a) * n + at + a] -= rows * square;
        h[log_a * n + at + a] -= 2 * square * z[a];
        h[log_a * n + log_a] -= 2 * square * s[a];
    }
}

static void add_full(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k, double rows, double *h)
{
    const size_t d = m->inputs, n = m->n, at = place(m, k);
    const double *r = w->at[k].r, *z = w->sums + k * m->moments + 1, *s = z + d;
    size_t below = at + 2 * d;
    for (size_t a = 0; a < d; a++) {
        const double *row = r + a * d, image = el4ml_dot(a + 1, row, z);
        const size_t first = below; /* of R_a0 ... R_a(a-1) */
        for (size_t b = 0; b <= a; b++)
            for (size_t c = 0; c <= a; c++)
                h[(at + b) * n + at + c] -= rows * row[b] * row[c];
        for (size_t b = 0; b <= a; b++) {
            const size_t shape = b == a ? at + d + a : below++;
            const double by = b == a ? -row[a] : 1; /* dR_ab by its parameter */
            double *to = h + shape * n;
            el4ml_axpy(a + 1, by * z[b], row, to + at);
            to[at + b] += by * image;
            for (size_t c = 0; c < a; c++) {
                const double second = -by * s[b * d + c];
                if (b < a)
                    to[first + c] += second;
                else
                    h[(first + c) * n + shape] += second; /* the logs come before */
            }
            if (b < a) continue;
            to[shape] -= row[a] * row[a] * s[a * d + a];
            for (size_t c = 0; c <= a; c++)
                to[shape] -= row[a] * row[c] * s[c * d + a];
        }
    }
}

/* ---- All of it ---- */

/* From the a's to the b's: rows of the components' parameters, and the corner. */
static void contract(const el4ml_mixture *m, const el4ml_mixture_workspace *w, double *h)
{
    const size_t n = m->n, all = m->components, row = n + all;
    for (size_t i = 0; i < m->weights; i++) {
        const double *ci = m->contrast + i * all;
        for (size_t k = 0; k < all; k++)
            for (size_t e = m->weights; e < n; e++)
                h[e * n + i] += ci[k] * w->corner[k * row + e];
        for (size_t j = 0; j <= i; j++)
            for (size_t k = 0; k < all; k++)
                h[i * n + j] += ci[k] * el4ml_dot(all, m->contrast + j * all, w->corner + k * row + n);
    }
}

/* d2 by the a's of (rows + rho K) ln pi summed with its weights: - (rows + rho K) (pi_k [k = l] - pi_k pi_l).
 */
static void add_weights(const el4ml_mixture *m, el4ml_mixture_workspace *w)
{
    const size_t all = m->components, row = m->n + all;
    const double total = (double)m->rows + m->rho * (double)all;
    for (size_t k = 0; k < all; k++)
        for (size_t l = 0; l < all; l++)
            w->corner[k * row + m->n + l] -= total * w->weight[k] * ((k == l) - w->weight[l]);
}

el4ml_status el4ml_mixture_hessian(const void *self, void *workspace, const double *x, double *h)
{
    const el4ml_mixture *m = self;
    el4ml_mixture_workspace *w = workspace;
    const size_t n = m->n, all = m->components;
    double value;
    const el4ml_status status = el4ml_mixture_value_gradient(m, w, x, &value, w->gradient);
    if (status != EL4ML_OK) return status;
    memset(h, 0, n * n * sizeof *h);
    memset(w->corner, 0, all * (n + all) * sizeof *w->corner);
    for (size_t i = 0; i < m->blocks; i++) {
        if (m->blocks > 1)
            el4ml_mixture_block(m, w, m->x + i * m->inputs * m->block, m->present + i * m->block);
        add_block(m, w, h);
    }
    for (size_t k = 0; k < all; k++) {
        const double rows = w->sums[k * m->moments] + m->rho * EL4ML_MIXTURE_SHRINKAGE;
        if (m->covariance == EL4ML_FULL)
            add_full(m, w, k, rows, h);
        else
            add_diagonal(m, w, k, rows, h);
    }
    add_weights(m, w);
    contract(m, w, h);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            h[j * n + i] = h[i * n + j] = -h[i * n + j] / (double)m->rows;
    return EL4ML_OK;
}
