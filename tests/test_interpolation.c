/* Lines between minima against dense scans of the surface, and paths against the transition states that they
 * go over. */
#include "el4ml/interpolation.h"
#include "insight/trainings.h"
#include "run_help.h"

typedef struct scene {
    el4ml_surface *surface;
    el4ml_landscape *landscape;
    el4ml_network *network;
    const char *folder;
} scene;

static scene new_scene(el4ml_surface *surface, const char *name, uint64_t steps)
{
    scene s = {.surface = surface, .folder = scratch_folder(name)};
    el4ml_study study = plain_study();
    study.steps = steps;
    study.method = EL4ML_RANDOM_STARTS;
    s.landscape = run_study(s.folder, &study, surface, 2);
    ck_assert_int_eq(el4ml_landscape_network(s.landscape, &s.network, NULL), EL4ML_OK);
    return s;
}

static void end_scene(scene *s)
{
    el4ml_network_free(s->network);
    el4ml_landscape_close(s->landscape);
    el4ml_surface_free(s->surface);
    remove_folder(s->folder);
}

static const el4ml_stationary *minimum(const scene *s, size_t k)
{
    return &el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, k)->point;
}

/* Top, excess and rise from 20001 points. */
static void scan(el4ml_evaluator *e, const double *a, const double *b, double *top, double *excess,
                 double *rise)
{
    enum { DENSE = 20000 };
    double *x = new_vector(e->n), va = 0, vb = 0, v, low = INFINITY;
    ck_assert_int_eq(el4ml_value_gradient(e, a, &va, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_value_gradient(e, b, &vb, NULL), EL4ML_OK);
    *top = -INFINITY;
    *excess = *rise = 0;
    for (int k = 0; k <= DENSE; k++) {
        const double t = (double)k / DENSE;
        for (size_t i = 0; i < e->n; i++)
            x[i] = (1 - t) * a[i] + t * b[i];
        ck_assert_int_eq(el4ml_value_gradient(e, x, &v, NULL), EL4ML_OK);
        *top = fmax(*top, v);
        *excess = fmax(*excess, v - (1 - t) * va - t * vb);
        low = fmin(low, v);
        *rise = fmax(*rise, v - low);
    }
    el4ml_release(x);
}

/* A coarse line finds what a dense scan finds: never less, and hardly more. */
static void check_line(el4ml_evaluator *e, const double *a, const double *b, size_t points)
{
    double top, excess, rise;
    el4ml_way way;
    scan(e, a, b, &top, &excess, &rise);
    ck_assert_int_eq(el4ml_straight_way(e, a, b, points, NULL, NULL, &way), EL4ML_OK);
    const double size = fmax(1e-9, top - fmin(way.points[0].value, way.points[points - 1].value));
    ck_assert_uint_eq(way.count, points);
    ck_assert(way.points[0].t == 0 && way.points[points - 1].t == 1);
    ck_assert_double_ge(way.top, top - 1e-12 * size);
    ck_assert_double_le(way.top, top + 1e-5 * size);
    ck_assert_double_ge(way.excess, excess - 1e-12 * size);
    ck_assert_double_le(way.excess, excess + 1e-5 * size);
    ck_assert_double_le(way.rise, rise + 1e-5 * size); /* of the grid alone */
    ck_assert_double_eq_tol(way.barrier, way.top - way.points[0].value, 1e-14 * size);
    ck_assert_double_eq_tol(way.length, el4ml_distance(e->n, a, b), 1e-12);
    el4ml_way_clear(&way);
}

START_TEST(lines_agree_with_dense_scans)
{
    static const char *const names[3] = {"himmelblau", "mueller-brown", "six-hump-camel"};
    el4ml_surface *s = function_surface(names[_i]);
    el4ml_evaluator e;
    ck_assert_int_eq(el4ml_evaluator_init(&e, s, NULL), EL4ML_OK);
    el4ml_random random = el4ml_random_new(5, 6, (uint64_t)_i);
    for (int k = 0; k < 20; k++) {
        double a[2], b[2];
        el4ml_initialise(&e, &random, a);
        el4ml_initialise(&e, &random, b);
        check_line(&e, a, b, 41);
    }
    el4ml_evaluator_clear(&e);
    el4ml_surface_free(s);
}
END_TEST

/* The path's top is its highest transition state, V falls all the way from every one of them, and its ends
 * are the two minima. */
static void check_path(const scene *s, const el4ml_interpolation *r)
{
    const el4ml_way *w = &r->path;
    double highest = -INFINITY;
    size_t tops = 0;
    ck_assert_ptr_null(r->no_path);
    ck_assert_uint_gt(r->route_length, 1);
    for (size_t k = 0; k + 1 < r->route_length; k++)
        highest = fmax(highest, s->network->edges[r->route_states[k]].energy);
    ck_assert_double_eq_tol(w->top, highest, 1e-9);
    ck_assert_double_eq_tol(w->points[0].value, minimum(s, r->a)->energy, 1e-9);
    ck_assert_double_eq_tol(w->points[w->count - 1].value, minimum(s, r->b)->energy, 1e-9);
    ck_assert(w->points[0].t == 0 && w->points[w->count - 1].t == 1);
    for (size_t k = 1; k < w->count; k++) {
        const el4ml_way_point *p = w->points + k;
        ck_assert_double_ge(p->t, p[-1].t);
        if (k + 1 < w->count) tops += p->value > p[-1].value + 1e-10 && p->value > p[1].value + 1e-10;
    }
    ck_assert_uint_eq(tops, r->route_length - 1);
    el4ml_merge_tree *tree = NULL;
    ck_assert_int_eq(el4ml_merge_tree_new(s->network, &tree, NULL), EL4ML_OK);
    ck_assert_double_eq_tol(highest, el4ml_minimax(tree, r->a, r->b), 1e-12);
    el4ml_merge_tree_free(tree);
}

START_TEST(pairs_of_a_function)
{
    scene s = new_scene(function_surface("himmelblau"), "himmelblau", 60);
    const el4ml_interpolation_options o = el4ml_interpolation_options_default();
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < 4; b++) {
            el4ml_interpolation r;
            const el4ml_status status =
                el4ml_interpolate(s.surface, s.landscape, s.network, NULL, a, b, &o, &r, NULL);
            ck_assert_int_eq(status, a == b ? EL4ML_INVALID_ARGUMENT : EL4ML_OK);
            if (a == b) continue;
            ck_assert(!r.symmetry && !r.model && r.images == 0);
            ck_assert(r.stored.excess == r.aligned.excess && r.stored.excess == r.lowest.excess);
            ck_assert_double_ge(r.stored.top, r.path.top - 1e-9); /* no way is lower than the lowest */
            check_path(&s, &r);
            el4ml_interpolation_clear(&r);
        }
    end_scene(&s);
}
END_TEST

