/* Gaussian mixtures: value and derivatives in long double from the definition, the surface harness,
 * expectation maximisation, published likelihoods, whole landscapes. */
#include "run_help.h"
#include "surface/adjusted_rand.h"
#include "surface_harness.h"

/* ---- The definition, in long double ---- */

typedef long double real;

typedef struct plain {
    const el4ml_dataset *data;
    el4ml_mixture_options options;
    real mean[16], scatter[16]; /* of the prior */
} plain;

static plain plain_new(const el4ml_mixture_options *o, const el4ml_dataset *data)
{
    plain p = {.data = data, .options = *o};
    const size_t d = data->inputs;
    for (size_t a = 0; a < d; a++) {
        for (size_t i = 0; i < data->rows; i++)
            p.mean[a] += data->x[i * d + a] / (real)data->rows;
        for (size_t i = 0; i < data->rows; i++)
            p.scatter[a] += powl(data->x[i * d + a] - p.mean[a], 2) / (real)data->rows;
        p.scatter[a] *= powl((real)o->components, -2 / (real)d);
    }
    return p;
}

static size_t shapes_of(const plain *p)
{
    const size_t d = p->data->inputs;
    return p->options.covariance == EL4ML_FULL       ? d * (d + 1) / 2
           : p->options.covariance == EL4ML_DIAGONAL ? d
                                                     : 1;
}

/* ln pi from the contrasts of Helmert. */
static void plain_weights(size_t all, const real *b, real *log_weight)
{
    real sum = 0;
    for (size_t k = 0; k < all; k++)
        log_weight[k] = 0;
    for (size_t i = 0; i + 1 < all; i++)
        for (size_t k = 0; k <= i + 1; k++)
            log_weight[k] += b[i] * (k <= i ? 1 : -(real)(i + 1)) / sqrtl((real)((i + 1) * (i + 2)));
    for (size_t k = 0; k < all; k++)
        sum += expl(log_weight[k]);
    for (size_t k = 0; k < all; k++)
        log_weight[k] -= logl(sum);
}

/* R, lower triangular; returns ln det R. */
static real plain_root(const plain *p, const real *t, real r[16][16])
{
    const size_t d = p->data->inputs;
    size_t below = d;
    real sum = 0;
    memset(r, 0, 16 * sizeof *r);
    for (size_t a = 0; a < d; a++) {
        const real log_a = t[p->options.covariance == EL4ML_SPHERICAL ? 0 : a];
        r[a][a] = expl(-log_a);
        sum -= log_a;
        for (size_t b = 0; p->options.covariance == EL4ML_FULL && b < a; b++)
            r[a][b] = t[below++];
    }
    return sum;
}

/* |R v|^2 */
static real length(size_t d, real r[16][16], const real *v)
{
    real square = 0;
    for (size_t a = 0; a < d; a++) {
        real sum = 0;
        for (size_t b = 0; b <= a; b++)
            sum += r[a][b] * v[b];
        square += sum * sum;
    }
    return square;
}

static real plain_value(const plain *p, const real *x)
{
    const size_t d = p->data->inputs, all = p->options.components, part = d + shapes_of(p),
                 rows = p->data->rows;
    const real two_pi = 6.283185307179586476925286766559005768L, rho = p->options.prior;
    real log_weight[16], v[16], prior = 0, sum = 0, *likelihood = fixture_memory(rows, sizeof *likelihood);
    static real r[16][16];
    plain_weights(all, x, log_weight);
    for (size_t k = 0; k < all; k++) {
        const real *mean = x + all - 1 + k * part, log_det = plain_root(p, mean + d, r);
        for (size_t i = 0; i < rows; i++) {
            for (size_t a = 0; a < d; a++)
                v[a] = p->data->x[i * d + a] - mean[a];
            likelihood[i] +=
                expl(log_weight[k] + log_det - 0.5L * (length(d, r, v) + (real)d * logl(two_pi)));
        }
        for (size_t a = 0; a < d; a++)
            v[a] = p->mean[a] - mean[a];
        prior += log_weight[k] + log_det - 0.005L * length(d, r, v);
        for (size_t b = 0; b < d; b++) {
            for (size_t a = 0; a < d; a++)
                v[a] = a == b ? sqrtl(p->scatter[a]) : 0;
            prior -= 0.5L * length(d, r, v);
        }
    }
    for (size_t i = 0; i < rows; i++)
        sum += logl(likelihood[i]);
    free(likelihood);
    return -(sum + rho * prior) / (real)rows;
}

