/* Memory: alignment, zeroing, sizes that overflow, growth, and allocations made to fail. */
#include "engine_help.h"

START_TEST(memory_is_aligned_and_zeroed)
{
    for (size_t count = 0; count < 300; count += 7) {
        unsigned char *block = el4ml_allocate(count, 3);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        for (size_t i = 0; i < 3 * count; i++)
            ck_assert_uint_eq(block[i], 0);
        memset(block, 0xff, 3 * count); /* so that the next block is not zero by chance */
        el4ml_release(block);
    }
    el4ml_release(NULL);
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    static const size_t sizes[][2] = {{SIZE_MAX, 1},         {1, SIZE_MAX},
                                      {SIZE_MAX, 2},         {SIZE_MAX / 2, 3},
                                      {SIZE_MAX / 8 + 2, 8}, {(size_t)1 << 32, (size_t)1 << 32},
                                      {SIZE_MAX - 63, 1},    {SIZE_MAX, SIZE_MAX}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        ck_assert_ptr_null(el4ml_allocate(sizes[k][0], sizes[k][1]));
}
END_TEST

START_TEST(growth_keeps_what_is_there)
{
    uint64_t *list = NULL;
    size_t capacity = 0;
    for (size_t k = 0; k < 5000; k++) {
        ck_assert(el4ml_grow((void **)&list, &capacity, k + 1, sizeof *list));
        ck_assert_uint_ge(capacity, k + 1);
        ck_assert_uint_eq((uintptr_t)list % 64, 0);
        list[k] = 3 * k;
    }
    for (size_t k = 0; k < 5000; k++)
        ck_assert_uint_eq(list[k], 3 * k);
    const size_t before = capacity;
    uint64_t *const same = list;
    ck_assert(!el4ml_grow((void **)&list, &capacity, SIZE_MAX / 4, sizeof *list));
    ck_assert(!el4ml_grow((void **)&list, &capacity, SIZE_MAX, sizeof *list));
    ck_assert(list == same && capacity == before);
    el4ml_release(list);
}
END_TEST

START_TEST(allocations_fail_when_told)
{
    el4ml_fail_allocation_after(2);
    void *a = el4ml_allocate(1, 1), *b = el4ml_allocate(1, 1), *c = el4ml_allocate(1, 1),
         *d = el4ml_allocate(1, 1);
    ck_assert(a && b && !c && d);
    el4ml_release(a);
    el4ml_release(b);
    el4ml_release(d);
    char *copy = el4ml_copy_text("text");
    ck_assert_str_eq(copy, "text");
    el4ml_release(copy);
    el4ml_fail_allocation_after(0);
    ck_assert_ptr_null(el4ml_copy_text("text"));
}
END_TEST

/* Each allocation of a searcher in turn: an error, no leak (the sanitizers look), and nothing freed twice. */
START_TEST(a_searcher_survives_every_failed_allocation)
{
    el4ml_surface *surface = cluster_surface(5);
    const el4ml_search_options options = el4ml_search_options_default();
    for (size_t k = 0;; k++) {
        el4ml_searcher *s = NULL;
        el4ml_error error;
        el4ml_fail_allocation_after(k);
        const el4ml_status status = el4ml_searcher_new(surface, &options, &s, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) {
            ck_assert_uint_ge(k, 10);
            el4ml_searcher_free(s);
            break;
        }
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
        ck_assert_ptr_null(s);
        ck_assert_uint_lt(k, 200);
    }
    el4ml_surface_free(surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {memory_is_aligned_and_zeroed, sizes_that_overflow_are_refused,
                                  growth_keeps_what_is_there, allocations_fail_when_told,
                                  a_searcher_survives_every_failed_allocation};
    return RUN_SUITE("memory", tests);
}
