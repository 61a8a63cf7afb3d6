/* What the minima have in common and what sets them apart, in words. Nothing here looks at test rows. */
#include <math.h>

#include "base/text.h"
#include "el4ml/interpretation.h"

enum { MOST_NAMES = 5, MOST_GROUPS = 4 };

/* The features in falling order of weight, or of importance where there are no weights. */
static double worth(const el4ml_interpretation *r, const el4ml_reliance *f)
{
    return r->weights ? f->weight : f->importance;
}

static size_t next_feature(const el4ml_interpretation *r, const el4ml_interpreted_group *g, size_t last)
{
    size_t best = EL4ML_NONE;
    for (size_t k = 0; k < r->feature_count; k++) {
        const double value = worth(r, &g->features[k]);
        if (isnan(value)) continue;
        if (last != EL4ML_NONE) {
            const double before = worth(r, &g->features[last]);
            if (value > before || (value == before && k <= last)) continue;
        }
        if (best == EL4ML_NONE || value > worth(r, &g->features[best])) best = k;
    }
    return best;
}

static void say_features(el4ml_builder *b, const el4ml_interpretation *r, const el4ml_interpreted_group *g)
{
    size_t at = next_feature(r, g, EL4ML_NONE);
    if (at == EL4ML_NONE) return;
    el4ml_builder_text(b, " It relies most on ");
    for (size_t k = 0; k < MOST_NAMES && at != EL4ML_NONE; k++) {
        const el4ml_reliance *f = &g->features[at];
        el4ml_builder_format(b, "%s%s (", k ? ", " : "", r->feature_names[at]);
        if (r->weights) el4ml_builder_format(b, "%.2g of the weights", f->weight);
        if (r->weights && isfinite(f->importance)) el4ml_builder_text(b, ", ");
        if (isfinite(f->importance))
            el4ml_builder_format(b, "permuted: %+.2g%s", f->importance,
                                 f->q <= r->level ? "" : ", not certain");
        el4ml_builder_text(b, ")");
        at = next_feature(r, g, at);
    }
    el4ml_builder_text(b, ".");
}

/* The conserved parameter with the next larger ratio. */
static size_t next_conserved(const el4ml_interpretation *r, const el4ml_interpreted_group *g, size_t last)
{
    size_t best = EL4ML_NONE;
    for (size_t k = 0; k < r->parameter_count; k++) {
        const double ratio = g->parameters[k].ratio;
        if (!g->parameters[k].conserved) continue;
        if (last != EL4ML_NONE) {
            const double before = g->parameters[last].ratio;
            if (ratio < before || (ratio == before && k <= last)) continue;
        }
        if (best == EL4ML_NONE || ratio < g->parameters[best].ratio) best = k;
    }
    return best;
}

static void say_conserved(el4ml_builder *b, const el4ml_interpretation *r, const el4ml_interpreted_group *g)
{
    if (g->count == r->minima) return;
    if (isfinite(g->together.ratio))
        el4ml_builder_format(b, " its minima are spread %.3g times as far as all are%s (p = %.2g, q = %.2g);",
                             g->together.ratio, g->together.conserved ? "" : ", which may be chance",
                             g->together.p, g->together.q);
    el4ml_builder_format(b, " %zu of %zu parameters are conserved in it", g->conserved, r->parameter_count);
    size_t at = next_conserved(r, g, EL4ML_NONE);
    for (size_t k = 0; k < MOST_NAMES && at != EL4ML_NONE; k++) {
        el4ml_builder_format(b, "%s%s = %.3g (%.2g of the spread of all)", k ? ", " : ", first of all ",
                             r->parameter_names[at], g->parameters[at].mean, g->parameters[at].ratio);
        at = next_conserved(r, g, at);
    }
    el4ml_builder_text(b, ".");
}

static void say_group(el4ml_builder *b, const el4ml_interpretation *r, const el4ml_interpreted_group *g,
                      const char *what)
{
    el4ml_builder_format(b, "%s of minimum %zu (%zu minima):", what, g->bottom + 1, g->count);
    say_conserved(b, r, g);
    say_features(b, r, g);
    el4ml_builder_text(b, "\n");
}

