#include <math.h>

#include "el4ml/interpolation.h"
#include "insight/json.h"

static json_t *pack_interval(double low, double high)
{
    json_t *list = json_array();
    json_array_append_new(list, el4ml_json_number(low));
    json_array_append_new(list, el4ml_json_number(high));
    return list;
}

static json_t *points_json(const el4ml_way *w)
{
    json_t *list = json_array();
    for (size_t k = 0; k < w->count; k++) {
        const el4ml_way_point *p = &w->points[k];
        json_t *o = json_object();
        el4ml_json_put_number(o, "t", p->t);
        el4ml_json_put_number(o, "value", p->value);
        if (isfinite(p->train.loss)) el4ml_json_put(o, "train", el4ml_json_metrics(&p->train));
        if (isfinite(p->test.loss)) el4ml_json_put(o, "test", el4ml_json_metrics(&p->test));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *way_json(const el4ml_way *w, bool straight, bool connected)
{
    if (w->count == 0) return json_null();
    json_t *o = json_object();
    el4ml_json_put_number(o, "length", w->length);
    el4ml_json_put_number(o, "top", w->top);
    el4ml_json_put_number(o, "top_at", w->top_at);
    el4ml_json_put_number(o, "barrier", w->barrier);
    el4ml_json_put_number(o, "barrier_back", w->barrier_back);
    el4ml_json_put_number(o, "excess", w->excess);
    el4ml_json_put_number(o, "rise", w->rise);
    el4ml_json_put_number(o, "accuracy_loss", w->accuracy_loss);
    if (straight) el4ml_json_put_truth(o, "connected", connected);
    el4ml_json_put(o, "points", points_json(w));
    return o;
}

static json_t *pair_json(const el4ml_interpolation *r)
{
    json_t *o = json_object();
    el4ml_json_put_id(o, "a", r->a);
    el4ml_json_put_id(o, "b", r->b);
    el4ml_json_put_number(o, "gain", r->gain);
    el4ml_json_put_number(o, "tolerance", r->tolerance);
    el4ml_json_put_truth(o, "symmetry", r->symmetry);
    el4ml_json_put_number(o, "middle", r->middle);
    el4ml_json_put(o, "stored", way_json(&r->stored, true, r->connected_stored));
    el4ml_json_put(o, "aligned", way_json(&r->aligned, true, r->connected_aligned));
    el4ml_json_put(o, "lowest", way_json(&r->lowest, true, r->connected_lowest));
    json_t *images = json_object();
    el4ml_json_put_count(images, "count", r->images);
    el4ml_json_put_number(images, "excess_mean", r->image_mean);
    el4ml_json_put_number(images, "excess_5_percent", r->image_low);
    el4ml_json_put_number(images, "excess_95_percent", r->image_high);
    el4ml_json_put(o, "random_copies", images);
    el4ml_json_put(o, "path", way_json(&r->path, false, false));
    el4ml_json_put_text(o, "no_path", r->no_path);
    el4ml_json_put(o, "path_minima", el4ml_json_identifiers(r->route_minima, r->route_length));
    el4ml_json_put(o, "path_transition_states",
                   el4ml_json_identifiers(r->route_states, r->route_length ? r->route_length - 1 : 0));
    return o;
}

static json_t *starts_json(const el4ml_monotonicity *m)
{
    json_t *o = json_object(), *list = json_array();
    for (size_t k = 0; k < m->count; k++) {
        const el4ml_descent_line *l = &m->lines[k];
        json_t *line = json_object();
        el4ml_json_put_truth(line, "converged", l->converged);
        el4ml_json_put_id(line, "minimum", l->minimum);
        el4ml_json_put_number(line, "start", l->start);
        el4ml_json_put_number(line, "end", l->end);
        el4ml_json_put_number(line, "rise", l->rise);
        el4ml_json_put_truth(line, "monotonic", l->monotonic);
        el4ml_json_put_count(line, "evaluations", l->cost.evaluations);
        json_array_append_new(list, line);
    }
    el4ml_json_put_count(o, "starts", m->count);
    el4ml_json_put_count(o, "converged", m->converged);
    el4ml_json_put_count(o, "monotonic", m->monotonic);
    el4ml_json_put_number(o, "share", m->share);
    el4ml_json_put_number(o, "level", m->level);
    el4ml_json_put(o, "interval", pack_interval(m->low, m->high));
    el4ml_json_put_number(o, "median_rise", m->median_rise);
    el4ml_json_put_number(o, "largest_rise", m->largest_rise);
    el4ml_json_put(o, "lines", list);
    return o;
}

static json_t *connected_json(const el4ml_connected *c)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "connected", c->count);
    el4ml_json_put_number(o, "share", c->share);
    el4ml_json_put(o, "interval", pack_interval(c->low, c->high));
    el4ml_json_put_number(o, "mean", c->mean);
    el4ml_json_put_number(o, "median", c->median);
    return o;
}

static json_t *connectivity_json(const el4ml_connectivity *c)
{
    json_t *o = json_object(), *list = json_array();
    for (size_t k = 0; k < c->count; k++) {
        const el4ml_pair_line *p = &c->pairs[k];
        json_t *pair = json_object();
        el4ml_json_put_id(pair, "a", p->a);
        el4ml_json_put_id(pair, "b", p->b);
        el4ml_json_put_number(pair, "distance", p->distance);
        el4ml_json_put_number(pair, "aligned_distance", p->aligned_distance);
        el4ml_json_put_number(pair, "random_copy", p->image);
        el4ml_json_put_number(pair, "aligned", p->aligned);
        el4ml_json_put_number(pair, "lowest", p->lowest);
        el4ml_json_put_number(pair, "path", p->path);
        json_array_append_new(list, pair);
    }
    el4ml_json_put_count(o, "pairs", c->count);
    el4ml_json_put_truth(o, "all", c->all);
    el4ml_json_put_number(o, "gain", c->gain);
    el4ml_json_put_number(o, "tolerance", c->tolerance);
    el4ml_json_put_number(o, "level", c->level);
    el4ml_json_put(o, "random_copy", connected_json(&c->image));
    el4ml_json_put(o, "aligned", connected_json(&c->aligned));
    el4ml_json_put(o, "lowest", connected_json(&c->lowest));
    el4ml_json_put_number(o, "path_median", c->path_median);
    el4ml_json_put_number(o, "distance_excess_spearman", c->distance_excess.spearman.value);
    el4ml_json_put(o, "each", list);
    return o;
}

char *el4ml_interpolation_json(const el4ml_interpolation *pair, const el4ml_monotonicity *m,
                               const el4ml_connectivity *c)
{
    json_t *o = json_object();
    char *advice = el4ml_interpolation_advice(pair, m, c);
    el4ml_json_put_text(o, "recommendation", advice);
    el4ml_text_free(advice);
    if (pair) el4ml_json_put(o, "pair", pair_json(pair));
    if (m) el4ml_json_put(o, "random_starts", starts_json(m));
    if (c) el4ml_json_put(o, "all_pairs", connectivity_json(c));
    return el4ml_json_finish(o);
}
