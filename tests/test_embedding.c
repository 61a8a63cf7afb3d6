/* The embedding theorem (Mehta, Chen, Tang and Hauenstein, The loss surface of deep linear networks viewed
 * through the algebraic geometry lens, 2018; docs/models.md): a minimum of a net with one more unit in a
 * hidden layer, all of whose weights are zero, is a stationary point of the larger net for every activation
 * with phi(0) = 0. For the others the slope along the new outgoing weights is phi(0) times that of the loss
 * along the biases that they act beside: zero where these biases are not regularised, and -2 lambda phi(0) b
 * where they are. */
#include "run_help.h"
#include "surface_harness.h"

/* Of the net's layers; sizes (layers + 1). */
static size_t weights_at(const size_t *sizes, size_t layer)
{
    size_t at = 0;
    for (size_t l = 0; l < layer; l++)
        at += sizes[l + 1] * (sizes[l] + 1);
    return at;
}

/* The point x of the net `sizes` in the one with `more` (one unit more in hidden layer `grown`, 1 the first):
 * all weights of the last unit of that layer are zero. */
static void embed(size_t layers, const size_t *sizes, const size_t *more, const double *x, double *y)
{
    for (size_t l = 0; l < layers; l++) {
        const size_t in = sizes[l], out = sizes[l + 1], wide = more[l];
        const double *w = x + weights_at(sizes, l);
        double *to = y + weights_at(more, l);
        for (size_t i = 0; i < out; i++) {
            for (size_t k = 0; k < in; k++)
                to[i * wide + k] = w[i * in + k];
            to[more[l + 1] * wide + i] = w[out * in + i];
        }
    }
}

typedef struct embedding_case {
    el4ml_activation activation;
    el4ml_loss loss;
    bool l2_biases;
    double at_zero; /* phi(0) */
    size_t layers, hidden[2], grown;
} embedding_case;

static const embedding_case cases[] = {
    {EL4ML_TANH, EL4ML_CROSS_ENTROPY, true, 0, 1, {3}, 1},
    {EL4ML_GELU, EL4ML_CROSS_ENTROPY, true, 0, 1, {3}, 1},
    {EL4ML_SILU, EL4ML_CROSS_ENTROPY, true, 0, 1, {2}, 1},
    {EL4ML_TANH, EL4ML_MSE, true, 0, 1, {3}, 1},
    {EL4ML_TANH, EL4ML_CROSS_ENTROPY, true, 0, 2, {3, 2}, 1},
    {EL4ML_SILU, EL4ML_MSE, true, 0, 2, {3, 2}, 2},
    {EL4ML_LOGISTIC, EL4ML_CROSS_ENTROPY, false, 0.5, 1, {3}, 1},
    {EL4ML_SOFTPLUS, EL4ML_MSE, false, 0.6931471805599453, 1, {2}, 1},
    {EL4ML_LOGISTIC, EL4ML_MSE, false, 0.5, 2, {3, 2}, 1},
    {EL4ML_LOGISTIC, EL4ML_CROSS_ENTROPY, false, 0.5, 2, {3, 2}, 2},
    {EL4ML_LOGISTIC, EL4ML_CROSS_ENTROPY, true, 0.5, 1, {3}, 1},
    {EL4ML_SOFTPLUS, EL4ML_CROSS_ENTROPY, true, 0.6931471805599453, 1, {2}, 1},
    {EL4ML_SOFTPLUS, EL4ML_MSE, true, 0.6931471805599453, 2, {3, 2}, 1},
};
#define L2 1e-3
enum { CASES = sizeof cases / sizeof *cases };

static el4ml_surface *net_of(const embedding_case *c, const el4ml_dataset *data, size_t extra)
{
    el4ml_mlp_options o = fixture_options(c->activation, c->loss, L2, c->layers, c->hidden);
    el4ml_surface *s = NULL;
    o.l2_biases = c->l2_biases;
    o.hidden[c->grown - 1] += extra;
    ck_assert_int_eq(el4ml_mlp_new(&o, data, &s, NULL), EL4ML_OK);
    return s;
}

