/* The vector functions on arrays, one table an instruction set. */
#ifndef EL4ML_BASE_VECTOR_MATH_KERNELS_H
#define EL4ML_BASE_VECTOR_MATH_KERNELS_H

#include <stddef.h>

/* y = f(x) on n numbers, n a multiple of 8, both 64-byte aligned. */
typedef void el4ml_vector_function(size_t n, const double *x, double *y);

typedef struct el4ml_vector_math {
    el4ml_vector_function *exp;
    el4ml_vector_function *exp_nonpositive; /* x <= 0; e^-650 below -650 */
    el4ml_vector_function *tanh;
    el4ml_vector_function *logistic;
    el4ml_vector_function *log1p_unit;  /* ln(1 + x), 0 <= x <= 1 */
    el4ml_vector_function *log;         /* positive normal numbers */
    el4ml_vector_function *normal_tail; /* erfc(x / sqrt 2) / 2, 0 <= x <= 40 */
} el4ml_vector_math;

extern const el4ml_vector_math el4ml_vector_math_baseline;
#ifdef EL4ML_X86_KERNELS
extern const el4ml_vector_math el4ml_vector_math_avx2;
extern const el4ml_vector_math el4ml_vector_math_avx512;
#endif

#endif
