/* Symmetry of the perceptron: closest alignment, sameness, multiplicity; brute force over the whole group
 * where it is small. */
#include <check.h>
#include <math.h>

#include "base/linalg.h"
#include "mlp_fixture.h"
#include "surface/mlp_symmetry.h"

typedef struct net {
    el4ml_dataset data;
    el4ml_surface *surface;
    el4ml_evaluator e;
    const el4ml_mlp *m;
} net;

static net net_new(el4ml_activation activation, double l2, size_t layers, const size_t *hidden)
{
    net t = {.data = fixture_data(2, 20, 3, 3, 0)};
    const el4ml_mlp_options o = fixture_options(activation, EL4ML_CROSS_ENTROPY, l2, layers, hidden);
    ck_assert_int_eq(el4ml_mlp_new(&o, &t.data, &t.surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&t.e, t.surface, NULL), EL4ML_OK);
    t.m = t.surface->self;
    return t;
}

static void net_free(net *t)
{
    el4ml_evaluator_clear(&t->e);
    el4ml_surface_free(t->surface);
    fixture_free(&t->data);
}

static void operate(net *t, el4ml_random *random, const double *x, double *y)
{
    t->surface->ops.random_operation(t->surface->self, t->e.workspace, random, x, y);
}

static const size_t nets[][5] = {{0},       {1, 1},    {1, 5},       {1, 12},
                                 {2, 3, 4}, {2, 6, 5}, {3, 4, 3, 5}, {4, 2, 3, 2, 3}};
enum { NETS = sizeof nets / sizeof *nets };
static const el4ml_activation activations[] = {EL4ML_TANH, EL4ML_SILU};

/* V, the gradient's norm and sameness do not feel the group; alignment undoes it. */
START_TEST(operations_are_symmetries)
{
    for (size_t k = 0; k < NETS; k++)
        for (size_t a = 0; a < 2; a++)
            for (int l2 = 0; l2 < 2; l2++) {
                net t = net_new(activations[a], l2 ? 1e-3 : 0, nets[k][0], nets[k] + 1);
                const size_t n = t.e.n;
                double *x = fixture_doubles(n), *y = fixture_doubles(n), *g = fixture_doubles(n),
                       *z = fixture_doubles(n);
                el4ml_random random = el4ml_random_new(1, 20, k);
                for (int repeat = 0; repeat < 10; repeat++) {
                    double vx, vy, gx, distance;
                    bool same;
                    fixture_normal(&random, n, 1, x);
                    operate(&t, &random, x, y);
                    el4ml_value_gradient(&t.e, x, &vx, g);
                    gx = el4ml_norm(n, g);
                    el4ml_value_gradient(&t.e, y, &vy, g);
                    ck_assert_double_eq_tol(vx, vy, 1e-13 * (1 + vx));
                    ck_assert_double_eq_tol(gx, el4ml_norm(n, g), 1e-13 * (1 + gx));
                    if (!l2) /* the continuous symmetry: all output biases up by one */
                        for (size_t c = 0; c < 3; c++)
                            y[n - 1 - c] += 1;
                    ck_assert_int_eq(el4ml_align(&t.e, x, y, 0, z, &distance), EL4ML_OK);
                    ck_assert_double_le(distance, 1e-13 * sqrt((double)n));
                    ck_assert_double_eq_tol(el4ml_distance(n, x, z), distance, 1e-13);
                    ck_assert_int_eq(el4ml_same(&t.e, x, y, 1e-9, &same), EL4ML_OK);
                    ck_assert(same);
                    for (size_t i = 0; i < n; i++)
                        y[i] += 1e-4 * el4ml_random_normal(&random);
                    double moved = 2e-4 * sqrt((double)n);
                    ck_assert_int_eq(el4ml_same(&t.e, x, y, moved, &same), EL4ML_OK);
                    ck_assert(same);
                    ck_assert_int_eq(el4ml_same(&t.e, x, y, 1e-6, &same), EL4ML_OK);
                    ck_assert(!same);
                    /* just inside and just outside the tolerance (the flat directions do not count) */
                    double *e = fixture_doubles(n), size;
                    el4ml_random_direction(&random, n, e);
                    el4ml_mlp_remove_flat(t.m, e, g);
                    size = el4ml_norm(n, g);
                    for (int outside = 0; outside < 2; outside++) {
                        for (size_t i = 0; i < n; i++)
                            z[i] = x[i] + 1e-4 * (outside ? 1.02 : 0.98) * g[i] / size;
                        operate(&t, &random, z, y);
                        ck_assert_int_eq(el4ml_same(&t.e, x, y, 1e-4, &same), EL4ML_OK);
                        ck_assert(same == !outside);
                    }
                    free(e);
                    for (uint64_t variant = 1; variant < 4;
                         variant++) { /* other images: still of the orbit of y */
                        ck_assert_int_eq(el4ml_align(&t.e, x, y, variant, z, &distance), EL4ML_OK);
                        ck_assert_double_eq_tol(el4ml_distance(n, x, z), distance, 1e-12);
                        ck_assert_int_eq(el4ml_same(&t.e, z, y, 1e-9, &same), EL4ML_OK);
                        ck_assert(same);
                    }
                }
                net_free(&t);
                free(x);
                free(y);
                free(z);
                free(g);
            }
}
END_TEST

