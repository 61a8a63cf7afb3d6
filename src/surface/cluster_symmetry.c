/* Are two clusters the same up to permutation, rotation and inversion? Decided completely, from the structure
 * itself.
 *
 * Both are centred: for any rotation and permutation that is the best translation. Suppose an operation
 * brings every atom of b within t of its partner in a (t: the tolerance on the Euclidean distance of all
 * atoms, so also on each). Two atoms p, q of a, not in line with the centroid, have partners s, t of b whose
 * distances from the centroid agree within t and whose distance from each other agrees within sqrt(2) t. So
 * it is enough to try every such pair of b: it fixes the rotation, once proper and once improper, up to an
 * error that moves no atom by more than reach = t (1 + r_max/r_p) (1 + h_max/h_q),       h: distance from the
 * line through the centroid and p, and while reach is less than half the shortest distance in a, nearest
 * neighbours give the permutation. Where it is more (an enormous tolerance), the assignment problem does
 * instead. The rotation is then made the best for that permutation (Kabsch), and the distance decides.
 *
 * p and q are chosen with as few look-alikes as possible, so that there are few pairs to try. Linear clusters
 * have no such q; their two orders along the line are tried instead. */
#include <math.h>
#include <string.h>

#include "base/assignment.h"
#include "base/linalg.h"
#include "surface/cluster.h"
#include "surface/rotation.h"

#define WELL_CONDITIONED 0.3 /* r_p and h_q are at least this part of the largest */

/* ---- Shells ---- */

static void sort_by_radius(el4ml_shells *s, size_t n, const double *centred_radius)
{
    static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t i = 0; i < n; i++) {
        s->atom[i] = i;
        s->radius[i] = centred_radius[i];
    }
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (size_t i = gaps[g]; i < n; i++) {
            const double moving = s->radius[i];
            const size_t atom = s->atom[i];
            size_t j = i;
            for (; j >= gaps[g] && s->radius[j - gaps[g]] > moving; j -= gaps[g]) {
                s->radius[j] = s->radius[j - gaps[g]];
                s->atom[j] = s->atom[j - gaps[g]];
            }
            s->radius[j] = moving;
            s->atom[j] = atom;
        }
}

void el4ml_cluster_shells(el4ml_shells *s, size_t n, const double *x)
{
    double c[3] = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            c[k] += x[3 * i + k];
    for (size_t k = 0; k < 3; k++)
        s->centroid[k] = c[k] / (double)n;
    double *radius = s->x; /* room that is written only after it has been read */
    for (size_t i = 0; i < n; i++)
        radius[i] = el4ml_distance(3, x + 3 * i, s->centroid);
    sort_by_radius(s, n, radius);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            s->x[3 * i + k] = x[3 * s->atom[i] + k] - s->centroid[k];
}

static double shortest_distance(size_t n, const double *x)
{
    double least = HUGE_VAL;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            const double a = x[3 * i] - x[3 * j], b = x[3 * i + 1] - x[3 * j + 1],
                         c = x[3 * i + 2] - x[3 * j + 2];
            least = fmin(least, a * a + b * b + c * c);
        }
    return sqrt(least);
}

/* ---- Frames ---- */

bool el4ml_frame(const double *p, const double *q, double e[9])
{
    const double r = el4ml_norm(3, p);
    for (size_t k = 0; k < 3; k++)
        e[k] = p[k] / r;
    const double along = el4ml_dot(3, q, e);
    for (size_t k = 0; k < 3; k++)
        e[3 + k] = q[k] - along * e[k];
    const double height = el4ml_norm(3, e + 3);
    if (!(height > 0)) return false;
    for (size_t k = 0; k < 3; k++)
        e[3 + k] /= height;
    e[6] = e[1] * e[5] - e[2] * e[4];
    e[7] = e[2] * e[3] - e[0] * e[5];
    e[8] = e[0] * e[4] - e[1] * e[3];
    return true;
}

