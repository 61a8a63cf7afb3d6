#include "input_test.h"

#include "base/csv.h"

#define BOM "\xef\xbb\xbf"

/* cells: header, then rows, each followed by '|'. */
START_TEST(good_files)
{
    static const struct {
        const char *text;
        size_t rows, columns;
        const char *cells;
    } cases[] = {
        {"a,b\n1,2\n", 1, 2, "a|b|1|2|"},
        {"a,b\n1,2", 1, 2, "a|b|1|2|"},
        {"a,b\r\n1,2\r\n3,4\r\n", 2, 2, "a|b|1|2|3|4|"},
        {"a,b\r1,2\r3,4", 2, 2, "a|b|1|2|3|4|"},
        {BOM "a,b\n1,2\n", 1, 2, "a|b|1|2|"},
        {"\n\na,b\n1,2\n", 1, 2, "a|b|1|2|"},
        {"a,b\n1,2\n\n  \n\r\n", 1, 2, "a|b|1|2|"},
        {"a\n1\n2\n", 2, 1, "a|1|2|"},
        {"sepal length (cm) , petal width\n 1 ,  2 \n", 1, 2, "sepal length (cm)|petal width|1|2|"},
        {"\"a, b\",\"c\"\"d\"\n\"x\ny\",\"\"\n", 1, 2, "a, b|c\"d|x\ny||"},
        {"a,b\n\"\"\"\",\" x \"\n", 1, 2, "a|b|\"| x |"},
        {"a , \"b\" , c\n1, \"2\" ,3\n", 1, 3, "a|b|c|1|2|3|"},
        {"a;b\n1,5;2\n", 1, 2, "a|b|1,5|2|"},
        {"a\tb\n1\t2\n", 1, 2, "a|b|1|2|"},
        {"a\tb c\t\"d\te\"\n1\t\t3\n", 1, 3, "a|b c|d\te|1||3|"},
        {"\"a;b\",c\n1,2\n", 1, 2, "a;b|c|1|2|"},
        {"\"a,b\";c\n1;2\n", 1, 2, "a,b|c|1|2|"},
        {"a,b\n,\n", 1, 2, "a|b|||"},
        {"gr\xc3\xb6\xc3\x9f"
         "e,b\n1,\xe2\x82\xac\n",
         1, 2,
         "gr\xc3\xb6\xc3\x9f"
         "e|b|1|\xe2\x82\xac|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        el4ml_csv *csv = NULL;
        el4ml_error error = {0};
        char cells[256] = "";
        ck_assert_msg(el4ml_csv_parse("t.csv", cases[i].text, strlen(cases[i].text), &csv, &error) ==
                          EL4ML_OK,
                      "case %zu: %s", i, error.message);
        ck_assert_msg(csv->rows == cases[i].rows && csv->columns == cases[i].columns, "case %zu: %zu x %zu",
                      i, csv->rows, csv->columns);
        for (size_t j = 0; j < csv->columns; j++)
            strcat(strcat(cells, csv->header[j]), "|");
        for (size_t j = 0; j < csv->rows * csv->columns; j++)
            strcat(strcat(cells, csv->cells[j]), "|");
        ck_assert_str_eq(cells, cases[i].cells);
        el4ml_csv_free(csv);
    }
}
END_TEST

START_TEST(malformed_files)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "t.csv|empty"},
        {"\n \n", "t.csv|empty"},
        {BOM, "t.csv|empty"},
        {"a,b\n", "t.csv|no rows"},
        {"a,b", "t.csv|no rows"},
        {"a,b\n1,2\n3\n", "t.csv:3:|1 fields|header has 2"},
        {"a,b\n1,2\n3,4,5\n", "t.csv:3:|3 fields"},
        {"a,b\n1,2,\n", "t.csv:2:|3 fields"},
        {"a,b\n\"x\n\ny\",2\n3\n", "t.csv:5:|1 fields"},
        {"a,b\n1,2\n\n3,4\n", "t.csv:3:|empty line"},
        {"a,b\n1,\"2\n3,4\n", "t.csv:2:|never ends"},
        {"a,b\n1,2\"3\n", "t.csv:2:|quote"},
        {"a,b\n1,\"2\"3\n", "t.csv:2:|after the closing quote"},
        {"a,b,a\n1,2,3\n", "t.csv:1:|two columns|'a'"},
        {"a,\n1,2\n", "t.csv:1:|column 2 has no name"},
        {"a,b\n1,\xff\n", "t.csv:2:|UTF-8"},
        {"\xff\xfe"
         "a",
         "t.csv|UTF-16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        el4ml_csv *csv = NULL;
        el4ml_error error = {0};
        const el4ml_status status =
            el4ml_csv_parse("t.csv", cases[i].text, strlen(cases[i].text), &csv, &error);
        ck_assert_msg(status == EL4ML_BAD_INPUT, "case %zu: status %d", i, (int)status);
        ck_assert_ptr_null(csv);
        expect_message(&error, cases[i].message);
    }
    el4ml_csv *csv = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_csv_parse("t.csv", "a,b\n1,\0\n", 8, &csv, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.csv:2:|zero byte");
    ck_assert_int_eq(el4ml_csv_parse("t.csv", "", 0, &csv, NULL), EL4ML_BAD_INPUT);
}
END_TEST

