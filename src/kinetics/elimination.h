/* Graph transformation of a chain with detailed balance: the sparse factorisation that every exact answer
 * comes from.
 *
 * With weights w and fluxes c (symmetric), mean first-passage times to a set of ground states solve
 *     sum_j c_ij (tau_i - tau_j) = w_i,    tau = 0 on the ground,
 * the equations of a network of conductors. Eliminating state x joins its neighbours:
 *     S_x = sum_j c_xj + g_x,   P_xj = c_xj / S_x,   c_ij += P_xi c_xj,   g_i += P_xi g_x,
 * where g is the flux to the ground and S_x, Wales's 1 - P_xx times the old outflow, is a sum over the
 * others. P_xj is the branching probability of the renormalised network. Everything is a sum of positive
 * products, so every number here, and every solution for a right-hand side that is not negative, has a small
 * relative error whatever the range of the rates (Grassmann, Taksar and Heyman, Oper. Res. 33, 1107, 1985;
 * O'Cinneide, Numer. Math. 65, 109, 1993). */
#ifndef EL4ML_KINETICS_ELIMINATION_H
#define EL4ML_KINETICS_ELIMINATION_H

#include "el4ml/kinetics.h"
#include "kinetics/dense_elimination.h"
#include "kinetics/sparse_rows.h"

/* Where a state stands. Ground states are absorbing; the two kinds are told apart for committors. States
 * outside (not connected to the ground) take no part. */
typedef enum el4ml_place { EL4ML_OUTSIDE, EL4ML_FREE, EL4ML_GROUND_A, EL4ML_GROUND_B } el4ml_place;

typedef struct el4ml_elimination {
    size_t state_count, count; /* states in all; eliminated */
    size_t sparse_count;       /* the first ones, with sparse shares; the others are dense */
    uint32_t *state;           /* (count) in the order of elimination */
    size_t *start;             /* (sparse_count + 1) shares of the k-th are start[k] ... start[k + 1] - 1 */
    el4ml_entry *share;        /* P_xj, j eliminated later */
    el4ml_dense dense;         /* P of the last count - sparse_count */
    el4ml_scaled *outflow;     /* (count) S_x */
    el4ml_scaled *ground[2];   /* (count) probability to go to ground A, B next */
} el4ml_elimination;

/* place: (states). Eliminates all free states, each connected to the ground; order: (their number), or NULL
 * for the least degree first. */
el4ml_status el4ml_elimination_new(const el4ml_rate_network *rates, const el4ml_place *place,
                                   const uint32_t *order, el4ml_elimination **made, el4ml_error *error);
void el4ml_elimination_free(el4ml_elimination *made);

/* x: (states), right-hand side of the free states in, solution out; other states are not touched. */
void el4ml_elimination_solve(const el4ml_elimination *e, el4ml_scaled *x);
/* q: (states), probability of the free states to be absorbed in ground A (which = 0) or B (1). */
void el4ml_elimination_absorption(const el4ml_elimination *e, unsigned which, el4ml_scaled *q);

#endif
