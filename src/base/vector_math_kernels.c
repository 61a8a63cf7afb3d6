/* Arrays through the vector functions, so that tests can measure every instruction set's build of them. */
#include "base/vector_math_kernels.h"

#include "base/vector_math.h"

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

static void apply_exp(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        vector_store(y + i, vector_exp(vector_load(x + i)));
}

static void apply_exp_nonpositive(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        vector_store(y + i, vector_exp_nonpositive(vector_load(x + i)));
}

static void apply_tanh(size_t n, const double *x, double *y)
{
    enum { STEP = TANH_TOGETHER * VECTOR_LANES };
    vector v[TANH_TOGETHER];
    size_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        UNROLL for (int k = 0; k < TANH_TOGETHER; k++) v[k] = vector_load(x + i + k * VECTOR_LANES);
        vector_tanh_each(TANH_TOGETHER, v);
        UNROLL for (int k = 0; k < TANH_TOGETHER; k++) vector_store(y + i + k * VECTOR_LANES, v[k]);
    }
    for (; i < n; i += VECTOR_LANES)
        vector_store(y + i, vector_tanh(vector_load(x + i)));
}

static void apply_logistic(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        vector_store(y + i, vector_logistic(vector_load(x + i)));
}

static void apply_log1p_unit(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        vector_store(y + i, vector_log1p_unit(vector_load(x + i)));
}

static void apply_log(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        vector_store(y + i, vector_log(vector_load(x + i)));
}

static void apply_normal_tail(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i += VECTOR_LANES) {
        const vector a = vector_load(x + i);
        vector_store(y + i, vector_normal_tail(a, vector_exp(-0.5 * a * a)));
    }
}

const el4ml_vector_math JOIN(el4ml_vector_math, EL4ML_KERNEL_SET) = {
    apply_exp, apply_exp_nonpositive, apply_tanh, apply_logistic, apply_log1p_unit,
    apply_log, apply_normal_tail};
