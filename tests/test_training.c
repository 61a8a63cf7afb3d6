/* What training does, step by step: mini-batches that are partitions of the rows, the published formulas of
 * Adam, momentum and sharpness-aware minimisation computed a second time. */
#include "explore/walker.h"
#include "minimise_help.h"
#include "mlp_net.h"

/* ---- Mini-batches of the perceptron ---- */

/* V over some rows is V of a surface that has these rows and no others, on every kernel set. */
static void check_batch(net *t, size_t count, const size_t *rows, const double *x)
{
    el4ml_dataset some = t->data;
    some.rows = count;
    some.x = fixture_doubles(count * some.inputs);
    some.y = fixture_doubles(count * some.targets);
    some.label = fixture_memory(count, sizeof *some.label);
    for (size_t i = 0; i < count; i++) {
        memcpy(some.x + i * some.inputs, t->data.x + rows[i] * some.inputs, some.inputs * sizeof(double));
        if (some.targets > 0)
            memcpy(some.y + i * some.targets, t->data.y + rows[i] * some.targets,
                   some.targets * sizeof(double));
        some.label[i] = t->data.label[rows[i]];
    }
    const reference r = reference_new(&t->options, &some);
    real *wide = widen(t->n, x), *expected = fixture_memory(t->n, sizeof *expected);
    const real value = reference_gradient(&r, wide, expected);
    double *g = fixture_doubles(t->n), scale = 1;
    for (size_t i = 0; i < t->n; i++)
        scale += fabs((double)expected[i]);
    for (size_t k = 0; k < t->sets; k++) {
        double at;
        ck_assert_int_eq(el4ml_batch_value_gradient(&t->e[k], x, count, rows, &at, g), EL4ML_OK);
        ck_assert_double_eq_tol(at, (double)value, 1e-13 * (1 + fabs((double)value)));
        for (size_t i = 0; i < t->n; i++)
            ck_assert_msg(fabs(g[i] - (double)expected[i]) <= 1e-13 * scale, "%s: %zu rows: g[%zu]",
                          name(t, k), count, i);
    }
    free(g);
    free(wide);
    free(expected);
    fixture_free(&some);
}

/* Fewer rows than a vector holds, whole blocks, several blocks, the same row twice. */
START_TEST(a_batch_is_a_surface_of_its_rows)
{
    static const size_t counts[] = {1, 2, 7, 8, 9, 64, 600, 1300};
    for (int l = 0; l < 2; l++) {
        net *t = net_new(&(shape){1300, 5, 3, 2, {6, 4}}, l ? EL4ML_GELU : EL4ML_TANH,
                         l ? EL4ML_MSE : EL4ML_CROSS_ENTROPY, 1e-2, l == 0);
        double *x = fixture_doubles(t->n);
        size_t *rows = fixture_memory(1300, sizeof *rows);
        el4ml_random random = el4ml_random_new(8, 1, (uint64_t)l);
        fixture_normal(&random, t->n, 0.5, x);
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            for (size_t i = 0; i < 1300; i++)
                rows[i] = k == 4 ? (size_t)el4ml_random_below(&random, 1300) : i;
            if (k != 4) el4ml_random_shuffle(&random, 1300, rows);
            check_batch(t, counts[k], rows, x);
        }
        const size_t first = 0;
        double value;
        x[3] = NAN;
        ck_assert_int_eq(el4ml_batch_value_gradient(&t->e[0], x, 1, &first, &value, x), EL4ML_NUMERICAL);
        free(x);
        free(rows);
        net_free(t);
    }
}
END_TEST

START_TEST(no_batches_without_rows)
{
    el4ml_surface *surface = function_surface("himmelblau"), *made = NULL;
    el4ml_evaluator e;
    double x[2] = {0}, value;
    const size_t row = 0;
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    ck_assert_uint_eq(surface->info.rows, 0);
    ck_assert_int_eq(el4ml_batch_value_gradient(&e, x, 1, &row, &value, x), EL4ML_NOT_SUPPORTED);
    el4ml_surface *some = iris_surface(2, EL4ML_TANH, 1e-3);
    el4ml_surface_info info = some->info;
    info.rows = 0;
    ck_assert_int_eq(el4ml_surface_new(&some->ops, &info, NULL, &made, NULL), EL4ML_INVALID_ARGUMENT);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
    el4ml_surface_free(some);
}
END_TEST

