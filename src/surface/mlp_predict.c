/* Outputs of rows of inputs, and the hook that says what they mean. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "surface/metrics.h"
#include "surface/mlp_outputs.h"

/* Outputs (rows, d_L) of inputs (rows, d_0). */
static void predict(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t rows,
                    const double *inputs, double *outputs)
{
    const size_t in = m->size[0], out = m->size[m->layers];
    for (size_t start = 0; start < rows; start += m->block) {
        const size_t left = rows - start, count = left < m->block ? left : m->block,
                     padded = (count + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES * EL4ML_MLP_LANES;
        for (size_t k = 0; k < in; k++)
            for (size_t p = 0; p < padded; p++)
                w->inputs[k * m->block + p] = p < count ? inputs[(start + p) * in + k] : 0;
        m->kernels->predict(m, w, x, w->inputs, padded);
        for (size_t p = 0; p < count; p++)
            for (size_t c = 0; c < out; c++)
                outputs[(start + p) * out + c] = w->value[m->layers][c * m->block + p];
    }
}

/* Of the training rows, in the order of the points. */
static void predict_own(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *outputs)
{
    const size_t out = m->size[m->layers];
    for (size_t i = 0; i < m->rows; i += m->block) {
        const size_t left = m->rows - i, count = left < m->block ? left : m->block,
                     padded = (count + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES * EL4ML_MLP_LANES;
        m->kernels->predict(m, w, x, m->inputs + i * (m->size[0] + 1), padded);
        for (size_t p = 0; p < count; p++)
            for (size_t c = 0; c < out; c++)
                outputs[(i + p) * out + c] = w->value[m->layers][c * m->block + p];
    }
}

double *el4ml_mlp_outputs_of(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                             const el4ml_dataset *data)
{
    double *outputs = EL4ML_NEW(double, data->rows * m->size[m->layers]);
    if (outputs) predict(m, w, x, data->rows, data->x, outputs);
    return outputs;
}

void el4ml_mlp_log_probabilities(const el4ml_mlp *m, const double *output, double *p)
{
    if (m->head == EL4ML_LOG_ODDS) {
        const double a = *output, small = log1p(exp(-fabs(a)));
        p[m->positive] = (a > 0 ? 0 : a) - small;
        p[1 - m->positive] = (a > 0 ? -a : 0) - small;
        return;
    }
    double top = output[0], sum = 0;
    for (size_t c = 1; c < m->classes; c++)
        top = fmax(top, output[c]);
    for (size_t c = 0; c < m->classes; c++)
        sum += exp(output[c] - top);
    for (size_t c = 0; c < m->classes; c++)
        p[c] = output[c] - top - log(sum);
}

double el4ml_mlp_log_odds(const el4ml_mlp *m, const double *output, size_t class)
{
    if (m->size[m->layers] == 1) return class == m->positive ? *output : -*output;
    double top = -INFINITY, sum = 0;
    for (size_t c = 0; c < m->classes; c++)
        if (c != class) top = fmax(top, output[c]);
    for (size_t c = 0; c < m->classes; c++)
        if (c != class) sum += exp(output[c] - top);
    return output[class] - top - log(sum);
}

bool el4ml_mlp_is_own(const el4ml_mlp *m, const el4ml_dataset *data)
{
    if (data->rows != m->rows) return false;
    for (size_t i = 0; i < m->rows; i++) {
        const double *point = m->inputs + i / m->block * (m->size[0] + 1) * m->block + i % m->block,
                     *x = data->x + m->order[i] * m->size[0];
        for (size_t k = 0; k < m->size[0]; k++)
            if (point[k * m->block] != x[k]) return false;
    }
    return true;
}

static int32_t class_of_point(const el4ml_mlp *m, size_t point)
{
    size_t c = 0;
    while (m->pairs->start[c + 1] <= point)
        c++;
    if (m->loss != EL4ML_AUC) return (int32_t)c;
    return (int32_t)(c == 0 ? m->positive : 1 - m->positive);
}

el4ml_status el4ml_mlp_threshold(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                 double *threshold)
{
    double *own = EL4ML_NEW(double, m->rows * m->size[m->layers]), *score = EL4ML_NEW(double, m->rows);
    int32_t *label = EL4ML_NEW(int32_t, m->rows);
    bool good = own && score && label;
    if (good) predict_own(m, w, x, own);
    for (size_t i = 0; good && i < m->rows; i++) {
        score[i] = el4ml_mlp_log_odds(m, own + i * m->size[m->layers], m->positive);
        label[i] = class_of_point(m, i);
    }
    good = good && el4ml_metric_threshold(m->rows, score, label, (int32_t)m->positive, threshold);
    el4ml_release(own);
    el4ml_release(score);
    el4ml_release(label);
    return good ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

/* ---- Votes ---- */

static void put_votes(const el4ml_voters *v, const double *point, size_t skip, double *probability)
{
    const int32_t winner = el4ml_metric_vote(v, point, skip);
    double sum = 0;
    for (size_t c = 0; c < v->classes; c++)
        sum += probability[c] = (double)v->votes[c] + ((int32_t)c == winner ? 0.5 : 0);
    for (size_t c = 0; c < v->classes; c++)
        probability[c] = sum > 0 ? probability[c] / sum : 1 / (double)v->classes; /* nobody votes */
}

el4ml_status el4ml_mlp_votes(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t rows,
                             const double *outputs, bool own_rows, double *probability)
{
    const size_t d = m->size[m->layers];
    double *own = EL4ML_NEW(double, m->rows *d), *distance = EL4ML_NEW(double, m->neighbours);
    size_t *scratch = EL4ML_NEW(size_t, m->neighbours + m->classes);
    int32_t *label = EL4ML_NEW(int32_t, m->rows);
    const bool good = own && distance && scratch && label;
    if (good) {
        predict_own(m, w, x, own);
        for (size_t i = 0; i < m->rows; i++)
            label[i] = class_of_point(m, i);
        const el4ml_voters voters = {m->rows, d,        m->classes, m->neighbours,          own,
                                     label,   distance, scratch,    scratch + m->neighbours};
        for (size_t i = 0; i < rows; i++) {
            const size_t row = own_rows ? m->order[i] : i; /* point i is this row */
            put_votes(&voters, outputs + row * d, own_rows ? i : SIZE_MAX, probability + row * m->classes);
        }
    }
    el4ml_release(own);
    el4ml_release(distance);
    el4ml_release(scratch);
    el4ml_release(label);
    return good ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

/* ---- The hook ---- */

static void softmax(const el4ml_mlp *m, const double *output, double *p)
{
    double sum = 0;
    el4ml_mlp_log_probabilities(m, output, p);
    for (size_t c = 0; c < m->classes; c++)
        sum += p[c] = exp(p[c]);
    for (size_t c = 0; c < m->classes; c++)
        p[c] /= sum;
}

/* sigma(s - threshold): ranks rows as s does, and its class is the one that the accuracy counts. */
static el4ml_status rank_rows(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t rows,
                              const double *outputs, double *probability)
{
    double threshold = 0;
    const el4ml_status status = el4ml_mlp_threshold(m, w, x, &threshold);
    for (size_t i = 0; status == EL4ML_OK && i < rows; i++) {
        const double z = el4ml_mlp_log_odds(m, outputs + i * m->size[m->layers], m->positive) - threshold;
        double *p = probability + i * 2;
        p[m->positive] = 1 / (1 + exp(-z));
        p[1 - m->positive] = 1 / (1 + exp(z));
    }
    return status;
}

static el4ml_status fill_classes(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                 const el4ml_dataset *data, const double *outputs, double *probability)
{
    if (m->loss == EL4ML_AUC) return rank_rows(m, w, x, data->rows, outputs, probability);
    if (m->loss == EL4ML_CONTRASTIVE)
        return el4ml_mlp_votes(m, w, x, data->rows, outputs, el4ml_mlp_is_own(m, data), probability);
    for (size_t i = 0; i < data->rows; i++)
        softmax(m, outputs + i * m->size[m->layers], probability + i * m->classes);
    return EL4ML_OK;
}

el4ml_status el4ml_mlp_predict(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                               double *outputs)
{
    const el4ml_mlp *m = self;
    if (data->inputs != m->size[0]) return EL4ML_INVALID_ARGUMENT;
    if (m->classes == 0) {
        predict(m, workspace, x, data->rows, data->x, outputs);
        return EL4ML_OK;
    }
    double *made = el4ml_mlp_outputs_of(m, workspace, x, data);
    const el4ml_status status =
        made ? fill_classes(m, workspace, x, data, made, outputs) : EL4ML_OUT_OF_MEMORY;
    el4ml_release(made);
    return status;
}
