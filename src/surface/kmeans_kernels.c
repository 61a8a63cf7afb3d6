#include "surface/kmeans_kernels.h"

#include <math.h>

#include "base/vector.h"

#define L VECTOR_LANES
#define BLOCK EL4ML_KMEANS_BLOCK
#define VECTORS (BLOCK / L) /* of a block */

/* |x_p - c|^2 of one block of points. */
VECTOR_INLINE void block_squares(size_t stride, size_t inputs, const double *columns, const double *c,
                                 vector sum[VECTORS])
{
    for (size_t v = 0; v < VECTORS; v++)
        sum[v] = (vector){0};
    for (size_t j = 0; j < inputs; j++) {
        const vector centre = vector_all(c[j]);
        for (size_t v = 0; v < VECTORS; v++) {
            const vector d = vector_load(columns + j * stride + v * L) - centre;
            sum[v] += d * d;
        }
    }
}

static void squares(size_t stride, size_t inputs, size_t clusters, const double *columns, const double *c,
                    double *square)
{
    for (size_t p = 0; p < stride; p += BLOCK)
        for (size_t k = 0; k < clusters; k++) {
            vector sum[VECTORS];
            block_squares(stride, inputs, columns + p, c + k * inputs, sum);
            for (size_t v = 0; v < VECTORS; v++)
                vector_store(square + k * stride + p + v * L, sum[v]);
        }
}

typedef uint64_t labels __attribute__((vector_size(VECTOR_BYTES), may_alias));

static void measure(size_t stride, size_t inputs, size_t clusters, const double *columns, const double *c,
                    const el4ml_kmeans_distances *out)
{
    for (size_t p = 0; p < stride; p += BLOCK) {
        vector first[VECTORS], second[VECTORS];
        labels nearest[VECTORS];
        for (size_t v = 0; v < VECTORS; v++) {
            first[v] = second[v] = vector_all(INFINITY);
            nearest[v] = (labels){0};
        }
        for (size_t k = 0; k < clusters; k++) {
            vector sum[VECTORS];
            block_squares(stride, inputs, columns + p, c + k * inputs, sum);
            for (size_t v = 0; v < VECTORS; v++) {
                vector_store(out->square + k * stride + p + v * L, sum[v]);
                const labels lower = (labels)(sum[v] < first[v]);
                nearest[v] = (lower & (uint64_t)k) | (~lower & nearest[v]);
                second[v] = vector_min(second[v], vector_max(first[v], sum[v]));
                first[v] = vector_min(first[v], sum[v]);
            }
        }
        for (size_t v = 0; v < VECTORS; v++) {
            vector_store(out->first + p + v * L, first[v]);
            vector_store(out->second + p + v * L, second[v]);
            *(labels *)(out->nearest + p + v * L) = nearest[v];
        }
    }
}

#define JOIN2(name, set) name##_##set
#define JOIN(name, set) JOIN2(name, set)

const el4ml_kmeans_kernels JOIN(el4ml_kmeans_kernels, EL4ML_KERNEL_SET) = {measure, squares};
