/* Nothing of the test rows reaches a search, a choice, a weight or an order: with these rows scrambled,
 * inputs and targets, everything is the same to the last bit but the numbers that are about test rows, whose
 * names begin with test. */
#include <jansson.h>

#include "el4ml/analysis.h"
#include "el4ml/robustness.h"
#include "model_help.h"

static void scramble(el4ml_dataset *d)
{
    el4ml_random random = el4ml_random_new(99, 1, d->rows);
    for (size_t i = 0; i < d->rows * d->inputs; i++)
        d->x[i] = 3 * el4ml_random_normal(&random);
    for (size_t i = 0; d->y && i < d->rows * d->targets; i++)
        d->y[i] = 5 * el4ml_random_normal(&random);
    for (size_t i = 0; d->label && i < d->rows; i++)
        d->label[i] = (int32_t)el4ml_random_below(&random, d->classes);
}

/* What is about test rows goes; how much went is counted. `predictions` of an analysis are those of test
 * rows. */
static void strip(json_t *value, size_t *gone)
{
    void *next;
    const char *key;
    json_t *item;
    size_t index;
    json_object_foreach_safe(value, next, key, item)
    {
        if (strncmp(key, "test", 4) == 0 || strcmp(key, "predictions") == 0) {
            json_object_del(value, key);
            (*gone)++;
        } else {
            strip(item, gone);
        }
    }
    json_array_foreach(value, index, item) strip(item, gone);
}

/* Both texts are taken over. */
static void check_same_but_tests(char *a, char *b, bool must_differ)
{
    size_t gone = 0, again = 0;
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    json_t *p = json_loads(a, 0, NULL), *q = json_loads(b, 0, NULL);
    ck_assert(p && q);
    if (must_differ) ck_assert(!json_equal(p, q));
    strip(p, &gone);
    strip(q, &again);
    ck_assert(gone == again && (gone > 0 || !must_differ));
    if (!json_equal(p, q)) {
        char *text = json_dumps(p, JSON_INDENT(1)), *other = json_dumps(q, JSON_INDENT(1));
        ck_abort_msg("%s\n---\n%s", text, other);
    }
    json_decref(p);
    json_decref(q);
    el4ml_text_free(a);
    el4ml_text_free(b);
}

static char *analysis_text(model *m)
{
    el4ml_analysis a;
    ck_assert_int_eq(el4ml_analyse(m->landscape, &m->study, m->surface, m->data, &a, NULL), EL4ML_OK);
    char *text = el4ml_analysis_json(m->landscape, &a, m->data);
    el4ml_analysis_clear(&a);
    return text;
}

static char *without_seconds(char *text)
{
    json_t *o = json_loads(text, 0, NULL);
    json_object_del(o, "seconds");
    el4ml_text_free(text);
    char *dumped = json_dumps(o, JSON_REAL_PRECISION(17)), *kept = EL4ML_NEW(char, strlen(dumped) + 1);
    memcpy(kept, dumped, strlen(dumped) + 1);
    free(dumped);
    json_decref(o);
    return kept;
}

static void check_ensembles(const model *plain, const model *scrambled)
{
    el4ml_ensembles_options o = el4ml_ensembles_options_default();
    o.members = 4;
    o.bootstraps = 50;
    el4ml_ensembles *a = model_ensembles(plain, &o), *b = model_ensembles(scrambled, &o);
    ck_assert_uint_gt(a->count, 8);
    ck_assert_uint_eq(a->recommended, b->recommended);
    check_same_but_tests(el4ml_ensembles_json(a, plain->data), el4ml_ensembles_json(b, scrambled->data),
                         true);
    for (size_t k = 0; k < a->candidate_count; k++)
        ck_assert(memcmp(a->candidates[k].x, b->candidates[k].x,
                         plain->surface->info.dimension * sizeof(double)) == 0);
    el4ml_ensembles_free(a);
    el4ml_ensembles_free(b);
}

static void check_robustness(const model *plain, const model *scrambled)
{
    el4ml_robustness_options o = el4ml_robustness_options_default();
    el4ml_robustness *a = NULL, *b = NULL;
    o.samples = 4;
    ck_assert_int_eq(
        el4ml_robustness_new(plain->landscape, plain->network, plain->surface, plain->data, &o, &a, NULL),
        EL4ML_OK);
    ck_assert_int_eq(el4ml_robustness_new(scrambled->landscape, scrambled->network, scrambled->surface,
                                          scrambled->data, &o, &b, NULL),
                     EL4ML_OK);
    ck_assert_uint_eq(a->most_robust, b->most_robust);
    check_same_but_tests(el4ml_robustness_json(a, true), el4ml_robustness_json(b, true), true);
    el4ml_robustness_free(a);
    el4ml_robustness_free(b);
}

static const model_case cases[] = {
    {"wine.csv", "cultivar", EL4ML_CROSS_ENTROPY, 2, 1e-3, 0.3, 0, 64, 40},
    {"iris.csv", "species", EL4ML_CROSS_ENTROPY, 3, 1e-4, 0.3, 0.3, 64, 40},
    {"diabetes.csv", "progression", EL4ML_MSE, 2, 1e-3, 0.3, 0.25, 64, 40},
    {"diabetes.csv", "progression", EL4ML_MSE, 2, 1e-3, 0.5, 0, 64, 40},
};

START_TEST(only_test_numbers_change)
{
    const model_case *c = &cases[_i];
    el4ml_data *other = case_data(c);
    scramble(&other->test);
    model plain = model_run(c, case_data(c), "plain"), scrambled = model_run(c, other, "scrambled");
    ck_assert_uint_gt(plain.data->test.rows, 0);
    check_same_tables(plain.landscape, scrambled.landscape, true);
    check_same_but_tests(el4ml_list_json(plain.landscape, EL4ML_MINIMUM, true),
                         el4ml_list_json(scrambled.landscape, EL4ML_MINIMUM, true), true);
    check_same_but_tests(without_seconds(analysis_text(&plain)), without_seconds(analysis_text(&scrambled)),
                         false);
    check_ensembles(&plain, &scrambled);
    check_robustness(&plain, &scrambled);
    model_end(&plain);
    model_end(&scrambled);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leakage");
    TCase *tests = tcase_create("leakage");
    tcase_add_loop_test(tests, only_test_numbers_change, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
