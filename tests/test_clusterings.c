/* Consensus over minima of a K-means landscape: four blobs in the plane, local minima of K = 4 by Lloyd's
 * iteration. */
#include "el4ml/clusterings.h"
#include "run_help.h"

enum { ROWS = 120, K = 4, INPUTS = 2, N = K * INPUTS };

static el4ml_dataset blobs(uint64_t seed, size_t rows)
{
    static const double centre[4][2] = {{0, 0}, {6, 0}, {0, 5}, {7, 6}};
    el4ml_random random = el4ml_random_new(seed, 1, rows);
    el4ml_dataset d = {.rows = rows, .inputs = INPUTS, .classes = 4};
    d.x = fixture_doubles(rows * INPUTS);
    d.label = fixture_memory(rows, sizeof *d.label);
    for (size_t i = 0; i < rows; i++) {
        d.label[i] = (int32_t)(i % 4);
        for (size_t j = 0; j < 2; j++)
            d.x[2 * i + j] = centre[i % 4][j] + el4ml_random_normal(&random);
    }
    return d;
}

static size_t nearest(const double *c, const double *x)
{
    size_t best = 0;
    for (size_t k = 1; k < K; k++)
        if (el4ml_distance(INPUTS, c + 2 * k, x) < el4ml_distance(INPUTS, c + 2 * best, x)) best = k;
    return best;
}

static el4ml_status value_gradient(const void *self, void *work, const double *c, double *value,
                                   double *gradient)
{
    const el4ml_dataset *d = self;
    (void)work;
    *value = 0;
    for (size_t j = 0; gradient && j < N; j++)
        gradient[j] = 0;
    for (size_t i = 0; i < d->rows; i++) {
        const size_t k = nearest(c, d->x + 2 * i);
        for (size_t j = 0; j < 2; j++) {
            const double r = c[2 * k + j] - d->x[2 * i + j];
            *value += r * r;
            if (gradient) gradient[2 * k + j] += 2 * r;
        }
    }
    return EL4ML_OK;
}

static el4ml_status no_products(const void *self, void *work, const double *x, size_t count, const double *v,
                                double *hv)
{
    (void)self, (void)work, (void)x, (void)v;
    for (size_t i = 0; i < count * N; i++)
        hv[i] = 0;
    return EL4ML_OK;
}

static el4ml_status no_hessian(const void *self, void *work, const double *x, double *h)
{
    (void)self, (void)work, (void)x;
    for (size_t i = 0; i < N * N; i++)
        h[i] = 0;
    return EL4ML_OK;
}

static void initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    const el4ml_dataset *d = self;
    (void)work;
    for (size_t k = 0; k < K; k++)
        el4ml_copy(2, d->x + 2 * el4ml_random_below(random, d->rows), x + 2 * k);
}

static el4ml_surface *plane_of(const el4ml_dataset *d)
{
    const el4ml_surface_ops ops = {.struct_size = sizeof ops,
                                   .kind = "kmeans",
                                   .value_gradient = value_gradient,
                                   .hessian_vector = no_products,
                                   .hessian = no_hessian,
                                   .initialise = initialise};
    const el4ml_surface_info info = {.dimension = N, .length_scale = 1, .description = "blobs"};
    el4ml_surface *s = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &info, (void *)(uintptr_t)d, &s, NULL), EL4ML_OK);
    return s;
}

/* Lloyd's iteration from random rows, its end sorted so that images are the same point. */
static double lloyd(const el4ml_dataset *d, uint64_t job, double *c)
{
    el4ml_random random = el4ml_random_new(3, 3, job);
    double value;
    initialise(d, NULL, &random, c);
    for (int step = 0; step < 200; step++) {
        double sum[N] = {0}, count[K] = {0};
        for (size_t i = 0; i < d->rows; i++) {
            const size_t k = nearest(c, d->x + 2 * i);
            el4ml_axpy(2, 1, d->x + 2 * i, sum + 2 * k);
            count[k]++;
        }
        for (size_t k = 0; k < K; k++)
            for (size_t j = 0; j < 2 && count[k] > 0; j++)
                c[2 * k + j] = sum[2 * k + j] / count[k];
    }
    for (size_t k = 0; k < K; k++)
        for (size_t l = 0; l < k; l++)
            if (c[2 * k] < c[2 * l])
                for (size_t j = 0; j < 2; j++) {
                    const double kept = c[2 * k + j];
                    c[2 * k + j] = c[2 * l + j];
                    c[2 * l + j] = kept;
                }
    value_gradient(d, NULL, c, &value, NULL);
    return value;
}

typedef struct world {
    const char *folder;
    el4ml_data data;
    el4ml_surface *surface;
    el4ml_landscape *landscape;
    el4ml_network *network;
    el4ml_study study;
} world;

static world begin(void)
{
    world w = {.folder = scratch_folder("clusterings"), .study = plain_study()};
    w.data.train = blobs(1, ROWS);
    w.data.test = blobs(2, 60);
    w.surface = plane_of(&w.data.train);
    w.landscape = open_run(w.folder, w.surface);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, w.surface, NULL), EL4ML_OK);
    for (uint64_t job = 0; job < 60; job++) {
        double c[N];
        size_t index;
        bool fresh;
        const el4ml_stationary point = {
            .energy = lloyd(&w.data.train, job, c), .x = c, .smallest_eigenvalue = 1};
        ck_assert_int_eq(
            el4ml_landscape_add(w.landscape, &e, EL4ML_MINIMUM, &point, 0, 0, &index, &fresh, NULL),
            EL4ML_OK);
        el4ml_landscape_hit(w.landscape, EL4ML_MINIMUM, index, 1);
    }
    el4ml_evaluator_clear(&e);
    ck_assert_int_eq(el4ml_landscape_network(w.landscape, &w.network, NULL), EL4ML_OK);
    return w;
}

