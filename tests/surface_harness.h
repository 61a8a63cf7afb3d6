/* One harness for every surface: exact derivatives, symmetry, zero modes and manners (x is left alone, NaN is
 * refused). For tests written with Check:
 *
 *     harness_surface(surface, seed, points);          at `points` random starts of the surface's own
 * initialiser harness_point(surface, x, seed);                 the same checks at x
 *     harness_stationary_point(surface, x, gradient);  and what only holds where |g| <= gradient: H z = 0
 *
 * Derivatives are compared with Richardson-extrapolated central differences over a ladder of steps; the step
 * whose neighbours agree best is taken, and their disagreement is the error bar. A check with a useless error
 * bar fails: it would prove nothing. */
#ifndef EL4ML_TESTS_SURFACE_HARNESS_H
#define EL4ML_TESTS_SURFACE_HARNESS_H

#include <check.h>
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "el4ml/surface.h"

#define HARNESS_TOLERANCE 1e-3      /* Euclidean distance within which two points are the same */
#define HARNESS_VECTORS 5           /* vectors that go into one Hessian-vector product */
#define HARNESS_LARGEST_HESSIAN 800 /* beyond this dimension the full matrix is not asked for */
#define HARNESS_LEVELS 9            /* steps of the ladder, each a quarter of the one before */

typedef struct harness {
    const el4ml_surface *surface;
    el4ml_evaluator e;
    el4ml_random random;
    size_t n;
    double *x;    /* the point under test */
    double *kept; /* what it must still be afterwards */
} harness;

static inline double *harness_vector(size_t n)
{
    double *v = EL4ML_NEW(double, n);
    ck_assert_ptr_nonnull(v);
    return v;
}

static inline harness harness_new(const el4ml_surface *surface, uint64_t seed)
{
    harness h = {.surface = surface, .n = surface->info.dimension};
    h.random = el4ml_random_new(seed, 77, 0);
    ck_assert_int_eq(el4ml_evaluator_init(&h.e, surface, NULL), EL4ML_OK);
    h.x = harness_vector(h.n);
    h.kept = harness_vector(h.n);
    return h;
}

static inline void harness_free(harness *h)
{
    el4ml_evaluator_clear(&h->e);
    el4ml_release(h->x);
    el4ml_release(h->kept);
}

static inline void harness_set(harness *h, const double *x)
{
    memcpy(h->x, x, h->n * sizeof *x);
    memcpy(h->kept, x, h->n * sizeof *x);
}

/* Every hook promises not to touch x. Called after each. */
static inline void harness_untouched(const harness *h, const char *hook)
{
    ck_assert_msg(memcmp(h->x, h->kept, h->n * sizeof *h->x) == 0, "%s changed x", hook);
}

static inline double harness_value(harness *h, const double *x, double *gradient)
{
    double value = NAN;
    ck_assert_int_eq(el4ml_value_gradient(&h->e, x, &value, gradient), EL4ML_OK);
    return value;
}

/* ---- Differences ---- */

/* (f(x + t d) - f(x - t d)) / 2t, f the value (m = 1) or the gradient (m = n). False where f is not finite.
 */
static inline bool harness_central(harness *h, const double *d, double t, size_t m, double *y)
{
    const size_t n = h->n;
    double *at = harness_vector(n), *plus = harness_vector(n), *minus = harness_vector(n);
    double v_plus = NAN, v_minus = NAN;
    for (size_t i = 0; i < n; i++)
        at[i] = h->x[i] + t * d[i];
    bool finite = el4ml_value_gradient(&h->e, at, &v_plus, plus) == EL4ML_OK;
    for (size_t i = 0; i < n; i++)
        at[i] = h->x[i] - t * d[i];
    finite = el4ml_value_gradient(&h->e, at, &v_minus, minus) == EL4ML_OK && finite;
    if (m == 1)
        y[0] = (v_plus - v_minus) / (2 * t);
    else
        for (size_t i = 0; i < n; i++)
            y[i] = (plus[i] - minus[i]) / (2 * t);
    el4ml_release(at);
    el4ml_release(plus);
    el4ml_release(minus);
    return finite;
}

/* Derivative of f along the unit vector d into y (m); returns the error bar: the change from the step before.
 */
