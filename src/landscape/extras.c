/* Tables that only some landscapes have, so that all others stay as they are:
 *     bounds(coordinate, name, lower, upper)                     of the surface; NULL: none on that side
 *     active_bounds(kind, id, active, log_multipliers)           points with coordinates on a bound
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "landscape/internal.h"

static const char *const bounds_schema =
    "CREATE TABLE bounds(coordinate INTEGER PRIMARY KEY, name TEXT, lower REAL, upper REAL);"
    "CREATE TABLE active_bounds(kind TEXT, id INTEGER, active INTEGER, log_multipliers REAL,"
    " PRIMARY KEY(kind, id));";
static const char *const kinds[2] = {"minimum", "transition state"};

/* ---- bounds in memory ---- */

static bool make_room(el4ml_landscape *l)
{
    l->lower = EL4ML_NEW(double, l->n);
    l->upper = EL4ML_NEW(double, l->n);
    l->coordinate_names = EL4ML_NEW(char *, l->n);
    if (!l->lower || !l->upper || !l->coordinate_names) return false;
    for (size_t i = 0; i < l->n; i++) {
        l->lower[i] = -INFINITY;
        l->upper[i] = INFINITY;
    }
    return true;
}

void el4ml_landscape_clear_extras(el4ml_landscape *l)
{
    for (size_t i = 0; l->coordinate_names && i < l->n; i++)
        el4ml_release(l->coordinate_names[i]);
    el4ml_release(l->coordinate_names);
    el4ml_release(l->lower);
    el4ml_release(l->upper);
}

bool el4ml_landscape_has_bounds(const el4ml_landscape *l)
{
    return l->lower != NULL;
}

int el4ml_landscape_on_bound(const el4ml_landscape *l, const el4ml_record *r, size_t i)
{
    if (!l->lower || !r->point.x) return 0;
    return r->point.x[i] <= l->lower[i] ? -1 : r->point.x[i] >= l->upper[i];
}

const char *el4ml_landscape_coordinate_name(const el4ml_landscape *l, size_t i)
{
    return l->coordinate_names ? l->coordinate_names[i] : NULL;
}

void el4ml_landscape_bounds_text(const el4ml_landscape *l, const el4ml_record *r, char *text, size_t size)
{
    size_t used = 0;
    if (size > 0) text[0] = '\0';
    for (size_t i = 0; i < l->n && used < size; i++) {
        const int side = el4ml_landscape_on_bound(l, r, i);
        if (side == 0) continue;
        const char *name = el4ml_landscape_coordinate_name(l, i), *between = used > 0 ? ", " : "";
        const char *which = side < 0 ? "low" : "high";
        const int length = name ? snprintf(text + used, size - used, "%s%s %s", between, name, which)
                                : snprintf(text + used, size - used, "%sx%zu %s", between, i, which);
        used += length > 0 ? (size_t)length : size;
    }
}

/* ---- making the tables ---- */

static void bind_finite(sqlite3_stmt *s, int column, double value)
{
    if (isfinite(value))
        sqlite3_bind_double(s, column, value);
    else
        sqlite3_bind_null(s, column);
}

static bool insert_bounds(el4ml_landscape *l)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(l->db, "INSERT INTO bounds VALUES(?1, ?2, ?3, ?4)", -1, &s, NULL) != SQLITE_OK)
        return false;
    bool good = true;
    for (size_t i = 0; good && i < l->n; i++) {
        sqlite3_bind_int64(s, 1, (sqlite3_int64)i);
        sqlite3_bind_text(s, 2, l->coordinate_names[i], -1, SQLITE_STATIC); /* NULL is stored as such */
        bind_finite(s, 3, l->lower[i]);
        bind_finite(s, 4, l->upper[i]);
        good = el4ml_run_once(s);
    }
    sqlite3_finalize(s);
    return good;
}

el4ml_status el4ml_database_create_extras(el4ml_landscape *l, const el4ml_surface_info *info,
                                          el4ml_error *error)
{
    if (!info || !info->lower) return EL4ML_OK;
    bool good = make_room(l);
    for (size_t i = 0; good && i < l->n; i++) {
        l->lower[i] = info->lower[i];
        l->upper[i] = info->upper[i];
        if (!info->coordinate_names || !info->coordinate_names[i]) continue;
        l->coordinate_names[i] = el4ml_copy_text(info->coordinate_names[i]);
        good = l->coordinate_names[i] != NULL;
    }
    if (!good) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    if (sqlite3_exec(l->db, bounds_schema, NULL, NULL, NULL) == SQLITE_OK && insert_bounds(l))
        return EL4ML_OK;
    return el4ml_database_fail(l, "making the tables of bounds", error);
}

