/* The surface handle and the evaluator: checks, counters and defaults around a surface's hooks. */
#include "el4ml/surface.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "surface/box.h"

el4ml_status el4ml_surface_new(const el4ml_surface_ops *ops, const el4ml_surface_info *info, void *self,
                               el4ml_surface **surface, el4ml_error *error)
{
    if (ops->struct_size != sizeof *ops)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "surface: built against another version of el4ml/surface.h");
    if (!ops->kind || !ops->value_gradient || !ops->hessian_vector || !ops->hessian || !ops->initialise)
        return el4ml_fail(
            error, EL4ML_INVALID_ARGUMENT,
            "surface: kind, value_gradient, hessian_vector, hessian and initialise are required");
    const int symmetry = (ops->align != NULL) + (ops->same != NULL) + (ops->multiplicity != NULL);
    if (symmetry != 0 && symmetry != 3)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "surface: align, same and multiplicity come together");
    const el4ml_surface_search *own = ops->search;
    if (own && (!own->minimise || !own->characterise || !own->unstable_mode || !own->descend || !own->flow ||
                !own->between || !own->from))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "surface: a search of its own must be complete");
    if (ops->batch_value_gradient && info->rows == 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "surface: batch_value_gradient needs rows");
    if (ops->predict && (info->outputs == 0 || info->prediction == EL4ML_PREDICTS_NOTHING))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "surface: predict needs outputs and prediction");
    if (info->dimension == 0 || info->dimension > INT32_MAX)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "surface: impossible dimension %zu",
                          info->dimension);
    const el4ml_status status = el4ml_box_check(info, error);
    if (status != EL4ML_OK) return status;
    el4ml_surface *made = EL4ML_NEW(el4ml_surface, 1);
    if (!made) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "surface: out of memory");
    made->ops = *ops;
    made->info = *info;
    if (!(made->info.length_scale > 0)) made->info.length_scale = 1;
    if (!(made->info.distance_tolerance > 0)) made->info.distance_tolerance = 1e-3;
    if (!ops->predict) {
        made->info.prediction = EL4ML_PREDICTS_NOTHING;
        made->info.outputs = 0;
    }
    made->self = self;
    *surface = made;
    return EL4ML_OK;
}

void el4ml_surface_free(el4ml_surface *surface)
{
    if (!surface) return;
    if (surface->ops.destroy) surface->ops.destroy(surface->self);
    el4ml_release(surface);
}

el4ml_status el4ml_evaluator_init(el4ml_evaluator *e, const el4ml_surface *surface, el4ml_error *error)
{
    *e = (el4ml_evaluator){.surface = surface, .n = surface->info.dimension};
    if (surface->ops.workspace_new) {
        e->workspace = surface->ops.workspace_new(surface->self);
        if (!e->workspace) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "surface workspace: out of memory");
    }
    return EL4ML_OK;
}

void el4ml_evaluator_clear(el4ml_evaluator *e)
{
    if (e->workspace && e->surface->ops.workspace_free) e->surface->ops.workspace_free(e->workspace);
    e->workspace = NULL;
}

