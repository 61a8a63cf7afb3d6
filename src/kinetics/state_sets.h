/* The sets A and B: checks, places of the states, means over a set. */
#ifndef EL4ML_KINETICS_STATE_SETS_H
#define EL4ML_KINETICS_STATE_SETS_H

#include "kinetics/elimination.h"

/* One clear message for a set that is empty, leaves the network, repeats a state or shares one with the other
 * set. */
el4ml_status el4ml_state_sets_check_members(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                            el4ml_error *error);
/* The same, and for a state that is not connected to the other set. */
el4ml_status el4ml_state_sets_check(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                    el4ml_error *error);

typedef enum el4ml_absorbing { EL4ML_ABSORB_A, EL4ML_ABSORB_B, EL4ML_ABSORB_BOTH } el4ml_absorbing;

/* place: (states), with the states that are connected to the absorbing set free. */
el4ml_status el4ml_place_states(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                el4ml_absorbing absorbing, el4ml_place *place, el4ml_error *error);

/* The source of the direction that ends in the absorbing set. */
typedef struct el4ml_source {
    const size_t *states;
    size_t count;
    bool equal_weights;
} el4ml_source;

el4ml_source el4ml_source_of(const el4ml_state_sets *sets, el4ml_absorbing absorbing);
/* Weight of the k-th source state in means, not normalised. */
el4ml_scaled el4ml_source_weight(const el4ml_rate_network *rates, const el4ml_source *source, size_t k);
/* Mean of `values` (states) over the source. */
el4ml_scaled el4ml_source_mean(const el4ml_rate_network *rates, const el4ml_source *source,
                               const el4ml_scaled *values);

#endif
