/* Loss, gradient and Hessian-vector products of a multilayer perceptron, a block of points at a time.
 *
 * Forward      z_l = W_l h_{l-1} + b_l,   h_l = phi(z_l)
 * Error        delta_L = dV/da,           delta_l = phi'(z_l) (W_{l+1}^T delta_{l+1})
 * Gradient     dV/dW_l = sum_p delta_l h_{l-1}^T
 * Products     the R-operator (Pearlmutter, Neural Comput. 6, 147, 1994) applied to each of these lines:
 *              R z_l = V_l h_{l-1} + W_l R h_{l-1} + v_l,   R h_l = phi'(z_l) R z_l
 *              R delta_l = phi'(z_l) (V^T delta + W^T R delta)_{l+1} + phi''(z_l) (W^T delta)_{l+1} R z_l */
#include "surface/mlp_losses.h"

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

/* y += 2 lambda v over n parameters; returns lambda |v|^2. */
static double decay_range(double l2, size_t n, const double *v, double *y)
{
    vector square = vector_all(0);
    double rest = 0;
    size_t i = 0;
    for (; i + VECTOR_LANES <= n; i += VECTOR_LANES) {
        const vector x = vector_load_unaligned(v + i);
        square += x * x;
        if (y) vector_store_unaligned(y + i, vector_load_unaligned(y + i) + 2 * l2 * x);
    }
    for (; i < n; i++) {
        rest += v[i] * v[i];
        if (y) y[i] += 2 * l2 * v[i];
    }
    return l2 * (vector_sum(square) + rest);
}

static double decay(const el4ml_mlp *m, const double *v, double *y)
{
    if (m->l2_biases) return decay_range(m->l2, m->dimension, v, y);
    double sum = 0;
    for (size_t l = 1; l <= m->layers; l++)
        sum +=
            decay_range(m->l2, m->biases[l] - m->weights[l], v + m->weights[l], y ? y + m->weights[l] : NULL);
    return sum;
}

static double value_gradient(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *gradient)
{
    const wanted order = gradient ? SLOPE : VALUE;
    double total = 0;
    const double pairs = m->pairs ? el4ml_mlp_pairs_(prepare)(m, w, x, order) : 0;
    for (size_t i = 0; i < m->blocks && (gradient || !m->pairs); i++) {
        const block b = block_of(m, i);
        if (!m->pairs || m->blocks > 1) forward(m, w, x, &b, order);
        total += loss(m, w, &b, order);
        if (!gradient) continue;
        backward(m, w, x, &b);
        for (size_t l = 1; l <= m->layers; l++) {
            const outer_task t = {.rows = m->size[l],
                                  .columns = m->size[l - 1],
                                  .points = b.points,
                                  .stride = m->block,
                                  .left = {w->delta[l]},
                                  .right = {below(w, &b, l)},
                                  .g = gradient + m->weights[l],
                                  .bias = gradient + m->biases[l],
                                  .add = i > 0};
            outer(&t);
        }
    }
    return (m->pairs ? pairs : total / (double)m->rows) + decay(m, x, gradient);
}

/* R z_l and R h_l for all layers; R a ends up in tangent[L]. */
static void tangent_forward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const double *v,
                            const block *b)
{
    for (size_t l = 1; l <= m->layers; l++) {
        const linear_task t = {.rows = m->size[l],
                               .points = b->points,
                               .stride = m->block,
                               .operands = l > 1 ? 2 : 1,
                               .operand = {forward_operand(m, l, v, below(w, b, l)),
                                           forward_operand(m, l, x, l > 1 ? w->spread[l - 1] : NULL)},
                               .bias = v + m->biases[l],
                               .out = w->tangent[l],
                               .slope_of = w->first[l],
                               .spread = l < m->layers ? w->spread[l] : NULL};
        linear(&t);
    }
}

/* R delta_l below R delta_{l+1}. */
static void tangent_backward_layer(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                   const double *v, const block *b, size_t l)
{
    const linear_task t = {.rows = m->size[l],
                           .points = b->points,
                           .stride = m->block,
                           .operands = 2,
                           .operand = {backward_operand(m, l + 1, v, w->delta[l + 1]),
                                       backward_operand(m, l + 1, x, w->change[l + 1])},
                           .out = w->change[l],
                           .slope = SLOPE_ARRAY,
                           .slope_of = w->first[l],
                           .plus = {w->second[l], w->tangent[l]}};
    linear(&t);
}

