/* Every minimiser: the same promises from any start, the same minima of a landscape that is small enough to
 * be searched well, the same tables for any number of threads. */
#include "minimise_help.h"
#include "run_samples.h"

static const char *const names[] = {"newton-lbfgs", "lbfgs", "conjugate-gradient", "adam",
                                    "sgd",          "sam",   "entropy-sgd"};

/* ---- Hard surfaces ---- */

/* Rosenbrock, Comput. J. 3, 175 (1960). */
static void rosenbrock(double x, double y, double *jet)
{
    const double r = y - x * x, values[6] = {100 * r * r + (1 - x) * (1 - x),
                                             -400 * x * r - 2 * (1 - x),
                                             200 * r,
                                             1200 * x * x - 400 * y + 2,
                                             -400 * x,
                                             200};
    memcpy(jet, values, sizeof values);
}

/* A valley 1e5 times as stiff across as along, at 45 degrees to the axes. */
static void valley(double x, double y, double *jet)
{
    const double a = x + y - 1, b = x - y, stiff = 1e5,
                 values[6] = {stiff * a * a + b * b + b * b * b * b,
                              2 * stiff * a + 2 * b + 4 * b * b * b,
                              2 * stiff * a - 2 * b - 4 * b * b * b,
                              2 * stiff + 2 + 12 * b * b,
                              2 * stiff - 2 - 12 * b * b,
                              2 * stiff + 2 + 12 * b * b};
    memcpy(jet, values, sizeof values);
}

/* exp(20 (|x|^2 - 1)) + (x - 0.9)^2: walls so steep that the gradient spans nine decades. */
static void walls(double x, double y, double *jet)
{
    const double e = exp(20 * (x * x + y * y - 1)), c = 40 * e, d = 1600 * e;
    const double values[6] = {
        e + (x - 0.9) * (x - 0.9), c * x + 2 * (x - 0.9), c * y, c + d * x * x + 2, d * x * y, c + d * y * y};
    memcpy(jet, values, sizeof values);
}

/* The chained Rosenbrock function, n = 20 (Toint 1978): sum 100 (x_i+1 - x_i^2)^2 + (1 - x_i)^2. */
enum { CHAIN = 20 };

static el4ml_status chain_value_gradient(const void *self, void *work, const double *x, double *value,
                                         double *gradient)
{
    (void)self;
    (void)work;
    double sum = 0, g[CHAIN] = {0};
    for (int i = 0; i + 1 < CHAIN; i++) {
        double jet[6];
        rosenbrock(x[i], x[i + 1], jet);
        sum += jet[0];
        g[i] += jet[1];
        g[i + 1] += jet[2];
    }
    *value = sum;
    if (gradient) memcpy(gradient, g, sizeof g);
    return EL4ML_OK;
}

static el4ml_status chain_hessian(const void *self, void *work, const double *x, double *h)
{
    (void)self;
    (void)work;
    memset(h, 0, CHAIN * CHAIN * sizeof *h);
    for (int i = 0; i + 1 < CHAIN; i++) {
        double jet[6];
        rosenbrock(x[i], x[i + 1], jet);
        h[i * CHAIN + i] += jet[3];
        h[i * CHAIN + i + 1] = h[(i + 1) * CHAIN + i] = jet[4];
        h[(i + 1) * CHAIN + i + 1] += jet[5];
    }
    return EL4ML_OK;
}

static el4ml_status chain_hessian_vector(const void *self, void *work, const double *x, size_t count,
                                         const double *v, double *hv)
{
    double h[CHAIN * CHAIN];
    chain_hessian(self, work, x, h);
    for (size_t k = 0; k < count; k++)
        el4ml_symmetric_product(CHAIN, h, v + k * CHAIN, hv + k * CHAIN);
    return EL4ML_OK;
}

static void chain_initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)self;
    (void)work;
    for (int i = 0; i < CHAIN; i++)
        x[i] = 4 * el4ml_random_uniform(random) - 2;
}

