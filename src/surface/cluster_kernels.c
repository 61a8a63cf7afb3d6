/* Lennard-Jones by its pairs, V = sum_{i<j} f(s), s = r^2, f = 4 (s^-6 - s^-3). With d = x_i - x_j, w = v_i -
 * v_j:
 *     g_i     = sum_j 2 f' d
 *     (H v)_i = sum_j 2 f' w + 4 f'' d (d.w)
 * Vector lanes are atoms i. For second derivatives every atom j is broadcast to them: all n^2 pairs are
 * visited, twice as many as there are, and nothing is summed across lanes or scattered. */
#include "surface/cluster_kernels.h"

#include <string.h>

#if defined(EL4ML_KERNEL_avx512) || defined(EL4ML_KERNEL_avx2)
#include <immintrin.h>
#endif

#if defined(EL4ML_KERNEL_avx512)
enum { WIDTH = 8 };
#elif defined(EL4ML_KERNEL_avx2)
enum { WIDTH = 4 };
#else
enum { WIDTH = 2 };
#endif

typedef double vec __attribute__((vector_size(WIDTH * 8), may_alias));
typedef double vec_unaligned __attribute__((vector_size(WIDTH * 8), may_alias, aligned(8)));

#define INLINE static inline __attribute__((always_inline))

/* a b + c, min. The compiler is not allowed to fuse by itself. */
#if defined(EL4ML_KERNEL_avx512)
INLINE vec fma3(vec a, vec b, vec c)
{
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
INLINE vec smaller(vec a, vec b)
{
    return (vec)_mm512_min_pd((__m512d)a, (__m512d)b);
}
#elif defined(EL4ML_KERNEL_avx2)
INLINE vec fma3(vec a, vec b, vec c)
{
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
INLINE vec smaller(vec a, vec b)
{
    return (vec)_mm256_min_pd((__m256d)a, (__m256d)b);
}
#else
INLINE vec fma3(vec a, vec b, vec c)
{
    return a * b + c;
}
INLINE vec smaller(vec a, vec b)
{
    vec least;
    for (size_t k = 0; k < WIDTH; k++)
        least[k] = a[k] < b[k] ? a[k] : b[k];
    return least;
}
#endif

INLINE vec load(const double *p)
{
    return *(const vec *)p;
}

INLINE vec spread(double a)
{
    return (vec){0} + a;
}

/* Added to s where i = j: the pair is then so far apart that it adds nothing, and no number overflows or
 * becomes denormal. Loading from 7 - lane puts the large number into that lane. */
static const double far_from_itself[2 * 8] = {[7] = 1e30};
#define PADDING 1e15 /* where lanes without an atom are */

INLINE vec itself(size_t lane)
{
    vec v;
    memcpy(&v, far_from_itself + 7 - lane, sizeof v);
    return v;
}

static void to_arrays(size_t n, size_t stride, const double *x, double padding, double *s)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            s[k * stride + i] = x[3 * i + k];
    for (size_t i = n; i < stride; i++)
        for (size_t k = 0; k < 3; k++)
            s[k * stride + i] = padding;
}

static void from_arrays(size_t n, size_t stride, const double *s, double scale, double *x)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            x[3 * i + k] = scale * s[k * stride + i];
}

/* ---- Value and gradient ---- */

/* Every pair once: (i, i + k), indices modulo n, for k = 1 ... n / 2; lanes are i, and the arrays are
 * continued periodically, so that the partners i + k are one load. Where n is even, k = n / 2 meets every
 * pair from both of its ends. The pair's slope is kept, and serves its other end in a second pass, where that
 * end is i and its partner i - k: nothing is scattered. */

typedef struct shell {
    size_t n, stride, length; /* length: of a periodic array */
    const double *x;          /* (3, length) */
    double *slope;            /* (EL4ML_CLUSTER_SHELLS, length) */
    double *g;                /* (3, stride) */
} shell;

typedef struct sums {
    vec e, x, y, z;
} sums;

