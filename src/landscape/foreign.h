/* A landscape that another program made, in memory: what the readers fill and check, before anything is
 * written. */
#ifndef EL4ML_LANDSCAPE_FOREIGN_H
#define EL4ML_LANDSCAPE_FOREIGN_H

#include "el4ml/formats.h"

typedef struct el4ml_foreign_point {
    double energy, log_product, log_multiplicity, smallest_eigenvalue; /* NaN: not known */
    double moments[3];                                                 /* of inertia */
    size_t a, b;                                                       /* minima, indices */
    bool flagged;
} el4ml_foreign_point;

/* By el4ml_species: minima, transition states. */
typedef struct el4ml_foreign_table {
    size_t count;
    el4ml_foreign_point *points; /* (count) */
    double *coordinates;         /* (count, n) or NULL */
} el4ml_foreign_table;

typedef struct el4ml_foreign {
    el4ml_foreign_table table[2];
    size_t n;     /* coordinates of a point, 0 when there are none */
    bool moments; /* the points have moments of inertia */
    double kappa; /* NaN: not known */
    size_t set_count;
    el4ml_minimum_set sets[2]; /* names are allocated */
    el4ml_import_report report;
    const volatile bool *cancel;
} el4ml_foreign;

void el4ml_foreign_clear(el4ml_foreign *f);
/* (count) points of NaN. */
bool el4ml_foreign_reserve(el4ml_foreign *f, el4ml_species species, size_t count);
/* INTERRUPTED when the caller wants to stop; to be asked now and then. */
el4ml_status el4ml_foreign_pause(const el4ml_foreign *f, size_t row, el4ml_error *error);

el4ml_status el4ml_read_pathsample(el4ml_foreign *f, const char *path, el4ml_error *error);
el4ml_status el4ml_read_topsearch(el4ml_foreign *f, const char *path, el4ml_error *error);
el4ml_status el4ml_read_pele(el4ml_foreign *f, const char *path, el4ml_error *error);

/* Parts of the readers, on bytes. They must stay, with a '\0' after them. `path` serves messages. */
el4ml_status el4ml_parse_min_data(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                                  el4ml_error *error);
el4ml_status el4ml_parse_ts_data(el4ml_foreign *f, const char *path, const char *bytes, size_t length,
                                 el4ml_error *error);
el4ml_status el4ml_parse_set(el4ml_foreign *f, const char *path, const char *name, const char *bytes,
                             size_t length, el4ml_error *error);
el4ml_status el4ml_parse_topsearch_data(el4ml_foreign *f, el4ml_species species, const char *path,
                                        const char *bytes, size_t length, el4ml_error *error);
el4ml_status el4ml_parse_topsearch_coordinates(el4ml_foreign *f, el4ml_species species, const char *path,
                                               const char *bytes, size_t length, el4ml_error *error);

/* The files of one database: FOLDER/min.data and its like, with the same ending after each name. */
#define EL4ML_FOREIGN_PATH 4096
typedef struct el4ml_foreign_place {
    char folder[EL4ML_FOREIGN_PATH], ending[256];
} el4ml_foreign_place;
el4ml_status el4ml_foreign_find(const char *path, el4ml_foreign_place *place, el4ml_error *error);
/* FOLDER/NAME+ending, as a whole. bytes, to be released, are NULL when it is `optional` and not there. */
typedef struct el4ml_foreign_file {
    char path[EL4ML_FOREIGN_PATH];
    char *bytes;
    size_t length;
} el4ml_foreign_file;
el4ml_status el4ml_foreign_read(const el4ml_foreign_place *place, const char *name, bool optional,
                                el4ml_foreign_file *file, el4ml_error *error);

/* Write it as `folder`/landscape.db, which must not exist, whole or not at all. `path` is where it came from.
 */
el4ml_status el4ml_foreign_store(const el4ml_foreign *f, const char *path, const char *folder,
                                 el4ml_error *error);

#endif
