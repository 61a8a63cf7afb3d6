/* Parts of the report's page: the network, and what lies between two sets of minima. */
#include <math.h>

#include "insight/report.h"
#include "report/markup.h"

enum { SHOWN_GROUPS = 20, SHOWN_PATHS = 5 };

/* ---- Network ---- */

static void tell_small_world(el4ml_builder *text, const el4ml_small_world *s)
{
    el4ml_builder_text(text, " The way from one minimum to another takes ");
    el4ml_tell_number(text, s->path_length.mean, 3);
    el4ml_builder_text(text, " steps on average (");
    el4ml_tell_number(text, s->random_path_length, 3);
    el4ml_builder_text(
        text,
        " in a random graph of the same size); two neighbours of a minimum are neighbours themselves with "
        "a probability of ");
    el4ml_tell_number(text, s->clustering, 3);
    el4ml_builder_text(text, " (");
    el4ml_tell_number(text, s->random_clustering, 3);
    el4ml_builder_text(text, ").");
    if (!isfinite(s->sigma)) return;
    el4ml_builder_text(text, s->sigma > 1 ? " A small world: sigma = " : " Not a small world: sigma = ");
    el4ml_tell_number(text, s->sigma, 3);
    el4ml_builder_text(text, ".");
}

static void tell_correlation(el4ml_builder *text, const char *what, const el4ml_correlation *c)
{
    if (!isfinite(c->spearman.value)) return;
    const double p = isfinite(c->spearman.p_permutation) ? c->spearman.p_permutation : c->spearman.p_value;
    el4ml_builder_format(text, " Rank correlation of %s: ", what);
    el4ml_tell_number(text, c->spearman.value, 3);
    el4ml_builder_text(text, " (p = ");
    el4ml_tell_number(text, p, 2);
    el4ml_builder_text(text, ").");
}

static void tell_network(el4ml_parts *parts, const el4ml_report_source *s)
{
    const el4ml_analysis *a = s->analysis;
    el4ml_builder text = {0};
    el4ml_builder_text(&text, "A minimum is joined directly to ");
    el4ml_tell_number(&text, a->degrees->mean, 3);
    el4ml_builder_format(&text, " others on average, the largest hub, minimum %zu, to %zu.", a->hubs[0] + 1,
                         el4ml_degree(a->graph, a->hubs[0]));
    if (isfinite(a->small_world.path_length.mean)) tell_small_world(&text, &a->small_world);
    tell_correlation(&text, "degree and energy", &a->degree_energy);
    tell_correlation(&text, "hits and energy", &a->hits_energy);
    const char *kept = el4ml_parts_keep(parts, &text);
    el4ml_parts_next(parts, EL4ML_AT_NETWORK, NULL)->text = kept;
}

/* A table of groups: lowest minimum, its energy, how many. */
typedef struct groups {
    const char *title, *text;
    const size_t *lowest, *size;
    const double *value; /* a fourth column, or NULL */
    const char *const *headers;
    size_t count;
} groups;

static void groups_part(el4ml_parts *parts, const el4ml_report_source *s, const groups *g)
{
    const size_t rows = g->count < SHOWN_GROUPS ? g->count : SHOWN_GROUPS, columns = g->value ? 4 : 3;
    el4ml_builder text = {0};
    el4ml_builder_format(&text, "%s: %zu", g->title, g->count);
    el4ml_report_part *part = el4ml_parts_next(parts, EL4ML_AT_NETWORK, el4ml_parts_keep(parts, &text));
    el4ml_report_cell *cells = el4ml_parts_table(parts, part, g->headers, columns, rows);
    for (size_t k = 0; cells && k < rows; k++) {
        el4ml_report_cell *row = cells + k * columns;
        row[0] = (el4ml_report_cell){.value = (double)g->lowest[k] + 1, .digits = 9};
        row[1] = (el4ml_report_cell){.value = s->analysis->network->nodes[g->lowest[k]].energy, .digits = 8};
        row[2] = (el4ml_report_cell){.value = (double)g->size[k], .digits = 9};
        if (g->value) row[3] = (el4ml_report_cell){.value = g->value[k], .digits = 4};
    }
    el4ml_builder_text(&text, g->text);
    if (rows < g->count) el4ml_builder_format(&text, " The %zu with the lowest minima are listed.", rows);
    part->text = el4ml_parts_keep(parts, &text);
}

