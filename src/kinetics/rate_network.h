/* Making rate networks from fluxes between states. */
#ifndef EL4ML_KINETICS_RATE_NETWORK_H
#define EL4ML_KINETICS_RATE_NETWORK_H

#include "el4ml/kinetics.h"

/* Logarithms larger than this are refused: with them a double no longer says much about the number. */
#define EL4ML_LARGEST_LOG 1e8

/* An empty network with room for `states` and `edges`; NULL when out of memory. */
el4ml_rate_network *el4ml_rate_network_allocate(size_t states, size_t edges);
/* The first `count` of made->edges are fluxes between pairs in any order, a != b, several for a pair, with
 * finite log_flux: order and add them, then fill the links. Each keeps the `edge` of its largest part (ties:
 * the lower index). */
void el4ml_rate_network_finish(el4ml_rate_network *made, size_t count);
/* The states with keep[i], renumbered. */
el4ml_status el4ml_rate_network_restrict(const el4ml_rate_network *rates, const bool *keep,
                                         el4ml_rate_network **made, el4ml_error *error);
/* reached[i] becomes true for all states connected to one that is true already; queue: (state_count). */
void el4ml_rate_network_spread(const el4ml_rate_network *rates, bool *reached, size_t *queue);

#endif
