/* Forecasts, scores and ensembles: against brute force and the conditions that define them. */
#include "model_help.h"

#include "insight/combine.h"
#include "insight/forecast.h"

/* ---- Scores ---- */

/* Random probabilities, on a grid so that ties occur; some rows without. */
static el4ml_forecast *random_forecast(size_t rows, size_t classes, const el4ml_dataset *d)
{
    el4ml_random random = el4ml_random_new(3, 5, classes);
    el4ml_forecast *f = el4ml_forecast_blank(EL4ML_PREDICTS_PROBABILITIES, rows, classes);
    ck_assert_ptr_nonnull(f);
    for (size_t i = 0; i < rows; i++) {
        double sum = 0, *p = f->mean + i * classes;
        if (i % 17 == 3) continue;
        for (size_t c = 0; c < classes; c++)
            sum += p[c] = (double)(1 + el4ml_random_below(&random, 6)) + (d->label[i] == (int32_t)c ? 2 : 0);
        for (size_t c = 0; c < classes; c++)
            p[c] /= sum;
        f->log_density[i] = log(p[d->label[i]]);
    }
    return f;
}

/* By pairs of rows, each as often as its weight says. */
static double area_by_pairs(const el4ml_forecast *f, const el4ml_dataset *d, const double *weight,
                            size_t class)
{
    double won = 0, pairs = 0;
    for (size_t i = 0; i < f->rows; i++)
        for (size_t j = 0; j < f->rows; j++) {
            const double p = f->mean[i * f->outputs + class], q = f->mean[j * f->outputs + class];
            if (isnan(p) || isnan(q) || (size_t)d->label[i] != class || (size_t)d->label[j] == class)
                continue;
            pairs += weight[i] * weight[j];
            won += weight[i] * weight[j] * (p > q ? 1 : p == q ? 0.5 : 0);
        }
    return won / pairs;
}

START_TEST(scores_of_classes)
{
    const size_t classes = _i == 0 ? 2 : 4, rows = 90;
    el4ml_dataset d = fixture_data(8, rows, 2, classes, 0);
    el4ml_forecast *f = random_forecast(rows, classes, &d);
    el4ml_scorer *scorer;
    double weight[90], right = 0, loss = 0, total = 0, area = 0;
    ck_assert_int_eq(el4ml_scorer_new(f, &d, &scorer, NULL), EL4ML_OK);
    for (size_t i = 0; i < rows; i++) {
        weight[i] = (double)(i % 4);
        if (isnan(f->mean[i * classes])) continue;
        total += weight[i];
        right += el4ml_forecast_class(f, i) == (size_t)d.label[i] ? weight[i] : 0;
        loss -= weight[i] * log(f->mean[i * classes + (size_t)d.label[i]]);
    }
    for (size_t c = classes == 2 ? 1 : 0; c < classes; c++)
        area += area_by_pairs(f, &d, weight, c) / (double)(classes == 2 ? 1 : classes);
    el4ml_scores s;
    el4ml_scorer_score(scorer, weight, &s);
    ck_assert_double_eq_tol(s.value[EL4ML_SCORE_ACCURACY], right / total, 1e-14);
    ck_assert_double_eq_tol(s.value[EL4ML_SCORE_LOG_LOSS], loss / total, 1e-13);
    ck_assert_double_eq_tol(s.value[EL4ML_SCORE_AUC], area, 1e-13);
    ck_assert(isnan(s.value[EL4ML_SCORE_RMSE]));
    double error = 0; /* calibration, bin by bin */
    for (int b = 0; b < 15; b++) {
        double hit = 0, said = 0;
        for (size_t i = 0; i < rows; i++) {
            if (isnan(f->mean[i * classes])) continue;
            const size_t best = el4ml_forecast_class(f, i);
            const double p = f->mean[i * classes + best];
            if (!(p >= b / 15.0) || (b < 14 && !(p < (b + 1) / 15.0))) continue;
            said += weight[i] * p;
            hit += best == (size_t)d.label[i] ? weight[i] : 0;
        }
        error += fabs(hit - said) / total;
    }
    ck_assert_double_eq_tol(s.value[EL4ML_SCORE_CALIBRATION], error, 1e-13);
    el4ml_scorer_free(scorer);
    el4ml_forecast_free(f);
    fixture_free(&d);
}
END_TEST

