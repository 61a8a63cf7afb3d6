#include "surface/differences.h"

#include <math.h>

#include "base/linalg.h"

enum { LEVELS = 9 }; /* steps of the ladder, each a quarter of the one before */

typedef struct ladder {
    el4ml_evaluator *e;
    const double *x, *d;
    size_t m; /* 1 or n */
    double *at, *plus, *minus;
} ladder;

/* (f(x + t d) - f(x - t d)) / 2t into y (m). NUMERICAL: not there. */
static el4ml_status central(const ladder *l, double t, double *y)
{
    const size_t n = l->e->n;
    double value[2];
    for (int side = 0; side < 2; side++) {
        const double step = side == 0 ? t : -t;
        for (size_t i = 0; i < n; i++)
            l->at[i] = l->x[i] + step * l->d[i];
        double *gradient = l->m == 1 ? NULL : side == 0 ? l->plus : l->minus;
        const el4ml_status status = el4ml_value_gradient(l->e, l->at, &value[side], gradient);
        if (status != EL4ML_OK) return status;
    }
    if (l->m == 1)
        y[0] = (value[0] - value[1]) / (2 * t);
    else
        for (size_t i = 0; i < n; i++)
            y[i] = (l->plus[i] - l->minus[i]) / (2 * t);
    return EL4ML_OK;
}

el4ml_status el4ml_difference(el4ml_evaluator *e, const double *x, const double *d, bool gradient, double *y,
                              double *error, double *work)
{
    const size_t n = e->n, m = gradient ? n : 1;
    double *coarse = work + 3 * n, *fine = coarse + n, *now = fine + n, *before = now + n, here;
    const ladder l = {e, x, d, m, work, work + n, work + 2 * n};
    el4ml_status status = el4ml_value_gradient(e, x, &here, NULL);
    if (status != EL4ML_OK) return status;
    bool have = false;
    double t = 0.1 * e->surface->info.length_scale;
    *error = INFINITY;
    for (int level = 0; level < LEVELS; level++, t *= 0.25) {
        status = central(&l, t, coarse);
        if (status == EL4ML_OK) status = central(&l, 0.5 * t, fine);
        if (status != EL4ML_OK && status != EL4ML_NUMERICAL) return status;
        const bool finite = status == EL4ML_OK;
        for (size_t i = 0; finite && i < m; i++) /* the t^2 term cancels */
            now[i] = (4 * fine[i] - coarse[i]) / 3;
        double change = finite && have ? el4ml_distance(m, now, before) : INFINITY;
        if (!gradient) change += 1e-15 * (1 + fabs(here)) / t; /* two steps may agree by chance */
        if (change < *error) {
            *error = change;
            el4ml_copy(m, now, y);
        }
        if (finite) el4ml_copy(m, now, before);
        have = finite;
    }
    return EL4ML_OK;
}
