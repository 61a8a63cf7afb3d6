/* Databases of other programs, in and out: what comes back, what keeps the thermodynamics, what is refused.
 */
#include <sqlite3.h>

#include "formats_help.h"

#define PYGT32 EL4ML_SOURCE_DIR "/tests/data/pygt32"

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_same(el4ml_landscape *p, el4ml_landscape *q)
{
    ck_assert_uint_eq(el4ml_landscape_dimension(p), el4ml_landscape_dimension(q));
    ck_assert(same(el4ml_landscape_kappa(p), el4ml_landscape_kappa(q)));
    for (int species = 0; species < 2; species++) {
        const el4ml_species kind = (el4ml_species)species;
        ck_assert_uint_eq(el4ml_landscape_count(p, kind), el4ml_landscape_count(q, kind));
        for (size_t i = 0; i < el4ml_landscape_count(p, kind); i++) {
            const el4ml_record *a = el4ml_landscape_record(p, kind, i),
                               *b = el4ml_landscape_record(q, kind, i);
            ck_assert(a->point.energy == b->point.energy && same(a->point.log_product, b->point.log_product));
            ck_assert(same(a->point.log_multiplicity, b->point.log_multiplicity));
            ck_assert(same(a->point.smallest_eigenvalue, b->point.smallest_eigenvalue));
            ck_assert(a->a == b->a && a->b == b->b && !a->point.x == !b->point.x);
            if (a->point.x)
                ck_assert(memcmp(a->point.x, b->point.x, el4ml_landscape_dimension(p) * sizeof(double)) == 0);
        }
    }
}

static void check_set(el4ml_landscape *l, const char *name, size_t count, size_t first)
{
    el4ml_minimum_set *set = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_landscape_minimum_set(l, name, &set, &error) == EL4ML_OK, "%s", error.message);
    ck_assert(set->count == count && strcmp(set->name, name) == 0);
    for (size_t k = 0; k < count; k++)
        ck_assert_uint_eq(set->members[k], first + k);
    el4ml_minimum_set_free(set);
}

/* ---- PATHSAMPLE ---- */

START_TEST(the_network_of_32_states)
{
    const char *folder = scratch_folder("pygt32"), *out = scratch_folder("pygt32-out"),
               *again = scratch_folder("pygt32-again");
    el4ml_import_report report;
    el4ml_landscape *l = imported(EL4ML_PATHSAMPLE, PYGT32, folder, NAN, &report);
    ck_assert(report.minima == 32 && report.transition_states == 70 && report.set_count == 2);
    ck_assert(isnan(report.kappa) && report.dimension == 0 && !report.coordinates[0]);
    ck_assert_str_eq(el4ml_landscape_source(l), "PATHSAMPLE");
    check_set(l, "A", 8, 0);
    check_set(l, "B", 8, 24);
    FILE *file = fopen(PYGT32 "/ts.data", "r"); /* against the C library's reading of it */
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < 70; i++) {
        double energy, product;
        size_t order, a, b;
        ck_assert_int_eq(fscanf(file, "%lf %lf %zu %zu %zu %*f %*f %*f", &energy, &product, &order, &a, &b),
                         5);
        const el4ml_record *r = el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, i);
        ck_assert(r->point.energy == energy && r->point.log_product == product && r->a == a - 1 &&
                  r->b == b - 1);
        ck_assert(r->point.log_multiplicity == 0 && order == 1 && r->point.x == NULL);
    }
    fclose(file);
    exported(EL4ML_PATHSAMPLE, l, out, NULL);
    ck_assert_uint_eq(entries(out), 4);
    el4ml_landscape *back = imported(EL4ML_PATHSAMPLE, out, again, NAN, NULL);
    check_same(l, back);
    check_set(back, "B", 8, 24);
    el4ml_error error = {0};
    el4ml_minimum_set *set = NULL;
    ck_assert_int_eq(el4ml_landscape_minimum_set(l, "C", &set, &error), EL4ML_BAD_INPUT);
    ck_assert(strstr(error.message, "'C'") && strstr(error.message, "A, B"));
    el4ml_landscape_close(l);
    el4ml_landscape_close(back);
    remove_folder(folder);
    remove_folder(out);
    remove_folder(again);
}
END_TEST

