#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "el4ml/graph.h"
#include "karate.h"
#include "network_help.h"

static void near(double a, double b, double tolerance)
{
    ck_assert_msg((isnan(a) && isnan(b)) || fabs(a - b) <= tolerance,
                  "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

static el4ml_network *network_of(const help_graph *graph)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(
        el4ml_network_new(graph->node, graph->nodes, graph->edge, graph->edges, 5, &network, NULL), EL4ML_OK);
    return network;
}

static el4ml_graph *graph_of(const el4ml_network *network)
{
    el4ml_graph *graph = NULL;
    ck_assert_int_eq(el4ml_graph_new(network, &graph, NULL), EL4ML_OK);
    return graph;
}

static void random_case(int k, help_graph *graph)
{
    const size_t nodes = (size_t)(1 + (k * 7) % 60);
    size_t edges = (size_t)((k * 13) % 9) * nodes / 2;
    if (edges > HELP_MOST_EDGES) edges = HELP_MOST_EDGES;
    help_random_graph((uint64_t)k + 300, nodes, edges, false, graph);
}

/* Adjacency matrix and lengths of shortest paths, SIZE_MAX / 2 where there is none. */
typedef struct brute {
    bool linked[HELP_MOST][HELP_MOST];
    size_t length[HELP_MOST][HELP_MOST];
    size_t degree[HELP_MOST], links;
} brute;

static void brute_force(const help_graph *graph, brute *b)
{
    const size_t n = graph->nodes;
    *b = (brute){0};
    for (size_t e = 0; e < graph->edges; e++) {
        const size_t i = graph->edge[e].a, j = graph->edge[e].b;
        if (i != j) b->linked[i][j] = b->linked[j][i] = true;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            b->degree[i] += b->linked[i][j];
            b->links += b->linked[i][j] && i < j;
            b->length[i][j] = i == j ? 0 : b->linked[i][j] ? 1 : SIZE_MAX / 2;
        }
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if (b->length[i][k] + b->length[k][j] < b->length[i][j])
                    b->length[i][j] = b->length[i][k] + b->length[k][j];
}

START_TEST(rows_and_degrees_equal_the_matrix)
{
    help_graph help;
    brute b;
    random_case(_i, &help);
    brute_force(&help, &b);
    el4ml_network *network = network_of(&help);
    el4ml_graph *graph = graph_of(network);
    ck_assert_uint_eq(graph->node_count, help.nodes);
    ck_assert_uint_eq(graph->link_count, b.links);
    ck_assert_uint_eq(graph->first[help.nodes], 2 * b.links);
    double mean = 0, square = 0;
    size_t frequency[HELP_MOST] = {0};
    for (size_t i = 0; i < help.nodes; i++) {
        ck_assert_uint_eq(el4ml_degree(graph, i), b.degree[i]);
        for (size_t k = graph->first[i]; k < graph->first[i + 1]; k++) {
            ck_assert(b.linked[i][graph->neighbour[k]]);
            if (k > graph->first[i]) ck_assert(graph->neighbour[k - 1] < graph->neighbour[k]);
        }
        mean += (double)b.degree[i] / (double)help.nodes;
        square += (double)(b.degree[i] * b.degree[i]) / (double)help.nodes;
        frequency[b.degree[i]]++;
    }
    el4ml_degrees *degrees = NULL;
    ck_assert_int_eq(el4ml_degrees_new(graph, &degrees, NULL), EL4ML_OK);
    near(degrees->mean, mean, 1e-12);
    near(degrees->variance, square - mean * mean, 1e-11);
    ck_assert(degrees->frequency[degrees->count - 1] > 0);
    for (size_t k = 0; k < HELP_MOST; k++)
        ck_assert_uint_eq(k < degrees->count ? degrees->frequency[k] : 0, frequency[k]);
    size_t hubs[5];
    const size_t count = el4ml_hubs(graph, 5, hubs);
    ck_assert_uint_eq(count, help.nodes < 5 ? help.nodes : 5);
    for (size_t k = 0; k < count; k++) {
        size_t before = 0;
        for (size_t i = 0; i < help.nodes; i++)
            before += b.degree[i] > b.degree[hubs[k]] || (b.degree[i] == b.degree[hubs[k]] && i < hubs[k]);
        ck_assert_uint_eq(before, k);
    }
    el4ml_degrees_free(degrees);
    el4ml_graph_free(graph);
    el4ml_network_free(network);
}
END_TEST

START_TEST(clustering_equals_all_triples)
{
    help_graph help;
    brute b;
    double local[HELP_MOST], sum = 0;
    random_case(_i, &help);
    brute_force(&help, &b);
    el4ml_network *network = network_of(&help);
    el4ml_graph *graph = graph_of(network);
    el4ml_clustering c;
    ck_assert_int_eq(el4ml_clustering_of(graph, local, &c, NULL), EL4ML_OK);
    size_t closed = 0, triples = 0, defined = 0;
    for (size_t i = 0; i < help.nodes; i++) {
        size_t pairs = 0, linked = 0;
        for (size_t j = 0; j < help.nodes; j++)
            for (size_t k = j + 1; k < help.nodes; k++) {
                if (!b.linked[i][j] || !b.linked[i][k]) continue;
                pairs++;
                linked += b.linked[j][k];
            }
        near(local[i], pairs ? (double)linked / (double)pairs : NAN, 1e-15);
        triples += pairs;
        closed += linked;
        defined += pairs > 0;
        sum += pairs ? local[i] : 0;
    }
    ck_assert_uint_eq(c.triples, triples);
    ck_assert_uint_eq(3 * c.triangles, closed);
    near(c.transitivity, triples ? (double)closed / (double)triples : NAN, 1e-14);
    near(c.mean_local, defined ? sum / (double)defined : NAN, 1e-14);
    near(c.mean_local_all, defined ? sum / (double)help.nodes : NAN, 1e-14);
    el4ml_graph_free(graph);
    el4ml_network_free(network);
}
END_TEST

START_TEST(path_lengths_equal_floyd_warshall)
{
    help_graph help;
    brute b;
    random_case(_i, &help);
    brute_force(&help, &b);
    el4ml_network *network = network_of(&help);
    el4ml_graph *graph = graph_of(network);
    el4ml_path_lengths lengths;
    ck_assert_int_eq(el4ml_path_lengths_of(graph, NULL, &lengths, NULL), EL4ML_OK);
    size_t sum = 0, pairs = 0, longest = 0;
    for (size_t i = 0; i < help.nodes; i++)
        for (size_t j = 0; j < help.nodes; j++) {
            if (i == j || b.length[i][j] == SIZE_MAX / 2) continue;
            sum += b.length[i][j];
            pairs++;
            if (b.length[i][j] > longest) longest = b.length[i][j];
        }
    ck_assert(lengths.exact && lengths.sources == help.nodes && lengths.standard_error == 0);
    near(lengths.mean, pairs ? (double)sum / (double)pairs : NAN, 1e-13);
    ck_assert_uint_eq(lengths.longest, longest);
    el4ml_graph_free(graph);
    el4ml_network_free(network);
}
END_TEST

START_TEST(largest_component_is_what_it_says)
{
    help_graph help;
    brute b;
    size_t component[HELP_MOST], size[HELP_MOST] = {0}, member[HELP_MOST];
    random_case(_i, &help);
    brute_force(&help, &b);
    el4ml_network *network = network_of(&help);
    el4ml_graph *graph = graph_of(network), *part = NULL;
    ck_assert_int_eq(el4ml_graph_largest_component(graph, member, &part, NULL), EL4ML_OK);
    el4ml_network_components(network, component);
    size_t largest = 0;
    for (size_t i = 0; i < help.nodes; i++)
        if (++size[component[i]] > largest) largest = size[component[i]];
    ck_assert_uint_eq(part->node_count, largest);
    for (size_t k = 0; k < part->node_count; k++) {
        if (k > 0) ck_assert(member[k - 1] < member[k]);
        ck_assert_uint_eq(component[member[k]], component[member[0]]);
        ck_assert_uint_eq(el4ml_degree(part, k), b.degree[member[k]]);
        for (size_t j = part->first[k]; j < part->first[k + 1]; j++)
            ck_assert(b.linked[member[k]][member[part->neighbour[j]]]);
    }
    ck_assert_uint_eq(part->first[part->node_count], 2 * part->link_count);
    el4ml_graph_free(part);
    el4ml_graph_free(graph);
    el4ml_network_free(network);
}
END_TEST

/* Transitivity, mean clustering (members with one friend counted as 0) and mean path length as igraph 0.10
 * gives them. */
START_TEST(karate_club)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(karate_network(&network), EL4ML_OK);
    el4ml_graph *graph = graph_of(network);
    el4ml_clustering c;
    el4ml_path_lengths lengths;
    ck_assert_int_eq(el4ml_clustering_of(graph, NULL, &c, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_path_lengths_of(graph, NULL, &lengths, NULL), EL4ML_OK);
    near(c.transitivity, 0.255681818181818, 1e-14);
    near(c.mean_local_all, 0.570638478207682, 1e-14);
    near(lengths.mean, 2.40819964349376, 1e-13);
    ck_assert_uint_eq(lengths.longest, 5);
    size_t hubs[3];
    ck_assert_uint_eq(el4ml_hubs(graph, 3, hubs), 3);
    ck_assert(hubs[0] == 33 && hubs[1] == 0 && hubs[2] == 32); /* the two sides' heads */
    el4ml_small_world w;
    ck_assert_int_eq(el4ml_small_world_of(graph, NULL, &w, NULL), EL4ML_OK);
    ck_assert(w.nodes == 34 && w.links == 78 && w.random_graphs == 20);
    near(w.random_clustering, 156.0 / (34 * 33), 1e-15);
    ck_assert(w.sigma > 3 && w.sigma < 5.5 && w.sigma_error > 0 && w.sigma_error < 0.1 * w.sigma);
    el4ml_graph_free(graph);
    el4ml_network_free(network);
}
END_TEST

/* Every one of the 20 graphs of 4 nodes and 3 links as often as the others. */
START_TEST(random_graphs_are_uniform)
{
    enum { DRAWS = 4000 };
    size_t found[64] = {0}, kinds = 0;
    double chi = 0;
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        el4ml_graph *graph = NULL;
        ck_assert_int_eq(el4ml_graph_random(4, 3, seed, &graph, NULL), EL4ML_OK);
        ck_assert_uint_eq(graph->link_count, 3);
        size_t mask = 0, bit = 0;
        for (size_t i = 0; i < 4; i++)
            for (size_t j = 0; j < i; j++, bit++)
                for (size_t k = graph->first[i]; k < graph->first[i + 1]; k++)
                    if (graph->neighbour[k] == j) mask |= (size_t)1 << bit;
        found[mask]++;
        el4ml_graph_free(graph);
    }
    for (size_t m = 0; m < 64; m++) {
        if (found[m] == 0) continue;
        kinds++;
        chi += pow((double)found[m] - DRAWS / 20.0, 2) / (DRAWS / 20.0);
    }
    ck_assert_uint_eq(kinds, 20);
    ck_assert_msg(chi < 43.8, "chi squared %g", chi); /* 19 degrees of freedom, one in a thousand */
}
END_TEST