static void end(world *w)
{
    el4ml_network_free(w->network);
    el4ml_landscape_close(w->landscape);
    el4ml_surface_free(w->surface);
    fixture_free(&w->data.train);
    fixture_free(&w->data.test);
    remove_folder(w->folder);
}

static el4ml_ensembles_source source_of(const world *w)
{
    return (el4ml_ensembles_source){.landscape = w->landscape,
                                    .network = w->network,
                                    .study = &w->study,
                                    .surface = w->surface,
                                    .data = &w->data};
}

START_TEST(consensus_of_minima)
{
    world w = begin();
    const el4ml_ensembles_source source = source_of(&w);
    el4ml_clusterings *c = NULL;
    ck_assert_int_eq(el4ml_clusterings_new(&source, NULL, &c, NULL), EL4ML_OK);
    ck_assert_uint_eq(c->clusters, K);
    ck_assert_uint_ge(c->count, 4);
    const el4ml_cluster_ensemble *single = &c->ensembles[0];
    const size_t lowest = el4ml_network_global_minimum(w.network);
    ck_assert(single->selection == EL4ML_SELECT_SINGLE && single->minimum[0] == lowest);
    ck_assert_double_eq_tol(single->inertia * ROWS, w.network->nodes[lowest].energy, 1e-9);
    ck_assert_double_gt(single->class_agreement, 0.8); /* the blobs lie apart */
    ck_assert_double_gt(single->test_class_agreement, 0.8);
    ck_assert(single->consensus->agreement == 1);
    bool hits = false;
    for (size_t k = 0; k < c->count; k++) {
        const el4ml_cluster_ensemble *one = &c->ensembles[k];
        ck_assert_double_ge(one->inertia, single->inertia - 1e-12); /* nothing is below the global minimum */
        hits |= one->selection == EL4ML_SELECT_RESTARTS;
    }
    ck_assert(hits && c->reproducibility <= 1);
    char *json = el4ml_clusterings_json(c), *advice = el4ml_clusterings_advice(c), *svg = NULL;
    ck_assert_int_eq(el4ml_clusterings_svg(c, &svg, NULL), EL4ML_OK);
    ck_assert(json && advice && svg);
    el4ml_text_free(json);
    el4ml_text_free(advice);
    el4ml_text_free(svg);
    el4ml_clusterings_free(c);
    end(&w);
}
END_TEST

/* Test rows and classes change nothing but the numbers named after them. */
START_TEST(no_leakage)
{
    world w = begin();
    const el4ml_ensembles_source source = source_of(&w);
    el4ml_clusterings *a = NULL, *b = NULL;
    ck_assert_int_eq(el4ml_clusterings_new(&source, NULL, &a, NULL), EL4ML_OK);
    for (size_t i = 0; i < w.data.test.rows; i++) {
        w.data.test.x[2 * i] = -w.data.test.x[2 * i] * 3;
        w.data.test.label[i] = (int32_t)(i % 3);
    }
    for (size_t i = 0; i < ROWS; i++)
        w.data.train.label[i] = (int32_t)(i % 3);
    ck_assert_int_eq(el4ml_clusterings_new(&source, NULL, &b, NULL), EL4ML_OK);
    ck_assert(a->recommended == b->recommended && a->uncertain == b->uncertain && a->count == b->count);
    for (size_t k = 0; k < a->count; k++) {
        const el4ml_cluster_ensemble *p = &a->ensembles[k], *q = &b->ensembles[k];
        ck_assert(p->count == q->count && memcmp(p->minimum, q->minimum, p->count * sizeof *p->minimum) == 0);
        ck_assert(memcmp(p->consensus->cluster, q->consensus->cluster, ROWS * sizeof(size_t)) == 0);
        ck_assert(p->inertia == q->inertia && p->consensus->agreement == q->consensus->agreement);
        ck_assert(p->test_inertia != q->test_inertia && p->class_agreement != q->class_agreement);
    }
    el4ml_clusterings_free(a);
    el4ml_clusterings_free(b);
    end(&w);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    world w = begin();
    const el4ml_ensembles_source source = source_of(&w);
    el4ml_ensembles_options o = el4ml_ensembles_options_default();
    o.members = 2;
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_clusterings *c = NULL;
        el4ml_fail_allocation_after(n);
        status = el4ml_clusterings_new(&source, &o, &c, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || status == EL4ML_OUT_OF_MEMORY, "%zu: %d", n, (int)status);
        el4ml_clusterings_free(c);
    }
    ck_assert_uint_gt(n, 20);
    const el4ml_surface other = {.ops = {.kind = "gp"}, .info = {.dimension = N}};
    const el4ml_ensembles_source wrong = {w.landscape, w.network, &w.study, &other, &w.data};
    el4ml_clusterings *c = NULL;
    ck_assert_int_eq(el4ml_clusterings_new(&wrong, &o, &c, NULL), EL4ML_NOT_SUPPORTED);
    end(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {consensus_of_minima, no_leakage, every_allocation_may_fail};
    return RUN_SUITE("clusterings", tests);
}
