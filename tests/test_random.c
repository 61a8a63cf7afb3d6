/* Random numbers: Philox 4x64-10 written out here, checked with the known answers of Random123 1.14 (its file
 * tests/kat_vectors), against the library's; and the distributions made from it. */
#include "engine_help.h"

/* 64 x 64 bit product in halves. */
static void multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
    const uint64_t a0 = a & 0xffffffffu, a1 = a >> 32, b0 = b & 0xffffffffu, b1 = b >> 32;
    const uint64_t middle = a1 * b0 + (a0 * b0 >> 32), cross = a0 * b1 + (middle & 0xffffffffu);
    *high = a1 * b1 + (middle >> 32) + (cross >> 32);
    *low = a * b;
}

/* Salmon, Moraes, Dror and Shaw, SC11 (2011). */
static void philox(const uint64_t *counter, const uint64_t *key, uint64_t *c)
{
    uint64_t k0 = key[0], k1 = key[1];
    memcpy(c, counter, 4 * sizeof *c);
    for (int round = 0; round < 10; round++, k0 += 0x9e3779b97f4a7c15u, k1 += 0xbb67ae8584caa73bu) {
        uint64_t high0, low0, high1, low1;
        multiply(0xd2e7470ee14c6c93u, c[0], &high0, &low0);
        multiply(0xca5a826395121157u, c[2], &high1, &low1);
        const uint64_t next[4] = {high1 ^ c[1] ^ k0, low1, high0 ^ c[3] ^ k1, low0};
        memcpy(c, next, sizeof next);
    }
}

START_TEST(known_answers)
{
    static const uint64_t answers[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x16554d9eca36314cu, 0xdb20fe9d672d0fdcu, 0xd7e772cee186176bu,
         0x7e68b68aec7ba23bu},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0x87b092c3013fe90bu,
         0x438c3c67be8d0224u, 0x9cc7d7c69cd777b6u, 0xa09caebf594f0ba0u},
        {0x243f6a8885a308d3u, 0x13198a2e03707344u, 0xa4093822299f31d0u, 0x082efa98ec4e6c89u,
         0x452821e638d01377u, 0xbe5466cf34e90c6cu, 0xa528f45403e61d95u, 0x38c72dbd566e9788u,
         0xa5a1610e72fd18b5u, 0x57bd43b5e52b7fe6u}};
    for (size_t k = 0; k < 3; k++) {
        uint64_t block[4];
        philox(answers[k], answers[k] + 4, block);
        for (size_t i = 0; i < 4; i++)
            ck_assert_uint_eq(block[i], answers[k][6 + i]);
    }
    el4ml_random random = el4ml_random_new(0, 0, 0); /* the first line is the library's first block */
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(el4ml_random_bits(&random), answers[0][6 + i]);
}
END_TEST

/* Key (seed, purpose), counter (draw / 4, job): any keys, and a generator copied in the middle goes on as it
 * was. */
START_TEST(bits_are_philox_of_keys_and_counter)
{
    static const uint64_t keys[5][3] = {
        {1, 2, 3}, {UINT64_MAX, 1, 0}, {0, UINT64_MAX, 7}, {5, 5, UINT64_MAX}, {1, 3, 2}};
    for (size_t k = 0; k < 5; k++) {
        el4ml_random random = el4ml_random_new(keys[k][0], keys[k][1], keys[k][2]), copy = random;
        for (uint64_t draw = 0; draw < 103; draw++) {
            const uint64_t counter[4] = {draw / 4, keys[k][2], 0, 0};
            uint64_t block[4];
            philox(counter, keys[k], block);
            if (draw == 50) copy = random;
            ck_assert_uint_eq(el4ml_random_bits(&random), block[draw % 4]);
            if (draw >= 50) ck_assert_uint_eq(el4ml_random_bits(&copy), block[draw % 4]);
        }
    }
}
END_TEST

#define DRAWS 200000

/* Chi-square over 100 boxes: 99 degrees of freedom, 99 +- 14; 170 is five standard deviations. */
START_TEST(uniform_numbers)
{
    el4ml_random random = el4ml_random_new(11, 1, 1);
    unsigned box[100] = {0}, pair[100] = {0}, last = 0;
    double sum = 0, square = 0, least = 1, largest = 0;
    int outside = 0; /* counted: a check for every number would take longer than the numbers */
    for (int k = 0; k < DRAWS; k++) {
        const double u = el4ml_random_uniform(&random);
        outside += !(u >= 0 && u < 1);
        box[(int)(100 * u)]++;
        pair[10 * last + (unsigned)(10 * u)]++; /* neighbours are independent */
        last = (unsigned)(10 * u);
        sum += u;
        square += u * u;
        least = fmin(least, u);
        largest = fmax(largest, u);
    }
    ck_assert_int_eq(outside, 0);
    double chi = 0, chi_pair = 0;
    for (int i = 0; i < 100; i++) {
        chi += (box[i] - DRAWS / 100.0) * (box[i] - DRAWS / 100.0) / (DRAWS / 100.0);
        chi_pair += (pair[i] - DRAWS / 100.0) * (pair[i] - DRAWS / 100.0) / (DRAWS / 100.0);
    }
    ck_assert_double_le(chi, 170);
    ck_assert_double_le(chi_pair, 170);
    ck_assert_double_ge(chi, 45);
    ck_assert_double_eq_tol(sum / DRAWS, 0.5, 5 * sqrt(1.0 / 12 / DRAWS));
    ck_assert_double_eq_tol(square / DRAWS, 1.0 / 3, 5 * sqrt(4.0 / 45 / DRAWS));
    ck_assert_double_le(least, 1e-4);
    ck_assert_double_ge(largest, 1 - 1e-4);
}
END_TEST

