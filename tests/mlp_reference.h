/* A perceptron in long double, written straight from methods.md 1.1, one point at a time: what the tests of
 * the fast kernels compare with. It shares nothing with the library but the option structs. */
#ifndef MLP_REFERENCE_H
#define MLP_REFERENCE_H

#include <math.h>
#include <stdlib.h>

#include "el4ml/surfaces.h"

typedef long double real;

static inline real reference_phi(el4ml_activation activation, real z)
{
    switch (activation) {
    case EL4ML_TANH:
        return tanhl(z);
    case EL4ML_LOGISTIC:
        return 1 / (1 + expl(-z));
    case EL4ML_SOFTPLUS:
        return z > 0 ? z + log1pl(expl(-z)) : log1pl(expl(z));
    case EL4ML_GELU:
        return z * 0.5L * erfcl(-z / sqrtl(2.0L));
    case EL4ML_SILU:
        return z / (1 + expl(-z));
    case EL4ML_RELU:
        break;
    }
    return z > 0 ? z : 0;
}

static inline real reference_slope(el4ml_activation activation, real z)
{
    const real s = 1 / (1 + expl(-z)), c = 1 / (1 + expl(z)), pi = 3.14159265358979323846264338327950288L;
    switch (activation) {
    case EL4ML_TANH:
        return 1 / (coshl(z) * coshl(z));
    case EL4ML_LOGISTIC:
        return s * c;
    case EL4ML_SOFTPLUS:
        return s;
    case EL4ML_GELU:
        return 0.5L * erfcl(-z / sqrtl(2.0L)) + z * expl(-z * z / 2) / sqrtl(2 * pi);
    case EL4ML_SILU:
        return s + z * s * c;
    case EL4ML_RELU:
        break;
    }
    return z > 0 ? 1 : 0;
}

typedef struct reference {
    const el4ml_mlp_options *options;
    const el4ml_dataset *data;
    size_t layers, size[20], n;
    size_t drawn;      /* contrastive: pairs of rows that were drawn; 0: all */
    size_t (*pair)[2]; /* (drawn) */
} reference;

static inline reference reference_new(const el4ml_mlp_options *o, const el4ml_dataset *d)
{
    reference r = {.options = o, .data = d, .layers = o->hidden_layers + 1};
    r.size[0] = d->inputs;
    for (size_t l = 1; l < r.layers; l++)
        r.size[l] = o->hidden[l - 1];
    r.size[r.layers] = o->loss == EL4ML_MSE           ? d->targets
                       : o->loss == EL4ML_CONTRASTIVE ? o->embedding
                       : o->logits                    ? o->logits
                                                      : d->classes;
    for (size_t l = 1; l <= r.layers; l++)
        r.n += (r.size[l - 1] + 1) * r.size[l];
    return r;
}

/* ---- Losses: the mean, and its derivative by the outputs a (rows, d) in delta ---- */

static inline real reference_mse(const reference *r, const real *a, real *delta)
{
    const size_t rows = r->data->rows, d = r->size[r->layers];
    real sum = 0;
    for (size_t i = 0; i < rows * d; i++) {
        const real e = a[i] - r->data->y[i];
        sum += e * e / (real)(d * rows);
        delta[i] = 2 * e / (real)(d * rows);
    }
    return sum;
}

static inline real reference_weight(const reference *r, size_t label)
{
    real size = 0;
    for (size_t i = 0; i < r->data->rows; i++)
        size += (size_t)r->data->label[i] == label;
    if (r->options->balanced) return 1 / size;
    return r->options->class_weight ? r->options->class_weight[label] : 1;
}

static inline real reference_softplus(real z)
{
    return z > 0 ? z + log1pl(expl(-z)) : log1pl(expl(z));
}

/* sum_i w_i sum_c q_c (-ln p_c) / sum_i w_i, q the smoothed target; one logit: p of the positive class is
 * sigma(a). */
static inline real reference_cross_entropy(const reference *r, const real *a, real *delta)
{
    const size_t rows = r->data->rows, d = r->size[r->layers], classes = r->data->classes;
    const real smoothing = r->options->label_smoothing;
    real total = 0, weights = 0;
    for (size_t i = 0; i < rows; i++)
        weights += reference_weight(r, (size_t)r->data->label[i]);
    for (size_t i = 0; i < rows; i++, a += d, delta += d) {
        const size_t label = (size_t)r->data->label[i];
        const real w = reference_weight(r, label) / weights;
        if (d == 1) {
            const real q = (label == r->options->positive ? 1 - smoothing : 0) + smoothing / 2;
            total += w * (q * reference_softplus(-a[0]) + (1 - q) * reference_softplus(a[0]));
            delta[0] = w * (1 / (1 + expl(-a[0])) - q);
            continue;
        }
        real top = a[0], sum = 0;
        for (size_t c = 1; c < d; c++)
            top = a[c] > top ? a[c] : top;
        for (size_t c = 0; c < d; c++)
            sum += expl(a[c] - top);
        for (size_t c = 0; c < d; c++) {
            const real q = (c == label ? 1 - smoothing : 0) + smoothing / (real)classes;
            total += w * q * (logl(sum) + top - a[c]);
            delta[c] = w * (expl(a[c] - top) / sum - q);
        }
    }
    return total;
}

