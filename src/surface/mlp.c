/* The multilayer perceptron as a surface (methods.md 1.1): construction, workspace and hooks. What is
 * computed per point is in mlp_kernels.c, the symmetry group in mlp_symmetry.c, predictions in mlp_metrics.c.
 */
#include "surface/mlp.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "surface/mlp_symmetry.h"

static void destroy(void *self)
{
    el4ml_mlp *m = self;
    if (!m) return;
    el4ml_release(m->inputs);
    el4ml_release(m->targets);
    el4ml_release(m->present);
    el4ml_release(m->flat_start);
    el4ml_release(m->flat_index);
    el4ml_release(m->class_weight);
    el4ml_release(m->order);
    el4ml_pairs_free(m->pairs);
    el4ml_release(m);
}

static void workspace_free(void *workspace)
{
    el4ml_mlp_workspace *w = workspace;
    if (!w) return;
    el4ml_mlp_symmetry_free(w->symmetry);
    el4ml_pairs_work_free(w->pairs);
    el4ml_release(w->arena);
    el4ml_release(w->score);
    el4ml_release(w->nodes);
    el4ml_release(w->bases);
    el4ml_release(w);
}

static double *take(double **at, size_t rows, size_t block)
{
    double *taken = *at;
    *at += rows * block;
    return taken;
}

size_t el4ml_mlp_jacobian_width(const el4ml_mlp *m)
{
    return (m->dimension + 7) / 8 * 8;
}

/* What the Hessian of a loss over pairs may take beyond the matrix itself, in numbers; with more it is made
 * of products. */
#define JACOBIAN_NUMBERS ((size_t)1 << 24)

size_t el4ml_mlp_jacobian_rows(const el4ml_mlp *m)
{
    const size_t width = el4ml_mlp_jacobian_width(m), most = JACOBIAN_NUMBERS / 2 / width,
                 all = m->scores * m->rows;
    return all < most ? all : most;
}

static bool pairs_memory(const el4ml_mlp *m, el4ml_mlp_workspace *w)
{
    const size_t points = m->blocks * m->block, all = m->scores * points, bends = (m->scores + 1) * all / 2,
                 width = el4ml_mlp_jacobian_width(m), rows = el4ml_mlp_jacobian_rows(m),
                 slab = m->block > EL4ML_PAIRS_TILE ? m->block : EL4ML_PAIRS_TILE;
    w->pairs = el4ml_pairs_work_new(m->pairs);
    w->score = EL4ML_NEW(double, (2 + 2 * EL4ML_MLP_TOGETHER) * all + bends);
    w->nodes = EL4ML_NEW(double, (2 * rows + EL4ML_PAIRS_TILE + slab + EL4ML_MLP_TOGETHER) * width);
    if (!w->pairs || !w->score || !w->nodes) return false;
    w->score_delta = w->score + all;
    w->score_tangent = w->score_delta + all;
    w->score_change = w->score_tangent + EL4ML_MLP_TOGETHER * all;
    w->score_bend = w->score_change + EL4ML_MLP_TOGETHER * all;
    w->coupled = w->nodes + rows * width;
    w->slab = w->coupled + (rows + EL4ML_PAIRS_TILE) * width;
    w->units = w->slab + slab * width;
    return true;
}

static void *workspace_new(const void *self)
{
    const el4ml_mlp *m = self;
    el4ml_mlp_workspace *w = EL4ML_NEW(el4ml_mlp_workspace, 1);
    if (!w) return NULL;
    const size_t outputs = m->size[m->layers], second = m->head == EL4ML_LOG_ODDS || m->head == EL4ML_PAIRS;
    size_t rows = m->size[0] + 1;
    for (size_t l = 1; l <= m->layers; l++)
        rows += 7 * m->size[l] + 2;
    rows += m->coefficient_rows + EL4ML_MLP_PANEL + outputs + 1 + second * outputs * (outputs + 1) / 2;
    w->arena = EL4ML_NEW(double, rows * m->block + m->coefficient_rows * EL4ML_MLP_PANEL + m->dimension);
    w->bases = EL4ML_NEW(size_t, 4 * m->coefficient_rows);
    w->symmetry = el4ml_mlp_symmetry_new(m);
    if (!w->arena || !w->bases || !w->symmetry || (m->pairs && !pairs_memory(m, w))) {
        workspace_free(w);
        return NULL;
    }
    double *at = w->arena;
    w->inputs = take(&at, m->size[0] + 1, m->block);
    for (size_t l = 1; l <= m->layers; l++) {
        const size_t d = m->size[l];
        w->value[l] = take(&at, d + 1, m->block);
        w->first[l] = take(&at, d, m->block);
        w->second[l] = take(&at, d, m->block);
        w->delta[l] = take(&at, d, m->block);
        w->tangent[l] = take(&at, d, m->block);
        w->spread[l] = take(&at, d + 1, m->block);
        w->change[l] = take(&at, d, m->block);
        for (size_t p = 0; p < m->block; p++)
            w->value[l][d * m->block + p] = 1;
    }
    w->coefficients = take(&at, m->coefficient_rows, m->block);
    w->panel = take(&at, EL4ML_MLP_PANEL, m->block);
    w->targets = take(&at, outputs, m->block);
    w->present = take(&at, 1, m->block);
    w->bend = take(&at, second * outputs * (outputs + 1) / 2, m->block);
    w->sums = take(&at, m->coefficient_rows, EL4ML_MLP_PANEL);
    w->part = at;
    for (size_t p = 0; p < m->block; p++)
        w->inputs[m->size[0] * m->block + p] = 1;
    return w;
}

