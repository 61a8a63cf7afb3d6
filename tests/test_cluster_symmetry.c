/* Sameness, point groups and alignment of clusters, against every permutation of small ones and against
 * structures that are hard to tell apart. */
#include <stdlib.h>

#include "cluster_examples.h"
#include "surface/cluster.h"
#include "surface/rotation.h"

static void random_points(el4ml_random *random, size_t n, double size, double *x)
{
    for (size_t i = 0; i < 3 * n; i++)
        x[i] = size * el4ml_random_normal(random);
}

static void add_noise(el4ml_random *random, size_t n, double size, const double *x, double *y)
{
    double *d = harness_vector(n);
    el4ml_random_direction(random, n, d);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] + size * d[i];
    el4ml_release(d);
}

/* ---- Every permutation ---- */

typedef struct search {
    size_t n;
    double a[24], b[24]; /* centred */
    double closest, tolerance;
    size_t within; /* operations within the tolerance */
    size_t order[8];
} search;

static void centre(size_t n, const double *x, double *y)
{
    double c[3] = {0};
    for (size_t i = 0; i < 3 * n; i++)
        c[i % 3] += x[i] / (double)n;
    for (size_t i = 0; i < 3 * n; i++)
        y[i] = x[i] - c[i % 3];
}

static void measure_permutation(search *s)
{
    for (int improper = 0; improper < 2; improper++) {
        double m[9] = {0}, r[9], image[24], permuted[24];
        for (size_t i = 0; i < 3 * s->n; i++)
            permuted[i] = s->b[3 * s->order[i / 3] + i % 3];
        for (size_t i = 0; i < s->n; i++)
            for (size_t k = 0; k < 9; k++)
                m[k] += s->a[3 * i + k / 3] * permuted[3 * i + k % 3];
        el4ml_best_rotation(m, improper, r);
        el4ml_rotate(r, s->n, permuted, image);
        const double distance = el4ml_distance(3 * s->n, s->a, image);
        s->closest = fmin(s->closest, distance);
        s->within += distance <= s->tolerance;
    }
}

static void permute(search *s, size_t at)
{
    if (at == s->n) {
        measure_permutation(s);
        return;
    }
    for (size_t k = at; k < s->n; k++) {
        const size_t first = s->order[at], other = s->order[k];
        s->order[at] = other;
        s->order[k] = first;
        permute(s, at + 1);
        s->order[k] = other;
        s->order[at] = first;
    }
}

static search every_permutation(size_t n, const double *a, const double *b, double tolerance)
{
    search s = {.n = n, .closest = HUGE_VAL, .tolerance = tolerance};
    centre(n, a, s.a);
    centre(n, b, s.b);
    for (size_t i = 0; i < n; i++)
        s.order[i] = i;
    permute(&s, 0);
    return s;
}

/* Kabsch's rotation itself: no small turn of it does better, it is orthogonal, and its parity is the one
 * asked for. */
START_TEST(best_rotation_is_best)
{
    el4ml_random random = el4ml_random_new(1, 1, 9);
    for (int trial = 0; trial < 200; trial++) {
        double m[9], r[9], best = 0, turn[9], turned[9];
        for (size_t k = 0; k < 9; k++)
            m[k] = el4ml_random_normal(&random);
        if (trial % 4 == 0)
            for (size_t k = 0; k < 9; k++)
                m[k] = m[k / 3 * 3] * (double)(k % 3); /* rank 1: a line */
        el4ml_best_rotation(m, trial % 2, r);
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < 3; j++)
                ck_assert_double_eq_tol(el4ml_dot(3, r + 3 * i, r + 3 * j), i == j, 1e-13);
        const double determinant = r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) +
                                   r[2] * (r[3] * r[7] - r[4] * r[6]);
        ck_assert_double_eq_tol(determinant, trial % 2 ? -1 : 1, 1e-12);
        for (size_t k = 0; k < 9; k++)
            best += m[k] * r[k];
        for (int other = 0; other < 50; other++) {
            double sum = 0;
            el4ml_random_rotation(&random, turn);
            for (size_t k = 0; k < 3; k++)
                el4ml_rotate(turn, 1, r + 3 * k, turned + 3 * k);
            for (size_t k = 0; k < 9; k++)
                sum += m[k] * turned[k];
            ck_assert_double_le(sum, best + 1e-12);
        }
    }
}
END_TEST

/* same() against every permutation, with differences on both sides of the tolerance. With an enormous
 * tolerance, of the order of the distances between atoms, "no" may be wrong, but seldom; "yes" never is. */