void el4ml_frame_rotation(const double e[9], const double f[9], bool improper, double r[9])
{
    const double sign = improper ? -1 : 1;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            r[3 * i + j] = e[i] * f[j] + e[3 + i] * f[3 + j] + sign * e[6 + i] * f[6 + j];
}

static double height_over(const double *axis, double axis_length, const double *x)
{
    const double along = el4ml_dot(3, axis, x) / axis_length;
    return sqrt(fmax(0, el4ml_dot(3, x, x) - along * along));
}

/* The two atoms of a that all is hung on. */
typedef struct anchors {
    size_t p, q;
    double distance; /* from each other */
    double highest;  /* h_max */
    double reach;
} anchors;

/* The rarest distance from the centroid among those large enough; the larger of equally rare ones. */
static size_t choose_first(const el4ml_shells *a, size_t n, double tolerance)
{
    const double largest = a->radius[n - 1];
    size_t best = n - 1, fewest = SIZE_MAX;
    for (size_t k = n; k-- > 0 && a->radius[k] >= WELL_CONDITIONED * largest;) {
        size_t alike = 0;
        for (size_t j = 0; j < n; j++)
            alike += fabs(a->radius[j] - a->radius[k]) <= 2 * tolerance;
        if (alike < fewest) {
            fewest = alike;
            best = k;
        }
    }
    return best;
}

/* Among the atoms high enough over the line through p, the one with the fewest look-alikes as seen from p. */
static void choose_second(const el4ml_shells *a, size_t n, double tolerance, anchors *at)
{
    const double *p = a->x + 3 * at->p, r = a->radius[at->p];
    size_t fewest = SIZE_MAX;
    at->highest = 0;
    for (size_t k = 0; k < n; k++)
        at->highest = fmax(at->highest, height_over(p, r, a->x + 3 * k));
    double height = at->highest;
    for (size_t k = 0; k < n; k++) {
        const double h = height_over(p, r, a->x + 3 * k), distance = el4ml_distance(3, p, a->x + 3 * k);
        if (k == at->p || !(h >= WELL_CONDITIONED * at->highest)) continue;
        size_t alike = 0;
        for (size_t j = 0; j < n; j++)
            alike += fabs(a->radius[j] - a->radius[k]) <= 2 * tolerance &&
                     fabs(el4ml_distance(3, p, a->x + 3 * j) - distance) <= 3 * tolerance;
        if (alike < fewest) {
            fewest = alike;
            at->q = k;
            at->distance = distance;
            height = h;
        }
    }
    at->reach = tolerance * (1 + a->radius[n - 1] / r) * (1 + at->highest / height);
}

/* ---- One operation ---- */

/* trial.distance for trial.rotation and trial.match. */
static void measure(el4ml_cluster *c)
{
    const size_t n = c->n;
    double sum = 0;
    el4ml_rotate(c->trial.rotation, n, c->b.x, c->rotated);
    for (size_t k = 0; k < n; k++) {
        const double *a = c->a.x + 3 * k, *b = c->rotated + 3 * c->trial.match[k];
        const double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
        sum += x * x + y * y + z * z;
    }
    c->trial.distance = sqrt(sum);
}

void el4ml_cluster_refine(el4ml_cluster *c, bool improper)
{
    double m[9] = {0};
    for (size_t k = 0; k < c->n; k++) {
        const double *a = c->a.x + 3 * k, *b = c->b.x + 3 * c->trial.match[k];
        for (size_t i = 0; i < 9; i++)
            m[i] += a[i / 3] * b[i % 3];
    }
    el4ml_best_rotation(m, improper, c->trial.rotation);
    measure(c);
}

/* trial.match by nearest neighbours within `reach`; atoms can only meet whose radii agree within the
 * tolerance. False as soon as one atom finds no partner. */
