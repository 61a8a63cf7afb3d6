/* Linear autoencoders and factorisations: derivatives in long double, their symmetry, all critical points
 * that theory knows, and whole landscapes. */
#include "linear_theory.h"
#include "run_help.h"
#include "surface/factors.h"
#include "surface_harness.h"

/* ---- Values in long double ---- */

typedef long double real;

/* V of an autoencoder or a factorisation from its definition, entry by entry; d_known (N, d) or NULL. */
static real plain_value(bool factorisation, const el4ml_dataset *data, size_t k, double l2, const real *x)
{
    const size_t d = data->inputs, rows = data->rows, n = (factorisation ? rows + d : 2 * d) * k;
    real sum = 0, square = 0, known = 0;
    for (size_t i = 0; i < rows; i++) {
        real code[8];
        for (size_t a = 0; a < k; a++) {
            code[a] = 0;
            for (size_t j = 0; !factorisation && j < d; j++)
                code[a] += x[a * d + j] * data->x[i * d + j];
            if (factorisation) code[a] = x[i * k + a];
        }
        for (size_t j = 0; j < d; j++) {
            if (isnan(data->x[i * d + j])) continue;
            real error = -data->x[i * d + j];
            for (size_t a = 0; a < k; a++)
                error += code[a] * x[(factorisation ? rows * k : d * k) + j * k + a];
            sum += error * error;
            known++;
        }
    }
    for (size_t i = 0; i < n; i++)
        square += x[i] * x[i];
    return sum / known + l2 * square;
}

