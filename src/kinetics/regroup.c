/* Lumping by rates (Carr and Wales, J. Phys. Chem. B 112, 8760, 2008; docs/kinetics.md). With internal
 * equilibrium the weight of a group is the sum of its states' weights and the flux between two groups the sum
 * of the fluxes between their states, so that a lumped network is of the same kind, and k_JL = c_JL / w_L. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kinetics/rate_network.h"
#include "kinetics/state_sets.h"

/* ---- The lumped network ---- */

static el4ml_status check_groups(const el4ml_rate_network *rates, const size_t *group, size_t count,
                                 el4ml_error *error)
{
    size_t seen = 0;
    for (size_t i = 0; i < rates->state_count; i++) {
        if (group[i] > seen || group[i] >= count)
            return el4ml_fail(
                error, EL4ML_BAD_INPUT,
                "lumping: state %zu is in group %zu, but groups are numbered 0 ... %zu by their first "
                "states",
                i, group[i], count ? count - 1 : 0);
        seen += group[i] == seen;
    }
    if (seen != count) return el4ml_fail(error, EL4ML_BAD_INPUT, "lumping: %zu groups, not %zu", seen, count);
    return EL4ML_OK;
}

static void fill_lumped(const el4ml_rate_network *rates, const size_t *group, el4ml_scaled *weight,
                        el4ml_rate_network *made)
{
    size_t seen = 0, edges = 0;
    for (size_t i = 0; i < rates->state_count; i++) {
        if (group[i] == seen) {
            made->minimum[seen] = rates->minimum[i];
            weight[seen++] = el4ml_scaled_zero();
        }
        weight[group[i]] = el4ml_scaled_sum(weight[group[i]], el4ml_scaled_exp(rates->log_weight[i]));
    }
    for (size_t g = 0; g < seen; g++)
        made->log_weight[g] = el4ml_scaled_log(weight[g]);
    for (size_t e = 0; e < rates->edge_count; e++) {
        const el4ml_rate_edge *edge = &rates->edges[e];
        const size_t a = group[edge->a], b = group[edge->b];
        if (a != b) made->edges[edges++] = (el4ml_rate_edge){a, b, edge->log_flux, edge->edge};
    }
    el4ml_rate_network_finish(made, edges);
}

el4ml_status el4ml_rate_network_lump(const el4ml_rate_network *rates, const size_t *group, size_t group_count,
                                     el4ml_rate_network **lumped, el4ml_error *error)
{
    if (!rates || !group || !lumped)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "lumping: nothing given");
    const el4ml_status status = check_groups(rates, group, group_count, error);
    if (status != EL4ML_OK) return status;
    el4ml_rate_network *made = el4ml_rate_network_allocate(group_count, rates->edge_count);
    el4ml_scaled *weight = EL4ML_NEW(el4ml_scaled, group_count);
    const bool complete = made && weight;
    if (complete) {
        fill_lumped(rates, group, weight, made);
        made->temperature = rates->temperature;
        *lumped = made;
    } else {
        el4ml_rate_network_free(made);
    }
    el4ml_release(weight);
    return complete ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "lumping: out of memory");
}

/* ---- Which states to lump ---- */

typedef struct merge {
    double log_rate; /* the lesser of both directions */
    size_t edge;
} merge;

typedef struct round {
    const el4ml_rate_network *lumped;
    merge *merges;        /* (edges) */
    size_t *link;         /* (groups) union-find */
    unsigned char *holds; /* (groups) 1: states of A, 2: of B */
    size_t *number;       /* (groups) */
} round_work;

enum { HOLDS_A = 1, HOLDS_B = 2 };

