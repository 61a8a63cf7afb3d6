/* States by their degree, for the order of elimination: lists that are linked both ways, one for each degree.
 * The state that came last to the least degree is taken first. */
#ifndef EL4ML_KINETICS_DEGREE_QUEUE_H
#define EL4ML_KINETICS_DEGREE_QUEUE_H

#include "base/memory.h"

static const uint32_t EL4ML_QUEUE_END = UINT32_MAX;

typedef struct el4ml_degree_queue {
    uint32_t *first;          /* (count) of each degree */
    uint32_t *before, *after; /* (count) */
    uint32_t *degree;         /* (count) */
    size_t least;             /* no state has a lesser degree */
} el4ml_degree_queue;

static inline void el4ml_degree_queue_clear(el4ml_degree_queue *q)
{
    el4ml_release(q->first);
    el4ml_release(q->before);
    el4ml_release(q->after);
    el4ml_release(q->degree);
    *q = (el4ml_degree_queue){0};
}

static inline bool el4ml_degree_queue_init(el4ml_degree_queue *q, size_t count)
{
    *q = (el4ml_degree_queue){EL4ML_NEW(uint32_t, count + 1), EL4ML_NEW(uint32_t, count),
                              EL4ML_NEW(uint32_t, count), EL4ML_NEW(uint32_t, count), 0};
    if (!q->first || !q->before || !q->after || !q->degree) {
        el4ml_degree_queue_clear(q);
        return false;
    }
    for (size_t k = 0; k <= count; k++)
        q->first[k] = EL4ML_QUEUE_END;
    return true;
}

static inline void el4ml_degree_queue_add(el4ml_degree_queue *q, uint32_t state, uint32_t degree)
{
    const uint32_t next = q->first[degree];
    q->degree[state] = degree;
    q->before[state] = EL4ML_QUEUE_END;
    q->after[state] = next;
    if (next != EL4ML_QUEUE_END) q->before[next] = state;
    q->first[degree] = state;
    if (degree < q->least) q->least = degree;
}

static inline void el4ml_degree_queue_remove(el4ml_degree_queue *q, uint32_t state)
{
    const uint32_t before = q->before[state], after = q->after[state];
    if (before == EL4ML_QUEUE_END)
        q->first[q->degree[state]] = after;
    else
        q->after[before] = after;
    if (after != EL4ML_QUEUE_END) q->before[after] = before;
}

/* The queue must not be empty. */
static inline size_t el4ml_degree_queue_least(el4ml_degree_queue *q)
{
    while (q->first[q->least] == EL4ML_QUEUE_END)
        q->least++;
    return q->least;
}

static inline uint32_t el4ml_degree_queue_take(el4ml_degree_queue *q)
{
    const uint32_t state = q->first[el4ml_degree_queue_least(q)];
    el4ml_degree_queue_remove(q, state);
    return state;
}

#endif
