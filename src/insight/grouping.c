/* Communities of minima by any method, and what they say about the test rows. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "el4ml/answers.h"
#include "network/numbering.h"

enum { BARRIERS_TRIED = 24 };

el4ml_grouping_options el4ml_grouping_options_default(void)
{
    return (el4ml_grouping_options){.method =
                                        el4ml_communities_supported() ? EL4ML_BY_LEIDEN : EL4ML_BY_RATES,
                                    .resolution = 1,
                                    .trials = 10,
                                    .seed = 1,
                                    .barrier = NAN};
}

const char *el4ml_grouping_name(el4ml_grouping_method method)
{
    static const char *const names[] = {"leiden", "infomap", "rates"};
    return names[method];
}

void el4ml_grouping_free(el4ml_grouping *g)
{
    if (!g) return;
    el4ml_partition_free(g->partition);
    el4ml_release(g->test);
    el4ml_release(g);
}

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "communities: out of memory");
}

/* ---- By rates ---- */

typedef struct lumping {
    const el4ml_network *network;
    el4ml_rate_network *rates;
    double *weight;             /* (transition states) */
    size_t *group;              /* (states) */
    size_t *community, *best;   /* (minima) */
    double barrier, modularity; /* of the best */
} lumping;

static void lumping_clear(lumping *l)
{
    el4ml_rate_network_free(l->rates);
    el4ml_release(l->weight);
    el4ml_release(l->group);
    el4ml_release(l->community);
    el4ml_release(l->best);
}

static el4ml_status lumping_init(lumping *l, const el4ml_network *network, double temperature,
                                 el4ml_error *error)
{
    const el4ml_rate_options options = {.temperature = temperature};
    *l = (lumping){.network = network, .barrier = NAN, .modularity = -INFINITY};
    el4ml_status status = el4ml_rate_network_new(network, &options, &l->rates, error);
    if (status != EL4ML_OK) return status;
    l->weight = EL4ML_NEW(double, network->edge_count);
    l->group = EL4ML_NEW(size_t, l->rates->state_count);
    l->community = EL4ML_NEW(size_t, network->node_count);
    l->best = EL4ML_NEW(size_t, network->node_count);
    if (!l->weight || !l->group || !l->community || !l->best) return out_of_memory(error);
    return el4ml_edge_weights(network, temperature, l->weight, NULL, error);
}

/* Free-energy barrier that both directions of a rate edge stay below, with h = 1: k = T exp(-G/T). */
static double edge_barrier(const el4ml_rate_network *rates, const el4ml_rate_edge *edge)
{
    const double slower = edge->log_flux - fmax(rates->log_weight[edge->a], rates->log_weight[edge->b]);
    return rates->temperature * (log(rates->temperature) - slower);
}

/* Labels of states become labels of minima; those left out stay alone. */
static void label_minima(lumping *l, size_t groups)
{
    const size_t none = EL4ML_NONE;
    for (size_t i = 0; i < l->network->node_count; i++)
        l->community[i] = none;
    for (size_t s = 0; s < l->rates->state_count; s++)
        l->community[l->rates->minimum[s]] = l->group[s];
    for (size_t i = 0; i < l->network->node_count; i++)
        if (l->community[i] == none) l->community[i] = groups++;
}

/* Try one barrier, keep it if its modularity is the best so far (or the first). */
static el4ml_status try_barrier(lumping *l, double barrier, el4ml_error *error)
{
    size_t groups;
    double modularity;
    const double t = l->rates->temperature;
    const el4ml_regroup_options options = {.log_rate = log(t) - barrier / t};
    el4ml_status status = el4ml_regroup(l->rates, &options, l->group, &groups, error);
    if (status != EL4ML_OK) return status;
    label_minima(l, groups);
    status = el4ml_modularity(l->network, l->weight, l->community, 1, &modularity, error);
    if (status != EL4ML_OK) return status;
    if (!isnan(l->barrier) && !(modularity > l->modularity)) return EL4ML_OK;
    l->barrier = barrier;
    l->modularity = modularity;
    memcpy(l->best, l->community, l->network->node_count * sizeof *l->best);
    return EL4ML_OK;
}

/* Barriers spread over the ranks of those of the transition states. */
static el4ml_status try_barriers(lumping *l, el4ml_error *error)
{
    const size_t count = l->rates->edge_count;
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, 2 * count);
    if (!items) return out_of_memory(error);
    for (size_t e = 0; e < count; e++)
        items[e] = (el4ml_sort_item){el4ml_key_of_double(edge_barrier(l->rates, &l->rates->edges[e])), e};
    el4ml_sort(items, items + count, count);
    el4ml_status status = EL4ML_OK;
    size_t last = EL4ML_NONE;
    for (size_t k = 0; k < BARRIERS_TRIED && count > 0 && status == EL4ML_OK; k++) {
        const size_t at = (size_t)((double)(count - 1) * (double)k / (BARRIERS_TRIED - 1));
        if (at == last) continue;
        last = at;
        status = try_barrier(l, edge_barrier(l->rates, &l->rates->edges[items[at].index]), error);
    }
    if (count == 0) status = try_barrier(l, 0, error);
    el4ml_release(items);
    return status;
}

