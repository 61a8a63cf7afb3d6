/* ensemble: which minima to combine, and what that gains. */
#include "program.h"

#include <math.h>
#include <stdio.h>

typedef struct session {
    el4ml_landscape *landscape;
    opened model;
    el4ml_network *network;
    el4ml_ensembles *ensembles;
} session;

static void close_session(session *s)
{
    el4ml_ensembles_free(s->ensembles);
    el4ml_network_free(s->network);
    close_study(&s->model);
    el4ml_landscape_close(s->landscape);
}

static el4ml_status answer(const arguments *a, session *s, el4ml_error *error)
{
    el4ml_ensembles_options o = el4ml_ensembles_options_default();
    if (a->members.given) o.members = (size_t)a->members.value;
    if (a->bootstraps.given) o.bootstraps = (size_t)a->bootstraps.value;
    if (a->seed.given) o.seed = a->seed.value;
    if (a->temperature.given) o.temperature = a->temperature.value;
    o.no_refits = a->no_refits;
    o.cancel = &interrupted;
    el4ml_status status = el4ml_landscape_read(a->words[0], &s->landscape, error);
    if (status == EL4ML_OK) status = open_folder_study(a->words[0], s->landscape, &s->model, error);
    if (status == EL4ML_OK) status = el4ml_landscape_network(s->landscape, &s->network, error);
    if (status != EL4ML_OK) return status;
    if (!s->model.data)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "%s: its surface (%s) learns from no data", a->words[0],
                          s->model.surface->info.description);
    const el4ml_ensembles_source source = {.landscape = s->landscape,
                                           .network = s->network,
                                           .study = s->model.study,
                                           .surface = s->model.surface,
                                           .train = &s->model.data->train,
                                           .validation = &s->model.data->validation};
    status = el4ml_ensembles_fit(&source, &o, &s->ensembles, error);
    return status == EL4ML_OK ? el4ml_ensembles_test(s->ensembles, &s->model.data->test, error) : status;
}

/* ---- Text ---- */

static void print_number(double value, int digits)
{
    if (isnan(value))
        printf(" %10s", "-");
    else
        printf(" %10.*g", digits, value);
}

static void print_row(const session *s, size_t k)
{
    const el4ml_ensembles *e = s->ensembles;
    const el4ml_ensemble *one = &e->ensembles[k];
    const bool classes = e->kind == EL4ML_PREDICTS_PROBABILITIES;
    const el4ml_score leading = classes ? EL4ML_SCORE_LOG_LOSS : EL4ML_SCORE_LOG_DENSITY;
    printf("%c %-13s %-6s %3zu", k == e->recommended ? '*' : ' ', el4ml_selection_name(one->selection),
           one->count > 1 ? el4ml_combination_name(one->combination) : "", one->count);
    print_number(el4ml_score_in_own_unit(leading, one->held_out.value[leading], false, s->model.data), 4);
    for (unsigned score = 0; score < EL4ML_SCORES; score++)
        if (el4ml_score_applies((el4ml_score)score, e->kind) && e->test_rows > 0)
            print_number(el4ml_score_in_own_unit((el4ml_score)score, one->test.score.value[score], false,
                                                 s->model.data),
                         4);
    if (e->test_rows > 0) print_number(one->test_disagreement, 3);
    if (e->test_rows > 0 && k > 0 && isfinite(one->test.gain.value[leading]))
        printf("   %+.3g [%+.3g, %+.3g]", one->test.gain.value[leading], one->test.gain_low.value[leading],
               one->test.gain_high.value[leading]);
    printf("\n");
}

static void print_head(const el4ml_ensembles *e)
{
    const bool classes = e->kind == EL4ML_PREDICTS_PROBABILITIES;
    static const char *const heads[EL4ML_SCORES] = {"accuracy", "AUC", "log loss", "ECE",
                                                    "RMSE",     "R2",  "log dens."};
    if (e->held_out_rows > 0)
        printf("held-out: %zu %s", e->held_out_rows,
               e->cross_fitted ? "training rows, each by models minimised without it; "
                               : "validation rows; ");
    if (e->test_rows > 0)
        printf("test: %zu rows, 95 %% intervals by bootstrap of these rows\n", e->test_rows);
    else
        printf("there are no test rows\n");
    printf("  %-13s %-6s %3s %10s", "members", "by", "no.", "held-out");
    for (unsigned score = 0; score < EL4ML_SCORES && e->test_rows > 0; score++)
        if (el4ml_score_applies((el4ml_score)score, e->kind)) printf(" %10s", heads[score]);
    if (e->test_rows > 0)
        printf(" %10s   %s less that of single", "disagree", classes ? "log loss" : "log density");
    printf("\n");
}

static void print_members(const el4ml_ensembles *e)
{
    if (e->recommended == EL4ML_NONE || e->ensembles[e->recommended].count < 2) return;
    const el4ml_ensemble *one = &e->ensembles[e->recommended];
    printf("members (weight):");
    for (size_t k = 0; k < one->count; k++) {
        const size_t minimum = e->candidates[one->members[k]].minimum;
        if (minimum == EL4ML_NONE)
            printf(" model %zu (%.3g)", k + 1, one->weight[k]);
        else
            printf(" %zu (%.3g)", minimum + 1, one->weight[k]);
    }
    printf("\n");
}

static void print_text(const session *s)
{
    const el4ml_ensembles *e = s->ensembles;
    char *advice = el4ml_ensembles_advice(e), *verdict = el4ml_ensembles_verdict(e, s->model.data);
    print_head(e);
    for (size_t k = 0; k < e->count; k++)
        print_row(s, k);
    for (unsigned k = 0; k < EL4ML_SELECTIONS; k++)
        if (e->selected[k].none)
            printf("  %-13s left out: %s\n", el4ml_selection_name((el4ml_selection)k), e->selected[k].none);
    if (advice) printf("%s\n", advice);
    print_members(e);
    if (verdict) printf("%s\n", verdict);
    el4ml_text_free(advice);
    el4ml_text_free(verdict);
}

static el4ml_status write_figure(const char *path, const session *s, el4ml_error *error)
{
    char *svg = NULL;
    el4ml_status status = el4ml_ensembles_svg(s->ensembles, s->model.data, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(path, svg, error);
    el4ml_text_free(svg);
    return status;
}

int command_ensemble(const arguments *a)
{
    el4ml_error error = {0};
    session s = {0};
    el4ml_status status = answer(a, &s, &error);
    if (status == EL4ML_OK && a->save) {
        const size_t which = s.ensembles->recommended == EL4ML_NONE ? 0 : s.ensembles->recommended;
        status = el4ml_ensembles_save(s.ensembles, which, s.model.data, a->save, &error);
    }
    if (status == EL4ML_OK && a->figure) status = write_figure(a->figure, &s, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_ensembles_json(s.ensembles, s.model.data));
    else if (status == EL4ML_OK)
        print_text(&s);
    close_session(&s);
    return code;
}
