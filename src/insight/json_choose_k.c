/* The choice of K as JSON and as a figure. */
#include <math.h>
#include <stdio.h>

#include "base/file_write.h"
#include "base/memory.h"
#include "el4ml/choose_k.h"
#include "insight/json.h"
#include "report/chart.h"

static json_t *row_json(const el4ml_k_row *r)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "clusters", r->clusters);
    el4ml_json_put_number(o, "inertia", r->inertia);
    el4ml_json_put_count(o, "minima", r->minima);
    el4ml_json_put_count(o, "transition_states", r->transition_states);
    el4ml_json_put_count(o, "components", r->components);
    el4ml_json_put_count(o, "funnels", r->funnels);
    el4ml_json_put_number(o, "temperature", r->temperature);
    el4ml_json_put_number(o, "clusterings", r->clusterings);
    el4ml_json_put_number(o, "frustration", r->frustration);
    el4ml_json_put_number(o, "barrier", r->barrier);
    el4ml_json_put_number(o, "hits", r->hits);
    el4ml_json_put_number(o, "stability", r->stability);
    el4ml_json_put_number(o, "stability_error", r->stability_error);
    el4ml_json_put_number(o, "silhouette", r->silhouette);
    el4ml_json_put_number(o, "davies_bouldin", r->davies_bouldin);
    el4ml_json_put_number(o, "gap", r->gap);
    el4ml_json_put_number(o, "gap_error", r->gap_error);
    return o;
}

char *el4ml_choice_json(const el4ml_choice *c)
{
    json_t *o = json_object(), *rows = json_array(), *by = json_object();
    for (size_t k = 0; k < c->count; k++)
        json_array_append_new(rows, row_json(&c->rows[k]));
    for (int k = 0; k < EL4ML_K_CRITERIA; k++) {
        const char *name = el4ml_k_criterion_name((el4ml_k_criterion)k);
        if (c->by[k] > 0)
            el4ml_json_put_count(by, name, c->by[k]);
        else
            el4ml_json_put(by, name, json_null());
    }
    el4ml_json_put(o, "rows", rows);
    el4ml_json_put(o, "criteria", by);
    el4ml_json_put_count(o, "verdict", c->verdict);
    el4ml_json_put_count(o, "votes", c->votes);
    el4ml_json_put_count(o, "voters", c->voters);
    el4ml_json_put_text(o, "recommendation", c->text);
    return el4ml_json_finish(o);
}

el4ml_status el4ml_choice_figure(const el4ml_choice *c, const char *path, el4ml_error *error)
{
    char *svg = NULL;
    double *x = EL4ML_NEW(double, 5 * c->count);
    if (!x) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "choose-k: out of memory");
    double *silhouette = x + c->count, *stability = silhouette + c->count, *few = stability + c->count,
           *hits = few + c->count;
    for (size_t k = 0; k < c->count; k++) {
        const el4ml_k_row *r = &c->rows[k];
        x[k] = (double)r->clusters;
        silhouette[k] = r->silhouette;
        stability[k] = r->stability;
        few[k] = 1 / r->clusterings;
        hits[k] = r->hits;
    }
    const el4ml_series series[] = {
        {.label = "1 / clusterings", .count = c->count, .x = x, .y = few, .width = 2, .marker = 3},
        {.label = "hits",
         .count = c->count,
         .x = x,
         .y = hits,
         .colour = "#d08020",
         .width = 1.5,
         .marker = 2.5},
        {.label = "stability",
         .count = c->count,
         .x = x,
         .y = stability,
         .colour = "#2070c0",
         .width = 1.5,
         .marker = 2.5},
        {.label = "silhouette",
         .count = c->count,
         .x = x,
         .y = silhouette,
         .colour = "#208040",
         .width = 1.5,
         .marker = 2.5}};
    el4ml_mark mark = {.x = (double)c->verdict, .y = 1};
    snprintf(mark.label, sizeof mark.label, "verdict: %zu", c->verdict);
    const el4ml_chart chart = {.width = 720,
                               .height = 420,
                               .x_label = "clusters K",
                               .y_label = "",
                               .y_from_zero = true,
                               .x_whole = true,
                               .series = series,
                               .series_count = sizeof series / sizeof *series,
                               .marks = &mark,
                               .mark_count = 1,
                               .empty = "no clusterings"};
    el4ml_status status = el4ml_chart_svg(&chart, &svg, error);
    if (status == EL4ML_OK) status = el4ml_file_write(path, svg, error);
    el4ml_release(svg);
    el4ml_release(x);
    return status;
}
