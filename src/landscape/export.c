#include "landscape/export.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

el4ml_export_options el4ml_export_options_default(void)
{
    return (el4ml_export_options){.replace = false};
}

el4ml_status el4ml_export_pause(const el4ml_exporter *e, size_t row)
{
    if (row % 1024 != 0 || !e->options->cancel || !*e->options->cancel) return EL4ML_OK;
    return el4ml_fail(e->error, EL4ML_INTERRUPTED, "interrupted; nothing was written");
}

bool el4ml_export_coordinates(const el4ml_landscape *l, el4ml_species species)
{
    const size_t count = el4ml_landscape_count(l, species);
    for (size_t i = 0; i < count; i++)
        if (!el4ml_landscape_record(l, species, i)->point.x) return false;
    return count > 0 && el4ml_landscape_dimension(l) > 0;
}

el4ml_status el4ml_export_components(el4ml_landscape *l, size_t **component, el4ml_error *error)
{
    el4ml_network *network;
    const size_t minima = el4ml_landscape_count(l, EL4ML_MINIMUM);
    const el4ml_status status = el4ml_landscape_network(l, &network, error);
    if (status != EL4ML_OK) return status;
    *component = EL4ML_NEW(size_t, minima);
    const bool good = *component && (el4ml_network_components(network, *component) > 0 || minima == 0);
    el4ml_network_free(network);
    if (good) return EL4ML_OK;
    el4ml_release(*component);
    *component = NULL;
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "export: out of memory");
}

static el4ml_status write_format(el4ml_exporter *e, el4ml_format format)
{
    struct stat about;
    const bool file = format == EL4ML_GRAPHML || format == EL4ML_JSON;
    if (file && !e->options->replace && stat(e->path, &about) == 0)
        return el4ml_fail(e->error, EL4ML_BAD_INPUT,
                          "%s exists already; give another name with -o, or --force to replace it",
                          el4ml_path_for_message(e->path));
    switch (format) {
    case EL4ML_PATHSAMPLE:
        return el4ml_write_pathsample(e);
    case EL4ML_GRAPHML:
        return el4ml_write_graphml(e);
    case EL4ML_JSON:
        return el4ml_write_json(e);
    case EL4ML_TOPSEARCH:
    case EL4ML_PELE:
        break;
    }
    return el4ml_fail(e->error, EL4ML_NOT_SUPPORTED, "export: this format is only read");
}

el4ml_status el4ml_export(el4ml_format format, el4ml_landscape *landscape, const char *path,
                          const el4ml_export_options *options, el4ml_export_report *report,
                          el4ml_error *error)
{
    const el4ml_export_options usual = el4ml_export_options_default();
    if (!landscape || !path) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "export: nothing given");
    el4ml_exporter e = {
        .l = landscape,
        .path = path,
        .options = options ? options : &usual,
        .error = error,
        .report = {.minima = el4ml_landscape_count(landscape, EL4ML_MINIMUM),
                   .transition_states = el4ml_landscape_count(landscape, EL4ML_TRANSITION_STATE)}};
    const el4ml_status status = write_format(&e, format);
    if (status == EL4ML_OK && report) *report = e.report;
    return status;
}
