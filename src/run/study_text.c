/* The study, written: its identity, and in full. */
#include "el4ml/study.h"

#include <inttypes.h>

#include "base/memory.h"
#include "base/text.h"
#include "run/study_loss.h"
#include "run/study_minimiser.h"
#include "run/study_models.h"
#include "run/study_names.h"

void el4ml_text_line(el4ml_builder *text, const char *key, const char *value)
{
    el4ml_builder_format(text, "%s = ", key);
    el4ml_builder_quoted(text, value);
    el4ml_builder_text(text, "\n");
}

void el4ml_number_line(el4ml_builder *text, const char *key, double value)
{
    el4ml_builder_format(text, "%s = ", key);
    el4ml_builder_number(text, value);
    el4ml_builder_text(text, "\n");
}

void el4ml_count_line(el4ml_builder *text, const char *key, uint64_t value)
{
    el4ml_builder_format(text, "%s = %" PRIu64 "\n", key, value);
}

void el4ml_boolean_line(el4ml_builder *text, const char *key, bool value)
{
    el4ml_builder_format(text, "%s = %s\n", key, value ? "true" : "false");
}

static void add_data(el4ml_builder *text, const el4ml_study *s)
{
    el4ml_study_target_text(text, s);
    if (s->inputs) {
        el4ml_builder_text(text, "inputs = [");
        for (size_t k = 0; k < s->input_count; k++) {
            el4ml_builder_text(text, k > 0 ? ", " : "");
            el4ml_builder_quoted(text, s->inputs[k]);
        }
        el4ml_builder_text(text, "]\n");
    }
    if (s->rows > 0) el4ml_count_line(text, "rows", s->rows);
    el4ml_boolean_line(text, "standardise", s->standardise);
    el4ml_number_line(text, "test_fraction", s->test_fraction);
    el4ml_number_line(text, "validation_fraction", s->validation_fraction);
    el4ml_count_line(text, "split_seed", s->split_seed);
}

static void add_surface(el4ml_builder *text, const el4ml_study *s, bool located)
{
    if (s->kind == EL4ML_KIND_UNKNOWN) return;
    el4ml_builder_text(text, "\n[surface]\n");
    el4ml_text_line(text, "kind", el4ml_kind_names[s->kind]);
    el4ml_model_text(text, s, located);
    if (s->kind != EL4ML_KIND_MLP) return;
    el4ml_builder_text(text, "hidden = [");
    for (size_t l = 0; l < s->mlp.hidden_layers; l++)
        el4ml_builder_format(text, "%s%zu", l > 0 ? ", " : "", s->mlp.hidden[l]);
    el4ml_builder_text(text, "]\n");
    el4ml_text_line(text, "activation", el4ml_activation_names[s->mlp.activation]);
    el4ml_text_line(text, "loss", el4ml_loss_names[s->mlp.loss]);
    el4ml_number_line(text, "l2", s->mlp.l2);
    el4ml_boolean_line(text, "l2_biases", s->mlp.l2_biases);
    el4ml_study_loss_text(text, s);
}

/* What data and a plug-in are is told by their SHA-256, not by where they lie: the file may move. */
char *el4ml_study_identity(const el4ml_study *study)
{
    el4ml_builder text = {0};
    el4ml_count_line(&text, "seed", study->seed);
    if (study->has_data) {
        el4ml_builder_text(&text, "\n[data]\n");
        add_data(&text, study);
    }
    add_surface(&text, study, false);
    return el4ml_builder_take(&text);
}

/* Those keys alone that are the minimiser's, and none that stand for its own default. */
static void add_minimiser(el4ml_builder *text, const el4ml_study *s)
{
    const el4ml_training_options *t = &s->training;
    el4ml_text_line(text, "minimiser", el4ml_minimiser_names[s->minimiser]);
    if (s->history > 0) el4ml_count_line(text, "history", s->history);
    if (s->handover > 0) el4ml_number_line(text, "handover", s->handover);
    if (!el4ml_minimiser_has(s->minimiser, "epochs")) return;
    el4ml_count_line(text, "epochs", t->epochs);
    if (t->learning_rate > 0) el4ml_number_line(text, "learning_rate", t->learning_rate);
    const bool pairs = s->mlp.loss == EL4ML_AUC || s->mlp.loss == EL4ML_CONTRASTIVE; /* no mini-batches */
    const bool batches = s->has_data && !pairs && s->kind != EL4ML_KIND_FACTORISATION;
    if (batches) el4ml_count_line(text, "batch_size", t->batch_size);
    if (s->minimiser == EL4ML_SGD || s->minimiser == EL4ML_SAM)
        el4ml_number_line(text, "momentum", t->momentum);
    if (s->minimiser == EL4ML_SAM) el4ml_number_line(text, "sam_radius", t->radius);
    if (s->minimiser != EL4ML_ENTROPY_SGD) return;
    el4ml_count_line(text, "entropy_walk", t->walk);
    el4ml_number_line(text, "entropy_scope", t->scope);
    el4ml_number_line(text, "entropy_noise", t->noise);
}

static void add_search(el4ml_builder *text, const el4ml_study *s)
{
    el4ml_builder_text(text, "\n[explore]\n");
    el4ml_text_line(text, "method", el4ml_method_names[s->method]);
    el4ml_count_line(text, "steps", s->steps);
    el4ml_number_line(text, "temperature", s->temperature);
    el4ml_number_line(text, "step", s->step);
    if (s->start) el4ml_text_line(text, "start", s->start);
    if (s->kind != EL4ML_KIND_KMEANS) add_minimiser(text, s);
    el4ml_builder_text(text, "\n[connect]\n");
    el4ml_count_line(text, "budget", s->budget);
    el4ml_text_line(text, "goal", el4ml_goal_names[s->goal]);
    el4ml_count_line(text, "improve", s->improve);
    el4ml_number_line(text, "unseen", s->unseen);
}

char *el4ml_study_text(const el4ml_study *study)
{
    el4ml_builder text = {0};
    el4ml_builder_text(&text, "[study]\n");
    el4ml_text_line(&text, "name", study->name);
    el4ml_count_line(&text, "seed", study->seed);
    if (study->has_data) {
        el4ml_builder_text(&text, "\n[data]\n");
        el4ml_text_line(&text, "file", study->data_file);
        add_data(&text, study);
    }
    add_surface(&text, study, true);
    add_search(&text, study);
    el4ml_builder_text(&text, "\n[analyse]\ntemperatures = [");
    el4ml_builder_number(&text, study->temperature_from);
    el4ml_builder_text(&text, ", ");
    el4ml_builder_number(&text, study->temperature_to);
    el4ml_builder_format(&text, ", %" PRIu64 "]\n", study->temperature_count);
    return el4ml_builder_take(&text);
}

void el4ml_text_free(char *text)
{
    el4ml_release(text);
}