/* K-means: creased, with searches of its own; sides are straight, and V falls along them all the same. */
START_TEST(pairs_of_clusterings)
{
    el4ml_dataset iris = fixture_iris();
    el4ml_surface *surface = NULL;
    ck_assert_int_eq(el4ml_kmeans_new(4, &iris, &surface, NULL), EL4ML_OK);
    scene s = new_scene(surface, "kmeans", 60);
    const el4ml_interpolation_options o = el4ml_interpolation_options_default();
    const size_t minima = el4ml_landscape_count(s.landscape, EL4ML_MINIMUM);
    size_t followed = 0;
    ck_assert_uint_ge(minima, 3);
    for (size_t b = 1; b < minima && b < 12; b++) {
        el4ml_interpolation r;
        ck_assert_int_eq(el4ml_interpolate(surface, s.landscape, s.network, NULL, 0, b, &o, &r, NULL),
                         EL4ML_OK);
        ck_assert_double_le(r.lowest.excess, r.aligned.excess);
        if (r.route_length > 1) {
            check_path(&s, &r);
            followed++;
        }
        el4ml_interpolation_clear(&r);
    }
    ck_assert_uint_ge(followed, 2);
    end_scene(&s);
    fixture_free(&iris);
}
END_TEST

START_TEST(pairs_of_a_network)
{
    scene s = new_scene(iris_surface(4, EL4ML_TANH, 1e-3), "net", 100);
    el4ml_interpolation_options o = el4ml_interpolation_options_default();
    el4ml_evaluator e;
    el4ml_interpolation r;
    const size_t n = s.surface->info.dimension, minima = el4ml_landscape_count(s.landscape, EL4ML_MINIMUM);
    double *image = new_vector(n), distance, top, excess, rise;
    ck_assert_uint_ge(minima, 2);
    ck_assert_int_eq(el4ml_evaluator_init(&e, s.surface, NULL), EL4ML_OK);
    o.images = 20;
    ck_assert_int_eq(el4ml_interpolate(s.surface, s.landscape, s.network, NULL, 0, minima - 1, &o, &r, NULL),
                     EL4ML_OK);
    ck_assert(r.symmetry && r.model && r.images == 20);
    ck_assert_int_eq(el4ml_align(&e, minimum(&s, 0)->x, minimum(&s, minima - 1)->x, 0, image, &distance),
                     EL4ML_OK);
    scan(&e, minimum(&s, 0)->x, image, &top, &excess, &rise);
    ck_assert_double_eq_tol(r.aligned.top, top, 1e-6);
    ck_assert_double_eq_tol(r.aligned.excess, excess, 1e-6);
    ck_assert_double_eq_tol(r.aligned.length, distance, 1e-9);
    ck_assert_double_le(r.lowest.excess, r.aligned.excess);
    ck_assert_double_le(r.aligned.length, r.stored.length + 1e-9);
    ck_assert(r.image_low <= r.image_mean && r.image_low <= r.image_high);
    ck_assert_double_gt(r.gain, 0.5); /* ln 3, or more, at the start */
    ck_assert(r.connected_aligned == (r.aligned.excess <= 0.02 * r.gain));
    ck_assert_double_ge(r.lowest.top, r.path.top - 1e-9);
    check_path(&s, &r);
    el4ml_interpolation_clear(&r);
    el4ml_evaluator_clear(&e);
    el4ml_release(image);
    end_scene(&s);
}
END_TEST

