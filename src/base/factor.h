/* The Cholesky factor of a symmetric matrix, U^T U = A + shift, kept ready for many solves. */
#ifndef EL4ML_BASE_FACTOR_H
#define EL4ML_BASE_FACTOR_H

#include "el4ml/status.h"

typedef struct el4ml_factor {
    size_t n, size;  /* size: n rounded up to whole blocks of 8 */
    double *u;       /* (size, size), rows of U; the identity in the padding */
    double *inverse; /* inverses of the diagonal blocks */
    double *b;       /* (size): right-hand sides on their way */
    double *sign;    /* (size): of U^T S U; all +1 after el4ml_factor_make */
    bool mixed;      /* some are -1 */
} el4ml_factor;

bool el4ml_factor_init(el4ml_factor *f, size_t n);
void el4ml_factor_clear(el4ml_factor *f);
/* Factorise a + shift, a symmetric (n, n). False when it is not positive definite; the factor is then void.
 */
bool el4ml_factor_make(el4ml_factor *f, const double *a, double shift);
/* The same for a matrix (n, n) that lies at f->u, which is long enough for it. */
bool el4ml_factor_make_in_place(el4ml_factor *f);
/* U^T S U = A + shift, S = diag(+-1), without pivoting: three times as fast as base/ldl.h, and as accurate as
 * the luck of the pivots, so that what comes of it has to be checked. For n up to EL4ML_FACTOR_OWN. False
 * when a pivot vanishes. */
bool el4ml_factor_make_indefinite(el4ml_factor *f, const double *a, double shift);
/* (A + shift) x = b, b becomes x. */
void el4ml_factor_solve(el4ml_factor *f, double *b);
/* U^T w = b, b becomes w: |w|^2 = b^T (A + shift)^-1 b. */
void el4ml_factor_forward(el4ml_factor *f, double *b);
double el4ml_factor_log_determinant(const el4ml_factor *f);

#endif
