/* Gaussian process regression as a surface (methods.md 1.3; Rasmussen and Williams, Gaussian Processes for
 * Machine Learning, 2006, ch. 5): the negative log marginal likelihood of the logarithms of the
 * hyperparameters, in their bounds. What was computed at a point is kept until another point is asked for: a
 * Hessian that follows a gradient there finds the factor made. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "surface/gp.h"

el4ml_status el4ml_gp_prepare(const el4ml_gp *g, el4ml_gp_workspace *w, const double *x, int level)
{
    const size_t n = g->e.parameters;
    if (w->known == EL4ML_GP_NOTHING || memcmp(w->at, x, n * sizeof *x) != 0) {
        const el4ml_status status = el4ml_gp_value(g, w, x);
        if (status != EL4ML_OK) return status;
    }
    if (level >= EL4ML_GP_GRADIENT && w->known < EL4ML_GP_GRADIENT) el4ml_gp_gradient(g, w);
    if (level >= EL4ML_GP_HESSIAN && w->known < EL4ML_GP_HESSIAN) el4ml_gp_hessian(g, w);
    return EL4ML_OK;
}

/* - ln of the Gaussian density of each logarithm that has one. */
static void add_priors(const el4ml_gp *g, const double *x, double *value, double *gradient)
{
    const double half_log_two_pi = 0.91893853320467274178;
    for (size_t p = 0; p < g->e.parameters; p++) {
        const double spread = g->prior_spread[p];
        if (!(spread > 0)) continue;
        const double z = (x[p] - g->prior_mean[p]) / spread;
        *value += z * z / 2 + log(spread) + half_log_two_pi;
        if (gradient) gradient[p] += z / spread;
    }
}

static el4ml_status value_gradient(const void *self, void *workspace, const double *x, double *value,
                                   double *gradient)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    const el4ml_status status = el4ml_gp_prepare(g, w, x, gradient ? EL4ML_GP_GRADIENT : EL4ML_GP_VALUE);
    if (status != EL4ML_OK) return status;
    *value = w->value;
    if (gradient) el4ml_copy(g->e.parameters, w->gradient, gradient);
    add_priors(g, x, value, gradient);
    return EL4ML_OK;
}

static el4ml_status hessian(const void *self, void *workspace, const double *x, double *h)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    const size_t n = g->e.parameters;
    const el4ml_status status = el4ml_gp_prepare(g, w, x, EL4ML_GP_HESSIAN);
    if (status != EL4ML_OK) return status;
    el4ml_copy(n * n, w->hessian, h);
    for (size_t p = 0; p < n; p++)
        if (g->prior_spread[p] > 0) h[p * n + p] += 1 / (g->prior_spread[p] * g->prior_spread[p]);
    return EL4ML_OK;
}

/* The Hessian is made once at a point, at the cost of two products of N x N matrices for each parameter; a
 * product with it is nothing beside that. */
static el4ml_status hessian_vector(const void *self, void *workspace, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    const size_t n = g->e.parameters;
    const el4ml_status status = el4ml_gp_prepare(g, w, x, EL4ML_GP_HESSIAN);
    if (status != EL4ML_OK) return status;
    for (size_t k = 0; k < count; k++, v += n, hv += n) {
        el4ml_symmetric_product(n, w->hessian, v, hv);
        for (size_t p = 0; p < n; p++)
            if (g->prior_spread[p] > 0) hv[p] += v[p] / (g->prior_spread[p] * g->prior_spread[p]);
    }
    return EL4ML_OK;
}

static void initialise(const void *self, void *workspace, el4ml_random *random, double *x)
{
    (void)workspace;
    const el4ml_gp *g = self;
    for (size_t p = 0; p < g->e.parameters; p++)
        x[p] = g->lower[p] + (g->upper[p] - g->lower[p]) * el4ml_random_uniform(random);
}

static void destroy(void *self)
{
    el4ml_gp *g = self;
    for (size_t p = 0; g->names && p < g->e.parameters; p++)
        el4ml_release(g->names[p]);
    el4ml_release(g->names);
    el4ml_release(g->block);
    el4ml_gp_expression_clear(&g->e);
    el4ml_release(g);
}

/* Backward error of the factor: K + E with |E| about eps |K|, which moves alpha^T K_p alpha by about eps |K|
 * |alpha|^2 and tr(K^-1 K_p) by eps |K| tr K^-1. The factor in front is what comparisons with long double
 * gave (tests/test_gp.c). */
static double rounding_floor(const void *self, void *workspace, const double *x)
{
    const el4ml_gp *g = self;
    el4ml_gp_workspace *w = workspace;
    if (el4ml_gp_prepare(g, w, x, EL4ML_GP_GRADIENT) != EL4ML_OK) return 0;
    double trace = 0;
    for (size_t i = 0; i < g->rows; i++)
        trace += w->k[i * g->size + i] + w->theta[g->e.parameters - 1] + g->jitter;
    const double square = el4ml_dot(g->size, w->alpha, w->alpha);
    return EL4ML_GP_ROUNDING * trace * (square + w->trace_inverse);
}

static const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                      .kind = "gp",
                                      .destroy = destroy,
                                      .workspace_new = el4ml_gp_workspace_new,
                                      .workspace_free = el4ml_gp_workspace_free,
                                      .value_gradient = value_gradient,
                                      .hessian_vector = hessian_vector,
                                      .hessian = hessian,
                                      .initialise = initialise,
                                      .rounding_floor = rounding_floor,
                                      .metrics = el4ml_gp_metrics,
                                      .predict = el4ml_gp_means};

el4ml_status el4ml_gp_new(const el4ml_gp_options *options, const el4ml_dataset *train,
                          const char *const *input_names, el4ml_surface **surface, el4ml_error *error)
{
    el4ml_gp *g = NULL;
    el4ml_surface_info info = {
        .second_derivatives = true, .length_scale = 1, .prediction = EL4ML_PREDICTS_VALUES, .outputs = 1};
    el4ml_status status = el4ml_gp_build(options, train, input_names, &g, &info, error);
    if (status != EL4ML_OK) return status;
    el4ml_surface_ops own = ops;
    if (el4ml_gp_find_groups(g)) {
        own.align = el4ml_gp_align;
        own.same = el4ml_gp_same;
        own.multiplicity = el4ml_gp_multiplicity;
        own.random_operation = el4ml_gp_random_operation;
    }
    status = el4ml_surface_new(&own, &info, g, surface, error);
    if (status != EL4ML_OK) destroy(g);
    return status;
}

void el4ml_gp_free(el4ml_gp *g)
{
    if (g) destroy(g);
}

const el4ml_gp *el4ml_gp_of(const el4ml_surface *surface)
{
    return surface->ops.destroy == destroy ? surface->self : NULL;
}
