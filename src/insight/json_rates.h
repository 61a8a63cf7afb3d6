#ifndef EL4ML_INSIGHT_JSON_RATES_H
#define EL4ML_INSIGHT_JSON_RATES_H

#include "el4ml/answers.h"
#include "insight/json.h"

/* The keys of the command rates, into an object. */
void el4ml_json_put_rates(json_t *object, const el4ml_question *question, const el4ml_rates *rates);

#endif
