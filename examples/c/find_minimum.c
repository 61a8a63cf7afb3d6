/* Find the global minimum of the Lennard-Jones cluster of 13 atoms by basin-hopping (Wales and Doye 1997).
 * cc find_minimum.c $(pkg-config --cflags --libs el4ml) -lm -o find_minimum */
#include <el4ml.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define N ((size_t)(3 * 13)) /* coordinates of 13 atoms */

int main(void)
{
    el4ml_error error = {0};
    el4ml_surface *surface = NULL;
    el4ml_searcher *searcher = NULL;
    const el4ml_search_options options = el4ml_search_options_default();
    if (el4ml_lennard_jones_new(13, &surface, &error) != EL4ML_OK ||
        el4ml_searcher_new(surface, &options, &searcher, &error) != EL4ML_OK) {
        fprintf(stderr, "%s\n", el4ml_error_message(&error));
        return 1;
    }
    el4ml_evaluator *evaluator = el4ml_searcher_evaluator(searcher);
    el4ml_random random = el4ml_random_new(1, 0, 0);
    double x[N], trial[N], energy = HUGE_VAL, lowest = HUGE_VAL;
    const double temperature = 0.8, step = 1.0;

    el4ml_initialise(evaluator, &random, x);
    for (int i = 0; i < 1000; i++) {
        el4ml_stationary found = {.x = trial};
        el4ml_perturb(evaluator, &random, step, x, trial);
        if (el4ml_search_minimum(searcher, trial, &found) != EL4ML_OK) continue;
        if (el4ml_random_uniform(&random) >= exp((energy - found.energy) / temperature)) continue;
        memcpy(x, trial, sizeof x);
        energy = found.energy;
        lowest = fmin(lowest, energy);
    }
    printf("%.6f\n", lowest);
    el4ml_searcher_free(searcher);
    el4ml_surface_free(surface);
    return 0;
}
