#include "input_test.h"

#include <math.h>

#include "base/toml.h"

static const el4ml_toml *get(const el4ml_toml_document *document, const char *table, const char *key)
{
    const el4ml_toml *found = table ? el4ml_toml_find(&document->root, table) : &document->root;
    ck_assert_msg(found != NULL, "[%s]", table);
    found = el4ml_toml_find(found, key);
    ck_assert_msg(found != NULL, "%s", key);
    return found;
}

static el4ml_toml_document *parse(const char *text)
{
    el4ml_toml_document *document = NULL;
    el4ml_error error = {0};
    if (el4ml_toml_parse("t.toml", text, strlen(text), &document, &error) != EL4ML_OK)
        ck_abort_msg("%s in: %s", error.message, text);
    return document;
}

START_TEST(a_study)
{
    el4ml_toml_document *d = parse("# comment\r\n[study]\r\nname = \"iris\" # more\r\nseed = "
                                   "1\n\n[surface]\nhidden = [ 5,\n  # inside\n 1_000 ,]\n"
                                   "l2 = 1e-3\nbiases = true\n\"quoted key\" = 'C:\\x'\nsub.a.b = 2\nsub.a.c "
                                   "= {x = 1, y.z = \"\"}\n[surface.deep]\nv = -0.5\n");
    ck_assert_str_eq(get(d, "study", "name")->string, "iris");
    ck_assert_int_eq(get(d, "study", "seed")->integer, 1);
    const el4ml_toml *hidden = get(d, "surface", "hidden");
    ck_assert_uint_eq(hidden->count, 2);
    ck_assert_int_eq(hidden->first->integer, 5);
    ck_assert_int_eq(hidden->last->integer, 1000);
    ck_assert_uint_eq(hidden->last->place.line, 9);
    ck_assert_uint_eq(hidden->last->place.column, 2);
    ck_assert_uint_eq(hidden->key_place.line, 7);
    ck_assert(get(d, "surface", "l2")->number == 1e-3);
    ck_assert(get(d, "surface", "biases")->boolean);
    ck_assert_str_eq(get(d, "surface", "quoted key")->string, "C:\\x");
    const el4ml_toml *a = el4ml_toml_find(get(d, "surface", "sub"), "a");
    ck_assert_int_eq(el4ml_toml_find(a, "b")->integer, 2);
    ck_assert_str_eq(el4ml_toml_find(el4ml_toml_find(el4ml_toml_find(a, "c"), "y"), "z")->string, "");
    ck_assert(el4ml_toml_find(get(d, "surface", "deep"), "v")->number == -0.5);
    el4ml_toml_free(d);
}
END_TEST

START_TEST(strings)
{
    static const struct {
        const char *text, *value;
    } cases[] = {
        {"\"\"", ""},
        {"''", ""},
        {"\"a\\tb\\\\c\\\"d\\n\"", "a\tb\\c\"d\n"},
        {"\"\\u00f6\\U0001F600\\u20AC\"", "\xc3\xb6\xf0\x9f\x98\x80\xe2\x82\xac"},
        {"'no \\n escape'", "no \\n escape"},
        {"\"# no comment\"", "# no comment"},
        {"\"\"\"\"\"\"", ""},
        {"\"\"\"\na\nb\\\n   \n   c\"\"\"", "a\nbc"},
        {"\"\"\"two \"\" quotes\"\"\"\"\"", "two \"\" quotes\"\""},
        {"'''\r\na\\b\r\n'c'''", "a\\b\n'c"},
        {"\"gr\xc3\xb6\xc3\x9f"
         "e\"",
         "gr\xc3\xb6\xc3\x9f"
         "e"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "a = %s\nb = 1", cases[i].text);
        el4ml_toml_document *d = parse(text);
        ck_assert_str_eq(get(d, NULL, "a")->string, cases[i].value);
        ck_assert_int_eq(get(d, NULL, "b")->integer, 1);
        el4ml_toml_free(d);
    }
}
END_TEST

