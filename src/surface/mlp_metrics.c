/* Predictions of a perceptron on data that need not be its own, and what they are worth. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "surface/metrics.h"
#include "surface/mlp.h"

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

/* One row's outputs as ln of probabilities, also of one logit. */
static void log_probabilities(const el4ml_mlp *m, const double *output, double *p)
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

/* ln p / (1 - p) of class c, which does not saturate as p does, from outputs. */
static double log_odds(const el4ml_mlp *m, const double *output, size_t class)
{
    if (m->size[m->layers] == 1) return class == m->positive ? *output : -*output;
    double top = -INFINITY, sum = 0;
    for (size_t c = 0; c < m->classes; c++)
        if (c != class) top = fmax(top, output[c]);
    for (size_t c = 0; c < m->classes; c++)
        if (c != class) sum += exp(output[c] - top);
    return output[class] - top - log(sum);
}

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
            score[i] = log_odds(m, outputs + i * out, c);
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
        log_probabilities(m, outputs + i * out, p);
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

/* Are these the training rows, in their order? */
static bool is_own(const el4ml_mlp *m, const el4ml_dataset *data)
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

/* The threshold that is best for the training rows. */
static el4ml_status threshold_of(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                 double *threshold)
{
    double *own = EL4ML_NEW(double, m->rows * m->size[m->layers]), *score = EL4ML_NEW(double, m->rows);
    int32_t *label = EL4ML_NEW(int32_t, m->rows);
    bool good = own && score && label;
    if (good) predict_own(m, w, x, own);
    for (size_t i = 0; good && i < m->rows; i++) {
        score[i] = log_odds(m, own + i * m->size[m->layers], m->positive);
        label[i] = class_of_point(m, i);
    }
    good = good && el4ml_metric_threshold(m->rows, score, label, (int32_t)m->positive, threshold);
    el4ml_release(own);
    el4ml_release(score);
    el4ml_release(label);
    return good ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

static el4ml_status measure_ranking(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                    const el4ml_dataset *data, const double *outputs, el4ml_metrics *metrics)
{
    double threshold = 0;
    size_t right = 0;
    el4ml_status status = pairs_loss(m, data, outputs, &metrics->loss);
    if (status == EL4ML_OK) status = measure_auc(m, data, outputs, metrics);
    if (status == EL4ML_OK) status = threshold_of(m, w, x, &threshold);
    for (size_t i = 0; i < data->rows; i++) {
        const bool positive = log_odds(m, outputs + i * m->size[m->layers], m->positive) > threshold;
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
    const size_t d = m->size[m->layers];
    double *own = EL4ML_NEW(double, m->rows *d), *distance = EL4ML_NEW(double, m->neighbours);
    size_t *scratch = EL4ML_NEW(size_t, m->neighbours + m->classes), right = 0;
    int32_t *label = EL4ML_NEW(int32_t, m->rows);
    const bool good = own && distance && scratch && label;
    if (good) {
        predict_own(m, w, x, own);
        for (size_t i = 0; i < m->rows; i++)
            label[i] = class_of_point(m, i);
        const el4ml_voters voters = {m->rows, d,        m->classes, m->neighbours,          own,
                                     label,   distance, scratch,    scratch + m->neighbours};
        for (size_t i = 0; i < data->rows; i++) {
            const size_t row = own_rows ? m->order[i] : i; /* point i is this row */
            right +=
                el4ml_metric_vote(&voters, outputs + row * d, own_rows ? i : SIZE_MAX) == data->label[row];
        }
        metrics->accuracy = (double)right / (double)data->rows;
    }
    el4ml_release(own);
    el4ml_release(distance);
    el4ml_release(scratch);
    el4ml_release(label);
    return good ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

static el4ml_status measure_embedding(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                      const el4ml_dataset *data, const double *outputs,
                                      el4ml_metrics *metrics)
{
    const bool own_rows = is_own(m, data);
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

static double *outputs_of(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                          const el4ml_dataset *data)
{
    double *outputs = EL4ML_NEW(double, data->rows * m->size[m->layers]);
    if (outputs) predict(m, w, x, data->rows, data->x, outputs);
    return outputs;
}

el4ml_status el4ml_mlp_metrics(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                               el4ml_metrics *metrics)
{
    const el4ml_mlp *m = self;
    *metrics = el4ml_metrics_none();
    if (!data_fits(m, data)) return EL4ML_INVALID_ARGUMENT;
    if (data->rows == 0) return EL4ML_OK;
    double *outputs = outputs_of(m, workspace, x, data);
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
    double *outputs = outputs_of(m, workspace, x, data);
    const el4ml_status status = outputs ? measure_targets(m, data, outputs, targets) : EL4ML_OUT_OF_MEMORY;
    el4ml_release(outputs);
    return status;
}
