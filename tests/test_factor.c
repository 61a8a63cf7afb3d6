/* Factorisations against Jacobi's eigenvalues and residuals, in every instruction set that this machine has.
 */
#include <pthread.h>

#include "base/cpu.h"
#include "base/factor.h"
#include "base/factor_kernels.h"
#include "base/ldl.h"
#include "matrix_help.h"

/* |A x - b| for A + shift, relative to the sizes that rounding scales with. */
static double residual(size_t n, const double *a, double shift, const double *x, const double *b)
{
    long double worst = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        long double sum = -(long double)b[i];
        for (size_t j = 0; j < n; j++) {
            const long double element = (long double)a[i * n + j] + (i == j ? shift : 0);
            sum += element * x[j];
            size = fmaxl(size, fabsl(element * x[j]));
        }
        worst = fmaxl(worst, fabsl(sum));
    }
    return (double)(worst / size);
}

/* Sizes: every remainder of a block, several blocks, several panels. */
START_TEST(definite_factors_solve_and_refuse)
{
    el4ml_random random = el4ml_random_new(1, 1, 3);
    for (size_t trial = 0; trial < 45; trial++) {
        const size_t n = trial < 42 ? 1 + trial : trial < 44 ? 99 + 15 * (trial - 42) : 331;
        const bool small = n < 200;
        double *a = new_vector(n * n), *copy = new_vector(n * n), *values = new_vector(n);
        double *b = new_vector(n), *x = new_vector(n), sum = 0;
        el4ml_factor f;
        ck_assert(el4ml_factor_init(&f, n));
        random_positive(&random, n, a);
        fill(&random, n, b);
        ck_assert(el4ml_factor_make(&f, a, 0.5));
        el4ml_copy(n, b, x);
        el4ml_factor_solve(&f, x);
        ck_assert_double_le(residual(n, a, 0.5, x, b), 1e-14 * (double)n);
        double *w = copy;
        el4ml_copy(n, b, w);
        el4ml_factor_forward(&f, w);
        ck_assert_double_eq_tol(el4ml_dot(n, w, w), el4ml_dot(n, b, x), 1e-9 * el4ml_dot(n, b, x));
        if (small) {
            el4ml_copy(n * n, a, copy);
            jacobi_eigenvalues(n, copy, values);
            for (size_t i = 0; i < n; i++)
                sum += log(values[i] + 0.5);
            ck_assert_double_eq_tol(el4ml_factor_log_determinant(&f), sum, 1e-10 * (double)n);
            /* a shift decides just where the smallest eigenvalue lies */
            const double width = 1e-12 * (1 + values[n - 1]) * (double)n;
            ck_assert(el4ml_factor_make(&f, a, -values[0] + width));
            ck_assert(!el4ml_factor_make(&f, a, -values[0] - width));
        }
        el4ml_copy(n * n, a, f.u);
        ck_assert(el4ml_factor_make_in_place(&f));
        el4ml_copy(n, b, x);
        el4ml_factor_solve(&f, x);
        ck_assert_double_le(residual(n, a, 0, x, b), 1e-13 * (double)n);
        a[(n - 1) * n + n - 1] = -1;
        ck_assert(!el4ml_factor_make(&f, a, 0));
        a[(n - 1) * n + n - 1] = NAN;
        ck_assert(!el4ml_factor_make(&f, a, 0));
        el4ml_factor_clear(&f);
        el4ml_release(a);
        el4ml_release(copy);
        el4ml_release(values);
        el4ml_release(b);
        el4ml_release(x);
    }
}
END_TEST

/* Without pivots the accuracy is a matter of luck; with a dominant diagonal of either sign there is no need
 * of it. */
START_TEST(indefinite_factors_solve)
{
    el4ml_random random = el4ml_random_new(1, 1, 8);
    for (size_t n = 1; n <= 60; n++) {
        double *a = new_vector(n * n), *b = new_vector(n), *x = new_vector(n);
        el4ml_factor f;
        ck_assert(el4ml_factor_init(&f, n));
        random_symmetric(&random, n, a);
        for (size_t i = 0; i < n; i++)
            a[i * n + i] += 2 * (double)n * (i % 3 ? 1 : -1);
        fill(&random, n, b);
        el4ml_copy(n, b, x);
        ck_assert(el4ml_factor_make_indefinite(&f, a, 0.25));
        el4ml_factor_solve(&f, x);
        ck_assert_double_le(residual(n, a, 0.25, x, b), 1e-13);
        el4ml_factor_clear(&f);
        el4ml_release(a);
        el4ml_release(b);
        el4ml_release(x);
    }
    const double zero[4] = {0, 0, 0, 0};
    el4ml_factor f;
    ck_assert(el4ml_factor_init(&f, 2));
    ck_assert(!el4ml_factor_make_indefinite(&f, zero, 0));
    el4ml_factor_clear(&f);
}
END_TEST

