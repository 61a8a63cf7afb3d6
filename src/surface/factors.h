/* Two matrices with k columns that a model sees only through U V^T, and what that lets them do: U and V may
 * be turned together, U -> U Q and V -> V Q with Q orthogonal, and without an L2 term U -> U G and V -> V
 * G^-T with any invertible G. */
#ifndef EL4ML_SURFACE_FACTORS_H
#define EL4ML_SURFACE_FACTORS_H

#include "el4ml/random.h"

/* Where U and V lie in the parameters: element (i, a) at offset + i row_step + a column_step. */
typedef struct el4ml_factors {
    size_t k, n;
    size_t rows[2], offset[2], row_step[2], column_step[2];
    bool general; /* any invertible G */
} el4ml_factors;

/* One thread's memory. */
typedef struct el4ml_factor_space el4ml_factor_space;

el4ml_factor_space *el4ml_factor_space_new(const el4ml_factors *f);
void el4ml_factor_space_free(el4ml_factor_space *s);

/* Most and usual number of zero modes: k (k - 1) / 2, or k^2. */
size_t el4ml_factor_modes(const el4ml_factors *f);

/* ---- Hooks of a surface whose `self` begins with an el4ml_factors and whose workspace begins with a pointer
 * to an el4ml_factor_space ---- */

/* Directions in which the group moves x; fewer where columns are linearly dependent. */
size_t el4ml_factor_zero_modes(const void *self, void *workspace, const double *x, double *basis);
/* Exact for orthogonal Q, by Gauss-Newton steps for general G. Variants: images with columns reflected. */
el4ml_status el4ml_factor_align(const void *self, void *workspace, const double *fixed, const double *moving,
                                uint64_t variant, double *aligned, double *distance);
el4ml_status el4ml_factor_same(const void *self, void *workspace, const double *a, const double *b,
                               double tolerance, bool *same);
/* The group has two components, so n = 2 / o with o = 2 where a reflection does nothing, one column being
 * zero in suitable axes. Where more columns are, x lies on an orbit of lower dimension: o is infinite. It is
 * infinite everywhere for general G, whose orbits have no volume. */
el4ml_status el4ml_factor_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                       double *log_multiplicity, double *order);
/* By a random orthogonal Q, of either determinant, which is in both groups. */
void el4ml_factor_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                   double *y);

/* By the matrix g (k, k): U g and V g^-T; g is orthogonal or general. False when g is singular. */
bool el4ml_factor_apply(const el4ml_factors *f, el4ml_factor_space *s, const double *g, const double *x,
                        double *y);

#endif
