/* First-passage times, rates and committors between two sets of states.
 *
 * With G the inverse of the eliminated equations (elimination.h) and w the weights, tau = G w, and the
 * moments follow from <t^k> = k G (w <t^(k-1)>): each a solution for a right-hand side of positive numbers.
 * Three eliminations are made, with B, A, and both absorbing, each in its own best order. */
#include <math.h>

#include "base/memory.h"
#include "kinetics/state_sets.h"

/* Values of all states, in turn for each quantity. */
typedef struct passage {
    const el4ml_rate_network *rates;
    const el4ml_state_sets *sets;
    el4ml_place *place;   /* (states) */
    el4ml_scaled *weight; /* (states) w */
    el4ml_scaled *time;   /* (states) */
    el4ml_scaled *value;  /* (states) */
    el4ml_elimination *elimination;
} passage;

static void passage_clear(passage *p)
{
    el4ml_release(p->place);
    el4ml_release(p->weight);
    el4ml_release(p->time);
    el4ml_release(p->value);
    el4ml_elimination_free(p->elimination);
}

static el4ml_status passage_init(passage *p, const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                 el4ml_error *error)
{
    const size_t n = rates->state_count;
    *p = (passage){.rates = rates,
                   .sets = sets,
                   .place = EL4ML_NEW(el4ml_place, n),
                   .weight = EL4ML_NEW(el4ml_scaled, n),
                   .time = EL4ML_NEW(el4ml_scaled, n),
                   .value = EL4ML_NEW(el4ml_scaled, n)};
    if (!p->place || !p->weight || !p->time || !p->value) {
        passage_clear(p);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetics: out of memory");
    }
    for (size_t i = 0; i < n; i++)
        p->weight[i] = el4ml_scaled_exp(rates->log_weight[i]);
    return EL4ML_OK;
}

static el4ml_status eliminate(passage *p, el4ml_absorbing absorbing, el4ml_error *error)
{
    el4ml_elimination_free(p->elimination);
    p->elimination = NULL;
    el4ml_status status = el4ml_place_states(p->rates, p->sets, absorbing, p->place, error);
    if (status == EL4ML_OK) status = el4ml_elimination_new(p->rates, p->place, NULL, &p->elimination, error);
    return status;
}

/* time <- order G (w time): from <t^(order - 1)> to <t^order>. Zero outside the free states. */
static void next_moment(passage *p, size_t order)
{
    for (size_t i = 0; i < p->rates->state_count; i++) {
        p->time[i] =
            p->place[i] == EL4ML_FREE ? el4ml_scaled_product(p->weight[i], p->time[i]) : el4ml_scaled_zero();
        p->time[i] = el4ml_scaled_product(p->time[i], el4ml_scaled_of((double)order));
    }
    el4ml_elimination_solve(p->elimination, p->time);
}

/* <t^0> = 1, from which the moments start. */
static void start_moments(passage *p)
{
    for (size_t i = 0; i < p->rates->state_count; i++)
        p->time[i] = el4ml_scaled_of(1);
}

static void write_times(const passage *p, double *log_time)
{
    for (size_t i = 0; i < p->rates->state_count; i++)
        log_time[i] = p->place[i] == EL4ML_OUTSIDE ? INFINITY : el4ml_scaled_log(p->time[i]);
}

static el4ml_status check_arguments(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                    const void *result, el4ml_error *error)
{
    if (!rates || !sets || !result)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "kinetics: nothing given");
    return el4ml_state_sets_check(rates, sets, error);
}

/* ---- Moments ---- */

static el4ml_status fill_moments(passage *p, el4ml_moments *moments, el4ml_error *error)
{
    const el4ml_source source = el4ml_source_of(p->sets, EL4ML_ABSORB_B);
    const el4ml_status status = eliminate(p, EL4ML_ABSORB_B, error);
    if (status != EL4ML_OK) return status;
    start_moments(p);
    for (size_t k = 0; k < moments->count; k++) {
        next_moment(p, k + 1);
        write_times(p, moments->log_moment + k * moments->state_count);
        moments->log_mean[k] = el4ml_scaled_log(el4ml_source_mean(p->rates, &source, p->time));
    }
    return EL4ML_OK;
}

