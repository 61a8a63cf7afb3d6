/* The distribution of the first-passage time by eigen-decomposition.
 *
 * With w = W 1 and the eliminated equations C tau = w, the survival probability from a start p is
 *     P(t > s) = p' W^(-1/2) exp(-A s) W^(1/2) 1,    A = W^(-1/2) C W^(-1/2),
 * A symmetric and positive definite. Its factor X, A = X X', is made by elimination with the largest
 * remaining diagonal element of A as pivot: X_xx = (S_x/w_x)^(1/2), X_jx = - c_jx (S_x w_j)^(-1/2), numbers
 * without a subtraction. The columns of X are graded, and beside that X is well conditioned, so that
 * one-sided Jacobi rotations give the singular values, the square roots of the eigenvalues, to a small
 * relative error each. */
#include <math.h>
#include <stdlib.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "kinetics/state_sets.h"

enum { MOST_SWEEPS = 60 };
static const double LARGEST_SPAN =
    1200; /* of ln of the pivots: squares of the factor's columns fit into doubles */
static const double LARGEST_MISMATCH = 1e-8;

typedef struct work {
    const el4ml_rate_network *rates;
    const el4ml_state_sets *sets;
    size_t count;           /* states that A can reach before B */
    size_t *state, *number; /* (count), (states) EL4ML_NONE for the others */
    el4ml_scaled *flux;     /* (count, count) */
    el4ml_scaled *ground;   /* (count) */
    el4ml_scaled *bound;    /* (count) of S_i/w_i, which only decreases */
    bool *done;             /* (count) eliminated */
    double *columns;        /* (count, count) of X, one after the other */
    double **column;        /* (count) in the order of their norms */
    double log_unit;        /* eigenvalues are in units of exp(log_unit) */
} work;

static void work_clear(work *w)
{
    el4ml_release(w->state);
    el4ml_release(w->number);
    el4ml_release(w->flux);
    el4ml_release(w->ground);
    el4ml_release(w->bound);
    el4ml_release(w->done);
    el4ml_release(w->columns);
    el4ml_release(w->column);
}

/* ---- The states, and the fluxes between them ---- */

static el4ml_status find_states(work *w, el4ml_error *error)
{
    const el4ml_rate_network *rates = w->rates;
    w->state = EL4ML_NEW(size_t, rates->state_count);
    w->number = EL4ML_NEW(size_t, rates->state_count);
    bool *closed = EL4ML_NEW(bool, rates->state_count);
    const bool complete = w->state && w->number && closed;
    if (complete) {
        for (size_t i = 0; i < rates->state_count; i++)
            w->number[i] = EL4ML_NONE;
        for (size_t k = 0; k < w->sets->b_count; k++)
            closed[w->sets->b[k]] = true;
        for (size_t k = 0; k < w->sets->a_count; k++) {
            w->number[w->sets->a[k]] = w->count;
            w->state[w->count++] = w->sets->a[k];
        }
        for (size_t next = 0; next < w->count; next++)
            for (size_t l = rates->first[w->state[next]]; l < rates->first[w->state[next] + 1]; l++) {
                const size_t j = rates->links[l].state;
                if (closed[j] || w->number[j] != EL4ML_NONE) continue;
                w->number[j] = w->count;
                w->state[w->count++] = j;
            }
    }
    el4ml_release(closed);
    if (!complete) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "waiting times: out of memory");
    if (w->count <= EL4ML_MOST_WAITING_STATES) return EL4ML_OK;
    return el4ml_fail(
        error, EL4ML_NOT_SUPPORTED,
        "waiting times: %zu states are too many for an eigen-decomposition (at most %d); lump the network, "
        "or sample its trajectories",
        w->count, EL4ML_MOST_WAITING_STATES);
}

