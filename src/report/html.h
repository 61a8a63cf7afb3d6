#ifndef EL4ML_REPORT_HTML_H
#define EL4ML_REPORT_HTML_H

#include "el4ml/report.h"
#include "report/markup.h"

/* A number for readers: 1.25 x 10^-7 with a raised exponent, true minus signs; NaN as an en dash. */
void el4ml_html_number(el4ml_markup *m, double value, int digits);
void el4ml_html_fixed(el4ml_markup *m, double value, int decimals);
/* Decimals that give `digits` significant digits to a number of this size. */
int el4ml_html_decimals(double largest, int digits);
/* "1 minimum", "12,345 minima". */
void el4ml_html_count(el4ml_markup *m, uint64_t count, const char *one, const char *many);
const char *el4ml_html_label(const el4ml_report_input *input);

/* The parts that stand at a place, under `heading` (or NULL) when there are any. */
void el4ml_html_parts(el4ml_markup *m, const el4ml_report_input *input, el4ml_report_place place,
                      const char *heading);
void el4ml_html_table(el4ml_markup *m, const el4ml_report_input *input);
void el4ml_html_start(el4ml_markup *m, const el4ml_report_input *input);

#endif
