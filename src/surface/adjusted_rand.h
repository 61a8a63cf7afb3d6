/* How well two partitions of the same rows agree. */
#ifndef EL4ML_SURFACE_ADJUSTED_RAND_H
#define EL4ML_SURFACE_ADJUSTED_RAND_H

#include "el4ml/status.h"

/* The adjusted Rand index (Hubert and Arabie, J. Classif. 2, 193, 1985) from the table (clusters, classes) of
 * how many rows are in both: 1 for partitions that agree, 0 on average for random ones. NaN for less than two
 * rows. */
double el4ml_adjusted_rand(size_t clusters, size_t classes, const double *table);

#endif
