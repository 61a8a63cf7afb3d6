/* What a perceptron makes of rows of inputs: outputs, and what they mean for classes. */
#ifndef EL4ML_SURFACE_MLP_OUTPUTS_H
#define EL4ML_SURFACE_MLP_OUTPUTS_H

#include "surface/mlp.h"

/* Of inputs (rows, d_0): (rows, d_L), to be released; NULL when out of memory. */
double *el4ml_mlp_outputs_of(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                             const el4ml_dataset *data);
/* Are these the training rows, in their order? */
bool el4ml_mlp_is_own(const el4ml_mlp *m, const el4ml_dataset *data);

/* One row's outputs as ln of the classes' probabilities, also of one logit. */
void el4ml_mlp_log_probabilities(const el4ml_mlp *m, const double *output, double *p);
/* ln p / (1 - p) of a class, which does not saturate as p does. */
double el4ml_mlp_log_odds(const el4ml_mlp *m, const double *output, size_t class);

/* Auc: the threshold of the log-odds that classifies most training rows rightly. */
el4ml_status el4ml_mlp_threshold(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                 double *threshold);

/* Contrastive: how the training rows nearest to each of `rows` embeddings (rows, d_L) vote, `probability`
 * (rows, classes): the share of the votes, half a vote more for the class that wins, so that a tie shows who
 * did. own_rows: the embeddings are those of the training rows, which do not vote for themselves. */
el4ml_status el4ml_mlp_votes(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x, size_t rows,
                             const double *outputs, bool own_rows, double *probability);

#endif
