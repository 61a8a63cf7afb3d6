#include "peak.h"

#include "base/vector.h"

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

/* Chains that do not wait for each other: enough to hide the latency, few enough for 16 registers. */
enum { CHAINS = 12 };

/* Numbers that the compiler does not know, lest it leaves a chain out. */
static volatile double start = 1.5, factor = 0.999, increment = 0.001;

static double multiply_add(long rounds)
{
    vector sum[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        sum[i] = vector_all(start + i);
    const vector a = vector_all(factor), b = vector_all(increment);
    for (long r = 0; r < rounds; r++) {
        _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * a + b;
    }
    double total = 0;
    for (int i = 0; i < CHAINS; i++)
        total += vector_sum(sum[i]);
    return total;
}

static double divide(long rounds)
{
    vector x[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        x[i] = vector_all(start + i);
    const vector a = vector_all(start + factor);
    for (long r = 0; r < rounds; r++) {
        _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) x[i] = a / x[i];
    }
    double total = 0;
    for (int i = 0; i < CHAINS; i++)
        total += vector_sum(x[i]);
    return total;
}

const peak_loops JOIN(peak, EL4ML_KERNEL_SET) = {multiply_add, divide, 2.0 * CHAINS *VECTOR_LANES,
                                                 CHAINS *VECTOR_LANES};
