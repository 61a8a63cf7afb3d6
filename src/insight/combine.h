/* Several models' predictions of the same rows combined. */
#ifndef EL4ML_INSIGHT_COMBINE_H
#define EL4ML_INSIGHT_COMBINE_H

#include "el4ml/ensembles.h"

/* What some models say of some rows, all of it borrowed. */
typedef struct el4ml_panel {
    el4ml_prediction kind;
    size_t models, rows, outputs;
    const double *const *said; /* (models) each (rows, outputs); NaN: nothing of that row */
    const double *deviation;   /* (models) values: of a model's density */
    const el4ml_dataset *data; /* (rows) inputs, and labels or y, which may be missing */
} el4ml_panel;

/* Fitted to held-out rows; what it needs to combine any others. */
typedef struct el4ml_combiner {
    el4ml_combination combination;
    double *weight;           /* (models) */
    const el4ml_panel *panel; /* gate: the held-out rows, borrowed */
    size_t count, *row;       /* gate: of them, those it was fitted to */
    double *likelihood;       /* gate: (count, models), each row's largest 1 */
} el4ml_combiner;

/* ln of the probability or density that model m gives to what was observed; NaN without. */
double el4ml_panel_log_density(const el4ml_panel *panel, size_t m, size_t row);
/* Share of pairs of models that give the row different classes; values: mean square difference over the
 * pairs. NaN for one model. */
double el4ml_panel_row_disagreement(const el4ml_panel *panel, size_t row);

/* held: NULL for combinations that take no fit; row: (count) the rows of it that the fit may see. Start from
 * {0}; clear in any case. False when out of memory. */
bool el4ml_combiner_fit(el4ml_combiner *combiner, el4ml_combination combination, size_t models,
                        const el4ml_panel *held, const size_t *row, size_t count);
void el4ml_combiner_clear(el4ml_combiner *combiner);
/* Fill the rows `row` (count; NULL: all) of a forecast of the panel's rows. False when out of memory. */
bool el4ml_combine(const el4ml_combiner *combiner, const el4ml_panel *panel, const size_t *row, size_t count,
                   el4ml_forecast *forecast);

#endif
