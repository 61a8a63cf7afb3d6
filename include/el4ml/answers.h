/* What the commands rates, paths and communities answer: kinetics.h, network.h and communities.h put to work
 * on a landscape, for sets of minima as people write them. */
#ifndef EL4ML_ANSWERS_H
#define EL4ML_ANSWERS_H

#include "el4ml/analysis.h"
#include "el4ml/communities.h"
#include "el4ml/kinetics.h"

EL4ML_BEGIN

/* ---- Sets of minima ---- */

/* A set as people write it: the name of a set that the landscape keeps (A, B), or a list with commas of ids
 * (4), ranges of ids (4-7), `global` (the global minimum), `all`, `basin:ID` and `funnel:ID` (the minima of
 * the monotonic sequence basin, or of the funnel, that minimum ID belongs to) and such names. BAD_INPUT says
 * what is wrong with it. `network` is that of the landscape. Free with el4ml_minimum_set_free; its name is
 * the text. */
EL4ML_API el4ml_status el4ml_select_minima(el4ml_landscape *landscape, const el4ml_network *network,
                                           const char *text, el4ml_minimum_set **set, el4ml_error *error);

/* Where to look when no temperature is given: the highest peak of the heat capacity, or without one the
 * middle of the study's temperatures on a logarithmic scale. */
EL4ML_API double el4ml_middle_temperature(const el4ml_study *study, const el4ml_peaks *peaks);
/* The same where the peaks are not known yet. */
EL4ML_API el4ml_status el4ml_usual_temperature(const el4ml_network *network, const el4ml_merge_tree *tree,
                                               const el4ml_study *study, double *temperature,
                                               el4ml_error *error);

/* ---- rates ---- */

typedef struct el4ml_rates_options {
    const double *temperatures; /* (temperature_count), each positive */
    size_t temperature_count;
    bool equal_weights; /* means over A and over B with equal weights; default: equilibrium ones */
    size_t moments;     /* of first-passage times, orders 1 ... moments; default 4, at most 20 */
    size_t slow_limit;  /* the slowest rates and Kemeny's constant for up to so many states; default 200000 */
    size_t trajectories; /* of kinetic path sampling in each direction, beside the exact numbers; default 0:
                            none */
    uint64_t seed;       /* of these; default 1 */
    const volatile bool *cancel; /* optional, looked at between temperatures */
} el4ml_rates_options;

/* One direction at one temperature. */
typedef struct el4ml_direction {
    el4ml_transition passage; /* its log_time is NULL */
    double log_moment[20];    /* ln of the mean over the source set of t^1, t^2, ...; NaN beyond `moments` */
    el4ml_slowest slowest;    /* k^QSD with its bounds; NaN where it was not computed */
    bool slowest_found;       /* false: not computed, or its bounds do not meet (two modes nearly as slow) */
    bool sampled_found;       /* kinetic path sampling was done */
    el4ml_sampled_times sampled;
    double deviation; /* of the sampled mean from the exact one, in standard errors */
} el4ml_direction;

typedef struct el4ml_rates_row {
    double temperature;
    el4ml_direction ab, ba;
    double log_kemeny;       /* of the components that hold the sets, if they are one; NaN: not computed */
    double log_p_a, log_p_b; /* ln of the equilibrium probabilities of both sets in that network */
} el4ml_rates_row;

typedef struct el4ml_rates {
    size_t count;
    el4ml_rates_row *rows; /* (count) in the order of the temperatures */
    size_t moments, trajectories;
    size_t states,
        left_out; /* minima in the network of rates: those of the components that hold the sets; the others */
    /* (minima) at the first temperature; NaN where a minimum is left out. */
    size_t minima;
    double *committor;                     /* to reach B before A */
    double *log_time_to_a, *log_time_to_b; /* mean first-passage times; -infinity in the set itself */
} el4ml_rates;

EL4ML_API el4ml_rates_options el4ml_rates_options_default(void);
/* BAD_INPUT names the minimum: in both sets, without rates, or without a path of transition states to the
 * other set. */
EL4ML_API el4ml_status el4ml_rates_between(const el4ml_network *network, const el4ml_minimum_set *a,
                                           const el4ml_minimum_set *b, const el4ml_rates_options *options,
                                           el4ml_rates **rates, el4ml_error *error);
EL4ML_API void el4ml_rates_free(el4ml_rates *rates);

/* ---- paths ---- */

/* A way from minimum to minimum through transition states. */
typedef struct el4ml_route {
    size_t length;
    size_t *minima, *states; /* (length), (length - 1): indices; of parallel transition states the fastest */
    size_t highest;          /* the highest transition state; EL4ML_NONE without */
    double energy;           /* of that one */
    double log_rate, log_probability; /* fastest paths: as in el4ml_path; NaN otherwise */
    double share;                     /* of the steady-state rate k^SS; NaN otherwise */
} el4ml_route;

