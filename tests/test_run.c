/* Whole runs: the same tables for any number of threads, budgets that can be raised, better paths, and a
 * surface that breaks. */
#include "run_samples.h"

/* ---- Threads ---- */

START_TEST(threads_change_nothing)
{
    for (int k = 0; k < SAMPLES; k++) {
        sample s = make_sample(k);
        const char *folder = scratch_folder(s.name);
        el4ml_landscape *one = run_study(folder, &s.study, s.surface, 1);
        ck_assert_uint_gt(el4ml_landscape_count(one, EL4ML_MINIMUM), 1);
        ck_assert_uint_gt(el4ml_landscape_count(one, EL4ML_TRANSITION_STATE), 0);
        for (unsigned threads = 2; threads <= 3; threads++) {
            const char *other = scratch_folder("threads");
            el4ml_landscape *many = run_study(other, &s.study, s.surface, threads);
            check_same_tables(one, many, true);
            el4ml_landscape_close(many);
            remove_folder(other);
        }
        s.study.seed += 100; /* the comparison can tell runs apart */
        const char *other = scratch_folder("seed");
        el4ml_landscape *different = run_study(other, &s.study, s.surface, 2);
        ck_assert(el4ml_landscape_record(one, EL4ML_MINIMUM, 0)->point.energy !=
                      el4ml_landscape_record(different, EL4ML_MINIMUM, 0)->point.energy ||
                  memcmp(el4ml_landscape_record(one, EL4ML_MINIMUM, 0)->point.x,
                         el4ml_landscape_record(different, EL4ML_MINIMUM, 0)->point.x,
                         s.surface->info.dimension * sizeof(double)) != 0);
        el4ml_landscape_close(different);
        remove_folder(other);
        el4ml_landscape_close(one);
        remove_folder(folder);
        el4ml_surface_free(s.surface);
    }
}
END_TEST

/* ---- Budgets ---- */

START_TEST(budgets_can_be_raised)
{
    sample s = make_sample(2);
    const char *folder = scratch_folder("raised");
    s.study.steps = 50;
    s.study.budget = 20;
    s.study.improve = 0;
    el4ml_landscape *l = run_study(folder, &s.study, s.surface, 2);
    const el4ml_totals *t = el4ml_landscape_totals(l);
    ck_assert_uint_eq(t->explore_runs, 50);
    ck_assert_uint_le(t->searches, 20);
    const size_t minima = el4ml_landscape_count(l, EL4ML_MINIMUM);
    const double first = el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->point.energy;
    el4ml_landscape_close(l);
    s.study.steps = 300;
    s.study.budget = 400;
    l = run_study(folder, &s.study, s.surface, 2);
    t = el4ml_landscape_totals(l);
    ck_assert_uint_eq(t->explore_runs, 300);
    ck_assert_uint_gt(el4ml_landscape_count(l, EL4ML_MINIMUM), minima);
    ck_assert(el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->point.energy == first);
    const el4ml_summary summary = summary_of(l, &s.study);
    ck_assert(summary.goal_reached && summary.components == 1);
    int64_t hits = 0;
    for (size_t i = 0; i < el4ml_landscape_count(l, EL4ML_MINIMUM); i++)
        hits += el4ml_landscape_record(l, EL4ML_MINIMUM, i)->hits;
    ck_assert_uint_eq((uint64_t)hits + t->explore_failures,
                      t->explore_runs); /* every run is a hit or a failure */
    const uint64_t searches = t->searches, evaluations = t->evaluations;
    el4ml_landscape_close(l);
    l = run_study(folder, &s.study, s.surface, 2); /* nothing is left to do */
    ck_assert_uint_eq(el4ml_landscape_totals(l)->searches, searches);
    ck_assert_uint_eq(el4ml_landscape_totals(l)->evaluations, evaluations);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(s.surface);
}
END_TEST

