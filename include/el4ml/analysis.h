/* What a landscape says: analysis of a snapshot, as structures, as JSON, and as the files of the output
 * folder. */
#ifndef EL4ML_ANALYSIS_H
#define EL4ML_ANALYSIS_H

#include "el4ml/basins.h"
#include "el4ml/formats.h"
#include "el4ml/graph.h"
#include "el4ml/landscape.h"
#include "el4ml/microcanonical.h"
#include "el4ml/predictions.h"
#include "el4ml/run.h"
#include "el4ml/thermo.h"

EL4ML_BEGIN

#define EL4ML_MAX_PEAKS 8
#define EL4ML_PEAK_MODELS 16 /* minima of a peak, gaining or losing, whose predictions are compared */
#define EL4ML_HUBS 10

/* The minima behind a peak of the heat capacity as models: what they say of the test rows, side by side. */
typedef struct el4ml_peak_models {
    size_t count, gaining; /* models; the first `gaining` of them gain, the others lose */
    size_t *node;          /* (count) index in the network: those of the largest |g_a| on either side */
    double *weight;        /* (count) |g_a| */
    el4ml_predictions *predictions; /* (count, test rows, outputs) */
    double *disagreement;           /* (count, count) el4ml_disagreement */
    /* Means of `disagreement` over pairs of different models, each pair with the product of its weights. NaN
     * without a pair. */
    double within_gaining, within_losing, between;
    size_t differing; /* test rows that not all models give the same class; values: all rows */
    size_t *row;      /* (differing) which: 0 ... test rows - 1 */
} el4ml_peak_models;

typedef struct el4ml_analysis {
    el4ml_summary summary;
    el4ml_network *network;
    el4ml_merge_tree *tree;
    el4ml_thermo *thermo; /* NULL when no minimum can be counted */
    el4ml_peaks *peaks;   /* the highest EL4ML_MAX_PEAKS; none when thermo is NULL */
    double *barrier_top;  /* (minima) highest transition state on the minimax path to the global minimum */
    size_t *by_energy;    /* (minima) indices, lowest first */
    /* Kinetic and potential energy, over the energies that go with the temperatures; NULL without thermo or
     * where kappa is not known. */
    el4ml_microcanonical *microcanonical;
    el4ml_sequence_basins *basins;
    el4ml_funnels *funnels;
    el4ml_graph *graph;
    el4ml_degrees *degrees;
    size_t hub_count, hubs[EL4ML_HUBS];
    el4ml_clustering clustering;
    el4ml_small_world small_world;
    el4ml_correlation degree_energy, hits_energy;
    el4ml_peak_models *models; /* (peaks->count), NULL without test rows or a surface that predicts */
    const char *no_models;     /* why there are none; NULL when there are */
} el4ml_analysis;

/* Temperatures from the study's [analyse] table. surface and data may be NULL: then nothing is predicted.
 * Both are read only while this runs. */
EL4ML_API el4ml_status el4ml_analyse(el4ml_landscape *landscape, const el4ml_study *study,
                                     const el4ml_surface *surface, const el4ml_data *data,
                                     el4ml_analysis *analysis, el4ml_error *error);
EL4ML_API void el4ml_analysis_clear(el4ml_analysis *analysis);

/* JSON documents, ended by a newline; NULL when out of memory. Free with el4ml_text_free. */
EL4ML_API char *el4ml_info_json(el4ml_landscape *landscape, const el4ml_summary *summary);
/* data: names of classes, numbers of rows; may be NULL. */
EL4ML_API char *el4ml_analysis_json(el4ml_landscape *landscape, const el4ml_analysis *analysis,
                                    const el4ml_data *data);
EL4ML_API char *el4ml_list_json(const el4ml_landscape *landscape, el4ml_species species, bool coordinates);
EL4ML_API char *el4ml_verification_json(const el4ml_verification *verification);
/* minimum: may be NULL. */
EL4ML_API char *el4ml_check_json(const el4ml_surface *surface, const el4ml_surface_check *check,
                                 const el4ml_minimum_check *minimum);
EL4ML_API char *el4ml_import_report_json(const el4ml_import_report *report);
EL4ML_API char *el4ml_export_report_json(const el4ml_export_report *report);
/* A study file that was suggested; path may be NULL. */
EL4ML_API char *el4ml_suggestion_json(const char *path, const char *text);

typedef struct el4ml_report_options {
    /* Between which sets times, rates and paths are told; by default A and B where the landscape keeps such
     * sets, otherwise the bottoms of the two lowest funnels that a path joins, or the two lowest minima. */
    const el4ml_minimum_set *from, *to;
    double temperature; /* of these and of the communities; 0: the default, el4ml_middle_temperature
                           (answers.h) */
    /* Of disconnectivity.svg: test (accuracy or R2), loss (test loss), peak, peak:2, ... (who gains and loses
     * there), community, basin, funnel, hits, committor or none; default NULL: test where there are test
     * rows, otherwise none */
    const char *colour;
    const el4ml_data *data; /* for names in summary.json; may be NULL */
} el4ml_report_options;

/* Write summary.json, disconnectivity.svg, heat_capacity.svg, report.html and further figures (in the folder
 * figures) into `folder`, each whole or not at all. options may be NULL. BAD_INPUT: a colour that cannot be,
 * sets without rates between them. */
EL4ML_API el4ml_status el4ml_report_folder(const char *folder, const el4ml_study *study,
                                           el4ml_landscape *landscape, const el4ml_analysis *analysis,
                                           const el4ml_report_options *options, el4ml_error *error);

EL4ML_END
#endif
