/* Volumes of regions by replica exchange over harmonic tethers (Asenjo, Paillusson and Frenkel, Phys. Rev.
 * Lett. 112, 098002, 2014; Martiniani et al., Phys. Rev. E 93, 012906, 2016). */
#ifndef EL4ML_CATCHMENT_VOLUME_H
#define EL4ML_CATCHMENT_VOLUME_H

#include "catchment/region.h"
#include "run/pool.h"

typedef struct el4ml_volume_options {
    uint64_t seed;
    size_t runs;                 /* independent ones, 4 or more: they give the error */
    uint64_t samples;            /* points wanted for each region, over all tethers and runs */
    double level;                /* of confidence */
    double deadline;             /* el4ml_clock, the pool's own; 0: none */
    const volatile bool *cancel; /* the pool's own; optional */
    /* Optional; after every batch, in the calling thread: points so far, and in all as far as is known. */
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *progress_context;
} el4ml_volume_options;

typedef struct el4ml_volume {
    bool measured;  /* false: no tether was tight enough, or the time was up before the first sweeps were done
                     */
    bool converged; /* long enough, no drift, neighbours exchange */
    double log_volume, standard_error, low, high; /* ln volume, and its interval; what the runs have not
                                                     forgotten of how they began is in the error */
    double drift;    /* runs that began too far out against those that began too far in, in standard errors */
    double exchange; /* the lowest acceptance of exchanges between two neighbouring tethers; NaN with one
                        tether */
    size_t tethers;
    uint64_t samples;       /* points that count */
    uint64_t tests, inside; /* points asked about in all, and how many were inside */
} el4ml_volume;

/* Of `count` regions at once; *time_up: the deadline cut it short, the volumes are from what was done by
 * then. */
el4ml_status el4ml_region_volumes(el4ml_pool *pool, const el4ml_region *regions, size_t count,
                                  const el4ml_volume_options *options, el4ml_volume *volumes, bool *time_up,
                                  el4ml_error *error);

#endif