static inline double harness_derivative(harness *h, const double *d, size_t m, double *y)
{
    double *coarse = harness_vector(m), *fine = harness_vector(m), *before = harness_vector(m);
    double *now = harness_vector(m), best = HUGE_VAL;
    const double size = 1 + fabs(harness_value(h, h->x, NULL));
    bool have_before = false;
    double t = 0.1 * h->surface->info.length_scale;
    for (size_t level = 0; level < HARNESS_LEVELS; level++, t *= 0.25) {
        const bool finite = harness_central(h, d, t, m, coarse) && harness_central(h, d, t / 2, m, fine);
        if (finite) { /* Richardson: the t^2 term cancels */
            for (size_t i = 0; i < m; i++)
                now[i] = (4 * fine[i] - coarse[i]) / 3;
            double change = have_before ? el4ml_distance(m, now, before) : HUGE_VAL;
            if (m == 1) change += 1e-15 * size / t; /* V is rounded, though two steps may agree by chance */
            if (change < best) {
                best = change;
                memcpy(y, now, m * sizeof *y);
            }
            memcpy(before, now, m * sizeof *now);
        }
        have_before = finite;
    }
    el4ml_release(coarse);
    el4ml_release(fine);
    el4ml_release(before);
    el4ml_release(now);
    return best;
}

/* Is `exact` (m) the derivative `y` with error bar `bar`, on the scale of `size`? */
static inline void harness_agree(const char *what, size_t m, const double *exact, const double *y, double bar,
                                 double size)
{
    const double off = el4ml_distance(m, exact, y);
    ck_assert_msg(bar <= 1e-5 * size, "%s: differences are of no use (error bar %g, size %g)", what, bar,
                  size);
    ck_assert_msg(off <= 20 * bar + 1e-8 * size, "%s: off by %g (error bar %g, size %g)", what, off, bar,
                  size);
}

static inline void harness_gradient(harness *h)
{
    const size_t n = h->n;
    double *g = harness_vector(n), *d = harness_vector(n), y, only;
    const double value = harness_value(h, h->x, g);
    harness_untouched(h, "value_gradient");
    ck_assert(harness_value(h, h->x, NULL) == value);
    const double floor = 1e-4 * (1 + fabs(value)) / h->surface->info.length_scale;
    const double size = el4ml_norm(n, g) + floor;
    const size_t directions = n <= 60 ? n : 30;
    for (size_t k = 0; k < directions;
         k++) { /* every coordinate of small surfaces; random directions of large */
        memset(d, 0, n * sizeof *d);
        if (n <= 60)
            d[k] = 1;
        else
            el4ml_random_direction(&h->random, n, d);
        const double bar = harness_derivative(h, d, 1, &y);
        only = el4ml_dot(n, g, d);
        harness_agree("gradient", 1, &only, &y, bar, size);
    }
    el4ml_release(g);
    el4ml_release(d);
}

/* ---- Second derivatives ---- */

static inline void harness_hessian_vector(harness *h)
{
    const size_t n = h->n;
    double *v = harness_vector(n * HARNESS_VECTORS), *hv = harness_vector(n * HARNESS_VECTORS);
    double *one = harness_vector(n), *y = harness_vector(n);
    for (size_t k = 0; k < HARNESS_VECTORS; k++)
        el4ml_random_direction(&h->random, n, v + k * n);
    ck_assert_int_eq(el4ml_hessian_vector(&h->e, h->x, HARNESS_VECTORS, v, hv), EL4ML_OK);
    harness_untouched(h, "hessian_vector");
    double size = 0;
    for (size_t k = 0; k < HARNESS_VECTORS; k++)
        size = fmax(size, el4ml_norm(n, hv + k * n));
    for (size_t k = 0; k < HARNESS_VECTORS; k++) {
        ck_assert_int_eq(el4ml_hessian_vector(&h->e, h->x, 1, v + k * n, one), EL4ML_OK);
        ck_assert_msg(el4ml_distance(n, one, hv + k * n) <= 1e-12 * size, "several vectors differ from one");
        const double bar = harness_derivative(h, v + k * n, n, y);
        harness_agree("Hessian-vector product", n, one, y, bar, size);
    }
    for (size_t count = 1; count < HARNESS_VECTORS; count++) { /* every count, so that remainders are met */
        double *part = harness_vector(n * count);
        ck_assert_int_eq(el4ml_hessian_vector(&h->e, h->x, count, v, part), EL4ML_OK);
        ck_assert_msg(el4ml_distance(n * count, part, hv) <= 1e-12 * size * (double)count, "count %zu",
                      count);
        el4ml_release(part);
    }
    el4ml_release(v);
    el4ml_release(hv);
    el4ml_release(one);
    el4ml_release(y);
}

