/* From a file to datasets: read, find the target, split, copy, standardise. */
#include "el4ml/data.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "surface/split.h"
#include "surface/table.h"

#define MAX_QUANTILES 10     /* strata of a regression target ... */
#define ROWS_PER_QUANTILE 10 /* ... of at least so many rows */

/* What is known while reading. */
typedef struct reader {
    const el4ml_data_options *options;
    el4ml_table *table;
    size_t targets;  /* columns of it: one, but for a regression with several */
    size_t *target;  /* (targets) */
    bool *is_target; /* (columns) */
    size_t *inputs;  /* (input_count) columns of the inputs */
    size_t input_count;
    el4ml_labels *labels; /* classification */
    double *values;       /* regression: (rows, targets) */
    unsigned char *part;  /* (rows) */
    el4ml_data *data;
    el4ml_error *error;
} reader;

el4ml_data_options el4ml_data_options_default(void)
{
    return (el4ml_data_options){.classification = true, .standardise = true, .split_seed = 1};
}

static el4ml_status no_memory(const reader *r)
{
    return el4ml_fail(r->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", r->table->file);
}

static el4ml_status check_options(const el4ml_data_options *o, el4ml_error *error)
{
    if (!o->file) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "data: no file given");
    if (!(o->test_fraction >= 0 && o->test_fraction <= 0.9))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "data: test_fraction must lie between 0 and 0.9");
    if (!(o->validation_fraction >= 0 && o->validation_fraction <= 0.9))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "data: validation_fraction must lie between 0 and 0.9");
    return EL4ML_OK;
}

/* ---- target ---- */

static el4ml_status read_classes(reader *r)
{
    el4ml_status status = el4ml_labels_new(r->table, r->target[0], &r->labels, r->error);
    if (status == EL4ML_OK) status = el4ml_labels_check(r->labels, r->table, r->target[0], r->error);
    return status;
}

static el4ml_status read_values(reader *r)
{
    if (r->targets > SIZE_MAX / r->table->rows) return no_memory(r);
    r->values = EL4ML_NEW(double, r->table->rows * r->targets);
    if (!r->values) return no_memory(r);
    for (size_t i = 0; i < r->table->rows; i++)
        for (size_t t = 0; t < r->targets; t++) {
            const el4ml_status status =
                el4ml_table_number(r->table, i, r->target[t], &r->values[i * r->targets + t], r->error);
            if (status != EL4ML_OK) return status;
        }
    return EL4ML_OK;
}

static el4ml_status find_target(reader *r, size_t t)
{
    const char *name = r->options->target_count > 0 ? r->options->targets[t] : r->options->target;
    const el4ml_status status = el4ml_table_find(r->table, name, &r->target[t], r->error);
    if (status != EL4ML_OK) return status;
    if (r->is_target[r->target[t]])
        return el4ml_fail(r->error, EL4ML_BAD_INPUT, "%s: the target '%s' is given twice", r->table->file,
                          el4ml_excerpt_of(name).text);
    r->is_target[r->target[t]] = true;
    return EL4ML_OK;
}

/* Not learnt from: classes where it holds some. */
static el4ml_status read_unsupervised(reader *r)
{
    const el4ml_status status = el4ml_labels_new(r->table, r->target[0], &r->labels, r->error);
    if (status != EL4ML_OK || el4ml_labels_are_classes(r->labels, r->table->rows)) return status;
    el4ml_labels_free(r->labels);
    r->labels = NULL;
    return EL4ML_OK;
}

