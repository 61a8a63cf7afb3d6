/* Lines with a pale edge over other figures, so that they stand out: one for each track. */
#ifndef EL4ML_REPORT_TRACKS_H
#define EL4ML_REPORT_TRACKS_H

#include "el4ml/report.h"
#include "report/svg.h"

const char *el4ml_track_colour(size_t track);
/* Track number `track` through pixels x, y (count), a ring where it starts and a dot where it ends. */
void el4ml_track_draw(el4ml_markup *m, size_t track, size_t count, const double *x, const double *y);
/* Names of the tracks, one line each, downwards from y. */
void el4ml_track_key(el4ml_markup *m, const el4ml_track *tracks, size_t count, double x, double y);

#endif
