#include "kinetics/state_sets.h"

#include "base/memory.h"
#include "kinetics/rate_network.h"

typedef enum mark { IN_NONE, IN_A, IN_B } mark;

static el4ml_status mark_set(const el4ml_rate_network *rates, const size_t *states, size_t count, mark own,
                             mark *marks, el4ml_error *error)
{
    const char name = own == IN_A ? 'A' : 'B';
    if (count == 0 || !states)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "kinetics: the set %c is empty", name);
    for (size_t k = 0; k < count; k++) {
        const size_t i = states[k];
        if (i >= rates->state_count)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "kinetics: state %zu of the set %c is not there (%zu states)", i, name,
                              rates->state_count);
        if (marks[i] == own)
            return el4ml_fail(error, EL4ML_BAD_INPUT, "kinetics: state %zu is in the set %c twice", i, name);
        if (marks[i] != IN_NONE)
            return el4ml_fail(error, EL4ML_BAD_INPUT, "kinetics: state %zu is in both sets, A and B", i);
        marks[i] = own;
    }
    return EL4ML_OK;
}

/* Every state of `to` must be connected to one of `from`. */
static el4ml_status check_reach(const el4ml_rate_network *rates, const size_t *from, size_t from_count,
                                const size_t *to, size_t to_count, const char *names, bool *reached,
                                size_t *queue, el4ml_error *error)
{
    for (size_t i = 0; i < rates->state_count; i++)
        reached[i] = false;
    for (size_t k = 0; k < from_count; k++)
        reached[from[k]] = true;
    el4ml_rate_network_spread(rates, reached, queue);
    for (size_t k = 0; k < to_count; k++)
        if (!reached[to[k]])
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "kinetics: no path connects state %zu of the set %c with the set %c", to[k],
                              names[0], names[1]);
    return EL4ML_OK;
}

el4ml_status el4ml_state_sets_check_members(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                            el4ml_error *error)
{
    mark *marks = EL4ML_NEW(mark, rates->state_count);
    if (!marks) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetics: out of memory");
    el4ml_status status = mark_set(rates, sets->a, sets->a_count, IN_A, marks, error);
    if (status == EL4ML_OK) status = mark_set(rates, sets->b, sets->b_count, IN_B, marks, error);
    el4ml_release(marks);
    return status;
}

el4ml_status el4ml_state_sets_check(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                    el4ml_error *error)
{
    el4ml_status status = el4ml_state_sets_check_members(rates, sets, error);
    if (status != EL4ML_OK) return status;
    bool *reached = EL4ML_NEW(bool, rates->state_count);
    size_t *queue = EL4ML_NEW(size_t, rates->state_count);
    if (!reached || !queue)
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetics: out of memory");
    else
        status =
            check_reach(rates, sets->b, sets->b_count, sets->a, sets->a_count, "AB", reached, queue, error);
    if (status == EL4ML_OK)
        status =
            check_reach(rates, sets->a, sets->a_count, sets->b, sets->b_count, "BA", reached, queue, error);
    el4ml_release(reached);
    el4ml_release(queue);
    return status;
}

el4ml_status el4ml_place_states(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                el4ml_absorbing absorbing, el4ml_place *place, el4ml_error *error)
{
    bool *reached = EL4ML_NEW(bool, rates->state_count);
    size_t *queue = EL4ML_NEW(size_t, rates->state_count);
    const bool complete = reached && queue;
    const size_t a_count = absorbing == EL4ML_ABSORB_B ? 0 : sets->a_count;
    const size_t b_count = absorbing == EL4ML_ABSORB_A ? 0 : sets->b_count;
    for (size_t k = 0; complete && k < a_count; k++)
        reached[sets->a[k]] = true;
    for (size_t k = 0; complete && k < b_count; k++)
        reached[sets->b[k]] = true;
    if (complete) {
        el4ml_rate_network_spread(rates, reached, queue);
        for (size_t i = 0; i < rates->state_count; i++)
            place[i] = reached[i] ? EL4ML_FREE : EL4ML_OUTSIDE;
        for (size_t k = 0; k < a_count; k++)
            place[sets->a[k]] = EL4ML_GROUND_A;
        for (size_t k = 0; k < b_count; k++)
            place[sets->b[k]] = EL4ML_GROUND_B;
    }
    el4ml_release(reached);
    el4ml_release(queue);
    return complete ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetics: out of memory");
}

el4ml_source el4ml_source_of(const el4ml_state_sets *sets, el4ml_absorbing absorbing)
{
    const bool from_a = absorbing == EL4ML_ABSORB_B;
    const el4ml_source source = {from_a ? sets->a : sets->b, from_a ? sets->a_count : sets->b_count,
                                 sets->equal_weights};
    return source;
}

el4ml_scaled el4ml_source_weight(const el4ml_rate_network *rates, const el4ml_source *source, size_t k)
{
    return source->equal_weights ? el4ml_scaled_of(1)
                                 : el4ml_scaled_exp(rates->log_weight[source->states[k]]);
}

el4ml_scaled el4ml_source_mean(const el4ml_rate_network *rates, const el4ml_source *source,
                               const el4ml_scaled *values)
{
    el4ml_scaled sum = el4ml_scaled_zero(), total = sum;
    for (size_t k = 0; k < source->count; k++) {
        const el4ml_scaled weight = el4ml_source_weight(rates, source, k);
        sum = el4ml_scaled_sum(sum, el4ml_scaled_product(weight, values[source->states[k]]));
        total = el4ml_scaled_sum(total, weight);
    }
    return el4ml_scaled_quotient(sum, total);
}
