/* Chosen minima, each measured from itself outward. */
#include <math.h>
#include <stdatomic.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "catchment/common.h"
#include "catchment/descent.h"
#include "catchment/volume.h"
#include "saddle/searcher.h"

typedef struct target {
    const el4ml_record *record;
    double tolerance; /* of paths */
    double radius;    /* within which a point found is the minimum */
    atomic_uint_fast64_t failed, not_finite;
} target;

/* Does x fall to the minimum, the very point and none of its images? */
static el4ml_status falls_to(void *context, el4ml_searcher *s, const double *x, bool *inside)
{
    target *t = context;
    el4ml_stationary point = {.x = s->minus};
    el4ml_copy(s->n, x, point.x);
    const el4ml_status status = el4ml_basin_descend(s, t->tolerance, &point);
    *inside = status == EL4ML_OK && el4ml_distance(s->n, point.x, t->record->point.x) <= t->radius;
    if (status == EL4ML_OK || status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY) return status;
    atomic_fetch_add(&t->failed, 1);
    if (status == EL4ML_NUMERICAL) atomic_fetch_add(&t->not_finite, 1);
    return EL4ML_OK;
}

static el4ml_status set_target(const el4ml_basin_task *task, size_t minimum, target *t, el4ml_region *region,
                               el4ml_error *error)
{
    const el4ml_basin_options *o = task->options;
    if (minimum >= el4ml_landscape_count(task->landscape, EL4ML_MINIMUM))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "basin volumes: there is no minimum %zu, only %zu",
                          minimum + 1, el4ml_landscape_count(task->landscape, EL4ML_MINIMUM));
    const el4ml_record *record = el4ml_landscape_record(task->landscape, EL4ML_MINIMUM, minimum);
    const el4ml_stationary *p = &record->point;
    for (size_t i = 0; i < task->n; i++)
        if (!(p->x[i] >= o->low[i] && p->x[i] <= o->high[i]))
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "basin volumes: minimum %zu is outside the box: its coordinate %zu is %.6g",
                              minimum + 1, i + 1, p->x[i]);
    const double lambda = fabs(p->smallest_eigenvalue);
    const double doubt = lambda > 0 ? p->gradient_rms * sqrt((double)task->n) / lambda : 0;
    t->record = record;
    t->tolerance = o->tolerance;
    t->radius = fmax(1e-3, 10 * doubt);
    *region = (el4ml_region){
        .n = task->n, .centre = p->x, .low = o->low, .high = o->high, .test = falls_to, .context = t};
    return EL4ML_OK;
}

static el4ml_basin basin(const el4ml_record *record, size_t minimum, const el4ml_volume *v, bool invariant)
{
    const el4ml_stationary *p = &record->point;
    return (el4ml_basin){.minimum = minimum,
                         .energy = p->energy,
                         .probability = NAN,
                         .low = NAN,
                         .high = NAN,
                         .log_volume = v->log_volume,
                         .standard_error = v->standard_error,
                         .log_volume_low = v->low,
                         .log_volume_high = v->high,
                         .log_orbit_volume =
                             invariant && !p->flagged ? v->log_volume + p->log_multiplicity : NAN,
                         .log_product = p->log_product,
                         .harmonic = p->flagged ? NAN : -0.5 * p->log_product,
                         .samples = v->samples,
                         .tests = v->tests,
                         .tethers = v->tethers,
                         .acceptance = v->tests ? (double)v->inside / (double)v->tests : NAN,
                         .exchange = v->exchange,
                         .drift = v->drift,
                         .measured = v->measured,
                         .converged = v->converged};
}

typedef struct request {
    el4ml_basin_task *task;
    const size_t *minima;
    size_t count;
    target *targets;
    el4ml_region *regions;
    el4ml_volume *volumes;
    double *scratch; /* (2 n) */
} request;

static el4ml_status measure(request *q, el4ml_basins *r, el4ml_error *error)
{
    const el4ml_basin_options *o = q->task->options;
    const el4ml_volume_options options = {.seed = o->seed,
                                          .runs = o->runs,
                                          .samples = o->samples,
                                          .level = o->level,
                                          .deadline = q->task->deadline,
                                          .cancel = o->cancel,
                                          .progress = o->progress,
                                          .progress_context = o->context};
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; i < q->count && status == EL4ML_OK; i++)
        status = set_target(q->task, q->minima[i], &q->targets[i], &q->regions[i], error);
    for (size_t i = 0; i < q->task->n; i++)
        r->log_box_volume += log(o->high[i] - o->low[i]);
    r->box_invariant = el4ml_basin_box_invariant(q->task, q->scratch);
    if (status == EL4ML_OK)
        status = el4ml_region_volumes(q->task->pool, q->regions, q->count, &options, q->volumes, &r->time_up,
                                      error);
    if (status != EL4ML_OK) return status;
    for (size_t i = 0; i < q->count; i++) {
        r->basins[i] = basin(q->targets[i].record, q->minima[i], &q->volumes[i], r->box_invariant);
        r->samples += q->volumes[i].samples;
        r->failed += q->targets[i].failed;
        r->not_finite += q->targets[i].not_finite;
    }
    return el4ml_basin_finish(q->task, r, error);
}

el4ml_status el4ml_basin_volumes(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                 const size_t *minima, size_t count, const el4ml_basin_options *options,
                                 el4ml_basins *result, el4ml_error *error)
{
    *result = (el4ml_basins){0};
    if (!options->low)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "the volume of a basin may be infinite: give a box");
    if (surface->info.max_zero_modes > 0)
        return el4ml_fail(
            error, EL4ML_NOT_SUPPORTED,
            "minima of this surface are not isolated points (it has zero modes): measure all at once, "
            "from the initialiser or from points of the box");
    *result =
        (el4ml_basins){.box = true, .tethers = true, .level = options->level, .unseen = NAN, .count = count};
    el4ml_basin_task task;
    el4ml_status status = el4ml_basin_open(&task, surface, landscape, options, error);
    request q = {.task = &task,
                 .minima = minima,
                 .count = count,
                 .targets = EL4ML_NEW(target, count),
                 .regions = EL4ML_NEW(el4ml_region, count),
                 .volumes = EL4ML_NEW(el4ml_volume, count),
                 .scratch = EL4ML_NEW(double, 2 * surface->info.dimension)};
    result->basins = EL4ML_NEW(el4ml_basin, count);
    if (status == EL4ML_OK && (!q.targets || !q.regions || !q.volumes || !q.scratch || !result->basins))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "basin volumes: out of memory");
    if (status == EL4ML_OK) status = measure(&q, result, error);
    el4ml_release(q.targets);
    el4ml_release(q.regions);
    el4ml_release(q.volumes);
    el4ml_release(q.scratch);
    el4ml_basin_close(&task);
    if (status != EL4ML_OK) el4ml_basins_clear(result);
    return status;
}
