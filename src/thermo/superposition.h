/* The inside of the harmonic superposition: sums over minima at many temperatures or energies at once. */
#ifndef EL4ML_THERMO_SUPERPOSITION_H
#define EL4ML_THERMO_SUPERPOSITION_H

#include "el4ml/thermo.h"
#include "thermo/superposition_kernels.h"

/* What a minimum is to the frustration. */
typedef enum el4ml_role { EL4ML_ROLE_GLOBAL, EL4ML_ROLE_OTHER, EL4ML_ROLE_APART } el4ml_role;

typedef struct el4ml_ensemble {
    const el4ml_network *network;
    const double *ratio;       /* (node_count) (V*_a - V_g)/(V_a - V_g) of the others */
    const unsigned char *role; /* (node_count) el4ml_role; both NULL where F is not wanted */
    double lowest;             /* V_0, of the counted minima */
    bool bounded;              /* some counted minimum is on a bound */
    const el4ml_superposition_kernels *kernels;
} el4ml_ensemble;

/* False when no minimum is counted. */
bool el4ml_ensemble_init(el4ml_ensemble *made, const el4ml_network *network);
/* The sums at `count` temperatures or energies, in three sweeps over the minima. Nothing is allocated. */
void el4ml_canonical_at(const el4ml_ensemble *e, const double *temperatures, size_t count,
                        el4ml_canonical *sums);
/* power: of E - V_a, without bounds. energies: E. */
void el4ml_fixed_energy_at(const el4ml_ensemble *e, double power, const double *energies, size_t count,
                           el4ml_fixed_energy *sums);

/* T dC_V/dT, of sums that are complete. */
static inline double el4ml_canonical_slope(const el4ml_canonical *s)
{
    return s->third - 2 * (s->plus + s->minus) + 3 * s->coupling;
}

/* What the occupation p_a and its change g_a = dp_a/dT of any one minimum follow from, at one temperature. */
typedef struct el4ml_changes {
    double temperature, lowest, inverse, shift, sum, mean;
} el4ml_changes;

/* False when no minimum is counted. */
bool el4ml_changes_at(const el4ml_network *network, double temperature, el4ml_changes *changes);
/* p_a; *g is dp_a/dT. */
double el4ml_occupation_of(const el4ml_node *node, const el4ml_changes *changes, double *g);

/* bounded.c: ensembles with minima on bounds, each with its own exponent. */
/* The block at a temperature, with V_a + (m_a/2) T for V_a. */
void el4ml_shift_block(const el4ml_minima_block *b, double temperature, el4ml_minima_block *shifted);
/* The sums extra and coupling over a shifted block, not yet divided by 1 + rest. */
void el4ml_add_extra(const el4ml_minima_block *shifted, el4ml_canonical *s);
void el4ml_bounded_energy_at(const el4ml_ensemble *e, double power, double energy, el4ml_fixed_energy *s);

/* contributions.c: the minima behind a peak. False when out of memory. */
bool el4ml_find_contributions(const el4ml_network *network, double share, el4ml_peak *peak);

#endif