static void say_agreement(el4ml_builder *b, const el4ml_interpretation *r)
{
    const el4ml_coefficient *c = &r->all.agreement.spearman;
    if (!r->weights || r->all.models == 0 || isnan(c->value)) return;
    el4ml_builder_format(
        b,
        "Weights and permutation importance (on the %s rows) %s on which features matter: rank "
        "correlation %.2g (p = %.2g).",
        r->validation ? "validation" : "training",
        c->value > 0.7   ? "agree"
        : c->value > 0.3 ? "agree in part"
                         : "do not agree",
        c->value, c->p_permutation);
    el4ml_builder_text(b, c->value > 0.7
                              ? "\n"
                              : " Believe the permutation importance where they differ: weights can "
                                "be large on a feature whose effect another one cancels.\n");
}

static void say_names_apart(el4ml_builder *b, const el4ml_interpretation *r, const el4ml_apart *apart,
                            char *const *names, size_t count)
{
    size_t said = 0;
    for (size_t k = 0; k < count && said < MOST_NAMES; k++) {
        if (!(apart[k].q <= r->level)) continue;
        el4ml_builder_format(b, "%s%s (%+.3g)", said ? ", " : ": ", names[k], apart[k].difference);
        said++;
    }
}

static void say_distinction(el4ml_builder *b, const el4ml_interpretation *r)
{
    const el4ml_distinction *d = r->distinction;
    if (!d) return;
    el4ml_builder_format(b, "What sets the minima around %zu (%zu) and around %zu (%zu) apart:",
                         d->first_bottom + 1, d->first_count, d->second_bottom + 1, d->second_count);
    if (isfinite(d->barrier))
        el4ml_builder_format(b, " a barrier of %.3g, %.3g on the way back;", d->barrier, d->barrier_back);
    el4ml_builder_format(b, " their means are %.3g apart (p = %.2g); %zu of %zu parameters", d->distance,
                         d->distance_p, d->parameters_apart, r->parameter_count);
    if (d->features) {
        el4ml_builder_format(b, ", and the weight of %zu of %zu features", d->features_apart,
                             r->feature_count);
        say_names_apart(b, r, d->features, r->feature_names, r->feature_count);
    }
    if (isfinite(d->disagreement) && r->class_count > 0)
        el4ml_builder_format(b, "; they give %.3g %% of the training rows different classes",
                             100 * d->disagreement);
    else if (isfinite(d->disagreement))
        el4ml_builder_format(b, "; their predictions differ by %.3g (root mean square)", d->disagreement);
    if (d->class_rows > 0)
        el4ml_builder_format(b, ", most often (%zu) %s against %s", d->class_rows,
                             r->class_names[d->first_class], r->class_names[d->second_class]);
    el4ml_builder_text(b, ".");
    if (d->first_count + d->second_count < 7)
        el4ml_builder_text(b, " With so few minima no difference can be certain.");
    el4ml_builder_text(b, "\n");
}

char *el4ml_interpretation_advice(const el4ml_interpretation *r)
{
    el4ml_builder b = {0};
    const char *what = r->by == EL4ML_INTERPRET_BASINS ? "Sequence basin" : "Funnel";
    say_group(&b, r, &r->all, "Landscape");
    if (r->group_count == 0 || (r->group_count == 1 && r->groups[0].count == r->minima))
        el4ml_builder_format(&b,
                             "There are no two %s of at least %d minima: nothing is conserved in one part "
                             "of this landscape and not in another.\n",
                             r->by == EL4ML_INTERPRET_BASINS ? "sequence basins" : "funnels",
                             EL4ML_INTERPRET_LEAST);
    else
        for (size_t g = 0; g < r->group_count && g < MOST_GROUPS; g++)
            say_group(&b, r, &r->groups[g], what);
    say_agreement(&b, r);
    if (r->all.models > 0 && !r->validation)
        el4ml_builder_text(
            &b, "Permuted on the training rows, features also count for the noise that was fitted with "
                "them: with [data] validation_fraction they would not.\n");
    say_distinction(&b, r);
    el4ml_builder_format(&b,
                         "Counted as certain: a rate of false discoveries of %.3g over all groups and %s "
                         "(%zu permutations).\n",
                         r->level, "parameters", r->permutations);
    return el4ml_builder_take(&b);
}
