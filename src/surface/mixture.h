/* Gaussian mixtures (docs/models.md): what their files share.
 *
 *     N V = - sum_i ln sum_k pi_k N(x_i; mu_k, Sigma_k)
 *           - sum_k [omega ln pi_k - rho sum_a t_ka - tr(R_k Lambda_k R_k^T) / 2],
 *           Lambda_k = rho (diag(lambda) + kappa (m - mu_k)(m - mu_k)^T)
 *
 * pi = softmax(a); Sigma^-1 = R^T R with R lower triangular, R_aa = exp(-t_a). With z = x - mu_k, y = R_k z
 *     l_ik = ln pi_k - sum_a t_a - d ln(2 pi) / 2 - |y|^2 / 2,    r_ik = softmax over k of l_ik
 * The prior is that of rho more rows, whose mean is m and whose scatter about it is lambda: all that is
 * needed of rows and prior together are the sums  n = sum_i r_ik,  z = sum_i r_ik z,  s = sum_i r_ik z z^T of
 * each component. */
#ifndef EL4ML_SURFACE_MIXTURE_H
#define EL4ML_SURFACE_MIXTURE_H

#include "el4ml/surfaces.h"
#include "surface/mixture_kernels.h"
#include "surface/tile_kernels.h"

#define EL4ML_MIXTURE_SHRINKAGE 0.01 /* kappa */

typedef struct el4ml_mixture {
    size_t components, inputs; /* K, d */
    el4ml_covariance covariance;
    size_t shapes;  /* parameters of a covariance: 1, d or d (d + 1) / 2 */
    size_t part;    /* of a component: d + shapes */
    size_t weights; /* K - 1, which come first */
    size_t n;
    size_t moments; /* of a component: 1 + d + (d or d^2) */
    size_t rows, block, blocks;
    double rho;
    double *x;              /* (blocks, d, block) */
    double *present;        /* (blocks, block): 1, and 0 for padding */
    double *rows_x;         /* (N, d): for starts, mini-batches */
    double *mean, *scatter; /* (d): m, lambda */
    double *contrast;       /* (K - 1, K): orthonormal rows, a = contrast^T b */
    const el4ml_mixture_kernels *kernels;
    const el4ml_tile_kernels *tiles;
} el4ml_mixture;

/* A component as the formulas want it. */
typedef struct el4ml_gaussian {
    const double *mean; /* (d), among the parameters */
    double *r;          /* (d, d), or (d) diagonal: R; for a direction, its change */
    double *shift;      /* (d): what is to be added to R z: - R dmu for a direction */
    double level;       /* ln pi_k - sum_a t_a - d ln(2 pi) / 2, or its change */
} el4ml_gaussian;

typedef struct el4ml_mixture_workspace {
    el4ml_gaussian *at, *change;   /* (K) */
    double *log_weight, *weight;   /* (K): ln pi, pi */
    double *z, *y;                 /* (K, d, block) each */
    double *level, *share;         /* (K, block): l and r, then their changes */
    double *spread, *weighted;     /* (K, block), (d, block) */
    double *sums, *sum_change;     /* (K, moments): n, z, s */
    double *part;                  /* (moments) of a block */
    double *rs, *other;            /* (d, d) each */
    double *features, *outer;      /* Hessian: (K, 1 + part, block), (1 + part, block) */
    double *square;                /* (1 + part, 1 + part) */
    double *column_sums;           /* (1 + part): scratch */
    double *corner;                /* (K, n + K): rows of the a's before they become b's */
    double *batch, *batch_present; /* (d, block), (block) */
    double *gradient;              /* (n) of a mini-batch; images for `same` */
    double *cost, *assignment;     /* (K, K) and for el4ml_assign */
    double *blocks_a, *blocks_b;   /* (K, 1 + part) */
    size_t *column, *indices;
    double *memory;
} el4ml_mixture_workspace;

/* Some of the rows, in whole blocks. */
typedef struct el4ml_mixture_rows {
    size_t blocks;
    const double *x, *present;
} el4ml_mixture_rows;

/* Components of the parameters x. */
void el4ml_mixture_unpack(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *x);
/* z, y, l and then r of a block for the components that were unpacked; returns the sum of ln sum_k exp l_ik.
 */
double el4ml_mixture_block(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *x,
                           const double *present);
/* n, z, s += those of a block for component k, by the weights `share` (block). */
void el4ml_mixture_add_moments(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k,
                               const double *share, double *sums);
/* The prior's rows into the sums of component k. n counts rows alone. */
void el4ml_mixture_add_prior(const el4ml_mixture *m, const el4ml_gaussian *g, double *sums);

/* ---- Hooks ---- */

/* Leaves components, sums with the prior's rows, and, where there is one block, all that is known of it in w.
 */
el4ml_status el4ml_mixture_value_gradient(const void *self, void *workspace, const double *x, double *value,
                                          double *gradient);
el4ml_status el4ml_mixture_batch(const void *self, void *workspace, const double *x, size_t count,
                                 const size_t *rows, double *value, double *gradient);
el4ml_status el4ml_mixture_hessian_vector(const void *self, void *workspace, const double *x, size_t count,
                                          const double *v, double *hv);
el4ml_status el4ml_mixture_hessian(const void *self, void *workspace, const double *x, double *h);
el4ml_status el4ml_mixture_align(const void *self, void *workspace, const double *fixed, const double *moving,
                                 uint64_t variant, double *aligned, double *distance);
el4ml_status el4ml_mixture_same(const void *self, void *workspace, const double *a, const double *b,
                                double tolerance, bool *same);
el4ml_status el4ml_mixture_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                        double *log_multiplicity, double *order);
void el4ml_mixture_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                    double *y);
void el4ml_mixture_initialise(const void *self, void *workspace, el4ml_random *random, double *x);
void el4ml_mixture_perturb(const void *self, void *workspace, el4ml_random *random, double step,
                           const double *x, double *y);
el4ml_status el4ml_mixture_metrics(const void *self, void *workspace, const double *x,
                                   const el4ml_dataset *data, el4ml_metrics *metrics);

#endif
