/* Several targets: the numbers of each, in its own unit. */
#include <math.h>

#include "base/memory.h"
#include "run/session.h"

static void fill(const el4ml_session *s, el4ml_evaluator *e, const double *x, const el4ml_dataset *set,
                 el4ml_target_metrics *targets)
{
    const el4ml_surface_ops *ops = &s->surface->ops;
    const bool good =
        set->rows > 0 && ops->target_metrics(s->surface->self, e->workspace, x, set, targets) == EL4ML_OK;
    for (size_t t = 0; t < s->data->train.targets; t++) {
        const double scale = s->data->target_scale[t];
        if (good)
            targets[t].loss *= scale * scale;
        else
            targets[t] = (el4ml_target_metrics){NAN, NAN};
    }
}

el4ml_status el4ml_session_targets(el4ml_session *s, size_t index, el4ml_error *error)
{
    const size_t count = s->data->train.targets;
    if (!s->surface->ops.target_metrics || count < 2) return EL4ML_OK;
    el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(s->pool));
    const double *x = el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, index)->point.x;
    el4ml_target_metrics *targets = EL4ML_NEW(el4ml_target_metrics, 2 * count);
    if (!targets) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "run: out of memory");
    fill(s, e, x, &s->data->train, targets);
    fill(s, e, x, &s->data->test, targets + count);
    el4ml_status status = el4ml_landscape_name_targets(s->landscape, count, s->data->target_names, error);
    if (status == EL4ML_OK)
        status = el4ml_landscape_set_target_metrics(s->landscape, index, targets, targets + count, error);
    el4ml_release(targets);
    return status;
}
