#ifndef EL4ML_INSIGHT_PEAK_MODELS_H
#define EL4ML_INSIGHT_PEAK_MODELS_H

#include "el4ml/analysis.h"

/* Fill a->models, or a->no_models. */
el4ml_status el4ml_peak_models_new(const el4ml_landscape *landscape, const el4ml_surface *surface,
                                   const el4ml_data *data, el4ml_analysis *a, el4ml_error *error);
void el4ml_peak_models_free(el4ml_peak_models *models, size_t count);

#endif
