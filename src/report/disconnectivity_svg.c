/* Drawing a disconnectivity graph from its layout. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "report/axis.h"
#include "report/disconnectivity_colours.h"

enum { FONT = 12, SMALL = 11, NOTE = 10, MOST_LABELS = 24, LABEL_ALL = 14, LABEL_SOME = 5 };
static const double WIDEST_SLOT = 110, SLANT = 30, STEM = 14, NO_VALUE_GREY = 0.45;

typedef struct picture {
    const el4ml_network *network;
    const el4ml_layout *layout;
    const el4ml_disconnectivity_options *options;
    double width, height;
    double left, right, top, bottom; /* of the graph */
    double slot, origin;             /* pixels of a slot, x of slot 0 */
    double pixel_bottom, pixel_top;  /* where the layout's least and greatest height lie */
    double *bend;                    /* (layout->count) */
    double *value;                   /* (layout->count) what colours each branch; NaN: nothing */
    el4ml_colouring colours;
} picture;

typedef struct point {
    double x, y;
} point;

el4ml_disconnectivity_options el4ml_disconnectivity_options_default(void)
{
    return (el4ml_disconnectivity_options){
        .energy_label = "energy", .max_minima = 400, .width = 640, .height = 480};
}

/* ---- Geometry ---- */

static double least_height(const el4ml_layout *l)
{
    return l->kind == EL4ML_HEIGHT_LOG ? l->zero : l->bottom;
}

static double place_y(const picture *p, double height)
{
    const el4ml_layout *l = p->layout;
    const double span = l->top - least_height(l);
    if (!(span > 0)) return p->pixel_bottom;
    return p->pixel_bottom + (height - least_height(l)) / span * (p->pixel_top - p->pixel_bottom);
}

static double place_x(const picture *p, double x)
{
    return p->origin + x * p->slot;
}

/* ends: room for the heights of all branches in pixels. */
static bool set_bends(picture *p, double *ends)
{
    const el4ml_layout *l = p->layout;
    for (size_t i = 0; i < l->count; i++)
        ends[i] = place_y(p, l->branches[i].height);
    return el4ml_layout_bends(l, ends, SLANT, p->bend);
}

/* The line of a branch from where it leaves the one above down to its own end: 2 or 3 points. */
static size_t trace(const picture *p, size_t branch, point line[3])
{
    const el4ml_branch *b = &p->layout->branches[branch];
    const point end = {place_x(p, b->x), place_y(p, b->height)};
    if (b->parent == EL4ML_NONE) {
        const bool joined = p->layout->components == 1 && p->layout->leaf_count > 1;
        line[0] = (point){end.x, joined ? end.y - STEM : p->top};
        line[1] = end;
        return 2;
    }
    const el4ml_branch *above = &p->layout->branches[b->parent];
    line[0] = (point){place_x(p, above->x), place_y(p, above->height)};
    const double bend = p->bend[branch];
    if (line[0].x == end.x || bend >= end.y) {
        line[1] = end;
        return 2;
    }
    line[1] = (point){end.x, bend};
    line[2] = end;
    return 3;
}

static size_t note_count(const el4ml_layout *l)
{
    return (size_t)(l->leaf_count < l->minima) + (size_t)(l->components > 1);
}

/* The axis from end to end of the frame, in the unit of its labels: V, V - V_g, or V - V_g on a logarithmic
 * scale, which breaks below the least V - V_g. */
static el4ml_axis energy_axis(const picture *p)
{
    const el4ml_layout *l = p->layout;
    const bool log = l->kind == EL4ML_HEIGHT_LOG;
    const double least = least_height(l), from = place_y(p, least);
    double per_pixel = (l->top - least) / (place_y(p, l->top) - from);
    if (!(l->top > least))
        per_pixel = -fmax(0.1 * fabs(least), 1e-3) / (p->bottom - p->top); /* one energy only */
    const double start = log ? place_y(p, l->bottom) + 8 : p->bottom;
    const double low = least + (start - from) * per_pixel, high = least + (p->top - from) * per_pixel;
    return el4ml_axis_new(log, log ? pow(10, low) : low, log ? pow(10, high) : high, start, p->top);
}

