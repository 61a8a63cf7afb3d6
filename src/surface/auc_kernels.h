/* Between the files of the auc kernels, which are built once for each instruction set. */
#ifndef EL4ML_SURFACE_AUC_KERNELS_H
#define EL4ML_SURFACE_AUC_KERNELS_H

#include "base/vector_math.h"
#include "surface/pairs_work.h"

#define AUC_JOIN_(a, b) a##_##b
#define AUC_JOIN(a, b) AUC_JOIN_(a, b)
#define el4ml_auc_(name) AUC_JOIN(el4ml_auc_##name, EL4ML_KERNEL_SET)

/* What a pair adds, x = beta (s+ - s-): sigma(-x); sigma(x) sigma(-x), less which is its derivative; its
 * second derivative, which is odd. */
typedef enum el4ml_auc_term { EL4ML_AUC_SUM, EL4ML_AUC_SLOPE, EL4ML_AUC_BEND } el4ml_auc_term;

/* The series is faster where what it costs, in pairs of the direct sum, is less than the pairs. */
#define EL4ML_AUC_COST_POINT 35.0
#define EL4ML_AUC_COST_BOXES 330.0 /* two boxes that are not empty */

/* False: the direct sum is to be taken. */
bool el4ml_auc_(sort)(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score);
/* From `here`, the weights. */
void el4ml_auc_(moments)(el4ml_auc_side *s, size_t boxes);
void el4ml_auc_(act)(const el4ml_pairs *p, const el4ml_auc_side *from, const el4ml_auc_side *to, size_t boxes,
                     el4ml_auc_term term, double *local);
/* out[point] += factor times the series. */
void el4ml_auc_(evaluate)(const el4ml_auc_side *s, size_t boxes, const double *local, double factor,
                          double *out);

#endif
