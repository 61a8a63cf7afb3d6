/* The losses of the perceptron, one by one: derivatives against the long double reference on every kernel
 * set, what each leaves flat, its symmetry, and the harness. */
#include <check.h>
#include <math.h>

#include "base/linalg.h"
#include "el4ml/minimise.h"
#include "mlp_checks.h"
#include "surface_harness.h"

static const el4ml_activation smooth[] = {EL4ML_TANH, EL4ML_LOGISTIC, EL4ML_SOFTPLUS, EL4ML_GELU, EL4ML_SILU};

static el4ml_mlp_options options_of(const shape *s, el4ml_loss loss, size_t activation)
{
    return fixture_options(smooth[activation % 5], loss, 1e-3, s->layers, s->hidden);
}

/* At a random point. `step` of the reference's differences: well below what the loss changes over. */
static void check_net(const shape *s, const el4ml_mlp_options *o, double step, double tolerance)
{
    net *t = net_with(s, o);
    double *x = fixture_doubles(t->n);
    el4ml_random random = el4ml_random_new(1, 2, s->rows);
    fixture_normal(&random, t->n, 0.7, x);
    check_gradient(t, x, tolerance);
    check_products(t, x, step, 1e-10);
    check_consistent(t, x, 1e-3);
    if (s->rows < 100) check_hessian(t, x, step, 1e-10);
    net_free(t);
    free(x);
}

/* ---- Cross-entropy ---- */

START_TEST(weights_smoothing_and_one_logit)
{
    static const shape two[] = {{2, 1, 2, 0, {0}},
                                {31, 3, 2, 1, {4}},
                                {60, 4, 2, 2, {3, 5}},
                                {590, 2, 2, 1, {3}}},
                       many[] = {
                           {5, 2, 3, 0, {0}}, {37, 3, 5, 1, {4}}, {61, 2, 3, 2, {5, 3}}, {600, 3, 4, 1, {2}}};
    static const double weight[] = {0.5, 3, 1, 0.25, 2};
    for (size_t i = 0; i < 4; i++)
        for (size_t kind = 0; kind < 6; kind++) {
            const shape *s = kind % 2 ? &two[i] : &many[i];
            el4ml_mlp_options o = options_of(s, EL4ML_CROSS_ENTROPY, i + kind);
            o.logits = kind % 2;
            o.positive = kind == 3 ? 0 : 1;
            o.label_smoothing = kind < 2 ? 0.1 : kind < 4 ? 0 : 0.25;
            o.class_weight = kind >= 2 ? weight : NULL;
            check_net(s, &o, 3e-4, 1e-13);
        }
}
END_TEST

START_TEST(balanced_weights)
{
    for (size_t logits = 0; logits < 2; logits++) {
        const shape s = {200, 3, logits ? 2 : 4, 1, {3}};
        el4ml_mlp_options o = options_of(&s, EL4ML_CROSS_ENTROPY, 0);
        o.logits = logits;
        o.balanced = true;
        check_net(&s, &o, 3e-4, 1e-13);
    }
}
END_TEST

/* A net of one logit a and one of two logits +-a/2 are the same model. */
START_TEST(one_logit_is_two_opposite_ones)
{
    el4ml_dataset d = fixture_data(3, 50, 3, 2, 0);
    el4ml_mlp_options o = fixture_options(EL4ML_TANH, EL4ML_CROSS_ENTROPY, 0, 0, NULL);
    el4ml_surface *one, *two;
    el4ml_evaluator e, f;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &two, NULL), EL4ML_OK);
    o.logits = 1;
    ck_assert_int_eq(el4ml_mlp_new(&o, &d, &one, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&e, one, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&f, two, NULL), EL4ML_OK);
    const double x[4] = {0.3, -1.2, 0.8, 0.1};
    double y[8], v, w;
    for (size_t k = 0; k < 3; k++) {
        y[k] = -0.5 * x[k];
        y[3 + k] = 0.5 * x[k];
    }
    y[6] = -0.5 * x[3];
    y[7] = 0.5 * x[3];
    ck_assert_int_eq(el4ml_value_gradient(&e, x, &v, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_value_gradient(&f, y, &w, NULL), EL4ML_OK);
    ck_assert_double_eq_tol(v, w, 1e-15);
    el4ml_evaluator_clear(&e);
    el4ml_evaluator_clear(&f);
    el4ml_surface_free(one);
    el4ml_surface_free(two);
    fixture_free(&d);
}
END_TEST

