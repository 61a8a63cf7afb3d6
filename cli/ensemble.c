/* ensemble: which minima to combine, and what that gains. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct session {
    el4ml_landscape *landscape;
    opened model;
    el4ml_network *network;
    el4ml_ensembles *ensembles;     /* of models */
    el4ml_clusterings *clusterings; /* or of clusterings */
} session;

static void close_session(session *s)
{
    el4ml_ensembles_free(s->ensembles);
    el4ml_clusterings_free(s->clusterings);
    el4ml_network_free(s->network);
    close_study(&s->model);
    el4ml_landscape_close(s->landscape);
}

static el4ml_ensembles_options read_options(const arguments *a)
{
    el4ml_ensembles_options o = el4ml_ensembles_options_default();
    if (a->members.given) o.members = (size_t)a->members.value;
    if (a->bootstraps.given) o.bootstraps = (size_t)a->bootstraps.value;
    if (a->seed.given) o.seed = a->seed.value;
    if (a->temperature.given) o.temperature = a->temperature.value;
    o.no_refits = a->no_refits;
    o.cancel = &interrupted;
    return o;
}

static el4ml_ensembles_source source_of(const session *s)
{
    return (el4ml_ensembles_source){.landscape = s->landscape,
                                    .network = s->network,
                                    .study = s->model.study,
                                    .surface = s->model.surface,
                                    .data = s->model.data};
}

static bool clusters(const session *s)
{
    return strcmp(s->model.surface->ops.kind, "kmeans") == 0;
}

static el4ml_status open_session(const char *folder, session *s, el4ml_error *error)
{
    el4ml_status status = el4ml_landscape_read(folder, &s->landscape, error);
    if (status == EL4ML_OK) status = open_folder_study(folder, s->landscape, &s->model, error);
    if (status == EL4ML_OK) status = el4ml_landscape_network(s->landscape, &s->network, error);
    if (status != EL4ML_OK) return status;
    if (!s->model.data)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "%s: its surface (%s) learns from no data", folder,
                          s->model.surface->info.description);
    return EL4ML_OK;
}

