#include "run/study_loss.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/study_models.h"
#include "run/study_names.h"

#define OF(loss) (1u << (loss))
#define CLASSES (OF(EL4ML_CROSS_ENTROPY) | OF(EL4ML_AUC))
#define MOST_OUTPUTS 10000

static const struct setting {
    const char *table, *key;
    unsigned losses;
} settings[] = {
    {"surface", "logits", CLASSES},
    {"surface", "positive", CLASSES},
    {"surface", "class_weight", OF(EL4ML_CROSS_ENTROPY)},
    {"surface", "label_smoothing", OF(EL4ML_CROSS_ENTROPY)},
    {"surface", "beta", OF(EL4ML_AUC) | OF(EL4ML_CONTRASTIVE)},
    {"surface", "embedding", OF(EL4ML_CONTRASTIVE)},
    {"surface", "margin", OF(EL4ML_CONTRASTIVE)},
    {"surface", "epsilon", OF(EL4ML_CONTRASTIVE)},
    {"surface", "pairs", OF(EL4ML_CONTRASTIVE)},
    {"surface", "neighbours", OF(EL4ML_CONTRASTIVE)},
    {"data", "top_k", OF(EL4ML_CROSS_ENTROPY)},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* A setting without effect is a mistake that would go unseen. */
static void check_settings(el4ml_study_reader *r)
{
    for (size_t k = 0; k < SETTINGS; k++) {
        const el4ml_toml *node = el4ml_reader_find(r, settings[k].table, settings[k].key);
        if (!node || (settings[k].losses & OF(r->study->mlp.loss))) continue;
        const char *names[EL4ML_CONTRASTIVE + 1];
        size_t count = 0;
        for (unsigned l = 0; el4ml_loss_names[l]; l++)
            if (settings[k].losses & OF(l)) names[count++] = el4ml_loss_names[l];
        char all[64];
        el4ml_reader_list(names, count, all, sizeof all);
        r->status = el4ml_toml_fail_key(r->document, node, r->error,
                                        "this key does not belong to loss \"%s\", but to: %s",
                                        el4ml_loss_names[r->study->mlp.loss], all);
    }
}

/* ---- [data] target ---- */

static void read_targets(el4ml_study_reader *r, const el4ml_toml *list)
{
    el4ml_study *s = r->study;
    if (list->count == 0) {
        r->status = el4ml_toml_fail(r->document, list, r->error, "must name a column at least");
        return;
    }
    s->targets = EL4ML_NEW(char *, list->count);
    if (!s->targets) {
        el4ml_reader_no_memory(r);
        return;
    }
    for (const el4ml_toml *node = list->first; node && r->status == EL4ML_OK; node = node->next) {
        const char *name;
        el4ml_reader_check_text(r, node, &name);
        el4ml_reader_copy_text(r, name, &s->targets[s->target_count]);
        if (r->status == EL4ML_OK) s->target_count++;
    }
    if (r->status == EL4ML_OK) el4ml_reader_copy_text(r, s->targets[0], &s->target);
}

void el4ml_reader_target(el4ml_study_reader *r)
{
    const bool optional = !el4ml_kind_has_target(r->study->kind);
    const el4ml_toml *target = optional ? el4ml_reader_find(r, "data", "target")
                                        : el4ml_reader_require(r, "data", "target", "the name of a column");
    const char *name = "";
    if (target && target->type == EL4ML_TOML_ARRAY && r->study->kind == EL4ML_KIND_MLP) {
        read_targets(r, target);
        return;
    }
    if (target) el4ml_reader_check_text(r, target, &name);
    if (target || !optional) el4ml_reader_copy_text(r, name, &r->study->target);
}

static void check_targets(el4ml_study_reader *r)
{
    const el4ml_toml *target = el4ml_reader_find(r, "data", "target");
    if (!target || r->study->target_count < 2 || r->study->mlp.loss == EL4ML_MSE) return;
    r->status = el4ml_toml_fail(
        r->document, target, r->error,
        "several targets are numbers and take loss = \"mse\"; loss \"%s\" takes one, of classes",
        el4ml_loss_names[r->study->mlp.loss]);
}

/* ---- [surface] ---- */

/* A class may be named as text or as the number it is. */
static void read_positive(el4ml_study_reader *r)
{
    const el4ml_toml *node = el4ml_reader_find(r, "surface", "positive");
    char text[32];
    const char *name = text;
    if (!node) return;
    if (node->type == EL4ML_TOML_INTEGER)
        snprintf(text, sizeof text, "%" PRId64, node->integer);
    else if (node->type == EL4ML_TOML_FLOAT)
        el4ml_format_number(node->number, text);
    else
        el4ml_reader_check_text(r, node, &name);
    el4ml_reader_copy_text(r, name, &r->study->positive);
}

static void read_class_weight(el4ml_study_reader *r)
{
    static const char *const words[] = {"balanced", NULL};
    el4ml_study *s = r->study;
    const el4ml_toml *node = el4ml_reader_find(r, "surface", "class_weight");
    unsigned word;
    if (!node) return;
    if (node->type == EL4ML_TOML_STRING) {
        el4ml_reader_check_word(r, node, words, &word);
        s->mlp.balanced = r->status == EL4ML_OK;
        return;
    }
    if (node->type != EL4ML_TOML_ARRAY || node->count == 0) {
        r->status =
            el4ml_toml_fail(r->document, node, r->error,
                            "must be \"balanced\" or a list of a number for each class, such as [1, 2.5]");
        return;
    }
    s->class_weight = EL4ML_NEW(double, node->count);
    if (!s->class_weight) el4ml_reader_no_memory(r);
    for (const el4ml_toml *w = node->first; w && r->status == EL4ML_OK; w = w->next)
        el4ml_reader_check_number(r, w, 0, false, INFINITY, false, &s->class_weight[s->class_weight_count++]);
}

void el4ml_reader_loss(el4ml_study_reader *r)
{
    el4ml_mlp_options *o = &r->study->mlp;
    uint64_t logits = o->logits, embedding = o->embedding, neighbours = o->neighbours, top_k = o->top_k;
    check_settings(r);
    check_targets(r);
    el4ml_reader_count(r, "surface", "logits", 1, 2, &logits);
    read_positive(r);
    read_class_weight(r);
    const el4ml_toml *smoothing = el4ml_reader_find(r, "surface", "label_smoothing");
    if (smoothing) el4ml_reader_check_number(r, smoothing, 0, true, 1, false, &o->label_smoothing);
    el4ml_reader_positive(r, "surface", "beta", &o->beta);
    el4ml_reader_count(r, "surface", "embedding", 1, MOST_OUTPUTS, &embedding);
    el4ml_reader_positive(r, "surface", "margin", &o->margin);
    el4ml_reader_positive(r, "surface", "epsilon", &o->epsilon);
    el4ml_reader_count(r, "surface", "pairs", 1, INT64_C(1000000000), &o->pairs);
    el4ml_reader_count(r, "surface", "neighbours", 1, MOST_OUTPUTS, &neighbours);
    el4ml_reader_count(r, "data", "top_k", 1, MOST_OUTPUTS, &top_k);
    o->logits = (size_t)logits;
    o->embedding = (size_t)embedding;
    o->neighbours = (size_t)neighbours;
    o->top_k = (size_t)top_k;
}

/* ---- Written ---- */

void el4ml_study_target_text(el4ml_builder *text, const el4ml_study *s)
{
    if (s->target_count > 0) {
        for (size_t t = 0; t < s->target_count; t++) {
            el4ml_builder_text(text, t == 0 ? "target = [" : ", ");
            el4ml_builder_quoted(text, s->targets[t]);
        }
        el4ml_builder_text(text, "]\n");
    } else if (s->target) {
        el4ml_text_line(text, "target", s->target);
    }
    if (s->mlp.top_k != el4ml_mlp_options_default().top_k) el4ml_count_line(text, "top_k", s->mlp.top_k);
}

void el4ml_study_loss_text(el4ml_builder *text, const el4ml_study *s)
{
    const el4ml_mlp_options *o = &s->mlp;
    if (o->logits > 0) el4ml_count_line(text, "logits", o->logits);
    if (s->positive) el4ml_text_line(text, "positive", s->positive);
    if (o->balanced) el4ml_text_line(text, "class_weight", "balanced");
    for (size_t c = 0; c < s->class_weight_count; c++) {
        el4ml_builder_text(text, c == 0 ? "class_weight = [" : ", ");
        el4ml_builder_number(text, s->class_weight[c]);
    }
    if (s->class_weight_count > 0) el4ml_builder_text(text, "]\n");
    if (o->label_smoothing > 0) el4ml_number_line(text, "label_smoothing", o->label_smoothing);
    if (o->beta > 0) el4ml_number_line(text, "beta", o->beta);
    if (o->loss != EL4ML_CONTRASTIVE) return;
    el4ml_count_line(text, "embedding", o->embedding);
    el4ml_number_line(text, "margin", o->margin);
    el4ml_number_line(text, "epsilon", o->epsilon);
    if (o->pairs > 0) el4ml_count_line(text, "pairs", o->pairs);
    el4ml_count_line(text, "neighbours", o->neighbours);
}

/* ---- With the data ---- */

typedef struct class_list {
    char text[256];
} class_list;

static class_list classes_of(const el4ml_data *data)
{
    class_list list = {""};
    size_t at = 0;
    for (size_t c = 0; c < data->train.classes && at < sizeof list.text - 80; c++)
        at += (size_t)snprintf(list.text + at, sizeof list.text - at, "%s%s", c > 0 ? ", " : "",
                               el4ml_excerpt_of(data->class_names[c]).text);
    if (at >= sizeof list.text - 80) snprintf(list.text + at, sizeof list.text - at, ", ...");
    return list;
}

/* "study.toml: 'key': column 'species' ..." */
static el4ml_status wrong(const el4ml_study *s, const el4ml_data *data, const char *key, const char *what,
                          el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: '%s': %s; column '%s' has %zu classes: %s",
                      el4ml_path_for_message(s->path), key, what, el4ml_excerpt_of(s->target).text,
                      data->train.classes, classes_of(data).text);
}