/* Along v, by differences of the eighth order: the error is below 1e-13 of the size. */
static void plain_derivatives(const plain *p, size_t n, const double *x, const double *v, real derivative[2])
{
    static const real first[5] = {0, 4 / 5.0L, -1 / 5.0L, 4 / 105.0L, -1 / 280.0L};
    static const real second[5] = {-205 / 72.0L, 8 / 5.0L, -1 / 5.0L, 8 / 315.0L, -1 / 560.0L};
    const real h = 3e-3L;
    real *at = fixture_memory(n, sizeof *at);
    derivative[0] = derivative[1] = 0;
    for (int s = -4; s <= 4; s++) {
        for (size_t i = 0; i < n; i++)
            at[i] = (real)x[i] + s * h * (real)v[i];
        const real value = plain_value(p, at);
        derivative[0] += (s < 0 ? -1 : 1) * first[abs(s)] * value / h;
        derivative[1] += second[abs(s)] * value / (h * h);
    }
    free(at);
}

/* ---- Fixtures ---- */

static el4ml_surface *mixture_of(size_t components, el4ml_covariance covariance, double prior,
                                 const el4ml_dataset *data)
{
    const el4ml_mixture_options o = {components, covariance, prior};
    el4ml_surface *s = NULL;
    el4ml_error error;
    ck_assert_msg(el4ml_mixture_new(&o, data, &s, &error) == EL4ML_OK, "%s", error.message);
    return s;
}

/* Three clouds, and a column with a scale of its own. */
static el4ml_dataset clouds(size_t rows, size_t d)
{
    el4ml_dataset data = fixture_data(8, rows, d, 3, 0);
    for (size_t i = 0; i < rows; i++) {
        data.label[i] = (int32_t)(i % 3);
        data.x[i * d] += 4.0 * (double)(i % 3);
        if (d > 1) data.x[i * d + 1] = 0.3 * data.x[i * d + 1] + 0.5 * data.x[i * d];
    }
    return data;
}

/* ---- Derivatives ---- */

static void check_derivatives(const plain *p, const el4ml_surface *s, int points)
{
    harness h = harness_new(s, 4);
    const size_t n = h.n;
    double *g = new_vector(n), *v = new_vector(n), *hv = new_vector(n), *start = new_vector(n);
    real *at = fixture_memory(n, sizeof *at), d[2];
    ck_assert_uint_eq(n,
                      p->options.components - 1 + p->options.components * (p->data->inputs + shapes_of(p)));
    for (int point = 0; point < points; point++) {
        el4ml_initialise(&h.e, &h.random, start);
        for (size_t i = 0; i < n; i++) /* away from R diagonal and equal weights */
            h.x[i] = start[i] + 0.3 * el4ml_random_normal(&h.random);
        for (size_t i = 0; i < n; i++)
            at[i] = h.x[i];
        const double value = harness_value(&h, h.x, g), size = fabs(value) + el4ml_norm(n, g);
        ck_assert_double_le(fabs(value - (double)plain_value(p, at)), 1e-13 * (1 + fabs(value)));
        for (int line = 0; line < 4; line++) {
            el4ml_random_direction(&h.random, n, v);
            plain_derivatives(p, n, h.x, v, d);
            ck_assert_int_eq(el4ml_hessian_vector(&h.e, h.x, 1, v, hv), EL4ML_OK);
            ck_assert_double_le(fabs(el4ml_dot(n, g, v) - (double)d[0]), 1e-11 * size);
            ck_assert_double_le(fabs(el4ml_dot(n, v, hv) - (double)d[1]), 1e-10 * (size + el4ml_norm(n, hv)));
        }
    }
    free(at);
    el4ml_release(g);
    el4ml_release(v);
    el4ml_release(hv);
    el4ml_release(start);
    harness_free(&h);
}

