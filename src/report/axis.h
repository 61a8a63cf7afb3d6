/* Axes: a map from numbers to places on the paper, with ticks at round numbers. */
#ifndef EL4ML_REPORT_AXIS_H
#define EL4ML_REPORT_AXIS_H

#include "report/svg.h"

typedef struct el4ml_axis {
    bool logarithmic;  /* then 0 < low < high */
    double low, high;  /* in the data's unit */
    double start, end; /* where low and high lie, in pixels */
} el4ml_axis;

enum { EL4ML_MAX_TICKS = 128 };

typedef struct el4ml_tick {
    double value;
    bool major;
    char text[EL4ML_NUMBER_SIZE]; /* rich; empty for minor ticks */
} el4ml_tick;

typedef struct el4ml_ticks {
    size_t count;
    el4ml_tick tick[EL4ML_MAX_TICKS];
    int exponent; /* linear axes: the texts are in units of 10^exponent; 0 usually */
    double width; /* of the widest text at size 1 */
} el4ml_ticks;

/* An axis over [low, high]; an empty interval is widened. */
el4ml_axis el4ml_axis_new(bool logarithmic, double low, double high, double start, double end);
double el4ml_axis_place(const el4ml_axis *axis, double value);
/* About `wanted` labelled ticks inside the axis. */
void el4ml_axis_ticks(const el4ml_axis *axis, size_t wanted, el4ml_ticks *ticks);
/* The power of ten that the texts are in units of; nothing when that is 1. */
void el4ml_ticks_exponent(el4ml_markup *m, const el4ml_ticks *ticks, double x, double y,
                          const el4ml_lettering *lettering);
/* Linear: widen [low, high] to round numbers. */
void el4ml_axis_round(el4ml_axis *axis, size_t wanted);

#endif
