/* Robustness of minima: spectrum, noise and rows of data against independent computations. */
#include "base/beta.h"
#include "el4ml/robustness.h"
#include "model_help.h"

static const model_case diabetes = {"diabetes.csv", "progression", EL4ML_MSE, 2, 1e-3, 0.3, 0, 96, 60};
static const model_case wine = {"wine.csv", "cultivar", EL4ML_CROSS_ENTROPY, 3, 1e-5, 0.3, 0, 64, 0};

static el4ml_robustness *measure(const model *m, const el4ml_robustness_options *o)
{
    el4ml_robustness *r = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_robustness_new(m->landscape, m->network, m->surface, m->data, o, &r, &error) ==
                      EL4ML_OK,
                  "%s", error.message);
    return r;
}

/* What every minimum must satisfy; its database's own numbers are met. */
static void check_minimum(const model *m, const el4ml_robustness *r, size_t k, el4ml_evaluator *e)
{
    const size_t n = r->dimension;
    const el4ml_robust_minimum *one = &r->minima[k];
    const el4ml_record *record = el4ml_landscape_record(m->landscape, EL4ML_MINIMUM, one->minimum);
    double *h = new_vector(n * n), trace = 0, relative = 0, square = 0, sum = 0, squares = 0, product = 0;
    ck_assert_int_eq(el4ml_hessian(e, record->point.x, h), EL4ML_OK);
    for (size_t i = 0; i < n; i++) {
        trace += h[i * n + i];
        relative += h[i * n + i] * record->point.x[i] * record->point.x[i];
        sum += one->spectrum[i];
        squares += one->spectrum[i] * one->spectrum[i];
        product += log(one->spectrum[i]);
        if (i > 0) ck_assert_double_ge(one->spectrum[i], one->spectrum[i - 1]);
        for (size_t j = 0; j < n; j++)
            square += h[i * n + j] * h[i * n + j];
    }
    ck_assert_double_eq_tol(one->trace, trace, 1e-12 * trace);
    ck_assert_double_eq_tol(sum, trace, 1e-10 * trace);
    ck_assert_double_eq_tol(one->frobenius, sqrt(square), 1e-12 * trace);
    ck_assert_double_eq_tol(squares, square, 1e-9 * square);
    ck_assert_double_eq_tol(product, record->point.log_product, 1e-6);
    ck_assert_double_eq_tol(one->smallest, record->point.smallest_eigenvalue, 1e-9 * one->largest);
    ck_assert_double_eq_tol(one->noise.quadratic, r->noise * r->noise / 2 * trace, 1e-10 * trace);
    ck_assert_double_eq_tol(one->relative_noise.quadratic,
                            r->relative_noise * r->relative_noise / 2 * relative, 1e-10 * relative);
    el4ml_release(h);
}

START_TEST(spectrum_and_noise)
{
    model m = model_run(&diabetes, case_data(&diabetes), "robustness");
    el4ml_robustness_options o = el4ml_robustness_options_default();
    el4ml_evaluator e;
    o.most = 6;
    o.samples = 400;
    o.noise = 1e-3; /* so small that the loss is quadratic */
    o.relative_noise = 1e-3;
    el4ml_robustness *r = measure(&m, &o);
    ck_assert_int_eq(el4ml_evaluator_init(&e, m.surface, NULL), EL4ML_OK);
    ck_assert_uint_eq(r->count, 6);
    ck_assert_uint_eq(r->count + r->left_out, el4ml_landscape_count(m.landscape, EL4ML_MINIMUM));
    for (size_t k = 0; k < r->count; k++) {
        const el4ml_robust_minimum *one = &r->minima[k];
        check_minimum(&m, r, k, &e);
        if (k > 0) ck_assert_double_ge(one->energy, r->minima[k - 1].energy);
        ck_assert_double_gt(one->noise.error, 0);
        ck_assert_double_le(fabs(one->noise.sampled - one->noise.quadratic), 5 * one->noise.error);
        ck_assert_double_le(fabs(one->relative_noise.sampled - one->relative_noise.quadratic),
                            5 * one->relative_noise.error);
        ck_assert_double_lt(one->noise.error, 0.2 * one->noise.quadratic);
    }
    el4ml_evaluator_clear(&e);
    el4ml_robustness_free(r);
    model_end(&m);
}
END_TEST

/* Losses are those that the search wrote down with each minimum; noise on inputs does harm on the whole. */
START_TEST(rows_of_data)
{
    const model_case *c = _i ? &wine : &diabetes;
    model m = model_run(c, case_data(c), "robustness");
    el4ml_robustness *r = measure(&m, NULL);
    const double scale = _i ? 1 : m.data->target_scale[0] * m.data->target_scale[0];
    ck_assert_uint_eq(r->test_rows, m.data->test.rows);
    for (size_t k = 0; k < r->count; k++) {
        const el4ml_robust_minimum *one = &r->minima[k];
        const el4ml_record *record = el4ml_landscape_record(m.landscape, EL4ML_MINIMUM, one->minimum);
        ck_assert_double_eq_tol(one->train_loss * scale, record->train.loss, 1e-10 * scale);
        ck_assert_double_eq_tol(one->test_loss * scale, record->test.loss, 1e-10 * scale);
        ck_assert_double_eq_tol(one->test_gap, one->test_loss - one->train_loss, 1e-15);
        ck_assert_double_eq_tol(one->test_error, 1 - (_i ? record->test.accuracy : record->test.r2), 1e-12);
        ck_assert_double_gt(one->input_noise.sampled, 0);
    }
    el4ml_robustness_free(r);
    model_end(&m);
}
END_TEST

/* The rank correlations are those of the columns; the partial one is that of what is left of both when their
 * ranks are fitted by those of V. */
