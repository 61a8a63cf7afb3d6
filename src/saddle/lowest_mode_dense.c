/* Eigenpairs of a full Hessian by factorisations.
 *
 * The lowest: Cholesky of H - sigma succeeds exactly when sigma lies below the whole spectrum, so that a
 * shift is proved, not guessed, to be on the right side. Lanczos on (H - sigma)^-1 then finds the lowest pair
 * in a few solves (Ericsson and Ruhe, Math. Comp. 35, 1251, 1980); where it needs more, the shift moves
 * closer. One that is followed from point to point: Rayleigh quotient iteration from its last direction
 * (Parlett, The Symmetric Eigenvalue Problem, ch. 4). */
#include <math.h>

#include "base/linalg.h"
#include "saddle/searcher.h"

#define STEPS 8   /* Lanczos vectors before the shift moves */
#define ROUNDS 40 /* shifts */

/* Rayleigh quotient, and the norm of H v - rho v. */
static double rayleigh(el4ml_curvature *c, const double *v, double *residual)
{
    const size_t n = c->n;
    double *hv = c->scratch;
    el4ml_symmetric_product(n, c->matrix, v, hv);
    const double rho = el4ml_dot(n, v, hv);
    el4ml_axpy(n, -rho, v, hv);
    *residual = el4ml_norm(n, hv);
    return rho;
}

/* Lowest pair of the shifted inverse as Lanczos sees it after some steps: lambda = sigma + 1/theta. */
typedef struct ritz {
    double theta, residual; /* |(H - sigma)^-1 y - theta y| */
    size_t steps;
} ritz;

static bool solve_small(el4ml_lanczos *l, const double *alpha, const double *beta, size_t m, ritz *r)
{
    double *d = l->values, *e = l->beta;
    for (size_t i = 0; i < m; i++) {
        d[i] = alpha[i];
        e[i] = beta[i];
    }
    if (!el4ml_tridiagonal(m, d, e, l->z)) return false;
    *r = (ritz){.theta = d[m - 1], .residual = fabs(beta[m - 1] * l->z[(m - 1) * m + m - 1]), .steps = m};
    return r->theta > 0;
}

/* Ritz vector k of the first m basis vectors, into q[0]. */
static void assemble(el4ml_lanczos *l, size_t m, size_t k)
{
    double *y = l->ritz;
    for (size_t i = 0; i < l->n; i++)
        y[i] = 0;
    for (size_t i = 0; i < m; i++)
        el4ml_axpy(l->n, l->z[k * m + i], l->q + i * l->n, y);
    const double norm = el4ml_norm(l->n, y);
    for (size_t i = 0; i < l->n; i++)
        l->q[i] = y[i] / norm;
}

/* Lanczos on the factor's inverse from q[0], until the residual is below tolerance * theta or the steps are
 * spent; the Ritz vector is left in q[0]. */
static bool inverse_lanczos(el4ml_lanczos *l, el4ml_curvature *c, double tolerance, ritz *r)
{
    const size_t n = l->n, most = n < STEPS ? n : STEPS;
    double alpha[STEPS], beta[STEPS];
    for (size_t j = 0; j < most; j++) {
        double *q = l->q + j * n, *next = q + n;
        el4ml_copy(n, q, next);
        el4ml_factor_solve(&c->factor, next);
        el4ml_curvature_project(c, next);
        alpha[j] = el4ml_dot(n, q, next);
        el4ml_project_out(n, j + 1, l->q, next);
        el4ml_project_out(n, j + 1, l->q, next);
        beta[j] = el4ml_norm(n, next);
        const bool over = beta[j] <= 1e-14 * fabs(alpha[j]), last = over || j + 1 == most;
        if (last || j > 0) {
            if (!solve_small(l, alpha, beta, j + 1, r)) return false;
            if (last || r->residual <= tolerance * r->theta) break;
        }
        el4ml_scale(n, 1 / beta[j], next);
    }
    assemble(l, r->steps, r->steps - 1);
    return true;
}

/* A shift just below the Rayleigh quotient of l->q, or as far below as it takes; the factor belongs to it. */
static bool first_shift(el4ml_lanczos *l, el4ml_curvature *c, double *shift)
{
    double residual;
    const double rho = rayleigh(c, l->q, &residual);
    double gap = fmin(1.1 * residual, 0.5 * fabs(rho)) + 1e-12 * c->shift;
    for (int k = 0; k < ROUNDS; k++, gap *= 4) {
        *shift = rho - gap;
        if (el4ml_factor_make(&c->factor, c->matrix, -*shift)) return true;
    }
    return false;
}

