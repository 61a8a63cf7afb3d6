/* The one order of energies: minima by energy, then index; transition states by energy, then id, then index.
 */
#ifndef EL4ML_NETWORK_ORDER_H
#define EL4ML_NETWORK_ORDER_H

#include "base/sort.h"
#include "el4ml/network.h"

/* items[k].index: the minima by energy; both arrays (node_count). */
static inline void el4ml_sort_minima(const el4ml_network *network, el4ml_sort_item *items,
                                     el4ml_sort_item *scratch)
{
    for (size_t i = 0; i < network->node_count; i++)
        items[i] = (el4ml_sort_item){el4ml_key_of_double(network->nodes[i].energy), i};
    el4ml_sort(items, scratch, network->node_count);
}

/* Is minimum a the lower of the two? Ties go to the lower index. */
static inline bool el4ml_node_before(const el4ml_node *nodes, size_t a, size_t b)
{
    if (nodes[a].energy != nodes[b].energy) return nodes[a].energy < nodes[b].energy;
    return a < b;
}

#endif
