/* Kinetic path sampling (Athenes and Bulatov, Phys. Rev. Lett. 113, 230601, 2014), with all states outside B
 * as the trapping basin and the state space in equilibrium form (elimination.h).
 *
 * Eliminating states 0, 1, ..., n - 1 gives networks of ever fewer states. "Hops" of the k-th network go
 * between states k, k + 1, ... and B; a hop i -> j is either one of the network before or the two hops i -> k
 * -> j. A trajectory is drawn in the last networks, where it goes to later states only: from the start a to j
 * by P_aj, from j on by P_j., until B. Then states come back, the last one first. Of the h hops i -> j of the
 * network without k, those through k are Binomial(h, r/(1 + r)),    r = c_ik P_kj / c_ij (before), and each
 * of the N_i departures from i may have been preceded by returns i -> k -> i, in all Negative binomial:
 * Poisson(Gamma(N_i) q),    q = c_ik P_ki / S_i, S_i the flux out of i without k. In the end N_i is the
 * number of visits of each state, and the time spent there Gamma(N_i) w_i / S_i. The cost of a trajectory is
 * that of the eliminated network, however many hops it has. All ratios are free of subtractions. */
#include <math.h>

#include "base/memory.h"
#include "kinetics/fill_pattern.h"
#include "kinetics/sampled_times.h"
#include "kinetics/variates.h"

static const double MOST_PRODUCTS = 2e7; /* half a gigabyte */

/* One pair of neighbours a, b (shares of state k) that k joins. */
typedef struct product {
    size_t pair; /* the share that stands for a, b */
    double low;  /* the lesser of the probabilities that a hop between them is direct, or by k */
    bool direct; /* which of them is the lesser */
} product;

typedef struct sampler {
    el4ml_pattern pattern;
    const el4ml_rate_network *rates;
    size_t *first;      /* (count + 1) products of the k-th state */
    product *products;  /* for a < b in the order of the shares of k */
    double *returns;    /* (shares) q */
    double *by_ground;  /* (shares) probability that a hop i -> B goes by k */
    el4ml_scaled *wait; /* (count) w_i / S_i of the whole network */
    double *start;      /* (a_count) */
    double *up, *down;  /* (shares) hops from the state to the later neighbour, and back */
    double *to_ground;  /* (count) hops to B */
    double *visits;     /* (count) */
} sampler;

static void sampler_clear(sampler *s)
{
    el4ml_pattern_clear(&s->pattern);
    el4ml_release(s->first);
    el4ml_release(s->products);
    el4ml_release(s->returns);
    el4ml_release(s->by_ground);
    el4ml_release(s->wait);
    el4ml_release(s->start);
    el4ml_release(s->up);
    el4ml_release(s->down);
    el4ml_release(s->to_ground);
    el4ml_release(s->visits);
}

static void count_products(sampler *s)
{
    size_t total = 0;
    for (size_t k = 0; k < s->pattern.count; k++) {
        const size_t d = s->pattern.start[k + 1] - s->pattern.start[k];
        s->first[k] = total;
        total += d * (d - (d > 0)) / 2;
    }
    s->first[s->pattern.count] = total;
}

/* ---- The ratios: the elimination once more, forwards, and the outflows backwards ---- */

/* Fluxes before anything is eliminated: between free states, and to the ground. */
static void load_fluxes(const sampler *s, const el4ml_place *place, el4ml_scaled *flux, el4ml_scaled *ground)
{
    const el4ml_pattern *p = &s->pattern;
    for (size_t a = 0; a < p->start[p->count]; a++)
        flux[a] = el4ml_scaled_zero();
    for (size_t k = 0; k < p->count; k++)
        ground[k] = el4ml_scaled_zero();
    for (size_t e = 0; e < s->rates->edge_count; e++) {
        const el4ml_rate_edge *edge = &s->rates->edges[e];
        const bool a_free = place[edge->a] == EL4ML_FREE, b_free = place[edge->b] == EL4ML_FREE;
        const el4ml_scaled c = el4ml_scaled_exp(edge->log_flux);
        if (a_free && b_free) {
            flux[el4ml_pattern_find(p, p->position[edge->a], p->position[edge->b])] = c;
        } else if (a_free || b_free) {
            el4ml_scaled *g = &ground[p->position[a_free ? edge->a : edge->b]];
            *g = el4ml_scaled_sum(*g, c);
        }
    }
}

/* added / (before + added), and whether the rest is the lesser part. */
static double lesser_part(el4ml_scaled before, el4ml_scaled added, bool *direct)
{
    const el4ml_scaled sum = el4ml_scaled_sum(before, added);
    *direct = el4ml_scaled_less(before, added);
    return el4ml_scaled_value(el4ml_scaled_quotient(*direct ? before : added, sum));
}

