/* The end of an elimination, when nearly every state that is left exchanges with nearly every other: the same
 * arithmetic on a triangle of scaled numbers, EL4ML_PANEL pivots at a time. */
#ifndef EL4ML_KINETICS_DENSE_ELIMINATION_H
#define EL4ML_KINETICS_DENSE_ELIMINATION_H

#include "base/scaled.h"
#include "el4ml/status.h"

/* The part of a symmetric matrix above its diagonal, row by row; a zero has exponent INT32_MIN / 2. */
typedef struct el4ml_dense {
    size_t count;
    double *m;
    int32_t *e;
} el4ml_dense;

/* All zeros; false when out of memory. */
bool el4ml_dense_init(el4ml_dense *dense, size_t count);
void el4ml_dense_clear(el4ml_dense *dense);

/* Of i, j: i < j. */
static inline size_t el4ml_dense_at(const el4ml_dense *dense, size_t i, size_t j)
{
    return i * (2 * dense->count - i - 1) / 2 + (j - i - 1);
}

static inline el4ml_scaled el4ml_dense_value(const el4ml_dense *dense, size_t at)
{
    const el4ml_scaled value = {dense->m[at], dense->e[at]};
    return value;
}

/* Eliminate 0, 1, ... in turn. In: fluxes between states, and to the two grounds (count each). Out: shares
 * P_ij, outflow S_i, probabilities of the grounds. False when out of memory. */
bool el4ml_dense_eliminate(el4ml_dense *dense, el4ml_scaled *const ground[2], el4ml_scaled *outflow);

#endif
