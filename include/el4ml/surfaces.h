/* The surfaces that the library ships. Each constructor returns a surface to be freed with
 * el4ml_surface_free. */
#ifndef EL4ML_SURFACES_H
#define EL4ML_SURFACES_H

#include "el4ml/surface.h"

EL4ML_BEGIN

/* ---- Multilayer perceptron (methods.md 1.1) ---- */
typedef enum el4ml_activation {
    EL4ML_TANH,
    EL4ML_LOGISTIC,
    EL4ML_SOFTPLUS,
    EL4ML_GELU, /* x Phi(x), the exact form */
    EL4ML_SILU,
    EL4ML_RELU /* minimisation only */
} el4ml_activation;

typedef enum el4ml_loss {
    EL4ML_CROSS_ENTROPY,
    EL4ML_MSE,
    EL4ML_AUC, /* two classes: a smooth 1 - AUC, the mean over pairs of a positive and a negative row of
                  sigma(-beta (s+ - s-)), s the logit of the positive class less that of the other */
    EL4ML_CONTRASTIVE /* the outputs f are an embedding: the mean over pairs of rows, with D = sqrt(|f_i -
                         f_j|^2 + epsilon^2), of D^2 within a class, softplus_beta(margin - D)^2 across */
} el4ml_loss;

#define EL4ML_MAX_HIDDEN_LAYERS 16

typedef struct el4ml_mlp_options {
    size_t hidden_layers;                   /* 0 ... EL4ML_MAX_HIDDEN_LAYERS */
    size_t hidden[EL4ML_MAX_HIDDEN_LAYERS]; /* units of each */
    el4ml_activation activation;            /* default tanh */
    el4ml_loss loss;                        /* default cross-entropy */
    double l2;                              /* lambda >= 0; V = mean loss + lambda |theta|^2 */
    bool l2_biases;                         /* default true */

    /* Cross-entropy and auc of two classes */
    size_t logits;   /* 1: one output, the log-odds of the positive class; default 0: an output a class */
    size_t positive; /* the positive class; default 1 */
    /* Cross-entropy: sum_i w_i loss_i / sum_i w_i, w the weight of the row's class */
    bool balanced;              /* weights N / (classes N_c); default false */
    const double *class_weight; /* (classes), each > 0, read by el4ml_mlp_new alone; default NULL: all 1 */
    double label_smoothing;     /* [0, 1): the target is 1 - this, plus this / classes for every class */
    /* Auc: beta, > 0; contrastive: that of softplus_beta(z) = ln(1 + e^(beta z)) / beta. Default 0: 1 and 10
     */
    double beta;
    /* Contrastive */
    double margin, epsilon; /* > 0; defaults 1 and 0.1: pairs nearer than epsilon count as one point, as the
                               loss would bend sharply there */
    size_t embedding;       /* outputs; default 2 */
    uint64_t pairs;         /* so many, drawn once without repetition; default 0: all N (N - 1) / 2 */
    uint64_t pair_seed;     /* of that draw; default 1 */
    /* What the metrics are to say */
    size_t neighbours; /* contrastive: that vote; default 5 */
    size_t top_k;      /* default 2 */
} el4ml_mlp_options;

EL4ML_API el4ml_mlp_options el4ml_mlp_options_default(void);
/* Units of the last layer, given the data's classes and targets. */
EL4ML_API size_t el4ml_mlp_outputs(const el4ml_mlp_options *options, size_t classes, size_t targets);
/* The training rows are copied. Parameter order: methods.md 1.1. Metrics: auc's accuracy is that of the
 * threshold which classifies most training rows rightly; contrastive's is the vote of the nearest neighbours
 * among the embeddings of the training rows (the row itself left out where it is one of them; ties go to the
 * nearest), its loss that of all pairs, or of 200 000 drawn from them where there are more. Predictions: of
 * cross-entropy the probabilities, of auc sigma(s - that threshold), which ranks and classifies but is not
 * calibrated, of contrastive the shares of the votes (half a vote more for the class that wins). */
EL4ML_API el4ml_status el4ml_mlp_new(const el4ml_mlp_options *options, const el4ml_dataset *train,
                                     el4ml_surface **surface, el4ml_error *error);

/* ---- Logistic and softmax regression (docs/models.md): V = mean cross-entropy of softmax(W x + b) + lambda
 * |theta|^2; x = W (classes, d), b (classes). Two classes: W_1 - W_0 are the weights of the log-odds, and
 * lambda / 2 what holds them; or, with one logit, x = w (d), b are those weights, and lambda holds them ----
 */
typedef struct el4ml_logistic_options {
    double l2;      /* lambda >= 0 */
    bool l2_biases; /* default true */
    size_t logits;  /* 1: the log-odds of class 1 alone; default 0: W_c of every class */
} el4ml_logistic_options;

