/* Landscapes of other programs: PATHSAMPLE's, TopSearch's and pele's databases read into a folder of our own,
 * landscapes written for PATHSAMPLE and as GraphML and JSON (docs/formats.md says what each format carries).
 */
#ifndef EL4ML_FORMATS_H
#define EL4ML_FORMATS_H

#include "el4ml/landscape.h"

EL4ML_BEGIN

typedef enum el4ml_format {
    EL4ML_PATHSAMPLE, /* min.data, ts.data, points.min, points.ts, min.A, min.B in a folder; read and written
                       */
    EL4ML_TOPSEARCH,  /* min.data, ts.data, min.coords, ts.coords in a folder; read */
    EL4ML_PELE,       /* an SQLite file; read */
    EL4ML_GRAPHML,    /* written */
    EL4ML_JSON        /* written */
} el4ml_format;

typedef struct el4ml_import_options {
    double kappa; /* positive Hessian eigenvalues of a minimum, a whole number from 0; default NaN: 3N - 6
                     where PATHSAMPLE gives coordinates of N >= 3 atoms, otherwise not known */
    const volatile bool *cancel; /* optional */
} el4ml_import_options;

typedef struct el4ml_import_report {
    size_t minima, transition_states;
    size_t dimension;              /* coordinates of a point; 0: none were there */
    bool coordinates[2];           /* by el4ml_species */
    double kappa;                  /* NaN: not known */
    bool kappa_assumed;            /* 3N - 6, of a free cluster */
    bool pickles;                  /* pele's coordinates, which are Python pickles, stay behind */
    size_t without_product[2];     /* points that come without ln product or point-group order */
    size_t invalid_minima;         /* marked so by pele: left out of thermodynamics and kinetics */
    size_t invalid_states;         /* marked so by pele: left out */
    size_t set_count, set_size[2]; /* named sets, by name */
    const char *set_name[2];       /* static text */
    const char *program;           /* "PATHSAMPLE", ...; static text */
} el4ml_import_report;

EL4ML_API el4ml_import_options el4ml_import_options_default(void);
/* Read the database of another program at `path` (PATHSAMPLE, TopSearch: its folder, or its min.data, whose
 * name may go on: min.data.run2 belongs to ts.data.run2) into a new `folder`/landscape.db: whole or not at
 * all. The result has no surface; el4ml_landscape_source tells. ln n is - ln o, o the point-group order: n =
 * 2 N!/o up to a constant. options may be NULL, report too. BAD_INPUT names file and line (or table and row)
 * and what is wrong, or says that `folder` holds a landscape already; NOT_SUPPORTED: a format that is only
 * written. */
EL4ML_API el4ml_status el4ml_import(el4ml_format format, const char *path, const char *folder,
                                    const el4ml_import_options *options, el4ml_import_report *report,
                                    el4ml_error *error);

typedef struct el4ml_export_options {
    bool replace;                /* files that exist are replaced; default false: they are an error */
    bool coordinates;            /* JSON: of every point; default false */
    const volatile bool *cancel; /* optional */
} el4ml_export_options;

typedef struct el4ml_export_report {
    size_t minima, transition_states;
    bool coordinates[2];   /* written, by el4ml_species */
    size_t set_count;      /* PATHSAMPLE: of A and B */
    bool products_missing; /* PATHSAMPLE: no point has an ln product; each is written as 1 */
    bool orders_folded;    /* PATHSAMPLE: multiplicities went into the ln products */
} el4ml_export_report;

EL4ML_API el4ml_export_options el4ml_export_options_default(void);
/* Write the landscape to `path`: a folder (PATHSAMPLE), or a file. Each file is written whole or not at all,
 * PATHSAMPLE's min.data last. options may be NULL, report too. BAD_INPUT: `path` exists; NOT_SUPPORTED: a
 * point that the format cannot hold, or a format that is only read. */
EL4ML_API el4ml_status el4ml_export(el4ml_format format, el4ml_landscape *landscape, const char *path,
                                    const el4ml_export_options *options, el4ml_export_report *report,
                                    el4ml_error *error);

EL4ML_END
#endif
