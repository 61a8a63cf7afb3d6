/* exp, ln, tanh and friends on vectors, to a few units in the last place (tests/test_vector_math.c measures
 * them). NaN stays NaN, infinities and extremes give what the C library gives.
 *
 * e^x = 2^k e^r with k = round(x / ln 2), |r| <= ln 2 / 2. k comes from adding and subtracting 1.5 2^52,
 * which rounds to an integer and leaves it in the low bits: this is why -fassociative-math must never see
 * this file. Coefficients: tools/vector-math-coefficients. */
#ifndef EL4ML_BASE_VECTOR_MATH_H
#define EL4ML_BASE_VECTOR_MATH_H

#include "base/vector.h"

#define ROUND_TO_INTEGER 0x1.8p52

/* e^r - 1 for |r| <= ln 2 / 2. Pairs of terms, so that the chain of dependent steps is short. */
VECTOR_INLINE vector vector_expm1_small(vector r)
{
    const vector r2 = r * r, r4 = r2 * r2;
    const vector a = 0.16666666666666669 * r + 0.5;
    const vector b = 0.008333333333330065 * r + 0.041666666666624164;
    const vector c = 0.00019841269863040545 * r + 0.0013888888917196719;
    const vector d = 2.7557268480310024e-06 * r + 2.4801521322368692e-05;
    const vector e = 2.5100375832561234e-08 * r + 2.7620075879983367e-07;
    const vector low = b * r2 + a, high = (e * r4 + (d * r2 + c));
    return (high * r4 + low) * r2 + r;
}

/* 2^k from x = k + ROUND_TO_INTEGER, -1022 <= k <= 1023. */
VECTOR_INLINE vector vector_power_of_two(vector x)
{
    return (vector)(((bits)x << 52) + (bits)vector_all(1.0));
}

#if VECTOR_LANES == 8
/* With 32 registers and lookups in a register, e^x = 2^(k/8) e^r, |r| <= ln 2 / 16, k = 8 n + j: fewer
 * products. */
static const double exp_powers[8] = {1.0,
                                     1.0905077326652577,
                                     1.189207115002721,
                                     1.2968395546510096,
                                     1.4142135623730951,
                                     1.5422108254079407,
                                     1.681792830507429,
                                     1.8340080864093424}; /* 2^(j/8) */
#define EXP_STEPS 8
#define EXP_STEP_HIGH 0x1.62e42fee00000p-4
#define EXP_STEP_LOW 0x1.a39ef35793c76p-36

/* e^r - 1 for |r| <= ln 2 / 16. */
VECTOR_INLINE vector vector_expm1_step(vector r)
{
    const vector r2 = r * r;
    const vector a = 0.16666666666666724 * r + 0.5000000000000051;
    const vector b = 0.00833333332787334 * r + 0.04166666661752646;
    const vector c = 0.00019842045637239258 * r + 0.0013889587108239542;
    return ((c * r2 + b) * r2 + a) * r2 + r;
}

/* 2^(k/8) from k + ROUND_TO_INTEGER: the exponent n is added to the table's number, from whose bits j was
 * taken. */
VECTOR_INLINE vector vector_scaled_power(const double *table, vector shifted)
{
    const bits j = {0, 1, 2, 3, 4, 5, 6, 7}, entry = (bits)vector_load_unaligned(table) - (j << 49);
    return (vector)(((bits)shifted << 49) +
                    (bits)(vector)_mm512_permutexvar_pd((__m512i)shifted, (__m512d)entry));
}

VECTOR_INLINE vector vector_step_power(vector shifted)
{
    return vector_scaled_power(exp_powers, shifted);
}
#else
#define EXP_STEPS 1
#define EXP_STEP_HIGH 0x1.62e42fee00000p-1
#define EXP_STEP_LOW 0x1.a39ef35793c76p-33
#define vector_expm1_step vector_expm1_small
#define vector_step_power vector_power_of_two
#endif

VECTOR_INLINE vector vector_exp(vector x)
{
    x = vector_max(vector_all(-746.0), vector_min(vector_all(710.0), x)); /* beyond: 0 and infinity */
#if EXP_STEPS == 8
    const vector shifted = x * (EXP_STEPS * 1.4426950408889634) + ROUND_TO_INTEGER;
    const vector k = shifted - ROUND_TO_INTEGER, r = (x - k * EXP_STEP_HIGH) - k * EXP_STEP_LOW;
    const __m512d power = _mm512_permutexvar_pd((__m512i)shifted, (__m512d)vector_load_unaligned(exp_powers));
    const vector p = vector_expm1_step(r) * (vector)power + (vector)power;
    return (vector)_mm512_scalef_pd((__m512d)p, (__m512d)(k * 0.125)); /* times 2^floor(k / 8) */
#else
    const vector shifted = x * 1.4426950408889634 + ROUND_TO_INTEGER, k = shifted - ROUND_TO_INTEGER;
    const vector r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    const vector p = vector_expm1_small(r) + 1;
    /* k may pass what one factor can hold: two factors */
    const vector half = k * 0.5 + ROUND_TO_INTEGER, rest = (k - (half - ROUND_TO_INTEGER)) + ROUND_TO_INTEGER;
    return (p * vector_power_of_two(half)) * vector_power_of_two(rest);
#endif
}