START_TEST(random_graphs_from_empty_to_complete)
{
    const size_t n = (size_t)_i, pairs = n * (n - (n > 0)) / 2;
    for (size_t links = 0; links <= pairs; links += 1 + pairs / 7) {
        el4ml_graph *graph = NULL, *again = NULL;
        ck_assert_int_eq(el4ml_graph_random(n, links, 9, &graph, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_graph_random(n, links, 9, &again, NULL), EL4ML_OK);
        ck_assert_uint_eq(graph->link_count, links);
        for (size_t k = 0; k < 2 * links; k++)
            ck_assert_uint_eq(graph->neighbour[k], again->neighbour[k]);
        el4ml_graph_free(graph);
        el4ml_graph_free(again);
    }
    el4ml_graph *none = NULL;
    ck_assert_int_eq(el4ml_graph_random(n, pairs + 1, 9, &none, NULL), EL4ML_INVALID_ARGUMENT);
}
END_TEST

/* The standard error covers what sampling leaves open, as often as it should. */
START_TEST(sampled_lengths_are_within_their_error)
{
    el4ml_graph *graph = NULL;
    el4ml_path_lengths exact, sampled;
    ck_assert_int_eq(el4ml_graph_random(700, 900, 3, &graph, NULL), EL4ML_OK); /* not connected */
    ck_assert_int_eq(el4ml_path_lengths_of(graph, NULL, &exact, NULL), EL4ML_OK);
    size_t within_one = 0, trials = 100;
    for (uint64_t seed = 1; seed <= trials; seed++) {
        const el4ml_path_options options = {.exact_up_to = 100, .sources = 400, .seed = seed};
        ck_assert_int_eq(el4ml_path_lengths_of(graph, &options, &sampled, NULL), EL4ML_OK);
        ck_assert(!sampled.exact && sampled.sources == 400 && sampled.longest <= exact.longest);
        const double off = fabs(sampled.mean - exact.mean) / sampled.standard_error;
        within_one += off < 1;
        ck_assert(off < 4.5);
    }
    ck_assert_uint_ge(within_one, 55); /* 68 expected */
    ck_assert_uint_le(within_one, 80);
    el4ml_graph_free(graph);
}
END_TEST

/* A ring of n minima, each joined to the k nearest; every link's end moved at random with probability p
 * (Watts and Strogatz, Nature 393, 440, 1998). */
static el4ml_graph *ring(size_t n, size_t k, double p)
{
    el4ml_random random = el4ml_random_new(3, 3, 3);
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, n);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, n * k / 2);
    for (size_t e = 0; e < n * k / 2; e++) {
        const size_t i = e % n, to = (i + 1 + e / n) % n;
        const bool moved = el4ml_random_uniform(&random) < p;
        edges[e] = (el4ml_edge){.a = i, .b = moved ? (size_t)el4ml_random_below(&random, n) : to};
    }
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_network_new(nodes, n, edges, n * k / 2, 1, &network, NULL), EL4ML_OK);
    el4ml_graph *graph = graph_of(network);
    el4ml_network_free(network);
    el4ml_release(nodes);
    el4ml_release(edges);
    return graph;
}

