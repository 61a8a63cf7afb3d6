/* Trust-region steps on a quadratic model, m(s) = g.s + s.H s / 2.
 *
 * A dense Hessian is factorised first: when it is positive definite and the Newton step is inside the trust
 * radius, that step is the answer. In all other cases Steihaug's truncated conjugate gradients give a step
 * that decreases m and stops at negative curvature or at the radius (SIAM J. Numer. Anal. 20, 626, 1983). */
#include "minimise/curvature.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "surface/box.h"

static bool init(el4ml_curvature *c, el4ml_evaluator *evaluator, bool matrix, bool factors)
{
    const size_t n = evaluator->n;
    *c = (el4ml_curvature){.evaluator = evaluator, .n = n, .dense = matrix};
    bool good = true;
    if (matrix) good = (c->matrix = EL4ML_NEW(double, n *n)) != NULL;
    if (factors) good = good && (c->changed = EL4ML_NEW(double, n *n)) && el4ml_factor_init(&c->factor, n);
    const size_t modes = evaluator->surface->info.max_zero_modes;
    c->zero_basis = EL4ML_NEW(double, (2 * modes + 1) * n);
    if (c->zero_basis) c->moved = c->zero_basis + (modes + 1) * n;
    c->scratch = EL4ML_NEW(double, 6 * n);
    if (el4ml_has_box(evaluator)) good = (c->held = EL4ML_NEW(unsigned char, n)) && good;
    if (good && c->zero_basis && c->scratch) return true;
    el4ml_curvature_clear(c);
    return false;
}

bool el4ml_curvature_init(el4ml_curvature *c, el4ml_evaluator *evaluator, size_t dense_limit)
{
    const bool dense = evaluator->n <= dense_limit;
    return init(c, evaluator, dense, dense);
}

bool el4ml_curvature_borrow_matrix(el4ml_curvature *c, el4ml_evaluator *evaluator, double *matrix)
{
    if (!init(c, evaluator, false, false)) return false;
    c->dense = true;
    c->matrix = matrix;
    return true;
}

void el4ml_curvature_clear(el4ml_curvature *c)
{
    el4ml_release(c->matrix);
    el4ml_release(c->changed);
    el4ml_factor_clear(&c->factor);
    el4ml_release(c->zero_basis);
    el4ml_release(c->scratch);
    el4ml_release(c->held);
    *c = (el4ml_curvature){0};
}

/* P H P + shift sum z z^T, P the projection on what is orthogonal to the zero modes z: they get the mean
 * diagonal element, well inside the spectrum. Away from stationary points H z is not zero, so H itself will
 * not do. With w = H z and p_k = sum_l (z_l.w_k + shift [k = l]) z_l / 2 - w_k it is H + sum_k (z_k p_k^T +
 * p_k z_k^T). */
static void move_zero_modes(el4ml_curvature *c)
{
    const size_t n = c->n, count = c->zero_modes;
    for (size_t k = 0; k < count; k++)
        el4ml_symmetric_product(n, c->matrix, c->zero_basis + k * n, c->moved + k * n);
    double *p = c->scratch;
    for (size_t k = 0; k < count; k++) {
        const double *z = c->zero_basis + k * n, *w = c->moved + k * n;
        for (size_t i = 0; i < n; i++)
            p[i] = -w[i];
        for (size_t l = 0; l < count; l++) {
            const double *other = c->zero_basis + l * n;
            el4ml_axpy(n, 0.5 * (el4ml_dot(n, other, w) + (k == l ? c->shift : 0)), other, p);
        }
        el4ml_rank_two(n, n, n, z, p, p, z, c->matrix);
    }
}

void el4ml_curvature_hold(el4ml_curvature *c, const unsigned char *held)
{
    c->held_count = 0;
    for (size_t i = 0; i < c->n; i++) {
        c->held[i] = held[i];
        c->held_count += held[i];
    }
}

void el4ml_curvature_hold_at(el4ml_curvature *c, const double *x, const double *g)
{
    if (c->held) c->held_count = el4ml_box_hold(c->evaluator, x, g, c->held);
}

void el4ml_curvature_project(const el4ml_curvature *c, double *v)
{
    el4ml_project_out(c->n, c->zero_modes, c->zero_basis, v);
    if (c->held_count > 0) el4ml_box_mask(c->n, c->held, v);
}

