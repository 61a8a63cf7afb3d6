/* Independent starts, all minima at once. The numbers of a start are keyed by its number and results are
 * merged in that order, so that any number of threads gives the same. */
#include <math.h>
#include <stdlib.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "catchment/common.h"
#include "catchment/intervals.h"

static const uint64_t purpose_start = 0x6261736e, purpose_batches = 0x6261746368; /* of the random numbers */

#define JOBS 64 /* of a batch */

typedef enum fate { FELL, FAILED, NOT_FINITE } fate;

typedef struct fall {
    fate fate;
    size_t minimum; /* in the landscape, or EL4ML_NONE */
    double energy;
    bool misassigned;
    double *x; /* (n) of a minimum that is not in the landscape; owned */
} fall;

/* A minimum that is not in the landscape. */
typedef struct stranger {
    double energy, *x;
    uint64_t hits;
} stranger;

typedef struct survey {
    el4ml_basin_task *task;
    size_t n, each;        /* starts of a job */
    uint64_t first, count; /* of the batch */
    fall *falls;           /* (JOBS, each) */
    double *work;          /* (JOBS, 3 n) */
    uint64_t *hits;        /* (minima of the landscape) */
    stranger *strangers;
    size_t stranger_count, stranger_capacity;
    el4ml_basins *result;
} survey;

static void start(const survey *s, uint64_t number, el4ml_evaluator *e, double *x)
{
    const el4ml_basin_options *o = s->task->options;
    el4ml_random random = el4ml_random_new(o->seed, purpose_start, number);
    if (!o->low) {
        el4ml_initialise(e, &random, x);
        return;
    }
    for (size_t i = 0; i < s->n; i++)
        x[i] = o->low[i] + (o->high[i] - o->low[i]) * el4ml_random_uniform(&random);
}

static bool fatal(el4ml_status status)
{
    return status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY;
}

/* Does the minimiser bring the start x somewhere else than where its path led? */
static el4ml_status compare(const survey *s, el4ml_searcher *searcher, uint64_t number, const double *x,
                            const el4ml_stationary *point, double *other, fall *f)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    el4ml_stationary found = {.x = other};
    size_t index;
    el4ml_searcher_random(searcher, el4ml_random_new(s->task->options->seed, purpose_batches, number));
    el4ml_status status = el4ml_search_minimum(searcher, x, &found);
    if (fatal(status)) return status;
    f->misassigned = status != EL4ML_OK || !el4ml_inside(e, other);
    if (f->misassigned) return EL4ML_OK;
    status = el4ml_landscape_find(s->task->landscape, e, EL4ML_MINIMUM, &found, &index);
    if (status != EL4ML_OK) return fatal(status) ? status : EL4ML_OK;
    f->misassigned = index != f->minimum;
    if (index != EL4ML_NONE || f->minimum != EL4ML_NONE) return EL4ML_OK;
    bool same = false;
    status = el4ml_same(e, point->x, other, 1e-3, &same);
    f->misassigned = !same;
    return fatal(status) ? status : EL4ML_OK;
}

static el4ml_status follow(survey *s, el4ml_searcher *searcher, uint64_t number, double *work, fall *f)
{
    double *x = work, *end = work + s->n, *other = end + s->n;
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    el4ml_stationary point = {.x = end};
    start(s, number, e, x);
    el4ml_copy(s->n, x, end);
    const el4ml_status status = el4ml_basin_of(s->task, searcher, &point, &f->minimum);
    if (fatal(status)) return status;
    f->fate = status == EL4ML_OK ? FELL : status == EL4ML_NUMERICAL ? NOT_FINITE : FAILED;
    if (f->fate != FELL) return EL4ML_OK;
    f->energy = point.energy;
    if (f->minimum == EL4ML_NONE) {
        f->x = EL4ML_NEW(double, s->n);
        if (!f->x) return EL4ML_OUT_OF_MEMORY;
        el4ml_copy(s->n, point.x, f->x);
    }
    return s->task->options->compare ? compare(s, searcher, number, x, &point, other, f) : EL4ML_OK;
}

