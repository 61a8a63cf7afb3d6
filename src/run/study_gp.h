/* The keys of kind = "gp". */
#ifndef EL4ML_RUN_STUDY_GP_H
#define EL4ML_RUN_STUDY_GP_H

#include "base/text.h"
#include "run/study_reader.h"

void el4ml_reader_gp(el4ml_study_reader *r);
void el4ml_gp_text(el4ml_builder *text, const el4ml_study *s);

#endif
