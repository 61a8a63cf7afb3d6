/* Shared by the files of this folder. */
#ifndef EL4ML_LANDSCAPE_INTERNAL_H
#define EL4ML_LANDSCAPE_INTERNAL_H

#include <sqlite3.h>

#include "el4ml/landscape.h"

typedef struct el4ml_table {
    size_t count, capacity;
    el4ml_record *records;
    size_t *by_energy; /* indices in ascending energy */
    size_t order_capacity;
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

struct el4ml_landscape {
    char *folder;
    sqlite3 *db;
    int lock; /* file descriptor, -1 for readers */
    size_t n, zero_modes;
    double *lower, *upper;   /* (n) NULL without bounds */
    char **coordinate_names; /* (n) NULL without bounds; of each NULL without a name */
    el4ml_table table[2]; /* by el4ml_species */
    el4ml_totals totals;
    el4ml_blob *blobs;
    size_t blob_count, blob_capacity;
};

/* database.c: everything that speaks SQL. */
el4ml_status el4ml_database_create(el4ml_landscape *l, const el4ml_identity *identity, el4ml_error *error);
el4ml_status el4ml_database_load(el4ml_landscape *l, const char *path, el4ml_error *error);
el4ml_status el4ml_database_store(el4ml_landscape *l, el4ml_error *error);
el4ml_status el4ml_database_fail(el4ml_landscape *l, const char *doing, el4ml_error *error);

/* extras.c: tables that only some landscapes have: bounds, and what is on them; predictive densities. */
el4ml_status el4ml_database_create_extras(el4ml_landscape *l, const el4ml_surface_info *info,
                                          el4ml_error *error);
el4ml_status el4ml_database_load_extras(el4ml_landscape *l, el4ml_error *error);
bool el4ml_database_store_extras(el4ml_landscape *l);
void el4ml_landscape_clear_extras(el4ml_landscape *l);

/* landscape.c */
el4ml_status el4ml_table_append(el4ml_table *table, size_t n, const el4ml_stationary *point, size_t *index);
el4ml_blob *el4ml_landscape_blob(el4ml_landscape *l, const char *key, bool text, bool make);
bool el4ml_blob_set(el4ml_blob *blob, const void *bytes, size_t size);

#endif
