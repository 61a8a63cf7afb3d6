/* analyse and report: everything that follows from what the database holds. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text ---- */

/* The first few minima behind a peak, with their share of the change. */
static void print_changes(const char *what, const el4ml_change *changes, size_t count, double flow)
{
    const size_t most = 6;
    printf("  %s:", what);
    for (size_t i = 0; i < count && i < most; i++)
        printf(" %zu (%.3g %%)", changes[i].node + 1, 100 * fabs(changes[i].g) / flow);
    if (count > most) printf(" and %zu more", count - most);
    printf("\n");
}

static void print_models(const el4ml_peak_models *m)
{
    const bool classes = m->predictions->kind == EL4ML_PREDICTS_PROBABILITIES;
    const double scale = classes ? 100 : 1;
    printf("  on %zu test rows %s: gaining against losing %.4g%s", m->predictions->rows,
           classes ? "they disagree (share of rows)" : "they differ (root mean square)", scale * m->between,
           classes ? " %" : "");
    if (isfinite(m->within_gaining))
        printf(", among the gaining %.4g%s", scale * m->within_gaining, classes ? " %" : "");
    if (isfinite(m->within_losing))
        printf(", among the losing %.4g%s", scale * m->within_losing, classes ? " %" : "");
    printf("\n");
}

static void print_thermo(el4ml_landscape *l, const el4ml_analysis *a)
{
    if (!a->thermo) {
        printf("no minimum can enter the thermodynamics\n");
        return;
    }
    const el4ml_thermo_point *first = &a->thermo->points[0], *last = &a->thermo->points[a->thermo->count - 1];
    printf("heat capacity from T = %g to %g: %.6g to %.6g", first->temperature, last->temperature,
           first->heat_capacity, last->heat_capacity);
    if (!isnan(el4ml_landscape_kappa(l))) printf(" (kappa = %g)", a->network->kappa);
    printf("\nentropy %.4g to %.4g, frustration F~ %.4g to %.4g\n", first->entropy, last->entropy,
           first->frustration_normalised, last->frustration_normalised);
    for (size_t k = 0; k < a->peaks->count; k++) {
        const el4ml_peak *p = &a->peaks->peaks[k];
        printf("peak at T = %.6g, C_V = %.6g\n", p->temperature, p->heat_capacity);
        print_changes("gaining", p->gaining, p->gaining_count, p->flow);
        print_changes("losing", p->losing, p->losing_count, p->flow);
        if (a->models) print_models(&a->models[k]);
    }
    if (a->peaks->count == 0) printf("no peak of the heat capacity in this range\n");
    if (a->microcanonical && a->microcanonical->bend_count > 0)
        printf("microcanonical S-bends: %zu, the first from T = %.5g down to %.5g\n",
               a->microcanonical->bend_count, a->microcanonical->bends[0].temperature_high,
               a->microcanonical->bends[0].temperature_low);
    if (a->thermo->excluded > 0)
        printf("%zu minima are left out of thermodynamics and kinetics (linear, or without ln product)\n",
               a->thermo->excluded);
    if (a->thermo->unconnected > 0)
        printf("%zu minima have no known path to the global one and are left out of the frustration\n",
               a->thermo->unconnected);
}

static void print_groups(const el4ml_analysis *a)
{
    const size_t most = 5;
    printf("monotonic sequence basins: %zu", a->basins->count);
    for (size_t k = 0; k < a->basins->count && k < most; k++)
        printf("%s%zu (%zu)", k == 0 ? "; bottom (minima): " : ", ", a->basins->bottom[k] + 1,
               a->basins->size[k]);
    printf("%s\nfunnels: %zu", a->basins->count > most ? ", ..." : "", a->funnels->count);
    for (size_t k = 0; k < a->funnels->count && k < most; k++)
        printf("%s%zu (%zu)", k == 0 ? "; bottom (minima): " : ", ", a->funnels->bottom[k] + 1,
               a->funnels->size[k]);
    printf("%s", a->funnels->count > most ? ", ..." : "");
    if (a->funnels->count > 1) printf("; parted by more than %.4g", a->funnels->threshold);
    printf("\n");
}

static void print_correlation(const char *what, const el4ml_correlation *c)
{
    if (isnan(c->spearman.value)) return;
    const double p = isnan(c->spearman.p_permutation) ? c->spearman.p_value : c->spearman.p_permutation;
    printf("rank correlation of %s with energy: %.3f (p = %.2g)\n", what, c->spearman.value, p);
}

static void print_network(const el4ml_analysis *a)
{
    const el4ml_small_world *s = &a->small_world;
    if (a->graph->link_count == 0) {
        printf("no transition state joins two minima\n");
        return;
    }
    printf("degree: mean %.3g, largest %zu; hubs:", a->degrees->mean, a->degrees->count - 1);
    for (size_t k = 0; k < a->hub_count && k < 5; k++)
        printf(" %zu (%zu)", a->hubs[k] + 1, el4ml_degree(a->graph, a->hubs[k]));
    printf("\npath length %.3g (random graph %.3g), clustering %.3g (%.3g)", s->path_length.mean,
           s->random_path_length, s->clustering, s->random_clustering);
    if (isfinite(s->sigma)) printf("; small-world sigma %.3g: %s", s->sigma, s->sigma > 1 ? "yes" : "no");
    printf("\n");
    print_correlation("degree", &a->degree_energy);
    print_correlation("hits", &a->hits_energy);
}

