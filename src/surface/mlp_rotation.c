/* The continuous symmetry of a perceptron whose loss knows the distances of its outputs alone: W_L times any
 * orthogonal matrix, as V does not change when all embeddings are turned or mirrored together, and |W_L| does
 * not either. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/orthogonal.h"
#include "surface/mlp_symmetry.h"

#define RANK_TOLERANCE                                                                                       \
    1e-6 /* a singular value of W_L below this is none; absolute below 1, else relative                      \
          */

static size_t pairs_of(size_t n)
{
    return n * (n - 1) / 2;
}

size_t el4ml_mlp_rotations(const el4ml_mlp *m, size_t rank)
{
    const size_t d = m->size[m->layers];
    if (!m->rotates) return 0;
    return pairs_of(d) - (rank < d ? pairs_of(d - rank) : 0);
}

size_t el4ml_mlp_usual_rank(const el4ml_mlp *m)
{
    const size_t d = m->size[m->layers], in = m->size[m->layers - 1];
    return d < in ? d : in;
}

/* s->turned: W_L of x turned until its rows are orthogonal, s->turn (d, d) the matrix that does it,
 * s->lengths (d) their norms. Returns the rank. */
static size_t principal_rows(const el4ml_mlp *m, el4ml_mlp_symmetry *s, const double *x)
{
    const size_t d = m->size[m->layers], in = m->size[m->layers - 1];
    double largest = 1;
    size_t rank = 0;
    el4ml_mlp_remove_flat(m, x, s->image);
    el4ml_copy(d * in, s->image + m->weights[m->layers], s->turned);
    el4ml_orthogonal_rows(d, in, s->turned, s->turn);
    for (size_t i = 0; i < d; i++) {
        s->lengths[i] = el4ml_norm(in, s->turned + i * in);
        largest = fmax(largest, s->lengths[i]);
    }
    for (size_t i = 0; i < d; i++) {
        if (s->lengths[i] > RANK_TOLERANCE * largest)
            rank++;
        else
            s->lengths[i] = 0;
    }
    return rank;
}

size_t el4ml_mlp_rank(const el4ml_mlp *m, el4ml_mlp_symmetry *s, const double *x)
{
    return principal_rows(m, s, x);
}

/* In the plane of two principal directions p and q of the outputs: p y_q - q y_p, y their rows of W_L.
 * Orthonormal, once they are scaled. */
size_t el4ml_mlp_rotation_modes(const el4ml_mlp *m, el4ml_mlp_symmetry *s, const double *x, double *basis)
{
    const size_t d = m->size[m->layers], in = m->size[m->layers - 1], n = m->dimension;
    const size_t count = el4ml_mlp_rotations(m, principal_rows(m, s, x));
    if (!basis) return count;
    memset(basis, 0, count * n * sizeof *basis);
    for (size_t p = 0; p < d; p++)
        for (size_t q = p + 1; q < d; q++) {
            const double size = hypot(s->lengths[p], s->lengths[q]);
            if (size == 0) continue;
            double *z = basis + m->weights[m->layers];
            for (size_t c = 0; c < d; c++) {
                el4ml_axpy(in, s->turn[c * d + p] / size, s->turned + q * in, z + c * in);
                el4ml_axpy(in, -s->turn[c * d + q] / size, s->turned + p * in, z + c * in);
            }
            basis += n;
        }
    return count;
}

/* r (d, d) times the rows of w (d, in), into `to`, another place. */
static void turn_rows(size_t d, size_t in, const double *r, const double *w, double *to)
{
    memset(to, 0, d * in * sizeof *to);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++)
            el4ml_axpy(in, r[i * d + j], w + j * in, to + i * in);
}

void el4ml_mlp_set_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s)
{
    turn_rows(m->size[m->layers], m->size[m->layers - 1], s->rotation, s->b + m->weights[m->layers],
              s->rotated);
}

void el4ml_mlp_no_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s)
{
    const size_t d = m->size[m->layers];
    for (size_t i = 0; i < d * d; i++)
        s->rotation[i] = i % (d + 1) == 0;
    el4ml_mlp_set_rotation(m, s);
}

void el4ml_mlp_random_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s, el4ml_random *random)
{
    el4ml_random_orthogonal(random, m->size[m->layers], s->rotation);
    el4ml_mlp_set_rotation(m, s);
}

/* y's W_L, that is x's up to the discrete operation, is turned. */
void el4ml_mlp_turn(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, double *y)
{
    const size_t d = m->size[m->layers], in = m->size[m->layers - 1];
    double *w = y + m->weights[m->layers];
    turn_rows(d, in, s->rotation, w, s->turned);
    el4ml_copy(d * in, s->turned, w);
}

/* product += a_k (s b_j)^T of columns of W_L. */
static void add_columns(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, size_t k, double *product)
{
    const size_t d = m->size[m->layers], in = m->size[m->layers - 1], j = s->source[m->layers - 1][k];
    const double *a = s->a + m->weights[m->layers] + k, *b = s->b + m->weights[m->layers] + j,
                 sign = s->sign[m->layers - 1][k];
    for (size_t r = 0; r < d; r++)
        for (size_t c = 0; c < d; c++)
            product[r * d + c] += sign * a[r * in] * b[c * in];
}

void el4ml_mlp_best_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s, size_t units)
{
    const size_t d = m->size[m->layers];
    memset(s->turn, 0, d * d * sizeof *s->turn);
    for (size_t k = 0; k < units; k++)
        add_columns(m, s, k, s->turn);
    el4ml_procrustes(d, s->turn, s->rotation, s->procrustes);
    el4ml_mlp_set_rotation(m, s);
}
