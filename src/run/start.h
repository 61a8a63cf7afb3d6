/* A trained model to begin from: weights in a .npz file as a parameter vector of the surface. */
#ifndef EL4ML_RUN_START_H
#define EL4ML_RUN_START_H

#include "run/session.h"

/* When the study names a start that was not looked at yet: read it, minimise from it, merge the minimum, and
 * store where it lies (el4ml_start_report_get). Walkers not yet begun begin there. */
el4ml_status el4ml_session_start(el4ml_session *s, el4ml_error *error);
/* The minimum a walker may begin at, NULL without a start. */
const double *el4ml_session_start_point(el4ml_session *s);

enum { EL4ML_MODEL_SIZES = EL4ML_MAX_HIDDEN_LAYERS + 2 };
/* Layers of weights, each W_l (sizes[l], sizes[l - 1]) and b_l (sizes[l]) one after the other, of a
 * perceptron, logistic regression or an autoencoder with an activation: sizes (layers + 1), the inputs first.
 * 0: the study's model is none of them. data may be NULL where it is none. */
size_t el4ml_model_layers(const el4ml_study *study, const el4ml_data *data, size_t *sizes);

#endif
