/* The map of basins: each basin's cells as one path of horizontal runs, thin lines where two basins meet,
 * minima as dots with their numbers, transition states as crosses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "el4ml/report.h"
#include "report/axis.h"

#define FEW 7 /* so many colours that are told apart at sight */
#define MOST_NUMBERED 60
#define FONT 12
#define SMALL 11

typedef struct map {
    const el4ml_basin_picture *p;
    el4ml_axis x, y;
    double cell_width, cell_height;
    size_t *rank; /* (minima) by energy */
} map;

static el4ml_axis axis(double low, double high, double start, double end)
{
    return el4ml_axis_new(false, low, high, start, end);
}

static void colour_of(const map *m, size_t minimum, char out[8])
{
    const size_t count = m->p->minima;
    if (count <= FEW)
        snprintf(out, 8, "%s", el4ml_palette_class(m->rank[minimum]));
    else
        el4ml_palette_sequential((double)m->rank[minimum] / (double)(count - 1), out);
}

static size_t label(const map *m, size_t row, size_t column)
{
    return m->p->labels[row * m->p->columns + column];
}

static double left(const map *m, size_t column)
{
    return m->x.start + (double)column * m->cell_width;
}

/* Neighbours share their edges to the last digit: a gap of a hundredth shows. */
static double bottom(const map *m, size_t row)
{
    return m->y.start - (double)row * m->cell_height;
}

static void draw_basin(el4ml_markup *s, const map *m, size_t minimum)
{
    const el4ml_basin_picture *p = m->p;
    bool begun = false;
    for (size_t row = 0; row < p->rows; row++)
        for (size_t column = 0, end; column < p->columns; column = end) {
            const size_t here = label(m, row, column);
            for (end = column + 1; end < p->columns && label(m, row, end) == here; end++) {
            }
            if (here != minimum) continue;
            if (!begun) el4ml_markup_raw(s, "<path d=\"");
            begun = true;
            el4ml_markup_raw(s, "M");
            el4ml_markup_coordinate(s, left(m, column));
            el4ml_markup_raw(s, ",");
            el4ml_markup_coordinate(s, bottom(m, row));
            el4ml_markup_raw(s, "H");
            el4ml_markup_coordinate(s, left(m, end));
            el4ml_markup_raw(s, "V");
            el4ml_markup_coordinate(s, bottom(m, row + 1));
            el4ml_markup_raw(s, "H");
            el4ml_markup_coordinate(s, left(m, column));
            el4ml_markup_raw(s, "z");
        }
    if (!begun) return;
    char colour[8];
    colour_of(m, minimum, colour);
    el4ml_markup_format(
        s, "\" fill=\"%s\" fill-opacity=\"0.%d\" stroke=\"none\" shape-rendering=\"crispEdges\"/>\n", colour,
        p->minima <= FEW ? 5 : 6);
}

/* From (x, y) to where one coordinate is `end`. */
static void edge(el4ml_markup *s, double x, double y, bool across, double end)
{
    el4ml_markup_raw(s, "M");
    el4ml_markup_coordinate(s, x);
    el4ml_markup_raw(s, ",");
    el4ml_markup_coordinate(s, y);
    el4ml_markup_raw(s, across ? "H" : "V");
    el4ml_markup_coordinate(s, end);
}

static void draw_boundaries(el4ml_markup *s, const map *m)
{
    const el4ml_basin_picture *p = m->p;
    el4ml_markup_raw(s, "<path d=\"");
    for (size_t row = 0; row < p->rows; row++)
        for (size_t column = 0, end; column < p->columns; column = end) {
            end = column + 1;
            if (end < p->columns && label(m, row, column) != label(m, row, end))
                edge(s, left(m, end), bottom(m, row), false, bottom(m, row + 1));
            if (row == 0 || label(m, row, column) == label(m, row - 1, column)) continue;
            edge(s, left(m, column), bottom(m, row), true, left(m, end));
        }
    el4ml_markup_raw(s, "\" stroke=\"#ffffff\" stroke-width=\"0.8\" stroke-linecap=\"square\"/>\n");
}

static void draw_points(el4ml_markup *s, const map *m)
{
    const el4ml_basin_picture *p = m->p;
    const el4ml_stroke cross = {.colour = "#1a1a1a", .width = 1.2};
    const el4ml_lettering number = {.size = SMALL, .colour = "#1a1a1a"};
    for (size_t k = 0; k < p->states; k++) {
        const double x = el4ml_axis_place(&m->x, p->state[2 * k]),
                     y = el4ml_axis_place(&m->y, p->state[2 * k + 1]);
        if (!(x >= m->x.start && x <= m->x.end && y <= m->y.start && y >= m->y.end)) continue;
        el4ml_svg_line(s, x - 3, y - 3, x + 3, y + 3, &cross);
        el4ml_svg_line(s, x - 3, y + 3, x + 3, y - 3, &cross);
    }
    for (size_t k = 0; k < p->minima; k++) {
        const double x = el4ml_axis_place(&m->x, p->minimum[2 * k]),
                     y = el4ml_axis_place(&m->y, p->minimum[2 * k + 1]);
        char text[24];
        if (!(x >= m->x.start && x <= m->x.end && y <= m->y.start && y >= m->y.end)) continue;
        el4ml_svg_circle(s, x, y, 3, "#1a1a1a");
        if (p->minima > MOST_NUMBERED) continue;
        snprintf(text, sizeof text, "%zu", k + 1);
        el4ml_svg_text_begin(s, x + 5, y - 4, &number);
        el4ml_svg_text_plain(s, text);
        el4ml_svg_text_end(s);
    }
}

