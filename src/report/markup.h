/* A growing text for SVG and HTML. Failure to allocate is remembered and reported once, by
 * el4ml_markup_finish. Numbers are written with a point whatever the locale. */
#ifndef EL4ML_REPORT_MARKUP_H
#define EL4ML_REPORT_MARKUP_H

#include "el4ml/status.h"

typedef struct el4ml_markup {
    char *text;
    size_t length, capacity;
    bool failed;
} el4ml_markup;

void el4ml_markup_raw(el4ml_markup *m, const char *text);
/* Text for element content or a quoted attribute: & < > " ' as entities; what XML does not allow (control
 * characters, invalid UTF-8) as U+FFFD. NULL counts as empty. */
void el4ml_markup_escaped(el4ml_markup *m, const char *text);
/* printf for names and integers; not for doubles, whose decimal point follows the locale, nor for a user's
 * text. */
void el4ml_markup_format(el4ml_markup *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A coordinate: at most two decimals, no trailing zeros. */
void el4ml_markup_coordinate(el4ml_markup *m, double value);
/* Hands over the text (el4ml_allocate), or frees it and reports that memory ran out. */
el4ml_status el4ml_markup_finish(el4ml_markup *m, char **text, el4ml_error *error);

enum { EL4ML_NUMBER_SIZE = 48 };

/* `decimals` digits after the point; numbers of 1e15 and more, or not finite, as el4ml_number_general writes
 * them. */
void el4ml_number_fixed(double value, int decimals, char out[EL4ML_NUMBER_SIZE]);
/* `digits` significant digits, trailing zeros dropped: 0.00125, 12.5, 1.25e-7. "nan", "inf", "-inf". */
void el4ml_number_general(double value, int digits, char out[EL4ML_NUMBER_SIZE]);
/* The same for readers: a true minus sign, and 1.25 × 10^{-7} as rich text (svg.h). */
void el4ml_number_rich(double value, int digits, char out[EL4ML_NUMBER_SIZE]);
/* 1234567 as 1,234,567. */
void el4ml_number_grouped(uint64_t value, char out[EL4ML_NUMBER_SIZE]);

#endif
