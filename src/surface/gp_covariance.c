/* The covariance of a Gaussian process, its Cholesky factor, and the negative log marginal likelihood. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/cpu.h"
#include "base/linalg.h"
#include "surface/gp.h"

/* Chosen once; every thread would choose the same. */
const el4ml_gp_kernels *el4ml_gp_kernels_best(void)
{
    static _Atomic(const el4ml_gp_kernels *) chosen = NULL;
    const el4ml_gp_kernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k) return k;
    k = &el4ml_gp_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
    const el4ml_kernel_set set = el4ml_best_kernel_set();
    if (set == EL4ML_AVX2) k = &el4ml_gp_kernels_avx2;
    if (set == EL4ML_AVX512) k = &el4ml_gp_kernels_avx512;
#endif
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

static const double *scaled_of(const el4ml_gp *g, const el4ml_gp_workspace *w, size_t term, size_t factor)
{
    size_t before = 0;
    for (size_t t = 0; t <= term; t++)
        for (size_t f = 0; f < (t == term ? factor : g->e.term[t].factors); f++)
            before += g->e.term[t].factor[f].inputs;
    return w->scaled + before * g->size;
}

void el4ml_gp_distances(const el4ml_gp *g, const el4ml_gp_workspace *w, size_t term, size_t factor, size_t i,
                        size_t from, double *q, double *u)
{
    const double *z = scaled_of(g, w, term, factor);
    const el4ml_gp_ray ray = {z + i, g->size, z, g->e.term[term].factor[factor].inputs, g->size};
    el4ml_gp_kernels_best()->distances(&ray, from, q, u);
}

double *el4ml_gp_jet(const el4ml_gp *g, const el4ml_gp_workspace *w, size_t term, size_t factor, size_t which,
                     size_t i)
{
    double *jets = w->jet[term][factor];
    return jets ? jets + (which * g->size + i) * g->size : NULL;
}

static void scale_inputs(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    double *to = w->scaled;
    for (size_t t = 0; t < g->e.terms; t++)
        for (size_t f = 0; f < g->e.term[t].factors; f++) {
            const el4ml_gp_factor *factor = &g->e.term[t].factor[f];
            for (size_t j = 0; j < factor->inputs; j++, to += g->size) {
                const double scale = 1 / w->theta[factor->length + (factor->ard ? j : 0)];
                for (size_t i = 0; i < g->rows; i++)
                    to[i] = scale * g->x[factor->input[j] * g->size + i];
            }
        }
}

/* The least positive distance that this factor can meet. */
static double least_distance(const el4ml_gp *g, const el4ml_gp_workspace *w, const el4ml_gp_factor *f)
{
    double longest = 0;
    for (size_t j = 0; j < el4ml_gp_lengths(f); j++)
        longest = fmax(longest, w->theta[f->length + j]);
    return g->nearest / (longest * longest);
}

/* Everything about a Matern factor with free nu, as one sweep of its nodes gives all. */
static void fill_jets(const el4ml_gp *g, el4ml_gp_workspace *w, size_t t, size_t f)
{
    const el4ml_gp_factor *factor = &g->e.term[t].factor[f];
    double *q = w->rows;
    el4ml_gp_nodes_set(&w->nodes, w->theta[factor->shape], least_distance(g, w, factor));
    for (size_t i = 0; i < g->rows; i++) {
        const el4ml_gp_stretch s = {i / 8 * 8, g->size, q};
        const el4ml_gp_jets j = {el4ml_gp_jet(g, w, t, f, 0, i), NULL,
                                 el4ml_gp_jet(g, w, t, f, 1, i), el4ml_gp_jet(g, w, t, f, 2, i),
                                 el4ml_gp_jet(g, w, t, f, 3, i), el4ml_gp_jet(g, w, t, f, 4, i),
                                 el4ml_gp_jet(g, w, t, f, 5, i)};
        el4ml_gp_distances(g, w, t, f, i, s.from, q, NULL);
        el4ml_gp_kernels_best()->matern(&w->nodes, s, j);
    }
}

/* Row i of one term, from its block on the diagonal; 0 in the padding. */
static void term_row(const el4ml_gp *g, el4ml_gp_workspace *w, size_t t, size_t i, double *row)
{
    const el4ml_gp_term *term = &g->e.term[t];
    const size_t from = i / 8 * 8, size = g->size;
    double *q = w->rows, *e = q + size, *p = e + size;
    const el4ml_gp_stretch s = {from, size, q};
    const el4ml_gp_jets j = {.e = e, .p = p};
    for (size_t k = from; k < size; k++) {
        e[k] = 0;
        p[k] = 1;
    }
    for (size_t f = 0; f < term->factors; f++) {
        const el4ml_gp_factor *factor = &term->factor[f];
        const double *jet = el4ml_gp_jet(g, w, t, f, 0, i);
        if (jet) {
            el4ml_axpy(size - from, 1, jet + from, e + from);
            continue;
        }
        el4ml_gp_distances(g, w, t, f, i, from, q, NULL);
        el4ml_gp_kernels_best()->value(factor->form, factor->shape == SIZE_MAX ? 0 : w->theta[factor->shape],
                                       s, j);
    }
    el4ml_gp_kernels_best()->combine(w->theta[term->signal], s, j, row);
    for (size_t k = g->rows; k < size; k++)
        row[k] = 0;
}

