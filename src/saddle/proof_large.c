/* Proof of a stationary point where searches make no matrix: one is made for the proof, and Cholesky alone
 * does it, in place. A minimum: H is positive definite. A transition state with mode e: e^T H e < 0, so that
 * H has a negative eigenvalue, and H + tau e e^T is positive definite, so that it has no second one (the
 * rank-one term moves one eigenvalue only). Both statements are exact whatever the quality of e. With M = H +
 * tau e e^T and w = M^-1 e,
 *
 *     det H = det M (1 - tau e.w),      H^-1 v = M^-1 v + tau w (w.v) / (1 - tau e.w),
 *
 * and Lanczos on H^-1 gives the smallest eigenvalue: 1 over its largest, or over its only negative one. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "saddle/searcher.h"

#define STEPS 30
#define DETERMINED 1e-3 /* |g|/|lambda| in length_scale, the distance to where the gradient vanishes */
#define TOLERANCE 1e-8  /* residual of an eigenpair of H^-1, relative */

typedef struct proof {
    el4ml_searcher *s;
    el4ml_curvature c; /* the matrix lies in factor.u until it is factorised */
    el4ml_factor factor;
    const double *e;       /* NULL: H itself was factorised */
    double *w, tau, scale; /* 1 - tau e.w */
} proof;

static void clear(proof *p)
{
    p->c.matrix = NULL;
    el4ml_curvature_clear(&p->c);
    el4ml_factor_clear(&p->factor);
    el4ml_release(p->w);
}

static bool init(proof *p, el4ml_searcher *s)
{
    *p = (proof){.s = s, .scale = 1, .w = EL4ML_NEW(double, s->n)};
    if (p->w && el4ml_factor_init(&p->factor, s->n) &&
        el4ml_curvature_borrow_matrix(&p->c, &s->evaluator, p->factor.u)) {
        if (s->held) el4ml_curvature_hold(&p->c, s->curvature.held);
        return true;
    }
    clear(p);
    return false;
}

/* v becomes H^-1 v. */
static void solve(proof *p, double *v)
{
    const size_t n = p->s->n;
    el4ml_factor_solve(&p->factor, v);
    if (p->e) el4ml_axpy(n, p->tau * el4ml_dot(n, p->e, v) / p->scale, p->w, v);
}

/* H at x, or with e the bordered matrix, factorised. */
static el4ml_status factorise(proof *p, const double *x, const double *e, bool *definite)
{
    const size_t n = p->s->n;
    const el4ml_status status = el4ml_curvature_set(&p->c, x);
    if (status != EL4ML_OK) return status;
    p->e = e;
    p->tau = p->c.shift;
    if (e) { /* more than what is negative along e */
        el4ml_symmetric_product(n, p->c.matrix, e, p->w);
        p->tau = fmax(p->tau, 4 * fabs(el4ml_dot(n, e, p->w)));
        for (size_t i = 0; i < n; i++)
            el4ml_axpy(n, p->tau * e[i], e, p->c.matrix + i * n);
    }
    *definite = el4ml_factor_make_in_place(&p->factor);
    if (!*definite || !e) return EL4ML_OK;
    el4ml_copy(n, e, p->w);
    el4ml_factor_solve(&p->factor, p->w);
    p->scale = 1 - p->tau * el4ml_dot(n, e, p->w);
    return EL4ML_OK;
}

/* Lanczos on H^-1 from `mode`: its lowest Ritz value (a transition state) or its highest (a minimum). */
static el4ml_status smallest(proof *p, double *mode, double *value)
{
    el4ml_searcher *s = p->s;
    el4ml_lanczos *l = &s->lanczos;
    const size_t n = s->n, most = l->capacity < STEPS ? l->capacity : STEPS;
    double *alpha = l->t, *beta = alpha + l->capacity, *d = l->values, *off = l->beta;
    if (!el4ml_lanczos_begin(l, &p->c, mode)) return EL4ML_NUMERICAL;
    for (size_t j = 0; j < most; j++) {
        double *q = l->q + j * n, *next = q + n;
        el4ml_copy(n, q, next);
        solve(p, next);
        el4ml_curvature_project(&p->c, next);
        alpha[j] = el4ml_dot(n, q, next);
        el4ml_project_out(n, j + 1, l->q, next);
        el4ml_project_out(n, j + 1, l->q, next);
        beta[j] = el4ml_norm(n, next);
        for (size_t i = 0; i <= j; i++) {
            d[i] = alpha[i];
            off[i] = beta[i];
        }
        if (!el4ml_tridiagonal(j + 1, d, off, l->z)) return EL4ML_NUMERICAL;
        const size_t k = p->e ? 0 : j;
        const double residual = fabs(beta[j] * l->z[k * (j + 1) + j]);
        const bool done = residual <= TOLERANCE * fabs(d[k]) || j + 1 == most;
        if (done) {
            for (size_t i = 0; i < n; i++)
                mode[i] = 0;
            for (size_t i = 0; i <= j; i++)
                el4ml_axpy(n, l->z[k * (j + 1) + i], l->q + i * n, mode);
            el4ml_scale(n, 1 / el4ml_norm(n, mode), mode);
            *value = 1 / d[k];
            return EL4ML_OK;
        }
        el4ml_scale(n, 1 / beta[j], next);
    }
    return EL4ML_NOT_CONVERGED;
}