START_TEST(same_agrees_with_every_permutation)
{
    el4ml_random random = el4ml_random_new(1, 1, 1);
    size_t yes = 0, no = 0, missed = 0;
    for (size_t trial = 0; trial < 400; trial++) {
        const size_t n = 1 + trial % 6;
        const double tolerance = trial % 4 == 0 ? 0.3 : trial % 4 == 1 ? 0.01 : 1e-3;
        double a[18], b[18], c[18];
        el4ml_cluster *w = el4ml_cluster_new(n);
        random_points(&random, n, 1, a);
        if (trial % 2 && n >= 5) bipyramid(n, a); /* many operations to go through */
        add_noise(&random, 3 * n, tolerance * 2.5 * el4ml_random_uniform(&random), a, c);
        el4ml_cluster_random_operation(&random, n, c, b);
        const double closest = every_permutation(n, a, b, tolerance).closest;
        const bool same = el4ml_cluster_same(w, a, b, tolerance);
        ck_assert_msg(!same || closest <= tolerance, "n %zu: closest %g, tolerance %g", n, closest,
                      tolerance);
        ck_assert_msg(same || closest > tolerance || tolerance > 0.1, "n %zu: missed %g", n, closest);
        missed += !same && closest <= tolerance;
        ck_assert(tolerance > 0.1 || same == el4ml_cluster_same(w, b, a, tolerance));
        yes += same;
        no += !same;
        el4ml_cluster_free(w);
    }
    ck_assert_uint_gt(yes, 80);
    ck_assert_uint_gt(no, 80);
    ck_assert_uint_le(missed, 5);
}
END_TEST

/* Flat, straight and nearly straight ones, with an atom on the centroid or without. */
START_TEST(same_for_degenerate_shapes)
{
    el4ml_random random = el4ml_random_new(1, 1, 2);
    for (size_t trial = 0; trial < 600; trial++) {
        const size_t n = 2 + trial % 5;
        const double flat = trial % 4 == 0 ? 0 : pow(10, -1 - 4 * el4ml_random_uniform(&random));
        double a[18], b[18], c[18];
        el4ml_cluster *w = el4ml_cluster_new(n);
        random_points(&random, n, 1, a);
        if (trial % 3 == 0)
            for (size_t i = 0; i < 3 * n; i++)
                a[i] = i % 3 == 0 ? (double)i / 3 + 0.1 * a[i] : flat * a[i]; /* line */
        else if (trial % 3 == 1)
            for (size_t i = 2; i < 3 * n; i += 3)
                a[i] *= flat; /* plane */
        if (trial % 5 == 0) { /* the last atom on the centroid of the others */
            double other[18];
            centre(n - 1, a, other);
            memcpy(a, other, 3 * (n - 1) * sizeof *a);
            memset(a + 3 * (n - 1), 0, 3 * sizeof *a);
        }
        add_noise(&random, 3 * n, 2.5e-3 * el4ml_random_uniform(&random), a, c);
        el4ml_cluster_random_operation(&random, n, c, b);
        const double closest = every_permutation(n, a, b, 1e-3).closest;
        const bool same = el4ml_cluster_same(w, a, b, 1e-3);
        ck_assert_msg(same == (closest <= 1e-3), "trial %zu, n %zu: closest %g, said %d", trial, n, closest,
                      same);
        el4ml_cluster_free(w);
    }
}
END_TEST

/* The point group's order is the number of permutations, with parity, that a rotation can undo. */
START_TEST(order_agrees_with_every_permutation)
{
    el4ml_random random = el4ml_random_new(1, 1, 3);
    for (size_t trial = 0; trial < 60; trial++) {
        const size_t n = 3 + trial % 5;
        double a[21], b[21];
        el4ml_cluster *w = el4ml_cluster_new(n);
        if (trial % 2)
            random_points(&random, n, 1, a);
        else if (n == 3)
            ring(a, 0, 3, 1, 0, 0);
        else if (n == 4)
            tetrahedron(a);
        else
            bipyramid(n, a);
        if (trial % 3 == 0) a[2] += 0.2; /* lower the symmetry */
        el4ml_cluster_random_operation(&random, n, a, b);
        add_noise(&random, 3 * n, 1e-5, b, b);
        ck_assert_double_eq(el4ml_cluster_order(w, b, 1e-3), (double)every_permutation(n, b, b, 1e-3).within);
        el4ml_cluster_free(w);
    }
}
END_TEST

/* A bent molecule with three atoms has order 4 while the bend can be told; then it is straight. */
START_TEST(nearly_linear)
{
    el4ml_cluster *w = el4ml_cluster_new(3);
    const double bends[] = {0.3, 3e-2, 3e-3, 1e-4}, orders[] = {4, 4, 4, HUGE_VAL};
    for (size_t k = 0; k < 4; k++) {
        const double x[9] = {-1.1, 0, 0, 0, bends[k], 0, 1.1, 0, 0};
        ck_assert(el4ml_cluster_order(w, x, 1e-3) == orders[k]);
    }
    el4ml_cluster_free(w);
}
END_TEST

