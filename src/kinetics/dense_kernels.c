/* Sums of products of scaled numbers (base/scaled.h) without a branch for each. Where all exponents of a
 * stretch agree, which is the rule unless the rates span hundreds of orders of magnitude, they are sums of
 * products of doubles: a product of two mantissas is at least 2^-512, so nothing is lost. */
#include "kinetics/dense_kernels.h"

#include "base/vector.h"

#define L ((size_t)VECTOR_LANES)

typedef int32_t exponents __attribute__((vector_size(4 * VECTOR_LANES), may_alias, aligned(4)));

VECTOR_INLINE vector choose(bits mask, vector yes, vector no)
{
    return (vector)((mask & (bits)yes) | (~mask & (bits)no));
}

VECTOR_INLINE vector load_exponents(const int32_t *e)
{
    return __builtin_convertvector(*(const exponents *)e, vector);
}

VECTOR_INLINE void store_exponents(int32_t *e, vector x)
{
    *(exponents *)e = __builtin_convertvector(x, exponents);
}

/* Back to 2^-256 <= m < 2^256, or a zero. */
VECTOR_INLINE void normalise(vector *m, vector *e)
{
    const vector one = vector_all(1), lowest = vector_all((double)(INT32_MIN / 2));
    const bits large = (bits)(*m >= vector_all(0x1p+256)), small = (bits)(*m < vector_all(0x1p-256));
    *m *= choose(large, vector_all(0x1p-512), choose(small, vector_all(0x1p+512), one));
    *e += choose(large, one, choose(small, -one, vector_all(0)));
    const bits none = (bits)(*e < lowest) | (bits)(*m == vector_all(0));
    *m = choose(none, vector_all(0), *m);
    *e = choose(none, lowest, *e);
}

/* 2^(512 d + 256) for d = 0, -1, -2, and 0 below. The sum with 2^52 leaves the exponent's bits at the end of
 * the number, from where they are shifted to their place. */
VECTOR_INLINE vector shift(vector d)
{
    const vector field = vector_max(d * vector_all(512) + vector_all(1023 + 256), vector_all(0));
    return (vector)((bits)(field + vector_all(0x1p+52)) << 52);
}

/* First the largest exponent, then the sum relative to it. A product may be as small as 2^-512 beside its
 * exponent, so that one whose exponent is lower by two may still count. */
static void add_any(size_t n, const el4ml_pivots *pivots, const size_t *which, size_t count,
                    const double *factor_m, const double *factor_e, double *m, double *e)
{
    for (size_t j = 0; j < n; j += L) {
        vector exponent = vector_load(e + j);
        for (size_t k = 0; k < count; k++)
            exponent =
                vector_max(exponent, vector_all(factor_e[which[k]]) +
                                         vector_load_unaligned(pivots->e + which[k] * pivots->stride + j));
        vector sum = vector_load(m + j) * shift(vector_load(e + j) - exponent);
        for (size_t k = 0; k < count; k++) {
            const size_t at = which[k] * pivots->stride + j;
            const vector own = vector_all(factor_e[which[k]]) + vector_load_unaligned(pivots->e + at);
            sum += vector_all(factor_m[which[k]]) * vector_load_unaligned(pivots->m + at) *
                   shift(own - exponent);
        }
        sum *= vector_all(0x1p-256);
        normalise(&sum, &exponent);
        vector_store(m + j, sum);
        vector_store(e + j, exponent);
    }
}

enum { TOGETHER = 4 }; /* vectors of columns, so that factors are loaded less often */

VECTOR_INLINE void add_alike_columns(size_t j, size_t vectors, const el4ml_pivots *pivots,
                                     const size_t *which, size_t count, const double *factor_m,
                                     double exponent, double *m, double *e)
{
    vector sum[TOGETHER];
    for (size_t v = 0; v < vectors; v++)
        sum[v] = vector_load(m + j + v * L);
    for (size_t k = 0; k < count; k++) {
        const vector factor = vector_all(factor_m[which[k]]);
        const double *row = pivots->m + which[k] * pivots->stride + j;
        for (size_t v = 0; v < vectors; v++)
            sum[v] += factor * vector_load_unaligned(row + v * L);
    }
    for (size_t v = 0; v < vectors; v++) {
        vector now = vector_all(exponent);
        normalise(&sum[v], &now);
        vector_store(m + j + v * L, sum[v]);
        vector_store(e + j + v * L, now);
    }
}

static void add_alike(size_t n, const el4ml_pivots *pivots, const size_t *which, size_t count,
                      const double *factor_m, double exponent, double *m, double *e)
{
    size_t j = 0;
    for (; j + TOGETHER * L <= n; j += TOGETHER * L)
        add_alike_columns(j, TOGETHER, pivots, which, count, factor_m, exponent, m, e);
    for (; j < n; j += L)
        add_alike_columns(j, 1, pivots, which, count, factor_m, exponent, m, e);
}

/* The exponent of all numbers but zeros; NaN when they differ, or when all are zero. */
static double common_exponent(size_t n, const double *m, const double *e)
{
    const vector lowest = vector_all((double)(INT32_MIN / 2)), highest = vector_all((double)INT32_MAX);
    vector most = lowest, least = highest;
    for (size_t j = 0; j < n; j += L) {
        const bits none = (bits)(vector_load(m + j) == vector_all(0));
        most = vector_max(most, choose(none, lowest, vector_load(e + j)));
        least = vector_min(least, choose(none, highest, vector_load(e + j)));
    }
    double high = most[0], low = least[0];
    for (size_t k = 1; k < L; k++) {
        high = most[k] > high ? most[k] : high;
        low = least[k] < low ? least[k] : low;
    }
    return high == low ? high : (double)__builtin_nan("");
}

/* The row is copied, with its end filled up by zeros: pivots are read up to the next whole vector. */
static void add_pivots(size_t n, const el4ml_pivots *pivots, const double *factor_m, const double *factor_e,
                       double *m, int32_t *e)
{
    double sum[EL4ML_STRETCH] __attribute__((aligned(64))),
        exponent[EL4ML_STRETCH] __attribute__((aligned(64)));
    const size_t padded = (n + L - 1) / L * L;
    size_t alike[EL4ML_PANEL], other[EL4ML_PANEL], alike_count = 0, other_count = 0, j = 0;
    for (; j + L <= n; j += L) {
        vector_store(sum + j, vector_load_unaligned(m + j));
        vector_store(exponent + j, load_exponents(e + j));
    }
    for (; j < padded; j++) {
        sum[j] = j < n ? m[j] : 0;
        exponent[j] = j < n ? e[j] : INT32_MIN / 2;
    }
    const double common = common_exponent(padded, sum, exponent);
    for (size_t p = 0; p < pivots->count; p++) {
        if (factor_m[p] == 0) continue;
        if (factor_e[p] + pivots->exponent[p] == common)
            alike[alike_count++] = p;
        else
            other[other_count++] = p;
    }
    if (alike_count) add_alike(padded, pivots, alike, alike_count, factor_m, common, sum, exponent);
    if (other_count) add_any(padded, pivots, other, other_count, factor_m, factor_e, sum, exponent);
    for (j = 0; j + L <= n; j += L) {
        vector_store_unaligned(m + j, vector_load(sum + j));
        store_exponents(e + j, vector_load(exponent + j));
    }
    for (; j < n; j++) {
        m[j] = sum[j];
        e[j] = (int32_t)exponent[j];
    }
}

#define NAME_(set) el4ml_add_pivots_##set
#define NAME(set) NAME_(set)
const el4ml_add_pivots NAME(EL4ML_KERNEL_SET) = add_pivots;