/* Calls visit(g) for every element of the group, with g in s. */
typedef void (*visitor)(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, void *context);

static void every_element(const el4ml_mlp *m, el4ml_mlp_symmetry *s, size_t l, size_t i, visitor visit,
                          void *context)
{
    if (l == m->layers) {
        visit(m, s, context);
        return;
    }
    if (i == m->size[l]) {
        every_element(m, s, l + 1, 0, visit, context);
        return;
    }
    for (size_t j = i; j < m->size[l]; j++) {
        size_t *source = s->source[l], swap = source[i];
        source[i] = source[j];
        source[j] = swap;
        for (int sign = 1; sign >= (el4ml_mlp_is_odd(m) ? -1 : 1); sign -= 2) {
            s->sign[l][i] = sign;
            every_element(m, s, l, i + 1, visit, context);
        }
        s->sign[l][i] = 1;
        source[j] = source[i];
        source[i] = swap;
    }
}

typedef struct nearest {
    const double *a, *b;
    double *image, distance, tolerance;
    size_t count, within;
} nearest;

static void compare(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, void *context)
{
    nearest *best = context;
    el4ml_mlp_apply(m, s, best->b, best->image);
    const double distance = el4ml_distance(m->dimension, best->a, best->image);
    best->count++;
    best->within += distance <= best->tolerance;
    best->distance = fmin(best->distance, distance);
}

static nearest brute_force(const net *t, const double *a, const double *b, double tolerance)
{
    el4ml_mlp_symmetry *s = el4ml_mlp_symmetry_new(t->m);
    nearest best = {
        .a = a, .b = b, .image = fixture_doubles(t->e.n), .distance = INFINITY, .tolerance = tolerance};
    every_element(t->m, s, 1, 0, compare, &best);
    free(best.image);
    el4ml_mlp_symmetry_free(s);
    return best;
}

/* One hidden layer: the assignment is the closest image. Several: not far from it, never closer. */
START_TEST(alignment_is_the_closest)
{
    static const size_t small[][4] = {{1, 4}, {2, 3, 2}, {3, 2, 2, 2}};
    for (size_t k = 0; k < 3; k++)
        for (size_t a = 0; a < 2; a++) {
            net t = net_new(activations[a], 1e-3, small[k][0], small[k] + 1);
            const size_t n = t.e.n;
            double *x = fixture_doubles(n), *y = fixture_doubles(n), *z = fixture_doubles(n), distance;
            el4ml_random random = el4ml_random_new(1, 21, k);
            size_t optimal = 0;
            for (int repeat = 0; repeat < 20; repeat++) {
                fixture_normal(&random, n, 1, x);
                fixture_normal(&random, n, 1, y);
                ck_assert_int_eq(el4ml_align(&t.e, x, y, 0, z, &distance), EL4ML_OK);
                const nearest best = brute_force(&t, x, y, 0);
                ck_assert_double_ge(distance, best.distance - 1e-12);
                optimal += distance <= best.distance + 1e-12;
                if (small[k][0] == 1) ck_assert_double_le(distance, best.distance + 1e-12);
            }
            ck_assert_uint_ge(optimal, 16); /* the several starts find the optimum nearly always */
            net_free(&t);
            free(x);
            free(y);
            free(z);
        }
}
END_TEST

