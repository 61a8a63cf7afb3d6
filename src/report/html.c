/* report.html: one self-contained page without scripts, readable in light and dark and on paper. */
#include "report/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char style_sheet[] =
    ":root{color-scheme:light "
    "dark;--ink:#1b1f24;--soft:#57606a;--paper:#ffffff;--card:#f6f8fa;--line:#d0d7de;--warm:#9a6700}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--soft:#9aa4af;--paper:#15181c;--card:#1e2329;--"
    "line:#39414a;"
    "--warm:#e3b341}}"
    "body{margin:0 auto;padding:2rem 1.2rem 4rem;max-width:60rem;background:var(--paper);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif}"
    "h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.4rem 0 .6rem}"
    "p{margin:.5rem 0}.lead{color:var(--soft);margin:0}.note,figcaption{color:var(--soft);font-size:.92rem}"
    "figure{margin:1rem 0}figure svg{display:block;width:100%;max-width:760px;height:auto;margin:0 auto "
    ".6rem;"
    "background:#fff;border:1px solid var(--line);border-radius:6px}"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.6rem;margin:1rem 0}"
    "dl div{background:var(--card);border-radius:6px;padding:.5rem "
    ".8rem}dt{color:var(--soft);font-size:.85rem}"
    "dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-"
    "nums}"
    "th,td{padding:.28rem .7rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}"
    "th{font-weight:600;vertical-align:bottom;white-space:normal}"
    "ul.warnings{border-left:4px solid var(--warm);background:var(--card);margin:1rem 0;padding:.6rem 1rem "
    ".6rem 2rem;"
    "border-radius:0 6px 6px 0}"
    "pre,code{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.88rem}"
    "pre{background:var(--card);padding:.8rem 1rem;border-radius:6px;overflow-x:auto}"
    "code{overflow-wrap:anywhere}summary{cursor:pointer}sup{line-height:0}"
    "details{border-top:1px solid var(--line);padding:.45rem 0}details:last-of-type{border-bottom:1px solid "
    "var(--line)}"
    "details[open]>summary{font-weight:600}"
    "@media "
    "print{body{max-width:none;padding:0;font-size:10.5pt;background:#fff;color:#000}section,figure,tr{break-"
    "inside:"
    "avoid}.scroll{overflow:visible}table{font-size:7.5pt}th,td{padding:.15rem .35rem}figure "
    "svg{border:0;max-width:14cm}}";

const char *el4ml_html_label(const el4ml_report_input *input)
{
    return input->energy_label ? input->energy_label : "energy";
}

static void write_head(el4ml_markup *m, const el4ml_report_input *input)
{
    el4ml_markup_raw(
        m, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
           "content=\"width=device-width, initial-scale=1\"/>\n<title>");
    el4ml_markup_escaped(m, input->name);
    el4ml_markup_raw(m, " \u2013 energy landscape</title>\n<style>");
    el4ml_markup_raw(m, style_sheet);
    el4ml_markup_raw(m, "</style>\n</head>\n<body>\n<header>\n<h1>Energy landscape of ");
    el4ml_markup_escaped(m, input->name);
    el4ml_markup_raw(m, "</h1>\n");
    if (input->model) {
        el4ml_markup_raw(m, "<p class=\"lead\">");
        el4ml_markup_escaped(m, input->model);
        el4ml_markup_raw(m, "</p>\n");
    }
    if (input->data) {
        el4ml_markup_raw(m, "<p class=\"lead\">");
        el4ml_markup_escaped(m, input->data);
        el4ml_markup_raw(m, "</p>\n");
    }
    el4ml_markup_raw(m, "</header>\n");
}

/* ---- Summary ---- */

