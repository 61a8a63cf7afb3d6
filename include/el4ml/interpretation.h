/* What the minima of a group have in common, and what sets groups apart: parameters that are conserved, the
 * features that models rely on, predictions. Minima are compared after alignment over the surface's symmetry
 * group. */
#ifndef EL4ML_INTERPRETATION_H
#define EL4ML_INTERPRETATION_H

#include "el4ml/analysis.h"
#include "el4ml/statistics.h"

EL4ML_BEGIN

typedef enum el4ml_interpret_groups {
    EL4ML_INTERPRET_FUNNELS,
    EL4ML_INTERPRET_BASINS
} el4ml_interpret_groups;

typedef struct el4ml_interpret_options {
    el4ml_interpret_groups groups; /* default funnels; or monotonic sequence basins */
    double persistence;            /* of funnels (basins.h); default NaN */
    size_t permutations; /* of tests, default 9999; fewer, at least 199, where there are very many numbers */
    size_t repeats;      /* of every feature's permutation, default 10 */
    size_t models; /* minima of a group whose permutation importance is measured, default 10: the lowest */
    double level;  /* rate of false discoveries, default 0.05 */
    /* Two sets to tell apart; default NULL: the two groups with the lowest bottoms of those described */
    const el4ml_minimum_set *first, *second;
    uint64_t seed;               /* default 1 */
    unsigned threads;            /* 0: all cores. Changes nothing but the time it takes */
    const volatile bool *cancel; /* optional */
} el4ml_interpret_options;

#define EL4ML_INTERPRET_LEAST 3

/* A parameter, or the weights that leave one feature, over the minima of a group. */
typedef struct el4ml_conserved {
    double mean;      /* of the aligned parameter; features: norm of the mean weights */
    double deviation; /* standard deviation; features: root mean square distance from the mean weights */
    double ratio;     /* deviation over that of all minima; NaN: no spread anywhere */
    double p; /* that so small a ratio is chance: as many minima drawn at random from all, turned to fit each
                 other in the same way; NaN: the group has all minima, or nothing varies */
    double q; /* the smallest rate of false discoveries at which this counts (Benjamini and Hochberg 1995),
                 over all groups and parameters, or features */
    bool conserved; /* q <= level */
} el4ml_conserved;

/* How much a model relies on a feature. */
typedef struct el4ml_reliance {
    double weight; /* share of the weights folded back to the inputs, mean over the group; NaN: the model has
                      no weights at its inputs */
    double weight_low, weight_high; /* smallest and largest over the group */
    double conserved;  /* norm of the mean aligned weights over their root mean square norm: 1, all minima
                          alike;  near 0, they cancel */
    double importance; /* rise of the mean loss when the feature's values are permuted among the rows, mean
                          over the group's models (Breiman 2001; Fisher, Rudin and Dominici 2019); NaN: not
                          measured */
    double importance_error; /* standard error, over rows: of the mean over rows like these */
    double p,
        q; /* one-sided, that the rise over all rows like these is not above zero (Student's t); adjusted
              like el4ml_conserved. On rows that the model was not trained on, zero is what a feature has
              that is independent of all else; on training rows a model uses noise that it has fitted */
    el4ml_conserved test; /* of the weights that leave the feature */
} el4ml_reliance;

typedef struct el4ml_interpreted_group {
    size_t bottom;               /* index of its lowest minimum */
    size_t count;                /* minima */
    double energy;               /* of the bottom */
    size_t models;               /* whose permutation importance was measured */
    el4ml_conserved *parameters; /* (parameters) */
    el4ml_reliance *features;    /* (features) */
    size_t conserved;            /* parameters that are */
    el4ml_conserved together;    /* root mean square distance from the mean: all parameters at once; q over
                                    groups.    Its mean is the norm of the mean */
    el4ml_correlation agreement; /* over features: weight with importance */
} el4ml_interpreted_group;

/* What sets two sets of minima apart. */
typedef struct el4ml_apart {
    double difference;   /* of the means, first - second */
    double standardised; /* over the pooled standard deviation; NaN: none */
    double p, q;         /* by permuting which set minima belong to; NaN: too few */
} el4ml_apart;

typedef struct el4ml_distinction {
    size_t first_bottom, second_bottom;
    size_t first_count, second_count;
    double barrier, barrier_back; /* along the path of lowest barrier between the bottoms; +infinity: none */
    el4ml_apart *parameters;      /* (parameters) */
    el4ml_apart *features;        /* (features) of the weight shares; NaN without weights at the inputs */
    double distance, distance_p;  /* between the means of all parameters; by the same permutations */
    size_t parameters_apart, features_apart; /* with q <= level */
    double disagreement, test_disagreement;  /* of both bottoms on the rows: share given different classes, or
                                                root mean square difference in the target's unit; NaN */
    size_t first_class, second_class,
        class_rows; /* of the training rows that they give different classes the
                       commonest pair, and how many rows that is; 0 rows: none */
} el4ml_distinction;

typedef struct el4ml_interpretation {
    el4ml_interpret_groups by;
    double threshold; /* persistence of funnels; NaN for basins */
    size_t minima, parameter_count, feature_count;
    char **parameter_names; /* (parameter_count) "W1[2, petal_length]": layer 1, to unit 2 from that input */
    char **feature_names;   /* (feature_count); NULL without features */
    char **class_names;     /* (class_count) */
    size_t class_count;
    bool weights;    /* the model has weights at its inputs */
    bool validation; /* importance was measured on the validation rows, otherwise on the training rows */
    size_t permutations;
    double level,
        spread; /* spread: root mean square distance from the mean after alignment, over all minima */
    double stored_spread;            /* the same as the minima are stored */
    size_t group_count, group_total; /* those of at least EL4ML_INTERPRET_LEAST minima are described; how many
                                        there are in all */
    el4ml_interpreted_group all;     /* all minima as one group; its p are NaN */
    el4ml_interpreted_group *groups; /* (group_count) by energy of the bottom */
    el4ml_distinction *distinction;  /* NULL: fewer than two groups */
} el4ml_interpretation;

EL4ML_API el4ml_interpret_options el4ml_interpret_options_default(void);
/* surface and network are those of the landscape. data may be NULL: no features then. BAD_INPUT: fewer than
 * two minima, or sets that share one. */
EL4ML_API el4ml_status el4ml_interpret(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                       const el4ml_network *network, const el4ml_study *study,
                                       const el4ml_data *data, const el4ml_interpret_options *options,
                                       el4ml_interpretation **result, el4ml_error *error);
EL4ML_API void el4ml_interpretation_free(el4ml_interpretation *result);

/* In plain words; never looks at test rows. el4ml_text_free. */
EL4ML_API char *el4ml_interpretation_advice(const el4ml_interpretation *result);
/* A JSON document, ended by a newline; NULL when out of memory. el4ml_text_free. */
EL4ML_API char *el4ml_interpretation_json(const el4ml_interpretation *result);
EL4ML_API el4ml_status el4ml_interpretation_svg(const el4ml_interpretation *result, char **svg,
                                                el4ml_error *error);

EL4ML_END
#endif
