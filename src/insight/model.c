/* A model's weights as a file. */
#include "el4ml/model.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/npy.h"
#include "run/start.h"

static void add_layers(el4ml_npz_writer *w, const size_t *sizes, size_t layers, const double *x)
{
    char name[32];
    for (size_t l = 0; l < layers; l++) {
        const size_t shape[2] = {sizes[l + 1], sizes[l]};
        snprintf(name, sizeof name, "%zu.weight", 2 * l);
        el4ml_npz_add(w, name, 2, shape, x);
        x += shape[0] * shape[1];
        snprintf(name, sizeof name, "%zu.bias", 2 * l);
        el4ml_npz_add(w, name, 1, shape, x);
        x += shape[0];
    }
}

static void add_data(el4ml_npz_writer *w, const el4ml_data *d)
{
    const el4ml_dataset *t = &d->train;
    el4ml_npz_add(w, "input_mean", 1, &t->inputs, d->input_mean);
    el4ml_npz_add(w, "input_scale", 1, &t->inputs, d->input_scale);
    if (t->targets > 0) {
        el4ml_npz_add(w, "target_mean", 1, &t->targets, d->target_mean);
        el4ml_npz_add(w, "target_scale", 1, &t->targets, d->target_scale);
    }
    el4ml_npz_add_texts(w, "input_names", t->inputs, (const char *const *)d->input_names);
    if (t->classes > 0)
        el4ml_npz_add_texts(w, "class_names", t->classes, (const char *const *)d->class_names);
}

el4ml_status el4ml_model_write(const el4ml_study *study, const el4ml_surface *surface, const el4ml_data *data,
                               const double *x, const char *path, bool replace, el4ml_error *error)
{
    struct stat about;
    size_t sizes[EL4ML_MODEL_SIZES];
    el4ml_npz_writer w = {0};
    if (!study || !surface || !x || !path)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "export: nothing given");
    if (!replace && stat(path, &about) == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s exists already; give another name with -o, or --force to replace it",
                          el4ml_path_for_message(path));
    const size_t layers = el4ml_model_layers(study, data, sizes);
    if (layers > 0)
        add_layers(&w, sizes, layers, x);
    else if (study->kind == EL4ML_KIND_KMEANS && data)
        el4ml_npz_add(&w, "centroids", 2,
                      (size_t[2]){surface->info.dimension / data->train.inputs, data->train.inputs}, x);
    else
        el4ml_npz_add(&w, "x", 1, &surface->info.dimension, x);
    if (data) add_data(&w, data);
    const el4ml_status status = el4ml_npz_write(&w, path, error);
    el4ml_npz_clear(&w);
    return status;
}
