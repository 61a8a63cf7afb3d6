/* K-means by brute force and in long double, on weighted points: what the tests of the surface compare with.
 */
#ifndef EL4ML_TESTS_KMEANS_HELP_H
#define EL4ML_TESTS_KMEANS_HELP_H

#include "run_help.h"

enum { MOST_POINTS = 40, MOST_INPUTS = 4, MOST_CLUSTERS = 6, MOST_NUMBERS = MOST_INPUTS * MOST_CLUSTERS };

typedef struct cloud {
    size_t points, inputs, clusters;
    double x[MOST_POINTS][MOST_INPUTS];
    unsigned weight[MOST_POINTS]; /* how often the row occurs */
} cloud;

/* Normal points, each as often as one of 1 ... `most` says. */
static inline cloud random_cloud(uint64_t seed, size_t points, size_t inputs, size_t clusters, unsigned most)
{
    el4ml_random random = el4ml_random_new(seed, 91, points);
    cloud d = {.points = points, .inputs = inputs, .clusters = clusters};
    for (size_t p = 0; p < points; p++) {
        for (size_t j = 0; j < inputs; j++)
            d.x[p][j] = el4ml_random_normal(&random);
        d.weight[p] = 1 + (unsigned)el4ml_random_below(&random, most);
    }
    return d;
}

static inline size_t cloud_rows(const cloud *d)
{
    size_t rows = 0;
    for (size_t p = 0; p < d->points; p++)
        rows += d->weight[p];
    return rows;
}

/* The rows, repeated ones far apart from each other. */
static inline el4ml_surface *cloud_surface(const cloud *d)
{
    el4ml_dataset data = {.rows = cloud_rows(d), .inputs = d->inputs};
    data.x = new_vector(data.rows * d->inputs);
    size_t row = 0;
    for (unsigned copy = 0; row < data.rows; copy++)
        for (size_t p = 0; p < d->points; p++)
            if (copy < d->weight[p]) memcpy(data.x + row++ * d->inputs, d->x[p], d->inputs * sizeof(double));
    el4ml_surface *surface = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_kmeans_new(d->clusters, &data, &surface, &error) == EL4ML_OK, "%s", error.message);
    el4ml_release(data.x);
    return surface;
}

static inline long double square_to(const cloud *d, size_t p, const double *c, size_t k)
{
    long double sum = 0;
    for (size_t j = 0; j < d->inputs; j++) {
        const long double away = (long double)d->x[p][j] - c[k * d->inputs + j];
        sum += away * away;
    }
    return sum;
}

static inline size_t nearest_to(const cloud *d, size_t p, const double *c)
{
    size_t best = 0;
    for (size_t k = 1; k < d->clusters; k++)
        if (square_to(d, p, c, k) < square_to(d, p, c, best)) best = k;
    return best;
}

static inline double inertia_of(const cloud *d, const double *c)
{
    long double sum = 0;
    for (size_t p = 0; p < d->points; p++)
        sum += d->weight[p] * square_to(d, p, c, nearest_to(d, p, c));
    return (double)sum;
}

/* Weights and means of a labelling, point `half` (points: none) belonging to `k` with share t and to `l` with
 * the rest. False: a cluster is empty. */
static inline bool means_of(const cloud *d, const size_t *label, size_t half, size_t k, size_t l,
                            long double t, double *c, long double *size)
{
    long double sum[MOST_NUMBERS] = {0};
    for (size_t i = 0; i < d->clusters; i++)
        size[i] = 0;
    for (size_t p = 0; p < d->points; p++)
        for (int side = 0; side < (p == half ? 2 : 1); side++) {
            const size_t to = p != half ? label[p] : side == 0 ? k : l;
            const long double w = d->weight[p] * (p != half ? 1 : side == 0 ? t : 1 - t);
            size[to] += w;
            for (size_t j = 0; j < d->inputs; j++)
                sum[to * d->inputs + j] += w * d->x[p][j];
        }
    for (size_t i = 0; i < d->clusters; i++)
        for (size_t j = 0; j < d->inputs; j++) {
            if (!(size[i] > 0)) return false;
            c[i * d->inputs + j] = (double)(sum[i * d->inputs + j] / size[i]);
        }
    return true;
}

