/* What only a minimum shows of a surface: are its flat directions there the zero modes that it declares? */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "el4ml/run.h"

enum { STARTS = 10, LARGEST = 500 };
#define FLAT 1e-12 /* eigenvalues below this times the largest are rounding */

typedef struct check_work {
    el4ml_evaluator e;
    el4ml_minimiser *minimiser;
    double *x, *h, *values, *basis, *hz, *work;
    size_t size;
} check_work;

static el4ml_status find_minimum(check_work *w, uint64_t seed, el4ml_minimum_check *check)
{
    el4ml_random random = el4ml_random_new(seed, 97, 0);
    for (int k = 0; k < STARTS; k++) {
        el4ml_minimise_result result;
        el4ml_initialise(&w->e, &random, w->x);
        const el4ml_status status = el4ml_minimise(w->minimiser, w->x, w->x, &result);
        if (status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY) return status;
        if (status != EL4ML_OK || !el4ml_inside(&w->e, w->x)) continue;
        check->found = true;
        check->value = result.value;
        check->gradient_rms = result.gradient_rms;
        return EL4ML_OK;
    }
    return EL4ML_OK;
}

static el4ml_status look(check_work *w, el4ml_minimum_check *check)
{
    const size_t n = w->e.n;
    el4ml_status status = el4ml_hessian(&w->e, w->x, w->h);
    if (status != EL4ML_OK) return status;
    check->zero_modes = el4ml_zero_modes(&w->e, w->x, w->basis);
    double size = 0;
    for (size_t k = 0; k < n * n; k++)
        size = fmax(size, fabs(w->h[k]));
    for (size_t k = 0; k < check->zero_modes; k++) {
        el4ml_symmetric_product(n, w->h, w->basis + k * n, w->hz);
        check->zero_mode_curvature = fmax(check->zero_mode_curvature, el4ml_norm(n, w->hz) / size);
    }
    if (!el4ml_eigen(n, w->h, w->values, false, w->work, w->size)) return EL4ML_NUMERICAL;
    const double largest = fmax(fabs(w->values[0]), fabs(w->values[n - 1]));
    for (size_t k = 0; k < n; k++)
        check->flat += fabs(w->values[k]) <= FLAT * largest;
    /* a zero mode's own eigenvalue is as far from zero as the point from where the gradient vanishes */
    if (check->flat < check->zero_modes) check->flat = check->zero_modes;
    check->passed = check->flat == check->zero_modes && check->zero_mode_curvature < 1e-6;
    return EL4ML_OK;
}

static el4ml_status prepare(check_work *w, const el4ml_surface *surface, el4ml_error *error)
{
    const el4ml_minimise_options options = el4ml_minimise_options_default();
    const size_t n = surface->info.dimension, modes = surface->info.max_zero_modes;
    el4ml_status status = el4ml_evaluator_init(&w->e, surface, error);
    if (status == EL4ML_OK) status = el4ml_minimiser_new(&w->e, &options, &w->minimiser, error);
    if (status != EL4ML_OK) return status;
    w->size = el4ml_eigen_work_size(n);
    w->x = EL4ML_NEW(double, (modes + 3) * n);
    w->h = EL4ML_NEW(double, n *n);
    w->work = EL4ML_NEW(double, w->size);
    if (!w->x || !w->h || !w->work) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "check: out of memory");
    w->values = w->x + n;
    w->hz = w->values + n;
    w->basis = w->hz + n;
    return EL4ML_OK;
}

el4ml_status el4ml_check_minimum(const el4ml_surface *surface, uint64_t seed, el4ml_minimum_check *check,
                                 el4ml_error *error)
{
    check_work w = {0};
    *check = (el4ml_minimum_check){.passed = true};
    if (!surface->info.second_derivatives || surface->info.dimension > LARGEST) return EL4ML_OK;
    check->tried = true;
    el4ml_status status = prepare(&w, surface, error);
    if (status == EL4ML_OK) {
        status = find_minimum(&w, seed, check);
        if (status == EL4ML_OK && check->found) status = look(&w, check);
        if (status != EL4ML_OK)
            el4ml_fail(error, status, "check at a minimum: %s", el4ml_status_text(status));
    }
    el4ml_minimiser_free(w.minimiser);
    el4ml_release(w.x);
    el4ml_release(w.h);
    el4ml_release(w.work);
    el4ml_evaluator_clear(&w.e);
    return status;
}
