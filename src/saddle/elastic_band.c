/* Doubly nudged elastic band (Trygubenko and Wales, J. Chem. Phys. 120, 2082, 2004), moved by L-BFGS. Per
 * image, with tangent t (upwinding; Henkelman and Jonsson 2000) and springs s = k ((x+ - x) + (x- - x)) as a
 * gradient -s:
 *
 *     total = g_perp + s_par + s_perp - (s_perp.u) u,      u = g_perp / |g_perp|.
 *
 * The sum of these is no gradient of anything, so the band need not converge: it stops when the image of its
 * highest point has settled, or at its cap. What it owes is a guess near each maximum. With bounds images are
 * clipped to the box, and what pushes them out of it is taken off the force. */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "minimise/lbfgs.h"
#include "saddle/searcher.h"

#define HISTORY 6
#define SETTLED 4 /* iterations in which the maxima stay at their images and hardly change in energy */

typedef struct el4ml_band {
    size_t n, images, capacity;   /* images without the two ends */
    double *x, *g, *force, *step; /* (images + 2, n); the ends are x[0] and x[images + 1] */
    double *old_x, *old_force;
    double *energy, *tangent; /* (images + 2), (images + 2, n) */
    el4ml_lbfgs lbfgs;        /* of all images together */
    double spring;
} el4ml_band;

el4ml_band *el4ml_band_new(size_t n)
{
    el4ml_band *band = EL4ML_NEW(el4ml_band, 1);
    if (!band) return NULL;
    band->n = n;
    if (el4ml_lbfgs_init(&band->lbfgs, n, HISTORY)) return band;
    el4ml_band_free(band);
    return NULL;
}

void el4ml_band_free(el4ml_band *band)
{
    if (!band) return;
    el4ml_lbfgs_clear(&band->lbfgs);
    el4ml_release(band->x);
    el4ml_release(band);
}

static bool reserve(el4ml_band *band, size_t images)
{
    band->images = images;
    if (!el4ml_lbfgs_resize(&band->lbfgs, images * band->n)) return false;
    if (images <= band->capacity) return true;
    const size_t points = (images + 2) * band->n;
    el4ml_release(band->x);
    band->capacity = 0;
    band->x = EL4ML_NEW(double, 7 * points + images + 2);
    if (!band->x) return false;
    band->capacity = images;
    band->g = band->x + points;
    band->force = band->g + points;
    band->step = band->force + points;
    band->old_x = band->step + points;
    band->old_force = band->old_x + points;
    band->tangent = band->old_force + points;
    band->energy = band->tangent + points;
    return true;
}

static el4ml_status evaluate(el4ml_band *band, el4ml_evaluator *e)
{
    const size_t n = band->n;
    for (size_t i = 1; i <= band->images; i++) {
        const el4ml_status status =
            el4ml_value_gradient(e, band->x + i * n, &band->energy[i], band->g + i * n);
        if (status != EL4ML_OK) return status;
    }
    return EL4ML_OK;
}

/* Upwinding: towards the higher neighbour; at an extremum the two differences weighted by the energy changes.
 */
static void set_tangent(el4ml_band *band, size_t i)
{
    const size_t n = band->n;
    const double *x = band->x + i * n, *before = x - n, *after = x + n;
    const double up = band->energy[i + 1] - band->energy[i], down = band->energy[i] - band->energy[i - 1];
    double forward = 1, backward = 0;
    if (up > 0 && down > 0) {
        forward = 1;
    } else if (up < 0 && down < 0) {
        forward = 0;
        backward = 1;
    } else {
        const double larger = fmax(fabs(up), fabs(down)), smaller = fmin(fabs(up), fabs(down));
        const bool ahead = band->energy[i + 1] > band->energy[i - 1];
        forward = ahead ? larger : smaller;
        backward = ahead ? smaller : larger;
    }
    double *t = band->tangent + i * n;
    for (size_t k = 0; k < n; k++)
        t[k] = forward * (after[k] - x[k]) + backward * (x[k] - before[k]);
    const double norm = el4ml_norm(n, t);
    if (norm > 0) {
        el4ml_scale(n, 1 / norm, t);
    } else {
        for (size_t k = 0; k < n; k++)
            t[k] = after[k] - before[k];
        el4ml_scale(n, 1 / fmax(el4ml_norm(n, t), 1e-300), t);
    }
}