START_TEST(scores_of_values)
{
    enum { ROWS = 40, TARGETS = 2 };
    el4ml_dataset d = fixture_data(9, ROWS, 2, 0, TARGETS);
    el4ml_forecast *f = el4ml_forecast_blank(EL4ML_PREDICTS_VALUES, ROWS, TARGETS);
    long double squares = 0, r2 = 0, density = 0;
    for (size_t i = 0; i < ROWS; i++)
        f->log_density[i] = sin((double)i);
    for (size_t i = 0; i < ROWS * TARGETS; i++)
        f->mean[i] = 0.3 * d.y[i];
    for (size_t t = 0; t < TARGETS; t++) {
        long double mean = 0, spread = 0, left = 0;
        for (size_t i = 0; i < ROWS; i++)
            mean += (long double)d.y[i * TARGETS + t] / ROWS;
        for (size_t i = 0; i < ROWS; i++) {
            spread += ((long double)d.y[i * TARGETS + t] - mean) * ((long double)d.y[i * TARGETS + t] - mean);
            left += 0.7L * 0.7L * (long double)d.y[i * TARGETS + t] * (long double)d.y[i * TARGETS + t];
        }
        squares += left;
        r2 += (1 - left / spread) / TARGETS;
    }
    for (size_t i = 0; i < ROWS; i++)
        density += (long double)f->log_density[i] / ROWS;
    el4ml_scorer *scorer;
    el4ml_scores s;
    ck_assert_int_eq(el4ml_scorer_new(f, &d, &scorer, NULL), EL4ML_OK);
    el4ml_scorer_score(scorer, NULL, &s);
    ck_assert_double_eq_tol(s.value[EL4ML_SCORE_RMSE], (double)sqrtl(squares / ROWS / TARGETS), 1e-14);
    ck_assert_double_eq_tol(s.value[EL4ML_SCORE_R2], (double)r2, 1e-13);
    ck_assert_double_eq_tol(s.value[EL4ML_SCORE_LOG_DENSITY], (double)density, 1e-14);
    el4ml_scorer_free(scorer);
    el4ml_forecast_free(f);
    fixture_free(&d);
}
END_TEST

/* ---- Combining ---- */

enum { MODELS = 5, ROWS = 120, CLASSES = 3 };

typedef struct made_up {
    el4ml_dataset d;
    double *said[MODELS];
    double deviation[MODELS];
    el4ml_panel panel;
    size_t all[ROWS];
} made_up;

/* Models of different worth; the first is good where the first input is positive, the second elsewhere. */
static void make_up(made_up *m, bool values)
{
    el4ml_random random = el4ml_random_new(4, 4, values);
    const size_t outputs = values ? 1 : CLASSES;
    m->d = fixture_data(5, ROWS, 2, values ? 0 : CLASSES, values ? 1 : 0);
    for (size_t k = 0; k < MODELS; k++) {
        m->said[k] = fixture_doubles(ROWS * outputs);
        m->deviation[k] = 0.5 + 0.2 * (double)k;
        for (size_t i = 0; i < ROWS; i++) {
            double *p = m->said[k] + i * outputs, sum = 0;
            const bool good = k < 2 && (m->d.x[2 * i] > 0) == (k == 0);
            if (values) p[0] = m->d.y[i] + (good ? 0.1 : 1) * el4ml_random_normal(&random);
            for (size_t c = 0; !values && c < CLASSES; c++)
                sum += p[c] =
                    0.2 + el4ml_random_uniform(&random) + (good && m->d.label[i] == (int32_t)c ? 8 : 0);
            for (size_t c = 0; !values && c < CLASSES; c++)
                p[c] /= sum;
        }
    }
    m->panel = (el4ml_panel){.kind = values ? EL4ML_PREDICTS_VALUES : EL4ML_PREDICTS_PROBABILITIES,
                             .models = MODELS,
                             .rows = ROWS,
                             .outputs = outputs,
                             .said = (const double *const *)m->said,
                             .deviation = m->deviation,
                             .data = &m->d};
    for (size_t i = 0; i < ROWS; i++)
        m->all[i] = i;
}