/* ---- Larger ones ---- */

START_TEST(copies_are_recognised)
{
    el4ml_random random = el4ml_random_new(1, 1, 4);
    for (size_t n = 1; n <= 60; n++) {
        cluster c = cluster_new(n);
        double *y = harness_vector(3 * n), *z = harness_vector(3 * n);
        el4ml_cluster *w = el4ml_cluster_new(n);
        el4ml_initialise(&c.e, &random, c.x);
        if (n == 13) icosahedron(c.x);
        if (n == 38) truncated_octahedron(c.x);
        el4ml_cluster_random_operation(&random, n, c.x, y);
        ck_assert(el4ml_cluster_same(w, c.x, y, 1e-3));
        ck_assert(el4ml_cluster_same(w, c.x, y, 0)); /* rounding alone does not make a difference */
        ck_assert_double_le(el4ml_cluster_align(w, c.x, y, 0, z), 1e-10);
        add_noise(&random, 3 * n, 9e-4, y, z);
        ck_assert(el4ml_cluster_same(w, c.x, z, 1e-3));
        if (n > 2) { /* the noise can hide in the eight or so flat directions of fewer atoms */
            add_noise(&random, 3 * n, 1e-2, y, z);
            ck_assert(!el4ml_cluster_same(w, c.x, z, 1e-3));
        }
        for (size_t i = 0; i < 3 * n; i += 3)
            y[i] = -y[i]; /* the mirror image: same under inversion */
        ck_assert(el4ml_cluster_same(w, c.x, y, 1e-3));
        el4ml_cluster_free(w);
        el4ml_release(y);
        el4ml_release(z);
        cluster_free(&c);
    }
}
END_TEST

/* {x_i + y_j} and {x_i - y_j} have the same interatomic distances, every one, and are not congruent. */
START_TEST(homometric_sets_are_told_apart)
{
    el4ml_random random = el4ml_random_new(1, 1, 5);
    for (size_t trial = 0; trial < 20; trial++) {
        const size_t p = 3 + trial % 3, q = 3 + trial / 10, n = p * q;
        double x[15], y[12], a[90], b[90], da[128], db[128], z[90];
        el4ml_cluster *w = el4ml_cluster_new(n);
        random_points(&random, p, 1, x);
        random_points(&random, q, 1, y);
        for (size_t i = 0; i < p; i++)
            for (size_t j = 0; j < q; j++)
                for (size_t k = 0; k < 3; k++) {
                    a[3 * (i * q + j) + k] = x[3 * i + k] + y[3 * j + k];
                    b[3 * (i * q + j) + k] = x[3 * i + k] - y[3 * j + k];
                }
        el4ml_cluster_descriptor(w, a, da);
        el4ml_cluster_descriptor(w, b, db);
        const size_t size = el4ml_cluster_descriptor_size(n);
        ck_assert_double_le(el4ml_distance(size, da, db), 1e-10);
        ck_assert(!el4ml_cluster_same(w, a, b, 1e-3));
        ck_assert_double_ge(el4ml_cluster_align(w, a, b, 0, z), 1e-3);
        el4ml_cluster_free(w);
    }
}
END_TEST

/* A 39th atom on a truncated octahedron, over its square faces or its hexagons, all at the same distance from
 * the centre: sites of one kind are equivalent, sites of two are not. */
START_TEST(capped_octahedra)
{
    enum { N = 39 };
    double base[3 * N], a[3 * N], b[3 * N], y[3 * N];
    const double square[][3] = {{3, 0, 0}, {0, -3, 0}, {0, 0, 3}}, /* fourfold hollows */
        hexagon[][3] = {{2, 1, 2}, {-1, 2, 2}, {2, 2, -1}};        /* on hexagonal faces */
    el4ml_random random = el4ml_random_new(1, 1, 6);
    el4ml_cluster *w = el4ml_cluster_new(N);
    truncated_octahedron(base);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t kind = 0; kind < 3; kind++) {
                memcpy(a, base, sizeof a);
                memcpy(b, base, sizeof b);
                for (size_t k = 0; k < 3; k++) {
                    a[3 * 38 + k] = 0.78 * (kind == 1 ? hexagon[i][k] : square[i][k]);
                    b[3 * 38 + k] = 0.78 * (kind == 0 ? square[j][k] : hexagon[j][k]);
                }
                el4ml_cluster_random_operation(&random, N, b, y);
                ck_assert(el4ml_cluster_same(w, a, y, 1e-3) == (kind != 2));
            }
    el4ml_cluster_free(w);
}
END_TEST

/* ---- Alignment ---- */

