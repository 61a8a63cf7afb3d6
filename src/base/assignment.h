/* The linear assignment problem: shortest augmenting paths with dual variables (Jonker and Volgenant 1987).
 */
#ifndef EL4ML_BASE_ASSIGNMENT_H
#define EL4ML_BASE_ASSIGNMENT_H

#include "el4ml/status.h"

/* Doubles and size_t that el4ml_assign needs as work. */
#define EL4ML_ASSIGN_DOUBLES(n) (3 * ((n) + 1))
#define EL4ML_ASSIGN_INDICES(n) (3 * ((n) + 1))

/* column[i] of each row i minimising sum cost[i * n + column[i]]; returns that sum. Finite costs. */
double el4ml_assign(size_t n, const double *cost, size_t *column, double *work, size_t *indices);

#endif
