/* A whole study in one call. */
#include "base/memory.h"
#include "el4ml/run.h"

static el4ml_status open_landscape(const el4ml_study *study, const el4ml_surface *surface,
                                   const el4ml_data *data, const char *folder, el4ml_landscape **landscape,
                                   el4ml_error *error)
{
    char *text = el4ml_study_identity(study);
    if (!text) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    const el4ml_identity identity = {.study = text,
                                     .data_sha256 = data ? data->sha256 : "",
                                     .data_file = study->data_file,
                                     .dimension = surface->info.dimension,
                                     .zero_modes = surface->info.usual_zero_modes,
                                     .info = &surface->info};
    const el4ml_status status = el4ml_landscape_open(folder, &identity, landscape, error);
    el4ml_text_free(text);
    return status;
}

el4ml_status el4ml_run_whole(const el4ml_study *study, const el4ml_surface *surface, const el4ml_data *data,
                             const char *folder, const el4ml_run_options *options,
                             el4ml_landscape **landscape, bool *time_up, el4ml_error *error)
{
    el4ml_run_options rest = *options;
    const double began = el4ml_clock();
    *landscape = NULL;
    *time_up = false;
    el4ml_status status = open_landscape(study, surface, data, folder, landscape, error);
    if (status == EL4ML_OK) {
        char *text = el4ml_study_text(study);
        status = text ? el4ml_study_keep(folder, text, error)
                      : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
        el4ml_text_free(text);
    }
    if (status == EL4ML_OK)
        status = el4ml_run_explore(study, surface, data, *landscape, options, time_up, error);
    if (options->time_limit > 0) {
        rest.time_limit = began + options->time_limit - el4ml_clock();
        *time_up |= rest.time_limit <= 0;
    }
    if (status == EL4ML_OK && !*time_up && surface->info.second_derivatives)
        status = el4ml_run_connect(study, surface, data, *landscape, &rest, time_up, error);
    if (status == EL4ML_OK) return status;
    el4ml_landscape_close(*landscape);
    *landscape = NULL;
    return status;
}
