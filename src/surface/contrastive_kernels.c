/* The contrastive loss of an embedding f (Hadsell, Chopra and LeCun, CVPR 2006, with a softplus for the
 * corner): mean over pairs of psi(u), u = |f_i - f_j|^2. Within a class psi = D^2 = u + epsilon^2; across
 * classes psi = S^2, S = softplus_beta(margin - D), with s = sigma(beta (margin - D)):
 *
 *     psi' = -S s / D,    psi'' = (s^2 + beta S s (1 - s) + S s / D) / (2 D^2)
 *
 * With d = f_i - f_j a pair adds 2 psi' d to df_i, less that to df_j, and couples i and j by the matrix
 * A = 2 psi' 1 + 4 psi'' d d^T. Of all pairs, those within a class need their mean alone:
 * sum_j (f_i - f_j) = n (f_i - mean). */
#include <string.h>

#include "base/vector_math.h"
#include "surface/pairs_work.h"

enum { LANES = EL4ML_PAIRS_LANES };

/* Of one vector of pairs. */
typedef struct bond {
    vector value, slope, bend; /* psi, 2 psi', 4 psi'' */
} bond;

VECTOR_INLINE bond bond_across(const el4ml_pairs *p, vector u)
{
    const vector distance = vector_sqrt(u + p->epsilon * p->epsilon), z = p->beta * (p->margin - distance);
    const vector e = vector_exp_nonpositive(-vector_abs(z)), inverse = 1 / (e + 1);
    const vector s = (vector)(((bits)inverse & (bits)(z >= 0)) | ((bits)(e * inverse) & (bits)(z < 0)));
    const vector soft = (vector_max(vector_all(0), z) + vector_log1p_unit(e)) * (1 / p->beta);
    const vector per = 1 / distance, pull = soft * s * per;
    return (bond){soft * soft, -2 * pull, 2 * per * per * (s * s + p->beta * soft * s * (1 - s) + pull)};
}

/* Row c of an array with room for a vector that begins at the last point. */
static double *row(const el4ml_pairs *p, double *array, size_t c)
{
    return array + c * (p->stride + LANES);
}

static void load_points(const el4ml_pairs *p, const double *from, double *to)
{
    for (size_t c = 0; c < p->outputs; c++)
        memcpy(row(p, to, c), from + c * p->stride, p->points * sizeof *to);
}

static void store_points(const el4ml_pairs *p, double *from, double scale, double *to)
{
    for (size_t c = 0; c < p->outputs; c++)
        for (size_t i = 0; i < p->stride; i++)
            to[c * p->stride + i] = i < p->points ? scale * row(p, from, c)[i] : 0;
}

static void clear(const el4ml_pairs *p, double *array)
{
    memset(array, 0, p->outputs * (p->stride + LANES) * sizeof *array);
}

/* Of `bend`, whose rows (c, c') are the upper triangle. */
static size_t triangle(const el4ml_pairs *p, size_t c, size_t d)
{
    return c * p->outputs - c * (c + 1) / 2 + d;
}

/* 1 in the first `count` lanes. */
static inline vector first_lanes(size_t count)
{
    vector mask;
    for (size_t i = 0; i < VECTOR_LANES; i++)
        mask[i] = i < count;
    return mask;
}

/* ---- All pairs, within a class ---- */

/* (classes, outputs): means of the rows of f. */
static void class_means(const el4ml_pairs *p, double *f, double *mean)
{
    for (size_t a = 0; a < p->classes; a++)
        for (size_t c = 0; c < p->outputs; c++) {
            const double *x = row(p, f, c);
            double sum = 0;
            for (size_t i = p->start[a]; i < p->start[a + 1]; i++)
                sum += x[i];
            mean[a * p->outputs + c] = sum / (double)(p->start[a + 1] - p->start[a]);
        }
}

/* out += 2 n (f_i - mean); returns the sum of D^2. */
static double within_classes(const el4ml_pairs *p, el4ml_pairs_work *w, double *f, double *out)
{
    double total = 0;
    class_means(p, f, w->mean);
    for (size_t a = 0; a < p->classes; a++) {
        const size_t from = p->start[a], to = p->start[a + 1];
        const double n = (double)(to - from);
        for (size_t c = 0; c < p->outputs; c++) {
            const double *x = row(p, f, c), mean = w->mean[a * p->outputs + c];
            double *y = out ? row(p, out, c) : NULL, squares = 0;
            for (size_t i = from; i < to; i++) {
                const double d = x[i] - mean;
                squares += d * d;
                if (y) y[i] += 2 * n * d;
            }
            total += n * squares;
        }
        total += 0.5 * n * (n - 1) * p->epsilon * p->epsilon;
    }
    return total;
}

