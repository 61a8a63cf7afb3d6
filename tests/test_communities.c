#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "el4ml/communities.h"
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

static void random_case(int k, help_graph *graph)
{
    const size_t nodes = (size_t)(2 + (k * 7) % 40);
    help_random_graph((uint64_t)k + 500, nodes, (size_t)(1 + k % 5) * nodes / 2, false, graph);
    for (size_t e = 0; e < graph->edges; e++)
        graph->edge[e].log_product = (double)((e * 37) % 11) - 5;
}

START_TEST(weights_equal_their_formula)
{
    help_graph graph;
    random_case(_i, &graph);
    graph.edge[0].log_multiplicity = INFINITY; /* a linear transition state */
    el4ml_network *network = network_of(&graph);
    const double temperatures[4] = {1e-4, 0.1, 3, INFINITY};
    for (size_t k = 0; k < 4; k++) {
        double weight[HELP_MOST_EDGES], scale;
        ck_assert_int_eq(el4ml_edge_weights(network, temperatures[k], weight, &scale, NULL), EL4ML_OK);
        double largest = 0;
        for (size_t e = 0; e < graph.edges; e++) {
            const el4ml_edge *t = &graph.edge[e];
            largest = fmax(largest, weight[e]);
            const long double exponent = (long double)t->log_multiplicity -
                                         (long double)t->energy / (long double)temperatures[k] -
                                         (long double)t->log_product / 2 - (long double)scale;
            if (t->a == t->b || e == 0)
                ck_assert(weight[e] == 0);
            else
                near(weight[e], (double)expl(exponent), 1e-11 * weight[e] + 1e-300);
        }
        if (!isinf(scale)) ck_assert(largest == 1);
    }
    double weight[HELP_MOST_EDGES];
    const double bad[3] = {0, -1, NAN};
    for (size_t k = 0; k < 3; k++)
        ck_assert_int_eq(el4ml_edge_weights(network, bad[k], weight, NULL, NULL), EL4ML_INVALID_ARGUMENT);
    el4ml_network_free(network);
}
END_TEST

/* The definition over all pairs of minima: sum of A_ij/(2 m) - resolution k_i k_j/(2 m)^2 within communities.
 */
static double brute_modularity(const help_graph *graph, const double *weight, const size_t *community,
                               double resolution)
{
    long double k[HELP_MOST] = {0}, inside = 0, expected = 0, all = 0;
    for (size_t e = 0; e < graph->edges; e++) {
        const el4ml_edge *edge = &graph->edge[e];
        if (edge->a == edge->b) continue;
        const long double w = weight ? (long double)weight[e] : 1;
        k[edge->a] += w;
        k[edge->b] += w;
        all += 2 * w;
        if (community[edge->a] == community[edge->b]) inside += 2 * w;
    }
    for (size_t i = 0; i < graph->nodes; i++)
        for (size_t j = 0; j < graph->nodes; j++)
            if (community[i] == community[j]) expected += k[i] * k[j];
    return (double)(inside / all - (long double)resolution * expected / (all * all));
}