/* 2^63 + 2^62 is the bound at which taking the remainder alone would be worst: a third of the numbers would
 * be twice as likely. */
START_TEST(numbers_below_a_bound)
{
    static const uint64_t bounds[] = {1, 2, 3, 7, 10, 97};
    for (size_t k = 0; k < 6; k++) {
        el4ml_random random = el4ml_random_new(12, k, 1);
        unsigned box[97] = {0};
        for (int i = 0; i < DRAWS; i++) {
            const uint64_t number = el4ml_random_below(&random, bounds[k]);
            if (number >= bounds[k]) ck_abort_msg("not below its bound");
            box[number]++;
        }
        const double expected = (double)DRAWS / (double)bounds[k], freedom = (double)bounds[k] - 1;
        double chi = 0;
        for (size_t i = 0; i < bounds[k]; i++)
            chi += (box[i] - expected) * (box[i] - expected) / expected;
        ck_assert_double_le(chi, freedom + 5 * sqrt(2 * freedom) + 1);
    }
    el4ml_random random = el4ml_random_new(12, 9, 9);
    const uint64_t bound = ((uint64_t)1 << 63) + ((uint64_t)1 << 62);
    unsigned low = 0;
    for (int i = 0; i < 30000; i++) {
        const uint64_t number = el4ml_random_below(&random, bound);
        if (number >= bound) ck_abort_msg("not below its bound");
        low += number < bound / 3;
    }
    ck_assert_double_eq_tol(low / 30000.0, 1.0 / 3, 5 * sqrt(2.0 / 9 / 30000));
}
END_TEST

START_TEST(normal_numbers_have_normal_moments)
{
    el4ml_random random = el4ml_random_new(13, 1, 1);
    double moment[5] = {0}, product = 0, last = 0;
    int beyond = 0;
    for (int k = 0; k < DRAWS; k++) {
        const double z = el4ml_random_normal(&random);
        if (!isfinite(z)) ck_abort_msg("not finite");
        double power = 1;
        for (int m = 1; m <= 4; m++)
            moment[m] += (power *= z) / DRAWS;
        beyond += fabs(z) > 1.959963985;
        product += z * last / DRAWS;
        last = z;
    }
    const double unit = 5 / sqrt(DRAWS); /* five standard deviations of a mean of variance 1 */
    ck_assert_double_eq_tol(moment[1], 0, unit);
    ck_assert_double_eq_tol(moment[2], 1, unit * sqrt(2));
    ck_assert_double_eq_tol(moment[3], 0, unit * sqrt(15));
    ck_assert_double_eq_tol(moment[4], 3, unit * sqrt(96));
    ck_assert_double_eq_tol(product, 0, unit);
    ck_assert_double_eq_tol(beyond / (double)DRAWS, 0.05, unit * sqrt(0.05));
}
END_TEST

START_TEST(directions_are_unit_and_isotropic)
{
    el4ml_random random = el4ml_random_new(14, 1, 1);
    for (size_t n = 1; n <= 9; n += 4) {
        double mean[9] = {0}, square[9] = {0}, d[9];
        for (int k = 0; k < 20000; k++) {
            el4ml_random_direction(&random, n, d);
            if (!(fabs(el4ml_norm(n, d) - 1) <= 1e-14)) ck_abort_msg("not of unit length");
            for (size_t i = 0; i < n; i++) {
                mean[i] += d[i] / 20000;
                square[i] += d[i] * d[i] / 20000;
            }
        }
        for (size_t i = 0; i < n; i++) {
            ck_assert_double_eq_tol(mean[i], 0, 5 / sqrt(20000));
            ck_assert_double_eq_tol(square[i], 1 / (double)n, 5 / sqrt(20000));
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        known_answers,         bits_are_philox_of_keys_and_counter, uniform_numbers,
        numbers_below_a_bound, normal_numbers_have_normal_moments,  directions_are_unit_and_isotropic};
    return RUN_SUITE("random numbers", tests);
}
