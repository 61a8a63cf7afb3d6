/* Known clusters and a plain minimiser, for the tests of Lennard-Jones and of cluster symmetry. */
#ifndef EL4ML_TESTS_CLUSTER_EXAMPLES_H
#define EL4ML_TESTS_CLUSTER_EXAMPLES_H

#include "base/factor.h"
#include "base/ldl.h"
#include "el4ml/surfaces.h"
#include "surface_harness.h"

#define BOND 1.122462048309373 /* 2^(1/6), the distance of two atoms at rest */

/* ---- Geometries ---- */

static inline void put(double *x, size_t i, double a, double b, double c)
{
    x[3 * i] = a;
    x[3 * i + 1] = b;
    x[3 * i + 2] = c;
}

/* `count` atoms on a circle, the first at angle `turn` (in steps of the ring). */
static inline size_t ring(double *x, size_t at, size_t count, double radius, double height, double turn)
{
    for (size_t k = 0; k < count; k++) {
        const double angle = 6.283185307179586 * ((double)k + turn) / (double)count;
        put(x, at + k, radius * cos(angle), radius * sin(angle), height);
    }
    return at + count;
}

static inline void chain(size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        put(x, i, BOND * (double)i, 0, 0);
}

/* Two apices over a ring of n - 2: trigonal bipyramid, octahedron, pentagonal bipyramid. */
static inline void bipyramid(size_t n, double *x)
{
    const double radius = BOND / (2 * sin(3.141592653589793 / (double)(n - 2)));
    const size_t at = ring(x, 0, n - 2, radius, 0, 0);
    const double height = sqrt(fmax(0.1, BOND * BOND - radius * radius));
    put(x, at, 0, 0, height);
    put(x, at + 1, 0, 0, -height);
}

static inline void tetrahedron(double *x)
{
    const double a = BOND / sqrt(8);
    put(x, 0, a, a, a);
    put(x, 1, a, -a, -a);
    put(x, 2, -a, a, -a);
    put(x, 3, -a, -a, a);
}

/* Pentagonal bipyramid with one face capped. */
static inline void capped_bipyramid(double *x)
{
    bipyramid(7, x);
    for (size_t k = 0; k < 3; k++)
        x[21 + k] = 1.75 * (x[k] + x[3 + k] + x[15 + k]) / 3;
    for (size_t k = 0; k < 2; k++)
        x[21 + k] *= 1.2;
}

/* Twelve vertices of an icosahedron of the given radius, a fivefold axis along z. */
static inline size_t icosahedron_shell(double *x, size_t at, double radius)
{
    const double height = radius / sqrt(5), side = 2 * height;
    put(x, at++, 0, 0, radius);
    at = ring(x, at, 5, side, height, 0);
    at = ring(x, at, 5, side, -height, 0.5);
    put(x, at++, 0, 0, -radius);
    return at;
}

static inline void icosahedron(double *x)
{
    put(x, 0, 0, 0, 0);
    icosahedron_shell(x, 1, 1.08);
}

/* Face-centred cubic truncated octahedron, centred on an octahedral hole: 6 + 8 + 24 atoms. */
static inline void truncated_octahedron(double *x)
{
    size_t at = 0;
    for (int i = -2; i <= 2; i++)
        for (int j = -2; j <= 2; j++)
            for (int k = -2; k <= 2; k++)
                if (abs(i + j + k) % 2 == 1 && i * i + j * j + k * k <= 5)
                    put(x, at++, 0.78 * i, 0.78 * j, 0.78 * k);
    ck_assert_uint_eq(at, 38);
}

/* Mackay's 55-atom icosahedron without its lower cap and its upper vertex: C5v, the bottom of LJ38's
 * icosahedral funnel. */
static inline void icosahedral_38(double *x)
{
    double v[36];
    size_t at = 1;
    put(x, 0, 0, 0, 0);
    at = icosahedron_shell(x, at, 1.08) - 1;
    icosahedron_shell(v, 0, 2.16);
    for (size_t i = 0; i < 6; i++)
        put(x, at++, v[3 * i], v[3 * i + 1], v[3 * i + 2]);
    for (size_t i = 0; i < 12; i++)
        for (size_t j = 0; j < i; j++) { /* middles of edges */
            const double *a = v + 3 * i, *b = v + 3 * j;
            if (el4ml_distance(3, a, b) > 1.1 * 2.16 || a[2] + b[2] < -0.1) continue;
            put(x, at++, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2);
        }
    ck_assert_uint_eq(at, 38);
}

/* ---- A plain minimiser ---- */

/* H plus one for every zero mode: positive definite at a minimum, with the product of the positive
 * eigenvalues as its determinant. */
