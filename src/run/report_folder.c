/* The files of the output folder: two figures, a page that holds them, and the numbers as JSON. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file_write.h"
#include "base/memory.h"
#include "base/text.h"
#include "el4ml/analysis.h"
#include "el4ml/report.h"

#define TABLE_ROWS 50
#define MAX_WARNINGS 8

typedef struct page {
    el4ml_report_input input;
    el4ml_report_row rows[TABLE_ROWS];
    el4ml_report_start start;
    char *warnings[MAX_WARNINGS];
    int64_t *node_ids;
    char *disconnectivity, *heat_capacity, *study_text;
    char command[600];
    const char *commands[2];
} page;

static void clear(page *p)
{
    for (size_t k = 0; k < p->input.warning_count; k++)
        el4ml_release(p->warnings[k]);
    el4ml_release(p->node_ids);
    el4ml_text_free(p->disconnectivity);
    el4ml_text_free(p->heat_capacity);
    el4ml_text_free(p->study_text);
}

static void add_warning(page *p, el4ml_builder *text)
{
    char *taken = el4ml_builder_take(text);
    if (taken && p->input.warning_count < MAX_WARNINGS) p->warnings[p->input.warning_count++] = taken;
}

static const char *energy_label(const el4ml_study *study)
{
    if (study->has_data) return "loss";
    if (study->kind == EL4ML_KIND_UNKNOWN) return "energy";
    const bool cluster = study->kind == EL4ML_KIND_LENNARD_JONES || study->kind == EL4ML_KIND_MORSE;
    return cluster ? "energy / \u03b5" : "function value";
}

static const char *colour_label(const el4ml_study *study)
{
    if (study->kind == EL4ML_KIND_MIXTURE) return "test adjusted Rand index";
    const bool explained = study->kind == EL4ML_KIND_AUTOENCODER || study->kind == EL4ML_KIND_FACTORISATION ||
                           (study->kind == EL4ML_KIND_MLP && study->mlp.loss == EL4ML_MSE);
    return explained ? "test R\u00b2" : "test accuracy";
}

static double colour_of(const el4ml_record *r)
{
    if (isfinite(r->test.accuracy)) return r->test.accuracy;
    if (isfinite(r->test.adjusted_rand)) return r->test.adjusted_rand;
    return isfinite(r->test.r2) ? r->test.r2 : (double)NAN;
}

static el4ml_status draw(page *p, const el4ml_study *study, el4ml_landscape *l, const el4ml_analysis *a,
                         el4ml_error *error)
{
    const size_t minima = a->network->node_count;
    double *colour = EL4ML_NEW(double, minima);
    if (!colour) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    bool coloured = false;
    for (size_t i = 0; i < minima; i++) {
        const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, i);
        colour[i] = colour_of(r);
        coloured |= isfinite(colour[i]);
    }
    el4ml_disconnectivity_options graph = el4ml_disconnectivity_options_default();
    graph.energy_label = energy_label(study);
    graph.colour_value = coloured ? colour : NULL;
    graph.colour_label = colour_label(study);
    el4ml_status status = el4ml_disconnectivity_svg(a->network, a->tree, &graph, &p->disconnectivity, error);
    el4ml_release(colour);
    if (status != EL4ML_OK) return status;
    const el4ml_thermo none = {0}; /* the figure then says so */
    const el4ml_heat_capacity_options curve = el4ml_heat_capacity_options_default();
    return el4ml_heat_capacity_svg(a->thermo ? a->thermo : &none, a->peaks->peaks, a->peaks->count,
                                   a->network->kappa, &curve, &p->heat_capacity, error);
}

static void fill_rows(page *p, el4ml_landscape *l, const el4ml_analysis *a)
{
    const size_t count = a->network->node_count < TABLE_ROWS ? a->network->node_count : TABLE_ROWS;
    for (size_t k = 0; k < count; k++) {
        const size_t i = a->by_energy[k];
        const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, i);
        const bool global = i == a->summary.global_minimum;
        p->rows[k] = (el4ml_report_row){.rank = k + 1,
                                        .id = (int64_t)i + 1,
                                        .energy = r->point.energy,
                                        .log_product = r->point.log_product,
                                        .log_multiplicity = r->point.log_multiplicity,
                                        .smallest_eigenvalue = r->point.smallest_eigenvalue,
                                        .barrier = global ? (double)NAN : a->barrier_top[i] - r->point.energy,
                                        .hits = r->hits,
                                        .train = r->train,
                                        .validation = {NAN, NAN, NAN},
                                        .test = r->test};
    }
    p->input.rows = p->rows;
    p->input.row_count = count;
}

