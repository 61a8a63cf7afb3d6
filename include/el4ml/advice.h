/* What the landscape of a Gaussian process's hyperparameters says about how to use it: is one setting enough,
 * a mixture over the minima, or does it take sampling? And what sampling says of that. */
#ifndef EL4ML_ADVICE_H
#define EL4ML_ADVICE_H

#include "el4ml/analysis.h"
#include "el4ml/sampling.h"

EL4ML_BEGIN

typedef enum el4ml_gp_verdict {
    EL4ML_GP_POINT,    /* the lowest minimum */
    EL4ML_GP_MIXTURE,  /* over the minima, with their occupation probabilities at T = 1 (Laplace's weights) */
    EL4ML_GP_FULL,     /* samples of the posterior */
    EL4ML_GP_UNDECIDED /* no sampler converged */
} el4ml_gp_verdict;

/* One way of predicting. */
typedef struct el4ml_gp_way {
    const char *name; /* "point", "minima", "importance", "slice", "hamiltonian", "sequential" */
    bool guided;      /* the landscape's cost comes first */
    bool failed;      /* it has no samples; the rest is NaN */
    size_t settings;  /* of hyperparameters that predictions are averaged over */
    /* Mean over the training rows, each predicted from all others, of Kullback and Leibler's divergence of
     * this way's predictive density from the reference's, in nats. For `settings` of the posterior itself it
     * is not quite 0, as these are not all of it. */
    double divergence;
    /* On test rows; NaN without any. Density of the standardised target, mean of its ln; the difference to
     * the point estimate with its standard error, row by row. */
    double log_density, gain, gain_error;
    double rmse;                     /* of the mean, in the target's unit */
    uint64_t evaluations, gradients; /* by sampling alone */
    double seconds;                  /* CPU time, by sampling alone */
    double effective, r_hat;         /* as of el4ml_samples; NaN: no samples */
    /* A minimum about which importance sampling has a good share of the posterior and this sampler none to
     * speak of: EL4ML_NONE, or an index. Its chains may agree with each other all the same; it is not taken
     * for converged. */
    size_t missed;
    bool converged;
    double log_evidence;
} el4ml_gp_way;

enum { EL4ML_GP_WAYS = 9 };

typedef struct el4ml_gp_advice {
    size_t minima, funnels, counted; /* counted: minima with a weight */
    size_t on_bounds;                /* of the minima */
    double *occupation;              /* (minima) at T = 1 */
    double effective_minima;         /* exp of the entropy of these */
    size_t point;                    /* the lowest minimum */
    uint64_t landscape_evaluations, landscape_hessians;
    /* From the landscape alone (and `importance` draws about its minima). */
    el4ml_gp_verdict verdict;
    double point_divergence, mixture_divergence; /* from the posterior as the importance draws have it */
    double threshold;
    double wanted; /* effective number of samples */
    /* From sampling: the reference is the sampler that knew nothing of the landscape, converged, and has the
     * largest effective number. */
    el4ml_gp_verdict checked;
    size_t reference; /* a way; EL4ML_NONE: none converged */
    double checked_point, checked_mixture;
    size_t test_rows;
    el4ml_gp_way way[EL4ML_GP_WAYS];
} el4ml_gp_advice;

typedef struct el4ml_gp_advice_options {
    double threshold; /* nats a row that may be lost; default 0.01 */
    double effective; /* samples wanted of each sampler; default 400 */
    uint64_t budget;  /* evaluations that each may spend; default 200000 */
    uint64_t seed;    /* default 1 */
    const volatile bool *cancel;
    void (*progress)(void *context, const char *name, bool guided); /* optional: this sampler begins */
    void *context;
} el4ml_gp_advice_options;

EL4ML_API el4ml_gp_advice_options el4ml_gp_advice_options_default(void);
/* The landscape should hold all minima that matter. Targets of test rows enter log_density, gain and rmse
 * alone. INVALID_ARGUMENT: no Gaussian process. BAD_INPUT: no minimum that can be weighted. */
EL4ML_API el4ml_status el4ml_gp_advise(el4ml_landscape *landscape, const el4ml_study *study,
                                       const el4ml_surface *surface, const el4ml_data *data,
                                       const el4ml_gp_advice_options *options, el4ml_gp_advice *advice,
                                       el4ml_error *error);
EL4ML_API void el4ml_gp_advice_clear(el4ml_gp_advice *advice);
/* Evaluations (of V, gradient or Hessian alike) that the effective number of samples wanted costs this way,
 * the landscape's included where it takes that and `with_map`; NaN where it did not converge. */
EL4ML_API double el4ml_gp_cost(const el4ml_gp_advice *advice, size_t way, bool with_map);
/* "point estimate" ... */
EL4ML_API const char *el4ml_gp_verdict_text(el4ml_gp_verdict verdict);
/* The verdict in plain words, with the numbers behind it and what sampling says of it. NULL when out of
 * memory. Free these texts with el4ml_text_free. */
EL4ML_API char *el4ml_gp_advice_text(const el4ml_gp_advice *advice);
EL4ML_API char *el4ml_gp_advice_json(const el4ml_gp_advice *advice);
/* Divergence from the reference over evaluations spent. */
EL4ML_API el4ml_status el4ml_gp_advice_svg(const el4ml_gp_advice *advice, char **svg, el4ml_error *error);

EL4ML_END
#endif
