/* Surfaces from shared objects: loading, the checks at load, and the hooks around the plug-in's functions.
 * What a plug-in does not bring is made here: second derivatives from one another or, where the study allows
 * it, from gradients; symmetry hooks from a list of operations. */
#include "surface/plugin_surface.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"

typedef struct workspace {
    const el4ml_plugin_surface *surface;
    void *own;                             /* the plug-in's */
    double *at, *g, *sum, *image, *column; /* (n) each */
    double *matrix;                        /* (n, n), where products come from the full Hessian */
} workspace;

/* ---- Whose code is running ---- */

static _Thread_local const char *volatile running;

const char *el4ml_plugin_running(void)
{
    return running;
}

void el4ml_plugin_enter(const char *file)
{
    running = file;
}

#define CALL(s, expression) (running = (s)->file, (expression), running = NULL)

/* ---- Derivatives ---- */

static el4ml_status finite_or_fault(const el4ml_plugin_surface *s, size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * 0.0;
    if (sum == 0) return EL4ML_OK;
    atomic_fetch_add(s->not_finite, 1);
    return EL4ML_NUMERICAL;
}

static bool point_is_finite(const el4ml_plugin_surface *s, const double *x)
{
    for (size_t i = 0; i < s->plugin.dimension; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static el4ml_status value_gradient(const void *self, void *work, const double *x, double *value,
                                   double *gradient)
{
    const el4ml_plugin_surface *s = self;
    int refused;
    if (!point_is_finite(s, x)) return EL4ML_NUMERICAL;
    CALL(s, refused = s->plugin.value_gradient(s->plugin.self, ((workspace *)work)->own, x, value, gradient));
    if (refused) return EL4ML_NUMERICAL;
    const el4ml_status status = finite_or_fault(s, 1, value);
    return status == EL4ML_OK && gradient ? finite_or_fault(s, s->plugin.dimension, gradient) : status;
}

/* hv by central differences of the fourth order. */
static el4ml_status numerical_product(const el4ml_plugin_surface *s, workspace *w, const double *x,
                                      const double *v, double *hv)
{
    static const double offset[4] = {-2, -1, 1, 2}, weight[4] = {1, -8, 8, -1};
    const size_t n = s->plugin.dimension;
    const double size = el4ml_norm(n, v), t = size > 0 ? s->step / size : 1;
    double value;
    memset(w->sum, 0, n * sizeof *w->sum);
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < n; i++)
            w->at[i] = x[i] + offset[k] * t * v[i];
        const el4ml_status status = value_gradient(s, w, w->at, &value, w->g);
        if (status != EL4ML_OK) return status;
        el4ml_axpy(n, weight[k] / (12 * t), w->g, w->sum);
    }
    el4ml_copy(n, w->sum, hv);
    return EL4ML_OK;
}

static el4ml_status own_hessian(const el4ml_plugin_surface *s, workspace *w, const double *x, double *h)
{
    int refused;
    CALL(s, refused = s->plugin.hessian(s->plugin.self, w->own, x, h));
    return refused ? EL4ML_NUMERICAL : finite_or_fault(s, s->plugin.dimension * s->plugin.dimension, h);
}

static el4ml_status one_product(const el4ml_plugin_surface *s, workspace *w, const double *x, const double *v,
                                double *hv)
{
    if (!s->plugin.hessian_vector) return numerical_product(s, w, x, v, hv);
    int refused;
    CALL(s, refused = s->plugin.hessian_vector(s->plugin.self, w->own, x, v, hv));
    return refused ? EL4ML_NUMERICAL : finite_or_fault(s, s->plugin.dimension, hv);
}

static el4ml_status hessian_vector(const void *self, void *work, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const el4ml_plugin_surface *s = self;
    workspace *w = work;
    const size_t n = s->plugin.dimension;
    if (!point_is_finite(s, x)) return EL4ML_NUMERICAL;
    el4ml_status status = w->matrix ? own_hessian(s, w, x, w->matrix) : EL4ML_OK;
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        if (w->matrix)
            el4ml_symmetric_product(n, w->matrix, v + k * n, hv + k * n);
        else
            status = one_product(s, w, x, v + k * n, hv + k * n);
    }
    return status;
}

