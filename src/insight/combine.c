/* Mean, vote, stacking and gating. Stacking is a mixture of the models' forecasts with weights w: EM for
 *
 *     sum_i ln sum_m w_m p_im + sum_m a_m ln w_m,
 *
 * which is concave in w, so that its fixed point is the maximum. */
#include "insight/combine.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"

#define LN_2PI 1.8378770664093454836
#define PRIOR_ROWS 5.0 /* what the stacked weights count in the fit to a row's neighbours */

enum { MOST_ITERATIONS = 2000, GATE_ITERATIONS = 50, LEAST_NEIGHBOURS = 10 };

double el4ml_panel_log_density(const el4ml_panel *p, size_t m, size_t row)
{
    const double *said = p->said[m] + row * p->outputs;
    if (isnan(said[0])) return NAN;
    if (p->kind == EL4ML_PREDICTS_PROBABILITIES)
        return p->data->label ? log(fmax(said[p->data->label[row]], 1e-300)) : NAN;
    if (!p->data->y || !p->deviation || !(p->deviation[m] > 0)) return NAN;
    double sum = 0;
    for (size_t t = 0; t < p->outputs; t++) {
        const double z = (p->data->y[row * p->outputs + t] - said[t]) / p->deviation[m];
        sum -= 0.5 * (z * z + LN_2PI) + log(p->deviation[m]);
    }
    return sum;
}

static size_t largest(const double *p, size_t count)
{
    size_t best = 0;
    for (size_t c = 1; c < count; c++)
        if (p[c] > p[best]) best = c;
    return best;
}

static double differ(const el4ml_panel *p, size_t a, size_t b, size_t row)
{
    const double *u = p->said[a] + row * p->outputs, *v = p->said[b] + row * p->outputs;
    double sum = 0;
    if (p->kind == EL4ML_PREDICTS_PROBABILITIES) return largest(u, p->outputs) != largest(v, p->outputs);
    for (size_t t = 0; t < p->outputs; t++)
        sum += (u[t] - v[t]) * (u[t] - v[t]) / (double)p->outputs;
    return sum;
}

double el4ml_panel_row_disagreement(const el4ml_panel *p, size_t row)
{
    double sum = 0;
    for (size_t a = 0; a < p->models; a++)
        for (size_t b = 0; b < a; b++)
            sum += differ(p, a, b, row);
    return p->models > 1 ? 2 * sum / (double)p->models / (double)(p->models - 1) : NAN;
}

/* ---- Mixture weights ---- */

/* One step of EM over `count` rows of likelihoods, row[k] or all; prior: (models) what each model's weight
 * counts beforehand. Returns the largest change. */
static double refine(const double *likelihood, const size_t *row, size_t count, size_t models,
                     const double *prior, double *weight, double *next)
{
    double total = 0, change = 0;
    memcpy(next, prior, models * sizeof *next);
    for (size_t k = 0; k < count; k++) {
        const double *p = likelihood + (row ? row[k] : k) * models;
        double sum = 0;
        for (size_t m = 0; m < models; m++)
            sum += weight[m] * p[m];
        for (size_t m = 0; m < models; m++)
            next[m] += weight[m] * p[m] / sum;
    }
    for (size_t m = 0; m < models; m++)
        total += next[m];
    for (size_t m = 0; m < models; m++) {
        next[m] /= total;
        change = fmax(change, fabs(next[m] - weight[m]));
        weight[m] = next[m];
    }
    return change;
}

/* Rows of likelihoods, the largest of each 1: constants of a row do not matter. */
static void fill_likelihoods(el4ml_combiner *c, const el4ml_panel *held)
{
    for (size_t k = 0; k < c->count; k++) {
        double *p = c->likelihood + k * held->models, top = -INFINITY;
        for (size_t m = 0; m < held->models; m++)
            top = fmax(top, p[m] = el4ml_panel_log_density(held, m, c->row[k]));
        for (size_t m = 0; m < held->models; m++)
            p[m] = exp(p[m] - top);
    }
}

