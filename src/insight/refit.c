/* Models minimised anew: restarts, bagged models, and candidates without a fold of the training rows. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/minimise.h"
#include "insight/ensembles.h"
#include "run/study_minimiser.h"

#define PURPOSE_RESTART UINT64_C(0x52455354415254) /* "RESTART" */
#define PURPOSE_BAG UINT64_C(0x424147)             /* "BAG" */
#define PURPOSE_FOLDS UINT64_C(0x464f4c4453)       /* "FOLDS" */
#define TOLERANCE 1e-7                             /* RMS gradient: predictions do not move any more */

enum { MOST_TRIES = 4 }; /* starts for each model, should some not converge */

/* ---- Rows ---- */

static void free_rows(el4ml_dataset *d)
{
    el4ml_release(d->x);
    el4ml_release(d->y);
    el4ml_release(d->label);
    *d = (el4ml_dataset){0};
}

static bool new_rows(const el4ml_dataset *from, size_t rows, el4ml_dataset *d)
{
    *d = *from;
    d->rows = rows;
    d->x = EL4ML_NEW(double, rows * from->inputs);
    d->y = from->y ? EL4ML_NEW(double, rows * from->targets) : NULL;
    d->label = from->label ? EL4ML_NEW(int32_t, rows) : NULL;
    return d->x && (d->y || !from->y) && (d->label || !from->label);
}

static void copy_row(const el4ml_dataset *from, size_t row, el4ml_dataset *d, size_t to)
{
    memcpy(d->x + to * d->inputs, from->x + row * d->inputs, d->inputs * sizeof *d->x);
    if (d->y) memcpy(d->y + to * d->targets, from->y + row * d->targets, d->targets * sizeof *d->y);
    if (d->label) d->label[to] = from->label[row];
}

/* ---- Minimising ---- */

typedef struct fitter {
    el4ml_evaluator e;
    el4ml_minimiser *minimiser;
    el4ml_surface *surface; /* owned, or NULL */
} fitter;

static void close_fitter(fitter *f)
{
    el4ml_minimiser_free(f->minimiser);
    if (f->e.surface) el4ml_evaluator_clear(&f->e);
    el4ml_surface_free(f->surface);
}

static el4ml_status open_fitter(const el4ml_ensembles *e, const el4ml_surface *surface, fitter *f,
                                el4ml_error *error)
{
    el4ml_minimise_options o = el4ml_minimise_options_default();
    el4ml_study_minimise(e->inside->source.study, &o);
    o.gradient_tolerance = TOLERANCE;
    el4ml_status status = el4ml_evaluator_init(&f->e, surface, error);
    if (status != EL4ML_OK) return status;
    f->e.cancel = e->inside->options.cancel;
    return el4ml_minimiser_new(&f->e, &o, &f->minimiser, error);
}

static bool fatal(el4ml_status status)
{
    return status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY;
}

static el4ml_status broken(el4ml_status status, el4ml_error *error)
{
    return status == EL4ML_INTERRUPTED ? el4ml_fail(error, status, "interrupted; nothing was written")
                                       : el4ml_ensembles_no_memory(error);
}

/* From a random start; what does not converge is begun anew elsewhere, the last try is taken as it is. */
static el4ml_status train(fitter *f, uint64_t seed, uint64_t purpose, uint64_t job, double *x,
                          el4ml_error *error)
{
    for (uint64_t k = 0; k < MOST_TRIES; k++) {
        el4ml_minimise_result result;
        el4ml_random random = el4ml_random_new(seed, purpose, job * MOST_TRIES + k);
        el4ml_initialise(&f->e, &random, x);
        el4ml_minimiser_random(f->minimiser, random);
        const el4ml_status status = el4ml_minimise(f->minimiser, x, x, &result);
        if (fatal(status)) return broken(status, error);
        if (status == EL4ML_OK) break;
    }
    return EL4ML_OK;
}

/* ---- Restarts and bagging ---- */

