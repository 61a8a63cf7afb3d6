/* Data for Gaussian processes, their likelihood in long double by other formulas, and reference numbers. */
#ifndef EL4ML_TESTS_GP_HELP_H
#define EL4ML_TESTS_GP_HELP_H

#include "engine_help.h"
#include "surface/gp.h"

#define GP_DATA EL4ML_SOURCE_DIR "/tests/data/gp/"

static inline el4ml_data *gp_diabetes(size_t rows)
{
    static const char *const inputs[2] = {"bmi", "s5"};
    el4ml_data_options o = el4ml_data_options_default();
    o.file = EL4ML_SOURCE_DIR "/examples/data/diabetes.csv";
    o.target = "progression";
    o.classification = false;
    o.inputs = inputs;
    o.input_count = 2;
    o.first_rows = rows;
    el4ml_data *data = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_data_read(&o, &data, &error) == EL4ML_OK, "%s", error.message);
    return data;
}

/* Some smooth function of the inputs and noise; two rows are the same point. */
static inline el4ml_dataset gp_toy(size_t rows, size_t inputs)
{
    el4ml_dataset d = {
        .rows = rows, .inputs = inputs, .targets = 1, .x = new_vector(rows * inputs), .y = new_vector(rows)};
    el4ml_random random = el4ml_random_new(61, rows, inputs);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < inputs; j++) {
            double *x = &d.x[i * inputs + j];
            *x = i == 3 ? d.x[inputs + j] : el4ml_random_normal(&random);
            d.y[i] += sin(2 * *x + (double)j) + 0.1 * el4ml_random_normal(&random);
        }
    return d;
}

static inline void gp_toy_free(el4ml_dataset *d)
{
    el4ml_release(d->x);
    el4ml_release(d->y);
}

static inline el4ml_surface *gp_surface(const el4ml_gp_options *o, const el4ml_dataset *train)
{
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_gp_new(o, train, NULL, &s, &error) == EL4ML_OK, "%s", error.message);
    return s;
}

static inline el4ml_gp_options gp_options(const char *kernel, bool ard)
{
    el4ml_gp_options o = el4ml_gp_options_default();
    o.kernel = kernel;
    o.ard = ard;
    return o;
}

/* ---- the likelihood in long double ---- */

/* Matern by the integral of K_nu itself, int_0^inf exp(- s cosh t) cosh(nu t) dt. */
static inline long double gp_matern_integral(long double nu, long double q)
{
    const long double s = sqrtl(2 * nu * q), h = 0.02L;
    if (q == 0) return 1;
    long double sum = 0.5L; /* e^s K_nu */
    for (int k = 1; k < 4000; k++) {
        const long double t = h * k, exponent = s * (coshl(t) - 1);
        if (exponent - nu * t > 60) break;
        sum += expl(-exponent) * coshl(nu * t);
    }
    return expl((1 - nu) * logl(2) - lgammal(nu) + nu * logl(s) + logl(h * sum) - s);
}

static inline long double gp_kernel(const el4ml_gp_factor *f, long double shape, long double q)
{
    const long double r = sqrtl(q);
    switch (f->form) {
    case EL4ML_GP_SE:
        return expl(-q / 2);
    case EL4ML_GP_MATERN12:
        return expl(-r);
    case EL4ML_GP_MATERN32:
        return (1 + sqrtl(3) * r) * expl(-sqrtl(3) * r);
    case EL4ML_GP_MATERN52:
        return (1 + sqrtl(5) * r + 5 * q / 3) * expl(-sqrtl(5) * r);
    case EL4ML_GP_MATERN:
        return gp_matern_integral(shape, q);
    case EL4ML_GP_RQ:
        break;
    }
    return powl(1 + q / (2 * shape), -shape);
}

static inline long double gp_covariance(const el4ml_gp *g, const long double *x, size_t i, size_t k)
{
    long double sum = 0;
    for (size_t t = 0; t < g->e.terms; t++) {
        long double product = expl(x[g->e.term[t].signal]);
        for (size_t f = 0; f < g->e.term[t].factors; f++) {
            const el4ml_gp_factor *factor = &g->e.term[t].factor[f];
            long double q = 0;
            for (size_t j = 0; j < factor->inputs; j++) {
                const double *column = g->x + factor->input[j] * g->size;
                const long double d =
                    ((long double)column[i] - column[k]) / expl(x[factor->length + (factor->ard ? j : 0)]);
                q += d * d;
            }
            product *= gp_kernel(factor, factor->shape == SIZE_MAX ? 0 : expl(x[factor->shape]), q);
        }
        sum += product;
    }
    return sum;
}

/* Without priors. */
static inline long double gp_likelihood(const el4ml_gp *g, const long double *x)
{
    const size_t n = g->rows;
    long double *l = malloc(n * n * sizeof *l), *z = malloc(n * sizeof *z), sum = 0;
    ck_assert(l && z);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++) {
            long double a = gp_covariance(g, x, i, k);
            if (i == k) a += expl(x[g->e.parameters - 1]) + (long double)g->jitter;
            for (size_t m = 0; m < k; m++)
                a -= l[i * n + m] * l[k * n + m];
            l[i * n + k] = i == k ? sqrtl(a) : a / l[k * n + k];
        }
    for (size_t i = 0; i < n; i++) {
        z[i] = g->y[i];
        for (size_t m = 0; m < i; m++)
            z[i] -= l[i * n + m] * z[m];
        z[i] /= l[i * n + i];
        sum += z[i] * z[i] / 2 + logl(l[i * n + i]);
    }
    free(l);
    free(z);
    return sum + (long double)n / 2 * logl(6.283185307179586476925286766559L);
}

/* By central differences, extrapolated once. */
static inline long double gp_slope(const el4ml_gp *g, const double *x, size_t p)
{
    long double at[64], d[2];
    for (int k = 0; k < 2; k++) {
        const long double h = k == 0 ? 2e-4L : 1e-4L;
        for (size_t q = 0; q < g->e.parameters; q++)
            at[q] = x[q];
        at[p] += h;
        d[k] = gp_likelihood(g, at);
        at[p] -= 2 * h;
        d[k] = (d[k] - gp_likelihood(g, at)) / (2 * h);
    }
    return (4 * d[1] - d[0]) / 3;
}

/* ---- tables of numbers ---- */

/* The next line of `file` that is no comment, split at its commas; returns how many fields. */
static inline size_t gp_fields(FILE *file, char *line, size_t size, char **fields, size_t most)
{
    while (fgets(line, (int)size, file)) {
        size_t count = 0;
        if (line[0] == '#') continue;
        for (char *at = strtok(line, ",\n"); at && count < most; at = strtok(NULL, ",\n"))
            fields[count++] = at;
        return count;
    }
    return 0;
}

#endif
