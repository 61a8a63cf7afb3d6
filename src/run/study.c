/* The study file, read. The order is: tables known? kind? keys known, and of this kind? then the values. */
#include "el4ml/study.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/study_loss.h"
#include "run/study_minimiser.h"
#include "run/study_models.h"
#include "run/study_names.h"
#include "run/study_reader.h"

#define MAX_PARAMETERS 1e7 /* a Hessian of more is out of reach by far */
#define MAX_COUNT INT64_C(1000000000000)
#define MAX_NAME 200

#define FOR_KIND(kind) (1u << (kind))
#define FOR_MLP FOR_KIND(EL4ML_KIND_MLP)
#define FOR_CLUSTER FOR_KIND(EL4ML_KIND_LENNARD_JONES)
#define FOR_FUNCTION FOR_KIND(EL4ML_KIND_FUNCTION)
#define FOR_MORSE FOR_KIND(EL4ML_KIND_MORSE)
#define FOR_LOGISTIC FOR_KIND(EL4ML_KIND_LOGISTIC)
#define FOR_FACTORISATION FOR_KIND(EL4ML_KIND_FACTORISATION)
#define FOR_AUTOENCODER FOR_KIND(EL4ML_KIND_AUTOENCODER)
#define FOR_MIXTURE FOR_KIND(EL4ML_KIND_MIXTURE)
#define FOR_PLUGIN FOR_KIND(EL4ML_KIND_PLUGIN)
#define FOR_GP FOR_KIND(EL4ML_KIND_GP)
#define FOR_KMEANS FOR_KIND(EL4ML_KIND_KMEANS)
/* Kinds that learn from data, ... */
#define FOR_DATA                                                                                             \
    (FOR_MLP | FOR_GP | FOR_LOGISTIC | FOR_FACTORISATION | FOR_AUTOENCODER | FOR_MIXTURE | FOR_KMEANS)
#define FOR_ALL (FOR_DATA | FOR_CLUSTER | FOR_FUNCTION | FOR_MORSE | FOR_PLUGIN)
#define FOR_SMOOTH (FOR_ALL & ~FOR_KMEANS)  /* those that minimisers by gradients are for, */
#define FOR_DESCENTS (FOR_SMOOTH & ~FOR_GP) /* and without bounds: every minimiser, */
#define FOR_BATCHES (FOR_DATA & FOR_DESCENTS & ~FOR_FACTORISATION) /* also by mini-batches */

static const char *const table_names[] = {"study", "data", "surface", "explore", "connect", "analyse"};
enum { TABLES = sizeof table_names / sizeof *table_names };

