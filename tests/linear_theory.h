/* Critical points of linear autoencoders and of factorisations, from theory: for every subset of the
 * principal (singular) directions one, with its energy, the whole spectrum of its Hessian, and the point
 * itself.
 *
 * Baldi and Hornik, Neural Networks 2, 53 (1989) without an L2 term; Kunin et al., ICML 2019, with one. In
 * the axes of the data, a direction i of the subset S has a code of its own, A_ii = B_ii = sqrt(s_i), and all
 * else is zero. With a change alpha of A (or U) and beta of B^T (or V), both (directions, k), the quadratic
 * form of V falls apart into blocks of one, two or four numbers; they are written out below. autoencoder c_i:
 * variance,        s_i = 1 - lambda d / c_i,       weight of an error in i: c_i / d factorisation  c_i:
 * singular value,  s_i = c_i - lambda N d,         weight: 1 / (N d) */
#ifndef EL4ML_TESTS_LINEAR_THEORY_H
#define EL4ML_TESTS_LINEAR_THEORY_H

#include "engine_help.h"

#define THEORY_MOST 16 /* directions of a side */

typedef struct theory {
    bool factorisation;
    size_t rows, columns, k; /* of the data: N, d */
    size_t directions;       /* min(N, d), or d for the autoencoder */
    double l2;
    double c[THEORY_MOST]; /* descending, distinct */
    double *left;          /* (directions or N, N): orthonormal */
    double *right;         /* (d, d): orthonormal */
    double *x;             /* (N, d): the data */
} theory;

/* Orthonormal rows (n, n) by Gram and Schmidt. */
static inline double *random_axes(el4ml_random *random, size_t n)
{
    double *axes = new_vector(n * n);
    for (size_t i = 0; i < n; i++) {
        double *row = axes + i * n;
        do {
            el4ml_random_direction(random, n, row);
            for (int twice = 0; twice < 2; twice++)
                el4ml_project_out(n, i, axes, row);
        } while (el4ml_norm(n, row) < 0.1);
        el4ml_scale(n, 1 / el4ml_norm(n, row), row);
        el4ml_project_out(n, i, axes, row);
        el4ml_scale(n, 1 / el4ml_norm(n, row), row);
    }
    return axes;
}

/* Data with the given variances or singular values. */
static inline theory theory_new(bool factorisation, size_t rows, size_t columns, size_t k, double l2,
                                const double *c, uint64_t seed)
{
    theory t = {.factorisation = factorisation, .rows = rows, .columns = columns, .k = k, .l2 = l2};
    el4ml_random random = el4ml_random_new(seed, 1, 1);
    t.directions = rows < columns ? rows : columns;
    t.left = random_axes(&random, rows);
    t.right = random_axes(&random, columns);
    t.x = new_vector(rows * columns);
    for (size_t i = 0; i < t.directions; i++) {
        t.c[i] = c[i];
        const double size = factorisation ? c[i] : sqrt(c[i] * (double)rows);
        for (size_t r = 0; r < rows; r++)
            el4ml_axpy(columns, size * t.left[i * rows + r], t.right + i * columns, t.x + r * columns);
    }
    return t;
}

static inline void theory_free(theory *t)
{
    el4ml_release(t->left);
    el4ml_release(t->right);
    el4ml_release(t->x);
}

static inline el4ml_surface *theory_surface(const theory *t)
{
    const el4ml_dataset data = {.rows = t->rows, .inputs = t->columns, .x = t->x};
    el4ml_surface *s = NULL;
    if (t->factorisation)
        ck_assert_int_eq(el4ml_factorisation_new(&(el4ml_factorisation_options){.rank = t->k, .l2 = t->l2},
                                                 &data, &s, NULL),
                         EL4ML_OK);
    else
        ck_assert_int_eq(
            el4ml_autoencoder_new(&(el4ml_autoencoder_options){.code = t->k, .l2 = t->l2}, &data, &s, NULL),
            EL4ML_OK);
    return s;
}

/* What lambda |A|^2 + lambda |B|^2 costs in the unit of c. */
static inline double theory_price(const theory *t)
{
    return t->l2 * (double)t->columns * (t->factorisation ? (double)t->rows : 1);
}

/* Weight of a squared error whose column is along direction i. */
static inline double theory_weight(const theory *t, size_t i)
{
    if (t->factorisation) return 1 / ((double)t->rows * (double)t->columns);
    return (i < t->directions ? t->c[i] : 0) / (double)t->columns;
}

/* s_i; a direction may be in S where this is positive. */
static inline double theory_share(const theory *t, size_t i)
{
    return t->factorisation ? t->c[i] - theory_price(t) : 1 - theory_price(t) / t->c[i];
}

static inline size_t theory_active(const theory *t)
{
    size_t count = 0;
    while (count < t->directions && theory_share(t, count) > 0)
        count++;
    return count;
}

static inline bool in_subset(unsigned subset, size_t i)
{
    return i < THEORY_MOST && (subset >> i & 1);
}

static inline size_t subset_size(unsigned subset)
{
    size_t count = 0;
    for (; subset; subset &= subset - 1)
        count++;
    return count;
}

static inline double theory_energy(const theory *t, unsigned subset)
{
    double energy = 0;
    for (size_t i = 0; i < t->directions; i++) {
        const double s = in_subset(subset, i) ? theory_share(t, i) : 0;
        const double error = t->factorisation ? t->c[i] - s : 1 - s;
        energy += theory_weight(t, i) * error * error + 2 * t->l2 * s;
    }
    return energy;
}

/* Negative eigenvalues: every column without a direction may take any that pays and is left out, and every
 * direction of S may be exchanged for a larger one that is left out. */
