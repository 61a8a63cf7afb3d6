/* All sign changes of f are found, and none can be missed, by Rolle's theorem: with the slowest exponential
 * taken out as a factor, f has the sign of
 *
 *     h(t) = a_0 + sum_{j > 0} a_j exp(-(r_j - r_0) t),
 *
 * and h' is a sum with one term less. Between neighbouring zeros of h' there is at most one of h. */
#include "base/exponentials.h"

#include <float.h>
#include <math.h>

#define STEPS 300 /* more than any bracket takes */

void el4ml_exponentials_add(el4ml_exponentials *f, double a, double r)
{
    if (a == 0) return;
    size_t at = 0;
    while (at < f->terms && f->r[at] < r)
        at++;
    if (at < f->terms && f->r[at] == r) {
        f->a[at] += a;
        return;
    }
    for (size_t j = f->terms++; j > at; j--) {
        f->a[j] = f->a[j - 1];
        f->r[j] = f->r[j - 1];
    }
    f->a[at] = a;
    f->r[at] = r;
}

/* sum_{j < terms} a_j exp(-(r_j - r_0) t) */
static double value(size_t terms, const double *a, const double *r, double t)
{
    double sum = terms > 0 ? a[0] : 0;
    for (size_t j = 1; j < terms; j++)
        sum += a[j] * exp(-(r[j] - r[0]) * t);
    return sum;
}

/* An interval at whose ends a sum has different signs. */
typedef struct bracket {
    double low, high, at_low, at_high;
} bracket;

/* The zero in it: regula falsi, the weight of an end that stays halved (Dowell and Jarratt 1971), and
 * bisection where that is slow. */
static double zero(size_t terms, const double *a, const double *r, bracket b)
{
    for (int step = 0; step < STEPS && b.high - b.low > 4e-16 * b.high; step++) {
        const double secant = b.low + (b.high - b.low) * (b.at_low / (b.at_low - b.at_high));
        const double middle = 0.5 * (b.low + b.high);
        const double t = step % 4 == 3 || !(secant > b.low && secant < b.high) ? middle : secant;
        if (!(t > b.low && t < b.high)) break;
        const double at = value(terms, a, r, t);
        if (at == 0) return t;
        if ((at > 0) == (b.at_high > 0)) {
            b.high = t;
            b.at_high = at;
            b.at_low *= 0.5;
        } else {
            b.low = t;
            b.at_low = at;
            b.at_high *= 0.5;
        }
    }
    return b.high;
}

/* Zeros in (0, limit] of a sum whose value at 0 is `start`, between those of its derivative, `turns`, which
 * they replace; how many. One that only touches 0 is none. */
static size_t zeros_between(size_t terms, const double *a, const double *r, double limit, double start,
                            double *turns, size_t count)
{
    double zeros[EL4ML_EXPONENTIALS];
    size_t found = 0;
    bracket b = {.low = 0, .at_low = start};
    for (size_t k = 0; k <= count; k++) {
        b.high = k < count ? turns[k] : limit;
        b.at_high = value(terms, a, r, b.high);
        if ((b.at_low < 0 && b.at_high > 0) || (b.at_low > 0 && b.at_high < 0))
            zeros[found++] = zero(terms, a, r, b);
        b.low = b.high;
        if (b.at_high != 0) b.at_low = b.at_high;
    }
    for (size_t k = 0; k < found; k++)
        turns[k] = zeros[k];
    return found;
}

double el4ml_exponentials_crossing(const el4ml_exponentials *f, double limit)
{
    if (f->terms == 0 || f->terms > EL4ML_EXPONENTIALS) return INFINITY;
    double a[EL4ML_EXPONENTIALS][EL4ML_EXPONENTIALS] = {{0}}, turns[EL4ML_EXPONENTIALS] = {0};
    for (size_t j = 0; j < f->terms; j++)
        a[0][j] = f->a[j];
    for (size_t i = 1; i < f->terms;
         i++) /* a[i]: the i-th derivative, its factors taken out, from term i on */
        for (size_t j = i; j < f->terms; j++)
            a[i][j] = -(f->r[j] - f->r[i - 1]) * a[i - 1][j];
    size_t count = 0;
    for (size_t i = f->terms - 1; i > 0; i--) {
        const size_t terms = f->terms - i;
        count = zeros_between(terms, &a[i][i], f->r + i, limit, value(terms, &a[i][i], f->r + i, 0), turns,
                              count);
    }
    const double start = -fabs(value(f->terms, a[0], f->r, 0));
    count = zeros_between(f->terms, a[0], f->r, limit, start < 0 ? start : -DBL_MIN, turns, count);
    return count > 0 ? turns[0] : INFINITY;
}