START_TEST(integers)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {{"0", 0},
                 {"+99", 99},
                 {"-17", -17},
                 {"1_000", 1000},
                 {"5_349_221", 5349221},
                 {"0xDEADBEEF", 0xDEADBEEF},
                 {"0xdead_beef", 0xDEADBEEF},
                 {"0o755", 0755},
                 {"0b11010110", 214},
                 {"9223372036854775807", INT64_MAX},
                 {"-9223372036854775808", INT64_MIN},
                 {"0x7fffffffffffffff", INT64_MAX},
                 {"-0", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, "a = %s", cases[i].text);
        el4ml_toml_document *d = parse(text);
        ck_assert_int_eq(get(d, NULL, "a")->type, EL4ML_TOML_INTEGER);
        ck_assert_int_eq(get(d, NULL, "a")->integer, cases[i].value);
        el4ml_toml_free(d);
    }
}
END_TEST

START_TEST(floats)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1.0", 1},
                 {"-0.01", -0.01},
                 {"5e+22", 5e22},
                 {"1e06", 1e6},
                 {"-2E-2", -2e-2},
                 {"6.626e-34", 6.626e-34},
                 {"224_617.445_991", 224617.445991},
                 {"inf", INFINITY},
                 {"+inf", INFINITY},
                 {"-inf", -INFINITY}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, "a = %s", cases[i].text);
        el4ml_toml_document *d = parse(text);
        ck_assert_int_eq(get(d, NULL, "a")->type, EL4ML_TOML_FLOAT);
        ck_assert(get(d, NULL, "a")->number == cases[i].value);
        el4ml_toml_free(d);
    }
    el4ml_toml_document *d = parse("a = nan");
    ck_assert(isnan(get(d, NULL, "a")->number));
    el4ml_toml_free(d);
}
END_TEST

