/* The inner loop of L-BFGS, built once for each instruction set. */
#ifndef EL4ML_MINIMISE_LBFGS_KERNELS_H
#define EL4ML_MINIMISE_LBFGS_KERNELS_H

#include <stddef.h>

typedef struct el4ml_lbfgs_kernels {
    /* d += a x, and the product of the new d with y: one pass does what the recursion does between two dots.
     */
    double (*add_dot)(size_t n, double a, const double *x, const double *y, double *d);
} el4ml_lbfgs_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_lbfgs_kernels el4ml_lbfgs_kernels_avx512, el4ml_lbfgs_kernels_avx2;
#endif
extern const el4ml_lbfgs_kernels el4ml_lbfgs_kernels_baseline;

#endif
