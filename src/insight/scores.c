/* What forecasts are worth. Everything is a weighted mean over the rows or, for the AUC, over pairs of rows
 * in an order that does not depend on the weights: sorted once, scored as often as the bootstrap likes. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "el4ml/model.h"

enum { BINS = 15 };

struct el4ml_scorer {
    const el4ml_forecast *forecast;
    const el4ml_dataset *rows;
    size_t used;   /* rows with a forecast */
    size_t *row;   /* (used) */
    size_t *best;  /* (used) the most probable class */
    size_t curves; /* classes of which there is an ROC curve: 1 of two, otherwise all */
    size_t *order; /* (curves, used) places in `row`, ascending probability of the class */
};

const char *el4ml_score_name(el4ml_score score)
{
    static const char *const names[EL4ML_SCORES] = {"accuracy", "auc", "log_loss",   "calibration_error",
                                                    "rmse",     "r2",  "log_density"};
    return names[score];
}

bool el4ml_score_applies(el4ml_score score, el4ml_prediction kind)
{
    return kind == EL4ML_PREDICTS_PROBABILITIES ? score < EL4ML_SCORE_RMSE
                                                : kind == EL4ML_PREDICTS_VALUES && score >= EL4ML_SCORE_RMSE;
}

double el4ml_score_in_own_unit(el4ml_score score, double value, bool difference, const el4ml_data *data)
{
    if (!data || data->train.targets != 1) return value;
    if (score == EL4ML_SCORE_RMSE) return value * data->target_scale[0];
    if (score == EL4ML_SCORE_LOG_DENSITY && !difference) return value - log(data->target_scale[0]);
    return value;
}

void el4ml_scorer_free(el4ml_scorer *s)
{
    if (!s) return;
    el4ml_release(s->row);
    el4ml_release(s->best);
    el4ml_release(s->order);
    el4ml_release(s);
}

static size_t curve_class(const el4ml_scorer *s, size_t curve)
{
    return s->curves == 1 ? 1 : curve;
}

static const double *mean_of(const el4ml_scorer *s, size_t place)
{
    return s->forecast->mean + s->row[place] * s->forecast->outputs;
}

static bool sort_curves(el4ml_scorer *s)
{
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, s->used),
                    *scratch = EL4ML_NEW(el4ml_sort_item, s->used);
    s->order = EL4ML_NEW(size_t, s->curves * s->used);
    const bool good = items && scratch && s->order;
    for (size_t c = 0; good && c < s->curves; c++) {
        for (size_t k = 0; k < s->used; k++)
            items[k] = (el4ml_sort_item){el4ml_key_of_double(mean_of(s, k)[curve_class(s, c)]), k};
        el4ml_sort(items, scratch, s->used);
        for (size_t k = 0; k < s->used; k++)
            s->order[c * s->used + k] = items[k].index;
    }
    el4ml_release(items);
    el4ml_release(scratch);
    return good;
}

static bool prepare(el4ml_scorer *s)
{
    const el4ml_forecast *f = s->forecast;
    s->row = EL4ML_NEW(size_t, f->rows);
    s->best = EL4ML_NEW(size_t, f->rows);
    if (!s->row || !s->best) return false;
    for (size_t i = 0; i < f->rows; i++)
        if (!isnan(f->mean[i * f->outputs])) s->row[s->used++] = i;
    if (f->kind != EL4ML_PREDICTS_PROBABILITIES) return true;
    for (size_t k = 0; k < s->used; k++)
        for (size_t c = 1; c < f->outputs; c++)
            if (mean_of(s, k)[c] > mean_of(s, k)[s->best[k]]) s->best[k] = c;
    s->curves = f->outputs == 2 ? 1 : f->outputs;
    return sort_curves(s);
}

el4ml_status el4ml_scorer_new(const el4ml_forecast *forecast, const el4ml_dataset *rows,
                              el4ml_scorer **scorer, el4ml_error *error)
{
    if (forecast->rows != rows->rows)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "scores: a forecast of other rows");
    if (forecast->kind == EL4ML_PREDICTS_PROBABILITIES ? !rows->label : !rows->y)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "scores: the rows have no target");
    el4ml_scorer *s = EL4ML_NEW(el4ml_scorer, 1);
    if (s) {
        s->forecast = forecast;
        s->rows = rows;
    }
    if (!s || !prepare(s)) {
        el4ml_scorer_free(s);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "scores: out of memory");
    }
    *scorer = s;
    return EL4ML_OK;
}

static double weight_of(const el4ml_scorer *s, const double *weight, size_t place)
{
    return weight ? weight[s->row[place]] : 1;
}

