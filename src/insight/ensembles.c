/* Ensembles: fitted without the test rows, then tested. */
#include "insight/ensembles.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "insight/forecast.h"

el4ml_ensembles_options el4ml_ensembles_options_default(void)
{
    return (el4ml_ensembles_options){.members = 8, .seed = 1, .folds = 5, .bootstraps = 2000};
}

const char *el4ml_selection_name(el4ml_selection selection)
{
    static const char *const names[EL4ML_SELECTIONS] = {"single",       "validated", "lowest",
                                                        "random",       "peaks",     "communities",
                                                        "disagreement", "restarts",  "bagging"};
    return names[selection];
}

const char *el4ml_combination_name(el4ml_combination combination)
{
    static const char *const names[EL4ML_COMBINATIONS] = {"mean", "vote", "stack", "gate"};
    return names[combination];
}

void el4ml_ensembles_free(el4ml_ensembles *e)
{
    if (!e) return;
    el4ml_ensembles_inside *in = e->inside;
    for (size_t k = 0; in && k < e->candidate_count; k++) {
        el4ml_release(in->owned[k]);
        el4ml_release(in->bag[k]);
        if (in->said) el4ml_release(in->said[k]);
    }
    for (size_t k = 0; in && in->combiners && k < e->count; k++)
        el4ml_combiner_clear(&in->combiners[k]);
    if (in) {
        el4ml_release(in->owned);
        el4ml_release(in->bag);
        el4ml_release(in->said);
        el4ml_release(in->fold);
        el4ml_release(in->panels);
        el4ml_release(in->panel_said);
        el4ml_release(in->panel_deviation);
        el4ml_release(in->combiners);
        el4ml_release(in);
    }
    for (size_t k = 0; k < EL4ML_SELECTIONS; k++)
        el4ml_release(e->selected[k].candidate);
    for (size_t k = 0; e->ensembles && k < e->count; k++)
        el4ml_release(e->ensembles[k].weight);
    el4ml_release(e->candidates);
    el4ml_release(e->ensembles);
    el4ml_release(e);
}

/* ---- Panels: what the members of a choice say of some rows ---- */

static bool allocate_panels(el4ml_ensembles *e, const double ***said, double **deviation)
{
    size_t most = 1;
    for (size_t s = 0; s < EL4ML_SELECTIONS; s++)
        if (e->selected[s].count > most) most = e->selected[s].count;
    *said = EL4ML_NEW(const double *, EL4ML_SELECTIONS *most);
    *deviation = EL4ML_NEW(double, EL4ML_SELECTIONS *most);
    return *said && *deviation;
}

/* all: (candidates) what each says of the rows. */
static void fill_panels(const el4ml_ensembles *e, const double *const *all, const el4ml_dataset *rows,
                        const double **said, double *deviation, el4ml_panel *panels)
{
    for (size_t s = 0; s < EL4ML_SELECTIONS; s++) {
        const el4ml_members *m = &e->selected[s];
        panels[s] = (el4ml_panel){.kind = e->kind,
                                  .models = m->count,
                                  .rows = rows->rows,
                                  .outputs = e->inside->source.surface->info.outputs,
                                  .said = said,
                                  .deviation = deviation,
                                  .data = rows};
        for (size_t k = 0; k < m->count; k++) {
            *said++ = all[m->candidate[k]];
            *deviation++ = e->candidates[m->candidate[k]].deviation;
        }
    }
}

static bool hold_panels(el4ml_ensembles *e)
{
    el4ml_ensembles_inside *in = e->inside;
    in->panels = EL4ML_NEW(el4ml_panel, EL4ML_SELECTIONS);
    if (!in->panels || !allocate_panels(e, &in->panel_said, &in->panel_deviation)) return false;
    if (in->held)
        fill_panels(e, (const double *const *)in->said, in->held, in->panel_said, in->panel_deviation,
                    in->panels);
    return true;
}

/* ---- Which ensembles there are ---- */

