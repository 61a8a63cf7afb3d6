/* Minimax paths between sets: Prim's walk from A over the minimum spanning tree, which holds a minimax path
 * of every pair. The spanning tree is what the merges of the merge tree were made by. */
#include <math.h>

#include "base/heap.h"
#include "base/memory.h"
#include "el4ml/network.h"

typedef struct walk {
    const el4ml_network *network;
    size_t *first,
        *link;    /* (node_count + 2), (2 merges): the spanning tree's transition states at each minimum */
    size_t *came; /* (node_count) by which transition state the walk came; EL4ML_NONE: not yet */
    bool *seen, *goal; /* (node_count) */
    el4ml_heap heap;
} walk;

static size_t other_end(const el4ml_edge *edge, size_t node)
{
    return edge->a == node ? edge->b : edge->a;
}

/* Counted two places on, summed, and filled one place on: then each list begins at its own. */
static void set_links(walk *w, const el4ml_merge_tree *tree)
{
    const el4ml_edge *edges = w->network->edges;
    for (size_t i = tree->leaf_count; i < tree->size; i++) {
        w->first[edges[tree->edge[i]].a + 2]++;
        w->first[edges[tree->edge[i]].b + 2]++;
    }
    for (size_t i = 2; i < w->network->node_count + 2; i++)
        w->first[i] += w->first[i - 1];
    for (size_t i = tree->leaf_count; i < tree->size; i++) {
        const el4ml_edge *edge = &edges[tree->edge[i]];
        w->link[w->first[edge->a + 1]++] = tree->edge[i];
        w->link[w->first[edge->b + 1]++] = tree->edge[i];
    }
}

static bool walk_init(walk *w, const el4ml_network *network, const el4ml_merge_tree *tree)
{
    const size_t nodes = network->node_count;
    *w = (walk){.network = network,
                .first = EL4ML_NEW(size_t, nodes + 2),
                .link = EL4ML_NEW(size_t, 2 * (tree->size - tree->leaf_count)),
                .came = EL4ML_NEW(size_t, nodes),
                .seen = EL4ML_NEW(bool, nodes),
                .goal = EL4ML_NEW(bool, nodes)};
    if (!w->first || !w->link || !w->came || !w->seen || !w->goal) return false;
    set_links(w, tree);
    return true;
}

static void walk_clear(walk *w)
{
    el4ml_release(w->first);
    el4ml_release(w->link);
    el4ml_release(w->came);
    el4ml_release(w->seen);
    el4ml_release(w->goal);
    el4ml_release(w->heap.items);
}

static bool visit(walk *w, size_t node)
{
    w->seen[node] = true;
    for (size_t k = w->first[node]; k < w->first[node + 1]; k++) {
        const el4ml_edge *edge = &w->network->edges[w->link[k]];
        if (!w->seen[other_end(edge, node)] && !el4ml_heap_push(&w->heap, edge->energy, w->link[k]))
            return false;
    }
    return true;
}

/* The member of B that was reached, EL4ML_NONE when there is no way. False when out of memory. */
static bool search(walk *w, const el4ml_minimum_sets *sets, size_t *reached)
{
    *reached = EL4ML_NONE;
    for (size_t k = 0; k < sets->b_count; k++)
        w->goal[sets->b[k]] = true;
    for (size_t k = 0; k < sets->a_count; k++) {
        w->seen[sets->a[k]] = true;
        w->came[sets->a[k]] = EL4ML_NONE;
        if (w->goal[sets->a[k]] && *reached == EL4ML_NONE) *reached = sets->a[k];
    }
    if (*reached != EL4ML_NONE) return true;
    for (size_t k = 0; k < sets->a_count; k++)
        if (!visit(w, sets->a[k])) return false;
    while (w->heap.count > 0) {
        const size_t edge = el4ml_heap_pop(&w->heap).item;
        const el4ml_edge *e = &w->network->edges[edge];
        if (w->seen[e->a] && w->seen[e->b]) continue;
        const size_t node = w->seen[e->a] ? e->b : e->a;
        w->came[node] = edge;
        if (w->goal[node]) {
            *reached = node;
            return true;
        }
        if (!visit(w, node)) return false;
    }
    return true;
}

static el4ml_minimax_path *trace(const walk *w, size_t reached)
{
    el4ml_minimax_path *p = EL4ML_NEW(el4ml_minimax_path, 1);
    if (!p) return NULL;
    p->length = 1;
    for (size_t i = reached; w->came[i] != EL4ML_NONE; i = other_end(&w->network->edges[w->came[i]], i))
        p->length++;
    p->minima = EL4ML_NEW(size_t, p->length);
    p->edges = EL4ML_NEW(size_t, p->length);
    if (!p->minima || !p->edges) {
        el4ml_minimax_path_free(p);
        return NULL;
    }
    p->highest = EL4ML_NONE;
    p->energy = p->length == 1 ? w->network->nodes[reached].energy : -INFINITY;
    size_t at = reached;
    for (size_t k = p->length; k-- > 0;) {
        p->minima[k] = at;
        if (k == 0) break;
        const size_t edge = p->edges[k - 1] = w->came[at];
        if (w->network->edges[edge].energy > p->energy) {
            p->energy = w->network->edges[edge].energy;
            p->highest = edge;
        }
        at = other_end(&w->network->edges[edge], at);
    }
    return p;
}

static bool in_range(const el4ml_network *network, const size_t *set, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (set[k] >= network->node_count) return false;
    return count > 0;
}

el4ml_status el4ml_minimax_path_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                                    const el4ml_minimum_sets *sets, el4ml_minimax_path **path,
                                    el4ml_error *error)
{
    if (!network || !tree || !sets || !path || tree->leaf_count != network->node_count ||
        !in_range(network, sets->a, sets->a_count) || !in_range(network, sets->b, sets->b_count))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "minimax path: a set is empty or names what is not there");
    walk w;
    size_t reached = EL4ML_NONE;
    bool good = walk_init(&w, network, tree) && search(&w, sets, &reached);
    *path = NULL;
    if (good && reached != EL4ML_NONE) good = (*path = trace(&w, reached)) != NULL;
    walk_clear(&w);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "minimax path: out of memory");
}

void el4ml_minimax_path_free(el4ml_minimax_path *path)
{
    if (!path) return;
    el4ml_release(path->minima);
    el4ml_release(path->edges);
    el4ml_release(path);
}