/* Where the start lies: its rank, the passes out of its minimum, and the way down. */
static void fill_start(page *p, const el4ml_study *study, el4ml_landscape *l, const el4ml_analysis *a)
{
    el4ml_start_report found;
    el4ml_start_report_get(l, &found);
    if (!found.given || !study->start) return;
    const size_t m = found.minimum;
    el4ml_report_start *s = &p->start;
    *s = (el4ml_report_start){.file = study->start,
                              .energy = found.energy,
                              .minimum = (int64_t)m + 1,
                              .minimum_energy = found.minimum_energy,
                              .minima = a->network->node_count,
                              .distance = found.distance,
                              .lowest_exit = INFINITY,
                              .barrier_down = INFINITY,
                              .barrier_to_global = a->barrier_top[m] - found.minimum_energy};
    for (size_t k = 0; k < a->network->node_count; k++)
        if (a->by_energy[k] == m) s->rank = k + 1;
    for (size_t k = 0; k < a->network->edge_count; k++) {
        const el4ml_edge *e = &a->network->edges[k];
        if (e->a == e->b || (e->a != m && e->b != m)) continue;
        s->exits++;
        s->lowest_exit = fmin(s->lowest_exit, e->energy - found.minimum_energy);
    }
    if (s->exits == 0) s->lowest_exit = NAN;
    size_t top = a->tree->parent[m]; /* up to the first superbasin that holds a lower minimum */
    while (top != EL4ML_NONE && a->tree->lowest[top] == m)
        top = a->tree->parent[top];
    if (top != EL4ML_NONE) s->barrier_down = a->tree->energy[top] - found.minimum_energy;
    if (s->rank == 1) s->barrier_down = s->barrier_to_global = NAN;
    p->input.start = s;
}

static void fill_counts(page *p, const el4ml_study *study, el4ml_landscape *l, const el4ml_analysis *a)
{
    const el4ml_totals *t = el4ml_landscape_totals(l);
    const el4ml_summary *s = &a->summary;
    el4ml_report_input *in = &p->input;
    in->name = study->name;
    in->model = el4ml_landscape_meta(l, "model");
    in->data = el4ml_landscape_meta(l, "data");
    in->data_sha256 = study->has_data ? el4ml_landscape_meta(l, "data_sha256") : NULL;
    in->energy_label = energy_label(study);
    in->seed = study->seed;
    in->dimension = el4ml_landscape_dimension(l);
    in->kappa = a->network->kappa;
    in->minima = s->minima;
    in->transition_states = s->transition_states;
    in->degenerate = s->degenerate;
    in->components = s->components;
    in->goal = study->goal == EL4ML_EXHAUST ? "exhaust" : "connected";
    in->source = el4ml_landscape_source(l);
    if (in->source) in->goal = NULL;
    in->goal_reached = s->goal_reached;
    in->unseen_minimum = t->explore_runs ? s->unseen_minimum_probability : (double)NAN;
    in->unseen_transition_state = t->searches ? s->unseen_transition_state_probability : (double)NAN;
    in->hops = t->explore_runs;
    in->searches = t->searches;
    in->failed_jobs = t->explore_failures + t->search_failures;
    in->cost = (el4ml_cost){t->evaluations, t->hessian_products, t->hessians, t->minimisations};
    in->seconds = t->seconds;
}

