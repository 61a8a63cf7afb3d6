/* The [surface] tables of all kinds but the perceptron: read, written, opened. */
#ifndef EL4ML_RUN_STUDY_MODELS_H
#define EL4ML_RUN_STUDY_MODELS_H

#include "base/text.h"
#include "run/study_reader.h"

/* Does the kind learn from data, and does it learn a target? */
bool el4ml_kind_learns(el4ml_kind kind);
bool el4ml_kind_has_target(el4ml_kind kind);

void el4ml_model_defaults(el4ml_study *study);
void el4ml_reader_model(el4ml_study_reader *reader);
/* The keys that follow `kind`. Without `located`, what tells one surface from another: not where a file lies.
 */
void el4ml_model_text(el4ml_builder *text, const el4ml_study *study, bool located);
/* Frees what the study owns for them. */
void el4ml_model_clear(el4ml_study *study);
/* `data` is NULL for kinds without. */
el4ml_status el4ml_model_open(const el4ml_study *study, const el4ml_data *data, el4ml_surface **surface,
                              el4ml_error *error);

/* Of study_open.c: BAD_INPUT, naming `key`, where a model would take half of the machine's memory for one
 * thread; asking for it could end other programs. `exchanged`: things that a symmetry permutes. */
el4ml_status el4ml_study_check_memory(const el4ml_study *study, const char *key, double parameters,
                                      double exchanged, el4ml_error *error);

/* Of study_text.c: one line each. */
void el4ml_text_line(el4ml_builder *text, const char *key, const char *value);
void el4ml_number_line(el4ml_builder *text, const char *key, double value);
void el4ml_count_line(el4ml_builder *text, const char *key, uint64_t value);
void el4ml_boolean_line(el4ml_builder *text, const char *key, bool value);

#endif
