#include "base/product.h"

#include <stdatomic.h>

#include "base/cpu.h"
#include "base/product_kernels.h"

/* Chosen once; every thread would choose the same. */
static const el4ml_product_kernels *kernels(void)
{
    static _Atomic(const el4ml_product_kernels *) chosen = NULL;
    const el4ml_product_kernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k) return k;
    k = &el4ml_product_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
    const el4ml_kernel_set set = el4ml_best_kernel_set();
    if (set == EL4ML_AVX2) k = &el4ml_product_kernels_avx2;
    if (set == EL4ML_AVX512) k = &el4ml_product_kernels_avx512;
#endif
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

void el4ml_multiply(const el4ml_product *p, double *c)
{
    kernels()->multiply(p, c);
}

void el4ml_upper_inverse(const el4ml_factor *f, double *v)
{
    kernels()->upper_inverse(f->size, f->u, f->inverse, v);
}

#define BLOCK 8 /* whole cache lines of both */

void el4ml_transpose(size_t size, const double *a, double *t)
{
    for (size_t i = 0; i < size; i += BLOCK)
        for (size_t j = 0; j < size; j += BLOCK)
            for (size_t r = 0; r < BLOCK; r++)
                for (size_t c = 0; c < BLOCK; c++)
                    t[(j + c) * size + i + r] = a[(i + r) * size + j + c];
}

void el4ml_mirror(size_t size, double *a)
{
    for (size_t i = 0; i < size; i += BLOCK)
        for (size_t j = i; j < size; j += BLOCK)
            for (size_t r = 0; r < BLOCK; r++)
                for (size_t c = i == j ? r + 1 : 0; c < BLOCK; c++)
                    a[(j + c) * size + i + r] = a[(i + r) * size + j + c];
}
