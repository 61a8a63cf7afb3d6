/* How long the analysis of a large network takes: CPU time on one thread of each step, and the most memory
 * the process has held by its end. The network is made up, the same at every run: energies fall off towards
 * one global minimum, every minimum hangs on an earlier one, two more transition states a minimum lead near
 * by. Usage: bench_network [MINIMA] [--brief]; three transition states a minimum; default 1,000,000 minima.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/memory.h"
#include "el4ml.h"

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Largest resident set so far, in bytes. */
static double peak_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return 1024 * (double)usage.ru_maxrss;
}

static void check(bool good, const el4ml_error *error)
{
    if (good) return;
    fprintf(stderr, "bench_network: %s\n", error ? el4ml_error_message(error) : "out of memory");
    exit(1);
}

static double began;

static void done(const char *what, size_t result)
{
    printf("network  %-58s %8.3f s   (%zu)\n", what, cpu_seconds() - began, result);
    fflush(stdout);
    began = cpu_seconds();
}

/* ---- The network ---- */

static void make_nodes(el4ml_random *random, el4ml_node *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double depth = (double)i / (double)count; /* 0: the bottom of the funnel */
        nodes[i] = (el4ml_node){.id = (int64_t)i + 1,
                                .energy = -170 + 14 * pow(depth, 0.3) + 0.3 * el4ml_random_normal(random),
                                .log_product = 530 - 12 * depth + 3 * el4ml_random_normal(random),
                                .log_multiplicity = 100 - log(1 + (double)el4ml_random_below(random, 12)),
                                .hits = (int64_t)el4ml_random_below(random, 20)};
    }
}

static el4ml_edge make_edge(el4ml_random *random, const el4ml_node *nodes, size_t id, size_t a, size_t b)
{
    const double higher = fmax(nodes[a].energy, nodes[b].energy);
    return (el4ml_edge){.id = (int64_t)id,
                        .energy = higher - 0.8 * log(1 - el4ml_random_uniform(random)),
                        .log_product = 525 + 3 * el4ml_random_normal(random),
                        .log_multiplicity = 100,
                        .a = a,
                        .b = b};
}

static void make_edges(el4ml_random *random, const el4ml_node *nodes, size_t minima, el4ml_edge *edges,
                       size_t count)
{
    for (size_t e = 0; e < count; e++) {
        const size_t a = 1 + e % (minima - 1);
        size_t b;
        if (e < minima - 1) {
            b = (size_t)el4ml_random_below(random, a); /* one component */
        } else {
            const size_t reach = 50 < a ? 50 : a;
            b = a - 1 - (size_t)el4ml_random_below(random, reach);
        }
        edges[e] = make_edge(random, nodes, e + 1, a, b);
    }
}

static el4ml_network *make_network(size_t minima, size_t transition_states)
{
    el4ml_error error = {0};
    el4ml_random random = el4ml_random_new(1, 2, 3);
    el4ml_node *nodes = EL4ML_NEW(el4ml_node, minima);
    el4ml_edge *edges = EL4ML_NEW(el4ml_edge, transition_states);
    check(nodes && edges, NULL);
    make_nodes(&random, nodes, minima);
    make_edges(&random, nodes, minima, edges, transition_states);
    done("made up", minima);
    el4ml_network *network;
    check(el4ml_network_new(nodes, minima, edges, transition_states, 108, &network, &error) == EL4ML_OK,
          &error);
    el4ml_release(nodes);
    el4ml_release(edges);
    done("snapshot: copied and checked", transition_states);
    return network;
}

/* ---- The steps ---- */

static el4ml_merge_tree *bench_tree(const el4ml_network *network)
{
    el4ml_error error = {0};
    el4ml_merge_tree *tree;
    size_t *component = EL4ML_NEW(size_t, network->node_count);
    double *top = EL4ML_NEW(double, network->node_count);
    check(component && top, NULL);
    const size_t components = el4ml_network_components(network, component);
    done("connected components", components);
    check(el4ml_merge_tree_new(network, &tree, &error) == EL4ML_OK, &error);
    done("merge tree of the superbasins", tree->size);
    el4ml_minimax_to(tree, el4ml_network_global_minimum(network), top);
    done("minimax barriers, all minima to the global one", network->node_count);
    el4ml_release(component);
    el4ml_release(top);
    return tree;
}

static void bench_pairs(const el4ml_merge_tree *tree, size_t count)
{
    el4ml_error error = {0};
    el4ml_random random = el4ml_random_new(1, 2, 4);
    el4ml_minimum_pair *pairs = EL4ML_NEW(el4ml_minimum_pair, count);
    double *energy = EL4ML_NEW(double, count);
    check(pairs && energy, NULL);
    for (size_t k = 0; k < count; k++)
        pairs[k] = (el4ml_minimum_pair){el4ml_random_below(&random, tree->leaf_count),
                                        el4ml_random_below(&random, tree->leaf_count)};
    began = cpu_seconds();
    check(el4ml_minimax_pairs(tree, pairs, count, energy, NULL, &error) == EL4ML_OK, &error);
    done("minimax barriers of as many random pairs as minima", count);
    el4ml_release(pairs);
    el4ml_release(energy);
}

