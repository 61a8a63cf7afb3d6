/* Sums of decaying exponentials, f(t) = sum_j a_j exp(-r_j t): where they first become positive. */
#ifndef EL4ML_BASE_EXPONENTIALS_H
#define EL4ML_BASE_EXPONENTIALS_H

#include "el4ml/status.h"

#define EL4ML_EXPONENTIALS 5

typedef struct el4ml_exponentials {
    size_t terms;
    double a[EL4ML_EXPONENTIALS], r[EL4ML_EXPONENTIALS]; /* rates ascending, distinct */
} el4ml_exponentials;

/* Add the term a exp(-r t). There must be room for it. */
void el4ml_exponentials_add(el4ml_exponentials *f, double a, double r);
/* The first t in (0, limit] where f passes from negative to positive; f counts as negative at 0, where it may
 * vanish. INFINITY when there is none. `limit` is finite. */
double el4ml_exponentials_crossing(const el4ml_exponentials *f, double limit);

#endif
