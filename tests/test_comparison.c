/* How often two trainings agree: the estimate against full enumeration, its interval by how often it holds
 * the truth; and whole comparisons against numbers of the landscapes themselves. */
#include "el4ml/comparison.h"
#include "el4ml/interpolation.h"
#include "insight/trainings.h"
#include "run_help.h"
#include "test_keys.h"

/* ---- Agreement ---- */

/* Mean of the estimate over all 3^trials outcomes of trials with three classes. */
START_TEST(the_estimate_has_no_bias)
{
    const double p[3] = {0.6, 0.3, 0.1};
    const size_t trials = 2 + (size_t)_i;
    size_t all = 1;
    double mean = 0, weight_sum = 0;
    for (size_t k = 0; k < trials; k++)
        all *= 3;
    for (size_t outcome = 0; outcome < all; outcome++) {
        uint64_t hits[3] = {0};
        double weight = 1;
        size_t rest = outcome;
        for (size_t k = 0; k < trials; k++, rest /= 3) {
            hits[rest % 3]++;
            weight *= p[rest % 3];
        }
        el4ml_agreement a;
        el4ml_agreement_of(hits, 3, 0.95, &a);
        mean += weight * a.probability;
        weight_sum += weight;
        ck_assert(0 <= a.low && a.low <= a.probability && a.probability <= a.high && a.high <= 1);
    }
    ck_assert_double_eq_tol(weight_sum, 1, 1e-12);
    ck_assert_double_eq_tol(mean, 0.36 + 0.09 + 0.01, 1e-12);
}
END_TEST

/* p_k proportional to ratio^k over `classes` classes. */
static double coverage(double ratio, size_t classes, size_t trials, size_t repeats)
{
    double p[64], sum = 0, truth = 0;
    for (size_t k = 0; k < classes; k++)
        sum += p[k] = pow(ratio, (double)k);
    for (size_t k = 0; k < classes; k++) {
        p[k] /= sum;
        truth += p[k] * p[k];
    }
    size_t inside = 0;
    for (size_t r = 0; r < repeats; r++) {
        uint64_t hits[64] = {0};
        el4ml_random random = el4ml_random_new(11, classes, r);
        for (size_t k = 0; k < trials; k++) {
            double u = el4ml_random_uniform(&random);
            size_t class = 0;
            while (class + 1 < classes && u >= p[class])
                u -= p[class ++];
            hits[class]++;
        }
        el4ml_agreement a;
        el4ml_agreement_of(hits, classes, 0.95, &a);
        inside += a.low <= truth && truth <= a.high;
    }
    return (double)inside / (double)repeats;
}

START_TEST(intervals_hold_the_truth)
{
    const double ratios[5] = {0.02, 0.3, 0.5, 0.9, 1};
    const size_t trials[3] = {20, 100, 400};
    for (size_t k = 0; k < 3; k++) {
        const double found = coverage(ratios[_i], 40, trials[k], 1000);
        ck_assert_msg(found >= 0.93, "ratio %g, %zu trials: %g", ratios[_i], trials[k], found);
    }
}
END_TEST

START_TEST(ends_of_the_range)
{
    el4ml_agreement a;
    const uint64_t one[2] = {30, 0}, single[2] = {1, 0}, different[4] = {1, 1, 1, 1};
    el4ml_agreement_of(one, 2, 0.95, &a);
    ck_assert(a.probability == 1 && a.high == 1 && a.low > 0.7 && a.low < 1);
    el4ml_agreement_of(different, 4, 0.95, &a);
    ck_assert(a.probability == 0 && a.low == 0 && a.high > 0.2 && a.high < 1);
    el4ml_agreement_of(single, 2, 0.95, &a);
    ck_assert(isnan(a.probability) && a.low == 0 && a.high == 1);
}
END_TEST

