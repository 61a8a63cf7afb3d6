#include "surface/rotation.h"

#include <math.h>
#include <string.h>

void el4ml_rotate(const double r[9], size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++, x += 3, y += 3) {
        const double a = x[0], b = x[1], c = x[2];
        y[0] = r[0] * a + r[1] * b + r[2] * c;
        y[1] = r[3] * a + r[4] * b + r[5] * c;
        y[2] = r[6] * a + r[7] * b + r[8] * c;
    }
}

static void from_quaternion(const double q[4], double r[9])
{
    const double w = q[0], x = q[1], y = q[2], z = q[3];
    r[0] = w * w + x * x - y * y - z * z;
    r[1] = 2 * (x * y - w * z);
    r[2] = 2 * (x * z + w * y);
    r[3] = 2 * (x * y + w * z);
    r[4] = w * w - x * x + y * y - z * z;
    r[5] = 2 * (y * z - w * x);
    r[6] = 2 * (x * z - w * y);
    r[7] = 2 * (y * z + w * x);
    r[8] = w * w - x * x - y * y + z * z;
}

void el4ml_random_rotation(el4ml_random *random, double r[9])
{
    double q[4];
    el4ml_random_direction(random, 4, q);
    from_quaternion(q, r);
}

/* Zero a[p][q] by a rotation in the plane (p, q); v collects the rotations, its rows turning into
 * eigenvectors. */
static void jacobi_rotation(size_t n, double *a, double *v, size_t p, size_t q)
{
    const double apq = a[p * n + q];
    const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    const double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        const double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        const double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        const double vx = v[p * n + k], vy = v[q * n + k];
        v[p * n + k] = c * vx - s * vy;
        v[q * n + k] = s * vx + c * vy;
    }
    a[p * n + q] = a[q * n + p] = 0;
}

void el4ml_small_eigen(size_t n, double *a, double *v)
{
    double size = 0;
    for (size_t i = 0; i < n * n; i++) {
        v[i] = i % (n + 1) == 0;
        size = fmax(size, fabs(a[i]));
    }
    for (int sweep = 0; sweep < 20; sweep++) { /* converges quadratically: four to six sweeps */
        bool done = true;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > 1e-17 * size) {
                    jacobi_rotation(n, a, v, p, q);
                    done = false;
                }
        if (done) return;
    }
}

void el4ml_best_rotation(const double m[9], bool improper, double r[9])
{
    double s[9];
    /* The best improper rotation of b is the best proper one of -b, negated. */
    for (int i = 0; i < 9; i++)
        s[i] = improper ? -m[i] : m[i];
    const double xx = s[0], yx = s[1], zx = s[2], xy = s[3], yy = s[4], zy = s[5], xz = s[6], yz = s[7],
                 zz = s[8];
    double a[16] = {xx + yy + zz, yz - zy,      zx - xz, xy - yx, /* s: b's component, then a's */
                    yz - zy,      xx - yy - zz, xy + yx, zx + xz, zx - xz, xy + yx,
                    yy - xx - zz, yz + zy,      xy - yx, zx + xz, yz + zy, zz - xx - yy};
    double v[16];
    el4ml_small_eigen(4, a, v);
    size_t best = 0;
    for (size_t k = 1; k < 4; k++)
        if (a[5 * k] > a[5 * best]) best = k;
    double *q = v + 4 * best;
    const double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    for (int k = 0; k < 4; k++)
        q[k] /= norm;
    from_quaternion(q, r);
    if (improper)
        for (int i = 0; i < 9; i++)
            r[i] = -r[i];
}
