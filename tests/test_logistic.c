/* Logistic and softmax regression: convex, so that a landscape is one minimum, held to Newton's method in
 * long double; and losses without a minimum, which are told from others. */
#include "run_help.h"
#include "surface_harness.h"

typedef long double real;

static el4ml_surface *regression(const el4ml_dataset *data, double l2, bool l2_biases)
{
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    const el4ml_logistic_options o = {.l2 = l2, .l2_biases = l2_biases};
    ck_assert_msg(el4ml_logistic_new(&o, data, &s, &error) == EL4ML_OK, "%s", error.message);
    return s;
}

/* ---- By definition ---- */

/* Scores a = W x + b of row i, from x = W (classes, d), b. */
static void scores(const el4ml_dataset *d, const double *x, size_t i, real *a)
{
    for (size_t c = 0; c < d->classes; c++) {
        a[c] = x[d->classes * d->inputs + c];
        for (size_t k = 0; k < d->inputs; k++)
            a[c] += (real)x[c * d->inputs + k] * d->x[i * d->inputs + k];
    }
}

/* V and its gradient. */
static real plain(const el4ml_dataset *d, double l2, bool l2_biases, const double *x, real *g)
{
    const size_t weights = d->classes * d->inputs, n = weights + d->classes;
    real value = 0, a[16];
    for (size_t i = 0; i < n; i++) {
        const bool counts = i < weights || l2_biases;
        value += counts ? l2 * (real)x[i] * x[i] : 0;
        g[i] = counts ? 2 * l2 * (real)x[i] : 0;
    }
    for (size_t i = 0; i < d->rows; i++) {
        real sum = 0;
        scores(d, x, i, a);
        for (size_t c = 0; c < d->classes; c++)
            sum += expl(a[c] - a[d->label[i]]);
        value += logl(sum) / (real)d->rows;
        for (size_t c = 0; c < d->classes; c++) {
            const real slope =
                (expl(a[c] - a[d->label[i]]) / sum - ((int32_t)c == d->label[i])) / (real)d->rows;
            for (size_t k = 0; k < d->inputs; k++)
                g[c * d->inputs + k] += slope * d->x[i * d->inputs + k];
            g[weights + c] += slope;
        }
    }
    return value;
}

/* y = A^-1 y, A (n, n) symmetric and positive definite, by Cholesky; A is overwritten. */
static void solve(size_t n, real *a, real *y)
{
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < j; k++)
            for (size_t i = j; i < n; i++)
                a[i * n + j] -= a[i * n + k] * a[j * n + k];
        const real root = sqrtl(a[j * n + j]);
        for (size_t i = j; i < n; i++)
            a[i * n + j] /= root;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            y[i] -= a[i * n + k] * y[k];
        y[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            y[i] -= a[k * n + i] * y[k];
        y[i] /= a[i * n + i];
    }
}

/* Of two classes with the log-odds w.x + b alone: Newton's method (iteratively reweighted least squares) for
 * mean ln(1 + exp(-+(w.x + b))) + lambda (|w|^2 + b^2); w (d + 1), b its last. Returns the least value. */
static real log_odds(const el4ml_dataset *d, real lambda, real *w)
{
    const size_t k = d->inputs, n = k + 1;
    real *h = fixture_memory(n * n, sizeof *h), *g = fixture_memory(n, sizeof *g), value = 0;
    for (int iteration = 0; iteration < 60; iteration++) {
        value = 0;
        for (size_t i = 0; i < n; i++) {
            g[i] = 2 * lambda * w[i];
            value += lambda * w[i] * w[i];
            for (size_t j = 0; j < n; j++)
                h[i * n + j] = i == j ? 2 * lambda : 0;
        }
        for (size_t row = 0; row < d->rows; row++) {
            real a = w[k], sign = d->label[row] ? 1 : -1;
            for (size_t i = 0; i < k; i++)
                a += w[i] * d->x[row * k + i];
            const real p = 1 / (1 + expl(-a)), pull = (p - (d->label[row] ? 1 : 0)) / (real)d->rows;
            value += log1pl(expl(-sign * a)) / (real)d->rows;
            for (size_t i = 0; i < n; i++) {
                const real xi = i < k ? d->x[row * k + i] : 1;
                g[i] += pull * xi;
                for (size_t j = 0; j < n; j++)
                    h[i * n + j] += p * (1 - p) / (real)d->rows * xi * (j < k ? d->x[row * k + j] : 1);
            }
        }
        solve(n, h, g);
        for (size_t i = 0; i < n; i++)
            w[i] -= g[i];
    }
    free(h);
    free(g);
    return value;
}

/* ---- One minimum ---- */