static void bend_within_classes(const el4ml_pairs *p, double *bend)
{
    for (size_t a = 0; a < p->classes; a++)
        for (size_t c = 0; c < p->outputs; c++)
            for (size_t i = p->start[a]; i < p->start[a + 1]; i++)
                bend[triangle(p, c, c) * p->stride + i] += 2 * (double)(p->start[a + 1] - p->start[a] - 1);
}

/* ---- All pairs, across classes: point i with all points of the classes after its own ---- */

VECTOR_INLINE vector square_distance(const el4ml_pairs *p, double *f, size_t i, size_t j)
{
    vector u = vector_all(0);
    for (size_t c = 0; c < p->outputs; c++) {
        const vector d = row(p, f, c)[i] - vector_load_unaligned(row(p, f, c) + j);
        u += d * d;
    }
    return u;
}

static void add_to(double *at, vector x)
{
    vector_store_unaligned(at, vector_load_unaligned(at) + x);
}

/* The forces of one vector of bonds: onto the points j, and into `sum` (outputs) for i. */
static void pull(const el4ml_pairs *p, el4ml_pairs_work *w, size_t i, size_t j, vector slope)
{
    for (size_t c = 0; c < p->outputs; c++) {
        const vector force = slope * (row(p, w->f, c)[i] - vector_load_unaligned(row(p, w->f, c) + j));
        row(p, w->g, c)[i] += vector_sum(force);
        add_to(row(p, w->g, c) + j, -force);
    }
}

/* The part of `bend` that one vector of bonds adds to i and to each j. */
static void stiffen(const el4ml_pairs *p, el4ml_pairs_work *w, size_t i, size_t j, size_t count,
                    const bond *b, double *bend)
{
    for (size_t c = 0; c < p->outputs; c++) {
        const vector own = row(p, w->f, c)[i] - vector_load_unaligned(row(p, w->f, c) + j);
        for (size_t d = c; d < p->outputs; d++) {
            const vector other = row(p, w->f, d)[i] - vector_load_unaligned(row(p, w->f, d) + j);
            vector a = b->bend * own * other;
            if (c == d) a += b->slope;
            double *to = bend + triangle(p, c, d) * p->stride;
            to[i] += vector_sum(a);
            for (size_t k = 0; k < count; k++)
                to[j + k] += a[k];
        }
    }
}

static bond masked(bond b, size_t count)
{
    if (count >= VECTOR_LANES) return b;
    const vector mask = first_lanes(count);
    return (bond){b.value * mask, b.slope * mask, b.bend * mask};
}

static size_t lanes_left(const el4ml_pairs *p, size_t j)
{
    return p->points - j < VECTOR_LANES ? p->points - j : VECTOR_LANES;
}

static double across_classes(const el4ml_pairs *p, el4ml_pairs_work *w, bool slopes, double *bend)
{
    vector total = vector_all(0);
    for (size_t a = 0; a < p->classes; a++)
        for (size_t i = p->start[a]; i < p->start[a + 1]; i++)
            for (size_t j = p->start[a + 1]; j < p->points; j += VECTOR_LANES) {
                const size_t count = lanes_left(p, j);
                const bond b = masked(bond_across(p, square_distance(p, w->f, i, j)), count);
                total += b.value;
                if (slopes) pull(p, w, i, j, b.slope);
                if (bend) stiffen(p, w, i, j, count, &b, bend);
            }
    return vector_sum(total);
}

/* g_i += A (t_i - t_j), g_j less that. */
static void change_across_classes(const el4ml_pairs *p, el4ml_pairs_work *w)
{
    for (size_t a = 0; a < p->classes; a++)
        for (size_t i = p->start[a]; i < p->start[a + 1]; i++)
            for (size_t j = p->start[a + 1]; j < p->points; j += VECTOR_LANES) {
                const bond b = masked(bond_across(p, square_distance(p, w->f, i, j)), lanes_left(p, j));
                vector along = vector_all(0);
                for (size_t c = 0; c < p->outputs; c++)
                    along += (row(p, w->f, c)[i] - vector_load_unaligned(row(p, w->f, c) + j)) *
                             (row(p, w->h, c)[i] - vector_load_unaligned(row(p, w->h, c) + j));
                along *= b.bend;
                for (size_t c = 0; c < p->outputs; c++) {
                    const vector force =
                        b.slope * (row(p, w->h, c)[i] - vector_load_unaligned(row(p, w->h, c) + j)) +
                        along * (row(p, w->f, c)[i] - vector_load_unaligned(row(p, w->f, c) + j));
                    row(p, w->g, c)[i] += vector_sum(force);
                    add_to(row(p, w->g, c) + j, -force);
                }
            }
}