static inline size_t theory_index(const theory *t, unsigned subset)
{
    const size_t active = theory_active(t), r = subset_size(subset);
    size_t index = (t->k - r) * (active - r);
    for (size_t i = 0; i < active; i++)
        for (size_t j = i + 1; j < t->directions; j++)
            index += !in_subset(subset, i) && in_subset(subset, j);
    return index;
}

/* Directions that do not change V: of the orbit on which the point lies. */
static inline size_t theory_zero_modes(const theory *t, unsigned subset)
{
    const size_t r = subset_size(subset), k = t->k;
    return t->l2 > 0 ? r * (k - r) + r * (r - (r > 0)) / 2 : 2 * r * k - r * r;
}

/* Without an L2 term, a column without a direction costs nothing where the longer side has no partner. */
static inline bool theory_is_degenerate(const theory *t, unsigned subset)
{
    return t->l2 == 0 && t->factorisation && t->rows != t->columns && subset_size(subset) < t->k;
}

/* ---- The spectrum ---- */

typedef struct spectrum {
    double value[2 * THEORY_MOST * THEORY_MOST];
    size_t count;
} spectrum;

/* Eigenvalues of twice the quadratic form m (n, n). */
static inline void add_block(spectrum *s, size_t n, const double *m)
{
    double a[16], values[4], work[512];
    ck_assert_uint_le(el4ml_eigen_work_size(n), 512);
    for (size_t i = 0; i < n * n; i++)
        a[i] = 2 * m[i];
    ck_assert(el4ml_eigen(n, a, values, false, work, 512));
    for (size_t i = 0; i < n; i++)
        s->value[s->count++] = values[i];
}

/* alpha_ij and beta_ij of direction i outside of S and the column of j in S (s_j, weight w_j), or of a column
 * without a direction (s_j = 0). Sides: which of the two directions exist. */
static inline void add_outside(spectrum *s, const theory *t, size_t i, double share, double weight)
{
    const double own = theory_weight(t, i), l2 = t->l2;
    const double couple = i < t->directions ? (t->factorisation ? weight * t->c[i] : own) : 0;
    const bool left = !t->factorisation || i < t->rows, right = i < t->columns;
    const double alpha = weight * share + l2, beta = (t->factorisation ? weight : own) * share + l2;
    if (left && right)
        add_block(s, 2, (const double[]){alpha, -couple, -couple, beta});
    else
        add_block(s, 1, left ? &alpha : &beta);
}

/* Directions i and j, both in S: alpha_ij, beta_ij, alpha_ji, beta_ji. */
static inline void add_inside(spectrum *s, const theory *t, size_t i, size_t j)
{
    const double p = sqrt(theory_share(t, i)), q = sqrt(theory_share(t, j)), l2 = t->l2;
    const double wi = theory_weight(t, i), wj = theory_weight(t, j);
    if (i == j) {
        const double sum = wi * p * p;
        add_block(s, 2, (const double[]){sum + l2, sum - l2, sum - l2, sum + l2});
        return;
    }
    const double first[4] = {q, 0, 0, p}, other[4] = {0, q, p, 0}; /* d(AB)_ij, d(AB)_ji */
    double m[16] = {l2, -l2, 0, 0, -l2, l2, 0, 0, 0, 0, l2, -l2, 0, 0, -l2, l2};
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < 4; b++)
            m[4 * a + b] += wj * first[a] * first[b] + wi * other[a] * other[b];
    add_block(s, 4, m);
}

static inline int theory_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All eigenvalues of the Hessian, ascending. */
static inline void theory_spectrum(const theory *t, unsigned subset, spectrum *s)
{
    const size_t all = t->factorisation && t->rows > t->columns ? t->rows : t->columns;
    s->count = 0;
    for (size_t i = 0; i < all; i++)
        for (size_t j = 0; j < t->directions; j++) {
            if (!in_subset(subset, j)) continue;
            if (!in_subset(subset, i))
                add_outside(s, t, i, theory_share(t, j), theory_weight(t, j));
            else if (i <= j)
                add_inside(s, t, i, j);
        }
    for (size_t column = subset_size(subset); column < t->k; column++)
        for (size_t i = 0; i < all; i++) {
            const double l2 = t->l2;
            if (in_subset(subset, i))
                add_block(s, 2, (const double[]){l2, -l2, -l2, l2});
            else
                add_outside(s, t, i, 0, theory_weight(t, 0));
        }
    qsort(s->value, s->count, sizeof *s->value, theory_order);
}

/* ---- The point ---- */

/* The critical point of the subset, turned by the rows of q (k, k). */
static inline void theory_point(const theory *t, unsigned subset, const double *q, double *x)
{
    const size_t d = t->columns, k = t->k, sides = t->factorisation ? t->rows : d;
    const double *left = t->factorisation ? t->left : t->right;
    size_t column = 0;
    memset(x, 0, (sides + d) * k * sizeof *x);
    for (size_t i = 0; i < t->directions; i++) {
        if (!in_subset(subset, i)) continue;
        const double size = sqrt(theory_share(t, i));
        for (size_t a = 0; a < k; a++) {
            const double part = size * q[column * k + a];
            for (size_t r = 0; r < sides; r++) /* U, or the decoder, which comes second */
                x[(t->factorisation ? 0 : d * k) + r * k + a] += part * left[i * sides + r];
            for (size_t j = 0; j < d; j++)
                x[t->factorisation ? (t->rows + j) * k + a : a * d + j] += part * t->right[i * d + j];
        }
        column++;
    }
}

#endif
