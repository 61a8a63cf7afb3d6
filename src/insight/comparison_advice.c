/* What the comparison says, in words. Nothing here looks at test rows. */
#include <math.h>

#include "base/text.h"
#include "el4ml/comparison.h"

/* The landscape with the largest (sign 1) or smallest (sign -1) value; EL4ML_NONE when none has one. */
static size_t extreme(const el4ml_comparison *r, size_t offset, double sign, size_t apart)
{
    size_t best = EL4ML_NONE;
    for (size_t k = 0; k < r->count; k++) {
        const double value = *(const double *)((const char *)&r->each[k] + offset);
        if (k == apart || !isfinite(value)) continue;
        if (best == EL4ML_NONE ||
            sign * value > sign * *(const double *)((const char *)&r->each[best] + offset))
            best = k;
    }
    return best;
}

#define OFFSET(field) offsetof(el4ml_compared, field)

static const el4ml_compared_pair *pair_of(const el4ml_comparison *r, size_t a, size_t b)
{
    for (size_t k = 0; k < r->pair_count; k++)
        if ((r->pairs[k].a == a && r->pairs[k].b == b) || (r->pairs[k].a == b && r->pairs[k].b == a))
            return &r->pairs[k];
    return NULL;
}

static void say_agreement(el4ml_builder *b, const char *what, const el4ml_agreement *a)
{
    el4ml_builder_format(b, "%s with probability %.3g (%.3g to %.3g)", what, a->probability, a->low, a->high);
}

static void say_training(el4ml_builder *b, const el4ml_comparison *r)
{
    const size_t best = extreme(r, OFFSET(same_minimum.probability), 1, EL4ML_NONE);
    if (best == EL4ML_NONE) {
        el4ml_builder_text(b,
                           "How reproducible training is cannot be said: no trainings from random starts.\n");
        return;
    }
    const el4ml_compared *c = &r->each[best];
    el4ml_builder_format(b, "%s%s: two trainings end ", r->count > 1 ? "Most reproducible to train is " : "",
                         c->name);
    say_agreement(b, "in the same minimum", &c->same_minimum);
    if (isfinite(c->same_class.probability))
        say_agreement(b, ", and give a row the same class", &c->same_class);
    if (isfinite(c->spread))
        el4ml_builder_format(b, ", and their predictions differ by a standard deviation of %.3g", c->spread);
    el4ml_builder_format(b, ", over %llu trainings (%.3g %% confidence).", (unsigned long long)c->trainings,
                         100 * r->level);
    const size_t next = extreme(r, OFFSET(same_minimum.probability), 1, best);
    if (next != EL4ML_NONE) {
        const el4ml_compared_pair *p = pair_of(r, best, next);
        el4ml_builder_format(b, " Next comes %s", r->each[next].name);
        say_agreement(b, "", &r->each[next].same_minimum);
        if (p)
            el4ml_builder_format(b, "; that they differ is %s (p = %.2g, adjusted for %zu comparison%s).",
                                 p->p_adjusted < 1 - r->level ? "beyond chance" : "not certain",
                                 p->p_adjusted, r->pair_count, r->pair_count == 1 ? "" : "s");
        else
            el4ml_builder_text(b, ".");
    }
    el4ml_builder_text(b, "\n");
}

static void say_cost(el4ml_builder *b, const el4ml_comparison *r)
{
    const size_t cheap = extreme(r, OFFSET(evaluations), -1, EL4ML_NONE),
                 dear = extreme(r, OFFSET(evaluations), 1, EL4ML_NONE);
    if (cheap == EL4ML_NONE || cheap == dear) return;
    el4ml_builder_format(
        b, "Cheapest to train is %s, %.4g evaluations of the loss (median), dearest %s, %.4g.\n",
        r->each[cheap].name, r->each[cheap].evaluations, r->each[dear].name, r->each[dear].evaluations);
}

static void say_landscape(el4ml_builder *b, const el4ml_comparison *r)
{
    const size_t least = extreme(r, OFFSET(frustration), -1, EL4ML_NONE),
                 most = extreme(r, OFFSET(frustration), 1, EL4ML_NONE);
    if (most != EL4ML_NONE && least != most)
        el4ml_builder_format(b,
                             "At T = %.3g the frustration F~ is smallest for %s (%.3g) and largest for %s "
                             "(%.3g).\n",
                             r->each[0].temperature, r->each[least].name, r->each[least].frustration,
                             r->each[most].name, r->each[most].frustration);
    if (r->count > 1 && !r->same_loss)
        el4ml_builder_text(b, "Their losses are of different kinds, weights or data: heights of one are not "
                              "comparable with those of another.\n");
    for (size_t k = 0; k < r->count; k++)
        if (r->each[k].summary.components > 1)
            el4ml_builder_format(b, "%s is not connected: its barriers and frustration are incomplete.\n",
                                 r->each[k].name);
}

static void recommend(el4ml_builder *b, const el4ml_comparison *r)
{
    const size_t best = extreme(r, OFFSET(same_minimum.probability), 1, EL4ML_NONE);
    if (best == EL4ML_NONE) return;
    const el4ml_compared *c = &r->each[best];
    if (c->same_minimum.low > 0.5)
        el4ml_builder_format(b,
                             "One training of %s is usually enough: another one will mostly find the same "
                             "solution.\n",
                             c->name);
    else if (isfinite(c->lowest_low) && c->lowest_low > 0)
        el4ml_builder_format(b,
                             "Train %s several times and keep the lowest: %.0f trainings find the lowest "
                             "minimum known with 95 %% probability (%.3g of them do; at worst %.0f are "
                             "needed).\n",
                             c->name, ceil(log(0.05) / log1p(-fmin(c->lowest_share, 0.95))), c->lowest_share,
                             ceil(log(0.05) / log1p(-fmin(c->lowest_low, 0.95))));
    else
        el4ml_builder_format(b,
                             "No training of %s found the lowest minimum known: single trainings say little "
                             "here.\n",
                             c->name);
}

char *el4ml_comparison_advice(const el4ml_comparison *r)
{
    el4ml_builder b = {0};
    say_training(&b, r);
    recommend(&b, r);
    say_cost(&b, r);
    say_landscape(&b, r);
    return el4ml_builder_take(&b);
}
