/* The matrix products of mlp_tiles.h for other models, built once for each instruction set. Arrays over
 * points are (features, stride), 64-byte aligned; points and stride are multiples of 8, and what pads the
 * points is the caller's care. */
#ifndef EL4ML_SURFACE_TILE_KERNELS_H
#define EL4ML_SURFACE_TILE_KERNELS_H

#include "base/cpu.h"
#include "el4ml/status.h"

#define EL4ML_TILE_POINTS(points) (((points) + 7) / 8 * 8)

typedef struct el4ml_tile_operand {
    const double *w; /* element (row, k) at w[row * row_step + k * column_step] */
    size_t row_step, column_step, columns;
    const double *in; /* (columns, stride) */
} el4ml_tile_operand;

/* out[i][p] = bias[i] + sum over the operands of sum_k w[i][k] in[k][p] */
typedef struct el4ml_product {
    size_t rows, points, stride;
    int operands; /* 1 or 2 */
    el4ml_tile_operand operand[2];
    const double *bias; /* (rows) or NULL */
    double *out;        /* (rows, stride) */
} el4ml_product;

/* g[i][k] = sum_p left[0][i][p] right[0][k][p] + the same of the second pair, unless that is NULL. */
typedef struct el4ml_outer {
    size_t rows, columns, points, stride;
    const double *left[2], *right[2];
    double *g;    /* (rows, columns) */
    double *sums; /* (rows): of left[0] over the points; scratch to those who do not want them */
} el4ml_outer;

typedef struct el4ml_tile_kernels {
    void (*product)(const el4ml_product *product);
    void (*outer)(const el4ml_outer *outer);
    /* a = mask (a - b) over `count` numbers, a multiple of 8; mask NULL: of ones, b NULL: of zeros. Returns
     * |a|^2. */
    double (*residual)(size_t count, const double *b, const double *mask, double *a);
} el4ml_tile_kernels;

#ifdef EL4ML_X86_KERNELS
extern const el4ml_tile_kernels el4ml_tile_kernels_avx512, el4ml_tile_kernels_avx2;
#endif
extern const el4ml_tile_kernels el4ml_tile_kernels_baseline;

/* The kernels of `set`; baseline where the build has no others. */
const el4ml_tile_kernels *el4ml_tile_kernels_of(el4ml_kernel_set set);

#endif
