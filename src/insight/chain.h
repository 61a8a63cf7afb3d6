/* The Markov chain between two sets of minima. */
#ifndef EL4ML_INSIGHT_CHAIN_H
#define EL4ML_INSIGHT_CHAIN_H

#include "el4ml/answers.h"

typedef struct el4ml_chain {
    el4ml_rate_network *rates; /* of the components that hold the sets */
    size_t *a, *b;             /* the sets as states */
    el4ml_state_sets sets;
    bool connected; /* one component */
} el4ml_chain;

/* Start from {0}; clear in any case. BAD_INPUT names the minimum that is wrong. */
el4ml_status el4ml_chain_init(el4ml_chain *chain, const el4ml_network *network, const el4ml_minimum_set *a,
                              const el4ml_minimum_set *b, double temperature, el4ml_error *error);
void el4ml_chain_clear(el4ml_chain *chain);

#endif
