#include "catchment/tethered.h"

#include <math.h>

#include "base/linalg.h"

#define PI 3.14159265358979323846
#define MOST_TESTS 60 /* of a move; the point then stays. The interval has shrunk to about e^-30 by then */

double el4ml_tether_square(const el4ml_region *r, const double *x)
{
    const double distance = el4ml_distance(r->n, x, r->centre);
    return distance * distance;
}

double el4ml_tether_box_integral(const el4ml_region *r, double k)
{
    double sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double left = r->low[i] - r->centre[i], right = r->high[i] - r->centre[i], s = sqrt(k / 2);
        const double narrow = s * (right - left); /* no tether to speak of: erf would lose digits */
        sum += narrow < 1e-8 ? log(right - left) : log(sqrt(PI) / (2 * s) * (erf(s * right) - erf(s * left)));
    }
    return sum;
}

static bool in_box(const el4ml_region *r, const double *x)
{
    for (size_t i = 0; i < r->n; i++)
        if (!(x[i] >= r->low[i] && x[i] <= r->high[i])) return false;
    return true;
}

static el4ml_status ask(el4ml_tethered *t, const double *x, bool *inside)
{
    const el4ml_status status = t->region->test(t->region->context, t->searcher, x, inside);
    if (status != EL4ML_OK) return status;
    t->tally.tests++;
    t->tally.inside += *inside;
    return EL4ML_OK;
}

/* exp(-k x^2 / 2) between left <= 0 and right >= 0, by rejection from the narrower of the interval and the
 * normal distribution. */
static double truncated_normal(el4ml_random *random, double k, double left, double right)
{
    const bool wide = k * (right - left) * (right - left) > 6;
    for (;;) {
        if (wide) {
            const double x = el4ml_random_normal(random) / sqrt(k);
            if (x >= left && x <= right) return x;
        } else {
            const double x = left + (right - left) * el4ml_random_uniform(random);
            if (el4ml_random_uniform(random) < exp(-k * x * x / 2)) return x;
        }
    }
}

el4ml_status el4ml_tether_draw(el4ml_tethered *t, double k, double *x, bool *inside)
{
    const el4ml_region *r = t->region;
    for (size_t i = 0; i < r->n; i++) {
        const double c = r->centre[i];
        x[i] = c + truncated_normal(&t->random, k, r->low[i] - c, r->high[i] - c);
        x[i] = fmin(fmax(x[i], r->low[i]), r->high[i]); /* rounding */
    }
    return ask(t, x, inside);
}

el4ml_status el4ml_tether_ellipse(el4ml_tethered *t, double k, double *x)
{
    const el4ml_region *r = t->region;
    for (size_t i = 0; i < r->n; i++)
        t->direction[i] = el4ml_random_normal(&t->random) / sqrt(k);
    double angle = 2 * PI * el4ml_random_uniform(&t->random), least = angle - 2 * PI, most = angle;
    for (int asked = 0; asked < MOST_TESTS;) {
        const double c = cos(angle), s = sin(angle);
        for (size_t i = 0; i < r->n; i++)
            t->trial[i] = r->centre[i] + c * (x[i] - r->centre[i]) + s * t->direction[i];
        if (in_box(r, t->trial)) {
            bool inside;
            const el4ml_status status = ask(t, t->trial, &inside);
            if (status != EL4ML_OK) return status;
            if (inside) {
                el4ml_copy(r->n, t->trial, x);
                return EL4ML_OK;
            }
            asked++;
        }
        if (angle > 0)
            most = angle;
        else
            least = angle;
        if (!(most - least > 1e-12)) break;
        angle = least + (most - least) * el4ml_random_uniform(&t->random);
    }
    return EL4ML_OK;
}

/* The stretch of the line x + a d that is in the box, cut further to |x + a d - centre|^2 <= square. */
static void stretch(const el4ml_region *r, const double *x, const double *d, double square, double *least,
                    double *most)
{
    double dd = 0, xd = 0, xx = 0;
    *least = -INFINITY;
    *most = INFINITY;
    for (size_t i = 0; i < r->n; i++) {
        const double y = x[i] - r->centre[i];
        dd += d[i] * d[i];
        xd += y * d[i];
        xx += y * y;
        if (d[i] == 0) continue;
        const double a = (r->low[i] - x[i]) / d[i], b = (r->high[i] - x[i]) / d[i];
        *least = fmax(*least, fmin(a, b));
        *most = fmin(*most, fmax(a, b));
    }
    if (isfinite(square)) {
        const double root = sqrt(fmax(0, xd * xd + dd * (square - xx)));
        *least = fmax(*least, (-xd - root) / dd);
        *most = fmin(*most, (-xd + root) / dd);
    }
    *least = fmin(*least, 0);
    *most = fmax(*most, 0);
}

void el4ml_tether_sparse_direction(el4ml_tethered *t)
{
    const size_t n = t->region->n;
    const double wanted = pow((double)n, el4ml_random_uniform(&t->random));
    size_t taken = 0;
    for (size_t i = 0; i < n; i++) {
        const bool take = el4ml_random_uniform(&t->random) * (double)n < wanted;
        t->direction[i] = take ? el4ml_random_normal(&t->random) : 0;
        taken += take;
    }
    if (taken == 0) t->direction[el4ml_random_below(&t->random, n)] = 1;
}

el4ml_status el4ml_tether_line(el4ml_tethered *t, double k, double *x)
{
    const el4ml_region *r = t->region;
    const double depth =
        -log1p(-el4ml_random_uniform(&t->random)); /* the slice: density above e^-depth of that at x */
    const double square = k == 0 ? 0 : el4ml_tether_square(r, x) + 2 * depth / k;
    double least, most;
    stretch(r, x, t->direction, k > 0 ? square : INFINITY, &least, &most);
    for (int asked = 0; asked < MOST_TESTS && most - least > 1e-300;) {
        const double a = least + (most - least) * el4ml_random_uniform(&t->random);
        for (size_t i = 0; i < r->n; i++)
            t->trial[i] = fmin(fmax(x[i] + a * t->direction[i], r->low[i]), r->high[i]);
        if (k >= 0 || el4ml_tether_square(r, t->trial) >= square) {
            bool inside;
            const el4ml_status status = ask(t, t->trial, &inside);
            if (status != EL4ML_OK) return status;
            if (inside) {
                el4ml_copy(r->n, t->trial, x);
                return EL4ML_OK;
            }
            asked++;
        }
        if (a > 0)
            most = a;
        else
            least = a;
    }
    return EL4ML_OK;
}
