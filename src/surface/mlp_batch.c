/* A perceptron's loss over some of its rows: they are gathered, a block at a time, and the kernels are given
 * a model that has these rows and no others. */
#include "surface/mlp.h"

/* Up to a block of rows into the workspace, and the model of these alone. */
static el4ml_mlp gather(const el4ml_mlp *m, el4ml_mlp_workspace *w, size_t count, const size_t *rows)
{
    const size_t in = m->size[0], out = m->size[m->layers], block = m->block;
    const size_t padded = (count + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES * EL4ML_MLP_LANES;
    for (size_t p = 0; p < padded; p++) {
        const size_t row = rows[p < count ? p : 0], b = row / block, at = row % block;
        const double there = p < count ? 1 : 0, *x = m->inputs + b * (in + 1) * block + at,
                     *t = m->targets + b * out * block + at;
        for (size_t k = 0; k < in; k++)
            w->inputs[k * block + p] = x[k * block];
        for (size_t k = 0; k < out; k++)
            w->targets[k * block + p] = there * t[k * block];
        w->present[p] = there * m->present[row];
    }
    el4ml_mlp part = *m;
    part.rows = count;
    part.blocks = 1;
    part.inputs = w->inputs;
    part.targets = w->targets;
    part.present = w->present;
    return part;
}

double el4ml_mlp_batch(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                       const size_t *rows, double *gradient)
{
    double value = 0;
    for (size_t first = 0; first < count; first += m->block) {
        const size_t here = count - first < m->block ? count - first : m->block;
        const double share = (double)here / (double)count;
        const el4ml_mlp part = gather(m, w, here, rows + first);
        double *g = first == 0 ? gradient : w->part;
        value += share * m->kernels->value_gradient(&part, w, x, g);
        for (size_t i = 0; here < count && i < m->dimension; i++)
            gradient[i] = first == 0 ? share * g[i] : gradient[i] + share * g[i];
    }
    return value;
}
