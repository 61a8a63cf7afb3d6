/* Thermodynamics by harmonic superposition (methods.md 4): log-sum-exp throughout. Temperatures have the unit
 * of the loss; k_B = 1. */
#ifndef EL4ML_THERMO_H
#define EL4ML_THERMO_H

#include "el4ml/network.h"

EL4ML_BEGIN

/* Everything at one temperature. */
typedef struct el4ml_thermo_point {
    double temperature;
    double energy;        /* U = <V> + kappa T */
    double heat_capacity; /* C_V = kappa + C+ + C- */
    double c_plus, c_minus;
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
/* p_a at temperature T, and g_a = dp_a/dT where `g` is not NULL; (node_count) each, 0 for flagged minima. */
EL4ML_API void el4ml_occupation(const el4ml_network *network, double temperature, double *p, double *g);
/* `count` temperatures from `from` to `to`, logarithmic. */
EL4ML_API void el4ml_log_temperatures(double from, double to, size_t count, double *temperatures);

/* A peak of C_V: its refined position, and the minima with the largest |g_a| gaining and losing occupation
 * there. */
typedef struct el4ml_peak {
    double temperature, heat_capacity;
    size_t gaining_count, losing_count; /* at most 8 each */
    size_t gaining[8], losing[8];       /* node indices, largest |g_a| first */
} el4ml_peak;

/* Peaks inside the temperature range (not at its ends), refined on the exact C_V, highest first; at most
 * `capacity` are written. Returns how many were written. */
EL4ML_API size_t el4ml_heat_capacity_peaks(const el4ml_network *network, const el4ml_thermo *thermo,
                                           el4ml_peak *peaks, size_t capacity);

EL4ML_END
#endif
