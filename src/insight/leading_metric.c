/* Which number of the test rows stands for how good a model is. */
#include <math.h>
#include <string.h>

#include "insight/report.h"

double el4ml_leading_value(const el4ml_leading_metric *leading, const el4ml_record *record)
{
    return leading->metric ? el4ml_metric_of(&record->test, leading->metric) : (double)NAN;
}

#define HEADS "on heating", "minimum", NULL, "probability", "share of the change", "test loss"
static const char *const accuracy_heads[] = {HEADS, "test accuracy"},
                         *const r2_heads[] = {HEADS, "test R\u00b2"},
                         *const auc_heads[] = {HEADS, "test AUC"},
                         *const rand_heads[] = {HEADS, "test adjusted Rand"};

static const struct {
    const char *name;
    el4ml_leading_metric leading;
} choices[] = {{"auc", {NULL, "test AUC", "Coloured by AUC on the test rows", auc_heads}},
               {"accuracy", {NULL, "test accuracy", "Coloured by accuracy on the test rows", accuracy_heads}},
               {"r2", {NULL, "test R\u00b2", "Coloured by R\u00b2 on the test rows", r2_heads}},
               {"adjusted_rand",
                {NULL, "test adjusted Rand", "Coloured by adjusted Rand index on the test rows", rand_heads}},
               {"auc", {NULL, "test AUC", "Coloured by AUC on the test rows", auc_heads}}};

enum { CHOICES = sizeof choices / sizeof *choices };

static const el4ml_metric *metric_named(const char *name)
{
    size_t count;
    const el4ml_metric *list = el4ml_metric_list(&count);
    for (size_t k = 0; k < count; k++)
        if (strcmp(list[k].name, name) == 0) return &list[k];
    return NULL;
}

static bool is_known(const el4ml_report_source *s, const el4ml_metric *metric)
{
    for (size_t i = 0; metric && i < s->analysis->network->node_count; i++)
        if (isfinite(el4ml_metric_of(&el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, i)->test, metric)))
            return true;
    return false;
}

el4ml_leading_metric el4ml_leading_metric_of(const el4ml_report_source *s)
{
    const bool auc = s->study->kind == EL4ML_KIND_MLP && s->study->mlp.loss == EL4ML_AUC;
    for (size_t k = auc ? 0 : 1; k < CHOICES; k++) {
        const el4ml_metric *metric = metric_named(choices[k].name);
        if (!is_known(s, metric)) continue;
        el4ml_leading_metric found = choices[k].leading;
        found.metric = metric;
        return found;
    }
    return (el4ml_leading_metric){0};
}
