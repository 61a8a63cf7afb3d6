/* Dense linear algebra against plain loops in long double, Jacobi's eigenvalues, and matrices whose spectrum
 * is known exactly. */
#include "matrix_help.h"

/* Every length up to 70, so that each remainder of an unrolled loop is met; nothing beyond the end is
 * touched. */
START_TEST(vectors_agree_with_plain_loops)
{
    el4ml_random random = el4ml_random_new(1, 1, 1);
    double x[80], y[80], z[80];
    for (size_t n = 0; n <= 70; n++) {
        fill(&random, 80, x);
        fill(&random, 80, y);
        long double dot = 0, square = 0, apart = 0, size = 0;
        for (size_t i = 0; i < n; i++) {
            dot += (long double)x[i] * y[i];
            size += fabsl((long double)x[i] * y[i]);
            square += (long double)x[i] * x[i];
            apart += ((long double)x[i] - y[i]) * ((long double)x[i] - y[i]);
        }
        ck_assert(fabsl(el4ml_dot(n, x, y) - dot) <= 1e-15L * size);
        ck_assert(fabsl(el4ml_norm(n, x) - sqrtl(square)) <= 1e-15L * sqrtl(square));
        ck_assert(fabsl(el4ml_distance(n, x, y) - sqrtl(apart)) <= 2e-15L * sqrtl(apart));
        memcpy(z, y, sizeof z);
        el4ml_axpy(n, 1.5, x, z);
        for (size_t i = 0; i < 80; i++)
            if (i < n)
                ck_assert_double_le(fabs(z[i] - y[i] - 1.5 * x[i]), 1e-15 * (fabs(y[i]) + 2 * fabs(x[i])));
            else
                ck_assert(z[i] == y[i]);
        el4ml_copy(n, x, z);
        el4ml_scale(n, -2, z);
        for (size_t i = 0; i < n; i++)
            ck_assert(z[i] == -2 * x[i]);
    }
}
END_TEST

START_TEST(products_and_projections)
{
    el4ml_random random = el4ml_random_new(1, 1, 2);
    for (size_t n = 1; n <= 40; n++) {
        double *a = new_vector(n * n), *x = new_vector(n), *y = new_vector(n), *basis = new_vector(2 * n);
        random_symmetric(&random, n, a);
        fill(&random, n, x);
        el4ml_symmetric_product(n, a, x, y);
        for (size_t i = 0; i < n; i++) {
            long double sum = 0;
            for (size_t j = 0; j < n; j++)
                sum += (long double)a[i * n + j] * x[j];
            ck_assert_double_le(fabs(y[i] - (double)sum), 1e-13);
        }
        const size_t count = n < 3 ? n - 1 : 2; /* orthonormal rows by Gram and Schmidt */
        for (size_t k = 0; k < count; k++) {
            fill(&random, n, basis + k * n);
            for (int pass = 0; pass < 2; pass++)
                if (k == 1) el4ml_axpy(n, -el4ml_dot(n, basis, basis + n), basis, basis + n);
            el4ml_scale(n, 1 / el4ml_norm(n, basis + k * n), basis + k * n);
            if (k == 1) ck_assert_double_le(fabs(el4ml_dot(n, basis, basis + n)), 1e-12);
        }
        el4ml_copy(n, x, y);
        el4ml_project_out(n, count, basis, y);
        for (size_t k = 0; k < count; k++)
            ck_assert_double_le(fabs(el4ml_dot(n, basis + k * n, y)), 1e-12 * (1 + el4ml_norm(n, x)));
        for (size_t k = 0; k < count; k++) /* what was taken out lies in the basis */
            el4ml_axpy(n, el4ml_dot(n, basis + k * n, x), basis + k * n, y);
        ck_assert_double_le(el4ml_distance(n, x, y), 1e-12 * (1 + el4ml_norm(n, x)));
        el4ml_release(a);
        el4ml_release(x);
        el4ml_release(y);
        el4ml_release(basis);
    }
}
END_TEST

