/* Loss, gradient, Hessian-vector products and Hessian of a multilayer perceptron, a block of points at a
 * time.
 *
 * Forward      z_l = W_l h_{l-1} + b_l,   h_l = phi(z_l)
 * Error        delta_L = dV/da,           delta_l = phi'(z_l) (W_{l+1}^T delta_{l+1})
 * Gradient     dV/dW_l = sum_p delta_l h_{l-1}^T
 * Products     the R-operator (Pearlmutter, Neural Comput. 6, 147, 1994) applied to each of these lines:
 *              R z_l = V_l h_{l-1} + W_l R h_{l-1} + v_l,   R h_l = phi'(z_l) R z_l
 *              R delta_l = phi'(z_l) (V^T delta + W^T R delta)_{l+1} + phi''(z_l) (W^T delta)_{l+1} R z_l */
#include "surface/mlp.h"

#include <math.h>
#include <string.h>

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

/* out (rows, block) = bias + sum_k w[row * row_stride + k * column_stride] in (columns, block). */
static void linear(size_t rows, size_t columns, const double *w, size_t row_stride, size_t column_stride,
                   const double *bias, const double *in, size_t block, size_t points, bool add, double *out)
{
    for (size_t i = 0; i < rows; i++) {
        double *o = out + i * block;
        for (size_t p = 0; p < points; p++)
            o[p] = (add ? o[p] : 0) + (bias ? bias[i] : 0);
        for (size_t k = 0; k < columns; k++) {
            const double c = w[i * row_stride + k * column_stride];
            for (size_t p = 0; p < points; p++)
                o[p] += c * in[k * block + p];
        }
    }
}

/* g (rows, columns) += left (rows, block) right (columns, block)^T; bias += left right_last^T. */
static void outer(size_t rows, size_t columns, const double *left, const double *right, size_t block,
                  size_t points, double *g, double *bias)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k <= columns; k++) {
            double sum = 0;
            for (size_t p = 0; p < points; p++)
                sum += left[i * block + p] * right[k * block + p];
            if (k < columns)
                g[i * columns + k] += sum;
            else
                bias[i] += sum;
        }
}

typedef struct values {
    double value, first, second;
} values;

static values activate(el4ml_activation activation, double z)
{
    const double s = 1 / (1 + exp(-z));
    switch (activation) {
    case EL4ML_TANH: {
        const double t = tanh(z), d = 1 - t * t;
        return (values){t, d, -2 * t * d};
    }
    case EL4ML_LOGISTIC:
        return (values){s, s * (1 - s), s * (1 - s) * (1 - 2 * s)};
    case EL4ML_SOFTPLUS:
        return (values){(z > 0 ? z : 0) + log1p(exp(-fabs(z))), s, s * (1 - s)};
    case EL4ML_GELU: {
        const double c = 0.5 * erfc(-z * 0.70710678118654752440),
                     d = 0.39894228040143267794 * exp(-0.5 * z * z);
        return (values){z * c, c + z * d, d * (2 - z * z)};
    }
    case EL4ML_SILU:
        return (values){z * s, s + z * s * (1 - s), s * (1 - s) * (2 + z * (1 - 2 * s))};
    case EL4ML_RELU:
        break;
    }
    return (values){z > 0 ? z : z <= 0 ? 0 : z, z > 0, 0};
}

typedef struct block {
    size_t points;
    const double *inputs, *targets, *present;
} block;

static block block_of(const el4ml_mlp *m, size_t b)
{
    const size_t left = m->rows - b * m->block, whole = left < m->block ? left : m->block;
    return (block){(whole + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES * EL4ML_MLP_LANES,
                   m->inputs + b * (m->size[0] + 1) * m->block,
                   m->targets + b * m->size[m->layers] * m->block, m->present + b * m->block};
}

static const double *below(const el4ml_mlp_workspace *w, const block *b, size_t l)
{
    return l == 1 ? b->inputs : w->value[l - 1];
}

static void forward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const block *b)
{
    const size_t stride = m->block;
    for (size_t l = 1; l <= m->layers; l++) {
        double *z = w->value[l];
        linear(m->size[l], m->size[l - 1], x + m->weights[l], m->size[l - 1], 1, x + m->biases[l],
               below(w, b, l), stride, b->points, false, z);
        if (l == m->layers) break;
        for (size_t i = 0; i < m->size[l]; i++)
            for (size_t p = 0; p < b->points; p++) {
                const size_t at = i * stride + p;
                const values v = activate(m->activation, z[at]);
                z[at] = v.value;
                w->first[l][at] = v.first;
                w->second[l][at] = v.second;
            }
    }
}

