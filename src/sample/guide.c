/* What minima tell of exp(-V): a mixture density. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "sample/sample.h"

#define FREEDOM                                                                                              \
    5.0 /* degrees of, of t and of the tail on a bound: fat enough for weights with a variance               \
         */
#define UNIFORM 0.05

typedef struct component {
    double log_weight, log_norm;
    double *x;     /* (n) the minimum */
    double *upper; /* (n, n): U of U^T U = H over the free coordinates */
    size_t *free;  /* (n) which; */
    size_t free_count;
    double *rate; /* (n): slope towards the wall, positive for a lower bound; 0: free */
} component;

struct el4ml_guide {
    size_t n, count;
    component *components;
    double *low, *high; /* (n), NULL: no uniform part */
    double log_volume;
    double *cumulative; /* (count + 1): of weights, the uniform part last */
};

void el4ml_guide_free(el4ml_guide *g)
{
    if (!g) return;
    for (size_t k = 0; k < g->count && g->components; k++) {
        el4ml_release(g->components[k].x);
        el4ml_release(g->components[k].upper);
        el4ml_release(g->components[k].free);
        el4ml_release(g->components[k].rate);
    }
    el4ml_release(g->components);
    el4ml_release(g->low);
    el4ml_release(g->cumulative);
    el4ml_release(g);
}

/* U^T U = h (m, m), in place, upper triangle. */
static bool cholesky(size_t m, double *h)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t k = 0; k < i; k++)
            for (size_t j = i; j < m; j++)
                h[i * m + j] -= h[k * m + i] * h[k * m + j];
        if (!(h[i * m + i] > 0)) return false;
        const double pivot = sqrt(h[i * m + i]);
        for (size_t j = i; j < m; j++)
            h[i * m + j] /= pivot;
    }
    return true;
}

/* Which coordinates are free, slopes of the others, and the normalisation. */
static void split(component *c, size_t n, const el4ml_surface_info *info, const double *gradient)
{
    c->log_norm = 0;
    for (size_t i = 0; i < n; i++) {
        const bool low = info->lower && c->x[i] <= info->lower[i],
                   high = info->upper && c->x[i] >= info->upper[i];
        if (!low && !high) {
            c->free[c->free_count++] = i;
            continue;
        }
        const double width = info->upper[i] - info->lower[i];
        const double least = isfinite(width) ? 1 / width : 1e-3;
        const double slope = fmax(low ? gradient[i] : -gradient[i], least);
        c->rate[i] = low ? slope : -slope;
        c->log_norm += log(slope);
    }
}

static el4ml_status fill(component *c, el4ml_evaluator *e, const double *x, double *scratch)
{
    const size_t n = e->n;
    double value, *gradient = scratch, *hessian = scratch + n;
    c->x = EL4ML_NEW(double, n);
    c->upper = EL4ML_NEW(double, n *n);
    c->free = EL4ML_NEW(size_t, n);
    c->rate = EL4ML_NEW(double, n);
    if (!c->x || !c->upper || !c->free || !c->rate) return EL4ML_OUT_OF_MEMORY;
    el4ml_copy(n, x, c->x);
    el4ml_status status = el4ml_value_gradient(e, x, &value, gradient);
    if (status == EL4ML_OK) status = el4ml_hessian(e, x, hessian);
    if (status != EL4ML_OK) return status;
    split(c, n, &e->surface->info, gradient);
    const size_t m = c->free_count;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            c->upper[i * m + j] = hessian[c->free[i] * n + c->free[j]];
    if (!cholesky(m, c->upper)) return EL4ML_NUMERICAL;
    const double d = (double)m;
    c->log_norm += lgamma((FREEDOM + d) / 2) - lgamma(FREEDOM / 2) - d / 2 * log(FREEDOM * acos(-1));
    for (size_t i = 0; i < m; i++)
        c->log_norm += log(c->upper[i * m + i]);
    return EL4ML_OK;
}

static bool finite_box(const el4ml_surface_info *info)
{
    for (size_t i = 0; info->lower && i < info->dimension; i++)
        if (!isfinite(info->lower[i]) || !isfinite(info->upper[i])) return false;
    return info->lower != NULL;
}

/* The uniform part, and weights of sum 1. */
static bool weigh(el4ml_guide *g, const el4ml_surface_info *info, const double *weight)
{
    double sum = 0, so_far = 0;
    const bool box = finite_box(info);
    g->cumulative = EL4ML_NEW(double, g->count + 1);
    g->low = box ? EL4ML_NEW(double, 2 * g->n) : NULL;
    if (!g->cumulative || (box && !g->low)) return false;
    if (box) g->high = g->low + g->n;
    for (size_t i = 0; box && i < g->n; i++) {
        g->low[i] = info->lower[i];
        g->high[i] = info->upper[i];
        g->log_volume += log(g->high[i] - g->low[i]);
    }
    for (size_t k = 0; k < g->count; k++)
        sum += weight[k];
    for (size_t k = 0; k < g->count; k++) {
        const double share = weight[k] / sum * (box ? 1 - UNIFORM : 1);
        g->components[k].log_weight = log(share);
        g->cumulative[k] = so_far += share;
    }
    g->cumulative[g->count] = 1;
    return true;
}