/* Points full of coincidences: weights from {-1, 0, 1}, so that units repeat, vanish and mirror one another.
 */
static void coincident(el4ml_random *random, size_t n, uint64_t zeros, double *x)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t pick = el4ml_random_below(random, 2 + zeros);
        x[i] = pick == 0 ? 1 : pick == 1 ? -1 : 0;
    }
}

START_TEST(sameness_and_multiplicity_by_brute_force)
{
    static const size_t small[][4] = {{1, 4}, {2, 3, 2}, {2, 2, 3}, {3, 2, 2, 2}};
    size_t matches = 0, misses = 0, trivial = 0, rich = 0;
    for (size_t k = 0; k < 4; k++)
        for (size_t a = 0; a < 2; a++) {
            net t = net_new(activations[a], 1e-3, small[k][0], small[k] + 1);
            const size_t n = t.e.n;
            double *x = fixture_doubles(n), *y = fixture_doubles(n), log_n, order;
            el4ml_random random = el4ml_random_new(1, 22, k);
            for (int repeat = 0; repeat < 60; repeat++) {
                coincident(&random, n, (uint64_t)repeat % 20, x);
                operate(&t, &random, x, y);
                const size_t changes =
                    (size_t)repeat % 3; /* a changed weight or two: sometimes still the same */
                for (size_t c = 0; c < changes; c++)
                    y[el4ml_random_below(&random, n)] = c ? 1 : -1;
                bool same;
                const nearest best = brute_force(&t, x, y, 1e-6);
                ck_assert_int_eq(el4ml_same(&t.e, x, y, 1e-6, &same), EL4ML_OK);
                ck_assert_msg(same == (best.within > 0), "%s: same %d, nearest %g",
                              t.surface->info.description, same, best.distance);
                same ? matches++ : misses++;
                const nearest self = brute_force(&t, x, x, 1e-6);
                ck_assert_int_eq(el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order), EL4ML_OK);
                ck_assert_msg(order == (double)self.within, "%s: order %g, counted %zu",
                              t.surface->info.description, order, self.within);
                ck_assert_double_eq_tol(log_n, log((double)self.count / (double)self.within), 1e-12);
                self.within == 1 ? trivial++ : rich++;
            }
            net_free(&t);
            free(x);
            free(y);
        }
    ck_assert(matches > 50 && misses > 50 && trivial > 50 && rich > 50);
}
END_TEST

/* ---- Outputs that may be rotated ---- */

static net net_rotating(el4ml_activation activation, size_t embedding, size_t layers, const size_t *hidden)
{
    net t = {.data = fixture_data(2, 20, 3, 3, 0)};
    el4ml_mlp_options o = fixture_options(activation, EL4ML_CONTRASTIVE, 1e-3, layers, hidden);
    o.embedding = embedding;
    ck_assert_int_eq(el4ml_mlp_new(&o, &t.data, &t.surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&t.e, t.surface, NULL), EL4ML_OK);
    t.m = t.surface->self;
    return t;
}

/* The distances that the best proper and the best improper rotation of two outputs leave, for one discrete
 * operation: of sum a b^T, the largest traces are closed forms. */
typedef struct turned {
    const double *a, *b;
    double *image, distance, tolerance;
    size_t count, within;
} turned;

