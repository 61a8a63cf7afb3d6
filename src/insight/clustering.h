/* Clusterings of a table of rows: how good, how alike. */
#ifndef EL4ML_INSIGHT_CLUSTERING_H
#define EL4ML_INSIGHT_CLUSTERING_H

#include "el4ml/data.h"
#include "el4ml/random.h"

/* label[i]: the nearest of the centroids (clusters, inputs) to row i. */
void el4ml_nearest_labels(const el4ml_dataset *data, size_t clusters, const double *c, size_t *label);
/* Adjusted Rand index (Hubert and Arabie 1985) of two labellings of `rows` rows with labels below `clusters`.
 * NaN: out of memory. */
double el4ml_rand_index(size_t rows, size_t clusters, const size_t *a, const size_t *b);
/* Mean silhouette width (Rousseeuw, J. Comput. Appl. Math. 20, 53, 1987), of at most 3000 rows drawn by
 * `random`; NaN with one cluster or out of memory. */
double el4ml_silhouette(const el4ml_dataset *data, size_t clusters, const size_t *label, el4ml_random random);
/* Davies and Bouldin, IEEE Trans. Pattern Anal. Mach. Intell. 1, 224, 1979, with Euclidean distances, as
 * scikit-learn has it; c: the means. NaN with one cluster or out of memory. */
double el4ml_davies_bouldin(const el4ml_dataset *data, size_t clusters, const double *c, const size_t *label);
/* The best of `starts` runs of Lloyd's algorithm from k-means++: its J, centroids into c (clusters, inputs),
 * and how many of the runs end there (`hits`, may be NULL). BAD_INPUT: fewer distinct rows than clusters. */
el4ml_status el4ml_best_of_starts(const el4ml_dataset *data, size_t clusters, size_t starts, uint64_t seed,
                                  const volatile bool *cancel, double *c, double *inertia, size_t *hits,
                                  el4ml_error *error);

#endif
