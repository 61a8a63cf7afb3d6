/* pele's database: SQLite made through SQLAlchemy, tables tbl_minima and tbl_transition_states. fvib is the
 * ln product, pgorder the point-group order; both are NULL until pele was asked to compute them, and early
 * schemas lack them. Coordinates are pickled numpy arrays, which only Python reads, and stay behind. */
#include <math.h>
#include <stdio.h>
#include <sqlite3.h>

#include "base/file.h"
#include "base/memory.h"
#include "landscape/foreign.h"

typedef struct pele {
    el4ml_foreign *f;
    const char *shown; /* the file in messages */
    sqlite3 *db;
    sqlite3_int64 *ids; /* of the minima, ascending */
    el4ml_error *error;
} pele;

static el4ml_status no_memory(const pele *p)
{
    return el4ml_fail(p->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", p->shown);
}

static el4ml_status bad_database(const pele *p)
{
    return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: %s", p->shown,
                      p->db ? sqlite3_errmsg(p->db) : "out of memory");
}

static el4ml_status bad_row(const pele *p, el4ml_species species, sqlite3_int64 id, const char *what)
{
    return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: %s, _id %lld: %s", p->shown,
                      species == EL4ML_MINIMUM ? "tbl_minima" : "tbl_transition_states", (long long)id, what);
}

/* The first number of the first row; false when there is none. */
static bool ask(const pele *p, const char *sql, sqlite3_int64 *number)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(p->db, sql, -1, &s, NULL) != SQLITE_OK) return false;
    const bool found = sqlite3_step(s) == SQLITE_ROW;
    if (found) *number = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return found;
}

/* The column's name, or NULL's where the table has no such column. */
static const char *column(const pele *p, const char *table, const char *name)
{
    char sql[160];
    sqlite3_int64 count = 0;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'", table, name);
    return ask(p, sql, &count) && count > 0 ? name : "NULL";
}

/* A finite number, or NaN for NULL. */
static bool read_number(sqlite3_stmt *s, int at, double *value)
{
    *value = NAN;
    const int type = sqlite3_column_type(s, at);
    if (type == SQLITE_NULL) return true;
    *value = sqlite3_column_double(s, at);
    return (type == SQLITE_FLOAT || type == SQLITE_INTEGER) && isfinite(*value);
}

/* Columns 0 to 4: _id, energy, fvib, pgorder, invalid. */
static el4ml_status read_point(const pele *p, el4ml_species species, sqlite3_stmt *s,
                               el4ml_foreign_point *point)
{
    const sqlite3_int64 id = sqlite3_column_int64(s, 0);
    double order = NAN;
    if (!read_number(s, 1, &point->energy) || isnan(point->energy))
        return bad_row(p, species, id, "the energy is not a finite number");
    if (!read_number(s, 2, &point->log_product))
        return bad_row(p, species, id, "fvib is not a finite number");
    if (!read_number(s, 3, &order) || order < 1 || order != floor(order))
        if (!isnan(order)) return bad_row(p, species, id, "pgorder is not a whole number from 1");
    point->log_multiplicity = order == 1 ? 0 : -log(order);
    return EL4ML_OK;
}

static el4ml_status take_minimum(pele *p, sqlite3_stmt *s, size_t row)
{
    el4ml_foreign_point *point = &p->f->table[EL4ML_MINIMUM].points[row];
    const el4ml_status status = read_point(p, EL4ML_MINIMUM, s, point);
    p->ids[row] = sqlite3_column_int64(s, 0);
    point->flagged = sqlite3_column_int(s, 4) != 0;
    p->f->report.invalid_minima += point->flagged;
    return status;
}

