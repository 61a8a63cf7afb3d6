/* Symmetry of a perceptron: memory, closest alignment, random operations. The complete search for a match and
 * the order of the stabiliser are in mlp_matching.c.
 *
 * Closest alignment of b to a maximises <a, g b>. Given the operations on the layers below and above, the
 * best one on layer l is a linear assignment problem over its units with cost - max over the sign of <unit i
 * of a, +- unit j of b>, a unit being its incoming weights, bias and outgoing weights. With one hidden layer
 * that is exact; with several, the layers take turns until nothing changes, from several starts, and the
 * closest image wins. A rotation of the outputs is one more that takes turns, its best one given by
 * Procrustes' problem. */
#include "surface/mlp_symmetry.h"

#include <math.h>
#include <string.h>

#include "base/assignment.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/orthogonal.h"

enum { SWEEPS = 100, RANDOM_STARTS = 4 };
static const uint64_t purpose_align = 0x6d6c70616c69676eu;

static size_t longest_unit(const el4ml_mlp *m)
{
    size_t longest = 0;
    for (size_t l = 1; l < m->layers; l++) {
        const size_t length = m->size[l - 1] + 1 + m->size[l + 1];
        if (length > longest) longest = length;
    }
    return longest;
}

static double *cut_doubles(double **at, size_t count)
{
    double *taken = *at;
    *at += count;
    return taken;
}

struct el4ml_mlp_symmetry *el4ml_mlp_symmetry_new(const el4ml_mlp *m)
{
    el4ml_mlp_symmetry *s = EL4ML_NEW(el4ml_mlp_symmetry, 1);
    if (!s) return NULL;
    const size_t n = m->dimension, widest = m->layers > 1 ? m->widest : 1, unit = longest_unit(m);
    const size_t d = m->rotates ? m->size[m->layers] : 0, outputs = d * m->size[m->layers - 1];
    size_t units = 0;
    for (size_t l = 0; l <= m->layers; l++)
        units += m->size[l];
    s->doubles = EL4ML_NEW(double, 6 * n + units + 2 * widest * unit + 2 * widest * widest +
                                       EL4ML_ASSIGN_DOUBLES(widest) + 2 * d * d + 2 * outputs + d +
                                       EL4ML_PROCRUSTES_DOUBLES(d));
    s->indices = EL4ML_NEW(size_t, units + widest + EL4ML_ASSIGN_INDICES(widest));
    s->flags = EL4ML_NEW(bool, 2 * units);
    if (!s->doubles || !s->indices || !s->flags) {
        el4ml_mlp_symmetry_free(s);
        return NULL;
    }
    double *at = s->doubles,
           **const vectors[] = {&s->a, &s->b, &s->image, &s->best, &s->sorted_a, &s->sorted_b};
    for (size_t i = 0; i < 6; i++)
        *vectors[i] = cut_doubles(&at, n);
    s->units_a = cut_doubles(&at, widest * unit);
    s->units_b = cut_doubles(&at, widest * unit);
    s->cost = cut_doubles(&at, widest * widest);
    s->product = cut_doubles(&at, widest * widest);
    s->assign_doubles = cut_doubles(&at, EL4ML_ASSIGN_DOUBLES(widest));
    s->rotation = cut_doubles(&at, d * d);
    s->turn = cut_doubles(&at, d * d);
    s->rotated = cut_doubles(&at, outputs);
    s->turned = cut_doubles(&at, outputs);
    s->lengths = cut_doubles(&at, d);
    s->procrustes = cut_doubles(&at, EL4ML_PROCRUSTES_DOUBLES(d));
    size_t first = 0;
    for (size_t l = 0; l <= m->layers; l++) {
        s->sign[l] = cut_doubles(&at, m->size[l]);
        s->source[l] = s->indices + first;
        s->forced[l] = s->flags + first;
        s->used[l] = s->flags + units + first;
        first += m->size[l];
    }
    s->column = s->indices + units;
    s->assign_indices = s->column + widest;
    el4ml_mlp_identity(m, s);
    return s;
}

void el4ml_mlp_symmetry_free(struct el4ml_mlp_symmetry *s)
{
    if (!s) return;
    el4ml_release(s->doubles);
    el4ml_release(s->indices);
    el4ml_release(s->flags);
    el4ml_release(s);
}

void el4ml_mlp_identity(const el4ml_mlp *m, el4ml_mlp_symmetry *s)
{
    for (size_t l = 0; l <= m->layers; l++)
        for (size_t i = 0; i < m->size[l]; i++) {
            s->source[l][i] = i;
            s->sign[l][i] = 1;
        }
    if (m->rotates) el4ml_mlp_no_rotation(m, s);
}

void el4ml_mlp_apply(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, const double *x, double *y)
{
    for (size_t l = 1; l <= m->layers; l++) {
        const size_t in = m->size[l - 1];
        for (size_t i = 0; i < m->size[l]; i++) {
            const double sign = s->sign[l][i];
            const double *from = x + m->weights[l] + s->source[l][i] * in;
            double *to = y + m->weights[l] + i * in;
            for (size_t k = 0; k < in; k++)
                to[k] = sign * s->sign[l - 1][k] * from[s->source[l - 1][k]];
            y[m->biases[l] + i] = sign * x[m->biases[l] + s->source[l][i]];
        }
    }
    if (m->rotates) el4ml_mlp_turn(m, s, y);
}

