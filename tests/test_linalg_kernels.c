/* The inner loops of dense linear algebra of every kernel set, against plain loops in long double. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/linalg_kernels.h"
#include "base/memory.h"
#include "el4ml/random.h"

enum { MOST = 75, EXTRA = 8 };

static const el4ml_linalg_kernels *table(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_linalg_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_linalg_kernels_avx2;
#endif
    (void)set;
    return &el4ml_linalg_kernels_baseline;
}

static double *filled(el4ml_random *random, size_t count)
{
    double *x = EL4ML_NEW(double, count);
    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < count; i++)
        x[i] = el4ml_random_normal(random);
    return x;
}

static double *copied(size_t count, const double *x)
{
    double *y = EL4ML_NEW(double, count);
    ck_assert_ptr_nonnull(y);
    memcpy(y, x, count * sizeof *x);
    return y;
}

static void check_vectors(const el4ml_linalg_kernels *k, size_t n, el4ml_random *random)
{
    double *x = filled(random, n + EXTRA), *y = filled(random, n + EXTRA), *p = copied(n + EXTRA, x),
           *q = copied(n + EXTRA, y);
    long double sum = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (long double)x[i] * y[i];
        size += fabsl((long double)x[i] * y[i]);
    }
    ck_assert(fabsl(k->dot(n, x, y) - sum) <= 2e-15L * size);
    k->axpy(n, -1.5, x, q);
    for (size_t i = 0; i < n + EXTRA; i++) /* what is past the end is not touched */
        ck_assert(fabs(q[i] - (i < n ? y[i] - 1.5 * x[i] : y[i])) <=
                  1e-15 * (fabs(y[i]) + 2 * fabs(x[i])) * (i < n));
    memcpy(q, y, (n + EXTRA) * sizeof *q);
    k->rotate(n, 0.6, 0.8, p, q);
    for (size_t i = 0; i < n + EXTRA; i++) {
        const double bound = 1e-15 * (fabs(x[i]) + fabs(y[i])) * (i < n);
        ck_assert(fabs(p[i] - (i < n ? 0.6 * x[i] - 0.8 * y[i] : x[i])) <= bound);
        ck_assert(fabs(q[i] - (i < n ? 0.8 * x[i] + 0.6 * y[i] : y[i])) <= bound);
    }
    el4ml_release(x);
    el4ml_release(y);
    el4ml_release(p);
    el4ml_release(q);
}

/* Rows further apart than they are long. */
static void check_rows(const el4ml_linalg_kernels *k, size_t rows, size_t n, el4ml_random *random)
{
    const size_t stride = n + 3;
    double *a = filled(random, rows * stride + EXTRA), *b = copied(rows * stride + EXTRA, a);
    double *x = filled(random, n), *z = filled(random, n), *u = filled(random, rows),
           *v = filled(random, rows), *y = filled(random, rows + EXTRA), *before = copied(rows + EXTRA, y);
    k->product(rows, n, stride, a, x, y);
    for (size_t i = 0; i < rows; i++) {
        long double sum = 0, size = 0;
        for (size_t j = 0; j < n; j++) {
            sum += (long double)a[i * stride + j] * x[j];
            size += fabsl((long double)a[i * stride + j] * x[j]);
        }
        ck_assert(fabsl(y[i] - sum) <= 2e-15L * size);
    }
    ck_assert(memcmp(y + rows, before + rows, EXTRA * sizeof *y) == 0);
    k->rank_two(rows, n, stride, u, x, v, z, b);
    for (size_t i = 0; i < rows * stride + EXTRA; i++) {
        const size_t r = i / stride, c = i % stride;
        const bool changed = r < rows && c < n;
        const double by = changed ? u[r] * x[c] + v[r] * z[c] : 0;
        const double size = changed ? fabs(a[i]) + fabs(u[r] * x[c]) + fabs(v[r] * z[c]) : 0;
        ck_assert(fabs(b[i] - a[i] - by) <= 1e-15 * size);
    }
    el4ml_release(a);
    el4ml_release(b);
    el4ml_release(x);
    el4ml_release(z);
    el4ml_release(u);
    el4ml_release(v);
    el4ml_release(y);
    el4ml_release(before);
}

START_TEST(every_set_agrees_with_plain_loops)
{
    el4ml_random random = el4ml_random_new(1, 1, 1);
    for (el4ml_kernel_set set = EL4ML_BASELINE; set <= el4ml_best_kernel_set(); set++)
        for (size_t n = 1; n <= MOST; n++) {
            check_vectors(table(set), n, &random);
            check_rows(table(set), 1 + n * 7 % 23, n, &random);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("linear algebra kernels");
    TCase *tests = tcase_create("linear algebra kernels");
    tcase_add_test(tests, every_set_agrees_with_plain_loops);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
