/* What a stationary point is, proved from its Hessian: the index by Sylvester's law of inertia from LDL^T,
 * the log-product from the same factor, zero modes moved to a known positive eigenvalue first. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "saddle/searcher.h"

#define CHECK_TOLERANCE 1e-3 /* residual relative to the eigenvalue: its sign is beyond doubt */

static double relative_tolerance_of_symmetry(size_t n)
{
    return 1e-5 * sqrt((double)n);
}

/* Small n: the full spectrum of the shifted Hessian in `matrix`, overwritten. */
static el4ml_status from_spectrum(el4ml_searcher *s, const el4ml_curvature *c, double *matrix,
                                  el4ml_stationary *p)
{
    double *values = s->eigen_work;
    if (!el4ml_eigen(s->n, matrix, values, false, values + s->n, s->eigen_work_size)) return EL4ML_NUMERICAL;
    p->log_product = -(double)c->zero_modes * log(c->shift);
    for (size_t i = 0; i < s->n; i++)
        if (values[i] > 0) p->log_product += log(values[i]);
    p->smallest_eigenvalue = values[0];
    return EL4ML_OK;
}

/* Larger n: ln |det| from LDL^T; a transition state's one negative eigenvalue, from Lanczos, is taken out. */
static el4ml_status from_factor(el4ml_searcher *s, el4ml_curvature *c, double log_determinant,
                                el4ml_stationary *p)
{
    for (size_t i = 0; i < s->n; i++)
        s->mode[i] = 0;
    s->mode[0] = 1;
    const el4ml_status status =
        el4ml_lowest_mode(&s->lanczos, c, 1e-7, EL4ML_MANY_RESTARTS, s->mode, &p->smallest_eigenvalue);
    if (status != EL4ML_OK) return status;
    p->log_product = log_determinant - (double)c->zero_modes * log(c->shift);
    if (p->index == 1) p->log_product -= log(-p->smallest_eigenvalue);
    if (p->index > 1) p->log_product = NAN;
    return EL4ML_OK;
}

static el4ml_status prove(el4ml_searcher *s, el4ml_stationary *p)
{
    const size_t n = s->n;
    el4ml_curvature own, *c = &s->curvature;
    const bool borrowed = c->dense;
    if (!borrowed) {
        if (!el4ml_curvature_init(&own, &s->evaluator, n)) return EL4ML_OUT_OF_MEMORY;
        c = &own;
    }
    el4ml_status status = el4ml_curvature_set(c, p->x);
    const size_t work_size = el4ml_ldl_work_size(n);
    double *work = EL4ML_NEW(double, work_size);
    if (!work) status = EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_OK) {
        double log_determinant;
        el4ml_copy(n * n, c->matrix, c->factor);
        if (!el4ml_ldl(n, c->factor, s->pivots, work, work_size)) {
            status = EL4ML_NOT_CONVERGED; /* singular: a flat direction that is not a known zero mode */
        } else {
            el4ml_ldl_inertia(n, c->factor, s->pivots, &p->index, &log_determinant);
            p->proved = true;
            if (s->spectrum) {
                el4ml_copy(n * n, c->matrix, c->factor);
                status = from_spectrum(s, c, c->factor, p);
            } else {
                status = from_factor(s, c, log_determinant, p);
            }
        }
    }
    el4ml_release(work);
    if (!borrowed) el4ml_curvature_clear(&own);
    return status;
}

/* Beyond the reach of a full Hessian: the two smallest eigenvalues tell a minimum from a transition state. */
static el4ml_status check(el4ml_searcher *s, el4ml_stationary *p)
{
    el4ml_curvature *c = &s->curvature;
    el4ml_status status = el4ml_curvature_set(c, p->x);
    if (status != EL4ML_OK) return status;
    for (size_t i = 0; i < s->n; i++)
        s->mode[i] = 0;
    status = el4ml_lowest_mode(&s->lanczos, c, CHECK_TOLERANCE, EL4ML_MANY_RESTARTS, s->mode,
                               &p->smallest_eigenvalue);
    if (status != EL4ML_OK) return status;
    p->index = p->smallest_eigenvalue < 0;
    p->log_product = NAN;
    p->proved = false;
    if (p->index == 0 || c->zero_modes >= s->evaluator.surface->info.max_zero_modes + 1) return EL4ML_OK;
    double second;
    el4ml_copy(s->n, s->mode,
               c->zero_basis + c->zero_modes * s->n); /* deflate: one slot is kept free for this */
    c->shift = 2 * fabs(p->smallest_eigenvalue);
    c->zero_modes++;
    status = el4ml_lowest_mode(&s->lanczos, c, CHECK_TOLERANCE, EL4ML_MANY_RESTARTS, s->mode, &second);
    c->zero_modes--;
    if (status == EL4ML_OK && second < 0) p->index = 2;
    return status;
}