static inline void harness_hessian(harness *h)
{
    const size_t n = h->n;
    if (n > HARNESS_LARGEST_HESSIAN) return;
    double *m = harness_vector(n * n), *v = harness_vector(n), *hv = harness_vector(n),
           *mv = harness_vector(n);
    memset(m, 0xff, n * n * sizeof *m); /* NaN: every element must be written */
    ck_assert_int_eq(el4ml_hessian(&h->e, h->x, m), EL4ML_OK);
    harness_untouched(h, "hessian");
    const double size = el4ml_norm(n * n, m);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(fabs(m[i * n + j] - m[j * n + i]) <= 1e-13 * size,
                          "Hessian not symmetric at %zu %zu", i, j);
    const size_t columns = n <= 40 ? n : 40;
    for (size_t k = 0; k < columns + 5; k++) {
        memset(v, 0, n * sizeof *v);
        if (k >= columns)
            el4ml_random_direction(&h->random, n, v);
        else
            v[n <= 40 ? k : (size_t)el4ml_random_below(&h->random, n)] = 1;
        ck_assert_int_eq(el4ml_hessian_vector(&h->e, h->x, 1, v, hv), EL4ML_OK);
        el4ml_symmetric_product(n, m, v, mv);
        ck_assert_msg(el4ml_distance(n, hv, mv) <= 1e-12 * size,
                      "H v differs from the Hessian times v by %g of %g", el4ml_distance(n, hv, mv), size);
    }
    el4ml_release(m);
    el4ml_release(v);
    el4ml_release(hv);
    el4ml_release(mv);
}

/* ---- Zero modes ---- */

/* Orthonormal, and g has no part along them; at a stationary point H z = 0 too. */
static inline void harness_zero_modes(harness *h, bool stationary)
{
    const size_t n = h->n, most = h->surface->info.max_zero_modes;
    double *z = harness_vector(n * (most + 1)), *g = harness_vector(n), *hz = harness_vector(n);
    const size_t count = el4ml_zero_modes(&h->e, h->x, NULL);
    ck_assert_uint_le(count, most);
    if (count > 0) ck_assert_uint_eq(el4ml_zero_modes(&h->e, h->x, z), count);
    harness_untouched(h, "zero_modes");
    harness_value(h, h->x, g);
    for (size_t k = 0; k < count; k++) {
        for (size_t l = 0; l <= k; l++)
            ck_assert_double_eq_tol(el4ml_dot(n, z + k * n, z + l * n), k == l ? 1 : 0, 1e-12);
        ck_assert_msg(fabs(el4ml_dot(n, g, z + k * n)) <= 1e-11 * (1 + el4ml_norm(n, g)),
                      "slope along a zero mode");
        if (!stationary || !h->surface->info.second_derivatives) continue;
        ck_assert_int_eq(el4ml_hessian_vector(&h->e, h->x, 1, z + k * n, hz), EL4ML_OK);
        double *v = harness_vector(n), *hv = harness_vector(n);
        el4ml_random_direction(&h->random, n, v);
        ck_assert_int_eq(el4ml_hessian_vector(&h->e, h->x, 1, v, hv), EL4ML_OK);
        ck_assert_msg(el4ml_norm(n, hz) <= 1e-7 * (1 + el4ml_norm(n, hv)), "H z = %g", el4ml_norm(n, hz));
        el4ml_release(v);
        el4ml_release(hv);
    }
    el4ml_release(z);
    el4ml_release(g);
    el4ml_release(hz);
}

/* ---- Symmetry ---- */

