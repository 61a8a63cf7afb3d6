/* The inner loops of base/product.h, built once for each instruction set. */
#ifndef EL4ML_BASE_PRODUCT_KERNELS_H
#define EL4ML_BASE_PRODUCT_KERNELS_H

#include "base/product.h"

typedef struct el4ml_product_kernels {
    void (*multiply)(const el4ml_product *p, double *c);
    /* inverse: of the diagonal blocks, as el4ml_factor has them. */
    void (*upper_inverse)(size_t size, const double *u, const double *inverse, double *v);
} el4ml_product_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_product_kernels el4ml_product_kernels_avx512, el4ml_product_kernels_avx2;
#endif
extern const el4ml_product_kernels el4ml_product_kernels_baseline;

#endif
