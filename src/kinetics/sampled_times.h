/* Sampling first-passage times: where trajectories begin, and what is gathered. */
#ifndef EL4ML_KINETICS_SAMPLED_TIMES_H
#define EL4ML_KINETICS_SAMPLED_TIMES_H

#include "el4ml/random.h"
#include "kinetics/state_sets.h"

enum { EL4ML_PURPOSE_MONTE_CARLO = 0x4b4d43, EL4ML_PURPOSE_PATH_SAMPLING = 0x6b5053 };

/* One of A's states, by its weight; cumulative: (a_count), from el4ml_start_weights. */
void el4ml_start_weights(const el4ml_rate_network *rates, const el4ml_state_sets *sets, double *cumulative);
size_t el4ml_draw_start(const el4ml_state_sets *sets, const double *cumulative, el4ml_random *random);

typedef struct el4ml_time_sums {
    size_t count;
    el4ml_scaled power[4]; /* sums of t, t^2, t^3, t^4 */
    double hops;
} el4ml_time_sums;

void el4ml_time_sums_start(el4ml_time_sums *sums);
void el4ml_time_sums_add(el4ml_time_sums *sums, el4ml_scaled time, double hops);
el4ml_sampled_times el4ml_time_sums_result(const el4ml_time_sums *sums);

el4ml_status el4ml_trajectory_check(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                    const el4ml_trajectory_options *options, const void *result,
                                    el4ml_error *error);

#endif
