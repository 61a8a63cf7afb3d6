/* How fast landscapes are made, end to end, in CPU time on one thread: minimisations deduplicated and stored,
 * transition states between a fixed list of pairs, and one connected component. `--brief`: a tenth of the
 * work. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml.h"
#include "measure.h"

static double cpu_seconds(void)
{
    return cpu_time() * 1e-6;
}

static void stop(const el4ml_error *error)
{
    fprintf(stderr, "bench_search: %s\n", el4ml_error_message(error));
    exit(1);
}

/* What is to be reached, and what others took: minimisations a second, distinct minima a second, transition
 * states a second, seconds to one component. */
typedef struct aims {
    double minimisations, distinct, passages, component;
    const char *minimisations_then, *distinct_then, *passages_then, *component_then;
} aims;

typedef struct system_under_test {
    const char *name;
    aims aims;
    el4ml_study study;
    el4ml_data *data;
    el4ml_surface *surface;
} system_under_test;

static system_under_test iris(double l2)
{
    el4ml_error error = {0};
    system_under_test s = {.name = "iris 4-5-3",
                           .aims = {5000, 40, 200, 3, "GMIN 230 /s", "GMIN 0.9 /s", "OPTIM 0.5 to 1.25 /s",
                                    "PATHSAMPLE and OPTIM 319 s"}};
    el4ml_data_options options = el4ml_data_options_default();
    options.file = EL4ML_SOURCE_DIR "/examples/data/iris.csv";
    options.target = "species";
    options.classification = true;
    el4ml_mlp_options net = el4ml_mlp_options_default();
    net.hidden_layers = 1;
    net.hidden[0] = 5;
    net.l2 = l2;
    if (el4ml_data_read(&options, &s.data, &error) != EL4ML_OK) stop(&error);
    if (el4ml_mlp_new(&net, &s.data->train, &s.surface, &error) != EL4ML_OK) stop(&error);
    s.study.kind = EL4ML_KIND_MLP;
    return s;
}

static system_under_test cluster(size_t atoms)
{
    el4ml_error error = {0};
    system_under_test s = {.name = "LJ13",
                           .aims = {.minimisations = 10000, .minimisations_then = "pele 1620, GMIN 7810 /s"}};
    if (atoms == 38)
        s = (system_under_test){
            .name = "LJ38", .aims = {.minimisations = 3000, .minimisations_then = "pele 579, GMIN 1425 /s"}};
    if (el4ml_lennard_jones_new(atoms, &s.surface, &error) != EL4ML_OK) stop(&error);
    s.study.kind = EL4ML_KIND_LENNARD_JONES;
    return s;
}

static void print(const char *what, const system_under_test *s, double ours, const char *unit, double target,
                  const char *then)
{
    char name[64];
    snprintf(name, sizeof name, "%s %s", what, s->name);
    table_line(&(line){.name = name, .ours = ours, .unit = unit, .target = target, .then = then});
}

