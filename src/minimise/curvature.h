/* The Hessian at one point as an operator: a full matrix while n is small, exact products beyond. Zero modes
 * are moved to a positive eigenvalue, so that what remains of the spectrum is the kappa true eigenvalues; so
 * are coordinates that are held on a bound. */
#ifndef EL4ML_MINIMISE_CURVATURE_H
#define EL4ML_MINIMISE_CURVATURE_H

#include "base/factor.h"
#include "el4ml/surface.h"

typedef struct el4ml_curvature {
    el4ml_evaluator *evaluator;
    size_t n;
    bool dense;
    double *matrix;  /* (n, n) when dense: P H P + shift sum z z^T, z the zero modes and held coordinates */
    double *changed; /* (n, n) when dense: the matrix with a mode decoupled */
    el4ml_factor factor; /* when dense */
    bool factored;       /* factor is that of the matrix itself */
    double *zero_basis;  /* (max_zero_modes + 1, n): one slot is kept free */
    double *moved;       /* (max_zero_modes, n): scratch */
    size_t zero_modes;
    unsigned char *held; /* (n) 1 where held on a bound; NULL without bounds */
    size_t held_count;
    double shift;    /* eigenvalue given to the zero modes and held coordinates */
    const double *x; /* the point it was set at; borrowed */
    double *scratch; /* 6 n */
} el4ml_curvature;

/* Newton-like step by truncated conjugate gradients inside a trust radius (Steihaug 1983). */
typedef struct el4ml_step_limits {
    double radius;            /* |s| <= radius */
    double relative_residual; /* stop when |g + H s| <= this times |g| */
    size_t max_products;
} el4ml_step_limits;

bool el4ml_curvature_init(el4ml_curvature *c, el4ml_evaluator *evaluator, size_t dense_limit);
/* The full matrix whatever its size, in the caller's memory (n, n), without room for factorisations. */
bool el4ml_curvature_borrow_matrix(el4ml_curvature *c, el4ml_evaluator *evaluator, double *matrix);
void el4ml_curvature_clear(el4ml_curvature *c);
/* From the next el4ml_curvature_set on these coordinates are held; none before the first call. Only with
 * bounds. */
void el4ml_curvature_hold(el4ml_curvature *c, const unsigned char *held);
/* The same, by the gradient g at x: those on a bound that V does not leave downwards. Nothing without bounds.
 */
void el4ml_curvature_hold_at(el4ml_curvature *c, const double *x, const double *g);
/* Take the parts along zero modes and held coordinates out of v. */
void el4ml_curvature_project(const el4ml_curvature *c, double *v);
/* Dimensions without an eigenvalue of their own: what is moved to `shift`. */
static inline size_t el4ml_curvature_moved(const el4ml_curvature *c)
{
    return c->zero_modes + c->held_count;
}
/* Set at x, which must stay valid and unchanged while the curvature is used. */
el4ml_status el4ml_curvature_set(el4ml_curvature *c, const double *x);
/* hv = H v, zero modes and held coordinates shifted. */
el4ml_status el4ml_curvature_apply(el4ml_curvature *c, const double *v, double *hv);
/* Solve (H + shift) y = r in place, r becomes y. `fresh`: the shift or the point changed since the last
 * solve. *definite is false (and r lost) when H + shift is not positive definite. Without a matrix: conjugate
 * gradients. */
el4ml_status el4ml_curvature_solve(el4ml_curvature *c, double shift, double *r, bool fresh, bool *definite);
/* s that decreases g.s + s.H s / 2 in the space orthogonal to the unit vector `mode` (NULL: in all of it), s
 * within the limits. *inside is true when s is a Newton step that no limit cut. */
el4ml_status el4ml_curvature_step(el4ml_curvature *c, const double *g, const double *mode,
                                  const el4ml_step_limits *limits, double *s, bool *inside);

#endif
