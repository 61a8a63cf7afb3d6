/* Kinetics of made landscapes with the mean degree of the published LJ75 network: CPU time and memory of making the
 * rates and of times, rates and committors between two minima. Usage: bench_kinetics [--brief | MINIMA] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../tests/made_landscape.h"
#include "el4ml/kinetics.h"
#include "kinetics/state_sets.h"

typedef struct landscape {
    const char *name;
    double far;
    bool hubs;
    size_t most; /* minima */
} landscape;

static const landscape kinds[] = {
    {"short cycles", 0, true, SIZE_MAX},
    {"1 % far", 0.01, true, SIZE_MAX},
    {"10 % far", 0.1, true, SIZE_MAX},
    {"expander", 1, false, SIZE_MAX},
};

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

static void stop(const el4ml_error *error)
{
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

/* The lowest minimum, and the lowest of the second half. */
static size_t far_minimum(const el4ml_network *network)
{
    size_t lowest = network->node_count / 2;
    for (size_t i = lowest; i < network->node_count; i++)
        if (network->nodes[i].energy < network->nodes[lowest].energy) lowest = i;
    return lowest;
}

static void run(const landscape *kind, size_t minima, double temperature)
{
    made_options options = made_options_default(minima);
    options.far = kind->far;
    options.hubs = kind->hubs;
    el4ml_error error = {0};
    el4ml_network *network = made_landscape(&options);
    if (!network) exit(1);
    const size_t a = 0, b = far_minimum(network);
    const el4ml_state_sets sets = {.a = &a, .b = &b, .a_count = 1, .b_count = 1};
    const el4ml_rate_options rate_options = {.temperature = temperature};
    el4ml_rate_network *rates = NULL;
    el4ml_kinetics *kinetics = NULL;
    const double start = now();
    if (el4ml_rate_network_new(network, &rate_options, &rates, &error) != EL4ML_OK) stop(&error);
    const double made = now();
    if (el4ml_kinetics_new(rates, &sets, &kinetics, &error) != EL4ML_OK) stop(&error);
    const double done = now();
    printf("%-13s %7zu minima %7zu edges  T %5.3f  rates %6.2f s  kinetics %7.2f s  mfpt e^%.6f e^%.6f  peak %.0f MB\n",
           kind->name, minima, rates->edge_count, temperature, made - start, done - made, kinetics->ab.log_mfpt,
           kinetics->ba.log_mfpt, peak_memory());
    fflush(stdout);
    el4ml_kinetics_free(kinetics);
    el4ml_rate_network_free(rates);
    el4ml_network_free(network);
}

int main(int count, char **arguments)
{
    const bool brief = count > 1 && strcmp(arguments[1], "--brief") == 0;
    const size_t minima = brief ? 10000 : count > 1 ? (size_t)strtoul(arguments[1], NULL, 10) : 100000;
    const size_t last = count > 2 ? (size_t)strtoul(arguments[2], NULL, 10) : 3;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && k <= last; k++) {
        run(&kinds[k], minima, 0.2);
        run(&kinds[k], minima, 0.02);
    }
    return 0;
}
