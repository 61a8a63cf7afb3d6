/* Losses that are means over pairs of points, seen from a model's outputs alone: the smooth approximation of
 * 1 - AUC, of one score a point, and the contrastive loss, of an embedding. Arrays over points are (outputs,
 * stride), the points sorted by class.
 *
 * A direct sum over the pairs costs N^2. Of the auc loss, sigma(s - t) is a smooth function of the two
 * scores, so that it separates: the range of scores is cut into boxes of WIDTH / beta, where TERMS Chebyshev
 * polynomials in s and in t give it to rounding. Each box of points is summed up in TERMS moments, moments
 * act on boxes by a table made once, and each point evaluates the sum at its own score: N TERMS operations,
 * and TERMS^2 for each two boxes. */
#ifndef EL4ML_SURFACE_PAIRS_H
#define EL4ML_SURFACE_PAIRS_H

#include "base/cpu.h"
#include "el4ml/surfaces.h"

#define EL4ML_AUC_WIDTH 4.0   /* of a box, times beta */
#define EL4ML_AUC_TERMS 32    /* error of sigma and its slope at most 1e-15, of its bend 2e-15 */
#define EL4ML_AUC_REACH 10    /* boxes farther apart than this: sigma is 0 or 1 */
#define EL4ML_AUC_BOXES 64    /* more of them: the direct sum */
#define EL4ML_AUC_FEWEST 8000 /* pairs: fewer, and the direct sum is always faster */

typedef struct el4ml_pairs_kernels el4ml_pairs_kernels;

typedef struct el4ml_pairs {
    el4ml_loss loss;
    size_t points, stride, outputs; /* N; numbers from one row of an array to the next; d */
    size_t classes, *start; /* points of class c: start[c] ... start[c + 1] - 1; auc: positives first */
    double beta, margin, epsilon;
    double pairs;                        /* how many */
    size_t drawn, same, *first, *second; /* pairs that were drawn, the first `same` of them of one class;
                                            0: all pairs */
    double
        *series; /* auc, many points: (3, REACH + 1, TERMS, TERMS), el4ml_auc_series; NULL: always direct */
    const el4ml_pairs_kernels *kernels;
} el4ml_pairs;

/* One thread's memory: what `loss` found at a point, for the other two. */
typedef struct el4ml_pairs_work el4ml_pairs_work;

/* X = sum_q left[q]^T coupled[q] of the rows q. H gets factor X where X is symmetric, else factor (X + X^T).
 */
typedef struct el4ml_pairs_coupling {
    size_t rows;
    const double *left, *coupled; /* (rows, width) */
    double factor;
    bool both;
} el4ml_pairs_coupling;

#define EL4ML_PAIRS_TILE 32 /* rows that `coupled` has more of than `plan` says, for scratch */

/* Rows of the Jacobian of one of the outputs, on their way into the coupling. */
typedef struct el4ml_pairs_slab {
    size_t output, point, count; /* of the points point ... point + count - 1 */
    size_t width;                /* numbers a row, a multiple of 8 */
    const double *rows;          /* (count, width) */
} el4ml_pairs_slab;

struct el4ml_pairs_kernels {
    /* Mean over the pairs; unless NULL its derivative `delta` (outputs, stride) by the scores, and that
     * part of the second derivative which joins a point to itself: `bend` (outputs (outputs + 1) / 2,
     * stride), upper triangle by rows. What pads the rows of either is 0. */
    double (*loss)(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score, double *delta,
                   double *bend);
    /* change (outputs, stride) = second derivative times tangent (outputs, stride); after `loss` with bend.
     */
    void (*product)(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score, const double *bend,
                    const double *tangent, double *change);
    /* What joins different points, for a Hessian by x with the Jacobian J of the scores: after `loss` with
     * bend (the scores still there), `plan` tells the rows (of `width` numbers each, for nodes and for
     * coupled) that it takes, `gather` is given all of J, an output's points in their order, and `couple`
     * answers. */
    size_t (*plan)(const el4ml_pairs *p, el4ml_pairs_work *w);
    void (*gather)(const el4ml_pairs *p, el4ml_pairs_work *w, const el4ml_pairs_slab *slab, double *nodes);
    el4ml_pairs_coupling (*couple)(const el4ml_pairs *p, el4ml_pairs_work *w, size_t width, double *nodes,
                                   double *coupled);
};

#ifdef EL4ML_X86_KERNELS
extern const el4ml_pairs_kernels el4ml_auc_kernels_avx512, el4ml_auc_kernels_avx2;
extern const el4ml_pairs_kernels el4ml_contrastive_kernels_avx512, el4ml_contrastive_kernels_avx2;
#endif
extern const el4ml_pairs_kernels el4ml_auc_kernels_baseline, el4ml_contrastive_kernels_baseline;

/* For rows whose classes are `label`: `order` (rows) receives the row of each point. `stride` is a multiple
 * of 8 that holds the points. Options as in el4ml_mlp_options, checked by the caller. */
el4ml_status el4ml_pairs_new(const el4ml_mlp_options *options, const el4ml_dataset *data, size_t outputs,
                             size_t stride, el4ml_kernel_set set, size_t *order, el4ml_pairs **pairs,
                             el4ml_error *error);
void el4ml_pairs_free(el4ml_pairs *p);
el4ml_pairs_work *el4ml_pairs_work_new(const el4ml_pairs *p);
void el4ml_pairs_work_free(el4ml_pairs_work *w);
/* Number of pairs of n points. */
double el4ml_pairs_of(size_t n);
/* auc_series.c: the coefficients. */
void el4ml_auc_series(double *series);

#endif
