/* The SQL side: schema, and one transaction a batch. WAL mode with synchronous = NORMAL: a kill at
 * any moment leaves the last commit; nothing is ever half there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "landscape/internal.h"

const char *const el4ml_database_schema =
    "CREATE TABLE minima(id INTEGER PRIMARY KEY, energy REAL, log_product REAL, log_multiplicity REAL,"
    " smallest_eigenvalue REAL, gradient_rms REAL, hits INTEGER, coordinates BLOB);"
    "CREATE TABLE transition_states(id INTEGER PRIMARY KEY, energy REAL, log_product REAL, log_multiplicity "
    "REAL,"
    " smallest_eigenvalue REAL, gradient_rms REAL, minimum_a INTEGER, minimum_b INTEGER, coordinates BLOB);"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE minimum_details(id INTEGER PRIMARY KEY, proved INTEGER, flagged INTEGER);" /* and metrics.c
                                                                                              */
    "CREATE TABLE transition_state_details(id INTEGER PRIMARY KEY, proved INTEGER, flagged INTEGER, hits "
    "INTEGER);"
    "CREATE TABLE state(key TEXT PRIMARY KEY, value BLOB);";

el4ml_database_trouble el4ml_database_what(const el4ml_landscape *l)
{
    const int code = l->db ? sqlite3_errcode(l->db) : SQLITE_NOMEM;
    const int number = l->db && code == SQLITE_IOERR ? sqlite3_system_errno(l->db) : 0;
    el4ml_database_trouble t = {.status = EL4ML_IO, .text = l->db ? sqlite3_errmsg(l->db) : "out of memory"};
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) t.status = EL4ML_BUSY;
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_READONLY ||
        code == SQLITE_CANTOPEN || code == SQLITE_ERROR)
        t.status = EL4ML_BAD_INPUT;
    if (code == SQLITE_NOMEM) t.status = EL4ML_OUT_OF_MEMORY;
    if (number != 0) t.text = strerror(number);
    t.room = code == SQLITE_FULL || number == ENOSPC || number == EDQUOT || number == EFBIG;
    if (t.room && number != EFBIG) t.text = "the disk is full";
    t.disk = t.room || code == SQLITE_IOERR;
    return t;
}

el4ml_status el4ml_database_fail(el4ml_landscape *l, const char *doing, el4ml_error *error)
{
    const el4ml_database_trouble t = el4ml_database_what(l);
    const char *hint = "";
    if (t.room)
        hint = "; what was committed is safe: make room, and run again to continue";
    else if (t.disk && l->lock >= 0)
        hint = "; what was committed is safe: see to the disk, and run again to continue";
    return el4ml_fail(error, t.status, "%s/landscape.db: %s: %s%s", l->folder, doing, t.text, hint);
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
    if (status == EL4ML_OK) status = execute(l, el4ml_database_schema, "making the tables", error);
    if (status == EL4ML_OK) status = el4ml_database_upgrade(l, error);
    if (status == EL4ML_OK) status = set_size(l, "schema_version", EL4ML_SCHEMA_VERSION, error);
    if (status == EL4ML_OK) status = set_size(l, "dimension", identity->dimension, error);
    if (status == EL4ML_OK) status = set_size(l, "zero_modes", identity->zero_modes, error);
    if (status == EL4ML_OK) status = el4ml_landscape_set_meta(l, "el4ml_version", el4ml_version(), error);
    if (status == EL4ML_OK) status = el4ml_landscape_set_meta(l, "study", identity->study, error);
    if (status == EL4ML_OK) status = el4ml_landscape_set_meta(l, "data_sha256", identity->data_sha256, error);
    l->n = identity->dimension;
    l->zero_modes = identity->zero_modes;
    l->kappa = (double)(l->n - l->zero_modes);
    return status == EL4ML_OK ? el4ml_database_create_extras(l, identity->info, error) : status;
}

el4ml_status el4ml_database_renew(el4ml_landscape *l, el4ml_error *error)
{
    el4ml_status status = execute(l, "BEGIN IMMEDIATE", "starting", error);
    if (status == EL4ML_OK) status = el4ml_database_upgrade(l, error);
    if (status == EL4ML_OK) status = set_size(l, "schema_version", EL4ML_SCHEMA_VERSION, error);
    return status == EL4ML_OK ? el4ml_landscape_commit(l, error) : status;
}

/* ---- storing ---- */