START_TEST(modularity_equals_all_pairs)
{
    help_graph graph;
    random_case(_i, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_random random = el4ml_random_new(1, 1, (uint64_t)_i);
    double weight[HELP_MOST_EDGES], q, scaled;
    size_t community[HELP_MOST];
    for (size_t i = 0; i < graph.nodes; i++)
        community[i] = (size_t)el4ml_random_below(&random, 1 + graph.nodes / 4);
    for (size_t e = 0; e < graph.edges; e++)
        weight[e] = el4ml_random_uniform(&random);
    ck_assert_int_eq(el4ml_modularity(network, weight, community, 1.3, &q, NULL), EL4ML_OK);
    near(q, brute_modularity(&graph, weight, community, 1.3), 1e-13);
    for (size_t e = 0; e < graph.edges; e++)
        weight[e] *= 1e-250;
    ck_assert_int_eq(el4ml_modularity(network, weight, community, 1.3, &scaled, NULL), EL4ML_OK);
    near(q, scaled, 1e-13);
    ck_assert_int_eq(el4ml_modularity(network, NULL, community, 1, &q, NULL), EL4ML_OK);
    near(q, brute_modularity(&graph, NULL, community, 1), 1e-13);
    for (size_t i = 0; i < graph.nodes; i++) /* all in one: nothing is more than expected */
        community[i] = graph.nodes - 1;
    ck_assert_int_eq(el4ml_modularity(network, NULL, community, 1, &q, NULL), EL4ML_OK);
    near(q, isnan(q) ? NAN : 0, 1e-13);
    community[0] = graph.nodes;
    ck_assert_int_eq(el4ml_modularity(network, NULL, community, 1, &q, NULL), EL4ML_INVALID_ARGUMENT);
    el4ml_network_free(network);
}
END_TEST

static el4ml_partition *partition_of(const el4ml_network *network, const el4ml_community_options *options)
{
    el4ml_partition *p = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_communities_new(network, options, &p, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    size_t size[HELP_MOST] = {0};
    for (size_t i = 0; i < p->node_count; i++)
        size[p->community[i]]++;
    for (size_t k = 0; k < p->count; k++) {
        ck_assert(size[k] == p->size[k] && size[k] > 0);
        ck_assert_uint_eq(p->community[p->lowest[k]], k);
        if (k > 0) ck_assert(network->nodes[p->lowest[k - 1]].energy <= network->nodes[p->lowest[k]].energy);
    }
    return p;
}

/* L = q H(leaving) + sum over communities of p_c H(inside), from the map equation's definition. */
static double brute_code_length(const help_graph *graph, const double *weight, const size_t *community)
{
    long double p[HELP_MOST] = {0}, leave[HELP_MOST] = {0}, all = 0, q = 0, length = 0;
    for (size_t e = 0; e < graph->edges; e++) {
        const el4ml_edge *edge = &graph->edge[e];
        if (edge->a != edge->b) all += 2 * (weight ? (long double)weight[e] : 1);
    }
    for (size_t e = 0; e < graph->edges; e++) {
        const el4ml_edge *edge = &graph->edge[e];
        if (edge->a == edge->b) continue;
        const long double w = (weight ? (long double)weight[e] : 1) / all;
        p[edge->a] += w;
        p[edge->b] += w;
        if (community[edge->a] == community[edge->b]) continue;
        leave[community[edge->a]] += w;
        leave[community[edge->b]] += w;
    }
    for (size_t c = 0; c < graph->nodes; c++)
        q += leave[c];
    for (size_t c = 0; c < graph->nodes; c++) {
        long double used = leave[c];
        for (size_t i = 0; i < graph->nodes; i++)
            if (community[i] == c) used += p[i];
        if (leave[c] > 0) length -= leave[c] * (log2l(leave[c] / q) + log2l(leave[c] / used));
        for (size_t i = 0; i < graph->nodes; i++)
            if (community[i] == c && p[i] > 0) length -= p[i] * log2l(p[i] / used);
    }
    return (double)length;
}

START_TEST(code_length_equals_its_definition)
{
    help_graph graph;
    random_case(_i, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_random random = el4ml_random_new(1, 1, (uint64_t)_i);
    double weight[HELP_MOST_EDGES], bits;
    size_t community[HELP_MOST];
    for (size_t i = 0; i < graph.nodes; i++)
        community[i] = (size_t)el4ml_random_below(&random, 1 + graph.nodes / 3);
    for (size_t e = 0; e < graph.edges; e++)
        weight[e] = 1e-9 * el4ml_random_uniform(&random);
    ck_assert_int_eq(el4ml_code_length(network, weight, community, &bits, NULL), EL4ML_OK);
    if (!isnan(bits)) near(bits, brute_code_length(&graph, weight, community), 1e-11);
    ck_assert_int_eq(el4ml_code_length(network, NULL, community, &bits, NULL), EL4ML_OK);
    if (!isnan(bits)) near(bits, brute_code_length(&graph, NULL, community), 1e-11);
    el4ml_network_free(network);
}
END_TEST

/* The largest modularity of all partitions of the karate club is 0.420 (Agarwal and Kempe, Eur. Phys. J. B
 * 66, 409, 2008, by linear programming); Infomap 2 finds this one, of 4.31179 bits (igraph's tests of 2025).
 */
START_TEST(karate_club)
{
    static const size_t three[KARATE_MEMBERS] = {0, 0, 0, 0, 1, 1, 1, 0, 2, 0, 1, 0, 0, 0, 2, 2, 1,
                                                 0, 2, 0, 2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    el4ml_network *network = NULL;
    double bits;
    ck_assert_int_eq(karate_network(&network), EL4ML_OK);
    ck_assert_int_eq(el4ml_code_length(network, NULL, three, &bits, NULL), EL4ML_OK);
    near(bits, 4.31179, 5e-6);
    if (el4ml_communities_supported()) {
        el4ml_community_options options = el4ml_community_options_default();
        el4ml_partition *leiden = partition_of(network, &options);
        options.method = EL4ML_INFOMAP;
        el4ml_partition *infomap = partition_of(network, &options);
        ck_assert(leiden->modularity >= 0.4195 && leiden->modularity < 0.4205);
        ck_assert_uint_eq(leiden->count, 4);
        near(infomap->code_length, bits, 1e-12);
        ck_assert(leiden->code_length >= infomap->code_length && infomap->modularity <= leiden->modularity);
        for (size_t i = 0; i < KARATE_MEMBERS; i++)
            ck_assert_uint_eq(infomap->community[i], three[i]); /* numbered by the lowest member here, too */
        el4ml_partition_free(leiden);
        el4ml_partition_free(infomap);
    }
    el4ml_network_free(network);
}
END_TEST

/* The best of all partitions, each written as a string of growing labels. */
static void try_partitions(const help_graph *graph, const double *weight, size_t *community, size_t at,
                           size_t used, double *best)
{
    if (at == graph->nodes) {
        *best = fmax(*best, brute_modularity(graph, weight, community, 1));
        return;
    }
    for (size_t label = 0; label <= used; label++) {
        community[at] = label;
        try_partitions(graph, weight, community, at + 1, label == used ? used + 1 : used, best);
    }
}

START_TEST(leiden_finds_the_best_of_all_partitions)
{
    help_graph graph;
    help_random_graph((uint64_t)_i + 600, 8, 14, false, &graph);
    el4ml_network *network = network_of(&graph);
    el4ml_community_options options = el4ml_community_options_default();
    options.temperature = 0.3;
    double weight[HELP_MOST_EDGES], best = -INFINITY;
    size_t community[HELP_MOST];
    el4ml_edge_weights(network, 0.3, weight, NULL, NULL);
    try_partitions(&graph, weight, community, 0, 0, &best);
    el4ml_partition *p = partition_of(network, &options);
    near(p->modularity, best, 1e-12);
    el4ml_partition_free(p);
    el4ml_network_free(network);
}
END_TEST

/* Four groups of fifteen, many low transition states inside each and some high ones between. */
static el4ml_network *planted(double inside, double between)
{
    help_graph graph = {.nodes = 60, .edges = 240};
    el4ml_random random = el4ml_random_new(8, 8, 8);
    for (size_t i = 0; i < 60; i++)
        graph.node[i] = (el4ml_node){.id = (int64_t)i, .energy = el4ml_random_uniform(&random)};
    for (size_t e = 0; e < 240; e++) {
        const bool within = e % 4 > 0;
        const size_t a = e < 60 ? e : (size_t)el4ml_random_below(&random, 60);
        const size_t other = (size_t)el4ml_random_below(&random, 15);
        const size_t group = within ? a / 15 : (a / 15 + 1 + (size_t)el4ml_random_below(&random, 3)) % 4;
        graph.edge[e] = (el4ml_edge){
            .id = (int64_t)e, .energy = within ? inside : between, .a = a, .b = 15 * group + other};
    }
    return network_of(&graph);
}

START_TEST(barriers_divide_minima)
{
    el4ml_network *network = planted(2, 6);
    el4ml_community_options options = el4ml_community_options_default();
    options.temperature = 1; /* e^-4 between */
    for (int method = 0; method < 2; method++) {
        options.method = method ? EL4ML_INFOMAP : EL4ML_LEIDEN;
        el4ml_partition *p = partition_of(network, &options), *again = partition_of(network, &options);
        ck_assert_uint_eq(p->count, 4);
        for (size_t i = 0; i < 60; i++) {
            ck_assert_uint_eq(p->community[i], p->community[i / 15 * 15]);
            ck_assert_uint_eq(p->community[i], again->community[i]);
        }
        ck_assert(p->modularity > 0.7 && p->modularity < 0.75);
        el4ml_partition_free(p);
        el4ml_partition_free(again);
    }
    el4ml_network_free(network);
}
END_TEST

/* At a temperature where all but one weight underflow, and with minima on their own. */
START_TEST(extreme_weights_and_lone_minima)
{
    help_graph graph = {.nodes = 7, .edges = 4};
    for (size_t i = 0; i < 7; i++)
        graph.node[i] = (el4ml_node){.id = (int64_t)i, .energy = (double)i};
    for (size_t e = 0; e < 4; e++)
        graph.edge[e] = (el4ml_edge){.id = (int64_t)e, .energy = 10 + (double)e, .a = e, .b = e + 1};
    graph.edge[3] = (el4ml_edge){.id = 4, .energy = 1, .a = 6, .b = 6};
    el4ml_network *network = network_of(&graph);
    el4ml_community_options options = el4ml_community_options_default();
    options.temperature = 1e-5;
    for (int method = 0; method < 2; method++) {
        options.method = method ? EL4ML_INFOMAP : EL4ML_LEIDEN;
        el4ml_partition *p = partition_of(network, &options);
        ck_assert_uint_eq(p->community[0], p->community[1]); /* the only weight that counts */
        for (size_t i = 0; i < 7; i++)
            for (size_t j = 4; j < 7; j++)
                if (i != j) ck_assert_uint_ne(p->community[i], p->community[j]);
        el4ml_partition_free(p);
    }
    el4ml_network_free(network);
}
END_TEST

typedef struct job {
    const el4ml_network *network;
    el4ml_community_options options;
    el4ml_partition *result;
} job;

static void *work(void *argument)
{
    job *j = argument;
    for (int k = 0; k < 20; k++) {
        el4ml_partition_free(j->result);
        j->result = NULL;
        if (el4ml_communities_new(j->network, &j->options, &j->result, NULL) != EL4ML_OK) break;
    }
    return NULL;
}

START_TEST(threads_do_not_disturb_each_other)
{
    el4ml_network *network = planted(2, 3);
    job jobs[4];
    pthread_t threads[4];
    for (size_t k = 0; k < 4; k++) {
        jobs[k] = (job){network, el4ml_community_options_default(), NULL};
        jobs[k].options.method = k % 2 ? EL4ML_INFOMAP : EL4ML_LEIDEN;
        jobs[k].options.trials = 2;
        jobs[k].options.seed = k;
        ck_assert_int_eq(pthread_create(&threads[k], NULL, work, &jobs[k]), 0);
    }
    for (size_t k = 0; k < 4; k++) {
        pthread_join(threads[k], NULL);
        ck_assert_ptr_nonnull(jobs[k].result);
        el4ml_partition *alone = partition_of(network, &jobs[k].options);
        for (size_t i = 0; i < 60; i++)
            ck_assert_uint_eq(alone->community[i], jobs[k].result->community[i]);
        el4ml_partition_free(alone);
        el4ml_partition_free(jobs[k].result);
    }
    el4ml_network_free(network);
}
END_TEST

START_TEST(resolution_sets_the_size)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(karate_network(&network), EL4ML_OK);
    el4ml_community_options options = el4ml_community_options_default();
    size_t before = 0;
    for (options.resolution = 0.1; options.resolution < 30; options.resolution *= 5) {
        el4ml_partition *p = partition_of(network, &options);
        ck_assert_uint_gt(p->count, before);
        before = p->count;
        el4ml_partition_free(p);
    }
    ck_assert_uint_gt(before, 15);
    el4ml_network_free(network);
}
END_TEST

START_TEST(without_igraph_one_clear_message)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(karate_network(&network), EL4ML_OK);
    el4ml_partition *p = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_communities_new(network, NULL, &p, &error), EL4ML_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.message, "libigraph-dev"));
    ck_assert_ptr_null(p);
    el4ml_network_free(network);
}
END_TEST

