#include "run/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "base/sort.h"

#define ALL_PAIRS 1200 /* up to this many minima every pair is a candidate */
#define NEIGHBOURS 400 /* beyond, a new minimum pairs with so many nearest in energy, */
#define LOWEST 100     /* and with the lowest ones */

/* Stored form of an attempt. */
typedef struct attempt {
    uint32_t a, b, attempts;
} attempt;

typedef struct measuring {
    el4ml_session *session;
    size_t first;   /* first minimum of the batch */
    size_t *offset; /* where each minimum's row starts */
    el4ml_pair *rows;
    const double *descriptors; /* (minima, descriptor_size), or NULL: align */
    size_t descriptor_size;
} measuring;

void el4ml_pairs_clear(el4ml_pairs *p)
{
    el4ml_release(p->list);
    el4ml_release(p->sorted);
    el4ml_release(p->tried);
    el4ml_release(p->descriptors);
    *p = (el4ml_pairs){0};
}

static double energy_of(const el4ml_session *s, size_t minimum)
{
    return el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, minimum)->point.energy;
}

typedef struct ranked {
    double key;
    uint32_t index;
} ranked;

static int compare_ranked(const void *x, const void *y)
{
    const ranked *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Partners of minimum i among the earlier ones. */
static size_t choose_partners(const el4ml_session *s, size_t i, el4ml_pair *row, ranked *scratch)
{
    size_t count = 0;
    if (i < ALL_PAIRS) {
        for (size_t j = 0; j < i; j++)
            row[count++] = (el4ml_pair){.a = (uint32_t)j, .b = (uint32_t)i};
        return count;
    }
    const double energy = energy_of(s, i);
    for (size_t j = 0; j < i; j++)
        scratch[j] = (ranked){fabs(energy_of(s, j) - energy), (uint32_t)j};
    qsort(scratch, i, sizeof *scratch, compare_ranked);
    for (size_t k = 0; k < NEIGHBOURS; k++)
        row[count++] = (el4ml_pair){.a = scratch[k].index, .b = (uint32_t)i};
    for (size_t j = 0; j < i; j++)
        scratch[j] = (ranked){energy_of(s, j), (uint32_t)j};
    qsort(scratch, i, sizeof *scratch, compare_ranked);
    for (size_t k = 0; k < LOWEST; k++) {
        bool there = false;
        for (size_t m = 0; m < NEIGHBOURS && !there; m++)
            there = row[m].a == scratch[k].index;
        if (!there) row[count++] = (el4ml_pair){.a = scratch[k].index, .b = (uint32_t)i};
    }
    return count;
}

static el4ml_status measure_job(void *context, size_t job, el4ml_searcher *searcher)
{
    const measuring *m = context;
    const el4ml_session *s = m->session;
    el4ml_evaluator *e = el4ml_searcher_evaluator(searcher);
    double *aligned = EL4ML_NEW(double, s->n);
    if (!aligned) return EL4ML_OUT_OF_MEMORY;
    el4ml_status status = EL4ML_OK;
    for (size_t k = m->offset[job]; k < m->offset[job + 1] && status == EL4ML_OK; k++) {
        el4ml_pair *pair = &m->rows[k];
        double distance = 0;
        if (m->descriptors) {
            const size_t size = m->descriptor_size;
            distance = el4ml_distance(size, m->descriptors + pair->a * size, m->descriptors + pair->b * size);
        } else {
            const double *a = el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, pair->a)->point.x;
            const double *b = el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, pair->b)->point.x;
            status = el4ml_align(e, a, b, 0, aligned, &distance);
        }
        pair->distance = (float)fmax(distance, 1e-6);
    }
    el4ml_release(aligned);
    return status;
}

/* Of the minima that were not measured yet; the others' are kept. */
static bool make_descriptors(el4ml_pairs *p, el4ml_session *s, size_t minima)
{
    const el4ml_surface *surface = s->surface;
    const size_t size = surface->info.descriptor_size;
    if (!surface->ops.descriptor || size == 0) return true;
    if (!el4ml_grow((void **)&p->descriptors, &p->descriptors_capacity, minima * size, sizeof(double)))
        return false;
    el4ml_evaluator *e = el4ml_searcher_evaluator(el4ml_pool_searcher(s->pool));
    for (size_t i = p->measured; i < minima; i++)
        surface->ops.descriptor(surface->self, e->workspace,
                                el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, i)->point.x,
                                p->descriptors + i * size);
    return true;
}

