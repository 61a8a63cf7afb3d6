/* Classes from a column of texts or numbers. */
#include "surface/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

typedef struct cell {
    const char *text; /* NULL for numbers */
    double number;
    size_t row;
} cell;

static int compare_values(const cell *a, const cell *b)
{
    if (a->text) return strcmp(a->text, b->text);
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_cells(const void *a, const void *b)
{
    const cell *p = a, *q = b;
    const int order = compare_values(p, q);
    return order != 0 ? order : (p->row > q->row) - (p->row < q->row);
}

/* Numbers when every cell is one. */
static el4ml_status read_cells(const el4ml_table *t, size_t column, cell *cells, bool *numeric,
                               el4ml_error *error)
{
    size_t numbers = 0, not_finite = 0, culprit = 0;
    for (size_t i = 0; i < t->rows; i++) {
        cells[i].row = i;
        if (!t->csv) {
            const el4ml_status status = el4ml_table_number(t, i, column, &cells[i].number, error);
            if (status != EL4ML_OK) return status;
            numbers++;
        } else {
            cells[i].text = t->csv->cells[i * t->columns + column];
            const el4ml_number_kind kind = el4ml_parse_number(cells[i].text, &cells[i].number);
            numbers += kind == EL4ML_NUMBER;
            if (kind == EL4ML_NOT_FINITE && not_finite++ == 0) culprit = i;
            if (!cells[i].text[0])
                return el4ml_table_number(t, i, column, &cells[i].number, error); /* says so */
        }
        cells[i].number += 0.0; /* -0 is 0 */
    }
    if (not_finite > 0 && numbers > 0 && numbers + not_finite == t->rows)
        return el4ml_table_number(t, culprit, column, &cells[culprit].number, error);
    *numeric = numbers == t->rows;
    for (size_t i = 0; *numeric && i < t->rows; i++)
        cells[i].text = NULL;
    return EL4ML_OK;
}

static bool allocate(el4ml_labels *labels, size_t count, size_t rows)
{
    labels->names = EL4ML_NEW(char *, count);
    labels->count = labels->names ? count : 0;
    labels->sizes = EL4ML_NEW(size_t, count);
    labels->first = EL4ML_NEW(size_t, count);
    labels->values = EL4ML_NEW(double, count);
    labels->label = EL4ML_NEW(size_t, rows);
    return labels->names && labels->sizes && labels->first && labels->values && labels->label;
}

static char *name_of(const cell *c)
{
    char text[32];
    if (c->text) return el4ml_copy_text(c->text);
    el4ml_format_number(c->number, text);
    return el4ml_copy_text(text);
}

/* From sorted cells. */
static bool gather(el4ml_labels *labels, const cell *cells, size_t rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows; i++)
        count += i == 0 || compare_values(&cells[i - 1], &cells[i]) != 0;
    if (!allocate(labels, count, rows)) return false;
    size_t which = SIZE_MAX; /* before the first */
    for (size_t i = 0; i < rows; i++) {
        if (i == 0 || compare_values(&cells[i - 1], &cells[i]) != 0) {
            which++;
            labels->names[which] = name_of(&cells[i]);
            if (!labels->names[which]) return false;
            labels->first[which] = cells[i].row;
            labels->values[which] = cells[i].number;
        }
        labels->sizes[which]++;
        labels->label[cells[i].row] = which;
    }
    return true;
}

el4ml_status el4ml_labels_new(const el4ml_table *table, size_t column, el4ml_labels **labels,
                              el4ml_error *error)
{
    el4ml_status status = EL4ML_OK;
    el4ml_labels *made = EL4ML_NEW(el4ml_labels, 1);
    cell *cells = EL4ML_NEW(cell, table->rows);
    bool good = made && cells;
    if (good) {
        status = read_cells(table, column, cells, &made->numeric, error);
        if (status == EL4ML_OK) {
            qsort(cells, table->rows, sizeof *cells, compare_cells);
            good = gather(made, cells, table->rows);
        }
    }
    if (!good) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", table->file);
    el4ml_release(cells);
    if (status == EL4ML_OK)
        *labels = made;
    else
        el4ml_labels_free(made);
    return status;
}

void el4ml_labels_free(el4ml_labels *labels)
{
    if (!labels) return;
    for (size_t c = 0; c < labels->count; c++)
        el4ml_release(labels->names[c]);
    el4ml_release(labels->names);
    el4ml_release(labels->sizes);
    el4ml_release(labels->first);
    el4ml_release(labels->values);
    el4ml_release(labels->label);
    el4ml_release(labels);
}

static el4ml_status seen_once(const el4ml_labels *l, size_t which, const el4ml_table *table, size_t column,
                              el4ml_error *error)
{
    const char *name = l->names[which], *nearest = NULL;
    size_t shortest = 3; /* closer than this, it may be a misspelling */
    for (size_t c = 0; c < l->count && !l->numeric; c++) {
        const size_t distance = el4ml_edit_distance(name, l->names[c]);
        if (c == which || l->sizes[c] < 2 || distance >= shortest) continue;
        nearest = l->names[c];
        shortest = distance;
    }
    const el4ml_cell_name where = el4ml_table_where(table, l->first[which], column);
    const el4ml_excerpt label = el4ml_excerpt_of(name);
    if (nearest)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: class '%s' is seen only once; did you mean '%s'?",
                          where.text, label.text, el4ml_excerpt_of(nearest).text);
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: class '%s' is seen only once; a class needs two rows%s",
                      where.text, label.text,
                      l->numeric ? " (a target that is a number takes loss = \"mse\")" : "");
}

el4ml_status el4ml_labels_check(const el4ml_labels *labels, const el4ml_table *table, size_t column,
                                el4ml_error *error)
{
    for (size_t c = 0; c < labels->count; c++)
        if (labels->sizes[c] == 1) return seen_once(labels, c, table, column, error);
    if (labels->count == 1)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: column '%s': only one class, '%s'; there is nothing to learn", table->file,
                          el4ml_excerpt_of(table->names[column]).text,
                          el4ml_excerpt_of(labels->names[0]).text);
    if (labels->count > INT32_MAX)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: too many classes", table->file);
    return EL4ML_OK;
}

bool el4ml_labels_are_classes(const el4ml_labels *labels, size_t rows)
{
    if (!labels->numeric) return true;
    for (size_t c = 0; c < labels->count; c++)
        if (labels->values[c] != floor(labels->values[c])) return false;
    return labels->count <= EL4ML_MAX_INTEGER_CLASSES && labels->count <= (rows + 1) / 2;
}
