/* Memory of a cluster's work, and what needs no matching: random operations, zero modes, the descriptor. */
#include "surface/cluster.h"

#include <math.h>
#include <string.h>

#include "base/assignment.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "surface/rotation.h"

#define LARGEST_DESCRIPTOR 128

static bool new_shells(el4ml_shells *s, size_t n)
{
    s->x = EL4ML_NEW(double, 3 * n);
    s->radius = EL4ML_NEW(double, n);
    s->atom = EL4ML_NEW(size_t, n);
    return s->x && s->radius && s->atom;
}

static void free_shells(el4ml_shells *s)
{
    el4ml_release(s->x);
    el4ml_release(s->radius);
    el4ml_release(s->atom);
}

el4ml_cluster *el4ml_cluster_new(size_t n)
{
    el4ml_cluster *c = EL4ML_NEW(el4ml_cluster, 1);
    if (!c) return NULL;
    c->n = n;
    c->kernels = el4ml_cluster_kernels_of(el4ml_best_kernel_set());
    c->rotated = EL4ML_NEW(double, 3 * n);
    c->used = EL4ML_NEW(size_t, n);
    c->cost = EL4ML_NEW(double, n *n);
    c->assignment = EL4ML_NEW(double, EL4ML_ASSIGN_DOUBLES(n));
    c->indices = EL4ML_NEW(size_t, EL4ML_ASSIGN_INDICES(n));
    c->arrays = EL4ML_NEW(double, 10 * EL4ML_CLUSTER_STRIDE(n));
    c->pairs = EL4ML_NEW(double, n *(n - 1) / 2);
    c->best.match = EL4ML_NEW(size_t, n);
    c->trial.match = EL4ML_NEW(size_t, n);
    c->matches = EL4ML_NEW(size_t, EL4ML_CLUSTER_FOUND * n);
    const bool shells = new_shells(&c->a, n) && new_shells(&c->b, n);
    if (shells && c->rotated && c->used && c->cost && c->assignment && c->indices && c->arrays && c->pairs &&
        c->best.match && c->trial.match && c->matches) {
        for (size_t k = 0; k < EL4ML_CLUSTER_FOUND; k++)
            c->found[k].match = c->matches + k * n;
        return c;
    }
    el4ml_cluster_free(c);
    return NULL;
}

void el4ml_cluster_free(el4ml_cluster *c)
{
    if (!c) return;
    free_shells(&c->a);
    free_shells(&c->b);
    void *const arrays[] = {c->rotated, c->used,  c->cost,       c->assignment,  c->indices,
                            c->arrays,  c->pairs, c->best.match, c->trial.match, c->matches};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        el4ml_release(arrays[k]);
    el4ml_release(c);
}

void el4ml_cluster_random_operation(el4ml_random *random, size_t n, const double *x, double *y)
{
    double rotation[9], shift[3];
    el4ml_random_rotation(random, rotation);
    const double sign = el4ml_random_below(random, 2) ? 1 : -1;
    for (size_t k = 0; k < 9; k++)
        rotation[k] *= sign;
    for (size_t k = 0; k < 3; k++)
        shift[k] = 2 * el4ml_random_uniform(random) - 1;
    el4ml_rotate(rotation, n, x, y);
    for (size_t i = 0; i < 3 * n; i++)
        y[i] += shift[i % 3];
    for (size_t i = n; i-- > 1;) { /* Fisher and Yates */
        const size_t j = (size_t)el4ml_random_below(random, i + 1);
        for (size_t k = 0; k < 3; k++) {
            const double kept = y[3 * i + k];
            y[3 * i + k] = y[3 * j + k];
            y[3 * j + k] = kept;
        }
    }
}

/* ---- Zero modes ---- */