static inline void shifted_hessian(el4ml_evaluator *e, const double *x, double *h)
{
    const size_t n = e->n;
    double *z = harness_vector(n * 6);
    const size_t count = el4ml_zero_modes(e, x, z);
    ck_assert_int_eq(el4ml_hessian(e, x, h), EL4ML_OK);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < n; i++)
            el4ml_axpy(n, z[k * n + i], z + k * n, h + i * n);
    el4ml_release(z);
}

/* Newton's method to |g| of 1e-12 or as near as rounding lets it; finds saddles as well. Returns V. */
static inline double newton(el4ml_evaluator *e, double *x)
{
    const size_t n = e->n;
    double *h = harness_vector(n * n), *g = harness_vector(n), value = NAN;
    el4ml_ldl factor;
    ck_assert(el4ml_ldl_init(&factor, n));
    for (int step = 0; step < 30; step++) {
        ck_assert_int_eq(el4ml_value_gradient(e, x, &value, g), EL4ML_OK);
        if (el4ml_norm(n, g) < 1e-12) break;
        shifted_hessian(e, x, h);
        ck_assert(el4ml_ldl_make(&factor, h, 0));
        el4ml_ldl_solve(&factor, g);
        el4ml_axpy(n, -1, g, x);
    }
    ck_assert_int_eq(el4ml_value_gradient(e, x, &value, g), EL4ML_OK);
    ck_assert_double_le(el4ml_norm(n, g), 1e-9);
    el4ml_release(h);
    el4ml_release(g);
    el4ml_ldl_clear(&factor);
    return value;
}

/* BFGS on the inverse Hessian b, steps of at most 0.3, halved while the energy rises. */
static inline bool bfgs(el4ml_evaluator *e, double *x, double target)
{
    const size_t n = e->n;
    double *b = harness_vector(n * n), *g = harness_vector(n), *g_new = harness_vector(n),
           *p = harness_vector(n);
    double *x_new = harness_vector(n), *y = harness_vector(n), *by = harness_vector(n), value, value_new;
    for (size_t i = 0; i < n; i++)
        b[i * n + i] = 0.005;
    ck_assert_int_eq(el4ml_value_gradient(e, x, &value, g), EL4ML_OK);
    int step = 0;
    for (; step < 3000 && el4ml_norm(n, g) > target; step++) {
        el4ml_symmetric_product(n, b, g, p);
        double t = -fmin(1, 0.3 / el4ml_norm(n, p));
        for (int half = 0; half < 40; half++, t /= 2) {
            el4ml_copy(n, x, x_new);
            el4ml_axpy(n, t, p, x_new);
            if (el4ml_value_gradient(e, x_new, &value_new, g_new) == EL4ML_OK && value_new <= value) break;
        }
        for (size_t i = 0; i < n; i++) {
            y[i] = g_new[i] - g[i];
            p[i] = x_new[i] - x[i];
        }
        const double py = el4ml_dot(n, p, y);
        if (py > 1e-12 * el4ml_norm(n, p) * el4ml_norm(n, y)) {
            el4ml_symmetric_product(n, b, y, by);
            const double c = (1 + el4ml_dot(n, y, by) / py) / py;
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                    b[i * n + j] += c * p[i] * p[j] - (by[i] * p[j] + p[i] * by[j]) / py;
        }
        el4ml_copy(n, x_new, x);
        el4ml_copy(n, g_new, g);
        value = value_new;
    }
    const bool reached = el4ml_norm(n, g) <= target;
    el4ml_release(b);
    el4ml_release(g);
    el4ml_release(g_new);
    el4ml_release(p);
    el4ml_release(x_new);
    el4ml_release(y);
    el4ml_release(by);
    return reached;
}

static inline double minimise(el4ml_evaluator *e, double *x)
{
    ck_assert(bfgs(e, x, 1e-4));
    return newton(e, x);
}

static inline double log_product(el4ml_evaluator *e, const double *x)
{
    double *h = harness_vector(e->n * e->n);
    shifted_hessian(e, x, h);
    el4ml_factor factor;
    ck_assert(el4ml_factor_init(&factor, e->n));
    ck_assert_msg(el4ml_factor_make(&factor, h, 0), "not a minimum");
    const double product = el4ml_factor_log_determinant(&factor);
    el4ml_factor_clear(&factor);
    el4ml_release(h);
    return product;
}

/* ---- A surface with its evaluator and a point ---- */

typedef struct cluster {
    el4ml_surface *surface;
    el4ml_evaluator e;
    double *x;
} cluster;

static inline cluster cluster_new(size_t atoms)
{
    cluster c = {0};
    ck_assert_int_eq(el4ml_lennard_jones_new(atoms, &c.surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&c.e, c.surface, NULL), EL4ML_OK);
    c.x = harness_vector(3 * atoms);
    return c;
}

static inline void cluster_free(cluster *c)
{
    el4ml_evaluator_clear(&c->e);
    el4ml_surface_free(c->surface);
    el4ml_release(c->x);
}

#endif