EL4ML_API el4ml_status el4ml_logistic_new(const el4ml_logistic_options *options, const el4ml_dataset *train,
                                          el4ml_surface **surface, el4ml_error *error);

/* ---- Autoencoder (docs/models.md). Linear: V = (1/(N d)) sum_i |x_i - A B x_i|^2 + lambda (|A|^2 + |B|^2),
 * the inputs' mean taken to be zero (standardised data); x = B (code, d), A (d, code), row-major. Nonlinear:
 * the perceptron d - code - d that learns its inputs, with biases ---- */
typedef struct el4ml_autoencoder_options {
    size_t code; /* numbers that a row is reduced to; 1 ... d */
    double l2;   /* lambda >= 0 */
    bool nonlinear;
    el4ml_activation activation; /* of the code, where it is nonlinear */
    bool l2_biases;              /* the same */
} el4ml_autoencoder_options;

/* The training rows are copied; their targets, if any, do not matter. */
EL4ML_API el4ml_status el4ml_autoencoder_new(const el4ml_autoencoder_options *options,
                                             const el4ml_dataset *train, el4ml_surface **surface,
                                             el4ml_error *error);

/* ---- Matrix factorisation (docs/models.md): V = mean over the known entries of (X - U V^T)_ij^2 + lambda
 * (|U|^2
 * + |V|^2); x = U (rows, rank), V (columns, rank), row-major ---- */
typedef struct el4ml_factorisation_options {
    size_t rank; /* columns of U and V; 1 ... min(rows, columns) */
    double l2;   /* lambda >= 0 */
} el4ml_factorisation_options;

/* X is the training inputs, which are copied; an entry that is NaN is not known. Every row and every column
 * needs a known entry. */
EL4ML_API el4ml_status el4ml_factorisation_new(const el4ml_factorisation_options *options,
                                               const el4ml_dataset *train, el4ml_surface **surface,
                                               el4ml_error *error);

/* ---- Gaussian mixture (docs/models.md): V = mean over the rows of - ln sum_k pi_k N(x; mu_k, Sigma_k), less
 * the log of a conjugate prior; x: K - 1 contrasts of the ln pi_k, then for each component its mean, logs of
 * standard deviations, and for full covariances the Cholesky factor of the precision below its diagonal ----
 */
typedef enum el4ml_covariance { EL4ML_FULL, EL4ML_DIAGONAL, EL4ML_SPHERICAL } el4ml_covariance;

typedef struct el4ml_mixture_options {
    size_t components;           /* K; 1 ... N */
    el4ml_covariance covariance; /* default full */
    double prior;                /* > 0: rows that the prior is worth; default 1 */
} el4ml_mixture_options;

EL4ML_API el4ml_mixture_options el4ml_mixture_options_default(void);
/* The training rows are copied; their targets, if any, do not matter. */
EL4ML_API el4ml_status el4ml_mixture_new(const el4ml_mixture_options *options, const el4ml_dataset *train,
                                         el4ml_surface **surface, el4ml_error *error);

/* ---- A surface of the user's own, from a shared object (el4ml/plugin.h) ---- */
typedef struct el4ml_plugin_options {
    char *file; /* a path; with a '/', as otherwise the system's folders are searched */
    size_t parameters;
    char **names, **values; /* (parameters) */
    bool numerical;         /* second derivatives that are missing are made from gradients */
} el4ml_plugin_options;

/* Loads it and checks its gradient against differences; from here on its code runs in this process. `options`
 * need not outlive this. BAD_INPUT: no plug-in, or a wrong gradient; NUMERICAL: its numbers are not finite.
 */
EL4ML_API el4ml_status el4ml_plugin_new(const el4ml_plugin_options *options, el4ml_surface **surface,
                                        el4ml_error *error);
/* Of the shared object's bytes, in hexadecimal; NULL for other surfaces. */
EL4ML_API const char *el4ml_plugin_sha256(const el4ml_surface *surface);
/* How often the plug-in gave NaN or infinity for a good result, so far; 0 for other surfaces. */
EL4ML_API uint64_t el4ml_plugin_not_finite(const el4ml_surface *surface);
/* The file of the plug-in whose code the calling thread is running at this moment, or NULL: for a signal
 * handler that tells whose fault a crash is. The library installs none. */
EL4ML_API const char *el4ml_plugin_running(void);

/* ---- K-means (methods.md 1.2): J of `clusters` centroids, x = c_0 c_1 ..., each of train->inputs numbers; J
 * is scikit-learn's inertia. The training rows are copied; their targets, if any, do not matter. At least as
 * many distinct rows as clusters. J has creases, and the surface brings searches of its own (docs/kmeans.md).
 * ---- */