INLINE void continue_periodically(size_t n, size_t length, double *x)
{
    for (size_t i = n; i < length; i++)
        x[i] = x[i - n];
}

INLINE vec load_any(const double *p)
{
    return *(const vec_unaligned *)p;
}

/* Adds the pairs (i, i + k) to the sums of i and stores their slopes, - f' / 24. */
INLINE sums add_ahead(sums f, const shell *s, size_t i, size_t k, double *slope)
{
    const double *x = s->x + i, *y = x + s->length, *z = y + s->length;
    const vec dx = load(x) - load_any(x + k), dy = load_any(y) - load_any(y + k),
              dz = load_any(z) - load_any(z + k);
    const vec inv = 1.0 / fma3(dx, dx, fma3(dy, dy, dz * dz));
    const vec r6 = inv * inv * inv, steep = (inv * r6) * (r6 - 0.5);
    *(vec_unaligned *)(slope + i) = steep;
    *(vec_unaligned *)(slope + i + s->n) = steep;
    f.e = fma3(r6, r6 - 1.0, f.e);
    f.x = fma3(steep, dx, f.x);
    f.y = fma3(steep, dy, f.y);
    f.z = fma3(steep, dz, f.z);
    return f;
}

/* Adds the pairs (i, i - k). */
INLINE sums add_behind(sums f, const shell *s, size_t i, size_t k, const double *slope)
{
    const double *x = s->x + i, *y = x + s->length, *z = y + s->length;
    const size_t back = s->n - k;
    const vec steep = load_any(slope + i + back);
    f.x = fma3(steep, load(x) - load_any(x + back), f.x);
    f.y = fma3(steep, load_any(y) - load_any(y + back), f.y);
    f.z = fma3(steep, load_any(z) - load_any(z + back), f.z);
    return f;
}

INLINE sums load_sums(const shell *s, size_t i)
{
    return (sums){{0}, load(s->g + i), load(s->g + s->stride + i), load(s->g + 2 * s->stride + i)};
}

INLINE void store_sums(const shell *s, size_t i, sums f)
{
    *(vec *)(s->g + i) = f.x;
    *(vec *)(s->g + s->stride + i) = f.y;
    *(vec *)(s->g + 2 * s->stride + i) = f.z;
}

/* The shells k = from ... to - 1. Returns their energy / 4. */
static double add_shells(const shell *s, size_t from, size_t to)
{
    const bool halved = s->n % 2 == 0 && to == s->n / 2 + 1; /* the last one has every pair twice */
    double total = 0;
    for (size_t i = 0; i < s->n; i += WIDTH) {
        sums f = load_sums(s, i);
        for (size_t k = from; k < to - halved; k++)
            f = add_ahead(f, s, i, k, s->slope + (k - from) * s->length);
        if (halved) {
            const vec once = f.e;
            f = add_ahead(f, s, i, to - 1, s->slope + (to - 1 - from) * s->length);
            f.e = 0.5 * (f.e + once);
        }
        store_sums(s, i, f);
        for (size_t k = 0; k < WIDTH && i + k < s->n; k++)
            total += f.e[k];
    }
    for (size_t i = 0; i < s->n; i += WIDTH) {
        sums f = load_sums(s, i);
        for (size_t k = from; k < to - halved; k++)
            f = add_behind(f, s, i, k, s->slope + (k - from) * s->length);
        store_sums(s, i, f);
    }
    return total;
}

/* 0, or NaN: an atom at infinity has no part in any pair. */
static double zero_if_finite(const shell *s)
{
    vec sum = {0};
    for (size_t i = 0; i < s->n; i += WIDTH)
        for (size_t k = 0; k < 3; k++)
            sum += 0.0 * load(s->x + k * s->length + i);
    double total = 0;
    for (size_t k = 0; k < WIDTH; k++)
        total += sum[k];
    return total;
}

