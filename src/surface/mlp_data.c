/* A perceptron's points: the training rows in blocks, with their targets and weights. */
#include "base/memory.h"
#include "surface/mlp.h"

/* Points a block: the more, the less often lanes are added up; but what a block touches should stay in the
 * caches that a core has to itself or nearly so. Measured: some 500 points are best from 64-50-10 to
 * 784-64-10, one block of 576 better than two of 288. Blocks of nearly equal length; the rows of an array lie
 * an odd number of cache lines apart, so that they spread over the cache's sets (512 points were a fifth
 * slower than 520). */
static void choose_block(el4ml_mlp *m, size_t rows)
{
    enum { MOST = 504, ONE = 584, LEAST = 64, CACHE = 6 << 20 };
    size_t values = m->size[0];
    for (size_t l = 1; l <= m->layers; l++)
        values += 3 * m->size[l];
    size_t most = CACHE / sizeof(double) / values;
    most = most > MOST ? (rows <= ONE ? ONE : MOST) : most < LEAST ? LEAST : most;
    const size_t blocks = (rows + most - 1) / most, even = (rows + blocks - 1) / blocks;
    m->rows = rows;
    m->block = ((even + EL4ML_MLP_LANES - 1) / EL4ML_MLP_LANES | 1) * EL4ML_MLP_LANES;
    m->blocks = (rows + m->block - 1) / m->block;
}

/* The probability of class c that a row of class `label` is taught: of one logit, of the positive class. */
static double taught(const el4ml_mlp *m, size_t label, size_t output)
{
    const size_t class = m->head == EL4ML_LOG_ODDS ? m->positive : output;
    return (label == class ? 1 - m->smoothing : 0) + m->smoothing / (double)m->classes;
}

static bool copy_data(el4ml_mlp *m, const el4ml_dataset *d)
{
    const size_t in = m->size[0], out = m->size[m->layers], block = m->block;
    if (in > SIZE_MAX / 16 / m->blocks / block || out > SIZE_MAX / 16 / m->blocks / block) return false;
    m->inputs = EL4ML_NEW(double, m->blocks *(in + 1) * block);
    m->targets = EL4ML_NEW(double, m->blocks *out *block);
    m->present = EL4ML_NEW(double, m->blocks *block);
    if (!m->inputs || !m->targets || !m->present) return false;
    for (size_t i = 0; i < m->blocks * block; i++) {
        const size_t b = i / block, p = i % block;
        double *x = m->inputs + b * (in + 1) * block + p, *t = m->targets + b * out * block + p;
        x[in * block] = 1;
        if (i >= m->rows) continue;
        const size_t row = m->order[i], label = m->classes > 0 ? (size_t)d->label[row] : 0;
        m->present[i] = m->class_weight ? m->class_weight[label] : 1;
        for (size_t k = 0; k < in; k++)
            x[k * block] = d->x[row * in + k];
        for (size_t k = 0; k < out && m->head != EL4ML_PAIRS; k++)
            t[k * block] = m->classes > 0 ? m->present[i] * taught(m, label, k) : d->y[row * out + k];
    }
    return true;
}

/* Scaled so that the mean over the training rows is 1. */
static bool set_weights(el4ml_mlp *m, const el4ml_mlp_options *o, const el4ml_dataset *d)
{
    if (m->loss != EL4ML_CROSS_ENTROPY || (!o->balanced && !o->class_weight)) return true;
    m->class_weight = EL4ML_NEW(double, m->classes);
    double *size = EL4ML_NEW(double, m->classes), sum = 0;
    if (m->class_weight && size) {
        for (size_t i = 0; i < d->rows; i++)
            size[d->label[i]]++;
        for (size_t c = 0; c < m->classes; c++)
            m->class_weight[c] = o->balanced ? 1 / size[c] : o->class_weight[c];
        for (size_t c = 0; c < m->classes; c++)
            sum += size[c] * m->class_weight[c] / (double)d->rows;
        for (size_t c = 0; c < m->classes; c++)
            m->class_weight[c] /= sum;
    }
    el4ml_release(size);
    return size && m->class_weight;
}

static void choose_head(el4ml_mlp *m)
{
    m->head = m->loss == EL4ML_MSE             ? EL4ML_SQUARES
              : m->loss != EL4ML_CROSS_ENTROPY ? EL4ML_PAIRS
              : m->size[m->layers] == 1        ? EL4ML_LOG_ODDS
              : m->class_weight                ? EL4ML_WEIGHTED_SOFTMAX
                                               : EL4ML_SOFTMAX;
    m->scores = m->loss == EL4ML_AUC ? 1 : m->loss == EL4ML_CONTRASTIVE ? m->size[m->layers] : 0;
    m->rotates = m->loss == EL4ML_CONTRASTIVE;
}

el4ml_status el4ml_mlp_take_data(el4ml_mlp *m, const el4ml_mlp_options *o, const el4ml_dataset *train,
                                 el4ml_kernel_set set, el4ml_error *error)
{
    el4ml_status status = EL4ML_OK;
    m->classes = m->loss == EL4ML_MSE ? 0 : train->classes;
    m->positive = o->positive;
    m->smoothing = m->loss == EL4ML_CROSS_ENTROPY ? o->label_smoothing : 0;
    m->neighbours = o->neighbours;
    m->top_k = o->top_k;
    choose_block(m, train->rows);
    m->order = EL4ML_NEW(size_t, m->rows);
    bool good = m->order && set_weights(m, o, train);
    if (good) {
        choose_head(m);
        for (size_t i = 0; i < m->rows; i++)
            m->order[i] = i;
        if (m->head == EL4ML_PAIRS)
            status =
                el4ml_pairs_new(o, train, m->scores, m->blocks * m->block, set, m->order, &m->pairs, error);
        good = status == EL4ML_OK && copy_data(m, train);
    }
    if (good || status != EL4ML_OK) return status;
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "mlp: out of memory for %zu rows", train->rows);
}
