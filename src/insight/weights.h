/* What the parameters of a model are: their names, and the weights at the inputs. */
#ifndef EL4ML_INSIGHT_WEIGHTS_H
#define EL4ML_INSIGHT_WEIGHTS_H

#include "el4ml/study.h"

typedef struct el4ml_weights {
    size_t n;      /* parameters */
    size_t layers; /* of weights, W_l (size[l], size[l - 1]) and b_l (size[l]) one after the other; 0: a model
                      whose parameters have no names */
    size_t size[EL4ML_MAX_HIDDEN_LAYERS + 2];
    char *const *inputs, *const *outputs; /* names of the first and last units, or NULL */
} el4ml_weights;

/* Borrows names from `data`, which may be NULL. */
el4ml_weights el4ml_weights_of(const el4ml_study *study, const el4ml_data *data, size_t n);
/* "W1[2, petal_length]", "b2[setosa]", "x[12]"; NULL when out of memory. el4ml_release. */
char *el4ml_weights_name(const el4ml_weights *weights, size_t parameter);
/* Weights folded back to the inputs: for each input the sum over all ways to the outputs of the products of
 * |weights| (Garson 1991 for one hidden layer), times `scale` of the input; share (inputs): they add up to 1,
 * or are all 0. work: (2 x widest layer). */
void el4ml_weights_fold(const el4ml_weights *weights, const double *x, const double *scale, double *work,
                        double *share);
size_t el4ml_weights_widest(const el4ml_weights *weights);

#endif
