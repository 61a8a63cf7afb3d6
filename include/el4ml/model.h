/* Points of a landscape as models: weights to take elsewhere, forecasts for rows, and what those are worth.
 */
#ifndef EL4ML_MODEL_H
#define EL4ML_MODEL_H

#include "el4ml/landscape.h"
#include "el4ml/predictions.h"
#include "el4ml/study.h"

EL4ML_BEGIN

/* ---- Weights ---- */

/* Write the model x (dimension of the surface) to `path`, a .npz archive: of a perceptron for each layer
 * "0.weight" (units, inputs) and "0.bias" (units), "2.weight" ..., as PyTorch names those of a Sequential
 * with the activations between; of K-means "centroids" (clusters, inputs); of
 * others "x", flat. Beside them what inputs go through before and targets
 * after, "input_mean", "input_scale", "target_mean", "target_scale", and "input_names", "class_names".
 * `start` reads it back to the same point. data may be NULL. BAD_INPUT: `path` exists and `replace` is false.
 */
EL4ML_API el4ml_status el4ml_model_write(const el4ml_study *study, const el4ml_surface *surface,
                                         const el4ml_data *data, const double *x, const char *path,
                                         bool replace, el4ml_error *error);

/* ---- Forecasts ---- */

/* What one model, or several together, say of each row. */
typedef struct el4ml_forecast {
    el4ml_prediction kind;
    size_t rows, outputs;
    double *mean; /* (rows, outputs) probabilities of the classes, or means of the targets; NaN: this row
                     has none */
    double *log_density; /* (rows) ln of the probability, or density, given to what was observed; NaN: not
                            known */
} el4ml_forecast;

/* Of several models together, their mean. Values are in the unit of the dataset's targets; log_density of
 * values is NaN. */
EL4ML_API el4ml_status el4ml_forecast_new(const el4ml_surface *surface, const double *const *x, size_t models,
                                          const el4ml_dataset *rows, el4ml_forecast **forecast,
                                          el4ml_error *error);
EL4ML_API void el4ml_forecast_free(el4ml_forecast *forecast);

typedef enum el4ml_score {
    EL4ML_SCORE_ACCURACY,
    EL4ML_SCORE_AUC, /* two classes: of the second; more: the mean over the classes of each against the rest
                      */
    EL4ML_SCORE_LOG_LOSS,    /* mean of -ln p of the row's class */
    EL4ML_SCORE_CALIBRATION, /* expected calibration error of the most probable class, 15 equal bins (Guo,
                                Pleiss, Sun and Weinberger, ICML 2017) */
    EL4ML_SCORE_RMSE,
    EL4ML_SCORE_R2,
    EL4ML_SCORE_LOG_DENSITY, /* mean of ln p of the row's target */
    EL4ML_SCORES
} el4ml_score;

typedef struct el4ml_scores {
    double value[EL4ML_SCORES]; /* NaN where one does not apply; those of values in the forecast's unit */
} el4ml_scores;

/* accuracy, auc, log_loss, calibration_error, rmse, r2, log_density. */
EL4ML_API const char *el4ml_score_name(el4ml_score score);
EL4ML_API bool el4ml_score_applies(el4ml_score score, el4ml_prediction kind);

/* A score of standardised values, or a difference of two, in the target's own unit. data may be NULL. */
EL4ML_API double el4ml_score_in_own_unit(el4ml_score score, double value, bool difference,
                                         const el4ml_data *data);

/* Scores a forecast again and again under other weights of the rows, as the bootstrap needs it; rows of
 * weight 0, and such as have no forecast, do not count. */
typedef struct el4ml_scorer el4ml_scorer;
/* Both are read as long as the scorer lives. NOT_SUPPORTED: the rows have neither label nor y. */
EL4ML_API el4ml_status el4ml_scorer_new(const el4ml_forecast *forecast, const el4ml_dataset *rows,
                                        el4ml_scorer **scorer, el4ml_error *error);
/* weight: (rows), each >= 0; NULL: all 1. */
EL4ML_API void el4ml_scorer_score(const el4ml_scorer *scorer, const double *weight, el4ml_scores *scores);
EL4ML_API void el4ml_scorer_free(el4ml_scorer *scorer);

/* A forecast of rows as a table of CSV: row (from 1), then predicted class and probabilities by name, or the
 * predicted value, in the target's own unit. To be freed with el4ml_text_free; NULL when out of memory. */
EL4ML_API char *el4ml_forecast_csv(const el4ml_forecast *forecast, const el4ml_data *data);
/* minima: (count) indices of those it came from; scores NULL: the file had no target. */
EL4ML_API char *el4ml_forecast_json(const el4ml_forecast *forecast, const el4ml_data *data,
                                    const size_t *minima, size_t count, const el4ml_scores *scores);

/* What export model answers. */
EL4ML_API char *el4ml_model_json(const el4ml_landscape *landscape, size_t minimum, const char *path);

EL4ML_END
#endif
