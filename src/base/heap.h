/* A binary heap of items by ascending key; equal keys by ascending item, so that the order is always the
 * same. */
#ifndef EL4ML_BASE_HEAP_H
#define EL4ML_BASE_HEAP_H

#include "base/memory.h"

typedef struct el4ml_heap_item {
    double key;
    size_t item;
} el4ml_heap_item;

typedef struct el4ml_heap {
    size_t count, capacity;
    el4ml_heap_item *items;
} el4ml_heap;

static inline bool el4ml_heap_before(el4ml_heap_item a, el4ml_heap_item b)
{
    return a.key != b.key ? a.key < b.key : a.item < b.item;
}

/* False when out of memory. */
static inline bool el4ml_heap_push(el4ml_heap *heap, double key, size_t item)
{
    if (!el4ml_grow((void **)&heap->items, &heap->capacity, heap->count + 1, sizeof *heap->items))
        return false;
    const el4ml_heap_item fresh = {key, item};
    size_t at = heap->count++;
    while (at > 0 && el4ml_heap_before(fresh, heap->items[(at - 1) / 2])) {
        heap->items[at] = heap->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->items[at] = fresh;
    return true;
}

/* The heap must not be empty. */
static inline el4ml_heap_item el4ml_heap_pop(el4ml_heap *heap)
{
    const el4ml_heap_item top = heap->items[0], last = heap->items[--heap->count];
    size_t at = 0;
    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && el4ml_heap_before(heap->items[child + 1], heap->items[child])) child++;
        if (!el4ml_heap_before(heap->items[child], last)) break;
        heap->items[at] = heap->items[child];
        at = child;
    }
    heap->items[at] = last;
    return top;
}

#endif
