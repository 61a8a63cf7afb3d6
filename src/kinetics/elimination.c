#include "kinetics/elimination.h"

#include <string.h>

#include "base/memory.h"
#include "kinetics/degree_queue.h"

/* Sparse rows cost some tens of times more for each product than the dense triangle, which does them all, and
 * twice as much memory for each pair, with room to grow. So the last states are dense once one in DENSE_PART
 * of their pairs exchanges; little is left to gain by their order then. */
enum { DENSE_PART = 16, DENSE_LEAST = 64 };

typedef struct work {
    el4ml_elimination *made;
    el4ml_rows *rows;         /* c between states that are left */
    el4ml_scaled *ground[2];  /* (states) g to each ground */
    el4ml_degree_queue queue; /* states that are left, by degree */
    el4ml_entry *pivot;       /* (states) row of the state that is eliminated */
    el4ml_scaled *share;      /* (states) its P */
    size_t share_capacity;    /* of made->share */
} work;

static el4ml_elimination *allocate(size_t states, size_t count)
{
    el4ml_elimination *made = EL4ML_NEW(el4ml_elimination, 1);
    if (!made) return NULL;
    made->state_count = states;
    made->state = EL4ML_NEW(uint32_t, count);
    made->start = EL4ML_NEW(size_t, count + 1);
    made->outflow = EL4ML_NEW(el4ml_scaled, count);
    made->ground[0] = EL4ML_NEW(el4ml_scaled, count);
    made->ground[1] = EL4ML_NEW(el4ml_scaled, count);
    if (made->state && made->start && made->outflow && made->ground[0] && made->ground[1]) return made;
    el4ml_elimination_free(made);
    return NULL;
}

void el4ml_elimination_free(el4ml_elimination *made)
{
    if (!made) return;
    el4ml_release(made->state);
    el4ml_release(made->start);
    el4ml_release(made->share);
    el4ml_dense_clear(&made->dense);
    el4ml_release(made->outflow);
    el4ml_release(made->ground[0]);
    el4ml_release(made->ground[1]);
    el4ml_release(made);
}

static void work_clear(work *w)
{
    el4ml_rows_free(w->rows);
    el4ml_release(w->ground[0]);
    el4ml_release(w->ground[1]);
    el4ml_degree_queue_clear(&w->queue);
    el4ml_release(w->pivot);
    el4ml_release(w->share);
}

static bool work_init(work *w, size_t states, size_t count)
{
    *w = (work){.made = allocate(states, count),
                .rows = el4ml_rows_new(states),
                .ground = {EL4ML_NEW(el4ml_scaled, states), EL4ML_NEW(el4ml_scaled, states)},
                .pivot = EL4ML_NEW(el4ml_entry, count),
                .share = EL4ML_NEW(el4ml_scaled, count)};
    if (w->made && w->rows && w->ground[0] && w->ground[1] && w->pivot && w->share &&
        el4ml_degree_queue_init(&w->queue, states))
        return true;
    work_clear(w);
    el4ml_elimination_free(w->made);
    return false;
}

static void add_ground(work *w, el4ml_place ground, size_t state, el4ml_scaled flux)
{
    el4ml_scaled *g = &w->ground[ground == EL4ML_GROUND_B][state];
    *g = el4ml_scaled_sum(*g, flux);
}

/* Fluxes between free states, and from them to the ground. */
static bool load(work *w, const el4ml_rate_network *rates, const el4ml_place *place)
{
    for (size_t i = 0; i < rates->state_count; i++)
        w->ground[0][i] = w->ground[1][i] = el4ml_scaled_zero();
    for (size_t e = 0; e < rates->edge_count; e++) {
        const size_t a = rates->edges[e].a, b = rates->edges[e].b;
        if (place[a] != EL4ML_FREE && place[b] != EL4ML_FREE) continue;
        const el4ml_scaled flux = el4ml_scaled_exp(rates->edges[e].log_flux);
        if (place[a] == EL4ML_FREE && place[b] == EL4ML_FREE) {
            if (!el4ml_rows_add(w->rows, a, (uint32_t)b, flux) ||
                !el4ml_rows_add(w->rows, b, (uint32_t)a, flux))
                return false;
        } else {
            const bool a_free = place[a] == EL4ML_FREE;
            add_ground(w, place[a_free ? b : a], a_free ? a : b, flux);
        }
    }
    for (size_t i = 0; i < rates->state_count; i++)
        if (place[i] == EL4ML_FREE)
            el4ml_degree_queue_add(&w->queue, (uint32_t)i, (uint32_t)el4ml_rows_length(w->rows, i));
    return true;
}