static double value_gradient(size_t n, const double *x, double *gradient, double *work)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), length = EL4ML_CLUSTER_PERIOD(n);
    const shell s = {n, stride, length, work, work + 3 * length + 3 * stride, work + 3 * length};
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < n; i++)
            work[k * length + i] = x[3 * i + k];
        continue_periodically(n, length, work + k * length);
    }
    memset(s.g, 0, 3 * stride * sizeof *s.g);
    double total = zero_if_finite(&s);
    for (size_t from = 1; from <= n / 2; from += EL4ML_CLUSTER_SHELLS) {
        const size_t end = n / 2 + 1,
                     to = end - from < EL4ML_CLUSTER_SHELLS ? end : from + EL4ML_CLUSTER_SHELLS;
        total += add_shells(&s, from, to);
    }
    from_arrays(n, stride, s.g, -48, gradient);
    return 4 * total;
}

/* ---- Hessian times vectors ---- */

typedef struct second {
    vec dx, dy, dz, a, b; /* a = 2 f', b = 4 f'' */
} second;

INLINE second second_derivatives(const double *s, size_t stride, size_t i, size_t j, vec extra)
{
    second p;
    p.dx = load(s + i) - s[j];
    p.dy = load(s + stride + i) - s[stride + j];
    p.dz = load(s + 2 * stride + i) - s[2 * stride + j];
    const vec inv = 1.0 / fma3(p.dx, p.dx, fma3(p.dy, p.dy, fma3(p.dz, p.dz, extra)));
    const vec r6 = inv * inv * inv, part = inv * r6;
    p.a = part * (24.0 - 48.0 * r6);
    p.b = (inv * part) * (672.0 * r6 - 192.0);
    return p;
}

/* f += 2 f' w + 4 f'' d (d.w) for one vector v (structure of arrays). */
INLINE void add_product(const second *p, const double *v, size_t stride, size_t i, size_t j, vec f[3])
{
    const vec wx = load(v + i) - v[j], wy = load(v + stride + i) - v[stride + j];
    const vec wz = load(v + 2 * stride + i) - v[2 * stride + j];
    const vec c = p->b * fma3(p->dx, wx, fma3(p->dy, wy, p->dz * wz));
    f[0] = fma3(p->a, wx, fma3(c, p->dx, f[0]));
    f[1] = fma3(p->a, wy, fma3(c, p->dy, f[1]));
    f[2] = fma3(p->a, wz, fma3(c, p->dz, f[2]));
}

/* `count` is a constant where this is inlined, so that the sums stay in registers. */
INLINE void multiply(size_t n, size_t count, const double *s, const double *v, double *hv)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), size = 3 * stride;
    for (size_t i = 0; i < n; i += WIDTH) {
        vec f[3 * EL4ML_CLUSTER_VECTORS] = {{0}};
        for (size_t j = 0; j < n; j++) {
            const second p = second_derivatives(s, stride, i, j, j - i < WIDTH ? itself(j - i) : (vec){0});
            for (size_t k = 0; k < count; k++)
                add_product(&p, v + k * size, stride, i, j, f + 3 * k);
        }
        for (size_t k = 0; k < count; k++)
            for (size_t c = 0; c < 3; c++)
                *(vec *)(hv + k * size + c * stride + i) = f[3 * k + c];
    }
}

static void hessian_vector(size_t n, const double *x, size_t count, const double *v, double *hv, double *work)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), size = 3 * stride;
    double *s = work, *vs = s + size, *hvs = vs + EL4ML_CLUSTER_VECTORS * size;
    to_arrays(n, stride, x, PADDING, s);
    while (count > 0) {
        const size_t now = count >= 4 ? 4 : count >= 2 ? 2 : 1;
        for (size_t k = 0; k < now; k++)
            to_arrays(n, stride, v + k * 3 * n, 0, vs + k * size);
        if (now == 4)
            multiply(n, 4, s, vs, hvs);
        else if (now == 2)
            multiply(n, 2, s, vs, hvs);
        else
            multiply(n, 1, s, vs, hvs);
        for (size_t k = 0; k < now; k++)
            from_arrays(n, stride, hvs + k * size, 1, hv + k * 3 * n);
        v += now * 3 * n;
        hv += now * 3 * n;
        count -= now;
    }
}