/* ---- A surface that keeps a record of what it is asked ---- */

enum { ROWS = 150, ASKED = 6000 };

typedef struct spy {
    el4ml_surface *inner;
    void *work;
    size_t n, calls, rows[ASKED], taken; /* all rows asked for, one after another */
    size_t count[ASKED];                 /* (calls) of each batch; 0: all rows */
    double *x, *g;                       /* (calls, n) */
} spy;

static void note(spy *s, const double *x, const double *g, size_t count)
{
    if (s->calls >= ASKED) return;
    el4ml_copy(s->n, x, s->x + s->calls * s->n);
    if (g) el4ml_copy(s->n, g, s->g + s->calls * s->n);
    s->count[s->calls++] = count;
}

static el4ml_status spy_value_gradient(const void *self, void *work, const double *x, double *value,
                                       double *gradient)
{
    spy *s = (spy *)(uintptr_t)self;
    (void)work;
    const el4ml_status status = s->inner->ops.value_gradient(s->inner->self, s->work, x, value, gradient);
    note(s, x, gradient, 0);
    return status;
}

static el4ml_status spy_batch(const void *self, void *work, const double *x, size_t count, const size_t *rows,
                              double *value, double *gradient)
{
    spy *s = (spy *)(uintptr_t)self;
    (void)work;
    for (size_t i = 0; i < count && s->taken < ASKED; i++)
        s->rows[s->taken++] = rows[i];
    const el4ml_status status =
        s->inner->ops.batch_value_gradient(s->inner->self, s->work, x, count, rows, value, gradient);
    note(s, x, gradient, count);
    return status;
}

static el4ml_status spy_hessian_vector(const void *self, void *work, const double *x, size_t count,
                                       const double *v, double *hv)
{
    const spy *s = self;
    (void)work;
    return s->inner->ops.hessian_vector(s->inner->self, s->work, x, count, v, hv);
}

static el4ml_status spy_hessian(const void *self, void *work, const double *x, double *h)
{
    const spy *s = self;
    (void)work;
    return s->inner->ops.hessian(s->inner->self, s->work, x, h);
}

static void spy_initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    const spy *s = self;
    (void)work;
    s->inner->ops.initialise(s->inner->self, s->work, random, x);
}

/* `inner` becomes the spy's. */
static spy *spy_new(el4ml_surface *inner)
{
    spy *s = fixture_memory(1, sizeof *s);
    s->inner = inner;
    s->n = inner->info.dimension;
    s->work = inner->ops.workspace_new ? inner->ops.workspace_new(inner->self) : NULL;
    s->x = fixture_doubles(ASKED * s->n);
    s->g = fixture_doubles(ASKED * s->n);
    return s;
}

static void spy_free(spy *s)
{
    if (s->work) s->inner->ops.workspace_free(s->work);
    el4ml_surface_free(s->inner);
    free(s->x);
    free(s->g);
    free(s);
}

static el4ml_surface *spy_surface(spy *s)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "spy",
                                   .value_gradient = spy_value_gradient,
                                   .batch_value_gradient =
                                       s->inner->ops.batch_value_gradient ? spy_batch : NULL,
                                   .hessian_vector = spy_hessian_vector,
                                   .hessian = spy_hessian,
                                   .initialise = spy_initialise};
    el4ml_surface *surface = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &s->inner->info, s, &surface, NULL), EL4ML_OK);
    return surface;
}

/* Minimise from start number 1 and record; the batches are keyed by `job`. */
static void record(spy *s, const el4ml_minimise_options *options, uint64_t job)
{
    bench b;
    bench_open(&b, spy_surface(s), options);
    bench_start(&b, 1);
    s->calls = s->taken = 0;
    el4ml_minimise_result r;
    el4ml_minimiser_random(b.m, el4ml_random_new(7, 1, job));
    ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_OK);
    bench_close(&b);
}

