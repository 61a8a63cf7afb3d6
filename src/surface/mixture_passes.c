/* Value, gradient and Hessian-vector products of a Gaussian mixture; mixture.h has the formulas.
 *
 * With the sums n, z, s of a component (the prior's rows in z and s) and S, Z for s and z, N times the
 * gradient is d/da_k    rows pi_k - n + rho (K pi_k - 1) d/dmu     - R^T R Z d/dR      (R S)_ab,  below the
 * diagonal d/dt_a    n + rho - R_aa (R S)_aa A direction changes y by dR z - R dmu, l by its level's change -
 * y.dy, the shares r by r (dl - mean of dl); the sums follow, dz = sum dr z - n dmu and ds = sum dr z z^T - z
 * dmu^T - dmu z^T, and then each line above. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "surface/mixture.h"

static bool full(const el4ml_mixture *m)
{
    return m->covariance == EL4ML_FULL;
}

/* Parameters of component k: mean, then the logs t, then what is left of the diagonal of R. */
static size_t place(const el4ml_mixture *m, size_t k)
{
    return m->weights + k * m->part;
}

static double *sums_of(const el4ml_mixture *m, double *sums, size_t k)
{
    return sums + k * m->moments;
}

/* ---- Parameters ---- */

/* a = contrast^T b */
static void weights_of(const el4ml_mixture *m, const double *b, double *a)
{
    memset(a, 0, m->components * sizeof *a);
    for (size_t i = 0; i < m->weights; i++)
        el4ml_axpy(m->components, b[i], m->contrast + i * m->components, a);
}

static void log_softmax(size_t n, double *a, double *share)
{
    double top = a[0], sum = 0;
    for (size_t k = 1; k < n; k++)
        top = fmax(top, a[k]);
    for (size_t k = 0; k < n; k++)
        sum += exp(a[k] - top);
    for (size_t k = 0; k < n; k++) {
        a[k] -= top + log(sum);
        share[k] = exp(a[k]);
    }
}

/* R from the logs and what follows them, (d, d) or its diagonal; returns the sum of the logs. */
static double unpack_shape(const el4ml_mixture *m, const double *t, double *r)
{
    const size_t d = m->inputs;
    double sum = 0;
    for (size_t a = 0; a < d; a++) {
        const double log_a = t[m->covariance == EL4ML_SPHERICAL ? 0 : a];
        r[full(m) ? a * d + a : a] = exp(-log_a);
        sum += log_a;
    }
    if (!full(m)) return sum;
    const double *below = t + d;
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < a; b++)
            r[a * d + b] = *below++;
    return sum;
}

void el4ml_mixture_unpack(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *x)
{
    const double two_pi = 6.283185307179586477;
    weights_of(m, x, w->log_weight);
    log_softmax(m->components, w->log_weight, w->weight);
    for (size_t k = 0; k < m->components; k++) {
        el4ml_gaussian *g = &w->at[k];
        g->mean = x + place(m, k);
        const double logs = unpack_shape(m, g->mean + m->inputs, g->r);
        g->level = w->log_weight[k] - logs - 0.5 * (double)m->inputs * log(two_pi);
    }
}

/* y = R v, or with `transposed` R^T v, for one vector. */
static void apply(const el4ml_mixture *m, const double *r, const double *v, bool transposed, double *y)
{
    const size_t d = m->inputs;
    for (size_t a = 0; a < d; a++) {
        if (!full(m)) {
            y[a] = r[a] * v[a];
            continue;
        }
        double sum = 0;
        for (size_t b = transposed ? a : 0; b < (transposed ? d : a + 1); b++)
            sum += (transposed ? r[b * d + a] : r[a * d + b]) * v[b];
        y[a] = sum;
    }
}

/* The change of R and of the level along v, and - R dmu; w->log_weight gets d ln pi. */
static void unpack_change(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *v)
{
    const size_t d = m->inputs;
    double mean = 0;
    weights_of(m, v, w->log_weight);
    for (size_t k = 0; k < m->components; k++)
        mean += w->weight[k] * w->log_weight[k];
    for (size_t k = 0; k < m->components; k++) {
        el4ml_gaussian *g = &w->change[k];
        const double *t = v + place(m, k) + d, *r = w->at[k].r;
        w->log_weight[k] -= mean;
        g->mean = v + place(m, k);
        g->level = w->log_weight[k];
        unpack_shape(m, t, g->r);
        for (size_t a = 0; a < d; a++) {
            const size_t at = full(m) ? a * d + a : a;
            const double log_change = t[m->covariance == EL4ML_SPHERICAL ? 0 : a];
            g->r[at] = -r[at] * log_change;
            g->level -= log_change;
        }
        apply(m, r, g->mean, false, g->shift);
        el4ml_scale(d, -1, g->shift);
    }
}

