#include "kinetics/path_search.h"

#include <math.h>

static el4ml_scaled outflow_of(const el4ml_rate_network *rates, size_t i)
{
    el4ml_scaled sum = el4ml_scaled_zero();
    for (size_t l = rates->first[i]; l < rates->first[i + 1]; l++)
        sum = el4ml_scaled_sum(sum, el4ml_scaled_exp(rates->edges[rates->links[l].edge].log_flux));
    return sum;
}

double el4ml_path_step(const el4ml_path_search *s, size_t state, size_t link)
{
    const double flux = -s->rates->edges[s->rates->links[link].edge].log_flux;
    return s->place[state] == EL4ML_GROUND_A ? flux : fmax(0, s->log_outflow[state] + flux);
}

/* -ln of the weight in means, normalised over A, beside the equilibrium weight. */
static void fill_start(el4ml_path_search *s, const el4ml_state_sets *sets)
{
    const el4ml_source source = el4ml_source_of(sets, EL4ML_ABSORB_B);
    el4ml_scaled total = el4ml_scaled_zero();
    for (size_t k = 0; k < source.count; k++)
        total = el4ml_scaled_sum(total, el4ml_source_weight(s->rates, &source, k));
    const double log_total = el4ml_scaled_log(total);
    for (size_t k = 0; k < source.count; k++) {
        const size_t a = source.states[k];
        s->start[a] = sets->equal_weights ? log_total + s->rates->log_weight[a] : log_total;
    }
}

/* Dijkstra's algorithm backwards from B, not through A: but A's states get their best first step. */
static bool fill_bounds(el4ml_path_search *s, const el4ml_state_sets *sets)
{
    for (size_t i = 0; i < s->rates->state_count; i++)
        s->to_b[i] = INFINITY;
    for (size_t k = 0; k < sets->b_count; k++) {
        s->to_b[sets->b[k]] = 0;
        if (!el4ml_heap_push(&s->heap, 0, sets->b[k])) return false;
    }
    while (s->heap.count > 0) {
        const el4ml_heap_item top = el4ml_heap_pop(&s->heap);
        if (top.key > s->to_b[top.item]) continue; /* an entry that a better one has replaced */
        for (size_t l = s->rates->first[top.item]; l < s->rates->first[top.item + 1]; l++) {
            const size_t i = s->rates->links[l].state;
            const double flux = -s->rates->edges[s->rates->links[l].edge].log_flux;
            const bool source = s->place[i] == EL4ML_GROUND_A;
            const double cost = top.key + (source ? flux : fmax(0, s->log_outflow[i] + flux));
            if (!(cost < s->to_b[i])) continue;
            s->to_b[i] = cost;
            if (!source && !el4ml_heap_push(&s->heap, cost, i)) return false;
        }
    }
    return true;
}

el4ml_status el4ml_path_search_init(el4ml_path_search *s, const el4ml_rate_network *rates,
                                    const el4ml_state_sets *sets, el4ml_error *error)
{
    const size_t n = rates->state_count;
    *s = (el4ml_path_search){.rates = rates,
                             .place = EL4ML_NEW(el4ml_place, n),
                             .log_outflow = EL4ML_NEW(double, n),
                             .start = EL4ML_NEW(double, n),
                             .to_b = EL4ML_NEW(double, n),
                             .cost = EL4ML_NEW(double, n),
                             .link = EL4ML_NEW(size_t, n),
                             .from = EL4ML_NEW(size_t, n),
                             .visit = EL4ML_NEW(uint64_t, n),
                             .barred = EL4ML_NEW(uint64_t, n)};
    bool complete = s->place && s->log_outflow && s->start && s->to_b && s->cost && s->link && s->from &&
                    s->visit && s->barred &&
                    el4ml_place_states(rates, sets, EL4ML_ABSORB_BOTH, s->place, NULL) == EL4ML_OK;
    if (complete) {
        for (size_t i = 0; i < n; i++)
            s->log_outflow[i] = el4ml_scaled_log(outflow_of(rates, i));
        fill_start(s, sets);
        complete = fill_bounds(s, sets);
    }
    if (complete) return EL4ML_OK;
    el4ml_path_search_clear(s);
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "paths: out of memory");
}

void el4ml_path_search_clear(el4ml_path_search *s)
{
    el4ml_release(s->place);
    el4ml_release(s->log_outflow);
    el4ml_release(s->start);
    el4ml_release(s->to_b);
    el4ml_release(s->cost);
    el4ml_release(s->link);
    el4ml_release(s->from);
    el4ml_release(s->visit);
    el4ml_release(s->barred);
    el4ml_release(s->heap.items);
}

void el4ml_path_search_begin(el4ml_path_search *s)
{
    s->search++;
    s->heap.count = 0;
}

static bool is_among(size_t state, const size_t *states, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (states[k] == state) return true;
    return false;
}

/* A*: states in the order of the cost to them and the least possible cost from them, which the steps cannot
 * make smaller. */
bool el4ml_path_search_run(el4ml_path_search *s, size_t state, const size_t * not, size_t not_count,
                           double limit, size_t *end)
{
    *end = EL4ML_NONE;
    s->cost[state] = 0;
    s->visit[state] = s->search;
    if (!el4ml_heap_push(&s->heap, s->to_b[state], state)) return false;
    while (s->heap.count > 0) {
        const el4ml_heap_item top = el4ml_heap_pop(&s->heap);
        const size_t i = top.item;
        if (!(top.key < limit)) return true;
        if (top.key > s->cost[i] + s->to_b[i]) continue;
        if (s->place[i] == EL4ML_GROUND_B) {
            *end = i;
            return true;
        }
        for (size_t l = s->rates->first[i]; l < s->rates->first[i + 1]; l++) {
            const size_t j = s->rates->links[l].state;
            if (s->place[j] == EL4ML_GROUND_A || s->barred[j] == s->search || s->to_b[j] == INFINITY)
                continue;
            if (i == state && is_among(j, not, not_count)) continue;
            const double cost = s->cost[i] + el4ml_path_step(s, i, l);
            if (s->visit[j] == s->search && !(cost < s->cost[j])) continue;
            s->visit[j] = s->search;
            s->cost[j] = cost;
            s->link[j] = l;
            s->from[j] = i;
            if (!el4ml_heap_push(&s->heap, cost + s->to_b[j], j)) return false;
        }
    }
    return true;
}
