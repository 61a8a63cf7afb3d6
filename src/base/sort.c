/* Radix sort, least significant byte first. Bytes that all keys share are passed over; short arrays are
 * sorted by insertion. */
#include "base/sort.h"

enum { DIGITS = 8, VALUES = 256, SHORT = 48 };

static void sort_short(el4ml_sort_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const el4ml_sort_item item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static size_t digit_of(uint64_t key, size_t digit)
{
    return (key >> (8 * digit)) & (VALUES - 1);
}

static void count_digits(const el4ml_sort_item *items, size_t count, size_t histogram[DIGITS][VALUES])
{
    memset(histogram, 0, DIGITS * sizeof *histogram);
    for (size_t i = 0; i < count; i++)
        for (size_t d = 0; d < DIGITS; d++)
            histogram[d][digit_of(items[i].key, d)]++;
}

/* Counts become the places of the first item of each value. */
static void add_up(size_t places[VALUES])
{
    size_t sum = 0;
    for (size_t v = 0; v < VALUES; v++) {
        const size_t here = places[v];
        places[v] = sum;
        sum += here;
    }
}

void el4ml_sort(el4ml_sort_item *items, el4ml_sort_item *scratch, size_t count)
{
    size_t histogram[DIGITS][VALUES];
    if (count <= SHORT) {
        sort_short(items, count);
        return;
    }
    count_digits(items, count, histogram);
    el4ml_sort_item *from = items, *to = scratch;
    for (size_t d = 0; d < DIGITS; d++) {
        if (histogram[d][digit_of(from[0].key, d)] == count) continue;
        add_up(histogram[d]);
        for (size_t i = 0; i < count; i++)
            to[histogram[d][digit_of(from[i].key, d)]++] = from[i];
        el4ml_sort_item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, count * sizeof *items);
}
