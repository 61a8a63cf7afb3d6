/* Which build of the vector kernels this machine runs. */
#ifndef EL4ML_BASE_CPU_H
#define EL4ML_BASE_CPU_H

typedef enum el4ml_kernel_set { EL4ML_BASELINE, EL4ML_AVX2, EL4ML_AVX512 } el4ml_kernel_set;

/* The best set that the processor and the build have; the environment variable EL4ML_KERNELS (avx512, avx2,
 * baseline) asks for a lesser one. */
el4ml_kernel_set el4ml_best_kernel_set(void);
const char *el4ml_kernel_set_name(el4ml_kernel_set set);

#endif
