/* The program: arguments, progress, signals. Everything it does is a library call. */
#ifndef EL4ML_CLI_PROGRAM_H
#define EL4ML_CLI_PROGRAM_H

#include <el4ml.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

#define MAX_WORDS 100
#define MAX_OPTIONS 96

/* Options that only some commands take; the others are harmless where they are of no use. */
enum {
    TAKES_OUTPUT = 1,
    TAKES_TARGET = 2,
    TAKES_FORCE = 4,
    TAKES_COORDINATES = 8,
    TAKES_TEMPERATURES = 16,
    TAKES_KAPPA = 32,
    TAKES_SETS = 64,
    TAKES_TEMPERATURE = 128,
    TAKES_RATES = 256,
    TAKES_PATHS = 512,
    TAKES_COMMUNITIES = 1024,
    TAKES_COLOUR = 2048,
    TAKES_BASINS = 4096,
    TAKES_ADVICE = 8192,
    TAKES_K = 16384,
    TAKES_MINIMUM = 1 << 15,
    TAKES_ENSEMBLE = 1 << 16,
    TAKES_FIGURE = 1 << 17,
    TAKES_ROBUSTNESS = 1 << 18,
    TAKES_LINES = 1 << 19,
    TAKES_STARTS = 1 << 20,
    TAKES_INTERPRET = 1 << 21
};

typedef struct given_whole {
    bool given;
    uint64_t value;
} given_whole;

typedef struct given_number {
    bool given;
    double value;
} given_number;

/* What was asked for. Texts are NULL where they were not given. */
typedef struct arguments {
    const char *command;
    const char *words[MAX_WORDS]; /* what is not an option, the command left out */
    int word_count;
    const char *only[MAX_OPTIONS]; /* the options given, by their place in the table */
    const char *output;            /* -o */
    const char *target;            /* --target */
    const char *temperatures;      /* --temperatures from,to,count */
    given_whole threads, seed;     /* threads 0: all cores */
    given_whole kappa;             /* of an import */
    bool json, quiet, coordinates, force, help, version;
    const char *clusters;           /* --k of choose-k */
    const char *box, *minima, *map; /* of basin-volume */
    given_whole samples;
    given_number tolerance;
    bool initialiser, compare;
    const char *from, *to; /* sets of minima */
    given_number temperature;
    bool equal_weights, check; /* of rates */
    given_whole moments, trajectories;
    bool barriers; /* of paths */
    given_whole count;
    const char *method; /* of communities */
    bool unweighted;
    given_number resolution, threshold;
    given_whole members, bootstraps; /* of ensemble */
    bool no_refits;
    const char *save; /* folder */
    given_whole most; /* of robustness */
    given_number noise, relative_noise, input_noise;
    bool spectra;
    const char *figure;        /* of those that answer with one */
    given_whole points, pairs; /* of interpolate */
    given_whole starts;
    const char *trajectory; /* of interpolate */
    const char *groups;     /* of interpret */
    given_number persistence, level;
    given_whole permutations;
    const char *colour;      /* of a report's disconnectivity graph */
    given_whole evaluations; /* of gp-advice */
    double time_limit;       /* seconds, 0: none */
} arguments;

typedef int (*command_function)(const arguments *args);

int command_run(const arguments *args);
int command_explore(const arguments *args);
int command_connect(const arguments *args);
int command_analyse(const arguments *args);
int command_report(const arguments *args);
int command_info(const arguments *args);
int command_list(const arguments *args);
int command_verify(const arguments *args);
int command_init(const arguments *args);
int command_check(const arguments *args);
int command_gp_advice(const arguments *args);
int command_rates(const arguments *args);
int command_paths(const arguments *args);
int command_communities(const arguments *args);
int command_import(const arguments *args);
int command_export(const arguments *args);
int command_basin_volume(const arguments *args);
int command_robustness(const arguments *args);
int command_ensemble(const arguments *args);
int command_predict(const arguments *args);
/* export model: one minimum, not a landscape. */
int export_model(const arguments *args);
int command_interpolate(const arguments *args);
int command_compare(const arguments *args);
int command_interpret(const arguments *args);
int command_choose_k(const arguments *args);
/* interpolate --trajectory. */
int answer_trajectories(const arguments *args);

