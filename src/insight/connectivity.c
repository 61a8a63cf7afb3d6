/* Linear mode connectivity over pairs of minima. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "catchment/intervals.h"
#include "insight/lines.h"
#include "insight/way.h"
#include "run/pool.h"

static const uint64_t purpose_pairs = 0x7061697273, purpose_copies = 0x636f70696573;

typedef struct survey {
    const el4ml_surface *surface;
    const el4ml_landscape *landscape;
    const el4ml_merge_tree *tree;
    const el4ml_interpolation_options *options;
    el4ml_connectivity *result;
    size_t n;
} survey;

void el4ml_connectivity_clear(el4ml_connectivity *r)
{
    el4ml_release(r->pairs);
    *r = (el4ml_connectivity){0};
}

/* Pair number k of all, (1,0), (2,0), (2,1), ... */
static void nth_pair(uint64_t k, el4ml_pair_line *p)
{
    uint64_t a = (uint64_t)((1 + sqrt(1 + 8 * (double)k)) / 2);
    while (a * (a - 1) / 2 > k)
        a--;
    while (a * (a + 1) / 2 <= k)
        a++;
    p->a = (size_t)(k - a * (a - 1) / 2);
    p->b = (size_t)a;
}

/* All pairs, or as many as wanted without replacement (Floyd's method). */
static bool choose(size_t minima, const el4ml_interpolation_options *o, el4ml_connectivity *r)
{
    const uint64_t all = (uint64_t)minima * (minima - 1) / 2;
    r->all = all <= o->starts;
    r->count = r->all ? (size_t)all : o->starts;
    r->pairs = EL4ML_NEW(el4ml_pair_line, r->count);
    uint64_t *chosen = EL4ML_NEW(uint64_t, r->count);
    if (!r->pairs || !chosen) {
        el4ml_release(chosen);
        return false;
    }
    el4ml_random random = el4ml_random_new(o->seed, purpose_pairs, 0);
    for (size_t k = 0; k < r->count; k++) {
        const uint64_t newest = all - r->count + k;
        uint64_t pick = r->all ? k : el4ml_random_below(&random, newest + 1);
        for (size_t j = 0; j < k && !r->all; j++)
            if (chosen[j] == pick) pick = newest;
        chosen[k] = pick;
        nth_pair(pick, &r->pairs[k]);
    }
    el4ml_release(chosen);
    return true;
}

static el4ml_status measure_pair(void *context, size_t job, el4ml_searcher *searcher)
{
    survey *s = context;
    el4ml_pair_line *p = &s->result->pairs[job];
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    const el4ml_stationary *a = &el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, p->a)->point,
                           *b = &el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, p->b)->point;
    double *work = EL4ML_NEW(double, 4 * s->n);
    if (!work) return EL4ML_OUT_OF_MEMORY;
    double *image = work + 3 * s->n;
    const el4ml_line_task task = {
        e, a->x, b->x, a->energy, b->energy, s->options->points, s->options->variants};
    el4ml_copy(s->n, b->x, image);
    if (s->surface->ops.random_operation) {
        el4ml_random random = el4ml_random_new(s->options->seed, purpose_copies, job);
        s->surface->ops.random_operation(s->surface->self, e->workspace, &random, b->x, image);
    }
    p->distance = el4ml_distance(s->n, a->x, image);
    el4ml_status status =
        el4ml_straight_excess(e, a->x, image, a->energy, b->energy, s->options->points, work, &p->image);
    if (status == EL4ML_OK)
        status = el4ml_lowest_image(&task, work, image, &p->aligned_distance, &p->aligned, &p->lowest);
    p->path = el4ml_minimax(s->tree, p->a, p->b) - fmax(a->energy, b->energy);
    el4ml_release(work);
    return status;
}

enum { IMAGE, ALIGNED, LOWEST };

static double excess_of(const el4ml_pair_line *p, int which)
{
    return which == IMAGE ? p->image : which == ALIGNED ? p->aligned : p->lowest;
}

