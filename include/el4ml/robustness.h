/* How robust each minimum is as a model, and whether flatness tells how it generalises (docs/ensembles.md).
 */
#ifndef EL4ML_ROBUSTNESS_H
#define EL4ML_ROBUSTNESS_H

#include "el4ml/landscape.h"
#include "el4ml/network.h"
#include "el4ml/statistics.h"

EL4ML_BEGIN

typedef struct el4ml_robustness_options {
    size_t most;  /* the lowest so many minima; default 200 */
    double noise; /* standard deviation of parameter noise, in the surface's length_scale; default 0.05 */
    double relative_noise; /* likewise, as a share of each parameter's size; default 0.1 */
    double input_noise;    /* likewise, of noise on the inputs as the model sees them; default 0.1 */
    size_t samples;        /* of each noise; at least 2, default 64 */
    double margin; /* minima whose V lies above the lowest by at most this share of it are candidates for the
                      most robust one; default 0.1 */
    uint64_t seed; /* default 1 */
    const volatile bool *cancel; /* optional */
} el4ml_robustness_options;

EL4ML_API el4ml_robustness_options el4ml_robustness_options_default(void);

/* Mean rise of a loss under noise: to second order in the noise, exactly, and sampled with its standard
 * error. NaN where it was not computed. */
typedef struct el4ml_rise {
    double quadratic; /* sigma^2/2 tr H; relative noise: rho^2/2 sum_i H_ii x_i^2; input noise: NaN */
    double sampled, error;
} el4ml_rise;

typedef struct el4ml_robust_minimum {
    size_t minimum; /* index */
    double energy;
    double
        log_product; /* ln of the product of positive Hessian eigenvalues: how small its basin's volume is */
    double largest, smallest; /* Hessian eigenvalues */
    double trace, frobenius;  /* sum of the eigenvalues; root of the sum of their squares */
    const double *spectrum; /* (n) ascending; NULL: n is too large, trace and frobenius are then estimates by
                               Hutchinson's method, largest by iteration, smallest NaN */
    double norm;            /* |x| */
    el4ml_rise noise, relative_noise; /* of V */
    el4ml_rise input_noise;           /* of the mean training loss without L2 */
    /* Mean log loss, or squared error in standardised units, of models; NaN without rows. */
    double train_loss;
    double test_loss, test_gap; /* on the test rows; that less train_loss */
    double test_error;          /* share of rows classed wrongly; values: 1 - R2 */
} el4ml_robust_minimum;

typedef enum el4ml_flatness {
    EL4ML_FLAT_LOG_PRODUCT,
    EL4ML_FLAT_LARGEST,
    EL4ML_FLAT_TRACE,
    EL4ML_FLAT_FROBENIUS,
    EL4ML_FLAT_NOISE,          /* sampled rise under parameter noise */
    EL4ML_FLAT_RELATIVE_NOISE, /* sampled rise under relative parameter noise */
    EL4ML_FLAT_INPUT_NOISE,    /* sampled rise under input noise */
    EL4ML_FLAT_NORM,           /* |x|: no flatness, but what it is often confused with */
    EL4ML_FLAT_ENERGY,         /* V itself: what flatness has to beat */
    EL4ML_FLATNESSES
} el4ml_flatness;

/* log_product, largest_eigenvalue, trace, frobenius, noise, relative_noise, input_noise, norm, energy. */
EL4ML_API const char *el4ml_flatness_name(el4ml_flatness flatness);
EL4ML_API double el4ml_flatness_of(const el4ml_robust_minimum *minimum, el4ml_flatness flatness);

/* Rank correlation over the minima. Positive: sharper minima generalise worse. */
typedef struct el4ml_flatness_test {
    el4ml_coefficient loss, gap, error; /* Spearman's, with test_loss, test_gap, test_error */
    double partial, partial_p; /* with test_loss where V is held fixed: the partial rank correlation */
} el4ml_flatness_test;

typedef struct el4ml_robustness {
    size_t count, dimension;
    el4ml_robust_minimum *minima; /* (count) lowest first */
    size_t left_out;              /* minima beyond `most`, or without coordinates */
    double noise, relative_noise, input_noise;
    size_t samples;
    size_t within;      /* minima within the margin of the lowest */
    size_t most_robust; /* of these, place in `minima` of the smallest sampled rise under relative noise; by
                           training rows alone */
    el4ml_flatness_test test[EL4ML_FLATNESSES]; /* NaN without test rows */
    size_t test_rows;
    double *spectra; /* (count, dimension) or NULL */
} el4ml_robustness;

/* data may be NULL, and the surface need not predict: what needs them is then NaN. */
EL4ML_API el4ml_status el4ml_robustness_new(const el4ml_landscape *landscape, const el4ml_network *network,
                                            const el4ml_surface *surface, const el4ml_data *data,
                                            const el4ml_robustness_options *options,
                                            el4ml_robustness **robustness, el4ml_error *error);
EL4ML_API void el4ml_robustness_free(el4ml_robustness *robustness);

/* In words, to be freed with el4ml_text_free as the others: which minimum is most robust, by training rows
 * alone; what the test rows say of flatness, NULL without any; and what such numbers do not mean. */
EL4ML_API char *el4ml_robustness_advice(const el4ml_robustness *robustness);
EL4ML_API char *el4ml_robustness_verdict(const el4ml_robustness *robustness);
EL4ML_API const char *el4ml_robustness_caveat(void);
/* spectra: with all eigenvalues. */
EL4ML_API char *el4ml_robustness_json(const el4ml_robustness *robustness, bool spectra);
/* Flatness and the test gap of every minimum; without test rows the spectra's ends over V. */
EL4ML_API el4ml_status el4ml_robustness_svg(const el4ml_robustness *robustness, char **svg,
                                            el4ml_error *error);

/* ---- Over several splits of the data ---- */

/* Rank correlations averaged over landscapes of the same study on different splits. */
typedef struct el4ml_flatness_splits {
    el4ml_split_mean loss, gap, error, partial;
} el4ml_flatness_splits;

/* runs: (splits); over: (EL4ML_FLATNESSES). overlap as for el4ml_mean_over_splits. */
EL4ML_API el4ml_status el4ml_robustness_over_splits(const el4ml_robustness *const *runs, size_t splits,
                                                    double overlap, el4ml_flatness_splits *over,
                                                    el4ml_error *error);
EL4ML_API char *el4ml_robustness_splits_json(const el4ml_flatness_splits *over, size_t splits);
/* The measures with their intervals. */
EL4ML_API el4ml_status el4ml_robustness_splits_svg(const el4ml_flatness_splits *over, size_t splits,
                                                   char **svg, el4ml_error *error);

EL4ML_END
#endif
