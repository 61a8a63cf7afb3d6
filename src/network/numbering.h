/* Groups of minima numbered by their lowest members. */
#ifndef EL4ML_NETWORK_NUMBERING_H
#define EL4ML_NETWORK_NUMBERING_H

#include "el4ml/network.h"

typedef struct el4ml_groups {
    size_t count;
    size_t *lowest; /* (count) the lowest minimum of each, ascending in energy; equal ones by index */
    size_t *size;   /* (count) */
} el4ml_groups;

/* group (node_count): labels below node_count, in any way, become 0 ... count - 1. False when out of memory,
 * nothing is then to be released. */
bool el4ml_number_groups(const el4ml_network *network, size_t *group, el4ml_groups *groups);

#endif