static const struct known {
    const char *table, *key;
    unsigned kinds;
} known_keys[] = {
    {"study", "name", FOR_ALL},
    {"study", "seed", FOR_ALL},
    {"data", "file", FOR_DATA},
    {"data", "target", FOR_DATA},
    {"data", "inputs", FOR_DATA},
    {"data", "rows", FOR_DATA},
    {"data", "standardise", FOR_DATA},
    {"data", "test_fraction", FOR_DATA},
    {"data", "validation_fraction", FOR_DATA},
    {"data", "split_seed", FOR_DATA},
    {"data", "top_k", FOR_MLP},
    {"surface", "kind", FOR_ALL},
    {"surface", "hidden", FOR_MLP},
    {"surface", "code", FOR_AUTOENCODER},
    {"surface", "rank", FOR_FACTORISATION},
    {"surface", "components", FOR_MIXTURE},
    {"surface", "covariance", FOR_MIXTURE},
    {"surface", "prior", FOR_MIXTURE},
    {"surface", "activation", FOR_MLP | FOR_AUTOENCODER},
    {"surface", "loss", FOR_MLP},
    {"surface", "l2", FOR_MLP | FOR_LOGISTIC | FOR_AUTOENCODER | FOR_FACTORISATION},
    {"surface", "l2_biases", FOR_MLP | FOR_LOGISTIC | FOR_AUTOENCODER},
    {"surface", "logits", FOR_MLP | FOR_LOGISTIC},
    {"surface", "positive", FOR_MLP},
    {"surface", "class_weight", FOR_MLP},
    {"surface", "label_smoothing", FOR_MLP},
    {"surface", "beta", FOR_MLP},
    {"surface", "embedding", FOR_MLP},
    {"surface", "margin", FOR_MLP},
    {"surface", "epsilon", FOR_MLP},
    {"surface", "pairs", FOR_MLP},
    {"surface", "neighbours", FOR_MLP},
    {"surface", "atoms", FOR_CLUSTER | FOR_MORSE},
    {"surface", "rho", FOR_MORSE},
    {"surface", "name", FOR_FUNCTION},
    {"surface", "file", FOR_PLUGIN},
    {"surface", "parameters", FOR_PLUGIN},
    {"surface", "numerical", FOR_PLUGIN},
    {"surface", "clusters", FOR_KMEANS},
    {"surface", "kernel", FOR_GP},
    {"surface", "ard", FOR_GP},
    {"surface", "jitter", FOR_GP},
    {"surface", "bounds", FOR_GP},
    {"surface", "signal_bounds", FOR_GP},
    {"surface", "signal_prior", FOR_GP},
    {"surface", "length_bounds", FOR_GP},
    {"surface", "length_prior", FOR_GP},
    {"surface", "alpha_bounds", FOR_GP},
    {"surface", "alpha_prior", FOR_GP},
    {"surface", "nu_bounds", FOR_GP},
    {"surface", "nu_prior", FOR_GP},
    {"surface", "noise_bounds", FOR_GP},
    {"surface", "noise_prior", FOR_GP},
    {"explore", "method", FOR_ALL},
    {"explore", "steps", FOR_ALL},
    {"explore", "temperature", FOR_ALL},
    {"explore", "step", FOR_ALL},
    {"explore", "start", FOR_MLP | FOR_LOGISTIC | FOR_AUTOENCODER},
    {"explore", "minimiser", FOR_SMOOTH},
    {"explore", "history", FOR_SMOOTH},
    {"explore", "handover", FOR_SMOOTH},
    {"explore", "learning_rate", FOR_DESCENTS},
    {"explore", "momentum", FOR_DESCENTS},
    {"explore", "batch_size", FOR_BATCHES},
    {"explore", "epochs", FOR_DESCENTS},
    {"explore", "sam_radius", FOR_DESCENTS},
    {"explore", "entropy_walk", FOR_DESCENTS},
    {"explore", "entropy_scope", FOR_DESCENTS},
    {"explore", "entropy_noise", FOR_DESCENTS},
    {"connect", "budget", FOR_ALL},
    {"connect", "goal", FOR_ALL},
    {"connect", "improve", FOR_ALL},
    {"connect", "unseen", FOR_ALL},
    {"analyse", "temperatures", FOR_ALL},
};
enum { KNOWN = sizeof known_keys / sizeof *known_keys };

/* ---- known tables and keys ---- */

/* The table in which a key is known; NULL when in none. */
static const char *home_of(const char *key, unsigned kinds)
{
    for (size_t i = 0; i < KNOWN; i++)
        if ((known_keys[i].kinds & kinds) && strcmp(known_keys[i].key, key) == 0) return known_keys[i].table;
    return NULL;
}

static void unknown_table(el4ml_study_reader *r, const el4ml_toml *t)
{
    const char *home = t->type == EL4ML_TOML_TABLE ? NULL : home_of(t->key, FOR_ALL);
    const char *nearest = el4ml_nearest_name(t->key, table_names, TABLES);
    char all[128];
    el4ml_reader_list(table_names, TABLES, all, sizeof all);
    if (home)
        r->status = el4ml_toml_fail_key(r->document, t, r->error, "this key belongs in a table, [%s]", home);
    else if (nearest)
        r->status =
            el4ml_toml_fail_key(r->document, t, r->error, "unknown table; did you mean [%s]?", nearest);
    else
        r->status = el4ml_toml_fail_key(r->document, t, r->error, "unknown table; the tables are: %s", all);
}

static void check_tables(el4ml_study_reader *r)
{
    for (const el4ml_toml *t = r->document->root.first; t && r->status == EL4ML_OK; t = t->next) {
        bool known = false;
        for (size_t i = 0; i < TABLES; i++)
            known = known || strcmp(t->key, table_names[i]) == 0;
        if (!known)
            unknown_table(r, t);
        else if (t->type != EL4ML_TOML_TABLE)
            r->status = el4ml_toml_fail(r->document, t, r->error, "is a table: write [%s]", t->key);
    }
}

