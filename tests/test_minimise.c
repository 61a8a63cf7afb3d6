/* Local minimisation: what it promises from any start on every kind of surface, and how it ends where there
 * is no minimum. */
#include "minimise_help.h"

static void check_starts(el4ml_surface *surface, uint64_t starts, double lowest)
{
    bench b;
    bench_open(&b, surface, NULL);
    for (uint64_t job = 0; job < starts; job++) {
        bench_start(&b, job);
        ck_assert_double_ge(check_minimisation(&b), lowest - 1e-4);
    }
    bench_close(&b);
}

/* The lowest energies are the published global minima (Cambridge Cluster Database; methods.md's iris
 * reference). */
START_TEST(clusters)
{
    check_starts(cluster_surface(13), 20, -44.326801);
    check_starts(cluster_surface(38), 3, -173.928427);
    check_starts(cluster_surface(2), 3, -1);
}
END_TEST

START_TEST(networks)
{
    check_starts(iris_surface(5, EL4ML_TANH, 1e-3), 10, 0.089856);
    check_starts(iris_surface(5, EL4ML_TANH, 1e-4), 5, 0);
    check_starts(iris_surface(5, EL4ML_SOFTPLUS, 1e-3), 5, 0);
    check_starts(iris_surface(5, EL4ML_SOFTPLUS, 1e-4), 5, 0);
    check_starts(iris_surface(3, EL4ML_GELU, 1e-4), 5, 0);
}
END_TEST

START_TEST(functions)
{
    check_starts(function_surface("himmelblau"), 50, 0);
    check_starts(function_surface("mueller-brown"), 50, -146.6995);
    check_starts(function_surface("six-hump-camel"), 50, -1.0316285);
    check_starts(function_surface("schwefel"), 50, -1e9); /* the box does not bound it */
}
END_TEST

/* x may be the start itself. */
START_TEST(start_and_result_in_one_array)
{
    bench b;
    bench_open(&b, cluster_surface(7), NULL);
    bench_start(&b, 3);
    const double expected = check_minimisation(&b);
    el4ml_minimise_result r;
    ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.start, &r), EL4ML_OK);
    ck_assert(r.value == expected);
    ck_assert(memcmp(b.start, b.x, b.n * sizeof *b.x) == 0);
    bench_close(&b);
}
END_TEST

/* Shortest and long memory, no Newton steps, no matrix. From a start near a minimum
 * all must come to the same one. */
START_TEST(every_option_gives_the_same_minimum)
{
    const el4ml_minimise_options usual = el4ml_minimise_options_default();
    el4ml_minimise_options options[5] = {usual, usual, usual, usual, usual};
    options[1].history = 1;
    options[2].history = 100;
    options[3].dense_limit = 0;
    options[4].newton_gradient = 0;
    options[4].gradient_tolerance = 1e-7;
    for (int kind = 0; kind < 3; kind++) {
        double energy = NAN, *first = NULL;
        for (int k = 0; k < 5; k++) {
            bench b;
            bench_open(&b,
                       kind == 0 ? cluster_surface(13)
                                 : iris_surface(5, kind == 1 ? EL4ML_TANH : EL4ML_SOFTPLUS, 1e-3),
                       &options[k]);
            bench_start(&b, 4);
            el4ml_minimise_result r;
            if (k == 0) {
                energy = check_minimisation(&b);
                first = new_vector(b.n);
                el4ml_copy(b.n, b.x, first);
                bench_close(&b);
                continue;
            }
            el4ml_random random = el4ml_random_new(22, 1, 1);
            for (size_t i = 0; i < b.n; i++)
                b.start[i] = first[i] + 0.01 * el4ml_random_normal(&random);
            const uint64_t hessians = b.e.cost.hessians;
            ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_OK);
            ck_assert_double_le(r.gradient_rms, options[k].gradient_tolerance);
            ck_assert_double_eq_tol(r.value, energy, 1e-9);
            if (k == 3) ck_assert_uint_eq(b.e.cost.hessians, hessians); /* gradients and products only */
            if (k == 4) ck_assert_uint_eq(r.newton_steps, 0);
            bench_close(&b);
        }
        el4ml_release(first);
    }
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
    const el4ml_minimise_options usual = el4ml_minimise_options_default();
    el4ml_minimise_options bad[7] = {usual, usual, usual, usual, usual, usual, usual};
    bad[0].gradient_tolerance = 0;
    bad[1].gradient_tolerance = NAN;
    bad[2].max_step = 0;
    bad[3].max_step = -1;
    bad[4].history = 501;
    bad[5].max_step = NAN;
    bad[6].gradient_tolerance = -1;
    el4ml_surface *surface = function_surface("himmelblau");
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    for (int k = 0; k < 7; k++) {
        el4ml_minimiser *m = NULL;
        ck_assert_int_eq(el4ml_minimiser_new(&e, &bad[k], &m, NULL), EL4ML_INVALID_ARGUMENT);
        ck_assert_ptr_null(m);
    }
    el4ml_minimiser_free(NULL);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Surfaces where there is nothing to reach ---- */

