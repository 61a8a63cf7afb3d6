/* K-means as a surface: the harness, minima against long double, ties, rows that
 * repeat, empty clusters. Transition states: test_kmeans_states.c; whole networks: test_kmeans_network.c. */
#include "base/exponentials.h"
#include "kmeans_help.h"
#include "surface/kmeans_kernels.h"
#include "surface_harness.h"

static const double far_apart = 100;

/* ---- The surface ---- */

START_TEST(the_harness_passes)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        const size_t clusters = (size_t)seed, inputs = seed == 4 ? 1 : (size_t)seed + 1;
        const cloud d = random_cloud(seed, 20, inputs, clusters, 3);
        el4ml_surface *s = cloud_surface(&d);
        harness_surface(s, seed, 6);
        el4ml_surface_free(s);
    }
}
END_TEST

START_TEST(value_is_the_sum_of_squares)
{
    const cloud d = random_cloud(7, 30, 3, 5, 4);
    el4ml_surface *s = cloud_surface(&d);
    el4ml_evaluator e;
    el4ml_random random = el4ml_random_new(7, 1, 0);
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    for (int k = 0; k < 50; k++) {
        double c[MOST_NUMBERS], value;
        for (size_t i = 0; i < e.n; i++)
            c[i] = 2 * el4ml_random_normal(&random);
        ck_assert_int_eq(el4ml_value_gradient(&e, c, &value, NULL), EL4ML_OK);
        ck_assert_double_eq_tol(value, inertia_of(&d, c), 1e-12 * value);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
}
END_TEST

static const el4ml_kmeans_kernels *kernels(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_kmeans_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_kmeans_kernels_avx2;
#endif
    (void)set;
    return &el4ml_kmeans_kernels_baseline;
}

static void check_kernels(const el4ml_kmeans_kernels *k, size_t inputs, size_t clusters)
{
    enum { STRIDE = 2 * EL4ML_KMEANS_BLOCK };
    el4ml_random random = el4ml_random_new(3, 4, inputs);
    double *columns = EL4ML_NEW(double, STRIDE *inputs), *c = new_vector(clusters * inputs);
    double *only = new_vector(clusters * STRIDE);
    const el4ml_kmeans_distances out = {new_vector(clusters * STRIDE), new_vector(STRIDE), new_vector(STRIDE),
                                        EL4ML_NEW(uint64_t, STRIDE)};
    ck_assert(columns && out.nearest);
    for (size_t i = 0; i < STRIDE * inputs; i++)
        columns[i] = el4ml_random_normal(&random);
    for (size_t i = 0; i < clusters * inputs; i++)
        c[i] = el4ml_random_normal(&random);
    k->measure(STRIDE, inputs, clusters, columns, c, &out);
    k->squares(STRIDE, inputs, clusters, columns, c, only);
    for (size_t p = 0; p < STRIDE; p++) {
        double least = INFINITY, next = INFINITY;
        for (size_t l = 0; l < clusters; l++) {
            long double square = 0;
            for (size_t j = 0; j < inputs; j++)
                square += powl((long double)columns[j * STRIDE + p] - c[l * inputs + j], 2);
            const double s = out.square[l * STRIDE + p];
            ck_assert(fabsl(s - square) <= 1e-15L * (long double)inputs * square);
            ck_assert(only[l * STRIDE + p] == s);
            next = fmin(next, fmax(least, s));
            least = fmin(least, s);
        }
        ck_assert(out.first[p] == least && out.second[p] == next);
        ck_assert(out.square[out.nearest[p] * STRIDE + p] == least);
    }
    el4ml_release(columns);
    el4ml_release(c);
    el4ml_release(only);
    el4ml_release(out.square);
    el4ml_release(out.first);
    el4ml_release(out.second);
    el4ml_release(out.nearest);
}

START_TEST(distances_of_every_kernel_set)
{
    for (int set = 0; set <= (int)el4ml_best_kernel_set(); set++)
        for (size_t inputs = 1; inputs < 12; inputs += 2)
            for (size_t clusters = 1; clusters < 8; clusters++)
                check_kernels(kernels((el4ml_kernel_set)set), inputs, clusters);
}
END_TEST

/* ---- Minima ---- */

START_TEST(minimisation_ends_at_minima)
{
    const cloud d = random_cloud(11, 40, 2, 5, 3);
    el4ml_surface *surface = cloud_surface(&d);
    el4ml_searcher *s = new_searcher(surface, NULL);
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    double x[MOST_NUMBERS], y[MOST_NUMBERS];
    for (uint64_t k = 0; k < 200; k++) {
        el4ml_stationary m = minimum_from(s, k, x);
        check_minimum(&d, &m);
        el4ml_random random = el4ml_random_new(6, 6, k);
        size_t known;
        el4ml_perturb(e, &random, 1, x, y);
        m.x = y;
        ck_assert_int_eq(el4ml_search_proved_minimum(s, y, &m, &known), EL4ML_OK);
        check_minimum(&d, &m);
    }
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(empty_clusters_are_filled)
{
    const cloud d = random_cloud(12, 30, 2, 4, 1);
    el4ml_surface *surface = cloud_surface(&d);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double x[MOST_NUMBERS];
    el4ml_stationary m = {.x = x};
    size_t known;
    for (int kind = 0; kind < 3; kind++) { /* all in one place; one or three far from all points */
        for (size_t i = 0; i < 8; i++)
            x[i] = kind == 0 ? 0.3 : i < (kind == 1 ? 2 : 6) ? far_apart + (double)i : 0.1 * (double)i;
        ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &m, &known), EL4ML_OK);
        check_minimum(&d, &m);
    }
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(a_plateau_is_no_stationary_point)
{
    const cloud d = random_cloud(12, 30, 2, 4, 1);
    el4ml_surface *surface = cloud_surface(&d);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double x[MOST_NUMBERS];
    el4ml_stationary m = minimum_from(s, 1, x);
    x[0] = x[1] = far_apart; /* the others' points do not matter: a cluster is empty */
    ck_assert_int_eq(el4ml_characterise(s, &m), EL4ML_NOT_CONVERGED);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Ties ---- */

/* Points on a line at `at`, the line's copies `far_apart` from each other; the point in the middle of each is
 * as far from both its clusters. */
static cloud row_of_groups(size_t groups, const double *at, size_t count)
{
    cloud d = {.inputs = 2, .clusters = 2 * groups};
    for (size_t g = 0; g < groups; g++)
        for (size_t i = 0; i < count; i++) {
            d.x[d.points][0] = at[i];
            d.x[d.points][1] = far_apart * (double)g + 1e-3 * (double)(i * i); /* no two alike */
            d.weight[d.points++] = 1;
        }
    return d;
}

/* The index is the number of independent ties. */
START_TEST(simultaneous_ties_count_in_the_index)
{
    static const double at[] = {-1, -0.9, 0, 0.9, 1};
    for (size_t groups = 1; groups <= 3; groups++) {
        const cloud d = row_of_groups(groups, at, 5);
        el4ml_surface *surface = cloud_surface(&d);
        el4ml_searcher *s = new_searcher(surface, NULL);
        double x[MOST_NUMBERS];
        el4ml_stationary point = {.x = x};
        for (size_t g = 0; g < groups; g++) {
            cloud one = row_of_groups(1, at, 5);
            const size_t label[5] = {0, 0, 0, 1, 1};
            long double low = 0, high = 1;
            while (high - low > 1e-18L) {
                const long double t = (low + high) / 2;
                *(imbalance(&one, label, 2, 0, 1, t, x + 4 * g) > 0 ? &low : &high) = t;
            }
            for (size_t i = 1; i < 4; i += 2)
                x[4 * g + i] += far_apart * (double)g;
        }
        ck_assert_int_eq(el4ml_characterise(s, &point), EL4ML_OK);
        ck_assert_uint_eq(point.index, groups);
        ck_assert_double_le(point.gradient_rms, 1e-10);
        el4ml_searcher_free(s);
        el4ml_surface_free(surface);
    }
}
END_TEST

/* Lloyd's algorithm stays where a point is as near to another cluster: J falls when the point changes over.
 */
START_TEST(a_tied_fixed_point_is_left)
{
    const double line[] = {-2, 0, 0.5, 1.5}; /* {-2, 0} and {0.5, 1.5} have means -1 and 1: 0 is tied */
    cloud d = {.points = 4, .inputs = 1, .clusters = 2, .weight = {1, 1, 1, 1}};
    for (size_t p = 0; p < 4; p++)
        d.x[p][0] = line[p];
    el4ml_surface *surface = cloud_surface(&d);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double x[2] = {-1, 1};
    el4ml_stationary m = {.x = x};
    size_t known;
    ck_assert_int_eq(el4ml_characterise(s, &m), EL4ML_NOT_CONVERGED);
    ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &m, &known), EL4ML_OK);
    check_minimum(&d, &m);
    ck_assert_double_eq_tol(m.energy, 7.0 / 6, 1e-14); /* {-2} and {0, 0.5, 1.5} */
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Sizes at the edge ---- */

static el4ml_status try_clusters(size_t clusters, size_t rows, const double *x, el4ml_error *error)
{
    double copy[MOST_POINTS];
    memcpy(copy, x, rows * sizeof *x);
    const el4ml_dataset data = {.rows = rows, .inputs = 1, .x = copy};
    el4ml_surface *surface = NULL;
    const el4ml_status status = el4ml_kmeans_new(clusters, &data, &surface, error);
    el4ml_surface_free(surface);
    return status;
}

START_TEST(too_many_clusters_are_refused)
{
    const double rows[] = {1, 2, 2, 3, 3, 3}, bad[] = {1, 2, NAN};
    el4ml_error error = {0};
    ck_assert_int_eq(try_clusters(3, 6, rows, &error), EL4ML_OK);
    ck_assert_int_eq(try_clusters(4, 6, rows, &error), EL4ML_BAD_INPUT);
    ck_assert_str_eq(error.message, "kmeans: 4 clusters of 3 distinct rows");
    ck_assert_int_eq(try_clusters(0, 6, rows, &error), EL4ML_INVALID_ARGUMENT);
    ck_assert_int_eq(try_clusters(1, 0, rows, &error), EL4ML_BAD_INPUT);
    ck_assert_int_eq(try_clusters(1, 3, bad, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "row 3"));
}
END_TEST

/* One cluster, and one for each row: a single minimum, no transition state. */
START_TEST(landscapes_of_one_minimum)
{
    for (int k = 0; k < 2; k++) {
        const cloud d = random_cloud(31, 6, 2, k == 0 ? 1 : 6, 2);
        el4ml_surface *surface = cloud_surface(&d);
        el4ml_study study = plain_study();
        study.steps = 40;
        study.budget = 400;
        study.goal = EL4ML_EXHAUST;
        const char *folder = scratch_folder("kmeans");
        el4ml_landscape *l = run_study(folder, &study, surface, 2);
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 1);
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_TRANSITION_STATE), 0);
        check_minimum(&d, &el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->point);
        check_verification(folder, surface, l);
        remove_folder(folder);
        el4ml_surface_free(surface);
    }
}
END_TEST