static inline void harness_spectrum(harness *h, const double *x, double *values)
{
    const size_t n = h->n, size = el4ml_eigen_work_size(n);
    double *m = harness_vector(n * n), *work = harness_vector(size);
    ck_assert_int_eq(el4ml_hessian(&h->e, x, m), EL4ML_OK);
    ck_assert(el4ml_eigen(n, m, values, false, work, size));
    el4ml_release(m);
    el4ml_release(work);
}

/* V, |g|, the Hessian's eigenvalues, multiplicity and descriptor are the same at y = g x. */
static inline void harness_invariants(harness *h, const double *y)
{
    const size_t n = h->n, k = h->surface->info.descriptor_size;
    double *gx = harness_vector(n), *gy = harness_vector(n);
    const double vx = harness_value(h, h->x, gx), vy = harness_value(h, y, gy), slope = el4ml_norm(n, gx);
    ck_assert_msg(fabs(vx - vy) <= 1e-11 * (1 + fabs(vx)), "V %.17g but %.17g at a symmetry copy", vx, vy);
    ck_assert_msg(fabs(slope - el4ml_norm(n, gy)) <= 1e-10 * (1 + slope), "|g| differs at a symmetry copy");
    double mx, my, ox, oy;
    ck_assert_int_eq(el4ml_multiplicity(&h->e, h->x, HARNESS_TOLERANCE, &mx, &ox), EL4ML_OK);
    ck_assert_int_eq(el4ml_multiplicity(&h->e, y, HARNESS_TOLERANCE, &my, &oy), EL4ML_OK);
    ck_assert_msg(ox == oy && (mx == my || fabs(mx - my) <= 1e-12 * fabs(mx)), "orders %g and %g", ox, oy);
    ck_assert(ox >= 1);
    if (k > 0) {
        double *dx = harness_vector(k), *dy = harness_vector(k);
        h->surface->ops.descriptor(h->surface->self, h->e.workspace, h->x, dx);
        h->surface->ops.descriptor(h->surface->self, h->e.workspace, y, dy);
        ck_assert_double_le(el4ml_distance(k, dx, dy), 1e-9 * (1 + el4ml_norm(k, dx)));
        el4ml_release(dx);
        el4ml_release(dy);
    }
    if (n <= HARNESS_LARGEST_HESSIAN / 2 && h->surface->info.second_derivatives) {
        harness_spectrum(h, h->x, gx);
        harness_spectrum(h, y, gy);
        const double largest = fmax(fabs(gx[0]), fabs(gx[n - 1]));
        for (size_t i = 0; i < n; i++)
            ck_assert_double_le(fabs(gx[i] - gy[i]), 1e-10 * (1 + largest));
    }
    harness_untouched(h, "a symmetry hook");
    el4ml_release(gx);
    el4ml_release(gy);
}

/* align(fixed, moving): an image of `moving` (same V), at the distance it claims, no farther than `moving`
 * was. */
static inline double harness_align(harness *h, const double *fixed, const double *moving, uint64_t variant)
{
    const size_t n = h->n;
    double *aligned = harness_vector(n), distance = NAN;
    ck_assert_int_eq(el4ml_align(&h->e, fixed, moving, variant, aligned, &distance), EL4ML_OK);
    ck_assert_double_eq_tol(el4ml_distance(n, fixed, aligned), distance, 1e-9 * (1 + distance));
    const double before = harness_value(h, moving, NULL), after = harness_value(h, aligned, NULL);
    ck_assert_msg(fabs(before - after) <= 1e-10 * (1 + fabs(before)),
                  "align gave something that is not an image");
    if (variant == 0) ck_assert_double_le(distance, el4ml_distance(n, fixed, moving) * (1 + 1e-9) + 1e-9);
    el4ml_release(aligned);
    return distance;
}

static inline bool harness_same(harness *h, const double *a, const double *b)
{
    bool same = false;
    ck_assert_int_eq(el4ml_same(&h->e, a, b, HARNESS_TOLERANCE, &same), EL4ML_OK);
    return same;
}

