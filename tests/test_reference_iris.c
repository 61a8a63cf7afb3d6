/* The perceptron on iris against GMIN's numbers (MLPVB3 convention): 604 minimisations there found three
 * minima. */
#include "run_help.h"

static void check_seed(uint64_t seed)
{
    static const double energies[3] = {0.08985663222778674, 0.09118957887697, 0.09139508329767};
    static const double products[3] = {-223.2112898728, -224.4860151062, -232.7655150721};
    el4ml_surface *surface = iris_surface(5, EL4ML_TANH, 1e-3);
    el4ml_study study = plain_study();
    study.seed = seed;
    study.steps = 600;
    const char *folder = scratch_folder("iris");
    el4ml_landscape *l = run_study(folder, &study, surface, 2);
    check_energies(l, EL4ML_MINIMUM, energies, 3, 1e-9);
    for (int k = 0; k < 3; k++)
        ck_assert_double_eq_tol(record_at(l, EL4ML_MINIMUM, energies[k], 1e-9)->point.log_product,
                                products[k], 1e-7);
    const el4ml_summary s = summary_of(l, &study);
    ck_assert(s.components == 1 && s.goal_reached);
    ck_assert(fabs(el4ml_landscape_record(l, EL4ML_MINIMUM, s.global_minimum)->point.energy - energies[0]) <
              1e-9);
    ck_assert_uint_eq(el4ml_landscape_totals(l)->explore_runs, 600);
    check_all_proved(l);
    check_verification(folder, surface, l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}

START_TEST(three_published_minima)
{
    for (uint64_t seed = 1; seed <= 2; seed++)
        check_seed(seed);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {three_published_minima};
    return RUN_SUITE("reference: iris", tests);
}