/* Outputs become probabilities; returns the sum of -ln p_y. */
static double softmax(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    const size_t classes = m->size[m->layers], stride = m->block;
    const double scale = 1 / (double)m->rows;
    double *a = w->value[m->layers], *delta = w->delta[m->layers], total = 0;
    for (size_t p = 0; p < b->points; p++) {
        double top = a[p], sum = 0, own = 0;
        for (size_t c = 1; c < classes; c++)
            top = a[c * stride + p] > top ? a[c * stride + p] : top;
        for (size_t c = 0; c < classes; c++) {
            own += b->targets[c * stride + p] * (a[c * stride + p] - top);
            a[c * stride + p] = exp(a[c * stride + p] - top);
            sum += a[c * stride + p];
        }
        for (size_t c = 0; c < classes; c++) {
            a[c * stride + p] /= sum;
            delta[c * stride + p] = (b->present[p] * a[c * stride + p] - b->targets[c * stride + p]) * scale;
        }
        total += b->present[p] * log(sum) - own;
    }
    return total;
}

static double squares(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    const size_t outputs = m->size[m->layers], stride = m->block;
    const double scale = 2 / ((double)m->rows * (double)outputs);
    double total = 0;
    for (size_t c = 0; c < outputs; c++)
        for (size_t p = 0; p < b->points; p++) {
            const double d =
                b->present[p] * (w->value[m->layers][c * stride + p] - b->targets[c * stride + p]);
            w->delta[m->layers][c * stride + p] = d * scale;
            total += d * d;
        }
    return total / (double)outputs;
}

static double loss(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    return m->loss == EL4ML_CROSS_ENTROPY ? softmax(m, w, b) : squares(m, w, b);
}

/* delta_l for the hidden layers; leaves phi'' times dV/dh in second. */
static void backward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const block *b)
{
    for (size_t l = m->layers - 1; l >= 1; l--) {
        linear(m->size[l], m->size[l + 1], x + m->weights[l + 1], 1, m->size[l], NULL, w->delta[l + 1],
               m->block, b->points, false, w->delta[l]);
        for (size_t i = 0; i < m->size[l]; i++)
            for (size_t p = 0; p < b->points; p++) {
                const size_t at = i * m->block + p;
                w->second[l][at] *= w->delta[l][at];
                w->delta[l][at] *= w->first[l][at];
            }
    }
}

static double decay(const el4ml_mlp *m, const double *x)
{
    double sum = 0;
    for (size_t l = 1; l <= m->layers; l++) {
        const size_t end = m->l2_biases ? m->biases[l] + m->size[l] : m->biases[l];
        for (size_t i = m->weights[l]; i < end; i++)
            sum += x[i] * x[i];
    }
    return m->l2 * sum;
}

/* y += 2 lambda v on what the L2 term covers. */
static void add_decay(const el4ml_mlp *m, const double *v, double *y)
{
    for (size_t l = 1; l <= m->layers; l++) {
        const size_t end = m->l2_biases ? m->biases[l] + m->size[l] : m->biases[l];
        for (size_t i = m->weights[l]; i < end; i++)
            y[i] += 2 * m->l2 * v[i];
    }
}

static double value_gradient(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *gradient)
{
    double total = 0;
    if (gradient) memset(gradient, 0, m->dimension * sizeof *gradient);
    for (size_t i = 0; i < m->blocks; i++) {
        const block b = block_of(m, i);
        forward(m, w, x, &b);
        total += loss(m, w, &b);
        if (!gradient) continue;
        backward(m, w, x, &b);
        for (size_t l = 1; l <= m->layers; l++)
            outer(m->size[l], m->size[l - 1], w->delta[l], below(w, &b, l), m->block, b.points,
                  gradient + m->weights[l], gradient + m->biases[l]);
    }
    if (gradient) add_decay(m, x, gradient);
    return total / (double)m->rows + decay(m, x);
}

