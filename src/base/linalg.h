/* Dense linear algebra for symmetric matrices, full and row-major, on our own vector kernels: the same
 * results whoever calls, and safe from many threads (some BLAS builds are not: two threads get wrong
 * numbers). Factorisations: base/factor.h, base/ldl.h. */
#ifndef EL4ML_BASE_LINALG_H
#define EL4ML_BASE_LINALG_H

#include "el4ml/status.h"

double el4ml_dot(size_t n, const double *x, const double *y);
double el4ml_norm(size_t n, const double *x);
void el4ml_axpy(size_t n, double a, const double *x, double *y); /* y += a x */
void el4ml_scale(size_t n, double a, double *x);
void el4ml_copy(size_t n, const double *x, double *y);
double el4ml_distance(size_t n, const double *x, const double *y);
/* y = A x, A symmetric (n, n). */
void el4ml_symmetric_product(size_t n, const double *a, const double *x, double *y);
/* y = A x with A (rows, n), rows `stride` apart. */
void el4ml_rows_product(size_t rows, size_t n, size_t stride, const double *a, const double *x, double *y);
/* (x, y) <- (c x - s y, s x + c y). */
void el4ml_rotate_pair(size_t n, double c, double s, double *x, double *y);
/* a_i += u_i p for each of the rows. */
void el4ml_rank_one(size_t rows, size_t n, size_t stride, const double *u, const double *p, double *a);
/* a_i += u_i p + v_i q for each of the rows. */
void el4ml_rank_two(size_t rows, size_t n, size_t stride, const double *u, const double *p, const double *v,
                    const double *q, double *a);
/* Remove from x its components along `count` orthonormal rows of `basis` (count, n). */
void el4ml_project_out(size_t n, size_t count, const double *basis, double *x);

/* All eigenvalues ascending and, with `vectors`, the eigenvectors as rows of a (n, n), in place.
 * work: el4ml_eigen_work_size(n) doubles. */
size_t el4ml_eigen_work_size(size_t n);
bool el4ml_eigen(size_t n, double *a, double *values, bool vectors, double *work, size_t work_size);
/* Symmetric tridiagonal eigenproblem, diagonal d (n), off-diagonal e (n - 1, with room for n), both
 * overwritten, d becomes the eigenvalues, ascending; z (n, n): rows are eigenvectors; NULL: none. */
bool el4ml_tridiagonal(size_t n, double *d, double *e, double *z);

#endif
