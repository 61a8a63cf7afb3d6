/* Schwefel's function separates, so that everything is known: 7 minima and 7 maxima along each axis, of which
 * the maximum at -420.970 lies beyond the lowest minimum and joins nothing. */
#include "run_help.h"

static const double low[7] = {-302.525, -124.830, -25.875, 5.240, 65.550, 203.815, 420.970};
static const double top[6] = {-203.815, -65.550, -5.240,
                              25.875,   124.830, 302.525}; /* top[i] joins low[i], low[i + 1] */

/* Number in `list` within 0.01 of x, or -1. */
static int which(const double *list, int count, double x)
{
    for (int k = 0; k < count; k++)
        if (fabs(list[k] - x) < 0.01) return k;
    return -1;
}

START_TEST(all_forty_nine_and_eighty_four)
{
    el4ml_surface *surface = function_surface("schwefel");
    el4ml_study study = plain_study();
    study.steps = 1000;
    study.method = EL4ML_RANDOM_STARTS;
    study.goal = EL4ML_EXHAUST;
    study.budget = 200000;
    const char *folder = scratch_folder("schwefel");
    el4ml_landscape *l = run_study(folder, &study, surface, 2);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 49);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_TRANSITION_STATE), 84);
    for (size_t i = 0; i < 49; i++) {
        const double *x = el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point.x;
        ck_assert(which(low, 7, x[0]) >= 0 && which(low, 7, x[1]) >= 0);
    }
    for (size_t i = 0; i < 84; i++) { /* a maximum along one axis, and the two minima on both sides of it */
        const el4ml_record *r = el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, i);
        const int across = which(low, 7, r->point.x[0]) >= 0, along = !across;
        const int gate = which(top, 6, r->point.x[across]), row = which(low, 7, r->point.x[along]);
        ck_assert(gate >= 0 && row >= 0);
        const double *a = el4ml_landscape_record(l, EL4ML_MINIMUM, r->a)->point.x;
        const double *b = el4ml_landscape_record(l, EL4ML_MINIMUM, r->b)->point.x;
        ck_assert(which(low, 7, a[along]) == row && which(low, 7, b[along]) == row);
        const int p = which(low, 7, a[across]), q = which(low, 7, b[across]);
        ck_assert((p == gate && q == gate + 1) || (q == gate && p == gate + 1));
    }
    const el4ml_summary s = summary_of(l, &study);
    ck_assert(s.components == 1 && s.goal_reached && s.degenerate == 0);
    ck_assert_double_le(fabs(el4ml_landscape_record(l, EL4ML_MINIMUM, s.global_minimum)->point.energy),
                        1e-11);
    check_all_proved(l);
    check_verification(folder, surface, l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

/* Basin-hopping gets about as well: its steps are of the size of the domain's features. */
START_TEST(basin_hopping_finds_the_lowest_minimum)
{
    el4ml_surface *surface = function_surface("schwefel");
    el4ml_study study = plain_study();
    study.steps = 800;
    study.temperature = 100;
    const char *folder = scratch_folder("schwefel-hop");
    el4ml_landscape *l = open_run(folder, surface);
    const el4ml_run_options options = {.threads = 2};
    bool time_up;
    ck_assert_int_eq(el4ml_run_explore(&study, surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_MINIMUM), 40);
    record_at(l, EL4ML_MINIMUM, 0, 1e-9);
    const el4ml_totals *totals = el4ml_landscape_totals(l);
    ck_assert_uint_le(totals->explore_failures, totals->explore_runs / 4); /* out of the box now and then */
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {all_forty_nine_and_eighty_four, basin_hopping_finds_the_lowest_minimum};
    return RUN_SUITE("reference: Schwefel", tests);
}
