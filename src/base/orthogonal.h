/* Orthogonal matrices of any size d, row-major, proper and improper. */
#ifndef EL4ML_BASE_ORTHOGONAL_H
#define EL4ML_BASE_ORTHOGONAL_H

#include "el4ml/random.h"

/* Turns the rows of y (d, n) until they are orthogonal to one another: y becomes u^T y, u (d, d) orthogonal,
 * so that the singular values of y are the norms of its rows. One-sided Jacobi (Hestenes, J. Soc. Ind. Appl.
 * Math. 6, 51, 1958), which gives small ones to high relative accuracy too. */
void el4ml_orthogonal_rows(size_t d, size_t n, double *y, double *u);
/* Doubles that el4ml_procrustes needs as work. */
#define EL4ML_PROCRUSTES_DOUBLES(d) (3 * (d) * (d))
/* The orthogonal r (d, d) that minimises sum_k |a_k - r b_k|^2, from m = sum_k a_k b_k^T (Schoenemann,
 * Psychometrika 31, 1, 1966). */
void el4ml_procrustes(size_t d, const double *m, double *r, double *work);
/* Uniform over all orthogonal matrices. work: d doubles. */
void el4ml_random_orthogonal(el4ml_random *random, size_t d, double *r);

#endif
