/* Weights as others store them: one flat vector of n numbers in our order, or a matrix and a vector per layer
 * in the order of the file. Matrices are (units, inputs) as PyTorch keeps them, or (inputs, units) as
 * scikit-learn does; where a layer is square the other layers, or a name that begins with "coef", decide. */
#include "run/start.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/npy.h"

static bool transposed(const el4ml_archive *a, const size_t *sizes, size_t layers)
{
    size_t layer = 0;
    for (size_t k = 0; k < a->count && layer < layers; k++) {
        const el4ml_array *m = &a->arrays[k];
        if (m->rank != 2) continue;
        if (m->shape[0] == sizes[layer + 1] && m->shape[1] == sizes[layer] &&
            sizes[layer] != sizes[layer + 1])
            return false;
        if (m->shape[0] == sizes[layer] && m->shape[1] == sizes[layer + 1] &&
            sizes[layer] != sizes[layer + 1])
            return true;
        if (m->name && strncmp(m->name, "coef", 4) == 0) return true;
        layer++;
    }
    return false;
}

/* One layer's matrix or vector into its place; false when its shape is not the layer's. */
static bool place(const el4ml_array *m, size_t inputs, size_t units, bool flip, double *to)
{
    if (m->rank == 1) {
        if (m->shape[0] != units) return false;
        el4ml_copy(units, m->values, to);
        return true;
    }
    if (m->shape[0] != (flip ? inputs : units) || m->shape[1] != (flip ? units : inputs)) return false;
    for (size_t j = 0; j < units; j++)
        for (size_t k = 0; k < inputs; k++)
            to[j * inputs + k] = m->values[flip ? k * units + j : j * inputs + k];
    return true;
}

static el4ml_status assemble(const char *path, const el4ml_archive *a, const size_t *sizes, size_t layers,
                             size_t n, double *x, el4ml_error *error)
{
    if (a->count == 1 && a->arrays[0].rank == 1 && a->arrays[0].count == n) {
        el4ml_copy(n, a->arrays[0].values, x);
        return EL4ML_OK;
    }
    const bool flip = transposed(a, sizes, layers);
    size_t matrices = 0, vectors = 0, offset[EL4ML_MAX_HIDDEN_LAYERS + 2] = {0};
    for (size_t l = 0; l < layers; l++)
        offset[l + 1] = offset[l] + sizes[l + 1] * (sizes[l] + 1);
    for (size_t k = 0; k < a->count; k++) {
        const el4ml_array *m = &a->arrays[k];
        const char *name = m->name ? m->name : "array";
        size_t *next = m->rank == 2 ? &matrices : &vectors;
        if ((m->rank != 1 && m->rank != 2) || *next >= layers)
            return el4ml_fail(
                error, EL4ML_BAD_INPUT,
                "%s: array '%s' does not belong to a model of %zu layers (a matrix and a vector each)", path,
                name, layers);
        const size_t l = (*next)++, bias = m->rank == 1 ? sizes[l] * sizes[l + 1] : 0;
        if (!place(m, sizes[l], sizes[l + 1], flip, x + offset[l] + bias))
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "%s: array '%s': the study's layer %zu has %zu units and %zu inputs", path,
                              name, l + 1, sizes[l + 1], sizes[l]);
    }
    if (matrices != layers || vectors != layers)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: %zu matrices and %zu vectors for a model of %zu layers", path, matrices,
                          vectors, layers);
    return EL4ML_OK;
}

/* What a model's file may say beside the weights. */
static bool is_remark(const el4ml_array *a)
{
    static const char *const names[] = {"input_mean", "input_scale", "target_mean", "target_scale"};
    for (size_t k = 0; a->name && k < sizeof names / sizeof *names; k++)
        if (strcmp(a->name, names[k]) == 0) return true;
    return false;
}

static void leave_out_remarks(el4ml_archive *a)
{
    size_t kept = 0;
    for (size_t k = 0; k < a->count; k++) {
        if (is_remark(&a->arrays[k]))
            el4ml_array_clear(&a->arrays[k]);
        else
            a->arrays[kept++] = a->arrays[k];
    }
    a->count = kept;
}

size_t el4ml_model_layers(const el4ml_study *study, const el4ml_data *data, size_t *sizes)
{
    if (!data) return 0;
    sizes[0] = data->train.inputs;
    if (study->kind == EL4ML_KIND_LOGISTIC) {
        sizes[1] = study->logistic.logits == 1 ? 1 : data->train.classes;
        return 1;
    }
    if (study->kind == EL4ML_KIND_AUTOENCODER && study->autoencoder.nonlinear) {
        sizes[1] = study->autoencoder.code;
        sizes[2] = sizes[0];
        return 2;
    }
    if (study->kind != EL4ML_KIND_MLP) return 0;
    const size_t layers = study->mlp.hidden_layers + 1;
    for (size_t l = 0; l < study->mlp.hidden_layers; l++)
        sizes[l + 1] = study->mlp.hidden[l];
    sizes[layers] = el4ml_mlp_outputs(&study->mlp, data->train.classes, data->train.targets);
    return layers;
}