static void communities_part(el4ml_parts *parts, const el4ml_report_source *s)
{
    static const char *const headers[] = {"lowest minimum", NULL, "minima", "mean test accuracy or R\u00b2"};
    const el4ml_grouping *g = s->story->grouping;
    el4ml_builder text = {0};
    if (!g) return;
    el4ml_builder_format(&text, "By %s, transition states weighted at T = ", el4ml_grouping_name(g->method));
    el4ml_tell_number(&text, g->temperature, 4);
    el4ml_builder_text(&text, "; modularity ");
    el4ml_tell_number(&text, g->partition->modularity, 3);
    el4ml_builder_text(&text, ".");
    if (isfinite(g->effect.share)) {
        el4ml_builder_text(&text, " The community explains ");
        el4ml_tell_number(&text, 100 * g->effect.share, 3);
        el4ml_builder_text(&text, " % of the variance of the test score (by chance ");
        el4ml_tell_number(&text, 100 * g->effect.expected, 3);
        el4ml_builder_text(&text, " %; p = ");
        el4ml_tell_number(&text, g->effect.p_permutation, 2);
        el4ml_builder_text(&text, ").");
    }
    const char *told = el4ml_parts_keep(parts, &text);
    const groups list = {"Communities",
                         told ? told : "",
                         g->partition->lowest,
                         g->partition->size,
                         g->effect.count > 0 ? g->test : NULL,
                         headers,
                         g->partition->count};
    groups_part(parts, s, &list);
}

void el4ml_network_parts(el4ml_parts *parts, const el4ml_report_source *s, const el4ml_figures *f)
{
    static const char *const basin_headers[] = {"bottom", NULL, "minima"};
    static const char *const funnel_headers[] = {"bottom", NULL, "minima", "persistence"};
    const el4ml_analysis *a = s->analysis;
    if (a->graph->link_count == 0) return;
    const groups basins = {
        "Monotonic sequence basins",
        "From every minimum the lowest transition state that leads down is followed to the bottom.",
        a->basins->bottom,
        a->basins->size,
        NULL,
        basin_headers,
        a->basins->count};
    const groups funnels = {
        "Funnels",
        "Bottoms that no barrier lower than a tenth of the landscape's height joins to a lower minimum; "
        "the persistence is that barrier.",
        a->funnels->bottom,
        a->funnels->size,
        a->funnels->persistence,
        funnel_headers,
        a->funnels->count};
    tell_network(parts, s);
    el4ml_add_figures(parts, f, EL4ML_AT_NETWORK);
    communities_part(parts, s);
    groups_part(parts, s, &basins);
    groups_part(parts, s, &funnels);
}

/* ---- Kinetics ---- */

static void add_set(el4ml_builder *text, const el4ml_minimum_set *set)
{
    if (set->count == 1)
        el4ml_builder_format(text, "minimum %zu", set->members[0] + 1);
    else
        el4ml_builder_format(text, "the %zu minima of set %.60s", set->count, set->name);
}

