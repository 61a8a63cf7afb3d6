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

EL4ML_END
#endif
