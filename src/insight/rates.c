/* Rates between two sets of minima over temperatures. */
#include <math.h>

#include "base/memory.h"
#include "insight/chain.h"

enum { MOST_MOMENTS = 20, SLOWEST_ITERATIONS = 200 };
static const double SLOWEST_TOLERANCE = 1e-10;

el4ml_rates_options el4ml_rates_options_default(void)
{
    return (el4ml_rates_options){.moments = 4, .slow_limit = 200000, .seed = 1};
}

void el4ml_rates_free(el4ml_rates *r)
{
    if (!r) return;
    el4ml_release(r->rows);
    el4ml_release(r->committor);
    el4ml_release(r->log_time_to_a);
    el4ml_release(r->log_time_to_b);
    el4ml_release(r);
}

/* The same sets the other way round. */
static el4ml_state_sets reversed(const el4ml_state_sets *sets)
{
    return (el4ml_state_sets){.a = sets->b,
                              .b = sets->a,
                              .a_count = sets->b_count,
                              .b_count = sets->a_count,
                              .equal_weights = sets->equal_weights};
}

static el4ml_status fill_moments(const el4ml_chain *c, const el4ml_state_sets *sets, size_t count,
                                 el4ml_direction *d, el4ml_error *error)
{
    for (size_t k = 0; k < MOST_MOMENTS; k++)
        d->log_moment[k] = NAN;
    if (count == 0) return EL4ML_OK;
    el4ml_moments *moments;
    const el4ml_status status = el4ml_moments_new(c->rates, sets, count, &moments, error);
    if (status != EL4ML_OK) return status;
    for (size_t k = 0; k < count; k++)
        d->log_moment[k] = moments->log_mean[k];
    el4ml_moments_free(moments);
    return EL4ML_OK;
}

/* Bounds that do not meet are an answer too. */
static el4ml_status fill_slowest(const el4ml_chain *c, const el4ml_state_sets *sets, el4ml_direction *d,
                                 el4ml_error *error)
{
    const el4ml_status status =
        el4ml_slowest_rate(c->rates, sets, SLOWEST_TOLERANCE, SLOWEST_ITERATIONS, &d->slowest, error);
    d->slowest_found = status == EL4ML_OK;
    return status == EL4ML_NOT_CONVERGED ? EL4ML_OK : status;
}

static el4ml_status sample(const el4ml_chain *c, const el4ml_state_sets *sets, const el4ml_rates_options *o,
                           el4ml_direction *d, el4ml_error *error)
{
    el4ml_trajectory_options options = el4ml_trajectory_options_default();
    options.trajectories = o->trajectories;
    options.seed = o->seed;
    const el4ml_status status = el4ml_kinetic_path_sampling(c->rates, sets, &options, &d->sampled, error);
    if (status != EL4ML_OK) return status;
    d->sampled_found = true;
    d->deviation = expm1(d->sampled.log_mean - d->passage.log_mfpt) /
                   (d->sampled.mean_error * exp(d->sampled.log_mean - d->passage.log_mfpt));
    return EL4ML_OK;
}

static el4ml_status fill_direction(const el4ml_chain *c, const el4ml_state_sets *sets,
                                   const el4ml_rates_options *o, el4ml_direction *d, el4ml_error *error)
{
    d->slowest = (el4ml_slowest){NAN, NAN, NAN, 0};
    d->deviation = NAN;
    el4ml_status status = fill_moments(c, sets, o->moments, d, error);
    if (status == EL4ML_OK && c->rates->state_count <= o->slow_limit)
        status = fill_slowest(c, sets, d, error);
    if (status == EL4ML_OK && o->trajectories > 0) status = sample(c, sets, o, d, error);
    return status;
}

/* ln of the sum of the weights of some states over that of all. */
static double log_probability(const el4ml_rate_network *rates, const size_t *states, size_t count)
{
    double top = -INFINITY, all = 0, part = 0;
    for (size_t i = 0; i < rates->state_count; i++)
        top = fmax(top, rates->log_weight[i]);
    for (size_t i = 0; i < rates->state_count; i++)
        all += exp(rates->log_weight[i] - top);
    double high = -INFINITY; /* of the part: it may be far below */
    for (size_t k = 0; k < count; k++)
        high = fmax(high, rates->log_weight[states[k]]);
    for (size_t k = 0; k < count; k++)
        part += exp(rates->log_weight[states[k]] - high);
    return high - top + log(part) - log(all);
}