/* The probability that a row of the class stands above another row, ties counting one half. */
static double area(const el4ml_scorer *s, const double *weight, size_t curve)
{
    const size_t *order = s->order + curve * s->used, class = curve_class(s, curve);
    double below = 0, won = 0, positive = 0;
    for (size_t first = 0, next; first < s->used; first = next) {
        const double level = mean_of(s, order[first])[class];
        double ones = 0, others = 0;
        for (next = first; next < s->used && !(mean_of(s, order[next])[class] > level); next++) {
            const bool one = (size_t)s->rows->label[s->row[order[next]]] == class;
            *(one ? &ones : &others) += weight_of(s, weight, order[next]);
        }
        won += ones * (below + others / 2);
        below += others;
        positive += ones;
    }
    return positive > 0 && below > 0 ? won / positive / below : NAN;
}

/* Classes that the weights leave without rows of either sort do not count. */
static double mean_area(const el4ml_scorer *s, const double *weight)
{
    double sum = 0;
    size_t count = 0;
    for (size_t c = 0; c < s->curves; c++) {
        const double a = area(s, weight, c);
        if (isnan(a)) continue;
        sum += a;
        count++;
    }
    return count > 0 ? sum / (double)count : NAN;
}

static double calibration_error(const el4ml_scorer *s, const double *weight)
{
    double right[BINS] = {0}, said[BINS] = {0}, total = 0, error = 0;
    for (size_t k = 0; k < s->used; k++) {
        const double w = weight_of(s, weight, k), p = mean_of(s, k)[s->best[k]];
        const size_t bin = p >= 1 ? BINS - 1 : (size_t)(p * BINS);
        said[bin] += w * p;
        right[bin] += (size_t)s->rows->label[s->row[k]] == s->best[k] ? w : 0;
        total += w;
    }
    for (size_t b = 0; b < BINS; b++)
        error += fabs(right[b] - said[b]);
    return error / total;
}

static void score_classes(const el4ml_scorer *s, const double *weight, double *value)
{
    double right = 0, log_density = 0, total = 0;
    for (size_t k = 0; k < s->used; k++) {
        const double w = weight_of(s, weight, k);
        total += w;
        if (w > 0) log_density += w * s->forecast->log_density[s->row[k]];
        right += (size_t)s->rows->label[s->row[k]] == s->best[k] ? w : 0;
    }
    value[EL4ML_SCORE_ACCURACY] = right / total;
    value[EL4ML_SCORE_LOG_LOSS] = -log_density / total;
    value[EL4ML_SCORE_AUC] = mean_area(s, weight);
    value[EL4ML_SCORE_CALIBRATION] = calibration_error(s, weight);
}

/* R2 is averaged over the targets, as it is everywhere (el4ml_metrics). */
static void score_values(const el4ml_scorer *s, const double *weight, double *value)
{
    const size_t targets = s->forecast->outputs;
    double squares = 0, r2 = 0, log_density = 0, total = 0;
    for (size_t k = 0; k < s->used; k++) {
        const double w = weight_of(s, weight, k);
        total += w;
        if (w > 0) log_density += w * s->forecast->log_density[s->row[k]];
    }
    for (size_t t = 0; t < targets; t++) {
        double mean = 0, spread = 0, left = 0;
        for (size_t k = 0; k < s->used; k++)
            mean += weight_of(s, weight, k) * s->rows->y[s->row[k] * targets + t] / total;
        for (size_t k = 0; k < s->used; k++) {
            const double w = weight_of(s, weight, k), y = s->rows->y[s->row[k] * targets + t];
            spread += w * (y - mean) * (y - mean);
            left += w * (y - mean_of(s, k)[t]) * (y - mean_of(s, k)[t]);
        }
        squares += left;
        r2 += spread > 0 ? 1 - left / spread : NAN;
    }
    value[EL4ML_SCORE_RMSE] = sqrt(squares / total / (double)targets);
    value[EL4ML_SCORE_R2] = r2 / (double)targets;
    value[EL4ML_SCORE_LOG_DENSITY] = log_density / total;
}

void el4ml_scorer_score(const el4ml_scorer *s, const double *weight, el4ml_scores *scores)
{
    double total = 0;
    for (size_t k = 0; k < EL4ML_SCORES; k++)
        scores->value[k] = NAN;
    for (size_t k = 0; k < s->used; k++)
        total += weight_of(s, weight, k);
    if (!(total > 0)) return;
    if (s->forecast->kind == EL4ML_PREDICTS_PROBABILITIES)
        score_classes(s, weight, scores->value);
    else
        score_values(s, weight, scores->value);
}
