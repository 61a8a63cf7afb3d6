/* LJ8 in full: Doye and Wales, J. Chem. Phys. 116, 3777 (2002): 8 minima, 42 transition states, degenerate
 * ones included, one of them at -16.76579862, far above the others. Global minimum: Cambridge Cluster
 * Database. */
#include "run_help.h"

START_TEST(eight_minima_and_forty_two_transition_states)
{
    el4ml_surface *surface = cluster_surface(8);
    el4ml_study study = plain_study();
    study.steps = 300;
    study.goal = EL4ML_EXHAUST;
    study.budget = 200000;
    study.unseen = 1e-3; /* the rarest, at -16.7658, comes up once in a thousand searches */
    const char *folder = scratch_folder("lj8");
    el4ml_landscape *l = run_study(folder, &study, surface, 2);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 8);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_TRANSITION_STATE), 42);
    record_at(l, EL4ML_MINIMUM, -19.821489, 6e-7);
    record_at(l, EL4ML_TRANSITION_STATE, -16.76579862, 6e-9);
    const el4ml_summary s = summary_of(l, &study);
    ck_assert(s.components == 1 && s.goal_reached);
    check_all_proved(l);
    check_verification(folder, surface, l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {eight_minima_and_forty_two_transition_states};
    return RUN_SUITE("reference: LJ8", tests);
}
