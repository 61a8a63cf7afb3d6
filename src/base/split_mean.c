#include <math.h>

#include "base/beta.h"
#include "el4ml/statistics.h"

static double two_sided(double t, double freedom)
{
    const double x = freedom / (freedom + t * t);
    return el4ml_incomplete_beta(freedom / 2, 0.5, x, 1 - x);
}

/* Where 5 % lie outside, by halving. */
static double critical(double freedom)
{
    double low = 0, high = 1e4;
    for (int k = 0; k < 200 && high - low > 1e-13 * high; k++) {
        const double middle = (low + high) / 2;
        *(two_sided(middle, freedom) > 0.05 ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

el4ml_split_mean el4ml_mean_over_splits(const double *value, size_t count, double overlap)
{
    el4ml_split_mean m = {.mean = NAN, .low = NAN, .high = NAN, .p_value = NAN};
    double sum = 0, squares = 0;
    for (size_t k = 0; k < count; k++) {
        if (!isfinite(value[k])) continue;
        sum += value[k];
        m.count++;
    }
    if (m.count == 0) return m;
    m.mean = sum / (double)m.count;
    if (m.count < 2) return m;
    for (size_t k = 0; k < count; k++)
        if (isfinite(value[k])) squares += (value[k] - m.mean) * (value[k] - m.mean);
    const double freedom = (double)m.count - 1;
    const double error = sqrt((1 / (double)m.count + overlap) * squares / freedom),
                 half = critical(freedom) * error;
    m.low = m.mean - half;
    m.high = m.mean + half;
    m.p_value = error > 0 ? two_sided(m.mean / error, freedom) : m.mean == 0 ? 1 : 0;
    return m;
}
