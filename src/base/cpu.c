#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

const char *el4ml_kernel_set_name(el4ml_kernel_set set)
{
    return set == EL4ML_AVX512 ? "avx512" : set == EL4ML_AVX2 ? "avx2" : "baseline";
}

el4ml_kernel_set el4ml_best_kernel_set(void)
{
    el4ml_kernel_set best = EL4ML_BASELINE;
#ifdef EL4ML_X86_KERNELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
        best = EL4ML_AVX2;
    if (best == EL4ML_AVX2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd"))
        best = EL4ML_AVX512;
#endif
    const char *asked = getenv("EL4ML_KERNELS");
    if (asked) {
        for (el4ml_kernel_set set = EL4ML_BASELINE; set < best; set++)
            if (strcmp(asked, el4ml_kernel_set_name(set)) == 0) return set;
    }
    return best;
}