static inline real reference_auc(const reference *r, const real *a, real *delta)
{
    const size_t rows = r->data->rows, d = r->size[r->layers], p = r->options->positive;
    const real beta = r->options->beta > 0 ? r->options->beta : 1;
    real total = 0, pairs = 0;
    for (size_t i = 0; i < rows * d; i++)
        delta[i] = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++) {
            if ((size_t)r->data->label[i] != p || (size_t)r->data->label[j] == p) continue;
            const real s = d == 1 ? a[i] : a[2 * i + p] - a[2 * i + 1 - p],
                       t = d == 1 ? a[j] : a[2 * j + p] - a[2 * j + 1 - p], x = beta * (s - t),
                       e = expl(-fabsl(x)), slope = -beta * e / ((1 + e) * (1 + e));
            total += x > 0 ? e / (1 + e) : 1 / (1 + e);
            pairs++;
            delta[d * i + (d == 1 ? 0 : p)] += slope;
            delta[d * j + (d == 1 ? 0 : p)] -= slope;
            if (d == 1) continue;
            delta[2 * i + 1 - p] -= slope;
            delta[2 * j + 1 - p] += slope;
        }
    for (size_t i = 0; i < rows * d; i++)
        delta[i] /= pairs;
    return total / pairs;
}

static inline real reference_pair(const reference *r, size_t i, size_t j, const real *a, real *delta)
{
    const size_t d = r->size[r->layers];
    const real beta = r->options->beta > 0 ? r->options->beta : 10, epsilon = r->options->epsilon;
    real square = epsilon * epsilon, slope, value;
    for (size_t c = 0; c < d; c++)
        square += (a[i * d + c] - a[j * d + c]) * (a[i * d + c] - a[j * d + c]);
    if (r->data->label[i] == r->data->label[j]) {
        value = square;
        slope = 2;
    } else {
        const real distance = sqrtl(square), z = beta * (r->options->margin - distance),
                   soft = reference_softplus(z) / beta;
        value = soft * soft;
        slope = -2 * soft / (1 + expl(-z)) / distance;
    }
    for (size_t c = 0; c < d; c++) {
        const real force = slope * (a[i * d + c] - a[j * d + c]);
        delta[i * d + c] += force;
        delta[j * d + c] -= force;
    }
    return value;
}

static inline real reference_contrastive(const reference *r, const real *a, real *delta)
{
    const size_t rows = r->data->rows, d = r->size[r->layers];
    real total = 0;
    const real pairs = r->drawn ? (real)r->drawn : (real)rows * (real)(rows - 1) / 2;
    for (size_t i = 0; i < rows * d; i++)
        delta[i] = 0;
    for (size_t k = 0; k < r->drawn; k++)
        total += reference_pair(r, r->pair[k][0], r->pair[k][1], a, delta);
    for (size_t i = 0; i < rows && !r->drawn; i++)
        for (size_t j = 0; j < i; j++)
            total += reference_pair(r, i, j, a, delta);
    for (size_t i = 0; i < rows * d; i++)
        delta[i] /= pairs;
    return total / pairs;
}

static inline real reference_loss(const reference *r, const real *a, real *delta)
{
    switch (r->options->loss) {
    case EL4ML_MSE:
        return reference_mse(r, a, delta);
    case EL4ML_AUC:
        return reference_auc(r, a, delta);
    case EL4ML_CONTRASTIVE:
        return reference_contrastive(r, a, delta);
    case EL4ML_CROSS_ENTROPY:
        break;
    }
    return reference_cross_entropy(r, a, delta);
}

/* ---- The net ---- */

/* Offsets of the layers' units and weights; returns the number of units. */
static inline size_t reference_offsets(const reference *r, size_t *unit, size_t *weight)
{
    size_t units = 0, at = 0;
    for (size_t l = 0; l <= r->layers; l++) {
        unit[l] = units;
        units += r->size[l];
        weight[l] = at;
        if (l > 0) at += (r->size[l - 1] + 1) * r->size[l];
    }
    return units;
}

