/* Rotations of 3-space, proper and improper, as row-major 3 x 3 matrices. */
#ifndef EL4ML_SURFACE_ROTATION_H
#define EL4ML_SURFACE_ROTATION_H

#include "el4ml/random.h"

/* y_i = R x_i for n points; y may be x. */
void el4ml_rotate(const double rotation[9], size_t n, const double *x, double *y);
/* Uniform over the proper rotations. */
void el4ml_random_rotation(el4ml_random *random, double rotation[9]);
/* The proper (or improper) R that minimises sum_k |a_k - R b_k|^2, from m = sum_k a_k b_k^T: Kabsch's problem
 * by Horn's quaternions (J. Opt. Soc. Am. A 4, 629, 1987), which need no care with degenerate sets of points.
 */
void el4ml_best_rotation(const double m[9], bool improper, double rotation[9]);
/* Eigenvalues (onto the diagonal of a) and eigenvectors (rows of v) of a symmetric n x n matrix, n <= 4, by
 * Jacobi's rotations. */
void el4ml_small_eigen(size_t n, double *a, double *v);

#endif
