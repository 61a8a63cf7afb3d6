#include "surface/gp_kernels.h"

#include "base/vector.h"
#include "base/vector_math.h"

#define L VECTOR_LANES

#if VECTOR_LANES == 8
#define vector_sqrt(x) ((vector)_mm512_sqrt_pd((__m512d)(x)))
#elif VECTOR_LANES == 4
#define vector_sqrt(x) ((vector)_mm256_sqrt_pd((__m256d)(x)))
#elif defined __SSE2__
#define vector_sqrt(x) ((vector)_mm_sqrt_pd((__m128d)(x)))
#else
VECTOR_INLINE vector vector_sqrt(vector x)
{
    for (int i = 0; i < VECTOR_LANES; i++)
        x[i] = __builtin_sqrt(x[i]);
    return x;
}
#endif

/* x where q > 0, 0 elsewhere. */
VECTOR_INLINE vector where_apart(vector q, vector x)
{
    return (vector)((bits)x & (bits)(q > vector_all(0)));
}

static void distances(const el4ml_gp_ray *ray, size_t from, double *q, double *u)
{
    for (size_t k = from; k < ray->size; k += L) {
        vector sum = vector_all(0);
        for (size_t j = 0; j < ray->inputs; j++) {
            const vector d =
                vector_all(ray->point[j * ray->stride]) - vector_load_unaligned(ray->z + j * ray->size + k);
            const vector square = d * d;
            sum += square;
            if (u) vector_store_unaligned(u + j * ray->size + k, square);
        }
        vector_store_unaligned(q + k, sum);
    }
}

/* ln(1 + z) for z >= 0, with the rounding of 1 + z made good. */
VECTOR_INLINE vector log_one_plus(vector z)
{
    const vector d = 1 + z;
    return vector_log(d) + (z - (d - 1)) / d;
}

VECTOR_INLINE void value_of(el4ml_gp_form form, vector shape, vector q, vector *e, vector *p)
{
    switch (form) {
    case EL4ML_GP_SE:
        *e -= 0.5 * q;
        break;
    case EL4ML_GP_MATERN12:
        *e -= vector_sqrt(q);
        break;
    case EL4ML_GP_MATERN32: {
        const vector s = vector_sqrt(3 * q);
        *e -= s;
        *p *= 1 + s;
        break;
    }
    case EL4ML_GP_MATERN52: {
        const vector s = vector_sqrt(5 * q);
        *e -= s;
        *p *= 1 + s + s * s / 3;
        break;
    }
    case EL4ML_GP_RQ:
        *e -= shape * log_one_plus(q / (2 * shape));
        break;
    case EL4ML_GP_MATERN:
        break;
    }
}

VECTOR_INLINE vector slope_of(el4ml_gp_form form, vector shape, vector q)
{
    switch (form) {
    case EL4ML_GP_MATERN12:
        return 1 / vector_sqrt(q);
    case EL4ML_GP_MATERN32:
        return 3 / (1 + vector_sqrt(3 * q));
    case EL4ML_GP_MATERN52: {
        const vector s = vector_sqrt(5 * q);
        return (5.0 / 3) * (1 + s) / (1 + s + s * s / 3);
    }
    case EL4ML_GP_RQ:
        return 1 / (1 + q / (2 * shape));
    case EL4ML_GP_SE:
    case EL4ML_GP_MATERN:
        break;
    }
    return vector_all(1);
}

VECTOR_INLINE vector bend_of(el4ml_gp_form form, vector shape, vector q, vector c)
{
    switch (form) {
    case EL4ML_GP_MATERN12:
        return -0.5 * c / q;
    case EL4ML_GP_MATERN32:
        return -0.5 * c * c / vector_sqrt(3 * q);
    case EL4ML_GP_MATERN52: {
        const vector s = vector_sqrt(5 * q), p = 1 + s + s * s / 3;
        return (-25.0 / 18) * (2 + s) / (p * p);
    }
    case EL4ML_GP_RQ:
        return -c * c / (2 * shape);
    case EL4ML_GP_SE:
    case EL4ML_GP_MATERN:
        break;
    }
    return vector_all(0);
}

/* With z = q / (2 alpha), c = 1 / (1 + z): a = alpha (z c - ln(1 + z)). */
VECTOR_INLINE vector shape_slope(vector shape, vector q, vector c)
{
    const vector z = q / (2 * shape);
    return shape * (z * c - log_one_plus(z));
}

/* One loop for each form, so that the choice is made outside of it. */
#define FOR_EACH_FORM(form, run)                                                                             \
    switch (form) {                                                                                          \
    case EL4ML_GP_SE:                                                                                        \
        run(EL4ML_GP_SE);                                                                                    \
        break;                                                                                               \
    case EL4ML_GP_MATERN12:                                                                                  \
        run(EL4ML_GP_MATERN12);                                                                              \
        break;                                                                                               \
    case EL4ML_GP_MATERN32:                                                                                  \
        run(EL4ML_GP_MATERN32);                                                                              \
        break;                                                                                               \
    case EL4ML_GP_MATERN52:                                                                                  \
        run(EL4ML_GP_MATERN52);                                                                              \
        break;                                                                                               \
    case EL4ML_GP_RQ:                                                                                        \
        run(EL4ML_GP_RQ);                                                                                    \
        break;                                                                                               \
    case EL4ML_GP_MATERN:                                                                                    \
        break;                                                                                               \
    }