/* What TOML 1.0 allows about tables and keys. */
START_TEST(tables_that_are_good)
{
    static const char *const texts[] = {
        "",
        "\xef\xbb\xbf"
        "a = 1",
        "[a]\n[a.b]\n",
        "[a.b]\n[a]\nx = 1\n",
        "[a.b.c]\n[a]\n[a.b]\n",
        "[fruit]\napple.color = 1\napple.taste.sweet = true\n[fruit.apple.texture]\nsmooth = true\n",
        "a.b = 1\na.c = 2\n",
        "[ a . \"b c\" ]\nx=1",
        "3.14 = 1",
        "a = [[1, 2], [\"x\", {y = 1}], []]",
        "a = {}",
        "a = { b = 1 , c = 2 }",
        "\"\" = 1",
        "a = 1 # no line end",
        "true = false",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        el4ml_toml_free(parse(texts[i]));
}
END_TEST

START_TEST(malformed)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a", "t.toml:1:2: |'='"},
        {"a = ", "t.toml:1:5: |value"},
        {"a = \nb = 1", "t.toml:1:5: |value"},
        {"= 1", "t.toml:1:1: |key"},
        {"a = 1 2", "t.toml:1:7: |line should end"},
        {"a = 1, b = 2", "t.toml:1:6: |line should end"},
        {"\n  a = mlp", "t.toml:2:7: |'mlp'|quotes"},
        {"a = 1\na = 2", "t.toml:2:1: |'a'|line 1"},
        {"[a]\nb = 1\n[a]\n", "t.toml:3:2: |'a'|line 1"},
        {"a = 1\n[a]\n", "t.toml:2:2: |'a'"},
        {"a = 1\n[a.b]\n", "t.toml:2:2: |'a'"},
        {"[a.b]\nx = 1\n[a]\nb.y = 2\n", "t.toml:4:1: |'b'"},
        {"[a.b.c]\nz=9\n[a]\nb.c.t = 1", "t.toml:4:1: |'b'"},
        {"a.b = 1\n[a]\n", "t.toml:2:2: |'a'"},
        {"a = {b = 1}\n[a.c]\n", "t.toml:2:2: |'a'"},
        {"a = {b = 1}\na.c = 2\n", "t.toml:2:1: |'a'"},
        {"a = {b = 1, b = 2}", "t.toml:1:13: |'b'"},
        {"a = {b = 1,}", "t.toml:1:12: |key"},
        {"a = {b = 1\n}", "t.toml:1:11: |inline table"},
        {"a = [1, 2", "t.toml:1:5: |never ends"},
        {"a = [1 2]", "t.toml:1:8: |','"},
        {"a = [1,,2]", "t.toml:1:8: |value"},
        {"a = ]", "t.toml:1:5: |value"},
        {"[a", "t.toml:1:3: |']'"},
        {"[a] b = 1", "t.toml:1:5: |line should end"},
        {"[]", "t.toml:1:2: |key"},
        {"[[a]]", "t.toml:1:1: |arrays of tables"},
        {"a = \"x", "t.toml:1:5: |does not end"},
        {"a = \"x\ny\"", "t.toml:1:5: |does not end"},
        {"a = 'x", "t.toml:1:5: |does not end"},
        {"a = \"\"\"x\n", "t.toml:1:5: |never ends"},
        {"a = \"\\q\"", "t.toml:1:6: |escape"},
        {"a = \"\\u12\"", "t.toml:1:6: |escape"},
        {"a = \"\\ud800\"", "t.toml:1:6: |no character"},
        {"a = \"\\u0000\"", "t.toml:1:6: |no character"},
        {"a = \"\\U00110000\"", "t.toml:1:6: |no character"},
        {"a = \"x\x01\"", "t.toml:1:7: |control character"},
        {"a = 1 # \x01", "t.toml:1:9: |control character"},
        {"a = 1\rb = 2", "t.toml:1:6: |line should end"},
        {"a = 01", "t.toml:1:5: |'01'"},
        {"a = 1__0", "t.toml:1:5: |'1__0'"},
        {"a = _1", "t.toml:1:5: |'_1'"},
        {"a = 1_", "t.toml:1:5: |'1_'"},
        {"a = 1.", "t.toml:1:5: |'1.'"},
        {"a = .5", "t.toml:1:5: |'.5'"},
        {"a = 1e", "t.toml:1:5: |'1e'"},
        {"a = 1_.5", "t.toml:1:5: |'1_.5'"},
        {"a = 0x", "t.toml:1:5: |'0x'"},
        {"a = 0xg", "t.toml:1:5: |'0xg'"},
        {"a = +0x1", "t.toml:1:5: |'+0x1'"},
        {"a = 9223372036854775808", "t.toml:1:5: |too large"},
        {"a = -9223372036854775809", "t.toml:1:5: |too large"},
        {"a = 0x8000000000000000", "t.toml:1:5: |integer"},
        {"a = 1e999", "t.toml:1:5: |too large"},
        {"a = True", "t.toml:1:5: |'True'"},
        {"a = 1979-05-27", "t.toml:1:5: |dates"},
        {"a = 07:32:00", "t.toml:1:5: |dates"},
        {"a.b.c = 1\na.b = 2", "t.toml:2:3: |'b'"},
        {"a. = 1", "t.toml:1:4: |key"},
        {"gr\xc3\xb6\xc3\x9f = 1", "t.toml:1:3: |'='"},
        {"\"\xc3\xb6\" = 1 x", "t.toml:1:9: |line should end"},
        {"a = \"\xff\"", "t.toml:1:6: |UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        el4ml_toml_document *document = NULL;
        el4ml_error error = {0};
        const el4ml_status status =
            el4ml_toml_parse("t.toml", cases[i].text, strlen(cases[i].text), &document, &error);
        ck_assert_msg(status == EL4ML_BAD_INPUT, "status %d: %s", (int)status, cases[i].text);
        ck_assert_ptr_null(document);
        expect_message(&error, cases[i].message);
    }
    el4ml_toml_document *document = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_toml_parse("t.toml", "a = 1\n\0", 7, &document, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.toml:2:1: |zero byte");
}
END_TEST

/* A thousand brackets, a thousand dots, a megabyte. */
START_TEST(limits)
{
    static const char *const parts[] = {"[", "{a=", "a.", "[a."};
    for (size_t k = 0; k < 4; k++) {
        char text[4100] = "x = ";
        size_t at = k < 2 ? 4 : 0;
        for (int i = 0; i < 1000; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s", parts[k == 3 && i > 0 ? 2 : k]);
        el4ml_toml_document *document = NULL;
        el4ml_error error = {0};
        ck_assert_int_eq(el4ml_toml_parse("t.toml", text, at, &document, &error), EL4ML_BAD_INPUT);
        expect_message(&error, k < 2 ? "t.toml:1:|too deep" : "t.toml:1:|too many parts");
    }
    char *large = malloc(1 << 20);
    memset(large, '\n', 1 << 20);
    el4ml_toml_document *document = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_toml_parse("t.toml", large, 1 << 20, &document, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.toml: |bytes");
    free(large);
}
END_TEST

START_TEST(accessors)
{
    el4ml_toml_document *d = parse("s = \"x\"\ni = 3\nf = 2.5\nb = true\narr = [1]\n");
    const char *string;
    int64_t integer;
    double number;
    bool boolean;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_toml_string(d, get(d, NULL, "s"), &string, &error), EL4ML_OK);
    ck_assert_int_eq(el4ml_toml_integer(d, get(d, NULL, "i"), &integer, &error), EL4ML_OK);
    ck_assert_int_eq(el4ml_toml_number(d, get(d, NULL, "i"), &number, &error), EL4ML_OK);
    ck_assert(number == 3);
    ck_assert_int_eq(el4ml_toml_number(d, get(d, NULL, "f"), &number, &error), EL4ML_OK);
    ck_assert(number == 2.5);
    ck_assert_int_eq(el4ml_toml_boolean(d, get(d, NULL, "b"), &boolean, &error), EL4ML_OK);
    ck_assert(boolean);
    ck_assert_int_eq(el4ml_toml_string(d, get(d, NULL, "i"), &string, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.toml:2:5: 'i': |text|not an integer");
    ck_assert_int_eq(el4ml_toml_integer(d, get(d, NULL, "f"), &integer, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.toml:3:5: 'f': |integer");
    ck_assert_int_eq(el4ml_toml_boolean(d, get(d, NULL, "s"), &boolean, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.toml:1:5: 's': |true or false|not a text");
    ck_assert_int_eq(el4ml_toml_string(d, get(d, NULL, "arr")->first, &string, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.toml:5:8: 'arr': ");
    el4ml_toml_fail_key(d, get(d, NULL, "f"), &error, "no %s", "good");
    expect_message(&error, "t.toml:3:1: 'f': no good");
    el4ml_toml_free(d);
}
END_TEST

static const char sample[] = "# c\n[study]\nname = \"iris \\u00e9\"\nseed = 0x10\n[a.b]\nhidden = [5, 1_0, "
                             "-2.5e-3,\n # d\n]\n'k' = { x = 1, y.z = '''t'''}\nd.e.f = true\n"
                             "long = \"\"\"\nx\\\n  y\"\"\"\nn = nan\n";

START_TEST(mutations_never_crash)
{
    el4ml_random random = el4ml_random_new(12, 0, 0);
    size_t accepted = 0;
    for (int i = 0; i < 8000; i++) {
        size_t length;
        char *text = mutate(&random, sample, sizeof sample - 1, &length);
        el4ml_toml_document *document = NULL;
        el4ml_error error = {0};
        const el4ml_status status = el4ml_toml_parse("t.toml", text, length, &document, &error);
        ck_assert(status == EL4ML_OK || status == EL4ML_BAD_INPUT);
        if (status != EL4ML_OK) expect_message(&error, "t.toml:");
        accepted += status == EL4ML_OK;
        el4ml_toml_free(document);
        free(text);
    }
    ck_assert(accepted > 100 && accepted < 7900);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_toml_document *document = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(n);
        status = el4ml_toml_parse("t.toml", sample, sizeof sample - 1, &document, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && document == NULL), "%zu: %s", n,
                      error.message);
        el4ml_toml_free(document);
    }
    ck_assert(n > 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("toml");
    TCase *tests = tcase_create("toml");
    tcase_add_test(tests, a_study);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, integers);
    tcase_add_test(tests, floats);
    tcase_add_test(tests, tables_that_are_good);
    tcase_add_test(tests, malformed);
    tcase_add_test(tests, limits);
    tcase_add_test(tests, accessors);
    tcase_add_test(tests, mutations_never_crash);
    tcase_add_test(tests, every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
