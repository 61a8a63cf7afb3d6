/* The passes over one block of points that gradient, Hessian-vector product and Hessian share. Only
 * *_kernels.c files include this; mlp_kernels.c has the equations. */
#ifndef EL4ML_SURFACE_MLP_PASSES_H
#define EL4ML_SURFACE_MLP_PASSES_H

#include <math.h>

#include "surface/mlp.h"
#include "surface/mlp_tiles.h"

typedef struct block {
    size_t first;        /* of its points among all, padding counted */
    size_t rows, points; /* the points, and with padding: a multiple of EL4ML_MLP_LANES */
    const double *inputs, *targets, *present;
} block;

static inline block block_of(const el4ml_mlp *m, size_t b)
{
    const size_t left = m->rows - b * m->block, whole = left < m->block ? left : m->block;
    return (block){b * m->block,
                   whole,
                   (whole + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES * EL4ML_MLP_LANES,
                   m->inputs + b * (m->size[0] + 1) * m->block,
                   m->targets + b * m->size[m->layers] * m->block,
                   m->present + b * m->block};
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

#endif
