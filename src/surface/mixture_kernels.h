/* The loops over points of Gaussian mixtures that are not matrix products, built once for each instruction
 * set. Arrays over points are (features, points), 64-byte aligned, points a multiple of 8. */
#ifndef EL4ML_SURFACE_MIXTURE_KERNELS_H
#define EL4ML_SURFACE_MIXTURE_KERNELS_H

#include "base/cpu.h"
#include "el4ml/status.h"

typedef struct el4ml_mixture_kernels {
    /* z = x - shift, feature by feature; x may be z. */
    void (*shift)(size_t features, size_t points, const double *x, const double *shift, double *z);
    /* y = factor z, feature by feature. */
    void (*scale)(size_t features, size_t points, const double *z, const double *factor, double *y);
    /* out = base + factor sum over the features of a b. */
    void (*dot)(size_t features, size_t points, const double *a, const double *b, double base, double factor,
                double *out);
    /* out = weight z */
    void (*weigh)(size_t features, size_t points, const double *weight, const double *z, double *out);
    /* r_k = exp l_k / sum over k, times present; returns the sum of ln sum_k exp l_k over the points present.
     */
    double (*shares)(size_t components, size_t points, const double *present, const double *l, double *r);
    /* change_k = r_k (change_k - sum over k of r_k change_k), in place. */
    void (*share_changes)(size_t components, size_t points, const double *r, double *change);
    double (*sum)(size_t points, const double *a);
    /* The sums over the points of weight, of weight z and of weight z^2: 1 + features + features of them,
     * added to what is there. */
    void (*diagonal_moments)(size_t features, size_t points, const double *weight, const double *z,
                             double *sums);
} el4ml_mixture_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_mixture_kernels el4ml_mixture_kernels_avx512, el4ml_mixture_kernels_avx2;
#endif
extern const el4ml_mixture_kernels el4ml_mixture_kernels_baseline;

/* The kernels of `set`; baseline where the build has no others. */
const el4ml_mixture_kernels *el4ml_mixture_kernels_of(el4ml_kernel_set set);

#endif