START_TEST(derivatives)
{
    static const size_t shapes[][3] = {{30, 3, 2}, {50, 2, 3}, {9, 1, 2}, {20, 4, 1}, {47, 5, 4}};
    const size_t *shape = shapes[_i];
    for (unsigned covariance = 0; covariance <= EL4ML_SPHERICAL; covariance++) {
        el4ml_dataset data = clouds(shape[0], shape[1]);
        const el4ml_mixture_options o = {shape[2], (el4ml_covariance)covariance, 0.7};
        const plain p = plain_new(&o, &data);
        el4ml_surface *s = mixture_of(o.components, o.covariance, o.prior, &data);
        check_derivatives(&p, s, 2);
        harness_surface(s, covariance + 1, 1);
        el4ml_surface_free(s);
        fixture_free(&data);
    }
}
END_TEST

/* Rows that come in several blocks. */
START_TEST(many_rows)
{
    for (unsigned covariance = 0; covariance <= EL4ML_SPHERICAL; covariance++) {
        const size_t d = covariance == EL4ML_FULL ? 10 : 2, components = covariance == EL4ML_FULL ? 8 : 3;
        el4ml_dataset data = clouds(covariance == EL4ML_FULL ? 1000 : 30000, d);
        const el4ml_mixture_options o = {components, (el4ml_covariance)covariance, 1};
        const plain p = plain_new(&o, &data);
        el4ml_surface *s = mixture_of(components, o.covariance, 1, &data);
        check_derivatives(&p, s, 1);
        harness h = harness_new(s, 1);
        el4ml_initialise(&h.e, &h.random, h.x);
        harness_set(&h, h.x);
        harness_hessian(&h);
        harness_free(&h);
        el4ml_surface_free(s);
        fixture_free(&data);
    }
}
END_TEST

/* ---- Minima ---- */

static el4ml_landscape *explored(const char *folder, const el4ml_surface *surface, uint64_t steps)
{
    el4ml_study study = plain_study();
    study.method = EL4ML_RANDOM_STARTS;
    study.steps = steps;
    el4ml_landscape *l = open_run(folder, surface);
    const el4ml_run_options options = {.threads = 2};
    bool time_up;
    ck_assert_int_eq(el4ml_run_explore(&study, surface, NULL, l, &options, &time_up, NULL), EL4ML_OK);
    return l;
}

/* One round of expectation and maximisation, full covariances, from the stored point: what it gives must be
 * the same component again. Closed forms: pi = (n + rho)/(N + K rho), mu = (sum r x + rho kappa m)/(n + rho
 * kappa), Sigma = (sum r z z^T + rho (Lambda + kappa (m - mu)(m - mu)^T)) / (n + rho). */
