/* Memory: 64-byte aligned, zeroed, sizes checked for overflow. One place, so that tests can make any
 * allocation fail. */
#ifndef EL4ML_BASE_MEMORY_H
#define EL4ML_BASE_MEMORY_H

#include "el4ml/status.h"

/* `count` elements of `size` bytes, zeroed; NULL when out of memory or when the product overflows. A count of
 * 0 gives a valid pointer. Free with el4ml_release. */
void *el4ml_allocate(size_t count, size_t size);
void el4ml_release(void *pointer);
/* Grow *array (made by el4ml_allocate) to hold at least `needed` elements; *capacity is updated. False when
 * out of memory, the array then untouched. */
bool el4ml_grow(void **array, size_t *capacity, size_t needed, size_t size);
char *el4ml_copy_text(const char *text);

/* Test hook: the allocation after `countdown` more successes fails, once (thread-local; SIZE_MAX: never). */
void el4ml_fail_allocation_after(size_t countdown);

#define EL4ML_NEW(type, count) ((type *)el4ml_allocate((count), sizeof(type)))

#endif