static el4ml_status answer(const arguments *a, const char *folder, session *s, el4ml_error *error)
{
    const el4ml_ensembles_options o = read_options(a);
    el4ml_status status = open_session(folder, s, error);
    if (status != EL4ML_OK) return status;
    const el4ml_ensembles_source source = source_of(s);
    if (clusters(s)) return el4ml_clusterings_new(&source, &o, &s->clusterings, error);
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

static void print_clusterings(const el4ml_clusterings *c)
{
    char *advice = el4ml_clusterings_advice(c);
    printf("%zu clusters of %zu rows; agreement: adjusted Rand index\n  %-13s %3s %12s %12s %12s %12s %12s",
           c->clusters, c->train_rows, "members", "no.", "to members", "of members", "certainty", "inertia",
           "to classes");
    if (c->test_rows > 0) printf(" %12s %12s", "test inertia", "test classes");
    printf("\n");
    for (size_t k = 0; k < c->count; k++) {
        const el4ml_cluster_ensemble *one = &c->ensembles[k];
        const double all[] = {
            one->consensus->agreement, one->consensus->between, one->consensus->certain,  one->inertia,
            one->class_agreement,      one->test_inertia,       one->test_class_agreement};
        printf("%c %-13s %3zu", k == c->recommended ? '*' : ' ', el4ml_selection_name(one->selection),
               one->count);
        for (size_t j = 0; j < (c->test_rows > 0 ? 7 : 5); j++) {
            printf("  ");
            print_number(all[j], 4);
        }
        printf("\n");
    }
    if (advice) printf("%s\n", advice);
    el4ml_text_free(advice);
}

static el4ml_status write_figure(const char *path, const session *s, el4ml_error *error)
{
    char *svg = NULL;
    el4ml_status status = s->clusterings ? el4ml_clusterings_svg(s->clusterings, &svg, error)
                                         : el4ml_ensembles_svg(s->ensembles, s->model.data, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(path, svg, error);
    el4ml_text_free(svg);
    return status;
}

static el4ml_status save(const arguments *a, const session *s, el4ml_error *error)
{
    if (s->clusterings)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED,
                          "ensemble: --save is for models; --json has the clusters");
    const size_t which = s->ensembles->recommended == EL4ML_NONE ? 0 : s->ensembles->recommended;
    return el4ml_ensembles_save(s->ensembles, which, s->model.data, a->save, error);
}

static int answer_one(const arguments *a)
{
    el4ml_error error = {0};
    session s = {0};
    el4ml_status status = answer(a, a->words[0], &s, &error);
    if (status == EL4ML_OK && a->save) status = save(a, &s, &error);
    if (status == EL4ML_OK && a->figure) status = write_figure(a->figure, &s, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(s.clusterings ? el4ml_clusterings_json(s.clusterings)
                                        : el4ml_ensembles_json(s.ensembles, s.model.data));
    else if (status == EL4ML_OK && s.clusterings)
        print_clusterings(s.clusterings);
    else if (status == EL4ML_OK)
        print_text(&s);
    close_session(&s);
    return code;
}

/* ---- Several splits ---- */

static void print_mean(const el4ml_split_mean *m)
{
    if (isnan(m->low))
        printf(" %24s", "-");
    else
        printf("  %+8.4f [%+.4f,%+.4f]", m->mean, m->low, m->high);
}

static void print_splits(const el4ml_ensembles_splits *o)
{
    const bool classes = o->kind == EL4ML_PREDICTS_PROBABILITIES;
    const el4ml_score first = classes ? EL4ML_SCORE_LOG_LOSS : EL4ML_SCORE_LOG_DENSITY,
                      second = classes ? EL4ML_SCORE_ACCURACY : EL4ML_SCORE_RMSE;
    const char *names[2] = {el4ml_score_name(first), el4ml_score_name(second)};
    char *advice = el4ml_ensembles_splits_advice(o);
    printf("%zu splits; means over their test rows, 95 %% intervals that allow for shared training rows "
           "(Nadeau and "
           "Bengio)\n  %-20s %10s %10s   %s less single's%12s %s less restarts'%10s %s less single's\n",
           o->splits, "", names[0], names[1], names[0], "", names[0], "", names[1]);
    for (size_t k = 0; k < o->count; k++) {
        const el4ml_split_ensemble *one = &o->ensembles[k];
        const bool alone = one->recommended || one->selection <= EL4ML_SELECT_VALIDATED;
        printf("  %-13s %-6s", one->recommended ? "recommended" : el4ml_selection_name(one->selection),
               alone ? "" : el4ml_combination_name(one->combination));
        print_number(one->score[first].mean, 4);
        print_number(one->score[second].mean, 4);
        print_mean(&one->gain[first]);
        print_mean(&one->over_restarts[first]);
        print_mean(&one->gain[second]);
        printf("\n");
    }
    if (advice) printf("%s\n", advice);
    el4ml_text_free(advice);
}

static el4ml_status write_splits_figure(const char *path, const el4ml_ensembles_splits *over,
                                        el4ml_error *error)
{
    char *svg = NULL;
    el4ml_status status = el4ml_ensembles_splits_svg(over, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(path, svg, error);
    el4ml_text_free(svg);
    return status;
}

static int answer_several(const arguments *a)
{
    el4ml_error error = {0};
    const size_t count = (size_t)a->word_count;
    session sessions[MAX_WORDS] = {0};
    const el4ml_ensembles *runs[MAX_WORDS];
    const el4ml_data *data[MAX_WORDS];
    el4ml_ensembles_splits *over = NULL;
    el4ml_status status = EL4ML_OK;
    if (a->save) status = el4ml_fail(&error, EL4ML_BAD_INPUT, "ensemble: --save takes one landscape");
    for (size_t k = 0; status == EL4ML_OK && k < count; k++) {
        status = answer(a, a->words[k], &sessions[k], &error);
        if (status == EL4ML_OK && sessions[k].clusterings)
            status = el4ml_fail(&error, EL4ML_NOT_SUPPORTED,
                                "ensemble: clusterings are combined one landscape at a time");
        runs[k] = sessions[k].ensembles;
        data[k] = sessions[k].model.data;
    }
    if (status == EL4ML_OK) status = el4ml_ensembles_over_splits(runs, data, count, &over, &error);
    if (status == EL4ML_OK && a->figure) status = write_splits_figure(a->figure, over, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_ensembles_splits_json(over));
    else if (status == EL4ML_OK)
        print_splits(over);
    el4ml_ensembles_splits_free(over);
    for (size_t k = 0; k < count; k++)
        close_session(&sessions[k]);
    return code;
}

int command_ensemble(const arguments *a)
{
    return a->word_count > 1 ? answer_several(a) : answer_one(a);
}
