/* K-means on iris, raw features: the proven global minima (du Merle, Hansen, Jaumard and Mladenovic, SIAM J.
 * Sci. Comput. 21, 1485, 2000), and landscapes that are connected. */
#include "run_help.h"

static const double published[] = {152.347951760358, 78.851441426146,  57.2284732142857,
                                   46.4461820512821, 39.0399872460872, 34.2982296650718,
                                   29.9889439507861, 27.7860924173081, 25.8340548199725};

static el4ml_surface *iris_clusters(size_t clusters)
{
    el4ml_data_options options = el4ml_data_options_default();
    el4ml_data *data = NULL;
    el4ml_surface *surface = NULL;
    options.file = EL4ML_SOURCE_DIR "/examples/data/iris.csv";
    options.target = "species";
    options.unsupervised = true;
    options.standardise = false;
    ck_assert_int_eq(el4ml_data_read(&options, &data, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_kmeans_new(clusters, &data->train, &surface, NULL), EL4ML_OK);
    el4ml_data_free(data);
    return surface;
}

START_TEST(proven_global_minima)
{
    for (size_t clusters = 2; clusters <= 10; clusters++) {
        el4ml_surface *surface = iris_clusters(clusters);
        el4ml_study study = plain_study();
        study.steps = 200;
        const char *folder = scratch_folder("iris-kmeans");
        el4ml_landscape *l = open_run(folder, surface);
        const el4ml_run_options options = {.threads = 1};
        bool time_up;
        ck_assert_int_eq(el4ml_run_explore(&study, surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
        const el4ml_summary s = summary_of(l, &study);
        const double energy = el4ml_landscape_record(l, EL4ML_MINIMUM, s.global_minimum)->point.energy;
        ck_assert_double_eq_tol(energy, published[clusters - 2], 1e-9);
        el4ml_landscape_close(l);
        remove_folder(folder);
        el4ml_surface_free(surface);
    }
}
END_TEST

START_TEST(landscapes_are_connected)
{
    for (size_t clusters = 3; clusters <= 5; clusters++) {
        el4ml_surface *surface = iris_clusters(clusters);
        el4ml_study study = plain_study();
        study.seed = clusters;
        study.budget = 20000;
        const char *folder = scratch_folder("iris-kmeans");
        el4ml_landscape *l = run_study(folder, &study, surface, 2);
        const el4ml_summary s = summary_of(l, &study);
        ck_assert_msg(s.components == 1 && s.goal_reached, "K = %zu: %zu minima in %zu components", clusters,
                      s.minima, s.components);
        check_all_proved(l);
        check_verification(folder, surface, l);
        remove_folder(folder);
        el4ml_surface_free(surface);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {proven_global_minima, landscapes_are_connected};
    return RUN_SUITE("reference: K-means on iris", tests);
}
