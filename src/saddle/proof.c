/* What a stationary point is, proved from its Hessian: the index by Sylvester's law of inertia from LDL^T,
 * the log-product from the same factor, zero modes and coordinates on a bound moved to a known positive
 * eigenvalue first. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "saddle/searcher.h"

#define MODE_TOLERANCE 1e-7
/* Of the mode that paths start along. Where a transition state has a symmetry, the way down keeps it and may
 * run along a ridge: what the mode is off its symmetry by grows there, and decides into which basin the path
 * falls. */
#define PATH_TOLERANCE 1e-13
#define CHECK_TOLERANCE 1e-3 /* residual relative to the eigenvalue: its sign is beyond doubt */

static double relative_tolerance_of_symmetry(size_t n)
{
    return 1e-5 * sqrt((double)n);
}

/* ln of the product of the positive eigenvalues where several are negative. */
static double product_of_positive(el4ml_searcher *s, const el4ml_curvature *c)
{
    const size_t n = s->n;
    if (!s->spectrum) return NAN;
    double *values = s->eigen_work, sum = 0;
    el4ml_copy(n * n, c->matrix, s->spectrum);
    if (!el4ml_eigen(n, s->spectrum, values, false, values + n, s->eigen_work_size)) return NAN;
    for (size_t i = 0; i < n; i++)
        if (values[i] > 0) sum += log(values[i]);
    return sum - (double)el4ml_curvature_moved(c) * log(c->shift);
}

/* What a factorised Hessian proves. */
typedef struct inertia {
    size_t negative;
    double log_determinant;
    bool definite; /* c->factor is that of H itself */
} inertia;

/* Index, ln product and smallest eigenvalue at the point where `c` is set; a transition state's one negative
 * eigenvalue is taken out of ln |det|. s->mode: a start in, the lowest mode out. */
static el4ml_status conclude(el4ml_searcher *s, el4ml_curvature *c, const inertia *i, el4ml_stationary *p)
{
    el4ml_lanczos *l = &s->lanczos;
    p->proved = true;
    p->index = i->negative;
    el4ml_status status;
    if (c->held_count == s->n) { /* a corner of the box */
        p->log_product = 0;
        p->smallest_eigenvalue = NAN;
        return EL4ML_OK;
    }
    if (i->definite)
        status = el4ml_lanczos_begin(l, c, s->mode)
                     ? el4ml_lowest_mode_dense(l, c, MODE_TOLERANCE, 0, s->mode, &p->smallest_eigenvalue)
                     : EL4ML_NUMERICAL;
    else
        status = el4ml_lowest_mode(l, c, c->changed ? PATH_TOLERANCE : MODE_TOLERANCE, EL4ML_MANY_RESTARTS,
                                   s->mode, &p->smallest_eigenvalue);
    if (status != EL4ML_OK) return status;
    p->log_product = i->log_determinant - (double)el4ml_curvature_moved(c) * log(c->shift);
    if (p->index == 1) p->log_product -= log(-p->smallest_eigenvalue);
    if (p->index > 1) p->log_product = product_of_positive(s, c);
    return EL4ML_OK;
}

/* A fixed vector without structure: one of a net's own axes may be an eigenvector (the weights of a constant
 * input), and a search for the lowest mode would begin and end there. */
static void start_anywhere(el4ml_searcher *s)
{
    el4ml_random random = el4ml_random_new(3, 3, 3);
    el4ml_random_direction(&random, s->n, s->mode);
}

/* Of the Hessian at x: Cholesky (LDL^T with nothing but positive pivots) for a minimum, pivoted LDL^T for all
 * else. NOT_CONVERGED: singular, a flat direction that is not a known zero mode. */
static el4ml_status factorise(el4ml_searcher *s, const double *x, inertia *i)
{
    el4ml_curvature *c = &s->curvature;
    const el4ml_status status = el4ml_curvature_set(c, x);
    if (status != EL4ML_OK) return status;
    if (el4ml_factor_make(&c->factor, c->matrix, 0)) {
        *i = (inertia){0, el4ml_factor_log_determinant(&c->factor), true};
        return EL4ML_OK;
    }
    if (!el4ml_ldl_make(&s->ldl, c->matrix, 0)) return EL4ML_NOT_CONVERGED;
    *i = (inertia){s->ldl.negative, s->ldl.log_determinant, false};
    return EL4ML_OK;
}

/* From s->mode, a start. */
static el4ml_status prove_dense(el4ml_searcher *s, el4ml_stationary *p)
{
    inertia i;
    const el4ml_status status = factorise(s, p->x, &i);
    return status == EL4ML_OK ? conclude(s, &s->curvature, &i, p) : status;
}

