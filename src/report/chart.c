#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "report/axis.h"

enum { FONT = 12, SMALL = 11, NOTE = 10, MOST_LABELS = 64 };

typedef struct bounds {
    double x_low, x_high, y_low, y_high;
} bounds;

typedef struct frame {
    double left, right, top, bottom;
    el4ml_axis x, y;
    el4ml_ticks x_ticks, y_ticks;
} frame;

static bool drawable(const el4ml_chart *chart, double x, double y)
{
    return isfinite(x) && isfinite(y) && (!chart->x_logarithmic || x > 0) && (!chart->y_logarithmic || y > 0);
}

static bool has_dots(const el4ml_chart *chart)
{
    for (size_t s = 0; s < chart->series_count; s++)
        if (chart->series[s].marker > 0) return true;
    return false;
}

/* Dots should not lie on the frame. */
static void widen(bool logarithmic, double *low, double *high)
{
    const double part = 0.04;
    if (logarithmic) {
        const double factor = fmax(pow(*high / *low, part), 1.15);
        *low /= factor;
        *high *= factor;
    } else {
        const double more = part * (*high - *low);
        *low -= more;
        *high += more;
    }
}

/* False when no point can be drawn. */
static bool find_bounds(const el4ml_chart *chart, bounds *b)
{
    *b = (bounds){INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t s = 0; s < chart->series_count; s++) {
        const el4ml_series *series = &chart->series[s];
        for (size_t k = 0; k < series->count; k++) {
            if (!drawable(chart, series->x[k], series->y[k])) continue;
            b->x_low = fmin(b->x_low, series->x[k]);
            b->x_high = fmax(b->x_high, series->x[k]);
            b->y_low = fmin(b->y_low, series->y[k]);
            b->y_high = fmax(b->y_high, series->y[k]);
        }
    }
    if (!(b->x_low <= b->x_high)) return false;
    if (has_dots(chart)) widen(chart->x_logarithmic, &b->x_low, &b->x_high);
    if (has_dots(chart)) widen(chart->y_logarithmic, &b->y_low, &b->y_high);
    return true;
}

static bool has_labels(const el4ml_chart *chart)
{
    for (size_t s = 0; s < chart->series_count; s++)
        if (chart->series[s].labels) return true;
    return false;
}

/* So few that steps are 1 at least, where ticks are to be whole. */
static size_t tick_count(bool whole, double span, size_t most)
{
    return whole && span < (double)most ? (size_t)fmax(ceil(span), 1) : most;
}

static void set_y_axis(const el4ml_chart *chart, const bounds *b, frame *f)
{
    double low = b->y_low, high = b->y_high;
    if (!chart->y_logarithmic) {
        if (chart->y_from_zero) {
            low = fmin(low, 0);
            high = fmax(high, 0);
            if (!(high > low)) high = 1;
        }
        if (chart->mark_count) high += 0.09 * (high - low); /* room for the labels of the marks */
        if (has_labels(chart)) {
            low -= 0.05 * (high - low);
            high += 0.05 * (high - low);
        }
    }
    f->y = el4ml_axis_new(chart->y_logarithmic, low, high, f->bottom, f->top);
    if (!chart->y_logarithmic && !has_labels(chart)) el4ml_axis_round(&f->y, 6);
    el4ml_axis_ticks(&f->y, tick_count(chart->y_whole, high - low, 6), &f->y_ticks);
}

static bool has_legend(const el4ml_chart *chart)
{
    for (size_t s = 0; s < chart->series_count; s++)
        if (chart->series[s].label) return true;
    return false;
}

static void set_frame(const el4ml_chart *chart, const bounds *b, frame *f)
{
    f->top = 16 + (chart->title ? 22 : 0) + (has_legend(chart) ? 22 : 0);
    f->bottom = chart->height - 48;
    set_y_axis(chart, b, f);
    if (f->y_ticks.exponent) {
        f->top += 18;
        f->y.end = f->top;
    }
    f->left = 38 + f->y_ticks.width * SMALL;
    f->right = chart->width - 22;
    f->x = el4ml_axis_new(chart->x_logarithmic, b->x_low, b->x_high, f->left, f->right);
    el4ml_axis_ticks(&f->x, tick_count(chart->x_whole, b->x_high - b->x_low, 8), &f->x_ticks);
}

