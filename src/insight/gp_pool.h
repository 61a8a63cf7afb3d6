/* Settings of the hyperparameters of a Gaussian process, and what each predicts. */
#ifndef EL4ML_INSIGHT_GP_POOL_H
#define EL4ML_INSIGHT_GP_POOL_H

#include "el4ml/advice.h"

enum { EL4ML_GP_POOL = 128 }; /* settings at most */

typedef struct el4ml_gp_pool {
    size_t count, rows, tests;
    double weight[EL4ML_GP_POOL];
    double *mean, *variance;           /* (count, rows): each training row from all others */
    double *test_mean, *test_variance; /* (count, tests) */
} el4ml_gp_pool;

/* Of `count` points with weights of any sum; where there are more than fit, so many are drawn, spread evenly
 * over the weights. */
el4ml_status el4ml_gp_pool_new(const el4ml_surface *surface, const el4ml_data *data, const double *const *x,
                               const double *weight, size_t count, el4ml_gp_pool **pool, el4ml_error *error);
void el4ml_gp_pool_free(el4ml_gp_pool *pool);
/* Mean over the training rows of the divergence of b's predictive density from a's. */
double el4ml_gp_divergence(const el4ml_gp_pool *a, const el4ml_gp_pool *b);
/* ln of the density of each test row (tests), and the root mean square error of the mean. */
double el4ml_gp_test(const el4ml_gp_pool *pool, const double *target, double *log_density);

/* The minimum with the largest right share, 5 % or more, of which less than a tenth was found; EL4ML_NONE:
 * none. Both (minima). */
size_t el4ml_gp_missed(const double *right, const double *found, size_t minima);

#endif
