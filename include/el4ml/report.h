/* Pictures and the report of a landscape: SVG fit for a paper, and one self-contained HTML page. Every text
 * returned is to be freed with el4ml_text_free (study.h). */
#ifndef EL4ML_REPORT_H
#define EL4ML_REPORT_H

#include "el4ml/graph.h"
#include "el4ml/microcanonical.h"
#include "el4ml/network.h"
#include "el4ml/surface.h"
#include "el4ml/thermo.h"

EL4ML_BEGIN

typedef enum el4ml_energy_scale {
    EL4ML_SCALE_AUTOMATIC, /* logarithmic where a linear axis would hide much of the structure */
    EL4ML_SCALE_LINEAR,
    EL4ML_SCALE_LOGARITHMIC /* in V - V_g, V_g the lowest energy; the global minimum stands below a break of
                               the axis */
} el4ml_energy_scale;

/* The disconnectivity graph (Becker and Karplus 1997; Wales, Miller and Walsh 1998): superbasins at evenly
 * spaced energy levels. Each minimum's line ends at its energy; the lines of two minima join at the first
 * level at or above the lowest possible highest transition state between them. */
typedef struct el4ml_disconnectivity_options {
    const char *energy_label; /* of the axis, with its unit; default "energy" */
    const char *title;        /* default NULL: none */
    el4ml_energy_scale scale; /* default automatic */
    size_t levels;     /* number of energy levels, at most 1000; default 0: enough to tell the merges apart */
    size_t max_minima; /* the lowest so many are drawn, 1 ... 5000; default 400 */
    const double *colour_value; /* (node_count) colours the minima's lines, NaN: none; default NULL */
    const char *colour_label;   /* of the colours' key */
    /* (category_count) names: colour_value is then the number of a category, from 0, and superbasins are
     * coloured too whose minima drawn are all of one. Six have colours of their own: the first ones, or those
     * with the most minima drawn where there are more. Default NULL: colours are a scale */
    const char *const *categories;
    size_t category_count;
    double width, height; /* pixels; default 640 x 480, at least 200 */
} el4ml_disconnectivity_options;

EL4ML_API el4ml_disconnectivity_options el4ml_disconnectivity_options_default(void);
EL4ML_API el4ml_status el4ml_disconnectivity_svg(const el4ml_network *network, const el4ml_merge_tree *tree,
                                                 const el4ml_disconnectivity_options *options, char **svg,
                                                 el4ml_error *error);

/* The heat capacity over temperature, with C+ and C- and its peaks. */
typedef struct el4ml_heat_capacity_options {
    const char *title;       /* default NULL: none */
    const char *temperature; /* of the axis, with its unit; default "temperature" */
    bool total;              /* draw C_V rather than C_V - kappa; default false */
    double width, height;    /* pixels; default 640 x 400, at least 200 */
} el4ml_heat_capacity_options;

EL4ML_API el4ml_heat_capacity_options el4ml_heat_capacity_options_default(void);
EL4ML_API el4ml_status el4ml_heat_capacity_svg(const el4ml_thermo *thermo, const el4ml_peak *peaks,
                                               size_t peak_count, double kappa,
                                               const el4ml_heat_capacity_options *options, char **svg,
                                               el4ml_error *error);

/* ---- Further figures ---- */

typedef struct el4ml_curve_options {
    const char *title;       /* default NULL: none */
    const char *temperature; /* of that axis, with its unit; default "temperature" */
    const char *energy;      /* likewise; default "energy" */
    double width, height;    /* pixels; default 640 x 360, at least 200 */
} el4ml_curve_options;

EL4ML_API el4ml_curve_options el4ml_curve_options_default(void);
/* The entropy, and both frustrations, over temperature. options may be NULL in all of these. */
EL4ML_API el4ml_status el4ml_entropy_svg(const el4ml_thermo *thermo, const el4ml_curve_options *options,
                                         char **svg, el4ml_error *error);
EL4ML_API el4ml_status el4ml_frustration_svg(const el4ml_thermo *thermo, const el4ml_curve_options *options,
                                             char **svg, el4ml_error *error);
/* The microcanonical temperature over energy above `lowest`, with the transition of its first S-bend. */
EL4ML_API el4ml_status el4ml_caloric_svg(const el4ml_microcanonical *microcanonical, double lowest,
                                         const el4ml_curve_options *options, char **svg, el4ml_error *error);
/* How many minima have how many neighbours, both axes logarithmic; minima without neighbours are not drawn.
 */
EL4ML_API el4ml_status el4ml_degrees_svg(const el4ml_degrees *degrees, const el4ml_curve_options *options,
                                         char **svg, el4ml_error *error);

/* A path from minimum to minimum. */
typedef struct el4ml_profile {
    size_t length;
    const size_t *minima, *states; /* (length), (length - 1): indices of minima and transition states */
} el4ml_profile;

/* Energies along a path, minima and transition states with their ids. */
EL4ML_API el4ml_status el4ml_profile_svg(const el4ml_network *network, const el4ml_profile *profile,
                                         const el4ml_curve_options *options, char **svg, el4ml_error *error);

