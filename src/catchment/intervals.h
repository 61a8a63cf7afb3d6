/* Confidence intervals. */
#ifndef EL4ML_CATCHMENT_INTERVALS_H
#define EL4ML_CATCHMENT_INTERVALS_H

#include "el4ml/status.h"

/* Clopper and Pearson (Biometrika 26, 404, 1934): holds the true probability at least as often as `level`
 * says. */
void el4ml_binomial_interval(uint64_t hits, uint64_t trials, double level, double *low, double *high);
/* The number that Student's t with `degrees` of freedom exceeds in absolute value with probability 1 - level.
 */
double el4ml_student_quantile(double degrees, double level);

#endif
