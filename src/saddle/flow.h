/* What the integrators of dx/dt = -g(x) share. */
#ifndef EL4ML_SADDLE_FLOW_H
#define EL4ML_SADDLE_FLOW_H

#include "saddle/searcher.h"

typedef struct el4ml_flow {
    el4ml_searcher *s;                /* s->g: gradient at x */
    double *x, *u[EL4ML_FLOW_STAGES]; /* (n) each; u is scratch, kept between attempts */
    double *trial;                    /* result of an attempt, its gradient in s->trial_g */
    double value, trial_value, h, tolerance;
    double last_h, last_error; /* of the last accepted step; 0: none yet */
    double radius;             /* explicit integrator: estimate of the largest curvature, 0: none yet */
    int age;                   /* attempts since it was made */
} el4ml_flow;

/* One attempt with step f->h from f->x. *error: local error, INFINITY when it must be repeated with a shorter
 * step. */
typedef el4ml_status (*el4ml_flow_attempt)(el4ml_flow *f, double *error);

el4ml_status el4ml_rodas_attempt(el4ml_flow *f, double *error); /* order 4; a full Hessian set at x */
el4ml_status el4ml_rkc_attempt(el4ml_flow *f, double *error);   /* order 2; gradients alone */

#endif
