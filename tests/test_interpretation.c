/* What funnels have in common: tests by permutation against their own definition, names, folded weights and
 * importance against slow forms; test rows change nothing but test_ numbers. */
#include "el4ml/interpretation.h"

#include "insight/interpret.h"
#include "run_help.h"
#include "test_keys.h"

/* ---- Many tests at once ---- */

START_TEST(false_discovery_rates_by_hand)
{
    const double p[6] = {0.01, 0.04, 0.03, 0.005, NAN, 0.9};
    const double expected[6] = {0.025, 0.05, 0.05, 0.025, NAN, 0.9}; /* 5 tests: p 5 / rank, made monotonic */
    double q[6];
    ck_assert_int_eq(el4ml_false_discovery_rates(p, 6, q, NULL), EL4ML_OK);
    for (size_t k = 0; k < 6; k++)
        if (k == 4)
            ck_assert(isnan(q[k]));
        else
            ck_assert_double_eq_tol(q[k], expected[k], 1e-15);
}
END_TEST

/* Six rows, three on either side: all 20 ways to choose them, by hand. */
START_TEST(two_sides)
{
    const double x[12] = {1, 5, 2, 5, 3, 5,
                          7, 4, 8, 6, 9, 5}; /* the first column parts them, the second not */
    const unsigned char side[6] = {0, 0, 0, 1, 1, 1};
    const el4ml_number_table t = {.rows = 6, .columns = 2, .permutations = 20000, .x = x, .seed = 4};
    el4ml_apart apart[2];
    double p;
    ck_assert_int_eq(el4ml_test_apart(&t, side, apart, &p), EL4ML_OK);
    ck_assert_double_eq_tol(apart[0].difference, -6, 1e-14);
    ck_assert_double_eq_tol(apart[0].standardised, -6, 1e-12); /* both sides have variance 1 */
    ck_assert_double_eq_tol(apart[0].p, 0.1, 0.01);            /* 2 of 20 */
    ck_assert_double_eq_tol(apart[1].difference, 0, 1e-14);
    ck_assert(apart[1].p == 1);
    ck_assert_double_eq_tol(p, 0.1, 0.01);
}
END_TEST

/* ---- Groups: no symmetry, so that rows can be made up ---- */

/* Rows on a surface that has no symmetry: 30 of 2 numbers; group 0 has 8 that agree in the first. */
static void made_up(el4ml_surface *surface, bool planted, uint64_t seed, double p[2], double *together)
{
    double x[60];
    size_t group[30];
    el4ml_random random = el4ml_random_new(7, 8, seed);
    for (size_t k = 0; k < 60; k++)
        x[k] = el4ml_random_normal(&random);
    for (size_t k = 0; k < 30; k++)
        group[k] = k < 8 ? 0 : EL4ML_NONE;
    for (size_t k = 0; planted && k < 8; k++)
        x[2 * k] = 0.5 + 0.1 * x[2 * k];
    const el4ml_aligned aligned = {.rows = 30, .n = 2, .x = x};
    const el4ml_group_tests t = {
        .surface = surface, .aligned = &aligned, .permutations = 199, .seed = seed, .threads = 1};
    el4ml_conserved parameters[4], whole[2];
    ck_assert_int_eq(el4ml_test_conserved(&t, group, 1, parameters, NULL, whole, NULL), EL4ML_OK);
    for (size_t k = 0; k < 2; k++) {
        p[k] = parameters[k].p;
        ck_assert_double_eq_tol(parameters[k].ratio, parameters[k].deviation / parameters[2 + k].deviation,
                                1e-14);
        ck_assert(isnan(parameters[2 + k].p));
    }
    *together = whole[0].p;
}

START_TEST(planted_conservation_is_found)
{
    el4ml_surface *s = function_surface("himmelblau");
    double p[2], together;
    for (uint64_t seed = 0; seed < 10; seed++) {
        made_up(s, true, seed, p, &together);
        ck_assert_double_le(p[0], 0.01);
        ck_assert_double_ge(together, 1.0 / 200);
    }
    el4ml_surface_free(s);
}
END_TEST