static void print_kinetics(const el4ml_rates *rates)
{
    char text[4][64];
    const el4ml_rates_row *row = &rates->rows[0];
    format_log(row->ab.passage.log_mfpt, 8, text[0], sizeof text[0]);
    format_log(row->ba.passage.log_mfpt, 8, text[1], sizeof text[1]);
    format_log(row->ab.passage.log_rate, 8, text[2], sizeof text[2]);
    format_log(row->ba.passage.log_rate, 8, text[3], sizeof text[3]);
    printf("at T = %g: mean first-passage time there %s, back %s; rate there %s, back %s\n", row->temperature,
           text[0], text[1], text[2], text[3]);
}

static void print_analysis(el4ml_landscape *l, const el4ml_analysis *a, const el4ml_rates *rates)
{
    print_thermo(l, a);
    if (a->summary.minima > 0) print_groups(a);
    print_network(a);
    if (rates) print_kinetics(rates);
    print_missing_kappa(l);
}

/* ---- The commands ---- */

typedef struct session {
    el4ml_landscape *landscape;
    el4ml_study *study;
    opened model;         /* with the data and surface, where they can be had */
    el4ml_error no_model; /* why not */
    el4ml_analysis analysis;
    el4ml_minimum_set *from, *to;
    el4ml_rates *rates;
} session;

static void close_session(session *s)
{
    el4ml_rates_free(s->rates);
    el4ml_minimum_set_free(s->from);
    el4ml_minimum_set_free(s->to);
    el4ml_analysis_clear(&s->analysis);
    close_study(&s->model);
    el4ml_study_free(s->study);
    el4ml_landscape_close(s->landscape);
}

/* Without data and surface all can be said but what the models predict. */
static void open_model(const arguments *a, session *s)
{
    if (el4ml_landscape_source(s->landscape)) return;
    if (open_folder_study(a->words[0], s->landscape, &s->model, &s->no_model) != EL4ML_OK)
        s->model = (opened){0};
}

static double kinetic_temperature(const arguments *a, const session *s)
{
    return a->temperature.given ? a->temperature.value
                                : el4ml_middle_temperature(s->study, s->analysis.peaks);
}

static el4ml_status find_rates(const arguments *a, session *s, el4ml_error *error)
{
    el4ml_rates_options options = el4ml_rates_options_default();
    const double temperature = kinetic_temperature(a, s);
    el4ml_status status = read_sets(a, s->landscape, s->analysis.network, &s->from, &s->to, error);
    if (status != EL4ML_OK || !s->from) return status;
    options.temperatures = &temperature;
    options.temperature_count = 1;
    return el4ml_rates_between(s->analysis.network, s->from, s->to, &options, &s->rates, error);
}

static el4ml_status open_session(const arguments *a, session *s, el4ml_error *error)
{
    el4ml_status status = open_folder(a, &s->landscape, &s->study, error);
    if (status != EL4ML_OK) return status;
    open_model(a, s);
    status = el4ml_analyse(s->landscape, s->study, s->model.surface, s->model.data, &s->analysis, error);
    if (status == EL4ML_OK && s->no_model.message[0]) s->analysis.no_models = s->no_model.message;
    return status == EL4ML_OK ? find_rates(a, s, error) : status;
}

static int analysis_json(const session *s)
{
    const el4ml_question question = {s->landscape, s->analysis.network, s->from, s->to};
    return print_json(s->rates ? el4ml_analysis_rates_json(&question, &s->analysis, s->model.data, s->rates)
                               : el4ml_analysis_json(s->landscape, &s->analysis, s->model.data));
}

int command_analyse(const arguments *a)
{
    el4ml_error error = {0};
    session s = {0};
    const el4ml_status status = open_session(a, &s, &error);
    int code = EXIT_DONE;
    if (status != EL4ML_OK)
        code = report_error(&error);
    else if (a->json)
        code = analysis_json(&s);
    else
        print_analysis(s.landscape, &s.analysis, s.rates);
    close_session(&s);
    return code;
}

static el4ml_status write_report(const arguments *a, const session *s, el4ml_error *error)
{
    const el4ml_report_options options = {.from = s->from,
                                          .to = s->to,
                                          .temperature = a->temperature.given ? a->temperature.value : 0,
                                          .colour = a->colour,
                                          .data = s->model.data};
    return el4ml_report_folder(a->words[0], s->study, s->landscape, &s->analysis, &options, error);
}

int command_report(const arguments *a)
{
    el4ml_error error = {0};
    session s = {0};
    el4ml_status status = open_session(a, &s, &error);
    if (status == EL4ML_OK) status = write_report(a, &s, &error);
    int code = EXIT_DONE;
    if (status != EL4ML_OK)
        code = report_error(&error);
    else if (a->json)
        code = analysis_json(&s);
    else if (!a->quiet)
        printf("%s/report.html\n", a->words[0]);
    close_session(&s);
    return code;
}
