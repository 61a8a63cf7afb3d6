/* Predictions: mean k*^T alpha, variance k** - |U^-T k*|^2 + noise (Rasmussen and Williams 2006, eq. 2.25 and
 * 2.26), and what they are worth. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "surface/gp.h"

typedef struct prediction {
    double mean, variance;
} prediction;

static prediction predict(const el4ml_gp *g, el4ml_gp_workspace *w, const double *point)
{
    double *row = w->turned; /* (size): scratch */
    el4ml_gp_cross(g, w, point, row);
    prediction p = {el4ml_dot(g->size, row, w->alpha), w->theta[g->e.parameters - 1]};
    for (size_t t = 0; t < g->e.terms; t++)
        p.variance += w->theta[g->e.term[t].signal];
    el4ml_factor_forward(&w->factor, row);
    p.variance -= el4ml_dot(g->size, row, row);
    return p;
}

el4ml_status el4ml_gp_metrics(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                              el4ml_metrics *metrics)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    *metrics = el4ml_metrics_none();
    if (data->inputs != g->inputs || data->targets != 1) return EL4ML_INVALID_ARGUMENT;
    if (data->rows == 0) return EL4ML_OK;
    const el4ml_status status = el4ml_gp_prepare(g, w, x, EL4ML_GP_VALUE);
    if (status != EL4ML_OK) return status;
    const double n = (double)data->rows, log_two_pi = 1.8378770664093454836;
    double mean = 0, squares = 0, spread = 0, density = 0;
    for (size_t i = 0; i < data->rows; i++)
        mean += data->y[i] / n;
    for (size_t i = 0; i < data->rows; i++) {
        const prediction p = predict(g, w, data->x + i * data->inputs);
        const double off = data->y[i] - p.mean, d = data->y[i] - mean;
        squares += off * off;
        spread += d * d;
        density -= (log_two_pi + log(p.variance) + off * off / p.variance) / 2;
    }
    metrics->loss = squares / n;
    metrics->r2 = spread > 0 ? 1 - squares / spread : NAN;
    metrics->log_density = density / n;
    return isfinite(metrics->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}

el4ml_status el4ml_gp_means(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                            double *outputs)
{
    const el4ml_gp *g = self;
    if (data->inputs != g->inputs) return EL4ML_INVALID_ARGUMENT;
    const el4ml_status status = el4ml_gp_prepare(g, workspace, x, EL4ML_GP_VALUE);
    for (size_t i = 0; status == EL4ML_OK && i < data->rows; i++)
        outputs[i] = predict(g, workspace, data->x + i * data->inputs).mean;
    return status;
}

el4ml_status el4ml_gp_predict(const el4ml_surface *surface, const double *x, const double *inputs,
                              size_t rows, double *mean, double *variance, el4ml_error *error)
{
    const el4ml_gp *g = el4ml_gp_of(surface);
    if (!g) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "predict: not a Gaussian process");
    el4ml_gp_workspace *w = el4ml_gp_workspace_new(g);
    if (!w) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "predict: out of memory");
    const el4ml_status status = el4ml_gp_prepare(g, w, x, EL4ML_GP_VALUE);
    for (size_t i = 0; status == EL4ML_OK && i < rows; i++) {
        const prediction p = predict(g, w, inputs + i * g->inputs);
        mean[i] = p.mean;
        if (variance) variance[i] = p.variance;
    }
    el4ml_gp_workspace_free(w);
    return status == EL4ML_OK
               ? status
               : el4ml_fail(error, status,
                            "predict: the covariance is not positive definite in double precision");
}

/* mu_i = y_i - alpha_i / K^-1_ii, variance 1 / K^-1_ii. */
el4ml_status el4ml_gp_leave_one_out(const el4ml_surface *surface, const double *x, double *mean,
                                    double *variance, el4ml_error *error)
{
    const el4ml_gp *g = el4ml_gp_of(surface);
    if (!g) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "leave-one-out: not a Gaussian process");
    el4ml_gp_workspace *w = el4ml_gp_workspace_new(g);
    if (!w) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "leave-one-out: out of memory");
    const el4ml_status status = el4ml_gp_prepare(g, w, x, EL4ML_GP_GRADIENT);
    for (size_t i = 0; status == EL4ML_OK && i < g->rows; i++) {
        const double inverse = w->w[i * g->size + i] + w->alpha[i] * w->alpha[i];
        mean[i] = g->y[i] - w->alpha[i] / inverse;
        variance[i] = 1 / inverse;
    }
    el4ml_gp_workspace_free(w);
    return status == EL4ML_OK ? status
                              : el4ml_fail(error, status,
                                           "leave-one-out: the covariance is not positive definite in double "
                                           "precision");
}