static void write_found(el4ml_markup *m, const el4ml_report_input *input)
{
    if (input->minima == 0) {
        el4ml_markup_raw(m, "<p>The search found no minimum.</p>\n");
        return;
    }
    el4ml_markup_raw(m, input->source ? "<p>The database has <strong>" : "<p>The search found <strong>");
    el4ml_html_count(m, input->minima, "minimum", "minima");
    el4ml_markup_raw(m, input->source
                            ? "</strong> and <strong>"
                            : "</strong>, each a set of parameters that no small change improves, and "
                              "<strong>");
    el4ml_html_count(m, input->transition_states, "transition state", "transition states");
    el4ml_markup_raw(m, "</strong>, the passes between them");
    if (input->degenerate) {
        el4ml_markup_raw(m, " (");
        el4ml_html_count(m, input->degenerate, "of these joins a minimum to a symmetry copy of itself",
                         "of these join a minimum to a symmetry copy of itself");
        el4ml_markup_raw(m, ")");
    }
    el4ml_markup_raw(m, ".");
    if (input->row_count) {
        el4ml_markup_raw(m, " The lowest ");
        el4ml_markup_escaped(m, el4ml_html_label(input));
        el4ml_markup_raw(m, " is ");
        el4ml_html_number(m, input->rows[0].energy, 10);
        el4ml_markup_format(m, " (minimum %" PRId64 ").", input->rows[0].id);
    }
    el4ml_markup_raw(m, "</p>\n");
}

static void write_connected(el4ml_markup *m, const el4ml_report_input *input)
{
    if (input->minima == 0) return;
    el4ml_markup_raw(m, "<p>");
    if (input->components > 1) {
        el4ml_markup_raw(m, "The minima fall into ");
        el4ml_html_count(m, input->components, "part", "parts");
        el4ml_markup_raw(m, " between which no path is known yet.");
    } else if (input->minima > 1) {
        el4ml_markup_raw(m, "All minima are joined: known passes lead from each of them to every other.");
    }
    if (input->goal) {
        el4ml_markup_raw(m, " The goal \u201c");
        el4ml_markup_escaped(m, input->goal);
        el4ml_markup_raw(m, input->goal_reached ? "\u201d was reached."
                                                : "\u201d was <strong>not reached</strong> within the "
                                                  "budget; a larger budget continues from here.");
    }
    el4ml_markup_raw(m, "</p>\n");
}

static void write_probability(el4ml_markup *m, double probability)
{
    el4ml_html_number(m, 100 * probability, 2);
    el4ml_markup_raw(m, " %");
}

static void write_completeness(el4ml_markup *m, const el4ml_report_input *input)
{
    const bool minima = isfinite(input->unseen_minimum), states = isfinite(input->unseen_transition_state);
    if (!minima && !states) return;
    el4ml_markup_raw(m, "<p>By the Good-Turing estimate the next search finds ");
    if (minima) {
        el4ml_markup_raw(m, "a new minimum with a probability of ");
        write_probability(m, input->unseen_minimum);
    }
    if (states) {
        el4ml_markup_raw(m, minima ? ", and a new transition state with "
                                   : "a new transition state with a probability of ");
        write_probability(m, input->unseen_transition_state);
    }
    el4ml_markup_raw(m, ".</p>\n");
}

static void write_warnings(el4ml_markup *m, const el4ml_report_input *input)
{
    if (input->warning_count == 0) return;
    el4ml_markup_raw(m, "<ul class=\"warnings\">\n");
    for (size_t k = 0; k < input->warning_count; k++) {
        el4ml_markup_raw(m, "<li>");
        el4ml_markup_escaped(m, input->warnings[k]);
        el4ml_markup_raw(m, "</li>\n");
    }
    el4ml_markup_raw(m, "</ul>\n");
}

static void write_card(el4ml_markup *m, const char *name, uint64_t count)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_grouped(count, number);
    el4ml_markup_format(m, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, number);
}

static void write_duration(el4ml_markup *m, double seconds)
{
    if (!(seconds >= 0) || seconds > 1e15) return;
    el4ml_markup_raw(m, "<div><dt>time</dt><dd>");
    if (seconds < 120) {
        el4ml_html_number(m, seconds, 3);
        el4ml_markup_raw(m, " s");
    } else {
        const uint64_t minutes = (uint64_t)(seconds / 60 + 0.5);
        if (minutes >= 60) el4ml_markup_format(m, "%" PRIu64 " h ", minutes / 60);
        el4ml_markup_format(m, "%" PRIu64 " min", minutes % 60);
    }
    el4ml_markup_raw(m, "</dd></div>\n");
}