/* V is a polynomial of degree four, so five values along a line give its derivatives there exactly. */
static void plain_derivatives(bool factorisation, const el4ml_dataset *data, size_t k, double l2, size_t n,
                              const double *x, const double *v, real derivative[2])
{
    real *at = fixture_memory(n, sizeof *at), f[5];
    for (int s = -2; s <= 2; s++) {
        for (size_t i = 0; i < n; i++)
            at[i] = (real)x[i] + s * (real)v[i];
        f[s + 2] = plain_value(factorisation, data, k, l2, at);
    }
    derivative[0] = (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / 12;
    derivative[1] = (-f[0] + 16 * f[1] - 30 * f[2] + 16 * f[3] - f[4]) / 12;
    free(at);
}

static void check_derivatives(bool factorisation, const el4ml_dataset *data, size_t k, double l2,
                              const el4ml_surface *s)
{
    harness h = harness_new(s, k);
    const size_t n = h.n;
    double *g = new_vector(n), *v = new_vector(n), *hv = new_vector(n);
    real *at = fixture_memory(n, sizeof *at), d[2];
    for (int point = 0; point < 3; point++) {
        el4ml_initialise(&h.e, &h.random, h.x);
        for (size_t i = 0; i < n; i++)
            at[i] = h.x[i];
        const double value = harness_value(&h, h.x, g), scale = 1 + fabs(value);
        ck_assert_double_le(fabs(value - (double)plain_value(factorisation, data, k, l2, at)), 1e-14 * scale);
        for (int line = 0; line < 5; line++) {
            el4ml_random_direction(&h.random, n, v);
            plain_derivatives(factorisation, data, k, l2, n, h.x, v, d);
            ck_assert_int_eq(el4ml_hessian_vector(&h.e, h.x, 1, v, hv), EL4ML_OK);
            ck_assert_double_le(fabs(el4ml_dot(n, g, v) - (double)d[0]), 1e-14 * (scale + el4ml_norm(n, g)));
            ck_assert_double_le(fabs(el4ml_dot(n, v, hv) - (double)d[1]),
                                1e-13 * (scale + el4ml_norm(n, hv)));
        }
    }
    free(at);
    el4ml_release(g);
    el4ml_release(v);
    el4ml_release(hv);
    harness_free(&h);
}

static el4ml_surface *make(bool factorisation, const el4ml_dataset *data, size_t k, double l2)
{
    el4ml_surface *s = NULL;
    if (factorisation)
        ck_assert_int_eq(
            el4ml_factorisation_new(&(el4ml_factorisation_options){.rank = k, .l2 = l2}, data, &s, NULL),
            EL4ML_OK);
    else
        ck_assert_int_eq(
            el4ml_autoencoder_new(&(el4ml_autoencoder_options){.code = k, .l2 = l2}, data, &s, NULL),
            EL4ML_OK);
    return s;
}

/* Fewer rows than columns and more, one column, and entries that are not known. */
START_TEST(derivatives)
{
    static const size_t shapes[][3] = {{20, 4, 2}, {3, 7, 3}, {9, 9, 1}, {33, 5, 5}, {70, 12, 4}, {5, 1, 1}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (int which = 0; which < 3; which++)
            for (int l2 = 0; l2 < 2; l2++) {
                const bool factorisation = which > 0;
                el4ml_dataset data = fixture_data(k + 1, shapes[k][0], shapes[k][1], 0, 0);
                const size_t most = shapes[k][0] < shapes[k][1] ? shapes[k][0] : shapes[k][1];
                const size_t rank = shapes[k][2] > most ? most : shapes[k][2];
                for (size_t i = 0; which == 2 && i < data.rows;
                     i++) /* one in three, none of column i mod d */
                    for (size_t j = 0; j < data.inputs; j++)
                        if ((3 * i + 5 * j) % 7 < 2 && j != i % data.inputs)
                            data.x[i * data.inputs + j] = NAN;
                el4ml_surface *s = make(factorisation, &data, rank, l2 ? 0.03 : 0);
                check_derivatives(factorisation, &data, rank, l2 ? 0.03 : 0, s);
                harness_surface(s, k, 1);
                el4ml_surface_free(s);
                fixture_free(&data);
            }
}
END_TEST

/* ---- General G, without an L2 term ---- */

/* Every invertible G gives a copy: the same V, recognised, and brought back. */
START_TEST(general_symmetry)
{
    for (int factorisation = 0; factorisation < 2; factorisation++) {
        const size_t k = 3;
        el4ml_dataset data = fixture_data(5, 12, 6, 0, 0);
        el4ml_surface *s = make(factorisation, &data, k, 0);
        harness h = harness_new(s, 3);
        const size_t n = h.n;
        double g[9], *y = new_vector(n), *back = new_vector(n), *noisy = new_vector(n), distance;
        ck_assert_uint_eq(s->info.max_zero_modes, 9);
        for (int trial = 0; trial < 20; trial++) {
            el4ml_initialise(&h.e, &h.random, h.x);
            for (size_t i = 0; i < 9; i++)
                g[i] = el4ml_random_normal(&h.random) + (i % 4 == 0 ? (trial % 2 ? 2 : -2) : 0);
            ck_assert(el4ml_factor_apply(s->self, *(el4ml_factor_space **)h.e.workspace, g, h.x, y));
            const double here = harness_value(&h, h.x, NULL), there = harness_value(&h, y, NULL);
            ck_assert_double_le(fabs(here - there), 1e-11 * (1 + here));
            bool same;
            ck_assert_int_eq(el4ml_same(&h.e, h.x, y, 1e-6, &same), EL4ML_OK);
            ck_assert(same);
            ck_assert_int_eq(el4ml_align(&h.e, h.x, y, 0, back, &distance), EL4ML_OK);
            ck_assert_double_le(distance, 1e-8);
            ck_assert_double_le(el4ml_distance(n, back, h.x), 1e-8);
            memcpy(h.kept, h.x, n * sizeof *h.x);
            harness_noise(&h, 1e-2, noisy);
            ck_assert_int_eq(el4ml_align(&h.e, noisy, y, 0, back, &distance), EL4ML_OK);
            ck_assert_double_le(distance, 1e-2 * (1 + 1e-6));
            ck_assert_int_eq(el4ml_same(&h.e, noisy, y, 1e-3, &same), EL4ML_OK);
            ck_assert(!same);
        }
        el4ml_release(y);
        el4ml_release(back);
        el4ml_release(noisy);
        harness_free(&h);
        el4ml_surface_free(s);
        fixture_free(&data);
    }
}
END_TEST

/* Columns of zeros, in any axes: one leaves half the copies, more an orbit of lower dimension. */
START_TEST(empty_columns)
{
    el4ml_dataset data = fixture_data(6, 12, 6, 0, 0);
    for (size_t k = 1; k <= 4; k++) {
        el4ml_surface *s = make(false, &data, k, 0.01);
        harness h = harness_new(s, k);
        double *y = new_vector(h.n), log_n, order;
        for (size_t empty = 0; empty <= k; empty++) {
            el4ml_initialise(&h.e, &h.random, h.x);
            for (size_t a = 0; a < empty; a++)
                for (size_t j = 0; j < 6; j++)
                    h.x[a * 6 + j] = h.x[6 * k + j * k + a] = 0;
            s->ops.random_operation(s->self, h.e.workspace, &h.random, h.x, y);
            const size_t full = k - empty;
            ck_assert_uint_eq(el4ml_zero_modes(&h.e, y, NULL), full * empty + full * (full - (full > 0)) / 2);
            ck_assert_int_eq(el4ml_multiplicity(&h.e, y, 1e-6, &log_n, &order), EL4ML_OK);
            ck_assert(order == (empty == 0 ? 1 : empty == 1 ? 2 : HUGE_VAL));
            ck_assert(empty > 1 ? log_n == -HUGE_VAL : fabs(log_n - log(2 / order)) < 1e-15);
        }
        el4ml_release(y);
        harness_free(&h);
        el4ml_surface_free(s);
    }
    fixture_free(&data);
}
END_TEST

/* ---- Every critical point that theory knows ---- */

static const double values[6] = {3.1, 2.2, 1.7, 0.9, 0.5, 0.2};

static void check_spectrum(const theory *t, unsigned subset, harness *h, const double *x)
{
    static spectrum expected;
    double *found = new_vector(h->n);
    theory_spectrum(t, subset, &expected);
    ck_assert_uint_eq(expected.count, h->n);
    harness_spectrum(h, x, found);
    size_t negative = 0, flat = 0;
    for (size_t i = 0; i < h->n; i++) {
        ck_assert_double_le(fabs(found[i] - expected.value[i]), 1e-12 * found[h->n - 1]);
        negative += expected.value[i] < -1e-9;
        flat += fabs(expected.value[i]) < 1e-9;
    }
    ck_assert_uint_eq(negative, theory_index(t, subset)); /* of the theory with itself */
    ck_assert_uint_eq(flat, theory_zero_modes(t, subset));
    el4ml_release(found);
}

static double log_of_positive(const theory *t, unsigned subset)
{
    static spectrum s;
    double sum = 0;
    theory_spectrum(t, subset, &s);
    for (size_t i = 0; i < s.count; i++)
        if (s.value[i] > 1e-9) sum += log(s.value[i]);
    return sum;
}

/* The point is stationary and has the energy, the spectrum, the index, the zero modes and the ln product of
 * the theory, wherever on its orbit. Returns the index. */
static size_t check_critical_point(const theory *t, unsigned subset, el4ml_searcher *searcher, harness *h)
{
    const size_t n = h->n, r = subset_size(subset);
    double *q = random_axes(&h->random, t->k);
    double *g = new_vector(n), *z = new_vector(n * (h->surface->info.max_zero_modes + 1)),
           *hz = new_vector(n);
    theory_point(t, subset, q, h->x);
    el4ml_stationary p = {.x = h->x};
    ck_assert_int_eq(el4ml_characterise(searcher, &p), EL4ML_OK);
    ck_assert_double_le(p.gradient_rms, 1e-14);
    ck_assert_double_eq_tol(p.energy, theory_energy(t, subset), 1e-13);
    ck_assert(p.proved);
    ck_assert_uint_eq(p.index, theory_index(t, subset));
    ck_assert_double_eq_tol(p.log_product, log_of_positive(t, subset), 1e-9);
    ck_assert(p.flagged == (t->l2 == 0 || t->k - r > 1));
    check_spectrum(t, subset, h, h->x);
    const size_t count = el4ml_zero_modes(&h->e, h->x, z);
    ck_assert_uint_eq(count, theory_zero_modes(t, subset));
    for (size_t k = 0; k < count; k++) {
        ck_assert_int_eq(el4ml_hessian_vector(&h->e, h->x, 1, z + k * n, hz), EL4ML_OK);
        ck_assert_double_le(el4ml_norm(n, hz), 1e-13);
    }
    el4ml_release(q);
    el4ml_release(g);
    el4ml_release(z);
    el4ml_release(hz);
    return p.index;
}

/* Stationary, but flat in more directions than the group has: no proof, and no crash. */
static void check_degenerate(const theory *t, unsigned subset, el4ml_searcher *searcher, harness *h)
{
    double *q = random_axes(&h->random, t->k);
    theory_point(t, subset, q, h->x);
    el4ml_stationary p = {.x = h->x};
    const el4ml_status status = el4ml_characterise(searcher, &p);
    ck_assert(status == EL4ML_NOT_CONVERGED || (status == EL4ML_OK && p.index > 0));
    ck_assert_double_le(p.gradient_rms, 1e-14);
    el4ml_release(q);
}

typedef struct theory_case {
    bool factorisation;
    size_t rows, columns, k;
    double l2;
    size_t active;
} theory_case;

/* With all directions in play, some, fewer than columns, and none; without an L2 term; more rows than columns
 * and fewer. */
static const theory_case cases[] = {
    {false, 20, 5, 3, 0.02, 5}, {false, 20, 5, 3, 0.0, 5}, {false, 20, 5, 3, 0.25, 3},
    {false, 20, 5, 3, 0.4, 2},  {false, 20, 5, 3, 1.0, 0}, {false, 12, 6, 1, 0.05, 5},
    {false, 9, 4, 4, 0.1, 4},   {true, 7, 5, 3, 0.005, 5}, {true, 7, 5, 3, 0.0, 5},
    {true, 7, 5, 3, 0.03, 3},   {true, 4, 6, 2, 0.02, 4},  {true, 4, 4, 4, 0.0, 4},
    {true, 5, 5, 2, 0.075, 2},  {true, 6, 6, 1, 0.01, 5}};

START_TEST(all_critical_points)
{
    const theory_case *c = &cases[_i];
    theory t = theory_new(c->factorisation, c->rows, c->columns, c->k, c->l2, values, (uint64_t)_i);
    ck_assert_uint_eq(theory_active(&t), c->active);
    el4ml_surface *s = theory_surface(&t);
    el4ml_searcher *searcher = new_searcher(s, NULL);
    harness h = harness_new(s, 1);
    size_t points = 0, minima = 0, passes = 0;
    for (unsigned subset = 0; subset < 1u << c->active; subset++) {
        if (subset_size(subset) > c->k) continue;
        if (theory_is_degenerate(&t, subset)) {
            check_degenerate(&t, subset, searcher, &h);
            continue;
        }
        const size_t index = check_critical_point(&t, subset, searcher, &h);
        points++;
        minima += index == 0;
        passes += index == 1;
    }
    ck_assert_uint_eq(minima, 1); /* every local minimum is global */
    ck_assert_uint_eq(passes, c->active >= c->k && c->active > 0);
    ck_assert_uint_ge(points, 1);
    harness_free(&h);
    el4ml_searcher_free(searcher);
    el4ml_surface_free(s);
    theory_free(&t);
}
END_TEST

/* The harness at saddles that lie on smaller orbits, and at a minimum. */
START_TEST(harness_at_critical_points)
{
    for (int factorisation = 0; factorisation < 2; factorisation++) {
        theory t = theory_new(factorisation, 7, 5, 3, factorisation ? 0.005 : 0.02, values, 3);
        el4ml_surface *s = theory_surface(&t);
        el4ml_random random = el4ml_random_new(1, 2, 3);
        double *q = random_axes(&random, 3), *x = new_vector(s->info.dimension);
        static const unsigned subsets[] = {7, 11, 3, 2, 0, 28};
        for (size_t k = 0; k < 6; k++) {
            theory_point(&t, subsets[k], q, x);
            harness_stationary_point(s, x, 1e-12);
        }
        el4ml_release(q);
        el4ml_release(x);
        el4ml_surface_free(s);
        theory_free(&t);
    }
}
END_TEST

/* ---- Whole landscapes ---- */

/* The engine finds the one minimum and the one transition state of theory, which joins the minimum to a copy.
 */
START_TEST(landscapes)
{
    static const int chosen[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12};
    const theory_case *c = &cases[chosen[_i]];
    theory t = theory_new(c->factorisation, c->rows, c->columns, c->k, c->l2, values, 17);
    el4ml_surface *s = theory_surface(&t);
    el4ml_study study = plain_study();
    study.method = EL4ML_RANDOM_STARTS;
    study.steps = 20;
    study.goal = EL4ML_EXHAUST;
    study.unseen = 0.1;
    study.budget = 100;
    const char *folder = scratch_folder("linear");
    el4ml_landscape *l = run_study(folder, &study, s, 2);
    const size_t kept = c->active < c->k ? c->active : c->k, passes = c->active >= c->k;
    const unsigned lowest = (1u << kept) - 1,
                   pass = c->active > c->k ? lowest ^ (3u << (c->k - 1)) : lowest >> 1;
    const double minimum = theory_energy(&t, lowest), state = theory_energy(&t, pass);
    check_energies(l, EL4ML_MINIMUM, &minimum, 1, 1e-12);
    check_energies(l, EL4ML_TRANSITION_STATE, &state, passes, 1e-12);
    check_all_proved(l);
    const el4ml_record *r = passes ? el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, 0) : NULL;
    ck_assert(!r || (r->a == 0 && r->b == 0));
    if (c->l2 > 0 && r) {
        ck_assert_double_eq_tol(r->point.log_product, log_of_positive(&t, pass), 1e-7);
        ck_assert_double_eq_tol(el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->point.log_product,
                                log_of_positive(&t, lowest), 1e-7);
    }
    const el4ml_totals *totals = el4ml_landscape_totals(l);
    ck_assert_uint_eq(totals->explore_failures, 0);
    ck_assert_int_eq(el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->hits, 20);
    check_verification(folder, s, l);
    remove_folder(folder);
    el4ml_surface_free(s);
    theory_free(&t);
}
END_TEST

/* ---- Metrics ---- */

/* Squares about the mean of each column, or of all numbers. */
static double spread_of(const el4ml_dataset *data, bool together)
{
    double spread = 0;
    for (size_t j = 0; j < data->inputs; j++) {
        double mean = 0, count = 0;
        for (size_t i = 0; i < data->rows; i++)
            for (size_t c = together ? 0 : j; c < (together ? data->inputs : j + 1); c++, count++)
                mean += data->x[i * data->inputs + c];
        for (size_t i = 0; i < data->rows; i++)
            spread += pow(data->x[i * data->inputs + j] - mean / count, 2);
    }
    return spread;
}

/* On the training rows of a minimum the loss is V without its L2 term; on others it is that of a projection.
 */
START_TEST(predictions)
{
    for (int factorisation = 0; factorisation < 2; factorisation++) {
        theory t = theory_new(factorisation, 7, 5, 2, factorisation ? 0.005 : 0.02, values, 3);
        el4ml_surface *s = theory_surface(&t);
        harness h = harness_new(s, 1);
        el4ml_metrics m;
        const double identity[4] = {1, 0, 0, 1};
        theory_point(&t, 3, identity, h.x);
        const el4ml_dataset train = {.rows = 7, .inputs = 5, .x = t.x};
        ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, h.x, &train, &m), EL4ML_OK);
        const double loss = harness_value(&h, h.x, NULL) - t.l2 * el4ml_dot(h.n, h.x, h.x);
        ck_assert_double_eq_tol(m.loss, loss, 1e-13);
        ck_assert_double_eq_tol(m.r2, 1 - loss * 35 / spread_of(&train, factorisation), 1e-12);
        ck_assert(isnan(m.accuracy) && isnan(m.adjusted_rand));
        const el4ml_dataset direction = {
            .rows = 1, .inputs = 5, .x = t.right + 10}; /* one that is left out */
        ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, h.x, &direction, &m), EL4ML_OK);
        ck_assert_double_eq_tol(m.loss, 0.2, 1e-13);
        const el4ml_dataset narrow = {.rows = 1, .inputs = 4, .x = t.x};
        ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, h.x, &narrow, &m), EL4ML_INVALID_ARGUMENT);
        harness_free(&h);
        el4ml_surface_free(s);
        theory_free(&t);
    }
}
END_TEST

