/* Sums over the pairs of a cluster, V = sum_{i<j} f(s), s = r^2, and their derivatives, for whatever pair
 * potential. With d = x_i - x_j, w = v_i - v_j:
 *     g_i     = sum_j 2 f' d
 *     (H v)_i = sum_j 2 f' w + 4 f'' d (d.w)
 * Vector lanes are atoms i. For second derivatives every atom j is broadcast to them: all n^2 pairs are
 * visited, twice as many as there are, and nothing is summed across lanes or scattered.
 *
 * Only *_kernels.c files include this, after they have defined
 *     ENERGY_FACTOR, SLOPE_FACTOR(range)             what energies and slopes below are multiplied by
 *     pair_slope slope_of_pair(range, s)             energy f / ENERGY_FACTOR, steep 2 f' / SLOPE_FACTOR
 *     pair_curvature curvature_of_pair(range, s)     a = 2 f', b = 4 f''
 * None may be infinite or NaN for s = 1e30, and all vanish there. */
#ifndef EL4ML_SURFACE_CLUSTER_PAIRS_H
#define EL4ML_SURFACE_CLUSTER_PAIRS_H

#include <string.h>

#include "surface/cluster_kernels.h"

enum { WIDTH = VECTOR_LANES };

#define INLINE VECTOR_INLINE

/* Added to s where i = j: the pair is then so far apart that it adds nothing, and no number overflows or
 * becomes denormal. Loading from 7 - lane puts the large number into that lane. */
static const double far_from_itself[2 * 8] = {[7] = 1e30};
#define PADDING 1e15 /* where lanes without an atom are */

