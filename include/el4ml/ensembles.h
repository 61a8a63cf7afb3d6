/* Minima of a landscape as an ensemble of models: which to take, how to combine them, what it gains over the
 * best single one, over random restarts and over bagging (docs/ensembles.md).
 *
 * Fitting and testing are two calls, and the first works on a copy of the data without the test rows: they
 * cannot have a part in the choice of members, in weights, or in what is recommended. */
#ifndef EL4ML_ENSEMBLES_H
#define EL4ML_ENSEMBLES_H

#include "el4ml/communities.h"
#include "el4ml/model.h"
#include "el4ml/network.h"
#include "el4ml/statistics.h"

EL4ML_BEGIN

typedef enum el4ml_selection {
    EL4ML_SELECT_SINGLE,    /* the lowest minimum alone: what the others are compared with */
    EL4ML_SELECT_VALIDATED, /* the one minimum of lowest loss on the validation rows, where there are such */
    EL4ML_SELECT_LOWEST,    /* the lowest losses */
    EL4ML_SELECT_RANDOM,    /* any minima, each as probable */
    EL4ML_SELECT_PEAKS,     /* the largest |g_a| = |dp_a/dT| at each peak of the heat capacity in turn */
    EL4ML_SELECT_COMMUNITIES,  /* the lowest of each community in turn */
    EL4ML_SELECT_DISAGREEMENT, /* of the better half of the minima, one after another the one that disagrees
                                  most with those taken before, on validation rows (without any: training
                                  rows) */
    EL4ML_SELECT_RESTARTS,     /* minimised from the initialiser, as in a deep ensemble (Lakshminarayanan,
                                  Pritzel and Blundell, NeurIPS 2017) */
    EL4ML_SELECT_BAGGING,      /* likewise, each on a bootstrap sample of the training rows (Breiman 1996) */
    EL4ML_SELECTIONS
} el4ml_selection;

typedef enum el4ml_combination {
    EL4ML_COMBINE_MEAN, /* of probabilities; values: their mean, and the mixture of their densities */
    EL4ML_COMBINE_VOTE, /* a vote each, and one more of the mean probability, which parts ties; values: median
                         */
    EL4ML_COMBINE_STACK, /* a mixture whose weights maximise the likelihood of held-out rows under a symmetric
                            Dirichlet prior, one row for each member (Yao, Vehtari, Simpson and Gelman,
                            Bayesian Analysis 13, 917, 2018) */
    EL4ML_COMBINE_GATE,  /* weights that depend on the input: the same fit to the held-out rows nearest to it,
                            with the stacked weights, five rows heavy, as its prior */
    EL4ML_COMBINATIONS
} el4ml_combination;

/* single, validated, lowest, random, peaks, communities, disagreement, restarts, bagging. */
EL4ML_API const char *el4ml_selection_name(el4ml_selection selection);
/* mean, vote, stack, gate. */
EL4ML_API const char *el4ml_combination_name(el4ml_combination combination);

typedef struct el4ml_ensembles_options {
    size_t members;     /* of each ensemble, fewer where there are not so many; 2 ... 1000, default 8 */
    uint64_t seed;      /* of random choices, folds and bootstraps; default 1 */
    size_t folds;       /* of cross-fitting; 2 ... 100, default 5 */
    size_t bootstraps;  /* of the test rows, for the intervals; default 2000 */
    bool no_refits;     /* leave restarts and bagging out; default false */
    double temperature; /* of communities; default 0: the usual one (answers.h) */
    const volatile bool *cancel; /* optional */
} el4ml_ensembles_options;

EL4ML_API el4ml_ensembles_options el4ml_ensembles_options_default(void);

/* What ensembles are made from. Without validation rows what is fitted after training, and what is
 * recommended, rests on cross-fitting, for which every model is minimised anew, from where it is, without
 * each fold of the training rows in turn. */
typedef struct el4ml_ensembles_source {
    el4ml_landscape *landscape;
    const el4ml_network *network; /* of the landscape */
    const el4ml_study *study;
    const el4ml_surface *surface;
    const el4ml_data *data; /* its test rows are not looked at */
} el4ml_ensembles_source;

/* A model that may be a member. */
typedef struct el4ml_candidate {
    size_t minimum;   /* index; EL4ML_NONE: a restart or a bagged model */
    const double *x;  /* (dimension) */
    double deviation; /* values: root mean square residual on held-out rows, the width of its density */
} el4ml_candidate;

/* Where a score of test rows lies, by the percentile bootstrap over these rows. */
typedef struct el4ml_tested {
    el4ml_scores score, low, high;          /* and 95 % intervals */
    el4ml_scores gain, gain_low, gain_high; /* the score less that of the single lowest minimum, paired */
} el4ml_tested;

typedef struct el4ml_ensemble {
    el4ml_selection selection;
    el4ml_combination combination;
    size_t count;
    const size_t *members; /* (count) candidates */
    double *weight;        /* (count) add up to 1; of a gate: far from any held-out row */
    /* On held-out rows; weights fitted to other ones. NaN where there are none, or where they chose it. */
    el4ml_scores held_out;
    double gain, gain_error; /* mean of its log density on them less that of the single lowest minimum, and
                                the standard error of that mean */
    /* After el4ml_ensembles_test: */
    el4ml_tested test;
    /* Of its members on the test rows: the share of pairs that give a row different classes; values: the root
     * mean square difference over pairs and rows. And its 95 % interval by the same bootstrap. NaN for one
     * member. */
    double test_disagreement, test_disagreement_low, test_disagreement_high;
} el4ml_ensemble;

