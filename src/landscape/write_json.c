/* One JSON document, one point a line. What is not known, or not finite, is null. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "landscape/export.h"
#include "landscape/internal.h"

static void write_value(el4ml_file_writer *w, double value)
{
    if (isfinite(value))
        el4ml_writer_number(w, value);
    else
        el4ml_writer_text(w, "null");
}

static void write_member(el4ml_file_writer *w, const char *name, double value)
{
    el4ml_writer_format(w, ", \"%s\": ", name);
    write_value(w, value);
}

/* Quoted; bytes that are not UTF-8 have no place in JSON. */
static void write_string(el4ml_file_writer *w, const char *text)
{
    el4ml_builder b = {0};
    if (text && el4ml_utf8_valid(text, strlen(text)) == strlen(text)) el4ml_builder_quoted(&b, text);
    el4ml_writer_text(w, b.data && !b.failed ? b.data : "null");
    el4ml_builder_clear(&b);
}

/* Of a regression with several targets: the numbers of each. */
static void write_targets(const el4ml_exporter *e, el4ml_file_writer *w, const el4ml_target_metrics *targets)
{
    size_t count;
    char *const *names = el4ml_landscape_targets(e->l, &count);
    if (count == 0 || !targets) return;
    el4ml_writer_text(w, ", \"targets\": [");
    for (size_t t = 0; t < count; t++) {
        el4ml_writer_text(w, t == 0 ? "{\"target\": " : ", {\"target\": ");
        write_string(w, names[t]);
        write_member(w, "loss", targets[t].loss);
        write_member(w, "r2", targets[t].r2);
        el4ml_writer_text(w, "}");
    }
    el4ml_writer_text(w, "]");
}

static void write_metrics(const el4ml_exporter *e, el4ml_file_writer *w, const char *name,
                          const el4ml_metrics *m, const el4ml_target_metrics *targets)
{
    size_t count;
    const el4ml_metric *list = el4ml_metric_list(&count);
    for (size_t k = 0; k < count; k++) {
        if (k == 0)
            el4ml_writer_format(w, ", \"%s\": {\"%s\": ", name, list[k].name);
        else
            el4ml_writer_format(w, ", \"%s\": ", list[k].name);
        write_value(w, el4ml_metric_of(m, &list[k]));
    }
    write_targets(e, w, targets);
    el4ml_writer_text(w, "}");
}

static void write_coordinates(el4ml_file_writer *w, const double *x, size_t n)
{
    el4ml_writer_text(w, ", \"coordinates\": ");
    if (!x) {
        el4ml_writer_text(w, "null");
        return;
    }
    for (size_t k = 0; k < n; k++) {
        el4ml_writer_text(w, k == 0 ? "[" : ", ");
        el4ml_writer_number(w, x[k]);
    }
    el4ml_writer_text(w, "]");
}

static void write_point(const el4ml_exporter *e, el4ml_file_writer *w, const el4ml_record *r, size_t index)
{
    const el4ml_stationary *p = &r->point;
    el4ml_writer_format(w, "%s\n    {\"id\": %zu", index == 0 ? "" : ",", index + 1);
    write_member(w, "energy", p->energy);
    write_member(w, "log_product", p->log_product);
    write_member(w, "log_multiplicity", p->log_multiplicity);
    write_member(w, "smallest_eigenvalue", p->smallest_eigenvalue);
    write_member(w, "gradient_rms", p->gradient_rms);
    el4ml_writer_format(w, ", \"hits\": %" PRId64 ", \"proved\": %s, \"flagged\": %s", r->hits,
                        p->proved ? "true" : "false", p->flagged ? "true" : "false");
    if (el4ml_landscape_has_bounds(e->l)) {
        el4ml_writer_format(w, ", \"active_bounds\": %zu", p->active);
        write_member(w, "log_multipliers", p->log_multipliers);
    }
    if (e->options->coordinates) write_coordinates(w, p->x, e->l->n);
}

static el4ml_status write_minima(el4ml_exporter *e, el4ml_file_writer *w, const size_t *component)
{
    el4ml_status status = EL4ML_OK;
    el4ml_writer_text(w, "  \"minima\": [");
    for (size_t i = 0; status == EL4ML_OK && i < e->report.minima; i++) {
        const el4ml_record *r = el4ml_landscape_record(e->l, EL4ML_MINIMUM, i);
        write_point(e, w, r, i);
        el4ml_writer_format(w, ", \"component\": %zu", component[i] + 1);
        write_metrics(e, w, "train", &r->train, r->train_targets);
        write_metrics(e, w, "test", &r->test, r->test_targets);
        el4ml_writer_text(w, "}");
        status = el4ml_export_pause(e, i);
    }
    el4ml_writer_text(w, "\n  ],\n");
    return status;
}