/* A made-up cluster database with all that the format has: every number with 17 digits, orders, coordinates,
 * negative eigenvalues, sets. */
static void make_full(const char *folder)
{
    el4ml_random random = el4ml_random_new(3, 1, 4);
    char text[4096] = "", states[4096] = "";
    double points[6][12];
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 12; k++)
            points[i][k] = el4ml_random_normal(&random);
    for (size_t i = 0; i < 5; i++)
        snprintf(text + strlen(text), 400, "%.17g %.17g %d %.17g %.17g %.17g\n", el4ml_random_normal(&random),
                 50 + el4ml_random_normal(&random), i == 3 ? 24 : (int)i + 1, el4ml_random_uniform(&random),
                 2.0, 3.5);
    for (size_t i = 0; i < 6; i++)
        snprintf(states + strlen(states), 400, "%.17g %.17g %zu %zu %zu %.17g %.17g %.17g %.17g\n",
                 3 + el4ml_random_uniform(&random), 48 + el4ml_random_normal(&random), 1 + i % 2, 1 + i % 5,
                 1 + i * 3 % 5, 1.25, 2.5, el4ml_random_uniform(&random),
                 -0.1 - el4ml_random_uniform(&random));
    mkdir(folder, 0777);
    write_text(folder, "min.data", text);
    write_text(folder, "ts.data", states);
    write_file(folder, "points.min", points, 5 * sizeof points[0]);
    write_file(folder, "points.ts", points, 6 * sizeof points[0]);
    write_text(folder, "min.A", "2\n1 2\n");
    write_text(folder, "min.B", "1\n5\n");
}