/* Newton's method for g = 0 by the spectrum, once or twice: along a soft mode an RMS gradient of 1e-9 is
 * still far enough from the point to show in the sixth decimal of the ln product. */
el4ml_status el4ml_polish(el4ml_searcher *s, el4ml_stationary *p)
{
    const size_t n = s->n;
    el4ml_curvature *c = &s->curvature;
    if (!s->spectrum || !c->dense) return EL4ML_OK;
    el4ml_status status = el4ml_value_gradient(&s->evaluator, p->x, &p->energy, s->g);
    for (int k = 0; k < 2 && status == EL4ML_OK; k++) {
        double energy, *values = s->eigen_work;
        status = el4ml_curvature_set(c, p->x);
        if (status != EL4ML_OK) break;
        el4ml_copy(n * n, c->matrix, s->spectrum);
        if (!el4ml_eigen(n, s->spectrum, values, true, values + n, s->eigen_work_size)) break;
        el4ml_copy(n, p->x, s->trial);
        for (size_t i = 0; i < n; i++) {
            const double *v = s->spectrum + i * n, step = -el4ml_dot(n, v, s->g) / values[i];
            if (fabs(step) <= 1e-3 * s->length) el4ml_axpy(n, step, v, s->trial);
        }
        status = el4ml_value_gradient(&s->evaluator, s->trial, &energy, s->trial_g);
        if (status != EL4ML_OK || !(el4ml_norm(n, s->trial_g) <= 0.5 * el4ml_norm(n, s->g))) break;
        el4ml_copy(n, s->trial, p->x);
        el4ml_copy(n, s->trial_g, s->g);
        p->energy = energy;
    }
    p->gradient_rms = el4ml_norm(n, s->g) / sqrt((double)n);
    return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
}

el4ml_status el4ml_characterise(el4ml_searcher *s, el4ml_stationary *p)
{
    el4ml_evaluator *e = &s->evaluator;
    el4ml_status status = el4ml_value_gradient(e, p->x, &p->energy, s->g);
    if (status != EL4ML_OK) return status;
    p->gradient_rms = el4ml_norm(s->n, s->g) / sqrt((double)s->n);
    status = s->n <= s->options.proof_limit ? prove(s, p) : check(s, p);
    if (status != EL4ML_OK) return status;
    double order;
    status = el4ml_multiplicity(e, p->x, relative_tolerance_of_symmetry(s->n), &p->log_multiplicity, &order);
    p->flagged = !isfinite(p->log_multiplicity); /* the order itself may overflow for a wide net */
    if (p->flagged) p->log_multiplicity = 0;
    return status;
}

el4ml_status el4ml_unstable_mode(el4ml_searcher *s, const double *x, double *mode, double *value)
{
    const size_t n = s->n;
    el4ml_status status = el4ml_curvature_set(&s->curvature, x);
    if (status != EL4ML_OK) return status;
    if (s->spectrum && s->curvature.dense) {
        double *values = s->eigen_work;
        el4ml_copy(n * n, s->curvature.matrix, s->spectrum);
        if (!el4ml_eigen(n, s->spectrum, values, true, values + n, s->eigen_work_size))
            return EL4ML_NUMERICAL;
        el4ml_copy(n, s->spectrum, mode);
        *value = values[0];
        return EL4ML_OK;
    }
    for (size_t i = 0; i < n; i++)
        mode[i] = 0;
    mode[0] = 1;
    return el4ml_lowest_mode(&s->lanczos, &s->curvature, 1e-7, EL4ML_MANY_RESTARTS, mode, value);
}
