/* The connect loop. Each batch is chosen from committed state: pairs of minima that would join components,
 * then pairs with better paths to be had, and, to exhaust a landscape, single-ended searches from every
 * minimum in turn. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "run/pairs.h"
#include "run/session.h"

#define BATCH 16         /* searches of a batch */
#define EXHAUST_BATCH 32 /* when there is no goal that the next search might reach */
#define CHEAP_BATCH 128  /* the same, where a search takes milliseconds */
#define MANY_LINKS 64    /* with many components */
#define LARGEST_BATCH CHEAP_BATCH
#define PASSAGES 16     /* most transition states kept from one search; */
#define BAND_PASSAGES 4 /* from one band */

enum { PURPOSE_SINGLE_ENDED = 3 };

/* One search: between two minima, or from one. */
typedef struct search {
    bool single;
    size_t a, b;
    uint64_t attempt; /* of the pair, or number of the minimum's single-ended search */
    el4ml_passage passages[PASSAGES];
    el4ml_search_report report;
} search;

typedef struct connection {
    el4ml_session *session;
    el4ml_pairs pairs;
    search *searches; /* (LARGEST_BATCH) of the present batch */
    size_t count;
    size_t *chosen;  /* (LARGEST_BATCH) indices of pairs */
    uint32_t *turns; /* single-ended searches made from each minimum */
    size_t turns_capacity, turns_count;
    bool improving;
} connection;

static const double *coordinates(const el4ml_session *s, size_t minimum)
{
    return el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, minimum)->point.x;
}

static el4ml_status connect_job(void *context, size_t job, el4ml_searcher *searcher)
{
    connection *c = context;
    el4ml_session *s = c->session;
    search *at = &c->searches[job];
    el4ml_session_recognise(s, searcher);
    const size_t capacity = s->surface->ops.search ? PASSAGES : BAND_PASSAGES;
    if (!at->single)
        return el4ml_search_between(searcher, coordinates(s, at->a), coordinates(s, at->b), at->attempt,
                                    capacity, at->passages, &at->report);
    const uint64_t key = ((uint64_t)at->a << 24) + at->attempt;
    const el4ml_random random = el4ml_random_new(s->study->seed, PURPOSE_SINGLE_ENDED, key);
    return el4ml_search_from(searcher, coordinates(s, at->a), at->attempt, random, capacity, at->passages,
                             &at->report);
}

static void forget(connection *c)
{
    for (size_t k = 0; k < c->count; k++)
        for (size_t p = 0; p < c->searches[k].report.found; p++)
            el4ml_passage_clear(&c->searches[k].passages[p]);
    memset(c->searches, 0, LARGEST_BATCH * sizeof *c->searches);
    c->count = 0;
}

static el4ml_status grow_turns(connection *c)
{
    const size_t minima = el4ml_landscape_count(c->session->landscape, EL4ML_MINIMUM);
    if (!el4ml_grow((void **)&c->turns, &c->turns_capacity, minima, sizeof *c->turns))
        return EL4ML_OUT_OF_MEMORY;
    for (; c->turns_count < minima; c->turns_count++)
        c->turns[c->turns_count] = 0;
    return EL4ML_OK;
}

static void add_turn(connection *c, size_t minimum)
{
    c->searches[c->count++] = (search){.single = true, .a = minimum, .attempt = c->turns[minimum]++};
}

/* A pair that bands have failed to join twice (searches of a surface's own: once) gets, every other time, a
 * single-ended search from its higher minimum: where all bands lead to the same wrong transition state, the
 * right one is often close by. */
static el4ml_status add_pairs(connection *c, size_t count)
{
    const el4ml_landscape *l = c->session->landscape;
    const uint32_t patience = c->session->surface->ops.search ? 1 : 2;
    el4ml_status status = grow_turns(c);
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        const el4ml_pair *pair = &c->pairs.list[c->chosen[k]];
        uint32_t attempt;
        status = el4ml_pairs_attempt(&c->pairs, c->chosen[k], &attempt);
        if (status != EL4ML_OK) break;
        if (attempt < patience || attempt % 2 == 0) {
            const uint32_t bands = attempt < patience ? attempt : attempt / 2 + patience - 1;
            c->searches[c->count++] = (search){.a = pair->a, .b = pair->b, .attempt = bands};
            continue;
        }
        const bool first = el4ml_landscape_record(l, EL4ML_MINIMUM, pair->a)->point.energy >
                           el4ml_landscape_record(l, EL4ML_MINIMUM, pair->b)->point.energy;
        add_turn(c, first ? pair->a : pair->b);
    }
    return status;
}

/* Give the next single-ended searches to the minima that had fewest, lower numbers first. */
static el4ml_status add_single_ended(connection *c, size_t count)
{
    const size_t minima = el4ml_landscape_count(c->session->landscape, EL4ML_MINIMUM);
    const el4ml_status status = grow_turns(c);
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        size_t least = 0;
        for (size_t i = 1; i < minima; i++)
            if (c->turns[i] < c->turns[least]) least = i;
        add_turn(c, least);
    }
    return status;
}

static size_t room_of(const el4ml_session *s)
{
    if (s->surface->ops.search) return MANY_LINKS; /* searches of its own cost next to nothing */
    if (s->n > 1000) return BATCH / 4; /* a search on a large model takes long: commit more often */
    size_t least = BATCH;
    if (s->study->goal == EL4ML_EXHAUST) least = el4ml_session_cheap(s) ? CHEAP_BATCH : EXHAUST_BATCH;
    const size_t links = s->components < MANY_LINKS ? s->components : MANY_LINKS;
    return links > least ? links : least;
}