static el4ml_status read_target(reader *r)
{
    const bool none = r->options->unsupervised && !r->options->target;
    el4ml_status status = EL4ML_OK;
    r->targets = none ? 0 : r->options->target_count > 0 ? r->options->target_count : 1;
    r->target = EL4ML_NEW(size_t, r->targets + 1);
    r->is_target = EL4ML_NEW(bool, r->table->columns);
    if (!r->target || !r->is_target) return no_memory(r);
    for (size_t t = 0; t < r->targets && status == EL4ML_OK; t++)
        status = find_target(r, t);
    if (none) return EL4ML_OK;
    if (status != EL4ML_OK) return status;
    if (r->options->classification && r->targets > 1)
        return el4ml_fail(r->error, EL4ML_BAD_INPUT,
                          "%s: classes take one target, not %zu; several are numbers, for loss = \"mse\"",
                          r->table->file, r->targets);
    if (r->table->columns <= r->targets)
        return el4ml_fail(r->error, EL4ML_BAD_INPUT, "%s: no column besides the target", r->table->file);
    if (r->options->unsupervised) return read_unsupervised(r);
    return r->options->classification ? read_classes(r) : read_values(r);
}

/* ---- what is read ---- */

static el4ml_status choose_rows(reader *r)
{
    const size_t wanted = r->options->first_rows;
    if (wanted > r->table->rows)
        return el4ml_fail(r->error, EL4ML_BAD_INPUT, "%s: %zu rows are asked for, there are %zu",
                          r->table->file, wanted, r->table->rows);
    if (wanted > 0) r->table->rows = wanted; /* the others are as good as not there */
    return EL4ML_OK;
}

static el4ml_status choose_input(reader *r, const char *name)
{
    size_t column;
    const el4ml_status status = el4ml_table_find(r->table, name, &column, r->error);
    if (status != EL4ML_OK) return status;
    const char *what = r->is_target[column] ? "is the target, and no input" : NULL;
    for (size_t j = 0; j < r->input_count; j++)
        if (r->inputs[j] == column) what = "is named twice among the inputs";
    if (what)
        return el4ml_fail(r->error, EL4ML_BAD_INPUT, "%s: column '%s' %s", r->table->file,
                          el4ml_excerpt_of(r->table->names[column]).text, what);
    r->inputs[r->input_count++] = column;
    return EL4ML_OK;
}

static el4ml_status choose_inputs(reader *r)
{
    r->inputs = EL4ML_NEW(size_t, r->table->columns);
    if (!r->inputs) return no_memory(r);
    if (r->options->inputs) {
        for (size_t k = 0; k < r->options->input_count; k++) {
            const el4ml_status status = choose_input(r, r->options->inputs[k]);
            if (status != EL4ML_OK) return status;
        }
    } else {
        for (size_t j = 0; j < r->table->columns; j++)
            if (!r->is_target[j]) r->inputs[r->input_count++] = j;
    }
    return EL4ML_OK;
}

/* ---- split ---- */

/* Mean and population standard deviation of a column of a (rows, columns) array; what is missing, NaN, is
 * left out. */
static void moments(size_t rows, size_t columns, const double *x, double *mean, double *deviation,
                    bool *constant)
{
    double sum = 0, rest = 0, squares = 0, first = NAN, known = 0;
    *constant = true;
    for (size_t i = 0; i < rows; i++) {
        const double value = x[i * columns];
        if (isnan(value)) continue;
        if (known == 0) first = value;
        known++;
        sum += value;
        *constant = *constant && value == first;
    }
    if (known == 0) first = 0;
    const double rough = *constant ? first : sum / known;
    for (size_t i = 0; i < rows; i++)
        rest += isnan(x[i * columns]) ? 0 : x[i * columns] - rough;
    *mean = rough + (known > 0 ? rest / known : 0); /* a second pass takes the rounding of the sum out */
    for (size_t i = 0; i < rows; i++)
        squares += isnan(x[i * columns]) ? 0 : (x[i * columns] - *mean) * (x[i * columns] - *mean);
    *deviation = *constant ? 1 : sqrt(squares / known);
}

