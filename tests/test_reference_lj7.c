/* LJ7 in full: Doye and Wales, J. Chem. Phys. 116, 3777 (2002): 4 minima, 12 transition states, degenerate
 * ones included. The last, far above the others, is missed by large steps. */
#include "run_help.h"

START_TEST(four_minima_and_twelve_transition_states)
{
    static const double minima[4] = {-16.505384, -15.935043, -15.593211, -15.533060};
    static const double states[12] = {-15.44473380, -15.31986444, -15.28342128, -15.09784564,
                                      -15.03338435, -15.02643811, -14.81639980, -14.81112965,
                                      -14.59694571, -14.56806144, -14.54857294, -12.54893771};
    el4ml_surface *surface = cluster_surface(7);
    el4ml_study study = plain_study();
    study.steps = 200;
    study.goal = EL4ML_EXHAUST;
    study.budget = 200000;
    study.unseen = 4e-3;
    const char *folder = scratch_folder("lj7");
    el4ml_landscape *l = run_study(folder, &study, surface, 2);
    check_energies(l, EL4ML_MINIMUM, minima, 4, 6e-7);
    check_energies(l, EL4ML_TRANSITION_STATE, states, 12, 6e-9);
    const el4ml_summary s = summary_of(l, &study);
    ck_assert(s.components == 1 && s.goal_reached && s.unseen_transition_state_probability < study.unseen);
    check_all_proved(l);
    check_verification(folder, surface, l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {four_minima_and_twelve_transition_states};
    return RUN_SUITE("reference: LJ7", tests);
}