typedef struct el4ml_routes {
    double temperature;
    double log_rate_ss; /* from A to B */
    size_t count;
    el4ml_route *routes; /* (count) the fastest, largest contribution first */
    el4ml_route minimax; /* the path whose highest transition state is lowest */
} el4ml_routes;

typedef struct el4ml_routes_options {
    double temperature; /* positive */
    size_t count;       /* of fastest paths, at least 1 */
} el4ml_routes_options;

/* The fastest paths from A to B, and the minimax path. Errors as for el4ml_rates_between. */
EL4ML_API el4ml_status el4ml_routes_between(const el4ml_network *network, const el4ml_merge_tree *tree,
                                            const el4ml_minimum_set *a, const el4ml_minimum_set *b,
                                            const el4ml_routes_options *options, el4ml_routes **routes,
                                            el4ml_error *error);
EL4ML_API void el4ml_routes_free(el4ml_routes *routes);

/* Minimax barriers between every minimum of one set and every minimum of the other; pairs of a minimum with
 * itself are left out, and where both sets are the same each pair comes once. */
typedef struct el4ml_barriers {
    size_t count;
    el4ml_minimum_pair *pairs; /* (count) */
    double *energy;            /* (count) of the highest transition state; +infinity where not connected */
    size_t *state;             /* (count) that transition state; EL4ML_NONE where not connected */
} el4ml_barriers;

#define EL4ML_MOST_BARRIERS 1000000

/* NOT_SUPPORTED: more than EL4ML_MOST_BARRIERS pairs. */
EL4ML_API el4ml_status el4ml_barriers_between(const el4ml_merge_tree *tree, const el4ml_minimum_set *a,
                                              const el4ml_minimum_set *b, el4ml_barriers **barriers,
                                              el4ml_error *error);
EL4ML_API void el4ml_barriers_free(el4ml_barriers *barriers);

/* ---- communities ---- */

typedef enum el4ml_grouping_method {
    EL4ML_BY_LEIDEN,
    EL4ML_BY_INFOMAP,
    EL4ML_BY_RATES
} el4ml_grouping_method;

typedef struct el4ml_grouping_options {
    el4ml_grouping_method method; /* default Leiden, or rates where this library has no igraph */
    double temperature;           /* of weights and rates, positive */
    bool unweighted;              /* every transition state weighs 1; not by rates. Default false */
    double resolution;            /* Leiden; default 1 */
    size_t trials;                /* Leiden, Infomap; default 10 */
    uint64_t seed;                /* default 1 */
    double barrier; /* by rates: minima join when the free-energy barriers between them are at most this in
                       both directions; default NaN: of those that part the minima differently, at most 24
                       tried, the one whose groups have the largest modularity */
} el4ml_grouping_options;

typedef struct el4ml_grouping {
    el4ml_grouping_method method;
    double temperature, barrier; /* barrier: the one that was used, NaN for other methods */
    el4ml_partition *partition;
    double *test;              /* (communities) mean test accuracy, or R2, over its minima; NaN without */
    bool regression;           /* R2 rather than accuracy */
    el4ml_group_effect effect; /* of the community on test accuracy, or R2 */
} el4ml_grouping;

EL4ML_API el4ml_grouping_options el4ml_grouping_options_default(void);
EL4ML_API el4ml_status el4ml_group_minima(const el4ml_landscape *landscape, const el4ml_network *network,
                                          const el4ml_grouping_options *options, el4ml_grouping **grouping,
                                          el4ml_error *error);
EL4ML_API void el4ml_grouping_free(el4ml_grouping *grouping);
/* leiden, infomap, rates. */
EL4ML_API const char *el4ml_grouping_name(el4ml_grouping_method method);

/* ---- JSON ----
 * Documents, ended by a newline; NULL when out of memory. Free with el4ml_text_free. */

typedef struct el4ml_question {
    el4ml_landscape *landscape;
    const el4ml_network *network;
    const el4ml_minimum_set *from, *to;
} el4ml_question;

/* The analysis, with the keys of the rates beside its own. data as for el4ml_analysis_json. */
EL4ML_API char *el4ml_analysis_rates_json(const el4ml_question *question, const el4ml_analysis *analysis,
                                          const el4ml_data *data, const el4ml_rates *rates);
EL4ML_API char *el4ml_rates_json(const el4ml_question *question, const el4ml_rates *rates);
EL4ML_API char *el4ml_routes_json(const el4ml_question *question, const el4ml_routes *routes);
EL4ML_API char *el4ml_barriers_json(const el4ml_question *question, const el4ml_barriers *barriers);
EL4ML_API char *el4ml_grouping_json(const el4ml_question *question, const el4ml_grouping *grouping);

EL4ML_END
#endif