/* What quantiles are taken of: the target, or the mean of the standardised ones; (rows). */
static void strata(const reader *r, double *value)
{
    const size_t rows = r->table->rows;
    for (size_t i = 0; i < rows; i++)
        value[i] = r->targets == 1 ? r->values[i] : 0;
    for (size_t t = 0; t < r->targets && r->targets > 1; t++) {
        bool constant;
        double mean, scale;
        moments(rows, r->targets, r->values + t, &mean, &scale, &constant);
        const bool good = isfinite(mean) && isfinite(scale) && scale > 0;
        for (size_t i = 0; i < rows && good; i++)
            value[i] += (r->values[i * r->targets + t] - mean) / scale;
    }
}

static bool assign_parts(reader *r)
{
    const size_t rows = r->table->rows;
    const double fraction[EL4ML_PARTS] = {
        [EL4ML_VALIDATION] = r->options->validation_fraction, [EL4ML_TEST] = r->options->test_fraction};
    r->part = EL4ML_NEW(unsigned char, rows);
    if (!r->part) return false;
    if (r->labels)
        return el4ml_split(rows, r->labels->count, r->labels->label, fraction, r->options->split_seed,
                           r->part);
    size_t groups = r->values ? rows / ROWS_PER_QUANTILE : 1;
    groups = groups < 1 ? 1 : groups > MAX_QUANTILES ? MAX_QUANTILES : groups;
    size_t *group = EL4ML_NEW(size_t, rows);
    double *value = EL4ML_NEW(double, rows);
    if (value && r->values) strata(r, value);
    const bool good = group && value && (!r->values || el4ml_quantiles(rows, value, groups, group)) &&
                      el4ml_split(rows, groups, group, fraction, r->options->split_seed, r->part);
    el4ml_release(group);
    el4ml_release(value);
    return good;
}

static el4ml_dataset *part_of(el4ml_data *data, unsigned part, size_t ***rows)
{
    *rows = part == EL4ML_TRAIN        ? &data->train_rows
            : part == EL4ML_VALIDATION ? &data->validation_rows
                                       : &data->test_rows;
    return part == EL4ML_TRAIN ? &data->train : part == EL4ML_VALIDATION ? &data->validation : &data->test;
}

static bool allocate_part(reader *r, el4ml_dataset *set, size_t **rows)
{
    set->inputs = r->input_count;
    set->classes = r->labels ? r->labels->count : 0;
    set->targets = r->values ? r->targets : 0;
    if (set->rows > SIZE_MAX / set->inputs) return false;
    set->x = EL4ML_NEW(double, set->rows * set->inputs);
    if (r->labels) set->label = EL4ML_NEW(int32_t, set->rows);
    if (r->values) set->y = EL4ML_NEW(double, set->rows * set->targets);
    *rows = EL4ML_NEW(size_t, set->rows);
    return set->x && (!r->labels || set->label) && (!r->values || set->y) && *rows;
}

static el4ml_status copy_row(reader *r, size_t row, el4ml_dataset *set, size_t to)
{
    double *x = set->x + to * set->inputs;
    for (size_t j = 0; j < r->input_count; j++) {
        if (r->options->missing && el4ml_table_missing(r->table, row, r->inputs[j])) {
            *x++ = NAN;
            continue;
        }
        const el4ml_status status = el4ml_table_number(r->table, row, r->inputs[j], x++, r->error);
        if (status != EL4ML_OK) return status;
    }
    if (r->labels) set->label[to] = (int32_t)r->labels->label[row];
    for (size_t t = 0; t < set->targets; t++)
        set->y[to * set->targets + t] = r->values[row * r->targets + t];
    return EL4ML_OK;
}