/* A minimum with biases that are not zero, as otherwise the cases would not differ. */
static double minimum_of(const el4ml_surface *s, double *x)
{
    el4ml_searcher *searcher = new_searcher(s, NULL);
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    el4ml_status status = EL4ML_NOT_CONVERGED;
    el4ml_stationary point = {.x = x};
    for (uint64_t job = 0; job < 20 && status != EL4ML_OK; job++) {
        el4ml_random random = el4ml_random_new(1, 10, job);
        size_t known;
        fixture_normal(&random, e->n, 1, x);
        status = el4ml_search_proved_minimum(searcher, x, &point, &known);
    }
    ck_assert_int_eq(status, EL4ML_OK);
    ck_assert(point.proved && point.index == 0);
    el4ml_searcher_free(searcher);
    return point.energy;
}

/* Every component of the gradient is what the theorem says. */
static void check_gradient(const embedding_case *c, const size_t *more, const double *y, const double *g)
{
    const size_t layers = c->layers + 1, units = more[c->grown + 1], wide = more[c->grown];
    const size_t from = weights_at(more, c->grown), n = weights_at(more, layers);
    size_t steep = 0;
    for (size_t i = 0; i < n; i++) {
        double expected = 0;
        if (i >= from && i < from + units * wide && (i - from) % wide == wide - 1 && c->l2_biases)
            expected = -2 * L2 * c->at_zero * y[from + units * wide + (i - from) / wide];
        ck_assert_msg(fabs(g[i] - expected) <= 1e-9, "slope %zu is %g, not %g", i, g[i], expected);
        steep += fabs(expected) > 1e-5;
    }
    ck_assert(c->at_zero == 0 || !c->l2_biases ? steep == 0 : steep > 0);
}

START_TEST(theorem)
{
    const embedding_case *c = &cases[_i];
    el4ml_dataset data = fixture_iris();
    double *y = fixture_doubles(150);
    for (size_t i = 0; i < 150; i++)
        y[i] = 1 + data.x[4 * i + 3] * data.x[4 * i + 2];
    if (c->loss == EL4ML_MSE)
        data =
            (el4ml_dataset){.rows = 150, .inputs = 4, .targets = 1, .x = data.x, .y = y, .label = data.label};
    el4ml_surface *small = net_of(c, &data, 0), *large = net_of(c, &data, 1);
    size_t sizes[4] = {4, c->hidden[0], c->hidden[1]}, more[4];
    sizes[c->layers + 1] = c->loss == EL4ML_MSE ? 1 : 3;
    memcpy(more, sizes, sizeof more);
    more[c->grown]++;
    double *x = new_vector(small->info.dimension), *z = new_vector(large->info.dimension),
           *g = new_vector(large->info.dimension), value;
    const double energy = minimum_of(small, x);
    embed(c->layers + 1, sizes, more, x, z);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, large, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_value_gradient(&e, z, &value, g), EL4ML_OK);
    ck_assert_double_eq_tol(value, energy, 1e-14);
    check_gradient(c, more, z, g);
    el4ml_evaluator_clear(&e);
    el4ml_release(x);
    el4ml_release(z);
    el4ml_release(g);
    el4ml_surface_free(small);
    el4ml_surface_free(large);
    free(y);
    data.y = NULL;
    fixture_free(&data);
}
END_TEST

/* The unit of an autoencoder's code is one of a net. */
START_TEST(autoencoder)
{
    el4ml_dataset data = fixture_iris();
    el4ml_autoencoder_options o = {
        .code = 2, .l2 = 1e-3, .nonlinear = true, .activation = EL4ML_TANH, .l2_biases = true};
    el4ml_surface *small = NULL, *large = NULL;
    ck_assert_int_eq(el4ml_autoencoder_new(&o, &data, &small, NULL), EL4ML_OK);
    o.code = 3;
    ck_assert_int_eq(el4ml_autoencoder_new(&o, &data, &large, NULL), EL4ML_OK);
    double *x = new_vector(small->info.dimension), *z = new_vector(large->info.dimension);
    const size_t sizes[] = {4, 2, 4}, more[] = {4, 3, 4};
    const double energy = minimum_of(small, x);
    embed(2, sizes, more, x, z);
    harness h = harness_new(large, 1);
    ck_assert_double_eq_tol(harness_value(&h, z, NULL), energy, 1e-14);
    harness_free(&h);
    harness_stationary_point(large, z, 1e-8);
    el4ml_release(x);
    el4ml_release(z);
    el4ml_surface_free(small);
    el4ml_surface_free(large);
    fixture_free(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("embedding");
    TCase *tests = tcase_create("embedding");
    tcase_add_loop_test(tests, theorem, 0, CASES);
    tcase_add_test(tests, autoencoder);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
