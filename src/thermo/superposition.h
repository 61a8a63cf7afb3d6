#ifndef EL4ML_THERMO_SUPERPOSITION_H
#define EL4ML_THERMO_SUPERPOSITION_H

#include "el4ml/thermo.h"

/* C+ + C- = C_V - kappa at one temperature, without allocating. kappa is left out as it would drown small
 * peaks. */
double el4ml_excess_heat_capacity(const el4ml_network *network, double temperature);

/* What the occupation p_a and its change g_a = dp_a/dT of any one minimum follow from, at one temperature. */
typedef struct el4ml_changes {
    double lowest, inverse, shift, sum, mean;
} el4ml_changes;

/* False when no minimum is counted. */
bool el4ml_changes_at(const el4ml_network *network, double temperature, el4ml_changes *changes);
/* p_a; *g is dp_a/dT. */
double el4ml_occupation_of(const el4ml_node *node, const el4ml_changes *changes, double *g);

#endif
