/* From a pair of minima, or from one, to proved passages: transition state and the two minima below it. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "saddle/searcher.h"

/* Step off ts along sign * mode so that V is visibly below the transition state: shorter steps first, as the
 * minimum may be nearer than the usual displacement, then longer ones. */
static el4ml_status step_off(el4ml_searcher *s, const double *ts, double top, const double *mode, double sign,
                             double *x)
{
    double value = top;
    const double visible = fmax(1e-13 * fmax(1, fabs(top)), 4 * el4ml_rounding_floor(&s->evaluator, ts));
    for (int k = 0; k < 16; k++) {
        const double amount = s->options.displacement * s->length * (k < 8 ? ldexp(1, -k) : ldexp(1, k - 7));
        for (size_t i = 0; i < s->n; i++)
            x[i] = ts[i] + sign * amount * mode[i];
        el4ml_clip(&s->evaluator, x);
        const el4ml_status status = el4ml_value_gradient(&s->evaluator, x, &value, NULL);
        if (status != EL4ML_OK) return status;
        if (top - value > visible) return EL4ML_OK;
    }
    return EL4ML_NOT_CONVERGED;
}

el4ml_status el4ml_descend(el4ml_searcher *s, const double *ts, const double *mode, double *plus,
                           double *minus)
{
    if (s->own) return s->own->descend(&s->evaluator, ts, mode, plus, minus);
    double top;
    el4ml_status status = el4ml_value_gradient(&s->evaluator, ts, &top, NULL);
    double *side[2] = {plus, minus};
    for (int k = 0; k < 2 && status == EL4ML_OK; k++) {
        el4ml_minimise_result result;
        status = step_off(s, ts, top, mode, k == 0 ? 1 : -1, side[k]);
        if (status == EL4ML_OK) status = el4ml_gradient_flow(s, side[k], s->options.path_tolerance);
        if (status == EL4ML_OK) status = el4ml_minimise(s->path_minimiser, side[k], side[k], &result);
        if (status == EL4ML_OK && !el4ml_inside(&s->evaluator, side[k])) status = EL4ML_NOT_CONVERGED;
    }
    return status;
}

void el4ml_passage_clear(el4ml_passage *p)
{
    el4ml_release(p->ts.x);
    *p = (el4ml_passage){0};
}

/* Follow both sides of the proved p->ts and prove the minima. */
static el4ml_status follow_both(el4ml_searcher *s, el4ml_passage *p)
{
    double value;
    el4ml_status status = EL4ML_OK;
    if (p->ts.proved)
        el4ml_copy(s->n, s->mode, s->plus); /* el4ml_settle left it */
    else
        status = el4ml_unstable_mode(s, p->ts.x, s->plus, &value);
    if (status == EL4ML_OK) status = el4ml_descend(s, p->ts.x, s->plus, p->minimum[0].x, p->minimum[1].x);
    for (int k = 0; k < 2 && status == EL4ML_OK; k++) {
        el4ml_stationary *m = &p->minimum[k];
        status = el4ml_search_proved_minimum(s, m->x, m, &p->known_minimum[k]);
        if (status == EL4ML_OK && m->energy > p->ts.energy) status = EL4ML_NOT_CONVERGED;
    }
    return status;
}

el4ml_status el4ml_passage_new(el4ml_passage *p, size_t n, const double *x)
{
    double *block = EL4ML_NEW(double, 3 * n);
    if (!block) return EL4ML_OUT_OF_MEMORY;
    *p = (el4ml_passage){.ts.x = block,
                         .minimum = {{.x = block + n}, {.x = block + 2 * n}},
                         .known_ts = EL4ML_UNKNOWN,
                         .known_minimum = {EL4ML_UNKNOWN, EL4ML_UNKNOWN}};
    el4ml_copy(n, x, p->ts.x);
    return EL4ML_OK;
}

/* Prove the transition state at x, whose mode of negative curvature is about `mode`, follow both sides, prove
 * the minima; less where they are known. */
