#include "surface/box.h"

#include <math.h>

#include "base/linalg.h"

el4ml_status el4ml_box_check(const el4ml_surface_info *info, el4ml_error *error)
{
    if (!info->lower && !info->upper) return EL4ML_OK;
    if (!info->lower || !info->upper)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "surface: lower and upper bounds come together");
    if (info->max_zero_modes > 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "surface: bounds leave no zero modes");
    for (size_t i = 0; i < info->dimension; i++)
        if (!(info->lower[i] < info->upper[i]))
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                              "surface: the lower bound of coordinate %zu is not below the upper one", i);
    return EL4ML_OK;
}

void el4ml_clip(const el4ml_evaluator *e, double *x)
{
    const el4ml_surface_info *info = &e->surface->info;
    if (!info->lower) return;
    for (size_t i = 0; i < e->n; i++)
        x[i] = fmin(fmax(x[i], info->lower[i]), info->upper[i]);
}

double el4ml_multiplier(const el4ml_evaluator *e, const double *x, const double *g, size_t i)
{
    const el4ml_surface_info *info = &e->surface->info;
    if (x[i] <= info->lower[i]) return g[i];
    return x[i] >= info->upper[i] ? -g[i] : -(double)INFINITY;
}

size_t el4ml_box_hold(const el4ml_evaluator *e, const double *x, const double *g, unsigned char *held)
{
    size_t count = 0;
    for (size_t i = 0; i < e->n; i++) {
        held[i] = el4ml_multiplier(e, x, g, i) >= 0;
        count += held[i];
    }
    return count;
}

void el4ml_box_mask(size_t n, const unsigned char *held, double *v)
{
    for (size_t i = 0; i < n; i++)
        if (held[i]) v[i] = 0;
}

void el4ml_project_gradient(const el4ml_evaluator *e, const double *x, double *g)
{
    if (!el4ml_has_box(e)) return;
    for (size_t i = 0; i < e->n; i++)
        if (el4ml_multiplier(e, x, g, i) >= 0) g[i] = 0;
}

double el4ml_projected_norm(const el4ml_evaluator *e, const double *x, const double *g)
{
    if (!el4ml_has_box(e)) return el4ml_norm(e->n, g);
    double square = 0;
    for (size_t i = 0; i < e->n; i++)
        if (!(el4ml_multiplier(e, x, g, i) >= 0)) square += g[i] * g[i];
    return sqrt(square);
}

double el4ml_projected_rms(const el4ml_evaluator *e, const double *x, const double *g)
{
    return el4ml_projected_norm(e, x, g) / sqrt((double)e->n);
}

void el4ml_box_reflect(const el4ml_evaluator *e, double *x)
{
    const el4ml_surface_info *info = &e->surface->info;
    if (!info->lower) return;
    for (size_t i = 0; i < e->n; i++) {
        if (x[i] < info->lower[i]) x[i] = 2 * info->lower[i] - x[i];
        if (x[i] > info->upper[i]) x[i] = 2 * info->upper[i] - x[i];
    }
    el4ml_clip(e, x);
}
