#include "run/session.h"

#include <math.h>

#include "base/memory.h"
#include "run/study_minimiser.h"

static size_t recognise(void *context, el4ml_evaluator *e, bool transition_state,
                        const el4ml_stationary *point)
{
    const el4ml_landscape *landscape = context;
    size_t index;
    const el4ml_species species = transition_state ? EL4ML_TRANSITION_STATE : EL4ML_MINIMUM;
    if (el4ml_landscape_find(landscape, e, species, point, &index) != EL4ML_OK) return EL4ML_UNKNOWN;
    return index == EL4ML_NONE ? EL4ML_UNKNOWN : index;
}

bool el4ml_session_cheap(const el4ml_session *s)
{
    const double flops = s->surface->info.evaluation_flops; /* 0: unknown */
    return flops > 0 && flops <= 1e6 && s->n <= 1000;
}

void el4ml_session_recognise(el4ml_session *s, el4ml_searcher *searcher)
{
    el4ml_searcher_recognise(searcher, recognise, s->landscape);
}

el4ml_status el4ml_session_open(el4ml_session *s, const el4ml_study *study, const el4ml_surface *surface,
                                const el4ml_data *data, el4ml_landscape *landscape,
                                const el4ml_run_options *options, el4ml_error *error)
{
    *s = (el4ml_session){.study = study,
                         .surface = surface,
                         .data = data,
                         .landscape = landscape,
                         .options = *options,
                         .n = surface->info.dimension,
                         .began = el4ml_clock()};
    s->last_commit = s->began;
    s->best = NAN;
    el4ml_search_options search = el4ml_search_options_default();
    el4ml_study_minimise(study, &search.minimise);
    el4ml_status status =
        el4ml_pool_new(surface, &search, options->threads, options->cancel, &s->pool, error);
    if (status == EL4ML_OK && options->time_limit > 0)
        el4ml_pool_set_deadline(s->pool, s->began + options->time_limit);
    if (status == EL4ML_OK && !el4ml_session_components(s))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "run: out of memory");
    if (status == EL4ML_OK) {
        const size_t count = el4ml_landscape_count(landscape, EL4ML_TRANSITION_STATE);
        for (size_t i = 0; i < count; i++) {
            const el4ml_record *r = el4ml_landscape_record(landscape, EL4ML_TRANSITION_STATE, i);
            const size_t a = el4ml_session_root(s, r->a), b = el4ml_session_root(s, r->b);
            if (a == b) continue;
            s->parent[a > b ? a : b] = a > b ? b : a;
            s->components--;
        }
    }
    if (status != EL4ML_OK) el4ml_session_close(s);
    return status;
}

void el4ml_session_close(el4ml_session *s)
{
    el4ml_pool_free(s->pool);
    el4ml_release(s->parent);
    s->pool = NULL;
    s->parent = NULL;
}

bool el4ml_session_components(el4ml_session *s)
{
    const size_t count = el4ml_landscape_count(s->landscape, EL4ML_MINIMUM);
    if (!el4ml_grow((void **)&s->parent, &s->parent_capacity, count + 1, sizeof *s->parent)) return false;
    for (; s->parent_count < count; s->parent_count++) {
        s->parent[s->parent_count] = s->parent_count;
        s->components++;
        const double energy =
            el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, s->parent_count)->point.energy;
        if (!(s->best <= energy)) s->best = energy;
    }
    return true;
}

size_t el4ml_session_root(el4ml_session *s, size_t i)
{
    while (s->parent[i] != i) {
        s->parent[i] = s->parent[s->parent[i]];
        i = s->parent[i];
    }
    return i;
}

/* From the unit of the standardised target to its own. */
static void in_own_unit(double scale, el4ml_metrics *m)
{
    m->loss *= scale * scale;
    m->log_density -= log(scale);
}

/* What a new minimum is worth on the training and test rows. Numbers of one target are in its own unit, and
 * so are those of each of several; the loss over all of them stays in their standardised one. */
static el4ml_status measure(el4ml_session *s, size_t index, el4ml_error *error)
{
    const el4ml_surface *surface = s->surface;
    if (!surface->ops.metrics || !s->data) return EL4ML_OK;
    el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(s->pool));
    const double *x = el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, index)->point.x;
    const el4ml_dataset *sets[2] = {&s->data->train, &s->data->test};
    el4ml_metrics metrics[2];
    for (int k = 0; k < 2; k++) {
        metrics[k] = el4ml_metrics_none();
        if (sets[k]->rows == 0) continue;
        if (surface->ops.metrics(surface->self, e->workspace, x, sets[k], &metrics[k]) != EL4ML_OK)
            metrics[k] = el4ml_metrics_none();
        else if (sets[k]->targets == 1)
            in_own_unit(s->data->target_scale[0], &metrics[k]);
    }
    el4ml_landscape_set_metrics(s->landscape, index, &metrics[0], &metrics[1]);
    return el4ml_session_targets(s, index, error);
}

