/* Chains of slice sampling and Hamiltonian Monte Carlo: warm-up, and growth until they agree. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "sample/sample.h"

enum { WARM_UP = 50, SHORTEST = 32, GUIDED = 5 }; /* steps; every so many a draw of the guide */

typedef struct chains {
    el4ml_sampler *s;
    el4ml_mover mover;
    size_t n, count, length, capacity;
    el4ml_chain *chain;
    double *block;   /* owns the chains' vectors, the mover's and sums */
    double *sum;     /* (2 n): of x and x^2 */
    double *history; /* (count, n + 1, capacity): coordinates and V of each chain, step after step */
} chains;

static bool hamiltonian(const chains *c)
{
    return c->s->options->method == EL4ML_HAMILTONIAN;
}

static void clear(chains *c)
{
    el4ml_release(c->chain);
    el4ml_release(c->block);
    el4ml_release(c->history);
}

static bool allocate(chains *c)
{
    const size_t n = c->n;
    c->chain = EL4ML_NEW(el4ml_chain, c->count);
    c->block = EL4ML_NEW(double, n *(2 * c->count + 6));
    if (!c->chain || !c->block) return false;
    double *next = c->block;
    for (size_t k = 0; k < c->count; k++, next += 2 * n) {
        c->chain[k].x = next;
        c->chain[k].gradient = next + n;
    }
    c->mover = (el4ml_mover){.sampler = c->s,
                             .scale = next,
                             .y = next + n,
                             .momentum = next + 2 * n,
                             .gradient = next + 3 * n,
                             .step = 0.1};
    c->sum = next + 4 * n;
    return true;
}

/* A first point of a chain, from the guide or the initialiser, where V is finite. */
static bool start(chains *c, size_t k)
{
    el4ml_sampler *s = c->s;
    el4ml_chain *chain = &c->chain[k];
    chain->random = el4ml_random_new(s->options->seed, EL4ML_PURPOSE_CHAINS, k);
    for (int trial = 0; trial < 1000; trial++) {
        if (s->options->guide)
            el4ml_guide_draw(s->options->guide, &chain->random, chain->x);
        else
            el4ml_initialise(&s->evaluator, &chain->random, chain->x);
        if (hamiltonian(c) ? el4ml_sampler_gradient(s, chain->x, &chain->value, chain->gradient)
                           : el4ml_sampler_value(s, chain->x, &chain->value))
            return true;
    }
    return false;
}

static void move(chains *c, size_t k, size_t step, bool adapting)
{
    if (hamiltonian(c))
        el4ml_hamiltonian_step(&c->mover, &c->chain[k], adapting);
    else
        el4ml_slice_step(&c->mover, &c->chain[k]);
    if (c->s->options->guide && step % GUIDED == 0) el4ml_guided_step(&c->mover, &c->chain[k]);
}

static void restart_adaptation(el4ml_mover *m)
{
    m->adapted = 0;
    m->error_mean = m->log_step_mean = 0;
    m->anchor = log(10 * m->step);
}

/* Steps that are not kept; the widths come from their second half. */
static void warm_up(chains *c, size_t steps, bool widths)
{
    const size_t n = c->n;
    double seen = 0;
    restart_adaptation(&c->mover);
    for (size_t i = 0; i < 2 * n; i++)
        c->sum[i] = 0;
    for (size_t step = 1; step <= steps; step++)
        for (size_t k = 0; k < c->count; k++) {
            move(c, k, step, true);
            if (2 * step <= steps) continue;
            seen++;
            for (size_t i = 0; i < n; i++) {
                c->sum[i] += c->chain[k].x[i];
                c->sum[n + i] += c->chain[k].x[i] * c->chain[k].x[i];
            }
        }
    if (hamiltonian(c)) c->mover.step = exp(c->mover.log_step_mean);
    for (size_t i = 0; widths && i < n; i++) {
        const double mean = c->sum[i] / seen, variance = c->sum[n + i] / seen - mean * mean;
        if (variance > 0) c->mover.scale[i] = sqrt(variance);
    }
}