static void decouple_held(el4ml_curvature *c)
{
    const size_t n = c->n;
    for (size_t i = 0; i < n; i++) {
        if (c->held[i]) {
            for (size_t j = 0; j < n; j++)
                c->matrix[i * n + j] = c->matrix[j * n + i] = 0;
            c->matrix[i * n + i] = c->shift;
        }
    }
}

el4ml_status el4ml_curvature_set(el4ml_curvature *c, const double *x)
{
    c->x = x;
    c->factored = false;
    c->zero_modes = el4ml_zero_modes(c->evaluator, x, c->zero_basis);
    c->shift = 1;
    if (!c->dense) return EL4ML_OK;
    const el4ml_status status = el4ml_hessian(c->evaluator, x, c->matrix);
    if (status != EL4ML_OK) return status;
    double trace = 0;
    for (size_t i = 0; i < c->n; i++)
        trace += fabs(c->matrix[i * c->n + i]);
    if (trace > 0) c->shift = trace / (double)c->n;
    move_zero_modes(c);
    if (c->held_count > 0) decouple_held(c);
    return EL4ML_OK;
}

el4ml_status el4ml_curvature_apply(el4ml_curvature *c, const double *v, double *hv)
{
    if (c->dense) {
        el4ml_symmetric_product(c->n, c->matrix, v, hv);
        return EL4ML_OK;
    }
    const el4ml_status status = el4ml_hessian_vector(c->evaluator, c->x, 1, v, hv);
    if (status != EL4ML_OK) return status;
    for (size_t k = 0; k < c->zero_modes; k++) {
        const double *z = c->zero_basis + k * c->n;
        el4ml_axpy(c->n, c->shift * el4ml_dot(c->n, z, v), z, hv);
    }
    for (size_t i = 0; c->held_count > 0 && i < c->n; i++)
        if (c->held[i]) hv[i] = c->shift * v[i];
    return EL4ML_OK;
}

static el4ml_status conjugate_gradients(el4ml_curvature *c, double shift, double *b, bool *definite)
{
    const size_t n = c->n;
    double *x = c->scratch + n, *p = x + n, *hp = p + n;
    double rr = el4ml_dot(n, b, b);
    const double target = 1e-8 * rr;
    for (size_t i = 0; i < n; i++)
        x[i] = 0;
    el4ml_copy(n, b, p);
    *definite = true;
    for (size_t k = 0; k < 2 * n && rr > target; k++) {
        const el4ml_status status = el4ml_curvature_apply(c, p, hp);
        if (status != EL4ML_OK) return status;
        el4ml_axpy(n, shift, p, hp);
        const double curvature = el4ml_dot(n, p, hp);
        *definite = curvature > 0;
        if (!*definite) return EL4ML_OK;
        el4ml_axpy(n, rr / curvature, p, x);
        el4ml_axpy(n, -rr / curvature, hp, b);
        const double next = el4ml_dot(n, b, b), ratio = next / rr;
        for (size_t i = 0; i < n; i++)
            p[i] = b[i] + ratio * p[i];
        rr = next;
    }
    el4ml_copy(n, x, b);
    return EL4ML_OK;
}

el4ml_status el4ml_curvature_solve(el4ml_curvature *c, double shift, double *r, bool fresh, bool *definite)
{
    if (!c->dense) return conjugate_gradients(c, shift, r, definite);
    *definite = true;
    if (fresh) *definite = el4ml_factor_make(&c->factor, c->matrix, shift);
    c->factored = false;
    if (*definite) el4ml_factor_solve(&c->factor, r);
    return EL4ML_OK;
}

/* The mode decoupled and pushed up, the rest kept: P H P + shift e e^T. */
static const double *without_mode(el4ml_curvature *c, const double *mode)
{
    const size_t n = c->n;
    double *he = c->scratch, *push = c->scratch + 4 * n, *minus = c->scratch + 5 * n;
    el4ml_symmetric_product(n, c->matrix, mode, he);
    const double ehe = el4ml_dot(n, mode, he);
    for (size_t i = 0; i < n; i++) {
        push[i] = -he[i] + (ehe + c->shift) * mode[i];
        minus[i] = -mode[i];
    }
    el4ml_copy(n * n, c->matrix, c->changed);
    el4ml_rank_two(n, n, n, push, mode, minus, he, c->changed);
    return c->changed;
}

/* The step of the trust-region problem: (H + mu) s = r with |s| near the radius, or Newton's when that is
 * shorter (More and Sorensen, SIAM J. Sci. Stat. Comput. 4, 553, 1983). Few factorisations: |s| need only be
 * roughly right. False: give up, conjugate gradients will do. */
