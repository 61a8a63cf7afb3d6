/* How far chains agree, and what their samples are worth. */
#include <math.h>

#include "el4ml/sampling.h"

typedef struct halves {
    const double *values;
    size_t chains, length, stride; /* of half chains: two in each chain */
} halves;

static const double *half(const halves *h, size_t k)
{
    return h->values + k / 2 * h->stride + (k % 2) * h->length;
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* Mean over the half chains of their autocovariance at a lag. */
static double covariance(const halves *h, size_t lag)
{
    double sum = 0;
    for (size_t k = 0; k < h->chains; k++) {
        const double *x = half(h, k), mean = mean_of(x, h->length);
        for (size_t i = 0; i + lag < h->length; i++)
            sum += (x[i] - mean) * (x[i + lag] - mean);
    }
    return sum / (double)h->length / (double)h->chains;
}

/* 1 + 2 sum of correlations, in pairs while these are positive and fall. */
static double correlation_time(const halves *h, double within, double total)
{
    double time = -1, last = INFINITY;
    for (size_t lag = 0; lag + 1 < h->length; lag += 2) {
        double pair = 0;
        for (size_t k = lag; k < lag + 2; k++)
            pair +=
                1 - (within - covariance(h, k) * (k == 0 ? (double)h->length / ((double)h->length - 1) : 1)) /
                        total;
        if (!(pair > 0)) break;
        last = fmin(last, pair);
        time += 2 * last;
    }
    return time;
}

void el4ml_chain_statistics(const double *values, size_t chains, size_t length, size_t stride,
                            double *effective, double *r_hat)
{
    const halves h = {values, 2 * chains, length / 2, stride};
    const double n = (double)h.length, m = (double)h.chains;
    double mean = 0, between = 0, within = covariance(&h, 0) * n / (n - 1);
    for (size_t k = 0; k < h.chains; k++)
        mean += mean_of(half(&h, k), h.length) / m;
    for (size_t k = 0; k < h.chains; k++) {
        const double d = mean_of(half(&h, k), h.length) - mean;
        between += d * d / (m - 1); /* of means */
    }
    const double total = within * (n - 1) / n + between;
    if (!(total > 0)) { /* all the same */
        *effective = m * n;
        *r_hat = 1;
        return;
    }
    *r_hat = sqrt(total / within);
    *effective = fmin(m * n * log10(m * n), m * n / fmax(correlation_time(&h, within, total), 1e-3));
}
