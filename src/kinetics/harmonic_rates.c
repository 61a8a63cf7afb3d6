/* Rates of harmonic transition state theory (methods.md 5). Relative to the lowest minimum, 0, the
 * equilibrium weight of minimum a and the equilibrium flux through transition state t are
 *
 *     ln w_a = ln n_a/n_0 - (L_a - L_0)/2 - (V_a - V_0)/T,
 *     ln c_t = ln n_t/n_0 - (L_t - L_0)/2 - ln 2 pi - (V_t - V_0)/T,
 *
 * and k_ba = c_t / w_a. The flux is of the transition state alone, so that detailed balance needs no care;
 * the differences keep digits that large logarithms would lose. */
#include <inttypes.h>
#include <math.h>

#include "base/memory.h"
#include "kinetics/rate_network.h"

static const double LOG_TWO_PI = 1.8378770664093454836;

static bool counts(const el4ml_network *network, const el4ml_edge *edge)
{
    return edge->a != edge->b && !network->nodes[edge->a].flagged && !network->nodes[edge->b].flagged &&
           isfinite(edge->log_multiplicity) && isfinite(edge->log_product);
}

/* The lowest minimum that is not flagged. */
static el4ml_node lowest_minimum(const el4ml_network *network)
{
    el4ml_node lowest = {.energy = INFINITY};
    for (size_t i = 0; i < network->node_count; i++)
        if (!network->nodes[i].flagged && network->nodes[i].energy < lowest.energy)
            lowest = network->nodes[i];
    return lowest;
}

/* ln of a partition function relative to that of the lowest minimum. */
static double relative_log(const el4ml_node *lowest, double log_multiplicity, double log_product,
                           double energy, double temperature)
{
    return (log_multiplicity - lowest->log_multiplicity) - (log_product - lowest->log_product) / 2 -
           (energy - lowest->energy) / temperature;
}

static el4ml_status too_large(const char *what, int64_t id, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_BAD_INPUT,
                      "rates: %s %" PRId64 ": an exponent is beyond 1e8; is the temperature too low?", what,
                      id);
}

static el4ml_status fill(const el4ml_network *network, double temperature, el4ml_rate_network *made,
                         size_t *state, el4ml_error *error)
{
    const el4ml_node lowest = lowest_minimum(network);
    size_t states = 0, edges = 0;
    for (size_t i = 0; i < network->node_count; i++) {
        const el4ml_node *node = &network->nodes[i];
        if (node->flagged) continue;
        const double log_weight =
            relative_log(&lowest, node->log_multiplicity, node->log_product, node->energy, temperature);
        if (!(fabs(log_weight) <= EL4ML_LARGEST_LOG)) return too_large("minimum", node->id, error);
        made->log_weight[states] = log_weight;
        made->minimum[states] = i;
        state[i] = states++;
    }
    for (size_t e = 0; e < network->edge_count; e++) {
        const el4ml_edge *edge = &network->edges[e];
        if (!counts(network, edge)) continue;
        const double log_flux =
            relative_log(&lowest, edge->log_multiplicity, edge->log_product, edge->energy, temperature) -
            LOG_TWO_PI;
        if (!(fabs(log_flux) <= EL4ML_LARGEST_LOG)) return too_large("transition state", edge->id, error);
        made->edges[edges++] = (el4ml_rate_edge){state[edge->a], state[edge->b], log_flux, e};
    }
    el4ml_rate_network_finish(made, edges);
    return EL4ML_OK;
}

/* All components. */
static el4ml_status make_whole(const el4ml_network *network, double temperature, el4ml_rate_network **rates,
                               el4ml_error *error)
{
    size_t states = 0;
    for (size_t i = 0; i < network->node_count; i++)
        states += !network->nodes[i].flagged;
    el4ml_rate_network *made = el4ml_rate_network_allocate(states, network->edge_count);
    size_t *state = EL4ML_NEW(size_t, network->node_count);
    el4ml_status status = made && state ? fill(network, temperature, made, state, error)
                                        : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    el4ml_release(state);
    if (status != EL4ML_OK) {
        el4ml_rate_network_free(made);
        return status;
    }
    made->temperature = temperature;
    *rates = made;
    return EL4ML_OK;
}

static el4ml_status mark_seeds(const el4ml_network *network, const el4ml_rate_network *whole,
                               const el4ml_rate_options *options, bool *keep, el4ml_error *error)
{
    for (size_t k = 0; k < options->seed_count; k++) {
        const size_t minimum = options->seeds[k];
        if (minimum >= network->node_count)
            return el4ml_fail(error, EL4ML_BAD_INPUT, "rates: minimum number %zu is not there", minimum);
        const size_t state = el4ml_rate_state(whole, minimum);
        if (state == EL4ML_NONE)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "rates: minimum %" PRId64
                              " is flagged (a linear cluster, say) and has no rates",
                              network->nodes[minimum].id);
        keep[state] = true;
    }
    return EL4ML_OK;
}

static el4ml_status keep_components(const el4ml_network *network, const el4ml_rate_options *options,
                                    const el4ml_rate_network *whole, el4ml_rate_network **rates,
                                    el4ml_error *error)
{
    bool *keep = EL4ML_NEW(bool, whole->state_count);
    size_t *queue = EL4ML_NEW(size_t, whole->state_count);
    el4ml_status status = keep && queue ? mark_seeds(network, whole, options, keep, error)
                                        : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    if (status == EL4ML_OK) {
        el4ml_rate_network_spread(whole, keep, queue);
        status = el4ml_rate_network_restrict(whole, keep, rates, error);
    }
    el4ml_release(keep);
    el4ml_release(queue);
    return status;
}

el4ml_status el4ml_rate_network_new(const el4ml_network *network, const el4ml_rate_options *options,
                                    el4ml_rate_network **rates, el4ml_error *error)
{
    if (!network || !options || !rates || (options->seed_count && !options->seeds))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "rates: nothing given");
    if (!isnormal(options->temperature) || options->temperature < 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "rates: the temperature must be positive, not %g",
                          options->temperature);
    el4ml_rate_network *whole = NULL;
    el4ml_status status = make_whole(network, options->temperature, &whole, error);
    if (status != EL4ML_OK) return status;
    if (!options->seeds) {
        *rates = whole;
        return EL4ML_OK;
    }
    status = keep_components(network, options, whole, rates, error);
    el4ml_rate_network_free(whole);
    return status;
}
