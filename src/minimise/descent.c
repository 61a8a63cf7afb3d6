#include "minimise/descent.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"

static bool trains(el4ml_minimise_method method)
{
    return method >= EL4ML_ADAM && method <= EL4ML_ENTROPY_SGD;
}

static bool positive(double x)
{
    return x > 0 && isfinite(x);
}

static el4ml_status check_training(const el4ml_minimise_options *o, el4ml_error *error)
{
    const el4ml_training_options *t = &o->training;
    if (!(t->learning_rate >= 0) || !isfinite(t->learning_rate))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimise: the learning rate must be positive");
    if (t->epochs < 1) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimise: at least one epoch");
    if (o->method != EL4ML_ADAM && !(t->momentum >= 0 && t->momentum < 1))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimise: momentum must be in [0, 1)");
    if (o->method == EL4ML_SAM && !positive(t->radius))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimise: the radius must be positive");
    if (o->method == EL4ML_ENTROPY_SGD &&
        (t->walk < 1 || !positive(t->scope) || !(t->noise >= 0) || !isfinite(t->noise)))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "minimise: a walk of one step at least, a positive scope, no negative noise");
    return EL4ML_OK;
}

el4ml_status el4ml_descent_check(const el4ml_minimise_options *o, el4ml_error *error)
{
    if ((unsigned)o->method > EL4ML_ENTROPY_SGD)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimise: unknown method");
    if (!(o->handover >= 0) || !isfinite(o->handover))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "minimise: handover must be 0 or more");
    return trains(o->method) ? check_training(o, error) : EL4ML_OK;
}

static void fill_in(el4ml_minimise_options *o, double length)
{
    el4ml_training_options *t = &o->training;
    if (o->handover <= 0) o->handover = trains(o->method) ? 1e-3 : 1e-6;
    if (t->learning_rate <= 0) t->learning_rate = o->method == EL4ML_ADAM ? 0.01 : 0.1;
    if (o->method == EL4ML_ADAM) t->learning_rate *= length;
    t->radius *= length;
}

/* The vectors that the method needs, out of one block. */
static bool allocate(el4ml_descent *d)
{
    const size_t n = d->n, rows = d->evaluator->surface->ops.batch_value_gradient
                                      ? d->evaluator->surface->info.rows
                                      : 0;
    const el4ml_minimise_method method = d->options.method;
    const bool adam = method == EL4ML_ADAM, entropy = method == EL4ML_ENTROPY_SGD,
               ball = entropy || method == EL4ML_SAM, training = trains(method);
    double **const vectors[] = {&d->x,    &d->g,    &d->trial, &d->trial_g, &d->d,      &d->first,
                                &d->mean, &d->kept, &d->begun, &d->origin,  &d->second, &d->ball};
    const bool needed[] = {true,      true,      !training || entropy,
                           !training, !training, training,
                           training,  training,  training,
                           training,  adam,      ball};
    enum { COUNT = sizeof needed / sizeof *needed };
    const size_t stride = (n + 7) / 8 * 8;
    size_t count = 0;
    for (size_t k = 0; k < COUNT; k++)
        count += needed[k];
    d->block = EL4ML_NEW(double, count *stride);
    if (!d->block) return false;
    double *at = d->block;
    for (size_t k = 0; k < COUNT; k++) {
        if (!needed[k]) continue;
        *vectors[k] = at;
        at += stride;
    }
    const size_t batch = d->options.training.batch_size;
    if (!training || batch == 0 || batch >= rows) return true;
    d->order = EL4ML_NEW(size_t, rows);
    return d->order != NULL;
}

el4ml_status el4ml_descent_new(el4ml_evaluator *evaluator, const el4ml_minimise_options *options,
                               el4ml_descent **descent, el4ml_error *error)
{
    *descent = NULL;
    if (options->method == EL4ML_NEWTON_LBFGS || options->method == EL4ML_LBFGS) return EL4ML_OK;
    el4ml_descent *d = EL4ML_NEW(el4ml_descent, 1);
    if (d) {
        d->evaluator = evaluator;
        d->n = evaluator->n;
        d->options = *options;
        fill_in(&d->options, evaluator->surface->info.length_scale);
    }
    if (!d || !allocate(d)) {
        el4ml_descent_free(d);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "minimise: out of memory");
    }
    *descent = d;
    return EL4ML_OK;
}

void el4ml_descent_free(el4ml_descent *d)
{
    if (!d) return;
    el4ml_release(d->block);
    el4ml_release(d->order);
    el4ml_release(d);
}

el4ml_status el4ml_descent_run(el4ml_descent *d)
{
    if (el4ml_norm(d->n, d->g) <= d->options.handover * sqrt((double)d->n)) return EL4ML_OK;
    return d->options.method == EL4ML_CONJUGATE_GRADIENT ? el4ml_conjugate_gradient(d) : el4ml_training(d);
}

uint64_t el4ml_descent_evaluations(const el4ml_descent *d)
{
    return d->evaluator->cost.evaluations - d->began;
}

el4ml_status el4ml_observer_tell(const el4ml_observer *observer, const el4ml_iterate *iterate)
{
    return observer->observe ? observer->observe(observer->context, iterate) : EL4ML_OK;
}

el4ml_status el4ml_descent_tell(const el4ml_descent *d, bool value_known)
{
    const el4ml_iterate iterate = {.descent = true,
                                   .evaluations = el4ml_descent_evaluations(d),
                                   .value = value_known ? d->value : NAN,
                                   .gradient_rms =
                                       value_known ? el4ml_norm(d->n, d->g) / sqrt((double)d->n) : NAN,
                                   .x = d->x};
    return el4ml_observer_tell(&d->observer, &iterate);
}
