/* Samplers against quadrature: a double well in a box, with walls that the density leans on, where every
 * sampler, with and without a guide, must give the same moments and evidence. */
#include "box_help.h"
#include "el4ml/sampling.h"

enum { CELLS = 600, MOMENTS = 6 };

static void leaning_well(size_t i, double x, double *jet)
{
    if (i == 0) { /* two wells of unequal depth, a barrier of 3 */
        jet[0] = 3 * (x * x - 1) * (x * x - 1) + 0.4 * x;
        jet[1] = 12 * x * (x * x - 1) + 0.4;
        jet[2] = 36 * x * x - 12;
        return;
    }
    jet[0] = 3 * x + 0.2 * x * x; /* towards the lower wall */
    jet[1] = 3 + 0.4 * x;
    jet[2] = 0.4;
}

typedef struct truth {
    double moment[MOMENTS], spread[MOMENTS], log_evidence;
} truth;

static void features(const double *x, double value, double *f)
{
    const double own[MOMENTS] = {x[0], x[1], x[0] * x[0], x[0] * x[1], x[0] < 0, value};
    memcpy(f, own, sizeof own);
}

/* Midpoint rule. */
static truth by_quadrature(const box_sum *b)
{
    truth t = {{0}, {0}, 0};
    double sum = 0, f[MOMENTS], value;
    const double width[2] = {b->upper[0] - b->lower[0], b->upper[1] - b->lower[1]};
    for (int i = 0; i < CELLS; i++)
        for (int j = 0; j < CELLS; j++) {
            const double x[2] = {b->lower[0] + (i + 0.5) / CELLS * width[0],
                                 b->lower[1] + (j + 0.5) / CELLS * width[1]};
            box_sum_value_gradient(b, NULL, x, &value, NULL);
            features(x, value, f);
            sum += exp(-value);
            for (int m = 0; m < MOMENTS; m++) {
                t.moment[m] += exp(-value) * f[m];
                t.spread[m] += exp(-value) * f[m] * f[m];
            }
        }
    for (int m = 0; m < MOMENTS; m++) {
        t.moment[m] /= sum;
        t.spread[m] = sqrt(t.spread[m] / sum - t.moment[m] * t.moment[m]);
    }
    t.log_evidence = log(sum * width[0] * width[1] / CELLS / CELLS);
    return t;
}

/* The two minima by a crude search; both are on the lower wall of coordinate 1. */
static el4ml_guide *guide_of(el4ml_surface *s, const box_sum *b)
{
    double at[2][2] = {{-1, 0}, {1, 0}};
    for (int k = 0; k < 2; k++) {
        at[k][1] = b->lower[1];
        for (int step = 0; step < 2000; step++) {
            double value, g[2] = {0};
            box_sum_value_gradient(b, NULL, at[k], &value, g);
            at[k][0] -= 0.01 * g[0];
        }
    }
    const double *x[2] = {at[0], at[1]}, weight[2] = {0.6, 0.4};
    el4ml_guide *guide = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_guide_new(s, x, weight, 2, &guide, &error) == EL4ML_OK, "%s", error.message);
    return guide;
}

static void check_samples(const el4ml_samples *r, const truth *t, const char *name)
{
    double mean[MOMENTS] = {0}, f[MOMENTS], sum = 0;
    ck_assert_msg(r->converged && r->effective >= 1000, "%s: %g", name, r->effective);
    for (size_t k = 0; k < r->count; k++) {
        features(r->x + 2 * k, r->value[k], f);
        sum += r->weight[k];
        for (int m = 0; m < MOMENTS; m++)
            mean[m] += r->weight[k] * f[m];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-9);
    for (int m = 0; m < MOMENTS; m++)
        ck_assert_msg(fabs(mean[m] - t->moment[m]) < 4.5 * t->spread[m] / sqrt(r->effective),
                      "%s, moment %d: %g, not %g", name, m, mean[m], t->moment[m]);
    if (!isnan(r->log_evidence)) ck_assert_double_eq_tol(r->log_evidence, t->log_evidence, 0.1);
}

START_TEST(all_samplers_agree_with_quadrature)
{
    static const char *const names[] = {"slice", "hamiltonian", "sequential", "importance"};
    box_sum *b = box_sum_new(2, leaning_well, 0.5, -2, 2);
    el4ml_surface *s = box_sum_surface(b);
    const truth t = by_quadrature(b);
    el4ml_guide *guide = guide_of(s, b);
    for (int method = EL4ML_SLICE_SAMPLING; method <= EL4ML_IMPORTANCE; method++)
        for (int guided = method == EL4ML_IMPORTANCE; guided < 2; guided++) {
            el4ml_sampling_options o = el4ml_sampling_options_default();
            el4ml_samples *r = NULL;
            el4ml_error error = {0};
            o.method = (el4ml_sampling)method;
            o.guide = guided ? guide : NULL;
            o.effective = 1000;
            o.budget = 4000000;
            o.seed = 5;
            ck_assert_msg(el4ml_sample(s, &o, &r, &error) == EL4ML_OK, "%s", error.message);
            ck_assert((r->gradients > 0) == (method == EL4ML_HAMILTONIAN));
            check_samples(r, &t, names[method]);
            el4ml_samples_free(r);
        }
    el4ml_guide_free(guide);
    el4ml_surface_free(s);
    box_sum_free(b);
}
END_TEST