/* x + `size` times a random unit vector without the flat directions, so that it is really another point. */
static inline void harness_noise(harness *h, double size, double *y)
{
    const size_t n = h->n, count = el4ml_zero_modes(&h->e, h->x, NULL);
    double *z = harness_vector(n * (count + 1)), *d = harness_vector(n);
    if (count > 0) el4ml_zero_modes(&h->e, h->x, z);
    do {
        el4ml_random_direction(&h->random, n, d);
        el4ml_project_out(n, count, z, d);
    } while (count < n && el4ml_norm(n, d) < 0.1);
    const double norm = el4ml_norm(n, d);
    for (size_t i = 0; i < n; i++)
        y[i] = h->x[i] + size * d[i] / norm;
    el4ml_release(z);
    el4ml_release(d);
}

static inline void harness_symmetry(harness *h)
{
    const el4ml_surface_ops *ops = &h->surface->ops;
    const size_t n = h->n;
    double *y = harness_vector(n), *noisy = harness_vector(n);
    for (size_t trial = 0; trial < 4; trial++) {
        if (ops->random_operation)
            ops->random_operation(h->surface->self, h->e.workspace, &h->random, h->x, y);
        else
            memcpy(y, h->x, n * sizeof *y);
        harness_untouched(h, "random_operation");
        harness_invariants(h, y);
        ck_assert_msg(harness_same(h, h->x, y) && harness_same(h, y, h->x),
                      "a symmetry copy was not recognised");
        const double distance = harness_align(h, h->x, y, 0);
        ck_assert_msg(distance <= 1e-6 * (1 + el4ml_norm(n, h->x)), "align left %g to a symmetry copy",
                      distance);
        for (uint64_t variant = 1; variant < 4; variant++)
            harness_align(h, h->x, y, variant);
        if (el4ml_zero_modes(&h->e, h->x, NULL) == n) continue; /* a single atom: every point is the same */
        harness_noise(h, 1e-2, noisy);
        ck_assert_msg(!harness_same(h, h->x, noisy), "1e-2 away, called the same");
        ck_assert_msg(!harness_same(h, y, noisy), "1e-2 away from a symmetry copy, called the same");
        ck_assert_double_le(harness_align(h, noisy, y, 0), 1e-2 * (1 + 1e-6));
        harness_noise(h, 1e-5, noisy);
        ck_assert_msg(harness_same(h, y, noisy), "1e-5 away from a symmetry copy, called different");
        harness_untouched(h, "a symmetry hook");
    }
    el4ml_release(y);
    el4ml_release(noisy);
}

/* ---- Manners ---- */

static inline void harness_bad_numbers(harness *h)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    const size_t n = h->n;
    double *x = harness_vector(n), *g = harness_vector(n), *v = harness_vector(n), value;
    el4ml_random_direction(&h->random, n, v);
    for (size_t k = 0; k < 3; k++) {
        memcpy(x, h->x, n * sizeof *x);
        x[el4ml_random_below(&h->random, n)] = bad[k];
        ck_assert_int_eq(el4ml_value_gradient(&h->e, x, &value, g), EL4ML_NUMERICAL);
        ck_assert_int_eq(el4ml_value_gradient(&h->e, x, &value, NULL), EL4ML_NUMERICAL);
        if (!h->surface->info.second_derivatives) continue;
        ck_assert_int_eq(el4ml_hessian_vector(&h->e, x, 1, v, g), EL4ML_NUMERICAL);
        if (n > HARNESS_LARGEST_HESSIAN) continue;
        double *m = harness_vector(n * n);
        ck_assert_int_eq(el4ml_hessian(&h->e, x, m), EL4ML_NUMERICAL);
        el4ml_release(m);
    }
    el4ml_release(x);
    el4ml_release(g);
    el4ml_release(v);
}

/* Starts and steps: finite, inside, repeatable from the same random numbers, different from other ones. */
static inline void harness_random_points(harness *h)
{
    const size_t n = h->n;
    double *a = harness_vector(n), *b = harness_vector(n);
    el4ml_random first = h->random, again = h->random;
    el4ml_initialise(&h->e, &first, a);
    el4ml_initialise(&h->e, &again, b);
    ck_assert(memcmp(a, b, n * sizeof *a) == 0);
    ck_assert(el4ml_inside(&h->e, a));
    harness_value(h, a, NULL);
    el4ml_initialise(&h->e, &again, b);
    ck_assert(memcmp(a, b, n * sizeof *a) != 0);
    first = again = h->random;
    el4ml_perturb(&h->e, &first, 1.0, h->x, a);
    el4ml_perturb(&h->e, &again, 1.0, h->x, b);
    harness_untouched(h, "perturb");
    ck_assert(memcmp(a, b, n * sizeof *a) == 0 && memcmp(a, h->x, n * sizeof *a) != 0);
    for (size_t i = 0; i < n; i++)
        ck_assert(isfinite(a[i]));
    el4ml_perturb(&h->e, &first, 0.0, h->x, a);
    for (size_t i = 0; i < n; i++)
        ck_assert(isfinite(a[i]));
    h->random.draw += 1024 - h->random.draw % 4;
    el4ml_release(a);
    el4ml_release(b);
}