static el4ml_status survey_job(void *context, size_t job, el4ml_searcher *searcher)
{
    survey *s = context;
    for (size_t k = 0; k < s->each; k++) {
        const uint64_t number = job * s->each + k;
        if (number >= s->count) return EL4ML_OK;
        const el4ml_status status =
            follow(s, searcher, s->first + number, s->work + job * 3 * s->n, &s->falls[number]);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* Takes f->x over. */
static el4ml_status add_stranger(survey *s, fall *f)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(s->task->pool));
    s->result->unknown_hits++;
    for (size_t k = 0; k < s->stranger_count; k++) {
        stranger *known = &s->strangers[k];
        bool same = false;
        if (fabs(known->energy - f->energy) > 1e-9 * fmax(1, fabs(f->energy))) continue;
        const el4ml_status status = el4ml_same(e, known->x, f->x, 1e-3, &same);
        if (status != EL4ML_OK) return status;
        if (!same) continue;
        known->hits++;
        return EL4ML_OK;
    }
    if (!el4ml_grow((void **)&s->strangers, &s->stranger_capacity, s->stranger_count + 1,
                    sizeof *s->strangers))
        return EL4ML_OUT_OF_MEMORY;
    s->strangers[s->stranger_count++] = (stranger){.energy = f->energy, .x = f->x, .hits = 1};
    f->x = NULL;
    return EL4ML_OK;
}

static void forget(survey *s)
{
    for (size_t k = 0; k < JOBS * s->each; k++) {
        el4ml_release(s->falls[k].x);
        s->falls[k] = (fall){0};
    }
}