EL4ML_API el4ml_status el4ml_kmeans_new(size_t clusters, const el4ml_dataset *train, el4ml_surface **surface,
                                        el4ml_error *error);

/* ---- Gaussian process regression (methods.md 1.3) ---- */
/* V = y^T K^-1 y / 2 + ln det K / 2 + N/2 ln 2 pi - ln prior, as a function of the logarithms of the
 * hyperparameters: a sum of terms, each a signal variance times a product of kernels, and a noise variance,
 *
 *     K = sum_t sigma_t^2 prod_f k_f(r) + (noise + jitter) I,        r^2 = sum_j (x_j - x'_j)^2 / l_j^2.
 */
typedef enum el4ml_gp_class {                  /* of hyperparameters */
                              EL4ML_GP_SIGNAL, /* variance of a term */
                              EL4ML_GP_LENGTH, /* scale of an input, in its (standardised) unit */
                              EL4ML_GP_ALPHA,  /* shape of the rational quadratic kernel */
                              EL4ML_GP_NU,     /* smoothness of Matern's kernel */
                              EL4ML_GP_NOISE,  /* variance */
                              EL4ML_GP_CLASSES
} el4ml_gp_class;

typedef struct el4ml_gp_options {
    const char *kernel; /* sum of products: "se", "matern32 + se * rq(x1, x2)"; of se, matern12, matern32,
                           matern52, matern (nu is a parameter), rq; inputs in parentheses, default all;
                           default "se" */
    bool ard;           /* a length scale for every input of a kernel, not one; default false */
    double jitter;      /* >= 0, fixed, added to the diagonal with the noise; default 1e-10 */
    double bounds[EL4ML_GP_CLASSES]
                 [2];   /* 0 < lowest < highest value of the hyperparameter itself; default
                           [1e-2, 1e2], nu [0.25, 25]; within [1e-50, 1e50], nu within [0.1, 100] */
    const double *each; /* (each_count, 2): bounds of each hyperparameter in their order instead; default
                           NULL */
    size_t each_count;
    double prior[EL4ML_GP_CLASSES][2]; /* lognormal: median, and the standard deviation of the logarithm; 0, 0
                                          (default): none. V gains - ln of the density of the logarithm */
} el4ml_gp_options;

EL4ML_API el4ml_gp_options el4ml_gp_options_default(void);
/* Is the expression well-formed? BAD_INPUT otherwise. Inputs are not looked up. */
EL4ML_API el4ml_status el4ml_gp_check_kernel(const char *kernel, el4ml_error *error);
/* Regression on one target; the training rows are copied. input_names (inputs), or NULL: x0, x1 ... The mean
 * of the process is 0: standardise the target. */
EL4ML_API el4ml_status el4ml_gp_new(const el4ml_gp_options *options, const el4ml_dataset *train,
                                    const char *const *input_names, el4ml_surface **surface,
                                    el4ml_error *error);
/* Mean and variance (noise included) of the target at `rows` points, inputs (rows, inputs), for the
 * hyperparameters exp(x). INVALID_ARGUMENT: the surface is no Gaussian process. */
EL4ML_API el4ml_status el4ml_gp_predict(const el4ml_surface *surface, const double *x, const double *inputs,
                                        size_t rows, double *mean, double *variance, el4ml_error *error);
/* For each training row (rows): mean and variance (noise included) of its target, predicted from all others
 * with the same hyperparameters (Rasmussen and Williams 2006, eq. 5.12). */
EL4ML_API el4ml_status el4ml_gp_leave_one_out(const el4ml_surface *surface, const double *x, double *mean,
                                              double *variance, el4ml_error *error);

/* ---- Lennard-Jones cluster, epsilon = sigma = 1; x = x0 y0 z0 x1 y1 z1 ... ---- */
EL4ML_API el4ml_status el4ml_lennard_jones_new(size_t atoms, el4ml_surface **surface, el4ml_error *error);

/* ---- Morse cluster, epsilon = r_0 = 1: V = sum_{i<j} e (e - 2), e = exp(rho (1 - r)); the larger rho, 0 <
 * rho
 * <= 100, the shorter the range; Lennard-Jones has the curvature of rho = 6 ---- */
EL4ML_API el4ml_status el4ml_morse_new(size_t atoms, double rho, el4ml_surface **surface, el4ml_error *error);

/* ---- Two-dimensional functions: mueller-brown, six-hump-camel, schwefel, himmelblau ---- */
EL4ML_API el4ml_status el4ml_function_new(const char *name, el4ml_surface **surface, el4ml_error *error);
/* Names that el4ml_function_new takes; NULL-terminated. */
EL4ML_API const char *const *el4ml_function_names(void);

EL4ML_END
#endif