/* ---- Mini-batches ---- */

/* A shuffled partition of the rows, its parts weighted by their share of them, averages to V and its
 * gradient: one part, two, parts of 7, single rows. */
static inline void harness_batches(harness *h)
{
    const size_t n = h->n, rows = h->surface->info.rows, sizes[] = {rows, (rows + 1) / 2, 7, 1};
    size_t *order = EL4ML_NEW(size_t, rows);
    double *g = harness_vector(n), *part = harness_vector(n), *mean = harness_vector(n);
    ck_assert_ptr_nonnull(order);
    const double value = harness_value(h, h->x, g);
    for (size_t i = 0; i < rows; i++)
        order[i] = i;
    for (size_t k = 0; k < 4; k++) {
        double sum = 0, at;
        memset(mean, 0, n * sizeof *mean);
        el4ml_random_shuffle(&h->random, rows, order);
        const uint64_t before = h->e.cost.evaluations;
        for (size_t first = 0; first < rows; first += sizes[k]) {
            const size_t count = rows - first < sizes[k] ? rows - first : sizes[k];
            const double share = (double)count / (double)rows;
            ck_assert_int_eq(el4ml_batch_value_gradient(&h->e, h->x, count, order + first, &at, part),
                             EL4ML_OK);
            sum += share * at;
            el4ml_axpy(n, share, part, mean);
        }
        harness_untouched(h, "batch_value_gradient");
        ck_assert_uint_eq(h->e.cost.evaluations, before + 1);
        ck_assert_msg(fabs(sum - value) <= 1e-12 * (1 + fabs(value)), "batches of %zu: V is %g, not %g",
                      sizes[k], sum, value);
        const double error = el4ml_distance(n, mean, g);
        ck_assert_msg(error <= 1e-12 * (1 + el4ml_norm(n, g)), "batches of %zu: gradient off by %g", sizes[k],
                      error);
    }
    el4ml_release(order);
    el4ml_release(g);
    el4ml_release(part);
    el4ml_release(mean);
}

/* ---- What tests call ---- */

static inline void harness_all(harness *h, bool stationary)
{
    harness_gradient(h);
    if (h->surface->info.second_derivatives) {
        harness_hessian_vector(h);
        harness_hessian(h);
    }
    harness_zero_modes(h, stationary);
    harness_symmetry(h);
    if (h->surface->ops.batch_value_gradient) harness_batches(h);
    harness_bad_numbers(h);
    harness_random_points(h);
}

static inline void harness_point(const el4ml_surface *surface, const double *x, uint64_t seed)
{
    harness h = harness_new(surface, seed);
    harness_set(&h, x);
    harness_all(&h, false);
    harness_free(&h);
}

static inline void harness_stationary_point(const el4ml_surface *surface, const double *x, double gradient)
{
    harness h = harness_new(surface, 1);
    double *g = harness_vector(h.n);
    harness_set(&h, x);
    harness_value(&h, x, g);
    ck_assert_msg(el4ml_norm(h.n, g) <= gradient, "not stationary: |g| = %g", el4ml_norm(h.n, g));
    harness_all(&h, true);
    el4ml_release(g);
    harness_free(&h);
}

static inline void harness_surface(const el4ml_surface *surface, uint64_t seed, size_t points)
{
    harness h = harness_new(surface, seed);
    double *x = harness_vector(h.n);
    for (size_t k = 0; k < points; k++) {
        el4ml_initialise(&h.e, &h.random, x);
        harness_set(&h, x);
        harness_all(&h, false);
    }
    el4ml_release(x);
    harness_free(&h);
}

#endif
