/* Verification: everything the database says of its points is computed again from the surface. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "el4ml/run.h"
#include "run/pool.h"

#define GRADIENT_TOLERANCE 1e-9
#define ENERGY_TOLERANCE 1e-9  /* relative to max(1, |V|) */
#define PRODUCT_TOLERANCE 1e-5 /* of ln product */

typedef struct verification {
    const el4ml_landscape *landscape;
    size_t minima, n;
    el4ml_fault *faults; /* one per point; an empty reason: good */
} verification;

static bool differs(double a, double b, double tolerance)
{
    if (a == b || (isnan(a) && isnan(b))) return false;
    return !(fabs(a - b) <= tolerance);
}

/* What recomputation contradicts, written into `reason` (empty: nothing). */
static void compare(const el4ml_stationary *stored, const el4ml_stationary *now, size_t index, double floor,
                    char *reason, size_t size)
{
    const double allowed = fmax(GRADIENT_TOLERANCE, floor), soft = fabs(now->smallest_eigenvalue);
    const double products = PRODUCT_TOLERANCE + (soft > 0 ? 10 * floor / soft : 0);
    if (!(now->gradient_rms <= 2 * allowed))
        snprintf(reason, size, "RMS gradient is %.3g, above %.2g", now->gradient_rms, allowed);
    else if (differs(stored->energy, now->energy, ENERGY_TOLERANCE * fmax(1, fabs(now->energy)) + floor))
        snprintf(reason, size, "energy is %.15g, stored %.15g", now->energy, stored->energy);
    else if (now->index != index)
        snprintf(reason, size, "Hessian has %zu negative eigenvalues, not %zu", now->index, index);
    else if (now->active != stored->active)
        snprintf(reason, size, "%zu coordinates are on a bound, not %zu", now->active, stored->active);
    else if (differs(stored->log_multipliers, now->log_multipliers, products))
        snprintf(reason, size, "sum of ln multipliers is %.12g, stored %.12g", now->log_multipliers,
                 stored->log_multipliers);
    else if (now->flagged != stored->flagged)
        snprintf(reason, size,
                 now->flagged ? "should be left out of thermodynamics (linear, or a multiplier near zero)"
                              : "should not be left out of thermodynamics");
    else if (differs(stored->log_product, now->log_product, products))
        snprintf(reason, size, "ln product is %.12g, stored %.12g", now->log_product, stored->log_product);
    else if (differs(stored->smallest_eigenvalue, now->smallest_eigenvalue,
                     1e-5 * fmax(1e-6, fabs(now->smallest_eigenvalue))))
        snprintf(reason, size, "smallest eigenvalue is %.10g, stored %.10g", now->smallest_eigenvalue,
                 stored->smallest_eigenvalue);
    else if (differs(stored->log_multiplicity, now->log_multiplicity, 1e-9))
        snprintf(reason, size, "ln multiplicity is %.12g, stored %.12g", now->log_multiplicity,
                 stored->log_multiplicity);
}

static size_t recognise(void *context, el4ml_evaluator *e, bool transition_state,
                        const el4ml_stationary *point)
{
    const verification *v = context;
    size_t index;
    const el4ml_species species = transition_state ? EL4ML_TRANSITION_STATE : EL4ML_MINIMUM;
    if (el4ml_landscape_find(v->landscape, e, species, point, &index) != EL4ML_OK) return EL4ML_UNKNOWN;
    return index == EL4ML_NONE ? EL4ML_UNKNOWN : index;
}