static void tell_rates(el4ml_parts *parts, const el4ml_report_source *s)
{
    const el4ml_rates_row *row = &s->story->rates->rows[0];
    el4ml_builder text = {0};
    el4ml_builder_text(&text, "From ");
    add_set(&text, s->story->a);
    el4ml_builder_text(&text, " to ");
    add_set(&text, s->story->b);
    el4ml_builder_text(&text, " at T = ");
    el4ml_tell_number(&text, row->temperature, 4);
    el4ml_builder_text(&text, " the mean first-passage time is ");
    el4ml_tell_log(&text, row->ab.passage.log_mfpt, 4);
    el4ml_builder_text(&text, ", and back ");
    el4ml_tell_log(&text, row->ba.passage.log_mfpt, 4);
    el4ml_builder_text(
        &text, ", in reduced units, by harmonic transition state theory. For other minima and temperatures: "
               "el4ml rates, el4ml paths.");
    const char *kept = el4ml_parts_keep(parts, &text);
    el4ml_parts_next(parts, EL4ML_AT_KINETICS, NULL)->text = kept;
}

static void fill_rate(el4ml_parts *parts, el4ml_report_cell *row, const char *name, double ab, double ba)
{
    const double logs[2] = {ab, ba};
    row[0] = (el4ml_report_cell){.text = name};
    for (size_t k = 0; k < 2; k++) {
        el4ml_builder text = {0};
        el4ml_tell_log(&text, logs[k], 6);
        row[1 + k] = (el4ml_report_cell){.text = el4ml_parts_keep(parts, &text)};
    }
}

static void rates_part(el4ml_parts *parts, const el4ml_rates_row *row)
{
    static const char *const headers[] = {"", "there", "back"};
    const el4ml_transition *ab = &row->ab.passage, *ba = &row->ba.passage;
    el4ml_report_part *part = el4ml_parts_next(parts, EL4ML_AT_KINETICS, "Times and rates");
    el4ml_report_cell *cells = el4ml_parts_table(parts, part, headers, 3, 5);
    if (!cells) return;
    fill_rate(parts, cells, "mean first-passage time", ab->log_mfpt, ba->log_mfpt);
    fill_rate(parts, cells + 3, "rate, mean of 1/time", ab->log_rate, ba->log_rate);
    fill_rate(parts, cells + 6, "rate, steady state", ab->log_rate_ss, ba->log_rate_ss);
    fill_rate(parts, cells + 9, "rate, non-steady state", ab->log_rate_nss, ba->log_rate_nss);
    fill_rate(parts, cells + 12, "equilibrium probability of the start", row->log_p_a, row->log_p_b);
}

static void paths_part(el4ml_parts *parts, const el4ml_routes *r)
{
    static const char *const headers[] = {"path", "share of the rate", "steps", "highest transition state",
                                          "its energy"};
    const size_t fastest = r->count < SHOWN_PATHS ? r->count : SHOWN_PATHS;
    el4ml_report_part *part =
        el4ml_parts_next(parts, EL4ML_AT_KINETICS, "The fastest paths, and the one with the lowest barrier");
    el4ml_report_cell *cells = el4ml_parts_table(parts, part, headers, 5, fastest + 1);
    for (size_t k = 0; cells && k <= fastest; k++) {
        const el4ml_route *route = k < fastest ? &r->routes[k] : &r->minimax;
        el4ml_report_cell *row = cells + 5 * k;
        row[0] = k < fastest ? (el4ml_report_cell){.value = (double)k + 1, .digits = 9}
                             : (el4ml_report_cell){.text = "lowest barrier"};
        row[1] = (el4ml_report_cell){.value = route->share, .digits = 3};
        row[2] = (el4ml_report_cell){.value = (double)route->length - 1, .digits = 9};
        row[3] = (el4ml_report_cell){
            .value = route->highest == EL4ML_NONE ? (double)NAN : (double)route->highest + 1, .digits = 9};
        row[4] = (el4ml_report_cell){.value = route->energy, .digits = 8};
    }
}

void el4ml_kinetics_parts(el4ml_parts *parts, const el4ml_report_source *s, const el4ml_figures *f)
{
    if (!s->story->rates || !s->story->routes) return;
    tell_rates(parts, s);
    el4ml_add_figures(parts, f, EL4ML_AT_KINETICS);
    rates_part(parts, &s->story->rates->rows[0]);
    paths_part(parts, s->story->routes);
}
