/* Sums over the pairs of a cluster in long double, and vector kernels held against them. */
#ifndef EL4ML_TESTS_PAIR_REFERENCE_H
#define EL4ML_TESTS_PAIR_REFERENCE_H

#include "surface/cluster_kernels.h"
#include "surface_harness.h"

/* f, f', f'' by s = r^2; size: the sums of the absolute terms, which rounding errors scale with. */
typedef struct pair_terms {
    long double f[3], size[3];
} pair_terms;

typedef pair_terms (*pair_function)(double range, long double s);

typedef struct pair_reference {
    long double value, value_size;
    long double g[120], g_size[120];
    long double h[120 * 120], h_size[120 * 120];
} pair_reference;

static inline void add_pair(const pair_terms *p, size_t n, size_t i, size_t j, const long double d[3],
                            pair_reference *r)
{
    r->value += p->f[0] / 2;
    r->value_size += p->size[0] / 2;
    for (size_t k = 0; k < 3; k++) {
        r->g[3 * i + k] += 2 * p->f[1] * d[k];
        r->g_size[3 * i + k] += fabsl(2 * p->size[1] * d[k]);
        for (size_t l = 0; l < 3; l++) {
            const long double block = 4 * p->f[2] * d[k] * d[l] + (k == l ? 2 * p->f[1] : 0);
            const long double size = fabsl(4 * p->size[2] * d[k] * d[l]) + (k == l ? 2 * p->size[1] : 0);
            const size_t row = (3 * i + k) * 3 * n;
            r->h[row + 3 * i + l] += block;
            r->h_size[row + 3 * i + l] += size;
            r->h[row + 3 * j + l] -= block;
            r->h_size[row + 3 * j + l] += size;
        }
    }
}

static inline void reference_of(pair_function function, double range, size_t n, const double *x,
                                pair_reference *r)
{
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            long double d[3], s = 0;
            if (i == j) continue;
            for (size_t k = 0; k < 3; k++) {
                d[k] = (long double)x[3 * i + k] - (long double)x[3 * j + k];
                s += d[k] * d[k];
            }
            const pair_terms p = function(range, s);
            add_pair(&p, n, i, j, d, r);
        }
}

static inline void check_pair_kernels(const el4ml_pair_kernels *kernels, double range, size_t n,
                                      const double *x, const pair_reference *r)
{
    const long double eps = 1e-14L;
    double *work = harness_vector(EL4ML_CLUSTER_WORK(n)), *g = harness_vector(3 * n),
           *h = harness_vector(9 * n * n);
    double *v = harness_vector(3 * n * 9), *hv = harness_vector(3 * n * 9);
    const double value = kernels->value_gradient(n, range, x, g, work);
    ck_assert(fabsl(value - r->value) <= eps * r->value_size + 1e-80L); /* lanes without an atom add 1e-90 */
    for (size_t i = 0; i < 3 * n; i++)
        ck_assert(fabsl(g[i] - r->g[i]) <= eps * r->g_size[i]);
    kernels->hessian(n, range, x, h, work);
    for (size_t i = 0; i < 9 * n * n; i++)
        ck_assert(fabsl(h[i] - r->h[i]) <= eps * r->h_size[i]);
    el4ml_random random = el4ml_random_new(3, 4, n);
    for (size_t i = 0; i < 3 * n * 9; i++)
        v[i] = el4ml_random_normal(&random);
    for (size_t count = 1; count <= 9; count++) {
        kernels->hessian_vector(n, range, x, count, v, hv, work);
        for (size_t k = 0; k < count; k++)
            for (size_t i = 0; i < 3 * n; i++) {
                long double sum = 0, size = 0;
                for (size_t j = 0; j < 3 * n; j++) {
                    sum += r->h[i * 3 * n + j] * v[k * 3 * n + j];
                    size += fabsl(r->h_size[i * 3 * n + j] * v[k * 3 * n + j]);
                }
                ck_assert(fabsl(hv[k * 3 * n + i] - sum) <= eps * size);
            }
    }
    el4ml_release(work);
    el4ml_release(g);
    el4ml_release(h);
    el4ml_release(v);
    el4ml_release(hv);
}

#endif
