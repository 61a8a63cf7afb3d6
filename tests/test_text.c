/* base/text, base/number, base/file, base/sha256. */
#include "input_test.h"

#include <errno.h>
#include <locale.h>
#include <math.h>

#include "base/sha256.h"
#include "base/text.h"

START_TEST(sha256_known_answers)
{
    /* FIPS 180-4 examples (NIST, "Examples with intermediate values") and the million a's. */
    static const struct {
        const char *text, *digest;
    } known[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmno"
         "pqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    char digest[65];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        el4ml_sha256(known[i].text, strlen(known[i].text), digest);
        ck_assert_str_eq(digest, known[i].digest);
    }
    char *million = malloc(1000000);
    ck_assert_ptr_nonnull(million);
    memset(million, 'a', 1000000);
    el4ml_sha256(million, 1000000, digest);
    free(million);
    ck_assert_str_eq(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(numbers_are_read_whole)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"5", 5},
                {"+5.25", 5.25},
                {".5", 0.5},
                {"5.", 5},
                {"1e3", 1000},
                {"1E-03", 0.001},
                {"-2.5e+1", -25},
                {"000012", 12},
                {"1e-999999999", 0},
                {"0e99999999999999", 0},
                {"4.9e-324", 4.9e-324},
                {"1.7976931348623157e308", 1.7976931348623157e308},
                {"9007199254740993", 9007199254740992.0},
                {"0.1", 0.1}};
    static const char *const bad[] = {"",      "abc",   "1a",   "1,5", "1 ", " 1",  "0x10", "1_000",
                                      "1e",    "1e+",   "e5",   ".",   "-",  "+",   "--1",  "1..2",
                                      "1.2.3", "1e5.0", "nanx", "in",  "½",  "1d5", "true", "1e5e5"};
    static const char *const infinite[] = {"nan",  "NaN",      "-nan",  "inf",
                                           "-Inf", "INFINITY", "1e999", "-1e400"};
    double value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(el4ml_parse_number(good[i].text, &value) == EL4ML_NUMBER, "%s", good[i].text);
        ck_assert_msg(value == good[i].value, "%s read as %.17g", good[i].text, value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(el4ml_parse_number(bad[i], &value) == EL4ML_NOT_A_NUMBER, "'%s'", bad[i]);
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++)
        ck_assert_msg(el4ml_parse_number(infinite[i], &value) == EL4ML_NOT_FINITE, "'%s'", infinite[i]);
}
END_TEST

/* 2^53 + 1 is a tie that goes to even; a digit a thousand places on breaks it. */
START_TEST(long_numbers_are_rounded_correctly)
{
    char text[1200];
    double value;
    strcpy(text, "9007199254740993.");
    memset(text + 17, '0', 1000);
    strcpy(text + 1017, "1");
    ck_assert(el4ml_parse_number(text, &value) == EL4ML_NUMBER);
    ck_assert(value == 9007199254740994.0);
    memset(text, '0', 1000);
    strcpy(text + 1000, "7");
    ck_assert(el4ml_parse_number(text, &value) == EL4ML_NUMBER);
    ck_assert(value == 7);
}
END_TEST

/* Of up to 19 digits, with and without exponent, and ties between two doubles: as the C library rounds them.
 */
START_TEST(short_numbers_are_rounded_correctly)
{
    el4ml_random random = el4ml_random_new(4, 5, 6);
    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = el4ml_random_bits(&random), more = el4ml_random_bits(&random);
        char text[64];
        if (i % 4 == 0)
            snprintf(text, sizeof text, "%llu", (unsigned long long)((bits >> 10 | (uint64_t)1 << 53 | 1)));
        else if (i % 4 == 1)
            snprintf(text, sizeof text, "-%llu.%010llu", (unsigned long long)(bits >> (44 + more % 20)),
                     (unsigned long long)(more % 10000000000));
        else
            snprintf(text, sizeof text, "%llue%d", (unsigned long long)(bits >> more % 60),
                     (int)(more >> 40) % 60 - 30);
        double value = 0;
        ck_assert(el4ml_parse_number(text, &value) == EL4ML_NUMBER);
        const double reference = strtod(text, NULL);
        ck_assert_msg(memcmp(&value, &reference, sizeof value) == 0, "%s", text);
    }
}
END_TEST

