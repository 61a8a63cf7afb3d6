/* Several clusterings of the same rows made into one: evidence accumulation (Fred and Jain, IEEE Trans.
 * Pattern Anal. Mach. Intell. 27, 835, 2005). */
#ifndef EL4ML_CONSENSUS_H
#define EL4ML_CONSENSUS_H

#include "el4ml/status.h"

EL4ML_BEGIN

/* The co-association of two rows is the share of clusterings that put them together. Average linkage on it,
 * cut where `clusters` groups are left, gives the consensus. */
typedef struct el4ml_consensus {
    size_t rows, clusterings,
        clusters;      /* clusters: as many as asked for, or fewer where rows do not differ */
    size_t *cluster;   /* (rows) 0 ... clusters - 1, in the order of their first rows */
    double *certainty; /* (rows) mean co-association with the other rows of its cluster, less the largest with
                          those of another; 1: all agree, 0 or less: it could as well be elsewhere. NaN
                          without others */
    double certain;    /* mean of it */
    double agreement;  /* mean adjusted Rand index of the consensus with the clusterings */
    double between;    /* mean adjusted Rand index of two of the clusterings; NaN for one */
} el4ml_consensus;

/* label: (clusterings, rows), each below `most`. Rows that no clustering parts are handled as one, so that
 * the time grows as the square of the number of different rows. INVALID_ARGUMENT: none of them, or a label
 * out of range; NOT_SUPPORTED: more than 10000 different rows. */
EL4ML_API el4ml_status el4ml_consensus_new(const size_t *label, size_t clusterings, size_t rows, size_t most,
                                           size_t clusters, el4ml_consensus **consensus, el4ml_error *error);
EL4ML_API void el4ml_consensus_free(el4ml_consensus *consensus);

/* Of two partitions of the same rows (Hubert and Arabie, J. Classif. 2, 193, 1985): 1 where they are the
 * same, 0 on average by chance; 1 also where both have one cluster, or both a cluster for every row. NaN when
 * out of memory. Labels are below a_most and b_most. */
EL4ML_API double el4ml_partition_agreement(size_t rows, const size_t *a, size_t a_most, const size_t *b,
                                           size_t b_most);

EL4ML_END
#endif