static void fill_covariance(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    const size_t size = g->size;
    for (size_t t = 0; t < g->e.terms; t++) {
        for (size_t f = 0; f < g->e.term[t].factors; f++)
            if (w->jet[t][f]) fill_jets(g, w, t, f);
        for (size_t i = 0; i < g->rows; i++) {
            const size_t at = i * size, from = i / 8 * 8;
            term_row(g, w, t, i, w->term[t] + at);
            if (w->term[t] == w->k) continue;
            if (t == 0) memset(w->k + at, 0, size * sizeof *w->k);
            el4ml_axpy(size - from, 1, w->term[t] + at + from, w->k + at + from);
        }
    }
}

el4ml_status el4ml_gp_value(const el4ml_gp *g, el4ml_gp_workspace *w, const double *x)
{
    const size_t n = g->e.parameters, size = g->size;
    w->known = EL4ML_GP_NOTHING;
    for (size_t p = 0; p < n; p++) {
        w->at[p] = x[p];
        w->theta[p] = exp(x[p]);
        if (!isfinite(w->theta[p]) || !(w->theta[p] > 0)) return EL4ML_NUMERICAL;
    }
    scale_inputs(g, w);
    fill_covariance(g, w);
    const double diagonal = w->theta[n - 1] + g->jitter;
    for (size_t i = g->rows; i < size; i++)
        w->k[i * size + i] = 1 - diagonal; /* the identity in the padding, once the noise is added */
    if (!el4ml_factor_make(&w->factor, w->k, diagonal)) return EL4ML_NUMERICAL;
    el4ml_copy(size, g->y, w->alpha);
    el4ml_factor_solve(&w->factor, w->alpha);
    const double log_two_pi = 1.8378770664093454836;
    w->value = 0.5 * el4ml_dot(size, g->y, w->alpha) + 0.5 * el4ml_factor_log_determinant(&w->factor) +
               0.5 * (double)g->rows * log_two_pi;
    w->known = EL4ML_GP_VALUE;
    return EL4ML_OK;
}

/* ---- between a new point and the training rows ---- */

/* e and p of one factor. Behind p there is room for eight rows more. */
static void cross_factor(const el4ml_gp *g, el4ml_gp_workspace *w, const el4ml_gp_factor *f,
                         const el4ml_gp_ray *ray, double *e, double *p)
{
    const size_t size = g->size;
    double *q = p + size, *free = q + size;
    const el4ml_gp_stretch s = {0, size, q};
    el4ml_gp_jets j = {.e = e, .p = p};
    el4ml_gp_kernels_best()->distances(ray, 0, q, NULL);
    if (f->form != EL4ML_GP_MATERN) {
        el4ml_gp_kernels_best()->value(f->form, f->shape == SIZE_MAX ? 0 : w->theta[f->shape], s, j);
        return;
    }
    j = (el4ml_gp_jets){.e = free,
                        .c = free + size,
                        .c1 = free + 2 * size,
                        .a = free + 3 * size,
                        .aa = free + 4 * size,
                        .ca = free + 5 * size};
    el4ml_gp_nodes_set(&w->nodes, w->theta[f->shape], 0); /* it may be as close as it likes */
    el4ml_gp_kernels_best()->matern(&w->nodes, s, j);
    el4ml_axpy(size, 1, free, e);
}

void el4ml_gp_cross(const el4ml_gp *g, el4ml_gp_workspace *w, const double *point, double *row)
{
    const size_t size = g->size;
    double *e = w->rows, *p = e + size, *term = w->rows + 10 * size, *own = w->rows + 11 * size;
    memset(row, 0, size * sizeof *row);
    for (size_t t = 0; t < g->e.terms; t++) {
        for (size_t k = 0; k < size; k++) {
            e[k] = 0;
            p[k] = 1;
        }
        for (size_t f = 0; f < g->e.term[t].factors; f++) {
            const el4ml_gp_factor *factor = &g->e.term[t].factor[f];
            for (size_t j = 0; j < factor->inputs; j++)
                own[j] = point[factor->input[j]] / w->theta[factor->length + (factor->ard ? j : 0)];
            const el4ml_gp_ray ray = {own, 1, scaled_of(g, w, t, f), factor->inputs, size};
            cross_factor(g, w, factor, &ray, e, p);
        }
        const el4ml_gp_stretch s = {0, size, NULL};
        const el4ml_gp_jets j = {.e = e, .p = p};
        el4ml_gp_kernels_best()->combine(w->theta[g->e.term[t].signal], s, j, term);
        el4ml_axpy(size, 1, term, row);
    }
    for (size_t k = g->rows; k < size; k++)
        row[k] = 0;
}
