/* Catchment basins of surfaces: which minimum a point falls to, probabilities, volumes. */
#include "basin_help.h"
#include "catchment/descent.h"
#include "markup_help.h"
#include "el4ml/report.h"

static void near(double a, double b, double tolerance)
{
    ck_assert_msg(fabs(a - b) <= tolerance, "%.17g and %.17g differ by more than %g", a, b, tolerance);
}

static el4ml_basins probabilities(const el4ml_surface *surface, const el4ml_landscape *l,
                                  const el4ml_basin_options *options)
{
    el4ml_basins b;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_basin_probabilities(surface, l, options, &b, &error) == EL4ML_OK, "%s",
                  error.message);
    return b;
}

static el4ml_basins volumes(const el4ml_surface *surface, const el4ml_landscape *l, const size_t *minima,
                            size_t count, const el4ml_basin_options *options)
{
    el4ml_basins b;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_basin_volumes(surface, l, minima, count, options, &b, &error) == EL4ML_OK, "%s",
                  error.message);
    return b;
}

/* ---- Which minimum a point falls to ---- */

/* Every point to the minimum of its own box, unless it is within `margin` of a wall. The minimiser, which is
 * faster, takes some of the very same points elsewhere: that is why it is not used. */
static void check_egg_box(size_t n, uint64_t points, double margin)
{
    egg_box e = {.n = n, .wall = INFINITY};
    for (size_t i = 0; i < n; i++)
        e.width[i] = 0.3 + 0.9 * (double)i / (double)n;
    el4ml_surface *surface = egg_surface(&e);
    el4ml_searcher *s = new_searcher(surface, NULL);
    double *start = new_vector(n), *end = new_vector(n), *other = new_vector(n);
    size_t scrambled = 0, followed = 0;
    for (uint64_t p = 0; p < points; p++) {
        el4ml_random random = el4ml_random_new(1, 1, p);
        bool close = false;
        for (size_t i = 0; i < n; i++) {
            start[i] = 12 * el4ml_random_uniform(&random) - 6;
            const double turns = start[i] / (2 * acos(-1) * e.width[i]);
            close = close || fabs(turns - floor(turns) - 0.5) < margin;
        }
        if (close) continue;
        followed++;
        el4ml_stationary point = {.x = end}, found = {.x = other};
        el4ml_copy(n, start, end);
        ck_assert_int_eq(el4ml_basin_descend(s, 1e-3, &point), EL4ML_OK);
        bool same = el4ml_search_minimum(s, start, &found) == EL4ML_OK;
        for (size_t i = 0; i < n; i++) {
            const double period = 2 * acos(-1) * e.width[i], bottom = period * round(start[i] / period);
            near(end[i], bottom, 1e-6);
            same = same && fabs(other[i] - bottom) < 1e-3;
        }
        scrambled += !same;
    }
    ck_assert_uint_ge(followed, points / 2);
    ck_assert_msg(scrambled > followed / 50, "the minimiser scrambles only %zu of %zu", scrambled, followed);
    el4ml_release(start);
    el4ml_release(end);
    el4ml_release(other);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}

START_TEST(points_fall_to_their_own_minimum)
{
    check_egg_box(1, 1000, 1e-3);
    check_egg_box(2, 1000, 1e-3);
    check_egg_box(6, 300, 1e-3);
    check_egg_box(20, 60, 1e-3);
}
END_TEST

