/* el4ml_check_surface: what a user can check of any surface without knowing it. The tests' harness is
 * stricter. */
#include <math.h>
#include <time.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "surface/check.h"

#define DIRECTIONS 5
#define LARGEST_HESSIAN 3000
#define MOST_POINTS 5 /* where V has creases */

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* (V(x + h v) - V(x - h v)) / 2h against g.v, extrapolated once (Richardson). */
static el4ml_status check_gradient(el4ml_check_work *w, double step, double *error)
{
    const size_t n = w->e.n;
    double value[4], at;
    el4ml_status status = el4ml_value_gradient(&w->e, w->x, &at, w->g);
    for (int k = 0; k < 4 && status == EL4ML_OK; k++) {
        const double h = (k & 1 ? -1 : 1) * (k < 2 ? step : 0.5 * step);
        for (size_t i = 0; i < n; i++)
            w->trial[i] = w->x[i] + h * w->v[i];
        status = el4ml_value_gradient(&w->e, w->trial, &value[k], NULL);
    }
    if (status != EL4ML_OK) return status;
    const double coarse = (value[0] - value[1]) / (2 * step), fine = (value[2] - value[3]) / step;
    const double slope = el4ml_dot(n, w->g, w->v), size = el4ml_norm(n, w->g) + fabs(at) * 1e-6 + 1e-12;
    *error = el4ml_larger_error(*error, fabs((4 * fine - coarse) / 3 - slope) / size);
    return EL4ML_OK;
}

/* The same of the gradient against H v, in norm. */
static el4ml_status check_product(el4ml_check_work *w, double step, double *error)
{
    const size_t n = w->e.n;
    double value;
    el4ml_status status = el4ml_hessian_vector(&w->e, w->x, 1, w->v, w->hv);
    for (size_t i = 0; i < n; i++)
        w->other[i] = 0;
    for (int k = 0; k < 4 && status == EL4ML_OK; k++) {
        const double sign = k & 1 ? -1 : 1, h = k < 2 ? step : 0.5 * step;
        for (size_t i = 0; i < n; i++)
            w->trial[i] = w->x[i] + sign * h * w->v[i];
        status = el4ml_value_gradient(&w->e, w->trial, &value, w->g);
        el4ml_axpy(n, sign * (k < 2 ? -1.0 / 3 : 4.0 / 3) / (2 * h), w->g, w->other);
    }
    if (status != EL4ML_OK) return status;
    *error = el4ml_larger_error(*error, el4ml_distance(n, w->hv, w->other) / (el4ml_norm(n, w->hv) + 1e-9));
    return EL4ML_OK;
}

/* Of two steps the one that agrees better: a large one keeps rounding away, but is too much for a function
 * that bends sharply. */
static el4ml_status at_better_step(el4ml_status (*compare)(el4ml_check_work *w, double step, double *error),
                                   el4ml_check_work *w, double *error)
{
    const double scale = w->e.surface->info.length_scale;
    double large = 0, small = 0;
    el4ml_status status = compare(w, 1e-3 * scale, &large);
    if (status == EL4ML_OK) status = compare(w, 1e-4 * scale, &small);
    *error = el4ml_larger_error(*error, fmin(large, small));
    return status;
}

static el4ml_status check_hessian(el4ml_check_work *w, el4ml_surface_check *check)
{
    const size_t n = w->e.n;
    if (n > LARGEST_HESSIAN) return EL4ML_OK;
    const double began = cpu_seconds();
    el4ml_status status = el4ml_hessian(&w->e, w->x, w->h);
    check->seconds_hessian = cpu_seconds() - began;
    if (status == EL4ML_OK) status = el4ml_hessian_vector(&w->e, w->x, 1, w->v, w->hv);
    if (status != EL4ML_OK) return status;
    el4ml_symmetric_product(n, w->h, w->v, w->other);
    check->hessian_error = el4ml_distance(n, w->hv, w->other) / (el4ml_norm(n, w->hv) + 1e-300);
    double size = 1e-300, skew = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            size = fmax(size, fabs(w->h[i * n + j]));
            skew = el4ml_larger_error(skew, fabs(w->h[i * n + j] - w->h[j * n + i]));
        }
    check->hessian_error = el4ml_larger_error(check->hessian_error, skew / size);
    return EL4ML_OK;
}

/* CPU seconds of a call: repeated until there is something to measure, at two points in turn, as a surface
 * may keep what it knows of the last one. */
