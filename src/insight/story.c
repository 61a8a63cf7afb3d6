#include <math.h>

#include "base/memory.h"
#include "insight/report.h"

enum { MANY_MINIMA = 20000, QUICK_STATES = 5000 };

void el4ml_story_clear(el4ml_story *s)
{
    el4ml_grouping_free(s->grouping);
    el4ml_minimum_set_free(s->a);
    el4ml_minimum_set_free(s->b);
    el4ml_rates_free(s->rates);
    el4ml_routes_free(s->routes);
    *s = (el4ml_story){0};
}

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
}

/* ---- Which two sets ---- */

static el4ml_minimum_set *set_of(const size_t *members, size_t count, const char *name)
{
    el4ml_minimum_set *set = EL4ML_NEW(el4ml_minimum_set, 1);
    if (!set) return NULL;
    set->name = el4ml_copy_text(name);
    set->members = EL4ML_NEW(size_t, count);
    if (!set->name || !set->members) {
        el4ml_minimum_set_free(set);
        return NULL;
    }
    for (size_t k = 0; k < count; k++)
        set->members[set->count++] = members[k];
    return set;
}

static bool choose(el4ml_story *s, size_t a, size_t b)
{
    s->a = set_of(&a, 1, "");
    s->b = set_of(&b, 1, "");
    return s->a && s->b;
}

static bool joined(const el4ml_analysis *a, size_t first, size_t second)
{
    const el4ml_node *nodes = a->network->nodes;
    return first != second && !nodes[first].flagged && !nodes[second].flagged &&
           isfinite(el4ml_minimax(a->tree, first, second));
}

/* The bottoms of the two lowest funnels that a path joins; without two, the lowest minimum and the next
 * lowest that one joins to it. */
static bool choose_usual(el4ml_story *s, const el4ml_analysis *a)
{
    const el4ml_funnels *f = a->funnels;
    if (a->summary.minima < 2) return true;
    for (size_t k = 1; k < f->count; k++)
        if (joined(a, f->bottom[0], f->bottom[k])) return choose(s, f->bottom[0], f->bottom[k]);
    for (size_t k = 1; k < a->summary.minima; k++)
        if (joined(a, a->by_energy[0], a->by_energy[k])) return choose(s, a->by_energy[0], a->by_energy[k]);
    return true;
}

static el4ml_status take_set(el4ml_landscape *l, const char *name, el4ml_minimum_set **set,
                             el4ml_error *error)
{
    el4ml_error trouble = {0};
    const el4ml_status status = el4ml_landscape_minimum_set(l, name, set, &trouble);
    if (status == EL4ML_OK || status == EL4ML_BAD_INPUT) return EL4ML_OK; /* it keeps none of that name */
    return el4ml_fail(error, status, "%s", trouble.message);
}

static void drop_pair(el4ml_story *s)
{
    el4ml_minimum_set_free(s->a);
    el4ml_minimum_set_free(s->b);
    s->a = s->b = NULL;
}

/* ---- What lies between them ---- */

static el4ml_status look_between(el4ml_story *s, const el4ml_analysis *a, el4ml_error *error)
{
    el4ml_rates_options options = el4ml_rates_options_default();
    options.temperatures = &s->temperature;
    options.temperature_count = 1;
    options.slow_limit = QUICK_STATES;
    const el4ml_routes_options routes = {s->temperature, 5};
    const el4ml_status status = el4ml_rates_between(a->network, s->a, s->b, &options, &s->rates, error);
    return status == EL4ML_OK
               ? el4ml_routes_between(a->network, a->tree, s->a, s->b, &routes, &s->routes, error)
               : status;
}

/* What was asked for, A and B as the landscape keeps them, or the usual pair. */
static el4ml_status find_pair(el4ml_story *s, el4ml_landscape *l, const el4ml_analysis *a,
                              const el4ml_report_options *options, el4ml_error *error)
{
    if (options && options->from && options->to) {
        s->a = set_of(options->from->members, options->from->count, options->from->name);
        s->b = set_of(options->to->members, options->to->count, options->to->name);
        return s->a && s->b ? EL4ML_OK : out_of_memory(error);
    }
    el4ml_status status = take_set(l, "A", &s->a, error);
    if (status == EL4ML_OK) status = take_set(l, "B", &s->b, error);
    if (status != EL4ML_OK || (s->a && s->b)) return status;
    drop_pair(s);
    return choose_usual(s, a) ? EL4ML_OK : out_of_memory(error);
}

/* A pair that was not asked for may turn out to have no rates between them. */
static el4ml_status pair_up(el4ml_story *s, el4ml_landscape *l, const el4ml_analysis *a,
                            const el4ml_report_options *options, el4ml_error *error)
{
    el4ml_status status = find_pair(s, l, a, options, error);
    if (status != EL4ML_OK) return status;
    if (!s->a) return EL4ML_OK;
    el4ml_error trouble = {0};
    status = look_between(s, a, &trouble);
    if (status == EL4ML_OK) return EL4ML_OK;
    if ((options && options->from) || status != EL4ML_BAD_INPUT)
        return el4ml_fail(error, status, "%s", trouble.message);
    drop_pair(s);
    return EL4ML_OK;
}

static el4ml_status find_communities(el4ml_story *s, const el4ml_landscape *l, const el4ml_analysis *a,
                                     el4ml_error *error)
{
    el4ml_grouping_options options = el4ml_grouping_options_default();
    el4ml_error trouble = {0};
    if (a->graph->link_count == 0) return EL4ML_OK;
    options.temperature = s->temperature;
    if (a->summary.minima > MANY_MINIMA) options.trials = 1;
    const el4ml_status status = el4ml_group_minima(l, a->network, &options, &s->grouping, &trouble);
    if (status == EL4ML_OK || status == EL4ML_BAD_INPUT || status == EL4ML_NOT_SUPPORTED) return EL4ML_OK;
    return el4ml_fail(error, status, "%s", trouble.message);
}

el4ml_status el4ml_story_init(el4ml_story *s, el4ml_landscape *l, const el4ml_study *study,
                              const el4ml_analysis *a, const el4ml_report_options *options,
                              el4ml_error *error)
{
    const bool given = options && options->temperature > 0;
    s->temperature = given ? options->temperature : el4ml_middle_temperature(study, a->peaks);
    const el4ml_status status = find_communities(s, l, a, error);
    return status == EL4ML_OK ? pair_up(s, l, a, options, error) : status;
}
