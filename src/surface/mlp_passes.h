/* The passes over one block of points that gradient, Hessian-vector product and Hessian share. Only
 * *_kernels.c files include this; mlp_kernels.c has the equations. */
#ifndef EL4ML_SURFACE_MLP_PASSES_H
#define EL4ML_SURFACE_MLP_PASSES_H

#include <math.h>

#include "surface/mlp.h"
#include "surface/mlp_tiles.h"

typedef struct block {
    size_t rows, points; /* the points, and with padding: a multiple of EL4ML_MLP_LANES */
    const double *inputs, *targets, *present;
} block;

static inline block block_of(const el4ml_mlp *m, size_t b)
{
    const size_t left = m->rows - b * m->block, whole = left < m->block ? left : m->block;
    return (block){whole, (whole + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES * EL4ML_MLP_LANES,
                   m->inputs + b * (m->size[0] + 1) * m->block,
                   m->targets + b * m->size[m->layers] * m->block, m->present + b * m->block};
}

/* h_{l-1}, with its row of ones. */
static inline const double *below(const el4ml_mlp_workspace *w, const block *b, size_t l)
{
    return l == 1 ? b->inputs : w->value[l - 1];
}

/* W_l of the parameters x applied to `in`. */
static inline operand forward_operand(const el4ml_mlp *m, size_t l, const double *x, const double *in)
{
    return (operand){x + m->weights[l], m->size[l - 1], 1, m->size[l - 1], in};
}

/* W_l^T applied to `in`. */
static inline operand backward_operand(const el4ml_mlp *m, size_t l, const double *x, const double *in)
{
    return (operand){x + m->weights[l], 1, m->size[l - 1], m->size[l], in};
}

static inline void forward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const block *b,
                           wanted order)
{
    for (size_t l = 1; l <= m->layers; l++) {
        const linear_task t = {.rows = m->size[l],
                               .points = b->points,
                               .stride = m->block,
                               .operands = 1,
                               .operand = {forward_operand(m, l, x, below(w, b, l))},
                               .bias = x + m->biases[l],
                               .out = w->value[l],
                               .activate = l < m->layers,
                               .activation = m->activation,
                               .order = order,
                               .first = w->first[l],
                               .second = w->second[l]};
        linear(&t);
    }
}

/* ---- Cross-entropy ---- */

/* The sum over points of ln sum_c e^x_c, as one logarithm of a product: each factor is between 1 and the
 * number of classes, so that overflow is far. */
typedef struct log_sum {
    vector product;
    size_t factors, most; /* vectors multiplied, and how many may be */
    double total;
} log_sum;

static inline log_sum log_sum_new(size_t classes)
{
    return (log_sum){vector_all(1), 0, (size_t)(690 / (log((double)classes) * VECTOR_LANES)), 0};
}

VECTOR_INLINE void log_sum_flush(log_sum *l)
{
    double lanes = 1;
    for (int i = 0; i < VECTOR_LANES; i++)
        lanes *= l->product[i];
    l->total += log(lanes);
    l->product = vector_all(1);
    l->factors = 0;
}

/* From the sum of exponentials at one vector of points: what delta_L is proportional to. */
VECTOR_INLINE vector softmax_weight(const el4ml_mlp *m, const block *b, size_t p, vector sum, log_sum *l)
{
    vector weight = 1 / (double)m->rows / sum;
    if (p + VECTOR_LANES > b->rows) { /* some are padding */
        const vector present = vector_load(b->present + p);
        sum = sum * present + (1 - present);
        weight *= present;
    }
    l->product *= sum;
    if (++l->factors >= l->most) log_sum_flush(l);
    return weight;
}

/* x becomes e^(x - top) for `count` outputs at one vector of points; returns their sum, and adds the output
 * of the point's class. */
VECTOR_INLINE vector exponentials(const int count, size_t stride, const double *target, vector top, vector *x,
                                  vector *own)
{
    UNROLL for (int c = 0; c < count; c++)
    {
        x[c] -= top;
        *own += vector_load(target + (size_t)c * stride) * x[c];
    }
    vector_exp_each(count, x);
    vector sum = x[0];
    UNROLL for (int c = 1; c < count; c++) sum += x[c];
    return sum;
}

/* Few classes: the exponentials stay in registers. */
VECTOR_INLINE double softmax_few(const int classes, const bool keep, const el4ml_mlp *m,
                                 el4ml_mlp_workspace *w, const block *b)
{
    const size_t stride = m->block;
    const double scale = 1 / (double)m->rows;
    double *a = w->value[m->layers], *delta = w->delta[m->layers];
    log_sum logs = log_sum_new((size_t)classes);
    vector own = vector_all(0);
    for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
        vector e[EXP_TOGETHER];
        UNROLL for (int c = 0; c < classes; c++) e[c] = vector_load(a + (size_t)c * stride + p);
        vector top = e[0];
        UNROLL for (int c = 1; c < classes; c++) top = vector_max(top, e[c]);
        const vector sum = exponentials(classes, stride, b->targets + p, top, e, &own);
        const vector weight = softmax_weight(m, b, p, sum, &logs), inverse = 1 / sum;
        UNROLL for (int c = 0; c < classes; c++)
        {
            const size_t at = (size_t)c * stride + p;
            if (keep) vector_store(a + at, e[c] * inverse);
            vector_store(delta + at, e[c] * weight - scale * vector_load(b->targets + at));
        }
    }
    log_sum_flush(&logs);
    return logs.total - vector_sum(own);
}

