#include "insight/weights.h"

#include <math.h>

#include "base/memory.h"
#include "base/text.h"
#include "run/start.h"

el4ml_weights el4ml_weights_of(const el4ml_study *study, const el4ml_data *data, size_t n)
{
    el4ml_weights l = {.n = n};
    l.layers = el4ml_model_layers(study, data, l.size);
    if (l.layers == 0) return l;
    l.inputs = data->input_names;
    if (study->kind == EL4ML_KIND_AUTOENCODER)
        l.outputs = data->input_names;
    else if (data->class_names && data->train.classes == l.size[l.layers])
        l.outputs = data->class_names;
    return l;
}

size_t el4ml_weights_widest(const el4ml_weights *l)
{
    size_t widest = 1;
    for (size_t k = 0; k <= l->layers; k++)
        if (l->size[k] > widest) widest = l->size[k];
    return widest;
}

/* The unit's name in layer k, inputs being layer 0. */
static void put_unit(el4ml_builder *b, const el4ml_weights *l, size_t k, size_t unit)
{
    char *const *names = k == 0 ? l->inputs : k == l->layers ? l->outputs : NULL;
    if (names)
        el4ml_builder_text(b, names[unit]);
    else
        el4ml_builder_format(b, "%zu", unit + 1);
}

char *el4ml_weights_name(const el4ml_weights *l, size_t p)
{
    el4ml_builder b = {0};
    for (size_t k = 1; k <= l->layers; k++) {
        const size_t in = l->size[k - 1], out = l->size[k];
        if (p < in * out) {
            el4ml_builder_format(&b, "W%zu[", k);
            put_unit(&b, l, k, p / in);
            el4ml_builder_text(&b, ", ");
            put_unit(&b, l, k - 1, p % in);
            el4ml_builder_text(&b, "]");
            return el4ml_builder_take(&b);
        }
        p -= in * out;
        if (p < out) {
            el4ml_builder_format(&b, "b%zu[", k);
            put_unit(&b, l, k, p);
            el4ml_builder_text(&b, "]");
            return el4ml_builder_take(&b);
        }
        p -= out;
    }
    el4ml_builder_format(&b, "x[%zu]", p + 1);
    return el4ml_builder_take(&b);
}

void el4ml_weights_fold(const el4ml_weights *l, const double *x, const double *scale, double *work,
                        double *share)
{
    double *above = work, *below = work + el4ml_weights_widest(l), sum = 0;
    size_t offset = 0;
    for (size_t k = 1; k < l->layers; k++)
        offset += l->size[k] * (l->size[k - 1] + 1);
    for (size_t i = 0; i < l->size[l->layers]; i++)
        above[i] = 1;
    for (size_t k = l->layers; k >= 1; k--) {
        const size_t in = l->size[k - 1], out = l->size[k];
        const double *w = x + offset;
        double *to = k == 1 ? share : below;
        for (size_t j = 0; j < in; j++)
            to[j] = 0;
        for (size_t i = 0; i < out; i++)
            for (size_t j = 0; j < in; j++)
                to[j] += above[i] * fabs(w[i * in + j]);
        double *swap = above;
        above = below;
        below = swap;
        if (k > 1) offset -= l->size[k - 1] * (l->size[k - 2] + 1);
    }
    for (size_t j = 0; j < l->size[0]; j++)
        sum += share[j] *= scale[j];
    for (size_t j = 0; sum > 0 && j < l->size[0]; j++)
        share[j] /= sum;
}
