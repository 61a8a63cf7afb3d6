#include "catchment/intervals.h"

#include <math.h>

#include "base/beta.h"

/* The x with I_x(a, b) = p. */
static double inverse_beta(double a, double b, double p)
{
    double low = 0, high = 1;
    for (int k = 0; k < 200 && high - low > 1e-16 * high; k++) {
        const double middle = 0.5 * (low + high);
        if (el4ml_incomplete_beta(a, b, middle, 1 - middle) < p)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

void el4ml_binomial_interval(uint64_t hits, uint64_t trials, double level, double *low, double *high)
{
    const double h = (double)hits, n = (double)trials, tail = 0.5 * (1 - level);
    *low = hits == 0 ? 0 : inverse_beta(h, n - h + 1, tail);
    *high = hits >= trials ? 1 : inverse_beta(h + 1, n - h, 1 - tail);
}

double el4ml_student_quantile(double degrees, double level)
{
    /* P(|t| > q) = I_x(degrees / 2, 1 / 2) at x = degrees / (degrees + q^2) */
    const double x = inverse_beta(0.5 * degrees, 0.5, 1 - level);
    return sqrt(degrees * (1 - x) / x);
}
