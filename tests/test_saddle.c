/* Lowest modes, proofs of stationary points, and the searches for transition states, against full spectra
 * from Jacobi's method and against published stationary points. */
#include "engine_help.h"

#include "cluster_examples.h"
#include "saddle/searcher.h"

/* Mueller and Brown 1979. */
static const double mb_minima[3][2] = {{-0.558, 1.442}, {0.623, 0.028}, {-0.050, 0.467}};
static const double mb_saddles[2][2] = {{-0.822, 0.624}, {0.212, 0.293}};
static const double mb_heights[2] = {-40.6648, -72.2489};

static double apart(const double *a, const double *b)
{
    return hypot(a[0] - b[0], a[1] - b[1]);
}

/* ---- Lowest mode ---- */

/* Smallest eigenvalue of the Hessian in the space without the zero modes: of P H P, the modes moved far up.
 */
static double true_lowest(el4ml_evaluator *e, const double *x)
{
    const size_t n = e->n;
    double *h = new_vector(n * n), *z = new_vector(n * (e->surface->info.max_zero_modes + 1)),
           *values = new_vector(n);
    ck_assert_int_eq(el4ml_hessian(e, x, h), EL4ML_OK);
    const size_t count = el4ml_zero_modes(e, x, z);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++)
            el4ml_project_out(n, count, z, h + i * n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++) {
                const double swap = h[i * n + j];
                h[i * n + j] = h[j * n + i];
                h[j * n + i] = swap;
            }
    }
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < n; i++)
            el4ml_axpy(n, 1e4 * z[k * n + i], z + k * n, h + i * n);
    jacobi_eigenvalues(n, h, values);
    const double lowest = values[0];
    el4ml_release(h);
    el4ml_release(z);
    el4ml_release(values);
    return lowest;
}

static void check_lowest(const el4ml_surface *surface, size_t dense_limit, double spread)
{
    el4ml_search_options options = el4ml_search_options_default();
    options.dense_limit = dense_limit;
    el4ml_searcher *s = new_searcher(surface, &options);
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    const size_t n = e->n;
    double *x = new_vector(n), *mode = new_vector(n), *hv = new_vector(n);
    el4ml_random random = el4ml_random_new(31, 1, dense_limit);
    for (int trial = 0; trial < 4; trial++) {
        el4ml_initialise(e, &random, x);
        el4ml_stationary point = {.x = x};
        ck_assert_int_eq(el4ml_search_minimum(s, x, &point), EL4ML_OK);
        for (size_t i = 0; i < n; i++)
            x[i] += spread * trial * el4ml_random_normal(&random);
        ck_assert_int_eq(el4ml_curvature_set(&s->curvature, x), EL4ML_OK);
        el4ml_random_direction(&random, n, mode);
        double value;
        ck_assert_int_eq(
            el4ml_lowest_mode(&s->lanczos, &s->curvature, 1e-7, EL4ML_MANY_RESTARTS, mode, &value), EL4ML_OK);
        const double expected = true_lowest(e, x);
        ck_assert_double_eq_tol(value, expected, 1e-6 * fabs(expected) + 1e-8);
        ck_assert_double_eq_tol(el4ml_norm(n, mode), 1, 1e-12);
        ck_assert_int_eq(el4ml_curvature_apply(&s->curvature, mode, hv), EL4ML_OK);
        el4ml_axpy(n, -value, mode, hv);
        el4ml_project_out(n, s->curvature.zero_modes, s->curvature.zero_basis, hv);
        ck_assert_double_le(el4ml_norm(n, hv), 1e-5 * fabs(value) + 1e-7);
    }
    el4ml_release(x);
    el4ml_release(mode);
    el4ml_release(hv);
    el4ml_searcher_free(s);
}

START_TEST(lowest_modes)
{
    el4ml_surface *surfaces[] = {cluster_surface(13), cluster_surface(3), iris_surface(5, EL4ML_TANH, 1e-3),
                                 iris_surface(10, EL4ML_SOFTPLUS, 1e-4), function_surface("himmelblau")};
    for (size_t k = 0; k < 5; k++) {
        check_lowest(surfaces[k], 300, k < 2 ? 0.05 : 0.2);
        check_lowest(surfaces[k], 0, k < 2 ? 0.05 : 0.2);
        el4ml_surface_free(surfaces[k]);
    }
}
END_TEST

/* A start without any part along the mode sought must not hide it: at Himmelblau's saddle the Hessian is
 * diagonal in no basis that the start knows of, at x^2 - y^2 it is. */
