/* Surfaces that bring searches of their own (el4ml_surface_search): what they find is proved, recognised and
 * handed on as all else is. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "saddle/searcher.h"

static double allowed_gradient(el4ml_searcher *s, const double *x)
{
    return fmax(s->options.gradient_tolerance, el4ml_rounding_floor(&s->evaluator, x));
}

el4ml_status el4ml_own_characterise(el4ml_searcher *s, el4ml_stationary *point)
{
    point->active = 0;
    point->log_multipliers = 0;
    const el4ml_status status = s->own->characterise(&s->evaluator, point);
    return status == EL4ML_OK ? el4ml_set_multiplicity(s, point) : status;
}

/* Proved to be of that index. */
static el4ml_status prove(el4ml_searcher *s, el4ml_stationary *point, size_t index)
{
    const el4ml_status status = el4ml_own_characterise(s, point);
    if (status != EL4ML_OK) return status;
    const bool good = point->index == index && point->gradient_rms <= allowed_gradient(s, point->x);
    return good ? EL4ML_OK : EL4ML_NOT_CONVERGED;
}

el4ml_status el4ml_own_minimum(el4ml_searcher *s, const double *start, el4ml_stationary *point)
{
    s->evaluator.cost.minimisations++;
    const el4ml_status status = s->own->minimise(&s->evaluator, start, point->x);
    return status == EL4ML_OK ? prove(s, point, 0) : status;
}

el4ml_status el4ml_own_flow(el4ml_searcher *s, el4ml_stationary *point)
{
    const el4ml_status status = s->own->flow(&s->evaluator, point->x);
    return status == EL4ML_OK ? prove(s, point, 0) : status;
}

el4ml_status el4ml_own_unstable_mode(el4ml_searcher *s, const double *x, double *mode, double *value)
{
    *value = -(double)INFINITY;
    return s->own->unstable_mode(&s->evaluator, x, mode);
}

/* The passage over p->ts.x; `sides` (2, n): the minima below it, or NULL: to be followed. */
static el4ml_status complete(el4ml_searcher *s, const double *sides, el4ml_passage *p)
{
    const size_t n = s->n;
    el4ml_status status = prove(s, &p->ts, 1);
    if (status != EL4ML_OK) return status;
    p->known_ts = el4ml_ask_known(s, true, &p->ts);
    if (p->known_ts != EL4ML_UNKNOWN) return EL4ML_OK;
    if (sides) {
        el4ml_copy(2 * n, sides, p->minimum[0].x); /* one block */
    } else {
        status = s->own->unstable_mode(&s->evaluator, p->ts.x, s->mode);
        if (status == EL4ML_OK)
            status = s->own->descend(&s->evaluator, p->ts.x, s->mode, p->minimum[0].x, p->minimum[1].x);
    }
    for (int k = 0; k < 2 && status == EL4ML_OK; k++) {
        el4ml_stationary *m = &p->minimum[k];
        status = prove(s, m, 0);
        if (status == EL4ML_OK && m->energy > p->ts.energy) status = EL4ML_NOT_CONVERGED;
        if (status == EL4ML_OK) p->known_minimum[k] = el4ml_ask_known(s, false, m);
    }
    return status;
}

static el4ml_status add(el4ml_searcher *s, const double *ts, const double *sides, el4ml_passage *passages,
                        el4ml_search_report *report)
{
    el4ml_passage *p = &passages[report->found];
    el4ml_status status = el4ml_passage_new(p, s->n, ts);
    if (status == EL4ML_OK) {
        status = complete(s, sides, p);
        if (status != EL4ML_OK) el4ml_passage_clear(p);
    }
    return el4ml_note_search(report, status);
}

static void give_up(el4ml_passage *passages, el4ml_search_report *report)
{
    while (report->found > 0)
        el4ml_passage_clear(&passages[--report->found]);
}

el4ml_status el4ml_own_between(el4ml_searcher *s, const double *a, const double *b, uint64_t attempt,
                               size_t capacity, el4ml_passage *passages, el4ml_search_report *report)
{
    const size_t n = s->n;
    double distance;
    el4ml_found found = {.capacity = capacity < EL4ML_OWN_PASSAGES ? capacity : EL4ML_OWN_PASSAGES,
                         .points = s->guesses};
    el4ml_status status = el4ml_align(&s->evaluator, a, b, attempt / 4, s->aligned, &distance);
    if (status == EL4ML_OK) status = s->own->between(&s->evaluator, a, s->aligned, attempt, &found);
    if (status != EL4ML_OK) return el4ml_note_search(report, status);
    report->failures += found.failures;
    for (size_t k = 0; k < found.count && status == EL4ML_OK; k++) {
        const double *ts = found.points + 3 * k * n;
        status = add(s, ts, ts + n, passages, report);
    }
    if (status != EL4ML_OK) give_up(passages, report);
    return status;
}

el4ml_status el4ml_own_from(el4ml_searcher *s, const double *a, uint64_t k, el4ml_random random,
                            size_t capacity, el4ml_passage *passages, el4ml_search_report *report)
{
    el4ml_found found = {.capacity = capacity < EL4ML_OWN_PASSAGES ? capacity : EL4ML_OWN_PASSAGES,
                         .points = s->guesses};
    el4ml_status status = s->own->from(&s->evaluator, a, k, random, &found);
    if (status != EL4ML_OK) return el4ml_note_search(report, status);
    report->failures += found.failures;
    for (size_t i = 0; i < found.count && status == EL4ML_OK; i++)
        status = add(s, found.points + i * s->n, NULL, passages, report);
    if (status != EL4ML_OK) give_up(passages, report);
    return status;
}
