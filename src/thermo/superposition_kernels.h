/* The sums over minima that thermodynamics is made of, a block of minima at a time, one table an instruction
 * set. Each ensemble takes three sweeps, as no difference of nearly equal numbers is to be formed: the
 * largest weight, then means relative to it, then deviations from the means. */
#ifndef EL4ML_THERMO_SUPERPOSITION_KERNELS_H
#define EL4ML_THERMO_SUPERPOSITION_KERNELS_H

#include <stddef.h>

enum { EL4ML_MINIMA_BLOCK = 256 };

/* Counted (unflagged) minima of one stretch of the network; filled up to a multiple of 8 with minima of no
 * weight. */
typedef struct el4ml_minima_block {
    size_t start;                                       /* how many were counted before the first of these */
    size_t count;                                       /* filled up */
    _Alignas(64) double rise[EL4ML_MINIMA_BLOCK];       /* V_a - V_0, V_0 the lowest */
    _Alignas(64) double log_weight[EL4ML_MINIMA_BLOCK]; /* ln n_a - L_a/2 - (m_a/2) ln 2 pi - M_a */
    _Alignas(64) double ratio[EL4ML_MINIMA_BLOCK];      /* (V*_a - V_g)/(V_a - V_g); 0 where not in F */
    _Alignas(64) double other[EL4ML_MINIMA_BLOCK];      /* 1 where it is in F, else 0 */
    _Alignas(64) double apart[EL4ML_MINIMA_BLOCK]; /* 1 where no path leads to the global minimum, else 0 */
    _Alignas(64) double extra[EL4ML_MINIMA_BLOCK]; /* m_a/2; only where some minimum is on a bound */
} el4ml_minima_block;

/* At one temperature. w_a = Z_a / Z_top, p_a = w_a / sum w, t_a = (V_a - <V>)/T. Where minima are on bounds
 * V_a stands for V_a + (m_a/2) T throughout (docs/bounds.md). */
typedef struct el4ml_canonical {
    double inverse;                         /* 1/T */
    double shift;                           /* ln Z_top + V_0/T */
    size_t top;                             /* the minimum of the largest weight, counted from the first */
    double rest;                            /* sum of w over the others */
    double mean;                            /* <V> - V_0 */
    double plus, minus;                     /* C+ and C-: sums of p t^2 over t > 0 and t < 0 */
    double third;                           /* sum of p t^3 */
    double log_part;                        /* - sum of p ln w */
    double others, frustrated, unconnected; /* sums of p other, p ratio, p apart */
    double extra, coupling;                 /* sums of p m/2 and p t m/2 */
} el4ml_canonical;

/* At one energy E. w_a = Omega_a / Omega_top, y_a = 1/(E - V_a), over V_a < E. Where minima are on bounds
 * each has its own power k_a: then `power` is 1, mean, variance and square are those of k y, k y and k y^2,
 * and gap is scaled so that divided by the exponent without bounds it is the mean of (E - V_a)/(k_a + 1). */
typedef struct el4ml_fixed_energy {
    double rise;  /* E - V_0 */
    double power; /* of E - V_a in Omega_a */
    double shift; /* ln n_top - L_top/2 + power ln (E - V_top); -infinity where no minimum is below E */
    size_t top;
    double rest;     /* sum of w over the others */
    double gap;      /* <E - V_a> */
    double mean;     /* <y> */
    double variance; /* of y */
    double square;   /* <y^2> */
} el4ml_fixed_energy;

typedef void el4ml_canonical_step(const el4ml_minima_block *, el4ml_canonical *);
typedef void el4ml_fixed_energy_step(const el4ml_minima_block *, el4ml_fixed_energy *);

/* The last two leave sums of w, still to be divided by 1 + rest. */
typedef struct el4ml_superposition_kernels {
    el4ml_canonical_step *canonical_top, *canonical_mean, *canonical_spread;
    el4ml_fixed_energy_step *energy_top, *energy_mean, *energy_spread;
} el4ml_superposition_kernels;

extern const el4ml_superposition_kernels el4ml_superposition_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
extern const el4ml_superposition_kernels el4ml_superposition_kernels_avx2;
extern const el4ml_superposition_kernels el4ml_superposition_kernels_avx512;
#endif

#endif
