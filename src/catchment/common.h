/* What the measurements share. */
#ifndef EL4ML_CATCHMENT_COMMON_H
#define EL4ML_CATCHMENT_COMMON_H

#include "el4ml/basin_volume.h"
#include "run/pool.h"

/* One measurement under way. */
typedef struct el4ml_basin_task {
    const el4ml_surface *surface;
    const el4ml_landscape *landscape;
    const el4ml_basin_options *options;
    size_t n;
    el4ml_pool *pool;
    double began, deadline; /* el4ml_clock; deadline 0: none */
} el4ml_basin_task;

/* Check the options and start the threads; BAD_INPUT or INVALID_ARGUMENT for options that make no sense. */
el4ml_status el4ml_basin_open(el4ml_basin_task *task, const el4ml_surface *surface,
                              const el4ml_landscape *landscape, const el4ml_basin_options *options,
                              el4ml_error *error);
void el4ml_basin_close(el4ml_basin_task *task);
/* A batch of jobs. *time_up: only the time limit interrupted it. Other failures come with a message. */
el4ml_status el4ml_basin_run(el4ml_basin_task *task, size_t jobs, el4ml_job job, void *context, bool *time_up,
                             el4ml_error *error);
/* Does the surface's group map the box onto itself? scratch: (2 n). */
bool el4ml_basin_box_invariant(const el4ml_basin_task *task, double *scratch);
/* The rank correlation, the work done and the time it took. */
el4ml_status el4ml_basin_finish(const el4ml_basin_task *task, el4ml_basins *result, el4ml_error *error);
/* Which minimum a point falls to: *index in the landscape, EL4ML_NONE when it is not there, and then proved.
 */
el4ml_status el4ml_basin_of(const el4ml_basin_task *task, el4ml_searcher *searcher, el4ml_stationary *point,
                            size_t *index);

#endif
