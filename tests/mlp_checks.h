/* A net's derivatives, on every kernel set, against the long double reference. */
#ifndef MLP_CHECKS_H
#define MLP_CHECKS_H

#include <check.h>
#include <math.h>

#include "base/linalg.h"
#include "mlp_net.h"

/* Largest difference over the largest entry of the reference (or `floor`). */
static inline double relative_error(size_t n, const double *x, const real *y, double floor)
{
    real worst = 0, size = floor;
    for (size_t i = 0; i < n; i++) {
        const real d = fabsl(x[i] - y[i]);
        if (!(d <= worst)) worst = d;
        if (fabsl(y[i]) > size) size = fabsl(y[i]);
    }
    return (double)(worst / size);
}

static inline void check_gradient(net *t, const double *x, double tolerance)
{
    const size_t n = t->n;
    double *g = fixture_doubles(n), value, again;
    real *wide = widen(n, x), *expected = fixture_memory(n, sizeof *expected);
    const real v = reference_gradient(&t->r, wide, expected);
    for (size_t k = 0; k < t->sets; k++) {
        ck_assert_int_eq(el4ml_value_gradient(&t->e[k], x, &value, g), EL4ML_OK);
        ck_assert_msg(fabsl(value - v) <= tolerance * (1 + fabsl(v)), "%s: V %.17g, reference %.17Lg",
                      name(t, k), value, v);
        const double error = relative_error(n, g, expected, 1e-3);
        ck_assert_msg(error <= tolerance, "%s: gradient off by %g", name(t, k), error);
        ck_assert_int_eq(el4ml_value_gradient(&t->e[k], x, &again, NULL), EL4ML_OK);
        ck_assert_double_eq(value, again);
    }
    free(g);
    free(wide);
    free(expected);
}

static inline void check_products(net *t, const double *x, double step, double tolerance)
{
    enum { VECTORS = 3 };
    const size_t n = t->n;
    double *v = fixture_doubles(VECTORS * n), *hv = fixture_doubles(VECTORS * n), *one = fixture_doubles(n);
    real *wide = widen(n, x), *expected = fixture_memory(VECTORS * n, sizeof *expected);
    el4ml_random random = el4ml_random_new(3, 3, n);
    for (size_t i = 0; i < VECTORS; i++) {
        el4ml_random_direction(&random, n, v + i * n);
        real *direction = widen(n, v + i * n);
        reference_product(&t->r, wide, direction, step, expected + i * n);
        free(direction);
    }
    for (size_t k = 0; k < t->sets; k++) {
        ck_assert_int_eq(el4ml_hessian_vector(&t->e[k], x, VECTORS, v, hv), EL4ML_OK);
        for (size_t i = 0; i < VECTORS; i++) {
            const double error = relative_error(n, hv + i * n, expected + i * n, 1e-3);
            ck_assert_msg(error <= tolerance, "%s: product off by %g", name(t, k), error);
            ck_assert_int_eq(el4ml_hessian_vector(&t->e[k], x, 1, v + i * n, one), EL4ML_OK);
            bool alike = true; /* several at once are what each is alone */
            for (size_t p = 0; p < n; p++)
                alike &= fabs(one[p] - hv[i * n + p]) <= 1e-13 * (1 + fabs(one[p]));
            ck_assert(alike);
        }
    }
    free(v);
    free(hv);
    free(one);
    free(wide);
    free(expected);
}

/* Against the reference along the axes, a few dozen of them where there are many. */
static inline void check_hessian(net *t, const double *x, double step, double tolerance)
{
    const size_t n = t->n, every = n > 40 ? n / 19 : 1;
    double *h[EL4ML_AVX512 + 1];
    real *wide = widen(n, x), *axis = fixture_memory(n, sizeof *axis),
         *expected = fixture_memory(n, sizeof *expected);
    for (size_t k = 0; k < t->sets; k++) {
        h[k] = fixture_doubles(n * n);
        ck_assert_int_eq(el4ml_hessian(&t->e[k], x, h[k]), EL4ML_OK);
        bool symmetric = true;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++)
                symmetric &= h[k][i * n + j] == h[k][j * n + i];
        ck_assert(symmetric);
    }
    for (size_t i = 0; i < n; i += every) {
        axis[i] = 1;
        reference_product(&t->r, wide, axis, step, expected);
        axis[i] = 0;
        for (size_t k = 0; k < t->sets; k++) {
            const double error = relative_error(n, h[k] + i * n, expected, 1e-2);
            ck_assert_msg(error <= tolerance, "%s: Hessian row %zu off by %g", name(t, k), i, error);
        }
    }
    for (size_t k = 0; k < t->sets; k++)
        free(h[k]);
    free(wide);
    free(axis);
    free(expected);
}

/* The full Hessian, all of it, times a vector is the product, to rounding of numbers of size `floor` at
 * least. */
static inline void check_consistent(net *t, const double *x, double floor)
{
    const size_t n = t->n;
    double *h = fixture_doubles(n * n), *v = fixture_doubles(n), *hv = fixture_doubles(n),
           *product = fixture_doubles(n);
    el4ml_random random = el4ml_random_new(4, 4, n);
    fixture_normal(&random, n, 1, v);
    for (size_t k = 0; k < t->sets; k++) {
        ck_assert_int_eq(el4ml_hessian(&t->e[k], x, h), EL4ML_OK);
        ck_assert_int_eq(el4ml_hessian_vector(&t->e[k], x, 1, v, hv), EL4ML_OK);
        el4ml_symmetric_product(n, h, v, product);
        double size = floor, worst = 0;
        for (size_t i = 0; i < n; i++)
            size = fmax(size, fabs(hv[i]));
        for (size_t i = 0; i < n; i++)
            worst = fmax(worst, fabs(hv[i] - product[i]));
        ck_assert_double_le(worst, 1e-12 * size);
    }
    free(h);
    free(v);
    free(hv);
    free(product);
}

#endif