/* Weights take rows that every member speaks of, which bagged models without validation rows do not. */
static bool can_combine(const el4ml_ensembles *e, el4ml_selection s, el4ml_combination c)
{
    const bool alone = s == EL4ML_SELECT_SINGLE || s == EL4ML_SELECT_VALIDATED;
    if (e->selected[s].count == 0) return false;
    if (alone) return c == EL4ML_COMBINE_MEAN;
    if (e->selected[s].count < 2) return false;
    if (c == EL4ML_COMBINE_MEAN || c == EL4ML_COMBINE_VOTE) return true;
    return e->inside->held && !(e->cross_fitted && s == EL4ML_SELECT_BAGGING);
}

static void blank_scores(el4ml_scores *s)
{
    for (size_t k = 0; k < EL4ML_SCORES; k++)
        s->value[k] = NAN;
}

static void blank_test(el4ml_tested *t)
{
    el4ml_scores *all[] = {&t->score, &t->low, &t->high, &t->gain, &t->gain_low, &t->gain_high};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        blank_scores(all[k]);
}

static bool list_ensembles(el4ml_ensembles *e)
{
    const size_t most = (size_t)EL4ML_SELECTIONS * EL4ML_COMBINATIONS;
    e->ensembles = EL4ML_NEW(el4ml_ensemble, most);
    e->inside->combiners = EL4ML_NEW(el4ml_combiner, most);
    if (!e->ensembles || !e->inside->combiners) return false;
    for (unsigned s = 0; s < EL4ML_SELECTIONS; s++)
        for (unsigned c = 0; c < EL4ML_COMBINATIONS; c++) {
            if (!can_combine(e, (el4ml_selection)s, (el4ml_combination)c)) continue;
            el4ml_ensemble *made = &e->ensembles[e->count++];
            *made = (el4ml_ensemble){.selection = (el4ml_selection)s,
                                     .combination = (el4ml_combination)c,
                                     .count = e->selected[s].count,
                                     .members = e->selected[s].candidate,
                                     .gain = NAN,
                                     .gain_error = NAN,
                                     .test_disagreement = NAN,
                                     .test_disagreement_low = NAN,
                                     .test_disagreement_high = NAN};
            blank_scores(&made->held_out);
            blank_test(&made->test);
            made->weight = EL4ML_NEW(double, made->count);
            if (!made->weight) return false;
        }
    return true;
}

/* ---- Fitting ---- */

static size_t rows_of_fold(const el4ml_ensembles *e, size_t fold, bool inside, size_t *row)
{
    size_t count = 0;
    for (size_t i = 0; i < e->held_out_rows; i++)
        if ((e->inside->fold[i] == fold) == inside) row[count++] = i;
    return count;
}

/* Held-out rows by a fit that did not see them. */
static bool forecast_held(const el4ml_ensembles *e, const el4ml_ensemble *one, size_t *row, el4ml_forecast *f)
{
    const el4ml_panel *panel = &e->inside->panels[one->selection];
    bool good = true;
    for (size_t fold = 0; good && fold < e->inside->options.folds; fold++) {
        el4ml_combiner c = {0};
        size_t count = rows_of_fold(e, fold, false, row);
        good = el4ml_combiner_fit(&c, one->combination, one->count, panel, row, count);
        count = rows_of_fold(e, fold, true, row);
        good = good && el4ml_combine(&c, panel, row, count, f);
        el4ml_combiner_clear(&c);
    }
    return good;
}

/* Mean and standard error of the difference of two forecasts' log densities. */
static void compare(const el4ml_forecast *f, const el4ml_forecast *with, double *gain, double *gain_error)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < f->rows; i++) {
        const double d = f->log_density[i] - with->log_density[i];
        if (!isfinite(d)) continue;
        sum += d;
        count++;
    }
    *gain = count > 1 ? sum / (double)count : NAN;
    for (size_t i = 0; i < f->rows; i++) {
        const double d = f->log_density[i] - with->log_density[i] - *gain;
        if (isfinite(d)) squares += d * d;
    }
    *gain_error = count > 1 ? sqrt(squares / (double)(count - 1) / (double)count) : NAN;
}

