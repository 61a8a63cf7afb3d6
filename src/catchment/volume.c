#include "catchment/volume.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "catchment/intervals.h"
#include "catchment/multistate.h"
#include "catchment/walk.h"

#define FEWEST_SWEEPS 40
#define BATCHES 20 /* that production is cut into, for progress and for the deadline */
#define GROUP 32   /* regions at a time, so that memory does not grow with their number */

typedef struct measurement {
    const el4ml_volume_options *options;
    size_t first, count, total; /* regions of this group, of all */
    uint64_t before;            /* points of the groups before */
    el4ml_walk *walks;          /* (count) */
    el4ml_status *failure;      /* (count): NOT_CONVERGED in the pilot */
    size_t n;
    double *work;   /* (count, runs, 2 n): trial and direction of each job */
    uint64_t batch; /* of production */
} measurement;

static el4ml_tethered tethered(const measurement *m, size_t job, el4ml_searcher *searcher)
{
    double *work = m->work + job * 2 * m->n;
    return (el4ml_tethered){.searcher = searcher, .trial = work, .direction = work + m->n};
}

static bool outward(const measurement *m, size_t region)
{
    return m->failure[region] == EL4ML_OK && m->walks[region].stage != EL4ML_WALK_READY;
}

static el4ml_status pilot_job(void *context, size_t job, el4ml_searcher *searcher)
{
    measurement *m = context;
    const size_t region = job / m->options->runs, run = job % m->options->runs;
    if (!outward(m, region)) return EL4ML_OK;
    el4ml_tethered t = tethered(m, job, searcher);
    return el4ml_walk_pilot(&m->walks[region], run, &t);
}

/* Batch `batch` of the sweeps of a walk: from its first to before the next one's first. */
static uint64_t first_of(const el4ml_walk *w, uint64_t batch)
{
    return w->sweeps * batch / BATCHES;
}

static el4ml_status sweep_job(void *context, size_t job, el4ml_searcher *searcher)
{
    measurement *m = context;
    const size_t region = job / m->options->runs, run = job % m->options->runs;
    el4ml_walk *w = &m->walks[region];
    if (m->failure[region] != EL4ML_OK) return EL4ML_OK;
    el4ml_tethered t = tethered(m, job, searcher);
    el4ml_status status = EL4ML_OK;
    for (uint64_t s = first_of(w, m->batch); s < first_of(w, m->batch + 1) && status == EL4ML_OK; s++)
        status = el4ml_walk_sweep(w, run, s, &t);
    return status;
}

static void report(const measurement *m, uint64_t batches)
{
    uint64_t done = 0, all = 0;
    for (size_t i = 0; i < m->count; i++) {
        const el4ml_walk *w = &m->walks[i];
        all += w->sweeps * w->levels * w->runs;
        done += first_of(w, batches) * w->levels * w->runs;
    }
    const size_t later = m->total - m->first - m->count; /* regions, about like these */
    all += m->before + (uint64_t)((double)all / (double)m->count * (double)later);
    if (m->options->progress) m->options->progress(m->options->progress_context, m->before + done, all);
}

static bool late(const measurement *m)
{
    return m->options->deadline > 0 && el4ml_clock() >= m->options->deadline;
}

/* A batch. *time_up: only the deadline interrupted it. */
static el4ml_status run(measurement *m, el4ml_pool *pool, el4ml_job job, bool *time_up)
{
    const volatile bool *cancel = m->options->cancel;
    const el4ml_status status = el4ml_pool_run(pool, m->count * m->options->runs, job, m);
    *time_up = status == EL4ML_INTERRUPTED && late(m) && !(cancel && *cancel);
    return *time_up ? EL4ML_OK : status;
}

static el4ml_status make_ladders(measurement *m, el4ml_pool *pool, bool *time_up)
{
    for (bool more = true; more && !*time_up;) {
        el4ml_status status = run(m, pool, pilot_job, time_up);
        if (status != EL4ML_OK || *time_up) return status;
        more = false;
        for (size_t i = 0; i < m->count; i++) {
            if (!outward(m, i)) continue;
            status = el4ml_walk_decide(&m->walks[i]);
            if (status == EL4ML_OUT_OF_MEMORY) return status;
            m->failure[i] = status;
            more = more || outward(m, i);
        }
        report(m, 0);
    }
    return EL4ML_OK;
}

