/* CSV with a header line, after RFC 4180: quoted fields with embedded separators, line ends and doubled
 * quotes; LF, CRLF or CR; UTF-8 with or without a byte-order mark. The separator is a comma, or what the
 * header line has instead
 * (';' or tab). Spaces around a field do not belong to it. Strict: whatever is not that is an error with its
 * line. */
#ifndef EL4ML_BASE_CSV_H
#define EL4ML_BASE_CSV_H

#include "el4ml/status.h"

typedef struct el4ml_csv {
    char *name;           /* of the file, for messages */
    size_t rows, columns; /* rows without the header; both at least 1 */
    char **header;        /* (columns), distinct and not empty */
    char **cells;         /* (rows, columns) */
    size_t *lines;        /* (rows): line of the file on which the row starts, from 1 */
    char *buffer;         /* what the texts point into */
} el4ml_csv;

/* `bytes` are copied. `name` only serves messages. */
el4ml_status el4ml_csv_parse(const char *name, const char *bytes, size_t length, el4ml_csv **csv,
                             el4ml_error *error);
void el4ml_csv_free(el4ml_csv *csv);
/* Line of the file on which a cell starts. */
size_t el4ml_csv_line(const el4ml_csv *csv, size_t row, size_t column);
/* The cell as a finite number. */
el4ml_status el4ml_csv_number(const el4ml_csv *csv, size_t row, size_t column, double *value,
                              el4ml_error *error);

#endif
