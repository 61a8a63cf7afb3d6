/* Rows of another file, brought into the form of those that a model was trained on. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "el4ml/predictions.h"
#include "surface/table.h"

typedef struct reading {
    const el4ml_data *data;
    el4ml_table *table;
    size_t *column; /* (inputs) of the table */
    size_t target;  /* column; SIZE_MAX: there is none */
    el4ml_dataset *rows;
    el4ml_error *error;
} reading;

void el4ml_dataset_free(el4ml_dataset *rows)
{
    if (!rows) return;
    el4ml_release(rows->x);
    el4ml_release(rows->y);
    el4ml_release(rows->label);
    el4ml_release(rows);
}

static size_t find(const el4ml_table *t, const char *name)
{
    for (size_t j = 0; name && j < t->columns; j++)
        if (strcmp(t->names[j], name) == 0) return j;
    return SIZE_MAX;
}

static el4ml_status no_column(const reading *r, const char *name)
{
    const el4ml_table *t = r->table;
    const char *nearest = el4ml_nearest_name(name, (const char *const *)t->names, t->columns);
    if (nearest)
        return el4ml_fail(r->error, EL4ML_BAD_INPUT,
                          "%s: no column '%s', which the model takes; did you mean '%s'?", t->file,
                          el4ml_excerpt_of(name).text, el4ml_excerpt_of(nearest).text);
    return el4ml_fail(r->error, EL4ML_BAD_INPUT,
                      "%s: no column '%s', which the model takes (%zu inputs in all)", t->file,
                      el4ml_excerpt_of(name).text, r->data->train.inputs);
}

/* An array without the target's column, or of a study whose own file has names, goes by order. */
static el4ml_status find_columns(reading *r)
{
    const el4ml_data *d = r->data;
    const el4ml_table *t = r->table;
    const size_t inputs = d->train.inputs;
    r->target = find(t, d->target_name);
    if (!t->csv && t->columns == inputs) {
        r->target = SIZE_MAX;
        for (size_t j = 0; j < inputs; j++)
            r->column[j] = j;
        return EL4ML_OK;
    }
    if (!t->csv && find(t, d->input_names[0]) == SIZE_MAX)
        return el4ml_fail(r->error, EL4ML_BAD_INPUT, "%s: %zu columns, but the model takes %zu inputs",
                          t->file, t->columns, inputs);
    for (size_t j = 0; j < inputs; j++) {
        r->column[j] = find(t, d->input_names[j]);
        if (r->column[j] == SIZE_MAX) return no_column(r, d->input_names[j]);
    }
    return EL4ML_OK;
}

static el4ml_status read_inputs(const reading *r)
{
    const el4ml_data *d = r->data;
    const size_t inputs = d->train.inputs;
    for (size_t i = 0; i < r->rows->rows; i++)
        for (size_t j = 0; j < inputs; j++) {
            double value;
            const el4ml_status status = el4ml_table_number(r->table, i, r->column[j], &value, r->error);
            if (status != EL4ML_OK) return status;
            r->rows->x[i * inputs + j] = (value - d->input_mean[j]) / d->input_scale[j];
        }
    return EL4ML_OK;
}

/* Classes that are numbers are named by their shortest text. */
static el4ml_status read_label(const reading *r, size_t row, int32_t *label)
{
    char shortest[32];
    double value;
    const char *text = shortest;
    const el4ml_data *d = r->data;
    const bool csv = r->table->csv != NULL;
    if (csv)
        text = r->table->csv->cells[row * r->table->columns + r->target];
    else
        el4ml_format_number(r->table->array.values[row * r->table->columns + r->target], shortest);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t c = 0; c < d->train.classes; c++)
            if (strcmp(text, d->class_names[c]) == 0) {
                *label = (int32_t)c;
                return EL4ML_OK;
            }
        if (!csv || el4ml_parse_number(text, &value) != EL4ML_NUMBER) break;
        el4ml_format_number(value + 0.0, shortest);
        text = shortest;
    }
    return el4ml_fail(r->error, EL4ML_BAD_INPUT,
                      "%s: '%s' is none of the %zu classes that the model knows; without this column its "
                      "predictions come without a score",
                      el4ml_table_where(r->table, row, r->target).text, el4ml_excerpt_of(text).text,
                      d->train.classes);
}

static el4ml_status read_targets(const reading *r)
{
    const el4ml_data *d = r->data;
    for (size_t i = 0; r->target != SIZE_MAX && i < r->rows->rows; i++) {
        double value = 0;
        const el4ml_status status = r->rows->label
                                        ? read_label(r, i, &r->rows->label[i])
                                        : el4ml_table_number(r->table, i, r->target, &value, r->error);
        if (status != EL4ML_OK) return status;
        if (r->rows->y) r->rows->y[i] = (value - d->target_mean[0]) / d->target_scale[0];
    }
    return EL4ML_OK;
}

static bool allocate(reading *r)
{
    el4ml_dataset *s = r->rows;
    const el4ml_dataset *train = &r->data->train;
    *s = (el4ml_dataset){.rows = r->table->rows,
                         .inputs = train->inputs,
                         .classes = train->classes,
                         .targets = train->targets};
    if (s->rows > SIZE_MAX / s->inputs) return false;
    s->x = EL4ML_NEW(double, s->rows * s->inputs);
    if (train->targets > 1) r->target = SIZE_MAX;
    if (r->target == SIZE_MAX) return s->x != NULL;
    if (s->classes > 0)
        s->label = EL4ML_NEW(int32_t, s->rows);
    else
        s->y = EL4ML_NEW(double, s->rows);
    return s->x && (s->label || s->y);
}

static el4ml_status fill(reading *r)
{
    el4ml_status status = find_columns(r);
    if (status == EL4ML_OK && !allocate(r))
        status = el4ml_fail(r->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", r->table->file);
    if (status == EL4ML_OK) status = read_inputs(r);
    if (status == EL4ML_OK) status = read_targets(r);
    return status;
}

el4ml_status el4ml_rows_read(const el4ml_data *data, const char *file, el4ml_dataset **rows,
                             el4ml_error *error)
{
    reading r = {.data = data, .error = error};
    if (!data || !file || !rows) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "rows: nothing given");
    el4ml_status status = el4ml_table_read(file, &r.table, error);
    if (status != EL4ML_OK) return status;
    r.column = EL4ML_NEW(size_t, data->train.inputs);
    r.rows = EL4ML_NEW(el4ml_dataset, 1);
    status = r.column && r.rows ? fill(&r)
                                : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", r.table->file);
    el4ml_table_free(r.table);
    el4ml_release(r.column);
    if (status == EL4ML_OK)
        *rows = r.rows;
    else
        el4ml_dataset_free(r.rows);
    return status;
}