el4ml_status el4ml_moments_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets, size_t count,
                               el4ml_moments **moments, el4ml_error *error)
{
    el4ml_status status = check_arguments(rates, sets, moments, error);
    if (status != EL4ML_OK) return status;
    if (count == 0 || count > SIZE_MAX / (rates->state_count + 1))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "moments: %zu of them cannot be had", count);
    passage p;
    status = passage_init(&p, rates, sets, error);
    if (status != EL4ML_OK) return status;
    el4ml_moments *made = EL4ML_NEW(el4ml_moments, 1);
    if (made)
        *made = (el4ml_moments){count, rates->state_count, EL4ML_NEW(double, count * rates->state_count),
                                EL4ML_NEW(double, count)};
    status = made && made->log_moment && made->log_mean
                 ? fill_moments(&p, made, error)
                 : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "moments: out of memory");
    passage_clear(&p);
    if (status == EL4ML_OK)
        *moments = made;
    else
        el4ml_moments_free(made);
    return status;
}

void el4ml_moments_free(el4ml_moments *moments)
{
    if (!moments) return;
    el4ml_release(moments->log_moment);
    el4ml_release(moments->log_mean);
    el4ml_release(moments);
}

/* ---- Times and rates of one direction ---- */

static el4ml_status fill_times(passage *p, el4ml_absorbing absorbing, el4ml_transition *t, el4ml_error *error)
{
    const el4ml_source source = el4ml_source_of(p->sets, absorbing);
    const el4ml_status status = eliminate(p, absorbing, error);
    if (status != EL4ML_OK) return status;
    start_moments(p);
    next_moment(p, 1);
    write_times(p, t->log_time);
    const el4ml_scaled mean = el4ml_source_mean(p->rates, &source, p->time);
    for (size_t k = 0; k < source.count; k++)
        p->value[source.states[k]] = el4ml_scaled_quotient(el4ml_scaled_of(1), p->time[source.states[k]]);
    const el4ml_scaled rate = el4ml_source_mean(p->rates, &source, p->value);
    next_moment(p, 2);
    t->mfpt = el4ml_scaled_value(mean);
    t->rate = el4ml_scaled_value(rate);
    t->log_mfpt = el4ml_scaled_log(mean);
    t->log_rate = el4ml_scaled_log(rate);
    t->log_rate_mfpt = -t->log_mfpt;
    t->log_second_moment = el4ml_scaled_log(el4ml_source_mean(p->rates, &source, p->time));
    return EL4ML_OK;
}

/* ---- Committors, steady-state rates ---- */

/* Per source state: the flux c'_aB into the other set, and w'_a. `time` is the mean time to A or B, `value`
 * the probability to reach the target first, 1 on it and 0 on the source. */
static void renormalised(const passage *p, size_t a, el4ml_scaled *flux, el4ml_scaled *weight)
{
    *flux = el4ml_scaled_zero();
    *weight = p->weight[a];
    for (size_t l = p->rates->first[a]; l < p->rates->first[a + 1]; l++) {
        const el4ml_rate_link *link = &p->rates->links[l];
        const el4ml_scaled c = el4ml_scaled_exp(p->rates->edges[link->edge].log_flux);
        *flux = el4ml_scaled_sum(*flux, el4ml_scaled_product(c, p->value[link->state]));
        *weight = el4ml_scaled_sum(*weight, el4ml_scaled_product(c, p->time[link->state]));
    }
}

static void fill_steady_rates(const passage *p, el4ml_absorbing absorbing, el4ml_transition *t)
{
    const el4ml_source source = el4ml_source_of(p->sets, absorbing);
    el4ml_scaled steady = el4ml_scaled_zero(), other = steady, total = steady;
    for (size_t k = 0; k < source.count; k++) {
        const size_t a = source.states[k];
        const el4ml_scaled share = el4ml_source_weight(p->rates, &source, k);
        el4ml_scaled flux, weight;
        renormalised(p, a, &flux, &weight);
        flux = el4ml_scaled_product(share, flux);
        steady = el4ml_scaled_sum(steady, el4ml_scaled_quotient(flux, p->weight[a]));
        other = el4ml_scaled_sum(other, el4ml_scaled_quotient(flux, weight));
        total = el4ml_scaled_sum(total, share);
    }
    t->log_rate_ss = el4ml_scaled_log(el4ml_scaled_quotient(steady, total));
    t->log_rate_nss = el4ml_scaled_log(el4ml_scaled_quotient(other, total));
}