static void clear(made_up *m)
{
    for (size_t k = 0; k < MODELS; k++)
        free(m->said[k]);
    fixture_free(&m->d);
}

static el4ml_forecast *combined(made_up *m, el4ml_combination combination, double *weight)
{
    el4ml_combiner c = {0};
    el4ml_forecast *f = el4ml_forecast_blank(m->panel.kind, ROWS, m->panel.outputs);
    ck_assert(el4ml_combiner_fit(&c, combination, MODELS, &m->panel, m->all, ROWS));
    ck_assert(el4ml_combine(&c, &m->panel, NULL, 0, f));
    if (weight) memcpy(weight, c.weight, MODELS * sizeof *weight);
    el4ml_combiner_clear(&c);
    return f;
}

static double density(const made_up *m, size_t which, size_t row)
{
    if (m->panel.kind == EL4ML_PREDICTS_PROBABILITIES)
        return m->said[which][row * CLASSES + (size_t)m->d.label[row]];
    const double s = m->deviation[which], z = (m->d.y[row] - m->said[which][row]) / s;
    return exp(-z * z / 2) / s / sqrt(2 * acos(-1));
}

START_TEST(mean_and_median)
{
    made_up m;
    make_up(&m, _i);
    el4ml_forecast *f = combined(&m, EL4ML_COMBINE_MEAN, NULL), *v = combined(&m, EL4ML_COMBINE_VOTE, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        double mix = 0, below = 0, above = 0, sum = 0, votes[CLASSES] = {0};
        for (size_t k = 0; k < MODELS; k++)
            mix += density(&m, k, i) / MODELS;
        ck_assert_double_eq_tol(f->log_density[i], log(mix), 1e-12);
        for (size_t c = 0; c < m.panel.outputs; c++) {
            double mean = 0;
            for (size_t k = 0; k < MODELS; k++)
                mean += m.said[k][i * m.panel.outputs + c] / MODELS;
            ck_assert_double_eq_tol(f->mean[i * m.panel.outputs + c], mean, 1e-14);
            sum += v->mean[i * m.panel.outputs + c];
        }
        for (size_t k = 0; k < MODELS; k++) {
            if (_i) { /* as many below the median as above it */
                below += m.said[k][i] < v->mean[i];
                above += m.said[k][i] > v->mean[i];
                continue;
            }
            size_t best = 0;
            for (size_t c = 1; c < CLASSES; c++)
                if (m.said[k][i * CLASSES + c] > m.said[k][i * CLASSES + best]) best = c;
            votes[best]++;
        }
        ck_assert(below == above);
        if (_i) continue;
        ck_assert_double_eq_tol(sum, 1, 1e-14);
        for (size_t c = 0; c < CLASSES; c++)
            ck_assert_double_ge(votes[el4ml_forecast_class(v, i)], votes[c]);
    }
    el4ml_forecast_free(f);
    el4ml_forecast_free(v);
    clear(&m);
}
END_TEST

/* The maximum on the simplex: d/dw_m (sum_i ln sum_k w_k p_ik + sum_k ln w_k) is the same for all m, and
 * times w summed it is ROWS + MODELS. */
