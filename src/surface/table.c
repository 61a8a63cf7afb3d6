#include "surface/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "base/text.h"

static el4ml_status no_memory(const el4ml_table *t, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", t->file ? t->file : "data");
}

static el4ml_status name_columns(el4ml_table *t, el4ml_error *error)
{
    t->names = EL4ML_NEW(char *, t->columns);
    if (!t->names) return no_memory(t, error);
    for (size_t j = 0; j < t->columns; j++) {
        char name[32];
        snprintf(name, sizeof name, "x%zu", j);
        t->names[j] = el4ml_copy_text(name);
        if (!t->names[j]) return no_memory(t, error);
    }
    return EL4ML_OK;
}

static el4ml_status take_array(el4ml_table *t, const char *bytes, size_t length, el4ml_error *error)
{
    const el4ml_status status = el4ml_npy_parse(t->file, bytes, length, &t->array, error);
    if (status != EL4ML_OK) return status;
    if (t->array.rank != 2)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: a two-dimensional array is needed, this one has rank %zu", t->file,
                          t->array.rank);
    if (t->array.count == 0) return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the array is empty", t->file);
    t->rows = t->array.shape[0];
    t->columns = t->array.shape[1];
    return name_columns(t, error);
}

static el4ml_status take_csv(el4ml_table *t, const char *bytes, size_t length, el4ml_error *error)
{
    const el4ml_status status = el4ml_csv_parse(t->file, bytes, length, &t->csv, error);
    if (status != EL4ML_OK) return status;
    t->rows = t->csv->rows;
    t->columns = t->csv->columns;
    t->names = t->csv->header;
    return EL4ML_OK;
}

el4ml_status el4ml_table_read(const char *file, el4ml_table **table, el4ml_error *error)
{
    char *bytes = NULL;
    size_t length = 0;
    el4ml_status status = el4ml_file_read(file, &bytes, &length, error);
    if (status != EL4ML_OK) return status;
    el4ml_table *t = EL4ML_NEW(el4ml_table, 1);
    if (t) t->file = el4ml_copy_text(el4ml_path_for_message(file));
    if (!t || !t->file) {
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "data: out of memory");
    } else {
        el4ml_sha256(bytes, length, t->sha256);
        const bool array = el4ml_path_ends(file, ".npy");
        status = array ? take_array(t, bytes, length, error) : take_csv(t, bytes, length, error);
    }
    el4ml_release(bytes);
    if (status == EL4ML_OK)
        *table = t;
    else
        el4ml_table_free(t);
    return status;
}

void el4ml_table_free(el4ml_table *table)
{
    if (!table) return;
    if (!table->csv && table->names) {
        for (size_t j = 0; j < table->columns; j++)
            el4ml_release(table->names[j]);
        el4ml_release(table->names);
    }
    el4ml_csv_free(table->csv);
    el4ml_array_clear(&table->array);
    el4ml_release(table->file);
    el4ml_release(table);
}

/* ---- columns ---- */

/* As many names as fit a message. */
static void list_columns(const el4ml_table *t, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t j = 0; j < t->columns; j++) {
        const el4ml_excerpt name = el4ml_excerpt_of(t->names[j]);
        const size_t length = strlen(name.text);
        if (at + length + 40 > size) {
            snprintf(text + at, size - at, " ... (%zu in all)", t->columns);
            return;
        }
        at += (size_t)snprintf(text + at, size - at, "%s%s", j > 0 ? ", " : "", name.text);
    }
}

static el4ml_status unknown_column(const el4ml_table *t, const char *target, el4ml_error *error)
{
    char columns[320];
    list_columns(t, columns, sizeof columns);
    if (!target)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no target column given; the columns are: %s", t->file,
                          columns);
    const el4ml_excerpt asked = el4ml_excerpt_of(target);
    if (!t->csv)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: no column '%s'; an array's target is a column number, here 0 ... %zu", t->file,
                          asked.text, t->columns - 1);
    const char *nearest = el4ml_nearest_name(target, (const char *const *)t->names, t->columns);
    if (!nearest)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no column '%s'; the columns are: %s", t->file,
                          asked.text, columns);
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no column '%s'; did you mean '%s'? The columns are: %s",
                      t->file, asked.text, el4ml_excerpt_of(nearest).text, columns);
}

static bool column_number(const char *text, size_t columns, size_t *column)
{
    size_t value = 0;
    if (!*text) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || value > columns) return false;
        value = 10 * value + (size_t)(*text - '0');
    }
    *column = value;
    return value < columns;
}

el4ml_status el4ml_table_find(const el4ml_table *t, const char *target, size_t *column, el4ml_error *error)
{
    if (target && !t->csv && column_number(target, t->columns, column)) return EL4ML_OK;
    for (size_t j = 0; target && t->csv && j < t->columns; j++) {
        if (strcmp(t->names[j], target) != 0) continue;
        *column = j;
        return EL4ML_OK;
    }
    return unknown_column(t, target, error);
}

el4ml_status el4ml_table_number(const el4ml_table *t, size_t row, size_t column, double *value,
                                el4ml_error *error)
{
    if (t->csv) return el4ml_csv_number(t->csv, row, column, value, error);
    *value = t->array.values[row * t->columns + column];
    if (isfinite(*value)) return EL4ML_OK;
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: not a finite number",
                      el4ml_table_where(t, row, column).text);
}

bool el4ml_table_missing(const el4ml_table *t, size_t row, size_t column)
{
    static const char *const words[] = {"", "NA", "N/A", "na", "nan", "NaN", "NAN", "null"};
    if (!t->csv) return isnan(t->array.values[row * t->columns + column]);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strcmp(t->csv->cells[row * t->columns + column], words[k]) == 0) return true;
    return false;
}

el4ml_cell_name el4ml_table_where(const el4ml_table *t, size_t row, size_t column)
{
    el4ml_cell_name name;
    if (t->csv)
        snprintf(name.text, sizeof name.text, "%s:%zu: column '%s'", t->file,
                 el4ml_csv_line(t->csv, row, column), el4ml_excerpt_of(t->names[column]).text);
    else
        snprintf(name.text, sizeof name.text, "%s: row %zu, column %zu", t->file, row, column);
    return name;
}
