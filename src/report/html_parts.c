/* Parts of the page that open: text, pictures, tables. */
#include "report/html.h"

static void write_cell(el4ml_markup *m, const el4ml_report_cell *cell)
{
    el4ml_markup_raw(m, "<td>");
    if (cell->text)
        el4ml_markup_escaped(m, cell->text);
    else
        el4ml_html_number(m, cell->value, cell->digits);
    el4ml_markup_raw(m, "</td>");
}

static void write_table(el4ml_markup *m, const el4ml_report_part *part, const char *energy)
{
    el4ml_markup_raw(m, "<div class=\"scroll\"><table>\n<thead><tr>");
    for (size_t c = 0; c < part->columns; c++) {
        el4ml_markup_raw(m, "<th scope=\"col\">");
        el4ml_markup_escaped(m, part->headers[c] ? part->headers[c] : energy);
        el4ml_markup_raw(m, "</th>");
    }
    el4ml_markup_raw(m, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < part->rows; r++) {
        el4ml_markup_raw(m, "<tr>");
        for (size_t c = 0; c < part->columns; c++)
            write_cell(m, &part->cells[r * part->columns + c]);
        el4ml_markup_raw(m, "</tr>\n");
    }
    el4ml_markup_raw(m, "</tbody></table></div>\n");
}

static void write_part(el4ml_markup *m, const el4ml_report_part *part, const char *energy)
{
    if (part->title) {
        el4ml_markup_raw(m, part->open ? "<details open=\"open\"><summary>" : "<details><summary>");
        el4ml_markup_escaped(m, part->title);
        el4ml_markup_raw(m, "</summary>\n");
    }
    if (part->svg) {
        el4ml_markup_raw(m, "<figure>\n");
        el4ml_markup_raw(m, part->svg);
        el4ml_markup_raw(m, "</figure>\n");
    }
    if (part->text) {
        el4ml_markup_raw(m, part->title ? "<p class=\"note\">" : "<p>");
        el4ml_markup_escaped(m, part->text);
        el4ml_markup_raw(m, "</p>\n");
    }
    if (part->columns > 0) write_table(m, part, energy);
    if (part->title) el4ml_markup_raw(m, "</details>\n");
}

void el4ml_html_parts(el4ml_markup *m, const el4ml_report_input *input, el4ml_report_place place,
                      const char *heading)
{
    bool begun = false;
    for (size_t k = 0; k < input->part_count; k++) {
        if (input->parts[k].place != place) continue;
        if (!begun && heading) el4ml_markup_format(m, "<section>\n<h2>%s</h2>\n", heading);
        begun = true;
        write_part(m, &input->parts[k], el4ml_html_label(input));
    }
    if (begun && heading) el4ml_markup_raw(m, "</section>\n");
}
