#include "kinetics/fill_pattern.h"

#include <stdlib.h>

#include "base/memory.h"

static int compare_entries(const void *left, const void *right)
{
    const el4ml_entry *x = left, *y = right;
    return (x->column > y->column) - (x->column < y->column);
}

/* Shares' columns become positions; sorted. */
static void fill(el4ml_pattern *p)
{
    el4ml_elimination *e = p->elimination;
    for (size_t i = 0; i < e->state_count; i++)
        p->position[i] = UINT32_MAX;
    for (size_t k = 0; k < e->count; k++)
        p->position[e->state[k]] = (uint32_t)k;
    for (size_t k = 0; k < e->count; k++) {
        for (size_t s = e->start[k]; s < e->start[k + 1]; s++)
            e->share[s].column = p->position[e->share[s].column];
        const size_t length = e->start[k + 1] - e->start[k];
        if (length > 1) qsort(e->share + e->start[k], length, sizeof *e->share, compare_entries);
    }
    for (size_t s = 0; s < e->start[e->count]; s++) {
        p->later[s] = e->share[s].column;
        p->share[s] = el4ml_entry_value(e->share[s]);
        e->share[s].column = e->state[e->share[s].column];
    }
    p->count = e->count;
    p->start = e->start;
}

/* Pairs of later neighbours of each state. */
static double count_products(const el4ml_elimination *e)
{
    const double n = (double)e->dense.count;
    double total = n * (n - 1) * (n - 2) / 6;
    for (size_t k = 0; k < e->sparse_count; k++) {
        const double length = (double)(e->start[k + 1] - e->start[k]);
        total += length * (length - 1) / 2;
    }
    return total;
}

el4ml_status el4ml_pattern_init(el4ml_pattern *p, const el4ml_rate_network *rates, const el4ml_place *place,
                                double most_products, el4ml_error *error)
{
    *p = (el4ml_pattern){0};
    el4ml_status status = el4ml_elimination_new(rates, place, NULL, &p->elimination, error);
    if (status == EL4ML_OK && count_products(p->elimination) > most_products) {
        status =
            el4ml_fail(error, EL4ML_NOT_SUPPORTED,
                       "graph transformation: the network fills in to %.1e products, more than the %.0e that "
                       "can be kept; lump it first",
                       count_products(p->elimination), most_products);
        el4ml_pattern_clear(p);
        return status;
    }
    if (status == EL4ML_OK && p->elimination->dense.count > 0) { /* a given order keeps all of it sparse */
        el4ml_elimination *first = p->elimination;
        p->elimination = NULL;
        status = el4ml_elimination_new(rates, place, first->state, &p->elimination, error);
        el4ml_elimination_free(first);
    }
    if (status != EL4ML_OK) return status;
    const size_t shares = p->elimination->start[p->elimination->count];
    p->position = EL4ML_NEW(uint32_t, rates->state_count);
    p->later = EL4ML_NEW(uint32_t, shares);
    p->share = EL4ML_NEW(el4ml_scaled, shares);
    if (p->position && p->later && p->share) {
        fill(p);
        return EL4ML_OK;
    }
    el4ml_pattern_clear(p);
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "graph transformation: out of memory");
}

void el4ml_pattern_clear(el4ml_pattern *p)
{
    el4ml_elimination_free(p->elimination);
    el4ml_release(p->position);
    el4ml_release(p->later);
    el4ml_release(p->share);
    *p = (el4ml_pattern){0};
}

size_t el4ml_pattern_find(const el4ml_pattern *p, size_t j, size_t k)
{
    const size_t column = j < k ? j : k, row = j < k ? k : j;
    size_t low = p->start[column], high = p->start[column + 1];
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (p->later[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}
