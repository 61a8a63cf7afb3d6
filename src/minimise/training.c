/* Training as it is usual: epochs of mini-batches, each giving a step of Adam, of stochastic gradient descent
 * with momentum, of the latter with the gradient of sharpness-aware minimisation, or of the walk of
 * Entropy-SGD. A surface without rows of data has epochs of one step along the full gradient.
 *
 * The batches of an epoch are a partition of the rows, so the means of their losses and of their gradients,
 * weighted by their sizes, are those of V along the epoch, and cost nothing. By the mean gradient the descent
 * ends. By the mean loss the learning rate is kept in hand: one that is higher than all of the last ten, the
 * start counting as the first, means that the steps diverge, or that they have reached what the noise of the
 * batches lets them reach; then the epoch before begins anew with half the rate. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "minimise/descent.h"

#define REMEMBERED 10
#define HALVINGS 60

typedef struct training {
    el4ml_descent *d;
    size_t rows, batch; /* 1 and 1 without data */
    bool whole;         /* a batch is all there is */
    double rate;
    uint64_t steps;          /* since the moments were zero */
    size_t next;             /* walks: the row in `order` that the next batch begins with */
    bool moved;              /* x is not the start, of which the observer knows */
    bool broken;             /* V was not finite */
    double loss;             /* mean over the epoch */
    double past[REMEMBERED]; /* a ring of such means, V at the start the first */
    size_t remembered;       /* good epochs, and the start */
} training;

static el4ml_status gradient_at(training *t, const double *x, size_t first, size_t count, double *value)
{
    el4ml_descent *d = t->d;
    const el4ml_status status =
        t->whole ? el4ml_value_gradient(d->evaluator, x, value, d->g)
                 : el4ml_batch_value_gradient(d->evaluator, x, count, d->order + first, value, d->g);
    t->broken = status == EL4ML_NUMERICAL;
    return t->broken ? EL4ML_OK : status;
}

/* The gradient at the highest point, to first order, of the ball around x: there V is as sharp as it gets. */
static el4ml_status sharpest(training *t, size_t first, size_t count)
{
    el4ml_descent *d = t->d;
    const double norm = el4ml_norm(d->n, d->g);
    double value;
    if (!(norm > 0)) return EL4ML_OK;
    for (size_t i = 0; i < d->n; i++)
        d->ball[i] = d->x[i] + d->options.training.radius / norm * d->g[i];
    return gradient_at(t, d->ball, first, count, &value);
}

static bool is_told(const el4ml_descent *d)
{
    return memcmp(d->x, d->trial, d->n * sizeof *d->x) == 0;
}

/* The next batch of an endless sequence of partitions. */
static size_t next_batch(training *t, size_t *first)
{
    el4ml_descent *d = t->d;
    if (t->next >= t->rows) t->next = 0;
    if (t->next == 0 && !t->whole) el4ml_random_shuffle(&d->random, t->rows, d->order);
    const size_t left = t->rows - t->next, count = left < t->batch ? left : t->batch;
    *first = t->next;
    t->next += count;
    return count;
}

/* One step of the walk, whose losses and gradients are those that count. The first is made where x is, of
 * which the observer is told then. */
static el4ml_status walk_step(training *t, uint64_t step)
{
    el4ml_descent *d = t->d;
    const double share = 1 / (double)d->options.training.walk;
    double value;
    size_t first;
    const size_t count = next_batch(t, &first);
    el4ml_status status = gradient_at(t, d->ball, first, count, &value);
    if (status != EL4ML_OK || t->broken) return status;
    t->loss += share * value;
    el4ml_axpy(d->n, share, d->g, d->mean);
    d->value = value;
    if (step == 0 && !is_told(d)) status = el4ml_descent_tell(d, t->whole);
    if (step == 0) el4ml_copy(d->n, d->x, d->trial);
    el4ml_entropy_step(d, t->rate, step);
    return status;
}

/* The epoch of Entropy-SGD: a walk. */
static el4ml_status walk(training *t)
{
    el4ml_status status = EL4ML_OK;
    el4ml_entropy_begin(t->d);
    for (uint64_t k = 0; k < t->d->options.training.walk && status == EL4ML_OK && !t->broken; k++)
        status = walk_step(t, k);
    return status;
}

