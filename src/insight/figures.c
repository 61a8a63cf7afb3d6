/* The figures of a report. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "insight/report.h"

enum { PEAK_GRAPHS = 3, MOST_PROFILE = 400, CALORIC_POINTS = 241 };

static const char *const peak_files[PEAK_GRAPHS] = {
    "disconnectivity_peak_1.svg", "disconnectivity_peak_2.svg", "disconnectivity_peak_3.svg"};

const char *const *el4ml_figure_names(void)
{
    static const char *const names[] = {"disconnectivity_peak_1.svg",
                                        "disconnectivity_peak_2.svg",
                                        "disconnectivity_peak_3.svg",
                                        "disconnectivity_communities.svg",
                                        "disconnectivity_basins.svg",
                                        "disconnectivity_test.svg",
                                        "disconnectivity_committor.svg",
                                        "entropy.svg",
                                        "frustration.svg",
                                        "microcanonical.svg",
                                        "degrees.svg",
                                        "path.svg",
                                        NULL};
    return names;
}

void el4ml_figures_clear(el4ml_figures *f)
{
    el4ml_text_free(f->graph);
    el4ml_text_free(f->heat_capacity);
    for (size_t k = 0; k < f->count; k++)
        el4ml_text_free(f->figure[k].svg);
    *f = (el4ml_figures){0};
}

static el4ml_figure *next(el4ml_figures *f, const char *file, el4ml_report_place place)
{
    el4ml_figure *figure = &f->figure[f->count++];
    *figure = (el4ml_figure){.file = file, .place = place};
    return figure;
}

/* ---- Disconnectivity graphs ---- */

static el4ml_status draw_graph(const el4ml_report_source *s, const char *name, char **svg, el4ml_error *error)
{
    const el4ml_analysis *a = s->analysis;
    el4ml_graph_colour colour = {0};
    el4ml_disconnectivity_options o = el4ml_disconnectivity_options_default();
    el4ml_status status = el4ml_graph_colour_init(&colour, s, name, error);
    o.energy_label = s->energy_label;
    o.colour_value = colour.value;
    o.colour_label = colour.label ? colour.label : "";
    o.categories = colour.names;
    o.category_count = colour.count;
    if (status == EL4ML_OK) status = el4ml_disconnectivity_svg(a->network, a->tree, &o, svg, error);
    el4ml_graph_colour_clear(&colour);
    return status;
}

static el4ml_status add_graph(el4ml_figures *f, const el4ml_report_source *s, const el4ml_figure *wanted,
                              const char *colour, el4ml_error *error)
{
    el4ml_figure *figure = next(f, wanted->file, EL4ML_AT_GRAPH);
    figure->title = wanted->title;
    figure->text = wanted->text;
    return draw_graph(s, colour, &figure->svg, error);
}

static el4ml_status add_peak_graphs(el4ml_figures *f, const el4ml_report_source *s, el4ml_error *error)
{
    static const char *const colours[PEAK_GRAPHS] = {"peak:1", "peak:2", "peak:3"};
    static const char *const titles[PEAK_GRAPHS] = {
        "Coloured by who gains and who loses at the highest peak of the heat capacity",
        "The same at the second highest peak", "The same at the third highest peak"};
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < PEAK_GRAPHS && k < s->analysis->peaks->count; k++) {
        const el4ml_figure wanted = {
            .file = peak_files[k],
            .title = titles[k],
            .text = "The minima that carry 99 % of the change in occupation probability with temperature "
                    "there: those "
                    "that gain on heating, and those that lose. If both sorts are mixed in one valley the "
                    "change is local; "
                    "if they stand in different valleys the model changes its solution."};
        status = add_graph(f, s, &wanted, colours[k], error);
    }
    return status;
}