static double number_of(const char *folder, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    ck_assert_int_eq(sqlite3_open_v2(in(folder, "landscape.db"), &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    const double number = sqlite3_column_double(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return number;
}

START_TEST(all_that_the_format_carries_comes_back)
{
    const char *source = scratch_folder("full"), *folder = scratch_folder("full-in"),
               *out = scratch_folder("full-out"), *again = scratch_folder("full-again");
    make_full(source);
    el4ml_import_report report;
    el4ml_export_report written;
    el4ml_landscape *l = imported(EL4ML_PATHSAMPLE, source, folder, NAN, &report);
    ck_assert(report.dimension == 12 && report.kappa == 6 && report.kappa_assumed);
    ck_assert(report.coordinates[0] && report.coordinates[1]);
    ck_assert(el4ml_landscape_zero_modes(l) == 6 && el4ml_landscape_kappa(l) == 6);
    exported(EL4ML_PATHSAMPLE, l, out, &written);
    ck_assert(written.coordinates[0] && written.coordinates[1] && written.set_count == 2 &&
              !written.orders_folded);
    ck_assert_uint_eq(entries(out), 6);
    el4ml_landscape *back = imported(EL4ML_PATHSAMPLE, out, again, NAN, NULL);
    check_same(l, back);
    check_set(back, "A", 2, 0);
    check_set(back, "B", 1, 4);
    for (int k = 0; k < 2; k++) {
        const char *const sum[2] = {"SELECT sum(id * x + 7 * y + 13 * z) FROM minimum_moments",
                                    "SELECT sum(id * x + 7 * y + 13 * z) FROM transition_state_moments"};
        ck_assert(number_of(folder, sum[k]) == number_of(again, sum[k]));
    }
    ck_assert(el4ml_landscape_record(back, EL4ML_MINIMUM, 3)->point.log_multiplicity == -log(24));
    ck_assert(el4ml_landscape_record(back, EL4ML_TRANSITION_STATE, 2)->point.smallest_eigenvalue < -0.1);
    ck_assert(number_of(again, "SELECT journal_mode = 'wal' FROM pragma_journal_mode") == 1);
    el4ml_landscape_close(l);
    el4ml_landscape_close(back);
    l = imported(EL4ML_PATHSAMPLE, source, folder, 9, &report); /* no free cluster */
    ck_assert(report.kappa == 9 && !report.kappa_assumed && el4ml_landscape_zero_modes(l) == 3);
    el4ml_landscape_close(l);
    remove_folder(source);
    remove_folder(folder);
    remove_folder(out);
    remove_folder(again);
}
END_TEST

/* Coordinates of minima alone; an ending after min.data; points files that PATHSAMPLE made but did not fill.
 */
START_TEST(parts_of_a_database)
{
    const char *source = scratch_folder("parts"), *folder = scratch_folder("parts-in");
    make_full(source);
    ck_assert_int_eq(unlink(in(source, "points.ts")), 0);
    ck_assert_int_eq(unlink(in(source, "min.B")), 0);
    el4ml_import_report report;
    el4ml_landscape *l = imported(EL4ML_PATHSAMPLE, source, folder, NAN, &report);
    ck_assert(report.coordinates[0] && !report.coordinates[1] && report.set_count == 1);
    ck_assert(el4ml_landscape_record(l, EL4ML_MINIMUM, 4)->point.x != NULL);
    ck_assert(el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, 4)->point.x == NULL);
    el4ml_landscape_close(l);
    write_text(source, "points.min", "");
    write_text(source, "points.ts", "");
    write_text(source, "min.data.run2", "1 2 1 1 1 1\n2 3 1 1 1 1\n");
    write_text(source, "ts.data.run2", "3 2 1 2 1 1 1 1\n");
    l = imported(EL4ML_PATHSAMPLE, source, folder, NAN, &report);
    ck_assert(report.minima == 5 && !report.coordinates[0] && isnan(report.kappa));
    el4ml_landscape_close(l);
    l = imported(EL4ML_PATHSAMPLE, in(source, "min.data.run2"), folder, 3, &report);
    ck_assert(report.minima == 2 && report.transition_states == 1 && report.kappa == 3 &&
              report.set_count == 0);
    el4ml_landscape_close(l);
    ck_assert_int_eq(unlink(in(source, "ts.data")), 0);
    l = imported(EL4ML_PATHSAMPLE, source, folder, NAN, &report);
    ck_assert(report.minima == 5 && report.transition_states == 0);
    el4ml_landscape_close(l);
    remove_folder(source);
    remove_folder(folder);
}
END_TEST

static void refused(const char *source, const char *folder, const char *parts)
{
    char part[200];
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_import(EL4ML_PATHSAMPLE, source, folder, NULL, NULL, &error), EL4ML_BAD_INPUT);
    for (; *parts; parts += strcspn(parts, "|"), parts += *parts == '|') {
        snprintf(part, sizeof part, "%.*s", (int)strcspn(parts, "|"), parts);
        ck_assert_msg(strstr(error.message, part) != NULL, "'%s' is not in: %s", part, error.message);
    }
    ck_assert(access(folder, F_OK) != 0);
}

START_TEST(wrong_databases)
{
    const char *source = scratch_folder("wrong"), *folder = scratch_folder("wrong-in");
    double points[60];
    for (size_t k = 0; k < 60; k++)
        points[k] = 1 + (double)k / 7;
    refused(source, folder, "wrong|No such file");
    mkdir(source, 0777);
    refused(source, folder, "/min.data: No such file");
    make_full(source);
    write_file(source, "points.min", points, 59 * sizeof(double));
    refused(source, folder, "points.min: its 472 bytes|5 lines of min.data");
    write_file(source, "points.min", points, 333);
    refused(source, folder, "points.min: its 333 bytes");
    write_file(source, "points.min", points, 45 * sizeof(double));
    refused(source, folder, "points.ts: 12 coordinates|6 lines of ts.data|points.min has 9");
    make_full(source);
    points[13] = NAN;
    write_file(source, "points.min", points, 60 * sizeof(double));
    refused(source, folder, "points.min: record 2: nan is no coordinate");
    points[13] = 1;
    for (size_t k = 0; k < 60; k++) { /* of another byte order */
        unsigned char bytes[8], swapped[8];
        memcpy(bytes, &points[k], 8);
        for (size_t b = 0; b < 8; b++)
            swapped[b] = bytes[7 - b];
        memcpy(&points[k], swapped, 8);
    }
    write_file(source, "points.min", points, 60 * sizeof(double));
    refused(source, folder, "points.min: record|is no coordinate|little-endian");
    make_full(source);
    write_text(source, "min.B", "1\n6\n");
    refused(source, folder, "min.B:2:|6 is out of range, 1 to 5");
    make_full(source);
    refused(in(source, "ts.data"), folder, "ts.data: neither a folder nor a file named min.data");
    el4ml_import_options options = {.kappa = 13};
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_import(EL4ML_PATHSAMPLE, source, folder, &options, NULL, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "kappa cannot be 13"));
    options.kappa = 1.5;
    ck_assert_int_eq(el4ml_import(EL4ML_PATHSAMPLE, source, folder, &options, NULL, NULL),
                     EL4ML_INVALID_ARGUMENT);
    ck_assert_int_eq(el4ml_import(EL4ML_JSON, source, folder, NULL, NULL, NULL), EL4ML_NOT_SUPPORTED);
    remove_folder(source);
}
END_TEST