/* Rows with a forecast of every model. */
static void keep_rows(el4ml_combiner *c, const el4ml_panel *held, const size_t *row, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        bool whole = true;
        for (size_t m = 0; m < held->models; m++)
            whole = whole && !isnan(el4ml_panel_log_density(held, m, row[k]));
        if (whole) c->row[c->count++] = row[k];
    }
}

static bool stack(el4ml_combiner *c, const el4ml_panel *held, const size_t *row, size_t count)
{
    const size_t models = held->models;
    double *prior = EL4ML_NEW(double, models), *next = EL4ML_NEW(double, models);
    c->row = EL4ML_NEW(size_t, count);
    c->likelihood = EL4ML_NEW(double, count *models);
    const bool good = prior && next && c->row && c->likelihood;
    if (good) {
        keep_rows(c, held, row, count);
        fill_likelihoods(c, held);
        for (size_t m = 0; m < models; m++)
            prior[m] = 1;
        for (int k = 0; k < MOST_ITERATIONS; k++)
            if (refine(c->likelihood, NULL, c->count, models, prior, c->weight, next) < 1e-12) break;
    }
    el4ml_release(prior);
    el4ml_release(next);
    return good;
}

bool el4ml_combiner_fit(el4ml_combiner *c, el4ml_combination combination, size_t models,
                        const el4ml_panel *held, const size_t *row, size_t count)
{
    *c = (el4ml_combiner){.combination = combination, .panel = held};
    c->weight = EL4ML_NEW(double, models);
    if (!c->weight) return false;
    for (size_t m = 0; m < models; m++)
        c->weight[m] = 1 / (double)models;
    if (combination == EL4ML_COMBINE_MEAN || combination == EL4ML_COMBINE_VOTE) return true;
    return stack(c, held, row, count);
}

void el4ml_combiner_clear(el4ml_combiner *c)
{
    el4ml_release(c->weight);
    el4ml_release(c->row);
    el4ml_release(c->likelihood);
    *c = (el4ml_combiner){0};
}

/* ---- The gate ---- */

/* Room for one row's combination. */
typedef struct desk {
    double *weight, *next, *prior; /* (models) */
    double *median;                /* (models) */
    el4ml_sort_item *items, *scratch;
    size_t *near;
} desk;

static void clear_desk(desk *d)
{
    el4ml_release(d->weight);
    el4ml_release(d->next);
    el4ml_release(d->prior);
    el4ml_release(d->median);
    el4ml_release(d->items);
    el4ml_release(d->scratch);
    el4ml_release(d->near);
}

static bool fill_desk(desk *d, size_t models, size_t fitted)
{
    d->weight = EL4ML_NEW(double, models);
    d->next = EL4ML_NEW(double, models);
    d->prior = EL4ML_NEW(double, models);
    d->median = EL4ML_NEW(double, models);
    d->items = EL4ML_NEW(el4ml_sort_item, fitted);
    d->scratch = EL4ML_NEW(el4ml_sort_item, fitted);
    d->near = EL4ML_NEW(size_t, fitted);
    return d->weight && d->next && d->prior && d->median && d->items && d->scratch && d->near;
}

static size_t find_neighbours(const el4ml_combiner *c, const double *x, desk *d)
{
    const el4ml_dataset *held = c->panel->data;
    for (size_t k = 0; k < c->count; k++) {
        const double *z = held->x + c->row[k] * held->inputs;
        double distance = 0;
        for (size_t j = 0; j < held->inputs; j++)
            distance += (x[j] - z[j]) * (x[j] - z[j]);
        d->items[k] = (el4ml_sort_item){el4ml_key_of_double(distance), k};
    }
    el4ml_sort(d->items, d->scratch, c->count);
    size_t count = (size_t)(sqrt((double)c->count) + 0.5);
    if (count < LEAST_NEIGHBOURS) count = LEAST_NEIGHBOURS;
    if (count > c->count) count = c->count;
    for (size_t k = 0; k < count; k++)
        d->near[k] = d->items[k].index;
    return count;
}

