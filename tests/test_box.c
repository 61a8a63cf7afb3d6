/* Stationary points in boxes (docs/bounds.md): what is known by hand, what brute force finds, and Morse's
 * relation. Every surface here refuses to be asked outside its box. */
#include "box_help.h"

#include "saddle/searcher.h"

/* ---- A sum of a_i (x - x^3/3): in one dimension a minimum at -1, a maximum at 1, and a minimum on the upper
 * bound ---- */

#define WALL 2.2

static double amplitude(size_t i)
{
    return 1 + 0.3 * (double)i;
}

static void cubic(size_t i, double x, double *jet)
{
    jet[0] = amplitude(i) * (x - x * x * x / 3);
    jet[1] = amplitude(i) * (1 - x * x);
    jet[2] = -2 * amplitude(i) * x;
}

/* Of the point whose coordinates are at -1 (0), 1 (1) or the wall (2): all that is to be known. */
static void check_cubic(const el4ml_stationary *p, size_t n, size_t index)
{
    size_t active = 0, ups = 0;
    double energy = 0, product = 0, multipliers = 0, smallest = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double jet[3];
        cubic(i, p->x[i], jet);
        energy += jet[0];
        if (p->x[i] == WALL) {
            active++;
            multipliers += log(amplitude(i) * (WALL * WALL - 1));
            continue;
        }
        ck_assert_double_eq_tol(fabs(p->x[i]), 1, 1e-8);
        ups += p->x[i] > 0;
        smallest = fmin(smallest, jet[2]);
        if (jet[2] > 0) product += log(jet[2]);
    }
    ck_assert_uint_eq(ups, index);
    ck_assert_uint_eq(p->index, index);
    ck_assert_uint_eq(p->active, active);
    ck_assert(p->proved && !p->flagged);
    ck_assert_double_eq_tol(p->energy, energy, 1e-12);
    ck_assert_double_eq_tol(p->log_product, product, 1e-8);
    ck_assert_double_eq_tol(p->log_multipliers, multipliers, 1e-12);
    ck_assert(active == n ? isnan(p->smallest_eigenvalue) : fabs(p->smallest_eigenvalue - smallest) < 1e-6);
    ck_assert_double_le(p->gradient_rms, 1e-9);
}

/* The two minima below a transition state differ from it in the coordinate that is at 1. */
static void check_cubic_sides(const found *f, size_t ts)
{
    const el4ml_stationary *t = &f->points[1][ts];
    for (size_t i = 0; i < f->n; i++)
        for (int side = 0; side < 2; side++) {
            const double *x = f->points[0][side ? f->to[ts] : f->from[ts]].x;
            if (fabs(t->x[i] - 1) > 0.1) ck_assert_double_eq_tol(x[i], t->x[i], 1e-6);
        }
    ck_assert_uint_ne(f->from[ts], f->to[ts]);
}

/* dense_limit below 3: the way of large models, without a matrix. */
static void check_cubic_landscape(size_t dense_limit, uint64_t single)
{
    box_sum *b = box_sum_new(3, cubic, 0, -1.7, WALL);
    el4ml_surface *surface = box_sum_surface(b);
    el4ml_search_options options = el4ml_search_options_default();
    options.dense_limit = dense_limit;
    el4ml_searcher *s = new_searcher(surface, &options);
    found *f = search_thoroughly(s, 30, single);
    ck_assert_uint_eq(f->count[0], 8);
    ck_assert_uint_eq(f->count[1], 12);
    for (size_t k = 0; k < 8; k++)
        check_cubic(&f->points[0][k], 3, 0);
    for (size_t k = 0; k < 12; k++) {
        check_cubic(&f->points[1][k], 3, 1);
        check_cubic_sides(f, k);
    }
    found_free(f);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
    box_sum_free(b);
}

START_TEST(a_sum_is_mapped_completely)
{
    check_cubic_landscape(500, 40);
}
END_TEST