static el4ml_minimise_options training_options(el4ml_minimise_method method, size_t batch, uint64_t epochs)
{
    el4ml_minimise_options o = el4ml_minimise_options_default();
    o.method = method;
    o.handover = 1e-12; /* the epochs end it */
    o.training.batch_size = batch;
    o.training.epochs = epochs;
    return o;
}

/* Every epoch asks for each row once, in an order of its own; the same job in the same order, another in
 * another. */
START_TEST(epochs_are_partitions)
{
    enum { EPOCHS = 5 };
    const el4ml_minimise_options o = training_options(EL4ML_SGD, 32, EPOCHS);
    spy *first = spy_new(iris_surface(3, EL4ML_TANH, 1e-3)),
        *again = spy_new(iris_surface(3, EL4ML_TANH, 1e-3));
    record(first, &o, 4);
    ck_assert_uint_eq(first->taken, EPOCHS * ROWS);
    static const size_t sizes[] = {32, 32, 32, 32, 22};
    for (size_t k = 0; k < 5 * EPOCHS; k++) /* the start comes first, all rows */
        ck_assert_uint_eq(first->count[k + 1], sizes[k % 5]);
    for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
        bool seen[ROWS] = {false};
        const size_t *rows = first->rows + epoch * ROWS;
        for (size_t i = 0; i < ROWS; i++) {
            ck_assert(rows[i] < ROWS && !seen[rows[i]]);
            seen[rows[i]] = true;
        }
        if (epoch > 0) ck_assert(memcmp(rows, rows - ROWS, ROWS * sizeof *rows) != 0);
    }
    record(again, &o, 4);
    ck_assert(memcmp(first->rows, again->rows, sizeof first->rows) == 0);
    record(again, &o, 5);
    ck_assert(memcmp(first->rows, again->rows, sizeof first->rows) != 0);
    spy_free(first);
    spy_free(again);
}
END_TEST

static el4ml_status ignore(void *context, el4ml_status status, const el4ml_stationary *point, size_t known)
{
    (void)context;
    (void)point;
    (void)known;
    return status;
}

/* What exploring does: every job, of any walker, shuffles in its own way, and every time in the same. */
START_TEST(jobs_have_their_own_batches)
{
    enum { JOBS = 8 };
    el4ml_search_options options = el4ml_search_options_default();
    options.minimise = training_options(EL4ML_SGD, 32, 2);
    spy *s = spy_new(iris_surface(3, EL4ML_TANH, 1e-3));
    el4ml_surface *surface = spy_surface(s);
    el4ml_searcher *searcher = new_searcher(surface, &options);
    double *x = fixture_doubles(s->n), *trial = fixture_doubles(s->n);
    size_t(*orders)[ROWS] = fixture_memory(2 * JOBS, sizeof *orders);
    const el4ml_walk_options walk = {.seed = 1, .temperature = 1, .step = 1};
    for (size_t k = 0; k < 2 * JOBS; k++) { /* four of random starts and four of walkers, then all again */
        const size_t job = k % JOBS;
        el4ml_walker walker = {.number = job / 2 % 2, .jobs = job % 2, .step = 1};
        s->calls = s->taken = 0;
        const el4ml_status status =
            job < 4 ? el4ml_random_start(1, job, searcher, trial, ignore, NULL)
                    : el4ml_walker_step(&walker, &walk, searcher, NULL, x, trial, ignore, NULL);
        ck_assert_int_eq(status, EL4ML_OK);
        memcpy(orders[k], s->rows, sizeof orders[k]);
    }
    for (size_t k = 0; k < 2 * JOBS; k++)
        for (size_t l = 0; l < k; l++)
            ck_assert((memcmp(orders[k], orders[l], sizeof orders[k]) == 0) == (k == l + JOBS));
    free(x);
    free(trial);
    free(orders);
    el4ml_searcher_free(searcher);
    el4ml_surface_free(surface);
    spy_free(s);
}
END_TEST

/* ---- The steps, computed again ---- */

/* Is b what an independent computation makes of a? */
static void check_same(size_t n, const double *a, const double *b, size_t step)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs(a[i] - b[i]) <= 1e-13 * (1 + fabs(a[i])), "step %zu: x[%zu] = %.17g, not %.17g",
                      step, i, b[i], a[i]);
}

