/* Fixtures in tests/data were written by NumPy. */
#include "input_test.h"

#include <math.h>

#include "base/npy.h"

static el4ml_status parse_fixture(const char *name, el4ml_array *array, el4ml_error *error)
{
    char path[128];
    size_t length;
    snprintf(path, sizeof path, "tests/data/%s", name);
    char *bytes = source_file(path, &length);
    const el4ml_status status = el4ml_npy_parse(name, bytes, length, array, error);
    el4ml_release(bytes);
    return status;
}

START_TEST(element_types)
{
    static const struct {
        const char *name;
        double factor, shift; /* value = (4 i + j) factor + shift */
    } cases[] = {{"f8.npy", 0.125, -0.5},
                 {"f4_fortran.npy", 0.125, -0.5},
                 {"f2.npy", 0.125, -0.5},
                 {"i8.npy", 1, -6},
                 {"i4_big_endian.npy", 1, -6},
                 {"i2.npy", 1, -6},
                 {"i1.npy", 1, -6},
                 {"u1.npy", 1, 0},
                 {"u8.npy", 1, 0},
                 {"version2.npy", 1, 0},
                 {"version3.npy", 1, 0}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        el4ml_array a;
        el4ml_error error = {0};
        ck_assert_msg(parse_fixture(cases[c].name, &a, &error) == EL4ML_OK, "%s", error.message);
        ck_assert_uint_eq(a.rank, 2);
        ck_assert_uint_eq(a.shape[0], 3);
        ck_assert_uint_eq(a.shape[1], 4);
        for (size_t i = 0; i < 12; i++)
            ck_assert_msg(a.values[i] == (double)i * cases[c].factor + cases[c].shift, "%s [%zu]: %g",
                          cases[c].name, i, a.values[i]);
        el4ml_array_clear(&a);
    }
}
END_TEST

START_TEST(other_shapes)
{
    el4ml_array a;
    el4ml_error error = {0};
    ck_assert_int_eq(parse_fixture("b1.npy", &a, &error), EL4ML_OK);
    for (size_t i = 0; i < 12; i++)
        ck_assert(a.values[i] == (i % 3 == 1));
    el4ml_array_clear(&a);
    ck_assert_int_eq(parse_fixture("scalar.npy", &a, &error), EL4ML_OK);
    ck_assert(a.rank == 0 && a.count == 1 && a.values[0] == 2.5);
    el4ml_array_clear(&a);
    ck_assert_int_eq(parse_fixture("cube_fortran.npy", &a, &error), EL4ML_OK);
    ck_assert(a.rank == 3 && a.shape[0] == 2 && a.shape[1] == 3 && a.shape[2] == 4);
    for (size_t i = 0; i < 24; i++)
        ck_assert(a.values[i] == (double)i);
    el4ml_array_clear(&a);
    ck_assert_int_eq(parse_fixture("empty.npy", &a, &error), EL4ML_OK);
    ck_assert(a.rank == 2 && a.count == 0 && a.shape[1] == 4);
    el4ml_array_clear(&a);
}
END_TEST

START_TEST(unsupported_types)
{
    static const char *const names[] = {"text.npy", "complex.npy", "structured.npy"};
    for (size_t c = 0; c < 3; c++) {
        el4ml_array a;
        el4ml_error error = {0};
        ck_assert_int_eq(parse_fixture(names[c], &a, &error), EL4ML_BAD_INPUT);
        expect_message(&error, "not supported");
        expect_message(&error, names[c]);
    }
}
END_TEST

/* A version-1 file with this dictionary and that many bytes of elements. */
static size_t make_npy(const char *dictionary, size_t elements, unsigned char *bytes)
{
    const size_t length = strlen(dictionary);
    memcpy(bytes, "\x93NUMPY\1\0", 8);
    bytes[8] = (unsigned char)(length & 255);
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, dictionary, length);
    memset(bytes + 10 + length, 0, elements);
    return 10 + length + elements;
}

