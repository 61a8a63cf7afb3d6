/* Kemeny's constant of a chain with detailed balance. With state r absorbing and G the inverse of the
 * equations of elimination.h, commute times give tau_rj = w_tot G_jj - tau_jr, and so
 *
 *     zeta = sum_j p_j tau_rj = sum_j w_j G_jj - sum_j p_j tau_jr.
 *
 * Both sums have positive terms. Their difference loses log2(1 + E_r/zeta) bits, E_r = sum_j p_j tau_jr.
 * Since sum_r p_r E_r = zeta, some r has E_r <= zeta; the one that the first round finds, E_j = E_r + tau_rj
 * - tau_jr (Aldous and Fill, chapter 2), serves for a second where the first is worse. Diagonal elements of G
 * alone, by the recursion of Takahashi, Fagan and Chin (1973), which is free of subtractions too. */
#include <math.h>

#include "base/memory.h"
#include "kinetics/fill_pattern.h"
#include "kinetics/rate_network.h"

static const double MOST_PRODUCTS = 4e9; /* minutes */

typedef struct work {
    const el4ml_rate_network *rates;
    el4ml_place *place;       /* (states) */
    el4ml_scaled *weight;     /* (states) normalised */
    el4ml_scaled *time;       /* (states) tau_jr */
    el4ml_scaled *resistance; /* (states) G_jj */
} work;

static void work_clear(work *w)
{
    el4ml_release(w->place);
    el4ml_release(w->weight);
    el4ml_release(w->time);
    el4ml_release(w->resistance);
}

static bool work_init(work *w, const el4ml_rate_network *rates)
{
    const size_t n = rates->state_count;
    *w = (work){rates, EL4ML_NEW(el4ml_place, n), EL4ML_NEW(el4ml_scaled, n), EL4ML_NEW(el4ml_scaled, n),
                EL4ML_NEW(el4ml_scaled, n)};
    if (w->place && w->weight && w->time && w->resistance) return true;
    work_clear(w);
    return false;
}

static el4ml_scaled total_weight(const el4ml_rate_network *rates)
{
    el4ml_scaled total = el4ml_scaled_zero();
    for (size_t i = 0; i < rates->state_count; i++)
        total = el4ml_scaled_sum(total, el4ml_scaled_exp(rates->log_weight[i]));
    return total;
}

/* G of the k-th eliminated state and of its later neighbours with it: g (count), pairs (shares). */
static void invert_column(const el4ml_pattern *p, size_t k, el4ml_scaled *g, el4ml_scaled *pairs)
{
    const size_t end = p->start[k + 1];
    for (size_t a = p->start[k]; a < end; a++)
        pairs[a] = el4ml_scaled_product(p->share[a], g[p->later[a]]);
    for (size_t a = p->start[k]; a < end; a++)
        for (size_t b = a + 1; b < end; b++) {
            const el4ml_scaled value = pairs[el4ml_pattern_find(p, p->later[a], p->later[b])];
            pairs[a] = el4ml_scaled_sum(pairs[a], el4ml_scaled_product(p->share[b], value));
            pairs[b] = el4ml_scaled_sum(pairs[b], el4ml_scaled_product(p->share[a], value));
        }
    g[k] = el4ml_scaled_quotient(el4ml_scaled_of(1), p->elimination->outflow[k]);
    for (size_t a = p->start[k]; a < end; a++)
        g[k] = el4ml_scaled_sum(g[k], el4ml_scaled_product(p->share[a], pairs[a]));
}

static bool fill_resistances(const el4ml_pattern *p, el4ml_scaled *resistance)
{
    el4ml_scaled *g = EL4ML_NEW(el4ml_scaled, p->count), *pairs = EL4ML_NEW(el4ml_scaled, p->start[p->count]);
    const bool complete = g && pairs;
    for (size_t k = complete ? p->count : 0; k-- > 0;) {
        invert_column(p, k, g, pairs);
        resistance[p->elimination->state[k]] = g[k];
    }
    el4ml_release(g);
    el4ml_release(pairs);
    return complete;
}