/* x 0 is NaN for infinities and NaN, which saturated units would otherwise hide. */
static bool all_finite(size_t n, const double *x)
{
    double sum[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += x[i + k] * 0.0;
    for (; i < n; i++)
        sum[0] += x[i] * 0.0;
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7])) == 0;
}

static el4ml_status value_gradient(const void *self, void *workspace, const double *x, double *value,
                                   double *gradient)
{
    const el4ml_mlp *m = self;
    const bool told = m->l2 > 0 && m->l2_biases; /* by lambda |x|^2 in the value */
    if (!told && !all_finite(m->dimension, x)) return EL4ML_NUMERICAL;
    *value = m->kernels->value_gradient(m, workspace, x, gradient);
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status batch_value_gradient(const void *self, void *workspace, const double *x, size_t count,
                                         const size_t *rows, double *value, double *gradient)
{
    const el4ml_mlp *m = self;
    if (!all_finite(m->dimension, x)) return EL4ML_NUMERICAL;
    *value = el4ml_mlp_batch(m, workspace, x, count, rows, gradient);
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status hessian_vector(const void *self, void *workspace, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const el4ml_mlp *m = self;
    if (m->activation == EL4ML_RELU && m->layers > 1) return EL4ML_NOT_SUPPORTED;
    if (!all_finite(m->dimension, x)) return EL4ML_NUMERICAL;
    m->kernels->hessian_vector(m, workspace, x, count, v, hv);
    return EL4ML_OK;
}

static el4ml_status hessian(const void *self, void *workspace, const double *x, double *matrix)
{
    const el4ml_mlp *m = self;
    if (m->activation == EL4ML_RELU && m->layers > 1) return EL4ML_NOT_SUPPORTED;
    if (!all_finite(m->dimension, x)) return EL4ML_NUMERICAL;
    m->kernels->hessian(m, workspace, x, matrix);
    return EL4ML_OK;
}

static size_t zero_modes(const void *self, void *workspace, const double *x, double *basis)
{
    const el4ml_mlp *m = self;
    const el4ml_mlp_workspace *w = workspace;
    double *rotations = basis ? basis + m->flat_count * m->dimension : NULL;
    const size_t count =
        m->flat_count + (m->rotates ? el4ml_mlp_rotation_modes(m, w->symmetry, x, rotations) : 0);
    if (!basis) return count;
    /* the other flat directions are the same everywhere */
    memset(basis, 0, m->flat_count * m->dimension * sizeof *basis);
    for (size_t f = 0; f < m->flat_count; f++) {
        const double entry = 1 / sqrt((double)(m->flat_start[f + 1] - m->flat_start[f]));
        for (size_t k = m->flat_start[f]; k < m->flat_start[f + 1]; k++)
            basis[f * m->dimension + m->flat_index[k]] = entry;
    }
    return count;
}

/* Glorot and Bengio (2010), uniform, for sigmoids; He et al. (2015), normal, for those that pass one side. */
static void initialise(const void *self, void *workspace, el4ml_random *random, double *x)
{
    const el4ml_mlp *m = self;
    (void)workspace;
    const bool sigmoid = m->activation == EL4ML_TANH || m->activation == EL4ML_LOGISTIC;
    for (size_t l = 1; l <= m->layers; l++) {
        const double in = (double)m->size[l - 1], out = (double)m->size[l];
        const double bound = sqrt(6 / (in + out)), deviation = sqrt(2 / in);
        for (size_t i = m->weights[l]; i < m->biases[l]; i++)
            x[i] = sigmoid ? bound * (2 * el4ml_random_uniform(random) - 1)
                           : deviation * el4ml_random_normal(random);
        for (size_t i = 0; i < m->size[l]; i++)
            x[m->biases[l] + i] = 0;
    }
}

/* ---- Construction ---- */

/* Layer sizes and parameter offsets; false when they overflow what a surface can have. */
static bool lay_out(el4ml_mlp *m, const el4ml_mlp_options *o, const el4ml_dataset *d)
{
    m->layers = o->hidden_layers + 1;
    m->size[0] = d->inputs;
    for (size_t l = 1; l < m->layers; l++)
        m->size[l] = o->hidden[l - 1];
    m->size[m->layers] = el4ml_mlp_outputs(o, d->classes, d->targets);
    size_t at = 0;
    for (size_t l = 1; l <= m->layers; l++) {
        const size_t in = m->size[l - 1], out = m->size[l];
        if (in >= INT32_MAX || out >= INT32_MAX || (in + 1) * out > INT32_MAX) return false;
        m->weights[l] = at;
        m->biases[l] = at + in * out;
        at = m->biases[l] + out;
        if (at > INT32_MAX) return false;
        if (out > m->widest) m->widest = out;
        m->coefficient_rows += 2 * out;
    }
    /* at least one source's rows; many enough to pay for the products that they share */
    if (m->coefficient_rows < 256) m->coefficient_rows = 256;
    m->dimension = at;
    return true;
}

static bool constant_zero(const el4ml_mlp *m, size_t input)
{
    for (size_t b = 0; b < m->blocks; b++)
        for (size_t p = 0; p < m->block; p++)
            if (m->inputs[(b * (m->size[0] + 1) + input) * m->block + p] != 0) return false;
    return true;
}

static void flat_group(el4ml_mlp *m, size_t start, size_t count, size_t stride)
{
    size_t at = m->flat_start[m->flat_count];
    for (size_t i = 0; i < count; i++)
        m->flat_index[at++] = start + i * stride;
    m->flat_start[++m->flat_count] = at;
}

/* What neither the data nor the L2 term can feel. Softmax, and auc of two outputs, do not change when all of
 * a point's outputs shift together, so the output biases, and without L2 also the columns of W_L, may; losses
 * over pairs of points do not change when any output shifts at all points, so each output bias may; without
 * L2 so may the weights of an input that is always zero (a constant column, centred). */
static bool find_flat_directions(el4ml_mlp *m)
{
    const size_t in = m->size[m->layers - 1], out = m->size[m->layers];
    const bool together = m->loss == EL4ML_CROSS_ENTROPY || m->loss == EL4ML_AUC,
               shifts = out > 1 && together;
    const size_t first = m->size[0] * m->size[1];
    m->flat_start = EL4ML_NEW(size_t, in + first + out + 3);
    m->flat_index = EL4ML_NEW(size_t, (in + 1) * out + first + 1);
    if (!m->flat_start || !m->flat_index) return false;
    const bool free_biases = m->l2 == 0 || !m->l2_biases;
    for (size_t c = 0; m->pairs && free_biases && c < out; c++)
        flat_group(m, m->biases[m->layers] + c, 1, 1);
    if (shifts && !m->pairs && free_biases) flat_group(m, m->biases[m->layers], out, 1);
    if (m->l2 != 0) return true;
    for (size_t k = 0; k < m->size[0]; k++)
        if (constant_zero(m, k))
            for (size_t i = 0; i < m->size[1]; i++)
                flat_group(m, m->weights[1] + i * m->size[0] + k, 1, 1);
    for (size_t k = 0; shifts && k < in; k++)
        if (m->layers > 1 || !constant_zero(m, k)) flat_group(m, m->weights[m->layers] + k, out, in);
    return true;
}

static const char *const activation_names[] = {"tanh", "logistic", "softplus", "gelu", "silu", "relu"};
static const char *const loss_names[] = {"cross-entropy", "mse", "auc", "contrastive"};

static void describe(const el4ml_mlp *m, char *text, size_t capacity)
{
    size_t at = (size_t)snprintf(text, capacity, "MLP %zu", m->size[0]);
    for (size_t l = 1; l <= m->layers && at < capacity; l++)
        at += (size_t)snprintf(text + at, capacity - at, "-%zu", m->size[l]);
    if (at >= capacity) return;
    at += (size_t)snprintf(
        text + at, capacity - at, ", %s, %s%s%s, l2 %g%s, %zu rows", activation_names[m->activation],
        loss_names[m->loss], m->class_weight ? ", weighted classes" : "",
        m->smoothing > 0 ? ", smoothed labels" : "", m->l2, m->l2_biases ? "" : " (not on biases)", m->rows);
    if (m->loss == EL4ML_CONTRASTIVE && at < capacity)
        snprintf(text + at, capacity - at, ", %s%.0f pairs", m->pairs->drawn ? "" : "all ", m->pairs->pairs);
}

static const el4ml_mlp_kernels *kernels_of(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_mlp_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_mlp_kernels_avx2;
#endif
    (void)set;
    return &el4ml_mlp_kernels_baseline;
}

static const el4ml_surface_ops hooks = {.struct_size = sizeof hooks,
                                        .kind = "mlp",
                                        .destroy = destroy,
                                        .workspace_new = workspace_new,
                                        .workspace_free = workspace_free,
                                        .value_gradient = value_gradient,
                                        .batch_value_gradient = batch_value_gradient,
                                        .hessian_vector = hessian_vector,
                                        .hessian = hessian,
                                        .zero_modes = zero_modes,
                                        .align = el4ml_mlp_align,
                                        .same = el4ml_mlp_same,
                                        .multiplicity = el4ml_mlp_multiplicity,
                                        .random_operation = el4ml_mlp_random_operation,
                                        .initialise = initialise,
                                        .metrics = el4ml_mlp_metrics,
                                        .target_metrics = el4ml_mlp_target_metrics,
                                        .predict = el4ml_mlp_predict};

el4ml_status el4ml_mlp_new_with(const el4ml_mlp_options *options, const el4ml_dataset *train,
                                el4ml_kernel_set set, el4ml_surface **surface, el4ml_error *error)
{
    el4ml_status status = el4ml_mlp_check(options, train, error);
    if (status != EL4ML_OK) return status;
    el4ml_mlp *m = EL4ML_NEW(el4ml_mlp, 1);
    if (!m) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "mlp: out of memory");
    m->activation = options->activation;
    m->loss = options->loss;
    m->l2 = options->l2;
    m->l2_biases = options->l2_biases;
    m->kernels = kernels_of(set);
    if (!lay_out(m, options, train)) {
        destroy(m);
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: the net has more than %d parameters",
                          INT32_MAX);
    }
    status = el4ml_mlp_take_data(m, options, train, set, error);
    if (status == EL4ML_OK && !find_flat_directions(m))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "mlp: out of memory");
    if (status != EL4ML_OK) {
        destroy(m);
        return status;
    }
    el4ml_surface_ops ops = hooks;
    if (m->flat_count == 0 && !m->rotates) ops.zero_modes = NULL;
    if (m->pairs) ops.batch_value_gradient = NULL;
    if (m->classes > 0) ops.target_metrics = NULL;
    const size_t most = m->rotates ? el4ml_mlp_rotations(m, m->size[m->layers]) : 0,
                 rotations = m->rotates ? el4ml_mlp_rotations(m, el4ml_mlp_usual_rank(m)) : 0;
    el4ml_surface_info info = {.dimension = m->dimension,
                               .max_zero_modes = m->flat_count + most,
                               .usual_zero_modes = m->flat_count + rotations,
                               .rows = m->pairs ? 0 : m->rows,
                               .evaluation_flops = 6 * (double)train->rows * (double)m->dimension,
                               .length_scale = 1,
                               .prediction =
                                   m->classes > 0 ? EL4ML_PREDICTS_PROBABILITIES : EL4ML_PREDICTS_VALUES,
                               .outputs = m->classes > 0 ? m->classes : m->size[m->layers],
                               .second_derivatives = m->activation != EL4ML_RELU || m->layers == 1};
    describe(m, info.description, sizeof info.description);
    status = el4ml_surface_new(&ops, &info, m, surface, error);
    if (status != EL4ML_OK) destroy(m);
    return status;
}

el4ml_status el4ml_mlp_new(const el4ml_mlp_options *options, const el4ml_dataset *train,
                           el4ml_surface **surface, el4ml_error *error)
{
    return el4ml_mlp_new_with(options, train, el4ml_best_kernel_set(), surface, error);
}
