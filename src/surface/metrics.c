#include "surface/metrics.h"

#include <math.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/sort.h"

#define AT(member) offsetof(el4ml_metrics, member)

const el4ml_metric *el4ml_metric_list(size_t *count)
{
    static const el4ml_metric metrics[] = {
        {"loss", "loss", "the model's own mean loss on the %s rows, without the L2 term", AT(loss), false},
        {"accuracy", "accuracy", "fraction of %s rows classified rightly", AT(accuracy), true},
        {"r2", "R\u00b2", "coefficient of determination on the %s rows", AT(r2), true},
        {"auc", "AUC", "area under the ROC curve of the %s rows", AT(auc), true},
        {"top_k", "top-k accuracy", "fraction of %s rows whose class is among the k likeliest", AT(top_k),
         true},
        {"log_loss", "log loss", "mean \u2212ln of the probability of the right class, %s rows", AT(log_loss),
         false},
        {"log_density", "ln density", "mean ln of the density foretold for the targets of the %s rows",
         AT(log_density), true},
        {"adjusted_rand", "adjusted Rand", "adjusted Rand index of clusters and classes, %s rows",
         AT(adjusted_rand), true}};
    *count = sizeof metrics / sizeof *metrics;
    return metrics;
}

double el4ml_metric_of(const el4ml_metrics *metrics, const el4ml_metric *metric)
{
    return *(const double *)(const void *)((const char *)metrics + metric->offset);
}

el4ml_metrics el4ml_metrics_none(void)
{
    return (el4ml_metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

/* Rows in ascending order of their scores; NULL when out of memory, to be released. */
static el4ml_sort_item *sorted(size_t rows, const double *score)
{
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, rows), *scratch = EL4ML_NEW(el4ml_sort_item, rows);
    if (items && scratch) {
        for (size_t i = 0; i < rows; i++)
            items[i] = (el4ml_sort_item){el4ml_key_of_double(score[i]), i};
        el4ml_sort(items, scratch, rows);
    } else {
        el4ml_release(items);
        items = NULL;
    }
    el4ml_release(scratch);
    return items;
}

bool el4ml_metric_auc(size_t rows, const double *score, const int32_t *label, int32_t class, double *auc)
{
    el4ml_sort_item *items = sorted(rows, score);
    if (!items) return false;
    double positives = 0, negatives = 0, won = 0;
    for (size_t i = 0; i < rows;) { /* a run of equal scores at a time */
        const uint64_t key = items[i].key;
        double here = 0, others = 0;
        for (; i < rows && items[i].key == key; i++)
            *(label[items[i].index] == class ? &here : &others) += 1;
        won += here * (negatives + 0.5 * others);
        positives += here;
        negatives += others;
    }
    *auc = positives > 0 && negatives > 0 ? won / positives / negatives : (double)NAN;
    el4ml_release(items);
    return true;
}

bool el4ml_metric_threshold(size_t rows, const double *score, const int32_t *label, int32_t class,
                            double *threshold)
{
    el4ml_sort_item *items = sorted(rows, score);
    if (!items) return false;
    double right = 0, best;
    for (size_t i = 0; i < rows; i++)
        right += label[i] == class; /* all called positive */
    best = right;
    *threshold = rows > 0 ? score[items[0].index] - 1 : 0;
    for (size_t i = 0; i < rows;) {
        const uint64_t key = items[i].key;
        const double here = score[items[i].index];
        for (; i < rows && items[i].key == key; i++)
            right += label[items[i].index] == class ? -1 : 1;
        if (right <= best) continue;
        best = right;
        *threshold = i < rows ? 0.5 * here + 0.5 * score[items[i].index] : here + 1;
    }
    el4ml_release(items);
    return true;
}

size_t el4ml_metric_rank(size_t classes, const double *output, size_t class)
{
    size_t rank = 0;
    for (size_t c = 0; c < classes; c++)
        rank += output[c] > output[class] || (output[c] == output[class] && c < class);
    return rank;
}

/* The nearest in ascending order of distance; returns how many there are. */
static size_t find_nearest(const el4ml_voters *v, const double *point, size_t skip)
{
    size_t found = 0;
    for (size_t i = 0; i < v->count; i++) {
        double square = 0;
        for (size_t c = 0; c < v->d; c++)
            square += (v->points[i * v->d + c] - point[c]) * (v->points[i * v->d + c] - point[c]);
        if (i == skip || (found == v->neighbours && !(square < v->distance[found - 1]))) continue;
        size_t at = found < v->neighbours ? found++ : found - 1;
        for (; at > 0 && v->distance[at - 1] > square; at--) {
            v->distance[at] = v->distance[at - 1];
            v->nearest[at] = v->nearest[at - 1];
        }
        v->distance[at] = square;
        v->nearest[at] = i;
    }
    return found;
}

int32_t el4ml_metric_vote(const el4ml_voters *v, const double *point, size_t skip)
{
    const size_t found = find_nearest(v, point, skip);
    size_t most = 0;
    for (size_t c = 0; c < v->classes; c++)
        v->votes[c] = 0;
    for (size_t k = 0; k < found; k++) {
        const size_t votes = ++v->votes[v->label[v->nearest[k]]];
        if (votes > most) most = votes;
    }
    for (size_t k = 0; k < found; k++)
        if (v->votes[v->label[v->nearest[k]]] == most) return v->label[v->nearest[k]];
    return -1;
}

/* R2 is 1 - (residual squares / squares about the mean); NaN where a target does not vary. */
void el4ml_metric_targets(const el4ml_dataset *data, const double *residual, el4ml_target_metrics *targets)
{
    const double rows = (double)data->rows;
    for (size_t t = 0; t < data->targets; t++) {
        double mean = 0, spread = 0;
        for (size_t i = 0; i < data->rows; i++)
            mean += data->y[i * data->targets + t];
        mean /= rows;
        for (size_t i = 0; i < data->rows; i++) {
            const double d = data->y[i * data->targets + t] - mean;
            spread += d * d;
        }
        targets[t] =
            (el4ml_target_metrics){residual[t] / rows, spread > 0 ? 1 - residual[t] / spread : (double)NAN};
    }
}
