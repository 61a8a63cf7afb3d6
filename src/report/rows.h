/* Named rows with a dot and an interval for each of several series. */
#ifndef EL4ML_REPORT_ROWS_H
#define EL4ML_REPORT_ROWS_H

#include "el4ml/status.h"

typedef struct el4ml_row_series {
    const char *label; /* plain text, for the legend; NULL: not in the legend */
    const char *colour;
    const double *value;      /* (count); NaN: none */
    const double *low, *high; /* (count) or NULL */
} el4ml_row_series;

typedef struct el4ml_rows {
    size_t count;
    const char *const *names; /* (count) plain text */
    const el4ml_row_series *series;
    size_t series_count;
    const char *title;   /* plain text; NULL: none */
    const char *x_label; /* rich text */
    double least, most;  /* the axis holds these at least; NaN: as the values say */
    double width;        /* pixels */
} el4ml_rows;

el4ml_status el4ml_rows_svg(const el4ml_rows *rows, char **svg, el4ml_error *error);

#endif
