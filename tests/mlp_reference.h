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
} reference;

static inline reference reference_new(const el4ml_mlp_options *o, const el4ml_dataset *d)
{
    reference r = {.options = o, .data = d, .layers = o->hidden_layers + 1};
    r.size[0] = d->inputs;
    for (size_t l = 1; l < r.layers; l++)
        r.size[l] = o->hidden[l - 1];
    r.size[r.layers] = o->loss == EL4ML_CROSS_ENTROPY ? d->classes : d->targets;
    for (size_t l = 1; l <= r.layers; l++)
        r.n += (r.size[l - 1] + 1) * r.size[l];
    return r;
}

/* Loss of one point and, in delta, its derivative by the outputs a (d). */
static inline real reference_loss(const reference *r, size_t point, const real *a, real *delta)
{
    const size_t d = r->size[r->layers];
    if (r->options->loss == EL4ML_MSE) {
        real sum = 0;
        for (size_t i = 0; i < d; i++) {
            const real e = a[i] - r->data->y[point * d + i];
            sum += e * e / (real)d;
            delta[i] = 2 * e / (real)d;
        }
        return sum;
    }
    const size_t label = (size_t)r->data->label[point];
    real top = a[0], sum = 0;
    for (size_t i = 1; i < d; i++)
        top = a[i] > top ? a[i] : top;
    for (size_t i = 0; i < d; i++)
        sum += expl(a[i] - top);
    for (size_t i = 0; i < d; i++)
        delta[i] = expl(a[i] - top) / sum - (i == label);
    return logl(sum) + top - a[label];
}

/* V and dV/dx. */
static inline real reference_gradient(const reference *r, const real *x, real *g)
{
    size_t units = 0, offset[20], weights[20];
    for (size_t l = 0, at = 0; l <= r->layers; l++) {
        offset[l] = units;
        units += r->size[l];
        weights[l] = at;
        if (l > 0) at += (r->size[l - 1] + 1) * r->size[l];
    }
    for (size_t l = 1, at = 0; l <= r->layers; l++) {
        weights[l] = at;
        at += (r->size[l - 1] + 1) * r->size[l];
    }
    real *z = calloc(units, sizeof *z), *h = calloc(units, sizeof *h), *delta = calloc(units, sizeof *delta),
         total = 0;
    for (size_t i = 0; i < r->n; i++)
        g[i] = 0;
    for (size_t p = 0; p < r->data->rows; p++) {
        for (size_t k = 0; k < r->size[0]; k++)
            h[k] = r->data->x[p * r->size[0] + k];
        for (size_t l = 1; l <= r->layers; l++)
            for (size_t i = 0; i < r->size[l]; i++) {
                const size_t in = r->size[l - 1];
                real sum = x[weights[l] + in * r->size[l] + i];
                for (size_t k = 0; k < in; k++)
                    sum += x[weights[l] + i * in + k] * h[offset[l - 1] + k];
                z[offset[l] + i] = sum;
                h[offset[l] + i] = l < r->layers ? reference_phi(r->options->activation, sum) : sum;
            }
        total += reference_loss(r, p, h + offset[r->layers], delta + offset[r->layers]);
        for (size_t l = r->layers; l >= 1; l--) {
            const size_t in = r->size[l - 1];
            for (size_t i = 0; i < r->size[l]; i++) {
                const real e = delta[offset[l] + i] / (real)r->data->rows;
                for (size_t k = 0; k < in; k++)
                    g[weights[l] + i * in + k] += e * h[offset[l - 1] + k];
                g[weights[l] + in * r->size[l] + i] += e;
            }
            for (size_t k = 0; l > 1 && k < in; k++) {
                real sum = 0;
                for (size_t i = 0; i < r->size[l]; i++)
                    sum += x[weights[l] + i * in + k] * delta[offset[l] + i];
                delta[offset[l - 1] + k] =
                    sum * reference_slope(r->options->activation, z[offset[l - 1] + k]);
            }
        }
    }
    total /= (real)r->data->rows;
    for (size_t l = 1; l <= r->layers; l++) {
        const size_t count = (r->size[l - 1] + r->options->l2_biases) * r->size[l];
        for (size_t i = 0; i < count; i++) {
            total += r->options->l2 * x[weights[l] + i] * x[weights[l] + i];
            g[weights[l] + i] += 2 * r->options->l2 * x[weights[l] + i];
        }
    }
    free(z);
    free(h);
    free(delta);
    return total;
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
