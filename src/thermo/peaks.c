/* Peaks of C_V: brackets of dC_V/dT on the grid of temperatures, which is itself refined where it misses
 * something, then roots of dC_V/dT (Wales, Phys. Rev. E 95, 030105, 2017).
 *
 * With x = ln T and f = d<V>/dx = T (C_V - kappa), a sharp peak between two grid points shows although C_V is
 * small at both: <V> rises by more than Hermite's rule, h (f_0 + f_1)/2 + h^2 (f_0' - f_1')/12, makes of the
 * ends. A maximum and a minimum between two grid points show in the cubic through the values and slopes at
 * both. Such intervals, and those where C_V - kappa changes more than eightfold, are halved until they are
 * plain. */
#include <float.h>
#include <math.h>

#include "base/memory.h"
#include "thermo/root.h"
#include "thermo/superposition.h"

typedef struct sample {
    double x;      /* ln T */
    double rise;   /* <V> - V_0 */
    double excess; /* C_V - kappa: kappa would drown small peaks */
    double slope;  /* dC_V/dx */
} sample;

/* ---- The grid ---- */

static sample sample_of(double x, const el4ml_canonical *s)
{
    return (sample){x, s->mean, s->extra + s->plus + s->minus, el4ml_canonical_slope(s)};
}

static sample sample_at(const el4ml_ensemble *e, double x)
{
    const double temperature = exp(x);
    el4ml_canonical s;
    el4ml_canonical_at(e, &temperature, 1, &s);
    return sample_of(x, &s);
}

static bool energy_accounted(const sample *a, const sample *b)
{
    const double h = b->x - a->x, ta = exp(a->x), tb = exp(b->x), gain = b->rise - a->rise;
    const double expected = h / 2 * (ta * a->excess + tb * b->excess) +
                            h * h / 12 * (ta * (a->excess + a->slope) - tb * (b->excess + b->slope));
    /* A gain below the second term makes no peak worth the name: one of height c and width h gains c h T. The
     * third is the rounding of <V>. */
    return fabs(gain - expected) <= 1e-4 * fabs(gain) + 1e-9 * h * tb + 1e-13 * b->rise;
}

/* Extremes of the cubic inside the interval: how many (0 to 2), and its values there. */
static size_t cubic_extremes(const sample *a, const sample *b, double values[2])
{
    const double h = b->x - a->x, ma = h * a->slope, mb = h * b->slope, rise = b->excess - a->excess;
    const double square = 3 * rise - 2 * ma - mb, cube = ma + mb - 2 * rise;
    const double root = square * square - 3 * cube * ma; /* of ma + 2 square t + 3 cube t^2 */
    if (!(root > 0)) return 0;
    const double q = -(square + copysign(sqrt(root), square)), t[2] = {q / (3 * cube), ma / q};
    size_t count = 0;
    for (size_t k = 0; k < 2; k++)
        if (t[k] > 0 && t[k] < 1) values[count++] = a->excess + t[k] * (ma + t[k] * (square + t[k] * cube));
    return count;
}

/* Small peaks hide where C_V falls by orders of magnitude, as their share of everything is small. */
static bool resolved(const sample *a, const sample *b, double least)
{
    double values[2];
    if (fmax(a->excess, b->excess) > 8 * fmax(least, fmin(a->excess, b->excess))) return false;
    if (!energy_accounted(a, b)) return false;
    return cubic_extremes(a, b, values) < 2 ||
           fabs(values[0] - values[1]) <= 1e-6 * fmax(a->excess, b->excess);
}

typedef struct grid {
    double least; /* of C_V - kappa: peaks below are rounding */
    size_t count, capacity;
    sample *samples;       /* (capacity), ascending */
    double *temperatures;  /* (capacity), of a batch */
    el4ml_canonical *sums; /* (capacity), of a batch */
} grid;

/* Make room between the samples of intervals that are not resolved, and fill it; false when there are none,
 * or no room is left. */
static bool halve(const el4ml_ensemble *e, grid *g)
{
    size_t added = 0;
    for (size_t k = 1; k < g->count; k++)
        if (!resolved(&g->samples[k - 1], &g->samples[k], g->least)) {
            if (g->count + added == g->capacity) return false;
            g->temperatures[added++] = exp((g->samples[k - 1].x + g->samples[k].x) / 2);
        }
    if (added == 0) return false;
    el4ml_canonical_at(e, g->temperatures, added, g->sums);
    size_t to = g->count + added;
    for (size_t k = g->count, left = added; k-- > 0 && left > 0;) {
        const bool whole = k == 0 || resolved(&g->samples[k - 1], &g->samples[k], g->least);
        g->samples[--to] = g->samples[k]; /* to > k while any are left */
        if (whole) continue;
        left--;
        g->samples[--to] = sample_of(log(g->temperatures[left]), &g->sums[left]);
    }
    g->count += added;
    return true;
}

static bool grid_init(const el4ml_thermo *thermo, double kappa, grid *g)
{
    const size_t capacity = 8 * thermo->count + 4096;
    *g = (grid){16 * DBL_EPSILON * fmax(1, kappa),
                thermo->count,
                capacity,
                EL4ML_NEW(sample, capacity),
                EL4ML_NEW(double, capacity),
                EL4ML_NEW(el4ml_canonical, capacity)};
    if (!g->samples || !g->temperatures || !g->sums) return false;
    for (size_t k = 0; k < thermo->count; k++) {
        const el4ml_thermo_point *p = &thermo->points[k];
        g->samples[k] = (sample){log(p->temperature), p->rise, p->bounds + p->c_plus + p->c_minus,
                                 p->slope * p->temperature};
    }
    return true;
}