START_TEST(bad_options_are_refused)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(karate_network(&network), EL4ML_OK);
    for (int what = 0; what < 5; what++) {
        el4ml_community_options options = el4ml_community_options_default();
        el4ml_partition *p = NULL;
        if (what == 0) options.temperature = 0;
        if (what == 1) options.resolution = -1;
        if (what == 2) options.resolution = NAN;
        if (what == 3) options.trials = 0;
        if (what == 4) options.method = (el4ml_community_method)7;
        ck_assert_int_eq(el4ml_communities_new(network, &options, &p, NULL), EL4ML_INVALID_ARGUMENT);
    }
    el4ml_partition *p = NULL;
    for (size_t after = 0; el4ml_communities_supported(); after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = el4ml_communities_new(network, NULL, &p, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) {
            ck_assert_uint_ge(after, 11);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    el4ml_partition_free(p);
    el4ml_network_free(network);
    ck_assert_int_eq(el4ml_network_new(NULL, 0, NULL, 0, 1, &network, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_communities_new(network, NULL, &p, NULL), EL4ML_OK); /* nothing to ask igraph */
    ck_assert(p->count == 0 && isnan(p->modularity));
    el4ml_partition_free(p);
    el4ml_network_free(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("communities");
    TCase *tests = tcase_create("communities");
    tcase_add_loop_test(tests, weights_equal_their_formula, 0, 20);
    tcase_add_loop_test(tests, modularity_equals_all_pairs, 0, 60);
    tcase_add_loop_test(tests, code_length_equals_its_definition, 0, 60);
    tcase_add_test(tests, karate_club);
    tcase_add_test(tests, bad_options_are_refused);
    if (el4ml_communities_supported()) {
        tcase_add_loop_test(tests, leiden_finds_the_best_of_all_partitions, 0, 12);
        tcase_add_test(tests, barriers_divide_minima);
        tcase_add_test(tests, extreme_weights_and_lone_minima);
        tcase_add_test(tests, threads_do_not_disturb_each_other);
        tcase_add_test(tests, resolution_sets_the_size);
    } else {
        tcase_add_test(tests, without_igraph_one_clear_message);
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
