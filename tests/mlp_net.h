/* A net for tests: its surface on every kernel set, and the long double reference of the same net. */
#ifndef MLP_NET_H
#define MLP_NET_H

#include <check.h>

#include "mlp_fixture.h"
#include "mlp_reference.h"
#include "surface/mlp.h"

typedef struct shape {
    size_t rows, inputs, outputs, layers, hidden[4];
} shape;

/* One net: its surface on every kernel set that the machine has, and the reference. */
typedef struct net {
    el4ml_dataset data;
    el4ml_mlp_options options;
    size_t sets, n;
    el4ml_surface *surface[EL4ML_AVX512 + 1];
    el4ml_evaluator e[EL4ML_AVX512 + 1];
    reference r;
} net;

/* The pairs that the surface drew, as rows of the data. */
static inline void net_pairs(net *t)
{
    const el4ml_mlp *m = t->surface[0]->self;
    if (!m->pairs || !m->pairs->drawn) return;
    t->r.drawn = m->pairs->drawn;
    t->r.pair = fixture_memory(t->r.drawn, sizeof *t->r.pair);
    for (size_t k = 0; k < t->r.drawn; k++) {
        t->r.pair[k][0] = m->order[m->pairs->first[k]];
        t->r.pair[k][1] = m->order[m->pairs->second[k]];
    }
}

/* Options in full; the data are made to fit them. */
static inline net *net_with(const shape *s, const el4ml_mlp_options *options)
{
    net *t = fixture_memory(1, sizeof *t);
    const el4ml_loss loss = options->loss;
    const size_t classes = loss == EL4ML_MSE ? 0 : loss == EL4ML_AUC || options->logits == 1 ? 2 : s->outputs;
    t->data = fixture_data(5, s->rows, s->inputs, classes, classes ? 0 : s->outputs);
    for (size_t c = 0; c < classes && loss != EL4ML_CROSS_ENTROPY && c < s->rows; c++)
        t->data.label[c] = (int32_t)c; /* so that none is empty */
    t->options = *options;
    t->sets = (size_t)el4ml_best_kernel_set() + 1;
    t->r = reference_new(&t->options, &t->data);
    t->n = t->r.n;
    for (size_t k = 0; k < t->sets; k++) {
        el4ml_error error;
        ck_assert_msg(el4ml_mlp_new_with(&t->options, &t->data, (el4ml_kernel_set)k, &t->surface[k],
                                         &error) == EL4ML_OK,
                      "%s", error.message);
        ck_assert_int_eq(el4ml_evaluator_init(&t->e[k], t->surface[k], NULL), EL4ML_OK);
        ck_assert_uint_eq(t->n, t->e[k].n);
    }
    net_pairs(t);
    return t;
}

static inline net *net_new(const shape *s, el4ml_activation activation, el4ml_loss loss, double l2,
                           bool l2_biases)
{
    el4ml_mlp_options o = fixture_options(activation, loss, l2, s->layers, s->hidden);
    o.l2_biases = l2_biases;
    return net_with(s, &o);
}

static inline void net_free(net *t)
{
    for (size_t k = 0; k < t->sets; k++) {
        el4ml_evaluator_clear(&t->e[k]);
        el4ml_surface_free(t->surface[k]);
    }
    fixture_free(&t->data);
    free(t->r.pair);
    free(t);
}

static inline const char *name(const net *t, size_t k)
{
    static char text[400];
    snprintf(text, sizeof text, "%s, %s", t->surface[k]->info.description,
             el4ml_kernel_set_name((el4ml_kernel_set)k));
    return text;
}

static inline real *widen(size_t n, const double *x)
{
    real *wide = fixture_memory(n, sizeof *wide);
    for (size_t i = 0; i < n; i++)
        wide[i] = x[i];
    return wide;
}

#endif
