/* The minimisation is run twice: once to see how long it is, once to keep the points that are looked at. It
 * repeats itself to the last bit. */
#include "el4ml/trajectory.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "catchment/common.h"
#include "insight/trainings.h"
#include "run/study_minimiser.h"
#include "run/study_names.h"
#include "surface/box.h"

static const uint64_t purpose_batches = 0x7472616a;

el4ml_trace_options el4ml_trace_options_default(void)
{
    return (el4ml_trace_options){.points = 60, .seed = 1, .tolerance = 1e-3};
}

void el4ml_trace_clear(el4ml_trace *t)
{
    el4ml_release(t->points);
    el4ml_release(t->visits);
    *t = (el4ml_trace){0};
}

const char *el4ml_minimiser_name(el4ml_minimise_method method)
{
    return el4ml_minimiser_names[method];
}

const char *const *el4ml_minimiser_name_list(void)
{
    return el4ml_minimiser_names;
}

typedef struct tracing {
    el4ml_basin_task task;
    const el4ml_trace_options *options;
    el4ml_trace *t;
    size_t n;
    double *start, *end, *last; /* (n) */
    double *x;                  /* (points, n) those looked at */
    uint64_t step;              /* of the iterate to come */
    size_t next;                /* point to be kept */
    bool keep;
    double length;
} tracing;

static el4ml_status observe(void *context, const el4ml_iterate *iterate)
{
    tracing *r = context;
    el4ml_trace *t = r->t;
    if (r->step > 0) r->length += el4ml_distance(r->n, r->last, iterate->x);
    el4ml_copy(r->n, iterate->x, r->last);
    if (r->keep && r->next < t->count && t->points[r->next].step == r->step) {
        el4ml_trace_point *p = &t->points[r->next];
        p->evaluations = iterate->evaluations;
        p->descent = iterate->descent;
        p->length = r->length;
        el4ml_copy(r->n, iterate->x, r->x + r->next++ * r->n);
    }
    r->step++;
    return EL4ML_OK;
}

static bool fatal(el4ml_status status)
{
    return status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY;
}

static el4ml_status minimise(tracing *r, el4ml_minimiser *m)
{
    el4ml_minimise_result result;
    r->step = 0;
    r->length = 0;
    el4ml_minimiser_random(m, el4ml_random_new(r->options->seed, purpose_batches, r->options->start));
    r->t->status = el4ml_minimise(m, r->start, r->end, &result);
    return fatal(r->t->status) ? r->t->status : EL4ML_OK;
}

/* Step k of the wanted ones: the first and the last, and two series between them. */
static void choose_steps(tracing *r)
{
    el4ml_trace *t = r->t;
    const size_t wanted = r->options->points;
    const uint64_t last = t->steps - 1;
    bool all = t->steps <= wanted;
    t->count = 0;
    uint64_t even = 0, log_step = 0;
    for (size_t k = 0, j = 0; t->count < wanted && (all ? k <= last : true);) {
        uint64_t step;
        if (all) {
            step = k++;
        } else { /* merge both series, without repetition */
            const double half = (double)(wanted / 2);
            even = (uint64_t)llround((double)last * (double)k / half);
            log_step = (uint64_t)llround(exp(log((double)last + 1) * (double)(j + 1) / (half + 1))) - 1;
            if (j >= wanted / 2 || even <= log_step) {
                step = even;
                k++;
            } else {
                step = log_step;
                j++;
            }
            if (step > last) break;
        }
        if (t->count > 0 && t->points[t->count - 1].step >= step) continue;
        t->points[t->count++].step = step;
    }
    if (t->points[t->count - 1].step != last) {
        if (t->count < wanted) t->count++;
        t->points[t->count - 1].step = last;
    }
}

static el4ml_status follow(tracing *r, const el4ml_study *study, el4ml_error *error)
{
    el4ml_minimise_options o = el4ml_minimise_options_default();
    el4ml_evaluator e;
    el4ml_minimiser *m = NULL;
    if (study->minimiser == r->t->method) el4ml_study_minimise(study, &o);
    o.method = r->t->method;
    el4ml_status status = el4ml_evaluator_init(&e, r->task.surface, error);
    if (status != EL4ML_OK) return status;
    e.cancel = r->options->cancel;
    status = el4ml_minimiser_new(&e, &o, &m, error);
    if (status == EL4ML_OK) {
        el4ml_training_start(&e, r->options->seed, (size_t)r->options->start, r->start);
        el4ml_minimiser_observe(m, observe, r);
        status = minimise(r, m);
        r->t->steps = r->step;
        r->t->length = r->length;
        if (status == EL4ML_OK) choose_steps(r);
        r->keep = true;
        if (status == EL4ML_OK) status = minimise(r, m);
        if (status != EL4ML_OK)
            el4ml_fail(error, status, status == EL4ML_INTERRUPTED ? "interrupted" : "trajectory: %s",
                       el4ml_status_text(status));
    }
    el4ml_minimiser_free(m);
    el4ml_evaluator_clear(&e);
    return status;
}

