#include "base/linalg_kernels.h"

#include <math.h>

#include "base/vector.h"

#define L VECTOR_LANES

VECTOR_INLINE double sum_lanes(vector x)
{
    double sum = 0;
    for (int k = 0; k < L; k++)
        sum += x[k];
    return sum;
}

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
    return sum_lanes(s0 + s1) + tail;
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
        y[r] = sum_lanes(s[r]) + tail[r];
}

static void product(size_t rows, size_t n, size_t stride, const double *a, const double *x, double *y)
{
    size_t i = 0;
    for (; i + 4 <= rows; i += 4)
        four_dots(n, a + i * stride, stride, x, y + i);
    for (; i < rows; i++)
        y[i] = dot_inline(n, a + i * stride, x);
}

/* Columns k ... k + columns - 1 of the factor, for all rows below; copied to `panel` (columns, n), where each
 * is contiguous. The trailing matrix has had all earlier columns taken out. */
static int factor_panel(size_t n, size_t k, size_t columns, double *a, double *panel)
{
    for (size_t c = 0; c < columns; c++) {
        double *column = panel + c * n;
        const size_t at = k + c;
        for (size_t i = at; i < n; i++) {
            double value = a[i * n + at];
            for (size_t r = 0; r < c; r++)
                value -= panel[r * n + i] * panel[r * n + at];
            column[i] = value;
        }
        if (!(column[at] > 0)) return 0;
        const double pivot = sqrt(column[at]), inverse = 1 / pivot;
        column[at] = a[at * n + at] = pivot;
        for (size_t i = at + 1; i < n; i++)
            a[i * n + at] = column[i] *= inverse;
    }
    return 1;
}

/* Four columns at a time, each panel then taken out of all that is left (right-looking). */
static int cholesky(size_t n, double *a, double *panel)
{
    for (size_t k = 0; k < n; k += 4) {
        const size_t columns = n - k < 4 ? n - k : 4, next = k + columns;
        if (!factor_panel(n, k, columns, a, panel)) return 0;
        if (columns < 4) return 1;
        const double *p0 = panel, *p1 = p0 + n, *p2 = p1 + n, *p3 = p2 + n;
        for (size_t i = next; i < n; i++) {
            double *row = a + i * n;
            const vector l0 = vector_all(p0[i]), l1 = vector_all(p1[i]), l2 = vector_all(p2[i]),
                         l3 = vector_all(p3[i]);
            size_t j = next;
            for (; j + L <= i + 1; j += L)
                vector_store_unaligned(
                    row + j, vector_load_unaligned(row + j) - l0 * vector_load_unaligned(p0 + j) -
                                 l1 * vector_load_unaligned(p1 + j) - l2 * vector_load_unaligned(p2 + j) -
                                 l3 * vector_load_unaligned(p3 + j));
            for (; j <= i; j++)
                row[j] -= p0[i] * p0[j] + p1[i] * p1[j] + p2[i] * p2[j] + p3[i] * p3[j];
        }
    }
    return 1;
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
const el4ml_linalg_kernels NAME(EL4ML_KERNEL_SET) = {dot, axpy, product, cholesky, rotate, rank_two};
