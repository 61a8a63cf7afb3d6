/* The one order of energies used wherever minima or transition states are sorted: by energy, then id, then
 * index. */
#ifndef EL4ML_NETWORK_ORDER_H
#define EL4ML_NETWORK_ORDER_H

#include "el4ml/network.h"

typedef struct el4ml_ranked {
    double energy;
    int64_t id;
    size_t index;
} el4ml_ranked;

static inline int el4ml_compare_ranked(const void *left, const void *right)
{
    const el4ml_ranked *a = left, *b = right;
    if (a->energy != b->energy) return a->energy < b->energy ? -1 : 1;
    if (a->id != b->id) return a->id < b->id ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Is minimum a the lower of the two? Ties go to the lower index. */
static inline bool el4ml_node_before(const el4ml_node *nodes, size_t a, size_t b)
{
    if (nodes[a].energy != nodes[b].energy) return nodes[a].energy < nodes[b].energy;
    return a < b;
}

#endif