/* S_x, P_xj and the probabilities of the ground; they are what is kept of x. */
static bool keep_pivot(work *w, uint32_t x, size_t length)
{
    el4ml_elimination *made = w->made;
    const size_t k = made->count, start = made->start[k];
    if (!el4ml_grow((void **)&made->share, &w->share_capacity, start + length, sizeof *made->share))
        return false;
    el4ml_scaled outflow = el4ml_scaled_sum(w->ground[0][x], w->ground[1][x]);
    for (size_t i = 0; i < length; i++)
        outflow = el4ml_scaled_sum(outflow, el4ml_entry_value(w->pivot[i]));
    for (size_t i = 0; i < length; i++) {
        w->share[i] = el4ml_scaled_quotient(el4ml_entry_value(w->pivot[i]), outflow);
        made->share[start + i] = el4ml_entry_of(w->pivot[i].column, w->share[i]);
    }
    made->outflow[k] = outflow;
    for (unsigned g = 0; g < 2; g++)
        made->ground[g][k] = el4ml_scaled_quotient(w->ground[g][x], outflow);
    made->state[k] = x;
    made->start[k + 1] = start + length;
    made->count = made->sparse_count = k + 1;
    return true;
}

/* c_ij += P_xi c_xj for all pairs of neighbours, row by row; c_ij and c_ji by the same product. */
static bool join_neighbours(work *w, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const size_t row = w->pivot[i].column;
        for (size_t j = 0; j < length; j++) {
            if (j == i) continue;
            const size_t high = i > j ? i : j, low = i > j ? j : i;
            const el4ml_scaled flux = el4ml_scaled_product(w->share[high], el4ml_entry_value(w->pivot[low]));
            if (!el4ml_rows_add(w->rows, row, w->pivot[j].column, flux)) return false;
        }
    }
    return true;
}

static bool eliminate(work *w, uint32_t x)
{
    const size_t length = el4ml_rows_copy(w->rows, x, w->pivot);
    if (!keep_pivot(w, x, length)) return false;
    for (size_t i = 0; i < length; i++) {
        const uint32_t j = w->pivot[i].column;
        el4ml_rows_remove(w->rows, j, x);
        for (unsigned g = 0; g < 2; g++)
            w->ground[g][j] =
                el4ml_scaled_sum(w->ground[g][j], el4ml_scaled_product(w->share[i], w->ground[g][x]));
    }
    el4ml_rows_clear(w->rows, x);
    if (!join_neighbours(w, length)) return false;
    for (size_t i = 0; i < length; i++) {
        const uint32_t j = w->pivot[i].column;
        el4ml_degree_queue_remove(&w->queue, j);
        el4ml_degree_queue_add(&w->queue, j, (uint32_t)el4ml_rows_length(w->rows, j));
    }
    return true;
}

/* The states that are left, in the order of their degrees; number: (states). */
static bool load_dense(work *w, size_t count, uint32_t *number)
{
    el4ml_elimination *made = w->made;
    uint32_t *state = made->state + made->sparse_count;
    if (!el4ml_dense_init(&made->dense, count)) return false;
    for (size_t k = 0; k < count; k++) {
        state[k] = el4ml_degree_queue_take(&w->queue);
        number[state[k]] = (uint32_t)k;
    }
    for (size_t k = 0; k < count; k++) {
        const size_t length = el4ml_rows_copy(w->rows, state[k], w->pivot);
        for (size_t i = 0; i < length; i++) {
            const size_t j = number[w->pivot[i].column];
            if (j <= k) continue;
            made->dense.m[el4ml_dense_at(&made->dense, k, j)] = w->pivot[i].m;
            made->dense.e[el4ml_dense_at(&made->dense, k, j)] = w->pivot[i].e;
        }
    }
    el4ml_rows_free(w->rows);
    w->rows = NULL;
    return true;
}

static bool eliminate_densely(work *w, size_t count)
{
    el4ml_elimination *made = w->made;
    const size_t first = made->sparse_count;
    uint32_t *number = EL4ML_NEW(uint32_t, made->state_count);
    const bool loaded = number && load_dense(w, count, number);
    el4ml_release(number);
    if (!loaded) return false;
    for (size_t k = 0; k < count; k++)
        for (unsigned g = 0; g < 2; g++)
            made->ground[g][first + k] = w->ground[g][made->state[first + k]];
    made->count = first + count;
    el4ml_scaled *const ground[2] = {made->ground[0] + first, made->ground[1] + first};
    return el4ml_dense_eliminate(&made->dense, ground, made->outflow + first);
}

