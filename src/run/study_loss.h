/* The keys of the study file that belong to the perceptron's losses. */
#ifndef EL4ML_RUN_STUDY_LOSS_H
#define EL4ML_RUN_STUDY_LOSS_H

#include "base/text.h"
#include "run/study_reader.h"

/* Reads them, once study->mlp.loss is known. */
void el4ml_reader_loss(el4ml_study_reader *r);
/* [data] target: a name, or a list of them. */
void el4ml_reader_target(el4ml_study_reader *r);
/* Lines for all that are not as they are by default. */
void el4ml_study_loss_text(el4ml_builder *text, const el4ml_study *study);
void el4ml_study_target_text(el4ml_builder *text, const el4ml_study *study);
/* The options for el4ml_mlp_new, names become numbers: do the data have what they ask for? */
el4ml_status el4ml_study_loss_options(const el4ml_study *study, const el4ml_data *data,
                                      el4ml_mlp_options *options, el4ml_error *error);
/* BAD_INPUT where `logits` is given, not 0, and there are not two classes. */
el4ml_status el4ml_study_check_logits(const el4ml_study *study, const el4ml_data *data, size_t logits,
                                      el4ml_error *error);

#endif
