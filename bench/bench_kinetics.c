/* Kinetics of made landscapes with the mean degree of the published LJ75 network (169,523 minima, 226,377
 * transition states): CPU time of making the rates, of times, rates and committors between two minima (three
 * eliminations), and of the other answers; the peak memory of the process so far. Usage: bench_kinetics
 * [--brief | MINIMA [--all]]; --all: expanders too, where elimination fills in: 100,000 minima take minutes
 * and a gigabyte */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../tests/made_landscape.h"
#include "el4ml/kinetics.h"

typedef struct landscape {
    const char *name;
    double far;
    bool hubs;
} landscape;

static const landscape kinds[] = {
    {"short cycles", 0, true},
    {"1 % far", 0.01, true},
    {"10 % far", 0.1, true},
    {"expander", 1, false},
};

static const double temperatures[2] = {0.2, 0.02};

typedef struct example {
    el4ml_network *network;
    el4ml_rate_network *rates;
    size_t a, b;
    el4ml_state_sets sets;
    el4ml_error error;
} example;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double peak_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void check(const example *x, el4ml_status status)
{
    if (status == EL4ML_OK) return;
    fprintf(stderr, "%s\n", x->error.message);
    exit(1);
}

/* From the lowest minimum to the lowest of the second half, which are some way apart. */
static void make(example *x, const landscape *kind, size_t minima)
{
    made_options options = made_options_default(minima);
    options.far = kind->far;
    options.hubs = kind->hubs;
    x->network = made_landscape(&options);
    if (!x->network) exit(1);
    x->a = 0;
    x->b = minima / 2;
    for (size_t i = x->b; i < minima; i++)
        if (x->network->nodes[i].energy < x->network->nodes[x->b].energy) x->b = i;
    x->sets = (el4ml_state_sets){.a = &x->a, .b = &x->b, .a_count = 1, .b_count = 1};
}

static double make_rates(example *x, double temperature)
{
    const el4ml_rate_options options = {.temperature = temperature};
    const double start = now();
    check(x, el4ml_rate_network_new(x->network, &options, &x->rates, &x->error));
    return now() - start;
}

static void time_kinetics(example *x, const char *name, double temperature)
{
    const double rates = make_rates(x, temperature), start = now();
    el4ml_kinetics *k = NULL;
    check(x, el4ml_kinetics_new(x->rates, &x->sets, &k, &x->error));
    printf(
        "%-13s %7zu minima %7zu pairs  T %5.3f  rates %6.3f s  times, rates, committors %7.2f s  mfpt e^%.6f "
        "e^%.6f  peak %.0f MB\n",
        name, x->rates->state_count, x->rates->edge_count, temperature, rates, now() - start, k->ab.log_mfpt,
        k->ba.log_mfpt, peak_memory());
    fflush(stdout);
    el4ml_kinetics_free(k);
    el4ml_rate_network_free(x->rates);
}

static void report(const char *what, double start)
{
    printf("  %-64s %8.3f s\n", what, now() - start);
    fflush(stdout);
}

static void time_whole_network(example *x)
{
    double start = now(), kemeny;
    check(x, el4ml_kemeny_constant(x->rates, &kemeny, &x->error));
    report("Kemeny's constant", start);
    start = now();
    el4ml_slowest slowest;
    const el4ml_status status = el4ml_slowest_rate(x->rates, &x->sets, 1e-6, 30, &slowest, &x->error);
    report(status == EL4ML_OK ? "slowest rate" : "slowest rate, 30 iterations without agreement", start);
}

static void time_paths(example *x)
{
    char text[80];
    const size_t counts[2] = {1, 100};
    for (size_t k = 0; k < 2; k++) {
        const double start = now();
        el4ml_paths *paths = NULL;
        check(x, el4ml_fastest_paths(x->rates, &x->sets, counts[k], &paths, &x->error));
        snprintf(text, sizeof text, "fastest paths: %zu, the first of %zu steps", paths->count,
                 paths->paths[0].length - 1);
        report(text, start);
        el4ml_paths_free(paths);
    }
}

static void time_lumping(example *x)
{
    char text[80];
    size_t *group = EL4ML_NEW(size_t, x->rates->state_count), count;
    if (!group) exit(1);
    const el4ml_regroup_options options = {.log_rate = -5, .apart = &x->sets};
    const double start = now();
    check(x, el4ml_regroup(x->rates, &options, group, &count, &x->error));
    snprintf(text, sizeof text, "lumping to %zu groups", count);
    report(text, start);
    el4ml_release(group);
}

static void time_trajectories(example *x)
{
    char text[80];
    el4ml_trajectory_options options = el4ml_trajectory_options_default();
    options.trajectories = 100;
    el4ml_sampled_times sampled;
    const double start = now();
    check(x, el4ml_kinetic_path_sampling(x->rates, &x->sets, &options, &sampled, &x->error));
    snprintf(text, sizeof text, "kinetic path sampling, 100 trajectories of %.1e hops", sampled.hops);
    report(text, start);
}

static void time_waiting(size_t minima)
{
    char text[80];
    example x = {0};
    make(&x, &kinds[0], minima);
    make_rates(&x, temperatures[0]);
    el4ml_waiting_times *w = NULL;
    const double start = now();
    const el4ml_status status = el4ml_waiting_times_new(x.rates, &x.sets, &w, &x.error);
    snprintf(text, sizeof text, "distribution of waiting times, %zu minima%s", minima,
             status == EL4ML_OK ? "" : " (refused)");
    report(text, start);
    el4ml_waiting_times_free(w);
    el4ml_rate_network_free(x.rates);
    el4ml_network_free(x.network);
}

int main(int count, char **arguments)
{
    const bool brief = count > 1 && strcmp(arguments[1], "--brief") == 0;
    const bool all = count > 2 && strcmp(arguments[2], "--all") == 0;
    const size_t minima = brief ? 10000 : count > 1 ? (size_t)strtoul(arguments[1], NULL, 10) : 100000;
    const size_t last = brief || all ? 4 : 3;
    for (size_t k = 0; k < last; k++) {
        example x = {0};
        make(&x, &kinds[k], minima);
        for (size_t t = 0; t < 2; t++)
            time_kinetics(&x, kinds[k].name, temperatures[t]);
        if (k < 2) {
            make_rates(&x, temperatures[0]);
            time_whole_network(&x);
            time_paths(&x);
            time_lumping(&x);
            time_trajectories(&x);
            el4ml_rate_network_free(x.rates);
        }
        el4ml_network_free(x.network);
    }
    time_waiting(brief ? 200 : 1000);
    return 0;
}