VECTOR_INLINE double softmax_many(size_t classes, const bool keep, const el4ml_mlp *m, el4ml_mlp_workspace *w,
                                  const block *b)
{
    const size_t stride = m->block;
    const double scale = 1 / (double)m->rows;
    double *a = w->value[m->layers], *delta = w->delta[m->layers];
    log_sum logs = log_sum_new(classes);
    vector own = vector_all(0);
    for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
        vector top = vector_load(a + p), sum = vector_all(0);
        for (size_t c = 1; c < classes; c++)
            top = vector_max(top, vector_load(a + c * stride + p));
        size_t c = 0;
        for (; c + EXP_TOGETHER <= classes; c += EXP_TOGETHER) {
            vector e[EXP_TOGETHER];
            double *at = a + c * stride + p;
            UNROLL for (int i = 0; i < EXP_TOGETHER; i++) e[i] = vector_load(at + (size_t)i * stride);
            sum += exponentials(EXP_TOGETHER, stride, b->targets + c * stride + p, top, e, &own);
            UNROLL for (int i = 0; i < EXP_TOGETHER; i++) vector_store(at + (size_t)i * stride, e[i]);
        }
        for (; c < classes; c++) {
            vector e = vector_load(a + c * stride + p);
            sum += exponentials(1, stride, b->targets + c * stride + p, top, &e, &own);
            vector_store(a + c * stride + p, e);
        }
        const vector weight = softmax_weight(m, b, p, sum, &logs), inverse = 1 / sum;
        for (size_t at = p; at < classes * stride; at += stride) {
            const vector e = vector_load(a + at);
            if (keep) vector_store(a + at, e * inverse);
            vector_store(delta + at, e * weight - scale * vector_load(b->targets + at));
        }
    }
    log_sum_flush(&logs);
    return logs.total - vector_sum(own);
}

/* delta_L; returns the sum of -ln p_y. With `keep` the outputs become probabilities. */
VECTOR_INLINE double softmax(const bool keep, const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    const size_t classes = m->size[m->layers];
    return classes == 2   ? softmax_few(2, keep, m, w, b)
           : classes == 3 ? softmax_few(3, keep, m, w, b)
                          : softmax_many(classes, keep, m, w, b);
}

/* delta_L; returns the sum of |a - y|^2 / d_L. */
static inline double squares(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    const size_t outputs = m->size[m->layers], stride = m->block;
    const double scale = 2 / ((double)m->rows * (double)outputs);
    vector total = vector_all(0);
    for (size_t c = 0; c < outputs; c++)
        for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
            const size_t at = c * stride + p;
            const vector d = vector_load(b->present + p) *
                             (vector_load(w->value[m->layers] + at) - vector_load(b->targets + at));
            vector_store(w->delta[m->layers] + at, d * scale);
            total += d * d;
        }
    return vector_sum(total) / (double)outputs;
}

/* delta_L and the sum of the points' losses; after forward(order). */
static inline double loss(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b, wanted order)
{
    if (m->loss != EL4ML_CROSS_ENTROPY) return squares(m, w, b);
    return order == CURVATURE ? softmax(true, m, w, b) : softmax(false, m, w, b);
}

/* dV/dh_l, times phi' where `slope` says so, into delta_l. */
static inline void backward_layer(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const block *b,
                                  size_t l, slope_source slope)
{
    const linear_task t = {.rows = m->size[l],
                           .points = b->points,
                           .stride = m->block,
                           .operands = 1,
                           .operand = {backward_operand(m, l + 1, x, w->delta[l + 1])},
                           .out = w->delta[l],
                           .slope = slope,
                           .slope_of = slope == SLOPE_ARRAY ? w->first[l] : w->value[l]};
    linear(&t);
}

/* delta_l for the hidden layers, after forward(SLOPE). */
static inline void backward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const block *b)
{
    const slope_source slope = m->activation == EL4ML_TANH       ? SLOPE_OF_TANH
                               : m->activation == EL4ML_LOGISTIC ? SLOPE_OF_LOGISTIC
                                                                 : SLOPE_ARRAY;
    for (size_t l = m->layers - 1; l >= 1; l--)
        backward_layer(m, w, x, b, l, slope);
}

/* The same after forward(CURVATURE); leaves phi'' dV/dh_l in second. */
static inline void backward_with_curvature(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                           const block *b)
{
    for (size_t l = m->layers - 1; l >= 1; l--) {
        backward_layer(m, w, x, b, l, NO_SLOPE);
        for (size_t i = 0; i < m->size[l]; i++)
            for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
                const size_t at = i * m->block + p;
                const vector g = vector_load(w->delta[l] + at);
                vector_store(w->second[l] + at, vector_load(w->second[l] + at) * g);
                vector_store(w->delta[l] + at, vector_load(w->first[l] + at) * g);
            }
    }
}

/* R delta_L from R a: (diag p - p p^T) R a / N, or 2 R a / (d_L N). */
static inline void output_change(const el4ml_mlp *m, const el4ml_mlp_workspace *w, const block *b,
                                 const double *tangent, double *change)
{
    const size_t outputs = m->size[m->layers], stride = m->block;
    const bool softmaxed = m->loss == EL4ML_CROSS_ENTROPY;
    const double *q = w->value[m->layers], scale = (softmaxed ? 1 : 2 / (double)outputs) / (double)m->rows;
    for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
        const vector weight = vector_load(b->present + p) * scale;
        vector mean = vector_all(0);
        for (size_t c = 0; softmaxed && c < outputs; c++)
            mean += vector_load(q + c * stride + p) * vector_load(tangent + c * stride + p);
        for (size_t c = 0; c < outputs; c++) {
            const vector r = vector_load(tangent + c * stride + p);
            vector_store(change + c * stride + p,
                         softmaxed ? weight * vector_load(q + c * stride + p) * (r - mean) : weight * r);
        }
    }
}

#endif