static void check_round_trips(void)
{
    el4ml_random random = el4ml_random_new(1, 2, 3);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = el4ml_random_bits(&random);
        double value, back = 0;
        char text[32];
        memcpy(&value, &bits, sizeof value);
        if (i % 2) value = (double)(int64_t)(bits >> 40) / (i % 4 == 1 ? 64.0 : 1e4);
        if (!isfinite(value)) continue;
        el4ml_format_number(value, text);
        ck_assert_msg(el4ml_parse_number(text, &back) == EL4ML_NUMBER && back == value, "%s", text);
        ck_assert(strlen(text) < 32);
        el4ml_format_exact(value, text);
        ck_assert_msg(el4ml_parse_number(text, &back) == EL4ML_NUMBER && back == value, "%s", text);
    }
}

START_TEST(numbers_round_trip)
{
    static const struct {
        double value;
        const char *text;
    } shortest[] = {
        {0, "0"},           {-0.0, "0"},       {5, "5"},     {-12.5, "-12.5"}, {0.001, "0.001"},
        {1e-5, "1e-05"},    {1e100, "1e+100"}, {0.1, "0.1"}, {100, "100"},     {1e15, "1000000000000000"},
        {1.5e-7, "1.5e-07"}};
    char text[32];
    for (size_t i = 0; i < sizeof shortest / sizeof *shortest; i++) {
        el4ml_format_number(shortest[i].value, text);
        ck_assert_str_eq(text, shortest[i].text);
    }
    el4ml_format_exact(-173.9284265906, text);
    ck_assert_str_eq(text, "-173.9284265906");
    static const char *const as_they_are[] = {"5",   "-5",      "0",        "0.5",         "-0.0000000001",
                                              "120", "1000000", "900000.5", "0.0010000001"};
    for (size_t i = 0; i < sizeof as_they_are / sizeof *as_they_are; i++) {
        double value = 0;
        ck_assert(el4ml_parse_number(as_they_are[i], &value) == EL4ML_NUMBER);
        el4ml_format_exact(value, text);
        ck_assert_str_eq(text, as_they_are[i]);
    }
    check_round_trips();
}
END_TEST

