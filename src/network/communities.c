/* Partitions into communities. */
#include "el4ml/communities.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "network/igraph.h"
#include "network/numbering.h"

el4ml_community_options el4ml_community_options_default(void)
{
    return (el4ml_community_options){
        .method = EL4ML_LEIDEN, .temperature = NAN, .resolution = 1, .trials = 10, .seed = 1};
}

static el4ml_status check(const el4ml_network *network, const el4ml_community_options *options,
                          const void *partition, el4ml_error *error)
{
    if (!network || !partition)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "communities: nothing given");
    if (options->method != EL4ML_LEIDEN && options->method != EL4ML_INFOMAP)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "communities: no such method");
    if (options->temperature <= 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "communities: the temperature must be positive");
    if (!(options->resolution > 0) || !isfinite(options->resolution))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "communities: the resolution must be positive");
    if (network->node_count > UINT32_MAX)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "communities: too many minima");
    if (options->trials < 1)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "communities: at least one trial is needed");
    return EL4ML_OK;
}

/* All that weighs, parallel transition states as one link: igraph's Infomap goes wrong on several. */
static void merge_links(const el4ml_network *network, const double *weight, el4ml_sort_item *items,
                        el4ml_weighted_links *links)
{
    const double least = 1e-200;
    const uint64_t n = network->node_count;
    size_t count = 0;
    uint64_t last = 0;
    for (size_t e = 0; e < network->edge_count; e++) {
        const el4ml_edge *edge = &network->edges[e];
        if (edge->a == edge->b || (weight && !isfinite(edge->log_multiplicity))) continue;
        const uint64_t low = edge->a < edge->b ? edge->a : edge->b, high = edge->a + edge->b - low;
        items[count++] = (el4ml_sort_item){low * n + high, e};
    }
    el4ml_sort(items, items + network->edge_count, count);
    for (size_t k = 0; k < count; k++) {
        const double w = weight ? weight[items[k].index] : 1;
        if (k == 0 || items[k].key != last) {
            links->weight[links->count] = 0;
            links->ends[2 * links->count] = (size_t)(items[k].key / n);
            links->ends[2 * links->count++ + 1] = (size_t)(items[k].key % n);
        }
        last = items[k].key;
        links->weight[links->count - 1] += w;
    }
    for (size_t k = 0; k < links->count; k++)
        links->weight[k] = fmax(links->weight[k], least);
}

/* The less the better. */
static el4ml_status cost_of(const el4ml_network *network, const el4ml_community_options *options,
                            const double *weight, const size_t *community, double *cost, el4ml_error *error)
{
    if (options->method == EL4ML_INFOMAP) return el4ml_code_length(network, weight, community, cost, error);
    const el4ml_status status =
        el4ml_modularity(network, weight, community, options->resolution, cost, error);
    *cost = -*cost;
    return status;
}

/* Keep the best of several runs in p->community. */
static el4ml_status try_all(const el4ml_network *network, const el4ml_community_options *options,
                            const double *weight, el4ml_community_search *search, el4ml_partition *p,
                            el4ml_error *error)
{
    size_t *trial = EL4ML_NEW(size_t, network->node_count);
    if (!trial) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "communities: out of memory");
    el4ml_status status = EL4ML_OK;
    double best = INFINITY;
    for (size_t k = 0; k < options->trials && status == EL4ML_OK; k++) {
        double cost = INFINITY;
        status = el4ml_community_search_run(search, options, trial, error);
        if (status == EL4ML_OK) status = cost_of(network, options, weight, trial, &cost, error);
        if (status != EL4ML_OK || cost >= best) continue;
        best = cost;
        memcpy(p->community, trial, network->node_count * sizeof *trial);
    }
    el4ml_release(trial);
    return status;
}

static el4ml_status divide(const el4ml_network *network, const el4ml_community_options *options,
                           const double *weight, const el4ml_weighted_links *links, el4ml_partition *p,
                           el4ml_error *error)
{
    for (size_t i = 0; i < network->node_count; i++)
        p->community[i] = i;
    if (links->count == 0) return EL4ML_OK;
    el4ml_community_search *search;
    el4ml_status status = el4ml_community_search_begin(links, options->seed, &search, error);
    if (status != EL4ML_OK) return status;
    status = try_all(network, options, weight, search, p, error);
    el4ml_community_search_end(search);
    return status;
}

static el4ml_status finish(const el4ml_network *network, const double *weight, el4ml_partition *p,
                           el4ml_error *error)
{
    el4ml_groups groups;
    if (!el4ml_number_groups(network, p->community, &groups))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "communities: out of memory");
    p->count = groups.count;
    p->lowest = groups.lowest;
    p->size = groups.size;
    const el4ml_status status = el4ml_modularity(network, weight, p->community, 1, &p->modularity, error);
    if (status != EL4ML_OK) return status;
    return el4ml_code_length(network, weight, p->community, &p->code_length, error);
}

static el4ml_status fill(const el4ml_network *network, const el4ml_community_options *options,
                         el4ml_partition *p, el4ml_error *error)
{
    const size_t edges = network->edge_count;
    const bool weighted = !isnan(options->temperature);
    double *weight = EL4ML_NEW(double, edges);
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, 2 * edges);
    el4ml_weighted_links links = {network->node_count, 0, EL4ML_NEW(size_t, 2 * edges),
                                  EL4ML_NEW(double, edges)};
    el4ml_status status = EL4ML_OK;
    if (!weight || !items || !links.ends || !links.weight)
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "communities: out of memory");
    if (status == EL4ML_OK && weighted)
        status = el4ml_edge_weights(network, options->temperature, weight, NULL, error);
    if (status == EL4ML_OK) merge_links(network, weighted ? weight : NULL, items, &links);
    el4ml_release(items);
    if (status == EL4ML_OK) status = divide(network, options, weighted ? weight : NULL, &links, p, error);
    el4ml_release(links.ends);
    el4ml_release(links.weight);
    if (status == EL4ML_OK) status = finish(network, weighted ? weight : NULL, p, error);
    el4ml_release(weight);
    return status;
}

el4ml_status el4ml_communities_new(const el4ml_network *network, const el4ml_community_options *options,
                                   el4ml_partition **partition, el4ml_error *error)
{
    const el4ml_community_options defaults = el4ml_community_options_default();
    if (!options) options = &defaults;
    el4ml_status status = check(network, options, partition, error);
    if (status != EL4ML_OK) return status;
    el4ml_partition *made = EL4ML_NEW(el4ml_partition, 1);
    if (made) made->community = EL4ML_NEW(size_t, network->node_count);
    if (made && made->community) {
        made->node_count = network->node_count;
        status = fill(network, options, made, error);
    } else {
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "communities: out of memory");
    }
    if (status == EL4ML_OK)
        *partition = made;
    else
        el4ml_partition_free(made);
    return status;
}

void el4ml_partition_free(el4ml_partition *partition)
{
    if (!partition) return;
    el4ml_release(partition->community);
    el4ml_release(partition->size);
    el4ml_release(partition->lowest);
    el4ml_release(partition);
}
