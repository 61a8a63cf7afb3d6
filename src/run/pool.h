/* A pool of threads, each with its own searcher. Jobs of a batch are independent; who runs which never
 * matters. */
#ifndef EL4ML_RUN_POOL_H
#define EL4ML_RUN_POOL_H

#include "el4ml/saddle.h"

typedef struct el4ml_pool el4ml_pool;
/* A job's status other than OK ends the batch: it is for interruption and lack of memory, not for failed
 * searches. */
typedef el4ml_status (*el4ml_job)(void *context, size_t job, el4ml_searcher *searcher);

el4ml_status el4ml_pool_new(const el4ml_surface *surface, const el4ml_search_options *options,
                            unsigned threads, const volatile bool *cancel, el4ml_pool **pool,
                            el4ml_error *error);
void el4ml_pool_free(el4ml_pool *pool);
/* Run jobs 0 ... count - 1; returns when all are done or one has failed: then the status of the lowest that
 * did. */
el4ml_status el4ml_pool_run(el4ml_pool *pool, size_t count, el4ml_job job, void *context);
/* From this moment on (el4ml_clock) jobs are interrupted; 0: never. Not while a batch runs. */
void el4ml_pool_set_deadline(el4ml_pool *pool, double deadline);
/* The calling thread's own searcher, to be used between batches. */
el4ml_searcher *el4ml_pool_searcher(el4ml_pool *pool);
/* Work done since the last call. */
el4ml_cost el4ml_pool_take_cost(el4ml_pool *pool);

#endif
