/* Predictions of a perceptron on data that need not be its own, and what they are worth: loss without L2,
 * accuracy, R2. */
#include <math.h>

#include "surface/mlp.h"

/* Sums over rows; `residual` (targets) belongs to the workspace. */
typedef struct totals {
    double loss;
    size_t right;
    double *residual;
} totals;

static bool data_fits(const el4ml_mlp *m, const el4ml_dataset *data)
{
    const size_t outputs = m->size[m->layers];
    if (data->inputs != m->size[0]) return false;
    if (m->loss == EL4ML_MSE) return data->rows == 0 || (data->y && data->targets == outputs);
    if (data->rows > 0 && !data->label) return false;
    for (size_t i = 0; i < data->rows; i++)
        if (data->label[i] < 0 || (size_t)data->label[i] >= outputs) return false;
    return true;
}

/* -ln softmax(a)_y of point p, and whether its largest output is its class. */
static void add_class(const el4ml_mlp *m, const double *output, size_t p, size_t label, totals *sums)
{
    const size_t classes = m->size[m->layers], block = m->block;
    size_t best = 0;
    for (size_t c = 1; c < classes; c++)
        if (output[c * block + p] > output[best * block + p]) best = c;
    const double top = output[best * block + p];
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += exp(output[c * block + p] - top);
    sums->loss += log(sum) + (top - output[label * block + p]);
    sums->right += best == label;
}

static void add_numbers(const el4ml_mlp *m, const double *output, size_t p, const double *y, totals *sums)
{
    const size_t targets = m->size[m->layers];
    for (size_t t = 0; t < targets; t++) {
        const double d = output[t * m->block + p] - y[t];
        sums->residual[t] += d * d;
        sums->loss += d * d / (double)targets;
    }
}

/* 1 - (residual squares / squares about the mean), averaged over targets; NaN where a target does not vary.
 */
static double r_squared(const el4ml_dataset *data, const double *residual)
{
    double sum = 0;
    for (size_t t = 0; t < data->targets; t++) {
        double mean = 0, spread = 0;
        for (size_t i = 0; i < data->rows; i++)
            mean += data->y[i * data->targets + t];
        mean /= (double)data->rows;
        for (size_t i = 0; i < data->rows; i++) {
            const double d = data->y[i * data->targets + t] - mean;
            spread += d * d;
        }
        sum += spread > 0 ? 1 - residual[t] / spread : NAN;
    }
    return sum / (double)data->targets;
}

/* Outputs of rows start ... start + count - 1 into the workspace, at most a block of them: softmax's
 * arguments, or values. */
static const double *run_block(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                               const el4ml_dataset *data, size_t start, size_t count)
{
    const size_t inputs = m->size[0],
                 padded = (count + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES * EL4ML_MLP_LANES;
    for (size_t k = 0; k < inputs; k++)
        for (size_t p = 0; p < padded; p++)
            w->inputs[k * m->block + p] = p < count ? data->x[(start + p) * inputs + k] : 0;
    m->kernels->predict(m, w, x, w->inputs, padded);
    return w->value[m->layers];
}

static void add_block(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const el4ml_dataset *data,
                      size_t start, size_t count, totals *sums)
{
    const double *output = run_block(m, w, x, data, start, count);
    for (size_t p = 0; p < count; p++) {
        if (m->loss == EL4ML_MSE)
            add_numbers(m, output, p, data->y + (start + p) * data->targets, sums);
        else
            add_class(m, output, p, (size_t)data->label[start + p], sums);
    }
}

static size_t rows_of_block(const el4ml_mlp *m, const el4ml_dataset *data, size_t start)
{
    const size_t left = data->rows - start;
    return left < m->block ? left : m->block;
}

el4ml_status el4ml_mlp_metrics(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                               el4ml_metrics *metrics)
{
    const el4ml_mlp *m = self;
    el4ml_mlp_workspace *w = workspace;
    *metrics = el4ml_metrics_none();
    if (!data_fits(m, data)) return EL4ML_INVALID_ARGUMENT;
    if (data->rows == 0) return EL4ML_OK;
    totals sums = {.residual = w->delta[m->layers]};
    for (size_t t = 0; t < m->size[m->layers]; t++)
        sums.residual[t] = 0;
    for (size_t start = 0; start < data->rows; start += m->block)
        add_block(m, w, x, data, start, rows_of_block(m, data, start), &sums);
    metrics->loss = sums.loss / (double)data->rows;
    if (m->loss == EL4ML_MSE)
        metrics->r2 = r_squared(data, sums.residual);
    else
        metrics->accuracy = (double)sums.right / (double)data->rows;
    return isfinite(metrics->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}

/* Softmax of point p with its largest argument subtracted. */
static void put_probabilities(const el4ml_mlp *m, const double *output, size_t p, double *probability)
{
    const size_t classes = m->size[m->layers], block = m->block;
    double top = output[p], sum = 0;
    for (size_t c = 1; c < classes; c++)
        top = fmax(top, output[c * block + p]);
    for (size_t c = 0; c < classes; c++)
        sum += probability[c] = exp(output[c * block + p] - top);
    for (size_t c = 0; c < classes; c++)
        probability[c] /= sum;
}

el4ml_status el4ml_mlp_predict(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                               double *outputs)
{
    const el4ml_mlp *m = self;
    const size_t count = m->size[m->layers];
    if (data->inputs != m->size[0]) return EL4ML_INVALID_ARGUMENT;
    for (size_t start = 0; start < data->rows; start += m->block) {
        const size_t rows = rows_of_block(m, data, start);
        const double *output = run_block(m, workspace, x, data, start, rows);
        for (size_t p = 0; p < rows; p++) {
            double *row = outputs + (start + p) * count;
            if (m->loss == EL4ML_CROSS_ENTROPY)
                put_probabilities(m, output, p, row);
            else
                for (size_t t = 0; t < count; t++)
                    row[t] = output[t * m->block + p];
        }
    }
    return EL4ML_OK;
}
