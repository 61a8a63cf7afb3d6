/* The table of the lowest minima, and the section on the user's own model. */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

/* ---- Numbers ---- */

void el4ml_html_number(el4ml_markup *m, double value, int digits)
{
    char rich[EL4ML_NUMBER_SIZE];
    if (isnan(value)) {
        el4ml_markup_raw(m, "\u2013");
        return;
    }
    if (isinf(value)) {
        el4ml_markup_raw(m, value > 0 ? "\u221e" : "\u2212\u221e");
        return;
    }
    el4ml_number_rich(value, digits, rich);
    char *raised = strstr(rich, "^{");
    if (!raised) {
        el4ml_markup_raw(m, rich);
        return;
    }
    *raised = '\0';
    raised[2 + strcspn(raised + 2, "}")] = '\0';
    el4ml_markup_format(m, "%s<sup>%s</sup>", rich, raised + 2);
}

void el4ml_html_fixed(el4ml_markup *m, double value, int decimals)
{
    char text[EL4ML_NUMBER_SIZE];
    if (!isfinite(value) || fabs(value) >= 1e15) {
        el4ml_html_number(m, value, 10);
        return;
    }
    el4ml_number_fixed(value, decimals, text);
    if (text[0] == '-') el4ml_markup_raw(m, "\u2212");
    el4ml_markup_raw(m, text[0] == '-' ? text + 1 : text);
}

int el4ml_html_decimals(double largest, int digits)
{
    if (!(largest > 0)) return digits - 1;
    const int decimals = digits - 1 - (int)floor(log10(largest));
    return decimals < 0 ? 0 : decimals > 15 ? 15 : decimals;
}

void el4ml_html_count(el4ml_markup *m, uint64_t count, const char *one, const char *many)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_grouped(count, number);
    el4ml_markup_format(m, "%s %s", number, count == 1 ? one : many);
}

/* ---- The table ---- */

typedef enum style { ENERGY, FIXED, GENERAL, BARRIER } style;

enum { FIRST = 5, METRICS = 8, MOST_TARGETS = 8, COLUMNS = FIRST + 3 * METRICS + 2 * MOST_TARGETS };

typedef struct column {
    char header[100]; /* empty: the energy's own label */
    char tip[160];
    size_t offset; /* of a double in el4ml_report_row; of a target, in el4ml_target_metrics */
    style style;
    int digits;
    size_t target; /* its number plus one, of several; 0: no target's column */
    bool test;     /* a target's: of the test rows */
} column;

#define AT(member) offsetof(el4ml_report_row, member)

static const column first_columns[FIRST] = {
    {"", "the value of the function that was minimised", AT(energy), ENERGY, 10, 0, false},
    {"barrier to lowest", "how far one must climb from here on the way to the lowest minimum", AT(barrier),
     BARRIER, 4, 0, false},
    {"ln product", "ln of the product of the positive Hessian eigenvalues: small means a wide minimum",
     AT(log_product), FIXED, 4, 0, false},
    {"ln multiplicity", "ln of the number of symmetry copies", AT(log_multiplicity), FIXED, 3, 0, false},
    {"smallest eigenvalue", "the smallest positive eigenvalue of the Hessian", AT(smallest_eigenvalue),
     GENERAL, 4, 0, false}};

static double cell(const el4ml_report_row *row, const column *c)
{
    double value;
    const void *from = row;
    if (c->target > 0) {
        const el4ml_target_metrics *targets = c->test ? row->test_targets : row->train_targets;
        if (!targets) return (double)NAN;
        from = &targets[c->target - 1];
    }
    memcpy(&value, (const char *)from + c->offset, sizeof value);
    return value;
}

static bool has_values(const el4ml_report_input *input, const column *c)
{
    for (size_t k = 0; k < input->row_count; k++)
        if (!isnan(cell(&input->rows[k], c))) return true;
    return false;
}

