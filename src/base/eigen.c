/* Symmetric eigenproblems: Householder reduction to a tridiagonal matrix, then QL with implicit shifts
 * (Bowdler, Martin, Reinsch and Wilkinson, Numer. Math. 11, 293, 1968; Golub and Van Loan, ch. 8). Rows of z
 * are eigenvectors, so that every inner loop runs along memory. Ours, because BLAS builds without locks give
 * wrong numbers when two threads call them at once. */
#include <float.h>
#include <math.h>

#include "base/linalg.h"

/* An off-diagonal element this small, in a matrix scaled to size 1, is rounding of the reduction: it may
 * stand between two diagonal elements that are zero. */
#define NEGLIGIBLE 2e-17

/* Sorted ascending, eigenvectors with them. */
static void sort_pairs(size_t n, double *d, double *z)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t least = i;
        for (size_t j = i + 1; j < n; j++)
            if (d[j] < d[least]) least = j;
        if (least == i) continue;
        const double t = d[i];
        d[i] = d[least];
        d[least] = t;
        for (size_t k = 0; z && k < n; k++) {
            const double swap = z[i * n + k];
            z[i * n + k] = z[least * n + k];
            z[least * n + k] = swap;
        }
    }
}

/* One implicit QL sweep from m down to l. False when it broke off early: try again. */
static bool sweep(size_t n, size_t l, size_t m, double *d, double *e, double *z)
{
    double g = (d[l + 1] - d[l]) / (2 * e[l]);
    double r = sqrt(g * g + 1);
    g = d[m] - d[l] + e[l] / (g + copysign(r, g));
    double s = 1, c = 1, p = 0;
    for (size_t i = m; i-- > l;) {
        double f = s * e[i];
        const double b = c * e[i];
        r = sqrt(f * f + g * g); /* the matrix is scaled: no overflow */
        e[i + 1] = r;
        if (r == 0) { /* recover from underflow */
            d[i + 1] -= p;
            e[m] = 0;
            return false;
        }
        const double inverse = 1 / r;
        s = f * inverse;
        c = g * inverse;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (z) el4ml_rotate_pair(n, c, s, z + i * n, z + (i + 1) * n);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
    return true;
}

bool el4ml_tridiagonal(size_t n, double *d, double *e, double *z)
{
    if (n == 0) return true;
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fmax(fabs(d[i]), i + 1 < n ? fabs(e[i]) : 0));
    if (!(largest > 0)) largest = 1;
    int exponent;
    frexp(largest, &exponent);
    for (size_t i = 0; i < n; i++) { /* by a power of two: exact */
        d[i] = ldexp(d[i], -exponent);
        e[i] = i + 1 < n ? ldexp(e[i], -exponent) : 0;
    }
    e[n - 1] = 0; /* e has room for n */
    for (size_t i = 0; z && i < n * n; i++)
        z[i] = 0;
    for (size_t i = 0; z && i < n; i++)
        z[i * n + i] = 1;
    for (size_t l = 0; l < n; l++) {
        for (int iteration = 0;; iteration++) {
            size_t m = l;
            while (m + 1 < n && fabs(e[m]) > DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1])) + NEGLIGIBLE)
                m++;
            if (m == l) break;
            if (iteration == 60) return false;
            sweep(n, l, m, d, e, z);
        }
    }
    for (size_t i = 0; i < n; i++)
        d[i] = ldexp(d[i], exponent);
    sort_pairs(n, d, z);
    return true;
}

/* Reduce a (n, n) to d, e. Householder vector k, of length n - k - 1, is kept in row k of `vectors` from
 * column k + 1 on; H_k = 1 - beta_k v v^T. */
static void reduce(size_t n, double *a, double *vectors, double *beta, double *d, double *e, double *work)
{
    double *p = work;
    for (size_t k = 0; k + 1 < n; k++) {
        const size_t m = n - k - 1;
        double *v = vectors + k * n + k + 1;
        for (size_t i = 0; i < m; i++)
            v[i] = a[(k + 1 + i) * n + k];
        d[k] = a[k * n + k];
        const double tail = m > 1 ? el4ml_norm(m - 1, v + 1) : 0;
        if (tail == 0) {
            beta[k] = 0;
            e[k] = v[0];
            continue;
        }
        const double alpha = -copysign(hypot(v[0], tail), v[0]);
        e[k] = alpha;
        v[0] -= alpha;
        beta[k] = -1 / (alpha * v[0]); /* 2 / |v|^2 */
        double *block = a + (k + 1) * n + k + 1;
        el4ml_rows_product(m, m, n, block, v, p);
        el4ml_scale(m, beta[k], p);
        el4ml_axpy(m, -0.5 * beta[k] * el4ml_dot(m, v, p), v, p);
        el4ml_scale(m, -1, p);
        el4ml_rank_two(m, m, n, v, p, p, v, block); /* block -= v p^T + p v^T */
    }
    d[n - 1] = a[(n - 1) * n + n - 1];
    e[n - 1] = 0;
}

size_t el4ml_eigen_work_size(size_t n)
{
    return n * n + 4 * n + 8;
}

bool el4ml_eigen(size_t n, double *a, double *values, bool vectors, double *work, size_t work_size)
{
    if (work_size < el4ml_eigen_work_size(n)) return false;
    double *reflectors = work, *beta = reflectors + n * n, *e = beta + n, *scratch = e + n;
    for (size_t i = 0; i < n * n; i++)
        if (!isfinite(a[i])) return false;
    reduce(n, a, reflectors, beta, values, e, scratch);
    if (!el4ml_tridiagonal(n, values, e, vectors ? a : NULL)) return false;
    for (size_t k = n; vectors && k-- > 0;) { /* rows of a: z Q^T, reflector by reflector */
        if (k + 1 >= n || beta[k] == 0) continue;
        const size_t m = n - k - 1;
        const double *v = reflectors + k * n + k + 1;
        el4ml_rows_product(n, m, n, a + k + 1, v, scratch);
        el4ml_scale(n, -beta[k], scratch);
        el4ml_rank_one(n, m, n, scratch, v, a + k + 1);
    }
    return true;
}