static double group_mean(const el4ml_mlp *m, size_t f, const double *x)
{
    double sum = 0;
    for (size_t k = m->flat_start[f]; k < m->flat_start[f + 1]; k++)
        sum += x[m->flat_index[k]];
    return sum / (double)(m->flat_start[f + 1] - m->flat_start[f]);
}

void el4ml_mlp_remove_flat(const el4ml_mlp *m, const double *x, double *y)
{
    el4ml_copy(m->dimension, x, y);
    for (size_t f = 0; f < m->flat_count; f++) {
        const double mean = group_mean(m, f, x);
        for (size_t k = m->flat_start[f]; k < m->flat_start[f + 1]; k++)
            y[m->flat_index[k]] -= mean;
    }
}

/* y gets the flat components of x; y must have none. */
static void add_flat(const el4ml_mlp *m, const double *x, double *y)
{
    for (size_t f = 0; f < m->flat_count; f++) {
        const double mean = group_mean(m, f, x);
        for (size_t k = m->flat_start[f]; k < m->flat_start[f + 1]; k++)
            y[m->flat_index[k]] += mean;
    }
}

/* Which weights of a unit count. */
typedef enum part { INCOMING = 1, OUTGOING = 2, BOTH = 3 } part;

/* Units of layer l of x as vectors, neighbours moved by the operation in s when `moved`; returns their
 * length. */
static size_t unit_vectors(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, const double *x, size_t l,
                           part parts, bool moved, double *units)
{
    const size_t in = m->size[l - 1], d = m->size[l], out = m->size[l + 1];
    const size_t length = (parts & INCOMING ? in + 1 : 0) + (parts & OUTGOING ? out : 0);
    for (size_t i = 0; i < d; i++) {
        double *u = units + i * length;
        if (parts & INCOMING) {
            const double *row = x + m->weights[l] + i * in;
            for (size_t k = 0; k < in; k++)
                u[k] = moved ? s->sign[l - 1][k] * row[s->source[l - 1][k]] : row[k];
            u[in] = x[m->biases[l] + i];
            u += in + 1;
        }
        if (parts & OUTGOING) {
            const bool turned = moved && m->rotates && l + 1 == m->layers;
            const double *column = (turned ? s->rotated : x + m->weights[l + 1]) + i;
            for (size_t r = 0; r < out; r++)
                u[r] = moved ? s->sign[l + 1][r] * column[s->source[l + 1][r] * d] : column[r * d];
        }
    }
    return length;
}

/* The best operation on layer l given the others; with `noise` > 0, for products changed at random by that
 * many times their root mean square. Returns whether the operation changed. */
static bool improve_layer(const el4ml_mlp *m, el4ml_mlp_symmetry *s, size_t l, part parts, double noise,
                          el4ml_random *random)
{
    const size_t d = m->size[l];
    const bool odd = el4ml_mlp_is_odd(m);
    unit_vectors(m, s, s->a, l, parts, false, s->units_a);
    const size_t length = unit_vectors(m, s, s->b, l, parts, true, s->units_b);
    double square = 0;
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            const double product = el4ml_dot(length, s->units_a + i * length, s->units_b + j * length);
            s->product[i * d + j] = product;
            square += product * product;
        }
    const double size = noise * sqrt(square) / (double)d;
    for (size_t i = 0; noise > 0 && i < d * d; i++)
        s->product[i] += size * (2 * el4ml_random_uniform(random) - 1);
    for (size_t i = 0; i < d * d; i++)
        s->cost[i] = odd ? -fabs(s->product[i]) : -s->product[i];
    el4ml_assign(d, s->cost, s->column, s->assign_doubles, s->assign_indices);
    bool changed = false;
    for (size_t i = 0; i < d; i++) {
        const size_t j = s->column[i];
        const double sign = odd && s->product[i * d + j] < 0 ? -1 : 1;
        changed |= s->source[l][i] != j || s->sign[l][i] != sign;
        s->source[l][i] = j;
        s->sign[l][i] = sign;
    }
    return changed;
}

static void random_group_element(const el4ml_mlp *m, el4ml_mlp_symmetry *s, el4ml_random *random)
{
    el4ml_mlp_identity(m, s);
    for (size_t l = 1; l < m->layers; l++)
        for (size_t i = m->size[l]; i-- > 0;) {
            const size_t j = (size_t)el4ml_random_below(random, i + 1), swap = s->source[l][i];
            s->source[l][i] = s->source[l][j];
            s->source[l][j] = swap;
            if (el4ml_mlp_is_odd(m) && (el4ml_random_bits(random) >> 63)) s->sign[l][i] = -1;
        }
    if (m->rotates) el4ml_mlp_random_rotation(m, s, random);
}

