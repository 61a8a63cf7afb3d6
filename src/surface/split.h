/* Which rows are for training, which for validation and which for the test. */
#ifndef EL4ML_SURFACE_SPLIT_H
#define EL4ML_SURFACE_SPLIT_H

#include "el4ml/status.h"

enum { EL4ML_TRAIN, EL4ML_VALIDATION, EL4ML_TEST, EL4ML_PARTS };

/* Stratified: from every group (of `groups`; group[i] of row i) the nearest whole share of `fraction[part]`
 * of its rows, fractions left over going to the groups that lost most by rounding; validation is a fraction
 * of what the test leaves. Each group keeps at least one training row. Which rows, is drawn from `seed` group
 * by group, so that the test rows do not depend on the validation fraction. False when out of memory. */
bool el4ml_split(size_t rows, size_t groups, const size_t *group, const double fraction[EL4ML_PARTS],
                 uint64_t seed, unsigned char *part);
/* group[i] = quantile of value[i]: `groups` of equal size, to within one row. False when out of memory. */
bool el4ml_quantiles(size_t rows, const double *value, size_t groups, size_t *group);

#endif
