/* Paths of minimisers over the landscape: they end where the minimiser ends, and each point's basin is the
 * one that an integrator of its own finds. */
#include "el4ml/trajectory.h"
#include "insight/trainings.h"
#include "run_help.h"
#include "steepest_descent.h"

typedef struct scene {
    el4ml_surface *surface;
    el4ml_landscape *landscape;
    el4ml_network *network;
    el4ml_study study;
    const char *folder;
} scene;

static scene new_scene(el4ml_surface *surface, const char *name, uint64_t steps)
{
    scene s = {.surface = surface, .study = plain_study(), .folder = scratch_folder(name)};
    s.study.method = EL4ML_RANDOM_STARTS;
    s.study.steps = steps;
    s.landscape = run_study(s.folder, &s.study, surface, 2);
    ck_assert_int_eq(el4ml_landscape_network(s.landscape, &s.network, NULL), EL4ML_OK);
    return s;
}

static void end_scene(scene *s)
{
    el4ml_network_free(s->network);
    el4ml_landscape_close(s->landscape);
    el4ml_surface_free(s->surface);
    remove_folder(s->folder);
}

static const el4ml_stationary *minimum(const scene *s, size_t k)
{
    return &el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, k)->point;
}

static el4ml_trace trace(const scene *s, el4ml_minimise_method method, size_t points, unsigned threads)
{
    el4ml_trace_options o = el4ml_trace_options_default();
    el4ml_trace t;
    el4ml_error error = {0};
    o.points = points;
    o.threads = threads;
    o.start = 3;
    ck_assert_msg(el4ml_trace_minimiser(s->surface, s->landscape, &s->study, method, &o, &t, &error) ==
                      EL4ML_OK,
                  "%s", error.message);
    return t;
}

static void check_trace(const scene *s, const el4ml_trace *t, size_t points)
{
    size_t visited = 0, different = 0;
    ck_assert_int_eq(t->status, EL4ML_OK);
    ck_assert(t->count >= 2 && t->count <= points);
    ck_assert(t->points[0].step == 0 && t->points[0].length == 0);
    ck_assert_uint_eq(t->points[t->count - 1].step, t->steps - 1);
    ck_assert(t->count == t->steps || t->count + 8 >= points); /* all, or nearly as many as wanted */
    ck_assert_double_eq_tol(t->points[t->count - 1].length, t->length, 1e-12 * t->length);
    ck_assert_double_ge(t->length, t->direct * (1 - 1e-12));
    ck_assert_double_eq_tol(t->points[0].distance, t->direct, 1e-12);
    ck_assert_double_eq_tol(t->points[t->count - 1].distance, 0, 1e-12);
    for (size_t k = 1; k < t->count; k++) {
        ck_assert_uint_gt(t->points[k].step, t->points[k - 1].step);
        ck_assert(t->points[k].evaluations >= t->points[k - 1].evaluations);
    }
    for (size_t v = 0; v < t->visit_count; v++) {
        ck_assert_uint_eq(t->visits[v].first, visited);
        visited += t->visits[v].count;
        bool before = false;
        for (size_t w = 0; w < v; w++)
            before |= t->visits[w].minimum == t->visits[v].minimum;
        different += !before;
    }
    ck_assert_uint_eq(visited, t->count);
    const el4ml_trace_point *last = &t->points[t->count - 1];
    ck_assert(last->fell && last->minimum != EL4ML_NONE);
    ck_assert_double_eq_tol(last->value, minimum(s, last->minimum)->energy, 1e-8);
    ck_assert(t->kept == (t->points[0].minimum == last->minimum));
    ck_assert_uint_eq(t->basins, different);
}

START_TEST(paths_over_a_function)
{
    static const el4ml_minimise_method methods[4] = {EL4ML_NEWTON_LBFGS, EL4ML_LBFGS, EL4ML_ADAM, EL4ML_SGD};
    scene s = new_scene(function_surface("himmelblau"), "himmelblau", 60);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s.surface, NULL), EL4ML_OK);
    descent d = descent_new(&e);
    el4ml_searcher *searcher = new_searcher(s.surface, NULL);
    el4ml_trace t = trace(&s, methods[_i], 25, 2);
    check_trace(&s, &t, 25);
    double start[2];
    el4ml_training_start(&e, 1, 3, start);
    ck_assert(t.points[0].x[0] == start[0] && t.points[0].x[1] == start[1]);
    for (size_t k = 0; k < t.count; k++) {
        double end[2];
        ck_assert(steepest_descent(&d, searcher, t.points[k].x, 1e-6, end, 100000));
        const double *x = minimum(&s, t.points[k].minimum)->x;
        ck_assert_double_lt(hypot(end[0] - x[0], end[1] - x[1]), 1e-6);
    }
    el4ml_trace_clear(&t);
    el4ml_searcher_free(searcher);
    descent_free(&d);
    el4ml_evaluator_clear(&e);
    end_scene(&s);
}
END_TEST

START_TEST(paths_of_a_network)
{
    scene s = new_scene(iris_surface(3, EL4ML_TANH, 1e-3), "net", 60);
    el4ml_trace t[3] = {trace(&s, EL4ML_SGD, 20, 1), trace(&s, EL4ML_SGD, 20, 2),
                        trace(&s, EL4ML_LBFGS, 20, 2)};
    ck_assert_uint_eq(t[0].count, t[1].count);
    for (size_t k = 0; k < t[0].count; k++)
        ck_assert(t[0].points[k].value == t[1].points[k].value &&
                  t[0].points[k].minimum == t[1].points[k].minimum);
    ck_assert(t[0].points[0].value == t[2].points[0].value); /* the same start */
    char *json = el4ml_traces_json(t, 3), *svg = NULL;
    ck_assert_ptr_nonnull(json);
    ck_assert_int_eq(el4ml_traces_svg(s.surface, s.landscape, s.network, t, 3, &svg, NULL), EL4ML_OK);
    ck_assert(strncmp(svg, "<svg", 4) == 0);
    el4ml_text_free(json);
    el4ml_text_free(svg);
    for (int k = 0; k < 3; k++)
        el4ml_trace_clear(&t[k]);
    end_scene(&s);
}
END_TEST

/* Few iterates are all looked at; two points are the ends. */
START_TEST(how_many_points)
{
    scene s = new_scene(function_surface("himmelblau"), "points", 60);
    el4ml_trace all = trace(&s, EL4ML_LBFGS, 10000, 1), ends = trace(&s, EL4ML_LBFGS, 2, 1);
    ck_assert_uint_eq(all.count, all.steps);
    ck_assert_uint_eq(ends.count, 2);
    ck_assert(ends.length == all.length);
    el4ml_trace_clear(&all);
    el4ml_trace_clear(&ends);
    for (size_t points = 3; points < 40; points++) {
        el4ml_trace t = trace(&s, EL4ML_SGD, points, 2);
        check_trace(&s, &t, points);
        el4ml_trace_clear(&t);
    }
    end_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("minimiser paths");
    TCase *tests = tcase_create("minimiser paths");
    tcase_add_loop_test(tests, paths_over_a_function, 0, 4);
    tcase_add_test(tests, paths_of_a_network);
    tcase_add_test(tests, how_many_points);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
