#include "el4ml/interpolation.h"

#include <math.h>
#include <stdlib.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "insight/lines.h"
#include "insight/way.h"

static const uint64_t purpose_images = 0x696d616765;

el4ml_interpolation_options el4ml_interpolation_options_default(void)
{
    return (el4ml_interpolation_options){.points = 101,
                                         .images = 100,
                                         .variants = 16,
                                         .starts = 100,
                                         .tolerance = 0.02,
                                         .level = 0.95,
                                         .seed = 1};
}

void el4ml_interpolation_clear(el4ml_interpolation *r)
{
    el4ml_way_clear(&r->stored);
    el4ml_way_clear(&r->aligned);
    el4ml_way_clear(&r->lowest);
    el4ml_way_clear(&r->path);
    el4ml_release(r->route_minima);
    el4ml_release(r->route_states);
    *r = (el4ml_interpolation){0};
}

el4ml_status el4ml_lowest_image(const el4ml_line_task *t, double *work, double *image, double *distance,
                                double *closest_excess, double *lowest_excess)
{
    const size_t n = t->e->n;
    double *trial = work + 2 * n, excess, reach;
    *closest_excess = *lowest_excess = INFINITY;
    for (uint64_t k = 0; k < t->variants; k++) {
        el4ml_status status = el4ml_align(t->e, t->a, t->b, k, trial, &reach);
        if (status == EL4ML_OK)
            status = el4ml_straight_excess(t->e, t->a, trial, t->va, t->vb, t->points, work, &excess);
        if (status != EL4ML_OK) return status;
        if (k == 0) {
            *closest_excess = excess;
            *distance = reach;
        }
        if (k == 0 || excess < *lowest_excess) {
            *lowest_excess = excess;
            el4ml_copy(n, trial, image);
        }
    }
    return EL4ML_OK;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double el4ml_quantile(double *values, size_t count, double share)
{
    if (count == 0) return NAN;
    qsort(values, count, sizeof *values, ascending);
    const double at = share * (double)(count - 1);
    const size_t k = (size_t)at;
    if (k + 1 >= count) return values[count - 1];
    const double rest = at - (double)k;
    return rest > 0 ? values[k] + rest * (values[k + 1] - values[k]) : values[k];
}

/* ---- A pair ---- */

typedef struct pair {
    const el4ml_surface *surface;
    const el4ml_landscape *landscape;
    const el4ml_data *data;
    const el4ml_interpolation_options *options;
    el4ml_interpolation *result;
    const double *a, *b; /* (n) */
    double va, vb;
    el4ml_evaluator e;
    double *work; /* (4 n) */
} pair;

static el4ml_status random_images(pair *p)
{
    const size_t n = p->e.n, count = p->options->images;
    el4ml_interpolation *r = p->result;
    double *excess = EL4ML_NEW(double, count), *image = p->work + 2 * n;
    el4ml_status status = excess ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    r->image_mean = 0;
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        el4ml_random random = el4ml_random_new(p->options->seed, purpose_images, k);
        p->surface->ops.random_operation(p->surface->self, p->e.workspace, &random, p->b, image);
        status =
            el4ml_straight_excess(&p->e, p->a, image, p->va, p->vb, p->options->points, p->work, &excess[k]);
        r->image_mean += excess[k] / (double)count;
    }
    if (status == EL4ML_OK) {
        r->images = count;
        r->image_low = el4ml_quantile(excess, count, 0.05);
        r->image_high = el4ml_quantile(excess, count, 0.95);
    }
    el4ml_release(excess);
    return status;
}

static el4ml_status straight(pair *p, const double *b, el4ml_way *way)
{
    return el4ml_straight_way(&p->e, p->a, b, p->options->points, p->data ? &p->data->train : NULL,
                              p->data ? &p->data->test : NULL, way);
}

static el4ml_status lines(pair *p)
{
    el4ml_interpolation *r = p->result;
    double *image = p->work + 3 * p->e.n, distance, closest, lowest;
    const el4ml_line_task task = {&p->e, p->a, p->b, p->va, p->vb, p->options->points, p->options->variants};
    el4ml_status status = straight(p, p->b, &r->stored);
    if (status == EL4ML_OK) status = el4ml_align(&p->e, p->a, p->b, 0, image, &distance);
    if (status == EL4ML_OK) status = straight(p, image, &r->aligned);
    if (status == EL4ML_OK) status = el4ml_lowest_image(&task, p->work, image, &distance, &closest, &lowest);
    if (status == EL4ML_OK) status = straight(p, image, &r->lowest);
    if (status == EL4ML_OK) {
        el4ml_copy(p->e.n, p->a, p->work);
        el4ml_axpy(p->e.n, 1, image, p->work);
        el4ml_scale(p->e.n, 0.5, p->work);
        if (el4ml_value_gradient(&p->e, p->work, &r->middle, NULL) == EL4ML_NUMERICAL) r->middle = NAN;
    }
    if (status == EL4ML_OK && r->symmetry && p->options->images > 0) status = random_images(p);
    return status;
}