static void pass(double x, double y, double *jet)
{
    const double values[6] = {
        x * x - y * y + y * y * y * y / 4, 2 * x, -2 * y + y * y * y, 2, 0, -2 + 3 * y * y};
    memcpy(jet, values, sizeof values);
}

START_TEST(a_start_orthogonal_to_the_mode)
{
    plane p = {.evaluate = pass, .high = {1, 1}};
    el4ml_surface *surface = plane_surface(&p, 1);
    el4ml_searcher *s = new_searcher(surface, NULL);
    const double x[2] = {0, 0};
    double mode[2] = {1, 0}, value;
    ck_assert_int_eq(el4ml_curvature_set(&s->curvature, x), EL4ML_OK);
    ck_assert_int_eq(el4ml_lowest_mode(&s->lanczos, &s->curvature, 1e-7, EL4ML_MANY_RESTARTS, mode, &value),
                     EL4ML_OK);
    ck_assert_double_eq_tol(value, -2, 1e-6);
    ck_assert_double_eq_tol(fabs(mode[1]), 1, 1e-6);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Proof ---- */

static void check_characterised(el4ml_searcher *s, double *x, size_t zero_modes, size_t expected)
{
    size_t index;
    double log_product;
    el4ml_stationary point = {.x = x};
    ck_assert_int_eq(el4ml_characterise(s, &point), EL4ML_OK);
    spectrum_of(el4ml_searcher_evaluator(s), x, zero_modes, &index, &log_product);
    ck_assert_uint_eq(point.index, index);
    ck_assert_uint_eq(point.index, expected);
    ck_assert_double_eq_tol(point.log_product, log_product, 1e-7);
    ck_assert_double_eq_tol(point.smallest_eigenvalue, true_lowest(el4ml_searcher_evaluator(s), x),
                            1e-6 * (1 + fabs(point.smallest_eigenvalue)));
    ck_assert(point.proved);
    ck_assert_double_le(point.gradient_rms, 1e-8);
}

/* LJ13's icosahedron and pentagonal bipyramid: published ln products and orders. Linear LJ3 and LJ4: saddles
 * of index 2 and 4 whose bends are the unstable modes, flagged, with 5 zero modes. */
START_TEST(clusters_are_proved)
{
    cluster c = cluster_new(13);
    el4ml_searcher *s = new_searcher(c.surface, NULL);
    icosahedron(c.x);
    minimise(&c.e, c.x);
    check_characterised(s, c.x, 6, 0);
    el4ml_stationary point = {.x = c.x};
    ck_assert_int_eq(el4ml_characterise(s, &point), EL4ML_OK);
    ck_assert_double_eq_tol(point.energy, -44.3268014195, 1e-9);
    ck_assert_double_eq_tol(point.log_product, 158.2464487383, 1e-8);
    ck_assert_double_eq_tol(point.log_multiplicity, log(2) + lgamma(14) - log(120), 1e-9);
    ck_assert(!point.flagged);
    el4ml_searcher_free(s);
    cluster_free(&c);
    for (size_t atoms = 3; atoms <= 4; atoms++) {
        c = cluster_new(atoms);
        s = new_searcher(c.surface, NULL);
        chain(atoms, c.x);
        newton(&c.e, c.x);
        check_characterised(s, c.x, 5, 2 * (atoms - 2));
        point = (el4ml_stationary){.x = c.x};
        ck_assert_int_eq(el4ml_characterise(s, &point), EL4ML_OK);
        ck_assert(point.flagged);
        el4ml_searcher_free(s);
        cluster_free(&c);
    }
}
END_TEST

START_TEST(functions_are_proved)
{
    el4ml_surface *surface = function_surface("mueller-brown");
    el4ml_searcher *s = new_searcher(surface, NULL);
    for (int k = 0; k < 5; k++) {
        double x[2];
        el4ml_copy(2, k < 3 ? mb_minima[k] : mb_saddles[k - 3], x);
        newton(el4ml_searcher_evaluator(s), x);
        check_characterised(s, x, 0, k >= 3);
    }
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
    surface = function_surface("himmelblau"); /* its maximum */
    s = new_searcher(surface, NULL);
    double top[2] = {-0.270845, -0.923039};
    newton(el4ml_searcher_evaluator(s), top);
    check_characterised(s, top, 0, 2);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* The same minimum of a net with 403 parameters: proved by LDL^T alone (n > 400); and of one with 395 by the
 * spectrum, there also with the Hessian made only for the proof. */
START_TEST(large_points_are_proved_by_factorisation)
{
    for (int large = 0; large < 2; large++) {
        el4ml_surface *surface = iris_surface(large ? 50 : 49, EL4ML_TANH, 1e-2);
        el4ml_search_options options = el4ml_search_options_default();
        options.dense_limit = 500; /* quick */
        el4ml_searcher *s = new_searcher(surface, &options);
        el4ml_evaluator *e = el4ml_searcher_evaluator(s);
        const size_t n = e->n, size = el4ml_eigen_work_size(n);
        ck_assert_uint_eq(n, large ? 403 : 395);
        ck_assert((s->spectrum == NULL) == (large == 1));
        double *x = new_vector(n), *h = new_vector(n * n), *values = new_vector(n), *work = new_vector(size),
               sum = 0;
        el4ml_random random = el4ml_random_new(33, 1, 1);
        el4ml_initialise(e, &random, x);
        el4ml_stationary point = {.x = x};
        size_t known;
        ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &point, &known), EL4ML_OK);
        ck_assert_uint_eq(point.index, 0);
        ck_assert_int_eq(el4ml_hessian(e, x, h), EL4ML_OK);
        ck_assert(el4ml_eigen(n, h, values, false, work, size));
        for (size_t i = 0; i < n; i++)
            sum += log(values[i]);
        ck_assert_double_gt(values[0], 0);
        ck_assert_double_eq_tol(point.log_product, sum, 1e-6);
        ck_assert_double_eq_tol(point.smallest_eigenvalue, values[0], 1e-5 * values[0]);
        memset(x, 0,
               n * sizeof *x); /* all weights zero, output biases at their best: index by symmetry > 0 */
        el4ml_search_minimum(s, x, &point);
        ck_assert_int_eq(el4ml_characterise(s, &point), EL4ML_OK);
        ck_assert_int_eq(el4ml_hessian(e, x, h), EL4ML_OK);
        ck_assert(el4ml_eigen(n, h, values, false, work, size));
        size_t index = 0;
        for (size_t i = 0; i < n; i++)
            index += values[i] < 0;
        ck_assert_uint_eq(point.index, index);
        ck_assert_double_eq_tol(point.smallest_eigenvalue, values[0], 1e-5 * fabs(values[0]));
        el4ml_release(x);
        el4ml_release(h);
        el4ml_release(values);
        el4ml_release(work);
        el4ml_searcher_free(s);
        el4ml_surface_free(surface);
    }
}
END_TEST

