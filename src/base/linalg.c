#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "base/linalg.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda, double *b,
                    const int *ldb, int *info);
extern void dsytrf_(const char *uplo, const int *n, double *a, const int *lda, int *ipiv, double *work,
                    const int *lwork, int *info);
extern void dsytrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
                    const int *ipiv, double *b, const int *ldb, int *info);
extern void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
                    double *work, const int *lwork, int *iwork, const int *liwork, int *info);
extern void dsteqr_(const char *compz, const int *n, double *d, double *e, double *z, const int *ldz, double *work,
                    int *info);

/* OpenBLAS built without threads, as Debian's libopenblas0-serial is, hands the same scratch buffer to two threads that
 * call it at once, and both get wrong numbers. Where that is the BLAS we were given, one thread at a time may call it.
 * Found out once; nothing here but the lock itself ever changes afterwards. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static bool unsafe;

static void look_at_blas(void)
{
    int (*parallel)(void) = NULL;
    char *(*config)(void) = NULL;
    void *symbol = dlsym(RTLD_DEFAULT, "openblas_get_parallel");
    memcpy(&parallel, &symbol, sizeof symbol); /* C has no cast from an object's address to a function's */
    symbol = dlsym(RTLD_DEFAULT, "openblas_get_config");
    memcpy(&config, &symbol, sizeof symbol);
    unsafe = parallel && parallel() == 0 && !(config && strstr(config(), "USE_LOCKING"));
}

static void enter_lapack(void)
{
    pthread_once(&once, look_at_blas);
    if (unsafe) pthread_mutex_lock(&one_at_a_time);
}

static void leave_lapack(void)
{
    if (unsafe) pthread_mutex_unlock(&one_at_a_time);
}

/* Four partial sums: the compiler may not reorder additions itself (no -fassociative-math), so we say how. */
double el4ml_dot(size_t n, const double *x, const double *y)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) s[k] += x[i + k] * y[i + k];
    double tail = 0;
    for (; i < n; i++) tail += x[i] * y[i];
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7])) + tail;
}

double el4ml_norm(size_t n, const double *x)
{
    return sqrt(el4ml_dot(n, x, x));
}

void el4ml_axpy(size_t n, double a, const double *restrict x, double *restrict y)
{
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

void el4ml_scale(size_t n, double a, double *x)
{
    for (size_t i = 0; i < n; i++) x[i] *= a;
}

void el4ml_copy(size_t n, const double *x, double *y)
{
    if (x != y) memcpy(y, x, n * sizeof *x);
}

double el4ml_distance(size_t n, const double *x, const double *y)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) s += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrt(s);
}

void el4ml_symmetric_product(size_t n, const double *a, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++) y[i] = el4ml_dot(n, a + i * n, x);
}

void el4ml_project_out(size_t n, size_t count, const double *basis, double *x)
{
    for (size_t k = 0; k < count; k++) el4ml_axpy(n, -el4ml_dot(n, basis + k * n, x), basis + k * n, x);
}

bool el4ml_cholesky(size_t n, double *a)
{
    const int size = (int)n;
    int info;
    enter_lapack();
    dpotrf_("L", &size, a, &size, &info);
    leave_lapack();
    return info == 0;
}

void el4ml_cholesky_solve(size_t n, const double *factor, double *b)
{
    const int size = (int)n, one = 1;
    int info;
    enter_lapack();
    dpotrs_("L", &size, &one, factor, &size, b, &size, &info);
    leave_lapack();
}

double el4ml_cholesky_log_determinant(size_t n, const double *factor)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += log(factor[i * n + i]);
    return 2 * sum;
}

size_t el4ml_ldl_work_size(size_t n)
{
    return 64 * n + 64;
}

bool el4ml_ldl(size_t n, double *a, int *pivots, double *work, size_t work_size)
{
    const int size = (int)n, lwork = (int)work_size;
    int info;
    enter_lapack();
    dsytrf_("L", &size, a, &size, pivots, work, &lwork, &info);
    leave_lapack();
    return info == 0;
}

void el4ml_ldl_solve(size_t n, const double *factor, const int *pivots, double *b)
{
    const int size = (int)n, one = 1;
    int info;
    enter_lapack();
    dsytrs_("L", &size, &one, factor, &size, pivots, b, &size, &info);
    leave_lapack();
}

void el4ml_ldl_inertia(size_t n, const double *factor, const int *pivots, size_t *negative, double *log_determinant)
{
    size_t count = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (pivots[i] > 0) {
            const double d = factor[i * n + i];
            count += d < 0;
            sum += log(fabs(d));
        } else { /* a 2 x 2 block of D; by construction it has one eigenvalue of each sign, but look */
            const double p = factor[i * n + i], q = factor[(i + 1) * n + i + 1], r = factor[i * n + i + 1];
            const double determinant = p * q - r * r;
            count += determinant < 0 ? 1 : (p + q < 0 ? 2 : 0);
            sum += log(fabs(determinant));
            i++;
        }
    }
    *negative = count;
    *log_determinant = sum;
}

size_t el4ml_eigen_work_size(size_t n)
{
    return 1 + 6 * n + 2 * n * n + (3 + 5 * n); /* dsyevd: reals, then integers in the tail */
}

bool el4ml_eigen(size_t n, double *a, double *values, bool vectors, double *work, size_t work_size)
{
    const int size = (int)n;
    const int lwork = (int)(1 + 6 * n + 2 * n * n), liwork = (int)(3 + 5 * n);
    if (work_size < el4ml_eigen_work_size(n)) return false;
    int info;
    enter_lapack();
    dsyevd_(vectors ? "V" : "N", "L", &size, a, &size, values, work, &lwork, (int *)(void *)(work + lwork), &liwork,
            &info);
    leave_lapack();
    return info == 0;
}

bool el4ml_tridiagonal(size_t n, double *d, double *e, double *z, double *work)
{
    const int size = (int)n;
    int info;
    /* plain Fortran without scratch buffers: needs no lock */
    dsteqr_("I", &size, d, e, z, &size, work, &info);
    return info == 0;
}
