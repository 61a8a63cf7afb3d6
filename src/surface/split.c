#include "surface/split.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "el4ml/random.h"

#define PURPOSE_SPLIT UINT64_C(0x53504c4954) /* "SPLIT" */

typedef struct share {
    double remainder;
    size_t group;
} share;

static int compare_shares(const void *a, const void *b)
{
    const share *p = a, *q = b;
    if (p->remainder != q->remainder) return p->remainder < q->remainder ? 1 : -1;
    return (p->group > q->group) - (p->group < q->group);
}

/* taken[g] of size[g] rows, by largest remainders; `left` receives what stays. shares: work (groups). */
static void apportion(size_t groups, const size_t *size, double fraction, size_t *taken, size_t *left,
                      share *shares)
{
    double total = 0;
    size_t sum = 0;
    for (size_t g = 0; g < groups; g++) {
        const double quota = fraction * (double)size[g];
        size_t whole = (size_t)(quota + 1e-9);
        if (whole >= size[g]) whole = size[g] > 0 ? size[g] - 1 : 0;
        shares[g] = (share){.remainder = quota - (double)whole, .group = g};
        taken[g] = whole;
        sum += whole;
        total += quota;
    }
    size_t wanted = (size_t)(total + 0.5);
    if (wanted == 0 && fraction > 0) wanted = 1;
    qsort(shares, groups, sizeof *shares, compare_shares);
    for (size_t k = 0; k < groups && sum < wanted; k++) {
        const size_t g = shares[k].group;
        if (taken[g] + 1 >= size[g]) continue;
        taken[g]++;
        sum++;
    }
    for (size_t g = 0; g < groups; g++)
        left[g] = size[g] - taken[g];
}

typedef struct splitter {
    size_t *size, *left, *tested, *validated; /* (groups) */
    size_t *start;                            /* (groups): of the group's rows in `order` */
    size_t *order;                            /* (rows), sorted by group */
    share *shares;
} splitter;

static void release(splitter *s)
{
    el4ml_release(s->size);
    el4ml_release(s->left);
    el4ml_release(s->tested);
    el4ml_release(s->validated);
    el4ml_release(s->start);
    el4ml_release(s->order);
    el4ml_release(s->shares);
}

static bool allocate(splitter *s, size_t rows, size_t groups)
{
    s->size = EL4ML_NEW(size_t, groups);
    s->left = EL4ML_NEW(size_t, groups);
    s->tested = EL4ML_NEW(size_t, groups);
    s->validated = EL4ML_NEW(size_t, groups);
    s->start = EL4ML_NEW(size_t, groups);
    s->order = EL4ML_NEW(size_t, rows);
    s->shares = EL4ML_NEW(share, groups);
    return s->size && s->left && s->tested && s->validated && s->start && s->order && s->shares;
}

static void sort_by_group(splitter *s, size_t rows, size_t groups, const size_t *group)
{
    for (size_t i = 0; i < rows; i++)
        s->size[group[i]]++;
    for (size_t g = 1; g < groups; g++)
        s->start[g] = s->start[g - 1] + s->size[g - 1];
    for (size_t i = 0; i < rows; i++) {
        const size_t g = group[i];
        s->order[s->start[g] + s->left[g]++] = i;
    }
}

bool el4ml_split(size_t rows, size_t groups, const size_t *group, const double fraction[EL4ML_PARTS],
                 uint64_t seed, unsigned char *part)
{
    splitter s = {0};
    const bool good = allocate(&s, rows, groups);
    if (good) {
        sort_by_group(&s, rows, groups, group);
        apportion(groups, s.size, fraction[EL4ML_TEST], s.tested, s.left, s.shares);
        apportion(groups, s.left, fraction[EL4ML_VALIDATION], s.validated, s.left, s.shares);
        for (size_t g = 0; g < groups; g++) {
            size_t *const members = s.order + s.start[g];
            el4ml_random random = el4ml_random_new(seed, PURPOSE_SPLIT, g);
            el4ml_random_shuffle(&random, s.size[g], members);
            for (size_t i = 0; i < s.size[g]; i++)
                part[members[i]] = i < s.tested[g]                    ? EL4ML_TEST
                                   : i < s.tested[g] + s.validated[g] ? EL4ML_VALIDATION
                                                                      : EL4ML_TRAIN;
        }
    }
    release(&s);
    return good;
}

typedef struct ranked {
    double value;
    size_t row;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *p = a, *q = b;
    if (p->value != q->value) return p->value < q->value ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

bool el4ml_quantiles(size_t rows, const double *value, size_t groups, size_t *group)
{
    ranked *sorted = EL4ML_NEW(ranked, rows);
    if (!sorted) return false;
    for (size_t i = 0; i < rows; i++)
        sorted[i] = (ranked){.value = value[i], .row = i};
    qsort(sorted, rows, sizeof *sorted, compare_ranked);
    const size_t whole = rows / groups,
                 extra = rows % groups; /* the first `extra` groups have one row more */
    for (size_t i = 0; i < rows; i++)
        group[sorted[i].row] = i < extra * (whole + 1) ? i / (whole + 1) : (i - extra) / whole;
    el4ml_release(sorted);
    return true;
}