static el4ml_status find_positive(const el4ml_study *s, const el4ml_data *data, el4ml_mlp_options *o,
                                  el4ml_error *error)
{
    char what[160];
    if (!s->positive) return EL4ML_OK;
    if (data->train.classes != 2)
        return wrong(s, data, "positive", "only a target of two classes has a positive one", error);
    for (size_t c = 0; c < 2; c++)
        if (strcmp(data->class_names[c], s->positive) == 0) {
            o->positive = c;
            return EL4ML_OK;
        }
    snprintf(what, sizeof what, "there is no class '%s'", el4ml_excerpt_of(s->positive).text);
    return wrong(s, data, "positive", what, error);
}

el4ml_status el4ml_study_check_logits(const el4ml_study *s, const el4ml_data *data, size_t logits,
                                      el4ml_error *error)
{
    if (logits == 0 || data->train.classes == 2) return EL4ML_OK;
    return wrong(s, data, "logits", "only a target of two classes takes it", error);
}

static el4ml_status check_classes(const el4ml_study *s, const el4ml_data *data, el4ml_mlp_options *o,
                                  el4ml_error *error)
{
    char what[160];
    if (o->loss == EL4ML_AUC && data->train.classes != 2)
        return wrong(s, data, "loss", "\"auc\" takes two classes; for more, take \"cross_entropy\"", error);
    const el4ml_status status = el4ml_study_check_logits(s, data, o->logits, error);
    if (status != EL4ML_OK) return status;
    if (s->class_weight_count > 0 && s->class_weight_count != data->train.classes) {
        snprintf(what, sizeof what, "%zu number%s for the weights of the classes", s->class_weight_count,
                 s->class_weight_count == 1 ? "" : "s");
        return wrong(s, data, "class_weight", what, error);
    }
    return find_positive(s, data, o, error);
}

el4ml_status el4ml_study_loss_options(const el4ml_study *s, const el4ml_data *data, el4ml_mlp_options *o,
                                      el4ml_error *error)
{
    const double rows = (double)data->train.rows, all = 0.5 * rows * (rows - 1);
    *o = s->mlp;
    o->pair_seed = s->seed;
    o->class_weight = s->class_weight;
    if (o->loss == EL4ML_MSE) return EL4ML_OK;
    if (o->loss == EL4ML_CONTRASTIVE && (double)o->pairs > all)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: 'pairs': %" PRIu64 " are asked for, but %zu training rows make only %.0f",
                          el4ml_path_for_message(s->path), o->pairs, data->train.rows, all);
    return check_classes(s, data, o, error);
}
