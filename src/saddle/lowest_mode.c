/* The smallest eigenpair of a Hessian by thick-restart Lanczos with full reorthogonalisation (Wu and Simon,
 * SIAM J. Matrix Anal. Appl. 22, 602, 2000; Parlett, The Symmetric Eigenvalue Problem, ch. 13). The residual
 * of a Ritz pair is |beta_m z_m|, so that convergence costs nothing to see. When the basis is full the lowest
 * KEPT Ritz vectors stay, and with them what was learnt of the cluster of small eigenvalues that a
 * regularised net has. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "saddle/searcher.h"

#define KEPT 12

bool el4ml_lanczos_init(el4ml_lanczos *l, size_t n)
{
    const size_t m = n < EL4ML_KRYLOV ? n : EL4ML_KRYLOV;
    *l = (el4ml_lanczos){.n = n, .capacity = m, .work_size = el4ml_eigen_work_size(m)};
    l->q = EL4ML_NEW(double, (m + 1) * n);
    l->ritz = EL4ML_NEW(double, KEPT *n);
    l->t = EL4ML_NEW(double, 2 * m * m + 3 * (m + 2) + l->work_size);
    if (!l->q || !l->t || !l->ritz) {
        el4ml_lanczos_clear(l);
        return false;
    }
    l->z = l->t + m * m;
    l->values = l->z + m * m;
    l->beta = l->values + m + 2;
    l->work = l->beta + 2 * (m + 2);
    return true;
}

void el4ml_lanczos_clear(el4ml_lanczos *l)
{
    el4ml_release(l->q);
    el4ml_release(l->ritz);
    el4ml_release(l->t);
    *l = (el4ml_lanczos){0};
}

/* A fixed vector without structure, so that the start is never orthogonal to the mode that is sought. */
static void stir(size_t n, double amount, double *v)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    const double scale = amount / sqrt((double)n);
    for (size_t i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        v[i] += scale * ((double)(state >> 11) * 0x1p-52 - 1);
    }
}

/* Next basis vector from q[j]: column j of T = Q^T A Q, and the remainder, of norm *beta, as q[j + 1]. */
static el4ml_status extend(el4ml_lanczos *l, el4ml_curvature *c, size_t j, double *beta)
{
    const size_t n = l->n, m = l->capacity;
    double *next = l->q + (j + 1) * n;
    const el4ml_status status = el4ml_curvature_apply(c, l->q + j * n, next);
    if (status != EL4ML_OK) return status;
    el4ml_curvature_project(c, next);
    for (size_t i = 0; i <= j; i++) {
        const double h = el4ml_dot(n, l->q + i * n, next);
        l->t[i * m + j] = l->t[j * m + i] = h;
        el4ml_axpy(n, -h, l->q + i * n, next);
    }
    el4ml_curvature_project(c, next); /* a remainder that is rounding may lie there */
    el4ml_project_out(n, j + 1, l->q, next);
    *beta = el4ml_norm(n, next);
    return EL4ML_OK;
}

/* Ritz pairs of the first m vectors: values ascending, rows of z. */
static bool solve(el4ml_lanczos *l, size_t m, bool tridiagonal)
{
    const size_t stride = l->capacity;
    if (tridiagonal) {
        for (size_t i = 0; i < m; i++) {
            l->values[i] = l->t[i * stride + i];
            l->beta[i] = i + 1 < m ? l->t[(i + 1) * stride + i] : 0;
        }
        return el4ml_tridiagonal(m, l->values, l->beta, l->z);
    }
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < m; k++)
            l->z[i * m + k] = l->t[i * stride + k];
    return el4ml_eigen(m, l->z, l->values, true, l->work, l->work_size);
}

/* Ritz vector number k of the first m basis vectors. */
static void assemble(const el4ml_lanczos *l, size_t m, size_t k, double *mode)
{
    const size_t n = l->n;
    for (size_t i = 0; i < n; i++)
        mode[i] = 0;
    for (size_t i = 0; i < m; i++)
        el4ml_axpy(n, l->z[k * m + i], l->q + i * n, mode);
}

/* The lowest Ritz vectors become the head of the basis, the remainder q[m] follows them. */
static size_t restart(el4ml_lanczos *l, size_t m, double beta)
{
    const size_t n = l->n, stride = l->capacity, kept = m / 3 < KEPT ? m / 3 : KEPT;
    for (size_t k = 0; k < kept; k++)
        assemble(l, m, k, l->ritz + k * n);
    el4ml_copy(kept * n, l->ritz, l->q);
    double *next = l->q + kept * n;
    for (size_t i = 0; i < n; i++)
        next[i] = l->q[m * n + i] / beta;
    for (size_t i = 0; i < stride * stride; i++)
        l->t[i] = 0;
    for (size_t k = 0; k < kept; k++)
        l->t[k * stride + k] = l->values[k];
    return kept;
}

bool el4ml_lanczos_begin(el4ml_lanczos *l, const el4ml_curvature *c, const double *mode)
{
    el4ml_copy(l->n, mode, l->q);
    stir(l->n, 0.02, l->q);
    el4ml_curvature_project(c, l->q);
    const double norm = el4ml_norm(l->n, l->q);
    if (!(norm > 0)) return false;
    el4ml_scale(l->n, 1 / norm, l->q);
    for (size_t i = 0; i < l->capacity * l->capacity; i++)
        l->t[i] = 0;
    return true;
}

el4ml_status el4ml_lowest_mode(el4ml_lanczos *l, el4ml_curvature *c, double tolerance, int restarts_allowed,
                               double *mode, double *value)
{
    const size_t n = l->n;
    double size = 0; /* estimate of |H| */
    size_t j = 0;
    if (!el4ml_lanczos_begin(l, c, mode)) return EL4ML_NUMERICAL;
    if (c->dense && c->changed) return el4ml_lowest_mode_dense(l, c, tolerance, NAN, mode, value);
    for (int restarts = 0; restarts <= restarts_allowed; restarts++) {
        double beta = 0;
        size_t m = j;
        while (m < l->capacity) {
            const el4ml_status status = extend(l, c, m, &beta);
            if (status != EL4ML_OK) return status;
            size = fmax(size, fabs(l->t[m * l->capacity + m]) + beta);
            m++;
            const bool over = beta <= 1e-12 * size, full = m == l->capacity;
            if (over || full || m % (restarts ? 6 : 3) == 0) {
                if (!solve(l, m, restarts == 0)) return EL4ML_NUMERICAL;
                *value = l->values[0];
                const double residual = fabs(beta * l->z[m - 1]);
                if (over || residual <= tolerance * (fabs(*value) + 1e-9 * size)) {
                    assemble(l, m, 0, mode);
                    el4ml_scale(n, 1 / el4ml_norm(n, mode), mode);
                    return EL4ML_OK;
                }
            }
            if (!full) {
                el4ml_scale(n, 1 / beta, l->q + m * n);
                l->t[m * l->capacity + m - 1] = l->t[(m - 1) * l->capacity + m] = beta;
            }
        }
        if (restarts == restarts_allowed) break;
        j = restart(l, m, beta);
    }
    assemble(l, l->capacity, 0, mode);
    el4ml_scale(n, 1 / el4ml_norm(n, mode), mode);
    return EL4ML_NOT_CONVERGED;
}
