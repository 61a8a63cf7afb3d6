#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "el4ml/interpretation.h"
#include "report/panels.h"
#include "report/rows.h"
#include "report/svg.h"

enum { MOST_FEATURES = 40, MOST_GROUPS = 5, LABEL = 48 };

typedef struct plot {
    size_t rows, groups; /* drawn; group 0 is all minima, unless one group holds them all */
    size_t feature[MOST_FEATURES];
    const char *names[MOST_FEATURES];
    double value[MOST_GROUPS + 1][MOST_FEATURES], low[MOST_GROUPS + 1][MOST_FEATURES],
        high[MOST_GROUPS + 1][MOST_FEATURES];
    char label[MOST_GROUPS + 1][LABEL];
    el4ml_row_series series[MOST_GROUPS + 1];
} plot;

static double worth(const el4ml_interpretation *r, size_t k)
{
    const double value = r->weights ? r->all.features[k].weight : r->all.features[k].importance;
    return isnan(value) ? -INFINITY : value;
}

/* The features that matter most, most first. */
static void choose(const el4ml_interpretation *r, plot *p)
{
    for (size_t k = 0; k < r->feature_count; k++) {
        size_t at = p->rows;
        while (at > 0 && worth(r, p->feature[at - 1]) < worth(r, k))
            at--;
        if (at == MOST_FEATURES) continue;
        if (p->rows < MOST_FEATURES) p->rows++;
        for (size_t j = p->rows - 1; j > at; j--)
            p->feature[j] = p->feature[j - 1];
        p->feature[at] = k;
    }
    for (size_t j = 0; j < p->rows; j++)
        p->names[j] = r->feature_names[p->feature[j]];
}

static void set_series(const el4ml_interpretation *r, plot *p, bool weights)
{
    const bool single = r->group_count == 1 && r->groups[0].count == r->minima;
    p->groups = 1 + (single ? 0 : r->group_count < MOST_GROUPS ? r->group_count : MOST_GROUPS);
    for (size_t s = 0; s < p->groups; s++) {
        const el4ml_interpreted_group *g = s ? &r->groups[s - 1] : &r->all;
        for (size_t j = 0; j < p->rows; j++) {
            const el4ml_reliance *f = &g->features[p->feature[j]];
            p->value[s][j] = weights ? f->weight : f->importance;
            p->low[s][j] = weights ? f->weight_low : f->importance - 2 * f->importance_error;
            p->high[s][j] = weights ? f->weight_high : f->importance + 2 * f->importance_error;
        }
        if (s == 0)
            snprintf(p->label[s], LABEL, "all %zu", r->minima);
        else
            snprintf(p->label[s], LABEL, "around %zu (%zu)", g->bottom + 1, g->count);
        p->series[s] = (el4ml_row_series){p->label[s], s ? el4ml_palette_class(s - 1) : "#555555",
                                          p->value[s], p->low[s], p->high[s]};
    }
}

static el4ml_status draw(const el4ml_interpretation *r, plot *p, bool weights, char **svg, el4ml_error *error)
{
    set_series(r, p, weights);
    const el4ml_rows rows = {.count = p->rows,
                             .names = p->names,
                             .series = p->series,
                             .series_count = p->groups,
                             .title =
                                 weights ? "Weights folded back to the inputs" : "Permutation importance",
                             .x_label = weights ? "share of the weights; bars: smallest to largest"
                                                : "rise of the loss; bars: 2 standard errors",
                             .least = 0,
                             .most = NAN,
                             .width = 600};
    return el4ml_rows_svg(&rows, svg, error);
}

/* Of a model without features: how much the parameters vary in each group. */
static el4ml_status draw_parameters(const el4ml_interpretation *r, plot *p, char **svg, el4ml_error *error)
{
    p->rows = r->parameter_count < MOST_FEATURES ? r->parameter_count : MOST_FEATURES;
    p->groups = r->group_count < MOST_GROUPS ? r->group_count : MOST_GROUPS;
    for (size_t j = 0; j < p->rows; j++)
        p->names[j] = r->parameter_names[j];
    for (size_t s = 0; s < p->groups; s++) {
        const el4ml_interpreted_group *g = &r->groups[s];
        for (size_t j = 0; j < p->rows; j++)
            p->value[s][j] = g->parameters[j].ratio;
        snprintf(p->label[s], LABEL, "around %zu (%zu)", g->bottom + 1, g->count);
        p->series[s] = (el4ml_row_series){p->label[s], el4ml_palette_class(s), p->value[s], NULL, NULL};
    }
    const el4ml_rows rows = {.count = p->rows,
                             .names = p->names,
                             .series = p->series,
                             .series_count = p->groups,
                             .title = "Spread of the parameters",
                             .x_label = "spread in the group over that of all minima",
                             .least = 0,
                             .most = 1,
                             .width = 600};
    return el4ml_rows_svg(&rows, svg, error);
}

el4ml_status el4ml_interpretation_svg(const el4ml_interpretation *r, char **svg, el4ml_error *error)
{
    char *panel[2] = {NULL};
    plot *p = EL4ML_NEW(plot, 1);
    if (!p) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    el4ml_status status = EL4ML_OK;
    if (r->feature_count > 0) choose(r, p);
    if (r->weights) status = draw(r, p, true, &panel[0], error);
    if (status == EL4ML_OK && r->all.models > 0) status = draw(r, p, false, &panel[1], error);
    if (status == EL4ML_OK && !panel[0] && !panel[1]) status = draw_parameters(r, p, &panel[0], error);
    if (status == EL4ML_OK)
        status = el4ml_panels_svg((const char *const *)panel, 2, 2, "What the minima rely on", svg, error);
    el4ml_text_free(panel[0]);
    el4ml_text_free(panel[1]);
    el4ml_release(p);
    return status;
}