typedef struct el4ml_members {
    size_t count, *candidate; /* (count) */
    const char *none;         /* why there are none; NULL when there are */
} el4ml_members;

typedef struct el4ml_ensembles {
    el4ml_prediction kind;
    size_t candidate_count;
    el4ml_candidate *candidates;
    el4ml_members selected[EL4ML_SELECTIONS];
    size_t count;
    el4ml_ensemble *ensembles; /* (count); 0 is the single lowest minimum */
    size_t recommended;        /* by held-out rows alone; EL4ML_NONE without any */
    bool cross_fitted;         /* held-out rows are training rows */
    const char *no_held_out;   /* why there are none; NULL when there are */
    size_t held_out_rows, test_rows;
    struct el4ml_ensembles_inside *inside;
} el4ml_ensembles;

/* NOT_SUPPORTED: the surface predicts nothing, or its minima have no coordinates. What it returns refers to
 * the landscape and the datasets of the source. */
EL4ML_API el4ml_status el4ml_ensembles_fit(const el4ml_ensembles_source *source,
                                           const el4ml_ensembles_options *options,
                                           el4ml_ensembles **ensembles, el4ml_error *error);
/* Fill in what the test rows say; nothing else changes. */
EL4ML_API el4ml_status el4ml_ensembles_test(el4ml_ensembles *ensembles, const el4ml_dataset *test,
                                            el4ml_error *error);
/* The forecast of one of them for any rows, in the unit of the dataset. */
EL4ML_API el4ml_status el4ml_ensembles_forecast(const el4ml_ensembles *ensembles, size_t which,
                                                const el4ml_dataset *rows, el4ml_forecast **forecast,
                                                el4ml_error *error);
EL4ML_API void el4ml_ensembles_free(el4ml_ensembles *ensembles);

/* Into a new folder, or one without such files: the members of one of them as el4ml_model_write names them,
 * minimum_ID.npz or member_NUMBER.npz, and ensemble.json with their weights. */
EL4ML_API el4ml_status el4ml_ensembles_save(const el4ml_ensembles *ensembles, size_t which,
                                            const el4ml_data *data, const char *folder, el4ml_error *error);
/* The recommendation in a few plain sentences, with the numbers of held-out rows that it rests on; and what
 * the test rows say of it, NULL without any. To be freed with el4ml_text_free, as the others. */
EL4ML_API char *el4ml_ensembles_advice(const el4ml_ensembles *ensembles);
EL4ML_API char *el4ml_ensembles_verdict(const el4ml_ensembles *ensembles, const el4ml_data *data);
EL4ML_API char *el4ml_ensembles_json(const el4ml_ensembles *ensembles, const el4ml_data *data);
/* Scores of the test rows, or without any of the held-out rows, with their intervals. */
EL4ML_API el4ml_status el4ml_ensembles_svg(const el4ml_ensembles *ensembles, const el4ml_data *data,
                                           char **svg, el4ml_error *error);

/* ---- Over several splits of the data ---- */

/* One sort of ensemble over landscapes of the same study on different splits. */
typedef struct el4ml_split_ensemble {
    bool recommended; /* what was recommended on each split, whichever it was */
    el4ml_selection selection;
    el4ml_combination combination;
    el4ml_split_mean score[EL4ML_SCORES];         /* on test rows */
    el4ml_split_mean gain[EL4ML_SCORES];          /* less that of the single lowest minimum */
    el4ml_split_mean over_restarts[EL4ML_SCORES]; /* less that of as many random restarts, combined the
                                                     same way (single, validated, recommended: their mean) */
} el4ml_split_ensemble;

typedef struct el4ml_ensembles_splits {
    el4ml_prediction kind;
    size_t splits, count;
    el4ml_split_ensemble *ensembles; /* (count) 0: the single lowest minimum; 1: what was recommended */
    double overlap;                  /* test rows over training rows, validation rows among these */
    size_t members;                  /* of each ensemble at most */
} el4ml_ensembles_splits;

/* runs: (splits) tested; data: (splits) likewise, for units. Of all sorts that at least two splits have.
 * INVALID_ARGUMENT: classes and values, or a run without test rows. */
EL4ML_API el4ml_status el4ml_ensembles_over_splits(const el4ml_ensembles *const *runs,
                                                   const el4ml_data *const *data, size_t splits,
                                                   el4ml_ensembles_splits **over, el4ml_error *error);
EL4ML_API void el4ml_ensembles_splits_free(el4ml_ensembles_splits *over);
/* Free with el4ml_text_free. */
EL4ML_API char *el4ml_ensembles_splits_advice(const el4ml_ensembles_splits *over);
EL4ML_API char *el4ml_ensembles_splits_json(const el4ml_ensembles_splits *over);
EL4ML_API el4ml_status el4ml_ensembles_splits_svg(const el4ml_ensembles_splits *over, char **svg,
                                                  el4ml_error *error);

EL4ML_END
#endif