static el4ml_status make_partition(const lumping *l, el4ml_partition **partition, el4ml_error *error)
{
    const size_t n = l->network->node_count;
    el4ml_groups groups = {0};
    el4ml_partition *p = EL4ML_NEW(el4ml_partition, 1);
    if (p) p->community = EL4ML_NEW(size_t, n);
    bool good = p && p->community;
    if (good) {
        memcpy(p->community, l->best, n * sizeof *p->community);
        good = el4ml_number_groups(l->network, p->community, &groups);
    }
    if (!good) {
        el4ml_partition_free(p);
        return out_of_memory(error);
    }
    p->node_count = n;
    p->count = groups.count;
    p->lowest = groups.lowest;
    p->size = groups.size;
    el4ml_status status = el4ml_modularity(l->network, l->weight, p->community, 1, &p->modularity, error);
    if (status == EL4ML_OK)
        status = el4ml_code_length(l->network, l->weight, p->community, &p->code_length, error);
    if (status == EL4ML_OK)
        *partition = p;
    else
        el4ml_partition_free(p);
    return status;
}

static el4ml_status group_by_rates(const el4ml_network *network, const el4ml_grouping_options *o,
                                   el4ml_grouping *made, el4ml_error *error)
{
    lumping l;
    el4ml_status status = lumping_init(&l, network, o->temperature, error);
    if (status == EL4ML_OK)
        status = isnan(o->barrier) ? try_barriers(&l, error) : try_barrier(&l, o->barrier, error);
    if (status == EL4ML_OK) status = make_partition(&l, &made->partition, error);
    made->barrier = l.barrier;
    lumping_clear(&l);
    return status;
}

/* ---- By igraph ---- */

static el4ml_status group_by_links(const el4ml_network *network, const el4ml_grouping_options *o,
                                   el4ml_grouping *made, el4ml_error *error)
{
    el4ml_community_options options = el4ml_community_options_default();
    options.method = o->method == EL4ML_BY_INFOMAP ? EL4ML_INFOMAP : EL4ML_LEIDEN;
    options.temperature = o->unweighted ? (double)NAN : o->temperature;
    options.resolution = o->resolution;
    options.trials = o->trials;
    options.seed = o->seed;
    return el4ml_communities_new(network, &options, &made->partition, error);
}

/* ---- The test rows ---- */

static el4ml_status fill_test(const el4ml_landscape *landscape, el4ml_grouping *g, el4ml_error *error)
{
    const el4ml_partition *p = g->partition;
    double *value = EL4ML_NEW(double, p->node_count);
    size_t *counted = EL4ML_NEW(size_t, p->count);
    g->test = EL4ML_NEW(double, p->count);
    if (!value || !counted || !g->test) {
        el4ml_release(value);
        el4ml_release(counted);
        return out_of_memory(error);
    }
    for (size_t i = 0; i < p->node_count; i++) {
        const el4ml_metrics *test = &el4ml_landscape_record(landscape, EL4ML_MINIMUM, i)->test;
        g->regression |= isfinite(test->r2);
        value[i] = isfinite(test->accuracy) ? test->accuracy : test->r2;
        if (!isfinite(value[i])) continue;
        g->test[p->community[i]] += value[i];
        counted[p->community[i]]++;
    }
    for (size_t c = 0; c < p->count; c++)
        g->test[c] = counted[c] > 0 ? g->test[c] / (double)counted[c] : (double)NAN;
    el4ml_correlation_options options = el4ml_correlation_options_default();
    options.permutations = 999;
    const el4ml_status status =
        el4ml_group_effect_of(value, p->community, p->node_count, p->count, &options, &g->effect, error);
    el4ml_release(value);
    el4ml_release(counted);
    return status;
}

el4ml_status el4ml_group_minima(const el4ml_landscape *landscape, const el4ml_network *network,
                                const el4ml_grouping_options *options, el4ml_grouping **grouping,
                                el4ml_error *error)
{
    if (!landscape || !network || !options || !grouping)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "communities: nothing given");
    if (options->method == EL4ML_BY_RATES && options->unweighted)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "communities: rates are never unweighted");
    el4ml_grouping *made = EL4ML_NEW(el4ml_grouping, 1);
    if (!made) return out_of_memory(error);
    made->method = options->method;
    made->temperature = options->temperature;
    made->barrier = NAN;
    el4ml_status status = options->method == EL4ML_BY_RATES ? group_by_rates(network, options, made, error)
                                                            : group_by_links(network, options, made, error);
    if (status == EL4ML_OK) status = fill_test(landscape, made, error);
    if (status == EL4ML_OK)
        *grouping = made;
    else
        el4ml_grouping_free(made);
    return status;
}
