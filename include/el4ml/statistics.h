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

/* The mean of a number that was measured on several random splits of the same data into training and test
 * rows. Splits share rows, so their numbers are not independent; the variance of the mean is taken as
 * (1/count + overlap) s^2 (Nadeau and Bengio, Mach. Learn. 52, 239, 2003). */
typedef struct el4ml_split_mean {
    size_t count;     /* splits that were used */
    double mean;      /* NaN without any */
    double low, high; /* 95 %, Student's t with count - 1 degrees of freedom; NaN for fewer than two */
    double p_value;   /* two-sided, of a mean of 0; NaN likewise, 1 where all are 0 */
} el4ml_split_mean;

/* value: (count), those not finite are left out. overlap: test rows over training rows; 0 for independent
 * numbers. */
EL4ML_API el4ml_split_mean el4ml_mean_over_splits(const double *value, size_t count, double overlap);

/* How often two independent trials agree, estimated without bias from `trials` of them: the share of pairs
 * that do. */
typedef struct el4ml_agreement {
    uint64_t trials;
    double probability; /* NaN for fewer than two trials */
    double standard_error;
    double low, high; /* of the probability: normal on the scale of ln(p/(1 - p)), with bounds of their own
                         where all pairs agree or none */
    double level;     /* of confidence */
} el4ml_agreement;

/* Trials with outcomes 0 ... count - 1, `hits` of each; two agree when their outcomes are the same: the sum
 * of n (n - 1) over that of all (Simpson, Nature 163, 688, 1949). */
EL4ML_API void el4ml_agreement_of(const uint64_t *hits, size_t count, double level, el4ml_agreement *result);
/* Where two may agree in part: mean[k], from 0 to 1, is the mean agreement of one trial of outcome k with all
 * other trials, those of the same outcome among them. */
EL4ML_API void el4ml_agreement_of_means(const double *mean, const uint64_t *hits, size_t count, double level,
                                        el4ml_agreement *result);
/* Of `count` p-values the one at `which`, adjusted so that the chance of any false discovery among all is
 * what it says (Holm, Scand. J. Stat. 6, 65, 1979). */
EL4ML_API double el4ml_holm(const double *p, size_t count, size_t which);
/* q[k]: the smallest rate of false discoveries at which test k counts as one (Benjamini and Hochberg, J. R.
 * Stat. Soc. B 57, 289, 1995), for tests that are independent or positively related. p that are NaN are no
 * tests. q: (count). */
EL4ML_API el4ml_status el4ml_false_discovery_rates(const double *p, size_t count, double *q,
                                                   el4ml_error *error);
/* Probability that a standard normal is beyond |z| on either side. */
EL4ML_API double el4ml_two_sided(double z);

EL4ML_END
#endif
