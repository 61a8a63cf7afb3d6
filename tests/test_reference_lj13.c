/* LJ13: the published icosahedron and its published neighbours (Cambridge Cluster Database; PyGT's LJ13
 * example). */
#include "run_help.h"

START_TEST(the_icosahedron_and_its_neighbours)
{
    el4ml_surface *surface = cluster_surface(13);
    el4ml_study study = plain_study();
    study.steps = 400;
    study.budget = 600;
    study.temperature = 0.8;
    const char *folder = scratch_folder("lj13");
    el4ml_landscape *l = run_study(folder, &study, surface, 2);
    const el4ml_summary s = summary_of(l, &study);
    const el4ml_record *global = el4ml_landscape_record(l, EL4ML_MINIMUM, s.global_minimum);
    ck_assert_double_eq_tol(global->point.energy, -44.3268014195, 1e-9);
    ck_assert_double_eq_tol(global->point.log_product, 158.2464487383, 1e-8);
    ck_assert_double_eq_tol(global->point.log_multiplicity, log(2) + lgamma(14) - log(120), 1e-9);
    const el4ml_record *second = record_at(l, EL4ML_MINIMUM, -41.4719798478, 1e-8);
    ck_assert_double_eq_tol(second->point.log_product, 153.8092000860, 1e-6);
    ck_assert_double_eq_tol(second->point.log_multiplicity, lgamma(14), 1e-9); /* order 2 */
    check_all_proved(l);
    check_verification(folder, surface, l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_icosahedron_and_its_neighbours};
    return RUN_SUITE("reference: LJ13", tests);
}
