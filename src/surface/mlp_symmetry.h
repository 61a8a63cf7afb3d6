/* The group of a perceptron acting on its parameters, and one thread's memory for it.
 * An operation g is, for each hidden layer l, source[l][i] = j and sign[l][i] = s: unit i of g x is s times
 * unit j of x, that is (g x): W_l[i][k] = s_i s_k W_l[j_i][j_k], b_l[i] = s_i b_l[j_i], with the identity on
 * inputs and outputs. Where m->rotates, W_L is then multiplied by an orthogonal matrix (mlp_rotation.c). */
#ifndef EL4ML_SURFACE_MLP_SYMMETRY_H
#define EL4ML_SURFACE_MLP_SYMMETRY_H

#include "surface/mlp.h"

typedef struct el4ml_mlp_symmetry {
    size_t *source[EL4ML_MLP_LAYERS + 1]; /* layers 0 ... L; 0 and L are always the identity */
    double *sign[EL4ML_MLP_LAYERS + 1];
    bool *forced[EL4ML_MLP_LAYERS + 1]; /* matching: this unit's image is given */
    bool *used[EL4ML_MLP_LAYERS + 1];   /* matching: this unit of b is already an image */
    double *a, *b;                      /* (n) the two points without their flat components */
    double *image, *best;               /* (n) */
    double *sorted_a,
        *sorted_b; /* (n) per layer, at the offset of W_{l+1}: (d_l, d_{l+1}) sorted outgoing weights */
    double *units_a, *units_b; /* (widest, longest unit vector) */
    double *cost, *product;    /* (widest, widest) */
    double *assign_doubles;
    size_t *assign_indices, *column;
    /* Where m->rotates; d = d_L */
    double *rotation;      /* (d, d) */
    double *rotated;       /* (d, d_{L-1}) W_L of b turned by it */
    double *turned, *turn; /* (d, d_{L-1}), (d, d): scratch */
    double *lengths;       /* (d) */
    double *procrustes;    /* work */
    double *doubles;       /* what all the above live in */
    size_t *indices;
    bool *flags;
} el4ml_mlp_symmetry;

static inline bool el4ml_mlp_is_odd(const el4ml_mlp *m)
{
    return m->activation == EL4ML_TANH;
}

void el4ml_mlp_identity(const el4ml_mlp *m, el4ml_mlp_symmetry *s);
void el4ml_mlp_apply(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, const double *x, double *y);
/* y = x without its components along the flat directions. */
void el4ml_mlp_remove_flat(const el4ml_mlp *m, const double *x, double *y);

/* mlp_rotation.c. Exactly flat directions of the rotation when W_L has this rank; the rank that W_L has where
 * nothing is special, and at x; the directions at x, orthonormal, or with `basis` NULL their number. */
size_t el4ml_mlp_rotations(const el4ml_mlp *m, size_t rank);
size_t el4ml_mlp_usual_rank(const el4ml_mlp *m);
size_t el4ml_mlp_rank(const el4ml_mlp *m, el4ml_mlp_symmetry *s, const double *x);
size_t el4ml_mlp_rotation_modes(const el4ml_mlp *m, el4ml_mlp_symmetry *s, const double *x, double *basis);
/* s->rotated from s->rotation and s->b. */
void el4ml_mlp_set_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s);
void el4ml_mlp_no_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s);
void el4ml_mlp_random_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s, el4ml_random *random);
/* The rotation that brings the first `units` of the last hidden layer of b, moved by the operation in s,
 * closest to those of a. */
void el4ml_mlp_best_rotation(const el4ml_mlp *m, el4ml_mlp_symmetry *s, size_t units);
void el4ml_mlp_turn(const el4ml_mlp *m, const el4ml_mlp_symmetry *s, double *y);

/* mlp_matching.c: is there an operation g with |g b - a| <= tolerance, a and b as in s? Complete. Nothing of
 * s but a and b is read. */
bool el4ml_mlp_match(const el4ml_mlp *m, el4ml_mlp_symmetry *s, double tolerance);

#endif