static void sum_up(const el4ml_connectivity *r, int which, double *values, el4ml_connected *c)
{
    const double limit = r->tolerance * r->gain;
    for (size_t k = 0; k < r->count; k++) {
        values[k] = excess_of(&r->pairs[k], which);
        c->count += values[k] <= limit;
        c->mean += values[k] / (double)r->count;
    }
    c->share = (double)c->count / (double)r->count;
    el4ml_binomial_interval(c->count, r->count, r->level, &c->low, &c->high);
    c->median = el4ml_quantile(values, r->count, 0.5);
}

static el4ml_status summarise(el4ml_connectivity *r, el4ml_error *error)
{
    double *values = EL4ML_NEW(double, 2 * r->count);
    if (!values) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpolate: out of memory");
    sum_up(r, IMAGE, values, &r->image);
    sum_up(r, ALIGNED, values, &r->aligned);
    sum_up(r, LOWEST, values, &r->lowest);
    size_t joined = 0;
    for (size_t k = 0; k < r->count; k++)
        if (isfinite(r->pairs[k].path)) values[joined++] = r->pairs[k].path;
    r->path_median = el4ml_quantile(values, joined, 0.5);
    for (size_t k = 0; k < r->count; k++) {
        values[k] = r->pairs[k].aligned_distance;
        values[r->count + k] = r->pairs[k].aligned;
    }
    const el4ml_correlation_options none = {.permutations = 0}; /* pairs share minima: not independent */
    const el4ml_status status =
        el4ml_correlate(values, values + r->count, r->count, &none, &r->distance_excess, error);
    el4ml_release(values);
    return status;
}

static el4ml_status gain(survey *s, el4ml_pool *pool)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(pool));
    double lowest = INFINITY, *x = EL4ML_NEW(double, s->n);
    if (!x) return EL4ML_OUT_OF_MEMORY;
    for (size_t i = 0; i < el4ml_landscape_count(s->landscape, EL4ML_MINIMUM); i++)
        lowest = fmin(lowest, el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, i)->point.energy);
    const el4ml_status status = el4ml_training_gain(e, s->options->seed, lowest, x, &s->result->gain);
    el4ml_release(x);
    return status;
}

static el4ml_status run(survey *s, el4ml_error *error)
{
    const el4ml_search_options search = el4ml_search_options_default();
    el4ml_pool *pool = NULL;
    el4ml_status status =
        el4ml_pool_new(s->surface, &search, s->options->threads, s->options->cancel, &pool, error);
    if (status != EL4ML_OK) return status;
    status = gain(s, pool);
    if (status == EL4ML_OK) status = el4ml_pool_run(pool, s->result->count, measure_pair, s);
    el4ml_pool_free(pool);
    return status == EL4ML_OK ? EL4ML_OK
                              : el4ml_fail(error, status, "interpolate: %s", el4ml_status_text(status));
}

el4ml_status el4ml_connectivity_of(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                   const el4ml_network *network, const el4ml_interpolation_options *options,
                                   el4ml_connectivity *r, el4ml_error *error)
{
    const size_t minima = el4ml_landscape_count(landscape, EL4ML_MINIMUM);
    *r = (el4ml_connectivity){.tolerance = options->tolerance,
                              .level = options->level,
                              .symmetry = surface->ops.random_operation != NULL,
                              .model = surface->ops.predict != NULL};
    el4ml_status status = el4ml_lines_check(surface, landscape, options, error);
    if (status != EL4ML_OK) return status;
    if (minima < 2 || options->starts == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "interpolate: takes two minima at least; the landscape has %zu", minima);
    el4ml_merge_tree *tree = NULL;
    status = el4ml_merge_tree_new(network, &tree, error);
    if (status == EL4ML_OK && !choose(minima, options, r))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpolate: out of memory");
    survey s = {.surface = surface,
                .landscape = landscape,
                .tree = tree,
                .options = options,
                .result = r,
                .n = surface->info.dimension};
    if (status == EL4ML_OK) status = run(&s, error);
    if (status == EL4ML_OK) status = summarise(r, error);
    el4ml_merge_tree_free(tree);
    if (status != EL4ML_OK) el4ml_connectivity_clear(r);
    return status;
}
