#include "input_test.h"

#include <math.h>

#include "base/csv.h"
#include "el4ml/data.h"

static el4ml_data_options options_for(const char *file, const char *target, bool classification)
{
    el4ml_data_options options = el4ml_data_options_default();
    options.file = file;
    options.target = target;
    options.classification = classification;
    return options;
}

static el4ml_data *read_good(const el4ml_data_options *options)
{
    el4ml_data *data = NULL;
    el4ml_error error = {0};
    if (el4ml_data_read(options, &data, &error) != EL4ML_OK) ck_abort_msg("%s", error.message);
    return data;
}

static const char *example(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/examples/data/%s", EL4ML_SOURCE_DIR, name);
    return path;
}

static el4ml_csv *read_csv(const char *path)
{
    char *bytes = NULL;
    size_t length;
    el4ml_csv *csv = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_file_read(path, &bytes, &length, &error), EL4ML_OK);
    ck_assert_int_eq(el4ml_csv_parse(path, bytes, length, &csv, &error), EL4ML_OK);
    el4ml_release(bytes);
    return csv;
}

/* Mean and population deviation by their definitions, in long double. */
static void reference_moments(const el4ml_csv *csv, size_t column, const size_t *rows, size_t count,
                              double *mean, double *deviation)
{
    long double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += strtold(csv->cells[rows[i] * csv->columns + column], NULL);
    const long double average = sum / (long double)count;
    for (size_t i = 0; i < count; i++) {
        const long double d = strtold(csv->cells[rows[i] * csv->columns + column], NULL) - average;
        squares += d * d;
    }
    *mean = (double)average;
    *deviation = (double)sqrtl(squares / (long double)count);
}

/* Every number of every part is (raw - mean) / scale, mean and scale being those of the training rows. */
static void check_standardised(const el4ml_data *data, const char *path)
{
    el4ml_csv *csv = read_csv(path);
    const el4ml_dataset *sets[3] = {&data->train, &data->validation, &data->test};
    const size_t *rows[3] = {data->train_rows, data->validation_rows, data->test_rows};
    for (size_t j = 0; j < data->train.inputs; j++) {
        double mean, deviation;
        reference_moments(csv, j, data->train_rows, data->train.rows, &mean, &deviation);
        ck_assert_double_eq_tol(data->input_mean[j], mean, 1e-12 * (1 + fabs(mean)));
        if (deviation > 0)
            ck_assert_double_eq_tol(data->input_scale[j], deviation, 1e-12 * deviation);
        else
            ck_assert(data->input_scale[j] == 1);
        for (size_t p = 0; p < 3; p++)
            for (size_t i = 0; i < sets[p]->rows; i++) {
                const double raw = strtod(csv->cells[rows[p][i] * csv->columns + j], NULL);
                const double expected = (raw - mean) / (deviation > 0 ? deviation : 1);
                ck_assert_double_eq_tol(sets[p]->x[i * data->train.inputs + j], expected,
                                        1e-12 * (1 + fabs(expected)));
            }
    }
    el4ml_csv_free(csv);
}

START_TEST(iris)
{
    const el4ml_data_options options = options_for(example("iris.csv"), "species", true);
    el4ml_data *data = read_good(&options);
    ck_assert(data->train.rows == 150 && data->train.inputs == 4 && data->train.classes == 3);
    ck_assert(data->train.targets == 0 && data->train.y == NULL);
    ck_assert(data->validation.rows == 0 && data->test.rows == 0);
    ck_assert_str_eq(data->class_names[0], "setosa");
    ck_assert_str_eq(data->class_names[1], "versicolor");
    ck_assert_str_eq(data->class_names[2], "virginica");
    ck_assert_str_eq(data->input_names[3], "petal_width");
    ck_assert_str_eq(data->target_name, "species");
    for (size_t i = 0; i < 150; i++) {
        ck_assert_int_eq(data->train.label[i], (int)(i / 50));
        ck_assert_uint_eq(data->train_rows[i], i);
    }
    ck_assert_uint_eq(data->constant_count, 0);
    /* sha256sum of coreutils */
    ck_assert_str_eq(data->sha256, "91eb642c3adbc7bad8e99c930c11fa3a5cc8a07262c7a753b4e6ecf405f2e05e");
    check_standardised(data, example("iris.csv"));
    el4ml_data_free(data);
}
END_TEST

