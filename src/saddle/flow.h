/* What the integrators of dx/dt = -g(x) share. With bounds (docs/bounds.md) the flow is the projected one:
 * coordinates that are held on a bound have no gradient, and V is asked for inside the box only. */
#ifndef EL4ML_SADDLE_FLOW_H
#define EL4ML_SADDLE_FLOW_H

#include "saddle/searcher.h"

typedef struct el4ml_flow {
    el4ml_searcher *s;                /* s->g: gradient at x, 0 where held */
    double *x, *u[EL4ML_FLOW_STAGES]; /* (n) each; u is scratch, kept between attempts */
    double *trial;                    /* result of an attempt, its gradient in s->trial_g */
    double value, trial_value, h, tolerance;
    double rounding;           /* of V at x */
    double last_h, last_error; /* of the last accepted step; 0: none yet */
    double radius;             /* explicit integrator: estimate of the largest curvature, 0: none yet */
    int age;                   /* attempts since it was made */
    /* Bounds; NULL without: the point of the box nearest to where the gradient is asked for; the gradient of
     * held coordinates at x and there. (n) each. */
    double *inside, *pull, *trial_pull;
    bool changed; /* other coordinates are held than when the curvature was set */
} el4ml_flow;

/* One attempt with step f->h from f->x. *error: local error, INFINITY when it must be repeated with a shorter
 * step. */
typedef el4ml_status (*el4ml_flow_attempt)(el4ml_flow *f, double *error);

el4ml_status el4ml_rodas_attempt(el4ml_flow *f, double *error); /* order 4; a full Hessian set at x */
el4ml_status el4ml_rkc_attempt(el4ml_flow *f, double *error);   /* order 2; gradients alone */

/* flow_events.c */
/* V and gradient at y, or at the point of the box nearest to it; the gradient of held coordinates goes to
 * f->trial_pull. */
el4ml_status el4ml_flow_gradient(el4ml_flow *f, const double *y, double *value, double *gradient);
/* Which coordinates are held from f->x on, after its gradient has been renewed. */
void el4ml_flow_hold(el4ml_flow *f);
/* Did the flow meet a bound, or leave one, in the step to f->trial? If so early that the step must not stand,
 * f->h becomes about the time of the first such event, or another coordinate is held. If it stands, f->trial
 * is in the box. */
el4ml_status el4ml_flow_meet(el4ml_flow *f, bool *stands);
/* f->trial becomes f->x. */
void el4ml_flow_accept(el4ml_flow *f);

#endif