/* ---- Points ---- */

/* y = R z + shift, or R z where shift is NULL. */
static void transform(const el4ml_mixture *m, const double *r, const double *shift, const double *z,
                      double *y)
{
    const size_t d = m->inputs;
    if (full(m)) {
        const el4ml_product task = {.rows = d,
                                    .points = m->block,
                                    .stride = m->block,
                                    .operands = 1,
                                    .operand = {{r, d, 1, d, z}},
                                    .bias = shift,
                                    .out = y};
        m->tiles->product(&task);
        return;
    }
    m->kernels->scale(d, m->block, z, r, y);
    if (!shift) return;
    for (size_t a = 0; a < d; a++) {
        const double less = -shift[a];
        m->kernels->shift(1, m->block, y + a * m->block, &less, y + a * m->block);
    }
}

double el4ml_mixture_block(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *x,
                           const double *present)
{
    const size_t d = m->inputs, size = d * m->block;
    for (size_t k = 0; k < m->components; k++) {
        double *z = w->z + k * size, *y = w->y + k * size;
        m->kernels->shift(d, m->block, x, w->at[k].mean, z);
        transform(m, w->at[k].r, NULL, z, y);
        m->kernels->dot(d, m->block, y, y, w->at[k].level, -0.5, w->level + k * m->block);
    }
    return m->kernels->shares(m->components, m->block, present, w->level, w->share);
}

void el4ml_mixture_add_moments(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k,
                               const double *share, double *sums)
{
    const size_t d = m->inputs;
    const double *z = w->z + k * d * m->block;
    if (!full(m)) {
        m->kernels->diagonal_moments(d, m->block, share, z, sums);
        return;
    }
    m->kernels->weigh(d, m->block, share, z, w->weighted);
    const el4ml_outer task = {.rows = d,
                              .columns = d,
                              .points = m->block,
                              .stride = m->block,
                              .left = {w->weighted},
                              .right = {z},
                              .g = w->part + 1 + d,
                              .sums = w->part + 1};
    m->tiles->outer(&task);
    w->part[0] = m->kernels->sum(m->block, share);
    el4ml_axpy(m->moments, 1, w->part, sums);
}

void el4ml_mixture_add_prior(const el4ml_mixture *m, const el4ml_gaussian *g, double *sums)
{
    const size_t d = m->inputs;
    double *z = sums + 1, *s = z + d;
    for (size_t a = 0; a < d; a++) {
        const double apart = EL4ML_MIXTURE_SHRINKAGE * (m->mean[a] - g->mean[a]);
        z[a] += m->rho * apart;
        s[full(m) ? a * d + a : a] += m->rho * m->scatter[a];
        for (size_t b = full(m) ? 0 : a; b < (full(m) ? d : a + 1); b++)
            s[full(m) ? a * d + b : a] += m->rho * apart * (m->mean[b] - g->mean[b]);
    }
}

/* ---- Value and gradient ---- */

/* ln of the prior, a constant left out. */
static double log_prior(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *x)
{
    const size_t d = m->inputs;
    double sum = 0, *apart = w->part, *image = w->part + d;
    for (size_t k = 0; k < m->components; k++) {
        const el4ml_gaussian *g = &w->at[k];
        const double *t = x + place(m, k) + d;
        for (size_t a = 0; a < d; a++) {
            sum -= t[m->covariance == EL4ML_SPHERICAL ? 0 : a];
            apart[a] = m->mean[a] - g->mean[a];
            for (size_t b = full(m) ? 0 : a; b <= a; b++) {
                const double r = g->r[full(m) ? a * d + b : a];
                sum -= 0.5 * r * r * m->scatter[b];
            }
        }
        apply(m, g->r, apart, false, image);
        sum += w->log_weight[k] - 0.5 * EL4ML_MIXTURE_SHRINKAGE * el4ml_dot(d, image, image);
    }
    return m->rho * sum;
}

/* rs = R S, or its diagonal. */
static void shape_times(const el4ml_mixture *m, const double *r, const double *s, double *rs)
{
    const size_t d = m->inputs;
    if (!full(m)) {
        for (size_t a = 0; a < d; a++)
            rs[a] = r[a] * s[a];
        return;
    }
    memset(rs, 0, d * d * sizeof *rs);
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b <= a; b++)
            el4ml_axpy(d, r[a * d + b], s + b * d, rs + a * d);
}