/* It adds up to 1, and its draws are where it says. */
START_TEST(a_guide_is_a_density)
{
    box_sum *b = box_sum_new(2, leaning_well, 0.5, -2, 2);
    el4ml_surface *s = box_sum_surface(b);
    el4ml_guide *guide = guide_of(s, b);
    double inside = 0, corner = 0;
    for (int i = 0; i < 1000; i++)
        for (int j = 0; j < 1000; j++) { /* a part of space that holds nearly all */
            const double x[2] = {-6 + 12 * (i + 0.5) / 1000, -2 + 12 * (j + 0.5) / 1000};
            const double p = exp(el4ml_guide_log_density(guide, x)) * 144e-6;
            inside += p;
            corner += x[0] < -0.8 && x[1] < -1.5 ? p : 0;
        }
    ck_assert_double_eq_tol(inside, 1, 5e-3);
    el4ml_random random = el4ml_random_new(3, 1, 0);
    const int draws = 40000;
    int there = 0;
    for (int k = 0; k < draws; k++) {
        double x[2];
        el4ml_guide_draw(guide, &random, x);
        ck_assert_double_ge(x[1], -2);
        there += x[0] < -0.8 && x[1] < -1.5;
    }
    ck_assert_double_eq_tol((double)there / draws, corner, 4.5 * sqrt(corner * (1 - corner) / draws) + 1e-3);
    el4ml_guide_free(guide);
    el4ml_surface_free(s);
    box_sum_free(b);
}
END_TEST

/* Autoregressive chains of correlation 0.8 are worth (1 - 0.8)/(1 + 0.8) of their length; a chain that is
 * elsewhere shows. */
START_TEST(effective_numbers)
{
    enum { CHAINS = 8, LENGTH = 4000 };
    double *x = new_vector((size_t)CHAINS * LENGTH), effective, r_hat;
    for (int correlated = 0; correlated < 2; correlated++) {
        const double phi = correlated ? 0.8 : 0;
        for (size_t k = 0; k < CHAINS; k++) {
            el4ml_random random = el4ml_random_new(9, 2, k);
            double v = el4ml_random_normal(&random);
            for (size_t t = 0; t < LENGTH; t++)
                x[k * LENGTH + t] = v = phi * v + sqrt(1 - phi * phi) * el4ml_random_normal(&random);
        }
        el4ml_chain_statistics(x, CHAINS, LENGTH, LENGTH, &effective, &r_hat);
        const double expected = CHAINS * LENGTH * (1 - phi) / (1 + phi);
        ck_assert_double_gt(effective, 0.85 * expected);
        ck_assert_double_lt(effective, 1.15 * expected);
        ck_assert_double_lt(r_hat, 1.01);
    }
    for (size_t t = 0; t < LENGTH; t++)
        x[t] += 2;
    el4ml_chain_statistics(x, CHAINS, LENGTH, LENGTH, &effective, &r_hat);
    ck_assert_double_gt(r_hat, 1.1);
    ck_assert_double_lt(effective, 200);
    el4ml_release(x);
}
END_TEST

START_TEST(budgets_and_wrong_options)
{
    box_sum *b = box_sum_new(2, leaning_well, 0.5, -2, 2);
    el4ml_surface *s = box_sum_surface(b);
    el4ml_sampling_options o = el4ml_sampling_options_default();
    el4ml_samples *r = NULL;
    el4ml_error error = {0};
    o.effective = 1e6;
    o.budget = 8000;
    ck_assert_int_eq(el4ml_sample(s, &o, &r, &error), EL4ML_OK);
    ck_assert(!r->converged && r->count > 0);
    ck_assert_uint_lt(r->evaluations, 8000 + 500);
    el4ml_samples_free(r);
    o.method = EL4ML_IMPORTANCE;
    ck_assert_int_eq(el4ml_sample(s, &o, &r, &error), EL4ML_NOT_SUPPORTED);
    o.method = EL4ML_SLICE_SAMPLING;
    o.chains = 1;
    ck_assert_int_eq(el4ml_sample(s, &o, &r, &error), EL4ML_INVALID_ARGUMENT);
    el4ml_surface_free(s);
    box_sum_free(b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {all_samplers_agree_with_quadrature, a_guide_is_a_density, effective_numbers,
                                  budgets_and_wrong_options};
    return RUN_SUITE("sampling", tests);
}
