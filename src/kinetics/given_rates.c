/* A rate network from rate constants that are given step by step. Equilibrium weights follow along a spanning
 * tree from ln w_b = ln w_a + ln k_ba - ln k_ab; on every other pair the rates must then agree with them
 * (Kolmogorov's criterion). The flux of a pair is the mean of its two logarithms, so that what is left of
 * rounding errors in the rates does not favour a direction. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kinetics/rate_network.h"

static const double BALANCE_TOLERANCE = 1e-8;

/* The steps of a pair, a < b: ln k from a to b, and from b to a. */
typedef struct pair {
    size_t a, b;
    double up, down;
} pair;

static el4ml_status check_rates(size_t states, const el4ml_rate *rates, size_t count,
                                const double *log_weight, el4ml_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (rates[i].from >= states || rates[i].to >= states)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "rates: rate number %zu leads from state %zu to %zu, but there are %zu states",
                              i, rates[i].from, rates[i].to, states);
        if (rates[i].log_rate != -INFINITY && !(fabs(rates[i].log_rate) <= EL4ML_LARGEST_LOG))
            return el4ml_fail(
                error, EL4ML_BAD_INPUT,
                "rates: rate number %zu, from state %zu to %zu: ln k = %g is not a number within "
                "+-1e8 (was the rate negative?)",
                i, rates[i].from, rates[i].to, rates[i].log_rate);
    }
    for (size_t i = 0; log_weight && i < states; i++)
        if (!(fabs(log_weight[i]) <= EL4ML_LARGEST_LOG))
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "rates: state %zu: ln of its weight, %g, is not a number within +-1e8", i,
                              log_weight[i]);
    return EL4ML_OK;
}

static int compare_pairs(const void *left, const void *right)
{
    const pair *x = left, *y = right;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static double log_sum(double x, double y)
{
    const double larger = fmax(x, y);
    return larger == -INFINITY ? larger : larger + log1p(exp(fmin(x, y) - larger));
}

/* One entry for each pair; returns how many. */
static size_t collect_pairs(const el4ml_rate *rates, size_t count, pair *pairs)
{
    size_t entries = 0, distinct = 0;
    for (size_t i = 0; i < count; i++) {
        const el4ml_rate *r = &rates[i];
        if (r->from == r->to || r->log_rate == -INFINITY) continue;
        pairs[entries++] = r->from < r->to ? (pair){r->from, r->to, r->log_rate, -INFINITY}
                                           : (pair){r->to, r->from, -INFINITY, r->log_rate};
    }
    qsort(pairs, entries, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < entries; i++) {
        if (distinct > 0 && compare_pairs(&pairs[distinct - 1], &pairs[i]) == 0) {
            pairs[distinct - 1].up = log_sum(pairs[distinct - 1].up, pairs[i].up);
            pairs[distinct - 1].down = log_sum(pairs[distinct - 1].down, pairs[i].down);
        } else {
            pairs[distinct++] = pairs[i];
        }
    }
    return distinct;
}

static el4ml_status check_both_ways(const pair *pairs, size_t count, el4ml_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const bool up = pairs[i].down == -INFINITY;
        if (up || pairs[i].up == -INFINITY)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "rates: there is a rate from state %zu to %zu and none back, so that detailed "
                              "balance cannot hold",
                              up ? pairs[i].a : pairs[i].b, up ? pairs[i].b : pairs[i].a);
    }
    return EL4ML_OK;
}

/* Weights along breadth-first trees; the first state of each component has weight 1. The links' `edge` are
 * pairs.
 */
static void find_weights(const el4ml_rate_network *made, const pair *pairs, bool *reached, size_t *queue)
{
    for (size_t root = 0; root < made->state_count; root++) {
        if (reached[root]) continue;
        size_t count = 0;
        reached[root] = true;
        queue[count++] = root;
        for (size_t next = 0; next < count; next++) {
            const size_t i = queue[next];
            for (size_t l = made->first[i]; l < made->first[i + 1]; l++) {
                const size_t j = made->links[l].state;
                const pair *p = &pairs[made->links[l].edge];
                if (reached[j]) continue;
                reached[j] = true;
                queue[count++] = j;
                made->log_weight[j] = made->log_weight[i] + (j == p->b ? p->up - p->down : p->down - p->up);
            }
        }
    }
}

static el4ml_status fill_fluxes(el4ml_rate_network *made, const pair *pairs, el4ml_error *error)
{
    for (size_t e = 0; e < made->edge_count; e++) {
        const pair *p = &pairs[e];
        const double up = made->log_weight[p->a] + p->up, down = made->log_weight[p->b] + p->down;
        /* The rounding of the sums counts too, where the logarithms are very large. */
        const double allowed = BALANCE_TOLERANCE + 1e-14 * (fabs(up) + fabs(down));
        if (!(fabs(up - down) <= allowed))
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "rates: the rates between states %zu and %zu contradict detailed balance: the "
                              "fluxes at equilibrium differ by a factor exp(%g)",
                              p->a, p->b, up - down);
        if (!(fabs(up) <= EL4ML_LARGEST_LOG && fabs(down) <= EL4ML_LARGEST_LOG))
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "rates: the flux between states %zu and %zu is beyond "
                              "exp(+-1e8)",
                              p->a, p->b);
        made->edges[e].log_flux = up + (down - up) / 2;
        made->edges[e].edge = EL4ML_NONE;
    }
    return EL4ML_OK;
}

static el4ml_status fill(el4ml_rate_network *made, const pair *pairs, size_t count, const double *log_weight,
                         el4ml_error *error)
{
    for (size_t i = 0; i < made->state_count; i++) {
        made->minimum[i] = i;
        made->log_weight[i] = log_weight ? log_weight[i] : 0;
    }
    for (size_t e = 0; e < count; e++)
        made->edges[e] = (el4ml_rate_edge){pairs[e].a, pairs[e].b, 0, e};
    el4ml_rate_network_finish(made, count);
    if (!log_weight) {
        bool *reached = EL4ML_NEW(bool, made->state_count);
        size_t *queue = EL4ML_NEW(size_t, made->state_count);
        const bool complete = reached && queue;
        if (complete) find_weights(made, pairs, reached, queue);
        el4ml_release(reached);
        el4ml_release(queue);
        if (!complete) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    }
    return fill_fluxes(made, pairs, error);
}

el4ml_status el4ml_rate_network_from_rates(size_t state_count, const el4ml_rate *rates, size_t rate_count,
                                           const double *log_weight, el4ml_rate_network **made,
                                           el4ml_error *error)
{
    if (!made || (rate_count && !rates))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "rates: nothing given");
    el4ml_status status = check_rates(state_count, rates, rate_count, log_weight, error);
    if (status != EL4ML_OK) return status;
    pair *pairs = EL4ML_NEW(pair, rate_count);
    if (!pairs) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    const size_t count = collect_pairs(rates, rate_count, pairs);
    el4ml_rate_network *network = NULL;
    status = check_both_ways(pairs, count, error);
    if (status == EL4ML_OK) {
        network = el4ml_rate_network_allocate(state_count, count);
        status = network ? fill(network, pairs, count, log_weight, error)
                         : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "rates: out of memory");
    }
    el4ml_release(pairs);
    if (status != EL4ML_OK) {
        el4ml_rate_network_free(network);
        return status;
    }
    *made = network;
    return EL4ML_OK;
}
