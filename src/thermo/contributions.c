/* The minima that carry a peak of C_V. */
#include <math.h>

#include "base/memory.h"
#include "base/sort.h"
#include "thermo/superposition.h"

/* Sums of all positive and of all negative g_a. */
static void sum_changes(const el4ml_network *network, const el4ml_changes *changes, double totals[2])
{
    totals[0] = totals[1] = 0;
    for (size_t i = 0; i < network->node_count; i++) {
        double g;
        el4ml_occupation_of(&network->nodes[i], changes, &g);
        totals[g < 0] += fabs(g);
    }
}

/* Minima of one sign, largest |g_a| first. Those below `least` are left out; returns how many there are. */
static size_t sort_changes(const el4ml_network *network, const el4ml_changes *changes, double sign,
                           double least, el4ml_sort_item *items, el4ml_sort_item *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < network->node_count; i++) {
        double g;
        el4ml_occupation_of(&network->nodes[i], changes, &g);
        g *= sign;
        if (g > 0 && g >= least) items[count++] = (el4ml_sort_item){~el4ml_key_of_double(g), i};
    }
    el4ml_sort(items, scratch, count);
    return count;
}

/* A list of el4ml_peak. */
typedef struct list {
    el4ml_change *changes;
    size_t length;
} list;

static bool list_changes(const el4ml_network *network, const el4ml_changes *changes,
                         const el4ml_sort_item *items, size_t count, double wanted, list *made)
{
    double sum = 0;
    for (made->length = 0; made->length < count && sum < wanted; made->length++) {
        double g;
        el4ml_occupation_of(&network->nodes[items[made->length].index], changes, &g);
        sum += fabs(g);
    }
    made->changes = EL4ML_NEW(el4ml_change, made->length);
    if (!made->changes) return false;
    for (size_t k = 0; k < made->length; k++) {
        el4ml_change *c = &made->changes[k];
        c->node = items[k].index;
        c->p = el4ml_occupation_of(&network->nodes[c->node], changes, &c->g);
    }
    return true;
}

bool el4ml_find_contributions(const el4ml_network *network, double share, el4ml_peak *peak)
{
    el4ml_changes changes;
    double totals[2];
    list lists[2] = {{NULL, 0}, {NULL, 0}};
    if (!el4ml_changes_at(network, peak->temperature, &changes)) return true;
    sum_changes(network, &changes, totals);
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, network->node_count),
                    *scratch = EL4ML_NEW(el4ml_sort_item, network->node_count);
    bool good = items && scratch;
    for (size_t k = 0; good && k < 2; k++) {
        /* All smaller ones together are less than what may be missing: no need to sort them. */
        const double least = (1 - share) * totals[k] / (double)network->node_count;
        const size_t count = sort_changes(network, &changes, k ? -1 : 1, least, items, scratch);
        good = list_changes(network, &changes, items, count, share * totals[k], &lists[k]);
    }
    peak->flow = totals[0];
    peak->gaining = lists[0].changes;
    peak->gaining_count = lists[0].length;
    peak->losing = lists[1].changes;
    peak->losing_count = lists[1].length;
    el4ml_release(items);
    el4ml_release(scratch);
    return good;
}
