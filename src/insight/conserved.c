/* Which parameters vary less within a group than within as many minima drawn at random from all. A set of
 * minima, the group or a random one, is turned to fit its own mean before its spread is taken: the same is
 * done to all sets, and none of it looks at groups, so that under the hypothesis that groups say nothing the
 * group is one random set among others. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "insight/interpret.h"
#include "run/pool.h"

enum { ROUNDS = 8, JOBS = 32 };

static const uint64_t purpose_groups = 0x67726f757073;

el4ml_status el4ml_realign(el4ml_evaluator *e, const el4ml_aligned *a, const size_t *rows, size_t count,
                           double *x, double *mean, double *trial)
{
    const size_t n = a->n;
    bool moved = true;
    for (size_t k = 0; k < count; k++)
        el4ml_copy(n, a->x + rows[k] * n, x + k * n);
    for (int round = 0; round < ROUNDS && moved; round++) {
        moved = false;
        for (size_t i = 0; i < n; i++)
            mean[i] = 0;
        for (size_t k = 0; k < count; k++)
            el4ml_axpy(n, 1 / (double)count, x + k * n, mean);
        if (!e->surface->ops.align) break;
        for (size_t k = 0; k < count; k++) {
            double reach;
            const el4ml_status status = el4ml_align(e, mean, x + k * n, 0, trial, &reach);
            if (status != EL4ML_OK) return status;
            const double before = el4ml_distance(n, mean, x + k * n);
            if (!(reach < before * (1 - 1e-9))) continue;
            el4ml_copy(n, trial, x + k * n);
            moved = true;
        }
    }
    return EL4ML_OK;
}

/* One thread's room for a set of minima. */
typedef struct set_space {
    size_t *order;        /* (rows) */
    double *x;            /* (most, n) */
    double *mean, *trial; /* (n) */
    double *variance;     /* (n + features + 1): of parameters, features, all parameters together */
} set_space;

typedef struct trial_run {
    const el4ml_group_tests *t;
    size_t count, group; /* of the group under test */
    const double *found; /* (items) its variances */
    set_space *space;    /* of the calling thread, for all rows */
    size_t *reached;     /* (JOBS, items) */
} trial_run;

static size_t items_of(const el4ml_group_tests *t)
{
    return t->aligned->n + t->features + 1;
}

/* For sets of at most so many minima. */
static bool space_init(set_space *s, const el4ml_group_tests *t, size_t most)
{
    const size_t n = t->aligned->n, rows = t->aligned->rows;
    s->order = EL4ML_NEW(size_t, rows);
    s->x = EL4ML_NEW(double, most *n);
    s->mean = EL4ML_NEW(double, 3 * n + t->features + 1);
    if (!s->order || !s->x || !s->mean) return false;
    s->trial = s->mean + n;
    s->variance = s->trial + n;
    return true;
}

static void space_clear(set_space *s)
{
    el4ml_release(s->order);
    el4ml_release(s->x);
    el4ml_release(s->mean);
}

/* Mean and unbiased variances of the set x (count, n), those of features the sums over their weights. */
static void measure(const el4ml_group_tests *t, set_space *s, size_t count)
{
    const size_t n = t->aligned->n;
    for (size_t i = 0; i < n; i++)
        s->mean[i] = s->variance[i] = 0;
    for (size_t k = 0; k < count; k++)
        el4ml_axpy(n, 1 / (double)count, s->x + k * n, s->mean);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < n; i++) {
            const double off = s->x[k * n + i] - s->mean[i];
            s->variance[i] += off * off / (double)(count - 1);
        }
    for (size_t j = 0; j < t->features; j++)
        s->variance[n + j] = 0;
    for (size_t i = 0; t->item && i < n; i++)
        if (t->item[i] != EL4ML_NONE) s->variance[n + t->item[i]] += s->variance[i];
    double *together = &s->variance[n + t->features];
    *together = 0;
    for (size_t i = 0; i < n; i++)
        *together += s->variance[i];
}

/* One group's places in the results. */
typedef struct results {
    el4ml_conserved *parameters, *features, *together;
} results;

static void describe(const el4ml_group_tests *t, const set_space *s, const results *out)
{
    const size_t n = t->aligned->n;
    const el4ml_conserved none = {.ratio = NAN, .p = NAN, .q = NAN};
    el4ml_conserved *parameters = out->parameters, *features = out->features;
    *out->together = none;
    out->together->mean = el4ml_norm(n, s->mean);
    out->together->deviation = sqrt(s->variance[n + t->features]);
    for (size_t i = 0; i < n; i++) {
        parameters[i] = none;
        parameters[i].mean = s->mean[i];
        parameters[i].deviation = sqrt(s->variance[i]);
    }
    for (size_t j = 0; j < t->features; j++) {
        features[j] = none;
        features[j].deviation = sqrt(s->variance[n + j]);
    }
    for (size_t i = 0; t->item && i < n; i++)
        if (t->item[i] != EL4ML_NONE)
            features[t->item[i]].mean = hypot(features[t->item[i]].mean, s->mean[i]);
}

/* Random set number k of as many minima as the group has. */
static el4ml_status draw_set(const trial_run *r, el4ml_evaluator *e, set_space *s, size_t k)
{
    const size_t rows = r->t->aligned->rows;
    el4ml_random random = el4ml_random_new(r->t->seed, purpose_groups + r->group, k);
    for (size_t i = 0; i < rows; i++)
        s->order[i] = i;
    for (size_t i = 0; i < r->count; i++) {
        const size_t j = i + (size_t)el4ml_random_below(&random, rows - i), kept = s->order[i];
        s->order[i] = s->order[j];
        s->order[j] = kept;
    }
    return el4ml_realign(e, r->t->aligned, s->order, r->count, s->x, s->mean, s->trial);
}

