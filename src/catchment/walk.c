#include "catchment/walk.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"

static const uint64_t purpose_pilot = 0x70696c6f74, purpose_sweep = 0x7377656570;

#define ENOUGH_INSIDE 0.3 /* of the points drawn under the first tether */
#define ENOUGH_FREE 0.05  /* the same for no tether at all: then nothing else is needed */
#define TIGHTER 4.0       /* from one try at the first tether to the next */
#define MOST_TIGHTENING 60
#define MOST_DRAWS 4000 /* until one is inside */
#define SPACING 1.1     /* of the tethers: (k - k') times the deviation of u */
#define STEEPEST 0.3    /* k' / k is never less, but for the last */
#define SIGNIFICANT 2   /* growth, in standard errors */
#define MOST_MOVES 8    /* of the pilot from one point that is kept to the next */
#define EXCHANGE 0.2    /* expected of neighbours; otherwise the next tether is brought nearer */

el4ml_status el4ml_walk_init(el4ml_walk *w, const el4ml_region *region, uint64_t number, size_t runs,
                             uint64_t seed)
{
    *w = (el4ml_walk){.region = region,
                      .number = number,
                      .runs = runs,
                      .levels = 1,
                      .seed = seed,
                      .fresh = true,
                      .moves = 1};
    w->k = EL4ML_NEW(double, EL4ML_MOST_LEVELS);
    w->run = EL4ML_NEW(el4ml_walk_run, runs);
    w->u_before = EL4ML_NEW(double, runs);
    const bool room =
        el4ml_grow((void **)&w->met, &w->met_capacity, runs * EL4ML_PILOT_MOVES * region->n, sizeof *w->met);
    return w->k && w->run && w->u_before && room ? EL4ML_OK : EL4ML_OUT_OF_MEMORY;
}

void el4ml_walk_clear(el4ml_walk *w)
{
    for (size_t r = 0; w->run && r < w->runs; r++) {
        el4ml_release(w->run[r].x);
        el4ml_release(w->run[r].u);
        el4ml_release(w->run[r].tried);
    }
    el4ml_release(w->run);
    el4ml_release(w->k);
    el4ml_release(w->u_before);
    el4ml_release(w->met);
    *w = (el4ml_walk){0};
}

static double *met(const el4ml_walk *w, size_t level, size_t run, size_t move)
{
    return w->met + ((level * w->runs + run) * EL4ML_PILOT_MOVES + move) * w->region->n;
}

static double half_square(const el4ml_walk *w, const double *x)
{
    return el4ml_tether_square(w->region, x) / 2;
}

/* ---- Moves ---- */

/* Points under the first tether until one is inside; x stays when none is. */
static el4ml_status draw(el4ml_walk *w, el4ml_walk_run *run, double *x, el4ml_tethered *t)
{
    for (int k = 0; k < MOST_DRAWS; k++) {
        bool inside;
        const el4ml_status status = el4ml_tether_draw(t, w->k[0], t->trial, &inside);
        if (status != EL4ML_OK) return status;
        run->attempts++;
        if (!inside) continue;
        run->drawn++;
        el4ml_copy(w->region->n, t->trial, x);
        return EL4ML_OK;
    }
    return EL4ML_OK;
}

/* Along the line through two of the points that the pilot met at `level`: long steps are tried where the
 * region is long. */
static el4ml_status along_line(el4ml_walk *w, size_t level, double k, double *x, el4ml_tethered *t)
{
    const size_t n = w->region->n, points = w->runs * EL4ML_PILOT_MOVES;
    const double *a = met(w, level, 0, 0) + n * el4ml_random_below(&t->random, points);
    const double *b = met(w, level, 0, 0) + n * el4ml_random_below(&t->random, points);
    bool same = true;
    for (size_t i = 0; i < n; i++) {
        t->direction[i] = a[i] - b[i];
        same = same && t->direction[i] == 0;
    }
    if (same) el4ml_random_direction(&t->random, n, t->direction);
    return el4ml_tether_line(t, k, x);
}

/* The moves of a walker, lines from the points of `pool`. */
static el4ml_status move(el4ml_walk *w, size_t pool, double k, double *x, el4ml_tethered *t)
{
    el4ml_status status = EL4ML_OK;
    if (k > 0) status = el4ml_tether_ellipse(t, k, x);
    el4ml_tether_sparse_direction(t);
    if (status == EL4ML_OK) status = el4ml_tether_line(t, k, x);
    return status == EL4ML_OK ? along_line(w, pool, k, x, t) : status;
}

static void add(el4ml_tally *to, el4ml_tally *from)
{
    to->tests += from->tests;
    to->inside += from->inside;
    *from = (el4ml_tally){0};
}

/* ---- The way out ---- */

static el4ml_status draw_some(el4ml_walk *w, size_t run, el4ml_tethered *t)
{
    el4ml_walk_run *r = &w->run[run];
    r->attempts = r->drawn = 0;
    for (size_t k = 0; k < EL4ML_PILOT_MOVES; k++) {
        bool inside;
        double *x = met(w, 0, run, k);
        const el4ml_status status = el4ml_tether_draw(t, w->k[0], x, &inside);
        if (status != EL4ML_OK) return status;
        r->attempts++;
        r->drawn += inside;
    }
    return EL4ML_OK;
}

