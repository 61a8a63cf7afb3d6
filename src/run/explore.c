/* Exploration: batches of basin-hopping walks, or of random starts. A batch is formed from committed state
 * alone; its results are merged in job order, so that any number of threads gives the same tables. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "explore/walker.h"
#include "run/no_minimum.h"
#include "run/session.h"
#include "run/start.h"

#define WALKERS 8

/* What one minimisation gave, kept until the merge. */
typedef struct finding {
    el4ml_status status;
    size_t known;
    el4ml_stationary point; /* point.x is owned, NULL when known or failed */
} finding;

typedef struct exploration {
    el4ml_session *session;
    el4ml_walk_options options;
    bool random;
    size_t n, jobs;        /* jobs of the present batch */
    size_t per_job;        /* most minimisations of a job */
    uint64_t first;        /* random starts: number of the batch's first */
    el4ml_walker *walkers; /* (WALKERS) */
    double *positions;     /* (WALKERS, n) */
    double *trials;        /* (WALKERS, n) */
    finding *findings;     /* (WALKERS, per_job) */
    size_t *quota, *found; /* (WALKERS): minimisations to make, made */
    const double *given;   /* start of walker 0, or NULL */
} exploration;

typedef struct slot {
    exploration *e;
    size_t job;
} slot;

static el4ml_status keep(void *context, el4ml_status status, const el4ml_stationary *point, size_t known)
{
    const slot *at = context;
    exploration *e = at->e;
    finding *f = &e->findings[at->job * e->per_job + e->found[at->job]++];
    *f = (finding){.status = status, .known = known, .point = *point};
    f->point.x = NULL;
    if (status != EL4ML_OK || known != EL4ML_UNKNOWN) return EL4ML_OK;
    f->point.x = EL4ML_NEW(double, e->n);
    if (!f->point.x) return EL4ML_OUT_OF_MEMORY;
    el4ml_copy(e->n, point->x, f->point.x);
    return EL4ML_OK;
}

static el4ml_status explore_job(void *context, size_t job, el4ml_searcher *searcher)
{
    exploration *e = context;
    slot at = {e, job};
    el4ml_session_recognise(e->session, searcher);
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; k < e->quota[job] && status == EL4ML_OK; k++) {
        double *trial = e->trials + job * e->n;
        if (e->random)
            status = el4ml_random_start(e->options.seed, e->first + job * e->per_job + k, searcher, trial,
                                        keep, &at);
        else
            status = el4ml_walker_step(&e->walkers[job], &e->options, searcher, job == 0 ? e->given : NULL,
                                       e->positions + job * e->n, trial, keep, &at);
    }
    return status;
}

static void forget(exploration *e)
{
    for (size_t job = 0; job < WALKERS; job++) {
        for (size_t k = 0; k < e->found[job]; k++)
            el4ml_release(e->findings[job * e->per_job + k].point.x);
        e->found[job] = 0;
    }
}

static void count_runaway(el4ml_totals *t, double energy)
{
    if (t->runaways++ == 0 || energy < t->lowest_runaway) t->lowest_runaway = energy;
}

static bool ran_away(const el4ml_session *s, const finding *f)
{
    return f->status == EL4ML_UNBOUNDED ||
           (f->status == EL4ML_NOT_CONVERGED && el4ml_proves_separation(s->study, s->data, f->point.energy));
}

static el4ml_status merge(exploration *e, el4ml_error *error)
{
    el4ml_session *s = e->session;
    el4ml_totals *totals = el4ml_landscape_totals(s->landscape);
    for (size_t job = 0; job < WALKERS; job++) {
        for (size_t k = 0; k < e->found[job]; k++) {
            const finding *f = &e->findings[job * e->per_job + k];
            totals->explore_runs++;
            if (f->status != EL4ML_OK) {
                totals->explore_failures++;
                totals->not_finite += f->status == EL4ML_NUMERICAL;
                if (ran_away(s, f)) count_runaway(totals, f->point.energy);
                continue;
            }
            size_t index;
            bool fresh;
            const el4ml_status status = el4ml_session_minimum(s, &f->point, f->known, &index, &fresh, error);
            if (status != EL4ML_OK) return status;
            el4ml_landscape_hit(s->landscape, EL4ML_MINIMUM, index, 1);
        }
    }
    return EL4ML_OK;
}

/* Share what is left of the budget out: whole rounds over all walkers, the last one cut. */
static void share_out(exploration *e, uint64_t left)
{
    const uint64_t total = left < (uint64_t)WALKERS * e->per_job ? left : (uint64_t)WALKERS * e->per_job;
    for (size_t w = 0; w < WALKERS; w++) {
        if (e->random) { /* consecutive numbers, job after job */
            const uint64_t before = (uint64_t)w * e->per_job;
            const uint64_t rest = total > before ? total - before : 0;
            e->quota[w] = (size_t)(rest < e->per_job ? rest : e->per_job);
        } else {
            e->quota[w] = (size_t)((total + WALKERS - 1 - w) / WALKERS);
        }
    }
}

