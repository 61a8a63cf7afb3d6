/* Simple graphs in compressed rows. Rows come out ascending without being sorted: the rows of the transposed
 * graph, filled while the first one is read in order, are, and the graph is its own transpose. */
#include "network/graph.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/random.h"

/* ---- From links ---- */

/* first[i + 1] becomes the start of row i (which filling moves on to its end); returns the number of arcs. */
static size_t count_arcs(size_t nodes, el4ml_link_source *source, const void *context, size_t count,
                         size_t *first)
{
    size_t arcs = 0;
    for (size_t k = 0; k < count; k++) {
        const el4ml_link link = source(context, k);
        if (link.a == link.b) continue;
        first[link.a + 1]++;
        first[link.b + 1]++;
        arcs += 2;
    }
    for (size_t i = 0, sum = 0; i < nodes; i++) {
        const size_t here = first[i + 1];
        first[i + 1] = sum;
        sum += here;
    }
    return arcs;
}

static void fill_rows(el4ml_link_source *source, const void *context, size_t count, size_t *first,
                      size_t *row)
{
    for (size_t k = 0; k < count; k++) {
        const el4ml_link link = source(context, k);
        if (link.a == link.b) continue;
        row[first[link.a + 1]++] = link.b;
        row[first[link.b + 1]++] = link.a;
    }
}

/* From rows in any order to ascending ones. at: (nodes), scratch. */
static void transpose(size_t nodes, const size_t *first, const size_t *row, size_t *sorted, size_t *at)
{
    memcpy(at, first, nodes * sizeof *at);
    for (size_t i = 0; i < nodes; i++)
        for (size_t k = first[i]; k < first[i + 1]; k++)
            sorted[at[row[k]]++] = i;
}

/* In place; returns how many arcs are left. */
static size_t drop_repeats(size_t nodes, size_t *first, size_t *sorted)
{
    size_t kept = 0;
    for (size_t i = 0, from = 0; i < nodes; i++) {
        const size_t start = kept, to = first[i + 1];
        for (size_t k = from; k < to; k++)
            if (kept == start || sorted[kept - 1] != sorted[k]) sorted[kept++] = sorted[k];
        from = to;
        first[i + 1] = kept;
    }
    return kept;
}

el4ml_graph *el4ml_graph_from_links(size_t nodes, el4ml_link_source *source, const void *context,
                                    size_t count)
{
    el4ml_graph *g = EL4ML_NEW(el4ml_graph, 1);
    size_t *row = NULL, *at = EL4ML_NEW(size_t, nodes);
    bool good = g && at && (g->first = EL4ML_NEW(size_t, nodes + 1));
    if (good) {
        const size_t arcs = count_arcs(nodes, source, context, count, g->first);
        row = EL4ML_NEW(size_t, arcs);
        g->neighbour = EL4ML_NEW(size_t, arcs);
        good = row && g->neighbour;
    }
    if (good) {
        g->node_count = nodes;
        fill_rows(source, context, count, g->first, row);
        transpose(nodes, g->first, row, g->neighbour, at);
        g->link_count = drop_repeats(nodes, g->first, g->neighbour) / 2;
    }
    el4ml_release(row);
    el4ml_release(at);
    if (good) return g;
    el4ml_graph_free(g);
    return NULL;
}

void el4ml_graph_free(el4ml_graph *graph)
{
    if (!graph) return;
    el4ml_release(graph->first);
    el4ml_release(graph->neighbour);
    el4ml_release(graph);
}

static el4ml_link link_of_edge(const void *network, size_t index)
{
    const el4ml_edge *edge = &((const el4ml_network *)network)->edges[index];
    return (el4ml_link){edge->a, edge->b};
}

el4ml_status el4ml_graph_new(const el4ml_network *network, el4ml_graph **graph, el4ml_error *error)
{
    if (!network || !graph) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "graph: nothing given");
    el4ml_graph *made =
        el4ml_graph_from_links(network->node_count, link_of_edge, network, network->edge_count);
    if (!made) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "graph: out of memory");
    *graph = made;
    return EL4ML_OK;
}

/* ---- Random graphs ---- */

/* Pair k of the row-by-row list of all pairs b < a. */
static el4ml_link pair_of(uint64_t k)
{
    size_t a = (size_t)((1 + sqrt(1 + 8 * (double)k)) / 2);
    while (a > 1 && (uint64_t)a * (a - 1) / 2 > k)
        a--;
    while ((uint64_t)(a + 1) * a / 2 <= k)
        a++;
    return (el4ml_link){a, (size_t)(k - (uint64_t)a * (a - 1) / 2)};
}

static el4ml_link link_of_pair(const void *pairs, size_t index)
{
    return pair_of(((const uint64_t *)pairs)[index]);
}

/* A set of numbers; slots hold number + 1. */
typedef struct number_set {
    uint64_t *slots;
    size_t mask;
} number_set;

/* False when it was there already. */
static bool add_number(number_set *set, uint64_t number)
{
    size_t at = (size_t)((number * 0x9e3779b97f4a7c15u) >> 20) & set->mask;
    for (; set->slots[at]; at = (at + 1) & set->mask)
        if (set->slots[at] == number + 1) return false;
    set->slots[at] = number + 1;
    return true;
}

