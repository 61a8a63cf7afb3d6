/* The sampling of one region: first outward, which makes the ladder of tethers, then replica exchange over
 * it. */
#ifndef EL4ML_CATCHMENT_WALK_H
#define EL4ML_CATCHMENT_WALK_H

#include "catchment/tethered.h"

#define EL4ML_MOST_LEVELS 1000
#define EL4ML_PILOT_MOVES 8 /* of each run at each level on the way out */

typedef enum el4ml_walk_stage {
    EL4ML_WALK_REFERENCE, /* looking for a tether under which points can be drawn one by one */
    EL4ML_WALK_OUTWARD,   /* making the ladder, down to no tether at all */
    EL4ML_WALK_OVERSHOOT, /* pushed farther out than without a tether */
    EL4ML_WALK_READY
} el4ml_walk_stage;

/* One of the independent runs. */
typedef struct el4ml_walk_run {
    double *x;                   /* (levels, n): each level's walker */
    double *u;                   /* (levels, sweeps): |x - centre|^2 / 2 after each sweep that is kept */
    uint64_t attempts, drawn;    /* at the first level: points drawn, and those inside */
    uint64_t *tried, *exchanged; /* (levels): with the next level */
    el4ml_tally tally;
} el4ml_walk_run;

typedef struct el4ml_walk {
    const el4ml_region *region;
    uint64_t seed, number; /* number: of the region, for its random numbers */
    size_t runs, levels;   /* levels: so far */
    el4ml_walk_stage stage;
    uint64_t rounds;  /* of the pilot */
    bool fresh;       /* this is the first round of this level */
    size_t moves;     /* of the pilot from one point that is kept to the next */
    double *u_before; /* (runs): mean u of the last round at this level */
    double *k;        /* (EL4ML_MOST_LEVELS) tethers, descending; the last one is 0 */
    double *
        met; /* (levels, runs, EL4ML_PILOT_MOVES, n): where the pilot was; one more level for the overshoot */
    size_t met_capacity;
    el4ml_walk_run *run;      /* (runs) */
    uint64_t sweeps, burn_in; /* of production; burn_in of them are not kept */
} el4ml_walk;

el4ml_status el4ml_walk_init(el4ml_walk *w, const el4ml_region *region, uint64_t number, size_t runs,
                             uint64_t seed);
void el4ml_walk_clear(el4ml_walk *w);

/* The pilot: until the stage is READY, a job for each run, then the decision what comes next. Jobs of
 * different runs may go on at the same time. NOT_CONVERGED: no tether is tight enough, or there are too many.
 */
el4ml_status el4ml_walk_pilot(el4ml_walk *w, size_t run, el4ml_tethered *t);
el4ml_status el4ml_walk_decide(el4ml_walk *w);

/* Production: make room, then sweeps in any portions. */
el4ml_status el4ml_walk_begin(el4ml_walk *w, uint64_t sweeps);
el4ml_status el4ml_walk_sweep(el4ml_walk *w, size_t run, uint64_t sweep, el4ml_tethered *t);

#endif