static el4ml_dataset two_classes(uint64_t seed, size_t rows, size_t inputs)
{
    el4ml_dataset d = fixture_data(seed, rows, inputs, 2, 0);
    for (size_t i = 0; i < rows; i++)
        if (d.x[i * inputs] > 0.3) d.label[i] = 1; /* classes that can be learned, but overlap */
    return d;
}

/* Starts everywhere end in the one minimum, of zero gradient by definition; nothing else is found around. */
static void check_one_minimum(const el4ml_dataset *data, double l2, bool l2_biases)
{
    el4ml_surface *s = regression(data, l2, l2_biases);
    el4ml_study study = plain_study();
    study.steps = 60;
    study.step = 20;
    study.goal = EL4ML_EXHAUST;
    study.unseen = 0.1;
    study.budget = 60;
    const char *folder = scratch_folder("logistic");
    el4ml_landscape *l = run_study(folder, &study, s, 2);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 1);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_TRANSITION_STATE), 0);
    ck_assert(summary_of(l, &study).goal_reached);
    const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, 0);
    ck_assert_int_eq(r->hits, 60);
    ck_assert_uint_eq(el4ml_landscape_totals(l)->runaways, 0);
    ck_assert(r->point.log_multiplicity == 0);
    check_all_proved(l);
    real *g = fixture_memory(s->info.dimension, sizeof *g);
    const real value = plain(data, l2, l2_biases, r->point.x, g);
    ck_assert_double_eq_tol(r->point.energy, (double)value, 1e-13);
    for (size_t i = 0; i < s->info.dimension; i++)
        ck_assert_double_le(fabs((double)g[i]), 1e-8);
    free(g);
    check_verification(folder, s, l);
    remove_folder(folder);
    el4ml_surface_free(s);
}

START_TEST(landscapes)
{
    el4ml_dataset iris = fixture_iris(), pair = two_classes(3, 90, 5), noise = fixture_data(4, 120, 3, 6, 0);
    const el4ml_dataset *sets[] = {&iris, &pair, &noise};
    const double l2[] = {1e-3, 1e-6, 0.3};
    for (size_t k = 0; k < 3; k++)
        check_one_minimum(sets[_i], l2[k], k != 1);
    if (_i > 0) check_one_minimum(sets[_i], 0, true); /* overlapping classes need no L2 term */
    fixture_free(&iris);
    fixture_free(&pair);
    fixture_free(&noise);
}
END_TEST

/* Two outputs with an L2 term are one log-odds with half of it: W_1 - W_0 = w, W_1 + W_0 = 0. */
START_TEST(two_outputs_are_log_odds)
{
    el4ml_dataset d = two_classes(5, 80, 4);
    const double l2 = 1e-2;
    real w[5] = {0};
    const real value = log_odds(&d, l2 / 2, w);
    el4ml_surface *s = regression(&d, l2, true);
    el4ml_searcher *searcher = new_searcher(s, NULL);
    double x[10] = {0};
    size_t known;
    el4ml_stationary point = {.x = x};
    ck_assert_uint_eq(s->info.dimension, 10);
    ck_assert_int_eq(el4ml_search_proved_minimum(searcher, x, &point, &known), EL4ML_OK);
    ck_assert_double_eq_tol(point.energy, (double)value, 1e-14);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(x[4 + i] - x[i], (double)w[i], 1e-8);
        ck_assert_double_eq_tol(x[4 + i] + x[i], 0, 1e-8);
    }
    ck_assert_double_eq_tol(x[9] - x[8], (double)w[4], 1e-8);
    el4ml_searcher_free(searcher);
    el4ml_surface_free(s);
    fixture_free(&d);
}
END_TEST

/* One output is the log-odds itself, held by all of the L2 term; without any there is no zero mode. */
START_TEST(one_output_is_the_log_odds)
{
    el4ml_dataset d = two_classes(5, 80, 4);
    const double l2 = _i ? 0 : 1e-2;
    real w[5] = {0};
    const real value = log_odds(&d, l2, w);
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    const el4ml_logistic_options o = {.l2 = l2, .l2_biases = true, .logits = 1};
    ck_assert_msg(el4ml_logistic_new(&o, &d, &s, &error) == EL4ML_OK, "%s", error.message);
    el4ml_searcher *searcher = new_searcher(s, NULL);
    double x[5] = {0};
    size_t known;
    el4ml_stationary point = {.x = x};
    ck_assert_uint_eq(s->info.dimension, 5);
    ck_assert_uint_eq(s->info.max_zero_modes, 0);
    ck_assert_int_eq(el4ml_search_proved_minimum(searcher, x, &point, &known), EL4ML_OK);
    ck_assert_double_eq_tol(point.energy, (double)value, 1e-14);
    for (size_t i = 0; i < 5; i++)
        ck_assert_double_eq_tol(x[i], (double)w[i], 1e-7);
    el4ml_searcher_free(searcher);
    el4ml_surface_free(s);
    fixture_free(&d);
    d = fixture_data(6, 70, 4, 3, 0); /* three classes have no one log-odds */
    ck_assert_int_eq(el4ml_logistic_new(&o, &d, &s, &error), EL4ML_BAD_INPUT);
    fixture_free(&d);
}
END_TEST