/* ---- Auc ---- */

static const shape auc_shapes[] = {{2, 1, 2, 0, {0}},     {3, 2, 2, 1, {1}},        {19, 4, 2, 1, {5}},
                                   {64, 3, 2, 2, {4, 3}}, {90, 6, 2, 3, {3, 1, 4}}, {250, 4, 2, 1, {6}},
                                   {900, 2, 2, 1, {3}},   {1300, 3, 2, 2, {4, 3}}};

START_TEST(auc_matches_reference)
{
    for (size_t i = 0; i < sizeof auc_shapes / sizeof *auc_shapes; i++)
        for (size_t kind = 0; kind < 4; kind++) {
            if (auc_shapes[i].rows > 500 && kind != i % 4) continue;
            el4ml_mlp_options o = options_of(&auc_shapes[i], EL4ML_AUC, i + kind);
            o.logits = kind % 2;
            o.positive = kind / 2;
            o.beta = kind == 2 ? 4 : kind == 3 ? 0.3 : 0;
            o.l2_biases = i % 2;
            check_net(&auc_shapes[i], &o, 1e-4, 1e-13);
        }
}
END_TEST

/* Scores close together, and far apart: up to where the loss is 0 or 1, and beyond what e^s can hold. */
START_TEST(auc_of_tiny_and_huge_scores)
{
    static const double sizes[] = {1e-8, 5, 40, 1e3};
    for (size_t i = 0; i < sizeof auc_shapes / sizeof *auc_shapes; i++)
        for (size_t k = 0; k < 4; k++) {
            if (auc_shapes[i].layers > 1) continue;
            el4ml_mlp_options o = options_of(&auc_shapes[i], EL4ML_AUC, 0);
            o.logits = k % 2;
            net *t = net_with(&auc_shapes[i], &o);
            double *x = fixture_doubles(t->n);
            el4ml_random random = el4ml_random_new(1, 3, i);
            fixture_normal(&random, t->n, sizes[k], x);
            /* sigma's slope is good to 2e-16 of its largest value; weights of 5 and inputs of 3 carry that on
             */
            check_gradient(t, x, k < 2 ? 1e-11 : 1e-8);
            check_consistent(t, x, 1e-3);
            net_free(t);
            free(x);
        }
}
END_TEST

/* The separated series against the sum over all pairs in long double: scores spread over one box of the
 * series, some, and more than it takes. */
