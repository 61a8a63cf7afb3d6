/* Monotonic sequence basins (Berry and Breitengraser-Kunz, Phys. Rev. Lett. 74, 3951, 1995). */
#include "base/memory.h"
#include "el4ml/basins.h"
#include "network/numbering.h"

/* Is transition state e to be followed rather than `best`? */
static bool edge_before(const el4ml_edge *edges, size_t e, size_t best)
{
    if (best == EL4ML_NONE) return true;
    if (edges[e].energy != edges[best].energy) return edges[e].energy < edges[best].energy;
    if (edges[e].id != edges[best].id) return edges[e].id < edges[best].id;
    return e < best;
}

static void choose_edges(const el4ml_network *network, size_t *next_edge)
{
    for (size_t i = 0; i < network->node_count; i++)
        next_edge[i] = EL4ML_NONE;
    for (size_t e = 0; e < network->edge_count; e++) {
        const el4ml_edge *edge = &network->edges[e];
        const double a = network->nodes[edge->a].energy, b = network->nodes[edge->b].energy;
        if (a == b) continue;
        size_t *next = &next_edge[a > b ? edge->a : edge->b];
        if (edge_before(network->edges, e, *next)) *next = e;
    }
}

static size_t next_minimum(const el4ml_network *network, const size_t *next_edge, size_t i)
{
    const el4ml_edge *edge = &network->edges[next_edge[i]];
    return edge->a == i ? edge->b : edge->a;
}

/* bottom[i]: where i ends. Every walk goes down to a bottom or to where another has been, then once more to
 * write the end down: each minimum is passed twice at most. */
static void follow_all(const el4ml_network *network, const size_t *next_edge, size_t *bottom)
{
    for (size_t i = 0; i < network->node_count; i++)
        bottom[i] = next_edge[i] == EL4ML_NONE ? i : EL4ML_NONE;
    for (size_t i = 0; i < network->node_count; i++) {
        size_t end = i;
        while (bottom[end] == EL4ML_NONE)
            end = next_minimum(network, next_edge, end);
        end = bottom[end];
        for (size_t at = i; bottom[at] == EL4ML_NONE; at = next_minimum(network, next_edge, at))
            bottom[at] = end;
    }
}

el4ml_status el4ml_sequence_basins_new(const el4ml_network *network, el4ml_sequence_basins **basins,
                                       el4ml_error *error)
{
    if (!network || !basins)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "sequence basins: nothing given");
    el4ml_sequence_basins *made = EL4ML_NEW(el4ml_sequence_basins, 1);
    bool good = made;
    if (good) {
        made->node_count = network->node_count;
        made->basin = EL4ML_NEW(size_t, network->node_count);
        made->next_edge = EL4ML_NEW(size_t, network->node_count);
        good = made->basin && made->next_edge;
    }
    if (good) {
        el4ml_groups groups;
        choose_edges(network, made->next_edge);
        follow_all(network, made->next_edge, made->basin);
        good = el4ml_number_groups(network, made->basin, &groups);
        if (good) {
            made->count = groups.count;
            made->bottom = groups.lowest;
            made->size = groups.size;
        }
    }
    if (!good) {
        el4ml_sequence_basins_free(made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "sequence basins: out of memory");
    }
    *basins = made;
    return EL4ML_OK;
}

void el4ml_sequence_basins_free(el4ml_sequence_basins *basins)
{
    if (!basins) return;
    el4ml_release(basins->bottom);
    el4ml_release(basins->size);
    el4ml_release(basins->basin);
    el4ml_release(basins->next_edge);
    el4ml_release(basins);
}
