/* GraphML (graphml.graphdrawing.org), as networkx, igraph, Gephi and Cytoscape read it: an undirected
 * multigraph, nodes "1", "2", ... the ids of minima, edges "t1", "t2", ... those of transition states. What
 * is not known, or not finite, is left out. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "landscape/export.h"

static void write_key(el4ml_file_writer *w, const char *target, const char *name, const char *type)
{
    el4ml_writer_format(w, "  <key id=\"%s_%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n", target,
                        name, target, name, type);
}

/* "train_loss" ...; part 0: training, 1: test. */
static void metric_name(const el4ml_metric *metric, int part, char name[64])
{
    snprintf(name, 64, "%s_%s", part ? "test" : "train", metric->name);
}

static void write_keys(el4ml_file_writer *w, bool bounds)
{
    static const char *const numbers[] = {"energy", "log_product", "log_multiplicity", "smallest_eigenvalue"};
    for (size_t k = 0; k < 4; k++) {
        write_key(w, "node", numbers[k], "double");
        write_key(w, "edge", numbers[k], "double");
    }
    size_t count;
    char name[64];
    const el4ml_metric *list = el4ml_metric_list(&count);
    for (size_t k = 0; k < 2 * count; k++) {
        metric_name(&list[k % count], k >= count, name);
        write_key(w, "node", name, "double");
    }
    write_key(w, "node", "hits", "long");
    write_key(w, "edge", "hits", "long");
    write_key(w, "node", "component", "int");
    write_key(w, "node", "flagged", "boolean");
    for (int k = 0; bounds && k < 2; k++) {
        write_key(w, k ? "edge" : "node", "active_bounds", "int");
        write_key(w, k ? "edge" : "node", "log_multipliers", "double");
    }
    write_key(w, "graph", "kappa", "double");
    write_key(w, "graph", "source", "string");
}

static void write_number(el4ml_file_writer *w, const char *target, const char *name, double value)
{
    if (!isfinite(value)) return;
    el4ml_writer_format(w, "<data key=\"%s_%s\">", target, name);
    el4ml_writer_number(w, value);
    el4ml_writer_text(w, "</data>");
}

static void write_point(el4ml_file_writer *w, const char *target, const el4ml_record *r)
{
    write_number(w, target, "energy", r->point.energy);
    write_number(w, target, "log_product", r->point.log_product);
    write_number(w, target, "log_multiplicity", r->point.log_multiplicity);
    write_number(w, target, "smallest_eigenvalue", r->point.smallest_eigenvalue);
    el4ml_writer_format(w, "<data key=\"%s_hits\">%" PRId64 "</data>", target, r->hits);
    if (r->point.active == 0) return;
    el4ml_writer_format(w, "<data key=\"%s_active_bounds\">%zu</data>", target, r->point.active);
    write_number(w, target, "log_multipliers", r->point.log_multipliers);
}

static void write_metrics(el4ml_file_writer *w, const el4ml_record *r)
{
    size_t count;
    char name[64];
    const el4ml_metric *list = el4ml_metric_list(&count);
    for (size_t k = 0; k < 2 * count; k++) {
        metric_name(&list[k % count], k >= count, name);
        write_number(w, "node", name, el4ml_metric_of(k < count ? &r->train : &r->test, &list[k % count]));
    }
}

static el4ml_status write_nodes(el4ml_exporter *e, el4ml_file_writer *w, const size_t *component)
{
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; status == EL4ML_OK && i < e->report.minima; i++) {
        const el4ml_record *r = el4ml_landscape_record(e->l, EL4ML_MINIMUM, i);
        el4ml_writer_format(w, "    <node id=\"%zu\">", i + 1);
        write_point(w, "node", r);
        write_metrics(w, r);
        el4ml_writer_format(
            w, "<data key=\"node_component\">%zu</data><data key=\"node_flagged\">%s</data></node>\n",
            component[i] + 1, r->point.flagged ? "true" : "false");
        status = el4ml_export_pause(e, i);
    }
    return status;
}

static el4ml_status write_edges(el4ml_exporter *e, el4ml_file_writer *w)
{
    el4ml_status status = EL4ML_OK;
    for (size_t i = 0; status == EL4ML_OK && i < e->report.transition_states; i++) {
        const el4ml_record *r = el4ml_landscape_record(e->l, EL4ML_TRANSITION_STATE, i);
        el4ml_writer_format(w, "    <edge id=\"t%zu\" source=\"%zu\" target=\"%zu\">", i + 1, r->a + 1,
                            r->b + 1);
        write_point(w, "edge", r);
        el4ml_writer_text(w, "</edge>\n");
        status = el4ml_export_pause(e, i);
    }
    return status;
}

/* A database can be tampered with. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || strchr("<>&", *text)) return false;
    return true;
}

static el4ml_status write_graph(el4ml_exporter *e, el4ml_file_writer *w, const size_t *component)
{
    const char *source = el4ml_landscape_source(e->l) ? el4ml_landscape_source(e->l) : "el4ml";
    el4ml_writer_text(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\""
                         " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
                         " xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns"
                         " http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n");
    write_keys(w, el4ml_landscape_has_bounds(e->l));
    el4ml_writer_text(w, "  <graph id=\"landscape\" edgedefault=\"undirected\">\n");
    el4ml_writer_text(w, "    ");
    write_number(w, "graph", "kappa", el4ml_landscape_kappa(e->l));
    el4ml_writer_format(w, "<data key=\"graph_source\">%s</data>\n", is_plain(source) ? source : "unknown");
    el4ml_status status = write_nodes(e, w, component);
    if (status == EL4ML_OK) status = write_edges(e, w);
    el4ml_writer_text(w, "  </graph>\n</graphml>\n");
    return status;
}

el4ml_status el4ml_write_graphml(el4ml_exporter *e)
{
    el4ml_file_writer w = {0};
    size_t *component = NULL;
    el4ml_status status = el4ml_export_components(e->l, &component, e->error);
    if (status == EL4ML_OK) status = el4ml_writer_open(&w, e->path, e->error);
    if (status == EL4ML_OK) status = write_graph(e, &w, component);
    if (status == EL4ML_OK) status = el4ml_writer_finish(&w, e->error);
    if (status == EL4ML_OK) status = el4ml_writer_place(&w, e->error);
    el4ml_writer_discard(&w);
    el4ml_release(component);
    return status;
}
