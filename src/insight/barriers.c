#include "base/memory.h"
#include "el4ml/answers.h"

void el4ml_barriers_free(el4ml_barriers *b)
{
    if (!b) return;
    el4ml_release(b->pairs);
    el4ml_release(b->energy);
    el4ml_release(b->state);
    el4ml_release(b);
}

static bool contains(const el4ml_minimum_set *set, size_t minimum)
{
    size_t low = 0, high = set->count; /* members ascend */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (set->members[middle] < minimum)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && set->members[low] == minimum;
}

/* A pair that both orders name comes once, as the lower index first. */
static void list_pairs(const el4ml_minimum_set *a, const el4ml_minimum_set *b, el4ml_barriers *made)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++) {
            const size_t from = a->members[i], to = b->members[j];
            if (from == to || (from > to && contains(a, to) && contains(b, from))) continue;
            made->pairs[made->count++] = (el4ml_minimum_pair){from, to};
        }
}

el4ml_status el4ml_barriers_between(const el4ml_merge_tree *tree, const el4ml_minimum_set *a,
                                    const el4ml_minimum_set *b, el4ml_barriers **barriers, el4ml_error *error)
{
    if (!tree || !a || !b || !barriers || a->count == 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "barriers: nothing given");
    if (b->count > EL4ML_MOST_BARRIERS / a->count)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "barriers of %zu times %zu minima: at most %d pairs",
                          a->count, b->count, EL4ML_MOST_BARRIERS);
    const size_t most = a->count * b->count;
    el4ml_barriers *made = EL4ML_NEW(el4ml_barriers, 1);
    if (made) {
        made->pairs = EL4ML_NEW(el4ml_minimum_pair, most);
        made->energy = EL4ML_NEW(double, most);
        made->state = EL4ML_NEW(size_t, most);
    }
    if (!made || !made->pairs || !made->energy || !made->state) {
        el4ml_barriers_free(made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "barriers: out of memory");
    }
    list_pairs(a, b, made);
    const el4ml_status status =
        el4ml_minimax_pairs(tree, made->pairs, made->count, made->energy, made->state, error);
    if (status == EL4ML_OK)
        *barriers = made;
    else
        el4ml_barriers_free(made);
    return status;
}