static bool match_neighbours(el4ml_cluster *c, double tolerance, double reach)
{
    const size_t n = c->n;
    const double *radius = c->a.radius, within = reach * reach;
    size_t from = 0;
    double sum = 0;
    memset(c->used, 0, n * sizeof *c->used);
    for (size_t k = 0; k < n; k++) {
        double y[3], least = within;
        size_t found = n;
        el4ml_rotate(c->trial.rotation, 1, c->b.x + 3 * k, y);
        while (from < n && radius[from] < c->b.radius[k] - tolerance)
            from++;
        for (size_t j = from; j < n && radius[j] <= c->b.radius[k] + tolerance; j++) {
            const double *a = c->a.x + 3 * j, u = a[0] - y[0], v = a[1] - y[1], w = a[2] - y[2];
            const double square = u * u + v * v + w * w;
            if (square <= least) {
                least = square;
                found = j;
            }
        }
        if (found == n || c->used[found]) return false;
        c->used[found] = 1;
        c->trial.match[found] = k;
        sum += least;
    }
    c->trial.distance = sqrt(sum);
    return true;
}

void el4ml_cluster_assign(el4ml_cluster *c)
{
    const size_t n = c->n;
    el4ml_rotate(c->trial.rotation, n, c->b.x, c->rotated);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double *a = c->a.x + 3 * i, *b = c->rotated + 3 * j;
            const double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
            c->cost[i * n + j] = x * x + y * y + z * z;
        }
    el4ml_assign(n, c->cost, c->trial.match, c->assignment, c->indices);
}

bool el4ml_cluster_settle(el4ml_cluster *c, bool improper, double promising)
{
    double before = HUGE_VAL;
    for (int round = 0; round < 50; round++) {
        el4ml_cluster_assign(c);
        el4ml_cluster_refine(c, improper);
        if (c->trial.distance > promising) return false;
        if (!(c->trial.distance < before * (1 - 1e-12))) break;
        before = c->trial.distance;
    }
    return true;
}

void el4ml_cluster_copy_match(size_t n, const el4ml_match *from, el4ml_match *to)
{
    memcpy(to->rotation, from->rotation, sizeof to->rotation);
    memcpy(to->match, from->match, n * sizeof *to->match);
    to->distance = from->distance;
}

static void keep_if_better(el4ml_cluster *c)
{
    if (c->trial.distance < c->best.distance) el4ml_cluster_copy_match(c->n, &c->trial, &c->best);
}

/* Try trial.rotation: does its permutation, with the best rotation, bring b within the tolerance of a? */
static bool try_rotation(el4ml_cluster *c, bool improper, double tolerance, double enough, double reach,
                         bool clear)
{
    if (clear) {
        if (!match_neighbours(c, tolerance, reach)) return false;
        if (c->trial.distance > enough) el4ml_cluster_refine(c, improper);
    } else {
        el4ml_cluster_settle(c, improper, HUGE_VAL);
    }
    if (!(c->trial.distance <= tolerance)) return false;
    keep_if_better(c);
    return true;
}

/* ---- Clusters ---- */

/* Atoms in order along the line through the outermost one, by insertion. */
static void order_along(const el4ml_shells *s, size_t n, size_t *order, double *along)
{
    for (size_t k = 0; k < n; k++) {
        const double position = el4ml_dot(3, s->x + 3 * k, s->x + 3 * (n - 1));
        size_t j = k;
        for (; j > 0 && along[j - 1] > position; j--) {
            along[j] = along[j - 1];
            order[j] = order[j - 1];
        }
        along[j] = position;
        order[j] = k;
    }
}

static size_t match_linear(el4ml_cluster *c, double tolerance, double enough, bool all)
{
    const size_t n = c->n;
    size_t *order_a = c->used, *order_b = c->indices, matches = 0;
    order_along(&c->a, n, order_a, c->assignment);
    order_along(&c->b, n, order_b, c->assignment);
    for (size_t trial = 0; trial < 4; trial++) {
        for (size_t k = 0; k < n; k++)
            c->trial.match[order_a[k]] = order_b[trial & 1 ? n - 1 - k : k];
        el4ml_cluster_refine(c, trial >= 2);
        if (!(c->trial.distance <= tolerance)) continue;
        matches++;
        keep_if_better(c);
        if (!all && c->best.distance <= enough) break;
    }
    return matches;
}

