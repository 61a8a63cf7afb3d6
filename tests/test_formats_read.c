/* Readers of other programs' text: what they take, what they refuse, and that they name file and line. */
#include "input_test.h"

#include <math.h>

#include "landscape/foreign.h"
#include "landscape/lines.h"

typedef el4ml_status (*parser)(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                               el4ml_error *error);

/* ---- Words and numbers ---- */

START_TEST(fortran_numbers)
{
    static const struct {
        const char *text;
        size_t count;
        double values[4];
    } cases[] = {{"1 2.5\t-3,4", 4, {1, 2.5, -3, 4}},
                 {"1.0D-03 1.0d+3 2E2 .5D0", 4, {1e-3, 1e3, 200, 0.5}},
                 {"1.0-103 -2.5+200 7.-300", 3, {1e-103, -2.5e200, 7e-300}},
                 {"-173.9284265906-12.3000000000", 2, {-173.9284265906, -12.3}},
                 {"1.5-2.5-3.5", 3, {1.5, -2.5, -3.5}},
                 {"1.0-12 5", 3, {1, -12, 5}},    /* touching columns: an exponent has three digits */
                 {"1.0-1234.5", 2, {1, -1234.5}}, /* and ends its word */
                 {"1e-3-4", 2, {1e-3, -4}},
                 {"   -1.5   \r", 1, {-1.5}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        el4ml_lines l;
        el4ml_error error = {0};
        ck_assert_int_eq(el4ml_lines_begin(&l, "t", cases[k].text, strlen(cases[k].text), &error), EL4ML_OK);
        ck_assert(el4ml_lines_next(&l));
        for (size_t i = 0; i < cases[k].count; i++) {
            double value = 0;
            ck_assert_msg(el4ml_lines_number(&l, "number", &value) == EL4ML_OK, "%s", error.message);
            ck_assert_msg(value == cases[k].values[i], "%s, number %zu: %.17g", cases[k].text, i, value);
        }
        ck_assert(!el4ml_lines_word(&l));
        ck_assert(!el4ml_lines_next(&l));
    }
}
END_TEST

START_TEST(lines_are_counted)
{
    static const char text[] = "\n  \r\n1\n\n,\t\n 2 3\r\n4";
    static const size_t lines[] = {3, 6, 7};
    el4ml_lines l;
    ck_assert_int_eq(el4ml_lines_begin(&l, "t", text, sizeof text - 1, NULL), EL4ML_OK);
    ck_assert_uint_ge(el4ml_lines_count(&l), 3);
    for (size_t k = 0; k < 3; k++) {
        ck_assert(el4ml_lines_next(&l));
        ck_assert_uint_eq(l.line, lines[k]);
    }
    ck_assert(el4ml_lines_word(&l) && strcmp(l.word, "4") == 0);
    ck_assert(!el4ml_lines_next(&l) && !el4ml_lines_next(&l));
    ck_assert_int_eq(el4ml_lines_begin(&l, "t", "", 0, NULL), EL4ML_OK);
    ck_assert(!el4ml_lines_next(&l));
}
END_TEST

/* ---- PATHSAMPLE ---- */

static el4ml_foreign two_minima(void)
{
    static const char text[] = "-1 1 1 1 1 1\n-2 2 12 1 2 3\n";
    el4ml_foreign f = {.kappa = NAN};
    ck_assert_int_eq(el4ml_parse_min_data(&f, "min.data", text, strlen(text), NULL), EL4ML_OK);
    return f;
}

START_TEST(min_data_and_ts_data)
{
    /* The second line as PATHSAMPLE's formats 2F20.10,I6,3F20.10 write it; columns that some versions add. */
    static const char minima[] = "-4.43268014195D+01 158.2464487383 120 9.36 9.36 9.36\n"
                                 "      -41.4719798478      153.8092000860     2        8.7543536583       "
                                 "10.6788841871       11.4404999401\r\n"
                                 "\n"
                                 "-41 150 1 1 2 3 7.5 -8.5\n";
    static const char states[] =
        "      -40.4326640775      148.9095497699         1         2         1        9.0473340846"
        "       10.4342879996       10.9389332953\n"
        "-40 140 2 3 3 1 1 1      -12.3456789012\n"
        "-40 140 2 3 2 1 1 1      17\n";
    el4ml_foreign f = {.kappa = NAN};
    el4ml_error error = {0};
    ck_assert_msg(el4ml_parse_min_data(&f, "min.data", minima, strlen(minima), &error) == EL4ML_OK, "%s",
                  error.message);
    ck_assert_msg(el4ml_parse_ts_data(&f, "ts.data", states, strlen(states), &error) == EL4ML_OK, "%s",
                  error.message);
    const el4ml_foreign_table *m = &f.table[EL4ML_MINIMUM], *t = &f.table[EL4ML_TRANSITION_STATE];
    ck_assert(m->count == 3 && t->count == 3 && f.moments);
    ck_assert(m->points[0].energy == -44.3268014195 && m->points[0].log_product == 158.2464487383);
    ck_assert(m->points[0].log_multiplicity == -log(120) && m->points[2].log_multiplicity == 0);
    ck_assert(m->points[1].moments[0] == 8.7543536583 && m->points[1].moments[2] == 11.4404999401);
    ck_assert(isnan(m->points[2].smallest_eigenvalue));
    ck_assert(t->points[0].a == 1 && t->points[0].b == 0 && t->points[0].moments[1] == 10.4342879996);
    ck_assert(t->points[1].a == 2 && t->points[1].b == 2 && t->points[1].log_multiplicity == -log(2));
    ck_assert(t->points[1].smallest_eigenvalue == -12.3456789012); /* IMFRQ */
    ck_assert(isnan(t->points[2].smallest_eigenvalue)); /* a running number, as in ts.data.fastest */
    el4ml_foreign_clear(&f);
}
END_TEST

static void refused(parser parse, const char *name, const char *text, size_t length, const char *parts)
{
    el4ml_foreign f = parse == el4ml_parse_min_data ? (el4ml_foreign){.kappa = NAN} : two_minima();
    el4ml_error error = {0};
    ck_assert_msg(parse(&f, name, text, length, &error) == EL4ML_BAD_INPUT, "taken: %s", text);
    expect_message(&error, parts);
    el4ml_foreign_clear(&f);
}

START_TEST(malformed_data)
{
    static const struct {
        const char *text, *parts;
    } minima[] = {{"", "min.data: no minimum"},
                  {"\n \n", "min.data: no minimum"},
                  {"1 2 3 4 5 6\n1 2 3 4 5\n", "min.data:2:|third moment of inertia|a line holds energy"},
                  {"1 2\n", "min.data:1:|point-group order"},
                  {"\n\nNaN 1 1 1 1 1\n", "min.data:3: energy|'NaN' is not a finite number"},
                  {"1 Infinity 1 1 1 1", "min.data:1: ln product|finite"},
                  {"1 1e999 1 1 1 1", "min.data:1: ln product|finite"},
                  {"1 2 0 1 1 1\n", "min.data:1: point-group order|0 is out of range"},
                  {"1 2 -3 1 1 1\n", "min.data:1: point-group order|-3 is out of range"},
                  {"1 2 1.5 1 1 1\n", "min.data:1: point-group order|'1.5' is not a whole number"},
                  {"1 2 4294967296 1 1 1\n", "min.data:1: point-group order|out of range"},
                  {"1 2 1 1 ******************** 1\n", "min.data:1: second moment|'****|too wide"},
                  {"energy 2 1 1 1 1\n", "min.data:1: energy: 'energy' is not a number"},
                  {"1 2 1 1 1 1\n\xff\xfe\x01 2 1 1 1 1\n", "min.data:2: energy"},
                  {"1 0x10 1 1 1 1\n", "min.data:1: ln product"}};
    static const struct {
        const char *text, *parts;
    } states[] = {{"1 2 1 1 2 1 1 1\n1 2 1 1 3 1 1 1\n",
                   "ts.data:2: number of the second minimum|3 is out of range, 1 to 2"},
                  {"1 2 1 0 2 1 1 1\n", "ts.data:1: number of the first minimum|0 is out of range"},
                  {"1 2 1 -1 2 1 1 1\n", "ts.data:1: number of the first minimum|-1 is out of range"},
                  {"1 2 1 1.5 2 1 1 1\n", "ts.data:1:|not a whole number"},
                  {"1 2 1 1 2 1 1\n", "ts.data:1:|third moment of inertia|two minima"},
                  {"1 2 1 1 1e300 1 1 1\n", "ts.data:1:|out of range"},
                  {"1 2 1 1 nan 1 1 1\n", "ts.data:1:|finite"}};
    for (size_t k = 0; k < sizeof minima / sizeof *minima; k++)
        refused(el4ml_parse_min_data, "min.data", minima[k].text, strlen(minima[k].text), minima[k].parts);
    for (size_t k = 0; k < sizeof states / sizeof *states; k++)
        refused(el4ml_parse_ts_data, "ts.data", states[k].text, strlen(states[k].text), states[k].parts);
    refused(el4ml_parse_min_data, "min.data", "1 2 1 1 1 1\n1 \0 1", 16, "min.data:2: a zero byte");
}
END_TEST

static el4ml_status parse_set_a(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                                el4ml_error *error)
{
    return el4ml_parse_set(f, path, "A", bytes, length, error);
}

START_TEST(sets)
{
    static const char *const good[] = {"2\n1\n2\n", "2\n2 1\n", "  2 1 2", "2\n\n1\n\n\n2", "2,1,2\r\n"};
    static const struct {
        const char *text, *parts;
    } bad[] = {{"", "min.A: the file is empty"},
               {"2\n1\n", "min.A: 2 minima are announced, 1 are named"},
               {"1\n1\n2\n", "min.A:3: more minima"},
               {"1 1 2\n", "min.A:1: more minima"},
               {"2\n1\n1\n", "min.A: minimum 1 is named twice"},
               {"2\n1\n3\n", "min.A:3: number of a minimum|3 is out of range, 1 to 2"},
               {"2\n0\n1\n", "min.A:2:|out of range"},
               {"3\n1\n2\n3\n", "min.A:1: how many minima|out of range"},
               {"-1\n", "min.A:1:|out of range"},
               {"two\n", "min.A:1:|not a number"}};
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        el4ml_foreign f = two_minima();
        ck_assert_int_eq(parse_set_a(&f, "min.A", good[k], strlen(good[k]), NULL), EL4ML_OK);
        ck_assert(f.set_count == 1 && f.sets[0].count == 2 && strcmp(f.sets[0].name, "A") == 0);
        ck_assert(f.sets[0].members[0] == 0 && f.sets[0].members[1] == 1);
        el4ml_foreign_clear(&f);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        refused(parse_set_a, "min.A", bad[k].text, strlen(bad[k].text), bad[k].parts);
}
END_TEST

/* ---- TopSearch ---- */

static el4ml_status topsearch_minima(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                                     el4ml_error *error)
{
    el4ml_foreign_clear(f); /* as it begins */
    return el4ml_parse_topsearch_data(f, EL4ML_MINIMUM, path, bytes, length, error);
}

static el4ml_status topsearch_states(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                                     el4ml_error *error)
{
    return el4ml_parse_topsearch_data(f, EL4ML_TRANSITION_STATE, path, bytes, length, error);
}

static el4ml_status topsearch_coordinates(el4ml_foreign *f, const char *path, const char *bytes,
                                          size_t length, el4ml_error *error)
{
    return el4ml_parse_topsearch_coordinates(f, EL4ML_MINIMUM, path, bytes, length, error);
}

START_TEST(topsearch)
{
    /* As dump_network writes them; some of its files have a further column. */
    static const char minima[] = "0 -1.21546\n1 -2.03163\n2  3.10425\n";
    static const char states[] = "0 2  2.22936 12.43667\n0 1  0.54372\n1 1  0.00000\n";
    static const char points[] = "5.099999999999999645e+00 -5.744108274046482582e-02\n1 2\n3 4\n";
    el4ml_foreign f = {.kappa = NAN};
    ck_assert_int_eq(topsearch_minima(&f, "min.data", minima, strlen(minima), NULL), EL4ML_OK);
    ck_assert_int_eq(topsearch_states(&f, "ts.data", states, strlen(states), NULL), EL4ML_OK);
    ck_assert_int_eq(topsearch_coordinates(&f, "min.coords", points, strlen(points), NULL), EL4ML_OK);
    const el4ml_foreign_point *m = f.table[0].points, *t = f.table[1].points;
    ck_assert(f.table[0].count == 3 && f.table[1].count == 3 && f.n == 2);
    ck_assert(m[1].energy == -2.03163 && isnan(m[1].log_product) && isnan(m[1].log_multiplicity));
    ck_assert(t[0].a == 0 && t[0].b == 2 && t[0].energy == 2.22936 && t[2].a == 1 && t[2].b == 1);
    ck_assert(f.table[0].coordinates[0] == 5.0999999999999996 && f.table[0].coordinates[5] == 4);
    el4ml_foreign_clear(&f);
}
END_TEST

START_TEST(malformed_topsearch)
{
    static const struct {
        parser parse;
        const char *name, *text, *parts;
    } bad[] = {
        {topsearch_minima, "min.data", "0 1\n2 1\n", "min.data:2:|minimum's number, 1, not with 2"},
        {topsearch_minima, "min.data", "-173.9 538 1 1 1 1\n",
         "min.data:1:|minimum's number, 0, not with -173.9"},
        {topsearch_minima, "min.data", "0\n", "min.data:1:|energy"},
        {topsearch_minima, "min.data", "0 nan\n", "min.data:1: energy|finite"},
        {topsearch_minima, "min.data", "", "min.data: no minimum"},
        {topsearch_states, "ts.data", "0 1 3\n0 2 3\n", "ts.data:2:|2 is out of range, 0 to 1"},
        {topsearch_states, "ts.data", "-1 1 3\n", "ts.data:1:|out of range"},
        {topsearch_states, "ts.data", "0 1\n", "ts.data:1:|energy"},
        {topsearch_coordinates, "min.coords", "1 2\n",
         "min.coords: coordinates of 1 points, but min.data has 2"},
        {topsearch_coordinates, "min.coords", "1 2\n3 4\n5 6\n", "min.coords:3: more lines than the 2"},
        {topsearch_coordinates, "min.coords", "1 2\n3\n",
         "min.coords:2: 1 coordinates, where other points have 2"},
        {topsearch_coordinates, "min.coords", "1 2\n3 4 5\n", "min.coords:2: more coordinates than the 2"},
        {topsearch_coordinates, "min.coords", "1 2\n3 nan\n", "min.coords:2: 'nan' is not a finite number"}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        refused(bad[k].parse, bad[k].name, bad[k].text, strlen(bad[k].text), bad[k].parts);
}
END_TEST

/* ---- Anything at all ---- */

/* Good files with a few bytes changed: taken whole, or refused in one line. */
START_TEST(damaged_files)
{
    static const parser parsers[] = {el4ml_parse_min_data, el4ml_parse_ts_data, parse_set_a,
                                     topsearch_minima,     topsearch_states,    topsearch_coordinates};
    static const char *const texts[] = {"-1.5 2.5 3 1 1 1\n-1.5D0-2.5 3 1 1 1\n",
                                        "-1.5 2.5 3 1 2 1 1 1\n1 2 3 2 2 1 1 1 -5.5\n",
                                        "2\n1\n2\n",
                                        "0 -1.5\n1 2.5\n",
                                        "0 1 -1.5\n1 1 2.5\n",
                                        "1.5e+00 2\n3 4\n"};
    el4ml_random random = el4ml_random_new(7, 8, 9);
    size_t taken = 0;
    for (int round = 0; round < 6000; round++) {
        const size_t k = (size_t)round % 6;
        size_t length;
        char *changed = mutate(&random, texts[k], strlen(texts[k]), &length), *bytes = malloc(length + 1);
        ck_assert_ptr_nonnull(bytes);
        memcpy(bytes, changed, length);
        bytes[length] = '\0';
        el4ml_foreign f = k == 0 ? (el4ml_foreign){.kappa = NAN} : two_minima();
        el4ml_error error = {0};
        if (parsers[k](&f, "t", bytes, length, &error) == EL4ML_OK)
            taken++;
        else
            expect_message(&error, "t");
        el4ml_foreign_clear(&f);
        free(changed);
        free(bytes);
    }
    ck_assert(taken > 100 && taken < 5900);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formats, read");
    TCase *tests = tcase_create("formats, read");
    tcase_add_test(tests, fortran_numbers);
    tcase_add_test(tests, lines_are_counted);
    tcase_add_test(tests, min_data_and_ts_data);
    tcase_add_test(tests, malformed_data);
    tcase_add_test(tests, sets);
    tcase_add_test(tests, topsearch);
    tcase_add_test(tests, malformed_topsearch);
    tcase_add_test(tests, damaged_files);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
