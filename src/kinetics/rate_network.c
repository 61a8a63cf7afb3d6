/* The Markov chain as fluxes between pairs of states and weights of states. */
#include "kinetics/rate_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/scaled.h"

el4ml_rate_network *el4ml_rate_network_allocate(size_t states, size_t edges)
{
    el4ml_rate_network *made =
        states < SIZE_MAX / 2 && edges < SIZE_MAX / 2 ? EL4ML_NEW(el4ml_rate_network, 1) : NULL;
    if (!made) return NULL;
    made->state_count = states;
    made->temperature = NAN;
    made->log_weight = EL4ML_NEW(double, states);
    made->edges = EL4ML_NEW(el4ml_rate_edge, edges);
    made->first = EL4ML_NEW(size_t, states + 1);
    made->links = EL4ML_NEW(el4ml_rate_link, 2 * edges);
    made->minimum = EL4ML_NEW(size_t, states);
    if (made->log_weight && made->edges && made->first && made->links && made->minimum) return made;
    el4ml_rate_network_free(made);
    return NULL;
}

void el4ml_rate_network_free(el4ml_rate_network *rates)
{
    if (!rates) return;
    el4ml_release(rates->log_weight);
    el4ml_release(rates->edges);
    el4ml_release(rates->first);
    el4ml_release(rates->links);
    el4ml_release(rates->minimum);
    el4ml_release(rates);
}

static int compare_edges(const void *left, const void *right)
{
    const el4ml_rate_edge *x = left, *y = right;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    if (x->log_flux != y->log_flux) return x->log_flux > y->log_flux ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

/* Parallel fluxes, largest first, become one; returns how many pairs there are. */
static size_t add_parallel(el4ml_rate_edge *edges, size_t count)
{
    size_t pairs = 0;
    for (size_t i = 0, next; i < count; i = next) {
        double sum = 0; /* relative to the largest */
        for (next = i; next < count && edges[next].a == edges[i].a && edges[next].b == edges[i].b; next++)
            sum += next == i ? 0 : exp(edges[next].log_flux - edges[i].log_flux);
        edges[pairs] = edges[i];
        edges[pairs++].log_flux += log1p(sum);
    }
    return pairs;
}

/* Edges are sorted by a, then b, so that filling in their order leaves every state's neighbours ascending:
 * first those below it, then those above. */
static void fill_links(el4ml_rate_network *made)
{
    size_t *first = made->first;
    const size_t n = made->state_count;
    for (size_t i = 0; i <= n; i++)
        first[i] = 0;
    for (size_t e = 0; e < made->edge_count; e++) {
        first[made->edges[e].a]++;
        first[made->edges[e].b]++;
    }
    for (size_t i = 0, sum = 0; i <= n;
         i++) { /* first[i]: where the links of i begin, moved on as they fill */
        const size_t own = i < n ? first[i] : 0;
        first[i] = sum;
        sum += own;
    }
    for (size_t e = 0; e < made->edge_count; e++)
        made->links[first[made->edges[e].b]++] = (el4ml_rate_link){made->edges[e].a, e};
    for (size_t e = 0; e < made->edge_count; e++)
        made->links[first[made->edges[e].a]++] = (el4ml_rate_link){made->edges[e].b, e};
    for (size_t i = n; i > 0; i--)
        first[i] = first[i - 1];
    first[0] = 0;
}

void el4ml_rate_network_finish(el4ml_rate_network *made, size_t count)
{
    for (size_t e = 0; e < count; e++) {
        el4ml_rate_edge *edge = &made->edges[e];
        if (edge->a > edge->b) *edge = (el4ml_rate_edge){edge->b, edge->a, edge->log_flux, edge->edge};
    }
    qsort(made->edges, count, sizeof *made->edges, compare_edges);
    made->edge_count = add_parallel(made->edges, count);
    fill_links(made);
}

el4ml_status el4ml_rate_network_restrict(const el4ml_rate_network *rates, const bool *keep,
                                         el4ml_rate_network **made, el4ml_error *error)
{
    size_t states = 0, edges = 0;
    size_t *number = EL4ML_NEW(size_t, rates->state_count);
    for (size_t i = 0; number && i < rates->state_count; i++)
        number[i] = keep[i] ? states++ : EL4ML_NONE;
    el4ml_rate_network *part = number ? el4ml_rate_network_allocate(states, rates->edge_count) : NULL;
    if (!part) {
        el4ml_release(number);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    }
    part->temperature = rates->temperature;
    for (size_t i = 0; i < rates->state_count; i++) {
        if (!keep[i]) continue;
        part->log_weight[number[i]] = rates->log_weight[i];
        part->minimum[number[i]] = rates->minimum[i];
    }
    for (size_t e = 0; e < rates->edge_count; e++) {
        const el4ml_rate_edge *edge = &rates->edges[e];
        if (keep[edge->a] && keep[edge->b])
            part->edges[edges++] =
                (el4ml_rate_edge){number[edge->a], number[edge->b], edge->log_flux, edge->edge};
    }
    el4ml_rate_network_finish(part, edges);
    el4ml_release(number);
    *made = part;
    return EL4ML_OK;
}

void el4ml_rate_network_spread(const el4ml_rate_network *rates, bool *reached, size_t *queue)
{
    size_t count = 0;
    for (size_t i = 0; i < rates->state_count; i++)
        if (reached[i]) queue[count++] = i;
    for (size_t next = 0; next < count; next++)
        for (size_t l = rates->first[queue[next]]; l < rates->first[queue[next] + 1]; l++) {
            const size_t neighbour = rates->links[l].state;
            if (reached[neighbour]) continue;
            reached[neighbour] = true;
            queue[count++] = neighbour;
        }
}

double el4ml_log_rate(const el4ml_rate_network *rates, size_t from, size_t to)
{
    size_t low = rates->first[from], high = rates->first[from + 1];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (rates->links[middle].state < to)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == rates->first[from + 1] || rates->links[low].state != to) return -INFINITY;
    return rates->edges[rates->links[low].edge].log_flux - rates->log_weight[from];
}

size_t el4ml_rate_state(const el4ml_rate_network *rates, size_t minimum)
{
    size_t low = 0, high = rates->state_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (rates->minimum[middle] < minimum)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rates->state_count && rates->minimum[low] == minimum ? low : EL4ML_NONE;
}