START_TEST(auc_series_is_exact)
{
    static const double spread[] = {0.01, 1, 5, 20, 100, 1000};
    enum { N = 700, STRIDE = 704 };
    el4ml_dataset d = fixture_data(4, N, 1, 2, 0);
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.loss = EL4ML_AUC;
    for (size_t set = 0; set <= (size_t)el4ml_best_kernel_set(); set++)
        for (size_t k = 0; k < 6; k++) {
            static double score[STRIDE], delta[STRIDE], bend[STRIDE];
            size_t order[N];
            el4ml_pairs *p;
            ck_assert_int_eq(el4ml_pairs_new(&o, &d, 1, STRIDE, (el4ml_kernel_set)set, order, &p, NULL),
                             EL4ML_OK);
            el4ml_pairs_work *w = el4ml_pairs_work_new(p);
            el4ml_random random = el4ml_random_new(2, 3, k);
            for (size_t i = 0; i < N; i++)
                score[i] = spread[k] * (el4ml_random_normal(&random) + (i < p->start[1]));
            const double value = p->kernels->loss(p, w, score, delta, bend);
            real total = 0, worst = 0, worst_bend = 0;
            for (size_t i = 0; i < N; i++) {
                real slope = 0, curve = 0;
                const bool positive = i < p->start[1];
                for (size_t j = positive ? p->start[1] : 0; j < (positive ? N : p->start[1]); j++) {
                    const real x = positive ? (real)score[i] - score[j] : (real)score[j] - score[i],
                               e = expl(-fabsl(x)), f = x > 0 ? e / (1 + e) : 1 / (1 + e),
                               g = e / ((1 + e) * (1 + e));
                    if (positive) total += f;
                    slope += positive ? -g : g;
                    curve += g * tanhl(x / 2);
                }
                worst = fmaxl(worst, fabsl(slope - delta[i] * (real)p->pairs));
                worst_bend = fmaxl(worst_bend, fabsl(curve - bend[i] * (real)p->pairs));
            }
            /* sums of some 350 terms of at most 1, 1/4 and 1/10 */
            ck_assert_double_le(fabs(value - (double)(total / p->pairs)), 1e-15);
            ck_assert_msg(worst <= 350 * 3e-16L, "spread %g: slope off by %Lg", spread[k], worst);
            ck_assert_msg(worst_bend <= 350 * 1e-15L, "spread %g: bend off by %Lg", spread[k], worst_bend);
            el4ml_pairs_work_free(w);
            el4ml_pairs_free(p);
        }
    fixture_free(&d);
}
END_TEST

/* ---- Contrastive ---- */

static const shape contrastive_shapes[] = {
    {2, 1, 2, 0, {0}},        {3, 2, 2, 1, {1}},  {19, 4, 3, 1, {5}}, {64, 3, 5, 2, {4, 3}},
    {37, 6, 2, 3, {3, 1, 4}}, {90, 5, 4, 0, {0}}, {600, 3, 3, 1, {3}}};

START_TEST(contrastive_matches_reference)
{
    static const size_t embeddings[] = {1, 2, 3, 5};
    for (size_t i = 0; i < sizeof contrastive_shapes / sizeof *contrastive_shapes; i++)
        for (size_t kind = 0; kind < 4; kind++) {
            if (contrastive_shapes[i].rows > 500 && kind > 1) continue;
            const double rows = (double)contrastive_shapes[i].rows;
            el4ml_mlp_options o = options_of(&contrastive_shapes[i], EL4ML_CONTRASTIVE, i + kind);
            o.embedding = embeddings[kind];
            o.pairs = kind % 2 ? (uint64_t)(0.4 * rows * (rows - 1) / 2) : 0;
            o.l2_biases = i % 2;
            if (kind == 2) {
                o.margin = 2;
                o.beta = 3;
                o.epsilon = 0.3;
            }
            check_net(&contrastive_shapes[i], &o, 1e-5, 1e-12);
        }
}
END_TEST

/* Points on top of one another, where only epsilon keeps D smooth, and far beyond the margin. */
START_TEST(contrastive_of_tiny_and_huge_embeddings)
{
    static const double sizes[] = {0, 1e-8, 1e3};
    for (size_t i = 1; i < 4; i++)
        for (size_t k = 0; k < 3; k++)
            for (uint64_t pairs = 0; pairs < 2; pairs++) {
                el4ml_mlp_options o = options_of(&contrastive_shapes[i], EL4ML_CONTRASTIVE, 0);
                o.pairs = pairs;
                net *t = net_with(&contrastive_shapes[i], &o);
                double *x = fixture_doubles(t->n);
                el4ml_random random = el4ml_random_new(1, 3, i);
                fixture_normal(&random, t->n, sizes[k], x);
                check_gradient(t, x, k < 2 ? 1e-12 : 1e-8);
                check_consistent(t, x, 1); /* pairs' stiffnesses, of size 2 / epsilon, cancel */
                net_free(t);
                free(x);
            }
}
END_TEST

/* Drawn pairs are different from one another, as many as asked for, from the seed, and all are equally
 * likely. */