el4ml_status el4ml_guide_new(const el4ml_surface *surface, const double *const *x, const double *weight,
                             size_t count, el4ml_guide **guide, el4ml_error *error)
{
    const size_t n = surface->info.dimension;
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += weight[k] >= 0 ? weight[k] : (double)NAN;
    if (!(sum > 0)) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "guide: no minimum with a weight");
    el4ml_evaluator e;
    el4ml_status status = el4ml_evaluator_init(&e, surface, error);
    if (status != EL4ML_OK) return status;
    el4ml_guide *g = EL4ML_NEW(el4ml_guide, 1);
    double *scratch = EL4ML_NEW(double, n + n * n);
    status = g && scratch ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    if (g) g->n = n;
    if (status == EL4ML_OK && !(g->components = EL4ML_NEW(component, count))) status = EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_OK) g->count = count;
    for (size_t k = 0; status == EL4ML_OK && k < count; k++)
        status = fill(&g->components[k], &e, x[k], scratch);
    if (status == EL4ML_OK && !weigh(g, &surface->info, weight)) status = EL4ML_OUT_OF_MEMORY;
    el4ml_release(scratch);
    el4ml_evaluator_clear(&e);
    if (status == EL4ML_OK) {
        *guide = g;
        return status;
    }
    el4ml_guide_free(g);
    return el4ml_fail(error, status, "guide: %s",
                      status == EL4ML_OUT_OF_MEMORY ? "out of memory"
                                                    : "a minimum has no positive definite Hessian");
}

static double log_component(const component *c, size_t n, const double *x)
{
    double log_density = c->log_norm, square = 0;
    const size_t m = c->free_count;
    for (size_t i = 0; i < n; i++) {
        if (c->rate[i] == 0) continue;
        const double s = (x[i] - c->x[i]) * c->rate[i];
        if (s < 0) return -INFINITY;
        log_density -= (FREEDOM + 1) * log1p(s / FREEDOM);
    }
    for (size_t i = 0; i < m; i++) {
        double sum = 0;
        for (size_t j = i; j < m; j++)
            sum += c->upper[i * m + j] * (x[c->free[j]] - c->x[c->free[j]]);
        square += sum * sum;
    }
    return log_density - (FREEDOM + (double)m) / 2 * log1p(square / FREEDOM);
}

double el4ml_guide_log_density(const el4ml_guide *g, const double *x)
{
    double sum = 0, largest = -INFINITY;
    bool inside = g->low != NULL;
    for (size_t i = 0; inside && i < g->n; i++)
        inside = x[i] >= g->low[i] && x[i] <= g->high[i];
    if (inside) {
        largest = log(UNIFORM) - g->log_volume;
        sum = 1;
    }
    for (size_t k = 0; k < g->count; k++) {
        const double term = g->components[k].log_weight + log_component(&g->components[k], g->n, x);
        if (!(term > -INFINITY)) continue;
        const double top = fmax(largest, term);
        sum = sum * exp(largest - top) + exp(term - top);
        largest = top;
    }
    return sum > 0 ? largest + log(sum) : -INFINITY;
}

size_t el4ml_guide_nearest(const el4ml_guide *g, const double *x)
{
    size_t nearest = SIZE_MAX;
    double largest = -INFINITY;
    for (size_t k = 0; k < g->count; k++) {
        const double term = g->components[k].log_weight + log_component(&g->components[k], g->n, x);
        if (!(term > largest)) continue;
        largest = term;
        nearest = k;
    }
    return nearest;
}

static void draw_component(const component *c, size_t n, el4ml_random *random, double *x)
{
    double chi = 0;
    const size_t m = c->free_count;
    for (int k = 0; k < (int)FREEDOM; k++) {
        const double z = el4ml_random_normal(random);
        chi += z * z;
    }
    const double stretch = sqrt(FREEDOM / chi);
    for (size_t i = 0; i < n; i++)
        if (c->rate[i] != 0)
            x[i] = c->x[i] + FREEDOM / c->rate[i] * (pow(1 - el4ml_random_uniform(random), -1 / FREEDOM) - 1);
    for (size_t i = 0; i < m; i++)
        x[c->free[i]] = stretch * el4ml_random_normal(random);
    for (size_t i = m; i-- > 0;) { /* U d = z */
        double sum = x[c->free[i]];
        for (size_t j = i + 1; j < m; j++)
            sum -= c->upper[i * m + j] * x[c->free[j]];
        x[c->free[i]] = sum / c->upper[i * m + i];
    }
    for (size_t i = 0; i < m; i++)
        x[c->free[i]] += c->x[c->free[i]];
}

void el4ml_guide_draw(const el4ml_guide *g, el4ml_random *random, double *x)
{
    const double u = el4ml_random_uniform(random);
    size_t k = 0;
    while (k < g->count && (u >= g->cumulative[k] || g->components[k].log_weight == -INFINITY))
        k++;
    if (k == g->count && !g->low) k = 0;
    if (k < g->count) {
        draw_component(&g->components[k], g->n, random, x);
        return;
    }
    for (size_t i = 0; i < g->n; i++)
        x[i] = g->low[i] + (g->high[i] - g->low[i]) * el4ml_random_uniform(random);
}

void el4ml_guide_scale(const el4ml_guide *g, const el4ml_surface_info *info, double *scale)
{
    for (size_t i = 0; i < g->n; i++) {
        double largest = 0; /* of the components that matter */
        for (size_t k = 0; k < g->count; k++) {
            const component *c = &g->components[k];
            if (c->log_weight < log(0.05)) continue;
            double curvature = 0;
            if (c->rate[i] != 0) {
                largest = fmax(largest, 1 / fabs(c->rate[i]));
                continue;
            }
            for (size_t a = 0; a < c->free_count; a++)
                if (c->free[a] == i)
                    for (size_t b = 0; b <= a; b++)
                        curvature += c->upper[b * c->free_count + a] * c->upper[b * c->free_count + a];
            largest = fmax(largest, 1 / sqrt(curvature));
        }
        const double width = info->lower ? info->upper[i] - info->lower[i] : (double)INFINITY;
        scale[i] = fmin(largest > 0 ? largest : info->length_scale, width / 4);
    }
}