static void unknown_key(el4ml_study_reader *r, const el4ml_toml *table, const el4ml_toml *key)
{
    const unsigned kind = FOR_KIND(r->study->kind);
    const char *names[KNOWN], *home = home_of(key->key, kind);
    size_t count = 0;
    for (size_t i = 0; i < KNOWN; i++)
        if ((known_keys[i].kinds & kind) && strcmp(known_keys[i].table, table->key) == 0)
            names[count++] = known_keys[i].key;
    const char *nearest = el4ml_nearest_name(key->key, names, count);
    char all[256];
    el4ml_reader_list(names, count, all, sizeof all);
    if (home)
        r->status = el4ml_toml_fail_key(r->document, key, r->error, "unknown key in [%s]; it belongs in [%s]",
                                        table->key, home);
    else if (nearest)
        r->status = el4ml_toml_fail_key(r->document, key, r->error, "unknown key in [%s]; did you mean '%s'?",
                                        table->key, nearest);
    else
        r->status = el4ml_toml_fail_key(r->document, key, r->error, "unknown key in [%s]; its keys are: %s",
                                        table->key, all);
}

static void check_key(el4ml_study_reader *r, const el4ml_toml *table, const el4ml_toml *key)
{
    for (size_t i = 0; i < KNOWN; i++) {
        const struct known *k = &known_keys[i];
        if (strcmp(k->table, table->key) != 0 || strcmp(k->key, key->key) != 0) continue;
        if (!(k->kinds & FOR_KIND(r->study->kind)))
            r->status =
                el4ml_toml_fail_key(r->document, key, r->error, "this key does not belong to kind \"%s\"",
                                    el4ml_kind_names[r->study->kind]);
        return;
    }
    unknown_key(r, table, key);
}

static void check_keys(el4ml_study_reader *r)
{
    if (r->status != EL4ML_OK) return;
    for (const el4ml_toml *t = r->document->root.first; t; t = t->next) {
        if (strcmp(t->key, "data") == 0 && !el4ml_kind_learns(r->study->kind)) {
            r->status = el4ml_toml_fail_key(r->document, t, r->error,
                                            "kind \"%s\" learns from no data; leave [data] out",
                                            el4ml_kind_names[r->study->kind]);
            return;
        }
        for (const el4ml_toml *key = t->first; key && r->status == EL4ML_OK; key = key->next)
            check_key(r, t, key);
        if (r->status != EL4ML_OK) return;
    }
}

/* ---- the tables ---- */

static bool fits_folder(const char *name)
{
    for (const char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7F) return false;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strlen(name) <= MAX_NAME;
}

static void read_name(el4ml_study_reader *r)
{
    const el4ml_toml *node = el4ml_reader_find(r, "study", "name");
    if (r->status != EL4ML_OK) return;
    if (node) {
        const char *name;
        el4ml_reader_check_text(r, node, &name);
        if (r->status == EL4ML_OK && !fits_folder(name))
            r->status = el4ml_toml_fail(
                r->document, node, r->error,
                "names the output folder: no '/', no control characters, at most %d bytes", MAX_NAME);
        el4ml_reader_copy_text(r, name, &r->study->name);
        return;
    }
    el4ml_reader_copy_text(r, el4ml_path_base(r->path), &r->study->name);
    if (r->status != EL4ML_OK) return;
    char *name = r->study->name;
    if (el4ml_path_ends(name, ".toml") && strlen(name) > 5) name[strlen(name) - 5] = '\0';
}

static void read_data(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    if (!el4ml_kind_learns(s->kind)) return;
    s->has_data = true;
    const el4ml_toml *file = el4ml_reader_require(r, "data", "file", "a CSV or .npy file");
    el4ml_reader_path(r, file, &s->data_file);
    el4ml_reader_target(r);
    el4ml_reader_texts(r, el4ml_reader_find(r, "data", "inputs"), &s->inputs, &s->input_count);
    el4ml_reader_count(r, "data", "rows", 2, INT32_MAX, &s->rows);
    el4ml_reader_boolean(r, "data", "standardise", &s->standardise);
    el4ml_reader_fraction(r, "data", "test_fraction", &s->test_fraction);
    el4ml_reader_fraction(r, "data", "validation_fraction", &s->validation_fraction);
    s->split_seed = s->seed;
    s->split_seed_given = el4ml_reader_find(r, "data", "split_seed") != NULL;
    el4ml_reader_count(r, "data", "split_seed", 0, INT64_MAX, &s->split_seed);
}