/* A sum of x - x is 0 exactly when all are finite, NaN otherwise: one pass without branches. */
static bool all_finite(size_t n, const double *x)
{
    double sum[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += x[i + k] * 0.0;
    for (; i < n; i++)
        sum[0] += x[i] * 0.0;
    return (sum[0] + sum[1]) + (sum[2] + sum[3]) == 0.0;
}

static bool stopped(const el4ml_evaluator *e)
{
    return (e->cancel && *e->cancel) || (e->deadline > 0 && el4ml_clock() >= e->deadline);
}

el4ml_status el4ml_evaluator_count(el4ml_evaluator *e, uint64_t evaluations)
{
    e->cost.evaluations += evaluations;
    return stopped(e) ? EL4ML_INTERRUPTED : EL4ML_OK;
}

el4ml_status el4ml_value_gradient(el4ml_evaluator *e, const double *x, double *value, double *gradient)
{
    if (stopped(e)) return EL4ML_INTERRUPTED;
    e->cost.evaluations++;
    const el4ml_surface *s = e->surface;
    const el4ml_status status = s->ops.value_gradient(s->self, e->workspace, x, value, gradient);
    if (status != EL4ML_OK) return status;
    if (!isfinite(*value) || (gradient && !all_finite(e->n, gradient))) return EL4ML_NUMERICAL;
    return EL4ML_OK;
}

el4ml_status el4ml_batch_value_gradient(el4ml_evaluator *e, const double *x, size_t count, const size_t *rows,
                                        double *value, double *gradient)
{
    const el4ml_surface *s = e->surface;
    if (!s->ops.batch_value_gradient) return EL4ML_NOT_SUPPORTED;
    if (stopped(e)) return EL4ML_INTERRUPTED;
    e->batch_rows += count;
    e->cost.evaluations += e->batch_rows / s->info.rows;
    e->batch_rows %= s->info.rows;
    const el4ml_status status =
        s->ops.batch_value_gradient(s->self, e->workspace, x, count, rows, value, gradient);
    if (status != EL4ML_OK) return status;
    return isfinite(*value) && all_finite(e->n, gradient) ? EL4ML_OK : EL4ML_NUMERICAL;
}

el4ml_status el4ml_hessian_vector(el4ml_evaluator *e, const double *x, size_t count, const double *v,
                                  double *hv)
{
    if (stopped(e)) return EL4ML_INTERRUPTED;
    e->cost.hessian_products += count;
    const el4ml_surface *s = e->surface;
    const el4ml_status status = s->ops.hessian_vector(s->self, e->workspace, x, count, v, hv);
    if (status != EL4ML_OK) return status;
    return all_finite(count * e->n, hv) ? EL4ML_OK : EL4ML_NUMERICAL;
}

el4ml_status el4ml_hessian(el4ml_evaluator *e, const double *x, double *hessian)
{
    if (stopped(e)) return EL4ML_INTERRUPTED;
    e->cost.hessians++;
    const el4ml_surface *s = e->surface;
    const el4ml_status status = s->ops.hessian(s->self, e->workspace, x, hessian);
    if (status != EL4ML_OK) return status;
    return all_finite(e->n * e->n, hessian) ? EL4ML_OK : EL4ML_NUMERICAL;
}

size_t el4ml_zero_modes(el4ml_evaluator *e, const double *x, double *basis)
{
    const el4ml_surface *s = e->surface;
    return s->ops.zero_modes ? s->ops.zero_modes(s->self, e->workspace, x, basis) : 0;
}

el4ml_status el4ml_align(el4ml_evaluator *e, const double *fixed, const double *moving, uint64_t variant,
                         double *aligned, double *distance)
{
    const el4ml_surface *s = e->surface;
    if (s->ops.align) return s->ops.align(s->self, e->workspace, fixed, moving, variant, aligned, distance);
    el4ml_copy(e->n, moving, aligned);
    *distance = el4ml_distance(e->n, fixed, moving);
    return EL4ML_OK;
}

el4ml_status el4ml_same(el4ml_evaluator *e, const double *a, const double *b, double tolerance, bool *same)
{
    const el4ml_surface *s = e->surface;
    if (s->ops.same) return s->ops.same(s->self, e->workspace, a, b, tolerance, same);
    *same = el4ml_distance(e->n, a, b) <= tolerance;
    return EL4ML_OK;
}

el4ml_status el4ml_multiplicity(el4ml_evaluator *e, const double *x, double tolerance,
                                double *log_multiplicity, double *order)
{
    const el4ml_surface *s = e->surface;
    if (s->ops.multiplicity)
        return s->ops.multiplicity(s->self, e->workspace, x, tolerance, log_multiplicity, order);
    *log_multiplicity = 0;
    *order = 1;
    return EL4ML_OK;
}

void el4ml_initialise(el4ml_evaluator *e, el4ml_random *random, double *x)
{
    e->surface->ops.initialise(e->surface->self, e->workspace, random, x);
}

void el4ml_perturb(el4ml_evaluator *e, el4ml_random *random, double step, const double *x, double *y)
{
    const el4ml_surface *s = e->surface;
    if (s->ops.perturb) {
        s->ops.perturb(s->self, e->workspace, random, step, x, y);
        return;
    }
    for (size_t i = 0; i < e->n; i++)
        y[i] = x[i] + step * (2 * el4ml_random_uniform(random) - 1);
    el4ml_box_reflect(e, y);
}

bool el4ml_inside(const el4ml_evaluator *e, const double *x)
{
    const el4ml_surface *s = e->surface;
    return !s->ops.inside || s->ops.inside(s->self, x);
}

double el4ml_rounding_floor(el4ml_evaluator *e, const double *x)
{
    const el4ml_surface *s = e->surface;
    return s->ops.rounding_floor ? s->ops.rounding_floor(s->self, e->workspace, x) : 0;
}

el4ml_status el4ml_predict(el4ml_evaluator *e, const double *x, const el4ml_dataset *data, double *outputs)
{
    const el4ml_surface *s = e->surface;
    if (!s->ops.predict) return EL4ML_NOT_SUPPORTED;
    if (stopped(e)) return EL4ML_INTERRUPTED;
    const el4ml_status status = s->ops.predict(s->self, e->workspace, x, data, outputs);
    if (status != EL4ML_OK) return status;
    return all_finite(data->rows * s->info.outputs, outputs) ? EL4ML_OK : EL4ML_NUMERICAL;
}
