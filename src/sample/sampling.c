/* One entry for all samplers; what they share. */
#include <math.h>
#include <time.h>

#include "base/memory.h"
#include "sample/sample.h"

el4ml_sampling_options el4ml_sampling_options_default(void)
{
    return (el4ml_sampling_options){
        .chains = 8, .effective = 400, .r_hat = 1.01, .budget = 200000, .seed = 1};
}

bool el4ml_sampler_inside(const el4ml_sampler *s, const double *x)
{
    const el4ml_surface_info *info = &s->surface->info;
    for (size_t i = 0; info->lower && i < s->n; i++)
        if (!(x[i] >= info->lower[i] && x[i] <= info->upper[i])) return false;
    return el4ml_inside(&s->evaluator, x);
}

bool el4ml_sampler_value(el4ml_sampler *s, const double *x, double *value)
{
    if (!el4ml_sampler_inside(s, x)) return false;
    s->result->evaluations++;
    return el4ml_value_gradient(&s->evaluator, x, value, NULL) == EL4ML_OK;
}

bool el4ml_sampler_gradient(el4ml_sampler *s, const double *x, double *value, double *gradient)
{
    if (!el4ml_sampler_inside(s, x)) return false;
    s->result->gradients++;
    return el4ml_value_gradient(&s->evaluator, x, value, gradient) == EL4ML_OK;
}

uint64_t el4ml_sampler_spent(const el4ml_sampler *s)
{
    return s->result->evaluations + s->result->gradients;
}

bool el4ml_sampler_room(el4ml_sampler *s, size_t count)
{
    el4ml_samples *r = s->result;
    el4ml_release(r->x);
    r->n = s->n;
    r->count = count;
    r->x = EL4ML_NEW(double, count *(s->n + 2));
    if (!r->x) return false;
    r->weight = r->x + count * s->n;
    r->value = r->weight + count;
    return true;
}

void el4ml_samples_free(el4ml_samples *samples)
{
    if (!samples) return;
    el4ml_release(samples->x);
    el4ml_release(samples);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static el4ml_status run(el4ml_sampler *s)
{
    if (s->options->method == EL4ML_SEQUENTIAL) return el4ml_sample_particles(s);
    if (s->options->method == EL4ML_IMPORTANCE) return el4ml_sample_importance(s);
    return el4ml_sample_chains(s);
}

static const char *reason(el4ml_status status)
{
    switch (status) {
    case EL4ML_OUT_OF_MEMORY:
        return "out of memory";
    case EL4ML_NUMERICAL:
        return "no point with a finite value was found";
    case EL4ML_NOT_SUPPORTED:
        return "this method takes a guide, or a finite box";
    case EL4ML_INTERRUPTED:
        return "interrupted";
    default:
        return "the budget ended before there was a single sample";
    }
}

el4ml_status el4ml_sample(const el4ml_surface *surface, const el4ml_sampling_options *options,
                          el4ml_samples **samples, el4ml_error *error)
{
    if (!surface || !options || !samples || options->chains < 4 || !(options->r_hat > 1))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "sampling: options are out of range");
    el4ml_sampler s = {.surface = surface, .options = options, .n = surface->info.dimension};
    const double began = now();
    el4ml_status status = el4ml_evaluator_init(&s.evaluator, surface, error);
    if (status != EL4ML_OK) return status;
    s.evaluator.cancel = options->cancel;
    s.result = EL4ML_NEW(el4ml_samples, 1);
    if (s.result) {
        s.result->acceptance = s.result->log_evidence = s.result->r_hat = NAN;
        status = run(&s);
        s.result->seconds = now() - began;
    } else {
        status = EL4ML_OUT_OF_MEMORY;
    }
    el4ml_evaluator_clear(&s.evaluator);
    if (status == EL4ML_OK) {
        *samples = s.result;
        return status;
    }
    el4ml_samples_free(s.result);
    return el4ml_fail(error, status, "sampling: %s", reason(status));
}
