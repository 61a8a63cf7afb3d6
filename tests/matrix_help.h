/* Random symmetric matrices for the tests of linear algebra. */
#ifndef EL4ML_TESTS_MATRIX_HELP_H
#define EL4ML_TESTS_MATRIX_HELP_H

#include "engine_help.h"

static inline void random_symmetric(el4ml_random *random, size_t n, double *a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            a[i * n + j] = a[j * n + i] = el4ml_random_normal(random);
}

/* B B^T + 0.1. */
static inline void random_positive(el4ml_random *random, size_t n, double *a)
{
    double *b = new_vector(n * n);
    for (size_t i = 0; i < n * n; i++)
        b[i] = el4ml_random_normal(random);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = el4ml_dot(n, b + i * n, b + j * n) + (i == j ? 0.1 : 0);
    el4ml_release(b);
}

static inline void fill(el4ml_random *random, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = el4ml_random_normal(random);
}

#endif
