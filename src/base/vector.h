/* Vectors of doubles as wide as the instruction set of this compilation (CMakeLists.txt: files named
 * *_kernels.c), through the compiler's vector extensions. Only *_kernels.c files include this. */
#ifndef EL4ML_BASE_VECTOR_H
#define EL4ML_BASE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#if defined EL4ML_KERNEL_avx512
#define VECTOR_LANES 8
#elif defined EL4ML_KERNEL_avx2
#define VECTOR_LANES 4
#else
#define VECTOR_LANES 2
#endif
#define VECTOR_BYTES (8 * VECTOR_LANES)

/* may_alias: they are loaded from and stored to arrays of double. */
typedef double vector __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef double vector_unaligned __attribute__((vector_size(VECTOR_BYTES), may_alias, aligned(8)));
typedef uint64_t bits __attribute__((vector_size(VECTOR_BYTES)));

/* A loop whose bounds are constants: its arrays stay in registers. */
/* Not under the sanitizers, whose checks in each copy take minutes to compile. */
#ifdef __SANITIZE_ADDRESS__
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

#define VECTOR_INLINE static inline __attribute__((always_inline))

VECTOR_INLINE vector vector_load(const double *p)
{
    return *(const vector *)p;
}

VECTOR_INLINE void vector_store(double *p, vector x)
{
    *(vector *)p = x;
}

VECTOR_INLINE vector vector_load_unaligned(const double *p)
{
    return *(const vector_unaligned *)p;
}

VECTOR_INLINE void vector_store_unaligned(double *p, vector x)
{
    *(vector_unaligned *)p = x;
}

/* The first `count` < VECTOR_LANES numbers, and zeros; nothing beyond them is touched. */
#if defined EL4ML_KERNEL_avx512
VECTOR_INLINE vector vector_load_part(const double *p, size_t count)
{
    return (vector)_mm512_maskz_loadu_pd((__mmask8)((1U << count) - 1), p);
}

VECTOR_INLINE void vector_store_part(double *p, vector x, size_t count)
{
    _mm512_mask_storeu_pd(p, (__mmask8)((1U << count) - 1), (__m512d)x);
}
#elif defined EL4ML_KERNEL_avx2
VECTOR_INLINE __m256i vector_part_mask(size_t count)
{
    static const int64_t ones[2 * VECTOR_LANES] = {-1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i_u *)(ones + VECTOR_LANES - count));
}

VECTOR_INLINE vector vector_load_part(const double *p, size_t count)
{
    return (vector)_mm256_maskload_pd(p, vector_part_mask(count));
}

VECTOR_INLINE void vector_store_part(double *p, vector x, size_t count)
{
    _mm256_maskstore_pd(p, vector_part_mask(count), (__m256d)x);
}
#else
VECTOR_INLINE vector vector_load_part(const double *p, size_t count)
{
    vector x = {0};
    for (size_t i = 0; i < count; i++)
        x[i] = p[i];
    return x;
}

VECTOR_INLINE void vector_store_part(double *p, vector x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        p[i] = x[i];
}
#endif

VECTOR_INLINE vector vector_all(double x)
{
    return x - (vector){0};
}

/* Keeps x in a register: GCC else loads it from memory again for each use, which takes longer than the
 * multiplication that it feeds. Without fused multiply-add a product needs a register of its own, and the
 * tiles leave none. */
#if defined EL4ML_KERNEL_avx512
#define VECTOR_IN_REGISTER(x) __asm__("" : "+v"(x))
#elif defined EL4ML_KERNEL_avx2
#define VECTOR_IN_REGISTER(x) __asm__("" : "+x"(x))
#else
#define VECTOR_IN_REGISTER(x) ((void)(x))
#endif

/* The larger and the smaller; y where either is NaN. */
#if defined EL4ML_KERNEL_avx512
#define vector_max(x, y) ((vector)_mm512_max_pd((__m512d)(x), (__m512d)(y)))
#define vector_min(x, y) ((vector)_mm512_min_pd((__m512d)(x), (__m512d)(y)))
#elif defined EL4ML_KERNEL_avx2
#define vector_max(x, y) ((vector)_mm256_max_pd((__m256d)(x), (__m256d)(y)))
#define vector_min(x, y) ((vector)_mm256_min_pd((__m256d)(x), (__m256d)(y)))
#elif defined __SSE2__
#define vector_max(x, y) ((vector)_mm_max_pd((__m128d)(x), (__m128d)(y)))
#define vector_min(x, y) ((vector)_mm_min_pd((__m128d)(x), (__m128d)(y)))
#else
VECTOR_INLINE vector vector_max(vector x, vector y)
{
    for (int i = 0; i < VECTOR_LANES; i++)
        y[i] = x[i] > y[i] ? x[i] : y[i];
    return y;
}

VECTOR_INLINE vector vector_min(vector x, vector y)
{
    for (int i = 0; i < VECTOR_LANES; i++)
        y[i] = x[i] < y[i] ? x[i] : y[i];
    return y;
}
#endif

VECTOR_INLINE vector vector_sqrt(vector x)
{
#if defined EL4ML_KERNEL_avx512
    return (vector)_mm512_sqrt_pd((__m512d)x);
#elif defined EL4ML_KERNEL_avx2
    return (vector)_mm256_sqrt_pd((__m256d)x);
#elif defined __SSE2__
    return (vector)_mm_sqrt_pd((__m128d)x);
#else
    for (int i = 0; i < VECTOR_LANES; i++)
        x[i] = __builtin_sqrt(x[i]);
    return x;
#endif
}

VECTOR_INLINE vector vector_abs(vector x)
{
    return (vector)((bits)x & (UINT64_MAX >> 1));
}

