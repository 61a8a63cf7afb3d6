/* The coefficients of the separated auc loss: C_d[l][k] with
 *     f(WIDTH d + WIDTH (s - t) / 2) = sum_kl C_d[l][k] T_k(s) T_l(t),   |s|, |t| <= 1,
 * for f(x) = sigma(-x), its slope's size sigma(x) sigma(-x), and its second derivative; d = 0 ... REACH, the
 * rest by symmetry. Made in long double, so that the coefficients are as good as double has them. */
#include <math.h>

#include "surface/pairs.h"

enum { NODES = 44, TERMS = EL4ML_AUC_TERMS };

typedef long double real;

/* The three functions at x. */
static void functions(real x, real f[3])
{
    const real e = expl(-fabsl(x)), small = e / (1 + e), large = 1 / (1 + e);
    f[0] = x > 0 ? small : large;
    f[1] = small * large;
    f[2] = f[1] * (x > 0 ? large - small : small - large);
}

/* From values at the nodes (t, s) to coefficients (l, k). */
static void transform(real value[NODES][NODES], real cosine[TERMS][NODES], double *c)
{
    for (int l = 0; l < TERMS; l++) {
        real row[NODES]; /* transformed over t */
        for (int s = 0; s < NODES; s++) {
            row[s] = 0;
            for (int t = 0; t < NODES; t++)
                row[s] += cosine[l][t] * value[t][s];
        }
        for (int k = 0; k < TERMS; k++) {
            real sum = 0;
            for (int s = 0; s < NODES; s++)
                sum += cosine[k][s] * row[s];
            c[l * TERMS + k] = (double)(sum * (k ? 2 : 1) * (l ? 2 : 1) / (NODES * NODES));
        }
    }
}

void el4ml_auc_series(double *series)
{
    static const real pi = 3.14159265358979323846264338327950288L;
    real cosine[TERMS][NODES], node[NODES], value[3][NODES][NODES];
    for (int i = 0; i < NODES; i++) {
        const real angle = pi * ((real)i + 0.5L) / NODES;
        node[i] = cosl(angle);
        for (int k = 0; k < TERMS; k++)
            cosine[k][i] = cosl((real)k * angle);
    }
    for (int d = 0; d <= EL4ML_AUC_REACH; d++) {
        for (int t = 0; t < NODES; t++)
            for (int s = 0; s < NODES; s++) {
                real f[3];
                functions((real)EL4ML_AUC_WIDTH * ((real)d + (node[s] - node[t]) / 2), f);
                for (int i = 0; i < 3; i++)
                    value[i][t][s] = f[i];
            }
        for (int i = 0; i < 3; i++)
            transform(value[i], cosine, series + ((i * (EL4ML_AUC_REACH + 1) + d) * TERMS * TERMS));
    }
}