/* Pixels 0 0, 4 0 and 4 7 are 0 in every row (found with NumPy). */
START_TEST(digits_has_three_constant_columns)
{
    const el4ml_data_options options = options_for(example("digits.csv"), "digit", true);
    el4ml_data *data = read_good(&options);
    ck_assert(data->train.rows == 1797 && data->train.inputs == 64 && data->train.classes == 10);
    ck_assert_uint_eq(data->constant_count, 3);
    ck_assert(data->constant_columns[0] == 0 && data->constant_columns[1] == 32 &&
              data->constant_columns[2] == 39);
    ck_assert_str_eq(data->class_names[9], "9");
    for (size_t i = 0; i < 1797; i++)
        ck_assert(data->train.x[i * 64] == 0);
    check_standardised(data, example("digits.csv"));
    el4ml_data_free(data);
}
END_TEST

START_TEST(diabetes_is_regression)
{
    el4ml_data_options options = options_for(example("diabetes.csv"), "progression", false);
    options.test_fraction = 0.25;
    options.validation_fraction = 0.2;
    el4ml_data *data = read_good(&options);
    ck_assert(data->train.classes == 0 && data->train.targets == 1 && data->train.label == NULL);
    ck_assert_uint_eq(data->train.rows + data->validation.rows + data->test.rows, 442);
    ck_assert_uint_eq(data->test.rows, 111); /* 110.5 */
    check_standardised(data, example("diabetes.csv"));
    el4ml_csv *csv = read_csv(options.file);
    double mean, deviation;
    reference_moments(csv, 10, data->train_rows, data->train.rows, &mean, &deviation);
    ck_assert_double_eq_tol(data->target_mean[0], mean, 1e-12 * mean);
    ck_assert_double_eq_tol(data->target_scale[0], deviation, 1e-12 * deviation);
    for (size_t i = 0; i < data->test.rows; i++) {
        const double raw = strtod(csv->cells[data->test_rows[i] * 11 + 10], NULL);
        ck_assert_double_eq_tol(data->test.y[i] * deviation + mean, raw, 1e-10);
    }
    el4ml_csv_free(csv);
    el4ml_data_free(data);
}
END_TEST

/* Of each tenth of the sorted targets, the test has a quarter to within one row. */
START_TEST(regression_split_follows_quantiles)
{
    el4ml_data_options options = options_for(example("diabetes.csv"), "progression", false);
    options.test_fraction = 0.25;
    options.standardise = false;
    el4ml_data *data = read_good(&options);
    double *all = malloc(442 * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < data->train.rows; i++)
        all[n++] = data->train.y[i];
    for (size_t i = 0; i < data->test.rows; i++)
        all[n++] = data->test.y[i];
    ck_assert_uint_eq(n, 442);
    for (size_t i = 0; i < data->test.rows; i++)
        ck_assert(data->test.y[i] == floor(data->test.y[i])); /* raw */
    for (double q = 0.1; q < 0.95; q += 0.1) {
        /* The share of the test at or below the q-th quantile is q, up to a row for each tenth. */
        size_t rank = (size_t)(q * 442), below = 0, ties = 0;
        double threshold = -1;
        for (size_t i = 0; i < n; i++) { /* the rank-th smallest, by counting */
            size_t less = 0, same = 0;
            for (size_t k = 0; k < n; k++) {
                less += all[k] < all[i];
                same += all[k] == all[i];
            }
            if (less <= rank && rank < less + same) {
                threshold = all[i];
                ties = same;
            }
        }
        for (size_t i = 0; i < data->test.rows; i++)
            below += data->test.y[i] <= threshold;
        ck_assert_double_eq_tol((double)below, 0.25 * q * 442, 4 + (double)ties);
    }
    free(all);
    el4ml_data_free(data);
}
END_TEST