static el4ml_status score_held(el4ml_ensembles *e, el4ml_ensemble *one, el4ml_forecast *f,
                               const el4ml_forecast *single, el4ml_error *error)
{
    el4ml_scorer *scorer = NULL;
    if (one->selection == EL4ML_SELECT_VALIDATED) return EL4ML_OK;
    const el4ml_status status = el4ml_scorer_new(f, e->inside->held, &scorer, error);
    if (status != EL4ML_OK) return status;
    el4ml_scorer_score(scorer, NULL, &one->held_out);
    el4ml_scorer_free(scorer);
    if (single) compare(f, single, &one->gain, &one->gain_error);
    return EL4ML_OK;
}

static el4ml_status fit_held(el4ml_ensembles *e, el4ml_error *error)
{
    const size_t outputs = e->inside->source.surface->info.outputs;
    el4ml_forecast *single = NULL;
    size_t *row = EL4ML_NEW(size_t, e->held_out_rows);
    el4ml_status status = row ? EL4ML_OK : el4ml_ensembles_no_memory(error);
    for (size_t k = 0; status == EL4ML_OK && k < e->count; k++) {
        el4ml_forecast *f = el4ml_forecast_blank(e->kind, e->held_out_rows, outputs);
        status = f && forecast_held(e, &e->ensembles[k], row, f)
                     ? score_held(e, &e->ensembles[k], f, single, error)
                     : el4ml_ensembles_no_memory(error);
        if (k == 0)
            single = f;
        else
            el4ml_forecast_free(f);
    }
    el4ml_forecast_free(single);
    el4ml_release(row);
    return status;
}

/* To all held-out rows, for any rows to come. */
static bool fit_all(el4ml_ensembles *e)
{
    size_t *row = EL4ML_NEW(size_t, e->held_out_rows);
    bool good = row != NULL;
    for (size_t i = 0; good && i < e->held_out_rows; i++)
        row[i] = i;
    for (size_t k = 0; good && k < e->count; k++) {
        el4ml_ensemble *one = &e->ensembles[k];
        good = el4ml_combiner_fit(&e->inside->combiners[k], one->combination, one->count,
                                  &e->inside->panels[one->selection], row, e->held_out_rows);
        if (good) memcpy(one->weight, e->inside->combiners[k].weight, one->count * sizeof *one->weight);
    }
    el4ml_release(row);
    return good;
}

#define LEAST_GAIN                                                                                           \
    1e-4 /* in mean log density; below, models that are the same but for rounding would count */

/* The largest gain, if it is more than its standard error; otherwise the single lowest minimum. */
static void recommend(el4ml_ensembles *e)
{
    size_t best = 0;
    e->recommended = EL4ML_NONE;
    if (!e->inside->held) return;
    for (size_t k = 1; k < e->count; k++) {
        const double gain = e->ensembles[k].gain;
        if (isfinite(gain) && gain > e->ensembles[k].gain_error && gain > LEAST_GAIN &&
            (best == 0 || gain > e->ensembles[best].gain))
            best = k;
    }
    e->recommended = best;
}

static el4ml_status fit(el4ml_ensembles *e, el4ml_error *error)
{
    el4ml_status status = el4ml_select_members(e, error);
    if (status == EL4ML_OK) status = el4ml_add_restarts(e, error);
    if (status == EL4ML_OK) status = el4ml_hold_out(e, error);
    if (status == EL4ML_OK && (!hold_panels(e) || !list_ensembles(e) || !fit_all(e)))
        status = el4ml_ensembles_no_memory(error);
    if (status == EL4ML_OK && e->inside->held) status = fit_held(e, error);
    if (status == EL4ML_OK) recommend(e);
    return status;
}

static el4ml_status check(const el4ml_ensembles_source *s, const el4ml_ensembles_options *o,
                          el4ml_error *error)
{
    if (!s || !s->landscape || !s->network || !s->study || !s->surface || !s->data)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: nothing given");
    if (o->members < 2 || o->members > 1000 || o->folds < 2 || o->folds > 100)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: 2 to 1000 members, 2 to 100 folds");
    if (!s->surface->ops.predict || s->surface->info.prediction == EL4ML_PREDICTS_NOTHING)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "ensemble: this surface (%s) predicts nothing",
                          s->surface->info.description);
    const bool classes = s->surface->info.prediction == EL4ML_PREDICTS_PROBABILITIES;
    const el4ml_dataset *train = &s->data->train;
    if (classes ? !train->label || train->classes != s->surface->info.outputs
                : !train->y || train->targets != s->surface->info.outputs)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED,
                          "ensemble: this surface's predictions (%s) have no target among the data",
                          s->surface->info.description);
    return EL4ML_OK;
}

