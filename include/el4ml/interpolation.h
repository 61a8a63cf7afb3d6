/* Between minima: the loss along straight lines, with and without the surface's symmetry, and along the path
 * of lowest barrier through the network; and along the straight line from a random start to what training
 * makes of it. */
#ifndef EL4ML_INTERPOLATION_H
#define EL4ML_INTERPOLATION_H

#include "el4ml/landscape.h"
#include "el4ml/statistics.h"
#include "el4ml/study.h"

EL4ML_BEGIN

/* ---- One way from a point to another ---- */

typedef struct el4ml_way_point {
    double t;                  /* share of the way's length, 0 ... 1 */
    double value;              /* V */
    double slope;              /* dV/dt along a straight line; NaN elsewhere */
    el4ml_metrics train, test; /* NaN where there are none */
} el4ml_way_point;

/* All heights are in the unit of V. A way that could not be had has no points and NaN throughout. */
typedef struct el4ml_way {
    size_t count;
    el4ml_way_point *points;      /* (count) by t; straight lines: evenly spaced */
    double length;                /* straight: |b - a| */
    double top, top_at;           /* largest V along it, and where; found between the points too */
    double barrier, barrier_back; /* top - V(a), top - V(b) */
    double excess; /* largest V above the chord (1 - t) V(a) + t V(b) (Entezari, Sedghi, Saukh and Neyshabur,
                      ICLR 2022); 0 where V is nowhere above */
    double rise;   /* largest V(t2) - V(t1), t1 < t2: 0 when V never rises (Lucas et al., ICML 2021) */
    double accuracy_loss; /* classes: how far the accuracy on the training rows falls below the chord of the
                             ends'; NaN otherwise */
} el4ml_way;

/* From `a` to `b` in a straight line, `points` >= 3 of them. train, test: data for the metrics, either may be
 * NULL. Where V is not finite on the way it is NaN there, and top is +infinity. */
EL4ML_API el4ml_status el4ml_straight_way(el4ml_evaluator *evaluator, const double *a, const double *b,
                                          size_t points, const el4ml_dataset *train,
                                          const el4ml_dataset *test, el4ml_way *way);
EL4ML_API void el4ml_way_clear(el4ml_way *way);

/* ---- Between two minima ---- */

typedef struct el4ml_interpolation_options {
    size_t points;   /* of a straight line; default 101, at least 3 */
    size_t images;   /* random symmetry copies of b to go to; default 100; 0: none */
    size_t variants; /* nearby copies that are tried for the lowest barrier; default 16 */
    size_t starts; /* random starts of el4ml_monotonicity_of, and pairs of el4ml_connectivity_of; default 100
                    */
    double tolerance;            /* of `connected`: excess as a share of what training gains; default 0.02 */
    double level;                /* of confidence, default 0.95 */
    uint64_t seed;               /* default 1 */
    unsigned threads;            /* 0: all cores. Changes nothing but the time it takes */
    const volatile bool *cancel; /* optional */
} el4ml_interpolation_options;

EL4ML_API el4ml_interpolation_options el4ml_interpolation_options_default(void);

typedef struct el4ml_interpolation {
    size_t a, b; /* indices of the minima */
    double gain; /* what training gains: median V of the initialiser less the lower of both minima */
    double tolerance;
    el4ml_way stored;    /* to b as the landscape keeps it, one of its symmetry copies, by chance */
    el4ml_way aligned;   /* to the copy of b that is closest to a */
    el4ml_way lowest;    /* to that of the nearby copies with the smallest excess */
    el4ml_way path;      /* the path of lowest barrier through the network, steepest descent on both sides of
                            every transition state */
    const char *no_path; /* why there is none; NULL when there is */
    bool symmetry;       /* false: the surface has none, and the first three are the same */
    bool model;          /* the surface predicts something */
    double middle;       /* V half way along `lowest` */
    size_t images;       /* random copies of b */
    double image_mean, image_low, image_high; /* excess: mean, 5 and 95 % quantiles over them; NaN: none */
    bool connected_stored, connected_aligned, connected_lowest; /* linearly: excess <= tolerance x gain */
    size_t route_length, *route_minima, *route_states; /* (length), (length - 1): of the path; 0, NULL */
} el4ml_interpolation;