START_TEST(schwefel_points_fall_in_their_rectangle)
{
    double walls[8];
    schwefel_walls(walls);
    el4ml_surface *surface = function_surface("schwefel");
    el4ml_searcher *s = new_searcher(surface, NULL);
    size_t scrambled = 0, inside = 0;
    for (uint64_t p = 0; p < 3000; p++) {
        el4ml_random random = el4ml_random_new(2, 1, p);
        double x[2], end[2], other[2];
        bool close = false;
        int wanted[2];
        for (int i = 0; i < 2; i++) {
            x[i] = end[i] = 1000 * el4ml_random_uniform(&random) - 500;
            wanted[i] = schwefel_basin(walls, x[i]);
            for (int k = 0; k < 8; k++)
                close = close || fabs(x[i] - walls[k]) < 0.2;
        }
        if (close) continue;
        el4ml_stationary point = {.x = end}, found = {.x = other};
        const el4ml_status status = el4ml_basin_descend(s, 1e-3, &point);
        if (wanted[0] < 0 || wanted[1] < 0) { /* down and out of the domain */
            ck_assert_int_eq(status, EL4ML_NOT_CONVERGED);
            continue;
        }
        ck_assert_int_eq(status, EL4ML_OK);
        ck_assert(schwefel_basin(walls, end[0]) == wanted[0] && schwefel_basin(walls, end[1]) == wanted[1]);
        inside++;
        scrambled += el4ml_search_minimum(s, x, &found) != EL4ML_OK ||
                     schwefel_basin(walls, other[0]) != wanted[0] ||
                     schwefel_basin(walls, other[1]) != wanted[1];
    }
    ck_assert_msg(scrambled > inside / 10, "%zu of %zu", scrambled, inside);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* V = (x^2 - 1)^2 + y^2: from a point very near the line x = 0 the path passes closely by the saddle at the
 * origin, where the gradient is as small as at the end of a path. */
static void double_well(double x, double y, double *jet)
{
    const double w = x * x - 1;
    const double all[6] = {w * w + y * y, 4 * x * w, 2 * y, 12 * x * x - 4, 0, 2};
    memcpy(jet, all, sizeof all);
}

START_TEST(a_path_past_a_saddle_goes_on)
{
    plane p = {.evaluate = double_well};
    el4ml_surface *surface = plane_surface(&p, 1);
    el4ml_searcher *s = new_searcher(surface, NULL);
    for (int k = 1; k <= 12; k++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x[2] = {sign * pow(10, -k), 1.5};
            el4ml_stationary point = {.x = x};
            ck_assert_int_eq(el4ml_basin_descend(s, 1e-3, &point), EL4ML_OK);
            near(x[0], sign, 1e-6);
            near(x[1], 0, 1e-6);
        }
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Independent starts ---- */

static const double schwefel_low[2] = {-500, -500}, schwefel_high[2] = {500, 500};

static el4ml_basin_options schwefel_options(uint64_t samples)
{
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = schwefel_low;
    o.high = schwefel_high;
    o.samples = samples;
    o.threads = 2;
    return o;
}

/* All 49 at once, at a level at which all of them hold together with 95 % confidence (Bonferroni). */
START_TEST(schwefel_rectangles_from_uniform_points)
{
    double walls[8];
    schwefel_walls(walls);
    el4ml_surface *surface = function_surface("schwefel");
    const char *folder = scratch_folder("basins-schwefel");
    el4ml_landscape *l = explored(folder, surface, 1000);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 49);
    el4ml_basin_options o = schwefel_options(20000);
    o.level = 1 - 0.05 / 49;
    o.compare = true;
    el4ml_basins b = probabilities(surface, l, &o);
    ck_assert_uint_eq(b.count, 49);
    ck_assert(b.box && !b.tethers && b.box_invariant && !b.time_up);
    near(b.log_box_volume, log(1e6), 1e-12);
    uint64_t fell = 0;
    for (size_t i = 0; i < b.count; i++) {
        const el4ml_basin *a = &b.basins[i];
        const double area =
            schwefel_log_area(walls, el4ml_landscape_record(l, EL4ML_MINIMUM, a->minimum)->point.x);
        ck_assert_uint_eq(a->minimum, i);
        ck_assert_msg(a->log_volume_low <= area && area <= a->log_volume_high,
                      "minimum %zu: %g to %g, not %g", i + 1, a->log_volume_low, a->log_volume_high, area);
        near(a->log_volume, log(1e6) + log(a->probability), 1e-12);
        near(a->log_orbit_volume, a->log_volume, 1e-12);
        ck_assert(a->low <= a->probability && a->probability <= a->high);
        near(a->harmonic, -0.5 * el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point.log_product, 1e-12);
        fell += a->hits;
    }
    ck_assert_uint_eq(fell + b.failed, 20000);
    ck_assert_uint_eq(b.unknown_hits, 0);
    /* what falls out of the domain at x = -500 or y = -500 */
    const double outside = 1 - pow((500 - walls[0]) / 1000, 2);
    near((double)b.failed / 20000, outside, 5 * sqrt(outside / 20000));
    ck_assert(b.ranked == 49 && b.rank_correlation.value > 0.9); /* wide basins are flat ones here */
    ck_assert(b.compared && b.misassigned > 2000);
    ck_assert(b.cost.evaluations > 20000 && b.cost.hessians > 20000);
    el4ml_basins_clear(&b);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

/* Most minima are not in the landscape: they are counted, told apart, and the Good-Turing estimate is that of
 * all of them; tried on more starts, it is about right. */
START_TEST(minima_that_are_not_known)
{
    el4ml_surface *surface = function_surface("schwefel");
    const char *folder = scratch_folder("basins-unknown");
    const double x[2] = {420.97, 420.97};
    el4ml_landscape *l = landscape_with(folder, surface, x);
    el4ml_basin_options o = schwefel_options(400);
    el4ml_basins b = probabilities(surface, l, &o);
    uint64_t strangers = 0, once = 0;
    for (size_t i = 0; i < b.count; i++) {
        once += b.basins[i].hits == 1;
        if (i == 0) continue;
        ck_assert(b.basins[i].minimum == EL4ML_NONE && b.basins[i].hits > 0 && isnan(b.basins[i].harmonic));
        ck_assert(isfinite(b.basins[i].log_orbit_volume) && b.basins[i].probability > 0);
        strangers += b.basins[i].hits;
        if (i > 1) ck_assert_uint_ge(b.basins[i - 1].hits, b.basins[i].hits);
    }
    ck_assert(b.count > 30 && b.count <= 49);
    ck_assert_uint_eq(strangers, b.unknown_hits);
    ck_assert_uint_eq(strangers + b.failed + b.basins[0].hits, 400);
    near(b.unseen, ((double)once + 1) / 400, 1e-15);
    o.samples = 4000;
    el4ml_basins more = probabilities(surface, l, &o);
    ck_assert_uint_eq(more.count, 49);
    el4ml_basins_clear(&more);
    el4ml_basins_clear(&b);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

/* Half the plane is not finite: starts there belong to no basin; the other half is the only minimum's. */
START_TEST(where_the_loss_is_not_finite)
{
    egg_box e = {.n = 2, .width = {3, 3}, .wall = 1};
    el4ml_surface *surface = egg_surface(&e);
    const char *folder = scratch_folder("basins-wall");
    const double x[2] = {0.1, 0.1}, low[2] = {-3, -2}, high[2] = {3, 2};
    el4ml_landscape *l = landscape_with(folder, surface, x);
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = low;
    o.high = high;
    o.samples = 3000;
    o.level = 0.999;
    el4ml_basins b = probabilities(surface, l, &o);
    ck_assert_uint_eq(b.not_finite, b.failed);
    ck_assert_uint_eq(b.basins[0].hits + b.failed, 3000);
    ck_assert(b.basins[0].low <= 2. / 3 && 2. / 3 <= b.basins[0].high);
    el4ml_basins_clear(&b);
    const size_t first = 0;
    b = volumes(surface, l, &first, 1, &o);
    ck_assert(b.basins[0].log_volume_low <= log(16) && log(16) <= b.basins[0].log_volume_high);
    ck_assert(b.not_finite > 0 && b.not_finite == b.failed);
    el4ml_basins_clear(&b);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- One minimum at a time ---- */

/* A quadratic has one basin, all of the box. */
static void bowl(double x, double y, double *jet)
{
    const double all[6] = {x * x + 0.5 * y * y + 0.3 * x * y, 2 * x + 0.3 * y, y + 0.3 * x, 2, 0.3, 1};
    memcpy(jet, all, sizeof all);
}

START_TEST(a_single_minimum_has_all_of_the_box)
{
    plane p = {.evaluate = bowl, .low = {-1, -1}, .high = {1, 1}};
    el4ml_surface *surface = plane_surface(&p, 1);
    const char *folder = scratch_folder("basins-bowl");
    const double x[2] = {0.1, 0.1}, low[2] = {-3, -0.5}, high[2] = {7, 2};
    el4ml_landscape *l = landscape_with(folder, surface, x);
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = low;
    o.high = high;
    o.samples = 1000;
    const size_t first = 0;
    for (int tethers = 0; tethers < 2; tethers++) {
        el4ml_basins b = tethers ? volumes(surface, l, &first, 1, &o) : probabilities(surface, l, &o);
        near(b.basins[0].log_volume, log(25), 1e-12);
        near(b.basins[0].log_volume_high, log(25), 1e-12);
        ck_assert(b.basins[0].standard_error == 0 && b.failed == 0 && b.unknown_hits == 0);
        ck_assert_double_gt(b.basins[0].log_volume_low, log(25) - 0.01);
        el4ml_basins_clear(&b);
    }
    o.low = o.high = NULL; /* and all of the probability */
    el4ml_basins b = probabilities(surface, l, &o);
    ck_assert(b.basins[0].hits == 1000 && b.basins[0].probability == 1 && isnan(b.basins[0].log_volume));
    near(b.unseen, 1e-3, 1e-15);
    el4ml_basins_clear(&b);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

/* Rectangles of all sizes, by tethers. */
START_TEST(schwefel_rectangles_one_by_one)
{
    double walls[8];
    schwefel_walls(walls);
    el4ml_surface *surface = function_surface("schwefel");
    const char *folder = scratch_folder("basins-tethers");
    el4ml_landscape *l = explored(folder, surface, 1000);
    enum { CHOSEN = 7 };
    size_t chosen[CHOSEN];
    for (size_t i = 0; i < CHOSEN; i++)
        chosen[i] = 7 * i + 3;
    el4ml_basin_options o = schwefel_options(1000);
    o.level = 1 - 0.05 / CHOSEN;
    el4ml_basins b = volumes(surface, l, chosen, CHOSEN, &o);
    for (size_t i = 0; i < CHOSEN; i++) {
        const el4ml_basin *a = &b.basins[i];
        ck_assert_uint_eq(a->minimum, chosen[i]);
        const double area =
            schwefel_log_area(walls, el4ml_landscape_record(l, EL4ML_MINIMUM, chosen[i])->point.x);
        ck_assert_msg(a->measured && a->log_volume_low <= area && area <= a->log_volume_high,
                      "minimum %zu: %g to %g, not %g", a->minimum + 1, a->log_volume_low, a->log_volume_high,
                      area);
        ck_assert_double_lt(a->standard_error, 0.15);
        ck_assert(a->samples > 0 && a->tests > a->samples && a->acceptance > 0 && a->acceptance < 1);
        ck_assert(isnan(a->probability) && a->log_orbit_volume == a->log_volume);
    }
    el4ml_basins_clear(&b);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

/* Boxes in more dimensions, of which uniform points hit less than a thousandth. */
static void check_box_volume(size_t n, double tolerance)
{
    egg_box e = {.n = n, .wall = INFINITY};
    double *low = new_vector(n), *high = new_vector(n), *x = new_vector(n), volume = 0, box = 0;
    for (size_t i = 0; i < n; i++) {
        e.width[i] = 0.5 + 0.3 * (double)i / (double)n;
        low[i] = -acos(-1) * e.width[i] * (i % 2 ? 0.6 : 3);
        high[i] = 4;
        volume += log(fmin(high[i], acos(-1) * e.width[i]) - fmax(low[i], -acos(-1) * e.width[i]));
        box += log(high[i] - low[i]);
    }
    el4ml_surface *surface = egg_surface(&e);
    const char *folder = scratch_folder("basins-box");
    el4ml_landscape *l = landscape_with(folder, surface, x);
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = low;
    o.high = high;
    o.samples = 2000;
    o.level = 0.99;
    o.threads = 2;
    const size_t first = 0;
    el4ml_basins b = volumes(surface, l, &first, 1, &o);
    const el4ml_basin *a = &b.basins[0];
    ck_assert_msg(a->measured && a->log_volume_low <= volume && volume <= a->log_volume_high,
                  "%zu dimensions: %g to %g, not %g", n, a->log_volume_low, a->log_volume_high, volume);
    ck_assert_double_lt(a->standard_error, tolerance);
    near(b.log_box_volume, box, 1e-12);
    el4ml_basins_clear(&b);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
    el4ml_release(low);
    el4ml_release(high);
    el4ml_release(x);
}

START_TEST(boxes_in_more_dimensions)
{
    check_box_volume(2, 0.1);
    check_box_volume(4, 0.2);
    check_box_volume(7, 0.4);
    check_box_volume(10, 0.6);
}
END_TEST

/* A net with three hidden units: the basin of one of 48 images, outward from it, against all images by
 * uniform points. */
START_TEST(one_image_and_all_of_them)
{
    el4ml_surface *surface = iris_surface(3, EL4ML_TANH, 1e-2);
    const size_t n = surface->info.dimension;
    const char *folder = scratch_folder("basins-images");
    el4ml_landscape *l = explored(folder, surface, 30);
    double *low = new_vector(n), *high = new_vector(n);
    for (size_t i = 0; i < n; i++) {
        low[i] = -3;
        high[i] = 3;
    }
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = low;
    o.high = high;
    o.samples = 400;
    o.threads = 2;
    o.runs = 8;
    o.level = 0.99;
    const size_t first = 0;
    el4ml_basins all = probabilities(surface, l, &o);
    el4ml_basins one = volumes(surface, l, &first, 1, &o);
    const el4ml_basin *a = &all.basins[0], *b = &one.basins[0];
    const double images = el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->point.log_multiplicity;
    ck_assert(all.box_invariant && one.box_invariant && a->hits > 100);
    near(a->log_orbit_volume - a->log_volume, images, 1e-12);
    near(b->log_orbit_volume - b->log_volume, images, 1e-12);
    ck_assert(images > log(10) && images <= log(48) + 1e-9);
    ck_assert_msg(b->log_volume_low <= a->log_volume_high && a->log_volume_low <= b->log_volume_high,
                  "%g to %g, and %g to %g", a->log_volume_low, a->log_volume_high, b->log_volume_low,
                  b->log_volume_high);
    el4ml_basins_clear(&all);
    low[0] = -2.9; /* now the symmetry operations move the box */
    all = probabilities(surface, l, &o);
    ck_assert(!all.box_invariant && isnan(all.basins[0].log_volume) &&
              isfinite(all.basins[0].log_orbit_volume));
    el4ml_basins_clear(&all);
    el4ml_basins_clear(&one);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
    el4ml_release(low);
    el4ml_release(high);
}
END_TEST

/* ---- Threads, cancelling, limits, bad options ---- */

static void check_equal(const el4ml_basins *a, const el4ml_basins *b)
{
    ck_assert_uint_eq(a->count, b->count);
    ck_assert(a->samples == b->samples && a->failed == b->failed &&
              a->cost.evaluations == b->cost.evaluations);
    for (size_t i = 0; i < a->count; i++) {
        ck_assert_uint_eq(a->basins[i].hits, b->basins[i].hits);
        ck_assert_uint_eq(a->basins[i].tests, b->basins[i].tests);
        ck_assert(a->basins[i].log_volume == b->basins[i].log_volume || isnan(a->basins[i].log_volume));
        ck_assert(a->basins[i].standard_error == b->basins[i].standard_error ||
                  isnan(a->basins[i].standard_error));
    }
}

START_TEST(threads_change_nothing)
{
    el4ml_surface *surface = function_surface("mueller-brown");
    const char *folder = scratch_folder("basins-threads");
    el4ml_landscape *l = explored(folder, surface, 60);
    const double low[2] = {-2, -1}, high[2] = {1.5, 2.5};
    const size_t minima[2] = {0, 1};
    el4ml_basins b[2], v[2];
    for (unsigned k = 0; k < 2; k++) {
        el4ml_basin_options o = el4ml_basin_options_default();
        o.samples = 700;
        o.threads = k + 1;
        o.seed = 7;
        b[k] = probabilities(surface, l, &o);
        o.low = low;
        o.high = high;
        o.runs = 5;
        v[k] = volumes(surface, l, minima, 2, &o);
    }
    check_equal(&b[0], &b[1]);
    check_equal(&v[0], &v[1]);
    for (int k = 0; k < 2; k++) {
        el4ml_basins_clear(&b[k]);
        el4ml_basins_clear(&v[k]);
    }
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

typedef struct watch {
    volatile bool cancel;
    uint64_t calls, done, stop_after;
} watch;

static void note(void *context, uint64_t done, uint64_t all)
{
    watch *w = context;
    ck_assert_uint_ge(done, w->done);
    ck_assert(all >= done || done == 0);
    w->done = done;
    if (++w->calls == w->stop_after) w->cancel = true;
}

START_TEST(cancelling_and_time_limit)
{
    el4ml_surface *surface = function_surface("himmelblau");
    const char *folder = scratch_folder("basins-cancel");
    el4ml_landscape *l = explored(folder, surface, 40);
    const double low[2] = {-6, -6}, high[2] = {6, 6};
    const size_t first = 0;
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = low;
    o.high = high;
    o.samples = 4000000;
    o.progress = note;
    el4ml_basins b;
    el4ml_error error = {0};
    for (int tethers = 0; tethers < 2; tethers++) {
        watch w = {.stop_after = tethers ? 1 : 3};
        o.context = &w;
        o.cancel = &w.cancel;
        o.time_limit = 0;
        const el4ml_status status = tethers ? el4ml_basin_volumes(surface, l, &first, 1, &o, &b, &error)
                                            : el4ml_basin_probabilities(surface, l, &o, &b, &error);
        ck_assert_int_eq(status, EL4ML_INTERRUPTED);
        ck_assert(b.basins == NULL && w.calls > 0);
        w = (watch){0};
        o.time_limit = 0.3; /* the batches of so many samples with tethers are longer: nothing is measured */
        b = tethers ? volumes(surface, l, &first, 1, &o) : probabilities(surface, l, &o);
        ck_assert(b.time_up && b.samples < o.samples);
        ck_assert(tethers || b.samples > 0);
        el4ml_basins_clear(&b);
    }
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

static void refused(const el4ml_surface *surface, const el4ml_landscape *l, const el4ml_basin_options *o,
                    size_t minimum, bool tethers, el4ml_status expected, const char *words)
{
    el4ml_basins b;
    el4ml_error error = {0};
    const el4ml_status status = tethers ? el4ml_basin_volumes(surface, l, &minimum, 1, o, &b, &error)
                                        : el4ml_basin_probabilities(surface, l, o, &b, &error);
    ck_assert_int_eq(status, expected);
    ck_assert_msg(strstr(error.message, words) != NULL, "'%s' without '%s'", error.message, words);
    ck_assert(b.basins == NULL && b.count == 0);
}

START_TEST(bad_options)
{
    el4ml_surface *surface = function_surface("himmelblau"), *cluster = cluster_surface(3);
    const char *folder = scratch_folder("basins-bad");
    el4ml_landscape *l = explored(folder, surface, 40);
    double low[2] = {-6, -6}, high[2] = {6, 6};
    el4ml_basin_options o = el4ml_basin_options_default();
    refused(surface, l, &o, 0, true, EL4ML_BAD_INPUT, "infinite");
    o.low = low;
    refused(surface, l, &o, 0, false, EL4ML_INVALID_ARGUMENT, "half a box");
    o.high = high;
    refused(surface, l, &o, 99, true, EL4ML_BAD_INPUT, "no minimum 100");
    refused(cluster, l, &o, 0, false, EL4ML_BAD_INPUT, "dimension");
    high[1] = -6;
    refused(surface, l, &o, 0, false, EL4ML_BAD_INPUT, "coordinate 2");
    high[1] = INFINITY;
    refused(surface, l, &o, 0, true, EL4ML_BAD_INPUT, "finite");
    high[1] = -5.9;
    refused(surface, l, &o, 0, true, EL4ML_BAD_INPUT, "outside the box");
    high[1] = 6;
    el4ml_basin_options wrong[5] = {o, o, o, o, o};
    wrong[0].tolerance = 0;
    wrong[1].level = 1;
    wrong[2].samples = 0;
    wrong[3].runs = 3;
    wrong[4].tolerance = NAN;
    for (int k = 0; k < 5; k++)
        refused(surface, l, &wrong[k], 0, k % 2 == 0, EL4ML_INVALID_ARGUMENT, "out of range");
    el4ml_landscape_close(l);
    remove_folder(folder);
    const char *atoms = scratch_folder("basins-atoms");
    l = explored(atoms, cluster, 4);
    double wide_low[9], wide_high[9];
    for (int i = 0; i < 9; i++) {
        wide_low[i] = -2;
        wide_high[i] = 2;
    }
    o.low = wide_low;
    o.high = wide_high;
    refused(cluster, l, &o, 0, true, EL4ML_NOT_SUPPORTED, "zero modes");
    o.samples = 50; /* all together: three atoms have one minimum; turned boxes are other boxes */
    el4ml_basins b = probabilities(cluster, l, &o);
    ck_assert(!b.box_invariant && isnan(b.basins[0].log_volume));
    ck_assert_uint_eq(b.basins[0].hits + b.failed + b.unknown_hits, 50);
    el4ml_basins_clear(&b);
    o.low = o.high = NULL;
    b = probabilities(cluster, l, &o);
    ck_assert_uint_eq(b.basins[0].hits, 50);
    el4ml_basins_clear(&b);
    el4ml_landscape_close(l);
    remove_folder(atoms);
    el4ml_surface_free(surface);
    el4ml_surface_free(cluster);
}
END_TEST

/* ---- Pictures and JSON ---- */

START_TEST(a_map_of_rectangles)
{
    enum { COLUMNS = 40, ROWS = 50 };
    double walls[8];
    schwefel_walls(walls);
    el4ml_surface *surface = function_surface("schwefel");
    const char *folder = scratch_folder("basins-map");
    el4ml_landscape *l = explored(folder, surface, 1000);
    const size_t count = el4ml_landscape_count(l, EL4ML_MINIMUM);
    size_t *labels = EL4ML_NEW(size_t, COLUMNS * ROWS);
    const el4ml_basin_options o = schwefel_options(1);
    ck_assert_int_eq(el4ml_basin_map(surface, l, &o, COLUMNS, ROWS, labels, NULL), EL4ML_OK);
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < COLUMNS; column++) {
            const size_t label = labels[row * COLUMNS + column];
            const int i = schwefel_basin(walls, -500 + 1000 * (column + 0.5) / COLUMNS),
                      j = schwefel_basin(walls, -500 + 1000 * (row + 0.5) / ROWS);
            if (i < 0 || j < 0) {
                ck_assert(label == EL4ML_NONE);
                continue;
            }
            ck_assert_uint_lt(label, count);
            const double *x = el4ml_landscape_record(l, EL4ML_MINIMUM, label)->point.x;
            ck_assert(schwefel_basin(walls, x[0]) == i && schwefel_basin(walls, x[1]) == j);
        }
    double *x = new_vector(2 * count), *energy = new_vector(count);
    for (size_t i = 0; i < count; i++) {
        const el4ml_stationary *p = &el4ml_landscape_record(l, EL4ML_MINIMUM, i)->point;
        memcpy(x + 2 * i, p->x, 2 * sizeof *x);
        energy[i] = p->energy;
    }
    el4ml_basin_picture picture = {.columns = COLUMNS,
                                   .rows = ROWS,
                                   .labels = labels,
                                   .low = {-500, -500},
                                   .high = {500, 500},
                                   .minima = count,
                                   .minimum = x,
                                   .energy = energy,
                                   .states = 2,
                                   .state = x,
                                   .title = "a <map> & more"};
    char *svg = NULL;
    ck_assert_int_eq(el4ml_basin_map_svg(&picture, &svg, NULL), EL4ML_OK);
    ck_assert_ptr_null(help_malformed(svg));
    size_t dots = 0;
    for (const char *at = svg; (at = strstr(at, "<circle")); at++)
        dots++;
    ck_assert_uint_eq(dots, count);
    el4ml_text_free(svg);
    picture.high[0] = -500;
    ck_assert_int_eq(el4ml_basin_map_svg(&picture, &svg, NULL), EL4ML_INVALID_ARGUMENT);
    el4ml_release(labels);
    el4ml_release(x);
    el4ml_release(energy);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    el4ml_surface *surface = function_surface("himmelblau");
    const char *folder = scratch_folder("basins-memory");
    const double x[2] = {3, 2}, low[2] = {-6, -6}, high[2] = {6, 6};
    el4ml_landscape *l = landscape_with(folder, surface, x);
    el4ml_basin_options o = el4ml_basin_options_default();
    o.low = low;
    o.high = high;
    o.samples = 20;
    o.runs = 4;
    o.threads = 1;
    const size_t first = 0;
    for (int tethers = 0; tethers < 2; tethers++) {
        size_t failures = 0;
        el4ml_basins b = {0};
        for (size_t after = 0;; after++, failures++) {
            el4ml_fail_allocation_after(after);
            const el4ml_status status = tethers ? el4ml_basin_volumes(surface, l, &first, 1, &o, &b, NULL)
                                                : el4ml_basin_probabilities(surface, l, &o, &b, NULL);
            el4ml_fail_allocation_after(SIZE_MAX);
            if (status == EL4ML_OK) break;
            ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        }
        ck_assert_uint_ge(failures, 10);
        el4ml_basins_clear(&b);
    }
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {points_fall_to_their_own_minimum,
                                  schwefel_points_fall_in_their_rectangle,
                                  a_path_past_a_saddle_goes_on,
                                  schwefel_rectangles_from_uniform_points,
                                  minima_that_are_not_known,
                                  where_the_loss_is_not_finite,
                                  a_single_minimum_has_all_of_the_box,
                                  schwefel_rectangles_one_by_one,
                                  boxes_in_more_dimensions,
                                  one_image_and_all_of_them,
                                  threads_change_nothing,
                                  cancelling_and_time_limit,
                                  bad_options,
                                  a_map_of_rectangles,
                                  every_failed_allocation_is_reported};
    return RUN_SUITE("basin volume", tests);
}
