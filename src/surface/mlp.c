/* The multilayer perceptron as a surface (methods.md 1.1): construction, workspace and hooks. What is
 * computed per point is in mlp_kernels.c, the symmetry group in mlp_symmetry.c, predictions in mlp_metrics.c.
 */
#include "surface/mlp.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

el4ml_mlp_options el4ml_mlp_options_default(void)
{
    el4ml_mlp_options options = {.activation = EL4ML_TANH, .loss = EL4ML_CROSS_ENTROPY, .l2_biases = true};
    return options;
}

static void destroy(void *self)
{
    el4ml_mlp *m = self;
    if (!m) return;
    el4ml_release(m->inputs);
    el4ml_release(m->targets);
    el4ml_release(m->present);
    el4ml_release(m->flat_start);
    el4ml_release(m->flat_index);
    el4ml_release(m);
}

static void workspace_free(void *workspace)
{
    el4ml_mlp_workspace *w = workspace;
    if (!w) return;
    el4ml_mlp_symmetry_free(w->symmetry);
    el4ml_release(w->arena);
    el4ml_release(w->bases);
    el4ml_release(w);
}

static double *take(double **at, size_t rows, size_t block)
{
    double *taken = *at;
    *at += rows * block;
    return taken;
}

static void *workspace_new(const void *self)
{
    const el4ml_mlp *m = self;
    el4ml_mlp_workspace *w = EL4ML_NEW(el4ml_mlp_workspace, 1);
    if (!w) return NULL;
    size_t rows = m->size[0] + 1;
    for (size_t l = 1; l <= m->layers; l++)
        rows += 7 * m->size[l] + 2;
    rows += m->coefficient_rows + EL4ML_MLP_PANEL + m->size[m->layers] + 1;
    w->arena = EL4ML_NEW(double, rows * m->block + m->coefficient_rows * EL4ML_MLP_PANEL + m->dimension);
    w->bases = EL4ML_NEW(size_t, 4 * m->coefficient_rows);
    w->symmetry = el4ml_mlp_symmetry_new(m);
    if (!w->arena || !w->bases || !w->symmetry) {
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
    w->targets = take(&at, m->size[m->layers], m->block);
    w->present = take(&at, 1, m->block);
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
    (void)workspace;
    (void)x; /* the flat directions are the same everywhere */
    if (!basis) return m->flat_count;
    memset(basis, 0, m->flat_count * m->dimension * sizeof *basis);
    for (size_t f = 0; f < m->flat_count; f++) {
        const double entry = 1 / sqrt((double)(m->flat_start[f + 1] - m->flat_start[f]));
        for (size_t k = m->flat_start[f]; k < m->flat_start[f + 1]; k++)
            basis[f * m->dimension + m->flat_index[k]] = entry;
    }
    return m->flat_count;
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

static el4ml_status check_options(const el4ml_mlp_options *o, el4ml_error *error)
{
    if (o->hidden_layers > EL4ML_MAX_HIDDEN_LAYERS)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: %zu hidden layers, at most %d",
                          o->hidden_layers, EL4ML_MAX_HIDDEN_LAYERS);
    for (size_t l = 0; l < o->hidden_layers; l++)
        if (o->hidden[l] == 0)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: hidden layer %zu has no units", l + 1);
    if ((unsigned)o->activation > EL4ML_RELU)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: unknown activation");
    if ((unsigned)o->loss > EL4ML_MSE) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: unknown loss");
    if (!(o->l2 >= 0) || !isfinite(o->l2))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: l2 = %g must be a finite number, 0 or more",
                          o->l2);
    return EL4ML_OK;
}

static el4ml_status check_targets(const el4ml_mlp_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    if (o->loss == EL4ML_CROSS_ENTROPY) {
        if (d->classes < 2 || !d->label)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "mlp: cross-entropy needs a target of at least two classes");
        for (size_t i = 0; i < d->rows; i++)
            if (d->label[i] < 0 || (size_t)d->label[i] >= d->classes)
                return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: class %d of row %zu is not in 0 ... %zu",
                                  d->label[i], i + 1, d->classes - 1);
        return EL4ML_OK;
    }
    if (d->targets < 1 || !d->y)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: mse needs a target that is a number");
    for (size_t i = 0; i < d->rows; i++)
        for (size_t t = 0; t < d->targets; t++)
            if (!isfinite(d->y[i * d->targets + t]))
                return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: target of row %zu is not a finite number",
                                  i + 1);
    return EL4ML_OK;
}

