/* Inside of the multilayer perceptron: the model, one thread's workspace and the table of kernels.
 *
 * Data points lie along the vector lanes: every array over points is (features, block), one row per feature
 * with the points of a block next to each other, so that 3, 5 or 10 units need no padding. The points come in
 * blocks that stay in cache; forward, loss and backward are done for one block before the next. Points that
 * only fill up the last vector have `present` 0, which makes their error signal, and with it all they could
 * add, zero. */
#ifndef EL4ML_SURFACE_MLP_H
#define EL4ML_SURFACE_MLP_H

#include "base/cpu.h"
#include "el4ml/surfaces.h"
#include "surface/pairs.h"

#define EL4ML_MLP_LAYERS (EL4ML_MAX_HIDDEN_LAYERS + 1) /* weight layers */
#define EL4ML_MLP_PANEL 32                             /* Hessian: pairs of features taken together */
#define EL4ML_MLP_LANES 8                              /* every block is a multiple of this many points */
#define EL4ML_MLP_TOGETHER 8                           /* PAIRS: products with vectors made together */

typedef struct el4ml_mlp_kernels el4ml_mlp_kernels;

/* What is made of the outputs. */
typedef enum el4ml_mlp_head {
    EL4ML_SOFTMAX,
    EL4ML_WEIGHTED_SOFTMAX, /* points of unequal weight */
    EL4ML_LOG_ODDS,         /* cross-entropy of one logit */
    EL4ML_SQUARES,
    EL4ML_PAIRS /* a loss over pairs of points */
} el4ml_mlp_head;

typedef struct el4ml_mlp {
    size_t layers;                        /* L: weight layers, hidden layers + 1 */
    size_t size[EL4ML_MLP_LAYERS + 1];    /* d_0 ... d_L */
    size_t weights[EL4ML_MLP_LAYERS + 1]; /* offset of W_l in the parameters, l = 1 ... L */
    size_t biases[EL4ML_MLP_LAYERS + 1];
    size_t dimension;
    size_t widest;           /* largest d_1 ... d_L */
    size_t coefficient_rows; /* Hessian: rows of coefficients held at a time */
    el4ml_activation activation;
    el4ml_loss loss;
    el4ml_mlp_head head;
    double l2;
    bool l2_biases;
    size_t classes, positive; /* 0 classes: regression */
    double smoothing;         /* of the classes */
    double *class_weight;     /* (classes), scaled so that the points' mean is 1; NULL: all 1 */
    size_t neighbours, top_k; /* of the metrics */
    size_t scores;            /* PAIRS: auc 1, contrastive d_L */
    el4ml_pairs *pairs;       /* PAIRS */
    size_t *order;            /* (rows) the row of each point */
    bool rotates;             /* W_L may be multiplied by any orthogonal matrix */

    size_t rows, block, blocks; /* N; points a block; number of blocks */
    double *inputs;             /* (blocks, d_0 + 1, block); the last row is 1, for the bias */
    double *targets; /* (blocks, d_L, block): probabilities of the classes times the weight, or y */
    double *present; /* (blocks, block): a point's weight, mean 1; 0 for padding */

    /* Exactly flat directions: disjoint groups of parameters, the same number added to all of a group. */
    size_t flat_count;  /* groups */
    size_t *flat_start; /* (flat_count + 1) into flat_index */
    size_t *flat_index;

    const el4ml_mlp_kernels *kernels;
} el4ml_mlp;

