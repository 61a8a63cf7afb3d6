/* Transition states of K-means and the paths from them, against long double and short steps. */
#include "kmeans_help.h"

/* ln det of the mixture's Hessian in the space orthogonal to the crease's normal. */
static double tangent_log_product(const cloud *d, const long double *size, const double *normal)
{
    const size_t n = d->clusters * d->inputs;
    double h[MOST_NUMBERS * MOST_NUMBERS], values[MOST_NUMBERS], sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) { /* P H P with P = 1 - v v', and 1 along v */
            double value = normal[i] * normal[j];
            for (size_t k = 0; k < n; k++)
                value += ((i == k) - normal[i] * normal[k]) * 2 * (double)size[k / d->inputs] *
                         ((k == j) - normal[k] * normal[j]);
            h[i * n + j] = value;
        }
    jacobi_eigenvalues(n, h, values);
    for (size_t i = 0; i < n; i++)
        sum += log(values[i]);
    return sum;
}

/* The clusters k, l that one point is shared between; its number. Fails unless there is just one. */
static size_t shared_point(const cloud *d, const double *c, size_t *k, size_t *l)
{
    size_t found = d->points;
    for (size_t p = 0; p < d->points; p++) {
        const size_t own = nearest_to(d, p, c);
        for (size_t i = 0; i < d->clusters; i++) {
            if (i == own || square_to(d, p, c, i) - square_to(d, p, c, own) > 1e-11L) continue;
            ck_assert_uint_eq(found, d->points);
            found = p;
            *k = own;
            *l = i;
        }
    }
    ck_assert_uint_lt(found, d->points);
    return found;
}

/* methods.md 1.2: t from the clusters without the point. */
static long double share_by_formula(const cloud *d, const size_t *label, size_t p, size_t k, size_t l)
{
    cloud rest = *d;
    double c[MOST_NUMBERS];
    long double size[MOST_CLUSTERS];
    size_t others[MOST_POINTS];
    memcpy(others, label, sizeof others);
    rest.points--; /* the last point takes the place of p */
    memcpy(rest.x[p], d->x[rest.points], sizeof rest.x[p]);
    rest.weight[p] = d->weight[rest.points];
    others[p] = label[rest.points];
    ck_assert(means_of(&rest, others, rest.points, 0, 0, 0, c, size));
    const long double to_k = sqrtl(square_to(d, p, c, k)), to_l = sqrtl(square_to(d, p, c, l));
    const long double w = d->weight[p];
    return size[k] * ((size[l] + w) * to_k - size[l] * to_l) / (w * (size[k] * to_k + size[l] * to_l));
}

/* J falls both ways along the normal v, and rises along the crease. */
static void check_shape(const cloud *d, const el4ml_stationary *ts, const double *v, size_t p, size_t k,
                        size_t l)
{
    const size_t n = d->clusters * d->inputs;
    double c[MOST_NUMBERS], u[MOST_NUMBERS];
    el4ml_random random = el4ml_random_new(8, 9, p);
    for (int way = -1; way <= 1; way += 2) {
        for (size_t i = 0; i < n; i++)
            c[i] = ts->x[i] + way * 1e-5 * v[i];
        ck_assert_double_lt(inertia_of(d, c), ts->energy);
    }
    for (int trial = 0; trial < 20; trial++) {
        el4ml_random_direction(&random, n, u);
        for (size_t i = 0; i < n; i++)
            c[i] = ts->x[i] + 1e-4 * u[i];
        const double to_k = (double)sqrtl(square_to(d, p, c, k)), to_l = (double)sqrtl(square_to(d, p, c, l));
        for (size_t j = 0; j < d->inputs; j++) { /* c_l to the same distance: back to the crease */
            double *cl = &c[l * d->inputs + j];
            *cl = d->x[p][j] + (*cl - d->x[p][j]) * to_k / to_l;
        }
        ck_assert_double_gt(inertia_of(d, c), ts->energy);
    }
}