/* Is e a direction of negative curvature at x? */
static el4ml_status descends(el4ml_searcher *s, const double *x, const double *e, bool *negative)
{
    const el4ml_status status = el4ml_hessian_vector(&s->evaluator, x, 1, e, s->hs);
    *negative = status == EL4ML_OK && el4ml_dot(s->n, e, s->hs) < 0;
    return status;
}

/* The lowest mode at x by products alone, from s->mode, good enough to tell its sign. */
static el4ml_status rough_mode(el4ml_searcher *s, const double *x, bool *negative)
{
    double value = 0;
    el4ml_status status = el4ml_curvature_set(&s->curvature, x);
    if (status == EL4ML_OK)
        status = el4ml_lowest_mode(&s->lanczos, &s->curvature, 1e-2, EL4ML_MANY_RESTARTS, s->mode, &value);
    *negative = value < 0;
    return status;
}

/* As a transition state with mode s->mode, kept in s->aligned. */
static el4ml_status factorise_bordered(proof *p, const double *x, bool *definite)
{
    el4ml_copy(p->s->n, p->s->mode, p->s->aligned);
    return factorise(p, x, p->s->aligned, definite);
}

/* The factor that proves the point, whichever it is; *definite false: none, there are two negative
 * eigenvalues or more. */
static el4ml_status find_factor(proof *p, const double *x, bool saddle, bool *definite)
{
    el4ml_searcher *s = p->s;
    bool negative = false;
    el4ml_status status = EL4ML_OK;
    *definite = false;
    if (saddle) {
        status = descends(s, x, s->mode, &negative);
        if (status == EL4ML_OK && negative) status = factorise_bordered(p, x, definite);
    } else {
        status = factorise(p, x, NULL, definite);
    }
    if (status != EL4ML_OK || *definite) return status;
    status = rough_mode(s, x, &negative);
    if (status != EL4ML_OK) return status;
    if (negative) return factorise_bordered(p, x, definite);
    if (saddle) status = factorise(p, x, NULL, definite);
    /* singular, or Lanczos missed a negative eigenvalue */
    return status == EL4ML_OK && !*definite ? EL4ML_NOT_CONVERGED : status;
}

/* Newton's step with the factor at hand where the gradient leaves the point uncertain along its softest mode;
 * *moved: taken, as it at least halved the gradient. */
static el4ml_status newton_step(proof *p, el4ml_stationary *point, bool *moved)
{
    el4ml_searcher *s = p->s;
    const size_t n = s->n;
    el4ml_evaluator *e = &s->evaluator;
    double energy;
    *moved = false;
    const double norm = el4ml_projected_norm(e, point->x, s->g);
    if (norm <= DETERMINED * s->length * fabs(point->smallest_eigenvalue)) return EL4ML_OK;
    el4ml_copy(n, s->g, s->step);
    if (s->held) el4ml_curvature_project(&p->c, s->step);
    solve(p, s->step);
    if (!(el4ml_norm(n, s->step) <= s->length)) return EL4ML_OK;
    for (size_t i = 0; i < n; i++)
        s->trial[i] = point->x[i] - s->step[i];
    el4ml_clip(e, s->trial);
    const el4ml_status status = el4ml_value_gradient(e, s->trial, &energy, s->trial_g);
    if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
    *moved = el4ml_projected_norm(e, s->trial, s->trial_g) <= 0.5 * norm;
    if (!*moved) return EL4ML_OK;
    el4ml_copy(n, s->trial, point->x);
    el4ml_copy(n, s->trial_g, s->g);
    point->energy = energy;
    el4ml_set_multipliers(s, point);
    if (s->held) el4ml_curvature_hold(&p->c, s->curvature.held);
    return EL4ML_OK;
}

static el4ml_status prove(proof *p, el4ml_stationary *point, bool saddle)
{
    bool definite;
    el4ml_status status = find_factor(p, point->x, saddle, &definite);
    point->proved = status == EL4ML_OK;
    point->index = !definite ? 2 : p->e ? 1 : 0;
    point->log_product = point->smallest_eigenvalue = NAN;
    if (status != EL4ML_OK || !definite) return status;
    const size_t moved = el4ml_curvature_moved(&p->c);
    point->log_product = el4ml_factor_log_determinant(&p->factor) - (double)moved * log(p->c.shift);
    if (p->c.held_count == p->s->n) return EL4ML_OK; /* a corner of the box */
    status = smallest(p, p->s->mode, &point->smallest_eigenvalue);
    if (p->e) point->log_product += log(-p->scale) - log(-point->smallest_eigenvalue);
    return status;
}

el4ml_status el4ml_prove_large(el4ml_searcher *s, el4ml_stationary *point, bool saddle, bool polish)
{
    proof p;
    if (!init(&p, s)) return EL4ML_OUT_OF_MEMORY;
    el4ml_status status = EL4ML_OK;
    bool moved = true;
    for (int k = 0; moved && status == EL4ML_OK; k++) {
        moved = false;
        status = prove(&p, point, saddle);
        if (status == EL4ML_OK && polish && k < 3 && point->index < 2)
            status = newton_step(&p, point, &moved);
    }
    clear(&p);
    return status;
}
