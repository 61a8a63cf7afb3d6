/* Products and triangular inverses against plain loops in long double, for every kind of range, every size
 * modulo the register tiles, and sizes beyond the cache blocks. */
#include "base/memory.h"
#include "base/product.h"
#include "engine_help.h"

static double *random_matrix(size_t size, uint64_t seed, int shape)
{
    el4ml_random random = el4ml_random_new(seed, 2, size);
    double *a = new_vector(size * size);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            const double x = el4ml_random_normal(&random);
            a[i * size + j] = (shape > 0 && j < i) || (shape < 0 && j > i) ? 0 : x;
        }
    return a;
}

static void check_product(size_t size, el4ml_product_range range, int a_shape, int b_shape, bool upper)
{
    double *a = random_matrix(size, 1, a_shape), *b = upper ? a : random_matrix(size, 2, b_shape);
    double *c = new_vector(size * size);
    memset(c, 0xff, size * size * sizeof *c); /* NaN: nothing may be left */
    const el4ml_product p = {size, a, b, range, upper};
    el4ml_multiply(&p, c);
    for (size_t i = 0; i < size; i += 1 + size / 40)
        for (size_t j = upper ? i : 0; j < size; j += 1 + size / 40) {
            long double sum = 0, weight = 0;
            for (size_t k = 0; k < size; k++) {
                sum += (long double)a[k * size + i] * b[k * size + j];
                weight += fabsl((long double)a[k * size + i] * b[k * size + j]);
            }
            ck_assert_msg(fabsl(c[i * size + j] - sum) <= 4e-15L * (weight + 1), "size %zu: %zu %zu", size, i,
                          j);
        }
    if (b != a) el4ml_release(b);
    el4ml_release(a);
    el4ml_release(c);
}

START_TEST(products_equal_plain_sums)
{
    static const size_t sizes[] = {8, 16, 24, 40, 64, 72, 104, 256, 264, 520};
    const size_t size = sizes[_i];
    check_product(size, EL4ML_PRODUCT_FULL, 0, 0, false);
    check_product(size, EL4ML_PRODUCT_B_UPPER, 0, 1, false);
    check_product(size, EL4ML_PRODUCT_A_UPPER, 1, 0, false);
    check_product(size, EL4ML_PRODUCT_A_UPPER, 1, 1, true);
    check_product(size, EL4ML_PRODUCT_BOTH_LOWER, -1, -1, true);
    check_product(size, EL4ML_PRODUCT_FULL, 0, 0, true);
}
END_TEST

START_TEST(inverses_and_mirrors)
{
    static const size_t sizes[] = {5, 8, 13, 40, 100, 300};
    const size_t n = sizes[_i];
    double *m = random_matrix(n, 3, 0), *a = new_vector(n * n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n; k++)
                a[i * n + j] += m[k * n + i] * m[k * n + j];
    el4ml_factor f;
    ck_assert(el4ml_factor_init(&f, n));
    ck_assert(el4ml_factor_make(&f, a, 0.1 * (double)n));
    const size_t size = f.size;
    double *v = new_vector(size * size), *t = new_vector(size * size);
    el4ml_upper_inverse(&f, v);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            double sum = 0;
            for (size_t k = i; k <= j && j >= i; k++)
                sum += f.u[i * size + k] * v[k * size + j];
            ck_assert_double_eq_tol(sum, i == j, 1e-12);
            if (j < i) ck_assert(v[i * size + j] == 0);
        }
    el4ml_transpose(size, v, t);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            ck_assert(t[i * size + j] == v[j * size + i]);
    el4ml_mirror(size, v);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            ck_assert(v[i * size + j] == (j < i ? t[i * size + j] : t[j * size + i]));
    el4ml_factor_clear(&f);
    el4ml_release(m);
    el4ml_release(a);
    el4ml_release(v);
    el4ml_release(t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("products");
    TCase *cases = tcase_create("all");
    tcase_add_loop_test(cases, products_equal_plain_sums, 0, 10);
    tcase_add_loop_test(cases, inverses_and_mirrors, 0, 6);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