START_TEST(a_sum_is_mapped_without_matrices)
{
    check_cubic_landscape(2, 40);
}
END_TEST

START_TEST(large_boxes)
{
    const size_t n = 520; /* beyond dense_limit */
    box_sum *b = box_sum_new(n, cubic, 0, -1.7, WALL);
    el4ml_surface *surface = box_sum_surface(b);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double *x = new_vector(n), *mode = new_vector(n);
    el4ml_random random = el4ml_random_new(3, 1, 0);
    el4ml_stationary point = {.x = x};
    size_t known;
    box_sum_initialise(b, NULL, &random, x);
    ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &point, &known), EL4ML_OK);
    check_cubic(&point, n, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = fmin(WALL, x[i] + (x[i] < 0 ? 0.1 : 0)); /* on the way up along coordinate 7 */
    x[7] = 0.6;
    mode[7] = 1;
    ck_assert_int_eq(el4ml_follow_mode(s, x, mode, false), EL4ML_OK);
    ck_assert_int_eq(el4ml_characterise(s, &point), EL4ML_OK);
    check_cubic(&point, n, 1);
    el4ml_release(x);
    el4ml_release(mode);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
    box_sum_free(b);
}
END_TEST

/* ---- Corners ---- */

static void slope(size_t i, double x, double *jet)
{
    jet[0] = (i % 2 ? -1 : 1) * x;
    jet[1] = i % 2 ? -1 : 1;
    jet[2] = 0;
}

START_TEST(a_slope_ends_in_a_corner)
{
    for (size_t limit = 2; limit <= 500; limit += 498) {
        box_sum *b = box_sum_new(4, slope, 0, -3, 5);
        el4ml_surface *surface = box_sum_surface(b);
        el4ml_search_options options = el4ml_search_options_default();
        options.dense_limit = limit;
        el4ml_searcher *s = new_searcher(surface, &options);
        double x[4];
        el4ml_stationary point = {.x = x};
        el4ml_random random = el4ml_random_new(4, 1, 0);
        size_t known;
        box_sum_initialise(b, NULL, &random, x);
        ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &point, &known), EL4ML_OK);
        for (size_t i = 0; i < 4; i++)
            ck_assert(x[i] == (i % 2 ? 5 : -3));
        ck_assert_uint_eq(point.active, 4);
        ck_assert_uint_eq(point.index, 0);
        ck_assert(point.log_product == 0 && point.log_multipliers == 0 && isnan(point.smallest_eigenvalue));
        ck_assert(point.gradient_rms == 0 && !point.flagged && point.proved);
        el4ml_searcher_free(s);
        el4ml_surface_free(surface);
        box_sum_free(b);
    }
}
END_TEST

/* ---- Multipliers near zero ---- */

static double tilt, bend;

static void weak(size_t i, double x, double *jet)
{
    jet[0] = i == 0 ? tilt * x + bend * x * x / 2 : x * x / 2 - 0.4 * x;
    jet[1] = i == 0 ? tilt + bend * x : x - 0.4;
    jet[2] = i == 0 ? bend : 1;
}

/* The point (0, 0.4) on the face x0 = 0, as it is judged. */
static el4ml_status judge(double first, double second, el4ml_stationary *point)
{
    tilt = first;
    bend = second;
    box_sum *b = box_sum_new(2, weak, 0, 0, 1);
    el4ml_surface *surface = box_sum_surface(b);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double x[2] = {0, 0.4};
    point->x = x;
    const el4ml_status status = el4ml_characterise(s, point);
    point->x = NULL;
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
    box_sum_free(b);
    return status;
}

