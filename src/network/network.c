/* The network snapshot: copies, checks, global minimum and connected components (methods.md 3). */
#include "el4ml/network.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "network/numbering.h"
#include "network/order.h"

static el4ml_status check_nodes(const el4ml_node *nodes, size_t count, el4ml_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const el4ml_node *node = &nodes[i];
        /* A flagged minimum (a linear cluster, say) has no finite multiplicity: only its energy is used. */
        if (isfinite(node->energy) &&
            (node->flagged || (isfinite(node->log_product) && isfinite(node->log_multiplicity) &&
                               isfinite(node->log_multipliers))))
            continue;
        return el4ml_fail(error, EL4ML_NUMERICAL,
                          "network: minimum %" PRId64 " has a number that is not finite", node->id);
    }
    return EL4ML_OK;
}

static el4ml_status check_edges(const el4ml_edge *edges, size_t count, size_t nodes, el4ml_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const el4ml_edge *edge = &edges[i];
        if (edge->a >= nodes || edge->b >= nodes)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                              "network: transition state %" PRId64 " joins a minimum that is not there",
                              edge->id);
        /* A linear transition state has an infinite ln n, which says so; a NaN says nothing. */
        if (!isfinite(edge->energy) || isnan(edge->log_product) || isnan(edge->log_multiplicity) ||
            !isfinite(edge->log_multipliers))
            return el4ml_fail(error, EL4ML_NUMERICAL,
                              "network: transition state %" PRId64 " has a number that is not finite",
                              edge->id);
    }
    return EL4ML_OK;
}

el4ml_status el4ml_network_new(const el4ml_node *nodes, size_t node_count, const el4ml_edge *edges,
                               size_t edge_count, double kappa, el4ml_network **network, el4ml_error *error)
{
    if (!network || (node_count && !nodes) || (edge_count && !edges))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "network: nothing given");
    if (!isfinite(kappa) || kappa < 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "network: kappa must be finite and not negative");
    el4ml_status status = check_nodes(nodes, node_count, error);
    if (status == EL4ML_OK) status = check_edges(edges, edge_count, node_count, error);
    if (status != EL4ML_OK) return status;

    el4ml_network *made = EL4ML_NEW(el4ml_network, 1);
    el4ml_node *node_copy = EL4ML_NEW(el4ml_node, node_count);
    el4ml_edge *edge_copy = EL4ML_NEW(el4ml_edge, edge_count);
    if (!made || !node_copy || !edge_copy) {
        el4ml_release(made);
        el4ml_release(node_copy);
        el4ml_release(edge_copy);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "network: out of memory");
    }
    if (node_count) memcpy(node_copy, nodes, node_count * sizeof *nodes);
    if (edge_count) memcpy(edge_copy, edges, edge_count * sizeof *edges);
    *made = (el4ml_network){node_count, edge_count, node_copy, edge_copy, kappa, 1e-9};
    *network = made;
    return EL4ML_OK;
}

void el4ml_network_free(el4ml_network *network)
{
    if (!network) return;
    el4ml_release(network->nodes);
    el4ml_release(network->edges);
    el4ml_release(network);
}

static double bound_factor(size_t active, double log_multipliers, double temperature)
{
    const double log_two_pi = 1.8378770664093454836;
    return active == 0 ? 0 : (double)active / 2 * (log(temperature) - log_two_pi) - log_multipliers;
}

double el4ml_node_log_weight(const el4ml_node *node, double temperature)
{
    return node->log_multiplicity - node->log_product / 2 +
           bound_factor(node->active, node->log_multipliers, temperature);
}

double el4ml_edge_log_weight(const el4ml_edge *edge, double temperature)
{
    return edge->log_multiplicity - edge->log_product / 2 +
           bound_factor(edge->active, edge->log_multipliers, temperature);
}

size_t el4ml_network_global_minimum(const el4ml_network *network)
{
    size_t lowest = EL4ML_NONE;
    for (size_t i = 0; i < network->node_count; i++)
        if (lowest == EL4ML_NONE || network->nodes[i].energy < network->nodes[lowest].energy) lowest = i;
    return lowest;
}

static size_t find_root(size_t *parent, size_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]]; /* path halving */
        i = parent[i];
    }
    return i;
}

/* Afterwards component[i] is the lowest minimum of i's component. The output array is the union-find forest.
 */
static void join_components(const el4ml_network *network, size_t *component)
{
    for (size_t i = 0; i < network->node_count; i++)
        component[i] = i;
    for (size_t e = 0; e < network->edge_count; e++) {
        const size_t a = find_root(component, network->edges[e].a),
                     b = find_root(component, network->edges[e].b);
        if (a == b) continue;
        const bool a_lower = el4ml_node_before(network->nodes, a, b);
        component[a_lower ? b : a] = a_lower ? a : b;
    }
    for (size_t i = 0; i < network->node_count; i++)
        component[i] = find_root(component, i);
}

size_t el4ml_network_components(const el4ml_network *network, size_t *component)
{
    el4ml_groups groups;
    join_components(network, component);
    if (!el4ml_number_groups(network, component, &groups)) return 0;
    el4ml_release(groups.lowest);
    el4ml_release(groups.size);
    return groups.count;
}