START_TEST(pairs_are_drawn_fairly)
{
    enum { N = 12, ALL = 66, PAIRS = 20, DRAWS = 2000 };
    el4ml_dataset d = fixture_data(4, N, 1, 3, 0);
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.loss = EL4ML_CONTRASTIVE;
    o.pairs = PAIRS;
    size_t count[N][N] = {{0}};
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        size_t order[N];
        bool seen[N][N] = {{false}};
        el4ml_pairs *p;
        o.pair_seed = seed;
        ck_assert_int_eq(el4ml_pairs_new(&o, &d, 2, 16, EL4ML_BASELINE, order, &p, NULL), EL4ML_OK);
        ck_assert_uint_eq(p->drawn, PAIRS);
        for (size_t k = 0; k < PAIRS; k++) {
            const size_t a = order[p->first[k]], b = order[p->second[k]], i = a < b ? a : b,
                         j = a < b ? b : a;
            ck_assert(i < j && !seen[i][j]);
            seen[i][j] = true;
            count[i][j]++;
            ck_assert((k < p->same) == (d.label[i] == d.label[j]));
        }
        el4ml_pairs_free(p);
    }
    const double expected = (double)DRAWS * PAIRS / ALL, spread = sqrt(expected * (1 - (double)PAIRS / ALL));
    for (size_t i = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++)
            ck_assert_double_le(fabs((double)count[i][j] - expected), 5 * spread);
    o.pairs = ALL; /* all there are: nothing to draw */
    size_t order[N];
    el4ml_pairs *p;
    ck_assert_int_eq(el4ml_pairs_new(&o, &d, 2, 16, EL4ML_BASELINE, order, &p, NULL), EL4ML_OK);
    ck_assert_uint_eq(p->drawn, 0);
    ck_assert_double_eq(p->pairs, ALL);
    el4ml_pairs_free(p);
    fixture_free(&d);
}
END_TEST

/* ---- All of them ---- */

typedef struct kind {
    el4ml_mlp_options options;
    size_t classes, targets, zeros; /* zeros: flat directions everywhere */
} kind;

static size_t kinds(kind *k)
{
    static const size_t hidden[] = {3, 4};
    static const double weight[] = {1, 2, 5};
    size_t count = 0;
#define KIND(activation, loss, l2, layers, classes, targets, zeros, ...)                                     \
    do {                                                                                                     \
        k[count] = (kind){fixture_options(activation, loss, l2, layers, hidden), classes, targets, zeros};   \
        el4ml_mlp_options *o = &k[count++].options;                                                          \
        __VA_ARGS__;                                                                                         \
    } while (0)
    KIND(EL4ML_TANH, EL4ML_CROSS_ENTROPY, 1e-3, 1, 2, 0, 0, o->logits = 1);
    KIND(EL4ML_GELU, EL4ML_CROSS_ENTROPY, 1e-3, 2, 3, 0, 0, o->class_weight = weight);
    KIND(EL4ML_TANH, EL4ML_CROSS_ENTROPY, 0, 1, 3, 0, 4, o->balanced = true; o->label_smoothing = 0.2);
    KIND(EL4ML_TANH, EL4ML_AUC, 1e-3, 1, 2, 0, 0, (void)o);
    KIND(EL4ML_SILU, EL4ML_AUC, 1e-4, 2, 2, 0, 1, o->logits = 1; o->l2_biases = false);
    KIND(EL4ML_TANH, EL4ML_AUC, 0, 1, 2, 0, 5, (void)o);
    KIND(EL4ML_TANH, EL4ML_CONTRASTIVE, 1e-3, 1, 3, 0, 1, (void)o);
    KIND(EL4ML_SOFTPLUS, EL4ML_CONTRASTIVE, 1e-3, 2, 3, 0, 6, o->embedding = 3; o->l2_biases = false;
         o->pairs = 100);
    KIND(EL4ML_TANH, EL4ML_CONTRASTIVE, 0, 2, 3, 0, 6 + 14, o->embedding = 6);
    KIND(EL4ML_TANH, EL4ML_CONTRASTIVE, 1e-3, 0, 3, 0, 1, (void)o);
    KIND(EL4ML_TANH, EL4ML_CONTRASTIVE, 1e-3, 1, 3, 0, 0, o->embedding = 1);
    KIND(EL4ML_TANH, EL4ML_MSE, 1e-3, 1, 0, 3, 0, (void)o);
#undef KIND
    return count;
}

