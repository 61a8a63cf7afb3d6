#include "saddle/searcher.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"

#define HISTORY 20 /* of L-BFGS in the space orthogonal to a mode */

el4ml_search_options el4ml_search_options_default(void)
{
    return (el4ml_search_options){.gradient_tolerance = 1e-9,
                                  .max_step = 0.5,
                                  .path_tolerance = 0.01,
                                  .path_step = 0.1,
                                  .displacement = 0.02,
                                  .max_iterations = 200,
                                  .images = 9,
                                  .band_iterations = 40,
                                  .dense_limit = 500,
                                  .proof_limit = 10000,
                                  .minimise = el4ml_minimise_options_default()};
}

static bool allocate(el4ml_searcher *s)
{
    const size_t n = s->n, stride = (n + 7) / 8 * 8;
    s->g = EL4ML_NEW(double, 9 * stride);
    s->guesses = EL4ML_NEW(double, 2 * EL4ML_GUESSES * n);
    s->stages = EL4ML_NEW(double, EL4ML_FLOW_STAGES *n);
    if (!s->g || !s->guesses || !s->stages) return false;
    if (n <= s->options.dense_limit ? !el4ml_ldl_init(&s->ldl, n) : !el4ml_lbfgs_init(&s->lbfgs, n, HISTORY))
        return false;
    s->trial = s->g + stride;
    s->trial_g = s->trial + stride;
    s->step = s->trial_g + stride;
    s->hs = s->step + stride;
    s->mode = s->hs + stride;
    s->aligned = s->mode + stride;
    s->plus = s->aligned + stride;
    s->minus = s->plus + stride;
    s->tangents = s->guesses + EL4ML_GUESSES * n;
    if (el4ml_has_box(&s->evaluator)) {
        s->held = EL4ML_NEW(unsigned char, 2 * n);
        if (!s->held) return false;
        s->blocked = s->held + n;
    }
    if (n <= EL4ML_TRACK_LIMIT) {
        s->eigen_work_size = el4ml_eigen_work_size(n);
        s->spectrum = EL4ML_NEW(double, n *n);
        s->eigen_work = EL4ML_NEW(double, n + s->eigen_work_size);
        if (!s->spectrum || !s->eigen_work) return false;
    }
    s->band = el4ml_band_new(n);
    return s->band && el4ml_lanczos_init(&s->lanczos, n) &&
           el4ml_curvature_init(&s->curvature, &s->evaluator, s->options.dense_limit);
}

/* A surface with searches of its own needs no other's work space. */
static bool allocate_own(el4ml_searcher *s)
{
    s->guesses = EL4ML_NEW(double, 3 * EL4ML_OWN_PASSAGES * s->n);
    s->g = EL4ML_NEW(double, 2 * s->n);
    if (!s->guesses || !s->g) return false;
    s->aligned = s->g;
    s->mode = s->g + s->n;
    return true;
}

static el4ml_status make_minimisers(el4ml_searcher *s, el4ml_error *error)
{
    el4ml_minimise_options chosen = s->options.minimise, options = el4ml_minimise_options_default();
    chosen.gradient_tolerance = options.gradient_tolerance = s->options.gradient_tolerance;
    chosen.dense_limit = options.dense_limit = s->options.dense_limit;
    const el4ml_status status = el4ml_minimiser_new(&s->evaluator, &chosen, &s->minimiser, error);
    if (status != EL4ML_OK) return status;
    options.max_step = s->options.path_step;
    return el4ml_minimiser_new(&s->evaluator, &options, &s->path_minimiser, error);
}

el4ml_status el4ml_searcher_new(const el4ml_surface *surface, const el4ml_search_options *options,
                                el4ml_searcher **searcher, el4ml_error *error)
{
    el4ml_searcher *s = EL4ML_NEW(el4ml_searcher, 1);
    if (!s) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "searcher: out of memory");
    s->options = *options;
    s->n = surface->info.dimension;
    s->length = surface->info.length_scale;
    s->own = surface->ops.search;
    el4ml_status status = el4ml_evaluator_init(&s->evaluator, surface, error);
    if (status == EL4ML_OK && !(s->own ? allocate_own : allocate)(s))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "searcher: out of memory");
    if (status == EL4ML_OK && !s->own) status = make_minimisers(s, error);
    if (status != EL4ML_OK) {
        el4ml_searcher_free(s);
        return status;
    }
    *searcher = s;
    return EL4ML_OK;
}

