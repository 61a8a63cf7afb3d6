/* The path of lowest barrier as points: down both sides of each of its transition states, put end to end. V,
 * length and metrics are the same for all symmetry copies, so the pieces need not be turned to fit. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "insight/way.h"
#include "surface/box.h"
#include "saddle/searcher.h"

enum { OWN_POINTS = 16 }; /* of a side that is straight */
enum {
    METRIC_POINTS = 100
}; /* so many places along the whole path have metrics, besides stationary points */

typedef struct follower {
    const el4ml_landscape *landscape;
    const el4ml_data *data;
    el4ml_searcher *searcher;
    size_t n;
    double *mode, *end;
    el4ml_trail side[2]; /* from the transition state down, the state itself first */
    el4ml_trail path;    /* all of it */
    size_t ends[2];      /* minima */
    struct {
        double step; /* from the point before, in that one's own symmetry copy */
        bool stationary;
    } * mark; /* (path.count) */
    size_t mark_capacity;
} follower;

static el4ml_status observe(void *context, const el4ml_iterate *iterate)
{
    return el4ml_trail_add(context, iterate->x, iterate->value) ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

/* Which minimum the end of a side is. */
static el4ml_status recognise(follower *f, const double *x, int which)
{
    el4ml_searcher *s = f->searcher;
    el4ml_stationary end = {.x = f->end};
    el4ml_copy(f->n, x, f->end);
    el4ml_status status = el4ml_value_gradient(&s->evaluator, f->end, &end.energy, s->g);
    if (status != EL4ML_OK) return status;
    end.gradient_rms = el4ml_projected_rms(&s->evaluator, f->end, s->g);
    if (!el4ml_trail_add(&f->side[which], f->end, end.energy)) return EL4ML_OUT_OF_MEMORY;
    return el4ml_landscape_find(f->landscape, &s->evaluator, EL4ML_MINIMUM, &end, &f->ends[which]);
}

/* Down one side: its trail and the minimum at its end. */
static el4ml_status go_down(follower *f, const el4ml_stationary *ts, int which)
{
    el4ml_searcher *s = f->searcher;
    s->path_observe = observe;
    s->path_context = &f->side[which];
    el4ml_status status = el4ml_descend_side(s, ts->x, ts->energy, f->mode, which == 0 ? 1 : -1, f->end);
    s->path_observe = NULL;
    return status == EL4ML_OK ? recognise(f, f->end, which) : status;
}

/* Surfaces with searches of their own tell the ends alone: straight from the transition state to either. */
static el4ml_status own_sides(follower *f, const el4ml_stationary *ts)
{
    double *ends = EL4ML_NEW(double, 2 * f->n), *x = f->end;
    if (!ends) return EL4ML_OUT_OF_MEMORY;
    el4ml_status status = el4ml_descend(f->searcher, ts->x, f->mode, ends, ends + f->n);
    for (int which = 0; which < 2 && status == EL4ML_OK; which++) {
        const double *end = ends + (size_t)which * f->n;
        for (int k = 1; k < OWN_POINTS && status == EL4ML_OK; k++) {
            double value;
            for (size_t i = 0; i < f->n; i++)
                x[i] = ts->x[i] + (end[i] - ts->x[i]) * k / OWN_POINTS;
            status = el4ml_value_gradient(&f->searcher->evaluator, x, &value, NULL);
            if (status == EL4ML_OK && !el4ml_trail_add(&f->side[which], x, value))
                status = EL4ML_OUT_OF_MEMORY;
        }
        if (status == EL4ML_OK) status = recognise(f, end, which);
    }
    el4ml_release(ends);
    return status;
}

static el4ml_status both_sides(follower *f, const el4ml_stationary *ts)
{
    for (int k = 0; k < 2; k++) {
        f->side[k].count = 0;
        if (!el4ml_trail_add(&f->side[k], ts->x, ts->energy)) return EL4ML_OUT_OF_MEMORY;
    }
    if (f->searcher->own) return own_sides(f, ts);
    const el4ml_status status = go_down(f, ts, 0);
    return status == EL4ML_OK ? go_down(f, ts, 1) : status;
}

/* Point k of `from`, reached from its point `before`; k itself: none. */
static el4ml_status append(follower *f, const el4ml_trail *from, size_t k, size_t before)
{
    const double *x = from->x + k * f->n;
    if (!el4ml_trail_add(&f->path, x, from->value[k]) ||
        !el4ml_grow((void **)&f->mark, &f->mark_capacity, f->path.count, sizeof *f->mark))
        return EL4ML_OUT_OF_MEMORY;
    f->mark[f->path.count - 1].step = el4ml_distance(f->n, x, from->x + before * f->n);
    f->mark[f->path.count - 1].stationary = k == 0 || k + 1 == from->count;
    return EL4ML_OK;
}

/* From minimum `from` over transition state `state` to minimum `to`; NOT_CONVERGED when it does not join
 * them. */
static el4ml_status cross(follower *f, size_t from, size_t state, size_t to)
{
    const el4ml_stationary *ts = &el4ml_landscape_record(f->landscape, EL4ML_TRANSITION_STATE, state)->point;
    double curvature;
    el4ml_status status = el4ml_unstable_mode(f->searcher, ts->x, f->mode, &curvature);
    if (status == EL4ML_OK) status = both_sides(f, ts);
    if (status != EL4ML_OK) return status;
    const int first = f->ends[0] == from ? 0 : 1;
    if (f->ends[first] != from || f->ends[1 - first] != to) return EL4ML_NOT_CONVERGED;
    const el4ml_trail *up = &f->side[first], *down = &f->side[1 - first];
    if (f->path.count == 0) status = append(f, up, up->count - 1, up->count - 1);
    for (size_t k = up->count - 1; k-- > 0 && status == EL4ML_OK;)
        status = append(f, up, k, k + 1);
    for (size_t k = 1; k < down->count && status == EL4ML_OK; k++)
        status = append(f, down, k, k - 1);
    return status;
}

static el4ml_status to_way(const follower *f, el4ml_way *w)
{
    const el4ml_trail *p = &f->path;
    double at = 0, next = 0;
    w->points = EL4ML_NEW(el4ml_way_point, p->count);
    if (!w->points) return EL4ML_OUT_OF_MEMORY;
    w->count = p->count;
    w->length = 0;
    for (size_t k = 0; k < p->count; k++)
        w->length += f->mark[k].step;
    el4ml_evaluator *e = &f->searcher->evaluator;
    for (size_t k = 0; k < p->count; k++) {
        at += f->mark[k].step;
        const bool wanted = f->data && (f->mark[k].stationary || at >= next);
        const double *x = p->x + k * f->n;
        w->points[k] = (el4ml_way_point){w->length > 0 ? fmin(1, at / w->length) : 0, p->value[k], NAN,
                                         el4ml_metrics_at(e, x, wanted ? &f->data->train : NULL),
                                         el4ml_metrics_at(e, x, wanted ? &f->data->test : NULL)};
        if (at >= next) next = at + w->length / METRIC_POINTS;
    }
    el4ml_way_measure(w);
    return EL4ML_OK;
}

static el4ml_status follow(follower *f, el4ml_interpolation *r)
{
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; k + 1 < r->route_length && status == EL4ML_OK; k++)
        status = cross(f, r->route_minima[k], r->route_states[k], r->route_minima[k + 1]);
    return status == EL4ML_OK ? to_way(f, &r->path) : status;
}