static void check_partition(const el4ml_data *data, size_t rows)
{
    unsigned char *seen = calloc(rows, 1);
    const el4ml_dataset *sets[3] = {&data->train, &data->validation, &data->test};
    const size_t *numbers[3] = {data->train_rows, data->validation_rows, data->test_rows};
    size_t total = 0;
    for (size_t p = 0; p < 3; p++)
        for (size_t i = 0; i < sets[p]->rows; i++, total++) {
            ck_assert_uint_lt(numbers[p][i], rows);
            ck_assert(!seen[numbers[p][i]]++);
            ck_assert(i == 0 || numbers[p][i - 1] < numbers[p][i]);
        }
    ck_assert_uint_eq(total, rows);
    free(seen);
}

static void count_classes(const el4ml_dataset *set, size_t counts[3])
{
    memset(counts, 0, 3 * sizeof *counts);
    for (size_t i = 0; i < set->rows; i++)
        counts[set->label[i]]++;
}

START_TEST(classification_split_is_stratified)
{
    static const double fractions[][2] = {{0.25, 0}, {0.3, 0.1}, {0.1, 0.5}, {0, 0.2}, {0.9, 0.9}, {0.5, 0}};
    static const size_t sizes[3] = {59, 71, 48}; /* of wine's classes */
    for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++) {
        el4ml_data_options options = options_for(example("wine.csv"), "cultivar", true);
        options.test_fraction = fractions[f][0];
        options.validation_fraction = fractions[f][1];
        el4ml_data *data = read_good(&options);
        check_partition(data, 178);
        check_standardised(data, example("wine.csv"));
        size_t test[3], validation[3], train[3];
        count_classes(&data->test, test);
        count_classes(&data->validation, validation);
        count_classes(&data->train, train);
        ck_assert_double_eq_tol((double)data->test.rows, fractions[f][0] * 178, 0.5 + 1e-9);
        for (size_t c = 0; c < 3; c++) {
            const double wanted = fractions[f][0] * (double)sizes[c];
            ck_assert(fabs((double)test[c] - wanted) < 1);
            ck_assert(fabs((double)validation[c] - fractions[f][1] * (double)(sizes[c] - test[c])) < 1);
            ck_assert(train[c] >= 1);
        }
        el4ml_data_free(data);
    }
}
END_TEST

