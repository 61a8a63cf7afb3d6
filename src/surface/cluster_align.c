/* The image of a cluster that is closest to another one. For a fixed rotation the best permutation is an
 * assignment problem, for a fixed permutation the best rotation is Kabsch's; taking turns leads to a local
 * optimum, so what matters is where to begin. Rotations are proposed in great numbers, by laying pairs of
 * atoms of `moving` over pairs of `fixed`, and at random; each is judged by sum_i min_j |a_i - R b_j|^2,
 * which costs less than a microsecond and bounds the assignment from below; the best few are refined. A
 * symmetry copy is found exactly beforehand. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/cluster.h"
#include "surface/rotation.h"

#define COPY 1e-2           /* an operation that leaves less than this is the answer */
#define EXACT 1e-6          /* ... and the search for a better one ends here */
#define SAME_ALIGNMENT 1e-6 /* two alignments whose distances agree this well are taken for one */
#define PROMISING 1.1       /* a start that first comes to more than this times the best so far is given up */
#define RANDOM_ROTATIONS 200
#define LAID_PAIRS 8          /* pairs of atoms of `fixed` that pairs of `moving` are laid over */
#define LAID_PROPOSALS 1600   /* at most */
#define LOOSE 0.3             /* how well lengths must agree for that */
#define PURPOSE 0x616c69676eu /* of the random numbers; they depend on nothing but the variant */

/* ---- Proposals ---- */

static void to_arrays(el4ml_cluster *c)
{
    const size_t n = c->n, stride = EL4ML_CLUSTER_STRIDE(n);
    double *a = c->arrays, *b = a + 3 * stride, *weight = a + 9 * stride;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 3; k++) {
            a[k * stride + i] = c->a.x[3 * i + k];
            b[k * stride + i] = c->b.x[3 * i + k];
        }
        weight[i] = 1;
    }
}

/* Keep the rotation among the best, in order of score. Equal scores are copies by the clusters' own symmetry.
 */
static void propose(el4ml_cluster *c, const double rotation[9], bool improper)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(c->n);
    double *a = c->arrays;
    const double score =
        c->kernels->nearest(c->n, a, a + 9 * stride, a + 3 * stride, rotation, a + 6 * stride);
    if (c->starts == EL4ML_CLUSTER_STARTS && !(score < c->start[c->starts - 1].score)) return;
    size_t at = c->starts;
    while (at > 0 && c->start[at - 1].score > score)
        at--;
    const double margin = 1e-9 * (score + 1e-9);
    if (at > 0 && score - c->start[at - 1].score <= margin) return;
    if (at < c->starts && c->start[at].score - score <= margin) return;
    if (c->starts < EL4ML_CLUSTER_STARTS) c->starts++;
    memmove(c->start + at + 1, c->start + at, (c->starts - 1 - at) * sizeof *c->start);
    c->start[at].score = score;
    c->start[at].improper = improper;
    memcpy(c->start[at].rotation, rotation, 9 * sizeof *rotation);
}

static void propose_random(el4ml_cluster *c, el4ml_random *random, size_t count)
{
    double r[9];
    for (size_t k = 0; k < count; k++) {
        el4ml_random_rotation(random, r);
        propose(c, r, false);
        for (size_t i = 0; i < 9; i++)
            r[i] = -r[i];
        propose(c, r, true);
    }
}

/* Every pair (s, t) of moving atoms that fits roughly over the pair (p, q) of fixed ones. */
static size_t lay_over(el4ml_cluster *c, size_t p, size_t q, size_t budget)
{
    const size_t n = c->n;
    const el4ml_shells *a = &c->a, *b = &c->b;
    double e[9], f[9], r[9];
    size_t proposed = 0;
    if (!(a->radius[p] > 0.5) || !el4ml_frame(a->x + 3 * p, a->x + 3 * q, e)) return 0;
    const double length = el4ml_distance(3, a->x + 3 * p, a->x + 3 * q);
    for (size_t s = 0; s < n; s++) {
        if (!(fabs(b->radius[s] - a->radius[p]) <= LOOSE)) continue;
        for (size_t t = 0; t < n; t++) {
            if (s == t || !(fabs(b->radius[t] - a->radius[q]) <= LOOSE)) continue;
            if (!(fabs(el4ml_distance(3, b->x + 3 * s, b->x + 3 * t) - length) <= LOOSE)) continue;
            if (!el4ml_frame(b->x + 3 * s, b->x + 3 * t, f)) continue;
            for (int improper = 0; improper < 2; improper++) {
                el4ml_frame_rotation(e, f, improper, r);
                propose(c, r, improper);
            }
            proposed += 2;
            if (proposed >= budget) return proposed;
        }
    }
    return proposed;
}