static void compare_turned(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, void *context)
{
    turned *best = context;
    el4ml_mlp_apply(m, s, best->b, best->image);
    const size_t at = m->weights[m->layers], in = m->size[m->layers - 1];
    double product[4] = {0}, square = 0;
    for (size_t i = 0; i < m->dimension; i++)
        if (i < at || i >= at + 2 * in)
            square += (best->a[i] - best->image[i]) * (best->a[i] - best->image[i]);
    for (size_t k = 0; k < in; k++)
        for (size_t r = 0; r < 2; r++) {
            const double a = best->a[at + r * in + k], b = best->image[at + r * in + k];
            square += a * a + b * b;
            for (size_t c = 0; c < 2; c++)
                product[2 * r + c] += a * best->image[at + c * in + k];
        }
    const double traces[2] = {hypot(product[0] + product[3], product[2] - product[1]),
                              hypot(product[0] - product[3], product[1] + product[2])};
    for (int k = 0; k < 2; k++) {
        const double distance = sqrt(fmax(0, square - 2 * traces[k]));
        best->count++;
        best->within += distance <= best->tolerance;
        best->distance = fmin(best->distance, distance);
    }
}

static turned brute_force_turned(const net *t, const double *a, const double *b, double tolerance)
{
    el4ml_mlp_symmetry *s = el4ml_mlp_symmetry_new(t->m);
    turned best = {
        .a = a, .b = b, .image = fixture_doubles(t->e.n), .distance = INFINITY, .tolerance = tolerance};
    every_element(t->m, s, 1, 0, compare_turned, &best);
    free(best.image);
    el4ml_mlp_symmetry_free(s);
    return best;
}

START_TEST(rotated_alignment_is_near_the_closest)
{
    static const size_t small[][4] = {{0}, {1, 4}, {2, 3, 2}};
    for (size_t k = 0; k < 3; k++)
        for (size_t a = 0; a < 2; a++) {
            net t = net_rotating(activations[a], 2, small[k][0], small[k] + 1);
            const size_t n = t.e.n;
            double *x = fixture_doubles(n), *y = fixture_doubles(n), *z = fixture_doubles(n), distance;
            el4ml_random random = el4ml_random_new(1, 24, k);
            size_t optimal = 0;
            for (int repeat = 0; repeat < 20; repeat++) {
                fixture_normal(&random, n, 1, x);
                fixture_normal(&random, n, 1, y);
                ck_assert_int_eq(el4ml_align(&t.e, x, y, 0, z, &distance), EL4ML_OK);
                const turned best = brute_force_turned(&t, x, y, 0);
                ck_assert_double_ge(distance, best.distance - 1e-12);
                optimal += distance <= best.distance + 1e-7;
                operate(&t, &random, x, y); /* a copy comes back exactly */
                ck_assert_int_eq(el4ml_align(&t.e, x, y, 0, z, &distance), EL4ML_OK);
                ck_assert_double_le(distance, 1e-13 * sqrt((double)n));
            }
            ck_assert_uint_ge(optimal, small[k][0] == 0 ? 20 : 14);
            net_free(&t);
            free(x);
            free(y);
            free(z);
        }
}
END_TEST

/* Points full of coincidences, and now also squares, crosses and mirror images of outgoing weights, so that
 * units change places with the help of a rotation alone. */
