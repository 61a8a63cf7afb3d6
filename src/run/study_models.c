#include "run/study_models.h"

#include <math.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/study_gp.h"
#include "run/study_loss.h"
#include "run/study_names.h"

#define MAX_ATOMS 100000
#define MAX_CLUSTERS 100000
#define MAX_SIZE 1000000 /* of a code, a rank, a number of components: the data allow less */
#define MAX_PARAMETERS 1e7

bool el4ml_kind_learns(el4ml_kind kind)
{
    return kind == EL4ML_KIND_MLP || kind == EL4ML_KIND_LOGISTIC || kind == EL4ML_KIND_FACTORISATION ||
           kind == EL4ML_KIND_AUTOENCODER || kind == EL4ML_KIND_MIXTURE || kind == EL4ML_KIND_GP ||
           kind == EL4ML_KIND_KMEANS;
}

bool el4ml_kind_has_target(el4ml_kind kind)
{
    return kind == EL4ML_KIND_MLP || kind == EL4ML_KIND_LOGISTIC || kind == EL4ML_KIND_GP;
}

void el4ml_model_defaults(el4ml_study *s)
{
    s->logistic = (el4ml_logistic_options){.l2 = 1e-3, .l2_biases = true};
    s->factorisation = (el4ml_factorisation_options){.l2 = 1e-3};
    s->autoencoder = (el4ml_autoencoder_options){.l2 = 1e-3, .l2_biases = true};
    s->mixture = el4ml_mixture_options_default();
    s->gp = el4ml_gp_options_default();
}

/* ---- Reading ---- */

static size_t read_size(el4ml_study_reader *r, const char *key, int64_t least, int64_t most, const char *what)
{
    uint64_t size = 0;
    const el4ml_toml *node = el4ml_reader_require(r, "surface", key, what);
    if (node) el4ml_reader_check_count(r, node, least, most, &size);
    return (size_t)size;
}

static void read_l2(el4ml_study_reader *r, double *l2)
{
    const el4ml_toml *node = el4ml_reader_find(r, "surface", "l2");
    if (node) el4ml_reader_check_number(r, node, 0, true, INFINITY, false, l2);
}

static void read_cluster(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    s->atoms = read_size(r, "atoms", 2, MAX_ATOMS, "the number of atoms, such as 13");
    if (s->kind != EL4ML_KIND_MORSE) return;
    const el4ml_toml *rho = el4ml_reader_require(
        r, "surface", "rho", "the inverse range of the potential, such as 6 (3: long, 14: short)");
    if (rho) el4ml_reader_check_number(r, rho, 0, false, 100, true, &s->rho);
}

static void read_function(el4ml_study_reader *r)
{
    unsigned index = 0;
    const char *const *names = el4ml_function_names();
    const el4ml_toml *node =
        el4ml_reader_require(r, "surface", "name", "the name of a function, such as \"schwefel\"");
    if (node) el4ml_reader_check_word(r, node, names, &index);
    if (r->status == EL4ML_OK) el4ml_reader_copy_text(r, names[index], &r->study->function_name);
}

static void read_autoencoder(el4ml_study_reader *r)
{
    el4ml_autoencoder_options *o = &r->study->autoencoder;
    unsigned activation = 0;
    o->code = read_size(r, "code", 1, MAX_SIZE, "how many numbers a row is reduced to, such as 2");
    read_l2(r, &o->l2);
    el4ml_reader_boolean(r, "surface", "l2_biases", &o->l2_biases);
    el4ml_reader_word(r, "surface", "activation", el4ml_code_activation_names, &activation);
    o->nonlinear = activation > 0;
    o->activation = (el4ml_activation)(activation > 0 ? activation - 1 : 0);
    const el4ml_toml *biases = el4ml_reader_find(r, "surface", "l2_biases");
    if (biases && !o->nonlinear)
        r->status = el4ml_toml_fail_key(r->document, biases, r->error,
                                        "a linear autoencoder has no biases: its inputs are centred");
}

static void read_logistic(el4ml_study_reader *r)
{
    el4ml_logistic_options *o = &r->study->logistic;
    uint64_t logits = 0;
    read_l2(r, &o->l2);
    el4ml_reader_boolean(r, "surface", "l2_biases", &o->l2_biases);
    el4ml_reader_count(r, "surface", "logits", 1, 2, &logits);
    o->logits = (size_t)logits;
}