/* *batches: how many were done. */
static el4ml_status sample(measurement *m, el4ml_pool *pool, uint64_t *batches, bool *time_up)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->failure[i] != EL4ML_OK) continue;
        const uint64_t each = m->options->runs * m->walks[i].levels;
        const uint64_t sweeps = (m->options->samples + each - 1) / each;
        const el4ml_status status =
            el4ml_walk_begin(&m->walks[i], sweeps > FEWEST_SWEEPS ? sweeps : FEWEST_SWEEPS);
        if (status != EL4ML_OK) return status;
    }
    for (m->batch = 0; m->batch < BATCHES; m->batch++) {
        const el4ml_status status = run(m, pool, sweep_job, time_up);
        if (status != EL4ML_OK) return status;
        if (*time_up) break;
        report(m, m->batch + 1);
    }
    *batches = m->batch;
    return EL4ML_OK;
}

/* ---- What the samples say ---- */

/* ln of the ratio of the volume to the integral under the first tether, from `count` samples of each level
 * from `first` on. scratch: (levels, count) and (levels). */
static el4ml_status log_ratio(const el4ml_walk *w, size_t run, uint64_t first, uint64_t count,
                              double *scratch, double *ratio)
{
    const uint64_t kept = w->sweeps - w->burn_in;
    double *log_z = scratch + w->levels * count;
    for (size_t level = 0; level < w->levels; level++)
        el4ml_copy(count, w->run[run].u + level * kept + first, scratch + level * count);
    return el4ml_multistate(w->levels, count, w->k, scratch, log_z, 0, ratio);
}

/* One tether, none: points drawn one by one. */
static void direct(const el4ml_walk *w, double level, el4ml_volume *v)
{
    uint64_t attempts = 0, drawn = 0;
    for (size_t r = 0; r < w->runs; r++) {
        attempts += w->run[r].attempts;
        drawn += w->run[r].drawn;
    }
    const double box = el4ml_tether_box_integral(w->region, 0), p = (double)drawn / (double)attempts;
    el4ml_binomial_interval(drawn, attempts, level, &v->low, &v->high);
    v->log_volume = box + log(p);
    v->standard_error = sqrt((1 - p) / (double)drawn);
    v->low = box + log(v->low);
    v->high = box + log(v->high);
    v->samples = attempts;
    v->measured = v->converged = drawn > 0;
}

static double mean_of(size_t count, const double *x, double *error)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        mean += x[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    *error = sqrt(squares / (double)(count * (count - 1)));
    return mean;
}

static void exchanges(const el4ml_walk *w, el4ml_volume *v)
{
    v->exchange = INFINITY;
    for (size_t level = 0; level + 1 < w->levels; level++) {
        uint64_t tried = 0, exchanged = 0;
        for (size_t r = 0; r < w->runs; r++) {
            tried += w->run[r].tried[level];
            exchanged += w->run[r].exchanged[level];
        }
        v->exchange = fmin(v->exchange, (double)exchanged / (double)tried);
    }
}

/* Student's t of the runs that began too far out against those that began too far in. */
static double drift(size_t runs, const double *each)
{
    double mean[2] = {0, 0}, squares[2] = {0, 0}, count[2] = {0, 0};
    for (size_t r = 0; r < runs; r++) {
        mean[r % 2] += each[r];
        count[r % 2]++;
    }
    for (int k = 0; k < 2; k++)
        mean[k] /= count[k];
    for (size_t r = 0; r < runs; r++)
        squares[r % 2] += (each[r] - mean[r % 2]) * (each[r] - mean[r % 2]);
    const double variance = (squares[0] + squares[1]) / (count[0] + count[1] - 2);
    return (mean[1] - mean[0]) / sqrt(variance * (1 / count[0] + 1 / count[1]));
}

/* The same without the part of its bias that falls with the number of samples: from the whole and from both
 * halves (Quenouille, Biometrika 43, 353, 1956). */
static el4ml_status unbiased_ratio(const el4ml_walk *w, size_t run, uint64_t kept, double *scratch,
                                   double *ratio)
{
    double whole, half[2];
    el4ml_status status = log_ratio(w, run, 0, kept, scratch, &whole);
    for (uint64_t k = 0; k < 2 && status == EL4ML_OK; k++)
        status = log_ratio(w, run, k * (kept - kept / 2), kept / 2, scratch, &half[k]);
    if (status == EL4ML_OK) *ratio = 2 * whole - 0.5 * (half[0] + half[1]);
    return status;
}

