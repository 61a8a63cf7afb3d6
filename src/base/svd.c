#include "base/svd.h"

#include <math.h>
#include <string.h>

#include "base/linalg.h"

#define SWEEPS 60         /* most; it takes some ten */
#define ORTHOGONAL 1e-16  /* cosine of two rows that are left alone */
#define NEGLIGIBLE 1e-300 /* a row that is shorter has no direction */

/* Make rows p and q of a orthogonal, u following; false when they were. */
static bool rotate(size_t n, double *a, double *u, size_t p, size_t q)
{
    double *x = a + p * n, *y = a + q * n;
    const double xx = el4ml_dot(n, x, x), yy = el4ml_dot(n, y, y), xy = el4ml_dot(n, x, y);
    if (!(fabs(xy) > ORTHOGONAL * sqrt(xx * yy)) || !(xx * yy > 0)) return false;
    const double theta = (yy - xx) / (2 * xy);
    const double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    el4ml_rotate_pair(n, c, s, x, y);
    el4ml_rotate_pair(n, c, s, u + p * n, u + q * n);
    return true;
}

static void swap(size_t n, double *x, double *y)
{
    for (size_t i = 0; i < n; i++) {
        const double kept = x[i];
        x[i] = y[i];
        y[i] = kept;
    }
}

/* Row `at` of v becomes a unit vector orthogonal to the rows before it: whichever axis has most left. */
static void complete(size_t n, double *v, size_t at)
{
    double best = -1, *row = v + at * n;
    size_t axis = 0;
    for (size_t i = 0; i < n; i++) {
        double left = 1;
        for (size_t k = 0; k < at; k++)
            left -= v[k * n + i] * v[k * n + i];
        if (left > best) {
            best = left;
            axis = i;
        }
    }
    for (size_t i = 0; i < n; i++)
        row[i] = i == axis;
    for (int twice = 0; twice < 2; twice++)
        el4ml_project_out(n, at, v, row);
    el4ml_scale(n, 1 / el4ml_norm(n, row), row);
}

void el4ml_svd(size_t n, double *a, double *u, double *s, double *v)
{
    for (size_t i = 0; i < n * n; i++)
        u[i] = i % (n + 1) == 0;
    bool changed = true;
    for (int sweep = 0; changed && sweep < SWEEPS; sweep++) {
        changed = false;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                changed |= rotate(n, a, u, p, q);
    }
    for (size_t i = 0; i < n; i++)
        s[i] = el4ml_norm(n, a + i * n);
    for (size_t i = 0; i < n; i++) {
        size_t largest = i;
        for (size_t k = i + 1; k < n; k++)
            if (s[k] > s[largest]) largest = k;
        if (largest != i) {
            swap(1, s + i, s + largest);
            swap(n, a + i * n, a + largest * n);
            swap(n, u + i * n, u + largest * n);
        }
        el4ml_copy(n, a + i * n, v + i * n);
        if (s[i] > fmax(NEGLIGIBLE, 1e-15 * s[0]))
            el4ml_scale(n, 1 / s[i], v + i * n);
        else
            complete(n, v, i);
    }
}