void el4ml_searcher_free(el4ml_searcher *s)
{
    if (!s) return;
    el4ml_minimiser_free(s->minimiser);
    el4ml_minimiser_free(s->path_minimiser);
    el4ml_curvature_clear(&s->curvature);
    el4ml_lanczos_clear(&s->lanczos);
    el4ml_band_free(s->band);
    el4ml_release(s->g);
    el4ml_release(s->guesses);
    el4ml_release(s->stages);
    el4ml_release(s->held);
    el4ml_ldl_clear(&s->ldl);
    el4ml_lbfgs_clear(&s->lbfgs);
    el4ml_release(s->spectrum);
    el4ml_release(s->eigen_work);
    el4ml_evaluator_clear(&s->evaluator);
    el4ml_release(s);
}

el4ml_evaluator *el4ml_searcher_evaluator(el4ml_searcher *s)
{
    return &s->evaluator;
}

void el4ml_searcher_recognise(el4ml_searcher *s, el4ml_recognise recognise, void *context)
{
    s->recognise = recognise;
    s->recognise_context = context;
}

void el4ml_searcher_random(el4ml_searcher *s, el4ml_random random)
{
    if (s->minimiser) el4ml_minimiser_random(s->minimiser, random);
}

size_t el4ml_ask_known(el4ml_searcher *s, bool transition_state, const el4ml_stationary *point)
{
    return s->recognise ? s->recognise(s->recognise_context, &s->evaluator, transition_state, point)
                        : EL4ML_UNKNOWN;
}

el4ml_status el4ml_search_minimum(el4ml_searcher *s, const double *start, el4ml_stationary *point)
{
    if (s->own) return el4ml_own_minimum(s, start, point);
    el4ml_minimise_result result;
    const el4ml_status status = el4ml_minimise(s->minimiser, start, point->x, &result);
    point->energy = result.value;
    point->gradient_rms = fmax(result.gradient_rms, el4ml_rounding_floor(&s->evaluator, point->x));
    return status;
}

/* |g| / |lambda_min| is how far the point may be from where the gradient vanishes. A loss without a minimum
 * (separable classes and no L2 term) has such points on the way to infinity: flat below any tolerance, and
 * nowhere near the end. */
static bool undetermined(const el4ml_searcher *s, const el4ml_stationary *point)
{
    return point->gradient_rms * sqrt((double)s->n) > 0.1 * s->length * fabs(point->smallest_eigenvalue);
}

static el4ml_status search_proved(el4ml_searcher *s, const double *start, el4ml_stationary *point,
                                  size_t *known)
{
    el4ml_status status = el4ml_search_minimum(s, start, point);
    for (int attempt = 0; status == EL4ML_OK; attempt++) {
        if (!el4ml_inside(&s->evaluator, point->x)) return EL4ML_NOT_CONVERGED;
        if (!s->own) point->smallest_eigenvalue = 0;
        *known = el4ml_ask_known(s, false, point);
        if (*known != EL4ML_UNKNOWN || s->own) return EL4ML_OK;
        status = el4ml_settle(s, point, NULL);
        if (status == EL4ML_OK && undetermined(s, point)) return EL4ML_NOT_CONVERGED;
        if (status != EL4ML_OK || point->index == 0) return status;
        if (attempt == 3) return EL4ML_NOT_CONVERGED;
        double value;
        status = el4ml_unstable_mode(s, point->x, s->plus, &value);
        if (status != EL4ML_OK) return status;
        el4ml_axpy(s->n, 0.1 * s->length, s->plus, point->x);
        el4ml_clip(&s->evaluator, point->x);
        status = el4ml_search_minimum(s, point->x, point);
    }
    return status;
}

el4ml_status el4ml_search_proved_minimum(el4ml_searcher *s, const double *start, el4ml_stationary *point,
                                         size_t *known)
{
    bool away = false;
    const el4ml_status status = search_proved(s, start, point, known);
    if (status != EL4ML_NOT_CONVERGED || !el4ml_inside(&s->evaluator, point->x)) return status;
    const el4ml_status looked = el4ml_runs_away(s, point, &away);
    if (looked != EL4ML_OK) return looked;
    return away ? EL4ML_UNBOUNDED : status;
}
