/* What exploring and connecting share: pool, clock, recognition of known points, and merging results. */
#ifndef EL4ML_RUN_SESSION_H
#define EL4ML_RUN_SESSION_H

#include "el4ml/run.h"
#include "run/pool.h"

typedef struct el4ml_session {
    const el4ml_study *study;
    const el4ml_surface *surface;
    const el4ml_data *data;
    el4ml_landscape *landscape;
    el4ml_run_options options;
    el4ml_pool *pool;
    size_t n;
    double began, last_commit; /* el4ml_clock */
    size_t *parent;            /* union-find over minima */
    size_t parent_capacity, parent_count, components;
    double best;
} el4ml_session;

el4ml_status el4ml_session_open(el4ml_session *s, const el4ml_study *study, const el4ml_surface *surface,
                                const el4ml_data *data, el4ml_landscape *landscape,
                                const el4ml_run_options *options, el4ml_error *error);
void el4ml_session_close(el4ml_session *s);
/* A minimisation takes a millisecond or so: batches may be long, so that threads seldom wait for the last
 * job. */
bool el4ml_session_cheap(const el4ml_session *s);
/* Let jobs ask the landscape about points they find; it must not change while a batch runs. */
void el4ml_session_recognise(el4ml_session *s, el4ml_searcher *searcher);

/* session_targets.c: what a new minimum is worth for each of several targets. */
el4ml_status el4ml_session_targets(el4ml_session *s, size_t index, el4ml_error *error);

/* Merge one minimum: `known` from the job, or added. *index is its record. */
el4ml_status el4ml_session_minimum(el4ml_session *s, const el4ml_stationary *point, size_t known,
                                   size_t *index, bool *fresh, el4ml_error *error);
/* Merge one passage. *discovery: its transition state or one of its minima is new. */
el4ml_status el4ml_session_passage(el4ml_session *s, const el4ml_passage *passage, bool *discovery,
                                   el4ml_error *error);
/* Union-find over minima; new ones are counted in. */
bool el4ml_session_components(el4ml_session *s);
size_t el4ml_session_root(el4ml_session *s, size_t minimum);

/* Totals, commit, progress. *stop turns true when the time is up. */
el4ml_status el4ml_session_commit(el4ml_session *s, el4ml_phase phase, uint64_t done, uint64_t budget,
                                  bool *stop, el4ml_error *error);
/* The status of an interrupted or failed batch, with a message. What the batch had found is lost. */
el4ml_status el4ml_session_broken(el4ml_status status, el4ml_error *error);
/* Close the session after `status`. A batch that only the time limit interrupted is no error: *time_up tells.
 */
el4ml_status el4ml_session_end(el4ml_session *s, el4ml_status status, bool *time_up);

#endif