/* ---- Pairs that were drawn: their slopes and bends first, a vector of pairs at a time ---- */

static double bonds(const el4ml_pairs *p, el4ml_pairs_work *w)
{
    double total = 0;
    for (size_t k = 0; k < p->drawn; k += VECTOR_LANES) {
        const size_t left = p->drawn - k, count = left < VECTOR_LANES ? left : VECTOR_LANES;
        vector u = vector_all(0);
        for (size_t c = 0; c < p->outputs; c++) {
            const double *f = row(p, w->f, c);
            vector d = vector_all(0);
            for (size_t i = 0; i < count; i++)
                d[i] = f[p->first[k + i]] - f[p->second[k + i]];
            u += d * d;
        }
        const bond b =
            k + VECTOR_LANES <= p->same ? (bond){u, vector_all(2), vector_all(0)} : bond_across(p, u);
        for (size_t i = 0; i < count; i++) {
            const bool same = k + i < p->same;
            total += same ? u[i] + p->epsilon * p->epsilon : b.value[i];
            w->slope[k + i] = same ? 2 : b.slope[i];
            w->bend[k + i] = same ? 0 : b.bend[i];
        }
    }
    return total;
}

/* Neighbouring pairs share their second point, whose sum stays in a register: through memory each addition
 * would wait for the one before. */
static void pull_drawn(const el4ml_pairs *p, el4ml_pairs_work *w)
{
    for (size_t c = 0; c < p->outputs; c++) {
        const double *f = row(p, w->f, c);
        double *g = row(p, w->g, c);
        for (size_t k = 0; k < p->drawn;) {
            const size_t j = p->second[k];
            const double own = f[j];
            double sum = 0;
            for (; k < p->drawn && p->second[k] == j; k++) {
                const double force = w->slope[k] * (f[p->first[k]] - own);
                g[p->first[k]] += force;
                sum += force;
            }
            g[j] -= sum;
        }
    }
}

static void stiffen_drawn(const el4ml_pairs *p, el4ml_pairs_work *w, double *bend)
{
    for (size_t c = 0; c < p->outputs; c++)
        for (size_t d = c; d < p->outputs; d++) {
            const double *x = row(p, w->f, c), *y = row(p, w->f, d);
            double *to = bend + triangle(p, c, d) * p->stride;
            for (size_t k = 0; k < p->drawn; k++) {
                const size_t i = p->first[k], j = p->second[k];
                const double a = (c == d ? w->slope[k] : 0) + w->bend[k] * (x[i] - x[j]) * (y[i] - y[j]);
                to[i] += a;
                to[j] += a;
            }
        }
}

static void change_drawn(const el4ml_pairs *p, el4ml_pairs_work *w)
{
    for (size_t k = 0; k < p->drawn; k++) {
        const size_t i = p->first[k], j = p->second[k];
        double along = 0;
        for (size_t c = 0; c < p->outputs; c++)
            along += (row(p, w->f, c)[i] - row(p, w->f, c)[j]) * (row(p, w->h, c)[i] - row(p, w->h, c)[j]);
        along *= w->bend[k];
        for (size_t c = 0; c < p->outputs; c++) {
            const double force = w->slope[k] * (row(p, w->h, c)[i] - row(p, w->h, c)[j]) +
                                 along * (row(p, w->f, c)[i] - row(p, w->f, c)[j]);
            row(p, w->g, c)[i] += force;
            row(p, w->g, c)[j] -= force;
        }
    }
}

/* ---- The kernels ---- */

static double loss(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score, double *delta,
                   double *bend)
{
    const double scale = 1 / p->pairs;
    const size_t bends = p->outputs * (p->outputs + 1) / 2 * p->stride;
    double total;
    load_points(p, score, w->f);
    clear(p, w->g);
    if (bend) memset(bend, 0, bends * sizeof *bend);
    if (p->drawn) {
        total = bonds(p, w);
        if (delta) pull_drawn(p, w);
        if (bend) stiffen_drawn(p, w, bend);
    } else {
        total = within_classes(p, w, w->f, delta ? w->g : NULL);
        if (bend) bend_within_classes(p, bend);
        total += across_classes(p, w, delta != NULL, bend);
    }
    if (delta) store_points(p, w->g, scale, delta);
    for (size_t i = 0; bend && i < bends; i++)
        bend[i] *= scale;
    return scale * total;
}

static void product(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score, const double *bend,
                    const double *tangent, double *change)
{
    (void)score;
    (void)bend;
    load_points(p, tangent, w->h);
    clear(p, w->g);
    if (p->drawn) {
        change_drawn(p, w);
    } else {
        within_classes(p, w, w->h, w->g);
        change_across_classes(p, w);
    }
    store_points(p, w->g, 1 / p->pairs, change);
}