static bool load_fluxes(work *w)
{
    const size_t n = w->count;
    w->flux = EL4ML_NEW(el4ml_scaled, n * n);
    w->ground = EL4ML_NEW(el4ml_scaled, n);
    w->bound = EL4ML_NEW(el4ml_scaled, n);
    w->done = EL4ML_NEW(bool, n);
    w->columns = EL4ML_NEW(double, n *n);
    w->column = EL4ML_NEW(double *, n);
    if (!w->flux || !w->ground || !w->bound || !w->done || !w->columns || !w->column) return false;
    for (size_t k = 0; k < n * n; k++)
        w->flux[k] = el4ml_scaled_zero();
    for (size_t i = 0; i < n; i++) {
        w->ground[i] = el4ml_scaled_zero();
        w->column[i] = w->columns + i * n;
        for (size_t l = w->rates->first[w->state[i]]; l < w->rates->first[w->state[i] + 1]; l++) {
            const el4ml_rate_link *link = &w->rates->links[l];
            const el4ml_scaled c = el4ml_scaled_exp(w->rates->edges[link->edge].log_flux);
            const size_t j = w->number[link->state];
            if (j == EL4ML_NONE)
                w->ground[i] = el4ml_scaled_sum(w->ground[i], c);
            else
                w->flux[i * n + j] = c;
        }
    }
    return true;
}

/* ---- The factor ---- */

static el4ml_scaled outflow_of(const work *w, size_t i)
{
    el4ml_scaled sum = w->ground[i];
    for (size_t j = 0; j < w->count; j++)
        if (!w->done[j] && j != i) sum = el4ml_scaled_sum(sum, w->flux[i * w->count + j]);
    return sum;
}

static el4ml_scaled weight_of(const work *w, size_t i)
{
    return el4ml_scaled_exp(w->rates->log_weight[w->state[i]]);
}

/* The state with the largest S_i/w_i. Bounds from earlier steps are renewed until the largest one is no bound
 * but the value. */
static size_t choose_pivot(work *w, el4ml_scaled *outflow)
{
    for (size_t fresh = w->count;;) {
        size_t best = w->count;
        for (size_t i = 0; i < w->count; i++)
            if (!w->done[i] && (best == w->count || el4ml_scaled_less(w->bound[best], w->bound[i]))) best = i;
        if (best == fresh) return best;
        *outflow = outflow_of(w, best);
        w->bound[best] = el4ml_scaled_quotient(*outflow, weight_of(w, best));
        fresh = best;
    }
}

static void eliminate(work *w, size_t x, el4ml_scaled outflow)
{
    const size_t n = w->count;
    w->done[x] = true;
    for (size_t i = 0; i < n; i++) {
        if (w->done[i] || el4ml_scaled_is_zero(w->flux[i * n + x])) continue;
        const el4ml_scaled share = el4ml_scaled_quotient(w->flux[i * n + x], outflow);
        w->ground[i] = el4ml_scaled_sum(w->ground[i], el4ml_scaled_product(share, w->ground[x]));
        for (size_t j = 0; j < i; j++) {
            if (w->done[j]) continue;
            const el4ml_scaled sum =
                el4ml_scaled_sum(w->flux[i * n + j], el4ml_scaled_product(share, w->flux[x * n + j]));
            w->flux[i * n + j] = w->flux[j * n + i] = sum;
        }
    }
}

/* pivots: (count) outflows. Afterwards the flux of a pair is what it was when the first of them was
 * eliminated. */
static el4ml_status factorise(work *w, size_t *order, el4ml_scaled *pivots, el4ml_error *error)
{
    for (size_t i = 0; i < w->count; i++)
        w->bound[i] = el4ml_scaled_quotient(outflow_of(w, i), weight_of(w, i));
    double highest = 0, lowest = 0;
    for (size_t k = 0; k < w->count; k++) {
        order[k] = choose_pivot(w, &pivots[k]);
        lowest = el4ml_scaled_log(w->bound[order[k]]);
        if (k == 0) highest = lowest;
        eliminate(w, order[k], pivots[k]);
    }
    w->log_unit = (highest + lowest) / 2;
    if (highest - lowest <= LARGEST_SPAN) return EL4ML_OK;
    return el4ml_fail(
        error, EL4ML_NOT_SUPPORTED,
        "waiting times: the rates span a factor e^%.0f, too much for an eigen-decomposition in double "
        "precision; moments and kinetic path sampling do not mind",
        highest - lowest);
}

static void fill_columns(work *w, const size_t *order, const el4ml_scaled *pivots)
{
    const size_t n = w->count;
    const el4ml_scaled unit = el4ml_scaled_exp(-w->log_unit / 2);
    for (size_t i = 0; i < n; i++)
        w->done[i] = false;
    for (size_t k = 0; k < n; k++) {
        const size_t x = order[k];
        const el4ml_scaled root = el4ml_scaled_sqrt(pivots[k]);
        w->done[x] = true;
        for (size_t j = 0; j < n; j++) {
            if (w->done[j] && j != x) continue;
            const el4ml_scaled above = j == x ? root : el4ml_scaled_quotient(w->flux[j * n + x], root);
            const el4ml_scaled value =
                el4ml_scaled_quotient(el4ml_scaled_product(above, unit), el4ml_scaled_sqrt(weight_of(w, j)));
            w->column[k][j] = (j == x ? 1 : -1) * el4ml_scaled_value(value);
        }
    }
}

