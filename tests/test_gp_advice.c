/* Advice for Gaussian processes in the library: evidence by quadrature, and targets of test rows that change
 * nothing but what is said of test rows. The program's tests have the functions with known answers. */
#include "gp_help.h"
#include "run_help.h"
#include "el4ml/advice.h"
#include "insight/gp_pool.h"

typedef struct made {
    el4ml_data *data;
    el4ml_surface *surface;
    el4ml_landscape *landscape;
    el4ml_study study;
} made;

static made make_with(const char *file, double test_fraction, double least_noise)
{
    made m;
    el4ml_data_options options = el4ml_data_options_default();
    options.file = file;
    options.target = "y";
    options.classification = false;
    options.test_fraction = test_fraction;
    ck_assert_int_eq(el4ml_data_read(&options, &m.data, NULL), EL4ML_OK);
    el4ml_gp_options o = gp_options("se", false);
    if (least_noise > 0) o.bounds[EL4ML_GP_NOISE][0] = least_noise;
    m.surface = gp_surface(&o, &m.data->train);
    m.study = plain_study();
    m.study.kind = EL4ML_KIND_GP;
    m.study.method = EL4ML_RANDOM_STARTS;
    m.study.steps = 40;
    m.landscape = run_study(scratch_folder("gp-advice"), &m.study, m.surface, 1);
    return m;
}

static made make(const char *file, double test_fraction)
{
    return make_with(file, test_fraction, 0);
}

static void release(made *m)
{
    el4ml_landscape_close(m->landscape);
    el4ml_surface_free(m->surface);
    el4ml_data_free(m->data);
}

static el4ml_gp_advice advise(made *m, uint64_t budget)
{
    el4ml_gp_advice a;
    el4ml_error error = {0};
    el4ml_gp_advice_options o = el4ml_gp_advice_options_default();
    o.effective = 200;
    o.budget = budget;
    ck_assert_msg(el4ml_gp_advise(m->landscape, &m->study, m->surface, m->data, &o, &a, &error) == EL4ML_OK,
                  "%s", error.message);
    return a;
}

START_TEST(evidence_by_quadrature)
{
    enum { CELLS = 70 };
    made m = make(GP_DATA "few.csv", 0);
    const el4ml_surface_info *info = &m.surface->info;
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, m.surface, NULL), EL4ML_OK);
    double sum = 0, cell = 1, x[3], value;
    for (size_t i = 0; i < 3; i++)
        cell *= (info->upper[i] - info->lower[i]) / CELLS;
    for (size_t k = 0; k < CELLS * CELLS * CELLS; k++) {
        for (size_t i = 0, code = k; i < 3; i++, code /= CELLS)
            x[i] =
                info->lower[i] + ((double)(code % CELLS) + 0.5) / CELLS * (info->upper[i] - info->lower[i]);
        ck_assert_int_eq(el4ml_value_gradient(&e, x, &value, NULL), EL4ML_OK);
        sum += exp(-value) * cell;
    }
    el4ml_gp_advice a = advise(&m, 60000);
    ck_assert_int_eq(a.verdict, EL4ML_GP_FULL);
    for (size_t k = 2; k < EL4ML_GP_WAYS; k++)
        if (isfinite(a.way[k].log_evidence)) ck_assert_double_eq_tol(a.way[k].log_evidence, log(sum), 0.25);
    ck_assert(isfinite(a.way[2].log_evidence) && isfinite(a.way[7].log_evidence) &&
              isfinite(a.way[8].log_evidence));
    el4ml_gp_advice_clear(&a);
    el4ml_evaluator_clear(&e);
    release(&m);
}
END_TEST

START_TEST(test_rows_tell_nothing)
{
    made m = make(GP_DATA "one.csv", 0.3);
    el4ml_gp_advice a = advise(&m, 15000);
    for (size_t i = 0; i < m.data->test.rows; i++) /* the test rows' targets become something else */
        m.data->test.y[i] = 3 - 2 * m.data->test.y[i];
    el4ml_gp_advice b = advise(&m, 15000);
    ck_assert(a.verdict == b.verdict && a.checked == b.checked && a.reference == b.reference);
    ck_assert(a.point_divergence == b.point_divergence && a.mixture_divergence == b.mixture_divergence);
    for (size_t k = 0; k < EL4ML_GP_WAYS; k++) {
        const el4ml_gp_way *v = &a.way[k], *w = &b.way[k];
        ck_assert(v->divergence == w->divergence || (isnan(v->divergence) && isnan(w->divergence)));
        ck_assert(v->evaluations == w->evaluations && v->gradients == w->gradients);
        ck_assert(v->settings == w->settings && v->converged == w->converged);
        ck_assert(v->log_density > w->log_density && v->rmse < w->rmse);
    }
    char *json = el4ml_gp_advice_json(&a), *svg = NULL;
    ck_assert_ptr_nonnull(json);
    ck_assert_int_eq(el4ml_gp_advice_svg(&a, &svg, NULL), EL4ML_OK);
    el4ml_text_free(json);
    el4ml_text_free(svg);
    el4ml_gp_advice_clear(&a);
    el4ml_gp_advice_clear(&b);
    release(&m);
}
END_TEST

/* Draws about one of two fits belong to it, and chains that made only such draws miss the other. */
START_TEST(a_fit_that_chains_never_met)
{
    enum { DRAWS = 400 };
    made m = make_with(GP_DATA "competing.csv", 0, 1e-3);
    ck_assert_uint_eq(el4ml_landscape_count(m.landscape, EL4ML_MINIMUM), 2);
    const double *x[2], half[2] = {0.5, 0.5};
    for (size_t k = 0; k < 2; k++)
        x[k] = el4ml_landscape_record(m.landscape, EL4ML_MINIMUM, k)->point.x;
    el4ml_guide *both, *one;
    ck_assert_int_eq(el4ml_guide_new(m.surface, x, half, 2, &both, NULL), EL4ML_OK);
    for (size_t k = 0; k < 2; k++) {
        double draw[3], share[2] = {0, 0};
        el4ml_random random = el4ml_random_new(1, 2, k);
        ck_assert_uint_eq(el4ml_guide_nearest(both, x[k]), k);
        ck_assert_int_eq(el4ml_guide_new(m.surface, &x[k], half, 1, &one, NULL), EL4ML_OK);
        for (size_t i = 0; i < DRAWS; i++) {
            el4ml_guide_draw(one, &random, draw);
            share[el4ml_guide_nearest(both, draw)] += 1.0 / DRAWS;
        }
        ck_assert_double_gt(share[k], 0.94); /* one in twenty is uniform over the box */
        ck_assert_uint_eq(el4ml_gp_missed(half, (double[2]){k == 0, k == 1}, 2), 1 - k);
        el4ml_guide_free(one);
    }
    ck_assert_uint_eq(el4ml_gp_missed(half, half, 2), EL4ML_NONE);
    ck_assert_uint_eq(el4ml_gp_missed((double[2]){0.97, 0.03}, (double[2]){1, 0}, 2), EL4ML_NONE);
    ck_assert_uint_eq(el4ml_gp_missed((double[3]){0.6, 0.1, 0.3}, (double[3]){1, 0, 0}, 3), 2);
    el4ml_guide_free(both);
    release(&m);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {evidence_by_quadrature, test_rows_tell_nothing,
                                  a_fit_that_chains_never_met};
    return RUN_SUITE("advice for Gaussian processes", tests);
}
