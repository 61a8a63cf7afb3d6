/* The report of a landscape: what it tells beyond the analysis, its figures and the parts of its page. */
#ifndef EL4ML_INSIGHT_REPORT_H
#define EL4ML_INSIGHT_REPORT_H

#include "base/text.h"
#include "el4ml/answers.h"
#include "el4ml/report.h"

enum { EL4ML_MOST_FIGURES = 16, EL4ML_MOST_PARTS = 40 };

/* Communities, and what lies between two sets of minima. */
typedef struct el4ml_story {
    double temperature;
    el4ml_grouping *grouping; /* NULL without minima */
    el4ml_minimum_set *a, *b; /* and the following: NULL when there is no pair to speak of */
    el4ml_rates *rates;
    el4ml_routes *routes;
} el4ml_story;

/* Start from {0}; clear in any case. */
el4ml_status el4ml_story_init(el4ml_story *story, el4ml_landscape *landscape, const el4ml_study *study,
                              const el4ml_analysis *analysis, const el4ml_report_options *options,
                              el4ml_error *error);
void el4ml_story_clear(el4ml_story *story);

/* What all figures and parts are made of. */
typedef struct el4ml_report_source {
    el4ml_landscape *landscape;
    const el4ml_study *study;
    const el4ml_analysis *analysis;
    const el4ml_story *story;
    const char *energy_label, *temperature_label;
} el4ml_report_source;

/* ---- Colours of the disconnectivity graph ---- */

typedef struct el4ml_graph_colour {
    double *value; /* (minima); NULL: none */
    const char *label;
    char (*text)[32];
    const char **names; /* of categories; NULL: a scale */
    size_t count;
} el4ml_graph_colour;

/* As --colour names them; NULL or "auto" is the test accuracy or R2 where there is one. BAD_INPUT: no such
 * colour, or nothing to colour by. clear in any case. */
el4ml_status el4ml_graph_colour_init(el4ml_graph_colour *colour, const el4ml_report_source *source,
                                     const char *name, el4ml_error *error);
void el4ml_graph_colour_clear(el4ml_graph_colour *colour);

/* Of the numbers that say what predictions on the test rows are worth, the one that the loss aims at: AUC for
 * that loss, else accuracy, R2 or, of clusterings, the adjusted Rand index. */
typedef struct el4ml_leading_metric {
    const el4ml_metric *metric;                 /* NULL: no minimum has one, and the others are NULL too */
    const char *label, *title, *const *changes; /* "test accuracy"; of a figure; heads of a peak's table */
} el4ml_leading_metric;

el4ml_leading_metric el4ml_leading_metric_of(const el4ml_report_source *source);
/* Of a minimum; NaN without. */
double el4ml_leading_value(const el4ml_leading_metric *leading, const el4ml_record *record);

/* ---- Figures ---- */

typedef struct el4ml_figure {
    const char *file; /* its name in the folder */
    el4ml_report_place place;
    const char *title, *text;
    char *svg;
} el4ml_figure;

typedef struct el4ml_figures {
    char *graph, *heat_capacity; /* the two of the main folder */
    size_t count;
    el4ml_figure figure[EL4ML_MOST_FIGURES];
} el4ml_figures;

/* Start from {0}; clear in any case. colour: of the main graph. */
el4ml_status el4ml_figures_draw(el4ml_figures *figures, const el4ml_report_source *source, const char *colour,
                                el4ml_error *error);
void el4ml_figures_clear(el4ml_figures *figures);
/* All names that figures may have; NULL-terminated. */
const char *const *el4ml_figure_names(void);

/* ---- Parts of the page ---- */

typedef struct el4ml_parts {
    size_t count;
    el4ml_report_part part[EL4ML_MOST_PARTS];
    void **owned; /* texts and tables */
    size_t owned_count, owned_capacity;
    bool failed; /* out of memory */
} el4ml_parts;

/* Start from {0}; clear in any case. Parts refer to the figures. */
el4ml_status el4ml_parts_write(el4ml_parts *parts, const el4ml_report_source *source,
                               const el4ml_figures *figures, el4ml_error *error);
void el4ml_parts_clear(el4ml_parts *parts);
/* The part to fill next; a spare one beyond the last. */
el4ml_report_part *el4ml_parts_next(el4ml_parts *parts, el4ml_report_place place, const char *title);
/* Takes the text over. */
const char *el4ml_parts_keep(el4ml_parts *parts, el4ml_builder *text);
/* Room for a table, zeroed; NULL when out of memory (the part then stays without). */
el4ml_report_cell *el4ml_parts_table(el4ml_parts *parts, el4ml_report_part *part, const char *const *headers,
                                     size_t columns, size_t rows);
/* A number for readers. */
void el4ml_tell_number(el4ml_builder *text, double value, int digits);
/* exp(log_value), also where no double holds it: 10^1194.98. */
void el4ml_tell_log(el4ml_builder *text, double log_value, int digits);
void el4ml_add_figures(el4ml_parts *parts, const el4ml_figures *figures, el4ml_report_place place);
/* Parts of one place each. */
void el4ml_peak_parts(el4ml_parts *parts, const el4ml_report_source *source);
void el4ml_network_parts(el4ml_parts *parts, const el4ml_report_source *source, const el4ml_figures *figures);
void el4ml_kinetics_parts(el4ml_parts *parts, const el4ml_report_source *source,
                          const el4ml_figures *figures);

/* ---- The page ---- */

enum { EL4ML_TABLE_ROWS = 50, EL4ML_MOST_WARNINGS = 8 };

typedef struct el4ml_page {
    el4ml_report_input input;
    el4ml_report_row rows[EL4ML_TABLE_ROWS];
    el4ml_report_start start;
    char *warnings[EL4ML_MOST_WARNINGS];
    int64_t *node_ids;
    char *study_text;
    char bounds[EL4ML_TABLE_ROWS][240];
    char command[600];
    const char *commands[2];
} el4ml_page;

/* Start from {0}; clear in any case. The page refers to figures and parts. */
el4ml_status el4ml_page_compose(el4ml_page *page, const el4ml_report_source *source,
                                const el4ml_figures *figures, const el4ml_parts *parts, el4ml_error *error);
void el4ml_page_clear(el4ml_page *page);
/* "loss", "energy". */
const char *el4ml_energy_label(const el4ml_study *study);

#endif