static void draw_axes(el4ml_markup *s, const map *m, double height)
{
    const el4ml_stroke line = {.width = 0.9};
    const el4ml_lettering below = {.size = SMALL, .anchor = "middle"},
                          beside = {.size = SMALL, .anchor = "end"};
    const el4ml_lettering name = {.size = FONT, .anchor = "middle"},
                          upwards = {.size = FONT, .anchor = "middle", .upwards = true};
    el4ml_ticks ticks;
    const double x0 = m->x.start, x1 = m->x.end, y0 = m->y.start, y1 = m->y.end;
    el4ml_axis_ticks(&m->x, 8, &ticks);
    for (size_t k = 0; k < ticks.count; k++) {
        const double x = el4ml_axis_place(&m->x, ticks.tick[k].value);
        el4ml_svg_line(s, x, y0, x, y0 + (ticks.tick[k].major ? 5 : 3), &line);
        if (ticks.tick[k].text[0]) el4ml_svg_rich(s, x, y0 + 18, &below, ticks.tick[k].text);
    }
    el4ml_ticks_exponent(s, &ticks, x1, y0 - 8, &below);
    el4ml_axis_ticks(&m->y, 8, &ticks);
    for (size_t k = 0; k < ticks.count; k++) {
        const double y = el4ml_axis_place(&m->y, ticks.tick[k].value);
        el4ml_svg_line(s, x0 - (ticks.tick[k].major ? 5 : 3), y, x0, y, &line);
        if (ticks.tick[k].text[0]) el4ml_svg_rich(s, x0 - 8, y + 0.35 * SMALL, &beside, ticks.tick[k].text);
    }
    el4ml_ticks_exponent(s, &ticks, x0, y1 - 6, &below);
    const double frame_x[5] = {x0, x1, x1, x0, x0}, frame_y[5] = {y0, y0, y1, y1, y0};
    el4ml_svg_polyline(s, 5, frame_x, frame_y, &line);
    el4ml_svg_rich(s, (x0 + x1) / 2, height - 8, &name, "*x*");
    el4ml_svg_rich(s, 16, (y0 + y1) / 2, &upwards, "*y*");
}

typedef struct ranked {
    double energy;
    size_t index;
} ranked;

static int by_energy(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->energy != y->energy) return x->energy < y->energy ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static bool rank(map *m)
{
    const size_t count = m->p->minima;
    ranked *order = EL4ML_NEW(ranked, count);
    m->rank = EL4ML_NEW(size_t, count);
    for (size_t k = 0; order && m->rank && k < count; k++)
        order[k] = (ranked){m->p->energy[k], k};
    if (order && m->rank && count > 0) qsort(order, count, sizeof *order, by_energy);
    for (size_t k = 0; order && m->rank && k < count; k++)
        m->rank[order[k].index] = k;
    el4ml_release(order);
    return order && m->rank;
}

el4ml_status el4ml_basin_map_svg(const el4ml_basin_picture *p, char **svg, el4ml_error *error)
{
    if (!p || !svg || !p->labels || p->columns == 0 || p->rows == 0 || !(p->low[0] < p->high[0]) ||
        !(p->low[1] < p->high[1]))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "map of basins: nothing given");
    map m = {.p = p};
    if (!rank(&m)) {
        el4ml_release(m.rank);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "map of basins: out of memory");
    }
    const double width = p->width > 0 ? fmax(p->width, 200) : 640, x0 = 58, above = p->title ? 36 : 18;
    const double across = width - 20 - x0, down = across * (double)p->rows / (double)p->columns;
    const double height = above + down + 46;
    m.x = axis(p->low[0], p->high[0], x0, x0 + across);
    m.y = axis(p->low[1], p->high[1], above + down, above);
    m.cell_width = across / (double)p->columns;
    m.cell_height = down / (double)p->rows;
    el4ml_markup s = {0};
    el4ml_svg_begin(&s, width, height, p->title ? p->title : "catchment basins");
    for (size_t k = 0; k < p->minima; k++)
        draw_basin(&s, &m, k);
    draw_boundaries(&s, &m);
    draw_axes(&s, &m, height);
    draw_points(&s, &m);
    if (p->title) {
        const el4ml_lettering style = {.size = FONT + 1, .bold = true};
        el4ml_svg_text_begin(&s, x0, 22, &style);
        el4ml_svg_text_plain(&s, p->title);
        el4ml_svg_text_end(&s);
    }
    el4ml_svg_end(&s);
    el4ml_release(m.rank);
    return el4ml_markup_finish(&s, svg, error);
}