START_TEST(multipliers_near_zero)
{
    el4ml_stationary p;
    ck_assert_int_eq(judge(1e-3, -1, &p), EL4ML_OK); /* a clear multiplier: the curvature does not matter */
    ck_assert(p.index == 0 && p.active == 1 && !p.flagged && fabs(p.log_multipliers - log(1e-3)) < 1e-12);
    for (int sign = -1; sign <= 1; sign++) { /* strongly stable: a minimum whatever the sign is */
        ck_assert_int_eq(judge(1e-9 * sign, 2, &p), EL4ML_OK);
        ck_assert(p.index == 0 && p.active == 1 && p.flagged && isnan(p.log_multipliers));
        ck_assert_int_eq(judge(1e-9 * sign, -2, &p), EL4ML_NOT_CONVERGED); /* a saddle meets the wall here */
    }
    ck_assert_int_eq(judge(-1e-3, 2, &p), EL4ML_OK); /* V falls into the box: not stationary */
    ck_assert_double_gt(p.gradient_rms, 1e-4);
}
END_TEST

/* ---- Against brute force ---- */

static void camel(double x, double y, double *jet)
{
    const double x2 = x * x, y2 = y * y;
    jet[0] = (4 - 2.1 * x2 + x2 * x2 / 3) * x2 + x * y + (4 * y2 - 4) * y2;
    jet[1] = (8 - 8.4 * x2 + 2 * x2 * x2) * x + y;
    jet[2] = x + (16 * y2 - 8) * y;
    jet[3] = 8 - 25.2 * x2 + 10 * x2 * x2;
    jet[4] = 1;
    jet[5] = 48 * y2 - 8;
}

/* Waves in five directions. */
static void waves(double x, double y, double *jet)
{
    static const double kx[5] = {1.0, -0.4, 1.7, 0.9, 2.1}, ky[5] = {0.3, 1.2, 0.8, -1.9, 1.1},
                        size[5] = {1.0, 0.9, 0.6, 0.5, 0.3}, phase[5] = {0.2, 1.4, 2.9, 4.1, 5.3};
    memset(jet, 0, 6 * sizeof *jet);
    for (int k = 0; k < 5; k++) {
        const double at = kx[k] * x + ky[k] * y + phase[k], s = size[k] * sin(at), c = size[k] * cos(at);
        jet[0] += c;
        jet[1] -= s * kx[k];
        jet[2] -= s * ky[k];
        jet[3] -= c * kx[k] * kx[k];
        jet[4] -= c * kx[k] * ky[k];
        jet[5] -= c * ky[k] * ky[k];
    }
}

/* Every KKT point of index 0 and 1 is found, and no other; each transition state falls where short steps of
 * the projected flow fall. */
static void check_rectangle(rectangle *r, double length_scale)
{
    el4ml_surface *surface = rectangle_surface(r, length_scale);
    el4ml_searcher *s = new_searcher(surface, NULL);
    kkt_list list;
    kkt_by_force(r, &list);
    int euler = 0;
    size_t expected[3] = {0}, matched = 0;
    for (size_t k = 0; k < list.count; k++) {
        euler += list.points[k].index % 2 ? -1 : 1;
        expected[list.points[k].index]++;
    }
    ck_assert_int_eq(euler, 1); /* the list is complete */
    found *f = search_thoroughly(s, 40, 60);
    ck_assert_uint_eq(f->count[0], expected[0]);
    ck_assert_uint_eq(f->count[1], expected[1]);
    for (size_t k = 0; k < list.count; k++) {
        const kkt *known = &list.points[k];
        if (known->index > 1) continue;
        const size_t at = found_index(f, (int)known->index, known->x);
        ck_assert_msg(at != SIZE_MAX, "index %zu at %g %g was missed", known->index, known->x[0],
                      known->x[1]);
        const el4ml_stationary *p = &f->points[known->index][at];
        ck_assert_uint_eq(p->index, known->index);
        ck_assert_uint_eq(p->active, known->active);
        matched++;
    }
    ck_assert_uint_eq(matched, f->count[0] + f->count[1]);
    for (size_t ts = 0; ts < f->count[1]; ts++) {
        double mode[2], value;
        ck_assert_int_eq(el4ml_unstable_mode(s, f->points[1][ts].x, mode, &value), EL4ML_OK);
        size_t fell[2];
        for (int side = 0; side < 2; side++) {
            double x[2];
            for (int i = 0; i < 2; i++)
                x[i] = f->points[1][ts].x[i] + (side ? 1e-3 : -1e-3) * mode[i];
            el4ml_clip(el4ml_searcher_evaluator(s), x);
            flow_by_force(el4ml_searcher_evaluator(s), 1e-3, 1e-6, x);
            fell[side] = found_index(f, 0, x);
        }
        const bool straight = fell[0] == f->from[ts] && fell[1] == f->to[ts],
                   crossed = fell[1] == f->from[ts] && fell[0] == f->to[ts];
        ck_assert_msg(straight || crossed, "transition state %zu falls elsewhere", ts);
    }
    found_free(f);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}