/* `%s` of the metric's meaning is the part's name. */
static void metric_column(const el4ml_metric *metric, size_t part, column *c)
{
    static const char *const names[3] = {"train", "validation", "test"}, *const rows[3] = {"training",
                                                                                           "validation",
                                                                                           "test"};
    static const size_t offsets[3] = {AT(train), AT(validation), AT(test)};
    const char *hole = strstr(metric->meaning, "%s");
    const int before = hole ? (int)(hole - metric->meaning) : (int)strlen(metric->meaning);
    *c = (column){.offset = offsets[part] + metric->offset,
                  .style = metric->fraction ? FIXED : GENERAL,
                  .digits = metric->fraction ? 4 : 6};
    snprintf(c->header, sizeof c->header, "%s %s", names[part], metric->label);
    snprintf(c->tip, sizeof c->tip, "%.*s%s%s", before, metric->meaning, hole ? rows[part] : "",
             hole ? hole + 2 : "");
}

/* The columns that have a value in some row; returns how many. */
static size_t fill_columns(const el4ml_report_input *input, column *columns)
{
    size_t count = 0, metrics;
    const el4ml_metric *list = el4ml_metric_list(&metrics);
    for (size_t k = 0; k < FIRST; k++) {
        columns[count] = first_columns[k];
        count += has_values(input, &columns[count]);
    }
    for (size_t part = 0; part < 3; part++)
        for (size_t k = 0; k < metrics && k < METRICS; k++) {
            metric_column(&list[k], part, &columns[count]);
            count += has_values(input, &columns[count]);
        }
    for (size_t k = 0; k < 2 * input->target_count && k < 2 * MOST_TARGETS; k++) {
        const size_t target = k / 2;
        column *c = &columns[count];
        *c = (column){.offset = offsetof(el4ml_target_metrics, r2),
                      .style = FIXED,
                      .digits = 4,
                      .target = target + 1,
                      .test = k % 2};
        snprintf(c->header, sizeof c->header, "%s R\u00b2, %.80s", k % 2 ? "test" : "train",
                 input->target_names[target]);
        snprintf(c->tip, sizeof c->tip, "coefficient of determination of this target alone");
        count += has_values(input, c);
    }
    return count;
}

static void write_cell(el4ml_markup *m, const el4ml_report_row *row, const column *c, int energy_decimals)
{
    const double value = cell(row, c);
    el4ml_markup_raw(m, "<td>");
    if (c->style == BARRIER && isinf(value))
        el4ml_markup_raw(m, "no path known");
    else if (c->style == ENERGY)
        el4ml_html_fixed(m, value, energy_decimals);
    else if (c->style == FIXED)
        el4ml_html_fixed(m, value, c->digits);
    else
        el4ml_html_number(m, value, c->digits);
    el4ml_markup_raw(m, "</td>");
}

static void write_header(el4ml_markup *m, const el4ml_report_input *input, const column *columns,
                         size_t count)
{
    el4ml_markup_raw(m, "<thead><tr><th scope=\"col\">rank</th><th scope=\"col\">id</th>");
    for (size_t c = 0; c < count; c++) {
        el4ml_markup_format(m, "<th scope=\"col\" title=\"%s\">", columns[c].tip);
        el4ml_markup_escaped(m, columns[c].header[0] ? columns[c].header : el4ml_html_label(input));
        el4ml_markup_raw(m, "</th>");
    }
    if (input->rows[0].bounds)
        el4ml_markup_raw(m, "<th scope=\"col\" title=\"parameters that lie on a bound, where V would fall "
                            "further outside\">on a bound</th>");
    el4ml_markup_raw(
        m, "<th scope=\"col\" title=\"how often searches ended here\">hits</th></tr></thead>\n<tbody>\n");
}

