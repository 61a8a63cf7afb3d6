#include "surface/mixture_kernels.h"

#include <math.h>

#include "base/vector_math.h"

static void shift(size_t features, size_t points, const double *x, const double *by, double *z)
{
    for (size_t j = 0; j < features; j++, x += points, z += points)
        for (size_t p = 0; p < points; p += VECTOR_LANES)
            vector_store(z + p, vector_load(x + p) - by[j]);
}

static void scale(size_t features, size_t points, const double *z, const double *factor, double *y)
{
    for (size_t j = 0; j < features; j++, z += points, y += points)
        for (size_t p = 0; p < points; p += VECTOR_LANES)
            vector_store(y + p, factor[j] * vector_load(z + p));
}

static void dot(size_t features, size_t points, const double *a, const double *b, double base, double factor,
                double *out)
{
    for (size_t p = 0; p < points; p += VECTOR_LANES) {
        vector sum = vector_all(0);
        for (size_t j = 0; j < features; j++)
            sum += vector_load(a + j * points + p) * vector_load(b + j * points + p);
        vector_store(out + p, base + factor * sum);
    }
}

static void weigh(size_t features, size_t points, const double *weight, const double *z, double *out)
{
    for (size_t j = 0; j < features; j++, z += points, out += points)
        for (size_t p = 0; p < points; p += VECTOR_LANES)
            vector_store(out + p, vector_load(weight + p) * vector_load(z + p));
}

static double shares(size_t components, size_t points, const double *present, const double *l, double *r)
{
    vector total = vector_all(0);
    for (size_t p = 0; p < points; p += VECTOR_LANES) {
        vector top = vector_load(l + p), sum = vector_all(0);
        for (size_t k = 1; k < components; k++)
            top = vector_max(top, vector_load(l + k * points + p));
        for (size_t k = 0; k < components; k++) {
            const vector e = vector_exp(vector_load(l + k * points + p) - top);
            vector_store(r + k * points + p, e);
            sum += e;
        }
        const vector here = vector_load(present + p), share = here / sum;
        for (size_t k = 0; k < components; k++)
            vector_store(r + k * points + p, share * vector_load(r + k * points + p));
        total += here * (top + vector_log(sum));
    }
    return vector_sum(total);
}

static void share_changes(size_t components, size_t points, const double *r, double *change)
{
    for (size_t p = 0; p < points; p += VECTOR_LANES) {
        vector mean = vector_all(0);
        for (size_t k = 0; k < components; k++)
            mean += vector_load(r + k * points + p) * vector_load(change + k * points + p);
        for (size_t k = 0; k < components; k++) {
            double *at = change + k * points + p;
            vector_store(at, vector_load(r + k * points + p) * (vector_load(at) - mean));
        }
    }
}

static double sum_of(size_t points, const double *a)
{
    vector sum = vector_all(0);
    for (size_t p = 0; p < points; p += VECTOR_LANES)
        sum += vector_load(a + p);
    return vector_sum(sum);
}

static void diagonal_moments(size_t features, size_t points, const double *weight, const double *z,
                             double *sums)
{
    sums[0] += sum_of(points, weight);
    for (size_t j = 0; j < features; j++, z += points) {
        vector first = vector_all(0), second = vector_all(0);
        for (size_t p = 0; p < points; p += VECTOR_LANES) {
            const vector x = vector_load(z + p), weighted = vector_load(weight + p) * x;
            first += weighted;
            second += weighted * x;
        }
        sums[1 + j] += vector_sum(first);
        sums[1 + features + j] += vector_sum(second);
    }
}

#define NAME_(set) el4ml_mixture_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_mixture_kernels NAME(EL4ML_KERNEL_SET) = {shift,  scale,         dot,    weigh,
                                                      shares, share_changes, sum_of, diagonal_moments};
