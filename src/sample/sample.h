/* What the samplers share. */
#ifndef EL4ML_SAMPLE_SAMPLE_H
#define EL4ML_SAMPLE_SAMPLE_H

#include "el4ml/sampling.h"

enum {
    EL4ML_PURPOSE_CHAINS = 0x534d4331,
    EL4ML_PURPOSE_PARTICLES = 0x534d4332,
    EL4ML_PURPOSE_DRAWS = 0x534d4333
};

/* One sampling task. */
typedef struct el4ml_sampler {
    const el4ml_surface *surface;
    const el4ml_sampling_options *options;
    el4ml_evaluator evaluator;
    size_t n;
    el4ml_samples *result;
} el4ml_sampler;

/* V at x; false where it is not finite or x is outside of the bounds, where it is not evaluated. */
bool el4ml_sampler_value(el4ml_sampler *s, const double *x, double *value);
bool el4ml_sampler_gradient(el4ml_sampler *s, const double *x, double *value, double *gradient);
bool el4ml_sampler_inside(const el4ml_sampler *s, const double *x);
uint64_t el4ml_sampler_spent(const el4ml_sampler *s);
/* Room for `count` samples in the result. */
bool el4ml_sampler_room(el4ml_sampler *s, size_t count);

el4ml_status el4ml_sample_chains(el4ml_sampler *s);
el4ml_status el4ml_sample_particles(el4ml_sampler *s);
el4ml_status el4ml_sample_importance(el4ml_sampler *s);

/* ---- one step of a chain ---- */

typedef struct el4ml_chain {
    double *x, value, *gradient; /* (n); the gradient of HMC alone */
    el4ml_random random;
} el4ml_chain;

typedef struct el4ml_mover {
    el4ml_sampler *sampler;
    double *scale;                            /* (n): widths of the distribution, so far as known */
    double step;                              /* of HMC, in them */
    double log_step_mean, error_mean, anchor; /* its adaptation */
    size_t adapted;
    double *y, *momentum, *gradient; /* (n) scratch */
    double tried, accepted;
} el4ml_mover;

/* Each coordinate in turn. */
void el4ml_slice_step(el4ml_mover *m, el4ml_chain *c);
/* A trajectory, reflected at the bounds; with `adapting` its step size follows. */
void el4ml_hamiltonian_step(el4ml_mover *m, el4ml_chain *c, bool adapting);
/* A draw of the guide, accepted or not. */
void el4ml_guided_step(el4ml_mover *m, el4ml_chain *c);

/* How far the minima that matter let each coordinate go. */
void el4ml_guide_scale(const el4ml_guide *guide, const el4ml_surface_info *info, double *scale);

#endif
