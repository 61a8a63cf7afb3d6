#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "el4ml/basin_volume.h"
#include "el4ml/report.h"
#include "el4ml/trajectory.h"
#include "report/chart.h"
#include "report/panels.h"
#include "report/tracks.h"

enum { CELLS = 160, LABEL = 48, WIDTH = 620, HEIGHT = 460 };

/* The traces as tracks, with the room for them. */
typedef struct tracks {
    size_t count;
    el4ml_track *track;
    char (*label)[LABEL];
    size_t **minimum;
    double **number; /* energies, then places (2), then evaluations */
} tracks;

static void tracks_clear(tracks *t)
{
    for (size_t k = 0; k < t->count; k++) {
        if (t->minimum) el4ml_release(t->minimum[k]);
        if (t->number) el4ml_release(t->number[k]);
    }
    el4ml_release(t->track);
    el4ml_release(t->label);
    el4ml_release(t->minimum);
    el4ml_release(t->number);
}

static bool tracks_init(tracks *t, const el4ml_trace *traces, size_t count)
{
    *t = (tracks){count, EL4ML_NEW(el4ml_track, count), el4ml_allocate(count, LABEL),
                  EL4ML_NEW(size_t *, count), EL4ML_NEW(double *, count)};
    if (!t->track || !t->label || !t->minimum || !t->number) return false;
    for (size_t k = 0; k < count; k++) {
        const el4ml_trace *from = &traces[k];
        size_t *minimum = t->minimum[k] = EL4ML_NEW(size_t, from->count);
        double *energy = t->number[k] = EL4ML_NEW(double, 4 * from->count);
        if (!minimum || !energy) return false;
        double *x = energy + from->count, *evaluations = x + 2 * from->count;
        for (size_t i = 0; i < from->count; i++) {
            minimum[i] = from->points[i].minimum;
            energy[i] = from->points[i].value;
            x[2 * i] = from->points[i].x[0];
            x[2 * i + 1] = from->points[i].x[1];
            evaluations[i] = (double)from->points[i].evaluations;
        }
        snprintf(t->label[k], LABEL, "%s, start %llu", el4ml_minimiser_name(from->method),
                 (unsigned long long)from->start);
        t->track[k] = (el4ml_track){t->label[k], from->count, minimum, energy, x};
    }
    return true;
}

static el4ml_status over_graph(const el4ml_network *network, const tracks *t, char **svg, el4ml_error *error)
{
    el4ml_merge_tree *tree = NULL;
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    o.title = "Basins that the paths pass, over the disconnectivity graph";
    o.energy_label = "V";
    o.scale = EL4ML_SCALE_LOGARITHMIC;
    o.tracks = t->track;
    o.track_count = t->count;
    o.width = WIDTH;
    o.height = HEIGHT;
    el4ml_status status = el4ml_merge_tree_new(network, &tree, error);
    if (status == EL4ML_OK) status = el4ml_disconnectivity_svg(network, tree, &o, svg, error);
    el4ml_merge_tree_free(tree);
    return status;
}

/* ---- Two variables ---- */

static void widen(double low[2], double high[2], const double *x)
{
    for (int k = 0; k < 2; k++) {
        low[k] = fmin(low[k], x[k]);
        high[k] = fmax(high[k], x[k]);
    }
}

/* Around the minima and the tracks, with a margin. */
static void find_box(const double *minima, size_t count, const tracks *t, double low[2], double high[2])
{
    low[0] = low[1] = INFINITY;
    high[0] = high[1] = -INFINITY;
    for (size_t k = 0; k < count; k++)
        widen(low, high, minima + 2 * k);
    for (size_t k = 0; k < t->count; k++)
        for (size_t i = 0; i < t->track[k].count; i++)
            widen(low, high, t->track[k].x + 2 * i);
    for (int k = 0; k < 2; k++) {
        const double margin = fmax(0.08 * (high[k] - low[k]), 1e-6);
        low[k] -= margin;
        high[k] += margin;
    }
}

static double *points_of(const el4ml_landscape *l, el4ml_species species, double *energy)
{
    const size_t count = el4ml_landscape_count(l, species);
    double *x = EL4ML_NEW(double, 2 * count);
    for (size_t i = 0; x && i < count; i++) {
        const el4ml_stationary *p = &el4ml_landscape_record(l, species, i)->point;
        x[2 * i] = p->x[0];
        x[2 * i + 1] = p->x[1];
        if (energy) energy[i] = p->energy;
    }
    return x;
}