/* ---- Whole or not at all ---- */

START_TEST(whole_or_not_at_all)
{
    const char *folder = scratch_folder("whole"), *out = scratch_folder("whole-out");
    const volatile bool stop = true;
    el4ml_error error = {0};
    const el4ml_import_options options = {.kappa = NAN, .cancel = &stop};
    ck_assert_int_eq(el4ml_import(EL4ML_PATHSAMPLE, PYGT32, folder, &options, NULL, &error),
                     EL4ML_INTERRUPTED);
    ck_assert(access(folder, F_OK) != 0);
    el4ml_landscape *l = imported(EL4ML_PATHSAMPLE, PYGT32, folder, NAN, NULL);
    ck_assert_int_eq(el4ml_import(EL4ML_PATHSAMPLE, PYGT32, folder, NULL, NULL, &error), EL4ML_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "holds a landscape already"));
    const el4ml_export_options halt = {.cancel = &stop};
    static const el4ml_format formats[3] = {EL4ML_PATHSAMPLE, EL4ML_GRAPHML, EL4ML_JSON};
    for (size_t k = 0; k < 3; k++) {
        ck_assert_int_eq(el4ml_export(formats[k], l, out, &halt, NULL, &error), EL4ML_INTERRUPTED);
        ck_assert(access(out, F_OK) != 0);
        exported(formats[k], l, out, NULL);
        ck_assert_int_eq(el4ml_export(formats[k], l, out, NULL, NULL, &error), EL4ML_BAD_INPUT);
        ck_assert_ptr_nonnull(strstr(error.message, "exists already"));
        remove_folder(out);
        unlink(out);
    }
    /* what an earlier database had and this one has not goes with it */
    make_full(out);
    ck_assert_int_eq(el4ml_export(EL4ML_PATHSAMPLE, l, out, NULL, NULL, &error), EL4ML_BAD_INPUT);
    ck_assert_uint_eq(entries(out), 6);
    exported(EL4ML_PATHSAMPLE, l, out, NULL);
    ck_assert_uint_eq(entries(out), 4);
    ck_assert_int_eq(el4ml_export(EL4ML_PELE, l, out, NULL, NULL, &error), EL4ML_NOT_SUPPORTED);
    el4ml_landscape_close(l);
    remove_folder(out);
    remove_folder(folder);
}
END_TEST

/* An import is nobody's study: it cannot be continued. */
START_TEST(no_search_on_an_import)
{
    const char *folder = scratch_folder("nobody");
    el4ml_landscape *l = imported(EL4ML_PATHSAMPLE, PYGT32, folder, NAN, NULL);
    el4ml_landscape_close(l);
    const el4ml_identity identity = {.study = "", .data_sha256 = "", .dimension = 2, .zero_modes = 0};
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_landscape_open(folder, &identity, &l, &error), EL4ML_BAD_INPUT);
    ck_assert(strstr(error.message, "PATHSAMPLE") && strstr(error.message, "surface is not known"));
    remove_folder(folder);
}
END_TEST

