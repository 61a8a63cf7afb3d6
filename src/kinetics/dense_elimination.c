#include "kinetics/dense_elimination.h"

#include <math.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "kinetics/dense_kernels.h"

enum { ZERO_EXPONENT = INT32_MIN / 2 };

/* The pivots that are being eliminated. Columns are those of the whole matrix. */
typedef struct panel {
    el4ml_add_pivots add;
    size_t first, count, stride;
    double *m, *e;               /* (EL4ML_PANEL, stride) fluxes of the pivot rows */
    double *exponent;            /* (stretches, EL4ML_PANEL) common exponents */
    double *factor_m, *factor_e; /* (columns, EL4ML_PANEL) shares of the pivots in each column */
} panel;

bool el4ml_dense_init(el4ml_dense *dense, size_t count)
{
    const size_t most = (size_t)1 << 31;
    const size_t size = count < most ? count * (count - (count > 0)) / 2 : SIZE_MAX / 16;
    *dense = (el4ml_dense){count, EL4ML_NEW(double, size), EL4ML_NEW(int32_t, size)};
    if (!dense->m || !dense->e) {
        el4ml_dense_clear(dense);
        return false;
    }
    for (size_t k = 0; k < size; k++)
        dense->e[k] = ZERO_EXPONENT;
    return true;
}

void el4ml_dense_clear(el4ml_dense *dense)
{
    el4ml_release(dense->m);
    el4ml_release(dense->e);
    *dense = (el4ml_dense){0};
}

static el4ml_add_pivots best_kernel(void)
{
#ifdef EL4ML_X86_KERNELS
    const el4ml_kernel_set set = el4ml_best_kernel_set();
    if (set == EL4ML_AVX512) return el4ml_add_pivots_avx512;
    if (set == EL4ML_AVX2) return el4ml_add_pivots_avx2;
#endif
    return el4ml_add_pivots_baseline;
}

static void panel_clear(panel *p)
{
    el4ml_release(p->m);
    el4ml_release(p->e);
    el4ml_release(p->exponent);
    el4ml_release(p->factor_m);
    el4ml_release(p->factor_e);
}

static bool panel_init(panel *p, size_t columns)
{
    const size_t stride = columns + 16; /* kernels read up to the next whole vector */
    *p = (panel){.add = best_kernel(),
                 .stride = stride,
                 .m = EL4ML_NEW(double, EL4ML_PANEL *stride),
                 .e = EL4ML_NEW(double, EL4ML_PANEL *stride),
                 .exponent = EL4ML_NEW(double, (columns / EL4ML_STRETCH + 1) * EL4ML_PANEL),
                 .factor_m = EL4ML_NEW(double, columns *EL4ML_PANEL),
                 .factor_e = EL4ML_NEW(double, columns *EL4ML_PANEL)};
    if (p->m && p->e && p->exponent && p->factor_m && p->factor_e) return true;
    panel_clear(p);
    return false;
}

/* Add the first `pivots` of the panel to row i, columns from ... to - 1 of one stretch, i < from. */
static void add_to_row(const panel *p, size_t pivots, el4ml_dense *dense, size_t i, size_t from, size_t to)
{
    const el4ml_pivots some = {pivots, p->stride, p->m + from, p->e + from,
                               p->exponent + from / EL4ML_STRETCH * EL4ML_PANEL};
    const size_t at = el4ml_dense_at(dense, i, from);
    p->add(to - from, &some, p->factor_m + i * EL4ML_PANEL, p->factor_e + i * EL4ML_PANEL, dense->m + at,
           dense->e + at);
}

static size_t stretch_end(const el4ml_dense *dense, size_t column)
{
    const size_t end = (column / EL4ML_STRETCH + 1) * EL4ML_STRETCH;
    return end < dense->count ? end : dense->count;
}