static void bench_basins(const el4ml_network *network, const el4ml_merge_tree *tree)
{
    el4ml_error error = {0};
    el4ml_sequence_basins *basins;
    el4ml_funnels *funnels;
    check(el4ml_sequence_basins_new(network, &basins, &error) == EL4ML_OK, &error);
    done("monotonic sequence basins", basins->count);
    check(el4ml_funnels_new(network, tree, NULL, &funnels, &error) == EL4ML_OK, &error);
    done("funnels", funnels->count);
    el4ml_sequence_basins_free(basins);
    el4ml_funnels_free(funnels);
}

static void bench_graph(const el4ml_network *network)
{
    el4ml_error error = {0};
    el4ml_graph *graph, *random;
    el4ml_clustering clustering;
    el4ml_path_lengths lengths;
    el4ml_correlation degree, hits;
    check(el4ml_graph_new(network, &graph, &error) == EL4ML_OK, &error);
    done("graph of distinct neighbours", graph->link_count);
    check(el4ml_clustering_of(graph, NULL, &clustering, &error) == EL4ML_OK, &error);
    done("clustering", (size_t)clustering.triangles);
    check(el4ml_path_lengths_of(graph, NULL, &lengths, &error) == EL4ML_OK, &error);
    done("mean path length from 256 sources (or all)", lengths.longest);
    printf("network  mean path length %.5f +- %.5f\n", lengths.mean, lengths.standard_error);
    check(el4ml_network_correlations(network, graph, NULL, &degree, &hits, &error) == EL4ML_OK, &error);
    done("correlation of degree and hits with energy", degree.count);
    check(el4ml_graph_random(graph->node_count, graph->link_count, 1, &random, &error) == EL4ML_OK, &error);
    done("random graph of the same size", random->link_count);
    check(el4ml_path_lengths_of(random, NULL, &lengths, &error) == EL4ML_OK, &error);
    done("its mean path length", lengths.longest);
    el4ml_graph_free(graph);
    el4ml_graph_free(random);
}

static void bench_microcanonical(const el4ml_network *network)
{
    enum { ENERGIES = 200 };
    el4ml_error error = {0};
    double energies[ENERGIES];
    el4ml_microcanonical *m;
    el4ml_microcanonical_energies(network, EL4ML_DENSITY_TOTAL, 0.02, 2, ENERGIES, energies);
    check(el4ml_microcanonical_new(network, EL4ML_DENSITY_TOTAL, energies, ENERGIES, &m, &error) == EL4ML_OK,
          &error);
    done("microcanonical ensemble at 200 energies", m->bend_count);
    el4ml_microcanonical_free(m);
}

static void bench_communities(const el4ml_network *network)
{
    el4ml_error error = {0};
    el4ml_community_options options = el4ml_community_options_default();
    el4ml_partition *p;
    options.temperature = 1;
    options.trials = 1;
    for (int k = 0; k < (network->node_count > 100000 ? 1 : 2) && el4ml_communities_supported(); k++) {
        options.method = k ? EL4ML_INFOMAP : EL4ML_LEIDEN;
        check(el4ml_communities_new(network, &options, &p, &error) == EL4ML_OK, &error);
        done(k ? "communities by Infomap, one trial" : "communities by Leiden, one trial", p->count);
        el4ml_partition_free(p);
    }
}

static void bench_thermo(const el4ml_network *network, const el4ml_merge_tree *tree)
{
    enum { TEMPERATURES = 200 };
    el4ml_error error = {0};
    double temperatures[TEMPERATURES];
    el4ml_log_temperatures(0.02, 2, TEMPERATURES, temperatures);
    el4ml_thermo *thermo;
    check(el4ml_thermo_new(network, tree, temperatures, TEMPERATURES, &thermo, &error) == EL4ML_OK, &error);
    done("thermodynamics at 200 temperatures", thermo->count);
    el4ml_peaks *peaks;
    check(el4ml_peaks_new(network, thermo, NULL, &peaks, &error) == EL4ML_OK, &error);
    size_t listed = 0;
    for (size_t k = 0; k < peaks->count; k++)
        listed += peaks->peaks[k].gaining_count + peaks->peaks[k].losing_count;
    done("peaks of the heat capacity and the minima behind them", listed);
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
}

static void bench_picture(const el4ml_network *network, const el4ml_merge_tree *tree)
{
    el4ml_error error = {0};
    el4ml_disconnectivity_options options = el4ml_disconnectivity_options_default();
    char *svg;
    check(el4ml_disconnectivity_svg(network, tree, &options, &svg, &error) == EL4ML_OK, &error);
    done("disconnectivity graph, 400 lowest minima, SVG", strlen(svg));
    el4ml_text_free(svg);
}

int main(int argc, char **argv)
{
    size_t minima = 1000000;
    for (int i = 1; i < argc; i++)
        minima = strcmp(argv[i], "--brief") == 0 ? 20000 : (size_t)strtoull(argv[i], NULL, 10);
    if (minima < 2) return 2;
    began = cpu_seconds();
    const double start = began;
    el4ml_network *network = make_network(minima, 3 * minima);
    el4ml_merge_tree *tree = bench_tree(network);
    bench_thermo(network, tree);
    bench_pairs(tree, minima);
    bench_basins(network, tree);
    bench_picture(network, tree);
    printf("network  %.0f bytes of memory a minimum at most so far\n", peak_memory() / (double)minima);
    bench_microcanonical(network);
    bench_graph(network);
    bench_communities(network);
    printf(
        "network  %zu minima, %zu transition states: %.2f s in all, %.0f bytes of memory a minimum at most\n",
        network->node_count, network->edge_count, cpu_seconds() - start, peak_memory() / (double)minima);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
    return 0;
}
