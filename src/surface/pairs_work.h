/* One thread's memory for the losses over pairs; for pairs.c and the kernels. */
#ifndef EL4ML_SURFACE_PAIRS_WORK_H
#define EL4ML_SURFACE_PAIRS_WORK_H

#include "surface/pairs.h"

#define EL4ML_PAIRS_LANES 8      /* what is padded, is padded to a multiple of this */
#define EL4ML_PAIRS_COLUMNS 2048 /* of w->matrix; the moments of all boxes */

/* Positives or negatives. u = beta times the score. */
typedef struct el4ml_auc_side {
    size_t first, count; /* points first ... first + count - 1 */
    /* Direct: (padded) */
    double *factor; /* e^(u - middle), or u itself where its range is too wide for that */
    double *slope, *bend;
    double *weight, *sum; /* of a product */
    /* Series: the points sorted by box, each box padded */
    size_t begin[EL4ML_AUC_BOXES + 1];
    size_t *point;    /* (sorted); of padding: SIZE_MAX */
    double *place;    /* (sorted) in its box, -1 ... 1 */
    double *here;     /* (sorted) 1 for a point, 0 for padding; then the weights of a product */
    double *moment;   /* (BOXES, TERMS) */
    double *turned;   /* (BOXES, TERMS) with the signs of the odd terms changed */
    double *local[2]; /* (BOXES, TERMS) */
} el4ml_auc_side;

struct el4ml_pairs_work {
    /* auc */
    el4ml_auc_side side[2];
    size_t boxes; /* of the series at the present point; 0: direct */
    bool wide, compressed;
    double middle, lowest; /* of u; the number of the first box */
    size_t *box;           /* (points) */
    double *place;         /* (points) */
    double *matrix;        /* (TILE, COLUMNS) */
    const double *score;   /* of the present point; borrowed */
    /* contrastive */
    double *f, *g, *h;    /* (outputs, stride + LANES) scores, sums, tangents */
    double *slope, *bend; /* (drawn, padded) of each pair */
    double *mean, *total; /* (classes, outputs) */
    double *numbers;      /* what the above live in */
    size_t *indices;
};

#endif