static el4ml_status split(reader *r)
{
    size_t filled[EL4ML_PARTS] = {0}, **rows;
    if (!assign_parts(r)) return no_memory(r);
    for (size_t i = 0; i < r->table->rows; i++)
        part_of(r->data, r->part[i], &rows)->rows++;
    if ((r->options->test_fraction > 0 && r->data->test.rows == 0) ||
        (r->options->validation_fraction > 0 && r->data->validation.rows == 0))
        return el4ml_fail(r->error, EL4ML_BAD_INPUT,
                          "%s: too few rows (%zu) to hold any out and keep one of each class", r->table->file,
                          r->table->rows);
    for (unsigned p = 0; p < EL4ML_PARTS; p++) {
        el4ml_dataset *set = part_of(r->data, p, &rows);
        if (!allocate_part(r, set, rows)) return no_memory(r);
    }
    for (size_t i = 0; i < r->table->rows; i++) {
        const unsigned p = r->part[i];
        el4ml_dataset *set = part_of(r->data, p, &rows);
        (*rows)[filled[p]] = i;
        const el4ml_status status = copy_row(r, i, set, filled[p]++);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* ---- standardisation ---- */

static void transform(size_t rows, size_t columns, double *x, double mean, double scale)
{
    for (size_t i = 0; i < rows; i++)
        x[i * columns] = (x[i * columns] - mean) / scale;
}

/* NaN is what was missing: no cell that was read is. */
static bool is_finite(size_t rows, size_t columns, const double *x)
{
    for (size_t i = 0; i < rows; i++)
        if (isinf(x[i * columns])) return false;
    return true;
}

static el4ml_status too_far_apart(const reader *r, const char *column)
{
    return el4ml_fail(r->error, EL4ML_BAD_INPUT,
                      "%s: column '%s': its values are too large or too close to standardise", r->table->file,
                      el4ml_excerpt_of(column).text);
}

static el4ml_status standardise_input(reader *r, size_t column)
{
    el4ml_data *d = r->data;
    bool constant;
    double mean, scale;
    size_t **rows;
    moments(d->train.rows, d->train.inputs, d->train.x + column, &mean, &scale, &constant);
    if (!isfinite(mean) || !isfinite(scale) || !(scale > 0)) return too_far_apart(r, d->input_names[column]);
    for (unsigned p = 0; p < EL4ML_PARTS; p++) {
        el4ml_dataset *set = part_of(d, p, &rows);
        transform(set->rows, set->inputs, set->x + column, mean, scale);
        if (!is_finite(set->rows, set->inputs, set->x + column))
            return too_far_apart(r, d->input_names[column]);
    }
    d->input_mean[column] = mean;
    d->input_scale[column] = scale;
    if (constant) d->constant_columns[d->constant_count++] = column;
    return EL4ML_OK;
}

static el4ml_status standardise_target(reader *r, size_t target)
{
    el4ml_data *d = r->data;
    const size_t targets = d->train.targets;
    const char *name = d->target_names[target];
    bool constant;
    double mean, scale;
    size_t **rows;
    moments(d->train.rows, targets, d->train.y + target, &mean, &scale, &constant);
    if (constant)
        return el4ml_fail(r->error, EL4ML_BAD_INPUT,
                          "%s: column '%s': the target is the same in every training row", r->table->file,
                          el4ml_excerpt_of(name).text);
    if (!r->options->standardise) return EL4ML_OK;
    if (!isfinite(mean) || !isfinite(scale) || !(scale > 0)) return too_far_apart(r, name);
    for (unsigned p = 0; p < EL4ML_PARTS; p++) {
        el4ml_dataset *set = part_of(d, p, &rows);
        transform(set->rows, targets, set->y + target, mean, scale);
        if (!is_finite(set->rows, targets, set->y + target)) return too_far_apart(r, name);
    }
    d->target_mean[target] = mean;
    d->target_scale[target] = scale;
    return EL4ML_OK;
}

static el4ml_status standardise(reader *r)
{
    el4ml_data *d = r->data;
    for (size_t j = 0; j < d->train.inputs; j++)
        d->input_scale[j] = 1;
    for (size_t j = 0; j < d->train.targets; j++)
        d->target_scale[j] = 1;
    for (size_t j = 0; r->options->standardise && j < d->train.inputs; j++) {
        const el4ml_status status = standardise_input(r, j);
        if (status != EL4ML_OK) return status;
    }
    for (size_t t = 0; t < d->train.targets; t++) {
        const el4ml_status status = standardise_target(r, t);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* ---- all of it ---- */

static bool describe(reader *r)
{
    el4ml_data *d = r->data;
    const size_t inputs = d->train.inputs;
    memcpy(d->sha256, r->table->sha256, sizeof d->sha256);
    if (r->targets > 0) {
        d->target_name = el4ml_copy_text(r->table->names[r->target[0]]);
        d->target_names = EL4ML_NEW(char *, r->targets);
    }
    d->input_names = EL4ML_NEW(char *, inputs);
    d->input_mean = EL4ML_NEW(double, inputs);
    d->input_scale = EL4ML_NEW(double, inputs);
    d->target_mean = EL4ML_NEW(double, d->train.targets);
    d->target_scale = EL4ML_NEW(double, d->train.targets);
    d->constant_columns = EL4ML_NEW(size_t, inputs);
    if ((r->targets > 0 && (!d->target_name || !d->target_names)) || !d->input_names || !d->input_mean ||
        !d->input_scale || !d->target_mean || !d->target_scale || !d->constant_columns)
        return false;
    for (size_t t = 0; t < r->targets; t++)
        if (!(d->target_names[t] = el4ml_copy_text(r->table->names[r->target[t]]))) return false;
    for (size_t j = 0; j < inputs; j++) {
        d->input_names[j] = el4ml_copy_text(r->table->names[r->inputs[j]]);
        if (!d->input_names[j]) return false;
    }
    if (r->labels) { /* the names move over */
        d->class_names = r->labels->names;
        r->labels->names = NULL;
        r->labels->count = 0;
    }
    return true;
}

static el4ml_status build(reader *r)
{
    el4ml_status status = choose_rows(r);
    if (status == EL4ML_OK) status = read_target(r);
    if (status == EL4ML_OK) status = choose_inputs(r);
    if (status == EL4ML_OK) status = split(r);
    if (status == EL4ML_OK && !describe(r)) status = no_memory(r);
    if (status == EL4ML_OK) status = standardise(r);
    return status;
}

el4ml_status el4ml_data_read(const el4ml_data_options *options, el4ml_data **data, el4ml_error *error)
{
    reader r = {.options = options, .error = error};
    el4ml_status status = check_options(options, error);
    if (status == EL4ML_OK) status = el4ml_table_read(options->file, &r.table, error);
    if (status != EL4ML_OK) return status;
    r.data = EL4ML_NEW(el4ml_data, 1);
    status = r.data ? build(&r) : no_memory(&r);
    el4ml_table_free(r.table);
    el4ml_labels_free(r.labels);
    el4ml_release(r.target);
    el4ml_release(r.is_target);
    el4ml_release(r.values);
    el4ml_release(r.inputs);
    el4ml_release(r.part);
    if (status == EL4ML_OK)
        *data = r.data;
    else
        el4ml_data_free(r.data);
    return status;
}

static void free_names(size_t count, char **names)
{
    for (size_t i = 0; names && i < count; i++)
        el4ml_release(names[i]);
    el4ml_release(names);
}

void el4ml_data_free(el4ml_data *data)
{
    if (!data) return;
    free_names(data->train.inputs, data->input_names);
    free_names(data->train.classes, data->class_names);
    free_names(data->train.targets > 0 ? data->train.targets : 1, data->target_names);
    for (unsigned p = 0; p < EL4ML_PARTS; p++) {
        size_t **rows;
        el4ml_dataset *set = part_of(data, p, &rows);
        el4ml_release(set->x);
        el4ml_release(set->y);
        el4ml_release(set->label);
        el4ml_release(*rows);
    }
    el4ml_release(data->target_name);
    el4ml_release(data->input_mean);
    el4ml_release(data->input_scale);
    el4ml_release(data->target_mean);
    el4ml_release(data->target_scale);
    el4ml_release(data->constant_columns);
    el4ml_release(data);
}