static el4ml_status merge(survey *s)
{
    el4ml_basins *r = s->result;
    for (uint64_t k = 0; k < s->count; k++) {
        fall *f = &s->falls[k];
        r->samples++;
        r->failed += f->fate != FELL;
        r->not_finite += f->fate == NOT_FINITE;
        r->misassigned += f->misassigned;
        if (f->fate != FELL) continue;
        if (f->minimum != EL4ML_NONE) {
            s->hits[f->minimum]++;
            continue;
        }
        const el4ml_status status = add_stranger(s, f);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

static el4ml_status all_starts(survey *s, el4ml_error *error)
{
    const el4ml_basin_options *o = s->task->options;
    bool time_up = false;
    while (s->result->samples < o->samples && !time_up) {
        const uint64_t left = o->samples - s->result->samples, most = JOBS * s->each;
        s->first = s->result->samples;
        s->count = left < most ? left : most;
        el4ml_status status = el4ml_basin_run(s->task, JOBS, survey_job, s, &time_up, error);
        if (status != EL4ML_OK) return status;
        if (time_up) break;
        status = merge(s);
        forget(s);
        if (status != EL4ML_OK)
            return el4ml_fail(error, status, "basin volumes: %s", el4ml_status_text(status));
        if (o->progress) o->progress(o->context, s->result->samples, o->samples);
    }
    s->result->time_up = time_up;
    return EL4ML_OK;
}

/* ---- The answer ---- */

static void set_volume(const survey *s, const el4ml_record *record, el4ml_basin *b)
{
    const el4ml_basins *r = s->result;
    if (!r->box || b->hits == 0) return;
    b->log_orbit_volume = r->log_box_volume + log(b->probability);
    b->standard_error = sqrt((1 - b->probability) / (double)b->hits);
    if (!r->box_invariant || !record || record->point.flagged) return;
    const double images = record->point.log_multiplicity;
    b->log_volume = b->log_orbit_volume - images;
    b->log_volume_low = r->log_box_volume + log(b->low) - images;
    b->log_volume_high = r->log_box_volume + log(b->high) - images;
}

static el4ml_basin basin(const survey *s, const el4ml_record *record, size_t minimum, double energy,
                         uint64_t hits)
{
    const uint64_t starts = s->result->samples;
    el4ml_basin b = {.minimum = minimum,
                     .energy = energy,
                     .hits = hits,
                     .log_volume = NAN,
                     .standard_error = NAN,
                     .log_volume_low = NAN,
                     .log_volume_high = NAN,
                     .log_orbit_volume = NAN,
                     .log_product = record ? record->point.log_product : NAN,
                     .harmonic = NAN,
                     .acceptance = NAN,
                     .exchange = NAN,
                     .drift = NAN,
                     .probability = starts ? (double)hits / (double)starts : NAN,
                     .high = 1,
                     .measured = starts > 0,
                     .converged = starts > 0};
    if (starts) el4ml_binomial_interval(hits, starts, s->result->level, &b.low, &b.high);
    if (record && !record->point.flagged)
        b.harmonic = record->point.log_multiplicity - 0.5 * record->point.log_product;
    set_volume(s, record, &b);
    return b;
}

static int most_hit_first(const void *a, const void *b)
{
    const stranger *x = a, *y = b;
    if (x->hits != y->hits) return x->hits < y->hits ? 1 : -1;
    return (x->energy > y->energy) - (x->energy < y->energy);
}

static el4ml_status conclude(survey *s, el4ml_error *error)
{
    el4ml_basins *r = s->result;
    const size_t known = el4ml_landscape_count(s->task->landscape, EL4ML_MINIMUM);
    r->count = known + s->stranger_count;
    r->basins = EL4ML_NEW(el4ml_basin, r->count);
    if (!r->basins) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "basin volumes: out of memory");
    size_t once = 0;
    for (size_t i = 0; i < known; i++) {
        const el4ml_record *record = el4ml_landscape_record(s->task->landscape, EL4ML_MINIMUM, i);
        r->basins[i] = basin(s, record, i, record->point.energy, s->hits[i]);
        once += s->hits[i] == 1;
    }
    if (s->stranger_count > 0) qsort(s->strangers, s->stranger_count, sizeof *s->strangers, most_hit_first);
    for (size_t k = 0; k < s->stranger_count; k++) {
        const stranger *u = &s->strangers[k];
        r->basins[known + k] = basin(s, NULL, EL4ML_NONE, u->energy, u->hits);
        once += u->hits == 1;
    }
    r->unseen = r->samples ? fmin(1, ((double)once + 1) / (double)r->samples) : 1;
    return el4ml_basin_finish(s->task, r, error);
}

static el4ml_status measure(survey *s, el4ml_error *error)
{
    const size_t known = el4ml_landscape_count(s->task->landscape, EL4ML_MINIMUM);
    const el4ml_basin_options *o = s->task->options;
    el4ml_basins *r = s->result;
    s->falls = EL4ML_NEW(fall, JOBS * s->each);
    s->work = EL4ML_NEW(double, JOBS * 3 * s->n);
    s->hits = EL4ML_NEW(uint64_t, known);
    if (!s->falls || !s->work || !s->hits)
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "basin volumes: out of memory");
    for (size_t i = 0; r->box && i < s->n; i++)
        r->log_box_volume += log(o->high[i] - o->low[i]);
    r->box_invariant = r->box && el4ml_basin_box_invariant(s->task, s->work);
    const el4ml_status status = all_starts(s, error);
    return status == EL4ML_OK ? conclude(s, error) : status;
}

el4ml_status el4ml_basin_probabilities(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                       const el4ml_basin_options *options, el4ml_basins *result,
                                       el4ml_error *error)
{
    *result = (el4ml_basins){.box = options->low != NULL,
                             .log_box_volume = options->low ? 0 : NAN,
                             .level = options->level,
                             .compared = options->compare};
    const size_t n = surface->info.dimension;
    el4ml_basin_task task;
    survey s = {.task = &task, .n = n, .each = n > 1000 ? 1 : n > 60 ? 1000 / n : 16, .result = result};
    el4ml_status status = el4ml_basin_open(&task, surface, landscape, options, error);
    if (status == EL4ML_OK) status = measure(&s, error);
    if (s.falls) forget(&s);
    for (size_t k = 0; k < s.stranger_count; k++)
        el4ml_release(s.strangers[k].x);
    el4ml_release(s.strangers);
    el4ml_release(s.falls);
    el4ml_release(s.work);
    el4ml_release(s.hits);
    el4ml_basin_close(&task);
    if (status != EL4ML_OK) el4ml_basins_clear(result);
    return status;
}