static void nowhere(double x, double y, double *jet)
{
    for (int k = 0; k < 6; k++)
        jet[k] = x + y + (double)NAN;
}

/* x^2 + y^2, not a number for x < 1: the minimum lies where the surface is broken. */
static void half_plane(double x, double y, double *jet)
{
    const double hole = x < 1 ? (double)NAN : 0;
    const double values[6] = {x * x + y * y + hole, 2 * x + hole, 2 * y + hole, 2 + hole, 0, 2};
    memcpy(jet, values, sizeof values);
}

static void dome(double x, double y, double *jet)
{
    const double values[6] = {-x * x - y * y, -2 * x, -2 * y, -2, 0, -2};
    memcpy(jet, values, sizeof values);
}

/* exp(-x) + y^2: falls for ever, ever more slowly. */
static void slope(double x, double y, double *jet)
{
    const double e = exp(-x), values[6] = {e + y * y, -e, 2 * y, e, 0, 2};
    memcpy(jet, values, sizeof values);
}

/* Flat at the bottom: the Hessian is singular at the minimum, and Newton converges by thirds only. */
static void quartic(double x, double y, double *jet)
{
    const double values[6] = {x * x * x * x + y * y, 4 * x * x * x, 2 * y, 12 * x * x, 0, 2};
    memcpy(jet, values, sizeof values);
}

static el4ml_status minimise_plane(plane_function f, double x, double y,
                                   const el4ml_minimise_options *options, double *found,
                                   el4ml_minimise_result *r)
{
    plane p = {.evaluate = f, .high = {1, 1}};
    bench b;
    bench_open(&b, plane_surface(&p, 1), options);
    b.start[0] = x;
    b.start[1] = y;
    const el4ml_status status = el4ml_minimise(b.m, b.start, b.x, r);
    el4ml_copy(2, b.x, found);
    bench_close(&b);
    return status;
}

START_TEST(a_value_that_is_no_number)
{
    double x[2];
    el4ml_minimise_result r;
    ck_assert_int_eq(minimise_plane(nowhere, 1, 2, NULL, x, &r), EL4ML_NUMERICAL);
    ck_assert_int_eq(minimise_plane(half_plane, 0.5, 2, NULL, x, &r), EL4ML_NUMERICAL);
    /* from the good side the way ends at the edge: no minimum, and the best point is finite and no higher */
    const el4ml_status status = minimise_plane(half_plane, 4, 3, NULL, x, &r);
    ck_assert(status == EL4ML_NOT_CONVERGED || status == EL4ML_NUMERICAL);
    ck_assert(x[0] >= 1 && r.value <= 25 && isfinite(r.value));
}
END_TEST

START_TEST(no_lower_bound)
{
    static const double starts[4][2] = {{3, 1}, {1e-5, 0}, {0.3, -0.2}, {1e-4, 1e-3}};
    for (int k = 0; k < 4; k++)
        for (int products = 0; products < 2; products++) {
            el4ml_minimise_options options = el4ml_minimise_options_default();
            options.max_evaluations = 500;
            if (products) options.dense_limit = 0;
            double x[2];
            el4ml_minimise_result r;
            ck_assert_int_eq(minimise_plane(dome, starts[k][0], starts[k][1], &options, x, &r),
                             EL4ML_NOT_CONVERGED);
            ck_assert_uint_le(r.evaluations, 570); /* a Newton phase is not cut in the middle */
            ck_assert_double_lt(r.value, -100);
        }
}
END_TEST

