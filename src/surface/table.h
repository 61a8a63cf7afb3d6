/* A rectangular file of data, CSV or .npy, read as a whole and not yet interpreted; and the classes of one
 * column. */
#ifndef EL4ML_SURFACE_TABLE_H
#define EL4ML_SURFACE_TABLE_H

#include "base/csv.h"
#include "base/npy.h"
#include "el4ml/status.h"

typedef struct el4ml_table {
    char *file;           /* for messages */
    size_t rows, columns; /* both at least 1 */
    char **names;         /* (columns); of an array: x0, x1 ... */
    el4ml_csv *csv;       /* NULL for an array */
    el4ml_array array;
    char sha256[65]; /* of the file's bytes */
} el4ml_table;

el4ml_status el4ml_table_read(const char *file, el4ml_table **table, el4ml_error *error);
void el4ml_table_free(el4ml_table *table);

/* The column that `target` names: a header of CSV, a column number of an array. Otherwise an error that
 * offers the nearest name and lists the columns. `target` may be NULL, for that list. */
el4ml_status el4ml_table_find(const el4ml_table *table, const char *target, size_t *column,
                              el4ml_error *error);
/* A cell as a finite number. */
el4ml_status el4ml_table_number(const el4ml_table *table, size_t row, size_t column, double *value,
                                el4ml_error *error);
/* Is the cell empty, NA or nan (of an array: not a number)? */
bool el4ml_table_missing(const el4ml_table *table, size_t row, size_t column);

/* "iris.csv:17: column 'species'" or "iris.npy: row 16, column 4". */
typedef struct el4ml_cell_name {
    char text[600];
} el4ml_cell_name;
el4ml_cell_name el4ml_table_where(const el4ml_table *table, size_t row, size_t column);

/* The classes of a column: numbers sorted by value when all cells are numbers, else texts sorted bytewise. */
typedef struct el4ml_labels {
    bool numeric;
    size_t count;
    char **names;   /* (count) */
    size_t *sizes;  /* (count), rows of each class */
    size_t *first;  /* (count), a row of each class: the first */
    double *values; /* (count), when numeric */
    size_t *label;  /* (rows) */
} el4ml_labels;

/* An empty cell is an error, as is nan or inf among numbers. */
el4ml_status el4ml_labels_new(const el4ml_table *table, size_t column, el4ml_labels **labels,
                              el4ml_error *error);
void el4ml_labels_free(el4ml_labels *labels);
/* Are they likely to be meant as classes: text, or few integers that repeat? */
#define EL4ML_MAX_INTEGER_CLASSES 20
bool el4ml_labels_are_classes(const el4ml_labels *labels, size_t rows);
/* At least two classes, each with two rows or more. */
el4ml_status el4ml_labels_check(const el4ml_labels *labels, const el4ml_table *table, size_t column,
                                el4ml_error *error);

#endif
