/* Landscapes of models on real data, run inside a test: the data split, the search, the ensembles. */
#ifndef EL4ML_TESTS_MODEL_HELP_H
#define EL4ML_TESTS_MODEL_HELP_H

#include "el4ml/ensembles.h"
#include "run_samples.h"

typedef struct model_case {
    const char *file, *target; /* of examples/data */
    el4ml_loss loss;
    size_t hidden;
    double l2, test_fraction, validation_fraction;
    uint64_t steps, budget;
} model_case;

typedef struct model {
    const char *folder;
    el4ml_study study;
    el4ml_data *data;
    el4ml_surface *surface;
    el4ml_landscape *landscape;
    el4ml_network *network;
} model;

static inline el4ml_data *case_data(const model_case *c)
{
    char path[600];
    el4ml_data_options o = el4ml_data_options_default();
    el4ml_data *data = NULL;
    el4ml_error error = {0};
    snprintf(path, sizeof path, "%s/examples/data/%s", EL4ML_SOURCE_DIR, c->file);
    o.file = path;
    o.target = c->target;
    o.classification = c->loss == EL4ML_CROSS_ENTROPY;
    o.test_fraction = c->test_fraction;
    o.validation_fraction = c->validation_fraction;
    ck_assert_msg(el4ml_data_read(&o, &data, &error) == EL4ML_OK, "%s", error.message);
    return data;
}

/* Takes the data over. */
static inline model model_run(const model_case *c, el4ml_data *data, const char *name)
{
    bool time_up;
    const el4ml_run_options options = {.threads = 1};
    model m = {.folder = scratch_folder(name), .study = plain_study(), .data = data};
    m.study.kind = EL4ML_KIND_MLP;
    m.study.name = (char *)(uintptr_t) "test";
    m.study.mlp = fixture_options(EL4ML_TANH, c->loss, c->l2, 1, &c->hidden);
    m.study.temperature_from = 1e-6;
    m.study.temperature_count = 100;
    m.study.steps = c->steps;
    m.study.budget = c->budget;
    ck_assert_int_eq(el4ml_mlp_new(&m.study.mlp, &data->train, &m.surface, NULL), EL4ML_OK);
    m.landscape = open_run(m.folder, m.surface);
    ck_assert_int_eq(el4ml_run_explore(&m.study, m.surface, data, m.landscape, &options, &time_up, NULL),
                     EL4ML_OK);
    ck_assert_int_eq(el4ml_run_connect(&m.study, m.surface, data, m.landscape, &options, &time_up, NULL),
                     EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_network(m.landscape, &m.network, NULL), EL4ML_OK);
    return m;
}

static inline void model_end(model *m)
{
    el4ml_network_free(m->network);
    el4ml_landscape_close(m->landscape);
    el4ml_surface_free(m->surface);
    el4ml_data_free(m->data);
    remove_folder(m->folder);
}

static inline el4ml_ensembles *model_ensembles(const model *m, const el4ml_ensembles_options *options)
{
    const el4ml_ensembles_source source = {.landscape = m->landscape,
                                           .network = m->network,
                                           .study = &m->study,
                                           .surface = m->surface,
                                           .data = m->data};
    el4ml_ensembles *e = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_ensembles_fit(&source, options, &e, &error) == EL4ML_OK, "%s", error.message);
    ck_assert_msg(el4ml_ensembles_test(e, &m->data->test, &error) == EL4ML_OK, "%s", error.message);
    return e;
}

#endif
