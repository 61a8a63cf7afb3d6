#include "run/study_minimiser.h"

#include <math.h>
#include <string.h>

#include "run/study_names.h"

#define OF(minimiser) (1u << (minimiser))
#define DESCENTS (OF(EL4ML_LBFGS) | OF(EL4ML_CONJUGATE_GRADIENT) | TRAINING)
#define TRAINING (OF(EL4ML_ADAM) | OF(EL4ML_SGD) | OF(EL4ML_SAM) | OF(EL4ML_ENTROPY_SGD))

static const struct setting {
    const char *key;
    unsigned minimisers;
} settings[] = {
    {"handover", DESCENTS},
    {"learning_rate", TRAINING},
    {"momentum", OF(EL4ML_SGD) | OF(EL4ML_SAM)},
    {"batch_size", TRAINING},
    {"epochs", TRAINING},
    {"sam_radius", OF(EL4ML_SAM)},
    {"entropy_walk", OF(EL4ML_ENTROPY_SGD)},
    {"entropy_scope", OF(EL4ML_ENTROPY_SGD)},
    {"entropy_noise", OF(EL4ML_ENTROPY_SGD)},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

bool el4ml_minimiser_has(el4ml_minimise_method minimiser, const char *key)
{
    for (size_t k = 0; k < SETTINGS; k++)
        if (strcmp(settings[k].key, key) == 0) return settings[k].minimisers & OF(minimiser);
    return true;
}

/* A setting without effect is a mistake that would go unseen. */
static void check_settings(el4ml_study_reader *r)
{
    for (size_t k = 0; k < SETTINGS; k++) {
        const el4ml_toml *node = el4ml_reader_find(r, "explore", settings[k].key);
        if (!node || el4ml_minimiser_has(r->study->minimiser, settings[k].key)) continue;
        const char *names[EL4ML_ENTROPY_SGD + 1];
        size_t count = 0;
        for (unsigned m = 0; el4ml_minimiser_names[m]; m++)
            if (settings[k].minimisers & OF(m)) names[count++] = el4ml_minimiser_names[m];
        char all[128];
        el4ml_reader_list(names, count, all, sizeof all);
        r->status = el4ml_toml_fail_key(r->document, node, r->error,
                                        "this key does not belong to minimiser \"%s\", but to: %s",
                                        el4ml_minimiser_names[r->study->minimiser], all);
    }
}

/* So is a batch of what has none. */
static void check_batches(el4ml_study_reader *r)
{
    const el4ml_toml *node = el4ml_reader_find(r, "explore", "batch_size");
    const el4ml_loss loss = r->study->mlp.loss;
    if (!node || r->study->kind != EL4ML_KIND_MLP || (loss != EL4ML_AUC && loss != EL4ML_CONTRASTIVE)) return;
    r->status =
        el4ml_toml_fail_key(r->document, node, r->error,
                            "loss \"%s\" is a mean over pairs of rows and has no mini-batches: leave it out",
                            el4ml_loss_names[loss]);
}

/* A box is for those minimisers only that keep to it. */
static void check_bounds(el4ml_study_reader *r)
{
    const el4ml_minimise_method m = r->study->minimiser;
    if (r->study->kind != EL4ML_KIND_GP || m == EL4ML_NEWTON_LBFGS || m == EL4ML_LBFGS) return;
    const el4ml_toml *node = el4ml_reader_find(r, "explore", "minimiser");
    if (node)
        r->status = el4ml_toml_fail(r->document, node, r->error,
                                    "kind \"gp\" has bounds, and takes newton-lbfgs or lbfgs");
}

void el4ml_reader_minimiser(el4ml_study_reader *r)
{
    el4ml_study *s = r->study;
    el4ml_training_options *t = &s->training;
    unsigned minimiser = s->minimiser;
    uint64_t history = s->history, batch = t->batch_size;
    const el4ml_toml *word = el4ml_reader_find(r, "explore", "minimiser");
    el4ml_reader_word(r, "explore", "minimiser", el4ml_minimiser_names, &minimiser);
    if (word && r->status == EL4ML_OK && s->minimiser != EL4ML_NEWTON_LBFGS && minimiser != s->minimiser)
        r->status =
            el4ml_toml_fail_key(r->document, word, r->error, "method \"%s\" is a minimiser of its own",
                                el4ml_minimiser_names[s->minimiser]);
    s->minimiser = (el4ml_minimise_method)minimiser;
    check_bounds(r);
    check_settings(r);
    check_batches(r);
    el4ml_reader_count(r, "explore", "history", 1, 500, &history);
    el4ml_reader_positive(r, "explore", "handover", &s->handover);
    el4ml_reader_positive(r, "explore", "learning_rate", &t->learning_rate);
    const el4ml_toml *momentum = el4ml_reader_find(r, "explore", "momentum");
    if (momentum) el4ml_reader_check_number(r, momentum, 0, true, 1, false, &t->momentum);
    el4ml_reader_count(r, "explore", "batch_size", 0, INT32_MAX, &batch);
    el4ml_reader_count(r, "explore", "epochs", 1, INT32_MAX, &t->epochs);
    el4ml_reader_positive(r, "explore", "sam_radius", &t->radius);
    el4ml_reader_count(r, "explore", "entropy_walk", 1, INT32_MAX, &t->walk);
    el4ml_reader_positive(r, "explore", "entropy_scope", &t->scope);
    const el4ml_toml *noise = el4ml_reader_find(r, "explore", "entropy_noise");
    if (noise) el4ml_reader_check_number(r, noise, 0, true, INFINITY, false, &t->noise);
    s->history = (size_t)history;
    t->batch_size = (size_t)batch;
}

void el4ml_study_minimise(const el4ml_study *s, el4ml_minimise_options *o)
{
    o->method = s->minimiser;
    o->handover = s->handover;
    if (s->history > 0) o->history = s->history;
    if (el4ml_minimiser_has(s->minimiser, "epochs")) o->training = s->training;
}