VECTOR_INLINE void value_loop(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j)
{
    for (size_t k = s.from; k < s.size; k += L) {
        vector e = vector_load_unaligned(j.e + k), p = vector_load_unaligned(j.p + k);
        value_of(form, vector_all(shape), vector_load_unaligned(s.q + k), &e, &p);
        vector_store_unaligned(j.e + k, e);
        vector_store_unaligned(j.p + k, p);
    }
}

static void value(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j){
#define RUN(constant) value_loop(constant, shape, s, j)
    FOR_EACH_FORM(form, RUN)
#undef RUN
}

VECTOR_INLINE void slopes_loop(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j)
{
    for (size_t k = s.from; k < s.size; k += L) {
        const vector q = vector_load_unaligned(s.q + k), c = slope_of(form, vector_all(shape), q);
        vector_store_unaligned(j.c + k, where_apart(q, c));
        if (form == EL4ML_GP_RQ) vector_store_unaligned(j.a + k, shape_slope(vector_all(shape), q, c));
    }
}

static void slopes(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j){
#define RUN(constant) slopes_loop(constant, shape, s, j)
    FOR_EACH_FORM(form, RUN)
#undef RUN
}

VECTOR_INLINE void curves_loop(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j)
{
    const vector alpha = vector_all(shape);
    for (size_t k = s.from; k < s.size; k += L) {
        const vector q = vector_load_unaligned(s.q + k), c = slope_of(form, alpha, q);
        vector_store_unaligned(j.c + k, where_apart(q, c));
        vector_store_unaligned(j.c1 + k, where_apart(q, bend_of(form, alpha, q, c)));
        if (form != EL4ML_GP_RQ) continue;
        const vector z = q / (2 * alpha), a = shape_slope(alpha, q, c);
        vector_store_unaligned(j.a + k, a);
        vector_store_unaligned(j.aa + k, a + alpha * z * z * c * c);
        vector_store_unaligned(j.ca + k, z * c * c);
    }
}

static void curves(el4ml_gp_form form, double shape, el4ml_gp_stretch s, el4ml_gp_jets j){
#define RUN(constant) curves_loop(constant, shape, s, j)
    FOR_EACH_FORM(form, RUN)
#undef RUN
}

/* Moments of h and f = d ln(integrand)/d ln nu = tilt - h q/2 over the nodes, at one vector of distances. */
VECTOR_INLINE void matern_moments(const el4ml_gp_nodes *nodes, vector q, el4ml_gp_jets j, size_t k)
{
    const vector none = vector_all(0);
    vector sum = none, h1 = none, f1 = none, h2 = none, hf = none, f2 = none;
    for (size_t m = 0; m < nodes->count; m++) {
        const vector h = vector_all(nodes->h[m]), half = 0.5 * h * q, f = nodes->tilt[m] - half;
        const vector w = vector_exp(nodes->log_weight[m] - half), wh = w * h, wf = w * f;
        sum += w;
        h1 += wh;
        f1 += wf;
        h2 += wh * h;
        hf += wh * f;
        f2 += wf * f;
    }
    sum = vector_max(sum, vector_all(1e-300)); /* so far apart that k vanishes: so does the rest */
    const vector scale = 1 / sum;
    h1 *= scale;
    f1 *= scale;
    vector_store_unaligned(j.e + k, where_apart(q, vector_log(sum)));
    vector_store_unaligned(j.c + k, where_apart(q, h1));
    vector_store_unaligned(j.c1 + k, where_apart(q, -0.5 * (h2 * scale - h1 * h1)));
    vector_store_unaligned(j.a + k, where_apart(q, f1));
    const vector change = f1 - nodes->nu * nodes->nu * nodes->trigamma + (f2 * scale - f1 * f1);
    vector_store_unaligned(j.aa + k, where_apart(q, change));
    vector_store_unaligned(j.ca + k, where_apart(q, h1 + hf * scale - h1 * f1));
}

static void matern(const el4ml_gp_nodes *nodes, el4ml_gp_stretch s, el4ml_gp_jets j)
{
    for (size_t k = s.from; k < s.size; k += L)
        matern_moments(nodes, vector_load_unaligned(s.q + k), j, k);
}

static void combine(double amplitude, el4ml_gp_stretch s, el4ml_gp_jets j, double *t)
{
    for (size_t k = s.from; k < s.size; k += L)
        vector_store_unaligned(t + k, amplitude * vector_load_unaligned(j.p + k) *
                                          vector_exp(vector_load_unaligned(j.e + k)));
}

static double dot3(size_t n, const double *x, const double *y, const double *z)
{
    vector even = vector_all(0), odd = even;
    size_t i = 0;
    for (; i + 2 * L <= n; i += 2 * L) {
        even += vector_load_unaligned(x + i) * vector_load_unaligned(y + i) * vector_load_unaligned(z + i);
        odd += vector_load_unaligned(x + i + L) * vector_load_unaligned(y + i + L) *
               vector_load_unaligned(z + i + L);
    }
    for (; i < n; i += L)
        even += vector_load_unaligned(x + i) * vector_load_unaligned(y + i) * vector_load_unaligned(z + i);
    return vector_sum(even + odd);
}

static void multiply(size_t n, const double *x, const double *y, double *xy)
{
    for (size_t i = 0; i < n; i += L)
        vector_store_unaligned(xy + i, vector_load_unaligned(x + i) * vector_load_unaligned(y + i));
}

#define NAME_(set) el4ml_gp_kernels_##set
#define NAME(set) NAME_(set)
const el4ml_gp_kernels NAME(EL4ML_KERNEL_SET) = {distances, value,   slopes, curves,
                                                 matern,    combine, dot3,   multiply};