static void read_hidden(el4ml_study_reader *r)
{
    el4ml_mlp_options *mlp = &r->study->mlp;
    const el4ml_toml *array =
        el4ml_reader_require(r, "surface", "hidden", "units of each hidden layer, such as [5]; [] for none");
    if (!array) return;
    if (array->type != EL4ML_TOML_ARRAY) {
        r->status =
            el4ml_toml_fail(r->document, array, r->error, "must be a list of integers such as [5], not %s",
                            el4ml_toml_type_name(array->type));
        return;
    }
    if (array->count > EL4ML_MAX_HIDDEN_LAYERS) {
        r->status = el4ml_toml_fail(r->document, array, r->error, "at most %d hidden layers, not %zu",
                                    EL4ML_MAX_HIDDEN_LAYERS, array->count);
        return;
    }
    double parameters = 0, before = 1; /* at least; the data may have more inputs than one */
    mlp->hidden_layers = 0;
    for (const el4ml_toml *layer = array->first; layer && r->status == EL4ML_OK; layer = layer->next) {
        uint64_t units = 0;
        el4ml_reader_check_count(r, layer, 1, INT32_MAX, &units);
        mlp->hidden[mlp->hidden_layers++] = (size_t)units;
        parameters += (before + 1) * (double)units;
        before = (double)units;
    }
    if (r->status == EL4ML_OK && parameters > MAX_PARAMETERS)
        r->status = el4ml_toml_fail(r->document, array, r->error,
                                    "layers this large make more than %.0f parameters, which is out of reach",
                                    MAX_PARAMETERS);
}

static void read_mlp(el4ml_study_reader *r)
{
    el4ml_mlp_options *mlp = &r->study->mlp;
    unsigned activation = mlp->activation, loss = mlp->loss;
    read_hidden(r);
    el4ml_reader_word(r, "surface", "activation", el4ml_activation_names, &activation);
    el4ml_reader_word(r, "surface", "loss", el4ml_loss_names, &loss);
    const el4ml_toml *l2 = el4ml_reader_find(r, "surface", "l2");
    if (l2) el4ml_reader_check_number(r, l2, 0, true, INFINITY, false, &mlp->l2);
    el4ml_reader_boolean(r, "surface", "l2_biases", &mlp->l2_biases);
    mlp->activation = (el4ml_activation)activation;
    mlp->loss = (el4ml_loss)loss;
    el4ml_reader_loss(r);
}

static void read_surface(el4ml_study_reader *r)
{
    if (r->study->kind == EL4ML_KIND_MLP)
        read_mlp(r);
    else
        el4ml_reader_model(r);
}

static void read_explore(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    unsigned method = s->method;
    el4ml_reader_word(r, "explore", "method", el4ml_method_names, &method);
    s->method = (el4ml_method)method;
    if (method > EL4ML_RANDOM_STARTS) { /* sam, entropy-sgd: random starts by that minimiser */
        s->method = EL4ML_RANDOM_STARTS;
        s->minimiser = method == EL4ML_RANDOM_STARTS + 1 ? EL4ML_SAM : EL4ML_ENTROPY_SGD;
    }
    el4ml_reader_count(r, "explore", "steps", 1, MAX_COUNT, &s->steps);
    el4ml_reader_positive(r, "explore", "temperature", &s->temperature);
    el4ml_reader_positive(r, "explore", "step", &s->step);
    el4ml_reader_path(r, el4ml_reader_find(r, "explore", "start"), &s->start);
    el4ml_reader_minimiser(r);
}

static void read_connect(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    unsigned goal = s->goal;
    el4ml_reader_word(r, "connect", "goal", el4ml_goal_names, &goal);
    s->goal = (el4ml_goal)goal;
    if (s->kind == EL4ML_KIND_KMEANS) s->budget = 20000; /* searches of microseconds */
    if (s->goal == EL4ML_EXHAUST) s->budget = 200000;
    el4ml_reader_count(r, "connect", "budget", 0, MAX_COUNT, &s->budget);
    el4ml_reader_count(r, "connect", "improve", 0, MAX_COUNT, &s->improve);
    const el4ml_toml *unseen = el4ml_reader_find(r, "connect", "unseen");
    if (unseen) el4ml_reader_check_number(r, unseen, 0, false, 1, false, &s->unseen);
}