static void write_cards(el4ml_markup *m, const el4ml_report_input *input)
{
    el4ml_markup_raw(m, "<dl>\n");
    write_card(m, "minima", input->minima);
    write_card(m, "transition states", input->transition_states);
    write_card(m, "of them degenerate", input->degenerate);
    write_card(m, "components", input->components);
    if (input->dimension) write_card(m, "parameters", input->dimension);
    if (input->hops) write_card(m, "exploring minimisations", input->hops);
    if (input->searches) write_card(m, "transition-state searches", input->searches);
    if (input->failed_jobs) write_card(m, "failed searches", input->failed_jobs);
    if (!input->source) {
        write_card(m, "evaluations", input->cost.evaluations);
        write_card(m, "Hessian-vector products", input->cost.hessian_products);
        write_card(m, "Hessians", input->cost.hessians);
        write_card(m, "minimisations in all", input->cost.minimisations);
        write_duration(m, input->seconds);
    }
    el4ml_markup_raw(m, "</dl>\n");
}

/* ---- Figures ---- */

static void write_graph(el4ml_markup *m, const el4ml_report_input *input)
{
    if (!input->disconnectivity_svg) return;
    el4ml_markup_raw(m, "<section>\n<h2>Disconnectivity graph</h2>\n<figure>\n");
    el4ml_markup_raw(m, input->disconnectivity_svg);
    el4ml_markup_raw(m, "<figcaption>How to read it: every line ends below in one minimum, at its ");
    el4ml_markup_escaped(m, el4ml_html_label(input));
    el4ml_markup_raw(
        m,
        "; follow two lines upwards to where they meet, and you have the height one must climb to get from "
        "one minimum to the other, so that lines which meet low down belong to one valley and lines "
        "which meet only near the top are far apart.</figcaption>\n</figure>\n");
    el4ml_html_parts(m, input, EL4ML_AT_GRAPH, NULL);
    el4ml_markup_raw(m, "</section>\n");
}

/* The first few minima of a list, by id. */
static void write_names(el4ml_markup *m, const el4ml_report_input *input, const el4ml_change *list,
                        size_t count)
{
    const size_t most = 4;
    for (size_t k = 0; k < count && k < most; k++)
        el4ml_markup_format(m, "%s%" PRId64, k ? ", " : "", input->node_ids[list[k].node]);
    if (count > most) el4ml_markup_raw(m, " and others");
}

static void write_peak(el4ml_markup *m, const el4ml_report_input *input, const el4ml_peak *peak)
{
    el4ml_markup_raw(m, "<li><i>T</i> = ");
    el4ml_html_number(m, peak->temperature, 4);
    el4ml_markup_raw(m, ", <i>C<sub>V</sub></i> \u2212 <i>\u03ba</i> = ");
    el4ml_html_number(m, peak->heat_capacity - input->kappa, 4);
    if (input->node_ids && peak->gaining_count && peak->losing_count) {
        el4ml_markup_raw(m, ": on heating, probability moves from ");
        el4ml_markup_raw(m, peak->losing_count == 1 ? "minimum " : "minima ");
        write_names(m, input, peak->losing, peak->losing_count);
        el4ml_markup_raw(m, peak->gaining_count == 1 ? " to minimum " : " to minima ");
        write_names(m, input, peak->gaining, peak->gaining_count);
    }
    el4ml_markup_raw(m, "</li>\n");
}

