/* The inner loop of eliminating a dense network, built once for each instruction set. */
#ifndef EL4ML_KINETICS_DENSE_KERNELS_H
#define EL4ML_KINETICS_DENSE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { EL4ML_PANEL = 32, EL4ML_STRETCH = 256 };

/* Some columns of the panel's pivot rows: scaled numbers, mantissa and exponent apart; a zero has mantissa 0.
 */
typedef struct el4ml_pivots {
    size_t count, stride;
    const double *m, *e; /* (count, stride) */
    const double
        *exponent; /* (count) that of all entries but zeros in these columns; NaN where they differ */
} el4ml_pivots;

/* row_j += sum_p factor_p pivot_pj for n <= EL4ML_STRETCH columns; row as el4ml_entry: a zero has exponent
 * INT32_MIN / 2. */
typedef void (*el4ml_add_pivots)(size_t n, const el4ml_pivots *pivots, const double *factor_m,
                                 const double *factor_e, double *m, int32_t *e);

#ifdef EL4ML_X86_KERNELS
extern const el4ml_add_pivots el4ml_add_pivots_avx512, el4ml_add_pivots_avx2;
#endif
extern const el4ml_add_pivots el4ml_add_pivots_baseline;

#endif
