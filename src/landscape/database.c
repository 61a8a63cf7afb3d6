/* The SQL side: schema, loading, and one transaction a batch. WAL mode with synchronous = NORMAL: a kill at
 * any moment leaves the last commit; nothing is ever half there. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "landscape/internal.h"

static const char *const schema =
    "CREATE TABLE minima(id INTEGER PRIMARY KEY, energy REAL, log_product REAL, log_multiplicity REAL,"
    " smallest_eigenvalue REAL, gradient_rms REAL, hits INTEGER, coordinates BLOB);"
    "CREATE TABLE transition_states(id INTEGER PRIMARY KEY, energy REAL, log_product REAL, log_multiplicity "
    "REAL,"
    " smallest_eigenvalue REAL, gradient_rms REAL, minimum_a INTEGER, minimum_b INTEGER, coordinates BLOB);"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE minimum_details(id INTEGER PRIMARY KEY, proved INTEGER, flagged INTEGER, train_loss REAL,"
    " train_accuracy REAL, train_r2 REAL, test_loss REAL, test_accuracy REAL, test_r2 REAL);"
    "CREATE TABLE transition_state_details(id INTEGER PRIMARY KEY, proved INTEGER, flagged INTEGER, hits "
    "INTEGER);"
    "CREATE TABLE state(key TEXT PRIMARY KEY, value BLOB);";

el4ml_status el4ml_database_fail(el4ml_landscape *l, const char *doing, el4ml_error *error)
{
    const int code = l->db ? sqlite3_errcode(l->db) : SQLITE_NOMEM;
    const char *text = l->db ? sqlite3_errmsg(l->db) : "out of memory";
    el4ml_status status = EL4ML_IO;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) status = EL4ML_BUSY;
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_READONLY ||
        code == SQLITE_CANTOPEN || code == SQLITE_ERROR)
        status = EL4ML_BAD_INPUT;
    if (code == SQLITE_NOMEM) status = EL4ML_OUT_OF_MEMORY;
    const int number = l->db && code == SQLITE_IOERR ? sqlite3_system_errno(l->db) : 0;
    if (number != 0) text = strerror(number);
    const bool room = code == SQLITE_FULL || number == ENOSPC || number == EDQUOT || number == EFBIG;
    if (room && number != EFBIG) text = "the disk is full";
    const char *hint = "";
    if (room)
        hint = "; what was committed is safe: make room, and run again to continue";
    else if (code == SQLITE_IOERR && l->lock >= 0)
        hint = "; what was committed is safe: see to the disk, and run again to continue";
    return el4ml_fail(error, status, "%s/landscape.db: %s: %s%s", l->folder, doing, text, hint);
}

static el4ml_status execute(el4ml_landscape *l, const char *sql, const char *doing, el4ml_error *error)
{
    if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK) return EL4ML_OK;
    return el4ml_database_fail(l, doing, error);
}

static el4ml_status set_size(el4ml_landscape *l, const char *key, size_t value, el4ml_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", value);
    return el4ml_landscape_set_meta(l, key, text, error);
}

el4ml_status el4ml_database_create(el4ml_landscape *l, const el4ml_identity *identity, el4ml_error *error)
{
    el4ml_status status = execute(l, "BEGIN IMMEDIATE", "starting", error);
    if (status == EL4ML_OK) status = execute(l, schema, "making the tables", error);
    if (status == EL4ML_OK) status = set_size(l, "schema_version", EL4ML_SCHEMA_VERSION, error);
    if (status == EL4ML_OK) status = set_size(l, "dimension", identity->dimension, error);
    if (status == EL4ML_OK) status = set_size(l, "zero_modes", identity->zero_modes, error);
    if (status == EL4ML_OK) status = el4ml_landscape_set_meta(l, "el4ml_version", el4ml_version(), error);
    if (status == EL4ML_OK) status = el4ml_landscape_set_meta(l, "study", identity->study, error);
    if (status == EL4ML_OK) status = el4ml_landscape_set_meta(l, "data_sha256", identity->data_sha256, error);
    l->n = identity->dimension;
    l->zero_modes = identity->zero_modes;
    return status == EL4ML_OK ? el4ml_database_create_extras(l, identity->info, error) : status;
}

/* ---- loading ---- */