START_TEST(rotated_sameness_and_multiplicity_by_brute_force)
{
    static const size_t small[][4] = {{1, 4}, {2, 3, 2}, {2, 2, 3}, {3, 2, 2, 2}};
    size_t matches = 0, misses = 0, trivial = 0, rich = 0, none = 0;
    for (size_t k = 0; k < 4; k++)
        for (size_t a = 0; a < 2; a++) {
            net t = net_rotating(activations[a], 2, small[k][0], small[k] + 1);
            const size_t n = t.e.n, weights = t.m->biases[t.m->layers];
            double *x = fixture_doubles(n), *y = fixture_doubles(n), log_n, order;
            el4ml_random random = el4ml_random_new(1, 25, k);
            for (int repeat = 0; repeat < 80; repeat++) {
                coincident(&random, n, (uint64_t)repeat % 8, x);
                for (size_t i = 0; i < t.m->weights[t.m->layers] && repeat % 4 == 3; i++)
                    x[i] = 1; /* all units alike, but for what goes out of them */
                operate(&t, &random, x, y);
                const size_t changes = (size_t)repeat % 3;
                for (size_t c = 0; c < changes; c++)
                    y[el4ml_random_below(&random, weights)] = c ? 1 : -1;
                bool same;
                const turned best = brute_force_turned(&t, x, y, 1e-6);
                ck_assert_int_eq(el4ml_same(&t.e, x, y, 1e-6, &same), EL4ML_OK);
                ck_assert_msg(same == (best.within > 0), "%s: same %d, nearest %g",
                              t.surface->info.description, same, best.distance);
                same ? matches++ : misses++;
                const turned self = brute_force_turned(&t, x, x, 1e-6);
                ck_assert_int_eq(el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order), EL4ML_OK);
                if (el4ml_norm(weights - t.m->weights[t.m->layers], x + t.m->weights[t.m->layers]) == 0) {
                    ck_assert(isinf(order) && isinf(log_n)); /* no rotation moves it */
                    none++;
                    continue;
                }
                ck_assert_msg(order == (double)self.within, "%s: order %g, counted %zu",
                              t.surface->info.description, order, self.within);
                ck_assert_double_eq_tol(log_n, log((double)self.count / (double)self.within), 1e-12);
                self.within == 1 ? trivial++ : rich++;
            }
            net_free(&t);
            free(x);
            free(y);
        }
    ck_assert_msg(matches > 50 && misses > 50 && trivial > 50 && rich > 50 && none < 100,
                  "%zu %zu %zu %zu %zu", matches, misses, trivial, rich, none);
}
END_TEST

/* Many idle units, with more outputs than the closed forms above know, found without walking through the
 * group. */
START_TEST(rotated_idle_units)
{
    net t = net_rotating(EL4ML_TANH, 5, 1, (size_t[]){16});
    double *x = fixture_doubles(t.e.n), *y = fixture_doubles(t.e.n), log_n, order;
    bool same;
    el4ml_random random = el4ml_random_new(1, 26, 0);
    fixture_normal(&random, t.e.n, 1, x);
    for (size_t i = 6; i < 16; i++) { /* units 6 ... 15 are zero */
        for (size_t k = 0; k < 3; k++)
            x[t.m->weights[1] + 3 * i + k] = 0;
        x[t.m->biases[1] + i] = 0;
        for (size_t r = 0; r < 5; r++)
            x[t.m->weights[2] + 16 * r + i] = 0;
    }
    const double idle = lgamma(11.0) + 10 * log(2), all = lgamma(17.0) + 16 * log(2) + log(2);
    ck_assert_int_eq(el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order), EL4ML_OK);
    ck_assert_double_eq_tol(log(order), idle, 1e-9);
    ck_assert_double_eq_tol(log_n, all - idle, 1e-9);
    operate(&t, &random, x, y);
    ck_assert_int_eq(el4ml_same(&t.e, x, y, 1e-9, &same), EL4ML_OK);
    ck_assert(same);
    y[t.m->weights[2] + 3] *= 1.01;
    ck_assert_int_eq(el4ml_same(&t.e, x, y, 1e-6, &same), EL4ML_OK);
    ck_assert(!same);
    for (size_t k = 0; k < 16;
         k++) /* four dimensions of five: a mirror leaves it alone, and no mode is lost */
        x[t.m->weights[2] + k] = 0;
    ck_assert_int_eq(el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order), EL4ML_OK);
    ck_assert_double_eq_tol(log(order), idle + log(2), 1e-9);
    ck_assert_uint_eq(el4ml_zero_modes(&t.e, x, NULL), 10);
    for (size_t k = 0; k < 32; k++) /* three: the other two turn freely */
        x[t.m->weights[2] + k] = 0;
    ck_assert_int_eq(el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order), EL4ML_OK);
    ck_assert(isinf(log_n));
    ck_assert_uint_eq(el4ml_zero_modes(&t.e, x, NULL), 9);
    net_free(&t);
    free(x);
    free(y);
}
END_TEST

static double log_factorial(size_t n)
{
    return lgamma((double)n + 1);
}

