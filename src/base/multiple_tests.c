/* Many tests at once. */
#include <math.h>

#include "base/memory.h"
#include "base/sort.h"
#include "el4ml/statistics.h"

double el4ml_holm(const double *p, size_t count, size_t which)
{
    /* the largest of p_j x (number of values not below p_j), over those not above p_which */
    double adjusted = 0;
    for (size_t j = 0; j < count; j++) {
        if (!(p[j] <= p[which])) continue;
        size_t rank = 0;
        for (size_t k = 0; k < count; k++)
            rank += p[k] < p[j] || (p[k] == p[j] && k < j);
        adjusted = fmax(adjusted, p[j] * (double)(count - rank));
    }
    return fmin(1, adjusted);
}

el4ml_status el4ml_false_discovery_rates(const double *p, size_t count, double *q, el4ml_error *error)
{
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, 2 * count);
    if (!items) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "false discovery rates: out of memory");
    size_t tests = 0;
    for (size_t k = 0; k < count; k++) {
        q[k] = NAN;
        if (isfinite(p[k])) items[tests++] = (el4ml_sort_item){el4ml_key_of_double(p[k]), k};
    }
    el4ml_sort(items, items + count, tests);
    double least = 1;
    for (size_t rank = tests; rank-- > 0;) {
        const size_t k = items[rank].index;
        least = fmin(least, p[k] * (double)tests / (double)(rank + 1));
        q[k] = least;
    }
    el4ml_release(items);
    return EL4ML_OK;
}
