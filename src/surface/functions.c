/* Two-dimensional functions for teaching, pictures and exact answers:
 *   mueller-brown    Mueller and Brown, Theor. Chim. Acta 53, 75 (1979)
 *   six-hump-camel   Dixon and Szego, Towards Global Optimisation 2 (1978)
 *   schwefel         Schwefel, Numerical Optimization of Computer Models (1981); on [-500, 500]^2
 *   himmelblau       Himmelblau, Applied Nonlinear Programming (1972)
 * Each gives value, gradient and the three second derivatives in one call. None has a symmetry that is
 * declared. */
#include "el4ml/surfaces.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* h: V_xx, V_xy, V_yy. */
typedef struct jet {
    double value, g[2], h[3];
} jet;

typedef struct function {
    const char *name, *description;
    void (*evaluate)(double x, double y, jet *at);
    double low[2], high[2]; /* random starts are uniform in this box */
    double length_scale;
    bool bounded; /* the box is the domain */
} function;

static void mueller_brown(double x, double y, jet *at)
{
    static const double scale[4] = {-200, -100, -170, 15}, a[4] = {-1, -1, -6.5, 0.7}, b[4] = {0, 0, 11, 0.6},
                        c[4] = {-10, -10, -6.5, 0.7}, x0[4] = {1, 0, -0.5, -1}, y0[4] = {0, 0.5, 1.5, 1};
    memset(at, 0, sizeof *at);
    for (int k = 0; k < 4; k++) {
        const double dx = x - x0[k], dy = y - y0[k];
        const double e = scale[k] * exp(a[k] * dx * dx + b[k] * dx * dy + c[k] * dy * dy);
        const double px = 2 * a[k] * dx + b[k] * dy, py = b[k] * dx + 2 * c[k] * dy;
        at->value += e;
        at->g[0] += e * px;
        at->g[1] += e * py;
        at->h[0] += e * (px * px + 2 * a[k]);
        at->h[1] += e * (px * py + b[k]);
        at->h[2] += e * (py * py + 2 * c[k]);
    }
}

static void six_hump_camel(double x, double y, jet *at)
{
    const double x2 = x * x, y2 = y * y;
    at->value = (4 - 2.1 * x2 + x2 * x2 / 3) * x2 + x * y + (4 * y2 - 4) * y2;
    at->g[0] = (8 - 8.4 * x2 + 2 * x2 * x2) * x + y;
    at->g[1] = x + (16 * y2 - 8) * y;
    at->h[0] = 8 - 25.2 * x2 + 10 * x2 * x2;
    at->h[1] = 1;
    at->h[2] = 48 * y2 - 8;
}

static void himmelblau(double x, double y, jet *at)
{
    const double p = x * x + y - 11, q = x + y * y - 7;
    at->value = p * p + q * q;
    at->g[0] = 4 * x * p + 2 * q;
    at->g[1] = 2 * p + 4 * y * q;
    at->h[0] = 4 * p + 8 * x * x + 2;
    at->h[1] = 4 * (x + y);
    at->h[2] = 2 + 4 * q + 8 * y * y;
}

/* One coordinate's -x sin sqrt|x|. The second derivative diverges at 0, where the first vanishes. */
static double schwefel_term(double x, double *first, double *second)
{
    const double s = sqrt(fabs(x));
    *first = -(sin(s) + 0.5 * s * cos(s));
    *second = copysign(1, x) * (0.5 * s * sin(s) - 1.5 * cos(s)) / (2 * s);
    return -x * sin(s);
}

static void schwefel(double x, double y, jet *at)
{
    const double constant = 418.98288727243370627; /* minus the lowest value of one term: the minimum is 0 */
    at->h[1] = 0;
    at->value =
        2 * constant + schwefel_term(x, &at->g[0], &at->h[0]) + schwefel_term(y, &at->g[1], &at->h[2]);
}