bool el4ml_run_once(sqlite3_stmt *s)
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
        sqlite3_bind_int64(row, 7, r->hits);
        el4ml_details_bind(details, 4, r);
    } else {
        sqlite3_bind_int64(row, 7, (sqlite3_int64)r->a + 1);
        sqlite3_bind_int64(row, 8, (sqlite3_int64)r->b + 1);
        sqlite3_bind_int64(details, 4, r->hits);
    }
    return el4ml_run_once(row) && el4ml_run_once(details);
}

/* Prepared once: a commit of a small batch is mostly parsing otherwise. NULL: SQLite refuses. */
static sqlite3_stmt *statement(el4ml_landscape *l, size_t which, const char *sql)
{
    sqlite3_stmt **s = &l->statements[which];
    if (!*s && sqlite3_prepare_v2(l->db, sql, -1, s, NULL) != SQLITE_OK) *s = NULL;
    return *s;
}

static sqlite3_stmt *details_statement(el4ml_landscape *l, el4ml_species species, size_t which)
{
    if (species == EL4ML_TRANSITION_STATE)
        return statement(l, which, "INSERT INTO transition_state_details VALUES(?1,?2,?3,?4)");
    return statement(l, which, l->details_insert);
}

/* That of the details of minima is made from the list of metrics. */
static bool make_details_insert(el4ml_landscape *l)
{
    if (!l->details_insert) l->details_insert = el4ml_details_insert();
    return l->details_insert != NULL;
}

static bool store_targets(el4ml_landscape *l)
{
    const el4ml_table *t = &l->table[EL4ML_MINIMUM];
    if (l->target_count == 0) return true;
    if (l->targets_changed && !el4ml_targets_store_names(l)) return false;
    sqlite3_stmt *row = statement(l, 8, "INSERT INTO minimum_targets VALUES(?1,?2,?3,?4,?5,?6)");
    bool good = row != NULL;
    for (size_t i = t->stored; good && i < t->count; i++)
        good = el4ml_targets_store(l, row, i);
    return good;
}

static bool store_table(el4ml_landscape *l, el4ml_species species)
{
    static const char *const insert[2] = {"INSERT INTO minima VALUES(?1,?2,?3,?4,?5,?6,?7,?9)",
                                          "INSERT INTO transition_states VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"};
    static const char *const update[2] = {"UPDATE minima SET hits = ?2 WHERE id = ?1",
                                          "UPDATE transition_state_details SET hits = ?2 WHERE id = ?1"};
    el4ml_table *t = &l->table[species];
    const size_t first = species == EL4ML_MINIMUM ? 0 : 3;
    sqlite3_stmt *row = statement(l, first, insert[species]),
                 *extra = details_statement(l, species, first + 1),
                 *hits = statement(l, first + 2, update[species]);
    bool good = row && extra && hits;
    for (size_t i = t->stored; good && i < t->count; i++)
        good = insert_point(l, species, i, row, extra);
    for (size_t k = 0; good && k < t->dirty_count; k++) {
        sqlite3_bind_int64(hits, 1, (sqlite3_int64)t->dirty[k] + 1);
        sqlite3_bind_int64(hits, 2, t->records[t->dirty[k]].hits);
        good = el4ml_run_once(hits);
    }
    return good;
}

static bool store_blobs(el4ml_landscape *l)
{
    bool good = true;
    for (size_t k = 0; k < l->blob_count && good; k++) {
        el4ml_blob *b = &l->blobs[k];
        if (!b->changed) continue;
        sqlite3_stmt *s = b->text ? statement(l, 6, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)")
                                  : statement(l, 7, "INSERT OR REPLACE INTO state VALUES(?1, ?2)");
        good = s != NULL;
        if (!good) break;
        sqlite3_bind_text(s, 1, b->key, -1, SQLITE_STATIC);
        if (b->text)
            sqlite3_bind_text(s, 2, b->bytes, -1, SQLITE_STATIC);
        else
            sqlite3_bind_blob64(s, 2, b->bytes, b->size, SQLITE_STATIC);
        good = el4ml_run_once(s);
    }
    return good;
}

el4ml_status el4ml_database_store(el4ml_landscape *l, el4ml_error *error)
{
    if (!make_details_insert(l))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    bool good = !sqlite3_get_autocommit(l->db) ||
                sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    good = good && store_table(l, EL4ML_MINIMUM) && store_table(l, EL4ML_TRANSITION_STATE) &&
           store_targets(l) && el4ml_database_store_extras(l) && store_blobs(l) &&
           sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (good) return EL4ML_OK;
    el4ml_status status = el4ml_database_fail(l, "storing", error);
    if (status == EL4ML_BUSY || status == EL4ML_BAD_INPUT) { /* it was ours and well when it was opened */
        status = EL4ML_IO;
        if (error) error->status = status;
    }
    sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