static el4ml_status complete(el4ml_searcher *s, const double *x, const double *mode, el4ml_passage *p)
{
    const size_t n = s->n;
    el4ml_status status = el4ml_passage_new(p, n, x);
    if (status != EL4ML_OK) return status;
    status = el4ml_value_gradient(&s->evaluator, x, &p->ts.energy, s->g);
    if (status == EL4ML_OK) el4ml_set_gradient_rms(s, &p->ts);
    if (status == EL4ML_OK) {
        p->known_ts = el4ml_ask_known(s, true, &p->ts);
        if (p->known_ts != EL4ML_UNKNOWN) return EL4ML_OK;
        status = el4ml_settle(s, &p->ts, mode);
    }
    if (status == EL4ML_OK && (p->ts.index != 1 || !el4ml_is_stationary(s, &p->ts)))
        status = EL4ML_NOT_CONVERGED;
    if (status == EL4ML_OK) status = follow_both(s, p);
    if (status != EL4ML_OK) el4ml_passage_clear(p);
    return status;
}

static bool fatal(el4ml_status status)
{
    return status == EL4ML_INTERRUPTED || status == EL4ML_OUT_OF_MEMORY;
}

el4ml_status el4ml_note_search(el4ml_search_report *report, el4ml_status status)
{
    if (status == EL4ML_OK) {
        report->found++;
    } else if (!fatal(status)) {
        report->failures++;
        report->not_finite += status == EL4ML_NUMERICAL;
        return EL4ML_OK;
    }
    return status;
}

el4ml_status el4ml_search_between(el4ml_searcher *s, const double *a, const double *b, uint64_t attempt,
                                  size_t capacity, el4ml_passage *passages, el4ml_search_report *report)
{
    const size_t n = s->n;
    *report = (el4ml_search_report){0};
    if (s->own) return el4ml_own_between(s, a, b, attempt, capacity, passages, report);
    double distance;
    el4ml_status status = el4ml_align(&s->evaluator, a, b, attempt / 2, s->aligned, &distance);
    if (status != EL4ML_OK) return el4ml_note_search(report, status);
    if (capacity > EL4ML_GUESSES) capacity = EL4ML_GUESSES;
    const size_t images = s->options.images + (attempt < 12 ? (size_t)attempt * 4 : 48);
    size_t guesses;
    const size_t iterations = s->options.band_iterations * (attempt < 20 ? (size_t)attempt + 1 : 20);
    status =
        el4ml_elastic_band(s, a, s->aligned, images, iterations, capacity, s->guesses, s->tangents, &guesses);
    if (status != EL4ML_OK) return el4ml_note_search(report, status);
    for (size_t k = 0; k < guesses; k++) {
        double *x = s->guesses + k * n, *mode = s->tangents + k * n;
        status = el4ml_follow_mode(s, x, mode, false);
        if (status == EL4ML_OK) status = complete(s, x, mode, &passages[report->found]);
        status = el4ml_note_search(report, status);
        if (status != EL4ML_OK) break;
    }
    if (status != EL4ML_OK)
        while (report->found > 0)
            el4ml_passage_clear(&passages[--report->found]);
    return status;
}

/* Zero modes, and then coordinates held on a bound, to the top of the spectrum, the latter one by one. */
static void move_to_top(el4ml_searcher *s, double *matrix)
{
    const el4ml_curvature *c = &s->curvature;
    const size_t n = s->n;
    for (size_t z = 0; z < c->zero_modes; z++) {
        const double *basis = c->zero_basis + z * n;
        for (size_t i = 0; i < n; i++)
            el4ml_axpy(n, 1e6 * c->shift * basis[i], basis, matrix + i * n);
    }
    for (size_t i = 0, rank = 0; c->held_count > 0 && i < n; i++)
        if (c->held[i]) matrix[i * n + i] += 1e6 * c->shift * (double)++rank;
}

