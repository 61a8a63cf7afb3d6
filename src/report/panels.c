#include "report/panels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/svg.h"

/* After `name="` in the first tag. */
static double size_of(const char *picture, const char *name)
{
    const char *at = strstr(picture, name);
    return at ? strtod(at + strlen(name), NULL) : 0;
}

typedef struct place {
    double x, y, row, right;
    size_t column;
} place;

/* Where the next picture goes. */
static void next(place *p, const char *picture, size_t columns)
{
    if (p->column == columns) {
        p->column = 0;
        p->x = 0;
        p->y += p->row;
        p->row = 0;
    }
    const double height = size_of(picture, " height=\"");
    if (height > p->row) p->row = height;
    p->column++;
}

static void advance(place *p, const char *picture)
{
    p->x += size_of(picture, " width=\"");
    if (p->x > p->right) p->right = p->x;
}

el4ml_status el4ml_panels_svg(const char *const *pictures, size_t count, size_t columns, const char *title,
                              char **svg, el4ml_error *error)
{
    place whole = {0}, at = {0};
    for (size_t k = 0; k < count; k++) {
        if (!pictures[k]) continue;
        next(&whole, pictures[k], columns);
        advance(&whole, pictures[k]);
    }
    el4ml_markup m = {0};
    el4ml_svg_begin(&m, whole.right, whole.y + whole.row, title);
    for (size_t k = 0; k < count; k++) {
        if (!pictures[k] || strncmp(pictures[k], "<svg", 4) != 0) continue;
        next(&at, pictures[k], columns);
        el4ml_markup_raw(&m, "<svg x=\"");
        el4ml_markup_coordinate(&m, at.x);
        el4ml_markup_raw(&m, "\" y=\"");
        el4ml_markup_coordinate(&m, at.y);
        el4ml_markup_raw(&m, "\"");
        el4ml_markup_raw(&m, pictures[k] + 4);
        advance(&at, pictures[k]);
    }
    el4ml_svg_end(&m);
    return el4ml_markup_finish(&m, svg, error);
}
