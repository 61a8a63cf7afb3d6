/* Morse, f = e (e - 2) with e = exp(rho (1 - r)), r = sqrt s, through the passes of cluster_pairs.h:
 *     2 f'  = -2 rho e (e - 1) / r
 *     4 f'' = (2 rho e / s) (rho (2 e - 1) + (e - 1) / r)
 */
#include "base/vector_math.h"

typedef struct pair_slope {
    vector energy, steep;
} pair_slope;

typedef struct pair_curvature {
    vector a, b;
} pair_curvature;

#define ENERGY_FACTOR 1
#define SLOPE_FACTOR(range) (-2 * (range))

VECTOR_INLINE pair_slope slope_of_pair(double range, vector s)
{
    const vector r = vector_sqrt(s), e = vector_exp(range * (1.0 - r));
    return (pair_slope){e * (e - 2.0), e * (e - 1.0) / r};
}

VECTOR_INLINE pair_curvature curvature_of_pair(double range, vector s)
{
    const vector r = vector_sqrt(s), inv = 1.0 / r, e = vector_exp(range * (1.0 - r));
    const vector steep = (e - 1.0) * inv, part = 2 * range * e;
    return (pair_curvature){-part * steep, part * (inv * inv) * (range * (2.0 * e - 1.0) + steep)};
}

#include "surface/cluster_pairs.h"

#define NAME_(set) el4ml_morse_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_pair_kernels NAME(EL4ML_KERNEL_SET) = {value_gradient, hessian_vector, hessian};
