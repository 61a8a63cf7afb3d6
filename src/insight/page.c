/* The report's page: its numbers, rows and warnings. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "insight/report.h"

void el4ml_page_clear(el4ml_page *p)
{
    for (size_t k = 0; k < p->input.warning_count; k++)
        el4ml_release(p->warnings[k]);
    el4ml_release(p->node_ids);
    el4ml_text_free(p->study_text);
    *p = (el4ml_page){0};
}

static void add_warning(el4ml_page *p, el4ml_builder *text)
{
    char *taken = el4ml_builder_take(text);
    if (taken && p->input.warning_count < EL4ML_MOST_WARNINGS) p->warnings[p->input.warning_count++] = taken;
}

const char *el4ml_energy_label(const el4ml_study *study)
{
    if (study->kind == EL4ML_KIND_GP) return "negative log marginal likelihood";
    if (study->kind == EL4ML_KIND_KMEANS) return "sum of squares";
    if (study->has_data) return "loss";
    if (study->kind == EL4ML_KIND_UNKNOWN) return "energy";
    const bool cluster = study->kind == EL4ML_KIND_LENNARD_JONES || study->kind == EL4ML_KIND_MORSE;
    return cluster ? "energy / \u03b5" : "function value";
}

static void fill_rows(el4ml_page *p, el4ml_landscape *l, const el4ml_analysis *a)
{
    const size_t count =
        a->network->node_count < EL4ML_TABLE_ROWS ? a->network->node_count : EL4ML_TABLE_ROWS;
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
                                        .validation = el4ml_metrics_none(),
                                        .test = r->test,
                                        .train_targets = r->train_targets,
                                        .test_targets = r->test_targets};
        if (!el4ml_landscape_has_bounds(l)) continue;
        el4ml_landscape_bounds_text(l, r, p->bounds[k], sizeof p->bounds[k]);
        p->rows[k].bounds = p->bounds[k];
    }
    p->input.target_names = el4ml_landscape_targets(l, &p->input.target_count);
    p->input.rows = p->rows;
    p->input.row_count = count;
}

/* Where the start lies: its rank, the passes out of its minimum, and the way down. */
static void fill_start(el4ml_page *p, const el4ml_study *study, el4ml_landscape *l, const el4ml_analysis *a)
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

static void fill_counts(el4ml_page *p, const el4ml_study *study, el4ml_landscape *l, const el4ml_analysis *a)
{
    const el4ml_totals *t = el4ml_landscape_totals(l);
    const el4ml_summary *s = &a->summary;
    el4ml_report_input *in = &p->input;
    in->name = study->name;
    in->model = el4ml_landscape_meta(l, "model");
    in->data = el4ml_landscape_meta(l, "data");
    in->data_sha256 = study->has_data ? el4ml_landscape_meta(l, "data_sha256") : NULL;
    in->energy_label = el4ml_energy_label(study);
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

static void fill_warnings(el4ml_page *p, el4ml_landscape *l, const el4ml_analysis *a)
{
    const char *note = el4ml_landscape_meta(l, "data_warning");
    const el4ml_totals *t = el4ml_landscape_totals(l);
    el4ml_builder text = {0};
    if (note && note[0]) {
        el4ml_builder_text(&text, note);
        add_warning(p, &text);
    }
    const char *none = el4ml_landscape_meta(l, "no_minimum");
    if (none) {
        el4ml_builder_text(&text, none);
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
        el4ml_builder_format(&text,
                             "%zu minima are left out of the thermodynamics (linear, without an ln product, "
                             "or with a multiplier "
                             "near zero).",
                             a->thermo->excluded);
        add_warning(p, &text);
    }
    if (!a->thermo && a->summary.minima > 0) {
        el4ml_builder_text(&text,
                           "No minimum can enter the thermodynamics (linear, or without an ln product).");
        add_warning(p, &text);
    }
    if (a->summary.imprecise > 0) {
        el4ml_builder_format(&text,
                             "Rounding ended the search for %zu points, at RMS gradients of up to %.2g.",
                             a->summary.imprecise, a->summary.worst_rms);
        add_warning(p, &text);
    }
    p->input.warnings = (const char *const *)p->warnings;
}

static void fill_command(el4ml_page *p, const el4ml_study *study, el4ml_landscape *l)
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

el4ml_status el4ml_page_compose(el4ml_page *p, const el4ml_report_source *s, const el4ml_figures *figures,
                                const el4ml_parts *parts, el4ml_error *error)
{
    const el4ml_analysis *a = s->analysis;
    fill_counts(p, s->study, s->landscape, a);
    fill_rows(p, s->landscape, a);
    fill_start(p, s->study, s->landscape, a);
    fill_warnings(p, s->landscape, a);
    p->node_ids = EL4ML_NEW(int64_t, a->network->node_count);
    const bool imported = p->input.source != NULL;
    p->study_text = imported ? NULL : el4ml_study_text(s->study);
    if (!p->node_ids || (!imported && !p->study_text))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    for (size_t i = 0; i < a->network->node_count; i++)
        p->node_ids[i] = a->network->nodes[i].id;
    fill_command(p, s->study, s->landscape);
    p->input.study = p->study_text;
    p->input.disconnectivity_svg = figures->graph;
    p->input.heat_capacity_svg = a->thermo ? figures->heat_capacity : NULL;
    p->input.peaks = a->peaks->peaks;
    p->input.peak_count = a->peaks->count;
    p->input.node_ids = p->node_ids;
    p->input.parts = parts->part;
    p->input.part_count = parts->count;
    return EL4ML_OK;
}