static void draw_x_axis(el4ml_markup *m, const el4ml_chart *chart, const frame *f)
{
    const el4ml_stroke line = {.width = 0.9};
    const el4ml_lettering ticks = {.size = SMALL, .anchor = "middle"},
                          label = {.size = FONT, .anchor = "middle"};
    el4ml_svg_line(m, f->left, f->bottom, f->right, f->bottom, &line);
    for (size_t k = 0; k < f->x_ticks.count; k++) {
        const el4ml_tick *tick = &f->x_ticks.tick[k];
        const double x = el4ml_axis_place(&f->x, tick->value);
        el4ml_svg_line(m, x, f->bottom, x, f->bottom + (tick->major ? 5 : 3), &line);
        if (tick->text[0]) el4ml_svg_rich(m, x, f->bottom + 18, &ticks, tick->text);
    }
    el4ml_ticks_exponent(m, &f->x_ticks, f->right, f->bottom - 8, &ticks);
    el4ml_svg_rich(m, (f->left + f->right) / 2, chart->height - 10, &label, chart->x_label);
}

static void draw_y_axis(el4ml_markup *m, const el4ml_chart *chart, const frame *f)
{
    const el4ml_stroke line = {.width = 0.9}, grid = {.width = 0.6, .opacity = 0.13};
    const el4ml_lettering ticks = {.size = SMALL, .anchor = "end"},
                          unit = {.size = SMALL, .anchor = "middle"};
    const el4ml_lettering label = {.size = FONT, .anchor = "middle", .upwards = true};
    el4ml_svg_line(m, f->left, f->top, f->left, f->bottom, &line);
    for (size_t k = 0; k < f->y_ticks.count; k++) {
        const el4ml_tick *tick = &f->y_ticks.tick[k];
        const double y = el4ml_axis_place(&f->y, tick->value);
        el4ml_svg_line(m, f->left - (tick->major ? 5 : 3), y, f->left, y, &line);
        if (tick->major && y < f->bottom - 1) el4ml_svg_line(m, f->left, y, f->right, y, &grid);
        if (tick->text[0]) el4ml_svg_rich(m, f->left - 8, y + 0.35 * SMALL, &ticks, tick->text);
    }
    el4ml_ticks_exponent(m, &f->y_ticks, f->left, f->top - 10, &unit);
    el4ml_svg_rich(m, 16, (f->top + f->bottom) / 2, &label, chart->y_label);
}

static void draw_legend(el4ml_markup *m, const el4ml_chart *chart, const frame *f)
{
    const double y = chart->title ? 42 : 20;
    double x = f->left;
    for (size_t s = 0; s < chart->series_count; s++) {
        const el4ml_series *series = &chart->series[s];
        if (!series->label) continue;
        const el4ml_stroke stroke = {.colour = series->colour, .dash = series->dash, .width = series->width};
        const el4ml_lettering style = {.size = FONT};
        if (series->width > 0) el4ml_svg_line(m, x, y - 4, x + 24, y - 4, &stroke);
        if (series->marker > 0)
            el4ml_svg_circle(m, x + 12, y - 4, series->marker,
                             series->colour ? series->colour : "currentColor");
        el4ml_svg_rich(m, x + 30, y, &style, series->label);
        x += 30 + el4ml_svg_text_width(series->label, FONT) + 22;
    }
}

static void draw_dots(el4ml_markup *m, const el4ml_series *series, const double *x, const double *y)
{
    for (size_t k = 0; k < series->count; k++)
        if (isfinite(x[k]) && isfinite(y[k]))
            el4ml_svg_circle(m, x[k], y[k], series->marker, series->colour ? series->colour : "currentColor");
}

/* `place`: room for the longest series, (2, longest). */
static void draw_series(el4ml_markup *m, const el4ml_chart *chart, const frame *f, double *place,
                        size_t longest)
{
    for (size_t s = chart->series_count; s-- > 0;) { /* the first lies on top */
        const el4ml_series *series = &chart->series[s];
        double *x = place, *y = place + longest;
        for (size_t k = 0; k < series->count; k++) {
            const bool seen = drawable(chart, series->x[k], series->y[k]);
            x[k] = seen ? el4ml_axis_place(&f->x, series->x[k]) : NAN;
            y[k] = seen ? el4ml_axis_place(&f->y, series->y[k]) : NAN;
        }
        const el4ml_stroke stroke = {.colour = series->colour, .dash = series->dash, .width = series->width};
        if (series->width > 0) el4ml_svg_polyline(m, series->count, x, y, &stroke);
        if (series->marker > 0) draw_dots(m, series, x, y);
    }
}

typedef struct box {
    double left, right, top, bottom;
} box;

