/* Shortest paths in links by breadth-first search from 256 sources at once, one bit each (after Then et al.,
 * Proc. VLDB Endow. 8, 449, 2014): what costs time is fetching a node's line of memory, and all searches
 * share it. A level handles only the nodes that some search has just reached, so that long thin graphs cost
 * no more than single searches.
 *
 * From a sample of sources the mean is the ratio estimate sum D_s / sum R_s (D_s: sum of distances from s,
 * R_s: nodes reached), its variance that of D_s - mean R_s with the correction for a finite population
 * (Cochran, Sampling Techniques, 1977, chapter 6). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/graph.h"
#include "el4ml/random.h"

enum { WORDS = 4, BATCH = 64 * WORDS };

typedef struct searches {
    uint64_t word[WORDS];
} searches;

typedef struct reach {
    searches seen; /* which have reached the node */
    searches next; /* which reach it at the next level */
} reach;

typedef struct workspace {
    reach *node;                /* (nodes) */
    searches *frontier;         /* (nodes) which reached it at the present level */
    size_t *present, *coming;   /* (nodes) those reached now, at the next level */
    size_t *source;             /* (nodes) in the order they are used */
    double *distance, *reached; /* (sources) D_s and R_s */
} workspace;

/* The searches of `here` reach the node; true when it was not yet coming. */
static bool visit(reach *node, const searches *here)
{
    uint64_t fresh = 0, coming = 0;
    for (size_t k = 0; k < WORDS; k++) {
        coming |= node->next.word[k];
        fresh |= here->word[k] & ~node->seen.word[k];
        node->next.word[k] |= here->word[k] & ~node->seen.word[k];
    }
    return fresh && !coming;
}

/* The lines of memory that a node's neighbours are in. */
static void fetch_neighbours(const el4ml_graph *g, const workspace *w, size_t at)
{
    for (size_t j = g->first[at]; j < g->first[at + 1]; j++)
        __builtin_prefetch(&w->node[g->neighbour[j]], 1);
}

static size_t expand(const el4ml_graph *g, workspace *w, size_t count)
{
    enum { AHEAD = 3 };
    size_t found = 0;
    for (size_t k = 0; k < count; k++) {
        const size_t at = w->present[k];
        if (k + AHEAD < count) fetch_neighbours(g, w, w->present[k + AHEAD]);
        const searches here = w->frontier[at];
        w->frontier[at] = (searches){{0}};
        for (size_t j = g->first[at]; j < g->first[at + 1]; j++)
            if (visit(&w->node[g->neighbour[j]], &here)) w->coming[found++] = g->neighbour[j];
    }
    return found;
}

/* The nodes coming become present; adds to the sums of the searches that reach them. */
static void settle(workspace *w, size_t count, size_t level, double *distance, double *reached)
{
    size_t hits[BATCH] = {0};
    for (size_t i = 0; i < count; i++) {
        const size_t at = w->coming[i];
        reach *node = &w->node[at];
        w->frontier[at] = node->next;
        for (size_t k = 0; k < WORDS; k++) {
            node->seen.word[k] |= node->next.word[k];
            for (uint64_t left = node->next.word[k]; left; left &= left - 1)
                hits[64 * k + (size_t)__builtin_ctzll(left)]++;
        }
        node->next = (searches){{0}};
    }
    for (size_t s = 0; s < BATCH; s++) {
        distance[s] += (double)level * (double)hits[s];
        reached[s] += (double)hits[s];
    }
    size_t *swap = w->present;
    w->present = w->coming;
    w->coming = swap;
}

/* From source[from] ... source[from + count - 1]; returns the last level. */
static size_t search(const el4ml_graph *g, workspace *w, size_t from, size_t count)
{
    double distance[BATCH] = {0}, reached[BATCH] = {0};
    memset(w->node, 0, g->node_count * sizeof *w->node);
    for (size_t s = 0; s < count; s++) {
        const size_t at = w->source[from + s];
        w->node[at].seen.word[s / 64] = w->frontier[at].word[s / 64] = (uint64_t)1 << s % 64;
        w->present[s] = at;
    }
    size_t level = 0;
    for (size_t present = count; present > 0; level++) {
        present = expand(g, w, present);
        settle(w, present, level + 1, distance, reached);
    }
    for (size_t s = 0; s < count; s++) {
        w->distance[from + s] = distance[s];
        w->reached[from + s] = reached[s];
    }
    return level - 1; /* the last one found nothing */
}

static void choose_sources(size_t nodes, size_t sources, uint64_t seed, size_t *source)
{
    el4ml_random random = el4ml_random_new(seed, 42, 0);
    for (size_t i = 0; i < nodes; i++)
        source[i] = i;
    for (size_t i = 0; i < sources && sources < nodes; i++) { /* the start of a shuffle */
        const size_t j = i + (size_t)el4ml_random_below(&random, nodes - i), swap = source[i];
        source[i] = source[j];
        source[j] = swap;
    }
}

static void estimate(const workspace *w, size_t nodes, el4ml_path_lengths *lengths)
{
    const double count = (double)lengths->sources;
    double distance = 0, reached = 0, square = 0;
    for (size_t s = 0; s < lengths->sources; s++) {
        distance += w->distance[s];
        reached += w->reached[s];
    }
    lengths->mean = reached > 0 ? distance / reached : NAN;
    if (lengths->exact) return;
    for (size_t s = 0; s < lengths->sources; s++) {
        const double d = w->distance[s] - lengths->mean * w->reached[s];
        square += d * d;
    }
    const double left_out = 1 - count / (double)nodes;
    lengths->standard_error = sqrt(left_out * square * count / (count - 1)) / reached;
}

el4ml_path_options el4ml_path_options_default(void)
{
    return (el4ml_path_options){.exact_up_to = 5000, .sources = 256, .seed = 1};
}

el4ml_status el4ml_path_lengths_of(const el4ml_graph *graph, const el4ml_path_options *options,
                                   el4ml_path_lengths *lengths, el4ml_error *error)
{
    const el4ml_path_options defaults = el4ml_path_options_default();
    if (!options) options = &defaults;
    if (!graph || !lengths) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "path lengths: nothing given");
    if (options->sources < 2)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "path lengths: at least two sources are needed");
    const size_t n = graph->node_count;
    const bool exact = n <= options->exact_up_to || n <= options->sources;
    const size_t sources = exact ? n : options->sources;
    workspace w = {EL4ML_NEW(reach, n),       EL4ML_NEW(searches, n), EL4ML_NEW(size_t, n),
                   EL4ML_NEW(size_t, n),      EL4ML_NEW(size_t, n),   EL4ML_NEW(double, sources),
                   EL4ML_NEW(double, sources)};
    const bool good = w.node && w.frontier && w.present && w.coming && w.source && w.distance && w.reached;
    if (good) {
        *lengths = (el4ml_path_lengths){.exact = exact, .sources = sources};
        choose_sources(n, sources, options->seed, w.source);
        for (size_t from = 0; from < sources; from += BATCH) {
            const size_t last = search(graph, &w, from, sources - from < BATCH ? sources - from : BATCH);
            if (last > lengths->longest) lengths->longest = last;
        }
        estimate(&w, n, lengths);
    }
    el4ml_release(w.node);
    el4ml_release(w.frontier);
    el4ml_release(w.present);
    el4ml_release(w.coming);
    el4ml_release(w.source);
    el4ml_release(w.distance);
    el4ml_release(w.reached);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "path lengths: out of memory");
}