static void check_state(const cloud *d, const el4ml_stationary *ts, double *v)
{
    const size_t n = d->clusters * d->inputs, m = d->inputs;
    size_t label[MOST_POINTS], k = 0, l = 0;
    const size_t p = shared_point(d, ts->x, &k, &l);
    double c[MOST_NUMBERS];
    long double size[MOST_CLUSTERS];
    labels_of(d, ts->x, label);
    const long double t = share_by_formula(d, label, p, k, l);
    ck_assert(t > 0 && t < 1);
    ck_assert(means_of(d, label, p, k, l, t, c, size)); /* the mixture's gradient vanishes there */
    ck_assert_double_le(el4ml_distance(n, c, ts->x), 1e-12);
    ck_assert(margin_of(d, label, p, ts->x) > 0);
    memset(v, 0, n * sizeof *v);
    for (size_t j = 0; j < m; j++) {
        v[k * m + j] = d->x[p][j] - ts->x[k * m + j];
        v[l * m + j] = ts->x[l * m + j] - d->x[p][j];
    }
    el4ml_scale(n, 1 / el4ml_norm(n, v), v);
    ck_assert(ts->index == 1 && ts->proved && ts->smallest_eigenvalue < 0 && ts->gradient_rms <= 1e-12);
    ck_assert_double_eq_tol(ts->energy, inertia_of(d, ts->x), 1e-12 * (1 + ts->energy));
    ck_assert_double_eq_tol(ts->log_product, tangent_log_product(d, size, v), 1e-9);
    check_shape(d, ts, v, p, k, l);
}

/* Both sides, by flow in short steps. */
static void check_sides(const cloud *d, const el4ml_passage *passage, const double *v)
{
    const size_t n = d->clusters * d->inputs;
    double c[2][MOST_NUMBERS];
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++)
            c[side][i] = passage->ts.x[i] + (side ? -1e-7 : 1e-7) * v[i];
        slide(d, c[side]);
    }
    const double *a = passage->minimum[0].x, *b = passage->minimum[1].x;
    const double straight = el4ml_distance(n, a, c[0]) + el4ml_distance(n, b, c[1]);
    const double crossed = el4ml_distance(n, a, c[1]) + el4ml_distance(n, b, c[0]);
    ck_assert_double_le(fmin(straight, crossed), 1e-8);
}

static void check_passages(const cloud *d, size_t found, el4ml_passage *passages)
{
    double v[MOST_NUMBERS];
    for (size_t i = 0; i < found; i++) {
        check_state(d, &passages[i].ts, v);
        check_minimum(d, &passages[i].minimum[0]);
        check_minimum(d, &passages[i].minimum[1]);
        check_sides(d, &passages[i], v);
        el4ml_passage_clear(&passages[i]);
    }
}

START_TEST(transition_states_are_exact)
{
    el4ml_passage passages[16];
    el4ml_search_report report;
    double a[MOST_NUMBERS], b[MOST_NUMBERS];
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const cloud d = random_cloud(seed, 20, (size_t)seed, 4, seed == 3 ? 3 : 1);
        el4ml_surface *surface = cloud_surface(&d);
        el4ml_searcher *s = new_searcher(surface, NULL);
        size_t found = 0;
        for (uint64_t k = 0; k < 4; k++) {
            minimum_from(s, 2 * k, a);
            minimum_from(s, 2 * k + 1, b);
            const el4ml_random random = el4ml_random_new(seed, 10, k);
            ck_assert_int_eq(el4ml_search_from(s, a, k % 3, random, 4, passages, &report), EL4ML_OK);
            check_passages(&d, report.found, passages);
            found += report.found;
            ck_assert_int_eq(el4ml_search_between(s, a, b, k % 8, 4, passages, &report), EL4ML_OK);
            check_passages(&d, report.found, passages);
            found += report.found;
        }
        ck_assert_uint_ge(found, 7);
        el4ml_searcher_free(s);
        el4ml_surface_free(surface);
    }
}
END_TEST

/* The flow from anywhere, as catchment basins need it. */
START_TEST(paths_follow_the_gradient_flow)
{
    const cloud d = random_cloud(21, 20, 2, 3, 2);
    el4ml_surface *surface = cloud_surface(&d);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, surface, NULL), EL4ML_OK);
    for (uint64_t k = 0; k < 25; k++) {
        double x[MOST_NUMBERS], y[MOST_NUMBERS];
        el4ml_random random = el4ml_random_new(21, 2, k);
        el4ml_initialise(&e, &random, x);
        memcpy(y, x, sizeof y);
        ck_assert_int_eq(surface->ops.search->flow(&e, x), EL4ML_OK);
        slide(&d, y);
        ck_assert_double_le(el4ml_distance(e.n, x, y), 1e-8);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {transition_states_are_exact, paths_follow_the_gradient_flow};
    return RUN_SUITE("K-means: transition states", tests);
}
