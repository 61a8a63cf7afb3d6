/* Minima of a K-means landscape as clusterings to be combined: el4ml ensemble where the surface is K-means. A
 * point is the centroids, (clusters, inputs); a row belongs to the nearest. */
#ifndef EL4ML_CLUSTERINGS_H
#define EL4ML_CLUSTERINGS_H

#include "el4ml/consensus.h"
#include "el4ml/ensembles.h"

EL4ML_BEGIN

/* The consensus of one choice of minima: el4ml_selection with RESTARTS as minima drawn by their hits, each as
 * often as a start of the exploration fell to it, with repetition. */
typedef struct el4ml_cluster_ensemble {
    el4ml_selection selection;
    size_t count, *minimum;     /* (count) indices */
    el4ml_consensus *consensus; /* of the training rows */
    double inertia; /* mean squared distance of training rows to the mean of their consensus cluster */
    double class_agreement; /* adjusted Rand index with the data's classes, which nothing else uses; NaN
                               without */
    double test_inertia, test_class_agreement; /* of the test rows, each in the cluster whose rows the members
                                                  put it with most often; NaN without */
} el4ml_cluster_ensemble;

typedef struct el4ml_clusterings {
    size_t clusters, count;
    el4ml_cluster_ensemble *ensembles; /* (count) 0: the single lowest minimum */
    size_t recommended; /* 0 where random starts agree nearly always, otherwise the choice whose consensus
                           agrees best with its members; by training rows alone */
    double
        reproducibility; /* mean adjusted Rand index of two minima drawn by hits; NaN for a single minimum */
    size_t uncertain;    /* training rows of certainty below one half in the recommended consensus */
    size_t train_rows, test_rows;
} el4ml_clusterings;

/* options: members and seed count. NOT_SUPPORTED: the surface is not K-means. */
EL4ML_API el4ml_status el4ml_clusterings_new(const el4ml_ensembles_source *source,
                                             const el4ml_ensembles_options *options,
                                             el4ml_clusterings **clusterings, el4ml_error *error);
EL4ML_API void el4ml_clusterings_free(el4ml_clusterings *clusterings);
/* In plain sentences, and as JSON; free with el4ml_text_free. */
EL4ML_API char *el4ml_clusterings_advice(const el4ml_clusterings *clusterings);
EL4ML_API char *el4ml_clusterings_json(const el4ml_clusterings *clusterings);
/* How each consensus agrees with its members, and they with each other. */
EL4ML_API el4ml_status el4ml_clusterings_svg(const el4ml_clusterings *clusterings, char **svg,
                                             el4ml_error *error);

EL4ML_END
#endif
