/* Every failed allocation of interpolate, compare, interpret and the paths of minimisers is reported, and
 * nothing is left behind (the sanitizers look). */
#include "el4ml/comparison.h"
#include "el4ml/interpolation.h"
#include "el4ml/interpretation.h"
#include "el4ml/trajectory.h"
#include "run_help.h"

typedef struct scene {
    el4ml_surface *surface;
    el4ml_landscape *landscape;
    el4ml_network *network;
    el4ml_study study;
    el4ml_data data; /* training rows of iris */
    const char *folder;
} scene;

static char *names[4] = {"a", "b", "c", "d"};
static char *classes[3] = {"x", "y", "z"};

static scene new_scene(void)
{
    scene s = {.surface = iris_surface(3, EL4ML_TANH, 1e-4),
               .study = plain_study(),
               .data = {.train = fixture_iris(), .input_names = names, .class_names = classes},
               .folder = scratch_folder("memory")};
    s.study.kind = EL4ML_KIND_MLP;
    s.study.mlp = el4ml_mlp_options_default();
    s.study.mlp.hidden_layers = 1;
    s.study.mlp.hidden[0] = 3;
    s.study.method = EL4ML_RANDOM_STARTS;
    s.study.steps = 40;
    s.study.budget = 20;
    s.landscape = run_study(s.folder, &s.study, s.surface, 1);
    ck_assert_uint_ge(el4ml_landscape_count(s.landscape, EL4ML_MINIMUM), 2);
    ck_assert_int_eq(el4ml_landscape_network(s.landscape, &s.network, NULL), EL4ML_OK);
    return s;
}

static void end_scene(scene *s)
{
    el4ml_network_free(s->network);
    el4ml_landscape_close(s->landscape);
    el4ml_surface_free(s->surface);
    fixture_free(&s->data.train);
    remove_folder(s->folder);
}

typedef el4ml_status (*answer)(scene *s, el4ml_error *error);

/* Fail the first allocation, the second, ... until none fails. */
static size_t fail_each(answer run, scene *s)
{
    for (size_t k = 0;; k++) {
        el4ml_error error = {0};
        el4ml_fail_allocation_after(k);
        const el4ml_status status = run(s, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) return k;
        ck_assert_msg(status == EL4ML_OUT_OF_MEMORY, "allocation %zu: %s", k, el4ml_status_text(status));
        ck_assert(error.message[0] != '\0');
        ck_assert_uint_lt(k, 5000);
    }
}

static el4ml_interpolation_options few(void)
{
    el4ml_interpolation_options o = el4ml_interpolation_options_default();
    o.points = 5;
    o.images = o.variants = o.starts = 2;
    o.threads = 1;
    return o;
}

static el4ml_status run_pair(scene *s, el4ml_error *error)
{
    const el4ml_interpolation_options o = few();
    el4ml_interpolation r;
    const el4ml_status status =
        el4ml_interpolate(s->surface, s->landscape, s->network, &s->data, 0, 1, &o, &r, error);
    if (status == EL4ML_OK) el4ml_interpolation_clear(&r);
    return status;
}

static el4ml_status run_starts(scene *s, el4ml_error *error)
{
    const el4ml_interpolation_options o = few();
    el4ml_monotonicity r;
    const el4ml_status status = el4ml_monotonicity_of(s->surface, s->landscape, &s->study, &o, &r, error);
    if (status == EL4ML_OK) el4ml_monotonicity_clear(&r);
    return status;
}

static el4ml_status run_pairs(scene *s, el4ml_error *error)
{
    const el4ml_interpolation_options o = few();
    el4ml_connectivity r;
    const el4ml_status status = el4ml_connectivity_of(s->surface, s->landscape, s->network, &o, &r, error);
    if (status == EL4ML_OK) el4ml_connectivity_clear(&r);
    return status;
}

static el4ml_status run_comparison(scene *s, el4ml_error *error)
{
    const el4ml_compared_input in = {
        .name = "a", .landscape = s->landscape, .study = &s->study, .surface = s->surface, .data = &s->data};
    el4ml_comparison_options o = el4ml_comparison_options_default();
    el4ml_comparison r;
    o.starts = 2;
    o.threads = 1;
    const el4ml_status status = el4ml_compare(&in, 1, &o, &r, error);
    if (status == EL4ML_OK) el4ml_comparison_clear(&r);
    return status;
}

static el4ml_status run_interpretation(scene *s, el4ml_error *error)
{
    el4ml_interpret_options o = el4ml_interpret_options_default();
    el4ml_interpretation *r;
    size_t members[2] = {0, 1};
    const el4ml_minimum_set first = {.count = 1, .members = members},
                            second = {.count = 1, .members = members + 1};
    o.permutations = 3;
    o.repeats = 2;
    o.threads = 1;
    o.first = &first;
    o.second = &second;
    const el4ml_status status =
        el4ml_interpret(s->surface, s->landscape, s->network, &s->study, &s->data, &o, &r, error);
    if (status == EL4ML_OK) el4ml_interpretation_free(r);
    return status;
}

static el4ml_status run_trace(scene *s, el4ml_error *error)
{
    el4ml_trace_options o = el4ml_trace_options_default();
    el4ml_trace t;
    o.points = 3;
    o.threads = 1;
    const el4ml_status status =
        el4ml_trace_minimiser(s->surface, s->landscape, &s->study, EL4ML_LBFGS, &o, &t, error);
    if (status == EL4ML_OK) el4ml_trace_clear(&t);
    return status;
}

START_TEST(every_failed_allocation_is_reported)
{
    static const answer answers[6] = {run_pair,       run_starts,         run_pairs,
                                      run_comparison, run_interpretation, run_trace};
    scene s = new_scene();
    ck_assert_uint_ge(fail_each(answers[_i], &s), 10);
    end_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("insight memory");
    TCase *tests = tcase_create("insight memory");
    tcase_add_loop_test(tests, every_failed_allocation_is_reported, 0, 6);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