void el4ml_html_table(el4ml_markup *m, const el4ml_report_input *input)
{
    column columns[COLUMNS];
    double largest = 0;
    if (input->row_count == 0) return;
    const size_t count = fill_columns(input, columns);
    bool losses = false;
    for (size_t c = 0; c < count; c++)
        losses |= columns[c].target == 0 && columns[c].offset == AT(train.loss);
    for (size_t k = 0; k < input->row_count; k++)
        largest = fmax(largest, fabs(input->rows[k].energy));
    const int decimals = el4ml_html_decimals(largest, 10);
    el4ml_markup_raw(m, "<section>\n<h2>The lowest minima</h2>\n");
    if (losses && strcmp(el4ml_html_label(input), "loss") == 0)
        el4ml_markup_raw(m, "<p class=\"note\">The first number is what was minimised, with its L2 term or "
                            "prior; train and test losses are without it.</p>\n");
    el4ml_markup_raw(m, "<div class=\"scroll\"><table>\n");
    write_header(m, input, columns, count);
    for (size_t k = 0; k < input->row_count; k++) {
        const el4ml_report_row *row = &input->rows[k];
        el4ml_markup_format(m, "<tr><td>%zu</td><td>%" PRId64 "</td>", row->rank, row->id);
        for (size_t c = 0; c < count; c++)
            write_cell(m, row, &columns[c], decimals);
        if (input->rows[0].bounds) {
            el4ml_markup_raw(m, "<td>");
            el4ml_markup_escaped(m, row->bounds ? row->bounds : "");
            el4ml_markup_raw(m, "</td>");
        }
        el4ml_markup_format(m, "<td>%" PRId64 "</td></tr>\n", row->hits);
    }
    el4ml_markup_raw(m, "</tbody></table></div>\n");
    if (input->row_count < input->minima) {
        el4ml_markup_raw(m, "<p class=\"note\">");
        el4ml_html_count(m, input->row_count, "minimum of ", "minima of ");
        el4ml_html_count(m, input->minima, "is", "are");
        el4ml_markup_raw(m, " listed.</p>\n");
    }
    el4ml_markup_raw(m, "</section>\n");
}

/* ---- The user's model ---- */

static void write_exits(el4ml_markup *m, const el4ml_report_start *s)
{
    if (s->exits == 0) {
        el4ml_markup_raw(m, " No transition state next to it is known.");
        return;
    }
    el4ml_markup_raw(m, " ");
    el4ml_html_count(m, s->exits, "known transition state leads", "known transition states lead");
    el4ml_markup_raw(m, s->exits == 1 ? " out of it, " : " out of it, the lowest ");
    el4ml_html_number(m, s->lowest_exit, 4);
    el4ml_markup_raw(m, " above it.");
}

static void write_barriers(el4ml_markup *m, const el4ml_report_input *input, const el4ml_report_start *s)
{
    if (s->rank == 1) {
        el4ml_markup_raw(m, " It is the lowest minimum known.");
        return;
    }
    if (isinf(s->barrier_down)) {
        el4ml_markup_raw(m, " No path from it to a lower minimum is known yet.");
        return;
    }
    if (isnan(s->barrier_down)) return;
    el4ml_markup_raw(m, " To reach any lower minimum from it the ");
    el4ml_markup_escaped(m, el4ml_html_label(input));
    el4ml_markup_raw(m, " must first rise by ");
    el4ml_html_number(m, s->barrier_down, 4);
    if (isfinite(s->barrier_to_global)) {
        el4ml_markup_raw(m, ", to reach the lowest one by ");
        el4ml_html_number(m, s->barrier_to_global, 4);
    } else if (isinf(s->barrier_to_global)) {
        el4ml_markup_raw(m, "; to the lowest one no path is known");
    }
    el4ml_markup_raw(m, ".");
}

void el4ml_html_start(el4ml_markup *m, const el4ml_report_input *input)
{
    const el4ml_report_start *s = input->start;
    const char *label = el4ml_html_label(input);
    if (!s) return;
    el4ml_markup_raw(m, "<section>\n<h2>Where your model lies</h2>\n<p>The model in <code>");
    el4ml_markup_escaped(m, s->file);
    el4ml_markup_raw(m, "</code> has ");
    el4ml_markup_escaped(m, label);
    el4ml_markup_raw(m, " ");
    el4ml_html_number(m, s->energy, 8);
    el4ml_markup_format(m, ". Going downhill from it ends in minimum %" PRId64 ", of ", s->minimum);
    el4ml_markup_escaped(m, label);
    el4ml_markup_raw(m, " ");
    el4ml_html_number(m, s->minimum_energy, 8);
    if (isfinite(s->distance)) {
        el4ml_markup_raw(m, " and at a distance of ");
        el4ml_html_number(m, s->distance, 3);
    }
    el4ml_markup_format(m, ": number %zu of %zu from the lowest.", s->rank, s->minima);
    write_exits(m, s);
    write_barriers(m, input, s);
    el4ml_markup_raw(m, "</p>\n</section>\n");
}
