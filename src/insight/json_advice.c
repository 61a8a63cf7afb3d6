/* The document of gp-advice, and its figure. */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "insight/json.h"
#include "el4ml/advice.h"
#include "report/chart.h"

static json_t *way(const el4ml_gp_advice *a, size_t k)
{
    const el4ml_gp_way *w = &a->way[k];
    json_t *o = json_object();
    el4ml_json_put_text(o, "method", w->name);
    el4ml_json_put_truth(o, "guided", w->guided);
    el4ml_json_put_truth(o, "failed", w->failed);
    el4ml_json_put_count(o, "settings", w->settings);
    el4ml_json_put_number(o, "divergence", w->divergence);
    el4ml_json_put_number(o, "test_log_density", w->log_density);
    el4ml_json_put_number(o, "test_gain", w->gain);
    el4ml_json_put_number(o, "test_gain_error", w->gain_error);
    el4ml_json_put_number(o, "test_rmse", w->rmse);
    el4ml_json_put_count(o, "evaluations", w->evaluations);
    el4ml_json_put_count(o, "gradients", w->gradients);
    el4ml_json_put_number(o, "seconds", w->seconds);
    el4ml_json_put_number(o, "effective", w->effective);
    el4ml_json_put_number(o, "r_hat", w->r_hat);
    el4ml_json_put_truth(o, "converged", w->converged);
    el4ml_json_put_id(o, "missed_minimum", w->missed);
    el4ml_json_put_number(o, "cost", el4ml_gp_cost(a, k, false));
    el4ml_json_put_number(o, "cost_with_landscape", el4ml_gp_cost(a, k, true));
    el4ml_json_put_number(o, "log_evidence", w->log_evidence);
    return o;
}

static void put_check(el4ml_builder *text, const el4ml_gp_advice *a)
{
    if (a->reference == EL4ML_NONE)
        el4ml_builder_text(text, " This is not checked: no sampler converged within its evaluations.");
    else if (a->checked == a->verdict)
        el4ml_builder_format(text, " Sampling (%s, %.3g effective draws) agrees.", a->way[a->reference].name,
                             a->way[a->reference].effective);
    else
        el4ml_builder_format(text, " Sampling (%s, %.3g effective draws) says otherwise: %s. Believe it.",
                             a->way[a->reference].name, a->way[a->reference].effective,
                             el4ml_gp_verdict_text(a->checked));
}

char *el4ml_gp_advice_text(const el4ml_gp_advice *a)
{
    el4ml_builder text = {0};
    const double point = a->point_divergence, mixture = a->mixture_divergence;
    if (!isfinite(point))
        el4ml_builder_text(&text,
                           "Sample the hyperparameters: the surroundings of the minima do not describe "
                           "the posterior.");
    else if (a->verdict == EL4ML_GP_POINT)
        el4ml_builder_format(&text,
                             "The lowest minimum is enough: against the posterior it loses %.3g nats a row, "
                             "where %.3g may be lost.",
                             point, a->threshold);
    else if (a->verdict == EL4ML_GP_MIXTURE)
        el4ml_builder_format(
            &text,
            "Predict by the mixture over the %zu minima with their Laplace weights: it loses "
            "%.3g nats a row, the lowest minimum alone %.3g, where %.3g may be lost.",
            a->counted, mixture, point, a->threshold);
    else
        el4ml_builder_format(&text,
                             "Sample the hyperparameters: the lowest minimum loses %.3g nats a row and the "
                             "mixture over the minima %.3g, more than the %.3g that may be lost.",
                             point, mixture, a->threshold);
    put_check(&text, a);
    return el4ml_builder_take(&text);
}