static void check_maximisation(const plain *p, const double *x)
{
    const size_t d = p->data->inputs, all = p->options.components, part = d + shapes_of(p),
                 rows = p->data->rows;
    const real rho = p->options.prior, kappa = 0.01L;
    static real r[16][16][16], at[16][16];
    real b[16], log_weight[16], log_det[16], *share = fixture_memory(rows * all, sizeof *share);
    for (size_t i = 0; i + 1 < all; i++)
        b[i] = x[i];
    plain_weights(all, b, log_weight);
    for (size_t k = 0; k < all; k++) {
        real t[160];
        for (size_t a = 0; a < part - d; a++)
            t[a] = x[all - 1 + k * part + d + a];
        for (size_t a = 0; a < d; a++)
            at[k][a] = x[all - 1 + k * part + a];
        log_det[k] = plain_root(p, t, r[k]);
    }
    for (size_t i = 0; i < rows; i++) {
        real sum = 0, v[16];
        for (size_t k = 0; k < all; k++) {
            for (size_t a = 0; a < d; a++)
                v[a] = p->data->x[i * d + a] - at[k][a];
            sum += share[i * all + k] = expl(log_weight[k] + log_det[k] - 0.5L * length(d, r[k], v));
        }
        for (size_t k = 0; k < all; k++)
            share[i * all + k] /= sum;
    }
    for (size_t k = 0; k < all; k++) {
        real n = 0, mean[16] = {0};
        for (size_t i = 0; i < rows; i++) {
            n += share[i * all + k];
            for (size_t a = 0; a < d; a++)
                mean[a] += share[i * all + k] * p->data->x[i * d + a];
        }
        ck_assert(fabsl(expl(log_weight[k]) - (n + rho) / ((real)rows + (real)all * rho)) < 1e-8L);
        for (size_t a = 0; a < d; a++) {
            mean[a] = (mean[a] + rho * kappa * p->mean[a]) / (n + rho * kappa);
            ck_assert(fabsl(mean[a] - at[k][a]) < 1e-7L);
        }
        for (size_t a = 0; a < d; a++)
            for (size_t c = 0; c < d; c++) { /* Sigma R^T R = 1, column c */
                real sum = 0;
                for (size_t e = 0; e < d; e++) {
                    real s = rho * ((a == e ? p->scatter[a] : 0) +
                                    kappa * (p->mean[a] - at[k][a]) * (p->mean[e] - at[k][e]));
                    for (size_t i = 0; i < rows; i++)
                        s += share[i * all + k] * (p->data->x[i * d + a] - at[k][a]) *
                             (p->data->x[i * d + e] - at[k][e]);
                    for (size_t f = 0; f < d; f++)
                        sum += s / (n + rho) * r[k][f][e] * r[k][f][c];
                }
                ck_assert(fabsl(sum - (a == c)) < 1e-6L);
            }
    }
    free(share);
}

START_TEST(minima_are_fixed_points_of_em)
{
    el4ml_dataset data = clouds(60, 3);
    const el4ml_mixture_options o = {3, EL4ML_FULL, 1};
    const plain p = plain_new(&o, &data);
    el4ml_surface *s = mixture_of(3, EL4ML_FULL, 1, &data);
    const char *folder = scratch_folder("em");
    el4ml_landscape *l = explored(folder, s, 30);
    check_all_proved(l);
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_MINIMUM), 1);
    for (size_t i = 0; i < el4ml_landscape_count(l, EL4ML_MINIMUM); i++)
        check_maximisation(&p, el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point.x);
    ck_assert_uint_eq(el4ml_landscape_totals(l)->explore_failures, 0);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(s);
    fixture_free(&data);
}
END_TEST

/* BIC of mclust's model VVV on iris (Scrucca, Fop, Murphy and Raftery, The R Journal 8, 289, 2016; R's
 * mclustBIC(iris[, -5])) for one, two and three components: twice the log-likelihood less df ln 150. With
 * hardly any prior one of our minima is that maximum, from which EM is still 1e-5 away when mclust ends it;
 * others, with a component on a few rows, may lie lower.
 */
START_TEST(published_likelihoods)
{
    static const double bic[] = {-829.9782, -574.0178, -580.8396};
    const size_t components = (size_t)_i + 1;
    el4ml_data_options raw = el4ml_data_options_default();
    el4ml_data *iris = NULL;
    raw.file = EL4ML_SOURCE_DIR "/examples/data/iris.csv";
    raw.target = "species";
    raw.standardise = false;
    ck_assert_int_eq(el4ml_data_read(&raw, &iris, NULL), EL4ML_OK);
    const double df = (double)(components - 1 + components * 14);
    el4ml_surface *s = mixture_of(components, EL4ML_FULL, 1e-9, &iris->train);
    const char *folder = scratch_folder("mclust");
    el4ml_landscape *l = explored(folder, s, components == 3 ? 150 : 20);
    const double published = -(bic[_i] + df * log(150)) / 300;
    const el4ml_record *r = record_at(l, EL4ML_MINIMUM, published, 2e-5);
    ck_assert_double_le(r->point.energy, published + 1e-6);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(s);
    el4ml_data_free(iris);
}
END_TEST