START_TEST(malformed_headers)
{
    static const struct {
        const char *dictionary;
        size_t elements;
        const char *message; /* NULL: good */
    } cases[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 16, NULL},
        {"{\"shape\":(2L,1L),\"fortran_order\":True,\"descr\":\"<f8\"}", 16, NULL},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 15, "16 bytes|15"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 17, "16 bytes|17"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2 3), }", 48, "tuple"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }", 16, "impossible shape"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", 16,
         "impossible shape"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296,4294967296), }", 16,
         "impossible size"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': 2, }", 16, "tuple"},
        {"{'descr': '<f8', 'fortran_order': 0, 'shape': (2,), }", 16, "fortran_order"},
        {"{'descr': '<f8', 'fortran_order': False}", 16, "missing"},
        {"{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", 16,
         "unexpected key 'descr'"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}", 16, "unexpected key 'x'"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} x", 16, "after the dictionary"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)", 16, "malformed"},
        {"{'descr': '<f8", 16, "plain number"},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }", 32, "'<c16'|not supported"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (2,), }", 32, "'<f16'|not supported"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 32, "'|O'"},
        {"", 0, "malformed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[512];
        el4ml_array a;
        el4ml_error error = {0};
        const size_t length = make_npy(cases[i].dictionary, cases[i].elements, bytes);
        const el4ml_status status = el4ml_npy_parse("a.npy", bytes, length, &a, &error);
        ck_assert_msg(status == (cases[i].message ? EL4ML_BAD_INPUT : EL4ML_OK), "case %zu: %s", i,
                      error.message);
        if (cases[i].message && strcmp(cases[i].message, "'|O'") != 0)
            expect_message(&error, cases[i].message);
        if (cases[i].message) expect_message(&error, "a.npy: ");
        el4ml_array_clear(&a);
    }
}
END_TEST

START_TEST(half_precision)
{
    /* IEEE 754 binary16: bit pattern and value. */
    static const struct {
        unsigned bits;
        double value;
    } cases[] = {{0x3C00, 1},       {0xC000, -2},      {0x7BFF, 65504},
                 {0x0400, 0x1p-14}, {0x0001, 0x1p-24}, {0x03FF, 0x1.ff8p-15}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[128];
        el4ml_array a;
        const size_t length = make_npy("{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }", 2, bytes);
        bytes[length - 2] = (unsigned char)(cases[i].bits & 255);
        bytes[length - 1] = (unsigned char)(cases[i].bits >> 8);
        ck_assert_int_eq(el4ml_npy_parse("h.npy", bytes, length, &a, NULL), EL4ML_OK);
        ck_assert_msg(a.values[0] == cases[i].value, "%04x: %g", cases[i].bits, a.values[0]);
        el4ml_array_clear(&a);
    }
}
END_TEST

START_TEST(every_truncation_is_noticed)
{
    static const char *const names[] = {"tests/data/f8.npy", "tests/data/stored.npz",
                                        "tests/data/deflated.npz"};
    for (size_t c = 0; c < 3; c++) {
        size_t whole;
        char *bytes = source_file(names[c], &whole);
        for (size_t length = 0; length < whole; length++) {
            char *cut = malloc(length > 0 ? length : 1);
            memcpy(cut, bytes, length);
            el4ml_array a = {0};
            el4ml_archive *archive = NULL;
            el4ml_error error = {0};
            const el4ml_status status = c == 0 ? el4ml_npy_parse("x", cut, length, &a, &error)
                                               : el4ml_npz_parse("x", cut, length, &archive, &error);
            ck_assert_int_eq(status, EL4ML_BAD_INPUT);
            expect_message(&error, "x: ");
            free(cut);
        }
        el4ml_release(bytes);
    }
}
END_TEST

START_TEST(archives)
{
    static const char *const files[] = {"tests/data/stored.npz", "tests/data/deflated.npz"};
    static const char *const order[] = {"W1", "b1", "W2", "b2"};
    for (size_t c = 0; c < 2; c++) {
        size_t length;
        char *bytes = source_file(files[c], &length);
        el4ml_archive *archive = NULL;
        el4ml_error error = {0};
        ck_assert_msg(el4ml_npz_parse("w.npz", bytes, length, &archive, &error) == EL4ML_OK, "%s",
                      error.message);
        ck_assert_uint_eq(archive->count, 4);
        for (size_t k = 0; k < 4; k++)
            ck_assert_str_eq(archive->arrays[k].name, order[k]);
        const el4ml_array *w1 = el4ml_archive_find(archive, "W1"), *b1 = el4ml_archive_find(archive, "b1");
        ck_assert(w1->rank == 2 && w1->shape[0] == 3 && w1->shape[1] == 4);
        for (size_t i = 0; i < 12; i++)
            ck_assert(w1->values[i] == (double)i / 4);
        ck_assert(b1->rank == 1 && b1->count == 3 && b1->values[2] == 3);
        ck_assert_ptr_null(el4ml_archive_find(archive, "W3"));
        el4ml_archive_free(archive);
        el4ml_release(bytes);
    }
}
END_TEST

