/* What models say of rows, as numbers, CSV and JSON. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "insight/forecast.h"
#include "insight/json.h"

void el4ml_forecast_free(el4ml_forecast *f)
{
    if (!f) return;
    el4ml_release(f->mean);
    el4ml_release(f->log_density);
    el4ml_release(f);
}

el4ml_forecast *el4ml_forecast_blank(el4ml_prediction kind, size_t rows, size_t outputs)
{
    el4ml_forecast *f = EL4ML_NEW(el4ml_forecast, 1);
    if (!f) return NULL;
    *f = (el4ml_forecast){.kind = kind, .rows = rows, .outputs = outputs};
    f->mean = EL4ML_NEW(double, rows *outputs);
    f->log_density = EL4ML_NEW(double, rows);
    if (!f->mean || !f->log_density) {
        el4ml_forecast_free(f);
        return NULL;
    }
    for (size_t i = 0; i < rows * outputs; i++)
        f->mean[i] = NAN;
    for (size_t i = 0; i < rows; i++)
        f->log_density[i] = NAN;
    return f;
}

el4ml_status el4ml_forecast_new(const el4ml_surface *surface, const double *const *x, size_t models,
                                const el4ml_dataset *rows, el4ml_forecast **forecast, el4ml_error *error)
{
    el4ml_predictions *p = NULL;
    if (!surface || !x || models == 0 || !rows || !forecast)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "predict: nothing given");
    const el4ml_status status = el4ml_predictions_new(surface, x, models, rows, NULL, &p, error);
    if (status != EL4ML_OK) return status;
    el4ml_forecast *f = el4ml_forecast_blank(p->kind, p->rows, p->outputs);
    if (!f) {
        el4ml_predictions_free(p);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "predict: out of memory");
    }
    for (size_t i = 0; i < p->rows; i++) {
        for (size_t c = 0; c < p->outputs; c++) {
            double sum = 0;
            for (size_t m = 0; m < models; m++)
                sum += el4ml_predicted(p, m, i)[c];
            f->mean[i * p->outputs + c] = sum / (double)models;
        }
        if (p->kind == EL4ML_PREDICTS_PROBABILITIES && rows->label)
            f->log_density[i] = log(f->mean[i * p->outputs + (size_t)rows->label[i]]);
    }
    el4ml_predictions_free(p);
    *forecast = f;
    return EL4ML_OK;
}

size_t el4ml_forecast_class(const el4ml_forecast *f, size_t row)
{
    const double *p = f->mean + row * f->outputs;
    size_t best = 0;
    for (size_t c = 1; c < f->outputs; c++)
        if (p[c] > p[best]) best = c;
    return best;
}

static double own_unit(const el4ml_forecast *f, const el4ml_data *data, size_t row, size_t target)
{
    const double value = f->mean[row * f->outputs + target];
    return data->train.targets == f->outputs ? value * data->target_scale[target] + data->target_mean[target]
                                             : value;
}

/* A field of CSV, quoted where it must be. */
static void put_field(el4ml_builder *text, const char *field)
{
    if (!strpbrk(field, ",;\"\t\r\n") && field[0] != ' ') {
        el4ml_builder_text(text, field);
        return;
    }
    el4ml_builder_text(text, "\"");
    for (const char *c = field; *c; c++)
        el4ml_builder_bytes(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    el4ml_builder_text(text, "\"");
}

static void put_head(el4ml_builder *text, const el4ml_forecast *f, const el4ml_data *data)
{
    el4ml_builder_text(text, "row,predicted");
    if (f->kind == EL4ML_PREDICTS_PROBABILITIES)
        for (size_t c = 0; c < f->outputs; c++) {
            el4ml_builder_text(text, ",");
            put_field(text, data->class_names[c]);
        }
    for (size_t t = 1; f->kind == EL4ML_PREDICTS_VALUES && t < f->outputs; t++)
        el4ml_builder_format(text, ",predicted_%zu", t + 1);
    el4ml_builder_text(text, "\n");
}

char *el4ml_forecast_csv(const el4ml_forecast *f, const el4ml_data *data)
{
    el4ml_builder text = {0};
    put_head(&text, f, data);
    for (size_t i = 0; i < f->rows; i++) {
        el4ml_builder_format(&text, "%zu", i + 1);
        if (f->kind == EL4ML_PREDICTS_PROBABILITIES) {
            el4ml_builder_text(&text, ",");
            put_field(&text, data->class_names[el4ml_forecast_class(f, i)]);
        }
        for (size_t c = 0; c < f->outputs; c++) {
            el4ml_builder_text(&text, ",");
            el4ml_builder_number(&text, f->kind == EL4ML_PREDICTS_PROBABILITIES ? f->mean[i * f->outputs + c]
                                                                                : own_unit(f, data, i, c));
        }
        el4ml_builder_text(&text, "\n");
    }
    return el4ml_builder_take(&text);
}

json_t *el4ml_json_scores(const el4ml_scores *scores, el4ml_prediction kind)
{
    json_t *o = json_object();
    for (unsigned k = 0; k < EL4ML_SCORES; k++)
        if (el4ml_score_applies((el4ml_score)k, kind))
            el4ml_json_put_number(o, el4ml_score_name((el4ml_score)k), scores->value[k]);
    return o;
}

char *el4ml_model_json(const el4ml_landscape *landscape, size_t minimum, const char *path)
{
    const el4ml_record *r = el4ml_landscape_record(landscape, EL4ML_MINIMUM, minimum);
    json_t *o = json_object();
    el4ml_json_put_text(o, "path", path);
    el4ml_json_put_id(o, "minimum", minimum);
    el4ml_json_put_number(o, "energy", r->point.energy);
    el4ml_json_put_count(o, "parameters", el4ml_landscape_dimension(landscape));
    return el4ml_json_finish(o);
}

char *el4ml_forecast_json(const el4ml_forecast *f, const el4ml_data *data, const size_t *minima, size_t count,
                          const el4ml_scores *scores)
{
    const bool classes = f->kind == EL4ML_PREDICTS_PROBABILITIES;
    json_t *o = json_object(), *predicted = json_array(), *probabilities = json_array(),
           *names = json_array();
    for (size_t i = 0; i < f->rows; i++) {
        if (classes) {
            json_array_append_new(predicted, el4ml_json_text(data->class_names[el4ml_forecast_class(f, i)]));
            json_array_append_new(probabilities, el4ml_json_numbers(f->mean + i * f->outputs, f->outputs));
        } else if (f->outputs == 1) {
            json_array_append_new(predicted, el4ml_json_number(own_unit(f, data, i, 0)));
        } else {
            json_t *row = json_array();
            for (size_t t = 0; t < f->outputs; t++)
                json_array_append_new(row, el4ml_json_number(own_unit(f, data, i, t)));
            json_array_append_new(predicted, row);
        }
    }
    el4ml_json_put(o, "minima", el4ml_json_identifiers(minima, count));
    el4ml_json_put_count(o, "rows", f->rows);
    for (size_t c = 0; classes && c < f->outputs; c++)
        json_array_append_new(names, el4ml_json_text(data->class_names[c]));
    if (classes) {
        el4ml_json_put(o, "classes", names);
        el4ml_json_put(o, "probabilities", probabilities);
    } else {
        json_decref(names);
        json_decref(probabilities);
    }
    el4ml_json_put(o, "predicted", predicted);
    el4ml_json_put(o, "scores", scores ? el4ml_json_scores(scores, f->kind) : json_null());
    return el4ml_json_finish(o);
}