static bool eliminate_all(work *w, const uint32_t *order, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const size_t left = count - k;
        if (!order && left >= DENSE_LEAST && el4ml_rows_total(w->rows) >= left * left / DENSE_PART)
            return eliminate_densely(w, left);
        if (order) el4ml_degree_queue_remove(&w->queue, order[k]);
        if (!eliminate(w, order ? order[k] : el4ml_degree_queue_take(&w->queue))) return false;
    }
    return true;
}

el4ml_status el4ml_elimination_new(const el4ml_rate_network *rates, const el4ml_place *place,
                                   const uint32_t *order, el4ml_elimination **made, el4ml_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < rates->state_count; i++)
        count += place[i] == EL4ML_FREE;
    if (rates->state_count >= UINT32_MAX)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "graph transformation: more than 2^32 - 2 states");
    work w;
    if (!work_init(&w, rates->state_count, count))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "graph transformation: out of memory");
    const bool complete = load(&w, rates, place) && eliminate_all(&w, order, count);
    work_clear(&w);
    if (!complete) {
        el4ml_elimination_free(w.made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "graph transformation: out of memory");
    }
    *made = w.made;
    return EL4ML_OK;
}

/* x_j += P_ij x_i for all j, and its transpose: sum_j P_ij x_j, of the dense part. */
static void spread_dense(const el4ml_elimination *e, size_t i, el4ml_scaled *x)
{
    const uint32_t *state = e->state + e->sparse_count;
    const el4ml_scaled own = x[state[i]];
    for (size_t j = i + 1; j < e->dense.count; j++) {
        const el4ml_scaled share = el4ml_dense_value(&e->dense, el4ml_dense_at(&e->dense, i, j));
        x[state[j]] = el4ml_scaled_sum(x[state[j]], el4ml_scaled_product(share, own));
    }
}

static el4ml_scaled gather_dense(const el4ml_elimination *e, size_t i, const el4ml_scaled *x)
{
    const uint32_t *state = e->state + e->sparse_count;
    el4ml_scaled sum = el4ml_scaled_zero();
    for (size_t j = i + 1; j < e->dense.count; j++) {
        const el4ml_scaled share = el4ml_dense_value(&e->dense, el4ml_dense_at(&e->dense, i, j));
        sum = el4ml_scaled_sum(sum, el4ml_scaled_product(share, x[state[j]]));
    }
    return sum;
}

/* x_j += P_kj x_k for the states j after the k-th. */
static void spread(const el4ml_elimination *e, size_t k, el4ml_scaled *x)
{
    const el4ml_scaled own = x[e->state[k]];
    if (el4ml_scaled_is_zero(own)) return;
    if (k >= e->sparse_count) {
        spread_dense(e, k - e->sparse_count, x);
        return;
    }
    for (size_t i = e->start[k]; i < e->start[k + 1]; i++) {
        el4ml_scaled *to = &x[e->share[i].column];
        *to = el4ml_scaled_sum(*to, el4ml_scaled_product(el4ml_entry_value(e->share[i]), own));
    }
}

/* sum_j P_kj x_j over the states j after the k-th. */
static el4ml_scaled gather(const el4ml_elimination *e, size_t k, const el4ml_scaled *x)
{
    if (k >= e->sparse_count) return gather_dense(e, k - e->sparse_count, x);
    el4ml_scaled sum = el4ml_scaled_zero();
    for (size_t i = e->start[k]; i < e->start[k + 1]; i++)
        sum = el4ml_scaled_sum(sum,
                               el4ml_scaled_product(el4ml_entry_value(e->share[i]), x[e->share[i].column]));
    return sum;
}

void el4ml_elimination_solve(const el4ml_elimination *e, el4ml_scaled *x)
{
    for (size_t k = 0; k < e->count; k++)
        spread(e, k, x);
    for (size_t k = e->count; k-- > 0;) {
        el4ml_scaled *own = &x[e->state[k]];
        *own = el4ml_scaled_sum(el4ml_scaled_quotient(*own, e->outflow[k]), gather(e, k, x));
    }
}

void el4ml_elimination_absorption(const el4ml_elimination *e, unsigned which, el4ml_scaled *q)
{
    for (size_t k = e->count; k-- > 0;)
        q[e->state[k]] = el4ml_scaled_sum(e->ground[which][k], gather(e, k, q));
}