/* Beyond the reach of a full Hessian: the two smallest eigenvalues tell a minimum from a transition state. */
static el4ml_status check(el4ml_searcher *s, el4ml_stationary *p)
{
    el4ml_curvature *c = &s->curvature;
    el4ml_status status = el4ml_curvature_set(c, p->x);
    if (status != EL4ML_OK) return status;
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

/* A large model's point; `mode` (NULL: none) is what is known of its lowest mode, `polish` lets it move to
 * where the gradient vanishes. */
static el4ml_status prove_or_check(el4ml_searcher *s, el4ml_stationary *p, const double *mode, bool polish)
{
    if (mode)
        el4ml_copy(s->n, mode, s->mode);
    else
        start_anywhere(s);
    return s->n <= s->options.proof_limit ? el4ml_prove_large(s, p, mode != NULL, polish) : check(s, p);
}

el4ml_status el4ml_set_multiplicity(el4ml_searcher *s, el4ml_stationary *p)
{
    double order;
    const el4ml_status status = el4ml_multiplicity(&s->evaluator, p->x, relative_tolerance_of_symmetry(s->n),
                                                   &p->log_multiplicity, &order);
    p->flagged = !isfinite(p->log_multiplicity); /* the order itself may overflow for a wide net */
    if (p->flagged) p->log_multiplicity = 0;
    return status;
}

static el4ml_status set_gradient(el4ml_searcher *s, el4ml_stationary *p)
{
    return el4ml_value_gradient(&s->evaluator, p->x, &p->energy, s->g);
}

/* Multipliers near zero: the index must be the same whether their coordinates count as free or not. */
static el4ml_status resolve_doubt(el4ml_searcher *s, el4ml_stationary *p)
{
    el4ml_stationary free = *p;
    el4ml_copy(s->n, s->mode, s->plus);
    el4ml_release_doubtful(s);
    const el4ml_status status =
        s->curvature.dense ? prove_dense(s, &free) : prove_or_check(s, &free, s->plus, false);
    el4ml_copy(s->n, s->plus, s->mode);
    if (status != EL4ML_OK) return status;
    p->flagged = true;
    return free.index == p->index ? EL4ML_OK : EL4ML_NOT_CONVERGED;
}

/* What the proved or checked point is besides. */
static el4ml_status finish(el4ml_searcher *s, el4ml_stationary *p)
{
    const el4ml_status status = el4ml_set_multiplicity(s, p);
    return status == EL4ML_OK && s->doubtful > 0 ? resolve_doubt(s, p) : status;
}

el4ml_status el4ml_characterise(el4ml_searcher *s, el4ml_stationary *p)
{
    if (s->own) return el4ml_own_characterise(s, p);
    el4ml_status status = set_gradient(s, p);
    if (status != EL4ML_OK) return status;
    el4ml_set_multipliers(s, p);
    start_anywhere(s);
    status = s->curvature.dense ? prove_dense(s, p) : prove_or_check(s, p, NULL, false);
    return status == EL4ML_OK ? finish(s, p) : status;
}

/* Newton's step from the factor at p->x; taken when it at least halves the gradient. */
static el4ml_status newton_step(el4ml_searcher *s, const inertia *i, el4ml_stationary *p, bool *taken)
{
    const size_t n = s->n;
    el4ml_evaluator *e = &s->evaluator;
    el4ml_curvature *c = &s->curvature;
    double energy;
    *taken = false;
    el4ml_copy(n, s->g, s->step);
    if (i->definite)
        el4ml_factor_solve(&c->factor, s->step);
    else
        el4ml_ldl_solve(&s->ldl, s->step);
    el4ml_curvature_project(c, s->step);
    if (!(el4ml_norm(n, s->step) <= 0.1 * s->length)) return EL4ML_OK;
    for (size_t k = 0; k < n; k++)
        s->trial[k] = p->x[k] - s->step[k];
    el4ml_clip(e, s->trial);
    const el4ml_status status = el4ml_value_gradient(e, s->trial, &energy, s->trial_g);
    if (status != EL4ML_OK) return status == EL4ML_NUMERICAL ? EL4ML_OK : status;
    *taken = el4ml_projected_norm(e, s->trial, s->trial_g) <= 0.5 * el4ml_projected_norm(e, p->x, s->g);
    if (!*taken) return EL4ML_OK;
    el4ml_copy(n, s->trial, p->x);
    el4ml_copy(n, s->trial_g, s->g);
    p->energy = energy;
    return EL4ML_OK;
}

/* Along a soft mode an RMS gradient of 1e-9 is still far enough from the point to show in the sixth decimal
 * of the ln product: Newton's method goes on, twice at most, and the factor of its last Hessian is the proof.
 */
el4ml_status el4ml_settle(el4ml_searcher *s, el4ml_stationary *p, const double *mode)
{
    if (s->own) return el4ml_own_characterise(s, p); /* exact already */
    el4ml_status status = set_gradient(s, p);
    if (status != EL4ML_OK) return status;
    el4ml_set_multipliers(s, p);
    if (!s->curvature.dense) {
        status = prove_or_check(s, p, mode, true);
        return status == EL4ML_OK ? finish(s, p) : status;
    }
    inertia i = {0};
    bool moved = true;
    for (int k = 0; moved && status == EL4ML_OK; k++) {
        moved = false;
        status = factorise(s, p->x, &i);
        if (status == EL4ML_OK && k < 2) status = newton_step(s, &i, p, &moved);
        if (moved) el4ml_set_multipliers(s, p);
    }
    if (status != EL4ML_OK) return status;
    if (mode)
        el4ml_copy(s->n, mode, s->mode);
    else
        start_anywhere(s);
    status = conclude(s, &s->curvature, &i, p);
    return status == EL4ML_OK ? finish(s, p) : status;
}

el4ml_status el4ml_unstable_mode(el4ml_searcher *s, const double *x, double *mode, double *value)
{
    if (s->own) return el4ml_own_unstable_mode(s, x, mode, value);
    el4ml_status status = EL4ML_OK;
    if (s->held) {
        status = el4ml_value_gradient(&s->evaluator, x, value, s->g);
        el4ml_curvature_hold_at(&s->curvature, x, s->g);
    }
    if (status == EL4ML_OK) status = el4ml_curvature_set(&s->curvature, x);
    if (status != EL4ML_OK) return status;
    start_anywhere(s);
    status =
        el4ml_lowest_mode(&s->lanczos, &s->curvature, s->curvature.dense ? PATH_TOLERANCE : MODE_TOLERANCE,
                          EL4ML_MANY_RESTARTS, s->mode, value);
    el4ml_copy(s->n, s->mode, mode);
    return status;
}