static void prepare(chains *c)
{
    const el4ml_surface_info *info = &c->s->surface->info;
    if (c->s->options->guide) {
        el4ml_guide_scale(c->s->options->guide, info, c->mover.scale);
        if (hamiltonian(c)) warm_up(c, WARM_UP, false);
        return;
    }
    for (size_t i = 0; i < c->n; i++)
        c->mover.scale[i] = info->length_scale;
    warm_up(c, WARM_UP, true);
    if (hamiltonian(c)) warm_up(c, WARM_UP, false);
}

static double *history(const chains *c, size_t chain, size_t quantity)
{
    return c->history + (chain * (c->n + 1) + quantity) * c->capacity;
}

static bool make_room(chains *c, size_t capacity)
{
    double *grown = EL4ML_NEW(double, c->count *(c->n + 1) * capacity);
    if (!grown) return false;
    for (size_t row = 0; row < c->count * (c->n + 1); row++)
        for (size_t t = 0; t < c->length; t++)
            grown[row * capacity + t] = c->history[row * c->capacity + t];
    el4ml_release(c->history);
    c->history = grown;
    c->capacity = capacity;
    return true;
}

static void extend(chains *c, size_t length)
{
    for (; c->length < length && el4ml_sampler_spent(c->s) < c->s->options->budget; c->length++)
        for (size_t k = 0; k < c->count; k++) {
            move(c, k, c->length, false);
            for (size_t i = 0; i < c->n; i++)
                history(c, k, i)[c->length] = c->chain[k].x[i];
            history(c, k, c->n)[c->length] = c->chain[k].value;
        }
}

/* Of the second half of the chains. */
static void judge(chains *c)
{
    const size_t kept = c->length / 2;
    el4ml_samples *r = c->s->result;
    r->effective = INFINITY;
    r->r_hat = 0;
    for (size_t q = 0; q <= c->n; q++) {
        double effective, r_hat;
        el4ml_chain_statistics(history(c, 0, q) + (c->length - kept), c->count, kept,
                               (c->n + 1) * c->capacity, &effective, &r_hat);
        r->effective = fmin(r->effective, effective);
        r->r_hat = fmax(r->r_hat, r_hat);
    }
    r->converged = r->effective >= c->s->options->effective && r->r_hat <= c->s->options->r_hat;
}

static bool hand_over(chains *c)
{
    const size_t kept = c->length / 2, count = c->count * kept;
    el4ml_samples *r = c->s->result;
    if (!el4ml_sampler_room(c->s, count)) return false;
    for (size_t k = 0; k < c->count; k++)
        for (size_t t = 0; t < kept; t++) {
            const size_t at = k * kept + t, from = c->length - kept + t;
            for (size_t i = 0; i < c->n; i++)
                r->x[at * c->n + i] = history(c, k, i)[from];
            r->value[at] = history(c, k, c->n)[from];
            r->weight[at] = 1 / (double)count;
        }
    r->acceptance = c->mover.tried > 0 ? c->mover.accepted / c->mover.tried : (double)NAN;
    return true;
}

static bool cancelled(const el4ml_sampler *s)
{
    return s->options->cancel && *s->options->cancel;
}

static el4ml_status grow(chains *c)
{
    for (size_t length = SHORTEST;; length *= 2) {
        if (!make_room(c, length)) return EL4ML_OUT_OF_MEMORY;
        extend(c, length);
        if (cancelled(c->s)) return EL4ML_INTERRUPTED;
        if (c->length < SHORTEST) return EL4ML_NOT_CONVERGED; /* the budget is nothing */
        judge(c);
        if (c->s->result->converged || c->length < length) return EL4ML_OK;
    }
}

el4ml_status el4ml_sample_chains(el4ml_sampler *s)
{
    chains c = {.s = s, .n = s->n, .count = s->options->chains};
    el4ml_status status = allocate(&c) ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
    for (size_t k = 0; status == EL4ML_OK && k < c.count; k++)
        if (!start(&c, k)) status = EL4ML_NUMERICAL;
    if (status == EL4ML_OK) {
        prepare(&c);
        c.mover.tried = c.mover.accepted = 0;
        status = grow(&c);
    }
    if (status == EL4ML_OK && !hand_over(&c)) status = EL4ML_OUT_OF_MEMORY;
    clear(&c);
    return status;
}