INLINE vector itself(size_t lane)
{
    vector v;
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

/* WIDTH atoms' coordinates, as they follow each other in memory and sorted into x, y, z; and back. */
#if defined(EL4ML_KERNEL_avx512)
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
INLINE void sort_coordinates(vector v[3])
{
    const vector x = PICK(v[0], v[1], 0, 3, 6, 9, 12, 15, 0, 0),
                 y = PICK(v[0], v[1], 1, 4, 7, 10, 13, 0, 0, 0),
                 z = PICK(v[0], v[1], 2, 5, 8, 11, 14, 0, 0, 0);
    const vector last = v[2];
    v[0] = PICK(x, last, 0, 1, 2, 3, 4, 5, 10, 13);
    v[1] = PICK(y, last, 0, 1, 2, 3, 4, 8, 11, 14);
    v[2] = PICK(z, last, 0, 1, 2, 3, 4, 9, 12, 15);
}
INLINE void mix_coordinates(vector v[3])
{
    const vector a = PICK(v[0], v[1], 0, 8, 0, 1, 9, 0, 2, 10),
                 b = PICK(v[0], v[1], 0, 3, 11, 0, 4, 12, 0, 5),
                 c = PICK(v[0], v[1], 13, 0, 6, 14, 0, 7, 15, 0), z = v[2];
    v[0] = PICK(a, z, 0, 1, 8, 3, 4, 9, 6, 7);
    v[1] = PICK(b, z, 10, 1, 2, 11, 4, 5, 12, 7);
    v[2] = PICK(c, z, 0, 13, 2, 3, 14, 5, 6, 15);
}
#elif defined(EL4ML_KERNEL_avx2)
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
INLINE void sort_coordinates(vector v[3])
{
    const vector a = PICK(v[0], v[1], 0, 3, 6, 0), b = PICK(v[0], v[1], 1, 4, 7, 0),
                 c = PICK(v[0], v[1], 2, 5, 0, 0), last = v[2];
    v[0] = PICK(a, last, 0, 1, 2, 5);
    v[1] = PICK(b, last, 0, 1, 2, 6);
    v[2] = PICK(c, last, 0, 1, 4, 7);
}
INLINE void mix_coordinates(vector v[3])
{
    const vector a = PICK(v[0], v[1], 0, 4, 0, 1), b = PICK(v[0], v[1], 5, 0, 2, 6),
                 c = PICK(v[0], v[1], 0, 3, 7, 0), z = v[2];
    v[0] = PICK(a, z, 0, 1, 4, 3);
    v[1] = PICK(b, z, 0, 5, 2, 3);
    v[2] = PICK(c, z, 6, 1, 2, 7);
}
#else
INLINE void sort_coordinates(vector v[3])
{
    const vector a = v[0], b = v[1], c = v[2];
    v[0] = (vector){a[0], b[1]};
    v[1] = (vector){a[1], c[0]};
    v[2] = (vector){b[0], c[1]};
}
INLINE void mix_coordinates(vector v[3])
{
    const vector a = v[0], b = v[1], c = v[2];
    v[0] = (vector){a[0], b[0]};
    v[1] = (vector){c[0], a[1]};
    v[2] = (vector){b[1], c[1]};
}
#endif

/* Every pair once: (i, i + k), indices modulo n, for k = 1 ... n / 2; lanes are i, and the arrays are
 * continued periodically, so that the partners i + k are one load. Where n is even, k = n / 2 meets every
 * pair from both of its ends. The pair's slope is kept, and serves its other end in a second pass, where that
 * end is i and its partner i - k: nothing is scattered. */

typedef struct shell {
    size_t n, stride, length; /* length: of a periodic array */
    const double *x;          /* (3, length) */
    double range;
    double *slope; /* (EL4ML_CLUSTER_SHELLS, length) */
    double *g;     /* (3, stride) */
} shell;

typedef struct sums {
    vector e, x, y, z;
} sums;

/* Adds the pairs (i, i + k) to the sums of i and stores their slopes. */
INLINE sums add_ahead(sums f, const shell *s, size_t i, size_t k, double *slope)
{
    const double *x = s->x + i, *y = x + s->length, *z = y + s->length;
    const vector dx = vector_load(x) - vector_load_unaligned(x + k),
                 dy = vector_load(y) - vector_load_unaligned(y + k),
                 dz = vector_load(z) - vector_load_unaligned(z + k);
    const pair_slope p = slope_of_pair(s->range, dx * dx + dy * dy + dz * dz);
    vector_store_unaligned(slope + i, p.steep);
    vector_store_unaligned(slope + i + s->n, p.steep);
    f.e += p.energy;
    f.x += p.steep * dx;
    f.y += p.steep * dy;
    f.z += p.steep * dz;
    return f;
}

/* Adds the pairs (i, i - k). */
INLINE sums add_behind(sums f, const shell *s, size_t i, size_t k, const double *slope)
{
    const double *x = s->x + i, *y = x + s->length, *z = y + s->length;
    const size_t back = s->n - k;
    const vector steep = vector_load_unaligned(slope + i + back);
    f.x += steep * (vector_load(x) - vector_load_unaligned(x + back));
    f.y += steep * (vector_load(y) - vector_load_unaligned(y + back));
    f.z += steep * (vector_load(z) - vector_load_unaligned(z + back));
    return f;
}

INLINE sums load_sums(const shell *s, size_t i)
{
    return (sums){
        {0}, vector_load(s->g + i), vector_load(s->g + s->stride + i), vector_load(s->g + 2 * s->stride + i)};
}

INLINE void store_sums(const shell *s, size_t i, sums f)
{
    vector_store(s->g + i, f.x);
    vector_store(s->g + s->stride + i, f.y);
    vector_store(s->g + 2 * s->stride + i, f.z);
}

/* The shells k = from ... to - 1. Returns their energy / ENERGY_FACTOR.
 */
static double add_shells(const shell *s, size_t from, size_t to)
{
    const bool halved = s->n % 2 == 0 && to == s->n / 2 + 1; /* the last one has every pair twice */
    double total = 0;
    for (size_t i = 0; i < s->n; i += WIDTH) {
        sums f = load_sums(s, i);
        for (size_t k = from; k < to - halved; k++)
            f = add_ahead(f, s, i, k, s->slope + (k - from) * s->length);
        if (halved) {
            const vector once = f.e;
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

/* x into periodic arrays up to 2 n; what is beyond reaches no lane that is used. Returns 0, or NaN where a
 * coordinate is not finite: an atom at infinity has no part in any pair. */
static double read_coordinates(size_t n, size_t length, const double *x, double *s)
{
    vector sum = {0};
    for (size_t i = 0; i < n; i += WIDTH) {
        vector v[3];
        for (size_t k = 0; k < 3; k++) {
            const size_t at = 3 * i + k * WIDTH;
            v[k] = at + WIDTH <= 3 * n ? vector_load_unaligned(x + at)
                                       : vector_load_part(x + at, at < 3 * n ? 3 * n - at : 0);
            sum += 0.0 * v[k];
        }
        sort_coordinates(v);
        for (size_t k = 0; k < 3; k++)
            vector_store(s + k * length + i, v[k]);
    }
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < n; i += WIDTH)
            vector_store_unaligned(s + k * length + n + i, vector_load(s + k * length + i));
    return vector_sum(sum);
}

static void write_gradient(size_t n, size_t stride, double factor, const double *g, double *gradient)
{
    for (size_t i = 0; i < n; i += WIDTH) {
        vector v[3] = {factor * vector_load(g + i), factor * vector_load(g + stride + i),
                       factor * vector_load(g + 2 * stride + i)};
        mix_coordinates(v);
        for (size_t k = 0; k < 3; k++) {
            const size_t at = 3 * i + k * WIDTH;
            if (at + WIDTH <= 3 * n)
                vector_store_unaligned(gradient + at, v[k]);
            else if (at < 3 * n)
                vector_store_part(gradient + at, v[k], 3 * n - at);
        }
    }
}

static double value_gradient(size_t n, double range, const double *x, double *gradient, double *work)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), length = EL4ML_CLUSTER_PERIOD(n);
    const shell s = {n, stride, length, work, range, work + 3 * length + 3 * stride, work + 3 * length};
    double total = read_coordinates(n, length, x, work);
    memset(s.g, 0, 3 * stride * sizeof *s.g);
    for (size_t from = 1; from <= n / 2; from += EL4ML_CLUSTER_SHELLS) {
        const size_t end = n / 2 + 1,
                     to = end - from < EL4ML_CLUSTER_SHELLS ? end : from + EL4ML_CLUSTER_SHELLS;
        total += add_shells(&s, from, to);
    }
    write_gradient(n, stride, SLOPE_FACTOR(range), s.g, gradient);
    return ENERGY_FACTOR * total;
}

/* ---- Hessian times vectors ---- */

typedef struct second {
    vector dx, dy, dz, a, b; /* a = 2 f', b = 4 f'' */
} second;

INLINE second second_derivatives(double range, const double *s, size_t stride, size_t i, size_t j,
                                 vector extra)
{
    second p;
    p.dx = vector_load(s + i) - s[j];
    p.dy = vector_load(s + stride + i) - s[stride + j];
    p.dz = vector_load(s + 2 * stride + i) - s[2 * stride + j];
    const pair_curvature c = curvature_of_pair(range, p.dx * p.dx + p.dy * p.dy + p.dz * p.dz + extra);
    p.a = c.a;
    p.b = c.b;
    return p;
}

/* f += 2 f' w + 4 f'' d (d.w) for one vector v (structure of arrays). */
INLINE void add_product(const second *p, const double *v, size_t stride, size_t i, size_t j, vector f[3])
{
    const vector wx = vector_load(v + i) - v[j], wy = vector_load(v + stride + i) - v[stride + j];
    const vector wz = vector_load(v + 2 * stride + i) - v[2 * stride + j];
    const vector c = p->b * (p->dx * wx + p->dy * wy + p->dz * wz);
    f[0] = p->a * wx + (c * p->dx + f[0]);
    f[1] = p->a * wy + (c * p->dy + f[1]);
    f[2] = p->a * wz + (c * p->dz + f[2]);
}

/* `count` is a constant where this is inlined, so that the sums stay in registers. */
INLINE void multiply(size_t n, double range, size_t count, const double *s, const double *v, double *hv)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), size = 3 * stride;
    for (size_t i = 0; i < n; i += WIDTH) {
        vector f[3 * EL4ML_CLUSTER_VECTORS] = {{0}};
        for (size_t j = 0; j < n; j++) {
            const second p =
                second_derivatives(range, s, stride, i, j, j - i < WIDTH ? itself(j - i) : (vector){0});
            for (size_t k = 0; k < count; k++)
                add_product(&p, v + k * size, stride, i, j, f + 3 * k);
        }
        for (size_t k = 0; k < count; k++)
            for (size_t c = 0; c < 3; c++)
                vector_store(hv + k * size + c * stride + i, f[3 * k + c]);
    }
}