/* The doubly nudged gradient of image i. */
static void set_force(el4ml_band *band, size_t i)
{
    const size_t n = band->n;
    const double *x = band->x + i * n, *before = x - n, *after = x + n, *g = band->g + i * n;
    const double *t = band->tangent + i * n;
    double *f = band->force + i * n;
    const double gt = el4ml_dot(n, g, t);
    double gap = 0, st = 0, su = 0, gg = 0;
    for (size_t k = 0; k < n; k++) {
        const double spring = -band->spring * (after[k] - 2 * x[k] + before[k]);
        st += spring * t[k];
    }
    gap = band->spring *
          (el4ml_distance(n, x, before) - el4ml_distance(n, after, x)); /* equal spacing along t */
    for (size_t k = 0; k < n; k++) {
        const double perp = g[k] - gt * t[k];
        const double s_perp = -band->spring * (after[k] - 2 * x[k] + before[k]) - st * t[k];
        gg += perp * perp;
        su += s_perp * perp;
    }
    const double along = gg > 0 ? su / gg : 0;
    for (size_t k = 0; k < n; k++) {
        const double perp = g[k] - gt * t[k];
        const double s_perp = -band->spring * (after[k] - 2 * x[k] + before[k]) - st * t[k];
        f[k] = perp + gap * t[k] + s_perp - along * perp;
    }
}

static void set_forces(el4ml_band *band, const el4ml_evaluator *e)
{
    double mean = 0;
    for (size_t i = 1; i <= band->images; i++)
        set_tangent(band, i);
    for (size_t i = 1; i <= band->images; i++) {
        const double *g = band->g + i * band->n;
        mean += el4ml_norm(band->n, g);
    }
    double length = 0;
    for (size_t i = 0; i <= band->images; i++)
        length += el4ml_distance(band->n, band->x + i * band->n, band->x + (i + 1) * band->n);
    /* springs of the strength of the true gradient at the image spacing, fixed once the band is young */
    if (band->spring <= 0) band->spring = fmax(mean / fmax(length, 1e-300), 1e-12);
    for (size_t i = 1; i <= band->images; i++) {
        set_force(band, i);
        el4ml_project_gradient(e, band->x + i * band->n, band->force + i * band->n);
    }
}

static void lbfgs_direction(el4ml_band *band)
{
    const size_t size = band->images * band->n;
    const double *force = band->force + band->n;
    double *d = band->step;
    for (size_t i = 0; i < size; i++)
        d[i] = -force[i];
    if (band->lbfgs.stored == 0) {
        const double norm = el4ml_norm(size, d);
        if (norm > 0.1) el4ml_scale(size, 0.1 / norm, d);
        return;
    }
    el4ml_lbfgs_before(&band->lbfgs, d);
    el4ml_scale(size, fabs(el4ml_lbfgs_scale(&band->lbfgs)), d);
    el4ml_lbfgs_after(&band->lbfgs, d);
    if (el4ml_dot(size, d, force) > 0) el4ml_scale(size, -1, d);
}

static void lbfgs_store(el4ml_band *band)
{
    const size_t size = band->images * band->n;
    double *s = el4ml_lbfgs_slot_s(&band->lbfgs), *y = el4ml_lbfgs_slot_y(&band->lbfgs);
    for (size_t i = 0; i < size; i++) {
        s[i] = band->x[band->n + i] - band->old_x[i];
        y[i] = band->force[band->n + i] - band->old_force[i];
    }
    el4ml_lbfgs_keep(&band->lbfgs, 1e-12);
}

/* Move all images, none further than max_step; shorter still while the surface is not finite. *cut: this was
 * not the step that L-BFGS asked for. */
static el4ml_status move(el4ml_band *band, el4ml_evaluator *e, double max_step, bool *cut)
{
    const size_t n = band->n, size = band->images * n;
    *cut = band->lbfgs.stored == 0;
    lbfgs_direction(band);
    double longest = 0;
    for (size_t i = 0; i < band->images; i++)
        longest = fmax(longest, el4ml_norm(n, band->step + i * n));
    double scale = 1;
    if (longest > max_step) {
        scale = max_step / longest;
        *cut = true;
    }
    el4ml_copy(size, band->x + n, band->old_x);
    el4ml_copy(size, band->force + n, band->old_force);
    for (int attempt = 0; attempt < 8; attempt++, scale *= 0.3) {
        for (size_t i = 0; i < size; i++)
            band->x[n + i] = band->old_x[i] + scale * band->step[i];
        for (size_t i = 1; i <= band->images; i++)
            el4ml_clip(e, band->x + i * n);
        const el4ml_status status = evaluate(band, e);
        if (status == EL4ML_NUMERICAL) continue;
        if (status != EL4ML_OK) return status;
        set_forces(band, e);
        lbfgs_store(band);
        return EL4ML_OK;
    }
    return EL4ML_NUMERICAL;
}

static bool is_maximum(const el4ml_band *band, size_t i)
{
    return band->energy[i] > band->energy[i - 1] && band->energy[i] >= band->energy[i + 1];
}

