/* The ensemble at fixed energy, by classical harmonic superposition (Bixon and Jortner, J. Chem. Phys. 91,
 * 1631, 1989; Wales and Doye, J. Chem. Phys. 103, 3061, 1995; Wales, Energy Landscapes, Cambridge 2003,
 * chapter 7). With h = k_B = mass = 1 and D as below,
 *
 *     Omega(E) = sum over V_a < E of  n_a (2 pi)^D e^(-L_a/2) (E - V_a)^(D-1) / Gamma(D)
 *
 * whose Laplace transform is the partition function sum_a n_a (2 pi T)^D e^(-L_a/2 - V_a/T).
 * Everything is computed from logarithms. */
#ifndef EL4ML_MICROCANONICAL_H
#define EL4ML_MICROCANONICAL_H

#include "el4ml/network.h"

EL4ML_BEGIN

typedef enum el4ml_density {
    EL4ML_DENSITY_TOTAL, /* E is kinetic and potential energy: D = kappa, the convention of C_V in thermo.h */
    EL4ML_DENSITY_POTENTIAL /* E is the potential energy (the loss) alone: D = kappa/2 */
} el4ml_density;

/* Everything at one energy. At or below the lowest unflagged minimum both logarithms are - infinity and the
 * rest is NaN. */
typedef struct el4ml_microcanonical_point {
    double energy;
    double log_density;        /* ln Omega(E), which is the entropy S */
    double log_volume;         /* ln of the integral of Omega up to E */
    double temperature;        /* T = 1/(dS/dE); infinite for D = 1, negative below */
    double heat_capacity;      /* dE/dT; negative where T falls, as in an S-bend */
    double curvature;          /* d(1/T)/dE = d2S/dE2 */
    double volume_temperature; /* (integral of Omega up to E)/Omega, the temperature of the volume entropy;
                                  positive for any D, (E - V)/D in one minimum */
} el4ml_microcanonical_point;

/* A stretch of falling temperature, the microcanonical sign of two coexisting forms. */
typedef struct el4ml_s_bend {
    double energy_low, energy_high;           /* T falls between them */
    double temperature_high, temperature_low; /* T there: a maximum, then a minimum */
    /* Equal areas between 1/T(E) and 1/transition_temperature (Maxwell's construction), within the stretches
     * of rising T on either side; NaN where those are too short for one. The latent heat is energy_above -
     * energy_below. */
    double transition_temperature, energy_below, energy_above;
} el4ml_s_bend;

typedef struct el4ml_microcanonical {
    el4ml_density density;
    double exponent; /* D */
    size_t count;
    el4ml_microcanonical_point *points; /* (count), ascending energy */
    size_t bend_count;
    el4ml_s_bend *bends; /* (bend_count), ascending energy */
    size_t excluded;     /* minima left out because they are flagged */
} el4ml_microcanonical;

/* Energies in any order, finite. S-bends are looked for between the energies given (one that begins before
 * the first or ends after the last is left out), and only for D >= 3, where T is continuous with its slope;
 * both ends are refined to about 12 digits of E - V_0. Without any unflagged minimum the result has count 0.
 * kappa must be positive. */
EL4ML_API el4ml_status el4ml_microcanonical_new(const el4ml_network *network, el4ml_density density,
                                                const double *energies, size_t count,
                                                el4ml_microcanonical **result, el4ml_error *error);
EL4ML_API void el4ml_microcanonical_free(el4ml_microcanonical *result);
/* Probability of each minimum at energy E, Omega_a/Omega; (node_count), 0 for flagged minima and those not
 * below E. */
EL4ML_API void el4ml_microcanonical_occupation(const el4ml_network *network, el4ml_density density,
                                               double energy, double *p);
/* `count` energies that go with the temperatures between `from` and `to`: logarithmic in E - V_0, from D
 * `from` to the canonical mean at `to`. Left alone without any unflagged minimum. */
EL4ML_API void el4ml_microcanonical_energies(const el4ml_network *network, el4ml_density density, double from,
                                             double to, size_t count, double *energies);

EL4ML_END
#endif