/* value <- the probability to reach the target of the direction first. */
static void fill_committor(passage *p, el4ml_absorbing absorbing, double *log_committor)
{
    const el4ml_place target = absorbing == EL4ML_ABSORB_B ? EL4ML_GROUND_B : EL4ML_GROUND_A;
    for (size_t i = 0; i < p->rates->state_count; i++)
        p->value[i] = p->place[i] == target ? el4ml_scaled_of(1) : el4ml_scaled_zero();
    el4ml_elimination_absorption(p->elimination, absorbing == EL4ML_ABSORB_B, p->value);
    for (size_t i = 0; i < p->rates->state_count; i++)
        log_committor[i] = p->place[i] == EL4ML_OUTSIDE ? NAN : fmin(0, el4ml_scaled_log(p->value[i]));
}

static el4ml_status fill_committors(passage *p, el4ml_kinetics *k, el4ml_error *error)
{
    const el4ml_status status = eliminate(p, EL4ML_ABSORB_BOTH, error);
    if (status != EL4ML_OK) return status;
    start_moments(p);
    next_moment(p, 1);
    fill_committor(p, EL4ML_ABSORB_A, k->log_committor_a);
    fill_steady_rates(p, EL4ML_ABSORB_A, &k->ba);
    fill_committor(p, EL4ML_ABSORB_B, k->log_committor_b);
    fill_steady_rates(p, EL4ML_ABSORB_B, &k->ab);
    for (size_t i = 0; i < k->state_count; i++)
        k->committor[i] = p->place[i] == EL4ML_OUTSIDE ? NAN : fmin(1, el4ml_scaled_value(p->value[i]));
    return EL4ML_OK;
}

/* ---- All of it ---- */

static el4ml_kinetics *allocate(size_t states)
{
    el4ml_kinetics *made = EL4ML_NEW(el4ml_kinetics, 1);
    if (!made) return NULL;
    made->state_count = states;
    made->ab.log_time = EL4ML_NEW(double, states);
    made->ba.log_time = EL4ML_NEW(double, states);
    made->committor = EL4ML_NEW(double, states);
    made->log_committor_a = EL4ML_NEW(double, states);
    made->log_committor_b = EL4ML_NEW(double, states);
    if (made->ab.log_time && made->ba.log_time && made->committor && made->log_committor_a &&
        made->log_committor_b)
        return made;
    el4ml_kinetics_free(made);
    return NULL;
}

el4ml_status el4ml_kinetics_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                el4ml_kinetics **kinetics, el4ml_error *error)
{
    el4ml_status status = check_arguments(rates, sets, kinetics, error);
    if (status != EL4ML_OK) return status;
    passage p;
    status = passage_init(&p, rates, sets, error);
    if (status != EL4ML_OK) return status;
    el4ml_kinetics *made = allocate(rates->state_count);
    if (!made) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "kinetics: out of memory");
    if (status == EL4ML_OK) status = fill_times(&p, EL4ML_ABSORB_B, &made->ab, error);
    if (status == EL4ML_OK) status = fill_times(&p, EL4ML_ABSORB_A, &made->ba, error);
    if (status == EL4ML_OK) status = fill_committors(&p, made, error);
    passage_clear(&p);
    if (status == EL4ML_OK)
        *kinetics = made;
    else
        el4ml_kinetics_free(made);
    return status;
}

void el4ml_kinetics_free(el4ml_kinetics *kinetics)
{
    if (!kinetics) return;
    el4ml_release(kinetics->ab.log_time);
    el4ml_release(kinetics->ba.log_time);
    el4ml_release(kinetics->committor);
    el4ml_release(kinetics->log_committor_a);
    el4ml_release(kinetics->log_committor_b);
    el4ml_release(kinetics);
}
