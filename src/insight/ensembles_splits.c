/* Ensembles over several splits of the data: what one split shows by chance, many do not. */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "el4ml/report.h"
#include "insight/ensembles.h"
#include "insight/json.h"
#include "report/markup.h"

void el4ml_ensembles_splits_free(el4ml_ensembles_splits *over)
{
    if (!over) return;
    el4ml_release(over->ensembles);
    el4ml_release(over);
}

/* ---- Averages ---- */

typedef struct averager {
    const el4ml_ensembles *const *runs;
    const el4ml_data *const *data;
    size_t splits;
    double *score, *gain, *restarts; /* (splits) */
} averager;

static const el4ml_ensemble *find(const el4ml_ensembles *e, el4ml_selection s, el4ml_combination c)
{
    for (size_t k = 0; k < e->count; k++)
        if (e->ensembles[k].selection == s && e->ensembles[k].combination == c) return &e->ensembles[k];
    return NULL;
}

static const el4ml_ensemble *of_run(const averager *a, size_t run, const el4ml_split_ensemble *one)
{
    const el4ml_ensembles *e = a->runs[run];
    if (!one->recommended) return find(e, one->selection, one->combination);
    return e->recommended == EL4ML_NONE ? NULL : &e->ensembles[e->recommended];
}

static void average(const averager *a, el4ml_score s, double overlap, el4ml_split_ensemble *one)
{
    for (size_t k = 0; k < a->splits; k++) {
        const el4ml_ensemble *here = of_run(a, k, one),
                             *restarts = find(a->runs[k], EL4ML_SELECT_RESTARTS, one->combination);
        a->score[k] = a->gain[k] = a->restarts[k] = NAN;
        if (!here) continue;
        const double value = here->test.score.value[s];
        a->score[k] = el4ml_score_in_own_unit(s, value, false, a->data[k]);
        a->gain[k] = el4ml_score_in_own_unit(s, here->test.gain.value[s], true, a->data[k]);
        if (restarts)
            a->restarts[k] =
                el4ml_score_in_own_unit(s, value - restarts->test.score.value[s], true, a->data[k]);
    }
    one->score[s] = el4ml_mean_over_splits(a->score, a->splits, overlap);
    one->gain[s] = el4ml_mean_over_splits(a->gain, a->splits, overlap);
    one->over_restarts[s] = el4ml_mean_over_splits(a->restarts, a->splits, overlap);
}

static bool enough(const averager *a, el4ml_selection s, el4ml_combination c)
{
    size_t count = 0;
    for (size_t k = 0; k < a->splits; k++)
        count += find(a->runs[k], s, c) != NULL;
    return count >= 2;
}

static bool fill(const averager *a, el4ml_ensembles_splits *over)
{
    over->ensembles = EL4ML_NEW(el4ml_split_ensemble, 1 + (size_t)EL4ML_SELECTIONS * EL4ML_COMBINATIONS);
    if (!over->ensembles) return false;
    for (unsigned s = 0; s < EL4ML_SELECTIONS; s++)
        for (unsigned c = 0; c < EL4ML_COMBINATIONS; c++) {
            if (!enough(a, (el4ml_selection)s, (el4ml_combination)c)) continue;
            over->ensembles[over->count++] =
                (el4ml_split_ensemble){.selection = (el4ml_selection)s, .combination = (el4ml_combination)c};
            if (over->count == 1)
                over->ensembles[over->count++] = (el4ml_split_ensemble){.recommended = true};
        }
    for (size_t k = 0; k < over->count; k++)
        for (unsigned s = 0; s < EL4ML_SCORES; s++)
            average(a, (el4ml_score)s, over->overlap, &over->ensembles[k]);
    return true;
}

static el4ml_status check(const averager *a, el4ml_error *error)
{
    if (!a->runs || !a->data || a->splits < 2)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: two splits at least");
    for (size_t k = 0; k < a->splits; k++) {
        if (a->runs[k]->test_rows == 0)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                              "ensemble: several landscapes are compared on test rows, "
                              "and number %zu has none",
                              k + 1);
        if (a->runs[k]->kind != a->runs[0]->kind)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: some predict classes, others values");
    }
    return EL4ML_OK;
}

