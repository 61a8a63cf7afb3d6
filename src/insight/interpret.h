/* What the parts of an interpretation share. */
#ifndef EL4ML_INSIGHT_INTERPRET_H
#define EL4ML_INSIGHT_INTERPRET_H

#include "el4ml/interpretation.h"
#include "insight/weights.h"

/* All minima, each in the symmetry copy that lies closest to the mean of all. */
typedef struct el4ml_aligned {
    size_t rows, n;
    double *x; /* (rows, n) */
    double spread, stored_spread;
} el4ml_aligned;

/* Without looking at groups: first to the lowest minimum, then to the mean until nothing moves (generalised
 * Procrustes analysis, Gower 1975). Start from {0}; clear in any case. */
el4ml_status el4ml_aligned_init(el4ml_aligned *aligned, const el4ml_surface *surface,
                                const el4ml_landscape *landscape, size_t lowest, unsigned threads,
                                const volatile bool *cancel, el4ml_error *error);
void el4ml_aligned_clear(el4ml_aligned *aligned);

/* The rows chosen turned to fit each other: from the common alignment to their own mean until nothing moves.
 * x: (count, n), mean: (n), trial: (n). */
el4ml_status el4ml_realign(el4ml_evaluator *evaluator, const el4ml_aligned *aligned, const size_t *rows,
                           size_t count, double *x, double *mean, double *trial);

typedef struct el4ml_group_tests {
    const el4ml_surface *surface;
    const el4ml_aligned *aligned;
    const size_t *item; /* (n) the feature that a parameter belongs to, EL4ML_NONE; NULL: no features */
    size_t features;
    size_t permutations;
    uint64_t seed;
    unsigned threads;
    const volatile bool *cancel;
} el4ml_group_tests;

/* parameters (groups + 1, n), features (groups + 1, features) or NULL, together (groups + 1): the groups,
 * then all rows, whose p and ratio say nothing. group (rows): below `groups`, or EL4ML_NONE. q and conserved
 * are left alone.
 */
el4ml_status el4ml_test_conserved(const el4ml_group_tests *tests, const size_t *group, size_t groups,
                                  el4ml_conserved *parameters, el4ml_conserved *features,
                                  el4ml_conserved *together, el4ml_error *error);

/* Rows of numbers. side (rows): 0 first, 1 second, 2 neither. out (columns). q is left alone. */
typedef struct el4ml_number_table {
    size_t rows, columns, permutations;
    const double *x; /* (rows, columns) */
    uint64_t seed;
    const volatile bool *cancel;
} el4ml_number_table;

/* distance_p: of the distance between both means; NULL: not wanted. */
el4ml_status el4ml_test_apart(const el4ml_number_table *table, const unsigned char *side, el4ml_apart *out,
                              double *distance_p);

/* Rises of the loss of every row, mean over permutations, (models, features, rows), of the minima `model`. */
typedef struct el4ml_rises {
    size_t models, features, rows;
    size_t *model;
    double *rise;
} el4ml_rises;

el4ml_status el4ml_rises_measure(el4ml_rises *rises, const el4ml_surface *surface,
                                 const el4ml_landscape *landscape, const el4ml_dataset *rows,
                                 const el4ml_interpret_options *options, el4ml_error *error);
void el4ml_rises_clear(el4ml_rises *rises);
/* Over the models with wanted[k]: importance, its error and p of every feature. Returns how many models. */
size_t el4ml_rises_sum_up(const el4ml_rises *rises, const bool *wanted, el4ml_reliance *features);

el4ml_status el4ml_distinguish(const el4ml_surface *surface, const el4ml_landscape *landscape,
                               const el4ml_network *network, const el4ml_data *data,
                               const el4ml_group_tests *tests, const double *shares,
                               const el4ml_minimum_set *first, const el4ml_minimum_set *second,
                               el4ml_interpretation *result, el4ml_error *error);

/* Everything on the way. */
typedef struct el4ml_interpret_task {
    const el4ml_surface *surface;
    const el4ml_landscape *landscape;
    const el4ml_network *network;
    const el4ml_data *data;
    const el4ml_interpret_options *options;
    el4ml_interpretation *r;
    el4ml_weights weights;
    el4ml_aligned aligned;
    size_t *group; /* (minima): the groups described, by energy; EL4ML_NONE */
    size_t groups;
    size_t *item;   /* (parameters): the feature that a weight leaves; EL4ML_NONE */
    double *shares; /* (minima, features) */
    double *scale;  /* (features): standard deviation over the training rows */
    el4ml_rises rises;
    size_t *by_energy; /* (minima) */
} el4ml_interpret_task;

/* The group g, or all minima where g is the number of groups. */
el4ml_interpreted_group *el4ml_interpret_group(const el4ml_interpret_task *task, size_t g);
/* shares, scale and item of a model with weights at its inputs. */
el4ml_status el4ml_interpret_fold(el4ml_interpret_task *task, el4ml_error *error);
/* Weights of the features over group g, EL4ML_NONE: over all; their tests stand already. */
void el4ml_interpret_reliance(const el4ml_interpret_task *task, size_t g, el4ml_interpreted_group *to);
/* Permutation importance in all groups. */
el4ml_status el4ml_interpret_importance(el4ml_interpret_task *task, el4ml_error *error);

#endif