/* Means that stand for equal outcomes give what counting them gives. */
START_TEST(means_agree_with_counts)
{
    const uint64_t hits[4] = {5, 0, 3, 9};
    double mean[4];
    el4ml_agreement a, b;
    for (size_t k = 0; k < 4; k++)
        mean[k] = ((double)hits[k] - 1) / 16;
    el4ml_agreement_of(hits, 4, 0.9, &a);
    el4ml_agreement_of_means(mean, hits, 4, 0.9, &b);
    ck_assert_double_eq_tol(a.probability, b.probability, 1e-15);
    ck_assert_double_eq_tol(a.standard_error, b.standard_error, 1e-15);
    ck_assert(fabs(a.low - b.low) < 1e-14 && fabs(a.high - b.high) < 1e-14);
}
END_TEST

START_TEST(holm_by_hand)
{
    const double p[4] = {0.01, 0.04, 0.03, 0.005}; /* sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1 */
    const double adjusted[4] = {0.03, 0.06, 0.06, 0.02};
    for (size_t k = 0; k < 4; k++)
        ck_assert_double_eq_tol(el4ml_holm(p, 4, k), adjusted[k], 1e-15);
    ck_assert_double_eq_tol(el4ml_two_sided(1.959963984540054), 0.05, 1e-12);
}
END_TEST

/* ---- Comparisons ---- */

typedef struct side {
    el4ml_surface *surface;
    el4ml_landscape *landscape;
    el4ml_study study;
    const char *folder;
} side;

static side new_side(el4ml_surface *surface, const char *name, el4ml_method method)
{
    side s = {.surface = surface, .study = plain_study(), .folder = scratch_folder(name)};
    s.study.method = method;
    s.study.steps = 80;
    s.landscape = run_study(s.folder, &s.study, surface, 2);
    return s;
}

static void end_side(side *s)
{
    el4ml_landscape_close(s->landscape);
    el4ml_surface_free(s->surface);
    remove_folder(s->folder);
}

START_TEST(two_networks)
{
    side s[2] = {new_side(iris_surface(3, EL4ML_TANH, 1e-3), "random", EL4ML_RANDOM_STARTS),
                 new_side(iris_surface(4, EL4ML_TANH, 1e-2), "hopping", EL4ML_BASIN_HOPPING)};
    el4ml_compared_input in[2];
    el4ml_comparison r[2];
    el4ml_comparison_options o = el4ml_comparison_options_default();
    o.starts = 60;
    for (size_t k = 0; k < 2; k++)
        in[k] = (el4ml_compared_input){.name = k ? "b" : "a",
                                       .landscape = s[k].landscape,
                                       .study = &s[k].study,
                                       .surface = s[k].surface};
    for (unsigned k = 0; k < 2; k++) {
        o.threads = k + 1;
        ck_assert_int_eq(el4ml_compare(in, 2, &o, &r[k], NULL), EL4ML_OK);
    }
    const el4ml_compared *a = &r[0].each[0], *b = &r[0].each[1];
    ck_assert_str_eq(a->source, "exploration");
    ck_assert_str_eq(b->source, "trainings");
    ck_assert_uint_eq(a->trainings, 80 - el4ml_landscape_totals(s[0].landscape)->explore_failures);
    ck_assert_uint_eq(b->trainings + b->failed, 60);
    for (size_t k = 0; k < 2; k++) {
        const el4ml_compared *c = &r[0].each[k], *d = &r[1].each[k];
        uint64_t hits = 0, pairs = 0;
        for (size_t i = 0; i < c->level_count; i++) {
            hits += c->level_hits[i];
            pairs += c->level_hits[i] * (c->level_hits[i] - 1);
            ck_assert(i == 0 || c->level_value[i] >= c->level_value[i - 1]);
        }
        ck_assert_uint_eq(hits, c->trainings);
        ck_assert_double_eq_tol(c->same_minimum.probability, (double)pairs / (double)(hits * (hits - 1)),
                                1e-14);
        ck_assert(c->temperature == r[0].each[0].temperature);
        ck_assert_uint_eq(c->summary.minima, el4ml_landscape_count(s[k].landscape, EL4ML_MINIMUM));
        ck_assert(c->cost_count + c->cost_failed == 60 && c->evaluations > 0);
        ck_assert(c->same_minimum.probability == d->same_minimum.probability &&
                  c->evaluations == d->evaluations && c->distinct == d->distinct);
    }
    ck_assert_uint_eq(r[0].pair_count, 1);
    ck_assert_double_eq_tol(r[0].pairs[0].difference,
                            a->same_minimum.probability - b->same_minimum.probability, 1e-15);
    ck_assert_double_eq_tol(r[0].pairs[0].p, r[0].pairs[0].p_adjusted, 1e-15);
    char *json = el4ml_comparison_json(&r[0]), *svg = NULL;
    ck_assert_ptr_nonnull(json);
    ck_assert_int_eq(el4ml_comparison_svg(&r[0], &svg, NULL), EL4ML_OK);
    el4ml_text_free(svg);
    el4ml_text_free(json);
    for (int k = 0; k < 2; k++) {
        el4ml_comparison_clear(&r[k]);
        end_side(&s[k]);
    }
}
END_TEST

