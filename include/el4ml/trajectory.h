/* The path that a minimiser took, laid over the landscape: which catchment basins it passed and where it
 * ended. */
#ifndef EL4ML_TRAJECTORY_H
#define EL4ML_TRAJECTORY_H

#include "el4ml/landscape.h"
#include "el4ml/study.h"

EL4ML_BEGIN

typedef struct el4ml_trace_options {
    size_t points;    /* of each path that are looked at, default 60, at least 2: the first and the last, and
                         between them half evenly and half logarithmically spaced */
    uint64_t start;   /* number of the random start; default 0 */
    uint64_t seed;    /* default 1 */
    double tolerance; /* of the descents (basin_volume.h); default 1e-3 */
    unsigned threads; /* 0: all cores. Changes nothing but the time it takes */
    const volatile bool *cancel; /* optional */
} el4ml_trace_options;

typedef struct el4ml_trace_point {
    uint64_t step, evaluations; /* iterates before this one; evaluations so far */
    bool descent;               /* of the descent; false: of the finish by L-BFGS and Newton steps */
    double value;               /* V, of all rows */
    double gradient_rms;
    double length;   /* travelled so far */
    double distance; /* to the end */
    bool fell;       /* steepest descent from here ends at a minimum */
    size_t minimum;  /* that one's index in the landscape, EL4ML_NONE: not there */
    double bottom;   /* its V; NaN: did not fall */
    double x[2];     /* of a surface of two variables */
} el4ml_trace_point;

/* Points one after the other in the same basin. */
typedef struct el4ml_visit {
    size_t first, count; /* points */
    size_t minimum;      /* as above */
    double bottom;
} el4ml_visit;

typedef struct el4ml_trace {
    el4ml_minimise_method method;
    uint64_t start;
    el4ml_status status;   /* of the minimisation */
    uint64_t steps;        /* iterates */
    double length, direct; /* travelled; straight from start to end */
    double rise;           /* largest rise of V from an earlier point looked at to a later one */
    size_t count;
    el4ml_trace_point *points; /* (count) */
    size_t visit_count;
    el4ml_visit *visits; /* (visit_count) */
    size_t basins;       /* different minima among the visits */
    bool kept;           /* it ended in the basin in which it started */
} el4ml_trace;

EL4ML_API el4ml_trace_options el4ml_trace_options_default(void);
/* The minimiser `method`, set as the study sets it where it is the study's own, otherwise with its defaults,
 * from a draw of the initialiser: the same start for every method. */
EL4ML_API el4ml_status el4ml_trace_minimiser(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                             const el4ml_study *study, el4ml_minimise_method method,
                                             const el4ml_trace_options *options, el4ml_trace *trajectory,
                                             el4ml_error *error);
EL4ML_API void el4ml_trace_clear(el4ml_trace *trajectory);
/* As the study file names it. The names in a NULL-terminated list, in the order of the enumeration. */
EL4ML_API const char *el4ml_minimiser_name(el4ml_minimise_method method);
EL4ML_API const char *const *el4ml_minimiser_name_list(void);

/* In plain words. el4ml_text_free. */
EL4ML_API char *el4ml_traces_advice(const el4ml_trace *trajectories, size_t count);
/* A JSON document, ended by a newline; NULL when out of memory. el4ml_text_free. */
EL4ML_API char *el4ml_traces_json(const el4ml_trace *trajectories, size_t count);
/* The paths over the disconnectivity graph, or over the map of basins of a function of two variables, and V
 * over evaluations. surface: for the map. */
EL4ML_API el4ml_status el4ml_traces_svg(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                        const el4ml_network *network, const el4ml_trace *trajectories,
                                        size_t count, char **svg, el4ml_error *error);

EL4ML_END
#endif
