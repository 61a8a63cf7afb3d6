/* Of perceptron_models.c, for autoencoder.c. */
#ifndef EL4ML_SURFACE_PERCEPTRON_MODELS_H
#define EL4ML_SURFACE_PERCEPTRON_MODELS_H

#include "el4ml/surfaces.h"

el4ml_status el4ml_nonlinear_autoencoder_new(const el4ml_autoencoder_options *options,
                                             const el4ml_dataset *train, el4ml_surface **surface,
                                             el4ml_error *error);
/* 1 - squared errors / squares about the column means, from the mean squared error of a number. NaN where
 * nothing varies. */
double el4ml_explained(const el4ml_dataset *data, double error);

#endif