/* Pointers by layer, all (units, block). */
typedef struct el4ml_mlp_workspace {
    double *value[EL4ML_MLP_LAYERS + 1];   /* h_l, with one more row of ones below; l = L: outputs */
    double *first[EL4ML_MLP_LAYERS + 1];   /* phi'(z_l), hidden layers */
    double *second[EL4ML_MLP_LAYERS + 1];  /* phi''(z_l), then times dV/dh_l */
    double *delta[EL4ML_MLP_LAYERS + 1];   /* dV/dz_l */
    double *tangent[EL4ML_MLP_LAYERS + 1]; /* R z_l */
    double *spread[EL4ML_MLP_LAYERS + 1];  /* R h_l, with one more row of zeros below */
    double *change[EL4ML_MLP_LAYERS + 1];  /* R delta_l */
    double *inputs;                        /* (d_0 + 1, block): metrics of other data, mini-batches */
    double *targets;                       /* (d_L, block): mini-batches */
    double *present;                       /* (block) */
    double *part;                          /* (n): gradient of one block of a mini-batch */
    double *coefficients;                  /* Hessian: (coefficient_rows, block) */
    double *panel;                         /* (block, EL4ML_MLP_PANEL) */
    double *sums;                          /* (coefficient_rows, EL4ML_MLP_PANEL) */
    size_t *bases;                         /* (coefficient_rows, 4) */
    double *bend; /* LOG_ODDS and PAIRS: (d_L (d_L + 1) / 2, block) second derivative by a point's outputs */
    /* PAIRS, (scores, blocks * block), of score_bend (scores (scores + 1) / 2, blocks * block) */
    double *score, *score_delta, *score_bend;
    double *score_tangent, *score_change; /* TOGETHER of them each */
    el4ml_pairs_work *pairs;
    double *nodes, *coupled; /* (jacobian_rows [+ TILE], width) */
    double *slab;            /* (block or TILE, width) */
    double *units;           /* (TOGETHER, n): unit vectors, where there is no room for J */
    struct el4ml_mlp_symmetry *symmetry;
    double *arena;
} el4ml_mlp_workspace;

/* Of the Jacobian: numbers a row, and the rows that there is room for. */
size_t el4ml_mlp_jacobian_width(const el4ml_mlp *m);
size_t el4ml_mlp_jacobian_rows(const el4ml_mlp *m);

struct el4ml_mlp_kernels {
    /* Mean loss plus L2, and its gradient when not NULL. */
    double (*value_gradient)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *gradient);
    void (*hessian_vector)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                           const double *v, double *hv);
    void (*hessian)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, double *hessian);
    /* Outputs of `points` (a multiple of EL4ML_MLP_LANES) inputs (d_0 + 1, block), left in w->value[L]. */
    void (*predict)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, const double *inputs,
                    size_t points);
};

extern const el4ml_mlp_kernels el4ml_mlp_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
extern const el4ml_mlp_kernels el4ml_mlp_kernels_avx2;
extern const el4ml_mlp_kernels el4ml_mlp_kernels_avx512;
#endif

/* el4ml_mlp_new with the kernels of `set`, which the machine must have; for tests and benchmarks. */
el4ml_status el4ml_mlp_new_with(const el4ml_mlp_options *options, const el4ml_dataset *train,
                                el4ml_kernel_set set, el4ml_surface **surface, el4ml_error *error);

/* Of mlp_data.c: the points, from the training rows; OUT_OF_MEMORY is all that can go wrong. */
el4ml_status el4ml_mlp_take_data(el4ml_mlp *m, const el4ml_mlp_options *options, const el4ml_dataset *train,
                                 el4ml_kernel_set set, el4ml_error *error);
/* Of mlp_options.c. */
el4ml_status el4ml_mlp_check(const el4ml_mlp_options *options, const el4ml_dataset *train,
                             el4ml_error *error);

/* Of mlp_batch.c: mean loss of some rows plus L2, and its gradient. */
double el4ml_mlp_batch(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t count,
                       const size_t *rows, double *gradient);

/* Of mlp_metrics.c and mlp_predict.c. */
el4ml_status el4ml_mlp_metrics(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                               el4ml_metrics *metrics);
el4ml_status el4ml_mlp_target_metrics(const void *self, void *workspace, const double *x,
                                      const el4ml_dataset *data, el4ml_target_metrics *targets);
el4ml_status el4ml_mlp_predict(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                               double *outputs);

/* Of mlp_symmetry.c: the hooks, and their part of the workspace. */
struct el4ml_mlp_symmetry *el4ml_mlp_symmetry_new(const el4ml_mlp *m);
void el4ml_mlp_symmetry_free(struct el4ml_mlp_symmetry *s);
el4ml_status el4ml_mlp_align(const void *self, void *workspace, const double *fixed, const double *moving,
                             uint64_t variant, double *aligned, double *distance);
el4ml_status el4ml_mlp_same(const void *self, void *workspace, const double *a, const double *b,
                            double tolerance, bool *same);
el4ml_status el4ml_mlp_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                    double *log_multiplicity, double *order);
void el4ml_mlp_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                double *y);

#endif