static el4ml_status store_walkers(exploration *e, el4ml_error *error)
{
    if (e->random) return EL4ML_OK;
    el4ml_landscape *l = e->session->landscape;
    el4ml_status status = el4ml_landscape_put(l, "walkers", e->walkers, WALKERS * sizeof *e->walkers, error);
    if (status == EL4ML_OK)
        status = el4ml_landscape_put(l, "positions", e->positions, WALKERS * e->n * sizeof(double), error);
    return status;
}

static void load_walkers(exploration *e)
{
    size_t walkers, positions;
    const void *stored = el4ml_landscape_get(e->session->landscape, "walkers", &walkers);
    const void *where = el4ml_landscape_get(e->session->landscape, "positions", &positions);
    if (stored && where && walkers == WALKERS * sizeof *e->walkers &&
        positions == WALKERS * e->n * sizeof(double)) {
        memcpy(e->walkers, stored, walkers);
        memcpy(e->positions, where, positions);
        return;
    }
    for (size_t w = 0; w < WALKERS; w++)
        e->walkers[w] = (el4ml_walker){.number = w, .step = e->options.step};
}

static void release(exploration *e)
{
    if (e->found && e->findings) forget(e);
    el4ml_release(e->walkers);
    el4ml_release(e->positions);
    el4ml_release(e->trials);
    el4ml_release(e->findings);
    el4ml_release(e->quota);
    el4ml_release(e->found);
}

static bool allocate(exploration *e)
{
    e->walkers = EL4ML_NEW(el4ml_walker, WALKERS);
    e->positions = EL4ML_NEW(double, WALKERS * e->n);
    e->trials = EL4ML_NEW(double, WALKERS * e->n);
    e->findings = EL4ML_NEW(finding, WALKERS * e->per_job);
    e->quota = EL4ML_NEW(size_t, WALKERS);
    e->found = EL4ML_NEW(size_t, WALKERS);
    return e->walkers && e->positions && e->trials && e->findings && e->quota && e->found;
}

static el4ml_status explore(exploration *e, bool *time_up, el4ml_error *error)
{
    el4ml_session *s = e->session;
    el4ml_totals *totals = el4ml_landscape_totals(s->landscape);
    const uint64_t steps = s->study->steps;
    while (totals->explore_runs < steps && !*time_up && !el4ml_only_runaways(s->landscape)) {
        e->first = totals->explore_runs;
        share_out(e, steps - totals->explore_runs);
        el4ml_status status = el4ml_pool_run(s->pool, WALKERS, explore_job, e);
        if (status != EL4ML_OK) return el4ml_session_broken(status, error);
        status = merge(e, error);
        forget(e);
        if (status == EL4ML_OK) status = store_walkers(e, error);
        if (status == EL4ML_OK) status = el4ml_explain_runaways(s->study, s->data, s->landscape, error);
        if (status == EL4ML_OK)
            status = el4ml_session_commit(s, EL4ML_EXPLORING, totals->explore_runs, steps, time_up, error);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

static size_t minimisations_per_job(const el4ml_session *s)
{
    const size_t small = el4ml_session_cheap(s) ? 4 : 1; /* a batch then takes some 0.02 to 0.1 s */
    return s->n > 1000 ? 1 : s->n > 30 ? small * 1000 / s->n : small * 32;
}

el4ml_status el4ml_run_explore(const el4ml_study *study, const el4ml_surface *surface, const el4ml_data *data,
                               el4ml_landscape *landscape, const el4ml_run_options *options, bool *time_up,
                               el4ml_error *error)
{
    *time_up = false;
    if (el4ml_landscape_totals(landscape)->explore_runs >= study->steps && !study->start) return EL4ML_OK;
    el4ml_session session;
    el4ml_status status = el4ml_session_open(&session, study, surface, data, landscape, options, error);
    if (status != EL4ML_OK) return status;
    const size_t n = surface->info.dimension;
    exploration e = {.session = &session,
                     .options = {study->seed, study->temperature, study->step},
                     .random = study->method == EL4ML_RANDOM_STARTS,
                     .n = n,
                     .per_job = minimisations_per_job(&session)};
    if (!allocate(&e)) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "explore: out of memory");
    if (status == EL4ML_OK) status = el4ml_session_start(&session, error);
    if (status == EL4ML_OK) {
        e.given = el4ml_session_start_point(&session);
        load_walkers(&e);
        status = explore(&e, time_up, error);
    }
    release(&e);
    return el4ml_session_end(&session, status, time_up);
}
