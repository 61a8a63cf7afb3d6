#include "program.h"

#include <stdio.h>
#include <string.h>

void close_study(opened *o)
{
    el4ml_surface_free(o->surface);
    el4ml_data_free(o->data);
    el4ml_study_free(o->study);
    *o = (opened){0};
}

const char *source_sha256(const opened *o)
{
    if (o->data) return o->data->sha256;
    const char *plugin = el4ml_plugin_sha256(o->surface);
    return plugin ? plugin : "";
}

const char *source_file(const opened *o)
{
    return o->study->has_data ? o->study->data_file : o->study->plugin.file;
}

int plugin_fault(const opened *o, int status)
{
    const uint64_t count = el4ml_plugin_not_finite(o->surface);
    if (count == 0) return status;
    fprintf(
        stderr,
        "el4ml: %s: its value or derivatives were not finite numbers %llu time%s; where V is not defined a "
        "function must not return 0\n",
        o->study->plugin.file, (unsigned long long)count, count == 1 ? "" : "s");
    return status == EXIT_DONE ? EXIT_FAILED : status;
}

el4ml_status open_study(const char *path, const arguments *args, opened *o, el4ml_error *error)
{
    *o = (opened){0};
    el4ml_status status = el4ml_study_read(path, &o->study, error);
    if (status == EL4ML_OK && args && args->seed.given) el4ml_study_set_seed(o->study, args->seed.value);
    if (status == EL4ML_OK && o->study->plugin.file) catch_crashes();
    if (status == EL4ML_OK) status = el4ml_study_open(o->study, &o->data, &o->surface, error);
    if (status != EL4ML_OK) close_study(o);
    return status;
}

el4ml_status open_folder_study(const char *folder, el4ml_landscape *landscape, opened *o, el4ml_error *error)
{
    char path[4096];
    const char *source = el4ml_landscape_source(landscape);
    *o = (opened){0};
    if (source)
        return el4ml_fail(
            error, EL4ML_NOT_SUPPORTED,
            "%s: imported from %s: its surface is not known, so its points cannot be computed again", folder,
            source);
    if ((size_t)snprintf(path, sizeof path, "%s/study.toml", folder) >= sizeof path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", folder);
    el4ml_status status = open_study(path, NULL, o, error);
    if (status != EL4ML_OK) return status;
    const char *sha = el4ml_landscape_meta(landscape, "data_sha256");
    if (source_file(o) && sha && strcmp(sha, source_sha256(o)) != 0) {
        status =
            el4ml_fail(error, EL4ML_BAD_INPUT, "%s: has changed since the landscape in %s was made from it",
                       source_file(o), folder);
        close_study(o);
    }
    return status;
}