static void set_picture(picture *p, el4ml_axis *axis, el4ml_ticks *ticks)
{
    const el4ml_layout *l = p->layout;
    p->width = fmax(p->options->width, 200);
    p->height = fmax(p->options->height, 200);
    p->top = 14 + (p->options->title ? 24 : 0);
    p->bottom = p->height - 14 - 14 * (double)note_count(l);
    p->pixel_bottom = p->bottom - (l->leaf_count <= 60 ? 22 : 12); /* room for the labels of minima */
    p->pixel_top = p->top + STEM + 6;
    *axis = energy_axis(p);
    el4ml_axis_ticks(axis, 9, ticks);
    if (ticks->exponent) {
        p->top += 20;
        p->pixel_top += 20;
        *axis = energy_axis(p);
        el4ml_axis_ticks(axis, 9, ticks);
    }
    p->left = 40 + fmax(ticks->width, 1) * SMALL;
    p->right = p->width - (p->colours.any ? p->colours.width : 18);
    const double room = p->right - p->left - 16;
    p->slot = fmin(room / fmax(l->width, 1), WIDEST_SLOT);
    p->origin = p->left + 8 + (room - p->slot * l->width) / 2;
}

/* ---- Axis, colour bar, notes ---- */

static void draw_label(el4ml_markup *m, const picture *p)
{
    const el4ml_layout *l = p->layout;
    const el4ml_lettering style = {.size = FONT, .anchor = "middle", .upwards = true};
    const char *label = p->options->energy_label ? p->options->energy_label : "energy";
    el4ml_svg_text_begin(m, 16, (p->top + p->bottom) / 2, &style);
    el4ml_svg_text_plain(m, label);
    if (l->kind != EL4ML_HEIGHT_ENERGY) {
        char number[EL4ML_NUMBER_SIZE];
        el4ml_number_rich(fabs(l->lowest), 9, number);
        el4ml_svg_text_plain(m, l->lowest < 0 ? " + " : " \u2212 ");
        el4ml_svg_text_rich(m, number);
        if (l->kind == EL4ML_HEIGHT_LOG) el4ml_svg_text_plain(m, " (log scale)");
    }
    el4ml_svg_text_end(m);
}

/* The break below a logarithmic axis, and the place of V_g. */
static void draw_zero(el4ml_markup *m, const picture *p, double end)
{
    const el4ml_stroke line = {.width = 0.9};
    const el4ml_lettering style = {.size = SMALL, .anchor = "end"};
    const double y = place_y(p, p->layout->zero), middle = (end + y) / 2;
    el4ml_svg_line(m, p->left, end, p->left, middle - 2.5, &line);
    el4ml_svg_line(m, p->left, middle + 2.5, p->left, fmax(y, middle + 2.5), &line);
    for (int k = -1; k <= 1; k += 2)
        el4ml_svg_line(m, p->left - 5, middle + 2.5 * k + 2.5, p->left + 5, middle + 2.5 * k - 2.5, &line);
    el4ml_svg_line(m, p->left - 5, y, p->left, y, &line);
    el4ml_svg_rich(m, p->left - 8, y + 0.35 * SMALL, &style, "0");
}

static void draw_axis(el4ml_markup *m, const picture *p, const el4ml_axis *axis, const el4ml_ticks *ticks)
{
    const el4ml_stroke line = {.width = 0.9};
    const el4ml_lettering style = {.size = SMALL, .anchor = "end", .attributes = "class=\"tick\""},
                          unit = {.size = SMALL, .anchor = "middle"};
    el4ml_svg_line(m, p->left, axis->end, p->left, axis->start, &line);
    for (size_t k = 0; k < ticks->count; k++) {
        const el4ml_tick *tick = &ticks->tick[k];
        const double y = el4ml_axis_place(axis, tick->value);
        el4ml_svg_line(m, p->left - (tick->major ? 5 : 3), y, p->left, y, &line);
        if (tick->text[0]) el4ml_svg_rich(m, p->left - 8, y + 0.35 * SMALL, &style, tick->text);
    }
    el4ml_ticks_exponent(m, ticks, p->left, p->top - 12, &unit);
    if (p->layout->kind == EL4ML_HEIGHT_LOG) draw_zero(m, p, axis->start);
    draw_label(m, p);
}

static void draw_notes(el4ml_markup *m, const picture *p)
{
    const el4ml_layout *l = p->layout;
    const el4ml_lettering style = {.size = NOTE, .opacity = 0.75};
    double y = p->height - 8 - 14 * ((double)note_count(l) - 1);
    char shown[EL4ML_NUMBER_SIZE], all[EL4ML_NUMBER_SIZE], text[160];
    if (l->leaf_count < l->minima) {
        el4ml_number_grouped(l->leaf_count, shown);
        el4ml_number_grouped(l->minima, all);
        snprintf(text, sizeof text, "The lowest %s of %s minima.", shown, all);
        el4ml_svg_rich(m, p->left, y, &style, text);
        y += 14;
    }
    if (l->components > 1) {
        el4ml_number_grouped(l->components, all);
        snprintf(text, sizeof text, "%s components: no known path joins the lines that reach the top.", all);
        el4ml_svg_rich(m, p->left, y, &style, text);
    }
}