START_TEST(derivatives)
{
    el4ml_dataset d = fixture_data(6, 70, 4, 3, 0);
    el4ml_surface *s = regression(&d, _i ? 1e-2 : 0, _i == 2);
    harness_surface(s, 3, 2);
    harness h = harness_new(s, 1);
    el4ml_initialise(&h.e, &h.random, h.x);
    double *x = new_vector(h.n), *gradient = new_vector(h.n);
    real *g = fixture_memory(h.n, sizeof *g);
    fixture_normal(&h.random, h.n, 1, x);
    const double value = harness_value(&h, x, gradient);
    ck_assert_double_eq_tol(value, (double)plain(&d, _i ? 1e-2 : 0, _i == 2, x, g), 1e-14);
    for (size_t i = 0; i < h.n; i++)
        ck_assert_double_eq_tol(gradient[i], (double)g[i], 1e-14);
    /* without an L2 term all columns of W and b shift for nothing; without one on b only that */
    ck_assert_uint_eq(el4ml_zero_modes(&h.e, x, NULL), _i == 0 ? 5 : _i == 1 ? 1 : 0);
    free(g);
    el4ml_release(x);
    el4ml_release(gradient);
    harness_free(&h);
    el4ml_surface_free(s);
    fixture_free(&d);
}
END_TEST

/* ---- No minimum ---- */

/* Complete separation: by a plane; without an L2 term V is as small as one likes, and never 0. Quasi-complete
 * separation: one class of three is told apart, and the others overlap; V falls towards that of those two. */
static el4ml_dataset separated(bool completely)
{
    el4ml_dataset d = fixture_data(7, 60, 2, 3, 0);
    for (size_t i = 0; i < 60; i++) {
        d.label[i] = completely ? (int32_t)(i % 3) : i < 30 ? 0 : (int32_t)(1 + i % 2);
        if (completely)
            d.x[2 * i + (i % 3 == 2)] += i % 3 == 0 ? -9 : 9;
        else
            d.x[2 * i] += i < 30 ? -9 : 9;
    }
    return d;
}

START_TEST(separation)
{
    el4ml_dataset d = separated(_i == 0);
    el4ml_data data = {.train = d};
    for (size_t with_l2 = 0; with_l2 < 2; with_l2++) {
        el4ml_surface *s = regression(&d, with_l2 ? 1e-5 : 0, true);
        el4ml_study study = plain_study();
        study.kind = EL4ML_KIND_LOGISTIC;
        study.logistic = (el4ml_logistic_options){.l2 = with_l2 ? 1e-5 : 0, .l2_biases = true};
        study.steps = with_l2 ? 300 : 20000;
        study.method = _i ? EL4ML_RANDOM_STARTS : EL4ML_BASIN_HOPPING;
        const char *folder = scratch_folder("separation");
        el4ml_landscape *l = open_run(folder, s);
        const el4ml_run_options options = {.threads = 1};
        bool time_up;
        ck_assert_int_eq(el4ml_run_explore(&study, s, &data, l, &options, &time_up, NULL), EL4ML_OK);
        const el4ml_totals *t = el4ml_landscape_totals(l);
        const char *why = el4ml_landscape_meta(l, "no_minimum");
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), with_l2);
        if (with_l2) {
            ck_assert_uint_eq(t->explore_runs, 300);
            ck_assert_uint_eq(t->runaways + t->explore_failures, 0);
            ck_assert_ptr_null(why);
        } else {
            ck_assert_uint_ge(100 * t->runaways, 99 * t->explore_runs); /* recognised ... */
            ck_assert_uint_lt(t->explore_runs, 2000);                   /* ... and soon given up */
            ck_assert_ptr_nonnull(why);
            ck_assert_ptr_nonnull(strstr(why, "l2 = 0"));
            ck_assert((strstr(why, "told apart without error") != NULL) == (_i == 0));
            const uint64_t runs = t->explore_runs; /* asked again, it does not begin anew */
            ck_assert_int_eq(el4ml_run_explore(&study, s, &data, l, &options, &time_up, NULL), EL4ML_OK);
            ck_assert_uint_eq(t->explore_runs, runs);
        }
        el4ml_landscape_close(l);
        remove_folder(folder);
        el4ml_surface_free(s);
    }
    fixture_free(&d);
}
END_TEST

