/* Products and triangular inverses of large square matrices, row-major, of a size that is a multiple of 8.
 * The kernels behind them run at the speed of the machine's multipliers; surfaces with an N x N covariance
 * live on them. */
#ifndef EL4ML_BASE_PRODUCT_H
#define EL4ML_BASE_PRODUCT_H

#include "base/factor.h"

/* Which k the sum over a[k][i] b[k][j] needs: what lies outside must be zero, and is not multiplied. */
typedef enum el4ml_product_range {
    EL4ML_PRODUCT_FULL,      /* all */
    EL4ML_PRODUCT_B_UPPER,   /* b is upper triangular: k <= j */
    EL4ML_PRODUCT_A_UPPER,   /* a is: k <= i */
    EL4ML_PRODUCT_BOTH_LOWER /* a and b are lower triangular: k >= i, j */
} el4ml_product_range;

typedef struct el4ml_product {
    size_t size;
    const double *a, *b; /* (size, size) */
    el4ml_product_range range;
    bool upper; /* the result is symmetric: only elements with j >= i, and a few beside them, are made */
} el4ml_product;

/* c = a^T b. */
void el4ml_multiply(const el4ml_product *p, double *c);
/* v (size, size) = U^-1 of a Cholesky factor (all signs positive); below the diagonal v must be zero, and
 * stays. */
void el4ml_upper_inverse(const el4ml_factor *f, double *v);
void el4ml_transpose(size_t size, const double *a, double *t);
/* The lower triangle becomes the mirror image of the upper one. */
void el4ml_mirror(size_t size, double *a);

#endif
