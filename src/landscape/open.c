/* Opening and closing a landscape's folder: the lock, the identity, and what a first run finds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "landscape/internal.h"

#define PATH_SIZE 4096

static el4ml_status new_landscape(const char *folder, el4ml_landscape **landscape, el4ml_error *error)
{
    el4ml_landscape *l = EL4ML_NEW(el4ml_landscape, 1);
    if (l) {
        l->lock = -1;
        l->folder = el4ml_copy_text(folder);
    }
    if (!l || !l->folder) {
        el4ml_release(l);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "landscape: out of memory");
    }
    *landscape = l;
    return EL4ML_OK;
}

void el4ml_landscape_close(el4ml_landscape *l)
{
    if (!l) return;
    sqlite3_close(l->db);
    if (l->lock >= 0) close(l->lock);
    for (int species = 0; species < 2; species++) {
        el4ml_table *t = &l->table[species];
        for (size_t i = 0; i < t->count; i++) el4ml_release(t->records[i].point.x);
        el4ml_release(t->records);
        el4ml_release(t->by_energy);
        el4ml_release(t->dirty);
    }
    for (size_t k = 0; k < l->blob_count; k++) {
        el4ml_release(l->blobs[k].key);
        el4ml_release(l->blobs[k].bytes);
    }
    el4ml_release(l->blobs);
    el4ml_release(l->folder);
    el4ml_release(l);
}

/* The folder and those it is in, as mkdir -p does. False with errno set. */
static bool make_folders(const char *folder)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s", folder);
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) return false;
        *at = '/';
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static el4ml_status lock_folder(el4ml_landscape *l, el4ml_error *error)
{
    char path[PATH_SIZE];
    if ((size_t)snprintf(path, sizeof path, "%s/.lock", l->folder) >= sizeof path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", l->folder);
    if (!make_folders(l->folder))
        return el4ml_fail(error, errno == ENOSPC ? EL4ML_IO : EL4ML_BAD_INPUT, "%s: cannot make the folder: %s",
                          l->folder, strerror(errno));
    l->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->lock < 0)
        return el4ml_fail(error, errno == ENOSPC ? EL4ML_IO : EL4ML_BAD_INPUT, "%s: cannot write in this folder: %s",
                          l->folder, strerror(errno));
    if (flock(l->lock, LOCK_EX | LOCK_NB) != 0)
        return el4ml_fail(error, EL4ML_BUSY, "%s: another el4ml is working in this folder; wait for it or use -o",
                          l->folder);
    return EL4ML_OK;
}

static bool has_tables(sqlite3 *db)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_master LIMIT 1", -1, &s, NULL) != SQLITE_OK) return true;
    const int code = sqlite3_step(s);
    sqlite3_finalize(s);
    return code != SQLITE_DONE; /* not a database: loading it will say so */
}

static el4ml_status check_identity(el4ml_landscape *l, const el4ml_identity *identity, el4ml_error *error)
{
    const char *study = el4ml_landscape_meta(l, "study"), *data = el4ml_landscape_meta(l, "data_sha256");
    if (!study || strcmp(study, identity->study) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: holds the landscape of another study (data, surface or seed differ); use another folder (-o)",
                          l->folder);
    if (!data || strcmp(data, identity->data_sha256) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: the data file has changed since this landscape was begun; use another folder (-o)",
                          l->folder);
    if (l->n != identity->dimension)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: holds points of dimension %zu, the study has %zu", l->folder,
                          l->n, identity->dimension);
    return EL4ML_OK;
}

static el4ml_status open_database(el4ml_landscape *l, const el4ml_identity *identity, el4ml_error *error)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/landscape.db", l->folder);
    if (sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return el4ml_database_fail(l, "cannot open", error);
    sqlite3_busy_timeout(l->db, 5000);
    const bool known = has_tables(l->db);
    el4ml_status status = EL4ML_OK;
    if (known) status = el4ml_database_load(l, path, error);
    if (known && status == EL4ML_OK) status = check_identity(l, identity, error);
    if (status != EL4ML_OK) return status; /* what is not ours stays as it is */
    if (sqlite3_exec(l->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000",
                     NULL, NULL, NULL) != SQLITE_OK)
        return el4ml_database_fail(l, "cannot open", error);
    if (!known) status = el4ml_database_create(l, identity, error);
    return known || status != EL4ML_OK ? status : el4ml_landscape_commit(l, error);
}

el4ml_status el4ml_landscape_open(const char *folder, const el4ml_identity *identity, el4ml_landscape **landscape,
                                  el4ml_error *error)
{
    el4ml_landscape *l = NULL;
    el4ml_status status = new_landscape(folder, &l, error);
    if (status != EL4ML_OK) return status;
    status = lock_folder(l, error);
    if (status == EL4ML_OK) status = open_database(l, identity, error);
    if (status != EL4ML_OK) {
        el4ml_landscape_close(l);
        return status;
    }
    *landscape = l;
    return EL4ML_OK;
}

/* A reader joins the WAL where it may write the shared-memory file, and takes the file as it is where it may not. */
static el4ml_status open_for_reading(el4ml_landscape *l, el4ml_error *error)
{
    char path[PATH_SIZE], uri[PATH_SIZE + 32];
    struct stat status;
    if ((size_t)snprintf(path, sizeof path, "%s/landscape.db", l->folder) >= sizeof path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", l->folder);
    if (stat(path, &status) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no landscape here (landscape.db: %s)", l->folder,
                          strerror(errno));
    bool good = sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK;
    if (good) good = sqlite3_exec(l->db, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL) == SQLITE_OK;
    if (!good && (sqlite3_errcode(l->db) == SQLITE_CANTOPEN || sqlite3_errcode(l->db) == SQLITE_READONLY)) {
        sqlite3_close(l->db);
        l->db = NULL;
        snprintf(uri, sizeof uri, "file:%s?immutable=1", path);
        good = sqlite3_open_v2(uri, &l->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK;
    }
    if (!good) return el4ml_database_fail(l, "cannot read", error);
    sqlite3_busy_timeout(l->db, 5000);
    /* one transaction, so that a running program cannot change tables between two of our reads */
    if (sqlite3_exec(l->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) return el4ml_database_fail(l, "reading", error);
    const el4ml_status result = el4ml_database_load(l, path, error);
    sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL);
    return result;
}

el4ml_status el4ml_landscape_read(const char *folder, el4ml_landscape **landscape, el4ml_error *error)
{
    el4ml_landscape *l = NULL;
    el4ml_status status = new_landscape(folder, &l, error);
    if (status != EL4ML_OK) return status;
    status = open_for_reading(l, error);
    if (status != EL4ML_OK) {
        el4ml_landscape_close(l);
        return status;
    }
    *landscape = l;
    return EL4ML_OK;
}

el4ml_status el4ml_landscape_commit(el4ml_landscape *l, el4ml_error *error)
{
    el4ml_status status = el4ml_landscape_put(l, "totals", &l->totals, sizeof l->totals, error);
    if (status == EL4ML_OK) status = el4ml_database_store(l, error);
    if (status != EL4ML_OK) return status;
    for (int species = 0; species < 2; species++) {
        l->table[species].stored = l->table[species].count;
        l->table[species].dirty_count = 0;
    }
    for (size_t k = 0; k < l->blob_count; k++) l->blobs[k].changed = false;
    return EL4ML_OK;
}