static el4ml_status batch_step(training *t, size_t first, size_t count)
{
    el4ml_descent *d = t->d;
    const double share = (double)count / (double)t->rows;
    double value;
    el4ml_status status = gradient_at(t, d->x, first, count, &value);
    if (status != EL4ML_OK || t->broken) return status;
    t->loss += share * value;
    el4ml_axpy(d->n, share, d->g, d->mean);
    d->value = value;
    if (t->moved) status = el4ml_descent_tell(d, t->whole);
    if (status == EL4ML_OK && d->options.method == EL4ML_SAM) status = sharpest(t, first, count);
    if (status != EL4ML_OK || t->broken) return status;
    t->moved = true;
    t->steps++;
    if (d->options.method == EL4ML_ADAM)
        el4ml_adam_step(d, t->rate, t->steps);
    else
        el4ml_sgd_step(d, t->rate);
    return EL4ML_OK;
}

static el4ml_status epoch(training *t)
{
    el4ml_descent *d = t->d;
    el4ml_copy(d->n, d->x, d->begun);
    memset(d->mean, 0, d->n * sizeof *d->mean);
    t->loss = 0;
    t->broken = false;
    if (d->options.method == EL4ML_ENTROPY_SGD) return walk(t);
    if (!t->whole) el4ml_random_shuffle(&d->random, t->rows, d->order);
    for (size_t first = 0; first < t->rows && !t->broken; first += t->batch) {
        const size_t left = t->rows - first;
        const el4ml_status status = batch_step(t, first, left < t->batch ? left : t->batch);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* Higher than all that is remembered, or no number. */
static bool is_record(const training *t)
{
    const size_t count = t->remembered < REMEMBERED ? t->remembered : REMEMBERED;
    for (size_t k = 0; k < count; k++)
        if (t->loss <= t->past[k]) return false;
    return true;
}

static void forget_momentum(training *t)
{
    el4ml_descent *d = t->d;
    memset(d->first, 0, d->n * sizeof *d->first);
    if (d->second) memset(d->second, 0, d->n * sizeof *d->second);
    t->steps = 0;
}

static void begin(training *t, el4ml_descent *d)
{
    const el4ml_training_options *o = &d->options.training;
    const size_t rows = d->evaluator->surface->info.rows;
    *t = (training){.d = d, .rows = 1, .batch = 1, .whole = !d->order, .rate = o->learning_rate};
    t->past[t->remembered++] = d->value;
    if (!t->whole) {
        t->rows = rows;
        t->batch = o->batch_size;
        for (size_t i = 0; i < rows; i++)
            d->order[i] = i;
    }
    d->evaluator->batch_rows = 0;
    el4ml_copy(d->n, d->x, d->kept);
    forget_momentum(t);
}

static el4ml_status train(training *t)
{
    el4ml_descent *d = t->d;
    const el4ml_training_options *o = &d->options.training;
    const double small = d->options.handover * sqrt((double)d->n);
    int halvings = 0;
    for (uint64_t k = 0; k < o->epochs && halvings < HALVINGS; k++) {
        const el4ml_status status = epoch(t);
        if (status != EL4ML_OK) return status;
        if (t->broken || is_record(t)) {
            el4ml_copy(d->n, d->kept, d->x);
            t->moved = t->remembered > 1;
            t->rate *= 0.5;
            halvings++;
            forget_momentum(t);
            continue;
        }
        t->past[t->remembered++ % REMEMBERED] = t->loss;
        el4ml_copy(d->n, d->begun, d->kept);
        if (el4ml_norm(d->n, d->mean) <= small) break;
    }
    return EL4ML_OK;
}

el4ml_status el4ml_training(el4ml_descent *d)
{
    training t;
    const double before = d->value;
    begin(&t, d);
    const bool walks = d->options.method == EL4ML_ENTROPY_SGD;
    el4ml_copy(d->n, d->x, d->origin);
    if (walks) el4ml_copy(d->n, d->x, d->trial);
    el4ml_status status = train(&t);
    if (status != EL4ML_OK) return status;
    if (walks && t.steps % d->options.training.walk != 0)
        el4ml_copy(d->n, d->first, d->x); /* an unfinished walk */
    status = el4ml_value_gradient(d->evaluator, d->x, &d->value, d->g);
    if (status == EL4ML_NUMERICAL || (status == EL4ML_OK && d->value > before)) {
        /* nothing gained: the finish begins where the descent did */
        el4ml_copy(d->n, d->origin, d->x);
        status = el4ml_value_gradient(d->evaluator, d->x, &d->value, d->g);
    }
    if (status != EL4ML_OK || (walks && is_told(d))) return status;
    return el4ml_descent_tell(d, true);
}
