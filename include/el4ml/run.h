/* The whole job: explore, connect, and the check of what was found. Runs a study into a landscape, on several
 * threads, with progress and cancelling by callback. */
#ifndef EL4ML_RUN_H
#define EL4ML_RUN_H

#include "el4ml/landscape.h"
#include "el4ml/study.h"

EL4ML_BEGIN

typedef enum el4ml_phase { EL4ML_EXPLORING, EL4ML_CONNECTING, EL4ML_IMPROVING, EL4ML_EXHAUSTING } el4ml_phase;

typedef struct el4ml_progress {
    el4ml_phase phase;
    const el4ml_totals *totals;
    uint64_t done, budget; /* of this phase: minimisations, or searches */
    size_t minima, transition_states, components;
    double best;    /* lowest energy; NaN before the first minimum */
    double seconds; /* since el4ml_run_* was called */
} el4ml_progress;

typedef struct el4ml_run_options {
    unsigned threads;  /* 0: all cores */
    double time_limit; /* seconds of wall clock for this call, <= 0: none; the open batch is given up */
    const volatile bool *cancel; /* optional: turn it true from a signal handler or another thread */
    void (*progress)(void *context,
                     const el4ml_progress *progress); /* optional; after every batch, calling thread */
    void *context;
} el4ml_run_options;

/* Where a trained model given as `start` lies. */
typedef struct el4ml_start_report {
    bool given;
    double energy, gradient_rms; /* of the model as it was given */
    size_t minimum;              /* index of the minimum it falls to */
    size_t rank;                 /* of that minimum among those known now, 1 the lowest */
    double minimum_energy;
    double distance; /* from the model to that minimum */
} el4ml_start_report;

/* Basin-hopping or random starts up to study->steps minimisations. EL4ML_INTERRUPTED: cancelled, what was
 * committed stays; *time_up tells that the time limit ended it. */
EL4ML_API el4ml_status el4ml_run_explore(const el4ml_study *study, const el4ml_surface *surface,
                                         const el4ml_data *data, el4ml_landscape *landscape,
                                         const el4ml_run_options *options, bool *time_up, el4ml_error *error);
/* Transition-state searches until the study's goal or its budget is reached. */
EL4ML_API el4ml_status el4ml_run_connect(const el4ml_study *study, const el4ml_surface *surface,
                                         const el4ml_data *data, el4ml_landscape *landscape,
                                         const el4ml_run_options *options, bool *time_up, el4ml_error *error);
/* A surface at a minimum, where its exactly flat directions show. */
typedef struct el4ml_minimum_check {
    bool tried; /* false: more than 500 parameters, or no second derivatives */
    bool found; /* false: none from ten random starts */
    double value, gradient_rms;
    size_t zero_modes; /* declared there */
    size_t flat;       /* eigenvalues of the Hessian that are zero to rounding; at least zero_modes */
    double zero_mode_curvature; /* largest |H z| relative to the largest entry of H */
    bool passed; /* true without a minimum. Where more is flat than declared no minimum can be proved */
} el4ml_minimum_check;

EL4ML_API el4ml_status el4ml_check_minimum(const el4ml_surface *surface, uint64_t seed,
                                           el4ml_minimum_check *check, el4ml_error *error);

/* Both in one call: open `folder` (made where there is none, continued where there is), keep the study there,
 * explore, connect. The landscape is the caller's to close; NULL after a failure. data: NULL for kinds that
 * learn from none. */
EL4ML_API el4ml_status el4ml_run_whole(const el4ml_study *study, const el4ml_surface *surface,
                                       const el4ml_data *data, const char *folder,
                                       const el4ml_run_options *options, el4ml_landscape **landscape,
                                       bool *time_up, el4ml_error *error);
/* Can the study's start (if it names one) be read, and does it fit the model? */
EL4ML_API el4ml_status el4ml_start_check(const el4ml_study *study, const el4ml_surface *surface,
                                         const el4ml_data *data, el4ml_error *error);
EL4ML_API void el4ml_start_report_get(el4ml_landscape *landscape, el4ml_start_report *report);

/* The study of a landscape's folder: the one kept there, or el4ml_study_none for an imported landscape. */
EL4ML_API el4ml_status el4ml_folder_study(const char *folder, el4ml_landscape *landscape, el4ml_study **study,
                                          el4ml_error *error);

/* Counts and completeness of a landscape. */
typedef struct el4ml_summary {
    size_t minima, transition_states, degenerate, components, global_minimum;
    bool goal_reached;
    double unseen_minimum_probability,
        unseen_transition_state_probability; /* Good-Turing (methods.md 6); 1 before any search */
    size_t minima_on_bounds, transition_states_on_bounds; /* with a coordinate on a bound */
    size_t imprecise; /* points whose gradient rounding kept from the usual tolerance */
    double worst_rms; /* the largest RMS gradient of these; 0 without any */
} el4ml_summary;

EL4ML_API el4ml_status el4ml_summarise(el4ml_landscape *landscape, const el4ml_study *study,
                                       el4ml_summary *summary, el4ml_error *error);

/* One failure found by el4ml_verify. */
typedef struct el4ml_fault {
    el4ml_species species;
    size_t index;
    char reason[200];
} el4ml_fault;

typedef struct el4ml_verification {
    size_t minima, transition_states; /* checked */
    size_t fault_count;
    el4ml_fault *faults; /* free with el4ml_verification_clear */
} el4ml_verification;

/* Recompute every stationary point from the surface: energy, gradient, index, ln product, multiplicity, and
 * that each transition state falls to the two minima it names. Returns OK when the work was done, faults or
 * not. */
EL4ML_API el4ml_status el4ml_verify(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                    const el4ml_run_options *options, el4ml_verification *verification,
                                    el4ml_error *error);
EL4ML_API void el4ml_verification_clear(el4ml_verification *verification);

EL4ML_END
#endif