static el4ml_surface *chain_surface(void)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "chain",
                                   .value_gradient = chain_value_gradient,
                                   .hessian_vector = chain_hessian_vector,
                                   .hessian = chain_hessian,
                                   .initialise = chain_initialise};
    const el4ml_surface_info info = {.dimension = CHAIN, .second_derivatives = true};
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, NULL, &s, NULL), EL4ML_OK);
    return s;
}

/* ---- Promises ---- */

/* Minimise from random starts; every energy is at least `lowest`. */
static void check_method(int method, el4ml_surface *surface, uint64_t starts, double lowest)
{
    const el4ml_minimise_options options = options_of(method);
    bench b;
    bench_open(&b, surface, &options);
    for (uint64_t job = 0; job < starts; job++) {
        bench_start(&b, job);
        el4ml_minimiser_random(b.m, el4ml_random_new(3, 1, job));
        ck_assert_double_ge(check_minimisation(&b), lowest - 1e-6);
    }
    bench_close(&b);
}

static el4ml_surface *regression_surface(void)
{
    el4ml_dataset data = fixture_data(4, 90, 3, 0, 2);
    const size_t hidden[] = {3, 3};
    const el4ml_mlp_options o = fixture_options(EL4ML_SILU, EL4ML_MSE, 1e-3, 2, hidden);
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_mlp_new(&o, &data, &s, NULL), EL4ML_OK);
    fixture_free(&data);
    return s;
}

START_TEST(networks)
{
    for (int method = 0; method < METHODS; method++) {
        check_method(method, iris_surface(5, EL4ML_TANH, 1e-3), 4, 0.089856);
        check_method(method, iris_surface(4, EL4ML_SOFTPLUS, 1e-4), 3, 0);
        check_method(method, iris_surface(3, EL4ML_GELU, 1e-3), 3, 0);
        check_method(method, regression_surface(), 4, 0);
    }
}
END_TEST

/* Two atoms that nearly touch at the start have gradients of 1e10 and more. */
START_TEST(clusters)
{
    for (int method = 0; method < METHODS; method++) {
        check_method(method, cluster_surface(2), 3, -1);
        check_method(method, cluster_surface(7), 30, -16.505384);
        check_method(method, cluster_surface(13), 20, -44.326801);
    }
}
END_TEST

START_TEST(functions)
{
    for (int method = 0; method < METHODS; method++) {
        check_method(method, function_surface("himmelblau"), 20, 0);
        check_method(method, function_surface("mueller-brown"), 20, -146.699518);
        check_method(method, function_surface("six-hump-camel"), 20, -1.0316285);
        check_method(method, function_surface("schwefel"), 20, -1e9);
    }
}
END_TEST

START_TEST(hard_functions)
{
    static const plane_function hard[] = {rosenbrock, valley, walls};
    for (int method = 0; method < METHODS; method++) {
        for (int k = 0; k < 3; k++) {
            plane p = {.evaluate = hard[k], .low = {-2, -2}, .high = {2, 2}};
            check_method(method, plane_surface(&p, 1), 20, 0);
        }
        check_method(method, chain_surface(), 3, 0);
    }
}
END_TEST

/* A surface without second derivatives is left to first-order methods alone. */
START_TEST(a_kinked_net)
{
    for (int method = 0; method < METHODS; method++) {
        el4ml_minimise_options options = options_of(method);
        options.max_evaluations = 1000;
        bench b;
        bench_open(&b, iris_surface(4, EL4ML_RELU, 1e-3), &options);
        for (uint64_t job = 0; job < 3; job++) {
            double before;
            el4ml_minimise_result r;
            bench_start(&b, job);
            ck_assert_int_eq(el4ml_value_gradient(&b.e, b.start, &before, b.g), EL4ML_OK);
            const el4ml_status status = el4ml_minimise(b.m, b.start, b.x, &r);
            ck_assert(status == EL4ML_OK || status == EL4ML_NOT_CONVERGED);
            ck_assert_double_lt(r.value, 0.5 * before);
        }
        ck_assert_uint_eq(b.e.cost.hessians + b.e.cost.hessian_products, 0);
        bench_close(&b);
    }
}
END_TEST

