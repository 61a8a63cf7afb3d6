/* Samples of exp(-V(x)), inside the bounds of the surface where it has any: slice sampling (Neal, Ann. Stat.
 * 31, 705, 2003), Hamiltonian Monte Carlo (Neal, in Handbook of Markov Chain Monte Carlo, 2011), sequential
 * Monte Carlo (Del Moral, Doucet and Jasra, J. R. Stat. Soc. B 68, 411, 2006) and importance sampling. Each
 * starts knowing nothing, or from a guide: what the minima tell. */
#ifndef EL4ML_SAMPLING_H
#define EL4ML_SAMPLING_H

#include "el4ml/surface.h"

EL4ML_BEGIN

/* A mixture density of one component about each minimum and a uniform one, of weight 0.05, where the box is
 * finite. Free coordinates have Student's t with 5 degrees of freedom and the inverse Hessian as its matrix;
 * coordinates on a bound a density that falls off inward as exp(-V) does there, with a fatter tail. The
 * guide has one image of each minimum: of a surface with symmetry it covers that image's surroundings. */
typedef struct el4ml_guide el4ml_guide;

/* x: (count) minima; weight: (count), of any sum > 0. NUMERICAL where a Hessian is not positive definite. */
EL4ML_API el4ml_status el4ml_guide_new(const el4ml_surface *surface, const double *const *x,
                                       const double *weight, size_t count, el4ml_guide **guide,
                                       el4ml_error *error);
EL4ML_API void el4ml_guide_free(el4ml_guide *guide);
/* ln of the density at x; it adds up to 1 over all space. */
EL4ML_API double el4ml_guide_log_density(const el4ml_guide *guide, const double *x);
/* Which minimum x is about: that whose component is densest there; SIZE_MAX: none is above 0. */
EL4ML_API size_t el4ml_guide_nearest(const el4ml_guide *guide, const double *x);
/* A draw, which may lie outside of the bounds. */
EL4ML_API void el4ml_guide_draw(const el4ml_guide *guide, el4ml_random *random, double *x);

typedef enum el4ml_sampling {
    EL4ML_SLICE_SAMPLING,
    EL4ML_HAMILTONIAN,
    EL4ML_SEQUENTIAL, /* without a guide: from uniform points of the box, which must be finite */
    EL4ML_IMPORTANCE  /* draws of the guide, weighted; takes one */
} el4ml_sampling;

typedef struct el4ml_sampling_options {
    el4ml_sampling method;    /* default slice sampling */
    const el4ml_guide *guide; /* NULL (default): chains start from the surface's initialiser */
    size_t chains;            /* or runs of sequential Monte Carlo, >= 4; default 8 */
    double effective;         /* samples wanted, counted by their effective number; default 400 */
    double r_hat;             /* and chains that agree as well as this; > 1, default 1.01 */
    uint64_t budget;          /* evaluations after which sampling gives up; default 200000 */
    uint64_t seed;            /* default 1 */
    const volatile bool *cancel;
} el4ml_sampling_options;

EL4ML_API el4ml_sampling_options el4ml_sampling_options_default(void);

typedef struct el4ml_samples {
    size_t n, count;
    double *x;            /* (count, n) */
    double *weight;       /* (count), of sum 1 */
    double *value;        /* (count): V */
    uint64_t evaluations; /* of V alone, warm-up and all */
    uint64_t gradients;   /* evaluations of V with its gradient */
    double effective;     /* the smallest effective number of samples, over coordinates and V */
    double r_hat;         /* the largest ratio of scales between and within chains; NaN: has none */
    bool converged;       /* both as wanted, within the budget */
    double acceptance;    /* share of proposals accepted; NaN: has none */
    double log_evidence;  /* ln of the integral of exp(-V) (sequential, importance); NaN: not known */
    double seconds;       /* CPU time of this thread */
} el4ml_samples;

/* In the calling thread. Chains double in length until they agree; their first halves are left out. The
 * budget ending it is no error: `converged` says so. NOT_SUPPORTED: sequential without guide or finite box,
 * importance without guide. NUMERICAL: V is finite nowhere that was tried. */
EL4ML_API el4ml_status el4ml_sample(const el4ml_surface *surface, const el4ml_sampling_options *options,
                                    el4ml_samples **samples, el4ml_error *error);
EL4ML_API void el4ml_samples_free(el4ml_samples *samples);

/* Of chains (chains, length), `stride` doubles between chains, split into halves each: the effective number
 * of samples (Geyer's initial monotone sequence) and Gelman and Rubin's ratio of scales (Vehtari et al.,
 * Bayesian Anal. 16, 667, 2021, without ranks). length >= 8. */
EL4ML_API void el4ml_chain_statistics(const double *values, size_t chains, size_t length, size_t stride,
                                      double *effective, double *r_hat);

EL4ML_END
#endif