el4ml_status el4ml_ensembles_over_splits(const el4ml_ensembles *const *runs, const el4ml_data *const *data,
                                         size_t splits, el4ml_ensembles_splits **over, el4ml_error *error)
{
    averager a = {.runs = runs, .data = data, .splits = splits};
    const el4ml_status status = check(&a, error);
    if (status != EL4ML_OK) return status;
    el4ml_ensembles_splits *made = EL4ML_NEW(el4ml_ensembles_splits, 1);
    double *room = EL4ML_NEW(double, 3 * splits);
    bool good = made && room;
    if (good) {
        const el4ml_data *d = data[0];
        *made = (el4ml_ensembles_splits){.kind = runs[0]->kind,
                                         .splits = splits,
                                         .overlap = (double)d->test.rows /
                                                    (double)(d->train.rows + d->validation.rows),
                                         .members = runs[0]->inside->options.members};
        a.score = room;
        a.gain = room + splits;
        a.restarts = room + 2 * splits;
        good = fill(&a, made);
    }
    el4ml_release(room);
    if (!good) {
        el4ml_ensembles_splits_free(made);
        return el4ml_ensembles_no_memory(error);
    }
    *over = made;
    return EL4ML_OK;
}

/* ---- Words ---- */

static el4ml_score leading(const el4ml_ensembles_splits *o)
{
    return o->kind == EL4ML_PREDICTS_PROBABILITIES ? EL4ML_SCORE_LOG_LOSS : EL4ML_SCORE_LOG_DENSITY;
}

/* Log losses are good when low. */
static double better(const el4ml_ensembles_splits *o, const el4ml_split_mean *m)
{
    return o->kind == EL4ML_PREDICTS_PROBABILITIES ? -m->mean : m->mean;
}

static bool guided(const el4ml_split_ensemble *one)
{
    return !one->recommended && one->selection >= EL4ML_SELECT_LOWEST &&
           one->selection <= EL4ML_SELECT_DISAGREEMENT && one->selection != EL4ML_SELECT_RANDOM;
}

static void put(el4ml_builder *text, double value, int digits)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_general(value, digits, number);
    el4ml_builder_text(text, number);
}

static void put_mean(el4ml_builder *text, const el4ml_split_mean *m)
{
    put(text, m->mean, 3);
    el4ml_builder_text(text, " [");
    put(text, m->low, 2);
    el4ml_builder_text(text, ", ");
    put(text, m->high, 2);
    el4ml_builder_text(text, "]");
}

static void tell_best(el4ml_builder *text, const el4ml_ensembles_splits *o, size_t best, size_t tried)
{
    const el4ml_split_ensemble *one = &o->ensembles[best];
    const el4ml_split_mean *m = &one->over_restarts[leading(o)];
    const double p = fmin(1, m->p_value * (double)tried);
    el4ml_builder_format(text,
                         " Of %zu sorts chosen by the landscape %s by %s gains most over %zu random restarts "
                         "combined the same way: ",
                         tried, el4ml_selection_name(one->selection),
                         el4ml_combination_name(one->combination), o->members);
    put_mean(text, m);
    el4ml_builder_text(text, ", p = ");
    put(text, p, 2);
    el4ml_builder_text(text, " with Bonferroni's correction: ");
    el4ml_builder_text(text, !(p < 0.05)        ? "no difference is shown."
                             : better(o, m) > 0 ? "the landscape helps."
                                                : "random restarts are better.");
}

char *el4ml_ensembles_splits_advice(const el4ml_ensembles_splits *o)
{
    el4ml_builder text = {0};
    size_t best = EL4ML_NONE, tried = 0;
    const el4ml_score s = leading(o);
    for (size_t k = 0; k < o->count; k++) {
        const el4ml_split_ensemble *one = &o->ensembles[k];
        if (!guided(one) || isnan(one->over_restarts[s].p_value)) continue;
        tried++;
        if (best == EL4ML_NONE ||
            better(o, &one->over_restarts[s]) > better(o, &o->ensembles[best].over_restarts[s]))
            best = k;
    }
    el4ml_builder_format(
        &text,
        "Over %zu splits, in test %s: what was recommended on each differs from the single lowest "
        "minimum by ",
        o->splits, s == EL4ML_SCORE_LOG_LOSS ? "log loss (less is better)" : "log density");
    put_mean(&text, &o->ensembles[1].gain[s]);
    el4ml_builder_text(&text, ".");
    if (best != EL4ML_NONE) tell_best(&text, o, best, tried);
    return el4ml_builder_take(&text);
}

