#include "insight/trainings.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "insight/way.h"
#include "run/pool.h"
#include "run/study_minimiser.h"

enum { BATCH = 32 };

static const uint64_t purpose_start = 0x747261696e, purpose_batches = 0x74726261746368;

typedef struct course {
    const el4ml_surface *surface;
    const el4ml_landscape *landscape;
    const el4ml_trainings_options *options;
    el4ml_trainings *result;
    size_t n, first;
    double *work; /* (BATCH, n) */
} course;

void el4ml_training_start(el4ml_evaluator *e, uint64_t seed, size_t k, double *x)
{
    el4ml_random random = el4ml_random_new(seed, purpose_start, k);
    el4ml_initialise(e, &random, x);
}

static bool fatal(el4ml_status status)
{
    return status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY;
}

static el4ml_cost spent(const el4ml_cost *before, const el4ml_cost *after)
{
    return (el4ml_cost){after->evaluations - before->evaluations,
                        after->hessian_products - before->hessian_products,
                        after->hessians - before->hessians, after->minimisations - before->minimisations};
}

/* Which minimum it is; one that the landscape does not hold is proved before it counts. */
static el4ml_status recognise(const course *c, el4ml_searcher *s, el4ml_stationary *point, size_t *index)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    el4ml_status status = el4ml_landscape_find(c->landscape, e, EL4ML_MINIMUM, point, index);
    if (status != EL4ML_OK || *index != EL4ML_NONE || !c->surface->info.second_derivatives) return status;
    size_t known;
    status = el4ml_search_proved_minimum(s, point->x, point, &known);
    return status == EL4ML_OK ? el4ml_landscape_find(c->landscape, e, EL4ML_MINIMUM, point, index) : status;
}

static el4ml_status line_rise(const course *c, el4ml_evaluator *e, const double *a, const double *b,
                              double *rise)
{
    el4ml_way way;
    const el4ml_status status = el4ml_straight_way(e, a, b, c->options->points, NULL, NULL, &way);
    if (status != EL4ML_OK) return status;
    *rise = way.rise;
    el4ml_way_clear(&way);
    return EL4ML_OK;
}

static el4ml_status train(void *context, size_t job, el4ml_searcher *s)
{
    course *c = context;
    const size_t k = c->first + job;
    el4ml_training *t = &c->result->each[k];
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    double *start = c->work + job * c->n;
    el4ml_stationary point = {.x = c->result->x + k * c->n};
    *t = (el4ml_training){.minimum = EL4ML_NONE, .start = NAN, .end = NAN, .rise = NAN};
    el4ml_training_start(e, c->options->seed, k, start);
    t->status = el4ml_value_gradient(e, start, &t->start, NULL);
    const el4ml_cost before = e->cost;
    el4ml_searcher_recognise(s, NULL, NULL);
    el4ml_searcher_random(s, el4ml_random_new(c->options->seed, purpose_batches, k));
    if (t->status == EL4ML_OK) t->status = el4ml_search_minimum(s, start, &point);
    t->cost = spent(&before, &e->cost);
    if (t->status == EL4ML_OK && !el4ml_inside(e, point.x)) t->status = EL4ML_NOT_CONVERGED;
    if (t->status == EL4ML_OK) t->status = recognise(c, s, &point, &t->minimum);
    if (t->status == EL4ML_OK) {
        t->end = point.energy;
        if (c->options->points > 0) t->status = line_rise(c, e, start, point.x, &t->rise);
    }
    return fatal(t->status) ? t->status : EL4ML_OK;
}

/* Number the minima that the landscape does not hold, equal ones alike. */
static el4ml_status number_strangers(const course *c, el4ml_evaluator *e)
{
    el4ml_trainings *r = c->result;
    const size_t known = el4ml_landscape_count(c->landscape, EL4ML_MINIMUM);
    for (size_t k = 0; k < r->count; k++) {
        el4ml_training *t = &r->each[k];
        if (t->status != EL4ML_OK || t->minimum != EL4ML_NONE) continue;
        for (size_t j = 0; j < k && t->minimum == EL4ML_NONE; j++) {
            const el4ml_training *other = &r->each[j];
            bool same = false;
            if (other->status != EL4ML_OK || other->minimum < known) continue;
            if (fabs(other->end - t->end) > 1e-9 * fmax(1, fabs(t->end))) continue;
            const el4ml_status status = el4ml_same(e, r->x + j * r->n, r->x + k * r->n, 1e-3, &same);
            if (status != EL4ML_OK) return status;
            if (same) t->minimum = other->minimum;
        }
        if (t->minimum == EL4ML_NONE) t->minimum = known + r->strangers++;
    }
    return EL4ML_OK;
}

static el4ml_status run(course *c, el4ml_pool *pool)
{
    el4ml_trainings *r = c->result;
    const double began = el4ml_clock(), limit = c->options->time_limit;
    if (limit > 0) el4ml_pool_set_deadline(pool, began + limit);
    while (r->count < c->options->count) {
        const size_t left = c->options->count - r->count;
        c->first = r->count;
        const el4ml_status status = el4ml_pool_run(pool, left < BATCH ? left : BATCH, train, c);
        const bool cancelled = c->options->cancel && *c->options->cancel;
        r->time_up = status == EL4ML_INTERRUPTED && !cancelled;
        if (r->time_up) break;
        if (status != EL4ML_OK) return status;
        r->count += left < BATCH ? left : BATCH;
    }
    el4ml_pool_set_deadline(pool, 0);
    return number_strangers(c, el4ml_searcher_evaluator(el4ml_pool_searcher(pool)));
}

el4ml_status el4ml_trainings_run(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                 const el4ml_study *study, const el4ml_trainings_options *options,
                                 el4ml_trainings *result, el4ml_error *error)
{
    const size_t n = surface->info.dimension;
    course c = {surface, landscape, options, result, n, 0, EL4ML_NEW(double, BATCH *n)};
    *result = (el4ml_trainings){
        .n = n, .each = EL4ML_NEW(el4ml_training, options->count), .x = EL4ML_NEW(double, options->count *n)};
    el4ml_search_options search = el4ml_search_options_default();
    el4ml_study_minimise(study, &search.minimise);
    el4ml_pool *pool = NULL;
    el4ml_status status = EL4ML_OK;
    if (!c.work || !result->each || !result->x)
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "trainings: out of memory");
    if (status == EL4ML_OK)
        status = el4ml_pool_new(surface, &search, options->threads, options->cancel, &pool, error);
    if (status == EL4ML_OK) {
        status = run(&c, pool);
        if (status != EL4ML_OK)
            el4ml_fail(error, status, status == EL4ML_INTERRUPTED ? "interrupted" : "trainings: %s",
                       el4ml_status_text(status));
    }
    el4ml_pool_free(pool);
    el4ml_release(c.work);
    return status;
}

void el4ml_trainings_clear(el4ml_trainings *t)
{
    el4ml_release(t->each);
    el4ml_release(t->x);
    *t = (el4ml_trainings){0};
}