/* exp(-x) has a gradient below any tolerance somewhere: what is returned has it. */
START_TEST(a_slope_that_flattens)
{
    double x[2];
    el4ml_minimise_result r;
    ck_assert_int_eq(minimise_plane(slope, 0, 1, NULL, x, &r), EL4ML_OK);
    ck_assert_double_le(hypot(exp(-x[0]), 2 * x[1]) / sqrt(2), 1e-9);
    el4ml_minimise_options options = el4ml_minimise_options_default();
    options.max_evaluations = 3;
    ck_assert_int_eq(minimise_plane(slope, 0, 1, &options, x, &r), EL4ML_NOT_CONVERGED);
    ck_assert_double_lt(r.value, 2);
}
END_TEST

START_TEST(a_flat_minimum)
{
    double x[2];
    el4ml_minimise_result r;
    ck_assert_int_eq(minimise_plane(quartic, 2, 1, NULL, x, &r), EL4ML_OK);
    ck_assert_double_le(hypot(4 * x[0] * x[0] * x[0], 2 * x[1]) / sqrt(2), 1e-9);
}
END_TEST

/* ---- Cancelling ---- */

typedef struct fuse {
    volatile bool cancel;
    el4ml_surface *inner;
    void *inner_work;
    int left; /* evaluations until it blows */
} fuse;

static el4ml_status fuse_value_gradient(const void *self, void *work, const double *x, double *value,
                                        double *gradient)
{
    fuse *f = (fuse *)(uintptr_t)self;
    (void)work;
    if (--f->left <= 0) f->cancel = true;
    return f->inner->ops.value_gradient(f->inner->self, f->inner_work, x, value, gradient);
}

static el4ml_status fuse_hessian_vector(const void *self, void *work, const double *x, size_t count,
                                        const double *v, double *hv)
{
    const fuse *f = self;
    (void)work;
    return f->inner->ops.hessian_vector(f->inner->self, f->inner_work, x, count, v, hv);
}

static el4ml_status fuse_hessian(const void *self, void *work, const double *x, double *h)
{
    const fuse *f = self;
    (void)work;
    return f->inner->ops.hessian(f->inner->self, f->inner_work, x, h);
}

static void fuse_initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    const fuse *f = self;
    (void)work;
    f->inner->ops.initialise(f->inner->self, f->inner_work, random, x);
}

START_TEST(cancelled)
{
    el4ml_surface *inner = function_surface("himmelblau");
    int interrupted = 0;
    for (bool done = false; !done; interrupted++) {
        const int left = interrupted;
        fuse f = {.inner = inner, .left = left};
        const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                       .kind = "fuse",
                                       .value_gradient = fuse_value_gradient,
                                       .hessian_vector = fuse_hessian_vector,
                                       .hessian = fuse_hessian,
                                       .initialise = fuse_initialise};
        el4ml_surface *surface = NULL;
        ck_assert_int_eq(el4ml_surface_new(&ops, &inner->info, &f, &surface, NULL), EL4ML_OK);
        bench b;
        bench_open(&b, surface, NULL);
        b.e.cancel = &f.cancel;
        f.cancel = left == 0;
        b.start[0] = 5;
        b.start[1] = -4;
        el4ml_minimise_result r;
        const el4ml_status status = el4ml_minimise(b.m, b.start, b.x, &r);
        done = status == EL4ML_OK; /* the fuse was longer than the way */
        if (!done) ck_assert_int_eq(status, EL4ML_INTERRUPTED);
        f.cancel = false; /* and the minimiser is as good as new */
        f.left = 1 << 30;
        ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_OK);
        ck_assert_double_le(r.value, 1e-12);
        bench_close(&b);
    }
    ck_assert_int_ge(interrupted, 8);
    el4ml_surface_free(inner);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {clusters,
                                  networks,
                                  functions,
                                  start_and_result_in_one_array,
                                  every_option_gives_the_same_minimum,
                                  options_out_of_range_are_refused,
                                  a_value_that_is_no_number,
                                  no_lower_bound,
                                  a_slope_that_flattens,
                                  a_flat_minimum,
                                  cancelled};
    return RUN_SUITE("minimise", tests);
}