START_TEST(random_starts)
{
    scene s = new_scene(iris_surface(3, EL4ML_TANH, 1e-3), "starts", 30);
    const el4ml_study study = plain_study();
    el4ml_interpolation_options o = el4ml_interpolation_options_default();
    el4ml_monotonicity r[2];
    o.starts = 40;
    for (unsigned k = 0; k < 2; k++) {
        o.threads = k + 1;
        ck_assert_int_eq(el4ml_monotonicity_of(s.surface, s.landscape, &study, &o, &r[k], NULL), EL4ML_OK);
    }
    ck_assert_uint_eq(r[0].count, 40);
    size_t converged = 0, monotonic = 0;
    for (size_t k = 0; k < 40; k++) {
        const el4ml_descent_line *p = &r[0].lines[k], *q = &r[1].lines[k];
        ck_assert(p->converged == q->converged && p->minimum == q->minimum && p->start == q->start &&
                  p->rise == q->rise && p->cost.evaluations == q->cost.evaluations);
        if (!p->converged) continue;
        converged++;
        monotonic += p->monotonic;
        ck_assert(p->monotonic == (p->rise <= 1e-9 * (p->start - p->end)));
        ck_assert_uint_gt(p->cost.evaluations, 0);
        if (p->minimum != EL4ML_NONE) ck_assert_double_eq_tol(p->end, minimum(&s, p->minimum)->energy, 1e-8);
    }
    ck_assert(r[0].converged == converged && r[0].monotonic == monotonic);
    ck_assert_double_eq_tol(r[0].share, (double)monotonic / (double)converged, 1e-15);
    ck_assert(r[0].low <= r[0].share && r[0].share <= r[0].high);
    ck_assert_double_eq_tol(r[0].first.points[0].value, r[0].lines[0].start, 1e-12);
    ck_assert_double_eq_tol(r[0].first.points[100].value, r[0].lines[0].end, 1e-12);
    for (int k = 0; k < 2; k++)
        el4ml_monotonicity_clear(&r[k]);
    end_scene(&s);
}
END_TEST

