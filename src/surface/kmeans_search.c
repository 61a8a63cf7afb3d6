/* The searches that K-means brings, as the engine calls them; from one minimum: the creases of its own cell,
 * lowest first, and others by chance. */
#include <string.h>

#include "base/linalg.h"
#include "surface/kmeans.h"

#define OWN_CREASES 12 /* of one search from a minimum, */
#define BY_CHANCE 4    /* and others */

static el4ml_status minimise(el4ml_evaluator *e, const double *start, double *x)
{
    if (x != start) el4ml_copy(e->n, start, x);
    return el4ml_kmeans_lloyd(e, x);
}

static el4ml_status flow(el4ml_evaluator *e, double *x)
{
    el4ml_kmeans_workspace *w = e->workspace;
    el4ml_kmeans_label(e->surface->self, w, x, &w->one);
    return el4ml_kmeans_flow(e, x);
}

static bool found_before(const el4ml_found *found, size_t size, size_t n, double tolerance)
{
    const double *ts = found->points + found->count * size;
    for (size_t i = 0; i < found->count; i++)
        if (el4ml_distance(n, found->points + i * size, ts) <= tolerance) return true;
    return false;
}

el4ml_status el4ml_kmeans_try(el4ml_evaluator *e, const el4ml_crease *at, size_t size, el4ml_found *found,
                              bool *fresh)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_stationary point = {.x = found->points + found->count * size};
    *fresh = false;
    el4ml_status status = el4ml_kmeans_pass(e, at, point.x);
    if (status == EL4ML_OK && found_before(found, size, m->n, 1e-9 * m->spread)) return EL4ML_OK;
    if (status == EL4ML_OK) status = el4ml_kmeans_characterise(e, &point);
    *fresh = status == EL4ML_OK && point.index == 1;
    if (*fresh || (status != EL4ML_OK && status != EL4ML_NOT_CONVERGED)) return status;
    found->failures++;
    return EL4ML_OK;
}

static el4ml_status try_and_count(el4ml_evaluator *e, const el4ml_crease *at, el4ml_found *found)
{
    bool fresh;
    const el4ml_status status = el4ml_kmeans_try(e, at, e->n, found, &fresh);
    found->count += fresh;
    return status;
}

static el4ml_status from(el4ml_evaluator *e, const double *a, uint64_t k, el4ml_random random,
                         el4ml_found *found)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    el4ml_status status = EL4ML_OK;
    if (m->clusters < 2) return EL4ML_OK;
    el4ml_kmeans_label(m, w, a, &w->two);
    const size_t count = el4ml_kmeans_own_creases(m, w, &w->two);
    size_t tries = 0, sorted = 0;
    for (uint64_t rank = k * OWN_CREASES; rank < count && tries < OWN_CREASES; rank++, tries++) {
        el4ml_kmeans_select(w->candidates + sorted, count - sorted, (size_t)rank - sorted);
        sorted = (size_t)rank;
        const el4ml_kmeans_candidate *c = &w->candidates[rank];
        const el4ml_crease at = {c->point, c->k, c->l};
        memcpy(w->one.label, w->two.label, m->points * sizeof *w->one.label);
        status = try_and_count(e, &at, found);
        if (status != EL4ML_OK || found->count == found->capacity) return status;
    }
    for (; tries < OWN_CREASES + BY_CHANCE && found->count < found->capacity && status == EL4ML_OK; tries++) {
        el4ml_crease at;
        if (el4ml_kmeans_crease_by_chance(m, w, a, &random, &at)) status = try_and_count(e, &at, found);
    }
    return status;
}

const el4ml_surface_search el4ml_kmeans_search = {.minimise = minimise,
                                                  .characterise = el4ml_kmeans_characterise,
                                                  .unstable_mode = el4ml_kmeans_unstable_mode,
                                                  .descend = el4ml_kmeans_descend,
                                                  .flow = flow,
                                                  .between = el4ml_kmeans_between,
                                                  .from = from};
