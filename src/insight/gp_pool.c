#include "insight/gp_pool.h"

#include <math.h>

#include "base/memory.h"

#define LOG_TWO_PI 1.8378770664093454836

/* Gauss and Hermite, seven nodes, for the weight exp(-z^2/2)/(2 pi)^(1/2). */
static const double node[4] = {0, 1.1544053947399682, 2.3667594107345416, 3.7504397177257425};
static const double share[4] = {0.45714285714285713, 0.24012317860501272, 0.030757123967586497,
                                5.4826885597221792e-4};

void el4ml_gp_pool_free(el4ml_gp_pool *pool)
{
    if (!pool) return;
    el4ml_release(pool->mean);
    el4ml_release(pool);
}

/* Which of the points: all, or the place in the sum of weights of evenly spaced numbers. */
static size_t choose(const double *weight, size_t count, size_t *chosen, double *kept)
{
    double sum = 0, so_far = 0;
    size_t used = 0;
    for (size_t k = 0; k < count; k++)
        sum += weight[k];
    if (count <= EL4ML_GP_POOL) {
        for (size_t k = 0; k < count; k++) {
            if (!(weight[k] > 0)) continue;
            kept[used] = weight[k] / sum;
            chosen[used++] = k;
        }
        return used;
    }
    for (size_t k = 0, from = 0; k < EL4ML_GP_POOL; k++) {
        const double place = ((double)k + 0.5) / EL4ML_GP_POOL * sum;
        while (from + 1 < count && so_far + weight[from] < place)
            so_far += weight[from++];
        kept[k] = 1.0 / EL4ML_GP_POOL;
        chosen[used++] = from;
    }
    return used;
}

el4ml_status el4ml_gp_pool_new(const el4ml_surface *surface, const el4ml_data *data, const double *const *x,
                               const double *weight, size_t count, el4ml_gp_pool **made, el4ml_error *error)
{
    size_t chosen[EL4ML_GP_POOL];
    el4ml_gp_pool *p = EL4ML_NEW(el4ml_gp_pool, 1);
    if (!p) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "gp-advice: out of memory");
    p->count = choose(weight, count, chosen, p->weight);
    p->rows = data->train.rows;
    p->tests = data->test.rows;
    p->mean = EL4ML_NEW(double, 2 * p->count * (p->rows + p->tests));
    el4ml_status status = p->mean ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    p->variance = p->mean + p->count * p->rows;
    p->test_mean = p->variance + p->count * p->rows;
    p->test_variance = p->test_mean + p->count * p->tests;
    if (status != EL4ML_OK) el4ml_fail(error, status, "gp-advice: out of memory");
    for (size_t k = 0; status == EL4ML_OK && k < p->count; k++) {
        status = el4ml_gp_leave_one_out(surface, x[chosen[k]], p->mean + k * p->rows,
                                        p->variance + k * p->rows, error);
        if (status == EL4ML_OK && p->tests > 0)
            status = el4ml_gp_predict(surface, x[chosen[k]], data->test.x, p->tests,
                                      p->test_mean + k * p->tests, p->test_variance + k * p->tests, error);
    }
    if (status == EL4ML_OK)
        *made = p;
    else
        el4ml_gp_pool_free(p);
    return status;
}

/* ln of the mixture's density at z, in one row of tables with `stride` rows. */
static double log_density(const el4ml_gp_pool *p, const double *mean, const double *variance, size_t stride,
                          size_t row, double z)
{
    double largest = -INFINITY, sum = 0, term[EL4ML_GP_POOL];
    for (size_t k = 0; k < p->count; k++) {
        const double v = variance[k * stride + row], off = z - mean[k * stride + row];
        term[k] = log(p->weight[k]) - (LOG_TWO_PI + log(v) + off * off / v) / 2;
        largest = fmax(largest, term[k]);
    }
    for (size_t k = 0; k < p->count; k++)
        sum += exp(term[k] - largest);
    return largest + log(sum);
}

/* By quadrature over each component of a. */
double el4ml_gp_divergence(const el4ml_gp_pool *a, const el4ml_gp_pool *b)
{
    double total = 0;
    for (size_t row = 0; row < a->rows; row++)
        for (size_t k = 0; k < a->count; k++) {
            const double mean = a->mean[k * a->rows + row], spread = sqrt(a->variance[k * a->rows + row]);
            for (int h = -3; h <= 3; h++) {
                const double z = mean + (h < 0 ? -1 : 1) * spread * node[h < 0 ? -h : h];
                total += a->weight[k] * share[h < 0 ? -h : h] *
                         (log_density(a, a->mean, a->variance, a->rows, row, z) -
                          log_density(b, b->mean, b->variance, b->rows, row, z));
            }
        }
    return total / (double)a->rows;
}

double el4ml_gp_test(const el4ml_gp_pool *p, const double *target, double *densities)
{
    double squares = 0;
    for (size_t row = 0; row < p->tests; row++) {
        double mean = 0;
        for (size_t k = 0; k < p->count; k++)
            mean += p->weight[k] * p->test_mean[k * p->tests + row];
        squares += (mean - target[row]) * (mean - target[row]);
        densities[row] = log_density(p, p->test_mean, p->test_variance, p->tests, row, target[row]);
    }
    return sqrt(squares / (double)p->tests);
}
