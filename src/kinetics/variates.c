/* Gamma: Marsaglia and Tsang, ACM Trans. Math. Softw. 26, 363 (2000). Poisson and binomial of large mean: by
 * the position of an event of middle rank, a gamma or beta variate, after which a far smaller problem is left
 * (Ahrens and Dieter, Computing 12, 223, 1974). */
#include "kinetics/variates.h"

#include <math.h>

static const double SMALL_MEAN = 10, NORMAL_MEAN = 1e15;

/* In (0, 1). */
static double open_uniform(el4ml_random *random)
{
    return ((double)(el4ml_random_bits(random) >> 12) + 0.5) * 0x1p-52;
}

double el4ml_random_exponential(el4ml_random *random)
{
    return -log(open_uniform(random));
}

double el4ml_random_gamma(el4ml_random *random, double shape)
{
    if (!isfinite(shape)) return INFINITY;
    const double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = el4ml_random_normal(random), root = 1 + c * x;
        if (!(root > 0)) continue;
        const double v = root * root * root;
        if (log(open_uniform(random)) < x * x / 2 + d * (1 - v + log(v))) return d * v;
    }
}

static double normal_count(el4ml_random *random, double mean, double variance)
{
    return fmax(0, mean + sqrt(variance) * el4ml_random_normal(random));
}

/* Events of unit rate before `mean`. */
static double count_poisson(el4ml_random *random, double mean)
{
    double count = 0;
    for (double time = el4ml_random_exponential(random); time < mean;
         time += el4ml_random_exponential(random))
        count++;
    return count;
}

double el4ml_random_poisson(el4ml_random *random, double mean)
{
    double count = 0;
    if (!isfinite(mean)) return INFINITY;
    while (mean > SMALL_MEAN) {
        if (mean > NORMAL_MEAN) return count + normal_count(random, mean, mean);
        const double rank = floor(0.875 * mean), time = el4ml_random_gamma(random, rank);
        if (time > mean) { /* rank - 1 events before `time`, each before `mean` with the same probability */
            const double after = (time - mean) / time;
            return count + (after <= 0.5 ? rank - 1 - el4ml_random_binomial(random, rank - 1, after)
                                         : el4ml_random_binomial(random, rank - 1, mean / time));
        }
        count += rank;
        mean -= time;
    }
    return count + count_poisson(random, mean);
}

/* By the gaps between successes. */
static double count_binomial(el4ml_random *random, double n, double p)
{
    if (!(p > 0)) return 0;
    const double log_failure = log1p(-p);
    double count = 0;
    for (double trial = floor(log(open_uniform(random)) / log_failure) + 1; trial <= n;
         trial += floor(log(open_uniform(random)) / log_failure) + 1)
        count++;
    return count;
}

/* Of n uniform numbers the one of middle rank is a beta variate y: the others lie below or above it. */
double el4ml_random_binomial(el4ml_random *random, double n, double p)
{
    double count = 0, sign = 1; /* the result is count + sign * binomial(n, p) */
    if (!isfinite(n)) return INFINITY;
    while (n * p > SMALL_MEAN) {
        if (n * p > NORMAL_MEAN) return count + sign * fmin(n, normal_count(random, n * p, n * p * (1 - p)));
        const double rank = floor((n + 1) * p), below = el4ml_random_gamma(random, rank);
        const double y = below / (below + el4ml_random_gamma(random, n + 1 - rank));
        if (y <= p) { /* rank of them are successes; the others lie in (y, 1) */
            count += sign * rank;
            n -= rank;
            p = (p - y) / (1 - y);
        } else { /* the rank - 1 below y may be */
            n = rank - 1;
            p /= y;
        }
        if (p > 0.5) { /* count failures instead */
            count += sign * n;
            sign = -sign;
            p = 1 - p;
        }
    }
    return count + sign * count_binomial(random, n, p);
}
