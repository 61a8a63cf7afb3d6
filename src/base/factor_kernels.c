/* Cholesky by block rows, left-looking: a block row of U is A's less U^T U of all rows above, gathered in
 * registers; then its diagonal block is factorised and the rest of the row solved with it. The rows of U are
 * contiguous, so that every inner loop runs along memory. */
#include "base/factor_kernels.h"

#include <math.h>

#include "base/vector.h"

#define L VECTOR_LANES
#define B EL4ML_FACTOR_BLOCK
/* Rows and vectors of a register tile: sixteen accumulators of 32 registers, eight of 16. */
#if VECTOR_LANES == 8
#define ROWS 8
#define WIDE 2
#else
#define ROWS 4
#define WIDE 2
#endif

/* Rows of a panel, and rows above it taken out at a time: what a panel needs of them then stays in the
 * caches. */
#define PANEL 64
#define DEPTH 256

/* Columns c ... c + width L - 1 of rows `row` ... row + ROWS - 1, less the products of rows `from` ... to -
 * 1, each with its sign (NULL: all +1). */
VECTOR_INLINE void take_out(size_t size, size_t row, size_t from, size_t to, size_t c, size_t width,
                            double *u, const double *sign)
{
    vector sum[ROWS][WIDE];
    UNROLL for (size_t r = 0; r < ROWS; r++) UNROLL for (size_t q = 0; q < width; q++) sum[r][q] =
        vector_load_unaligned(u + (row + r) * size + c + q * L);
    for (size_t k = from; k < to; k++) {
        const double *above = u + k * size;
        vector v[WIDE];
        UNROLL for (size_t q = 0; q < width; q++) v[q] = vector_load_unaligned(above + c + q * L);
        UNROLL for (size_t r = 0; r < ROWS; r++)
        {
            const vector factor = vector_all(sign ? sign[k] * above[row + r] : above[row + r]);
            UNROLL for (size_t q = 0; q < width; q++) sum[r][q] -= factor * v[q];
        }
    }
    UNROLL for (size_t r = 0; r < ROWS; r++) UNROLL for (size_t q = 0; q < width; q++)
        vector_store_unaligned(u + (row + r) * size + c + q * L, sum[r][q]);
}

/* Rows `row` ... row + rows - 1 from column `row` on, less the products of rows from ... to - 1. Within a
 * panel every row is taken from the panel's first column on: what lies left of the diagonal is scratch. */
VECTOR_INLINE void take_out_rows(size_t size, size_t row, size_t rows, size_t from, size_t to, double *u,
                                 const double *sign)
{
    if (from == to) return;
    size_t c = row;
    for (; c + WIDE * L <= size; c += WIDE * L)
        for (size_t r = 0; r < rows; r += ROWS)
            take_out(size, row + r, from, to, c, WIDE, u, sign);
    for (; c < size; c += L)
        for (size_t r = 0; r < rows; r += ROWS)
            take_out(size, row + r, from, to, c, 1, u, sign);
}

/* The diagonal block's own factor, and the reciprocals of its pivots. A negative pivot: with `sign` it is
 * noted there, without it is a failure. */
VECTOR_INLINE int factor_block(size_t size, double *u, double d[B][B], double *reciprocal, double least,
                               double *sign)
{
    UNROLL for (size_t r = 0; r < B; r++) UNROLL for (size_t c = 0; c < B; c++) d[r][c] = u[r * size + c];
    UNROLL for (size_t r = 0; r < B; r++)
    {
        const double pivot = sign ? fabs(d[r][r]) : d[r][r], own = sign && d[r][r] < 0 ? -1 : 1;
        if (!(pivot > least)) return 0;
        if (sign) sign[r] = own;
        reciprocal[r] = own / sqrt(pivot);
        UNROLL for (size_t c = 0; c < B; c++) d[r][c] *= reciprocal[r];
        UNROLL for (size_t s = r + 1; s < B; s++) UNROLL for (size_t c = 0; c < B; c++) d[s][c] -=
            own * d[r][s] * d[r][c];
    }
    UNROLL for (size_t r = 0; r < B; r++) UNROLL for (size_t c = r; c < B; c++) u[r * size + c] = d[r][c];
    return 1;
}

/* One vector of columns right of the diagonal block: the triangular system, row after row. */
VECTOR_INLINE void solve_columns(size_t size, double d[B][B], const double *reciprocal, const double *sign,
                                 double *u)
{
    vector x[B];
    UNROLL for (size_t r = 0; r < B; r++) x[r] = vector_load_unaligned(u + r * size);
    UNROLL for (size_t r = 0; r < B; r++)
    {
        x[r] *= vector_all(reciprocal[r]);
        UNROLL for (size_t s = r + 1; s < B; s++) x[s] -=
            vector_all(sign ? sign[r] * d[r][s] : d[r][s]) * x[r];
    }
    UNROLL for (size_t r = 0; r < B; r++) vector_store_unaligned(u + r * size, x[r]);
}

