/* Models that are perceptrons by another name: logistic regression, which has no hidden layer, and nonlinear
 * autoencoders, whose targets are their inputs. */
#include "surface/perceptron_models.h"

#include <math.h>
#include <stdio.h>

#include "surface/mlp.h"

/* ---- Logistic regression ---- */

el4ml_status el4ml_logistic_new(const el4ml_logistic_options *options, const el4ml_dataset *train,
                                el4ml_surface **surface, el4ml_error *error)
{
    el4ml_mlp_options mlp = el4ml_mlp_options_default();
    mlp.loss = EL4ML_CROSS_ENTROPY;
    mlp.l2 = options->l2;
    mlp.l2_biases = options->l2_biases;
    mlp.logits = options->logits;
    const el4ml_status status = el4ml_mlp_new(&mlp, train, surface, error);
    if (status != EL4ML_OK) return status;
    (*surface)->ops.kind = "logistic";
    snprintf((*surface)->info.description, sizeof(*surface)->info.description,
             "logistic regression, %zu inputs, %zu classes%s, l2 %g%s, %zu rows", train->inputs,
             train->classes, mlp.logits == 1 ? ", one logit" : "", mlp.l2,
             mlp.l2_biases ? "" : " (not on biases)", train->rows);
    return EL4ML_OK;
}

/* ---- Nonlinear autoencoder ---- */

/* Mean squared error per number, and the part of the variance of all inputs together that is explained. */
static el4ml_status metrics(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                            el4ml_metrics *result)
{
    const size_t d = data->inputs;
    el4ml_dataset reconstructed = {.rows = data->rows, .inputs = d, .targets = d, .x = data->x, .y = data->x};
    const el4ml_status status = el4ml_mlp_metrics(self, workspace, x, &reconstructed, result);
    result->r2 = el4ml_explained(data, result->loss);
    return status;
}

double el4ml_explained(const el4ml_dataset *data, double error)
{
    const size_t d = data->inputs;
    double spread = 0;
    for (size_t j = 0; j < d; j++) {
        double mean = 0;
        for (size_t i = 0; i < data->rows; i++)
            mean += data->x[i * d + j] / (double)data->rows;
        for (size_t i = 0; i < data->rows; i++)
            spread += (data->x[i * d + j] - mean) * (data->x[i * d + j] - mean);
    }
    return spread > 0 ? 1 - error * (double)data->rows * (double)d / spread : (double)NAN;
}

el4ml_status el4ml_nonlinear_autoencoder_new(const el4ml_autoencoder_options *options,
                                             const el4ml_dataset *train, el4ml_surface **surface,
                                             el4ml_error *error)
{
    const size_t d = train->inputs;
    const el4ml_dataset itself = {
        .rows = train->rows, .inputs = d, .targets = d, .x = train->x, .y = train->x};
    el4ml_mlp_options mlp = el4ml_mlp_options_default();
    mlp.hidden_layers = 1;
    mlp.hidden[0] = options->code;
    mlp.activation = options->activation;
    mlp.loss = EL4ML_MSE;
    mlp.l2 = options->l2;
    mlp.l2_biases = options->l2_biases;
    const el4ml_status status = el4ml_mlp_new(&mlp, &itself, surface, error);
    if (status != EL4ML_OK) return status;
    char net[sizeof(*surface)->info.description];
    snprintf(net, sizeof net, "%s", (*surface)->info.description);
    snprintf((*surface)->info.description, sizeof(*surface)->info.description, "autoencoder: %.200s", net);
    (*surface)->ops.kind = "autoencoder";
    (*surface)->ops.metrics = metrics;
    (*surface)->ops.target_metrics = NULL; /* of the inputs, that is */
    return EL4ML_OK;
}
