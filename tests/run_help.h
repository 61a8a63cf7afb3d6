/* Whole studies run inside a test: made up in memory, into scratch folders. */
#ifndef EL4ML_TESTS_RUN_HELP_H
#define EL4ML_TESTS_RUN_HELP_H

#include <sqlite3.h>

#include "engine_help.h"

/* What a study file without any [explore] and [connect] keys would give, for `surface`. */
static inline el4ml_study plain_study(void)
{
    return (el4ml_study){.seed = 1,
                         .method = EL4ML_BASIN_HOPPING,
                         .steps = 1000,
                         .temperature = 1,
                         .step = 1,
                         .budget = 2000,
                         .goal = EL4ML_CONNECTED,
                         .unseen = 1e-3,
                         .temperature_from = 1e-4,
                         .temperature_to = 1,
                         .temperature_count = 10};
}

static inline el4ml_landscape *open_run(const char *folder, const el4ml_surface *surface)
{
    const el4ml_identity identity = {.study = "test",
                                     .data_sha256 = "",
                                     .dimension = surface->info.dimension,
                                     .zero_modes = surface->info.usual_zero_modes,
                                     .info = &surface->info};
    el4ml_landscape *l = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_landscape_open(folder, &identity, &l, &error) == EL4ML_OK, "%s", error.message);
    return l;
}

/* Explore, then connect, as far as the study says. */
static inline el4ml_status run_both(const el4ml_study *study, const el4ml_surface *surface,
                                    el4ml_landscape *l, const el4ml_run_options *options, el4ml_error *error)
{
    bool time_up;
    const el4ml_status status = el4ml_run_explore(study, surface, NULL, l, options, &time_up, error);
    if (status != EL4ML_OK) return status;
    return el4ml_run_connect(study, surface, NULL, l, options, &time_up, error);
}

/* Run into `folder` to the end; the landscape is the caller's. */
static inline el4ml_landscape *run_study(const char *folder, const el4ml_study *study,
                                         const el4ml_surface *surface, unsigned threads)
{
    el4ml_landscape *l = open_run(folder, surface);
    const el4ml_run_options options = {.threads = threads};
    el4ml_error error = {0};
    ck_assert_msg(run_both(study, surface, l, &options, &error) == EL4ML_OK, "%s", error.message);
    return l;
}

static inline el4ml_summary summary_of(el4ml_landscape *l, const el4ml_study *study)
{
    el4ml_summary summary;
    ck_assert_int_eq(el4ml_summarise(l, study, &summary, NULL), EL4ML_OK);
    return summary;
}

/* Number of faults; the first one's reason. Those of transition states that name minimum 1 are left out when
 * `altered_minimum`. */
static inline size_t faults_of(const el4ml_surface *surface, const el4ml_landscape *l, bool altered_minimum,
                               char *reason)
{
    el4ml_verification v;
    const el4ml_run_options options = {.threads = 2};
    ck_assert_int_eq(el4ml_verify(surface, l, &options, &v, NULL), EL4ML_OK);
    ck_assert_uint_eq(v.minima, el4ml_landscape_count(l, EL4ML_MINIMUM));
    ck_assert_uint_eq(v.transition_states, el4ml_landscape_count(l, EL4ML_TRANSITION_STATE));
    size_t count = 0;
    reason[0] = '\0';
    for (size_t k = 0; k < v.fault_count; k++) {
        const el4ml_fault *f = &v.faults[k];
        ck_assert_uint_lt(f->index, el4ml_landscape_count(l, f->species));
        const el4ml_record *r = el4ml_landscape_record(l, f->species, f->index);
        if (altered_minimum && f->species == EL4ML_TRANSITION_STATE && (r->a == 0 || r->b == 0)) continue;
        if (count++ == 0) snprintf(reason, 200, "%s", f->reason);
    }
    el4ml_verification_clear(&v);
    return count;
}

/* Move one coordinate of one stored point by `amount`, behind the program's back. */
static inline void alter_coordinate(const char *folder, const char *table, int id, size_t coordinate,
                                    double amount)
{
    char path[600], sql[200];
    sqlite3 *db;
    sqlite3_stmt *s;
    double x[4096];
    snprintf(path, sizeof path, "%s/landscape.db", folder);
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql, "SELECT coordinates FROM %s WHERE id = %d", table, id);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    const int size = sqlite3_column_bytes(s, 0);
    ck_assert_uint_le((size_t)size, sizeof x);
    memcpy(x, sqlite3_column_blob(s, 0), (size_t)size);
    sqlite3_finalize(s);
    x[coordinate] += amount;
    snprintf(sql, sizeof sql, "UPDATE %s SET coordinates = ?1 WHERE id = %d", table, id);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_blob(s, 1, x, size, SQLITE_TRANSIENT);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* Verified without a fault; then an altered coordinate is found, in a minimum and in a transition state.
 * Transition states that fall to the altered minimum are at fault with it; nothing else is at fault. Closes
 * the landscape. */
static inline void check_verification(const char *folder, const el4ml_surface *surface, el4ml_landscape *l)
{
    static const char *const tables[2] = {"minima", "transition_states"};
    char reason[200];
    const size_t states = el4ml_landscape_count(l, EL4ML_TRANSITION_STATE);
    const size_t faults = faults_of(surface, l, false, reason);
    ck_assert_msg(faults == 0, "%zu faults: %s", faults, reason);
    el4ml_landscape_close(l);
    for (int k = 0; k < (states > 0 ? 2 : 1); k++) {
        const size_t coordinate = surface->info.dimension / 2;
        alter_coordinate(folder, tables[k], 1, coordinate, 1e-2);
        ck_assert_int_eq(el4ml_landscape_read(folder, &l, NULL), EL4ML_OK);
        ck_assert_uint_eq(faults_of(surface, l, k == 0, reason), 1);
        ck_assert_ptr_nonnull(strstr(reason, "gradient"));
        el4ml_landscape_close(l);
        alter_coordinate(folder, tables[k], 1, coordinate, -1e-2);
    }
}

/* Every energy of `list` is there once, within `tolerance`, and there are no others. */
static inline void check_energies(const el4ml_landscape *l, el4ml_species species, const double *list,
                                  size_t count, double tolerance)
{
    ck_assert_uint_eq(el4ml_landscape_count(l, species), count);
    for (size_t k = 0; k < count; k++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++)
            found += fabs(el4ml_landscape_record(l, species, i)->point.energy - list[k]) <= tolerance;
        ck_assert_msg(found == 1, "%zu points at %.10g", found, list[k]);
    }
}

/* The record with this energy; fails when there is none. */
static inline const el4ml_record *record_at(const el4ml_landscape *l, el4ml_species species, double energy,
                                            double tolerance)
{
    const el4ml_record *found = NULL;
    for (size_t i = 0; i < el4ml_landscape_count(l, species); i++) {
        const el4ml_record *r = el4ml_landscape_record(l, species, i);
        if (fabs(r->point.energy - energy) <= tolerance) found = r;
    }
    ck_assert_msg(found != NULL, "nothing at %.10g", energy);
    return found;
}

static inline void check_all_proved(const el4ml_landscape *l)
{
    for (int species = 0; species < 2; species++)
        for (size_t i = 0; i < el4ml_landscape_count(l, (el4ml_species)species); i++) {
            const el4ml_stationary *p = &el4ml_landscape_record(l, (el4ml_species)species, i)->point;
            ck_assert(p->proved && p->gradient_rms <= 1e-9 && isfinite(p->log_product));
            ck_assert((p->smallest_eigenvalue < 0) == (species == EL4ML_TRANSITION_STATE));
        }
}

#endif