/* NULL stands for NaN; so does what is no number at all. */
static double column_double(sqlite3_stmt *s, int column)
{
    const int type = sqlite3_column_type(s, column);
    return type == SQLITE_FLOAT || type == SQLITE_INTEGER ? sqlite3_column_double(s, column) : (double)NAN;
}

/* A statement that does not even compile misses its table or column: the file is another program's, or
 * damaged. */
static el4ml_status cannot_read(el4ml_landscape *l, el4ml_error *error)
{
    if (sqlite3_errcode(l->db) != SQLITE_ERROR)
        return el4ml_database_fail(l, "reading (is this an el4ml database?)", error);
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: not an el4ml database, or damaged: %s",
                      l->folder, sqlite3_errmsg(l->db));
}

static el4ml_status load_texts(el4ml_landscape *l, const char *sql, bool text, el4ml_error *error)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) return cannot_read(l, error);
    el4ml_status status = EL4ML_OK;
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW && status == EL4ML_OK) {
        const char *key = (const char *)sqlite3_column_text(s, 0);
        const void *value = sqlite3_column_blob(s, 1);
        el4ml_blob *blob = key ? el4ml_landscape_blob(l, key, text, true) : NULL;
        if (!blob || !el4ml_blob_set(blob, value, (size_t)sqlite3_column_bytes(s, 1)))
            status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
        else
            blob->changed = false;
    }
    if (status == EL4ML_OK && code != SQLITE_DONE) status = el4ml_database_fail(l, "reading", error);
    sqlite3_finalize(s);
    return status;
}

static el4ml_status parse_size(el4ml_landscape *l, const char *key, size_t *value, el4ml_error *error)
{
    const char *text = el4ml_landscape_meta(l, key);
    char *end;
    errno = 0;
    const unsigned long long number = text ? strtoull(text, &end, 10) : 0;
    if (!text || *end || errno || end == text || number > INT32_MAX)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: meta has no valid '%s'", l->folder, key);
    *value = (size_t)number;
    return EL4ML_OK;
}

static const char *const select_minima =
    "SELECT m.id, energy, log_product, log_multiplicity, smallest_eigenvalue, gradient_rms, coordinates, "
    "hits,"
    " proved, flagged, train_loss, train_accuracy, train_r2, test_loss, test_accuracy, test_r2, 0, 0"
    " FROM minima m LEFT JOIN minimum_details d ON d.id = m.id ORDER BY m.id";
static const char *const select_states =
    "SELECT t.id, energy, log_product, log_multiplicity, smallest_eigenvalue, gradient_rms, coordinates, "
    "hits,"
    " proved, flagged, NULL, NULL, NULL, NULL, NULL, NULL, minimum_a, minimum_b"
    " FROM transition_states t LEFT JOIN transition_state_details d ON d.id = t.id ORDER BY t.id";

/* The blob may lie at any address. */
static bool finite_coordinates(const unsigned char *blob, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x;
        memcpy(&x, blob + i * sizeof x, sizeof x);
        if (!isfinite(x)) return false;
    }
    return true;
}