static void fill_warnings(page *p, el4ml_landscape *l, const el4ml_analysis *a)
{
    const char *note = el4ml_landscape_meta(l, "data_warning");
    const el4ml_totals *t = el4ml_landscape_totals(l);
    el4ml_builder text = {0};
    if (note && note[0]) {
        el4ml_builder_text(&text, note);
        add_warning(p, &text);
    }
    if (isnan(el4ml_landscape_kappa(l))) {
        el4ml_builder_text(&text,
                           "The number of vibrational modes kappa is not known (import again with --kappa): "
                           "heat capacities are without it; nothing else depends on it.");
        add_warning(p, &text);
    }
    if (t->not_finite > 0) {
        el4ml_builder_format(&text, "%llu searches met a value that was not finite and were dropped.",
                             (unsigned long long)t->not_finite);
        add_warning(p, &text);
    }
    if (a->thermo && a->thermo->excluded > 0) {
        el4ml_builder_format(
            &text, "%zu minima are left out of the thermodynamics (linear, or without an ln product).",
            a->thermo->excluded);
        add_warning(p, &text);
    }
    if (!a->thermo && a->summary.minima > 0) {
        el4ml_builder_text(&text,
                           "No minimum can enter the thermodynamics (linear, or without an ln product).");
        add_warning(p, &text);
    }
    p->input.warnings = (const char *const *)p->warnings;
}

static void fill_command(page *p, const el4ml_study *study, el4ml_landscape *l)
{
    const char *source = p->input.source, *path = el4ml_landscape_meta(l, "source_path");
    if (source) {
        char format[32];
        snprintf(format, sizeof format, "%s", source);
        for (char *c = format; *c; c++)
            if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
        snprintf(p->command, sizeof p->command, "el4ml import %s %s -o %s", format, path ? path : "",
                 study->name);
    } else {
        snprintf(p->command, sizeof p->command, "el4ml run study.toml -o %s", study->name);
    }
    p->commands[0] = p->command;
    p->input.commands = p->commands;
    p->input.command_count = 1;
}

static el4ml_status compose(page *p, const el4ml_study *study, el4ml_landscape *l, const el4ml_analysis *a,
                            el4ml_error *error)
{
    const el4ml_status status = draw(p, study, l, a, error);
    if (status != EL4ML_OK) return status;
    fill_counts(p, study, l, a);
    fill_rows(p, l, a);
    fill_start(p, study, l, a);
    fill_warnings(p, l, a);
    p->node_ids = EL4ML_NEW(int64_t, a->network->node_count);
    const bool imported = p->input.source != NULL;
    p->study_text = imported ? NULL : el4ml_study_text(study);
    if (!p->node_ids || (!imported && !p->study_text))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    for (size_t i = 0; i < a->network->node_count; i++)
        p->node_ids[i] = a->network->nodes[i].id;
    fill_command(p, study, l);
    p->input.study = p->study_text;
    p->input.disconnectivity_svg = p->disconnectivity;
    p->input.heat_capacity_svg = a->thermo ? p->heat_capacity : NULL;
    p->input.peaks = a->peaks->peaks;
    p->input.peak_count = a->peaks->count;
    p->input.node_ids = p->node_ids;
    return EL4ML_OK;
}

static el4ml_status write_file(const char *folder, const char *name, const char *text, el4ml_error *error)
{
    char path[4096];
    if (!text) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", folder);
    return el4ml_file_write(path, text, error);
}

el4ml_status el4ml_report_folder(const char *folder, const el4ml_study *study, el4ml_landscape *l,
                                 const el4ml_analysis *a, el4ml_error *error)
{
    page *p = EL4ML_NEW(page, 1);
    if (!p) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    char *html = NULL, *json = el4ml_analysis_json(l, a);
    el4ml_status status = compose(p, study, l, a, error);
    if (status == EL4ML_OK) status = el4ml_report_html(&p->input, &html, error);
    if (status == EL4ML_OK) status = write_file(folder, "summary.json", json, error);
    if (status == EL4ML_OK) status = write_file(folder, "disconnectivity.svg", p->disconnectivity, error);
    if (status == EL4ML_OK) status = write_file(folder, "heat_capacity.svg", p->heat_capacity, error);
    if (status == EL4ML_OK) status = write_file(folder, "report.html", html, error);
    el4ml_text_free(html);
    el4ml_text_free(json);
    clear(p);
    el4ml_release(p);
    return status;
}
