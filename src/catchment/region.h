/* A region known only by asking whether a point is inside: a catchment basin cut by a box. */
#ifndef EL4ML_CATCHMENT_REGION_H
#define EL4ML_CATCHMENT_REGION_H

#include "el4ml/random.h"
#include "el4ml/saddle.h"

/* Is x, which is inside the box, in the region? `searcher` is the calling thread's. A status other than OK is
 * for interruption and lack of memory. */
typedef el4ml_status (*el4ml_region_test)(void *context, el4ml_searcher *searcher, const double *x,
                                          bool *inside);

typedef struct el4ml_region {
    size_t n;
    const double *centre;     /* (n) inside the region */
    const double *low, *high; /* (n) the box; finite, and the centre inside it */
    el4ml_region_test test;
    void *context;
} el4ml_region;

#endif
