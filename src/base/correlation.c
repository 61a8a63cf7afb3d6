/* Pearson's and Spearman's coefficients with their significance. */
#include <math.h>

#include "base/beta.h"
#include "base/memory.h"
#include "base/sort.h"
#include "el4ml/random.h"
#include "el4ml/statistics.h"

el4ml_correlation_options el4ml_correlation_options_default(void)
{
    return (el4ml_correlation_options){.permutations = 9999, .most_permuted = 10000, .seed = 1};
}

/* P(|t| larger) for a coefficient r of n pairs: t^2 = r^2 (n - 2)/(1 - r^2), and n - 2 over n - 2 + t^2 is
 * 1 - r^2. */
static double p_value(double r, size_t n)
{
    return el4ml_incomplete_beta((double)(n - 2) / 2, 0.5, (1 - r) * (1 + r), r * r);
}

/* ---- Coefficients ---- */

/* Deviations from the mean, over their norm; false when they do not vary. */
static bool standardise(size_t n, double *x)
{
    double mean = 0, largest = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        x[i] -= mean;
        largest = fmax(largest, fabs(x[i]));
    }
    if (!(largest > 1e-14 * fabs(mean))) return false; /* rounding only */
    for (size_t i = 0; i < n; i++) {
        x[i] /= largest; /* squares neither overflow nor underflow */
        square += x[i] * x[i];
    }
    for (size_t i = 0; i < n; i++)
        x[i] /= sqrt(square);
    return true;
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return fmax(-1, fmin(1, sum));
}

/* items: room for 2 n. Equal values get the mean of their ranks. */
static void rank(size_t n, const double *x, double *ranks, el4ml_sort_item *items)
{
    for (size_t i = 0; i < n; i++)
        items[i] = (el4ml_sort_item){el4ml_key_of_double(x[i]), i};
    el4ml_sort(items, items + n, n);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && items[to].key == items[from].key; to++)
            ;
        for (size_t k = from; k < to; k++)
            ranks[items[k].index] = (double)(from + to - 1) / 2;
    }
}

static el4ml_coefficient coefficient_of(double r, size_t n, bool spearman)
{
    const double spread = (spearman ? 1 + r * r / 2 : 1) / (double)(n - 3), z = atanh(r);
    const double half = n > 3 ? 1.959963984540054 * sqrt(spread) : NAN;
    return (el4ml_coefficient){r, p_value(r, n), NAN, tanh(z - half), tanh(z + half)};
}

/* Four rows of n numbers: x, y and their ranks, all standardised. */
typedef struct pairs {
    size_t n;
    double *x, *y, *rank_x, *rank_y;
} pairs;

/* How often permuted pairs are at least as far from zero; p[0] of Pearson's, p[1] of Spearman's coefficient.
 */
static void permute(const pairs *p, const el4ml_correlation_options *options, size_t *order, double r,
                    double rho, double counts[2])
{
    const double rounding = 1e-12;
    el4ml_random random = el4ml_random_new(options->seed, 40, 0);
    for (size_t i = 0; i < p->n; i++)
        order[i] = i;
    counts[0] = counts[1] = 1;
    for (size_t k = 0; k < options->permutations; k++) {
        double sum = 0, rank_sum = 0;
        for (size_t i = p->n; i-- > 0;) { /* Fisher and Yates's shuffle, used as it goes */
            const size_t j = (size_t)el4ml_random_below(&random, i + 1), drawn = order[j];
            order[j] = order[i];
            order[i] = drawn;
            sum += p->x[i] * p->y[drawn];
            rank_sum += p->rank_x[i] * p->rank_y[drawn];
        }
        counts[0] += fabs(sum) >= fabs(r) - rounding;
        counts[1] += fabs(rank_sum) >= fabs(rho) - rounding;
    }
}

static void correlate(const pairs *p, const el4ml_correlation_options *options, void *scratch,
                      el4ml_correlation *result)
{
    const el4ml_coefficient none = {NAN, NAN, NAN, NAN, NAN};
    *result = (el4ml_correlation){p->n, none, none};
    if (p->n < 3) return;
    rank(p->n, p->x, p->rank_x, scratch);
    rank(p->n, p->y, p->rank_y, scratch);
    if (!standardise(p->n, p->x) || !standardise(p->n, p->y)) return;
    standardise(p->n, p->rank_x);
    standardise(p->n, p->rank_y);
    const double r = dot(p->n, p->x, p->y), rho = dot(p->n, p->rank_x, p->rank_y);
    result->pearson = coefficient_of(r, p->n, false);
    result->spearman = coefficient_of(rho, p->n, true);
    if (options->permutations == 0 || p->n > options->most_permuted) return;
    double counts[2];
    permute(p, options, scratch, r, rho, counts);
    result->pearson.p_permutation = counts[0] / (double)(options->permutations + 1);
    result->spearman.p_permutation = counts[1] / (double)(options->permutations + 1);
}

el4ml_status el4ml_correlate(const double *x, const double *y, size_t count,
                             const el4ml_correlation_options *options, el4ml_correlation *result,
                             el4ml_error *error)
{
    const el4ml_correlation_options defaults = el4ml_correlation_options_default();
    if (!options) options = &defaults;
    if (!result || (count && (!x || !y)))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "correlation: nothing given");
    if (count > SIZE_MAX / 4) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "correlation: out of memory");
    double *rows = EL4ML_NEW(double, 4 * count);
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, 2 * count);
    const bool good = rows && items;
    if (good) {
        pairs p = {0, rows, rows + count, rows + 2 * count, rows + 3 * count};
        for (size_t i = 0; i < count; i++) {
            if (!isfinite(x[i]) || !isfinite(y[i])) continue;
            p.x[p.n] = x[i];
            p.y[p.n++] = y[i];
        }
        correlate(&p, options, items, result);
    }
    el4ml_release(rows);
    el4ml_release(items);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "correlation: out of memory");
}