static int compare_pairs(const void *x, const void *y)
{
    const el4ml_pair *p = x, *q = y;
    if (p->b != q->b) return p->b < q->b ? -1 : 1;
    return p->a < q->a ? -1 : p->a > q->a;
}

static el4ml_pair *look_up(el4ml_pairs *p, size_t a, size_t b)
{
    const el4ml_pair key = {.a = (uint32_t)a, .b = (uint32_t)b};
    return bsearch(&key, p->list, p->count, sizeof *p->list, compare_pairs);
}

static bool note_tried(el4ml_pairs *p, size_t k)
{
    if (!el4ml_grow((void **)&p->tried, &p->tried_capacity, p->tried_count + 1, sizeof *p->tried))
        return false;
    p->tried[p->tried_count++] = k;
    return true;
}

el4ml_status el4ml_pairs_attempt(el4ml_pairs *p, size_t k, uint32_t *before)
{
    *before = p->list[k].attempts;
    if (*before == 0 && !note_tried(p, k)) return EL4ML_OUT_OF_MEMORY;
    p->list[k].attempts++;
    return EL4ML_OK;
}

static bool load_attempts(el4ml_pairs *p, el4ml_session *s)
{
    size_t size;
    bool good = true;
    const attempt *stored = el4ml_landscape_get(s->landscape, "attempts", &size);
    for (size_t k = 0; stored && good && k < size / sizeof *stored; k++) {
        el4ml_pair *pair = look_up(p, stored[k].a, stored[k].b);
        if (!pair) continue;
        pair->attempts = stored[k].attempts;
        good = note_tried(p, (size_t)(pair - p->list));
    }
    return good;
}

/* Rows of partners for the minima first ... minima - 1, one after another at the end of the list, sorted by b
 * then a. */
static el4ml_status append_rows(el4ml_pairs *p, el4ml_session *s, size_t minima, size_t *offset)
{
    ranked *scratch = EL4ML_NEW(ranked, minima + 1);
    if (!scratch) return EL4ML_OUT_OF_MEMORY;
    el4ml_status status = EL4ML_OK;
    for (size_t i = p->measured; i < minima && status == EL4ML_OK; i++) {
        const size_t most = i < ALL_PAIRS ? i : NEIGHBOURS + LOWEST;
        offset[i - p->measured] = p->count;
        if (!el4ml_grow((void **)&p->list, &p->capacity, p->count + most + 1, sizeof *p->list)) {
            status = EL4ML_OUT_OF_MEMORY;
            break;
        }
        const size_t added = choose_partners(s, i, p->list + p->count, scratch);
        qsort(p->list + p->count, added, sizeof *p->list, compare_pairs);
        p->count += added;
    }
    offset[minima - p->measured] = p->count;
    el4ml_release(scratch);
    return status;
}

typedef struct scored {
    double score;
    size_t pair;
} scored;

static int compare_scored(const void *x, const void *y)
{
    const scored *a = x, *b = y;
    if (a->score != b->score) return a->score < b->score ? -1 : 1;
    return a->pair < b->pair ? -1 : a->pair > b->pair;
}

/* Merge the pairs that are not in p->sorted yet into it. */
static bool sort_new(el4ml_pairs *p)
{
    const size_t old = p->sorted_count, fresh = p->count - p->listed;
    scored *list = EL4ML_NEW(scored, fresh);
    if (!list || !el4ml_grow((void **)&p->sorted, &p->sorted_capacity, p->count + 1, sizeof *p->sorted)) {
        el4ml_release(list);
        return false;
    }
    for (size_t k = 0; k < fresh; k++)
        list[k] = (scored){p->list[p->listed + k].distance, p->listed + k};
    qsort(list, fresh, sizeof *list, compare_scored);
    size_t left = old, right = fresh;
    for (size_t at = old + fresh; right > 0;
         at--) { /* from the end, in place; on a tie the newer comes later */
        const bool newer =
            left == p->sorted_first || (double)p->list[p->sorted[left - 1]].distance <= list[right - 1].score;
        p->sorted[at - 1] = newer ? list[--right].pair : p->sorted[--left];
    }
    p->sorted_count += fresh;
    p->listed = p->count;
    el4ml_release(list);
    return true;
}