/* Under the hypothesis p is uniform: at most a share a below a. */
START_TEST(chance_is_called_chance)
{
    el4ml_surface *s = function_surface("himmelblau");
    size_t low = 0, half = 0;
    double p[2], together;
    for (uint64_t seed = 0; seed < 300; seed++) {
        made_up(s, false, 100 + seed, p, &together);
        low += p[0] <= 0.05;
        half += p[0] <= 0.5;
    }
    ck_assert_uint_le(low, 15 + 4 * 4); /* four standard deviations */
    ck_assert_uint_ge(half, 150 - 4 * 9);
    ck_assert_uint_le(half, 150 + 4 * 9);
    el4ml_surface_free(s);
}
END_TEST

/* ---- Weights ---- */

START_TEST(names_and_folded_weights)
{
    char *inputs[3] = {"a", "b", "c"};
    char *classes[2] = {"no", "yes"};
    const el4ml_data data = {
        .train = {.inputs = 3, .classes = 2}, .input_names = inputs, .class_names = classes};
    el4ml_study study = {.kind = EL4ML_KIND_MLP, .mlp = {.hidden_layers = 2, .hidden = {2, 4}}};
    const size_t n = 2 * 4 + 4 * 3 + 2 * 5;
    const el4ml_weights w = el4ml_weights_of(&study, &data, n);
    static const struct {
        size_t at;
        const char *name;
    } known[6] = {{0, "W1[1, a]"}, {5, "W1[2, c]"},       {7, "b1[2]"},
                  {8, "W2[1, 1]"}, {n - 10, "W3[no, 1]"}, {n - 1, "b3[yes]"}};
    ck_assert_uint_eq(w.layers, 3);
    for (size_t k = 0; k < 6; k++) {
        char *name = el4ml_weights_name(&w, known[k].at);
        ck_assert_str_eq(name, known[k].name);
        el4ml_release(name);
    }
    double x[30], work[8], share[3], slow[3] = {0}, sum = 0;
    const double scale[3] = {1, 2, 0.5};
    el4ml_random random = el4ml_random_new(1, 2, 3);
    for (size_t k = 0; k < n; k++)
        x[k] = el4ml_random_normal(&random);
    for (size_t j = 0; j < 3; j++) /* all ways, one by one */
        for (size_t h = 0; h < 2; h++)
            for (size_t g = 0; g < 4; g++)
                for (size_t c = 0; c < 2; c++)
                    slow[j] += scale[j] * fabs(x[h * 3 + j] * x[8 + g * 2 + h] * x[20 + c * 4 + g]);
    for (size_t j = 0; j < 3; j++)
        sum += slow[j];
    el4ml_weights_fold(&w, x, scale, work, share);
    for (size_t j = 0; j < 3; j++)
        ck_assert_double_eq_tol(share[j], slow[j] / sum, 1e-14);
}
END_TEST

/* ---- A whole landscape ---- */

typedef struct scene {
    el4ml_data *data;
    el4ml_surface *surface;
    el4ml_study study;
    el4ml_landscape *landscape;
    el4ml_network *network;
    const char *folder;
} scene;

/* Diabetes with three units: tens of minima in several funnels. */
static scene new_scene(void)
{
    scene s = {.study = plain_study(), .folder = scratch_folder("interpretation")};
    el4ml_data_options options = el4ml_data_options_default();
    options.file = EL4ML_SOURCE_DIR "/examples/data/diabetes.csv";
    options.target = "progression";
    options.classification = false;
    options.test_fraction = 0.3;
    options.split_seed = 1;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_data_read(&options, &s.data, &error) == EL4ML_OK, "%s", error.message);
    s.study.kind = EL4ML_KIND_MLP;
    s.study.mlp = el4ml_mlp_options_default();
    s.study.mlp.hidden_layers = 1;
    s.study.mlp.hidden[0] = 3;
    s.study.mlp.loss = EL4ML_MSE;
    s.study.mlp.l2 = 1e-3;
    s.study.method = EL4ML_RANDOM_STARTS;
    s.study.steps = 120;
    s.study.budget = 100;
    ck_assert_int_eq(el4ml_mlp_new(&s.study.mlp, &s.data->train, &s.surface, NULL), EL4ML_OK);
    s.landscape = run_study(s.folder, &s.study, s.surface, 2);
    ck_assert_int_eq(el4ml_landscape_network(s.landscape, &s.network, NULL), EL4ML_OK);
    return s;
}

