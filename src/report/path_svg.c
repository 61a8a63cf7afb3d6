/* The profile of a path: energies of minima and transition states, one after the other. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "el4ml/report.h"
#include "report/chart.h"
#include "report/literal.h"

enum { BETWEEN = 12, LABEL_SIZE = 24 };

/* Points of one kind with their labels. */
typedef struct dots {
    size_t count;
    double *x, *y;
    char (*text)[LABEL_SIZE];
    const char **label;
} dots;

static bool dots_init(dots *d, size_t count)
{
    *d = (dots){count, EL4ML_NEW(double, count), EL4ML_NEW(double, count), el4ml_allocate(count, LABEL_SIZE),
                EL4ML_NEW(const char *, count)};
    return d->x && d->y && d->text && d->label;
}

static void dots_clear(dots *d)
{
    el4ml_release(d->x);
    el4ml_release(d->y);
    el4ml_release(d->text);
    el4ml_release(d->label);
}

static void put(dots *d, size_t k, double x, double y, int64_t id)
{
    d->x[k] = x;
    d->y[k] = y;
    snprintf(d->text[k], LABEL_SIZE, "%" PRId64, id);
    d->label[k] = d->text[k];
}

/* Minima at 0, 1, 2 ..., transition states half way. */
static void set_dots(const el4ml_network *network, const el4ml_profile *p, dots *minima, dots *states)
{
    for (size_t k = 0; k < minima->count; k++) {
        const el4ml_node *node = &network->nodes[p->minima[k]];
        put(minima, k, (double)k, node->energy, node->id);
    }
    for (size_t k = 0; k < states->count; k++) {
        const el4ml_edge *edge = &network->edges[p->states[k]];
        put(states, k, (double)k + 0.5, edge->energy, edge->id);
    }
}

static double energy_at(const dots *minima, const dots *states, size_t half)
{
    return half % 2 ? states->y[half / 2] : minima->y[half / 2];
}

/* Flat at every stationary point: half a period of a cosine between each and the next. The shape between them
 * is a guide to the eye. */
static void set_curve(const dots *minima, const dots *states, double *x, double *y)
{
    const size_t halves = 2 * states->count;
    for (size_t k = 0; k <= halves * BETWEEN; k++) {
        const size_t half = k / BETWEEN;
        const double t = (double)(k % BETWEEN) / BETWEEN, weight = (1 - cos(3.14159265358979323846 * t)) / 2;
        const double from = energy_at(minima, states, half);
        x[k] = (double)k / (2.0 * BETWEEN);
        y[k] = half == halves ? from : from + weight * (energy_at(minima, states, half + 1) - from);
    }
}

static el4ml_status draw(const el4ml_curve_options *o, const dots *minima, const dots *states, char **svg,
                         el4ml_error *error)
{
    const size_t points = 2 * states->count * BETWEEN + 1;
    char label[EL4ML_LITERAL_SIZE];
    double *curve = EL4ML_NEW(double, 2 * points);
    if (!curve) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    set_curve(minima, states, curve, curve + points);
    const el4ml_series series[3] = {{.label = "minimum",
                                     .count = minima->count,
                                     .x = minima->x,
                                     .y = minima->y,
                                     .colour = el4ml_palette_class(0),
                                     .marker = 3,
                                     .labels = minima->label,
                                     .labels_below = true},
                                    {.label = "transition state",
                                     .count = states->count,
                                     .x = states->x,
                                     .y = states->y,
                                     .colour = el4ml_palette_class(1),
                                     .marker = 3,
                                     .labels = states->label},
                                    {.count = points, .x = curve, .y = curve + points, .width = 1.2}};
    const el4ml_chart chart = {.width = fmax(o->width, 200),
                               .height = fmax(o->height, 200),
                               .title = o->title,
                               .x_label = "steps along the path",
                               .x_whole = true,
                               .y_label = el4ml_literal(o->energy, label),
                               .series = series,
                               .series_count = 3};
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(curve);
    return status;
}

el4ml_status el4ml_profile_svg(const el4ml_network *network, const el4ml_profile *profile,
                               const el4ml_curve_options *options, char **svg, el4ml_error *error)
{
    const el4ml_curve_options defaults = el4ml_curve_options_default();
    if (!network || !profile || !svg || profile->length == 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "figure: nothing given");
    dots minima, states;
    const bool first = dots_init(&minima, profile->length), second = dots_init(&states, profile->length - 1);
    el4ml_status status = EL4ML_OK;
    if (first && second) {
        set_dots(network, profile, &minima, &states);
        status = draw(options ? options : &defaults, &minima, &states, svg, error);
    } else {
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    }
    dots_clear(&minima);
    dots_clear(&states);
    return status;
}