char *el4ml_gp_advice_json(const el4ml_gp_advice *a)
{
    json_t *o = json_object(), *ways = json_array();
    char *recommendation = el4ml_gp_advice_text(a);
    el4ml_json_put_text(o, "recommendation", recommendation);
    el4ml_release(recommendation);
    el4ml_json_put_text(o, "verdict", el4ml_gp_verdict_text(a->verdict));
    el4ml_json_put_text(o, "verdict_of_sampling", el4ml_gp_verdict_text(a->checked));
    el4ml_json_put_number(o, "threshold", a->threshold);
    el4ml_json_put_number(o, "effective_wanted", a->wanted);
    el4ml_json_put_count(o, "minima", a->minima);
    el4ml_json_put_count(o, "funnels", a->funnels);
    el4ml_json_put_count(o, "minima_on_bounds", a->on_bounds);
    el4ml_json_put_number(o, "effective_minima", a->effective_minima);
    el4ml_json_put(o, "occupation", el4ml_json_numbers(a->occupation, a->minima));
    el4ml_json_put_id(o, "point", a->point);
    el4ml_json_put_number(o, "point_divergence", a->point_divergence);
    el4ml_json_put_number(o, "mixture_divergence", a->mixture_divergence);
    el4ml_json_put_number(o, "point_divergence_of_sampling", a->checked_point);
    el4ml_json_put_number(o, "mixture_divergence_of_sampling", a->checked_mixture);
    el4ml_json_put(o, "reference",
                   a->reference == EL4ML_NONE ? json_null() : el4ml_json_integer(a->reference));
    el4ml_json_put_count(o, "landscape_evaluations", a->landscape_evaluations);
    el4ml_json_put_count(o, "landscape_hessians", a->landscape_hessians);
    el4ml_json_put_count(o, "test_rows", a->test_rows);
    for (size_t k = 0; k < EL4ML_GP_WAYS; k++)
        json_array_append_new(ways, way(a, k));
    el4ml_json_put(o, "ways", ways);
    return el4ml_json_finish(o);
}

typedef struct points {
    double x[EL4ML_GP_WAYS], y[EL4ML_GP_WAYS];
    const char *labels[EL4ML_GP_WAYS];
    size_t count;
} points;

static void add_point(points *p, double x, double y, const char *label)
{
    p->x[p->count] = x;
    p->y[p->count] = y;
    p->labels[p->count++] = label;
}

static el4ml_series series_of(const points *p, const char *label, size_t colour, bool below)
{
    return (el4ml_series){.label = label,
                          .count = p->count,
                          .x = p->x,
                          .y = p->y,
                          .colour = el4ml_palette_class(colour),
                          .marker = label ? 4 : 0,
                          .labels = label ? p->labels : NULL,
                          .labels_below = below};
}

el4ml_status el4ml_gp_advice_svg(const el4ml_gp_advice *a, char **svg, el4ml_error *error)
{
    points cold = {.count = 0}, guided = {.count = 0}, room = {.count = 0};
    double lowest = INFINITY, fewest = INFINITY;
    for (size_t k = 0; k < EL4ML_GP_WAYS; k++) {
        const el4ml_gp_way *w = &a->way[k];
        const double map = w->guided ? (double)(a->landscape_evaluations + a->landscape_hessians) : 0,
                     spent = (double)(w->evaluations + w->gradients) + map;
        if (w->failed || !(w->divergence > 0) || !(spent > 0)) continue;
        add_point(w->guided ? &guided : &cold, spent, w->divergence, w->name);
        lowest = fmin(lowest, w->divergence);
        fewest = fmin(fewest, spent);
    }
    if (isfinite(lowest)) add_point(&room, fewest / 1.3, lowest / 2, NULL); /* for the labels */
    const el4ml_series series[3] = {series_of(&cold, "knowing nothing", 0, false),
                                    series_of(&guided, "with the landscape, its cost counted", 1, true),
                                    series_of(&room, NULL, 0, false)};
    const el4ml_chart chart = {.width = 640,
                               .height = 400,
                               .title = "What each way of predicting loses, and costs",
                               .x_label = "evaluations of the likelihood, its gradient or Hessian",
                               .y_label = "divergence from the posterior's predictions / nats a row",
                               .x_logarithmic = true,
                               .y_logarithmic = true,
                               .series = series,
                               .series_count = 3,
                               .empty = "No sampler converged: there is nothing to compare with."};
    return el4ml_chart_svg(&chart, svg, error);
}