START_TEST(cells_as_numbers)
{
    static const struct {
        const char *cell, *message; /* NULL: a number */
    } cases[] = {
        {"1.5", NULL},
        {" 1.5 ", NULL},
        {"\"1.5\"", NULL},
        {"-1e-3", NULL},
        {"abc", "iris.csv:4:|column 'petal_width'|'abc' is not a number"},
        {"", "iris.csv:4:|column 'petal_width'|empty"},
        {"nan", "iris.csv:4:|column 'petal_width'|'nan' is not a finite number"},
        {"-inf", "iris.csv:4:|column 'petal_width'|'-inf' is not a finite number"},
        {"1e999", "iris.csv:4:|column 'petal_width'|'1e999' is not a finite number"},
        {"\"1\n2\"", "iris.csv:4:|column 'petal_width'|'1?2' is not a number"},
        {"1.5x", "iris.csv:4:|'1.5x' is not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "name,petal_width\nx,1\n\"y\nz\",%s\nx,2\n", cases[i].cell);
        el4ml_csv *csv = NULL;
        el4ml_error error = {0};
        double value = 0;
        ck_assert_int_eq(el4ml_csv_parse("iris.csv", text, strlen(text), &csv, &error), EL4ML_OK);
        const el4ml_status status = el4ml_csv_number(csv, 1, 1, &value, &error);
        ck_assert_int_eq(status, cases[i].message ? EL4ML_BAD_INPUT : EL4ML_OK);
        if (cases[i].message)
            expect_message(&error, cases[i].message);
        else
            ck_assert(value == 1.5 || value == -1e-3);
        ck_assert_uint_eq(el4ml_csv_line(csv, 2, 0), strchr(cases[i].cell, '\n') ? 6 : 5);
        el4ml_csv_free(csv);
    }
}
END_TEST

static const char sample[] =
    BOM "a,\"b, c\",d\r\n1,\"x\"\"y\",2.5\r\n-3,\"line\nbreak\",4e-2\r\n5,z,\xe2\x82\xac\r\n\r\n";

START_TEST(mutations_never_crash)
{
    el4ml_random random = el4ml_random_new(11, 0, 0);
    size_t accepted = 0;
    for (int i = 0; i < 5000; i++) {
        size_t length;
        char *text = mutate(&random, sample, sizeof sample - 1, &length);
        el4ml_csv *csv = NULL;
        el4ml_error error = {0};
        const el4ml_status status = el4ml_csv_parse("t.csv", text, length, &csv, &error);
        free(text);
        if (status == EL4ML_OK) {
            double value;
            accepted++;
            for (size_t k = 0; k < csv->rows * csv->columns; k++)
                el4ml_csv_number(csv, k / csv->columns, k % csv->columns, &value, &error);
        } else {
            ck_assert_int_eq(status, EL4ML_BAD_INPUT);
            expect_message(&error, "t.csv");
        }
        el4ml_csv_free(csv);
    }
    ck_assert(accepted > 100 && accepted < 4900); /* both ways were tried */
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_csv *csv = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(n);
        status = el4ml_csv_parse("t.csv", sample, sizeof sample - 1, &csv, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && csv == NULL));
        el4ml_csv_free(csv);
    }
    ck_assert(n > 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");
    tcase_add_test(tests, good_files);
    tcase_add_test(tests, malformed_files);
    tcase_add_test(tests, cells_as_numbers);
    tcase_add_test(tests, mutations_never_crash);
    tcase_add_test(tests, every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