/* Moved far away and scaled, the landscape is the same. */
START_TEST(units_do_not_matter)
{
    el4ml_study study = plain_study();
    study.steps = 200;
    study.budget = 20000;
    study.goal = EL4ML_EXHAUST;
    double energy[2];
    size_t minima[2];
    for (int k = 0; k < 2; k++) {
        cloud d = random_cloud(33, 10, 2, 3, 1);
        for (size_t p = 0; p < d.points && k == 1; p++)
            for (size_t j = 0; j < 2; j++)
                d.x[p][j] = 1e4 + 1024 * d.x[p][j];
        el4ml_surface *surface = cloud_surface(&d);
        study.step = k == 1 ? 1024 : 1;
        study.temperature = k == 1 ? 1024 * 1024 : 1;
        const char *folder = scratch_folder("kmeans");
        el4ml_landscape *l = run_study(folder, &study, surface, 1);
        const el4ml_summary summary = summary_of(l, &study);
        energy[k] = el4ml_landscape_record(l, EL4ML_MINIMUM, summary.global_minimum)->point.energy;
        minima[k] = summary.minima;
        check_verification(folder, surface, l);
        remove_folder(folder);
        el4ml_surface_free(surface);
    }
    ck_assert_uint_eq(minima[0], minima[1]);
    ck_assert_double_eq_tol(energy[1], 1024 * 1024 * energy[0], 1e-9 * energy[1]);
}
END_TEST

