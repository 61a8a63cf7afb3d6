/* K-means (methods.md 1.2; docs/kmeans.md): what its files share.
 *
 *     J(c) = sum_p w_p min_k |x_p - c_k|^2
 *
 * p runs over the distinct rows, w_p says how often each occurs. A labelling is a cluster for every point;
 * its quadratic is q(c) = sum_p w_p |x_p - c_label(p)|^2, and J is the least of them all. */
#ifndef EL4ML_SURFACE_KMEANS_H
#define EL4ML_SURFACE_KMEANS_H

#include "el4ml/surface.h"
#include "surface/kmeans_kernels.h"

typedef struct el4ml_kmeans {
    size_t points;   /* M: distinct rows, in the order of their first occurrence */
    size_t stride;   /* M, padded to whole blocks */
    size_t inputs;   /* d */
    size_t clusters; /* K */
    size_t n;        /* K d */
    double *x;       /* (M, d) */
    double *columns; /* (d, stride): the same, transposed; the padding repeats point 0 */
    double *weight;  /* (M) */
    double rows;     /* sum of the weights */
    double spread;   /* root mean square distance of the rows from their mean */
    double rounding; /* error of a distance that the rounding of coordinates makes */
    const el4ml_kmeans_kernels *kernels;
} el4ml_kmeans;

/* A labelling with the weights and means of its clusters. A cluster without points keeps the mean it had. */
typedef struct el4ml_labelling {
    uint64_t *label; /* (stride) */
    double *size;    /* (K) */
    double *mean;    /* (K, d) */
} el4ml_labelling;

/* Point p lies equally far from the centroids k and l. */
typedef struct el4ml_crease {
    size_t point, k, l;
} el4ml_crease;

/* A crease to be searched, and the least J that a transition state there is thought to have. */
typedef struct el4ml_kmeans_candidate {
    double energy, share; /* above the minimum; of cluster k */
    uint32_t point, k, l;
} el4ml_kmeans_candidate;

/* One thread's. Every function of this surface may overwrite all of it but what its comment says. */
typedef struct el4ml_kmeans_workspace {
    el4ml_kmeans_distances at;          /* of the centroids last measured */
    double *end;                        /* (K, stride): distances to the means that a flow is drawn to */
    el4ml_labelling one, two;           /* of minimise, crease and flow; of walks */
    uint64_t *target, *side[2];         /* (stride): labels */
    double *c, *trial, *residual;       /* (n) */
    double *square, *rate;              /* (K): |c_k - mean_k|^2 and 2 w(cluster) of a flow */
    el4ml_kmeans_candidate *candidates; /* (M, K) */
    uint32_t *order;                    /* (M): points in the order in which a path changes their labels */
    double *cost, *assignment;          /* (K, K) and what el4ml_assign needs */
    size_t *column, *indices;           /* (K) and the same */
} el4ml_kmeans_workspace;

/* ---- kmeans_labelling.c ---- */

/* Distances of all points to the centroids c, into w->at. */
void el4ml_kmeans_measure_at(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c);
/* Every point to the nearest of the centroids c, whose means they then count as; w->at as well. */
void el4ml_kmeans_label(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c,
                        el4ml_labelling *a);
/* Sizes and means of a labelling, as near as rounding allows and the same bits for the same labelling. */
void el4ml_kmeans_means(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a);
/* The same after point p has moved from cluster k to cluster l. */
void el4ml_kmeans_move(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, el4ml_labelling *a, size_t p,
                       size_t l);
/* Are squared distances a <= b so close that rounding may have parted them? */
bool el4ml_kmeans_tied(const el4ml_kmeans *m, double a, double b);
/* Clusters besides `own` that are as near to point p, of the centroids last measured, at most `capacity` of
 * them into `others`; returns how many there are. */
size_t el4ml_kmeans_ties(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, size_t p, size_t own,
                         size_t capacity, size_t *others);
/* Lloyd's algorithm from c (n) to a minimum of J, c overwritten; an empty cluster takes the point that is
 * farthest from its centroid. Uses w->one, which holds the minimum's labelling in the end. */
el4ml_status el4ml_kmeans_lloyd(el4ml_evaluator *e, double *c);

/* ---- kmeans_flow.c ---- */

