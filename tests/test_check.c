/* el4ml_check_surface and el4ml_check_minimum: good surfaces pass, and every broken promise is found. */
#include "run_help.h"

/* ---- A surface that can be broken: V = (|x|^2 - 1)^2 / 4 in the plane, and a mean over four rows of (|x|^2
 * - r_i)^2 / 4 that makes it up. Its minima are a circle: one zero mode, all rotations and reflections. ----
 */

typedef enum fault {
    NOTHING,
    NO_ZERO_MODE,  /* declares none */
    WRONG_MODE,    /* radial */
    LONG_MODE,     /* not of unit length */
    ALL_DIFFERENT, /* same: never */
    ALL_SAME,      /* same: always */
    MANY,          /* multiplicity depends on the copy */
    WRONG_GROUP,   /* the operation is none */
    BAD_BATCH,     /* forgets a row */
    SKEW,          /* the Hessian's upper triangle is missing */
    FAULTS
} fault;

static const double targets[4] = {0.5, 0.8, 1.2, 1.5};

static double mean_of(const size_t *rows, size_t count)
{
    double mean = 0;
    for (size_t k = 0; k < count; k++)
        mean += targets[rows[k]] / (double)count;
    return mean;
}

static double spread_of(const size_t *rows, size_t count)
{
    const double mean = mean_of(rows, count);
    double spread = 0;
    for (size_t k = 0; k < count; k++)
        spread += (targets[rows[k]] - mean) * (targets[rows[k]] - mean) / (double)count;
    return spread;
}

static el4ml_status batch(const void *self, void *work, const double *x, size_t count, const size_t *rows,
                          double *value, double *gradient)
{
    (void)work;
    const double off = x[0] * x[0] + x[1] * x[1] - mean_of(rows, count);
    *value = (off * off + spread_of(rows, count)) / 4;
    if (*(const fault *)self == BAD_BATCH && rows[0] == 0) *value += 0.1;
    for (int i = 0; gradient && i < 2; i++)
        gradient[i] = off * x[i];
    return EL4ML_OK;
}

static const size_t all_rows[4] = {0, 1, 2, 3};

static el4ml_status value_gradient(const void *self, void *work, const double *x, double *value,
                                   double *gradient)
{
    const fault none = NOTHING;
    (void)self;
    return batch(&none, work, x, 4, all_rows, value, gradient);
}

static el4ml_status hessian(const void *self, void *work, const double *x, double *h)
{
    (void)work;
    const double off = x[0] * x[0] + x[1] * x[1] - 1;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            h[2 * i + j] = 2 * x[i] * x[j] + (i == j ? off : 0);
    if (*(const fault *)self == SKEW) h[1] = 0;
    return EL4ML_OK;
}

static el4ml_status hessian_vector(const void *self, void *work, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const fault none = NOTHING;
    double h[4];
    (void)self;
    hessian(&none, work, x, h);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < 2; i++)
            hv[2 * k + i] = h[2 * i] * v[2 * k] + h[2 * i + 1] * v[2 * k + 1];
    return EL4ML_OK;
}

static size_t zero_modes(const void *self, void *work, const double *x, double *basis)
{
    const fault f = *(const fault *)self;
    const double r = sqrt(x[0] * x[0] + x[1] * x[1]), size = f == LONG_MODE ? 1.5 : 1;
    (void)work;
    if (f == NO_ZERO_MODE) return 0;
    if (!basis) return 1;
    basis[0] = size * (f == WRONG_MODE ? x[0] : -x[1]) / r;
    basis[1] = size * (f == WRONG_MODE ? x[1] : x[0]) / r;
    return 1;
}

static el4ml_status align(const void *self, void *work, const double *fixed, const double *moving,
                          uint64_t variant, double *aligned, double *distance)
{
    (void)self;
    (void)work;
    (void)variant;
    const double a = sqrt(fixed[0] * fixed[0] + fixed[1] * fixed[1]);
    const double b = sqrt(moving[0] * moving[0] + moving[1] * moving[1]);
    for (int i = 0; i < 2; i++)
        aligned[i] = fixed[i] * b / a;
    *distance = fabs(a - b);
    return EL4ML_OK;
}

static el4ml_status same(const void *self, void *work, const double *a, const double *b, double tolerance,
                         bool *answer)
{
    double image[2], distance;
    align(self, work, a, b, 0, image, &distance);
    *answer = distance <= tolerance;
    if (*(const fault *)self == ALL_SAME) *answer = true;
    if (*(const fault *)self == ALL_DIFFERENT) *answer = false;
    return EL4ML_OK;
}

static el4ml_status multiplicity(const void *self, void *work, const double *x, double tolerance,
                                 double *log_multiplicity, double *order)
{
    (void)work;
    (void)tolerance;
    *log_multiplicity = *(const fault *)self == MANY ? x[0] : 0;
    *order = 2;
    return EL4ML_OK;
}

