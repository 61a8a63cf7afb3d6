/* Draws of the guide, each worth exp(-V) over its density there. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "sample/sample.h"

enum { FIRST = 128 };

typedef struct draws {
    double *x, *log_weight, *value;
    size_t count, most;
} draws;

static void draw(el4ml_sampler *s, draws *d, size_t until)
{
    for (; d->count < until; d->count++) {
        double *x = d->x + d->count * s->n;
        el4ml_random random = el4ml_random_new(s->options->seed, EL4ML_PURPOSE_DRAWS, d->count);
        el4ml_guide_draw(s->options->guide, &random, x);
        const bool good = el4ml_sampler_value(s, x, &d->value[d->count]);
        d->log_weight[d->count] =
            good ? -d->value[d->count] - el4ml_guide_log_density(s->options->guide, x) : -INFINITY;
    }
}

/* Kish's effective number; the largest weight and the sum relative to it. */
static double effective(const draws *d, double *largest, double *sum)
{
    double squares = 0;
    *largest = -INFINITY;
    *sum = 0;
    for (size_t k = 0; k < d->count; k++)
        *largest = fmax(*largest, d->log_weight[k]);
    for (size_t k = 0; k<d->count && * largest> - INFINITY; k++) {
        const double w = exp(d->log_weight[k] - *largest);
        *sum += w;
        squares += w * w;
    }
    return squares > 0 ? *sum * *sum / squares : 0;
}

static bool hand_over(el4ml_sampler *s, const draws *d, double largest, double sum)
{
    el4ml_samples *r = s->result;
    if (!el4ml_sampler_room(s, d->count)) return false;
    size_t kept = 0;
    for (size_t k = 0; k < d->count; k++) {
        if (!(d->log_weight[k] > -INFINITY)) continue;
        el4ml_copy(s->n, d->x + k * s->n, r->x + kept * s->n);
        r->value[kept] = d->value[k];
        r->weight[kept++] = exp(d->log_weight[k] - largest) / sum;
    }
    r->count = kept;
    r->log_evidence = largest + log(sum / (double)d->count);
    return true;
}

el4ml_status el4ml_sample_importance(el4ml_sampler *s)
{
    const uint64_t most = s->options->budget < FIRST ? FIRST : s->options->budget;
    if (!s->options->guide) return EL4ML_NOT_SUPPORTED;
    draws d = {.most = FIRST};
    double largest = 0, sum = 0;
    el4ml_status status = EL4ML_OK;
    for (;;) {
        double *grown = EL4ML_NEW(double, d.most *(s->n + 2));
        if (!grown) {
            status = EL4ML_OUT_OF_MEMORY;
            break;
        }
        for (size_t i = 0; i < d.count * s->n; i++)
            grown[i] = d.x[i];
        for (size_t k = 0; k < d.count; k++) {
            grown[d.most * s->n + k] = d.log_weight[k];
            grown[d.most * (s->n + 1) + k] = d.value[k];
        }
        el4ml_release(d.x);
        d.x = grown;
        d.log_weight = grown + d.most * s->n;
        d.value = d.log_weight + d.most;
        draw(s, &d, d.most);
        s->result->effective = effective(&d, &largest, &sum);
        s->result->converged = s->result->effective >= s->options->effective;
        if (s->options->cancel && *s->options->cancel) status = EL4ML_INTERRUPTED;
        if (status != EL4ML_OK || s->result->converged || 2 * d.most > most) break;
        d.most *= 2;
    }
    if (status == EL4ML_OK && !(sum > 0)) status = EL4ML_NUMERICAL;
    if (status == EL4ML_OK && !hand_over(s, &d, largest, sum)) status = EL4ML_OUT_OF_MEMORY;
    el4ml_release(d.x);
    return status;
}
