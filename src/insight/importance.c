/* Permutation importance: how much the mean loss of a model rises when one feature's values change places. */
#include <math.h>

#include "base/beta.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "insight/interpret.h"
#include "run/pool.h"

/* What votes of neighbours, say, call impossible must not outweigh all other rows. */
static const double LEAST_PROBABILITY = 1e-6;
static const uint64_t purpose_permute = 0x7065726d757465;

typedef struct measuring {
    el4ml_rises *r;
    const el4ml_landscape *landscape;
    const el4ml_dataset *rows;
    uint64_t seed;
    size_t repeats;
} measuring;

void el4ml_rises_clear(el4ml_rises *r)
{
    el4ml_release(r->model);
    el4ml_release(r->rise);
    *r = (el4ml_rises){0};
}

/* The loss of each row: -ln of the probability of its class, or the mean squared error. outputs: (rows,
 * outputs). */
static el4ml_status row_losses(el4ml_evaluator *e, const double *x, const el4ml_dataset *d, double *outputs,
                               double *loss)
{
    const size_t width = e->surface->info.outputs;
    const el4ml_status status = el4ml_predict(e, x, d, outputs);
    for (size_t i = 0; i < d->rows && status == EL4ML_OK; i++) {
        const double *row = outputs + i * width;
        if (d->label) {
            loss[i] = -log(fmax(row[d->label[i]], LEAST_PROBABILITY));
            continue;
        }
        loss[i] = 0;
        for (size_t t = 0; t < width; t++)
            loss[i] += (row[t] - d->y[i * width + t]) * (row[t] - d->y[i * width + t]) / (double)width;
    }
    return status;
}

/* One model's room. */
typedef struct desk {
    el4ml_dataset copy;
    double *outputs, *loss, *permuted; /* (rows, outputs), (rows) */
    size_t *order;                     /* (rows) */
} desk;

static void desk_clear(desk *k)
{
    el4ml_release(k->copy.x);
    el4ml_release(k->outputs);
    el4ml_release(k->loss);
    el4ml_release(k->order);
}

static bool desk_init(desk *k, const el4ml_dataset *rows, size_t outputs)
{
    *k = (desk){.copy = *rows,
                .outputs = EL4ML_NEW(double, rows->rows *outputs),
                .loss = EL4ML_NEW(double, 2 * rows->rows),
                .order = EL4ML_NEW(size_t, rows->rows)};
    k->copy.x = EL4ML_NEW(double, rows->rows * rows->inputs);
    k->permuted = k->loss + rows->rows;
    if (!k->copy.x || !k->outputs || !k->loss || !k->order) return false;
    el4ml_copy(rows->rows * rows->inputs, rows->x, k->copy.x);
    return true;
}

/* The same permutations for every model. */
static el4ml_status permute_feature(const measuring *m, el4ml_evaluator *e, const double *x, size_t j,
                                    desk *k, double *rise)
{
    const el4ml_dataset *rows = m->rows;
    const size_t d = rows->inputs, n = rows->rows;
    el4ml_status status = EL4ML_OK;
    for (size_t repeat = 0; repeat < m->repeats && status == EL4ML_OK; repeat++) {
        el4ml_random random = el4ml_random_new(m->seed, purpose_permute + j, repeat);
        for (size_t i = 0; i < n; i++)
            k->order[i] = i;
        el4ml_random_shuffle(&random, n, k->order);
        for (size_t i = 0; i < n; i++)
            k->copy.x[i * d + j] = rows->x[k->order[i] * d + j];
        status = row_losses(e, x, &k->copy, k->outputs, k->permuted);
        for (size_t i = 0; i < n; i++)
            rise[i] += (k->permuted[i] - k->loss[i]) / (double)m->repeats;
    }
    for (size_t i = 0; i < n; i++)
        k->copy.x[i * d + j] = rows->x[i * d + j];
    return status;
}

static el4ml_status measure_model(void *context, size_t job, el4ml_searcher *searcher)
{
    const measuring *m = context;
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    const double *x = el4ml_landscape_record(m->landscape, EL4ML_MINIMUM, m->r->model[job])->point.x;
    desk k;
    el4ml_status status = desk_init(&k, m->rows, e->surface->info.outputs) ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_OK) status = row_losses(e, x, m->rows, k.outputs, k.loss);
    for (size_t j = 0; j < m->r->features && status == EL4ML_OK; j++) {
        status = permute_feature(m, e, x, j, &k, m->r->rise + (job * m->r->features + j) * m->r->rows);
        if (e->cancel && *e->cancel) status = EL4ML_INTERRUPTED;
    }
    desk_clear(&k);
    return status;
}

el4ml_status el4ml_rises_measure(el4ml_rises *r, const el4ml_surface *surface,
                                 const el4ml_landscape *landscape, const el4ml_dataset *rows,
                                 const el4ml_interpret_options *o, el4ml_error *error)
{
    const el4ml_search_options search = el4ml_search_options_default();
    measuring m = {r, landscape, rows, o->seed, o->repeats};
    el4ml_pool *pool = NULL;
    r->features = rows->inputs;
    r->rows = rows->rows;
    r->rise = EL4ML_NEW(double, r->models * r->features * r->rows);
    el4ml_status status = r->rise ? el4ml_pool_new(surface, &search, o->threads, o->cancel, &pool, error)
                                  : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
    if (status == EL4ML_OK) {
        status = el4ml_pool_run(pool, r->models, measure_model, &m);
        if (status != EL4ML_OK) el4ml_fail(error, status, "interpret: %s", el4ml_status_text(status));
    }
    el4ml_pool_free(pool);
    return status;
}

/* That Student's t with so many degrees of freedom is at least t. */
static double above(double t, double degrees)
{
    const double x = degrees / (degrees + t * t);
    const double half = 0.5 * el4ml_incomplete_beta(0.5 * degrees, 0.5, x, 1 - x);
    return t > 0 ? half : 1 - half;
}

/* Over rows, which are what a new sample would have others of. */
static void sum_up_feature(const el4ml_rises *r, const bool *wanted, size_t count, size_t j,
                           el4ml_reliance *f)
{
    double sum = 0, square = 0;
    const double n = (double)r->rows;
    for (size_t i = 0; i < r->rows; i++) {
        double mean = 0; /* over models */
        for (size_t m = 0; m < r->models; m++)
            if (wanted[m]) mean += r->rise[(m * r->features + j) * r->rows + i] / (double)count;
        sum += mean;
        square += mean * mean;
    }
    f->importance = sum / n;
    if (r->rows < 2) return;
    const double variance = fmax(0, square - sum * sum / n) / (n - 1);
    f->importance_error = sqrt(variance / n);
    f->p = f->importance_error > 0 ? above(f->importance / f->importance_error, n - 1)
                                   : (f->importance > 0 ? 0 : 1);
}

size_t el4ml_rises_sum_up(const el4ml_rises *r, const bool *wanted, el4ml_reliance *features)
{
    size_t count = 0;
    for (size_t m = 0; m < r->models; m++)
        count += wanted[m];
    for (size_t j = 0; j < r->features && count > 0; j++)
        sum_up_feature(r, wanted, count, j, &features[j]);
    return count;
}
