/* The smallest eigenpair of a Hessian by Lanczos with full reorthogonalisation, restarted with the Ritz vector
 * (Parlett, The Symmetric Eigenvalue Problem, ch. 13). The residual of a Ritz pair is |beta_m z_m|, so that
 * convergence costs nothing to see. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "saddle/searcher.h"

bool el4ml_lanczos_init(el4ml_lanczos *l, size_t n)
{
    const size_t m = n < EL4ML_KRYLOV ? n : EL4ML_KRYLOV;
    *l = (el4ml_lanczos){.n = n, .capacity = m};
    l->q = EL4ML_NEW(double, (m + 1) * n);
    l->alpha = EL4ML_NEW(double, 6 * (m + 2) + m * m);
    if (!l->q || !l->alpha) {
        el4ml_lanczos_clear(l);
        return false;
    }
    l->beta = l->alpha + m + 2;
    l->d = l->beta + m + 2;
    l->e = l->d + m + 2;
    l->work = l->e + m + 2;
    l->z = l->work + 2 * (m + 2);
    return true;
}

void el4ml_lanczos_clear(el4ml_lanczos *l)
{
    el4ml_release(l->q);
    el4ml_release(l->alpha);
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

/* Ritz values of the first m vectors; smallest one and the last component of its vector. */
static bool ritz(el4ml_lanczos *l, size_t m, double *value, double *last)
{
    el4ml_copy(m, l->alpha, l->d);
    el4ml_copy(m, l->beta, l->e);
    if (!el4ml_tridiagonal(m, l->d, l->e, l->z, l->work)) return false;
    size_t least = 0;
    for (size_t i = 1; i < m; i++)
        if (l->d[i] < l->d[least]) least = i;
    *value = l->d[least];
    *last = l->z[least * m + m - 1];
    if (least != 0) el4ml_copy(m, l->z + least * m, l->z);
    return true;
}

/* mode = sum_k z_k q_k, normalised. */
static void assemble(el4ml_lanczos *l, size_t m, double *mode)
{
    const size_t n = l->n;
    for (size_t i = 0; i < n; i++) mode[i] = 0;
    for (size_t k = 0; k < m; k++) el4ml_axpy(n, l->z[k], l->q + k * n, mode);
    el4ml_scale(n, 1 / el4ml_norm(n, mode), mode);
}

el4ml_status el4ml_lowest_mode(el4ml_lanczos *l, el4ml_curvature *c, double tolerance, double *mode, double *value)
{
    const size_t n = l->n;
    double size = 0; /* estimate of |H| */
    for (int restart = 0; restart < 40; restart++) {
        el4ml_copy(n, mode, l->q);
        stir(n, restart == 0 ? 0.02 : 1e-6, l->q);
        el4ml_project_out(n, c->zero_modes, c->zero_basis, l->q);
        const double norm = el4ml_norm(n, l->q);
        if (!(norm > 0)) return EL4ML_NUMERICAL;
        el4ml_scale(n, 1 / norm, l->q);
        for (size_t m = 1; m <= l->capacity; m++) {
            double *last = l->q + (m - 1) * n, *next = l->q + m * n;
            const el4ml_status status = el4ml_curvature_apply(c, last, next);
            if (status != EL4ML_OK) return status;
            l->alpha[m - 1] = el4ml_dot(n, last, next);
            el4ml_project_out(n, c->zero_modes, c->zero_basis, next);
            for (int pass = 0; pass < 2; pass++) el4ml_project_out(n, m, l->q, next);
            const double beta = el4ml_norm(n, next);
            l->beta[m - 1] = beta;
            size = fmax(size, fabs(l->alpha[m - 1]) + beta);
            const bool exhausted = m == l->capacity || beta <= 1e-13 * size;
            if (exhausted || m % 3 == 0) {
                double z_last;
                if (!ritz(l, m, value, &z_last)) return EL4ML_NUMERICAL;
                const double residual = fabs(beta * z_last);
                const bool done = residual <= tolerance * (fabs(*value) + 1e-9 * size) || beta <= 1e-13 * size;
                if (done || exhausted) assemble(l, m, mode);
                if (done) return EL4ML_OK;
                if (exhausted) break;
            }
            el4ml_scale(n, 1 / beta, next);
        }
    }
    return EL4ML_NOT_CONVERGED;
}
