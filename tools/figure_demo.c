/* Draws made-up landscapes, to look at the figures: figure_demo DIRECTORY, then rsvg-convert FILE.svg -o
 * FILE.png. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/report.h"

enum { MOST = 2000 };

typedef struct demo {
    size_t nodes, edges;
    el4ml_node node[MOST];
    el4ml_edge edge[4 * MOST];
    el4ml_random random;
} demo;

static void add_edge(demo *d, size_t a, size_t b, double rise)
{
    const double higher = fmax(d->node[a].energy, d->node[b].energy);
    d->edge[d->edges] = (el4ml_edge){.id = (int64_t)d->edges + 1, .energy = higher + rise, .a = a, .b = b};
    d->edges++;
}

static double spread(demo *d, double scale)
{
    return -scale * log(1 - el4ml_random_uniform(&d->random));
}

/* `count` minima above `bottom`, each joined to lower ones: a funnel of depth `depth`, barriers about
 * `barrier`. */
static void add_funnel(demo *d, size_t count, double bottom, double depth, double barrier)
{
    const size_t first = d->nodes;
    for (size_t k = 0; k < count; k++) {
        const double part = count > 1 ? (double)k / (double)(count - 1) : 0;
        d->node[d->nodes] =
            (el4ml_node){.id = (int64_t)d->nodes + 1,
                         .energy = bottom + (k ? depth * pow(part, 0.8) + spread(d, 0.03 * depth) : 0),
                         .log_product = 20 - 8 * part + 0.3 * el4ml_random_normal(&d->random),
                         .log_multiplicity = 3,
                         .hits = (int64_t)el4ml_random_below(&d->random, 40)};
        for (size_t links = 0; k > 0 && links < 2; links++)
            add_edge(d, d->nodes, first + (size_t)el4ml_random_below(&d->random, k), spread(d, barrier));
        d->nodes++;
    }
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void check(el4ml_status status, const el4ml_error *error)
{
    if (status == EL4ML_OK) return;
    fprintf(stderr, "figure_demo: %s\n", el4ml_error_message(error));
    exit(1);
}

static int compare_rows(const void *left, const void *right)
{
    const el4ml_report_row *a = left, *b = right;
    return (a->energy > b->energy) - (a->energy < b->energy);
}

static void write_report(const demo *d, const el4ml_network *network, const el4ml_merge_tree *tree,
                         const char *folder, const char *graph, const char *curve, const el4ml_peaks *peaks)
{
    static el4ml_report_row rows[MOST];
    static int64_t ids[MOST];
    for (size_t i = 0; i < d->nodes; i++) {
        const double energy = d->node[i].energy;
        const double gap = el4ml_minimax(tree, i, el4ml_network_global_minimum(network)) - energy;
        ids[i] = d->node[i].id;
        rows[i] = (el4ml_report_row){.id = d->node[i].id,
                                     .energy = energy,
                                     .log_product = d->node[i].log_product,
                                     .log_multiplicity = 3,
                                     .smallest_eigenvalue = 2e-3,
                                     .hits = d->node[i].hits,
                                     .barrier = gap > 0 ? gap : NAN,
                                     .train = {energy * 0.8, 0.98, NAN},
                                     .validation = el4ml_metrics_none(),
                                     .test = {energy * 1.3, i % 9 ? 0.95 - 0.001 * (double)i : NAN, NAN}};
    }
    qsort(rows, d->nodes, sizeof *rows, compare_rows);
    for (size_t i = 0; i < d->nodes; i++)
        rows[i].rank = i + 1;
    const char *warnings[2] = {
        "Input columns 1, 33 and 40 <pixels> are constant in the training rows: centred, left unscaled.",
        "12 searches met a value that is not finite."};
    const char *commands[2] = {"el4ml run digits.toml -o digits", "el4ml verify digits"};
    const el4ml_report_start start = {.file = "weights.npz",
                                      .energy = 0.31,
                                      .minimum = 7,
                                      .minimum_energy = 0.2745,
                                      .rank = 12,
                                      .minima = d->nodes,
                                      .distance = 0.4,
                                      .exits = 3,
                                      .lowest_exit = 0.0065,
                                      .barrier_down = 0.0102,
                                      .barrier_to_global = 0.0735};
    const el4ml_report_input input = {
        .name = "digits & friends",
        .model = "MLP 64-5-10, tanh, cross-entropy, l2 1e-3, 1257 rows",
        .data = "digits.csv, target \"digit\": 1257 training and 540 test rows, 64 inputs, 10 classes",
        .data_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        .energy_label = "loss",
        .seed = 1,
        .dimension = 385,
        .kappa = 40,
        .minima = d->nodes,
        .transition_states = d->edges,
        .degenerate = 4,
        .components = 1,
        .goal = "connected",
        .goal_reached = true,
        .unseen_minimum = 0.0123,
        .unseen_transition_state = 0.21,
        .hops = 1000,
        .searches = 2000,
        .failed_jobs = 3,
        .cost = {1234567, 98765, 4321, 5400},
        .seconds = 83.2,
        .disconnectivity_svg = graph,
        .heat_capacity_svg = curve,
        .peaks = peaks->peaks,
        .peak_count = peaks->count,
        .node_ids = ids,
        .rows = rows,
        .row_count = d->nodes < 20 ? d->nodes : 20,
        .start = &start,
        .warnings = warnings,
        .warning_count = 2,
        .commands = commands,
        .command_count = 2,
        .study = "[study]\nname = \"digits\"\n\n[surface]\nhidden = [5]\n"};
    char *html = NULL;
    el4ml_error error = {0};
    check(el4ml_report_html(&input, &html, &error), &error);
    write_file(folder, "report.html", html);
    el4ml_release(html);
}

static void draw(demo *d, const char *folder, const char *name, el4ml_disconnectivity_options options,
                 bool coloured)
{
    static double value[MOST];
    el4ml_error error = {0};
    el4ml_network *network = NULL;
    el4ml_merge_tree *tree = NULL;
    el4ml_thermo *thermo = NULL;
    check(el4ml_network_new(d->node, d->nodes, d->edge, d->edges, 40, &network, &error), &error);
    check(el4ml_merge_tree_new(network, &tree, &error), &error);
    for (size_t i = 0; i < d->nodes; i++)
        value[i] =
            i % 17 == 3 ? NAN : 0.97 - 0.1 * d->node[i].energy + 0.01 * el4ml_random_normal(&d->random);
    if (coloured) {
        options.colour_value = value;
        options.colour_label = "test accuracy";
    }
    char *graph = NULL, *curve = NULL, file[256];
    check(el4ml_disconnectivity_svg(network, tree, &options, &graph, &error), &error);
    snprintf(file, sizeof file, "%s.svg", name);
    write_file(folder, file, graph);

    double temperatures[200];
    el4ml_peaks *peaks;
    el4ml_log_temperatures(1e-4, 1, 200, temperatures);
    check(el4ml_thermo_new(network, tree, temperatures, 200, &thermo, &error), &error);
    check(el4ml_peaks_new(network, thermo, NULL, &peaks, &error), &error);
    el4ml_heat_capacity_options heat = el4ml_heat_capacity_options_default();
    heat.total = strcmp(name, "disconnected") == 0;
    check(el4ml_heat_capacity_svg(thermo, peaks->peaks, peaks->count, 40, &heat, &curve, &error), &error);
    snprintf(file, sizeof file, "%s-heat.svg", name);
    write_file(folder, file, curve);
    if (strcmp(name, "funnel80") == 0) write_report(d, network, tree, folder, graph, curve, peaks);
    el4ml_release(graph);
    el4ml_release(curve);
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
}

static void start(demo *d, uint64_t seed)
{
    d->nodes = d->edges = 0;
    d->random = el4ml_random_new(seed, 0, 0);
}

int main(int count, char **arguments)
{
    static demo d;
    const char *folder = count > 1 ? arguments[1] : ".";
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    o.energy_label = "loss";

    start(&d, 1);
    const double iris[3] = {0.08985663222778674, 0.09118957887697, 0.09139508329767};
    for (size_t i = 0; i < 3; i++)
        d.node[d.nodes++] =
            (el4ml_node){.id = (int64_t)i + 1, .energy = iris[i], .log_product = -223 - (double)(i * i)};
    add_edge(&d, 0, 1, 0.0021);
    add_edge(&d, 1, 2, 0.0052);
    draw(&d, folder, "three", o, false);

    start(&d, 2);
    add_funnel(&d, 12, 0.2, 0.15, 0.03);
    o.title = "Twelve minima";
    draw(&d, folder, "twelve", o, false);
    o.title = NULL;

    start(&d, 3);
    add_funnel(&d, 80, 0.25, 0.2, 0.02);
    draw(&d, folder, "funnel80", o, true);

    start(&d, 4);
    add_funnel(&d, 300, -173.93, 8, 0.5);
    o.energy_label = "energy / \u03b5";
    draw(&d, folder, "funnel300", o, false);

    start(&d, 5);
    add_funnel(&d, 60, -173.93, 6, 0.5);
    add_funnel(&d, 70, -173.25, 5.5, 0.5);
    add_funnel(&d, 30, -171, 4, 0.5);
    add_edge(&d, 3, 65, 4.2);
    add_edge(&d, 70, 135, 3);
    draw(&d, folder, "multi", o, false);

    start(&d, 6);
    add_funnel(&d, 20, 1, 2, 0.3);
    add_funnel(&d, 9, 1.4, 1, 0.3);
    add_funnel(&d, 1, 2.6, 0, 0);
    add_funnel(&d, 1, 1.2, 0, 0);
    o.energy_label = "loss";
    draw(&d, folder, "disconnected", o, true);

    start(&d, 7);
    for (size_t k = 0; k < 60; k++) {
        d.node[d.nodes] = (el4ml_node){.id = (int64_t)k + 1,
                                       .energy = k ? 0.04 + pow(10, -5 + 5.5 * (double)k / 60) : 0.04,
                                       .log_product = 20 - (double)k / 4};
        if (k)
            add_edge(&d, k, (size_t)el4ml_random_below(&d.random, k),
                     (d.node[k].energy - 0.04) * (0.3 + spread(&d, 1)));
        d.nodes++;
    }
    draw(&d, folder, "huge_range", o, false);

    start(&d, 8);
    add_funnel(&d, 1500, 0.1, 2, 0.05);
    draw(&d, folder, "many", o, true);

    start(&d, 9);
    add_funnel(&d, 1, 0.3, 0, 0);
    draw(&d, folder, "one", o, false);

    start(&d, 10); /* equal energies, tiny range on a large offset */
    for (size_t k = 0; k < 8; k++)
        d.node[d.nodes++] =
            (el4ml_node){.id = (int64_t)k + 1, .energy = 2.5e3 + (k > 2 ? 1e-5 * (double)k : 0)};
    for (size_t k = 1; k < 8; k++)
        add_edge(&d, k, k - 1, 2e-5 + spread(&d, 1e-5));
    draw(&d, folder, "equal", o, false);

    start(&d, 12); /* one column of a journal, everything on it */
    add_funnel(&d, 40, 2.5e-6, 2e-6, 3e-7);
    o.title = "Narrow";
    o.width = 340;
    o.height = 300;
    draw(&d, folder, "column", o, true);
    o = el4ml_disconnectivity_options_default();

    start(&d, 11); /* minima within a narrow band, transition states far above */
    for (size_t k = 0; k < 25; k++)
        d.node[d.nodes++] = (el4ml_node){.id = (int64_t)k + 1, .energy = 0.2 + 1e-3 * (double)k};
    for (size_t k = 1; k < 25; k++)
        add_edge(&d, k, (size_t)el4ml_random_below(&d.random, k), 0.5 + spread(&d, 0.4));
    draw(&d, folder, "band", o, false);
    return 0;
}
