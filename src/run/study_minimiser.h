/* The keys of [explore] that choose a minimiser and set it. */
#ifndef EL4ML_RUN_STUDY_MINIMISER_H
#define EL4ML_RUN_STUDY_MINIMISER_H

#include "run/study_reader.h"

void el4ml_reader_minimiser(el4ml_study_reader *r);
/* Is this one of the keys that set it? */
bool el4ml_minimiser_has(el4ml_minimise_method minimiser, const char *key);
/* What the study says, into options that hold the defaults. */
void el4ml_study_minimise(const el4ml_study *study, el4ml_minimise_options *options);

#endif