START_TEST(small_worlds_are_told_from_random_graphs)
{
    el4ml_small_world w;
    el4ml_small_world_options options = el4ml_small_world_options_default();
    options.random_graphs = 4;
    const size_t n = 600, k = 10;
    el4ml_graph *graph = ring(n, k, 0);
    ck_assert_int_eq(el4ml_small_world_of(graph, &options, &w, NULL), EL4ML_OK);
    near(w.clustering, 3.0 * (10 - 2) / (4.0 * (10 - 1)), 1e-13); /* of the lattice: 3 (k - 2)/(4 (k - 1)) */
    double sum = 0;
    for (size_t d = 1; d < n; d++)
        sum += (double)(((d < n - d ? d : n - d) + k / 2 - 1) / (k / 2));
    near(w.path_length.mean, sum / (double)(n - 1), 1e-12);
    const double lattice = w.path_length.mean;
    el4ml_graph_free(graph);

    graph = ring(n, k, 0.1);
    ck_assert_int_eq(el4ml_small_world_of(graph, &options, &w, NULL), EL4ML_OK);
    ck_assert(w.path_length.mean < lattice / 5 && w.clustering > 0.4 && w.sigma > 20);
    el4ml_graph_free(graph);

    ck_assert_int_eq(el4ml_graph_random(2000, 12000, 77, &graph, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_small_world_of(graph, &options, &w, NULL), EL4ML_OK);
    ck_assert(w.sigma > 0.85 && w.sigma < 1.15);
    ck_assert(fabs(w.random_clustering_found / w.random_clustering - 1) < 0.1);
    ck_assert(fabs(w.random_path_length / w.path_length.mean - 1) < 0.01);
    el4ml_graph_free(graph);
}
END_TEST

START_TEST(tiny_and_long_graphs)
{
    el4ml_small_world w;
    for (size_t n = 0; n < 4; n++) {
        el4ml_graph *graph = NULL;
        ck_assert_int_eq(el4ml_graph_random(n, n / 2, 1, &graph, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_small_world_of(graph, NULL, &w, NULL), EL4ML_OK);
        ck_assert(isnan(w.sigma));
        el4ml_graph_free(graph);
    }
    el4ml_graph *chain = ring(100000, 2, 0); /* a search as deep as half the graph */
    const el4ml_path_options options = {.exact_up_to = 10, .sources = 3, .seed = 1};
    el4ml_path_lengths lengths;
    ck_assert_int_eq(el4ml_path_lengths_of(chain, &options, &lengths, NULL), EL4ML_OK);
    ck_assert_uint_eq(lengths.longest, 50000);
    near(lengths.mean, 2500000000.0 / 99999, 1e-9);
    near(lengths.standard_error, 0, 1e-9); /* all nodes are alike */
    el4ml_graph_free(chain);
}
END_TEST

START_TEST(correlations_of_the_network)
{
    help_graph help;
    random_case(29, &help);
    for (size_t i = 0; i < help.nodes; i++)
        help.node[i].hits = (int64_t)(1000 * (1 - help.node[i].energy));
    el4ml_network *network = network_of(&help);
    el4ml_graph *graph = graph_of(network);
    el4ml_correlation degree, hits, expected;
    ck_assert_int_eq(el4ml_network_correlations(network, graph, NULL, &degree, &hits, NULL), EL4ML_OK);
    double x[HELP_MOST], y[HELP_MOST];
    for (size_t i = 0; i < help.nodes; i++) {
        x[i] = (double)el4ml_degree(graph, i);
        y[i] = help.node[i].energy;
    }
    ck_assert_int_eq(el4ml_correlate(x, y, help.nodes, NULL, &expected, NULL), EL4ML_OK);
    ck_assert(degree.pearson.value == expected.pearson.value && degree.count == help.nodes);
    ck_assert(hits.pearson.value < -0.99 && hits.spearman.value < -0.99);
    el4ml_graph_free(graph);
    el4ml_network_free(network);
}
END_TEST

static el4ml_status attempt(int what, const el4ml_network *network, const el4ml_graph *graph)
{
    el4ml_graph *made = NULL;
    el4ml_degrees *degrees = NULL;
    el4ml_clustering clustering;
    el4ml_path_lengths lengths;
    el4ml_small_world world;
    el4ml_correlation one, two;
    el4ml_status status = EL4ML_OK;
    if (what == 0) status = el4ml_graph_new(network, &made, NULL);
    if (what == 1) status = el4ml_graph_random(10, 20, 1, &made, NULL);
    if (what == 2) status = el4ml_graph_largest_component(graph, NULL, &made, NULL);
    if (what == 3) status = el4ml_degrees_new(graph, &degrees, NULL);
    if (what == 4) status = el4ml_clustering_of(graph, NULL, &clustering, NULL);
    if (what == 5) status = el4ml_path_lengths_of(graph, NULL, &lengths, NULL);
    if (what == 6) status = el4ml_small_world_of(graph, NULL, &world, NULL);
    if (what == 7) status = el4ml_network_correlations(network, graph, NULL, &one, &two, NULL);
    el4ml_graph_free(made);
    el4ml_degrees_free(degrees);
    return status;
}

START_TEST(every_failed_allocation_is_reported)
{
    help_graph help;
    random_case(29, &help);
    el4ml_network *network = network_of(&help);
    el4ml_graph *graph = graph_of(network);
    static const size_t least[] = {5, 7, 5, 2, 4, 7, 100, 4};
    for (int what = 0; what < 8; what++)
        for (size_t after = 0;; after++) {
            el4ml_fail_allocation_after(after);
            const el4ml_status status = attempt(what, network, graph);
            el4ml_fail_allocation_after(SIZE_MAX);
            if (status == EL4ML_OK) {
                ck_assert_uint_ge(after, least[what]);
                break;
            }
            ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        }
    el4ml_graph_free(graph);
    el4ml_network_free(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph");
    TCase *tests = tcase_create("graph");
    tcase_add_loop_test(tests, rows_and_degrees_equal_the_matrix, 0, 100);
    tcase_add_loop_test(tests, clustering_equals_all_triples, 0, 100);
    tcase_add_loop_test(tests, path_lengths_equal_floyd_warshall, 0, 100);
    tcase_add_loop_test(tests, largest_component_is_what_it_says, 0, 100);
    tcase_add_test(tests, karate_club);
    tcase_add_test(tests, random_graphs_are_uniform);
    tcase_add_loop_test(tests, random_graphs_from_empty_to_complete, 0, 12);
    tcase_add_test(tests, sampled_lengths_are_within_their_error);
    tcase_add_test(tests, small_worlds_are_told_from_random_graphs);
    tcase_add_test(tests, tiny_and_long_graphs);
    tcase_add_test(tests, correlations_of_the_network);
    tcase_add_test(tests, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