/* Many zero or identical units: orders known in closed form, found without walking through the group. */
START_TEST(known_stabilisers)
{
    double log_n, order;
    net t = net_new(EL4ML_TANH, 1e-3, 1, (size_t[]){16});
    double *x = fixture_doubles(t.e.n);
    el4ml_random random = el4ml_random_new(1, 23, 0);
    el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order); /* all zero */
    ck_assert_double_eq_tol(log_n, 0, 1e-10);
    ck_assert_double_eq_tol(log(order), log_factorial(16) + 16 * log(2), 1e-10);
    fixture_normal(&random, t.e.n, 1, x);
    el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order);
    ck_assert_double_eq(order, 1);
    ck_assert_double_eq_tol(log_n, log_factorial(16) + 16 * log(2), 1e-10);
    net_free(&t);
    free(x);

    /* ten zero units in each of two layers, three live ones; the live part couples the layers in no way */
    t = net_new(EL4ML_TANH, 1e-3, 2, (size_t[]){13, 13});
    x = fixture_doubles(t.e.n);
    const el4ml_mlp *m = t.m;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            x[m->weights[1] + i * 3 + k] = el4ml_random_normal(&random);
            x[m->weights[2] + i * 13 + k] = el4ml_random_normal(&random);
            x[m->weights[3] + k * 13 + i] = el4ml_random_normal(&random);
        }
    }
    el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order);
    ck_assert_double_eq_tol(log(order), 2 * (log_factorial(10) + 10 * log(2)), 1e-9);
    /* the same with noise below the tolerance, and against another point that differs in one live weight */
    double *y = fixture_doubles(t.e.n);
    bool same;
    for (size_t i = 0; i < t.e.n; i++)
        y[i] = x[i] + 1e-10 * el4ml_random_normal(&random);
    el4ml_multiplicity(&t.e, y, 1e-6, &log_n, &order);
    ck_assert_double_eq_tol(log(order), 2 * (log_factorial(10) + 10 * log(2)), 1e-9);
    el4ml_same(&t.e, x, y, 1e-6, &same);
    ck_assert(same);
    y[m->weights[3] + 1] += 0.01;
    el4ml_same(&t.e, x, y, 1e-6, &same);
    ck_assert(!same);
    /* Two output weights of a live unit exchanged: all agrees but the last layer, norms included. Every one
     * of the (10! 2^10)^2 operations on the zero units would fail there. */
    for (int noisy = 0; noisy < 2; noisy++) {
        for (size_t i = 0; i < t.e.n; i++)
            y[i] = x[i] + noisy * 1e-9 * el4ml_random_normal(&random);
        y[m->weights[3]] = x[m->weights[3] + 13];
        y[m->weights[3] + 13] = x[m->weights[3]];
        el4ml_same(&t.e, x, y, 1e-6, &same);
        ck_assert(!same);
    }
    /* an operation that couples the layers: two layer-1 units with equal inputs, swapped together with
     * layer-2 units */
    memset(x, 0, t.e.n * sizeof *x);
    for (size_t i = 0; i < 2; i++) {
        x[m->weights[1] + i * 3] = 1.5;
        x[m->weights[2] + i * 13 + i] = 0.75;
        x[m->weights[2] + i * 13 + 1 - i] = 0.25;
        for (size_t c = 0; c < 3; c++)
            x[m->weights[3] + c * 13 + i] = (double)c;
    }
    el4ml_multiplicity(&t.e, x, 1e-6, &log_n, &order);
    ck_assert_double_eq_tol(log(order), log(2) + 2 * (log_factorial(11) + 11 * log(2)), 1e-9);
    net_free(&t);
    free(x);
    free(y);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mlp symmetry");
    TCase *tests = tcase_create("mlp symmetry");
    tcase_add_test(tests, operations_are_symmetries);
    tcase_add_test(tests, alignment_is_the_closest);
    tcase_add_test(tests, sameness_and_multiplicity_by_brute_force);
    tcase_add_test(tests, known_stabilisers);
    tcase_add_test(tests, rotated_alignment_is_near_the_closest);
    tcase_add_test(tests, rotated_sameness_and_multiplicity_by_brute_force);
    tcase_add_test(tests, rotated_idle_units);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