/* Kemeny's constant is of a connected network; a hub-ridden large one is refused by the library. */
static el4ml_status fill_kemeny(const el4ml_chain *c, const el4ml_rates_options *o, el4ml_rates_row *row,
                                el4ml_error *error)
{
    row->log_kemeny = NAN;
    if (!c->connected || c->rates->state_count > o->slow_limit) return EL4ML_OK;
    const el4ml_status status = el4ml_kemeny_constant(c->rates, &row->log_kemeny, error);
    if (status == EL4ML_OK) return EL4ML_OK;
    row->log_kemeny = NAN;
    return status == EL4ML_NOT_SUPPORTED ? EL4ML_OK : status;
}

/* Committors and times of all minima. */
static bool keep_minima(const el4ml_network *network, const el4ml_rate_network *rates,
                        const el4ml_kinetics *k, el4ml_rates *r)
{
    r->minima = network->node_count;
    r->states = rates->state_count;
    r->left_out = r->minima - r->states;
    r->committor = EL4ML_NEW(double, r->minima);
    r->log_time_to_a = EL4ML_NEW(double, r->minima);
    r->log_time_to_b = EL4ML_NEW(double, r->minima);
    if (!r->committor || !r->log_time_to_a || !r->log_time_to_b) return false;
    for (size_t i = 0; i < r->minima; i++)
        r->committor[i] = r->log_time_to_a[i] = r->log_time_to_b[i] = NAN;
    for (size_t s = 0; s < rates->state_count; s++) {
        const size_t i = rates->minimum[s];
        r->committor[i] = k->committor[s];
        r->log_time_to_b[i] = k->ab.log_time[s];
        r->log_time_to_a[i] = k->ba.log_time[s];
    }
    return true;
}

static el4ml_status fill_row(const el4ml_network *network, el4ml_chain *c, const el4ml_rates_options *o,
                             el4ml_rates *r, size_t index, el4ml_error *error)
{
    el4ml_rates_row *row = &r->rows[index];
    el4ml_kinetics *k;
    c->sets.equal_weights = o->equal_weights;
    el4ml_status status = el4ml_kinetics_new(c->rates, &c->sets, &k, error);
    if (status != EL4ML_OK) return status;
    row->temperature = o->temperatures[index];
    row->ab.passage = k->ab;
    row->ba.passage = k->ba;
    row->ab.passage.log_time = row->ba.passage.log_time = NULL;
    row->log_p_a = log_probability(c->rates, c->sets.a, c->sets.a_count);
    row->log_p_b = log_probability(c->rates, c->sets.b, c->sets.b_count);
    if (index == 0 && !keep_minima(network, c->rates, k, r))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    el4ml_kinetics_free(k);
    const el4ml_state_sets back = reversed(&c->sets);
    if (status == EL4ML_OK) status = fill_direction(c, &c->sets, o, &row->ab, error);
    if (status == EL4ML_OK) status = fill_direction(c, &back, o, &row->ba, error);
    return status == EL4ML_OK ? fill_kemeny(c, o, row, error) : status;
}

static el4ml_status fill(const el4ml_network *network, const el4ml_minimum_set *a, const el4ml_minimum_set *b,
                         const el4ml_rates_options *o, el4ml_rates *r, el4ml_error *error)
{
    for (size_t k = 0; k < o->temperature_count; k++) {
        el4ml_chain c = {0};
        if (o->cancel && *o->cancel) return el4ml_fail(error, EL4ML_INTERRUPTED, "rates: interrupted");
        el4ml_status status = el4ml_chain_init(&c, network, a, b, o->temperatures[k], error);
        if (status == EL4ML_OK) status = fill_row(network, &c, o, r, k, error);
        el4ml_chain_clear(&c);
        if (status != EL4ML_OK) return status;
        r->count++;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_rates_between(const el4ml_network *network, const el4ml_minimum_set *a,
                                 const el4ml_minimum_set *b, const el4ml_rates_options *options,
                                 el4ml_rates **rates, el4ml_error *error)
{
    if (!network || !a || !b || !options || !rates || options->temperature_count == 0 ||
        !options->temperatures)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "rates: nothing given");
    if (options->moments > MOST_MOMENTS)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "rates: at most %d moments", MOST_MOMENTS);
    el4ml_rates *made = EL4ML_NEW(el4ml_rates, 1);
    if (made) made->rows = EL4ML_NEW(el4ml_rates_row, options->temperature_count);
    if (!made || !made->rows) {
        el4ml_rates_free(made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    }
    made->moments = options->moments;
    made->trajectories = options->trajectories;
    const el4ml_status status = fill(network, a, b, options, made, error);
    if (status == EL4ML_OK)
        *rates = made;
    else
        el4ml_rates_free(made);
    return status;
}
