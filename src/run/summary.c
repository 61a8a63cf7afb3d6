/* Counts and completeness (methods.md 6, Good-Turing). */
#include <math.h>

#include "base/memory.h"
#include "el4ml/run.h"

/* (f1 + 1) / N, f1 the number found at most once in N searches; no search, no knowledge. */
static double unseen(size_t once, uint64_t searches)
{
    return searches == 0 ? 1 : fmin(1, ((double)once + 1) / (double)searches);
}

/* Of one species. */
static void count_points(const el4ml_landscape *l, el4ml_species species, size_t *on_bounds,
                         el4ml_summary *summary)
{
    const double usual = 1e-9; /* el4ml_search_options_default().gradient_tolerance */
    for (size_t i = 0; i < el4ml_landscape_count(l, species); i++) {
        const el4ml_stationary *p = &el4ml_landscape_record(l, species, i)->point;
        *on_bounds += p->active > 0;
        if (!(p->gradient_rms > usual)) continue;
        summary->imprecise++;
        summary->worst_rms = fmax(summary->worst_rms, p->gradient_rms);
    }
}

static bool goal_reached(const el4ml_summary *s, const el4ml_totals *t, const el4ml_study *study)
{
    if (s->minima == 0 || s->components != 1) return false;
    if (study->goal == EL4ML_CONNECTED) return t->improved >= study->improve || s->minima == 1;
    return s->unseen_transition_state_probability < study->unseen &&
           (double)(t->searches - t->last_discovery) >= 3 / study->unseen;
}

el4ml_status el4ml_summarise(el4ml_landscape *l, const el4ml_study *study, el4ml_summary *summary,
                             el4ml_error *error)
{
    *summary = (el4ml_summary){.minima = el4ml_landscape_count(l, EL4ML_MINIMUM),
                               .transition_states = el4ml_landscape_count(l, EL4ML_TRANSITION_STATE)};
    el4ml_network *network;
    const el4ml_status status = el4ml_landscape_network(l, &network, error);
    if (status != EL4ML_OK) return status;
    summary->global_minimum = el4ml_network_global_minimum(network);
    size_t *component = EL4ML_NEW(size_t, summary->minima + 1);
    if (component) summary->components = el4ml_network_components(network, component);
    el4ml_release(component);
    el4ml_network_free(network);
    if (!component || (summary->minima > 0 && summary->components == 0))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "summary: out of memory");
    size_t rare_minima = 0, rare_states = 0;
    for (size_t i = 0; i < summary->minima; i++)
        rare_minima += el4ml_landscape_record(l, EL4ML_MINIMUM, i)->hits <= 1;
    for (size_t i = 0; i < summary->transition_states; i++) {
        const el4ml_record *r = el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, i);
        rare_states += r->hits <= 1;
        summary->degenerate += r->a == r->b;
    }
    if (!el4ml_landscape_source(l)) {
        count_points(l, EL4ML_MINIMUM, &summary->minima_on_bounds, summary);
        count_points(l, EL4ML_TRANSITION_STATE, &summary->transition_states_on_bounds, summary);
    }
    const el4ml_totals *totals = el4ml_landscape_totals(l);
    summary->unseen_minimum_probability = unseen(rare_minima, totals->explore_runs);
    summary->unseen_transition_state_probability = unseen(rare_states, totals->searches);
    summary->goal_reached = goal_reached(summary, totals, study);
    return EL4ML_OK;
}
