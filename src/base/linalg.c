#include "base/linalg.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/cpu.h"
#include "base/linalg_kernels.h"

/* Chosen once; every thread would choose the same. */
static const el4ml_linalg_kernels *kernels(void)
{
    static _Atomic(const el4ml_linalg_kernels *) chosen = NULL;
    const el4ml_linalg_kernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k) return k;
    k = &el4ml_linalg_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
    const el4ml_kernel_set set = el4ml_best_kernel_set();
    if (set == EL4ML_AVX2) k = &el4ml_linalg_kernels_avx2;
    if (set == EL4ML_AVX512) k = &el4ml_linalg_kernels_avx512;
#endif
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

double el4ml_dot(size_t n, const double *x, const double *y)
{
    return kernels()->dot(n, x, y);
}

double el4ml_norm(size_t n, const double *x)
{
    return sqrt(el4ml_dot(n, x, x));
}

void el4ml_axpy(size_t n, double a, const double *x, double *y)
{
    kernels()->axpy(n, a, x, y);
}

void el4ml_rotate_pair(size_t n, double c, double s, double *x, double *y)
{
    kernels()->rotate(n, c, s, x, y);
}

void el4ml_scale(size_t n, double a, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

void el4ml_copy(size_t n, const double *x, double *y)
{
    if (x != y) memcpy(y, x, n * sizeof *x);
}

double el4ml_distance(size_t n, const double *x, const double *y)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrt(s);
}

void el4ml_rows_product(size_t rows, size_t n, size_t stride, const double *a, const double *x, double *y)
{
    kernels()->product(rows, n, stride, a, x, y);
}

void el4ml_symmetric_product(size_t n, const double *a, const double *x, double *y)
{
    kernels()->product(n, n, n, a, x, y);
}

void el4ml_rank_one(size_t rows, size_t n, size_t stride, const double *u, const double *p, double *a)
{
    kernels()->rank_one(rows, n, stride, u, p, a);
}

void el4ml_rank_two(size_t rows, size_t n, size_t stride, const double *u, const double *p, const double *v,
                    const double *q, double *a)
{
    kernels()->rank_two(rows, n, stride, u, p, v, q, a);
}

void el4ml_project_out(size_t n, size_t count, const double *basis, double *x)
{
    for (size_t k = 0; k < count; k++)
        el4ml_axpy(n, -el4ml_dot(n, basis + k * n, x), basis + k * n, x);
}
