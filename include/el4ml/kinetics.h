/* Kinetics of a network of minima (methods.md 5; docs/kinetics.md): a continuous-time Markov chain with
 * detailed balance, and exact answers about it by graph transformation. Nothing is ever subtracted, and no
 * number can overflow or underflow: the results keep their digits however many orders of magnitude the rates
 * span.
 *
 * Results are natural logarithms where their size has no bounds ("log_..."). Times are in reduced units,
 * rates in their inverse. "From A to B" is written ab. */
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
    size_t edge; /* index of the network's transition state with the largest share of c_ab, EL4ML_NONE when
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
    size_t *minimum; /* (state_count) ascending indices of the network's minima; 0, 1, ... without one */
} el4ml_rate_network;

typedef struct el4ml_rate_options {
    double temperature; /* > 0, in units of energy */
    /* Minima: only the components that hold one of them are kept. NULL: all components. */
    const size_t *seeds;
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
 * (state_count) ln of equilibrium weights, or NULL to find them from the rates. EL4ML_BAD_INPUT names the
 * rate that is not a number, points outside or contradicts detailed balance by more than 1e-8 (relative); a
 * chain without detailed balance is not supported. */
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

/* One direction. With p the weights inside the source set A, normalised over A, and tau_a the mean
 * first-passage time from a to B. J is the steady-state flux, c'_aB the renormalised flux from a to B once
 * all states outside A and B are eliminated, w'_a the weight with the time spent outside A and B after
 * leaving a. Definitions: Wales, J. Chem. Phys. 130, 204111 (2009); Swinburne and Wales, J. Chem. Theory
 * Comput. 16, 2661 (2020). */
typedef struct el4ml_transition {
    double mfpt, rate;        /* exp of log_mfpt and log_rate; infinity or 0 where a double cannot hold it */
    double log_mfpt;          /* T = sum_A p_a tau_a */
    double log_second_moment; /* sum_A p_a <t^2>_a */
    double log_rate;          /* k^F = sum_A p_a / tau_a */
    double log_rate_mfpt;     /* k* = 1/T */
    double log_rate_ss; /* k^SS = sum_A p_a c'_aB / w_a, steady state; with equilibrium weights J / sum_A w */
    double log_rate_nss; /* k^NSS = sum_A p_a c'_aB / w'_a */
    double *log_time;    /* (state_count) ln tau_i to B: -infinity in B, +infinity where B is not connected */
} el4ml_transition;

typedef struct el4ml_kinetics {
    size_t state_count;
    el4ml_transition ab, ba;
    /* (state_count) probability to reach B before A, and its and its complement's logarithm, each with all
     * its digits. 1 in B, 0 in A, NaN for states that are connected to neither. */
    double *committor, *log_committor_b, *log_committor_a;
} el4ml_kinetics;

EL4ML_API el4ml_status el4ml_kinetics_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                          el4ml_kinetics **kinetics, el4ml_error *error);
EL4ML_API void el4ml_kinetics_free(el4ml_kinetics *kinetics);

/* Moments of the first-passage time from every state to B, orders 1 ... count. */
typedef struct el4ml_moments {
    size_t count, state_count;
    /* (count, state_count) ln <t^k>_i: -infinity in B, +infinity where B is not connected */
    double *log_moment;
    double *log_mean; /* (count) ln of the mean over A */
} el4ml_moments;

EL4ML_API el4ml_status el4ml_moments_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                         size_t count, el4ml_moments **moments, el4ml_error *error);
EL4ML_API void el4ml_moments_free(el4ml_moments *moments);

/* ---- Long times, the whole network ---- */

/* The slowest rate with which the population outside B decays once B absorbs: the smallest eigenvalue lambda,
 * and the rate of escape from the quasi-stationary distribution k^QSD (Swinburne and Wales 2020, there of the
 * network reduced to A and B). By inverse iteration without subtractions; lower <= lambda <= upper are
 * Collatz's bounds, which hold up to rounding errors whether or not it has converged. */
typedef struct el4ml_slowest {
    double log_rate, log_lower, log_upper;
    size_t iterations;
} el4ml_slowest;

/* Stops when the bounds agree to `tolerance` (relative, > 0); EL4ML_NOT_CONVERGED with the bounds in
 * `slowest` and in the message after `iterations` of them, which happens when two modes are nearly as slow.
 * The sets' A is only checked. */
EL4ML_API el4ml_status el4ml_slowest_rate(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                          double tolerance, size_t iterations, el4ml_slowest *slowest,
                                          el4ml_error *error);

/* Kemeny's constant sum_j p_j tau_ij, the same from every state i: the mean time to a state drawn from
 * equilibrium, and the sum of all relaxation times. The network must be connected (EL4ML_BAD_INPUT). Its one
 * subtraction loses at most a bit. EL4ML_NOT_SUPPORTED when the eliminated network has more than 4e9
 * products. */
EL4ML_API el4ml_status el4ml_kemeny_constant(const el4ml_rate_network *rates, double *log_kemeny,
                                             el4ml_error *error);

/* The distribution of the first-passage time from A (at its weights) to B as a sum of exponentials: P(t > s)
 * = sum_l amplitude_l exp(-rate_l s). Eigenvalues come from a rank-revealing factorisation without
 * subtractions and one-sided Jacobi rotations (Demmel and Koev, Numer. Math. 98, 99, 2004; Veselic and Hari,
 * Numer. Math. 56, 627, 1989) and have their digits whatever they span. Amplitudes have an absolute error;
 * whether it matters is found out by comparing the sum of the amplitudes with 1 and the first two moments
 * with those of el4ml_moments_new. */