START_TEST(all_pairs)
{
    scene s = new_scene(function_surface("schwefel"), "schwefel", 200);
    el4ml_interpolation_options o = el4ml_interpolation_options_default();
    const size_t minima = el4ml_landscape_count(s.landscape, EL4ML_MINIMUM);
    const size_t wanted[2] = {30, minima * minima}; /* a sample, all */
    el4ml_merge_tree *tree = NULL;
    ck_assert_int_eq(el4ml_merge_tree_new(s.network, &tree, NULL), EL4ML_OK);
    ck_assert_uint_gt(minima * (minima - 1) / 2, 30);
    for (int k = 0; k < 2; k++) {
        el4ml_connectivity c;
        o.starts = wanted[k];
        ck_assert_int_eq(el4ml_connectivity_of(s.surface, s.landscape, s.network, &o, &c, NULL), EL4ML_OK);
        ck_assert(c.all == (k == 1));
        ck_assert_uint_eq(c.count, k ? minima * (minima - 1) / 2 : 30);
        for (size_t i = 0; i < c.count; i++) {
            const el4ml_pair_line *p = &c.pairs[i];
            ck_assert(p->a < p->b && p->b < minima);
            for (size_t j = 0; j < i; j++)
                ck_assert(c.pairs[j].a != p->a || c.pairs[j].b != p->b);
            const double higher = fmax(minimum(&s, p->a)->energy, minimum(&s, p->b)->energy);
            ck_assert(p->path == el4ml_minimax(tree, p->a, p->b) - higher);
            ck_assert(p->image == p->aligned && p->aligned == p->lowest); /* no symmetry */
        }
        el4ml_connectivity_clear(&c);
    }
    el4ml_merge_tree_free(tree);
    end_scene(&s);
}
END_TEST

/* The documents and pictures of all parts together. */
START_TEST(answers)
{
    scene s = new_scene(iris_surface(3, EL4ML_TANH, 1e-3), "answers", 60);
    const el4ml_study study = plain_study();
    el4ml_interpolation_options o = el4ml_interpolation_options_default();
    el4ml_interpolation pair;
    el4ml_monotonicity starts;
    el4ml_connectivity all;
    char *svg = NULL;
    o.starts = 5;
    ck_assert_int_eq(el4ml_interpolate(s.surface, s.landscape, s.network, NULL, 0, 1, &o, &pair, NULL),
                     EL4ML_OK);
    ck_assert_int_eq(el4ml_monotonicity_of(s.surface, s.landscape, &study, &o, &starts, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_connectivity_of(s.surface, s.landscape, s.network, &o, &all, NULL), EL4ML_OK);
    char *json = el4ml_interpolation_json(&pair, &starts, &all);
    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_nonnull(strstr(json, "\"random_starts\""));
    ck_assert_int_eq(el4ml_interpolation_svg(&pair, &starts, &all, &svg, NULL), EL4ML_OK);
    ck_assert(strncmp(svg, "<svg", 4) == 0);
    el4ml_text_free(svg);
    el4ml_text_free(json);
    el4ml_interpolation_clear(&pair);
    el4ml_monotonicity_clear(&starts);
    el4ml_connectivity_clear(&all);
    end_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interpolation");
    TCase *tests = tcase_create("interpolation");
    tcase_add_loop_test(tests, lines_agree_with_dense_scans, 0, 3);
    tcase_add_test(tests, pairs_of_a_function);
    tcase_add_test(tests, pairs_of_clusterings);
    tcase_add_test(tests, pairs_of_a_network);
    tcase_add_test(tests, random_starts);
    tcase_add_test(tests, all_pairs);
    tcase_add_test(tests, answers);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
