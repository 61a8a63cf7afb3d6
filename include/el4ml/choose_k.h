/* How many clusters? A landscape of K-means for each K, beside the usual criteria. */
#ifndef EL4ML_CHOOSE_K_H
#define EL4ML_CHOOSE_K_H

#include "el4ml/run.h"

EL4ML_BEGIN

typedef enum el4ml_k_criterion {
    EL4ML_K_BY_LANDSCAPE,      /* the last K before competing clusterings become many */
    EL4ML_K_BY_STABILITY,      /* the largest K within one standard error of the most stable */
    EL4ML_K_BY_SILHOUETTE,     /* the largest mean silhouette width (Rousseeuw 1987) */
    EL4ML_K_BY_GAP,            /* Tibshirani, Walther and Hastie's rule (2001) */
    EL4ML_K_BY_DAVIES_BOULDIN, /* the smallest index (1979) */
    EL4ML_K_CRITERIA
} el4ml_k_criterion;

typedef struct el4ml_choose_k_options {
    size_t from, to;       /* K; 1 <= from <= to; default 2 to 10 */
    size_t starts;         /* by k-means++, for `hits`; default 200 */
    size_t resamples;      /* halves of the rows, for `stability`; default 20 */
    size_t references;     /* uniform data sets, for the gap statistic; default 20 */
    const char *folder;    /* the landscapes go into its folders k2, k3, ...; those begun there go on */
    el4ml_run_options run; /* of each landscape; its time limit is for all together */
} el4ml_choose_k_options;

/* NaN where a number cannot be had (one cluster has no silhouette). */
typedef struct el4ml_k_row {
    size_t clusters;
    double inertia; /* J of the lowest minimum, which is the clustering meant below */
    size_t minima, transition_states, components, funnels;
    /* 2 J / (N d): twice the mean variance within clusters, where exp(-J/T) is the likelihood of a mixture of
     * equal spherical Gaussians with hard assignment. */
    double temperature;
    double clusterings; /* exp(S) there: how many minima share the probability */
    double frustration; /* F~ there */
    double barrier;     /* from nine tenths of the minima the lowest is reached without climbing more than so
                           much, in units of J */
    double hits;        /* fraction of the starts that end at the lowest minimum */
    double stability;   /* mean adjusted Rand index of clusterings of halves of the rows and of this one */
    double stability_error; /* its standard error */
    double silhouette, davies_bouldin;
    double gap, gap_error; /* s_K, with the simulation error in it */
} el4ml_k_row;

typedef struct el4ml_choice {
    size_t count;
    el4ml_k_row *rows;           /* (count) ascending K */
    size_t by[EL4ML_K_CRITERIA]; /* K of each criterion; 0: it names none */
    size_t verdict;       /* K that most of them name; of several the one with the largest silhouette */
    size_t votes, voters; /* criteria that name it, and that name any */
    char text[600];       /* the verdict in plain words */
} el4ml_choice;

EL4ML_API el4ml_choose_k_options el4ml_choose_k_options_default(void);
EL4ML_API const char *el4ml_k_criterion_name(el4ml_k_criterion criterion);
/* `study`: of kind kmeans; its number of clusters does not matter. data: as el4ml_study_open reads them; the
 * training rows alone are used. BAD_INPUT: more clusters than distinct rows, another kind. INTERRUPTED: the
 * landscapes keep what was found. */
EL4ML_API el4ml_status el4ml_choose_k(const el4ml_study *study, const el4ml_data *data,
                                      const el4ml_choose_k_options *options, el4ml_choice *choice,
                                      el4ml_error *error);
EL4ML_API void el4ml_choice_clear(el4ml_choice *choice);
/* Free with el4ml_text_free. */
EL4ML_API char *el4ml_choice_json(const el4ml_choice *choice);
/* The figure, an SVG file, whole or not at all. */
EL4ML_API el4ml_status el4ml_choice_figure(const el4ml_choice *choice, const char *path, el4ml_error *error);

EL4ML_END
#endif
