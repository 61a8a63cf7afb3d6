/* Surfaces in boxes whose stationary points are known: sums of functions of one coordinate each, with a
 * coupling if wanted, and plane functions in a rectangle whose KKT points are found by brute force. */
#ifndef EL4ML_TESTS_BOX_HELP_H
#define EL4ML_TESTS_BOX_HELP_H

#include "engine_help.h"

/* ---- V = sum_i f_i(x_i) + c (sum_i x_i)^2 / 2 ---- */

/* value, first and second derivative of f_i */
typedef void (*box_term)(size_t i, double x, double *jet);

typedef struct box_sum {
    size_t n;
    box_term term;
    double coupling;
    double *lower, *upper;
} box_sum;

static inline void box_must_hold(const double *lower, const double *upper, size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(x[i] >= lower[i] && x[i] <= upper[i], "asked outside the box: x%zu = %.17g", i, x[i]);
}

static inline el4ml_status box_sum_value_gradient(const void *self, void *work, const double *x,
                                                  double *value, double *gradient)
{
    (void)work;
    const box_sum *b = self;
    double sum = 0, jet[3];
    box_must_hold(b->lower, b->upper, b->n, x);
    *value = 0;
    for (size_t i = 0; i < b->n; i++)
        sum += x[i];
    for (size_t i = 0; i < b->n; i++) {
        b->term(i, x[i], jet);
        *value += jet[0];
        if (gradient) gradient[i] = jet[1] + b->coupling * sum;
    }
    *value += b->coupling * sum * sum / 2;
    return EL4ML_OK;
}

static inline el4ml_status box_sum_hessian_vector(const void *self, void *work, const double *x, size_t count,
                                                  const double *v, double *hv)
{
    (void)work;
    const box_sum *b = self;
    double jet[3];
    box_must_hold(b->lower, b->upper, b->n, x);
    for (size_t k = 0; k < count; k++, v += b->n, hv += b->n) {
        double sum = 0;
        for (size_t i = 0; i < b->n; i++)
            sum += v[i];
        for (size_t i = 0; i < b->n; i++) {
            b->term(i, x[i], jet);
            hv[i] = jet[2] * v[i] + b->coupling * sum;
        }
    }
    return EL4ML_OK;
}

static inline el4ml_status box_sum_hessian(const void *self, void *work, const double *x, double *h)
{
    (void)work;
    const box_sum *b = self;
    double jet[3];
    box_must_hold(b->lower, b->upper, b->n, x);
    for (size_t i = 0; i < b->n; i++) {
        b->term(i, x[i], jet);
        for (size_t j = 0; j < b->n; j++)
            h[i * b->n + j] = b->coupling + (i == j ? jet[2] : 0);
    }
    return EL4ML_OK;
}

static inline void box_sum_initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)work;
    const box_sum *b = self;
    for (size_t i = 0; i < b->n; i++)
        x[i] = b->lower[i] + (b->upper[i] - b->lower[i]) * el4ml_random_uniform(random);
}

/* The same bounds for all coordinates; free with box_sum_free. */
static inline box_sum *box_sum_new(size_t n, box_term term, double coupling, double lower, double upper)
{
    box_sum *b = EL4ML_NEW(box_sum, 1);
    ck_assert_ptr_nonnull(b);
    *b = (box_sum){n, term, coupling, new_vector(n), new_vector(n)};
    for (size_t i = 0; i < n; i++) {
        b->lower[i] = lower;
        b->upper[i] = upper;
    }
    return b;
}

static inline void box_sum_free(box_sum *b)
{
    el4ml_release(b->lower);
    el4ml_release(b->upper);
    el4ml_release(b);
}

static inline el4ml_surface *box_sum_surface(box_sum *b)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "sum",
                                   .value_gradient = box_sum_value_gradient,
                                   .hessian_vector = box_sum_hessian_vector,
                                   .hessian = box_sum_hessian,
                                   .initialise = box_sum_initialise};
    const el4ml_surface_info info = {.dimension = b->n,
                                     .length_scale = 1,
                                     .second_derivatives = true,
                                     .lower = b->lower,
                                     .upper = b->upper,
                                     .description = "sum of functions of one coordinate"};
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, b, &s, NULL), EL4ML_OK);
    return s;
}

/* ---- A plane function in a rectangle ---- */

typedef struct rectangle {
    plane p; /* first: the hooks of plane_surface take it */
    double lower[2], upper[2];
} rectangle;