/* Minima, transition states between them, verified and altered. */
START_TEST(landscapes)
{
    el4ml_dataset iris = fixture_iris();
    el4ml_surface *s = mixture_of(3, (el4ml_covariance)_i, 1, &iris);
    el4ml_study study = plain_study();
    study.steps = 60;
    study.budget = 200;
    const char *folder = scratch_folder("mixture");
    el4ml_landscape *l = run_study(folder, &study, s, 2);
    check_all_proved(l);
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_MINIMUM), 2);
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_TRANSITION_STATE), 1);
    ck_assert(summary_of(l, &study).goal_reached);
    check_verification(folder, s, l);
    remove_folder(folder);
    el4ml_surface_free(s);
    fixture_free(&iris);
}
END_TEST

/* Components that are the same: a third of the copies, or a sixth. */
START_TEST(identical_components)
{
    el4ml_dataset data = clouds(30, 2);
    el4ml_surface *s = mixture_of(3, EL4ML_DIAGONAL, 1, &data);
    harness h = harness_new(s, 1);
    double log_n, order;
    el4ml_initialise(&h.e, &h.random, h.x);
    for (size_t alike = 1; alike <= 3; alike++) {
        for (size_t k = 1; k < alike; k++)
            memcpy(h.x + 2 + 4 * k, h.x + 2, 4 * sizeof *h.x);
        ck_assert_int_eq(el4ml_multiplicity(&h.e, h.x, 1e-6, &log_n, &order), EL4ML_OK);
        ck_assert(order == (alike == 3 ? 6 : (double)alike));
        ck_assert_double_eq_tol(log_n, log(6 / order), 1e-14);
    }
    harness_free(&h);
    el4ml_surface_free(s);
    fixture_free(&data);
}
END_TEST

/* ---- Metrics ---- */

/* Hubert and Arabie's index of partitions whose pairs are counted one by one. */
START_TEST(rand_index)
{
    el4ml_random random = el4ml_random_new(3, 3, 3);
    for (int trial = 0; trial < 50; trial++) {
        enum { ROWS = 25 };
        const size_t clusters = 1 + (size_t)el4ml_random_below(&random, 4),
                     classes = 1 + (size_t)el4ml_random_below(&random, 4);
        size_t a[ROWS], b[ROWS];
        double table[16] = {0}, both = 0, first = 0, second = 0, pairs = 0;
        for (size_t i = 0; i < ROWS; i++) {
            a[i] = (size_t)el4ml_random_below(&random, clusters);
            b[i] = (size_t)el4ml_random_below(&random, classes);
            table[a[i] * classes + b[i]]++;
            for (size_t j = 0; j < i; j++) {
                both += a[i] == a[j] && b[i] == b[j];
                first += a[i] == a[j];
                second += b[i] == b[j];
                pairs++;
            }
        }
        const double expected = first * second / pairs, most = (first + second) / 2;
        const double index = most > expected ? (both - expected) / (most - expected) : 1;
        ck_assert_double_eq_tol(el4ml_adjusted_rand(clusters, classes, table), index, 1e-13);
    }
    ck_assert_double_eq(el4ml_adjusted_rand(2, 2, (const double[]){3, 0, 0, 4}), 1);
    ck_assert(isnan(el4ml_adjusted_rand(1, 1, (const double[]){1})));
}
END_TEST