/* ---- Hessian ---- */

/* Block (i, j) from d, a, b; -block is added to the diagonal's six sums. */
INLINE void put_block(double *h, size_t row, const double d[3], double a, double b, double diagonal[6])
{
    const double bx = b * d[0], by = b * d[1], bz = b * d[2];
    const double xx = bx * d[0] + a, yy = by * d[1] + a, zz = bz * d[2] + a;
    const double xy = bx * d[1], xz = bx * d[2], yz = by * d[2];
    h[0] = -xx;
    h[row + 1] = -yy;
    h[2 * row + 2] = -zz;
    h[1] = h[row] = -xy;
    h[2] = h[2 * row] = -xz;
    h[row + 2] = h[2 * row + 1] = -yz;
    diagonal[0] += xx;
    diagonal[1] += xy;
    diagonal[2] += xz;
    diagonal[3] += yy;
    diagonal[4] += yz;
    diagonal[5] += zz;
}

/* Rows of atom j: its pairs with all lanes i into p (5, stride), then block by block. */
static void hessian(size_t n, const double *x, double *h, double *work)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), row = 3 * n;
    double *s = work, *p = work + 3 * stride;
    to_arrays(n, stride, x, PADDING, s);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < n; i += WIDTH) {
            const second t = second_derivatives(s, stride, i, j, j - i < WIDTH ? itself(j - i) : (vec){0});
            *(vec *)(p + i) = t.dx;
            *(vec *)(p + stride + i) = t.dy;
            *(vec *)(p + 2 * stride + i) = t.dz;
            *(vec *)(p + 3 * stride + i) = t.a;
            *(vec *)(p + 4 * stride + i) = t.b;
        }
        double m[6] = {0}, *rows = h + 3 * j * row;
        m[0] = 0 * (s[j] + s[stride + j] +
                    s[2 * stride + j]); /* NaN passes through even where there is no pair */
        for (size_t i = 0; i < n; i++) {
            if (i == j) continue;
            const double d[3] = {p[i], p[stride + i], p[2 * stride + i]};
            put_block(rows + 3 * i, row, d, p[3 * stride + i], p[4 * stride + i], m);
        }
        double *b = rows + 3 * j;
        b[0] = m[0];
        b[1] = b[row] = m[1];
        b[2] = b[2 * row] = m[2];
        b[row + 1] = m[3];
        b[row + 2] = b[2 * row + 1] = m[4];
        b[2 * row + 2] = m[5];
    }
}

/* ---- How well two clusters overlap ---- */

static double nearest(size_t n, const double *a, const double *weight, const double *b,
                      const double rotation[9], double *rotated)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n);
    for (size_t i = 0; i < n; i += WIDTH)
        for (size_t k = 0; k < 3; k++) {
            const double *r = rotation + 3 * k;
            *(vec *)(rotated + k * stride + i) =
                fma3(spread(r[0]), load(b + i),
                     fma3(spread(r[1]), load(b + stride + i), r[2] * load(b + 2 * stride + i)));
        }
    vec sum = {0};
    for (size_t i = 0; i < n; i += WIDTH) {
        const vec x = load(a + i), y = load(a + stride + i), z = load(a + 2 * stride + i);
        vec least = spread(1e300);
        for (size_t j = 0; j < n; j++) {
            const vec dx = x - rotated[j], dy = y - rotated[stride + j], dz = z - rotated[2 * stride + j];
            least = smaller(least, fma3(dx, dx, fma3(dy, dy, dz * dz)));
        }
        sum = fma3(load(weight + i), least, sum);
    }
    double total = 0;
    for (size_t k = 0; k < WIDTH; k++)
        total += sum[k];
    return total;
}

#define NAME_(set) el4ml_cluster_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_cluster_kernels NAME(EL4ML_KERNEL_SET) = {value_gradient, hessian_vector, hessian, nearest};
