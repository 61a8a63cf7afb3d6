/* What models are worth, in the database: a column train_NAME and test_NAME of minimum_details for each
 * metric, and the tables targets and minimum_targets for the several targets of a regression. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "landscape/internal.h"

static const char *const parts[2] = {"train", "test"};

const char *const el4ml_details_columns = "id, proved, flagged";

static const char *const target_tables =
    "CREATE TABLE IF NOT EXISTS targets(target INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE IF NOT EXISTS minimum_targets(id INTEGER, target INTEGER, train_loss REAL, train_r2 REAL,"
    " test_loss REAL, test_r2 REAL, PRIMARY KEY(id, target)) WITHOUT ROWID;";

static bool found(const el4ml_landscape *l, const char *sql, const char *name)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) return false;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    const bool there = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return there;
}

static bool has_column(const el4ml_landscape *l, const char *column)
{
    return found(l, "SELECT 1 FROM pragma_table_info('minimum_details') WHERE name = ?1", column);
}

/* "train_loss" ...; k over both parts. */
static bool column_name(size_t k, char name[64])
{
    size_t count;
    const el4ml_metric *metrics = el4ml_metric_list(&count);
    if (k >= 2 * count) return false;
    snprintf(name, 64, "%s_%s", parts[k / count], metrics[k % count].name);
    return true;
}

el4ml_status el4ml_database_upgrade(el4ml_landscape *l, el4ml_error *error)
{
    char name[64], sql[128];
    bool good = sqlite3_exec(l->db, target_tables, NULL, NULL, NULL) == SQLITE_OK;
    for (size_t k = 0; good && column_name(k, name); k++) {
        if (has_column(l, name)) continue;
        snprintf(sql, sizeof sql, "ALTER TABLE minimum_details ADD COLUMN %s REAL", name);
        good = sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK;
    }
    return good ? EL4ML_OK : el4ml_database_fail(l, "bringing the tables up to date", error);
}

char *el4ml_details_insert(void)
{
    el4ml_builder sql = {0};
    char name[64];
    size_t count = 0;
    el4ml_builder_format(&sql, "INSERT INTO minimum_details(%s", el4ml_details_columns);
    for (; column_name(count, name); count++)
        el4ml_builder_format(&sql, ", %s", name);
    el4ml_builder_text(&sql, ") VALUES(?1, ?2, ?3");
    for (size_t k = 0; k < count; k++)
        el4ml_builder_format(&sql, ", ?%zu", 4 + k);
    el4ml_builder_text(&sql, ")");
    return el4ml_builder_take(&sql);
}

char *el4ml_details_select(const el4ml_landscape *l)
{
    el4ml_builder sql = {0};
    char name[64];
    el4ml_builder_format(&sql, "SELECT %s", el4ml_details_columns);
    for (size_t k = 0; column_name(k, name); k++)
        el4ml_builder_format(&sql, ", %s", has_column(l, name) ? name : "NULL");
    el4ml_builder_text(&sql, " FROM minimum_details");
    return el4ml_builder_take(&sql);
}

/* NaN is stored as NULL. */
void el4ml_details_bind(sqlite3_stmt *s, int first, const el4ml_record *r)
{
    size_t count;
    const el4ml_metric *metrics = el4ml_metric_list(&count);
    for (int part = 0; part < 2; part++)
        for (size_t k = 0; k < count; k++)
            sqlite3_bind_double(s, first++, el4ml_metric_of(part ? &r->test : &r->train, &metrics[k]));
}

void el4ml_details_take(sqlite3_stmt *s, int first, el4ml_record *r)
{
    size_t count;
    const el4ml_metric *metrics = el4ml_metric_list(&count);
    for (int part = 0; part < 2; part++)
        for (size_t k = 0; k < count; k++) {
            const double value = el4ml_column_double(s, first++);
            memcpy((char *)(part ? &r->test : &r->train) + metrics[k].offset, &value, sizeof value);
        }
}

/* ---- Several targets ---- */

void el4ml_targets_free(el4ml_landscape *l)
{
    for (size_t t = 0; l->target_names && t < l->target_count; t++)
        el4ml_release(l->target_names[t]);
    el4ml_release(l->target_names);
    l->target_names = NULL;
    l->target_count = 0;
}

el4ml_status el4ml_landscape_name_targets(el4ml_landscape *l, size_t count, char *const *names,
                                          el4ml_error *error)
{
    if (l->target_count == count) return EL4ML_OK; /* the study is the same, and so are they */
    el4ml_targets_free(l);
    bool good = (l->target_names = EL4ML_NEW(char *, count)) != NULL;
    for (size_t t = 0; good && t < count; t++, l->target_count++)
        good = (l->target_names[t] = el4ml_copy_text(names[t])) != NULL;
    l->targets_changed = true;
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "landscape: out of memory");
}

char *const *el4ml_landscape_targets(const el4ml_landscape *l, size_t *count)
{
    *count = l->target_count;
    return l->target_names;
}

