/* Singular value decompositions: what they promise, for matrices of every kind. */
#include "base/svd.h"
#include "matrix_help.h"

static void check_svd(size_t n, const double *given)
{
    double *a = new_vector(n * n), *u = new_vector(n * n), *v = new_vector(n * n), *s = new_vector(n);
    memcpy(a, given, n * n * sizeof *a);
    el4ml_svd(n, a, u, s, v);
    double size = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert(s[i] >= 0 && (i == 0 || s[i] <= s[i - 1]));
        for (size_t j = 0; j < n; j++) {
            ck_assert_double_eq_tol(el4ml_dot(n, u + i * n, u + j * n), i == j, 1e-13);
            ck_assert_double_eq_tol(el4ml_dot(n, v + i * n, v + j * n), i == j, 1e-13);
        }
        size += s[i];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            long double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += (long double)u[k * n + i] * s[k] * v[k * n + j];
            ck_assert_double_le(fabs((double)sum - given[i * n + j]), 1e-13 * size);
        }
    el4ml_release(a);
    el4ml_release(u);
    el4ml_release(v);
    el4ml_release(s);
}

START_TEST(random_matrices)
{
    el4ml_random random = el4ml_random_new(1, 1, 3);
    for (size_t n = 1; n <= 24; n++) {
        double *a = new_vector(n * n);
        fill(&random, n * n, a);
        check_svd(n, a);
        el4ml_release(a);
    }
}
END_TEST

/* Zero, of rank one, of half the rank, orthogonal, with equal rows. */
START_TEST(deficient_matrices)
{
    el4ml_random random = el4ml_random_new(1, 1, 4);
    for (size_t n = 1; n <= 12; n++) {
        double *a = new_vector(n * n), *x = new_vector(n), *y = new_vector(n);
        check_svd(n, a);
        for (size_t rank = 1; rank <= (n + 1) / 2; rank++) {
            fill(&random, n, x);
            fill(&random, n, y);
            for (size_t i = 0; i < n; i++)
                el4ml_axpy(n, x[i], y, a + i * n);
            check_svd(n, a);
        }
        for (size_t i = 0; i < n * n; i++)
            a[i] = i % (n + 1) == 0 ? -1 : 0;
        check_svd(n, a);
        for (size_t i = 0; i < n * n; i++)
            a[i] = (double)(i % n);
        check_svd(n, a);
        el4ml_release(a);
        el4ml_release(x);
        el4ml_release(y);
    }
}
END_TEST

/* Small singular values keep the relative accuracy that they have in a graded matrix. */
START_TEST(graded_matrix)
{
    double a[9] = {1, 0, 0, 0, 1e-8, 1e-9, 0, 0, 1e-14}, u[9], s[3], v[9];
    el4ml_svd(3, a, u, s, v);
    ck_assert_double_eq_tol(s[0], 1, 1e-15);
    ck_assert_double_eq_tol(s[0] * s[1] * s[2], 1e-22, 1e-36);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svd");
    TCase *cases = tcase_create("svd");
    tcase_set_timeout(cases, 240);
    tcase_add_test(cases, random_matrices);
    tcase_add_test(cases, deficient_matrices);
    tcase_add_test(cases, graded_matrix);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
