/* Counter-based random numbers (Random123's Philox 4x64-10; Salmon, Moraes, Dror and Shaw 2011), keyed by
 * (seed, stream) and counted by draw: the same keys give the same numbers on any number of threads or ranks.
 */
#ifndef EL4ML_RANDOM_H
#define EL4ML_RANDOM_H

#include "el4ml/status.h"

EL4ML_BEGIN

/* A plain value: copy it to repeat its numbers. `purpose` separates uses of the same (seed, job). */
typedef struct el4ml_random {
    uint64_t seed, purpose, job;
    uint64_t draw; /* 64-bit numbers taken so far */
    uint64_t block[4];
} el4ml_random;

EL4ML_API el4ml_random el4ml_random_new(uint64_t seed, uint64_t purpose, uint64_t job);
EL4ML_API uint64_t el4ml_random_bits(el4ml_random *random);
EL4ML_API double el4ml_random_uniform(el4ml_random *random); /* [0, 1) */
EL4ML_API double el4ml_random_normal(el4ml_random *random);  /* mean 0, variance 1; two draws */
EL4ML_API uint64_t el4ml_random_below(el4ml_random *random,
                                      uint64_t bound); /* 0 ... bound - 1, unbiased; bound > 0 */
EL4ML_API void el4ml_random_shuffle(el4ml_random *random, size_t count, size_t *items);
EL4ML_API void el4ml_random_direction(el4ml_random *random, size_t n, double *direction); /* unit vector */

EL4ML_END
#endif