/* A locale with a decimal comma changes nothing. Skipped where none is installed. */
START_TEST(locale_does_not_matter)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8", "pt_BR.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < 5 && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    double value;
    char text[32];
    ck_assert(el4ml_parse_number("1.5", &value) == EL4ML_NUMBER && value == 1.5);
    ck_assert(el4ml_parse_number("1,5", &value) == EL4ML_NOT_A_NUMBER);
    el4ml_format_number(0.25, text);
    ck_assert_str_eq(text, "0.25");
    if (found) check_round_trips();
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(nearest_names)
{
    static const char *const names[] = {"hidden", "activation", "loss", "l2", "l2_biases", "temperature"};
    static const struct {
        const char *given, *meant;
    } cases[] = {{"hiden", "hidden"},      {"hiddne", "hidden"}, {"Activation", "activation"},
                 {"los", "loss"},          {"l3", "l2"},         {"temp", "temperature"},
                 {"l2_bias", "l2_biases"}, {"qqqqqqqqqq", NULL}, {"x", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = el4ml_nearest_name(cases[i].given, names, 6);
        if (cases[i].meant)
            ck_assert_pstr_eq(nearest, cases[i].meant);
        else
            ck_assert_msg(nearest == NULL, "%s: %s", cases[i].given, nearest);
    }
    ck_assert_ptr_null(el4ml_nearest_name("a", names, 0));
    ck_assert_uint_eq(el4ml_edit_distance("kitten", "sitting"), 3); /* Wagner and Fischer's example */
    ck_assert_uint_eq(el4ml_edit_distance("ab", "ba"), 1);
    ck_assert_uint_eq(el4ml_edit_distance("", "abc"), 3);
    ck_assert_uint_eq(el4ml_edit_distance("abc", ""), 3);
    ck_assert_uint_eq(el4ml_edit_distance("ca", "abc"), 3); /* optimal string alignment, not unrestricted */
}
END_TEST

START_TEST(utf8)
{
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {{"plain", 5},
                 {"gr\xc3\xb6\xc3\x9f", 6},
                 {"\xe2\x82\xac", 3},
                 {"\xf0\x9f\x98\x80", 4},
                 {"a\xff", 1},
                 {"a\xc3", 1},
                 {"\xc0\xaf", 0},
                 {"\xed\xa0\x80", 0},
                 {"\xf4\x90\x80\x80", 0},
                 {"\xe0\x80\x80", 0},
                 {"ab\x80", 2},
                 {"\xf0\x8f\xbf\xbf", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(el4ml_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
}
END_TEST

START_TEST(excerpts_fit_a_message)
{
    ck_assert_str_eq(el4ml_excerpt_of("a\nb\tc").text, "a?b?c");
    char text[300];
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xb6", 2);
    text[298] = '\0';
    const el4ml_excerpt excerpt = el4ml_excerpt_of(text);
    const size_t length = strlen(excerpt.text);
    ck_assert(length < EL4ML_EXCERPT_SIZE);
    ck_assert_str_eq(excerpt.text + length - 3, "...");
    ck_assert_uint_eq(el4ml_utf8_valid(excerpt.text, length), length);
}
END_TEST

START_TEST(builder_survives_failed_allocations)
{
    el4ml_builder text = {0};
    for (int i = 0; i < 100; i++)
        el4ml_builder_format(&text, "%d,", i);
    char *whole = el4ml_builder_take(&text);
    ck_assert_uint_eq(strlen(whole), 290);
    ck_assert_int_eq(strncmp(whole, "0,1,2,3,", 8), 0);
    el4ml_release(whole);
    for (size_t n = 0; n < 3; n++) {
        el4ml_fail_allocation_after(n);
        for (int i = 0; i < 100; i++)
            el4ml_builder_format(&text, "%d,", i);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_ptr_null(el4ml_builder_take(&text));
    }
}
END_TEST

START_TEST(files)
{
    el4ml_error error = {0};
    char *bytes = NULL;
    size_t length = 0;
    ck_assert_int_eq(el4ml_file_read("/nowhere/at/all.csv", &bytes, &length, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "/nowhere/at/all.csv|No such file");
    ck_assert_int_eq(el4ml_file_read(scratch_folder, &bytes, &length, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "not a regular file");
    ck_assert_int_eq(el4ml_file_read(scratch_file("x", "a\0b", 3), &bytes, &length, &error), EL4ML_OK);
    ck_assert_uint_eq(length, 3);
    ck_assert_int_eq(memcmp(bytes, "a\0b", 4), 0);
    el4ml_release(bytes);
}
END_TEST

START_TEST(paths)
{
    static const struct {
        const char *path, *beside, *absolute; /* NULL: compare with the working folder's */
    } cases[] = {{"/a/b.csv", "/s/x.toml", "/a/b.csv"}, {"b.csv", "/s/x.toml", "/s/b.csv"},
                 {"./b.csv", "/s/x.toml", "/s/b.csv"},  {"../b.csv", "/s/t/x.toml", "/s/t/../b.csv"},
                 {"d/b.csv", "/x.toml", "/d/b.csv"},    {"b.csv", "t/x.toml", NULL}};
    char folder[4096], expected[4200];
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    snprintf(expected, sizeof expected, "%s/t/b.csv", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *made = el4ml_path_absolute(cases[i].path, cases[i].beside);
        ck_assert_pstr_eq(made, cases[i].absolute ? cases[i].absolute : expected);
        el4ml_release(made);
    }
    ck_assert(el4ml_path_ends("a/B.NPY", ".npy"));
    ck_assert(!el4ml_path_ends("npy", ".npy"));
    ck_assert_str_eq(el4ml_path_base("/a/b/c"), "c");
    ck_assert_str_eq(el4ml_path_base("c"), "c");
    ck_assert_str_ne(el4ml_errno_text_of(ENOENT).text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, sha256_known_answers);
    tcase_add_test(tests, numbers_are_read_whole);
    tcase_add_test(tests, long_numbers_are_rounded_correctly);
    tcase_add_test(tests, short_numbers_are_rounded_correctly);
    tcase_add_test(tests, numbers_round_trip);
    tcase_add_test(tests, locale_does_not_matter);
    tcase_add_test(tests, nearest_names);
    tcase_add_test(tests, utf8);
    tcase_add_test(tests, excerpts_fit_a_message);
    tcase_add_test(tests, builder_survives_failed_allocations);
    tcase_add_test(tests, files);
    tcase_add_test(tests, paths);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
