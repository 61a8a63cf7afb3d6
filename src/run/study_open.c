/* From a study to its surface. */
#include "el4ml/study.h"

#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "run/study_loss.h"
#include "run/study_models.h"

#define MAX_PARAMETERS 1e7 /* as in study.c, now that the data's width is known */

/* What a thread's searcher takes, in doubles, to within a factor of two: vectors of the parameters, and for
 * symmetry matrices of what can be exchanged (units of a layer, atoms). */
#define VECTORS 230.0
#define MATRICES 2.0

el4ml_status el4ml_study_check_memory(const el4ml_study *study, const char *key, double parameters,
                                      double exchanged, el4ml_error *error)
{
    const double bytes = 8 * (VECTORS * parameters + MATRICES * exchanged * exchanged);
    const double pages = (double)sysconf(_SC_PHYS_PAGES), page = (double)sysconf(_SC_PAGESIZE);
    if (!(pages > 0) || !(page > 0) || bytes <= 0.5 * pages * page) return EL4ML_OK;
    return el4ml_fail(
        error, EL4ML_BAD_INPUT,
        "%s: '%s': a model of this size takes about %.0f GB for each thread; this machine has %.0f",
        el4ml_path_for_message(study->path), key, bytes / 1e9, pages * page / 1e9);
}

#define MOST_JACOBIAN 16777216.0 /* numbers that the Hessian of a loss over pairs takes at most (mlp.c) */

/* Numbers that a contrastive loss takes beyond those of others: its zero modes twice over, and the Jacobian
 * of its outputs. */
static double further_numbers(const el4ml_mlp_options *mlp, const el4ml_dataset *train, double parameters)
{
    const double d = (double)mlp->embedding;
    if (mlp->loss != EL4ML_CONTRASTIVE) return 0;
    return d * (d + 1) * parameters + fmin(MOST_JACOBIAN, 2 * d * (double)train->rows * parameters);
}

static el4ml_status check_size(const el4ml_study *study, const el4ml_dataset *train, el4ml_error *error)
{
    const el4ml_mlp_options *mlp = &study->mlp;
    double before = (double)train->inputs, parameters = 0, widest = 0;
    for (size_t l = 0; l <= mlp->hidden_layers; l++) {
        const size_t outputs = el4ml_mlp_outputs(mlp, train->classes, train->targets);
        const double units = (double)(l < mlp->hidden_layers ? mlp->hidden[l] : outputs);
        parameters += (before + 1) * units;
        before = units;
        if (l < mlp->hidden_layers) widest = fmax(widest, units);
    }
    if (parameters <= MAX_PARAMETERS)
        return el4ml_study_check_memory(
            study, "hidden", parameters + further_numbers(mlp, train, parameters) / VECTORS, widest, error);
    return el4ml_fail(error, EL4ML_BAD_INPUT,
                      "%s: 'hidden': %.0f parameters for these data; more than %.0f are out of reach",
                      el4ml_path_for_message(study->path), parameters, MAX_PARAMETERS);
}

static el4ml_status read_data(const el4ml_study *study, el4ml_data **data, el4ml_error *error)
{
    el4ml_data_options options = el4ml_data_options_default();
    options.file = study->data_file;
    options.target = study->target;
    options.targets = (const char *const *)study->targets;
    options.target_count = study->target_count;
    options.inputs = (const char *const *)study->inputs;
    options.input_count = study->input_count;
    options.first_rows = (size_t)study->rows;
    options.unsupervised = !el4ml_kind_has_target(study->kind);
    options.missing = study->kind == EL4ML_KIND_FACTORISATION;
    options.classification =
        study->kind != EL4ML_KIND_GP && (study->kind != EL4ML_KIND_MLP || study->mlp.loss != EL4ML_MSE);
    options.standardise = study->standardise;
    options.test_fraction = study->test_fraction;
    options.validation_fraction = study->validation_fraction;
    options.split_seed = study->split_seed;
    return el4ml_data_read(&options, data, error);
}

static el4ml_status open_mlp(const el4ml_study *study, const el4ml_data *data, el4ml_surface **surface,
                             el4ml_error *error)
{
    el4ml_mlp_options mlp;
    el4ml_status status = el4ml_study_loss_options(study, data, &mlp, error);
    if (status == EL4ML_OK) status = check_size(study, &data->train, error);
    return status == EL4ML_OK ? el4ml_mlp_new(&mlp, &data->train, surface, error) : status;
}

el4ml_status el4ml_study_open(const el4ml_study *study, el4ml_data **data, el4ml_surface **surface,
                              el4ml_error *error)
{
    el4ml_data *read = NULL;
    *data = NULL;
    if (study->kind == EL4ML_KIND_UNKNOWN)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "%s: its surface is not known", study->name);
    el4ml_status status = study->has_data ? read_data(study, &read, error) : EL4ML_OK;
    if (status == EL4ML_OK && study->kind == EL4ML_KIND_MLP)
        status = open_mlp(study, read, surface, error);
    else if (status == EL4ML_OK)
        status = el4ml_model_open(study, read, surface, error);
    if (status == EL4ML_OK)
        *data = read;
    else
        el4ml_data_free(read);
    return status;
}

el4ml_status el4ml_study_refit(const el4ml_study *study, const el4ml_data *data, const el4ml_dataset *rows,
                               el4ml_surface **surface, el4ml_error *error)
{
    if (study->kind == EL4ML_KIND_MLP) {
        el4ml_mlp_options mlp;
        const el4ml_status status = el4ml_study_loss_options(study, data, &mlp, error);
        return status == EL4ML_OK ? el4ml_mlp_new(&mlp, rows, surface, error) : status;
    }
    if (study->kind == EL4ML_KIND_GP)
        return el4ml_gp_new(&study->gp, rows, (const char *const *)data->input_names, surface, error);
    return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "%s: this kind of model is not fitted to parts of its rows",
                      study->name);
}