/* From where the last round at this level ended, or the last level. */
static el4ml_status walk_level(el4ml_walk *w, size_t run, el4ml_tethered *t)
{
    const size_t n = w->region->n, level = w->levels - 1;
    const double *last = !w->fresh   ? met(w, level, run, EL4ML_PILOT_MOVES - 1)
                         : level > 0 ? met(w, level - 1, run, EL4ML_PILOT_MOVES - 1)
                                     : w->region->centre;
    el4ml_walk_run *r = &w->run[run];
    for (size_t k = 0; k < EL4ML_PILOT_MOVES; k++) {
        double *x = met(w, level, run, k);
        if (x != last) el4ml_copy(n, last, x);
        last = x;
        el4ml_status status = EL4ML_OK;
        for (size_t m = 0; m < w->moves && status == EL4ML_OK; m++)
            status = level == 0 ? draw(w, r, x, t) : move(w, level - 1, w->k[level], x, t);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_walk_pilot(el4ml_walk *w, size_t run, el4ml_tethered *t)
{
    t->region = w->region;
    t->random = el4ml_random_new(w->seed, purpose_pilot + (w->number << 40), w->rounds * w->runs + run);
    const el4ml_status status =
        w->stage == EL4ML_WALK_REFERENCE ? draw_some(w, run, t) : walk_level(w, run, t);
    add(&w->run[run].tally, &t->tally);
    return status;
}

/* No tether at all first; then tighter ones until enough is inside. */
static el4ml_status decide_reference(el4ml_walk *w)
{
    uint64_t attempts = 0, drawn = 0;
    for (size_t r = 0; r < w->runs; r++) {
        attempts += w->run[r].attempts;
        drawn += w->run[r].drawn;
    }
    const double enough = w->k[0] == 0 ? ENOUGH_FREE : ENOUGH_INSIDE;
    if ((double)drawn >= enough * (double)attempts) {
        w->stage = EL4ML_WALK_OUTWARD;
        return EL4ML_OK;
    }
    if (w->rounds > MOST_TIGHTENING) return EL4ML_NOT_CONVERGED;
    const size_t n = w->region->n;
    if (w->k[0] > 0) {
        w->k[0] *= TIGHTER;
        return EL4ML_OK;
    }
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        const double width = w->region->high[i] - w->region->low[i];
        square += width * width / 4;
    }
    w->k[0] = (double)n / square;
    return EL4ML_OK;
}

/* How often this level and the last would exchange, from what the pilot met at both. */
static double expected_exchange(const el4ml_walk *w, size_t level)
{
    const size_t n = w->region->n, count = w->runs * EL4ML_PILOT_MOVES;
    const double step = w->k[level - 1] - w->k[level];
    double sum = 0;
    for (size_t p = 0; p < count; p++) {
        const double u = half_square(w, met(w, level - 1, 0, 0) + p * n);
        for (size_t q = p % 8; q < count; q += 8)
            sum += exp(fmin(0, step * (u - half_square(w, met(w, level, 0, 0) + q * n))));
    }
    return sum * 8 / (double)(count * count);
}

/* Does u still grow from one round to the next? Also true after a first round. */
static bool growing(el4ml_walk *w, size_t level)
{
    double sum = 0, squares = 0;
    for (size_t r = 0; r < w->runs; r++) {
        double u = 0;
        for (size_t m = 0; m < EL4ML_PILOT_MOVES; m++)
            u += half_square(w, met(w, level, r, m)) / EL4ML_PILOT_MOVES;
        const double growth = u - w->u_before[r];
        w->u_before[r] = u;
        sum += growth;
        squares += growth * growth;
    }
    const double runs = (double)w->runs, variance = (squares - sum * sum / runs) / (runs - 1);
    return w->fresh || sum > SIGNIFICANT * sqrt(runs * fmax(variance, 0));
}

/* Mean and deviation of u under the tether of `level`. */
static double scatter(const el4ml_walk *w, size_t level, double *mean)
{
    const size_t n = w->region->n, count = w->runs * EL4ML_PILOT_MOVES;
    double squares = 0;
    *mean = 0;
    for (size_t p = 0; p < count; p++)
        *mean += half_square(w, met(w, level, 0, 0) + p * n) / (double)count;
    for (size_t p = 0; p < count; p++) {
        const double d = half_square(w, met(w, level, 0, 0) + p * n) - *mean;
        squares += d * d;
    }
    return sqrt(squares / (double)count);
}

/* The tether after that of `level`. */
static double next_tether(const el4ml_walk *w, size_t level)
{
    double mean;
    const double k = w->k[level], deviation = scatter(w, level, &mean);
    if (k == 0) return -SPACING / deviation;
    /* a tether that does not hold the points as a spring would is not needed any more */
    const bool slack = k * deviation <= SPACING && k * mean <= 0.25 * (double)w->region->n;
    return slack ? 0 : fmax(k - SPACING / deviation, STEEPEST * k);
}

static el4ml_status next_level(el4ml_walk *w)
{
    const size_t level = w->levels - 1;
    if (w->levels == EL4ML_MOST_LEVELS) return EL4ML_NOT_CONVERGED;
    w->k[level + 1] = next_tether(w, level);
    w->fresh = true;
    w->moves = 1;
    w->levels++;
    const size_t size = w->levels * w->runs * EL4ML_PILOT_MOVES * w->region->n;
    return el4ml_grow((void **)&w->met, &w->met_capacity, size, sizeof *w->met) ? EL4ML_OK
                                                                                : EL4ML_OUT_OF_MEMORY;
}

static el4ml_status decide_level(el4ml_walk *w)
{
    const size_t level = w->levels - 1;
    const bool more = level > 0 && growing(w, level) && w->moves < MOST_MOVES;
    if (more) {
        w->moves *= 2;
        w->fresh = false;
        return EL4ML_OK;
    }
    if (w->stage == EL4ML_WALK_OVERSHOOT) {
        w->levels--;
        w->stage = EL4ML_WALK_READY;
        return EL4ML_OK;
    }
    if (level > 0 && expected_exchange(w, level) < EXCHANGE) { /* too far out: again, half the way */
        w->k[level] = 0.5 * (w->k[level - 1] + w->k[level]);
        w->fresh = true;
        w->moves = 1;
        return w->k[level] < w->k[level - 1] * (1 - 1e-6) ? EL4ML_OK : EL4ML_NOT_CONVERGED;
    }
    if (w->k[level] == 0) w->stage = level == 0 ? EL4ML_WALK_READY : EL4ML_WALK_OVERSHOOT;
    return w->stage == EL4ML_WALK_READY ? EL4ML_OK : next_level(w);
}

el4ml_status el4ml_walk_decide(el4ml_walk *w)
{
    w->rounds++;
    return w->stage == EL4ML_WALK_REFERENCE ? decide_reference(w) : decide_level(w);
}

/* ---- Production ---- */

/* Every other run begins too far in, the others too far out: what they have not forgotten shows in the
 * difference. */
static const double *beginning(const el4ml_walk *w, size_t run, size_t level)
{
    const size_t from = w->levels == 1 || (run % 2 == 0 && level == 0) ? level
                        : run % 2 == 0                                 ? level - 1
                                                                       : level + 1;
    return met(w, from, run, EL4ML_PILOT_MOVES - 1);
}

el4ml_status el4ml_walk_begin(el4ml_walk *w, uint64_t sweeps)
{
    const size_t n = w->region->n;
    w->sweeps = sweeps;
    w->burn_in = sweeps / 5;
    for (size_t r = 0; r < w->runs; r++) {
        el4ml_walk_run *run = &w->run[r];
        run->x = EL4ML_NEW(double, w->levels *n);
        run->u = EL4ML_NEW(double, w->levels *(sweeps - w->burn_in));
        run->tried = EL4ML_NEW(uint64_t, 2 * w->levels);
        if (!run->x || !run->u || !run->tried) return EL4ML_OUT_OF_MEMORY;
        run->exchanged = run->tried + w->levels;
        run->attempts = run->drawn = 0;
        for (size_t level = 0; level < w->levels; level++)
            el4ml_copy(n, beginning(w, r, level), run->x + level * n);
    }
    return EL4ML_OK;
}

/* Neighbours change places with the probability that keeps both densities, from the outside in, so that a
 * point from the middle may go all the way. */
static void exchange(el4ml_walk *w, el4ml_walk_run *run, el4ml_random *random)
{
    const size_t n = w->region->n;
    for (size_t level = w->levels - 1; level-- > 0;) {
        double *a = run->x + level * n, *b = a + n;
        const double gain = (w->k[level] - w->k[level + 1]) * (half_square(w, a) - half_square(w, b));
        run->tried[level]++;
        if (!(el4ml_random_uniform(random) < exp(fmin(0, gain)))) continue;
        run->exchanged[level]++;
        for (size_t i = 0; i < n; i++) {
            const double kept = a[i];
            a[i] = b[i];
            b[i] = kept;
        }
    }
}

el4ml_status el4ml_walk_sweep(el4ml_walk *w, size_t run, uint64_t sweep, el4ml_tethered *t)
{
    const size_t n = w->region->n;
    el4ml_walk_run *r = &w->run[run];
    t->region = w->region;
    t->random = el4ml_random_new(w->seed, purpose_sweep + (w->number << 40), sweep * w->runs + run);
    el4ml_status status = draw(w, r, r->x, t);
    for (size_t level = 1; level < w->levels && status == EL4ML_OK; level++)
        status = move(w, level, w->k[level], r->x + level * n, t);
    add(&r->tally, &t->tally);
    if (status != EL4ML_OK) return status;
    exchange(w, r, &t->random);
    if (sweep < w->burn_in) return EL4ML_OK;
    const uint64_t kept = w->sweeps - w->burn_in;
    for (size_t level = 0; level < w->levels; level++)
        r->u[level * kept + sweep - w->burn_in] = half_square(w, r->x + level * n);
    return EL4ML_OK;
}