static el4ml_status make_factor(work *w, el4ml_error *error)
{
    size_t *order = EL4ML_NEW(size_t, w->count);
    el4ml_scaled *pivots = EL4ML_NEW(el4ml_scaled, w->count);
    el4ml_status status = order && pivots && load_fluxes(w)
                              ? factorise(w, order, pivots, error)
                              : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "waiting times: out of memory");
    if (status == EL4ML_OK) fill_columns(w, order, pivots);
    el4ml_release(order);
    el4ml_release(pivots);
    return status;
}

/* ---- Jacobi rotations ---- */

/* Make two columns orthogonal; returns whether they were. */
static bool rotate(size_t n, double **p, double **q, double tolerance)
{
    double pp = el4ml_dot(n, *p, *p), qq = el4ml_dot(n, *q, *q);
    if (pp < qq) { /* the larger one first: so the columns come to be sorted */
        double *column = *p, square = pp;
        *p = *q;
        pp = qq;
        *q = column;
        qq = square;
    }
    const double pq = el4ml_dot(n, *p, *q);
    if (fabs(pq) <= tolerance * sqrt(pp) * sqrt(qq)) return true;
    const double cotangent = (qq - pp) / (2 * pq), size = fabs(cotangent); /* of twice the angle */
    const double tangent =
        copysign(size > 1e8 ? 1 / (2 * size) : 1 / (size + sqrt(1 + size * size)), cotangent);
    const double cosine = 1 / sqrt(1 + tangent * tangent);
    el4ml_rotate_pair(n, cosine, cosine * tangent, *p, *q);
    return false;
}

static el4ml_status orthogonalise(work *w, el4ml_error *error)
{
    const double tolerance = 1e-15 * sqrt((double)w->count);
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
        bool orthogonal = true;
        for (size_t p = 0; p + 1 < w->count; p++)
            for (size_t q = p + 1; q < w->count; q++)
                if (!rotate(w->count, &w->column[p], &w->column[q], tolerance)) orthogonal = false;
        if (orthogonal) return EL4ML_OK;
    }
    return el4ml_fail(error, EL4ML_NOT_CONVERGED, "waiting times: the eigen-decomposition did not converge");
}

/* ---- Rates, amplitudes, checks ---- */

typedef struct mode {
    double log_rate, amplitude;
} mode;

static int compare_modes(const void *left, const void *right)
{
    const mode *x = left, *y = right;
    return (x->log_rate > y->log_rate) - (x->log_rate < y->log_rate);
}

/* One factor of all amplitudes: values exp(log_value - largest) against the unit eigenvectors. */
static double largest_of(size_t n, double *log_value)
{
    double largest = -INFINITY;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, log_value[i]);
    for (size_t i = 0; i < n; i++)
        log_value[i] = exp(log_value[i] - largest);
    return largest;
}

/* start: ln of p_i w_i^(-1/2), end: ln of w_i^(1/2); (count) each. */
static void fill_sides(const work *w, double *start, double *end)
{
    const el4ml_source source = el4ml_source_of(w->sets, EL4ML_ABSORB_B);
    el4ml_scaled total = el4ml_scaled_zero();
    for (size_t k = 0; k < source.count; k++)
        total = el4ml_scaled_sum(total, el4ml_source_weight(w->rates, &source, k));
    for (size_t i = 0; i < w->count; i++) {
        end[i] = w->rates->log_weight[w->state[i]] / 2;
        start[i] = -INFINITY;
    }
    for (size_t k = 0; k < source.count; k++) {
        const size_t i = w->number[source.states[k]];
        start[i] = el4ml_scaled_log(el4ml_scaled_quotient(el4ml_source_weight(w->rates, &source, k), total)) -
                   end[i];
    }
}