/* Explore, then connect, in a scratch folder. */
static void run(system_under_test *s, uint64_t steps, uint64_t budget)
{
    el4ml_error error = {0};
    char folder[] = "/tmp/el4ml-bench-XXXXXX", command[64];
    if (!mkdtemp(folder)) exit(1);
    s->study.seed = 1;
    s->study.steps = steps;
    s->study.temperature = s->study.step = 1;
    s->study.budget = budget;
    s->study.unseen = 1e-3;
    const el4ml_identity identity = {.study = "bench",
                                     .data_sha256 = "",
                                     .dimension = s->surface->info.dimension,
                                     .zero_modes = s->surface->info.usual_zero_modes};
    el4ml_landscape *l;
    if (el4ml_landscape_open(folder, &identity, &l, &error) != EL4ML_OK) stop(&error);
    const el4ml_run_options options = {.threads = 1};
    bool time_up;
    double began = cpu_seconds();
    if (el4ml_run_explore(&s->study, s->surface, s->data, l, &options, &time_up, &error) != EL4ML_OK)
        stop(&error);
    const double exploring = cpu_seconds() - began;
    const size_t minima = el4ml_landscape_count(l, EL4ML_MINIMUM);
    const aims *a = &s->aims;
    print("minimisations", s, (double)steps / exploring, "/s", a->minimisations, a->minimisations_then);
    print("distinct minima", s, (double)minima / exploring, "/s", a->distinct, a->distinct_then);
    table_note("    %llu minimisations to RMS 1e-9, stored, in %.2f s: %zu distinct",
               (unsigned long long)steps, exploring, minima);
    began = cpu_seconds();
    if (budget > 0 &&
        el4ml_run_connect(&s->study, s->surface, s->data, l, &options, &time_up, &error) != EL4ML_OK)
        stop(&error);
    const double connecting = cpu_seconds() - began;
    el4ml_summary summary;
    if (el4ml_summarise(l, &s->study, &summary, &error) != EL4ML_OK) stop(&error);
    const el4ml_totals *t = el4ml_landscape_totals(l);
    if (budget > 0) {
        print("one component", s, connecting, "s", a->component, a->component_then);
        table_note("    %llu searches, %llu transition states (%zu distinct), %zu component(s)",
                   (unsigned long long)t->searches, (unsigned long long)t->passages,
                   summary.transition_states, summary.components);
    }
    el4ml_landscape_close(l);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) exit(1);
}

/* Every pair of the first minima found from random starts: both sides followed, nothing recognised, nothing
 * skipped. */
static void fixed_pairs(const system_under_test *s, size_t count)
{
    el4ml_error error = {0};
    const el4ml_search_options options = el4ml_search_options_default();
    el4ml_searcher *searcher;
    if (el4ml_searcher_new(s->surface, &options, &searcher, &error) != EL4ML_OK) stop(&error);
    const size_t n = s->surface->info.dimension;
    double *x = EL4ML_NEW(double, count *n), energy[32];
    if (!x || count > 32) exit(1);
    for (size_t i = 0, draw = 0; i < count; draw++) { /* in the order they are found, each energy once */
        el4ml_random random = el4ml_random_new(1, 77, draw);
        el4ml_stationary point = {.x = x + i * n};
        el4ml_initialise(el4ml_searcher_evaluator(searcher), &random, point.x);
        if (el4ml_search_minimum(searcher, point.x, &point) != EL4ML_OK) exit(1);
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = fabs(energy[k] - point.energy) < 1e-9;
        if (!known) energy[i++] = point.energy;
    }
    size_t found = 0, failed = 0;
    const double began = cpu_seconds();
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            el4ml_passage passages[4];
            el4ml_search_report report;
            if (el4ml_search_between(searcher, x + i * n, x + j * n, 0, 4, passages, &report) != EL4ML_OK)
                exit(1);
            found += report.found;
            failed += report.failures;
            for (size_t k = 0; k < report.found; k++)
                el4ml_passage_clear(&passages[k]);
        }
    const double seconds = cpu_seconds() - began;
    print("transition states", s, (double)found / seconds, "/s", s->aims.passages, s->aims.passages_then);
    table_note("    %zu pairs: %zu proved, both sides followed; %zu guesses failed", count * (count - 1) / 2,
               found, failed);
    el4ml_release(x);
    el4ml_searcher_free(searcher);
}

static void done(system_under_test *s)
{
    el4ml_surface_free(s->surface);
    el4ml_data_free(s->data);
}

int main(int count, char **words)
{
    const bool brief = table_begin(count, words);
    const uint64_t share = brief ? 10 : 1;
    system_under_test s = iris(1e-4);
    run(&s, 8000 / share, 5000);
    fixed_pairs(&s, brief ? 6 : 20);
    done(&s);
    s = cluster(13);
    run(&s, 10000 / share, brief ? 0 : 3000);
    fixed_pairs(&s, brief ? 4 : 12);
    done(&s);
    s = cluster(38);
    run(&s, 2000 / share, 0);
    done(&s);
    return 0;
}
