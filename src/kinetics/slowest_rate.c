/* The slowest rate of escape to B: inverse iteration x <- G (w x) from x = 1, G the inverse of the equations
 * of elimination.h. All numbers stay positive, so that every x has its digits, and Collatz's quotients x_i /
 * (G w x)_i enclose the smallest eigenvalue of each part of the network that hangs together without B. The
 * value is the Rayleigh quotient of the part with the smallest, whose error is the square of the vector's. */
#include <math.h>

#include "base/memory.h"
#include "kinetics/rate_network.h"
#include "kinetics/state_sets.h"

/* Of one part of the network. */
typedef struct quotient {
    el4ml_scaled lower, upper, above, below; /* Collatz's bounds; the two sums of the Rayleigh quotient */
} quotient;

typedef struct work {
    const el4ml_rate_network *rates;
    el4ml_place *place;              /* (states) */
    size_t *part;                    /* (states) of the free states */
    el4ml_scaled *weight, *x, *next; /* (states) */
    quotient *quotients;             /* (parts) */
    size_t part_count;
    el4ml_elimination *elimination;
} work;

static void work_clear(work *w)
{
    el4ml_release(w->place);
    el4ml_release(w->part);
    el4ml_release(w->weight);
    el4ml_release(w->x);
    el4ml_release(w->next);
    el4ml_release(w->quotients);
    el4ml_elimination_free(w->elimination);
}

static el4ml_status work_init(work *w, const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                              el4ml_error *error)
{
    const size_t n = rates->state_count;
    *w = (work){.rates = rates,
                .place = EL4ML_NEW(el4ml_place, n),
                .part = EL4ML_NEW(size_t, n),
                .weight = EL4ML_NEW(el4ml_scaled, n),
                .x = EL4ML_NEW(el4ml_scaled, n),
                .next = EL4ML_NEW(el4ml_scaled, n),
                .quotients = EL4ML_NEW(quotient, n)};
    if (!w->place || !w->part || !w->weight || !w->x || !w->next || !w->quotients)
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "slowest rate: out of memory");
    el4ml_status status = el4ml_place_states(rates, sets, EL4ML_ABSORB_B, w->place, error);
    if (status == EL4ML_OK) status = el4ml_elimination_new(rates, w->place, NULL, &w->elimination, error);
    for (size_t i = 0; i < n; i++) {
        w->weight[i] = el4ml_scaled_exp(rates->log_weight[i]);
        w->x[i] = el4ml_scaled_of(1);
    }
    return status;
}

/* Number the parts that the free states fall into without B. */
static el4ml_status find_parts(work *w, el4ml_error *error)
{
    const el4ml_rate_network *rates = w->rates;
    size_t *queue = EL4ML_NEW(size_t, rates->state_count);
    if (!queue) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "slowest rate: out of memory");
    for (size_t i = 0; i < rates->state_count; i++)
        w->part[i] = EL4ML_NONE;
    for (size_t root = 0; root < rates->state_count; root++) {
        if (w->place[root] != EL4ML_FREE || w->part[root] != EL4ML_NONE) continue;
        size_t count = 0;
        w->part[root] = w->part_count;
        queue[count++] = root;
        for (size_t next = 0; next < count; next++)
            for (size_t l = rates->first[queue[next]]; l < rates->first[queue[next] + 1]; l++) {
                const size_t j = rates->links[l].state;
                if (w->place[j] != EL4ML_FREE || w->part[j] != EL4ML_NONE) continue;
                w->part[j] = w->part_count;
                queue[count++] = j;
            }
        w->part_count++;
    }
    el4ml_release(queue);
    return EL4ML_OK;
}

/* x <- G (w x), and the quotients of old and new. */
static void iterate(work *w)
{
    const size_t n = w->rates->state_count;
    for (size_t i = 0; i < n; i++)
        w->next[i] =
            w->place[i] == EL4ML_FREE ? el4ml_scaled_product(w->weight[i], w->x[i]) : el4ml_scaled_zero();
    el4ml_elimination_solve(w->elimination, w->next);
    for (size_t p = 0; p < w->part_count; p++)
        w->quotients[p] =
            (quotient){el4ml_scaled_zero(), el4ml_scaled_zero(), el4ml_scaled_zero(), el4ml_scaled_zero()};
    for (size_t i = 0; i < n; i++) {
        if (w->place[i] != EL4ML_FREE) continue;
        quotient *q = &w->quotients[w->part[i]];
        const el4ml_scaled own = el4ml_scaled_quotient(w->x[i], w->next[i]);
        if (el4ml_scaled_is_zero(q->lower) || el4ml_scaled_less(own, q->lower)) q->lower = own;
        if (el4ml_scaled_less(q->upper, own)) q->upper = own;
        const el4ml_scaled share = el4ml_scaled_product(w->weight[i], w->x[i]);
        q->above = el4ml_scaled_sum(q->above, el4ml_scaled_product(share, w->x[i]));
        q->below = el4ml_scaled_sum(q->below, el4ml_scaled_product(share, w->next[i]));
        w->x[i] = w->next[i];
    }
}

/* The part that is slowest by its Rayleigh quotient; the least of all bounds. */
static void take_slowest(const work *w, el4ml_slowest *slowest)
{
    slowest->log_rate = slowest->log_lower = slowest->log_upper = INFINITY;
    for (size_t p = 0; p < w->part_count; p++) {
        const quotient *q = &w->quotients[p];
        slowest->log_rate =
            fmin(slowest->log_rate, el4ml_scaled_log(el4ml_scaled_quotient(q->above, q->below)));
        slowest->log_lower = fmin(slowest->log_lower, el4ml_scaled_log(q->lower));
        slowest->log_upper = fmin(slowest->log_upper, el4ml_scaled_log(q->upper));
    }
}

static el4ml_status run(work *w, double tolerance, size_t iterations, el4ml_slowest *slowest,
                        el4ml_error *error)
{
    for (slowest->iterations = 0; slowest->iterations < iterations;) {
        iterate(w);
        slowest->iterations++;
        take_slowest(w, slowest);
        if (slowest->log_upper - slowest->log_lower <= tolerance) return EL4ML_OK;
    }
    return el4ml_fail(
        error, EL4ML_NOT_CONVERGED,
        "slowest rate: between e^%.17g and e^%.17g after %zu iterations; two modes are nearly as slow",
        slowest->log_lower, slowest->log_upper, iterations);
}

el4ml_status el4ml_slowest_rate(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                double tolerance, size_t iterations, el4ml_slowest *slowest,
                                el4ml_error *error)
{
    if (!rates || !sets || !slowest)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "slowest rate: nothing given");
    if (!(tolerance > 0) || iterations == 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "slowest rate: tolerance and iterations must be positive");
    el4ml_status status = el4ml_state_sets_check(rates, sets, error);
    if (status != EL4ML_OK) return status;
    work w;
    status = work_init(&w, rates, sets, error);
    if (status == EL4ML_OK) status = find_parts(&w, error);
    if (status == EL4ML_OK) status = run(&w, tolerance, iterations, slowest, error);
    work_clear(&w);
    return status;
}