static void hessian_vector(size_t n, double range, const double *x, size_t count, const double *v, double *hv,
                           double *work)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), size = 3 * stride;
    double *s = work, *vs = s + size, *hvs = vs + EL4ML_CLUSTER_VECTORS * size;
    to_arrays(n, stride, x, PADDING, s);
    while (count > 0) {
        const size_t now = count >= 4 ? 4 : count >= 2 ? 2 : 1;
        for (size_t k = 0; k < now; k++)
            to_arrays(n, stride, v + k * 3 * n, 0, vs + k * size);
        if (now == 4)
            multiply(n, range, 4, s, vs, hvs);
        else if (now == 2)
            multiply(n, range, 2, s, vs, hvs);
        else
            multiply(n, range, 1, s, vs, hvs);
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
static void hessian(size_t n, double range, const double *x, double *h, double *work)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n), row = 3 * n;
    double *s = work, *p = work + 3 * stride;
    to_arrays(n, stride, x, PADDING, s);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < n; i += WIDTH) {
            const second t =
                second_derivatives(range, s, stride, i, j, j - i < WIDTH ? itself(j - i) : (vector){0});
            vector_store(p + i, t.dx);
            vector_store(p + stride + i, t.dy);
            vector_store(p + 2 * stride + i, t.dz);
            vector_store(p + 3 * stride + i, t.a);
            vector_store(p + 4 * stride + i, t.b);
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

#endif