/* A number that changes when a maximum moves to another image. */
static uint64_t shape(const el4ml_band *band, double *highest)
{
    uint64_t code = 1469598103934665603u;
    *highest = -INFINITY;
    for (size_t i = 1; i <= band->images; i++) {
        *highest = fmax(*highest, band->energy[i]);
        if (is_maximum(band, i)) code = (code ^ i) * 1099511628211u;
    }
    return code;
}

/* A band that may take long must also settle finely: 2 % of its height for 40 iterations, 0.2 % for 400. */
static el4ml_status relax(el4ml_band *band, el4ml_evaluator *e, size_t iterations, double max_step)
{
    double last = INFINITY;
    uint64_t code = 0;
    int settled = 0;
    for (size_t k = 0; k < iterations; k++) {
        bool cut; /* a band on its way at top speed has not settled, however little changes in one step */
        const el4ml_status status = move(band, e, max_step, &cut);
        if (status != EL4ML_OK) return status;
        double highest;
        const uint64_t now = shape(band, &highest);
        const double floor = fmin(band->energy[0], band->energy[band->images + 1]);
        const double height = highest - floor;
        settled = !cut && now == code && fabs(highest - last) <= 0.8 / (double)iterations * height
                      ? settled + 1
                      : 0;
        if (settled >= SETTLED) break;
        code = now;
        last = highest;
    }
    return EL4ML_OK;
}

/* Interpolate linearly; images that fall on a singularity are moved off it a little. */
static el4ml_status interpolate(el4ml_band *band, el4ml_evaluator *e, const double *a, const double *b)
{
    const size_t n = band->n, last = band->images + 1;
    const double distance = el4ml_distance(n, a, b);
    el4ml_random random = el4ml_random_new(7, 7, last);
    for (size_t i = 0; i <= last; i++) {
        const double t = (double)i / (double)last;
        double *x = band->x + i * n;
        for (size_t k = 0; k < n; k++)
            x[k] = (1 - t) * a[k] + t * b[k];
        el4ml_clip(e, x); /* rounding may leave the box */
        el4ml_status status = el4ml_value_gradient(e, x, &band->energy[i], band->g + i * n);
        for (int attempt = 0; attempt < 10 && status == EL4ML_NUMERICAL; attempt++) {
            const double amount = 0.02 * distance / sqrt((double)n) * (attempt + 1);
            for (size_t k = 0; k < n; k++)
                x[k] += amount * (2 * el4ml_random_uniform(&random) - 1);
            el4ml_clip(e, x);
            status = el4ml_value_gradient(e, x, &band->energy[i], band->g + i * n);
        }
        if (status != EL4ML_OK) return status;
    }
    band->spring = 0;
    set_forces(band, e);
    return EL4ML_OK;
}

/* Guess at the top of the parabola through the maximum and its neighbours; tangent along the band there. */
static void write_guess(const el4ml_band *band, size_t i, double *guess, double *tangent)
{
    const size_t n = band->n;
    const double *x = band->x + i * n, *before = x - n, *after = x + n;
    const double left = band->energy[i] - band->energy[i - 1], right = band->energy[i] - band->energy[i + 1];
    double t =
        left + right > 0 ? 0.5 * (left - right) / (left + right) : 0; /* -1/2 ... 1/2 between neighbours */
    t = fmax(-0.5, fmin(0.5, t));
    for (size_t k = 0; k < n; k++) {
        const double d = t > 0 ? after[k] - x[k] : x[k] - before[k];
        guess[k] = x[k] + t * d;
        tangent[k] = after[k] - before[k];
    }
    el4ml_scale(n, 1 / fmax(el4ml_norm(n, tangent), 1e-300), tangent);
}

el4ml_status el4ml_elastic_band(el4ml_searcher *s, const double *a, const double *b, size_t images,
                                size_t iterations, size_t capacity, double *guess, double *tangent,
                                size_t *count)
{
    el4ml_band *band = s->band;
    el4ml_evaluator *e = &s->evaluator;
    *count = 0;
    if (s->own) return EL4ML_NOT_SUPPORTED;
    if (!reserve(band, images)) return EL4ML_OUT_OF_MEMORY;
    el4ml_status status = interpolate(band, e, a, b);
    if (status != EL4ML_OK) return status;
    const double spacing = el4ml_distance(s->n, a, b) / (double)(images + 1);
    status = relax(band, e, iterations, fmax(0.3 * spacing, 0.02 * s->length));
    if (status != EL4ML_OK) return status;
    size_t highest = 1;
    for (size_t i = 1; i <= images; i++) {
        if (band->energy[i] > band->energy[highest]) highest = i;
        if (!is_maximum(band, i) || *count == capacity) continue;
        write_guess(band, i, guess + *count * s->n, tangent + *count * s->n);
        ++*count;
    }
    if (*count == 0 && capacity > 0) { /* the barrier hides between an end and its neighbour */
        write_guess(band, highest, guess, tangent);
        *count = 1;
    }
    return EL4ML_OK;
}
