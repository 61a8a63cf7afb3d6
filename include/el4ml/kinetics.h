/* Kinetics of a network of minima (methods.md 5; docs/kinetics.md): a continuous-time Markov chain with detailed
 * balance, and exact answers about it by graph transformation. Nothing is ever subtracted, and no number can
 * overflow or underflow: the results keep their digits however many orders of magnitude the rates span.
 *
 * Results are natural logarithms where their size has no bounds ("log_..."). Times are in reduced units, rates in
 * their inverse. "From A to B" is written ab. */
#ifndef EL4ML_KINETICS_H
#define EL4ML_KINETICS_H

#include "el4ml/network.h"

EL4ML_BEGIN

/* ---- The Markov chain ---- */

/* Two states that exchange directly. The equilibrium flux c_ab = w_a k_ba = w_b k_ab is one number for both
 * directions, so that detailed balance is exact. */
typedef struct el4ml_rate_edge {
    size_t a, b;     /* states, a < b */
    double log_flux; /* ln c_ab: ln k_ba = log_flux - log_weight[a] */
    size_t edge;     /* index of the network's transition state with the largest share of c_ab, EL4ML_NONE when
                        there is no network behind it */
} el4ml_rate_edge;

typedef struct el4ml_rate_link {
    size_t state, edge; /* the neighbour, and the index of the rate edge */
} el4ml_rate_link;

/* Immutable. */
typedef struct el4ml_rate_network {
    size_t state_count, edge_count;
    double temperature;     /* NaN when made from given rates */
    double *log_weight;     /* (state_count) ln w; equilibrium probabilities are w / sum w */
    el4ml_rate_edge *edges; /* (edge_count) distinct pairs, by a, then b */
    size_t *first;          /* (state_count + 1) links of state i are first[i] ... first[i + 1] - 1 */
    el4ml_rate_link *links; /* (2 edge_count) ascending neighbours */
    size_t *minimum;        /* (state_count) ascending indices of the network's minima; 0, 1, ... without one */
} el4ml_rate_network;

typedef struct el4ml_rate_options {
    double temperature;  /* > 0, in units of energy */
    const size_t *seeds; /* minima: only the components that hold one of them are kept; NULL: all components */
    size_t seed_count;
} el4ml_rate_options;

/* Harmonic transition state theory: k_ba = (n_t/n_a) (1/2 pi) exp(L_a/2 - L_t/2 - (V_t - V_a)/T). Parallel
 * transition states add; degenerate ones, flagged minima, and transition states that touch one or have no
 * finite ln n or ln product are left out. EL4ML_BAD_INPUT: temperature not positive, or so low that an
 * exponent exceeds 1e8 in size; a seed that is flagged or not there. */
EL4ML_API el4ml_status el4ml_rate_network_new(const el4ml_network *network, const el4ml_rate_options *options,
                                              el4ml_rate_network **rates, el4ml_error *error);

typedef struct el4ml_rate {
    size_t from, to;
    double log_rate; /* ln k, |ln k| <= 1e8; -infinity: no such step */
} el4ml_rate;

/* From given rates; rates of the same step add, steps from a state to itself are ignored. log_weight:
 * (state_count) ln of equilibrium weights, or NULL to find them from the rates. EL4ML_BAD_INPUT names the rate that
 * is not a number, points outside or contradicts detailed balance by more than 1e-8 (relative); a chain
 * without detailed balance is not supported. */
EL4ML_API el4ml_status el4ml_rate_network_from_rates(size_t state_count, const el4ml_rate *rates,
                                                     size_t rate_count, const double *log_weight,
                                                     el4ml_rate_network **made, el4ml_error *error);
EL4ML_API void el4ml_rate_network_free(el4ml_rate_network *rates);

/* ln of the rate constant of the direct step; -infinity when there is none. */
EL4ML_API double el4ml_log_rate(const el4ml_rate_network *rates, size_t from, size_t to);
/* The state of a minimum, EL4ML_NONE when it was left out. */
EL4ML_API size_t el4ml_rate_state(const el4ml_rate_network *rates, size_t minimum);

/* ---- From A to B ---- */

/* Two disjoint sets of states, neither empty, no state twice, all in one component each with the other. */
typedef struct el4ml_state_sets {
    const size_t *a, *b;
    size_t a_count, b_count;
    bool equal_weights; /* means over A (and B) with equal weights instead of equilibrium ones */
} el4ml_state_sets;

/* One direction. With p the weights inside the source set A, normalised over A, and tau_a the mean first-passage
 * time from a to B. J is the steady-state flux, c'_aB the renormalised flux from a to B once all states outside
 * A and B are eliminated, w'_a the weight with the time spent outside A and B after leaving a. Definitions:
 * Wales, J. Chem. Phys. 130, 204111 (2009); Swinburne and Wales, J. Chem. Theory Comput. 16, 2661 (2020). */
typedef struct el4ml_transition {
    double mfpt, rate;        /* exp of log_mfpt and log_rate; infinity or 0 where a double cannot hold it */
    double log_mfpt;          /* T = sum_A p_a tau_a */
    double log_second_moment; /* sum_A p_a <t^2>_a */
    double log_rate;          /* k^F = sum_A p_a / tau_a */
    double log_rate_mfpt;     /* k* = 1/T */
    double log_rate_ss;       /* k^SS = sum_A p_a c'_aB / w_a, steady state; with equilibrium weights J / sum_A w */
    double log_rate_nss;      /* k^NSS = sum_A p_a c'_aB / w'_a */
    double *log_time;         /* (state_count) ln tau_i to B: -infinity in B, +infinity where B is not connected */
} el4ml_transition;

typedef struct el4ml_kinetics {
    size_t state_count;
    el4ml_transition ab, ba;
    /* (state_count) probability to reach B before A, and its and its complement's logarithm, each with all its
     * digits. 1 in B, 0 in A, NaN for states that are connected to neither. */
    double *committor, *log_committor_b, *log_committor_a;
} el4ml_kinetics;

EL4ML_API el4ml_status el4ml_kinetics_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                          el4ml_kinetics **kinetics, el4ml_error *error);
EL4ML_API void el4ml_kinetics_free(el4ml_kinetics *kinetics);

/* Moments of the first-passage time from every state to B, orders 1 ... count. */
typedef struct el4ml_moments {
    size_t count, state_count;
    double *log_moment; /* (count, state_count) ln <t^k>_i; -infinity in B, +infinity where B is not connected */
    double *log_mean;   /* (count) ln of the mean over A */
} el4ml_moments;

EL4ML_API el4ml_status el4ml_moments_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                         size_t count, el4ml_moments **moments, el4ml_error *error);
EL4ML_API void el4ml_moments_free(el4ml_moments *moments);

EL4ML_END
#endif
