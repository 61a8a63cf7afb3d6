#include "explore/walker.h"

#include <math.h>

#include "base/linalg.h"

enum { PURPOSE_WALK = 1, PURPOSE_START = 2, PURPOSE_WALK_BATCHES = 4, PURPOSE_START_BATCHES = 5 };

/* Every 8 steps: longer when most steps fall back into the minimum they came from, shorter when none does.
 * The acceptance test is the temperature's business; the step's is to leave the basin and not much more. */
static void adapt_step(el4ml_walker *w, const el4ml_walk_options *options)
{
    if (w->tried < 8) return;
    const double rate = (double)w->left / w->tried;
    if (rate < 0.6) w->step = fmin(w->step * (rate < 0.3 ? 1.5 : 1.15), 8 * options->step);
    if (rate > 0.9) w->step = fmax(w->step / 1.15, options->step / 8);
    w->tried = w->left = 0;
}

static bool fatal(el4ml_status status)
{
    return status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY;
}

el4ml_status el4ml_walker_step(el4ml_walker *w, const el4ml_walk_options *options, el4ml_searcher *s,
                               const double *given, double *x, double *trial, el4ml_sink sink, void *context)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    el4ml_random random = el4ml_random_new(options->seed, PURPOSE_WALK + (w->number << 8), w->jobs);
    if (w->started) {
        for (int draw = 0; draw < 20; draw++) { /* a step out of the domain is no step */
            el4ml_perturb(e, &random, w->step * e->surface->info.length_scale, x, trial);
            if (el4ml_inside(e, trial)) break;
        }
    }
    if (!w->started && given) el4ml_copy(e->n, given, trial);
    if (!w->started && !given) el4ml_initialise(e, &random, trial);
    el4ml_searcher_random(s,
                          el4ml_random_new(options->seed, PURPOSE_WALK_BATCHES + (w->number << 8), w->jobs));
    w->jobs++;
    el4ml_stationary point = {.x = trial};
    size_t known = EL4ML_UNKNOWN;
    const el4ml_status status = el4ml_search_proved_minimum(s, trial, &point, &known);
    if (fatal(status)) return status;
    if (status == EL4ML_OK) {
        const double rise = point.energy - w->energy;
        const bool stayed = w->started && fabs(rise) <= 1e-9 * fmax(1, fabs(point.energy));
        w->tried++;
        w->left += !stayed;
        const bool accepted =
            !w->started || rise <= 0 || el4ml_random_uniform(&random) < exp(-rise / options->temperature);
        if (accepted) {
            w->energy = point.energy;
            w->started = 1;
            el4ml_copy(e->n, trial, x);
        }
        w->failures = 0;
        adapt_step(w, options);
    } else if (++w->failures >= 10) {
        w->started = 0;
        w->failures = 0;
    }
    return sink(context, status, &point, known);
}

el4ml_status el4ml_random_start(uint64_t seed, uint64_t job, el4ml_searcher *s, double *trial,
                                el4ml_sink sink, void *context)
{
    el4ml_random random = el4ml_random_new(seed, PURPOSE_START, job);
    el4ml_initialise(el4ml_searcher_evaluator(s), &random, trial);
    el4ml_searcher_random(s, el4ml_random_new(seed, PURPOSE_START_BATCHES, job));
    el4ml_stationary point = {.x = trial};
    size_t known = EL4ML_UNKNOWN;
    const el4ml_status status = el4ml_search_proved_minimum(s, trial, &point, &known);
    return fatal(status) ? status : sink(context, status, &point, known);
}
