#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "insight/interpret.h"
#include "run/pool.h"

enum { ROUNDS = 12, EACH = 16 }; /* minima of a job */

typedef struct turning {
    el4ml_aligned *a;
    const el4ml_landscape *landscape;
    const double *fixed;
} turning;

static el4ml_status turn(void *context, size_t job, el4ml_searcher *searcher)
{
    const turning *t = context;
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    for (size_t k = job * EACH; k < (job + 1) * EACH && k < t->a->rows; k++) {
        double distance;
        const double *x = el4ml_landscape_record(t->landscape, EL4ML_MINIMUM, k)->point.x;
        const el4ml_status status = el4ml_align(e, t->fixed, x, 0, t->a->x + k * t->a->n, &distance);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* Root mean square distance from the mean, which is left in `mean`. */
static double spread(const el4ml_aligned *a, double *mean)
{
    double sum = 0;
    for (size_t i = 0; i < a->n; i++)
        mean[i] = 0;
    for (size_t k = 0; k < a->rows; k++)
        el4ml_axpy(a->n, 1 / (double)a->rows, a->x + k * a->n, mean);
    for (size_t k = 0; k < a->rows; k++) {
        const double d = el4ml_distance(a->n, a->x + k * a->n, mean);
        sum += d * d / (double)a->rows;
    }
    return sqrt(sum);
}

static el4ml_status align_all(el4ml_aligned *a, const el4ml_landscape *landscape, size_t lowest,
                              el4ml_pool *pool, double *mean)
{
    turning t = {a, landscape, el4ml_landscape_record(landscape, EL4ML_MINIMUM, lowest)->point.x};
    for (size_t k = 0; k < a->rows; k++)
        el4ml_copy(a->n, el4ml_landscape_record(landscape, EL4ML_MINIMUM, k)->point.x, a->x + k * a->n);
    a->stored_spread = spread(a, mean);
    double before = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        const el4ml_status status = el4ml_pool_run(pool, (a->rows + EACH - 1) / EACH, turn, &t);
        if (status != EL4ML_OK) return status;
        a->spread = spread(a, mean);
        if (a->spread > before * (1 - 1e-9)) break;
        before = a->spread;
        t.fixed = mean;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_aligned_init(el4ml_aligned *a, const el4ml_surface *surface,
                                const el4ml_landscape *landscape, size_t lowest, unsigned threads,
                                const volatile bool *cancel, el4ml_error *error)
{
    const el4ml_search_options search = el4ml_search_options_default();
    el4ml_pool *pool = NULL;
    *a = (el4ml_aligned){.rows = el4ml_landscape_count(landscape, EL4ML_MINIMUM),
                         .n = surface->info.dimension};
    a->x = EL4ML_NEW(double, a->rows * a->n);
    double *mean = EL4ML_NEW(double, a->n);
    el4ml_status status = a->x && mean ? el4ml_pool_new(surface, &search, threads, cancel, &pool, error)
                                       : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
    if (status == EL4ML_OK) {
        status = align_all(a, landscape, lowest, pool, mean);
        if (status != EL4ML_OK) el4ml_fail(error, status, "interpret: %s", el4ml_status_text(status));
    }
    el4ml_pool_free(pool);
    el4ml_release(mean);
    return status;
}

void el4ml_aligned_clear(el4ml_aligned *a)
{
    el4ml_release(a->x);
    *a = (el4ml_aligned){0};
}
