#include "el4ml/random.h"

#include <math.h>
#include <string.h>

/* Random123's own header is C++-clean but not -Wconversion-clean. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

el4ml_random el4ml_random_new(uint64_t seed, uint64_t purpose, uint64_t job)
{
    el4ml_random random = {.seed = seed, .purpose = purpose, .job = job};
    return random;
}

uint64_t el4ml_random_bits(el4ml_random *random)
{
    const unsigned lane = (unsigned)(random->draw & 3);
    if (lane == 0) {
        const philox4x64_ctr_t counter = {{random->draw >> 2, random->job, 0, 0}};
        const philox4x64_key_t key = {{random->seed, random->purpose}};
        const philox4x64_ctr_t block = philox4x64(counter, key);
        memcpy(random->block, block.v, sizeof random->block);
    }
    random->draw++;
    return random->block[lane];
}

double el4ml_random_uniform(el4ml_random *random)
{
    return (double)(el4ml_random_bits(random) >> 11) * 0x1p-53;
}

double el4ml_random_normal(el4ml_random *random)
{
    const double u = ((double)(el4ml_random_bits(random) >> 11) + 0.5) * 0x1p-53;
    const double v = el4ml_random_uniform(random);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

uint64_t el4ml_random_below(el4ml_random *random, uint64_t bound)
{
    const uint64_t limit = UINT64_MAX - UINT64_MAX % bound; /* a multiple of bound: no bias below it */
    for (;;) {
        const uint64_t bits = el4ml_random_bits(random);
        if (bits < limit) return bits % bound;
    }
}

/* Fisher and Yates. */
void el4ml_random_shuffle(el4ml_random *random, size_t count, size_t *items)
{
    for (size_t i = count; i > 1; i--) {
        const size_t j = (size_t)el4ml_random_below(random, i), item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

void el4ml_random_direction(el4ml_random *random, size_t n, double *direction)
{
    double square = 0;
    while (!(square > 0)) {
        square = 0;
        for (size_t i = 0; i < n; i++) {
            direction[i] = el4ml_random_normal(random);
            square += direction[i] * direction[i];
        }
    }
    const double scale = 1 / sqrt(square);
    for (size_t i = 0; i < n; i++)
        direction[i] *= scale;
}
