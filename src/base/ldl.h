/* P A P^T = U^T D U of a symmetric matrix that need not be definite, by Bunch and Kaufman's pivoting:
 * inertia, determinant, solves. For n up to some thousands: it is not blocked. */
#ifndef EL4ML_BASE_LDL_H
#define EL4ML_BASE_LDL_H

#include "el4ml/status.h"

typedef struct el4ml_ldl {
    size_t n;
    double *a;     /* (n, n): D in the diagonal blocks, rows of U right of them */
    int *pivots;   /* (n): 1 for a 1 x 1 block, 2 and 0 for the rows of a 2 x 2 */
    size_t *order; /* (n): row i of P A P^T is row order[i] of A */
    double *work;
    size_t negative;        /* number of negative eigenvalues, by Sylvester's law */
    double log_determinant; /* ln |det A| */
} el4ml_ldl;

bool el4ml_ldl_init(el4ml_ldl *f, size_t n);
void el4ml_ldl_clear(el4ml_ldl *f);
/* Factorise a + shift, a symmetric (n, n). False when a pivot is zero or not finite: singular. */
bool el4ml_ldl_make(el4ml_ldl *f, const double *a, double shift);
/* (A + shift) x = b, b becomes x. */
void el4ml_ldl_solve(el4ml_ldl *f, double *b);

#endif