static inline el4ml_status rectangle_value_gradient(const void *self, void *work, const double *x,
                                                    double *value, double *gradient)
{
    const rectangle *r = self;
    box_must_hold(r->lower, r->upper, 2, x);
    return plane_value_gradient(&r->p, work, x, value, gradient);
}

static inline rectangle rectangle_of(plane_function f, double x0, double x1, double y0, double y1)
{
    return (rectangle){{f, {x0, y0}, {x1, y1}}, {x0, y0}, {x1, y1}};
}

/* `r` must outlive the surface. */
static inline el4ml_surface *rectangle_surface(rectangle *r, double length_scale)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "rectangle",
                                   .value_gradient = rectangle_value_gradient,
                                   .hessian_vector = plane_hessian_vector,
                                   .hessian = plane_hessian,
                                   .initialise = plane_initialise};
    const el4ml_surface_info info = {.dimension = 2,
                                     .length_scale = length_scale,
                                     .second_derivatives = true,
                                     .lower = r->lower,
                                     .upper = r->upper,
                                     .description = "plane function in a rectangle"};
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, r, &s, NULL), EL4ML_OK);
    return s;
}

/* A KKT point with positive multipliers. */
typedef struct kkt {
    double x[2];
    size_t index, active;
} kkt;

typedef struct kkt_list {
    kkt points[200];
    size_t count;
} kkt_list;

static inline void kkt_add(kkt_list *list, double x, double y, size_t index, size_t active)
{
    for (size_t k = 0; k < list->count; k++)
        if (hypot(list->points[k].x[0] - x, list->points[k].x[1] - y) < 1e-5) return;
    ck_assert_uint_lt(list->count, 200);
    list->points[list->count++] = (kkt){{x, y}, index, active};
}

/* Slope along `axis` at the point with that coordinate t and the other one `fixed`. */
static inline double edge_slope(const rectangle *r, int axis, double t, double fixed, double *jet)
{
    r->p.evaluate(axis == 0 ? t : fixed, axis == 0 ? fixed : t, jet);
    return jet[1 + axis];
}

/* Roots of the slope along one side, by bisection between the points of a fine grid. */
static inline void kkt_on_edge(const rectangle *r, int axis, bool high, kkt_list *list)
{
    const double fixed = high ? r->upper[1 - axis] : r->lower[1 - axis],
                 width = r->upper[axis] - r->lower[axis];
    double jet[6];
    for (int k = 0; k < 4000; k++) {
        double a = r->lower[axis] + width * k / 4000, b = r->lower[axis] + width * (k + 1) / 4000;
        const double sa = edge_slope(r, axis, a, fixed, jet);
        if (sa * edge_slope(r, axis, b, fixed, jet) >= 0) continue;
        for (int step = 0; step < 60; step++) {
            const double m = (a + b) / 2;
            *(edge_slope(r, axis, m, fixed, jet) * sa > 0 ? &a : &b) = m;
        }
        edge_slope(r, axis, a, fixed, jet);
        const double outward = high ? -jet[2 - axis] : jet[2 - axis];
        if (outward > 0)
            kkt_add(list, axis == 0 ? a : fixed, axis == 0 ? fixed : a, jet[3 + 2 * axis] < 0, 1);
    }
}

static inline void kkt_corners(const rectangle *r, kkt_list *list)
{
    double jet[6];
    for (int k = 0; k < 4; k++) {
        const bool right = k & 1, top = k & 2;
        const double x = right ? r->upper[0] : r->lower[0], y = top ? r->upper[1] : r->lower[1];
        r->p.evaluate(x, y, jet);
        if ((right ? -jet[1] : jet[1]) > 0 && (top ? -jet[2] : jet[2]) > 0) kkt_add(list, x, y, 0, 2);
    }
}

/* Newton's method from every point of a grid. */
static inline void kkt_inside(const rectangle *r, int grid, kkt_list *list)
{
    for (int k = 0; k < grid * grid; k++) {
        double x = r->lower[0] + (r->upper[0] - r->lower[0]) * (k % grid + 0.5) / grid,
               y = r->lower[1] + (r->upper[1] - r->lower[1]) * (k / grid + 0.5) / grid, jet[6];
        for (int step = 0; step < 40; step++) {
            r->p.evaluate(x, y, jet);
            const double det = jet[3] * jet[5] - jet[4] * jet[4];
            x -= (jet[5] * jet[1] - jet[4] * jet[2]) / det;
            y -= (jet[3] * jet[2] - jet[4] * jet[1]) / det;
        }
        r->p.evaluate(x, y, jet);
        const bool inside = x > r->lower[0] && x < r->upper[0] && y > r->lower[1] && y < r->upper[1];
        if (!inside || !(hypot(jet[1], jet[2]) < 1e-9)) continue;
        const double det = jet[3] * jet[5] - jet[4] * jet[4];
        kkt_add(list, x, y, det < 0 ? 1 : jet[3] < 0 ? 2 : 0, 0);
    }
}