/* Fill the batch. Nothing to do (a single minimum and no goal beyond) leaves it empty. */
static el4ml_status choose(connection *c, uint64_t left, el4ml_error *error)
{
    el4ml_session *s = c->session;
    const bool exhaust = s->study->goal == EL4ML_EXHAUST;
    size_t room = room_of(s);
    if (room > left) room = (size_t)left;
    size_t links = 0;
    el4ml_status status = EL4ML_OK;
    c->improving = false;
    if (s->components > 1) {
        const size_t share = exhaust ? (room + 1) / 2 : room;
        status = el4ml_pairs_update(&c->pairs, s, error);
        if (status != EL4ML_OK) return status;
        status = el4ml_pairs_missing_links(&c->pairs, s, share, c->chosen, &links);
        if (status != EL4ML_OK) return status;
        status = add_pairs(c, links);
        if (status != EL4ML_OK) return status;
    }
    if (exhaust) return add_single_ended(c, room - links);
    if (links == 0 && s->components <= 1) {
        const uint64_t improved = el4ml_landscape_totals(s->landscape)->improved;
        const uint64_t wanted = s->study->improve > improved ? s->study->improve - improved : 0;
        if (wanted < room) room = (size_t)wanted;
        if (room == 0) return EL4ML_OK;
        status = el4ml_pairs_update(&c->pairs, s, error);
        if (status != EL4ML_OK) return status;
        status = el4ml_pairs_better_paths(&c->pairs, s, room, c->chosen, &links);
        if (status != EL4ML_OK) return status;
        status = add_pairs(c, links);
        c->improving = links > 0;
    }
    return status;
}

static el4ml_status merge(connection *c, el4ml_error *error)
{
    el4ml_session *s = c->session;
    el4ml_totals *totals = el4ml_landscape_totals(s->landscape);
    for (size_t k = 0; k < c->count; k++) {
        const search *at = &c->searches[k];
        bool discovery = false;
        totals->searches++;
        totals->improved += c->improving;
        totals->search_failures += at->report.failures;
        totals->not_finite += at->report.not_finite;
        for (size_t p = 0; p < at->report.found; p++) {
            const el4ml_status status = el4ml_session_passage(s, &at->passages[p], &discovery, error);
            if (status != EL4ML_OK) return status;
        }
        if (discovery) totals->last_discovery = totals->searches;
    }
    return EL4ML_OK;
}

static el4ml_status store(connection *c, el4ml_error *error)
{
    el4ml_status status = el4ml_pairs_store(&c->pairs, c->session, error);
    if (status == EL4ML_OK && c->turns_count > 0)
        status = el4ml_landscape_put(c->session->landscape, "turns", c->turns,
                                     c->turns_count * sizeof *c->turns, error);
    return status;
}

static el4ml_status load(connection *c, el4ml_error *error)
{
    size_t size;
    const void *stored = el4ml_landscape_get(c->session->landscape, "turns", &size);
    const size_t count = size / sizeof *c->turns;
    if (!stored) return EL4ML_OK;
    if (!el4ml_grow((void **)&c->turns, &c->turns_capacity, count, sizeof *c->turns))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "connect: out of memory");
    memcpy(c->turns, stored, count * sizeof *c->turns);
    c->turns_count = count;
    return EL4ML_OK;
}

static el4ml_phase phase_of(const connection *c)
{
    if (c->session->study->goal == EL4ML_EXHAUST) return EL4ML_EXHAUSTING;
    return c->improving ? EL4ML_IMPROVING : EL4ML_CONNECTING;
}

static el4ml_status connect(connection *c, bool *time_up, el4ml_error *error)
{
    el4ml_session *s = c->session;
    el4ml_totals *totals = el4ml_landscape_totals(s->landscape);
    while (totals->searches < s->study->budget && !*time_up) {
        el4ml_summary summary;
        el4ml_status status = el4ml_summarise(s->landscape, s->study, &summary, error);
        if (status != EL4ML_OK || summary.goal_reached || summary.minima == 0) return status;
        status = choose(c, s->study->budget - totals->searches, error);
        if (status != EL4ML_OK) return el4ml_session_broken(status, error);
        if (c->count == 0) return EL4ML_OK;
        status = el4ml_pool_run(s->pool, c->count, connect_job, c);
        if (status != EL4ML_OK) return el4ml_session_broken(status, error);
        status = merge(c, error);
        forget(c);
        if (status == EL4ML_OK) status = store(c, error);
        if (status == EL4ML_OK)
            status = el4ml_session_commit(s, phase_of(c), totals->searches, s->study->budget, time_up, error);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_run_connect(const el4ml_study *study, const el4ml_surface *surface, const el4ml_data *data,
                               el4ml_landscape *landscape, const el4ml_run_options *options, bool *time_up,
                               el4ml_error *error)
{
    *time_up = false;
    if (!surface->info.second_derivatives)
        return el4ml_fail(
            error, EL4ML_BAD_INPUT,
            "transition states need second derivatives, which relu has not: use softplus, gelu or silu "
            "(or only `el4ml explore`)");
    el4ml_session session;
    el4ml_status status = el4ml_session_open(&session, study, surface, data, landscape, options, error);
    if (status != EL4ML_OK) return status;
    connection c = {.session = &session,
                    .searches = EL4ML_NEW(search, LARGEST_BATCH),
                    .chosen = EL4ML_NEW(size_t, LARGEST_BATCH)};
    if (!c.searches || !c.chosen)
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "connect: out of memory");
    else
        status = load(&c, error);
    if (status == EL4ML_OK) status = connect(&c, time_up, error);
    if (c.searches) forget(&c);
    el4ml_release(c.searches);
    el4ml_release(c.chosen);
    el4ml_release(c.turns);
    el4ml_pairs_clear(&c.pairs);
    return el4ml_session_end(&session, status, time_up);
}