/* The row's fluxes go to the panel; per stretch, the exponent they have in common, or NaN. */
static void copy_row(panel *p, size_t pivot, const el4ml_dense *dense, size_t i)
{
    const size_t at = el4ml_dense_at(dense, i, i + 1);
    double *m = p->m + pivot * p->stride, *e = p->e + pivot * p->stride;
    for (size_t from = i + 1; from < dense->count; from = stretch_end(dense, from)) {
        double common = NAN;
        bool any = false, same = true;
        for (size_t j = from; j < stretch_end(dense, from); j++) {
            m[j] = dense->m[at + j - i - 1];
            e[j] = dense->e[at + j - i - 1];
            if (m[j] == 0) continue;
            same = same && (!any || e[j] == common);
            common = e[j];
            any = true;
        }
        p->exponent[from / EL4ML_STRETCH * EL4ML_PANEL + pivot] = same ? common : NAN;
    }
}

/* S_i, P_ij, and what the grounds of later states gain. */
static void finish_row(panel *p, size_t pivot, el4ml_dense *dense, size_t i, el4ml_scaled *const ground[2],
                       el4ml_scaled *outflow)
{
    el4ml_scaled sum = el4ml_scaled_sum(ground[0][i], ground[1][i]);
    for (size_t j = i + 1; j < dense->count; j++)
        sum = el4ml_scaled_sum(sum, el4ml_dense_value(dense, el4ml_dense_at(dense, i, j)));
    outflow[i] = sum;
    for (size_t j = i + 1; j < dense->count; j++) {
        const size_t at = el4ml_dense_at(dense, i, j);
        const el4ml_scaled share = el4ml_scaled_quotient(el4ml_dense_value(dense, at), sum);
        const bool none = share.m == 0 || share.e < ZERO_EXPONENT;
        p->factor_m[j * EL4ML_PANEL + pivot] = dense->m[at] = none ? 0 : share.m;
        dense->e[at] = none ? ZERO_EXPONENT : (int32_t)share.e;
        p->factor_e[j * EL4ML_PANEL + pivot] = dense->e[at];
        for (unsigned g = 0; g < 2; g++)
            if (!el4ml_scaled_is_zero(ground[g][i]))
                ground[g][j] = el4ml_scaled_sum(ground[g][j], el4ml_scaled_product(share, ground[g][i]));
    }
    for (unsigned g = 0; g < 2; g++)
        ground[g][i] = el4ml_scaled_quotient(ground[g][i], sum);
}

static void eliminate_panel(panel *p, el4ml_dense *dense, el4ml_scaled *const ground[2],
                            el4ml_scaled *outflow)
{
    for (size_t pivot = 0; pivot < p->count; pivot++) {
        const size_t i = p->first + pivot;
        for (size_t from = i + 1; pivot > 0 && from < dense->count; from = stretch_end(dense, from))
            add_to_row(p, pivot, dense, i, from, stretch_end(dense, from));
        copy_row(p, pivot, dense, i);
        finish_row(p, pivot, dense, i, ground, outflow);
    }
}

/* The panel's products go to all later rows, one stretch of columns at a time, so that the pivots stay in the
 * cache. */
static void add_panel(const panel *p, el4ml_dense *dense)
{
    const size_t next = p->first + p->count;
    for (size_t from = next; from < dense->count; from = stretch_end(dense, from)) {
        const size_t to = stretch_end(dense, from);
        for (size_t i = next; i + 1 < to; i++)
            add_to_row(p, p->count, dense, i, i < from ? from : i + 1, to);
    }
}

bool el4ml_dense_eliminate(el4ml_dense *dense, el4ml_scaled *const ground[2], el4ml_scaled *outflow)
{
    panel p;
    if (!panel_init(&p, dense->count)) return false;
    for (p.first = 0; p.first < dense->count; p.first += p.count) {
        p.count = dense->count - p.first < EL4ML_PANEL ? dense->count - p.first : EL4ML_PANEL;
        eliminate_panel(&p, dense, ground, outflow);
        add_panel(&p, dense);
    }
    panel_clear(&p);
    return true;
}