/* landscape and network belong together. data: for metrics, may be NULL. INVALID_ARGUMENT: a == b or out of
 * range. */
EL4ML_API el4ml_status el4ml_interpolate(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                         const el4ml_network *network, const el4ml_data *data, size_t a,
                                         size_t b, const el4ml_interpolation_options *options,
                                         el4ml_interpolation *result, el4ml_error *error);
EL4ML_API void el4ml_interpolation_clear(el4ml_interpolation *result);

/* ---- From random starts to where they end ---- */

typedef struct el4ml_descent_line {
    bool converged;
    size_t minimum;    /* index in the landscape, EL4ML_NONE: not there */
    double start, end; /* V */
    double rise;       /* as in el4ml_way */
    bool monotonic;    /* V never rises along the line by more than 1e-9 of start - end */
    el4ml_cost cost;   /* of the training alone */
} el4ml_descent_line;

/* Monotonic linear interpolation (Goodfellow, Vinyals and Saxe, ICLR 2015). */
typedef struct el4ml_monotonicity {
    size_t count;
    el4ml_descent_line *lines; /* (count) */
    size_t converged, monotonic;
    double share, low, high; /* of the converged, with the interval of Clopper and Pearson; NaN: none */
    double level;            /* of that interval */
    double median_rise, largest_rise; /* rise / (start - end), over the converged */
    el4ml_way first;                  /* the line from the first start that converged, for pictures */
} el4ml_monotonicity;

/* options->starts draws of the initialiser, each minimised with the study's minimiser. */
EL4ML_API el4ml_status el4ml_monotonicity_of(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                             const el4ml_study *study,
                                             const el4ml_interpolation_options *options,
                                             el4ml_monotonicity *result, el4ml_error *error);
EL4ML_API void el4ml_monotonicity_clear(el4ml_monotonicity *result);

/* ---- Over all pairs ---- */

typedef struct el4ml_pair_line {
    size_t a, b;
    double distance, aligned_distance;
    double image, aligned, lowest; /* excess: to a random copy of b, to the closest, least of the nearby */
    double path; /* lowest barrier through the network from the higher of the two; +infinity:
                    not connected */
} el4ml_pair_line;

typedef struct el4ml_connected {
    size_t count;            /* pairs with excess <= tolerance x gain */
    double share, low, high; /* of the pairs; the interval of Clopper and Pearson speaks for all pairs where
                                those measured were drawn from them */
    double mean, median;     /* excess */
} el4ml_connected;

/* Linear mode connectivity over pairs of different minima (Frankle, Dziugaite, Roy and Carbin, ICML 2020). */
typedef struct el4ml_connectivity {
    size_t count; /* pairs: all, or options->starts of them drawn without replacement */
    bool all;
    bool symmetry, model;   /* as in el4ml_interpolation */
    el4ml_pair_line *pairs; /* (count) */
    double gain, tolerance, level;
    el4ml_connected image, aligned, lowest;
    double path_median;                /* over connected pairs */
    el4ml_correlation distance_excess; /* aligned: distance with excess */
} el4ml_connectivity;

EL4ML_API el4ml_status el4ml_connectivity_of(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                             const el4ml_network *network,
                                             const el4ml_interpolation_options *options,
                                             el4ml_connectivity *result, el4ml_error *error);
EL4ML_API void el4ml_connectivity_clear(el4ml_connectivity *result);

/* ---- Answers ---- */

/* In plain words, with the numbers behind it. el4ml_text_free. Any part may be NULL. */
EL4ML_API char *el4ml_interpolation_advice(const el4ml_interpolation *pair,
                                           const el4ml_monotonicity *monotonicity,
                                           const el4ml_connectivity *connectivity);
/* A JSON document, ended by a newline; NULL when out of memory. el4ml_text_free. Any part may be NULL. */
EL4ML_API char *el4ml_interpolation_json(const el4ml_interpolation *pair,
                                         const el4ml_monotonicity *monotonicity,
                                         const el4ml_connectivity *connectivity);
/* The loss along the ways of a pair; with pair NULL the excess of all pairs over their distance. */
EL4ML_API el4ml_status el4ml_interpolation_svg(const el4ml_interpolation *pair,
                                               const el4ml_monotonicity *monotonicity,
                                               const el4ml_connectivity *connectivity, char **svg,
                                               el4ml_error *error);

EL4ML_END
#endif