START_TEST(camel_in_boxes)
{
    const double boxes[4][4] = {
        {-2, 2, -1.2, 1.2}, {-1.2, 1.9, -0.6, 0.9}, {-0.5, 1.8, -0.9, 0.2}, {0.3, 1.65, 0.25, 0.95}};
    for (int k = 0; k < 4; k++) {
        rectangle r = rectangle_of(camel, boxes[k][0], boxes[k][1], boxes[k][2], boxes[k][3]);
        check_rectangle(&r, 0.5);
    }
}
END_TEST

START_TEST(waves_in_boxes)
{
    for (int k = 0; k < 6; k++) {
        const double x = -3 + 1.3 * k, y = 2 - 0.9 * k;
        rectangle r = rectangle_of(waves, x, x + 5, y, y + 4);
        check_rectangle(&r, 1);
    }
}
END_TEST

/* ---- Paths that meet and leave walls ---- */

/* On y = 0 a transition state at x = 0 with multiplier 1/2; the wall lets go at x^2 = 1/2. */
static void release(double x, double y, double *jet)
{
    const double w = x * x - 1;
    jet[0] = w * w + (0.5 - x * x) * y + 2 * y * y;
    jet[1] = 4 * w * x - 2 * x * y;
    jet[2] = 0.5 - x * x + 4 * y;
    jet[3] = 12 * x * x - 4 - 2 * y;
    jet[4] = -2 * x;
    jet[5] = 4;
}

START_TEST(a_path_leaves_the_wall)
{
    rectangle r = rectangle_of(release, -2, 2.1, 0, 1);
    for (size_t limit = 1; limit <= 500; limit += 499) {
        el4ml_surface *surface = rectangle_surface(&r, 1);
        el4ml_search_options options = el4ml_search_options_default();
        options.dense_limit = limit;
        el4ml_searcher *s = new_searcher(surface, &options);
        const double ts[2] = {0, 0};
        double mode[2], value, side[2][2];
        ck_assert_int_eq(el4ml_unstable_mode(s, ts, mode, &value), EL4ML_OK);
        ck_assert_double_eq_tol(value, -4, 1e-6);
        ck_assert_double_eq_tol(fabs(mode[0]), 1, 1e-7);
        ck_assert_int_eq(el4ml_descend(s, ts, mode, side[0], side[1]), EL4ML_OK);
        for (int k = 0; k < 2; k++) {
            /* y = (x^2 - 1/2)/4 and 4 (x^2 - 1) = 2 y: x^2 = 7.5/7 */
            ck_assert_double_eq_tol(side[k][0] * side[k][0], 7.5 / 7, 1e-8);
            ck_assert_double_eq_tol(side[k][1], (7.5 / 7 - 0.5) / 4, 1e-8);
        }
        ck_assert_double_lt(side[0][0] * side[1][0], 0);
        el4ml_searcher_free(s);
        el4ml_surface_free(surface);
    }
    check_rectangle(&r, 1);
}
END_TEST