/* Adds a candidate from x and bag, which it takes over. */
static el4ml_status keep(el4ml_ensembles *e, el4ml_selection selection, double *x, bool *bag,
                         el4ml_error *error)
{
    el4ml_members *m = &e->selected[selection];
    const el4ml_candidate candidate = {.minimum = EL4ML_NONE, .x = x, .deviation = NAN};
    const size_t k = el4ml_candidate_add(e, candidate, x, bag);
    if (k == EL4ML_NONE) {
        el4ml_release(x);
        el4ml_release(bag);
        return el4ml_ensembles_no_memory(error);
    }
    m->candidate[m->count++] = k;
    return EL4ML_OK;
}

static el4ml_status add_restarts(el4ml_ensembles *e, el4ml_error *error)
{
    fitter f = {0};
    el4ml_status status = open_fitter(e, e->inside->source.surface, &f, error);
    for (size_t k = 0; status == EL4ML_OK && k < e->inside->options.members; k++) {
        double *x = EL4ML_NEW(double, e->inside->n);
        status = x ? train(&f, e->inside->options.seed, PURPOSE_RESTART, k, x, error)
                   : el4ml_ensembles_no_memory(error);
        if (status == EL4ML_OK)
            status = keep(e, EL4ML_SELECT_RESTARTS, x, NULL, error);
        else
            el4ml_release(x);
    }
    close_fitter(&f);
    return status;
}

/* A bootstrap sample of the training rows; all classes stay known by the dataset's number of them. */
static bool draw_sample(const el4ml_ensembles *e, uint64_t job, el4ml_dataset *sample, bool *bag)
{
    const el4ml_dataset *train_rows = &e->inside->data.train;
    el4ml_random random = el4ml_random_new(e->inside->options.seed, PURPOSE_BAG, 2 * job);
    if (!new_rows(train_rows, train_rows->rows, sample)) return false;
    for (size_t i = 0; i < train_rows->rows; i++) {
        const size_t row = el4ml_random_below(&random, train_rows->rows);
        copy_row(train_rows, row, sample, i);
        bag[row] = true;
    }
    return true;
}

static el4ml_status add_bagged(el4ml_ensembles *e, uint64_t job, el4ml_error *error)
{
    fitter f = {0};
    el4ml_dataset sample = {0};
    double *x = EL4ML_NEW(double, e->inside->n);
    bool *bag = EL4ML_NEW(bool, e->inside->data.train.rows);
    el4ml_status status =
        x && bag && draw_sample(e, job, &sample, bag) ? EL4ML_OK : el4ml_ensembles_no_memory(error);
    if (status == EL4ML_OK)
        status = el4ml_study_refit(e->inside->source.study, &e->inside->data, &sample, &f.surface, error);
    if (status == EL4ML_OK) status = open_fitter(e, f.surface, &f, error);
    if (status == EL4ML_OK)
        status = train(&f, e->inside->options.seed, PURPOSE_BAG, (UINT64_C(1) << 32) + job, x, error);
    if (status == EL4ML_OK) {
        status = keep(e, EL4ML_SELECT_BAGGING, x, bag, error);
    } else {
        el4ml_release(x);
        el4ml_release(bag);
    }
    close_fitter(&f);
    free_rows(&sample);
    return status;
}

static bool can_refit(const el4ml_ensembles *e)
{
    el4ml_surface *surface = NULL;
    const el4ml_status status =
        el4ml_study_refit(e->inside->source.study, &e->inside->data, &e->inside->data.train, &surface, NULL);
    el4ml_surface_free(surface);
    return status == EL4ML_OK;
}