/* Agreement in classes, by going through all pairs of trainings. */
START_TEST(agreement_in_predictions)
{
    side s = new_side(iris_surface(3, EL4ML_TANH, 1e-4), "classes", EL4ML_RANDOM_STARTS);
    el4ml_data data = {.train = fixture_iris()};
    const el4ml_compared_input in = {
        .name = "a", .landscape = s.landscape, .study = &s.study, .surface = s.surface, .data = &data};
    el4ml_comparison_options o = el4ml_comparison_options_default();
    el4ml_comparison r;
    el4ml_predictions *p = NULL;
    o.starts = 0;
    ck_assert_int_eq(el4ml_compare(&in, 1, &o, &r, NULL), EL4ML_OK);
    const size_t n = el4ml_landscape_count(s.landscape, EL4ML_MINIMUM);
    const double **x = EL4ML_NEW(const double *, n);
    double sum = 0, pairs = 0;
    for (size_t k = 0; k < n; k++)
        x[k] = el4ml_landscape_record(s.landscape, EL4ML_MINIMUM, k)->point.x;
    ck_assert_int_eq(el4ml_predictions_new(s.surface, x, n, &data.train, NULL, &p, NULL), EL4ML_OK);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double a = (double)el4ml_landscape_record(s.landscape, EL4ML_MINIMUM, i)->hits,
                         b = (double)el4ml_landscape_record(s.landscape, EL4ML_MINIMUM, j)->hits - (i == j);
            if (a == 0) continue;
            sum += a * b * (i == j ? 1 : 1 - el4ml_disagreement(p, i, j));
            pairs += a * b;
        }
    ck_assert_double_eq_tol(r.each[0].same_class.probability, sum / pairs, 1e-12);
    ck_assert(isnan(r.each[0].test_same_class.probability) && isnan(r.each[0].spread));
    ck_assert(r.each[0].same_class.probability >= r.each[0].same_minimum.probability);
    el4ml_predictions_free(p);
    el4ml_release(x);
    el4ml_comparison_clear(&r);
    fixture_free(&data.train);
    end_side(&s);
}
END_TEST