static el4ml_status write_states(el4ml_exporter *e, el4ml_file_writer *w)
{
    el4ml_status status = EL4ML_OK;
    el4ml_writer_text(w, "  \"transition_states\": [");
    for (size_t i = 0; status == EL4ML_OK && i < e->report.transition_states; i++) {
        const el4ml_record *r = el4ml_landscape_record(e->l, EL4ML_TRANSITION_STATE, i);
        write_point(e, w, r, i);
        el4ml_writer_format(w, ", \"minimum_a\": %zu, \"minimum_b\": %zu}", r->a + 1, r->b + 1);
        status = el4ml_export_pause(e, i);
    }
    el4ml_writer_text(w, "\n  ],\n");
    return status;
}

static el4ml_status write_sets(el4ml_exporter *e, el4ml_file_writer *w)
{
    static const char *const names[2] = {"A", "B"}; /* all that an import brings */
    const char *comma = "";
    el4ml_writer_text(w, "  \"sets\": {");
    for (size_t k = 0; k < 2; k++) {
        el4ml_minimum_set *set;
        el4ml_error trouble = {0};
        const el4ml_status found = el4ml_landscape_minimum_set(e->l, names[k], &set, &trouble);
        if (found == EL4ML_BAD_INPUT) continue;
        if (found != EL4ML_OK) return el4ml_fail(e->error, found, "%s", trouble.message);
        el4ml_writer_format(w, "%s\"%s\": [", comma, names[k]);
        for (size_t i = 0; i < set->count; i++)
            el4ml_writer_format(w, "%s%zu", i == 0 ? "" : ", ", set->members[i] + 1);
        el4ml_writer_text(w, "]");
        comma = ", ";
        e->report.set_count++;
        el4ml_minimum_set_free(set);
    }
    el4ml_writer_text(w, "}\n");
    return EL4ML_OK;
}

static void write_head(el4ml_exporter *e, el4ml_file_writer *w)
{
    el4ml_writer_text(w, "{\n  \"format\": \"el4ml landscape\",\n  \"version\": 1,\n  \"el4ml_version\": ");
    write_string(w, el4ml_version());
    el4ml_writer_text(w, ",\n  \"source\": ");
    write_string(w, el4ml_landscape_source(e->l));
    el4ml_writer_text(w, ",\n  \"model\": ");
    write_string(w, el4ml_landscape_meta(e->l, "model"));
    if (e->l->n > 0)
        el4ml_writer_format(w, ",\n  \"dimension\": %zu,\n  \"kappa\": ", e->l->n);
    else
        el4ml_writer_text(w, ",\n  \"dimension\": null,\n  \"kappa\": ");
    write_value(w, e->l->kappa);
    el4ml_writer_text(w, ",\n");
}

static el4ml_status write_document(el4ml_exporter *e, el4ml_file_writer *w, const size_t *component)
{
    write_head(e, w);
    el4ml_status status = write_minima(e, w, component);
    if (status == EL4ML_OK) status = write_states(e, w);
    if (status == EL4ML_OK) status = write_sets(e, w);
    el4ml_writer_text(w, "}\n");
    return status;
}

el4ml_status el4ml_write_json(el4ml_exporter *e)
{
    el4ml_file_writer w = {0};
    size_t *component = NULL;
    el4ml_status status = el4ml_export_components(e->l, &component, e->error);
    if (status == EL4ML_OK) status = el4ml_writer_open(&w, e->path, e->error);
    if (status == EL4ML_OK) status = write_document(e, &w, component);
    if (status == EL4ML_OK) status = el4ml_writer_finish(&w, e->error);
    if (status == EL4ML_OK) status = el4ml_writer_place(&w, e->error);
    el4ml_writer_discard(&w);
    el4ml_release(component);
    for (int species = 0; species < 2; species++)
        e->report.coordinates[species] =
            e->options->coordinates && el4ml_export_coordinates(e->l, (el4ml_species)species);
    return status;
}
