/* The limited-memory matrix of L-BFGS: the last pairs s, y and what they make of a gradient (Liu and Nocedal,
 * Math. Program. 45, 503, 1989). The minimiser and the elastic band share it. */
#ifndef EL4ML_MINIMISE_LBFGS_H
#define EL4ML_MINIMISE_LBFGS_H

#include "el4ml/status.h"

typedef struct el4ml_lbfgs {
    size_t n, history, capacity; /* capacity: of s and y together */
    double *s, *y;               /* (history, n): a ring */
    double *rho, *alpha;         /* (history) */
    size_t stored, next;
} el4ml_lbfgs;

/* Vectors of length n, a multiple of 8 or with whatever is behind them: whole vectors are fastest. */
bool el4ml_lbfgs_init(el4ml_lbfgs *l, size_t n, size_t history);
void el4ml_lbfgs_clear(el4ml_lbfgs *l);
/* Vectors of another length from now on; allocates only when there is not room enough. Forgets. */
bool el4ml_lbfgs_resize(el4ml_lbfgs *l, size_t n);
void el4ml_lbfgs_forget(el4ml_lbfgs *l);
/* The slots for the next pair: fill both, then keep. */
double *el4ml_lbfgs_slot_s(el4ml_lbfgs *l);
double *el4ml_lbfgs_slot_y(el4ml_lbfgs *l);
/* Keep the pair in the slots unless |s.y| <= least |s|^2. Negative curvature is kept, as GMIN does. */
void el4ml_lbfgs_keep(el4ml_lbfgs *l, double least);
/* The recursion's two halves: q becomes what the initial matrix is to be applied to, and then d. Between them
 * the caller applies it, for instance el4ml_lbfgs_scale. */
void el4ml_lbfgs_before(el4ml_lbfgs *l, double *q);
void el4ml_lbfgs_after(el4ml_lbfgs *l, double *d);
/* s.y / y.y of the last pair; 1 while nothing is stored. */
double el4ml_lbfgs_scale(const el4ml_lbfgs *l);

#endif
