#include <math.h>

#include "base/memory.h"
#include "el4ml/interpolation.h"
#include "report/chart.h"
#include "report/panels.h"

enum { WAYS = 4 };

/* Points of a way as two rows of numbers. */
static bool unroll(const el4ml_way *w, double **numbers)
{
    *numbers = EL4ML_NEW(double, 2 * w->count);
    for (size_t k = 0; *numbers && k < w->count; k++) {
        (*numbers)[k] = w->points[k].t;
        (*numbers)[w->count + k] = w->points[k].value;
    }
    return *numbers != NULL;
}

static el4ml_series series_of(const el4ml_way *w, const double *numbers, const char *label,
                              const char *colour, const char *dash)
{
    return (el4ml_series){.label = label,
                          .count = w->count,
                          .x = numbers,
                          .y = numbers + w->count,
                          .colour = colour,
                          .dash = dash,
                          .width = 1.6};
}

/* `near`: without the way to the copy stored, which may rise so high that the others look flat. */
static el4ml_status draw_pair(const el4ml_interpolation *r, bool near, char **svg, el4ml_error *error)
{
    const el4ml_way *ways[WAYS] = {&r->path, &r->lowest, &r->aligned, &r->stored};
    static const char *const names[WAYS] = {"lowest barrier", "best copy", "aligned", "as stored"};
    static const char *const dashes[WAYS] = {NULL, NULL, "6 3", "2 3"};
    double *numbers[WAYS] = {NULL};
    el4ml_series series[WAYS];
    size_t count = 0;
    bool good = true;
    for (size_t k = 0; k < WAYS && good; k++) {
        if (ways[k]->count == 0 || (!r->symmetry && (k == 1 || k == 2)) || (near && k == 3)) continue;
        good = unroll(ways[k], &numbers[count]);
        if (!good) break;
        series[count] =
            series_of(ways[k], numbers[count], !r->symmetry && k == 3 ? "straight line" : names[k],
                      el4ml_palette_class(k), dashes[k]);
        count++;
    }
    const el4ml_chart chart = {.width = 560,
                               .height = 360,
                               .title = near ? "Enlarged" : NULL,
                               .x_label = "share of the way",
                               .y_label = "*V*",
                               .series = series,
                               .series_count = count};
    const el4ml_status status = good ? el4ml_chart_svg(&chart, svg, error)
                                     : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    for (size_t k = 0; k < WAYS; k++)
        el4ml_release(numbers[k]);
    return status;
}

static el4ml_status draw_start(const el4ml_monotonicity *m, char **svg, el4ml_error *error)
{
    double *numbers;
    if (!unroll(&m->first, &numbers)) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    const el4ml_series series = series_of(&m->first, numbers, NULL, el4ml_palette_class(0), NULL);
    const el4ml_chart chart = {.width = 560,
                               .height = 360,
                               .title = "From a random start to where training ends",
                               .x_label = "share of the straight line",
                               .y_label = "*V*",
                               .series = &series,
                               .series_count = 1,
                               .empty = "No random start converged."};
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(numbers);
    return status;
}

static el4ml_status draw_pairs(const el4ml_connectivity *c, char **svg, el4ml_error *error)
{
    const size_t n = c->count;
    double *numbers = EL4ML_NEW(double, 4 * n + 4);
    if (!numbers) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    double *x = numbers, *y = x + n, *copy_x = y + n, *copy_y = copy_x + n, *limit = copy_y + n;
    double longest = 0;
    bool positive = true; /* then over a logarithmic axis */
    for (size_t k = 0; k < n; k++) {
        x[k] = c->pairs[k].aligned_distance;
        y[k] = c->pairs[k].lowest;
        copy_x[k] = c->pairs[k].distance;
        copy_y[k] = c->pairs[k].image;
        longest = fmax(longest, copy_x[k]);
        positive = positive && y[k] > 0 && copy_y[k] > 0;
    }
    limit[0] = 0;
    limit[1] = longest;
    limit[2] = limit[3] = c->tolerance * c->gain;
    const el4ml_series series[3] = {
        {.label = "after alignment",
         .count = n,
         .x = x,
         .y = y,
         .colour = el4ml_palette_class(0),
         .marker = 2},
        {.label = "random copy", .count = n, .x = copy_x, .y = copy_y, .colour = "#9a9a9a", .marker = 1.6},
        {.label = "counts as connected", .count = 2, .x = limit, .y = limit + 2, .dash = "5 3", .width = 1}};
    const el4ml_chart chart = {.width = 560,
                               .height = 360,
                               .title = "Straight lines between pairs of minima",
                               .x_label = "distance",
                               .y_label = "rise of *V* above the chord",
                               .y_from_zero = true,
                               .y_logarithmic = positive && limit[2] > 0,
                               .series = series,
                               .series_count = 3};
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(numbers);
    return status;
}

el4ml_status el4ml_interpolation_svg(const el4ml_interpolation *pair, const el4ml_monotonicity *m,
                                     const el4ml_connectivity *c, char **svg, el4ml_error *error)
{
    char *panel[4] = {NULL};
    el4ml_status status = EL4ML_OK;
    if (pair) status = draw_pair(pair, false, &panel[0], error);
    if (status == EL4ML_OK && pair && pair->symmetry && pair->stored.excess > 3 * pair->aligned.excess)
        status = draw_pair(pair, true, &panel[1], error);
    if (status == EL4ML_OK && c) status = draw_pairs(c, &panel[2], error);
    if (status == EL4ML_OK && m && m->count > 0) status = draw_start(m, &panel[3], error);
    if (status == EL4ML_OK)
        status = el4ml_panels_svg((const char *const *)panel, 4, 2, "Loss between minima", svg, error);
    for (size_t k = 0; k < 4; k++)
        el4ml_text_free(panel[k]);
    return status;
}
