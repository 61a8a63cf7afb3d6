/* Minimisation of iris 4-10-3 to RMS 1e-8 from random starts, alone: not deduplicated, not stored. */
#include <stdio.h>
#include <stdlib.h>

#include "el4ml.h"
#include "measure.h"

#define TOLERANCE 1e-8

static void stop(const char *text)
{
    fprintf(stderr, "bench_minimise: %s\n", text);
    exit(1);
}

int main(int count, char **words)
{
    const bool brief = table_begin(count, words);
    const uint64_t starts = brief ? 10 : 200;
    el4ml_error error;
    el4ml_data_options file = el4ml_data_options_default();
    file.file = EL4ML_SOURCE_DIR "/examples/data/iris.csv";
    file.target = "species";
    file.classification = true;
    el4ml_mlp_options net = el4ml_mlp_options_default();
    net.hidden_layers = 1;
    net.hidden[0] = 10;
    net.l2 = 1e-4;
    el4ml_minimise_options options = el4ml_minimise_options_default();
    options.gradient_tolerance = TOLERANCE;
    el4ml_data *data;
    el4ml_surface *surface;
    el4ml_evaluator e;
    el4ml_minimiser *minimiser;
    if (el4ml_data_read(&file, &data, &error) != EL4ML_OK ||
        el4ml_mlp_new(&net, &data->train, &surface, &error) != EL4ML_OK ||
        el4ml_evaluator_init(&e, surface, &error) != EL4ML_OK ||
        el4ml_minimiser_new(&e, &options, &minimiser, &error) != EL4ML_OK)
        stop(el4ml_error_message(&error));
    double *x = malloc(e.n * sizeof *x), time = 0;
    if (!x) stop("out of memory");
    e.cost = (el4ml_cost){0};
    for (uint64_t i = 0; i < starts; i++) {
        el4ml_random random = el4ml_random_new(1, 5, i);
        el4ml_minimise_result result;
        el4ml_initialise(&e, &random, x);
        const double began = cpu_time();
        if (el4ml_minimise(minimiser, x, x, &result) != EL4ML_OK || !(result.gradient_rms <= TOLERANCE))
            stop("a minimisation did not converge");
        time += cpu_time() - began;
    }
    table_line(&(line){.name = "minimise 4-10-3",
                       .ours = time / (double)starts * 1e-3,
                       .unit = "ms",
                       .target = 1,
                       .then = "scipy and numpy 47 ms"});
    table_note("    %.0f gradients and %.1f Hessians a minimisation, %llu random starts, lambda 1e-4",
               (double)e.cost.evaluations / (double)starts, (double)e.cost.hessians / (double)starts,
               (unsigned long long)starts);
    free(x);
    el4ml_minimiser_free(minimiser);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
    el4ml_data_free(data);
    return 0;
}
