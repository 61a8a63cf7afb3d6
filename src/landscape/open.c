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

/* The lock's file goes while the lock is held: who opened it meanwhile sees that it has no name left. */
static void unlock_folder(el4ml_landscape *l)
{
    char path[PATH_SIZE];
    if (l->lock < 0) return;
    snprintf(path, sizeof path, "%s/.lock", l->folder);
    unlink(path);
    close(l->lock);
    l->lock = -1;
}

void el4ml_landscape_close(el4ml_landscape *l)
{
    if (!l) return;
    for (int k = 0; k < EL4ML_STATEMENTS; k++)
        sqlite3_finalize(l->statements[k]);
    sqlite3_close(l->db);
    unlock_folder(l);
    for (int species = 0; species < 2; species++) {
        el4ml_table *t = &l->table[species];
        for (size_t i = 0; i < t->count; i++) {
            el4ml_release(t->records[i].point.x);
            el4ml_release(t->records[i].train_targets); /* and those of the test */
        }
        el4ml_release(t->records);
        el4ml_release(t->by_energy);
        el4ml_release(t->dirty);
    }
    for (size_t k = 0; k < l->blob_count; k++) {
        el4ml_release(l->blobs[k].key);
        el4ml_release(l->blobs[k].bytes);
    }
    el4ml_release(l->blobs);
    el4ml_targets_free(l);
    el4ml_release(l->details_insert);
    el4ml_landscape_clear_extras(l);
    el4ml_release(l->folder);
    el4ml_release(l);
}

bool el4ml_make_folders(const char *folder)
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
    if (!el4ml_make_folders(l->folder))
        return el4ml_fail(error, errno == ENOSPC ? EL4ML_IO : EL4ML_BAD_INPUT,
                          "%s: cannot make the folder: %s", l->folder, strerror(errno));
    for (int attempt = 0; attempt < 100; attempt++) {
        struct stat status = {0};
        const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (lock < 0)
            return el4ml_fail(error, errno == ENOSPC ? EL4ML_IO : EL4ML_BAD_INPUT,
                              "%s: cannot write in this folder: %s", l->folder, strerror(errno));
        const bool locked = flock(lock, LOCK_EX | LOCK_NB) == 0;
        const int number = errno;
        if (locked && fstat(lock, &status) == 0 && status.st_nlink > 0) {
            l->lock = lock;
            return EL4ML_OK;
        }
        close(lock);
        if (!locked && number != EWOULDBLOCK)
            return el4ml_fail(error, EL4ML_IO, "%s: cannot lock this folder: %s", l->folder,
                              strerror(number));
        if (!locked) break;
    } /* locked, but its last owner has just removed it: once more */
    return el4ml_fail(error, EL4ML_BUSY, "%s: another el4ml is working in this folder; wait for it or use -o",
                      l->folder);
}

el4ml_status el4ml_landscape_claim(const char *folder, el4ml_landscape **landscape, el4ml_error *error)
{
    el4ml_landscape *l = NULL;
    el4ml_status status = new_landscape(folder, &l, error);
    if (status == EL4ML_OK) status = lock_folder(l, error);
    if (status == EL4ML_OK)
        *landscape = l;
    else
        el4ml_landscape_close(l);
    return status;
}

/* SQLite takes a file of a few bytes for an empty database, and would overwrite it. A file cut short by a
 * crash has its journal beside it. */
static el4ml_status check_file(const char *path, el4ml_error *error)
{
    static const char magic[16] = "SQLite format 3";
    char journal[PATH_SIZE + 16], start[sizeof magic] = {0};
    struct stat about;
    if (stat(path, &about) != 0) return EL4ML_OK;
    if (!S_ISREG(about.st_mode)) return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: not a regular file", path);
    snprintf(journal, sizeof journal, "%s-journal", path);
    if (about.st_size == 0 || access(journal, F_OK) == 0) return EL4ML_OK;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return EL4ML_OK; /* SQLite says why */
    const bool good =
        read(file, start, sizeof start) == (ssize_t)sizeof start && memcmp(start, magic, sizeof magic) == 0;
    close(file);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_BAD_INPUT, "%s: not a database", path);
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
    if (l->imported)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: imported from %s: its surface is not known, so it can be analysed but not "
                          "searched; use another folder (-o)",
                          l->folder, el4ml_landscape_source(l));
    if (!study || strcmp(study, identity->study) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: holds the landscape of another study (data, surface or seed differ); use "
                          "another folder (-o)",
                          l->folder);
    if (!data || strcmp(data, identity->data_sha256) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: has changed since the landscape in %s was begun; use another folder (-o)",
                          identity->data_file ? identity->data_file : "the data file", l->folder);
    if (l->n != identity->dimension)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: holds points of dimension %zu, the study has %zu",
                          l->folder, l->n, identity->dimension);
    return EL4ML_OK;
}