static void read_mixture(el4ml_study_reader *r)
{
    el4ml_mixture_options *o = &r->study->mixture;
    unsigned covariance = o->covariance;
    o->components = read_size(r, "components", 1, MAX_SIZE, "the number of Gaussians, such as 3");
    el4ml_reader_word(r, "surface", "covariance", el4ml_covariance_names, &covariance);
    el4ml_reader_positive(r, "surface", "prior", &o->prior);
    o->covariance = (el4ml_covariance)covariance;
}

/* Text is passed on as it is, numbers and booleans as text. */
static void copy_parameter(el4ml_study_reader *r, const el4ml_toml *node, char **value)
{
    char text[32];
    switch (node->type) {
    case EL4ML_TOML_STRING:
        el4ml_reader_copy_text(r, node->string, value);
        return;
    case EL4ML_TOML_INTEGER:
        el4ml_format_number((double)node->integer, text);
        if ((int64_t)(double)node->integer != node->integer) break;
        el4ml_reader_copy_text(r, text, value);
        return;
    case EL4ML_TOML_FLOAT:
        el4ml_format_number(node->number, text);
        el4ml_reader_copy_text(r, text, value);
        return;
    case EL4ML_TOML_BOOLEAN:
        el4ml_reader_copy_text(r, node->boolean ? "true" : "false", value);
        return;
    default:
        break;
    }
    if (r->status == EL4ML_OK)
        r->status = el4ml_toml_fail(r->document, node, r->error,
                                    "must be text, a number or a boolean; it is passed on as text");
}

static void read_plugin(el4ml_study_reader *r)
{
    el4ml_plugin_options *o = &r->study->plugin;
    el4ml_reader_path(r, el4ml_reader_require(r, "surface", "file", "a shared object, such as \"./my.so\""),
                      &o->file);
    el4ml_reader_boolean(r, "surface", "numerical", &o->numerical);
    const el4ml_toml *table = el4ml_reader_find(r, "surface", "parameters");
    if (!table) return;
    if (table->type != EL4ML_TOML_TABLE) {
        r->status = el4ml_toml_fail(r->document, table, r->error,
                                    "must be a table such as { width = 2 }, or [surface.parameters]");
        return;
    }
    o->names = EL4ML_NEW(char *, table->count);
    o->values = EL4ML_NEW(char *, table->count);
    if (!o->names || !o->values) {
        el4ml_reader_no_memory(r);
        return;
    }
    for (const el4ml_toml *node = table->first; node && r->status == EL4ML_OK; node = node->next) {
        el4ml_reader_copy_text(r, node->key, &o->names[o->parameters]);
        copy_parameter(r, node, &o->values[o->parameters++]);
    }
}

void el4ml_reader_model(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    switch (s->kind) {
    case EL4ML_KIND_LENNARD_JONES:
    case EL4ML_KIND_MORSE:
        read_cluster(r);
        break;
    case EL4ML_KIND_FUNCTION:
        read_function(r);
        break;
    case EL4ML_KIND_LOGISTIC:
        read_logistic(r);
        break;
    case EL4ML_KIND_FACTORISATION:
        s->factorisation.rank = read_size(r, "rank", 1, MAX_SIZE, "the rank of the product, such as 2");
        read_l2(r, &s->factorisation.l2);
        break;
    case EL4ML_KIND_AUTOENCODER:
        read_autoencoder(r);
        break;
    case EL4ML_KIND_MIXTURE:
        read_mixture(r);
        break;
    case EL4ML_KIND_PLUGIN:
        read_plugin(r);
        break;
    case EL4ML_KIND_KMEANS:
        s->clusters = read_size(r, "clusters", 1, MAX_CLUSTERS, "the number of clusters, such as 3");
        break;
    case EL4ML_KIND_GP:
        el4ml_reader_gp(r);
        break;
    case EL4ML_KIND_MLP:
    case EL4ML_KIND_UNKNOWN:
        break;
    }
}

/* ---- Writing ---- */

static void autoencoder_text(el4ml_builder *text, const el4ml_autoencoder_options *o)
{
    el4ml_count_line(text, "code", o->code);
    el4ml_text_line(text, "activation", el4ml_code_activation_names[o->nonlinear ? o->activation + 1 : 0]);
    el4ml_number_line(text, "l2", o->l2);
    if (o->nonlinear) el4ml_boolean_line(text, "l2_biases", o->l2_biases);
}

