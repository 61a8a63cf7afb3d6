/* Statistics of plain arrays. */
#ifndef EL4ML_STATISTICS_H
#define EL4ML_STATISTICS_H

#include "el4ml/status.h"

EL4ML_BEGIN

/* A coefficient of correlation. NaN throughout where it is not defined: fewer than three pairs, or one of the
 * two does not vary. */
typedef struct el4ml_coefficient {
    double value;   /* -1 ... 1 */
    double p_value; /* two-sided, Student's t with n - 2 degrees of freedom; for Spearman's coefficient an
                       approximation that is good beyond some ten pairs */
    double p_permutation; /* two-sided, by permuting one of the two: (1 + permutations at least as extreme)/(1
                             + permutations); NaN where it was not computed */
    double low, high;     /* 95 % confidence interval by Fisher's z (Spearman: with the variance of Bonett and
                             Wright, Psychometrika 65, 23, 2000); NaN for three pairs */
} el4ml_coefficient;

typedef struct el4ml_correlation {
    size_t count; /* pairs that were used */
    el4ml_coefficient pearson, spearman;
} el4ml_correlation;

typedef struct el4ml_correlation_options {
    size_t permutations;  /* default 9999; 0: none */
    size_t most_permuted; /* no permutations for more pairs than these; default 10000 */
    uint64_t seed;        /* of the permutations; default 1 */
} el4ml_correlation_options;

EL4ML_API el4ml_correlation_options el4ml_correlation_options_default(void);
/* x, y: (count); pairs with a number that is not finite are left out. Equal values share their mean rank.
 * options may be NULL. */
EL4ML_API el4ml_status el4ml_correlate(const double *x, const double *y, size_t count,
                                       const el4ml_correlation_options *options, el4ml_correlation *result,
                                       el4ml_error *error);

/* How much of the variance of a value its group explains: the correlation ratio eta^2, the sum of squares
 * between the groups' means over that about the common mean (Fisher, Statistical Methods for Research
 * Workers, 1925). */
typedef struct el4ml_group_effect {
    size_t count, groups; /* values that were used, and groups with one of them */
    double share;    /* eta^2, 0 ... 1; NaN where the values do not vary or fewer than two groups have one */
    double expected; /* of eta^2 when groups say nothing: (groups - 1)/(count - 1); NaN likewise */
    double p_permutation; /* by permuting the values: (1 + permutations with at least that share)/(1 +
                             permutations); NaN where it was not computed */
} el4ml_group_effect;

/* value, group: (count); group: below group_count. Values that are not finite are left out. options as above,
 * may be NULL. INVALID_ARGUMENT: a group out of range. */
EL4ML_API el4ml_status el4ml_group_effect_of(const double *value, const size_t *group, size_t count,
                                             size_t group_count, const el4ml_correlation_options *options,
                                             el4ml_group_effect *effect, el4ml_error *error);

EL4ML_END
#endif
