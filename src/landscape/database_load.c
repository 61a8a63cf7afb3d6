/* The SQL side: reading a database. Every number is checked, since the file may be another program's, or
 * damaged. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "landscape/internal.h"

double el4ml_column_double(sqlite3_stmt *s, int column)
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

el4ml_status el4ml_database_each_row(el4ml_landscape *l, el4ml_species species, const char *sql,
                                     el4ml_take_row take, el4ml_error *error)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) return cannot_read(l, error);
    el4ml_status status = EL4ML_OK;
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW && status == EL4ML_OK)
        status = take(l, species, s, error);
    if (status == EL4ML_OK && code != SQLITE_DONE) status = el4ml_database_fail(l, "reading", error);
    sqlite3_finalize(s);
    return status;
}

/* ---- meta and state ---- */

static el4ml_status take_blob(el4ml_landscape *l, bool text, sqlite3_stmt *s, el4ml_error *error)
{
    const char *key = (const char *)sqlite3_column_text(s, 0);
    const void *value = sqlite3_column_blob(s, 1);
    el4ml_blob *blob = key ? el4ml_landscape_blob(l, key, text, true) : NULL;
    if (!blob || !el4ml_blob_set(blob, value, (size_t)sqlite3_column_bytes(s, 1)))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    blob->changed = false;
    return EL4ML_OK;
}

static el4ml_status take_meta(el4ml_landscape *l, el4ml_species unused, sqlite3_stmt *s, el4ml_error *error)
{
    (void)unused;
    return take_blob(l, true, s, error);
}

static el4ml_status take_state(el4ml_landscape *l, el4ml_species unused, sqlite3_stmt *s, el4ml_error *error)
{
    (void)unused;
    return take_blob(l, false, s, error);
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

/* An imported landscape may have no coordinates, and its kappa may be anything or not known. */
static el4ml_status take_shape(el4ml_landscape *l, const char *path, el4ml_error *error)
{
    size_t kappa = 0;
    el4ml_status status = parse_size(l, "dimension", &l->n, error);
    if (status == EL4ML_OK) status = parse_size(l, "zero_modes", &l->zero_modes, error);
    if (status != EL4ML_OK) return status;
    l->imported = el4ml_landscape_source(l) != NULL;
    if ((l->n == 0 && !l->imported) || l->zero_modes > l->n)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: meta has an impossible dimension or zero_modes", path);
    l->kappa = (double)(l->n - l->zero_modes);
    if (!l->imported) return EL4ML_OK;
    const char *text = el4ml_landscape_meta(l, "kappa");
    const bool known = !text || strcmp(text, "unknown") != 0;
    if (known) status = parse_size(l, "kappa", &kappa, error);
    l->kappa = known ? (double)kappa : (double)NAN;
    return status;
}

/* ---- points ---- */

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

static const char *table_name(el4ml_species species)
{
    return species == EL4ML_MINIMUM ? "minima" : "transition_states";
}

static el4ml_status check_row(el4ml_landscape *l, el4ml_species species, sqlite3_stmt *s, el4ml_error *error)
{
    const sqlite3_int64 id = sqlite3_column_int64(s, 0);
    const size_t next = l->table[species].count + 1;
    if (id != (sqlite3_int64)next)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: table %s: id %zu is missing", l->folder,
                          table_name(species), next);
    const bool none = l->imported && sqlite3_column_type(s, 6) == SQLITE_NULL;
    if (!none && (size_t)sqlite3_column_bytes(s, 6) != l->n * sizeof(double))
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s/landscape.db: table %s: row %lld has not %zu coordinates", l->folder,
                          table_name(species), (long long)id, l->n);
    const sqlite3_int64 a = sqlite3_column_int64(s, 7), b = sqlite3_column_int64(s, 8);
    const sqlite3_int64 known = (sqlite3_int64)l->table[EL4ML_MINIMUM].count;
    if (isfinite(el4ml_column_double(s, 1)) &&
        (none || finite_coordinates(sqlite3_column_blob(s, 6), l->n)) &&
        (species == EL4ML_MINIMUM || (a >= 1 && b >= 1 && a <= known && b <= known)))
        return EL4ML_OK;
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: table %s: row %lld is damaged", l->folder,
                      table_name(species), (long long)id);
}

static el4ml_status take_point(el4ml_landscape *l, el4ml_species species, sqlite3_stmt *s, el4ml_error *error)
{
    const el4ml_status status = check_row(l, species, s, error);
    if (status != EL4ML_OK) return status;
    const el4ml_stationary point = {.energy = el4ml_column_double(s, 1),
                                    .log_product = el4ml_column_double(s, 2),
                                    .log_multiplicity = el4ml_column_double(s, 3),
                                    .smallest_eigenvalue = el4ml_column_double(s, 4),
                                    .gradient_rms = el4ml_column_double(s, 5),
                                    .index = species == EL4ML_TRANSITION_STATE,
                                    .x = (double *)sqlite3_column_blob(s, 6)};
    size_t index;
    if (el4ml_table_append(&l->table[species], l->n, &point, &index) != EL4ML_OK)
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    el4ml_record *r = &l->table[species].records[index];
    if (species == EL4ML_MINIMUM) {
        r->hits = sqlite3_column_int64(s, 7);
    } else {
        r->a = (size_t)(sqlite3_column_int64(s, 7) - 1);
        r->b = (size_t)(sqlite3_column_int64(s, 8) - 1);
    }
    return EL4ML_OK;
}