static int compare_merges(const void *left, const void *right)
{
    const merge *x = left, *y = right;
    if (x->log_rate != y->log_rate) return x->log_rate > y->log_rate ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

static size_t find_root(size_t *link, size_t i)
{
    while (link[i] != i) {
        link[i] = link[link[i]];
        i = link[i];
    }
    return i;
}

/* Pairs of groups that exchange fast enough, fastest first. */
static size_t list_merges(round_work *r, double threshold)
{
    const el4ml_rate_network *lumped = r->lumped;
    size_t count = 0;
    for (size_t e = 0; e < lumped->edge_count; e++) {
        const el4ml_rate_edge *edge = &lumped->edges[e];
        const double slower = edge->log_flux - fmax(lumped->log_weight[edge->a], lumped->log_weight[edge->b]);
        if (slower >= threshold) r->merges[count++] = (merge){slower, e};
    }
    qsort(r->merges, count, sizeof *r->merges, compare_merges);
    return count;
}

/* Merge what may be merged; returns how many groups are left, whose numbers go to r->number. */
static size_t merge_groups(round_work *r, size_t merge_count)
{
    const size_t groups = r->lumped->state_count;
    for (size_t g = 0; g < groups; g++)
        r->link[g] = g;
    for (size_t k = 0; k < merge_count; k++) {
        const el4ml_rate_edge *edge = &r->lumped->edges[r->merges[k].edge];
        const size_t a = find_root(r->link, edge->a), b = find_root(r->link, edge->b);
        if (a == b || (r->holds[a] | r->holds[b]) == (HOLDS_A | HOLDS_B)) continue;
        const size_t first = a < b ? a : b, second = a < b ? b : a;
        r->link[second] = first; /* the lower number stays: groups are numbered by their first states */
        r->holds[first] |= r->holds[second];
    }
    size_t count = 0;
    for (size_t g = 0; g < groups; g++) {
        const size_t root = find_root(r->link, g);
        if (root == g) {
            r->holds[count] = r->holds[g];
            r->number[g] = count++;
        }
    }
    for (size_t g = 0; g < groups; g++)
        r->number[g] = r->number[find_root(r->link, g)];
    return count;
}

static void mark_apart(const el4ml_state_sets *apart, unsigned char *holds)
{
    if (!apart) return;
    for (size_t k = 0; k < apart->a_count; k++)
        holds[apart->a[k]] = HOLDS_A;
    for (size_t k = 0; k < apart->b_count; k++)
        holds[apart->b[k]] = HOLDS_B;
}

static el4ml_status run_rounds(const el4ml_rate_network *rates, double threshold, round_work *r,
                               size_t *group, size_t *group_count, el4ml_error *error)
{
    el4ml_rate_network *lumped = NULL;
    for (size_t before = SIZE_MAX; *group_count < before;) {
        before = *group_count;
        el4ml_rate_network_free(lumped);
        const el4ml_status status = el4ml_rate_network_lump(rates, group, before, &lumped, error);
        if (status != EL4ML_OK) return status;
        r->lumped = lumped;
        *group_count = merge_groups(r, list_merges(r, threshold));
        for (size_t i = 0; i < rates->state_count; i++)
            group[i] = r->number[group[i]];
    }
    el4ml_rate_network_free(lumped);
    return EL4ML_OK;
}

el4ml_status el4ml_regroup(const el4ml_rate_network *rates, const el4ml_regroup_options *options,
                           size_t *group, size_t *group_count, el4ml_error *error)
{
    if (!rates || !options || !group || !group_count)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "lumping: nothing given");
    if (isnan(options->log_rate))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "lumping: ln of the threshold rate is not a number");
    el4ml_status status =
        options->apart ? el4ml_state_sets_check_members(rates, options->apart, error) : EL4ML_OK;
    if (status != EL4ML_OK) return status;
    const size_t n = rates->state_count;
    round_work r = {.merges = EL4ML_NEW(merge, rates->edge_count),
                    .link = EL4ML_NEW(size_t, n),
                    .holds = EL4ML_NEW(unsigned char, n),
                    .number = EL4ML_NEW(size_t, n)};
    if (r.merges && r.link && r.holds && r.number) {
        mark_apart(options->apart, r.holds);
        for (size_t i = 0; i < n; i++)
            group[i] = i;
        *group_count = n;
        status = run_rounds(rates, options->log_rate, &r, group, group_count, error);
    } else {
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "lumping: out of memory");
    }
    el4ml_release(r.merges);
    el4ml_release(r.link);
    el4ml_release(r.holds);
    el4ml_release(r.number);
    return status;
}
