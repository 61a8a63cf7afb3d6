/* Predictions of a perceptron on data that need not be its own, and what they are worth. */
#include <math.h>

#include "base/memory.h"
#include "surface/metrics.h"
#include "surface/mlp_outputs.h"

#define MOST_PAIRS 200000 /* of a contrastive loss on other rows: more are drawn from */

static bool data_fits(const el4ml_mlp *m, const el4ml_dataset *data)
{
    if (data->inputs != m->size[0]) return false;
    if (m->classes == 0) return data->rows == 0 || (data->y && data->targets == m->size[m->layers]);
    if (data->rows > 0 && !data->label) return false;
    for (size_t i = 0; i < data->rows; i++)
        if (data->label[i] < 0 || (size_t)data->label[i] >= m->classes) return false;
    return true;
}

/* ---- Regression ---- */

static void residuals(const el4ml_mlp *m, const el4ml_dataset *data, const double *outputs, double *residual)
{
    const size_t targets = m->size[m->layers];
    for (size_t i = 0; i < data->rows * targets; i++) {
        const double d = outputs[i] - data->y[i];
        residual[i % targets] += d * d;
    }
}

static el4ml_status measure_targets(const el4ml_mlp *m, const el4ml_dataset *data, const double *outputs,
                                    el4ml_target_metrics *targets)
{
    double *residual = EL4ML_NEW(double, m->size[m->layers]);
    if (!residual) return EL4ML_OUT_OF_MEMORY;
    residuals(m, data, outputs, residual);
    el4ml_metric_targets(data, residual, targets);
    el4ml_release(residual);
    return EL4ML_OK;
}

static el4ml_status measure_numbers(const el4ml_mlp *m, const el4ml_dataset *data, const double *outputs,
                                    el4ml_metrics *metrics)
{
    const size_t count = data->targets;
    el4ml_target_metrics *targets = EL4ML_NEW(el4ml_target_metrics, count);
    const el4ml_status status = targets ? measure_targets(m, data, outputs, targets) : EL4ML_OUT_OF_MEMORY;
    metrics->loss = metrics->r2 = 0;
    for (size_t t = 0; status == EL4ML_OK && t < count; t++) {
        metrics->loss += targets[t].loss / (double)count;
        metrics->r2 += targets[t].r2 / (double)count;
    }
    el4ml_release(targets);
    return status;
}

/* ---- Classes ---- */

