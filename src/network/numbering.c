#include "network/numbering.h"

#include "base/memory.h"
#include "network/order.h"

/* lowest_of[label]: the lowest minimum of each label that occurs; returns how many do. */
static size_t find_lowest(const el4ml_network *network, const size_t *group, size_t *lowest_of)
{
    size_t count = 0;
    for (size_t i = 0; i < network->node_count; i++)
        lowest_of[i] = EL4ML_NONE;
    for (size_t i = 0; i < network->node_count; i++) {
        size_t *lowest = &lowest_of[group[i]];
        count += *lowest == EL4ML_NONE;
        if (*lowest == EL4ML_NONE || el4ml_node_before(network->nodes, i, *lowest)) *lowest = i;
    }
    return count;
}

static void sort_groups(const el4ml_network *network, const size_t *group, const size_t *lowest_of,
                        el4ml_sort_item *items, el4ml_groups *groups)
{
    size_t filled = 0; /* in the order of the index, so that the stable sort leaves ties to it */
    for (size_t i = 0; i < network->node_count; i++)
        if (lowest_of[group[i]] == i)
            items[filled++] = (el4ml_sort_item){el4ml_key_of_double(network->nodes[i].energy), i};
    el4ml_sort(items, items + filled, filled);
    for (size_t k = 0; k < filled; k++)
        groups->lowest[k] = items[k].index;
}

bool el4ml_number_groups(const el4ml_network *network, size_t *group, el4ml_groups *groups)
{
    const size_t n = network->node_count;
    size_t *lowest_of = EL4ML_NEW(size_t, n);
    if (!lowest_of) return false;
    *groups = (el4ml_groups){.count = find_lowest(network, group, lowest_of)};
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, 2 * groups->count);
    groups->lowest = EL4ML_NEW(size_t, groups->count);
    groups->size = EL4ML_NEW(size_t, groups->count);
    const bool good = items && groups->lowest && groups->size;
    if (good) {
        sort_groups(network, group, lowest_of, items, groups);
        for (size_t k = 0; k < groups->count; k++)
            lowest_of[group[groups->lowest[k]]] = k; /* from here on the number of each label */
        for (size_t i = 0; i < n; i++) {
            group[i] = lowest_of[group[i]];
            groups->size[group[i]]++;
        }
    } else {
        el4ml_release(groups->lowest);
        el4ml_release(groups->size);
    }
    el4ml_release(items);
    el4ml_release(lowest_of);
    return good;
}