/* A net that learns its rows by heart. */
START_TEST(net_without_l2)
{
    el4ml_surface *s = iris_surface(5, EL4ML_TANH, 0);
    el4ml_dataset iris = fixture_iris();
    el4ml_data data = {.train = iris};
    el4ml_study study = plain_study();
    study.mlp = el4ml_mlp_options_default();
    study.steps = 20000;
    study.method = EL4ML_RANDOM_STARTS;
    const char *folder = scratch_folder("net");
    el4ml_landscape *l = open_run(folder, s);
    const el4ml_run_options options = {.threads = 2};
    bool time_up;
    ck_assert_int_eq(el4ml_run_explore(&study, s, &data, l, &options, &time_up, NULL), EL4ML_OK);
    const el4ml_totals *t = el4ml_landscape_totals(l);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 0);
    ck_assert_uint_lt(t->explore_runs, 2000);
    ck_assert_uint_ge(10 * t->runaways, 9 * t->explore_runs);
    ck_assert_double_lt(t->lowest_runaway, 1e-6);
    ck_assert_ptr_nonnull(strstr(el4ml_landscape_meta(l, "no_minimum"), "told apart without error"));
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(s);
    fixture_free(&iris);
}
END_TEST

/* ---- Made-up surfaces with and without a minimum ---- */

static void slope(double x, double y, double *jet) /* x + y^2 */
{
    const double all[6] = {x + y * y, 1, 2 * y, 0, 0, 2};
    memcpy(jet, all, sizeof all);
}

static void decay(double x, double y, double *jet) /* exp(-x) + y^2 */
{
    const double e = exp(-x), all[6] = {e + y * y, -e, 2 * y, e, 0, 2};
    memcpy(jet, all, sizeof all);
}

static void trough(double x, double y, double *jet) /* y^2: flat for ever, but it does not fall */
{
    const double all[6] = {y * y + 0 * x, 0, 2 * y, 0, 0, 2};
    memcpy(jet, all, sizeof all);
}

static void far_bowl(double x, double y, double *jet) /* ln(1 + (x - 300)^2) + y^2 */
{
    const double u = x - 300, q = 1 + u * u;
    const double all[6] = {log(q) + y * y, 2 * u / q, 2 * y, 2 * (1 - u * u) / (q * q), 0, 2};
    memcpy(jet, all, sizeof all);
}

START_TEST(made_up)
{
    static const struct {
        plane_function f;
        el4ml_status status;
    } made[] = {{slope, EL4ML_UNBOUNDED},
                {decay, EL4ML_UNBOUNDED},
                {trough, EL4ML_NOT_CONVERGED},
                {far_bowl, EL4ML_OK}};
    plane p = {made[_i].f, {-2, -2}, {9, 2}};
    el4ml_surface *s = plane_surface(&p, 1);
    el4ml_searcher *searcher = new_searcher(s, NULL);
    for (uint64_t job = 0; job < 10; job++) {
        el4ml_random random = el4ml_random_new(1, 5, job);
        double x[2];
        size_t known;
        el4ml_stationary point = {.x = x};
        el4ml_initialise(el4ml_searcher_evaluator(searcher), &random, x);
        ck_assert_int_eq(el4ml_search_proved_minimum(searcher, x, &point, &known), made[_i].status);
    }
    el4ml_searcher_free(searcher);
    el4ml_surface_free(s);
}
END_TEST

/* Surfaces that have minima everywhere: failures, if any, are never called runaways. */
START_TEST(no_false_alarm)
{
    el4ml_surface *surfaces[4] = {cluster_surface(7), function_surface("schwefel"),
                                  function_surface("mueller-brown"), iris_surface(4, EL4ML_SOFTPLUS, 1e-4)};
    for (int k = 0; k < 4; k++) {
        el4ml_study study = plain_study();
        study.steps = 150;
        study.step = k == 0 ? 4 : 2; /* atoms are lost now and then, steps lead out of the box */
        const char *folder = scratch_folder("alarm");
        el4ml_landscape *l = open_run(folder, surfaces[k]);
        const el4ml_run_options options = {.threads = 2};
        bool time_up;
        ck_assert_int_eq(el4ml_run_explore(&study, surfaces[k], NULL, l, &options, &time_up, NULL), EL4ML_OK);
        ck_assert_uint_eq(el4ml_landscape_totals(l)->runaways, 0);
        ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_MINIMUM), 2);
        el4ml_landscape_close(l);
        remove_folder(folder);
        el4ml_surface_free(surfaces[k]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logistic");
    TCase *tests = tcase_create("logistic");
    tcase_add_loop_test(tests, derivatives, 0, 3);
    tcase_add_loop_test(tests, landscapes, 0, 3);
    tcase_add_test(tests, two_outputs_are_log_odds);
    tcase_add_loop_test(tests, one_output_is_the_log_odds, 0, 2);
    tcase_add_loop_test(tests, separation, 0, 2);
    tcase_add_test(tests, net_without_l2);
    tcase_add_loop_test(tests, made_up, 0, 4);
    tcase_add_test(tests, no_false_alarm);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
