/* What several points of a surface, as models, say of the same rows: side by side, so that they can be
 * compared and combined. */
#ifndef EL4ML_PREDICTIONS_H
#define EL4ML_PREDICTIONS_H

#include "el4ml/surface.h"

EL4ML_BEGIN

typedef struct el4ml_predictions {
    el4ml_prediction kind;
    size_t models, rows, outputs;
    double *values; /* (models, rows, outputs) */
} el4ml_predictions;

/* x: (models) points. rows: the same inputs as the surface's, standardised like them; their targets and
 * labels are not looked at. Values are in the unit of the surface's training targets; with `data`, the file
 * that those came from, in the target's own. data may be NULL. NOT_SUPPORTED: the surface predicts nothing.
 */
EL4ML_API el4ml_status el4ml_predictions_new(const el4ml_surface *surface, const double *const *x,
                                             size_t models, const el4ml_dataset *rows, const el4ml_data *data,
                                             el4ml_predictions **predictions, el4ml_error *error);
EL4ML_API void el4ml_predictions_free(el4ml_predictions *predictions);

/* The outputs of one model for one row. */
static inline const double *el4ml_predicted(const el4ml_predictions *p, size_t model, size_t row)
{
    return p->values + (model * p->rows + row) * p->outputs;
}

/* The class with the largest probability; ties count for the lower class. */
EL4ML_API size_t el4ml_predicted_class(const el4ml_predictions *predictions, size_t model, size_t row);
/* How much two models disagree: the share of rows that they give different classes; for values the root mean
 * square difference. NaN without rows. */
EL4ML_API double el4ml_disagreement(const el4ml_predictions *predictions, size_t a, size_t b);

EL4ML_END
#endif
