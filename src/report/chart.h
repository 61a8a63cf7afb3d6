/* Line charts for curves over temperature and the like. */
#ifndef EL4ML_REPORT_CHART_H
#define EL4ML_REPORT_CHART_H

#include "report/svg.h"

typedef struct el4ml_series {
    const char *label; /* rich text, for the legend; NULL: not in the legend */
    size_t count;
    const double *x, *y;       /* (count); not finite: a gap */
    const char *colour;        /* NULL: currentColor */
    const char *dash;          /* NULL: solid */
    double width;              /* of the line; 0: none */
    double marker;             /* radius of a dot at each point; 0: none */
    const char *const *labels; /* (count) plain text at each point, NULL: none; one that would cover another
                                  is left out. NULL: no labels */
    bool labels_below;         /* rather than above */
} el4ml_series;

typedef struct el4ml_mark {
    double x, y;
    char label[96]; /* rich text */
} el4ml_mark;

typedef struct el4ml_chart {
    double width, height;
    const char *title;             /* plain; NULL: none */
    const char *x_label, *y_label; /* rich */
    bool x_logarithmic, y_logarithmic;
    bool y_from_zero;      /* include 0 in a linear y axis */
    bool x_whole, y_whole; /* ticks at whole numbers only */
    const el4ml_series *series;
    size_t series_count;
    const el4ml_mark *marks; /* most important first: a label that would cover another one is left out */
    size_t mark_count;
    const char *empty; /* said when there is nothing to draw */
} el4ml_chart;

el4ml_status el4ml_chart_svg(const el4ml_chart *chart, char **svg, el4ml_error *error);

#endif