static void plugin_text(el4ml_builder *text, const el4ml_plugin_options *o, bool located)
{
    if (located) el4ml_text_line(text, "file", o->file);
    el4ml_boolean_line(text, "numerical", o->numerical);
    if (o->parameters == 0) return;
    el4ml_builder_text(text, "\n[surface.parameters]\n");
    for (size_t k = 0; k < o->parameters; k++) {
        el4ml_builder_quoted(text, o->names[k]);
        el4ml_builder_text(text, " = ");
        el4ml_builder_quoted(text, o->values[k]);
        el4ml_builder_text(text, "\n");
    }
}

void el4ml_model_text(el4ml_builder *text, const el4ml_study *s, bool located)
{
    switch (s->kind) {
    case EL4ML_KIND_LENNARD_JONES:
        el4ml_count_line(text, "atoms", s->atoms);
        break;
    case EL4ML_KIND_MORSE:
        el4ml_count_line(text, "atoms", s->atoms);
        el4ml_number_line(text, "rho", s->rho);
        break;
    case EL4ML_KIND_FUNCTION:
        el4ml_text_line(text, "name", s->function_name);
        break;
    case EL4ML_KIND_LOGISTIC:
        el4ml_number_line(text, "l2", s->logistic.l2);
        el4ml_boolean_line(text, "l2_biases", s->logistic.l2_biases);
        if (s->logistic.logits > 0) el4ml_count_line(text, "logits", s->logistic.logits);
        break;
    case EL4ML_KIND_FACTORISATION:
        el4ml_count_line(text, "rank", s->factorisation.rank);
        el4ml_number_line(text, "l2", s->factorisation.l2);
        break;
    case EL4ML_KIND_AUTOENCODER:
        autoencoder_text(text, &s->autoencoder);
        break;
    case EL4ML_KIND_MIXTURE:
        el4ml_count_line(text, "components", s->mixture.components);
        el4ml_text_line(text, "covariance", el4ml_covariance_names[s->mixture.covariance]);
        el4ml_number_line(text, "prior", s->mixture.prior);
        break;
    case EL4ML_KIND_PLUGIN:
        plugin_text(text, &s->plugin, located);
        break;
    case EL4ML_KIND_KMEANS:
        el4ml_count_line(text, "clusters", s->clusters);
        break;
    case EL4ML_KIND_GP:
        el4ml_gp_text(text, s);
        break;
    case EL4ML_KIND_MLP:
    case EL4ML_KIND_UNKNOWN:
        break;
    }
}

void el4ml_model_clear(el4ml_study *s)
{
    el4ml_release(s->function_name);
    for (size_t k = 0; k < s->plugin.parameters; k++) {
        el4ml_release(s->plugin.names[k]);
        el4ml_release(s->plugin.values[k]);
    }
    el4ml_release(s->plugin.names);
    el4ml_release(s->plugin.values);
    el4ml_release(s->plugin.file);
    el4ml_release(s->gp_kernel);
    el4ml_release(s->gp_each);
}

/* ---- Opening ---- */

/* What a model of these data would have; the surface refuses what makes no sense. */
static double parameters_of(const el4ml_study *s, const el4ml_dataset *d)
{
    const double inputs = (double)d->inputs, parts = (double)s->mixture.components;
    switch (s->kind) {
    case EL4ML_KIND_LOGISTIC:
        return (inputs + 1) * (double)d->classes;
    case EL4ML_KIND_FACTORISATION:
        return ((double)d->rows + inputs) * (double)s->factorisation.rank;
    case EL4ML_KIND_AUTOENCODER:
        return (2 * inputs + 1) * (double)s->autoencoder.code + inputs;
    case EL4ML_KIND_MIXTURE:
        return parts * (1 + inputs * (s->mixture.covariance == EL4ML_FULL ? 1.5 + inputs / 2 : 2));
    default:
        return 0;
    }
}

static el4ml_status check_size(const el4ml_study *s, const el4ml_dataset *d, el4ml_error *error)
{
    static const char *const keys[] = {[EL4ML_KIND_LOGISTIC] = "kind",
                                       [EL4ML_KIND_FACTORISATION] = "rank",
                                       [EL4ML_KIND_AUTOENCODER] = "code",
                                       [EL4ML_KIND_MIXTURE] = "components"};
    const double parameters = parameters_of(s, d);
    if (parameters <= MAX_PARAMETERS)
        return el4ml_study_check_memory(s, keys[s->kind], parameters, (double)s->mixture.components, error);
    return el4ml_fail(error, EL4ML_BAD_INPUT,
                      "%s: '%s': %.0f parameters for these data; more than %.0f are out of reach",
                      el4ml_path_for_message(s->path), keys[s->kind], parameters, MAX_PARAMETERS);
}