static el4ml_status add_graphs(el4ml_figures *f, const el4ml_report_source *s, const char *main_colour,
                               el4ml_error *error)
{
    static const el4ml_figure communities = {.file = "disconnectivity_communities.svg",
                                             .title = "Coloured by community",
                                             .text = "Communities exchange much inside and little with each "
                                                     "other; each is named by its lowest minimum. Six are "
                                                     "told apart by colour."};
    static const el4ml_figure basins = {.file = "disconnectivity_basins.svg",
                                        .title = "Coloured by monotonic sequence basin",
                                        .text =
                                            "From every minimum the lowest transition state that leads down "
                                            "is followed until there is none; all that end "
                                            "in one minimum are its basin. Six are told apart by colour."};
    const el4ml_leading_metric leading = el4ml_leading_metric_of(s);
    const el4ml_figure test = {
        .file = "disconnectivity_test.svg",
        .title = leading.title,
        .text = "Where the lowest minima are not the best on rows that the search never saw, the "
                "loss and what it stands for part ways."};
    static const el4ml_figure committor = {
        .file = "disconnectivity_committor.svg",
        .title = "Coloured by committor",
        .text =
            "The probability that the dynamics from a minimum reaches the second set before the first: see "
            "\u201cFrom one minimum to another\u201d."};
    const el4ml_analysis *a = s->analysis;
    const el4ml_grouping *g = s->story->grouping;
    el4ml_status status = add_peak_graphs(f, s, error);
    if (status == EL4ML_OK && g && g->partition->count > 1)
        status = add_graph(f, s, &communities, "community", error);
    if (status == EL4ML_OK && a->basins->count > 1 && a->graph->link_count > 0)
        status = add_graph(f, s, &basins, "basin", error);
    /* as a figure of its own only where the main one is coloured by something else */
    if (status == EL4ML_OK && main_colour && leading.metric) status = add_graph(f, s, &test, "test", error);
    if (status == EL4ML_OK && s->story->rates && a->summary.minima > 2)
        status = add_graph(f, s, &committor, "committor", error);
    return status;
}

/* ---- Curves ---- */

static el4ml_status add_thermo(el4ml_figures *f, const el4ml_report_source *s, const el4ml_curve_options *o,
                               el4ml_error *error)
{
    const el4ml_analysis *a = s->analysis;
    if (!a->thermo || a->summary.minima < 2) return EL4ML_OK;
    el4ml_figure *entropy = next(f, "entropy.svg", EL4ML_AT_HEAT_CAPACITY);
    entropy->title = "Entropy over temperature";
    entropy->text =
        "Zero where one minimum holds all probability, ln of their number where all are equally probable.";
    el4ml_status status = el4ml_entropy_svg(a->thermo, o, &entropy->svg, error);
    if (status != EL4ML_OK) return status;
    el4ml_figure *frustration = next(f, "frustration.svg", EL4ML_AT_HEAT_CAPACITY);
    frustration->title = "Frustration over temperature";
    frustration->text =
        "How high the barriers towards the lowest minimum are compared with the descent, averaged over the "
        "other minima; 1 would be no barrier at all.";
    return el4ml_frustration_svg(a->thermo, o, &frustration->svg, error);
}

static double lowest_counted(const el4ml_network *network)
{
    double lowest = INFINITY;
    for (size_t i = 0; i < network->node_count; i++)
        if (!network->nodes[i].flagged) lowest = fmin(lowest, network->nodes[i].energy);
    return lowest;
}

/* The S-bend with the largest fall of temperature, relative to it. */
static const el4ml_s_bend *deepest_bend(const el4ml_microcanonical *m)
{
    const el4ml_s_bend *deepest = &m->bends[0];
    for (size_t k = 1; k < m->bend_count; k++)
        if (m->bends[k].temperature_low / m->bends[k].temperature_high <
            deepest->temperature_low / deepest->temperature_high)
            deepest = &m->bends[k];
    return deepest;
}

