/* Regions and surfaces whose volumes are known exactly. */
#ifndef EL4ML_TESTS_BASIN_HELP_H
#define EL4ML_TESTS_BASIN_HELP_H

#include "catchment/volume.h"
#include "el4ml/basin_volume.h"
#include "run_help.h"

#define MOST_DIMENSIONS 24

/* ---- Regions given by a formula ---- */

typedef enum shape { A_BOX, A_TURNED_BOX, AN_ELLIPSOID, A_SIMPLEX, IN_ORDER } shape;

typedef struct known_region {
    shape shape;
    size_t n;
    double low[MOST_DIMENSIONS], high[MOST_DIMENSIONS]; /* of the outer box */
    double centre[MOST_DIMENSIONS];
    double a[MOST_DIMENSIONS], b[MOST_DIMENSIONS];
    double axes[MOST_DIMENSIONS * MOST_DIMENSIONS]; /* orthonormal */
    double log_volume;
} known_region;

static inline bool known_inside(const known_region *k, const double *x)
{
    const size_t n = k->n;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double y = x[i];
        if (k->shape == A_TURNED_BOX) {
            y = 0;
            for (size_t j = 0; j < n; j++)
                y += k->axes[i * n + j] * x[j];
        }
        switch (k->shape) {
        case A_BOX:
        case A_TURNED_BOX:
            if (y < k->a[i] || y > k->b[i]) return false;
            break;
        case AN_ELLIPSOID:
            sum += y * y / (k->b[i] * k->b[i]);
            if (sum > 1) return false;
            break;
        case A_SIMPLEX: /* x_i >= -1/n, sum of (x_i + 1/n) <= 2 */
            if (y < -1 / (double)n) return false;
            sum += y + 1 / (double)n;
            if (sum > 2) return false;
            break;
        case IN_ORDER: /* one of the n! images of a chamber of permutations */
            if (i > 0 && y <= x[i - 1]) return false;
            break;
        }
    }
    return true;
}

static inline el4ml_status known_test(void *context, el4ml_searcher *searcher, const double *x, bool *inside)
{
    (void)searcher;
    *inside = known_inside(context, x);
    return EL4ML_OK;
}

static inline void random_axes(size_t n, double *axes)
{
    el4ml_random random = el4ml_random_new(5, 5, n);
    for (size_t i = 0; i < n; i++) {
        double *r = axes + i * n;
        el4ml_random_direction(&random, n, r);
        el4ml_project_out(n, i, axes, r);
        el4ml_project_out(n, i, axes, r);
        el4ml_scale(n, 1 / el4ml_norm(n, r), r);
    }
}

/* `aspect`: longest over shortest side or axis. */
static inline known_region new_region(shape s, size_t n, double aspect)
{
    known_region k = {.shape = s, .n = n};
    const double half = s == IN_ORDER ? 1 : s == A_TURNED_BOX ? 3 * aspect * sqrt((double)n) : 3 * aspect;
    for (size_t i = 0; i < n; i++) {
        const double width = pow(aspect, n > 1 ? (double)i / (double)(n - 1) : 0);
        k.low[i] = -half;
        k.high[i] = s == IN_ORDER ? 1 : 1.2 * half;
        k.a[i] = -0.3 * width;
        k.b[i] = (s == AN_ELLIPSOID ? 1 : 0.9) * width;
        if (s == IN_ORDER) k.centre[i] = -0.5 + ((double)i + 0.5) / (double)n;
        k.log_volume += s == AN_ELLIPSOID ? log(width) : log(k.b[i] - k.a[i]);
    }
    const double d = (double)n;
    if (s == A_TURNED_BOX) random_axes(n, k.axes);
    if (s == AN_ELLIPSOID) k.log_volume += 0.5 * d * log(acos(-1)) - lgamma(0.5 * d + 1);
    if (s == A_SIMPLEX || s == IN_ORDER) k.log_volume = d * log(2) - lgamma(d + 1);
    return k;
}

static inline el4ml_region region_of(known_region *k)
{
    return (el4ml_region){
        .n = k->n, .centre = k->centre, .low = k->low, .high = k->high, .test = known_test, .context = k};
}

/* ---- Surfaces ---- */

/* V = sum of w_i^2 (1 - cos(x_i / w_i)): the basin of the origin is the box |x_i| < pi w_i. */
typedef struct egg_box {
    size_t n;
    double width[MOST_DIMENSIONS];
    double wall; /* V is not finite where x_0 is beyond it; INFINITY: nowhere */
} egg_box;