static el4ml_status open_cluster(const el4ml_study *s, el4ml_surface **surface, el4ml_error *error)
{
    const double atoms = (double)s->atoms;
    const el4ml_status status = el4ml_study_check_memory(s, "atoms", 3 * atoms, atoms, error);
    if (status != EL4ML_OK) return status;
    return s->kind == EL4ML_KIND_MORSE ? el4ml_morse_new(s->atoms, s->rho, surface, error)
                                       : el4ml_lennard_jones_new(s->atoms, surface, error);
}

/* Matrices of all rows: the covariance and its relatives, and one for each parameter (as many as inputs, at a
 * guess). */
static el4ml_status open_gp(const el4ml_study *s, const el4ml_data *data, el4ml_surface **surface,
                            el4ml_error *error)
{
    el4ml_error found = {0};
    const double rows = (double)data->train.rows, inputs = (double)data->train.inputs;
    el4ml_status status = el4ml_study_check_memory(s, "kernel", 0, rows * sqrt((8 + inputs) / 2), error);
    if (status != EL4ML_OK) return status;
    status = el4ml_gp_new(&s->gp, &data->train, (const char *const *)data->input_names, surface, &found);
    if (status == EL4ML_OK) return status;
    return el4ml_fail(error, status, "%s: [surface]: %s", el4ml_path_for_message(s->path), found.message);
}

/* A thread keeps two distances of every row to every centroid, and a crease for each. */
static el4ml_status open_kmeans(const el4ml_study *s, const el4ml_dataset *train, el4ml_surface **surface,
                                el4ml_error *error)
{
    const double clusters = (double)s->clusters, parameters = clusters * (double)train->inputs;
    if (parameters > MAX_PARAMETERS)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: 'clusters': %.0f coordinates for these data; more than %.0f are out of reach",
                          el4ml_path_for_message(s->path), parameters, MAX_PARAMETERS);
    if (s->clusters > train->rows)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: 'clusters': %zu, but there are %zu training rows",
                          el4ml_path_for_message(s->path), s->clusters, train->rows);
    const el4ml_status status = el4ml_study_check_memory(
        s, "clusters", parameters + clusters * (double)train->rows / 40, clusters, error);
    return status == EL4ML_OK ? el4ml_kmeans_new(s->clusters, train, surface, error) : status;
}

static el4ml_status open_learner(const el4ml_study *s, const el4ml_data *data, el4ml_surface **surface,
                                 el4ml_error *error)
{
    const el4ml_dataset *train = &data->train;
    el4ml_status status = check_size(s, train, error);
    if (status == EL4ML_OK && s->kind == EL4ML_KIND_LOGISTIC)
        status = el4ml_study_check_logits(s, data, s->logistic.logits, error);
    if (status != EL4ML_OK) return status;
    switch (s->kind) {
    case EL4ML_KIND_LOGISTIC:
        return el4ml_logistic_new(&s->logistic, train, surface, error);
    case EL4ML_KIND_FACTORISATION:
        return el4ml_factorisation_new(&s->factorisation, train, surface, error);
    case EL4ML_KIND_AUTOENCODER:
        return el4ml_autoencoder_new(&s->autoencoder, train, surface, error);
    default:
        return el4ml_mixture_new(&s->mixture, train, surface, error);
    }
}

el4ml_status el4ml_model_open(const el4ml_study *s, const el4ml_data *data, el4ml_surface **surface,
                              el4ml_error *error)
{
    if (data && s->kind == EL4ML_KIND_GP) return open_gp(s, data, surface, error);
    if (data && s->kind == EL4ML_KIND_KMEANS) return open_kmeans(s, &data->train, surface, error);
    if (data) return open_learner(s, data, surface, error);
    switch (s->kind) {
    case EL4ML_KIND_LENNARD_JONES:
    case EL4ML_KIND_MORSE:
        return open_cluster(s, surface, error);
    case EL4ML_KIND_FUNCTION:
        return el4ml_function_new(s->function_name, surface, error);
    case EL4ML_KIND_PLUGIN:
        return el4ml_plugin_new(&s->plugin, surface, error);
    default:
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "study: unknown kind %d", (int)s->kind);
    }
}