START_TEST(minimisers_in_boxes)
{
    const el4ml_minimise_method methods[2] = {EL4ML_NEWTON_LBFGS, EL4ML_LBFGS};
    for (int k = 0; k < 2; k++) {
        box_sum *b = box_sum_new(30, cubic, 0.2, -1.7, WALL);
        el4ml_surface *surface = box_sum_surface(b);
        el4ml_evaluator e;
        ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
        el4ml_minimise_options options = el4ml_minimise_options_default();
        options.method = methods[k];
        el4ml_minimiser *m;
        ck_assert_int_eq(el4ml_minimiser_new(&e, &options, &m, NULL), EL4ML_OK);
        double x[30], g[30], value;
        for (uint64_t start = 0; start < 50; start++) {
            el4ml_random random = el4ml_random_new(5, 1, start);
            el4ml_minimise_result result;
            el4ml_initialise(&e, &random, x);
            for (size_t i = 0; i < 30; i += 7)
                x[i] *= 3; /* it must be brought into the box first */
            ck_assert_int_eq(el4ml_minimise(m, x, x, &result), EL4ML_OK);
            ck_assert_int_eq(el4ml_value_gradient(&e, x, &value, g), EL4ML_OK);
            el4ml_project_gradient(&e, x, g);
            ck_assert_double_le(el4ml_norm(30, g) / sqrt(30), 1e-9);
            ck_assert_double_eq_tol(result.gradient_rms, el4ml_norm(30, g) / sqrt(30), 1e-16);
            ck_assert_uint_lt(result.evaluations, 300);
        }
        el4ml_minimiser_free(m);
        options.method = EL4ML_ADAM;
        el4ml_error error = {0};
        ck_assert_int_eq(el4ml_minimiser_new(&e, &options, &m, &error), EL4ML_NOT_SUPPORTED);
        ck_assert_ptr_nonnull(strstr(error.message, "bounds"));
        el4ml_evaluator_clear(&e);
        el4ml_surface_free(surface);
        box_sum_free(b);
    }
}
END_TEST

START_TEST(wrong_bounds_are_refused)
{
    double lower[2] = {0, 1}, upper[2] = {1, 1};
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "plane",
                                   .value_gradient = plane_value_gradient,
                                   .hessian_vector = plane_hessian_vector,
                                   .hessian = plane_hessian,
                                   .initialise = plane_initialise};
    el4ml_surface_info info = {.dimension = 2, .lower = lower, .upper = upper};
    el4ml_surface *s;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, NULL, &s, &error), EL4ML_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "coordinate 1"));
    info.upper = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, NULL, &s, &error), EL4ML_INVALID_ARGUMENT);
    upper[1] = 2;
    info.upper = upper;
    info.max_zero_modes = 1;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, NULL, &s, &error), EL4ML_INVALID_ARGUMENT);
}
END_TEST

START_TEST(steps_stay_in_the_box)
{
    rectangle r = rectangle_of(camel, -1, 2, 0, HUGE_VAL);
    r.p.high[1] = 1;
    el4ml_surface *surface = rectangle_surface(&r, 0.5);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    el4ml_random random = el4ml_random_new(6, 1, 0);
    const double x[2] = {2, 0.1};
    bool moved = false;
    for (int k = 0; k < 1000; k++) {
        double y[2];
        el4ml_perturb(&e, &random, k < 500 ? 0.5 : 20, x, y);
        box_must_hold(r.lower, r.upper, 2, y);
        moved = moved || y[0] < 1.9;
    }
    ck_assert(moved);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_sum_is_mapped_completely,
                                  a_sum_is_mapped_without_matrices,
                                  large_boxes,
                                  a_slope_ends_in_a_corner,
                                  multipliers_near_zero,
                                  camel_in_boxes,
                                  waves_in_boxes,
                                  a_path_leaves_the_wall,
                                  minimisers_in_boxes,
                                  wrong_bounds_are_refused,
                                  steps_stay_in_the_box};
    return RUN_SUITE("boxes", tests);
}