static el4ml_status find_route(const el4ml_network *network, el4ml_interpolation *r, el4ml_error *error)
{
    el4ml_merge_tree *tree = NULL;
    el4ml_minimax_path *path = NULL;
    const el4ml_minimum_sets sets = {&r->a, &r->b, 1, 1};
    el4ml_status status = el4ml_merge_tree_new(network, &tree, error);
    if (status == EL4ML_OK) status = el4ml_minimax_path_new(network, tree, &sets, &path, error);
    if (status == EL4ML_OK && !path) r->no_path = "no known transition states connect the two minima";
    if (path) {
        r->route_length = path->length;
        r->route_minima = EL4ML_NEW(size_t, path->length);
        r->route_states = EL4ML_NEW(size_t, path->length);
        if (!r->route_minima || !r->route_states)
            status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpolate: out of memory");
        for (size_t k = 0; status == EL4ML_OK && k < path->length; k++) {
            r->route_minima[k] = path->minima[k];
            if (k + 1 < path->length) r->route_states[k] = path->edges[k];
        }
    }
    el4ml_minimax_path_free(path);
    el4ml_merge_tree_free(tree);
    return status;
}

static el4ml_status measure(pair *p, el4ml_error *error)
{
    el4ml_interpolation *r = p->result;
    el4ml_status status = el4ml_training_gain(&p->e, p->options->seed, fmin(p->va, p->vb), p->work, &r->gain);
    if (status == EL4ML_OK) status = lines(p);
    if (status != EL4ML_OK) return el4ml_fail(error, status, "interpolate: %s", el4ml_status_text(status));
    const double limit = r->tolerance * r->gain;
    r->connected_stored = r->stored.excess <= limit;
    r->connected_aligned = r->aligned.excess <= limit;
    r->connected_lowest = r->lowest.excess <= limit;
    return EL4ML_OK;
}

static el4ml_status check(const el4ml_surface *surface, const el4ml_landscape *landscape,
                          const el4ml_interpolation_options *o, el4ml_error *error)
{
    if (o->points < 3 || o->variants < 1 || !(o->tolerance >= 0) || !(o->level > 0 && o->level < 1))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "interpolate: options out of range");
    if (surface->info.dimension != el4ml_landscape_dimension(landscape))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "interpolate: the landscape is of another surface");
    return EL4ML_OK;
}

el4ml_status el4ml_lines_check(const el4ml_surface *surface, const el4ml_landscape *landscape,
                               const el4ml_interpolation_options *options, el4ml_error *error)
{
    return check(surface, landscape, options, error);
}

el4ml_status el4ml_interpolate(const el4ml_surface *surface, const el4ml_landscape *landscape,
                               const el4ml_network *network, const el4ml_data *data, size_t a, size_t b,
                               const el4ml_interpolation_options *options, el4ml_interpolation *r,
                               el4ml_error *error)
{
    const size_t minima = el4ml_landscape_count(landscape, EL4ML_MINIMUM);
    const double nan = NAN;
    *r =
        (el4ml_interpolation){.a = a,
                              .b = b,
                              .tolerance = options->tolerance,
                              .symmetry = surface->ops.align != NULL && surface->ops.random_operation != NULL,
                              .model = surface->ops.predict != NULL,
                              .middle = nan,
                              .image_mean = nan,
                              .image_low = nan,
                              .image_high = nan};
    r->stored = r->aligned = r->lowest = r->path = el4ml_way_none();
    el4ml_status status = check(surface, landscape, options, error);
    if (status != EL4ML_OK) return status;
    if (a >= minima || b >= minima || a == b)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "interpolate: two different minima are needed");
    const el4ml_stationary *pa = &el4ml_landscape_record(landscape, EL4ML_MINIMUM, a)->point,
                           *pb = &el4ml_landscape_record(landscape, EL4ML_MINIMUM, b)->point;
    pair p = {surface, landscape, data, options, r, pa->x, pb->x, pa->energy, pb->energy, {0}, NULL};
    status = el4ml_evaluator_init(&p.e, surface, error);
    if (status != EL4ML_OK) return status;
    p.e.cancel = options->cancel;
    p.work = EL4ML_NEW(double, 4 * p.e.n);
    status =
        p.work ? measure(&p, error) : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpolate: out of memory");
    if (status == EL4ML_OK) status = find_route(network, r, error);
    if (status == EL4ML_OK && r->route_length > 0)
        status = el4ml_follow_route(surface, landscape, data, options->cancel, r, error);
    el4ml_release(p.work);
    el4ml_evaluator_clear(&p.e);
    if (status != EL4ML_OK) el4ml_interpolation_clear(r);
    return status;
}
