/* The Gaussian process: derivatives by the harness and against long double, the numbers of scikit-learn and
 * mpmath (tools/gp-reference), symmetry, priors, bounds, predictions, rounding. */
#include "gp_help.h"
#include "el4ml/predictions.h"
#include "surface_harness.h"

static const char *const kernels[] = {"se",     "matern12",      "matern32",           "matern52",       "rq",
                                      "matern", "se * matern12", "se + matern32 * rq", "matern + rq(x1)"};
enum { KERNELS = sizeof kernels / sizeof *kernels };

START_TEST(derivatives_are_exact)
{
    el4ml_gp_options o = gp_options(kernels[_i / 2], _i % 2);
    for (int c = 0; c < EL4ML_GP_CLASSES; c++) { /* where differences are of use */
        o.bounds[c][0] = 0.3;
        o.bounds[c][1] = 3;
        if (_i % 3 != 0) continue;
        o.prior[c][0] = 1.3;
        o.prior[c][1] = 0.8;
    }
    el4ml_dataset toy = gp_toy(21, 2);
    el4ml_surface *s = gp_surface(&o, &toy);
    harness_surface(s, (uint64_t)_i, 2);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

/* Value and gradient against another computation in long double, all over the box, down to the corners where
 * the covariance is nearly singular; and the estimate of the rounding error is one. */
START_TEST(values_equal_long_double)
{
    const el4ml_gp_options o = gp_options(kernels[_i / 2], _i % 2);
    el4ml_dataset toy = gp_toy(13, 2);
    el4ml_surface *s = gp_surface(&o, &toy);
    const el4ml_gp *g = el4ml_gp_of(s);
    const size_t n = s->info.dimension;
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    for (int k = 0; k < 6; k++) {
        double x[64], gradient[64], value;
        long double exact[64];
        el4ml_random random = el4ml_random_new(62, (uint64_t)_i, (uint64_t)k);
        el4ml_initialise(&e, &random, x);
        if (k == 5) x[n - 1] = log(1e-2);
        for (size_t p = 0; p < n; p++)
            exact[p] = x[p];
        ck_assert_int_eq(el4ml_value_gradient(&e, x, &value, gradient), EL4ML_OK);
        const double floor = el4ml_rounding_floor(&e, x);
        const long double expected = gp_likelihood(g, exact);
        ck_assert_double_le(fabs(value - (double)expected), 1e-12 * (1 + fabs(value)) + 100 * floor);
        double square = 0;
        for (size_t p = 0; p < n; p++) {
            const double off = gradient[p] - (double)gp_slope(g, x, p);
            square += off * off;
        }
        /* the differences themselves are good to 1e-12 or so */
        ck_assert_double_le(sqrt(square / (double)n), 30 * floor + 3e-12 * (1 + fabs(value)));
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

START_TEST(likelihoods_equal_scikit_learn)
{
    FILE *file = fopen(GP_DATA "likelihood.csv", "r");
    ck_assert_ptr_nonnull(file);
    el4ml_data *data = gp_diabetes(40);
    char line[2000], *f[64];
    size_t cases = 0, count;
    for (; (count = gp_fields(file, line, sizeof line, f, 64)) > 0; cases++) {
        const size_t n = (size_t)atoi(f[2]);
        ck_assert_uint_eq(count, 3 + n + 1 + n + 2);
        const el4ml_gp_options o = gp_options(f[0], atoi(f[1]));
        el4ml_surface *s = gp_surface(&o, &data->train);
        ck_assert_uint_eq(s->info.dimension, n);
        el4ml_evaluator e;
        ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
        double x[64], gradient[64], value, mean, variance;
        for (size_t p = 0; p < n; p++)
            x[p] = atof(f[3 + p]);
        ck_assert_int_eq(el4ml_value_gradient(&e, x, &value, gradient), EL4ML_OK);
        ck_assert_double_eq_tol(value, atof(f[3 + n]), 1e-10);
        for (size_t p = 0; p < n; p++)
            ck_assert_double_eq_tol(gradient[p], atof(f[4 + n + p]), 1e-9);
        const double point[2] = {0.3, -0.7};
        ck_assert_int_eq(el4ml_gp_predict(s, x, point, 1, &mean, &variance, NULL), EL4ML_OK);
        ck_assert_double_eq_tol(mean, atof(f[4 + 2 * n]), 1e-10);
        ck_assert_double_eq_tol(variance, atof(f[5 + 2 * n]), 1e-9);
        el4ml_evaluator_clear(&e);
        el4ml_surface_free(s);
    }
    ck_assert_uint_eq(cases, 27);
    fclose(file);
    el4ml_data_free(data);
}
END_TEST

/* ---- Matern's kernel ---- */

static void matern_at(double nu, double q, double *jets)
{
    _Alignas(64) double row[7][8] = {{0}};
    el4ml_gp_nodes nodes;
    ck_assert(el4ml_gp_nodes_init(&nodes));
    el4ml_gp_nodes_set(&nodes, nu, q);
    row[0][2] = q;
    const el4ml_gp_stretch s = {0, 8, row[0]};
    const el4ml_gp_jets j = {row[1], NULL, row[2], row[3], row[4], row[5], row[6]};
    el4ml_gp_kernels_best()->matern(&nodes, s, j);
    for (int k = 0; k < 6; k++) {
        jets[k] = row[k + 1][2];
        ck_assert(row[k + 1][0] == 0); /* where q = 0 */
    }
    el4ml_gp_nodes_clear(&nodes);
}

START_TEST(matern_equals_high_precision)
{
    FILE *file = fopen(GP_DATA "matern.csv", "r");
    ck_assert_ptr_nonnull(file);
    char line[2000], *f[64];
    size_t cases = 0;
    for (; gp_fields(file, line, sizeof line, f, 64) == 8; cases++) {
        const double nu = atof(f[0]), q = atof(f[1]), k = exp(atof(f[2]));
        double jets[6];
        matern_at(nu, q, jets);
        ck_assert_double_eq_tol(exp(jets[0]), k, 5e-15);
        /* what enters the derivatives of the covariance: times k, and times q for each of c and c1 */
        const double scale[6] = {0, k * q, k * q * q, k, k, k * q};
        for (int m = 1; m < 6; m++) {
            const double exact = atof(f[2 + m]);
            ck_assert_msg(fabs(jets[m] - exact) * scale[m] <= 1e-13 * (1 + fabs(exact) * scale[m]),
                          "nu %g, q %g, number %d: %.15g, not %.15g", nu, q, m, jets[m], exact);
        }
    }
    ck_assert_uint_eq(cases, 88);
    fclose(file);
}
END_TEST

/* nu = 1/2, 3/2, 5/2 have closed forms of their own, with the same slopes. */
START_TEST(half_integers_agree)
{
    static const el4ml_gp_form forms[3] = {EL4ML_GP_MATERN12, EL4ML_GP_MATERN32, EL4ML_GP_MATERN52};
    for (int k = 0; k < 3; k++)
        for (double q = 1e-6; q < 1e3; q *= 7) {
            _Alignas(64) double row[7][8] = {{q}, {0}, {1}};
            const el4ml_gp_stretch s = {0, 8, row[0]};
            const el4ml_gp_jets j = {.e = row[1], .p = row[2], .c = row[3], .c1 = row[4]};
            el4ml_gp_kernels_best()->value(forms[k], 0, s, j);
            el4ml_gp_kernels_best()->curves(forms[k], 0, s, j);
            double jets[6];
            matern_at(k + 0.5, q, jets);
            const double value = row[2][0] * exp(row[1][0]);
            ck_assert_double_eq_tol(exp(jets[0]), value, 1e-14);
            ck_assert_double_eq_tol(jets[1] * value * q, row[3][0] * value * q, 1e-13);
            ck_assert_double_eq_tol(jets[2] * value * q * q, row[4][0] * value * q * q, 1e-13);
        }
}
END_TEST

START_TEST(polygamma_functions)
{
    /* Abramowitz and Stegun 6.3.2, 6.3.3, 6.4.2, 6.4.4 and the recurrences */
    const double euler = 0.57721566490153286061, pi = 3.14159265358979323846;
    ck_assert_double_eq_tol(el4ml_digamma(1), -euler, 1e-15);
    ck_assert_double_eq_tol(el4ml_digamma(0.5), -euler - 2 * log(2), 2e-15);
    ck_assert_double_eq_tol(el4ml_trigamma(1), pi * pi / 6, 1e-15);
    ck_assert_double_eq_tol(el4ml_trigamma(0.5), pi * pi / 2, 2e-15);
    for (double x = 0.1; x < 120; x *= 1.3) {
        ck_assert_double_eq_tol(el4ml_digamma(x + 1) - el4ml_digamma(x), 1 / x, 3e-15 * (1 + 1 / x));
        ck_assert_double_eq_tol(el4ml_trigamma(x) - el4ml_trigamma(x + 1), 1 / (x * x),
                                3e-15 * (1 + 1 / (x * x)));
    }
}
END_TEST

/* ---- what a process is made of ---- */

static void names_are(const char *kernel, bool ard, size_t count, const char *const *names)
{
    el4ml_dataset toy = gp_toy(5, 2);
    const el4ml_gp_options o = gp_options(kernel, ard);
    el4ml_surface *s = gp_surface(&o, &toy);
    ck_assert_uint_eq(s->info.dimension, count);
    for (size_t p = 0; p < count; p++)
        ck_assert_str_eq(s->info.coordinate_names[p], names[p]);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}

START_TEST(parameters_have_names)
{
    const char *const plain[] = {"signal", "length", "noise"};
    const char *const ard[] = {"signal", "length(x0)", "length(x1)", "nu", "noise"};
    const char *const sum[] = {"term1.signal",   "term1.length",    "term2.signal", "term2.rq.length",
                               "term2.rq.alpha", "term2.se.length", "noise"};
    const char *const twice[] = {"signal", "se1.length", "se2.length", "noise"};
    names_are("se", false, 3, plain);
    names_are("matern", true, 5, ard);
    names_are(" se+rq *se( x1 , x0) ", false, 7, sum);
    names_are("se(x0)*se('x1')", true, 4, twice);
}
END_TEST

static void refused(const char *kernel, bool ard, const char *message)
{
    el4ml_dataset toy = gp_toy(5, 2);
    const char *const names[2] = {"bmi", "blood pressure"};
    const el4ml_gp_options o = gp_options(kernel, ard);
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_gp_new(&o, &toy, names, &s, &error) == EL4ML_BAD_INPUT, "%s was taken", kernel);
    ck_assert_msg(strstr(error.message, message), "%s: %s", kernel, error.message);
    gp_toy_free(&toy);
}

START_TEST(wrong_expressions_are_refused)
{
    refused("", false, "column 1: expected the name of a kernel");
    refused("se +", false, "column 5: expected the name of a kernel");
    refused("se matern32", false, "column 4: expected '+', '*' or the end");
    refused("matren32", false, "did you mean 'matern32'?");
    refused("se(bmi", false, "column 7: expected ',' or ')'");
    refused("se(bmi,)", false, "column 8: expected the name of an input");
    refused("se(bni)", false, "column 4: no input has this name; did you mean 'bmi'?");
    refused("se(bmi, 'blood pressure', bmi)", false, "column 27: this input is named twice");
    refused("se * se", false, "a product of a kernel with itself");
    refused("rq*se*rq", true, "column 7: a product of a kernel with itself");
    refused("se * se(bmi)", true, "cannot be told apart");
    refused("se*rq*matern12*matern32*matern52", false, "too many kernels");
    refused("se+se+se+se+se+se+se+se+se", false, "too many terms");
    el4ml_dataset toy = gp_toy(5, 2);
    el4ml_surface *s = NULL;
    const el4ml_gp_options good[] = {gp_options("se * se(x1)", false),
                                     gp_options("se * matern12 + se", true)};
    for (int k = 0; k < 2; k++) { /* these can be told apart */
        ck_assert_int_eq(el4ml_gp_new(&good[k], &toy, NULL, &s, NULL), EL4ML_OK);
        el4ml_surface_free(s);
    }
    gp_toy_free(&toy);
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    el4ml_dataset toy = gp_toy(5, 2);
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    el4ml_gp_options o = gp_options("matern", false);
    o.bounds[EL4ML_GP_NU][0] = 0.01;
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "bounds of nu"));
    o = gp_options("se", false);
    o.bounds[EL4ML_GP_LENGTH][1] = o.bounds[EL4ML_GP_LENGTH][0];
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "bounds of length"));
    o.bounds[EL4ML_GP_LENGTH][1] = 1e200; /* its square is no number */
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    const double each[4] = {0.1, 1, 0.1, 1};
    o.each = each;
    o.each_count = 2;
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "2 pairs for 3 hyperparameters"));
    o = gp_options("se", false);
    o.prior[EL4ML_GP_NOISE][1] = 1;
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    o = gp_options("se", false);
    o.jitter = -1;
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    o.jitter = 0;
    toy.targets = 2;
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    toy.targets = 1;
    toy.rows = 1;
    ck_assert_int_eq(el4ml_gp_new(&o, &toy, NULL, &s, &error), EL4ML_BAD_INPUT);
    toy.rows = 5;
    gp_toy_free(&toy);
}
END_TEST

