/* predict: what minima say of the rows of a file; and export model. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A landscape with its model, and the minima that were asked for. */
typedef struct session {
    el4ml_landscape *landscape;
    opened model;
    el4ml_network *network;
    el4ml_minimum_set *set;
    const double **x; /* (set->count) */
    el4ml_dataset *rows;
    el4ml_forecast *forecast;
} session;

static void close_session(session *s)
{
    el4ml_forecast_free(s->forecast);
    el4ml_dataset_free(s->rows);
    free(s->x);
    el4ml_minimum_set_free(s->set);
    el4ml_network_free(s->network);
    close_study(&s->model);
    el4ml_landscape_close(s->landscape);
}

static el4ml_status open_session(const arguments *a, const char *folder, session *s, el4ml_error *error)
{
    el4ml_status status = el4ml_landscape_read(folder, &s->landscape, error);
    if (status == EL4ML_OK) status = open_folder_study(folder, s->landscape, &s->model, error);
    if (status == EL4ML_OK) status = el4ml_landscape_network(s->landscape, &s->network, error);
    if (status == EL4ML_OK) {
        el4ml_error inner = {0};
        status =
            el4ml_select_minima(s->landscape, s->network, a->minima ? a->minima : "global", &s->set, &inner);
        if (status != EL4ML_OK) return el4ml_fail(error, status, "--minimum: %s", inner.message);
    }
    if (status != EL4ML_OK) return status;
    s->x = calloc(s->set->count, sizeof *s->x);
    if (!s->x) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", a->command);
    for (size_t k = 0; k < s->set->count; k++)
        s->x[k] = el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, s->set->members[k])->point.x;
    return EL4ML_OK;
}

/* ---- predict ---- */

/* In the target's own unit, whose log density is not known of a single value. */
static el4ml_status score(const session *s, el4ml_scores *scores, el4ml_error *error)
{
    el4ml_scorer *scorer = NULL;
    const el4ml_data *d = s->model.data;
    const el4ml_status status = el4ml_scorer_new(s->forecast, s->rows, &scorer, error);
    if (status != EL4ML_OK) return status;
    el4ml_scorer_score(scorer, NULL, scores);
    if (d->train.targets == 1) scores->value[EL4ML_SCORE_RMSE] *= d->target_scale[0];
    el4ml_scorer_free(scorer);
    return EL4ML_OK;
}

static void print_scores(const el4ml_scores *scores)
{
    bool first = true;
    for (int k = 0; k < EL4ML_SCORES; k++) {
        if (isnan(scores->value[k])) continue;
        printf("%s %s %.6g", first ? ":" : ",", el4ml_score_name((el4ml_score)k), scores->value[k]);
        first = false;
    }
}

static int answer(const arguments *a, const session *s, const el4ml_scores *scores)
{
    el4ml_error error = {0};
    if (a->json && !a->output)
        return print_json(
            el4ml_forecast_json(s->forecast, s->model.data, s->set->members, s->set->count, scores));
    char *text = el4ml_forecast_csv(s->forecast, s->model.data);
    int code = EXIT_DONE;
    if (!text) {
        el4ml_fail(&error, EL4ML_OUT_OF_MEMORY, "predict: out of memory");
        code = report_error(&error);
    } else if (!a->output) {
        fputs(text, stdout);
    } else if (el4ml_text_write(a->output, text, &error) != EL4ML_OK) {
        code = report_error(&error);
    } else if (a->json) {
        code = print_json(
            el4ml_forecast_json(s->forecast, s->model.data, s->set->members, s->set->count, scores));
    } else if (!a->quiet) {
        char set[128];
        describe_set(s->set, set, sizeof set);
        printf("%s: %zu rows, predicted by %s%s", a->output, s->rows->rows,
               s->set->count > 1 ? "the mean of " : "", set);
        if (scores) print_scores(scores);
        printf("\n");
    }
    el4ml_text_free(text);
    return code;
}

static el4ml_status predict(const arguments *a, session *s, el4ml_error *error)
{
    struct stat about;
    if (a->output && !a->force && stat(a->output, &about) == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s exists already; give another name with -o, or --force to replace it",
                          a->output);
    el4ml_status status = open_session(a, a->words[0], s, error);
    if (status != EL4ML_OK) return status;
    if (!s->model.surface->ops.predict || !s->model.data)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "%s: its surface (%s) predicts nothing", a->words[0],
                          s->model.surface->info.description);
    status = el4ml_rows_read(s->model.data, a->words[1], &s->rows, error);
    if (status != EL4ML_OK) return status;
    return el4ml_forecast_new(s->model.surface, s->x, s->set->count, s->rows, &s->forecast, error);
}

int command_predict(const arguments *a)
{
    el4ml_error error = {0};
    session s = {0};
    el4ml_scores scores;
    el4ml_status status = predict(a, &s, &error);
    const bool scored = status == EL4ML_OK && (s.rows->label || s.rows->y);
    if (scored) status = score(&s, &scores, &error);
    const int code = status == EL4ML_OK ? answer(a, &s, scored ? &scores : NULL) : report_error(&error);
    close_session(&s);
    return code;
}

/* ---- export model ---- */

int export_model(const arguments *a)
{
    el4ml_error error = {0};
    session s = {0};
    if (!a->output) {
        fprintf(stderr, "el4ml: export: say with -o where to write; see el4ml export --help\n");
        return EXIT_USAGE;
    }
    if (a->coordinates) {
        fprintf(stderr, "el4ml: export: --coordinates is not for export model; see el4ml export --help\n");
        return EXIT_USAGE;
    }
    el4ml_status status = open_session(a, a->words[1], &s, &error);
    if (status == EL4ML_OK && s.set->count != 1)
        status =
            el4ml_fail(&error, EL4ML_BAD_INPUT,
                       "export model: --minimum: one minimum, not %zu; el4ml ensemble --save writes several",
                       s.set->count);
    if (status == EL4ML_OK)
        status = el4ml_model_write(s.model.study, s.model.surface, s.model.data, s.x[0], a->output, a->force,
                                   &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_model_json(s.landscape, s.set->members[0], a->output));
    else if (status == EL4ML_OK && !a->quiet)
        printf("%s: minimum %zu, %s\n", a->output, s.set->members[0] + 1, s.model.surface->info.description);
    close_session(&s);
    return code;
}
