/* Landscapes side by side: of different models, losses, activations, regularisation or data. */
#ifndef EL4ML_COMPARISON_H
#define EL4ML_COMPARISON_H

#include "el4ml/analysis.h"
#include "el4ml/statistics.h"

EL4ML_BEGIN

/* One of them, borrowed. Without a surface (imported landscapes) what needs one is left out. */
typedef struct el4ml_compared_input {
    const char *name;
    el4ml_landscape *landscape;
    const el4ml_study *study;
    const el4ml_surface *surface; /* NULL: not known */
    const el4ml_data *data;       /* NULL: none */
} el4ml_compared_input;

typedef struct el4ml_comparison_options {
    double temperature; /* of S and F~, one for all; default 0: the geometric mean of the highest peaks'
                           temperatures */
    size_t starts;      /* trainings from random starts for each; default 100; 0: none */
    double level;       /* of confidence, default 0.95 */
    uint64_t seed;      /* of these; default 1 */
    unsigned threads;   /* 0: all cores. Changes nothing but the time it takes */
    double time_limit;  /* of the trainings of each landscape, seconds; 0: none */
    const volatile bool *cancel; /* optional */
} el4ml_comparison_options;

/* What a landscape is. NaN: not known, or does not apply. */
typedef struct el4ml_compared {
    const char *name;
    char model[256]; /* el4ml_surface_info.description; "" where it is not known */
    size_t parameters;
    double kappa;
    el4ml_summary summary;
    size_t basins, funnels;
    double lowest, median, highest; /* V of the minima */
    el4ml_metrics train, test;      /* of the lowest */
    double barrier_median,
        barrier_largest; /* V* - V from a minimum to the lowest, over those connected with it */

    double temperature;                         /* of the three that follow */
    double entropy, frustration, heat_capacity; /* S, F~, C_V - kappa */
    size_t peak_count;
    double peak_temperature, peak_height; /* of the highest: T and C_V - kappa */
    el4ml_thermo *thermo; /* over the study's temperatures; NULL without any minimum that counts */

    /* Reproducibility of training, over trainings from random starts: those of the exploration where its
     * method is "random", otherwise `starts` made for this. */
    const char *source;              /* "exploration", "trainings"; NULL: none */
    uint64_t trainings, failed;      /* that ended in a minimum; that did not */
    size_t distinct;                 /* minima that they ended in */
    el4ml_agreement same_minimum;    /* two trainings end in the same minimum, up to symmetry */
    el4ml_agreement same_class;      /* two trainings give a training row the same class; NaN: no classes */
    el4ml_agreement test_same_class; /* the same over the test rows */
    double spread, test_spread; /* regression: standard deviation of a row's prediction between trainings,
                                   root mean square over rows, in the target's unit */
    double lowest_share, lowest_low,
        lowest_high;    /* probability that a training ends in the lowest minimum known */
    double excess_loss; /* mean V of trainings above the lowest minimum */

    /* Cost of a training by the study's minimiser: `cost_count` from random starts that converged. */
    size_t cost_count, cost_failed;
    double evaluations, evaluations_low, evaluations_high; /* median, 5 and 95 % quantiles */
    double hessians, hessian_products;                     /* means */
    bool time_up;                                          /* fewer trainings than wanted */

    size_t level_count;   /* minima that trainings ended in, lowest first: */
    double *level_value;  /* (level_count) V */
    uint64_t *level_hits; /* (level_count) */
} el4ml_compared;

/* Does the reproducibility of two differ? */
typedef struct el4ml_compared_pair {
    size_t a, b;
    double difference;    /* of same_minimum, a - b */
    double p, p_adjusted; /* two-sided, normal; adjusted for all pairs (Holm) */
} el4ml_compared_pair;

typedef struct el4ml_comparison {
    size_t count;
    el4ml_compared *each; /* (count) */
    size_t pair_count;
    el4ml_compared_pair *pairs; /* those whose reproducibility is known */
    double level;
    bool same_loss; /* all have the same data, loss and weight of L2, so that V may be compared */
} el4ml_comparison;

EL4ML_API el4ml_comparison_options el4ml_comparison_options_default(void);
/* Reads only. INVALID_ARGUMENT: fewer than one. Names are borrowed. */
EL4ML_API el4ml_status el4ml_compare(const el4ml_compared_input *inputs, size_t count,
                                     const el4ml_comparison_options *options, el4ml_comparison *result,
                                     el4ml_error *error);
EL4ML_API void el4ml_comparison_clear(el4ml_comparison *comparison);

/* In plain words; never looks at test rows. el4ml_text_free. */
EL4ML_API char *el4ml_comparison_advice(const el4ml_comparison *comparison);
/* A JSON document, ended by a newline; NULL when out of memory. el4ml_text_free. */
EL4ML_API char *el4ml_comparison_json(const el4ml_comparison *comparison);
EL4ML_API el4ml_status el4ml_comparison_svg(const el4ml_comparison *comparison, char **svg,
                                            el4ml_error *error);

EL4ML_END
#endif