el4ml_status el4ml_follow_route(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                const el4ml_data *data, const volatile bool *cancel, el4ml_interpolation *r,
                                el4ml_error *error)
{
    const el4ml_search_options options = el4ml_search_options_default();
    const size_t n = surface->info.dimension;
    follower f = {.landscape = landscape, .data = data, .n = n, .path = {.n = n}};
    f.side[0].n = f.side[1].n = n;
    el4ml_status status = el4ml_searcher_new(surface, &options, &f.searcher, error);
    if (status != EL4ML_OK) return status;
    f.searcher->evaluator.cancel = cancel;
    f.mode = EL4ML_NEW(double, 2 * n);
    f.end = f.mode ? f.mode + n : NULL;
    status = f.mode ? follow(&f, r) : EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_NOT_CONVERGED || status == EL4ML_NUMERICAL || status == EL4ML_NOT_SUPPORTED) {
        r->no_path = "a transition state on it does not lead to the two minima that the landscape names; see "
                     "el4ml verify";
        status = EL4ML_OK;
    }
    for (int k = 0; k < 2; k++)
        el4ml_trail_clear(&f.side[k]);
    el4ml_trail_clear(&f.path);
    el4ml_release(f.mark);
    el4ml_release(f.mode);
    el4ml_searcher_free(f.searcher);
    return status == EL4ML_OK ? EL4ML_OK
                              : el4ml_fail(error, status, "interpolate: %s", el4ml_status_text(status));
}
