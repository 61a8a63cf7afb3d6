/* Catchment basins: how much of space falls to each minimum along the paths of steepest descent dx/dt = -g,
 * followed by error-controlled integration and never by a minimiser, whose long steps scramble basins
 * (Asenjo, Stevenson, Wales and Frenkel, J. Phys. Chem. B 117, 12717, 2013). The volume of a basin may be
 * infinite, so what is measured is a probability under the model's initialiser, or the volume inside a finite
 * box. */
#ifndef EL4ML_BASIN_VOLUME_H
#define EL4ML_BASIN_VOLUME_H

#include "el4ml/landscape.h"
#include "el4ml/statistics.h"
#include "el4ml/study.h"

EL4ML_BEGIN

/* The basin of a minimum is that of the point as the landscape holds it; its orbit is that basin and all its
 * images under the surface's symmetry group, n = exp(log_multiplicity) of them. What does not apply is NaN,
 * or 0 for a count. */
typedef struct el4ml_basin {
    size_t minimum; /* index in the landscape, EL4ML_NONE: not there */
    double energy;

    /* of the orbit, from independent starts; the interval holds the probability */
    uint64_t hits;
    double probability, low, high;

    /* ln volume inside the box, its standard error and interval. From uniform points only where the symmetry
     * group maps the box onto itself, so that all images have the same part of it */
    double log_volume, standard_error, log_volume_low, log_volume_high;
    double log_orbit_volume; /* of the basin and all its images */

    double log_product; /* L of the minimum, the log product of its positive Hessian eigenvalues (LPPHE) */
    /* what curvature alone says of the ln volume or ln probability, up to a constant: -L/2, for an orbit
     * -L/2 + ln n */
    double harmonic;

    /* with tethers */
    uint64_t samples;  /* points that count */
    uint64_t tests;    /* points whose fall was followed */
    size_t tethers;    /* levels of the ladder; 1: uniform points of the box were enough */
    double acceptance; /* share of the tests that were inside */
    double exchange;   /* lowest acceptance of exchanges between neighbouring levels; NaN: one level */
    /* runs that began too far out against those that began too far in: Student's t. Far from 0: take more
     * samples. Where it is beyond 1 the standard error is multiplied by it */
    double drift;
    bool measured;  /* false: the time was up too early, or no neighbourhood of the minimum was found */
    bool converged; /* |drift| < 3, and neighbours exchange */
} el4ml_basin;

typedef struct el4ml_basins {
    bool box, tethers;     /* inside a box; by tethers */
    double level;          /* of confidence, of every interval */
    double log_box_volume; /* NaN without a box */
    bool box_invariant;    /* the symmetry group maps the box onto itself */
    /* in the landscape's order, or that of the request; minima that were met and are not in the landscape
     * follow, the most hit first */
    size_t count;
    el4ml_basin *basins;
    uint64_t samples;      /* starts, or points that count */
    uint64_t failed;       /* paths that did not end at a minimum of the domain; they belong to no basin */
    uint64_t not_finite;   /* of these: V was not finite on the way */
    uint64_t unknown_hits; /* starts that fell to minima that the landscape does not hold */
    double unseen;         /* Good-Turing: that the next start falls to a minimum that none of these did */
    /* Spearman's, of ln volume or ln probability with `harmonic`, over the minima that have both */
    size_t ranked;
    el4ml_coefficient rank_correlation;
    bool compared;        /* the starts were also given to the minimiser */
    uint64_t misassigned; /* of these: it took them to another minimum than steepest descent */
    bool time_up;
    double seconds; /* wall clock */
    el4ml_cost cost;
} el4ml_basins;

typedef struct el4ml_basin_options {
    const double *low, *high; /* (n) a finite box; NULL: starts from the surface's initialiser */
    /* starts; with tethers points for each minimum, over all levels and runs, or a few more. Default 10000 */
    uint64_t samples;
    uint64_t seed;               /* default 1 */
    double tolerance;            /* local error of the paths, in length_scale; > 0, default 1e-3 */
    double level;                /* of confidence, in (0, 1); default 0.95 */
    size_t runs;                 /* independent runs with tethers, 4 ... 1000; default 16 */
    bool compare;                /* give every start to a minimiser too; not with tethers */
    const el4ml_study *study;    /* whose minimiser that is; default NULL: L-BFGS with Newton */
    unsigned threads;            /* 0: all cores. Changes nothing but the time it takes */
    double time_limit;           /* seconds; 0: none */
    const volatile bool *cancel; /* optional */
    /* optional; after every batch, in the calling thread */
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
} el4ml_basin_options;

EL4ML_API el4ml_basin_options el4ml_basin_options_default(void);

/* All minima at once, from independent starts: the initialiser's, or uniform points of the box. Intervals are
 * those of Clopper and Pearson. Reads the landscape only. */
EL4ML_API el4ml_status el4ml_basin_probabilities(const el4ml_surface *surface,
                                                 const el4ml_landscape *landscape,
                                                 const el4ml_basin_options *options, el4ml_basins *result,
                                                 el4ml_error *error);
/* The volumes of the basins of `count` chosen minima inside the box, which must hold them: from a
 * neighbourhood of the minimum outward through a ladder of harmonic tethers, with exchanges between them,
 * reweighted to none (Xu, Frenkel and Liu, Phys. Rev. Lett. 106, 245502, 2011; Martiniani, Schrenk,
 * Stevenson, Wales and Frenkel, Phys. Rev. E 93, 012906, 2016; Shirts and Chodera, J. Chem. Phys. 129,
 * 124105, 2008). For basins that uniform points hardly ever hit, as in many dimensions. The error comes from
 * the scatter of independent runs. NOT_SUPPORTED where minima are not isolated (zero modes). */
EL4ML_API el4ml_status el4ml_basin_volumes(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                           const size_t *minima, size_t count,
                                           const el4ml_basin_options *options, el4ml_basins *result,
                                           el4ml_error *error);
EL4ML_API void el4ml_basins_clear(el4ml_basins *result);

/* Two dimensions: the basin of the centre of each cell of a grid over the box, row 0 at low[1]; labels (rows,
 * columns): index in the landscape, EL4ML_NONE: another minimum, or none. */
EL4ML_API el4ml_status el4ml_basin_map(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                       const el4ml_basin_options *options, size_t columns, size_t rows,
                                       size_t *labels, el4ml_error *error);

/* A JSON document, ended by a newline; NULL when out of memory. Free with el4ml_text_free. */
EL4ML_API char *el4ml_basins_json(const el4ml_basins *basins);

EL4ML_END
#endif