static el4ml_status try_in(const trial_run *r, size_t job, el4ml_evaluator *e, set_space *s)
{
    const size_t items = items_of(r->t);
    size_t *reached = r->reached + job * items;
    for (size_t i = 0; i < items; i++)
        reached[i] = 0;
    for (size_t k = job; k < r->t->permutations; k += JOBS) {
        const el4ml_status status = draw_set(r, e, s, k);
        if (status != EL4ML_OK) return status;
        if (r->t->cancel && *r->t->cancel) return EL4ML_INTERRUPTED;
        measure(r->t, s, r->count);
        for (size_t i = 0; i < items; i++)
            reached[i] += s->variance[i] <= r->found[i] * (1 + 1e-9);
    }
    return EL4ML_OK;
}

static el4ml_status try_sets(void *context, size_t job, el4ml_searcher *searcher)
{
    const trial_run *r = context;
    set_space s = {0};
    const el4ml_status status = space_init(&s, r->t, r->count)
                                    ? try_in(r, job, el4ml_searcher_evaluator(searcher), &s)
                                    : EL4ML_OUT_OF_MEMORY;
    space_clear(&s);
    return status;
}

static void set_p(const trial_run *r, const el4ml_conserved *all, size_t offset, size_t items,
                  el4ml_conserved *out)
{
    const size_t width = items_of(r->t);
    for (size_t i = 0; i < items; i++) {
        size_t reached = 1;
        if (!(all[i].deviation > 0)) continue;
        for (size_t job = 0; job < JOBS; job++)
            reached += r->reached[job * width + offset + i];
        out[i].ratio = out[i].deviation / all[i].deviation;
        out[i].p = (double)reached / (double)(r->t->permutations + 1);
    }
}

static void nothing(const el4ml_group_tests *t, const results *out)
{
    const el4ml_conserved none = {.mean = NAN, .deviation = NAN, .ratio = NAN, .p = NAN, .q = NAN};
    for (size_t i = 0; i < t->aligned->n; i++)
        out->parameters[i] = none;
    for (size_t j = 0; j < t->features; j++)
        out->features[j] = none;
    *out->together = none;
}

static el4ml_status one_group(trial_run *r, el4ml_pool *pool, const size_t *group, const results *out,
                              const results *all)
{
    const el4ml_group_tests *t = r->t;
    set_space *s = r->space;
    const size_t items = items_of(t);
    r->count = 0;
    for (size_t k = 0; k < t->aligned->rows; k++)
        if (group[k] == r->group) s->order[r->count++] = k;
    nothing(t, out);
    if (r->count < 2) return EL4ML_OK;
    el4ml_status status = el4ml_realign(el4ml_searcher_evaluator(el4ml_pool_searcher(pool)), t->aligned,
                                        s->order, r->count, s->x, s->mean, s->trial);
    if (status != EL4ML_OK) return status;
    measure(t, s, r->count);
    describe(t, s, out);
    if (r->count == t->aligned->rows) return EL4ML_OK;
    double *found = EL4ML_NEW(double, items);
    if (!found) return EL4ML_OUT_OF_MEMORY;
    el4ml_copy(items, s->variance, found);
    r->found = found;
    status = el4ml_pool_run(pool, JOBS, try_sets, r);
    if (status == EL4ML_OK) {
        set_p(r, all->parameters, 0, t->aligned->n, out->parameters);
        set_p(r, all->features, t->aligned->n, t->features, out->features);
        set_p(r, all->together, t->aligned->n + t->features, 1, out->together);
    }
    el4ml_release(found);
    return status;
}

static results at_group(const el4ml_group_tests *t, const results *all, size_t g)
{
    return (results){all->parameters + g * t->aligned->n,
                     all->features ? all->features + g * t->features : NULL, all->together + g};
}

static el4ml_status test_all(trial_run *r, el4ml_pool *pool, const size_t *group, size_t groups,
                             const results *out)
{
    const el4ml_group_tests *t = r->t;
    const size_t rows = t->aligned->rows;
    const results all = at_group(t, out, groups);
    set_space *s = r->space;
    el4ml_copy(rows * t->aligned->n, t->aligned->x, s->x);
    measure(t, s, rows);
    describe(t, s, &all);
    for (r->group = 0; r->group < groups; r->group++) {
        const results one = at_group(t, out, r->group);
        const el4ml_status status = one_group(r, pool, group, &one, &all);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_test_conserved(const el4ml_group_tests *t, const size_t *group, size_t groups,
                                  el4ml_conserved *parameters, el4ml_conserved *features,
                                  el4ml_conserved *together, el4ml_error *error)
{
    const el4ml_search_options search = el4ml_search_options_default();
    set_space space = {0};
    trial_run r = {.t = t, .space = &space, .reached = EL4ML_NEW(size_t, JOBS * items_of(t))};
    el4ml_pool *pool = NULL;
    const bool good = r.reached && space_init(&space, t, t->aligned->rows);
    el4ml_status status = good ? el4ml_pool_new(t->surface, &search, t->threads, t->cancel, &pool, error)
                               : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
    if (status == EL4ML_OK) {
        const results out = {parameters, features, together};
        status = test_all(&r, pool, group, groups, &out);
        if (status != EL4ML_OK)
            el4ml_fail(error, status, status == EL4ML_INTERRUPTED ? "interrupted" : "interpret: %s",
                       el4ml_status_text(status));
    }
    el4ml_pool_free(pool);
    space_clear(&space);
    el4ml_release(r.reached);
    return status;
}
