/* Loops that do nothing but arithmetic in registers, one table an instruction set. */
#ifndef EL4ML_BENCH_PEAK_H
#define EL4ML_BENCH_PEAK_H

typedef struct peak_loops {
    double (*multiply_add)(long rounds);
    double (*divide)(long rounds);
    double flops, divisions; /* of one round */
} peak_loops;

extern const peak_loops peak_baseline;
#ifdef EL4ML_X86_KERNELS
extern const peak_loops peak_avx2, peak_avx512;
#endif

#endif