static el4ml_status load_row(el4ml_landscape *l, el4ml_species species, sqlite3_stmt *s, el4ml_error *error)
{
    el4ml_table *t = &l->table[species];
    const char *name = species == EL4ML_MINIMUM ? "minima" : "transition_states";
    const sqlite3_int64 id = sqlite3_column_int64(s, 0);
    if (id != (sqlite3_int64)t->count + 1)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: table %s: id %zu is missing", l->folder,
                          name, t->count + 1);
    if ((size_t)sqlite3_column_bytes(s, 6) != l->n * sizeof(double))
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s/landscape.db: table %s: row %lld has not %zu coordinates", l->folder, name,
                          (long long)id, l->n);
    const el4ml_stationary point = {.energy = column_double(s, 1),
                                    .log_product = column_double(s, 2),
                                    .log_multiplicity = column_double(s, 3),
                                    .smallest_eigenvalue = column_double(s, 4),
                                    .gradient_rms = column_double(s, 5),
                                    .index = species == EL4ML_TRANSITION_STATE,
                                    .proved = sqlite3_column_int(s, 8) != 0,
                                    .flagged = sqlite3_column_int(s, 9) != 0,
                                    .x = (double *)sqlite3_column_blob(s, 6)};
    const sqlite3_int64 a = sqlite3_column_int64(s, 16), b = sqlite3_column_int64(s, 17);
    const sqlite3_int64 known = (sqlite3_int64)l->table[EL4ML_MINIMUM].count;
    if (!isfinite(point.energy) || !finite_coordinates(sqlite3_column_blob(s, 6), l->n) ||
        (species == EL4ML_TRANSITION_STATE && (a < 1 || b < 1 || a > known || b > known)))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: table %s: row %lld is damaged", l->folder,
                          name, (long long)id);
    size_t index;
    if (el4ml_table_append(t, l->n, &point, &index) != EL4ML_OK)
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    el4ml_record *r = &t->records[index];
    r->hits = sqlite3_column_int64(s, 7);
    r->train = (el4ml_metrics){column_double(s, 10), column_double(s, 11), column_double(s, 12), NAN};
    r->test = (el4ml_metrics){column_double(s, 13), column_double(s, 14), column_double(s, 15), NAN};
    if (species == EL4ML_TRANSITION_STATE) {
        r->a = (size_t)(a - 1);
        r->b = (size_t)(b - 1);
    }
    return EL4ML_OK;
}

static el4ml_status load_table(el4ml_landscape *l, el4ml_species species, el4ml_error *error)
{
    sqlite3_stmt *s;
    const char *sql = species == EL4ML_MINIMUM ? select_minima : select_states;
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) return cannot_read(l, error);
    el4ml_status status = EL4ML_OK;
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW && status == EL4ML_OK)
        status = load_row(l, species, s, error);
    if (status == EL4ML_OK && code != SQLITE_DONE) status = el4ml_database_fail(l, "reading", error);
    sqlite3_finalize(s);
    l->table[species].stored = l->table[species].count;
    return status;
}

el4ml_status el4ml_database_load(el4ml_landscape *l, const char *path, el4ml_error *error)
{
    size_t version = 0, size;
    el4ml_status status = load_texts(l, "SELECT key, value FROM meta", true, error);
    if (status == EL4ML_OK) status = parse_size(l, "schema_version", &version, error);
    if (status == EL4ML_OK && version > EL4ML_SCHEMA_VERSION)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: made by a newer el4ml (schema %zu, this one knows %d): update el4ml", path,
                          version, EL4ML_SCHEMA_VERSION);
    if (status == EL4ML_OK) status = load_texts(l, "SELECT key, value FROM state", false, error);
    if (status == EL4ML_OK) status = parse_size(l, "dimension", &l->n, error);
    if (status == EL4ML_OK) status = parse_size(l, "zero_modes", &l->zero_modes, error);
    if (status == EL4ML_OK && (l->n == 0 || l->zero_modes > l->n))
        status =
            el4ml_fail(error, EL4ML_BAD_INPUT, "%s: meta has an impossible dimension or zero_modes", path);
    if (status == EL4ML_OK) status = load_table(l, EL4ML_MINIMUM, error);
    if (status == EL4ML_OK) status = load_table(l, EL4ML_TRANSITION_STATE, error);
    if (status == EL4ML_OK) status = el4ml_database_load_extras(l, error);
    if (status != EL4ML_OK) return status;
    const void *totals = el4ml_landscape_get(l, "totals", &size);
    if (totals && size == sizeof l->totals) memcpy(&l->totals, totals, size);
    return EL4ML_OK;
}

/* ---- storing ---- */

static bool run_once(sqlite3_stmt *s)
{
    const bool done = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_reset(s);
    return done;
}

static void bind_point(sqlite3_stmt *s, const el4ml_record *r, size_t id, size_t n)
{
    sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
    sqlite3_bind_double(s, 2, r->point.energy);
    sqlite3_bind_double(s, 3, r->point.log_product);
    sqlite3_bind_double(s, 4, r->point.log_multiplicity);
    sqlite3_bind_double(s, 5, r->point.smallest_eigenvalue);
    sqlite3_bind_double(s, 6, r->point.gradient_rms);
    sqlite3_bind_blob64(s, 9, r->point.x, n * sizeof(double), SQLITE_STATIC);
}

