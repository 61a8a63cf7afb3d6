/* Numbers that are never negative and may be of any size: value = m * 2^(512 e), with m = 0 or 2^-256 <= m <
 * 2^256. Sums, products and quotients have the relative error of a double and cannot overflow or underflow.
 * Almost always the exponents agree, and an operation costs what it costs on doubles and a comparison. Since
 * nothing is negative, no operation cancels. */
#ifndef EL4ML_BASE_SCALED_H
#define EL4ML_BASE_SCALED_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct el4ml_scaled {
    double m;
    int64_t e;
} el4ml_scaled;

#define EL4ML_SCALED_BELOW 0x1p-256
#define EL4ML_SCALED_ABOVE 0x1p+256
#define EL4ML_SCALED_DOWN 0x1p-512
#define EL4ML_SCALED_UP 0x1p+512

/* Zero's exponent is below that of every other number, so that sums need no special case. */
static inline el4ml_scaled el4ml_scaled_zero(void)
{
    const el4ml_scaled zero = {0, -((int64_t)1 << 40)};
    return zero;
}

static inline bool el4ml_scaled_is_zero(el4ml_scaled a)
{
    return a.m == 0;
}

/* For m in (2^-768, 2^768), which a product or quotient of two normal numbers is. */
static inline el4ml_scaled el4ml_scaled_normal(double m, int64_t e)
{
    if (m >= EL4ML_SCALED_ABOVE) {
        m *= EL4ML_SCALED_DOWN;
        e++;
    } else if (m < EL4ML_SCALED_BELOW) {
        if (m == 0) return el4ml_scaled_zero();
        m *= EL4ML_SCALED_UP;
        e--;
    }
    const el4ml_scaled made = {m, e};
    return made;
}

static inline el4ml_scaled el4ml_scaled_product(el4ml_scaled a, el4ml_scaled b)
{
    return el4ml_scaled_normal(a.m * b.m, a.e + b.e);
}

/* b must not be zero. */
static inline el4ml_scaled el4ml_scaled_quotient(el4ml_scaled a, el4ml_scaled b)
{
    return el4ml_scaled_normal(a.m / b.m, a.e - b.e);
}

/* A number whose exponent is lower by two is below the rounding error of the other by a factor 2^459. */
static inline el4ml_scaled el4ml_scaled_sum(el4ml_scaled a, el4ml_scaled b)
{
    if (a.e == b.e) return el4ml_scaled_normal(a.m + b.m, a.e);
    const el4ml_scaled large = a.e > b.e ? a : b, small = a.e > b.e ? b : a;
    return large.e - small.e == 1 ? el4ml_scaled_normal(large.m + small.m * EL4ML_SCALED_DOWN, large.e)
                                  : large;
}

static inline el4ml_scaled el4ml_scaled_sqrt(el4ml_scaled a)
{
    if (a.m == 0) return el4ml_scaled_zero();
    const bool odd = a.e & 1;
    const int64_t half = (a.e - odd) / 2;
    return el4ml_scaled_normal(sqrt(odd ? a.m * EL4ML_SCALED_UP : a.m), half);
}

static inline bool el4ml_scaled_less(el4ml_scaled a, el4ml_scaled b)
{
    return a.e != b.e ? a.e < b.e : a.m < b.m;
}

/* x finite and not negative. */
static inline el4ml_scaled el4ml_scaled_of(double x)
{
    if (x >= EL4ML_SCALED_ABOVE) return el4ml_scaled_normal(x * EL4ML_SCALED_DOWN, 1);
    return el4ml_scaled_normal(x * EL4ML_SCALED_UP, -1); /* exact: subnormal numbers too */
}

/* Infinity or 0 where a double cannot hold it. */
static inline double el4ml_scaled_value(el4ml_scaled a)
{
    if (a.e > 2) return INFINITY;
    if (a.e < -2) return 0;
    double value = a.m;
    for (int64_t k = a.e; k > 0; k--)
        value *= EL4ML_SCALED_UP;
    for (int64_t k = a.e; k < 0; k++)
        value *= EL4ML_SCALED_DOWN;
    return value;
}

/* 512 ln 2 in two parts; the first has 21 bits to spare, so that its multiples up to 2^20 are exact. */
#define EL4ML_SCALED_LOG_HIGH (512 * 6.93147180369123816490e-01)
#define EL4ML_SCALED_LOG_LOW (512 * 1.90821492927058770002e-10)

/* exp(x): x finite, |x| < 3e8, or -infinity. */
static inline el4ml_scaled el4ml_scaled_exp(double x)
{
    if (x == -INFINITY) return el4ml_scaled_zero();
    const double e = nearbyint(x / EL4ML_SCALED_LOG_HIGH);
    const double high = x - e * EL4ML_SCALED_LOG_HIGH, low = e * EL4ML_SCALED_LOG_LOW, rest = high - low;
    const double lost = (high - rest) - low; /* of the last subtraction */
    return el4ml_scaled_normal(exp(rest) * (1 + lost), (int64_t)e);
}

/* -infinity for zero. */
static inline double el4ml_scaled_log(el4ml_scaled a)
{
    if (a.m == 0) return -INFINITY;
    const double e = (double)a.e;
    return e * EL4ML_SCALED_LOG_HIGH + (e * EL4ML_SCALED_LOG_LOW + log(a.m));
}

#endif