/* Print the error on standard error and give the exit status that belongs to it. */
int report_error(const el4ml_error *error);
/* Print and free the document; NULL is out of memory. The exit status. */
int print_json(char *json);
/* Fill *arguments; a message and an exit status >= 0 when the program should end now, -1 to go on. */
int parse_arguments(int count, char **words, arguments *args);
/* Help on a command, or on all when it is NULL. False when there is no such command. */
bool print_help(const char *command);
/* An option given that only other commands take (`taken`: TAKES_...), or NULL. */
const char *stray_option(const arguments *args, unsigned long taken);
/* The exit status. */
int run_command(const arguments *args);

/* True once Ctrl-C (or SIGTERM) was pressed; a second one ends the program at once. */
extern volatile bool interrupted;
void catch_signals(void);

/* A study with its data and surface, opened together. */
typedef struct opened {
    el4ml_study *study;
    el4ml_data *data;
    el4ml_surface *surface;
} opened;

/* SHA-256 of what the surface is made from besides the study file: data or plug-in; "" for neither. */
const char *source_sha256(const opened *opened);
/* And that file, for messages; NULL for neither. */
const char *source_file(const opened *opened);
/* A plug-in that gave NaN for a good result fails the command: says so, and gives its exit status. */
int plugin_fault(const opened *opened, int status);
/* Crashes in a plug-in's code are told from ours. */
void catch_crashes(void);

/* args: for --seed; may be NULL. */
el4ml_status open_study(const char *path, const arguments *args, opened *result, el4ml_error *error);
/* Explores and connects, or continues to; the landscape of the study in `folder`, open also where that was
 * interrupted. */
el4ml_status map_study(const arguments *args, const opened *o, const char *folder,
                       el4ml_landscape **landscape, el4ml_error *error);
/* The study kept in a landscape's folder, with the seed it has there. The data must be the landscape's. */
el4ml_status open_folder_study(const char *folder, el4ml_landscape *landscape, opened *result,
                               el4ml_error *error);
void close_study(opened *result);

/* The landscape of a folder and its study (for --temperatures); the data are not needed. */
el4ml_status open_folder(const arguments *args, el4ml_landscape **landscape, el4ml_study **study,
                         el4ml_error *error);

/* A folder opened to be asked about: its network, and the sets of --from and --to (NULL where not given). */
typedef struct asked {
    el4ml_landscape *landscape;
    el4ml_study *study;
    el4ml_network *network;
    el4ml_merge_tree *tree;
    el4ml_minimum_set *from, *to;
} asked;

/* Start from {0}; close in any case. */
el4ml_status open_asked(const arguments *args, asked *result, el4ml_error *error);
void close_asked(asked *result);
/* The sets of --from and --to; both or none. */
el4ml_status read_sets(const arguments *args, el4ml_landscape *landscape, const el4ml_network *network,
                       el4ml_minimum_set **from, el4ml_minimum_set **to, el4ml_error *error);
/* --temperature, or the usual one. */
el4ml_status find_temperature(const arguments *args, const asked *a, double *temperature, el4ml_error *error);
/* "minimum 4" or "8 minima (A)". */
void describe_set(const el4ml_minimum_set *set, char *text, size_t size);
/* exp(log_value), also beyond the range of a double. */
void format_log(double log_value, int digits, char *text, size_t size);
void print_missing_kappa(el4ml_landscape *landscape);

/* Live progress on standard error. */
typedef struct progress_line {
    bool quiet, terminal, started;
    double time_limit;   /* seconds from `began`, 0: none */
    double began, shown; /* el4ml_clock: of the command, of the last line */
    double since, seen;  /* and of the present phase, of the last batch */
    el4ml_phase phase;
    el4ml_totals base, latest; /* when the phase began, after the last batch */
} progress_line;

void progress_init(progress_line *line, const arguments *args, const el4ml_totals *totals);
void progress_show(void *context, const el4ml_progress *progress);
void progress_end(progress_line *line);
/* Also for other lines than this. */
void format_duration(double seconds, char *text, size_t size);

#endif