static bool fill_modes(const work *w, mode *modes)
{
    const size_t n = w->count;
    double *start = EL4ML_NEW(double, n), *end = EL4ML_NEW(double, n);
    const bool complete = start && end;
    if (complete) {
        fill_sides(w, start, end);
        const double scale = exp(largest_of(n, start) + largest_of(n, end));
        for (size_t k = 0; k < n; k++) {
            const double norm = el4ml_norm(n, w->column[k]);
            const double first = el4ml_dot(n, start, w->column[k]) / norm;
            modes[k] =
                (mode){w->log_unit + 2 * log(norm), scale * first * (el4ml_dot(n, end, w->column[k]) / norm)};
        }
        qsort(modes, n, sizeof *modes, compare_modes);
    }
    el4ml_release(start);
    el4ml_release(end);
    return complete;
}

/* The three numbers that are known otherwise: each sum should be 1. */
static double mismatch_of(const el4ml_waiting_times *made, const el4ml_moments *moments)
{
    double sums[3] = {0};
    for (size_t k = 0; k < made->count; k++) {
        sums[0] += made->amplitude[k];
        sums[1] += made->amplitude[k] * exp(-made->log_rate[k] - moments->log_mean[0]);
        sums[2] += 2 * made->amplitude[k] * exp(-2 * made->log_rate[k] - moments->log_mean[1]);
    }
    double worst = 0;
    for (size_t k = 0; k < 3; k++)
        worst = fabs(sums[k] - 1) <= worst ? worst : fabs(sums[k] - 1); /* NaN too */
    return worst;
}

static el4ml_status finish(const work *w, const el4ml_moments *moments, el4ml_waiting_times *made,
                           el4ml_error *error)
{
    made->log_rate = EL4ML_NEW(double, w->count);
    made->amplitude = EL4ML_NEW(double, w->count);
    mode *modes = EL4ML_NEW(mode, w->count);
    const bool complete = made->log_rate && made->amplitude && modes && fill_modes(w, modes);
    for (size_t k = 0; complete && k < w->count; k++) {
        made->log_rate[k] = modes[k].log_rate;
        made->amplitude[k] = modes[k].amplitude;
    }
    el4ml_release(modes);
    if (!complete) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "waiting times: out of memory");
    made->count = w->count;
    made->log_mfpt = moments->log_mean[0];
    made->mismatch = mismatch_of(made, moments);
    if (made->mismatch <= LARGEST_MISMATCH) return EL4ML_OK;
    return el4ml_fail(
        error, EL4ML_NUMERICAL,
        "waiting times: the sum of exponentials misses its norm or the first two moments by %.1e: slow modes "
        "with amplitudes below the rounding error decide them; use moments and kinetic path sampling",
        made->mismatch);
}

el4ml_status el4ml_waiting_times_new(const el4ml_rate_network *rates, const el4ml_state_sets *sets,
                                     el4ml_waiting_times **waiting, el4ml_error *error)
{
    if (!rates || !sets || !waiting)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "waiting times: nothing given");
    el4ml_moments *moments = NULL;
    el4ml_status status = el4ml_moments_new(rates, sets, 2, &moments, error);
    if (status != EL4ML_OK) return status;
    work w = {.rates = rates, .sets = sets};
    el4ml_waiting_times *made = EL4ML_NEW(el4ml_waiting_times, 1);
    status = made ? find_states(&w, error)
                  : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "waiting times: out of memory");
    if (status == EL4ML_OK) status = make_factor(&w, error);
    if (status == EL4ML_OK) status = orthogonalise(&w, error);
    if (status == EL4ML_OK) status = finish(&w, moments, made, error);
    work_clear(&w);
    el4ml_moments_free(moments);
    if (status == EL4ML_OK)
        *waiting = made;
    else
        el4ml_waiting_times_free(made);
    return status;
}

void el4ml_waiting_times_free(el4ml_waiting_times *waiting)
{
    if (!waiting) return;
    el4ml_release(waiting->log_rate);
    el4ml_release(waiting->amplitude);
    el4ml_release(waiting);
}

double el4ml_waiting_survival(const el4ml_waiting_times *waiting, double log_time)
{
    double sum = 0;
    for (size_t k = waiting->count; k-- > 0;)
        sum += waiting->amplitude[k] * exp(-exp(waiting->log_rate[k] + log_time));
    return fmin(1, fmax(0, sum));
}

double el4ml_waiting_density(const el4ml_waiting_times *waiting, double log_time)
{
    double sum = 0;
    for (size_t k = waiting->count; k-- > 0;) {
        const double x = exp(waiting->log_rate[k] + log_time);
        if (x < 750) sum += waiting->amplitude[k] * x * exp(-x);
    }
    return fmax(0, sum);
}
