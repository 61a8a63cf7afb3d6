#include "base/orthogonal.h"

#include <math.h>
#include <string.h>

#include "base/linalg.h"

enum { SWEEPS = 60 }; /* converges quadratically: five to ten */

/* Rows p and q turned in their plane until they are orthogonal; false when they are. */
static bool turn_rows(size_t d, size_t n, double *y, double *u, size_t p, size_t q)
{
    double *a = y + p * n, *b = y + q * n;
    const double aa = el4ml_dot(n, a, a), bb = el4ml_dot(n, b, b), ab = el4ml_dot(n, a, b);
    if (!(fabs(ab) > 1e-15 * sqrt(aa * bb)) || fabs(ab) < 1e-290) return false;
    const double theta = (bb - aa) / (2 * ab);
    const double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    el4ml_rotate_pair(n, c, s, a, b);
    for (size_t k = 0; k < d; k++) {
        const double x = u[k * d + p], z = u[k * d + q];
        u[k * d + p] = c * x - s * z;
        u[k * d + q] = s * x + c * z;
    }
    return true;
}

void el4ml_orthogonal_rows(size_t d, size_t n, double *y, double *u)
{
    for (size_t i = 0; i < d * d; i++)
        u[i] = i % (d + 1) == 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        bool turned = false;
        for (size_t p = 0; p < d; p++)
            for (size_t q = p + 1; q < d; q++)
                turned |= turn_rows(d, n, y, u, p, q);
        if (!turned) return;
    }
}

/* Row i of v, of unit length and orthogonal to the rows that are done: what is left of an axis. */
static void complete_row(size_t d, const bool *done, double *v, size_t i)
{
    double *row = v + i * d, best = 0;
    size_t axis = 0;
    for (size_t k = 0; k < d; k++) { /* the axis that is left over most */
        double left = 1;
        for (size_t j = 0; j < d; j++)
            if (done[j]) left -= v[j * d + k] * v[j * d + k];
        if (left <= best) continue;
        best = left;
        axis = k;
    }
    memset(row, 0, d * sizeof *row);
    row[axis] = 1;
    for (int pass = 0; pass < 2; pass++)
        for (size_t j = 0; j < d; j++)
            if (done[j]) el4ml_axpy(d, -el4ml_dot(d, row, v + j * d), v + j * d, row);
    el4ml_scale(d, 1 / el4ml_norm(d, row), row);
}

/* m = u s v^T, r = u v^T; where s vanishes, any completion will do. */
void el4ml_procrustes(size_t d, const double *m, double *r, double *work)
{
    double *v = work, *u = v + d * d, largest = 0;
    bool *done = (bool *)(u + d * d);
    el4ml_copy(d * d, m, v);
    el4ml_orthogonal_rows(d, d, v, u);
    for (size_t i = 0; i < d; i++)
        largest = fmax(largest, el4ml_norm(d, v + i * d));
    for (size_t i = 0; i < d; i++) {
        const double size = el4ml_norm(d, v + i * d);
        done[i] = size > 1e-14 * largest;
        if (done[i]) el4ml_scale(d, 1 / size, v + i * d);
    }
    for (size_t i = 0; i < d; i++) {
        if (done[i]) continue;
        complete_row(d, done, v, i);
        done[i] = true;
    }
    memset(r, 0, d * d * sizeof *r);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++)
            el4ml_axpy(d, u[j * d + i], v + i * d, r + j * d);
}

/* Gram and Schmidt on normal vectors, twice, so that it stays orthogonal to rounding. */
void el4ml_random_orthogonal(el4ml_random *random, size_t d, double *r)
{
    for (size_t i = 0; i < d; i++) {
        double *row = r + i * d;
        do {
            el4ml_random_direction(random, d, row);
            el4ml_project_out(d, i, r, row);
        } while (el4ml_norm(d, row) < 1e-3);
        el4ml_scale(d, 1 / el4ml_norm(d, row), row);
        el4ml_project_out(d, i, r, row);
        el4ml_scale(d, 1 / el4ml_norm(d, row), row);
    }
}
