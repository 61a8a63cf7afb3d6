/* Rejection-free kinetic Monte Carlo: in state i for an exponential time of mean w_i / sum_j c_ij, then to j
 * with probability c_ij / sum_j c_ij. It shares nothing with graph transformation but the rates. */
#include <math.h>

#include "base/memory.h"
#include "kinetics/sampled_times.h"
#include "kinetics/variates.h"

typedef struct chain {
    const el4ml_rate_network *rates;
    double *cumulative; /* (2 edges) of the links' branching probabilities */
    double *wait;       /* (states) mean waiting time, in units of the longest */
    double *start;      /* (a_count) */
    bool *target;       /* (states) */
    double log_unit;
} chain;

static void chain_clear(chain *c)
{
    el4ml_release(c->cumulative);
    el4ml_release(c->wait);
    el4ml_release(c->start);
    el4ml_release(c->target);
}

static void fill_chain(chain *c, const el4ml_state_sets *sets)
{
    const el4ml_rate_network *rates = c->rates;
    c->log_unit = -INFINITY;
    for (size_t i = 0; i < rates->state_count; i++) {
        el4ml_scaled sum = el4ml_scaled_zero(), part = sum;
        for (size_t l = rates->first[i]; l < rates->first[i + 1]; l++)
            sum = el4ml_scaled_sum(sum, el4ml_scaled_exp(rates->edges[rates->links[l].edge].log_flux));
        for (size_t l = rates->first[i]; l < rates->first[i + 1]; l++) {
            part = el4ml_scaled_sum(part, el4ml_scaled_exp(rates->edges[rates->links[l].edge].log_flux));
            c->cumulative[l] = el4ml_scaled_value(el4ml_scaled_quotient(part, sum));
        }
        c->wait[i] = rates->log_weight[i] - el4ml_scaled_log(sum);
        if (rates->first[i] < rates->first[i + 1]) c->log_unit = fmax(c->log_unit, c->wait[i]);
    }
    for (size_t i = 0; i < rates->state_count; i++)
        c->wait[i] = exp(c->wait[i] - c->log_unit);
    for (size_t k = 0; k < sets->b_count; k++)
        c->target[sets->b[k]] = true;
    el4ml_start_weights(rates, sets, c->start);
}

static bool chain_init(chain *c, const el4ml_rate_network *rates, const el4ml_state_sets *sets)
{
    *c = (chain){.rates = rates,
                 .cumulative = EL4ML_NEW(double, 2 * rates->edge_count),
                 .wait = EL4ML_NEW(double, rates->state_count),
                 .start = EL4ML_NEW(double, sets->a_count),
                 .target = EL4ML_NEW(bool, rates->state_count)};
    if (c->cumulative && c->wait && c->start && c->target) {
        fill_chain(c, sets);
        return true;
    }
    chain_clear(c);
    return false;
}

/* The first link whose cumulative probability exceeds u. */
static size_t next_state(const chain *c, size_t i, double u)
{
    size_t low = c->rates->first[i], high = c->rates->first[i + 1] - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (u < c->cumulative[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return c->rates->links[low].state;
}

/* False when `most` hops do not reach the target. */
static bool run_trajectory(const chain *c, size_t start, el4ml_random *random, uint64_t most, double *time,
                           uint64_t *hops)
{
    *time = 0;
    *hops = 0;
    for (size_t i = start; !c->target[i]; (*hops)++) {
        if (*hops >= most) return false;
        *time += c->wait[i] * el4ml_random_exponential(random);
        i = next_state(c, i, el4ml_random_uniform(random));
    }
    return true;
}

static el4ml_status run_all(const chain *c, const el4ml_state_sets *sets,
                            const el4ml_trajectory_options *options, el4ml_sampled_times *sampled,
                            el4ml_error *error)
{
    const el4ml_scaled unit = el4ml_scaled_exp(c->log_unit);
    el4ml_time_sums sums;
    el4ml_time_sums_start(&sums);
    uint64_t left = options->most_hops;
    for (size_t k = 0; k < options->trajectories; k++) {
        el4ml_random random = el4ml_random_new(options->seed, EL4ML_PURPOSE_MONTE_CARLO, k);
        double time;
        uint64_t hops;
        const size_t start = el4ml_draw_start(sets, c->start, &random);
        if (!run_trajectory(c, start, &random, left, &time, &hops))
            return el4ml_fail(
                error, EL4ML_NOT_CONVERGED,
                "kinetic Monte Carlo: %llu hops were not enough for trajectory %zu of %zu; in a "
                "metastable network kinetic path sampling is the method",
                (unsigned long long)options->most_hops, k + 1, options->trajectories);
        left -= hops;
        el4ml_time_sums_add(&sums, el4ml_scaled_product(unit, el4ml_scaled_of(time)), (double)hops);
    }
    *sampled = el4ml_time_sums_result(&sums);
    return EL4ML_OK;
}

el4ml_status el4ml_kinetic_monte_carlo(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                       const el4ml_trajectory_options *options, el4ml_sampled_times *sampled,
                                       el4ml_error *error)
{
    el4ml_status status = el4ml_trajectory_check(rates, sets, options, sampled, error);
    if (status != EL4ML_OK) return status;
    chain c;
    if (!chain_init(&c, rates, sets))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetic Monte Carlo: out of memory");
    status = run_all(&c, sets, options, sampled, error);
    chain_clear(&c);
    return status;
}