/* |x| with the sign of y; x >= 0. */
VECTOR_INLINE vector vector_with_sign(vector x, vector y)
{
    return (vector)((bits)x | ((bits)y & ~(UINT64_MAX >> 1)));
}

#if defined EL4ML_KERNEL_avx512
#define vector_sqrt(x) ((vector)_mm512_sqrt_pd((__m512d)(x)))
#elif defined EL4ML_KERNEL_avx2
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

/* One step of a transposition: even and odd blocks of 2^step lanes, interleaved. */
#if VECTOR_LANES == 8
#define VECTOR_EVEN_0(x, y) __builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14)
#define VECTOR_ODD_0(x, y) __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15)
#define VECTOR_EVEN_1(x, y) __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13)
#define VECTOR_ODD_1(x, y) __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15)
#define VECTOR_EVEN_2(x, y) __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11)
#define VECTOR_ODD_2(x, y) __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15)
#elif VECTOR_LANES == 4
#define VECTOR_EVEN_0(x, y) __builtin_shufflevector(x, y, 0, 4, 2, 6)
#define VECTOR_ODD_0(x, y) __builtin_shufflevector(x, y, 1, 5, 3, 7)
#define VECTOR_EVEN_1(x, y) __builtin_shufflevector(x, y, 0, 1, 4, 5)
#define VECTOR_ODD_1(x, y) __builtin_shufflevector(x, y, 2, 3, 6, 7)
#else
#define VECTOR_EVEN_0(x, y) __builtin_shufflevector(x, y, 0, 2)
#define VECTOR_ODD_0(x, y) __builtin_shufflevector(x, y, 1, 3)
#endif

/* Neighbouring blocks of 2^step lanes added, those of x and y in turn. One of the two operands is a blend,
 * which is cheaper than a shuffle. */
#if VECTOR_LANES == 8
#define VECTOR_PAIR_0(x, y)                                                                                  \
    (__builtin_shufflevector(x, y, 1, 8, 3, 10, 5, 12, 7, 14) +                                              \
     __builtin_shufflevector(x, y, 0, 9, 2, 11, 4, 13, 6, 15))
#define VECTOR_PAIR_1(x, y)                                                                                  \
    (__builtin_shufflevector(x, y, 2, 3, 8, 9, 6, 7, 12, 13) +                                               \
     __builtin_shufflevector(x, y, 0, 1, 10, 11, 4, 5, 14, 15))
#define VECTOR_PAIR_2(x, y)                                                                                  \
    (__builtin_shufflevector(x, y, 4, 5, 6, 7, 8, 9, 10, 11) +                                               \
     __builtin_shufflevector(x, y, 0, 1, 2, 3, 12, 13, 14, 15))
#elif VECTOR_LANES == 4
#define VECTOR_PAIR_0(x, y)                                                                                  \
    (__builtin_shufflevector(x, y, 1, 4, 3, 6) + __builtin_shufflevector(x, y, 0, 5, 2, 7))
#define VECTOR_PAIR_1(x, y)                                                                                  \
    (__builtin_shufflevector(x, y, 2, 3, 4, 5) + __builtin_shufflevector(x, y, 0, 1, 6, 7))
#else
#define VECTOR_PAIR_0(x, y) (__builtin_shufflevector(x, y, 1, 2) + __builtin_shufflevector(x, y, 0, 3))
#endif

/* Lane i of the result is the sum of the lanes of x[i]. */
VECTOR_INLINE vector vector_sums(const vector *x)
{
#if VECTOR_LANES == 8
    vector y[4];
    for (int i = 0; i < 4; i++)
        y[i] = VECTOR_PAIR_0(x[2 * i], x[2 * i + 1]);
    const vector low = VECTOR_PAIR_1(y[0], y[1]), high = VECTOR_PAIR_1(y[2], y[3]);
    return VECTOR_PAIR_2(low, high);
#elif VECTOR_LANES == 4
    const vector low = VECTOR_PAIR_0(x[0], x[1]), high = VECTOR_PAIR_0(x[2], x[3]);
    return VECTOR_PAIR_1(low, high);
#else
    return VECTOR_PAIR_0(x[0], x[1]);
#endif
}

/* By halves: three additions deep for eight lanes, not seven. */
VECTOR_INLINE double vector_sum(vector x)
{
#if VECTOR_LANES == 8
    return _mm512_reduce_add_pd((__m512d)x);
#elif VECTOR_LANES == 4
    return (x[0] + x[2]) + (x[1] + x[3]);
#else
    return x[0] + x[1];
#endif
}

/* Transposes a square of VECTOR_LANES vectors. */
VECTOR_INLINE void vector_transpose(vector *x)
{
    vector y[VECTOR_LANES];
    for (int i = 0; i < VECTOR_LANES; i += 2) {
        y[i] = VECTOR_EVEN_0(x[i], x[i + 1]);
        y[i + 1] = VECTOR_ODD_0(x[i], x[i + 1]);
    }
#if VECTOR_LANES == 2
    x[0] = y[0];
    x[1] = y[1];
#else
    vector z[VECTOR_LANES];
    for (int i = 0; i < VECTOR_LANES; i += 4)
        for (int k = 0; k < 2; k++) {
            z[i + k] = VECTOR_EVEN_1(y[i + k], y[i + k + 2]);
            z[i + k + 2] = VECTOR_ODD_1(y[i + k], y[i + k + 2]);
        }
#if VECTOR_LANES == 4
    for (int i = 0; i < 4; i++)
        x[i] = z[i];
#else
    for (int k = 0; k < 4; k++) {
        x[k] = VECTOR_EVEN_2(z[k], z[k + 4]);
        x[k + 4] = VECTOR_ODD_2(z[k], z[k + 4]);
    }
#endif
#endif
}

#endif