/* `improve` searches are spent, exactly, and no barrier between minima known before goes up. */
START_TEST(better_paths_are_never_worse)
{
    sample s = make_sample(2);
    const char *folder = scratch_folder("improve");
    s.study.improve = 0;
    s.study.budget = 1000;
    el4ml_landscape *l = run_study(folder, &s.study, s.surface, 2);
    const size_t minima = el4ml_landscape_count(l, EL4ML_MINIMUM);
    double *barriers = new_vector(minima * minima);
    size_t lower = 0;
    for (int round = 0; round < 3; round++) {
        el4ml_network *network = NULL;
        el4ml_merge_tree *tree = NULL;
        ck_assert_int_eq(el4ml_landscape_network(l, &network, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_merge_tree_new(network, &tree, NULL), EL4ML_OK);
        ck_assert(summary_of(l, &s.study).components == 1);
        for (size_t a = 0; a < minima; a++)
            for (size_t b = 0; b < a; b++) {
                const double barrier = el4ml_minimax(tree, a, b);
                ck_assert(round == 0 || barrier <= barriers[a * minima + b]);
                lower += round > 0 && barrier < barriers[a * minima + b];
                barriers[a * minima + b] = barrier;
            }
        el4ml_merge_tree_free(tree);
        el4ml_network_free(network);
        ck_assert_uint_eq(el4ml_landscape_totals(l)->improved, s.study.improve);
        el4ml_landscape_close(l);
        s.study.improve += 45;
        l = run_study(folder, &s.study, s.surface, 2);
        const el4ml_totals *t = el4ml_landscape_totals(l);
        ck_assert_uint_eq(t->improved, s.study.improve);
        ck_assert_uint_ge(t->searches, t->improved);
        ck_assert(summary_of(l, &s.study).goal_reached);
    }
    ck_assert_uint_ge(lower, 1);
    el4ml_landscape_close(l);
    el4ml_release(barriers);
    remove_folder(folder);
    el4ml_surface_free(s.surface);
}
END_TEST

static void count_batches(void *context, const el4ml_progress *progress)
{
    (void)progress;
    ++*(int *)context;
}

START_TEST(limits_of_time)
{
    const sample s = make_sample(4);
    const char *folder = scratch_folder("time");
    el4ml_landscape *l = open_run(folder, s.surface);
    int batches = 0;
    bool time_up = false;
    const el4ml_run_options options = {
        .threads = 2, .time_limit = 1e-9, .progress = count_batches, .context = &batches};
    ck_assert_int_eq(el4ml_run_explore(&s.study, s.surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
    ck_assert(time_up && batches == 0); /* the open batch is given up, nothing of it is kept */
    ck_assert_uint_eq(el4ml_landscape_totals(l)->explore_runs, 0);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 0);
    el4ml_run_options unlimited = options;
    unlimited.time_limit = 0;
    ck_assert_int_eq(el4ml_run_explore(&s.study, s.surface, NULL, l, &unlimited, &time_up, NULL), EL4ML_OK);
    ck_assert(!time_up && batches > 0);
    const int explored = batches;
    ck_assert_int_eq(el4ml_run_connect(&s.study, s.surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
    ck_assert(time_up && batches == explored);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(s.surface);
}
END_TEST

START_TEST(no_second_derivatives)
{
    el4ml_surface *surface = iris_surface(3, EL4ML_RELU, 1e-3);
    el4ml_study study = plain_study();
    const char *folder = scratch_folder("relu");
    el4ml_landscape *l = open_run(folder, surface);
    const el4ml_run_options options = {.threads = 1};
    bool time_up;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_run_connect(&study, surface, NULL, l, &options, &time_up, &error),
                     EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "softplus"));
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- A surface that breaks ---- */

static void nowhere(double x, double y, double *jet)
{
    for (int k = 0; k < 6; k++)
        jet[k] = x + y + (double)NAN;
}

/* Himmelblau's function, not a number on a disc about the origin and to the lower left. */
static void holes(double x, double y, double *jet)
{
    const double p = x * x + y - 11, q = x + y * y - 7;
    const bool hole = hypot(x, y) < 1.5 || (x < 0 && y < 0);
    const double add = hole ? (double)NAN : 0;
    const double values[6] = {p * p + q * q + add,     4 * x * p + 2 * q + add,
                              2 * p + 4 * y * q + add, 4 * p + 8 * x * x + 2 + add,
                              4 * (x + y) + add,       2 + 4 * q + 8 * y * y + add};
    memcpy(jet, values, sizeof values);
}

START_TEST(a_surface_without_numbers)
{
    plane p = {.evaluate = nowhere, .low = {-1, -1}, .high = {1, 1}};
    el4ml_surface *surface = plane_surface(&p, 1);
    for (int random = 0; random < 2; random++) {
        el4ml_study study = plain_study();
        study.steps = 500;
        study.method = random ? EL4ML_RANDOM_STARTS : EL4ML_BASIN_HOPPING;
        const char *folder = scratch_folder("nan");
        el4ml_landscape *l = run_study(folder, &study, surface, 2);
        const el4ml_totals *t = el4ml_landscape_totals(l);
        ck_assert_uint_eq(t->explore_runs, 500);
        ck_assert_uint_eq(t->explore_failures, 500);
        ck_assert_uint_eq(t->not_finite, 500);
        ck_assert_uint_eq(t->searches, 0);
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 0);
        const el4ml_summary s = summary_of(l, &study);
        ck_assert(!s.goal_reached && s.components == 0 && s.global_minimum == EL4ML_NONE);
        el4ml_landscape_close(l);
        remove_folder(folder);
    }
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(a_surface_with_holes)
{
    static const double minima[3][2] = {{3, 2}, {-2.805118, 3.131312}, {3.584428, -1.848126}};
    plane p = {.evaluate = holes, .low = {-6, -6}, .high = {6, 6}};
    el4ml_surface *surface = plane_surface(&p, 2);
    el4ml_study study = plain_study();
    study.steps = 400;
    study.method = EL4ML_RANDOM_STARTS;
    study.goal = EL4ML_EXHAUST;
    study.budget = 300;
    const char *folder = scratch_folder("holes");
    el4ml_landscape *l = run_study(folder, &study, surface, 2);
    const el4ml_totals *t = el4ml_landscape_totals(l);
    ck_assert_uint_ge(t->not_finite, 100); /* a quarter of the starts lies in the corner */
    ck_assert_uint_lt(t->explore_failures, 300);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 3);
    for (size_t i = 0; i < 3; i++) {
        const double *x = el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point.x;
        double nearest = HUGE_VAL;
        for (int k = 0; k < 3; k++)
            nearest = fmin(nearest, hypot(x[0] - minima[k][0], x[1] - minima[k][1]));
        ck_assert_double_le(nearest, 1e-5);
    }
    for (size_t i = 0; i < el4ml_landscape_count(l, EL4ML_TRANSITION_STATE); i++) {
        const double *x = el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, i)->point.x;
        ck_assert(hypot(x[0], x[1]) >= 1.5 && !(x[0] < 0 && x[1] < 0));
    }
    char reason[200];
    ck_assert_uint_eq(faults_of(surface, l, false, reason), 0);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {threads_change_nothing, budgets_can_be_raised, better_paths_are_never_worse,
                                  limits_of_time,         no_second_derivatives, a_surface_without_numbers,
                                  a_surface_with_holes};
    return RUN_SUITE("run", tests);
}