static bool find_minimum(const pele *p, sqlite3_stmt *s, int at, size_t *index)
{
    const size_t count = p->f->table[EL4ML_MINIMUM].count;
    const sqlite3_int64 id = sqlite3_column_int64(s, at);
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (p->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low;
    return sqlite3_column_type(s, at) == SQLITE_INTEGER && low < count && p->ids[low] == id;
}

/* Columns 5 to 7: the two minima, eigenval. */
static el4ml_status take_state(pele *p, sqlite3_stmt *s, size_t row)
{
    el4ml_foreign_point *point = &p->f->table[EL4ML_TRANSITION_STATE].points[row];
    const sqlite3_int64 id = sqlite3_column_int64(s, 0);
    double eigenvalue = NAN;
    if (!find_minimum(p, s, 5, &point->a) || !find_minimum(p, s, 6, &point->b))
        return bad_row(p, EL4ML_TRANSITION_STATE, id, "joins a minimum that tbl_minima does not have");
    if (read_number(s, 7, &eigenvalue) && eigenvalue < 0) point->smallest_eigenvalue = eigenvalue;
    return read_point(p, EL4ML_TRANSITION_STATE, s, point);
}

static el4ml_status read_rows(pele *p, el4ml_species species, const char *sql)
{
    sqlite3_stmt *s;
    el4ml_foreign_table *t = &p->f->table[species];
    const size_t room = t->count;
    if (sqlite3_prepare_v2(p->db, sql, -1, &s, NULL) != SQLITE_OK) return bad_database(p);
    el4ml_status status = EL4ML_OK;
    int code;
    t->count = 0;
    while (status == EL4ML_OK && (code = sqlite3_step(s)) == SQLITE_ROW && t->count < room) {
        if (species == EL4ML_TRANSITION_STATE && sqlite3_column_int(s, 4) != 0) {
            p->f->report.invalid_states++;
            continue;
        }
        status = species == EL4ML_MINIMUM ? take_minimum(p, s, t->count) : take_state(p, s, t->count);
        if (status == EL4ML_OK) status = el4ml_foreign_pause(p->f, t->count, p->error);
        t->count++;
    }
    if (status == EL4ML_OK && code != SQLITE_DONE) status = bad_database(p);
    sqlite3_finalize(s);
    return status;
}

static el4ml_status read_table(pele *p, el4ml_species species)
{
    const bool minima = species == EL4ML_MINIMUM;
    const char *table = minima ? "tbl_minima" : "tbl_transition_states";
    char sql[320];
    sqlite3_int64 count = 0;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    if (!ask(p, sql, &count))
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: not a database of pele's: %s", p->shown,
                          sqlite3_errmsg(p->db));
    if (minima && count == 0) return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: no minimum in it", p->shown);
    if (!el4ml_foreign_reserve(p->f, species, (size_t)count)) return no_memory(p);
    if (minima) p->ids = EL4ML_NEW(sqlite3_int64, (size_t)count);
    if (!p->ids) return no_memory(p);
    snprintf(sql, sizeof sql, "SELECT _id, energy, %s, %s, %s%s%s FROM %s ORDER BY _id",
             column(p, table, "fvib"), column(p, table, "pgorder"), column(p, table, "invalid"),
             minima ? "" : ", _minimum1_id, _minimum2_id, ", minima ? "" : column(p, table, "eigenval"),
             table);
    return read_rows(p, species, sql);
}

el4ml_status el4ml_read_pele(el4ml_foreign *f, const char *path, el4ml_error *error)
{
    pele p = {.f = f, .shown = el4ml_path_for_message(path), .error = error};
    sqlite3_int64 pickled = 0;
    f->report.program = "pele";
    el4ml_status status = EL4ML_OK;
    if (sqlite3_open_v2(path, &p.db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        status = bad_database(&p);
    else
        sqlite3_exec(p.db, "BEGIN", NULL, NULL, NULL); /* both tables as they are at one moment */
    if (status == EL4ML_OK) status = read_table(&p, EL4ML_MINIMUM);
    if (status == EL4ML_OK) status = read_table(&p, EL4ML_TRANSITION_STATE);
    if (status == EL4ML_OK)
        f->report.pickles =
            ask(&p, "SELECT EXISTS(SELECT 1 FROM tbl_minima WHERE coords IS NOT NULL)", &pickled) &&
            pickled != 0;
    sqlite3_close(p.db);
    el4ml_release(p.ids);
    return status;
}