START_TEST(jacobi_of_a_known_spectrum)
{
    for (size_t n = 1; n <= 30; n++) { /* second differences: 2 - 2 cos(k pi / (n + 1)) */
        double *a = new_vector(n * n), *values = new_vector(n);
        for (size_t i = 0; i < n; i++) {
            a[i * n + i] = 2;
            if (i + 1 < n) a[i * n + i + 1] = a[(i + 1) * n + i] = -1;
        }
        jacobi_eigenvalues(n, a, values);
        for (size_t k = 0; k < n; k++)
            ck_assert_double_eq_tol(
                values[k], 2 - 2 * cos((double)(k + 1) * 3.141592653589793 / (double)(n + 1)), 1e-13);
        el4ml_release(a);
        el4ml_release(values);
    }
}
END_TEST

START_TEST(eigenvalues_and_vectors)
{
    el4ml_random random = el4ml_random_new(1, 1, 5);
    for (size_t n = 1; n <= 61; n += 5) {
        const size_t size = el4ml_eigen_work_size(n);
        double *a = new_vector(n * n), *v = new_vector(n * n), *values = new_vector(n), *only = new_vector(n);
        double *work = new_vector(size), *av = new_vector(n), *jacobi = new_vector(n);
        random_symmetric(&random, n, a);
        el4ml_copy(n * n, a, v);
        ck_assert(el4ml_eigen(n, v, values, true, work, size));
        for (size_t k = 0; k < n; k++) {
            el4ml_symmetric_product(n, a, v + k * n, av);
            el4ml_axpy(n, -values[k], v + k * n, av);
            ck_assert_double_le(el4ml_norm(n, av), 1e-12 * (double)(n + 2));
            for (size_t l = 0; l <= k; l++)
                ck_assert_double_eq_tol(el4ml_dot(n, v + k * n, v + l * n), k == l ? 1 : 0, 1e-12);
        }
        el4ml_copy(n * n, a, v);
        ck_assert(el4ml_eigen(n, v, only, false, work, size));
        jacobi_eigenvalues(n, a, jacobi);
        for (size_t k = 0; k < n; k++) {
            ck_assert_double_eq_tol(values[k], jacobi[k], 1e-12 * (double)(n + 2));
            ck_assert_double_eq_tol(only[k], jacobi[k], 1e-12 * (double)(n + 2));
        }
        ck_assert(!el4ml_eigen(n, v, only, false, work, size - 1));
        el4ml_release(a);
        el4ml_release(v);
        el4ml_release(values);
        el4ml_release(only);
        el4ml_release(work);
        el4ml_release(av);
        el4ml_release(jacobi);
    }
}
END_TEST

START_TEST(tridiagonal_eigenproblem)
{
    el4ml_random random = el4ml_random_new(1, 1, 6);
    for (size_t n = 1; n <= 48; n++) {
        double *d = new_vector(n), *e = new_vector(n), *z = new_vector(n * n);
        double *a = new_vector(n * n), *av = new_vector(n);
        for (size_t i = 0; i < n; i++) {
            a[i * n + i] = d[i] = el4ml_random_normal(&random);
            if (i + 1 < n) a[i * n + i + 1] = a[(i + 1) * n + i] = e[i] = el4ml_random_normal(&random);
        }
        ck_assert(el4ml_tridiagonal(n, d, e, z));
        for (size_t k = 0; k < n; k++) {
            el4ml_symmetric_product(n, a, z + k * n, av);
            el4ml_axpy(n, -d[k], z + k * n, av);
            ck_assert_double_le(el4ml_norm(n, av), 1e-12);
            ck_assert_double_eq_tol(el4ml_norm(n, z + k * n), 1, 1e-12);
            if (k > 0) ck_assert_double_le(d[k - 1], d[k]);
        }
        el4ml_release(d);
        el4ml_release(e);
        el4ml_release(z);
        el4ml_release(a);
        el4ml_release(av);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {vectors_agree_with_plain_loops, products_and_projections,
                                  jacobi_of_a_known_spectrum, eigenvalues_and_vectors,
                                  tridiagonal_eigenproblem};
    return RUN_SUITE("linear algebra", tests);
}
