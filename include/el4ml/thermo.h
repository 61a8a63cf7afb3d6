/* Thermodynamics by harmonic superposition (methods.md 4): log-sum-exp throughout. Temperatures have the unit
 * of the loss; k_B = 1. */
#ifndef EL4ML_THERMO_H
#define EL4ML_THERMO_H

#include "el4ml/network.h"

EL4ML_BEGIN

/* Everything at one temperature. */
typedef struct el4ml_thermo_point {
    double temperature;
    double energy;        /* U = <V> + kappa T; plus T `bounds` where minima are on bounds */
    double rise;          /* U - V_0 - kappa T, V_0 the lowest unflagged minimum */
    double heat_capacity; /* C_V = kappa + C+ + C-; plus `bounds` */
    double c_plus, c_minus;
    double bounds;                 /* <m>/2, m coordinates on a bound (docs/bounds.md); 0 without bounds */
    double slope;                  /* dC_V/dT */
    double entropy;                /* S = - sum p ln p */
    double frustration;            /* F; NaN when only the global minimum counts */
    double frustration_normalised; /* F~ */
    double unconnected; /* total p of the minima without a path to the global one, left out of F and F~ */
} el4ml_thermo_point;

typedef struct el4ml_thermo {
    size_t count;
    el4ml_thermo_point *points; /* (count), ascending temperature */
    size_t excluded;            /* minima left out because they are flagged */
    size_t unconnected;         /* minima without a path to the global one: left out of F */
} el4ml_thermo;

/* Temperatures in any order, each a positive normal number. Without any unflagged minimum there is no
 * ensemble: the result has count 0. V_g is the lowest unflagged minimum; the minima within the network's
 * energy_tolerance of it join it. F sums p over the other connected minima; F~ is the same sum divided by
 * their total p. */
EL4ML_API el4ml_status el4ml_thermo_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                                        const double *temperatures, size_t count, el4ml_thermo **thermo,
                                        el4ml_error *error);
EL4ML_API void el4ml_thermo_free(el4ml_thermo *thermo);
/* p_a at temperature T, minima on bounds with their own exponents, and g_a = dp_a/dT where `g` is not NULL;
 * (node_count) each, 0 for flagged minima. */
EL4ML_API void el4ml_occupation(const el4ml_network *network, double temperature, double *p, double *g);
/* `count` temperatures from `from` to `to`, logarithmic. */
EL4ML_API void el4ml_log_temperatures(double from, double to, size_t count, double *temperatures);

/* One minimum's part in a change of the ensemble with temperature. */
typedef struct el4ml_change {
    size_t node; /* index in the network */
    double p, g; /* its occupation, and g = dp/dT */
} el4ml_change;

/* A peak of C_V: where it is, and the fewest minima that carry a given share of the change in occupation
 * there: sorted by |g_a|, the gaining ones until their g_a reach that share of the sum over all g_a > 0, and
 * the losing ones likewise (Wales, Phys. Rev. E 95, 030105, 2017). */
typedef struct el4ml_peak {
    double temperature, heat_capacity;
    double flow; /* sum of g_a over all gaining minima; over all losing ones it is - flow */
    size_t gaining_count, losing_count;
    el4ml_change *gaining, *losing; /* largest |g| first; equal ones by index */
} el4ml_peak;

typedef struct el4ml_peaks {
    size_t count;
    el4ml_peak *peaks; /* (count), highest first */
} el4ml_peaks;

typedef struct el4ml_peak_options {
    double share; /* of the change in occupation that the lists carry, above 0, at most 1; default 0.99 */
    size_t most;  /* the highest so many peaks are kept; default 0: all */
} el4ml_peak_options;

EL4ML_API el4ml_peak_options el4ml_peak_options_default(void);
/* Peaks inside the temperature range of `thermo` (not at its ends), refined to about 12 digits on the exact
 * dC_V/dT. The grid of temperatures need not resolve them: it is refined where <V> rises by more than C_V and
 * its slope at the grid points account for. `network` is the one that `thermo` was made of; options may be
 * NULL. Without any counted minimum there are no peaks. */
EL4ML_API el4ml_status el4ml_peaks_new(const el4ml_network *network, const el4ml_thermo *thermo,
                                       const el4ml_peak_options *options, el4ml_peaks **peaks,
                                       el4ml_error *error);
EL4ML_API void el4ml_peaks_free(el4ml_peaks *peaks);

EL4ML_END
#endif