START_TEST(alignment_of_small_clusters_is_the_closest)
{
    el4ml_random random = el4ml_random_new(1, 1, 7);
    size_t closest = 0, trials = 120;
    for (size_t trial = 0; trial < trials; trial++) {
        const size_t n = 2 + trial % 5;
        double a[18], b[18], z[18];
        el4ml_cluster *w = el4ml_cluster_new(n);
        random_points(&random, n, 1, a);
        random_points(&random, n, 1, b);
        const double best = every_permutation(n, a, b, 0).closest, found = el4ml_cluster_align(w, a, b, 0, z);
        ck_assert_double_eq_tol(found, el4ml_distance(3 * n, a, z), 1e-12);
        ck_assert_double_ge(found, best - 1e-9);
        closest += found <= best + 1e-9;
        el4ml_cluster_free(w);
    }
    ck_assert_uint_ge(closest, trials * 9 / 10); /* a heuristic may miss; seldom */
}
END_TEST

/* The descriptor never claims more distance than there is, and variants are images, other ones, and
 * repeatable. */
START_TEST(alignments_of_minima)
{
    enum { N = 13, MINIMA = 5 };
    static double x[MINIMA][3 * N];
    cluster c = cluster_new(N);
    el4ml_random random = el4ml_random_new(1, 1, 8);
    double da[128], db[128], first[3 * N], second[3 * N], distance[3];
    icosahedron(x[0]);
    minimise(&c.e, x[0]);
    for (size_t k = 1; k < MINIMA; k++) {
        do
            el4ml_initialise(&c.e, &random, x[k]);
        while (!bfgs(&c.e, x[k], 1e-6));
    }
    el4ml_cluster *w = el4ml_cluster_new(N);
    for (size_t i = 0; i < MINIMA; i++)
        for (size_t j = 0; j < MINIMA; j++) {
            for (uint64_t variant = 0; variant < 3; variant++) {
                distance[variant] = el4ml_cluster_align(w, x[i], x[j], variant, first);
                el4ml_cluster_align(w, x[i], x[j], variant, second);
                ck_assert(memcmp(first, second, sizeof first) == 0);
                ck_assert_double_eq_tol(distance[variant], el4ml_distance(3 * N, x[i], first), 1e-12);
                ck_assert(el4ml_cluster_same(w, x[j], first, 1e-9));
            }
            /* the icosahedron may lie on itself in each of its 120 ways */
            ck_assert((i == 0 && j == 0 && distance[2] <= 1e-10) ||
                      (distance[0] < distance[1] && distance[1] < distance[2]));
            if (i == j) ck_assert_double_le(distance[0], 1e-10);
            el4ml_cluster_descriptor(w, x[i], da);
            el4ml_cluster_descriptor(w, x[j], db);
            ck_assert_double_le(el4ml_distance(el4ml_cluster_descriptor_size(N), da, db),
                                distance[0] + 1e-12);
            for (uint64_t variant = 40; variant < 43; variant++) { /* beyond the optima that are kept */
                el4ml_cluster_align(w, x[i], x[j], variant, first);
                ck_assert(el4ml_cluster_same(w, x[j], first, 1e-9));
            }
        }
    el4ml_cluster_free(w);
    cluster_free(&c);
}
END_TEST

START_TEST(coordinates_that_are_not_finite)
{
    const double bad[] = {NAN, INFINITY, 1e200};
    cluster c = cluster_new(13);
    double x[39], z[39], distance;
    bool same = true;
    icosahedron(c.x);
    for (size_t k = 0; k < 3; k++) {
        memcpy(x, c.x, sizeof x);
        x[17] = bad[k];
        ck_assert_int_eq(el4ml_align(&c.e, c.x, x, 0, z, &distance), EL4ML_NUMERICAL);
        ck_assert_int_eq(el4ml_align(&c.e, x, c.x, 3, z, &distance), EL4ML_NUMERICAL);
        ck_assert_int_eq(el4ml_same(&c.e, c.x, x, 1e-3, &same), EL4ML_OK);
        ck_assert(!same);
    }
    cluster_free(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster_symmetry");
    TCase *cases = tcase_create("cluster_symmetry");
    tcase_set_timeout(cases, 240);
    tcase_add_test(cases, best_rotation_is_best);
    tcase_add_test(cases, same_agrees_with_every_permutation);
    tcase_add_test(cases, same_for_degenerate_shapes);
    tcase_add_test(cases, order_agrees_with_every_permutation);
    tcase_add_test(cases, nearly_linear);
    tcase_add_test(cases, copies_are_recognised);
    tcase_add_test(cases, homometric_sets_are_told_apart);
    tcase_add_test(cases, capped_octahedra);
    tcase_add_test(cases, alignment_of_small_clusters_is_the_closest);
    tcase_add_test(cases, alignments_of_minima);
    tcase_add_test(cases, coordinates_that_are_not_finite);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