static void fill_products(sampler *s, el4ml_scaled *flux, el4ml_scaled *ground)
{
    const el4ml_pattern *p = &s->pattern;
    for (size_t k = 0; k < p->count; k++) {
        product *next = s->products + s->first[k];
        for (size_t a = p->start[k]; a < p->start[k + 1]; a++) {
            for (size_t b = a + 1; b < p->start[k + 1]; b++, next++) {
                const el4ml_scaled added = el4ml_scaled_product(flux[a], p->share[b]);
                next->pair = el4ml_pattern_find(p, p->later[a], p->later[b]);
                next->low = lesser_part(flux[next->pair], added, &next->direct);
                flux[next->pair] = el4ml_scaled_sum(flux[next->pair], added);
            }
            el4ml_scaled *g = &ground[p->later[a]];
            const el4ml_scaled added = el4ml_scaled_product(p->share[a], ground[k]);
            const el4ml_scaled sum = el4ml_scaled_sum(*g, added);
            s->by_ground[a] =
                el4ml_scaled_is_zero(added) ? 0 : el4ml_scaled_value(el4ml_scaled_quotient(added, sum));
            *g = sum;
        }
    }
}

/* flux: of each state's pairs when it was eliminated. Outflows grow backwards to those of the whole network.
 */
static void fill_returns(sampler *s, const el4ml_scaled *flux, el4ml_scaled *outflow)
{
    const el4ml_pattern *p = &s->pattern;
    for (size_t k = 0; k < p->count; k++)
        outflow[k] = p->elimination->outflow[k];
    for (size_t k = p->count; k-- > 0;)
        for (size_t a = p->start[k]; a < p->start[k + 1]; a++) {
            el4ml_scaled *own = &outflow[p->later[a]];
            const el4ml_scaled back = el4ml_scaled_product(flux[a], p->share[a]);
            s->returns[a] = el4ml_scaled_value(el4ml_scaled_quotient(back, *own));
            *own = el4ml_scaled_sum(*own, back);
        }
    for (size_t k = 0; k < p->count; k++) {
        const el4ml_scaled weight = el4ml_scaled_exp(s->rates->log_weight[p->elimination->state[k]]);
        s->wait[k] = el4ml_scaled_quotient(weight, outflow[k]);
    }
}

static bool fill_ratios(sampler *s, const el4ml_place *place)
{
    const size_t n = s->pattern.count, shares = s->pattern.start[n];
    el4ml_scaled *flux = EL4ML_NEW(el4ml_scaled, shares), *ground = EL4ML_NEW(el4ml_scaled, n),
                 *outflow = EL4ML_NEW(el4ml_scaled, n);
    const bool complete = flux && ground && outflow;
    if (complete) {
        load_fluxes(s, place, flux, ground);
        fill_products(s, flux, ground);
        fill_returns(s, flux, outflow);
    }
    el4ml_release(flux);
    el4ml_release(ground);
    el4ml_release(outflow);
    return complete;
}

/* ---- One trajectory ---- */

/* Through ever later states to B. */
static void walk_up(sampler *s, size_t k, el4ml_random *random)
{
    const el4ml_pattern *p = &s->pattern;
    for (;;) {
        double u = el4ml_random_uniform(random) - el4ml_scaled_value(p->elimination->ground[1][k]);
        size_t a = p->start[k];
        for (; u >= 0 && a < p->start[k + 1]; a++)
            u -= el4ml_scaled_value(p->share[a]);
        if (a == p->start[k]) {
            s->to_ground[k]++;
            return;
        }
        s->up[a - 1]++;
        k = p->later[a - 1];
    }
}

/* How many of the hops go by the state that comes back. */
static double split(double *hops, const product *part, el4ml_random *random)
{
    if (!(*hops > 0)) return 0;
    const double lesser = el4ml_random_binomial(random, *hops, part->low), rest = *hops - lesser;
    *hops = part->direct ? lesser : rest;
    return part->direct ? rest : lesser;
}

/* State k comes back. A pair's `up` is from the earlier state to the later. */
static void bring_back(sampler *s, size_t k, el4ml_random *random)
{
    const el4ml_pattern *p = &s->pattern;
    const product *part = s->products + s->first[k];
    for (size_t a = p->start[k]; a < p->start[k + 1]; a++) {
        const size_t i = p->later[a];
        for (size_t b = a + 1; b < p->start[k + 1]; b++, part++) {
            const double forth = split(&s->up[part->pair], part, random);
            const double back = split(&s->down[part->pair], part, random);
            s->down[a] += forth;
            s->up[b] += forth;
            s->down[b] += back;
            s->up[a] += back;
        }
        if (s->to_ground[i] > 0 && el4ml_random_uniform(random) < s->by_ground[a]) {
            s->to_ground[i]--;
            s->to_ground[k]++;
            s->down[a]++;
        }
        if (s->visits[i] > 0 && s->returns[a] > 0) {
            const double mean = el4ml_random_gamma(random, s->visits[i]) * s->returns[a];
            const double returns = el4ml_random_poisson(random, mean);
            s->down[a] += returns;
            s->up[a] += returns;
            s->visits[i] += returns;
        }
    }
    s->visits[k] = s->to_ground[k];
    for (size_t a = p->start[k]; a < p->start[k + 1]; a++)
        s->visits[k] += s->up[a];
}