/* z and h (units) of one point; z of the last layer is h. */
static inline void reference_forward(const reference *r, size_t point, const real *x, real *z, real *h)
{
    size_t unit[20], weight[20];
    reference_offsets(r, unit, weight);
    for (size_t k = 0; k < r->size[0]; k++)
        h[k] = r->data->x[point * r->size[0] + k];
    for (size_t l = 1; l <= r->layers; l++)
        for (size_t i = 0; i < r->size[l]; i++) {
            const size_t in = r->size[l - 1];
            real sum = x[weight[l] + in * r->size[l] + i];
            for (size_t k = 0; k < in; k++)
                sum += x[weight[l] + i * in + k] * h[unit[l - 1] + k];
            z[unit[l] + i] = sum;
            h[unit[l] + i] = l < r->layers ? reference_phi(r->options->activation, sum) : sum;
        }
}

/* g += what the error signal delta of the outputs of one point gives; delta (units). */
static inline void reference_backward(const reference *r, const real *x, const real *z, const real *h,
                                      real *delta, real *g)
{
    size_t unit[20], weight[20];
    reference_offsets(r, unit, weight);
    for (size_t l = r->layers; l >= 1; l--) {
        const size_t in = r->size[l - 1];
        for (size_t i = 0; i < r->size[l]; i++) {
            const real e = delta[unit[l] + i];
            for (size_t k = 0; k < in; k++)
                g[weight[l] + i * in + k] += e * h[unit[l - 1] + k];
            g[weight[l] + in * r->size[l] + i] += e;
        }
        for (size_t k = 0; l > 1 && k < in; k++) {
            real sum = 0;
            for (size_t i = 0; i < r->size[l]; i++)
                sum += x[weight[l] + i * in + k] * delta[unit[l] + i];
            delta[unit[l - 1] + k] = sum * reference_slope(r->options->activation, z[unit[l - 1] + k]);
        }
    }
}

static inline real reference_decay(const reference *r, const real *x, real *g)
{
    size_t unit[20], weight[20];
    real total = 0;
    reference_offsets(r, unit, weight);
    for (size_t l = 1; l <= r->layers; l++) {
        const size_t count = (r->size[l - 1] + r->options->l2_biases) * r->size[l];
        for (size_t i = 0; i < count; i++) {
            total += r->options->l2 * x[weight[l] + i] * x[weight[l] + i];
            g[weight[l] + i] += 2 * r->options->l2 * x[weight[l] + i];
        }
    }
    return total;
}

/* V and dV/dx. */
static inline real reference_gradient(const reference *r, const real *x, real *g)
{
    size_t unit[20], weight[20];
    const size_t units = reference_offsets(r, unit, weight), rows = r->data->rows, d = r->size[r->layers];
    real *z = calloc(units, sizeof *z), *h = calloc(units, sizeof *h), *delta = calloc(units, sizeof *delta),
         *a = calloc(rows * d, sizeof *a), *error = calloc(rows * d, sizeof *error);
    for (size_t i = 0; i < r->n; i++)
        g[i] = 0;
    for (size_t p = 0; p < rows; p++) {
        reference_forward(r, p, x, z, h);
        for (size_t c = 0; c < d; c++)
            a[p * d + c] = h[unit[r->layers] + c];
    }
    const real loss = reference_loss(r, a, error);
    for (size_t p = 0; p < rows; p++) {
        reference_forward(r, p, x, z, h);
        for (size_t c = 0; c < d; c++)
            delta[unit[r->layers] + c] = error[p * d + c];
        reference_backward(r, x, z, h, delta, g);
    }
    free(z);
    free(h);
    free(delta);
    free(a);
    free(error);
    return loss + reference_decay(r, x, g);
}

/* H v by central differences of the gradient, Richardson-extrapolated twice: error O(step^6). */
static inline void reference_product(const reference *r, const real *x, const real *v, real step, real *hv)
{
    real *y = calloc(r->n, sizeof *y), *plus = calloc(r->n, sizeof *plus),
         *minus = calloc(r->n, sizeof *minus);
    static const real weight[3] = {64.0L / 45, -20.0L / 45, 1.0L / 45}; /* steps step, 2 step, 4 step */
    for (size_t i = 0; i < r->n; i++)
        hv[i] = 0;
    for (int level = 0; level < 3; level++) {
        const real h = step * (real)(1 << level);
        for (size_t i = 0; i < r->n; i++)
            y[i] = x[i] + h * v[i];
        reference_gradient(r, y, plus);
        for (size_t i = 0; i < r->n; i++)
            y[i] = x[i] - h * v[i];
        reference_gradient(r, y, minus);
        for (size_t i = 0; i < r->n; i++)
            hv[i] += weight[level] * (plus[i] - minus[i]) / (2 * h);
    }
    free(y);
    free(plus);
    free(minus);
}

#endif
