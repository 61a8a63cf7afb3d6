/* Ensembles in words, as JSON, as a figure, and as files. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "el4ml/report.h"
#include "insight/ensembles.h"
#include "insight/forecast.h"
#include "insight/json.h"
#include "report/markup.h"

/* ---- Words ---- */

static const char *described(el4ml_selection s)
{
    static const char *const texts[EL4ML_SELECTIONS] = {
        "the lowest minimum",
        "the minimum that is best on the validation rows",
        "the lowest minima",
        "minima taken at random",
        "the minima that change most at the peaks of the heat capacity",
        "the lowest minima of the communities",
        "the minima that disagree most",
        "random restarts",
        "bagged models"};
    return texts[s];
}

static const char *way(el4ml_combination c)
{
    static const char *const texts[EL4ML_COMBINATIONS] = {
        "their mean", "their majority vote", "stacked weights", "weights that depend on the input"};
    return texts[c];
}

static void put(el4ml_builder *text, double value, int digits)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_general(value, digits, number);
    el4ml_builder_text(text, number);
}

static void put_signed(el4ml_builder *text, double value, int digits)
{
    if (value >= 0) el4ml_builder_text(text, "+");
    put(text, value, digits);
}

static const char *where_from(const el4ml_ensembles *e)
{
    return e->cross_fitted ? "training rows by cross-fitting" : "validation rows";
}

static void tell_evidence(el4ml_builder *text, const el4ml_ensemble *one, const el4ml_ensembles *e)
{
    put_signed(text, one->gain, 4);
    el4ml_builder_text(text, " +- ");
    put(text, one->gain_error, 2);
    el4ml_builder_format(text, " in mean log density on %zu %s", e->held_out_rows, where_from(e));
}

static void advise_single(el4ml_builder *text, const el4ml_ensembles *e)
{
    size_t best = 0;
    for (size_t k = 1; k < e->count; k++)
        if (isfinite(e->ensembles[k].gain) && (best == 0 || e->ensembles[k].gain > e->ensembles[best].gain))
            best = k;
    el4ml_builder_format(text, "Use the lowest minimum, %zu, alone",
                         e->candidates[e->ensembles[0].members[0]].minimum + 1);
    if (best == 0) {
        el4ml_builder_text(text, e->count > 1 ? "." : ": the landscape has no other to combine it with.");
        return;
    }
    const el4ml_ensemble *one = &e->ensembles[best];
    el4ml_builder_format(text, ": the best of %zu ensembles (%s, %s) gains ", e->count - 1,
                         described(one->selection), way(one->combination));
    tell_evidence(text, one, e);
    el4ml_builder_text(text, ", not more than its standard error and 1e-4.");
}

char *el4ml_ensembles_advice(const el4ml_ensembles *e)
{
    el4ml_builder text = {0};
    if (e->recommended == EL4ML_NONE) {
        el4ml_builder_format(&text, "No recommendation: %s.", e->no_held_out);
    } else if (e->recommended == 0) {
        advise_single(&text, e);
    } else {
        const el4ml_ensemble *one = &e->ensembles[e->recommended];
        el4ml_builder_format(&text, "Combine %zu models, %s, by %s: against the lowest minimum alone ",
                             one->count, described(one->selection), way(one->combination));
        tell_evidence(&text, one, e);
        el4ml_builder_text(&text, ", ");
        put(&text, one->gain / one->gain_error, 2);
        el4ml_builder_format(&text, " standard errors, the best of %zu ensembles.", e->count - 1);
        if (one->gain < 2 * one->gain_error)
            el4ml_builder_text(&text,
                               " That is weak evidence: the best of so many is above one standard error by "
                               "chance quite often.");
    }
    return el4ml_builder_take(&text);
}

char *el4ml_ensembles_verdict(const el4ml_ensembles *e, const el4ml_data *data)
{
    el4ml_builder text = {0};
    const bool classes = e->kind == EL4ML_PREDICTS_PROBABILITIES;
    if (e->test_rows == 0 || e->recommended == EL4ML_NONE) return NULL;
    const el4ml_score leading = classes ? EL4ML_SCORE_LOG_LOSS : EL4ML_SCORE_LOG_DENSITY;
    const el4ml_ensemble *one = &e->ensembles[e->recommended];
    el4ml_builder_format(&text, "On %zu test rows: ", e->test_rows);
    for (unsigned s = 0; s < EL4ML_SCORES; s++) {
        if (!el4ml_score_applies((el4ml_score)s, e->kind) || isnan(one->test.score.value[s])) continue;
        el4ml_builder_format(&text, "%s ", el4ml_score_name((el4ml_score)s));
        put(&text, el4ml_score_in_own_unit((el4ml_score)s, one->test.score.value[s], false, data), 4);
        el4ml_builder_text(&text, ", ");
    }
    if (e->recommended == 0) {
        el4ml_builder_text(&text, "by the lowest minimum.");
        return el4ml_builder_take(&text);
    }
    const double low = one->test.gain_low.value[leading], high = one->test.gain_high.value[leading];
    const bool better = classes ? high < 0 : low > 0, worse = classes ? low > 0 : high < 0;
    el4ml_builder_text(&text, "mean log density ");
    put_signed(&text, (classes ? -1 : 1) * one->test.gain.value[leading], 3);
    el4ml_builder_text(&text, " [");
    put_signed(&text, classes ? -high : low, 3);
    el4ml_builder_text(&text, ", ");
    put_signed(&text, classes ? -low : high, 3);
    el4ml_builder_text(&text, "] against the lowest minimum: ");
    el4ml_builder_text(&text, better  ? "the gain is confirmed."
                              : worse ? "a loss, not a gain."
                                      : "neither confirmed nor refuted by so few rows.");
    return el4ml_builder_take(&text);
}