/* R delta_L from R a: (diag p - p p^T) R a / N, or 2 R a / (d_L N). */
static void output_change(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    const size_t outputs = m->size[m->layers], stride = m->block, l = m->layers;
    const double *prob = w->value[l], *tangent = w->tangent[l];
    for (size_t p = 0; p < b->points; p++) {
        double mean = 0;
        const double scale = b->present[p] / (double)m->rows;
        for (size_t c = 0; c < outputs; c++)
            mean += prob[c * stride + p] * tangent[c * stride + p];
        for (size_t c = 0; c < outputs; c++) {
            const size_t at = c * stride + p;
            w->change[l][at] = m->loss == EL4ML_CROSS_ENTROPY ? scale * prob[at] * (tangent[at] - mean)
                                                              : scale * 2 / (double)outputs * tangent[at];
        }
    }
}

static void tangent_forward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const double *v,
                            const block *b)
{
    for (size_t l = 1; l <= m->layers; l++) {
        linear(m->size[l], m->size[l - 1], v + m->weights[l], m->size[l - 1], 1, v + m->biases[l],
               below(w, b, l), m->block, b->points, false, w->tangent[l]);
        if (l > 1)
            linear(m->size[l], m->size[l - 1], x + m->weights[l], m->size[l - 1], 1, NULL, w->spread[l - 1],
                   m->block, b->points, true, w->tangent[l]);
        if (l == m->layers) break;
        for (size_t i = 0; i < m->size[l]; i++)
            for (size_t p = 0; p < b->points; p++)
                w->spread[l][i * m->block + p] =
                    w->first[l][i * m->block + p] * w->tangent[l][i * m->block + p];
    }
}

static void tangent_backward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const double *v,
                             const block *b, double *hv)
{
    for (size_t l = m->layers; l >= 1; l--) {
        outer(m->size[l], m->size[l - 1], w->change[l], below(w, b, l), m->block, b->points,
              hv + m->weights[l], hv + m->biases[l]);
        if (l == 1) break;
        outer(m->size[l], m->size[l - 1], w->delta[l], w->spread[l - 1], m->block, b->points,
              hv + m->weights[l], hv + m->biases[l]);
        linear(m->size[l - 1], m->size[l], v + m->weights[l], 1, m->size[l - 1], NULL, w->delta[l], m->block,
               b->points, false, w->change[l - 1]);
        linear(m->size[l - 1], m->size[l], x + m->weights[l], 1, m->size[l - 1], NULL, w->change[l], m->block,
               b->points, true, w->change[l - 1]);
        for (size_t i = 0; i < m->size[l - 1]; i++)
            for (size_t p = 0; p < b->points; p++) {
                const size_t at = i * m->block + p;
                w->change[l - 1][at] =
                    w->first[l - 1][at] * w->change[l - 1][at] + w->second[l - 1][at] * w->tangent[l - 1][at];
            }
    }
}

static void hessian_vector(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                           const double *v, double *hv)
{
    const size_t n = m->dimension;
    memset(hv, 0, count * n * sizeof *hv);
    for (size_t i = 0; i < m->blocks; i++) {
        const block b = block_of(m, i);
        forward(m, w, x, &b);
        loss(m, w, &b);
        backward(m, w, x, &b);
        for (size_t c = 0; c < count; c++) {
            tangent_forward(m, w, x, v + c * n, &b);
            output_change(m, w, &b);
            tangent_backward(m, w, x, v + c * n, &b, hv + c * n);
        }
    }
    for (size_t c = 0; c < count; c++)
        add_decay(m, v + c * n, hv + c * n);
}

static void hessian(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *h)
{
    const size_t n = m->dimension;
    double *unit = w->unit;
    memset(unit, 0, n * sizeof *unit);
    for (size_t i = 0; i < n; i++) {
        unit[i] = 1;
        hessian_vector(m, w, x, 1, unit, h + i * n);
        unit[i] = 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            h[i * n + k] = h[k * n + i] = 0.5 * (h[i * n + k] + h[k * n + i]);
}

static void predict(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const double *inputs,
                    size_t points)
{
    const block b = {.points = points, .inputs = inputs};
    forward(m, w, x, &b);
}

const el4ml_mlp_kernels JOIN(el4ml_mlp_kernels, EL4ML_KERNEL_SET) = {value_gradient, hessian_vector, hessian,
                                                                     predict};