/* From a minimum on there is nothing to descend: another minimiser stays there. */
START_TEST(a_minimum_stays_one)
{
    for (int method = 0; method < METHODS; method++) {
        const el4ml_minimise_options options = options_of(method);
        bench b;
        el4ml_minimise_result r;
        bench_open(&b, iris_surface(5, EL4ML_TANH, 1e-3), &options);
        bench_start(&b, 1);
        check_minimisation(&b);
        el4ml_copy(b.n, b.x, b.start);
        ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_OK);
        ck_assert(memcmp(b.x, b.start, b.n * sizeof *b.x) == 0);
        ck_assert_uint_eq(r.evaluations, 1);
        bench_close(&b);
    }
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
    static const struct {
        el4ml_minimise_method method;
        double handover, rate, momentum, radius;
        uint64_t epochs;
        bool good;
    } cases[] = {
        {EL4ML_SAM, 0, 0, 0.9, 0.05, 1, true},
        {EL4ML_SGD, 1e-2, 0.5, 0, 0, 7, true},
        {EL4ML_ADAM, 0, 0, -1, 0, 1, true},
        {EL4ML_NEWTON_LBFGS, 0, -1, -1, -1, 0, true},
        {EL4ML_ADAM, -1, 0, 0.9, 0.05, 1, false},
        {EL4ML_LBFGS, NAN, 0, 0.9, 0.05, 1, false},
        {EL4ML_ADAM, 0, -0.1, 0.9, 0.05, 1, false},
        {EL4ML_SGD, 0, INFINITY, 0.9, 0.05, 1, false},
        {EL4ML_SGD, 0, 0, 1, 0.05, 1, false},
        {EL4ML_SGD, 0, 0, NAN, 0.05, 1, false},
        {EL4ML_SAM, 0, 0, 0.9, 0, 1, false},
        {EL4ML_SAM, 0, 0, 0.9, INFINITY, 1, false},
        {EL4ML_ADAM, 0, 0, 0.9, 0.05, 0, false},
        {EL4ML_ENTROPY_SGD, 0, 0, 0.9, 0.05, 1, false}, /* a walk of no steps */
        {(el4ml_minimise_method)7, 0, 0, 0.9, 0.05, 1, false},
        {EL4ML_CONJUGATE_GRADIENT, INFINITY, 0, 0.9, 0.05, 1, false},
    };
    el4ml_surface *surface = function_surface("himmelblau");
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        el4ml_minimise_options o = options_of((int)cases[k].method);
        o.handover = cases[k].handover;
        o.training = (el4ml_training_options){.learning_rate = cases[k].rate,
                                              .momentum = cases[k].momentum,
                                              .epochs = cases[k].epochs,
                                              .radius = cases[k].radius};
        el4ml_minimiser *m = NULL;
        el4ml_error error = {0};
        const el4ml_status status = el4ml_minimiser_new(&e, &o, &m, &error);
        ck_assert_msg((status == EL4ML_OK) == cases[k].good, "case %zu: %s", k, error.message);
        if (!cases[k].good) ck_assert(status == EL4ML_INVALID_ARGUMENT && error.message[0] && !m);
        el4ml_minimiser_free(m);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(allocations_that_fail)
{
    el4ml_surface *surface = iris_surface(3, EL4ML_TANH, 1e-3);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    for (int method = 0; method < METHODS; method++) {
        const el4ml_minimise_options options = options_of(method);
        size_t failed = 0;
        for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; failed++) {
            el4ml_minimiser *m = NULL;
            el4ml_fail_allocation_after(failed);
            status = el4ml_minimiser_new(&e, &options, &m, NULL);
            el4ml_fail_allocation_after(SIZE_MAX);
            ck_assert(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && !m));
            el4ml_minimiser_free(m);
        }
        ck_assert_uint_ge(failed, 7);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Whole landscapes ---- */

