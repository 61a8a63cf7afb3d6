/* How far trainings agree in what they predict, row by row. Counting by row and class makes the cost linear
 * in the number of minima. */
#include <math.h>

#include "base/memory.h"
#include "insight/compare.h"
#include "insight/way.h"

enum { BLOCK = 64 }; /* models predicted at a time */

typedef struct tally {
    const el4ml_compared_input *input;
    const el4ml_endings *ends;
    const el4ml_dataset *rows;
    double level;
    size_t outputs;
    uint64_t total;       /* trainings */
    uint64_t *votes;      /* (rows, classes): trainings that give the row this class */
    uint32_t *class_of;   /* (models, rows) */
    double *sum, *square; /* (rows, outputs) of values, about the first model's */
    double *origin;       /* (rows, outputs) */
    double *mean;         /* (models) */
} tally;

static void count_classes(tally *t, const el4ml_predictions *p, size_t first)
{
    for (size_t m = 0; m < p->models; m++)
        for (size_t row = 0; row < p->rows; row++) {
            const size_t class = el4ml_predicted_class(p, m, row);
            t->class_of[(first + m) * p->rows + row] = (uint32_t) class;
            t->votes[row * t->outputs + class] += t->ends->hits[first + m];
        }
}

static void add_values(tally *t, const el4ml_predictions *p, size_t first)
{
    const size_t size = p->rows * p->outputs;
    for (size_t m = 0; m < p->models; m++) {
        const double weight = (double)t->ends->hits[first + m], *value = p->values + m * size;
        for (size_t i = 0; i < size; i++) {
            if (first + m == 0) t->origin[i] = value[i];
            const double off = value[i] - t->origin[i];
            t->sum[i] += weight * off;
            t->square[i] += weight * off * off;
        }
    }
}

static el4ml_status predict_all(tally *t, bool classes, el4ml_error *error)
{
    for (size_t first = 0; first < t->ends->count; first += BLOCK) {
        const size_t left = t->ends->count - first;
        el4ml_predictions *p = NULL;
        const el4ml_status status =
            el4ml_predictions_new(t->input->surface, t->ends->x + first, left < BLOCK ? left : BLOCK, t->rows,
                                  t->input->data, &p, error);
        if (status != EL4ML_OK) return status;
        if (classes)
            count_classes(t, p, first);
        else
            add_values(t, p, first);
        el4ml_predictions_free(p);
    }
    return EL4ML_OK;
}

static void agree(tally *t, el4ml_agreement *result)
{
    for (size_t m = 0; m < t->ends->count; m++) {
        double sum = 0;
        for (size_t row = 0; row < t->rows->rows; row++)
            sum += (double)t->votes[row * t->outputs + t->class_of[m * t->rows->rows + row]] - 1;
        t->mean[m] = sum / ((double)t->rows->rows * (double)(t->total - 1));
    }
    el4ml_agreement_of_means(t->mean, t->ends->hits, t->ends->count, t->level, result);
}

/* Root mean square over rows and outputs of the unbiased standard deviation between trainings. */
static double spread(const tally *t)
{
    const double n = (double)t->total, size = (double)(t->rows->rows * t->outputs);
    double sum = 0;
    for (size_t i = 0; i < t->rows->rows * t->outputs; i++)
        sum += fmax(0, (t->square[i] - t->sum[i] * t->sum[i] / n) / (n - 1));
    return sqrt(sum / size);
}

static el4ml_status measure(tally *t, el4ml_agreement *same, double *deviation, el4ml_error *error)
{
    const size_t size = t->rows->rows * t->outputs;
    const bool classes = t->input->surface->info.prediction == EL4ML_PREDICTS_PROBABILITIES;
    t->mean = EL4ML_NEW(double, t->ends->count);
    if (classes) {
        t->votes = EL4ML_NEW(uint64_t, size);
        t->class_of = EL4ML_NEW(uint32_t, t->ends->count * t->rows->rows);
    } else {
        t->sum = EL4ML_NEW(double, size);
        t->square = EL4ML_NEW(double, size);
        t->origin = EL4ML_NEW(double, size);
    }
    const bool good = t->mean && (classes ? t->votes && t->class_of : t->sum && t->square && t->origin);
    el4ml_status status = good ? predict_all(t, classes, error)
                               : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "compare: out of memory");
    if (status == EL4ML_OK && classes) agree(t, same);
    if (status == EL4ML_OK && !classes) *deviation = spread(t);
    el4ml_release(t->mean);
    el4ml_release(t->votes);
    el4ml_release(t->class_of);
    el4ml_release(t->sum);
    el4ml_release(t->square);
    el4ml_release(t->origin);
    return status;
}

el4ml_status el4ml_compare_predictions(const el4ml_compared_input *input, const el4ml_endings *ends,
                                       double level, el4ml_compared *c, el4ml_error *error)
{
    if (!input->surface || !input->data || !el4ml_tells_targets(input->surface, &input->data->train))
        return EL4ML_OK;
    const el4ml_dataset *sets[2] = {&input->data->train, &input->data->test};
    el4ml_agreement *same[2] = {&c->same_class, &c->test_same_class};
    double *deviation[2] = {&c->spread, &c->test_spread};
    uint64_t total = 0;
    for (size_t k = 0; k < ends->count; k++)
        total += ends->hits[k];
    for (int k = 0; k < 2 && total > 1; k++) {
        if (sets[k]->rows == 0) continue;
        tally t = {.input = input,
                   .ends = ends,
                   .rows = sets[k],
                   .level = level,
                   .outputs = input->surface->info.outputs,
                   .total = total};
        const el4ml_status status = measure(&t, same[k], deviation[k], error);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}