static void tangent_backward(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const double *v,
                             const block *b, bool add, double *hv)
{
    for (size_t l = m->layers; l >= 1; l--) {
        if (l < m->layers) tangent_backward_layer(m, w, x, v, b, l);
        const outer_task t = {.rows = m->size[l],
                              .columns = m->size[l - 1],
                              .points = b->points,
                              .stride = m->block,
                              .left = {w->change[l], l > 1 ? w->delta[l] : NULL},
                              .right = {below(w, b, l), l > 1 ? w->spread[l - 1] : NULL},
                              .g = hv + m->weights[l],
                              .bias = hv + m->biases[l],
                              .add = add};
        outer(&t);
    }
}

/* At one block: its forward and backward passes, unless they are left from before. */
static void passes_of_block(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const block *b)
{
    if (m->blocks > 1) forward(m, w, x, b, CURVATURE);
    loss(m, w, b, CURVATURE);
    backward_with_curvature(m, w, x, b);
}

/* Of a few vectors at a time: first R a of all points, then the rest. */
static void few_products_of_pairs(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                                  const double *v, double *hv)
{
    const size_t n = m->dimension, step = m->scores * m->blocks * m->block, last = m->layers;
    for (size_t i = 0; i < m->blocks; i++) {
        const block b = block_of(m, i);
        if (m->blocks > 1) forward(m, w, x, &b, CURVATURE);
        for (size_t c = 0; c < count; c++) {
            tangent_forward(m, w, x, v + c * n, &b);
            collect_scores(m, &b, w->tangent[last], w->score_tangent + c * step);
        }
    }
    for (size_t c = 0; c < count; c++)
        m->pairs->kernels->product(m->pairs, w->pairs, w->score, w->score_bend, w->score_tangent + c * step,
                                   w->score_change + c * step);
    for (size_t i = 0; i < m->blocks; i++) {
        const block b = block_of(m, i);
        if (m->blocks > 1) passes_of_block(m, w, x, &b);
        for (size_t c = 0; c < count; c++) {
            if (m->blocks > 1 || count > 1) tangent_forward(m, w, x, v + c * n, &b);
            spread_scores(m, &b, w->score_change + c * step, w->change[last]);
            tangent_backward(m, w, x, v + c * n, &b, i > 0, hv + c * n);
        }
    }
}

static void products_of_pairs(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                              const double *v, double *hv)
{
    const size_t n = m->dimension;
    el4ml_mlp_pairs_(prepare)(m, w, x, CURVATURE);
    const block b = block_of(m, 0);
    if (m->blocks == 1) passes_of_block(m, w, x, &b);
    for (size_t c = 0; c < count; c += EL4ML_MLP_TOGETHER) {
        const size_t left = count - c, few = left < EL4ML_MLP_TOGETHER ? left : EL4ML_MLP_TOGETHER;
        few_products_of_pairs(m, w, x, few, v + c * n, hv + c * n);
    }
}

static void products_of_points(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                               const double *v, double *hv)
{
    const size_t n = m->dimension;
    for (size_t i = 0; i < m->blocks; i++) {
        const block b = block_of(m, i);
        forward(m, w, x, &b, CURVATURE);
        loss(m, w, &b, CURVATURE);
        backward_with_curvature(m, w, x, &b);
        for (size_t c = 0; c < count; c++) {
            tangent_forward(m, w, x, v + c * n, &b);
            output_change(m, w, &b, w->tangent[m->layers], w->change[m->layers]);
            tangent_backward(m, w, x, v + c * n, &b, i > 0, hv + c * n);
        }
    }
}

static void hessian_vector(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                           const double *v, double *hv)
{
    if (m->pairs)
        products_of_pairs(m, w, x, count, v, hv);
    else
        products_of_points(m, w, x, count, v, hv);
    for (size_t c = 0; c < count; c++)
        decay(m, v + c * m->dimension, hv + c * m->dimension);
}

static void predict(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const double *inputs,
                    size_t points)
{
    const block b = {.rows = points, .points = points, .inputs = inputs};
    forward(m, w, x, &b, VALUE);
}

void JOIN(el4ml_mlp_hessian, EL4ML_KERNEL_SET)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                               double *h);

const el4ml_mlp_kernels JOIN(el4ml_mlp_kernels, EL4ML_KERNEL_SET) = {
    value_gradient, hessian_vector, JOIN(el4ml_mlp_hessian, EL4ML_KERNEL_SET), predict};