static el4ml_study study_with(int method, uint64_t steps)
{
    el4ml_study study = plain_study();
    study.minimiser = (el4ml_minimise_method)method;
    study.training = el4ml_minimise_options_default().training;
    if (method == EL4ML_ENTROPY_SGD) study.training.epochs = 15; /* walks, of 20 steps each */
    study.steps = steps;
    return study;
}

/* Basin-hopping with any minimiser finds `count` minima sooner or later and no other after that, at these
 * energies, proved. */
static void check_minima(const el4ml_surface *surface, const double *energies, size_t count)
{
    for (int method = 0; method < METHODS; method++) {
        el4ml_study study = study_with(method, 0);
        const char *folder = scratch_folder(names[method]);
        el4ml_landscape *l = open_run(folder, surface);
        const el4ml_run_options options = {.threads = 1};
        for (bool all = false; study.steps < 4000 && !all;) {
            bool time_up;
            all = el4ml_landscape_count(l, EL4ML_MINIMUM) >= count;
            study.steps += 64;
            ck_assert_int_eq(el4ml_run_explore(&study, surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
        }
        ck_assert_uint_eq(el4ml_landscape_totals(l)->explore_failures, 0);
        check_energies(l, EL4ML_MINIMUM, energies, count, 1e-6);
        check_all_proved(l);
        el4ml_landscape_close(l);
        remove_folder(folder);
    }
}

/* Wales, Energy Landscapes (2003): LJ7 has four minima. */
START_TEST(the_same_four_minima_of_lj7)
{
    static const double energies[] = {-16.505384, -15.935043, -15.593211, -15.533060};
    el4ml_surface *surface = cluster_surface(7);
    check_minima(surface, energies, 4);
    el4ml_surface_free(surface);
}
END_TEST

/* An exhaustive search with the default minimiser finds three minima of this net. */
START_TEST(the_same_three_minima_of_a_net)
{
    el4ml_surface *surface = iris_surface(5, EL4ML_TANH, 1e-3);
    el4ml_study study = study_with(EL4ML_NEWTON_LBFGS, 300);
    study.goal = EL4ML_EXHAUST;
    study.budget = 12;
    const char *folder = scratch_folder("net");
    el4ml_landscape *l = run_study(folder, &study, surface, 1);
    double energies[3];
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 3);
    for (size_t i = 0; i < 3; i++)
        energies[i] = el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point.energy;
    el4ml_landscape_close(l);
    remove_folder(folder);
    check_minima(surface, energies, 3);
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(threads_change_nothing)
{
    el4ml_surface *surface = iris_surface(4, EL4ML_TANH, 1e-4);
    for (int k = 0; k <= METHODS; k++) {
        el4ml_study study = study_with(k < METHODS ? k : EL4ML_SGD, 60);
        study.method = k < METHODS ? EL4ML_BASIN_HOPPING : EL4ML_RANDOM_STARTS;
        study.budget = 4;
        study.training.epochs = 20;
        el4ml_landscape *l[2];
        const char *folder[2];
        for (unsigned t = 0; t < 2; t++) {
            folder[t] = scratch_folder(t ? "three" : "one");
            l[t] = run_study(folder[t], &study, surface, t ? 3 : 1);
        }
        ck_assert_uint_gt(el4ml_landscape_count(l[0], EL4ML_MINIMUM), 1);
        check_same_tables(l[0], l[1], true);
        for (unsigned t = 0; t < 2; t++) {
            el4ml_landscape_close(l[t]);
            remove_folder(folder[t]);
        }
    }
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {networks,
                                  clusters,
                                  functions,
                                  hard_functions,
                                  a_kinked_net,
                                  a_minimum_stays_one,
                                  options_out_of_range_are_refused,
                                  allocations_that_fail,
                                  the_same_four_minima_of_lj7,
                                  the_same_three_minima_of_a_net,
                                  threads_change_nothing};
    return RUN_SUITE("minimisers", tests);
}