/* ---- Manners ---- */

static void refused(bool factorisation, const el4ml_dataset *data, size_t k, double l2, const char *why)
{
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    const el4ml_status status =
        factorisation
            ? el4ml_factorisation_new(&(el4ml_factorisation_options){.rank = k, .l2 = l2}, data, &s, &error)
            : el4ml_autoencoder_new(&(el4ml_autoencoder_options){.code = k, .l2 = l2}, data, &s, &error);
    ck_assert(status == EL4ML_BAD_INPUT || status == EL4ML_INVALID_ARGUMENT);
    ck_assert_msg(strstr(error.message, why) != NULL, "%s", error.message);
    ck_assert_ptr_null(s);
}

START_TEST(bad_input)
{
    double x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    el4ml_dataset data = {.rows = 4, .inputs = 3, .x = x}, none = {0};
    for (int factorisation = 0; factorisation < 2; factorisation++) {
        refused(factorisation, &none, 1, 0.1, "no training data");
        refused(factorisation, &data, 0, 0.1, factorisation ? "rank = 0" : "code = 0");
        refused(factorisation, &data, 4, 0.1, factorisation ? "rank = 4" : "code = 4");
        refused(factorisation, &data, 1, -1, "l2");
        refused(factorisation, &data, 1, NAN, "l2");
        x[4] = INFINITY;
        refused(factorisation, &data, 1, 0.1, "row 2");
        x[4] = 5;
    }
    x[3] = x[4] = x[5] = NAN;
    refused(false, &data, 1, 0.1, "row 2");
    refused(true, &data, 1, 0.1, "no entry of row 2");
    x[3] = 4;
    x[0] = x[3] = x[6] = x[9] = NAN;
    x[4] = 5;
    refused(true, &data, 1, 0.1, "no entry of column 1");
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    el4ml_dataset data = fixture_data(6, 12, 6, 0, 0);
    for (int factorisation = 0; factorisation < 2; factorisation++)
        for (size_t after = 0;; after++) {
            el4ml_surface *s = NULL;
            el4ml_evaluator e = {0};
            el4ml_fail_allocation_after(after);
            el4ml_status status =
                factorisation ? el4ml_factorisation_new(&(el4ml_factorisation_options){.rank = 2, .l2 = 0.1},
                                                        &data, &s, NULL)
                              : el4ml_autoencoder_new(&(el4ml_autoencoder_options){.code = 2, .l2 = 0.1},
                                                      &data, &s, NULL);
            if (status == EL4ML_OK) status = el4ml_evaluator_init(&e, s, NULL);
            el4ml_fail_allocation_after(SIZE_MAX);
            if (s) el4ml_evaluator_clear(&e);
            el4ml_surface_free(s);
            if (status == EL4ML_OK) {
                ck_assert_uint_gt(after, 5);
                break;
            }
            ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        }
    fixture_free(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("linear_models");
    TCase *tests = tcase_create("linear_models");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, derivatives);
    tcase_add_test(tests, general_symmetry);
    tcase_add_test(tests, empty_columns);
    tcase_add_loop_test(tests, all_critical_points, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tests, harness_at_critical_points);
    tcase_add_loop_test(tests, landscapes, 0, 11);
    tcase_add_test(tests, predictions);
    tcase_add_test(tests, bad_input);
    tcase_add_test(tests, every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