START_TEST(stacking_is_at_the_maximum)
{
    made_up m;
    double w[MODELS], sum = 0;
    make_up(&m, _i);
    el4ml_forecast *f = combined(&m, EL4ML_COMBINE_STACK, w);
    for (size_t k = 0; k < MODELS; k++) {
        double slope = 1 / w[k];
        for (size_t i = 0; i < ROWS; i++) {
            double mix = 0;
            for (size_t j = 0; j < MODELS; j++)
                mix += w[j] * density(&m, j, i);
            slope += density(&m, k, i) / mix;
        }
        sum += w[k];
        ck_assert_double_eq_tol(slope, ROWS + MODELS, 1e-5);
    }
    ck_assert_double_eq_tol(sum, 1, 1e-13);
    ck_assert(w[0] + w[1] > w[2] + w[3] + w[4]);
    el4ml_forecast_free(f);
    clear(&m);
}
END_TEST

/* Two specialists: who tells them apart by the input does better than any fixed weights. */
START_TEST(the_gate_finds_specialists)
{
    made_up m;
    make_up(&m, _i);
    double gain = 0;
    el4ml_forecast *gate = el4ml_forecast_blank(m.panel.kind, ROWS, m.panel.outputs),
                   *stack = combined(&m, EL4ML_COMBINE_STACK, NULL);
    el4ml_combiner c = {0};
    ck_assert(el4ml_combiner_fit(&c, EL4ML_COMBINE_GATE, MODELS, &m.panel, m.all, ROWS / 2));
    ck_assert(el4ml_combine(&c, &m.panel, m.all + ROWS / 2, ROWS / 2, gate));
    for (size_t i = 0; i < ROWS; i++) {
        ck_assert(isnan(gate->log_density[i]) == (i < ROWS / 2));
        if (i >= ROWS / 2) gain += gate->log_density[i] - stack->log_density[i];
    }
    ck_assert_double_gt(gain / (ROWS / 2), 0.05);
    el4ml_combiner_clear(&c);
    el4ml_forecast_free(gate);
    el4ml_forecast_free(stack);
    clear(&m);
}
END_TEST

/* ---- Whole ensembles ---- */

static const model_case cases[] = {
    {"diabetes.csv", "progression", EL4ML_MSE, 3, 1e-3, 0.3, 0.25, 96, 60},
    {"breast_cancer.csv", "diagnosis", EL4ML_CROSS_ENTROPY, 2, 1e-4, 0.4, 0, 96, 60},
};

static void check_members(const model *m, const el4ml_ensembles *e)
{
    const size_t minima = el4ml_landscape_count(m->landscape, EL4ML_MINIMUM);
    double highest = -INFINITY, next = INFINITY;
    for (unsigned s = 0; s < EL4ML_SELECTIONS; s++) {
        bool seen[10000] = {false};
        for (size_t k = 0; k < e->selected[s].count; k++) {
            const size_t candidate = e->selected[s].candidate[k];
            ck_assert(!seen[candidate]);
            seen[candidate] = true;
            const bool refit = s == EL4ML_SELECT_RESTARTS || s == EL4ML_SELECT_BAGGING;
            ck_assert((e->candidates[candidate].minimum == EL4ML_NONE) == refit);
        }
        ck_assert((e->selected[s].count == 0) == (e->selected[s].none != NULL));
    }
    bool lowest[10000] = {false};
    for (size_t k = 0; k < e->selected[EL4ML_SELECT_LOWEST].count; k++) {
        const size_t i = e->candidates[e->selected[EL4ML_SELECT_LOWEST].candidate[k]].minimum;
        lowest[i] = true;
        highest = fmax(highest, m->network->nodes[i].energy);
    }
    for (size_t i = 0; i < minima; i++)
        if (!lowest[i]) next = fmin(next, m->network->nodes[i].energy);
    ck_assert_double_le(highest, next);
}

