#include "thermo/superposition_kernels.h"

#include <math.h>

#include "base/vector.h"
#include "base/vector_math.h"

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

/* exp is zero below, so that no product with it can be. */
#define LEAST_EXPONENT -746.0

static double sum_of(vector x)
{
    double sum = 0;
    for (int i = 0; i < VECTOR_LANES; i++)
        sum += x[i];
    return sum;
}

static double largest_of(size_t n, const double *x)
{
    vector most = vector_all(-INFINITY);
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        most = vector_max(vector_load(x + i), most);
    double largest = -INFINITY;
    for (int i = 0; i < VECTOR_LANES; i++)
        if (most[i] > largest) largest = most[i];
    return largest;
}

static size_t place_of(size_t n, const double *x, double value)
{
    size_t i = 0;
    while (i < n && x[i] != value)
        i++;
    return i;
}

/* The largest exponent so far, and whose it is. */
static void keep_largest(const el4ml_minima_block *b, const double *exponents, double *shift, size_t *top)
{
    const double largest = largest_of(b->count, exponents);
    if (!(largest > *shift)) return;
    *shift = largest;
    *top = b->start + place_of(b->count, exponents, largest);
}

/* The sum of w over the block, the top minimum left out. */
static double rest_of(const el4ml_minima_block *b, size_t top, double *weights)
{
    if (top >= b->start && top - b->start < b->count) weights[top - b->start] = 0;
    vector sum = vector_all(0);
    for (size_t i = 0; i < b->count; i += VECTOR_LANES)
        sum += vector_load(weights + i);
    return sum_of(sum);
}

/* ---- One temperature ---- */

VECTOR_INLINE vector canonical_exponent(const el4ml_minima_block *b, const el4ml_canonical *s, size_t i)
{
    return vector_load(b->log_weight + i) - vector_load(b->rise + i) * s->inverse;
}

static void canonical_top(const el4ml_minima_block *b, el4ml_canonical *s)
{
    _Alignas(64) double exponents[EL4ML_MINIMA_BLOCK];
    for (size_t i = 0; i < b->count; i += VECTOR_LANES)
        vector_store(exponents + i, canonical_exponent(b, s, i));
    keep_largest(b, exponents, &s->shift, &s->top);
}

static void canonical_mean(const el4ml_minima_block *b, el4ml_canonical *s)
{
    _Alignas(64) double weights[EL4ML_MINIMA_BLOCK];
    vector mean = vector_all(0);
    for (size_t i = 0; i < b->count; i += VECTOR_LANES) {
        const vector w = vector_exp(canonical_exponent(b, s, i) - s->shift);
        vector_store(weights + i, w);
        mean += w * vector_load(b->rise + i);
    }
    s->rest += rest_of(b, s->top, weights);
    s->mean += sum_of(mean);
}

static void canonical_spread(const el4ml_minima_block *b, el4ml_canonical *s)
{
    const vector none = vector_all(0), far = vector_all(1e100); /* t overflows only where w underflows */
    vector plus = none, minus = none, third = none, log_part = none, others = none, frustrated = none,
           unconnected = none;
    for (size_t i = 0; i < b->count; i += VECTOR_LANES) {
        const vector e = vector_max(vector_all(LEAST_EXPONENT), canonical_exponent(b, s, i) - s->shift);
        const vector w = vector_exp(e);
        const vector t = vector_min(far, (vector_load(b->rise + i) - s->mean) * s->inverse);
        const vector above = vector_max(t, none), below = vector_min(t, none), square = w * t * t;
        plus += w * above * above;
        minus += w * below * below;
        third += square * t;
        log_part -= w * e;
        others += w * vector_load(b->other + i);
        frustrated += w * vector_load(b->ratio + i);
        unconnected += w * vector_load(b->apart + i);
    }
    s->plus += sum_of(plus);
    s->minus += sum_of(minus);
    s->third += sum_of(third);
    s->log_part += sum_of(log_part);
    s->others += sum_of(others);
    s->frustrated += sum_of(frustrated);
    s->unconnected += sum_of(unconnected);
}

/* ---- One energy ---- */

/* E - V_a, and 1 where that is not positive (or so small that its square underflows). *below: all bits where
 * it is positive. */
VECTOR_INLINE vector gap_of(const el4ml_minima_block *b, const el4ml_fixed_energy *s, size_t i, bits *below)
{
    const vector gap = s->rise - vector_load(b->rise + i), one = vector_all(1);
    *below = (bits)(gap > vector_all(1e-140));
    return (vector)(((bits)gap & *below) | ((bits)one & ~*below));
}

static void energy_top(const el4ml_minima_block *b, el4ml_fixed_energy *s)
{
    _Alignas(64) double exponents[EL4ML_MINIMA_BLOCK];
    const bits none = (bits)vector_all(-INFINITY);
    for (size_t i = 0; i < b->count; i += VECTOR_LANES) {
        bits below;
        const vector gap = gap_of(b, s, i, &below);
        const vector e = vector_load(b->log_weight + i) + s->power * vector_log(gap);
        vector_store(exponents + i, (vector)(((bits)e & below) | (none & ~below)));
    }
    keep_largest(b, exponents, &s->shift, &s->top);
}

/* w, zero where V_a is not below E. */
VECTOR_INLINE vector energy_weight(const el4ml_minima_block *b, const el4ml_fixed_energy *s, size_t i,
                                   vector gap, bits below)
{
    const vector e = vector_load(b->log_weight + i) + s->power * vector_log(gap) - s->shift;
    return (vector)((bits)vector_exp(e) & below);
}

static void energy_mean(const el4ml_minima_block *b, el4ml_fixed_energy *s)
{
    _Alignas(64) double weights[EL4ML_MINIMA_BLOCK];
    vector gaps = vector_all(0), mean = vector_all(0);
    for (size_t i = 0; i < b->count; i += VECTOR_LANES) {
        bits below;
        const vector gap = gap_of(b, s, i, &below), w = energy_weight(b, s, i, gap, below);
        vector_store(weights + i, w);
        gaps += w * gap;
        mean += w / gap;
    }
    s->rest += rest_of(b, s->top, weights);
    s->gap += sum_of(gaps);
    s->mean += sum_of(mean);
}

static void energy_spread(const el4ml_minima_block *b, el4ml_fixed_energy *s)
{
    vector variance = vector_all(0), square = vector_all(0);
    for (size_t i = 0; i < b->count; i += VECTOR_LANES) {
        bits below;
        const vector gap = gap_of(b, s, i, &below), w = energy_weight(b, s, i, gap, below);
        const vector y = 1 / gap, d = y - s->mean;
        variance += w * d * d;
        square += w * y * y;
    }
    s->variance += sum_of(variance);
    s->square += sum_of(square);
}

const el4ml_superposition_kernels JOIN(el4ml_superposition_kernels, EL4ML_KERNEL_SET) = {
    canonical_top, canonical_mean, canonical_spread, energy_top, energy_mean, energy_spread};
