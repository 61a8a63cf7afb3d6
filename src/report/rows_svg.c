#include "report/rows.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "report/axis.h"

enum { FONT = 12, SMALL = 11, LINE = 9, GAP = 12, MOST_NAME = 28, LEGEND = 18 };

typedef struct canvas {
    const el4ml_rows *r;
    el4ml_markup m;
    el4ml_axis x;
    el4ml_ticks ticks;
    double left, right, top, row, bottom, height;
} canvas;

/* At most MOST_NAME bytes, cut between characters. */
static void shorten(const char *name, char out[MOST_NAME + 4])
{
    size_t length = strlen(name);
    if (length <= MOST_NAME) {
        memcpy(out, name, length + 1);
        return;
    }
    length = MOST_NAME - 1;
    while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
        length--;
    memcpy(out, name, length);
    memcpy(out + length, "\u2026", 4);
}

static void find_range(const el4ml_rows *r, double *low, double *high)
{
    *low = isfinite(r->least) ? r->least : INFINITY;
    *high = isfinite(r->most) ? r->most : -INFINITY;
    for (size_t s = 0; s < r->series_count; s++)
        for (size_t k = 0; k < r->count; k++) {
            const el4ml_row_series *q = &r->series[s];
            const double values[3] = {q->value[k], q->low ? q->low[k] : NAN, q->high ? q->high[k] : NAN};
            for (int c = 0; c < 3; c++) {
                if (!isfinite(values[c])) continue;
                *low = fmin(*low, values[c]);
                *high = fmax(*high, values[c]);
            }
        }
    if (!(*low <= *high)) {
        *low = 0;
        *high = 1;
    }
}

static double entry_width(const el4ml_row_series *q)
{
    return 13 + el4ml_svg_text_width(q->label, SMALL) + 16;
}

static double legend_lines(const canvas *c)
{
    double x = c->left, lines = 1;
    for (size_t s = 0; s < c->r->series_count; s++) {
        const el4ml_row_series *q = &c->r->series[s];
        if (!q->label) continue;
        if (x > c->left && x + entry_width(q) > c->right + 16) {
            x = c->left;
            lines++;
        }
        x += entry_width(q);
    }
    return lines;
}

static void set_out(canvas *c)
{
    const el4ml_rows *r = c->r;
    double widest = 20, low, high;
    for (size_t k = 0; k < r->count; k++) {
        char name[MOST_NAME + 4];
        shorten(r->names[k], name);
        widest = fmax(widest, el4ml_svg_text_width(name, SMALL));
    }
    bool legend = false;
    for (size_t s = 0; s < r->series_count; s++)
        legend |= r->series[s].label != NULL;
    c->left = widest + 24;
    c->right = r->width - 24;
    c->top = 12 + (r->title ? 22 : 0) + (legend ? LEGEND * legend_lines(c) + 4 : 0);
    c->row = LINE * (double)r->series_count + GAP;
    c->bottom = c->top + c->row * (double)r->count + 4;
    c->height = c->bottom + 46;
    find_range(r, &low, &high);
    c->x = el4ml_axis_new(false, low, high, c->left, c->right);
    el4ml_axis_round(&c->x, 6);
    el4ml_axis_ticks(&c->x, 6, &c->ticks);
}

static void draw_frame(canvas *c)
{
    const el4ml_stroke line = {.width = 0.9}, grid = {.width = 0.6, .opacity = 0.13};
    const el4ml_lettering ticks = {.size = SMALL, .anchor = "middle"},
                          label = {.size = FONT, .anchor = "middle"};
    el4ml_svg_line(&c->m, c->left, c->bottom, c->right, c->bottom, &line);
    for (size_t k = 0; k < c->ticks.count; k++) {
        const el4ml_tick *tick = &c->ticks.tick[k];
        const double x = el4ml_axis_place(&c->x, tick->value);
        el4ml_svg_line(&c->m, x, c->bottom, x, c->bottom + (tick->major ? 5 : 3), &line);
        if (tick->major) el4ml_svg_line(&c->m, x, c->top, x, c->bottom, &grid);
        if (tick->text[0]) el4ml_svg_rich(&c->m, x, c->bottom + 18, &ticks, tick->text);
    }
    el4ml_ticks_exponent(&c->m, &c->ticks, c->right, c->bottom - 8, &ticks);
    el4ml_svg_rich(&c->m, (c->left + c->right) / 2, c->height - 10, &label, c->r->x_label);
}

static void plain(canvas *c, double x, double y, const el4ml_lettering *style, const char *text)
{
    el4ml_svg_text_begin(&c->m, x, y, style);
    el4ml_svg_text_plain(&c->m, text);
    el4ml_svg_text_end(&c->m);
}

static void draw_legend(canvas *c)
{
    const el4ml_lettering bold = {.size = 13, .anchor = "middle", .bold = true}, style = {.size = SMALL};
    double x = c->left, y = c->r->title ? 42 : 20;
    if (c->r->title) plain(c, c->r->width / 2, 20, &bold, c->r->title);
    for (size_t s = 0; s < c->r->series_count; s++) {
        const el4ml_row_series *q = &c->r->series[s];
        if (!q->label) continue;
        if (x > c->left && x + entry_width(q) > c->right + 16) {
            x = c->left;
            y += LEGEND;
        }
        el4ml_svg_circle(&c->m, x + 5, y - 4, 3, q->colour);
        plain(c, x + 13, y, &style, q->label);
        x += entry_width(q);
    }
}

static void draw_row(canvas *c, size_t k)
{
    const el4ml_lettering style = {.size = SMALL, .anchor = "end"};
    const double top = c->top + c->row * (double)k;
    char name[MOST_NAME + 4];
    shorten(c->r->names[k], name);
    plain(c, c->left - 10, top + c->row / 2 + 0.35 * SMALL, &style, name);
    for (size_t s = 0; s < c->r->series_count; s++) {
        const el4ml_row_series *q = &c->r->series[s];
        const double y = top + GAP / 2.0 + LINE * ((double)s + 0.5);
        const el4ml_stroke bar = {.colour = q->colour, .width = 1.4};
        if (q->low && q->high && isfinite(q->low[k]) && isfinite(q->high[k]))
            el4ml_svg_line(&c->m, el4ml_axis_place(&c->x, q->low[k]), y, el4ml_axis_place(&c->x, q->high[k]),
                           y, &bar);
        if (isfinite(q->value[k]))
            el4ml_svg_circle(&c->m, el4ml_axis_place(&c->x, q->value[k]), y, 3, q->colour);
    }
}

el4ml_status el4ml_rows_svg(const el4ml_rows *rows, char **svg, el4ml_error *error)
{
    canvas *c = EL4ML_NEW(canvas, 1);
    if (!c) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
    c->r = rows;
    set_out(c);
    el4ml_svg_begin(&c->m, rows->width, c->height, rows->title ? rows->title : "rows");
    draw_frame(c);
    draw_legend(c);
    for (size_t k = 0; k < rows->count; k++)
        draw_row(c, k);
    el4ml_svg_end(&c->m);
    const el4ml_status status = el4ml_markup_finish(&c->m, svg, error);
    el4ml_release(c);
    return status;
}