/* Restarts are minima of the surface; bagged models of some other one. */
static void check_refits(const model *m, const el4ml_ensembles *e)
{
    el4ml_evaluator evaluator;
    double value, *g = fixture_doubles(m->surface->info.dimension);
    const double root = sqrt((double)m->surface->info.dimension);
    ck_assert_int_eq(el4ml_evaluator_init(&evaluator, m->surface, NULL), EL4ML_OK);
    for (unsigned s = EL4ML_SELECT_RESTARTS; s <= EL4ML_SELECT_BAGGING; s++)
        for (size_t k = 0; k < e->selected[s].count; k++) {
            const double *x = e->candidates[e->selected[s].candidate[k]].x;
            ck_assert_int_eq(el4ml_value_gradient(&evaluator, x, &value, g), EL4ML_OK);
            const double rms = el4ml_norm(m->surface->info.dimension, g) / root;
            ck_assert((rms < 1e-6) == (s == EL4ML_SELECT_RESTARTS));
        }
    el4ml_evaluator_clear(&evaluator);
    free(g);
}

static void check_numbers(const model *m, const el4ml_ensembles *e)
{
    const bool classes = e->kind == EL4ML_PREDICTS_PROBABILITIES;
    const el4ml_record *global =
        el4ml_landscape_record(m->landscape, EL4ML_MINIMUM, el4ml_network_global_minimum(m->network));
    const el4ml_tested *single = &e->ensembles[0].test;
    if (classes) {
        ck_assert_double_eq_tol(single->score.value[EL4ML_SCORE_ACCURACY], global->test.accuracy, 1e-14);
        ck_assert_double_eq_tol(single->score.value[EL4ML_SCORE_LOG_LOSS], global->test.loss, 1e-12);
    } else {
        ck_assert_double_eq_tol(single->score.value[EL4ML_SCORE_R2], global->test.r2, 1e-12);
    }
    for (size_t k = 0; k < e->count; k++) {
        const el4ml_ensemble *one = &e->ensembles[k];
        double sum = 0;
        for (size_t j = 0; j < one->count; j++)
            sum += one->weight[j];
        ck_assert_double_eq_tol(sum, 1, 1e-12);
        for (unsigned s = 0; s < EL4ML_SCORES; s++) {
            if (!isfinite(one->test.score.value[s])) continue;
            ck_assert_double_le(one->test.low.value[s], one->test.high.value[s]);
            ck_assert_double_le(one->test.gain_low.value[s], one->test.gain_high.value[s]);
        }
        if (one->selection == EL4ML_SELECT_VALIDATED)
            ck_assert(isnan(one->gain) &&
                      isnan(one->held_out.value[classes ? EL4ML_SCORE_LOG_LOSS : EL4ML_SCORE_RMSE]));
    }
}