/* ---- loading ---- */

static double column_or(sqlite3_stmt *s, int column, double otherwise)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? otherwise : el4ml_column_double(s, column);
}

static bool has_table(el4ml_landscape *l, const char *name)
{
    sqlite3_stmt *s;
    const char *sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) return false;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    const bool there = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return there;
}

static el4ml_status damaged(const el4ml_landscape *l, const char *table, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: table %s is damaged", l->folder, table);
}

static el4ml_status take_bound(el4ml_landscape *l, el4ml_species unused, sqlite3_stmt *s, el4ml_error *error)
{
    (void)unused;
    const sqlite3_int64 i = sqlite3_column_int64(s, 0);
    if (i < 0 || (size_t)i >= l->n) return damaged(l, "bounds", error);
    const char *name = (const char *)sqlite3_column_text(s, 1);
    bool good = l->lower || make_room(l);
    if (good && name && !l->coordinate_names[i])
        good = (l->coordinate_names[i] = el4ml_copy_text(name)) != NULL;
    if (!good) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    l->lower[i] = column_or(s, 2, -(double)INFINITY);
    l->upper[i] = column_or(s, 3, INFINITY);
    return EL4ML_OK;
}

static el4ml_record *record_of(el4ml_landscape *l, el4ml_species species, sqlite3_int64 id)
{
    el4ml_table *t = &l->table[species];
    return id >= 1 && id <= (sqlite3_int64)t->count ? &t->records[id - 1] : NULL;
}

static el4ml_status take_active(el4ml_landscape *l, el4ml_species unused, sqlite3_stmt *s, el4ml_error *error)
{
    (void)unused;
    const char *kind = (const char *)sqlite3_column_text(s, 0);
    const bool minimum = kind && strcmp(kind, kinds[0]) == 0;
    el4ml_record *r =
        record_of(l, minimum ? EL4ML_MINIMUM : EL4ML_TRANSITION_STATE, sqlite3_column_int64(s, 1));
    const sqlite3_int64 active = sqlite3_column_int64(s, 2);
    if (!kind || !r || active < 1 || active > (sqlite3_int64)l->n) return damaged(l, "active_bounds", error);
    r->point.active = (size_t)active;
    r->point.log_multipliers = column_or(s, 3, NAN);
    return EL4ML_OK;
}

el4ml_status el4ml_database_load_extras(el4ml_landscape *l, el4ml_error *error)
{
    static const struct {
        const char *table, *sql;
        el4ml_take_row take;
    } extras[] = {
        {"bounds", "SELECT coordinate, name, lower, upper FROM bounds", take_bound},
        {"active_bounds", "SELECT kind, id, active, log_multipliers FROM active_bounds", take_active}};
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; k < sizeof extras / sizeof *extras && status == EL4ML_OK; k++)
        if (has_table(l, extras[k].table))
            status = el4ml_database_each_row(l, EL4ML_MINIMUM, extras[k].sql, extras[k].take, error);
    return status;
}

/* ---- storing ---- */

static bool store_active(el4ml_landscape *l, el4ml_species species)
{
    const el4ml_table *t = &l->table[species];
    sqlite3_stmt *s = NULL;
    bool good = true;
    for (size_t i = t->stored; l->lower && good && i < t->count; i++) {
        const el4ml_stationary *p = &t->records[i].point;
        if (p->active == 0) continue;
        good = s || sqlite3_prepare_v2(l->db, "INSERT INTO active_bounds VALUES(?1, ?2, ?3, ?4)", -1, &s,
                                       NULL) == SQLITE_OK;
        if (!good) break;
        sqlite3_bind_text(s, 1, kinds[species], -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)i + 1);
        sqlite3_bind_int64(s, 3, (sqlite3_int64)p->active);
        bind_finite(s, 4, p->log_multipliers);
        good = el4ml_run_once(s);
    }
    sqlite3_finalize(s);
    return good;
}

bool el4ml_database_store_extras(el4ml_landscape *l)
{
    return store_active(l, EL4ML_MINIMUM) && store_active(l, EL4ML_TRANSITION_STATE);
}
