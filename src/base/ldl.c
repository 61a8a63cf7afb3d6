/* LDL^T of a symmetric matrix with Bunch and Kaufman's pivoting (Math. Comp. 31, 163, 1977), for its inertia
 * and its determinant. Ours while n is small (thread-safe, no calls out); LAPACK under a lock beyond, as not
 * every BLAS may be called by two threads at once. */
#include <math.h>
#include <pthread.h>

#include "base/linalg.h"

#define OWN_LIMIT 500

extern void dsytrf_(const char *uplo, const int *n, double *a, const int *lda, int *ipiv, double *work,
                    const int *lwork, int *info);
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);

static pthread_mutex_t lapack = PTHREAD_MUTEX_INITIALIZER;

bool el4ml_large_cholesky(size_t n, double *a)
{
    const int size = (int)n;
    int info;
    pthread_mutex_lock(&lapack);
    dpotrf_("U", &size, a, &size, &info); /* column-major upper is row-major lower */
    pthread_mutex_unlock(&lapack);
    return info == 0;
}

size_t el4ml_ldl_work_size(size_t n)
{
    return 64 * n + 64;
}

/* Swap rows and columns i < j of the trailing symmetric matrix that begins at column k; only the lower
 * triangle. */
static void swap(size_t n, double *a, size_t k, size_t i, size_t j)
{
    if (i == j) return;
    for (size_t c = k; c < i; c++) {
        const double t = a[i * n + c];
        a[i * n + c] = a[j * n + c];
        a[j * n + c] = t;
    }
    for (size_t r = i + 1; r < j; r++) {
        const double t = a[r * n + i];
        a[r * n + i] = a[j * n + r];
        a[j * n + r] = t;
    }
    for (size_t r = j + 1; r < n; r++) {
        const double t = a[r * n + i];
        a[r * n + i] = a[r * n + j];
        a[r * n + j] = t;
    }
    const double t = a[i * n + i];
    a[i * n + i] = a[j * n + j];
    a[j * n + j] = t;
}

/* Largest |element| of row and column r in the trailing matrix from k, its diagonal left out. */
static double largest(size_t n, const double *a, size_t k, size_t r, size_t *where)
{
    double most = 0;
    *where = r;
    for (size_t c = k; c < r; c++)
        if (fabs(a[r * n + c]) > most) {
            most = fabs(a[r * n + c]);
            *where = c;
        }
    for (size_t i = r + 1; i < n; i++)
        if (fabs(a[i * n + r]) > most) {
            most = fabs(a[i * n + r]);
            *where = i;
        }
    return most;
}

/* Which pivot: 1 or 2 columns, with the row to swap in. */
static int choose(size_t n, const double *a, size_t k, size_t *row)
{
    const double alpha = (1 + sqrt(17)) / 8;
    size_t r, other;
    const double lambda = largest(n, a, k, k, &r), diagonal = fabs(a[k * n + k]);
    *row = k;
    if (diagonal >= alpha * lambda) return 1;
    const double sigma = largest(n, a, k, r, &other);
    if (diagonal * sigma >= alpha * lambda * lambda) return 1;
    *row = r;
    return fabs(a[r * n + r]) >= alpha * sigma ? 1 : 2;
}

static bool own_ldl(size_t n, double *a, int *pivots, double *work)
{
    double *l0 = work, *l1 = work + n;
    for (size_t k = 0; k < n;) {
        size_t row;
        const int columns = choose(n, a, k, &row);
        swap(n, a, k, k + (size_t)columns - 1, row);
        const size_t next = k + (size_t)columns;
        if (columns == 1) {
            const double d = a[k * n + k];
            if (d == 0 || !isfinite(d)) return false;
            pivots[k] = 1;
            for (size_t i = next; i < n; i++)
                l0[i] = a[i * n + k];
            for (size_t i = next; i < n; i++)
                el4ml_axpy(i - next + 1, -l0[i] / d, l0 + next, a + i * n + next);
        } else {
            const double p = a[k * n + k], q = a[(k + 1) * n + k + 1], r = a[(k + 1) * n + k],
                         det = p * q - r * r;
            if (det == 0 || !isfinite(det)) return false;
            pivots[k] = pivots[k + 1] = -1;
            for (size_t i = next; i < n; i++) {
                l0[i] = a[i * n + k];
                l1[i] = a[i * n + k + 1];
            }
            for (size_t i = next; i < n; i++) {
                el4ml_axpy(i - next + 1, -(q * l0[i] - r * l1[i]) / det, l0 + next, a + i * n + next);
                el4ml_axpy(i - next + 1, -(p * l1[i] - r * l0[i]) / det, l1 + next, a + i * n + next);
            }
        }
        k = next;
    }
    return true;
}

bool el4ml_ldl(size_t n, double *a, int *pivots, double *work, size_t work_size)
{
    if (n <= OWN_LIMIT) return own_ldl(n, a, pivots, work);
    const int size = (int)n, lwork = (int)work_size;
    int info;
    pthread_mutex_lock(&lapack);
    dsytrf_("U", &size, a, &size, pivots, work, &lwork, &info); /* the blocks lie on our lower triangle */
    pthread_mutex_unlock(&lapack);
    return info == 0;
}

void el4ml_ldl_inertia(size_t n, const double *factor, const int *pivots, size_t *negative,
                       double *log_determinant)
{
    size_t count = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (pivots[i] > 0) {
            const double d = factor[i * n + i];
            count += d < 0;
            sum += log(fabs(d));
        } else { /* a 2 x 2 block of D; by construction it has one eigenvalue of each sign, but look */
            const double p = factor[i * n + i], q = factor[(i + 1) * n + i + 1], r = factor[(i + 1) * n + i];
            const double determinant = p * q - r * r;
            count += determinant < 0 ? 1 : (p + q < 0 ? 2 : 0);
            sum += log(fabs(determinant));
            i++;
        }
    }
    *negative = count;
    *log_determinant = sum;
}
