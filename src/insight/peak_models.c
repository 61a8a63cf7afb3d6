/* The minima behind each peak as models: their predictions on the test rows, and where they disagree. */
#include "insight/peak_models.h"

#include <math.h>

#include "base/memory.h"

void el4ml_peak_models_free(el4ml_peak_models *models, size_t count)
{
    for (size_t k = 0; models && k < count; k++) {
        el4ml_predictions_free(models[k].predictions);
        el4ml_release(models[k].node);
        el4ml_release(models[k].weight);
        el4ml_release(models[k].disagreement);
        el4ml_release(models[k].row);
    }
    el4ml_release(models);
}

static size_t choose(const el4ml_change *changes, size_t count, el4ml_peak_models *m)
{
    const size_t most = count < EL4ML_PEAK_MODELS ? count : EL4ML_PEAK_MODELS;
    for (size_t k = 0; k < most; k++) {
        m->node[m->count] = changes[k].node;
        m->weight[m->count++] = fabs(changes[k].g);
    }
    return most;
}

static bool allocate(const el4ml_peak *peak, size_t rows, el4ml_peak_models *m)
{
    const size_t most = 2 * EL4ML_PEAK_MODELS;
    m->node = EL4ML_NEW(size_t, most);
    m->weight = EL4ML_NEW(double, most);
    m->disagreement = EL4ML_NEW(double, most *most);
    m->row = EL4ML_NEW(size_t, rows);
    if (!m->node || !m->weight || !m->disagreement || !m->row) return false;
    m->gaining = choose(peak->gaining, peak->gaining_count, m);
    choose(peak->losing, peak->losing_count, m);
    return true;
}

/* The mean over pairs of models from [a, a_end) and [b, b_end), each with the product of its weights. */
static double mean_disagreement(const el4ml_peak_models *m, size_t a, size_t a_end, size_t b, size_t b_end)
{
    double sum = 0, weight = 0;
    for (size_t i = a; i < a_end; i++)
        for (size_t j = b; j < b_end; j++) {
            const double w = i == j ? 0 : m->weight[i] * m->weight[j];
            sum += w * m->disagreement[i * m->count + j];
            weight += w;
        }
    return weight > 0 ? sum / weight : NAN;
}

static bool differs(const el4ml_predictions *p, size_t row)
{
    if (p->kind != EL4ML_PREDICTS_PROBABILITIES) return true;
    const size_t first = el4ml_predicted_class(p, 0, row);
    for (size_t k = 1; k < p->models; k++)
        if (el4ml_predicted_class(p, k, row) != first) return true;
    return false;
}

static void compare(el4ml_peak_models *m)
{
    const el4ml_predictions *p = m->predictions;
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = 0; j < i; j++)
            m->disagreement[i * m->count + j] = m->disagreement[j * m->count + i] =
                el4ml_disagreement(p, i, j);
    m->within_gaining = mean_disagreement(m, 0, m->gaining, 0, m->gaining);
    m->within_losing = mean_disagreement(m, m->gaining, m->count, m->gaining, m->count);
    m->between = mean_disagreement(m, 0, m->gaining, m->gaining, m->count);
    for (size_t row = 0; row < p->rows && p->models > 0; row++)
        if (differs(p, row)) m->row[m->differing++] = row;
}

static el4ml_status fill(const el4ml_landscape *landscape, const el4ml_surface *surface,
                         const el4ml_data *data, const el4ml_peak *peak, el4ml_peak_models *m,
                         el4ml_error *error)
{
    const double *x[2 * EL4ML_PEAK_MODELS];
    if (!allocate(peak, data->test.rows, m))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "analyse: out of memory");
    for (size_t k = 0; k < m->count; k++)
        x[k] = el4ml_landscape_record(landscape, EL4ML_MINIMUM, m->node[k])->point.x;
    const el4ml_status status =
        el4ml_predictions_new(surface, x, m->count, &data->test, data, &m->predictions, error);
    if (status == EL4ML_OK) compare(m);
    return status;
}

static const char *why_not(const el4ml_surface *surface, const el4ml_data *data, const el4ml_analysis *a)
{
    if (!surface) return "the surface is not known";
    if (!surface->ops.predict) return "the surface predicts nothing";
    if (!data || data->test.rows == 0) return "there are no test rows";
    return a->peaks->count == 0 ? "there is no peak" : NULL;
}

el4ml_status el4ml_peak_models_new(const el4ml_landscape *landscape, const el4ml_surface *surface,
                                   const el4ml_data *data, el4ml_analysis *a, el4ml_error *error)
{
    a->no_models = why_not(surface, data, a);
    if (a->no_models) return EL4ML_OK;
    a->models = EL4ML_NEW(el4ml_peak_models, a->peaks->count);
    if (!a->models) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "analyse: out of memory");
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < a->peaks->count; k++)
        status = fill(landscape, surface, data, &a->peaks->peaks[k], &a->models[k], error);
    return status;
}
