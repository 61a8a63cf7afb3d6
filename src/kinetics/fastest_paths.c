/* The fastest paths between two sets, in order: Yen's algorithm. Each accepted path is left at every state
 * from where it left the path it was made from (Lawler); the best way on that no accepted path with the same
 * beginning takes is a candidate, and the best candidate is the next path. Only as many candidates are kept
 * as paths are still wanted, and searches stop once they cannot be among them. */
#include <math.h>
#include <string.h>

#include "kinetics/path_search.h"

typedef struct route {
    size_t length, left_at; /* states; the first `left_at` are those of the path it was made from */
    size_t *states, *links; /* (length), (length - 1) */
    double *cost;           /* (length) of the part up to each state, `start` included */
} route;

typedef struct yen {
    el4ml_path_search *search;
    const el4ml_state_sets *sets;
    size_t wanted, found, waiting;
    route *accepted;  /* (wanted) */
    route *candidate; /* (wanted + 1) ascending cost */
    size_t * not ;    /* (wanted + a_count) */
} yen;

static void route_clear(route *r)
{
    el4ml_release(r->states);
    el4ml_release(r->links);
    el4ml_release(r->cost);
    *r = (route){0};
}

static double route_cost(const route *r)
{
    return r->cost[r->length - 1];
}

static bool route_init(route *r, size_t length, size_t left_at)
{
    *r = (route){length, left_at, EL4ML_NEW(size_t, length), EL4ML_NEW(size_t, length),
                 EL4ML_NEW(double, length)};
    if (r->states && r->links && r->cost) return true;
    route_clear(r);
    return false;
}

/* States that accepted paths with the same first `kept` states go to next. */
static size_t ways_taken(const yen *y, const route *r, size_t kept)
{
    size_t count = 0;
    for (size_t k = 0; k < y->found; k++) {
        const route *other = &y->accepted[k];
        const bool same = kept == 0 || (other->length > kept &&
                                        memcmp(other->states, r->states, kept * sizeof *r->states) == 0);
        if (same) y->not [count++] = other->states[kept];
    }
    return count;
}

/* The states of the search from `begin` to `end` behind the first `kept` of `base`. begin is base's last kept
 * state, or, when nothing is kept, a state of A. */
static bool make_route(const yen *y, const route *base, size_t kept, size_t begin, size_t end, route *made)
{
    const el4ml_path_search *s = y->search;
    size_t more = 0;
    for (size_t i = end; i != begin; i = s->from[i])
        more++;
    const size_t before = kept ? kept - 1 : 0; /* states ahead of `begin` */
    if (!route_init(made, before + 1 + more, kept)) return false;
    for (size_t k = 0; k < before; k++) {
        made->states[k] = base->states[k];
        made->cost[k] = base->cost[k];
    }
    for (size_t k = 0; k + 1 < kept; k++)
        made->links[k] = base->links[k];
    made->states[before] = begin;
    made->cost[before] = kept ? base->cost[before] : s->start[begin];
    for (size_t i = end, k = before + more; i != begin; i = s->from[i], k--) {
        made->states[k] = i;
        made->cost[k] = made->cost[before] + s->cost[i];
        made->links[k - 1] = s->link[i];
    }
    return true;
}

/* Keep the candidates sorted, and no more than are wanted. */
static void add_candidate(yen *y, route made)
{
    size_t at = y->waiting++;
    for (; at > 0 && route_cost(&made) < route_cost(&y->candidate[at - 1]); at--)
        y->candidate[at] = y->candidate[at - 1];
    y->candidate[at] = made;
    while (y->waiting > y->wanted - y->found)
        route_clear(&y->candidate[--y->waiting]);
}

static double worst_wanted(const yen *y)
{
    return y->waiting < y->wanted - y->found ? INFINITY : route_cost(&y->candidate[y->waiting - 1]);
}

static bool search_from(yen *y, const route *base, size_t kept, size_t begin, size_t not_count)
{
    const double before = kept ? base->cost[kept - 1] : y->search->start[begin];
    size_t end;
    if (!el4ml_path_search_run(y->search, begin, y->not, not_count, worst_wanted(y) - before, &end))
        return false;
    if (end == EL4ML_NONE) return true;
    route made;
    if (!make_route(y, base, kept, begin, end, &made)) return false;
    add_candidate(y, made);
    return true;
}

/* The best path that begins where no accepted one does. */
static bool begin_elsewhere(yen *y)
{
    const el4ml_path_search *s = y->search;
    const route nothing = {0};
    const size_t not_count = ways_taken(y, &nothing, 0);
    size_t best = EL4ML_NONE;
    double least = INFINITY;
    for (size_t k = 0; k < y->sets->a_count; k++) {
        const size_t a = y->sets->a[k];
        bool taken = false;
        for (size_t i = 0; i < not_count; i++)
            taken = taken || y->not [i] == a;
        if (taken || !(s->start[a] + s->to_b[a] < least)) continue;
        least = s->start[a] + s->to_b[a];
        best = a;
    }
    if (best == EL4ML_NONE) return true;
    el4ml_path_search_begin(y->search);
    return search_from(y, &nothing, 0, best, 0);
}

