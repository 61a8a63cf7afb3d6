/* Bounds of a surface (docs/bounds.md): what every search in a box shares. */
#ifndef EL4ML_SURFACE_BOX_H
#define EL4ML_SURFACE_BOX_H

#include "el4ml/surface.h"

static inline bool el4ml_has_box(const el4ml_evaluator *e)
{
    return e->surface->info.lower != NULL;
}

el4ml_status el4ml_box_check(const el4ml_surface_info *info, el4ml_error *error);
/* The outward slope where x_i is on a bound, from the gradient g; -infinity where it is on none. */
double el4ml_multiplier(const el4ml_evaluator *e, const double *x, const double *g, size_t i);
/* held[i] = 1 for the coordinates that are on a bound and whose multiplier is not negative, 0 for the others;
 * returns how many are held. */
size_t el4ml_box_hold(const el4ml_evaluator *e, const double *x, const double *g, unsigned char *held);
/* v_i = 0 where held. */
void el4ml_box_mask(size_t n, const unsigned char *held, double *v);
/* Norm and root mean square of the projected gradient. */
double el4ml_projected_norm(const el4ml_evaluator *e, const double *x, const double *g);
double el4ml_projected_rms(const el4ml_evaluator *e, const double *x, const double *g);
/* What lies outside is mirrored at the wall it passed; what passes the other wall then, put on that. */
void el4ml_box_reflect(const el4ml_evaluator *e, double *x);

#endif