/* What follows the mean, from `logs` (d) by the logs and `rs` by R below its diagonal. */
static void pack_shape(const el4ml_mixture *m, const double *logs, const double *rs, double *t)
{
    const size_t d = m->inputs;
    if (m->covariance == EL4ML_SPHERICAL) {
        t[0] = 0;
        for (size_t a = 0; a < d; a++)
            t[0] += logs[a];
        return;
    }
    el4ml_copy(d, logs, t);
    if (!full(m)) return;
    double *below = t + d;
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < a; b++)
            *below++ = rs[a * d + b];
}

/* N times the gradient by component k. */
static void component_gradient(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k, double *g)
{
    const size_t d = m->inputs;
    const double *r = w->at[k].r, *sums = sums_of(m, w->sums, k);
    double *image = w->part, *logs = w->part + d;
    apply(m, r, sums + 1, false, image);
    apply(m, r, image, true, g);
    el4ml_scale(d, -1, g);
    shape_times(m, r, sums + 1 + d, w->rs);
    for (size_t a = 0; a < d; a++) {
        const size_t at = full(m) ? a * d + a : a;
        logs[a] = sums[0] + m->rho - r[at] * w->rs[at];
    }
    pack_shape(m, logs, w->rs, g + d);
}

/* b from the changes by the a's. */
static void contract(const el4ml_mixture *m, const double *by_a, double *b)
{
    for (size_t i = 0; i < m->weights; i++)
        b[i] = el4ml_dot(m->components, m->contrast + i * m->components, by_a);
}

/* The prior counts as `share` of itself: mini-batches stand for all rows. */
static double value_on(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *x,
                       const el4ml_mixture_rows *rows, double count, double *gradient)
{
    const size_t d = m->inputs, all = m->components;
    const double scale = 1 / count, worth = (double)m->rows / count; /* of the rows, against the prior */
    double sum = 0;
    el4ml_mixture_unpack(m, w, x);
    memset(w->sums, 0, all * m->moments * sizeof *w->sums);
    for (size_t i = 0; i < rows->blocks; i++) {
        sum += el4ml_mixture_block(m, w, rows->x + i * d * m->block, rows->present + i * m->block);
        for (size_t k = 0; gradient && k < all; k++)
            el4ml_mixture_add_moments(m, w, k, w->share + k * m->block, sums_of(m, w->sums, k));
    }
    const double value = -(scale * sum + log_prior(m, w, x) / (double)m->rows);
    if (!gradient) return value;
    el4ml_scale(all * m->moments, worth, w->sums);
    for (size_t k = 0; k < all; k++) {
        el4ml_mixture_add_prior(m, &w->at[k], sums_of(m, w->sums, k));
        component_gradient(m, w, k, gradient + place(m, k));
        w->log_weight[k] = (double)m->rows * w->weight[k] - sums_of(m, w->sums, k)[0] +
                           m->rho * ((double)all * w->weight[k] - 1);
    }
    contract(m, w->log_weight, gradient);
    el4ml_scale(m->n, 1 / (double)m->rows, gradient);
    return value;
}

