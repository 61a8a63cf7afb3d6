/* run, explore, connect: the commands that search. */
#include "program.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char smooth_instead[] =
    "transition states take a smooth activation such as softplus, gelu or silu";

typedef struct stages {
    bool explore, connect, report;
} stages;

/* One line for the report about the data, and the warning about constant columns. */
static el4ml_status describe(const opened *o, el4ml_landscape *l, el4ml_error *error)
{
    el4ml_status status = el4ml_landscape_set_meta(l, "model", o->surface->info.description, error);
    if (status != EL4ML_OK || !o->data) return status;
    char text[1024];
    const char *name = strrchr(o->study->data_file, '/');
    int used = snprintf(text, sizeof text, "%s: %zu training rows, %zu test rows, %zu inputs%s%s",
                        name ? name + 1 : o->study->data_file, o->data->train.rows, o->data->test.rows,
                        o->data->train.inputs, o->data->target_name ? ", target " : "",
                        o->data->target_name ? o->data->target_name : "");
    if (used > 0 && (size_t)used < sizeof text && o->data->train.classes > 0)
        snprintf(text + used, sizeof text - (size_t)used, " (%zu classes)", o->data->train.classes);
    return el4ml_landscape_set_meta(l, "data", text, error);
}

static el4ml_status warn_constant(const opened *o, el4ml_landscape *l, bool quiet, el4ml_error *error)
{
    if (!o->data || o->data->constant_count == 0) return EL4ML_OK;
    char text[1024];
    const bool one = o->data->constant_count == 1;
    size_t used = (size_t)snprintf(
        text, sizeof text, "%zu input column%s constant in the training rows, centred and left unscaled:",
        o->data->constant_count, one ? " is" : "s are");
    for (size_t k = 0; k < o->data->constant_count && used + 80 < sizeof text; k++) {
        const int more = snprintf(text + used, sizeof text - used, "%s %.60s", k ? "," : "",
                                  o->data->input_names[o->data->constant_columns[k]]);
        used += (size_t)(more > 0 ? more : 0);
    }
    if (!quiet) fprintf(stderr, "el4ml: warning: %s\n", text);
    return el4ml_landscape_set_meta(l, "data_warning", text, error);
}