enum { EXP_TOGETHER = 4 };
#define EACH UNROLL for (int i = 0; i < count; i++)

/* e^x for x <= 0, but e^-650 below -650, of `count` vectors, at most EXP_TOGETHER, in place and side by side:
 * what softmax needs, and no product of it is subnormal. */
VECTOR_INLINE void vector_exp_each(const int count, vector *x)
{
    vector shifted[EXP_TOGETHER], scale[EXP_TOGETHER];
    EACH x[i] = vector_max(vector_all(-650.0), x[i]);
    EACH shifted[i] = x[i] * (EXP_STEPS * 1.4426950408889634) + ROUND_TO_INTEGER;
    EACH
    {
        const vector k = shifted[i] - ROUND_TO_INTEGER;
        x[i] = (x[i] - k * EXP_STEP_HIGH) - k * EXP_STEP_LOW;
    }
    EACH scale[i] = vector_step_power(shifted[i]);
    EACH x[i] = vector_expm1_step(x[i]) * scale[i] + scale[i];
}

VECTOR_INLINE vector vector_exp_nonpositive(vector x)
{
    vector_exp_each(1, &x);
    return x;
}

/* (tanh v - v) / v^3 as a polynomial in z = v^2, for |v| <= ln 2 / 32 with the table, ln 2 / 4 without. */
VECTOR_INLINE vector vector_tanh_tail(vector z)
{
#if EXP_STEPS == 8
    const vector high = -0.053952865763607395 * z + 0.13333333062598707;
    return high * z - 0.33333333333326276;
#else
    const vector z2 = z * z, a = 0.13333333333212813 * z - 0.3333333333333328;
    const vector b = 0.021869421825241465 * z - 0.05396825349959849;
    const vector c = 0.0034639177836132927 * z - 0.008858936176728262;
    return (c * z2 + b) * z2 + a;
#endif
}

#if EXP_STEPS == 8
/* 2^(j/8) in 52 bits, so that 1 more and 1 less are exact; and what is to be added to v for that, and for j
 * times the rounding error of ln 2 / 16. Both count only where 2^(k/8) is near 1, k = j. */
static const double tanh_powers[8] = {1.0,
                                      1.0905077326652575,
                                      1.1892071150027212,
                                      1.2968395546510099,
                                      1.414213562373095,
                                      1.542210825407941,
                                      1.6817928305074292,
                                      1.8340080864093427};
static const double tanh_corrections[8] = {0.0,
                                           9.019186600953062e-17,
                                           -8.61364571443307e-17,
                                           -8.997112959307687e-17,
                                           4.613302975839863e-17,
                                           -6.331878977265264e-17,
                                           -6.092063285309546e-17,
                                           -7.691117659626953e-17};

VECTOR_INLINE vector vector_tanh_power(vector shifted)
{
    return vector_scaled_power(tanh_powers, shifted);
}

VECTOR_INLINE vector vector_tanh_corrected(vector v, vector shifted)
{
    return v +
           (vector)_mm512_permutexvar_pd((__m512i)shifted, (__m512d)vector_load_unaligned(tanh_corrections));
}
#else
#define vector_tanh_power vector_power_of_two
#define vector_tanh_corrected(v, shifted) (v)
#endif

enum { TANH_TOGETHER = 4 };

/* tanh of `count` vectors, at most TANH_TOGETHER, in place and side by side: the chain of dependent steps is
 * longer than what the processor looks ahead. Where `count` is a constant it all stays in registers.
 *
 * tanh |x| = tanh(a + v) with a = k ln 2 / 2 (or 16) and u = tanh v, e^2a = s:
 *     (tanh a + u) / (1 + u tanh a) = (u (s + 1) + (s - 1)) / (u (s - 1) + (s + 1)),
 * which is never above 1, also as it is rounded. One product is enough to reduce the argument: its error is
 * 2^-54 of |x|, and tanh x has a derivative of less than tanh x / x. */