static bool same_rows(const size_t *a, const size_t *b, size_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

START_TEST(split_depends_on_its_seed_alone)
{
    el4ml_data_options options = options_for(example("wine.csv"), "cultivar", true);
    options.test_fraction = 0.25;
    options.split_seed = 7;
    el4ml_data *a = read_good(&options), *b = read_good(&options);
    ck_assert(same_rows(a->test_rows, b->test_rows, a->test.rows));
    el4ml_data_free(b);
    options.validation_fraction = 0.3; /* taken from the rest */
    b = read_good(&options);
    ck_assert(a->test.rows == b->test.rows && same_rows(a->test_rows, b->test_rows, a->test.rows));
    ck_assert(b->validation.rows > 0);
    el4ml_data_free(b);
    options.split_seed = 8;
    b = read_good(&options);
    ck_assert(a->test.rows == b->test.rows && !same_rows(a->test_rows, b->test_rows, a->test.rows));
    el4ml_data_free(b);
    el4ml_data_free(a);
}
END_TEST

START_TEST(labels_are_sorted)
{
    static const struct {
        const char *cells; /* of the target, separated by blanks; each is written twice */
        const char *sorted;
    } cases[] = {{"10 9 -1 2.5", "-1 2.5 9 10 "},
                 {"1 1.0 01 2", "1 2 "},
                 {"b a C", "C a b "},
                 {"10 9 x", "10 9 x "},
                 {"-0 0 1", "0 1 "},
                 {"1e1 2e0", "2 10 "},
                 {"\xc3\xb6 z a", "a z \xc3\xb6 "},
                 {"\"x,y\" z", "x,y z "},
                 {"nan b", "b nan "}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[512] = "a,t\n", cells[128], names[128] = "";
        strcpy(cells, cases[k].cells);
        for (char *cell = strtok(cells, " "); cell; cell = strtok(NULL, " "))
            snprintf(text + strlen(text), sizeof text - strlen(text), "1,%s\n2,%s\n", cell, cell);
        const el4ml_data_options options = options_for(scratch_text("l.csv", text), "t", true);
        el4ml_data *data = read_good(&options);
        for (size_t c = 0; c < data->train.classes; c++)
            strcat(strcat(names, data->class_names[c]), " ");
        ck_assert_str_eq(names, cases[k].sorted);
        el4ml_data_free(data);
    }
}
END_TEST

START_TEST(bad_data)
{
    static const struct {
        const char *text, *target;
        bool classification;
        const char *message;
    } cases[] = {
        {"a,b,species\n1,2,x\n1,2,x\n", "specis", true,
         "d.csv: |'specis'|did you mean 'species'|a, b, species"},
        {"a,b,t\n1,2,x\n1,2,x\n", "something", true, "d.csv: |'something'|a, b, t"},
        {"a,b,t\n1,2,x\n1,2,x\n", NULL, true, "d.csv: |no target|a, b, t"},
        {"a,t\n1,x\n2,x\n3,y\n", "t", true, "d.csv:4: column 't'|'y'|only once"},
        {"a,t\n1,virginica\n2,virginca\n3,virginica\n4,setosa\n5,setosa\n", "t", true,
         "d.csv:3: column 't'|'virginca'|did you mean 'virginica'"},
        {"a,t\n1,0.5\n2,1.5\n3,2.5\n", "t", true, "d.csv:2: |'0.5'|mse"},
        {"a,t\n1,x\n2,x\n", "t", true, "d.csv: |column 't'|only one class"},
        {"a,t\n1,x\n2,\n3,x\n", "t", true, "d.csv:3: column 't'|empty"},
        {"a,t\n1,1\n2,nan\n3,1\n", "t", true, "d.csv:3: column 't'|'nan'|finite"},
        {"a,t\n1,1\n2,2\n3,x\n", "t", false, "d.csv:4: column 't'|'x' is not a number"},
        {"a,t\n1,1\n2,2\n3,inf\n", "t", false, "d.csv:4: column 't'|finite"},
        {"a,t\n1,1\n2,1\n3,1\n", "t", false, "d.csv: column 't'|same"},
        {"a,petal width,t\n1,1,x\n2,abc,x\n3,1,y\n4,1,y\n", "t", true,
         "d.csv:3: column 'petal width': 'abc' is not a number"},
        {"a,t\n1,x\nNaN,x\n3,y\n4,y\n", "t", true, "d.csv:3: column 'a': 'NaN' is not a finite"},
        {"a,t\n1,x\n,x\n3,y\n4,y\n", "t", true, "d.csv:3: column 'a'|empty"},
        {"a,t\n1,x\n2,x,3\n", "t", true, "d.csv:3: |3 fields"},
        {"t\nx\nx\ny\ny\n", "t", true, "d.csv: |no column besides"},
        {"a,t\n1e308,x\n-1e308,x\n1e308,y\n2,y\n", "t", true, "d.csv: column 'a'|standardise"},
        {"a,t\n1e-200,x\n2e-200,x\n3e-200,y\n2e-200,y\n", "t", true, "d.csv: column 'a'|standardise"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const el4ml_data_options options =
            options_for(scratch_text("d.csv", cases[i].text), cases[i].target, cases[i].classification);
        el4ml_data *data = NULL;
        el4ml_error error = {0};
        const el4ml_status status = el4ml_data_read(&options, &data, &error);
        ck_assert_msg(status == EL4ML_BAD_INPUT, "case %zu: %d %s", i, (int)status, error.message);
        ck_assert_ptr_null(data);
        expect_message(&error, cases[i].message);
    }
}
END_TEST

START_TEST(bad_options)
{
    el4ml_data *data = NULL;
    el4ml_error error = {0};
    el4ml_data_options options = options_for("/nowhere/x.csv", "t", true);
    ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "/nowhere/x.csv|No such file");
    static const double impossible[] = {-0.1, 0.95, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        options = options_for(example("iris.csv"), "species", true);
        options.test_fraction = impossible[i];
        ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_INVALID_ARGUMENT);
        expect_message(&error, "test_fraction");
        options.test_fraction = 0;
        options.validation_fraction = impossible[i];
        ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_INVALID_ARGUMENT);
        expect_message(&error, "validation_fraction");
    }
    options = options_for(NULL, "species", true);
    ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_INVALID_ARGUMENT);
    ck_assert_int_eq(el4ml_data_read(&options, &data, NULL), EL4ML_INVALID_ARGUMENT);
}
END_TEST