static void end_scene(scene *s)
{
    el4ml_network_free(s->network);
    el4ml_landscape_close(s->landscape);
    el4ml_surface_free(s->surface);
    el4ml_data_free(s->data);
    remove_folder(s->folder);
}

static el4ml_interpretation *interpret(const scene *s, unsigned threads)
{
    el4ml_interpret_options o = el4ml_interpret_options_default();
    el4ml_interpretation *r = NULL;
    el4ml_error error = {0};
    o.permutations = 199;
    o.threads = threads;
    ck_assert_msg(el4ml_interpret(s->surface, s->landscape, s->network, &s->study, s->data, &o, &r, &error) ==
                      EL4ML_OK,
                  "%s", error.message);
    return r;
}

static void check_group(const scene *s, const el4ml_interpretation *r, const el4ml_interpreted_group *g)
{
    double share = 0, square = 0;
    for (size_t j = 0; j < r->feature_count; j++) {
        const el4ml_reliance *f = &g->features[j];
        share += f->weight;
        ck_assert(f->weight_low <= f->weight + 1e-12 && f->weight <= f->weight_high + 1e-12);
        ck_assert(0 <= f->conserved && f->conserved <= 1);
        ck_assert(isfinite(f->importance) && f->importance_error >= 0 && f->q >= f->p - 1e-15);
    }
    ck_assert_double_eq_tol(share, 1, 1e-10);
    for (size_t k = 0; k < r->parameter_count; k++)
        square += g->parameters[k].deviation * g->parameters[k].deviation;
    ck_assert_double_eq_tol(sqrt(square), g->together.deviation, 1e-10 * sqrt(square));
    ck_assert(g->energy == s->network->nodes[g->bottom].energy);
}

START_TEST(a_landscape)
{
    scene s = new_scene();
    el4ml_interpretation *r = interpret(&s, 1), *again = interpret(&s, 2);
    ck_assert_uint_ge(r->group_count, 2);
    ck_assert_double_le(r->spread, r->stored_spread);
    ck_assert_str_eq(r->parameter_names[0], "W1[1, age]");
    check_group(&s, r, &r->all);
    size_t tested = 0;
    for (size_t g = 0; g < r->group_count; g++) {
        const el4ml_interpreted_group *group = &r->groups[g], *other = &again->groups[g];
        check_group(&s, r, group);
        ck_assert_uint_ge(group->count, EL4ML_INTERPRET_LEAST);
        for (size_t k = 0; k < r->parameter_count; k++) {
            tested += isfinite(group->parameters[k].p);
            ck_assert(group->parameters[k].p == other->parameters[k].p &&
                      group->parameters[k].mean == other->parameters[k].mean);
        }
        for (size_t k = 0; k < r->feature_count; k++)
            ck_assert(group->features[k].importance == other->features[k].importance);
    }
    ck_assert_uint_eq(tested, r->group_count * r->parameter_count);
    ck_assert_ptr_nonnull(r->distinction);
    ck_assert(r->distinction->first_bottom == r->groups[0].bottom &&
              r->distinction->second_bottom == r->groups[1].bottom);
    el4ml_interpretation_free(again);
    el4ml_interpretation_free(r);
    end_scene(&s);
}
END_TEST

/* Importance of one feature of one minimum, with the definition at hand: a feature that the model does not
 * use has none, and permuting loses what the model knew. */
