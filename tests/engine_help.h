/* What the tests of minimiser, searcher, landscape and runs share: surfaces, made-up surfaces, scratch
 * folders and an eigenvalue solver of their own. */
#ifndef EL4ML_TESTS_ENGINE_HELP_H
#define EL4ML_TESTS_ENGINE_HELP_H

#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "el4ml/run.h"
#include "mlp_fixture.h"

static inline double *new_vector(size_t n)
{
    double *v = EL4ML_NEW(double, n);
    ck_assert_ptr_nonnull(v);
    return v;
}

/* ---- Surfaces ---- */

static inline el4ml_surface *cluster_surface(size_t atoms)
{
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_lennard_jones_new(atoms, &s, NULL), EL4ML_OK);
    return s;
}

static inline el4ml_surface *function_surface(const char *name)
{
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_function_new(name, &s, NULL), EL4ML_OK);
    return s;
}

/* Cross-entropy on iris, one hidden layer. */
static inline el4ml_surface *iris_surface(size_t hidden, el4ml_activation activation, double l2)
{
    el4ml_dataset iris = fixture_iris();
    const el4ml_mlp_options options = fixture_options(activation, EL4ML_CROSS_ENTROPY, l2, 1, &hidden);
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_mlp_new(&options, &iris, &s, NULL), EL4ML_OK);
    fixture_free(&iris);
    return s;
}

static inline el4ml_searcher *new_searcher(const el4ml_surface *surface, const el4ml_search_options *options)
{
    const el4ml_search_options usual = el4ml_search_options_default();
    el4ml_searcher *s = NULL;
    ck_assert_int_eq(el4ml_searcher_new(surface, options ? options : &usual, &s, NULL), EL4ML_OK);
    return s;
}

/* ---- Surfaces made of one plain function of x and y, from which all derivatives come ---- */

/* value, gradient (2), second derivatives xx, xy, yy. */
typedef void (*plane_function)(double x, double y, double *jet);

typedef struct plane {
    plane_function evaluate;
    double low[2], high[2];
} plane;

static inline el4ml_status plane_value_gradient(const void *self, void *work, const double *x, double *value,
                                                double *gradient)
{
    (void)work;
    double jet[6];
    ((const plane *)self)->evaluate(x[0], x[1], jet);
    *value = jet[0];
    if (gradient) memcpy(gradient, jet + 1, 2 * sizeof(double));
    return EL4ML_OK;
}

static inline el4ml_status plane_hessian_vector(const void *self, void *work, const double *x, size_t count,
                                                const double *v, double *hv)
{
    (void)work;
    double jet[6];
    ((const plane *)self)->evaluate(x[0], x[1], jet);
    for (size_t k = 0; k < count; k++) {
        hv[2 * k] = jet[3] * v[2 * k] + jet[4] * v[2 * k + 1];
        hv[2 * k + 1] = jet[4] * v[2 * k] + jet[5] * v[2 * k + 1];
    }
    return EL4ML_OK;
}

static inline el4ml_status plane_hessian(const void *self, void *work, const double *x, double *h)
{
    (void)work;
    double jet[6];
    ((const plane *)self)->evaluate(x[0], x[1], jet);
    h[0] = jet[3];
    h[1] = h[2] = jet[4];
    h[3] = jet[5];
    return EL4ML_OK;
}

static inline void plane_initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)work;
    const plane *p = self;
    for (int i = 0; i < 2; i++)
        x[i] = p->low[i] + (p->high[i] - p->low[i]) * el4ml_random_uniform(random);
}

/* `p` must outlive the surface. */
static inline el4ml_surface *plane_surface(plane *p, double length_scale)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "plane",
                                   .value_gradient = plane_value_gradient,
                                   .hessian_vector = plane_hessian_vector,
                                   .hessian = plane_hessian,
                                   .initialise = plane_initialise};
    const el4ml_surface_info info = {
        .dimension = 2, .length_scale = length_scale, .second_derivatives = true, .description = "plane"};
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, p, &s, NULL), EL4ML_OK);
    return s;
}

/* ---- Independent eigenvalues ---- */

static inline void jacobi_rotate(size_t n, double *a, size_t p, size_t q)
{
    const double apq = a[p * n + q];
    if (apq == 0) return;
    const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    const double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        const double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        const double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
}

static inline int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

/* Eigenvalues of the symmetric a (n, n), ascending, by Jacobi's rotations; a is overwritten. */
static inline void jacobi_eigenvalues(size_t n, double *a, double *values)
{
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0, all = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = 0; q < n; q++) {
                all += a[p * n + q] * a[p * n + q];
                if (p != q) off += a[p * n + q] * a[p * n + q];
            }
        if (off <= 1e-32 * all) break;
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++)
                jacobi_rotate(n, a, p, q);
    }
    for (size_t i = 0; i < n; i++)
        values[i] = a[i * n + i];
    qsort(values, n, sizeof *values, ascending);
}

/* Number of negative eigenvalues and ln product of the positive ones at x, the `z` nearest to zero left out.
 */
static inline void spectrum_of(el4ml_evaluator *e, const double *x, size_t z, size_t *index,
                               double *log_product)
{
    const size_t n = e->n;
    double *h = new_vector(n * n), *values = new_vector(n);
    ck_assert_int_eq(el4ml_hessian(e, x, h), EL4ML_OK);
    jacobi_eigenvalues(n, h, values);
    for (size_t k = 0; k < z; k++) {
        size_t least = 0;
        for (size_t i = 1; i < n; i++)
            if (fabs(values[i]) < fabs(values[least])) least = i;
        values[least] = INFINITY;
    }
    *index = 0;
    *log_product = 0;
    for (size_t i = 0; i < n; i++) {
        *index += values[i] < 0;
        if (values[i] > 0 && isfinite(values[i])) *log_product += log(values[i]);
    }
    el4ml_release(h);
    el4ml_release(values);
}

/* ---- Scratch folders ---- */

static inline void remove_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    if (!directory) return;
    const struct dirent *entry;
    char path[1024];
    while ((entry = readdir(directory))) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(directory);
    rmdir(folder);
}

/* The name of a folder that is not there, of this program's own. */
static inline const char *scratch_folder(const char *name)
{
    static char folder[8][512];
    static int next;
    char *made = folder[next++ % 8];
    mkdir(EL4ML_BINARY_DIR "/tests/scratch", 0777);
    snprintf(made, sizeof folder[0], "%s/tests/scratch/%s-%ld", EL4ML_BINARY_DIR, name, (long)getpid());
    remove_folder(made);
    return made;
}

/* ---- Programs ---- */

static inline int run_suite(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    for (size_t k = 0; k < count; k++)
        tcase_add_test(cases, tests[k]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define RUN_SUITE(name, tests) run_suite(name, tests, sizeof(tests) / sizeof *(tests))

#endif