static void propose_pairs(el4ml_cluster *c, el4ml_random *random)
{
    size_t left = LAID_PROPOSALS;
    if (c->n < 3) return;
    for (size_t k = 0; k < LAID_PAIRS && left > 0; k++) {
        const size_t p = (size_t)el4ml_random_below(random, c->n);
        const size_t q = (p + 1 + (size_t)el4ml_random_below(random, c->n - 1)) % c->n;
        const size_t done = lay_over(c, p, q, left);
        left -= done < left ? done : left;
    }
}

/* ---- Local optima ---- */

/* Add trial to found, unless it is there. */
static void record(el4ml_cluster *c)
{
    const double distance = c->trial.distance;
    size_t at = c->founds;
    while (at > 0 && c->found[at - 1].distance > distance)
        at--;
    if (at > 0 && distance - c->found[at - 1].distance <= SAME_ALIGNMENT) return;
    if (at < c->founds && c->found[at].distance - distance <= SAME_ALIGNMENT) {
        el4ml_cluster_copy_match(c->n, &c->trial, &c->found[at]);
        return;
    }
    const el4ml_match last = c->found[c->founds];
    memmove(c->found + at + 1, c->found + at, (c->founds - at) * sizeof *c->found);
    c->found[at] = last; /* only its room for the match is wanted */
    el4ml_cluster_copy_match(c->n, &c->trial, &c->found[at]);
    c->founds++;
}

/* From the atoms' numbers as they are, and from the orientation as it is; both parities. */
static void settle_as_given(el4ml_cluster *c)
{
    const size_t n = c->n;
    for (int improper = 0; improper < 2; improper++) {
        for (size_t k = 0; k < n; k++)
            c->used[c->b.atom[k]] = k;
        for (size_t k = 0; k < n; k++)
            c->trial.match[k] = c->used[c->a.atom[k]];
        el4ml_cluster_refine(c, improper);
        el4ml_cluster_settle(c, improper, HUGE_VAL);
        record(c);
        for (size_t i = 0; i < 9; i++)
            c->trial.rotation[i] = i % 4 ? 0 : improper ? -1 : 1;
        el4ml_cluster_settle(c, improper, HUGE_VAL);
        record(c);
    }
}

static void settle_starts(el4ml_cluster *c)
{
    for (size_t k = 0; k < c->starts; k++) {
        memcpy(c->trial.rotation, c->start[k].rotation, sizeof c->trial.rotation);
        if (el4ml_cluster_settle(c, c->start[k].improper, PROMISING * c->found[0].distance)) record(c);
    }
}

/* A variant beyond the optima already known: the best of a few rotations of its own. */
static const el4ml_match *another(el4ml_cluster *c, uint64_t variant)
{
    el4ml_random random = el4ml_random_new(1, PURPOSE, variant);
    c->starts = 0;
    propose_random(c, &random, 8);
    memcpy(c->trial.rotation, c->start[0].rotation, sizeof c->trial.rotation);
    el4ml_cluster_settle(c, c->start[0].improper, HUGE_VAL);
    return &c->trial;
}

static const el4ml_match *search(el4ml_cluster *c, uint64_t variant)
{
    el4ml_random random = el4ml_random_new(1, PURPOSE, 0);
    to_arrays(c);
    c->starts = 0;
    propose_pairs(c, &random);
    propose_random(c, &random, RANDOM_ROTATIONS);
    settle_as_given(c);
    settle_starts(c);
    return variant < c->founds ? &c->found[variant] : another(c, variant);
}

double el4ml_cluster_align(el4ml_cluster *c, const double *fixed, const double *moving, uint64_t variant,
                           double *aligned)
{
    const size_t n = c->n;
    el4ml_cluster_shells(&c->a, n, fixed);
    el4ml_cluster_shells(&c->b, n, moving);
    c->founds = 0;
    if (!isfinite(el4ml_norm(n, c->a.radius) + el4ml_norm(n, c->b.radius))) {
        el4ml_copy(3 * n, moving, aligned);
        return NAN;
    }
    const el4ml_match *chosen = &c->best;
    if (el4ml_cluster_match(c, COPY, EXACT, false) > 0) {
        el4ml_cluster_copy_match(n, &c->best, &c->trial);
        record(c);
        if (variant > 0) chosen = search(c, variant);
    } else {
        chosen = search(c, variant);
    }
    el4ml_rotate(chosen->rotation, n, c->b.x, c->rotated);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < 3; i++)
            aligned[3 * c->a.atom[k] + i] = c->rotated[3 * chosen->match[k] + i] + c->a.centroid[i];
    return el4ml_distance(3 * n, fixed, aligned);
}