/* Every pair of atoms of b that may be the partners of p and q, in either parity. */
static size_t match_frames(el4ml_cluster *c, const anchors *at, double tolerance, double enough, bool all)
{
    const size_t n = c->n;
    const el4ml_shells *a = &c->a, *b = &c->b;
    const bool clear = 2 * at->reach < shortest_distance(n, a->x);
    double e[9], f[9];
    size_t matches = 0;
    if (!el4ml_frame(a->x + 3 * at->p, a->x + 3 * at->q, e)) return 0;
    for (size_t s = 0; s < n; s++) {
        if (!(fabs(b->radius[s] - a->radius[at->p]) <= tolerance)) continue;
        for (size_t t = 0; t < n; t++) {
            if (s == t || !(fabs(b->radius[t] - a->radius[at->q]) <= tolerance)) continue;
            const double distance = el4ml_distance(3, b->x + 3 * s, b->x + 3 * t);
            if (!(fabs(distance - at->distance) <= 1.415 * tolerance)) continue;
            if (!el4ml_frame(b->x + 3 * s, b->x + 3 * t, f)) continue;
            for (int improper = 0; improper < 2; improper++) {
                el4ml_frame_rotation(e, f, improper, c->trial.rotation);
                matches += try_rotation(c, improper, tolerance, enough, at->reach, clear);
                if (!all && c->best.distance <= enough) return matches;
            }
        }
    }
    return matches;
}

size_t el4ml_cluster_match(el4ml_cluster *c, double tolerance, double enough, bool all)
{
    const size_t n = c->n;
    const double room =
        tolerance + 1e-13 * (1 + c->a.radius[n - 1]); /* rounding must not lose an exact match */
    c->best.distance = HUGE_VAL;
    /* Matching radii in order is the best that can be done with them, and no permutation does better in
     * space. */
    if (!(el4ml_distance(n, c->a.radius, c->b.radius) <= room)) return 0;
    anchors at = {.p = choose_first(&c->a, n, room)};
    if (c->a.radius[at.p] > 0) choose_second(&c->a, n, room, &at);
    if (at.highest <= 4 * room) return match_linear(c, room, enough, all);
    return match_frames(c, &at, room, enough, all);
}

bool el4ml_cluster_same(el4ml_cluster *c, const double *a, const double *b, double tolerance)
{
    el4ml_cluster_shells(&c->a, c->n, a);
    el4ml_cluster_shells(&c->b, c->n, b);
    return el4ml_cluster_match(c, tolerance, tolerance, false) > 0;
}

/* Within the tolerance of a straight line? The best line is the axis of the smallest moment of inertia, and
 * that moment is the squared distance from it. */
static bool linear(const el4ml_shells *s, size_t n, double tolerance)
{
    double spread[9] = {0}, axes[9];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 9; k++)
            spread[k] += s->x[3 * i + k / 3] * s->x[3 * i + k % 3];
    el4ml_small_eigen(3, spread, axes);
    const double largest = fmax(spread[0], fmax(spread[4], spread[8]));
    const double rest = spread[0] + spread[4] + spread[8] - largest;
    return rest <= tolerance * tolerance;
}

double el4ml_cluster_order(el4ml_cluster *c, const double *x, double tolerance)
{
    el4ml_cluster_shells(&c->a, c->n, x);
    el4ml_cluster_shells(&c->b, c->n, x);
    const double floor = 1e-7 * c->a.radius[c->n - 1]; /* the squares above are rounded */
    if (linear(&c->a, c->n, tolerance > floor ? tolerance : floor)) return HUGE_VAL;
    return (double)el4ml_cluster_match(c, tolerance, tolerance, true);
}
