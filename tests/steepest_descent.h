/* The way down from a transition state as it is defined: dx/dt = -g(x), integrated by Dormand and Prince's
 * pair of order 5(4) with step control, until x lies in the quadratic region of a minimum. Slow and faithful.
 */
#ifndef EL4ML_TESTS_STEEPEST_DESCENT_H
#define EL4ML_TESTS_STEEPEST_DESCENT_H

#include "base/factor.h"
#include "engine_help.h"

typedef struct descent {
    el4ml_evaluator *e;
    size_t n;
    double *k[7], *at, *x, *h, *z; /* slopes, scratch, present point, Hessian, zero modes */
    el4ml_factor factor;
    size_t steps;
} descent;

static inline descent descent_new(el4ml_evaluator *e)
{
    descent d = {.e = e, .n = e->n};
    for (int i = 0; i < 7; i++)
        d.k[i] = new_vector(e->n);
    d.at = new_vector(e->n);
    d.x = new_vector(e->n);
    d.h = new_vector(e->n * e->n);
    ck_assert(el4ml_factor_init(&d.factor, e->n));
    d.z = new_vector(e->n * (e->surface->info.max_zero_modes + 1));
    return d;
}

static inline void descent_free(descent *d)
{
    for (int i = 0; i < 7; i++)
        el4ml_release(d->k[i]);
    el4ml_release(d->at);
    el4ml_release(d->x);
    el4ml_release(d->h);
    el4ml_factor_clear(&d->factor);
    el4ml_release(d->z);
}

static inline void descent_slope(descent *d, const double *x, double *k)
{
    double value;
    ck_assert_int_eq(el4ml_value_gradient(d->e, x, &value, k), EL4ML_OK);
    el4ml_scale(d->n, -1, k);
}

/* at = the fifth-order point a step h on; returns the estimated error, |x5 - x4|. k[0] is the slope at x, and
 * k[6] becomes that at `at`. */