/* Times to, and resistances between, `root` and all other states. */
static el4ml_status solve_from(work *w, size_t root, el4ml_error *error)
{
    const size_t n = w->rates->state_count;
    for (size_t i = 0; i < n; i++)
        w->place[i] = EL4ML_FREE;
    w->place[root] = EL4ML_GROUND_B;
    el4ml_pattern pattern;
    el4ml_status status = el4ml_pattern_init(&pattern, w->rates, w->place, MOST_PRODUCTS, error);
    if (status != EL4ML_OK) return status;
    for (size_t i = 0; i < n; i++)
        w->time[i] = w->weight[i];
    w->time[root] = w->resistance[root] = el4ml_scaled_zero();
    el4ml_elimination_solve(pattern.elimination, w->time);
    if (!fill_resistances(&pattern, w->resistance))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "Kemeny's constant: out of memory");
    el4ml_pattern_clear(&pattern);
    return status;
}

/* ln zeta, with E_r / zeta in *loss, and the state whose E is least. */
static double combine(const work *w, size_t root, double *loss, size_t *best)
{
    el4ml_scaled plus = el4ml_scaled_zero(), minus = plus;
    double least = 0; /* (E_j - E_r) in units of the largest term */
    for (size_t j = 0; j < w->rates->state_count; j++) {
        plus = el4ml_scaled_sum(plus, el4ml_scaled_product(w->weight[j], w->resistance[j]));
        minus = el4ml_scaled_sum(minus, el4ml_scaled_product(w->weight[j], w->time[j]));
    }
    const double part = el4ml_scaled_value(el4ml_scaled_quotient(minus, plus));
    *best = root;
    for (size_t j = 0; j < w->rates->state_count; j++) {
        const double change = el4ml_scaled_value(el4ml_scaled_quotient(w->resistance[j], plus)) -
                              2 * el4ml_scaled_value(el4ml_scaled_quotient(w->time[j], plus));
        if (!(change < least)) continue;
        least = change;
        *best = j;
    }
    *loss = part / (1 - part);
    return el4ml_scaled_log(plus) + log1p(-part);
}

static el4ml_status find_kemeny(work *w, double *log_kemeny, el4ml_error *error)
{
    size_t root = 0, best;
    for (size_t i = 1; i < w->rates->state_count; i++)
        if (w->rates->log_weight[i] > w->rates->log_weight[root]) root = i;
    el4ml_status status = EL4ML_OK;
    double loss = 0;
    for (int round = 0; round < 3; round++) {
        status = solve_from(w, root, error);
        if (status != EL4ML_OK) return status;
        *log_kemeny = combine(w, root, &loss, &best);
        if (loss <= 1 || best == root) return EL4ML_OK;
        root = best;
    }
    return EL4ML_OK;
}

static el4ml_status check_connected(const el4ml_rate_network *rates, el4ml_error *error)
{
    bool *reached = EL4ML_NEW(bool, rates->state_count);
    size_t *queue = EL4ML_NEW(size_t, rates->state_count), missing = EL4ML_NONE;
    const bool complete = reached && queue;
    if (complete) {
        reached[0] = true;
        el4ml_rate_network_spread(rates, reached, queue);
        for (size_t i = 0; i < rates->state_count && missing == EL4ML_NONE; i++)
            if (!reached[i]) missing = i;
    }
    el4ml_release(reached);
    el4ml_release(queue);
    if (!complete) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "Kemeny's constant: out of memory");
    if (missing == EL4ML_NONE) return EL4ML_OK;
    return el4ml_fail(error, EL4ML_BAD_INPUT,
                      "Kemeny's constant: states 0 and %zu are not connected; choose a component", missing);
}

el4ml_status el4ml_kemeny_constant(const el4ml_rate_network *rates, double *log_kemeny, el4ml_error *error)
{
    if (!rates || !log_kemeny)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "Kemeny's constant: nothing given");
    if (rates->state_count == 0) return el4ml_fail(error, EL4ML_BAD_INPUT, "Kemeny's constant: no states");
    el4ml_status status = check_connected(rates, error);
    if (status != EL4ML_OK) return status;
    *log_kemeny = -INFINITY;
    if (rates->state_count == 1) return EL4ML_OK;
    work w;
    if (!work_init(&w, rates))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "Kemeny's constant: out of memory");
    const el4ml_scaled total = total_weight(rates);
    for (size_t i = 0; i < rates->state_count; i++)
        w.weight[i] = el4ml_scaled_quotient(el4ml_scaled_exp(rates->log_weight[i]), total);
    status = find_kemeny(&w, log_kemeny, error);
    *log_kemeny += el4ml_scaled_log(total); /* fluxes were not normalised */
    work_clear(&w);
    return status;
}
