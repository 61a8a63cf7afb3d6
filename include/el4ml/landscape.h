/* The landscape: every minimum and transition state found, in memory and in SQLite (landscape.db). What is
 * new and what is known is decided here: by energy, then exactly by the surface's symmetry (methods.md 2). */
#ifndef EL4ML_LANDSCAPE_H
#define EL4ML_LANDSCAPE_H

#include "el4ml/network.h"
#include "el4ml/saddle.h"
#include "el4ml/surface.h"

EL4ML_BEGIN

#define EL4ML_SCHEMA_VERSION                                                                                 \
    2 /* 1 had fewer columns; it is read, and brought up to date when it is opened for                       \
         writing */

/* One row. A record's id is its index + 1. */
typedef struct el4ml_record {
    el4ml_stationary point;    /* point.x is owned by the landscape; NULL where an import had none */
    int64_t hits;              /* minima: by exploration; transition states: by searches */
    size_t a, b;               /* transition states: indices of their minima; a == b: degenerate */
    el4ml_metrics train, test; /* minima of models; NaN where there is none */
    /* Minima of a regression with several targets: of each, owned by the landscape; NULL: not known */
    el4ml_target_metrics *train_targets, *test_targets;
} el4ml_record;

typedef enum el4ml_species { EL4ML_MINIMUM, EL4ML_TRANSITION_STATE } el4ml_species;

/* Running totals, committed with the results they belong to. */
typedef struct el4ml_totals {
    uint64_t evaluations, hessian_products, hessians, minimisations;
    uint64_t explore_runs;     /* minimisations by exploration */
    uint64_t explore_failures; /* of these: not converged, not a minimum, or not finite */
    uint64_t searches;         /* transition-state searches spent against the budget */
    uint64_t search_failures;  /* guesses that led nowhere */
    uint64_t not_finite;       /* failures because the surface returned NaN or infinity */
    uint64_t passages;         /* transition states found, repeats counted */
    uint64_t last_discovery;   /* value of `searches` when something new was last found */
    uint64_t improved;         /* searches spent on better paths */
    double seconds;
    uint64_t runaways;     /* of explore_failures: V fell on towards infinity */
    double lowest_runaway; /* least V that one of these was left at */
} el4ml_totals;

typedef struct el4ml_landscape el4ml_landscape;

/* What a database must be made of to be continued. */
typedef struct el4ml_identity {
    const char *study;       /* el4ml_study_identity */
    const char *data_sha256; /* "" without data */
    const char *data_file;   /* for messages; may be NULL */
    size_t dimension, zero_modes;
    const el4ml_surface_info *info; /* for bounds and the names of coordinates; NULL: none */
} el4ml_identity;

/* Open `folder`/landscape.db for writing, made new (with the folder) when there is none. Locks the folder
 * against a second writer (EL4ML_BUSY). BAD_INPUT: another study, other data, a newer schema, not a database,
 * read-only. */
EL4ML_API el4ml_status el4ml_landscape_open(const char *folder, const el4ml_identity *identity,
                                            el4ml_landscape **landscape, el4ml_error *error);
/* For reading only, without the lock: also while another program runs the study. */
EL4ML_API el4ml_status el4ml_landscape_read(const char *folder, el4ml_landscape **landscape,
                                            el4ml_error *error);
/* Discards what was not committed. */
EL4ML_API void el4ml_landscape_close(el4ml_landscape *landscape);

EL4ML_API size_t el4ml_landscape_count(const el4ml_landscape *landscape, el4ml_species species);
EL4ML_API const el4ml_record *el4ml_landscape_record(const el4ml_landscape *landscape, el4ml_species species,
                                                     size_t index);
EL4ML_API size_t el4ml_landscape_dimension(const el4ml_landscape *landscape);
EL4ML_API size_t el4ml_landscape_zero_modes(const el4ml_landscape *landscape);
/* Is coordinate i of a record on its lower bound (-1), on its upper one (1), or on none (0)? */
EL4ML_API int el4ml_landscape_on_bound(const el4ml_landscape *landscape, const el4ml_record *record,
                                       size_t i);
EL4ML_API bool el4ml_landscape_has_bounds(const el4ml_landscape *landscape);
/* Of a coordinate, for people; NULL where it has none. */
EL4ML_API const char *el4ml_landscape_coordinate_name(const el4ml_landscape *landscape, size_t i);
/* "noise low, nu high": the bounds that a record is on; "" for none; cut where `size` is too small. */
EL4ML_API void el4ml_landscape_bounds_text(const el4ml_landscape *landscape, const el4ml_record *record,
                                           char *text, size_t size);