el4ml_status el4ml_pairs_update(el4ml_pairs *p, el4ml_session *s, el4ml_error *error)
{
    const size_t minima = el4ml_landscape_count(s->landscape, EL4ML_MINIMUM);
    if (p->measured == minima) return EL4ML_OK;
    const bool first_time = p->measured == 0;
    measuring m = {.session = s, .first = p->measured, .offset = EL4ML_NEW(size_t, minima - p->measured + 1)};
    el4ml_status status = m.offset && make_descriptors(p, s, minima) ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    m.descriptors = p->descriptors;
    m.descriptor_size = s->surface->info.descriptor_size;
    if (status == EL4ML_OK) status = append_rows(p, s, minima, m.offset);
    m.rows = p->list;
    if (status == EL4ML_OK) status = el4ml_pool_run(s->pool, minima - p->measured, measure_job, &m);
    el4ml_release(m.offset);
    if (status != EL4ML_OK) return el4ml_session_broken(status, error);
    p->measured = minima;
    if ((first_time && !load_attempts(p, s)) || !sort_new(p))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "connect: out of memory");
    return EL4ML_OK;
}

el4ml_status el4ml_pairs_store(const el4ml_pairs *p, el4ml_session *s, el4ml_error *error)
{
    if (p->measured == 0) return EL4ML_OK; /* what is stored still holds */
    attempt *stored = EL4ML_NEW(attempt, p->tried_count);
    if (!stored) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "connect: out of memory");
    for (size_t k = 0; k < p->tried_count; k++) {
        const el4ml_pair *pair = &p->list[p->tried[k]];
        stored[k] = (attempt){pair->a, pair->b, pair->attempts};
    }
    const el4ml_status status =
        el4ml_landscape_put(s->landscape, "attempts", stored, p->tried_count * sizeof *stored, error);
    el4ml_release(stored);
    return status;
}

