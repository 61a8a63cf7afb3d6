#include "minimise/lbfgs_kernels.h"

#include "base/vector.h"

#define L VECTOR_LANES

static double add_dot(size_t n, double a, const double *restrict x, const double *restrict y,
                      double *restrict d)
{
    const vector factor = vector_all(a);
    vector s0 = {0}, s1 = {0};
    size_t i = 0;
    for (; i + 2 * L <= n; i += 2 * L) {
        const vector d0 = vector_load_unaligned(d + i) + factor * vector_load_unaligned(x + i);
        const vector d1 = vector_load_unaligned(d + i + L) + factor * vector_load_unaligned(x + i + L);
        vector_store_unaligned(d + i, d0);
        vector_store_unaligned(d + i + L, d1);
        s0 += d0 * vector_load_unaligned(y + i);
        s1 += d1 * vector_load_unaligned(y + i + L);
    }
    if (i + L <= n) {
        const vector d0 = vector_load_unaligned(d + i) + factor * vector_load_unaligned(x + i);
        vector_store_unaligned(d + i, d0);
        s0 += d0 * vector_load_unaligned(y + i);
        i += L;
    }
    double tail = 0;
    for (; i < n; i++) {
        d[i] += a * x[i];
        tail += d[i] * y[i];
    }
    return vector_sum(s0 + s1) + tail;
}

#define NAME_(set) el4ml_lbfgs_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_lbfgs_kernels NAME(EL4ML_KERNEL_SET) = {add_dot};