/* The first direction and step of search number k from a minimum: two of three along the modes, soft ones
 * first, both ways and with small and large steps; every third in a random direction. Inward normals of
 * active bounds come after the modes. */
static el4ml_status first_direction(el4ml_searcher *s, const double *a, uint64_t k, el4ml_random *random,
                                    double *direction, double *step)
{
    const size_t n = s->n;
    el4ml_status status = EL4ML_OK;
    if (s->held) {
        double value;
        status = el4ml_value_gradient(&s->evaluator, a, &value, s->g);
        el4ml_curvature_hold_at(&s->curvature, a, s->g);
    }
    if (status == EL4ML_OK) status = el4ml_curvature_set(&s->curvature, a);
    if (status != EL4ML_OK) return status;
    const double sizes[3] = {0.1, 0.7, 2};
    if (k % 3 == 2 || !s->spectrum || !s->curvature.dense) {
        el4ml_random_direction(random, n, direction);
        *step = sizes[el4ml_random_below(random, 3)] * s->length;
        if (!s->spectrum && k % 3 != 2) { /* towards the softest mode, from a random start */
            double lambda;
            status = el4ml_lowest_mode(&s->lanczos, &s->curvature, 0.1, 2, direction, &lambda);
            if (status == EL4ML_NOT_CONVERGED) status = EL4ML_OK;
            if (k & 1) el4ml_scale(n, -1, direction);
        }
        return status;
    }
    const uint64_t j = k - k / 3 - (k % 3 == 2); /* counts the mode searches */
    const size_t modes = n - s->curvature.zero_modes;
    const size_t mode = (size_t)(j / 4) % modes;
    double *values = s->eigen_work;
    el4ml_copy(n * n, s->curvature.matrix, s->spectrum);
    move_to_top(s, s->spectrum);
    if (!el4ml_eigen(n, s->spectrum, values, true, values + n, s->eigen_work_size)) return EL4ML_NUMERICAL;
    const double sign = j & 1 ? -1 : 1;
    for (size_t i = 0; i < n; i++)
        direction[i] = sign * s->spectrum[mode * n + i];
    *step = sizes[(j / 2) % 2 + (j / (4 * modes)) % 2] * s->length;
    if (mode >= modes - s->curvature.held_count && j & 1) *step *= 3; /* a normal has one way only */
    if (j / (4 * modes) >= 2) { /* the list is through: the same modes again, mixed with chance, as no search
                                   is worth repeating */
        double *mix = s->plus;
        el4ml_random_direction(random, n, mix);
        el4ml_axpy(n, el4ml_random_uniform(random), mix, direction);
        el4ml_scale(n, 1 / el4ml_norm(n, direction), direction);
        *step = s->length * 0.05 * exp(4 * el4ml_random_uniform(random)); /* 0.05 to 2.7, logarithmically */
    }
    return EL4ML_OK;
}

el4ml_status el4ml_search_from(el4ml_searcher *s, const double *a, uint64_t k, el4ml_random random,
                               size_t capacity, el4ml_passage *passages, el4ml_search_report *report)
{
    const size_t n = s->n;
    *report = (el4ml_search_report){0};
    if (s->own) return el4ml_own_from(s, a, k, random, capacity, passages, report);
    double step, *x = s->guesses, *mode = s->tangents;
    el4ml_status status = first_direction(s, a, k, &random, mode, &step);
    if (status == EL4ML_OK) {
        if (s->held)
            el4ml_turn_inward(s, a, mode);
        else
            el4ml_curvature_project(&s->curvature, mode);
        for (size_t i = 0; i < n; i++)
            x[i] = a[i] + step * mode[i];
        el4ml_clip(&s->evaluator, x);
        const bool track = k % 3 != 2 || k % 2 == 0; /* random directions: also straight to the lowest mode */
        status = el4ml_follow_mode(s, x, mode, track);
    }
    if (status == EL4ML_OK) status = complete(s, x, mode, passages);
    return el4ml_note_search(report, status);
}