/* Centroid, moments of inertia and principal axes (rows). */
static void principal_axes(size_t n, const double *x, double centroid[3], double moment[3], double axes[9])
{
    double inertia[9] = {0};
    memset(centroid, 0, 3 * sizeof *centroid);
    for (size_t i = 0; i < 3 * n; i++)
        centroid[i % 3] += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double p = x[3 * i] - centroid[0], q = x[3 * i + 1] - centroid[1],
                     r = x[3 * i + 2] - centroid[2];
        inertia[0] += q * q + r * r;
        inertia[4] += p * p + r * r;
        inertia[8] += p * p + q * q;
        inertia[1] = inertia[3] -= p * q;
        inertia[2] = inertia[6] -= p * r;
        inertia[5] = inertia[7] -= q * r;
    }
    el4ml_small_eigen(3, inertia, axes);
    for (size_t k = 0; k < 3; k++)
        moment[k] = inertia[4 * k];
}

static void rotation_mode(size_t n, const double *x, const double centroid[3], const double axis[3],
                          double *mode)
{
    for (size_t i = 0; i < n; i++) {
        const double d[3] = {x[3 * i] - centroid[0], x[3 * i + 1] - centroid[1], x[3 * i + 2] - centroid[2]};
        for (size_t k = 0; k < 3; k++)
            mode[3 * i + k] = axis[(k + 1) % 3] * d[(k + 2) % 3] - axis[(k + 2) % 3] * d[(k + 1) % 3];
    }
}

/* Rotations about principal axes are orthogonal to each other and to translations, with squared length the
 * moment of inertia. One that moves no atom by more than 1e-6 of the cluster's size is none: the cluster is
 * linear. */
size_t el4ml_cluster_zero_modes(size_t n, const double *x, double *basis)
{
    double centroid[3], moment[3], axes[9];
    principal_axes(n, x, centroid, moment, axes);
    const double largest = fmax(moment[0], fmax(moment[1], moment[2]));
    size_t count = 3;
    if (basis)
        for (size_t i = 0; i < 9 * n; i++)
            basis[i] = i / (3 * n) == i % 3 ? 1 / sqrt((double)n) : 0;
    for (size_t k = 0; k < 3; k++) {
        if (!(moment[k] > 1e-12 * largest)) continue;
        if (basis) {
            double *mode = basis + 3 * n * count;
            rotation_mode(n, x, centroid, axes + 3 * k, mode);
            el4ml_project_out(3 * n, count, basis, mode); /* rounding only */
            el4ml_scale(3 * n, 1 / el4ml_norm(3 * n, mode), mode);
        }
        count++;
    }
    return count;
}

/* ---- Descriptor ---- */

static void sort(size_t n, double *x)
{
    static const size_t gaps[] = {3905, 1750, 701, 301, 132,
                                  57,   23,   10,  4,   1}; /* Shell's method, Ciura's gaps */
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (size_t i = gaps[g]; i < n; i++) {
            const double moving = x[i];
            size_t j = i;
            for (; j >= gaps[g] && x[j - gaps[g]] > moving; j -= gaps[g])
                x[j] = x[j - gaps[g]];
            x[j] = moving;
        }
}

size_t el4ml_cluster_descriptor_size(size_t n)
{
    const size_t pairs = n * (n - 1) / 2;
    return pairs < LARGEST_DESCRIPTOR ? pairs : LARGEST_DESCRIPTOR;
}

/* Why it bounds the distance: for centred clusters sum_{i<j} (d_ij - d'_ij)^2 <= sum_{i<j} |u_i - u_j|^2
 * = n sum_i |u_i|^2, u the displacements; sorting never increases a sum of squared differences, and neither
 * does replacing m numbers by sqrt(m) times their mean. */
void el4ml_cluster_descriptor(el4ml_cluster *c, const double *x, double *descriptor)
{
    const size_t n = c->n, pairs = n * (n - 1) / 2, size = el4ml_cluster_descriptor_size(n);
    double *d = c->pairs;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            *d++ = el4ml_distance(3, x + 3 * i, x + 3 * j);
    sort(pairs, c->pairs);
    for (size_t k = 0; k < size; k++) {
        const size_t from = k * pairs / size, to = (k + 1) * pairs / size;
        double sum = 0;
        for (size_t i = from; i < to; i++)
            sum += c->pairs[i];
        descriptor[k] = sum / sqrt((double)(to - from) * (double)n);
    }
}