/* Two rows of each class: one may be held out. */
START_TEST(few_rows)
{
    el4ml_error error = {0};
    el4ml_data_options options = options_for(scratch_text("f.csv", "a,t\n1,x\n2,x\n3,y\n4,y\n"), "t", true);
    options.test_fraction = 0.9;
    el4ml_data *data = read_good(&options);
    ck_assert(data->train.rows == 2 && data->test.rows == 2);
    ck_assert(data->train.label[0] == 0 && data->train.label[1] == 1);
    el4ml_data_free(data);
    options.test_fraction = 0.01; /* of four rows, one at least */
    data = read_good(&options);
    ck_assert_uint_eq(data->test.rows, 1);
    el4ml_data_free(data);
    data = NULL;
    options.test_fraction = options.validation_fraction = 0.9;
    ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "f.csv: |too few rows");
}
END_TEST

START_TEST(without_standardisation)
{
    el4ml_data_options options =
        options_for(scratch_text("n.csv", "a,b,t\n1,7,x\n2,7,x\n3,7,y\n4,7,y\n"), "t", true);
    options.standardise = false;
    el4ml_data *data = read_good(&options);
    for (size_t i = 0; i < 4; i++)
        ck_assert(data->train.x[2 * i] == (double)i + 1 && data->train.x[2 * i + 1] == 7);
    ck_assert(data->input_mean[0] == 0 && data->input_scale[0] == 1 && data->constant_count == 0);
    el4ml_data_free(data);
    options.standardise = true;
    data = read_good(&options);
    ck_assert(data->constant_count == 1 && data->constant_columns[0] == 1);
    ck_assert(data->input_mean[1] == 7 && data->input_scale[1] == 1 && data->train.x[1] == 0);
    el4ml_data_free(data);
}
END_TEST

/* A column constant in the training rows only: centred, its one other value kept. */
START_TEST(constant_in_training_rows)
{
    char text[2048] = "a,b,t\n";
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,0,%d\n", i, i % 2);
    el4ml_data_options options = options_for(scratch_text("c.csv", text), "t", true);
    options.test_fraction = 0.25;
    el4ml_data *data = read_good(&options);
    const size_t row = data->test_rows[0];
    el4ml_data_free(data);
    char *line = text;
    for (size_t i = 0; i <= row; i++)
        line = strchr(line, '\n') + 1;
    strchr(line, ',')[1] = '5'; /* the same split: it knows rows and classes only */
    options.file = scratch_text("c.csv", text);
    data = read_good(&options);
    ck_assert_uint_eq(data->test_rows[0], row);
    ck_assert(data->constant_count == 1 && data->constant_columns[0] == 1);
    ck_assert(data->test.x[1] == 5 && data->train.x[1] == 0);
    el4ml_data_free(data);
}
END_TEST

START_TEST(arrays)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/data/classes.npy", EL4ML_SOURCE_DIR);
    el4ml_data_options options = options_for(path, "4", true);
    options.standardise = false;
    el4ml_data *data = read_good(&options);
    ck_assert(data->train.rows == 50 && data->train.inputs == 4 && data->train.classes == 3);
    ck_assert_str_eq(data->input_names[2], "x2");
    ck_assert_str_eq(data->target_name, "x4");
    ck_assert_str_eq(data->class_names[2], "2");
    for (size_t i = 0; i < 50; i++) {
        ck_assert_int_eq(data->train.label[i], (int)(i % 3));
        for (size_t j = 0; j < 4; j++)
            ck_assert(data->train.x[4 * i + j] == (double)((4 * i + j) * 7 % 31) / 4);
    }
    el4ml_data_free(data);
    static const char *const targets[] = {"5", "x4", "-1", "", "99999999999999999999999"};
    for (size_t i = 0; i < 5; i++) {
        el4ml_error error = {0};
        options.target = targets[i];
        ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_BAD_INPUT);
        expect_message(&error, "classes.npy: |column number|0 ... 4");
    }
    el4ml_error error = {0};
    snprintf(path, sizeof path, "%s/tests/data/cube_fortran.npy", EL4ML_SOURCE_DIR);
    options.target = "1";
    ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "cube_fortran.npy: |two-dimensional|3");
    snprintf(path, sizeof path, "%s/tests/data/empty.npy", EL4ML_SOURCE_DIR);
    ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "empty.npy: |empty");
}
END_TEST

