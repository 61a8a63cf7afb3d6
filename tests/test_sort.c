#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "el4ml/random.h"

/* Few distinct keys, so that ties show whether the order of equal items is kept. */
START_TEST(ascending_and_stable)
{
    const size_t count = (size_t)(_i < 100 ? _i : 37 * _i);
    const uint64_t distinct = _i % 3 == 0 ? UINT64_MAX : 1 + (uint64_t)_i;
    el4ml_random random = el4ml_random_new(7, 7, (uint64_t)_i);
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, count), *scratch = EL4ML_NEW(el4ml_sort_item, count);
    uint64_t *key = EL4ML_NEW(uint64_t, count);
    for (size_t i = 0; i < count; i++) {
        key[i] = el4ml_random_below(&random, distinct) << (_i % 5 == 0 ? 40 : 0);
        items[i] = (el4ml_sort_item){key[i], i};
    }
    el4ml_sort(items, scratch, count);
    size_t sum = 0, wrong = 0; /* counted: an assertion writes to a file */
    for (size_t k = 0; k < count; k++) {
        wrong += items[k].key != key[items[k].index];
        sum += items[k].index;
        if (k == 0) continue;
        wrong += items[k - 1].key > items[k].key;
        wrong += items[k - 1].key == items[k].key && items[k - 1].index >= items[k].index;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(sum, count ? count * (count - 1) / 2 : 0); /* every item once, as they are distinct */
    el4ml_release(items);
    el4ml_release(scratch);
    el4ml_release(key);
}
END_TEST

START_TEST(keys_have_the_order_of_their_numbers)
{
    const double numbers[] = {-INFINITY, -DBL_MAX, -1.5, -1, -DBL_MIN, -4.9e-324, 0,       4.9e-324,
                              DBL_MIN,   1e-10,    1,    2,  3.5,      1e300,     DBL_MAX, INFINITY};
    for (size_t i = 1; i < sizeof numbers / sizeof *numbers; i++)
        ck_assert(el4ml_key_of_double(numbers[i - 1]) < el4ml_key_of_double(numbers[i]));
    ck_assert(el4ml_key_of_double(-0.0) == el4ml_key_of_double(0.0));
    const int64_t integers[] = {INT64_MIN, -5, -1, 0, 1, 7, INT64_MAX};
    for (size_t i = 1; i < sizeof integers / sizeof *integers; i++)
        ck_assert(el4ml_key_of_integer(integers[i - 1]) < el4ml_key_of_integer(integers[i]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sort");
    TCase *tests = tcase_create("sort");
    tcase_add_loop_test(tests, ascending_and_stable, 0, 150);
    tcase_add_test(tests, keys_have_the_order_of_their_numbers);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