static void gate(const el4ml_combiner *c, size_t models, const double *x, desk *d)
{
    const size_t count = find_neighbours(c, x, d);
    for (size_t m = 0; m < models; m++) {
        d->prior[m] = PRIOR_ROWS * c->weight[m];
        d->weight[m] = c->weight[m];
    }
    for (int k = 0; k < GATE_ITERATIONS; k++)
        if (refine(c->likelihood, d->near, count, models, d->prior, d->weight, d->next) < 1e-10) break;
}

/* ---- Combining ---- */

/* Weights of the models that say something of the row, adding up to 1; false when none does. */
static bool weigh(const el4ml_combiner *c, const el4ml_panel *p, size_t row, desk *d)
{
    double total = 0;
    if (c->combination == EL4ML_COMBINE_GATE && c->count > 0)
        gate(c, p->models, p->data->x + row * p->data->inputs, d);
    else
        memcpy(d->weight, c->weight, p->models * sizeof *d->weight);
    for (size_t m = 0; m < p->models; m++) {
        if (isnan(p->said[m][row * p->outputs])) d->weight[m] = 0;
        total += d->weight[m];
    }
    for (size_t m = 0; m < p->models; m++)
        d->weight[m] /= total;
    return total > 0;
}

static double mixture_log_density(const el4ml_panel *p, size_t row, const double *weight)
{
    double top = -INFINITY, sum = 0;
    for (size_t m = 0; m < p->models; m++)
        if (weight[m] > 0) top = fmax(top, el4ml_panel_log_density(p, m, row));
    for (size_t m = 0; m < p->models; m++)
        if (weight[m] > 0) sum += weight[m] * exp(el4ml_panel_log_density(p, m, row) - top);
    return top + log(sum);
}

static void vote(const el4ml_panel *p, size_t row, const double *weight, double *mean)
{
    double votes = 1;
    for (size_t m = 0; m < p->models; m++) {
        if (!(weight[m] > 0)) continue;
        mean[largest(p->said[m] + row * p->outputs, p->outputs)] += 1;
        votes += 1;
    }
    for (size_t c = 0; c < p->outputs; c++)
        mean[c] /= votes;
}

static void median(const el4ml_panel *p, size_t row, const desk *d, double *mean)
{
    for (size_t t = 0; t < p->outputs; t++) {
        size_t count = 0;
        for (size_t m = 0; m < p->models; m++) {
            if (!(d->weight[m] > 0)) continue;
            const double value = p->said[m][row * p->outputs + t];
            size_t at = count++;
            for (; at > 0 && d->median[at - 1] > value; at--)
                d->median[at] = d->median[at - 1];
            d->median[at] = value;
        }
        mean[t] = (d->median[(count - 1) / 2] + d->median[count / 2]) / 2;
    }
}

static void combine_row(const el4ml_combiner *c, const el4ml_panel *p, size_t row, desk *d, el4ml_forecast *f)
{
    double *mean = f->mean + row * p->outputs;
    const bool classes = p->kind == EL4ML_PREDICTS_PROBABILITIES;
    if (!weigh(c, p, row, d)) return;
    for (size_t k = 0; k < p->outputs; k++) {
        mean[k] = 0;
        for (size_t m = 0; m < p->models; m++)
            if (d->weight[m] > 0) mean[k] += d->weight[m] * p->said[m][row * p->outputs + k];
    }
    if (c->combination == EL4ML_COMBINE_VOTE && classes) vote(p, row, d->weight, mean);
    if (c->combination == EL4ML_COMBINE_VOTE && !classes) median(p, row, d, mean);
    if (classes && p->data->label)
        f->log_density[row] = log(fmax(mean[p->data->label[row]], 1e-300));
    else if (!classes && c->combination != EL4ML_COMBINE_VOTE)
        f->log_density[row] = mixture_log_density(p, row, d->weight);
}

bool el4ml_combine(const el4ml_combiner *c, const el4ml_panel *p, const size_t *row, size_t count,
                   el4ml_forecast *forecast)
{
    desk d = {0};
    const bool good = fill_desk(&d, p->models, c->count);
    for (size_t k = 0; good && k < (row ? count : p->rows); k++)
        combine_row(c, p, row ? row[k] : k, &d, forecast);
    clear_desk(&d);
    return good;
}
