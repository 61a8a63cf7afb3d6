/* Symmetry of a cluster of identical atoms: permutations, rotations, inversion and translation. x: (atoms,
 * 3). */
#ifndef EL4ML_SURFACE_CLUSTER_H
#define EL4ML_SURFACE_CLUSTER_H

#include "el4ml/random.h"
#include "surface/cluster_kernels.h"

#define EL4ML_CLUSTER_STARTS 32 /* proposed rotations from which an alignment is refined */
#define EL4ML_CLUSTER_FOUND (EL4ML_CLUSTER_STARTS + 5) /* with the points as given, and a symmetry copy */

/* One cluster, centred on its centroid, its atoms in order of distance from it. */
typedef struct el4ml_shells {
    double centroid[3];
    double *x;      /* (n, 3) */
    double *radius; /* (n), ascending */
    size_t *atom;   /* (n): the atom's number in the input */
} el4ml_shells;

/* One operation: atom k of a is met by R b[match[k]]; both in the order of their shells. */
typedef struct el4ml_match {
    double rotation[9];
    double distance;
    size_t *match; /* (n) */
} el4ml_match;

/* A rotation to begin an alignment from; score: the kernel `nearest`. */
typedef struct el4ml_start {
    double score, rotation[9];
    bool improper;
} el4ml_start;

/* Work for one thread; every function below overwrites it. */
typedef struct el4ml_cluster {
    size_t n;
    const el4ml_cluster_kernels *kernels;
    el4ml_shells a, b;
    el4ml_match best, trial;
    double *rotated; /* (n, 3) */
    size_t *used;    /* (n) */
    double *cost;    /* (n, n) and what el4ml_assign needs */
    double *assignment;
    size_t *indices;
    double *arrays;  /* a, b, rotated as structure of arrays, and the weights: 10 strides */
    double *pairs;   /* descriptor: all distances */
    size_t *matches; /* room for found[].match */
    el4ml_start start[EL4ML_CLUSTER_STARTS]; /* ascending by score */
    size_t starts;
    el4ml_match found[EL4ML_CLUSTER_FOUND]; /* distinct alignments, ascending by distance */
    size_t founds;
} el4ml_cluster;

el4ml_cluster *el4ml_cluster_new(size_t atoms);
void el4ml_cluster_free(el4ml_cluster *cluster);

/* ---- cluster_symmetry.c: decided exactly ---- */

/* Is there an operation with |g b - a| <= tolerance? */
bool el4ml_cluster_same(el4ml_cluster *cluster, const double *a, const double *b, double tolerance);
/* The order of the point group: operations with |g x - x| <= tolerance; HUGE_VAL for a linear cluster. */
double el4ml_cluster_order(el4ml_cluster *cluster, const double *x, double tolerance);

/* Operations that bring cluster->b within `tolerance` of cluster->a (the caller has filled both). The best of
 * them goes to cluster->best (distance HUGE_VAL when there is none); rotations are made the best for their
 * permutation only while more than `enough` is left. Ends at the first within `enough`, or counts them all.
 */
size_t el4ml_cluster_match(el4ml_cluster *cluster, double tolerance, double enough, bool all);
/* Orthonormal rows: along p, towards q, and their product. False where p and q are in line with the origin.
 */
bool el4ml_frame(const double *p, const double *q, double e[9]);
/* R = sum_k e_k f_k^T takes the frame f to the frame e; improper: the third vector to its opposite. */
void el4ml_frame_rotation(const double e[9], const double f[9], bool improper, double rotation[9]);
/* Fill shells from x. */
void el4ml_cluster_shells(el4ml_shells *shells, size_t n, const double *x);
/* The rotation of the given parity that is best for trial.match, and its distance, into trial. */
void el4ml_cluster_refine(el4ml_cluster *cluster, bool improper);
/* The assignment that is best for trial.rotation, into trial.match. */
void el4ml_cluster_assign(el4ml_cluster *cluster);
/* The two in turn until the distance no longer falls. False, and given up, when the first turn leaves more
 * than `promising`. */
bool el4ml_cluster_settle(el4ml_cluster *cluster, bool improper, double promising);
void el4ml_cluster_copy_match(size_t n, const el4ml_match *from, el4ml_match *to);

/* ---- cluster_align.c: the closest image that can be found ---- */

/* Returns |aligned - fixed|; NaN for coordinates that are not finite. */
double el4ml_cluster_align(el4ml_cluster *cluster, const double *fixed, const double *moving,
                           uint64_t variant, double *aligned);

/* ---- cluster_geometry.c ---- */

void el4ml_cluster_random_operation(el4ml_random *random, size_t n, const double *x, double *y);
/* Orthonormal translations and rotations into basis (z, 3 n), or only their number where basis is NULL. */
size_t el4ml_cluster_zero_modes(size_t n, const double *x, double *basis);
/* Sorted interatomic distances, in groups of neighbours where they are many: |difference of two descriptors|
 * is never more than the distance of the two clusters after the best alignment. */
size_t el4ml_cluster_descriptor_size(size_t n);
void el4ml_cluster_descriptor(el4ml_cluster *cluster, const double *x, double *descriptor);

#endif