static void check_kernels(const el4ml_factor_kernels *k, el4ml_random *random)
{
    for (size_t size = 8; size <= 64; size += 8) {
        double *a = new_vector(size * size), *u = new_vector(size * size), *inverse = new_vector(16 * size),
               *b = new_vector(size), *x = new_vector(size), *sign = new_vector(size);
        random_positive(random, size, a);
        fill(random, size, b);
        for (int mixed = 0; mixed < 2; mixed++) {
            if (mixed)
                for (size_t i = 0; i < size; i++)
                    a[i * size + i] += 40 * (double)size * (i % 5 ? -1 : 1);
            el4ml_copy(size * size, a, u);
            ck_assert(mixed ? k->signed_cholesky(size, 0, u, sign) : k->cholesky(size, u));
            k->invert_blocks(size, u, inverse);
            el4ml_copy(size, b, x);
            k->forward(size, u, inverse, x);
            for (size_t i = 0; mixed && i < size; i++)
                x[i] *= sign[i];
            k->backward(size, u, inverse, x);
            ck_assert_double_le(residual(size, a, 0, x, b), 1e-13);
        }
        ck_assert(!k->cholesky(size, a)); /* the mixed one */
        el4ml_release(a);
        el4ml_release(u);
        el4ml_release(inverse);
        el4ml_release(b);
        el4ml_release(x);
        el4ml_release(sign);
    }
}

START_TEST(every_instruction_set)
{
    el4ml_random random = el4ml_random_new(1, 1, 9);
    check_kernels(&el4ml_factor_kernels_baseline, &random);
#ifdef EL4ML_X86_KERNELS
    if (el4ml_best_kernel_set() >= EL4ML_AVX2) check_kernels(&el4ml_factor_kernels_avx2, &random);
    if (el4ml_best_kernel_set() >= EL4ML_AVX512) check_kernels(&el4ml_factor_kernels_avx512, &random);
#endif
}
END_TEST

static void check_ldl(el4ml_random *random, size_t n, const double *a)
{
    double *copy = new_vector(n * n), *values = new_vector(n), *b = new_vector(n), *x = new_vector(n),
           sum = 0;
    size_t expected = 0;
    el4ml_ldl f;
    ck_assert(el4ml_ldl_init(&f, n));
    ck_assert(el4ml_ldl_make(&f, a, 0));
    el4ml_copy(n * n, a, copy);
    jacobi_eigenvalues(n, copy, values);
    for (size_t i = 0; i < n; i++) {
        expected += values[i] < 0;
        sum += log(fabs(values[i]));
    }
    ck_assert_uint_eq(f.negative, expected);
    ck_assert_double_eq_tol(f.log_determinant, sum, 1e-9 * (double)n);
    fill(random, n, b);
    el4ml_copy(n, b, x);
    el4ml_ldl_solve(&f, x);
    ck_assert_double_le(residual(n, a, 0, x, b), 1e-14 * (double)(n + 10));
    el4ml_ldl_clear(&f);
    el4ml_release(copy);
    el4ml_release(values);
    el4ml_release(b);
    el4ml_release(x);
}

/* Matrices with a zero diagonal need pivots of size two. */
START_TEST(inertia_is_that_of_the_eigenvalues)
{
    el4ml_random random = el4ml_random_new(1, 1, 4);
    for (size_t trial = 0; trial < 90; trial++) {
        const size_t n = trial < 84 ? 1 + trial % 28 : 90 + trial;
        double *a = new_vector(n * n);
        random_symmetric(&random, n, a);
        if (trial % 3 == 1 && n % 2 == 0)
            for (size_t i = 0; i < n; i++)
                a[i * n + i] = 0;
        if (trial % 3 == 2)
            for (size_t i = 0; i < n; i++)
                a[i * n + i] += 2 * sqrt((double)n) * (i % 4 ? 1 : -1);
        check_ldl(&random, n, a);
        el4ml_release(a);
    }
}
END_TEST

