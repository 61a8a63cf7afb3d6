/* Parts of the report's page: what they share, and the peaks of the heat capacity. */
#include <math.h>

#include "base/memory.h"
#include "insight/report.h"
#include "report/markup.h"

enum { SHOWN_CHANGES = 8 };

void el4ml_parts_clear(el4ml_parts *p)
{
    for (size_t k = 0; k < p->owned_count; k++)
        el4ml_release(p->owned[k]);
    el4ml_release(p->owned);
    *p = (el4ml_parts){0};
}

static void own(el4ml_parts *p, void *memory)
{
    if (!memory ||
        !el4ml_grow((void **)&p->owned, &p->owned_capacity, p->owned_count + 1, sizeof *p->owned)) {
        el4ml_release(memory);
        p->failed = true;
        return;
    }
    p->owned[p->owned_count++] = memory;
}

el4ml_report_part *el4ml_parts_next(el4ml_parts *p, el4ml_report_place place, const char *title)
{
    el4ml_report_part *part = &p->part[p->count < EL4ML_MOST_PARTS - 1 ? p->count++ : EL4ML_MOST_PARTS - 1];
    *part = (el4ml_report_part){.place = place, .title = title};
    return part;
}

const char *el4ml_parts_keep(el4ml_parts *p, el4ml_builder *text)
{
    char *taken = el4ml_builder_take(text);
    own(p, taken);
    return p->failed ? NULL : taken;
}

el4ml_report_cell *el4ml_parts_table(el4ml_parts *p, el4ml_report_part *part, const char *const *headers,
                                     size_t columns, size_t rows)
{
    el4ml_report_cell *cells = EL4ML_NEW(el4ml_report_cell, columns * rows);
    own(p, cells);
    if (p->failed) return NULL;
    part->headers = headers;
    part->cells = cells;
    part->columns = columns;
    part->rows = rows;
    return cells;
}

void el4ml_add_figures(el4ml_parts *p, const el4ml_figures *f, el4ml_report_place place)
{
    for (size_t k = 0; k < f->count; k++) {
        if (f->figure[k].place != place) continue;
        el4ml_report_part *part = el4ml_parts_next(p, place, f->figure[k].title);
        part->svg = f->figure[k].svg;
        part->text = f->figure[k].text;
    }
}

void el4ml_tell_number(el4ml_builder *text, double value, int digits)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_general(value, digits, number);
    el4ml_builder_text(text, number);
}

void el4ml_tell_log(el4ml_builder *text, double log_value, int digits)
{
    if (fabs(log_value) < 690 || !isfinite(log_value)) {
        el4ml_tell_number(text, exp(log_value), digits);
        return;
    }
    el4ml_builder_text(text, "10^");
    el4ml_tell_number(text, log_value / log(10), 6);
}

/* ---- Peaks ---- */

static const char *const untested[] = {"on heating", "minimum", NULL, "probability", "share of the change"};

static void fill_change(const el4ml_report_source *s, const el4ml_change *c, double flow, bool gains,
                        const el4ml_leading_metric *leading, el4ml_report_cell *row)
{
    const el4ml_record *r = el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, c->node);
    row[0] = (el4ml_report_cell){.text = gains ? "gains" : "loses"};
    row[1] = (el4ml_report_cell){.value = (double)c->node + 1, .digits = 9};
    row[2] = (el4ml_report_cell){.value = r->point.energy, .digits = 8};
    row[3] = (el4ml_report_cell){.value = c->p, .digits = 3};
    row[4] = (el4ml_report_cell){.value = fabs(c->g) / flow, .digits = 3};
    row[5] = (el4ml_report_cell){.value = r->test.loss, .digits = 4};
    row[6] = (el4ml_report_cell){.value = el4ml_leading_value(leading, r), .digits = 4};
}

static void tell_disagreement(el4ml_builder *text, const el4ml_peak_models *m)
{
    const bool classes = m->predictions->kind == EL4ML_PREDICTS_PROBABILITIES;
    const double scale = classes ? 100 : 1;
    const char *unit = classes ? " % of the test rows" : " (root mean square difference on the test rows)";
    if (!isfinite(m->between)) return;
    el4ml_builder_text(text, " A minimum that gains and one that loses disagree on ");
    el4ml_tell_number(text, scale * m->between, 3);
    el4ml_builder_text(text, unit);
    if (isfinite(m->within_gaining)) {
        el4ml_builder_text(text, ", two that gain on ");
        el4ml_tell_number(text, scale * m->within_gaining, 3);
        if (classes) el4ml_builder_text(text, " %");
    }
    if (isfinite(m->within_losing)) {
        el4ml_builder_text(text, ", two that lose on ");
        el4ml_tell_number(text, scale * m->within_losing, 3);
        if (classes) el4ml_builder_text(text, " %");
    }
    el4ml_builder_text(text, " (means over pairs, weighted by their share of the change).");
    if (classes)
        el4ml_builder_format(text, " On %zu of %zu rows they do not all say the same.", m->differing,
                             m->predictions->rows);
}

static void peak_part(el4ml_parts *parts, const el4ml_report_source *s, size_t index)
{
    const el4ml_analysis *a = s->analysis;
    const el4ml_peak *p = &a->peaks->peaks[index];
    const size_t gains = p->gaining_count < SHOWN_CHANGES ? p->gaining_count : SHOWN_CHANGES;
    const size_t losses = p->losing_count < SHOWN_CHANGES ? p->losing_count : SHOWN_CHANGES;
    el4ml_builder text = {0};
    el4ml_builder_text(&text, "The minima behind the peak at T = ");
    el4ml_tell_number(&text, p->temperature, 4);
    el4ml_report_part *part = el4ml_parts_next(parts, EL4ML_AT_HEAT_CAPACITY, el4ml_parts_keep(parts, &text));
    const el4ml_leading_metric leading = el4ml_leading_metric_of(s);
    const size_t columns = leading.metric ? 7 : 5;
    el4ml_report_cell *cells =
        el4ml_parts_table(parts, part, leading.metric ? leading.changes : untested, columns, gains + losses);
    for (size_t k = 0; cells && k < gains + losses; k++) {
        el4ml_report_cell row[7];
        const bool gaining = k < gains;
        fill_change(s, gaining ? &p->gaining[k] : &p->losing[k - gains], p->flow, gaining, &leading, row);
        for (size_t c = 0; c < columns; c++)
            cells[k * columns + c] = row[c];
    }
    el4ml_builder_format(
        &text, "99 %% of the change in probability is carried by %zu minima that gain and %zu that lose",
        p->gaining_count, p->losing_count);
    el4ml_builder_text(&text, gains < p->gaining_count || losses < p->losing_count
                                  ? "; the first of them are listed."
                                  : ".");
    if (a->models) tell_disagreement(&text, &a->models[index]);
    part->text = el4ml_parts_keep(parts, &text);
}

void el4ml_peak_parts(el4ml_parts *parts, const el4ml_report_source *s)
{
    for (size_t k = 0; k < s->analysis->peaks->count; k++)
        peak_part(parts, s, k);
}

el4ml_status el4ml_parts_write(el4ml_parts *parts, const el4ml_report_source *s, const el4ml_figures *f,
                               el4ml_error *error)
{
    el4ml_add_figures(parts, f, EL4ML_AT_GRAPH);
    el4ml_peak_parts(parts, s);
    el4ml_add_figures(parts, f, EL4ML_AT_HEAT_CAPACITY);
    el4ml_network_parts(parts, s, f);
    el4ml_kinetics_parts(parts, s, f);
    return parts->failed ? el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory") : EL4ML_OK;
}
