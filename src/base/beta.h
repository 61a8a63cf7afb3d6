/* The incomplete beta function, which binomial, beta and Student's t distributions share. */
#ifndef EL4ML_BASE_BETA_H
#define EL4ML_BASE_BETA_H

/* Regularised, I_x(a, b), 0 <= x <= 1, a and b > 0; `rest` is 1 - x, which may be the more exact. */
double el4ml_incomplete_beta(double a, double b, double x, double rest);

#endif