/* The catchment basins of a function of two variables, coloured, as el4ml_basin_map (basin_volume.h) finds
 * them. */
typedef struct el4ml_basin_picture {
    size_t columns, rows;
    const size_t *labels; /* (rows, columns), row 0 lowest: index of a minimum; EL4ML_NONE: left white */
    double low[2], high[2];
    size_t minima; /* how many; the colour is by energy, the lowest darkest, or one for each of a few */
    const double *minimum; /* (minima, 2) */
    const double *energy;  /* (minima) */
    size_t states;
    const double *state; /* (states, 2): transition states, drawn as crosses */
    const char *title;   /* NULL: none */
    double width;        /* pixels, at least 200; default 0: 640 */
} el4ml_basin_picture;

EL4ML_API el4ml_status el4ml_basin_map_svg(const el4ml_basin_picture *picture, char **svg,
                                           el4ml_error *error);

/* ---- report.html ---- */

/* One line of the table of minima. A column whose numbers are all NaN is left out, a single NaN is a dash. */
typedef struct el4ml_report_row {
    size_t rank; /* 1: the global minimum */
    int64_t id;
    double energy, log_product, log_multiplicity, smallest_eigenvalue;
    double barrier; /* V* - V towards the global minimum; NaN for itself, +infinity when not connected */
    int64_t hits;
    el4ml_metrics train, validation, test;
    const el4ml_target_metrics *train_targets, *test_targets; /* (target_count) each, or NULL */
    const char *bounds; /* "noise low": those it is on, "": none; NULL: the surface has no bounds */
} el4ml_report_row;

/* Where a trained model, given as `start`, lies. */
typedef struct el4ml_report_start {
    const char *file; /* as the user named it */
    double energy;    /* of the model as given */
    int64_t minimum;  /* id of the minimum it falls to */
    double minimum_energy;
    size_t rank, minima; /* rank of that minimum among how many */
    double distance;     /* from the model to the minimum; NaN: not known */
    size_t exits;        /* transition states directly around the minimum */
    double lowest_exit;  /* how far the lowest of them lies above the minimum; NaN without */
    double barrier_down; /* lowest barrier to any lower minimum; NaN for the global one, +infinity: no path
                            known */
    double barrier_to_global; /* likewise, to the global minimum */
} el4ml_report_start;

/* Where a part of the page stands. */
typedef enum el4ml_report_place {
    EL4ML_AT_GRAPH,         /* under the disconnectivity graph */
    EL4ML_AT_HEAT_CAPACITY, /* under the heat capacity */
    EL4ML_AT_NETWORK,       /* "The network" */
    EL4ML_AT_KINETICS       /* "From one minimum to another" */
} el4ml_report_place;

/* One cell of a table: text, or a number where text is NULL. */
typedef struct el4ml_report_cell {
    const char *text;
    double value; /* NaN: a dash */
    int digits;   /* significant ones */
} el4ml_report_cell;

/* A part that opens: a title, and under it text, a picture, a table, each or NULL. Without a title it is
 * always open. Texts are plain. */
typedef struct el4ml_report_part {
    el4ml_report_place place;
    const char *title, *text, *svg;
    const char *const *headers;     /* (columns) NULL: the energy's own label */
    const el4ml_report_cell *cells; /* (rows, columns) */
    size_t columns, rows;
    bool open;
} el4ml_report_part;

typedef struct el4ml_report_input {
    const char *name;         /* of the study */
    const char *model;        /* one line, el4ml_surface_info.description */
    const char *data;         /* one line about the data, or NULL */
    const char *data_sha256;  /* or NULL */
    const char *energy_label; /* "loss", "energy / \u03b5"; default "energy" */
    const char *source;       /* the program an imported landscape came from, or NULL */
    uint64_t seed;
    size_t dimension;
    double kappa;

    uint64_t minima, transition_states, degenerate, components;
    const char *goal; /* "connected" or "exhaust"; NULL: none was set */
    bool goal_reached;
    double unseen_minimum, unseen_transition_state; /* Good-Turing probabilities; NaN: not estimated */
    uint64_t hops, searches; /* minimisations of the exploration, transition-state searches */
    uint64_t failed_jobs;
    el4ml_cost cost;
    double seconds; /* NaN: not known */

    const char *disconnectivity_svg, *heat_capacity_svg; /* or NULL */
    const el4ml_peak *peaks;                             /* highest first */
    size_t peak_count;
    const int64_t
        *node_ids; /* ids of the network's nodes, to name the minima behind the peaks; NULL: do not name */

    const el4ml_report_part *parts;
    size_t part_count;
    const el4ml_report_row *rows; /* lowest first */
    size_t row_count;
    char *const *target_names;       /* of a regression with several targets */
    size_t target_count;             /* 0: not such a one */
    const el4ml_report_start *start; /* or NULL */
    const char *const *warnings;
    size_t warning_count;
    const char *const *commands; /* that make this landscape again, one a line */
    size_t command_count;
    const char *study; /* the study file's text, or NULL */
} el4ml_report_input;

EL4ML_API el4ml_status el4ml_report_html(const el4ml_report_input *input, char **html, el4ml_error *error);

EL4ML_END
#endif
