#include <check.h>
#include <stdlib.h>

#include "base/memory.h"
#include "network_help.h"

static el4ml_network *network_of(const help_graph *graph)
{
    el4ml_network *network = NULL;
    el4ml_error error = {0};
    const el4ml_status status =
        el4ml_network_new(graph->node, graph->nodes, graph->edge, graph->edges, 5, &network, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", el4ml_error_message(&error));
    return network;
}

static el4ml_merge_tree *tree_of(const el4ml_network *network)
{
    el4ml_merge_tree *tree = NULL;
    ck_assert_int_eq(el4ml_merge_tree_new(network, &tree, NULL), EL4ML_OK);
    return tree;
}

/* Sizes, densities (from no edge to many) and ties of the random networks. */
static void random_case(int k, help_graph *graph)
{
    const size_t nodes = (size_t)(1 + (k * 7) % 40);
    const size_t edges = (size_t)(((k * 13) % 5) * (int)nodes / 2);
    help_random_graph((uint64_t)k + 1, nodes, edges, k % 2 == 1, graph);
}

/* Component of each minimum by breadth-first search from the lowest minimum not yet reached. */
static size_t search_components(const help_graph *graph, size_t *component)
{
    const size_t n = graph->nodes;
    size_t count = 0, queue[HELP_MOST];
    for (size_t i = 0; i < n; i++)
        component[i] = EL4ML_NONE;
    for (;; count++) {
        size_t start = EL4ML_NONE;
        for (size_t i = 0; i < n; i++)
            if (component[i] == EL4ML_NONE &&
                (start == EL4ML_NONE || graph->node[i].energy < graph->node[start].energy))
                start = i;
        if (start == EL4ML_NONE) return count;
        size_t head = 0, tail = 0;
        queue[tail++] = start;
        component[start] = count;
        while (head < tail) {
            const size_t at = queue[head++];
            for (size_t e = 0; e < graph->edges; e++) {
                const size_t a = graph->edge[e].a, b = graph->edge[e].b;
                const size_t next = a == at ? b : b == at ? a : at;
                if (component[next] != EL4ML_NONE) continue;
                component[next] = count;
                queue[tail++] = next;
            }
        }
    }
}

START_TEST(components_equal_breadth_first_search)
{
    help_graph graph;
    random_case(_i, &graph);
    el4ml_network *network = network_of(&graph);
    size_t expected[HELP_MOST], found[HELP_MOST];
    const size_t count = search_components(&graph, expected);
    ck_assert_uint_eq(el4ml_network_components(network, found), count);
    for (size_t i = 0; i < graph.nodes; i++)
        ck_assert_uint_eq(found[i], expected[i]);
    el4ml_merge_tree *tree = tree_of(network);
    size_t roots = 0;
    for (size_t i = 0; i < tree->size; i++)
        roots += tree->parent[i] == EL4ML_NONE;
    ck_assert_uint_eq(roots, count);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

START_TEST(minimax_equals_floyd_warshall)
{
    help_graph graph;
    random_case(_i, &graph);
    const size_t n = graph.nodes;
    double cost[HELP_MOST * HELP_MOST], to[HELP_MOST];
    help_minimax(&graph, cost);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    size_t wrong = 0; /* counted: an assertion writes to a file */
    for (size_t j = 0; j < n; j++) {
        el4ml_minimax_to(tree, j, to);
        for (size_t i = 0; i < n; i++) {
            wrong += to[i] != cost[i * n + j];
            wrong += el4ml_minimax(tree, i, j) != cost[i * n + j];
        }
    }
    ck_assert_uint_eq(wrong, 0);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

START_TEST(minimax_of_pairs_equals_floyd_warshall)
{
    help_graph graph;
    random_case(_i, &graph);
    const size_t n = graph.nodes, count = n * n;
    double cost[HELP_MOST * HELP_MOST], energy[HELP_MOST * HELP_MOST];
    el4ml_minimum_pair pairs[HELP_MOST * HELP_MOST];
    size_t edge[HELP_MOST * HELP_MOST], wrong = 0;
    help_minimax(&graph, cost);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    for (size_t k = 0; k < count; k++)
        pairs[k] = (el4ml_minimum_pair){k / n, k % n};
    ck_assert_int_eq(el4ml_minimax_pairs(tree, pairs, count, energy, edge, NULL), EL4ML_OK);
    for (size_t k = 0; k < count; k++) {
        const bool none = pairs[k].a == pairs[k].b || isinf(cost[k]);
        wrong += energy[k] != cost[k];
        wrong += none ? edge[k] != EL4ML_NONE : graph.edge[edge[k]].energy != cost[k];
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_int_eq(el4ml_minimax_pairs(tree, pairs, count, energy, NULL, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_minimax_pairs(tree, NULL, 0, NULL, NULL, NULL), EL4ML_OK);
    el4ml_error error = {0};
    pairs[count - 1].b = n;
    ck_assert_int_eq(el4ml_minimax_pairs(tree, pairs, count, energy, edge, &error), EL4ML_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "not there"));
    pairs[count - 1].b = 0;
    el4ml_fail_allocation_after(0);
    ck_assert_int_eq(el4ml_minimax_pairs(tree, pairs, 1, energy, edge, NULL), EL4ML_OUT_OF_MEMORY);
    el4ml_fail_allocation_after(SIZE_MAX);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

/* On small networks, minimax energies also equal the least over all paths of the highest transition state. */
typedef struct walk {
    const help_graph *graph;
    size_t target;
    bool visited[HELP_MOST];
    double best;
} walk;

static void try_all_paths(walk *w, size_t at, double highest)
{
    if (at == w->target) {
        w->best = fmin(w->best, highest);
        return;
    }
    w->visited[at] = true;
    for (size_t e = 0; e < w->graph->edges; e++) {
        const el4ml_edge *edge = &w->graph->edge[e];
        const size_t next = edge->a == at ? edge->b : edge->b == at ? edge->a : at;
        if (!w->visited[next]) try_all_paths(w, next, fmax(highest, edge->energy));
    }
    w->visited[at] = false;
}

/* The path between two sets: it leads along transition states from A to B, its highest one is the lowest
 * possible by Floyd and Warshall, and so is that of each of its parts. */
static void check_path(const help_graph *g, const el4ml_minimax_path *p, const el4ml_minimum_sets *sets,
                       const double *cost)
{
    const size_t n = g->nodes;
    double lowest = INFINITY;
    for (size_t i = 0; i < sets->a_count; i++)
        for (size_t j = 0; j < sets->b_count; j++)
            lowest = fmin(lowest, cost[sets->a[i] * n + sets->b[j]]);
    if (isinf(lowest)) {
        ck_assert_ptr_null(p);
        return;
    }
    ck_assert_double_eq(p->energy, lowest);
    for (size_t i = 0; i < p->length; i++) {
        bool in_a = false, in_b = false;
        for (size_t k = 0; k < sets->a_count; k++)
            in_a |= sets->a[k] == p->minima[i];
        for (size_t k = 0; k < sets->b_count; k++)
            in_b |= sets->b[k] == p->minima[i];
        ck_assert(in_a == (i == 0) && in_b == (i + 1 == p->length));
        double top = -INFINITY;
        for (size_t j = i; j + 1 < p->length; j++) {
            const el4ml_edge *edge = &g->edge[p->edges[j]];
            ck_assert((edge->a == p->minima[j] && edge->b == p->minima[j + 1]) ||
                      (edge->b == p->minima[j] && edge->a == p->minima[j + 1]));
            top = fmax(top, edge->energy);
            ck_assert_double_eq(top, cost[p->minima[i] * n + p->minima[j + 1]]);
        }
    }
    ck_assert_double_eq(g->edge[p->highest].energy, p->energy);
}

START_TEST(minimax_paths_between_sets)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        help_graph g;
        help_random_graph(seed, 24, 10 + seed % 40, seed % 2, &g);
        double cost[24 * 24];
        help_minimax(&g, cost);
        size_t order[24];
        el4ml_random random = el4ml_random_new(seed, 7, 7);
        for (size_t i = 0; i < 24; i++) {
            const size_t j = (size_t)el4ml_random_below(&random, i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        const el4ml_minimum_sets sets = {order, order + 5, 1 + seed % 4, 1 + seed % 3};
        el4ml_network *network;
        el4ml_merge_tree *tree;
        el4ml_minimax_path *path;
        ck_assert_int_eq(el4ml_network_new(g.node, g.nodes, g.edge, g.edges, 3, &network, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_merge_tree_new(network, &tree, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_minimax_path_new(network, tree, &sets, &path, NULL), EL4ML_OK);
        check_path(&g, path, &sets, cost);
        el4ml_minimax_path_free(path);
        const el4ml_minimum_sets same = {order, order, 1, 1}, none = {order, order, 1, 0},
                                 outside = {order, &g.nodes, 1, 1};
        ck_assert_int_eq(el4ml_minimax_path_new(network, tree, &same, &path, NULL), EL4ML_OK);
        ck_assert(path->length == 1 && path->highest == EL4ML_NONE &&
                  path->energy == g.node[order[0]].energy);
        el4ml_minimax_path_free(path);
        ck_assert_int_eq(el4ml_minimax_path_new(network, tree, &none, &path, NULL), EL4ML_INVALID_ARGUMENT);
        ck_assert_int_eq(el4ml_minimax_path_new(network, tree, &outside, &path, NULL),
                         EL4ML_INVALID_ARGUMENT);
        el4ml_merge_tree_free(tree);
        el4ml_network_free(network);
    }
}
END_TEST

START_TEST(minimax_equals_all_paths)
{
    help_graph graph;
    help_random_graph((uint64_t)_i + 900, 7, 12, _i % 2 == 1, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    for (size_t a = 0; a < 7; a++)
        for (size_t b = 0; b < 7; b++) {
            if (a == b) continue;
            walk w = {.graph = &graph, .target = b, .best = INFINITY};
            try_all_paths(&w, a, -INFINITY);
            ck_assert(el4ml_minimax(tree, a, b) == w.best);
        }
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

/* The merging transition states are a minimum spanning forest: no other has a smaller sum (Prim's algorithm).
 */
START_TEST(merges_are_a_minimum_spanning_forest)
{
    help_graph graph;
    random_case(_i, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    long double merged = 0, prim = 0;
    for (size_t i = tree->leaf_count; i < tree->size; i++)
        merged += (long double)graph.edge[tree->edge[i]].energy;
    bool reached[HELP_MOST] = {false};
    for (size_t start = 0; start < graph.nodes; start++) {
        reached[start] = true; /* a component anew, or one that is complete */
        for (;;) {
            const el4ml_edge *best = NULL;
            for (size_t e = 0; e < graph.edges; e++) {
                const el4ml_edge *edge = &graph.edge[e];
                if (reached[edge->a] != reached[edge->b] && (!best || edge->energy < best->energy))
                    best = edge;
            }
            if (!best) break;
            reached[best->a] = reached[best->b] = true;
            prim += (long double)best->energy;
        }
    }
    ck_assert(fabsl(merged - prim) <= 1e-15L * (1 + fabsl(prim)) * (long double)graph.nodes);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

START_TEST(tree_is_consistent)
{
    help_graph graph;
    random_case(_i, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_merge_tree *tree = tree_of(network);
    ck_assert_uint_eq(tree->leaf_count, graph.nodes);
    for (size_t i = 0; i < tree->size; i++) {
        if (i < tree->leaf_count) {
            ck_assert_uint_eq(tree->left[i], EL4ML_NONE);
            ck_assert_uint_eq(tree->right[i], EL4ML_NONE);
            ck_assert_uint_eq(tree->edge[i], EL4ML_NONE);
            ck_assert_uint_eq(tree->lowest[i], i);
            continue;
        }
        const size_t l = tree->left[i], r = tree->right[i];
        ck_assert(l < i && r < i && l != r);
        ck_assert_uint_eq(tree->parent[l], i);
        ck_assert_uint_eq(tree->parent[r], i);
        ck_assert_uint_eq(tree->leaves[i], tree->leaves[l] + tree->leaves[r]);
        ck_assert_uint_eq(tree->lowest[i], tree->lowest[l]);
        ck_assert(graph.node[tree->lowest[l]].energy <= graph.node[tree->lowest[r]].energy);
        ck_assert(tree->energy[i] == graph.edge[tree->edge[i]].energy);
        if (i > tree->leaf_count) ck_assert(tree->energy[i] >= tree->energy[i - 1]);
    }
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

START_TEST(equal_edges_are_taken_by_id)
{
    const el4ml_node nodes[2] = {{.id = 1, .energy = 0}, {.id = 2, .energy = 0}};
    const el4ml_edge edges[3] = {{.id = 9, .energy = 1, .a = 0, .b = 1},
                                 {.id = 3, .energy = 1, .a = 1, .b = 0},
                                 {.id = 1, .energy = 0.5}};
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, 2, edges, 3, 1, &network, NULL), EL4ML_OK);
    el4ml_merge_tree *tree = tree_of(network);
    ck_assert_uint_eq(tree->size, 3);
    ck_assert_uint_eq(tree->edge[2], 1); /* the degenerate edge of id 1 joins nothing */
    ck_assert_uint_eq(tree->left[2], 0); /* of two equal minima the lower index counts as the lower */
    ck_assert_uint_eq(el4ml_network_global_minimum(network), 0);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

START_TEST(empty_and_single)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(NULL, 0, NULL, 0, 0, &network, NULL), EL4ML_OK);
    ck_assert_uint_eq(el4ml_network_global_minimum(network), EL4ML_NONE);
    size_t component[1];
    ck_assert_uint_eq(el4ml_network_components(network, component), 0);
    el4ml_merge_tree *tree = tree_of(network);
    ck_assert_uint_eq(tree->size, 0);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);

    const el4ml_node node = {.id = 1, .energy = -3};
    ck_assert_int_eq(el4ml_network_new(&node, 1, NULL, 0, 2, &network, NULL), EL4ML_OK);
    tree = tree_of(network);
    double to[1];
    el4ml_minimax_to(tree, 0, to);
    ck_assert(to[0] == -3);
    ck_assert(el4ml_minimax(tree, 0, 0) == -3);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}
END_TEST

START_TEST(bad_input_is_named)
{
    el4ml_node nodes[2] = {{.id = 41, .energy = 0}, {.id = 42, .energy = 1}};
    el4ml_edge edge = {.id = 77, .energy = 2, .a = 0, .b = 2};
    el4ml_network *network = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_network_new(nodes, 2, &edge, 1, 1, &network, &error), EL4ML_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "77"));
    edge.b = 1;
    edge.energy = NAN;
    ck_assert_int_eq(el4ml_network_new(nodes, 2, &edge, 1, 1, &network, &error), EL4ML_NUMERICAL);
    edge.energy = 2;
    nodes[1].log_product = INFINITY;
    ck_assert_int_eq(el4ml_network_new(nodes, 2, &edge, 1, 1, &network, &error), EL4ML_NUMERICAL);
    ck_assert_ptr_nonnull(strstr(error.message, "42"));
    nodes[1].flagged = true; /* then only its energy must be finite */
    ck_assert_int_eq(el4ml_network_new(nodes, 2, &edge, 1, 1, &network, &error), EL4ML_OK);
    el4ml_network_free(network);
    ck_assert_int_eq(el4ml_network_new(nodes, 2, &edge, 1, NAN, &network, &error), EL4ML_INVALID_ARGUMENT);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    help_graph graph;
    help_random_graph(3, 20, 40, false, &graph);
    el4ml_network *network = NULL, *kept = network_of(&graph);
    el4ml_merge_tree *tree = NULL;
    size_t failures = 0, component[HELP_MOST];
    for (size_t after = 0;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_network_new(graph.node, 20, graph.edge, 40, 1, &network, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) break;
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        failures++;
    }
    el4ml_network_free(network);
    for (size_t after = 0;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_merge_tree_new(kept, &tree, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) break;
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        failures++;
    }
    el4ml_merge_tree_free(tree);
    ck_assert_uint_ge(failures, 3 + 11);
    el4ml_fail_allocation_after(1);
    ck_assert_uint_eq(el4ml_network_components(kept, component), 0);
    el4ml_fail_allocation_after(SIZE_MAX);
    el4ml_network_free(kept);
}
END_TEST

/* The deepest possible tree: a chain whose barriers rise one by one. Recursion would overflow the stack here.
 */
START_TEST(deep_chain)
{
    const size_t n = 300000;
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, n);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, n);
    for (size_t i = 0; i < n; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i, .energy = -(double)i};
    for (size_t i = 0; i + 1 < n; i++)
        edges[i] = (el4ml_edge){.id = (int64_t)i, .energy = 1 + (double)i, .a = i, .b = i + 1};
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, n, edges, n - 1, 1, &network, NULL), EL4ML_OK);
    el4ml_merge_tree *tree = tree_of(network);
    double *to = EL4ML_NEW(double, n);
    el4ml_minimax_to(tree, n - 1, to);
    for (size_t i = 0; i + 1 < n; i++)
        ck_assert(to[i] == (double)n - 1);
    el4ml_minimax_to(tree, 0, to);
    for (size_t i = 1; i < n; i++)
        ck_assert(to[i] == (double)i);
    el4ml_minimum_pair *pairs = EL4ML_NEW(el4ml_minimum_pair, n); /* climbing would take n^2 / 2 steps */
    for (size_t i = 0; i < n; i++)
        pairs[i] = (el4ml_minimum_pair){i, n - 1 - i};
    ck_assert_int_eq(el4ml_minimax_pairs(tree, pairs, n, to, NULL, NULL), EL4ML_OK);
    for (size_t i = 0; i < n; i++) {
        const size_t last = i > n - 1 - i ? i : n - 1 - i;
        ck_assert(to[i] == (double)last);
    }
    el4ml_release(pairs);
    el4ml_release(to);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
    el4ml_release(nodes);
    el4ml_release(edges);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("network");
    tcase_add_loop_test(tests, components_equal_breadth_first_search, 0, 120);
    tcase_add_loop_test(tests, minimax_equals_floyd_warshall, 0, 120);
    tcase_add_loop_test(tests, minimax_of_pairs_equals_floyd_warshall, 0, 120);
    tcase_add_test(tests, minimax_paths_between_sets);
    tcase_add_loop_test(tests, minimax_equals_all_paths, 0, 40);
    tcase_add_loop_test(tests, merges_are_a_minimum_spanning_forest, 0, 120);
    tcase_add_loop_test(tests, tree_is_consistent, 0, 120);
    tcase_add_test(tests, equal_edges_are_taken_by_id);
    tcase_add_test(tests, empty_and_single);
    tcase_add_test(tests, bad_input_is_named);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    tcase_add_test(tests, deep_chain);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