static el4ml_status hessian(const void *self, void *work, const double *x, double *h)
{
    const el4ml_plugin_surface *s = self;
    workspace *w = work;
    const size_t n = s->plugin.dimension;
    if (!point_is_finite(s, x)) return EL4ML_NUMERICAL;
    if (s->plugin.hessian) return own_hessian(s, w, x, h);
    memset(w->column, 0, n * sizeof *w->column);
    for (size_t j = 0; j < n; j++) {
        w->column[j] = 1;
        const el4ml_status status = one_product(s, w, x, w->column, h + j * n);
        w->column[j] = 0;
        if (status != EL4ML_OK) return status;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            h[i * n + j] = h[j * n + i] = 0.5 * (h[i * n + j] + h[j * n + i]);
    return EL4ML_OK;
}

/* ---- Symmetry ---- */

static size_t zero_modes(const void *self, void *work, const double *x, double *basis)
{
    const el4ml_plugin_surface *s = self;
    size_t count;
    CALL(s, count = s->plugin.zero_modes(s->plugin.self, ((workspace *)work)->own, x, basis));
    return count < s->plugin.max_zero_modes ? count : s->plugin.max_zero_modes;
}

static void operate(const el4ml_plugin_surface *s, size_t number, const double *x, double *y)
{
    CALL(s, s->plugin.operation(s->plugin.self, number, x, y));
}

/* Variant 0: the closest image; variant k: the one next after so many. */
static el4ml_status listed_align(const el4ml_plugin_surface *s, workspace *w, const double *fixed,
                                 const double *moving, uint64_t variant, double *aligned, double *distance)
{
    const size_t n = s->plugin.dimension, rank = (size_t)(variant % s->plugin.operations);
    double last = -1;
    size_t taken = 0, after = 0; /* operations up to this one, at that distance, are behind us */
    for (size_t k = 0; k <= rank; k++) {
        double least = INFINITY;
        size_t which = s->plugin.operations;
        for (size_t number = 0; number < s->plugin.operations; number++) {
            operate(s, number, moving, w->image);
            const double here = el4ml_distance(n, fixed, w->image);
            if (here < last || (here == last && number < after) || !(here < least)) continue;
            least = here;
            which = number;
        }
        if (which == s->plugin.operations) break;
        last = least;
        after = which + 1;
        taken = which;
    }
    operate(s, taken, moving, aligned);
    *distance = el4ml_distance(n, fixed, aligned);
    return isfinite(*distance) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status align(const void *self, void *work, const double *fixed, const double *moving,
                          uint64_t variant, double *aligned, double *distance)
{
    const el4ml_plugin_surface *s = self;
    workspace *w = work;
    if (s->plugin.operation) return listed_align(s, w, fixed, moving, variant, aligned, distance);
    int refused;
    CALL(s, refused = s->plugin.align(s->plugin.self, w->own, fixed, moving, variant, aligned, distance));
    return refused || !isfinite(*distance) ? EL4ML_NUMERICAL : EL4ML_OK;
}

static el4ml_status same(const void *self, void *work, const double *a, const double *b, double tolerance,
                         bool *answer)
{
    const el4ml_plugin_surface *s = self;
    workspace *w = work;
    if (!s->plugin.operation) {
        int yes;
        CALL(s, yes = s->plugin.same(s->plugin.self, w->own, a, b, tolerance));
        *answer = yes != 0;
        return EL4ML_OK;
    }
    *answer = false;
    for (size_t number = 0; !*answer && number < s->plugin.operations; number++) {
        operate(s, number, b, w->image);
        *answer = el4ml_distance(s->plugin.dimension, a, w->image) <= tolerance;
    }
    return EL4ML_OK;
}

static el4ml_status multiplicity(const void *self, void *work, const double *x, double tolerance,
                                 double *log_multiplicity, double *order)
{
    const el4ml_plugin_surface *s = self;
    workspace *w = work;
    if (!s->plugin.operation) {
        int refused;
        CALL(s,
             refused = s->plugin.multiplicity(s->plugin.self, w->own, x, tolerance, log_multiplicity, order));
        return refused ? EL4ML_NUMERICAL : EL4ML_OK;
    }
    *order = 0;
    for (size_t number = 0; number < s->plugin.operations; number++) {
        operate(s, number, x, w->image);
        *order += el4ml_distance(s->plugin.dimension, x, w->image) <= tolerance;
    }
    *order = fmax(1, *order);
    *log_multiplicity = log((double)s->plugin.operations / *order);
    return EL4ML_OK;
}

static double uniform(void *random)
{
    return el4ml_random_uniform(random);
}

static void random_operation(const void *self, void *work, el4ml_random *random, const double *x, double *y)
{
    const el4ml_plugin_surface *s = self;
    workspace *w = work;
    if (s->plugin.operation)
        operate(s, (size_t)el4ml_random_below(random, s->plugin.operations), x, y);
    else
        CALL(s, s->plugin.random_operation(s->plugin.self, w->own, uniform, random, x, y));
}

/* ---- Starts and domain ---- */

static void initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    const el4ml_plugin_surface *s = self;
    const el4ml_plugin *p = &s->plugin;
    (void)work;
    if (p->start) {
        CALL(s, p->start(p->self, uniform, random, x));
        return;
    }
    for (size_t i = 0; i < p->dimension; i++) {
        const double low = p->start_low ? p->start_low[i] : -p->length_scale;
        const double high = p->start_high ? p->start_high[i] : p->length_scale;
        x[i] = low + (high - low) * el4ml_random_uniform(random);
    }
}

static bool inside(const void *self, const double *x)
{
    const el4ml_plugin_surface *s = self;
    int yes;
    CALL(s, yes = s->plugin.inside(s->plugin.self, x));
    return yes != 0;
}

/* ---- Workspace, end ---- */

static void workspace_free(void *work)
{
    workspace *w = work;
    if (!w) return;
    if (w->own && w->surface->plugin.workspace_free)
        CALL(w->surface, w->surface->plugin.workspace_free(w->own));
    el4ml_release(w->at);
    el4ml_release(w->matrix);
    el4ml_release(w);
}

static void *workspace_new(const void *self)
{
    const el4ml_plugin_surface *s = self;
    const size_t n = s->plugin.dimension;
    const bool from_matrix = s->plugin.hessian && !s->plugin.hessian_vector;
    workspace *w = EL4ML_NEW(workspace, 1);
    if (!w) return NULL;
    w->surface = s;
    w->at = EL4ML_NEW(double, 5 * n);
    if (from_matrix) w->matrix = EL4ML_NEW(double, n *n);
    bool good = w->at && (w->matrix || !from_matrix);
    if (good && s->plugin.workspace_new) {
        CALL(s, w->own = s->plugin.workspace_new(s->plugin.self));
        good = w->own != NULL;
    }
    if (!good) {
        workspace_free(w);
        return NULL;
    }
    w->g = w->at + n;
    w->sum = w->g + n;
    w->image = w->sum + n;
    w->column = w->image + n;
    return w;
}

void el4ml_plugin_destroy(void *self)
{
    el4ml_plugin_surface *s = self;
    if (!s) return;
    if (s->plugin.close) CALL(s, s->plugin.close(s->plugin.self));
    if (s->library) dlclose(s->library);
    el4ml_release(s->not_finite);
    el4ml_release(s->file);
    el4ml_release(s);
}

el4ml_surface_ops el4ml_plugin_hooks(const el4ml_plugin *p)
{
    el4ml_surface_ops ops = {.struct_size = sizeof ops,
                             .kind = "plugin",
                             .destroy = el4ml_plugin_destroy,
                             .workspace_new = workspace_new,
                             .workspace_free = workspace_free,
                             .value_gradient = value_gradient,
                             .hessian_vector = hessian_vector,
                             .hessian = hessian,
                             .initialise = initialise};
    if (p->zero_modes) ops.zero_modes = zero_modes;
    if (p->inside) ops.inside = inside;
    if (!p->operation && !p->align) return ops;
    ops.align = align;
    ops.same = same;
    ops.multiplicity = multiplicity;
    if (p->operation || p->random_operation) ops.random_operation = random_operation;
    return ops;
}