static inline el4ml_status egg_value_gradient(const void *self, void *work, const double *x, double *value,
                                              double *gradient)
{
    const egg_box *e = self;
    (void)work;
    *value = x[0] > e->wall ? NAN : 0;
    for (size_t i = 0; i < e->n; i++) {
        const double w = e->width[i];
        *value += w * w * (1 - cos(x[i] / w));
        if (gradient) gradient[i] = w * sin(x[i] / w);
    }
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static inline el4ml_status egg_hessian_vector(const void *self, void *work, const double *x, size_t count,
                                              const double *v, double *hv)
{
    const egg_box *e = self;
    (void)work;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < e->n; i++)
            hv[k * e->n + i] = cos(x[i] / e->width[i]) * v[k * e->n + i];
    return EL4ML_OK;
}

static inline el4ml_status egg_hessian(const void *self, void *work, const double *x, double *h)
{
    const egg_box *e = self;
    (void)work;
    memset(h, 0, e->n * e->n * sizeof *h);
    for (size_t i = 0; i < e->n; i++)
        h[i * e->n + i] = cos(x[i] / e->width[i]);
    return EL4ML_OK;
}

static inline void egg_initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)work;
    for (size_t i = 0; i < ((const egg_box *)self)->n; i++)
        x[i] = el4ml_random_normal(random);
}

/* `e` must outlive the surface. */
static inline el4ml_surface *egg_surface(egg_box *e)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "egg-box",
                                   .value_gradient = egg_value_gradient,
                                   .hessian_vector = egg_hessian_vector,
                                   .hessian = egg_hessian,
                                   .initialise = egg_initialise};
    const el4ml_surface_info info = {
        .dimension = e->n, .length_scale = 1, .second_derivatives = true, .description = "egg box"};
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, e, &s, NULL), EL4ML_OK);
    return s;
}

/* A landscape with the minimum that lies next to x. */
static inline el4ml_landscape *landscape_with(const char *folder, const el4ml_surface *surface,
                                              const double *x)
{
    el4ml_landscape *l = open_run(folder, surface);
    el4ml_searcher *s = new_searcher(surface, NULL);
    el4ml_stationary point = {.x = new_vector(surface->info.dimension)};
    size_t known, index;
    bool fresh;
    ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &point, &known), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_add(l, el4ml_searcher_evaluator(s), EL4ML_MINIMUM, &point, 0, 0, &index,
                                         &fresh, NULL),
                     EL4ML_OK);
    el4ml_release(point.x);
    el4ml_searcher_free(s);
    return l;
}

/* Minima by minimisation from random starts. */
static inline el4ml_landscape *explored(const char *folder, const el4ml_surface *surface, uint64_t steps)
{
    el4ml_study study = plain_study();
    study.steps = steps;
    study.method = EL4ML_RANDOM_STARTS;
    el4ml_landscape *l = open_run(folder, surface);
    const el4ml_run_options options = {.threads = 2};
    bool time_up;
    ck_assert_int_eq(el4ml_run_explore(&study, surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
    return l;
}

/* ---- Schwefel's function on [-500, 500]^2 ---- */

/* Maxima along each axis by bisection of the derivative between them (tests/test_reference_schwefel.c has
 * them to three decimals); the last basin ends at the wall. */
static inline double schwefel_slope(double x)
{
    const double s = sqrt(fabs(x));
    return sin(s) + 0.5 * s * cos(s);
}

static inline void schwefel_walls(double walls[8])
{
    static const double near[7] = {-420.970, -203.815, -65.550, -5.240, 25.875, 124.830, 302.525};
    for (int k = 0; k < 7; k++) {
        double a = near[k] - 0.1, b = near[k] + 0.1;
        ck_assert(schwefel_slope(a) * schwefel_slope(b) < 0);
        for (int step = 0; step < 60; step++) {
            const double middle = 0.5 * (a + b);
            if (schwefel_slope(a) * schwefel_slope(middle) <= 0)
                b = middle;
            else
                a = middle;
        }
        walls[k] = a;
    }
    walls[7] = 500;
}

/* Which basin along an axis, 0 ... 6; -1: that of the boundary minimum at -500. */
static inline int schwefel_basin(const double walls[8], double x)
{
    int k = -1;
    while (k < 6 && x > walls[k + 1])
        k++;
    return k;
}

/* ln of the area of the rectangle that x is in. */
static inline double schwefel_log_area(const double walls[8], const double *x)
{
    double sum = 0;
    for (int i = 0; i < 2; i++) {
        const int k = schwefel_basin(walls, x[i]);
        ck_assert_int_ge(k, 0);
        sum += log(walls[k + 1] - walls[k]);
    }
    return sum;
}

#endif
