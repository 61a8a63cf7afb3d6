#include "surface/tile_kernels.h"

#include "surface/mlp_tiles.h"

static void product(const el4ml_product *p)
{
    linear_task t = {.rows = p->rows,
                     .points = p->points,
                     .stride = p->stride,
                     .operands = p->operands,
                     .bias = p->bias,
                     .out = p->out};
    for (int k = 0; k < p->operands; k++) {
        const el4ml_tile_operand *o = &p->operand[k];
        t.operand[k] = (operand){o->w, o->row_step, o->column_step, o->columns, o->in};
    }
    linear(&t);
}

static void outer_product(const el4ml_outer *o)
{
    const outer_task t = {.rows = o->rows,
                          .columns = o->columns,
                          .points = o->points,
                          .stride = o->stride,
                          .left = {o->left[0], o->left[1]},
                          .right = {o->right[0], o->right[1]},
                          .g = o->g,
                          .bias = o->sums};
    outer(&t);
}

static double residual(size_t count, const double *b, const double *mask, double *a)
{
    vector sum[2] = {vector_all(0), vector_all(0)};
    for (size_t i = 0; i < count; i += 8)
        for (size_t k = 0; k < 8; k += VECTOR_LANES) {
            vector x = vector_load(a + i + k);
            if (b) x -= vector_load(b + i + k);
            if (mask) x *= vector_load(mask + i + k);
            vector_store(a + i + k, x);
            sum[(i / 8 + k / VECTOR_LANES) % 2] += x * x;
        }
    return vector_sum(sum[0] + sum[1]);
}

#define NAME_(set) el4ml_tile_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_tile_kernels NAME(EL4ML_KERNEL_SET) = {product, outer_product, residual};