static bool overlap(const box *a, const box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

/* The labels drawn so far. */
typedef struct taken {
    box boxes[MOST_LABELS];
    size_t count;
} taken;

/* A label of this width about x, its baseline at y; nothing where it would cover another one. */
static bool claim(taken *t, double x, double y, double half)
{
    const box here = {x - half - 4, x + half + 4, y - SMALL, y + 2};
    if (t->count == MOST_LABELS) return false;
    for (size_t j = 0; j < t->count; j++)
        if (overlap(&here, &t->boxes[j])) return false;
    t->boxes[t->count++] = here;
    return true;
}

static void draw_marks(el4ml_markup *m, const el4ml_chart *chart, const frame *f, taken *t)
{
    const el4ml_stroke drop = {.width = 0.7, .dash = "2 3", .opacity = 0.55};
    const el4ml_lettering style = {.size = SMALL, .anchor = "middle"};
    for (size_t k = 0; k < chart->mark_count; k++) {
        const el4ml_mark *mark = &chart->marks[k];
        if (!drawable(chart, mark->x, mark->y)) continue;
        const double x = el4ml_axis_place(&f->x, mark->x), y = el4ml_axis_place(&f->y, mark->y);
        if (!(x >= f->left && x <= f->right && y >= f->top && y <= f->bottom)) continue;
        el4ml_svg_line(m, x, y, x, f->bottom, &drop);
        el4ml_svg_circle(m, x, y, 2.6, "currentColor");
        const double half = el4ml_svg_text_width(mark->label, SMALL) / 2;
        const double at = fmin(fmax(x, f->left + half + 4), f->right - half);
        if (claim(t, at, y - 8, half)) el4ml_svg_rich(m, at, y - 8, &style, mark->label);
    }
}

static void draw_point_labels(el4ml_markup *m, const el4ml_chart *chart, const frame *f, taken *t)
{
    const el4ml_lettering style = {.size = NOTE, .anchor = "middle"};
    for (size_t s = 0; s < chart->series_count; s++) {
        const el4ml_series *series = &chart->series[s];
        for (size_t k = 0; series->labels && k < series->count; k++) {
            if (!series->labels[k] || !drawable(chart, series->x[k], series->y[k])) continue;
            const double x = el4ml_axis_place(&f->x, series->x[k]), y = el4ml_axis_place(&f->y, series->y[k]);
            const double base = series->labels_below ? y + series->marker + NOTE + 2 : y - series->marker - 4;
            if (!claim(t, x, base, el4ml_svg_text_width(series->labels[k], NOTE) / 2)) continue;
            el4ml_svg_text_begin(m, x, base, &style);
            el4ml_svg_text_plain(m, series->labels[k]);
            el4ml_svg_text_end(m);
        }
    }
}

static void draw_title(el4ml_markup *m, const el4ml_chart *chart)
{
    const el4ml_lettering style = {.size = 13, .anchor = "middle", .bold = true};
    if (!chart->title) return;
    el4ml_svg_text_begin(m, chart->width / 2, 20, &style);
    el4ml_svg_text_plain(m, chart->title);
    el4ml_svg_text_end(m);
}

static void draw_empty(el4ml_markup *m, const el4ml_chart *chart)
{
    const el4ml_lettering style = {.size = FONT, .anchor = "middle", .opacity = 0.7};
    el4ml_svg_text_begin(m, chart->width / 2, chart->height / 2, &style);
    el4ml_svg_text_plain(m, chart->empty ? chart->empty : "Nothing to draw.");
    el4ml_svg_text_end(m);
}

el4ml_status el4ml_chart_svg(const el4ml_chart *chart, char **svg, el4ml_error *error)
{
    size_t longest = 0;
    for (size_t s = 0; s < chart->series_count; s++)
        if (chart->series[s].count > longest) longest = chart->series[s].count;
    double *place = EL4ML_NEW(double, 2 * longest);
    frame *f = EL4ML_NEW(frame, 1);
    el4ml_markup m = {.failed = !place || !f};
    el4ml_svg_begin(&m, chart->width, chart->height, chart->title ? chart->title : "chart");
    draw_title(&m, chart);
    bounds b;
    if (!m.failed && find_bounds(chart, &b)) {
        set_frame(chart, &b, f);
        draw_y_axis(&m, chart, f);
        draw_x_axis(&m, chart, f);
        draw_legend(&m, chart, f);
        draw_series(&m, chart, f, place, longest);
        taken labels = {.count = 0};
        draw_marks(&m, chart, f, &labels);
        draw_point_labels(&m, chart, f, &labels);
    } else {
        draw_empty(&m, chart);
    }
    el4ml_svg_end(&m);
    el4ml_release(place);
    el4ml_release(f);
    return el4ml_markup_finish(&m, svg, error);
}
