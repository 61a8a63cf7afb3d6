/* The inner loops of the Gaussian process over one row of a covariance, built once for each instruction set.
 *
 * Of a factor k(q), q the squared scaled distance with parts u_j, q = sum u_j, everything follows from
 *
 *     e, p:  k = p exp(e)
 *     c  = - 2 d ln k / d q,           so that d ln k / d ln l_j = c u_j
 *     c1 = d c / d q,                  d^2 ln k / d ln l_j d ln l_k = - 2 c1 u_j u_k - 2 c u_j [j = k]
 *     a  = d ln k / d ln s,  aa = d a / d ln s,  ca = d c / d ln s,           s the shape, alpha or nu.
 *
 * Where q = 0, k = 1 and all derivatives vanish: c is 0 there. */
#ifndef EL4ML_SURFACE_GP_KERNELS_H
#define EL4ML_SURFACE_GP_KERNELS_H

#include <stddef.h>

typedef enum el4ml_gp_form {
    EL4ML_GP_SE, /* squared exponential */
    EL4ML_GP_MATERN12,
    EL4ML_GP_MATERN32,
    EL4ML_GP_MATERN52,
    EL4ML_GP_MATERN, /* nu is a parameter */
    EL4ML_GP_RQ      /* rational quadratic; alpha is a parameter */
} el4ml_gp_form;

/* Matern's kernel as a mixture over scales, u ~ Gamma(nu, 1): k = < exp(- nu q / (2 u)) >, at nodes of t =
 * ln u. */
typedef struct el4ml_gp_nodes {
    size_t count;
    double nu, trigamma;
    double *log_weight; /* of the node: ln of step times exp(nu t - u) / Gamma(nu) */
    double *h;          /* nu / u */
    double *tilt;       /* nu (t - digamma(nu)) */
} el4ml_gp_nodes;

/* A stretch of a row: columns from ... size - 1, both multiples of 8. */
typedef struct el4ml_gp_stretch {
    size_t from, size;
    const double *q;
} el4ml_gp_stretch;

/* From a point, coordinate j at point[j * stride], to the columns of z (inputs, size). */
typedef struct el4ml_gp_ray {
    const double *point;
    size_t stride;
    const double *z;
    size_t inputs, size;
} el4ml_gp_ray;

typedef struct el4ml_gp_jets {
    double *e, *p;                /* e is added to, p is multiplied */
    double *c, *c1, *a, *aa, *ca; /* set */
} el4ml_gp_jets;

typedef struct el4ml_gp_kernels {
    /* q_k = sum over inputs of (point - z_k)^2, columns from ... size - 1; u (inputs, size): the terms, or
     * NULL. */
    void (*distances)(const el4ml_gp_ray *ray, size_t from, double *q, double *u);
    void (*value)(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j);  /* e, p */
    void (*slopes)(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j); /* c, a */
    void (*curves)(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j); /* all but e, p */
    /* Everything, e set and not added to. */
    void (*matern)(const el4ml_gp_nodes *nodes, el4ml_gp_stretch s, el4ml_gp_jets j);
    /* t = amplitude p exp(e) */
    void (*combine)(double amplitude, el4ml_gp_stretch s, el4ml_gp_jets j, double *t);
    /* sum of x y z, over n (a multiple of 8). */
    double (*dot3)(size_t n, const double *x, const double *y, const double *z);
    void (*multiply)(size_t n, const double *x, const double *y, double *xy);
} el4ml_gp_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_gp_kernels el4ml_gp_kernels_avx512, el4ml_gp_kernels_avx2;
#endif
extern const el4ml_gp_kernels el4ml_gp_kernels_baseline;
/* The set for this machine. */
const el4ml_gp_kernels *el4ml_gp_kernels_best(void);

#endif
