#include "report/disconnectivity_colours.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "report/axis.h"

enum { NOTE = 10, SMALL = 11, STRIPES = 64, BAR_WIDTH = 92, ROW = 16 };
static const char OTHERS[] = "others";
static const double MIXED = INFINITY; /* a superbasin with minima of several categories */

static double value_of(const el4ml_colouring *c, const el4ml_layout *layout, size_t leaf)
{
    return c->options->colour_value ? c->options->colour_value[layout->branches[leaf].minimum] : (double)NAN;
}

static bool is_category(const el4ml_colouring *c, double value)
{
    return value >= 0 && value < (double)c->options->category_count;
}

/* ---- Which categories are shown ---- */

/* The next of those left with the most minima (ties: the lower); its count is put to 0. */
static size_t take_largest(size_t *drawn, size_t count)
{
    size_t best = 0;
    for (size_t k = 1; k < count; k++)
        if (drawn[k] > drawn[best]) best = k;
    const bool found = drawn[best] > 0;
    drawn[best] = 0;
    return found ? best : EL4ML_NONE;
}

static void insert(el4ml_colouring *c, size_t category)
{
    size_t at = c->shown++;
    for (; at > 0 && c->category[at - 1] > category; at--)
        c->category[at] = c->category[at - 1];
    c->category[at] = category;
}

/* Up to six categories keep their places, so that their colours are known beforehand; of more the largest are
 * shown.
 */
static bool choose_categories(const el4ml_layout *layout, el4ml_colouring *c)
{
    const size_t count = c->options->category_count;
    size_t *drawn = EL4ML_NEW(size_t, count + 1);
    if (!drawn) return false;
    for (size_t i = 0; i < layout->leaf_count; i++) {
        const double value = value_of(c, layout, i);
        if (!is_category(c, value)) continue;
        drawn[(size_t)value]++;
        c->any = true;
    }
    if (count <= EL4ML_SHOWN_CATEGORIES) {
        for (size_t k = 0; k < count; k++)
            insert(c, k);
    } else {
        for (size_t k = 0; k < EL4ML_SHOWN_CATEGORIES; k++) {
            const size_t next = take_largest(drawn, count);
            if (next != EL4ML_NONE) insert(c, next);
        }
        c->others = take_largest(drawn, count) != EL4ML_NONE;
    }
    el4ml_release(drawn);
    return true;
}

static double key_width(const el4ml_colouring *c)
{
    double width = c->others ? el4ml_svg_text_width(OTHERS, NOTE) : 0;
    if (!c->categories) return BAR_WIDTH;
    for (size_t k = 0; k < c->shown; k++)
        width = fmax(width, el4ml_svg_text_width(c->options->categories[c->category[k]], NOTE));
    return fmax(width + 46,
                30 + el4ml_svg_text_width(c->options->colour_label ? c->options->colour_label : "", SMALL));
}

bool el4ml_colouring_init(const el4ml_layout *layout, const el4ml_disconnectivity_options *options,
                          el4ml_colouring *c)
{
    *c = (el4ml_colouring){.options = options, .low = INFINITY, .high = -INFINITY};
    c->categories = options->categories && options->category_count > 0;
    if (c->categories) {
        if (!choose_categories(layout, c)) return false;
    } else {
        for (size_t i = 0; i < layout->leaf_count; i++) {
            const double value = value_of(c, layout, i);
            if (!isfinite(value)) continue;
            c->low = fmin(c->low, value);
            c->high = fmax(c->high, value);
        }
        c->any = c->low <= c->high;
    }
    c->width = c->any ? key_width(c) : 0;
    return true;
}

/* ---- Colours ---- */

static size_t place_of(const el4ml_colouring *c, double value)
{
    for (size_t k = 0; k < c->shown; k++)
        if ((double)c->category[k] == value) return k;
    return EL4ML_SHOWN_CATEGORIES; /* grey */
}

void el4ml_colouring_of(const el4ml_colouring *c, double value, char out[8])
{
    out[0] = '\0';
    if (!c->any || !isfinite(value)) return;
    if (!c->categories) {
        const double span = c->high - c->low;
        el4ml_palette_sequential(span > 0 ? (value - c->low) / span : 0.5, out);
    } else if (is_category(c, value)) {
        memcpy(out, el4ml_palette_class(place_of(c, value)), 8);
    }
}

