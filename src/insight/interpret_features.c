/* Which features models rely on: by the weights at their inputs, and by permutation. */
#include <math.h>

#include "base/memory.h"
#include "insight/interpret.h"
#include "insight/way.h"

typedef el4ml_interpret_task task;

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
}

el4ml_interpreted_group *el4ml_interpret_group(const task *t, size_t g)
{
    return g < t->groups ? &t->r->groups[g] : &t->r->all;
}

/* ---- Weights at the inputs ---- */

static void set_scale(task *t)
{
    const el4ml_dataset *d = &t->data->train;
    const double n = (double)d->rows;
    for (size_t j = 0; j < d->inputs; j++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < d->rows; i++)
            mean += d->x[i * d->inputs + j] / n;
        for (size_t i = 0; i < d->rows; i++)
            square += (d->x[i * d->inputs + j] - mean) * (d->x[i * d->inputs + j] - mean) / n;
        t->scale[j] = sqrt(square);
    }
}

el4ml_status el4ml_interpret_fold(task *t, el4ml_error *error)
{
    const size_t d = t->r->feature_count, rows = t->aligned.rows;
    if (t->weights.layers == 0 || d == 0) return EL4ML_OK;
    double *work = EL4ML_NEW(double, 2 * el4ml_weights_widest(&t->weights));
    t->scale = EL4ML_NEW(double, d);
    t->shares = EL4ML_NEW(double, rows *d);
    t->item = EL4ML_NEW(size_t, t->aligned.n);
    if (!work || !t->scale || !t->shares || !t->item) {
        el4ml_release(work);
        return out_of_memory(error);
    }
    set_scale(t);
    for (size_t k = 0; k < rows; k++)
        el4ml_weights_fold(&t->weights, t->aligned.x + k * t->aligned.n, t->scale, work, t->shares + k * d);
    for (size_t p = 0; p < t->aligned.n; p++)
        t->item[p] = p < t->weights.size[1] * d ? p % d : EL4ML_NONE;
    t->r->weights = true;
    el4ml_release(work);
    return EL4ML_OK;
}

void el4ml_interpret_reliance(const task *t, size_t g, el4ml_interpreted_group *to)
{
    const size_t d = t->r->feature_count, n = t->aligned.n;
    for (size_t j = 0; j < d; j++) {
        el4ml_reliance *f = &to->features[j];
        double square = 0;
        f->weight = 0;
        f->weight_low = INFINITY;
        f->weight_high = 0;
        for (size_t k = 0; k < t->aligned.rows; k++) {
            if (g != EL4ML_NONE && t->group[k] != g) continue;
            const double share = t->shares[k * d + j], *x = t->aligned.x + k * n;
            f->weight += share / (double)to->count;
            f->weight_low = fmin(f->weight_low, share);
            f->weight_high = fmax(f->weight_high, share);
            for (size_t h = 0; h < t->weights.size[1]; h++)
                square += x[h * d + j] * x[h * d + j] / (double)to->count;
        }
        f->conserved = square > 0 ? fmin(1, f->test.mean / sqrt(square)) : (double)NAN;
    }
}

/* ---- Permutation importance ---- */

/* The lowest `models` minima of every group, and of all. */
static bool choose_models(task *t)
{
    const size_t rows = t->aligned.rows, most = t->options->models;
    size_t *taken = EL4ML_NEW(size_t, t->groups + 1);
    t->rises.model = EL4ML_NEW(size_t, rows);
    if (!taken || !t->rises.model) {
        el4ml_release(taken);
        return false;
    }
    for (size_t k = 0; k < rows; k++) {
        const size_t i = t->by_energy[k], g = t->group[i];
        const bool of_group = g != EL4ML_NONE && taken[g] < most, of_all = taken[t->groups] < most;
        if (of_group) taken[g]++;
        if (of_all) taken[t->groups]++;
        if (of_group || of_all) t->rises.model[t->rises.models++] = i;
    }
    el4ml_release(taken);
    return true;
}

static el4ml_status adjust_importance(const task *t, el4ml_error *error)
{
    const size_t d = t->r->feature_count, count = (t->groups + 1) * d;
    double *p = EL4ML_NEW(double, 2 * count + 1), *q = p + count;
    if (!p) return out_of_memory(error);
    for (size_t k = 0; k < count; k++)
        p[k] = el4ml_interpret_group(t, k / d)->features[k % d].p;
    const el4ml_status status = el4ml_false_discovery_rates(p, count, q, error);
    for (size_t k = 0; k < count && status == EL4ML_OK; k++)
        el4ml_interpret_group(t, k / d)->features[k % d].q = q[k];
    el4ml_release(p);
    return status;
}

static el4ml_status correlate(const task *t, el4ml_interpreted_group *g, el4ml_error *error)
{
    const size_t d = t->r->feature_count;
    double *values = EL4ML_NEW(double, 2 * d);
    if (!values) return out_of_memory(error);
    for (size_t j = 0; j < d; j++) {
        values[j] = g->features[j].weight;
        values[d + j] = g->features[j].importance;
    }
    const el4ml_status status = el4ml_correlate(values, values + d, d, NULL, &g->agreement, error);
    el4ml_release(values);
    return status;
}

el4ml_status el4ml_interpret_importance(task *t, el4ml_error *error)
{
    if (t->r->feature_count == 0 || t->options->repeats == 0) return EL4ML_OK;
    if (!el4ml_tells_targets(t->surface, &t->data->train)) return EL4ML_OK;
    t->r->validation = t->data->validation.rows > 0;
    if (!choose_models(t)) return out_of_memory(error);
    el4ml_status status =
        el4ml_rises_measure(&t->rises, t->surface, t->landscape,
                            t->r->validation ? &t->data->validation : &t->data->train, t->options, error);
    bool *wanted = EL4ML_NEW(bool, t->rises.models);
    if (status == EL4ML_OK && !wanted) status = out_of_memory(error);
    for (size_t g = 0; g <= t->groups && status == EL4ML_OK; g++) {
        size_t left = t->options->models; /* models are in ascending energy */
        for (size_t m = 0; m < t->rises.models; m++) {
            wanted[m] = left > 0 && (g == t->groups || t->group[t->rises.model[m]] == g);
            left -= wanted[m];
        }
        el4ml_interpreted_group *to = el4ml_interpret_group(t, g);
        to->models = el4ml_rises_sum_up(&t->rises, wanted, to->features);
        if (t->r->weights) status = correlate(t, to, error);
    }
    el4ml_release(wanted);
    return status == EL4ML_OK ? adjust_importance(t, error) : status;
}