static void draw_trajectory(sampler *s, size_t start, el4ml_random *random, el4ml_scaled *time, double *hops)
{
    const el4ml_pattern *p = &s->pattern;
    for (size_t a = 0; a < p->start[p->count]; a++)
        s->up[a] = s->down[a] = 0;
    for (size_t k = 0; k < p->count; k++)
        s->to_ground[k] = s->visits[k] = 0;
    walk_up(s, p->position[start], random);
    for (size_t k = p->count; k-- > 0;)
        bring_back(s, k, random);
    *time = el4ml_scaled_zero();
    *hops = 0;
    for (size_t k = 0; k < p->count; k++) {
        if (s->visits[k] == 0) continue;
        *hops += s->visits[k];
        const el4ml_scaled spent = el4ml_scaled_of(el4ml_random_gamma(random, s->visits[k]));
        *time = el4ml_scaled_sum(*time, el4ml_scaled_product(spent, s->wait[k]));
    }
}

/* ---- All of them ---- */

static el4ml_status sampler_init(sampler *s, const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                 el4ml_place *place, el4ml_error *error)
{
    *s = (sampler){.rates = rates};
    el4ml_status status = el4ml_place_states(rates, sets, EL4ML_ABSORB_B, place, error);
    if (status == EL4ML_OK) status = el4ml_pattern_init(&s->pattern, rates, place, MOST_PRODUCTS, error);
    if (status != EL4ML_OK) return status;
    const size_t n = s->pattern.count, shares = s->pattern.start[n];
    s->first = EL4ML_NEW(size_t, n + 1);
    if (s->first) count_products(s);
    s->products = s->first ? EL4ML_NEW(product, s->first[n]) : NULL;
    s->returns = EL4ML_NEW(double, shares);
    s->by_ground = EL4ML_NEW(double, shares);
    s->wait = EL4ML_NEW(el4ml_scaled, n);
    s->start = EL4ML_NEW(double, sets->a_count);
    s->up = EL4ML_NEW(double, shares);
    s->down = EL4ML_NEW(double, shares);
    s->to_ground = EL4ML_NEW(double, n);
    s->visits = EL4ML_NEW(double, n);
    if (!s->products || !s->returns || !s->by_ground || !s->wait || !s->start || !s->up || !s->down ||
        !s->to_ground || !s->visits || !fill_ratios(s, place))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetic path sampling: out of memory");
    el4ml_start_weights(rates, sets, s->start);
    return EL4ML_OK;
}

static el4ml_status run_all(sampler *s, const el4ml_state_sets *sets, const el4ml_trajectory_options *options,
                            el4ml_sampled_times *sampled, el4ml_error *error)
{
    el4ml_time_sums sums;
    el4ml_time_sums_start(&sums);
    for (size_t k = 0; k < options->trajectories; k++) {
        el4ml_random random = el4ml_random_new(options->seed, EL4ML_PURPOSE_PATH_SAMPLING, k);
        el4ml_scaled time;
        double hops;
        draw_trajectory(s, el4ml_draw_start(sets, s->start, &random), &random, &time, &hops);
        if (!isfinite(hops))
            return el4ml_fail(error, EL4ML_NOT_SUPPORTED,
                              "kinetic path sampling: trajectory %zu has more hops than a double can count",
                              k + 1);
        el4ml_time_sums_add(&sums, time, hops);
    }
    *sampled = el4ml_time_sums_result(&sums);
    return EL4ML_OK;
}

el4ml_status el4ml_kinetic_path_sampling(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                         const el4ml_trajectory_options *options,
                                         el4ml_sampled_times *sampled, el4ml_error *error)
{
    el4ml_status status = el4ml_trajectory_check(rates, sets, options, sampled, error);
    if (status != EL4ML_OK) return status;
    el4ml_place *place = EL4ML_NEW(el4ml_place, rates->state_count);
    if (!place) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetic path sampling: out of memory");
    sampler s;
    status = sampler_init(&s, rates, sets, place, error);
    if (status == EL4ML_OK) status = run_all(&s, sets, options, sampled, error);
    sampler_clear(&s);
    el4ml_release(place);
    return status;
}
