/* One-way analysis of variance, with significance by permutation. */
#include <math.h>

#include "base/memory.h"
#include "el4ml/random.h"
#include "el4ml/statistics.h"

typedef struct grouped {
    size_t count, groups;
    double *value; /* (count) about the common mean */
    size_t *group; /* (count) */
    double *sum;   /* (groups) */
    size_t *size;  /* (groups) */
} grouped;

/* With values about the common mean: sum over groups of (sum of values)^2 / size. */
static double between(grouped *g)
{
    double square = 0;
    for (size_t k = 0; k < g->groups; k++)
        g->sum[k] = 0;
    for (size_t i = 0; i < g->count; i++)
        g->sum[g->group[i]] += g->value[i];
    for (size_t k = 0; k < g->groups; k++)
        if (g->size[k] > 0) square += g->sum[k] * g->sum[k] / (double)g->size[k];
    return square;
}

static void shuffle(grouped *g, el4ml_random *random)
{
    for (size_t i = g->count; i-- > 1;) {
        const size_t j = (size_t)el4ml_random_below(random, i + 1);
        const double moved = g->value[i];
        g->value[i] = g->value[j];
        g->value[j] = moved;
    }
}

/* Sum of squares about the mean, which is taken off; 0 where only rounding is left. */
static double centre(grouped *g)
{
    double mean = 0, square = 0, largest = 0;
    for (size_t i = 0; i < g->count; i++)
        mean += g->value[i] / (double)g->count;
    for (size_t i = 0; i < g->count; i++) {
        g->value[i] -= mean;
        largest = fmax(largest, fabs(g->value[i]));
        square += g->value[i] * g->value[i];
    }
    return largest > 1e-14 * fabs(mean) ? square : 0;
}

static void measure(grouped *g, const el4ml_correlation_options *options, el4ml_group_effect *e)
{
    const double all = centre(g);
    for (size_t i = 0; i < g->count; i++)
        e->groups += g->size[g->group[i]]++ == 0;
    if (!(all > 0) || e->groups < 2) return;
    const double found = between(g), rounding = 1e-12 * all;
    e->share = fmin(1, found / all);
    e->expected = (double)(e->groups - 1) / (double)(e->count - 1);
    if (options->permutations == 0 || g->count > options->most_permuted) return;
    el4ml_random random = el4ml_random_new(options->seed, 41, 0);
    size_t reached = 1;
    for (size_t k = 0; k < options->permutations; k++) {
        shuffle(g, &random);
        reached += between(g) >= found - rounding;
    }
    e->p_permutation = (double)reached / (double)(options->permutations + 1);
}

el4ml_status el4ml_group_effect_of(const double *value, const size_t *group, size_t count, size_t group_count,
                                   const el4ml_correlation_options *options, el4ml_group_effect *effect,
                                   el4ml_error *error)
{
    const el4ml_correlation_options defaults = el4ml_correlation_options_default();
    if (!effect || (count > 0 && (!value || !group)))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "group effect: nothing given");
    for (size_t i = 0; i < count; i++)
        if (group[i] >= group_count)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "group effect: value %zu is in group %zu of %zu",
                              i, group[i], group_count);
    grouped g = {.groups = group_count,
                 .value = EL4ML_NEW(double, count),
                 .group = EL4ML_NEW(size_t, count),
                 .sum = EL4ML_NEW(double, group_count),
                 .size = EL4ML_NEW(size_t, group_count)};
    const bool good = g.value && g.group && g.sum && g.size;
    for (size_t i = 0; good && i < count; i++) {
        if (!isfinite(value[i])) continue;
        g.value[g.count] = value[i];
        g.group[g.count++] = group[i];
    }
    *effect = (el4ml_group_effect){.count = g.count, .share = NAN, .expected = NAN, .p_permutation = NAN};
    if (good) measure(&g, options ? options : &defaults, effect);
    el4ml_release(g.value);
    el4ml_release(g.group);
    el4ml_release(g.sum);
    el4ml_release(g.size);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "group effect: out of memory");
}
