/* Documents without the numbers of test rows, so that it shows whether these reach any other. */
#ifndef EL4ML_TESTS_TEST_KEYS_H
#define EL4ML_TESTS_TEST_KEYS_H

#include <jansson.h>
#include <string.h>

#include "el4ml/data.h"
#include "el4ml/random.h"

/* Drop everything whose key begins with test. */
static inline void drop_tests(json_t *o)
{
    const char *key;
    json_t *value;
    void *next;
    size_t at;
    json_object_foreach_safe(o, next, key, value)
    {
        if (strncmp(key, "test", 4) == 0)
            json_object_del(o, key);
        else
            drop_tests(value);
    }
    json_array_foreach(o, at, value) drop_tests(value);
}

/* Other inputs and targets in the test rows. */
static inline void scramble_test_rows(el4ml_data *data)
{
    el4ml_dataset *t = &data->test;
    el4ml_random random = el4ml_random_new(9, 9, 9);
    for (size_t k = 0; k < t->rows * t->inputs; k++)
        t->x[k] = 3 * el4ml_random_normal(&random);
    for (size_t k = 0; t->y && k < t->rows * t->targets; k++)
        t->y[k] = el4ml_random_normal(&random);
    for (size_t k = 0; t->label && k < t->rows; k++)
        t->label[k] = (int32_t)el4ml_random_below(&random, t->classes);
}

#endif