/* ---- Exponentials, metrics ---- */

START_TEST(first_zeros_of_sums_of_exponentials)
{
    el4ml_random random = el4ml_random_new(41, 1, 0);
    size_t crossings = 0;
    for (int trial = 0; trial < 800; trial++) {
        el4ml_exponentials f = {0};
        const size_t terms = 1 + (size_t)el4ml_random_below(&random, EL4ML_EXPONENTIALS);
        double a[EL4ML_EXPONENTIALS], r[EL4ML_EXPONENTIALS], at_0 = 0;
        for (size_t j = 0; j < terms; j++) {
            a[j] = el4ml_random_normal(&random);
            r[j] = (double)el4ml_random_below(&random, 5) + (trial % 2 ? el4ml_random_uniform(&random) : 0);
            at_0 += a[j];
        }
        if (at_0 > 0)
            for (size_t j = 0; j < terms; j++)
                a[j] = -a[j];
        for (size_t j = 0; j < terms; j++)
            el4ml_exponentials_add(&f, a[j], r[j]);
        double expected = INFINITY;
        for (int step = 1; step <= 1000 && isinf(expected); step++) { /* 0 ... 4 */
            long double sum = 0;
            for (size_t j = 0; j < terms; j++)
                sum += a[j] * expl(-(long double)r[j] * step / 250);
            if (sum > 1e-13L) expected = step / 250.0;
        }
        const double found = el4ml_exponentials_crossing(&f, 4);
        if (isinf(expected)) { /* it may have been positive between two of those times */
            if (isfinite(found)) ck_assert_double_le(found, 4);
            continue;
        }
        ck_assert_double_le(found, expected);
        long double sum = 0, size = 0;
        for (size_t j = 0; j < terms; j++) {
            sum += a[j] * expl(-(long double)r[j] * found);
            size += fabsl(a[j] * expl(-(long double)r[j] * found));
        }
        ck_assert(fabsl(sum) <= 1e-13L * size);
        crossings++;
    }
    ck_assert_uint_ge(crossings, 80);
}
END_TEST