/* A byte of the data flipped: the checksum differs. */
START_TEST(damaged_archive)
{
    size_t length;
    char *bytes = source_file("tests/data/stored.npz", &length);
    size_t at = 0;
    while (memcmp(bytes + at, "\x93NUMPY", 6) != 0)
        at++;
    bytes[at + 130] ^= 1;
    el4ml_archive *archive = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_npz_parse("w.npz", bytes, length, &archive, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "w.npz: |checksum");
    ck_assert_int_eq(el4ml_npz_parse("w.npz", "this is no archive whatever", 27, &archive, &error),
                     EL4ML_BAD_INPUT);
    expect_message(&error, "not a .npz file");
    el4ml_release(bytes);
}
END_TEST

START_TEST(writing_and_reading)
{
    const double values[6] = {1, -2.5, 1e300, 4.9e-324, 0.1, 6};
    static const struct {
        size_t rank, shape[3];
    } cases[] = {{1, {6}}, {2, {2, 3}}, {3, {1, 2, 3}}, {0, {0}}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        el4ml_array a;
        el4ml_error error = {0};
        char path[256], *bytes;
        size_t length;
        strcpy(path, scratch_text("w.npy", ""));
        ck_assert_int_eq(el4ml_npy_write(path, cases[c].rank, cases[c].shape, values, &error), EL4ML_OK);
        ck_assert_int_eq(el4ml_file_read(path, &bytes, &length, &error), EL4ML_OK);
        ck_assert_msg(el4ml_npy_parse(path, bytes, length, &a, &error) == EL4ML_OK, "%s", error.message);
        el4ml_release(bytes);
        ck_assert_uint_eq(a.rank, cases[c].rank);
        ck_assert_uint_eq(a.count, cases[c].rank == 0 ? 1 : 6);
        ck_assert_int_eq(memcmp(a.values, values, a.count * sizeof *values), 0);
        el4ml_array_clear(&a);
    }
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_npy_write("/nowhere/at/all.npy", 1, cases[0].shape, values, &error), EL4ML_IO);
    expect_message(&error, "/nowhere/at/all.npy|No such file");
}
END_TEST

static void fuzz(const char *name, bool is_archive, uint64_t seed)
{
    size_t whole, accepted = 0;
    char *bytes = source_file(name, &whole);
    el4ml_random random = el4ml_random_new(seed, 0, 0);
    for (int i = 0; i < 3000; i++) {
        size_t length;
        char *mutated = mutate(&random, bytes, whole, &length);
        el4ml_array a = {0};
        el4ml_archive *archive = NULL;
        el4ml_error error = {0};
        const el4ml_status status = is_archive ? el4ml_npz_parse("x", mutated, length, &archive, &error)
                                               : el4ml_npy_parse("x", mutated, length, &a, &error);
        ck_assert_msg(status == EL4ML_OK || status == EL4ML_BAD_INPUT, "status %d", (int)status);
        accepted += status == EL4ML_OK;
        el4ml_archive_free(archive);
        el4ml_array_clear(&a);
        free(mutated);
    }
    ck_assert(accepted > 10 && accepted < 2900);
    el4ml_release(bytes);
}

START_TEST(mutations_never_crash)
{
    fuzz("tests/data/f8.npy", false, 1);
    fuzz("tests/data/cube_fortran.npy", false, 2);
    fuzz("tests/data/stored.npz", true, 3);
    fuzz("tests/data/deflated.npz", true, 4);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    size_t length, n = 0;
    char *bytes = source_file("tests/data/deflated.npz", &length);
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_archive *archive = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(n);
        status = el4ml_npz_parse("x", bytes, length, &archive, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && archive == NULL), "%zu: %s", n,
                      error.message);
        el4ml_archive_free(archive);
    }
    ck_assert(n > 10);
    el4ml_release(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npy");
    TCase *tests = tcase_create("npy");
    tcase_add_test(tests, element_types);
    tcase_add_test(tests, other_shapes);
    tcase_add_test(tests, unsupported_types);
    tcase_add_test(tests, malformed_headers);
    tcase_add_test(tests, half_precision);
    tcase_add_test(tests, every_truncation_is_noticed);
    tcase_add_test(tests, archives);
    tcase_add_test(tests, damaged_archive);
    tcase_add_test(tests, writing_and_reading);
    tcase_add_test(tests, mutations_never_crash);
    tcase_add_test(tests, every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