START_TEST(harness_holds)
{
    kind k[20];
    const size_t count = kinds(k);
    for (size_t i = 0; i < count; i++) {
        el4ml_dataset d = fixture_data(3, 30, 3, k[i].classes, k[i].targets);
        el4ml_surface *surface;
        ck_assert_int_eq(el4ml_mlp_new(&k[i].options, &d, &surface, NULL), EL4ML_OK);
        ck_assert_msg(surface->info.usual_zero_modes == k[i].zeros, "%s: %zu zero modes",
                      surface->info.description, surface->info.usual_zero_modes);
        harness_surface(surface, 5, 2);
        el4ml_surface_free(surface);
        fixture_free(&d);
    }
}
END_TEST

/* At a minimum H z = 0 for every zero mode, and for nothing else: the rest of the spectrum is positive. */
START_TEST(minima_have_the_zero_modes_that_are_declared)
{
    kind k[20];
    const size_t count = kinds(k);
    for (size_t i = 0; i < count; i++) {
        if (k[i].options.l2 == 0) continue; /* may have no minimum */
        el4ml_dataset d = fixture_data(3, 30, 3, k[i].classes, k[i].targets);
        el4ml_surface *surface;
        el4ml_evaluator e;
        el4ml_minimiser *m;
        const el4ml_minimise_options options = el4ml_minimise_options_default();
        ck_assert_int_eq(el4ml_mlp_new(&k[i].options, &d, &surface, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
        ck_assert_int_eq(el4ml_minimiser_new(&e, &options, &m, NULL), EL4ML_OK);
        const size_t n = e.n, work_size = el4ml_eigen_work_size(n);
        double *x = fixture_doubles(n), *h = fixture_doubles(n * n), *values = fixture_doubles(n),
               *work = fixture_doubles(work_size);
        el4ml_random random = el4ml_random_new(1, 5, i);
        el4ml_minimise_result result;
        el4ml_initialise(&e, &random, x);
        ck_assert_int_eq(el4ml_minimise(m, x, x, &result), EL4ML_OK);
        harness_stationary_point(surface, x, 1e-8);
        const size_t zeros = el4ml_zero_modes(&e, x, NULL);
        ck_assert_uint_le(zeros, k[i].zeros); /* an embedding may come out on a line */
        el4ml_hessian(&e, x, h);
        ck_assert(el4ml_eigen(n, h, values, false, work, work_size));
        for (size_t z = 0; z < zeros; z++)
            ck_assert_double_le(fabs(values[z]), 1e-8);
        /* without L2 on it, the bias of a unit that has come out idle is flat */
        ck_assert_msg(values[zeros] > 1e-6 || !k[i].options.l2_biases, "%s: eigenvalue %g",
                      surface->info.description, values[zeros]);
        el4ml_minimiser_free(m);
        el4ml_evaluator_clear(&e);
        el4ml_surface_free(surface);
        fixture_free(&d);
        free(x);
        free(h);
        free(values);
        free(work);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mlp losses");
    TCase *tests = tcase_create("mlp losses");
    tcase_add_test(tests, weights_smoothing_and_one_logit);
    tcase_add_test(tests, balanced_weights);
    tcase_add_test(tests, one_logit_is_two_opposite_ones);
    tcase_add_test(tests, auc_matches_reference);
    tcase_add_test(tests, auc_of_tiny_and_huge_scores);
    tcase_add_test(tests, auc_series_is_exact);
    tcase_add_test(tests, contrastive_matches_reference);
    tcase_add_test(tests, contrastive_of_tiny_and_huge_embeddings);
    tcase_add_test(tests, pairs_are_drawn_fairly);
    tcase_add_test(tests, harness_holds);
    tcase_add_test(tests, minima_have_the_zero_modes_that_are_declared);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