static bool insert_point(el4ml_landscape *l, el4ml_species species, size_t index, sqlite3_stmt *row,
                         sqlite3_stmt *details)
{
    const el4ml_record *r = &l->table[species].records[index];
    bind_point(row, r, index + 1, l->n);
    sqlite3_bind_int64(details, 1, (sqlite3_int64)index + 1);
    sqlite3_bind_int(details, 2, r->point.proved);
    sqlite3_bind_int(details, 3, r->point.flagged);
    if (species == EL4ML_MINIMUM) {
        const double metrics[6] = {r->train.loss, r->train.accuracy, r->train.r2,
                                   r->test.loss,  r->test.accuracy,  r->test.r2};
        sqlite3_bind_int64(row, 7, r->hits);
        for (int k = 0; k < 6; k++)
            sqlite3_bind_double(details, 4 + k, metrics[k]); /* NaN is stored as NULL */
    } else {
        sqlite3_bind_int64(row, 7, (sqlite3_int64)r->a + 1);
        sqlite3_bind_int64(row, 8, (sqlite3_int64)r->b + 1);
        sqlite3_bind_int64(details, 4, r->hits);
    }
    return run_once(row) && run_once(details);
}

static bool store_table(el4ml_landscape *l, el4ml_species species)
{
    static const char *const insert[2] = {"INSERT INTO minima VALUES(?1,?2,?3,?4,?5,?6,?7,?9)",
                                          "INSERT INTO transition_states VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"};
    static const char *const details[2] = {"INSERT INTO minimum_details VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
                                           "INSERT INTO transition_state_details VALUES(?1,?2,?3,?4)"};
    static const char *const update[2] = {"UPDATE minima SET hits = ?2 WHERE id = ?1",
                                          "UPDATE transition_state_details SET hits = ?2 WHERE id = ?1"};
    el4ml_table *t = &l->table[species];
    sqlite3_stmt *row = NULL, *extra = NULL, *hits = NULL;
    bool good = sqlite3_prepare_v2(l->db, insert[species], -1, &row, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(l->db, details[species], -1, &extra, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(l->db, update[species], -1, &hits, NULL) == SQLITE_OK;
    for (size_t i = t->stored; good && i < t->count; i++)
        good = insert_point(l, species, i, row, extra);
    for (size_t k = 0; good && k < t->dirty_count; k++) {
        sqlite3_bind_int64(hits, 1, (sqlite3_int64)t->dirty[k] + 1);
        sqlite3_bind_int64(hits, 2, t->records[t->dirty[k]].hits);
        good = run_once(hits);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(extra);
    sqlite3_finalize(hits);
    return good;
}

static bool store_blobs(el4ml_landscape *l)
{
    bool good = true;
    for (size_t k = 0; k < l->blob_count && good; k++) {
        el4ml_blob *b = &l->blobs[k];
        if (!b->changed) continue;
        sqlite3_stmt *s;
        const char *sql = b->text ? "INSERT OR REPLACE INTO meta VALUES(?1, ?2)"
                                  : "INSERT OR REPLACE INTO state VALUES(?1, ?2)";
        good = sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) == SQLITE_OK;
        if (!good) break;
        sqlite3_bind_text(s, 1, b->key, -1, SQLITE_STATIC);
        if (b->text)
            sqlite3_bind_text(s, 2, b->bytes, -1, SQLITE_STATIC);
        else
            sqlite3_bind_blob64(s, 2, b->bytes, b->size, SQLITE_STATIC);
        good = run_once(s);
        sqlite3_finalize(s);
    }
    return good;
}

el4ml_status el4ml_database_store(el4ml_landscape *l, el4ml_error *error)
{
    bool good = !sqlite3_get_autocommit(l->db) ||
                sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    good = good && store_table(l, EL4ML_MINIMUM) && store_table(l, EL4ML_TRANSITION_STATE) &&
           el4ml_database_store_extras(l) && store_blobs(l) && sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (good) return EL4ML_OK;
    el4ml_status status = el4ml_database_fail(l, "storing", error);
    if (status == EL4ML_BUSY || status == EL4ML_BAD_INPUT) { /* it was ours and well when it was opened */
        status = EL4ML_IO;
        if (error) error->status = status;
    }
    sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