/* The least, over all points but `except`, of how much farther the next centroid is than the point's own. */
static inline long double margin_of(const cloud *d, const size_t *label, size_t except, const double *c)
{
    long double least = INFINITY;
    for (size_t p = 0; p < d->points; p++)
        for (size_t k = 0; p != except && k < d->clusters; k++)
            if (k != label[p]) least = fminl(least, square_to(d, p, c, k) - square_to(d, p, c, label[p]));
    return least;
}

/* ---- Minima ---- */

static inline void labels_of(const cloud *d, const double *c, size_t *label)
{
    for (size_t p = 0; p < d->points; p++)
        label[p] = nearest_to(d, p, c);
}

static inline void check_minimum(const cloud *d, const el4ml_stationary *m)
{
    size_t label[MOST_POINTS];
    double c[MOST_NUMBERS], log_product = 0;
    long double size[MOST_CLUSTERS];
    labels_of(d, m->x, label);
    ck_assert(means_of(d, label, d->points, 0, 0, 0, c, size));
    ck_assert_double_le(el4ml_distance(d->clusters * d->inputs, c, m->x), 1e-13);
    ck_assert(margin_of(d, label, d->points, m->x) > 0);
    for (size_t k = 0; k < d->clusters; k++)
        log_product += (double)d->inputs * log(2 * (double)size[k]);
    ck_assert(m->index == 0 && m->proved);
    ck_assert_double_eq_tol(m->log_product, log_product, 1e-12 * (1 + log_product));
    ck_assert_double_eq_tol(m->energy, inertia_of(d, m->x), 1e-12 * (1 + m->energy));
    ck_assert_double_eq_tol(m->log_multiplicity, lgamma((double)d->clusters + 1), 1e-12);
}

static inline el4ml_stationary minimum_from(el4ml_searcher *s, uint64_t number, double *x)
{
    el4ml_random random = el4ml_random_new(5, 6, number);
    el4ml_stationary m = {.x = x};
    size_t known;
    el4ml_initialise(el4ml_searcher_evaluator(s), &random, x);
    ck_assert_int_eq(el4ml_search_proved_minimum(s, x, &m, &known), EL4ML_OK);
    return m;
}

/* ---- The gradient flow in short steps ---- */

/* One step of length h with these labels; what is left to go. */
static inline double flow_step(const cloud *d, const size_t *label, double h, const double *c, double *next)
{
    double mean[MOST_NUMBERS], left = 0;
    long double size[MOST_CLUSTERS];
    ck_assert(means_of(d, label, d->points, 0, 0, 0, mean, size));
    for (size_t i = 0; i < d->clusters * d->inputs; i++) {
        next[i] = mean[i] + (c[i] - mean[i]) * exp(-2 * (double)size[i / d->inputs] * h);
        left = fmax(left, fabs(c[i] - mean[i]));
    }
    return left;
}

/* Down from c, overwritten, to a minimum: each step is halved until no label changes on it, but for a last
 * bit. */
static inline void slide(const cloud *d, double *c)
{
    const double longest = 0.02 / (2 * (double)cloud_rows(d)), shortest = 1e-10 * longest;
    const size_t n = d->clusters * d->inputs;
    size_t label[MOST_POINTS], after[MOST_POINTS];
    double next[MOST_NUMBERS], h = longest;
    labels_of(d, c, label);
    for (size_t steps = 0; steps < 10000000; steps++) {
        if (flow_step(d, label, h, c, next) < 1e-11) return;
        labels_of(d, next, after);
        const bool same = memcmp(label, after, d->points * sizeof *label) == 0;
        if (!same && h > shortest) {
            h /= 2;
            continue;
        }
        memcpy(c, next, n * sizeof *c);
        memcpy(label, after, d->points * sizeof *label);
        h = fmin(longest, same ? 1.5 * h : h);
    }
    ck_abort_msg("no end of the path");
}

/* ---- All minima and transition states, from all labellings ---- */

typedef struct known_point {
    double energy, c[MOST_NUMBERS];
    double below[2]; /* energies of the minima on both sides, the lower first */
} known_point;

typedef struct known_network {
    size_t minima, states;
    known_point minimum[500], state[500];
} known_network;