static el4ml_status open_database(el4ml_landscape *l, const el4ml_identity *identity, el4ml_error *error)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/landscape.db", l->folder);
    const el4ml_status checked = check_file(path, error);
    if (checked != EL4ML_OK) return checked;
    if (sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return el4ml_database_fail(l, "cannot open", error);
    sqlite3_busy_timeout(l->db, 5000);
    const bool known = has_tables(l->db);
    el4ml_status status = EL4ML_OK;
    if (known) status = el4ml_database_load(l, path, error);
    if (known && status == EL4ML_OK) status = check_identity(l, identity, error);
    if (status != EL4ML_OK) return status; /* what is not ours stays as it is */
    if (sqlite3_exec(
            l->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000",
            NULL, NULL, NULL) != SQLITE_OK)
        return el4ml_database_fail(l, "cannot open", error);
    if (known && l->version < EL4ML_SCHEMA_VERSION) return el4ml_database_renew(l, error);
    if (!known) status = el4ml_database_create(l, identity, error);
    return known || status != EL4ML_OK ? status : el4ml_landscape_commit(l, error);
}

el4ml_status el4ml_landscape_open(const char *folder, const el4ml_identity *identity,
                                  el4ml_landscape **landscape, el4ml_error *error)
{
    el4ml_landscape *l = NULL;
    el4ml_status status = el4ml_landscape_claim(folder, &l, error);
    if (status != EL4ML_OK) return status;
    status = open_database(l, identity, error);
    if (status != EL4ML_OK) {
        el4ml_landscape_close(l);
        return status;
    }
    *landscape = l;
    return EL4ML_OK;
}

/* The path as a URI of a file that nobody changes, so that SQLite needs to write nothing beside it. */
static void immutable_uri(const char *path, char *uri)
{
    static const char digits[] = "0123456789ABCDEF";
    char *at = uri + sprintf(uri, "file:");
    for (; *path; path++) {
        const unsigned char c = (unsigned char)*path;
        if (c == '%' || c == '?' || c == '#') {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        } else {
            *at++ = (char)c;
        }
    }
    strcpy(at, "?immutable=1");
}

static bool begin_reading(el4ml_landscape *l, const char *path, int flags)
{
    sqlite3_close(l->db);
    l->db = NULL;
    if (sqlite3_open_v2(path, &l->db, flags, NULL) != SQLITE_OK) return false;
    sqlite3_busy_timeout(l->db, 5000);
    /* one transaction, so that a running program cannot change tables between two of our reads */
    return sqlite3_exec(l->db, "PRAGMA query_only = 1; BEGIN; SELECT 1 FROM sqlite_master", NULL, NULL,
                        NULL) == SQLITE_OK;
}

/* A reader joins the WAL, and tidies it up when it is the last to leave, where it may write; where it may
 * not, it takes the file as it is, unless there is a WAL with more. */
static el4ml_status open_for_reading(el4ml_landscape *l, el4ml_error *error)
{
    char path[PATH_SIZE], log[PATH_SIZE + 8], uri[3 * PATH_SIZE + 32];
    struct stat status;
    if ((size_t)snprintf(path, sizeof path, "%s/landscape.db", l->folder) >= sizeof path)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", l->folder);
    if (stat(path, &status) != 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: no landscape here (landscape.db: %s)", l->folder,
                          strerror(errno));
    const el4ml_status checked = check_file(path, error);
    if (checked != EL4ML_OK) return checked;
    if (status.st_size == 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: holds nothing yet; run the study first", path);
    bool good = begin_reading(l, path, SQLITE_OPEN_READWRITE);
    if (!good && (sqlite3_errcode(l->db) == SQLITE_CANTOPEN || sqlite3_errcode(l->db) == SQLITE_READONLY)) {
        snprintf(log, sizeof log, "%s-wal", path);
        if (stat(log, &status) == 0 && status.st_size > 0)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "%s: a run has not ended or was cut short; reading it takes permission to "
                              "write in its folder",
                              path);
        immutable_uri(path, uri);
        good = begin_reading(l, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    }
    if (!good) return el4ml_database_fail(l, "cannot read", error);
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
    for (size_t k = 0; k < l->blob_count; k++)
        l->blobs[k].changed = false;
    l->targets_changed = false;
    return EL4ML_OK;
}