VECTOR_INLINE int factorise(size_t size, double least, double *u, double *sign)
{
    for (size_t block = 0; block < size; block += B) {
        double d[B][B], reciprocal[B];
        const size_t panel = block / PANEL * PANEL;
        if (block == panel) {
            const size_t rows = size - panel < PANEL ? size - panel : PANEL;
            for (size_t from = 0; from < panel; from += DEPTH)
                take_out_rows(size, panel, rows, from, from + DEPTH < panel ? from + DEPTH : panel, u, sign);
        }
        take_out_rows(size, block, B, panel, block, u, sign);
        double *own = sign ? sign + block : NULL, *corner = u + block * size + block;
        if (!factor_block(size, corner, d, reciprocal, least, own)) return 0;
        for (size_t c = B; block + c < size; c += L)
            solve_columns(size, d, reciprocal, own, corner + c);
    }
    return 1;
}

static int cholesky(size_t size, double *u)
{
    return factorise(size, 0, u, NULL);
}

static int signed_cholesky(size_t size, double least, double *u, double *sign)
{
    return factorise(size, least, u, sign);
}

static void invert_blocks(size_t size, const double *u, double *inverse)
{
    for (size_t block = 0; block < size; block += B, inverse += 2 * B * B) {
        const double *d = u + block * size + block;
        double x[B][B] = {{0}};
        for (size_t r = B; r-- > 0;) {
            const double reciprocal = 1 / d[r * size + r];
            UNROLL for (size_t q = r + 1; q < B; q++) UNROLL for (size_t c = 0; c < B; c++) x[r][c] -=
                d[r * size + q] * x[q][c];
            x[r][r] += 1;
            UNROLL for (size_t c = 0; c < B; c++) x[r][c] *= reciprocal;
        }
        UNROLL for (size_t r = 0; r < B; r++) UNROLL for (size_t c = 0; c < B; c++)
        {
            inverse[r * B + c] = x[r][c];
            inverse[B * B + c * B + r] = x[r][c];
        }
    }
}

/* y = M^T b with the rows of M (8, 8). */
VECTOR_INLINE void combine(const double *m, const double *b, double *y)
{
    vector even[B / L], odd[B / L];
    UNROLL for (size_t q = 0; q < B / L; q++)
    {
        even[q] = vector_all(b[0]) * vector_load_unaligned(m + q * L);
        odd[q] = vector_all(b[1]) * vector_load_unaligned(m + B + q * L);
    }
    UNROLL for (size_t r = 2; r < B; r += 2) UNROLL for (size_t q = 0; q < B / L; q++)
    {
        even[q] += vector_all(b[r]) * vector_load_unaligned(m + r * B + q * L);
        odd[q] += vector_all(b[r + 1]) * vector_load_unaligned(m + (r + 1) * B + q * L);
    }
    UNROLL for (size_t q = 0; q < B / L; q++) vector_store_unaligned(y + q * L, even[q] + odd[q]);
}

static void forward(size_t size, const double *u, const double *inverse, double *b)
{
    for (size_t block = 0; block < size; block += B, inverse += 2 * B * B) {
        double y[B];
        combine(inverse, b + block, y);
        UNROLL for (size_t r = 0; r < B; r++) b[block + r] = y[r];
        vector factor[B];
        UNROLL for (size_t r = 0; r < B; r++) factor[r] = vector_all(y[r]);
        for (size_t c = block + B; c < size; c += L) {
            vector even = vector_load_unaligned(b + c), odd = {0};
            UNROLL for (size_t r = 0; r < B; r += 2)
            {
                even -= factor[r] * vector_load_unaligned(u + (block + r) * size + c);
                odd -= factor[r + 1] * vector_load_unaligned(u + (block + r + 1) * size + c);
            }
            vector_store_unaligned(b + c, even + odd);
        }
    }
}

static void backward(size_t size, const double *u, const double *inverse, double *y)
{
    for (size_t block = size; block > 0;) {
        block -= B;
        vector sum[B];
        UNROLL for (size_t r = 0; r < B; r++) sum[r] = (vector){0};
        for (size_t c = block + B; c < size; c += L) {
            const vector x = vector_load_unaligned(y + c);
            UNROLL for (size_t r = 0; r < B; r++) sum[r] +=
                x * vector_load_unaligned(u + (block + r) * size + c);
        }
        double z[B];
        UNROLL for (size_t r = 0; r < B; r += L)
            vector_store_unaligned(z + r, vector_load_unaligned(y + block + r) - vector_sums(sum + r));
        combine(inverse + (2 * (block / B) + 1) * B * B, z, y + block);
    }
}

#define NAME_(set) el4ml_factor_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_factor_kernels NAME(EL4ML_KERNEL_SET) = {cholesky, signed_cholesky, invert_blocks, forward,
                                                     backward};
