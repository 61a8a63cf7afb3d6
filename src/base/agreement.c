/* How often two independent trials agree: U-statistics of degree two (Hoeffding, Ann. Math. Stat. 19, 293,
 * 1948). */
#include <math.h>

#include "el4ml/statistics.h"

/* The number that a standard normal exceeds in absolute value with probability 1 - level. */
static double normal_quantile(double level)
{
    double low = 0, high = 40;
    for (int k = 0; k < 100; k++) {
        const double middle = 0.5 * (low + high);
        if (erfc(middle / sqrt(2)) > 1 - level)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* All trials agree: the commonest outcome has probability q with q^(N - 1) >= 1 - level, or that would be too
 * much of a chance; and two trials agree at least as often as q^2. */
static double all_agree(double n, double level)
{
    return pow(1 - level, 2 / (n - 1));
}

/* No two agree: the agreement that lets this happen most easily is that of one outcome with probability q,
 * met at most once, and all others different. */
static double none_agree(double n, double level)
{
    double low = 0, high = 1;
    for (int k = 0; k < 100; k++) {
        const double q = 0.5 * (low + high);
        if (pow(1 - q, n) + n * q * pow(1 - q, n - 1) > 1 - level)
            low = q;
        else
            high = q;
    }
    return high * high;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static void set_interval(double n, double level, el4ml_agreement *r)
{
    const double u = r->probability, z = normal_quantile(level);
    if (u >= 1) {
        r->low = all_agree(n, level);
    } else if (u <= 0) {
        r->high = none_agree(n, level);
    } else {
        const double at = log(u / (1 - u)), width = z * r->standard_error / (u * (1 - u));
        r->low = logistic(at - width);
        r->high = logistic(at + width);
    }
}

void el4ml_agreement_of_means(const double *mean, const uint64_t *hits, size_t count, double level,
                              el4ml_agreement *r)
{
    *r = (el4ml_agreement){.probability = NAN, .standard_error = NAN, .low = 0, .high = 1, .level = level};
    for (size_t k = 0; k < count; k++)
        r->trials += hits[k];
    const double n = (double)r->trials;
    if (r->trials < 2) return;
    double sum = 0, square = 0;
    for (size_t k = 0; k < count; k++)
        if (hits[k] > 0) sum += (double)hits[k] * mean[k];
    const double u = fmin(1, sum / n);
    r->probability = u > 1 - 1e-15 * n ? 1 : u;
    for (size_t k = 0; k < count; k++)
        if (hits[k] > 0) square += (double)hits[k] * (mean[k] - u) * (mean[k] - u);
    /* the jackknife's variance (Arvesen, Ann. Math. Stat. 40, 2076, 1969) sees the first order alone, which
     * vanishes where all outcomes are equally likely */
    const double first = r->trials > 2 ? 4 * (n - 1) / (n * (n - 2) * (n - 2)) * square : 0;
    const double second = 2 * u * (1 - u) / (n * (n - 1));
    r->standard_error = sqrt(first + second);
    set_interval(n, level, r);
}

void el4ml_agreement_of(const uint64_t *hits, size_t count, double level, el4ml_agreement *r)
{
    double n = 0, sum = 0, cube = 0;
    *r = (el4ml_agreement){.probability = NAN, .standard_error = NAN, .low = 0, .high = 1, .level = level};
    for (size_t k = 0; k < count; k++) {
        r->trials += hits[k];
        n += (double)hits[k];
    }
    if (r->trials < 2) return;
    for (size_t k = 0; k < count; k++)
        sum += (double)hits[k] * ((double)hits[k] - 1);
    const double u = sum / (n * (n - 1));
    for (size_t k = 0; k < count; k++) {
        const double off = ((double)hits[k] - 1) / (n - 1) - u;
        if (hits[k] > 0) cube += (double)hits[k] * off * off;
    }
    r->probability = u;
    const double first = r->trials > 2 ? 4 * (n - 1) / (n * (n - 2) * (n - 2)) * cube : 0;
    r->standard_error = sqrt(first + 2 * u * (1 - u) / (n * (n - 1)));
    set_interval(n, level, r);
}

double el4ml_two_sided(double z)
{
    return erfc(fabs(z) / sqrt(2));
}
