#include "el4ml/predictions.h"

#include <math.h>

#include "base/memory.h"

static void own_unit(el4ml_predictions *p, const el4ml_data *data)
{
    if (p->kind != EL4ML_PREDICTS_VALUES || !data || data->train.targets != p->outputs) return;
    for (size_t i = 0; i < p->models * p->rows; i++)
        for (size_t t = 0; t < p->outputs; t++)
            p->values[i * p->outputs + t] =
                p->values[i * p->outputs + t] * data->target_scale[t] + data->target_mean[t];
}

static el4ml_status fill(el4ml_predictions *p, const el4ml_surface *surface, const double *const *x,
                         const el4ml_dataset *rows, el4ml_error *error)
{
    el4ml_evaluator e;
    el4ml_status status = el4ml_evaluator_init(&e, surface, error);
    if (status != EL4ML_OK) return status;
    for (size_t m = 0; status == EL4ML_OK && m < p->models; m++) {
        status = el4ml_predict(&e, x[m], rows, p->values + m * p->rows * p->outputs);
        if (status != EL4ML_OK)
            el4ml_fail(error, status, "predictions of model %zu: %s", m + 1, el4ml_status_text(status));
    }
    el4ml_evaluator_clear(&e);
    return status;
}

el4ml_status el4ml_predictions_new(const el4ml_surface *surface, const double *const *x, size_t models,
                                   const el4ml_dataset *rows, const el4ml_data *data,
                                   el4ml_predictions **predictions, el4ml_error *error)
{
    const size_t outputs = surface->info.outputs;
    if (!surface->ops.predict)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "predictions: %s predicts nothing", surface->ops.kind);
    if (models > 0 && rows->rows > SIZE_MAX / sizeof(double) / outputs / models)
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "predictions: out of memory");
    el4ml_predictions *p = EL4ML_NEW(el4ml_predictions, 1);
    if (!p) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "predictions: out of memory");
    p->kind = surface->info.prediction;
    p->models = models;
    p->rows = rows->rows;
    p->outputs = outputs;
    p->values = EL4ML_NEW(double, models * rows->rows * outputs);
    const el4ml_status status = p->values
                                    ? fill(p, surface, x, rows, error)
                                    : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "predictions: out of memory");
    if (status != EL4ML_OK) {
        el4ml_predictions_free(p);
        return status;
    }
    own_unit(p, data);
    *predictions = p;
    return EL4ML_OK;
}

void el4ml_predictions_free(el4ml_predictions *predictions)
{
    if (!predictions) return;
    el4ml_release(predictions->values);
    el4ml_release(predictions);
}

size_t el4ml_predicted_class(const el4ml_predictions *predictions, size_t model, size_t row)
{
    const double *p = el4ml_predicted(predictions, model, row);
    size_t best = 0;
    for (size_t c = 1; c < predictions->outputs; c++)
        if (p[c] > p[best]) best = c;
    return best;
}

double el4ml_disagreement(const el4ml_predictions *p, size_t a, size_t b)
{
    double sum = 0;
    for (size_t row = 0; row < p->rows; row++) {
        if (p->kind == EL4ML_PREDICTS_PROBABILITIES) {
            sum += el4ml_predicted_class(p, a, row) != el4ml_predicted_class(p, b, row);
            continue;
        }
        const double *u = el4ml_predicted(p, a, row), *v = el4ml_predicted(p, b, row);
        for (size_t t = 0; t < p->outputs; t++)
            sum += (u[t] - v[t]) * (u[t] - v[t]) / (double)p->outputs;
    }
    if (p->rows == 0) return NAN;
    return p->kind == EL4ML_PREDICTS_PROBABILITIES ? sum / (double)p->rows : sqrt(sum / (double)p->rows);
}