/* - ln of the Gaussian density of each logarithm. */
START_TEST(priors_add_up)
{
    el4ml_dataset toy = gp_toy(9, 1);
    el4ml_gp_options o = gp_options("rq", false);
    el4ml_surface *without = gp_surface(&o, &toy);
    o.prior[EL4ML_GP_LENGTH][0] = 2;
    o.prior[EL4ML_GP_LENGTH][1] = 0.5;
    o.prior[EL4ML_GP_NOISE][0] = 0.1;
    o.prior[EL4ML_GP_NOISE][1] = 1.5;
    el4ml_surface *with = gp_surface(&o, &toy);
    el4ml_evaluator a, b;
    ck_assert_int_eq(el4ml_evaluator_init(&a, without, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&b, with, NULL), EL4ML_OK);
    const double x[4] = {0.1, 0.3, -0.2, -1}, pi = 3.14159265358979323846;
    double before, after;
    ck_assert_int_eq(el4ml_value_gradient(&a, x, &before, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_value_gradient(&b, x, &after, NULL), EL4ML_OK);
    double density = exp(-pow((x[1] - log(2)) / 0.5, 2) / 2) / (0.5 * sqrt(2 * pi));
    density *= exp(-pow((x[3] - log(0.1)) / 1.5, 2) / 2) / (1.5 * sqrt(2 * pi));
    ck_assert_double_eq_tol(after - before, -log(density), 1e-12);
    el4ml_evaluator_clear(&a);
    el4ml_evaluator_clear(&b);
    el4ml_surface_free(without);
    el4ml_surface_free(with);
    gp_toy_free(&toy);
}
END_TEST

START_TEST(each_parameter_has_its_bounds)
{
    el4ml_dataset toy = gp_toy(9, 2);
    el4ml_gp_options o = gp_options("se + rq", true);
    const double each[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    o.each = each;
    o.each_count = 8;
    el4ml_surface *s = gp_surface(&o, &toy);
    for (size_t p = 0; p < 8; p++) {
        ck_assert(s->info.lower[p] == log(each[2 * p]));
        ck_assert(s->info.upper[p] == log(each[2 * p + 1]));
    }
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    for (uint64_t k = 0; k < 100; k++) {
        double x[8];
        el4ml_random random = el4ml_random_new(63, 1, k);
        el4ml_initialise(&e, &random, x);
        for (size_t p = 0; p < 8; p++)
            ck_assert(x[p] >= s->info.lower[p] && x[p] <= s->info.upper[p]);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

/* Terms that differ in their kernel or in their bounds are not exchanged. */
START_TEST(equal_summands_are_exchanged)
{
    el4ml_dataset toy = gp_toy(9, 2);
    el4ml_gp_options o = gp_options("se + rq + se + se(x1) + rq", false);
    el4ml_surface *s = gp_surface(&o, &toy);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    const double x[13] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    const double y[13] = {6, 7, 10, 11, 12, 1, 2, 8, 9, 3, 4, 5, 13}; /* both pairs exchanged */
    double ln_n, order, aligned[13], distance;
    bool same;
    ck_assert_int_eq(el4ml_same(&e, x, y, 1e-9, &same), EL4ML_OK);
    ck_assert(same);
    ck_assert_int_eq(el4ml_align(&e, x, y, 0, aligned, &distance), EL4ML_OK);
    ck_assert(distance == 0 && memcmp(aligned, x, sizeof x) == 0);
    ck_assert_int_eq(el4ml_multiplicity(&e, x, 1e-5, &ln_n, &order), EL4ML_OK);
    ck_assert(order == 1 && fabs(ln_n - log(4)) < 1e-14);
    const double fixed[13] = {1, 2, 3, 4, 5, 1, 2, 8, 9, 10, 11, 12, 13};
    ck_assert_int_eq(el4ml_multiplicity(&e, fixed, 1e-5, &ln_n, &order), EL4ML_OK);
    ck_assert(order == 2 && fabs(ln_n - log(2)) < 1e-14);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
    const double each[10] = {0.1, 1, 0.1, 1, 0.1, 1, 0.1, 2, 0.1, 1};
    o = gp_options("se + se", false);
    s = gp_surface(&o, &toy);
    harness_surface(s, 5, 2);
    el4ml_surface_free(s);
    o.each = each;
    o.each_count = 5;
    s = gp_surface(&o, &toy);
    ck_assert(!s->ops.same);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

/* ---- predictions ---- */

START_TEST(metrics_by_hand)
{
    el4ml_dataset toy = gp_toy(30, 2);
    el4ml_dataset train = toy, test = toy;
    train.rows = 20;
    test.rows = 10;
    test.x = toy.x + 40;
    test.y = toy.y + 20;
    const el4ml_gp_options o = gp_options("se + matern", true);
    el4ml_surface *s = gp_surface(&o, &train);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    const double x[8] = {0.1, -0.3, 0.2, -1, 0.4, 0.1, 0.3, -3}, pi = 3.14159265358979323846;
    double mean[10], variance[10], squares = 0, average = 0, spread = 0, density = 0;
    ck_assert_int_eq(el4ml_gp_predict(s, x, test.x, 10, mean, variance, NULL), EL4ML_OK);
    for (int i = 0; i < 10; i++)
        average += test.y[i] / 10;
    for (int i = 0; i < 10; i++) {
        const double off = test.y[i] - mean[i];
        ck_assert_double_ge(variance[i], exp(x[7]));
        squares += off * off;
        spread += pow(test.y[i] - average, 2);
        density += log(exp(-off * off / (2 * variance[i])) / sqrt(2 * pi * variance[i])) / 10;
    }
    el4ml_metrics m;
    ck_assert_int_eq(s->ops.metrics(s->self, e.workspace, x, &test, &m), EL4ML_OK);
    ck_assert_double_eq_tol(m.loss, squares / 10, 1e-13);
    ck_assert_double_eq_tol(m.r2, 1 - squares / spread, 1e-13);
    ck_assert_double_eq_tol(m.log_density, density, 1e-12);
    ck_assert(isnan(m.accuracy));
    double far[2] = {1e4, -1e4}; /* where nothing is known: the prior */
    ck_assert_int_eq(el4ml_gp_predict(s, x, far, 1, mean, variance, NULL), EL4ML_OK);
    ck_assert_double_eq_tol(mean[0], 0, 1e-12);
    ck_assert_double_eq_tol(variance[0], exp(x[0]) + exp(x[3]) + exp(x[7]), 1e-12);
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

/* Almost no noise: the process goes through the training rows, and close by it hardly moves. */
START_TEST(predictions_interpolate)
{
    el4ml_dataset toy = gp_toy(12, 1);
    toy.y[3] = toy.y[1]; /* the same point */
    el4ml_gp_options o = gp_options("matern", false);
    o.bounds[EL4ML_GP_NOISE][0] = 1e-9;
    el4ml_surface *s = gp_surface(&o, &toy);
    const double x[4] = {0, -1, log(0.3), log(1e-9)};
    for (size_t i = 0; i < 12; i++) {
        double mean[2], variance[2], points[2] = {toy.x[i], toy.x[i] + 1e-9};
        ck_assert_int_eq(el4ml_gp_predict(s, x, points, 2, mean, variance, NULL), EL4ML_OK);
        ck_assert_double_eq_tol(mean[0], toy.y[i], 1e-6);
        ck_assert_double_eq_tol(mean[1], mean[0], 1e-3);
        ck_assert_double_le(variance[0], 1e-8);
    }
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

/* Several models side by side, as analysis takes them: the means, in the target's unit where the data are
 * given. */
START_TEST(predictions_side_by_side)
{
    el4ml_data *data = gp_diabetes(40);
    const el4ml_gp_options o = gp_options("se", true);
    el4ml_surface *s = gp_surface(&o, &data->train);
    const double a[4] = {0.1, 0.2, 0.3, -0.5}, b[4] = {-0.3, 1, -0.4, -0.2};
    const double *x[2] = {a, b};
    double mean[40];
    el4ml_predictions *p = NULL;
    ck_assert_int_eq(el4ml_predictions_new(s, x, 2, &data->train, data, &p, NULL), EL4ML_OK);
    ck_assert(p->kind == EL4ML_PREDICTS_VALUES && p->models == 2 && p->rows == 40 && p->outputs == 1);
    for (size_t k = 0; k < 2; k++) {
        ck_assert_int_eq(el4ml_gp_predict(s, x[k], data->train.x, 40, mean, NULL, NULL), EL4ML_OK);
        for (size_t i = 0; i < 40; i++)
            ck_assert_double_eq_tol(*el4ml_predicted(p, k, i),
                                    mean[i] * data->target_scale[0] + data->target_mean[0], 1e-9);
    }
    ck_assert_double_gt(el4ml_disagreement(p, 0, 1), 0.1);
    el4ml_predictions_free(p);
    el4ml_surface_free(s);
    el4ml_data_free(data);
}
END_TEST

/* Against a process without the row. */
START_TEST(leave_one_out)
{
    el4ml_dataset toy = gp_toy(12, 2);
    const el4ml_gp_options o = gp_options("se + matern32", true);
    el4ml_surface *s = gp_surface(&o, &toy);
    const double x[7] = {0.2, -0.3, 0.4, -1, 0.5, 0.1, -2};
    double mean[12], variance[12], m, v;
    ck_assert_int_eq(el4ml_gp_leave_one_out(s, x, mean, variance, NULL), EL4ML_OK);
    for (size_t out = 0; out < 12; out++) {
        el4ml_dataset less = gp_toy(12, 2);
        less.rows = 11;
        for (size_t i = out; i < 11; i++) {
            less.x[2 * i] = toy.x[2 * i + 2];
            less.x[2 * i + 1] = toy.x[2 * i + 3];
            less.y[i] = toy.y[i + 1];
        }
        el4ml_surface *without = gp_surface(&o, &less);
        ck_assert_int_eq(el4ml_gp_predict(without, x, toy.x + 2 * out, 1, &m, &v, NULL), EL4ML_OK);
        ck_assert_double_eq_tol(mean[out], m, 1e-10);
        ck_assert_double_eq_tol(variance[out], v + 1e-10, 1e-9); /* the jitter counts as noise here */
        el4ml_surface_free(without);
        gp_toy_free(&less);
    }
    el4ml_surface_free(s);
    gp_toy_free(&toy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gaussian process");
    TCase *cases = tcase_create("all");
    tcase_add_loop_test(cases, derivatives_are_exact, 0, 2 * KERNELS);
    tcase_add_loop_test(cases, values_equal_long_double, 0, 2 * KERNELS);
    tcase_add_test(cases, likelihoods_equal_scikit_learn);
    tcase_add_test(cases, matern_equals_high_precision);
    tcase_add_test(cases, half_integers_agree);
    tcase_add_test(cases, polygamma_functions);
    tcase_add_test(cases, parameters_have_names);
    tcase_add_test(cases, wrong_expressions_are_refused);
    tcase_add_test(cases, wrong_options_are_refused);
    tcase_add_test(cases, priors_add_up);
    tcase_add_test(cases, each_parameter_has_its_bounds);
    tcase_add_test(cases, equal_summands_are_exchanged);
    tcase_add_test(cases, metrics_by_hand);
    tcase_add_test(cases, predictions_interpolate);
    tcase_add_test(cases, predictions_side_by_side);
    tcase_add_test(cases, leave_one_out);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