/* T(E) is nearly a straight line elsewhere: the surroundings of the deepest S-bend alone are drawn. */
static el4ml_status add_caloric(el4ml_figures *f, const el4ml_report_source *s, const el4ml_curve_options *o,
                                el4ml_error *error)
{
    const el4ml_analysis *a = s->analysis;
    if (!a->microcanonical || a->microcanonical->bend_count == 0) return EL4ML_OK;
    const el4ml_s_bend *bend = deepest_bend(a->microcanonical);
    const double lowest = lowest_counted(a->network), width = bend->energy_high - bend->energy_low;
    const double from = fmax(bend->energy_low - 2 * width, lowest + (bend->energy_low - lowest) / 2);
    double energies[CALORIC_POINTS];
    for (size_t k = 0; k < CALORIC_POINTS; k++)
        energies[k] = from + (bend->energy_high + 2 * width - from) * (double)k / (CALORIC_POINTS - 1);
    el4ml_microcanonical *near = NULL;
    el4ml_status status =
        el4ml_microcanonical_new(a->network, EL4ML_DENSITY_TOTAL, energies, CALORIC_POINTS, &near, error);
    if (status != EL4ML_OK) return status;
    el4ml_figure *figure = next(f, "microcanonical.svg", EL4ML_AT_HEAT_CAPACITY);
    figure->title = "Microcanonical temperature around its deepest S-bend";
    figure->text = "At fixed energy. A stretch where the temperature falls is the sign of two forms that "
                   "exclude each other.";
    status = el4ml_caloric_svg(near, lowest, o, &figure->svg, error);
    el4ml_microcanonical_free(near);
    return status;
}

static el4ml_status add_degrees(el4ml_figures *f, const el4ml_report_source *s, const el4ml_curve_options *o,
                                el4ml_error *error)
{
    if (s->analysis->graph->link_count == 0) return EL4ML_OK;
    el4ml_figure *figure = next(f, "degrees.svg", EL4ML_AT_NETWORK);
    figure->title = "Distribution of degrees";
    return el4ml_degrees_svg(s->analysis->degrees, o, &figure->svg, error);
}

static el4ml_status add_path(el4ml_figures *f, const el4ml_report_source *s, const el4ml_curve_options *o,
                             el4ml_error *error)
{
    const el4ml_routes *r = s->story->routes;
    if (!r || r->count == 0 || r->routes[0].length > MOST_PROFILE) return EL4ML_OK;
    const el4ml_profile profile = {r->routes[0].length, r->routes[0].minima, r->routes[0].states};
    el4ml_figure *figure = next(f, "path.svg", EL4ML_AT_KINETICS);
    figure->title = "The fastest path";
    figure->text = "Minima and transition states along it with their numbers; the line between them is a "
                   "guide to the eye.";
    return el4ml_profile_svg(s->analysis->network, &profile, o, &figure->svg, error);
}

/* ---- All of them ---- */

static el4ml_status draw_heat_capacity(el4ml_figures *f, const el4ml_report_source *s, el4ml_error *error)
{
    const el4ml_analysis *a = s->analysis;
    const el4ml_thermo none = {0}; /* the figure then says so */
    el4ml_heat_capacity_options o = el4ml_heat_capacity_options_default();
    o.temperature = s->temperature_label;
    return el4ml_heat_capacity_svg(a->thermo ? a->thermo : &none, a->peaks->peaks, a->peaks->count,
                                   a->network->kappa, &o, &f->heat_capacity, error);
}

el4ml_status el4ml_figures_draw(el4ml_figures *f, const el4ml_report_source *s, const char *colour,
                                el4ml_error *error)
{
    el4ml_curve_options o = el4ml_curve_options_default();
    o.energy = s->energy_label;
    o.temperature = s->temperature_label;
    el4ml_status status = draw_graph(s, colour, &f->graph, error);
    if (status == EL4ML_OK) status = draw_heat_capacity(f, s, error);
    if (status == EL4ML_OK) status = add_graphs(f, s, colour, error);
    if (status == EL4ML_OK) status = add_thermo(f, s, &o, error);
    if (status == EL4ML_OK) status = add_caloric(f, s, &o, error);
    if (status == EL4ML_OK) status = add_degrees(f, s, &o, error);
    if (status == EL4ML_OK) status = add_path(f, s, &o, error);
    return status;
}
