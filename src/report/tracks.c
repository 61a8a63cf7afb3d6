#include "report/tracks.h"

enum { SMALL = 11, APART = 16 };

const char *el4ml_track_colour(size_t track)
{
    static const char *const colours[6] = {"#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
    return colours[track % 6];
}

void el4ml_track_draw(el4ml_markup *m, size_t track, size_t count, const double *x, const double *y)
{
    const char *colour = el4ml_track_colour(track);
    const el4ml_stroke edge = {.colour = "#ffffff", .width = 3.4, .opacity = 0.8},
                       line = {.colour = colour, .width = 1.5};
    if (count == 0) return;
    el4ml_svg_polyline(m, count, x, y, &edge);
    el4ml_svg_polyline(m, count, x, y, &line);
    for (size_t k = 0; k < count; k++)
        el4ml_svg_circle(m, x[k], y[k], 1.5, colour);
    el4ml_svg_circle(m, x[0], y[0], 4.5, colour);
    el4ml_svg_circle(m, x[0], y[0], 2.5, "#ffffff");
    el4ml_svg_circle(m, x[count - 1], y[count - 1], 4, colour);
}

void el4ml_track_key(el4ml_markup *m, const el4ml_track *tracks, size_t count, double x, double y)
{
    const el4ml_lettering style = {.size = SMALL};
    double widest = 0, lines = 0;
    for (size_t k = 0; k < count; k++) {
        if (!tracks[k].label) continue;
        const double width = el4ml_svg_text_width(tracks[k].label, SMALL);
        if (width > widest) widest = width;
        lines++;
    }
    if (lines == 0) return;
    el4ml_markup_raw(m, "<rect fill=\"#ffffff\" fill-opacity=\"0.75\" x=\"");
    el4ml_markup_coordinate(m, x - 5);
    el4ml_markup_raw(m, "\" y=\"");
    el4ml_markup_coordinate(m, y - 14);
    el4ml_markup_raw(m, "\" width=\"");
    el4ml_markup_coordinate(m, widest + 34);
    el4ml_markup_raw(m, "\" height=\"");
    el4ml_markup_coordinate(m, lines * APART + 4);
    el4ml_markup_raw(m, "\"/>\n");
    for (size_t k = 0; k < count; k++) {
        if (!tracks[k].label) continue;
        const el4ml_stroke line = {.colour = el4ml_track_colour(k), .width = 2};
        el4ml_svg_line(m, x, y - 4, x + 18, y - 4, &line);
        el4ml_svg_text_begin(m, x + 24, y, &style);
        el4ml_svg_text_plain(m, tracks[k].label);
        el4ml_svg_text_end(m);
        y += APART;
    }
}
