/* The study file: what to map and how (contract: Study file). Parsed strictly; every message names file, line
 * and key. */
#ifndef EL4ML_STUDY_H
#define EL4ML_STUDY_H

#include "el4ml/data.h"
#include "el4ml/minimise.h"
#include "el4ml/surfaces.h"

EL4ML_BEGIN

typedef enum el4ml_kind {
    EL4ML_KIND_MLP,
    EL4ML_KIND_LENNARD_JONES,
    EL4ML_KIND_FUNCTION,
    EL4ML_KIND_GP,
    EL4ML_KIND_KMEANS,
    EL4ML_KIND_MORSE,
    EL4ML_KIND_LOGISTIC,
    EL4ML_KIND_FACTORISATION,
    EL4ML_KIND_AUTOENCODER,
    EL4ML_KIND_MIXTURE,
    EL4ML_KIND_PLUGIN,
    EL4ML_KIND_UNKNOWN /* the last: of an imported landscape, no word of the study file */
} el4ml_kind;
typedef enum el4ml_method { EL4ML_BASIN_HOPPING, EL4ML_RANDOM_STARTS } el4ml_method;
typedef enum el4ml_goal { EL4ML_CONNECTED, EL4ML_EXHAUST } el4ml_goal;

typedef struct el4ml_study {
    char *path; /* the file it was read from */
    /* [study] */
    char *name;    /* default: the file's name without .toml */
    uint64_t seed; /* default 1 */
    /* [data]; has_data is false for kinds that learn from none */
    bool has_data;
    char *data_file;     /* absolute path */
    char *target;        /* of several the first; NULL: none, where none is learnt */
    char **targets;      /* (target_count) a list of them; NULL when one was named by itself */
    size_t target_count; /* of that list, or 0 */
    char **inputs;       /* (input_count), or NULL: all other columns */
    size_t input_count;
    uint64_t rows; /* so many from the top; 0: all */
    bool standardise;
    double test_fraction, validation_fraction;
    uint64_t split_seed;
    bool split_seed_given; /* false: split_seed is the study's seed */
    /* [surface] */
    el4ml_kind kind;
    el4ml_mlp_options mlp;     /* what can be said without the data */
    char *positive;            /* name of the positive class, or NULL */
    double *class_weight;      /* (class_weight_count), in the order of the class names */
    size_t class_weight_count; /* 0: none given */
    size_t atoms;              /* lennard-jones, morse */
    double rho;                /* morse */
    size_t clusters;           /* kmeans */
    char *function_name;       /* function */
    el4ml_logistic_options logistic;
    el4ml_factorisation_options factorisation;
    el4ml_autoencoder_options autoencoder;
    el4ml_mixture_options mixture;
    el4ml_plugin_options plugin; /* its texts are owned by the study */
    el4ml_gp_options gp;         /* gp; its kernel and `each` belong to the study */
    char *gp_kernel;
    double *gp_each;
    /* [explore] */
    el4ml_method method;
    uint64_t steps;                  /* minimisations in all; default 1000 */
    double temperature;              /* > 0, default 1 */
    double step;                     /* > 0, default 1, in units of the surface's length_scale */
    char *start;                     /* absolute path of weights.npz, or NULL */
    el4ml_minimise_method minimiser; /* default newton-lbfgs */
    size_t history;                  /* of L-BFGS; 0: the default */
    double handover;                 /* 0: the minimiser's default */
    el4ml_training_options training; /* adam, sgd, sam */
    /* [connect] */
    uint64_t budget; /* default 2000, kmeans: 20000; exhaust: 200000 */
    el4ml_goal goal;
    uint64_t improve; /* default 0 */
    double unseen;    /* in (0, 1), default 1e-3 */
    /* [analyse] */
    double temperature_from, temperature_to; /* default 1e-4, 1 */
    uint64_t temperature_count;              /* default 200 */
} el4ml_study;

EL4ML_API el4ml_status el4ml_study_read(const char *path, el4ml_study **study, el4ml_error *error);
/* What stands for the study of an imported landscape: a name, the default temperatures, no surface. */
EL4ML_API el4ml_status el4ml_study_none(const char *name, el4ml_study **study, el4ml_error *error);
/* Another seed, at most INT64_MAX, than the file's; the split's too where the file does not give its own. */
EL4ML_API void el4ml_study_set_seed(el4ml_study *study, uint64_t seed);
EL4ML_API void el4ml_study_free(el4ml_study *study);

/* Canonical text of all that makes a study the same study (data and surface tables, split, seed; not
 * budgets): equal text with equal data means the same landscape. To be freed with el4ml_text_free. */
EL4ML_API char *el4ml_study_identity(const el4ml_study *study);
/* The study written out in full, with absolute paths, readable by el4ml_study_read. To be freed with
 * el4ml_text_free. */
EL4ML_API char *el4ml_study_text(const el4ml_study *study);
EL4ML_API void el4ml_text_free(char *text);
/* Write `text` to `path` whole or not at all. */
EL4ML_API el4ml_status el4ml_text_write(const char *path, const char *text, el4ml_error *error);
/* Keep the study's text as `folder`/study.toml. */
EL4ML_API el4ml_status el4ml_study_keep(const char *folder, const char *text, el4ml_error *error);

/* NOT_SUPPORTED: kind unknown. Read the data (NULL for kinds without) and make the surface. The data outlive
 * nothing: both are the caller's. */
EL4ML_API el4ml_status el4ml_study_open(const el4ml_study *study, el4ml_data **data, el4ml_surface **surface,
                                        el4ml_error *error);

/* The study's surface with other training rows, of the same inputs and classes or targets: for refits on
 * parts of the data, of which names alone are read. NOT_SUPPORTED: this kind cannot. */
EL4ML_API el4ml_status el4ml_study_refit(const el4ml_study *study, const el4ml_data *data,
                                         const el4ml_dataset *rows, el4ml_surface **surface,
                                         el4ml_error *error);

/* A commented study file with sensible defaults for this data (el4ml init). `text` to be freed with
 * el4ml_text_free. */
EL4ML_API el4ml_status el4ml_study_suggest(const char *csv_path, const char *target, char **text,
                                           el4ml_error *error);

EL4ML_END
#endif
