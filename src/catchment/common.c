#include "catchment/common.h"

#include <math.h>

#include "base/memory.h"
#include "catchment/descent.h"
#include "run/study_minimiser.h"
#include "saddle/searcher.h"

el4ml_basin_options el4ml_basin_options_default(void)
{
    return (el4ml_basin_options){.samples = 10000, .seed = 1, .tolerance = 1e-3, .level = 0.95, .runs = 16};
}

/* V is never evaluated outside of the surface's own bounds. */
static el4ml_status check_bounds(const el4ml_basin_options *o, const el4ml_surface_info *info,
                                 el4ml_error *error)
{
    for (size_t i = 0; o->low && info->lower && i < info->dimension; i++)
        if (o->low[i] < info->lower[i] || o->high[i] > info->upper[i])
            return el4ml_fail(
                error, EL4ML_BAD_INPUT,
                "basin volumes: the box runs from %g to %g in coordinate %zu, beyond the surface's "
                "own bounds %.17g and %.17g",
                o->low[i], o->high[i], i + 1, info->lower[i], info->upper[i]);
    return EL4ML_OK;
}

static el4ml_status check_box(const el4ml_basin_options *o, size_t n, el4ml_error *error)
{
    if (!o->low != !o->high) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "basin volumes: half a box");
    for (size_t i = 0; o->low && i < n; i++)
        if (!isfinite(o->low[i]) || !isfinite(o->high[i]) || !(o->low[i] < o->high[i]) ||
            !isfinite(o->high[i] - o->low[i]))
            return el4ml_fail(
                error, EL4ML_BAD_INPUT,
                "basin volumes: the box runs from %g to %g in coordinate %zu: it must be finite, LOW "
                "below HIGH",
                o->low[i], o->high[i], i + 1);
    return EL4ML_OK;
}

static el4ml_status check(const el4ml_surface *surface, const el4ml_landscape *landscape,
                          const el4ml_basin_options *o, el4ml_error *error)
{
    if (surface->info.dimension != el4ml_landscape_dimension(landscape))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "the landscape has dimension %zu, the study %zu",
                          el4ml_landscape_dimension(landscape), surface->info.dimension);
    if (!(o->tolerance > 0) || !isfinite(o->tolerance) || !(o->level > 0 && o->level < 1) ||
        o->samples == 0 || o->samples > INT64_MAX || o->runs < 4 || o->runs > 1000)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "basin volumes: tolerance, level, samples or runs are out of range");
    const el4ml_status status = check_box(o, surface->info.dimension, error);
    return status == EL4ML_OK ? check_bounds(o, &surface->info, error) : status;
}

el4ml_status el4ml_basin_open(el4ml_basin_task *task, const el4ml_surface *surface,
                              const el4ml_landscape *landscape, const el4ml_basin_options *options,
                              el4ml_error *error)
{
    *task = (el4ml_basin_task){.surface = surface,
                               .landscape = landscape,
                               .options = options,
                               .n = surface->info.dimension,
                               .began = el4ml_clock()};
    el4ml_status status = check(surface, landscape, options, error);
    el4ml_search_options search = el4ml_search_options_default();
    if (options->study) el4ml_study_minimise(options->study, &search.minimise);
    if (status == EL4ML_OK)
        status = el4ml_pool_new(surface, &search, options->threads, options->cancel, &task->pool, error);
    if (status == EL4ML_OK && options->time_limit > 0) {
        task->deadline = task->began + options->time_limit;
        el4ml_pool_set_deadline(task->pool, task->deadline);
    }
    return status;
}

void el4ml_basin_close(el4ml_basin_task *task)
{
    el4ml_pool_free(task->pool);
    task->pool = NULL;
}

el4ml_status el4ml_basin_run(el4ml_basin_task *task, size_t jobs, el4ml_job job, void *context, bool *time_up,
                             el4ml_error *error)
{
    *time_up = false;
    const el4ml_status status = el4ml_pool_run(task->pool, jobs, job, context);
    const volatile bool *cancel = task->options->cancel;
    if (status == EL4ML_OK) return EL4ML_OK;
    if (status == EL4ML_INTERRUPTED && task->deadline > 0 && el4ml_clock() >= task->deadline &&
        !(cancel && *cancel)) {
        *time_up = true;
        return EL4ML_OK;
    }
    if (status == EL4ML_INTERRUPTED) return el4ml_fail(error, status, "interrupted");
    return el4ml_fail(error, status, "basin volumes: %s", el4ml_status_text(status));
}

