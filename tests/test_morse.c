/* Morse clusters: kernels of every instruction set against plain loops in long double, the surface harness,
 * and published global minima. */
#include <stdlib.h>

#include "el4ml/surfaces.h"
#include "pair_reference.h"
#include "run_help.h"

/* ---- Kernels ---- */

/* f = e (e - 2), e = exp(rho (1 - r)), by s = r^2. An error of the exponent counts as rho r of them. */
static pair_terms morse_terms(double rho, long double s)
{
    const long double r = sqrtl(s), e = expl(rho * (1 - r)), grown = 1 + rho * (1 + r);
    return (pair_terms){
        {e * (e - 2), -rho * e * (e - 1) / r, rho * e / (2 * s) * (rho * (2 * e - 1) + (e - 1) / r)},
        {grown * e * (e + 2), grown * rho * e * (e + 1) / r,
         grown * rho * e / (2 * s) * (rho * (2 * e + 1) + (e + 1) / r)}};
}

static el4ml_surface *morse(size_t atoms, double rho)
{
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_morse_new(atoms, rho, &s, NULL), EL4ML_OK);
    return s;
}

START_TEST(kernels_agree_with_plain_loops)
{
    static pair_reference r;
    static const double ranges[] = {3, 6, 14};
    for (size_t n = 1; n <= 40; n++) {
        const double rho = ranges[n % 3];
        harness h = harness_new(morse(n, rho), n);
        el4ml_initialise(&h.e, &h.random, h.x);
        reference_of(morse_terms, rho, n, h.x, &r);
        for (el4ml_kernel_set set = EL4ML_BASELINE; set <= el4ml_best_kernel_set(); set++)
            check_pair_kernels(el4ml_morse_kernels_of(set), rho, n, h.x, &r);
        el4ml_surface *s = (el4ml_surface *)(uintptr_t)h.surface;
        harness_free(&h);
        el4ml_surface_free(s);
    }
}
END_TEST

START_TEST(harness_on_random_clusters)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 13};
    static const double ranges[] = {3, 14, 6, 10, 3, 14, 6};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        el4ml_surface *s = morse(sizes[k], ranges[k]);
        harness_surface(s, 5 + k, 2);
        el4ml_surface_free(s);
    }
}
END_TEST

/* ---- Published minima ---- */

/* Global minima of N = 5 ... 12 atoms for rho = 3, 6, 10, 14; Doye and Wales, J. Chem. Soc., Faraday Trans.
 * 93, 4233 (1997), table 1, which the Cambridge Cluster Database lists; 0: not in the part of the table that
 * was at hand. */
static const double ranges[4] = {3, 6, 10, 14};
static const double published[8][4] = {
    {-9.2995, -9.0449, -9.0036, -9.0003},     {-13.5442, -12.4878, -12.0949, -12.0182},
    {-17.5530, -16.2076, -15.9565, -15.8831}, {-22.0429, -19.3274, -18.9646, -18.8837},
    {-26.7784, -23.4172, -22.8508, -22.6449}, {-31.8886, -27.4733, -26.5839, -26.1327},
    {-37.9308, -31.5219, -30.2652, -29.5961}, {-44.0979, -36.4003, -34.3668, 0}};

static el4ml_landscape *explored(const char *folder, const el4ml_surface *surface, uint64_t steps)
{
    el4ml_study study = plain_study();
    study.steps = steps;
    el4ml_landscape *l = open_run(folder, surface);
    const el4ml_run_options options = {.threads = 2};
    bool time_up;
    ck_assert_int_eq(el4ml_run_explore(&study, surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
    return l;
}

static double lowest(const el4ml_landscape *l)
{
    double least = INFINITY;
    for (size_t i = 0; i < el4ml_landscape_count(l, EL4ML_MINIMUM); i++)
        least = fmin(least, el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point.energy);
    return least;
}

START_TEST(published_global_minima)
{
    for (size_t k = 0; k < 4; k++) {
        if (published[_i][k] == 0) continue;
        el4ml_surface *s = morse((size_t)_i + 5, ranges[k]);
        const char *folder = scratch_folder("morse");
        el4ml_landscape *l = explored(folder, s, _i < 4 ? 150 : 400);
        check_all_proved(l);
        ck_assert_msg(fabs(lowest(l) - published[_i][k]) <= 6e-5, "%d atoms, rho %g: %.6f, published %.4f",
                      _i + 5, ranges[k], lowest(l), published[_i][k]);
        el4ml_landscape_close(l);
        remove_folder(folder);
        el4ml_surface_free(s);
    }
}
END_TEST

/* A small landscape in full, recomputed and altered. */
START_TEST(verified_landscape)
{
    el4ml_surface *s = morse(6, 6);
    el4ml_study study = plain_study();
    study.steps = 60;
    const char *folder = scratch_folder("morse-verified");
    el4ml_landscape *l = run_study(folder, &study, s, 2);
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_MINIMUM), 2);
    ck_assert_uint_eq(summary_of(l, &study).components, 1);
    ck_assert_double_eq_tol(lowest(l), -12.48781, 6e-6); /* Cambridge Cluster Database */
    check_verification(folder, s, l);
    remove_folder(folder);
    el4ml_surface_free(s);
}
END_TEST

/* ---- Manners ---- */

START_TEST(impossible_clusters_are_refused)
{
    el4ml_surface *s = NULL;
    el4ml_error error;
    ck_assert_int_eq(el4ml_morse_new(0, 6, &s, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "atoms"));
    const double bad[] = {0, -1, NAN, INFINITY, 1000};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        ck_assert_int_eq(el4ml_morse_new(5, bad[k], &s, &error), EL4ML_BAD_INPUT);
        ck_assert_ptr_nonnull(strstr(error.message, "rho"));
    }
    ck_assert_ptr_null(s);
}
END_TEST

/* Atoms that are short of a bond's reach are no cluster; the reach shrinks with the range. */
START_TEST(domain)
{
    for (size_t k = 0; k < 4; k++) {
        el4ml_surface *s = morse(2, ranges[k]);
        double x[6] = {0, 0, 0, 1 + 6.9 / ranges[k], 0, 0};
        ck_assert(s->ops.inside(s->self, x));
        x[3] = 1 + 7.1 / ranges[k];
        ck_assert(!s->ops.inside(s->self, x));
        el4ml_surface_free(s);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("morse");
    TCase *cases = tcase_create("morse");
    tcase_set_timeout(cases, 240);
    tcase_add_test(cases, kernels_agree_with_plain_loops);
    tcase_add_test(cases, harness_on_random_clusters);
    tcase_add_loop_test(cases, published_global_minima, 0, 8);
    tcase_add_test(cases, verified_landscape);
    tcase_add_test(cases, impossible_clusters_are_refused);
    tcase_add_test(cases, domain);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
