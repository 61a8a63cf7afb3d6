/* The inner loops of el4ml_factor (base/factor.h), built once for each instruction set. */
#ifndef EL4ML_BASE_FACTOR_KERNELS_H
#define EL4ML_BASE_FACTOR_KERNELS_H

#include <stddef.h>

#define EL4ML_FACTOR_BLOCK 8

typedef struct el4ml_factor_kernels {
    /* u (size, size): the upper triangle of A becomes U with U^T U = A; size is a multiple of the block. What
     * is left of the diagonal is scratch. 0 when A is not positive definite. */
    int (*cholesky)(size_t size, double *u);
    /* The same with U^T S U = A, S = diag(sign), +1 or -1, without pivoting. 0 when a pivot is not above
     * `least` in size. */
    int (*signed_cholesky)(size_t size, double least, double *u, double *sign);
    /* Inverses of the diagonal blocks of U: (size / 8, 2, 8, 8), each block's inverse and the transpose of
     * it. */
    void (*invert_blocks)(size_t size, const double *u, double *inverse);
    /* U^T y = b, b becomes y (size), the padding zero. */
    void (*forward)(size_t size, const double *u, const double *inverse, double *b);
    /* U x = y, y becomes x. */
    void (*backward)(size_t size, const double *u, const double *inverse, double *y);
} el4ml_factor_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_factor_kernels el4ml_factor_kernels_avx512, el4ml_factor_kernels_avx2;
#endif
extern const el4ml_factor_kernels el4ml_factor_kernels_baseline;

#endif
