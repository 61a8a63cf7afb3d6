/* SVG primitives. A picture stands alone (white paper, no style sheet, no ids) and can be put into an HTML
 * page, where `color` and the class el4ml-paper let the page give it dark colours: neutral strokes and text
 * are currentColor. */
#ifndef EL4ML_REPORT_SVG_H
#define EL4ML_REPORT_SVG_H

#include "report/markup.h"

typedef struct el4ml_stroke {
    const char *colour;     /* NULL: currentColor */
    double width, opacity;  /* opacity 0 counts as 1 */
    const char *dash;       /* "4 3", NULL: solid */
    const char *attributes; /* more of them, ready-made; NULL: none */
} el4ml_stroke;

typedef struct el4ml_lettering {
    double size;
    const char *anchor;     /* start, middle, end; NULL: start */
    bool bold, upwards;     /* upwards: turned by -90 degrees about its point */
    double opacity;         /* 0 counts as 1 */
    const char *colour;     /* NULL: currentColor */
    const char *attributes; /* NULL: none */
} el4ml_lettering;

void el4ml_svg_begin(el4ml_markup *m, double width, double height, const char *title);
void el4ml_svg_end(el4ml_markup *m);
void el4ml_svg_line(el4ml_markup *m, double x1, double y1, double x2, double y2, const el4ml_stroke *stroke);
/* A line through count points; one that is not finite interrupts it. */
void el4ml_svg_polyline(el4ml_markup *m, size_t count, const double *x, const double *y,
                        const el4ml_stroke *stroke);
void el4ml_svg_rectangle(el4ml_markup *m, double x, double y, double width, double height, const char *fill);
void el4ml_svg_circle(el4ml_markup *m, double x, double y, double radius, const char *fill);
/* Text in parts: begin, any of plain (taken literally) and rich, end. Rich text: *italic*, _{sub}, ^{super};
 * for the library's own labels. */
void el4ml_svg_text_begin(el4ml_markup *m, double x, double y, const el4ml_lettering *lettering);
void el4ml_svg_text_plain(el4ml_markup *m, const char *text);
void el4ml_svg_text_rich(el4ml_markup *m, const char *text);
void el4ml_svg_text_end(el4ml_markup *m);
void el4ml_svg_rich(el4ml_markup *m, double x, double y, const el4ml_lettering *lettering, const char *text);
/* An estimate, on the wide side: rich marks do not count. */
double el4ml_svg_text_width(const char *text, double size);

/* Colours that people with any colour vision tell apart (Okabe and Ito 2008); 0 ... 6, then again. */
const char *el4ml_palette_class(size_t index);
/* A sequential map from dark to light (viridis), 0 <= t <= 1; "#rrggbb". */
void el4ml_palette_sequential(double t, char out[8]);

#endif