static size_t find_root(size_t *parent, size_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Kruskal's forest over the components: links cheapest first, until `capacity` are chosen. Untried pairs cost
 * their distance and come sorted; `tried`, the others, are merged in. Chosen ones are marked in `taken`. */
typedef struct forest {
    const el4ml_pairs *pairs;
    el4ml_session *session;
    size_t *parent;      /* over minima */
    const scored *tried; /* by score */
    size_t tried_count;
    size_t *chosen, *count, capacity;
    bool any;       /* links that lie on a circle too */
    size_t missing; /* links to come until all is one */
    size_t reach;   /* where the farthest look at the sorted pairs ended */
} forest;

static bool is_chosen(const forest *f, size_t pair)
{
    for (size_t k = 0; k < *f->count; k++)
        if (f->chosen[k] == pair) return true;
    return false;
}

static void link_up(forest *f, size_t pair)
{
    const el4ml_pair *p = &f->pairs->list[pair];
    const size_t a = find_root(f->parent, p->a), b = find_root(f->parent, p->b);
    if (a == b || is_chosen(f, pair)) return;
    if (!f->any) {
        f->parent[a] = b;
        f->missing--;
    }
    f->chosen[(*f->count)++] = pair;
}

static void grow_forest(forest *f)
{
    const el4ml_pairs *p = f->pairs;
    for (size_t i = 0; i < f->session->parent_count; i++)
        f->parent[i] = el4ml_session_root(f->session, i);
    size_t near = p->sorted_first, again = 0;
    f->missing = f->session->components - 1;
    while (*f->count < f->capacity && f->missing > 0 && (near < p->sorted_count || again < f->tried_count)) {
        if (near < p->sorted_count && p->list[p->sorted[near]].attempts > 0) {
            near++;
            continue;
        }
        const bool fresh =
            again == f->tried_count ||
            (near < p->sorted_count && (double)p->list[p->sorted[near]].distance <= f->tried[again].score);
        link_up(f, fresh ? p->sorted[near++] : f->tried[again++].pair);
    }
    if (near > f->reach) f->reach = near;
}

/* Of the sorted pairs before `reach`, those that will never be asked again go: they lie in one component, or
 * are listed as tried. The others move up. */
static void drop_settled(el4ml_pairs *p, el4ml_session *s, size_t reach)
{
    size_t to = reach;
    for (size_t k = reach; k-- > p->sorted_first;) {
        const el4ml_pair *pair = &p->list[p->sorted[k]];
        if (pair->attempts > 0 || el4ml_session_root(s, pair->a) == el4ml_session_root(s, pair->b)) continue;
        p->sorted[--to] = p->sorted[k];
    }
    p->sorted_first = to;
}

el4ml_status el4ml_pairs_missing_links(el4ml_pairs *p, el4ml_session *s, size_t capacity, size_t *chosen,
                                       size_t *count)
{
    *count = 0;
    size_t *parent = EL4ML_NEW(size_t, s->parent_count);
    scored *tried = EL4ML_NEW(scored, p->tried_count);
    el4ml_status status = parent && tried ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_OK) {
        forest f = {.pairs = p,
                    .session = s,
                    .parent = parent,
                    .tried = tried,
                    .chosen = chosen,
                    .count = count,
                    .capacity = capacity};
        for (size_t k = 0; k < p->tried_count; k++) {
            const el4ml_pair *pair = &p->list[p->tried[k]];
            if (el4ml_session_root(s, pair->a) != el4ml_session_root(s, pair->b))
                tried[f.tried_count++] = (scored){(double)pair->distance * (1 + pair->attempts), p->tried[k]};
        }
        qsort(tried, f.tried_count, sizeof *tried, compare_scored);
        /* each component grows by one link a round; then the next-best links */
        for (int round = 0; round < 3 && *count < capacity; round++)
            grow_forest(&f);
        f.any = s->surface->ops.search != NULL; /* searches that cost next to nothing: a full batch */
        if (f.any && *count < capacity) grow_forest(&f);
        drop_settled(p, s, f.reach);
    }
    el4ml_release(parent);
    el4ml_release(tried);
    return status;
}

/* Keep the `capacity` best of all that are offered, in `best`, sorted. */
static void offer(scored *best, size_t *count, size_t capacity, scored candidate)
{
    if (*count == capacity && compare_scored(&candidate, &best[*count - 1]) >= 0) return;
    size_t at = *count < capacity ? (*count)++ : *count - 1;
    for (; at > 0 && compare_scored(&candidate, &best[at - 1]) < 0; at--)
        best[at] = best[at - 1];
    best[at] = candidate;
}

el4ml_status el4ml_pairs_better_paths(el4ml_pairs *p, el4ml_session *s, size_t capacity, size_t *chosen,
                                      size_t *count)
{
    *count = 0;
    el4ml_network *network = NULL;
    el4ml_merge_tree *tree = NULL;
    scored *best = EL4ML_NEW(scored, capacity + 1);
    el4ml_status status = best ? el4ml_landscape_network(s->landscape, &network, NULL) : EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_OK) status = el4ml_merge_tree_new(network, &tree, NULL);
    for (size_t k = 0; status == EL4ML_OK && capacity > 0 && k < p->count; k++) {
        const el4ml_pair *pair = &p->list[k];
        const double higher = fmax(energy_of(s, pair->a), energy_of(s, pair->b));
        const double barrier = fmin(fmax(el4ml_minimax(tree, pair->a, pair->b) - higher, 1e-300), 1e300);
        offer(best, count, capacity, (scored){(double)pair->distance * (1 + pair->attempts) / barrier, k});
    }
    for (size_t k = 0; k < *count; k++)
        chosen[k] = best[k].pair;
    el4ml_release(best);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
    return status;
}