/* A shift above the last, `below`, that is below the spectrum too. */
static bool closer_shift(el4ml_curvature *c, double below, double *shift)
{
    for (int k = 0; k < ROUNDS; k++, *shift = 0.5 * (*shift + below))
        if (el4ml_factor_make(&c->factor, c->matrix, -*shift)) return true;
    return false;
}

el4ml_status el4ml_lowest_mode_dense(el4ml_lanczos *l, el4ml_curvature *c, double tolerance, double shift,
                                     double *mode, double *value)
{
    if (isnan(shift) && !first_shift(l, c, &shift)) return EL4ML_NOT_CONVERGED;
    for (int round = 0; round < ROUNDS; round++) {
        const double below = shift;
        ritz r = {0};
        if (!inverse_lanczos(l, c, tolerance, &r)) return EL4ML_NUMERICAL;
        *value = shift + 1 / r.theta;
        el4ml_copy(l->n, l->q, mode);
        if (r.residual <= tolerance * r.theta || r.steps == l->n) return EL4ML_OK;
        shift += 0.95 / (r.theta + r.residual);
        if (!closer_shift(c, below, &shift)) return EL4ML_NOT_CONVERGED;
    }
    return EL4ML_NOT_CONVERGED;
}

#define SOFT 0.05 /* eigenvalues below this share of the mean one are as good as zero to a step */

/* Rayleigh quotient iteration from the unit vector v, until the residual is below tolerance times |rho| or a
 * soft eigenvalue, whichever is larger. */
static bool rayleigh_iteration(el4ml_curvature *c, double tolerance, double *v, double *next, double *value)
{
    const size_t n = c->n;
    double residual;
    for (int k = 0; k < 4; k++) {
        const double rho = *value = rayleigh(c, v, &residual);
        if (residual <= tolerance * (fabs(rho) + SOFT * c->shift)) return true;
        if (!el4ml_factor_make_indefinite(&c->factor, c->matrix, -rho) &&
            !el4ml_factor_make_indefinite(&c->factor, c->matrix, -rho + 1e-9 * c->shift))
            return false;
        el4ml_copy(n, v, next);
        el4ml_factor_solve(&c->factor, next);
        el4ml_curvature_project(c, next);
        const double norm = el4ml_norm(n, next);
        if (!(norm > 0) || !isfinite(norm)) return false;
        for (size_t i = 0; i < n; i++)
            v[i] = next[i] / norm;
    }
    return false;
}

/* Of the Ritz vectors in the Krylov space of q[0], the one nearest to it, left in q[0]. */
static bool nearest_ritz(el4ml_lanczos *l, el4ml_curvature *c)
{
    const size_t n = l->n, m = n < STEPS ? n : STEPS;
    double *d = l->values, *e = l->beta;
    for (size_t j = 0; j < m; j++) {
        double *next = l->q + (j + 1) * n;
        el4ml_symmetric_product(n, c->matrix, l->q + j * n, next);
        el4ml_curvature_project(c, next);
        d[j] = el4ml_dot(n, l->q + j * n, next);
        el4ml_project_out(n, j + 1, l->q, next);
        el4ml_project_out(n, j + 1, l->q, next);
        e[j] = el4ml_norm(n, next);
        if (!(e[j] > 0)) return false;
        el4ml_scale(n, 1 / e[j], next);
    }
    if (!el4ml_tridiagonal(m, d, e, l->z)) return false;
    size_t best = 0;
    for (size_t k = 1; k < m; k++)
        if (fabs(l->z[k * m]) > fabs(l->z[best * m])) best = k;
    assemble(l, m, best);
    return true;
}

/* From its last direction; where that has become a mixture, from the nearest Ritz vector. */
el4ml_status el4ml_track_mode(el4ml_searcher *s, double tolerance, double *mode, double *value)
{
    const size_t n = s->n;
    el4ml_curvature *c = &s->curvature;
    double *v = s->lanczos.q, *scratch = v + n;
    for (int attempt = 0; attempt < 2; attempt++) {
        el4ml_copy(n, mode, v);
        el4ml_curvature_project(c, v);
        el4ml_scale(n, 1 / el4ml_norm(n, v), v);
        if (attempt == 1 && !nearest_ritz(&s->lanczos, c)) break;
        if (!rayleigh_iteration(c, tolerance, v, scratch, value)) continue;
        const double overlap = el4ml_dot(n, v, mode);
        if (!(fabs(overlap) > 0.7072)) continue; /* another one may be nearer */
        for (size_t i = 0; i < n; i++)
            mode[i] = overlap < 0 ? -v[i] : v[i];
        return EL4ML_OK;
    }
    return EL4ML_NOT_CONVERGED;
}