el4ml_status el4ml_add_restarts(el4ml_ensembles *e, el4ml_error *error)
{
    el4ml_members *restarts = &e->selected[EL4ML_SELECT_RESTARTS],
                  *bagging = &e->selected[EL4ML_SELECT_BAGGING];
    if (e->inside->options.no_refits) {
        restarts->none = bagging->none = "left out on demand";
        return EL4ML_OK;
    }
    restarts->candidate = EL4ML_NEW(size_t, e->inside->options.members);
    bagging->candidate = EL4ML_NEW(size_t, e->inside->options.members);
    if (!restarts->candidate || !bagging->candidate) return el4ml_ensembles_no_memory(error);
    el4ml_status status = add_restarts(e, error);
    if (status != EL4ML_OK) return status;
    if (e->inside->source.study->kind != EL4ML_KIND_MLP) { /* whose forecasts need nothing but its weights */
        bagging->none = "this kind of model is not fitted to samples of its rows";
        return EL4ML_OK;
    }
    for (size_t k = 0; status == EL4ML_OK && k < e->inside->options.members; k++)
        status = add_bagged(e, k, error);
    return status;
}

/* ---- Held-out rows ---- */

/* Folds of equal size in which every class, or the targets in ascending order, are dealt out in turn. */
static bool deal_folds(el4ml_ensembles *e)
{
    const el4ml_dataset *held = e->inside->held;
    const size_t rows = held->rows, folds = e->inside->options.folds < rows ? e->inside->options.folds : rows;
    size_t *order = EL4ML_NEW(size_t, rows);
    e->inside->fold = EL4ML_NEW(size_t, rows);
    if (!order || !e->inside->fold) {
        el4ml_release(order);
        return false;
    }
    el4ml_random random = el4ml_random_new(e->inside->options.seed, PURPOSE_FOLDS, 0);
    for (size_t i = 0; i < rows; i++)
        order[i] = i;
    el4ml_random_shuffle(&random, rows, order);
    size_t next = 0;
    for (size_t c = 0; c < (held->label ? held->classes : 1); c++)
        for (size_t k = 0; k < rows; k++)
            if (!held->label || (size_t)held->label[order[k]] == c)
                e->inside->fold[order[k]] = next++ % folds;
    el4ml_release(order);
    return true;
}

/* What a point says of some rows, into their places among the held-out rows. */
static el4ml_status put_predictions(el4ml_ensembles *e, el4ml_evaluator *evaluator, const double *x,
                                    const el4ml_dataset *part, const size_t *row, double *said,
                                    el4ml_error *error)
{
    const size_t outputs = evaluator->surface->info.outputs;
    double *now = EL4ML_NEW(double, part->rows *outputs);
    if (!now) return el4ml_ensembles_no_memory(error);
    const el4ml_status status = el4ml_predict(evaluator, x, part, now);
    for (size_t i = 0; status == EL4ML_OK && i < part->rows; i++)
        memcpy(said + (row ? row[i] : i) * outputs, now + i * outputs, outputs * sizeof *now);
    el4ml_release(now);
    (void)e;
    return status == EL4ML_OK
               ? EL4ML_OK
               : el4ml_fail(error, status, "ensemble: predictions: %s", el4ml_status_text(status));
}

static el4ml_status predict_held(el4ml_ensembles *e, el4ml_error *error)
{
    el4ml_evaluator evaluator = {0};
    el4ml_status status = el4ml_evaluator_init(&evaluator, e->inside->source.surface, error);
    if (status != EL4ML_OK) return status;
    for (size_t k = 0; status == EL4ML_OK && k < e->candidate_count; k++)
        status = put_predictions(e, &evaluator, e->candidates[k].x, e->inside->held, NULL, e->inside->said[k],
                                 error);
    el4ml_evaluator_clear(&evaluator);
    return status;
}

/* Training rows in and out of a fold. */
typedef struct cut {
    el4ml_dataset rest, part;
    size_t *row; /* of the part */
} cut;

static void free_cut(cut *c)
{
    free_rows(&c->rest);
    free_rows(&c->part);
    el4ml_release(c->row);
}

static bool make_cut(const el4ml_ensembles *e, size_t fold, cut *c)
{
    const el4ml_dataset *held = e->inside->held;
    size_t inside = 0, in = 0, out = 0;
    for (size_t i = 0; i < held->rows; i++)
        inside += e->inside->fold[i] == fold;
    c->row = EL4ML_NEW(size_t, inside);
    if (!c->row || !new_rows(held, inside, &c->part) || !new_rows(held, held->rows - inside, &c->rest))
        return false;
    for (size_t i = 0; i < held->rows; i++) {
        if (e->inside->fold[i] == fold) {
            c->row[in] = i;
            copy_row(held, i, &c->part, in++);
        } else {
            copy_row(held, i, &c->rest, out++);
        }
    }
    return true;
}