/* [from, to, how many] */
static void read_temperatures(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    const el4ml_toml *array = el4ml_reader_find(r, "analyse", "temperatures");
    if (!array) return;
    if (array->type != EL4ML_TOML_ARRAY || array->count != 3) {
        r->status = el4ml_toml_fail(r->document, array, r->error,
                                    "must be [from, to, how many], such as [1e-4, 1.0, 200]");
        return;
    }
    const el4ml_toml *to = array->first->next;
    el4ml_reader_check_number(r, array->first, 0, false, INFINITY, false, &s->temperature_from);
    el4ml_reader_check_number(r, to, s->temperature_from, false, INFINITY, false, &s->temperature_to);
    el4ml_reader_check_count(r, to->next, 2, 100000, &s->temperature_count);
}

/* ---- all of it ---- */

static void set_defaults(el4ml_study *s)
{
    s->seed = 1;
    s->standardise = true;
    s->mlp = el4ml_mlp_options_default();
    s->mlp.l2 = 1e-3; /* without, a net has flat directions and no isolated minima */
    el4ml_model_defaults(s);
    s->steps = 1000;
    s->temperature = 1;
    s->step = 1;
    s->training = el4ml_minimise_options_default().training;
    s->budget = 2000;
    s->unseen = 1e-3;
    s->temperature_from = 1e-4;
    s->temperature_to = 1;
    s->temperature_count = 200;
}

static void read_study(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    unsigned kind = 0;
    set_defaults(s);
    el4ml_reader_copy_text(r, r->path, &s->path);
    if (r->status == EL4ML_OK) check_tables(r);
    const el4ml_toml *node =
        el4ml_reader_require(r, "surface", "kind",
                             "mlp, logistic, autoencoder, factorisation, mixture, kmeans, gp, lennard-jones, "
                             "morse, function or plugin");
    if (node) el4ml_reader_check_word(r, node, el4ml_kind_names, &kind);
    s->kind = (el4ml_kind)kind;
    check_keys(r);
    read_name(r);
    el4ml_reader_count(r, "study", "seed", 0, INT64_MAX, &s->seed);
    read_data(r);
    if (r->status == EL4ML_OK) read_surface(r);
    read_explore(r);
    read_connect(r);
    read_temperatures(r);
}

el4ml_status el4ml_study_read(const char *path, el4ml_study **study, el4ml_error *error)
{
    el4ml_study_reader r = {.path = path, .error = error};
    char *bytes = NULL;
    size_t length = 0;
    r.status = el4ml_file_read(path, &bytes, &length, error);
    if (r.status == EL4ML_OK) r.status = el4ml_toml_parse(path, bytes, length, &r.document, error);
    el4ml_release(bytes);
    if (r.status != EL4ML_OK) return r.status;
    r.study = EL4ML_NEW(el4ml_study, 1);
    if (r.study)
        read_study(&r);
    else
        el4ml_reader_no_memory(&r);
    el4ml_toml_free(r.document);
    if (r.status == EL4ML_OK)
        *study = r.study;
    else
        el4ml_study_free(r.study);
    return r.status;
}

el4ml_status el4ml_study_none(const char *name, el4ml_study **study, el4ml_error *error)
{
    el4ml_study *made = EL4ML_NEW(el4ml_study, 1);
    if (made) {
        set_defaults(made);
        made->kind = EL4ML_KIND_UNKNOWN;
        made->name = el4ml_copy_text(name);
    }
    if (made && made->name) {
        *study = made;
        return EL4ML_OK;
    }
    el4ml_study_free(made);
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "study: out of memory");
}

void el4ml_study_set_seed(el4ml_study *study, uint64_t seed)
{
    study->seed = seed;
    if (!study->split_seed_given) study->split_seed = seed;
}

void el4ml_study_free(el4ml_study *study)
{
    if (!study) return;
    el4ml_release(study->path);
    el4ml_release(study->name);
    el4ml_release(study->data_file);
    el4ml_release(study->target);
    el4ml_model_clear(study);
    for (size_t t = 0; t < study->target_count; t++)
        el4ml_release(study->targets[t]);
    el4ml_release(study->targets);
    el4ml_release(study->positive);
    el4ml_release(study->class_weight);
    for (size_t k = 0; k < study->input_count; k++)
        el4ml_release(study->inputs[k]);
    el4ml_release(study->inputs);
    el4ml_release(study->start);
    el4ml_release(study);
}
