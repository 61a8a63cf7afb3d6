#include <check.h>
#include <stdlib.h>

#include "base/memory.h"
#include "el4ml/basins.h"
#include "network_help.h"

static el4ml_network *network_of(const help_graph *graph)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(
        el4ml_network_new(graph->node, graph->nodes, graph->edge, graph->edges, 5, &network, NULL), EL4ML_OK);
    return network;
}

static el4ml_merge_tree *tree_of(const el4ml_network *network)
{
    el4ml_merge_tree *tree = NULL;
    ck_assert_int_eq(el4ml_merge_tree_new(network, &tree, NULL), EL4ML_OK);
    return tree;
}

static void random_case(int k, bool coarse, help_graph *graph)
{
    const size_t nodes = (size_t)(1 + (k * 7) % 50);
    help_random_graph((uint64_t)k + 200, nodes, (size_t)((k * 13) % 5) * nodes / 2, coarse, graph);
}

/* The definition, one minimum at a time. */
static size_t descend(const help_graph *graph, size_t at, size_t *first)
{
    *first = EL4ML_NONE;
    for (;;) {
        size_t best = EL4ML_NONE;
        for (size_t e = 0; e < graph->edges; e++) {
            const el4ml_edge *edge = &graph->edge[e];
            const size_t other = edge->a == at ? edge->b : edge->b == at ? edge->a : at;
            if (!(graph->node[other].energy < graph->node[at].energy)) continue;
            if (best == EL4ML_NONE || edge->energy < graph->edge[best].energy ||
                (edge->energy == graph->edge[best].energy && edge->id < graph->edge[best].id))
                best = e;
        }
        if (best == EL4ML_NONE) return at;
        if (*first == EL4ML_NONE) *first = best;
        at = graph->edge[best].a == at ? graph->edge[best].b : graph->edge[best].a;
    }
}

static bool lower(const help_graph *graph, size_t a, size_t b)
{
    return graph->node[a].energy < graph->node[b].energy ||
           (graph->node[a].energy == graph->node[b].energy && a < b);
}