static inline void kkt_by_force(const rectangle *r, kkt_list *list)
{
    list->count = 0;
    kkt_inside(r, 80, list);
    for (int side = 0; side < 4; side++)
        kkt_on_edge(r, side / 2, side & 1, list);
    kkt_corners(r, list);
}

/* ---- The projected gradient flow, by short steps of Euler's method: slow and faithful ---- */

static inline void flow_by_force(el4ml_evaluator *e, double step, double end, double *x)
{
    const size_t n = e->n;
    double *g = new_vector(n), value;
    for (long k = 0; k < 4000000; k++) {
        ck_assert_int_eq(el4ml_value_gradient(e, x, &value, g), EL4ML_OK);
        for (size_t i = 0; i < n; i++)
            x[i] -= step * g[i];
        el4ml_project_gradient(e, x, g);
        el4ml_clip(e, x);
        if (el4ml_norm(n, g) < end) break;
    }
    el4ml_release(g);
}

/* ---- All minima and transition states that a thorough search finds ---- */

typedef struct found {
    size_t n, count[2], from[200], to[200]; /* transition states: the minima below */
    el4ml_stationary points[2][200];
} found;

static inline size_t found_index(const found *f, int species, const double *x)
{
    for (size_t k = 0; k < f->count[species]; k++)
        if (el4ml_distance(f->n, f->points[species][k].x, x) < 1e-4) return k;
    return SIZE_MAX;
}

static inline size_t found_add(found *f, int species, const el4ml_stationary *p)
{
    const size_t known = found_index(f, species, p->x);
    if (known != SIZE_MAX) return known;
    ck_assert_uint_lt(f->count[species], 200);
    el4ml_stationary *kept = &f->points[species][f->count[species]];
    *kept = *p;
    kept->x = new_vector(f->n);
    el4ml_copy(f->n, p->x, kept->x);
    return f->count[species]++;
}

static inline void found_passage(found *f, el4ml_passage *p)
{
    const size_t a = found_add(f, 0, &p->minimum[0]), b = found_add(f, 0, &p->minimum[1]);
    const size_t ts = found_add(f, 1, &p->ts);
    f->from[ts] = a < b ? a : b;
    f->to[ts] = a < b ? b : a;
    el4ml_passage_clear(p);
}

static inline found *search_thoroughly(el4ml_searcher *s, size_t starts, uint64_t single)
{
    found *f = EL4ML_NEW(found, 1);
    ck_assert_ptr_nonnull(f);
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    f->n = e->n;
    double *x = new_vector(f->n);
    for (size_t k = 0; k < starts; k++) {
        el4ml_random random = el4ml_random_new(41, 1, k);
        el4ml_stationary point = {.x = x};
        size_t known;
        el4ml_initialise(e, &random, x);
        ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &point, &known), EL4ML_OK);
        found_add(f, 0, &point);
    }
    for (size_t i = 0; i < f->count[0]; i++) { /* more are found on the way */
        el4ml_passage passages[4];
        el4ml_search_report report;
        for (uint64_t k = 0; k < single; k++) {
            const el4ml_random random = el4ml_random_new(42, i, k);
            ck_assert_int_eq(el4ml_search_from(s, f->points[0][i].x, k, random, 1, passages, &report),
                             EL4ML_OK);
            if (report.found) found_passage(f, passages);
        }
        for (size_t j = 0; j < i; j++) {
            ck_assert_int_eq(
                el4ml_search_between(s, f->points[0][i].x, f->points[0][j].x, 0, 4, passages, &report),
                EL4ML_OK);
            for (size_t k = 0; k < report.found; k++)
                found_passage(f, &passages[k]);
        }
    }
    el4ml_release(x);
    return f;
}

static inline void found_free(found *f)
{
    for (int species = 0; species < 2; species++)
        for (size_t k = 0; k < f->count[species]; k++)
            el4ml_release(f->points[species][k].x);
    el4ml_release(f);
}

#endif