/* The two sides of transition state r must be the minima it names, in either order. */
static el4ml_status check_sides(const verification *v, const el4ml_record *r, el4ml_searcher *s, double *work,
                                char *reason, size_t size)
{
    double *mode = work, *side[2] = {work + v->n, work + 2 * v->n};
    double value;
    el4ml_status status = el4ml_unstable_mode(s, r->point.x, mode, &value);
    if (status == EL4ML_OK) status = el4ml_descend(s, r->point.x, mode, side[0], side[1]);
    if (status != EL4ML_OK) return status;
    size_t found[2];
    for (int k = 0; k < 2; k++) {
        el4ml_stationary point = {
            .x = side[k]}; /* a path down that ends on a saddle goes on from there, as in a search */
        status = el4ml_search_proved_minimum(s, side[k], &point, &found[k]);
        if (status != EL4ML_OK) return status;
    }
    const bool straight = found[0] == r->a && found[1] == r->b,
               crossed = found[0] == r->b && found[1] == r->a;
    if (!straight && !crossed) {
        char text[2][24];
        for (int k = 0; k < 2; k++) {
            if (found[k] == EL4ML_UNKNOWN)
                snprintf(text[k], sizeof text[k], "an unknown minimum");
            else
                snprintf(text[k], sizeof text[k], "%zu", found[k] + 1);
        }
        snprintf(reason, size, "falls to minima %s and %s, not to %zu and %zu", text[0], text[1], r->a + 1,
                 r->b + 1);
    }
    return EL4ML_OK;
}

static el4ml_status verify_job(void *context, size_t job, el4ml_searcher *s)
{
    verification *v = context;
    const el4ml_species species = job < v->minima ? EL4ML_MINIMUM : EL4ML_TRANSITION_STATE;
    const size_t index = species == EL4ML_MINIMUM ? job : job - v->minima;
    const el4ml_record *r = el4ml_landscape_record(v->landscape, species, index);
    el4ml_fault *fault = &v->faults[job];
    el4ml_searcher_recognise(s, recognise, v);
    *fault = (el4ml_fault){.species = species, .index = index};
    double *work = EL4ML_NEW(double, 4 * v->n);
    if (!work) return EL4ML_OUT_OF_MEMORY;
    el4ml_stationary now = {.x = work + 3 * v->n};
    el4ml_copy(v->n, r->point.x, now.x);
    el4ml_status status = el4ml_characterise(s, &now);
    if (status == EL4ML_OK) {
        const double floor = el4ml_rounding_floor(el4ml_searcher_evaluator(s), now.x);
        compare(&r->point, &now, species == EL4ML_TRANSITION_STATE, floor, fault->reason,
                sizeof fault->reason);
    }
    if (status == EL4ML_OK && species == EL4ML_TRANSITION_STATE && !fault->reason[0])
        status = check_sides(v, r, s, work, fault->reason, sizeof fault->reason);
    el4ml_release(work);
    if (status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY) return status;
    if (status != EL4ML_OK) snprintf(fault->reason, sizeof fault->reason, "%s", el4ml_status_text(status));
    return EL4ML_OK;
}

el4ml_status el4ml_verify(const el4ml_surface *surface, const el4ml_landscape *landscape,
                          const el4ml_run_options *options, el4ml_verification *result, el4ml_error *error)
{
    *result =
        (el4ml_verification){.minima = el4ml_landscape_count(landscape, EL4ML_MINIMUM),
                             .transition_states = el4ml_landscape_count(landscape, EL4ML_TRANSITION_STATE)};
    if (surface->info.dimension != el4ml_landscape_dimension(landscape))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "the landscape has dimension %zu, the study %zu",
                          el4ml_landscape_dimension(landscape), surface->info.dimension);
    const size_t count = result->minima + result->transition_states;
    const el4ml_search_options search = el4ml_search_options_default();
    el4ml_pool *pool = NULL;
    el4ml_status status = el4ml_pool_new(surface, &search, options->threads, options->cancel, &pool, error);
    if (status != EL4ML_OK) return status;
    verification v = {.landscape = landscape,
                      .minima = result->minima,
                      .n = surface->info.dimension,
                      .faults = EL4ML_NEW(el4ml_fault, count)};
    status = v.faults ? el4ml_pool_run(pool, count, verify_job, &v) : EL4ML_OUT_OF_MEMORY;
    el4ml_pool_free(pool);
    if (status != EL4ML_OK) {
        el4ml_release(v.faults);
        return el4ml_fail(error, status, "verification was cut short: %s", el4ml_status_text(status));
    }
    for (size_t k = 0; k < count; k++)
        if (v.faults[k].reason[0]) v.faults[result->fault_count++] = v.faults[k];
    result->faults = v.faults;
    return EL4ML_OK;
}

void el4ml_verification_clear(el4ml_verification *v)
{
    el4ml_release(v->faults);
    *v = (el4ml_verification){0};
}
