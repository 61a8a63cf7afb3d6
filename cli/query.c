/* info, list, verify, init: the commands that tell and check. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int print_json(char *json)
{
    if (!json) {
        fprintf(stderr, "el4ml: out of memory\n");
        return EXIT_FAILED;
    }
    fputs(json, stdout);
    el4ml_text_free(json);
    return EXIT_DONE;
}

static void print_start(el4ml_landscape *l)
{
    el4ml_start_report start;
    el4ml_start_report_get(l, &start);
    if (!start.given) return;
    printf(
        "start: V = %.12g, RMS gradient %.3g; falls to minimum %zu (V = %.12g, rank %zu) at distance %.4g\n",
        start.energy, start.gradient_rms, start.minimum + 1, start.minimum_energy, start.rank,
        start.distance);
}

static void print_work(el4ml_landscape *l, const el4ml_study *study, const el4ml_summary *s)
{
    const el4ml_totals *t = el4ml_landscape_totals(l);
    printf("goal (%s) %s\n", study->goal == EL4ML_EXHAUST ? "exhaust" : "connected",
           s->goal_reached ? "reached" : "not reached");
    printf("probability that the next search finds something new: minimum %.3g, transition state %.3g\n",
           s->unseen_minimum_probability, s->unseen_transition_state_probability);
    print_start(l);
    printf("cost: %llu minimisations, %llu searches, %llu evaluations, %llu Hessian-vector products, "
           "%llu Hessians, %.1f s\n",
           (unsigned long long)t->minimisations, (unsigned long long)t->searches,
           (unsigned long long)t->evaluations, (unsigned long long)t->hessian_products,
           (unsigned long long)t->hessians, t->seconds);
    if (t->explore_failures + t->search_failures > 0)
        printf("failed: %llu minimisations, %llu transition-state guesses (%llu not finite)\n",
               (unsigned long long)t->explore_failures, (unsigned long long)t->search_failures,
               (unsigned long long)t->not_finite);
    const char *why = el4ml_landscape_meta(l, "no_minimum");
    if (why) printf("%s\n", why);
}

static void print_info(el4ml_landscape *l, const el4ml_study *study, const el4ml_summary *s)
{
    const bool imported = el4ml_landscape_source(l) != NULL;
    const char *model = el4ml_landscape_meta(l, "model");
    printf("%s %s: %s\n", imported ? "landscape" : "study", study->name, model ? model : "");
    printf("minima %zu, transition states %zu (%zu degenerate), components %zu\n", s->minima,
           s->transition_states, s->degenerate, s->components);
    if (s->minima > 0)
        printf("global minimum %zu: %.12g\n", s->global_minimum + 1,
               el4ml_landscape_record(l, EL4ML_MINIMUM, s->global_minimum)->point.energy);
    if (el4ml_landscape_has_bounds(l))
        printf("on a bound: minima %zu, transition states %zu\n", s->minima_on_bounds,
               s->transition_states_on_bounds);
    if (s->imprecise > 0)
        printf("rounding ended the search for %zu points, at RMS gradients of up to %.2g\n", s->imprecise,
               s->worst_rms);
    if (!imported) {
        print_work(l, study, s);
    } else if (!isnan(el4ml_landscape_kappa(l))) {
        printf("kappa %g\n", el4ml_landscape_kappa(l));
    } else {
        print_missing_kappa(l);
    }
}

int command_info(const arguments *a)
{
    el4ml_error error = {0};
    el4ml_landscape *l = NULL;
    el4ml_study *study = NULL;
    el4ml_summary s;
    el4ml_status status = open_folder(a, &l, &study, &error);
    if (status == EL4ML_OK) status = el4ml_summarise(l, study, &s, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_info_json(l, &s));
    else if (status == EL4ML_OK)
        print_info(l, study, &s);
    el4ml_study_free(study);
    el4ml_landscape_close(l);
    return code;
}

/* What predictions are worth, of the test rows or else of the training rows: the metrics that some minimum
 * has. */
typedef struct worth {
    const char *part;
    size_t count;
    const el4ml_metric *metric[16];
} worth;

static double worth_of(const el4ml_record *r, const worth *w, size_t k)
{
    return el4ml_metric_of(strcmp(w->part, "test") == 0 ? &r->test : &r->train, w->metric[k]);
}

static void find_worth(const el4ml_landscape *l, const char *part, worth *w)
{
    size_t count;
    const el4ml_metric *list = el4ml_metric_list(&count);
    *w = (worth){.part = part};
    for (size_t k = 0; k < count && w->count < sizeof w->metric / sizeof *w->metric; k++) {
        bool known = false;
        w->metric[w->count] = &list[k];
        for (size_t i = 0; !known && i < el4ml_landscape_count(l, EL4ML_MINIMUM); i++)
            known = isfinite(worth_of(el4ml_landscape_record(l, EL4ML_MINIMUM, i), w, w->count));
        w->count += known;
    }
}

static void print_heads(const worth *w, bool minima, bool bounds)
{
    char head[64];
    printf("%6s %22s %18s %16s %14s %10s %8s%s", "id", "energy", "log_product", "log_multiplicity",
           "smallest_eig", "rms", "hits", minima ? "" : "  minimum_a minimum_b");
    for (size_t k = 0; k < w->count; k++) {
        snprintf(head, sizeof head, "%s_%s", w->part, w->metric[k]->name);
        printf(" %14s", head);
    }
    printf("%s\n", bounds ? "  on_bounds" : "");
}

