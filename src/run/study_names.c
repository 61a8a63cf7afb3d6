#include "run/study_names.h"

#include <stddef.h>

const char *const el4ml_kind_names[] = {"mlp",         "lennard-jones", "function", "gp",
                                        "kmeans",      "morse",         "logistic", "factorisation",
                                        "autoencoder", "mixture",       "plugin",   NULL};
const char *const el4ml_activation_names[] = {"tanh", "logistic", "softplus", "gelu", "silu", "relu", NULL};
const char *const el4ml_code_activation_names[] = {"linear", "tanh", "logistic", "softplus",
                                                   "gelu",   "silu", "relu",     NULL};
const char *const el4ml_covariance_names[] = {"full", "diagonal", "spherical", NULL};
const char *const el4ml_loss_names[] = {"cross_entropy", "mse", "auc", "contrastive", NULL};
const char *const el4ml_method_names[] = {"basin-hopping", "random", "sam", "entropy-sgd", NULL};
const char *const el4ml_minimiser_names[] = {"newton-lbfgs", "lbfgs", "conjugate-gradient", "adam",
                                             "sgd",          "sam",   "entropy-sgd",        NULL};
const char *const el4ml_goal_names[] = {"connected", "exhaust", NULL};