/* Positive Hessian eigenvalues of a minimum: n - z, or what an import was told; NaN when that is not known.
 */
EL4ML_API double el4ml_landscape_kappa(const el4ml_landscape *landscape);
/* The program that an imported landscape came from: its surface is not known. NULL for one of our own. */
EL4ML_API const char *el4ml_landscape_source(el4ml_landscape *landscape);
EL4ML_API el4ml_totals *el4ml_landscape_totals(el4ml_landscape *landscape);

/* Index of the record that `point` (energy, gradient_rms, x; smallest_eigenvalue where known) is the same as,
 * or EL4ML_NONE. Reads only: may run in many threads while nobody adds. */
EL4ML_API el4ml_status el4ml_landscape_find(const el4ml_landscape *landscape, el4ml_evaluator *evaluator,
                                            el4ml_species species, const el4ml_stationary *point,
                                            size_t *index);
/* Add `point` unless it is known; *fresh tells. The coordinates are copied. hits are not touched. */
EL4ML_API el4ml_status el4ml_landscape_add(el4ml_landscape *landscape, el4ml_evaluator *evaluator,
                                           el4ml_species species, const el4ml_stationary *point, size_t a,
                                           size_t b, size_t *index, bool *fresh, el4ml_error *error);
EL4ML_API void el4ml_landscape_hit(el4ml_landscape *landscape, el4ml_species species, size_t index,
                                   int64_t hits);
EL4ML_API void el4ml_landscape_set_metrics(el4ml_landscape *landscape, size_t index,
                                           const el4ml_metrics *train, const el4ml_metrics *test);
/* The targets of a regression, when there are several; the names are copied, and stored with the next commit.
 */
EL4ML_API el4ml_status el4ml_landscape_name_targets(el4ml_landscape *landscape, size_t count,
                                                    char *const *names, el4ml_error *error);
/* (count) names; NULL and 0 where there are no several targets. */
EL4ML_API char *const *el4ml_landscape_targets(const el4ml_landscape *landscape, size_t *count);
/* Of a minimum that is not stored yet; both (targets), copied. */
EL4ML_API el4ml_status el4ml_landscape_set_target_metrics(el4ml_landscape *landscape, size_t index,
                                                          const el4ml_target_metrics *train,
                                                          const el4ml_target_metrics *test,
                                                          el4ml_error *error);
/* Everything since the last commit becomes one transaction. On failure (a full disk) nothing of it is stored.
 */
EL4ML_API el4ml_status el4ml_landscape_commit(el4ml_landscape *landscape, el4ml_error *error);

/* Named blobs that belong to the next batch (walkers, attempts), stored with the next commit. get: the stored
 * bytes, owned by the landscape until the next put of that key, NULL when there are none. */
EL4ML_API el4ml_status el4ml_landscape_put(el4ml_landscape *landscape, const char *key, const void *bytes,
                                           size_t size, el4ml_error *error);
EL4ML_API const void *el4ml_landscape_get(el4ml_landscape *landscape, const char *key, size_t *size);
/* Text in the meta table, stored with the next commit; NULL when there is none. */
EL4ML_API el4ml_status el4ml_landscape_set_meta(el4ml_landscape *landscape, const char *key,
                                                const char *value, el4ml_error *error);
EL4ML_API const char *el4ml_landscape_meta(el4ml_landscape *landscape, const char *key);

/* A named set of minima, such as A and B of an imported PATHSAMPLE database. */
typedef struct el4ml_minimum_set {
    char *name;
    size_t count, *members; /* (count) indices, ascending */
} el4ml_minimum_set;

/* BAD_INPUT when there is no set of that name; the message says which there are. */
EL4ML_API el4ml_status el4ml_landscape_minimum_set(el4ml_landscape *landscape, const char *name,
                                                   el4ml_minimum_set **set, el4ml_error *error);
EL4ML_API void el4ml_minimum_set_free(el4ml_minimum_set *set);

/* Snapshot of what is there. Where kappa is not known it is 0: heat capacity and energy then come without
 * kappa and kappa T, all else is as it should be. A minimum without ln product or multiplicity is flagged; a
 * transition state without them has an infinite ln product, and so no rate. */
EL4ML_API el4ml_status el4ml_landscape_network(const el4ml_landscape *landscape, el4ml_network **network,
                                               el4ml_error *error);

EL4ML_END
#endif