VECTOR_INLINE void vector_tanh_each(const int count, vector *x)
{
    vector v[TANH_TOGETHER], shifted[TANH_TOGETHER], below[TANH_TOGETHER], above[TANH_TOGETHER],
        u[TANH_TOGETHER];
    EACH v[i] = vector_min(vector_all(20.0), vector_abs(x[i])); /* NaN: stays in the second operand */
    EACH shifted[i] = v[i] * (2 * EXP_STEPS * 1.4426950408889634) + ROUND_TO_INTEGER;
    EACH v[i] -= (shifted[i] - ROUND_TO_INTEGER) * (0.6931471805599453 / 2 / EXP_STEPS);
    EACH below[i] = vector_tanh_power(shifted[i]) - 1;
    EACH above[i] = below[i] + 2;
    EACH u[i] = v[i] * v[i];
    EACH u[i] = vector_tanh_tail(u[i]) * (u[i] * v[i]) + vector_tanh_corrected(v[i], shifted[i]);
    EACH v[i] = u[i] * above[i] + below[i];
    EACH u[i] = u[i] * below[i] + above[i];
    EACH x[i] = vector_with_sign(v[i] / u[i], x[i]);
}

VECTOR_INLINE vector vector_tanh(vector x)
{
    vector_tanh_each(1, &x);
    return x;
}

/* 1 / (1 + e^-x) */
VECTOR_INLINE vector vector_logistic(vector x)
{
    return 1 / (vector_exp(-x) + 1);
}

/* ln(1 + u) for 0 <= u <= 1: 2 atanh(s), s = u / (2 + u). */
VECTOR_INLINE vector vector_log1p_unit(vector u)
{
    const vector s = u / (u + 2), z = s * s;
    static const double c[] = {0.6666666666666666,  0.39999999999999525, 0.285714285716001,
                               0.2222222219823677,  0.18181819897962714, 0.1538454396486055,
                               0.13335178631449257, 0.11734279061303197, 0.10845178394880015,
                               0.07492143795550767, 0.1563057780092285};
    vector p = vector_all(c[10]);
    for (int i = 9; i >= 0; i--)
        p = p * z + c[i];
    return (s + s) + s * z * p;
}

/* ln x for a positive normal number: x = 2^k m with m within sqrt 2 of 1, ln m = 2 atanh(s), s = (m - 1)/(m +
 * 1). Meaningless for anything else. */
VECTOR_INLINE vector vector_log(vector x)
{
    const bits lower = (bits)vector_all(0x1.6a09e667f3bcdp-1),
               mantissa = (bits){0} + (((uint64_t)1 << 52) - 1), one = (bits)vector_all(1.0),
               two52 = (bits)vector_all(0x1p52);
    const bits shifted = (bits)x - lower + one; /* its exponent is k + 1023 */
    const vector k = (vector)((shifted >> 52) | two52) - (0x1p52 + 1023);
    const vector m = (vector)((shifted & mantissa) + lower);
    const vector s = (m - 1) / (m + 1), z = s * s;
    static const double c[] = {0.666666666666667,  0.39999999999899505, 0.28571428625975487,
                               0.2222221113479508, 0.18182889125261723, 0.15331721600556042,
                               0.14616449685043406};
    vector p = vector_all(c[6]);
    for (int i = 5; i >= 0; i--)
        p = p * z + c[i];
    return k * 0x1.62e42fee00000p-1 + ((s + s) + (s * z * p + k * 0x1.a39ef35793c76p-33));
}

/* Upper tail of the normal distribution, Q(a) = erfc(a / sqrt 2) / 2, 0 <= a <= 40, given e^(-a^2 / 2). */
VECTOR_INLINE vector vector_normal_tail(vector a, vector gauss)
{
    static const double c[] = {
        0.7632305289702032,      -0.6402577602526173,    0.44645251705567823,   -0.253141799950945,
        0.11138259657020912,     -0.03387132617787402,   0.004223613380595137,  0.001748830577848525,
        -0.0009177465089849696,  6.38107588724098e-06,   0.0001120427492407976, -1.593274440504697e-05,
        -1.4236046824153623e-05, 3.1892551888770846e-06, 2.142947963439369e-06, -4.986175292216977e-07,
        -3.7874066667169225e-07, 6.023457975978009e-08,  6.905411875948912e-08, -2.431196983517756e-09,
        -9.740987908416163e-09,  -7.75436960216706e-10,  5.029549481402443e-10};
    const vector inverse = 1 / (a + 4.5), t = (a - 4.5) * inverse, t2 = t * t;
    vector even = vector_all(c[22]), odd = vector_all(c[21]);
    for (int i = 20; i >= 0; i -= 2)
        even = even * t2 + c[i];
    for (int i = 19; i >= 1; i -= 2)
        odd = odd * t2 + c[i];
    return (odd * t + even) * inverse * gauss;
}

#endif