static void grid_clear(grid *g)
{
    el4ml_release(g->samples);
    el4ml_release(g->temperatures);
    el4ml_release(g->sums);
}

/* ---- The top ---- */

static double slope_at(void *ensemble, double x)
{
    return sample_at(ensemble, x).slope;
}

/* The way up and down: a rise or fall counts once it exceeds rounding, as a flat top must not become many
 * peaks. */
typedef struct climb {
    el4ml_ensemble *e;
    el4ml_peaks *peaks;
    size_t most;
    double least; /* as of the grid */
    bool rising;
    double extreme;        /* highest value of a rise, lowest of a fall */
    const sample *bracket; /* of the highest maximum of this rise: two samples; NULL before the first */
    double highest;        /* its estimate */
} climb;

static void insert_peak(const el4ml_peak *found, size_t most, el4ml_peaks *peaks)
{
    if (peaks->count == most && found->heat_capacity <= peaks->peaks[most - 1].heat_capacity) return;
    size_t at = peaks->count < most ? peaks->count++ : most - 1;
    for (; at > 0 && peaks->peaks[at - 1].heat_capacity < found->heat_capacity; at--)
        peaks->peaks[at] = peaks->peaks[at - 1];
    peaks->peaks[at] = *found;
}

static void end_rise(climb *c)
{
    c->rising = false;
    if (!c->bracket || c->highest <= c->least) return;
    const sample *low = &c->bracket[0], *high = &c->bracket[1];
    const el4ml_bracket bracket = {low->x, high->x, low->slope, high->slope};
    const sample top = sample_at(c->e, el4ml_find_root(slope_at, c->e, bracket, 1e-13));
    const el4ml_peak found = {.temperature = exp(top.x), .heat_capacity = c->e->network->kappa + top.excess};
    insert_peak(&found, c->most, c->peaks);
}

/* To the next value; bracket: of the maximum that it is an estimate of, NULL for any other. */
static void follow(climb *c, double value, const sample *bracket)
{
    const double step = 1e-9;
    if (c->rising ? value > c->extreme : value < c->extreme) {
        c->extreme = value;
    } else if (c->rising && value < c->extreme * (1 - step)) {
        end_rise(c);
        c->extreme = value;
    } else if (!c->rising && value > c->extreme * (1 + step)) {
        c->rising = true;
        c->extreme = value;
        c->bracket = NULL;
    }
    if (bracket && (!c->bracket || value > c->highest)) {
        c->bracket = bracket;
        c->highest = value;
    }
}

static void find_peaks(const grid *g, climb *c)
{
    c->rising = true;
    c->extreme = g->samples[0].excess;
    for (size_t k = 1; k < g->count; k++) {
        const sample *a = &g->samples[k - 1];
        double between[2];
        if (a[0].slope * a[1].slope < 0 && cubic_extremes(a, a + 1, between) == 1)
            follow(c, between[0], a->slope > 0 ? a : NULL);
        follow(c, a[1].excess, NULL);
    }
}

/* ---- All of it ---- */

el4ml_peak_options el4ml_peak_options_default(void)
{
    return (el4ml_peak_options){.share = 0.99};
}

static el4ml_status fill_peaks(const el4ml_network *network, const el4ml_thermo *thermo,
                               const el4ml_peak_options *options, el4ml_peaks *peaks, el4ml_error *error)
{
    el4ml_ensemble e;
    grid g;
    if (thermo->count == 0 || !el4ml_ensemble_init(&e, network)) return EL4ML_OK;
    bool good = grid_init(thermo, network->kappa, &g);
    if (good) {
        while (halve(&e, &g))
            ;
        const size_t most = options->most ? options->most : g.count; /* two samples a peak at least */
        peaks->peaks = EL4ML_NEW(el4ml_peak, most < g.count ? most : g.count);
        good = peaks->peaks;
        climb c = {.e = &e, .peaks = peaks, .most = most, .least = g.least};
        if (good) find_peaks(&g, &c);
    }
    grid_clear(&g);
    for (size_t k = 0; good && k < peaks->count; k++)
        good = el4ml_find_contributions(network, options->share, &peaks->peaks[k]);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "peaks: out of memory");
}

el4ml_status el4ml_peaks_new(const el4ml_network *network, const el4ml_thermo *thermo,
                             const el4ml_peak_options *options, el4ml_peaks **peaks, el4ml_error *error)
{
    const el4ml_peak_options defaults = el4ml_peak_options_default();
    if (!options) options = &defaults;
    if (!network || !thermo || !peaks)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "peaks: nothing given");
    if (!(options->share > 0) || options->share > 1)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "peaks: the share must be above 0 and at most 1");
    el4ml_peaks *made = EL4ML_NEW(el4ml_peaks, 1);
    if (!made) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "peaks: out of memory");
    const el4ml_status status = fill_peaks(network, thermo, options, made, error);
    if (status == EL4ML_OK)
        *peaks = made;
    else
        el4ml_peaks_free(made);
    return status;
}

void el4ml_peaks_free(el4ml_peaks *peaks)
{
    if (!peaks) return;
    for (size_t k = 0; k < peaks->count; k++) {
        el4ml_release(peaks->peaks[k].gaining);
        el4ml_release(peaks->peaks[k].losing);
    }
    el4ml_release(peaks->peaks);
    el4ml_release(peaks);
}
