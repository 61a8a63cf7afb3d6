#include "kinetics/sampled_times.h"

#include <math.h>

el4ml_trajectory_options el4ml_trajectory_options_default(void)
{
    const el4ml_trajectory_options options = {.trajectories = 1000, .seed = 1, .most_hops = 1000000000};
    return options;
}

el4ml_status el4ml_trajectory_check(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                    const el4ml_trajectory_options *options, const void *result,
                                    el4ml_error *error)
{
    if (!rates || !sets || !options || !result)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "trajectories: nothing given");
    if (options->trajectories == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "trajectories: at least one is needed");
    return el4ml_state_sets_check(rates, sets, error);
}

void el4ml_start_weights(const el4ml_rate_network *rates, const el4ml_state_sets *sets, double *cumulative)
{
    const el4ml_source source = el4ml_source_of(sets, EL4ML_ABSORB_B);
    el4ml_scaled total = el4ml_scaled_zero(), sum = total;
    for (size_t k = 0; k < source.count; k++)
        total = el4ml_scaled_sum(total, el4ml_source_weight(rates, &source, k));
    for (size_t k = 0; k < source.count; k++) {
        sum = el4ml_scaled_sum(sum, el4ml_source_weight(rates, &source, k));
        cumulative[k] = el4ml_scaled_value(el4ml_scaled_quotient(sum, total));
    }
}

size_t el4ml_draw_start(const el4ml_state_sets *sets, const double *cumulative, el4ml_random *random)
{
    const double u = el4ml_random_uniform(random);
    size_t k = 0;
    while (k + 1 < sets->a_count && !(u < cumulative[k]))
        k++;
    return sets->a[k];
}

void el4ml_time_sums_start(el4ml_time_sums *sums)
{
    *sums = (el4ml_time_sums){0};
    for (size_t k = 0; k < 4; k++)
        sums->power[k] = el4ml_scaled_zero();
}

void el4ml_time_sums_add(el4ml_time_sums *sums, el4ml_scaled time, double hops)
{
    el4ml_scaled power = el4ml_scaled_of(1);
    for (size_t k = 0; k < 4; k++) {
        power = el4ml_scaled_product(power, time);
        sums->power[k] = el4ml_scaled_sum(sums->power[k], power);
    }
    sums->count++;
    sums->hops += hops;
}

/* Relative standard error of a mean, from the sums of x and x^2 over n samples. */
static double relative_error(el4ml_scaled sum, el4ml_scaled square, double n)
{
    const el4ml_scaled ratio = el4ml_scaled_quotient(square, el4ml_scaled_product(sum, sum));
    const double spread = el4ml_scaled_value(ratio) * n - 1; /* <x^2>/<x>^2 - 1 */
    return n > 1 ? sqrt(fmax(0, spread) / (n - 1)) : INFINITY;
}

el4ml_sampled_times el4ml_time_sums_result(const el4ml_time_sums *sums)
{
    const double n = (double)sums->count;
    const el4ml_sampled_times result = {
        .trajectories = sums->count,
        .log_mean = el4ml_scaled_log(sums->power[0]) - log(n),
        .mean_error = relative_error(sums->power[0], sums->power[1], n),
        .log_second = el4ml_scaled_log(sums->power[1]) - log(n),
        .second_error = relative_error(sums->power[1], sums->power[3], n),
        .hops = sums->hops / n,
    };
    return result;
}