/* A point without details has the defaults of its record. */
static el4ml_status take_details(el4ml_landscape *l, el4ml_species species, sqlite3_stmt *s,
                                 el4ml_error *error)
{
    (void)error;
    const sqlite3_int64 id = sqlite3_column_int64(s, 0);
    if (id < 1 || id > (sqlite3_int64)l->table[species].count) return EL4ML_OK;
    el4ml_record *r = &l->table[species].records[id - 1];
    r->point.proved = sqlite3_column_int(s, 1) != 0;
    r->point.flagged = sqlite3_column_int(s, 2) != 0;
    if (species == EL4ML_TRANSITION_STATE) {
        r->hits = sqlite3_column_int64(s, 3);
        return EL4ML_OK;
    }
    el4ml_details_take(s, 3, r);
    return EL4ML_OK;
}

/* Room for all rows at once: ids are 1, 2, ..., unless the file is damaged, and each row takes some bytes of
 * it. */
static el4ml_status take_size(el4ml_landscape *l, el4ml_species species, sqlite3_stmt *s, el4ml_error *error)
{
    const sqlite3_int64 last = sqlite3_column_int64(s, 0), bytes = sqlite3_column_int64(s, 1);
    if (last < 1) return EL4ML_OK;
    const size_t count = (size_t)(last < bytes / 8 ? last : bytes / 8);
    el4ml_table *t = &l->table[species];
    if (!el4ml_grow((void **)&t->records, &t->capacity, count, sizeof *t->records))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    return EL4ML_OK;
}

static el4ml_status load_details(el4ml_landscape *l, el4ml_species species, el4ml_error *error)
{
    if (species == EL4ML_TRANSITION_STATE)
        return el4ml_database_each_row(l, species,
                                       "SELECT id, proved, flagged, hits FROM transition_state_details",
                                       take_details, error);
    char *sql = el4ml_details_select(l);
    const el4ml_status status = sql ? el4ml_database_each_row(l, species, sql, take_details, error)
                                    : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    el4ml_release(sql);
    return status;
}

static el4ml_status load_table(el4ml_landscape *l, el4ml_species species, el4ml_error *error)
{
    static const char *const size[2] = {
        "SELECT max(id), page_count * page_size FROM minima, pragma_page_count, pragma_page_size",
        "SELECT max(id), page_count * page_size FROM transition_states, pragma_page_count, pragma_page_size"};
    static const char *const points[2] = {
        "SELECT id, energy, log_product, log_multiplicity, smallest_eigenvalue, gradient_rms, coordinates, "
        "hits,"
        " 0 FROM minima ORDER BY id",
        "SELECT id, energy, log_product, log_multiplicity, smallest_eigenvalue, gradient_rms, coordinates,"
        " minimum_a, minimum_b FROM transition_states ORDER BY id"};
    el4ml_status status = el4ml_database_each_row(l, species, size[species], take_size, error);
    if (status == EL4ML_OK) status = el4ml_database_each_row(l, species, points[species], take_point, error);
    if (status == EL4ML_OK) status = load_details(l, species, error);
    if (status == EL4ML_OK && !el4ml_table_order(&l->table[species]))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    l->table[species].stored = l->table[species].count;
    return status;
}

el4ml_status el4ml_database_load(el4ml_landscape *l, const char *path, el4ml_error *error)
{
    size_t size;
    el4ml_status status =
        el4ml_database_each_row(l, EL4ML_MINIMUM, "SELECT key, value FROM meta", take_meta, error);
    if (status == EL4ML_OK) status = parse_size(l, "schema_version", &l->version, error);
    if (status == EL4ML_OK && l->version > EL4ML_SCHEMA_VERSION)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: made by a newer el4ml (schema %zu, this one knows %d): update el4ml", path,
                          l->version, EL4ML_SCHEMA_VERSION);
    if (status == EL4ML_OK)
        status = el4ml_database_each_row(l, EL4ML_MINIMUM, "SELECT key, value FROM state", take_state, error);
    if (status == EL4ML_OK) status = take_shape(l, path, error);
    if (status == EL4ML_OK) status = load_table(l, EL4ML_MINIMUM, error);
    if (status == EL4ML_OK) status = load_table(l, EL4ML_TRANSITION_STATE, error);
    if (status == EL4ML_OK) status = el4ml_targets_load(l, error);
    if (status == EL4ML_OK) status = el4ml_database_load_extras(l, error);
    if (status != EL4ML_OK) return status;
    const void *totals = el4ml_landscape_get(l, "totals", &size);
    if (totals && size == sizeof l->totals) memcpy(&l->totals, totals, size);
    return EL4ML_OK;
}