/* `wanted` different numbers below `bound`, every set as likely as any other: Floyd's algorithm (Bentley and
 * Floyd, Commun. ACM 30, 754, 1987). */
static void draw_numbers(el4ml_random *random, uint64_t bound, size_t wanted, number_set *set,
                         uint64_t *drawn)
{
    for (size_t k = 0; k < wanted; k++) {
        const uint64_t last = bound - wanted + k;
        uint64_t number = el4ml_random_below(random, last + 1);
        if (!add_number(set, number)) {
            number = last;
            add_number(set, number);
        }
        drawn[k] = number;
    }
}

el4ml_status el4ml_graph_random(size_t nodes, size_t links, uint64_t seed, el4ml_graph **graph,
                                el4ml_error *error)
{
    const uint64_t pairs = nodes < 2   ? 0
                           : nodes % 2 ? nodes * ((uint64_t)nodes - 1) / 2
                                       : nodes / 2 * ((uint64_t)nodes - 1);
    if (!graph) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "random graph: nothing given");
    if (nodes > UINT32_MAX || links > pairs)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "random graph: %zu nodes cannot have %zu links",
                          nodes, links);
    size_t size = 16;
    while (size < 2 * links)
        size *= 2;
    number_set set = {EL4ML_NEW(uint64_t, size), size - 1};
    uint64_t *drawn = EL4ML_NEW(uint64_t, links);
    el4ml_graph *made = NULL;
    if (set.slots && drawn) {
        el4ml_random random = el4ml_random_new(seed, 41, 0);
        draw_numbers(&random, pairs, links, &set, drawn);
        el4ml_release(set.slots);
        set.slots = NULL;
        made = el4ml_graph_from_links(nodes, link_of_pair, drawn, links);
    }
    el4ml_release(set.slots);
    el4ml_release(drawn);
    if (!made) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "random graph: out of memory");
    *graph = made;
    return EL4ML_OK;
}

/* ---- Largest component ---- */

/* The nodes of the component of `start` that are not yet marked, marked with `mark`; returns how many. queue:
 * (node_count). */
static size_t flood(const el4ml_graph *graph, size_t start, size_t mark, size_t *marks, size_t *queue)
{
    size_t head = 0, tail = 0;
    queue[tail++] = start;
    marks[start] = mark;
    while (head < tail) {
        const size_t at = queue[head++];
        for (size_t k = graph->first[at]; k < graph->first[at + 1]; k++) {
            const size_t next = graph->neighbour[k];
            if (marks[next]) continue;
            marks[next] = mark;
            queue[tail++] = next;
        }
    }
    return tail;
}

/* number[i]: index of node i in the largest component, EL4ML_NONE outside; returns its size. */
static size_t number_largest(const el4ml_graph *graph, size_t *number, size_t *queue)
{
    size_t best = 0, size = 0, next = 0;
    memset(number, 0, graph->node_count * sizeof *number);
    for (size_t i = 0; i < graph->node_count; i++) {
        if (number[i]) continue;
        const size_t here = flood(graph, i, i + 1, number, queue);
        if (here <= size) continue;
        size = here;
        best = i + 1;
    }
    for (size_t i = 0; i < graph->node_count; i++)
        number[i] = number[i] == best ? next++ : EL4ML_NONE;
    return size;
}

static el4ml_graph *extract(const el4ml_graph *graph, const size_t *number, size_t size)
{
    el4ml_graph *g = EL4ML_NEW(el4ml_graph, 1);
    size_t arcs = 0;
    for (size_t i = 0; i < graph->node_count; i++)
        if (number[i] != EL4ML_NONE) arcs += el4ml_degree(graph, i);
    if (g) g->first = EL4ML_NEW(size_t, size + 1);
    if (g) g->neighbour = EL4ML_NEW(size_t, arcs);
    if (!g || !g->first || !g->neighbour) {
        el4ml_graph_free(g);
        return NULL;
    }
    g->node_count = size;
    g->link_count = arcs / 2;
    size_t filled = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        if (number[i] == EL4ML_NONE) continue;
        for (size_t k = graph->first[i]; k < graph->first[i + 1]; k++)
            g->neighbour[filled++] = number[graph->neighbour[k]];
        g->first[number[i] + 1] = filled;
    }
    return g;
}

el4ml_status el4ml_graph_largest_component(const el4ml_graph *graph, size_t *member, el4ml_graph **component,
                                           el4ml_error *error)
{
    if (!graph || !component)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "largest component: nothing given");
    size_t *number = EL4ML_NEW(size_t, graph->node_count), *queue = EL4ML_NEW(size_t, graph->node_count);
    el4ml_graph *made = NULL;
    if (number && queue) made = extract(graph, number, number_largest(graph, number, queue));
    for (size_t i = 0; made && member && i < graph->node_count; i++)
        if (number[i] != EL4ML_NONE) member[number[i]] = i;
    el4ml_release(number);
    el4ml_release(queue);
    if (!made) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "largest component: out of memory");
    *component = made;
    return EL4ML_OK;
}
