/* Register tiles as in factor_kernels.c: ROWS rows of the result and WIDE vectors of columns are summed over
 * a stretch of k that stays in the caches. */
#include "base/product_kernels.h"

#include "base/factor_kernels.h"
#include "base/vector.h"

#define L VECTOR_LANES
#define B EL4ML_FACTOR_BLOCK
#if VECTOR_LANES == 8
#define ROWS 8
#define WIDE 2
#else
#define ROWS 4
#define WIDE 2
#endif
#define DEPTH 256   /* of k at a time */
#define COLUMNS 256 /* of b at a time: DEPTH x COLUMNS numbers fit the second cache */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The k of a tile, within from ... to. */
typedef struct stretch {
    size_t from, to;
} stretch;

VECTOR_INLINE stretch needed(const el4ml_product *p, size_t row, size_t c, size_t columns, stretch s)
{
    if (p->range == EL4ML_PRODUCT_B_UPPER) s.to = least(s.to, c + columns);
    if (p->range == EL4ML_PRODUCT_A_UPPER) s.to = least(s.to, row + ROWS);
    if (p->range == EL4ML_PRODUCT_BOTH_LOWER) s.from = most(s.from, most(row, c));
    return s;
}

/* Rows row ... row + ROWS - 1 of a^T b, columns c ... c + width L - 1, over k; added to what is there. */
VECTOR_INLINE void tile(const el4ml_product *p, size_t row, size_t c, size_t width, stretch k, bool first,
                        double *to)
{
    const size_t size = p->size;
    vector sum[ROWS][WIDE];
    for (size_t r = 0; r < ROWS; r++)
        for (size_t q = 0; q < width; q++)
            sum[r][q] = first ? vector_all(0) : vector_load_unaligned(to + (row + r) * size + c + q * L);
    for (; k.from < k.to; k.from++) {
        const double *b = p->b + k.from * size + c, *a = p->a + k.from * size + row;
        vector v[WIDE];
        for (size_t q = 0; q < width; q++)
            v[q] = vector_load_unaligned(b + q * L);
        for (size_t r = 0; r < ROWS; r++) {
            const vector factor = vector_all(a[r]);
            for (size_t q = 0; q < width; q++)
                sum[r][q] += factor * v[q];
        }
    }
    for (size_t r = 0; r < ROWS; r++)
        for (size_t q = 0; q < width; q++)
            vector_store_unaligned(to + (row + r) * size + c + q * L, sum[r][q]);
}

/* One row of tiles, columns c ... end - 1. */
VECTOR_INLINE void tiles(const el4ml_product *p, size_t row, size_t c, size_t end, stretch k, double *to)
{
    const bool first = k.from == 0;
    for (; c + WIDE * L <= end; c += WIDE * L)
        tile(p, row, c, WIDE, needed(p, row, c, WIDE * L, k), first, to);
    for (; c < end; c += L)
        tile(p, row, c, 1, needed(p, row, c, L, k), first, to);
}

static void multiply(const el4ml_product *p, double *c)
{
    for (size_t from = 0; from < p->size; from += DEPTH) {
        const stretch k = {from, least(from + DEPTH, p->size)};
        for (size_t column = 0; column < p->size; column += COLUMNS) {
            const size_t end = least(column + COLUMNS, p->size);
            for (size_t row = 0; row < (p->upper ? end : p->size); row += ROWS)
                tiles(p, row, p->upper ? most(column, row / B * B) : column, end, k, c);
        }
    }
}

/* sum = U[row ...][from ... to - 1] V[from ... to - 1][c ...]: eight rows, one vector of columns. */
VECTOR_INLINE void gather(size_t size, const double *u, const double *v, size_t row, size_t c, size_t from,
                          size_t to, vector *sum)
{
    for (size_t r = 0; r < B; r++)
        sum[r] = vector_all(0);
    for (size_t k = from; k < to; k++) {
        const vector x = vector_load_unaligned(v + k * size + c);
        for (size_t r = 0; r < B; r++)
            sum[r] += vector_all(u[(row + r) * size + k]) * x;
    }
}

/* From the last block row up: V_ii = U_ii^-1, V_ij = - V_ii sum_k U_ik V_kj over i < k <= j. */
static void upper_inverse(size_t size, const double *u, const double *inverse, double *v)
{
    for (size_t row = size; row > 0;) {
        row -= B;
        const double *own = inverse + 2 * B * row; /* two blocks for each block row */
        for (size_t r = 0; r < B; r++)
            for (size_t q = r; q < B; q++)
                v[(row + r) * size + row + q] = own[r * B + q];
        for (size_t c = row + B; c < size; c += L) {
            vector sum[B];
            gather(size, u, v, row, c, row + B, least(c / B * B + B, size), sum);
            for (size_t r = 0; r < B; r++) {
                vector x = vector_all(0);
                for (size_t q = r; q < B; q++)
                    x -= vector_all(own[r * B + q]) * sum[q];
                vector_store_unaligned(v + (row + r) * size + c, x);
            }
        }
    }
}

#define NAME_(set) el4ml_product_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_product_kernels NAME(EL4ML_KERNEL_SET) = {multiply, upper_inverse};
