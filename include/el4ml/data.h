/* Tables of data: read from CSV or .npy, split, standardised. */
#ifndef EL4ML_DATA_H
#define EL4ML_DATA_H

#include "el4ml/status.h"

EL4ML_BEGIN

/* Rows of numbers with a target each, ready for a surface. Standardised where that was asked for. */
typedef struct el4ml_dataset {
    size_t rows;    /* N */
    size_t inputs;  /* d_0 */
    size_t classes; /* number of classes; 0 for regression */
    size_t targets; /* regression: columns of y; classification, or no target: 0 */
    double *x;      /* (rows, inputs), row-major */
    double *y;      /* (rows, targets), row-major, or NULL */
    int32_t *label; /* (rows) class 0 ... classes - 1, or NULL */
} el4ml_dataset;

/* What a model's predictions are worth on a dataset. NaN where a number does not apply. */
typedef struct el4ml_metrics {
    double loss;     /* the model's own mean loss without the L2 term; regression with one target: in that
                        target's own unit squared */
    double accuracy; /* classification: fraction of rows whose largest output is their class; ties count for
                        the lower class. What it is for models without an output a class: el4ml/surfaces.h */
    double r2;       /* regression: coefficient of determination, averaged over targets */
    double auc;      /* two classes: area under the ROC curve, ties count one half; more: the mean over the
                        classes of each against the rest */
    double top_k;    /* more than k classes: fraction of rows whose class is among the k largest outputs */
    double log_loss; /* models of probabilities: mean -ln p of the row's class, no weights, no smoothing */
    double log_density; /* regression with an error bar (gp): mean over the rows of the ln of the density that
                           was foretold for the target, in its own unit */
    double adjusted_rand; /* clustering of rows that have classes: of the two (Hubert and Arabie 1985) */
} el4ml_metrics;

/* One of them, for tables of all. */
typedef struct el4ml_metric {
    const char *name;    /* "top_k": of columns and JSON members, after train_ or test_ */
    const char *label;   /* "top-k accuracy" */
    const char *meaning; /* a line for people: "fraction of %s rows ...", %s: training, validation or test */
    size_t offset;       /* of the double in el4ml_metrics */
    bool fraction;       /* between 0 and 1, or thereabouts: better shown with fixed decimals */
} el4ml_metric;

/* All, in the order of el4ml_metrics. */
EL4ML_API const el4ml_metric *el4ml_metric_list(size_t *count);
EL4ML_API double el4ml_metric_of(const el4ml_metrics *metrics, const el4ml_metric *metric);
/* NaN throughout. */
EL4ML_API el4ml_metrics el4ml_metrics_none(void);

/* Regression with several targets: of each. */
typedef struct el4ml_target_metrics {
    double loss, r2; /* mean squared error, coefficient of determination */
} el4ml_target_metrics;

typedef struct el4ml_data_options {
    const char
        *file; /* CSV with a header, or .npy (two-dimensional; `target` is then a column number from 0) */
    const char *target;         /* column name; NULL where `unsupervised`: none */
    const char *const *targets; /* several columns of numbers, instead of `target` */
    size_t target_count;        /* of `targets`; default 0 */
    bool classification;        /* the target is a class (text or numbers) rather than a number */
    bool unsupervised; /* nothing is learnt from the target: it is kept where it holds classes (text, or at
                          most 20 integers that repeat), and left out otherwise; NULL: there is none; default
                          false */
    bool missing;      /* cells of inputs may be empty, NA or nan: they become NaN; default false */
    const char *const *inputs; /* (input_count) names of the columns that are inputs, in this order; default
                                  NULL: all but the target. Other columns are not read */
    size_t input_count;
    size_t first_rows;          /* only so many, from the top of the file; default 0: all */
    bool standardise;           /* default true */
    double test_fraction;       /* [0, 0.9]; default 0; stratified by class, or by quantile of the target: of
                                   several, of the mean of the standardised ones */
    double validation_fraction; /* [0, 0.9], of what is left; default 0 */
    uint64_t split_seed;
} el4ml_data_options;

/* Everything read from one file. Scales and means come from the training rows alone. */
typedef struct el4ml_data {
    el4ml_dataset train, validation, test;            /* rows may be 0 for the last two */
    size_t *train_rows, *validation_rows, *test_rows; /* their row numbers in the file, from 0, ascending */
    char **input_names;                               /* (inputs) */
    char **class_names;  /* (classes), sorted: numbers by value, otherwise bytewise */
    char *target_name;   /* of several the first; NULL: none */
    char **target_names; /* (max(1, targets)), or NULL */
    double *input_mean,
        *input_scale; /* (inputs); 0 and 1 where not standardised; a constant column has scale 1 */
    double *target_mean, *target_scale; /* (targets) */
    size_t constant_count; /* input columns constant in the training rows: centred, left unscaled */
    size_t *constant_columns;
    char sha256[65]; /* of the file's bytes, lower-case hexadecimal */
} el4ml_data;

EL4ML_API el4ml_data_options el4ml_data_options_default(void);
/* Read, check, split and standardise. Free with el4ml_data_free. Messages name file, line, row and column. */
EL4ML_API el4ml_status el4ml_data_read(const el4ml_data_options *options, el4ml_data **data,
                                       el4ml_error *error);
EL4ML_API void el4ml_data_free(el4ml_data *data);

EL4ML_END
#endif
