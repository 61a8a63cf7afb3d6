#include <math.h>

#include "base/memory.h"
#include "el4ml/comparison.h"
#include "report/chart.h"
#include "report/literal.h"
#include "report/panels.h"
#include "report/rows.h"

/* Curves of all landscapes in one chart: numbers (2, longest) for each. */
typedef struct curves {
    size_t count;
    el4ml_series *series; /* (count) */
    double **numbers;     /* (count) */
    char (*label)[EL4ML_LITERAL_SIZE];
} curves;

static bool curves_init(curves *c, size_t count)
{
    *c = (curves){count, EL4ML_NEW(el4ml_series, count), EL4ML_NEW(double *, count),
                  el4ml_allocate(count, EL4ML_LITERAL_SIZE)};
    return c->series && c->numbers && c->label;
}

static void curves_clear(curves *c)
{
    for (size_t k = 0; c->numbers && k < c->count; k++)
        el4ml_release(c->numbers[k]);
    el4ml_release(c->series);
    el4ml_release(c->numbers);
    el4ml_release(c->label);
}

static bool begin(curves *c, size_t k, const char *name, size_t points)
{
    c->numbers[k] = EL4ML_NEW(double, 2 * points + 1);
    if (!c->numbers[k]) return false;
    c->series[k] = (el4ml_series){.label = el4ml_literal(name, c->label[k]),
                                  .count = points,
                                  .x = c->numbers[k],
                                  .y = c->numbers[k] + points,
                                  .colour = el4ml_palette_class(k),
                                  .width = 1.6};
    return true;
}

enum { HEAT, FRUSTRATION, SHARES };

/* Over temperature, or the share of trainings that end at most so far above the lowest minimum. */
static bool fill(curves *c, size_t k, const el4ml_compared *from, int what)
{
    const size_t points = what == SHARES ? from->level_count : from->thermo ? from->thermo->count : 0;
    if (!begin(c, k, from->name, points)) return false;
    double *x = c->numbers[k], *y = x + points, sum = 0;
    for (size_t i = 0; i < points; i++) {
        if (what == SHARES) {
            sum += (double)from->level_hits[i] / (double)from->trainings;
            x[i] = (double)(i + 1);
            y[i] = sum;
            continue;
        }
        const el4ml_thermo_point *p = &from->thermo->points[i];
        x[i] = p->temperature;
        y[i] = what == HEAT ? p->c_plus + p->c_minus : p->frustration_normalised;
    }
    if (what == SHARES) c->series[k].marker = 2;
    return true;
}

static el4ml_status draw(const el4ml_comparison *r, int what, char **svg, el4ml_error *error)
{
    static const char *const labels[3] = {"*C_{V}* \u2212 *\u03ba*", "frustration *F\u0303*",
                                          "share of trainings"};
    curves c;
    bool good = curves_init(&c, r->count);
    for (size_t k = 0; k < r->count && good; k++)
        good = fill(&c, k, &r->each[k], what);
    const el4ml_chart chart = {.width = 560,
                               .height = 340,
                               .x_label = what == SHARES ? "minima that trainings end in, lowest first"
                                                         : "temperature",
                               .y_label = labels[what],
                               .x_logarithmic = what != SHARES,
                               .x_whole = what == SHARES,
                               .y_from_zero = true,
                               .series = c.series,
                               .series_count = r->count,
                               .empty = "Not known."};
    const el4ml_status status = good ? el4ml_chart_svg(&chart, svg, error)
                                     : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    curves_clear(&c);
    return status;
}

static el4ml_status draw_agreement(const el4ml_comparison *r, char **svg, el4ml_error *error)
{
    double *numbers = EL4ML_NEW(double, 6 * r->count);
    const char **names = EL4ML_NEW(const char *, r->count);
    if (!numbers || !names) {
        el4ml_release(numbers);
        el4ml_release(names);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    }
    const size_t n = r->count;
    bool classes = false;
    for (size_t k = 0; k < n; k++) {
        const el4ml_agreement *a = &r->each[k].same_minimum, *b = &r->each[k].same_class;
        const double six[6] = {a->probability, a->low, a->high, b->probability, b->low, b->high};
        for (size_t j = 0; j < 6; j++)
            numbers[j * n + k] = six[j];
        names[k] = r->each[k].name;
        classes |= isfinite(b->probability);
    }
    const el4ml_row_series series[2] = {
        {"same minimum", el4ml_palette_class(0), numbers, numbers + n, numbers + 2 * n},
        {"same class of a training row", el4ml_palette_class(1), numbers + 3 * n, numbers + 4 * n,
         numbers + 5 * n}};
    const el4ml_rows rows = {.count = n,
                             .names = names,
                             .series = series,
                             .series_count = classes ? 2 : 1,
                             .title = "Reproducibility of training",
                             .x_label = "probability that two trainings agree",
                             .least = 0,
                             .most = 1,
                             .width = 560};
    const el4ml_status status = el4ml_rows_svg(&rows, svg, error);
    el4ml_release(numbers);
    el4ml_release(names);
    return status;
}

el4ml_status el4ml_comparison_svg(const el4ml_comparison *r, char **svg, el4ml_error *error)
{
    char *panel[4] = {NULL};
    el4ml_status status = draw_agreement(r, &panel[0], error);
    if (status == EL4ML_OK) status = draw(r, SHARES, &panel[1], error);
    if (status == EL4ML_OK) status = draw(r, HEAT, &panel[2], error);
    if (status == EL4ML_OK) status = draw(r, FRUSTRATION, &panel[3], error);
    if (status == EL4ML_OK)
        status = el4ml_panels_svg((const char *const *)panel, 4, 2, "Landscapes compared", svg, error);
    for (size_t k = 0; k < 4; k++)
        el4ml_text_free(panel[k]);
    return status;
}