/* All candidates but bagged ones, minimised without the fold from where they are. */
static el4ml_status cross_fit_fold(el4ml_ensembles *e, size_t fold, el4ml_error *error)
{
    cut c = {0};
    fitter f = {0};
    double *x = EL4ML_NEW(double, e->inside->n);
    el4ml_status status = x && make_cut(e, fold, &c) ? EL4ML_OK : el4ml_ensembles_no_memory(error);
    if (status == EL4ML_OK && c.part.rows > 0) {
        status = el4ml_study_refit(e->inside->source.study, &e->inside->data, &c.rest, &f.surface, error);
        if (status == EL4ML_OK) status = open_fitter(e, f.surface, &f, error);
        for (size_t k = 0; status == EL4ML_OK && k < e->candidate_count; k++) {
            el4ml_minimise_result result;
            if (e->inside->bag[k]) continue;
            const el4ml_status done = el4ml_minimise(f.minimiser, e->candidates[k].x, x, &result);
            status = fatal(done) ? broken(done, error)
                                 : put_predictions(e, &f.e, x, &c.part, c.row, e->inside->said[k], error);
        }
    }
    close_fitter(&f);
    free_cut(&c);
    el4ml_release(x);
    return status;
}

/* A bagged model has seen its bag, and speaks of the other rows. */
static void forget_bags(el4ml_ensembles *e)
{
    const size_t outputs = e->inside->source.surface->info.outputs;
    for (size_t k = 0; k < e->candidate_count; k++)
        for (size_t i = 0; e->inside->bag[k] && i < e->inside->held->rows; i++)
            for (size_t c = 0; e->inside->bag[k][i] && c < outputs; c++)
                e->inside->said[k][i * outputs + c] = NAN;
}

static void set_deviations(el4ml_ensembles *e)
{
    const el4ml_dataset *held = e->inside->held;
    const size_t outputs = e->inside->source.surface->info.outputs;
    for (size_t k = 0; k < e->candidate_count; k++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = 0; i < held->rows * outputs; i++) {
            const double d = e->inside->said[k][i] - held->y[i];
            if (isnan(d)) continue;
            sum += d * d;
            count++;
        }
        e->candidates[k].deviation = count > 0 ? sqrt(sum / (double)count) : NAN;
    }
}

el4ml_status el4ml_hold_out(el4ml_ensembles *e, el4ml_error *error)
{
    const el4ml_ensembles_source *s = &e->inside->source;
    const bool validated = s->data->validation.rows > 0;
    if (!validated && !can_refit(e)) {
        e->no_held_out =
            "there are no validation rows, and this kind of model is not fitted to parts of its rows";
        return EL4ML_OK;
    }
    e->cross_fitted = !validated;
    e->inside->held = validated ? &s->data->validation : &s->data->train;
    e->held_out_rows = e->inside->held->rows;
    e->inside->said = EL4ML_NEW(double *, e->candidate_count);
    if (!e->inside->said || !deal_folds(e)) return el4ml_ensembles_no_memory(error);
    for (size_t k = 0; k < e->candidate_count; k++) {
        e->inside->said[k] = EL4ML_NEW(double, e->held_out_rows * s->surface->info.outputs);
        if (!e->inside->said[k]) return el4ml_ensembles_no_memory(error);
    }
    el4ml_status status = predict_held(e, error);
    for (size_t fold = 0; status == EL4ML_OK && e->cross_fitted && fold < e->inside->options.folds; fold++)
        status = cross_fit_fold(e, fold, error);
    if (status != EL4ML_OK) return status;
    if (e->cross_fitted) forget_bags(e);
    if (e->kind == EL4ML_PREDICTS_VALUES) set_deviations(e);
    return EL4ML_OK;
}