static bool targets_memory(const el4ml_landscape *l, el4ml_record *r)
{
    if (!r->train_targets) r->train_targets = EL4ML_NEW(el4ml_target_metrics, 2 * l->target_count);
    if (r->train_targets) r->test_targets = r->train_targets + l->target_count;
    return r->train_targets != NULL;
}

el4ml_status el4ml_landscape_set_target_metrics(el4ml_landscape *l, size_t index,
                                                const el4ml_target_metrics *train,
                                                const el4ml_target_metrics *test, el4ml_error *error)
{
    el4ml_record *r = &l->table[EL4ML_MINIMUM].records[index];
    if (!targets_memory(l, r)) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "landscape: out of memory");
    memcpy(r->train_targets, train, l->target_count * sizeof *train);
    memcpy(r->test_targets, test, l->target_count * sizeof *test);
    return EL4ML_OK;
}

bool el4ml_targets_store(el4ml_landscape *l, sqlite3_stmt *row, size_t index)
{
    const el4ml_record *r = &l->table[EL4ML_MINIMUM].records[index];
    bool good = true;
    for (size_t t = 0; good && r->train_targets && t < l->target_count; t++) {
        sqlite3_bind_int64(row, 1, (sqlite3_int64)index + 1);
        sqlite3_bind_int64(row, 2, (sqlite3_int64)t + 1);
        sqlite3_bind_double(row, 3, r->train_targets[t].loss);
        sqlite3_bind_double(row, 4, r->train_targets[t].r2);
        sqlite3_bind_double(row, 5, r->test_targets[t].loss);
        sqlite3_bind_double(row, 6, r->test_targets[t].r2);
        good = el4ml_run_once(row);
    }
    return good;
}

bool el4ml_targets_store_names(el4ml_landscape *l)
{
    sqlite3_stmt *row = NULL;
    bool good = sqlite3_prepare_v2(l->db, "INSERT OR REPLACE INTO targets VALUES(?1, ?2)", -1, &row, NULL) ==
                SQLITE_OK;
    for (size_t t = 0; good && t < l->target_count; t++) {
        sqlite3_bind_int64(row, 1, (sqlite3_int64)t + 1);
        sqlite3_bind_text(row, 2, l->target_names[t], -1, SQLITE_STATIC);
        good = el4ml_run_once(row);
    }
    sqlite3_finalize(row);
    return good;
}

static el4ml_status damaged(const el4ml_landscape *l, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s/landscape.db: table targets is damaged", l->folder);
}

static el4ml_status load_names(el4ml_landscape *l, sqlite3_stmt *s, el4ml_error *error)
{
    size_t capacity = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 1);
        if (!name || sqlite3_column_int64(s, 0) != (sqlite3_int64)l->target_count + 1)
            return damaged(l, error);
        if (!el4ml_grow((void **)&l->target_names, &capacity, l->target_count + 1, sizeof *l->target_names) ||
            !(l->target_names[l->target_count] = el4ml_copy_text(name)))
            return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
        l->target_count++;
    }
    return EL4ML_OK;
}

static el4ml_status load_numbers(el4ml_landscape *l, sqlite3_stmt *s, el4ml_error *error)
{
    while (sqlite3_step(s) == SQLITE_ROW) {
        const sqlite3_int64 id = sqlite3_column_int64(s, 0), target = sqlite3_column_int64(s, 1);
        if (id < 1 || id > (sqlite3_int64)l->table[EL4ML_MINIMUM].count) continue;
        if (target < 1 || target > (sqlite3_int64)l->target_count) return damaged(l, error);
        el4ml_record *r = &l->table[EL4ML_MINIMUM].records[id - 1];
        if (!targets_memory(l, r))
            return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
        r->train_targets[target - 1] =
            (el4ml_target_metrics){el4ml_column_double(s, 2), el4ml_column_double(s, 3)};
        r->test_targets[target - 1] =
            (el4ml_target_metrics){el4ml_column_double(s, 4), el4ml_column_double(s, 5)};
    }
    return EL4ML_OK;
}

typedef el4ml_status (*take_rows)(el4ml_landscape *l, sqlite3_stmt *s, el4ml_error *error);

static el4ml_status load(el4ml_landscape *l, const char *sql, take_rows take, el4ml_error *error)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) return damaged(l, error);
    const el4ml_status status = take(l, s, error);
    sqlite3_finalize(s);
    return status;
}

el4ml_status el4ml_targets_load(el4ml_landscape *l, el4ml_error *error)
{
    if (!found(l, "SELECT 1 FROM sqlite_master WHERE name = ?1", "minimum_targets")) return EL4ML_OK;
    const el4ml_status status =
        load(l, "SELECT target, name FROM targets ORDER BY target", load_names, error);
    if (status != EL4ML_OK) return status;
    return load(l, "SELECT id, target, train_loss, train_r2, test_loss, test_r2 FROM minimum_targets",
                load_numbers, error);
}
