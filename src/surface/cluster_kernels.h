/* The inner loops of clusters, built once for each instruction set. A lane is an atom: coordinates are kept
 * as structure of arrays (x, y, z, each of `stride` numbers, 64-byte aligned), padded to whole vectors. */
#ifndef EL4ML_SURFACE_CLUSTER_KERNELS_H
#define EL4ML_SURFACE_CLUSTER_KERNELS_H

#include "base/cpu.h"
#include "el4ml/status.h"

/* Atoms rounded up to the widest vector. */
#define EL4ML_CLUSTER_STRIDE(atoms) (((atoms) + 7) / 8 * 8)
/* Of an array that is continued periodically. */
#define EL4ML_CLUSTER_PERIOD(atoms) (2 * EL4ML_CLUSTER_STRIDE(atoms))
/* Shells of partners i + k whose slopes are kept at a time. */
#define EL4ML_CLUSTER_SHELLS 32
/* Vectors that hessian_vector works on at once. */
#define EL4ML_CLUSTER_VECTORS 4
/* Work of the kernels below: x and v (EL4ML_CLUSTER_VECTORS of them), and as much for the results; or
 * periodic x, slopes and the gradient. */
#define EL4ML_CLUSTER_WORK(atoms)                                                                            \
    (EL4ML_CLUSTER_PERIOD(atoms) * (3 + EL4ML_CLUSTER_SHELLS) +                                              \
     EL4ML_CLUSTER_STRIDE(atoms) * (3 + 6 * EL4ML_CLUSTER_VECTORS))

/* Of one pair potential. range: the exponent of Morse's; Lennard-Jones has none. */
typedef struct el4ml_pair_kernels {
    /* V(x) and its gradient; x, gradient: (n, 3). */
    double (*value_gradient)(size_t n, double range, const double *x, double *gradient, double *work);
    /* hv = H(x) v for any count of vectors, (count, n, 3). */
    void (*hessian_vector)(size_t n, double range, const double *x, size_t count, const double *v, double *hv,
                           double *work);
    /* H, (n, 3, n, 3). */
    void (*hessian)(size_t n, double range, const double *x, double *h, double *work);
} el4ml_pair_kernels;

typedef struct el4ml_cluster_kernels {
    el4ml_pair_kernels lennard_jones;
    /* sum_i weight_i min_j |a_i - R b_j|^2: no permutation brings R b closer to a than this. a, b: structure
     * of arrays; weight: 1 for an atom of a, 0 for padding; rotated: scratch, structure of arrays. */
    double (*nearest)(size_t n, const double *a, const double *weight, const double *b,
                      const double rotation[9], double *rotated);
} el4ml_cluster_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_cluster_kernels el4ml_cluster_kernels_avx512, el4ml_cluster_kernels_avx2;
extern const el4ml_pair_kernels el4ml_morse_kernels_avx512, el4ml_morse_kernels_avx2;
#endif
extern const el4ml_cluster_kernels el4ml_cluster_kernels_baseline;
extern const el4ml_pair_kernels el4ml_morse_kernels_baseline;

/* The kernels of `set`; baseline where the build has no others. */
const el4ml_cluster_kernels *el4ml_cluster_kernels_of(el4ml_kernel_set set);
const el4ml_pair_kernels *el4ml_morse_kernels_of(el4ml_kernel_set set);

#endif
