#include "base/linalg_kernels.h"

#include <math.h>

#include "base/vector.h"

#define L VECTOR_LANES

VECTOR_INLINE double dot_inline(size_t n, const double *x, const double *y)
{
    vector s0 = {0}, s1 = {0};
    size_t i = 0;
    for (; i + 2 * L <= n; i += 2 * L) {
        s0 += vector_load_unaligned(x + i) * vector_load_unaligned(y + i);
        s1 += vector_load_unaligned(x + i + L) * vector_load_unaligned(y + i + L);
    }
    if (i + L <= n) {
        s0 += vector_load_unaligned(x + i) * vector_load_unaligned(y + i);
        i += L;
    }
    double tail = 0;
    for (; i < n; i++)
        tail += x[i] * y[i];
    return vector_sum(s0 + s1) + tail;
}

static double dot(size_t n, const double *x, const double *y)
{
    return dot_inline(n, x, y);
}

static void axpy(size_t n, double a, const double *restrict x, double *restrict y)
{
    const vector factor = vector_all(a);
    size_t i = 0;
    for (; i + L <= n; i += L)
        vector_store_unaligned(y + i, vector_load_unaligned(y + i) + factor * vector_load_unaligned(x + i));
    for (; i < n; i++)
        y[i] += a * x[i];
}

/* Four rows against one vector: one load of x serves four products. */
VECTOR_INLINE void four_dots(size_t n, const double *a, size_t stride, const double *x, double *y)
{
    vector s[4] = {{0}, {0}, {0}, {0}};
    double tail[4] = {0};
    size_t i = 0;
    for (; i + L <= n; i += L) {
        const vector v = vector_load_unaligned(x + i);
        for (size_t r = 0; r < 4; r++)
            s[r] += vector_load_unaligned(a + r * stride + i) * v;
    }
    for (; i < n; i++)
        for (size_t r = 0; r < 4; r++)
            tail[r] += a[r * stride + i] * x[i];
    for (size_t r = 0; r < 4; r++)
        y[r] = vector_sum(s[r]) + tail[r];
}

static void product(size_t rows, size_t n, size_t stride, const double *a, const double *x, double *y)
{
    size_t i = 0;
    for (; i + 4 <= rows; i += 4)
        four_dots(n, a + i * stride, stride, x, y + i);
    for (; i < rows; i++)
        y[i] = dot_inline(n, a + i * stride, x);
}

static void rotate(size_t n, double c, double s, double *restrict x, double *restrict y)
{
    const vector vc = vector_all(c), vs = vector_all(s);
    size_t i = 0;
    for (; i + L <= n; i += L) {
        const vector p = vector_load_unaligned(x + i), q = vector_load_unaligned(y + i);
        vector_store_unaligned(x + i, vc * p - vs * q);
        vector_store_unaligned(y + i, vs * p + vc * q);
    }
    for (; i < n; i++) {
        const double p = x[i], q = y[i];
        x[i] = c * p - s * q;
        y[i] = s * p + c * q;
    }
}

static void rank_one(size_t rows, size_t n, size_t stride, const double *u, const double *restrict p,
                     double *restrict a)
{
    for (size_t r = 0; r < rows; r++) {
        double *row = a + r * stride;
        const vector vu = vector_all(u[r]);
        size_t i = 0;
        for (; i + L <= n; i += L)
            vector_store_unaligned(row + i,
                                   vector_load_unaligned(row + i) + vu * vector_load_unaligned(p + i));
        for (; i < n; i++)
            row[i] += u[r] * p[i];
    }
}

static void rank_two(size_t rows, size_t n, size_t stride, const double *u, const double *restrict p,
                     const double *v, const double *restrict q, double *restrict a)
{
    for (size_t r = 0; r < rows; r++) {
        double *row = a + r * stride;
        const vector vu = vector_all(u[r]), vv = vector_all(v[r]);
        size_t i = 0;
        for (; i + L <= n; i += L)
            vector_store_unaligned(row + i, vector_load_unaligned(row + i) +
                                                vu * vector_load_unaligned(p + i) +
                                                vv * vector_load_unaligned(q + i));
        for (; i < n; i++)
            row[i] += u[r] * p[i] + v[r] * q[i];
    }
}

#define NAME_(set) el4ml_linalg_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_linalg_kernels NAME(EL4ML_KERNEL_SET) = {dot, axpy, product, rotate, rank_one, rank_two};
