#include "base/factor.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/cpu.h"
#include "base/factor_kernels.h"
#include "base/memory.h"

#define B EL4ML_FACTOR_BLOCK

/* Chosen once; every thread would choose the same. */
static const el4ml_factor_kernels *kernels(void)
{
    static _Atomic(const el4ml_factor_kernels *) chosen = NULL;
    const el4ml_factor_kernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k) return k;
    k = &el4ml_factor_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
    const el4ml_kernel_set set = el4ml_best_kernel_set();
    if (set == EL4ML_AVX2) k = &el4ml_factor_kernels_avx2;
    if (set == EL4ML_AVX512) k = &el4ml_factor_kernels_avx512;
#endif
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

bool el4ml_factor_init(el4ml_factor *f, size_t n)
{
    const size_t size = (n + B - 1) / B * B;
    *f = (el4ml_factor){.n = n, .size = size};
    f->u = EL4ML_NEW(double, size *size);
    f->inverse = EL4ML_NEW(double, 2 * B * size + 2 * size);
    if (!f->u || !f->inverse) {
        el4ml_factor_clear(f);
        return false;
    }
    f->b = f->inverse + 2 * B * size;
    f->sign = f->b + size;
    return true;
}

void el4ml_factor_clear(el4ml_factor *f)
{
    el4ml_release(f->u);
    el4ml_release(f->inverse);
    *f = (el4ml_factor){0};
}

/* Row i from its diagonal block on (what is left of that nobody reads), padded with zeros; `from` may be
 * where it lies already. */
static void load_row(el4ml_factor *f, size_t i, const double *from, double shift)
{
    double *row = f->u + i * f->size;
    const size_t first = i / B * B;
    memmove(row + first, from + first, (f->n - first) * sizeof *row);
    row[i] += shift;
    for (size_t j = f->n; j < f->size; j++)
        row[j] = 0;
}

/* The identity in the rows beyond n. */
static void pad(el4ml_factor *f)
{
    for (size_t i = f->n; i < f->size; i++) {
        double *row = f->u + i * f->size;
        for (size_t j = i / B * B; j < f->size; j++)
            row[j] = 0;
        row[i] = 1;
    }
}

static void load(el4ml_factor *f, const double *a, double shift)
{
    for (size_t i = 0; i < f->n; i++)
        load_row(f, i, a + i * f->n, shift);
    pad(f);
}

static bool factorise(el4ml_factor *f)
{
    const el4ml_factor_kernels *k = kernels();
    const bool definite = k->cholesky(f->size, f->u) != 0;
    if (definite) k->invert_blocks(f->size, f->u, f->inverse);
    f->mixed = false;
    return definite;
}

bool el4ml_factor_make(el4ml_factor *f, const double *a, double shift)
{
    load(f, a, shift);
    return factorise(f);
}

bool el4ml_factor_make_in_place(el4ml_factor *f)
{
    for (size_t i = f->n; i-- > 0;) /* rows move to higher addresses: the last one first */
        load_row(f, i, f->u + i * f->n, 0);
    pad(f);
    return factorise(f);
}

bool el4ml_factor_make_indefinite(el4ml_factor *f, const double *a, double shift)
{
    const el4ml_factor_kernels *k = kernels();
    double size = 0;
    load(f, a, shift);
    for (size_t i = 0; i < f->n; i++)
        size = fmax(size, fabs(f->u[i * f->size + i]));
    if (!k->signed_cholesky(f->size, 1e-14 * size, f->u, f->sign)) return false;
    k->invert_blocks(f->size, f->u, f->inverse);
    f->mixed = true;
    return true;
}

static void take(el4ml_factor *f, const double *b)
{
    memcpy(f->b, b, f->n * sizeof *b);
    for (size_t i = f->n; i < f->size; i++)
        f->b[i] = 0;
}

void el4ml_factor_solve(el4ml_factor *f, double *b)
{
    const el4ml_factor_kernels *k = kernels();
    take(f, b);
    k->forward(f->size, f->u, f->inverse, f->b);
    for (size_t i = 0; f->mixed && i < f->n; i++)
        f->b[i] *= f->sign[i];
    k->backward(f->size, f->u, f->inverse, f->b);
    memcpy(b, f->b, f->n * sizeof *b);
}

void el4ml_factor_forward(el4ml_factor *f, double *b)
{
    take(f, b);
    kernels()->forward(f->size, f->u, f->inverse, f->b);
    memcpy(b, f->b, f->n * sizeof *b);
}

double el4ml_factor_log_determinant(const el4ml_factor *f)
{
    double sum = 0;
    for (size_t i = 0; i < f->n; i++)
        sum += log(f->u[i * f->size + i]);
    return 2 * sum;
}