START_TEST(failed_allocations_are_survived)
{
    const char *source = scratch_folder("memory"), *folder = scratch_folder("memory-in"),
               *out = scratch_folder("memory-out");
    make_full(source);
    bool good = false;
    for (size_t k = 0; !good; k++) {
        el4ml_landscape *l = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(k);
        el4ml_status status = el4ml_import(EL4ML_PATHSAMPLE, source, folder, NULL, NULL, &error);
        const bool stored = status == EL4ML_OK;
        if (stored) status = el4ml_landscape_read(folder, &l, &error);
        if (status == EL4ML_OK) status = el4ml_export(EL4ML_PATHSAMPLE, l, out, NULL, NULL, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        good = status == EL4ML_OK;
        ck_assert_msg(good || status == EL4ML_OUT_OF_MEMORY, "%d %s", (int)status, error.message);
        ck_assert(stored == (access(folder, F_OK) == 0) && good == (access(out, F_OK) == 0));
        el4ml_landscape_close(l);
        remove_folder(folder);
        remove_folder(out);
        ck_assert_uint_lt(k, 400);
    }
    remove_folder(source);
}
END_TEST

/* ---- TopSearch and pele ---- */

START_TEST(topsearch)
{
    const char *source = scratch_folder("topsearch"), *folder = scratch_folder("topsearch-in"),
               *out = scratch_folder("topsearch-out");
    mkdir(source, 0777);
    write_text(source, "min.data", "0 -1.21546\n1 -2.03163\n2 -2.21546\n");
    write_text(source, "ts.data", "0 1  0.54372\n1 2  0.00000\n");
    write_text(source, "min.coords", "1.0e+00 2.0e+00\n3.0e+00 4.0e+00\n5.0e+00 6.0e+00\n");
    write_text(source, "ts.coords", "1.5e+00 2.0e+00\n3.5e+00 4.0e+00\n");
    write_text(source, "pairlist", "0 1\n");
    el4ml_import_report report;
    el4ml_export_report written;
    el4ml_landscape *l = imported(EL4ML_TOPSEARCH, source, folder, NAN, &report);
    ck_assert(report.minima == 3 && report.transition_states == 2 && report.dimension == 2);
    ck_assert(report.without_product[0] == 3 && report.without_product[1] == 2 && isnan(report.kappa));
    const el4ml_record *r = el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, 1);
    ck_assert(r->a == 1 && r->b == 2 && r->point.energy == 0 && r->point.x[0] == 3.5);
    el4ml_network *network =
        NULL; /* without ln products there are heights, but no probabilities and no rates */
    ck_assert_int_eq(el4ml_landscape_network(l, &network, NULL), EL4ML_OK);
    ck_assert(network->nodes[0].flagged && network->edges[0].log_product == INFINITY && network->kappa == 0);
    el4ml_network_free(network);
    exported(EL4ML_PATHSAMPLE, l, out, &written);
    ck_assert(written.products_missing && written.coordinates[0] && written.set_count == 0);
    el4ml_landscape_close(l);
    l = imported(EL4ML_PATHSAMPLE, out, folder, NAN, &report);
    ck_assert(el4ml_landscape_record(l, EL4ML_MINIMUM, 2)->point.log_product == 1); /* as with NOFRQS */
    ck_assert(report.dimension == 2 && isnan(report.kappa));
    el4ml_landscape_close(l);
    remove_folder(source);
    remove_folder(folder);
    remove_folder(out);
}
END_TEST