/* The next restricted growth string over the points but `except`: each partition once, those with empty
 * clusters too. */
static inline bool next_partition(const cloud *d, size_t except, size_t *label)
{
    size_t list[MOST_POINTS], count = 0, top = 0;
    for (size_t p = 0; p < d->points; p++)
        if (p != except) list[count++] = p;
    for (size_t i = count; i-- > 1; label[list[i]] = 0) {
        top = 0; /* the largest label before it */
        for (size_t j = 0; j < i; j++)
            top = label[list[j]] > top ? label[list[j]] : top;
        if (label[list[i]] > top || label[list[i]] + 1 == d->clusters) continue;
        label[list[i]]++;
        return true;
    }
    return false;
}

static inline void add_minimum(const cloud *d, known_network *net, const size_t *label)
{
    long double size[MOST_CLUSTERS];
    known_point *m = &net->minimum[net->minima];
    if (!means_of(d, label, d->points, 0, 0, 0, m->c, size)) return;
    const long double margin = margin_of(d, label, d->points, m->c);
    ck_assert_msg(fabsl(margin) > 1e-9L, "the data have a tie");
    if (margin < 0) return;
    m->energy = inertia_of(d, m->c);
    ck_assert_uint_lt(++net->minima, 500);
}

/* How much nearer l is than k to the shared point: it falls as its share t of k grows. */
static inline long double imbalance(const cloud *d, const size_t *label, size_t p, size_t k, size_t l,
                                    long double t, double *c)
{
    long double size[MOST_CLUSTERS];
    if (!means_of(d, label, p, k, l, t, c, size)) return NAN;
    return square_to(d, p, c, k) - square_to(d, p, c, l);
}

/* Where both centroids are the same all points are tied, and not one alone. */
static inline void add_state(const cloud *d, known_network *net, const size_t *label, size_t p, size_t k,
                             size_t l)
{
    known_point *s = &net->state[net->states];
    long double low = 0, high = 1;
    if (!(imbalance(d, label, p, k, l, 0, s->c) > 0) || !(imbalance(d, label, p, k, l, 1, s->c) < 0)) return;
    while (high - low > 1e-18L) {
        const long double t = (low + high) / 2;
        *(imbalance(d, label, p, k, l, t, s->c) > 0 ? &low : &high) = t;
    }
    if (el4ml_distance(d->inputs, s->c + k * d->inputs, s->c + l * d->inputs) < 1e-9) return;
    const long double tie = square_to(d, p, s->c, k);
    long double margin = margin_of(d, label, p, s->c);
    for (size_t i = 0; i < d->clusters; i++)
        if (i != k && i != l) margin = fminl(margin, square_to(d, p, s->c, i) - tie);
    ck_assert_msg(fabsl(margin) > 1e-9L, "the data have a tie");
    if (margin < 0) return;
    s->energy = inertia_of(d, s->c);
    for (int side = 0; side < 2; side++) {
        double c[MOST_NUMBERS];
        for (size_t i = 0; i < d->clusters * d->inputs; i++)
            c[i] = s->c[i];
        for (size_t j = 0; j < d->inputs; j++) {
            const size_t nearer = side == 0 ? k : l;
            c[nearer * d->inputs + j] += 1e-7 * (d->x[p][j] - c[nearer * d->inputs + j]);
        }
        slide(d, c);
        s->below[side] = inertia_of(d, c);
    }
    if (s->below[0] > s->below[1]) {
        const double kept = s->below[0];
        s->below[0] = s->below[1];
        s->below[1] = kept;
    }
    ck_assert_uint_lt(++net->states, 500);
}

static inline void brute_force(const cloud *d, known_network *net)
{
    size_t label[MOST_POINTS] = {0};
    net->minima = net->states = 0;
    do
        add_minimum(d, net, label);
    while (next_partition(d, d->points, label));
    for (size_t p = 0; p < d->points; p++) {
        memset(label, 0, sizeof label);
        do {
            for (size_t k = 0; k + 1 < d->clusters; k++)
                for (size_t l = k + 1; l < d->clusters; l++)
                    add_state(d, net, label, p, k, l);
        } while (next_partition(d, p, label));
    }
}

#endif
