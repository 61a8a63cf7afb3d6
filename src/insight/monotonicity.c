/* From random starts to where training ends: does V fall all along the straight line? */
#include <math.h>

#include "base/memory.h"
#include "catchment/intervals.h"
#include "insight/lines.h"
#include "insight/trainings.h"
#include "insight/way.h"

void el4ml_monotonicity_clear(el4ml_monotonicity *r)
{
    el4ml_release(r->lines);
    el4ml_way_clear(&r->first);
    *r = (el4ml_monotonicity){0};
}

static el4ml_status draw_first(const el4ml_surface *surface, const el4ml_trainings *t, size_t k,
                               const el4ml_interpolation_options *o, el4ml_monotonicity *r)
{
    el4ml_evaluator e;
    double *x = EL4ML_NEW(double, t->n);
    el4ml_status status = x ? el4ml_evaluator_init(&e, surface, NULL) : EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_OK) {
        el4ml_training_start(&e, o->seed, k, x);
        status = el4ml_straight_way(&e, x, t->x + k * t->n, o->points, NULL, NULL, &r->first);
        el4ml_evaluator_clear(&e);
    }
    el4ml_release(x);
    return status;
}

static el4ml_status summarise(const el4ml_surface *surface, const el4ml_landscape *landscape,
                              const el4ml_trainings *t, const el4ml_interpolation_options *o,
                              el4ml_monotonicity *r)
{
    const size_t known = el4ml_landscape_count(landscape, EL4ML_MINIMUM);
    double *rises = EL4ML_NEW(double, t->count);
    r->lines = EL4ML_NEW(el4ml_descent_line, t->count);
    if (!rises || !r->lines) {
        el4ml_release(rises);
        return EL4ML_OUT_OF_MEMORY;
    }
    size_t first = EL4ML_NONE;
    r->count = t->count;
    for (size_t k = 0; k < t->count; k++) {
        const el4ml_training *from = &t->each[k];
        el4ml_descent_line *line = &r->lines[k];
        *line = (el4ml_descent_line){.converged = from->status == EL4ML_OK,
                                     .minimum = from->minimum < known ? from->minimum : EL4ML_NONE,
                                     .start = from->start,
                                     .end = from->end,
                                     .rise = from->rise,
                                     .cost = from->cost};
        if (!line->converged) continue;
        const double fall = line->start - line->end;
        line->monotonic = line->rise <= 1e-9 * fall;
        if (first == EL4ML_NONE) first = k;
        rises[r->converged++] = fall > 0 ? line->rise / fall : 0;
        r->monotonic += line->monotonic;
    }
    r->median_rise = el4ml_quantile(rises, r->converged, 0.5);
    r->largest_rise = el4ml_quantile(rises, r->converged, 1);
    el4ml_release(rises);
    if (r->converged == 0) return EL4ML_OK;
    r->share = (double)r->monotonic / (double)r->converged;
    el4ml_binomial_interval(r->monotonic, r->converged, o->level, &r->low, &r->high);
    return draw_first(surface, t, first, o, r);
}

el4ml_status el4ml_monotonicity_of(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                   const el4ml_study *study, const el4ml_interpolation_options *options,
                                   el4ml_monotonicity *r, el4ml_error *error)
{
    *r = (el4ml_monotonicity){.share = NAN,
                              .low = NAN,
                              .high = NAN,
                              .median_rise = NAN,
                              .largest_rise = NAN,
                              .level = options->level};
    r->first = el4ml_way_none();
    const el4ml_trainings_options o = {.count = options->starts,
                                       .points = options->points,
                                       .seed = options->seed,
                                       .threads = options->threads,
                                       .cancel = options->cancel};
    el4ml_trainings trainings = {0};
    el4ml_status status = el4ml_lines_check(surface, landscape, options, error);
    if (status == EL4ML_OK) status = el4ml_trainings_run(surface, landscape, study, &o, &trainings, error);
    if (status == EL4ML_OK) {
        status = summarise(surface, landscape, &trainings, options, r);
        if (status != EL4ML_OK) el4ml_fail(error, status, "interpolate: %s", el4ml_status_text(status));
    }
    el4ml_trainings_clear(&trainings);
    if (status != EL4ML_OK) el4ml_monotonicity_clear(r);
    return status;
}