static void operation(const void *self, void *work, el4ml_random *random, const double *x, double *y)
{
    (void)work;
    const double angle = 6.283185307179586 * el4ml_random_uniform(random), c = cos(angle), s = sin(angle);
    y[0] = c * x[0] - s * x[1];
    y[1] = s * x[0] + c * x[1];
    if (*(const fault *)self == WRONG_GROUP) y[0] += 0.01;
}

static void initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)self;
    (void)work;
    for (int i = 0; i < 2; i++)
        x[i] = 0.3 + el4ml_random_uniform(random);
}

static el4ml_surface *broken(fault *f)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "ring",
                                   .value_gradient = value_gradient,
                                   .batch_value_gradient = batch,
                                   .hessian_vector = hessian_vector,
                                   .hessian = hessian,
                                   .zero_modes = zero_modes,
                                   .align = align,
                                   .same = same,
                                   .multiplicity = multiplicity,
                                   .random_operation = operation,
                                   .initialise = initialise};
    const el4ml_surface_info info = {.dimension = 2,
                                     .max_zero_modes = 1,
                                     .usual_zero_modes = 1,
                                     .rows = 4,
                                     .second_derivatives = true,
                                     .description = "ring"};
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, f, &s, NULL), EL4ML_OK);
    return s;
}

START_TEST(broken_promises)
{
    fault f = (fault)_i;
    el4ml_surface *s = broken(&f);
    el4ml_surface_check c;
    el4ml_minimum_check m;
    ck_assert_int_eq(el4ml_check_surface(s, 1, &c, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_check_minimum(s, 1, &m, NULL), EL4ML_OK);
    ck_assert(m.tried && m.found);
    ck_assert_uint_eq(m.flat, 1);
    ck_assert(c.gradient_error < 1e-9 && c.hessian_product_error < 1e-9);
    ck_assert_int_eq(c.passed && m.passed, f == NOTHING);
    ck_assert((c.zero_mode_error > 0.1) == (f == WRONG_MODE || f == LONG_MODE));
    if (f != NO_ZERO_MODE && f != WRONG_MODE && f != LONG_MODE) /* a step aside may be one along the ring */
        ck_assert((c.wrong_identities > 0) ==
                  (f == ALL_DIFFERENT || f == ALL_SAME || f == MANY || f == WRONG_GROUP));
    ck_assert((c.symmetry_error > 1e-6) == (f == WRONG_GROUP));
    ck_assert((c.batch_error > 1e-3) == (f == BAD_BATCH));
    ck_assert((c.hessian_error > 1e-3) == (f == SKEW));
    ck_assert_int_eq(m.passed, f != NO_ZERO_MODE && f != WRONG_MODE && f != SKEW);
    el4ml_surface_free(s);
}
END_TEST

START_TEST(shipped_surfaces)
{
    el4ml_dataset iris = fixture_iris();
    el4ml_surface *s[8] = {cluster_surface(6), function_surface("himmelblau"),
                           iris_surface(3, EL4ML_GELU, 1e-3)};
    ck_assert_int_eq(el4ml_morse_new(6, 3, &s[3], NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_logistic_new(&(el4ml_logistic_options){.l2 = 1e-3}, &iris, &s[4], NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_autoencoder_new(&(el4ml_autoencoder_options){.code = 2}, &iris, &s[5], NULL),
                     EL4ML_OK);
    ck_assert_int_eq(
        el4ml_factorisation_new(&(el4ml_factorisation_options){.rank = 2, .l2 = 1e-3}, &iris, &s[6], NULL),
        EL4ML_OK);
    el4ml_mixture_options mixture = el4ml_mixture_options_default();
    mixture.components = 2;
    ck_assert_int_eq(el4ml_mixture_new(&mixture, &iris, &s[7], NULL), EL4ML_OK);
    static const size_t modes[8] = {6, 0, 0, 6, 1, 4, 1, 0};
    for (int k = 0; k < 8; k++) {
        el4ml_surface_check c;
        el4ml_minimum_check m;
        ck_assert_int_eq(el4ml_check_surface(s[k], 2, &c, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_check_minimum(s[k], 2, &m, NULL), EL4ML_OK);
        ck_assert_msg(c.passed && m.passed && m.found, "%s: %zu flat, %zu declared, curvature %g",
                      s[k]->info.description, m.flat, m.zero_modes, m.zero_mode_curvature);
        ck_assert_uint_eq(m.zero_modes, modes[k]);
        ck_assert(c.seconds_gradient > 0 && c.seconds_hessian > 0);
        el4ml_surface_free(s[k]);
    }
    fixture_free(&iris);
}
END_TEST

/* Without a minimum there is nothing to hold against a surface. */
START_TEST(no_minimum)
{
    el4ml_surface *s = iris_surface(3, EL4ML_RELU, 1e-3);
    el4ml_minimum_check m;
    ck_assert_int_eq(el4ml_check_minimum(s, 1, &m, NULL), EL4ML_OK);
    ck_assert(!m.tried && !m.found && m.passed);
    el4ml_surface_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check");
    TCase *tests = tcase_create("check");
    tcase_add_loop_test(tests, broken_promises, 0, FAULTS);
    tcase_add_test(tests, shipped_surfaces);
    tcase_add_test(tests, no_minimum);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