static inline double descent_try(descent *d, double h)
{
    static const double a[6][6] = {{1.0 / 5},
                                   {3.0 / 40, 9.0 / 40},
                                   {44.0 / 45, -56.0 / 15, 32.0 / 9},
                                   {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
                                   {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
                                   {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
    static const double difference[7] = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                         -17253.0 / 339200, 22.0 / 525, -1.0 / 40};
    for (int stage = 0; stage < 6; stage++) {
        el4ml_copy(d->n, d->x, d->at);
        for (int j = 0; j <= stage; j++)
            el4ml_axpy(d->n, h * a[stage][j], d->k[j], d->at);
        descent_slope(d, d->at, d->k[stage + 1]);
    }
    double square = 0;
    for (size_t i = 0; i < d->n; i++) {
        double error = 0;
        for (int j = 0; j < 7; j++)
            error += h * difference[j] * d->k[j][i];
        square += error * error;
    }
    return sqrt(square);
}

/* Is the Hessian positive definite here, and the Newton step shorter than `reach`? */
static inline bool descent_arrived(descent *d, double reach)
{
    const size_t n = d->n;
    ck_assert_int_eq(el4ml_hessian(d->e, d->x, d->h), EL4ML_OK);
    const size_t zero = el4ml_zero_modes(d->e, d->x, d->z);
    for (size_t k = 0; k < zero; k++)
        for (size_t i = 0; i < n; i++)
            el4ml_axpy(n, d->z[k * n + i], d->z + k * n, d->h + i * n);
    if (!el4ml_factor_make(&d->factor, d->h, 0)) return false;
    el4ml_copy(n, d->k[0], d->at);
    el4ml_factor_solve(&d->factor, d->at);
    return el4ml_norm(n, d->at) < reach;
}

/* From `start` down to the minimum `end`; false when `most` steps were not enough. `tolerance`: error of a
 * step. */
static inline bool steepest_descent(descent *d, el4ml_searcher *s, const double *start, double tolerance,
                                    double *end, size_t most)
{
    const double reach = 0.05 * d->e->surface->info.length_scale;
    double h = 1e-4;
    el4ml_copy(d->n, start, d->x);
    descent_slope(d, d->x, d->k[0]);
    for (size_t accepted = 0, tried = 0; tried < most; tried++, d->steps++) {
        const double error = descent_try(d, h), factor = 0.9 * pow(tolerance / fmax(error, 1e-300), 0.2);
        if (error <= tolerance) {
            el4ml_copy(d->n, d->at, d->x);
            double *swap = d->k[0];
            d->k[0] = d->k[6];
            d->k[6] = swap;
            if (++accepted % 25 == 0 && descent_arrived(d, reach)) {
                el4ml_stationary point = {.x = end};
                return el4ml_search_minimum(s, d->x, &point) == EL4ML_OK;
            }
        }
        h *= fmax(0.2, fmin(3, factor));
    }
    return false;
}

/* ---- Transition states to descend from ---- */

/* Distinct transition states, by single-ended searches from minima found on the way; returns how many. */
static inline size_t collect_states(el4ml_searcher *s, uint64_t seed, size_t wanted, double *states)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    const size_t n = e->n;
    size_t count = 0;
    double *minimum = new_vector(n);
    for (uint64_t job = 0; count < wanted && job < 40 * wanted; job++) {
        if (job % 5 == 0) {
            el4ml_random random = el4ml_random_new(seed, 1, job);
            size_t known;
            el4ml_stationary point = {.x = minimum};
            do
                el4ml_initialise(e, &random, minimum);
            while (el4ml_search_proved_minimum(s, minimum, &point, &known) != EL4ML_OK);
        }
        el4ml_passage passage;
        el4ml_search_report report;
        const el4ml_random random = el4ml_random_new(seed, 2, job);
        ck_assert_int_eq(el4ml_search_from(s, minimum, job, random, 1, &passage, &report), EL4ML_OK);
        if (report.found == 0) continue;
        bool same = false;
        for (size_t k = 0; k < count && !same; k++)
            ck_assert_int_eq(el4ml_same(e, states + k * n, passage.ts.x, 1e-3, &same), EL4ML_OK);
        if (!same) el4ml_copy(n, passage.ts.x, states + count++ * n);
        el4ml_passage_clear(&passage);
    }
    el4ml_release(minimum);
    return count;
}

typedef struct agreement {
    size_t sides, agreeing, unresolved; /* unresolved: the integration took too long to tell */
    size_t states, whole;               /* transition states, and those with both sides right */
} agreement;

/* el4ml_descend with `path_step` against steepest descent from points `displacement` off each transition
 * state. */
static inline agreement compare_descents(const el4ml_surface *surface, double path_step, size_t count,
                                         const double *states, double *truth, bool *resolved)
{
    const size_t n = surface->info.dimension;
    el4ml_search_options options = el4ml_search_options_default();
    if (path_step > 0) options.path_step = path_step;
    el4ml_searcher *s = new_searcher(surface, &options);
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    double *mode = new_vector(n), *side[2] = {new_vector(n), new_vector(n)};
    agreement a = {.states = count};
    for (size_t k = 0; k < count; k++) {
        double value;
        ck_assert_int_eq(el4ml_unstable_mode(s, states + k * n, mode, &value), EL4ML_OK);
        ck_assert_int_eq(el4ml_descend(s, states + k * n, mode, side[0], side[1]), EL4ML_OK);
        size_t right = 0;
        for (size_t i = 0; i < 2; i++) {
            const size_t at = 2 * k + i;
            bool same = false;
            if (!resolved[at]) continue;
            ck_assert_int_eq(el4ml_same(e, truth + at * n, side[i], 1e-3, &same), EL4ML_OK);
            right += same;
        }
        const size_t told = (size_t)resolved[2 * k] + resolved[2 * k + 1];
        a.sides += told;
        a.unresolved += 2 - told;
        a.agreeing += right;
        a.whole += right == 2;
    }
    el4ml_release(mode);
    el4ml_release(side[0]);
    el4ml_release(side[1]);
    el4ml_searcher_free(s);
    return a;
}

/* Where both sides of each transition state really lead: truth (2 count, n). */
static inline size_t true_descents(el4ml_searcher *s, size_t count, const double *states, double tolerance,
                                   size_t most, double *truth, bool *resolved)
{
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    const size_t n = e->n;
    descent d = descent_new(e);
    double *mode = new_vector(n), *start = new_vector(n);
    const double amount = 0.005 * e->surface->info.length_scale;
    for (size_t at = 0; at < 2 * count; at++) {
        double value;
        const double *ts = states + at / 2 * n;
        ck_assert_int_eq(el4ml_unstable_mode(s, ts, mode, &value), EL4ML_OK);
        for (size_t i = 0; i < n; i++)
            start[i] = ts[i] + (at % 2 ? -amount : amount) * mode[i];
        resolved[at] = steepest_descent(&d, s, start, tolerance, truth + at * n, most);
    }
    const size_t steps = d.steps;
    descent_free(&d);
    el4ml_release(mode);
    el4ml_release(start);
    return steps;
}

#endif
