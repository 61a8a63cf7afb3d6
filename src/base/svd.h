/* Singular value decomposition of a small square matrix. */
#ifndef EL4ML_BASE_SVD_H
#define EL4ML_BASE_SVD_H

#include "el4ml/status.h"

/* a = u^T diag(s) v, all (n, n) and row-major, the rows of u and of v orthonormal, s descending; a is
 * overwritten. One-sided Jacobi rotations (Hestenes, J. SIAM 6, 51, 1958), which leave small singular values
 * the relative accuracy that they have in a. */
void el4ml_svd(size_t n, double *a, double *u, double *s, double *v);

#endif
