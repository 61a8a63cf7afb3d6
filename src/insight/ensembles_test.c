/* What the test rows say of ensembles: scores, and by the bootstrap how far other test rows would have let
 * them differ. All ensembles meet the same samples, so that differences are paired. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "insight/ensembles.h"

#define PURPOSE_BOOTSTRAP UINT64_C(0x424f4f54) /* "BOOT" */

typedef struct testing {
    el4ml_ensembles *e;
    const el4ml_dataset *rows;
    el4ml_said said;
    el4ml_forecast **forecast; /* (ensembles) */
    el4ml_scorer **scorer;     /* (ensembles) */
    double *weight;            /* (rows) */
    el4ml_scores *sampled;     /* (ensembles, bootstraps) */
    double *sorted;            /* (bootstraps) */
    double *differ;            /* (selections, rows) disagreement of each row */
    double *differed;          /* (selections, bootstraps) */
} testing;

static void clear(testing *t)
{
    for (size_t k = 0; k < t->e->count; k++) {
        if (t->scorer) el4ml_scorer_free(t->scorer[k]);
        if (t->forecast) el4ml_forecast_free(t->forecast[k]);
    }
    el4ml_said_clear(&t->said);
    el4ml_release(t->forecast);
    el4ml_release(t->scorer);
    el4ml_release(t->weight);
    el4ml_release(t->sampled);
    el4ml_release(t->sorted);
    el4ml_release(t->differ);
    el4ml_release(t->differed);
}

static el4ml_status prepare(testing *t, el4ml_error *error)
{
    const size_t count = t->e->count, bootstraps = t->e->inside->options.bootstraps;
    t->forecast = EL4ML_NEW(el4ml_forecast *, count);
    t->scorer = EL4ML_NEW(el4ml_scorer *, count);
    t->weight = EL4ML_NEW(double, t->rows->rows);
    t->sampled = EL4ML_NEW(el4ml_scores, count * bootstraps);
    t->sorted = EL4ML_NEW(double, bootstraps);
    t->differ = EL4ML_NEW(double, EL4ML_SELECTIONS * t->rows->rows);
    t->differed = EL4ML_NEW(double, EL4ML_SELECTIONS *bootstraps);
    if (!t->forecast || !t->scorer || !t->weight || !t->sampled || !t->sorted || !t->differ || !t->differed)
        return el4ml_ensembles_no_memory(error);
    el4ml_status status = el4ml_said_fill(t->e, t->rows, &t->said, error);
    for (size_t k = 0; status == EL4ML_OK && k < EL4ML_SELECTIONS * t->rows->rows; k++)
        t->differ[k] = el4ml_panel_row_disagreement(&t->said.panels[k / t->rows->rows], k % t->rows->rows);
    for (size_t k = 0; status == EL4ML_OK && k < count; k++) {
        t->forecast[k] = el4ml_said_combine(t->e, k, &t->said);
        status = t->forecast[k] ? el4ml_scorer_new(t->forecast[k], t->rows, &t->scorer[k], error)
                                : el4ml_ensembles_no_memory(error);
    }
    return status;
}

/* Of the members of a choice, with these weights of the rows; NULL: all 1. */
static double disagreement(const testing *t, size_t selection, const double *weight)
{
    const size_t rows = t->rows->rows;
    double sum = 0, total = 0;
    for (size_t i = 0; i < rows; i++) {
        const double w = weight ? weight[i] : 1;
        sum += w * t->differ[selection * rows + i];
        total += w;
    }
    return t->e->kind == EL4ML_PREDICTS_PROBABILITIES ? sum / total : sqrt(sum / total);
}

static el4ml_status sample(testing *t, el4ml_error *error)
{
    const el4ml_ensembles_options *o = &t->e->inside->options;
    const size_t rows = t->rows->rows;
    for (size_t b = 0; b < o->bootstraps; b++) {
        el4ml_random random = el4ml_random_new(o->seed, PURPOSE_BOOTSTRAP, b);
        if (o->cancel && *o->cancel)
            return el4ml_fail(error, EL4ML_INTERRUPTED, "interrupted; nothing was written");
        for (size_t i = 0; i < rows; i++)
            t->weight[i] = 0;
        for (size_t i = 0; i < rows; i++)
            t->weight[el4ml_random_below(&random, rows)] += 1;
        for (size_t k = 0; k < t->e->count; k++)
            el4ml_scorer_score(t->scorer[k], t->weight, &t->sampled[k * o->bootstraps + b]);
        for (size_t k = 0; k < EL4ML_SELECTIONS; k++)
            t->differed[k * o->bootstraps + b] = disagreement(t, k, t->weight);
    }
    return EL4ML_OK;
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The central 95 % of `count` sorted numbers. */
static void central(double *sorted, size_t count, double *low, double *high)
{
    if (count == 0) return;
    qsort(sorted, count, sizeof *sorted, compare_numbers);
    const double last = (double)(count - 1);
    *low = sorted[(size_t)(0.025 * last + 0.5)];
    *high = sorted[(size_t)(0.975 * last + 0.5)];
}

/* Of one score, or of its difference from the single minimum's (base not NULL). */
static void interval(testing *t, const el4ml_scores *of, const el4ml_scores *base, size_t score, double *low,
                     double *high)
{
    size_t count = 0;
    for (size_t b = 0; b < t->e->inside->options.bootstraps; b++) {
        const double value = of[b].value[score] - (base ? base[b].value[score] : 0);
        if (isfinite(value)) t->sorted[count++] = value;
    }
    central(t->sorted, count, low, high);
}

static void fill(testing *t)
{
    const size_t bootstraps = t->e->inside->options.bootstraps;
    for (size_t k = 0; k < t->e->count; k++) {
        el4ml_ensemble *one = &t->e->ensembles[k];
        el4ml_tested *test = &one->test;
        el4ml_scorer_score(t->scorer[k], NULL, &test->score);
        for (size_t s = 0; s < EL4ML_SCORES; s++) {
            const el4ml_scores *sampled = t->sampled + k * bootstraps;
            test->gain.value[s] = test->score.value[s] - t->e->ensembles[0].test.score.value[s];
            interval(t, sampled, NULL, s, &test->low.value[s], &test->high.value[s]);
            interval(t, sampled, t->sampled, s, &test->gain_low.value[s], &test->gain_high.value[s]);
        }
        one->test_disagreement = disagreement(t, one->selection, NULL);
        for (size_t b = 0; b < bootstraps; b++)
            t->sorted[b] = t->differed[one->selection * bootstraps + b];
        if (one->count > 1)
            central(t->sorted, bootstraps, &one->test_disagreement_low, &one->test_disagreement_high);
    }
}

el4ml_status el4ml_ensembles_test(el4ml_ensembles *e, const el4ml_dataset *test, el4ml_error *error)
{
    if (!e || !test) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: nothing given");
    if (test->rows == 0) return EL4ML_OK;
    testing t = {.e = e, .rows = test};
    el4ml_status status = prepare(&t, error);
    if (status == EL4ML_OK) status = sample(&t, error);
    if (status == EL4ML_OK) {
        fill(&t);
        e->test_rows = test->rows;
    }
    clear(&t);
    return status;
}
