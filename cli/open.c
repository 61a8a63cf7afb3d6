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

el4ml_status open_study(const char *path, const arguments *args, opened *o, el4ml_error *error)
{
    *o = (opened){0};
    el4ml_status status = el4ml_study_read(path, &o->study, error);
    if (status == EL4ML_OK && args && args->seed.given) el4ml_study_set_seed(o->study, args->seed.value);
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
    if (o->data && sha && strcmp(sha, o->data->sha256) != 0) {
        status =
            el4ml_fail(error, EL4ML_BAD_INPUT, "%s: has changed since the landscape in %s was made from it",
                       o->study->data_file, folder);
        close_study(o);
    }
    return status;
}