el4ml_status el4ml_session_minimum(el4ml_session *s, const el4ml_stationary *point, size_t known,
                                   size_t *index, bool *fresh, el4ml_error *error)
{
    *fresh = false;
    *index = known;
    if (known != EL4ML_UNKNOWN) return EL4ML_OK;
    el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(s->pool));
    const el4ml_status status =
        el4ml_landscape_add(s->landscape, e, EL4ML_MINIMUM, point, 0, 0, index, fresh, error);
    if (status != EL4ML_OK) return status;
    if (*fresh && measure(s, *index, error) != EL4ML_OK) return EL4ML_OUT_OF_MEMORY;
    return el4ml_session_components(s) ? EL4ML_OK
                                       : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "run: out of memory");
}

el4ml_status el4ml_session_passage(el4ml_session *s, const el4ml_passage *p, bool *discovery,
                                   el4ml_error *error)
{
    el4ml_totals *totals = el4ml_landscape_totals(s->landscape);
    totals->passages++;
    size_t ts = p->known_ts, side[2];
    if (ts == EL4ML_UNKNOWN) {
        el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(s->pool));
        for (int k = 0; k < 2; k++) {
            bool fresh;
            const el4ml_status status =
                el4ml_session_minimum(s, &p->minimum[k], p->known_minimum[k], &side[k], &fresh, error);
            if (status != EL4ML_OK) return status;
            *discovery |= fresh;
        }
        bool fresh;
        const size_t a = side[0] < side[1] ? side[0] : side[1], b = side[0] < side[1] ? side[1] : side[0];
        const el4ml_status status =
            el4ml_landscape_add(s->landscape, e, EL4ML_TRANSITION_STATE, &p->ts, a, b, &ts, &fresh, error);
        if (status != EL4ML_OK) return status;
        *discovery |= fresh;
        if (fresh) {
            const size_t ra = el4ml_session_root(s, a), rb = el4ml_session_root(s, b);
            if (ra != rb) {
                s->parent[ra > rb ? ra : rb] = ra > rb ? rb : ra;
                s->components--;
            }
        }
    }
    el4ml_landscape_hit(s->landscape, EL4ML_TRANSITION_STATE, ts, 1);
    return EL4ML_OK;
}

el4ml_status el4ml_session_commit(el4ml_session *s, el4ml_phase phase, uint64_t done, uint64_t budget,
                                  bool *stop, el4ml_error *error)
{
    el4ml_totals *totals = el4ml_landscape_totals(s->landscape);
    const el4ml_cost cost = el4ml_pool_take_cost(s->pool);
    totals->evaluations += cost.evaluations;
    totals->hessian_products += cost.hessian_products;
    totals->hessians += cost.hessians;
    totals->minimisations += cost.minimisations;
    const double time = el4ml_clock();
    totals->seconds += time - s->last_commit;
    s->last_commit = time;
    const el4ml_status status = el4ml_landscape_commit(s->landscape, error);
    if (status != EL4ML_OK) return status;
    if (s->options.progress) {
        const el4ml_progress progress = {.phase = phase,
                                         .totals = totals,
                                         .done = done,
                                         .budget = budget,
                                         .minima = el4ml_landscape_count(s->landscape, EL4ML_MINIMUM),
                                         .transition_states =
                                             el4ml_landscape_count(s->landscape, EL4ML_TRANSITION_STATE),
                                         .components = s->components,
                                         .best = s->best,
                                         .seconds = time - s->began};
        s->options.progress(s->options.context, &progress);
    }
    *stop = s->options.time_limit > 0 && time - s->began >= s->options.time_limit;
    return EL4ML_OK;
}

el4ml_status el4ml_session_broken(el4ml_status status, el4ml_error *error)
{
    if (status == EL4ML_INTERRUPTED)
        return el4ml_fail(error, status, "interrupted; run the same command again to continue");
    return el4ml_fail(error, status, "a search failed: %s", el4ml_status_text(status));
}

el4ml_status el4ml_session_end(el4ml_session *s, el4ml_status status, bool *time_up)
{
    const el4ml_run_options *o = &s->options;
    const bool cancelled = o->cancel && *o->cancel;
    if (status == EL4ML_INTERRUPTED && !cancelled && o->time_limit > 0 &&
        el4ml_clock() >= s->began + o->time_limit) {
        *time_up = true;
        status = EL4ML_OK;
    }
    el4ml_session_close(s);
    return status;
}