/* v = mu v + g, x = x - rate v; without data, plain gradient descent with momentum. */
START_TEST(momentum)
{
    for (int k = 0; k < 3; k++) {
        enum { STEPS = 12 };
        el4ml_minimise_options o = training_options(EL4ML_SGD, k == 1 ? 50 : 0, k == 1 ? STEPS / 3 : STEPS);
        o.training.learning_rate = k == 2 ? 1e-4 : 0.02;
        o.training.momentum = 0.8;
        spy *s = spy_new(k == 2 ? function_surface("himmelblau") : iris_surface(3, EL4ML_TANH, 1e-3));
        record(s, &o, 1);
        double *v = fixture_doubles(s->n), *x = fixture_doubles(s->n);
        el4ml_copy(s->n, s->x, x);
        for (size_t step = 1; step <= STEPS; step++) { /* call 0 was the start, call 1 is the first batch */
            check_same(s->n, x, s->x + step * s->n, step);
            for (size_t i = 0; i < s->n; i++) {
                v[i] = 0.8 * v[i] + s->g[step * s->n + i];
                x[i] -= o.training.learning_rate * v[i];
            }
        }
        check_same(s->n, x, s->x + (STEPS + 1) * s->n, STEPS + 1);
        ck_assert_uint_eq(s->count[STEPS + 1], 0); /* the finish: all rows */
        free(v);
        free(x);
        spy_free(s);
    }
}
END_TEST

/* Kingma and Ba's algorithm 1, in long double. */
START_TEST(adam)
{
    for (int k = 0; k < 2; k++) {
        enum { STEPS = 20 };
        const el4ml_minimise_options o = training_options(EL4ML_ADAM, k ? 75 : 0, k ? STEPS / 2 : STEPS);
        spy *s = spy_new(iris_surface(3, EL4ML_TANH, 1e-3));
        record(s, &o, 1);
        real *m = fixture_memory(s->n, sizeof *m), *v = fixture_memory(s->n, sizeof *v);
        double *x = fixture_doubles(s->n);
        el4ml_copy(s->n, s->x, x);
        for (size_t step = 1; step <= STEPS + 1; step++) {
            check_same(s->n, x, s->x + step * s->n, step);
            for (size_t i = 0; i < s->n; i++) {
                const real g = s->g[step * s->n + i];
                m[i] = 0.9L * m[i] + 0.1L * g;
                v[i] = 0.999L * v[i] + 0.001L * g * g;
                const real mean = m[i] / (1 - powl(0.9L, (real)step)),
                           square = v[i] / (1 - powl(0.999L, (real)step));
                x[i] = (double)(x[i] - 0.01L * mean / (sqrtl(square) + 1e-8L));
            }
        }
        free(m);
        free(v);
        free(x);
        spy_free(s);
    }
}
END_TEST

/* Each step looks at the same rows twice: at x, and uphill from there on the sphere; the second gradient is
 * the one that is followed. */
START_TEST(sharpness_aware)
{
    enum { STEPS = 9 };
    el4ml_minimise_options o = training_options(EL4ML_SAM, 50, STEPS / 3);
    o.training.learning_rate = 0.02;
    o.training.momentum = 0;
    o.training.radius = 0.1;
    spy *s = spy_new(iris_surface(3, EL4ML_TANH, 1e-3));
    record(s, &o, 1);
    const size_t n = s->n;
    double *x = fixture_doubles(n);
    el4ml_copy(n, s->x, x);
    for (size_t step = 0; step < STEPS; step++) {
        const double *at = s->x + (1 + 2 * step) * n, *g = s->g + (1 + 2 * step) * n, *up = at + n;
        check_same(n, x, at, step);
        ck_assert(memcmp(s->rows + 100 * step, s->rows + 100 * step + 50, 50 * sizeof *s->rows) == 0);
        for (size_t i = 0; i < n; i++)
            ck_assert_double_eq_tol(up[i] - at[i], 0.1 * g[i] / el4ml_norm(n, g), 1e-14);
        el4ml_axpy(n, -0.02, g + n, x);
    }
    free(x);
    spy_free(s);
}
END_TEST