START_TEST(nan_in_an_array)
{
    char path[512];
    size_t length;
    char *bytes = source_file("tests/data/classes.npy", &length);
    memset(bytes + length - 8 * (50 - 17) * 5 + 8 * 2, 0xff, 8); /* row 17, column 2 */
    strcpy(path, scratch_file("nan.npy", bytes, length));
    el4ml_release(bytes);
    const el4ml_data_options options = options_for(path, "4", true);
    el4ml_data *data = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_data_read(&options, &data, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "nan.npy: row 17, column 2: |finite");
}
END_TEST

static void sweep(const el4ml_data_options *options)
{
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_data *data = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(n);
        status = el4ml_data_read(options, &data, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && data == NULL), "%zu: %s", n,
                      error.message);
        if (status != EL4ML_OK) expect_message(&error, "memory");
        el4ml_data_free(data);
    }
    ck_assert(n > 30);
}

START_TEST(every_allocation_may_fail)
{
    el4ml_data_options options = options_for(example("iris.csv"), "species", true);
    options.test_fraction = 0.2;
    options.validation_fraction = 0.2;
    sweep(&options);
    options.file = example("diabetes.csv");
    options.target = "progression";
    options.classification = false;
    sweep(&options);
    char path[512];
    snprintf(path, sizeof path, "%s/tests/data/classes.npy", EL4ML_SOURCE_DIR);
    options = options_for(path, "4", true);
    sweep(&options);
}
END_TEST

static const char sample[] =
    "a,\"b, c\",t\r\n1,2.5,x\r\n-3,4e-2,\"y\"\r\n5,6,x\r\n7,8,y\r\n9,1,x\r\n2,3,y\r\n";

START_TEST(mutations_never_crash)
{
    el4ml_random random = el4ml_random_new(13, 0, 0);
    size_t accepted = 0;
    for (int i = 0; i < 3000; i++) {
        size_t length;
        char *text = mutate(&random, sample, sizeof sample - 1, &length);
        el4ml_data_options options = options_for(scratch_file("m.csv", text, length), "t", true);
        options.test_fraction = 0.3;
        el4ml_data *data = NULL;
        el4ml_error error = {0};
        const el4ml_status status = el4ml_data_read(&options, &data, &error);
        ck_assert_msg(status == EL4ML_OK || status == EL4ML_BAD_INPUT, "%s", error.message);
        if (status == EL4ML_OK) {
            for (size_t k = 0; k < data->train.rows * data->train.inputs; k++)
                ck_assert(isfinite(data->train.x[k]));
            accepted++;
        } else {
            expect_message(&error, "m.csv");
        }
        el4ml_data_free(data);
        free(text);
    }
    ck_assert(accepted > 100 && accepted < 2900);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data");
    TCase *tests = tcase_create("data");
    tcase_add_test(tests, iris);
    tcase_add_test(tests, digits_has_three_constant_columns);
    tcase_add_test(tests, diabetes_is_regression);
    tcase_add_test(tests, regression_split_follows_quantiles);
    tcase_add_test(tests, classification_split_is_stratified);
    tcase_add_test(tests, split_depends_on_its_seed_alone);
    tcase_add_test(tests, labels_are_sorted);
    tcase_add_test(tests, bad_data);
    tcase_add_test(tests, bad_options);
    tcase_add_test(tests, few_rows);
    tcase_add_test(tests, without_standardisation);
    tcase_add_test(tests, constant_in_training_rows);
    tcase_add_test(tests, arrays);
    tcase_add_test(tests, nan_in_an_array);
    tcase_add_test(tests, every_allocation_may_fail);
    tcase_add_test(tests, mutations_never_crash);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
