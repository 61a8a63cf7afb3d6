/* Triangles, each found once: links are directed from the node of lower to the one of higher degree, so that
 * no node has more than sqrt(2 links) of them, and out-neighbours of out-neighbours are looked up in a row of
 * marks (Chiba and Nishizeki, SIAM J. Comput. 14, 210, 1985). */
#include <math.h>

#include "base/memory.h"
#include "el4ml/graph.h"

typedef struct directed {
    size_t *first; /* (node_count + 1) */
    size_t *head;  /* (link_count) */
} directed;

static bool points_to(const el4ml_graph *g, size_t from, size_t to)
{
    const size_t a = el4ml_degree(g, from), b = el4ml_degree(g, to);
    return a != b ? a < b : from < to;
}

static void direct(const el4ml_graph *g, directed *d)
{
    size_t filled = 0;
    for (size_t i = 0; i < g->node_count; i++) {
        for (size_t k = g->first[i]; k < g->first[i + 1]; k++)
            if (points_to(g, i, g->neighbour[k])) d->head[filled++] = g->neighbour[k];
        d->first[i + 1] = filled;
    }
}

/* triangles[i]: those that node i is in; mark: (node_count), zero. */
static void count_triangles(const directed *d, size_t nodes, uint64_t *triangles, size_t *mark)
{
    for (size_t u = 0; u < nodes; u++) {
        for (size_t k = d->first[u]; k < d->first[u + 1]; k++)
            mark[d->head[k]] = u + 1;
        for (size_t k = d->first[u]; k < d->first[u + 1]; k++) {
            const size_t v = d->head[k];
            for (size_t j = d->first[v]; j < d->first[v + 1]; j++) {
                const size_t w = d->head[j];
                if (mark[w] != u + 1) continue;
                triangles[u]++;
                triangles[v]++;
                triangles[w]++;
            }
        }
    }
}

static void summarise(const el4ml_graph *g, const uint64_t *triangles, double *local, el4ml_clustering *c)
{
    size_t defined = 0;
    double sum = 0;
    *c = (el4ml_clustering){0};
    for (size_t i = 0; i < g->node_count; i++) {
        const uint64_t degree = el4ml_degree(g, i), pairs = degree < 2 ? 0 : degree * (degree - 1) / 2;
        const double share = pairs ? (double)triangles[i] / (double)pairs : NAN;
        c->triangles += triangles[i];
        c->triples += pairs;
        if (local) local[i] = share;
        if (pairs == 0) continue;
        defined++;
        sum += share;
    }
    c->transitivity = c->triples ? (double)c->triangles / (double)c->triples : NAN;
    c->triangles /= 3;
    c->mean_local = defined ? sum / (double)defined : NAN;
    c->mean_local_all = defined ? sum / (double)g->node_count : NAN;
}

el4ml_status el4ml_clustering_of(const el4ml_graph *graph, double *local, el4ml_clustering *clustering,
                                 el4ml_error *error)
{
    if (!graph || !clustering) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "clustering: nothing given");
    directed d = {EL4ML_NEW(size_t, graph->node_count + 1), EL4ML_NEW(size_t, graph->link_count)};
    uint64_t *triangles = EL4ML_NEW(uint64_t, graph->node_count);
    size_t *mark = EL4ML_NEW(size_t, graph->node_count);
    const bool good = d.first && d.head && triangles && mark;
    if (good) {
        direct(graph, &d);
        count_triangles(&d, graph->node_count, triangles, mark);
        summarise(graph, triangles, local, clustering);
    }
    el4ml_release(d.first);
    el4ml_release(d.head);
    el4ml_release(triangles);
    el4ml_release(mark);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "clustering: out of memory");
}
