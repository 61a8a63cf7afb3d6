#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void el4ml_svg_begin(el4ml_markup *m, double width, double height, const char *title)
{
    el4ml_markup_raw(m, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"");
    el4ml_markup_coordinate(m, width);
    el4ml_markup_raw(m, "\" height=\"");
    el4ml_markup_coordinate(m, height);
    el4ml_markup_raw(m, "\" viewBox=\"0 0 ");
    el4ml_markup_coordinate(m, width);
    el4ml_markup_raw(m, " ");
    el4ml_markup_coordinate(m, height);
    el4ml_markup_raw(m, "\" role=\"img\" color=\"#1a1a1a\" fill=\"none\" stroke-linecap=\"round\" "
                        "stroke-linejoin=\"round\" font-family=\"Helvetica, Arial, 'Liberation Sans', "
                        "'DejaVu Sans', sans-serif\">\n<title>");
    el4ml_markup_escaped(m, title);
    el4ml_markup_raw(
        m, "</title>\n<rect class=\"el4ml-paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
}

void el4ml_svg_end(el4ml_markup *m)
{
    el4ml_markup_raw(m, "</svg>\n");
}

static void attribute(el4ml_markup *m, const char *name, double value)
{
    el4ml_markup_format(m, " %s=\"", name);
    el4ml_markup_coordinate(m, value);
    el4ml_markup_raw(m, "\"");
}

static void stroke_attributes(el4ml_markup *m, const el4ml_stroke *stroke)
{
    el4ml_markup_format(m, " stroke=\"%s\"", stroke->colour ? stroke->colour : "currentColor");
    attribute(m, "stroke-width", stroke->width);
    if (stroke->opacity > 0 && stroke->opacity < 1) attribute(m, "stroke-opacity", stroke->opacity);
    if (stroke->dash) el4ml_markup_format(m, " stroke-dasharray=\"%s\"", stroke->dash);
    if (stroke->attributes) {
        el4ml_markup_raw(m, " ");
        el4ml_markup_raw(m, stroke->attributes);
    }
}

void el4ml_svg_line(el4ml_markup *m, double x1, double y1, double x2, double y2, const el4ml_stroke *stroke)
{
    el4ml_markup_raw(m, "<line");
    attribute(m, "x1", x1);
    attribute(m, "y1", y1);
    attribute(m, "x2", x2);
    attribute(m, "y2", y2);
    stroke_attributes(m, stroke);
    el4ml_markup_raw(m, "/>\n");
}

void el4ml_svg_polyline(el4ml_markup *m, size_t count, const double *x, const double *y,
                        const el4ml_stroke *stroke)
{
    bool drawing = false, any = false;
    for (size_t k = 0; k < count; k++)
        any = any || (isfinite(x[k]) && isfinite(y[k]));
    if (!any) return;
    el4ml_markup_raw(m, "<path d=\"");
    for (size_t k = 0; k < count; k++) {
        const bool here = isfinite(x[k]) && isfinite(y[k]);
        if (here) {
            el4ml_markup_raw(m, drawing ? "L" : "M");
            el4ml_markup_coordinate(m, x[k]);
            el4ml_markup_raw(m, ",");
            el4ml_markup_coordinate(m, y[k]);
        }
        drawing = here;
    }
    el4ml_markup_raw(m, "\"");
    stroke_attributes(m, stroke);
    el4ml_markup_raw(m, "/>\n");
}

void el4ml_svg_rectangle(el4ml_markup *m, double x, double y, double width, double height, const char *fill)
{
    el4ml_markup_raw(m, "<rect");
    attribute(m, "x", x);
    attribute(m, "y", y);
    attribute(m, "width", width);
    attribute(m, "height", height);
    el4ml_markup_format(m, " fill=\"%s\"/>\n", fill);
}

void el4ml_svg_circle(el4ml_markup *m, double x, double y, double radius, const char *fill)
{
    el4ml_markup_raw(m, "<circle");
    attribute(m, "cx", x);
    attribute(m, "cy", y);
    attribute(m, "r", radius);
    el4ml_markup_format(m, " fill=\"%s\" stroke=\"none\"/>\n", fill);
}

void el4ml_svg_text_begin(el4ml_markup *m, double x, double y, const el4ml_lettering *lettering)
{
    el4ml_markup_raw(m, "<text");
    attribute(m, "x", x);
    attribute(m, "y", y);
    attribute(m, "font-size", lettering->size);
    el4ml_markup_format(m, " fill=\"%s\"", lettering->colour ? lettering->colour : "currentColor");
    if (lettering->anchor) el4ml_markup_format(m, " text-anchor=\"%s\"", lettering->anchor);
    if (lettering->bold) el4ml_markup_raw(m, " font-weight=\"bold\"");
    if (lettering->opacity > 0 && lettering->opacity < 1) attribute(m, "fill-opacity", lettering->opacity);
    if (lettering->upwards) {
        el4ml_markup_raw(m, " transform=\"rotate(-90 ");
        el4ml_markup_coordinate(m, x);
        el4ml_markup_raw(m, " ");
        el4ml_markup_coordinate(m, y);
        el4ml_markup_raw(m, ")\"");
    }
    if (lettering->attributes) {
        el4ml_markup_raw(m, " ");
        el4ml_markup_raw(m, lettering->attributes);
    }
    el4ml_markup_raw(m, ">");
}

void el4ml_svg_text_plain(el4ml_markup *m, const char *text)
{
    el4ml_markup_escaped(m, text);
}

static void rich_piece(el4ml_markup *m, const char *from, size_t length)
{
    char piece[256];
    if (length >= sizeof piece) length = sizeof piece - 1;
    memcpy(piece, from, length);
    piece[length] = '\0';
    el4ml_markup_escaped(m, piece);
}

/* "_{...}" or "^{...}" at `at`: a shifted span, and a span that shifts back. Returns what was read. */
static size_t shifted_piece(el4ml_markup *m, const char *at)
{
    const size_t length = strcspn(at + 2, "}");
    const bool down = at[0] == '_';
    el4ml_markup_format(m, "<tspan dy=\"%s\" font-size=\"72%%\">", down ? "0.35em" : "-0.5em");
    rich_piece(m, at + 2, length);
    /* em is that of the small letters before and of the large ones after: 0.72 of the shift. The zero-width
     * space carries the shift back even at the end of the text. */
    el4ml_markup_format(m, "</tspan><tspan dy=\"%s\">\u200b</tspan>", down ? "-0.252em" : "0.36em");
    return length + 2 + (at[length + 2] == '}');
}

void el4ml_svg_text_rich(el4ml_markup *m, const char *text)
{
    bool italic = false;
    for (const char *at = text; *at;) {
        if (*at == '*') {
            el4ml_markup_raw(m, italic ? "</tspan>" : "<tspan font-style=\"italic\">");
            italic = !italic;
            at++;
        } else if ((*at == '_' || *at == '^') && at[1] == '{') {
            at += shifted_piece(m, at);
        } else {
            size_t length = 1;
            while (at[length] && at[length] != '*' &&
                   !((at[length] == '_' || at[length] == '^') && at[length + 1] == '{'))
                length++;
            rich_piece(m, at, length);
            at += length;
        }
    }
    if (italic) el4ml_markup_raw(m, "</tspan>");
}

void el4ml_svg_text_end(el4ml_markup *m)
{
    el4ml_markup_raw(m, "</text>\n");
}

void el4ml_svg_rich(el4ml_markup *m, double x, double y, const el4ml_lettering *lettering, const char *text)
{
    el4ml_svg_text_begin(m, x, y, lettering);
    el4ml_svg_text_rich(m, text);
    el4ml_svg_text_end(m);
}

double el4ml_svg_text_width(const char *text, double size)
{
    double width = 0;
    bool small = false;
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if ((*at & 0xc0) == 0x80 || *at == '*') continue; /* continues a character, or is a mark */
        if ((*at == '_' || *at == '^') && at[1] == '{') {
            small = true;
            at++;
            continue;
        }
        if (small && *at == '}') {
            small = false;
            continue;
        }
        width += (small ? 0.72 : 1) * (strchr(" .,:;'il|()", *at) ? 0.34 : 0.62);
    }
    return width * size;
}
