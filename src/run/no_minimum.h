/* Minimisations that ran away: what to say of them, and when to stop. */
#ifndef EL4ML_RUN_NO_MINIMUM_H
#define EL4ML_RUN_NO_MINIMUM_H

#include "el4ml/run.h"

/* Does a point that is no minimum prove by its V alone that there is none farther out? Without an L2 term on
 * cross-entropy it does where every row is given its class: the last layer's weights times t > 1 lower V, and
 * to 0 as t grows. data may be NULL. */
bool el4ml_proves_separation(const el4ml_study *study, const el4ml_data *data, double value);
/* No minimum, and so many runaways that more of them would tell nothing new. */
bool el4ml_only_runaways(el4ml_landscape *landscape);
/* Puts the explanation into the landscape's meta "no_minimum", for the next commit; nothing without any.
 * data may be NULL. */
el4ml_status el4ml_explain_runaways(const el4ml_study *study, const el4ml_data *data,
                                    el4ml_landscape *landscape, el4ml_error *error);

#endif