static void draw_title(el4ml_markup *m, const picture *p)
{
    const el4ml_lettering style = {.size = 13, .anchor = "middle", .bold = true};
    if (!p->options->title) return;
    el4ml_svg_text_begin(m, p->width / 2, 20, &style);
    el4ml_svg_text_plain(m, p->options->title);
    el4ml_svg_text_end(m);
}

/* ---- The graph ---- */

static double line_width(const el4ml_layout *l)
{
    return l->leaf_count <= 30 ? 1.3 : l->leaf_count <= 120 ? 1.0 : l->leaf_count <= 250 ? 0.8 : 0.65;
}

static void write_path(el4ml_markup *m, const point *line, size_t count)
{
    el4ml_markup_raw(m, "<path d=\"");
    for (size_t k = 0; k < count; k++) {
        el4ml_markup_raw(m, k ? "L" : "M");
        el4ml_markup_coordinate(m, line[k].x);
        el4ml_markup_raw(m, ",");
        el4ml_markup_coordinate(m, line[k].y);
    }
    el4ml_markup_raw(m, "\"");
}

static void write_stroke(el4ml_markup *m, const char *colour)
{
    if (colour[0]) el4ml_markup_format(m, " stroke=\"%s\"", colour);
}

static void draw_superbasins(el4ml_markup *m, const picture *p)
{
    const el4ml_layout *l = p->layout;
    point line[3];
    el4ml_markup_raw(m, "<g stroke=\"currentColor\" stroke-width=\"");
    el4ml_markup_coordinate(m, line_width(l));
    el4ml_markup_raw(m, "\">\n");
    for (size_t i = l->leaf_count; i < l->count; i++) {
        char colour[8];
        if (!l->branches[i].drawn) continue;
        write_path(m, line, trace(p, i, line));
        el4ml_colouring_of(&p->colours, p->value[i], colour);
        write_stroke(m, colour);
        el4ml_markup_raw(m, "/>\n");
    }
    el4ml_markup_raw(m, "</g>\n");
}

/* What a browser shows when the pointer rests on a minimum's line. */
static void write_tip(el4ml_markup *m, const picture *p, const el4ml_node *node, double value, bool coloured)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_general(node->energy, 10, number);
    el4ml_markup_format(m, "<title>minimum %" PRId64 ": ", node->id);
    el4ml_markup_escaped(m, p->options->energy_label ? p->options->energy_label : "energy");
    el4ml_markup_format(m, " %s", number);
    if (coloured) {
        el4ml_markup_raw(m, "; ");
        el4ml_markup_escaped(m, p->options->colour_label);
        el4ml_markup_raw(m, " ");
        el4ml_colouring_tell(m, &p->colours, value);
    }
    el4ml_markup_raw(m, "</title>");
}

static void draw_minimum(el4ml_markup *m, const picture *p, size_t leaf)
{
    const el4ml_layout *l = p->layout;
    const size_t index = l->branches[leaf].minimum;
    const el4ml_node *node = &p->network->nodes[index];
    char colour[8] = "";
    point line[3];
    const size_t count = trace(p, leaf, line);
    el4ml_colouring_of(&p->colours, p->value[leaf], colour);
    write_path(m, line, count);
    el4ml_markup_format(m, " class=\"minimum\" data-id=\"%" PRId64 "\"", node->id);
    write_stroke(m, colour);
    if (p->colours.any && !colour[0]) {
        el4ml_markup_raw(m, " stroke-opacity=\"");
        el4ml_markup_coordinate(m, NO_VALUE_GREY);
        el4ml_markup_raw(m, "\"");
    }
    el4ml_markup_raw(m, ">");
    write_tip(m, p, node, p->value[leaf], colour[0] != 0);
    el4ml_markup_raw(m, "</path>\n");
    if (colour[0] && l->leaf_count <= 150)
        el4ml_svg_circle(m, line[count - 1].x, line[count - 1].y, fmin(3, fmax(0.4 * p->slot, 1.6)), colour);
}

static void draw_minima(el4ml_markup *m, const picture *p)
{
    el4ml_markup_raw(m, "<g stroke=\"currentColor\" stroke-width=\"");
    el4ml_markup_coordinate(m, line_width(p->layout) * (p->colours.any ? 1.35 : 1));
    el4ml_markup_raw(m, "\">\n");
    for (size_t i = p->layout->leaf_count; i-- > 0;)
        draw_minimum(m, p, i); /* the lowest on top */
    el4ml_markup_raw(m, "</g>\n");
}

/* ---- Labels of minima ---- */

typedef struct box {
    double left, right, top, bottom;
} box;