/* Beyond proof_limit a point is checked by Lanczos, not proved, and the index tells minimum, transition state
 * and higher saddle apart. */
START_TEST(points_beyond_the_limit_are_checked)
{
    el4ml_search_options options = el4ml_search_options_default();
    options.proof_limit = options.dense_limit = 0;
    el4ml_surface *surface = function_surface("himmelblau");
    el4ml_searcher *s = new_searcher(surface, &options);
    static const double points[3][2] = {{3, 2}, {0.0867, 2.8843}, {-0.270845, -0.923039}}; /* index 0, 1, 2 */
    for (size_t k = 0; k < 3; k++) {
        double x[2] = {points[k][0], points[k][1]};
        newton(el4ml_searcher_evaluator(s), x);
        ck_assert_double_le(apart(x, points[k]), 1e-2);
        el4ml_stationary point = {.x = x};
        ck_assert_int_eq(el4ml_characterise(s, &point), EL4ML_OK);
        ck_assert_uint_eq(point.index, k);
        ck_assert(!point.proved && isnan(point.log_product));
    }
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Searches ---- */

static int which_saddle(const double *x)
{
    for (int k = 0; k < 2; k++)
        if (apart(x, mb_saddles[k]) < 2e-3) return k;
    return -1;
}

START_TEST(modes_are_followed_to_the_known_saddles)
{
    el4ml_surface *surface = function_surface("mueller-brown");
    for (int products = 0; products < 2; products++) {
        el4ml_search_options options = el4ml_search_options_default();
        if (products) options.dense_limit = 0;
        el4ml_searcher *s = new_searcher(surface, &options);
        for (int track = 0; track < 2; track++) {
            unsigned found = 0;
            for (int k = 0; k < 2; k++)
                for (int turn = 0; turn < 8; turn++) {
                    const double angle = turn * 0.785398;
                    double x[2] = {mb_saddles[k][0] + 0.1 * cos(angle), mb_saddles[k][1] + 0.1 * sin(angle)};
                    double mode[2] = {cos(angle + 1), sin(angle + 1)}, value, g[2], hv[2];
                    if (el4ml_follow_mode(s, x, mode, track) != EL4ML_OK) continue;
                    const int which = which_saddle(x);
                    ck_assert_int_ge(which, 0);
                    found |= 1u << which;
                    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
                    ck_assert_int_eq(el4ml_value_gradient(e, x, &value, g), EL4ML_OK);
                    ck_assert_double_le(hypot(g[0], g[1]) / sqrt(2), 1e-9);
                    ck_assert_double_eq_tol(value, mb_heights[which], 5e-5);
                    ck_assert_double_eq_tol(hypot(mode[0], mode[1]), 1, 1e-9);
                    ck_assert_int_eq(el4ml_hessian_vector(e, x, 1, mode, hv), EL4ML_OK);
                    ck_assert_double_lt(mode[0] * hv[0] + mode[1] * hv[1], 0);
                }
            ck_assert_uint_eq(found, 3);
        }
        el4ml_searcher_free(s);
    }
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(the_band_points_at_both_saddles)
{
    el4ml_surface *surface = function_surface("mueller-brown");
    el4ml_searcher *s = new_searcher(surface, NULL);
    double guess[12], tangent[12];
    size_t count;
    ck_assert_int_eq(el4ml_elastic_band(s, mb_minima[0], mb_minima[1], 20, 60, 6, guess, tangent, &count),
                     EL4ML_OK);
    ck_assert_uint_eq(count, 2); /* in path order */
    for (int k = 0; k < 2; k++) {
        ck_assert_double_le(apart(guess + 2 * k, mb_saddles[k]), 0.15);
        ck_assert_double_eq_tol(hypot(tangent[2 * k], tangent[2 * k + 1]), 1, 1e-9);
        ck_assert_int_eq(el4ml_follow_mode(s, guess + 2 * k, tangent + 2 * k, false), EL4ML_OK);
        ck_assert_int_eq(which_saddle(guess + 2 * k), k);
    }
    ck_assert_int_eq(el4ml_elastic_band(s, mb_minima[0], mb_minima[1], 20, 60, 1, guess, tangent, &count),
                     EL4ML_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(el4ml_elastic_band(s, mb_minima[0], mb_minima[0], 5, 10, 6, guess, tangent, &count),
                     EL4ML_OK);
    ck_assert_uint_le(count, 6); /* between a point and itself: nothing breaks */
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* Published: the upper saddle joins minima 1 and 3, the lower one 3 and 2. */
START_TEST(both_sides_fall_to_the_right_minima)
{
    static const int below[2][2] = {{0, 2}, {1, 2}};
    el4ml_surface *surface = function_surface("mueller-brown");
    el4ml_searcher *s = new_searcher(surface, NULL);
    for (int k = 0; k < 2; k++) {
        double x[2] = {mb_saddles[k][0], mb_saddles[k][1]}, mode[2], value, side[2][2];
        newton(el4ml_searcher_evaluator(s), x);
        ck_assert_int_eq(el4ml_unstable_mode(s, x, mode, &value), EL4ML_OK);
        ck_assert_double_lt(value, 0);
        ck_assert_int_eq(el4ml_descend(s, x, mode, side[0], side[1]), EL4ML_OK);
        const double *a = mb_minima[below[k][0]], *b = mb_minima[below[k][1]];
        const bool straight = apart(side[0], a) < 2e-3 && apart(side[1], b) < 2e-3;
        const bool crossed = apart(side[0], b) < 2e-3 && apart(side[1], a) < 2e-3;
        ck_assert(straight || crossed);
        ck_assert((side[0][0] - x[0]) * mode[0] + (side[0][1] - x[1]) * mode[1] >
                  0); /* +mode is the first side */
    }
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* Doye and Wales, J. Chem. Phys. 116, 3777 (2002). */
static const double lj7_states[12] = {-15.44473380, -15.31986444, -15.28342128, -15.09784564,
                                      -15.03338435, -15.02643811, -14.81639980, -14.81112965,
                                      -14.59694571, -14.56806144, -14.54857294, -12.54893771};
static const double lj7_minima[4] = {-16.505384, -15.935043, -15.593211, -15.533060};

static int nearest(const double *list, int count, double value, double tolerance)
{
    for (int k = 0; k < count; k++)
        if (fabs(list[k] - value) <= tolerance) return k;
    return -1;
}

static void check_passage(const el4ml_passage *p, el4ml_searcher *s)
{
    ck_assert_uint_eq(p->known_ts, EL4ML_UNKNOWN);
    ck_assert_int_ge(nearest(lj7_states, 12, p->ts.energy, 1e-7), 0);
    check_characterised(s, p->ts.x, 6, 1);
    for (int k = 0; k < 2; k++) {
        ck_assert_int_ge(nearest(lj7_minima, 4, p->minimum[k].energy, 1e-6), 0);
        ck_assert_double_lt(p->minimum[k].energy, p->ts.energy);
        check_characterised(s, p->minimum[k].x, 6, 0);
    }
}

/* All four minima from random starts; then every pair, eight attempts each. Whatever is found is published.
 */
START_TEST(searches_between_the_minima_of_lj7)
{
    el4ml_surface *surface = cluster_surface(7);
    el4ml_searcher *s = new_searcher(surface, NULL);
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    double minima[4][21], x[21];
    unsigned have = 0, seen = 0;
    for (uint64_t job = 0; have != 15 && job < 500; job++) {
        el4ml_random random = el4ml_random_new(41, 1, job);
        size_t known;
        el4ml_stationary point = {.x = x};
        el4ml_initialise(e, &random, x);
        if (el4ml_search_proved_minimum(s, x, &point, &known) != EL4ML_OK) continue;
        const int which = nearest(lj7_minima, 4, point.energy, 1e-6);
        ck_assert_int_ge(which, 0);
        el4ml_copy(21, x, minima[which]);
        have |= 1u << which;
    }
    ck_assert_uint_eq(have, 15);
    size_t found = 0;
    for (int a = 0; a < 4; a++)
        for (int b = 0; b <= a; b++)
            for (uint64_t attempt = 0; attempt < 8; attempt++) {
                el4ml_passage passages[4];
                el4ml_search_report report;
                ck_assert_int_eq(el4ml_search_between(s, minima[a], minima[b], attempt, 4, passages, &report),
                                 EL4ML_OK);
                ck_assert_uint_le(report.found, 4);
                found += report.found;
                for (size_t k = 0; k < report.found; k++) {
                    check_passage(&passages[k], s);
                    seen |= 1u << nearest(lj7_states, 12, passages[k].ts.energy, 1e-7);
                    el4ml_passage_clear(&passages[k]);
                }
            }
    ck_assert_uint_ge(found, 40);
    ck_assert_int_ge(__builtin_popcount(seen), 6);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

static size_t all_known(void *context, el4ml_evaluator *e, bool transition_state,
                        const el4ml_stationary *point)
{
    (void)e;
    ck_assert(isfinite(point->energy) && point->gradient_rms <= 1e-9);
    *(size_t *)context += 1;
    return transition_state ? 70 : 7;
}

/* What is recognised is neither proved nor followed again. */
START_TEST(known_points_are_recognised)
{
    el4ml_surface *surface = function_surface("mueller-brown");
    el4ml_searcher *s = new_searcher(surface, NULL);
    size_t asked = 0;
    el4ml_searcher_recognise(s, all_known, &asked);
    el4ml_passage passages[4];
    el4ml_search_report report;
    ck_assert_int_eq(el4ml_search_between(s, mb_minima[0], mb_minima[2], 0, 4, passages, &report), EL4ML_OK);
    ck_assert_uint_ge(report.found, 1);
    ck_assert_uint_eq(passages[0].known_ts, 70);
    for (size_t k = 0; k < report.found; k++)
        el4ml_passage_clear(&passages[k]);
    const uint64_t hessians = el4ml_searcher_evaluator(s)->cost.hessians;
    double x[2] = {-0.558, 1.442};
    size_t known;
    el4ml_stationary point = {.x = x};
    newton(el4ml_searcher_evaluator(s), x);
    const uint64_t made = el4ml_searcher_evaluator(s)->cost.hessians - hessians;
    ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &point, &known), EL4ML_OK);
    ck_assert_uint_eq(known, 7);
    ck_assert_uint_le(el4ml_searcher_evaluator(s)->cost.hessians - hessians - made,
                      2); /* minimised, not proved */
    ck_assert_uint_ge(asked, 2);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Starts that run into a saddle ---- */

static void check_leaves_saddle(const el4ml_surface *surface, double *x)
{
    el4ml_searcher *s = new_searcher(surface, NULL);
    const size_t n = surface->info.dimension;
    double *y = new_vector(n);
    el4ml_stationary straight = {.x = y}, proved = {.x = x};
    size_t known, index;
    double log_product;
    ck_assert_int_eq(el4ml_search_minimum(s, x, &straight), EL4ML_OK);
    spectrum_of(el4ml_searcher_evaluator(s), y, 0, &index, &log_product);
    ck_assert_uint_gt(index, 0); /* without the proof it would stay there */
    ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &proved, &known), EL4ML_OK);
    ck_assert_uint_eq(proved.index, 0);
    ck_assert_double_lt(proved.energy, straight.energy);
    check_characterised(s, x, 0, 0);
    el4ml_release(y);
    el4ml_searcher_free(s);
}

/* All weights zero: hidden units stay identical, and the gradient never tells them apart. On the plane's
 * ridge x = any, y = 0 the gradient never leaves the ridge either. */
START_TEST(symmetric_starts_leave_their_saddle)
{
    el4ml_surface *surface = iris_surface(5, EL4ML_TANH, 1e-3);
    double *x = new_vector(surface->info.dimension);
    check_leaves_saddle(surface, x);
    el4ml_release(x);
    el4ml_surface_free(surface);
    plane p = {.evaluate = pass, .high = {1, 1}};
    surface = plane_surface(&p, 1);
    double ridge[2] = {0.8, 0};
    check_leaves_saddle(surface, ridge);
    ck_assert_double_eq_tol(fabs(ridge[1]), sqrt(2), 1e-8);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- A surface that breaks ---- */

static void torn(double x, double y, double *jet)
{
    pass(x, y, jet);
    if (fabs(y) < 0.5)
        for (int k = 0; k < 6; k++)
            jet[k] = NAN;
}

START_TEST(searches_on_a_torn_surface_fail_and_are_counted)
{
    plane p = {.evaluate = torn, .high = {1, 1}};
    el4ml_surface *surface = plane_surface(&p, 1);
    el4ml_searcher *s = new_searcher(surface, NULL);
    const double a[2] = {0, sqrt(2)}, b[2] = {0, -sqrt(2)};
    el4ml_passage passages[4];
    el4ml_search_report report;
    for (uint64_t attempt = 0; attempt < 6; attempt++) {
        ck_assert_int_eq(el4ml_search_between(s, a, b, attempt, 4, passages, &report), EL4ML_OK);
        ck_assert_uint_eq(report.found, 0);
        ck_assert_uint_ge(report.failures, 1);
    }
    size_t not_finite = 0;
    for (uint64_t k = 0; k < 12; k++) {
        const el4ml_random random = el4ml_random_new(1, 1, k);
        ck_assert_int_eq(el4ml_search_from(s, a, k, random, 1, passages, &report), EL4ML_OK);
        ck_assert_uint_eq(report.found, 0);
        ck_assert_uint_eq(report.failures, 1);
        not_finite += report.not_finite;
    }
    ck_assert_uint_ge(not_finite, 1);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(a_cancelled_search_says_so)
{
    el4ml_surface *surface = function_surface("mueller-brown");
    el4ml_searcher *s = new_searcher(surface, NULL);
    volatile bool cancel = true;
    el4ml_searcher_evaluator(s)->cancel = &cancel;
    el4ml_passage passages[4];
    el4ml_search_report report;
    double x[2] = {0.5, 0.5};
    el4ml_stationary point = {.x = x};
    size_t known;
    const el4ml_random random = el4ml_random_new(1, 1, 1);
    ck_assert_int_eq(el4ml_search_between(s, mb_minima[0], mb_minima[1], 0, 4, passages, &report),
                     EL4ML_INTERRUPTED);
    ck_assert_int_eq(el4ml_search_from(s, mb_minima[0], 0, random, 1, passages, &report), EL4ML_INTERRUPTED);
    ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &point, &known), EL4ML_INTERRUPTED);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {lowest_modes,
                                  a_start_orthogonal_to_the_mode,
                                  clusters_are_proved,
                                  functions_are_proved,
                                  large_points_are_proved_by_factorisation,
                                  points_beyond_the_limit_are_checked,
                                  modes_are_followed_to_the_known_saddles,
                                  the_band_points_at_both_saddles,
                                  both_sides_fall_to_the_right_minima,
                                  searches_between_the_minima_of_lj7,
                                  known_points_are_recognised,
                                  symmetric_starts_leave_their_saddle,
                                  searches_on_a_torn_surface_fail_and_are_counted,
                                  a_cancelled_search_says_so};
    return RUN_SUITE("saddle", tests);
}