/* ---- What joins points: the Jacobian's rows (output, point), and -A between those of a pair ---- */

static size_t plan(const el4ml_pairs *p, el4ml_pairs_work *w)
{
    (void)w;
    return p->outputs * p->points;
}

static void gather(const el4ml_pairs *p, el4ml_pairs_work *w, const el4ml_pairs_slab *slab, double *nodes)
{
    (void)w;
    memcpy(nodes + (slab->output * p->points + slab->point) * slab->width, slab->rows,
           slab->count * slab->width * sizeof *nodes);
}

/* Where what is coupled goes. */
typedef struct target {
    const el4ml_pairs *p;
    el4ml_pairs_work *w;
    size_t width;
    const double *nodes;
    double *coupled;
} target;

/* Point i with point j, either way: A J = slope J + bend d (d . J). */
static void couple_pair(const target *t, size_t i, size_t j, double slope, double bend)
{
    const size_t n = t->p->points, outputs = t->p->outputs, width = t->width;
    if (slope == 0 && bend == 0) return;
    for (size_t k = 0; k < width; k += VECTOR_LANES) {
        vector along_i = vector_all(0), along_j = vector_all(0);
        for (size_t c = 0; c < outputs; c++) {
            const double d = row(t->p, t->w->f, c)[i] - row(t->p, t->w->f, c)[j];
            along_i += d * vector_load(t->nodes + (c * n + i) * width + k);
            along_j += d * vector_load(t->nodes + (c * n + j) * width + k);
        }
        for (size_t c = 0; c < outputs; c++) {
            const double d = bend * (row(t->p, t->w->f, c)[i] - row(t->p, t->w->f, c)[j]);
            double *to_i = t->coupled + (c * n + i) * width + k, *to_j = t->coupled + (c * n + j) * width + k;
            const double *from_i = t->nodes + (c * n + i) * width + k,
                         *from_j = t->nodes + (c * n + j) * width + k;
            vector_store(to_i, vector_load(to_i) - slope * vector_load(from_j) - d * along_j);
            vector_store(to_j, vector_load(to_j) - slope * vector_load(from_i) - d * along_i);
        }
    }
}

/* -2 (sum over the class, less the point itself); `sum` (width) is scratch. */
static void couple_within_classes(const target *t, double *sum)
{
    const el4ml_pairs *p = t->p;
    for (size_t c = 0; c < p->outputs; c++)
        for (size_t a = 0; a < p->classes; a++) {
            memset(sum, 0, t->width * sizeof *sum);
            for (size_t i = p->start[a]; i < p->start[a + 1]; i++)
                for (size_t k = 0; k < t->width; k += VECTOR_LANES)
                    vector_store(sum + k, vector_load(sum + k) +
                                              vector_load(t->nodes + (c * p->points + i) * t->width + k));
            for (size_t i = p->start[a]; i < p->start[a + 1]; i++)
                for (size_t k = 0; k < t->width; k += VECTOR_LANES) {
                    const size_t at = (c * p->points + i) * t->width + k;
                    vector_store(t->coupled + at,
                                 vector_load(t->coupled + at) -
                                     2 * (vector_load(sum + k) - vector_load(t->nodes + at)));
                }
        }
}

static void couple_across_classes(const target *t)
{
    const el4ml_pairs *p = t->p;
    for (size_t a = 0; a < p->classes; a++)
        for (size_t i = p->start[a]; i < p->start[a + 1]; i++)
            for (size_t j = p->start[a + 1]; j < p->points; j += VECTOR_LANES) {
                const bond b = bond_across(p, square_distance(p, t->w->f, i, j));
                for (size_t k = 0; k < lanes_left(p, j); k++)
                    couple_pair(t, i, j + k, b.slope[k], b.bend[k]);
            }
}

static el4ml_pairs_coupling couple(const el4ml_pairs *p, el4ml_pairs_work *w, size_t width, double *nodes,
                                   double *coupled)
{
    const size_t rows = p->outputs * p->points;
    const target t = {p, w, width, nodes, coupled};
    memset(coupled, 0, rows * width * sizeof *coupled);
    for (size_t k = 0; k < p->drawn; k++)
        couple_pair(&t, p->first[k], p->second[k], w->slope[k], w->bend[k]);
    if (!p->drawn) {
        couple_within_classes(&t, coupled + rows * width);
        couple_across_classes(&t);
    }
    return (el4ml_pairs_coupling){rows, nodes, coupled, 1 / p->pairs, false};
}

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

const el4ml_pairs_kernels JOIN(el4ml_contrastive_kernels, EL4ML_KERNEL_SET) = {loss, product, plan, gather,
                                                                               couple};
