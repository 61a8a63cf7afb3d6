/* Random variates for trajectories, exact in distribution. Counts are doubles, since there may be 1e100 of
 * them; beyond 1e15 they are drawn from the normal distribution that theirs has become. Infinity for a mean
 * or number that is not finite. */
#ifndef EL4ML_KINETICS_VARIATES_H
#define EL4ML_KINETICS_VARIATES_H

#include "el4ml/random.h"

/* Mean 1. */
double el4ml_random_exponential(el4ml_random *random);
/* Shape >= 1, scale 1: a sum of `shape` exponentials. */
double el4ml_random_gamma(el4ml_random *random, double shape);
double el4ml_random_poisson(el4ml_random *random, double mean);
/* Successes in n trials of probability p <= 1/2. */
double el4ml_random_binomial(el4ml_random *random, double n, double p);

#endif
