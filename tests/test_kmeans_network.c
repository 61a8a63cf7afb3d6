/* The landscape of K-means on tiny data, all of it, against brute force over all labellings. */
#include "kmeans_help.h"

static known_network net;

static const el4ml_record *state_like(const el4ml_landscape *l, const known_point *s)
{
    return record_at(l, EL4ML_TRANSITION_STATE, s->energy, 1e-10 * fmax(1, s->energy));
}

static void check_links(const el4ml_landscape *l)
{
    for (size_t k = 0; k < net.states; k++) {
        const known_point *s = &net.state[k];
        const el4ml_record *r = state_like(l, s);
        const double a = el4ml_landscape_record(l, EL4ML_MINIMUM, r->a)->point.energy;
        const double b = el4ml_landscape_record(l, EL4ML_MINIMUM, r->b)->point.energy;
        ck_assert_double_eq_tol(fmin(a, b), s->below[0], 1e-8);
        ck_assert_double_eq_tol(fmax(a, b), s->below[1], 1e-8);
    }
}

static void check_network(const cloud *d)
{
    brute_force(d, &net);
    ck_assert_uint_ge(net.states, 1);
    el4ml_surface *surface = cloud_surface(d);
    el4ml_study study = plain_study();
    study.steps = 300;
    study.budget = 100000;
    study.goal = EL4ML_EXHAUST;
    study.unseen = 3e-4;
    const char *folder = scratch_folder("kmeans");
    el4ml_landscape *l = run_study(folder, &study, surface, 1);
    double energies[500];
    for (size_t k = 0; k < net.minima; k++)
        energies[k] = net.minimum[k].energy;
    check_energies(l, EL4ML_MINIMUM, energies, net.minima, 1e-10);
    for (size_t k = 0; k < net.states; k++)
        energies[k] = net.state[k].energy;
    check_energies(l, EL4ML_TRANSITION_STATE, energies, net.states, 1e-10);
    check_links(l);
    ck_assert(summary_of(l, &study).goal_reached);
    check_verification(folder, surface, l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}

START_TEST(one_dimension_two_clusters)
{
    const cloud d = random_cloud(3, 14, 1, 2, 1);
    check_network(&d);
}
END_TEST

START_TEST(one_dimension_three_clusters)
{
    const cloud d = random_cloud(3, 12, 1, 3, 1);
    check_network(&d);
}
END_TEST

START_TEST(two_dimensions)
{
    const cloud d = random_cloud(1, 9, 2, 3, 1);
    check_network(&d);
}
END_TEST

START_TEST(four_clusters)
{
    const cloud d = random_cloud(5, 9, 2, 4, 1);
    check_network(&d);
}
END_TEST

START_TEST(rows_that_repeat)
{
    const cloud line = random_cloud(1, 10, 1, 3, 3), flat = random_cloud(2, 9, 2, 3, 4);
    check_network(&line);
    check_network(&flat);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {one_dimension_two_clusters, one_dimension_three_clusters, two_dimensions,
                                  four_clusters, rows_that_repeat};
    return RUN_SUITE("K-means, the whole network", tests);
}
