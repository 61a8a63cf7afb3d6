/* From a study to its surface. */
#include "el4ml/study.h"

#include "base/file.h"

#define MAX_PARAMETERS 1e7 /* as in study.c, now that the data's width is known */

static el4ml_status check_size(const el4ml_study *study, const el4ml_dataset *train, el4ml_error *error)
{
    const el4ml_mlp_options *mlp = &study->mlp;
    double before = (double)train->inputs, parameters = 0;
    for (size_t l = 0; l <= mlp->hidden_layers; l++) {
        const size_t outputs = train->classes > 0 ? train->classes : train->targets;
        const double units = (double)(l < mlp->hidden_layers ? mlp->hidden[l] : outputs);
        parameters += (before + 1) * units;
        before = units;
    }
    if (parameters <= MAX_PARAMETERS) return EL4ML_OK;
    return el4ml_fail(error, EL4ML_BAD_INPUT,
                      "%s: 'hidden': %.0f parameters for these data; more than %.0f are out of reach",
                      el4ml_path_for_message(study->path), parameters, MAX_PARAMETERS);
}

static el4ml_status open_mlp(const el4ml_study *study, el4ml_data **data, el4ml_surface **surface,
                             el4ml_error *error)
{
    el4ml_data_options options = el4ml_data_options_default();
    options.file = study->data_file;
    options.target = study->target;
    options.classification = study->mlp.loss == EL4ML_CROSS_ENTROPY;
    options.standardise = study->standardise;
    options.test_fraction = study->test_fraction;
    options.validation_fraction = study->validation_fraction;
    options.split_seed = study->split_seed;
    el4ml_data *read = NULL;
    el4ml_status status = el4ml_data_read(&options, &read, error);
    if (status == EL4ML_OK) status = check_size(study, &read->train, error);
    if (status == EL4ML_OK) status = el4ml_mlp_new(&study->mlp, &read->train, surface, error);
    if (status == EL4ML_OK)
        *data = read;
    else
        el4ml_data_free(read);
    return status;
}

el4ml_status el4ml_study_open(const el4ml_study *study, el4ml_data **data, el4ml_surface **surface,
                              el4ml_error *error)
{
    *data = NULL;
    switch (study->kind) {
    case EL4ML_KIND_MLP:
        return open_mlp(study, data, surface, error);
    case EL4ML_KIND_LENNARD_JONES:
        return el4ml_lennard_jones_new(study->atoms, surface, error);
    case EL4ML_KIND_FUNCTION:
        return el4ml_function_new(study->function_name, surface, error);
    }
    return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "study: unknown kind %d", (int)study->kind);
}
