/* Basin-hopping (Li and Scheraga 1987; Wales and Doye 1997): perturb, minimise, accept with min(1,
 * exp(-dV/T)). A walker is a plain value plus its coordinates, so that it can be stored and go on where it
 * was. What it finds goes to a sink. */
#ifndef EL4ML_EXPLORE_WALKER_H
#define EL4ML_EXPLORE_WALKER_H

#include "el4ml/saddle.h"

typedef struct el4ml_walker {
    uint64_t number;      /* which walker: keys its random numbers */
    uint64_t jobs;        /* minimisations it has made */
    double energy;        /* of its present minimum */
    double step;          /* present step, in units of the surface's length_scale */
    uint32_t tried, left; /* since the step was last adapted: steps made, and those that left the minimum */
    uint32_t started;
    uint32_t failures; /* in a row; a walker that only fails begins anew */
} el4ml_walker;

typedef struct el4ml_walk_options {
    uint64_t seed;
    double temperature; /* > 0, unit of the loss */
    double step;        /* > 0, first step */
} el4ml_walk_options;

/* One job's result. status: OK, or why there is no minimum (failed searches are results too). `known` as in
 * el4ml_search_proved_minimum. The point's coordinates are borrowed. A status other than OK from the sink
 * ends it. */
typedef el4ml_status (*el4ml_sink)(void *context, el4ml_status status, const el4ml_stationary *point,
                                   size_t known);

/* One step: `x` (n) is the walker's minimum, updated when the step is accepted. trial (n): scratch.
 * `given`: a starting point for the first step instead of the initialiser, or NULL. */
el4ml_status el4ml_walker_step(el4ml_walker *walker, const el4ml_walk_options *options,
                               el4ml_searcher *searcher, const double *given, double *x, double *trial,
                               el4ml_sink sink, void *context);
/* Random start number `job` from the initialiser. */
el4ml_status el4ml_random_start(uint64_t seed, uint64_t job, el4ml_searcher *searcher, double *trial,
                                el4ml_sink sink, void *context);

#endif