START_TEST(singular_matrix_is_refused)
{
    const double a[9] = {1, 2, 0, 2, 4, 0, 0, 0, 0};
    el4ml_ldl f;
    ck_assert(el4ml_ldl_init(&f, 3));
    ck_assert(!el4ml_ldl_make(&f, a, 0));
    el4ml_ldl_clear(&f);
}
END_TEST

/* ---- Several threads ---- */

#define THREADED_SIZE 39
#define THREADED_ROUNDS 20000

typedef struct factors {
    double definite[THREADED_SIZE], ldl[THREADED_SIZE], values[THREADED_SIZE];
} factors;

typedef struct threaded {
    const double *a;
    const factors *expected;
    size_t wrong;
} threaded;

/* One thread's own memory. */
typedef struct desk {
    el4ml_factor factor;
    el4ml_ldl ldl;
    double *scratch, *work;
} desk;

static desk desk_new(void)
{
    const size_t n = THREADED_SIZE;
    desk d = {.scratch = EL4ML_NEW(double, n *n), .work = EL4ML_NEW(double, el4ml_eigen_work_size(n))};
    if (!d.scratch || !d.work || !el4ml_factor_init(&d.factor, n) || !el4ml_ldl_init(&d.ldl, n)) abort();
    return d;
}

static void desk_clear(desk *d)
{
    el4ml_factor_clear(&d->factor);
    el4ml_ldl_clear(&d->ldl);
    el4ml_release(d->scratch);
    el4ml_release(d->work);
}

static void factorise(const double *a, bool all, factors *f, desk *d)
{
    const size_t n = THREADED_SIZE;
    for (size_t i = 0; i < n; i++)
        f->definite[i] = f->ldl[i] = a[i];
    el4ml_factor_make(&d->factor, a, 0);
    el4ml_factor_solve(&d->factor, f->definite);
    if (!all) return;
    el4ml_ldl_make(&d->ldl, a, 0);
    el4ml_ldl_solve(&d->ldl, f->ldl);
    el4ml_copy(n * n, a, d->scratch);
    el4ml_eigen(n, d->scratch, f->values, true, d->work, el4ml_eigen_work_size(n));
}

static void *factorise_again(void *context)
{
    threaded *t = context;
    desk d = desk_new();
    factors f = *t->expected;
    for (int k = 0; k < THREADED_ROUNDS; k++) {
        const bool all = k % 20 == 0;
        factorise(t->a, all, &f, &d);
        t->wrong += memcmp(&f, t->expected, all ? sizeof f : sizeof f.definite) != 0;
    }
    desk_clear(&d);
    return NULL;
}

/* The same matrix must give the same bits whoever else is factorising. */
START_TEST(threads_do_not_disturb_each_other)
{
    const size_t n = THREADED_SIZE;
    double *a[3];
    desk d = desk_new();
    factors *expected[3];
    threaded t[3];
    pthread_t threads[3];
    el4ml_random random = el4ml_random_new(1, 1, 7);
    for (size_t k = 0; k < 3; k++) {
        a[k] = new_vector(n * n);
        expected[k] = EL4ML_NEW(factors, 1);
        random_positive(&random, n, a[k]);
        factorise(a[k], true, expected[k], &d);
        t[k] = (threaded){.a = a[k], .expected = expected[k]};
    }
    for (size_t k = 0; k < 3; k++)
        ck_assert_int_eq(pthread_create(&threads[k], NULL, factorise_again, &t[k]), 0);
    for (size_t k = 0; k < 3; k++) {
        ck_assert_int_eq(pthread_join(threads[k], NULL), 0);
        ck_assert_uint_eq(t[k].wrong, 0);
        el4ml_release(a[k]);
        el4ml_release(expected[k]);
    }
    desk_clear(&d);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        definite_factors_solve_and_refuse,  indefinite_factors_solve,   every_instruction_set,
        inertia_is_that_of_the_eigenvalues, singular_matrix_is_refused, threads_do_not_disturb_each_other};
    return RUN_SUITE("factorisations", tests);
}