/* A loss without a lowest value has points that are flat below any tolerance on the way to infinity: there
 * the gradient is not small against the curvature. */
static bool is_minimum(const el4ml_searcher *s, const el4ml_stationary *p)
{
    const double gradient = p->gradient_rms * sqrt((double)s->n);
    return p->index == 0 && gradient <= 0.1 * s->length * fabs(p->smallest_eigenvalue);
}

el4ml_status el4ml_basin_of(const el4ml_basin_task *task, el4ml_searcher *searcher, el4ml_stationary *point,
                            size_t *index)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    el4ml_status status = el4ml_basin_descend(searcher, task->options->tolerance, point);
    if (status == EL4ML_OK) status = el4ml_landscape_find(task->landscape, e, EL4ML_MINIMUM, point, index);
    if (status != EL4ML_OK || *index != EL4ML_NONE) return status;
    status = el4ml_settle(searcher, point, NULL);
    if (status == EL4ML_OK && !is_minimum(searcher, point)) status = EL4ML_NOT_CONVERGED;
    if (status == EL4ML_OK) status = el4ml_landscape_find(task->landscape, e, EL4ML_MINIMUM, point, index);
    return status;
}

bool el4ml_basin_box_invariant(const el4ml_basin_task *task, double *scratch)
{
    const el4ml_basin_options *o = task->options;
    el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(task->pool));
    const el4ml_surface_ops *ops = &task->surface->ops;
    if (!ops->random_operation) return true;
    double *x = scratch, *y = scratch + task->n;
    for (uint64_t k = 0; k < 100; k++) {
        el4ml_random random = el4ml_random_new(1, 0x626f78, k);
        for (size_t i = 0; i < task->n; i++) /* at corners a wall that moves shows at once */
            x[i] = el4ml_random_below(&random, 2) ? o->low[i] : o->high[i];
        ops->random_operation(task->surface->self, e->workspace, &random, x, y);
        for (size_t i = 0; i < task->n; i++) {
            const double rounding = 1e-9 * (o->high[i] - o->low[i]);
            if (!(y[i] >= o->low[i] - rounding && y[i] <= o->high[i] + rounding)) return false;
        }
    }
    return true;
}

static el4ml_status correlate(el4ml_basins *b, double *x, double *y, el4ml_error *error)
{
    const el4ml_correlation_options options = {0};
    el4ml_correlation correlation;
    for (size_t i = 0; i < b->count; i++) {
        const el4ml_basin *a = &b->basins[i];
        x[i] = b->tethers ? a->log_volume : log(a->probability); /* pairs without both are left out */
        y[i] = a->harmonic;
    }
    const el4ml_status status = el4ml_correlate(x, y, b->count, &options, &correlation, error);
    if (status != EL4ML_OK) return status;
    b->ranked = correlation.count;
    b->rank_correlation = correlation.spearman;
    return EL4ML_OK;
}

el4ml_status el4ml_basin_finish(const el4ml_basin_task *task, el4ml_basins *b, el4ml_error *error)
{
    double *work = EL4ML_NEW(double, 2 * b->count);
    const el4ml_status status = work ? correlate(b, work, work + b->count, error)
                                     : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "basin volumes: out of memory");
    el4ml_release(work);
    if (status != EL4ML_OK) return status;
    const el4ml_cost cost = el4ml_pool_take_cost(task->pool);
    b->cost.evaluations += cost.evaluations;
    b->cost.hessian_products += cost.hessian_products;
    b->cost.hessians += cost.hessians;
    b->cost.minimisations += cost.minimisations;
    b->seconds = el4ml_clock() - task->began;
    return EL4ML_OK;
}

void el4ml_basins_clear(el4ml_basins *b)
{
    el4ml_release(b->basins);
    *b = (el4ml_basins){0};
}