static el4ml_status check_data(const el4ml_mlp_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    if (d->rows == 0 || d->inputs == 0 || !d->x)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: no training data");
    for (size_t i = 0; i < d->rows; i++)
        for (size_t k = 0; k < d->inputs; k++)
            if (!isfinite(d->x[i * d->inputs + k]))
                return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: input %zu of row %zu is not a finite number",
                                  k + 1, i + 1);
    return check_targets(o, d, error);
}

/* Layer sizes and parameter offsets; false when they overflow what a surface can have. */
static bool lay_out(el4ml_mlp *m, const el4ml_mlp_options *o, const el4ml_dataset *d)
{
    m->layers = o->hidden_layers + 1;
    m->size[0] = d->inputs;
    for (size_t l = 1; l < m->layers; l++)
        m->size[l] = o->hidden[l - 1];
    m->size[m->layers] = o->loss == EL4ML_CROSS_ENTROPY ? d->classes : d->targets;
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
        m->present[i] = 1;
        for (size_t k = 0; k < in; k++)
            x[k * block] = d->x[i * in + k];
        if (m->loss == EL4ML_CROSS_ENTROPY)
            t[(size_t)d->label[i] * block] = 1;
        else
            for (size_t k = 0; k < out; k++)
                t[k * block] = d->y[i * out + k];
    }
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

/* What neither the data nor the L2 term can feel: softmax does not change when all its inputs shift together,
 * so the output biases, and without L2 also the columns of W_L, may; without L2 so may the weights of an
 * input that is always zero (a constant column, centred). */
static bool find_flat_directions(el4ml_mlp *m)
{
    const size_t in = m->size[m->layers - 1], out = m->size[m->layers];
    const bool softmax = m->loss == EL4ML_CROSS_ENTROPY;
    const size_t first = m->size[0] * m->size[1];
    m->flat_start = EL4ML_NEW(size_t, in + first + 3);
    m->flat_index = EL4ML_NEW(size_t, (in + 1) * out + first + 1);
    if (!m->flat_start || !m->flat_index) return false;
    if (softmax && (m->l2 == 0 || !m->l2_biases)) flat_group(m, m->biases[m->layers], out, 1);
    if (m->l2 != 0) return true;
    for (size_t k = 0; k < m->size[0]; k++)
        if (constant_zero(m, k))
            for (size_t i = 0; i < m->size[1]; i++)
                flat_group(m, m->weights[1] + i * m->size[0] + k, 1, 1);
    for (size_t k = 0; softmax && k < in; k++)
        if (m->layers > 1 || !constant_zero(m, k)) flat_group(m, m->weights[m->layers] + k, out, in);
    return true;
}

static const char *const activation_names[] = {"tanh", "logistic", "softplus", "gelu", "silu", "relu"};

static void describe(const el4ml_mlp *m, char *text, size_t capacity)
{
    size_t at = (size_t)snprintf(text, capacity, "MLP %zu", m->size[0]);
    for (size_t l = 1; l <= m->layers && at < capacity; l++)
        at += (size_t)snprintf(text + at, capacity - at, "-%zu", m->size[l]);
    if (at >= capacity) return;
    at += (size_t)snprintf(text + at, capacity - at, ", %s, %s, l2 %g%s, %zu rows",
                           activation_names[m->activation],
                           m->loss == EL4ML_CROSS_ENTROPY ? "cross-entropy" : "mse", m->l2,
                           m->l2_biases ? "" : " (not on biases)", m->rows);
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
                                        .predict = el4ml_mlp_predict};

el4ml_status el4ml_mlp_new_with(const el4ml_mlp_options *options, const el4ml_dataset *train,
                                el4ml_kernel_set set, el4ml_surface **surface, el4ml_error *error)
{
    el4ml_status status = check_options(options, error);
    if (status == EL4ML_OK) status = check_data(options, train, error);
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
    choose_block(m, train->rows);
    if (!copy_data(m, train) || !find_flat_directions(m)) {
        destroy(m);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "mlp: out of memory for %zu rows", train->rows);
    }
    el4ml_surface_ops ops = hooks;
    if (m->flat_count == 0) ops.zero_modes = NULL;
    el4ml_surface_info info = {.dimension = m->dimension,
                               .max_zero_modes = m->flat_count,
                               .usual_zero_modes = m->flat_count,
                               .rows = m->rows,
                               .evaluation_flops = 6 * (double)train->rows * (double)m->dimension,
                               .length_scale = 1,
                               .prediction = m->loss == EL4ML_CROSS_ENTROPY ? EL4ML_PREDICTS_PROBABILITIES
                                                                            : EL4ML_PREDICTS_VALUES,
                               .outputs = m->size[m->layers],
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
