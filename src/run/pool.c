#include "run/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/memory.h"

typedef struct worker {
    el4ml_pool *pool;
    el4ml_searcher *searcher;
    pthread_t thread;
    bool started;
} worker;

struct el4ml_pool {
    unsigned threads;
    worker *workers; /* worker 0 is the calling thread */
    pthread_mutex_t mutex;
    pthread_cond_t begin, end;
    uint64_t batch; /* number of the present batch; a worker waits for it to change */
    unsigned busy;
    bool stop;
    atomic_size_t next; /* first job not yet taken */
    size_t count;
    el4ml_job job;
    void *context;
    el4ml_status status;
    size_t failed_job;
};

static void work_off(worker *w)
{
    el4ml_pool *p = w->pool;
    for (;;) {
        const size_t job = atomic_fetch_add(&p->next, 1);
        if (job >= p->count) return;
        const el4ml_status status = p->job(p->context, job, w->searcher);
        if (status == EL4ML_OK) continue;
        pthread_mutex_lock(&p->mutex);
        if (p->status == EL4ML_OK || job < p->failed_job) {
            p->status = status;
            p->failed_job = job;
        }
        pthread_mutex_unlock(&p->mutex);
        atomic_store(&p->next, p->count);
        return;
    }
}

static void *thread_main(void *argument)
{
    worker *w = argument;
    el4ml_pool *p = w->pool;
    uint64_t seen = 0;
    for (;;) {
        pthread_mutex_lock(&p->mutex);
        while (!p->stop && p->batch == seen)
            pthread_cond_wait(&p->begin, &p->mutex);
        seen = p->batch;
        const bool stop = p->stop;
        pthread_mutex_unlock(&p->mutex);
        if (stop) return NULL;
        work_off(w);
        pthread_mutex_lock(&p->mutex);
        if (--p->busy == 0) pthread_cond_signal(&p->end);
        pthread_mutex_unlock(&p->mutex);
    }
}

el4ml_status el4ml_pool_run(el4ml_pool *p, size_t count, el4ml_job job, void *context)
{
    pthread_mutex_lock(&p->mutex);
    p->count = count;
    p->job = job;
    p->context = context;
    p->status = EL4ML_OK;
    p->busy = p->threads - 1;
    atomic_store(&p->next, 0);
    p->batch++;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->mutex);
    work_off(&p->workers[0]);
    pthread_mutex_lock(&p->mutex);
    while (p->busy > 0)
        pthread_cond_wait(&p->end, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
    return p->status;
}

void el4ml_pool_free(el4ml_pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->mutex);
    p->stop = true;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->mutex);
    for (unsigned k = 0; p->workers && k < p->threads; k++) {
        if (p->workers[k].started) pthread_join(p->workers[k].thread, NULL);
        el4ml_searcher_free(p->workers[k].searcher);
    }
    pthread_mutex_destroy(&p->mutex);
    pthread_cond_destroy(&p->begin);
    pthread_cond_destroy(&p->end);
    el4ml_release(p->workers);
    el4ml_release(p);
}

static unsigned all_cores(void)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > 1024 ? 1024 : (unsigned)cores;
}

el4ml_status el4ml_pool_new(const el4ml_surface *surface, const el4ml_search_options *options,
                            unsigned threads, const volatile bool *cancel, el4ml_pool **pool,
                            el4ml_error *error)
{
    el4ml_pool *p = EL4ML_NEW(el4ml_pool, 1);
    if (!p) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "pool: out of memory");
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->begin, NULL);
    pthread_cond_init(&p->end, NULL);
    p->threads = threads ? threads : all_cores();
    p->workers = EL4ML_NEW(worker, p->threads);
    el4ml_status status =
        p->workers ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "pool: out of memory");
    for (unsigned k = 0; k < p->threads && status == EL4ML_OK; k++) {
        worker *w = &p->workers[k];
        w->pool = p;
        status = el4ml_searcher_new(surface, options, &w->searcher, error);
        if (status != EL4ML_OK) break;
        el4ml_searcher_evaluator(w->searcher)->cancel = cancel;
        if (k == 0) continue;
        w->started = pthread_create(&w->thread, NULL, thread_main, w) == 0;
        if (!w->started) status = el4ml_fail(error, EL4ML_IO, "pool: cannot start thread %u", k);
    }
    if (status != EL4ML_OK) {
        el4ml_pool_free(p);
        return status;
    }
    *pool = p;
    return EL4ML_OK;
}

void el4ml_pool_set_deadline(el4ml_pool *p, double deadline)
{
    for (unsigned k = 0; k < p->threads; k++)
        el4ml_searcher_evaluator(p->workers[k].searcher)->deadline = deadline;
}

el4ml_searcher *el4ml_pool_searcher(el4ml_pool *p)
{
    return p->workers[0].searcher;
}

el4ml_cost el4ml_pool_take_cost(el4ml_pool *p)
{
    el4ml_cost sum = {0};
    for (unsigned k = 0; k < p->threads; k++) {
        el4ml_cost *c = &el4ml_searcher_evaluator(p->workers[k].searcher)->cost;
        sum.evaluations += c->evaluations;
        sum.hessian_products += c->hessian_products;
        sum.hessians += c->hessians;
        sum.minimisations += c->minimisations;
        *c = (el4ml_cost){0};
    }
    return sum;
}