/* Does the line from a to b pass through the box? Clipped by its four sides (Liang and Barsky). */
static bool crosses(const box *b, point from, point to)
{
    const double dx = to.x - from.x, dy = to.y - from.y;
    const double p[4] = {-dx, dx, -dy, dy};
    const double q[4] = {from.x - b->left, b->right - from.x, from.y - b->top, b->bottom - from.y};
    double enter = 0, leave = 1;
    for (int k = 0; k < 4; k++) {
        if (p[k] == 0) {
            if (q[k] < 0) return false;
        } else if (p[k] < 0) {
            enter = fmax(enter, q[k] / p[k]);
        } else {
            leave = fmin(leave, q[k] / p[k]);
        }
    }
    return enter <= leave;
}

static bool is_free(const picture *p, const box *here, const box *taken, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (here->left < taken[k].right && taken[k].left < here->right && here->top < taken[k].bottom &&
            taken[k].top < here->bottom)
            return false;
    for (size_t i = 0; i < p->layout->count; i++) {
        if (!p->layout->branches[i].drawn) continue;
        point line[3];
        const size_t points = trace(p, i, line);
        for (size_t k = 0; k + 1 < points; k++)
            if (crosses(here, line[k], line[k + 1])) return false;
    }
    return true;
}

/* The ids of all minima when they are few, of the lowest otherwise, where they cover nothing. */
static void draw_labels(el4ml_markup *m, const picture *p)
{
    const el4ml_layout *l = p->layout;
    const size_t wanted = l->leaf_count <= LABEL_ALL ? l->leaf_count : l->leaf_count <= 60 ? LABEL_SOME : 0;
    const el4ml_lettering style = {.size = NOTE, .anchor = "middle"};
    box taken[MOST_LABELS];
    size_t count = 0;
    for (size_t i = 0; i < wanted; i++) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, p->network->nodes[l->branches[i].minimum].id);
        const double x = place_x(p, l->branches[i].x), y = place_y(p, l->branches[i].height);
        const double half = el4ml_svg_text_width(text, NOTE) / 2 + 1;
        const box here = {x - half, x + half, y + 4, y + 5 + NOTE};
        if (!is_free(p, &here, taken, count)) continue;
        taken[count++] = here;
        el4ml_svg_rich(m, x, y + 4 + 0.85 * NOTE, &style, text);
    }
}

static void draw(el4ml_markup *m, picture *p, el4ml_ticks *ticks, double *ends)
{
    const el4ml_disconnectivity_options *o = p->options;
    el4ml_svg_begin(m, fmax(o->width, 200), fmax(o->height, 200),
                    o->title ? o->title : "Disconnectivity graph");
    if (p->layout->leaf_count == 0) {
        const el4ml_lettering style = {.size = FONT, .anchor = "middle", .opacity = 0.7};
        el4ml_svg_rich(m, fmax(o->width, 200) / 2, fmax(o->height, 200) / 2, &style, "No minima.");
    } else {
        el4ml_axis axis;
        set_picture(p, &axis, ticks);
        if (!set_bends(p, ends)) m->failed = true;
        draw_title(m, p);
        draw_axis(m, p, &axis, ticks);
        draw_superbasins(m, p);
        draw_minima(m, p);
        draw_labels(m, p);
        el4ml_colouring_key(m, &p->colours, p->right, p->top, p->bottom);
        draw_notes(m, p);
    }
    el4ml_svg_end(m);
}

el4ml_status el4ml_disconnectivity_svg(const el4ml_network *network, const el4ml_merge_tree *tree,
                                       const el4ml_disconnectivity_options *options, char **svg,
                                       el4ml_error *error)
{
    const el4ml_disconnectivity_options defaults = el4ml_disconnectivity_options_default();
    if (!network || !tree || !svg || tree->leaf_count != network->node_count)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "disconnectivity graph: network and tree do not belong together");
    if (!options) options = &defaults;
    el4ml_layout *layout = NULL;
    const el4ml_status status = el4ml_layout_new(network, tree, options, &layout, error);
    if (status != EL4ML_OK) return status;
    picture p = {.network = network, .layout = layout, .options = options};
    el4ml_ticks *ticks = EL4ML_NEW(el4ml_ticks, 1);
    p.bend = EL4ML_NEW(double, layout->count);
    p.value = EL4ML_NEW(double, layout->count);
    double *ends = EL4ML_NEW(double, layout->count);
    el4ml_markup m = {.failed = !ticks || !p.bend || !p.value || !ends ||
                                !el4ml_colouring_init(layout, options, &p.colours)};
    if (!m.failed) el4ml_colouring_branches(&p.colours, layout, p.value);
    if (!m.failed) draw(&m, &p, ticks, ends);
    el4ml_release(ends);
    el4ml_release(ticks);
    el4ml_release(p.bend);
    el4ml_release(p.value);
    el4ml_layout_free(layout);
    return el4ml_markup_finish(&m, svg, error);
}