/* Down the gradient flow dc/dt = -grad J from c (n), which lies in the cell, or on the edge of the cell, of
 * w->one; to a minimum, c and w->one overwritten. NOT_CONVERGED: it ends on a plateau, with a cluster empty.
 */
el4ml_status el4ml_kmeans_flow(el4ml_evaluator *e, double *c);

/* ---- kmeans_stationary.c; they leave w->two and w->candidates alone ---- */

el4ml_status el4ml_kmeans_characterise(el4ml_evaluator *e, el4ml_stationary *point);
el4ml_status el4ml_kmeans_unstable_mode(el4ml_evaluator *e, const double *c, double *mode);
/* From the transition state ts on the crease `at`, the other labels in w->one, to the minima on the side
 * where its point belongs to k and on that where it belongs to l; their labels into w->side. */
el4ml_status el4ml_kmeans_fall(el4ml_evaluator *e, const double *ts, const el4ml_crease *at, double *k_side,
                               double *l_side);
el4ml_status el4ml_kmeans_descend(el4ml_evaluator *e, const double *ts, const double *mode, double *plus,
                                  double *minus);

/* ---- kmeans_crease.c; they leave w->two and w->side alone ---- */

/* The transition state c (n) on the crease, from the labels in w->one, which become its own. NOT_CONVERGED:
 * the minimum of J there is none, or a cluster is empty. */
el4ml_status el4ml_kmeans_pass(el4ml_evaluator *e, const el4ml_crease *at, double *c);
/* Creases into w->candidates, and how many: between the own cluster of each point and every other, where that
 * makes a share in (0, 1); and between its own and another labelling's, whatever the share. `a`: a minimum's
 * labelling, whose means were measured. */
size_t el4ml_kmeans_own_creases(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const el4ml_labelling *a);
size_t el4ml_kmeans_creases_towards(const el4ml_kmeans *m, el4ml_kmeans_workspace *w,
                                    const el4ml_labelling *a, const uint64_t *target);
/* Reorder so that list[rank] is the candidate of that rank, by energy, and no later one comes before it. */
void el4ml_kmeans_select(el4ml_kmeans_candidate *list, size_t count, size_t rank);

/* ---- kmeans_chance.c; the labels of the other points into w->one ---- */

/* The first crease that the straight line from w->c by v (n) crosses; w->one and w->at are those of w->c.
 * `limit`: how far to look, and how far it is, in v. False: none. */
bool el4ml_kmeans_crease_on_line(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *v,
                                 double *limit, el4ml_crease *at);
/* Anywhere, but for the most part not far from the minimum a. False: none. */
bool el4ml_kmeans_crease_by_chance(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *a,
                                   el4ml_random *random, el4ml_crease *at);

/* ---- kmeans_walk.c, kmeans_search.c ---- */

/* One try: the transition state on the crease, from the labels in w->one, as point number found->count, each
 * `size` coordinates long; not yet counted. *fresh: it is none of those before. A failure is counted, and no
 * error. */
el4ml_status el4ml_kmeans_try(el4ml_evaluator *e, const el4ml_crease *at, size_t size, el4ml_found *found,
                              bool *fresh);
el4ml_status el4ml_kmeans_between(el4ml_evaluator *e, const double *a, const double *b, uint64_t attempt,
                                  el4ml_found *found);
extern const el4ml_surface_search el4ml_kmeans_search;

/* ---- kmeans_symmetry.c ---- */

el4ml_status el4ml_kmeans_align(const void *self, void *workspace, const double *fixed, const double *moving,
                                uint64_t variant, double *aligned, double *distance);
el4ml_status el4ml_kmeans_same(const void *self, void *workspace, const double *a, const double *b,
                               double tolerance, bool *same);
el4ml_status el4ml_kmeans_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                       double *log_multiplicity, double *order);
void el4ml_kmeans_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                   double *y);

/* ---- kmeans_start.c ---- */

void el4ml_kmeans_initialise(const void *self, void *workspace, el4ml_random *random, double *x);
void el4ml_kmeans_perturb(const void *self, void *workspace, el4ml_random *random, double step,
                          const double *x, double *y);

/* ---- kmeans_metrics.c ---- */

el4ml_status el4ml_kmeans_metrics(const void *self, void *workspace, const double *x,
                                  const el4ml_dataset *data, el4ml_metrics *metrics);

#endif
