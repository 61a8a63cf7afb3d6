/* Numbers with intervals: rows with a dot and a line, panels side by side. */
#include <math.h>

#include "el4ml/report.h"
#include "report/axis.h"

enum { FONT = 12, SMALL = 11, ROW = 17, FIRST = 360, FURTHER = 240, GAP = 18 };

typedef struct place {
    double left, right, top, bottom;
    el4ml_axis axis;
    el4ml_ticks ticks;
} place;

static bool set_axis(const el4ml_interval_panel *panel, size_t count, bool zero, place *p)
{
    double low = zero ? 0 : INFINITY, high = zero ? 0 : -INFINITY;
    for (size_t k = 0; k < count; k++) {
        const double all[3] = {panel->rows[k].value, panel->rows[k].low, panel->rows[k].high};
        for (size_t j = 0; j < 3; j++) {
            if (!isfinite(all[j])) continue;
            low = fmin(low, all[j]);
            high = fmax(high, all[j]);
        }
    }
    if (!(low <= high)) return false;
    const double narrow = 1e-9 * fmax(fabs(low), fabs(high)); /* all the same: room to see that */
    const double margin = high - low > narrow ? 0.04 * (high - low) : 0.01 * fmax(1, fabs(high));
    p->axis = el4ml_axis_new(false, low - margin, high + margin, p->left, p->right);
    el4ml_axis_ticks(&p->axis, 4, &p->ticks);
    return true;
}

static void draw_axis(el4ml_markup *m, const el4ml_interval_panel *panel, const place *p)
{
    const el4ml_stroke line = {.width = 0.9}, faint = {.width = 0.5, .opacity = 0.18};
    const el4ml_lettering ticks = {.size = SMALL, .anchor = "middle"},
                          label = {.size = FONT, .anchor = "middle"};
    el4ml_svg_line(m, p->left, p->bottom, p->right, p->bottom, &line);
    for (size_t k = 0; k < p->ticks.count; k++) {
        const double x = el4ml_axis_place(&p->axis, p->ticks.tick[k].value);
        el4ml_svg_line(m, x, p->bottom, x, p->bottom + (p->ticks.tick[k].major ? 5 : 3), &line);
        if (!p->ticks.tick[k].text[0]) continue;
        el4ml_svg_line(m, x, p->top, x, p->bottom, &faint);
        el4ml_svg_rich(m, x, p->bottom + 18, &ticks, p->ticks.tick[k].text);
    }
    el4ml_ticks_exponent(m, &p->ticks, p->right, p->bottom - 8, &ticks);
    el4ml_svg_text_begin(m, (p->left + p->right) / 2, p->bottom + 38, &label);
    el4ml_svg_text_plain(m, panel->label);
    el4ml_svg_text_end(m);
}

static void draw_rows(el4ml_markup *m, const el4ml_intervals_options *o, size_t which, const place *p)
{
    const el4ml_interval_panel *panel = &o->panels[which];
    const size_t count = o->count;
    const el4ml_stroke dashed = {.width = 1, .dash = "4 3", .opacity = 0.6};
    if (count > 0 && (o->zero || isfinite(panel->rows[0].value))) {
        const double x = el4ml_axis_place(&p->axis, o->zero ? 0 : panel->rows[0].value);
        el4ml_svg_line(m, x, p->top, x, p->bottom, &dashed);
    }
    for (size_t k = 0; k < count; k++) {
        const el4ml_interval *row = &panel->rows[k];
        const double y = p->top + ROW * ((double)k + 0.5);
        const el4ml_stroke line = {.colour = el4ml_palette_class(row->group), .width = row->marked ? 3 : 1.5};
        if (isfinite(row->low) && isfinite(row->high))
            el4ml_svg_line(m, el4ml_axis_place(&p->axis, row->low), y, el4ml_axis_place(&p->axis, row->high),
                           y, &line);
        if (isfinite(row->value))
            el4ml_svg_circle(m, el4ml_axis_place(&p->axis, row->value), y, row->marked ? 4.5 : 3,
                             line.colour);
    }
}

static double label_width(const el4ml_intervals_options *o)
{
    double width = 0;
    for (size_t k = 0; o->panel_count > 0 && k < o->count; k++)
        width = fmax(width, el4ml_svg_text_width(o->panels[0].rows[k].label, SMALL));
    return width + 20;
}

static void draw_labels(el4ml_markup *m, const el4ml_intervals_options *o, double right, double top)
{
    for (size_t k = 0; o->panel_count > 0 && k < o->count; k++) {
        const el4ml_interval *row = &o->panels[0].rows[k];
        const el4ml_lettering letters = {.size = SMALL, .anchor = "end", .bold = row->marked};
        el4ml_svg_text_begin(m, right, top + ROW * ((double)k + 0.5) + 4, &letters);
        el4ml_svg_text_plain(m, row->label);
        el4ml_svg_text_end(m);
    }
}

el4ml_status el4ml_intervals_svg(const el4ml_intervals_options *o, char **svg, el4ml_error *error)
{
    if (!o || !svg || (o->panel_count > 0 && !o->panels))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "figure: nothing given");
    const double labels = label_width(o), top = o->title ? 40 : 16, bottom = top + ROW * (double)o->count + 6;
    const size_t further = o->panel_count > 0 ? o->panel_count - 1 : 0;
    const double usual = labels + FIRST + (double)further * (FURTHER + GAP) + 20;
    const double width = o->width > 0 ? fmax(o->width, 200) : usual;
    const double scale = (width - labels - 20) / (usual - labels - 20);
    el4ml_markup m = {0};
    el4ml_svg_begin(&m, width, bottom + 50, o->title);
    const el4ml_lettering title = {.size = 14, .bold = true};
    if (o->title) {
        el4ml_svg_text_begin(&m, 12, 22, &title);
        el4ml_svg_text_plain(&m, o->title);
        el4ml_svg_text_end(&m);
    }
    draw_labels(&m, o, labels - 8, top);
    double left = labels;
    for (size_t k = 0; k < o->panel_count; k++) {
        place p = {
            .left = left, .right = left + scale * (k == 0 ? FIRST : FURTHER), .top = top, .bottom = bottom};
        if (set_axis(&o->panels[k], o->count, o->zero, &p)) {
            draw_axis(&m, &o->panels[k], &p);
            draw_rows(&m, o, k, &p);
        }
        left = p.right + scale * GAP;
    }
    el4ml_svg_end(&m);
    return el4ml_markup_finish(&m, svg, error);
}