static void ranks(const double *value, size_t n, double *rank)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        rank[i] = 0;
        for (size_t j = 0; j < n; j++)
            rank[i] += value[j] < value[i] ? 1 : value[j] == value[i] ? 0.5 : 0;
        mean += rank[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        rank[i] -= mean;
        square += rank[i] * rank[i];
    }
    for (size_t i = 0; i < n; i++)
        rank[i] /= sqrt(square);
}

START_TEST(correlations)
{
    model m = model_run(&diabetes, case_data(&diabetes), "robustness");
    el4ml_robustness_options o = el4ml_robustness_options_default();
    o.samples = 8;
    el4ml_robustness *r = measure(&m, &o);
    const size_t n = r->count;
    ck_assert_uint_gt(n, 10);
    double *v = new_vector(n), *a = new_vector(n), *b = new_vector(n), *energy = new_vector(n),
           *flat = new_vector(n), *loss = new_vector(n);
    for (size_t k = 0; k < n; k++) {
        energy[k] = r->minima[k].energy;
        loss[k] = r->minima[k].test_loss;
    }
    ranks(energy, n, v);
    for (unsigned f = 0; f < EL4ML_FLAT_ENERGY; f++) {
        for (size_t k = 0; k < n; k++)
            flat[k] = el4ml_flatness_of(&r->minima[k], (el4ml_flatness)f);
        ranks(flat, n, a);
        ranks(loss, n, b);
        ck_assert_double_eq_tol(r->test[f].loss.value, el4ml_dot(n, a, b), 1e-12);
        el4ml_axpy(n, -el4ml_dot(n, a, v), v, a);
        el4ml_axpy(n, -el4ml_dot(n, b, v), v, b);
        const double partial = el4ml_dot(n, a, b) / el4ml_norm(n, a) / el4ml_norm(n, b);
        ck_assert_double_eq_tol(r->test[f].partial, partial, 1e-10);
        ck_assert(r->test[f].partial_p >= 0 && r->test[f].partial_p <= 1);
    }
    ck_assert(isnan(r->test[EL4ML_FLAT_ENERGY].partial));
    char *advice = el4ml_robustness_advice(r), *verdict = el4ml_robustness_verdict(r);
    ck_assert(advice && verdict && strstr(verdict, "rank correlation"));
    el4ml_text_free(advice);
    el4ml_text_free(verdict);
    double *all[] = {v, a, b, energy, flat, loss};
    for (size_t k = 0; k < 6; k++)
        el4ml_release(all[k]);
    el4ml_robustness_free(r);
    model_end(&m);
}
END_TEST

/* More parameters than a Hessian is made for: estimates, which the exact numbers must lie near. */
START_TEST(a_large_model)
{
    static const model_case large = {"iris.csv", "species", EL4ML_CROSS_ENTROPY, 126, 1e-2, 0.3, 0, 1, 0};
    model m = model_run(&large, case_data(&large), "robustness");
    el4ml_robustness *r = measure(&m, NULL);
    const size_t n = r->dimension;
    const el4ml_robust_minimum *one = &r->minima[0];
    ck_assert_uint_gt(n, 1000);
    ck_assert(one->spectrum == NULL && isnan(one->smallest));
    el4ml_evaluator e;
    double *h = new_vector(n * n), trace = 0, top = 0, *v = new_vector(n), *w = new_vector(n);
    const double *x = el4ml_landscape_record(m.landscape, EL4ML_MINIMUM, one->minimum)->point.x;
    ck_assert_int_eq(el4ml_evaluator_init(&e, m.surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_hessian(&e, x, h), EL4ML_OK);
    el4ml_random random = el4ml_random_new(5, 5, 5);
    el4ml_random_direction(&random, n, v);
    for (int k = 0; k < 400; k++) {
        el4ml_symmetric_product(n, h, v, w);
        top = el4ml_norm(n, w);
        for (size_t i = 0; i < n; i++)
            v[i] = w[i] / top;
    }
    for (size_t i = 0; i < n; i++)
        trace += h[i * n + i];
    ck_assert_double_eq_tol(one->largest, top, 1e-3 * top);
    ck_assert_double_eq_tol(one->trace, trace, 0.1 * trace);
    ck_assert_double_eq_tol(one->frobenius, el4ml_norm(n * n, h), 0.2 * one->frobenius);
    el4ml_evaluator_clear(&e);
    el4ml_release(h);
    el4ml_release(v);
    el4ml_release(w);
    el4ml_robustness_free(r);
    model_end(&m);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    static const model_case c = {"iris.csv", "species", EL4ML_CROSS_ENTROPY, 2, 1e-3, 0.3, 0, 16, 0};
    model m = model_run(&c, case_data(&c), "memory");
    el4ml_robustness_options o = el4ml_robustness_options_default();
    o.samples = 2;
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_robustness *r = NULL;
        char *svg = NULL;
        el4ml_fail_allocation_after(n);
        status = el4ml_robustness_new(m.landscape, m.network, m.surface, m.data, &o, &r, NULL);
        if (status == EL4ML_OK) status = el4ml_robustness_svg(r, &svg, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || status == EL4ML_OUT_OF_MEMORY, "%zu: %d", n, (int)status);
        el4ml_text_free(svg);
        el4ml_robustness_free(r);
    }
    ck_assert_uint_gt(n, 10);
    model_end(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("robustness");
    TCase *tests = tcase_create("robustness");
    tcase_add_test(tests, spectrum_and_noise);
    tcase_add_loop_test(tests, rows_of_data, 0, 2);
    tcase_add_test(tests, correlations);
    tcase_add_test(tests, a_large_model);
    tcase_add_test(tests, every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