START_TEST(adjusted_rand_index_by_pairs)
{
    const cloud d = random_cloud(51, 30, 2, 3, 1);
    el4ml_surface *surface = cloud_surface(&d);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double c[MOST_NUMBERS], x[MOST_POINTS * 2];
    int32_t label[MOST_POINTS];
    minimum_from(s, 3, c);
    for (size_t p = 0; p < d.points; p++) {
        memcpy(x + 2 * p, d.x[p], 2 * sizeof(double));
        label[p] = (int32_t)((nearest_to(&d, p, c) * 2 + (p % 5 == 0)) % 4);
    }
    const el4ml_dataset data = {.rows = 30, .inputs = 2, .classes = 4, .x = x, .label = label};
    el4ml_metrics metrics;
    const el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    ck_assert_int_eq(surface->ops.metrics(surface->self, e->workspace, c, &data, &metrics), EL4ML_OK);
    double both = 0, first = 0, second = 0, all = 0;
    for (size_t p = 0; p < 30; p++)
        for (size_t q = 0; q < p; q++) {
            const bool a = nearest_to(&d, p, c) == nearest_to(&d, q, c), b = label[p] == label[q];
            both += a && b;
            first += a;
            second += b;
            all++;
        }
    const double expected = first * second / all;
    ck_assert_double_eq_tol(metrics.adjusted_rand, (both - expected) / ((first + second) / 2 - expected),
                            1e-13);
    ck_assert_double_eq_tol(metrics.loss, inertia_of(&d, c) / 30, 1e-13);
    ck_assert(isnan(metrics.accuracy) && isnan(metrics.r2));
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_harness_passes,
                                  value_is_the_sum_of_squares,
                                  distances_of_every_kernel_set,
                                  minimisation_ends_at_minima,
                                  empty_clusters_are_filled,
                                  a_plateau_is_no_stationary_point,
                                  simultaneous_ties_count_in_the_index,
                                  a_tied_fixed_point_is_left,
                                  too_many_clusters_are_refused,
                                  landscapes_of_one_minimum,
                                  units_do_not_matter,
                                  first_zeros_of_sums_of_exponentials,
                                  adjusted_rand_index_by_pairs};
    return RUN_SUITE("K-means", tests);
}