static void make_pele(const char *path, const char *more)
{
    static const char *const tables =
        "CREATE TABLE tbl_minima(_id INTEGER NOT NULL, energy FLOAT, coords BLOB, fvib FLOAT, pgorder "
        "INTEGER,"
        " invalid INTEGER, user_data BLOB, PRIMARY KEY(_id));"
        "CREATE TABLE tbl_transition_states(_id INTEGER NOT NULL, energy FLOAT, coords BLOB, _minimum1_id "
        "INTEGER,"
        " _minimum2_id INTEGER, eigenval FLOAT, eigenvec BLOB, fvib FLOAT, pgorder INTEGER, invalid INTEGER,"
        " user_data BLOB, PRIMARY KEY(_id));"
        "INSERT INTO tbl_minima VALUES(2, -12.7, x'8002', 60.5, 24, 0, NULL), (5, -12.3, x'8002', 58.25, 2, "
        "0, NULL),"
        " (9, -11, x'8002', 57, 1, 1, NULL), (11, -10, x'8002', NULL, NULL, 0, NULL);"
        "INSERT INTO tbl_transition_states VALUES(1, -12.1, x'8002', 2, 5, -1.5, NULL, 55.5, 2, 0, NULL),"
        " (3, -10.5, x'8002', 5, 9, NULL, NULL, NULL, NULL, 0, NULL), (4, -10.5, x'8002', 5, 9, 1, NULL, 1, "
        "1, 1, NULL),"
        " (7, -9, x'8002', 11, 11, -2, NULL, 50, 1, 0, NULL);";
    sqlite3 *db;
    char *message = NULL;
    unlink(path);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, tables, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    ck_assert_msg(sqlite3_exec(db, more, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    sqlite3_close(db);
}

START_TEST(pele)
{
    const char *source = scratch_folder("pele"), *folder = scratch_folder("pele-in");
    mkdir(source, 0777);
    const char *path = in(source, "lj6.sqlite");
    char kept[512];
    snprintf(kept, sizeof kept, "%s", path);
    make_pele(kept, "");
    el4ml_import_report report;
    el4ml_landscape *l = imported(EL4ML_PELE, kept, folder, 12, &report);
    ck_assert(report.minima == 4 && report.transition_states == 3 && report.pickles && report.kappa == 12);
    ck_assert(report.without_product[0] == 1 && report.without_product[1] == 1);
    ck_assert(report.invalid_minima == 1 && report.invalid_states == 1);
    const el4ml_record *m = el4ml_landscape_record(l, EL4ML_MINIMUM, 0);
    ck_assert(m->point.energy == -12.7 && m->point.log_product == 60.5 &&
              m->point.log_multiplicity == -log(24));
    const el4ml_record *t = el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, 0);
    ck_assert(t->a == 0 && t->b == 1 && t->point.smallest_eigenvalue == -1.5 && t->point.log_product == 55.5);
    t = el4ml_landscape_record(l, EL4ML_TRANSITION_STATE, 2);
    ck_assert(t->a == 3 && t->b == 3);
    el4ml_network *network = NULL;
    ck_assert_int_eq(el4ml_landscape_network(l, &network, NULL), EL4ML_OK);
    ck_assert(!network->nodes[1].flagged && network->nodes[2].flagged && network->nodes[3].flagged);
    ck_assert(isfinite(network->edges[0].log_product) && network->edges[1].log_product == INFINITY);
    el4ml_network_free(network);
    el4ml_landscape_close(l);
    static const struct {
        const char *sql, *said;
    } wrong[] = {{"DROP TABLE tbl_minima", "not a database of pele's"},
                 {"DELETE FROM tbl_minima WHERE _id = 2", "tbl_transition_states, _id 1: joins a minimum"},
                 {"UPDATE tbl_minima SET energy = NULL WHERE _id = 5", "tbl_minima, _id 5: the energy"},
                 {"UPDATE tbl_minima SET energy = 'low' WHERE _id = 5", "tbl_minima, _id 5: the energy"},
                 {"UPDATE tbl_minima SET fvib = 9e999 WHERE _id = 5", "tbl_minima, _id 5: fvib"},
                 {"UPDATE tbl_minima SET pgorder = 0 WHERE _id = 5", "tbl_minima, _id 5: pgorder"},
                 {"DELETE FROM tbl_transition_states; DELETE FROM tbl_minima", "no minimum"}};
    remove_folder(folder);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        el4ml_error error = {0};
        make_pele(kept, wrong[k].sql);
        ck_assert_int_eq(el4ml_import(EL4ML_PELE, kept, folder, NULL, NULL, &error), EL4ML_BAD_INPUT);
        ck_assert_msg(strstr(error.message, wrong[k].said) != NULL, "%s", error.message);
        ck_assert(access(folder, F_OK) != 0);
    }
    make_pele(
        kept,
        "ALTER TABLE tbl_minima DROP COLUMN fvib; ALTER TABLE tbl_minima DROP COLUMN invalid"); /* of old */
    l = imported(EL4ML_PELE, kept, folder, NAN, &report);
    ck_assert(report.without_product[0] == 4 && report.invalid_minima == 0);
    el4ml_landscape_close(l);
    remove_folder(source);
    remove_folder(folder);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_network_of_32_states,
                                  all_that_the_format_carries_comes_back,
                                  parts_of_a_database,
                                  wrong_databases,
                                  whole_or_not_at_all,
                                  no_search_on_an_import,
                                  failed_allocations_are_survived,
                                  topsearch,
                                  pele};
    return RUN_SUITE("formats", tests);
}
