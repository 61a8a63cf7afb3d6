/* The inner loop of K-means, built once for each instruction set: squared distances of all points to all
 * centroids, and the two smallest of each point. A lane is a point. */
#ifndef EL4ML_SURFACE_KMEANS_KERNELS_H
#define EL4ML_SURFACE_KMEANS_KERNELS_H

#include "base/cpu.h"
#include "el4ml/status.h"

/* Points are worked on in blocks of so many; arrays over points are padded to whole blocks. */
#define EL4ML_KMEANS_BLOCK 16

/* What a set of centroids is to the points. `stride`: points, padded. */
typedef struct el4ml_kmeans_distances {
    double *square;    /* (clusters, stride): |x_p - c_k|^2 */
    double *first;     /* (stride): the smallest of a point, */
    double *second;    /* and the next; infinite with one cluster */
    uint64_t *nearest; /* (stride): the cluster of the smallest, the lower label where two are equal */
} el4ml_kmeans_distances;

/* columns: (inputs, stride), 64-byte aligned; c: (clusters, inputs). */
typedef void (*el4ml_kmeans_measure)(size_t stride, size_t inputs, size_t clusters, const double *columns,
                                     const double *c, const el4ml_kmeans_distances *out);
/* The same without the two smallest. */
typedef void (*el4ml_kmeans_squares)(size_t stride, size_t inputs, size_t clusters, const double *columns,
                                     const double *c, double *square);

typedef struct el4ml_kmeans_kernels {
    el4ml_kmeans_measure measure;
    el4ml_kmeans_squares squares;
} el4ml_kmeans_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_kmeans_kernels el4ml_kmeans_kernels_avx512, el4ml_kmeans_kernels_avx2;
#endif
extern const el4ml_kmeans_kernels el4ml_kmeans_kernels_baseline;

#endif
