/* What the perceptron's kernels make of the outputs, a block of points at a time: loss, error signal and
 * second derivative. Only *_kernels.c files include this. */
#ifndef EL4ML_SURFACE_MLP_LOSSES_H
#define EL4ML_SURFACE_MLP_LOSSES_H

#include "surface/mlp_passes.h"

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

/* Points of unequal weight, which `present` holds, and the targets have as a factor. */
static double softmax_weighted(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    const size_t classes = m->size[m->layers], stride = m->block;
    const double scale = 1 / (double)m->rows;
    double *a = w->value[m->layers], *delta = w->delta[m->layers];
    vector total = vector_all(0);
    for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
        vector top = vector_load(a + p), sum = vector_all(0), own = vector_all(0);
        for (size_t c = 1; c < classes; c++)
            top = vector_max(top, vector_load(a + c * stride + p));
        for (size_t at = p; at < classes * stride; at += stride) {
            vector e = vector_load(a + at);
            sum += exponentials(1, stride, b->targets + at, top, &e, &own);
            vector_store(a + at, e);
        }
        const vector weight = vector_load(b->present + p), inverse = 1 / sum;
        total += weight * vector_log(sum) - own;
        for (size_t at = p; at < classes * stride; at += stride) {
            const vector q = vector_load(a + at) * inverse;
            vector_store(a + at, q);
            vector_store(delta + at, scale * (weight * q - vector_load(b->targets + at)));
        }
    }
    return vector_sum(total);
}

/* Cross-entropy of one logit a with the probability t of the positive class: ln(1 + e^a) - t a. */
static double log_odds(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b)
{
    const double scale = 1 / (double)m->rows;
    const double *a = w->value[m->layers];
    vector total = vector_all(0);
    for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
        const vector z = vector_load(a + p), weight = vector_load(b->present + p),
                     target = vector_load(b->targets + p);
        const vector u = vector_exp_nonpositive(-vector_abs(z)), inverse = 1 / (u + 1), q = u * inverse;
        const vector s = (vector)(((bits)inverse & (bits)(z >= 0)) | ((bits)q & (bits)(z < 0)));
        total += weight * (vector_max(vector_all(0), z) + vector_log1p_unit(u)) - target * z;
        vector_store(w->delta[m->layers] + p, scale * (weight * s - target));
        vector_store(w->bend + p, scale * weight * q * inverse);
    }
    return vector_sum(total);
}

/* Auc of two outputs: its score is the positive class's less the other's. */
static inline bool difference_of_two(const el4ml_mlp *m)
{
    return m->scores < m->size[m->layers];
}

/* Between a block's outputs (d_L, block) and the scores of all points (scores, blocks * block): outputs to
 * scores. */
static inline void collect_scores(const el4ml_mlp *m, const block *b, const double *outputs, double *scores)
{
    const size_t stride = m->blocks * m->block;
    const bool two = difference_of_two(m);
    const double *other = outputs + (two ? (1 - m->positive) * m->block : 0);
    for (size_t c = 0; c < m->scores; c++)
        for (size_t p = 0; p < b->points; p += VECTOR_LANES) {
            vector x = vector_load(outputs + (two ? m->positive : c) * m->block + p);
            if (two) x -= vector_load(other + p);
            vector_store(scores + c * stride + b->first + p, x);
        }
}

/* Derivatives by the scores to derivatives by the outputs. */
static inline void spread_scores(const el4ml_mlp *m, const block *b, const double *scores, double *outputs)
{
    const size_t stride = m->blocks * m->block;
    for (size_t c = 0; c < m->size[m->layers]; c++) {
        const double sign = difference_of_two(m) && c != m->positive ? -1 : 1;
        const double *from = scores + (difference_of_two(m) ? 0 : c) * stride + b->first;
        for (size_t p = 0; p < b->points; p += VECTOR_LANES)
            vector_store(outputs + c * m->block + p, sign * vector_load(from + p));
    }
}

/* What el4ml_mlp_pairs_prepare found, for a block. */
static void pairs_of_block(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b, wanted order)
{
    const size_t outputs = m->size[m->layers], stride = m->blocks * m->block;
    spread_scores(m, b, w->score_delta, w->delta[m->layers]);
    for (size_t c = 0, row = 0; order == CURVATURE && c < outputs; c++)
        for (size_t d = c; d < outputs; d++, row++) {
            const double sign = difference_of_two(m) && c != d ? -1 : 1;
            const double *from = w->score_bend + (difference_of_two(m) ? 0 : row) * stride + b->first;
            for (size_t p = 0; p < b->points; p += VECTOR_LANES)
                vector_store(w->bend + row * m->block + p, sign * vector_load(from + p));
        }
}

#define PAIRS_JOIN_(a, b) a##_##b
#define PAIRS_JOIN(a, b) PAIRS_JOIN_(a, b)
#define el4ml_mlp_pairs_(name) PAIRS_JOIN(el4ml_mlp_pairs_##name, EL4ML_KERNEL_SET)

/* Of mlp_pairs_kernels.c. The scores of all points; returns the mean over pairs, and keeps its derivatives as
 * far as `order` wants them. With one block alone, its forward pass is left standing. */
double el4ml_mlp_pairs_(prepare)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, wanted order);
/* Adds to the upper triangle of the Hessian what joins different points; after prepare. */
void el4ml_mlp_pairs_(couple)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *h);

/* delta_L and the sum of the points' losses, after forward(order); of pairs, that sum has been made already.
 */
static inline double loss(const el4ml_mlp *m, el4ml_mlp_workspace *w, const block *b, wanted order)
{
    switch (m->head) {
    case EL4ML_SOFTMAX:
        return order == CURVATURE ? softmax(true, m, w, b) : softmax(false, m, w, b);
    case EL4ML_SQUARES:
        return squares(m, w, b);
    case EL4ML_WEIGHTED_SOFTMAX:
        return softmax_weighted(m, w, b);
    case EL4ML_LOG_ODDS:
        return log_odds(m, w, b);
    case EL4ML_PAIRS:
        pairs_of_block(m, w, b, order);
    }
    return 0;
}

/* R delta_L from R a by w->bend. */
static void bend_change(const el4ml_mlp *m, const el4ml_mlp_workspace *w, const block *b,
                        const double *tangent, double *change)
{
    const size_t outputs = m->size[m->layers], stride = m->block;
    for (size_t p = 0; p < b->points; p += VECTOR_LANES)
        for (size_t c = 0; c < outputs; c++) {
            vector sum = vector_all(0);
            for (size_t d = 0; d < outputs; d++) {
                const size_t low = c < d ? c : d, high = c < d ? d : c,
                             row = low * outputs - low * (low + 1) / 2 + high;
                sum += vector_load(w->bend + row * stride + p) * vector_load(tangent + d * stride + p);
            }
            vector_store(change + c * stride + p, sum);
        }
}

/* R delta_L from R a: (diag p - p p^T) R a / N, or 2 R a / (d_L N). Of pairs: that part which joins a point
 * to itself. */
static inline void output_change(const el4ml_mlp *m, const el4ml_mlp_workspace *w, const block *b,
                                 const double *tangent, double *change)
{
    const size_t outputs = m->size[m->layers], stride = m->block;
    if (m->head == EL4ML_LOG_ODDS || m->head == EL4ML_PAIRS) {
        bend_change(m, w, b, tangent, change);
        return;
    }
    const bool softmaxed = m->head != EL4ML_SQUARES;
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