static bool dense_step(el4ml_curvature *c, const double *right, const double *mode, double radius, double *s,
                       bool *inside)
{
    const size_t n = c->n;
    const double norm = el4ml_norm(n, right);
    double mu = 0, lower = 0, upper = INFINITY;
    /* Beside a followed mode only Newton's own step is wanted: where it is too long or there is more negative
     * curvature, the gentler steps of conjugate gradients keep to the path (measured: a tenth of the
     * failures). */
    const int attempts = mode ? 1 : 12;
    const double *matrix = mode ? without_mode(c, mode) : c->matrix;
    for (int k = 0; k < attempts; k++) {
        const bool own = mu == 0 && !mode, stands = own && c->factored;
        c->factored = own;
        if (stands || el4ml_factor_make(&c->factor, matrix, mu)) {
            el4ml_copy(n, right, s);
            el4ml_factor_solve(&c->factor, s);
            if (mode) el4ml_project_out(n, 1, mode, s);
            const double length = el4ml_norm(n, s);
            *inside = mu == 0 && length <= radius;
            if (*inside || (length <= 1.1 * radius && length >= 0.7 * radius)) return true;
            if (length <= radius && mu - lower <= 0.05 * mu)
                return true; /* the hard case: no longer step is to be had */
            if (length > radius)
                lower = mu;
            else
                upper = mu;
            double *w = c->scratch;
            el4ml_copy(n, s, w);
            el4ml_factor_forward(&c->factor, w);
            mu += (length / radius - 1) * (length * length) / el4ml_dot(n, w, w);
        } else {
            c->factored = false;
            lower = mu;
            mu = fmax(4 * mu, fmax(0.3 * norm / radius, 1e-4 * c->shift));
        }
        if (!(mu > lower && mu < upper))
            mu = isfinite(upper) ? 0.5 * (lower + upper) : 2 * lower + 1e-4 * c->shift;
    }
    return false;
}

/* t >= 0 with |s + t p| = radius. */
static double to_boundary(size_t n, const double *s, const double *p, double radius)
{
    const double pp = el4ml_dot(n, p, p), sp = el4ml_dot(n, s, p), ss = el4ml_dot(n, s, s);
    const double root = sqrt(fmax(0, sp * sp + pp * (radius * radius - ss)));
    return sp > 0 ? (radius * radius - ss) / (sp + root) : (root - sp) / pp;
}

el4ml_status el4ml_curvature_step(el4ml_curvature *c, const double *g, const double *mode,
                                  const el4ml_step_limits *limits, double *s, bool *inside)
{
    const size_t n = c->n;
    double *r = c->scratch + n, *p = r + n, *hp = p + n;
    for (size_t i = 0; i < n; i++)
        r[i] = -g[i];
    el4ml_curvature_project(c, r);
    if (mode) el4ml_project_out(n, 1, mode, r);
    *inside = true;
    if (c->dense && dense_step(c, r, mode, limits->radius, s, inside)) return EL4ML_OK;
    *inside = true;
    for (size_t i = 0; i < n; i++)
        s[i] = 0;
    el4ml_copy(n, r, p);
    double rr = el4ml_dot(n, r, r);
    const double target = rr * limits->relative_residual * limits->relative_residual;
    for (size_t k = 0; k < limits->max_products && rr > target; k++) {
        const el4ml_status status = el4ml_curvature_apply(c, p, hp);
        if (status != EL4ML_OK) return status;
        if (mode) el4ml_project_out(n, 1, mode, hp);
        const double curvature = el4ml_dot(n, p, hp), step = rr / curvature;
        const double pn = el4ml_norm(n, p);
        bool cut = !(curvature > 0);
        if (!cut) {
            double square = 0;
            for (size_t i = 0; i < n; i++)
                square += (s[i] + step * p[i]) * (s[i] + step * p[i]);
            cut = sqrt(square) >= limits->radius;
        }
        if (cut) {
            if (pn > 0) el4ml_axpy(n, to_boundary(n, s, p, limits->radius), p, s);
            *inside = false;
            return EL4ML_OK;
        }
        el4ml_axpy(n, step, p, s);
        el4ml_axpy(n, -step, hp, r);
        const double next = el4ml_dot(n, r, r), ratio = next / rr;
        for (size_t i = 0; i < n; i++)
            p[i] = r[i] + ratio * p[i];
        rr = next;
    }
    return EL4ML_OK;
}