static el4ml_status draw_map(const el4ml_surface *surface, const el4ml_landscape *l, const tracks *t,
                             el4ml_basin_picture *p, char **svg, el4ml_error *error)
{
    find_box(p->minimum, p->minima, t, p->low, p->high);
    const double across = p->high[0] - p->low[0], up = p->high[1] - p->low[1];
    p->columns = (size_t)fmax(10, CELLS * fmin(1, across / up));
    p->rows = (size_t)fmax(10, CELLS * fmin(1, up / across));
    size_t *labels = EL4ML_NEW(size_t, p->columns * p->rows);
    if (!labels) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = p->low;
    o.high = p->high;
    p->labels = labels;
    el4ml_status status = el4ml_basin_map(surface, l, &o, p->columns, p->rows, labels, error);
    if (status == EL4ML_OK) status = el4ml_basin_map_svg(p, svg, error);
    el4ml_release(labels);
    return status;
}

static el4ml_status over_map(const el4ml_surface *surface, const el4ml_landscape *l, const tracks *t,
                             char **svg, el4ml_error *error)
{
    const size_t minima = el4ml_landscape_count(l, EL4ML_MINIMUM);
    double *energy = EL4ML_NEW(double, minima);
    double *x = energy ? points_of(l, EL4ML_MINIMUM, energy) : NULL;
    double *states = x ? points_of(l, EL4ML_TRANSITION_STATE, NULL) : NULL;
    el4ml_basin_picture p = {.minima = minima,
                             .minimum = x,
                             .energy = energy,
                             .states = el4ml_landscape_count(l, EL4ML_TRANSITION_STATE),
                             .state = states,
                             .tracks = t->track,
                             .track_count = t->count,
                             .title = "Paths over the catchment basins",
                             .width = WIDTH};
    const el4ml_status status = states ? draw_map(surface, l, t, &p, svg, error)
                                       : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    el4ml_release(energy);
    el4ml_release(x);
    el4ml_release(states);
    return status;
}

/* ---- V over evaluations ---- */

static el4ml_status over_evaluations(const tracks *t, char **svg, el4ml_error *error)
{
    el4ml_series *series = EL4ML_NEW(el4ml_series, t->count);
    if (!series) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    bool positive = true;
    for (size_t k = 0; k < t->count; k++) {
        const el4ml_track *from = &t->track[k];
        series[k] = (el4ml_series){.count = from->count,
                                   .x = t->number[k] + 3 * from->count,
                                   .y = from->energy,
                                   .colour = el4ml_track_colour(k),
                                   .width = 1.4,
                                   .marker = 1.6};
        for (size_t i = 0; i < from->count; i++)
            positive = positive && from->energy[i] > 0;
    }
    const el4ml_chart chart = {.width = WIDTH,
                               .height = HEIGHT,
                               .title = "V over evaluations",
                               .x_label = "evaluations",
                               .y_label = "*V*",
                               .y_logarithmic = positive,
                               .x_logarithmic = true,
                               .series = series,
                               .series_count = t->count};
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(series);
    return status;
}

el4ml_status el4ml_traces_svg(const el4ml_surface *surface, const el4ml_landscape *landscape,
                              const el4ml_network *network, const el4ml_trace *traces, size_t count,
                              char **svg, el4ml_error *error)
{
    char *panel[2] = {NULL};
    tracks t;
    el4ml_status status = tracks_init(&t, traces, count)
                              ? EL4ML_OK
                              : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    if (status == EL4ML_OK && surface->info.dimension == 2)
        status = over_map(surface, landscape, &t, &panel[0], error);
    else if (status == EL4ML_OK)
        status = over_graph(network, &t, &panel[0], error);
    if (status == EL4ML_OK) status = over_evaluations(&t, &panel[1], error);
    if (status == EL4ML_OK)
        status = el4ml_panels_svg((const char *const *)panel, 2, 2, "Paths of minimisers", svg, error);
    el4ml_text_free(panel[0]);
    el4ml_text_free(panel[1]);
    tracks_clear(&t);
    return status;
}