START_TEST(whole_ensembles)
{
    model m = model_run(&cases[_i], case_data(&cases[_i]), "ensembles");
    el4ml_ensembles_options o = el4ml_ensembles_options_default();
    o.members = 5;
    o.bootstraps = 200;
    el4ml_ensembles *e = model_ensembles(&m, &o), *again = model_ensembles(&m, &o);
    ck_assert(e->cross_fitted == (m.data->validation.rows == 0));
    check_members(&m, e);
    check_refits(&m, e);
    check_numbers(&m, e);
    char *text = el4ml_ensembles_json(e, m.data), *twice = el4ml_ensembles_json(again, m.data);
    ck_assert_str_eq(text, twice);
    el4ml_text_free(text);
    el4ml_text_free(twice);
    for (size_t k = 0; k < e->count; k++) { /* rows asked for one by one are the rows asked for together */
        el4ml_forecast *whole, *one;
        el4ml_dataset first = m.data->test;
        first.rows = 3;
        ck_assert_int_eq(el4ml_ensembles_forecast(e, k, &m.data->test, &whole, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_ensembles_forecast(e, k, &first, &one, NULL), EL4ML_OK);
        for (size_t i = 0; i < 3 * one->outputs; i++)
            ck_assert_double_eq_tol(one->mean[i], whole->mean[i], 1e-13);
        el4ml_forecast_free(whole);
        el4ml_forecast_free(one);
    }
    el4ml_ensembles_free(e);
    el4ml_ensembles_free(again);
    model_end(&m);
}
END_TEST

/* The same landscape twice: means are its numbers, and intervals have no width. */
static el4ml_status over_splits(const el4ml_ensembles *e, const model *m)
{
    const el4ml_ensembles *const runs[2] = {e, e};
    const el4ml_data *const data[2] = {m->data, m->data};
    el4ml_ensembles_splits *over = NULL;
    char *svg = NULL;
    el4ml_status status = el4ml_ensembles_over_splits(runs, data, 2, &over, NULL);
    for (size_t k = 0; status == EL4ML_OK && k < over->count; k++) {
        const el4ml_split_ensemble *one = &over->ensembles[k];
        for (size_t j = 0; j < e->count && !one->recommended; j++) {
            if (e->ensembles[j].selection != one->selection ||
                e->ensembles[j].combination != one->combination)
                continue;
            const el4ml_split_mean *score = &one->score[EL4ML_SCORE_LOG_LOSS];
            ck_assert(score->mean == e->ensembles[j].test.score.value[EL4ML_SCORE_LOG_LOSS]);
            ck_assert(score->low == score->mean && score->high == score->mean);
        }
        if (one->selection == EL4ML_SELECT_RESTARTS)
            ck_assert(one->over_restarts[EL4ML_SCORE_LOG_LOSS].mean == 0);
    }
    if (status == EL4ML_OK) status = el4ml_ensembles_splits_svg(over, &svg, NULL);
    el4ml_text_free(svg);
    el4ml_ensembles_splits_free(over);
    return status;
}

/* Wherever memory runs out, it is said and nothing is lost. */
START_TEST(every_allocation_may_fail)
{
    static const model_case c = {"iris.csv", "species", EL4ML_CROSS_ENTROPY, 2, 1e-3, 0.3, 0.3, 16, 8};
    model m = model_run(&c, case_data(&c), "memory");
    const el4ml_ensembles_source source = {.landscape = m.landscape,
                                           .network = m.network,
                                           .study = &m.study,
                                           .surface = m.surface,
                                           .data = m.data};
    el4ml_ensembles_options o = el4ml_ensembles_options_default();
    o.members = 2;
    o.bootstraps = 3;
    size_t n = 0, step = 1;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n += step) {
        el4ml_ensembles *e = NULL;
        char *svg = NULL, *json = NULL;
        el4ml_fail_allocation_after(n);
        status = el4ml_ensembles_fit(&source, &o, &e, NULL);
        if (status == EL4ML_OK) status = el4ml_ensembles_test(e, &m.data->test, NULL);
        if (status == EL4ML_OK) status = el4ml_ensembles_svg(e, m.data, &svg, NULL);
        if (status == EL4ML_OK) status = over_splits(e, &m);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || status == EL4ML_OUT_OF_MEMORY, "%zu: %d", n, (int)status);
        el4ml_text_free(svg);
        el4ml_text_free(json);
        el4ml_ensembles_free(e);
        if (n > 100) step = 13;
    }
    ck_assert_uint_gt(n, 60);
    model_end(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ensembles");
    TCase *tests = tcase_create("ensembles");
    tcase_add_loop_test(tests, scores_of_classes, 0, 2);
    tcase_add_test(tests, scores_of_values);
    tcase_add_loop_test(tests, mean_and_median, 0, 2);
    tcase_add_loop_test(tests, stacking_is_at_the_maximum, 0, 2);
    tcase_add_loop_test(tests, the_gate_finds_specialists, 0, 2);
    tcase_add_loop_test(tests, whole_ensembles, 0, 2);
    tcase_add_test(tests, every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