/* Without noise: a walk tied to x, and every fifth step x goes to its mean. */
START_TEST(local_entropy)
{
    enum { STEPS = 10, WALK = 5 };
    el4ml_minimise_options o = training_options(EL4ML_ENTROPY_SGD, 50, STEPS / WALK);
    o.training.learning_rate = 0.02;
    o.training.walk = WALK;
    o.training.scope = 0.5;
    o.training.noise = 0;
    spy *s = spy_new(iris_surface(3, EL4ML_TANH, 1e-3));
    record(s, &o, 1);
    const size_t n = s->n;
    double *x = fixture_doubles(n), *y = fixture_doubles(n), *mean = fixture_doubles(n);
    el4ml_copy(n, s->x, x);
    for (size_t step = 0; step < STEPS; step++) {
        const double *g = s->g + (1 + step) * n;
        if (step % WALK == 0) {
            el4ml_copy(n, x, y);
            el4ml_copy(n, x, mean);
        }
        for (size_t i = 0; i < n; i++) {
            ck_assert_double_eq_tol(s->x[(1 + step) * n + i], y[i], 1e-13);
            y[i] -= 0.02 * (g[i] + 0.5 * (y[i] - x[i]));
            mean[i] = 0.75 * mean[i] + 0.25 * y[i];
        }
        if (step % WALK == WALK - 1) el4ml_copy(n, mean, x);
    }
    free(x);
    free(y);
    free(mean);
    spy_free(s);
}
END_TEST

/* A rate that is far too high is brought down: V ends no higher than it began, and the minimum is reached. */
START_TEST(a_rate_that_is_too_high)
{
    static const el4ml_minimise_method methods[] = {EL4ML_ADAM, EL4ML_SGD, EL4ML_SAM, EL4ML_ENTROPY_SGD};
    for (int k = 0; k < 8; k++) {
        el4ml_minimise_options o = training_options(methods[k / 2], 32, 40);
        o.training.learning_rate = k / 2 == 0 ? 30 : 1e4;
        bench b;
        bench_open(&b, k % 2 ? iris_surface(4, EL4ML_TANH, 1e-3) : function_surface("mueller-brown"), &o);
        for (uint64_t job = 0; job < 4; job++) {
            bench_start(&b, job);
            check_minimisation(&b);
        }
        bench_close(&b);
    }
}
END_TEST

static el4ml_status count_descent(void *context, const el4ml_iterate *i)
{
    *(size_t *)context += i->descent;
    return EL4ML_OK;
}

/* More epochs bring V further down before the finish; a handover that is reached ends them early. */
START_TEST(epochs_and_handover)
{
    bench b;
    el4ml_minimise_result r;
    uint64_t spent[3];
    for (int k = 0; k < 3; k++) {
        el4ml_minimise_options o = training_options(k == 0 ? EL4ML_SGD : EL4ML_ADAM, 32, k == 0 ? 10 : 200);
        if (k == 2) o.handover = 1e-2;
        bench_open(&b, iris_surface(4, EL4ML_TANH, 1e-3), &o);
        bench_start(&b, 1);
        size_t iterates = 0;
        el4ml_minimiser_observe(b.m, count_descent, &iterates);
        ck_assert_int_eq(el4ml_minimise(b.m, b.start, b.x, &r), EL4ML_OK);
        spent[k] = r.descent_evaluations;
        if (k < 2) ck_assert_uint_eq(iterates, (k == 0 ? 10 : 200) * 5); /* one for every batch */
        bench_close(&b);
    }
    ck_assert_uint_eq(spent[0], 10 + 2); /* the start, the epochs, and what the finish begins with */
    ck_assert_uint_eq(spent[1], 200 + 2);
    ck_assert_uint_lt(spent[2], 150);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_batch_is_a_surface_of_its_rows,
                                  no_batches_without_rows,
                                  epochs_are_partitions,
                                  jobs_have_their_own_batches,
                                  momentum,
                                  adam,
                                  sharpness_aware,
                                  local_entropy,
                                  a_rate_that_is_too_high,
                                  epochs_and_handover};
    return RUN_SUITE("training", tests);
}