/* Is the study file itself the folder's study.toml? Then it stays as its owner wrote it. */
static bool is_kept(const char *folder, const char *path)
{
    char kept[4096];
    struct stat a, b;
    snprintf(kept, sizeof kept, "%s/study.toml", folder);
    return stat(kept, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static el4ml_status keep_study(const char *folder, const el4ml_study *study, el4ml_error *error)
{
    if (is_kept(folder, study->path)) return EL4ML_OK;
    char *text = el4ml_study_text(study);
    if (!text) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    const el4ml_status status = el4ml_study_keep(folder, text, error);
    el4ml_text_free(text);
    return status;
}

static el4ml_status open_landscape(const opened *o, const char *folder, el4ml_landscape **l,
                                   el4ml_error *error)
{
    char *identity_text = el4ml_study_identity(o->study);
    if (!identity_text) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    const el4ml_identity identity = {.study = identity_text,
                                     .data_sha256 = source_sha256(o),
                                     .data_file = source_file(o),
                                     .dimension = o->surface->info.dimension,
                                     .zero_modes = o->surface->info.usual_zero_modes,
                                     .info = &o->surface->info};
    const el4ml_status status = el4ml_landscape_open(folder, &identity, l, error);
    el4ml_text_free(identity_text);
    return status;
}

static el4ml_status analyse_and_report(const char *folder, const opened *o, el4ml_landscape *l,
                                       el4ml_error *error)
{
    el4ml_analysis analysis;
    const el4ml_report_options options = {.data = o->data};
    el4ml_status status = el4ml_analyse(l, o->study, o->surface, o->data, &analysis, error);
    if (status != EL4ML_OK) return status;
    status = el4ml_report_folder(folder, o->study, l, &analysis, &options, error);
    el4ml_analysis_clear(&analysis);
    return status;
}

/* What the closing line says of a goal that was not reached. */
static const char *why_not(bool time_up, bool progress, size_t minima, const stages *which)
{
    if (time_up)
        return progress ? "the time limit was reached first; run again to continue"
                        : "the time limit was reached before the first searches were done; give it more time";
    if (minima == 0) return "no minimum was found";
    if (!which->connect) return "not connected yet; run `el4ml connect` or `el4ml run`";
    return "the budget was spent first; raise [connect] budget to continue";
}

static void print_end(const char *folder, const el4ml_study *study, el4ml_landscape *l,
                      const el4ml_summary *s, const char *reason, const stages *which)
{
    const el4ml_totals *t = el4ml_landscape_totals(l);
    printf("%s: %zu minim%s, %zu transition state%s (%zu degenerate), %zu component%s", study->name,
           s->minima, s->minima == 1 ? "um" : "a", s->transition_states, s->transition_states == 1 ? "" : "s",
           s->degenerate, s->components, s->components == 1 ? "" : "s");
    if (s->minima > 0)
        printf("; lowest %.12g", el4ml_landscape_record(l, EL4ML_MINIMUM, s->global_minimum)->point.energy);
    printf("\n");
    if (t->not_finite > 0)
        printf("%llu searches met a value that was not finite; they were counted as failed and nothing of "
               "them stored\n",
               (unsigned long long)t->not_finite);
    const char *why = el4ml_landscape_meta(l, "no_minimum");
    if (why)
        printf("%s\n", why);
    else if (t->explore_runs > 0 && s->minima == 0 && study->kind == EL4ML_KIND_MLP &&
             study->mlp.activation == EL4ML_RELU)
        printf(
            "no minimisation reached a minimum (%llu failed): the lowest points of a relu network mostly lie "
            "on kinks, where its gradient does not vanish; softplus, gelu and silu are smooth\n",
            (unsigned long long)t->explore_failures);
    else if (t->explore_runs > 0 && s->minima == 0)
        printf("no minimisation reached a minimum (%llu failed): is the loss bounded below? an L2 term makes "
               "it so\n",
               (unsigned long long)t->explore_failures);
    if (which->report) printf("report: %s/report.html\n", folder);
    if (s->goal_reached)
        printf("goal reached: %s\n", study->goal == EL4ML_EXHAUST
                                         ? "a further search hardly ever finds anything new"
                                         : "all known minima are connected");
    else
        printf("goal not reached: %s\n", reason);
}

static el4ml_status search(const arguments *a, const stages *which, const opened *o, const char *folder,
                           el4ml_landscape *l, bool *time_up, el4ml_error *error)
{
    const el4ml_surface *surface = o->surface;
    progress_line line;
    el4ml_run_options options = {.threads = (unsigned)a->threads.value,
                                 .time_limit = a->time_limit,
                                 .cancel = &interrupted,
                                 .progress = progress_show,
                                 .context = &line};
    el4ml_status status = describe(o, l, error);
    if (status == EL4ML_OK) status = warn_constant(o, l, a->quiet, error);
    if (status == EL4ML_OK) status = keep_study(folder, o->study, error);
    if (status != EL4ML_OK) return status;
    progress_init(&line, a, el4ml_landscape_totals(l));
    if (which->explore) status = el4ml_run_explore(o->study, surface, o->data, l, &options, time_up, error);
    if (a->time_limit > 0) { /* what exploring took is no longer there for connecting */
        options.time_limit = line.began + a->time_limit - el4ml_clock();
        if (options.time_limit <= 0) *time_up = true;
    }
    const bool smooth = surface->info.second_derivatives || !which->explore;
    if (status == EL4ML_OK && which->connect && !*time_up && smooth)
        status = el4ml_run_connect(o->study, surface, o->data, l, &options, time_up, error);
    progress_end(&line);
    if (!smooth && which->connect && !a->quiet)
        fprintf(stderr, "el4ml: warning: relu has no second derivative: minima only; %s\n", smooth_instead);
    if (status == EL4ML_OK && which->report) status = analyse_and_report(folder, o, l, error);
    return status;
}

static el4ml_status search_in(const arguments *a, const stages *which, const opened *o, const char *folder,
                              el4ml_landscape *l, el4ml_error *error)
{
    const el4ml_totals before = *el4ml_landscape_totals(l);
    bool time_up = false;
    el4ml_summary summary;
    el4ml_status status = search(a, which, o, folder, l, &time_up, error);
    if (status == EL4ML_INTERRUPTED)
        return el4ml_fail(error, status,
                          "interrupted; %s keeps what was found: run the same command again to continue",
                          folder);
    if (status == EL4ML_OK) status = el4ml_summarise(l, o->study, &summary, error);
    if (status != EL4ML_OK) return status;
    if (a->json) {
        char *json = el4ml_info_json(l, &summary);
        if (!json) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
        return print_json(json) == EXIT_DONE ? EL4ML_OK : EL4ML_IO;
    }
    const el4ml_totals *after = el4ml_landscape_totals(l);
    const bool progress = after->explore_runs > before.explore_runs || after->searches > before.searches;
    if (!a->quiet)
        print_end(folder, o->study, l, &summary, why_not(time_up, progress, summary.minima, which), which);
    return EL4ML_OK;
}

/* What can be seen to be in vain before anything is written. */
static el4ml_status check(const arguments *a, const stages *which, const opened *o, const char *folder,
                          el4ml_error *error)
{
    struct stat about;
    char path[4096];
    if (a->seed.given && is_kept(folder, a->words[0]))
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "--seed: %s says the seed of this folder; use another folder (-o)", a->words[0]);
    if (!which->explore && !o->surface->info.second_derivatives)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: relu has no second derivative: %s", a->words[0],
                          smooth_instead);
    const el4ml_status status = el4ml_start_check(o->study, o->surface, o->data, error);
    snprintf(path, sizeof path, "%s/landscape.db", folder);
    if (status == EL4ML_OK && !which->explore && stat(path, &about) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no landscape here; `el4ml explore %s` comes first",
                          folder, a->words[0]);
    return status;
}