static void print_table(const el4ml_landscape *l, el4ml_species species, bool coordinates)
{
    const bool minima = species == EL4ML_MINIMUM, bounds = el4ml_landscape_has_bounds(l);
    worth w = {0};
    if (minima) find_worth(l, "test", &w);
    if (minima && w.count == 0) find_worth(l, "train", &w);
    print_heads(&w, minima, bounds);
    for (size_t i = 0; i < el4ml_landscape_count(l, species); i++) {
        const el4ml_record *r = el4ml_landscape_record(l, species, i);
        printf("%6zu %22.14g %18.10f %16.8f %14.6g %10.2e %8lld", i + 1, r->point.energy,
               r->point.log_product, r->point.log_multiplicity, r->point.smallest_eigenvalue,
               r->point.gradient_rms, (long long)r->hits);
        if (!minima) printf("  %9zu %9zu", r->a + 1, r->b + 1);
        for (size_t k = 0; k < w.count; k++)
            printf(" %14.7g", worth_of(r, &w, k));
        if (bounds) {
            char text[600];
            el4ml_landscape_bounds_text(l, r, text, sizeof text);
            printf("  %s", text[0] ? text : "-");
        }
        for (size_t k = 0; coordinates && r->point.x && k < el4ml_landscape_dimension(l); k++)
            printf(" %.17g", r->point.x[k]);
        printf("\n");
    }
}

int command_list(const arguments *a)
{
    el4ml_error error = {0};
    el4ml_species species;
    if (strcmp(a->words[1], "minima") == 0) {
        species = EL4ML_MINIMUM;
    } else if (strcmp(a->words[1], "transition-states") == 0) {
        species = EL4ML_TRANSITION_STATE;
    } else {
        fprintf(stderr, "el4ml: list: '%s' is neither minima nor transition-states\n", a->words[1]);
        return EXIT_USAGE;
    }
    el4ml_landscape *l = NULL;
    if (el4ml_landscape_read(a->words[0], &l, &error) != EL4ML_OK) return report_error(&error);
    int code = EXIT_DONE;
    if (a->json)
        code = print_json(el4ml_list_json(l, species, a->coordinates));
    else
        print_table(l, species, a->coordinates);
    el4ml_landscape_close(l);
    return code;
}

static int print_verification(const el4ml_verification *v)
{
    for (size_t k = 0; k < v->fault_count; k++)
        printf("%s %zu: %s\n", v->faults[k].species == EL4ML_MINIMUM ? "minimum" : "transition state",
               v->faults[k].index + 1, v->faults[k].reason);
    if (v->fault_count == 0)
        printf("verified: %zu minima, %zu transition states\n", v->minima, v->transition_states);
    else
        printf("verification failed: %zu of %zu stationary points\n", v->fault_count,
               v->minima + v->transition_states);
    return EXIT_DONE;
}

int command_verify(const arguments *a)
{
    el4ml_error error = {0};
    el4ml_landscape *l = NULL;
    opened o = {0};
    el4ml_verification v = {0};
    el4ml_status status = el4ml_landscape_read(a->words[0], &l, &error);
    if (status == EL4ML_OK) status = open_folder_study(a->words[0], l, &o, &error);
    const el4ml_run_options options = {.threads = (unsigned)a->threads.value, .cancel = &interrupted};
    if (status == EL4ML_OK) status = el4ml_verify(o.surface, l, &options, &v, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK) {
        code = a->json ? print_json(el4ml_verification_json(&v)) : print_verification(&v);
        if (code == EXIT_DONE && v.fault_count > 0) code = EXIT_FAILED;
    }
    el4ml_verification_clear(&v);
    if (o.study) code = plugin_fault(&o, code);
    close_study(&o);
    el4ml_landscape_close(l);
    return code;
}

/* NAME.toml in the working folder, from the data file's name. */
static void default_study_path(const char *csv, char *path, size_t size)
{
    const char *base = strrchr(csv, '/');
    base = base ? base + 1 : csv;
    const char *dot = strrchr(base, '.');
    const int length = (int)(dot && dot != base ? dot - base : (long)strlen(base));
    snprintf(path, size, "%.*s.toml", length, base);
}

/* The study file names its data relative to itself: elsewhere than in the working folder, by an absolute
 * path. */
static el4ml_status suggest(const char *data, const char *target, const char *path, char **text,
                            el4ml_error *error)
{
    char *absolute =
        strchr(path, '/') ? realpath(data, NULL) : NULL; /* NULL too when missing: reading it says so */
    const el4ml_status status = el4ml_study_suggest(absolute ? absolute : data, target, text, error);
    free(absolute);
    return status;
}

static int write_suggestion(const arguments *a, const char *path, const char *text)
{
    el4ml_error error = {0};
    struct stat status;
    if (stat(path, &status) == 0 && !a->force) {
        fprintf(stderr, "el4ml: %s exists already; give another name with -o, or --force to replace it\n",
                path);
        return EXIT_USAGE;
    }
    if (el4ml_text_write(path, text, &error) != EL4ML_OK) return report_error(&error);
    if (a->json) return print_json(el4ml_suggestion_json(path, text));
    if (!a->quiet) printf("%s written; look it over, then: el4ml run %s\n", path, path);
    return EXIT_DONE;
}

int command_init(const arguments *a)
{
    el4ml_error error = {0};
    char *text = NULL, path[4096];
    const bool print = a->output && strcmp(a->output, "-") == 0;
    if (a->output)
        snprintf(path, sizeof path, "%s", a->output);
    else
        default_study_path(a->words[0], path, sizeof path);
    if (suggest(a->words[0], a->target, path, &text, &error) != EL4ML_OK) return report_error(&error);
    int code = EXIT_DONE;
    if (!print)
        code = write_suggestion(a, path, text);
    else if (a->json)
        code = print_json(el4ml_suggestion_json(NULL, text));
    else
        fputs(text, stdout);
    el4ml_text_free(text);
    return code;
}
