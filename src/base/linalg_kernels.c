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
    if (i < n) s1 += vector_load_part(x + i, n - i) * vector_load_part(y + i, n - i);
    return vector_sum(s0 + s1);
}

static double dot(size_t n, const double *x, const double *y)
{
    return dot_inline(n, x, y);
}

VECTOR_INLINE void axpy_inline(size_t n, double a, const double *restrict x, double *restrict y)
{
    const vector factor = vector_all(a);
    size_t i = 0;
    for (; i + L <= n; i += L)
        vector_store_unaligned(y + i, vector_load_unaligned(y + i) + factor * vector_load_unaligned(x + i));
    for (; i < n; i++) /* a masked store would make the next load of these wait */
        y[i] += a * x[i];
}

static void axpy(size_t n, double a, const double *restrict x, double *restrict y)
{
    axpy_inline(n, a, x, y);
}

/* L rows against one vector: one load of x serves all of them, and their lanes are added up together. */
VECTOR_INLINE vector dots(size_t n, const double *a, size_t stride, const double *x)
{
    vector s[L];
    UNROLL for (size_t r = 0; r < L; r++) s[r] = vector_all(0);
    size_t i = 0;
    for (; i + L <= n; i += L) {
        vector v = vector_load_unaligned(x + i);
        VECTOR_IN_REGISTER(v);
        UNROLL for (size_t r = 0; r < L; r++) s[r] += vector_load_unaligned(a + r * stride + i) * v;
    }
    if (i < n) {
        const vector v = vector_load_part(x + i, n - i);
        UNROLL for (size_t r = 0; r < L; r++) s[r] += vector_load_part(a + r * stride + i, n - i) * v;
    }
    return vector_sums(s);
}

static void product(size_t rows, size_t n, size_t stride, const double *a, const double *x, double *y)
{
    size_t i = 0;
    for (; i + L <= rows; i += L)
        vector_store_unaligned(y + i, dots(n, a + i * stride, stride, x));
    for (; i < rows; i++)
        y[i] = dot_inline(n, a + i * stride, x);
}

/* ---- Cholesky: L columns at a time, each panel then taken out of all that is left (right-looking) ---- */

/* The lower triangle of a (size, size), rows `stride` apart; inverse: 1 / diagonal. */
VECTOR_INLINE int factor_corner(size_t size, size_t stride, double *a, double *inverse)
{
    for (size_t c = 0; c < size; c++) {
        double *row = a + c * stride;
        if (!(row[c] > 0)) return 0;
        row[c] = sqrt(row[c]);
        inverse[c] = 1 / row[c];
        for (size_t i = c + 1; i < size; i++)
            a[i * stride + c] *= inverse[c];
        for (size_t i = c + 1; i < size; i++)
            for (size_t j = c + 1; j <= i; j++)
                a[i * stride + j] -= a[i * stride + c] * a[j * stride + c];
    }
    return 1;
}

/* Rows `from` on of the L columns at `at`, below the factorised corner: x corner^T = row for each, L rows
 * along the lanes. The factor's columns are also left in panel (L, n), each contiguous, past its end zeros.
 */
static void solve_panel(size_t n, size_t at, double *a, const double *inverse, double *panel, size_t stride)
{
    const double *corner = a + at * n + at;
    for (size_t from = at + L; from < n; from += L) {
        const size_t rows = n - from < L ? n - from : L;
        double *first = a + from * n + at;
        vector x[L];
        UNROLL for (size_t r = 0; r < L; r++) x[r] =
            r < rows ? vector_load_unaligned(first + r * n) : vector_all(0);
        vector_transpose(x);
        UNROLL for (size_t c = 0; c < L; c++)
        {
            UNROLL for (size_t k = 0; k < c; k++) x[c] -= corner[c * n + k] * x[k];
            x[c] *= inverse[c];
            vector_store_unaligned(panel + c * stride + from, x[c]);
        }
        vector_transpose(x);
        UNROLL for (size_t r = 0; r < L; r++) if (r < rows) vector_store_unaligned(first + r * n, x[r]);
    }
}

/* a[i][j] -= sum_c panel[c][i] panel[c][j] for `rows` rows i, at most TAKEN, from `row` on and the vectors j
 * from `next` to the last row's diagonal. */
enum { TAKEN = 4 };
VECTOR_INLINE void take_out(const size_t rows, size_t n, size_t row, size_t next, double *a,
                            const double *panel, size_t stride)
{
    for (size_t j = next; j < row + rows; j += L) {
        vector sum[TAKEN];
        const size_t left = n - j;
        double *to = a + row * n + j;
        UNROLL for (size_t r = 0; r < rows; r++) sum[r] =
            left < L ? vector_load_part(to + r * n, left) : vector_load_unaligned(to + r * n);
        UNROLL for (size_t c = 0; c < L; c++)
        {
            vector p = vector_load_unaligned(panel + c * stride + j);
            VECTOR_IN_REGISTER(p);
            UNROLL for (size_t r = 0; r < rows; r++) sum[r] -= panel[c * stride + row + r] * p;
        }
        UNROLL for (size_t r = 0; r < rows; r++)
        {
            if (left < L)
                vector_store_part(to + r * n, sum[r], left);
            else
                vector_store_unaligned(to + r * n, sum[r]);
        }
    }
}

static int cholesky(size_t n, double *a, double *panel)
{
    const size_t stride = EL4ML_CHOLESKY_STRIDE(n);
    double inverse[L];
    size_t k = 0;
    for (; k + L <= n; k += L) {
        if (!factor_corner(L, n, a + k * n + k, inverse)) return 0;
        solve_panel(n, k, a, inverse, panel, stride);
        size_t row = k + L;
        for (; row + TAKEN <= n; row += TAKEN)
            take_out(TAKEN, n, row, k + L, a, panel, stride);
        for (; row < n; row++)
            take_out(1, n, row, k + L, a, panel, stride);
    }
    return factor_corner(n - k, n, a + k * n + k, inverse);
}

/* L w = b: the dots with what is known already for L rows together, then the triangle among them. */
static void forward(size_t n, const double *factor, double *b)
{
    size_t i = 0;
    for (; i + L <= n; i += L) {
        const double *rows = factor + i * n;
        vector_store_unaligned(b + i, vector_load_unaligned(b + i) - dots(i, rows, n, b));
        double known[L];
        UNROLL for (size_t r = 0; r < L; r++)
        {
            double value = b[i + r];
            UNROLL for (size_t k = 0; k < r; k++) value -= rows[r * n + i + k] * known[k];
            b[i + r] = known[r] = value / rows[r * n + i + r];
        }
    }
    for (; i < n; i++)
        b[i] = (b[i] - dot_inline(i, factor + i * n, b)) / factor[i * n + i];
}

/* L^T x = b. */
static void backward(size_t n, const double *factor, double *b)
{
    for (size_t i = n; i-- > 0;) {
        b[i] /= factor[i * n + i];
        axpy_inline(i, -b[i], factor + i * n, b);
    }
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
const el4ml_linalg_kernels NAME(EL4ML_KERNEL_SET) = {dot,     axpy,     product, cholesky,
                                                     forward, backward, rotate,  rank_two};