/* ---- JSON ---- */

static json_t *mean_object(const el4ml_split_mean *m)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "splits", m->count);
    el4ml_json_put_number(o, "mean", m->mean);
    el4ml_json_put_number(o, "low", m->low);
    el4ml_json_put_number(o, "high", m->high);
    el4ml_json_put_number(o, "p_value", m->p_value);
    return o;
}

static json_t *score_objects(const el4ml_ensembles_splits *o, const el4ml_split_mean *means)
{
    json_t *object = json_object();
    for (unsigned s = 0; s < EL4ML_SCORES; s++)
        if (el4ml_score_applies((el4ml_score)s, o->kind))
            el4ml_json_put(object, el4ml_score_name((el4ml_score)s), mean_object(&means[s]));
    return object;
}

char *el4ml_ensembles_splits_json(const el4ml_ensembles_splits *o)
{
    json_t *document = json_object(), *list = json_array();
    char *advice = el4ml_ensembles_splits_advice(o);
    for (size_t k = 0; k < o->count; k++) {
        const el4ml_split_ensemble *one = &o->ensembles[k];
        json_t *object = json_object();
        el4ml_json_put_text(object, "selection",
                            one->recommended ? "recommended" : el4ml_selection_name(one->selection));
        el4ml_json_put_text(object, "combination",
                            one->recommended ? NULL : el4ml_combination_name(one->combination));
        el4ml_json_put(object, "test_scores", score_objects(o, one->score));
        el4ml_json_put(object, "test_gain", score_objects(o, one->gain));
        el4ml_json_put(object, "test_over_restarts", score_objects(o, one->over_restarts));
        json_array_append_new(list, object);
    }
    el4ml_json_put_count(document, "splits", o->splits);
    el4ml_json_put_text(document, "test_verdict", advice);
    el4ml_json_put(document, "ensembles", list);
    el4ml_release(advice);
    return el4ml_json_finish(document);
}

/* ---- Figure ---- */

el4ml_status el4ml_ensembles_splits_svg(const el4ml_ensembles_splits *o, char **svg, el4ml_error *error)
{
    const bool classes = o->kind == EL4ML_PREDICTS_PROBABILITIES;
    const el4ml_score scores[2] = {leading(o), classes ? EL4ML_SCORE_ACCURACY : EL4ML_SCORE_RMSE};
    const char *const labels[2] = {classes ? "log loss less that of single"
                                           : "log density less that of single",
                                   classes ? "accuracy less that of single" : "RMSE less that of single"};
    el4ml_interval *rows = EL4ML_NEW(el4ml_interval, 2 * o->count);
    char(*names)[48] = el4ml_allocate(o->count, sizeof *names);
    if (!rows || !names) {
        el4ml_release(rows);
        el4ml_release(names);
        return el4ml_ensembles_no_memory(error);
    }
    el4ml_interval_panel panels[2];
    for (size_t p = 0; p < 2; p++) {
        panels[p] = (el4ml_interval_panel){.label = labels[p], .rows = rows + p * o->count};
        for (size_t k = 0; k < o->count; k++) {
            const el4ml_split_ensemble *one = &o->ensembles[k];
            const bool alone = one->recommended || one->selection <= EL4ML_SELECT_VALIDATED;
            snprintf(names[k], sizeof *names, "%s%s%s",
                     one->recommended ? "recommended" : el4ml_selection_name(one->selection),
                     alone ? "" : ", ", alone ? "" : el4ml_combination_name(one->combination));
            const el4ml_split_mean *m = &one->gain[scores[p]];
            rows[p * o->count + k] = (el4ml_interval){.label = names[k],
                                                      .value = m->mean,
                                                      .low = m->low,
                                                      .high = m->high,
                                                      .group = one->recommended ? 0 : one->selection,
                                                      .marked = one->recommended};
        }
    }
    char title[128];
    snprintf(title, sizeof title, "Ensembles of up to %zu models, test rows of %zu splits", o->members,
             o->splits);
    const el4ml_intervals_options options = {
        .title = title, .panels = panels, .panel_count = 2, .count = o->count};
    const el4ml_status status = el4ml_intervals_svg(&options, svg, error);
    el4ml_release(rows);
    el4ml_release(names);
    return status;
}
