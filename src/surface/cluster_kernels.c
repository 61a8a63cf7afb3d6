/* Lennard-Jones, f = 4 (s^-6 - s^-3), through the passes of cluster_pairs.h; and how well two clusters
 * overlap. */
#include "base/vector.h"

typedef struct pair_slope {
    vector energy, steep;
} pair_slope;

typedef struct pair_curvature {
    vector a, b;
} pair_curvature;

#define ENERGY_FACTOR 4
#define SLOPE_FACTOR(range) ((void)(range), -48)

VECTOR_INLINE pair_slope slope_of_pair(double range, vector s)
{
    (void)range;
    const vector inv = 1.0 / s, r6 = inv * inv * inv;
    return (pair_slope){r6 * (r6 - 1.0), (inv * r6) * (r6 - 0.5)};
}

VECTOR_INLINE pair_curvature curvature_of_pair(double range, vector s)
{
    (void)range;
    const vector inv = 1.0 / s, r6 = inv * inv * inv, part = inv * r6;
    return (pair_curvature){part * (24.0 - 48.0 * r6), (inv * part) * (672.0 * r6 - 192.0)};
}

#include "surface/cluster_pairs.h"

/* ---- How well two clusters overlap ---- */

static double nearest(size_t n, const double *a, const double *weight, const double *b,
                      const double rotation[9], double *rotated)
{
    const size_t stride = EL4ML_CLUSTER_STRIDE(n);
    for (size_t i = 0; i < n; i += WIDTH)
        for (size_t k = 0; k < 3; k++) {
            const double *r = rotation + 3 * k;
            vector_store(rotated + k * stride + i, r[0] * vector_load(b + i) +
                                                       r[1] * vector_load(b + stride + i) +
                                                       r[2] * vector_load(b + 2 * stride + i));
        }
    vector sum = {0};
    for (size_t i = 0; i < n; i += WIDTH) {
        const vector x = vector_load(a + i), y = vector_load(a + stride + i),
                     z = vector_load(a + 2 * stride + i);
        vector least = vector_all(1e300);
        for (size_t j = 0; j < n; j++) {
            const vector dx = x - rotated[j], dy = y - rotated[stride + j], dz = z - rotated[2 * stride + j];
            least = vector_min(least, dx * dx + dy * dy + dz * dz);
        }
        sum += vector_load(weight + i) * least;
    }
    return vector_sum(sum);
}

#define NAME_(set) el4ml_cluster_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_cluster_kernels NAME(EL4ML_KERNEL_SET) = {{value_gradient, hessian_vector, hessian}, nearest};