static int search_command(const arguments *a, const stages *which)
{
    el4ml_error error = {0};
    opened o;
    if (open_study(a->words[0], a, &o, &error) != EL4ML_OK) return report_error(&error);
    const char *folder = a->output ? a->output : o.study->name;
    el4ml_landscape *l = NULL;
    el4ml_status status = check(a, which, &o, folder, &error);
    if (status == EL4ML_OK) status = open_landscape(&o, folder, &l, &error);
    if (status == EL4ML_OK) status = search_in(a, which, &o, folder, l, &error);
    el4ml_landscape_close(l);
    const int code = plugin_fault(&o, status == EL4ML_OK ? EXIT_DONE : report_error(&error));
    close_study(&o);
    return code;
}

el4ml_status map_study(const arguments *a, const opened *o, const char *folder, el4ml_landscape **l,
                       el4ml_error *error)
{
    const stages which = {.explore = true, .connect = true};
    bool time_up = false;
    el4ml_status status = check(a, &which, o, folder, error);
    if (status == EL4ML_OK) status = open_landscape(o, folder, l, error);
    if (status == EL4ML_OK) status = search(a, &which, o, folder, *l, &time_up, error);
    if (status == EL4ML_INTERRUPTED)
        return el4ml_fail(error, status, "interrupted; run the same command again to continue");
    return status;
}

int command_run(const arguments *a)
{
    return search_command(a, &(stages){.explore = true, .connect = true, .report = true});
}

int command_explore(const arguments *a)
{
    return search_command(a, &(stages){.explore = true});
}

int command_connect(const arguments *a)
{
    return search_command(a, &(stages){.connect = true});
}