/* ---- JSON ---- */

static json_t *own_scores(const el4ml_scores *scores, bool difference, el4ml_prediction kind,
                          const el4ml_data *data)
{
    el4ml_scores own = *scores;
    for (unsigned s = 0; s < EL4ML_SCORES; s++)
        own.value[s] = el4ml_score_in_own_unit((el4ml_score)s, own.value[s], difference, data);
    return el4ml_json_scores(&own, kind);
}

static json_t *member_list(const el4ml_ensembles *e, const el4ml_ensemble *one)
{
    json_t *list = json_array();
    for (size_t k = 0; k < one->count; k++) {
        json_t *o = json_object();
        el4ml_json_put_id(o, "minimum", e->candidates[one->members[k]].minimum);
        el4ml_json_put_number(o, "weight", one->weight[k]);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *ensemble_object(const el4ml_ensembles *e, const el4ml_ensemble *one, const el4ml_data *data)
{
    json_t *o = json_object();
    el4ml_json_put_text(o, "selection", el4ml_selection_name(one->selection));
    el4ml_json_put_text(o, "combination", el4ml_combination_name(one->combination));
    el4ml_json_put(o, "members", member_list(e, one));
    el4ml_json_put(o, "held_out", own_scores(&one->held_out, false, e->kind, data));
    el4ml_json_put_number(o, "gain", one->gain);
    el4ml_json_put_number(o, "gain_error", one->gain_error);
    el4ml_json_put(o, "test_scores", own_scores(&one->test.score, false, e->kind, data));
    el4ml_json_put(o, "test_low", own_scores(&one->test.low, false, e->kind, data));
    el4ml_json_put(o, "test_high", own_scores(&one->test.high, false, e->kind, data));
    el4ml_json_put(o, "test_gain", own_scores(&one->test.gain, true, e->kind, data));
    el4ml_json_put(o, "test_gain_low", own_scores(&one->test.gain_low, true, e->kind, data));
    el4ml_json_put(o, "test_gain_high", own_scores(&one->test.gain_high, true, e->kind, data));
    el4ml_json_put_number(o, "test_disagreement", one->test_disagreement);
    el4ml_json_put_number(o, "test_disagreement_low", one->test_disagreement_low);
    el4ml_json_put_number(o, "test_disagreement_high", one->test_disagreement_high);
    return o;
}

static json_t *left_out(const el4ml_ensembles *e)
{
    json_t *o = json_object();
    for (unsigned s = 0; s < EL4ML_SELECTIONS; s++)
        if (e->selected[s].none)
            el4ml_json_put_text(o, el4ml_selection_name((el4ml_selection)s), e->selected[s].none);
    return o;
}

static json_t *document(const el4ml_ensembles *e, const el4ml_data *data)
{
    json_t *o = json_object(), *list = json_array();
    char *advice = el4ml_ensembles_advice(e), *verdict = el4ml_ensembles_verdict(e, data);
    for (size_t k = 0; k < e->count; k++)
        json_array_append_new(list, ensemble_object(e, &e->ensembles[k], data));
    el4ml_json_put_text(o, "predicts", e->kind == EL4ML_PREDICTS_PROBABILITIES ? "classes" : "values");
    el4ml_json_put_text(o, "held_out_rows_are",
                        !e->inside->held  ? NULL
                        : e->cross_fitted ? "training rows, cross-fitted"
                                          : "validation rows");
    el4ml_json_put_count(o, "held_out_rows", e->held_out_rows);
    el4ml_json_put_count(o, "test_rows", e->test_rows);
    el4ml_json_put(o, "recommended",
                   e->recommended == EL4ML_NONE ? json_null() : el4ml_json_integer(e->recommended));
    el4ml_json_put_text(o, "recommendation", advice);
    el4ml_json_put_text(o, "test_verdict", verdict);
    el4ml_json_put(o, "left_out", left_out(e));
    el4ml_json_put(o, "ensembles", list);
    el4ml_release(advice);
    el4ml_release(verdict);
    return o;
}

char *el4ml_ensembles_json(const el4ml_ensembles *e, const el4ml_data *data)
{
    return el4ml_json_finish(document(e, data));
}

/* ---- Figure ---- */

static void fill_row(const el4ml_ensembles *e, size_t k, el4ml_score score, const el4ml_data *data,
                     el4ml_interval *row)
{
    const el4ml_ensemble *one = &e->ensembles[k];
    const el4ml_tested *t = &one->test;
    const bool tested = e->test_rows > 0;
    row->low = row->high = NAN;
    row->value = el4ml_score_in_own_unit(score, one->held_out.value[score], false, data);
    if (tested) {
        row->value = el4ml_score_in_own_unit(score, t->gain.value[score], true, data);
        row->low = el4ml_score_in_own_unit(score, t->gain_low.value[score], true, data);
        row->high = el4ml_score_in_own_unit(score, t->gain_high.value[score], true, data);
    }
    row->group = one->selection;
    row->marked = k == e->recommended;
}

el4ml_status el4ml_ensembles_svg(const el4ml_ensembles *e, const el4ml_data *data, char **svg,
                                 el4ml_error *error)
{
    const bool classes = e->kind == EL4ML_PREDICTS_PROBABILITIES;
    const el4ml_score scores[2] = {classes ? EL4ML_SCORE_LOG_LOSS : EL4ML_SCORE_RMSE,
                                   classes ? EL4ML_SCORE_ACCURACY : EL4ML_SCORE_LOG_DENSITY};
    static const char *const all[2][2][2] = {
        {{"RMSE", "log density"}, {"log loss", "accuracy"}},
        {{"RMSE less that of single", "log density less that of single"},
         {"log loss less that of single", "accuracy less that of single"}}};
    const char *const *labels = all[e->test_rows > 0][classes];
    el4ml_interval *rows = EL4ML_NEW(el4ml_interval, 2 * e->count);
    char(*names)[48] = el4ml_allocate(e->count, sizeof *names);
    if (!rows || !names) {
        el4ml_release(rows);
        el4ml_release(names);
        return el4ml_ensembles_no_memory(error);
    }
    el4ml_interval_panel panels[2];
    for (size_t p = 0; p < 2; p++) {
        panels[p] = (el4ml_interval_panel){.label = labels[p], .rows = rows + p * e->count};
        for (size_t k = 0; k < e->count; k++) {
            const bool alone = e->ensembles[k].count == 1;
            snprintf(names[k], sizeof *names, "%s%s%s", el4ml_selection_name(e->ensembles[k].selection),
                     alone ? "" : ", ", alone ? "" : el4ml_combination_name(e->ensembles[k].combination));
            fill_row(e, k, scores[p], data, &rows[p * e->count + k]);
            rows[p * e->count + k].label = names[k];
        }
    }
    char title[160];
    snprintf(title, sizeof title, "Ensembles of up to %zu models on %zu %s rows", e->inside->options.members,
             e->test_rows > 0 ? e->test_rows : e->held_out_rows, e->test_rows > 0 ? "test" : "held-out");
    const el4ml_intervals_options o = {.title = title, .panels = panels, .panel_count = 2, .count = e->count};
    const el4ml_status status = el4ml_intervals_svg(&o, svg, error);
    el4ml_release(rows);
    el4ml_release(names);
    return status;
}

/* ---- Files ---- */

static void name_member(const el4ml_ensembles *e, const el4ml_ensemble *one, size_t k, const char *folder,
                        char *path, size_t size)
{
    const size_t minimum = e->candidates[one->members[k]].minimum;
    if (minimum == EL4ML_NONE)
        snprintf(path, size, "%s/member_%zu.npz", folder, k + 1);
    else
        snprintf(path, size, "%s/minimum_%zu.npz", folder, minimum + 1);
}

static el4ml_status save_list(const el4ml_ensembles *e, const el4ml_ensemble *one, const el4ml_data *data,
                              const char *folder, el4ml_error *error)
{
    char path[4200];
    json_t *o = ensemble_object(e, one, data), *list = json_object_get(o, "members");
    for (size_t k = 0; k < one->count; k++) {
        name_member(e, one, k, folder, path, sizeof path);
        el4ml_json_put_text(json_array_get(list, k), "file", el4ml_path_base(path));
    }
    char *text = el4ml_json_finish(o);
    if (!text) return el4ml_ensembles_no_memory(error);
    snprintf(path, sizeof path, "%s/ensemble.json", folder);
    const el4ml_status status = el4ml_text_write(path, text, error);
    el4ml_release(text);
    return status;
}

el4ml_status el4ml_ensembles_save(const el4ml_ensembles *e, size_t which, const el4ml_data *data,
                                  const char *folder, el4ml_error *error)
{
    char path[4200];
    struct stat about;
    if (!e || which >= e->count || !folder)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: there is no such one");
    const el4ml_ensemble *one = &e->ensembles[which];
    if (strlen(folder) > 4000) return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", folder);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: %s", el4ml_path_for_message(folder),
                          el4ml_errno_text_of(errno).text);
    snprintf(path, sizeof path, "%s/ensemble.json", folder);
    if (stat(path, &about) == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s exists already; give another folder",
                          el4ml_path_for_message(path));
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < one->count; k++) {
        name_member(e, one, k, folder, path, sizeof path);
        status = el4ml_model_write(e->inside->source.study, e->inside->source.surface, data,
                                   e->candidates[one->members[k]].x, path, false, error);
    }
    return status == EL4ML_OK ? save_list(e, one, data, folder, error) : status;
}