/* The layers take turns until none changes. */
static void settle(const el4ml_mlp *m, el4ml_mlp_symmetry *s)
{
    for (size_t sweep = 0; sweep < SWEEPS; sweep++) {
        bool changed = false;
        if (m->rotates) el4ml_mlp_best_rotation(m, s, m->size[m->layers - 1]);
        for (size_t l = 1; l < m->layers; l++)
            changed |= improve_layer(m, s, l, BOTH, 0, NULL);
        if (!changed || (m->layers == 2 && !m->rotates)) return;
    }
}

/* Start 0: the identity; 1: forward, by incoming weights alone; 2: backward, by outgoing weights alone; then
 * random. */
static void begin(const el4ml_mlp *m, el4ml_mlp_symmetry *s, size_t start, el4ml_random *random)
{
    el4ml_mlp_identity(m, s);
    if (start == 1)
        for (size_t l = 1; l < m->layers; l++)
            improve_layer(m, s, l, INCOMING, 0, NULL);
    else if (start == 2)
        for (size_t l = m->layers - 1; l >= 1; l--)
            improve_layer(m, s, l, OUTGOING, 0, NULL);
    else if (start > 2)
        random_group_element(m, s, random);
    for (size_t l = 1; start > 2 && m->rotates && l < m->layers; l++)
        improve_layer(m, s, l, BOTH, 0, NULL); /* or the rotation would be lost at once */
}

/* The image in s->image of s->b, compared with s->a. */
static double image_distance(const el4ml_mlp *m, el4ml_mlp_symmetry *s)
{
    el4ml_mlp_apply(m, s, s->b, s->image);
    return el4ml_distance(m->dimension, s->a, s->image);
}

/* The closest image found, left in s->best; its distance. */
static double closest(const el4ml_mlp *m, el4ml_mlp_symmetry *s, uint64_t variant, double enough)
{
    el4ml_random random = el4ml_random_new(0, purpose_align, variant);
    const double noise = variant ? 0.25 + 0.05 * (double)(variant % 16) : 0;
    const size_t exact = m->rotates ? 1 : 2; /* layers of weights for which one start will do */
    const size_t starts = m->layers <= exact ? 1 : 3 + RANDOM_STARTS;
    double least = INFINITY;
    for (size_t start = 0; start < starts && least > enough; start++) {
        begin(m, s, start, &random);
        settle(m, s);
        for (size_t l = 1; variant && l < m->layers; l++)
            improve_layer(m, s, l, BOTH, noise, &random);
        if (variant && m->rotates) el4ml_mlp_best_rotation(m, s, m->size[m->layers - 1]);
        const double distance = image_distance(m, s);
        if (distance >= least) continue;
        least = distance;
        double *image = s->image;
        s->image = s->best;
        s->best = image;
    }
    return least;
}

static bool all_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

el4ml_status el4ml_mlp_align(const void *self, void *workspace, const double *fixed, const double *moving,
                             uint64_t variant, double *aligned, double *distance)
{
    const el4ml_mlp *m = self;
    el4ml_mlp_symmetry *s = ((el4ml_mlp_workspace *)workspace)->symmetry;
    if (!all_finite(m->dimension, fixed) || !all_finite(m->dimension, moving)) return EL4ML_NUMERICAL;
    el4ml_mlp_remove_flat(m, fixed, s->a);
    el4ml_mlp_remove_flat(m, moving, s->b);
    *distance = closest(m, s, variant, 0);
    if (!isfinite(*distance)) return EL4ML_NUMERICAL;
    el4ml_copy(m->dimension, s->best, aligned);
    add_flat(m, fixed, aligned);
    return EL4ML_OK;
}

el4ml_status el4ml_mlp_same(const void *self, void *workspace, const double *a, const double *b,
                            double tolerance, bool *same)
{
    const el4ml_mlp *m = self;
    el4ml_mlp_symmetry *s = ((el4ml_mlp_workspace *)workspace)->symmetry;
    if (!all_finite(m->dimension, a) || !all_finite(m->dimension, b)) return EL4ML_NUMERICAL;
    el4ml_mlp_remove_flat(m, a, s->a);
    el4ml_mlp_remove_flat(m, b, s->b);
    *same = false;
    /* |g b - a| >= | |b| - |a| |, whatever g. */
    const double norm_a = el4ml_norm(m->dimension, s->a), norm_b = el4ml_norm(m->dimension, s->b);
    if (fabs(norm_a - norm_b) > tolerance * 1.0001 + 1e-12 * norm_a) return EL4ML_OK;
    *same = closest(m, s, 0, tolerance) <= tolerance;
    const size_t exact = m->rotates ? 1 : 2; /* one hidden layer: the assignment is exact */
    if (*same || m->layers <= exact) return EL4ML_OK;
    *same = el4ml_mlp_match(m, s, tolerance);
    return EL4ML_OK;
}

void el4ml_mlp_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                double *y)
{
    const el4ml_mlp *m = self;
    el4ml_mlp_symmetry *s = ((el4ml_mlp_workspace *)workspace)->symmetry;
    random_group_element(m, s, random);
    el4ml_mlp_apply(m, s, x, y);
}