el4ml_status el4ml_mixture_value_gradient(const void *self, void *workspace, const double *x, double *value,
                                          double *gradient)
{
    const el4ml_mixture *m = self;
    const el4ml_mixture_rows rows = {m->blocks, m->x, m->present};
    *value = value_on(m, workspace, x, &rows, (double)m->rows, gradient);
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

/* Block after block, each counted for its share of the rows. */
el4ml_status el4ml_mixture_batch(const void *self, void *workspace, const double *x, size_t count,
                                 const size_t *rows, double *value, double *gradient)
{
    const el4ml_mixture *m = self;
    el4ml_mixture_workspace *w = workspace;
    const size_t d = m->inputs;
    const el4ml_mixture_rows batch = {1, w->batch, w->batch_present};
    *value = 0;
    memset(gradient, 0, m->n * sizeof *gradient);
    for (size_t first = 0; first < count; first += m->block) {
        const size_t here = count - first < m->block ? count - first : m->block;
        const double share = (double)here / (double)count;
        for (size_t p = 0; p < m->block; p++) {
            w->batch_present[p] = p < here;
            for (size_t a = 0; a < d; a++)
                w->batch[a * m->block + p] = p < here ? m->rows_x[rows[first + p] * d + a] : 0;
        }
        *value += share * value_on(m, w, x, &batch, (double)here, w->gradient);
        el4ml_axpy(m->n, share, w->gradient, gradient);
    }
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

/* ---- Products ---- */

/* The changes of the shares of the block that w holds, along w->change, into w->spread. */
static void share_changes(const el4ml_mixture *m, el4ml_mixture_workspace *w)
{
    const size_t d = m->inputs, size = d * m->block;
    for (size_t k = 0; k < m->components; k++) {
        const el4ml_gaussian *g = &w->change[k];
        transform(m, g->r, g->shift, w->z + k * size, w->weighted);
        m->kernels->dot(d, m->block, w->y + k * size, w->weighted, g->level, -1, w->spread + k * m->block);
    }
    m->kernels->share_changes(m->components, m->block, w->share, w->spread);
}

/* sum_change becomes what the direction changes of sums, the prior's rows included. */
static void finish_change(const el4ml_mixture *m, const double *sums, const double *mean_change,
                          double *change)
{
    const size_t d = m->inputs;
    const double *z = sums + 1, rows = sums[0] + m->rho * EL4ML_MIXTURE_SHRINKAGE;
    double *dz = change + 1, *ds = dz + d;
    for (size_t a = 0; a < d; a++) {
        dz[a] -= rows * mean_change[a];
        if (!full(m)) {
            ds[a] -= 2 * z[a] * mean_change[a];
            continue;
        }
        for (size_t b = 0; b < d; b++)
            ds[a * d + b] -= z[a] * mean_change[b] + mean_change[a] * z[b];
    }
}

/* N times the change of the gradient by component k. */
static void component_product(const el4ml_mixture *m, el4ml_mixture_workspace *w, size_t k, double *hv)
{
    const size_t d = m->inputs, size = full(m) ? d * d : d;
    const double *r = w->at[k].r, *dr = w->change[k].r, *sums = sums_of(m, w->sums, k);
    const double *change = sums_of(m, w->sum_change, k);
    double *image = w->part, *image_change = image + d, *logs = image_change + d, *more = logs + d;
    apply(m, r, sums + 1, false, image);
    apply(m, r, change + 1, false, image_change);
    apply(m, dr, sums + 1, false, more);
    el4ml_axpy(d, 1, more, image_change);
    apply(m, dr, image, true, hv);
    apply(m, r, image_change, true, more);
    for (size_t a = 0; a < d; a++)
        hv[a] = -hv[a] - more[a];
    shape_times(m, r, sums + 1 + d, w->other);
    for (size_t a = 0; a < d; a++) {
        const size_t at = full(m) ? a * d + a : a;
        logs[a] = change[0] - dr[at] * w->other[at];
    }
    shape_times(m, dr, sums + 1 + d, w->rs);
    shape_times(m, r, change + 1 + d, w->other);
    el4ml_axpy(size, 1, w->other, w->rs);
    for (size_t a = 0; a < d; a++) {
        const size_t at = full(m) ? a * d + a : a;
        logs[a] -= r[at] * w->rs[at];
    }
    pack_shape(m, logs, w->rs, hv + d);
}

static void product(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *v, double *hv)
{
    const size_t d = m->inputs, all = m->components;
    unpack_change(m, w, v);
    memset(w->sum_change, 0, all * m->moments * sizeof *w->sum_change);
    for (size_t i = 0; i < m->blocks; i++) {
        /* one block is there from before, with several each is made again */
        if (m->blocks > 1) el4ml_mixture_block(m, w, m->x + i * d * m->block, m->present + i * m->block);
        share_changes(m, w);
        for (size_t k = 0; k < all; k++)
            el4ml_mixture_add_moments(m, w, k, w->spread + k * m->block, sums_of(m, w->sum_change, k));
    }
    for (size_t k = 0; k < all; k++) {
        double *change = sums_of(m, w->sum_change, k);
        finish_change(m, sums_of(m, w->sums, k), w->change[k].mean, change);
        component_product(m, w, k, hv + place(m, k));
        w->log_weight[k] =
            ((double)m->rows + m->rho * (double)all) * w->weight[k] * w->log_weight[k] - change[0];
    }
    contract(m, w->log_weight, hv);
    el4ml_scale(m->n, 1 / (double)m->rows, hv);
}

el4ml_status el4ml_mixture_hessian_vector(const void *self, void *workspace, const double *x, size_t count,
                                          const double *v, double *hv)
{
    const el4ml_mixture *m = self;
    el4ml_mixture_workspace *w = workspace;
    const el4ml_mixture_rows rows = {m->blocks, m->x, m->present};
    if (!isfinite(value_on(m, w, x, &rows, (double)m->rows, w->gradient))) return EL4ML_NUMERICAL;
    for (size_t c = 0; c < count; c++)
        product(m, w, v + c * m->n, hv + c * m->n);
    return EL4ML_OK;
}
