/* Sorting by a number, in linear time: a stable radix sort of (key, index) pairs. */
#ifndef EL4ML_BASE_SORT_H
#define EL4ML_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct el4ml_sort_item {
    uint64_t key;
    size_t index;
} el4ml_sort_item;

/* Ascending by key; items of equal key keep their order. scratch: (count), its contents are lost. */
void el4ml_sort(el4ml_sort_item *items, el4ml_sort_item *scratch, size_t count);

/* Keys in the order of the numbers they stand for; -0 and 0 are equal, NaN is not for sorting. */
static inline uint64_t el4ml_key_of_double(double x)
{
    const double positive_zero = x + 0.0;
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t bits;
    memcpy(&bits, &positive_zero, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static inline uint64_t el4ml_key_of_integer(int64_t x)
{
    return (uint64_t)x ^ ((uint64_t)1 << 63);
}

#endif