/* V and the basin of point k. */
static el4ml_status look(void *context, size_t k, el4ml_searcher *searcher)
{
    tracing *r = context;
    el4ml_trace_point *p = &r->t->points[k];
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    double *x = r->x + k * r->n, *gradient = EL4ML_NEW(double, 2 * r->n);
    if (!gradient) return EL4ML_OUT_OF_MEMORY;
    el4ml_stationary end = {.x = gradient + r->n};
    el4ml_status status = el4ml_value_gradient(e, x, &p->value, gradient);
    if (status == EL4ML_OK) p->gradient_rms = el4ml_projected_rms(e, x, gradient);
    p->distance = el4ml_distance(r->n, x, r->end);
    p->x[0] = x[0];
    p->x[1] = r->n > 1 ? x[1] : 0;
    p->bottom = NAN;
    p->minimum = EL4ML_NONE;
    el4ml_copy(r->n, x, end.x);
    if (status == EL4ML_OK) status = el4ml_basin_of(&r->task, searcher, &end, &p->minimum);
    p->fell = status == EL4ML_OK;
    if (p->fell) p->bottom = end.energy;
    el4ml_release(gradient);
    return fatal(status) ? status : EL4ML_OK;
}

static bool same_basin(const el4ml_trace_point *a, const el4ml_trace_point *b)
{
    if (a->fell != b->fell || a->minimum != b->minimum) return false;
    return !a->fell || a->minimum != EL4ML_NONE ||
           fabs(a->bottom - b->bottom) <= 1e-9 * fmax(1, fabs(a->bottom));
}

static el4ml_status sum_up(tracing *r)
{
    el4ml_trace *t = r->t;
    double lowest = INFINITY;
    t->visits = EL4ML_NEW(el4ml_visit, t->count);
    if (!t->visits) return EL4ML_OUT_OF_MEMORY;
    for (size_t k = 0; k < t->count; k++) {
        const el4ml_trace_point *p = &t->points[k];
        lowest = fmin(lowest, p->value);
        t->rise = fmax(t->rise, p->value - lowest);
        if (k > 0 && same_basin(p, p - 1))
            t->visits[t->visit_count - 1].count++;
        else
            t->visits[t->visit_count++] = (el4ml_visit){k, 1, p->minimum, p->bottom};
    }
    for (size_t v = 0; v < t->visit_count; v++) {
        bool before = !t->points[t->visits[v].first].fell;
        for (size_t w = 0; w < v && !before; w++)
            before = same_basin(&t->points[t->visits[w].first], &t->points[t->visits[v].first]);
        t->basins += !before;
    }
    t->direct = el4ml_distance(r->n, r->start, r->end);
    t->kept = t->points[0].fell && same_basin(&t->points[0], &t->points[t->count - 1]);
    return EL4ML_OK;
}

static el4ml_status trace(tracing *r, const el4ml_study *study, el4ml_error *error)
{
    const size_t n = r->n;
    el4ml_trace *t = r->t;
    bool time_up;
    r->start = EL4ML_NEW(double, 3 * n);
    r->x = EL4ML_NEW(double, r->options->points *n);
    t->points = EL4ML_NEW(el4ml_trace_point, r->options->points);
    if (!r->start || !r->x || !t->points)
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "trajectory: out of memory");
    r->end = r->start + n;
    r->last = r->end + n;
    el4ml_status status = follow(r, study, error);
    if (status == EL4ML_OK) status = el4ml_basin_run(&r->task, t->count, look, r, &time_up, error);
    if (status != EL4ML_OK) return status;
    status = sum_up(r);
    return status == EL4ML_OK ? EL4ML_OK : el4ml_fail(error, status, "trajectory: out of memory");
}

el4ml_status el4ml_trace_minimiser(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                   const el4ml_study *study, el4ml_minimise_method method,
                                   const el4ml_trace_options *options, el4ml_trace *t, el4ml_error *error)
{
    *t = (el4ml_trace){.method = method, .start = options->start};
    if (options->points < 2 || (unsigned)method > EL4ML_SAM)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "trajectory: options out of range");
    el4ml_basin_options basins = el4ml_basin_options_default();
    basins.tolerance = options->tolerance;
    basins.threads = options->threads;
    basins.cancel = options->cancel;
    tracing r = {.options = options, .t = t, .n = surface->info.dimension};
    el4ml_status status = el4ml_basin_open(&r.task, surface, landscape, &basins, error);
    if (status == EL4ML_OK) status = trace(&r, study, error);
    el4ml_basin_close(&r.task);
    el4ml_release(r.start);
    el4ml_release(r.x);
    if (status != EL4ML_OK) el4ml_trace_clear(t);
    return status;
}
