/* The inner loops of dense linear algebra, built once for each instruction set. Matrices are row-major. */
#ifndef EL4ML_BASE_LINALG_KERNELS_H
#define EL4ML_BASE_LINALG_KERNELS_H

#include <stddef.h>

typedef struct el4ml_linalg_kernels {
    double (*dot)(size_t n, const double *x, const double *y);
    void (*axpy)(size_t n, double a, const double *x, double *y); /* y += a x */
    void (*product)(size_t rows, size_t n, size_t stride, const double *a, const double *x,
                    double *y); /* y = A x */
    /* (x, y) <- (c x - s y, s x + c y) */
    void (*rotate)(size_t n, double c, double s, double *x, double *y);
    /* rows i: a_i += u_i p over the first n columns; (rows, stride) */
    void (*rank_one)(size_t rows, size_t n, size_t stride, const double *u, const double *p, double *a);
    /* rows i: a_i += u_i p + v_i q over the first n columns; (rows, stride) */
    void (*rank_two)(size_t rows, size_t n, size_t stride, const double *u, const double *p, const double *v,
                     const double *q, double *a);
} el4ml_linalg_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_linalg_kernels el4ml_linalg_kernels_avx512, el4ml_linalg_kernels_avx2;
#endif
extern const el4ml_linalg_kernels el4ml_linalg_kernels_baseline;

#endif
