#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local size_t countdown = SIZE_MAX; /* only tests change it */

void el4ml_fail_allocation_after(size_t count)
{
    countdown = count;
}

void *el4ml_allocate(size_t count, size_t size)
{
    if (countdown != SIZE_MAX) {
        if (countdown == 0) {
            countdown = SIZE_MAX;
            return NULL;
        }
        countdown--;
    }
    if (size != 0 && count > (SIZE_MAX / 2 - 64) / size) return NULL;
    const size_t bytes =
        (count * size + 63) / 64 * 64 + 64; /* vector kernels may read past the end, never write */
    void *pointer = aligned_alloc(64, bytes);
    if (pointer) memset(pointer, 0, bytes);
    return pointer;
}

void el4ml_release(void *pointer)
{
    free(pointer);
}

bool el4ml_grow(void **array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) return true;
    size_t larger = *capacity < 8 ? 16 : *capacity + *capacity / 2;
    if (larger < needed) larger = needed;
    void *fresh = el4ml_allocate(larger, size);
    if (!fresh) return false;
    if (*array) memcpy(fresh, *array, *capacity * size);
    el4ml_release(*array);
    *array = fresh;
    *capacity = larger;
    return true;
}

char *el4ml_copy_text(const char *text)
{
    const size_t length = strlen(text) + 1;
    char *copy = EL4ML_NEW(char, length);
    if (copy) memcpy(copy, text, length);
    return copy;
}