el4ml_status el4ml_ensembles_fit(const el4ml_ensembles_source *source, const el4ml_ensembles_options *options,
                                 el4ml_ensembles **ensembles, el4ml_error *error)
{
    const el4ml_ensembles_options usual = el4ml_ensembles_options_default(), *o = options ? options : &usual;
    el4ml_status status = check(source, o, error);
    if (status != EL4ML_OK) return status;
    el4ml_ensembles *e = EL4ML_NEW(el4ml_ensembles, 1);
    if (e) e->inside = EL4ML_NEW(el4ml_ensembles_inside, 1);
    if (!e || !e->inside) {
        el4ml_ensembles_free(e);
        return el4ml_ensembles_no_memory(error);
    }
    e->inside->source = *source;
    e->inside->data = *source->data;
    e->inside->data.test = (el4ml_dataset){0};
    e->inside->data.test_rows = NULL;
    e->inside->source.data = &e->inside->data;
    e->inside->options = *o;
    e->inside->n = source->surface->info.dimension;
    e->kind = source->surface->info.prediction;
    status = fit(e, error);
    if (status == EL4ML_OK)
        *ensembles = e;
    else
        el4ml_ensembles_free(e);
    return status;
}

/* ---- Any rows ---- */

void el4ml_said_clear(el4ml_said *s)
{
    el4ml_predictions_free(s->predictions);
    el4ml_release(s->all);
    el4ml_release(s->said);
    el4ml_release(s->deviation);
    *s = (el4ml_said){0};
}

el4ml_status el4ml_said_fill(const el4ml_ensembles *e, const el4ml_dataset *rows, el4ml_said *s,
                             el4ml_error *error)
{
    const double **x = EL4ML_NEW(const double *, e->candidate_count);
    s->all = EL4ML_NEW(const double *, e->candidate_count);
    el4ml_status status = x && s->all && allocate_panels((el4ml_ensembles *)e, &s->said, &s->deviation)
                              ? EL4ML_OK
                              : el4ml_ensembles_no_memory(error);
    for (size_t k = 0; status == EL4ML_OK && k < e->candidate_count; k++)
        x[k] = e->candidates[k].x;
    if (status == EL4ML_OK)
        status = el4ml_predictions_new(e->inside->source.surface, x, e->candidate_count, rows, NULL,
                                       &s->predictions, error);
    for (size_t k = 0; status == EL4ML_OK && k < e->candidate_count; k++)
        s->all[k] = el4ml_predicted(s->predictions, k, 0);
    if (status == EL4ML_OK) fill_panels(e, s->all, rows, s->said, s->deviation, s->panels);
    el4ml_release(x);
    return status;
}

el4ml_forecast *el4ml_said_combine(const el4ml_ensembles *e, size_t which, const el4ml_said *s)
{
    const el4ml_panel *panel = &s->panels[e->ensembles[which].selection];
    el4ml_forecast *f = el4ml_forecast_blank(e->kind, panel->rows, panel->outputs);
    if (f && el4ml_combine(&e->inside->combiners[which], panel, NULL, 0, f)) return f;
    el4ml_forecast_free(f);
    return NULL;
}

el4ml_status el4ml_ensembles_forecast(const el4ml_ensembles *e, size_t which, const el4ml_dataset *rows,
                                      el4ml_forecast **forecast, el4ml_error *error)
{
    el4ml_said s = {0};
    if (!e || which >= e->count || !rows || !forecast)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: there is no such one");
    el4ml_status status = el4ml_said_fill(e, rows, &s, error);
    if (status == EL4ML_OK) {
        *forecast = el4ml_said_combine(e, which, &s);
        if (!*forecast) status = el4ml_ensembles_no_memory(error);
    }
    el4ml_said_clear(&s);
    return status;
}