static const function functions[] = {
    {"mueller-brown", "Mueller-Brown potential", mueller_brown, {-1.5, -0.5}, {1.2, 2.0}, 0.5, false},
    {"six-hump-camel", "six-hump camel function", six_hump_camel, {-2, -1.2}, {2, 1.2}, 0.8, false},
    {"schwefel", "Schwefel function on [-500, 500]^2", schwefel, {-500, -500}, {500, 500}, 100, true},
    {"himmelblau", "Himmelblau's function", himmelblau, {-6, -6}, {6, 6}, 2, false},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static el4ml_status value_gradient(const void *self, void *workspace, const double *x, double *value,
                                   double *gradient)
{
    (void)workspace;
    jet at;
    ((const function *)self)->evaluate(x[0], x[1], &at);
    *value = at.value;
    if (gradient) memcpy(gradient, at.g, sizeof at.g);
    return EL4ML_OK;
}

static el4ml_status hessian_vector(const void *self, void *workspace, const double *x, size_t count,
                                   const double *v, double *hv)
{
    (void)workspace;
    jet at;
    ((const function *)self)->evaluate(x[0], x[1], &at);
    for (size_t k = 0; k < count; k++, v += 2, hv += 2) {
        const double a = v[0], b = v[1];
        hv[0] = at.h[0] * a + at.h[1] * b;
        hv[1] = at.h[1] * a + at.h[2] * b;
    }
    return isfinite(at.h[0] + at.h[1] + at.h[2]) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status hessian(const void *self, void *workspace, const double *x, double *h)
{
    (void)workspace;
    jet at;
    ((const function *)self)->evaluate(x[0], x[1], &at);
    h[0] = at.h[0];
    h[1] = h[2] = at.h[1];
    h[3] = at.h[2];
    return isfinite(h[0] + h[1] + h[3]) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static void initialise(const void *self, void *workspace, el4ml_random *random, double *x)
{
    (void)workspace;
    const function *f = self;
    for (int i = 0; i < 2; i++)
        x[i] = f->low[i] + (f->high[i] - f->low[i]) * el4ml_random_uniform(random);
}

/* Uniform in a square of half side `step`, reflected at the walls of a bounded domain. */
static void perturb(const void *self, void *workspace, el4ml_random *random, double step, const double *x,
                    double *y)
{
    (void)workspace;
    const function *f = self;
    for (int i = 0; i < 2; i++) {
        y[i] = x[i] + step * (2 * el4ml_random_uniform(random) - 1);
        if (!f->bounded) continue;
        if (y[i] < f->low[i]) y[i] = 2 * f->low[i] - y[i];
        if (y[i] > f->high[i]) y[i] = 2 * f->high[i] - y[i];
        y[i] = fmin(fmax(y[i], f->low[i]), f->high[i]); /* a step longer than the domain */
    }
}

static bool inside(const void *self, const double *x)
{
    const function *f = self;
    if (!f->bounded) return true;
    return x[0] >= f->low[0] && x[0] <= f->high[0] && x[1] >= f->low[1] && x[1] <= f->high[1];
}

const char *const *el4ml_function_names(void)
{
    static const char *const names[] = {"mueller-brown", "six-hump-camel", "schwefel", "himmelblau", NULL};
    return names;
}

el4ml_status el4ml_function_new(const char *name, el4ml_surface **surface, el4ml_error *error)
{
    static const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                          .kind = "function",
                                          .value_gradient = value_gradient,
                                          .hessian_vector = hessian_vector,
                                          .hessian = hessian,
                                          .initialise = initialise,
                                          .perturb = perturb,
                                          .inside = inside};
    for (int i = 0; name && i < FUNCTIONS; i++) {
        const function *f = &functions[i];
        if (strcmp(name, f->name) != 0) continue;
        el4ml_surface_info info = {.dimension = 2,
                                   .evaluation_flops = 100,
                                   .length_scale = f->length_scale,
                                   .second_derivatives = true};
        snprintf(info.description, sizeof info.description, "%s", f->description);
        /* `self` is read only, and nothing owns it. */
        return el4ml_surface_new(&ops, &info, (void *)(uintptr_t)f, surface, error);
    }
    return el4ml_fail(
        error, EL4ML_BAD_INPUT,
        "unknown function \"%s\"; there are mueller-brown, six-hump-camel, schwefel and himmelblau",
        name ? name : "");
}