/* The clouds are told apart: index 1; the loss is V without its prior. */
START_TEST(predictions)
{
    el4ml_dataset data = clouds(90, 2);
    for (size_t i = 0; i < data.rows; i++)
        data.x[2 * i] += 20.0 * data.label[i];
    el4ml_surface *s = mixture_of(3, EL4ML_FULL, 1e-9, &data);
    const char *folder = scratch_folder("clouds");
    el4ml_landscape *l = explored(folder, s, 40);
    const el4ml_record *best =
        el4ml_landscape_record(l, EL4ML_MINIMUM, summary_of(l, &(el4ml_study){0}).global_minimum);
    harness h = harness_new(s, 1);
    el4ml_metrics m;
    ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, best->point.x, &data, &m), EL4ML_OK);
    ck_assert_double_eq_tol(m.loss, best->point.energy, 1e-7);
    ck_assert_double_eq(m.adjusted_rand, 1);
    ck_assert(isnan(m.accuracy) && isnan(m.r2));
    el4ml_dataset none = data;
    none.label = NULL;
    none.classes = 0;
    ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, best->point.x, &none, &m), EL4ML_OK);
    ck_assert(isnan(m.adjusted_rand));
    none.inputs = 1;
    ck_assert_int_eq(s->ops.metrics(s->self, h.e.workspace, best->point.x, &none, &m),
                     EL4ML_INVALID_ARGUMENT);
    harness_free(&h);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(s);
    fixture_free(&data);
}
END_TEST

/* ---- Manners ---- */

START_TEST(bad_input)
{
    el4ml_dataset data = clouds(10, 2), none = {0};
    el4ml_surface *s = NULL;
    el4ml_error error = {0};
    el4ml_mixture_options o = el4ml_mixture_options_default();
    ck_assert_int_eq(el4ml_mixture_new(&o, &none, &s, &error), EL4ML_BAD_INPUT);
    o.components = 0;
    ck_assert_int_eq(el4ml_mixture_new(&o, &data, &s, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "components = 0"));
    o.components = 11;
    ck_assert_int_eq(el4ml_mixture_new(&o, &data, &s, &error), EL4ML_BAD_INPUT);
    o.components = 2;
    o.prior = 0;
    ck_assert_int_eq(el4ml_mixture_new(&o, &data, &s, &error), EL4ML_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "not bounded"));
    o.prior = 1;
    data.x[5] = NAN;
    ck_assert_int_eq(el4ml_mixture_new(&o, &data, &s, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "row 3"));
    ck_assert_ptr_null(s);
    fixture_free(&data);
}
END_TEST

/* A column that does not vary is a direction like others. */
START_TEST(constant_column)
{
    el4ml_dataset data = clouds(30, 3);
    for (size_t i = 0; i < 30; i++)
        data.x[3 * i + 2] = 0;
    el4ml_surface *s = mixture_of(2, EL4ML_FULL, 1, &data);
    const char *folder = scratch_folder("constant");
    el4ml_landscape *l = explored(folder, s, 10);
    check_all_proved(l);
    ck_assert_uint_eq(el4ml_landscape_totals(l)->explore_failures, 0);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(s);
    fixture_free(&data);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    el4ml_dataset data = clouds(12, 2);
    for (size_t after = 0;; after++) {
        el4ml_surface *s = NULL;
        el4ml_evaluator e = {0};
        const el4ml_mixture_options o = el4ml_mixture_options_default();
        el4ml_fail_allocation_after(after);
        el4ml_status status = el4ml_mixture_new(&o, &data, &s, NULL);
        if (status == EL4ML_OK) status = el4ml_evaluator_init(&e, s, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (s) el4ml_evaluator_clear(&e);
        el4ml_surface_free(s);
        if (status == EL4ML_OK) {
            ck_assert_uint_gt(after, 7);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
    fixture_free(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mixture");
    TCase *cases = tcase_create("mixture");
    tcase_set_timeout(cases, 240);
    tcase_add_loop_test(cases, derivatives, 0, 5);
    tcase_add_test(cases, many_rows);
    tcase_add_test(cases, minima_are_fixed_points_of_em);
    tcase_add_loop_test(cases, published_likelihoods, 0, 3);
    tcase_add_loop_test(cases, landscapes, 0, 3);
    tcase_add_test(cases, identical_components);
    tcase_add_test(cases, rand_index);
    tcase_add_test(cases, predictions);
    tcase_add_test(cases, bad_input);
    tcase_add_test(cases, constant_column);
    tcase_add_test(cases, every_allocation_may_fail);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
