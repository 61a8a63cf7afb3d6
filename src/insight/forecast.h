/* Inside of forecasts. */
#ifndef EL4ML_INSIGHT_FORECAST_H
#define EL4ML_INSIGHT_FORECAST_H

#include <jansson.h>

#include "el4ml/model.h"

/* All NaN; NULL when out of memory. */
el4ml_forecast *el4ml_forecast_blank(el4ml_prediction kind, size_t rows, size_t outputs);
/* The most probable class; ties count for the lower one. */
size_t el4ml_forecast_class(const el4ml_forecast *forecast, size_t row);
json_t *el4ml_json_scores(const el4ml_scores *scores, el4ml_prediction kind);

#endif