/* Each run by itself; their scatter is the error. */
static el4ml_status by_runs(const el4ml_walk *w, uint64_t kept, double level, double *scratch,
                            el4ml_volume *v)
{
    double *each = scratch + w->levels * (kept + 1);
    const double box = el4ml_tether_box_integral(w->region, w->k[0]);
    for (size_t r = 0; r < w->runs; r++) {
        const el4ml_walk_run *run = &w->run[r];
        const el4ml_status status = unbiased_ratio(w, r, kept, scratch, &each[r]);
        if (status != EL4ML_OK) return status;
        /* drawn until `drawn` were inside: this ratio has no bias */
        each[r] += box + log((double)(run->drawn - 1) / (double)(run->attempts - 1));
    }
    v->log_volume = mean_of(w->runs, each, &v->standard_error);
    v->drift = drift(w->runs, each);
    /* half of the difference between the two halves is what the mean may be off by */
    v->standard_error *= fmax(1, fabs(v->drift));
    const double margin = el4ml_student_quantile((double)(w->runs - 1), level) * v->standard_error;
    v->low = v->log_volume - margin;
    v->high = v->log_volume + margin;
    v->samples = kept * w->levels * w->runs;
    exchanges(w, v);
    v->measured = true;
    v->converged = kept >= FEWEST_SWEEPS / 2 && fabs(v->drift) < 3 && v->exchange > 0.05;
    return EL4ML_OK;
}

static el4ml_status conclude(const measurement *m, size_t region, uint64_t batches, el4ml_volume *v)
{
    const el4ml_walk *w = &m->walks[region];
    *v = (el4ml_volume){.tethers = w->levels, .drift = NAN, .exchange = NAN};
    v->log_volume = v->standard_error = v->low = v->high = NAN;
    for (size_t r = 0; r < w->runs; r++) {
        v->tests += w->run[r].tally.tests;
        v->inside += w->run[r].tally.inside;
    }
    const uint64_t done = first_of(w, batches), kept = done > w->burn_in ? done - w->burn_in : 0;
    if (m->failure[region] != EL4ML_OK || kept < 4) return EL4ML_OK;
    if (w->levels == 1) {
        direct(w, m->options->level, v);
        return EL4ML_OK;
    }
    double *scratch = EL4ML_NEW(double, w->levels *(kept + 1) + w->runs);
    if (!scratch) return EL4ML_OUT_OF_MEMORY;
    const el4ml_status status = by_runs(w, kept, m->options->level, scratch, v);
    el4ml_release(scratch);
    return status == EL4ML_NUMERICAL ? EL4ML_OK : status; /* no overlap: not measured */
}

static el4ml_status measure(measurement *m, el4ml_pool *pool, const el4ml_region *regions,
                            el4ml_volume *volumes, bool *time_up)
{
    uint64_t batches = 0;
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; i < m->count && status == EL4ML_OK; i++) {
        m->failure[i] = EL4ML_OK;
        status = el4ml_walk_init(&m->walks[i], &regions[i], m->first + i, m->options->runs, m->options->seed);
    }
    if (status == EL4ML_OK && !*time_up) status = make_ladders(m, pool, time_up);
    if (status == EL4ML_OK && !*time_up) status = sample(m, pool, &batches, time_up);
    for (size_t i = 0; i < m->count && status == EL4ML_OK; i++) {
        status = conclude(m, i, batches, &volumes[i]);
        m->before += volumes[i].samples;
    }
    for (size_t i = 0; i < m->count; i++)
        el4ml_walk_clear(&m->walks[i]);
    return status;
}

el4ml_status el4ml_region_volumes(el4ml_pool *pool, const el4ml_region *regions, size_t count,
                                  const el4ml_volume_options *options, el4ml_volume *volumes, bool *time_up,
                                  el4ml_error *error)
{
    *time_up = false;
    measurement m = {.options = options, .total = count, .n = count ? regions[0].n : 0};
    m.walks = EL4ML_NEW(el4ml_walk, GROUP);
    m.failure = EL4ML_NEW(el4ml_status, GROUP);
    m.work = EL4ML_NEW(double, GROUP * options->runs * 2 * m.n);
    el4ml_status status = m.walks && m.failure && m.work ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    for (; m.first < count && status == EL4ML_OK; m.first += GROUP) {
        m.count = count - m.first < GROUP ? count - m.first : GROUP;
        status = measure(&m, pool, regions + m.first, volumes + m.first, time_up);
    }
    el4ml_release(m.walks);
    el4ml_release(m.failure);
    el4ml_release(m.work);
    return status == EL4ML_OK ? EL4ML_OK
                              : el4ml_fail(error, status, "basin volumes: %s", el4ml_status_text(status));
}
