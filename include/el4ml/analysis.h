/* What a landscape says: analysis of a snapshot, as structures, as JSON, and as the files of the output
 * folder. */
#ifndef EL4ML_ANALYSIS_H
#define EL4ML_ANALYSIS_H

#include "el4ml/formats.h"
#include "el4ml/landscape.h"
#include "el4ml/run.h"
#include "el4ml/thermo.h"

EL4ML_BEGIN

#define EL4ML_MAX_PEAKS 8

typedef struct el4ml_analysis {
    el4ml_summary summary;
    el4ml_network *network;
    el4ml_merge_tree *tree;
    el4ml_thermo *thermo; /* NULL when no minimum can be counted */
    el4ml_peaks *peaks;   /* the highest EL4ML_MAX_PEAKS; none when thermo is NULL */
    double *barrier_top;  /* (minima) highest transition state on the minimax path to the global minimum */
    size_t *by_energy;    /* (minima) indices, lowest first */
} el4ml_analysis;

/* Temperatures from the study's [analyse] table. */
EL4ML_API el4ml_status el4ml_analyse(el4ml_landscape *landscape, const el4ml_study *study,
                                     el4ml_analysis *analysis, el4ml_error *error);
EL4ML_API void el4ml_analysis_clear(el4ml_analysis *analysis);

/* JSON documents, ended by a newline; NULL when out of memory. Free with el4ml_text_free. */
EL4ML_API char *el4ml_info_json(el4ml_landscape *landscape, const el4ml_summary *summary);
EL4ML_API char *el4ml_analysis_json(el4ml_landscape *landscape, const el4ml_analysis *analysis);
EL4ML_API char *el4ml_list_json(const el4ml_landscape *landscape, el4ml_species species, bool coordinates);
EL4ML_API char *el4ml_verification_json(const el4ml_verification *verification);
EL4ML_API char *el4ml_check_json(const el4ml_surface *surface, const el4ml_surface_check *check);
EL4ML_API char *el4ml_import_report_json(const el4ml_import_report *report);
EL4ML_API char *el4ml_export_report_json(const el4ml_export_report *report);
/* A study file that was suggested; path may be NULL. */
EL4ML_API char *el4ml_suggestion_json(const char *path, const char *text);

/* Write summary.json, disconnectivity.svg, heat_capacity.svg and report.html into `folder`, each whole or not
 * at all. */
EL4ML_API el4ml_status el4ml_report_folder(const char *folder, const el4ml_study *study,
                                           el4ml_landscape *landscape, const el4ml_analysis *analysis,
                                           el4ml_error *error);

EL4ML_END
#endif