/* compare and interpolate on a landscape whose data have test rows. */
static json_t *both_documents(const side *s, const el4ml_data *data, bool keep)
{
    const el4ml_compared_input in = {
        .name = "a", .landscape = s->landscape, .study = &s->study, .surface = s->surface, .data = data};
    el4ml_comparison_options o = el4ml_comparison_options_default();
    const el4ml_interpolation_options lines = el4ml_interpolation_options_default();
    el4ml_comparison r;
    el4ml_interpolation pair;
    el4ml_network *network = NULL;
    o.starts = 10;
    ck_assert_int_eq(el4ml_compare(&in, 1, &o, &r, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_network(s->landscape, &network, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_interpolate(s->surface, s->landscape, network, data, 0, 1, &lines, &pair, NULL),
                     EL4ML_OK);
    char *compared = el4ml_comparison_json(&r), *interpolated = el4ml_interpolation_json(&pair, NULL, NULL);
    json_t *a = json_loads(compared, 0, NULL), *b = json_loads(interpolated, 0, NULL);
    json_t *both = json_pack("[o, o]", a, b);
    ck_assert_ptr_nonnull(both);
    if (!keep) drop_tests(both);
    el4ml_text_free(compared);
    el4ml_text_free(interpolated);
    el4ml_interpolation_clear(&pair);
    el4ml_network_free(network);
    el4ml_comparison_clear(&r);
    return both;
}

START_TEST(test_rows_change_test_numbers_alone)
{
    el4ml_data_options options = el4ml_data_options_default();
    el4ml_data *data = NULL;
    el4ml_surface *surface = NULL;
    el4ml_mlp_options net = el4ml_mlp_options_default();
    options.file = EL4ML_SOURCE_DIR "/examples/data/iris.csv";
    options.target = "species";
    options.test_fraction = 0.3;
    ck_assert_int_eq(el4ml_data_read(&options, &data, NULL), EL4ML_OK);
    net.hidden_layers = 1;
    net.hidden[0] = 4;
    net.l2 = 1e-4;
    ck_assert_int_eq(el4ml_mlp_new(&net, &data->train, &surface, NULL), EL4ML_OK);
    side s = new_side(surface, "leak", EL4ML_RANDOM_STARTS);
    json_t *before = both_documents(&s, data, false), *whole = both_documents(&s, data, true);
    scramble_test_rows(data);
    json_t *after = both_documents(&s, data, false), *other = both_documents(&s, data, true);
    ck_assert(json_equal(before, after));
    ck_assert(!json_equal(json_array_get(whole, 0), json_array_get(other, 0)));
    ck_assert(!json_equal(json_array_get(whole, 1), json_array_get(other, 1)));
    json_decref(before);
    json_decref(after);
    json_decref(whole);
    json_decref(other);
    el4ml_data_free(data);
    end_side(&s);
}
END_TEST

/* Trainings find the minima of an exploration by random starts about as often as it does. */
START_TEST(trainings_are_like_the_exploration)
{
    side s = new_side(function_surface("himmelblau"), "four", EL4ML_RANDOM_STARTS);
    const el4ml_trainings_options o = {.count = 400, .seed = 3};
    el4ml_trainings t = {0};
    ck_assert_int_eq(el4ml_trainings_run(s.surface, s.landscape, &s.study, &o, &t, NULL), EL4ML_OK);
    ck_assert(t.count == 400 && t.strangers == 0);
    double hits[4] = {0};
    for (size_t k = 0; k < t.count; k++) {
        ck_assert_int_eq(t.each[k].status, EL4ML_OK);
        hits[t.each[k].minimum]++;
    }
    for (size_t k = 0; k < 4; k++) {
        const double p = (double)el4ml_landscape_record(s.landscape, EL4ML_MINIMUM, k)->hits / 80,
                     q = hits[k] / 400;
        ck_assert_double_lt(fabs(p - q), 4 * sqrt(0.25 / 80 + 0.25 / 400));
    }
    el4ml_trainings_clear(&t);
    end_side(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("comparison");
    TCase *tests = tcase_create("comparison");
    tcase_add_loop_test(tests, the_estimate_has_no_bias, 0, 6);
    tcase_add_loop_test(tests, intervals_hold_the_truth, 0, 5);
    tcase_add_test(tests, ends_of_the_range);
    tcase_add_test(tests, means_agree_with_counts);
    tcase_add_test(tests, holm_by_hand);
    tcase_add_test(tests, two_networks);
    tcase_add_test(tests, agreement_in_predictions);
    tcase_add_test(tests, test_rows_change_test_numbers_alone);
    tcase_add_test(tests, trainings_are_like_the_exploration);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