START_TEST(unused_features_have_no_importance)
{
    scene s = new_scene();
    const size_t n = s.surface->info.dimension;
    const el4ml_interpret_options o = el4ml_interpret_options_default();
    size_t model = el4ml_network_global_minimum(s.network);
    double *x = s.landscape ? el4ml_landscape_record(s.landscape, EL4ML_MINIMUM, model)->point.x : NULL;
    double *kept = new_vector(n);
    memcpy(kept, x, n * sizeof *x);
    for (size_t h = 0; h < 3; h++)
        x[h * 10 + 4] = 0; /* the weights of the fifth feature, in memory only */
    el4ml_rises rises = {.models = 1, .model = EL4ML_NEW(size_t, 1)};
    rises.model[0] = model;
    ck_assert_int_eq(el4ml_rises_measure(&rises, s.surface, s.landscape, &s.data->train, &o, NULL), EL4ML_OK);
    double bmi = 0, loss = 0, mean = 0;
    el4ml_dataset permuted = s.data->train;
    el4ml_evaluator e;
    el4ml_metrics metrics = el4ml_metrics_none();
    ck_assert_uint_eq(rises.rows, permuted.rows);
    for (size_t k = 0; k < rises.rows; k++) {
        ck_assert_double_eq_tol(rises.rise[4 * rises.rows + k], 0, 1e-13);
        bmi += rises.rise[2 * rises.rows + k] / (double)rises.rows;
    }
    /* the same by the surface's own metrics, with the feature's values shuffled many times over */
    ck_assert_int_eq(el4ml_evaluator_init(&e, s.surface, NULL), EL4ML_OK);
    ck_assert_int_eq(s.surface->ops.metrics(s.surface->self, e.workspace, x, &s.data->train, &metrics),
                     EL4ML_OK);
    loss = metrics.loss;
    permuted.x = new_vector(permuted.rows * 10);
    size_t *order = EL4ML_NEW(size_t, permuted.rows);
    memcpy(permuted.x, s.data->train.x, permuted.rows * 10 * sizeof(double));
    el4ml_random random = el4ml_random_new(5, 5, 5);
    for (size_t k = 0; k < permuted.rows; k++)
        order[k] = k;
    for (int repeat = 0; repeat < 200; repeat++) {
        el4ml_random_shuffle(&random, permuted.rows, order);
        for (size_t k = 0; k < permuted.rows; k++)
            permuted.x[10 * k + 2] = s.data->train.x[10 * order[k] + 2];
        ck_assert_int_eq(s.surface->ops.metrics(s.surface->self, e.workspace, x, &permuted, &metrics),
                         EL4ML_OK);
        mean += (metrics.loss - loss) / 200;
    }
    ck_assert_double_gt(bmi, 0);
    ck_assert_double_eq_tol(bmi, mean, 0.2 * mean);
    el4ml_evaluator_clear(&e);
    el4ml_release(permuted.x);
    el4ml_release(order);
    memcpy(x, kept, n * sizeof *x);
    el4ml_rises_clear(&rises);
    el4ml_release(kept);
    end_scene(&s);
}
END_TEST

static json_t *document(const scene *s, bool keep)
{
    el4ml_interpretation *r = interpret(s, 2);
    char *text = el4ml_interpretation_json(r), *svg = NULL;
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(el4ml_interpretation_svg(r, &svg, NULL), EL4ML_OK);
    ck_assert(strncmp(svg, "<svg", 4) == 0);
    json_t *o = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(o);
    if (!keep) drop_tests(o);
    el4ml_text_free(svg);
    el4ml_text_free(text);
    el4ml_interpretation_free(r);
    return o;
}

START_TEST(test_rows_change_test_numbers_alone)
{
    scene s = new_scene();
    json_t *before = document(&s, false), *whole = document(&s, true);
    scramble_test_rows(s.data);
    json_t *after = document(&s, false), *other = document(&s, true);
    ck_assert(json_equal(before, after));
    ck_assert(!json_equal(whole, other));
    json_decref(before);
    json_decref(after);
    json_decref(whole);
    json_decref(other);
    end_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interpretation");
    TCase *tests = tcase_create("interpretation");
    tcase_add_test(tests, false_discovery_rates_by_hand);
    tcase_add_test(tests, two_sides);
    tcase_add_test(tests, planted_conservation_is_found);
    tcase_add_test(tests, chance_is_called_chance);
    tcase_add_test(tests, names_and_folded_weights);
    tcase_add_test(tests, a_landscape);
    tcase_add_test(tests, unused_features_have_no_importance);
    tcase_add_test(tests, test_rows_change_test_numbers_alone);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
