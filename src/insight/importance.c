/* Permutation importance: how much the mean loss of a model rises when one feature's values change places. */
#include <math.h>
#include <string.h>

#include "base/beta.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "insight/interpret.h"
#include "insight/way.h"
#include "run/pool.h"

static const uint64_t purpose_permute = 0x7065726d757465;

typedef struct measuring {
    el4ml_rises *r;
    const el4ml_landscape *landscape;
    const el4ml_dataset *rows;
    uint64_t seed;
} measuring;

void el4ml_rises_clear(el4ml_rises *r)
{
    el4ml_release(r->model);
    el4ml_release(r->rise);
    *r = (el4ml_rises){0};
}

/* The same permutations for every model. */
static el4ml_status measure_model(void *context, size_t job, el4ml_searcher *searcher)
{
    const measuring *m = context;
    const el4ml_dataset *rows = m->rows;
    const size_t d = rows->inputs;
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    const double *x = el4ml_landscape_record(m->landscape, EL4ML_MINIMUM, m->r->model[job])->point.x;
    el4ml_dataset copy = *rows;
    copy.x = EL4ML_NEW(double, rows->rows *d);
    size_t *order = EL4ML_NEW(size_t, rows->rows);
    if (!copy.x || !order) {
        el4ml_release(copy.x);
        el4ml_release(order);
        return EL4ML_OUT_OF_MEMORY;
    }
    el4ml_copy(rows->rows * d, rows->x, copy.x);
    const double loss = el4ml_metrics_at(e, x, rows).loss;
    for (size_t j = 0; j < d; j++) {
        for (size_t k = 0; k < m->r->repeats; k++) {
            el4ml_random random = el4ml_random_new(m->seed, purpose_permute + j, k);
            for (size_t i = 0; i < rows->rows; i++)
                order[i] = i;
            el4ml_random_shuffle(&random, rows->rows, order);
            for (size_t i = 0; i < rows->rows; i++)
                copy.x[i * d + j] = rows->x[order[i] * d + j];
            m->r->rise[(job * d + j) * m->r->repeats + k] = el4ml_metrics_at(e, x, &copy).loss - loss;
        }
        for (size_t i = 0; i < rows->rows; i++)
            copy.x[i * d + j] = rows->x[i * d + j];
    }
    el4ml_release(copy.x);
    el4ml_release(order);
    return e->cancel && *e->cancel ? EL4ML_INTERRUPTED : EL4ML_OK;
}

el4ml_status el4ml_rises_measure(el4ml_rises *r, const el4ml_surface *surface,
                                 const el4ml_landscape *landscape, const el4ml_dataset *rows,
                                 const el4ml_interpret_options *o, el4ml_error *error)
{
    const el4ml_search_options search = el4ml_search_options_default();
    measuring m = {r, landscape, rows, o->seed};
    el4ml_pool *pool = NULL;
    r->features = rows->inputs;
    r->repeats = o->repeats;
    r->rise = EL4ML_NEW(double, r->models * r->features * r->repeats);
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

static void sum_up_feature(const el4ml_rises *r, const bool *wanted, size_t count, size_t j,
                           el4ml_reliance *f)
{
    double sum = 0, square = 0;
    const double n = (double)r->repeats;
    for (size_t k = 0; k < r->repeats; k++) {
        double mean = 0; /* over models, of one permutation */
        for (size_t m = 0; m < r->models; m++)
            if (wanted[m]) mean += r->rise[(m * r->features + j) * r->repeats + k] / (double)count;
        sum += mean;
        square += mean * mean;
    }
    f->importance = sum / n;
    if (r->repeats < 2) return;
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
