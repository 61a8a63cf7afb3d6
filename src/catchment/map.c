/* A picture's worth of basins. */
#include "base/memory.h"
#include "catchment/common.h"

typedef struct mapping {
    const el4ml_basin_task *task;
    size_t columns, rows, *labels, first; /* first: row of the batch */
} mapping;

#define ROWS 16 /* of a batch; a job is a row */

static el4ml_status row_job(void *context, size_t job, el4ml_searcher *searcher)
{
    const mapping *m = context;
    const el4ml_basin_options *o = m->task->options;
    const size_t row = m->first + job;
    if (row >= m->rows) return EL4ML_OK;
    for (size_t column = 0; column < m->columns; column++) {
        double x[2] = {o->low[0] + (o->high[0] - o->low[0]) * ((double)column + 0.5) / (double)m->columns,
                       o->low[1] + (o->high[1] - o->low[1]) * ((double)row + 0.5) / (double)m->rows};
        el4ml_stationary point = {.x = x};
        size_t *label = &m->labels[row * m->columns + column];
        const el4ml_status status = el4ml_basin_of(m->task, searcher, &point, label);
        if (status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY) return status;
        if (status != EL4ML_OK) *label = EL4ML_NONE;
    }
    return EL4ML_OK;
}

static el4ml_status draw(el4ml_basin_task *task, mapping *m, el4ml_error *error)
{
    for (m->first = 0; m->first < m->rows; m->first += ROWS) {
        bool time_up;
        const el4ml_status status = el4ml_basin_run(task, ROWS, row_job, m, &time_up, error);
        if (status != EL4ML_OK) return status;
        if (time_up)
            return el4ml_fail(error, EL4ML_NOT_CONVERGED,
                              "the time limit was reached before the map was done");
        const size_t done = m->first + ROWS < m->rows ? m->first + ROWS : m->rows;
        if (task->options->progress)
            task->options->progress(task->options->context, done * m->columns, m->rows * m->columns);
    }
    return EL4ML_OK;
}

el4ml_status el4ml_basin_map(const el4ml_surface *surface, const el4ml_landscape *landscape,
                             const el4ml_basin_options *options, size_t columns, size_t rows, size_t *labels,
                             el4ml_error *error)
{
    if (surface->info.dimension != 2)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED,
                          "a map of basins takes a function of two variables, this has %zu",
                          surface->info.dimension);
    if (!options->low) return el4ml_fail(error, EL4ML_BAD_INPUT, "a map of basins takes a box");
    el4ml_basin_task task;
    mapping m = {.task = &task, .columns = columns, .rows = rows, .labels = labels};
    el4ml_status status = el4ml_basin_open(&task, surface, landscape, options, error);
    if (status == EL4ML_OK) status = draw(&task, &m, error);
    el4ml_basin_close(&task);
    return status;
}
