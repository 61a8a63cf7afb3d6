/* Trajectories in words and as JSON. */
#include <math.h>

#include "base/text.h"
#include "el4ml/trajectory.h"
#include "insight/json.h"

enum { MOST_VISITS = 12 };

static void say_basin(el4ml_builder *b, const el4ml_trace *t, const el4ml_visit *v)
{
    if (!t->points[v->first].fell)
        el4ml_builder_text(b, "none");
    else if (v->minimum == EL4ML_NONE)
        el4ml_builder_format(b, "one not in the landscape (V = %.6g)", v->bottom);
    else
        el4ml_builder_format(b, "%zu", v->minimum + 1);
}

static void say_one(el4ml_builder *b, const el4ml_trace *t)
{
    const el4ml_visit *last = &t->visits[t->visit_count - 1];
    el4ml_builder_format(b, "%s, start %llu: ", el4ml_minimiser_name(t->method),
                         (unsigned long long)t->start);
    if (t->kept && t->visit_count == 1)
        el4ml_builder_text(b, "stayed in one basin, ");
    else
        el4ml_builder_format(b, "passed %zu basin%s, ", t->basins, t->basins == 1 ? "" : "s");
    for (size_t k = 0; k < t->visit_count; k++) {
        if (t->visit_count > MOST_VISITS && k == MOST_VISITS - 2) {
            el4ml_builder_format(b, " > ... (%zu more) ...", t->visit_count - MOST_VISITS + 1);
            k = t->visit_count - 2;
            continue;
        }
        if (k > 0) el4ml_builder_text(b, " > ");
        say_basin(b, t, &t->visits[k]);
    }
    el4ml_builder_format(b, "; %s at V = %.8g after %llu evaluations",
                         t->status == EL4ML_OK ? "ended" : "did not converge, stopped",
                         t->points[t->count - 1].value,
                         (unsigned long long)t->points[t->count - 1].evaluations);
    if (last->count < t->count)
        el4ml_builder_format(b, ", in its last basin from evaluation %llu on",
                             (unsigned long long)t->points[last->first].evaluations);
    el4ml_builder_format(b, "; way %.3g, straight %.3g\n", t->length, t->direct);
}

static void say_method(el4ml_builder *b, const el4ml_trace *t, size_t count, size_t first)
{
    size_t paths = 0, kept = 0;
    double basins = 0;
    for (size_t k = 0; k < count; k++) {
        if (t[k].method != t[first].method) continue;
        if (k < first) return; /* said already */
        paths++;
        kept += t[k].kept;
        basins += (double)t[k].basins;
    }
    el4ml_builder_format(
        b,
        "%s: %zu of %zu path%s ended in the basin of the start, %.3g basins passed on average "
        "(of the points looked at).\n",
        el4ml_minimiser_name(t[first].method), kept, paths, paths == 1 ? "" : "s", basins / (double)paths);
}

char *el4ml_traces_advice(const el4ml_trace *t, size_t count)
{
    el4ml_builder b = {0};
    size_t kept = 0, ended = 0; /* in a basin */
    for (size_t k = 0; k < count; k++) {
        say_one(&b, &t[k]);
        ended += t[k].points[t[k].count - 1].fell;
        kept += t[k].kept;
    }
    for (size_t k = 0; k < count; k++)
        say_method(&b, t, count, k);
    if (ended == 0)
        el4ml_builder_text(&b, "None of these paths ended in the basin of a minimum.\n");
    else
        el4ml_builder_text(
            &b, 2 * kept > ended ? "The start decides where most of these paths end: other starts find other "
                                   "solutions, other minimisers hardly do.\n"
                                 : "Most of these paths leave the basin they start in: the minimiser and its "
                                   "steps, not the start alone, decide which solution is found.\n");
    return el4ml_builder_take(&b);
}

static json_t *point_json(const el4ml_trace_point *p)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "step", p->step);
    el4ml_json_put_count(o, "evaluations", p->evaluations);
    el4ml_json_put_truth(o, "descent", p->descent);
    el4ml_json_put_number(o, "value", p->value);
    el4ml_json_put_number(o, "gradient_rms", p->gradient_rms);
    el4ml_json_put_number(o, "length", p->length);
    el4ml_json_put_number(o, "distance", p->distance);
    el4ml_json_put_truth(o, "fell", p->fell);
    el4ml_json_put_id(o, "minimum", p->minimum);
    el4ml_json_put_number(o, "bottom", p->bottom);
    return o;
}

static json_t *trajectory_json(const el4ml_trace *t)
{
    json_t *o = json_object(), *points = json_array(), *visits = json_array();
    for (size_t k = 0; k < t->count; k++)
        json_array_append_new(points, point_json(&t->points[k]));
    for (size_t k = 0; k < t->visit_count; k++) {
        const el4ml_visit *v = &t->visits[k];
        json_t *visit = json_object();
        el4ml_json_put_id(visit, "minimum", v->minimum);
        el4ml_json_put_number(visit, "bottom", v->bottom);
        el4ml_json_put_count(visit, "points", v->count);
        el4ml_json_put_count(visit, "from_evaluation", t->points[v->first].evaluations);
        json_array_append_new(visits, visit);
    }
    el4ml_json_put_text(o, "minimiser", el4ml_minimiser_name(t->method));
    el4ml_json_put_count(o, "start", t->start);
    el4ml_json_put_truth(o, "converged", t->status == EL4ML_OK);
    el4ml_json_put_count(o, "steps", t->steps);
    el4ml_json_put_number(o, "length", t->length);
    el4ml_json_put_number(o, "direct", t->direct);
    el4ml_json_put_number(o, "rise", t->rise);
    el4ml_json_put_count(o, "basins", t->basins);
    el4ml_json_put_truth(o, "kept", t->kept);
    el4ml_json_put(o, "visits", visits);
    el4ml_json_put(o, "points", points);
    return o;
}

char *el4ml_traces_json(const el4ml_trace *t, size_t count)
{
    json_t *o = json_object(), *list = json_array();
    char *advice = el4ml_traces_advice(t, count);
    for (size_t k = 0; k < count; k++)
        json_array_append_new(list, trajectory_json(&t[k]));
    el4ml_json_put_text(o, "recommendation", advice);
    el4ml_json_put(o, "trajectories", list);
    el4ml_text_free(advice);
    return el4ml_json_finish(o);
}