static el4ml_status read_weights(const el4ml_study *study, const el4ml_data *data, size_t n, double *x,
                                 el4ml_error *error)
{
    size_t sizes[EL4ML_MODEL_SIZES];
    const size_t layers = el4ml_model_layers(study, data, sizes);
    if (layers == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: key 'start' is for models of layers with biases",
                          study->path);
    char *bytes = NULL;
    size_t length;
    el4ml_archive *archive = NULL;
    el4ml_status status = el4ml_file_read(study->start, &bytes, &length, error);
    if (status == EL4ML_OK) status = el4ml_npz_parse(study->start, bytes, length, &archive, error);
    if (status == EL4ML_OK) leave_out_remarks(archive);
    if (status == EL4ML_OK) status = assemble(study->start, archive, sizes, layers, n, x, error);
    for (size_t i = 0; status == EL4ML_OK && i < n; i++)
        if (!isfinite(x[i]))
            status =
                el4ml_fail(error, EL4ML_BAD_INPUT, "%s: weight %zu is not a finite number", study->start, i);
    el4ml_archive_free(archive);
    el4ml_release(bytes);
    return status;
}

static el4ml_status locate(el4ml_session *s, double *x, double *minimum, el4ml_error *error)
{
    el4ml_searcher *searcher = el4ml_pool_searcher(s->pool);
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    el4ml_start_report stored = {.given = true}, *r = &stored;
    el4ml_status status = el4ml_value_gradient(e, x, &r->energy, minimum);
    r->gradient_rms = el4ml_norm(s->n, minimum) / sqrt((double)s->n);
    el4ml_stationary point = {.x = minimum};
    size_t known = EL4ML_UNKNOWN;
    el4ml_session_recognise(s, searcher);
    if (status == EL4ML_OK) status = el4ml_search_proved_minimum(searcher, x, &point, &known);
    if (status != EL4ML_OK)
        return status == EL4ML_INTERRUPTED
                   ? el4ml_session_broken(status, error)
                   : el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no minimum is reached from these weights: %s",
                                s->study->start, el4ml_status_text(status));
    bool fresh;
    r->distance = el4ml_distance(s->n, x, minimum);
    r->minimum_energy = point.energy;
    status = el4ml_session_minimum(s, &point, known, &r->minimum, &fresh, error);
    if (status == EL4ML_OK)
        status = el4ml_landscape_put(s->landscape, "start", &stored, sizeof stored, error);
    if (status == EL4ML_OK) status = el4ml_landscape_set_meta(s->landscape, "start", s->study->start, error);
    return status;
}

el4ml_status el4ml_session_start(el4ml_session *s, el4ml_error *error)
{
    const char *done = el4ml_landscape_meta(s->landscape, "start");
    if (!s->study->start || (done && strcmp(done, s->study->start) == 0)) return EL4ML_OK;
    double *x = EL4ML_NEW(double, s->n), *minimum = EL4ML_NEW(double, s->n);
    el4ml_status status = x && minimum ? read_weights(s->study, s->data, s->n, x, error)
                                       : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "start: out of memory");
    if (status == EL4ML_OK) status = locate(s, x, minimum, error);
    el4ml_release(x);
    el4ml_release(minimum);
    bool stop;
    if (status == EL4ML_OK)
        status = el4ml_session_commit(s, EL4ML_EXPLORING, el4ml_landscape_totals(s->landscape)->explore_runs,
                                      s->study->steps, &stop, error);
    return status;
}

el4ml_status el4ml_start_check(const el4ml_study *study, const el4ml_surface *surface, const el4ml_data *data,
                               el4ml_error *error)
{
    if (!study->start) return EL4ML_OK;
    const size_t n = surface->info.dimension;
    double *x = EL4ML_NEW(double, n);
    if (!x) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "start: out of memory");
    const el4ml_status status = read_weights(study, data, n, x, error);
    el4ml_release(x);
    return status;
}

const double *el4ml_session_start_point(el4ml_session *s)
{
    el4ml_start_report report;
    el4ml_start_report_get(s->landscape, &report);
    return report.given ? el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, report.minimum)->point.x : NULL;
}

void el4ml_start_report_get(el4ml_landscape *landscape, el4ml_start_report *report)
{
    size_t size;
    const el4ml_start_report *stored = el4ml_landscape_get(landscape, "start", &size);
    *report = (el4ml_start_report){0};
    if (stored && size == sizeof *stored && stored->minimum < el4ml_landscape_count(landscape, EL4ML_MINIMUM))
        *report = *stored;
    if (!report->given) return;
    report->rank = 1;
    const double energy = el4ml_landscape_record(landscape, EL4ML_MINIMUM, report->minimum)->point.energy;
    for (size_t i = 0; i < el4ml_landscape_count(landscape, EL4ML_MINIMUM); i++)
        report->rank += el4ml_landscape_record(landscape, EL4ML_MINIMUM, i)->point.energy < energy;
}