typedef struct el4ml_waiting_times {
    size_t count;
    double *log_rate;  /* (count) ascending */
    double *amplitude; /* (count) their sum is 1; some may be negative */
    double log_mfpt;
    double mismatch; /* largest relative error among the three checks */
} el4ml_waiting_times;

#define EL4ML_MOST_WAITING_STATES 2000

/* EL4ML_NOT_SUPPORTED beyond EL4ML_MOST_WAITING_STATES states outside B, or when the rates of a mode span
 * more than a double can hold; EL4ML_NUMERICAL when a check fails by more than 1e-8. Time grows with the cube
 * of the states. */
EL4ML_API el4ml_status el4ml_waiting_times_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                               el4ml_waiting_times **waiting, el4ml_error *error);
EL4ML_API void el4ml_waiting_times_free(el4ml_waiting_times *waiting);
/* P(t > exp(log_time)), and the density of ln t there. */
EL4ML_API double el4ml_waiting_survival(const el4ml_waiting_times *waiting, double log_time);
EL4ML_API double el4ml_waiting_density(const el4ml_waiting_times *waiting, double log_time);

/* ---- Trajectories ---- */

typedef struct el4ml_trajectory_options {
    size_t trajectories; /* default 1000 */
    uint64_t seed;       /* trajectory k has random numbers of its own: default 1 */
    uint64_t most_hops;  /* of all trajectories together; default 1e9. Not for kinetic path sampling */
} el4ml_trajectory_options;

EL4ML_API el4ml_trajectory_options el4ml_trajectory_options_default(void);

/* Sampled first-passage times from A (at its weights) to B. */
typedef struct el4ml_sampled_times {
    size_t trajectories;
    double log_mean, mean_error;     /* mean_error: one standard error, relative to the mean */
    double log_second, second_error; /* of t^2, likewise */
    double hops;                     /* mean number of hops */
} el4ml_sampled_times;

/* Kinetic Monte Carlo, rejection-free (Bortz, Kalos and Lebowitz 1975; Gillespie 1976). EL4ML_NOT_CONVERGED
 * when most_hops is used up, as it is in a metastable network. */
EL4ML_API el4ml_status el4ml_kinetic_monte_carlo(const el4ml_rate_network *rates,
                                                 const el4ml_state_sets *sets,
                                                 const el4ml_trajectory_options *options,
                                                 el4ml_sampled_times *sampled, el4ml_error *error);
/* Kinetic path sampling (Athenes and Bulatov, Phys. Rev. Lett. 113, 230601, 2014; Sharpe and Wales, J. Chem.
 * Phys. 153, 024121, 2020) with all states outside B as one trapping basin: the same distribution of times
 * and hops, at a cost that does not depend on how many hops there are. EL4ML_NOT_SUPPORTED when the
 * eliminated network has more than 2e7 products. */
EL4ML_API el4ml_status el4ml_kinetic_path_sampling(const el4ml_rate_network *rates,
                                                   const el4ml_state_sets *sets,
                                                   const el4ml_trajectory_options *options,
                                                   el4ml_sampled_times *sampled, el4ml_error *error);

/* ---- Paths ---- */

/* A path a, i_1, ..., i_n, b that leaves A at once, visits no state twice, and ends where it first meets B.
 * It contributes p_a k_(1 a) P_21 P_32 ... P_bn to the steady-state rate k^SS (P: branching probabilities;
 * without repeated visits, so that the contributions of all paths sum to less). */
typedef struct el4ml_path {
    size_t length;          /* states */
    size_t *states;         /* (length) */
    size_t *edges;          /* (length - 1) of the rate network; the `edge` of each is the transition state */
    double log_rate;        /* ln of the contribution to k^SS */
    double log_probability; /* ln of the product of all branching probabilities, P_1a included */
} el4ml_path;

typedef struct el4ml_paths {
    size_t count;
    el4ml_path *paths; /* (count) largest contribution first */
} el4ml_paths;

/* The `count` fastest paths from A to B, fewer when there are no more: the first by Dijkstra's algorithm on
 * -ln P (Evans and Wales, J. Chem. Phys. 121, 1080, 2004), the others by Yen's (Manage. Sci. 17, 712, 1971)
 * with Lawler's rule against repetitions and the distances to B as lower bounds for the searches. Transition
 * states in parallel are one step. */
EL4ML_API el4ml_status el4ml_fastest_paths(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                           size_t count, el4ml_paths **paths, el4ml_error *error);
EL4ML_API void el4ml_paths_free(el4ml_paths *paths);

/* ---- Lumping ---- */

typedef struct el4ml_regroup_options {
    double log_rate; /* ln of the threshold rate. A free-energy barrier of G (with h = 1) is ln T - G/T */
    const el4ml_state_sets *apart; /* a group never holds states of both sets; NULL: no such rule */
} el4ml_regroup_options;

/* Communities by rates (Carr and Wales, J. Phys. Chem. B 112, 8760, 2008): groups whose rates in both
 * directions reach the threshold are merged, rates between groups are those of groups in internal
 * equilibrium, and this is repeated until nothing changes. All pairs that qualify merge in the same round,
 * fastest first, so that the result does not depend on the order of states. group: (state_count), numbered by
 * their first states. */
EL4ML_API el4ml_status el4ml_regroup(const el4ml_rate_network *rates, const el4ml_regroup_options *options,
                                     size_t *group, size_t *group_count, el4ml_error *error);
/* One state for each group: weights and fluxes add, so that equilibrium and detailed balance stay exact; free
 * energies are -T log_weight. group as el4ml_regroup numbers it. The `minimum` of a group is that of its
 * first state. */
EL4ML_API el4ml_status el4ml_rate_network_lump(const el4ml_rate_network *rates, const size_t *group,
                                               size_t group_count, el4ml_rate_network **lumped,
                                               el4ml_error *error);

EL4ML_END
#endif