/* Two classes: of the positive one; more: the mean over those that are there. */
static el4ml_status measure_auc(const el4ml_mlp *m, const el4ml_dataset *data, const double *outputs,
                                el4ml_metrics *metrics)
{
    const size_t out = m->size[m->layers];
    double *score = EL4ML_NEW(double, data->rows), sum = 0;
    size_t counted = 0;
    bool good = score != NULL;
    for (size_t c = m->classes == 2 ? 1 : 0; good && c < m->classes; c++) {
        double auc = NAN;
        for (size_t i = 0; i < data->rows; i++)
            score[i] = el4ml_mlp_log_odds(m, outputs + i * out, c);
        good = el4ml_metric_auc(data->rows, score, data->label, (int32_t)c, &auc);
        if (isnan(auc)) continue;
        sum += auc;
        counted++;
    }
    el4ml_release(score);
    if (counted > 0) metrics->auc = sum / (double)counted;
    return good ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

static el4ml_status measure_probabilities(const el4ml_mlp *m, const el4ml_dataset *data,
                                          const double *outputs, el4ml_metrics *metrics)
{
    const size_t out = m->size[m->layers];
    double *p = EL4ML_NEW(double, m->classes), loss = 0, weights = 0, plain = 0;
    if (!p) return EL4ML_OUT_OF_MEMORY;
    size_t right = 0, close = 0;
    for (size_t i = 0; i < data->rows; i++) {
        const size_t label = (size_t)data->label[i];
        el4ml_mlp_log_probabilities(m, outputs + i * out, p);
        double own = (1 - m->smoothing) * p[label];
        for (size_t c = 0; c < m->classes && m->smoothing > 0; c++)
            own += m->smoothing / (double)m->classes * p[c];
        const double weight = m->class_weight ? m->class_weight[label] : 1;
        loss -= weight * own;
        weights += weight;
        plain -= p[label];
        const size_t rank = el4ml_metric_rank(m->classes, p, label);
        right += rank == 0;
        close += rank < m->top_k;
    }
    const double rows = (double)data->rows;
    metrics->loss = loss / weights;
    metrics->log_loss = plain / rows;
    metrics->accuracy = (double)right / rows;
    if (m->classes > m->top_k) metrics->top_k = (double)close / rows;
    el4ml_release(p);
    return measure_auc(m, data, outputs, metrics);
}

/* ---- Losses over pairs ---- */

/* Mean over the pairs of these rows; NaN where there are none. */
static el4ml_status pairs_loss(const el4ml_mlp *m, const el4ml_dataset *data, const double *outputs,
                               double *loss)
{
    const size_t out = m->size[m->layers], scores = m->scores, stride = (data->rows + 7) / 8 * 8;
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.loss = m->loss;
    o.positive = m->positive;
    o.beta = m->pairs->beta;
    o.margin = m->pairs->margin;
    o.epsilon = m->pairs->epsilon;
    if (m->loss == EL4ML_CONTRASTIVE && el4ml_pairs_of(data->rows) > MOST_PAIRS) o.pairs = MOST_PAIRS;
    double *score = EL4ML_NEW(double, scores *stride);
    size_t *order = EL4ML_NEW(size_t, data->rows);
    el4ml_pairs *pairs = NULL;
    el4ml_pairs_work *work = NULL;
    el4ml_dataset all = *data;
    all.classes = m->classes;
    bool good =
        score && order &&
        el4ml_pairs_new(&o, &all, scores, stride, el4ml_best_kernel_set(), order, &pairs, NULL) == EL4ML_OK &&
        (work = el4ml_pairs_work_new(pairs)) != NULL;
    for (size_t i = 0; good && i < data->rows * scores; i++) {
        const size_t point = i / scores, c = i % scores;
        const double *a = outputs + order[point] * out;
        score[c * stride + point] = scores == out ? a[c] : a[m->positive] - a[1 - m->positive];
    }
    if (good && pairs->pairs > 0) *loss = pairs->kernels->loss(pairs, work, score, NULL, NULL);
    el4ml_pairs_work_free(work);
    el4ml_pairs_free(pairs);
    el4ml_release(score);
    el4ml_release(order);
    return good ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

static el4ml_status measure_ranking(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                    const el4ml_dataset *data, const double *outputs, el4ml_metrics *metrics)
{
    double threshold = 0;
    size_t right = 0;
    el4ml_status status = pairs_loss(m, data, outputs, &metrics->loss);
    if (status == EL4ML_OK) status = measure_auc(m, data, outputs, metrics);
    if (status == EL4ML_OK) status = el4ml_mlp_threshold(m, w, x, &threshold);
    for (size_t i = 0; i < data->rows; i++) {
        const bool positive =
            el4ml_mlp_log_odds(m, outputs + i * m->size[m->layers], m->positive) > threshold;
        right += positive == ((size_t)data->label[i] == m->positive);
    }
    metrics->accuracy = (double)right / (double)data->rows;
    return status;
}

/* Rows whose class the training rows nearest to them vote for. */
static el4ml_status measure_neighbours(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                       const el4ml_dataset *data, const double *outputs, bool own_rows,
                                       el4ml_metrics *metrics)
{
    double *probability = EL4ML_NEW(double, data->rows * m->classes);
    if (!probability) return EL4ML_OUT_OF_MEMORY;
    const el4ml_status status = el4ml_mlp_votes(m, w, x, data->rows, outputs, own_rows, probability);
    size_t right = 0;
    for (size_t i = 0; i < data->rows; i++)
        right += el4ml_metric_rank(m->classes, probability + i * m->classes, (size_t)data->label[i]) == 0;
    metrics->accuracy = (double)right / (double)data->rows;
    el4ml_release(probability);
    return status;
}

static el4ml_status measure_embedding(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                      const el4ml_dataset *data, const double *outputs,
                                      el4ml_metrics *metrics)
{
    const bool own_rows = el4ml_mlp_is_own(m, data);
    el4ml_status status = EL4ML_OK;
    if (own_rows) { /* the pairs that the surface has */
        m->kernels->value_gradient(m, w, x, NULL);
        metrics->loss = m->pairs->kernels->loss(m->pairs, w->pairs, w->score, NULL, NULL);
    } else {
        status = pairs_loss(m, data, outputs, &metrics->loss);
    }
    return status == EL4ML_OK ? measure_neighbours(m, w, x, data, outputs, own_rows, metrics) : status;
}

/* ---- The hooks ---- */

static el4ml_status measure(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                            const el4ml_dataset *data, const double *outputs, el4ml_metrics *metrics)
{
    if (m->loss == EL4ML_MSE) return measure_numbers(m, data, outputs, metrics);
    if (m->loss == EL4ML_CROSS_ENTROPY) return measure_probabilities(m, data, outputs, metrics);
    if (m->loss == EL4ML_AUC) return measure_ranking(m, w, x, data, outputs, metrics);
    return measure_embedding(m, w, x, data, outputs, metrics);
}

el4ml_status el4ml_mlp_metrics(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                               el4ml_metrics *metrics)
{
    const el4ml_mlp *m = self;
    *metrics = el4ml_metrics_none();
    if (!data_fits(m, data)) return EL4ML_INVALID_ARGUMENT;
    if (data->rows == 0) return EL4ML_OK;
    double *outputs = el4ml_mlp_outputs_of(m, workspace, x, data);
    const el4ml_status status =
        outputs ? measure(m, workspace, x, data, outputs, metrics) : EL4ML_OUT_OF_MEMORY;
    el4ml_release(outputs);
    if (status != EL4ML_OK) return status;
    const bool none = m->pairs && isnan(metrics->loss); /* no pairs: no loss */
    return none || isfinite(metrics->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}

el4ml_status el4ml_mlp_target_metrics(const void *self, void *workspace, const double *x,
                                      const el4ml_dataset *data, el4ml_target_metrics *targets)
{
    const el4ml_mlp *m = self;
    if (m->classes > 0) return EL4ML_NOT_SUPPORTED;
    if (!data_fits(m, data) || data->rows == 0) return EL4ML_INVALID_ARGUMENT;
    double *outputs = el4ml_mlp_outputs_of(m, workspace, x, data);
    const el4ml_status status = outputs ? measure_targets(m, data, outputs, targets) : EL4ML_OUT_OF_MEMORY;
    el4ml_release(outputs);
    return status;
}