void el4ml_colouring_tell(el4ml_markup *m, const el4ml_colouring *c, double value)
{
    char number[EL4ML_NUMBER_SIZE];
    if (c->categories) {
        el4ml_markup_escaped(m, c->options->categories[(size_t)value]);
        return;
    }
    el4ml_number_general(value, 6, number);
    el4ml_markup_raw(m, number);
}

void el4ml_colouring_branches(const el4ml_colouring *c, const el4ml_layout *layout, double *value)
{
    for (size_t i = 0; i < layout->count; i++)
        value[i] = i < layout->leaf_count ? value_of(c, layout, i) : (double)NAN;
    if (!c->categories) return;
    for (size_t i = 0; i < layout->count; i++) { /* parts come before the whole */
        const size_t parent = layout->branches[i].parent;
        if (i >= layout->leaf_count && isnan(value[i])) continue; /* nothing below: joined with another */
        if (i < layout->leaf_count && !is_category(c, value[i])) value[i] = MIXED;
        if (parent == EL4ML_NONE) continue;
        value[parent] = isnan(value[parent]) || value[parent] == value[i] ? value[i] : MIXED;
    }
}

/* ---- The key ---- */

static void draw_bar(el4ml_markup *m, const el4ml_colouring *c, double left, double top, double bottom)
{
    const double x = left + 22, from = bottom - 0.2 * (bottom - top), to = top + 0.2 * (bottom - top),
                 stripe = (from - to) / STRIPES;
    const el4ml_axis axis = el4ml_axis_new(false, c->low, c->high, from, to);
    el4ml_ticks ticks;
    for (int k = 0; k < STRIPES; k++) {
        char colour[8];
        el4ml_colouring_of(c, c->low + (k + 0.5) / STRIPES * (c->high - c->low), colour);
        el4ml_svg_rectangle(m, x, from - (k + 1) * stripe, 11, stripe + 0.4, colour);
    }
    el4ml_axis_ticks(&axis, 5, &ticks);
    const el4ml_stroke line = {.width = 0.9};
    const el4ml_lettering style = {.size = NOTE},
                          label = {.size = SMALL, .anchor = "middle", .upwards = true};
    for (size_t k = 0; k < ticks.count; k++) {
        const double y = el4ml_axis_place(&axis, ticks.tick[k].value);
        el4ml_svg_line(m, x + 11, y, x + 14, y, &line);
        el4ml_svg_rich(m, x + 17, y + 0.35 * NOTE, &style, ticks.tick[k].text);
    }
    el4ml_ticks_exponent(m, &ticks, x, to - 8, &style);
    el4ml_svg_text_begin(m, left + BAR_WIDTH - 8, (from + to) / 2, &label);
    el4ml_svg_text_plain(m, c->options->colour_label);
    el4ml_svg_text_end(m);
}

static void draw_row(el4ml_markup *m, double x, double y, size_t colour, const char *name)
{
    const el4ml_stroke line = {.colour = el4ml_palette_class(colour), .width = 2.4};
    const el4ml_lettering style = {.size = NOTE};
    el4ml_svg_line(m, x, y - 0.35 * NOTE, x + 14, y - 0.35 * NOTE, &line);
    el4ml_svg_text_begin(m, x + 19, y, &style);
    el4ml_svg_text_plain(m, name);
    el4ml_svg_text_end(m);
}

static void draw_rows(el4ml_markup *m, const el4ml_colouring *c, double left, double top)
{
    const el4ml_lettering style = {.size = SMALL};
    const double x = left + 16;
    double y = top + 24;
    el4ml_svg_text_begin(m, x, y, &style);
    el4ml_svg_text_plain(m, c->options->colour_label);
    el4ml_svg_text_end(m);
    for (size_t k = 0; k < c->shown; k++)
        draw_row(m, x, y += ROW, k, c->options->categories[c->category[k]]);
    if (c->others) draw_row(m, x, y + ROW, EL4ML_SHOWN_CATEGORIES, OTHERS);
}

void el4ml_colouring_key(el4ml_markup *m, const el4ml_colouring *c, double left, double top, double bottom)
{
    if (!c->any) return;
    if (c->categories)
        draw_rows(m, c, left, top);
    else
        draw_bar(m, c, left, top, bottom);
}
