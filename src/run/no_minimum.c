/* Why there is no minimum, for people. */
#include "run/no_minimum.h"

#include <math.h>

#include "base/memory.h"
#include "base/text.h"

enum { ENOUGH = 40 };
/* V below this share of ln 2 / N: no row's cross-entropy reaches ln 2, though its class weigh as little as
 * balanced weights make it, so every row is given its class. */
#define SURELY 1e-3

bool el4ml_only_runaways(el4ml_landscape *l)
{
    const el4ml_totals *t = el4ml_landscape_totals(l);
    return t->runaways >= ENOUGH && el4ml_landscape_count(l, EL4ML_MINIMUM) == 0;
}

/* NULL: the kind has no L2 term. */
static const double *l2_of(const el4ml_study *s)
{
    switch (s->kind) {
    case EL4ML_KIND_MLP:
        return &s->mlp.l2;
    case EL4ML_KIND_LOGISTIC:
        return &s->logistic.l2;
    case EL4ML_KIND_AUTOENCODER:
        return &s->autoencoder.l2;
    case EL4ML_KIND_FACTORISATION:
        return &s->factorisation.l2;
    default:
        return NULL;
    }
}

static bool is_cross_entropy(const el4ml_study *s)
{
    return s->kind == EL4ML_KIND_LOGISTIC ||
           (s->kind == EL4ML_KIND_MLP && s->mlp.loss == EL4ML_CROSS_ENTROPY && s->class_weight_count == 0);
}

bool el4ml_proves_separation(const el4ml_study *s, const el4ml_data *data, double value)
{
    return data && is_cross_entropy(s) && *l2_of(s) == 0 &&
           value < SURELY * log(2) / (double)data->train.rows;
}

static void tell_cause(el4ml_builder *text, const el4ml_study *s, const el4ml_data *data, double lowest)
{
    const double *l2 = l2_of(s);
    if (el4ml_proves_separation(s, data, lowest))
        el4ml_builder_format(
            text,
            " At V = %.2g every training row is given its class: the classes can be told apart "
            "without error, so the larger the weights, the lower the loss.",
            lowest);
    if (l2 && *l2 == 0)
        el4ml_builder_text(text, " With l2 = 0 nothing holds the parameters back; l2 = 1e-4, say, does.");
    else if (l2)
        el4ml_builder_text(text, " A larger l2, or l2_biases = true, holds the parameters back.");
    else
        el4ml_builder_text(text, " A term that grows with the parameters would hold them back.");
}

el4ml_status el4ml_explain_runaways(const el4ml_study *study, const el4ml_data *data, el4ml_landscape *l,
                                    el4ml_error *error)
{
    const el4ml_totals *t = el4ml_landscape_totals(l);
    el4ml_builder text = {0};
    if (t->runaways == 0) return EL4ML_OK;
    el4ml_builder_format(&text,
                         "%llu of %llu minimisations ran away: V falls on and on as the parameters grow, and "
                         "has no minimum there.",
                         (unsigned long long)t->runaways, (unsigned long long)t->explore_runs);
    tell_cause(&text, study, data, t->lowest_runaway);
    if (el4ml_only_runaways(l) && t->explore_runs < study->steps)
        el4ml_builder_format(&text, " The other %llu minimisations were not tried.",
                             (unsigned long long)(study->steps - t->explore_runs));
    char *taken = el4ml_builder_take(&text);
    if (!taken) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "explore: out of memory");
    const el4ml_status status = el4ml_landscape_set_meta(l, "no_minimum", taken, error);
    el4ml_release(taken);
    return status;
}