static void write_heat_capacity(el4ml_markup *m, const el4ml_report_input *input)
{
    if (!input->heat_capacity_svg) return;
    el4ml_markup_raw(m, "<section>\n<h2>Heat capacity</h2>\n<figure>\n");
    el4ml_markup_raw(m, input->heat_capacity_svg);
    el4ml_markup_raw(m,
                     "<figcaption>How to read it: at temperature <i>T</i> (think of noise, in units of the ");
    el4ml_markup_escaped(m, el4ml_html_label(input));
    el4ml_markup_raw(
        m, ") each minimum has a probability that weighs its depth against its width, and a peak marks a "
           "temperature at which much of it moves from one group of minima to another; "
           "<i>C</i><sub>+</sub> is the part of the minima that gain, <i>C</i><sub>\u2212</sub> of those "
           "that lose.</figcaption>\n</figure>\n");
    if (input->peak_count) {
        el4ml_markup_raw(m, "<ul>\n");
        for (size_t k = 0; k < input->peak_count; k++)
            write_peak(m, input, &input->peaks[k]);
        el4ml_markup_raw(m, "</ul>\n");
    } else {
        el4ml_markup_raw(m, "<p>There is no peak inside this range of temperatures.</p>\n");
    }
    el4ml_html_parts(m, input, EL4ML_AT_HEAT_CAPACITY, NULL);
    el4ml_markup_raw(m, "</section>\n");
}

/* ---- How to make it again ---- */

static void write_origin(el4ml_markup *m, const el4ml_report_input *input)
{
    if (input->source) {
        el4ml_markup_raw(m, ". The points are as ");
        el4ml_markup_escaped(m, input->source);
        el4ml_markup_raw(m,
                         " left them: their surface is not known here, and they cannot be verified.</p>\n");
        return;
    }
    el4ml_markup_format(m, ", seed %" PRIu64, input->seed);
    if (input->data_sha256) {
        el4ml_markup_raw(m, "; SHA-256 of the data <code>");
        el4ml_markup_escaped(m, input->data_sha256);
        el4ml_markup_raw(m, "</code>");
    }
    el4ml_markup_raw(
        m,
        ". The same study, seed and version give the same stationary points on any number of threads.</p>\n");
}

static void write_reproduce(el4ml_markup *m, const el4ml_report_input *input)
{
    el4ml_markup_raw(m, "<section>\n<h2>How to make it again</h2>\n");
    if (input->command_count) {
        el4ml_markup_raw(m, "<pre>");
        for (size_t k = 0; k < input->command_count; k++) {
            el4ml_markup_escaped(m, input->commands[k]);
            el4ml_markup_raw(m, "\n");
        }
        el4ml_markup_raw(m, "</pre>\n");
    }
    el4ml_markup_raw(m, "<p class=\"note\">el4ml ");
    el4ml_markup_escaped(m, el4ml_version());
    write_origin(m, input);
    if (input->study) {
        el4ml_markup_raw(m, "<details><summary>The study file</summary>\n<pre>");
        el4ml_markup_escaped(m, input->study);
        el4ml_markup_raw(m, "</pre></details>\n");
    }
    el4ml_markup_raw(m, "</section>\n");
}

el4ml_status el4ml_report_html(const el4ml_report_input *input, char **html, el4ml_error *error)
{
    if (!input || !html || (input->row_count && !input->rows) || (input->peak_count && !input->peaks) ||
        (input->part_count && !input->parts) || (input->warning_count && !input->warnings) ||
        (input->command_count && !input->commands))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "report: nothing given");
    el4ml_markup m = {0};
    write_head(&m, input);
    el4ml_markup_raw(&m, "<main>\n<section>\n");
    write_found(&m, input);
    write_connected(&m, input);
    write_completeness(&m, input);
    write_warnings(&m, input);
    write_cards(&m, input);
    el4ml_markup_raw(&m, "</section>\n");
    write_graph(&m, input);
    write_heat_capacity(&m, input);
    el4ml_html_parts(&m, input, EL4ML_AT_NETWORK, "The network");
    el4ml_html_parts(&m, input, EL4ML_AT_KINETICS, "From one minimum to another");
    el4ml_html_table(&m, input);
    el4ml_html_start(&m, input);
    write_reproduce(&m, input);
    el4ml_markup_raw(&m, "</main>\n</body>\n</html>\n");
    return el4ml_markup_finish(&m, html, error);
}
