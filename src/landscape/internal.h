/* Shared by the files of this folder. */
#ifndef EL4ML_LANDSCAPE_INTERNAL_H
#define EL4ML_LANDSCAPE_INTERNAL_H

#include <sqlite3.h>

#include "el4ml/landscape.h"

typedef struct el4ml_table {
    size_t count, capacity;
    el4ml_record *records;
    size_t *by_energy; /* (ordered) indices in ascending energy */
    size_t ordered, order_capacity;
    size_t stored; /* records already in the database */
    size_t *dirty; /* stored records whose hits changed since the last commit */
    size_t dirty_count, dirty_capacity;
} el4ml_table;

typedef struct el4ml_blob {
    char *key;
    void *bytes;
    size_t size;
    bool text, changed; /* text: meta table; otherwise state table */
} el4ml_blob;

#define EL4ML_STATEMENTS 9

struct el4ml_landscape {
    char *folder;
    sqlite3 *db;
    int lock;       /* file descriptor, -1 for readers */
    size_t version; /* of the schema as it was loaded; 0: made new */
    size_t n, zero_modes;
    double *lower, *upper;   /* (n) NULL without bounds */
    char **coordinate_names; /* (n) NULL without bounds; of each NULL without a name */
    bool imported;           /* from another program: no surface; coordinates may be missing */
    double kappa;            /* NaN: not known */
    el4ml_table table[2];    /* by el4ml_species */
    size_t target_count;     /* several targets, or 0 */
    char **target_names;
    bool targets_changed; /* since the last commit */
    char *details_insert; /* of storing */
    el4ml_totals totals;
    el4ml_blob *blobs;
    size_t blob_count, blob_capacity;
    sqlite3_stmt *statements[EL4ML_STATEMENTS]; /* of storing: prepared at their first use, kept */
};

/* database.c, database_load.c: what speaks SQL. */
extern const char *const el4ml_database_schema;
el4ml_status el4ml_database_create(el4ml_landscape *l, const el4ml_identity *identity, el4ml_error *error);
el4ml_status el4ml_database_load(el4ml_landscape *l, const char *path, el4ml_error *error);
el4ml_status el4ml_database_store(el4ml_landscape *l, el4ml_error *error);
/* Gives the tables of an older version, or those just made, what this one has; in the transaction that is
 * open. renew: a whole database of an older version, committed. */
el4ml_status el4ml_database_upgrade(el4ml_landscape *l, el4ml_error *error);
el4ml_status el4ml_database_renew(el4ml_landscape *l, el4ml_error *error);
el4ml_status el4ml_database_fail(el4ml_landscape *l, const char *doing, el4ml_error *error);
/* NULL stands for NaN; so does what is no number at all. */
double el4ml_column_double(sqlite3_stmt *s, int column);
typedef el4ml_status (*el4ml_take_row)(el4ml_landscape *l, el4ml_species species, sqlite3_stmt *s,
                                       el4ml_error *error);
el4ml_status el4ml_database_each_row(el4ml_landscape *l, el4ml_species species, const char *sql,
                                     el4ml_take_row take, el4ml_error *error);
/* Runs a prepared statement and makes it ready for the next time; false when it did not do its work. */
bool el4ml_run_once(sqlite3_stmt *s);
/* What SQLite's last failure was. */
typedef struct el4ml_database_trouble {
    el4ml_status status;
    const char *text;
    bool disk, room; /* the disk's fault; for lack of room */
} el4ml_database_trouble;
el4ml_database_trouble el4ml_database_what(const el4ml_landscape *l);

/* metrics.c: what models are worth, in columns of minimum_details and in the tables of several targets. */
extern const char *const el4ml_details_columns; /* id, proved, flagged */
/* Statements over all metrics; to be released, NULL when out of memory. Columns that an older database lacks
 * are read as NULL. */
char *el4ml_details_insert(void);
char *el4ml_details_select(const el4ml_landscape *l);
void el4ml_details_bind(sqlite3_stmt *s, int first, const el4ml_record *r);
void el4ml_details_take(sqlite3_stmt *s, int first, el4ml_record *r);
bool el4ml_targets_store(el4ml_landscape *l, sqlite3_stmt *row, size_t index);
bool el4ml_targets_store_names(el4ml_landscape *l);
el4ml_status el4ml_targets_load(el4ml_landscape *l, el4ml_error *error);
void el4ml_targets_free(el4ml_landscape *l);

/* open.c */
/* The folder and those it is in, as mkdir -p does. False with errno set. */
bool el4ml_make_folders(const char *folder);
/* The folder, made and locked, without its database; to be closed with el4ml_landscape_close. */
el4ml_status el4ml_landscape_claim(const char *folder, el4ml_landscape **landscape, el4ml_error *error);
/* minimum_sets.c: "A, B"; false when there are none. */
bool el4ml_landscape_set_names(el4ml_landscape *l, char *names, size_t size);

/* extras.c: tables that only some landscapes have: bounds, and what is on them. */
el4ml_status el4ml_database_create_extras(el4ml_landscape *l, const el4ml_surface_info *info,
                                          el4ml_error *error);
el4ml_status el4ml_database_load_extras(el4ml_landscape *l, el4ml_error *error);
bool el4ml_database_store_extras(el4ml_landscape *l);
void el4ml_landscape_clear_extras(el4ml_landscape *l);

/* landscape.c */
/* Copies the coordinates, if there are any. Its place in by_energy is still to be found. */
el4ml_status el4ml_table_append(el4ml_table *table, size_t n, const el4ml_stationary *point, size_t *index);
bool el4ml_table_order(el4ml_table *table);
el4ml_blob *el4ml_landscape_blob(el4ml_landscape *l, const char *key, bool text, bool make);
bool el4ml_blob_set(el4ml_blob *blob, const void *bytes, size_t size);

#endif