START_TEST(sequence_basins_equal_their_definition)
{
    help_graph graph;
    random_case(_i, _i % 2 == 1, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_sequence_basins *b = NULL;
    ck_assert_int_eq(el4ml_sequence_basins_new(network, &b, NULL), EL4ML_OK);
    ck_assert_uint_eq(b->node_count, graph.nodes);
    size_t counted = 0, size[HELP_MOST] = {0};
    for (size_t i = 0; i < graph.nodes; i++) {
        size_t first;
        ck_assert_uint_eq(b->bottom[b->basin[i]], descend(&graph, i, &first));
        ck_assert_uint_eq(b->next_edge[i], first);
        size[b->basin[i]]++;
    }
    for (size_t k = 0; k < b->count; k++) {
        ck_assert_uint_eq(b->size[k], size[k]);
        ck_assert_uint_eq(b->basin[b->bottom[k]], k);
        if (k > 0) ck_assert(lower(&graph, b->bottom[k - 1], b->bottom[k]));
        counted += b->size[k];
    }
    ck_assert_uint_eq(counted, graph.nodes); /* a partition */
    el4ml_sequence_basins_free(b);
    el4ml_network_free(network);
}
END_TEST

/* Lowest barrier to any lower minimum, from all pairs. */
static double brute_persistence(const help_graph *graph, const double *minimax, size_t a)
{
    double least = INFINITY;
    for (size_t b = 0; b < graph->nodes; b++)
        if (lower(graph, b, a)) least = fmin(least, minimax[a * graph->nodes + b]);
    return least - graph->node[a].energy;
}

START_TEST(persistence_is_the_lowest_barrier_down)
{
    help_graph graph;
    double minimax[HELP_MOST * HELP_MOST], persistence[HELP_MOST];
    random_case(_i, _i % 2 == 1, &graph);
    help_minimax(&graph, minimax);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    el4ml_persistence(tree, persistence);
    for (size_t i = 0; i < graph.nodes; i++)
        ck_assert(persistence[i] == brute_persistence(&graph, minimax, i));
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

/* By the definition on superbasins, without a tree: at the energy where minimum a meets a lower one, the
 * superbasin it comes from is either a funnel's or belongs to where the lowest minimum of what it meets
 * belongs. */
static size_t brute_bottom(const help_graph *graph, const double *minimax, double threshold, size_t least,
                           size_t a)
{
    const size_t n = graph->nodes;
    for (;;) {
        const double persistence = brute_persistence(graph, minimax, a);
        if (isinf(persistence)) return a;
        size_t size = 0, meets = EL4ML_NONE;
        double merge = INFINITY;
        for (size_t b = 0; b < n; b++)
            if (lower(graph, b, a)) merge = fmin(merge, minimax[a * n + b]);
        for (size_t b = 0; b < n; b++) {
            size += b == a || minimax[a * n + b] < merge;
            if (b != a && minimax[a * n + b] <= merge && (meets == EL4ML_NONE || lower(graph, b, meets)))
                meets = b;
        }
        if (persistence > threshold && size >= least) return a;
        a = meets;
    }
}

START_TEST(funnels_equal_their_definition)
{
    help_graph graph;
    double minimax[HELP_MOST * HELP_MOST], persistence[HELP_MOST];
    random_case(_i, false, &graph);
    help_minimax(&graph, minimax);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    el4ml_persistence(tree, persistence);
    for (size_t least = 1; least <= 4; least += 3)
        for (double threshold = 0; threshold < 2; threshold += 0.15) {
            const el4ml_funnel_options options = {threshold, least};
            el4ml_funnels *f = NULL;
            ck_assert_int_eq(el4ml_funnels_new(network, tree, &options, &f, NULL), EL4ML_OK);
            size_t size[HELP_MOST] = {0};
            for (size_t i = 0; i < graph.nodes; i++) {
                ck_assert_uint_eq(f->bottom[f->funnel[i]],
                                  brute_bottom(&graph, minimax, threshold, least, i));
                size[f->funnel[i]]++;
            }
            for (size_t k = 0; k < f->count; k++) {
                ck_assert_uint_eq(f->size[k], size[k]);
                ck_assert(f->persistence[k] == persistence[f->bottom[k]]);
                ck_assert(f->persistence[k] > threshold);
                if (k > 0) ck_assert(lower(&graph, f->bottom[k - 1], f->bottom[k]));
            }
            ck_assert(f->threshold == threshold);
            el4ml_funnels_free(f);
        }
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

/* Thresholds beyond all barriers leave the components; the suggested one is a tenth of the range. */
START_TEST(extreme_thresholds)
{
    help_graph graph;
    size_t component[HELP_MOST];
    random_case(_i, true, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    const size_t components = el4ml_network_components(network, component);
    el4ml_funnel_options options = el4ml_funnel_options_default();
    el4ml_funnels *f = NULL;
    options.persistence = INFINITY;
    ck_assert_int_eq(el4ml_funnels_new(network, tree, &options, &f, NULL), EL4ML_OK);
    ck_assert_uint_eq(f->count, components);
    for (size_t i = 0; i < graph.nodes; i++)
        ck_assert_uint_eq(f->funnel[i], component[i]);
    el4ml_funnels_free(f);
    ck_assert_int_eq(el4ml_funnels_new(network, tree, NULL, &f, NULL), EL4ML_OK);
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < graph.nodes; i++)
        low = fmin(low, graph.node[i].energy);
    for (size_t i = graph.nodes; i < tree->size; i++)
        high = fmax(high, tree->energy[i]);
    ck_assert(f->threshold == (isinf(high) ? 0 : (high - low) / 10));
    el4ml_funnels_free(f);
    options.persistence = -1;
    ck_assert_int_eq(el4ml_funnels_new(network, tree, &options, &f, NULL), EL4ML_INVALID_ARGUMENT);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

/* Two valleys with a high pass between them and ripples in both. */
START_TEST(double_funnel)
{
    enum { SIDE = 20 };
    el4ml_node nodes[2 * SIDE];
    el4ml_edge edges[2 * SIDE - 1];
    for (size_t i = 0; i < 2 * SIDE; i++) {
        const size_t height = i < SIDE ? i : 2 * SIDE - 1 - i;
        nodes[i] = (el4ml_node){.id = (int64_t)i, .energy = (double)height + (i < SIDE ? 0 : 0.5)};
    }
    for (size_t e = 0; e + 1 < 2 * SIDE; e++)
        edges[e] =
            (el4ml_edge){.id = (int64_t)e,
                         .energy = fmax(nodes[e].energy, nodes[e + 1].energy) + (e == SIDE - 1 ? 1 : 0.2),
                         .a = e,
                         .b = e + 1};
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, 2 * SIDE, edges, 2 * SIDE - 1, 5, &network, NULL), EL4ML_OK);
    el4ml_merge_tree *tree = tree_of(network);
    el4ml_funnels *f = NULL;
    ck_assert_int_eq(el4ml_funnels_new(network, tree, NULL, &f, NULL), EL4ML_OK);
    ck_assert_uint_eq(f->count, 2);
    ck_assert_uint_eq(f->bottom[0], 0);
    ck_assert_uint_eq(f->bottom[1], 2 * SIDE - 1);
    for (size_t i = 0; i < 2 * SIDE; i++)
        ck_assert_uint_eq(f->funnel[i], i >= SIDE);
    const el4ml_funnel_options equal = {f->persistence[1], 1}; /* the threshold is to be exceeded */
    el4ml_funnels_free(f);
    ck_assert_int_eq(el4ml_funnels_new(network, tree, &equal, &f, NULL), EL4ML_OK);
    ck_assert_uint_eq(f->count, 1);
    el4ml_funnels_free(f);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

START_TEST(empty_and_out_of_memory)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(NULL, 0, NULL, 0, 0, &network, NULL), EL4ML_OK);
    el4ml_merge_tree *tree = tree_of(network);
    el4ml_sequence_basins *b = NULL;
    el4ml_funnels *f = NULL;
    ck_assert_int_eq(el4ml_sequence_basins_new(network, &b, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_funnels_new(network, tree, NULL, &f, NULL), EL4ML_OK);
    ck_assert(b->count == 0 && f->count == 0);
    el4ml_sequence_basins_free(b);
    el4ml_funnels_free(f);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);

    help_graph graph;
    random_case(7, false, &graph);
    network = network_of(&graph);
    tree = tree_of(network);
    for (int what = 0; what < 2; what++)
        for (size_t after = 0;; after++) {
            el4ml_fail_allocation_after(after);
            const el4ml_status status = what ? el4ml_funnels_new(network, tree, NULL, &f, NULL)
                                             : el4ml_sequence_basins_new(network, &b, NULL);
            el4ml_fail_allocation_after(SIZE_MAX);
            if (status == EL4ML_OK) {
                ck_assert_uint_ge(after, 6);
                break;
            }
            ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        }
    el4ml_sequence_basins_free(b);
    el4ml_funnels_free(f);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

/* A descent as long as there are minima: no recursion, and each is passed a bounded number of times. */
START_TEST(long_descent)
{
    const size_t n = 300000;
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, n);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, n);
    for (size_t i = 0; i < n; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i, .energy = (double)(i * 7919 % n)};
    for (size_t i = 0; i + 1 < n; i++) /* neighbours in energy: 7919 has an inverse modulo n */
        edges[i] = (el4ml_edge){.id = (int64_t)i, .energy = 1e9};
    size_t *at = EL4ML_NEW(size_t, n);
    for (size_t i = 0; i < n; i++)
        at[(size_t)nodes[i].energy] = i;
    for (size_t e = 0; e + 1 < n; e++) {
        edges[e].a = at[e];
        edges[e].b = at[e + 1];
    }
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, n, edges, n - 1, 1, &network, NULL), EL4ML_OK);
    el4ml_sequence_basins *b = NULL;
    ck_assert_int_eq(el4ml_sequence_basins_new(network, &b, NULL), EL4ML_OK);
    ck_assert_uint_eq(b->count, 1);
    ck_assert_uint_eq(b->size[0], n);
    ck_assert_uint_eq(b->bottom[0], at[0]);
    el4ml_sequence_basins_free(b);
    el4ml_network_free(network);
    el4ml_release(at);
    el4ml_release(nodes);
    el4ml_release(edges);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("basins");
    TCase *tests = tcase_create("basins");
    tcase_add_loop_test(tests, sequence_basins_equal_their_definition, 0, 120);
    tcase_add_loop_test(tests, persistence_is_the_lowest_barrier_down, 0, 120);
    tcase_add_loop_test(tests, funnels_equal_their_definition, 0, 80);
    tcase_add_loop_test(tests, extreme_thresholds, 0, 40);
    tcase_add_test(tests, double_funnel);
    tcase_add_test(tests, empty_and_out_of_memory);
    tcase_add_test(tests, long_descent);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