/* Leave the path after its first `kept` states. */
static bool leave(yen *y, const route *r, size_t kept)
{
    if (kept == 0) return begin_elsewhere(y);
    const size_t not_count = ways_taken(y, r, kept);
    el4ml_path_search_begin(y->search);
    for (size_t k = 0; k < kept; k++)
        y->search->barred[r->states[k]] = y->search->search;
    return search_from(y, r, kept, r->states[kept - 1], not_count);
}

static bool find_all(yen *y)
{
    if (!begin_elsewhere(y)) return false;
    while (y->waiting > 0) {
        route *r = &y->accepted[y->found++];
        *r = y->candidate[0];
        y->waiting--;
        memmove(y->candidate, y->candidate + 1, y->waiting * sizeof *y->candidate);
        for (size_t kept = r->left_at; y->found < y->wanted && kept < r->length; kept++)
            if (!leave(y, r, kept)) return false;
        while (y->waiting > y->wanted - y->found)
            route_clear(&y->candidate[--y->waiting]);
    }
    return true;
}

/* ---- Results ---- */

static bool copy_path(const yen *y, const route *r, el4ml_path *path)
{
    const el4ml_path_search *s = y->search;
    *path = (el4ml_path){.length = r->length,
                         .states = EL4ML_NEW(size_t, r->length),
                         .edges = EL4ML_NEW(size_t, r->length),
                         .log_rate = -route_cost(r)};
    if (!path->states || !path->edges) return false;
    for (size_t k = 0; k < r->length; k++)
        path->states[k] = r->states[k];
    for (size_t k = 0; k + 1 < r->length; k++)
        path->edges[k] = s->rates->links[r->links[k]].edge;
    const size_t a = r->states[0];
    path->log_probability = s->start[a] - route_cost(r) - s->log_outflow[a];
    return true;
}

static bool copy_paths(const yen *y, el4ml_paths *paths)
{
    paths->paths = EL4ML_NEW(el4ml_path, y->found);
    if (!paths->paths) return false;
    for (size_t k = 0; k < y->found; k++) {
        paths->count++;
        if (!copy_path(y, &y->accepted[k], &paths->paths[k])) return false;
    }
    return true;
}

static el4ml_status find_paths(el4ml_path_search *search, const el4ml_state_sets *sets, size_t count,
                               el4ml_paths **paths, el4ml_error *error)
{
    const bool possible = count < SIZE_MAX / 2 && sets->a_count < SIZE_MAX / 2;
    yen y = {.search = search, .sets = sets, .wanted = count};
    y.accepted = possible ? EL4ML_NEW(route, count) : NULL;
    y.candidate = possible ? EL4ML_NEW(route, count + 1) : NULL;
    y.not = possible ? EL4ML_NEW(size_t, count + sets->a_count) : NULL;
    el4ml_paths *made = EL4ML_NEW(el4ml_paths, 1);
    const bool complete =
        y.accepted && y.candidate && y.not &&made && (count == 0 || find_all(&y)) && copy_paths(&y, made);
    for (size_t k = 0; k < y.found; k++)
        route_clear(&y.accepted[k]);
    for (size_t k = 0; k < y.waiting; k++)
        route_clear(&y.candidate[k]);
    el4ml_release(y.accepted);
    el4ml_release(y.candidate);
    el4ml_release(y.not );
    if (complete) {
        *paths = made;
        return EL4ML_OK;
    }
    el4ml_paths_free(made);
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "paths: out of memory");
}

el4ml_status el4ml_fastest_paths(const el4ml_rate_network *rates, const el4ml_state_sets *sets, size_t count,
                                 el4ml_paths **paths, el4ml_error *error)
{
    if (!rates || !sets || !paths) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "paths: nothing given");
    el4ml_status status = el4ml_state_sets_check(rates, sets, error);
    if (status != EL4ML_OK) return status;
    el4ml_path_search search;
    status = el4ml_path_search_init(&search, rates, sets, error);
    if (status != EL4ML_OK) return status;
    status = find_paths(&search, sets, count, paths, error);
    el4ml_path_search_clear(&search);
    return status;
}

void el4ml_paths_free(el4ml_paths *paths)
{
    if (!paths) return;
    for (size_t k = 0; paths->paths && k < paths->count; k++) {
        el4ml_release(paths->paths[k].states);
        el4ml_release(paths->paths[k].edges);
    }
    el4ml_release(paths->paths);
    el4ml_release(paths);
}
