/* Named sets of minima, kept in the table minimum_sets. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "landscape/internal.h"

void el4ml_minimum_set_free(el4ml_minimum_set *set)
{
    if (!set) return;
    el4ml_release(set->name);
    el4ml_release(set->members);
    el4ml_release(set);
}

/* A database of our own making has no such table. */
static bool has_table(const el4ml_landscape *l)
{
    sqlite3_stmt *s;
    const char *sql = "SELECT 1 FROM sqlite_master WHERE name = 'minimum_sets'";
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) return false;
    const bool found = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return found;
}

bool el4ml_landscape_set_names(el4ml_landscape *l, char *names, size_t size)
{
    sqlite3_stmt *s;
    size_t used = 0;
    names[0] = '\0';
    if (!has_table(l) || sqlite3_prepare_v2(l->db, "SELECT DISTINCT name FROM minimum_sets ORDER BY name", -1,
                                            &s, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        const size_t length = name ? strlen(name) : 0;
        if (length == 0 || used + length + 3 > size) continue;
        if (used > 0) {
            memcpy(names + used, ", ", 2);
            used += 2;
        }
        memcpy(names + used, name, length + 1);
        used += length;
    }
    sqlite3_finalize(s);
    return used > 0;
}

static el4ml_status no_set(el4ml_landscape *l, const char *name, el4ml_error *error)
{
    char names[256];
    const el4ml_excerpt shown = el4ml_excerpt_of(name);
    if (el4ml_landscape_set_names(l, names, sizeof names))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no set of minima is named '%s'; the sets are: %s",
                          l->folder, shown.text, names);
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no set of minima is named '%s'; there are no sets",
                      l->folder, shown.text);
}

static el4ml_status read_members(el4ml_landscape *l, sqlite3_stmt *s, el4ml_minimum_set *set,
                                 el4ml_error *error)
{
    size_t capacity = 0;
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const sqlite3_int64 id = sqlite3_column_int64(s, 0);
        if (id < 1 || id > (sqlite3_int64)l->table[EL4ML_MINIMUM].count)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "%s/landscape.db: set %s names minimum %lld, which is not there", l->folder,
                              set->name, (long long)id);
        if (!el4ml_grow((void **)&set->members, &capacity, set->count + 1, sizeof *set->members))
            return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
        set->members[set->count++] = (size_t)(id - 1);
    }
    return code == SQLITE_DONE ? EL4ML_OK : el4ml_database_fail(l, "reading", error);
}

el4ml_status el4ml_landscape_minimum_set(el4ml_landscape *l, const char *name, el4ml_minimum_set **set,
                                         el4ml_error *error)
{
    sqlite3_stmt *s;
    const char *sql = "SELECT minimum FROM minimum_sets WHERE name = ?1 ORDER BY minimum";
    if (!has_table(l)) return no_set(l, name, error);
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK)
        return el4ml_database_fail(l, "reading", error);
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    el4ml_minimum_set *made = EL4ML_NEW(el4ml_minimum_set, 1);
    if (made) made->name = el4ml_copy_text(name);
    el4ml_status status = made && made->name
                              ? read_members(l, s, made, error)
                              : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", l->folder);
    sqlite3_finalize(s);
    if (status == EL4ML_OK && made->count == 0) status = no_set(l, name, error);
    if (status == EL4ML_OK)
        *set = made;
    else
        el4ml_minimum_set_free(made);
    return status;
}
