#include "insight/chain.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "kinetics/rate_network.h"

void el4ml_chain_clear(el4ml_chain *c)
{
    el4ml_rate_network_free(c->rates);
    el4ml_release(c->a);
    el4ml_release(c->b);
    *c = (el4ml_chain){0};
}

static el4ml_status check_sets(const el4ml_network *network, const el4ml_minimum_set *a,
                               const el4ml_minimum_set *b, el4ml_error *error)
{
    size_t j = 0; /* both ascend */
    for (size_t i = 0; i < a->count; i++) {
        while (j < b->count && b->members[j] < a->members[i])
            j++;
        if (j < b->count && b->members[j] == a->members[i])
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "minimum %" PRId64
                              " is in both sets, the one to start from and the one to reach",
                              network->nodes[a->members[i]].id);
    }
    for (int k = 0; k < 2; k++) {
        const el4ml_minimum_set *set = k ? b : a;
        for (size_t i = 0; i < set->count; i++)
            if (network->nodes[set->members[i]].flagged)
                return el4ml_fail(
                    error, EL4ML_BAD_INPUT,
                    "minimum %" PRId64
                    " has no rates: it is a linear cluster, or has no ln product or multiplicity",
                    network->nodes[set->members[i]].id);
    }
    return EL4ML_OK;
}

static size_t *states_of(const el4ml_rate_network *rates, const el4ml_minimum_set *set)
{
    size_t *states = EL4ML_NEW(size_t, set->count);
    for (size_t k = 0; states && k < set->count; k++)
        states[k] = el4ml_rate_state(rates, set->members[k]);
    return states;
}

/* Room for a walk over the states. */
typedef struct scratch {
    bool *reached;
    size_t *queue;
} scratch;

static void spread_from(const el4ml_rate_network *rates, const size_t *states, size_t count, scratch *s)
{
    memset(s->reached, 0, rates->state_count * sizeof *s->reached);
    for (size_t k = 0; k < count; k++)
        s->reached[states[k]] = true;
    el4ml_rate_network_spread(rates, s->reached, s->queue);
}

/* Is every state of A, or of B, connected to one of the other set? */
static el4ml_status check_reach(const el4ml_chain *c, const el4ml_network *network, bool of_a, scratch *s,
                                el4ml_error *error)
{
    const size_t *to = of_a ? c->a : c->b, *from = of_a ? c->b : c->a;
    const size_t to_count = of_a ? c->sets.a_count : c->sets.b_count;
    spread_from(c->rates, from, of_a ? c->sets.b_count : c->sets.a_count, s);
    for (size_t k = 0; k < to_count; k++)
        if (!s->reached[to[k]])
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "no path of transition states is known between minimum %" PRId64
                              " and the other set, which begins with minimum %" PRId64,
                              network->nodes[c->rates->minimum[to[k]]].id,
                              network->nodes[c->rates->minimum[from[0]]].id);
    return EL4ML_OK;
}

static bool is_connected(const el4ml_rate_network *rates, scratch *s)
{
    const size_t first = 0;
    spread_from(rates, &first, 1, s);
    for (size_t i = 0; i < rates->state_count; i++)
        if (!s->reached[i]) return false;
    return true;
}

static el4ml_status check_paths(el4ml_chain *c, const el4ml_network *network, el4ml_error *error)
{
    scratch s = {EL4ML_NEW(bool, c->rates->state_count), EL4ML_NEW(size_t, c->rates->state_count)};
    el4ml_status status = EL4ML_OK;
    if (!s.reached || !s.queue) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    if (status == EL4ML_OK) status = check_reach(c, network, true, &s, error);
    if (status == EL4ML_OK) status = check_reach(c, network, false, &s, error);
    if (status == EL4ML_OK) c->connected = is_connected(c->rates, &s);
    el4ml_release(s.reached);
    el4ml_release(s.queue);
    return status;
}

el4ml_status el4ml_chain_init(el4ml_chain *c, const el4ml_network *network, const el4ml_minimum_set *a,
                              const el4ml_minimum_set *b, double temperature, el4ml_error *error)
{
    if (a->count == 0 || b->count == 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "rates: a set is empty");
    el4ml_status status = check_sets(network, a, b, error);
    if (status != EL4ML_OK) return status;
    size_t *seeds = EL4ML_NEW(size_t, a->count + b->count);
    if (!seeds) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    memcpy(seeds, a->members, a->count * sizeof *seeds);
    memcpy(seeds + a->count, b->members, b->count * sizeof *seeds);
    const el4ml_rate_options options = {temperature, seeds, a->count + b->count};
    status = el4ml_rate_network_new(network, &options, &c->rates, error);
    el4ml_release(seeds);
    if (status != EL4ML_OK) return status;
    c->a = states_of(c->rates, a);
    c->b = states_of(c->rates, b);
    if (!c->a || !c->b) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    c->sets = (el4ml_state_sets){.a = c->a, .b = c->b, .a_count = a->count, .b_count = b->count};
    return check_paths(c, network, error);
}
