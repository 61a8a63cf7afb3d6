/* Points of a region under a harmonic tether to its centre: density exp(-k |x - centre|^2 / 2) inside, 0
 * outside; k = 0: uniform; k < 0: pushed outward. Every move leaves that density as it is, whatever the
 * region's shape, and has no step length to choose: where a proposal falls outside, the interval it was drawn
 * from shrinks towards where the point is. */
#ifndef EL4ML_CATCHMENT_TETHERED_H
#define EL4ML_CATCHMENT_TETHERED_H

#include "catchment/region.h"

typedef struct el4ml_tally {
    uint64_t tests, inside; /* questions to the region, and how many were answered with yes */
} el4ml_tally;

/* One thread's work space and source of chance. */
typedef struct el4ml_tethered {
    const el4ml_region *region;
    el4ml_searcher *searcher;
    el4ml_random random;
    double *trial, *direction; /* (n) each */
    el4ml_tally tally;
} el4ml_tethered;

/* |x - centre|^2. */
double el4ml_tether_square(const el4ml_region *region, const double *x);
/* ln of the integral of exp(-k |x - centre|^2 / 2) over the box. */
double el4ml_tether_box_integral(const el4ml_region *region, double k);
/* A point of the box drawn with that density: *inside tells whether it is in the region. */
el4ml_status el4ml_tether_draw(el4ml_tethered *t, double k, double *x, bool *inside);
/* Elliptical slice sampling (Murray, Adams and MacKay, JMLR W&CP 9, 541, 2010); k > 0. */
el4ml_status el4ml_tether_ellipse(el4ml_tethered *t, double k, double *x);
/* t->direction becomes a random one with only some coordinates in it, often few: along the walls of a box,
 * and where coordinates hang together loosely, such lines are longer than others. */
void el4ml_tether_sparse_direction(el4ml_tethered *t);
/* Slice sampling along the line through x in t->direction (Neal, Ann. Statist. 31, 705, 2003), from the
 * longest stretch that the box and the tether allow; any k. */
el4ml_status el4ml_tether_line(el4ml_tethered *t, double k, double *x);

#endif
