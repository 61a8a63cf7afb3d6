/* The multistate Bennett acceptance ratio (Shirts and Chodera, J. Chem. Phys. 129, 124105, 2008) for states
 * that differ in one number: density exp(-k u) over the same space. */
#ifndef EL4ML_CATCHMENT_MULTISTATE_H
#define EL4ML_CATCHMENT_MULTISTATE_H

#include "el4ml/status.h"

/* u (states, samples): values of u in samples of each state. k (states), descending. log_z (states): ln Z_i -
 * ln Z_0. *log_target: ln Z(k_target) - ln Z_0, by reweighting. OUT_OF_MEMORY; NUMERICAL when neighbouring
 * states do not overlap. */
el4ml_status el4ml_multistate(size_t states, size_t samples, const double *k, const double *u, double *log_z,
                              double k_target, double *log_target);

#endif
