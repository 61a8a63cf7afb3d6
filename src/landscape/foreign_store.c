/* An imported landscape becomes a database: made beside its place in one transaction, without a journal,
 * since it is worth nothing before it is whole, and moved there at the end. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "landscape/foreign.h"
#include "landscape/internal.h"

static const char *const further_tables =
    "CREATE TABLE minimum_sets(name TEXT, minimum INTEGER, PRIMARY KEY(name, minimum)) WITHOUT ROWID;"
    "CREATE TABLE minimum_moments(id INTEGER PRIMARY KEY, x REAL, y REAL, z REAL);"
    "CREATE TABLE transition_state_moments(id INTEGER PRIMARY KEY, x REAL, y REAL, z REAL);";

typedef struct store {
    const el4ml_foreign *f;
    el4ml_landscape *l; /* its folder, lock and database alone */
    el4ml_error *error;
} store;

static el4ml_status failed(const store *s)
{
    const el4ml_database_trouble t = el4ml_database_what(s->l);
    return el4ml_fail(s->error, t.status, "%s/landscape.db: cannot write: %s%s", s->l->folder, t.text,
                      t.room   ? "; make room, and run again"
                      : t.disk ? "; see to the disk, and run again"
                               : "");
}

static bool execute(const store *s, const char *sql)
{
    return sqlite3_exec(s->l->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* NaN is bound as NULL. */
static bool insert_point(const store *s, el4ml_species species, size_t i, sqlite3_stmt *row,
                         sqlite3_stmt *moments)
{
    const el4ml_foreign_table *t = &s->f->table[species];
    const el4ml_foreign_point *p = &t->points[i];
    const sqlite3_int64 id = (sqlite3_int64)i + 1;
    const size_t n = s->f->n;
    sqlite3_bind_int64(row, 1, id);
    sqlite3_bind_double(row, 2, p->energy);
    sqlite3_bind_double(row, 3, p->log_product);
    sqlite3_bind_double(row, 4, p->log_multiplicity);
    sqlite3_bind_double(row, 5, p->smallest_eigenvalue);
    if (species == EL4ML_TRANSITION_STATE) {
        sqlite3_bind_int64(row, 6, (sqlite3_int64)p->a + 1);
        sqlite3_bind_int64(row, 7, (sqlite3_int64)p->b + 1);
    }
    if (t->coordinates)
        sqlite3_bind_blob64(row, 8, t->coordinates + i * n, n * sizeof(double), SQLITE_STATIC);
    if (!el4ml_run_once(row)) return false;
    if (!s->f->moments) return true;
    sqlite3_bind_int64(moments, 1, id);
    for (int k = 0; k < 3; k++)
        sqlite3_bind_double(moments, 2 + k, p->moments[k]);
    return el4ml_run_once(moments);
}

static el4ml_status insert_points(const store *s, el4ml_species species)
{
    static const char *const insert[2] = {
        "INSERT INTO minima VALUES(?1, ?2, ?3, ?4, ?5, NULL, 0, ?8)",
        "INSERT INTO transition_states VALUES(?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7, ?8)"};
    static const char *const insert_moments[2] = {
        "INSERT INTO minimum_moments VALUES(?1, ?2, ?3, ?4)",
        "INSERT INTO transition_state_moments VALUES(?1, ?2, ?3, ?4)"};
    sqlite3_stmt *row = NULL, *moments = NULL;
    el4ml_status status = EL4ML_OK;
    if (sqlite3_prepare_v2(s->l->db, insert[species], -1, &row, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(s->l->db, insert_moments[species], -1, &moments, NULL) != SQLITE_OK)
        status = failed(s);
    for (size_t i = 0; status == EL4ML_OK && i < s->f->table[species].count; i++) {
        if (!insert_point(s, species, i, row, moments)) status = failed(s);
        if (status == EL4ML_OK) status = el4ml_foreign_pause(s->f, i, s->error);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(moments);
    return status;
}

/* Details only where they are not what a point without details has. */
static bool insert_flags(const store *s)
{
    const el4ml_foreign_table *t = &s->f->table[EL4ML_MINIMUM];
    sqlite3_stmt *row = NULL;
    bool good =
        sqlite3_prepare_v2(s->l->db, "INSERT INTO minimum_details(id, proved, flagged) VALUES(?1, 0, 1)", -1,
                           &row, NULL) == SQLITE_OK;
    for (size_t i = 0; good && i < t->count; i++) {
        if (!t->points[i].flagged) continue;
        sqlite3_bind_int64(row, 1, (sqlite3_int64)i + 1);
        good = el4ml_run_once(row);
    }
    sqlite3_finalize(row);
    return good;
}

static bool insert_sets(const store *s)
{
    sqlite3_stmt *row = NULL;
    bool good =
        sqlite3_prepare_v2(s->l->db, "INSERT INTO minimum_sets VALUES(?1, ?2)", -1, &row, NULL) == SQLITE_OK;
    for (size_t k = 0; good && k < s->f->set_count; k++) {
        sqlite3_bind_text(row, 1, s->f->sets[k].name, -1, SQLITE_STATIC);
        for (size_t i = 0; good && i < s->f->sets[k].count; i++) {
            sqlite3_bind_int64(row, 2, (sqlite3_int64)s->f->sets[k].members[i] + 1);
            good = el4ml_run_once(row);
        }
    }
    sqlite3_finalize(row);
    return good;
}

static bool insert_meta_row(const store *s, const char *key, const char *value)
{
    sqlite3_stmt *row = NULL;
    bool good = sqlite3_prepare_v2(s->l->db, "INSERT INTO meta VALUES(?1, ?2)", -1, &row, NULL) == SQLITE_OK;
    if (good) {
        sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
        sqlite3_bind_text(row, 2, value, -1, SQLITE_STATIC);
        good = el4ml_run_once(row);
    }
    sqlite3_finalize(row);
    return good;
}

static bool insert_meta(const store *s, const char *path)
{
    const el4ml_foreign *f = s->f;
    char version[16], dimension[32], zero_modes[32], kappa[32] = "unknown", model[64];
    char *absolute = el4ml_path_absolute(path, NULL);
    const double zeros = f->n > 0 && !isnan(f->kappa) ? (double)f->n - f->kappa : 0;
    snprintf(version, sizeof version, "%d", EL4ML_SCHEMA_VERSION);
    snprintf(dimension, sizeof dimension, "%zu", f->n);
    snprintf(zero_modes, sizeof zero_modes, "%.0f", zeros);
    if (!isnan(f->kappa)) snprintf(kappa, sizeof kappa, "%.0f", f->kappa);
    snprintf(model, sizeof model, "imported from %s", f->report.program);
    const char *const rows[][2] = {{"schema_version", version},
                                   {"el4ml_version", el4ml_version()},
                                   {"source", f->report.program},
                                   {"source_path", absolute ? absolute : path},
                                   {"study", ""},
                                   {"data_sha256", ""},
                                   {"dimension", dimension},
                                   {"zero_modes", zero_modes},
                                   {"kappa", kappa},
                                   {"model", model}};
    bool good = true;
    for (size_t k = 0; good && k < sizeof rows / sizeof *rows; k++)
        good = insert_meta_row(s, rows[k][0], rows[k][1]);
    el4ml_release(absolute);
    return good;
}

static el4ml_status fill(const store *s, const char *path)
{
    if (!execute(s, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN") ||
        !execute(s, el4ml_database_schema) || !execute(s, further_tables) || !insert_meta(s, path))
        return failed(s);
    el4ml_status status = el4ml_database_upgrade(s->l, s->error);
    if (status == EL4ML_OK) status = insert_points(s, EL4ML_MINIMUM);
    if (status == EL4ML_OK) status = insert_points(s, EL4ML_TRANSITION_STATE);
    if (status != EL4ML_OK) return status;
    if (!insert_flags(s) || !insert_sets(s) || !execute(s, "COMMIT; PRAGMA journal_mode = WAL"))
        return failed(s);
    return EL4ML_OK;
}

/* To the disk, and to its place. */
static el4ml_status place(const store *s, const char *beside, const char *path)
{
    const int file = open(beside, O_RDWR | O_CLOEXEC);
    bool good = file >= 0 && fsync(file) == 0;
    int number = errno;
    if (file >= 0) close(file);
    if (good && rename(beside, path) != 0) {
        good = false;
        number = errno;
    }
    return good ? EL4ML_OK
                : el4ml_fail(s->error, EL4ML_IO, "%s: cannot write: %s", el4ml_path_for_message(path),
                             el4ml_errno_text_of(number).text);
}

static el4ml_status make_database(const store *s, const char *source)
{
    char path[4096], beside[4096 + 8];
    snprintf(path, sizeof path, "%s/landscape.db", s->l->folder);
    snprintf(beside, sizeof beside, "%s.new", path);
    unlink(beside); /* of an import that was killed */
    el4ml_status status = EL4ML_OK;
    if (sqlite3_open_v2(beside, &s->l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        status = failed(s);
    if (status == EL4ML_OK) status = fill(s, source);
    if (sqlite3_close(s->l->db) != SQLITE_OK && status == EL4ML_OK) status = failed(s);
    s->l->db = NULL;
    if (status == EL4ML_OK) status = place(s, beside, path);
    if (status != EL4ML_OK) unlink(beside);
    return status;
}

el4ml_status el4ml_foreign_store(const el4ml_foreign *f, const char *path, const char *folder,
                                 el4ml_error *error)
{
    char database[4096];
    struct stat about;
    if ((size_t)snprintf(database, sizeof database, "%s/landscape.db", folder) >= sizeof database)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", el4ml_path_for_message(folder));
    if (stat(database, &about) == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: holds a landscape already; use another folder (-o)",
                          folder);
    const bool fresh = stat(folder, &about) != 0;
    store s = {.f = f, .error = error};
    el4ml_status status = el4ml_landscape_claim(folder, &s.l, error);
    if (status == EL4ML_OK) status = make_database(&s, path);
    el4ml_landscape_close(s.l);
    if (status != EL4ML_OK && fresh) rmdir(folder);
    return status;
}