static el4ml_status time_calls(el4ml_check_work *w, bool products, double *seconds)
{
    const double began = cpu_seconds();
    double value, spent = 0;
    size_t calls = 0;
    el4ml_copy(w->e.n, w->x, w->trial);
    w->trial[0] += 1e-9 * w->e.surface->info.length_scale;
    for (; calls < 100000 && spent < 0.02; calls++) {
        const double *x = calls & 1 ? w->trial : w->x;
        const el4ml_status status = products ? el4ml_hessian_vector(&w->e, x, 1, w->v, w->hv)
                                             : el4ml_value_gradient(&w->e, x, &value, w->g);
        if (status != EL4ML_OK) return status;
        spent = cpu_seconds() - began;
    }
    *seconds = spent / (double)calls;
    return EL4ML_OK;
}

/* Differences need room on both sides. */
static void keep_off_walls(el4ml_check_work *w, double room)
{
    const el4ml_surface_info *info = &w->e.surface->info;
    for (size_t i = 0; info->lower && i < w->e.n; i++) {
        const double width = info->upper[i] - info->lower[i], margin = fmin(room, 0.25 * width);
        w->x[i] = fmin(fmax(w->x[i], info->lower[i] + margin), info->upper[i] - margin);
    }
}

/* A start; where V has creases, beside a minimum, as starts may lie on one. */
static el4ml_status choose_point(el4ml_check_work *w, double step, el4ml_random *random)
{
    const el4ml_surface *s = w->e.surface;
    el4ml_initialise(&w->e, random, w->x);
    keep_off_walls(w, 2 * step);
    if (!s->ops.search) return EL4ML_OK;
    const el4ml_status status = s->ops.search->minimise(&w->e, w->x, w->x);
    el4ml_random_direction(random, w->e.n, w->v);
    el4ml_axpy(w->e.n, 30 * step, w->v, w->x);
    return status;
}

static el4ml_status run_checks(el4ml_check_work *w, uint64_t seed, el4ml_surface_check *check)
{
    const bool smooth = w->e.surface->info.second_derivatives;
    el4ml_random random = el4ml_random_new(seed, 99, 0);
    el4ml_status status = choose_point(w, 1e-3 * w->e.surface->info.length_scale, &random);
    for (int k = 0; k < DIRECTIONS && status == EL4ML_OK; k++) {
        el4ml_random_direction(&random, w->e.n, w->v);
        status = at_better_step(check_gradient, w, &check->gradient_error);
        if (status == EL4ML_OK && smooth)
            status = at_better_step(check_product, w, &check->hessian_product_error);
        if (status == EL4ML_OK) status = el4ml_check_symmetry(w, &random, check);
    }
    if (status == EL4ML_OK && smooth) status = check_hessian(w, check);
    if (status == EL4ML_OK) status = time_calls(w, false, &check->seconds_gradient);
    if (status == EL4ML_OK && smooth) status = time_calls(w, true, &check->seconds_hessian_product);
    if (status == EL4ML_OK) status = el4ml_check_zero_modes(w, check);
    if (status == EL4ML_OK) status = el4ml_check_batches(w, &random, check);
    check->passed = check->gradient_error < 1e-6 && check->hessian_product_error < 1e-6 &&
                    check->hessian_error < 1e-10 && check->symmetry_error < 1e-12 &&
                    check->alignment_error < 1e-7 && check->wrong_identities == 0 &&
                    check->zero_mode_error < 1e-9 && check->batch_error < 1e-11;
    return status;
}

el4ml_status el4ml_check_surface(const el4ml_surface *surface, uint64_t seed, el4ml_surface_check *check,
                                 el4ml_error *error)
{
    *check = (el4ml_surface_check){0};
    const size_t n = surface->info.dimension, square = n <= LARGEST_HESSIAN ? n * n : 0;
    el4ml_check_work w = {0};
    el4ml_status status = el4ml_evaluator_init(&w.e, surface, error);
    if (status != EL4ML_OK) return status;
    double *block = EL4ML_NEW(double, 6 * n + square);
    if (block) {
        w.x = block;
        w.v = w.x + n;
        w.g = w.v + n;
        w.trial = w.g + n;
        w.hv = w.trial + n;
        w.other = w.hv + n;
        w.h = w.other + n;
        status = run_checks(&w, seed, check);
        for (uint64_t again = 1; again < MOST_POINTS && surface->ops.search && !check->passed; again++) {
            *check = (el4ml_surface_check){0}; /* a crease within the step makes differences useless */
            if (status == EL4ML_OK) status = run_checks(&w, seed + again, check);
        }
        if (status != EL4ML_OK)
            el4ml_fail(error, status, "the surface cannot be evaluated at a random start: %s",
                       el4ml_status_text(status));
    } else {
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "check: out of memory");
    }
    el4ml_release(block);
    el4ml_evaluator_clear(&w.e);
    return status;
}
